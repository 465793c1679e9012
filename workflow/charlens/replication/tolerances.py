"""How far a number may be from the paper's and still count as the same.

Tolerances add up what is known to move a number: how exactly the paper's is known (printed digits,
or what could be read off its graphics), what two trainings of one model may differ by, and how
finite the sample of test characters is.
"""

from __future__ import annotations

import math

import pandas as pd

from charlens.analyses.context_length.table import RECURRENT
from charlens.models.catalogue import N_GRAM, N_NN
from charlens.models.names import context_model
from charlens.paper import numbers as paper
from charlens.paper.definitions import LARGE, RETRAINED, SMALL

# Tolerances of test cross-entropies, nats per character.
ROUNDING = 0.0005  # the paper prints three decimals; an n-gram model has nothing else to differ by
TRAINED = RETRAINED  # a network, for its seed and for the dropout that was chosen
N_NN_TRAINED = 0.03  # an n-NN, whose hidden sizes to choose from the paper does not list

STANDARD_DEVIATIONS = 2
"""How many standard deviations of the difference of two cuts of a text another cut may explain."""

CUT_SD = 0.0144
"""What another order of the kernel's files moves a cross-entropy by (``benchmarks/cuts.py``)."""

CUT_SD_OF_DIFFERENCE = 0.003
"""What it moves the difference of two recurrent networks by: they find the same text hard."""

OTHER_CUT = STANDARD_DEVIATIONS * math.sqrt(2) * CUT_SD  # any model on another cut of the text

# A recurrent network on another cut, beside the RNN-1 of its size there.
BESIDE_RNN_1 = math.hypot(TRAINED, STANDARD_DEVIATIONS * math.sqrt(2) * CUT_SD_OF_DIFFERENCE)

# Tolerances of numbers taken off the paper's graphics or printed with few digits.
MEASURED_PROBABILITY = 0.01
MEASURED_KL = 0.1  # nats
MEASURED_LEAD = 0.03  # nats per character
MEASURED_SLICE = 0.1  # percent of errors
PRINTED_REGION = 0.05  # percent of test characters: one decimal

# Early training, of which no two runs are alike.
EPOCHS = 0.25  # the paper's checkpoints are 0.1 epochs apart, ours 0.125, and the minima are flat
KL_SHARE = 0.1  # of the KL itself: how fast the first steps are taken
SAME_TIME = 0.05  # a checkpoint stands for a time that differs by less than this share of it

VAGUE = 0.25
"""A number is not confirmed by one that may differ by more than this share of it."""

STANDARD_ERRORS = 2
"""How many standard errors of our own mean a sample of characters may explain."""

# Between the two models of Figure 6, whose differences turn nats into percent:
_APART = 1.442 - 1.082  # nats per character (Figure 1, War and Peace)
_ERRORS = 56 - 42  # percent of the test characters that only the small one gets wrong, net (4.4)

ERRORS_PER_NAT = _ERRORS / _APART
"""Percent of the test characters that become errors with one nat of loss."""

EXPLANATIONS = (
    f"*Vague*: near enough, but the tolerance is more than {VAGUE:.0%} of the paper's number, so "
    "little is confirmed. *Shuffled*: how many of the paper's own numbers would be near enough, on "
    "average over all orders, were they shuffled among those of one text and model (or of one kind "
    "of model, in Figure 1 and Table 2). Where that comes near our own count, the paper's numbers "
    "lie too close together, for their tolerances, to say much.",
    f"Cross-entropies (Figure 1, Table 2): at most {TRAINED:g} nats above the paper's for a "
    f"recurrent network and {N_NN_TRAINED:g} for an n-NN, for the seed and for candidates "
    "(dropout, hidden sizes) that the paper does not list; lower by more is *better*. n-gram "
    f"models are not trained: ± {ROUNDING:g}, the paper's rounding. On another cut of the text "
    f"± {OTHER_CUT:.3f} for all of them: {STANDARD_DEVIATIONS} standard deviations of the "
    f"difference of two cuts, each with one of {CUT_SD:g} (`benchmarks/cuts.py`). Another cut "
    f"moves all recurrent networks together, their differences by {CUT_SD_OF_DIFFERENCE:g} only. "
    "So there a network's distance from the RNN-1 of its size, where both we and the paper have "
    f"one, must agree with the paper's, too: ± {BESIDE_RNN_1:.3f}, for the seed and the cut. "
    "Of networks trained from n seeds it is the mean that is compared. One training has a standard "
    f"deviation of s there, and {STANDARD_DEVIATIONS} s √(1 + 1/n) joins the tolerance in "
    "quadrature: the paper's number is one training too.",
    f"Figure 4 left: ± {PRINTED_REGION:g} for rounding, and {ERRORS_PER_NAT:.0f} % of the "
    "characters per nat that the models may differ by, the rate between the two models of "
    "Figure 6.",
    f"Mean probabilities (Figures 4 and 5): ± {MEASURED_PROBABILITY:g} from measuring the "
    "graphics, the nats that the model may differ by (a loss lower by d multiplies a probability "
    f"by e^d), and {STANDARD_ERRORS} standard errors of our mean, for braces our bootstrap "
    "interval; the last not for n-gram models on the paper's own file.",
    f"Figure 5 right: KL ± {MEASURED_KL:g} from measuring and {KL_SHARE:.0%} of it; lead in loss "
    f"± {MEASURED_LEAD:g} and the nats that both models may differ by; times ± {EPOCHS:g} epochs, "
    "for no two runs are alike so early.",
    f"Figure 6: ± {MEASURED_SLICE:g} from measuring, {STANDARD_ERRORS} standard errors, and what "
    "the slice changes by between the paper's two models, in proportion to the nats that a model "
    "may differ by. Which words memory counts and how far *after a newline* reaches is chosen to "
    "fit the paper's slices (`figure6.definitions: fitted`), so these, and boost after them, test "
    "that choice as much as the model; `errors.md` has them by the paper's literal wording, too. "
    "Of networks trained from several seeds it is the mean that is compared, as above.",
)
"""The tolerances and their reasons for people."""


def is_vague(tolerance: pd.Series, printed: pd.Series) -> pd.Series:
    """Whether numbers within their tolerance confirm little, by :data:`VAGUE`."""
    return tolerance > VAGUE * printed.abs()


def of_loss(model: str, own: bool) -> float:
    """How far a model's test cross-entropy may be from the paper's, nats per character.

    Args:
        model: its id.
        own: whether the corpus is the paper's very file.
    """
    if not own:
        return OTHER_CUT
    family, _ = context_model(model) or (RECURRENT, None)
    return {N_GRAM: ROUNDING, N_NN: N_NN_TRAINED}.get(family, TRAINED)


def of_mean(tolerance: float, seed_sd: float, seeds: int) -> float:
    """The same of a mean over trainings from several seeds, beside the paper's single training.

    Args:
        tolerance: that of one training.
        seed_sd: standard deviation of one training, in the unit of the tolerance.
        seeds: how many trainings the mean is over.

    Example:
        >>> round(of_mean(0.02, 0.022, 3), 3)
        0.055
    """
    apart = STANDARD_DEVIATIONS * seed_sd * math.sqrt(1 + 1 / seeds)
    return math.hypot(tolerance, apart)


def of_region(models: list[str], own: bool) -> float:
    """The same of a region of Figure 4 (left), percent of the test characters.

    Args:
        models: the ids of all models that overlap.
        own: as above.
    """
    return PRINTED_REGION + ERRORS_PER_NAT * max(of_loss(model, own) for model in models)


def of_probability(model: str, own: bool, spread: float) -> float:
    """The same of a mean probability of the correct character, measured off Figures 4 and 5.

    A loss that differs by d multiplies a probability by e^±d, so it moves by about d at most. A
    network trained again, or another cut of the text, also samples other errors; an n-gram model
    on the paper's own file does not.

    Args:
        model: its id.
        own: as above.
        spread: what the sample of characters may explain; NaN where that is unknown.
    """
    family, _ = context_model(model) or (RECURRENT, None)
    sampled = 0 if own and family == N_GRAM else spread
    return MEASURED_PROBABILITY + of_loss(model, own) + sampled


def of_kl(printed: float) -> float:
    """The same of a symmetric KL in Figure 5 (right), nats.

    Args:
        printed: the paper's.
    """
    return MEASURED_KL + KL_SHARE * printed


def of_slice(oracle: str, printed: float, errors: int, model: str, own: bool) -> float:
    """The same of a slice of Figure 6, percent of the model's errors.

    Args:
        oracle: its name.
        printed: the paper's slice, percent.
        errors: how many errors our model makes in all.
        model: its id.
        own: as above.
    """
    share = printed / 100
    sampled = STANDARD_ERRORS * 100 * math.sqrt(share * (1 - share) / max(errors, 1))
    large, small = (paper.oracle(model, oracle) for model in (LARGE, SMALL))
    per_nat = abs(large - small) / _APART
    return MEASURED_SLICE + sampled + per_nat * of_loss(model, own)
