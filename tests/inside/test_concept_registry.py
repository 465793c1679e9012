"""A decorated function is a concept: labelled, searched for, shown, drawn and tested as a claim."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from charlens.inside.cells import figure
from charlens.inside.cells.concepts import CONCEPTS, PaperCell, concept, labels, panels
from charlens.inside.cells.excerpts import read as read_examples
from charlens.inside.cells.ranking import read as read_ranking
from charlens.inside.cells.search import search_cells
from charlens.replication.cells import tracked
from charlens.replication.findings import tracking
from charlens.text.lexed import LexedText
from paper_tables import no_tables
from test_activations import made
from test_cell_search import prose

NAME = "at_vowel"


@pytest.fixture
def at_vowel() -> Iterator[str]:
    """A concept that only this test knows."""

    @concept(
        NAME,
        title="at a vowel",
        kinds=("prose",),
        panel=True,
        paper=PaperCell("the vowels", "war_and_peace"),
    )
    def vowels(text: LexedText) -> np.ndarray:
        return np.isin(text.values, list(b"aeiou"))

    yield NAME
    del CONCEPTS[NAME]


def test_one_function_is_searched_for_shown_drawn_and_tested(at_vowel: str, tmp_path: Path) -> None:
    assert labels(b"To be", "prose")[at_vowel].tolist() == [False, True, False, False, True]
    assert at_vowel not in labels(b"To be", "c")
    assert CONCEPTS[at_vowel].measure == "auc"

    paths = made(tmp_path, batch=6, length=3900, steps=50, data=prose(), model="lstm-1x3")
    outputs = {name: tmp_path / f"{name}.parquet" for name in ("ranking", "examples")}
    search_cells(paths, outputs, "prose", 50, "cpu")
    ranking, shown = read_ranking(outputs["ranking"]), read_examples(outputs["examples"])
    own = ranking[ranking["concept"] == at_vowel]
    assert len(own) == 3
    assert own["strength_held_out"].notna().all()

    panel = shown[shown["panel"] == at_vowel]
    assert len(panel) > 100
    assert set(panel["title"]) == {"at a vowel"}
    texts = [text.get_text() for axes in figure.draw(shown).axes for text in axes.texts]
    assert "Best cell for: at a vowel" in texts

    (finding,) = (f for f in tracking() if f.words.endswith("keeps track of the vowels"))
    assert finding.corpora == ("war_and_peace",)
    (outcome,) = finding.test(no_tables(cells=ranking))
    best = own.iloc[0]
    assert f"cell {best['unit']}, AUC = " in outcome.evidence


def test_the_papers_cells_and_panels_follow_its_figure() -> None:
    assert panels() == (
        "line_position",
        "inside_quotes",
        "if_condition",
        "inside_comment_or_string",
        "nesting_depth",
        "expression_depth",
        "line_end",
    )
    assert list(tracked()) == [name for name in panels() if name != "nesting_depth"]
    on = {name: cell.corpus for name, cell in tracked().items()}
    assert [name for name in on if on[name] == "war_and_peace"] == list(panels()[:2])
    assert set(on.values()) == {"war_and_peace", "linux_kernel"}


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="line_end: registered twice"):
        concept("line_end", title="again")(lambda text: text.values > 0)
    assert CONCEPTS["line_end"].title == "about to end the line"
