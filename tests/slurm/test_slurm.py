"""The workflow on a real Slurm through profiles/slurm: `make test-slurm`.

Every fault is injected for real. What the disturbed runs make must equal, byte for byte, what a
local run makes, and no grid point may have been trained to its end twice.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from one_node import Slurm, missing, wait_for

pytestmark = [
    pytest.mark.slurm,
    pytest.mark.skipif(bool(missing()), reason=f"no Slurm here: {missing()}"),
]

ROOT = Path(__file__).parents[2]
COPIED = ("Snakefile", "config.yaml", "profiles", "workflow", "envs", "tests")
RESULTS = Path("results", "cluster")
TIMES = ("manifest.json", "manifest.json.sha256")
"""Files that say when they were made, and the note of the first."""

CORPUS = "python_docs"
MODELS = ("lstm-1x8", "rnn-1x8", "gru-1x8")

CONFIG = ("--configfile", "tests/slurm/config.yaml")
LOCAL = ("--cores", "2", *CONFIG)
# The profile as users call it, but impatient.
CLUSTER = (
    *("--workflow-profile", "profiles/slurm", *CONFIG),
    *("--slurm-init-seconds-before-status-checks", "3", "--seconds-between-status-checks", "3"),
)
ARRAYS = ("--slurm-array-jobs", "train,train_n_nn,probabilities")
# For the faults: trainings long enough to be disturbed on a fast machine, too, and as little else
# as possible.
LONG = ("--config", "training={epochs: 100}")
SCORES = ("--", *(str(RESULTS / CORPUS / f"probabilities/{model}.parquet") for model in MODELS))


class Workflow:
    """A copy of the repository and one run of Snakemake in it."""

    def __init__(self, repository: Path, folder: Path, environment: dict[str, str]) -> None:
        shutil.copytree(repository, folder)
        self.folder = folder
        self.results = folder / RESULTS
        self.process: subprocess.Popen[bytes] | None = None
        path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
        self.environment = {**environment, "PATH": path, "OMP_NUM_THREADS": "1"}
        self.environment.pop("PYTHONPATH", None)

    @property
    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    def start(self, *arguments: str) -> None:
        with (self.folder / "output.txt").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "snakemake", *arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
            )

    def finish(self, seconds: float = 600) -> None:
        assert self.process is not None
        try:
            code = self.process.wait(seconds)
        finally:
            self.kill()
        assert code == 0, self.output[-5000:]

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def run(self, *arguments: str) -> None:
        self.start(*arguments)
        self.finish()

    def hashes(self) -> dict[str, str]:
        """SHA-256 of every result that should not depend on where and when it was made."""
        files = [path for path in self.results.rglob("*") if path.is_file()]
        names = {str(path.relative_to(self.results)): path for path in files}
        return {
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in sorted(names.items())
            if not name.startswith("benchmarks/") and path.name not in TIMES
        }

    def model(self, model: str) -> Path:
        return self.results / CORPUS / "models" / f"{model}.safetensors"

    def log(self, model: str) -> str:
        path = self.folder / "logs" / "cluster" / CORPUS / "train" / f"{model}.log"
        return path.read_text() if path.is_file() else ""

    def in_training(self) -> list[str]:
        """Models whose training has done some epochs and is not over."""
        return [m for m in MODELS if "epoch 3 of" in self.log(m) and not self.model(m).exists()]


def submitted(slurm: Slurm, workflow: Workflow) -> list[dict[str, str]]:
    """What Slurm knows of the jobs of a workflow."""
    lines = slurm.call("scontrol", "show", "jobs", "--oneliner").splitlines()
    jobs = [dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines]
    return [job for job in jobs if job.get("WorkDir") == str(workflow.folder)]


def names(jobs: list[dict[str, str]]) -> set[str]:
    return {job["JobName"] for job in jobs}


def jobs_of(slurm: Slurm, workflow: Workflow, rule: str = "") -> list[dict[str, str]]:
    """Those that profiles/slurm submitted for a rule or a group."""
    jobs = submitted(slurm, workflow)
    return [job for job in jobs if job.get("Comment", "").startswith(f"rule_{rule}")]


def trainings(slurm: Slurm, workflow: Workflow, model: str) -> list[dict[str, str]]:
    """The jobs that trained a model, first to last."""
    jobs = jobs_of(slurm, workflow, "train")
    of_model = [job for job in jobs if job["Comment"].endswith(f"_{CORPUS}_{model}")]
    return sorted(of_model, key=lambda job: int(job["JobId"]))


def completed(slurm: Slurm, workflow: Workflow) -> list[str]:
    """Models, once for each job that trained them to their end."""
    return [
        model
        for model in MODELS
        for job in trainings(slurm, workflow, model)
        if job["JobState"] == "COMPLETED"
    ]


@pytest.fixture(scope="module")
def slurm() -> Iterator[Slurm]:
    with Slurm() as slurm:
        yield slurm


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code as it was at the beginning, in case somebody edits it meanwhile."""
    folder = tmp_path_factory.mktemp("repository")
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def local(
    slurm: Slurm, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The whole study without a cluster."""
    folder = tmp_path_factory.mktemp("local") / "charlens"
    workflow = Workflow(repository, folder, slurm.environment)
    workflow.run(*LOCAL)
    return workflow.hashes()


@pytest.fixture(scope="module")
def undisturbed(
    slurm: Slurm, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """What the faults must not change: the same run without a cluster."""
    folder = tmp_path_factory.mktemp("undisturbed") / "charlens"
    workflow = Workflow(repository, folder, slurm.environment)
    workflow.run(*LOCAL, *LONG, *SCORES)
    return workflow.hashes()


@pytest.fixture
def workflow(slurm: Slurm, repository: Path, tmp_path: Path) -> Iterator[Workflow]:
    workflow = Workflow(repository, tmp_path / "charlens", slurm.environment)
    yield workflow
    workflow.kill()
    ids = [job["JobId"] for job in submitted(slurm, workflow)]
    subprocess.run(["scancel", *ids], env=slurm.environment, check=False)
    slurm.wait_for_node("idle", 120)


def check_trained_once(slurm: Slurm, workflow: Workflow, undisturbed: dict[str, str]) -> None:
    assert workflow.hashes() == undisturbed
    assert completed(slurm, workflow) == [*MODELS]


def wait_for_training(workflow: Workflow) -> str:
    """A model in the middle of its training."""
    return wait_for("a training under way", workflow.in_training, 600)[0]


def test_the_whole_study_equals_a_local_one(
    slurm: Slurm, workflow: Workflow, local: dict[str, str]
) -> None:
    workflow.run(*CLUSTER, *ARRAYS)
    assert f"{CORPUS}/models/lstm-1x8.safetensors" in local
    assert "tables/cross_entropy.csv" in local
    assert workflow.hashes() == local

    # Each training with one GPU; grid points as an array; tables and figures as one job.
    (array,) = {job["ArrayJobId"] for job in jobs_of(slurm, workflow, "train_wildcards")}
    assert int(array) > 0
    trained = jobs_of(slurm, workflow, "train_w")  # the one that is watched, and the others
    assert len(trained) == len(MODELS)
    assert {job["TresPerJob"] for job in trained} == {"gres:gpu:1"}
    assert {job["TimeLimit"] for job in trained} == {"1-00:00:00"}
    assert len(jobs_of(slurm, workflow, "summary")) == 1
    assert {job["JobState"] for job in jobs_of(slurm, workflow)} == {"COMPLETED"}

    workflow.run(*CLUSTER)
    assert "Nothing to be done" in workflow.output


def test_the_generic_profile(slurm: Slurm, workflow: Workflow, local: dict[str, str]) -> None:
    """Jobs one after another and a group, while the controller is away for half a minute."""
    arguments = ("--workflow-profile", "profiles/cluster-generic", *CONFIG)
    target = str(RESULTS / CORPUS / "tables" / "agreement.csv")
    workflow.environment["CHARLENS_SCHEDULER"] = "slurm"
    workflow.start(*arguments, "--seconds-between-status-checks", "3", "--", target)
    trained = f"train_{CORPUS}_rnn-1x8"
    wait_for("a training", lambda: trained in names(submitted(slurm, workflow)), 600)
    slurm.stop("slurmctld")
    time.sleep(30)
    slurm.start("slurmctld")
    workflow.finish()
    made = workflow.hashes()
    assert f"{CORPUS}/tables/agreement.csv" in made
    assert made.items() <= local.items()
    assert {"summary", trained, f"prepare_corpus_{CORPUS}"} <= names(submitted(slurm, workflow))
    assert len(submitted(slurm, workflow)) == 2 + 2 * len(MODELS)


def test_a_cancelled_job_then_a_restarted_controller(
    slurm: Slurm, workflow: Workflow, undisturbed: dict[str, str]
) -> None:
    workflow.start(*CLUSTER, *LONG, *SCORES)
    model = wait_for_training(workflow)
    slurm.call("scancel", trainings(slurm, workflow, model)[0]["JobId"])
    slurm.stop("slurmctld")
    time.sleep(3)  # longer without accounting: docs/cluster.md
    slurm.start("slurmctld")
    workflow.finish()
    check_trained_once(slurm, workflow, undisturbed)
    first, second = trainings(slurm, workflow, model)
    assert (first["JobState"], second["JobState"]) == ("CANCELLED", "COMPLETED")
    assert "continuing at epoch" in workflow.log(model)
    # The second attempt asked for twice the memory and time.
    assert (first["MinMemoryNode"], first["TimeLimit"]) == ("4000M", "1-00:00:00")
    assert (second["MinMemoryNode"], second["TimeLimit"]) == ("8000M", "2-00:00:00")


def test_a_drained_node_then_a_killed_workflow(
    slurm: Slurm, workflow: Workflow, undisturbed: dict[str, str]
) -> None:
    workflow.start(*CLUSTER, *LONG, *SCORES)
    wait_for_training(workflow)
    drain(slurm, workflow)
    wait_for(
        "one training at its end, another under way",
        lambda: completed(slurm, workflow) and workflow.in_training(),
        600,
    )
    finished = {m: workflow.model(m).stat().st_mtime_ns for m in completed(slurm, workflow)}
    workflow.kill()
    assert len(finished) < len(MODELS)
    # As docs/cluster.md says.
    subprocess.run(
        ["sh", "profiles/slurm/cancel.sh"],
        cwd=workflow.folder,
        env=workflow.environment,
        check=True,
        timeout=120,
    )
    workflow.run("--unlock", *CONFIG, *LONG)
    workflow.run(*CLUSTER, *LONG, *SCORES)
    assert finished == {model: workflow.model(model).stat().st_mtime_ns for model in finished}
    check_trained_once(slurm, workflow, undisturbed)


def drain(slurm: Slurm, workflow: Workflow) -> None:
    """Take the node out of service and back: what runs ends first, what waits goes on waiting."""
    node = f"NodeName={slurm.host}"
    slurm.call("scontrol", "update", node, "State=DRAIN", "Reason=test")
    started = {job["JobId"] for job in jobs_of(slurm, workflow) if job["JobState"] == "RUNNING"}
    slurm.wait_for_node("drained", 600)
    time.sleep(10)
    states = {job["JobId"]: job["JobState"] for job in jobs_of(slurm, workflow)}
    assert {states[one] for one in started} == {"COMPLETED"}
    assert "RUNNING" not in states.values()
    assert "PENDING" in states.values()
    slurm.call("scontrol", "update", node, "State=RESUME")
