"""A job that is asked to stop, at every moment of its life: stopped or finished, never failed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from charlens.files import notes
from charlens.runtime.signals import Interrupted, deferred, interruptible
from charlens.text.corpus import prepare, save_split
from small_run import BATCH, UNROLL, prose
from workflow_runs import warm_python

LINE = "charlens: stopped by SIGTERM; run again to go on\n"

# A training as its script has it; MOMENT, run before it, says when the signal comes.
TRAINING = """
import atexit, json, os, shutil, signal, sys
from functools import wraps
from pathlib import Path

folder, stops = Path(sys.argv[1]), sys.argv[2] == "stops"
paths = {name: folder / f"{name}.npy" for name in ("train", "val")}
paths["corpus"] = folder / "corpus.json"
outputs = {"model": folder / "a.safetensors", "curve": folder / "a.parquet"}
outputs["checkpoints"] = [folder / "early.safetensors"]

def asked(*_):
    if stops:
        os.kill(os.getpid(), signal.SIGTERM)

def asked_before(module, name):
    inner = getattr(module, name)
    @wraps(inner)
    def function(*arguments, **options):
        asked()
        return inner(*arguments, **options)
    setattr(module, name, function)

from charlens.runtime.job import job
with job(folder / "a.log", 1, paths.values(), [outputs["model"], outputs["curve"],
                                               *outputs["checkpoints"]]):
    from charlens.files import atomic, notes
    from charlens.training import grid_point
    from charlens.training.settings import Training
    from charlens.training.trainer import Trainer
    {moment}
    training = Training(epochs=2, batch={batch}, unroll={unroll}, dropout=(0.1,), device="cpu")
    grid_point.train_grid_point(
        paths, outputs, "lstm-1x4", training, 1, folder / "resume", early=[0.5]
    )
{after}
"""

# Moment: code in the job, code after it, whether the job then is stopped.
MOMENTS = {
    "in a library that makes another error of it": (
        "try: asked()\n    except BaseException: raise ImportError('half a module')",
        "",
        True,
    ),
    "in the last validation": (
        "one = Trainer._end_epoch\n"
        "    def last(self):\n"
        "        if self.history.epoch == 1: asked()\n"
        "        one(self)\n"
        "    Trainer._end_epoch = last",
        "",
        True,
    ),
    "after the loop": ("asked_before(Trainer, '_result')", "", True),
    "while weights are written": (
        "sync = atomic._sync\n"
        "    def synced(path, *mode):\n"
        "        if path.name.startswith('.a.') and path.suffix == '.safetensors': asked()\n"
        "        sync(path, *mode)\n"
        "    atomic._sync = synced",
        "",
        True,
    ),
    "between two outputs": ("asked_before(grid_point, 'write_curve')", "", True),
    "while the state is removed": ("asked_before(grid_point.shutil, 'rmtree')", "", False),
    "after the result": (
        "say = grid_point.result\n    grid_point.result = lambda text: [say(text), asked()]",
        "",
        False,
    ),
    "while checksums are noted": ("asked_before(notes, 'note')", "", False),
    "after the job": ("", "asked()", False),
    "at the interpreter's exit": ("atexit.register(asked)", "", False),
    "while modules are taken down": (
        "",
        "class Last:\n"
        "    def __del__(self, kill=os.kill, me=os.getpid(), stops=stops):\n"
        "        if stops: kill(me, 15)\n"
        "shutil.last = Last()",
        False,
    ),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Files of a small corpus."""
    folder = tmp_path_factory.mktemp("corpus")
    made, splits = prepare(prose(600), "novel", "test", "streams", BATCH, UNROLL, 0.8, 0.1)
    made.save(folder / "corpus.json")
    for part, rows in splits.items():
        save_split(folder / f"{part}.npy", rows)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def train(folder: Path, moment: str, stops: bool) -> subprocess.CompletedProcess[str]:
    inside, after, _ = MOMENTS[moment]
    values = {"moment": inside or "pass", "after": after, "batch": BATCH, "unroll": UNROLL}
    script = TRAINING
    for name, value in values.items():
        script = script.replace(f"{{{name}}}", str(value))
    (folder / "a.py").write_text(script)
    command = [warm_python(), folder / "a.py", folder, "stops" if stops else "goes on"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "CHARLENS_LOGGER": ""}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_training_is_stopped_or_finished_at_any_moment(
    tmp_path: Path, corpus: dict[str, bytes], moment: str
) -> None:
    for name, content in corpus.items():
        (tmp_path / name).write_bytes(content)
    done = train(tmp_path, moment, stops=True)
    outputs = [tmp_path / name for name in ("a.safetensors", "a.parquet", "early.safetensors")]
    log = (tmp_path / "a.log").read_text()
    if MOMENTS[moment][2]:
        assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, LINE)
        assert log.endswith(LINE)
        for path in outputs:
            path.unlink(missing_ok=True)  # as Snakemake does
        assert train(tmp_path, moment, stops=False).returncode == 0
    else:
        assert (done.returncode, done.stderr) == (0, "")
        assert "stopped" not in log
    assert "result: " in (tmp_path / "a.log").read_text()
    assert all((tmp_path / notes.FOLDER / f"{path.name}.sha256").exists() for path in outputs)
    notes.check(*outputs)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {*corpus, *(path.name for path in outputs), "a.log", "a.py", notes.FOLDER}


def test_a_signal_after_the_last_check_is_not_lost() -> None:
    def work() -> None:
        with interruptible():
            with deferred():
                signal.raise_signal(signal.SIGTERM)
            pytest.fail("goes on")

    with pytest.raises(Interrupted):
        work()


def test_a_failure_that_met_a_noted_signal_stays_a_failure() -> None:
    def work() -> None:
        with interruptible(), deferred():
            signal.raise_signal(signal.SIGTERM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_signals_are_ignored_from_the_first_on_and_where_all_is_done() -> None:
    def work() -> None:
        with interruptible():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                signal.raise_signal(signal.SIGINT)  # while files are removed

    with pytest.raises(Interrupted, match="SIGTERM"):
        work()
    signal.raise_signal(signal.SIGTERM)
    with interruptible(finished=lambda: True):
        signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGTERM)
