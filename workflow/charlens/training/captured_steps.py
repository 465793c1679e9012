"""Replay of a fixed sequence of GPU operations as one CUDA graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import torch
from torch import Tensor

Step = Callable[[], None]

_capture_lock = Lock()


class CapturedSteps:
    """Runs a step function many times; on CUDA as replays of captured graphs.

    A step is a function without arguments that works on static tensors only. Of a short step,
    whose launch would cost more than its work, a second graph holds several in a row.

    Args:
        device: where the steps run.
        generators: those that the steps draw from.
        together: how many runs of a step the longer graph holds. Graphs cost the driver's memory by
            their length, so 1, for no longer one, where a step has hundreds of operations.
    """

    def __init__(
        self,
        device: torch.device,
        generators: Sequence[torch.Generator] = (),
        together: int = 1,
    ) -> None:
        self._cuda = device.type == "cuda"
        self._generators, self._together = generators, together
        self._graphs: dict[tuple[str, int], torch.cuda.CUDAGraph] = {}
        self._running: torch.cuda.Event | None = None

    def prepare(self, name: str, step: Step, limit: int, live: Sequence[Tensor]) -> None:
        """Capture all graphs of ``run`` now: a GPU with too little memory fails before training."""
        if self._cuda:
            for count in {1, self._count(limit)}:
                self._graph(name, step, count, live)

    def run(self, name: str, step: Step, limit: int, live: Sequence[Tensor]) -> int:
        """Run ``step`` at least once and at most ``limit`` times; return how often.

        On CUDA the work of one call may still be running on return, but never that of two, so
        that progress and checkpoints report work that is done.

        Args:
            name: what the step is called; one name, one step.
            step: the work.
            limit: how many runs may follow one another now.
            live: every tensor the step changes and that matters afterwards; put back after the
                warm-up that capturing needs.
        """
        if not self._cuda:
            step()
            return 1
        count = self._count(limit)
        graph = self._graph(name, step, count, live)
        before = self._running
        graph.replay()
        self._running = self._mark()
        if before is not None:
            before.synchronize()
        return count

    def _count(self, limit: int) -> int:
        return self._together if limit >= self._together else 1

    def _graph(
        self, name: str, step: Step, count: int, live: Sequence[Tensor]
    ) -> torch.cuda.CUDAGraph:
        if (name, count) not in self._graphs:
            with _capture_lock:  # one capture at a time in a process
                self._graphs[name, count] = self._captured(step, count, live)
        return self._graphs[name, count]

    def _captured(self, step: Step, count: int, live: Sequence[Tensor]) -> torch.cuda.CUDAGraph:
        """Warm up, record, and leave everything as it was."""
        saved = [tensor.clone() for tensor in live]
        drawn = [generator.get_state() for generator in self._generators]

        def put_back() -> None:
            for tensor, value in zip(live, saved, strict=True):
                tensor.copy_(value)

        # From the same state each time: a second step could read beyond the data.
        for _ in range(2):
            step()
            put_back()
        graph = self._record(step, count)
        put_back()
        for generator, state in zip(self._generators, drawn, strict=True):
            generator.set_state(state)
        return graph

    @cached_property
    def _pool(self) -> Any:  # the type of torch's handle is private
        """The memory of all graphs: they run one after another, so they can share it."""
        return torch.cuda.graph_pool_handle()

    def _record(self, step: Step, count: int) -> torch.cuda.CUDAGraph:
        torch.cuda.current_stream().synchronize()
        graph = torch.cuda.CUDAGraph()
        register = getattr(graph, "register_generator_state", None)
        if register is not None:  # newer torch registers generators itself
            for generator in self._generators:
                register(generator)
        with torch.cuda.graph(graph, pool=self._pool, capture_error_mode="thread_local"):
            for _ in range(count):
                step()
        return graph

    def _mark(self) -> torch.cuda.Event:
        event = torch.cuda.Event(blocking=True)  # waiting must not keep a core busy
        event.record()
        return event
