"""Checksums of the user's files: contents decide, whatever dates say, and memory saves reading."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from charlens.runtime import checksums
from charlens.runtime.checksums import Checksums


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "memory" / "checksums.json"


def test_a_file_has_the_sha256_of_its_bytes(tmp_path: Path, memory: Path) -> None:
    text = tmp_path / "novel.txt"
    text.write_bytes(b"so it goes")
    assert Checksums(memory).of(text) == hashlib.sha256(b"so it goes").hexdigest()
    assert Checksums(memory).of(tmp_path / "missing.txt") == ""


@pytest.mark.parametrize("how", ["older", "same size and date", "replaced by a rename"])
def test_a_change_that_dates_do_not_show_is_seen(tmp_path: Path, memory: Path, how: str) -> None:
    text = tmp_path / "novel.txt"
    text.write_bytes(b"first text")
    os.utime(text, (1_700_000_000, 1_700_000_000))
    before = Checksums(memory).of(text)
    if how == "replaced by a rename":
        other = tmp_path / "other.txt"
        other.write_bytes(b"other text")
        os.utime(other, (1_700_000_000, 1_700_000_000))
        other.replace(text)
    else:
        text.write_bytes(b"other text")
        date = 1_600_000_000 if how == "older" else 1_700_000_000
        os.utime(text, (date, date))
    assert Checksums(memory).of(text) != before


def test_a_new_date_alone_changes_nothing(tmp_path: Path, memory: Path) -> None:
    text = tmp_path / "novel.txt"
    text.write_bytes(b"text")
    before = Checksums(memory).of(text)
    text.touch()
    assert Checksums(memory).of(text) == before


def test_an_unchanged_file_is_read_once(tmp_path: Path, memory: Path, monkeypatch) -> None:
    text = tmp_path / "novel.txt"
    text.write_bytes(b"text")
    before = Checksums(memory).of(text)

    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(checksums.hashlib, "file_digest", refuse)
    assert Checksums(memory).of(text) == before


@pytest.mark.parametrize("change", ["edit", "add", "remove", "rename", "swap"])
def test_a_change_below_a_folder_is_seen(tmp_path: Path, memory: Path, change: str) -> None:
    tree = tmp_path / "src"
    (tree / "a" / "b").mkdir(parents=True)
    for name, code in (("a/b/one.c", "int one;"), ("a/two.c", "int two;")):
        (tree / name).write_text(code)
    before = Checksums(memory).of(tree)
    assert Checksums(memory).of(tree) == before
    if change == "edit":
        (tree / "a/b/one.c").write_text("int uno;")
    elif change == "add":
        (tree / "a/three.c").write_text("")
    elif change == "remove":
        (tree / "a/two.c").unlink()
    elif change == "rename":
        (tree / "a/two.c").rename(tree / "a/zwei.c")
    else:
        (tree / "a/b/one.c").write_text("int two;")
        (tree / "a/two.c").write_text("int one;")
    for folder in (tree / "a" / "b", tree / "a", tree):
        os.utime(folder, (1_600_000_000, 1_600_000_000))
    assert Checksums(memory).of(tree) != before


def test_links_are_no_files_of_a_tree_even_if_they_lead_nowhere(
    tmp_path: Path, memory: Path
) -> None:
    tree = tmp_path / "src"
    tree.mkdir()
    (tree / "one.c").write_text("int one;")
    before = Checksums(memory).of(tree)
    (tree / "gone.c").symlink_to(tree / "nowhere.c")
    (tree / "round.c").symlink_to(tree / "round.c")
    (tree / "again").symlink_to(tree, target_is_directory=True)
    assert Checksums(memory).of(tree) == before != ""
    (tree / "one.c").write_text("int uno;")
    assert Checksums(memory).of(tree) != before


def test_files_that_do_not_count_do_not_matter(tmp_path: Path, memory: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "one.c").write_text("int one;")
    before = Checksums(memory).of(tmp_path / "src", lambda name: name.suffix == ".c")
    (tmp_path / "src" / "notes.txt").write_text("buy milk")
    assert Checksums(memory).of(tmp_path / "src", lambda name: name.suffix == ".c") == before


@pytest.mark.parametrize("content", ["", "{", "[]", '{"x": 3}', '{"x": []}'])
def test_a_damaged_memory_is_made_anew(tmp_path: Path, memory: Path, content: str) -> None:
    text = tmp_path / "novel.txt"
    text.write_bytes(b"text")
    expected = Checksums(memory).of(text)
    memory.write_text(content.replace('"x"', f'"{text}"'))
    assert Checksums(memory).of(text) == expected


def test_what_has_no_end_is_not_read(memory: Path) -> None:
    assert Checksums(memory).of(Path("/dev/zero")) == ""


@pytest.mark.parametrize("damage", [b"", b"\xff\x00", b"[1]", b"[" * 100_000, b'{"a": 1'])
def test_a_memory_of_other_bytes_is_made_anew(tmp_path: Path, memory: Path, damage: bytes) -> None:
    text = tmp_path / "novel.txt"
    text.write_bytes(b"so it goes")
    expected = Checksums(memory).of(text)
    before = memory.read_bytes()
    memory.write_bytes(damage)
    assert Checksums(memory).of(text) == expected
    assert memory.read_bytes() == before
