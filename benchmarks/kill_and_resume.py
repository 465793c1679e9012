"""Kill a tiny training run with SIGKILL at random moments; each resumed result must be identical.

    python benchmarks/kill_and_resume.py [--kills 20] [--seed 0] [--mixed]

Every trial kills one run once, at a moment drawn uniformly over its undisturbed duration, starts
it again, and compares everything it leaves (weights, early checkpoints, learning curve) byte for
byte with the undisturbed run's. Exits 1 if any differs. With ``--mixed`` the run takes the path of
processors with bfloat16 products, and one of its two dropout candidates stops before the other.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "workflow"), str(ROOT / "tests"), str(ROOT / "tests" / "training")]

from test_train import CHILD, MIXED, start  # noqa: E402


def trial(folder: Path, moment: float, script: str) -> tuple[str, bytes]:
    """One run killed ``moment`` seconds after it is ready; how it was left, and its result."""
    output = folder / "result.safetensors"
    child = start(folder / "resume", output, script)
    child.stdout.readline()
    time.sleep(moment)
    child.send_signal(signal.SIGKILL)
    killed = child.wait() == -signal.SIGKILL
    state = (folder / "resume" / "state.safetensors").exists()
    if killed and start(folder / "resume", output, script).wait() != 0:
        return "failed to resume", b""
    left = "resumed from a checkpoint" if state else "started again"
    return left if killed else "had already ended", output.read_bytes()


def main() -> int:
    """Run the trials and print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mixed", action="store_true")
    options = parser.parse_args()
    script = MIXED.replace('print("window", flush=True)', "pass") if options.mixed else CHILD
    rng, different = random.Random(options.seed), 0
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        child = start(root / "undisturbed", root / "undisturbed.safetensors", script)
        child.stdout.readline()
        started = time.monotonic()
        child.wait()
        whole = time.monotonic() - started
        expected = (root / "undisturbed.safetensors").read_bytes()
        for number in range(1, options.kills + 1):
            moment = rng.uniform(0.0, whole)
            left, output = trial(root / str(number), moment, script)
            same = output == expected
            different += not same
            print(
                f"{number:3} killed after {moment:5.2f} of {whole:.2f} s: {left}, "
                f"{'identical' if same else 'DIFFERENT'}",
                flush=True,
            )
    print(f"{options.kills} kills, {different} different results")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
