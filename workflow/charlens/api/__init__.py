"""The library in a notebook: the verbs of ``import charlens as cl``, one subject in each module.

Arrays and plain names go in; objects come out that know their provenance and show themselves.
"""
