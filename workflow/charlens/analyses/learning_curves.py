"""Learning curves as training writes them: one row per candidate and epoch."""

from __future__ import annotations

import math

import pandas as pd
import pyarrow.parquet as pq

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath

_COLUMNS = ["width", "epoch", "dropout", "train_loss", "val_loss"]


def of_the_best(path: FilePath) -> pd.DataFrame:
    """The learning curve of the candidate whose weights were kept, by validation loss.

    Args:
        path: the learning curve of a network.

    Returns:
        One row per epoch, in order, with the columns width, epoch, dropout, train_loss and
        val_loss, both in nats per byte.

    Raises:
        CharlensError: the file is no learning curve.
    """
    try:
        curve = pq.read_table(path, columns=_COLUMNS).to_pandas()
        best = curve.loc[curve["val_loss"].idxmin()]
    except (OSError, ValueError, KeyError) as error:
        raise CharlensError(f"{path}: not a learning curve; delete it and run again") from error
    alike = (curve["width"] == best["width"]) & (curve["dropout"] == best["dropout"])
    return curve[alike].sort_values("epoch", ignore_index=True)


def last_gain(path: FilePath) -> float:
    """What the last epoch took off the validation loss of a network, nats per byte.

    Negative where that rose; NaN where there was one epoch only.

    Args:
        path: its learning curve.

    Raises:
        CharlensError: the file is no learning curve.
    """
    losses = of_the_best(path)["val_loss"].tolist()
    return losses[-2] - losses[-1] if len(losses) > 1 else math.nan
