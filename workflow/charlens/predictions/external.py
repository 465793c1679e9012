"""Import of probabilities of other models: check them against the test split and convert them.

A user's file is Parquet, or CSV with a header line: one row for every predicted character of the
test split. ``position`` (0, 1, …: the split's targets ``test.npy[:, 1:]``, stream after stream)
and ``probability`` are required; other columns of :mod:`charlens.predictions.contract` are used if
present, all else is ignored. Numbers may be of any type. Rows may come in any order, as the
position says where each belongs; errors count them from 0 in the order of the file.
A ``.npy`` array of floats will do as well: the probabilities alone, in the order of positions.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.predictions.contract import DTYPES, LOG, OPTIONAL
from charlens.predictions.external_checks import check_values, row_of_position
from charlens.predictions.external_file import Numbers, numbers_of, one_line, read_table
from charlens.predictions.file import METADATA_KEY, ProbabilityMetadata, write_probabilities
from charlens.predictions.loss import losses, losses_of
from charlens.runtime.progress import result
from charlens.text.corpus import Corpus, load_split

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
    table = read_table(path, targets.size)
    metadata = _provenance(path, table.schema, model, corpus, corpus_sha256)
    columns = numbers_of(path, table)
    check_values(path, columns, targets, corpus.name)
    if LOG not in columns and _is_too_small(columns["probability"]).any():
        columns[LOG] = -losses(columns["probability"])
    order = row_of_position(path, columns["position"].astype(np.int64), targets.size)
    ordered = {name: column[order] for name, column in columns.items()}
    ordered["stream"] = np.repeat(np.arange(len(targets)), targets.shape[1])
    ordered["byte"] = targets.ravel()
    converted = {name: _as_contract(name, ordered[name]) for name in ordered}
    if LOG in ordered:  # a probability too small for float32 is not 0, which would mean impossible
        rounded = (ordered[LOG] > -np.inf) & (converted["probability"] == 0)
        converted["probability"][rounded] = np.finfo(np.float32).smallest_subnormal
    write_probabilities(output, converted, metadata)
    _log_what_follows(model, columns)
    result(f"{losses_of(columns).mean():.3f} nats per byte (test)")


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


def _finite(text: str) -> float | str:
    """A number of JSON; as text where float64 does not hold it, as JSON could not be written."""
    number = float(text)
    return number if math.isfinite(number) else text


def _provenance(
    path: FilePath, schema: pa.Schema, model: str, corpus: Corpus, configured: str | None
) -> ProbabilityMetadata:
    """Metadata of the new file; the checksum of the corpus is compared where it is given."""
    try:
        text = (schema.metadata or {}).get(METADATA_KEY, b"{}")
        stated = json.loads(text, parse_constant=str, parse_float=_finite)
        if not isinstance(stated, dict):
            raise ValueError("not a JSON object")
    except (ValueError, RecursionError) as error:
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
                f"{path}: scores a corpus with sha256 {one_line(sha256)} (says {where}), expected "
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
