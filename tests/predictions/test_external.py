"""Models from elsewhere: what joins the tables, and what is refused with a reason."""

import gzip
import json
import math
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from charlens.analyses import contest
from charlens.analyses.agreement import table as agreement
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.analyses.cross_entropy.markdown import markdown
from charlens.errors import CharlensError
from charlens.files import csv_tables
from charlens.predictions import external_file
from charlens.predictions.contract import COLUMNS
from charlens.predictions.external import import_external
from charlens.predictions.file import column_names, read_metadata, read_probabilities
from charlens.predictions.together import load
from charlens.text.corpus import Corpus, prepare, save_split
from hypothesis import given, settings
from hypothesis import strategies as st
from workflow_runs import ROOT, copy_repository, snakemake

STREAMS, UNROLL, SIZE = 5, 20, 3000
DATA = bytes(np.random.default_rng(0).choice(list(b"abc \xe9"), SIZE).tolist())
LENGTH = 60  # test characters per stream: 30 blocks of 20, of which 24, 3 and 3
ROWS = STREAMS * LENGTH
# The test split by the definition, without the library: the corpus in 5 streams of 600, the last
# 60 characters of each, and what follows each character.
BYTES = [
    DATA[(stream * 600 + 540 + t + 1) % SIZE] for stream in range(STREAMS) for t in range(LENGTH)
]
WRITERS = ("csv", "parquet")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("corpus")
    description, splits = prepare(DATA, "text", "test", "streams", STREAMS, UNROLL, 0.8, 0.1)
    paths = {"corpus": folder / "corpus.json", "test": folder / "test.npy"}
    description.save(paths["corpus"])
    for part in ("train", "test"):
        save_split(folder / f"{part}.npy", splits[part])
    return paths


def full() -> dict[str, list]:
    """Every column, each a list that a test may change."""
    random = np.random.default_rng(1)
    top = random.uniform(0.3, 1, ROWS)
    return {
        "position": list(range(ROWS)),
        "stream": [row // LENGTH for row in range(ROWS)],
        "byte": list(BYTES),
        "probability": (top * random.random(ROWS)).tolist(),
        "entropy": random.uniform(0, 2, ROWS).tolist(),
        "top_byte": random.choice(list(DATA[:50]), ROWS).tolist(),
        "top_probability": top.tolist(),
    }


def least() -> dict[str, list]:
    return {name: full()[name] for name in ("position", "probability")}


def write(path: Path, columns: dict[str, list], metadata: dict | str | None = None) -> Path:
    """A user's file, in the format of its suffix, written without the library."""
    if path.suffix == ".csv":
        rows = zip(*columns.values(), strict=True)
        lines = [",".join("" if value is None else str(value) for value in row) for row in rows]
        path.write_text("\n".join([",".join(columns), *lines]) + "\n")
        return path
    table = pa.table(columns)
    if metadata is not None:
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        table = table.replace_schema_metadata({"charlens": text})
    pq.write_table(table, path)
    return path


def save(path: Path, array: np.ndarray) -> Path:
    """The bytes of a .npy file, whatever the name."""
    with open(path, "wb") as stream:
        np.save(stream, array)
    return path


def imported(corpus: dict, file: Path, sha256: str | None = None) -> Path:
    output = file.parent / "out" / f"{file.stem}.parquet"
    import_external(corpus | {"file": file}, output, "mine", sha256)
    return output


def refused(corpus: dict, file: Path, sha256: str | None = None) -> str:
    """What the one line says after the name of the file."""
    with pytest.raises(CharlensError) as caught:
        imported(corpus, file, sha256)
    message = str(caught.value)
    assert message.isprintable()
    assert len(message) < len(str(file)) + 400
    assert message.startswith(f"{file}: ")
    assert not (file.parent / "out").exists()
    return message.removeprefix(f"{file}: ")


# What joins


def test_position_and_probability_are_enough(corpus, tmp_path):
    output = imported(corpus, write(tmp_path / "a.csv", least()))
    columns = read_probabilities(output)
    assert list(columns) == ["position", "stream", "byte", "probability"]
    assert columns["position"].tolist() == list(range(ROWS))
    assert columns["stream"].tolist() == full()["stream"]
    assert columns["byte"].tolist() == BYTES
    assert columns["probability"].tolist() == np.float32(full()["probability"]).tolist()
    metadata = read_metadata(output)
    sha256 = Corpus.load(corpus["corpus"]).sha256
    assert (metadata.model, metadata.corpus, metadata.corpus_sha256) == ("mine", "text", sha256)


def test_csv_and_parquet_give_the_same_file(corpus, tmp_path):
    for columns in (least(), full()):
        one, two = (imported(corpus, write(tmp_path / f"{s}.{s}", columns)) for s in WRITERS)
        assert one.read_bytes() == two.read_bytes()


TYPES = {
    "position": [pa.int32(), pa.uint64(), pa.float64(), pa.string()],
    "byte": [pa.uint8(), pa.int64(), pa.float32()],
    "stream": [pa.int16(), pa.uint32()],
    "probability": [pa.float32(), pa.float64(), pa.string()],
    "entropy": [pa.float32(), pa.float64()],
    "top_byte": [pa.uint8(), pa.int32()],
    "top_probability": [pa.float64()],
}


@settings(max_examples=40)
@given(st.data())
def test_round_trip(corpus, tmp_path_factory, data):
    """Any subset of columns, in any order of columns and rows and of any type, comes out as is."""
    columns = {name: np.array(values) for name, values in full().items()}
    exact = st.floats(0, 1, width=32)
    columns["probability"] = np.array(data.draw(st.lists(exact, min_size=9, max_size=9)) * ROWS)
    columns["probability"] = columns["probability"][:ROWS]
    columns["top_probability"] = np.maximum(columns["probability"], 0.5)
    columns["entropy"] = columns["entropy"].astype(np.float32).astype(np.float64)
    optional = data.draw(st.sets(st.sampled_from([*TYPES][1:]))) - {"probability"}
    names = data.draw(st.permutations(["position", "probability", *sorted(optional)]))
    order = np.random.default_rng(data.draw(st.integers(0, 9))).permutation(ROWS)
    user = {}
    for name in names:
        kind = data.draw(st.sampled_from(TYPES[name]))
        shuffled = pa.array(columns[name][order])
        user[name] = shuffled.cast(kind) if kind == pa.string() else shuffled.cast(kind, safe=False)
    file = tmp_path_factory.mktemp("trip") / "a.parquet"
    if data.draw(st.booleans()):
        file = write(file.with_suffix(".csv"), {n: a.to_pylist() for n, a in user.items()})
    else:
        pq.write_table(pa.table(user), file)
    output = imported(corpus, file)
    held = {"position", "stream", "byte", "probability"} | optional
    tiny = columns["probability"] < np.finfo(np.float32).tiny
    small = (tiny & (columns["probability"] > 0)).any()
    assert set(column_names(output)) == held | ({"log_probability"} if small else set())
    for name, stored in read_probabilities(output, sorted(held)).items():
        assert stored.dtype == COLUMNS[name]
        np.testing.assert_array_equal(stored, columns[name].astype(COLUMNS[name]))


def test_spaces_other_columns_and_whole_numbers_do_no_harm(corpus, tmp_path):
    rows = "".join(f"{row} , 1 ,x\n" for row in reversed(range(ROWS)))
    (tmp_path / "a.csv").write_text("\ufeffposition, probability, note\n" + rows)
    columns = read_probabilities(imported(corpus, tmp_path / "a.csv"))
    assert columns["probability"].tolist() == [1] * ROWS


@pytest.mark.parametrize("kind", ["f2", "f4", ">f4", "f8", ">f8", "g"])
@pytest.mark.parametrize("name", ["a.npy", "a.csv"])
def test_an_array_of_probabilities_in_order_is_enough(corpus, tmp_path, kind, name):
    values = np.array(full()["probability"]).astype(kind)
    for shape in ((ROWS,), (ROWS, 1)):
        columns = read_probabilities(imported(corpus, save(tmp_path / name, values.reshape(shape))))
        assert list(columns) == ["position", "stream", "byte", "probability"]
        assert columns["position"].tolist() == list(range(ROWS))
        assert columns["byte"].tolist() == BYTES
        assert columns["probability"].tolist() == values.astype(np.float32).tolist()


def test_text_beyond_ascii_is_read_wherever_a_piece_ends(corpus, tmp_path, monkeypatch):
    rows = "".join(f"{row},0.5,{'é€' * (row % 5)}\n" for row in range(ROWS))
    (tmp_path / "a.csv").write_text("position,probability,naïf\n" + rows, encoding="utf-8")
    for size in (7, 64, 1 << 20):
        monkeypatch.setattr(external_file, "_PIECE", size)
        columns = read_probabilities(imported(corpus, tmp_path / "a.csv"))
        assert columns["probability"].tolist() == [0.5] * ROWS


def test_what_the_file_says_of_its_model_is_kept(corpus, tmp_path):
    sha256 = Corpus.load(corpus["corpus"]).sha256
    facts = {"corpus_sha256": sha256.upper(), "parameters": 12, "seed": 10**400}
    config = '{"lr": NaN, "clip": 1e400, "decay": 0.5}'
    text = json.dumps(facts)[:-1] + f', "config": {config}}}'
    output = imported(corpus, write(tmp_path / "a.parquet", least(), text), sha256)
    metadata = read_metadata(output)
    assert (metadata.model, metadata.parameters) == ("mine", 12)
    assert metadata.seed == 10**400
    assert metadata.config == {"lr": "NaN", "clip": "1e400", "decay": 0.5}
    assert cross_entropy.table([output], 10, 1)["parameters"].tolist() == [12]


def test_zero_is_infinite_and_tiny_is_not(corpus, tmp_path):
    columns = least() | {"probability": [0.5] * (ROWS - 1) + [1e-60]}
    table = cross_entropy.table([imported(corpus, write(tmp_path / "a.csv", columns))], 10, 1)
    expected = (math.log(2) * (ROWS - 1) + 60 * math.log(10)) / ROWS  # float32 ends at 1e-45
    assert table["cross_entropy"][0] == pytest.approx(expected)

    columns["probability"][7] = 0
    table = cross_entropy.table([imported(corpus, write(tmp_path / "b.csv", columns))], 10, 1)
    csv_tables.write(table, tmp_path / "t.csv")
    table = cross_entropy.read(tmp_path / "t.csv")
    assert math.isinf(table["cross_entropy"][0])
    assert "| mine | ∞† |" in markdown(table, 10)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_log_probability_keeps_what_no_probability_can_hold(corpus, tmp_path, suffix):
    """A loss of 1,000 nats is a probability of 0 in every float."""
    columns = least() | {"probability": [0.5] * (ROWS - 1) + [0.0]}
    columns["log_probability"] = [math.log(0.5)] * (ROWS - 1) + [-1000.0]
    output = imported(corpus, write(tmp_path / f"a.{suffix}", columns))
    expected = (math.log(2) * (ROWS - 1) + 1000) / ROWS
    description = Corpus.load(corpus["corpus"])
    assert load(output, description).loss == pytest.approx(expected)
    table = cross_entropy.table([output], 10, 1, [description])
    assert table["cross_entropy"][0] == pytest.approx(expected)
    (scored,) = contest.read([], [output], [description])
    assert scored.external[0].loss == pytest.approx(expected)
    stored = read_probabilities(output, ["probability", "log_probability"])
    assert 0 < stored["probability"][-1] < 1e-44
    assert stored["log_probability"][-1] == -1000

    columns["log_probability"][3] = -1.0  # the logarithm to base 2
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    message = refused(corpus, write(wrong / f"b.{suffix}", columns))
    assert "row 3: log_probability is -1, expected the natural logarithm of the prob" in message
    columns["log_probability"][3] = 0.5
    assert "at most 0" in refused(corpus, write(wrong / f"c.{suffix}", columns))


def test_without_need_no_logarithm_is_kept(corpus, tmp_path):
    output = imported(corpus, write(tmp_path / "a.csv", full()))
    assert "log_probability" not in column_names(output)


def test_agreement_leaves_out_who_does_not_tell_top_byte(corpus, tmp_path):
    with_top_byte = imported(corpus, write(tmp_path / "told.csv", full()))
    other = tmp_path / "other.parquet"
    import_external(corpus | {"file": write(tmp_path / "o.csv", least())}, other, "other")
    assert list(agreement.table([other, with_top_byte]).index) == ["mine"]
    with pytest.raises(CharlensError, match="with top_byte, found none"):
        agreement.table([other])


def test_the_example_of_the_documentation(corpus, tmp_path, monkeypatch):
    text = (ROOT / "docs" / "own_model.md").read_text()
    code = re.search(r"```python\n(.*?)```", text, re.S)[1]
    shutil.copytree(corpus["test"].parent, tmp_path / "results" / "quick" / "python_docs")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "own_model.md", "exec"), {})
    table = cross_entropy.table([imported(corpus, tmp_path / "adaptive.csv")], 10, 1)
    # Five characters at random: about their entropy, as little can be learnt from noise.
    assert math.log(5) < table["cross_entropy"][0] < math.log(5) + 0.2


# What is refused

ZERO_TO_ONE = "expected a number from 0 to 1 (not its logarithm)"
WHOLE = "expected a whole number from 0 to 299 (text has 300 test characters)"
NAN = float("nan")
# (column, value of row 67, what is said)
FAULTS = [
    ("position", 300, f"position is 300, {WHOLE}"),
    ("position", -1, f"position is -1, {WHOLE}"),
    ("position", 66.5, f"position is 66.5, {WHOLE}"),
    ("position", NAN, f"position is nan, {WHOLE}"),
    ("position", 2**53, f"position is 9.00719925e+15, {WHOLE}"),
    ("position", None, "position is empty, expected a number"),
    ("stream", 0, "stream is 0, expected 1, as at position 67 of text"),
    ("byte", 7, f"byte is 7, expected {BYTES[67]}, as at position 67 of text"),
    ("byte", NAN, f"byte is nan, expected {BYTES[67]}, as at position 67 of text"),
    ("probability", 1.001, f"probability is 1.001, {ZERO_TO_ONE}"),
    ("probability", -0.2, f"probability is -0.2, {ZERO_TO_ONE}"),
    ("probability", NAN, f"probability is nan, {ZERO_TO_ONE}"),
    ("probability", float("inf"), f"probability is inf, {ZERO_TO_ONE}"),
    ("probability", None, "probability is empty, expected a number"),
    ("entropy", 5.6, "entropy is 5.6, expected a number of nats from 0 to ln 256"),
    ("entropy", NAN, "entropy is nan, expected a number of nats from 0 to ln 256"),
    ("top_byte", 256, "top_byte is 256, expected a whole number from 0 to 255"),
    ("top_byte", 97.5, "top_byte is 97.5, expected a whole number from 0 to 255"),
    ("top_probability", 2, f"top_probability is 2, {ZERO_TO_ONE}"),
    (
        "top_probability",
        0,
        "top_probability is 0, expected at least the probability 0.25 of the byte that came",
    ),
]


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize(("column", "value", "expected"), FAULTS)
def test_a_value_that_cannot_be(corpus, tmp_path, suffix, column, value, expected):
    columns = full()
    columns["probability"][67] = 0.25
    columns["top_probability"][67] = 0.5
    floats = value is not None and isinstance(value, float)
    columns[column] = [float(v) if floats else v for v in columns[column]]
    columns[column][67] = value
    if suffix == "parquet" and column.endswith("probability"):
        columns[column] = [None if v is None else float(v) for v in columns[column]]
    file = write(tmp_path / f"a.{suffix}", columns)
    assert refused(corpus, file) == f"row 67: {expected}"


@pytest.mark.parametrize("suffix", WRITERS)
def test_rows_are_those_of_the_file_whatever_their_order(corpus, tmp_path, suffix):
    columns = {name: values[::-1] for name, values in full().items()}
    columns["byte"][2] = 7
    message = refused(corpus, write(tmp_path / f"a.{suffix}", columns))
    assert message == f"row 2: byte is 7, expected {BYTES[297]}, as at position 297 of text"


@pytest.mark.parametrize("suffix", WRITERS)
def test_positions_that_are_missing_or_double(corpus, tmp_path, suffix):
    columns = least()
    columns["position"][9] = columns["position"][12] = 3
    message = refused(corpus, write(tmp_path / f"a.{suffix}", columns))
    assert message == "row 9: position 3 is given twice, first in row 3; give each once"
    for gone in (0, 67, 299):
        columns = {name: values[:gone] + values[gone + 1 :] for name, values in least().items()}
        message = refused(corpus, write(tmp_path / f"b.{suffix}", columns))
        ending = "299 rows, expected one for each of 300 test characters"
        assert message == f"position {gone} is missing: {ending}"
    columns = {name: [*values, 300] for name, values in (least() | {"probability": []}).items()}
    columns["probability"] = [0.5] * 301
    message = refused(corpus, write(tmp_path / f"c.{suffix}", columns))
    assert message == f"row 300: position is 300, {WHOLE}"


@pytest.mark.parametrize("suffix", WRITERS)
def test_columns_that_are_missing(corpus, tmp_path, suffix):
    columns = {"position": [0], "prob": [0.5], "byte": [97]}
    message = refused(corpus, write(tmp_path / f"a.{suffix}", columns))
    order = "0, 1, … in the order of test.npy[:, 1:].ravel()"
    todo = f"name the columns position ({order}) and probability"
    assert message == f"no column probability among position, prob, byte; {todo}"
    message = refused(corpus, write(tmp_path / f"b.{suffix}", {"pos": [0], "p": [0.5]}))
    assert message == f"no column position among pos, p; {todo}"


@pytest.mark.parametrize("suffix", WRITERS)
def test_truth_values_are_no_probabilities(corpus, tmp_path, suffix):
    columns = least() | {"probability": [True, False] * (ROWS // 2)}
    message = refused(corpus, write(tmp_path / f"a.{suffix}", columns))
    assert message == "column probability is bool, expected numbers"


BAD_CSV = [
    ("", "neither Parquet nor CSV with a header line that can be read (Empty CSV file)"),
    ("position,probability,byte,byte\n0,0.5,97,97\n", "expected one column byte, found 2 among"),
    ('"po\ns",' + "p" * 999 + "\n0,1\n", "no column position among po s, ppp"),
    ("position\x1b,p\n0,1\n", "no column position among position\\x1b, p; name the columns"),
    ("position,probability\n", "position 0 is missing: 0 rows"),
    ("position,probability\n0,0.5\n1\n", "row 1: has 1 values, expected 2 as in the header; write"),
    (
        "position,probability\n0,0,5\n",
        "expected 2 as in the header; write numbers with a decimal po",
    ),
    ('position,probability\n0,"0,5"\n', "is '0,5', expected a number with a decimal point"),
    (
        "position,probability\n0," + "x" * 9999,
        f"row 0: probability is '{'x' * 39}…, expected a numb",
    ),
    ("position, probability\n0, 0.5\n1, half\n", "row 1: probability is 'half', expected a number"),
    ("position,probability\n" + "0,0.5\n" * 700 + "0,\n1,x\n2,y\n", "row 701: probability is 'x'"),
    ("position,probability\n0,0.5\n1,True\n", "row 1: probability is 'True', expected a number"),
    ("position,probability\n2020-01-01,1\n", "column position is date32[day], expected numbers"),
    (b"\x00\n" * 9, "looks like UTF-16"),
    (b"position,probability\n0,\x00\n", "byte 0x00 in line 2 is not UTF-8 text"),
]


@pytest.mark.parametrize(("text", "expected"), BAD_CSV)
def test_csv_that_is_none(corpus, tmp_path, text, expected):
    file = tmp_path / "a.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert expected in refused(corpus, file)


NO_TEXT = [
    (b"position,probability,note\n0,0.5,\xe9\n", "byte 0xe9 in line 2"),
    (b"position,probability,note\n0,0.5,\xc3\xa9\n1,0.5,\xc3", "byte 0xc3 in line 3"),
    (b"a,b\n1,2\n\x80,\x81,\x82\n", "byte 0x80 in line 3"),  # a ragged row: pyarrow calls back
    (b"\x89PNG\r\n\x1a\n,\xff\n" * 99, "byte 0x89 in line 1"),
]


@pytest.mark.parametrize("piece", [2, 1 << 20])
@pytest.mark.parametrize(("data", "expected"), NO_TEXT)
def test_bytes_that_are_no_text_are_reported_in_one_line(
    corpus, tmp_path, monkeypatch, data, expected, piece
):
    printed = []
    monkeypatch.setattr(sys, "unraisablehook", printed.append)
    monkeypatch.setattr(external_file, "_PIECE", piece)
    (tmp_path / "a.csv").write_bytes(data)
    todo = "save the file as CSV in UTF-8, as Parquet or as .npy"
    assert refused(corpus, tmp_path / "a.csv") == f"{expected} is not UTF-8 text; {todo}"
    assert not printed


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_is_named(corpus, tmp_path, encoding):
    write(tmp_path / "a.csv", least())
    text = (tmp_path / "a.csv").read_text()
    (tmp_path / "a.csv").write_text(text, encoding=encoding)
    message = refused(corpus, tmp_path / "a.csv")
    assert message == "looks like UTF-16, expected UTF-8; save the file as UTF-8"


@pytest.mark.parametrize(
    ("header", "row", "name"),
    [
        ('"";"position";"probability"', '"{0}";{0};0,5', "semicolons"),  # write.csv2 of R
        ("\ufeffposition;probability", "{};0.5", "semicolons"),
        ("\n\nposition;probability", "{};0,5", "semicolons"),
        ("position\tprobability", "{}\t0,5", "tabs"),
    ],
)
def test_another_separator_is_named(corpus, tmp_path, header, row, name):
    rows = [row.format(number) for number in range(ROWS)]
    (tmp_path / "a.csv").write_text("\n".join([header, *rows]) + "\n")
    message = refused(corpus, tmp_path / "a.csv")
    assert message.startswith(
        f"the header line is separated by {name}, expected commas; write the f"
    )


TODO = "save the probability of each character of test.npy[:, 1:].ravel()"


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.ones(ROWS - 1), "is float64 of shape (299,)"),
        (np.ones(ROWS + 1, np.float32), "is float32 of shape (301,)"),
        (np.ones((STREAMS, LENGTH)), "is float64 of shape (5, 60)"),
        (np.ones((1, ROWS)), "is float64 of shape (1, 300)"),
        (np.ones(0), "is float64 of shape (0,)"),
        (np.float64(1), "is float64 of shape ()"),
        (np.ones(ROWS, int), "is int64 of shape (300,)"),
        (np.ones(ROWS, bool), "is bool of shape (300,)"),
        (np.ones(ROWS, complex), "is complex128 of shape (300,)"),
        (np.ones(ROWS, [("a\nb", "f8")]), "is [('a\\nb', '<f8')] of shape (300,)"),
    ],
)
def test_an_array_of_another_kind_or_shape(corpus, tmp_path, array, expected):
    message = refused(corpus, save(tmp_path / "a.npy", array))
    assert message == f"{expected}, expected floats of shape (300,); {TODO}"


@pytest.mark.parametrize("value", [NAN, 1.5, -0.25, float("-inf")])
def test_an_array_with_a_value_that_cannot_be(corpus, tmp_path, value):
    array = np.array(full()["probability"])
    array[67] = value
    message = refused(corpus, save(tmp_path / "a.npy", array))
    assert message == f"row 67: probability is {value:.9g}, {ZERO_TO_ONE}"


def test_npy_that_is_none(corpus, tmp_path):
    file = save(tmp_path / "a.npy", np.ones(ROWS))
    whole = file.read_bytes()
    shape = whole.index(b"(300,)")
    for data in (
        whole[:-1],
        whole[:6],
        whole[:40],
        whole[:shape] + b"(3\n0," + whole[shape + 6 :],
        whole[:shape] + b'"300,)' + whole[shape + 6 :],
    ):
        file.write_bytes(data)
        message = refused(corpus, file)
        assert message.startswith("no NumPy array that can be read (")
        assert message.endswith("); save one of floats again")
    message = refused(corpus, save(file, np.array([0.5] * ROWS, object)))
    assert message.startswith("no NumPy array that can be read (")


def test_parquet_that_is_none(corpus, tmp_path):
    file = write(tmp_path / "a.parquet", least())
    whole = file.read_bytes()
    file.write_bytes(whole[:-20])
    assert "write the file again" in refused(corpus, file)
    columns = least() | {"probability": [[0.5]] * ROWS}
    message = refused(corpus, write(file, columns))
    assert message.startswith("column probability is list<")
    assert message.endswith(">, expected numbers")


def test_a_file_that_is_not_there(corpus, tmp_path):
    assert "No such file" in refused(corpus, tmp_path / "none.csv")
    assert "Is a directory" in refused(corpus, tmp_path)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"corpus_sha256": "ab" * 32}, f"scores a corpus with sha256 {'ab' * 32} (says its meta"),
        ({"corpus_sha256": "a\nb" * 999}, "scores a corpus with sha256 a ba b"),
        ({"corpus_sha256": 5}, "scores a corpus with sha256 5 (says its metadata)"),
        ("{", "metadata 'charlens' cannot be read"),
        ("[" * 100_000, "metadata 'charlens' cannot be read"),
        ([1], "(not a JSON object); expected a JSON object, or none"),
        ({"parameters": "many"}, "metadata: parameters is 'many', expected a whole number"),
        ({"parameters": 10**400}, f"metadata: parameters is 1{'0' * 59}…, expected a number from"),
        ({"parameters": 2**63}, "expected a number from 0 to 9,223,372,036,854,775,807"),
        ({"parameters": -1}, "metadata: parameters is -1, expected a number from 0 to"),
        ('{"seed": 1e400}', "metadata: seed is '1e400', expected a whole number or nothing"),
        (f'{{"config": {"[" * 900 + "]" * 900}}}', "metadata: config is [[["),
        (
            f'{{"config": {"[" * 900 + "]" * 900}}}'.replace("[", '{"a":')
            .replace("]", "1}", 1)
            .replace("]", "}"),
            "metadata: config has more than 100 mappings or lists in each other",
        ),
    ],
)
def test_metadata_that_does_not_fit(corpus, tmp_path, metadata, expected):
    assert expected in refused(corpus, write(tmp_path / "a.parquet", least(), metadata))


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_corpus_that_the_config_knows_to_be_another(corpus, tmp_path, suffix):
    message = refused(corpus, write(tmp_path / f"a.{suffix}", least()), "ab" * 32)
    assert "(says the config), expected " in message
    assert message.endswith(", that of text; score this one")


# In the workflow

CONFIG = """\
run: ext
corpora:
  prose: {source: {builtin: python_docs, limit_bytes: 10000}}
grid: [{cells: [lstm], layers: [1], sizes: [8]}]
training: {epochs: 1, batch: 10, unroll: 20, device: cpu}
n_nn: {corpora: []}
n_gram: {corpora: []}
external:
  - {corpus: prose, model: mine, file: mine.csv}
"""


def test_an_external_model_lands_in_the_table(tmp_path):
    copy_repository(tmp_path)
    (tmp_path / "my.yaml").write_text(CONFIG)
    file = tmp_path / "mine.csv"
    rows = "".join(f"{i},0.25\n" for i in range(1000))
    file.write_text("position,probability\n" + rows)
    target = "results/ext/tables/cross_entropy.csv"
    arguments = ("--cores", "2", "--configfile", "my.yaml", "--", target)
    run = snakemake(tmp_path, *arguments)
    assert run.code == 0, run.stderr
    table = pd.read_csv(tmp_path / "results/ext/tables/cross_entropy.csv", index_col="model")
    assert list(table.index) == ["lstm-1x8", "mine"]
    assert table.loc["mine", "cross_entropy"] == pytest.approx(math.log(4))
    log = tmp_path / "logs/ext/prose/external_probabilities/mine.log"
    assert "mine: has no entropy, top_byte, top_probability" in log.read_text()

    file.write_text(file.read_text().replace("0.25", "0.5"))
    run = snakemake(tmp_path, "-np", *arguments[2:])
    planned = re.findall(r"^ *(?:local)?rule (\w+):", run.stdout + run.stderr, re.M)
    assert set(planned) == {
        "external_probabilities",
        "cross_entropy",
    }


def test_a_file_that_unpacks_to_far_too_much_is_refused_before_it_does(
    corpus, tmp_path, monkeypatch
):
    monkeypatch.setattr(external_file, "MAX_ROW", 100)
    monkeypatch.setattr(external_file, "_SPARE", 0)
    with gzip.open(tmp_path / "a.csv.gz", "wb") as file:
        file.write(b"position,probability\n" + b"0,0.5\n" * (1 << 20))
    assert (tmp_path / "a.csv.gz").stat().st_size < 100 * ROWS
    assert "it may hold 30,000 for 300 test characters" in refused(corpus, tmp_path / "a.csv.gz")
    pq.write_table(pa.table({"position": [0] * 2000, "probability": [0] * 2000}), tmp_path / "b.pq")
    message = refused(corpus, tmp_path / "b.pq")
    assert message == "has 2,000 rows, expected one for each of 300 test characters"
    np.savez(tmp_path / "c.npz", np.full(ROWS, 0.5))
    assert refused(corpus, tmp_path / "c.npz").startswith("is a zip archive (as .npz")
