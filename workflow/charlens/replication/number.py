"""A number of the paper beside ours, and the verdict on the two."""

from __future__ import annotations

import math
from typing import NamedTuple

VERDICTS = ("within", "better", "outside", "vague")


def verdict(difference: float, tolerance: float, lower_is_better: bool = False) -> str:
    """``within``, ``outside`` or, for a cross-entropy below the paper's by more, ``better``.

    Args:
        difference: ours − paper; NaN counts as outside.
        tolerance: the largest difference that is within.
        lower_is_better: whether falling short of the paper's number is no fault.
    """
    if abs(difference) <= tolerance + 1e-9:
        return "within"
    return "better" if lower_is_better and difference < 0 else "outside"


class Number(NamedTuple):
    """A number of the paper and ours; fields as the columns of the table (``compare``)."""

    figure: str
    corpus: str
    model: str
    quantity: str
    unit: str
    ours: float
    paper: float
    tolerance: float
    remark: str = ""  # why the two are not comparable
    lower_is_better: bool = False
    relative: float = math.nan
    relative_tolerance: float = math.nan

    @property
    def judged(self) -> str:
        """Whether it is as near the paper's as due; where two differences are judged, both."""
        pairs = [(self.ours - self.paper, self.tolerance), (self.relative, self.relative_tolerance)]
        due = pairs[:1] if math.isnan(self.relative) else pairs
        verdicts = [verdict(*pair, self.lower_is_better) for pair in due]
        return next(v for v in ("outside", "better", "within") if v in verdicts)
