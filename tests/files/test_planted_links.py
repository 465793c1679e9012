"""Links and folders that somebody planted where a writer writes: nothing elsewhere is changed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from charlens.errors import CharlensError
from charlens.files.atomic import atomic_path, write_text
from charlens.runtime.job import job


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A private file of the user, elsewhere."""
    path = tmp_path / "home" / "diary"
    path.parent.mkdir()
    path.write_text("dear diary")
    path.chmod(0o600)
    return path


def unharmed(path: Path) -> bool:
    return path.read_text() == "dear diary" and stat.S_IMODE(path.stat().st_mode) == 0o600


def temporary_of(path: Path) -> Path:
    return path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")


def test_a_link_in_place_of_the_temporary_file_is_not_followed(tmp_path: Path, victim: Path):
    path = tmp_path / "results" / "t.csv"
    path.parent.mkdir()
    temporary_of(path).symlink_to(victim)
    write_text(path, "a,b\n")
    assert unharmed(victim)
    assert (path.read_text(), path.is_symlink()) == ("a,b\n", False)
    assert [file.name for file in path.parent.iterdir()] == ["t.csv"]


def test_a_hard_link_neither(tmp_path: Path, victim: Path):
    path = tmp_path / "t.csv"
    os.link(victim, temporary_of(path))
    write_text(path, "a,b\n")
    assert unharmed(victim)
    assert path.read_text() == "a,b\n"


def test_a_link_that_comes_while_a_writer_writes_is_not_followed(tmp_path: Path, victim: Path):
    def swapped() -> None:
        with atomic_path(tmp_path / "t.csv") as temporary:
            temporary.write_text("half")
            temporary.unlink()
            temporary.symlink_to(victim)

    with pytest.raises(CharlensError, match=r"t\.csv: cannot be written"):
        swapped()
    assert unharmed(victim)


def test_a_link_in_place_of_a_result_is_replaced(tmp_path: Path, victim: Path):
    path = tmp_path / "t.csv"
    path.symlink_to(victim)
    write_text(path, "a,b\n")
    assert unharmed(victim)
    assert (path.read_text(), path.is_symlink()) == ("a,b\n", False)


def test_a_link_in_place_of_a_log_is_replaced(tmp_path: Path, victim: Path):
    path = tmp_path / "job.log"
    path.symlink_to(victim)
    with job(path) as log:
        log.info("begun")
    assert unharmed(victim)
    assert "begun" in path.read_text()


def test_folders_where_files_belong_are_one_line(tmp_path: Path):
    for name, folder in {
        "t.csv": tmp_path / "t.csv",
        "u.csv": temporary_of(tmp_path / "u.csv"),
    }.items():
        (folder / "inner").mkdir(parents=True)
        with pytest.raises(CharlensError, match=rf"/{name}: cannot be written .* folder"):
            write_text(tmp_path / name, "a,b\n")
        assert (folder / "inner").is_dir()
    (tmp_path / "file").write_text("x")
    with pytest.raises(CharlensError, match=r"v\.csv: cannot be written .* folder"):
        write_text(tmp_path / "file" / "v.csv", "a,b\n")
