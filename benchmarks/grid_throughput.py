"""The grid's training throughput: several grid points at once, against torch.nn one after another.

    python benchmarks/grid_throughput.py [--jobs 2] [--sizes 64 128] [--rounds 3] [--device cpu]

Every grid point of the given sizes is trained for a few windows of B = T = 100, K = 87:

- by torch.nn (``torch_peer``), one model after another, in one process with all cores: what one
  would write first. On a GPU in float32 and by autocast in float16;
- on a CPU by torch.nn also as charlens does it, several processes of one thread each;
- by charlens in several processes, as the workflow runs it (on a GPU: start the multi-process
  service first, see ``profiles/gpu``), and on a GPU also one after another, and in one process
  with a stream and a thread for each.

Grid points are handed out longest first. All processes stay up and the contestants take turns,
round by round; building, capturing and warming up are not timed. The median of the rounds is
printed, then the counted floor: the floating-point operations of all matrix products at the rate at
which this device multiplies large matrices, and on a GPU the sequential steps of the longest grid
point at 2 µs each.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.models.families import shapes_for
from charlens.models.names import parse
from charlens.models.parameters import Layout
from charlens.training.settings import Training
from charlens.training.task import Task
from charlens.training.trainer import Trainer
from torch_peer import torch_step

BATCH = STEPS = 100
K = 87
CELLS = ("lstm", "rnn", "gru")
# Of a recurrence that never leaves the chip: what the hardware allows, not what we reach.
STEP_SECONDS = 2e-6


@dataclass(frozen=True)
class Contestant:
    """One way to train the sample.

    Attributes:
        label: what the table calls it.
        code: ``charlens`` or ``torch.nn``.
        processes: how many train at once.
        threads: cores of each.
        streams: how many grid points each trains at once.
        half: float16 products.
    """

    label: str
    code: str
    processes: int = 1
    threads: int = 1
    streams: int = 1
    half: bool = False


def contestants(device: str, jobs: int) -> list[Contestant]:
    """Whom to compare on a device; the first is the baseline."""
    cores = len(os.sched_getaffinity(0))
    if device == "cpu":
        return [
            Contestant(f"torch.nn, one at a time, {cores} threads", "torch.nn", threads=cores),
            Contestant("torch.nn, one at a time, 1 thread", "torch.nn"),
            Contestant(f"torch.nn, {jobs} processes of 1 thread", "torch.nn", jobs),
            Contestant(f"charlens, {jobs} processes of 1 thread", "charlens", jobs),
        ]
    return [
        Contestant("torch.nn, one at a time, float32", "torch.nn"),
        Contestant("torch.nn, one at a time, float16", "torch.nn", half=True),
        Contestant("charlens, one at a time, float32", "charlens"),
        Contestant("charlens, one at a time, mixed", "charlens", half=True),
        Contestant(f"charlens, {jobs} processes, float32", "charlens", jobs),
        Contestant(f"charlens, {jobs} processes, mixed", "charlens", jobs, half=True),
        Contestant(f"charlens, {jobs} streams, mixed", "charlens", streams=jobs, half=True),
    ]


def floating_point_operations(model: str) -> float:
    """Of the matrix products of one window: 2 forward and 4 backward per weight and character.

    The one-hot input of layer 1 is a table look-up and costs none.
    """
    (shape,) = shapes_for(model, K)
    looked_up = shape.k * shape.gates * shape.width
    return 6.0 * (Layout(shape).total - looked_up) * BATCH * STEPS


def shares(models: Sequence[str], count: int) -> list[list[str]]:
    """The models dealt out to ``count`` workers, longest first, each to the one with least work."""
    dealt: list[list[str]] = [[] for _ in range(count)]
    load = [0.0] * count
    for model in sorted(models, key=floating_point_operations, reverse=True):
        least = load.index(min(load))
        dealt[least].append(model)
        load[least] += floating_point_operations(model)
    return dealt


def charlens_windows(model: str, device: str, half: bool, windows: int) -> Callable[[], None]:
    """A function that trains a model of charlens for some windows, as the workflow does."""
    codes = np.random.default_rng(0).integers(0, K, (BATCH, windows * STEPS + 1), dtype=np.uint8)
    training = Training(device=device, precision="mixed" if half else "float32")
    task = Task(model, shapes_for(model, K)[0], training, 1)
    run = Trainer(task, codes, codes).windows
    run.optimiser.start_epoch(0)

    def train() -> None:
        run.start()
        left = windows
        while left:
            left -= run.train(left, windows - left)

    return train


def torch_windows(model: str, device: str, half: bool, windows: int) -> Callable[[], None]:
    """The same by torch.nn."""
    codes = np.random.default_rng(0).integers(0, K, (BATCH, STEPS + 1), dtype=np.uint8)
    step = torch_step(shapes_for(model, K)[0], codes, device, half)

    def train() -> None:
        for _ in range(windows):
            step()

    return train


def work(
    pipe: Connection, who: Contestant, models: Sequence[str], device: str, windows: int
) -> None:
    """One process: build the models, then train them on each request."""
    torch.set_num_threads(who.threads)
    torch.backends.cudnn.allow_tf32 = False  # float32 is float32, as in charlens
    make = charlens_windows if who.code == "charlens" else torch_windows
    lanes = [lane for lane in shares(models, who.streams) if lane]

    def on_stream(stream, calls: Sequence[Callable[[], None]]) -> None:
        with torch.cuda.stream(stream) if stream else nullcontext():
            for call in calls:
                call()
            if stream:
                stream.synchronize()

    streams = [torch.cuda.Stream() if device == "cuda" else None for _ in lanes]
    trainers = [[make(model, device, who.half, windows) for model in lane] for lane in lanes]
    if device == "cuda":
        torch.cuda.synchronize()  # built on one stream, used on others
    with ThreadPoolExecutor(len(lanes)) as pool:
        while True:
            list(pool.map(on_stream, streams, trainers))  # the first round warms up
            pipe.send("done")
            if pipe.recv() == "end":
                return


class Team:
    """The processes of one contestant."""

    def __init__(self, who: Contestant, models: Sequence[str], device: str, windows: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipes, self.processes = [], []
        for share in shares(models, who.processes):
            if not share:
                continue
            own_end, other_end = context.Pipe()
            arguments = (other_end, who, share, device, windows)
            process = context.Process(target=work, args=arguments, daemon=True)
            process.start()
            other_end.close()  # so that a process that dies is noticed
            self.pipes.append(own_end)
            self.processes.append(process)
        self._wait()

    def _wait(self) -> None:
        for pipe in self.pipes:
            pipe.recv()

    def seconds(self) -> float:
        """How long the team takes to train the sample once."""
        started = time.perf_counter()
        for pipe in self.pipes:
            pipe.send("go")
        self._wait()
        return time.perf_counter() - started

    def close(self) -> None:
        """End the processes."""
        for pipe in self.pipes:
            pipe.send("end")
        for process in self.processes:
            process.join()


def product_rate(device: str, cores: int) -> float:
    """Floating-point operations per second of large matrix products on all cores or the GPU."""
    torch.set_num_threads(cores)
    n, dtype = (8192, torch.float16) if device == "cuda" else (2048, torch.float32)
    a, b = torch.ones(2, n, n, device=device, dtype=dtype)
    times = []
    for _ in range(6):
        started = time.perf_counter()
        a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return 2.0 * n**3 / statistics.median(times[1:])


def floor_seconds(models: Sequence[str], device: str, cores: int, windows: int) -> float:
    """The least that the sample can take on this device, by count."""
    operations = sum(map(floating_point_operations, models)) * windows
    deepest = max(parse(model).layers for model in models)
    latency = deepest * 2 * STEPS * windows * STEP_SECONDS if device == "cuda" else 0.0
    return max(operations / product_rate(device, cores), latency)


def main() -> None:
    """Print one line per contestant, and the floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=2, help="grid points at once")
    parser.add_argument("--sizes", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--windows", type=int, help="per grid point and round: 4, on a GPU 40 (two long graphs)"
    )
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args()
    models = [f"{c}-{d}x{s}" for c in CELLS for d in (1, 2, 3) for s in options.sizes]
    device = options.device
    windows = options.windows or (40 if device == "cuda" else 4)
    people = contestants(device, options.jobs)
    teams = [Team(who, models, device, windows) for who in people]
    times = [[team.seconds() for team in teams] for _ in range(options.rounds)]
    for team in teams:
        team.close()
    medians = [statistics.median(column) for column in zip(*times, strict=True)]
    characters = len(models) * windows * BATCH * STEPS
    print(f"{len(models)} grid points, {windows} windows each, medians of {options.rounds} rounds")
    print(f"{'':44}{'seconds':>9}{'characters/s':>15}{'ratio':>8}")
    for who, seconds in zip(people, medians, strict=True):
        rate, ratio = characters / seconds, medians[0] / seconds
        print(f"{who.label:44}{seconds:9.2f}{rate:15,.0f}{ratio:7.2f}×")
    least = floor_seconds(models, device, options.jobs, windows)
    print(f"{'counted floor':44}{least:9.2f}{characters / least:15,.0f}{medians[0] / least:7.2f}×")


if __name__ == "__main__":
    main()
