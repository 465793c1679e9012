"""Section 4.1 of the paper: how well recurrent networks predict, and which predict alike."""

from __future__ import annotations

from charlens.report.entries import Analysis, Figure, by_name
from charlens.study import choices

SECTION = "4.1 Comparing recurrent networks"

ANALYSES = by_name(
    Analysis(
        "cross_entropy",
        SECTION,
        title="Test cross-entropy (Figure 1, left)",
        shows=(
            "The numbers of Figure 1 (left): nats per character on the test split, lower is "
            "better. Bold is the best of its row, whose networks have nearly the same number of "
            "parameters. A dagger marks a model worse than a uniform guess: the training of such a "
            "network diverged, or the text is as good as random. Where characters are several "
            "bytes, numbers are per byte and, marked "
            "/char, per character."
        ),
        paper=(
            "Networks of two and three layers did better than those of one, a third layer helping "
            "less surely than the second; LSTM and GRU were close, and both clearly ahead of the "
            "plain RNN. Its best networks reached 1.077 nats per character on War and Peace and "
            "0.829 on the Linux kernel."
        ),
        module="charlens.analyses.cross_entropy.table",
        beside=("table2", "seeds"),
        when=choices.has_networks,
    ),
    Analysis(
        "agreement",
        SECTION,
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
        SECTION,
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
)

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
)
