"""The probabilities file: a model's predictions at each character of the test split.

One row per predicted character, ascending position, streams joined in order. All analyses read this
file and nothing else of a model, so a model trained elsewhere joins them by supplying it
(:mod:`charlens.predictions.external` makes one from less): Parquet, the columns of ``COLUMNS`` in
:mod:`charlens.predictions.contract`, and a JSON object under the schema-metadata key ``charlens``
(:class:`ProbabilityMetadata`). Each column of ``OPTIONAL`` may be absent: a model from elsewhere
may give the probability of the correct byte only. An analysis that needs such a column leaves that
model out or raises an error. Probabilities are of bytes; entropy is in nats. A file may also hold
``LOG``, from which the cross-entropy then comes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from charlens.errors import CharlensError, DamagedFileError
from charlens.files.atomic import FilePath, atomic_path
from charlens.predictions.contract import (
    DTYPES,
    REMEDY,
    SCHEMA,
    check_arrays,
    check_nulls,
    check_schema,
    check_values,
)

METADATA_KEY = b"charlens"

ROW_GROUP = 65_536

MOST = 2**63 - 1
"""Weights that a model may have: the largest whole number in a column of a table."""

DEEPEST = 100
"""Most mappings and lists within each other in what a file says of its model's config."""


@dataclass(frozen=True)
class ProbabilityMetadata:
    """Provenance of a probabilities file.

    A file from elsewhere must give the first three; the others are empty where unknown.
    """

    corpus_sha256: str  # of the corpus file, 64 hexadecimal digits
    model: str  # model id, e.g. lstm-3x512
    corpus: str  # corpus name, e.g. war_and_peace
    seed: int | None = None
    config: Mapping[str, Any] = field(default_factory=dict)  # any JSON: how the model was made
    code_version: str = ""
    parameters: int | None = None  # number of weights of the model

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise CharlensError(f"metadata: {problem}")

    def _problems(self) -> Iterator[str]:
        for key in ("corpus_sha256", "model", "corpus", "code_version"):
            if not isinstance(getattr(self, key), str):
                yield f"{key} is {getattr(self, key)!r}, expected text"
        if not re.fullmatch("[0-9a-f]{64}", self.corpus_sha256):
            yield f"corpus_sha256 is {self.corpus_sha256!r}, expected 64 hexadecimal digits"
        for key in ("model", "corpus"):
            if not getattr(self, key):
                yield f"{key} is empty, expected a name"
        for key in ("seed", "parameters"):
            value = getattr(self, key)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
                yield f"{key} is {_shown(value)}, expected a whole number or nothing"
            elif key == "parameters" and value is not None and not 0 <= value <= MOST:
                yield f"{key} is {_shown(value)}, expected a number from 0 to {MOST:,}"
        if not isinstance(self.config, Mapping):
            yield f"config is {_shown(self.config)}, expected a mapping"
        elif _is_deeper(self.config, DEEPEST):
            yield f"config has more than {DEEPEST} mappings or lists in each other; leave some out"


def _shown(value: object, longest: int = 60) -> str:
    """A value as Python spells it, cut where it is long."""
    text = repr(value)
    return text if len(text) <= longest else f"{text[:longest]}…"


def _is_deeper(value: object, most: int) -> bool:
    """Whether mappings and lists lie in each other more than so many times; without recursion."""
    layer = [value]
    for _ in range(most + 1):
        layer = [
            inner
            for outer in layer
            if isinstance(outer, Mapping | list | tuple)
            for inner in (outer.values() if isinstance(outer, Mapping) else outer)
        ]
    return any(isinstance(inner, Mapping | list | tuple) for inner in layer)


def write_probabilities(
    path: FilePath, columns: Mapping[str, np.ndarray], metadata: ProbabilityMetadata
) -> None:
    """Write one model's probabilities atomically; equal input gives equal bytes.

    Args:
        path: the Parquet file to write; its folder is made.
        columns: one array per name in ``DTYPES``, of that dtype, each of shape (characters,);
            those of ``OPTIONAL`` and ``LOG`` only where known. Memory maps are read one row
            group at a time.
        metadata: provenance, stored beside the columns.

    Raises:
        CharlensError: a column is missing, unknown, or breaks the contract (names file and row),
            or the disk is full.
    """
    rows = check_arrays(path, columns)
    text = json.dumps(asdict(metadata), sort_keys=True, allow_nan=False)
    names = [name for name in DTYPES if name in columns]
    fields = [SCHEMA.field(name) for name in names]
    schema = pa.schema(fields, metadata={METADATA_KEY: text.encode()})
    previous_stream = 0
    with atomic_path(path) as temporary:
        with pq.ParquetWriter(temporary, schema, **_format(names)) as writer:
            for start in range(0, rows, ROW_GROUP):
                part = {name: columns[name][start : start + ROW_GROUP] for name in names}
                previous_stream = check_values(path, part, start, previous_stream)
                batch = pa.record_batch([pa.array(part[name]) for name in names], schema=schema)
                writer.write_batch(batch, row_group_size=ROW_GROUP)


def _format(names: Sequence[str]) -> dict[str, Any]:
    """How the columns are stored.

    Positions cost next to nothing as differences, bytes as dictionary codes. Floats stay plain:
    that every reader understands. Page checksums let a reader see a damaged file.
    """
    return {
        "compression": "zstd",
        "compression_level": 3,
        "use_dictionary": [name for name in ("stream", "byte", "top_byte") if name in names],
        "column_encoding": {"position": "DELTA_BINARY_PACKED"},
        "write_page_checksum": True,
    }


def read_metadata(path: FilePath) -> ProbabilityMetadata:
    """The provenance of a probabilities file; reads only the file's footer.

    Raises:
        CharlensError: no such file, not Parquet, or without usable charlens metadata.
    """
    with _opened(path) as file:
        return _metadata(path, file)


def column_names(path: FilePath) -> tuple[str, ...]:
    """The contract columns a file holds, in order; reads only the footer. Raises as read_metadata.

    All of ``DTYPES`` except those of ``OPTIONAL``, and ``LOG``, that it lacks.
    """
    with _opened(path) as file:
        return tuple(name for name in DTYPES if name in file.schema_arrow.names)


def read_probabilities(
    path: FilePath,
    columns: Sequence[str] | None = None,
    corpus_sha256: str | None = None,
    rows: int | None = None,
) -> dict[str, np.ndarray]:
    """Read and check columns of a probabilities file.

    Only the asked columns (and the positions, to see that no row is missing) are decoded, one
    batch of rows at a time.

    Args:
        path: a file written by :func:`write_probabilities` or to the same contract.
        columns: names from ``DTYPES``; by default all that the file holds.
        corpus_sha256: if given, the corpus the file must belong to.
        rows: if given, the number of characters the file must hold.

    Returns:
        The asked columns, each of shape (characters,) and of its contract dtype.

    Raises:
        CharlensError: no such file, a truncated, damaged or foreign file, another corpus, a column
            of ``OPTIONAL`` that is asked for and absent, or values that break the contract; one
            line naming file and row.
    """
    with _opened(path) as file:
        metadata = _metadata(path, file)
        if corpus_sha256 is not None and metadata.corpus_sha256 != corpus_sha256:
            raise CharlensError(
                f"{path}: belongs to a corpus with sha256 {metadata.corpus_sha256}, expected "
                f"{corpus_sha256}; evaluate {metadata.model} on this corpus again"
            )
        held = file.metadata.num_rows
        if rows is not None and held != rows:
            raise CharlensError(f"{path}: holds {held} characters, expected {rows}; {REMEDY}")
        available = check_schema(path, file.schema_arrow)
        names = available if columns is None else list(columns)
        for name in names:
            if name not in available:
                raise CharlensError(
                    f"{path}: {metadata.model} has no column {name}, which is needed "
                    "here; supply it or leave the model out"
                )
        return _read_columns(path, file, names)


def _read_columns(path: FilePath, file: pq.ParquetFile, asked: list[str]) -> dict[str, np.ndarray]:
    total = file.metadata.num_rows
    names = list(dict.fromkeys(["position", *asked]))
    start = previous_stream = 0
    try:
        result = {name: np.empty(total, DTYPES[name]) for name in asked}
        for batch in file.iter_batches(ROW_GROUP, columns=names, use_threads=False):
            check_nulls(path, batch, start)
            part = {name: batch.column(name).to_numpy() for name in names}
            previous_stream = check_values(path, part, start, previous_stream)
            for name in asked:
                result[name][start : start + batch.num_rows] = part[name]
            start += batch.num_rows
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise _damaged(path, f"the rows from {start} on", error) from error
    if start != total:
        raise CharlensError(f"{path}: holds {start} rows, its footer says {total}; {REMEDY}")
    return result


def _opened(path: FilePath) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except FileNotFoundError as error:
        raise CharlensError(
            f"{path}: no such file; run the workflow for this model, or supply the file"
        ) from error
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _damaged(path, "the Parquet footer", error) from error
    if file.metadata.num_rows <= 0:
        file.close()
        raise CharlensError(f"{path}: holds no rows, expected one per test character; {REMEDY}")
    return file


def _damaged(path: FilePath, what: str, error: Exception) -> DamagedFileError:
    detail = " ".join(str(error).split())[:160]
    return DamagedFileError(
        path,
        f"{path}: {what} cannot be read (a truncated, damaged or foreign file: {detail})",
    )


def _metadata(path: FilePath, file: pq.ParquetFile) -> ProbabilityMetadata:
    text = (file.schema_arrow.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise CharlensError(f"{path}: has no schema metadata {METADATA_KEY.decode()!r}; {REMEDY}")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CharlensError(f"{path}: metadata is not JSON ({error}); {REMEDY}") from error
    if not isinstance(values, dict):
        raise CharlensError(f"{path}: metadata is not a JSON object; {REMEDY}")
    for key in ("corpus_sha256", "model", "corpus"):
        if key not in values:
            raise CharlensError(f"{path}: metadata lacks the key {key!r}; {REMEDY}")
    known = {key: values[key] for key in ProbabilityMetadata.__dataclass_fields__ if key in values}
    try:
        return ProbabilityMetadata(**known)
    except CharlensError as error:
        raise CharlensError(f"{path}: {error}; {REMEDY}") from error
