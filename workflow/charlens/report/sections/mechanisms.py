"""Section 4.2 of the paper: cells and gates, and what we ask of them beyond the paper."""

from __future__ import annotations

from charlens.report.entries import Analysis, Figure, by_name
from charlens.study import choices

SECTION = "4.2 Internal mechanisms"

ANALYSES = by_name(
    Analysis(
        "cells",
        SECTION,
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
        SECTION,
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
        SECTION,
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
        SECTION,
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
        SECTION,
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
)

FIGURES = by_name(
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
        "Each mark is one gate of one unit: how far right, the share of test time it is above "
        "0.9 (open); how far up, the share it is below 0.1 (shut). Colour and shape are the layer. "
        "A unit on the diagonal is never in between; near the origin, a gate never reaches either "
        "end.",
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
        "Above, a row for the best cell of each concept, on held-out text: the change of the "
        "loss at both targets of the concept, each under the clamp that should hurt it, with "
        "its 95 % interval over streams; strokes are other cells of the layer under their own "
        "clamps, diamonds the same change on other characters. Right, what the verdict rests "
        "on: how many of four probabilities moved as predicted, the rank among other cells, and "
        "how many times as large the loss is as that of other characters; grey numbers fall "
        "short, and the cells of bold concepts are causal. Below, up to twelve cells in detail, "
        "of the network of each text that the config names first: above each character the "
        "probability of the symbol that ends what the cell follows, the network left alone, and "
        "below it the same with the cell clamped all the time (bold: where the symbol comes). "
        "Beside it, how the probability of the symbol moves where it comes and elsewhere; of "
        "cells that follow lines, the probability that the line ends at each column, the cell "
        "free and made to stand still. The numbers of all cells are in tables/causal_cells.md "
        "and figures/figure8_effects.csv.",
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
)
