"""How well is a closing character predicted, by its distance from the opening one (Figure 5, left)?

The table holds the mean probability of each closing character by distance. The figure compares
the LSTM with the models of limited context.
"""
