"""The search for cells, whole: a network whose cells are known."""

import numpy as np
import pandas as pd
import pytest
import torch
from charlens.errors import CharlensError
from charlens.files import parquet_tables
from charlens.inside.cells import excerpts as cell_examples
from charlens.inside.cells.concepts import CONCEPTS
from charlens.inside.cells.excerpts import COLUMNS_OF_TEXT, ROWS
from charlens.inside.cells.excerpts import read as read_examples
from charlens.inside.cells.ranking import best
from charlens.inside.cells.ranking import read as read_ranking
from charlens.inside.cells.search import label, search_cells
from charlens.models.parameters import Layout, Shape, uniform_weights
from charlens.text.corpus import Corpus
from charlens.text.grid import lay_out
from charlens.text.whole_text import load_text
from scripts_alone import run_script
from test_activations import made

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
        cells = lay_out(panel["byte"].to_numpy(np.uint8), COLUMNS_OF_TEXT, ROWS)
        assert len(panel) == cells[-1].stop
        if name != "typical":
            assert set(panel["title"]) == {CONCEPTS[name].title}
    position = by_name["line_position"].ravel()
    panel = shown[shown["panel"] == "line_position"]
    expected = np.tanh(sign * 0.02 * position[panel["position"]])
    np.testing.assert_allclose(panel["value"], expected, atol=1e-4)
    panel = shown[shown["panel"] == "inside_quotes"]
    inside = by_name["inside_quotes"].ravel()[panel["position"]]
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
    config = {
        "kind": None,
        "encoding": None,
        "unroll": 50,
        "device": "cpu",
    }  # kind: it sees that this is prose
    again = run_script(tmp_path, monkeypatch, "search_cells", inputs, names, **config)
    for name, path in outputs.items():
        assert again[name].read_bytes() == path.read_bytes()
    log = (tmp_path / "search_cells.log").read_text()
    assert f"line_position: layer 1, cell {COUNTER}, correlation " in log


ONE_LINE = b"a\nb c ab" * 2 + b"ab c" * 24  # no line ends in the held-out half


def test_a_text_without_lines_is_shown_from_a_word_on(tmp_path):
    paths = made(tmp_path, data=ONE_LINE, batch=2, length=40)
    outputs = {"ranking": tmp_path / "r.parquet", "examples": tmp_path / "e.parquet"}
    search_cells(paths, outputs, "prose", 8, "cpu")
    shown = read_examples(outputs["examples"])
    assert shown["panel"].unique().tolist() == ["line_position", "typical"]
    assert shown["position"].min() >= 40
    corpus = Corpus.load(paths["corpus"])
    text = load_text(corpus, paths)
    first = int(shown["position"].min())
    assert text.text[text.inputs].ravel()[first - 1] == ord(" ")


def test_a_network_that_shows_nothing(tmp_path):
    """Cells that never move: a ranking, but no panel."""
    shape = Shape("lstm", 1, 3, len(set(ONE_LINE)))
    still = uniform_weights(Layout(shape), torch.Generator().manual_seed(7), 0.0)
    paths = made(tmp_path, data=ONE_LINE, batch=2, length=40, weights=still)
    outputs = {"ranking": tmp_path / "r.parquet", "examples": tmp_path / "e.parquet"}
    search_cells(paths, outputs, "prose", 8, "cpu")
    assert len(read_ranking(outputs["ranking"])) == 3 * 3
    shown = read_examples(outputs["examples"])
    assert len(shown) == 0
    assert list(shown.columns) == list(cell_examples.COLUMNS)


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
