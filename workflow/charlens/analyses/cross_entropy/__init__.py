"""Which model predicts best (Figure 1, left)?

The table holds the mean test loss of every model with a bootstrap error. The figure draws it as
the paper does: sizes down, cells and layers across. Where networks are trained from several seeds,
``seeds`` has their means and what the seed moves beside what the text does.
"""
