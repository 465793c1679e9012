"""What the docs site has besides docs/: the explorer and the report of the reference run."""

import shutil
from pathlib import Path

REFERENCE = Path(__file__).parents[1] / "results" / "reference"
PAGES = ("explorer.html", "report.html")


def on_post_build(config, **_) -> None:
    """Copy the pages to ``reference/`` of the site, which mkdocs has just built."""
    folder = Path(config["site_dir"], "reference")
    folder.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        shutil.copyfile(REFERENCE / name, folder / name)
