"""How results look: colours, fonts and labels of figures, and how numbers and models are written.

Nothing here computes a result.
"""
