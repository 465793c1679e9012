"""What the report shows: each analysis with its table, and each figure, by section of the paper.

Everything that lists analyses or figures asks this registry: the rules that draw and that make
pages, the targets of the workflow, the captions. It is read while the workflow is planned, so it
imports nothing that takes time; modules are named, not imported.
"""

from __future__ import annotations

from charlens.report.entries import Analysis, Figure, by_name
from charlens.study import choices
from charlens.study.config import Config

COMPARING = "4.1 Comparing recurrent networks"
MECHANISMS = "4.2 Internal mechanisms"
LONG_RANGE = "4.3 Long-range interactions"
ERRORS = "4.4 Error analysis"
BESIDE = "The paper beside this run"


def _measures_memory(study: Config) -> bool:
    return bool(choices.context_models(study)[0])


def _compares_errors(study: Config) -> bool:
    return bool(choices.compared_corpora(study))


ANALYSES = by_name(
    Analysis(
        "cross_entropy",
        COMPARING,
        title="Test cross-entropy (Figure 1, left)",
        shows=(
            "The numbers of Figure 1 (left): nats per character on the test split, lower is "
            "better. Bold is the best of its row, whose networks have nearly the same number of "
            "parameters. A dagger marks a network whose training diverged: it is worse than a "
            "uniform guess. Where characters are several bytes, numbers are per byte and, marked "
            "/char, per character."
        ),
        paper=(
            "Networks of two and three layers did better than those of one, a third layer helping "
            "less surely than the second; LSTM and GRU were close, and both clearly ahead of the "
            "plain RNN. Its best networks reached 1.077 nats per character on War and Peace and "
            "0.829 on the Linux kernel."
        ),
        module="charlens.analyses.cross_entropy.table",
        beside=("table2",),
        when=choices.has_networks,
    ),
    Analysis(
        "agreement",
        COMPARING,
        title="Agreement of networks (Figure 1, right)",
        shows=(
            "The share of test characters on which two models have the same most likely next "
            "character; Figure 1 (right) is drawn from it."
        ),
        paper=(
            "RNNs formed a group of their own, while LSTMs and GRUs of one size lay close to each "
            "other: they tend to make similar predictions."
        ),
        module="charlens.analyses.agreement.table",
        page="{corpus}/tables/agreement.csv",
        sources={"{corpus}/tables/agreement.csv": "read"},
        when=lambda study: bool(study.tsne_corpus),
    ),
    Analysis(
        "seeds",
        COMPARING,
        title="Several seeds (Figure 1, left)",
        shows=(
            "Networks trained several times, from other seeds: each training, the mean with a 95 % "
            "interval over seeds and a standard deviation over resampled text, and which networks "
            "of one size differ by more than both explain."
        ),
        paper=(
            "Its numbers are one training each. It gave bootstrap errors over characters, below "
            "0.004, which say nothing of another training."
        ),
        module="charlens.analyses.cross_entropy.seeds",
        sources={"tables/seeds.csv": "read", "tables/seed_differences.csv": "read_differences"},
        when=choices.has_seeds,
    ),
    Analysis(
        "cells",
        MECHANISMS,
        paper=(
            "Most cells could not be read. It showed some that keep track of the position in the "
            "line, of quotations longer than the steps unrolled in training, and, in C, of "
            "conditions, comments and the depth of nesting. One cell may be the best for several "
            "properties that go together."
        ),
        module="charlens.inside.cells.excerpts",
        sources={"figures/figure2.csv": "read_numbers"},
        when=lambda study: bool(choices.figure2_models(study)),
    ),
    Analysis(
        "gates",
        MECHANISMS,
        paper=(
            "Many forget gates of the LSTM were open nearly all the time, as in cells that keep a "
            "value for very long; none was shut nearly all the time, as in a network that only "
            "feeds forward, and no output gate was open or shut all the time. Gates of the LSTM's "
            "first layer were much more diffuse than those above; in the GRU's first layer reset "
            "gates were nearly never open and update gates rarely shut."
        ),
        module="charlens.inside.gates.table",
        sources={"figures/figure3.csv": "read"},
        when=lambda study: bool(choices.figure3_models(study)[1]),
    ),
    Analysis(
        "evidence",
        MECHANISMS,
        title="Are the cells real? (Figure 7)",
        shows=(
            "How well the best cell for each concept follows it on text it was not chosen on, with "
            "an interval over streams, beside networks that learned nothing, the last three bytes "
            "and arbitrary properties of the text. A cell passes that is more than chance would "
            "give and whose interval lies above every baseline."
        ),
        paper=(
            "It shows cells and says what they keep track of; it compares them neither with chance "
            "nor with a network that has learned nothing."
        ),
        module="charlens.inside.evidence.table",
        when=lambda study: bool(choices.evidence_models(study)),
    ),
    Analysis(
        "causal_cells",
        MECHANISMS,
        title="What the cells do (Figure 8)",
        shows=(
            "The best cell of each concept, set to the value it has where the concept is absent "
            "(low) or present (high) while its network reads held-out text. A cell is called "
            "causal if the probability of the symbols that open or close moves as predicted, if no "
            "other cell of its layer costs as much there, and if the loss there is at least five "
            "times that on other characters. Cells and their values were chosen on the other half "
            "of the test streams."
        ),
        paper=(
            "It showed cells that follow quotations, lines and code, and did not intervene on "
            "them: whether such a cell causes predictions or goes along with them is asked here."
        ),
        module="charlens.inside.interventions.table",
        when=lambda study: bool(choices.interventions(study)),
    ),
    Analysis(
        "universality",
        MECHANISMS,
        title="Other trainings, the same cells? (Figure 10)",
        shows=(
            "What the trainings of a network from several seeds have in common: how well each cell "
            "is matched by one of another training, beside matches in rotated networks, in other "
            "networks and in networks that learned nothing; how alike whole networks are; and in "
            "which trainings a cell follows a concept."
        ),
        paper=(
            "It showed cells of one training each, and did not ask whether another training of the "
            "network has them."
        ),
        module="charlens.inside.universality.table",
        when=lambda study: bool(choices.compared_networks(study)),
    ),
    Analysis(
        "table2",
        LONG_RANGE,
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
        when=choices.has_contexts,
    ),
    Analysis(
        "error_overlap",
        LONG_RANGE,
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
        LONG_RANGE,
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
        LONG_RANGE,
        title="Closing characters (Figure 5, left)",
        shows=(
            "Mean probability of closing characters, with a 95 % interval over test streams, by "
            "the distance to their opening character. Where texts are short, bins hold few "
            "closings: mind the intervals."
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
        LONG_RANGE,
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
        LONG_RANGE,
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
        LONG_RANGE,
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
        LONG_RANGE,
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
    Analysis(
        "errors",
        ERRORS,
        title="Kinds of errors (Figure 6)",
        shows=(
            "Errors by the oracle that removes them, the errors that the larger network no longer "
            "makes, and how much the order of the oracles, the threshold of an error and the "
            "definitions left open by the paper matter."
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
        when=lambda study: bool(choices.figure6_corpus(study)),
    ),
    Analysis(
        "decade",
        ERRORS,
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
        "leakage",
        ERRORS,
        title="Text seen in training (Figure 12)",
        shows=(
            "How much of the test text the training text has word for word, and the losses of all "
            "models on such passages and elsewhere. A text split by streams mixes test with "
            "training text, as in the paper; where it is split by position too, the gap between "
            "both."
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
        "paper_vs_ours",
        BESIDE,
        title="Every number of the paper beside ours",
        shows=(
            "Every number of the paper that this run produced too: ours, the paper's, the "
            "difference, and whether it is within the tolerance given there (cross-entropies below "
            "the paper's by more are better; a number is vague that may differ by more than a "
            "quarter of itself). How many of the paper's own numbers would be near enough in each "
            "other's places says what that is worth. Then each conclusion of the paper, with a "
            "verdict and the figure that shows it."
        ),
        paper=(
            "Its numbers are those printed, or measured off its graphics where none are printed. "
            "Numbers of networks or texts other than the paper's are listed apart, since they "
            "cannot be expected to agree."
        ),
        module="charlens.replication.markdown",
        sources={"tables/paper_vs_ours.csv": "read", "tables/findings.csv": "read_findings"},
    ),
)
"""Analyses by name, in the order of the paper."""

FIGURES = by_name(
    Figure(
        "figure1_left",
        "Figure 1, left: test cross-entropy",
        "Test cross-entropy of every recurrent network in nats per character: lower is better, and "
        "a uniform guess among K characters would have ln K. Networks in one row have nearly the "
        "same number of parameters. The small number is the standard deviation over bootstrap "
        "resamples of the test streams (the paper's, below 4e-3, is over single characters); grey "
        "below it is the paper's value where it has one. Of networks trained from several seeds it "
        "is the mean, and below it half of the 95 % interval over seeds.",
        module="charlens.analyses.cross_entropy.figure",
        analyses=(ANALYSES["cross_entropy"],),
    ),
    Figure(
        "figure1_right",
        "Figure 1, right: networks that agree",
        "A map of the networks by what they predict, drawn by t-SNE: near each other are those "
        "that agree on the most likely next character at most places of the test text. Colour is "
        "the cell, size the budget of parameters, the shape of the marker the number of layers. "
        "Distances between far groups, and the axes, mean nothing.",
        module="charlens.analyses.agreement.figure",
        analyses=(ANALYSES["agreement"],),
    ),
    Figure(
        "figure2",
        "Figure 2: cells that can be read",
        "Text coloured by the value of one cell after it has read each character, from the lowest "
        "in the excerpt (orange) to the highest (blue); the numbers on the right say which they "
        "are. Cells were chosen on one half of the test text; the excerpts, and the scores beside "
        "them, come from the other half. Where the best cell reaches neither a correlation of 0.3 "
        "nor an AUC of 0.7 there, as by chance, none was found. In brackets: the score's 95 % "
        "interval over streams; behind it, the strongest baseline of Figure 7, which a cell that "
        "means something exceeds.",
        module="charlens.inside.cells.figure",
        analyses=(ANALYSES["cells"],),
    ),
    Figure(
        "figure3",
        "Figure 3: gates open and shut",
        "Each circle is one gate of one unit: how far right, the share of test time it is above "
        "0.9 (open); how far up, the share it is below 0.1 (shut). Colour is the layer. A unit on "
        "the diagonal is never in between; near the origin, a gate never reaches either end.",
        module="charlens.inside.gates.figure",
        analyses=(ANALYSES["gates"],),
    ),
    Figure(
        "figure7",
        "Figure 7: are the cells real",
        "How well the best cell for each concept follows it on held-out text: 0 unrelated, 1 "
        "perfectly, with its 95 % interval over streams. Grey marks are what networks with initial "
        "or shuffled weights, a linear function of the last three bytes, and this network for "
        "arbitrary properties of the text reach; the ring is a linear function of all cells. A "
        "best cell passes that is more than chance and above all of these grey marks; where ring "
        "and dot meet, one cell is the whole story.",
        module="charlens.inside.evidence.figure",
        analyses=(ANALYSES["evidence"],),
    ),
    Figure(
        "figure8",
        "Figure 8: what the cells do",
        "A row for the best cell of each concept, on held-out text. Left, above each character the "
        "probability of the symbol that ends what the cell follows, the network left alone; below "
        "it the same with the cell clamped all the time (bold: where the symbol comes). Middle, "
        "the change of the loss by class of characters with its 95 % interval over streams, and "
        "grey that of other cells of the layer under their own clamps. Right, how the probability "
        "of the symbol moves where it comes and elsewhere; of cells that follow lines, the "
        "probability that the line ends at each column, the cell free and made to stand still.",
        module="charlens.inside.interventions.figure",
        analyses=(ANALYSES["causal_cells"],),
    ),
    Figure(
        "figure10",
        "Figure 10: the cells of other trainings",
        "Left, how alike the trainings are as a whole (linear CKA of their cells on test text; 1 "
        "is the same up to rotation). Right, how many cells have a match of at least some \\|r\\| "
        "in another training, in one that is rotated at random, in another network and in one that "
        "learned nothing; matches are chosen on other text than they are judged on. Below, a "
        "passage as the best cell for one concept reads it in each training.",
        module="charlens.inside.universality.figure",
        analyses=(ANALYSES["universality"],),
    ),
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
        "too rare to be ranked are left out.",
        module="charlens.analyses.shared_errors.figure",
        analyses=(ANALYSES["error_overlap"], ANALYSES["advantage"]),
    ),
    Figure(
        "figure5_left",
        "Figure 5, left: closing characters",
        "The probability that models give to a closing character where it comes, by how far back "
        "its opening character is; bars are means, whiskers 95 % intervals over test streams. "
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
        "the state after another text, dotted by none. Bands are 95 % intervals over streams. The "
        "vertical line is the number of steps that training unrolls, the horizontal one the loss "
        "below which a context counts as enough. Below, the same by class of character, for one "
        "network.",
        module="charlens.analyses.context_curve.figure",
        analyses=(ANALYSES["context_curve"],),
    ),
    Figure(
        "figure9_memory",
        "Figure 9, continued: what is remembered",
        "First, how well a model tells the inside of a quotation or block from the outside, where "
        "what is near does not decide: 0.5 is no memory, 1 a perfect one. Then, for how long "
        "something put into a text matters: 0 is forgotten. Whiskers are 95 % intervals over "
        "streams; the vertical line is the number of steps that training unrolls.",
        module="charlens.analyses.memory.figure",
        analyses=(ANALYSES["closing_memory"], ANALYSES["memory_probes"]),
    ),
    Figure(
        "figure6_bars",
        "Figure 6: kinds of errors",
        "Errors (probability below the threshold, 0.5 in the paper) by the first oracle, in the "
        "paper's order, that would remove them: n-grams, a memory of recent words, rare words, the "
        "start of a word, punctuation, and last a boost of the probability. Where two sizes are "
        "compared, also which kinds the larger network makes fewer of. Rings are the paper's "
        "slices, where the networks have its sizes.",
        module="charlens.analyses.oracles.bars",
        analyses=(ANALYSES["errors"],),
    ),
    Figure(
        "figure6",
        "Figure 6, as pies and in the text",
        "The same shares as pies, from the top and counter-clockwise as in the paper; and text "
        "with errors of each kind marked blue. A box is around an earlier occurrence of a word "
        "with marked errors, which a memory would have had.",
        module="charlens.analyses.oracles.pies",
        analyses=(ANALYSES["errors"],),
    ),
    Figure(
        "figure11",
        "Figure 11: what later models fix",
        "Errors, and bits, of the smallest LSTM, of the best network of each cell, of the n-gram "
        "model with the longest context and of networks that are mixed with a memory. Colours are "
        "kinds of characters, the same for all models: the first oracle of Figure 6 that applies.",
        module="charlens.analyses.oracles.decade_figure",
        analyses=(ANALYSES["decade"],),
    ),
    Figure(
        "figure12",
        "Figure 12: text seen in training",
        "Test losses of the models on passages that the training text has word for word, and "
        "elsewhere. Where a text is split by streams and by position or files, below, what the "
        "stricter split costs: a filled square is the difference of the losses, an open one the "
        "same less that of the 1-gram model, which remembers nothing.",
        module="charlens.analyses.leakage.figure",
        analyses=(ANALYSES["leakage"],),
    ),
)
"""Figures by name, in the order of the paper."""

PAGES = {name: analysis for name, analysis in ANALYSES.items() if analysis.title}
"""Analyses whose table has a page in the report."""
