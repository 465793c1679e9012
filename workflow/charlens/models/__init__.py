"""The language models: recurrent networks, n-NN networks and n-gram models.

Every model gives a probability to each next character. Here are their equations, names, parameter
vectors and how to run a trained one over a text. How they are trained is in `training`.
"""
