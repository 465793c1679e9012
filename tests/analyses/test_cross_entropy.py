"""Cross-entropies, their bootstrap errors, the paper's numbers, and the table of all three."""

import hashlib
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from charlens.analyses import ranking
from charlens.analyses.cross_entropy import figure as figure1_left
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.analyses.cross_entropy.markdown import markdown
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.models import names as model_id
from charlens.models.divergence import EXPLANATION
from charlens.models.names import ModelId
from charlens.paper import numbers as paper
from charlens.paper import texts
from charlens.predictions import loss
from charlens.predictions.file import ProbabilityMetadata, write_probabilities
from charlens.predictions.loss import bootstrap_sd
from charlens.runtime.randomness import derive_seed, generator
from contests import a_corpus
from hypothesis import given
from hypothesis import strategies as st
from probability_files import constant, random_columns, sha256, write_model

PURPOSE = st.lists(st.text(max_size=4) | st.integers(-3, 3), max_size=3)


# Seeds


def test_seed_by_hand():
    digest = hashlib.sha256(b'[7, "bootstrap", "lstm-1x64"]').digest()
    expected = int.from_bytes(digest, "big") >> (256 - 63)
    assert derive_seed(7, "bootstrap", "lstm-1x64") == expected


@given(st.integers(), PURPOSE, PURPOSE)
def test_seeds_tell_purposes_apart(seed, one, two):
    assert 0 <= derive_seed(seed, *one) < 2**63
    assert (derive_seed(seed, *one) == derive_seed(seed, *two)) == (one == two)


def test_generators_are_reproducible_and_apart():
    draws = [generator(seed, *what).random(4).tolist() for seed, what in
             ((1, "a"), (1, "a"), (2, "a"), (1, "b"), (1, "ab"))]  # fmt: skip
    assert draws[0] == draws[1]
    assert len({tuple(draw) for draw in draws}) == 4


# Model ids


@given(
    st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True),
    st.integers(1, 99),
    st.integers(1, 999_999_999),
)
def test_model_id_round_trip(cell, layers, size):
    point = ModelId(cell, layers, size)
    assert model_id.parse(str(point)) == point


@pytest.mark.parametrize(
    "text",
    [
        "n-gram-20",
        "lstm-0x64",
        "lstm-1x064",
        "LSTM-1x64",
        "lstm-1x64\n",
        "lstm-x",
        "",
        "-1x2",
        f"lstm-1x{'9' * 400}",
        f"lstm-{'9' * 5000}x1",
    ],
)
def test_names_that_are_no_grid_points(text):
    assert model_id.parse(text) is None


@pytest.mark.parametrize("digits", [20, 400, 5000])
def test_a_name_with_a_number_that_no_table_holds_is_a_name(tmp_path, digits):
    names = [f"lstm-1x{'9' * digits}", f"n-gram-{'9' * digits}"]
    paths = [tmp_path / f"{i}.parquet" for i in range(len(names))]
    for path, name in zip(paths, names, strict=True):
        metadata = ProbabilityMetadata(sha256("c"), name, "c")
        write_probabilities(path, random_columns(300), metadata)
    frame = cross_entropy.table(paths, 10, 1)
    assert sorted(frame["model"]) == sorted(names)
    assert frame["size"].isna().all()


def test_order_and_label_of_models():
    models = ["zip", "gru-1x64", "lstm-1x128", "rnn-1x64", "lstm-2x64", "abc-1x64", "lstm-1x64"]
    assert sorted(models, key=model_id.sort_key) == [
        "lstm-1x64", "lstm-2x64", "rnn-1x64", "gru-1x64", "abc-1x64", "lstm-1x128", "zip",
    ]  # fmt: skip
    assert ModelId("lstm", 3, 512).label == "LSTM-3 (512)"
    assert ModelId("transformer", 1, 64).label == "Transformer-1 (64)"


# Bootstrap


def test_bootstrap_of_equal_losses_is_zero():
    stream = np.repeat(np.arange(100), 200)
    loss = np.full(20_000, 0.7)
    assert bootstrap_sd(loss, stream, 5, generator(1)) == pytest.approx(0, abs=1e-12)


def test_bootstrap_agrees_with_a_slow_one():
    """Of streams of unequal length: whole ones are drawn, and the mean is over their characters."""
    random = np.random.default_rng(2)
    parts = [random.random(length) for length in random.integers(1, 9, size=40)]
    stream = np.repeat(np.arange(40), [len(part) for part in parts])
    draws, slow = generator(3), []
    for _ in range(30):
        times = draws.multinomial(40, np.full(40, 1 / 40))
        drawn = [value for part, k in zip(parts, times, strict=True) for value in [*part] * k]
        slow.append(math.fsum(drawn) / len(drawn))
    ours = bootstrap_sd(np.concatenate(parts), stream, 30, generator(3))
    assert ours == pytest.approx(np.std(slow, ddof=1), rel=1e-9)


@pytest.mark.parametrize("streams", [1, 100])
def test_bootstrap_of_losses_that_come_in_runs(streams):
    """Its error is that of independent texts of this kind; one over characters is far too small."""
    random = np.random.default_rng(5)

    def text():
        return np.repeat(random.exponential(size=2_000), 10)  # ten characters of one word

    true = np.std([text().mean() for _ in range(400)])
    stream = np.repeat(np.arange(streams), 20_000 // streams)
    ours = [bootstrap_sd(text(), stream, 200, generator(k)) for k in range(20)]
    assert np.mean(ours) == pytest.approx(true, rel=0.15)
    values = text()
    assert values.std() / math.sqrt(values.size) < 0.5 * true  # what single characters would give


def test_bootstrap_in_parts_draws_the_same(monkeypatch):
    values, stream = np.random.default_rng(3).random(300), np.repeat(np.arange(50), 6)
    whole = bootstrap_sd(values, stream, 40, generator(1))
    monkeypatch.setattr(loss, "_CELLS", 150)
    assert bootstrap_sd(values, stream, 40, generator(1)) == pytest.approx(whole, rel=1e-12)


@pytest.mark.parametrize(
    ("lengths", "count"),
    [([6] * 100, 100), ([3000], loss.FEWEST_RUNS), ([100] * 10, loss.FEWEST_RUNS),
     ([100] * 29, 58), ([1], 1), ([2, 1], 3), ([1, 500], 16)],
)  # fmt: skip
def test_runs_are_streams_or_blocks_of_them(lengths, count):
    stream = np.repeat(np.arange(len(lengths)), lengths)
    edges = loss.runs(stream)
    assert len(edges) == count + 1
    assert (edges[0], edges[-1]) == (0, len(stream))
    assert (np.diff(edges) > 0).all()
    assert set(np.cumsum(lengths)) <= set(edges)  # no run is in two streams


def test_bootstrap_limits():
    stream = np.arange(3)
    assert math.isnan(bootstrap_sd(np.array([1.0, np.inf, 2.0]), stream, 10, generator(1)))
    assert math.isnan(bootstrap_sd(np.ones(1), stream[:1], 10, generator(1)))
    with pytest.raises(CharlensError, match="at least 2 resamples, found 1"):
        bootstrap_sd(np.ones(3), stream, 1, generator(1))
    with pytest.raises(CharlensError, match="at least one character"):
        bootstrap_sd(np.ones(0), stream[:0], 10, generator(1))


# The paper


def test_the_papers_numbers():
    printed = [row for row in paper.rows("figure1_cross_entropy") if row["cross_entropy"]]
    assert len(printed) == 66
    assert paper.cross_entropy("war_and_peace", "lstm", 1, 64) == 1.449
    assert paper.cross_entropy("linux_kernel", "gru", 3, 512) == 0.829
    assert paper.cross_entropy("war_and_peace", "rnn", 1, 512) is None
    assert paper.cross_entropy("python_docs", "lstm", 1, 64) is None


@pytest.mark.parametrize(
    ("name", "rows"),
    [("figure1_cross_entropy", 72), ("table2_ngram", 32), ("figure4_overlap", 7),
     ("figure4_advantage", 40), ("figure5_braces", 10), ("figure5_dynamics", 4),
     ("figure6_oracles", 54)],
)  # fmt: skip
def test_the_papers_files(name, rows):
    printed = paper.rows(name)
    assert len(printed) == rows
    assert not any(None in row or None in row.values() for row in printed)


def test_corpus_titles():
    assert texts.corpus_title("war_and_peace") == "War and Peace"
    assert texts.corpus_title("python_docs") == "Python docs"


# The table


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Two corpora: the paper's, with models of known losses, and another with a foreign model."""
    folder = tmp_path_factory.mktemp("files")
    return [
        write_model(folder, "gru-1x64", **constant(math.exp(-1.5)), parameters=50_000),
        write_model(folder, "lstm-1x128", **constant(0.25)),
        write_model(folder, "lstm-1x64", **constant(0.5)),
        write_model(folder, "n-gram-20", "python_docs", **constant(0.9)),
        write_model(folder, "rnn-2x64", "python_docs"),
    ]


@pytest.fixture(scope="module")
def table(files):
    return cross_entropy.table(files, bootstrap=10, seed=1)


def row_of(table, model):
    return table[table["model"] == model].iloc[0]


def test_closed_forms(table):
    half = row_of(table, "lstm-1x64")
    assert half["cross_entropy"] == pytest.approx(math.log(2))
    assert half["bits_per_character"] == pytest.approx(1)
    assert half["bootstrap_sd"] == pytest.approx(0, abs=1e-12)
    assert half["difference"] == pytest.approx(math.log(2) - 1.449)
    assert half["characters"] == 300
    assert row_of(table, "lstm-1x128")["bits_per_character"] == pytest.approx(2)
    assert row_of(table, "gru-1x64")["cross_entropy"] == pytest.approx(1.5)


def test_order_and_marks(table):
    assert list(table["model"]) == ["lstm-1x64", "gru-1x64", "lstm-1x128", "rnn-2x64", "n-gram-20"]
    assert list(table["best_in_row"]) == [True, False, True, True, False]
    assert list(table["paper"].fillna(0)) == [1.449, 1.398, 1.277, 0, 0]
    assert list(table["parameters"].fillna(0)) == [0, 50_000, 0, 0, 0]
    foreign = row_of(table, "n-gram-20")
    assert foreign[["cell", "layers", "size", "paper", "difference"]].isna().all()


def test_nats_per_character_beside_those_per_byte(tmp_path):
    """Half of the characters have three bytes: 100 characters in 200 bytes, in two streams."""
    byte = np.frombuffer(("a한" * 50).encode(), np.uint8)
    stream = np.repeat(np.arange(2, dtype=np.int16), 100)
    path = write_model(
        tmp_path, "lstm-1x64", "novel", rows=200, byte=byte, stream=stream, **constant(0.5, 200)
    )
    frame = cross_entropy.table([path], 10, 1, encodings={"novel": None})
    assert frame["code_points"].tolist() == [100]
    assert frame["nats_per_code_point"][0] == pytest.approx(2 * math.log(2))
    text = markdown(frame, 10)
    assert "200 test bytes, which are 100 characters: in nats per byte" in text
    assert "| 64 | 0.693 ± 0.000<br>1.386/char |" in text
    shown = [text.get_text() for text in figure1_left.draw(frame).axes[0].texts]
    assert {"200 bytes, 100 characters", "1.386", "/char"} <= set(shown)
    assert "/char: the same per character" in " ".join(shown)
    sentences = " ".join(cross_entropy.sentences(frame))
    assert r"0.693 ± 0.000 nats per byte (1.386 per character), by LSTM" in sentences
    latin = cross_entropy.table([path], 10, 1, encodings={"novel": "latin-1"})
    assert latin["code_points"].tolist() == [200]
    assert "/char" not in markdown(latin, 10)


def test_a_slow_mean(files, table):
    columns = pd.read_parquet(files[4])
    slow = math.fsum(-math.log(float(p)) for p in columns["probability"]) / len(columns)
    assert row_of(table, "rnn-2x64")["cross_entropy"] == pytest.approx(slow, rel=1e-12)


def test_the_bootstrap_depends_on_nothing_but_seed_and_model(files, table):
    alone = row_of(cross_entropy.table(files[::-1][:1], bootstrap=10, seed=1), "rnn-2x64")
    assert alone["bootstrap_sd"] == row_of(table, "rnn-2x64")["bootstrap_sd"]
    other = row_of(cross_entropy.table(files[4:], bootstrap=10, seed=2), "rnn-2x64")
    assert alone["bootstrap_sd"] != other["bootstrap_sd"]
    assert alone["cross_entropy"] == other["cross_entropy"]


def test_a_byte_thought_impossible_costs_infinity(tmp_path):
    columns = constant(0.5)
    columns["probability"][17] = 0
    table = cross_entropy.table([write_model(tmp_path, "lstm-1x64", **columns)], 10, 1)
    assert math.isinf(table["cross_entropy"][0])
    assert math.isnan(table["bootstrap_sd"][0])
    assert "| ∞†<br>*1.449* |" in markdown(table, 10)


UNIFORM = math.log(256)


@pytest.fixture
def diverged(tmp_path):
    """A table with a network that diverged, finite, and one whose loss is infinite."""
    files = [
        write_model(tmp_path, "lstm-1x64", **constant(math.exp(-UNIFORM - 0.5))),
        write_model(tmp_path, "gru-1x64", **constant(math.exp(-UNIFORM + 0.01))),
        write_model(tmp_path, "rnn-1x128", **constant(0.0)),
    ]
    corpus = replace(a_corpus("war_and_peace", 300), sha256=sha256("war_and_peace"))
    return cross_entropy.table(files, 10, 1, [corpus])


def test_a_diverged_model_is_marked_and_never_the_best(tmp_path, diverged):
    assert list(diverged["model"]) == ["lstm-1x64", "gru-1x64", "rnn-1x128"]
    assert list(ranking.diverged(diverged)) == [True, False, True]
    assert list(diverged["best_in_row"]) == [False, True, False]
    csv_tables.write(diverged, tmp_path / "t.csv")
    again = cross_entropy.read(tmp_path / "t.csv")
    text = markdown(again, 10)
    assert "| 64 | 6.045† ± 0.000<br>*1.449* | – | **5.535** ± 0.000<br>*1.398* |" in text
    assert "∞†" in text
    assert f"†: {EXPLANATION}" in text
    sentences = " ".join(cross_entropy.sentences(again))
    assert r"the lowest is 5.535 ± 0.000 nats per character, by GRU\-1 \(64\)" in sentences
    assert r"LSTM\-1 \(64\) and RNN\-1 \(128\) are worse than a uniform guess" in sentences
    assert "inf" not in sentences
    shown = figure1_left.draw(again).axes[0].texts
    assert sum(label.get_text() == "†" for label in shown) == 2
    assert {label.get_text(): label.get_weight() for label in shown}["5.535"] == "bold"
    assert any(label.get_text().startswith("Test cross-entropy") for label in shown)
    assert "†: worse than" in " ".join(label.get_text() for label in shown)


def test_a_table_of_an_earlier_version_marks_them_too(tmp_path, diverged):
    old = diverged.drop(columns="uniform").assign(best_in_row=True)
    csv_tables.write(old, tmp_path / "t.csv")
    again = cross_entropy.read(tmp_path / "t.csv")
    assert list(again["best_in_row"]) == [False, True, False]
    assert {name: str(again[name].dtype) for name in again} == cross_entropy.COLUMNS


def test_a_corpus_whose_models_all_diverged(tmp_path, diverged):
    bad = diverged[ranking.diverged(diverged)]
    assert "no model is better than a uniform guess" in " ".join(cross_entropy.sentences(bad))
    assert "**" not in "".join(markdown(bad, 10).splitlines()[4:])


def test_files_that_do_not_go_together(tmp_path, files):
    with pytest.raises(CharlensError, match="lstm-1x64 on war_and_peace is already in"):
        cross_entropy.table([files[2], files[2]], 10, 1)
    other = write_model(tmp_path, "lstm-2x64", byte=random_columns(300)["byte"] ^ 1)
    with pytest.raises(CharlensError, match="row 0: byte is"):
        cross_entropy.table([files[2], other], 10, 1)
    now = replace(a_corpus("war_and_peace", 300), sha256=sha256("war_and_peace"))
    cross_entropy.table(files[:2], 10, 1, [now])
    with pytest.raises(CharlensError, match="belongs to a corpus with sha256"):
        cross_entropy.table(files[:2], 10, 1, [replace(now, sha256="ab" * 32)])


@pytest.mark.parametrize(("size", "own"), [(3_258_246, True), (3_258_247, False)])
def test_another_cut_of_the_papers_text_is_reported(tmp_path, files, size, own):
    corpus = a_corpus("war_and_peace", 300, size=size)
    corpus = replace(corpus, sha256=sha256("war_and_peace"))
    frame = cross_entropy.table(files, 10, 1, [corpus])
    compared = frame["paper"].notna()
    assert compared.any()
    assert set(frame.loc[compared, "papers_file"]) == {own}
    assert frame.loc[~compared, "papers_file"].isna().all()
    csv_tables.write(frame, tmp_path / "t.csv")
    again = cross_entropy.read(tmp_path / "t.csv")
    noted = "The paper used another cut of this text" in markdown(again, 10)
    assert noted == (not own)
    shown = [text.get_text() for text in figure1_left.draw(again).axes[0].texts]
    assert any("another cut" in text for text in shown) == (not own)


def test_csv_round_trip(tmp_path, table):
    path = tmp_path / "tables" / "t.csv"
    csv_tables.write(table, path)
    again = cross_entropy.read(path)
    pd.testing.assert_frame_equal(again, table, rtol=1e-8, check_dtype=False)
    assert {name: str(again[name].dtype) for name in again} == cross_entropy.COLUMNS
    first = path.read_bytes()
    csv_tables.write(again, path)
    assert path.read_bytes() == first
    assert pd.read_csv(path)["cross_entropy"][0] == pytest.approx(math.log(2), rel=1e-8)


GOOD = {
    "corpus": "c", "cell": "lstm", "layers": 1, "size": 8, "model": "lstm-1x8", "parameters": 9,
    "characters": 9, "cross_entropy": 1, "bits_per_character": 1, "bootstrap_sd": 0, "paper": "",
    "papers_file": "", "difference": "", "best_in_row": True, "uniform": 2, "code_points": "",
    "nats_per_code_point": "",
}  # fmt: skip


def as_csv(*rows):
    return "".join(",".join(map(str, row)) + "\n" for row in (GOOD, *(r.values() for r in rows)))


def test_a_table_by_hand_is_read(tmp_path):
    (tmp_path / "t.csv").write_text(
        as_csv(GOOD, GOOD | {"model": "zip", **dict.fromkeys(("cell", "layers", "size"), "")})
    )
    assert list(cross_entropy.read(tmp_path / "t.csv")["model"]) == ["lstm-1x8", "zip"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        ",".join(cross_entropy.COLUMNS) + "\n1,2,x" + ",0" * 10 + "\n",
        ",".join(f"c{i}" for i in range(50_000)) + "\n",
        *(
            as_csv(GOOD | {key: value})
            for key in ("layers", "size", "parameters", "characters", "code_points")
            for value in ("inf", "-inf", "1e400", "9" * 30, "9" * 400, "1.5")
        ),
        *(as_csv(GOOD | {key: ""}) for key in ("corpus", "model", "cell", "layers", "size")),
        as_csv(GOOD, GOOD),
    ],
)
def test_broken_csv(tmp_path, text):
    path = tmp_path / "t.csv"
    with pytest.raises(CharlensError, match="no such file"):
        cross_entropy.read(path)
    path.write_text(text)
    with pytest.raises(CharlensError, match=r"t\.csv: ") as caught:
        cross_entropy.read(path)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1200
    path.unlink()
    path.mkdir()
    with pytest.raises(CharlensError, match=r"t\.csv: cannot be read \(Is a directory\)"):
        cross_entropy.read(path)


def test_markdown(table):
    lines = markdown(table, 10).splitlines()
    assert "## War and Peace" in lines
    assert "| Size | LSTM-1 | RNN-2 | GRU-1 |" in lines
    assert "| 64 | **0.693** ± 0.000<br>*1.449* | – | 1.500 ± 0.000<br>*1.398* |" in lines
    assert "| 128 | 1.386 ± 0.000<br>*1.277* | – | – |" in lines
    assert "| 20-gram | 0.105 ± 0.000 |" in lines
    assert sum("300 test characters" in line for line in lines) == 2


def test_markdown_of_foreign_models_only(tmp_path):
    table = cross_entropy.table([write_model(tmp_path, "mine", "c", **constant(0.5))], 10, 1)
    text = markdown(table, 10)
    assert "| mine | 0.693 ± 0.000 |" in text
    assert "Size" not in text
    assert "paper" not in text
