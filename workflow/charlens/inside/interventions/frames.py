"""Rows to tables of declared columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd


def framed(
    rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], names: Mapping[str, Any]
) -> pd.DataFrame:
    """A table of declared columns.

    Args:
        rows: by the names of columns; what a row does not have is empty. There may be none.
        columns: the columns in their order, and the type of each.
        names: columns that are the same in all rows.
    """
    rows = [*rows]
    frame = pd.DataFrame(rows).assign(**names) if rows else pd.DataFrame(columns=list(columns))
    return frame.reindex(columns=list(columns)).astype(dict(columns))


def joined(frames: Iterable[pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    """Tables of the same declared columns one below the other; there may be none."""
    parts = [frame for frame in frames if len(frame)]
    if not parts:
        return framed([], columns, {})
    return pd.concat(parts, ignore_index=True)[list(columns)].astype(dict(columns))
