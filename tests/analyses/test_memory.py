"""Remembered closings and probes: a latch planted by hand, scikit-learn, and what is written."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.analyses.memory import (
    closing_places,
    closing_scores,
    discrimination,
    figure,
    probe_texts,
    probes,
)
from charlens.analyses.memory.auc import areas, wins
from charlens.analyses.memory.measure import Memory
from charlens.analyses.memory.probe_stock import new_words
from charlens.analyses.subjects import Network, NGram
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.models.families import shapes_for
from charlens.models.histories import Reader
from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Layout, Shape
from charlens.models.running import windows
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


# Marks of several bytes

SCRIPTS = {
    "korean": ("나는 “물이 차다. 응.” 했다. “꽃, 차”와 “네”. “아\n\n“응”\n", "“", "”", "utf-8"),
    "french": (
        "Il dit : « Gelée. Oui, là. » Puis « où ? ». « L’\n\nA « b » c.\n",
        "«",
        "»",
        "utf-8",
    ),
    "japanese": (
        "彼は「水。冷たい。」と「はい」、「猫」と言った。「え\n\n「い」\n",
        "「",
        "」",
        "cp932",
    ),
    "wide": ("Он: «Да, да. Нет.» Она: «Нет». «А\n\n«Б»\n", "«", "»", "utf-16-le"),
    "broken": ("나는 “물\udce2이\udc80 차다.” 했다. “꽃\udcff, 차”.\n", "“", "”", "utf-8"),
}  # the surrogates of the last one stand for bytes that are no characters


def slow_places(text: str, opens: str, closes: str, encoding: str, first: int, last: int) -> dict:
    """Target -> inside, distance, closing, cued, of inputs first to last; by characters."""
    size = [len(c.encode(encoding, "surrogateescape")) for c in text]
    at = [sum(size[:i]) for i in range(len(text) + 1)]
    state, began, result = False, -1, {}
    spaced = 2 * sum(text[i - 1] == " " for i, c in enumerate(text) if c == closes) > text.count(
        closes
    )
    for i, character in enumerate(text):
        ends = character == closes and state
        whole = not ends or at[i + 1] - 1 <= last + 1
        if first <= began and first < at[i] <= last + 1 and whole:
            before = text[max(0, i - 2) : i]
            cue = before[:1] if spaced else before[-1:]
            cued = bool(cue) and cue in ".,!?。、" and (not spaced or before[-1:] == " ")
            result[at[i]] = (state, at[i] - began, ends, cued)
        if character == opens:
            state, began = True, at[i]
        elif ends or (state and text[i - 1 : i + 1] == "\n\n"):
            state, began = False, at[i]
    return result


@pytest.mark.parametrize("script", SCRIPTS)
def test_places_of_other_scripts_are_those_of_a_loop(script):
    text, opens, closes, encoding = SCRIPTS[script]
    text *= 2
    data = text.encode(encoding, "surrogateescape")
    lexed, closings = LexedText(data, "prose", encoding), 0
    for first in (0, 9, 10, 11, 12):
        for last in range(len(data) - 12, len(data) - 1):  # the end cuts marks anywhere
            places = closing_places.find(lexed, np.arange(first, last + 1)[None])
            rows = zip(places.inside, places.distance, places.closing, places.cued, strict=True)
            targets = (places.column + first + 1).tolist()
            expected = slow_places(text, opens, closes, encoding, first, last)
            assert dict(zip(targets, map(tuple, rows), strict=True)) == expected
            closings += places.closing.sum()
    assert closings > 0
    assert closing_places.closing_marks(lexed) == [closes.encode(encoding)]


def test_what_closes_in_a_text():
    def closing(text, kind="prose"):
        return closing_places.closing_marks(LexedText(text.encode(), kind))

    assert closing('"a" “b” „c“ «d') == [b'"', "“".encode(), "”".encode()]
    assert closing('"a') == closing("") == [b'"']
    assert closing("{ f(); }", "c") == closing("", "c") == [b"}"]
    cut = LexedText("「a」b「c」".encode("iso2022_jp"), "prose", "iso2022_jp")
    assert closing_places.closing_marks(cut) == [b"\x1b$B!W"]


MARKS = [(1,), (2, 3), (2, 4, 5), (2, 4, 6)]
"""Codes; 2 alone and 2, 4 alone are the beginnings of several."""


def of_cell(cell: str, k: int = 8) -> Network:
    """An untrained network with large random weights."""
    (shape,) = shapes_for(f"{cell}-2x16", k)
    draws = torch.Generator().manual_seed(1)
    entries = Layout(shape).entries.items()
    weights = {name: torch.randn(1, *e.true, generator=draws) / 2 for name, e in entries}
    return Network(f"{cell}-2x16", shape, weights, CPU)


@pytest.mark.parametrize("cell", ["lstm", "gru", "mingru", "gpt"])
def test_scores_of_a_network_are_those_of_texts_that_go_on_with_each_mark(cell):
    network, random = of_cell(cell), np.random.default_rng(0)
    codes = random.integers(0, 8, (3, 13)).astype(np.uint8)
    asked = np.ones((3, 12), bool)
    asked[:, 5] = False
    run = (network.shape, network.weights)
    scores = closing_scores.network_scores(*run, codes, MARKS, asked, 4)
    for stream in range(3):
        for column in np.flatnonzero(asked[stream]):
            chance = 0.0
            for mark in MARKS:
                whole = [*codes[stream, : column + 1].tolist(), *mark]
                ((_, logs, _),) = windows(*run, np.array([whole], np.uint8), len(whole) - 1)
                steps = logs[-len(mark) :, 0].numpy()
                chance += np.exp(sum(steps[i, symbol] for i, symbol in enumerate(mark)))
            assert np.exp(scores[stream, column]) == pytest.approx(chance, rel=1e-4)


@pytest.mark.parametrize("cell", ["lstm", "gpt", "n-nn"])
def test_texts_go_on_from_places_of_many_steps_at_once(cell, monkeypatch):
    """As many as there are streams, past the beginning of what attention sees, and none of most."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 8, (5, 4 * 30 + 1)).astype(np.uint8)
    if cell == "n-nn":
        (shape,) = shapes_for("n-nn-3", 8, [16])
        draws = torch.Generator().manual_seed(1)
        entries = Layout(shape).entries.items()
        weights = {name: torch.randn(1, *e.true, generator=draws) / 2 for name, e in entries}
    else:
        shape, weights = of_cell(cell).shape, of_cell(cell).weights
    asked = random.random((5, 120)) < 0.1
    asked[:, 30:60] = False
    asked[:, 72] = True
    reads = []
    forward = Reader.predict
    monkeypatch.setattr(
        Reader, "predict", lambda self, codes: reads.append(1) or forward(self, codes)
    )
    scores = closing_scores.network_scores(shape, weights, codes, [(1, 2)], asked, 30)
    assert len(reads) <= 4 * (asked.sum() // 5 // 3) + 4 + 20 * (cell == "gpt")
    assert (scores[~asked] == 0).all()
    reader = Reader(shape, weights, 1)
    for stream, column in np.argwhere(asked):
        reader.start()
        expected = 0.0
        for symbol, read in ((1, codes[stream, : column + 1]), (2, np.array([1], np.uint8))):
            expected += float(forward(reader, read[None])[0, symbol])
        assert scores[stream, column] == pytest.approx(expected, rel=1e-4)


def test_scores_of_a_mark_of_one_byte_are_those_of_the_byte():
    network = of_cell("lstm")
    codes = np.random.default_rng(0).integers(0, 8, (3, 13)).astype(np.uint8)
    run, asked = (network.shape, network.weights), np.ones((3, 12), bool)
    logs = np.concatenate([logs.clone().numpy() for _, logs, _ in windows(*run, codes, 4)])
    one = closing_scores.network_scores(*run, codes, [(2,)], asked, 4)
    assert (one == logs[..., 2].T).all()
    two = closing_scores.network_scores(*run, codes, [(2,), (5,)], asked, 4)
    np.testing.assert_allclose(np.exp(two), np.exp(logs[..., 2].T) + np.exp(logs[..., 5].T), 1e-5)


@pytest.mark.parametrize("n", [0, 1, 3])
def test_scores_of_an_n_gram_model_are_those_of_texts_that_go_on_with_each_mark(n):
    random = np.random.default_rng(0)
    codes = random.integers(0, 8, (2, 30)).astype(np.uint8)
    model = NgramModel.fit(random.integers(0, 8, 3000).astype(np.uint8), 5)
    stream, column = np.array([0, 1, 1]), np.array([0, 4, 20])
    scores = closing_scores.n_gram_scores(model, n + 1, codes, stream, column, MARKS, 8)
    for b, c, score in zip(stream, column, scores, strict=True):
        chance = 0.0
        for mark in MARKS:
            product = 1.0
            for i, symbol in enumerate(mark):
                context = [*codes[b, : c + 1].tolist(), *mark[:i]]
                context = np.array(context[max(0, len(context) - n) :], np.uint8)
                product *= model.distribution([context], n + 1, symbols=8)[0, symbol]
            chance += product
        assert np.exp(score) == pytest.approx(chance)


def quoting(opens: str, closes: str, size: int = 60_000) -> str:
    """Made-up paragraphs, some sentences of which are quoted."""
    random, parts, length = np.random.default_rng(0), [], 0
    while length < size:
        drawn = random.integers(2, size=random.integers(1, 6))
        speech = "".join(["물이 차다. ", "né là. "][i] for i in drawn)
        part = f"한 {opens}{speech.strip()}{closes} 꽃. " if random.random() < 0.5 else speech
        part += "\n\n" * (random.random() < 0.3)
        parts.append(part)
        length += len(part.encode())
    return "".join(parts)


@pytest.mark.parametrize(("opens", "closes"), [("“", "”"), ("« ", " »"), ("『", "』"), ('"', '"')])
def test_other_quotation_marks_have_a_memory_and_probes(opens, closes):
    data = quoting(opens, closes).encode()
    corpus, splits = prepare(data, "text", "a test", "streams", BATCH, UNROLL, 0.5, 0.2)
    memory = Memory(corpus, splits, "prose", 1)
    subject = NGram("n-gram-9", NgramModel.fit(splits["train"][:, :-1].ravel(), 10), 9)
    table = memory.closings(subject, BINS)
    assert table["auc"].notna().sum() >= 3
    assert (table["closings"] > 10).sum() >= 3
    assert table["discrimination"].max() > 1  # after a full stop in sight a mark is likelier
    effects = memory.probes(subject, [20, 100], 20)
    quotations = effects[effects["probe"] == "quotation"]
    assert (quotations["n"] >= 10).all()
    probe = probe_texts.probes_of(memory.lexed)["quotation"]
    assert probe.opened(b"").decode() == opens
    assert (probe.before(b"") + probe.closing(b"")).decode() == closes


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
    scores = closing_scores.n_gram_scores(model, 4, codes, stream, column, [(symbol,)], k)
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
    assert re.search(r"AUC of telling inside from outside, .* 1\.00 and LSTM\\-2", sentences)
    assert sentences.count("On Code") == 1
    (sentence,) = (words for words in probes.sentences(probed) if "opened block" in words)
    assert re.fullmatch(
        r"On Code, an opened block is remembered 100 bytes later, the longest tried, by "
        r"LSTM\\-1 \\\(\d\\\) \(\+\d\.\d\d nats\); not even 20 bytes later by LSTM\\-2 \\\(2\\\)\.",
        sentence,
    ), sentence
    assert within(figure.draw(closings, probed))
    empty = figure.draw(closings[:0], probed[:0])
    assert "Nothing to remember in these texts" in empty.texts[0].get_text()


def test_markdown_says_why_there_is_no_area(memory):
    """As in Thai, which has quotations but no full stops or commas in them."""
    frame = memory.closings(latch(memory.corpus), BINS)
    no_cue = discrimination.markdown(frame.assign(inside=0))
    assert "No AUC: no place inside blocks comes after a cue." in no_cue
    assert "Discrimination:" in no_cue
    assert "\nAUC:\n" not in no_cue
    assert discrimination.NOT_THERE not in no_cue
    none = discrimination.markdown(frame.assign(inside=0, closings=0, others=0))
    assert f"This text has no blocks: {discrimination.NOT_THERE}." in none


def test_the_same_seed_draws_the_same(memory):
    one, two = (memory.probes(latch(memory.corpus), [20], 20) for _ in range(2))
    pd.testing.assert_frame_equal(one, two)
