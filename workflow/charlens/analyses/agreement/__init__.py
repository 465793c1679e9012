"""How often do two models agree on the most likely character (Figure 1, right)?

The table holds the share of test characters on which each pair of models agrees. The figure
places the models on a plane by t-SNE, so that models that agree lie close together.
"""
