"""How does a network learn in its first epochs (Figure 5, right)?

The table compares early checkpoints of one network with n-gram and n-NN models: how similar the
predictions are, and from when on the network is better.
"""
