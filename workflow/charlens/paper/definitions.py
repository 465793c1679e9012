"""What the paper defines in numbers, where several analyses need it."""

ERROR_BELOW = 0.5
"""A character is an error where a model gave it a probability below this (section 4.4)."""

ORACLE_CONTEXTS = tuple(range(1, 10))
"""Lengths of context of the n-gram models that serve as oracles (section 4.4), in characters."""

RETRAINED = 0.02
"""Nats per character: a network trained anew is at the paper's loss where it is this near it."""
