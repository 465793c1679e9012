import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import HealthCheck, settings
from workflow_runs import TINY, copy_repository, snakemake

# Examples are bounded in number, not in time: a busy machine is no failure. The same ones in every
# run of CI: a counterexample found by chance belongs to whoever looks for it (make test).
TIMELESS = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("local", **TIMELESS)
settings.register_profile("ci", **TIMELESS, derandomize=True, database=None, print_blob=True)
settings.register_profile("thorough", **TIMELESS, max_examples=3000)  # --hypothesis-profile
settings.load_profile("ci" if os.environ.get("CI") else "local")


# Minutes each: begun first, so that no process is left with one of them at the end.
LONG = ("test_workflow.py", "test_faults.py", "test_run_page.py", "test_report.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; the order within a file stays."""
    names = [*LONG, None]
    items.sort(key=lambda item: names.index(item.path.name if item.path.name in LONG else None))


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Handle signals again after a job, which ends its process and ignores them to the end."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy in which the tiny study has run to its end, one for all processes of this session.

    Nobody changes it: who wants to, copies it.
    """
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, done = shared / "finished" / "charlens", shared / "finished.done"
    with FileLock(shared / "finished.lock"):
        if not done.exists():
            copy_repository(folder)
            run = snakemake(folder, "--cores", "2", "--configfile", TINY)
            assert run.code == 0, run.stdout + run.stderr
            done.touch()
    return folder


@pytest.fixture
def megabyte(tmp_path):
    """A file system of one megabyte."""
    yield from file_system(tmp_path / "small", "1m")


@pytest.fixture
def disk(tmp_path):
    """A file system that holds a copy of the repository."""
    yield from file_system(tmp_path / "disk", "100m")


def file_system(folder: Path, size: str) -> Iterator[Path]:
    """Mount an empty file system for the time of a test."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "charlens-test", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small file system cannot be mounted here (needs root)")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)  # a failed writer may hold on
