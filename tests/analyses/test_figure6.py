"""Figure 6: labels of pies never collide, and its colours differ for colour-blind people too."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import paper_tables
import pytest
from charlens.analyses.oracles import bars, pies
from charlens.analyses.oracles.oracles import ORACLES, family_of, slices
from charlens.display.pie_labels import around
from charlens.models.names import title
from charlens.report.contents import FIGURES
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

# Linear RGB as seen without one kind of cone (Machado, Oliveira & Fernandes 2009, severity 1).
SEEN_BY = {
    "all cones": np.eye(3),
    "no long": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no middle": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no short": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(color, eye: str) -> np.ndarray:
    """CIE L*a*b* of a colour as an eye sees it."""
    rgb = np.array(color)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SEEN_BY[eye] @ linear, 0, 1) / TO_XYZ.sum(1)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def apart(one, other, eye: str) -> float:
    return float(np.linalg.norm(lab(one, eye) - lab(other, eye)))


@pytest.mark.parametrize("eye", SEEN_BY)
def test_families_can_be_told_apart(eye: str) -> None:
    """A difference of 2.3 is just seen; these are to be seen in small bars."""
    families = family_of()
    table = pd.DataFrame({"family": families, "oracle": slices()})
    colored = list(zip(families, pies.colors(table), strict=True))
    for (family, one), (other, two) in pairwise([*colored, colored[0]]):
        assert family == other or apart(one, two, eye) > 15, (family, other)
    full = [to_rgb(color) for oracle in ORACLES.values() for color in oracle.colours]
    assert len(full) == len(ORACLES) + 1
    assert min(apart(one, two, eye) for one, two in combinations(full, 2)) > 15


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=25), st.data())
def test_labels_cover_neither_each_other_nor_the_pie(shares: list[float], data) -> None:
    edges = np.cumsum([0, *shares]) / sum(shares)
    angles = (np.pi / 2 + np.pi * (edges[1:] + edges[:-1])).tolist()
    heights = data.draw(st.lists(st.floats(0.1, 0.5), min_size=len(angles), max_size=len(angles)))
    boxes = [
        (min(x, x + side * 0.9), max(x, x + side * 0.9), y - h / 2, y + h / 2)
        for (x, y, side), h in zip(around(angles, heights), heights, strict=True)
    ]
    for one, two in combinations(boxes, 2):
        beside = one[1] <= two[0] + 1e-9 or two[1] <= one[0] + 1e-9
        assert beside or one[3] <= two[2] + 1e-9 or two[3] <= one[2] + 1e-9
    for left, right, bottom, top in boxes:
        nearest = np.hypot(np.clip(0, left, right), np.clip(0, bottom, top))
        assert nearest >= 1


def test_labels_with_room_lie_beside_their_slices() -> None:
    angles = [0.3, 2.0, 3.5, 5.5]
    for angle, (x, y, side) in zip(angles, around(angles, [0.1] * 4), strict=True):
        assert y == pytest.approx(1.09 * np.sin(angle))
        assert side * x > 0
        assert side == np.sign(np.cos(angle))


def test_no_leader_touches_its_label() -> None:
    nothing = pd.DataFrame(columns=["group", "byte", "marked", "boxed"])
    drawn = pies.draw(paper_tables.pies(), nothing)
    drawn.canvas.draw()
    point = drawn.dpi / 72
    for axes in drawn.axes:
        leaders = [line for line in axes.lines if line.get_linewidth() < 1]
        labels = [text for text in axes.texts if "%" in text.get_text() and text.get_va() != "top"]
        assert len(leaders) == len(labels) > 4
        for leader in leaders:
            x, y = axes.transData.transform(leader.get_xydata())[1]
            boxes = [label.get_window_extent() for label in labels]
            gaps = [np.hypot(x - np.clip(x, b.x0, b.x1), y - np.clip(y, b.y0, b.y1)) for b in boxes]
            assert min(gaps) > 2 * point


def test_bars_come_before_pies() -> None:
    names = list(FIGURES)
    assert names.index("figure6_bars") < names.index("figure6")


def test_bars_show_as_many_models_as_can_be_told_apart_and_name_them_in_full() -> None:
    names = ["lstm-3x512", "lstm-2x64", *(f"model-{i}-of-a-long-name" for i in range(4))]
    small = paper_tables.pies().query("model == 'lstm-2x64'")
    frame = pd.concat([small.assign(model=name, paper=np.nan) for name in names])
    drawn = bars.draw(frame, paper_tables.eliminated())
    (legend,) = drawn.legends
    assert [text.get_text() for text in legend.get_texts()] == [title(name) for name in names[:4]]
    drawn.canvas.draw()
    assert legend.get_window_extent().x1 <= drawn.bbox.x1
