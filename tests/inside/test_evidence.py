"""Evidence about cells: controls, probes, baselines, and a network whose cells are known."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.errors import CharlensError
from charlens.inside.cells.score import score
from charlens.inside.cells.search import label
from charlens.inside.evidence import networks, table, timescales, traces
from charlens.inside.evidence.assess import _share, assess
from charlens.inside.evidence.control_strengths import Streams, best_of_controls
from charlens.inside.evidence.controls import ByteFunctions, Latches, functions_of_the_byte
from charlens.inside.evidence.figure import draw
from charlens.inside.evidence.probes import PENALTY, ByteProbe, CellProbe
from charlens.inside.evidence.question import Effort, Question
from charlens.inside.evidence.traces import Traces
from charlens.models.families import build_model, shapes_for
from charlens.models.trained import load_trained
from charlens.text.corpus import Corpus, load_split
from charlens.text.whole_text import load_text
from scripts_alone import run_script
from sklearn.linear_model import Ridge
from test_activations import made
from test_cell_search import COUNTER, LATCH, LAYERS, WIDTH, known_weights, prose

release = traces._release
EFFORT = Effort(permutations=199, bootstrap=200, untrained=3, controls=12)
STREAMS, LENGTH = 20, 1000


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A question about a network with a counter of line positions and a latch of quotations."""
    folder = tmp_path_factory.mktemp("known")
    text = prose(STREAMS * (LENGTH + 100))
    weights = known_weights(sorted(set(text)))
    paths = made(folder, "lstm", LAYERS, WIDTH, batch=STREAMS, length=LENGTH, steps=50,
                 weights=weights, data=text, model="lstm-2x6")  # fmt: skip
    return question(paths), paths


def question(paths, effort=EFFORT):
    corpus = Corpus.load(paths["corpus"])
    trained, codes = load_trained(paths["model"], corpus), load_split(paths["test"])
    text = load_text(corpus, paths)
    labels = label(text, "prose")
    ranking = score(trained, corpus.name, codes, labels, 50, "cpu")
    shown = text.text[text.inputs]
    return Question(trained, corpus.name, codes, shown, labels, ranking, 50, "cpu", 1, effort)


def test_the_known_cells_pass_and_alone_know_it_all(known):
    evidence = assess(known[0])
    assert list(evidence.concepts.columns) == list(table.COLUMNS)
    concepts = evidence.concepts.set_index("concept")
    quotes, lines = concepts.loc["inside_quotes"], concepts.loc["line_position"]
    assert (quotes["best_layer"], quotes["best_unit"]) == (2, LATCH)
    assert (lines["best_layer"], lines["best_unit"]) == (1, COUNTER)
    for concept in (quotes, lines):
        assert concept["interpretable"]
        assert concept["low"] <= concept["strength"] <= concept["high"]
        assert concept["localisation"] > 0.98
        assert concept["cells_for_90"] == 1
        assert concept["strength"] > concept[list(table.BARS)].max()
    # Any network's cells know something of the last bytes, which decide where lines end here.
    assert not concepts.loc["line_end", "interpretable"]
    cells = evidence.cells
    assert list(cells.columns) == list(table.CELLS)
    assert len(cells) == 3 * LAYERS * WIDTH
    latch = cells[(cells["concept"] == "inside_quotes") & (cells["rank"] == 1)].iloc[0]
    assert abs(latch["z"]) > 4
    assert latch["p_is_tail"]
    assert latch["p_max"] == 1 / 200
    keeps = evidence.timescales.set_index(["layer", "unit"])
    assert keeps.loc[(2, LATCH), "half_life_kept"] == keeps["half_life_kept"].max()


def test_values_in_a_file_give_the_same_evidence(known, monkeypatch):
    asked = replace(known[0], effort=Effort(20, 20, 2, 5))
    in_memory = assess(asked)
    monkeypatch.setattr(traces, "IN_MEMORY", 0)
    released = []
    monkeypatch.setattr(traces, "_release", lambda file: released.append(file) or release(file))
    in_file = assess(asked)
    assert None not in released
    for name in ("cells", "concepts", "timescales"):
        pd.testing.assert_frame_equal(getattr(in_memory, name), getattr(in_file, name))


def test_labels_of_other_streams_pass_for_no_cell(known):
    asked = known[0]
    order = np.random.default_rng(2).permutation(STREAMS)
    labels = {name: of[order] for name, of in asked.labels.items()}
    ranking = score(asked.trained, asked.corpus, asked.codes, labels, 50, "cpu")
    other = Question(asked.trained, asked.corpus, asked.codes, asked.text, labels, ranking, 50,
                     "cpu", 1, EFFORT)  # fmt: skip
    evidence = assess(other)
    assert not evidence.concepts["interpretable"].any()
    assert (evidence.cells["q"].dropna() > 0.05).mean() >= 0.95


def test_few_streams_have_no_statistics_and_say_so(tmp_path, caplog):
    caplog.set_level("INFO", "charlens")
    paths = made(tmp_path, "gru", batch=6, length=400, steps=50, data=prose(3000), model="gru-1x3")
    evidence = assess(question(paths, Effort(100, 100, 2, 10)))
    assert evidence.cells[list(table.STATISTICS)].isna().all(axis=None)
    assert not evidence.concepts["interpretable"].any()
    assert evidence.concepts["probe"].notna().any()
    assert "6 test streams; intervals and p values of cells need 20" in caplog.text
    draw(evidence.concepts)
    assert "–" in table.markdown(evidence.concepts)


def test_a_single_stream_is_refused(known):
    asked = known[0]
    alone = replace(asked, codes=asked.codes[:1], text=asked.text[:1])
    with pytest.raises(CharlensError, match=r"at least 2 test streams.* found 1 in text"):
        assess(alone)


def test_a_cell_that_stands_still_knows_no_share_of_what_all_know():
    assert _share(0.4, 0.5) == 0.8
    assert _share(0.6, 0.5) == 1
    for best, probe in ((np.nan, 0.5), (0.4, np.nan), (0.4, 0.0)):
        assert np.isnan(_share(best, probe))


def test_scripts_files_and_the_same_bytes_again(known, tmp_path, monkeypatch):
    _, paths = known
    files = {name: paths[name] for name in ("corpus", "train", "val", "test", "model")}
    config = {"kind": "prose", "unroll": 50, "device": "cpu", "encoding": None}
    names = {"ranking": "ranking.parquet", "examples": "examples.parquet"}
    files["ranking"] = run_script(tmp_path, monkeypatch, "search_cells", files, names, **config)[
        "ranking"
    ]
    names = {name: f"{name}.parquet" for name in ("cells", "concepts", "timescales")}
    config |= {"seed": 1, "effort": vars(EFFORT)}
    made_files = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        made_files.append(
            run_script(tmp_path / folder, monkeypatch, "cell_evidence", files, names, **config)
        )
    for name in names:
        one, two = (of[name].read_bytes() for of in made_files)
        assert one == two
    concepts = table.table([made_files[0]["concepts"]])
    expected = assess(known[0]).concepts
    pd.testing.assert_frame_equal(concepts, expected)
    assert len(table.read_cells(made_files[0]["cells"])) == 3 * LAYERS * WIDTH
    (sentence,) = table.sentences(concepts)
    assert "position in line (strength" in sentence
    assert "inside quotes" in sentence
    assert "**" in table.markdown(concepts)
    draw(concepts)


# Controls


def test_latches_are_those_of_a_loop():
    random = np.random.default_rng(0)
    letters = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz", np.uint8)
    text = random.choice(letters, (3, 500))
    latches = Latches(text)
    assert list(latches.bytes) == list(letters)
    x, y = 2, 5
    for stream in range(3):
        on, since = False, 0
        for t, byte in enumerate(text[stream]):
            on = (on or byte == letters[x]) and byte != letters[y]
            since = 0 if byte == letters[x] else since + 1
            assert latches.state(x, y)[stream, t] == on
            assert latches.since(x)[stream, t] == since


def dense(text, byte):
    """Where a byte came last at each place of each stream, −1 for not yet."""
    last = np.where(text == byte, np.arange(text.shape[1], dtype=np.int32), np.int32(-1))
    return np.maximum.accumulate(last, axis=1)


@pytest.mark.parametrize("shape", [(1, 400), (7, 60), (40, 9), (90, 1), (5, 0)])
def test_latches_are_those_of_the_last_places(shape):
    """By any consecutive streams, with switches at their first and last bytes and none at all."""
    random = np.random.default_rng(shape)
    text = random.integers(97, 127, shape).astype(np.uint8)
    text[1:2] = 97  # one byte all through a stream
    latches, place = Latches(text), np.arange(shape[1], dtype=np.int32)
    assert len(latches.bytes) > 10 or not text.size
    parts = [slice(None), slice(0, shape[0] // 2), slice(shape[0] // 2, None), slice(2, 2)]
    for x, y in random.integers(0, max(1, len(latches.bytes)), (40, 2))[: text.size]:
        last, end = (dense(text, latches.bytes[i]) for i in (x, y))
        assert latches.share(x, y) == (last > end).mean()
        for part in parts:
            np.testing.assert_array_equal(latches.state(x, y, part), (last > end)[part])
            since = latches.since(x, part)
            assert since.dtype == np.float32
            np.testing.assert_array_equal(since, (place - last).astype(np.float32)[part])


def test_latches_take_no_more_memory_for_more_bytes():
    """They hold one place of each byte of the text, however many different bytes there are."""
    text = np.random.default_rng(0).integers(0, 200, (20, 20_000)).astype(np.uint8)
    tracemalloc.start()
    try:
        latches = Latches(text)
        latches.state(0, 1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(latches.bytes) == 200
    assert peak < 20 * text.size


def test_controls_are_as_frequent_as_the_concept():
    random = np.random.default_rng(0)
    text = np.frombuffer(prose(6000), np.uint8).reshape(6, 1000)
    concept = random.random(text.shape) < 0.2
    for controls in (
        Latches(text).like(concept, 15, random),
        functions_of_the_byte(text, concept, 15, random),
    ):
        assert 0 < len(controls) <= 15
        labels = np.concatenate(list(controls.batches(4, slice(1, 3))))
        assert labels.shape == (len(controls), 2, 1000)
        whole = np.concatenate(list(controls.batches(4, slice(None))))
        assert (whole.mean((1, 2)) >= concept.mean() / 2).all()
        assert (whole.mean((1, 2)) <= concept.mean() * 2).all()
    for of_byte in whole:  # the byte decides
        assert all(len(set(of_byte[text == byte])) == 1 for byte in np.unique(text))
    counts = text.astype(np.float32)
    assert len(Latches(text).like(counts, 3, random)) == 3
    assert len(functions_of_the_byte(text, counts, 3, random)) == 3
    assert len(Latches(np.zeros((2, 50), np.uint8)).like(concept[:2, :50], 5, random)) == 0


@pytest.mark.parametrize("flag", [True, False])
def test_sums_by_byte_give_what_all_labels_give(flag):
    random = np.random.default_rng(0)
    text = np.frombuffer(prose(4000), np.uint8).reshape(4, 1000)
    values = random.standard_normal((3, 4, 1000)).astype(np.float32)
    values[0] += text % 7
    values[1] = 0.5  # a constant cell
    cells = Traces(values, np.ones(3, np.int64), np.arange(3))
    concept = random.random(text.shape) < 0.2 if flag else text.astype(np.float32)
    by_bytes = functions_of_the_byte(text, concept, 60, random)
    assert isinstance(by_bytes, ByteFunctions)
    by_labels = by_bytes.first(60)
    assert not isinstance(by_labels, ByteFunctions)
    halves = [Streams.of(part, cells, text) for part in (slice(0, 2), slice(2, 4))]
    fast, slow = (best_of_controls({("c", "k"): of}, *halves) for of in (by_bytes, by_labels))
    assert len(fast["c", "k"]) == len(by_bytes) > 0
    np.testing.assert_allclose(fast["c", "k"], slow["c", "k"], rtol=1e-9, atol=1e-12)


# Probes


def traces_of(values):
    return Traces(values, np.ones(len(values), int), np.arange(len(values)))


def test_the_probes_are_ridge_regressions():
    random = np.random.default_rng(3)
    values = random.standard_normal((5, 8, 100)).astype(np.float32)
    values[4] = 0.3  # constant: counts for nothing
    label = values[0] + 0.2 * values[2] + random.standard_normal((8, 100)) > 0
    fitted, judged = traces_of(values[:, :4]), traces_of(values[:, 4:])
    probe = CellProbe(fitted)
    weights = probe.weights(probe.targets(label[None, :4]))
    (predicted,) = probe.predict(judged, weights)
    x = fitted.values[:4].reshape(4, -1).T.astype(float)
    mean, spread = x.mean(0), x.std(0)
    ridge = Ridge(alpha=PENALTY * len(x)).fit((x - mean) / spread, label[:4].ravel())
    expected = ridge.predict((judged.values[:4].reshape(4, -1).T - mean) / spread)
    shift = predicted.ravel() - expected
    np.testing.assert_allclose(shift, shift.mean(), atol=1e-9)

    text = random.integers(65, 75, (8, 100)).astype(np.uint8)
    label = text > 70
    label[:, 1:] ^= text[:, :-1] == 66
    (predicted,) = ByteProbe(text, 2, slice(0, 4), slice(4, 8)).predict(label[None, :4])
    hot = np.zeros((8, 100, 512))
    rows, columns = np.indices(text.shape)
    hot[rows, columns, text] = 1
    hot[rows[:, 1:], columns[:, 1:], 256 + text[:, :-1].astype(int)] = 1
    x, y = hot[:4].reshape(400, -1), label[:4].ravel().astype(float)
    expected = Ridge(alpha=PENALTY * 400).fit(x, y).predict(hot[4:].reshape(400, -1))
    shift = predicted.ravel() - expected
    np.testing.assert_allclose(shift, shift.mean(), atol=1e-6)


def test_a_code_spread_over_eight_cells_takes_eight(known):
    """Cells that each hold an eighth of a count: one alone has r = 1/√8 of it."""
    random = np.random.default_rng(5)
    parts = random.standard_normal((8, STREAMS, LENGTH)).astype(np.float32)
    count = parts.sum(0)
    values = np.concatenate([parts, random.standard_normal((6, STREAMS, LENGTH))]).astype("f4")
    probe = CellProbe(traces_of(values[:, :10]))
    target = probe.targets(count[None, :10])
    steps = probe.forward_selection(target[:, 0])
    judged = traces_of(values[:, 10:])

    def strength(weights):
        (predicted,) = probe.predict(judged, weights[:, None])
        return np.corrcoef(predicted.ravel(), count[10:].ravel())[0, 1]

    strengths = [strength(weights) for weights in steps[:9]]
    np.testing.assert_allclose(strengths[:8], np.sqrt(np.arange(1, 9) / 8), atol=0.02)
    assert {int(i) for i in np.flatnonzero(steps[7])} == set(range(8))


# Networks that learned nothing


def test_untrained_and_shuffled_networks(known):
    trained = known[0].trained
    for kind, make in networks.KINDS.items():
        one, two = (list(make(trained, 1, 2)) for _ in range(2))
        for name, weight in trained.weights.items():
            assert torch.equal(one[0][name], two[0][name])
            assert one[0][name].shape == weight.shape
            assert not torch.equal(one[0][name], one[1][name])
            if kind == "shuffled":
                assert torch.equal(one[0][name].flatten().sort()[0], weight.flatten().sort()[0])
            else:
                assert one[0][name].abs().max() <= 0.08


def test_networks_side_by_side_score_as_one_by_one(known, monkeypatch):
    asked = known[0]
    monkeypatch.setattr(networks, "AT_ONCE", 8 * 50 * STREAMS * WIDTH * LAYERS * 2)  # two at once
    weights = list(networks.untrained(asked.trained, 1, 3))
    together = networks.best_strengths(
        asked.trained, iter(weights), 3, asked.codes, asked.labels, 50, "cpu", "test"
    )
    alone = []
    for of in weights:
        model = type(asked.trained)("lstm-2x6", asked.trained.shape, of, {})
        ranking = score(model, asked.corpus, asked.codes, asked.labels, 50, "cpu")
        alone.append(ranking.loc[ranking["rank"] == 1, ["concept", "strength_held_out"]])
    alone = pd.concat(alone).rename(columns={"strength_held_out": "strength"})
    pd.testing.assert_frame_equal(
        together.reset_index(drop=True), alone.reset_index(drop=True), rtol=1e-4
    )


@pytest.mark.parametrize("name", ["lstm-2x6", "gru-1x6", "rnn-1x6", "mingru-1x6", "gpt-1x6"])
def test_a_model_is_built_once_for_all_groups_of_its_size(known, monkeypatch, name):
    """And forgets the networks before: to the bit as with a model for each group."""
    asked = known[0]
    (shape,) = shapes_for(name, asked.trained.shape.k, [6])
    of = type(asked.trained)(name, shape, {}, {"training": {}})
    window = 50 * STREAMS * shape.width * shape.layers
    monkeypatch.setattr(networks, "AT_ONCE", 8 * window * 2)  # two at once
    weights, built = list(networks.untrained(of, 1, 5)), []

    def build(shape, models, **options):
        built.append(models)
        return build_model(shape, models, **options)

    def strengths(some):
        return networks.best_strengths(
            of, iter(some), len(some), asked.codes, asked.labels, 50, "cpu", "test"
        )

    apart = pd.concat([strengths(weights[i : i + 2]) for i in (0, 2, 4)])
    monkeypatch.setattr(networks, "build_model", build)
    together = strengths(weights)
    assert built == [2, 1]
    pd.testing.assert_frame_equal(together, apart, check_exact=True)
    assert together["strength"].nunique() > 5


def test_timescales_have_a_row_for_every_cell(known):
    frame = assess(known[0]).timescales
    assert list(frame.columns) == list(timescales.COLUMNS)
    assert len(frame) == LAYERS * WIDTH
    assert sorted(frame["rank"]) == list(range(1, LAYERS * WIDTH + 1))
