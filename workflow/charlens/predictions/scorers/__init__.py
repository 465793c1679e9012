"""Scorers: other ways to predict with a model that is trained already.

Each takes a trained network and writes a probabilities file of its own, under the id
``{model}+{scorer}``, so that every table and figure has it beside the network alone. What is known
of them without computing is in :data:`charlens.models.catalogue.SCORERS`. A new one is an entry
there and one in :mod:`charlens.predictions.scorers.registry`, and its module.
"""
