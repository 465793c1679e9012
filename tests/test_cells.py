"""The search for cells: measures against other people's, and a network whose cells are known."""

import numpy as np
import pandas as pd
import pytest
import torch
from charlens import cell_examples, cells, parquet_tables
from charlens.cell_examples import COLUMNS_OF_TEXT, ROWS, Excerpt, candidates, typical_excerpt
from charlens.cell_search import label, read_examples, read_ranking, search_cells
from charlens.cells import BINS, Labels, best, score, strength, typical
from charlens.concepts import CONCEPTS
from charlens.corpus import Corpus, load_split
from charlens.corpus_text import load_text
from charlens.errors import CharlensError
from charlens.parameters import Layout, Shape, uniform_weights
from charlens.scoring import load_trained
from charlens.store import activations
from charlens.text_layout import lay_out
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts_alone import run_script
from sklearn.metrics import roc_auc_score
from test_activations import dump, made

# Measures


def tallied(values, counts=(), flags=()):
    """One tally of values (positions, units), added in two portions."""
    n = len(values)
    counts, flags = np.array(counts, float).reshape(-1, n), np.array(flags, bool).reshape(-1, n)
    tally = cells._Tally(values.shape[1], list(range(len(counts))), list(range(len(flags))))
    for part in (slice(None, 7), slice(7, None)):
        tally.add(values[part], counts[:, part], flags[:, part])
    return tally


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(3, 400), st.sampled_from([0.02, 0.2, 1.0]))
def test_correlations_are_numpys(seed, n, spread):
    random = np.random.default_rng(seed)
    x = np.tanh(random.normal(random.uniform(-1, 1), spread, (n, 3))).astype(np.float32)
    y = np.stack([random.integers(0, 80, n), np.arange(n) % 7 + 100 * x[:, 1], np.arange(n)])
    found = tallied(x, counts=y).correlations()
    expected = np.corrcoef(y, x.T.astype(np.float64))[:3, 3:]
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_a_saturated_cell_is_scored():
    """What moves by a ten-thousandth only moves nevertheless."""
    random = np.random.default_rng(1)
    y = np.arange(5000) % 60
    x = (0.999 + 1e-6 * y + random.normal(0, 1e-5, 5000)).astype(np.float32)[:, None]
    expected = np.corrcoef(y, x[:, 0].astype(np.float64))[0, 1]
    assert tallied(x, counts=[y]).correlations().item() == pytest.approx(expected, abs=1e-4)
    assert expected > 0.8


def binned(x):
    return np.floor((x.astype(np.float64) + 1) * BINS / 2).clip(0, BINS - 1)


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(2, 1000), st.floats(0.05, 0.95))
def test_aucs_are_sklearns(seed, n, share):
    random = np.random.default_rng(seed)
    flags = random.random((2, n)) < share
    flags[:, :2] = [True, False]
    x = np.tanh(random.normal(0, 1, (n, 2)) + flags[0][:, None] * [1, -3]).astype(np.float32)
    found = tallied(x, flags=flags).aucs()
    for concept, unit in np.ndindex(found.shape):
        same = roc_auc_score(flags[concept], binned(x[:, unit]))
        assert found[concept, unit] == pytest.approx(same, abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.3, -1.0])
def test_a_thousand_bins_are_fine_enough(shift):
    random = np.random.default_rng(4)
    flag = random.random(20_000) < 0.3
    x = np.tanh(random.normal(0, 0.7, 20_000) + shift * flag).astype(np.float32)[:, None]
    found = tallied(x, flags=[flag]).aucs().item()
    assert found == pytest.approx(roc_auc_score(flag, x[:, 0]), abs=1e-3)


def test_the_ends_of_the_scale():
    x = np.array([[-1.0, 1.0], [-1.0, 1.0], [1.0, -1.0], [0.0, 0.0]])
    flag = [[True, True, False, False]]
    assert tallied(x, flags=flag).aucs().tolist() == [[0, 1]]
    assert tallied(x[:, :1] * 0, flags=flag).aucs().tolist() == [[0.5]]


def test_what_is_constant_has_no_score():
    """Of constants whose sums are not exact, too: rounding is no correlation."""
    random = np.random.default_rng(0)
    levels = np.append(random.uniform(-1, 1, 40), [0.0, -1.0, 1.0]).astype(np.float32)
    x = np.column_stack([random.random(999), np.tile(levels, (999, 1))])
    varying, constant = np.arange(999), np.full(999, 17 / 3)
    found = tallied(x, counts=[varying, constant, 0 * constant]).correlations()
    assert np.isfinite(found[0, 0])
    assert np.isnan(found[0, 1:]).all()
    assert np.isnan(found[1:]).all()
    flags = [varying > 20, constant > 0, constant < 0]
    aucs = tallied(x, flags=flags).aucs()
    assert np.isfinite(aucs[0]).all()
    assert (aucs[0, 1:] == 0.5).all()
    assert np.isnan(aucs[1:]).all()


def test_strength():
    scores = pd.Series([-0.8, 0.8, 0.9, 0.1, 0.5, np.nan])
    measures = pd.Series(["correlation"] * 2 + ["auc"] * 4)
    found = strength(scores, measures)
    np.testing.assert_allclose(found, [0.8, 0.8, 0.8, 0.8, 0.0, np.nan])


# Ranking


def random_model(folder, cell="lstm", layers=2, width=4, length=40, **options):
    """A model in memory, the codes it runs over, made-up labels and its files."""
    options |= {"batch": 3, "length": length, "model": f"{cell}-2x4"}
    paths = made(folder, cell, layers, width, **options)
    codes = load_split(paths["test"])
    random = np.random.default_rng(3)
    flag = random.random((3, length)) < 0.3
    flag |= codes[:, :-1] == 2  # not noise alone
    labels = Labels(
        {"count": random.integers(0, 9, (3, length)) + 4.0 * flag},
        {"flag": flag, "never": np.zeros((3, length), bool)},
    )
    return load_trained(paths["model"], Corpus.load(paths["corpus"])), codes, labels, paths


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_scores_are_those_of_the_dumped_states(tmp_path, cell):
    """The first 600 positions and the last 600 of 3 streams of 400, each on its own."""
    trained, codes, labels, paths = random_model(tmp_path, cell, length=400)
    found = score(trained, "text", codes, labels, 8, "cpu")
    assert list(found.columns) == list(cells.COLUMNS)
    assert len(found) == 3 * 2 * 4
    folder = dump(paths, tmp_path / "dump")
    for row in found.itertuples():
        value = activations(folder, row.layer, "c" if cell == "lstm" else "h", [row.unit])[:, 0]
        value = np.tanh(value.astype(np.float64)) if cell == "lstm" else value.astype(np.float64)
        for half, part in (("found", slice(0, 600)), ("held_out", slice(600, 1200))):
            mine = getattr(row, half)
            if row.concept == "count":
                y = labels.counts["count"].ravel()[part]
                assert mine == pytest.approx(np.corrcoef(y, value[part])[0, 1], abs=3e-3)
            elif row.concept == "flag":
                y = labels.flags["flag"].ravel()[part]
                assert mine == pytest.approx(roc_auc_score(y, value[part]), abs=6e-3)
            else:
                assert np.isnan(mine)


def test_best_first(tmp_path):
    trained, codes, labels, _ = random_model(tmp_path)
    found = score(trained, "text", codes, labels, 8, "cpu")
    for concept in ("count", "flag"):
        part = found[found["concept"] == concept]
        assert list(part["rank"]) == list(range(1, 9))
        assert part["strength_found"].is_monotonic_decreasing
        own = strength(part["found"], part["measure"])
        pd.testing.assert_series_equal(part["strength_found"], own, check_names=False)
        assert best(found, concept)["strength_found"] == part["strength_found"].max()


def test_the_held_out_half_has_no_say(tmp_path):
    """Whatever the second half of text and labels is, ranks and scores found stay."""
    trained, codes, labels, _ = random_model(tmp_path)
    before = score(trained, "text", codes, labels, 8, "cpu")
    held_out = np.arange(120).reshape(3, 40) >= 60
    flags = {name: flag ^ held_out for name, flag in labels.flags.items()}
    counts = {name: np.where(held_out, 50 - 3 * y, y) for name, y in labels.counts.items()}
    other = np.array(codes)
    other[2] = np.random.default_rng(8).permutation(other[2])
    after = score(trained, "text", other, Labels(counts, flags), 8, "cpu")
    chosen = ["concept", "layer", "unit", "found", "strength_found", "rank"]
    pd.testing.assert_frame_equal(before[chosen], after[chosen])
    assert not np.allclose(before["held_out"], after["held_out"], equal_nan=True)


def test_a_dead_cell_never_wins(tmp_path):
    shape = Shape("rnn", 1, 3, 5)
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(1), 1.0)
    for name in ("input.0", "recurrent.0", "bias.0"):
        weights[name][..., 1] = 0  # h = 0 always
    trained, codes, labels, _ = random_model(tmp_path, "rnn", 1, 3, weights=weights)
    found = score(trained, "text", codes, labels, 8, "cpu").set_index(["concept", "unit"])
    assert np.isnan(found.loc[("count", 1), "found"])
    assert found.loc[("count", 1), "rank"] == 3
    assert found.loc[("flag", 1), "found"] == 0.5
    assert found.loc[("flag", 1), "rank"] == 3


def ranking(rows):
    """A table of strengths: (concept, layer, unit, found, held out)."""
    frame = pd.DataFrame(rows, columns=["concept", "layer", "unit", "found", "held_out"])
    frame = frame.assign(strength_found=frame["found"], strength_held_out=frame["held_out"])
    return frame.sort_values(["concept", "strength_found"], ascending=[True, False])


def test_the_typical_cell():
    """Best concepts at 0.9, 0.8, 0.5, 0.4 and 0.2: the third cell, for what it tracks best."""
    nan = np.nan
    frame = ranking(
        [("a", 1, 0, 0.9, 0.9), ("b", 1, 0, 0.3, 0.1), ("a", 1, 1, 0.8, 0.7), ("b", 1, 1, 0.1, 0),
         ("a", 2, 0, 0.45, 0.4), ("b", 2, 0, 0.5, 0.4), ("a", 2, 1, 0.4, 0.4), ("a", 2, 2, 0.2, 0),
         ("a", 2, 3, nan, nan)]
    )  # fmt: skip
    found = typical(frame)
    assert (found["concept"], found["layer"], found["unit"]) == ("b", 2, 0)


def test_the_typical_cell_can_be_judged():
    """A concept that the held-out half does not show leaves the cell its next one."""
    frame = ranking([("a", 1, 0, 0.9, np.nan), ("b", 1, 0, 0.3, 0.2)])
    assert typical(frame)["concept"] == "b"


# A network whose cells are known

QUOTED = "“{}”"
LAYERS, WIDTH, COUNTER, LATCH = 2, 6, 3, 4  # the counter in layer 1, the latch in layer 2


def prose(size=24_000, seed=0):
    """Made-up lines of words, some in curly quotes that may run over a line's end."""
    random, lines = np.random.default_rng(seed), []
    while sum(map(len, lines)) < size:
        words = ["lorem"[: random.integers(2, 6)] for _ in range(random.integers(4, 9))]
        start = random.integers(0, 2 * len(words))
        if start < len(words):
            more = " ipsum\ndolor sit"[: random.integers(3, 16)]
            words[start] = QUOTED.format(words[start] + more)
        lines.append(" ".join(words) + "\n")
    return "".join(lines).encode()[:size]


def known_weights(vocabulary, sign=1.0):
    """Noise, but for a cell that counts bytes since the line's end and one that latches quotes.

    c = f c + i g. The counter adds 0.02 a byte; a line feed shuts f and i. Units 0 and 1 of the
    first layer see the last byte of an opening and of a closing quote; the latch of the second is
    set by the one (i = 1) and emptied by the other (f = 0). A large number opens a gate.
    """
    shape, code = Shape("lstm", LAYERS, WIDTH, len(vocabulary)), vocabulary.index
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(5), 0.4)
    views = {name: v[0].view(-1, 4, WIDTH) for name, v in weights.items() if "decoder" not in name}
    o, i, f, g = range(4)

    def clear(layer, unit):
        for name in ("input", "recurrent", "bias"):
            views[f"{name}.{layer}"][..., unit] = 0
        return views[f"input.{layer}"][..., unit], views[f"bias.{layer}"][0, :, unit]

    w, bias = clear(0, COUNTER)
    bias[[i, f, g]] = torch.tensor([20.0, 20.0, sign * 0.02])
    w[code(10), i] = w[code(10), f] = -40
    for unit, byte in ((0, 0x9C), (1, 0x9D)):
        w, bias = clear(0, unit)
        bias[[o, i, f, g]] = torch.tensor([20.0, -20, -20, 20])
        w[code(byte), i] = 40
    for name, units in (("recurrent.0", [0, 1, COUNTER]), ("input.1", [0, 1, COUNTER]),
                        ("recurrent.1", [LATCH])):  # fmt: skip
        views[name][units] = 0  # no other cell hears of these
    w, bias = clear(1, LATCH)
    bias[[i, f, g]] = torch.tensor([-20.0, 20, sign * 20])
    w[0, i], w[1, f] = 60, -60
    return weights


@pytest.fixture(scope="module", params=[1.0, -1.0], ids=["as it is", "turned"])
def known(request, tmp_path_factory):
    """The sign of the cells, the files of corpus and model, the tables found."""
    folder = tmp_path_factory.mktemp("known")
    text = prose()
    weights = known_weights(sorted(set(text)), request.param)
    paths = made(folder, "lstm", LAYERS, WIDTH, batch=6, length=3900, steps=50, weights=weights,
                 data=text, model="lstm-2x6")  # fmt: skip
    outputs = {"ranking": folder / "ranking.parquet", "examples": folder / "examples.parquet"}
    search_cells(paths, outputs, "prose", 50, "cpu")
    return request.param, paths, outputs


def test_the_counter_and_the_latch_are_found(known):
    sign, _, outputs = known
    table = read_ranking(outputs["ranking"])
    assert set(table["concept"]) == {"line_position", "line_end", "inside_quotes"}
    assert len(table) == 3 * LAYERS * WIDTH
    counter, latch = best(table, "line_position"), best(table, "inside_quotes")
    assert (counter["layer"], counter["unit"]) == (1, COUNTER)
    assert (latch["layer"], latch["unit"]) == (2, LATCH)
    for half in ("found", "held_out"):
        assert sign * counter[half] > 0.95
        assert sign * (2 * latch[half] - 1) > 0.99
        assert counter[f"strength_{half}"] == pytest.approx(abs(counter[half]))
        assert latch[f"strength_{half}"] == pytest.approx(abs(2 * latch[half] - 1))
    for concept in ("line_position", "inside_quotes"):  # and nothing comes near
        rest = table[(table["concept"] == concept) & (table["rank"] > 1)]
        assert rest["strength_found"].max() < best(table, concept)["strength_found"] - 0.1


def test_the_examples_show_what_the_cells_do(known):
    sign, paths, outputs = known
    shown = read_examples(outputs["examples"])
    text = load_text(Corpus.load(paths["corpus"]), paths)
    inputs, by_name = text.inputs.ravel(), label(text, "prose")
    assert list(dict.fromkeys(shown["panel"])) == [
        "line_position", "inside_quotes", "line_end", "typical"
    ]  # fmt: skip
    for name, panel in shown.groupby("panel"):
        assert (np.diff(panel["position"]) == 1).all()
        assert panel["position"].min() >= inputs.size / 2  # of the held-out half
        assert (panel["byte"] == text.text[inputs[panel["position"]]]).all()
        before = text.text[inputs[panel["position"].iloc[0]] - 1]
        assert before == ord("\n")
        assert panel["value"].abs().max() <= 1
        assert len(panel) == len(lay_out(panel["byte"].to_numpy(), COLUMNS_OF_TEXT, ROWS))
        if name != "typical":
            assert set(panel["title"]) == {CONCEPTS[name].title}
    position = by_name.counts["line_position"].ravel()
    panel = shown[shown["panel"] == "line_position"]
    expected = np.tanh(sign * 0.02 * position[panel["position"]])
    np.testing.assert_allclose(panel["value"], expected, atol=1e-4)
    panel = shown[shown["panel"] == "inside_quotes"]
    inside = by_name.flags["inside_quotes"].ravel()[panel["position"]]
    assert 0 < inside.sum() < len(inside)
    np.testing.assert_allclose(panel["value"], sign * np.tanh(1) * inside, atol=1e-4)


def test_excerpts_do_not_depend_on_the_model(known, tmp_path):
    _, _, outputs = known
    other = made(tmp_path, "gru", batch=6, length=3900, steps=50, data=prose(), model="gru-1x3")
    again = {name: tmp_path / f"{name}.parquet" for name in outputs}
    search_cells(other, again, "prose", 50, "cpu")
    one, two = (read_examples(files["examples"]) for files in (outputs, again))
    columns = ["panel", "position", "byte"]
    one, two = (frame.loc[frame["panel"] != "typical", columns] for frame in (one, two))
    pd.testing.assert_frame_equal(one, two)


def test_the_script_and_the_same_bytes_again(known, tmp_path, monkeypatch):
    _, paths, outputs = known
    inputs = {name: paths[name] for name in ("corpus", "train", "val", "test", "model")}
    names = {name: f"{name}.parquet" for name in outputs}
    config = {"kind": None, "unroll": 50, "device": "cpu"}  # kind: it sees that this is prose
    again = run_script(tmp_path, monkeypatch, "search_cells", inputs, names, **config)
    for name, path in outputs.items():
        assert again[name].read_bytes() == path.read_bytes()
    log = (tmp_path / "search_cells.log").read_text()
    assert f"line_position: layer 1, cell {COUNTER}, correlation " in log


# Excerpts


def byte_rows(*rows):
    return np.stack([np.frombuffer(row, np.uint8) for row in rows])


def test_candidates_start_lines_of_the_held_out_half():
    """Two streams of 12: all of the second, and an excerpt takes six bytes at least."""
    text = byte_rows(b"ab\ncdefghijk", b"ab\nc\nf\nhij\nk")
    found = candidates(text)
    assert found == [Excerpt(1, 3, 12), Excerpt(1, 5, 12)]
    # Of one stream its second half; of three the middle one's second half, and the third.
    assert candidates(byte_rows(b"\n" * 24)) == [Excerpt(0, 12, 19)]
    starts = [(e.stream, e.start) for e in candidates(byte_rows(*[b"a\n" * 8] * 3))]
    assert starts == [(1, 8), (2, 2), (2, 4), (2, 6), (2, 8)]


def test_candidates_fill_a_page():
    page = COLUMNS_OF_TEXT * ROWS
    line = b"x" * 37 + b"\n"
    text = byte_rows(line * 100)
    for found in candidates(text):
        assert found.stop - found.start == 38 * ROWS  # lines of half the width
        assert text[0, found.start - 1] == 10
        assert 1900 <= found.start <= 3800 - page
    assert len(candidates(text)) == (3800 - page) // 38 - 50 + 1


def test_the_excerpt_with_the_median_share():
    label = np.zeros((1, 60), bool)
    excerpts = [Excerpt(0, start, start + 10) for start in range(0, 60, 10)]
    for start, many in ((0, 9), (10, 2), (20, 5), (30, 3), (50, 10)):
        label[0, start + 1 : start + 1 + min(many, 8)] = True
    label[0, 50:] = True  # never changes in the last one; does not appear in the one before
    assert typical_excerpt(label, excerpts) == excerpts[3]  # of 2, 3, 5, 8 the lower median
    assert typical_excerpt(label, excerpts[4:]) is None
    once = np.arange(60)[None] >= 5
    assert typical_excerpt(once, excerpts) is None  # it begins but does not end
    counts = np.tile(np.arange(10, dtype=np.float32), 6)[None] * np.repeat([0, 5, 1, 3, 2, 1], 10)
    assert typical_excerpt(counts, excerpts) == excerpts[2]  # of 0, 1, 1, 2, 3, 5 the earlier 1
    assert typical_excerpt(counts, []) is None


def test_a_text_that_shows_nothing(tmp_path):
    """No line ends in the held-out half: a ranking, but no panel."""
    paths = made(tmp_path, data=b"a\nb c ab" * 2 + b"ab c" * 24, batch=2, length=40)
    outputs = {"ranking": tmp_path / "r.parquet", "examples": tmp_path / "e.parquet"}
    search_cells(paths, outputs, "prose", 8, "cpu")
    assert len(read_ranking(outputs["ranking"])) == 3 * 3
    shown = read_examples(outputs["examples"])
    assert len(shown) == 0
    assert list(shown.columns) == list(cell_examples.COLUMNS)


# Tables


def test_broken_tables(tmp_path):
    path = tmp_path / "r.parquet"
    with pytest.raises(CharlensError, match=r"r\.parquet: no such file; run the rule search_cells"):
        read_ranking(path)
    parquet_tables.write(pd.DataFrame({"a": np.arange(2000.0)}), path)
    with pytest.raises(CharlensError, match=r"not a ranking of cells \(columns are \['a'\]"):
        read_ranking(path)
    content = path.read_bytes()
    for damaged in (b"", b"text", content[:-5], content[:2000] + b"\0" + content[2001:]):
        path.write_bytes(damaged)
        with pytest.raises(CharlensError, match=r"not a table of examples") as caught:
            read_examples(path)
        assert "\n" not in str(caught.value)
