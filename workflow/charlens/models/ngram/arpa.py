"""n-gram models as ARPA text, which KenLM, SRILM and others read.

One line per n-gram: log10 probability, words, log10 back-off weight. Words are two hexadecimal
digits per byte (space, tab, line ends and NUL would end a word), so a text to be scored elsewhere
is spelled by :func:`hex_words`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

import numpy as np
import numpy.typing as npt

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath, atomic_path
from charlens.models.ngram.kneser_ney import CONTINUATION, RAW, SENTENCE_START
from charlens.models.ngram.model import NgramModel
from charlens.models.ngram.symbols import Text, symbols_of
from charlens.runtime.progress import Progress, progress

MAX_ARPA_ORDER = 9
"""Beyond it the file grows by hundreds of megabytes an order."""

_BLOCK = 65_536
_LEAST = -99.0  # ARPA's custom for log10 0

Floats = npt.NDArray[np.float64]


def hex_words(text: Text, symbols: Sequence[int] | None = None) -> str:
    """A text as words of two hexadecimal digits, with a space between.

    Args:
        text: bytes, or uint8 of shape (n,).
        symbols: the byte that each value of ``text`` stands for, if those are vocabulary codes.
    """
    values = symbols_of(text, "text")
    return (values if symbols is None else np.array(symbols, np.uint8)[values]).tobytes().hex(" ")


def write_arpa(
    path: FilePath,
    model: NgramModel,
    order: int,
    symbols: Sequence[int] | None = None,
) -> None:
    """Write one order of a model as ARPA text, whole or not at all.

    Args:
        path: the file; plain text.
        model: the n-gram model.
        order: of the model to write, 1 … 9.
        symbols: the byte that each symbol of the model stands for, if it was fitted on codes.

    Raises:
        CharlensError: the order is out of range, or the file cannot be written.
    """
    highest = min(MAX_ARPA_ORDER, model.max_order)
    if not 1 <= order <= highest:
        raise CharlensError(
            f"ARPA export: expected an order from 1 to {highest}, found {order}; longer n-grams "
            "are served by the model file"
        )
    seen = model.vocabulary.symbols
    spelled = seen if symbols is None else np.array(symbols, np.uint8)[seen]
    words = ["</s>", "<s>", *(f"{value:02x}" for value in spelled.tolist())]
    starts = [_ngram_rows(model, length) for length in range(1, order + 1)]
    sizes = [len(rows) for rows in starts]
    sizes[0] += 1  # <unk>
    with atomic_path(path) as temporary, open(temporary, "w", encoding="ascii") as file:
        file.write("\\data\\\n")
        file.writelines(f"ngram {length}={size}\n" for length, size in enumerate(sizes, start=1))
        with progress(sum(sizes), f"order {order} as ARPA", "n-gram") as bar:
            _write_orders(file, model, starts, words, bar)
        file.write("\n\\end\\\n")


def _ngram_rows(model: NgramModel, length: int) -> npt.NDArray[np.int64]:
    """The first row of each n-gram of one length, in sorted order."""
    rows = np.flatnonzero(model.prefix < length)
    return rows[model.order[rows] <= len(model.order) - length]


def _write_orders(
    file: TextIO,
    model: NgramModel,
    starts: list[npt.NDArray[np.int64]],
    words: list[str],
    bar: Progress,
) -> None:
    row_of = np.empty_like(model.order)
    row_of[model.order] = np.arange(len(model.order), dtype=np.int32)
    highest = len(starts)
    probability = model.unigrams[RAW if highest == 1 else CONTINUATION].copy()
    (unknown,) = _log10(probability[[SENTENCE_START]])
    probability[SENTENCE_START] = 1.0  # never predicted: 0 in log10, as lmplz writes it
    for length, rows in enumerate(starts, start=1):
        file.write(f"\n\\{length}-grams:\n")
        if length == 1:
            file.write(f"{unknown:.9g}\t<unk>" + ("\t0\n" if highest > 1 else "\n"))
        if length == highest:
            _write_lines(file, model, rows, length, words, probability, None, bar)
            return
        backoff, following = _next_order(
            model, rows, starts[length], row_of, probability, length, length + 1 == highest
        )
        _write_lines(file, model, rows, length, words, probability, backoff, bar)
        probability = following


def _next_order(
    model: NgramModel,
    rows: npt.NDArray[np.int64],
    longer: npt.NDArray[np.int64],
    row_of: npt.NDArray[np.int32],
    probability: Floats,
    length: int,
    highest: bool,
) -> tuple[Floats, Floats]:
    """Back-off weights of the n-grams of one length, probabilities of those one symbol longer.

    Args:
        model: the n-gram model.
        rows: first row of each n-gram of ``length``.
        longer: first row of each n-gram of ``length + 1``.
        row_of: the row of each suffix.
        probability: of the n-grams of ``length``, shape (len(rows),).
        length: of the contexts.
        highest: whether ``length + 1`` is the model's order.

    Returns:
        Shapes (len(rows),) and (len(longer),).
    """
    # Rows of suffixes too short for an n-gram belong to none, so a run ends where its prefixes do.
    begins = np.flatnonzero(model.prefix <= length)
    if highest:
        counts = np.diff(begins, append=len(model.prefix))
    else:
        flags = (model.left <= length + 1).view(np.uint8)
        counts = np.add.reduceat(flags, begins, dtype=np.int64)
    counts = counts[model.order[begins] < len(model.order) - length]
    context = np.searchsorted(rows, longer, side="right") - 1
    off = model.discounts[RAW if highest else CONTINUATION, length][np.minimum(counts, 3)]
    total = np.bincount(context, weights=counts, minlength=len(rows))
    rest = np.bincount(context, weights=off, minlength=len(rows))
    backoff = np.divide(rest, total, out=np.ones(len(rows)), where=total > 0)
    shorter = np.searchsorted(rows, row_of[model.order[longer] + 1], side="right") - 1
    return backoff, (counts - off) / total[context] + backoff[context] * probability[shorter]


def _write_lines(
    file: TextIO,
    model: NgramModel,
    rows: npt.NDArray[np.int64],
    length: int,
    words: list[str],
    probability: Floats,
    backoff: Floats | None,
    bar: Progress,
) -> None:
    for start in range(0, len(rows), _BLOCK):
        part = slice(start, start + _BLOCK)
        at = model.order[rows[part]]
        spelled = [
            " ".join(map(words.__getitem__, ngram))
            for ngram in model.codes[at[:, None] + np.arange(length)].tolist()
        ]
        logs = _log10(probability[part])
        if backoff is None:
            lines = map("{:.9g}\t{}\n".format, logs, spelled)
        else:
            lines = map("{:.9g}\t{}\t{:.9g}\n".format, logs, spelled, _log10(backoff[part]))
        file.writelines(lines)
        bar.update(len(spelled))


def _log10(values: Floats) -> list[float]:
    with np.errstate(divide="ignore"):
        # + 0.0 turns a negative zero into zero.
        return (np.clip(np.log10(values), _LEAST, 0.0) + 0.0).tolist()
