"""Snakemake, run in a copy of the repository."""

import atexit
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
COPIED = ("Snakefile", "config.yaml", "config.paper.yaml", "profiles", "workflow", "envs", "tests")
TINY = "tests/config.tiny.yaml"
# A newcomer's Python keeps compiled modules, whatever this environment says.
NEWCOMERS = {key: os.environ[key] for key in os.environ if key != "PYTHONDONTWRITEBYTECODE"}


@dataclass
class Run:
    """What one call of Snakemake did."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def messages(self) -> list[str]:
        """Lines on stderr, less the one about the profile."""
        lines = self.stderr.strip().splitlines()
        return [line for line in lines if not line.startswith("Using workflow specific profile")]

    @property
    def jobs(self) -> dict[str, int]:
        """Rule -> number of jobs planned, less the targets and what follows any change."""
        text = (self.stdout + self.stderr).split("Job stats:", 1)
        rows = re.findall(r"^(\w+) +(\d+)$", text[1].split("\n\n", 1)[0], re.M) if text[1:] else []
        targets = {
            "total",
            "all",
            "study",
            "activations",
            "tables",
            "corpora",
            "page",
            "explorer",
            "figures",
            "manifest",
        }
        targets |= {f"figure{number}" for number in range(1, 7)}
        return {rule: int(count) for rule, count in rows if rule not in targets}


class Server:
    """The process of :mod:`snakemake_server`, started when first needed."""

    process: subprocess.Popen | None = None

    @classmethod
    def ask(cls, request: dict) -> int:
        """Run a request; its exit status."""
        if cls.process is None:
            cls.process = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("snakemake_server.py")],
                env=NEWCOMERS,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        cls.process.stdin.write(json.dumps(request) + "\n")
        cls.process.stdin.flush()
        return int(cls.process.stdout.readline())


def snakemake(folder: Path, *arguments: str) -> Run:
    """Run Snakemake in a folder; its scripts by :func:`warm_python`."""
    start = time.monotonic()
    # Published corpora elsewhere on this machine, or a GPU, must not change what the tests see.
    environment = {**NEWCOMERS, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    # The copy's logger plugin, not that of a checkout installed here: Snakemake loads it first.
    environment["PYTHONPATH"] = str(folder / "workflow")
    request = {"cwd": str(folder), "environment": environment, "arguments": arguments}
    plans = {"-n", "-np", "--lint", "--report"} & set(arguments)
    request["python"] = sys.executable if plans else warm_python()
    with TemporaryDirectory() as files:
        streams = {name: f"{files}/{name}" for name in ("stdout", "stderr")}
        code = Server.ask(request | streams)
        written = (Path(file).read_text(encoding="utf-8") for file in streams.values())
        return Run(code, *written, time.monotonic() - start)


@functools.cache
def warm_python() -> str:
    """A python for scripts whose imports are done, until this process ends: :mod:`job_server`."""
    folder = TemporaryDirectory()
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("job_server.py"), folder.name],
        env=NEWCOMERS | {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout.readline() == "ready\n"
    atexit.register(folder.cleanup)
    atexit.register(server.communicate)
    return f"{folder.name}/python"


RULES = """
import json, sys
from pathlib import Path
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
    workflow = api.workflow(
        resource_settings=ResourceSettings(cores=1),
        config_settings=ConfigSettings(configfiles=[Path(sys.argv[1])]),
        snakefile=Path("Snakefile"),
    )
    workflow.lint(json=True)  # reads the rules, and fails for none
    facts = {
        rule.name: {
            "script": rule.script,
            "log": [str(path) for path in rule.log],
            "benchmark": bool(rule.benchmark),
            "conda": bool(rule.conda_env),
            "threads": rule.resources.get("_cores") is not None,
            "group": rule._group,  # its property is None where jobs run locally
            "retries": rule._restart_times,
            "resources": {
                name: value.raw if isinstance(value.raw, int) else None
                for name, value in rule.resources.items()
                if not name.startswith("_")
            },
        }
        for rule in workflow._workflow_store.rules
    }
print(json.dumps(facts))
"""


def rules(folder: Path) -> dict[str, dict]:
    """All rules of the workflow in a folder as Snakemake knows them, those made by loops too.

    Resources that depend on a job are None.
    """
    done = subprocess.run(
        [sys.executable, "-c", RULES, TINY], cwd=folder, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def copy_repository(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / name)
    return folder
