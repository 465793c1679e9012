"""Import of probabilities of other models: check them against the test split and convert them.

A user's file is Parquet, or CSV with a header line: one row for every predicted character of the
test split. ``position`` (0, 1, …: the split's targets ``test.npy[:, 1:]``, stream after stream)
and ``probability`` are required; other columns of :mod:`charlens.predictions.file` are used if
present, all else is ignored. Numbers may be of any type. Rows may come in any order, as the
position says where each belongs; errors count them from 0 in the order of the file.
A ``.npy`` array of floats will do as well: the probabilities alone, in the order of positions.
"""

from __future__ import annotations

import codecs
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.predictions.file import (
    DTYPES,
    EPSILON,
    LOG,
    LOG_SLACK,
    MAX_ENTROPY,
    METADATA_KEY,
    OPTIONAL,
    ProbabilityMetadata,
    write_probabilities,
)
from charlens.predictions.loss import losses, losses_of
from charlens.runtime.progress import result
from charlens.text.corpus import Corpus, load_split

Numbers = dict[str, np.ndarray]

_log = logging.getLogger("charlens")


def import_external(
    inputs: Mapping[str, FilePath], output: FilePath, model: str, corpus_sha256: str | None = None
) -> None:
    """Check a user's file against a corpus and write its content as a probabilities file.

    Streams and bytes come from the corpus. What a Parquet file says of its model under the
    metadata key ``charlens`` (seed, config, code version, number of parameters) is kept.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``test`` (.npy) and ``file`` (Parquet,
            CSV or .npy).
        output: the probabilities file to write.
        model: the model's name.
        corpus_sha256: checksum of the corpus that was scored, if known.

    Raises:
        CharlensError: an unreadable file, a missing column, another corpus, a value that cannot
            be, or positions that are not each of the test split's once; one line naming the file,
            the row and the reason.
    """
    corpus = Corpus.load(inputs["corpus"])
    targets = np.array(corpus.vocabulary, np.uint8)[load_split(inputs["test"])[:, 1:]]
    path = inputs["file"]
    table = _read(path, targets.size)
    metadata = _provenance(path, table.schema, model, corpus, corpus_sha256)
    columns = _numbers(path, table)
    _check_values(path, columns, targets, corpus.name)
    if LOG not in columns and _is_too_small(columns["probability"]).any():
        columns[LOG] = -losses(columns["probability"])
    order = _order(path, columns["position"].astype(np.int64), targets.size)
    ordered = {name: column[order] for name, column in columns.items()}
    ordered["stream"] = np.repeat(np.arange(len(targets)), targets.shape[1])
    ordered["byte"] = targets.ravel()
    converted = {name: _as_contract(name, ordered[name]) for name in ordered}
    if LOG in ordered:  # a probability too small for float32 is not 0, which would mean impossible
        rounded = (ordered[LOG] > -np.inf) & (converted["probability"] == 0)
        converted["probability"][rounded] = np.finfo(np.float32).smallest_subnormal
    write_probabilities(output, converted, metadata)
    _log_what_follows(model, columns)
    result(f"{losses_of(columns).mean():.3f} nats (test)")


def _log_what_follows(model: str, columns: Numbers) -> None:
    """Log which columns are missing, and probabilities of 0, which make the loss infinite."""
    absent = ", ".join(name for name in OPTIONAL if name not in columns)
    if absent:
        _log.info("%s: has no %s; analyses that need it leave the model out", model, absent)
    impossible = np.count_nonzero(np.isinf(losses_of(columns)))
    if impossible:
        _log.info("%s: infinite cross-entropy, as %d probabilities are 0", model, impossible)


def _is_too_small(probability: np.ndarray) -> np.ndarray:
    """Which probabilities are not 0 and below what float32 holds to its full precision."""
    return (probability > 0) & (probability < np.finfo(np.float32).tiny)


def _as_contract(name: str, values: np.ndarray) -> np.ndarray:
    return values.astype(DTYPES[name])


# Reading


def _read(path: FilePath, size: int) -> pa.Table:
    """The known columns of a file, each of any type; its first bytes tell the format."""
    try:
        with open(path, "rb") as stream:
            start = stream.read(6)
        if start == b"\x93NUMPY":
            return _read_npy(path, size)
        table = _read_parquet(path) if start[:4] == b"PAR1" else _read_csv(path)
    except OSError as error:
        raise CharlensError(
            f"{path}: cannot be read ({_line(error.strerror or error)}); write the file again"
        ) from error
    except (pa.ArrowException, ValueError) as error:
        raise CharlensError(
            f"{path}: neither Parquet nor CSV with a header line that can be read "
            f"({_line(error)}); write the file again"
        ) from error
    metadata = table.schema.metadata
    names = [name.strip() for name in table.column_names]
    table = table.rename_columns(names).select([name for name in DTYPES if name in names])
    return table.replace_schema_metadata(metadata)


def _line(quoted: object, most: int = 160) -> str:
    """Text from a file or a library as one printable line of at most ``most`` characters."""
    text = " ".join(str(quoted).split())
    text = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text[: most + 1])
    return text if len(text) <= most else f"{text[:most]}…"


def _check_names(path: FilePath, columns: list[str]) -> None:
    names = [name.strip() for name in columns]  # fails where they are not UTF-8
    listed = _line(", ".join(names)) or "none"
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
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError:
        raise
    except Exception as error:  # a damaged header is Python source, and fails in many ways
        raise CharlensError(
            f"{path}: no NumPy array that can be read ({_line(error)}); save one of floats again"
        ) from error
    if values.dtype.kind != "f" or values.shape not in ((size,), (size, 1)):
        raise CharlensError(
            f"{path}: is {_line(values.dtype)} of shape {values.shape}, expected floats of shape "
            f"({size},); save the probability of each character of test.npy[:, 1:].ravel()"
        )
    probability = np.array(values, np.float64).ravel()
    return pa.table({"position": np.arange(size), "probability": probability})


def _read_parquet(path: FilePath) -> pa.Table:
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        names = file.schema_arrow.names
        _check_names(path, names)
        return file.read([name for name in names if name.strip() in DTYPES])


def _read_csv(path: FilePath) -> pa.Table:
    _check_text(path)
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


def _check_text(path: FilePath) -> None:
    """Refuse a file that is not UTF-8 text or has no commas, with a plain message.

    pyarrow's own messages are unclear, and its row handler prints a traceback for binary data.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line = 1
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
            piece = stream.read(_PIECE)


_PIECE = 1 << 20  # bytes of a CSV that are checked at a time


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


def _numbers(path: FilePath, table: pa.Table) -> Numbers:
    """The columns as float64, which holds every value that the contract allows."""
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
                f"{path}: column {name} is {_line(column.type)}, expected numbers"
            ) from error
        except pa.ArrowInvalid as error:
            row = _first_that_is_none(column)
            shown = _line(repr(column[row].as_py()), 40)
            expected = "a number with a decimal point" if "," in shown else "a number"
            raise _fault(path, row, name, shown, expected) from error
        if values.null_count:
            row = int(np.argmax(values.is_null().to_numpy()))
            raise _fault(path, row, name, "empty", "a number")
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


def _provenance(
    path: FilePath, schema: pa.Schema, model: str, corpus: Corpus, configured: str | None
) -> ProbabilityMetadata:
    """Metadata of the new file; the checksum of the corpus is compared where it is given."""
    try:
        stated = json.loads((schema.metadata or {}).get(METADATA_KEY, b"{}"), parse_constant=str)
        if not isinstance(stated, dict):
            raise ValueError("not a JSON object")
    except ValueError as error:
        raise CharlensError(
            f"{path}: metadata {METADATA_KEY.decode()!r} cannot be read ({error}); expected a "
            "JSON object, or none"
        ) from error
    for where, sha256 in (
        ("its metadata", stated.get("corpus_sha256")),
        ("the config", configured),
    ):
        if sha256 is not None and str(sha256).lower() != corpus.sha256:
            raise CharlensError(
                f"{path}: scores a corpus with sha256 {_line(sha256)} (says {where}), expected "
                f"{corpus.sha256}, that of {corpus.name}; score this one"
            )
    known: dict[str, Any] = {
        key: stated[key]
        for key in ("seed", "config", "code_version", "parameters")
        if key in stated
    }
    try:
        return ProbabilityMetadata(corpus.sha256, model, corpus.name, **known)
    except CharlensError as error:
        raise CharlensError(f"{path}: {error}") from error


# Checks


def _fault(path: FilePath, row: int, name: str, value: object, expected: str) -> CharlensError:
    return CharlensError(f"{path}: row {row}: {name} is {value}, expected {expected}")


def _check_values(path: FilePath, columns: Numbers, targets: np.ndarray, corpus: str) -> None:
    """Refuse the first impossible value; rows are still in the order of the file."""
    for name, bad, expected in _violations(columns, targets, corpus):
        if bad.any():
            row = int(np.argmax(bad))
            raise _fault(path, row, name, f"{columns[name][row]:.9g}", expected(row))


def _violations(
    columns: Numbers, targets: np.ndarray, corpus: str
) -> Iterator[tuple[str, np.ndarray, Callable[[int], str]]]:
    """Yield (column, rows that break the rule, the rule in words for one row).

    Each rule may rely on those before it, so the caller stops at the first that is broken.
    """
    position, size = columns["position"], targets.size
    limits = f"a whole number from 0 to {size - 1} ({corpus} has {size:,} test characters)"
    yield "position", _outside(position, 0, size - 1, whole=True), lambda row: limits
    at = position.astype(np.int64)
    for name, values in (("stream", at // targets.shape[1]), ("byte", targets.ravel()[at])):
        if name in columns:
            yield name, columns[name] != values, _of_corpus(values, at, corpus)
    for name, (low, high, whole, words) in _LIMITS.items():
        if name in columns:
            yield name, _outside(columns[name], low, high, whole), _always(words)
    if LOG in columns:
        probability = columns["probability"]
        bad = np.abs(np.exp(columns[LOG]) - probability) > LOG_SLACK
        yield LOG, bad, lambda row: f"the natural logarithm of the probability {probability[row]}"
    if "top_probability" in columns:
        # In float32, as the contract will be checked.
        one, top = (columns[key].astype(np.float32) for key in ("probability", "top_probability"))
        yield (
            "top_probability",
            top < one - EPSILON,
            lambda row: f"at least the probability {one[row]} of the byte that came",
        )


def _of_corpus(values: np.ndarray, at: np.ndarray, corpus: str) -> Callable[[int], str]:
    return lambda row: f"{values[row]}, as at position {at[row]} of {corpus}"


def _always(words: str) -> Callable[[int], str]:
    return lambda row: words


# Column -> least, greatest, whether whole, and the same in words.
_LIMITS = {
    "probability": (0, 1 + EPSILON, False, "a number from 0 to 1 (not its logarithm)"),
    "log_probability": (-np.inf, EPSILON, False, "a natural logarithm of at most 0"),
    "entropy": (-EPSILON, MAX_ENTROPY + EPSILON, False, "a number of nats from 0 to ln 256"),
    "top_byte": (0, 255, True, "a whole number from 0 to 255"),
    "top_probability": (0, 1 + EPSILON, False, "a number from 0 to 1 (not its logarithm)"),
}


def _outside(values: np.ndarray, low: float, high: float, whole: bool) -> np.ndarray:
    """Which values do not lie in [low, high]; NaN, which compares false, does not."""
    bad = ~((values >= low) & (values <= high))
    return bad | (values != np.floor(values)) if whole else bad


def _order(path: FilePath, position: np.ndarray, size: int) -> np.ndarray:
    """Row of each position in the file; every one of ``size`` must occur once."""
    order = np.argsort(position, kind="stable")
    ordered = position[order]
    again = order[1:][ordered[1:] == ordered[:-1]]
    if again.size:
        row = int(again.min())
        first = int(np.argmax(position == position[row]))
        raise CharlensError(
            f"{path}: row {row}: position {position[row]} is given twice, first in row {first}; "
            "give each once"
        )
    if len(ordered) < size:
        wrong = ordered != np.arange(len(ordered))
        missing = int(np.argmax(wrong)) if wrong.any() else len(ordered)
        raise CharlensError(
            f"{path}: position {missing} is missing: {len(ordered):,} rows, expected one for each "
            f"of {size:,} test characters"
        )
    return order
