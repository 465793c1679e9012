"""Kinds of text: an entry and a lexer make a new one, which is configured, guessed and lexed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from charlens.errors import CharlensError
from charlens.text.c_lexer import classify, tokens
from charlens.text.kinds import KINDS, kind_of
from charlens.text.lexed import LexedText
from extended_library import run_with

LEXER = '''
"""Lexer of Python source: comments and strings of one line."""

import re

import numpy as np

from charlens.text.c_lexer import ByteClass, Tokens, byte_values

_TOKEN = re.compile(rb"""#[^\\n]*|"[^"\\n]*"|'[^'\\n]*'""")


def tokens(text):
    spans = [match.span() for match in _TOKEN.finditer(byte_values(text).tobytes())]
    start, stop = np.array(spans, dtype=np.int64).reshape(-1, 2).T
    comment = byte_values(text)[start] == ord("#")
    kind = np.where(comment, ByteClass.COMMENT, ByteClass.STRING).astype(np.uint8)
    return Tokens(start, stop, kind, ~comment)
'''
LEX = """
def _lex_python(text):
    from charlens.text.python_lexer import tokens

    return tokens(text)


KINDS: dict"""
ENTRY = """lex=_lex_c),
    "python": TextKind(
        pair="()",
        recognise=lambda text: text.count(b":\\n") * 5 > text.count(b"\\n"),
        lex=_lex_python,
        comment_mark=1,
    ),
"""
CODE = r"""
import json

import numpy as np

from charlens.analyses.closings.table import matched_pairs
from charlens.errors import CharlensError
from charlens.inside.cells.concepts import labels
from charlens.study.config import CorpusEntry, Config, schema
from charlens.text.kinds import KINDS, kind_of

text = b'def f(a):\n    g("(", a)  # (x\n'
concepts = labels(text, "python")
bytes_ = np.frombuffer(text, np.uint8)
matched = matched_pairs(bytes_, KINDS["python"].pair, "python")
corpus = {"source": {"builtin": "python_docs"}, "kind": "python"}
config = Config.load({"run": "a", "corpora": {"code": corpus}})
try:
    Config.load({"run": "a", "corpora": {"code": corpus | {"kind": "lisp"}}})
except CharlensError as error:
    refused = str(error)
print(json.dumps({
    "guessed": [kind_of(text), kind_of(b"int f() {\nreturn 0;\n}"), kind_of(b"Once upon a time.")],
    "configured": config.corpora["code"].kind,
    "choices": schema()["$defs"]["CorpusEntry"]["properties"]["kind"]["anyOf"][0]["enum"],
    "refused": refused,
    "concepts": list(concepts),
    "comment": bytes_[concepts["inside_comment"]].tobytes().decode(),
    "string": bytes_[concepts["inside_quotes"]].tobytes().decode(),
    "depth": int(concepts["expression_depth"].max()),
    "pairs": [[int(o), int(c)] for o, c in zip(matched.opener, matched.closer)],
}))
"""


def test_two_files_make_a_new_kind(tmp_path: Path) -> None:
    edits = {"text/kinds.py": {"\nKINDS: dict": LEX, "lex=_lex_c),\n": ENTRY}}
    made = json.loads(run_with(tmp_path, {"text/python_lexer.py": LEXER}, edits, CODE))
    assert made == {
        "guessed": ["python", "c", "prose"],
        "configured": "python",
        "choices": ["prose", "c", "python"],
        "refused": "config: corpora.code.kind: found 'lisp', expected one of prose, c, python or "
        "null",
        "concepts": [
            "line_position",
            "inside_quotes",
            "inside_comment",
            "inside_comment_or_string",
            "expression_depth",
            "line_end",
        ],
        "comment": "# (x",
        "string": '"(',
        "depth": 1,
        "pairs": [[5, 7], [15, 22]],
    }


def test_a_lexed_text_of_c_is_what_its_lexer_and_brackets_say() -> None:
    text = b'f("a(", (1)); // (\n/* x */ "'
    lexed = LexedText(text, "c")
    assert lexed.tokens is not None
    for own, expected in zip(lexed.tokens, tokens(text), strict=True):
        assert own.tolist() == expected.tolist()
    assert lexed.classes is not None
    assert lexed.classes.tolist() == classify(text).tolist()
    assert lexed.code.tobytes() == b"f(    , (1));     \n         "
    assert [ends.tolist() for ends in lexed.comments] == [[15, 20], [18, 25]]
    assert [ends.tolist() for ends in lexed.quotations] == [[2, 27], [5, 28], [True, False]]
    assert sorted(zip(*(ends.tolist() for ends in lexed.matched(("(", ")"))), strict=True)) == [
        (1, 11),
        (8, 10),
    ]
    assert lexed.matched(("(", ")")) is lexed.matched(("(", ")"))  # matched once
    assert lexed.depth(("(", ")")).max() == 2


def test_a_lexed_text_of_prose_has_no_comments() -> None:
    lexed = LexedText(np.frombuffer(b'"a" /* ( */', np.uint8), "prose")
    assert lexed.tokens is None
    assert lexed.classes is None
    assert lexed.code is lexed.values
    assert [ends.tolist() for ends in lexed.comments] == [[], []]
    assert [ends.tolist() for ends in lexed.quotations] == [[0], [2], [True]]
    assert len(lexed) == 11


def test_a_kind_that_is_none() -> None:
    with pytest.raises(CharlensError, match=r"^kind: expected prose or c, found 'rust'$"):
        LexedText(b"", "rust")


def test_prose_is_what_no_other_kind_recognises(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [name for name, kind in KINDS.items() if kind.recognise is None] == ["prose"]
    monkeypatch.delitem(KINDS, "c")
    assert kind_of(b"int f() {\nreturn 0;\n}") == "prose"
