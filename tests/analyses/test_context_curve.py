"""Context curves: planted memories, an independent slow loop, n-grams, and what is said of them."""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.analyses.context_curve import anchors, figure, losses
from charlens.analyses.context_curve import table as curves
from charlens.analyses.context_curve.classes import ALL, CLASSES, as_ascii
from charlens.analyses.context_curve.measure import measure
from charlens.analyses.stream_bootstrap import interval, resampled_means
from charlens.analyses.subjects import Network, NGram
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.models import histories
from charlens.models.histories import Reader
from charlens.models.names import title
from charlens.models.ngram.model import NgramModel
from charlens.models.parameters import Layout, Shape
from charlens.predictions.score_ngram import scores_of_inputs
from charlens.runtime.randomness import generator
from charlens.runtime.resampling import resample_streams
from charlens.text.corpus import Corpus, prepare
from reference_recurrence import run
from test_figure4 import within

CPU = torch.device("cpu")


def corpus_of(data: bytes, batch: int = 4, unroll: int = 10):
    return prepare(data, "novel", "a test", "streams", batch, unroll, 0.4, 0.1)


def random_text(size: int, letters: bytes = b'ab c\n"}', seed: int = 0) -> bytes:
    return bytes(np.random.default_rng(seed).choice(list(letters), size).astype(np.uint8))


def random_weights(shape, seed: int = 0, scale: float = 1.0):
    torch.manual_seed(seed)
    entries = Layout(shape).entries.items()
    return {name: (torch.rand(1, *e.true) * 2 - 1) * scale for name, e in entries}


def delta_of(frame: pd.DataFrame, start: str = "swap", name: str = ALL) -> pd.Series:
    rows = frame[(frame["start"] == start) & (frame["class"] == name)]
    return rows.set_index("context")["delta"]


# Planted memories


def test_without_recurrent_weights_one_character_is_all():
    corpus, splits = corpus_of(random_text(2400))
    shape = Shape("rnn", 1, 6, corpus.k)
    weights = random_weights(shape)
    weights["recurrent.0"].zero_()
    lengths = [0, 1, 2, 5, 20, 100]
    of = (Network("rnn-1x6", shape, weights, CPU), corpus, splits["test"], lengths)
    frame = measure(*of, ["swap", "zero", "mean"], 60, False, 1)
    for start in ("swap", "zero", "mean"):
        assert (delta_of(frame, start)[1:] == 0).all()
        assert abs(delta_of(frame, start)[0]) > 0.01
    assert set(frame["effective"]) <= {0, 1}  # 0 where a made-up network is better off without any


def delay_line(steps: int) -> tuple[Shape, dict[str, torch.Tensor]]:
    """A network that predicts the character read ``steps`` − 1 steps before the last one.

    Unit j holds the character of j steps ago, as +1 or −1; the output reads the last unit.
    """
    shape = Shape("rnn", 1, steps, 2)
    weights = {name: torch.zeros(1, *e.true) for name, e in Layout(shape).entries.items()}
    weights["input.0"][0, :, 0, 0] = torch.tensor([-9.0, 9.0])
    for unit in range(steps - 1):
        weights["recurrent.0"][0, unit, 0, unit + 1] = 9.0
    weights["decoder"][0, steps - 1] = torch.tensor([-3.0, 3.0])
    return shape, weights


@pytest.mark.parametrize("steps", [1, 3, 11])  # 1: without recurrent weights
def test_a_delay_line_loses_all_below_its_length_and_nothing_from_it_on(steps):
    """Text of period ``steps``, another in each stream: only the character so far back helps."""
    random = np.random.default_rng(0)
    codes = np.stack([np.resize(random.integers(0, 2, steps), 200) for _ in range(12)])
    corpus = Corpus("novel", "t", 2400, 2, "0" * 64, "streams", 12, 10, 0.4, 0.1,
                    {"train": 1, "val": 1, "test": 2388}, (97, 98))  # fmt: skip
    lengths = [*range(1, steps + 3), 40, 100]
    of = (Network("rnn-1x8", *delay_line(steps), CPU), corpus, codes.astype(np.uint8), lengths)
    frame = measure(*of, ["swap", "zero"], 240, False, 1)
    for start in ("swap", "zero"):
        delta = delta_of(frame, start)
        assert (delta[: steps - 1] > 0.3).all()
        assert (delta[steps - 1 :].abs() < 1e-4).all()
        assert set(frame.loc[frame["start"] == start, "effective"]) == {steps}
        assert set(frame.loc[frame["start"] == start, "effective_high"]) == {steps}


# Independent ways


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_losses_equal_a_slow_loop_by_the_papers_equations(cell):
    corpus, splits = corpus_of(random_text(2400))
    codes, shape = splits["test"], Shape(cell, 2, 5, corpus.k)
    weights = {name: w.double() for name, w in random_weights(shape).items()}
    reader = Reader(shape, weights, 1, dtype=torch.float64)
    own = {name: w[0] for name, w in reader.model.weights.items()}
    lengths = [1, 3, 20]
    places = anchors.draw(codes, np.arange(corpus.k, dtype=np.uint8), 20, 9, False, generator(1))

    def slow(text, states):
        """Loss of the last character of a text from states by layer, and the states after it."""
        x = torch.nn.functional.one_hot(torch.tensor(text.astype(np.int64))[:, None], corpus.k)
        x, after = x.double(), []
        for layer in range(2):
            parts = (own[f"{name}.{layer}"] for name in ("input", "recurrent", "bias"))
            x, steps = run(cell, x, *parts, *states[layer])
            after.append((steps[-1]["h"], steps[-1].get("c", steps[-1]["h"])))
        logs = torch.log_softmax(x @ own["decoder"] + own["bias.decoder"], -1)[:, 0]
        return logs, after

    zero = [(torch.zeros(1, 5, dtype=torch.float64),) * 2] * 2
    computed = losses.network_losses(shape, weights, codes, places, lengths, ["swap", "zero"],
                                  generator(2), dtype=torch.float64)  # fmt: skip
    others = losses._other_texts(codes, places.stream, generator(2))
    for row, (stream, place) in enumerate(zip(places.stream, places.place, strict=True)):
        target = int(codes[stream, place])
        donor = slow(others[row], zero)[1]
        for start, states in (("zero", zero), ("swap", donor)):
            expected = [-float(slow(codes[stream, place - c : place], states)[0][-1, target])
                        for c in lengths]  # fmt: skip
            np.testing.assert_allclose(computed[start][row], expected, rtol=1e-9)


def test_many_anchors_in_blocks_equal_few(monkeypatch):
    corpus, splits = corpus_of(random_text(2400))
    shape = Shape("gru", 1, 5, corpus.k)
    places = anchors.draw(splits["test"], np.arange(7, dtype=np.uint8), 20, 25, False, generator(1))
    of = (shape, random_weights(shape), splits["test"], places, [0, 1, 20], ["swap", "zero"])
    whole = losses.network_losses(*of, generator(2))
    monkeypatch.setattr(histories, "BLOCK", 10)
    for start, values in losses.network_losses(*of, generator(2)).items():
        np.testing.assert_allclose(values, whole[start], rtol=1e-5)


def test_swapped_histories_are_of_other_streams():
    codes = np.repeat(np.arange(5, dtype=np.uint8)[:, None], 400, axis=1)
    stream = np.repeat(np.arange(5), 40)
    others = losses._other_texts(codes, stream, generator(1))
    assert others.shape == (200, losses.WARM)
    assert (others[:, 0] != stream).all()
    assert all(len(set(others[stream == b, 0])) == 4 for b in range(5))
    assert losses._other_texts(codes[:1], np.zeros(3, int), generator(1)).shape == (3, 300)


def test_the_curve_of_n_grams_is_the_row_of_table_2():
    """On one stream, so that the table's protocol scores the same characters."""
    corpus, splits = corpus_of(random_text(3000, b"aab c\n"), batch=1)
    test = splits["test"]
    model = NgramModel.fit(splits["train"][:, :-1].ravel(), 6)
    lengths = [0, 1, 2, 3, 5, 8, 100]
    places = np.arange(100, test.shape[1] - 1)
    every = anchors.Anchors(np.zeros(len(places), int), places, {ALL: np.arange(len(places))})
    computed = losses.n_gram_losses(model, 5, test, every, lengths)
    contexts = [0, 1, 2, 3, 5]
    whole = model.probabilities(test[:, :-1].ravel(), [c + 1 for c in contexts])
    np.testing.assert_allclose(computed[:, :5].T, -np.log(whole[:, 100:]), rtol=1e-12)
    row = scores_of_inputs(corpus, model, test, contexts, 2, 1)["cross_entropy"]
    first = -np.log(whole[:, :100]).sum(axis=1)  # those without a hundred characters before them
    sums = computed[:, :5].sum(axis=0) + first
    np.testing.assert_allclose(sums / (len(places) + 100), row, rtol=1e-9)
    assert (computed[:, 4:] == computed[:, 4:5]).all()  # flat beyond the longest context
    with pytest.raises(CharlensError, match="fitted for contexts of up to 5 characters"):
        losses.n_gram_losses(model, 6, test, every, lengths)


def test_an_n_gram_model_is_measured_at_the_same_characters_as_a_network():
    corpus, splits = corpus_of(random_text(3200))
    shape = Shape("rnn", 1, 4, corpus.k)
    fit = NgramModel.fit(splits["train"][:, :-1].ravel(), 3)
    network = Network("rnn-1x4", shape, random_weights(shape), CPU)
    frames = [
        measure(subject, corpus, splits["test"], [1, 2, 5, 50], ["swap", "mean"], 80, True, 3)
        for subject in (network, NGram("n-gram-2", fit, 2))
    ]
    counts = [frame.drop_duplicates("class").set_index("class")["n"] for frame in frames]
    pd.testing.assert_series_equal(*counts)
    assert set(frames[1]["start"]) == {"none"}
    assert set(frames[0]["start"]) == {"swap", "mean"}
    assert (delta_of(frames[1], "none")[[2, 5]] == 0).all()


# Anchors


def test_anchors_lie_evenly_in_streams_with_room_before_them():
    codes = np.frombuffer(random_text(4 * 301), np.uint8).reshape(4, 301)
    vocabulary = np.arange(256, dtype=np.uint8)
    places = anchors.draw(codes, vocabulary, 200, 42, True, generator(1))
    base = places.members[ALL]
    assert sorted(np.bincount(places.stream[base]).tolist()) == [10, 10, 11, 11]
    assert places.place.min() >= 200
    assert places.place.max() <= 300
    together = set(zip(places.stream.tolist(), places.place.tolist(), strict=True))
    assert len(together) == len(places)
    contexts = places.contexts(codes, 200)
    for row in (0, len(places) - 1):
        stop = places.place[row]
        assert (contexts[row] == codes[places.stream[row], stop - 200 : stop]).all()
    every = anchors.draw(codes, vocabulary, 200, 10_000, False, generator(1))
    assert len(every) == 4 * 101


def test_members_of_classes_are_all_of_their_class_and_rare_ones_get_more():
    text = (b"word word word word " * 40 + b'a "quoted" word\r\n') * 8
    codes = np.frombuffer(text[: len(text) // 4 * 4], np.uint8).reshape(4, -1)
    places = anchors.draw(codes, np.arange(256, dtype=np.uint8), 100, 300, True, generator(2))
    byte = codes[places.stream, places.place]
    before = codes[places.stream, places.place - 1]
    for name, members in places.members.items():
        if name != ALL:
            inside = CLASSES[name](byte[members], before[members])
            assert inside.all()
            own = CLASSES[name](byte[:300], before[:300]).sum()
            assert len(members) == max(
                own, min(30, CLASSES[name](codes[:, 100:], codes[:, 99:-1]).sum())
            )
    assert len(places.members["quote"]) > 2  # of 16 in all, hardly one among 300 of 6,000
    assert len(places.members["closing brace"]) == 0


def test_classes():
    text = np.frombuffer(b' The\tcat.\r\n\n"No"}\xc3\xa9', np.uint8)
    byte, before = text[1:], text[:-1]
    members = {name: "".join("x" if m else "." for m in mask(byte, before))
               for name, mask in CLASSES.items()}  # fmt: skip
    assert members == {
        "space": "...x..............",
        "first letter": "x...x.......x...x."[:18],
        "letter inside": ".xx..xx......x...x"[:18],
        "line end": "........x.x......."[:18],
        "quote": "...........x..x..."[:18],
        "closing brace": "...............x.."[:18],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("a “né” b\r\n", "fsqfiqsfe."),
        ("« oui »\n", "qsfiisqe"),
        ("“It’s”", "qfi.fq"),
        ("「水」と", "qfqf"),
        ("«Да», он}", "qfiq.sfi}"),
        ("״הָיְ״ כִּי", None),
    ],
)
def test_classes_of_any_script(text, classes, encoding):
    data = np.frombuffer(text.encode(encoding), np.uint8)[None]
    byte, before = as_ascii(data, encoding)
    names = dict(zip("sfieq}", CLASSES, strict=True))
    first = np.cumsum([0, *(len(c.encode(encoding)) for c in text)])[:-1]
    shown = ["."] * data.size
    for letter, name in names.items():
        for place in np.flatnonzero(CLASSES[name](byte, before)).tolist():
            shown[place] = letter
    if classes is not None:
        assert "".join(shown[place] for place in first) == classes
    # Bytes after the first of a letter are inside it, those of a quote of no class.
    rest = set(range(data.size)) - set(first.tolist())
    assert {shown[place] for place in rest} <= {"i", "."}
    assert (byte == ord('"')).sum() == sum(c in "“”«»「」״" for c in text)


def test_ascii_is_looked_at_as_it_is():
    text = np.frombuffer(b' The\tcat.\r\n\n"No"}', np.uint8)[None]
    byte, before = as_ascii(text)
    assert byte is text
    assert before[0, 1:].tolist() == text[0, :-1].tolist()


# Statistics


def test_intervals_are_those_of_streams_drawn_again():
    random = np.random.default_rng(0)
    stream = random.integers(0, 6, 50)
    values = random.normal(size=(50, 2)) + stream[:, None]
    drawn = resample_streams(6, 300, generator(1))
    assert (drawn.sum(axis=1) == 6).all()
    slow = []
    for counts in drawn:
        rows = np.concatenate(
            [np.flatnonzero(stream == b) for b in range(6) for _ in range(int(counts[b]))]
        )
        slow.append(values[rows].mean(axis=0))
    means = resampled_means(values, stream, drawn)
    np.testing.assert_allclose(means, slow)
    np.testing.assert_allclose(interval(means, stream), np.percentile(slow, [2.5, 97.5], axis=0))
    assert np.isnan(interval(means, np.zeros(50, int))).all()


def test_intervals_of_streams_cover_where_those_of_characters_do_not():
    """Losses that share a level within each stream: nearly 95 % of intervals hold the mean, 0."""
    random, hits = np.random.default_rng(1), 0
    stream = np.repeat(np.arange(40), 25)
    for i in range(200):
        values = (random.normal(size=40)[stream] + 0.1 * random.normal(size=1000))[:, None]
        drawn = resample_streams(40, 300, generator(1, i))
        low, high = interval(resampled_means(values, stream, drawn), stream)
        hits += bool(low[0] <= 0 <= high[0])
    assert 175 <= hits <= 198


@pytest.mark.parametrize(
    ("delta", "expected"),
    [
        ([0.5, 0.002, 0.02, 0.001, 0.0], 10),
        ([0.5, 0.02, 0.02, 0.01, 0.0], 20),
        ([0.0, -0.2, 0.0, 0.0, 0.0], 1),
    ],
)
def test_the_effective_context_is_where_the_curve_stays_low(delta, expected):
    assert curves.effective(np.array(delta), [1, 2, 5, 10, 20]) == expected


def test_the_half_life_lies_between_lengths_by_the_logarithm():
    assert curves.half_life(np.array([9, 1, 0.75, 0.25, 0]), [0, 1, 2, 8, 16]) == pytest.approx(4)
    assert curves.half_life(np.array([1, 0.5, 0]), [1, 3, 9]) == pytest.approx(3)
    assert np.isnan(curves.half_life(np.array([1.0, 0.0]), [2, 4]))
    assert np.isnan(curves.half_life(np.array([0.0, 0.0]), [1, 4]))


# Tables, words and the figure


@pytest.fixture(scope="module")
def measured(untrained: pd.DataFrame) -> pd.DataFrame:
    """As if nobody knew how many symbols the texts have: random networks lose to a guess."""
    return untrained.assign(uniform=math.nan)


@pytest.fixture(scope="module")
def untrained() -> pd.DataFrame:
    frames = []
    for name in ("war_and_peace", "python_docs"):
        corpus, splits = prepare(random_text(4000), name, "t", "streams", 4, 10, 0.4, 0.1)
        for i, model in enumerate(("lstm-1x4", "gru-2x4")):
            cell, layers = model[: model.index("-")], int(model.split("-")[1][0])
            shape = Shape(cell, layers, 4, corpus.k)
            subject = Network(model, shape, random_weights(shape, i, 2.0), CPU)
            of = (corpus, splits["test"], [0, 1, 2, 5, 10, 20, 50, 100], ["swap", "zero"])
            frames.append(measure(subject, *of, 100, True, 1))
        fit = NgramModel.fit(splits["train"][:, :-1].ravel(), 3)
        frames.append(measure(NGram("n-gram-2", fit, 2), *of, 100, True, 1))
    return pd.concat(frames, ignore_index=True)


def test_rows_are_the_means_of_what_was_measured(measured, tmp_path):
    assert list(measured.columns) == list(curves.COLUMNS)
    last = measured[measured["context"] == 100]
    assert (last["delta"] == 0).all()
    whole = measured[measured["class"] == ALL].merge(last, on=["corpus", "model", "start", "class"])
    np.testing.assert_allclose(whole["delta_x"], whole["loss_x"] - whole["loss_y"], atol=1e-9)
    inside = measured.dropna(subset=["low"])
    assert (inside["low"] <= inside["high"]).all()
    csv_tables.write(measured, tmp_path / "t.csv")
    pd.testing.assert_frame_equal(curves.read(tmp_path / "t.csv"), measured, rtol=1e-7)
    with pytest.raises(CharlensError, match="run the rule context_curve first"):
        curves.read(tmp_path / "none.csv")


def test_the_same_seed_measures_the_same():
    corpus, splits = corpus_of(random_text(2400))
    shape = Shape("rnn", 1, 4, corpus.k)
    of = (Network("rnn-1x4", shape, random_weights(shape), CPU), corpus, splits["test"], [1, 5, 50])
    frames = [measure(*of, ["swap"], 50, True, seed) for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(frames[0], frames[1])
    assert not frames[0]["loss"].equals(frames[2]["loss"])


@pytest.mark.parametrize(
    ("starts", "start"),
    [(["swap", "zero", "mean"], "swap"), (["zero", "mean"], "zero"), (["mean"], "mean")],
)
def test_all_models_are_compared_from_one_start(starts, start):
    """An n-NN has no mean state, so it must not drop out where another start is at hand."""
    has = {"lstm-1x8": starts, "n-nn-3": [s for s in starts if s != "mean"], "n-gram-5": ["none"]}
    rows = [{"model": model, "start": one} for model, some in has.items() for one in some]
    compared = curves.primary(pd.DataFrame(rows)).set_index("model")["start"].to_dict()
    expected = {model: start for model, some in has.items() if start in some}
    assert compared == expected | {"n-gram-5": "none"}


def test_markdown_and_sentences(measured):
    text = curves.markdown(measured)
    assert "## War and Peace" in text
    assert "| LSTM-1 (4) | zero |" in text
    assert "Training unrolled 10 steps; the longest context has 100 characters." in text
    assert "Δ(10) by class of character" in text
    sentences = list(curves.sentences(measured))
    row = measured[measured["model"] == "gru-2x4"].iloc[0]
    looks = rf"characters that models look back: .*GRU\\-2 \\\(4\\\) {row['effective']:.0f} "
    assert any(re.search(looks, s) and "Python docs" in s for s in sentences)
    assert any(s.startswith("Started without any history") for s in sentences)
    assert len(sentences) == 6


@pytest.mark.parametrize(
    ("model", "lengths", "shown"),
    [
        ("n-nn-4", (5, 5, 5), "at most 4"),
        ("n-gram-20", (50, 10, 50), "at most 20"),
        ("n-nn-3", (2, 2, 5), "2 [2, 3]"),
        ("n-gram-20", (20, 14, 20), "20 [14, 20]"),
        ("lstm-1x4", (50, 20, 100), "50 [20, 100]"),
    ],
)
def test_no_model_looks_back_further_than_it_sees(measured, model, lengths, shown):
    names = ("effective", "effective_low", "effective_high")
    same = dict(zip(names, lengths, strict=True)) | {"unroll": 10, "start": "none"}
    frame = measured[measured["class"] == ALL].drop_duplicates("model")[:1]
    frame = frame.assign(model=model, **same)
    sentence, *others = curves.sentences(frame)
    name = title(model)
    assert sentence.replace("\\", "").endswith(f"characters that models look back: {name} {shown}.")
    assert f" {shown} |" in curves.markdown(frame)
    assert others == ([] if model.startswith("n-") else [
        r"LSTM\-1 \(4\) looks further than the 10 steps that training unrolls."
    ])  # fmt: skip


def test_networks_that_do_not_look_beyond_training_are_said_so_once(measured):
    frame = measured.assign(effective=10.0)
    texts = list(curves.sentences(frame))
    assert texts.count("No network looks further than the 10 steps that training unrolls.") == 2


def test_what_rounds_to_zero_has_no_sign(measured):
    tiny = {"delta": -0.0002, "low": -0.0003, "high": 0.0001}
    text = curves.markdown(measured.assign(**tiny))
    assert "0.000 [0.000, 0.000]" in text
    assert "−0.000" not in text
    below = curves.markdown(measured.assign(delta=-0.0006, low=-0.0011, high=-0.0006))
    assert "−0.001 [−0.001, −0.001]" in below


def test_a_diverged_network_is_marked_and_in_no_sentence(measured):
    text = curves.markdown(measured)
    assert "†" not in text
    wild = measured.copy()
    is_gru = wild["model"] == "gru-2x4"
    wild.loc[is_gru, ["loss", "delta"]] += 2950347.2
    text = curves.markdown(wild)
    assert "| GRU-2 (4) † |" in text
    assert "| LSTM-1 (4) |" in text
    corpora = wild[is_gru]["corpus"].nunique()
    assert text.count("\n†: worse than a uniform guess") == corpora
    sentences = list(curves.sentences(wild))
    assert sentences
    assert not any("GRU-2" in sentence or "2950347" in sentence for sentence in sentences)


def test_a_uniform_guess_is_one_among_the_symbols_of_the_text(untrained, measured):
    """Losses between ln K and ln 256 are worse than a guess; a table without K cannot say so."""
    k = len(set(random_text(4000)))
    np.testing.assert_allclose(untrained["uniform"], math.log(k))
    longest = untrained[(untrained["class"] == ALL) & (untrained["context"] == 100)]
    gru = longest[longest["model"] == "gru-2x4"]["loss"]
    assert gru.between(math.log(k) + 0.01, math.log(256)).all()
    assert "| GRU-2 (4) † |" in curves.markdown(untrained)
    assert "†" not in curves.markdown(measured)


def test_streams_that_are_too_short_are_one_row_that_says_so():
    corpus, splits = corpus_of(random_text(600))
    shape = Shape("rnn", 1, 4, corpus.k)
    subject = Network("rnn-1x4", shape, random_weights(shape), CPU)
    frame = measure(subject, corpus, splits["test"], [1, 5, 50], ["swap"], 50, True, 1)
    assert len(frame) == 1
    assert "Not measured: test streams of 80 characters are too short" in curves.markdown(frame)
    assert next(curves.sentences(frame)).startswith("On Novel: test streams of 80")
    assert figure.draw(frame).texts[0].get_text() == "Texts too short for context curves"
    usable = anchors.usable([1, 50, 150, 200], np.zeros((2, 152), np.uint8))
    assert usable == [1, 50, 150]


def test_a_panel_of_models_and_one_of_classes_per_corpus(measured):
    drawn = figure.draw(measured)
    assert within(drawn)
    titles = [axes.get_title("left") for axes in drawn.axes]
    assert titles[0] == "War and Peace"
    assert titles[1].startswith("War and Peace, ")
    assert titles[1].endswith("by next character")
    assert len(titles) == 4
    first = drawn.axes[0]
    swap = measured[(measured["corpus"] == "war_and_peace") & (measured["class"] == ALL)
                    & (measured["start"] == "swap") & (measured["context"] > 0)]  # fmt: skip
    lines = [np.asarray(line.get_ydata()).tolist() for line in first.lines]
    for _, curve in swap.groupby("model"):
        assert curve["delta"].tolist() in lines
    assert [10, 10] in [list(line.get_xdata()) for line in first.lines]  # the steps unrolled


def test_a_start_without_history_has_a_look_of_its_own_in_the_legend(measured):
    """Dotted is a network of three layers."""
    deep = measured.assign(model=measured["model"].str.replace("-1x", "-3x"))
    axes = figure.draw(deep).axes[0]
    (legend,) = (a for a in axes.artists if "started from nothing" in str(
        [text.get_text() for text in a.get_texts()]))  # fmt: skip
    samples = dict(zip([t.get_text() for t in legend.get_texts()], legend.get_lines(), strict=True))
    entry = samples["started from nothing"]
    zero = deep[(deep["corpus"] == "war_and_peace") & (deep["class"] == ALL)
                & (deep["start"] == "zero") & (deep["context"] > 0)]  # fmt: skip
    cold = [line for line in axes.lines if line.get_marker() == "o"]
    assert len(cold) == zero["model"].nunique() > 0
    assert {line.get_linestyle() for line in cold} == {entry.get_linestyle()} == {"-"}
    assert entry.get_marker() == "o"
    swap = [line for line in axes.lines if line.get_marker() != "o"]
    assert any(line.is_dashed() for line in swap)
    without = figure.draw(deep[deep["start"] != "zero"]).axes[0]
    assert not any("nothing" in t.get_text() for a in without.artists for t in a.get_texts())


def test_networks_of_many_sizes_get_a_panel_for_each_size(measured):
    copies = [
        measured.assign(model=measured["model"].str.replace("x4", f"x{size}"))
        for size in (8, 16, 32)
    ]
    both = pd.concat([measured, *copies], ignore_index=True).drop_duplicates()
    titles = [axes.get_title("left") for axes in figure.draw(both).axes]
    assert titles[:3] == [f"War and Peace, size {size}" for size in (4, 8, 16)]
