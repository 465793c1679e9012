"""What the paper defines in numbers, where several analyses need it."""

ERROR_BELOW = 0.5
"""A character is an error where a model gave it a probability below this (section 4.4)."""

LARGEST = 512
"""The paper's largest size."""

LARGE, SMALL = f"lstm-3x{LARGEST}", "lstm-2x64"
"""The two models of Figure 6. The large one is that of Figures 4 and 5, too: on either corpus the
best LSTM of three layers."""

FIGURE6_MODELS = {LARGEST: LARGE, 64: SMALL}
"""The same by size."""

ORACLE_CONTEXTS = tuple(range(1, 10))
"""Lengths of context of the n-gram models that serve as oracles (section 4.4), in characters."""
