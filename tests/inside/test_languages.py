"""Excerpts of texts in several languages, and Figures 2 and 6 of them."""

import unicodedata
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from charlens.analyses.oracles import pies
from charlens.analyses.oracles.excerpts import examples
from charlens.analyses.oracles.oracles import ORACLES, family_of, slices
from charlens.display import html
from charlens.display.fonts import UNKNOWN
from charlens.inside.cells import figure as figure2
from charlens.inside.cells.concepts import labels
from charlens.inside.cells.excerpts import COLUMNS, ROWS, candidates, typical_excerpt
from charlens.paper.definitions import OracleDefinitions
from charlens.text.encoding_guess import guess
from charlens.text.grid import COLUMNS_OF_TEXT, lay_out
from languages import LANGUAGES, encoded

RIGHT_TO_LEFT = ("arabic", "hebrew")
DRAWN = (
    "korean",
    "chinese_gb",
    "arabic",
    "hebrew",
    "french",
    "russian_wide",
    "thai",
    "hindi",
    "emoji",
)


def streams(name, times=24, batch=2):
    data = np.frombuffer(encoded(name, times), np.uint8)
    length = len(data) // batch // 2 * 2
    return data[: batch * length].reshape(batch, length)


def panel(name):
    """The rows of a panel on the first excerpt, with values that go up with the place."""
    text, (_, encoding) = streams(name), LANGUAGES[name]
    part = candidates(text, encoding)[0]
    data = text[part.stream, part.start : part.stop]
    facts = {"corpus": name, "model": "lstm-1x8", "panel": "line_position"}
    facts |= {"concept": "line_position", "title": "position in line", "measure": "correlation"}
    facts |= {"layer": 1, "unit": 0, "found": 0.5, "held_out": 0.5}
    columns = {"position": np.arange(data.size), "byte": data}
    columns["value"] = np.linspace(-1, 1, data.size)
    return pd.DataFrame(facts | columns)[list(COLUMNS)].astype(COLUMNS), data, encoding


def letters(text):
    """Characters in the form in which they are written down, without marks and joiners."""
    visible = (c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
    return sorted(visible)


@pytest.mark.parametrize("name", LANGUAGES)
def test_excerpts_begin_lines_and_fill_a_page(name):
    text, (words, encoding) = streams(name), LANGUAGES[name]
    excerpts = candidates(text, encoding)
    assert len(excerpts) > 10
    lines = set(words.splitlines())
    for part in excerpts[:5]:
        data = text[part.stream, part.start : part.stop]
        shown = data.tobytes().decode(encoding)  # whole characters, no broken ones
        assert shown.splitlines()[0] in lines
        assert lay_out(data, COLUMNS_OF_TEXT, encoding=encoding)[-1].row == ROWS - 1


@pytest.mark.parametrize("name", DRAWN)
def test_figure_2_shows_every_character_once(name):
    table, data, encoding = panel(name)
    figure = figure2.draw(table, {name: encoding})
    (axes,) = [axes for axes in figure.axes if axes.texts and axes.collections[:1] and
               axes.get_position().height > 0.3]  # fmt: skip
    cells = lay_out(data, COLUMNS_OF_TEXT, encoding=encoding)
    (boxes,) = axes.collections
    assert len(boxes.get_paths()) == len(cells)
    shown = [text.get_text() for text in axes.texts[3:]]  # less title, detail and range
    missing = shown.count(UNKNOWN)
    if not missing and name not in ("emoji",):
        assert letters("".join(shown)) == letters(data.tobytes().decode(encoding))
    assert len(shown) == sum(cell.glyph != " " for cell in cells)
    values = table["value"].to_numpy()[[cell.stop - 1 for cell in cells]]
    expected = figure2._COLORS((values - values.min()) / np.ptp(values))
    np.testing.assert_allclose(boxes.get_facecolors(), expected)
    left = [path.get_extents().x0 for path in boxes.get_paths()]
    assert (left[0] > left[1]) == (name in RIGHT_TO_LEFT)


def test_figure_2_of_a_text_that_is_not_named_is_utf_8():
    table, data, _ = panel("korean")
    whole = [text.get_text() for axes in figure2.draw(table).axes for text in axes.texts]
    assert sum(text in (UNKNOWN, *data.tobytes().decode()) for text in whole) > 100


@pytest.mark.parametrize("name", DRAWN)
def test_figure_6_marks_characters(name):
    text, encoding = streams(name, times=8), LANGUAGES[name][1]
    category = np.full(text[:, 1:].size, -1, np.int8)
    category[np.random.default_rng(0).random(category.size) < 0.2] = slices().index("100-memory")
    shown = examples(text, category, OracleDefinitions(), encoding).assign(corpus=name, model="m")
    assert len(shown)
    count = np.bincount(category[category >= 0], minlength=len(slices()))
    table = pd.DataFrame({"oracle": slices(), "family": family_of(), "errors": count})
    table["percent"] = 100 * count / count.sum()
    facts = {"corpus": name, "model": "lstm-1x8", "role": "best", "characters": category.size}
    figure = pies.draw(table.assign(**facts, paper=np.nan), shown, {name: encoding})
    data = shown["byte"].to_numpy(np.uint8).tobytes()
    page = figure.axes[-1]
    cells = lay_out(shown["byte"].to_numpy(np.uint8), COLUMNS_OF_TEXT, encoding=encoding)
    assert data.decode(encoding)
    marked = sum(shown["marked"].to_numpy()[c.start : c.stop].any() for c in cells)
    fills = [patch for patch in page.patches if patch.get_facecolor()[3] > 0]
    assert len(fills) == marked
    assert len(ORACLES) == 6


@pytest.mark.parametrize("name", LANGUAGES)
def test_notebooks_show_the_characters(name):
    text, encoding = LANGUAGES[name]
    data = encoded(name)
    shown = html.beginning(data)
    assert "".join(part.text for part in shown) == text
    assert [part.start for part in shown] == [0, *(part.stop for part in shown)][: len(shown)]
    page = html.coloured_text(shown, [0.0] * len(shown), len(data))
    assert 'dir="auto"' in page
    assert "\ufffd" not in page
    assert data[shown[3].start : shown[3].stop].decode(encoding) == shown[3].text


@pytest.mark.parametrize(
    ("name", "length"),
    [
        ("russian_wide", 101),
        ("russian_wide", 201),
        ("chinese_gb", 101),
        ("french", 101),
        ("emoji", 201),
    ],
)
def test_notebooks_show_the_characters_of_streams_cut_within_them(name, length):
    """Joined, the streams of these texts pass for texts in another encoding."""
    encoding, data = LANGUAGES[name][1], encoded(name, 100)
    rows = np.frombuffer(data[: len(data) // length * length], np.uint8).reshape(-1, length)[:40:2]
    joined = rows.tobytes()
    assert guess(joined) != encoding
    shown = html.beginning(joined, range(length, len(joined), length))
    assert all(a.stop <= b.start for a, b in pairwise(shown))
    known = [part for part in shown if part.text in LANGUAGES[name][0]]
    # A stream of GB that begins within a character is read wrongly up to its next ASCII byte.
    assert len(known) > (0.75 if name == "chinese_gb" else 0.95) * len(shown)
    for at in range(length, shown[-1].start, length):
        assert any(part.start == at for part in shown)


@pytest.mark.parametrize(
    ("name", "share"),
    [("korean", 0.08), ("chinese_gb", 0.08), ("japanese_sjis", 0.1), ("arabic", 0.1),
     ("french", 0.09), ("russian", 0.1), ("russian_wide", 0.1), ("thai", 0.06)],
)  # fmt: skip
def test_quotations_are_known(name, share):
    text, encoding = streams(name), LANGUAGES[name][1]
    inside = labels(text[0], "prose", encoding)["inside_quotes"]
    assert share < inside.mean() < 3 * share
    assert typical_excerpt(inside[None], candidates(text[:1], encoding)) is not None


def test_lines_of_an_old_mac():
    data = encoded("french", 60).replace(b"\n", b"\r")
    text = np.frombuffer(data[: len(data) // 2 * 2], np.uint8).reshape(2, -1)
    part = candidates(text, "cp1252")[0]
    assert text[part.stream, part.start - 1] == ord("\r")
    cells = lay_out(text[part.stream, part.start : part.stop], COLUMNS_OF_TEXT, encoding="cp1252")
    assert cells[-1].row == ROWS - 1
    assert sum(cell.glyph == "←" for cell in cells) == 3
