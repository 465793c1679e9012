"""Dumping what happens inside a network: one pass over the test split, files of the store out.

The network runs a few streams at a time, so that positions come out in their order; what is held
at once is two row groups of some layers and quantities, however long the split is.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor

from charlens.errors import CharlensError
from charlens.files.atomic import FilePath
from charlens.inside.store import (
    ROW_GROUP,
    ActivationMetadata,
    ActivationWriter,
    file_path,
    writing,
)
from charlens.models.families import build_model
from charlens.models.running import observing
from charlens.models.trained import TrainedModel, load_trained
from charlens.runtime.progress import announce, progress
from charlens.text.corpus import Corpus, load_split
from charlens.text.splits import Codes

Target = tuple[int, str]  # layer, from 1, and quantity

_BUFFERS = 512 * 2**20  # bytes held at once, unless a single quantity needs more

_log = logging.getLogger("charlens")


def dump_activations(
    inputs: Mapping[str, FilePath],
    folder: FilePath,
    quantities: Sequence[str] | None,
    positions: tuple[int, int] | None,
    steps: int,
    device: str,
    dtype: str = "float32",
) -> None:
    """Run a model over its test split and write its activations to the store.

    Args:
        inputs: paths ``corpus`` (corpus.json), ``test`` (.npy) and ``model`` (.safetensors).
        folder: the dump to write, ``layer-{l}/{quantity}.parquet`` below it.
        quantities: letters such as ``h``, ``c``, ``f``; None dumps all that the cell has.
        positions: first position and the one after the last; None dumps the whole split.
        steps: window length; divides the stream length.
        device: auto, cpu or cuda.
        dtype: of the columns, float32 or float16; values are rounded to half precision in both.

    Raises:
        CharlensError: a damaged input, a model of another corpus, a quantity or position that is
            not there, a full disk.
    """
    corpus = Corpus.load(inputs["corpus"])
    trained = load_trained(inputs["model"], corpus)
    codes = load_split(inputs["test"])
    count = codes.shape[0] * (codes.shape[1] - 1)
    start, stop = positions or (0, count)
    if stop > count:
        raise CharlensError(
            f"activations: positions up to {stop} are asked of {corpus.name}/{trained.model}, but "
            f"its test split has {count}; lower them in the config"
        )
    targets = _targets(trained, quantities)
    units = trained.shape.width
    size = len(targets) * units * (stop - start) * np.dtype(dtype).itemsize
    announce(
        f"{corpus.name}/{trained.model}: dumping {len(targets)} quantities of {units} units at "
        f"{stop - start:,} positions, {size / 1e6:,.1f} MB as {dtype} before compression"
    )
    at_once = max(1, _BUFFERS // (2 * ROW_GROUP * units * 2))
    passes = [targets[i : i + at_once] for i in range(0, len(targets), at_once)]
    name = f"{corpus.name}/{trained.model} activations"
    with progress(count * len(passes), name, "bytes") as bar:
        for part in passes:
            run = _Dump(trained, codes, (start, stop), steps, device, dtype)
            run.run(corpus, folder, part, bar)
    written = sum(file_path(folder, *target).stat().st_size for target in targets)
    _log.info("%s: %.1f MB on disk, %.2f of %s", folder, written / 1e6, written / size, dtype)


def _targets(trained: TrainedModel, quantities: Sequence[str] | None) -> list[Target]:
    probe = build_model(trained.shape, batch=1, steps=1, training=False)
    probe.forward(torch.zeros(1, 1, dtype=torch.int64))
    targets = []
    for layer, held in enumerate(probe.quantities(), 1):
        names = list(held) if quantities is None else quantities
        for quantity in names:
            if quantity not in held:
                raise CharlensError(
                    f"activations: {trained.model} has no quantity {quantity!r}, expected some of "
                    f"{', '.join(held)}; correct it in the config"
                )
            targets.append((layer, quantity))
    return targets


class _Dump:
    """One pass over the streams that hold the positions to dump."""

    def __init__(
        self,
        trained: TrainedModel,
        codes: Codes,
        positions: tuple[int, int],
        steps: int,
        device: str,
        dtype: str,
    ) -> None:
        self.trained, self.codes, self.positions, self.dtype = trained, codes, positions, dtype
        self.length = codes.shape[1] - 1
        self.streams = max(1, min(codes.shape[0], ROW_GROUP // self.length))
        # Streams side by side are put in order once they are complete; one alone is in order.
        self.chunk = self.length if self.streams > 1 else steps
        self.model = trained.ready(self.streams, steps, device)

    def run(self, corpus: Corpus, folder: FilePath, targets: Sequence[Target], bar) -> None:
        """Write the files of some layers and quantities."""
        last = self.codes.shape[0] - 1
        with ExitStack() as stack:
            sinks = {t: self._sink(stack, corpus, folder, t) for t in targets}
            for first in range(0, last + 1, self.streams):
                rows = np.arange(first, first + self.streams)
                place = slice(first * self.length, (min(rows[-1], last) + 1) * self.length)
                if place.start < self.positions[1] and place.stop > self.positions[0]:
                    self._run_streams(self.codes[np.minimum(rows, last)], place, sinks)
                bar.update(place.stop - place.start)
            for sink in sinks.values():
                sink.close()

    def _sink(self, stack: ExitStack, corpus: Corpus, folder: FilePath, target: Target) -> _Sink:
        layer, quantity = target
        metadata = ActivationMetadata(
            corpus=corpus.name,
            corpus_sha256=corpus.sha256,
            model=self.trained.model,
            layer=layer,
            quantity=quantity,
            start=self.positions[0],
            config=self.trained.provenance,
            code_version=self.trained.metadata["code_version"],
        )
        path, units = file_path(folder, *target), self.trained.shape.width
        writer = stack.enter_context(writing(path, units, metadata, self.dtype))
        return _Sink(writer, units, self.streams, self.chunk)

    def _run_streams(self, codes: Codes, real: slice, sinks: dict[Target, _Sink]) -> None:
        """Run streams side by side; ``real`` are the positions of all but those that fill up."""
        for place, _, _ in observing(self.model, codes):
            layers, offset = self.model.quantities(), place.start % self.chunk
            for (layer, quantity), sink in sinks.items():
                sink.take(layers[layer - 1][quantity][0], offset)
            if offset + self.model.steps == self.chunk:
                start = real.start + place.stop - self.chunk
                stop = min(start + self.streams * self.chunk, real.stop)
                for sink in sinks.values():
                    sink.keep(*(min(max(end - start, 0), stop - start) for end in self.positions))


class _Sink:
    """Gathers windows of one quantity into row groups.

    Held as int16, the bits of the float16 numbers: moving those is several times as fast.
    """

    def __init__(self, writer: ActivationWriter, units: int, streams: int, chunk: int) -> None:
        self.writer, self.filled = writer, 0
        self.incoming = (streams, chunk)
        self.buffer = torch.empty(units, ROW_GROUP + math.prod(self.incoming), dtype=torch.int16)

    def take(self, values: Tensor, offset: int) -> None:
        """Put a window (T, streams, units) at ``offset`` of the streams' chunk."""
        bits = values.half().contiguous().view(torch.int16).cpu().permute(2, 1, 0)
        space = self.buffer[:, self.filled : self.filled + math.prod(self.incoming)]
        space.unflatten(1, self.incoming)[:, :, offset : offset + len(values)] = bits

    def keep(self, start: int, stop: int) -> None:
        """Add positions ``start`` … ``stop`` − 1 of the filled chunk; write full row groups."""
        if start:
            added = self.buffer[:, self.filled + start : self.filled + stop].clone()
            self.buffer[:, self.filled : self.filled + stop - start] = added
        self.filled += stop - start
        while self.filled >= ROW_GROUP:
            self._write(ROW_GROUP)
            self.filled -= ROW_GROUP
            rest = self.buffer[:, ROW_GROUP : ROW_GROUP + self.filled].clone()
            self.buffer[:, : self.filled] = rest

    def close(self) -> None:
        """Write what is left."""
        if self.filled:
            self._write(self.filled)

    def _write(self, count: int) -> None:
        self.writer.write(self.buffer[:, :count].numpy().view(np.float16))
