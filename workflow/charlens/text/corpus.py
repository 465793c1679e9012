"""A prepared corpus: a byte vocabulary, vocabulary codes, and three splits.

"Character" means byte throughout. The splits are those of the paper's experiments, which its text
does not state ("80/10/10", "90/5/5"): they follow the data loader of the authors' public char-rnn
code, the only layout under which the published n-gram row is reproduced.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError, DamagedFileError
from charlens.files.atomic import FilePath, atomic_path
from charlens.text.blocks import FILES, block_counts, too_short
from charlens.text.by_files import split_files

FORMAT = 1
"""Version of ``corpus.json``; raised when its keys change meaning."""

SPLITS = ("train", "val", "test")

Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Corpus:
    """Description of a prepared corpus, stored as ``corpus.json``.

    Attributes:
        name: the corpus's name in the config.
        source: where its bytes came from, in words.
        bytes: size of the whole corpus, the unused tail included.
        distinct: number of distinct byte values, the paper's K.
        sha256: hexadecimal SHA-256 of the whole corpus.
        split: ``streams``, ``position`` or ``files``.
        batch: number of parallel streams B.
        unroll: characters per block T.
        train: fraction of the blocks used for training.
        val: fraction of the blocks used for validation; the rest is the test split.
        sizes: number of predictions in each split.
        vocabulary: the byte values in increasing order; a code is an index into it.
        contents: SHA-256 of the user's own file, archive or folder behind it; empty for others.
        files: SHA-256 of each file that the text is joined from, by name; empty for a single file.
    """

    name: str
    source: str
    bytes: int
    distinct: int
    sha256: str
    split: str
    batch: int
    unroll: int
    train: float
    val: float
    sizes: dict[str, int]
    vocabulary: tuple[int, ...]
    contents: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def k(self) -> int:
        """Number of distinct symbols, the paper's K."""
        return len(self.vocabulary)

    def save(self, path: FilePath) -> None:
        """Write ``corpus.json``, whole or not at all."""
        values = {key: value for key, value in asdict(self).items() if key not in _LATER or value}
        text = json.dumps({"format": FORMAT, **values}, indent=2, ensure_ascii=False)
        with atomic_path(path) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, path: FilePath) -> Self:
        """Read ``corpus.json``.

        Raises:
            CharlensError: the file is missing, not JSON, of another format or inconsistent.
        """
        advice = "delete it and run again"
        try:
            values = json.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise CharlensError(f"{path}: cannot be read ({error.strerror})") from error
        except (ValueError, RecursionError) as error:
            raise CharlensError(f"{path}: expected JSON, found {error}; {advice}") from error
        version = values.pop("format", None) if isinstance(values, dict) else None
        if version != FORMAT:
            raise CharlensError(
                f"{path}: expected a corpus description of format {FORMAT}, found {version}; "
                f"{advice}"
            )
        problem = _inconsistency(values)
        if problem:
            raise CharlensError(f"{path}: {problem}; {advice}")
        return cls(**{**values, "vocabulary": tuple(values["vocabulary"])})


_KINDS: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "source": (str,),
    "bytes": (int,),
    "distinct": (int,),
    "sha256": (str,),
    "split": (str,),
    "batch": (int,),
    "unroll": (int,),
    "train": (int, float),
    "val": (int, float),
    "sizes": (dict,),
    "vocabulary": (list,),
}
# Not in every file: of the user's own sources only, and not in those of earlier versions.
_LATER: dict[str, tuple[type, ...]] = {"contents": (str,), "files": (dict,)}


def _inconsistency(values: Mapping[str, Any]) -> str | None:
    """The first fault in the content of a ``corpus.json``, or None."""
    later = {key: kinds for key, kinds in _LATER.items() if key in values}
    for key, kinds in (_KINDS | later).items():
        if not isinstance(values.get(key), kinds):
            return f"expected {kinds[-1].__name__} under '{key}', found {values.get(key)!r}"
    extra = sorted(set(values) - set(_KINDS) - set(_LATER))
    if extra:
        return f"found unknown keys {', '.join(extra)}"
    if values["split"] not in (*SCHEMES, FILES):
        return f"expected split {', '.join(SCHEMES)} or {FILES}, found {values['split']!r}"
    sizes, vocabulary = values["sizes"], values["vocabulary"]
    if set(sizes) != set(SPLITS) or not all(isinstance(n, int) and n > 0 for n in sizes.values()):
        return f"expected sizes of {', '.join(SPLITS)}, found {sizes!r}"
    if not all(isinstance(value, int) and 0 <= value <= 255 for value in vocabulary):
        return "expected byte values in the vocabulary"
    if vocabulary != sorted(set(vocabulary)) or len(vocabulary) != values["distinct"]:
        return f"expected {values['distinct']} increasing byte values in the vocabulary"
    return None


def encode(data: bytes) -> tuple[Codes, tuple[int, ...]]:
    """Map bytes to vocabulary codes.

    Returns:
        codes: uint8, shape (len(data),), indices into the vocabulary.
        vocabulary: the distinct byte values of ``data`` in increasing order.
    """
    values = np.frombuffer(data, dtype=np.uint8)
    vocabulary = np.flatnonzero(np.bincount(values, minlength=256))
    code_of = np.zeros(256, dtype=np.uint8)
    code_of[vocabulary] = np.arange(len(vocabulary))
    return code_of[values], tuple(int(value) for value in vocabulary)


def decode(codes: npt.ArrayLike, vocabulary: tuple[int, ...]) -> bytes:
    """The bytes behind vocabulary codes: the inverse of :func:`encode`."""
    return np.asarray(vocabulary, dtype=np.uint8)[np.asarray(codes)].tobytes()


def split_streams(
    codes: Codes, batch: int, unroll: int, train: float, val: float
) -> dict[str, Codes]:
    """The paper's split: every stream gives its first part to train, the next to val, then test.

    The corpus, cut to a multiple of ``batch * unroll``, is laid out as ``batch`` contiguous
    streams (the layout of the authors' char-rnn loader).

    Args:
        codes: uint8, shape (bytes,).
        batch: number of streams B.
        unroll: characters per block T.
        train: fraction of the blocks used for training.
        val: fraction of the blocks used for validation.

    Returns:
        For each split uint8, shape (batch, length + 1): inputs are ``[:, :-1]``, targets
        ``[:, 1:]``. The last target of a row is the byte that follows it in the corpus; after
        the last byte of the corpus that is the first one, as in char-rnn.
    """
    parts = block_counts(len(codes), batch, unroll, train, val)
    rows = _lay_out(codes, 0, sum(parts), batch, unroll)
    splits, start = {}, 0
    for name, blocks in zip(SPLITS, parts, strict=True):
        stop = start + blocks * unroll
        splits[name] = np.ascontiguousarray(rows[:, start : stop + 1])
        start = stop
    return splits


def split_position(
    codes: Codes, batch: int, unroll: int, train: float, val: float
) -> dict[str, Codes]:
    """The strict split: the same block counts, but all of train precedes val precedes test.

    Arguments and result as for :func:`split_streams`; each part is laid out as ``batch``
    contiguous streams of its own.
    """
    splits, start = {}, 0
    parts = block_counts(len(codes), batch, unroll, train, val)
    for name, blocks in zip(SPLITS, parts, strict=True):
        splits[name] = _lay_out(codes, start, blocks, batch, unroll)
        start += blocks * batch * unroll
    return splits


SCHEMES: dict[str, Callable[[Codes, int, int, float, float], dict[str, Codes]]] = {
    "streams": split_streams,
    "position": split_position,
}
"""Splits of any text, by fractions of its blocks; :data:`FILES` must know its files besides."""


def _lay_out(codes: Codes, start: int, blocks: int, batch: int, unroll: int) -> Codes:
    """``batch`` rows of ``blocks * unroll`` codes from ``start`` on, each with its follower."""
    length = blocks * unroll
    stop = start + batch * length
    rows = np.empty((batch, length + 1), dtype=np.uint8)
    rows[:, :-1] = codes[start:stop].reshape(batch, length)
    followers = start + length * np.arange(1, batch + 1)
    rows[:, -1] = codes[followers % len(codes)]
    return rows


def prepare(
    data: bytes,
    name: str,
    source: str,
    split: str,
    batch: int,
    unroll: int,
    train: float,
    val: float,
    file_sizes: Sequence[int] = (),
) -> tuple[Corpus, dict[str, Codes]]:
    """Describe a corpus and split it.

    Args:
        data: the corpus.
        name: its name in the config, used in errors.
        source: where it came from, in words.
        split: ``streams``, ``position`` or ``files``.
        batch: number of streams B.
        unroll: characters per block T.
        train: fraction of the blocks used for training.
        val: fraction of the blocks used for validation.
        file_sizes: bytes of each file that the text is joined from, in order; for ``files`` alone.

    Returns:
        The description and the three splits (shapes as in :func:`split_streams`).

    Raises:
        CharlensError: an unknown split, or a corpus too short for one block in each part.
    """
    if split not in (*SCHEMES, FILES):
        raise CharlensError(
            f"corpora.{name}.split: expected {', '.join(SCHEMES)} or {FILES}, found {split!r}"
        )
    codes, vocabulary = encode(data)
    layout = batch, unroll, train, val
    splits = _split(codes, split, layout, file_sizes, f"corpora.{name}: {source}")
    corpus = Corpus(
        name=name,
        source=source,
        bytes=len(data),
        distinct=len(vocabulary),
        sha256=hashlib.sha256(data).hexdigest(),
        split=split,
        batch=batch,
        unroll=unroll,
        train=train,
        val=val,
        sizes={part: rows[:, 1:].size for part, rows in splits.items()},
        vocabulary=vocabulary,
    )
    return corpus, splits


def _split(
    codes: Codes,
    split: str,
    layout: tuple[int, int, float, float],
    file_sizes: Sequence[int],
    where: str,
) -> dict[str, Codes]:
    """The splits of a text; errors begin with ``where``."""
    if split == FILES:
        try:
            rows = split_files(codes, file_sizes, *layout)
        except CharlensError as error:
            raise CharlensError(f"{where}: {error}") from error
        return dict(zip(SPLITS, rows, strict=True))
    if min(block_counts(len(codes), *layout)) < 1:
        raise CharlensError(f"{where} {too_short(len(codes), *layout)}")
    return SCHEMES[split](codes, *layout)


def save_split(path: FilePath, rows: Codes) -> None:
    """Write one split as ``.npy``, whole or not at all."""
    with atomic_path(path) as temporary, open(temporary, "wb") as stream:
        np.save(stream, rows, allow_pickle=False)


def load_split(path: FilePath) -> Codes:
    """Open one split, memory-mapped and read-only.

    Returns:
        uint8, shape (batch, length + 1): inputs are ``[:, :-1]``, targets ``[:, 1:]``.

    Raises:
        CharlensError: the file is missing, damaged or not a split.
    """
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except OSError as error:
        raise CharlensError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, EOFError) as error:
        raise DamagedFileError(
            path, f"{path}: expected a NumPy array, found a damaged file"
        ) from error
    shape: tuple[int, ...] = getattr(rows, "shape", ())
    if getattr(rows, "dtype", None) != np.uint8 or len(shape) != 2 or min(shape[0], shape[1]) < 1:
        raise CharlensError(
            f"{path}: expected uint8 of shape (streams, length + 1), found "
            f"{getattr(rows, 'dtype', type(rows).__name__)} of shape {shape}; "
            "delete it and run again"
        )
    return rows
