"""n-gram models of every order from one fit, with modified Kneser-Ney smoothing.

A sorted list of suffixes of the training text gives the counts of all orders at once. The numbers
are those of KenLM.
"""
