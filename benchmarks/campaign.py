"""Train the paper's networks on one machine without a GPU, in the background, for hours or days.

    python benchmarks/campaign.py start FOLDER --corpora-dir DIR [--only '*x128'] [--jobs 2]
    python benchmarks/campaign.py status FOLDER
    python benchmarks/campaign.py pause | continue | stop FOLDER
    python benchmarks/campaign.py harvest FOLDER [--to results/reference] [--weights-up-to 128]

``start`` clones this repository at its last commit into FOLDER with an environment of its own, so
that later edits here change none of its fingerprints. It runs benchmarks/campaign.yaml there at the
lowest priority; called again it goes on where it was. ``status`` lists what is done and how long
the rest takes. ``harvest`` copies curves, weights and test cross-entropies of finished networks;
with ``--unfinished DIR`` also the states of the others, which ``start --states DIR --at COMMIT``
continues on another machine, from the commit that made them.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

import pandas as pd  # noqa: E402
import yaml  # noqa: E402

COLUMNS = (
    "corpus", "model", "parameters", "dropout", "epoch", "epochs", "val_loss", "test_loss", "paper",
    "minutes", "arithmetic", "processor", "commit",
)  # fmt: skip


@dataclass(frozen=True)
class Network:
    """One network of the campaign, and where its files lie under the campaign's folder."""

    folder: Path
    corpus: str
    model: str

    @property
    def results(self) -> Path:
        return self.folder / "results" / "campaign" / self.corpus

    @property
    def weights(self) -> Path:
        return self.results / "models" / f"{self.model}.safetensors"

    @property
    def curve(self) -> Path:
        return self.results / "curves" / f"{self.model}.parquet"

    @property
    def predictions(self) -> Path:
        return self.results / "probabilities" / f"{self.model}.parquet"

    @property
    def log(self) -> Path:
        rule = "train_n_nn" if self.model.startswith("n-nn") else "train"
        return self.folder / f"logs/campaign/{self.corpus}/{rule}/{self.model}.log"

    @property
    def minutes(self) -> float | None:
        """Minutes that training took; None if unknown, as of one that was interrupted."""
        if self.log.is_file() and "continuing at epoch" in self.log.read_text(encoding="utf-8"):
            return None  # Snakemake measures the last start only
        rule = "train_n_nn" if self.model.startswith("n-nn") else "train"
        path = self.folder / f"results/campaign/benchmarks/{rule}/{self.corpus}/{self.model}.tsv"
        return float(pd.read_csv(path, sep="\t")["s"].sum() / 60) if path.is_file() else None


def networks(folder: Path, patterns: list[str]) -> list[Network]:
    """The campaign's networks whose ``corpus/model`` matches a pattern, in the config's order."""
    from charlens.study.config import Config

    config = Config.load(yaml.safe_load((folder / "campaign.yaml").read_text()), "campaign.yaml")
    made = [
        Network(folder, corpus, model)
        for corpus in config.corpora
        for model in (*config.models(corpus), *config.n_nn_models(corpus))
    ]
    return [n for n in made if any(fnmatch(f"{n.corpus}/{n.model}", p) for p in patterns)]


def paper_loss(network: Network) -> float | None:
    """The paper's test cross-entropy of a network, nats per character."""
    from charlens.models.names import context_model, parse
    from charlens.paper import numbers

    point, context = parse(network.model), context_model(network.model)
    if point:
        return numbers.cross_entropy(network.corpus, point.cell, point.layers, point.size)
    return numbers.context_cross_entropy(network.corpus, *context) if context else None


def start(options: argparse.Namespace) -> None:
    """Clone if need be, then run Snakemake in the background."""
    folder = options.folder.resolve()
    if running(folder):
        sys.exit(f"{folder}: a campaign runs here already (stop it first)")
    if not (folder / ".git").exists():
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
        if options.at:
            command = ["git", "-C", str(folder), "checkout", "--quiet", options.at]
            subprocess.run(command, check=True)
    subprocess.run(["make", "-C", str(folder), ".venv/.ready"], check=True)
    config = yaml.safe_load((ROOT / "benchmarks" / "campaign.yaml").read_text(encoding="utf-8"))
    config["corpora_dir"] = str(options.corpora_dir.resolve()) if options.corpora_dir else None
    (folder / "campaign.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    missing = [n for n in networks(folder, options.only) if not done_elsewhere(n, options.to)]
    if not missing:
        sys.exit("every network of the campaign is in results/reference already")
    for network in missing if options.states else ():
        state = options.states / network.corpus / network.model
        if state.is_dir() and not network.weights.exists():
            shutil.copytree(state, network.results / "resume" / network.model, dirs_exist_ok=True)
            print(f"continuing {network.corpus}/{network.model} from {state}")
    targets = [
        str(path.relative_to(folder)) for n in missing for path in (n.weights, n.predictions)
    ]
    snakemake = folder / ".venv" / "bin" / "snakemake"
    environment = os.environ | {"PATH": f"{snakemake.parent}:{os.environ['PATH']}"}
    base = [str(snakemake), "--configfile", "campaign.yaml"]
    quiet = {"cwd": folder, "env": environment, "stdout": subprocess.DEVNULL}
    subprocess.run([*base, "--unlock"], check=False, stderr=subprocess.DEVNULL, **quiet)
    command = ["nice", "-n", "19", *base, "--cores", str(options.jobs), "--", *targets]
    with (folder / "campaign.log").open("a") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    # Linux weighs sessions, not processes, where autogroup is on: nice alone would not do.
    autogroup = Path(f"/proc/{process.pid}/autogroup")
    if autogroup.exists():
        time.sleep(0.5)
        autogroup.write_text("19")
    facts = {"pid": process.pid, "started": time.time(), "jobs": options.jobs}
    (folder / "campaign.json").write_text(json.dumps(facts))
    print(f"{len(missing)} networks, {options.jobs} at a time; see {folder / 'campaign.log'}")


def done_elsewhere(network: Network, reference: Path) -> bool:
    """Whether the reference run has the network's curve already."""
    return (reference / network.corpus / "curves" / f"{network.model}.parquet").exists()


def running(folder: Path) -> int | None:
    """Process id of the campaign's Snakemake, the leader of its session; None if it has ended."""
    path = folder / "campaign.json"
    if not path.is_file():
        return None
    pid = json.loads(path.read_text())["pid"]
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return None
    return pid if "campaign.yaml" in command else None


def send(folder: Path, number: signal.Signals) -> None:
    """Send a signal to every process of the campaign."""
    pid = running(folder)
    if pid is None:
        sys.exit(f"{folder}: no campaign runs here")
    pids = [int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()]
    for process in pids:
        try:
            if os.getsid(process) == pid:
                os.kill(process, number)
        except ProcessLookupError:
            continue


def status(options: argparse.Namespace) -> None:
    """Print one line per network that has begun, and what is left."""
    folder = options.folder.resolve()
    left = 0
    print(f"{'':28}{'epoch':>6}{'val':>8}{'test':>8}{'paper':>8}{'minutes':>9}")
    for network in networks(folder, options.only):
        record = facts(network)
        paper = record["paper"]
        cells = f"{record['paper'] or '':8}" if paper else " " * 8
        if network.weights.exists():
            test = record["test_loss"]
            shown = f"{test:8.3f}" if test is not None else " " * 8
            minutes = f"{record['minutes']:9.0f}" if record["minutes"] else ""
            name = f"{network.corpus}/{network.model}"
            print(f"{name:28}{record['epoch']:6}{record['val_loss']:8.3f}{shown}{cells}{minutes}")
        elif network.log.exists():
            lines = network.log.read_text(encoding="utf-8").splitlines()
            print(f"{network.corpus}/{network.model:28} {lines[-1][20:] if lines else 'begins'}")
        else:
            left += not done_elsewhere(network, options.to)
    print(f"{left} not begun; " + ("running" if running(folder) else "not running"))


def facts(network: Network) -> dict[str, object]:
    """One row of the campaign's table; empty values where a file is not there yet."""
    record: dict[str, object] = dict.fromkeys(COLUMNS)
    record |= {"corpus": network.corpus, "model": network.model, "paper": paper_loss(network)}
    if not network.weights.exists():
        return record
    from charlens.files.checkpoint import load_checkpoint
    from charlens.runtime.hardware import describe

    _, metadata = load_checkpoint(network.weights)
    record |= {key: metadata[key] for key in ("parameters", "dropout", "epoch", "val_loss")}
    record["arithmetic"] = ", ".join(metadata.get("arithmetic", ["float32"]))
    record["epochs"] = int(pd.read_parquet(network.curve)["epoch"].max())
    record["minutes"] = network.minutes and round(network.minutes, 1)
    record["processor"] = describe()["processor"]
    head = ["git", "-C", str(network.folder), "rev-parse", "--short", "HEAD"]
    record["commit"] = subprocess.run(head, capture_output=True, text=True).stdout.strip()
    if network.predictions.exists():
        import numpy as np

        p = pd.read_parquet(network.predictions, columns=["probability"])["probability"]
        record["test_loss"] = round(float(-np.log(p.to_numpy(np.float64)).mean()), 6)
    return record


def harvest(options: argparse.Namespace) -> None:
    """Copy what is finished into the reference run and extend its table campaign.csv."""
    from charlens.models.names import parse

    folder, table = options.folder.resolve(), options.to / "campaign.csv"
    rows = {}
    if table.is_file():
        with table.open(encoding="utf-8", newline="") as stream:
            rows = {(r["corpus"], r["model"]): r for r in csv.DictReader(stream)}
    for network in networks(folder, options.only):
        if not (network.weights.exists() and network.predictions.exists()):
            state = network.results / "resume" / network.model
            if options.unfinished and state.is_dir():
                target = options.unfinished / network.corpus / network.model
                shutil.copytree(state, target, dirs_exist_ok=True)
                print(f"state of {network.corpus}/{network.model} copied to {target}")
            continue
        size = getattr(parse(network.model), "size", 0)
        files = [network.curve] + [network.weights] * (size <= options.weights_up_to)
        for path in files:
            target = options.to / network.corpus / path.parent.name / path.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        rows[network.corpus, network.model] = facts(network)
        print(f"harvested {network.corpus}/{network.model}")
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[key] for key in sorted(rows))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = ("start", "status", "pause", "continue", "stop", "harvest")
    parser.add_argument("verb", choices=verbs)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--corpora-dir", type=Path, help="folder with the published texts")
    parser.add_argument("--only", nargs="+", default=["*"], help="patterns of corpus/model")
    parser.add_argument("--jobs", type=int, default=2, help="networks at a time")
    parser.add_argument("--at", help="start: the commit to clone, where states are of an older one")
    parser.add_argument("--states", type=Path, help="start: unfinished networks to go on with")
    parser.add_argument("--unfinished", type=Path, help="harvest: where their states go")
    parser.add_argument("--to", type=Path, default=ROOT / "results" / "reference")
    parser.add_argument("--weights-up-to", type=int, default=128, help="harvest: largest size")
    options = parser.parse_args()
    signals = {"pause": signal.SIGSTOP, "continue": signal.SIGCONT, "stop": signal.SIGTERM}
    if options.verb in signals:
        send(options.folder.resolve(), signals[options.verb])
    else:
        {"start": start, "status": status, "harvest": harvest}[options.verb](options)


if __name__ == "__main__":
    main()
