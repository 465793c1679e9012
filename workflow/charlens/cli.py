"""The command ``charlens``: what is not the workflow's own."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from charlens import __version__
from charlens.errors import CharlensError
from charlens.runtime.manifest import verify


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status: 0, 1 if files do not match, 2 for a wrong call."""
    parser = argparse.ArgumentParser(prog="charlens", description=__doc__)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("verify", help="hash the files of a run and compare its manifest")
    check.add_argument("results", help="folder of a run, such as results/quick")
    found = parser.parse_args(arguments)
    try:
        problems = verify(found.results)
    except CharlensError as error:
        print(f"charlens: error: {error}", file=sys.stderr)
        return 1
    for line in problems:
        print(line)
    print(f"{found.results}: {len(problems) or 'no'} differences from its manifest")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
