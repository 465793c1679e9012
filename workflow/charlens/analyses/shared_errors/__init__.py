"""Which errors do models have in common, and on which characters do they differ (Figure 4)?

One table counts the errors that the LSTM, the n-NN and the n-gram model share. The other compares
their mean probabilities character by character. One figure draws both.
"""
