"""Section 4.4 of the paper: kinds of errors, and which of them other models make."""

from __future__ import annotations

from charlens.report.entries import Analysis, Figure, by_name
from charlens.study import choices

SECTION = "4.4 Error analysis"

ANALYSES = by_name(
    Analysis(
        "errors",
        SECTION,
        title="Kinds of errors (Figure 6)",
        shows=(
            "Errors by the oracle that removes them, the errors that the larger network no longer "
            "makes, and how much the order of the oracles, the threshold of an error and the "
            "definitions left open by the paper matter. Every network is one training here."
        ),
        paper=(
            "Of the 140 thousand errors of its best network on War and Peace (42 % of the "
            "characters) an n-gram would have removed 18 %, a memory of the words just read 6 %, "
            "and knowing rare words 9 %; 37 % came right after a space, a quote or a new line. A "
            "small network made 44 thousand more, of which 81 % were errors that an n-gram removes."
        ),
        module="charlens.analyses.oracles.table",
        sources={
            "tables/error_categories.csv": "read",
            "tables/errors_eliminated.csv": "read_eliminated",
        },
        beside=("seed_errors",),
        when=lambda study: bool(choices.figure6_corpus(study)),
    ),
    Analysis(
        "decade",
        SECTION,
        title="What later models fix (Figure 11)",
        shows=(
            "Errors and bits of every model by kind of character. Here each test character has one "
            "kind, whatever the model: the first oracle of Figure 6 that applies to it. So bits of "
            "two models can be subtracted, kind by kind, with an interval over test streams."
        ),
        paper=(
            "It broke down the errors of two LSTMs and found that a larger one removes those that "
            "an n-gram model would have removed, and hardly any others: larger models alone would "
            "not do."
        ),
        module="charlens.analyses.oracles.decade",
        when=lambda study: bool(choices.figure6_corpus(study)),
    ),
    Analysis(
        "hypotheses",
        SECTION,
        title="What later models were expected to fix (Figure 11)",
        shows=(
            "Hypotheses that were written down before the later models were trained, the numbers "
            "that decide them, with intervals over test streams, and the verdict on each."
        ),
        paper=(
            "It expected that other models, not only larger ones, would be needed for the errors "
            "that remain: memory for words that come again, more text for rare words, and a model "
            "of words for what follows a space."
        ),
        module="charlens.analyses.oracles.verdicts",
        when=lambda study: bool(choices.figure6_corpus(study)),
    ),
    Analysis(
        "leakage",
        SECTION,
        title="Text seen in training (Figure 12)",
        shows=(
            "How much of the test text the training text has, word for word or nearly, and the "
            "losses of all models on such passages and elsewhere, on the training text, and by "
            "distance from it. A text split by streams mixes test with training text, as in the "
            "paper; where it is split by position too, the gap between both."
        ),
        paper=(
            "It cut both texts into streams, of which each gives training, validation and test "
            "text, and did not ask how much of the test text comes in the training text."
        ),
        module="charlens.analyses.leakage.table",
        sources={"tables/leakage.csv": "read", "tables/leakage_models.csv": "read_models"},
        when=lambda study: bool(choices.audited_corpora(study)),
    ),
    Analysis(
        "seed_errors",
        SECTION,
        title="Kinds of errors, several seeds (Figure 6)",
        shows=(
            "Errors by the oracle that removes them of every training of networks that have "
            "several seeds: each, the mean, a 95 % interval over seeds and one over test streams."
        ),
        paper="It broke down the errors of two networks, one training each.",
        module="charlens.analyses.oracles.seeds",
        sources={"tables/seed_error_intervals.csv": "read_intervals"},
        when=lambda study: bool(choices.seed_error_corpus(study)),
    ),
)

FIGURES = by_name(
    Figure(
        "figure6_bars",
        "Figure 6: kinds of errors",
        "Errors (probability below the threshold, 0.5 in the paper) by the first oracle, in the "
        "paper's order, that would remove them: n-grams, a memory of recent words, rare words, the "
        "start of a word, punctuation, and last a boost of the probability. Where two sizes are "
        "compared, also which kinds the larger network makes fewer of. Rings are the paper's "
        "slices, where the networks have its sizes. Of networks trained from several seeds bars "
        "are means, and lines 95 % intervals over seeds; the errors removed are of one training.",
        module="charlens.analyses.oracles.bars",
        analyses=(ANALYSES["errors"],),
    ),
    Figure(
        "figure6",
        "Figure 6, as pies and in the text",
        "The same shares as pies, means where networks have several seeds, from the top and "
        "counter-clockwise as in the paper; and text with errors of each kind marked blue. A box "
        "is around an earlier occurrence of a word with marked errors, which a memory would have "
        "had.",
        module="charlens.analyses.oracles.pies",
        analyses=(ANALYSES["errors"],),
    ),
    Figure(
        "figure11",
        "Figure 11: what later models fix",
        "Errors, and bits, of the smallest LSTM, of the best network of each cell, of the n-gram "
        "model with the longest context and of networks that are mixed with a memory. Colours are "
        "kinds of characters, the same for all models: the first oracle of Figure 6 that applies "
        "(word model: what follows a space, a quote or a newline; rest: none of them). "
        "Every network is one training, also where it has several seeds: so it and what is made of "
        "it are compared with the same weights.",
        module="charlens.analyses.oracles.decade_figure",
        analyses=(ANALYSES["decade"], ANALYSES["hypotheses"]),
    ),
    Figure(
        "figure12",
        "Figure 12: text seen in training",
        "Test losses of the models on passages that the training text has word for word, and "
        "elsewhere. Where a text is split by streams and by position or files, below, what the "
        "stricter split costs: a filled square is the difference of the losses, an open one the "
        "same less that of the 1-gram model, which remembers nothing; lines are 95 % intervals "
        "over streams of both texts.",
        module="charlens.analyses.leakage.figure",
        analyses=(ANALYSES["leakage"],),
    ),
)
