"""Making an explorer of a finished run and using it in a browser: seconds, sizes, milliseconds.

    python benchmarks/explorer.py results/reference ../corpora --models lstm-2x64 lstm-3x512

For runs that were committed without their splits, which are cut again from the text. Makes the one
file with 100,000 positions of each network, opens it in a headless Chromium several times and
prints medians and least values: until the browser paints something, until the text has its
colours, and for a change of the cell, the work alone and until the frame with it is painted; and
the processor time that the whole browser takes for a change, its panels included, which a busy
machine does not lengthen.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

from charlens.report.explorer import site
from charlens.report.explorer.build import Settings, Shown, chunks
from charlens.text.corpus import save_split
from reference_texts import FILES, splits_again

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr")
CHANGES = 60
"""Changes of the cell in one opening of the page."""

SCRIPT = """<script>
(async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  while (!document.body.dataset.ready) await pause(5);
  const [coloured] = performance.getEntriesByName("coloured");
  await pause(1500);
  console.log("measured begin");
  const work = [], painted = [];
  for (let i = 0; i < CHANGES; i++) {
    const start = performance.now();
    dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", cancelable: true }));
    work.push(performance.now() - start);
    await frame();
    painted.push(performance.now() - start);
    await pause(120);
  }
  const [first] = performance.getEntriesByName("first-paint");
  const seen = { first: first.startTime, colours: coloured.startTime, work, painted };
  console.log("measured " + JSON.stringify(seen));
})();
</script></body>""".replace("CHANGES", str(CHANGES))


def make(run: Path, texts: Path, corpus: str, model: str, positions: int, folder: Path) -> Path:
    """Make the explorer of one network, print what it took, and return the one file."""
    described, splits = splits_again(run, texts, corpus)
    home = folder / corpus
    home.mkdir(parents=True, exist_ok=True)
    described.save(home / "corpus.json")
    for part, codes in splits.items():
        save_split(home / f"{part}.npy", codes)
    for name in ("models", "tables"):
        if not (home / name).exists():
            (home / name).symlink_to((run / corpus / name).resolve())
    tables = run / corpus / "tables"
    evidence = [model] if (tables / "cell_evidence" / f"{model}.parquet").exists() else []
    shown = Shown(corpus, [model], evidence, [model])
    began, worked = time.perf_counter(), time.process_time()
    made = chunks(folder, [shown], Settings(positions, described.unroll, "cpu"))
    site.write_site(folder / "explorer", run.name, made)
    seconds, work = time.perf_counter() - began, time.process_time() - worked
    page = folder / "explorer" / site.ONE_FILE
    size = page.stat().st_size / 1e6
    print(f"made in {seconds:.0f} s ({work:.0f} s of processor time); one file {size:.1f} MB")
    return page


def spent(group: int) -> float:
    """Processor time of all processes of a group so far, milliseconds."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            ticks += (int(fields[2]) == group) * (int(fields[11]) + int(fields[12]))
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def use(page: Path) -> dict[str, list[float]]:
    """Open a page once and change the cell many times: milliseconds."""
    tried = page.with_name("measured.html")
    html = page.read_text(encoding="utf-8")
    tried.write_text(SCRIPT.join(html.rsplit("</body>", 1)), encoding="utf-8")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [CHROMIUM, *FLAGS, "--window-size=1400,900", f"--user-data-dir={profile}"]
        pipes = {"stderr": subprocess.PIPE, "stdout": subprocess.DEVNULL, "text": True}
        browser = subprocess.Popen([*command, tried.as_uri()], start_new_session=True, **pipes)
        try:
            for line in browser.stderr:
                if "measured begin" in line:
                    before = spent(browser.pid)
                elif match := re.search(r'measured (\{.*?\})"', line):
                    per_change = (spent(browser.pid) - before) / CHANGES
                    seen = json.loads(match[1]) | {"spent": per_change}
                    return {k: v if isinstance(v, list) else [v] for k, v in seen.items()}
            sys.exit(f"{tried}: the browser ended without a result")
        finally:
            browser.terminate()
            browser.wait()


def report(page: Path, times: int) -> None:
    """Open a page several times and print what was seen."""
    titles = {
        "first": "first paint",
        "colours": "text in its colours",
        "work": "change of the cell, work",
        "painted": "change of the cell, painted",
        "spent": "change of the cell, processor time of the browser",
    }
    runs = [use(page) for _ in range(times)]
    for key, title in titles.items():
        values = [value for run in runs for value in run[key]]
        middle, least = statistics.median(values), min(values)
        print(f"  {title}: median {middle:.0f} ms, least {least:.0f}, most {max(values):.0f}")


def main() -> None:
    """Make and use the explorers of the networks that are named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder such as results/reference")
    parser.add_argument("texts", type=Path, help="folder with the texts")
    parser.add_argument("--corpus", default="war_and_peace", choices=FILES)
    parser.add_argument("--models", nargs="*", default=["lstm-2x64"])
    parser.add_argument("--positions", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=5, help="openings of each page")
    parser.add_argument("--keep", type=Path, help="folder for the pages; left out: none is kept")
    given = parser.parse_args()
    if CHROMIUM is None:
        sys.exit("no Chromium is installed")
    with tempfile.TemporaryDirectory() as folder:
        for model in given.models:
            print(f"{model}, {given.positions:,} positions")
            home = (given.keep or Path(folder)) / model
            page = make(given.run, given.texts, given.corpus, model, given.positions, home)
            report(page, given.times)


if __name__ == "__main__":
    main()
