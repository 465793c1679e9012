#!/usr/bin/env python3
"""LSF, Grid Engine, PBS and Slurm in the three words of Snakemake's generic cluster executor.

    scheduler.py submit JOBSCRIPT    submits, prints the job's id
    scheduler.py status ID           prints running, success or failed
    scheduler.py ID ...              cancels

Which scheduler is found by its commands; CHARLENS_SCHEDULER=lsf, sge, pbs or slurm decides
otherwise. What a site wants besides (queue, project) goes into CHARLENS_SUBMIT, as options for its
submit command: CHARLENS_SUBMIT="-q long -P my_project". Needs Python alone.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOGS = Path("logs", "cluster-generic")


@dataclass
class Request:
    """What a job needs: cores, memory in MB, minutes, whole GPUs; its name and log file."""

    name: str
    log: Path
    cpus: int
    mem_mb: int
    minutes: int
    gpus: int

    @classmethod
    def read(cls, script: str) -> Request:
        """The request written into a Snakemake job script."""
        properties = re.search(r"^# properties = (.*)$", Path(script).read_text(), re.M)
        if not properties:
            sys.exit(f"{script}: not a job script of Snakemake (no line '# properties = ...')")
        job = json.loads(properties[1])
        words = [job.get("rule") or job.get("groupid") or "job", *job.get("wildcards", {}).values()]
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", "_".join(map(str, words)))[:60]
        resources = job.get("resources", {})
        return cls(
            name=name,
            log=LOGS / f"{name}.{job.get('jobid', 0)}.log",
            cpus=job.get("threads", 1),
            mem_mb=resources.get("mem_mb", 2000),
            minutes=resources.get("runtime", 60),
            gpus=resources.get("gpu", 0),
        )


def call(*command: str) -> tuple[int, str]:
    """Exit code and stdout; stderr goes where it goes."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    return done.returncode, done.stdout.strip()


def clock(minutes: int) -> str:
    """Hours, minutes and seconds."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def submit_lsf(job: Request) -> list[str]:
    """LSF: memory for the whole job on one host."""
    gpu = ["-gpu", f"num={job.gpus}"] if job.gpus else []
    place = f"span[hosts=1] rusage[mem={job.mem_mb}MB]"
    command = ["bsub", "-J", job.name, "-o", str(job.log), "-n", str(job.cpus), "-R", place]
    return [*command, "-W", str(job.minutes), *gpu]


def submit_sge(job: Request) -> list[str]:
    """Grid Engine: memory per core; sites name the complexes `smp` and `gpu` as they like."""
    cores = ["-pe", "smp", str(job.cpus)] if job.cpus > 1 else []
    limits = f"h_rt={job.minutes * 60},h_vmem={-(-job.mem_mb // job.cpus)}M"
    limits += f",gpu={job.gpus}" if job.gpus else ""
    command = ["qsub", "-terse", "-cwd", "-V", "-S", "/bin/sh", "-N", job.name]
    return [*command, "-j", "y", "-o", str(job.log), "-l", limits, *cores]


def submit_pbs(job: Request) -> list[str]:
    """PBS Pro and OpenPBS: one chunk; names have 15 characters at most."""
    chunk = f"select=1:ncpus={job.cpus}:mem={job.mem_mb}mb"
    chunk += f":ngpus={job.gpus}" if job.gpus else ""
    command = ["qsub", "-V", "-N", job.name[:15], "-j", "oe", "-o", str(job.log.resolve())]
    return [*command, "-l", chunk, "-l", f"walltime={clock(job.minutes)}"]


def submit_slurm(job: Request) -> list[str]:
    """Slurm, where the plugin behind profiles/slurm is not wanted."""
    gpu = [f"--gpus={job.gpus}"] if job.gpus else []
    command = ["sbatch", "--parsable", f"--job-name={job.name}", f"--output={job.log}"]
    need = [f"--cpus-per-task={job.cpus}", f"--mem={job.mem_mb}", f"--time={job.minutes}"]
    return [*command, *need, *gpu]


def status_lsf(job: str) -> str:
    """LSF remembers a job for an hour (CLEAN_PERIOD)."""
    state = call("bjobs", "-noheader", "-o", "stat", job)[1]
    return {"DONE": "success", "EXIT": "failed"}.get(state, "running")


def status_sge(job: str) -> str:
    """From the queue, then from accounting, which learns of a job some seconds after its end."""
    code, text = call("qstat", "-j", job)
    if code == 0:
        return "failed" if re.search(r"^job_state.*E", text, re.M) else "running"
    code, text = call("qacct", "-j", job)
    if code:
        return "running"
    endings = re.findall(r"^(?:failed|exit_status)\s+(\d+)", text, re.M)
    return "success" if set(endings) == {"0"} else "failed"


def status_pbs(job: str) -> str:
    """PBS remembers a job where job_history_enable is set."""
    text = call("qstat", "-x", "-f", job)[1]
    state = re.search(r"job_state = (\w)", text)
    if not state or state[1] not in "FX":
        return "running"
    code = re.search(r"Exit_status = (-?\d+)", text)
    return "success" if code and code[1] == "0" else "failed"


def status_slurm(job: str) -> str:
    """Slurm remembers a job for MinJobAge, five minutes by default."""
    state = call("squeue", "--noheader", "--states=all", "--format=%T", "--jobs", job)[1]
    if state in ("", "PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "REQUEUED"):
        return "running"
    return "success" if state == "COMPLETED" else "failed"


@dataclass
class Scheduler:
    """How one scheduler is spoken to.

    Attributes:
        submit: options of a request, the command first.
        job: finds the job's id in what the submit command prints.
        status: running, success or failed.
        cancel: the command that takes ids.
    """

    submit: Callable[[Request], list[str]]
    job: str
    status: Callable[[str], str]
    cancel: str


SCHEDULERS = {
    "lsf": Scheduler(submit_lsf, r"Job <(\d+)>", status_lsf, "bkill"),
    "sge": Scheduler(submit_sge, r"^(\d+)", status_sge, "qdel"),
    "pbs": Scheduler(submit_pbs, r"^(\d\S*)", status_pbs, "qdel"),
    "slurm": Scheduler(submit_slurm, r"^(\d+)", status_slurm, "scancel"),
}


def which() -> str:
    """The scheduler of this machine."""
    name = os.environ.get("CHARLENS_SCHEDULER", "")
    if not name:
        qsub = "sge" if "SGE_ROOT" in os.environ else "pbs"
        commands = {"bsub": "lsf", "sbatch": "slurm", "qsub": qsub}
        name = next((commands[one] for one in commands if shutil.which(one)), "")
    if name not in SCHEDULERS:
        sys.exit("no scheduler found: set CHARLENS_SCHEDULER to one of " + ", ".join(SCHEDULERS))
    return name


def submit(scheduler: Scheduler, script: str) -> str:
    """The id of the submitted job."""
    request = Request.read(script)
    request.log.parent.mkdir(parents=True, exist_ok=True)
    own = shlex.split(os.environ.get("CHARLENS_SUBMIT", ""))
    code, text = call(*scheduler.submit(request), *own, script)
    job = re.search(scheduler.job, text, re.M)
    if code or not job:
        sys.exit(f"the scheduler did not take {request.name}: {text or 'it said nothing'}")
    return job[1]


def main(arguments: list[str]) -> int:
    """Do what the first word says; the exit code."""
    if not arguments:
        sys.exit(__doc__)
    scheduler = SCHEDULERS[which()]
    if arguments[0] == "submit":
        print(submit(scheduler, arguments[1]))
    elif arguments[0] == "status":
        print(scheduler.status(arguments[1]))
    else:
        return call(scheduler.cancel, *arguments)[0]
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
