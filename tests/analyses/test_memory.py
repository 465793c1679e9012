"""Remembered closings and probes: a latch planted by hand, scikit-learn, and what is written."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.analyses.memory import closing_places, closing_scores, discrimination, figure, probes
from charlens.analyses.memory.auc import areas, wins
from charlens.analyses.memory.measure import Memory
from charlens.analyses.memory.probe_stock import new_words
from charlens.analyses.subjects import Network, NGram
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Layout, Shape
from charlens.text.corpus import prepare
from charlens.text.lexed import LexedText
from sklearn.metrics import roc_auc_score
from test_figure4 import within

CPU = torch.device("cpu")
BATCH, UNROLL = 12, 20
INPUT, FORGET = 1, 2  # blocks of an LSTM's weights, which are o, i, f, g


def program(size: int = 60_000, seed: int = 0) -> bytes:
    """Made-up C: lines, some of them in blocks, blank lines between."""
    random, lines = np.random.default_rng(seed), []
    while sum(map(len, lines)) < size:
        line = f"\t{'abcdefgh'[random.integers(8)]} = {'ijkl'[random.integers(4)]};\n"
        lines += ["f()\n", "{\n", line * int(random.integers(1, 9)), "}\n", "\n"]
        lines += [line.strip("\t")] * int(random.integers(1, 5)) + ["\n"]
    return "".join(lines).encode()[:size]


def latch(corpus, remembers: bool = True, weight: float = 9) -> Network:
    """A network that is sure of a closing brace anywhere inside a block, else not.

    c = f c + i g: an opening brace opens i, a closing one shuts f. Without memory f is always shut.
    A negative weight makes it sure of none.
    """
    shape, code = Shape("lstm", 1, 2, corpus.k), corpus.vocabulary.index
    weights = {name: torch.zeros(1, *e.true) for name, e in Layout(shape).entries.items()}
    views = {name: weights[f"{name}.0"][0].view(-1, 4, 2) for name in ("input", "bias")}
    views["bias"][0, :, 0] = torch.tensor([30.0, -30, 30 if remembers else -30, 30])
    views["input"][code(ord("{")), INPUT, 0] = 60
    views["input"][code(ord("}")), FORGET, 0] = -60
    weights["decoder"][0, 0, code(ord("}"))] = weight
    weights["bias.decoder"][0, code(ord("}"))] = -4
    return Network("lstm-1x2", shape, weights, CPU)


@pytest.fixture(scope="module")
def memory():
    corpus, splits = prepare(program(), "code", "a test", "streams", BATCH, UNROLL, 0.5, 0.2)
    return Memory(corpus, splits, "c", 1)


BINS = [0, 10, 20, 40, 80, 160]


def test_a_latch_knows_at_every_distance_and_a_network_without_memory_at_none(memory):
    table = memory.closings(latch(memory.corpus), BINS)
    assert list(table.columns) == list(discrimination.COLUMNS)
    known = table[table["auc"].notna()]
    assert len(known) >= 3
    assert (known["auc"] > 0.99).all()
    assert (known["auc_low"] > 0.99).all()
    forgets = memory.closings(latch(memory.corpus, remembers=False), BINS)
    assert (forgets.loc[forgets["auc"].notna(), "auc"] == 0.5).all()
    assert (forgets["inside"] == table["inside"]).all()


def test_places_are_those_of_a_loop():
    text = b"a\n{\nb\n{ c }\nd\n}\ne\n{ f\n"
    lexed = LexedText(text, "c")
    inputs = np.arange(len(text) - 1)[None]
    places = closing_places.find(lexed, inputs)
    opened: list[int] = []
    closed = None
    expected = {}
    closers = {10, 14}
    for at, byte in enumerate(text[:-1]):
        if byte == ord("{") and text[at + 1 :].count(b"}") > 0:
            opened.append(at)
        if byte == ord("}"):
            opened.pop()
            closed = at
        began = opened[-1] if opened else closed
        if began is not None:
            expected[at] = (
                bool(opened),
                at + 1 - began,
                at + 1 in closers,
                byte == ord("\n") and len(opened) <= 1,
            )
    rows = zip(places.inside, places.distance, places.closing, places.cued, strict=True)
    assert dict(zip(places.column.tolist(), map(tuple, rows), strict=True)) == expected


def test_areas_are_scikit_learns_in_every_resample():
    random = np.random.default_rng(0)
    score, yes = random.integers(0, 9, 300).astype(float), random.random(300) < 0.4
    stream = random.integers(0, 6, 300)
    drawn = random.multinomial(6, np.full(6, 1 / 6), size=5)
    pairs = wins(score[yes], stream[yes], score[~yes], stream[~yes], 6)
    counts = [np.bincount(stream[side], minlength=6) for side in (yes, ~yes)]
    computed = areas(pairs, *counts, drawn)
    for area, times in zip(computed, drawn, strict=True):
        rows = np.repeat(np.arange(300), times[stream])
        assert area == pytest.approx(roc_auc_score(yes[rows], score[rows]), abs=1e-12)


def test_scores_of_an_n_gram_model_are_its_probabilities(memory):
    codes = memory.splits["test"]
    model = NgramModel.fit(memory.splits["train"][:, :-1].ravel(), 4)
    stream, column = np.array([0, 3, 3]), np.array([0, 7, 50])
    symbol, k = memory.corpus.vocabulary.index(ord("}")), memory.corpus.k
    scores = closing_scores.n_gram_scores(model, 4, codes, stream, column, symbol, k)
    for b, c, score in zip(stream, column, scores, strict=True):
        context = codes[b, max(0, c - 2) : c + 1]
        assert np.exp(score) == pytest.approx(
            model.distribution([context], 4, symbols=k)[0, symbol]
        )
    subject = NGram("n-gram-3", model, 3)
    assert memory.closings(subject, BINS)["inside"].sum() > 0
    effects = memory.probes(subject, [30], 20)
    assert (effects.loc[effects["n"] > 0, "effect"] == 0).all()  # 30 characters are too far


def test_an_opened_block_is_remembered_by_a_latch_alone(memory):
    latched = memory.probes(latch(memory.corpus), [20, 100], 20)
    unlatched = memory.probes(latch(memory.corpus, remembers=False), [20, 100], 20)
    assert list(latched.columns) == list(probes.COLUMNS)
    blocks = latched[latched["probe"] == "block"]
    assert (blocks["n"] > 10).all()
    assert (blocks["effect"] > 5).all()
    assert (unlatched.loc[unlatched["probe"] == "block", "effect"] == 0).all()
    assert probes.remembered(blocks) == 100
    against = memory.probes(latch(memory.corpus, weight=-9), [20, 100], 20)
    against = against[against["probe"] == "block"]
    assert (against["high"] < -1).all()
    assert probes.remembered(against) == 100  # either sign is a memory
    assert probes.remembered(blocks.assign(effect=0.005)) == 0  # next to nothing is none
    assert probes.remembered(unlatched[unlatched["probe"] == "block"]) == 0
    comments = latched[latched["probe"] == "comment"]
    assert comments["n"].eq(0).all()  # the text has no asterisk
    assert "the text has no" in comments["note"].iloc[0]


def test_new_words_look_like_the_text_and_are_not_in_it():
    random = np.random.default_rng(1)
    syllables = [b"ba", b"ke", b"lo", b"mi", b"nu"]
    train = b" ".join(b"".join(random.choice(syllables, 5)) for _ in range(60))
    words = new_words(train, 3, np.random.default_rng(0))
    assert len(set(words)) == len(words) >= 1
    for word in words:
        assert len(word) == 7
        assert word not in train
        assert all(word[i : i + 4] in train for i in range(4))


def test_files_markdown_sentences_and_the_figure(memory, tmp_path):
    subjects = [latch(memory.corpus), latch(memory.corpus, remembers=False)]
    subjects[1] = Network("lstm-2x2", *list(vars(subjects[1]).values())[1:])
    closings = pd.concat([memory.closings(s, BINS) for s in subjects], ignore_index=True)
    probed = pd.concat([memory.probes(s, [20, 100], 20) for s in subjects], ignore_index=True)
    for module, frame in ((discrimination, closings), (probes, probed)):
        csv_tables.write(frame, tmp_path / "t.csv")
        pd.testing.assert_frame_equal(module.read(tmp_path / "t.csv"), frame, rtol=1e-7)
        with pytest.raises(CharlensError, match="run the rule"):
            module.read(tmp_path / "none.csv")
        assert "## Code" in module.markdown(frame)
    sentences = " ".join(discrimination.sentences(closings))
    assert "tells inside from outside with AUC 1.00" in sentences
    sentences = " ".join(probes.sentences(probed))
    assert "remembers an opened block 100 characters later" in sentences
    assert "shows no memory of an opened block 20 characters later" in sentences
    assert within(figure.draw(closings, probed))
    empty = figure.draw(closings[:0], probed[:0])
    assert empty.texts[0].get_text() == (
        'Nothing to remember in these texts (of quotation marks, " alone counts)'
    )


def test_the_same_seed_draws_the_same(memory):
    one, two = (memory.probes(latch(memory.corpus), [20], 20) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
