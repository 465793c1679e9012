"""The sections of the report, which are those of the paper.

A module per section holds the entries of its analyses and its figures, in the paper's order.
"""
