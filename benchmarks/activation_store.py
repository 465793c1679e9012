"""Speed, size and memory of the activation store at the size of the paper's largest models.

    python benchmarks/activation_store.py [--text warpeace_input.txt]

Writes one quantity of 512 units at 330,000 positions (a 3-layer LSTM has 18 of them), in float32
and in float16 columns, and reads one unit of it again; dumps an untrained 3-layer LSTM of 512 units
from file to file; measures the peak memory of dumps of 1x and 4x as many positions. One thread
throughout.

The numbers to be stored are cell states of a network that runs. With --text, the corpus of the
committed reference run: those of its trained LSTM of 64 units over the test split. Otherwise those
of an untrained one, its weights wide enough for gates to saturate, over the Python documentation.
The 64 traces are repeated, each copy shifted in time, to make 512.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import pyarrow as pa
import torch
from charlens.files.checkpoint import save_checkpoint
from charlens.inside.dump import dump_activations
from charlens.inside.store import (
    DTYPES,
    ROW_GROUP,
    ActivationMetadata,
    activations,
    file_path,
    writing,
)
from charlens.models.families import build_model
from charlens.models.parameters import Layout, Shape, uniform_weights
from charlens.models.running import running
from charlens.models.trained import TrainedModel, load_trained
from charlens.text.corpus import Corpus, prepare, save_split
from charlens.text.sources.builtin import python_docs

UNITS, POSITIONS, BATCH, STEPS = 512, 330_000, 100, 100
RESULTS = Path(__file__).parents[1] / "results" / "reference"
REFERENCE = RESULTS / "war_and_peace" / "models" / "lstm-1x64.safetensors"


def untrained(corpus: Corpus, layers: int, width: int) -> TrainedModel:
    shape = Shape("lstm", layers, width, corpus.k)
    weights = uniform_weights(Layout(shape), torch.Generator().manual_seed(0), 6 / width**0.5)
    facts = {"model": f"lstm-{layers}x{width}", "corpus_sha256": corpus.sha256}
    facts |= {"family": "recurrent", "cell": "lstm", "layers": layers, "width": width}
    facts |= {"k": corpus.k, "dropout": 0.0, "val_loss": 0.0, "epoch": 0, "training": {}}
    return TrainedModel(facts["model"], shape, weights, facts | {"code_version": "benchmark"})


def realistic(text: Path | None) -> tuple[np.ndarray, str]:
    """Cell states of a network that runs, float16 (512, 330,000), and what they are."""
    data = text.read_bytes() if text else (python_docs()[0] * 4)[: POSITIONS * 10]
    corpus, splits = prepare(data, "benchmark", "text", "streams", BATCH, STEPS, 0.8, 0.1)
    trained = load_trained(REFERENCE, corpus) if text else untrained(corpus, 1, 64)
    model = build_model(trained.shape, batch=BATCH, steps=STEPS, training=False)
    model.load(trained.weights)
    windows = [model.quantities()[0]["c"][0].half() for _ in running(model, splits["test"])]
    traces = torch.cat(windows).permute(2, 1, 0).flatten(1).numpy()[:, :POSITIONS]
    copies = [np.roll(traces, 1000 * i, axis=1) for i in range(UNITS // len(traces) + 1)]
    what = "trained (reference)" if text else "untrained"
    return np.concatenate(copies)[:UNITS], f"cell states of the {what} LSTM of 64 units"


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])


def store(folder: Path, values: np.ndarray, dtype: str) -> None:
    """Write a quantity, read units of it, print both."""
    metadata = ActivationMetadata("benchmark", "0" * 64, "lstm-1x64", 1, "c", 0)
    path = file_path(folder, 1, "c")
    blocks = [values[:, i : i + ROW_GROUP] for i in range(0, values.shape[1], ROW_GROUP)]
    blocks = [np.ascontiguousarray(block) for block in blocks]
    speeds = []
    for _ in range(3):
        started = time.perf_counter()
        with writing(path, len(values), metadata, dtype) as writer:
            for block in blocks:
                writer.write(block)
        speeds.append(values.size / 1e6 / (time.perf_counter() - started))
    size = path.stat().st_size
    print(f"{dtype}: written {statistics.median(speeds):.1f} million numbers per second (3 runs: "
          f"{min(speeds):.1f} to {max(speeds):.1f}), fsync included")  # fmt: skip
    print(f"  on disk   {8 * size / values.size:8.2f} bits per number, {size / 1e6:.1f} MB")
    times = []
    for unit in range(0, len(values), 31):
        before, started = bytes_read(), time.perf_counter()
        stored = activations(folder, 1, "c", [unit])
        times.append(time.perf_counter() - started)
        read = bytes_read() - before
        assert np.array_equal(stored[:, 0], values[unit])
    print(f"  one unit  {1000 * statistics.median(times):8.1f} ms of {len(times)} reads (longest "
          f"{1000 * max(times):.1f}), {read / 1e6:.2f} MB read, file cached")  # fmt: skip


def prepared(folder: Path, layers: int, width: int, length: int) -> dict[str, Path]:
    """Files of an untrained model and a corpus with a test split of 100 streams."""
    size = BATCH * (length + 2 * STEPS)
    data = (python_docs()[0] * (size // 1_000_000 + 1))[:size]
    share = STEPS / (length + 2 * STEPS) + 1e-9
    corpus, splits = prepare(data, "benchmark", "docs", "streams", BATCH, STEPS, share, share)
    paths = {name: folder / name for name in ("corpus", "test", "model")}
    corpus.save(paths["corpus"])
    save_split(paths["test"], splits["test"])
    trained = untrained(corpus, layers, width)
    save_checkpoint(paths["model"], trained.weights, trained.metadata)
    return paths


def dump(paths: dict[str, Path], folder: Path, stop: int) -> int:
    """Dump the first positions; the peak memory of this process in bytes.

    Not ru_maxrss: that of a new process begins with its parent's.
    """
    torch.set_num_threads(1)
    dump_activations(paths, folder, None, (0, stop), STEPS, "cpu")
    status = Path("/proc/self/status").read_text()
    return 1024 * int(re.search(r"VmHWM:\s*(\d+)", status)[1])


def dumped(folder: Path, paths: dict[str, Path], stop: int) -> tuple[int, float, int]:
    """A dump in a process of its own: peak memory, seconds of it all, bytes on disk."""
    started = time.perf_counter()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        peak = pool.apply(dump, (paths, folder, stop))
    seconds = time.perf_counter() - started
    return peak, seconds, sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def main() -> None:
    """Print a line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--text", type=Path, help="the corpus of results/reference/war_and_peace")
    parser.add_argument("--end-to-end", type=int, default=60_000, metavar="POSITIONS")
    options = parser.parse_args()
    torch.set_num_threads(1)
    print(f"pyarrow {pa.__version__}, torch {torch.__version__}, 1 thread")
    with tempfile.TemporaryDirectory() as name:
        values, what = realistic(options.text)
        print(f"{values.shape[0]} units, {values.shape[1]:,} positions: {what}")
        for dtype in DTYPES:
            store(Path(name, dtype), values, dtype)
        stop = options.end_to_end
        paths = prepared(Path(name), 3, UNITS, -(-stop // (BATCH * STEPS)) * STEPS)
        peak, seconds, disk = dumped(Path(name, "end-to-end"), paths, stop)
        size = 3 * 6 * UNITS * 4 * stop
        print(f"LSTM of 3 layers of {UNITS} units, {stop:,} positions: {size / 1e6:,.0f} MB in "
              f"{seconds:.0f} s, {size / 1e6 / seconds:.1f} MB/s, {stop / seconds:,.0f} "
              f"characters/s, {disk / size:.3f} on disk, peak {peak / 1e6:,.0f} MB")  # fmt: skip
        paths = prepared(Path(name), 1, 64, 6000)
        for stop in (150_000, 600_000):
            peak, seconds, disk = dumped(Path(name, str(stop)), paths, stop)
            print(f"LSTM of 64 units, {stop:,} positions: {disk / 1e6:.0f} MB on disk in "
                  f"{seconds:.0f} s, peak {peak / 1e6:,.0f} MB")  # fmt: skip


if __name__ == "__main__":
    main()
