"""What an explorer holds of a run: values, predictions, errors, and what tables say of cells."""

import json
import re
import webbrowser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from charlens import cli
from charlens.analyses.oracles import tally
from charlens.errors import CharlensError
from charlens.inside.cells import ranking as rankings
from charlens.inside.in_memory import activations
from charlens.models.trained import load_trained
from charlens.predictions.file import read_probabilities
from charlens.report.entries import EXPLORER_FILES
from charlens.report.explorer import packing, passage, site, tables
from charlens.report.explorer.build import chunks, most_units
from charlens.report.explorer.mistakes import kinds
from charlens.report.explorer.packing import pack, quantise, unpack
from charlens.text.corpus import Corpus, load_split
from explorers import MODEL, POSITIONS, RIVAL, SHOWN, chunks_of, settings, taken, values_of
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from small_run import UNROLL, make_run, prose


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("explorer") / "mine"
    make_run(folder, prose())
    return folder


@pytest.fixture(scope="module")
def held(run: Path) -> dict:
    return chunks_of(run)


@pytest.fixture(scope="module")
def span(run: Path, held: dict) -> slice:
    """The explorer's positions, counted over the test split."""
    start = held["novel"]["start"]
    return slice(start, start + held["novel"]["count"])


def bytes_of(run: Path) -> np.ndarray:
    corpus, codes = Corpus.load(run / "novel/corpus.json"), load_split(run / "novel/test.npy")
    return np.array(corpus.vocabulary, np.uint8)[codes]


# --- packing ---

floats = st.floats(-1, 1, width=32)


@example(np.array([[1e-45, 0.0], [-1e-45, 1.0]], np.float32))
@given(arrays(np.float32, st.tuples(st.integers(1, 30), st.integers(1, 4)), elements=floats))
def test_values_come_back_within_half_a_step_of_their_unit(values: np.ndarray) -> None:
    numbers, scale = quantise(values)
    packed = pack(numbers, differences=True)
    back = unpack(packed, numbers.shape, differences=True).view(np.int8)
    assert (np.abs(back.T * (scale / 127) - values) <= scale / 254 + 1e-6).all()
    assert packed == pack(numbers, differences=True)


def test_losses_and_probabilities_are_kept_to_what_is_shown() -> None:
    p = np.linspace(0.0005, 1, 5000)
    bits = packing.in_bits(-np.log(p)) / packing.BITS
    assert np.abs(bits + np.log2(p)).max() <= 0.5 / packing.BITS + 1e-9
    assert packing.in_bits(np.array([np.inf, 1e9])).tolist() == [255, 255]
    shown = (packing.roots(p) / 255.0) ** 2
    assert (np.abs(shown - p) < 0.004 * np.sqrt(p) + 1e-5).all()


# --- the text ---


def test_the_text_is_the_half_of_the_test_split_that_chose_no_cell(
    run: Path, held: dict, span: slice
) -> None:
    text, test = held["novel"], bytes_of(run)
    batch, length = test.shape[0], test.shape[1] - 1
    assert span.start == batch // 2 * length
    assert span.stop - span.start == POSITIONS
    expected = test[:, :-1].reshape(-1)[span]
    assert (unpack(text["bytes"], (POSITIONS,)) == expected).all()
    assert text["characters"].encode() == expected.tobytes()
    assert (text["sizes"], text["widths"]) == (None, None)
    targets = test[:, 1:].reshape(-1)[span]
    assert [last for *_, last in text["parts"]] == [targets[b - 1] for _, b, _ in text["parts"]]
    starts = [first for first, _, _ in text["parts"]]
    assert all((span.start + first) % length == 0 for first in starts)
    assert text["parts"][-1][1] == POSITIONS


def test_more_positions_than_there_are_gives_all(run: Path) -> None:
    codes = load_split(run / "novel/test.npy")
    chosen = passage.choose(codes, 10**6)
    assert chosen.stop == codes[:, 1:].size
    assert len(chosen.parts()) == codes.shape[0] - codes.shape[0] // 2


def test_one_stream_is_cut_in_its_middle() -> None:
    codes = np.arange(41, dtype=np.uint8)[None]
    chosen = passage.choose(codes, 10)
    assert (chosen.start, chosen.stop, chosen.parts()) == (20, 30, [(0, 10)])
    inputs = chosen.codes[:, :-1]
    assert chosen.of(inputs).tolist() == list(range(20, 30))


def test_characters_of_several_bytes_are_one_character() -> None:
    data = "né 한글 e\u0301 👍🏽\n".encode() * 2
    codes = np.frombuffer(data + b"\n", np.uint8)[None]
    whole = passage.Passage(1, len(data), len(data), codes)
    text = passage.text_of(whole, np.arange(256, dtype=np.uint8), "utf-8")
    sizes = unpack(text["sizes"], (-1,))
    widths = unpack(text["widths"], (-1,))
    assert sizes.sum() == len(data) - 1
    assert text["characters"].encode() == data[1:]
    pieces, at = [], 0
    for width in widths:
        pieces.append(text["characters"].encode("utf-16-le")[2 * at : 2 * (at + width)])
        at += width
    shown = [piece.decode("utf-16-le") for piece in pieces]
    assert shown[:8] == ["é", " ", "한", "글", " ", "e\u0301", " ", "👍🏽"]


def test_bytes_alone_have_a_name() -> None:
    names = passage.glyphs("utf-8")
    assert [names[ord(c)] for c in "a\n\t"] == ["a", "↓", "⇥"]
    assert (names[0xC3], names[0]) == ("C3", "00")
    assert passage.glyphs("cp1251")[0xC6] == "Ж"


# --- what networks do ---


def test_values_are_those_of_the_network_within_half_a_step(
    run: Path, held: dict, span: slice
) -> None:
    corpus = Corpus.load(run / "novel/corpus.json")
    trained = load_trained(run / f"novel/models/{MODEL}.safetensors", corpus)
    codes = load_split(run / "novel/test.npy")
    width = trained.shape.width
    for layer in (1, 2):
        units = held[f"novel/{MODEL}"]["layers"][layer - 1]["units"]
        assert units == list(range(width))
        for letter, quantity in (("value", "c"), ("f", "f"), ("g", "g")):
            chunk = held[f"novel/{MODEL}/{layer}/{letter}"]
            values = activations(trained, codes, UNROLL, quantity, layer, device="cpu")
            expected = values.reshape(-1, width)[span]
            expected = np.tanh(expected) if quantity == "c" else expected
            shown = values_of(chunk, POSITIONS)
            assert (np.abs(shown - expected) <= np.array(chunk["scales"]) / 254 + 1e-5).all()


def test_predictions_are_those_of_the_probabilities_file(
    run: Path, held: dict, span: slice
) -> None:
    facts = held[f"novel/{MODEL}"]
    columns = read_probabilities(run / f"novel/probabilities/{MODEL}.parquet")
    losses = -np.log2(columns["probability"][span])
    shown = unpack(facts["loss"], (POSITIONS,)) / packing.BITS
    assert np.abs(shown - np.minimum(losses, 255 / packing.BITS)).max() <= 0.51 / packing.BITS
    assert facts["mean"] == pytest.approx(losses.mean(), abs=1e-3)
    likely = unpack(facts["likely"], (5, POSITIONS))
    probability = (unpack(facts["probability"], (5, POSITIONS)) / 255) ** 2
    assert (likely[0] == columns["top_byte"][span]).mean() > 0.99  # but for ties
    assert np.abs(probability[0] - columns["top_probability"][span]).max() < 0.005
    assert (np.diff(probability, axis=0) <= 0).all()
    entropy = unpack(facts["entropy"], (POSITIONS,)) / packing.BITS
    assert np.abs(entropy - columns["entropy"][span] / np.log(2)).max() <= 0.51 / packing.BITS


def test_the_n_gram_model_is_asked_at_the_same_positions(
    run: Path, held: dict, span: slice
) -> None:
    columns = read_probabilities(run / f"novel/probabilities/{RIVAL}.parquet")
    baseline = held["novel"]["baseline"]
    assert (baseline["name"], baseline["title"]) == (RIVAL, "5-gram")
    losses = unpack(baseline["loss"], (POSITIONS,)) / packing.BITS
    expected = np.minimum(-np.log2(columns["probability"][span]), 255 / packing.BITS)
    assert np.abs(losses - expected).max() <= 0.51 / packing.BITS
    assert (unpack(baseline["top"], (POSITIONS,)) == columns["top_byte"][span]).all()


def test_errors_fall_to_the_first_oracle_that_removes_them(
    run: Path, held: dict, span: slice
) -> None:
    errors = unpack(held[f"novel/{MODEL}"]["errors"], (POSITIONS,)).astype(int)
    columns = read_probabilities(run / f"novel/probabilities/{MODEL}.parquet")
    assert ((errors > 0) == (columns["probability"][span] < 0.5)).all()
    names = [name for kind in kinds() for name in kind["slices"]]
    two = read_probabilities(run / "novel/probabilities/n-gram-2.parquet")["probability"][span]
    by_two = errors == 1 + names.index("2-gram")
    assert by_two.any()
    assert (by_two == ((errors > 0) & (two > 0.5))).all()
    assert len(names) == len(tally.slices())


# --- what tables say ---


def test_concepts_have_the_scores_of_the_ranking(run: Path, held: dict) -> None:
    ranking = rankings.read(run / f"novel/tables/cells/{MODEL}.parquet")
    for concept in held[f"novel/{MODEL}"]["concepts"]:
        part = ranking[ranking["concept"] == concept["name"]].set_index(["layer", "unit"])
        assert len(concept["scores"]) == len(part)
        for layer, unit, held_out, *interval in concept["scores"]:
            assert held_out == pytest.approx(part.loc[(layer, unit), "held_out"], abs=1e-3)
            assert interval == [None] * 3
        best = [tuple(row[:2]) for row in concept["best"]]
        assert best == [cell for cell in part.sort_values("rank").index if cell in best]
    assert held[f"novel/{MODEL}"]["causes"] == []


def test_of_too_many_units_those_are_kept_that_follow_something() -> None:
    frame = pd.DataFrame(
        {
            "layer": [1, 1, 2, 2, 1, 1],
            "unit": [0, 1, 0, 1, 0, 1],
            "strength_found": [0.1, 0.9, 0.5, np.nan, 0.2, 0.3],
        }
    )
    assert tables.kept_units(frame, 2) == {1: [1], 2: [0]}
    assert tables.kept_units(frame, 100) == {1: [0, 1], 2: [0, 1]}


@pytest.mark.parametrize("positions", [20_000, 100_000, 300_000])
def test_a_model_stays_within_its_budget(positions: int) -> None:
    draw = np.random.default_rng(0)  # nothing is harder to deflate
    values = pack(draw.integers(-127, 128, positions, np.int8)[None], differences=True)
    expected = pack(draw.integers(0, 256, 9 * positions, np.uint8))
    size = most_units(positions) * len(values) + len(expected)
    assert 0.9 * site.BUDGET < size < site.BUDGET


# --- both forms ---


def test_both_forms_hold_the_same_and_the_same_run_gives_the_same_bytes(
    run: Path, tmp_path: Path, held: dict
) -> None:
    for name in ("one", "two"):
        site.write_site(tmp_path / name, "mine", chunks(run, [SHOWN], settings()))
    one, two = (sorted((tmp_path / n).rglob("*.*")) for n in ("one", "two"))
    assert [p.name for p in one] == [p.name for p in two]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(one, two, strict=True))
    apart = dict(taken(path) for path in (tmp_path / "one" / "data").iterdir())
    assert apart == held
    inside = site.inside(tmp_path / "one" / site.ONE_FILE)
    assert inside == list(chunks(run, [SHOWN], settings()))
    assert {name: json.loads(text) for name, text in inside} == held
    folder = (tmp_path / "one" / site.FOLDER).read_text("utf-8")
    assert "data-chunk=" not in folder.split("<script>")[0]
    assert not re.search(r"https?://|@import|url\(", folder)


def test_gates_beyond_the_budget_are_in_the_folder_alone(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(site, "BUDGET", 250)
    made = [("run", "{}"), ("a", "{}"), ("a/m", "{}")]
    made += [(f"a/m/1/{letter}", json.dumps("x" * 100)) for letter in ("value", "f", "i")]
    site.write_site(tmp_path / "e", "r", made)
    html = (tmp_path / "e" / site.ONE_FILE).read_text()
    assert re.findall('data-chunk="(.*?)"', html) == ["run", "a", "a/m", "a/m/1/value", "a/m/1/f"]
    assert (tmp_path / "e" / "data" / "a.m.1.i.js").is_file()


def test_text_cannot_end_the_script_that_holds_it(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    make_run(folder, b'</script><b>"no" & \\ <!-- \n' * 400)
    site.write_site(folder / "explorer", "mine", chunks(folder, [SHOWN], settings()))
    html = (folder / "explorer" / site.ONE_FILE).read_text("utf-8")
    assert html.count("</script>") == html.count("<script")
    assert taken(folder / "explorer/data/novel.js")[1]["characters"].count("</script>") > 5


def test_what_is_missing_is_named(run: Path, tmp_path: Path) -> None:
    with pytest.raises(CharlensError, match=r"nowhere/novel/corpus\.json: cannot be read"):
        dict(chunks(tmp_path / "nowhere", [SHOWN], settings()))


def test_the_command_opens_it(tmp_path: Path, monkeypatch, capsys) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert cli.main(["explore", str(tmp_path)]) == 1
    assert "has no explorer/index.html; run the workflow" in capsys.readouterr().err
    site.write_site(tmp_path / "explorer", "mine", [("run", "{}")])
    assert cli.main(["explore", str(tmp_path)]) == 0
    page = tmp_path / "explorer" / "index.html"
    assert (opened, capsys.readouterr().out) == ([page.as_uri()], f"{page}\n")


def test_every_file_of_the_page_is_named() -> None:
    assert sorted(p.name for p in site.PAGE.iterdir()) == sorted(EXPLORER_FILES)
