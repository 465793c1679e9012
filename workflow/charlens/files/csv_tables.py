"""Tables as CSV files of declared columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath, atomic_path
from charlens.files.width import WIDTH

LONGEST = 500
"""Characters of the columns of a wrong file in a message."""


def write(frame: pd.DataFrame, path: FilePath) -> None:
    """Write a table, without its index and with numbers to nine digits, whole or not at all."""
    with atomic_path(path) as temporary:
        frame.to_csv(temporary, index=False, float_format="%.9g", lineterminator="\n")


def read(
    path: FilePath, dtypes: Mapping[str, str], what: str, rule: str, later: Collection[str] = ()
) -> pd.DataFrame:
    """Read a table written by :func:`write`.

    Args:
        path: the file.
        dtypes: the columns it must have, in their order, and the type of each. :data:`WIDTH` may
            come after them.
        what: the kind of table in words, with its article, for errors.
        rule: the rule that makes it, for errors.
        later: those of ``dtypes`` that tables of earlier versions lack; they are then empty.

    Raises:
        CharlensError: no such file, or not such a table.
    """
    try:
        frame = pd.read_csv(path, dtype=dict(dtypes))
    except FileNotFoundError as error:
        raise CharlensError(f"{path}: no such file; run the rule {rule} first") from error
    except OSError as error:
        raise CharlensError(f"{path}: cannot be read ({error.strerror})") from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:  # as pandas sees them
        detail = " ".join(str(error).split())[:160]
        raise CharlensError(f"{path}: not {what} ({detail}); delete it") from error
    lacking = [name for name in later if name not in frame]
    if declared(frame) != [name for name in dtypes if name not in lacking]:
        columns = str(list(frame.columns))
        if len(columns) > LONGEST:
            columns = f"{columns[:LONGEST]}… ({len(frame.columns):,} in all)"
        raise CharlensError(
            f"{path}: columns are {columns}, expected {list(dtypes)}; delete the file and run again"
        )
    empty = {name: pd.Series(None, frame.index, dtypes[name]) for name in lacking}
    return frame.assign(**empty)[[*dtypes, *_more(frame)]] if lacking else frame


def declared(frame: pd.DataFrame) -> list[str]:
    """The columns of a table without :data:`WIDTH` where it is the last."""
    return list(frame.columns)[: len(frame.columns) - len(_more(frame))]


def _more(frame: pd.DataFrame) -> list[str]:
    return [name for name in frame.columns[-1:] if name == WIDTH]
