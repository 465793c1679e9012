"""The activation store: what is written, who reads it, and what is said of a damaged file."""

import json
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from charlens.errors import CharlensError
from charlens.inside import store
from charlens.inside.store import ActivationMetadata, activations, file_path, writing
from hypothesis import given
from hypothesis import strategies as st


def metadata(layer=1, quantity="c", start=0):
    return ActivationMetadata(
        "text", "ab" * 32, "lstm-1x4", layer, quantity, start, {"dropout": 0.1}, "1.0"
    )


def write(folder, values, layer=1, quantity="c", start=0, dtype="float32"):
    """Keep values (positions, units) as a dump does."""
    path = file_path(folder, layer, quantity)
    with writing(path, values.shape[1], metadata(layer, quantity, start), dtype) as writer:
        for first in range(0, len(values), store.ROW_GROUP):
            writer.write(np.ascontiguousarray(values[first : first + store.ROW_GROUP].T))
    return path


def noise(positions, units, seed=0):
    return np.random.default_rng(seed).normal(size=(positions, units)).astype(np.float16)


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Ten positions 100 … 109 of three units in row groups of four; the folder and the values."""
    monkeypatch.setattr(store, "ROW_GROUP", 4)
    values = noise(10, 3)
    write(tmp_path, values, start=100)
    return tmp_path, values


# Reading


def test_all_of_it(small):
    folder, values = small
    stored = activations(folder, 1, "c")
    assert stored.dtype == np.float32
    assert np.array_equal(stored, values)
    assert store.read_metadata(folder, 1, "c") == metadata(start=100)


@pytest.mark.parametrize("units", [[0], [2, 0], [1, 1, 0], [], np.array([2])])
def test_units_in_the_order_asked(small, units):
    folder, values = small
    assert np.array_equal(activations(folder, 1, "c", units), values[:, list(units)])


@pytest.mark.parametrize(
    ("positions", "rows"),
    [
        (slice(100, 110), range(10)),
        (slice(103, None), range(3, 10)),
        (slice(None, 104), range(4)),
        (slice(103, 109), range(3, 9)),  # parts of three row groups
        (slice(104, 108), range(4, 8)),  # one of them, whole
        (slice(-2, None), range(8, 10)),
        (slice(-9, -1), range(1, 9)),
        (slice(105, 105), range(0)),
        (slice(107, 103), range(0)),
        (slice(110, None), range(0)),
        (slice(101, 102, 1), range(1, 2)),
    ],
)
def test_positions_count_over_the_test_split(small, positions, rows):
    folder, values = small
    stored = activations(folder, 1, "c", positions=positions)
    assert stored.shape == (len(rows), 3)
    assert np.array_equal(stored, values[list(rows)])


@given(st.integers(0, 30), st.integers(0, 30), st.lists(st.integers(0, 4), max_size=4))
def test_any_part_is_that_part_of_the_whole(tmp_path_factory, start, stop, units):
    folder = tmp_path_factory.getbasetemp() / "any-part"
    values = noise(30, 5)
    if not folder.exists():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(store, "ROW_GROUP", 7)
            write(folder, values)
    stored = activations(folder, 1, "c", units, slice(start, stop))
    assert np.array_equal(stored, values[start:stop, units])


@pytest.mark.parametrize(
    "positions", [slice(99, None), slice(0, 5), slice(None, 111), slice(-11, None), slice(200, 300)]
)
def test_positions_that_are_not_there(small, positions):
    with pytest.raises(CharlensError, match=r"c\.parquet: position .* holds 100 to 109; ask"):
        activations(small[0], 1, "c", positions=positions)


def test_other_things_that_are_not_there(small):
    folder, _ = small
    with pytest.raises(CharlensError, match=r"c\.parquet: unit 3 is not there, expected 0 to 2"):
        activations(folder, 1, "c", [0, 3])
    with pytest.raises(CharlensError, match="unit -1 is not there"):
        activations(folder, 1, "c", [-1])
    with pytest.raises(CharlensError, match="expected a slice with step 1"):
        activations(folder, 1, "c", positions=slice(100, 110, 2))
    for layer, quantity in ((2, "c"), (1, "f")):
        missing = rf"layer-{layer}/{quantity}\.parquet: no such file; the dump holds "
        with pytest.raises(CharlensError, match=missing + r"layer-1/c\.parquet \(config key act"):
            activations(folder, layer, quantity)
        with pytest.raises(CharlensError, match="no such file"):
            store.read_metadata(folder, layer, quantity)
    with pytest.raises(CharlensError, match="the dump holds nothing"):
        activations(folder / "elsewhere", 1, "c")


# The file


def test_row_groups_are_of_65536_positions(tmp_path):
    values = noise(140_000, 2)
    file = pq.ParquetFile(write(tmp_path, values))
    sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert sizes == [65_536, 65_536, 8_928]
    assert np.array_equal(activations(tmp_path, 1, "c"), values)


@pytest.mark.parametrize(
    ("dtype", "kind", "split"), [("float32", "float", True), ("float16", "halffloat", False)]
)
def test_the_format(tmp_path, dtype, kind, split):
    file = pq.ParquetFile(write(tmp_path, noise(10, 3), start=100, dtype=dtype))
    assert file.schema_arrow.names == ["u0", "u1", "u2"]
    assert {str(kind) for kind in file.schema_arrow.types} == {kind}
    column = file.metadata.row_group(0).column(0)
    assert column.compression == "ZSTD"
    assert ("BYTE_STREAM_SPLIT" in column.encodings) == split
    assert "RLE_DICTIONARY" not in column.encodings
    assert json.loads(file.metadata.metadata[b"charlens"])["start"] == 100
    assert np.array_equal(activations(tmp_path, 1, "c"), noise(10, 3))


def test_float32_columns_are_hardly_larger(tmp_path):
    """The bits that half precision leaves zero cost next to nothing."""
    values = noise(65_536, 4)
    large, small = (
        write(tmp_path / dtype, values, dtype=dtype).stat().st_size
        for dtype in ("float32", "float16")
    )
    assert small < large < 1.2 * small


def test_special_values_survive(tmp_path):
    values = np.array([[0.0, -0.0, np.inf, -np.inf, np.nan, 6e-8, 65504, -1]], np.float16)
    write(tmp_path, values)
    assert activations(tmp_path, 1, "c").tobytes() == values.astype(np.float32).tobytes()


def test_equal_values_give_equal_bytes(tmp_path):
    values = noise(5000, 4)
    first, second = (write(tmp_path / name, values) for name in "ab")
    assert first.read_bytes() == second.read_bytes()


def bytes_read(action):
    """Bytes that this process asks the kernel to read while it does something."""

    def so_far():
        return int(Path("/proc/self/io").read_text().split()[1])  # rchar

    own = -(so_far() - so_far())  # what asking costs
    start = so_far()
    action()
    return so_far() - start - own


@pytest.mark.skipif(not Path("/proc/self/io").is_file(), reason="needs Linux's /proc/self/io")
def test_one_unit_is_a_short_read(tmp_path):
    block = np.tile(noise(65_536, 1).T, (512, 1))  # a row group of 512 units
    path = file_path(tmp_path, 1, "c")
    with writing(path, 512, metadata()) as writer:
        writer.write(block)
        writer.write(block[:, :4000])
    size, column = path.stat().st_size, 65_536 * 2  # half of each number compresses away
    assert size > 50e6
    activations(tmp_path, 1, "c", [0], slice(0, 1))  # load the reader's own libraries

    whole = bytes_read(lambda: activations(tmp_path, 1, "c", [17]))
    last = bytes_read(lambda: activations(tmp_path, 1, "c", [17], slice(-10, None)))
    both = bytes_read(lambda: activations(tmp_path, 1, "c", [17, 400]))
    footer = struct.unpack("<I", path.read_bytes()[-8:-4])[0]
    # The footer, at most 64 KiB with it, and the column's pages: not a hundredth of the file.
    assert whole < footer + 2 * 65_536 + 1.1 * column < size / 100
    assert last < whole - column / 2
    assert whole + column / 2 < both < whole + 1.5 * column


# Damaged files


def test_truncated_anywhere(small):
    folder, _ = small
    path = file_path(folder, 1, "c")
    content = path.read_bytes()
    for size in [*range(0, len(content), 9), len(content) - 1]:
        path.write_bytes(content[:size])
        with pytest.raises(CharlensError, match=r"c\.parquet: damaged, .* delete it") as caught:
            activations(folder, 1, "c")
        assert "\n" not in str(caught.value)


def attempt(folder):
    """What is read, or the line that says why not."""
    try:
        return activations(folder, 1, "c"), ""
    except CharlensError as error:
        (line,) = str(error).splitlines()
        return None, line


def test_one_flipped_byte_is_never_read_as_a_number(small):
    folder, values = small
    path = file_path(folder, 1, "c")
    content = path.read_bytes()
    footer = len(content) - 8 - struct.unpack("<I", content[-8:-4])[0]
    pages = pq.ParquetFile(path).metadata
    bodies = set()  # the last bytes of every page are its values, under a checksum
    for group in range(pages.num_row_groups):
        for unit in range(3):
            column = pages.row_group(group).column(unit)
            end = column.data_page_offset + column.total_compressed_size
            bodies |= set(range(end - 6, end))
    for place in range(4, footer):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        stored, error = attempt(folder)
        assert "c.parquet: damaged" in error or error == ""
        if not error:  # a byte of a page's header that says nothing about its values
            assert place not in bodies
            assert np.array_equal(stored, values)


def test_a_flipped_bit_of_the_footer_is_reported_or_harmless(small):
    folder, _ = small
    path = file_path(folder, 1, "c")
    content = path.read_bytes()
    footer = len(content) - 8 - struct.unpack("<I", content[-8:-4])[0]
    for place in range(footer, len(content), 2):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        stored, error = attempt(folder)
        assert error or stored.shape == (10, 3)


def test_a_flipped_bit_of_the_metadata_is_never_read_as_metadata(small):
    folder, _ = small
    path = file_path(folder, 1, "c")
    content, whole = path.read_bytes(), store.read_metadata(folder, 1, "c")
    begin = content.index(b'{"code_version"')
    for place in range(begin, content.index(b"}", content.index(b'"start"')) + 1):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with suppress(CharlensError):  # which names the file, as above
            assert store.read_metadata(folder, 1, "c") == whole


@pytest.mark.parametrize("rows", [9, 11])
def test_a_footer_that_announces_other_rows(small, rows):
    """The number of rows, ten, is a zigzag varint behind type and step of its Thrift field."""
    folder, _ = small
    path = file_path(folder, 1, "c")
    content = path.read_bytes()
    assert content.count(b"\x16\x14") == 1
    path.write_bytes(content.replace(b"\x16\x14", bytes([0x16, 2 * rows])))
    with pytest.raises(CharlensError, match=f"damaged, .*{rows} rows are announced, 10 are there"):
        activations(folder, 1, "c")


@pytest.mark.parametrize(
    "text", [None, "{}", "[1]", "not JSON", "[" * 100_000, '{"corpus": "text"}']
)
def test_a_foreign_parquet_file(tmp_path, text):
    path = file_path(tmp_path, 1, "h")
    path.parent.mkdir()
    frame = pd.DataFrame({"u0": np.zeros(3, np.float16)})
    table = pq.read_table(_saved(frame, path)).replace_schema_metadata(text and {"charlens": text})
    pq.write_table(table, path)
    for read in (activations, store.read_metadata):
        with pytest.raises(CharlensError, match="not a dump of activations"):
            read(tmp_path, 1, "h")


def _saved(frame, path):
    frame.to_parquet(path)
    return path


def test_a_writer_that_fails_leaves_what_was_there(tmp_path):
    path = write(tmp_path, noise(9, 2))
    before = path.read_bytes()
    with pytest.raises(ValueError, match="same length"), writing(path, 2, metadata()) as writer:
        writer.write([np.zeros(5, np.float16), np.zeros(4, np.float16)])
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == ["c.parquet"]


# Other readers


@pytest.fixture(scope="module")
def dump(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dump")
    values = noise(70_000, 3, seed=5)
    values[:4, 0] = [0.0, -0.0, 6e-8, np.inf]
    return str(write(folder, values, layer=2)), values


def test_pandas_reads_it(dump):
    path, values = dump
    frame = pd.read_parquet(path, columns=["u2", "u0"])
    assert list(frame.columns) == ["u2", "u0"]
    assert (frame.dtypes == np.float32).all()
    assert np.array_equal(frame.to_numpy(), values[:, [2, 0]])


def test_pandas_computes_with_it_rightly(dump):
    """Of float16 columns of this length std is inf or 0, in describe() too."""
    path, values = dump
    frame, exact = pd.read_parquet(path, columns=["u1", "u2"]), values[:, 1:].astype(np.float64)
    for name in ("mean", "std", "sum", "var"):
        computed = getattr(frame, name)().to_numpy()
        assert np.allclose(computed, getattr(pd.DataFrame(exact), name)(), rtol=1e-4, atol=1e-4), (
            name
        )
    assert np.allclose(frame.describe().loc["std"], exact.std(0, ddof=1), rtol=1e-4)


def test_duckdb_reads_it(dump):
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed (make peers)")
    path, values = dump
    columns = duckdb.sql(f"select * from '{path}'").fetchnumpy()
    assert list(columns) == ["u0", "u1", "u2"]
    for unit in range(3):
        assert np.array_equal(columns[f"u{unit}"], values[:, unit].astype(np.float32))
    spread = duckdb.sql(f"select stddev(u1) from '{path}'").fetchall()[0][0]
    assert spread == pytest.approx(values[:, 1].astype(np.float64).std(ddof=1))


def test_a_folder_has_the_units_alone(tmp_path):
    """No reader takes the name of a folder for a column."""
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed (make peers)")
    polars = pytest.importorskip("polars", reason="polars is not installed (make peers)")
    for layer in (1, 2):
        write(tmp_path, noise(10, 3, seed=layer), layer=layer)
    for frame in (
        duckdb.sql(f"select * from '{tmp_path}/*/c.parquet'").df(),
        polars.read_parquet(f"{tmp_path}/*/c.parquet"),
        pd.read_parquet(tmp_path),
    ):
        assert list(frame.columns) == ["u0", "u1", "u2"]
        assert len(frame) == 20


def test_polars_reads_it(dump):
    polars = pytest.importorskip("polars", reason="polars is not installed (make peers)")
    path, values = dump
    frame = polars.read_parquet(path)
    assert frame.columns == ["u0", "u1", "u2"]
    assert np.array_equal(frame.to_numpy(), values)
    above = polars.scan_parquet(path).filter(polars.col("u1") > 1).select(polars.len()).collect()
    assert above.item() == (values[:, 1] > 1).sum()
