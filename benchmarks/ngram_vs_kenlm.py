"""The n-gram models beside KenLM's lmplz: time, memory, agreement, and growth with the text.

    python benchmarks/ngram_vs_kenlm.py time      --lmplz path/to/lmplz  war_and_peace=FILE …
    python benchmarks/ngram_vs_kenlm.py agreement --lmplz path/to/lmplz  war_and_peace=FILE …
    python benchmarks/ngram_vs_kenlm.py growth

Each FILE is split as in the paper (`streams`; 80/10/10, or 90/5/5 where the name is linux_kernel).
`time` fits ours and scores the test split at orders 1 … 21 in a fresh process; lmplz estimates
order 21 alone and scores nothing. `agreement` scores every test byte with both at each of
`--orders`. `growth` needs no KenLM.

KenLM is not part of this project. Build lmplz from its sources (https://github.com/kpu/kenlm,
instructions in its BUILDING file) with the CMake option KENLM_MAX_ORDER at 21 or more: the default
is 6. `agreement` also needs its Python module, built with the environment variable MAX_ORDER=21.
Both read a token per byte, as KenLM cannot have NUL, tab, line ends or space inside a word.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.models.ngram.arpa import hex_words
from charlens.models.ngram.model import NgramModel
from charlens.text.corpus import encode
from charlens.text.splits import split_streams

ORDER = 21
FRACTIONS = {"linux_kernel": (0.9, 0.05)}


def parts(name: str, path: str) -> tuple[np.ndarray, np.ndarray]:
    """Training and test bytes (inputs), streams joined."""
    codes, vocabulary = encode(Path(path).read_bytes())
    rows = split_streams(codes, 100, 100, *FRACTIONS.get(name, (0.8, 0.1)))
    table = np.array(vocabulary, dtype=np.uint8)
    return tuple(table[rows[part][:, :-1]].ravel() for part in ("train", "test"))


def fit_and_score(train: np.ndarray, test: np.ndarray) -> None:
    scored = NgramModel.fit(train, ORDER).probabilities(test)
    print(" ".join(f"{value:.3f}" for value in -np.log(scored).mean(axis=1)))


def run(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak megabytes of one process."""
    start = time.perf_counter()
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        if status:
            log.seek(0)
            sys.exit(f"{command[0]} failed:\n{log.read().decode()[-2000:]}")
    return seconds, usage.ru_maxrss / 1024


def lmplz_command(lmplz: str, order: int, text: Path, arpa: Path) -> list[str]:
    return [lmplz, "-o", str(order), "--discount_fallback", "-S", "8G", "-T", str(text.parent),
            "--text", str(text), "--arpa", str(arpa)]  # fmt: skip


def compare_time(corpora: dict[str, str], lmplz: str, repeats: int) -> None:
    print("| corpus | ours, s | MB | lmplz, s | MB | ratio |\n|---|---|---|---|---|---|")
    for name, path in corpora.items():
        with tempfile.TemporaryDirectory() as folder:
            text, arpa = Path(folder) / "train.txt", Path(folder) / "model.arpa"
            text.write_text(hex_words(parts(name, path)[0]) + "\n")
            own, kenlms = [], []
            for _ in range(repeats):  # in turns, so that both see the same machine
                own.append(run([sys.executable, __file__, "one", f"{name}={path}"]))
                kenlms.append(run(lmplz_command(lmplz, ORDER, text, arpa)))
        (a, b), (c, d) = ([statistics.median(x) for x in zip(*y, strict=True)]
                          for y in (own, kenlms))  # fmt: skip
        print(f"| {name} | {a:.1f} | {b:.0f} | {c:.1f} | {d:.0f} | {c / a:.1f} |", flush=True)


def compare_numbers(corpora: dict[str, str], lmplz: str, orders: list[int]) -> None:
    import kenlm

    print("| corpus | order | largest difference in log10 P |\n|---|---|---|")
    for name, path in corpora.items():
        train, test = parts(name, path)
        ours = np.log10(NgramModel.fit(train, max(orders)).probabilities(test, orders))
        with tempfile.TemporaryDirectory() as folder:
            text, arpa = Path(folder) / "train.txt", Path(folder) / "model.arpa"
            text.write_text(hex_words(train) + "\n")
            for order, expected in zip(orders, ours, strict=True):
                run(lmplz_command(lmplz, order, text, arpa))
                scores = kenlm.Model(str(arpa)).full_scores(hex_words(test), bos=True, eos=False)
                scored = np.array([score for score, _, _ in scores])
                print(f"| {name} | {order} | {abs(scored - expected).max():.1e} |", flush=True)


def growth(repeats: int) -> None:
    """1 to 16 MB of Python source from this environment, its last tenth scored at all orders."""
    files = sorted(Path(np.__file__).parents[1].rglob("*.py"))
    print("| MB | s | ns per byte |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path, data = Path(folder) / "text", b""
        for file in files:
            data += file.read_bytes()
            if len(data) >= 16_000_000:
                break
        for size in (1, 2, 4, 8, 16):
            path.write_bytes(data[: size * 1_000_000])
            command = [sys.executable, __file__, "one", f"text={path}"]
            seconds = statistics.median(run(command)[0] for _ in range(repeats))
            print(f"| {size} | {seconds:.2f} | {seconds / size * 1000:.0f} |", flush=True)
    if math.floor(len(data) / 1e6) < 16:
        print(f"(only {len(data):,} bytes of source were found)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["time", "agreement", "growth", "one"])
    parser.add_argument("corpora", nargs="*", metavar="NAME=FILE")
    parser.add_argument("--lmplz", default="lmplz")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--orders", type=int, nargs="+", default=[*range(2, 11), ORDER])
    given = parser.parse_intermixed_args()
    corpora = dict(item.split("=", 1) for item in given.corpora)
    match given.what:
        case "one":
            for name, path in corpora.items():
                fit_and_score(*parts(name, path))
        case "time":
            compare_time(corpora, given.lmplz, given.repeats)
        case "agreement":
            compare_numbers(corpora, given.lmplz, given.orders)
        case "growth":
            growth(given.repeats)


if __name__ == "__main__":
    main()
