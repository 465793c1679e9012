"""How far another cut of the kernel text moves a network's test cross-entropy.

    python benchmarks/cuts.py linux_kernel_v4.1-rc6.txt linux_kernel_v4.1-rc6.manifest.tsv

The paper joined the kernel's files in random order to a text that is not public. Ours is another
draw. Here the nine networks of size 64 of the reference run score the whole text, and its files
are shuffled again and again: each order puts other characters where the split looks for the test
text. The spread of a network's mean loss over the orders is what the cut does to it. The spread of
the difference of two networks is smaller, for what is hard for one is hard for the other.

The z of the paper's number is its distance from ours in standard deviations of the difference of
two cuts, √2 times those of one, as both texts are draws.

Not simulated: training again on the other text (nine tenths of the characters scored here were
trained on, and are easier by 0.04 to 0.05 nats for every network); other files than these, for the
paper's text may have others; the states that a network carries from one file into the next, which
stay those of our order; and the last characters beyond the streams. What a seed does comes on top
(``benchmarks/seeds.py``). Takes 7 minutes of one core, nearly all of them for scoring.
"""

from __future__ import annotations

import argparse
import hashlib
import logging
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.models.running import windows
from charlens.models.trained import load_trained
from charlens.runtime.progress import progress
from charlens.text.corpus import Corpus
from kernel_text import FOLDER, REFERENCE, read

MODELS = tuple(f"{cell}-{layers}x64" for cell in ("rnn", "lstm", "gru") for layers in (1, 2, 3))


def file_sizes(manifest: Path, text: Path) -> np.ndarray:
    """Read the sizes of the files in the order in which the text has them, bytes.

    Each line of the manifest names a file, its size and its git object, which is checked.
    """
    rows = [line.split("\t") for line in manifest.read_text(encoding="utf-8").splitlines()]
    data, start = text.read_bytes(), 0
    for name, size, blob in rows:
        part = data[start : start + int(size)]
        start += len(part)
        if hashlib.sha1(b"blob %d\0" % len(part) + part).hexdigest() != blob:
            sys.exit(f"{manifest}: {name} is not what the text has in its place")
    if start != len(data):
        sys.exit(f"{manifest}: ends {len(data) - start:,} bytes before the text does")
    return np.array([int(size) for _, size, _ in rows])


def losses(model: str, corpus: Corpus, streams: np.ndarray) -> np.ndarray:
    """Score every character of the text with a network of the reference run.

    Args:
        model: its id.
        corpus: the text's description.
        streams: the text as codes, (100, length + 1).

    Returns:
        Nats, (100, length): of ``streams[:, 1:]``.
    """
    trained = load_trained(FOLDER / "models" / f"{model}.safetensors", corpus)
    nats = np.empty((streams.shape[0], streams.shape[1] - 1), np.float32)
    with progress(nats.size, model, "char") as bar:
        for place, log_probabilities, targets in windows(
            trained.shape, trained.weights, streams, corpus.unroll
        ):
            chosen = log_probabilities.gather(-1, targets.unsqueeze(-1)).squeeze(-1)
            nats[:, place] = -chosen.numpy().T
            bar.update(targets.numel())
    return nats


def pieces_of_test(sizes: np.ndarray, order: np.ndarray, spans: np.ndarray) -> np.ndarray:
    """Find where the test text of another order of the files lies in the text.

    Args:
        sizes: of the files as the text has them, bytes.
        order: of the files in the other text.
        spans: the test characters of any text, half-open, (streams, 2), increasing.

    Returns:
        Half-open pieces of the text, (pieces, 2), each within one file.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)])
    other_starts = np.concatenate([[0], np.cumsum(sizes[order])])
    edges = np.unique(np.concatenate([other_starts, spans.ravel()]))
    start, stop = edges[:-1], edges[1:]
    span = np.searchsorted(spans[:, 0], start, "right") - 1
    whole = (span >= 0) & (stop <= spans[span, 1]) & (stop <= other_starts[-1])
    start, stop = start[whole], stop[whole]
    place = np.searchsorted(other_starts, start, "right") - 1
    moved = starts[order[place]] - other_starts[place]
    return np.stack([start + moved, stop + moved], axis=1)


def means_over_cuts(sums: list[np.ndarray], pieces: list[np.ndarray]) -> np.ndarray:
    """Compute each network's mean loss on the test text of each order.

    Args:
        sums: of the losses of all characters before one, per network, (scored + 1,); the text's
            first character has the place 1, as none precedes it.
        pieces: per order, as :func:`pieces_of_test` returns them.

    Returns:
        Nats per character, (orders, networks).
    """
    cut = np.repeat(np.arange(len(pieces)), [len(places) for places in pieces])
    # The first character has no loss, and those beyond the streams have none.
    edges = np.clip(np.concatenate(pieces), 1, len(sums[0])) - 1
    counts = np.bincount(cut, edges[:, 1] - edges[:, 0])
    totals = [np.bincount(cut, s[edges[:, 1]] - s[edges[:, 0]]) for s in sums]
    return np.stack(totals, axis=1) / counts[:, None]


def table(cuts: np.ndarray, ours: np.ndarray, paper: np.ndarray) -> str:
    """Return the networks' numbers, alone and beside the first one's, as Markdown.

    Args:
        cuts: mean losses, (orders, networks).
        ours: of the reference run, (networks,).
        paper: the paper's, (networks,).
    """
    first = MODELS[0]
    heads = ["", "ours", "paper", "sd over cuts", "z", f"ours − {first}", f"paper − {first}"]
    lines = [f"| {' | '.join([*heads, 'sd over cuts', 'z'])} |", "|---" * 9 + "|"]
    for i, model in enumerate(MODELS):
        sd = cuts[:, i].std()
        row = [
            f"{ours[i]:.3f}",
            f"{paper[i]:.3f}",
            f"{sd:.4f}",
            f"{z(paper[i] - ours[i], sd):+.1f}",
        ]
        if i:
            apart, papers = ours[i] - ours[0], paper[i] - paper[0]
            sd = (cuts[:, i] - cuts[:, 0]).std()
            row += [f"{apart:+.3f}", f"{papers:+.3f}", f"{sd:.4f}", f"{z(papers - apart, sd):+.1f}"]
        lines.append(f"| {model} | {' | '.join(row + [''] * (8 - len(row)))} |")
    return "\n".join(lines)


def z(difference: float, sd: float) -> float:
    """A difference of two cuts in its standard deviations, given that of one cut."""
    return difference / (np.sqrt(2) * sd)


def main() -> None:
    """Score, shuffle, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path, help="the kernel text of the reference run")
    parser.add_argument("manifest", type=Path, help="path, size and git object of its files")
    parser.add_argument("--shuffles", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    corpus, codes = read(options.text)
    sizes = file_sizes(options.manifest, options.text)
    length = sum(corpus.sizes.values()) // corpus.batch
    streams = np.lib.stride_tricks.sliding_window_view(codes, length + 1)[::length]
    streams = streams[: corpus.batch]
    scored = {model: losses(model, corpus, streams) for model in MODELS}

    test = corpus.sizes["test"] // corpus.batch
    stop = 1 + length * np.arange(1, corpus.batch + 1)  # targets lie one beyond their inputs
    spans = np.stack([stop - test, stop], axis=1)
    rng = np.random.default_rng(options.seed)
    with progress(options.shuffles, "orders of the files") as bar:
        pieces = []
        for _ in range(options.shuffles):
            pieces.append(pieces_of_test(sizes, rng.permutation(len(sizes)), spans))
            bar.update()
    sums = [np.cumsum(np.concatenate([[0.0], scored[model].ravel()])) for model in MODELS]
    cuts = means_over_cuts(sums, pieces)

    numbers = pd.read_csv(REFERENCE / "tables" / "cross_entropy.csv")
    numbers = numbers[numbers["corpus"] == corpus.name].set_index("model").loc[list(MODELS)]
    ours, paper = numbers["cross_entropy"].to_numpy(), numbers["paper"].to_numpy()
    train = corpus.sizes["train"] // corpus.batch
    gaps = [nats[:, -test:].mean() - nats[:, :train].mean() for nats in scored.values()]
    print(f"{options.shuffles:,} orders of {len(sizes)} files, {sizes.sum():,} bytes; test text")
    print(f"harder than training text by {min(gaps):.3f} to {max(gaps):.3f} nats/char")
    mean = cuts.mean(axis=1)
    own, apart = (cuts - mean[:, None]).std(axis=0), (cuts[:, 1:] - cuts[:, :1]).std(axis=0)
    print("standard deviation over cuts, nats/char")
    print(f"  of the mean of all networks: {mean.std():.4f}")
    print(f"  of a network's distance from that mean: {own.max():.4f} at most")
    print(f"  of its distance from {MODELS[0]}: {apart.min():.4f} to {apart.max():.4f}")
    print(f"correlation of two networks: {np.corrcoef(cuts.T).min():.2f} at least\n")
    print(table(cuts, ours, paper))


if __name__ == "__main__":
    main()
