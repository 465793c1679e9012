"""The study that a config describes: its settings, checked and explained.

Snakemake reads this package while it plans, so importing it loads neither torch nor pandas.
"""
