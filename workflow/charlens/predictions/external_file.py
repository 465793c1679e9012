"""Reading of a user's file of probabilities: Parquet, CSV or .npy, by its first bytes."""

from __future__ import annotations

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.predictions.contract import DTYPES
from charlens.text.sources.own_file import MAX_BYTES, MAX_TREE

Numbers = dict[str, np.ndarray]


MAX_ROW = 20_000
"""Most bytes that one character may take in a file: a CSV with a column for each of 256 bytes."""

_SPARE = 1 << 24
"""Bytes that a file may have besides its rows: metadata."""

_NPY, _PARQUET, _ZIP = b"\x93NUMPY", b"PAR1", b"PK"


def check_start(path: FilePath, size: int | None = None) -> None:
    """Refuse a file that cannot fit the test split, by its size and what it says of itself.

    Nothing but the head of a ``.npy`` and the footer of a Parquet file is read.

    Args:
        path: the file.
        size: characters of the test split; None if they are not known.

    Raises:
        CharlensError: an array of another shape or type, another number of rows, too many bytes,
            or a file of another kind.
    """
    with _reading(path):
        count = os.path.getsize(path)
    if count == 0:  # the system's own files say so too, and may never end
        raise CharlensError(f"{path}: is empty, expected Parquet, CSV or .npy")
    rows = _announced_rows(path, size)
    if rows is not None and size is not None and rows != size:
        raise _other_count(path, rows, size)


def read_table(path: FilePath, size: int) -> pa.Table:
    """The known columns of a file, each of any type; its first bytes tell the format."""
    _announced_rows(path, size)  # before any of it takes memory; those that lack are named later
    start = _start(path)
    if start == _NPY:
        return _read_npy(path, size)
    with _reading(path):
        table = _read_parquet(path) if start[:4] == _PARQUET else _read_csv(path, size)
    metadata = table.schema.metadata
    names = [name.strip() for name in table.column_names]
    table = table.rename_columns(names).select([name for name in DTYPES if name in names])
    return table.replace_schema_metadata(metadata)


def _announced_rows(path: FilePath, size: int | None) -> int | None:
    """Rows that the head or footer of a file announces, not far above ``size``; None for CSV.

    With a few too many the reader tells which of them is wrong.
    """
    start = _start(path)
    with _reading(path):
        _check_bytes(path, os.path.getsize(path), size)
    if start == _NPY:
        return len(_open_npy(path, size))
    if start[:2] == _ZIP:
        raise CharlensError(
            f"{path}: is a zip archive (as .npz, .xlsx and .pt are), expected Parquet, CSV or "
            ".npy; save the probabilities as one of these"
        )
    if start[:4] != _PARQUET:
        return None
    with _reading(path), pq.ParquetFile(path) as file:
        _check_names(path, file.schema_arrow.names)
        rows = file.metadata.num_rows
    if size is None and rows > MAX_BYTES:
        raise CharlensError(f"{path}: has {rows:,} rows, which no text has characters")
    if size is not None and rows > 2 * size:
        raise _other_count(path, rows, size)
    return rows


def _start(path: FilePath) -> bytes:
    with _reading(path), open(path, "rb") as stream:
        return stream.read(len(_NPY))


@contextmanager
def _reading(path: FilePath) -> Iterator[None]:
    """Errors of the system and of pyarrow, in one line."""
    try:
        yield
    except OSError as error:
        raise CharlensError(
            f"{path}: cannot be read ({one_line(error.strerror or error)}); write the file again"
        ) from error
    except (pa.ArrowException, ValueError) as error:
        raise CharlensError(
            f"{path}: neither Parquet nor CSV with a header line that can be read "
            f"({one_line(error)}); write the file again"
        ) from error


def _check_bytes(path: FilePath, count: int, size: int | None) -> None:
    most = MAX_TREE if size is None else min(MAX_TREE, size * MAX_ROW + _SPARE)
    if count > most:
        rows = "" if size is None else f" for {size:,} test characters"
        raise CharlensError(
            f"{path}: holds {count:,} bytes; it may hold {most:,}{rows}: leave out other columns"
        )


def _other_count(path: FilePath, rows: int, size: int) -> CharlensError:
    return CharlensError(
        f"{path}: has {rows:,} rows, expected one for each of {size:,} test characters"
    )


def one_line(quoted: object, most: int = 160) -> str:
    """Text from a file or a library as one printable line of at most ``most`` characters."""
    text = " ".join(str(quoted).split())
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: most + 1])
    return text if len(text) <= most else f"{text[:most]}…"


def _check_names(path: FilePath, columns: list[str]) -> None:
    names = [name.strip() for name in columns]  # fails where they are not UTF-8
    listed = one_line(", ".join(names)) or "none"
    for name in ("position", "probability"):
        if name not in names:
            raise CharlensError(
                f"{path}: no column {name} among {listed}; name the columns position (0, 1, … in "
                "the order of test.npy[:, 1:].ravel()) and probability"
            )
    for name in DTYPES:
        if names.count(name) > 1:
            raise CharlensError(
                f"{path}: expected one column {name}, found {names.count(name)} among {listed}; "
                "leave out the others"
            )


def _read_npy(path: FilePath, size: int) -> pa.Table:
    probability = np.array(_open_npy(path, size), np.float64).ravel()
    return pa.table({"position": np.arange(size), "probability": probability})


def _open_npy(path: FilePath, size: int | None) -> np.ndarray:
    """The array of a file, not read yet: floats of shape (size,) or (size, 1)."""
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError:
        raise
    except Exception as error:  # a damaged header is Python source, and fails in many ways
        raise CharlensError(
            f"{path}: no NumPy array that can be read ({one_line(error)}); save one of floats again"
        ) from error
    count = len(values) if size is None and values.shape else size
    if values.dtype.kind != "f" or values.shape not in ((count,), (count, 1)):
        expected = "(test characters,)" if size is None else f"({size},)"
        raise CharlensError(
            f"{path}: is {one_line(values.dtype)} of shape {values.shape}, expected floats of "
            f"shape {expected}; save the probability of each character of test.npy[:, 1:].ravel()"
        )
    return values


def _read_parquet(path: FilePath) -> pa.Table:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        names = file.schema_arrow.names
        _check_names(path, names)
        return file.read([name for name in names if name.strip() in DTYPES])


def _read_csv(path: FilePath, size: int) -> pa.Table:
    _check_text(path, size)
    ragged = []

    def stop(row: pa.csv.InvalidRow) -> str:
        ragged.append(row)
        return "error"

    try:
        table = pa.csv.read_csv(
            path,
            pa.csv.ReadOptions(use_threads=False),  # else it does not count the rows
            pa.csv.ParseOptions(invalid_row_handler=stop),
            pa.csv.ConvertOptions(null_values=[""], strings_can_be_null=True),
        )
    except pa.ArrowInvalid as error:
        for row in ragged:
            raise CharlensError(
                f"{path}: row {row.number - 2}: has {row.actual_columns} values, expected "
                f"{row.expected_columns} as in the header; write numbers with a decimal point and "
                "a comma between them"
            ) from error
        raise
    _check_names(path, table.column_names)
    return table


_PIECE = 1 << 20  # bytes of a CSV that are checked at a time


def _check_text(path: FilePath, size: int) -> None:
    """Refuse a file that is not UTF-8 text, has no commas or unpacks to far too much.

    pyarrow's own messages are unclear, and its row handler prints a traceback for binary data.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line, count = 1, 0
    with pa.input_stream(path, compression="detect") as stream:  # as read_csv opens it
        piece = stream.read(_PIECE)
        _check_start(path, piece)
        while True:
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                line += error.object.count(b"\n", 0, error.start)
                raise _no_text(path, error.object[error.start], line) from error
            if 0 in piece:
                raise _no_text(path, 0, line + piece.count(b"\n", 0, piece.index(0)))
            if not piece:
                return
            line += piece.count(b"\n")
            count += len(piece)
            _check_bytes(path, count, size)
            piece = stream.read(_PIECE)


def _no_text(path: FilePath, byte: int, line: int) -> CharlensError:
    return CharlensError(
        f"{path}: byte 0x{byte:02x} in line {line} is not UTF-8 text; save the file as CSV in "
        "UTF-8, as Parquet or as .npy"
    )


def _check_start(path: FilePath, start: bytes) -> None:
    """Refuse UTF-16 (with or without its mark; UTF-32 starts alike) and another separator."""
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if marked or start[:2].count(0) == 1:
        raise CharlensError(f"{path}: looks like UTF-16, expected UTF-8; save the file as UTF-8")
    header = start.lstrip().partition(b"\n")[0]
    for separator, name in ((b";", "semicolons"), (b"\t", "tabs")):
        if separator in header and b"," not in header:
            raise CharlensError(
                f"{path}: the header line is separated by {name}, expected commas; write the file "
                "with commas and with decimal points (in R: write.csv, not write.csv2)"
            )


def numbers_of(path: FilePath, table: pa.Table) -> Numbers:
    """The columns as float64, which holds every value that the contract allows.

    Raises:
        CharlensError: a column that holds no numbers, or a value that is none, by its row.
    """
    numbers = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = pc.utf8_trim_whitespace(column)
        try:
            if pa.types.is_boolean(column.type):  # would be cast to 0 and 1
                raise pa.ArrowNotImplementedError("a truth value is no number")
            values = column.cast(pa.float64())
        except pa.ArrowNotImplementedError as error:
            raise CharlensError(
                f"{path}: column {name} is {one_line(column.type)}, expected numbers"
            ) from error
        except pa.ArrowInvalid as error:
            row = _first_that_is_none(column)
            shown = one_line(repr(column[row].as_py()), 40)
            expected = "a number with a decimal point" if "," in shown else "a number"
            raise fault(path, row, name, shown, expected) from error
        if values.null_count:
            row = int(np.argmax(values.is_null().to_numpy()))
            raise fault(path, row, name, "empty", "a number")
        numbers[name] = values.to_numpy()
    return numbers


def _first_that_is_none(column: pa.ChunkedArray) -> int:
    """The first row of a column whose value cannot be cast to a number, found by halving."""
    low, high = 0, len(column)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            column.slice(low, middle - low).cast(pa.float64())
            low = middle
        except pa.ArrowInvalid:
            high = middle
    return low


def fault(path: FilePath, row: int, name: str, value: object, expected: str) -> CharlensError:
    """The error about one value of a file.

    Args:
        path: the file.
        row: from 0, in the order of the file.
        name: of the column.
        value: as it is shown.
        expected: what it should be, in words.
    """
    return CharlensError(f"{path}: row {row}: {name} is {value}, expected {expected}")
