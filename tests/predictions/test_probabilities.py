"""The probabilities file: what is written is read, and nothing else is."""

import json
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from charlens.errors import CharlensError
from charlens.predictions import file as probabilities
from charlens.predictions.contract import COLUMNS, OPTIONAL
from charlens.predictions.file import (
    ProbabilityMetadata,
    column_names,
    read_metadata,
    read_probabilities,
    write_probabilities,
)
from charlens.predictions.together import SameTestSet
from hypothesis import given, settings
from hypothesis import strategies as st
from probability_files import random_columns

SHA = "ab" * 32
METADATA = ProbabilityMetadata(
    SHA, "lstm-1x64", "war_and_peace", seed=3, config={"b": [1, 2], "a": None}, code_version="1"
)


def raw(path: Path, columns: dict, metadata: object = None, **options: object) -> Path:
    """A file written without the library, as another program might."""
    values = {"corpus_sha256": SHA, "model": "m", "corpus": "c"} if metadata is None else metadata
    table = pa.table(columns)
    if values is not False:
        text = values if isinstance(values, str) else json.dumps(values)
        table = table.replace_schema_metadata({"charlens": text})
    pq.write_table(table, path, **options)
    return path


def refused(path: Path, *parts: object, **options: object) -> str:
    """The error that reading raises: one line that names the file and all ``parts``."""
    with pytest.raises(CharlensError) as caught:
        read_probabilities(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    for part in (path, *parts):
        assert str(part) in message
    return message


@settings(max_examples=25)
@given(rows=st.integers(1, 40), seed=st.integers(0, 99), group=st.integers(1, 50))
def test_round_trip(tmp_path_factory, rows, seed, group):
    path = tmp_path_factory.mktemp("round") / "deep" / "model.parquet"
    columns = random_columns(rows, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(probabilities, "ROW_GROUP", group)
        write_probabilities(path, columns, METADATA)
        stored = read_probabilities(path, corpus_sha256=SHA, rows=rows)
    assert list(stored) == list(COLUMNS)
    for name, dtype in COLUMNS.items():
        assert stored[name].dtype == dtype
        np.testing.assert_array_equal(stored[name], columns[name])
    assert read_metadata(path) == METADATA


@pytest.mark.parametrize("absent", [*combinations(OPTIONAL, 1), *combinations(OPTIONAL, 3)])
def test_columns_that_may_be_absent(tmp_path, absent):
    path, columns = tmp_path / "m.parquet", random_columns(50)
    for name in absent:
        del columns[name]
    write_probabilities(path, columns, METADATA)
    assert list(read_probabilities(path)) == list(column_names(path)) == list(columns)
    assert pd.read_parquet(path).columns.tolist() == list(columns)
    assert list(read_probabilities(path, ["byte", "probability"])) == ["byte", "probability"]
    for name in absent:
        refused(path, "lstm-1x64 has no column", name, columns=["byte", name])


def test_the_file_as_others_see_it(tmp_path):
    path, columns = tmp_path / "m.parquet", random_columns(70_000)
    write_probabilities(path, columns, METADATA)
    frame = pd.read_parquet(path)
    assert {name: frame[name].dtype for name in frame} == COLUMNS
    for name in COLUMNS:
        np.testing.assert_array_equal(frame[name].to_numpy(), columns[name])
    file = pq.ParquetFile(path)
    groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
    assert [group.num_rows for group in groups] == [65_536, 70_000 - 65_536]
    assert {group.column(i).compression for group in groups for i in range(7)} == {"ZSTD"}
    assert json.loads(file.schema_arrow.metadata[b"charlens"])["corpus_sha256"] == SHA


def test_equal_input_gives_equal_bytes(tmp_path):
    one, two = tmp_path / "1.parquet", tmp_path / "2.parquet"
    write_probabilities(one, random_columns(5000), METADATA)
    reordered = replace(METADATA, config={"a": None, "b": [1, 2]})
    write_probabilities(two, dict(reversed(random_columns(5000).items())), reordered)
    assert one.read_bytes() == two.read_bytes()


def test_memory_maps_are_written(tmp_path):
    columns = random_columns(100)
    for name, array in columns.items():
        np.save(tmp_path / f"{name}.npy", array)
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in columns}
    write_probabilities(tmp_path / "m.parquet", mapped, METADATA)
    stored = read_probabilities(tmp_path / "m.parquet")
    assert all((stored[name] == columns[name]).all() for name in COLUMNS)


def test_only_the_asked_columns_are_read(tmp_path):
    columns = random_columns(50)
    columns["entropy"][7] = np.nan
    path = raw(tmp_path / "m.parquet", columns)
    assert list(read_probabilities(path, ["top_byte", "byte"])) == ["top_byte", "byte"]
    refused(path, "row 7", "entropy", "nan", columns=["entropy"])


BROKEN = {
    "position gap": ("position", 999, "position is 999"),
    "stream back": ("stream", 0, "stream is 0"),
    "negative": ("probability", -0.1, "probability is -0.1"),
    "above one": ("probability", 1.5, "probability is 1.5"),
    "nan": ("probability", np.nan, "probability is nan"),
    "top nan": ("top_probability", np.nan, "top_probability is nan"),
    "top infinite": ("top_probability", np.inf, "top_probability is inf"),
    "entropy below zero": ("entropy", -1.0, "entropy is -1.0"),
    "entropy above ln 256": ("entropy", 6.0, "entropy is 6.0"),
    "top below the byte": ("top_probability", 0.0, "at least the probability"),
}


@pytest.mark.parametrize("row", [13, 29])
@pytest.mark.parametrize("case", BROKEN)
def test_values_that_break_the_contract(tmp_path, monkeypatch, case, row):
    monkeypatch.setattr(probabilities, "ROW_GROUP", 20)  # row 29 lies in the second group
    name, value, message = BROKEN[case]
    columns = random_columns(40)
    columns["probability"][row] = columns["top_probability"][row] = 0.5
    columns[name][row] = value
    path = tmp_path / "m.parquet"
    with pytest.raises(CharlensError, match=rf"m\.parquet: row {row}: .*{message}"):
        write_probabilities(path, columns, METADATA)
    assert list(tmp_path.iterdir()) == []
    refused(raw(path, columns), f"row {row}: ", message)


def test_probability_one_and_zero_are_fine(tmp_path):
    columns = random_columns(3)
    columns["probability"][:] = [0, 1, 1 + 1e-7]
    columns["top_probability"][:] = [1, 1, 1]
    write_probabilities(tmp_path / "m.parquet", columns, METADATA)
    stored = read_probabilities(tmp_path / "m.parquet")
    assert stored["probability"].tolist() == columns["probability"].tolist()


def test_a_failed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "m.parquet"
    write_probabilities(path, random_columns(40), METADATA)
    before = path.read_bytes()
    bad = random_columns(40)
    bad["entropy"][39] = np.nan
    with pytest.raises(CharlensError):
        write_probabilities(path, bad, METADATA)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"byte": None}, "missing or unknown columns: byte; give"),
        ({"probability": None, "x": np.zeros(5)}, "missing or unknown columns: probability, x;"),
        ({"extra": np.zeros(5)}, "extra"),
        ({"byte": np.zeros(5, np.int64)}, "column byte is int64, expected uint8"),
        ({"byte": np.zeros(4, np.uint8)}, r"shape \(4,\), expected \(5,\)"),
        ({"byte": np.zeros((5, 1), np.uint8)}, r"shape \(5, 1\)"),
    ],
)
def test_arrays_that_cannot_be_written(tmp_path, change, message):
    columns = {k: v for k, v in (random_columns(5) | change).items() if v is not None}
    with pytest.raises(CharlensError, match=message):
        write_probabilities(tmp_path / "m.parquet", columns, METADATA)


def test_no_rows(tmp_path):
    with pytest.raises(CharlensError, match="no rows"):
        write_probabilities(tmp_path / "m.parquet", random_columns(0), METADATA)
    refused(raw(tmp_path / "m.parquet", random_columns(0)), "no rows")


def test_truncated_files(tmp_path):
    path = tmp_path / "m.parquet"
    write_probabilities(path, random_columns(500), METADATA)
    whole = path.read_bytes()
    for length in [*range(0, len(whole), 97), len(whole) - 1]:
        path.write_bytes(whole[:length])
        refused(path)


def test_flipped_bits_never_give_other_numbers(tmp_path):
    path, columns = tmp_path / "m.parquet", random_columns(500)
    write_probabilities(path, columns, METADATA)
    whole, random, refusals = path.read_bytes(), np.random.default_rng(0), 0
    for place in random.integers(len(whole), size=250):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << random.integers(8)
        path.write_bytes(damaged)
        try:
            stored = read_probabilities(path, list(COLUMNS))
        except CharlensError:
            refusals += 1
        else:  # unused parts of the footer
            assert all(np.array_equal(stored[name], columns[name]) for name in COLUMNS)
    assert refusals > 100


def test_missing_file(tmp_path):
    refused(tmp_path / "none.parquet", "no such file")


def test_not_parquet(tmp_path):
    (tmp_path / "m.parquet").write_text("position,stream\n0,0\n" * 50)
    refused(tmp_path / "m.parquet", "foreign")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (False, "no schema metadata 'charlens'"),
        ("{", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ([1], "not a JSON object"),
        ({"model": "m", "corpus": "c"}, "lacks the key 'corpus_sha256'"),
        ({"model": "m", "corpus": "c", "corpus_sha256": "ab"}, "64 hexadecimal digits"),
        ({"model": 1, "corpus": "c", "corpus_sha256": SHA}, "model is 1, expected text"),
        ({"model": "", "corpus": "c", "corpus_sha256": SHA}, "model is empty"),
        ({"model": "m", "corpus": "c", "corpus_sha256": SHA, "seed": "x"}, "seed is 'x'"),
        ({"model": "m", "corpus": "c", "corpus_sha256": SHA, "config": 1}, "config is 1"),
        (
            {"model": "m", "corpus": "c", "corpus_sha256": SHA, "parameters": 10**400},
            "parameters is 10000",
        ),
    ],
)
def test_foreign_metadata(tmp_path, metadata, message):
    refused(raw(tmp_path / "m.parquet", random_columns(5), metadata), message)


def test_a_file_from_elsewhere_may_say_less_and_hold_more(tmp_path):
    columns = random_columns(100) | {"extra": np.zeros(100)}
    metadata = {"corpus_sha256": SHA, "model": "mine", "corpus": "c", "later": 1}
    path = raw(tmp_path / "m.parquet", columns, metadata, row_group_size=1000)
    assert read_metadata(path) == ProbabilityMetadata(SHA, "mine", "c")
    assert list(read_probabilities(path)) == list(COLUMNS)


def test_foreign_columns(tmp_path):
    columns = random_columns(5)
    path = raw(tmp_path / "m.parquet", columns | {"byte": columns["byte"].astype(np.int64)})
    refused(path, "column byte is int64, expected uint8", columns=["entropy"])
    path = raw(path, {name: array for name, array in columns.items() if name != "byte"})
    refused(path, "column byte is missing")
    refused(path, "column byte is missing", columns=["entropy"])
    path = raw(path, columns | {"top_byte": columns["entropy"]})
    refused(path, "column top_byte is float, expected uint8", columns=["byte"])
    double = pa.table([*columns.values(), columns["entropy"]], [*columns, "entropy"])
    pq.write_table(double.replace_schema_metadata(pq.read_schema(path).metadata), path)
    refused(path, "column entropy is missing or double")


def test_missing_values(tmp_path):
    columns = random_columns(5) | {"byte": pa.array([1, 2, 3, None, 5], pa.uint8())}
    refused(raw(tmp_path / "m.parquet", columns), "row 3: byte is empty")


def test_another_corpus_or_length(tmp_path):
    path = tmp_path / "m.parquet"
    write_probabilities(path, random_columns(5), METADATA)
    refused(path, SHA, "cd" * 32, corpus_sha256="cd" * 32)
    refused(path, "holds 5 characters, expected 6", rows=6)


def test_same_test_set(tmp_path):
    byte = np.arange(9, dtype=np.uint8)
    same = SameTestSet()
    same.check("a", METADATA, byte)
    same.check("b", METADATA, byte.copy())
    same.check("c", replace(METADATA, corpus="another", corpus_sha256="cd" * 32), byte[:3])
    with pytest.raises(CharlensError, match=r"d: corpus sha256 cdcd.* as in a"):
        same.check("d", replace(METADATA, corpus_sha256="cd" * 32), byte)
    with pytest.raises(CharlensError, match="d: holds 8 characters, expected 9 as in a"):
        same.check("d", METADATA, byte[:8])
    with pytest.raises(CharlensError, match="d: row 4: byte is 0, expected 4 as in a"):
        same.check("d", METADATA, np.where(byte == 4, 0, byte))
