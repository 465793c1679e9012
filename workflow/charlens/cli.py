"""The command ``charlens``: tools besides the workflow."""

from __future__ import annotations

import argparse
import sys
import warnings
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from charlens import __version__
from charlens.errors import CharlensError, visible
from charlens.report import summary
from charlens.runtime.manifest import Difference, differences
from charlens.study.again import config_of
from charlens.text.kinds import KINDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Returns:
        The exit status: 0; 1 after an error, or where files differ from their manifest; 2 for a
        wrong call.
    """
    given = _parser().parse_args(arguments)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("default", UserWarning)
        try:
            return given.run(given)
        except CharlensError as error:
            print(f"charlens: error: {error}", file=sys.stderr)
            return 1
        finally:
            for warning in notes:  # without the place in the code, which says nothing to a user
                print(f"charlens: note: {visible(str(warning.message))}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="charlens", description=__doc__)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str):
        verb = commands.add_parser(name, help=about, description=about)
        verb.set_defaults(run=run)
        return verb

    check = command("verify", _verify, "hash the files of a run and compare its manifest")
    check.add_argument("results", help="folder of a run, such as results/quick")
    check.add_argument(
        "--rebuild",
        nargs=argparse.REMAINDER,
        metavar="OPTION",
        help="make files that are missing or changed anew; what follows is for snakemake, such as "
        "--configfile mine.yaml",
    )
    again = command("config", _config, "print the config that made a run, whole, as YAML")
    again.add_argument("results", help="folder of a run, such as results/quick")
    look = command(
        "explore", _explore, "open a run's explorer in a browser: its cells, in the text"
    )
    look.add_argument("results", type=Path, help="folder of a run, such as results/quick")
    ended = command(
        "stop", _stop, "stop the run that goes on in a folder: trainings save their state and leave"
    )
    ended.add_argument(
        "folder", nargs="?", default=".", help="where Snakemake was started; this one by default"
    )
    score = command("score", _score, "how likely a network finds each character of a text")
    cells = command("cells", _cells, "the cells of a network that track something in a text best")
    for verb in (score, cells):
        verb.add_argument("file", type=Path, help="the text, read as one stream")
        verb.add_argument(
            "--model", required=True, metavar="M", help="a trained network (.safetensors)"
        )
        verb.add_argument("--csv", metavar="OUT", help="write the whole table to this CSV file")
        verb.add_argument(
            "--skip-unknown",
            action="store_true",
            help="leave out characters that the network never saw in training",
        )
        verb.add_argument("--html", metavar="OUT", help="write coloured text to this page")
    cells.add_argument("--kind", choices=tuple(KINDS), help="kind of text; guessed by default")
    return parser


def _verify(given: argparse.Namespace) -> int:
    different = _print_differences(given.results)
    if given.rebuild is None or not any(difference.is_lost for difference in different):
        return 1 if different else 0
    from charlens.runtime.rebuild import rebuild

    status = rebuild(given.results, different, given.rebuild)
    return status or (1 if _print_differences(given.results) else 0)


def _print_differences(results: str) -> list[Difference]:
    """Print how the files of a run differ from its manifest, and return it."""
    different = differences(results)
    for difference in different:
        print(visible(f"{Path(results) / difference.name}: {difference.problem}"))
    print(f"{visible(results)}: {len(different) or 'no'} differences from its manifest", flush=True)
    return different


def _config(given: argparse.Namespace) -> int:
    print(config_of(given.results), end="")
    return 0


def _stop(given: argparse.Namespace) -> int:
    from charlens.runtime import stopping

    runs = stopping.runs_in(given.folder)
    if not runs:
        raise CharlensError(
            f"{given.folder}: no run goes on here; name the folder of one that does"
        )
    stopping.stop(runs)
    jobs = sum(len(run.jobs) for run in runs)
    print(f"asked Snakemake and its jobs ({jobs}) to stop; waiting for their end", flush=True)
    stopping.wait(runs)
    print("stopped; the same command goes on where it was")
    return 0


def _explore(given: argparse.Namespace) -> int:
    page = (given.results / summary.EXPLORER).resolve()
    if not page.is_file():
        raise CharlensError(
            f"{given.results}: has no {summary.EXPLORER}; run the workflow to its end (config key "
            "explorer), and name the run's folder, such as results/quick"
        )
    print(visible(str(page)))
    webbrowser.open(page.as_uri())
    return 0


def _score(given: argparse.Namespace) -> int:
    from charlens.api.models import load
    from charlens.files import csv_tables
    from charlens.text.code_points import unit_of

    model = load(given.model)
    _announce(model.model, given.file)
    scores = model.score(given.file, skip_unknown=given.skip_unknown)
    print(
        f"{visible(str(given.file))}: {len(scores):,} bytes, {scores.loss:.4f} "
        f"{unit_of(scores.text)} ({scores.bits:.4f} bits) by {scores.model}"
    )
    if given.csv:
        csv_tables.write(scores.to_frame(), given.csv)
    _write_page(given.html, [scores])
    return 0


def _cells(given: argparse.Namespace) -> int:
    from charlens.api.cells import cells
    from charlens.api.models import load
    from charlens.files import csv_tables

    model = load(given.model)
    _announce(model.model, given.file)
    ranked = cells(model, given.file, kind=given.kind, skip_unknown=given.skip_unknown)
    print(ranked)
    if given.csv:
        csv_tables.write(ranked.ranking, given.csv)
    if given.html:
        tracked = ranked.summary().dropna(subset="found")["concept"]
        _write_page(given.html, [ranked.best(concept) for concept in tracked])
    return 0


def _announce(model: str, path: Path) -> None:
    """Say on stderr what begins, which takes a minute for a novel; on a terminal bars follow."""
    if path.is_file():  # of another path the error says enough
        from charlens.models.names import title

        size = path.stat().st_size
        line = f"charlens: {title(model)} reads {path} ({size:,} bytes)"
        print(visible(line), file=sys.stderr, flush=True)


class Shown(Protocol):
    """A result that shows itself in a notebook."""

    def _repr_html_(self) -> str: ...


def _write_page(path: str | None, results: Sequence[Shown]) -> None:
    """Write results as a notebook shows them; nothing where no page is wanted."""
    if path is None:
        return
    from charlens.files.atomic import atomic_path

    head = '<!doctype html><meta charset="utf-8"><title>charlens</title><body>'
    with atomic_path(path) as temporary:
        temporary.write_text(head + "".join(r._repr_html_() for r in results), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
