"""The last words of a run."""

import os

from charlens.runtime.messages import failures, places, tell


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


def test_where_the_results_are(tmp_path, capsys):
    assert places(tmp_path) == []
    for name in ("figures", "tables"):
        (tmp_path / name).mkdir()
    tell(places(tmp_path))
    told = capsys.readouterr().err
    assert told == f"charlens: {tmp_path}/figures/ and {tmp_path}/tables/\n"
    (tmp_path / "manifest.json").touch()  # written last, so all of it is there
    assert places(tmp_path)[0].endswith("; one file of it all: make report")
