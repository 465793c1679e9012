"""Learning curves: which candidate was kept, and whether its training ended too early."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest
from charlens.analyses import learning_curves
from charlens.analyses.cross_entropy import table as cross_entropy
from charlens.errors import CharlensError
from charlens.models.still_learning import NOTICEABLE, how_many, is_still_learning
from charlens.report import summary
from charlens.training.grid_point import write_curve


def write(path: Path, *candidates: tuple[float, list[float]]) -> Path:
    """A curve of candidates, each a dropout and its validation losses, epoch by epoch."""
    known = {"width": 8, "train_loss": 1.0, "learning_rate": 0.002}
    records = [
        known | {"epoch": epoch, "dropout": dropout, "val_loss": loss}
        for epoch in range(1, 10)
        for dropout, losses in candidates
        for loss in losses[epoch - 1 : epoch]
    ]
    write_curve(path, records)
    return path


def test_the_candidate_of_the_lowest_loss_decides(tmp_path: Path) -> None:
    """The other one fell by 0.5 in its last epoch and was not kept."""
    path = write(tmp_path / "curve.parquet", (0.0, [3.0, 2.0, 1.75]), (0.5, [4.0, 3.0, 2.5]))
    assert learning_curves.last_gain(path) == 0.25
    assert learning_curves.of_the_best(path)["epoch"].tolist() == [1, 2, 3]


def test_an_overfitted_network_gains_nothing_and_one_epoch_says_nothing(tmp_path: Path) -> None:
    over = write(tmp_path / "over.parquet", (0.0, [3.0, 2.0, 2.25]))
    assert learning_curves.last_gain(over) == -0.25
    one = write(tmp_path / "one.parquet", (0.0, [3.0]))
    assert math.isnan(learning_curves.last_gain(one))
    stopped = write(tmp_path / "stopped.parquet", (0.0, [3.0, 2.0, 2.5]), (0.5, [4, 3.5, 3, 2.75]))
    assert learning_curves.last_gain(stopped) == -0.5


def test_what_is_no_curve_is_named(tmp_path: Path) -> None:
    (tmp_path / "curve.parquet").write_bytes(b"PAR1")
    with pytest.raises(CharlensError, match=r"curve\.parquet: not a learning curve; delete it"):
        learning_curves.last_gain(tmp_path / "curve.parquet")


@pytest.mark.parametrize(
    ("gains", "words"),
    [
        ([], ""),
        ([math.nan, 0.0, -0.5], ""),
        ([0.2, math.nan], "The network still learned when training ended"),
        ([0.2, NOTICEABLE], "All 2 networks still learned when training ended"),
        ([0.2, 0.001, math.nan, 0.3], "2 of 3 networks still learned when training ended"),
    ],
)
def test_how_many_still_learned(gains: list[float], words: str) -> None:
    assert how_many(gains) == words
    assert sum(map(is_still_learning, gains)) == sum(gain >= NOTICEABLE for gain in gains)


def test_the_page_and_the_summary_say_so(tmp_path: Path) -> None:
    rows = [
        {"corpus": "novel", "model": "lstm-1x8", "cross_entropy": 2.5, "last_gain": 0.25},
        {"corpus": "novel", "model": "mine", "cross_entropy": 2.25, "last_gain": None},
    ]
    frame = pd.DataFrame([dict.fromkeys(cross_entropy.COLUMNS) | row for row in rows])
    frame = frame.astype({"bootstrap_sd": float, "paper": float, "uniform": float})
    (tmp_path / "tables").mkdir()
    for gain, early in ((0.25, True), (0.001, False)):
        frame.loc[0, "last_gain"] = gain
        frame.to_csv(tmp_path / "tables" / "cross_entropy.csv", index=False)
        page = " ".join(cross_entropy.sentences(frame.astype({"last_gain": float})))
        lines = summary.summary(tmp_path, tmp_path / "logs", seeds=False, explorer=False)
        assert ("took up to 0.250 nats per character off the validation loss" in page) == early
        assert any("still learned when training ended" in line for line in lines) == early
