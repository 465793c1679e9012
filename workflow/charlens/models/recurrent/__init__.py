"""Recurrent networks: LSTM, GRU and RNN, in any number of layers.

The cells are written out forward and backward in time, in PyTorch and as Triton kernels, and train
several models of one shape at once.
"""
