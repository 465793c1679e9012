"""Checksums of whole files: every changed byte of what a job reads is noticed."""

from __future__ import annotations

import re

import numpy as np
import pytest
from charlens.errors import DamagedFileError
from charlens.files import notes
from charlens.runtime.job import job
from scripts_alone import SCRIPTS


def made(folder, name, content):
    path = folder / name
    with job(None, 1, outputs=[path]):
        path.write_bytes(content)
    return path


def test_every_flipped_byte_of_any_kind_of_file_is_noticed(tmp_path):
    np.save(tmp_path / "rows", np.arange(20, dtype=np.uint8))
    contents = {
        "t.csv": b"model,loss\nlstm-1x8,1.25\n",
        "corpus.json": b'{"bytes": 10}\n',
        "train.npy": (tmp_path / "rows.npy").read_bytes(),
    }
    for name, content in contents.items():
        path = made(tmp_path, name, content)
        notes.check(path)
        for place in range(len(content)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            with pytest.raises(DamagedFileError, match=re.escape(f"{path}: damaged")):
                notes.check(path)
        path.write_bytes(content + b" ")
        assert notes.is_damaged(path)
        path.write_bytes(content)
        assert not notes.is_damaged(path)


def test_a_job_names_moves_aside_and_does_not_use_damaged_inputs(tmp_path, capsys):
    paths = [made(tmp_path, name, b"1,2,3\n") for name in ("a.csv", "b.csv", "c.csv")]
    out = made(tmp_path, "out.csv", b"old")
    paths[0].write_bytes(b"1,2,7\n")
    paths[2].write_bytes(b"")
    with pytest.raises(SystemExit), job(None, 1, paths, [out]):
        pytest.fail("reads what is damaged")
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": damaged")[0] for line in lines] == [
        f"charlens: error: {paths[0]}",
        f"charlens: error: {paths[2]}",
    ]
    assert all("moved aside as" in line and "run the whole study again" in line for line in lines)
    assert [path.exists() for path in paths] == [False, True, False]
    assert (tmp_path / "a.csv.damaged").read_bytes() == b"1,2,7\n"


def test_a_job_that_fails_leaves_no_note_of_what_it_was_writing(tmp_path):
    out = made(tmp_path, "out.csv", b"old")

    def half():
        with job(None, 1, outputs=[out]):
            out.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    notes.check(out)  # Snakemake removes it; a note of the old content would blame the next one


def test_what_has_no_note_is_not_compared(tmp_path):
    path = made(tmp_path, "a.csv", b"1,2,3\n")
    (copy := tmp_path / "elsewhere" / "a.csv").parent.mkdir()
    copy.write_bytes(b"1,2,4\n")
    notes.check(copy, tmp_path / "nothing.csv", tmp_path)
    (tmp_path / notes.FOLDER / "a.csv.sha256").write_bytes(b"\xff")  # a damaged note accuses nobody
    notes.check(path)


def test_patterns_of_result_files_do_not_meet_notes(tmp_path):
    path = made(tmp_path, "a.csv", b"1,2,3\n")
    assert list(tmp_path.rglob("*.csv")) == [path]


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_every_script_checks_its_inputs_and_notes_its_outputs(script):
    text = (SCRIPTS / script).read_text(encoding="utf-8")
    call = "with job(snakemake.log[0], snakemake.threads, snakemake.input, snakemake.output):"
    assert call in text
