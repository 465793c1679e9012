"""The activation store: one Parquet file per layer and quantity, one column per unit.

``{folder}/layer-{l}/{quantity}.parquet`` holds columns ``u0``, ``u1``, …; row r is the state after
the network has read input byte r of the test split, from which it predicts the byte at ``position``
r of the probabilities file (both count the targets, streams joined in order; a dump of a part says
in its metadata where it begins). Layers count from 1, as in the paper. Row groups are of 65,536
positions: one unit's trace is one short read, and pandas, DuckDB and polars read the same files.

Values are rounded to half precision: 11 bits, relative steps of 0.0005. Columns are float32 all the
same, because sums, and so means and standard deviations, of a float16 column overflow in pandas.
The zeros that this adds to each number lie together by byte-stream-split, and zstd takes nearly all
of them away. float16 columns, a tenth smaller, are plain: DuckDB does not read them split.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from charlens.errors import CharlensError, DamagedFileError
from charlens.files.atomic import FilePath, atomic_path

METADATA_KEY = b"charlens"
_DIGEST_KEY = "charlens_sha256"  # pages carry checksums of their own; the metadata would have none
ROW_GROUP = 65_536

DTYPES = {"float32": pa.float32(), "float16": pa.float16()}
"""Columns of a file by name; the first is what every reader computes with rightly."""


@dataclass(frozen=True)
class ActivationMetadata:
    """Where a file of activations comes from."""

    corpus: str
    corpus_sha256: str
    model: str
    layer: int  # from 1
    quantity: str  # h, c or a gate, by the paper's letters
    start: int  # position of the first row
    config: Mapping[str, Any] = field(default_factory=dict)  # any JSON: how the model was made
    code_version: str = ""


def file_path(folder: FilePath, layer: int, quantity: str) -> Path:
    """The file of one layer (from 1) and quantity in a model's folder."""
    return Path(folder) / f"layer-{layer}" / f"{quantity}.parquet"


class ActivationWriter:
    """Writes one file, a row group at a time; made by :func:`writing`."""

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer, self._schema = writer, schema

    def write(self, block: np.ndarray) -> None:
        """Append positions.

        Args:
            block: float16 (units, positions), each unit's positions contiguous; at most
                :data:`ROW_GROUP` of them, fewer in the last block only.
        """
        columns = [
            pa.array(np.asarray(values, field.type.to_pandas_dtype()))
            for values, field in zip(block, self._schema, strict=True)
        ]
        batch = pa.record_batch(columns, schema=self._schema)
        self._writer.write_batch(batch, row_group_size=ROW_GROUP)


@contextmanager
def writing(
    path: FilePath, units: int, metadata: ActivationMetadata, dtype: str = "float32"
) -> Iterator[ActivationWriter]:
    """Open a file of activations for writing, whole or not at all; equal input gives equal bytes.

    Args:
        path: the file.
        units: columns.
        metadata: where the numbers come from.
        dtype: of the columns, one of :data:`DTYPES`.

    Raises:
        CharlensError: the disk is full or the folder cannot be written.
    """
    text = json.dumps(asdict(metadata), sort_keys=True)
    schema = pa.schema([(f"u{unit}", DTYPES[dtype]) for unit in range(units)])
    split = {"column_encoding": "BYTE_STREAM_SPLIT"} if dtype == "float32" else {}
    with atomic_path(path) as temporary:
        with pq.ParquetWriter(temporary, schema, **_FORMAT, **split) as writer:
            writer.add_key_value_metadata({METADATA_KEY.decode(): text, _DIGEST_KEY: _digest(text)})
            yield ActivationWriter(writer, schema)


# Statistics and an Arrow schema would double the footer, which every read of one unit parses.
_FORMAT: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 3,
    "use_dictionary": False,
    "write_statistics": False,
    "store_schema": False,
    "write_page_checksum": True,
}


def read_metadata(folder: FilePath, layer: int, quantity: str) -> ActivationMetadata:
    """What one file of a dump holds. Raises as :func:`activations`."""
    with _opened(folder, layer, quantity) as file:
        return _metadata(file_path(folder, layer, quantity), file)


def activations(
    path: FilePath,
    layer: int,
    quantity: str,
    units: Sequence[int] | None = None,
    positions: slice = slice(None),
) -> np.ndarray:
    """Read activations, only the columns and row groups that are needed.

    Args:
        path: the dump of a model, ``results/{run}/{corpus}/activations/{model}``.
        layer: from 1.
        quantity: ``h``, ``c`` or a gate: ``i f o g`` of an LSTM, ``r z n`` of a GRU.
        units: which units, in this order; all by default.
        positions: which positions of the test split, a slice with step 1; all that were dumped by
            default. Negative numbers count from the end of the dump.

    Returns:
        float32 of shape (positions, units), rounded to half precision.

    Raises:
        CharlensError: no such dump, layer, quantity, unit or position, or a damaged file.

    Example:
        >>> folder = "results/quick/python_docs/activations/lstm-1x128"
        >>> trace = activations(folder, 1, "c", [17])  # doctest: +SKIP
    """
    with _opened(path, layer, quantity) as file:
        name = file_path(path, layer, quantity)
        first = _metadata(name, file).start
        start, stop = _rows(name, positions, first, file.metadata.num_rows)
        numbers = _units(name, units, file.metadata.num_columns)
        trace = np.empty((stop - start, len(numbers)), np.float32, order="F")
        columns = [f"u{unit}" for unit in numbers]
        try:
            for group, begin, end in _groups(file, start, stop):
                table = file.read_row_group(group, columns=columns, use_threads=False)
                part = slice(max(begin, start), min(end, stop))
                for place, column in enumerate(columns):
                    values = table.column(column).to_numpy()
                    trace[part.start - start : part.stop - start, place] = values[
                        part.start - begin : part.stop - begin
                    ]
        except (pa.ArrowException, OSError, ValueError, KeyError) as error:
            raise _damaged(name, error) from error
        return trace


def _groups(file: pq.ParquetFile, start: int, stop: int) -> Iterator[tuple[int, int, int]]:
    """Row groups that hold any of rows ``start`` … ``stop`` − 1: (index, first row, end)."""
    begin = 0
    for group in range(file.num_row_groups):
        end = begin + file.metadata.row_group(group).num_rows
        if begin < stop and end > start:
            yield group, begin, end
        begin = end


def _rows(path: Path, positions: slice, first: int, count: int) -> tuple[int, int]:
    """Rows of the file behind a slice of positions."""
    if positions.step not in (None, 1):
        raise CharlensError(f"{path}: positions {positions}: expected a slice with step 1")
    ends = []
    for value, default in ((positions.start, first), (positions.stop, first + count)):
        position = default if value is None else value + (first + count) * (value < 0)
        if not first <= position <= first + count:
            raise CharlensError(
                f"{path}: position {value} is not in it, it holds {first} to {first + count - 1}; "
                "ask for fewer or dump more (config key activations)"
            )
        ends.append(position - first)
    return ends[0], max(ends)


def _units(path: Path, units: Sequence[int] | None, count: int) -> list[int]:
    numbers = list(range(count)) if units is None else [int(unit) for unit in units]
    for unit in numbers:
        if not 0 <= unit < count:
            raise CharlensError(f"{path}: unit {unit} is not there, expected 0 to {count - 1}")
    return numbers


def _opened(folder: FilePath, layer: int, quantity: str) -> pq.ParquetFile:
    path = file_path(folder, layer, quantity)
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        footer = file.metadata
        rows = sum(footer.row_group(i).num_rows for i in range(footer.num_row_groups))
        if rows != footer.num_rows:  # no checksum guards a footer
            raise ValueError(f"{footer.num_rows} rows are announced, {rows} are there")
        return file
    except FileNotFoundError:
        dumped = sorted(str(p.relative_to(folder)) for p in Path(folder).glob("layer*/*.parquet"))
        raise CharlensError(
            f"{path}: no such file; the dump holds {', '.join(dumped) or 'nothing'} (config key "
            "activations says what is dumped)"
        ) from None
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _metadata(path: Path, file: pq.ParquetFile) -> ActivationMetadata:
    stored = file.metadata.metadata or {}
    try:
        text = stored[METADATA_KEY].decode()
        noted = stored.get(_DIGEST_KEY.encode())  # files of earlier versions have none
        if noted is not None and noted.decode() != _digest(text):
            raise ValueError("its metadata differ from their checksum")
        return ActivationMetadata(**json.loads(text))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(path, error) from error


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _damaged(path: Path, error: Exception) -> DamagedFileError:
    detail = " ".join(str(error).split())[:160]
    return DamagedFileError(path, f"{path}: damaged, or not a dump of activations ({detail})")
