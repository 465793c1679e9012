"""The cluster profiles beside the rules, and the schedulers' dialects; needs no scheduler."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import yaml
from charlens.report.contents import FIGURES
from workflow_runs import rules as workflow_rules
from workflow_runs import snakemake

ROOT = Path(__file__).parents[2]
PROFILES = ("slurm", "cluster-generic")
SCHEDULER = ROOT / "profiles" / "cluster-generic" / "scheduler.py"


def profile(name: str) -> dict:
    return yaml.safe_load((ROOT / "profiles" / name / "profile.yaml").read_text())


@pytest.fixture(scope="module")
def rules() -> dict[str, dict]:
    return workflow_rules(ROOT)


# --- the profiles and the rules ---


@pytest.mark.parametrize("name", PROFILES)
def test_profiles_name_rules_that_exist(name: str, rules: dict) -> None:
    assert profile(name)["set-resources"].keys() - rules.keys() == set()


@pytest.mark.parametrize("name", PROFILES)
def test_what_takes_seconds_is_one_job(name: str, rules: dict) -> None:
    """Rules say so themselves, so that a new table or figure needs no line in a profile."""
    values = profile(name)
    assert "groups" not in values
    grouped = {rule for rule, facts in rules.items() if facts["group"] == "summary"}
    working = {rule for rule, facts in rules.items() if facts["script"]}
    # Their requests grow with the text and the attempt without a profile, and a profile's would
    # take the place of theirs.
    growing = {rule for rule in working if rules[rule]["resources"]["mem_mb"] is None}
    assert growing & values["set-resources"].keys() == set()
    growing -= grouped
    scored = {"n_gram_probabilities", "scored_probabilities"}
    assert growing == {"prepare_corpus", "fit_n_gram", "cell_evidence", "memory"} | scored
    # The manifest follows everything else; files from elsewhere come before it.
    alone = {"manifest", "external_probabilities"}
    assert grouped == working - values["set-resources"].keys() - growing - alone
    assert grouped >= {f"draw_{figure}" for figure in FIGURES}
    assert values["group-components"].keys() == {facts["group"] for facts in rules.values()} - {
        None
    }
    assert not [rule for rule in grouped if "gpu" in rules[rule]["resources"]]


@pytest.mark.parametrize(("device", "count"), [("auto", "1"), ("cpu", "0")])
def test_what_can_use_a_gpu_asks_for_a_whole_one_unless_told_not_to(
    device: str, count: str, rules: dict
) -> None:
    expected = {rule for rule, facts in rules.items() if "gpu" in facts["resources"]}
    config = [
        "--configfile",
        "tests/config.tiny.yaml",
        "--config",
        f"training={{device: {device}}}",
    ]
    for name in PROFILES:
        arguments = ["-np", "--forceall", "--workflow-profile", f"profiles/{name}", *config]
        done = snakemake(ROOT, *arguments)
        assert done.code == 0, done.stderr
        planned = re.findall(
            r"^rule (\w+):\n(?: .*\n)*? +resources: .*?\bgpu=(\d+)", done.stdout, re.M
        )
        assert {rule for rule, _ in planned} == expected
        assert {number for _, number in planned} == {count}


@pytest.mark.parametrize("name", PROFILES)
def test_requests_start_at_the_rules_own_and_grow(name: str, rules: dict) -> None:
    for rule, needs in profile(name)["set-resources"].items():
        for resource in ("mem_mb", "runtime"):
            own = rules[rule]["resources"][resource]
            first, second = (eval(needs[resource], {"attempt": n}) for n in (1, 2))
            assert first >= own, f"{rule}: {resource}"
            assert second == 2 * first


def test_retries_are_the_profiles_alone(rules: dict) -> None:
    """In a rule they multiply under Slurm."""
    assert {facts["retries"] for facts in rules.values()} == {None}
    assert {profile(name)["retries"] for name in PROFILES} == {3}


def test_the_profiles_ask_for_the_same() -> None:
    for key in ("set-resources", "group-components", "cores", "resources"):
        assert profile("slurm")[key] == profile("cluster-generic")[key]


@pytest.mark.parametrize("name", PROFILES)
def test_a_large_text_gets_the_memory_that_it_needs(name: str, tmp_path: Path) -> None:
    """A profile's limit or its own request would replace the rule's without a word."""
    with (tmp_path / "big.txt").open("wb") as file:
        file.truncate(200_000_000)
    config = tmp_path / "my.yaml"
    grid = "grid: [{cells: [lstm], layers: [1], sizes: [8]}]"
    config.write_text(f"corpora: {{big: {{source: {{file: {tmp_path}/big.txt}}}}}}\n{grid}\n")
    tables = "results/my/big/tables"
    targets = [f"{tables}/concepts/lstm-1x8.parquet", f"{tables}/context/lstm-1x8.csv"]
    profiles = ["--workflow-profile", f"profiles/{name}", "--configfile", str(config)]
    done = snakemake(ROOT, "-np", *profiles, "--", *targets, "results/my/tables/errors.md")
    asked = dict(re.findall(r"^ *rule (\w+):.*?mem_mb=(\d+)", done.stdout, re.M | re.S))
    of_text = ("cell_evidence", "memory", "errors", "fit_n_gram", "prepare_corpus")
    assert [int(asked[rule]) for rule in of_text] == [51_000, 15_000, 15_000, 11_000, 3400]


# --- the generic profile's script, against fake commands of each scheduler ---

JOB = {
    "type": "single",
    "rule": "train",
    "wildcards": {"corpus": "prose", "model": "lstm-1x8"},
    "threads": 2,
    "resources": {"mem_mb": 3001, "runtime": 90, "gpu": 1},
    "jobid": 7,
}


@pytest.fixture
def scheduler() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scheduler", SCHEDULER)
    module = importlib.util.module_from_spec(spec)
    sys.modules["scheduler"] = module
    spec.loader.exec_module(module)
    return module


class Fakes:
    """Commands that note how they were called and answer as told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.calls = folder, folder / "calls.txt"

    def answer(self, name: str, text: str, code: int = 0) -> None:
        (self.folder / f"{name}.txt").write_text(text)
        path = self.folder / name
        path.write_text(
            f'#!/bin/sh\nfor a in {name} "$@"; do printf "%s|" "$a"; done >>{self.calls}\n'
            f"echo >>{self.calls}\ncat {self.folder}/{name}.txt\nexit {code}\n"
        )
        path.chmod(0o755)

    def run(self, name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        path = f"{self.folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            [sys.executable, str(SCHEDULER), *arguments],
            env={**os.environ, "PATH": path, "CHARLENS_SCHEDULER": name, **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
        )


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    (tmp_path / "job.sh").write_text(f"#!/bin/sh\n# properties = {json.dumps(JOB)}\ntrue\n")
    return Fakes(tmp_path)


LOG = "logs/cluster-generic/train_prose_lstm-1x8.7.log"


@pytest.mark.parametrize(
    ("name", "command", "says", "id_", "words"),
    [
        (
            "lsf",
            "bsub",
            "Job <123> is submitted to queue <long>.",
            "123",
            ["|-n|2|", "rusage[mem=3001MB]", "|-W|90|", "|-gpu|num=1|", f"|-o|{LOG}|"],
        ),
        (
            "sge",
            "qsub",
            "123",
            "123",
            ["|-pe|smp|2|", "h_rt=5400,h_vmem=1501M,gpu=1", f"|-o|{LOG}|", "|-terse|"],
        ),
        (
            "pbs",
            "qsub",
            "123.head",
            "123.head",
            ["select=1:ncpus=2:mem=3001mb:ngpus=1", "walltime=01:30:00", "|train_prose_lst|"],
        ),
        (
            "slurm",
            "sbatch",
            "123;here",
            "123",
            ["--cpus-per-task=2", "--mem=3001", "--time=90", "--gpus=1", f"--output={LOG}"],
        ),
    ],
)
def test_submit(
    fakes: Fakes, name: str, command: str, says: str, id_: str, words: list[str]
) -> None:
    fakes.answer(command, says + "\n")
    done = fakes.run(name, "submit", "job.sh", CHARLENS_SUBMIT="-q 'my queue'")
    assert (done.returncode, done.stdout) == (0, id_ + "\n"), done.stderr
    (called,) = fakes.calls.read_text().splitlines()
    assert [word for word in words if word not in called] == []
    assert called.endswith("|-q|my queue|job.sh|")
    assert (fakes.folder / LOG).parent.is_dir()


@pytest.mark.parametrize(
    ("name", "answers", "status"),
    [
        ("lsf", {"bjobs": ("RUN", 0)}, "running"),
        ("lsf", {"bjobs": ("DONE", 0)}, "success"),
        ("lsf", {"bjobs": ("EXIT", 0)}, "failed"),
        ("lsf", {"bjobs": ("", 255)}, "running"),
        ("sge", {"qstat": ("job_state             1:    r", 0)}, "running"),
        ("sge", {"qstat": ("job_state             1:    Eqw", 0)}, "failed"),
        ("sge", {"qstat": ("", 1), "qacct": ("", 1)}, "running"),
        ("sge", {"qstat": ("", 1), "qacct": ("failed  0\nexit_status  0\n", 0)}, "success"),
        ("sge", {"qstat": ("", 1), "qacct": ("failed  0\nexit_status  1\n", 0)}, "failed"),
        ("sge", {"qstat": ("", 1), "qacct": ("failed  100 : x\nexit_status  0\n", 0)}, "failed"),
        ("pbs", {"qstat": ("    job_state = R\n", 0)}, "running"),
        ("pbs", {"qstat": ("    job_state = F\n    Exit_status = 0\n", 0)}, "success"),
        ("pbs", {"qstat": ("    job_state = F\n    Exit_status = 271\n", 0)}, "failed"),
        ("pbs", {"qstat": ("    job_state = F\n", 0)}, "failed"),
        ("slurm", {"squeue": ("PENDING", 0)}, "running"),
        ("slurm", {"squeue": ("", 1)}, "running"),
        ("slurm", {"squeue": ("COMPLETED", 0)}, "success"),
        ("slurm", {"squeue": ("OUT_OF_MEMORY", 0)}, "failed"),
    ],
)
def test_status(fakes: Fakes, name: str, answers: dict[str, tuple[str, int]], status: str) -> None:
    for command, (text, code) in answers.items():
        fakes.answer(command, text, code)
    done = fakes.run(name, "status", "123")
    assert (done.returncode, done.stdout) == (0, status + "\n"), done.stderr
    assert "123" in fakes.calls.read_text()


@pytest.mark.parametrize(
    ("name", "command"), [("lsf", "bkill"), ("sge", "qdel"), ("pbs", "qdel"), ("slurm", "scancel")]
)
def test_cancel(fakes: Fakes, name: str, command: str) -> None:
    fakes.answer(command, "")
    assert fakes.run(name, "1", "2").returncode == 0
    assert fakes.calls.read_text() == f"{command}|1|2|\n"


def test_a_refused_submission_and_a_wrong_script_are_one_line(fakes: Fakes) -> None:
    fakes.answer("bsub", "no such queue", 255)
    done = fakes.run("lsf", "submit", "job.sh")
    assert done.returncode == 1
    assert done.stderr == ("the scheduler did not take train_prose_lstm-1x8: no such queue\n")
    (fakes.folder / "other.sh").write_text("#!/bin/sh\n")
    done = fakes.run("lsf", "submit", "other.sh")
    assert done.returncode == 1
    assert done.stderr.startswith("other.sh: not a job script of Snakemake")
    done = fakes.run("condor", "status", "1")
    assert done.returncode == 1
    assert "set CHARLENS_SCHEDULER to one of lsf, sge, pbs, slurm" in done.stderr


def test_the_scheduler_is_found_by_its_commands(
    scheduler: ModuleType, fakes: Fakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(fakes.folder))
    monkeypatch.delenv("CHARLENS_SCHEDULER", raising=False)
    monkeypatch.delenv("SGE_ROOT", raising=False)
    with pytest.raises(SystemExit, match="no scheduler found"):
        scheduler.which()
    fakes.answer("qsub", "")
    assert scheduler.which() == "pbs"
    monkeypatch.setenv("SGE_ROOT", "/sge")
    assert scheduler.which() == "sge"
    fakes.answer("bsub", "")
    assert scheduler.which() == "lsf"


def test_a_group_job_is_submitted_by_its_group(scheduler: ModuleType, tmp_path: Path) -> None:
    group = {"type": "group", "groupid": "summary", "threads": 2, "resources": {"mem_mb": 8000}}
    script = tmp_path / "job.sh"
    script.write_text(f"#!/bin/sh\n# properties = {json.dumps(group)}\n")
    request = scheduler.Request.read(str(script))
    assert (request.name, request.cpus, request.mem_mb, request.gpus) == ("summary", 2, 8000, 0)
