"""Where computation runs, and how a fixed sequence of GPU operations is replayed as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

import torch
from torch import Tensor

from charlens.errors import CharlensError

_WINDOWS_PER_GRAPH = 20
_capture_lock = Lock()


def choose_device(wanted: str) -> torch.device:
    """The device for ``auto``, ``cpu`` or ``cuda``; ``auto`` takes a GPU if there is one.

    Raises:
        CharlensError: ``cuda`` is wanted and there is none.
    """
    if wanted == "cpu":
        return torch.device("cpu")
    if torch.cuda.is_available():
        return torch.device("cuda")
    if wanted == "cuda":
        raise CharlensError(
            "training.device: cuda, but this machine shows no CUDA GPU (torch "
            f"{torch.__version__}); use a machine that has one, or set training.device: cpu"
        )
    return torch.device("cpu")


class CapturedSteps:
    """Runs a step function many times; on CUDA as replays of captured graphs.

    A step is a function without arguments that works on static tensors only. Two graphs are
    captured per step: one of a single run, one of several in a row, because launching a graph
    costs about the same however long it is.
    """

    def __init__(self, device: torch.device, generators: Sequence[torch.Generator] = ()) -> None:
        self._cuda = device.type == "cuda"
        self._generators = generators
        self._graphs: dict[tuple[str, int], torch.cuda.CUDAGraph] = {}

    def run(self, name: str, step: Callable[[], None], limit: int, live: Sequence[Tensor]) -> int:
        """Run ``step`` at least once and at most ``limit`` times; return how often.

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
        count = _WINDOWS_PER_GRAPH if limit >= _WINDOWS_PER_GRAPH else 1
        if (name, count) not in self._graphs:
            self._graphs[name, count] = self._capture(step, count, live)
        self._graphs[name, count].replay()
        return count

    def _capture(
        self, step: Callable[[], None], count: int, live: Sequence[Tensor]
    ) -> torch.cuda.CUDAGraph:
        with _capture_lock:  # one capture at a time in a process
            saved = [tensor.clone() for tensor in live]

            def put_back() -> None:
                for tensor, value in zip(live, saved, strict=True):
                    tensor.copy_(value)

            for _ in range(2):  # from one place each time: a second step may lie beyond the data
                step()
                put_back()
            torch.cuda.current_stream().synchronize()
            graph = torch.cuda.CUDAGraph()
            for generator in self._generators:
                graph.register_generator_state(generator)
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                for _ in range(count):
                    step()
            put_back()
            return graph
