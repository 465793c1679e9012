"""A real Slurm on this machine: munged, slurmctld and slurmd in a private folder, on loopback.

Needs Debian's slurmctld, slurmd, slurm-client and munge, but neither systemd nor cgroups nor an
accounting database. GPUs are faked: Slurm counts and hands out device files without opening them.
By hand, a shell in which `sinfo` and `snakemake --workflow-profile profiles/slurm` work:

    python tests/slurm/one_node.py bash
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAMS = ("munged", "mungekey", "slurmctld", "slurmd", "sbatch", "squeue", "srun")
GPUS = 2
# Debian keeps daemons where a user's PATH does not look.
PATH = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])

# Memory is a promise here (config_overrides), so that requests made for real nodes fit. Jobs are
# remembered for long (MinJobAge): squeue is how Snakemake learns how they ended.
SLURM_CONF = """
ClusterName=charlens
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=1,sched_interval=5,bf_interval=5
SlurmdParameters=config_overrides
GresTypes=gpu
MinJobAge=600
EnforcePartLimits=ALL
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=64000 Gres=gpu:{gpus}
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE
"""


class SlurmError(RuntimeError):
    """The daemons do not do what they should."""


def missing() -> str:
    """Why no Slurm can be brought up here; empty if it can."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if absent:
        packages = "apt-get install slurmctld slurmd slurm-client munge"
        return f"{', '.join(absent)} not found ({packages})"
    return ""


def wait_for(what: str, done: Callable[[], object], seconds: float) -> Any:
    """What ``done`` says, once that is true.

    Raises:
        SlurmError: it did not within so many seconds.
    """
    end = time.monotonic() + seconds
    while not (answer := done()):
        if time.monotonic() > end:
            raise SlurmError(f"{what}: not within {seconds:g} s")
        time.sleep(0.2)
    return answer


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@dataclass
class Slurm:
    """One node, one partition `main`, fake GPUs; `with Slurm() as slurm: ...` starts and stops it.

    Attributes:
        folder: configuration, state, logs and pid files; removed at the end.
        cpus: what the node says it has; two at least, so that jobs run side by side.
    """

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="slurm-")))
    cpus: int = field(default_factory=lambda: max(2, os.cpu_count() or 1))
    host: str = field(default_factory=lambda: socket.gethostname().split(".")[0])

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to talk to this Slurm."""
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "SBATCH_"))}
        path = os.pathsep.join([str(self.folder / "bin"), PATH])
        return variables | {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": path}

    def __enter__(self) -> Slurm:
        try:
            self._configure()
            self._munge()
            self.start("slurmctld")
            self.start("slurmd")
            self.wait_for_node("idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if (self.folder / "slurmctld.pid").is_file():
            subprocess.run(
                ["scancel", "--user", getpass.getuser()], env=self.environment, check=False
            )
        for name in ("slurmd", "slurmctld", "munged"):
            self.stop(name)
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, *arguments: str) -> str:
        """Stdout of a Slurm command.

        Raises:
            SlurmError: it failed.
        """
        done = subprocess.run(arguments, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise SlurmError(f"{' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def jobs(self, *states: str) -> list[str]:
        """Ids of the jobs and array tasks in any of these states, such as RUNNING."""
        arguments = ("--noheader", "--array", "--format=%i", f"--states={','.join(states)}")
        return self.call("squeue", *arguments).split()

    def wait_for_node(self, state: str, seconds: float = 60) -> None:
        """Return once the node is in a state as `sinfo` names it, such as idle."""
        arguments = ("sinfo", "--noheader", "--format=%T")
        wait_for(f"node {state}", lambda: self._quiet(*arguments).strip() == state, seconds)

    def start(self, daemon: str) -> None:
        """Start slurmctld or slurmd, which go to the background by themselves."""
        self.call(daemon, "-f", str(self.folder / "slurm.conf"))
        pid = self.folder / f"{daemon}.pid"
        wait_for(f"{daemon} (see {self.folder}/{daemon}.log)", pid.is_file, 30)

    def stop(self, daemon: str) -> None:
        """Stop one daemon, by its pid file, and wait until it is gone."""
        path = self.folder / f"{daemon}.pid"
        try:
            pid = int(path.read_text())
            os.kill(pid, signal.SIGTERM)
            wait_for(f"the end of {daemon}", lambda: not Path(f"/proc/{pid}").exists(), 60)
        except (FileNotFoundError, ProcessLookupError):
            pass
        path.unlink(missing_ok=True)

    def _quiet(self, *arguments: str) -> str:
        try:
            return self.call(*arguments)
        except SlurmError:
            return ""

    def _configure(self) -> None:
        self.folder.chmod(0o755)
        (self.folder / "state").mkdir()
        (self.folder / "spool").mkdir()
        controller, node = free_ports(2)
        text = SLURM_CONF.format(
            host=self.host,
            controller_port=controller,
            node_port=node,
            user=getpass.getuser(),
            folder=self.folder,
            cpus=self.cpus,
            gpus=GPUS,
        )
        (self.folder / "slurm.conf").write_text(text)
        # Inside a job the plugin clears SLURM_CONF from the environment of srun.
        srun = self.folder / "bin" / "srun"
        srun.parent.mkdir()
        real = shutil.which("srun", path=PATH)
        srun.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec {real} "$@"\n')
        srun.chmod(0o755)
        for i in range(GPUS):
            (self.folder / f"gpu{i}").symlink_to("/dev/null")
        (self.folder / "gres.conf").write_text(
            f"AutoDetect=off\nNodeName={self.host} Name=gpu File={self.folder}/gpu[0-{GPUS - 1}]\n"
        )

    def _munge(self) -> None:
        key = self.folder / "munge.key"
        self.call("mungekey", "--create", "--keyfile", str(key))
        self.call(
            "munged",
            f"--key-file={key}",
            f"--socket={self.folder}/munge.socket",
            f"--pid-file={self.folder}/munged.pid",
            f"--log-file={self.folder}/munged.log",
            f"--seed-file={self.folder}/munged.seed",
        )


if __name__ == "__main__":
    reason = missing()
    if reason:
        sys.exit(reason)
    with Slurm() as slurm:
        sys.exit(subprocess.run(sys.argv[1:] or ["bash"], env=slurm.environment).returncode)
