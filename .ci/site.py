"""What the docs site has besides docs/: the report and the explorer of the reference run.

The explorer is written anew, with today's page, as a folder whose data are loaded when they are
needed, from what results/reference/explorer/index.html holds.
"""

import shutil
from pathlib import Path

from charlens.report.explorer import site
from charlens.report.summary import EXPLORER

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "results" / "reference"


def main() -> None:
    """Write both to ``reference/`` of the site, which mkdocs has just built."""
    folder = ROOT / "build" / "site" / "reference"
    site.write_site(folder / "explorer", REFERENCE.name, site.inside(REFERENCE / EXPLORER))
    (folder / "explorer" / site.ONE_FILE).unlink()
    shutil.copyfile(REFERENCE / "report.html", folder / "report.html")


if __name__ == "__main__":
    main()
