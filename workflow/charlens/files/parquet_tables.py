"""Tables too large for CSV, as Parquet files of declared columns."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from charlens.errors import CharlensError, DamagedFileError
from charlens.files.atomic import FilePath, atomic_path
from charlens.files.csv_tables import declared


def write(frame: pd.DataFrame, path: FilePath) -> None:
    """Write a table, without its index, whole or not at all; equal tables give equal bytes."""
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    with atomic_path(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", write_page_checksum=True)


def read(path: FilePath, dtypes: Mapping[str, str], what: str, rule: str) -> pd.DataFrame:
    """Read a table written by :func:`write`.

    Args:
        path: the file.
        dtypes: the columns it must have, in their order, and the type of each.
            :data:`charlens.files.width.WIDTH` may come after them.
        what: the kind of table in words, with its article, for errors.
        rule: the rule that makes it, for errors.

    Raises:
        CharlensError: no such file, a damaged one, or not such a table.
    """
    try:
        frame = pq.read_table(path, page_checksum_verification=True).to_pandas()
        if declared(frame) != list(dtypes):
            raise ValueError(f"columns are {list(frame.columns)}, expected {list(dtypes)}")
        return frame.astype(dict(dtypes))
    except FileNotFoundError as error:
        raise CharlensError(f"{path}: no such file; run the rule {rule} first") from error
    except (pa.ArrowException, OSError, ValueError, TypeError) as error:
        detail = " ".join(str(error).split())[:160]
        raise DamagedFileError(path, f"{path}: not {what} ({detail})") from error
