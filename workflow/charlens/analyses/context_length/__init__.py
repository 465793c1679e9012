"""How much does a longer context help (Table 2)?

The table holds the test loss of n-gram and n-NN models by the number of characters they see, and
that of the best recurrent network for comparison.
"""
