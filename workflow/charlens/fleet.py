"""Many grid points in training on one GPU at the same time, one stream and one thread each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import torch

from charlens.train import Trained, Trainer

log = logging.getLogger("charlens")


def train_fleet(
    builders: Sequence[tuple[str, Callable[[], Trainer]]], workers: int
) -> Iterator[tuple[str, Trained | Exception]]:
    """Train several grid points together and yield each as it ends.

    Args:
        builders: a name and a function that makes the trainer, in the order they should start
            (longest first keeps the device busy to the end).
        workers: how many train at once.

    Yields:
        The name, and what training left or the exception that ended it; one failure does not
        stop the others.
    """

    def work(build: Callable[[], Trainer]) -> Trained:
        if not torch.cuda.is_available():
            return build().run()
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            result = build().run()
            stream.synchronize()
        return result

    with ThreadPoolExecutor(workers) as pool:
        running = {pool.submit(work, build): name for name, build in builders}
        for future in as_completed(running):
            error = future.exception()
            yield running[future], error if error is not None else future.result()
