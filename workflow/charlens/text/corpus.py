"""A prepared corpus: its description, a byte vocabulary, vocabulary codes, and three splits.

"Character" means byte throughout.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError, DamagedFileError
from charlens.files.atomic import FilePath, atomic_path
from charlens.text.blocks import FILES
from charlens.text.splits import SCHEMES, SPLITS, Codes, split_codes

FORMAT = 1
"""Version of ``corpus.json``; raised when its keys change meaning."""


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
        encoding: guessed from the whole text; empty for ASCII, and where nobody guessed.
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
    encoding: str = ""

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
_LATER: dict[str, tuple[type, ...]] = {"contents": (str,), "files": (dict,), "encoding": (str,)}


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
        The description and the three splits (shapes as of
        :func:`charlens.text.splits.split_streams`).

    Raises:
        CharlensError: an unknown split, or a corpus too short for one block in each part.
    """
    if split not in (*SCHEMES, FILES):
        raise CharlensError(
            f"corpora.{name}.split: expected {', '.join(SCHEMES)} or {FILES}, found {split!r}"
        )
    codes, vocabulary = encode(data)
    layout = batch, unroll, train, val
    splits = split_codes(codes, split, layout, file_sizes, f"corpora.{name}: {source}")
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
