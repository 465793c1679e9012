"""The jobs of a run: planned, running, finished, and how long the rest may take."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from snakemake_logger_plugin_charlens import job_logs

SIZED = ("train", "train_watched", "train_seed")
TRAININGS = (*SIZED, "train_n_nn")
SHOWN = (*TRAININGS, "prepare_corpus", "n_gram_probabilities", "external_probabilities")
"""Rules whose finished jobs get a line, beside all that draw."""

_ACTIONS = {
    "fit_n_gram": "count",
    "n_gram_probabilities": "score",
    "probabilities": "score",
    "scored_probabilities": "score",
    "external_probabilities": "read",
    "copied": "find copied text of",
    "dynamics": "follow the training of",
    "errors": "sort errors",
    "page": "write the report",
}
"""What is done by rules whose names are no words for it."""

_TARGETS = (
    "all",
    "whole_study",
    "study",
    "tables",
    "figures",
    "corpora",
    "activations",
    "interventions",
)
_ORDINARY = 3.0  # seconds of a job where nothing is known yet: most start Python and draw
_GROWTH = 1.5  # a training's time grows with its size to this power
_SECONDS_BETWEEN_LOOKS = 1.0


def is_shown(rule: str) -> bool:
    """Whether a finished job of a rule gets a line."""
    return rule in SHOWN or rule.startswith("draw_")


@dataclass
class Job:
    """A job that has begun.

    Attributes:
        rule: its name.
        wildcards: such as ``corpus`` and ``model``.
        logs: its log files.
        output: its output files.
        begun: when, by the monotonic clock.
    """

    rule: str
    wildcards: Mapping[str, str]
    logs: Sequence[str]
    output: Sequence[str]
    begun: float = field(default_factory=lambda: time.monotonic())
    _looked: float = 0.0
    _seen: job_logs.Progress | None = None
    _seen_at: float = 0.0

    @property
    def title(self) -> str:
        """What the job is about: ``python_docs lstm-1x64 seed 2``, ``figure4``."""
        names = [self.wildcards[key] for key in ("corpus", "model") if key in self.wildcards]
        if "seed" in self.wildcards:
            names.append(f"seed {self.wildcards['seed']}")
        if names:
            suffix = " n-grams" if "n_gram" in self.rule else ""
            return " ".join(names) + suffix
        return self.rule.removeprefix("draw_")

    @property
    def about(self) -> str:
        """The title with what is done, in words: ``search cells python_docs lstm-1x64``."""
        if self.rule in TRAININGS:
            return self.title
        if self.rule.startswith("draw_"):
            return f"draw {self.title}"
        action = _ACTIONS.get(self.rule, self.rule.replace("_", " "))
        return action if self.title == self.rule else f"{action} {self.title}"

    def seconds(self) -> float:
        """How long it has run."""
        return time.monotonic() - self.begun

    def progress(self) -> job_logs.Progress | None:
        """How far it is by its log, carried forward to this moment."""
        now = time.monotonic()
        if now - self._looked >= _SECONDS_BETWEEN_LOOKS:
            self._looked = now
            seen = job_logs.progress(job_logs.tail(self.logs))
            if seen != self._seen:
                self._seen, self._seen_at = seen, now
        seen = self._seen
        if seen is None or not seen.left:
            return seen
        passed = min(1.0, (now - self._seen_at) / seen.left)
        share = seen.share + (1 - seen.share) * passed
        return job_logs.Progress(share, seen.left * (1 - passed), seen.values)


class Board:
    """All jobs of a run.

    Attributes:
        running: jobs by id.
        done: finished jobs, targets not counted.
        total: jobs to run in all, targets not counted.
        cores: jobs that may run side by side.
    """

    def __init__(self) -> None:
        self.running: dict[int, Job] = {}
        self.done = self.total = 0
        self.cores = 1
        self.begun = time.monotonic()
        self._waiting: list[tuple[str, int]] = []
        self._weights: dict[str, float] = defaultdict(float)
        self._seconds: dict[str, float] = defaultdict(float)

    def plan(self, jobs: Iterable[tuple[str, int]]) -> None:
        """Note the jobs of the run: rule and, of trainings, size (0 of others)."""
        self._waiting = [
            (rule, size if rule in SIZED else 0) for rule, size in jobs if not is_target(rule)
        ]
        self.total = len(self._waiting)

    def plan_counts(self, counts: Mapping[str, int]) -> None:
        """The same from Snakemake's own statistics, which know no sizes."""
        self.plan((rule, 0) for rule, n in counts.items() if rule != "total" for _ in range(n))

    def trainings(self) -> int:
        """Trainings that have not begun."""
        return sum(rule in TRAININGS for rule, _ in self._waiting)

    def start(self, number: int, job: Job) -> None:
        """Note that a job runs, the first time or again."""
        if number not in self.running and not is_target(job.rule):
            known = (job.rule, size_of(job))
            taken = known if known in self._waiting else (job.rule, 0)
            if taken in self._waiting:
                self._waiting.remove(taken)
        self.running[number] = job

    def finish(self, number: int) -> Job | None:
        """Take a finished job off the board; None where it never began or is a target."""
        job = self.running.pop(number, None)
        if job is None or is_target(job.rule):
            return None
        self.done += 1
        self._weights[family(job.rule)] += weight(job.rule, size_of(job))
        self._seconds[family(job.rule)] += job.seconds()
        return job

    def fail(self, number: int) -> Job | None:
        """Take a failed job off the board."""
        return self.running.pop(number, None)

    def seconds_left(self) -> float | None:
        """Estimate of the time until the run ends.

        What waits is expected to take as long as what is like it took, trainings by their size.
        None where trainings wait and none has shown its speed yet. A job of a kind that has not run
        is expected to take the median of the other kinds, so a slow or busy machine counts.
        """
        weights, seconds = dict(self._weights), dict(self._seconds)
        running = []
        for job in list(self.running.values()):
            progress = job.progress()
            if progress is None or progress.left is None:
                continue
            running.append(progress.left)
            name = family(job.rule)
            weights[name] = weights.get(name, 0.0) + weight(job.rule, size_of(job))
            seconds[name] = seconds.get(name, 0.0) + job.seconds() + progress.left
        total = sum(running)
        means = [seconds[name] / weights[name] for name in weights if name not in TRAININGS]
        ordinary = median([_ORDINARY, *means])
        for rule, size in self._waiting:
            name = family(rule)
            if name in weights:
                total += seconds[name] / weights[name] * weight(rule, size)
            elif name == "train":
                return None
            else:
                total += ordinary
        return max([total / max(1, self.cores), *running])


def is_target(rule: str) -> bool:
    """Whether a rule only names what is to be made."""
    digit = rule.removeprefix("figure")
    return rule in _TARGETS or (rule.startswith("figure") and digit.isdigit())


def family(rule: str) -> str:
    """Rules whose times are alike share a name."""
    if rule in SIZED:
        return "train"
    return "draw" if rule.startswith("draw_") else rule


def weight(rule: str, size: int) -> float:
    """Work of a job in comparison with others of its family."""
    return max(1, size) ** _GROWTH if rule in TRAININGS else 1.0


def size_of(job: Job) -> int:
    """Size of the network that a job trains, the last number of its id; 0 for other jobs."""
    last = job.wildcards.get("model", "").rpartition("x")[2]
    return int(last) if job.rule in SIZED and last.isdigit() else 0
