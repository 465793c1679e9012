"""Labels of what a unit might follow in a text."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.inside.cells.concepts import CONCEPTS, labels
from charlens.text.kinds import KINDS, kind_of
from hypothesis import given
from hypothesis import strategies as st
from matched_quotes import match_quotes
from pictures import picture

ROOT = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("CHARLENS_CORPORA", ROOT / ".." / "shared" / "corpora"))


def drawn(values: np.ndarray) -> str:
    """Yes as #, no as a dot, a count as its digit."""
    if values.dtype == bool:
        return "".join(".#"[int(value)] for value in values)
    return "".join(f"{value:.0f}" for value in values)


def check(concept: str, kind: str, drawing: str) -> None:
    text, expected = picture(drawing)
    assert drawn(labels(text, kind)[concept]) == expected
    assert drawn(labels(np.frombuffer(text, np.uint8), kind)[concept]) == expected


LINE_POSITION = r"""
ab c¶
12340
¶
0
d␍¶
120
␍¶
10
e␍f␍␍¶
101010
¶
0
g
1
"""

LINE_END = r"""
ab c¶
...##
¶
.
d␍¶
#.#
␍¶
..
e␍f␍␍¶
#.##.#
¶
.
g
.
"""


@pytest.mark.parametrize("kind", KINDS)
def test_lines(kind):
    check("line_position", kind, LINE_POSITION)
    check("line_end", kind, LINE_END)


@pytest.mark.parametrize("kind", KINDS)
@given(st.text("\r\na", max_size=30).map(str.encode))
def test_lines_against_a_slow_one(kind, text):
    position, ends, since = [], [], 0
    for i in range(len(text)):
        after, pair_after = text[i + 1 : i + 2], text[i : i + 2]
        since += 1
        if text[i] in b"\r\n" and pair_after != b"\r\n":
            since = 0
        position.append(since)
        ends.append(after in (b"\r", b"\n") and pair_after != b"\r\n")
    concepts = labels(text, kind)
    assert concepts["line_position"].tolist() == position
    assert concepts["line_end"].tolist() == ends


def test_quotes_of_prose():
    check(
        "inside_quotes",
        "prose",
        r"""
"Oh," he said. "Two␍¶
####...........######
lines." Then:␍¶
######.........
"Never closed␍¶
###############
␍¶
..
 and "again" 5"¶
.....######...##
  ¶
##.
'No' "a␍¶
.....####
␍¶
..
"" "¶
#..##
""",
    )


def test_curly_quotes():
    """Three bytes each, the last one tells."""
    inside = labels("a “b” “c\nd\n\n“".encode(), "prose")["inside_quotes"]
    assert drawn(inside) == "".join(("..", "..#", "#", "##.", ".", "..#", "####", ".", "..#"))


def test_quotes_of_c():
    check(
        "inside_quotes",
        "c",
        r"""
#include "a.h"¶
.........####..
f("a\"b" "c""d", '"', /* "e" */ L"");¶
..#####..##.##...................#....
g("h\¶
..####
i", "j¶
#...##.
k");¶
.###.
""",
    )


def test_comments():
    check(
        "inside_comment",
        "c",
        r"""
a / /* b */ c // d¶
.....#####.....###.
"/* e */" /**/ f¶
...........##....
// g\¶
.#####
h¶
#.
/* i¶
.####
j
#
""",
    )


def test_comments_and_strings():
    check(
        "inside_comment_or_string",
        "c",
        r"""
f("a", 'b'); /* c "d" */ // "e¶
..##..........#########...####.
""",
    )


def test_if_conditions():
    check(
        "if_condition",
        "c",
        r"""
if (a) b(c);¶
...##........
} else if(f(x[1], (y)) && ")" /* ) */ != ')')¶
.........###################################..
  if /* why (not) */ ( a¶
.....................####
    && b ) {¶
#########....
#if (d)¶
........
# if (e) /* */¶
...............
#elif (g)¶
..........
xif (h) if_ (i) "if (j)" // if (k)¶
...................................
if constexpr (l) if (m(if (n))) o¶
.............##.....##########....
#define P(q) if (q) \¶
................##....
  else if \¶
............
  (r) s¶
..##....
if (t¶
......
""",
    )


def test_depths():
    check(
        "nesting_depth",
        "c",
        r"""
f(int a) { /* { */¶
0000000001111111111
  if (a[g(1)]) { b(")"); } }¶
11111111111111122222222221100
} {¶
0000
""",
    )
    check(
        "expression_depth",
        "c",
        r"""
f(int a) { /* { */¶
0111111000000000000
  if (a[g(1)]) { b(")"); } }¶
00000112233210000011110000000
} {¶
0000
""",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_concept_has_its_labels(kind):
    of_text = labels(b"if (a) { b; }\n", kind)
    concepts = [concept for concept in CONCEPTS.values() if kind in concept.kinds]
    assert list(of_text) == [concept.name for concept in concepts]
    for concept in concepts:
        expected = {"auc": np.bool_, "correlation": np.float32}[concept.measure]
        assert of_text[concept.name].dtype == expected
    assert all(name == concept.name for name, concept in CONCEPTS.items())
    titles = [concept.title for concept in CONCEPTS.values()]
    assert len(set(titles)) == len(titles)


EVERY = bytes(range(256))


@pytest.mark.parametrize("kind", KINDS)
@given(st.binary(max_size=80) | st.text("if (){}[]\"'/*\\\r\n#;", max_size=80).map(str.encode))
def test_any_text(kind, text):
    for name, values in labels(text, kind).items():
        assert values.shape == (len(text),)
        assert values.dtype == np.bool_ or (values >= 0).all(), name


@pytest.mark.parametrize("kind", KINDS)
def test_every_byte_value(kind):
    for text in (b"", EVERY, EVERY[::-1], *(bytes([value]) for value in EVERY)):
        assert all(len(values) == len(text) for values in labels(text, kind).values())
    alone = {value: labels(bytes([value]), kind) for value in EVERY}
    assert [value for value in EVERY if alone[value]["inside_quotes"][0]] == [ord('"')]
    assert [value for value in EVERY if alone[value]["line_position"][0] == 0] == [10, 13]


def test_a_kind_that_is_none():
    with pytest.raises(CharlensError, match=r"^kind: expected prose or c, found 'rust'$"):
        labels(b"", "rust")


C = b"""\
#include <stdio.h>

/* Greet, or say
 * why not. */
static int greet(const char *name, int times)
{
\tif (!name || times < 1)
\t\treturn -1; // "nobody"
\twhile (times-- > 0) {
\t\tprintf("Hello, %s; {you}\\n", name);
\t}
\treturn 0;
}
"""
PROSE = b"""\
"Will you come?" asked the old man;
he had waited a long while, and the evening
was cold. "I will," she answered,
"but not before the rain is over;
nor alone."

They sat down again.
"""
TEX = b"\\section{Rings}\nLet $R$ be a ring.\n\\begin{proof}\nClear.\n\\end{proof}\n\\label{a}\n"
PYTHON = b'def f(a):\n    """Double; or {not}."""\n    return {"a": 2 * a}\n\n\nprint(f(1))\n'


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (C, "c"),
        (C.replace(b"\n", b"\r\n"), "c"),
        (C.replace(b"\n", b" \t\n"), "c"),
        (C.replace(b"\n", b"\n\n"), "c"),
        (np.frombuffer(C, np.uint8), "c"),
        (PROSE, "prose"),
        (TEX * 9 + PROSE, "prose"),
        (PYTHON, "prose"),
        (b"", "prose"),
        (b"\n", "prose"),
        (EVERY, "prose"),
        (b"int f() {\nreturn 0;\n}", "c"),
    ],
)
def test_kind_of(text, kind):
    assert kind_of(text) == kind


def corpus(name: str) -> bytes:
    path = CORPORA / name
    if not path.is_file():
        pytest.skip(f"{path} is absent; set CHARLENS_CORPORA to the folder that has it")
    return path.read_bytes()


@pytest.mark.parametrize(
    ("name", "kind", "seconds"),
    [("linux_kernel_v4.1-rc6.txt", "c", 5), ("warpeace_input.txt", "prose", 2)],
)
def test_the_papers_corpora(name, kind, seconds):
    text = corpus(name)
    start = time.process_time()
    concepts = labels(text, kind)
    assert time.process_time() - start < seconds
    assert all(0 < values.mean() < len(text) for values in concepts.values())
    pieces = [text[i : i + 100_000] for i in range(0, len(text), 100_000)]
    assert {kind_of(piece) for piece in [text, *pieces]} == {kind}


def test_quotes_of_war_and_peace_face_the_right_way():
    """A word follows an opening quote and precedes a closing one; a space does neither."""
    text = corpus("warpeace_input.txt")
    opener = match_quotes(text)
    closers = np.flatnonzero(opener >= 0)
    assert len(closers) > 8_900
    values = np.frombuffer(text, np.uint8)
    space = np.isin(values, list(b" \r\n"))
    assert space[opener[closers] + 1].mean() < 0.002
    assert space[closers - 1].mean() < 0.002
