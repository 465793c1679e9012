"""Section 4.3 of the paper: how far back models look."""

from __future__ import annotations

from charlens.report.entries import Analysis, Figure, by_name
from charlens.study import choices
from charlens.study.config import Config

SECTION = "4.3 Long-range interactions"


def _measures_memory(study: Config) -> bool:
    return bool(choices.context_models(study)[0])


def _compares_errors(study: Config) -> bool:
    return bool(choices.compared_corpora(study))


ANALYSES = by_name(
    Analysis(
        "table2",
        SECTION,
        title="Length of context (Table 2)",
        shows=(
            "Test cross-entropy in nats per character (lower is better) by length of context; the "
            "best recurrent network is given below. A text split by streams mixes test with "
            "training text, as in the paper; split by position it keeps them apart, which is the "
            "harder question."
        ),
        paper=(
            "n-grams and n-NNs were equally good with little context; with more, n-NNs overfitted "
            "and n-grams went on to 1.194 nats on War and Peace (7 characters) and 0.889 on the "
            "Linux kernel (20). The best recurrent network beat both, with 1.077 and 0.84 (0.829 "
            "in its own Figure 1)."
        ),
        module="charlens.analyses.context_length.table",
        beside=("seeds",),
        when=choices.has_contexts,
    ),
    Analysis(
        "error_overlap",
        SECTION,
        title="Overlap of errors (Figure 4, left)",
        shows=(
            "Percent of the test characters that are errors (probability below 0.5) of exactly "
            "these models and of no other."
        ),
        paper=(
            "On what seems to be the Linux kernel, 23 % of the characters were errors of the LSTM, "
            "the 7-NN and the 20-gram alike; only 1.4 % were errors of the LSTM alone."
        ),
        module="charlens.analyses.shared_errors.overlap",
        when=_compares_errors,
    ),
    Analysis(
        "advantage",
        SECTION,
        title="Advantage by character (Figure 4)",
        shows=(
            "Mean probability of the correct character, by character, for those with the largest "
            "differences each way. The standard error is that of the paired difference, over test "
            "streams."
        ),
        paper=(
            "The LSTM led on characters that depend on what came long before: brackets and "
            "whitespace in C, and the carriage return on War and Peace, which comes about every "
            "70 characters."
        ),
        module="charlens.analyses.shared_errors.advantage",
        when=_compares_errors,
    ),
    Analysis(
        "closings",
        SECTION,
        title="Closing characters (Figure 5, left)",
        shows=(
            "Mean probability of closing characters, with a 95 % interval over test streams, by "
            "the distance to their opening character; a character of several bytes counts as a "
            "whole. Where texts are short, bins hold few closings: mind the intervals."
        ),
        paper=(
            "Up to 20 characters the LSTM was hardly ahead of the 20-gram at closing braces of the "
            "Linux kernel; its lead grew up to distances of 60 characters and then slowly shrank, "
            "while the 20-gram stayed about level."
        ),
        module="charlens.analyses.closings.table",
        when=lambda study: bool(choices.closed_corpora(study)),
    ),
    Analysis(
        "dynamics",
        SECTION,
        title="An LSTM in training (Figure 5, right)",
        shows=(
            "When the network in training was most like each trained model (least symmetric KL, "
            "nats), and when its test loss fell below that model's."
        ),
        paper=(
            "Within its first three epochs the LSTM was most like the 1-NN, then the 2-NN, the "
            "3-NN and the 4-NN: it learns short dependencies before long ones."
        ),
        module="charlens.analyses.training_dynamics.table",
        when=lambda study: bool(choices.watched(study).model),
    ),
    Analysis(
        "context_curve",
        SECTION,
        title="What the far past is worth (Figure 9)",
        shows=(
            "What a model loses, in nats per character, where it knows the last c characters only, "
            "by what stands in for the rest; then what lies further back than training unrolled is "
            "worth, by class of character."
        ),
        paper=(
            "It did not measure this. It unrolled 100 steps in training and inferred from cells "
            "that track quotations, and from closing braces, that networks use what lies further "
            "back; n-grams stopped at 20 characters."
        ),
        module="charlens.analyses.context_curve.table",
        when=_measures_memory,
    ),
    Analysis(
        "closing_memory",
        SECTION,
        title="Closing characters beyond the horizon (Figure 9)",
        shows=(
            "How well a model tells the inside of a quotation or block from the outside where a "
            "closing character is likely by what is near, by the distance of the opening one; and "
            "the log-odds of the closing character where it comes less those elsewhere."
        ),
        paper=(
            "It showed the mean probability of closing braces by distance (Figure 5), which what "
            "is near may give away, and a cell that follows quotations of more than 100 "
            "characters, though training unrolled no further."
        ),
        module="charlens.analyses.memory.discrimination",
        when=_measures_memory,
    ),
    Analysis(
        "memory_probes",
        SECTION,
        title="Probes of memory (Figure 9)",
        shows=(
            "For how long something that was put into a text still changes the prediction of what "
            "would close or continue it, against the same text without it."
        ),
        paper=(
            "It had no such experiment. Among the errors of its best network on War and Peace, 6 % "
            "were at words read before that a memory of recent words would have removed."
        ),
        module="charlens.analyses.memory.probes",
        when=_measures_memory,
    ),
)

FIGURES = by_name(
    Figure(
        "table2",
        "Table 2, drawn: length of context",
        "Test cross-entropy (nats per character, lower is better) against the number of characters "
        "of context: n-gram models with modified Kneser-Ney smoothing and n-NNs, networks of one "
        "hidden layer that see n characters. The line across is the best recurrent network of "
        "each corpus.",
        module="charlens.analyses.context_length.figure",
        analyses=(ANALYSES["table2"],),
    ),
    Figure(
        "figure4",
        "Figure 4: whose errors, which characters",
        "Left, errors by the models that make them, an error being a character given a probability "
        "below 0.5: areas are shares of the test characters. Right, the mean probability of the "
        "correct character, for the characters on which two models are furthest apart; characters "
        "too rare to be ranked are left out. <s> is the space.",
        module="charlens.analyses.shared_errors.figure",
        analyses=(ANALYSES["error_overlap"], ANALYSES["advantage"]),
    ),
    Figure(
        "figure5_left",
        "Figure 5, left: closing characters",
        "The probability that models give to a closing character where it comes, by how far back "
        "its opening character is; bars are means, whiskers 95 % intervals over test streams. "
        "Quotation marks of all scripts count, and a mark of several bytes as a whole. "
        "Openings before the start of a test stream cannot be known to a recurrent network and are "
        "left out.",
        module="charlens.analyses.closings.figure",
        analyses=(ANALYSES["closings"],),
    ),
    Figure(
        "figure5_right",
        "Figure 5, right: an LSTM in training",
        "One network in training beside models that are already trained. First, how unlike their "
        "predictions on the test text are (symmetric KL, nats): the lowest point of a curve is "
        "where it is most like that model. Then the difference of their losses: above zero, the "
        "one in training is better.",
        module="charlens.analyses.training_dynamics.figure",
        analyses=(ANALYSES["dynamics"],),
    ),
    Figure(
        "figure9",
        "Figure 9: what the far past is worth",
        "What a model loses where it knows the last c characters only, against the longest context "
        "(nats per character, both axes logarithmic, below 0.001 linear); the rest is replaced by "
        "the state after another text or, thin with rings, by none. Bands are 95 % intervals over "
        "streams. The vertical line is the number of steps that training unrolls, the horizontal "
        "one the loss below which a context counts as enough. Below, the same by class of "
        "character, for one network.",
        module="charlens.analyses.context_curve.figure",
        analyses=(ANALYSES["context_curve"],),
    ),
    Figure(
        "figure9_memory",
        "Figure 9, continued: what is remembered",
        "First, how well a model tells the inside of a quotation or block from the outside, where "
        "what is near does not decide: 0.5 is no memory, 1 a perfect one. Then, for how long "
        "something put into a text matters: 0 is forgotten. Whiskers are 95 % intervals over "
        "streams; the vertical line is the number of steps that training unrolls, of a byte each. "
        "Quotation marks are those of the text, each of them as a whole.",
        module="charlens.analyses.memory.figure",
        analyses=(ANALYSES["closing_memory"], ANALYSES["memory_probes"]),
    ),
)
