"""The last words of a run."""

import os

from charlens.runtime.messages import LOGS_ARE_READ, failures, say


def write(path, text, time):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (time, time))


def test_what_failed_is_said_once_with_its_log(tmp_path):
    error = "2026-11-25 09:00:00 charlens: error: a.npy: damaged\n"
    write(tmp_path / "x" / "train" / "a.log", f"begun\n{error}", 200)
    write(tmp_path / "x" / "train" / "b.log", error, 201)
    write(tmp_path / "c.log", "09:00 charlens: a bug, please report it with this traceback\n", 200)
    write(tmp_path / "old.log", "charlens: error: of yesterday\n", 99)
    write(tmp_path / "good.log", "trained\n", 200)
    assert failures(tmp_path, 100) == [
        f"charlens: a bug, please report it with this traceback [{tmp_path / 'c.log'}]",
        f"charlens: error: a.npy: damaged [{tmp_path / 'x' / 'train' / 'a.log'}]",
    ]
    assert failures(tmp_path / "nothing", 0) == []


def test_what_the_user_reads_in_the_log_is_not_printed(capsys, monkeypatch):
    monkeypatch.delenv(LOGS_ARE_READ, raising=False)
    say("first")
    monkeypatch.setenv(LOGS_ARE_READ, "1")
    say("second")
    assert capsys.readouterr().err == "first\n"
