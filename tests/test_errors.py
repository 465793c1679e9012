"""Names in messages: whatever they hold, a message is one line and moves no cursor."""

import json
import logging
import unicodedata
from pathlib import Path

import pytest
import yaml
from charlens import cli
from charlens.errors import CharlensError, DamagedFileError, visible
from charlens.runtime.job import job
from charlens.study.config import Config
from charlens.study.config_file import check_file

# A line break, "clear the screen", a bell, a text read backwards, a byte that is not UTF-8.
ODD = "a\nb\x1b[2J\x07\u202e\udcff"
ESCAPED = r"a\nb\x1b[2J\x07\u202e\udcff"

TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def test_what_controls_a_terminal_is_escaped_and_nothing_else() -> None:
    for number in range(0x110000):
        character = chr(number)
        odd = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        odd |= unicodedata.bidirectional(character) in TURNING or character in "\u200e\u200f"
        shown = visible(character)
        if odd:
            assert shown.isascii()
            assert shown.isprintable()
            assert json.loads(f'"{shown}"'.replace(r"\x", r"\u00")) == character
        else:
            assert shown == character
    assert visible("a\n\tb\r", allowed="\n\t") == "a\n\tb\\r"


def fail_loudly(log: logging.Logger) -> None:
    log.info("reads %s", ODD)
    logging.getLogger("others").warning("two\nlines\x1b[2J")
    raise CharlensError(f"{ODD}: lost")


def test_errors_and_logs_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest keeps what is logged for its report, which it cannot send from a worker: no UTF-8.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    assert str(CharlensError(f"{ODD}: lost")) == f"{ESCAPED}: lost"
    damaged = DamagedFileError(f"/x/{ODD}", f"{ODD}: damaged")
    assert str(damaged) == f"{ESCAPED}: damaged; delete it and run again"
    assert damaged.path == Path(f"/x/{ODD}")  # the file itself, to be moved aside
    with pytest.raises(SystemExit), job(tmp_path / "a.log") as log:
        fail_loudly(log)
    text = (tmp_path / "a.log").read_text()
    first, two, lines, last = text.splitlines()
    assert first.endswith(f" reads {ESCAPED}")
    assert two.endswith(" two")
    assert lines == r"lines\x1b[2J"
    assert last.endswith(f" charlens: error: {ESCAPED}: lost")
    assert capsys.readouterr().err == f"charlens: error: {ESCAPED}: lost\n"


@pytest.mark.parametrize(
    "values",
    [
        {"corpora": {ODD: {"source": {"builtin": "python_docs"}}}},
        {"corpora": {"a": {"source": {"builtin": "python_docs"}, ODD: 1}}},
        {ODD: 1},
        {"run": ODD, "corpora": {"a": {"source": {"builtin": "python_docs"}}}},
        {"corpora": {"a": {"source": {"file": ODD}}}, "n_gram": {ODD: ODD}},
    ],
)
def test_a_config_with_such_keys_and_values(values: dict) -> None:
    with pytest.raises(CharlensError) as caught:
        Config.load(values, "a.yaml")
    assert visible(str(caught.value)) == str(caught.value)
    assert r"\x1b[2J" in str(caught.value)


def test_a_config_file_with_such_keys(tmp_path: Path) -> None:
    path = tmp_path / "a\nb.yaml"
    path.write_text(yaml.safe_dump({"x\n\x1b": 1}) * 2)
    with pytest.raises(CharlensError) as caught:
        check_file(path)
    assert str(caught.value).endswith(r"the key x\n\x1b is given twice; keep one of them")


def test_the_command_shows_paths_so(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert cli.main(["verify", str(tmp_path / "a\n\x1b[2J")]) == 1
    printed = capsys.readouterr()
    assert r"a\n\x1b[2J" in printed.err + printed.out
    assert "\x1b" not in printed.err + printed.out
