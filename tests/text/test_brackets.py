"""Which closing bracket or quote belongs to which opening one."""

import os
import re
import time
from pathlib import Path

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.text.brackets import (
    BRACES,
    PARENTHESES,
    SQUARE_BRACKETS,
    depth,
    match,
    matched,
    quotations,
)
from charlens.text.c_lexer import ByteClass, classify, tokens
from hypothesis import assume, given
from hypothesis import strategies as st
from matched_quotes import match_quotes
from pictures import picture

ROOT = Path(__file__).parents[2]
CORPORA = Path(os.environ.get("CHARLENS_CORPORA", ROOT / ".." / "shared" / "corpora"))
KERNEL = CORPORA / "linux_kernel_v4.1-rc6.txt"


def openers(letters: str) -> list[int]:
    """What match gives where a closing bracket bears the letter of its opening one."""
    result, opened = [-1] * len(letters), {}
    for i, letter in enumerate(letters):
        if letter in opened:
            result[i] = opened.pop(letter)
        elif letter != ".":
            opened[letter] = i
    assert not opened
    return result


@pytest.mark.parametrize(
    ("pair", "text", "letters"),
    [
        (
            BRACES,
            "f { g { } { h } } }  { x } {",
            "..a...b.b.c...c.a....a...a..",
        ),
        (
            BRACES,
            "} { { } } } { { }",
            "..a.b.b.a.....c.c",
        ),
        (
            PARENTHESES,
            "f(a[b(c)]) + {(])} )",
            ".a...b.b.a....c.c...",
        ),
        (
            SQUARE_BRACKETS,
            "f(a[b(c)]) + {(])} [",
            "...a....a...........",
        ),
        (
            ("<", ">"),
            "vector<pair<a, b>> > <",
            "......a....b....ba....",
        ),
        (
            ("\xab", "\xbb"),
            "\xab x \xbb",
            "a...a",
        ),
        (BRACES, "", ""),
        (BRACES, "}", "."),
        (BRACES, "{", "."),
    ],
)
def test_pairs(pair, text, letters):
    partner = match(text.encode("latin-1"), pair=pair)
    assert partner.dtype == np.int64
    assert partner.tolist() == openers(letters)


def test_brackets_in_comments_and_literals_do_not_count():
    text, letters = picture(r"""
f { /* } */ g("}", '}'); // {¶
..a...........................
"{\"}" x\ } /* { */ '{' }¶
..........a...............
""")
    assert match(text, classify(text)).tolist() == openers(letters)
    assert match(text)[7] == 2  # as prose, the first closes


def slow_match(text: bytes, pair=BRACES, branches=False) -> dict[int, int]:
    """A stack; with ``branches`` every #else and #elif begins with that of its #if."""
    ends = re.escape("".join(pair))
    pattern = rf"(?m)^[ \t]*#[ \t]*(if|el|endif)|[{ends}]".encode("latin-1")
    stack, outer, result = [], [], {}
    for event in re.finditer(pattern, text):
        if event[1] == b"if":
            outer.append(list(stack))
        elif event[1] == b"el":
            stack = list(outer[-1]) if branches else stack
        elif event[1] == b"endif":
            outer.pop()
        elif event[0] == pair[0].encode("latin-1"):
            stack.append(event.start())
        elif stack:
            result[event.start()] = stack.pop()
    return result


def as_dict(partner: np.ndarray) -> dict[int, int]:
    return {int(i): int(partner[i]) for i in np.flatnonzero(partner >= 0)}


BRACKETS = st.text("(){}x", max_size=60).map(str.encode)


@given(BRACKETS)
def test_against_a_stack(text):
    assert as_dict(match(text)) == slow_match(text)
    assert as_dict(match(text, pair=PARENTHESES)) == slow_match(text, PARENTHESES)


@given(BRACKETS, st.data())
def test_only_code_counts(text, data):
    classes = data.draw(st.lists(st.integers(0, 3), min_size=len(text), max_size=len(text)))
    code = bytes(byte if kind == 0 else 0 for byte, kind in zip(text, classes, strict=True))
    partner = match(text, np.array(classes, dtype=np.uint8))
    assert as_dict(partner) == slow_match(code)


def test_all_branches_are_read_as_they_stand():
    text = b"{\n#if A\nif (a) {\n#else\nif (b) {\n#endif\n}\n}\n"
    first, second, third = (i for i, byte in enumerate(text) if byte == ord("{"))
    inner, outer = (i for i, byte in enumerate(text) if byte == ord("}"))
    assert as_dict(match(text, classify(text))) == {inner: third, outer: second}
    assert slow_match(text, branches=True) == {inner: third, outer: first}


def test_the_kernel_has_no_brackets_that_depend_on_the_branch():
    if not KERNEL.is_file():
        pytest.skip(f"{KERNEL} is absent; set CHARLENS_CORPORA to the folder that has it")
    text = KERNEL.read_bytes()
    classes = classify(text)
    values = np.frombuffer(text, np.uint8)
    code = np.where(classes == ByteClass.CODE, values, np.uint8(ord(" "))).tobytes()
    for pair, openings, closings in ((BRACES, 19_114, 19_113), (PARENTHESES, 78_703, 78_703)):
        end = as_dict(match(text, classes, pair))
        assert end == slow_match(code, pair) == slow_match(code, pair, branches=True)
        counts = [code.count(end.encode()) for end in pair]
        assert [*counts, len(end)] == [openings, closings, closings]
    # One opening brace is left, in a macro. It must not deepen the last fifth of the text.
    deep = depth(text, classes)
    assert deep.max() == 7
    ends_of_functions = np.array([end.start() + 1 for end in re.finditer(rb"\n}\n", code)])
    assert (deep[ends_of_functions] == 0).mean() > 0.999


@pytest.mark.parametrize(
    ("pairs", "text", "depths"),
    [
        (
            [BRACES],
            "a{b{c}d}}{e}{f",
            "01122110011000",
        ),
        (
            [PARENTHESES, SQUARE_BRACKETS],
            "f(a[i],b)[(c",
            "011221110000",
        ),
        (
            [PARENTHESES, SQUARE_BRACKETS],
            "(a[)]b",
            "112100",
        ),
        ([], "(a)", "000"),
        ([BRACES], "", ""),
    ],
)
def test_depth(pairs, text, depths):
    levels = depth(text.encode(), pairs=pairs)
    assert levels.dtype == np.int32
    assert "".join(map(str, levels)) == depths


@given(BRACKETS)
def test_depth_counts_the_pairs_around(text):
    around = np.zeros(len(text), dtype=int)
    for pair in (BRACES, PARENTHESES):
        for closer, opener in slow_match(text, pair).items():
            around[opener:closer] += 1
    assert depth(text, pairs=[BRACES, PARENTHESES]).tolist() == around.tolist()


@pytest.mark.parametrize("text", [b"{ }", b"{{ x;}}", b"{", b"}", b"{{{}}"])
def test_six_megabytes_take_a_second(text):
    text *= 6_200_000 // len(text)
    classes = np.zeros(len(text), dtype=np.uint8)
    start = time.process_time()
    match(text, classes)
    assert time.process_time() - start < 2


@pytest.mark.parametrize("pair", ["{", "{{", ("{", "{"), ("{", ""), ("“", "”"), ("{", "}", "x")])
def test_pairs_that_are_none(pair):
    with pytest.raises(
        CharlensError, match=r"^pair: expected two different characters of one byte"
    ):
        match(b"{}", pair=pair)


def test_classes_of_another_text():
    with pytest.raises(CharlensError, match=r"^classes: expected .* 3 bytes .* found shape \(2,\)"):
        matched(b"{a}", classify(b"{}"))


# Quotes


PROSE = r"""
"Well," said he, "so."¶
a.....a..........b...b.
He said: "One¶
.........a....
two" "three.¶
...a.........
  ¶
...
"Four" 5" tall¶
a....a.........
¶
.
"Five␍¶
a......
six" "seven␍¶
...a.........
␍¶
..
eight" "nine¶
.....a.a.....
"""


def test_quotes_of_prose():
    text, letters = picture(PROSE)
    assert match_quotes(text).tolist() == openers(letters)


def test_curly_quotes():
    """Each takes three bytes; the last one counts."""
    text = "“ab” ”c “d “e” “f\n\ng” “h".encode()
    assert as_dict(match_quotes(text)) == {7: 2, 25: 21}
    assert [part.tolist() for part in quotations(text)] == [
        [2, 16, 21, 29, 40],
        [7, 21, 25, 32, 42],
        [True, False, True, False, False],
    ]
    assert as_dict(match_quotes("—“it’s”…".encode())) == {14: 5}


def slow_quotations(text: bytes) -> list[tuple[int, int, bool]]:
    """Byte by byte; line ends are LF alone."""
    result, start, blank = [], None, False
    for i in range(len(text)):
        blank = text[i] == ord("\n") and text[:i].rstrip(b" \t").endswith(b"\n")
        opens = text[: i + 1].endswith("“".encode())
        closes = text[: i + 1].endswith("”".encode())
        turns = text[i] == ord('"')
        if start is not None and (opens or closes or turns or blank):
            result.append((start, i, closes or turns))
            start = i if opens else None
        elif start is None and (opens or turns):
            start = i
    return result if start is None else [*result, (start, len(text), False)]


@given(st.text('"“”\n\n a', max_size=40).map(str.encode))
def test_quotations_against_a_slow_one(text):
    assume("“".encode() in text or "”".encode() not in text)  # else ” opens, too
    assert list(zip(*(part.tolist() for part in quotations(text)), strict=True)) == (
        slow_quotations(text)
    )


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Il dit « oui » et «non».", ["« oui »", "«non»"]),
        ("Er sagt „ja“ und »nein«. “", ["„ja“", "»nein«"]),
        ("»Ja«, sagt er. »Nein«", ["»Ja«", "»Nein«"]),
        ("„Tak”, mówi; „nie”", ["„Tak”", "„nie”"]),
        ("Han sa ”ja” och ”nej”", ["”ja”", "”nej”"]),
        ("彼は「はい『内』」と。「あ」", ["「はい『内』」", "「あ」"]),
        ("他说“好”，又说“不”", ["“好”", "“不”"]),
        ('"a «b» c" ‹d› ＂e＂', ['"a «b» c"', "‹d›", "＂e＂"]),
        ('«a "b» c', ['«a "b»']),
        ("Hän sanoi »kyllä» ja »ei».", ["»kyllä»", "»ei»"]),
        ("彼は『はい』と。﹁a﹃b﹄c﹂ ｢ｶﾅ｣ ﹃b﹄", ["『はい』", "﹁a﹃b﹄c﹂", "｢ｶﾅ｣", "﹃b﹄"]),
        ("היא אמרה: ״מים״. הוא ענה ״כן״", ["״מים״", "״כן״"]),
        ('מנכ"לית צה"ל אמרה "בוא" לד"ר', ['"בוא"']),
        ('קראתי ב"הארץ" ש"מעריב" נסגר, וב"דבר" דו"חות', ['"הארץ"', '"מעריב"', '"דבר"']),
        ('5" and 6" wide', ['" and 6"']),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_quotations_of_other_languages(text, quoted, encoding):
    data = text.encode(encoding)
    start, end, closed = quotations(data, encoding)
    wide = {mark: len(mark.encode(encoding)) for mark in text}
    quotations_ = []
    for first, last in zip(start[closed].tolist(), end[closed].tolist(), strict=True):
        before = data[: first + 1].decode(encoding)[-1]
        quotations_.append(data[first + 1 - wide[before] : last + 1].decode(encoding))
    assert quotations_ == quoted


def test_quotations_in_one_byte_encodings():
    text = "Il dit «déjà» et".encode("latin-1")
    assert [part.tolist() for part in quotations(text, "latin-1")] == [[7], [12], [True]]
    assert quotations(text)[0].size == 0  # as UTF-8 it has none


def test_old_line_ends_break_a_quotation():
    for end in ("\n", "\r", "\r\n"):
        text = f'"a{end}b{end}{end}c"'.encode()
        assert quotations(text)[2].tolist() == [False, False]


def test_quotes_of_c():
    text, letters = picture(r"""
f("a", "b\"c", '"', /* "d" */ "e¶
..a.a..b....b....................
g("a""b" "", L"c", "\\", "\\\"");¶
..a.ab.b.cc...d.d..e..e..f....f...
h("\"¶
......
""")
    assert match_quotes(text, tokens(text)).tolist() == openers(letters)


def test_no_text():
    assert match_quotes(b"").tolist() == []
    assert match_quotes(b"", tokens(b"")).tolist() == []
    assert match_quotes(b'"').tolist() == [-1]
