"""The report of the tiny study: whole, captioned, and needing nothing but itself."""

import base64
import json
import re
import shutil
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from browser import needs_chromium
from browser import run as run_browser
from charlens.report.contents import FIGURES, PAGES
from workflow_runs import TINY, copy_repository, snakemake


@dataclass
class Report:
    """A report and the folder of the run behind it."""

    html: str
    results: Path

    def value(self, name: str) -> dict:
        """What the report's script of that name holds."""
        match = re.search(rf'<script id="{name}">\s*var \w+ = (.*?);\s*</script>', self.html, re.S)
        return json.loads(match[1])

    @property
    def entries(self) -> dict[str, dict]:
        """Path inside the run's folder -> what the report has of it."""
        return {
            str(Path(path).relative_to("results/tiny")): entry
            for path, entry in self.value("results").items()
        }


@pytest.fixture(scope="module")
def report(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    # Code from here, results from there, where another process may be editing modules.
    folder = copy_repository(tmp_path_factory.mktemp("report") / "charlens")
    for name in ("results", ".snakemake"):
        shutil.copytree(finished / name, folder / name)
    style = ("--report-stylesheet", "workflow/report/report.css")
    run = snakemake(folder, "--configfile", TINY, "--report", "results/report.html", *style)
    assert run.code == 0, run.stdout + run.stderr
    assert "Missing metadata" not in run.stderr
    html = (folder / "results" / "report.html").read_text(encoding="utf-8")
    return Report(html, folder / "results" / "tiny")


def content(entry: dict) -> bytes:
    kind, data = entry["data_uri"].split(",", 1)
    assert kind.startswith("data:")
    return base64.b64decode(data)


def test_every_figure_and_every_table_is_in_it(report: Report) -> None:
    figures = {f"figures/{p.name}" for p in (report.results / "figures").glob("*.p[nd][gf]")}
    tables = {f"report/{p.stem}.html" for p in (report.results / "tables").glob("*.md")}
    assert len(figures) >= 16
    assert figures | tables | {"report/agreement.html"} == report.entries.keys()
    named = {f"figures/{name}.{form}" for name in FIGURES for form in ("pdf", "png")}
    assert named | {f"report/{name}.html" for name in PAGES} == report.entries.keys()
    for path, entry in report.entries.items():
        assert content(entry) == (report.results / path).read_bytes()
        assert entry["mime_type"] in ("image/png", "application/pdf", "text/html")


def test_results_stand_by_section_of_the_paper(report: Report) -> None:
    categories = report.value("categories")
    assert [name[:4] for name in sorted(categories)][:4] == ["4.1 ", "4.2 ", "4.3 ", "4.4 "]
    assert "results/tiny/figures/figure3.png" in categories["4.2 Internal mechanisms"]["Figures"]
    assert "results/tiny/report/errors.html" in categories["4.4 Error analysis"]["Tables"]
    labels = [entry["labels"] for entry in report.entries.values()]
    assert len({tuple(label.values()) for label in labels}) == len(labels)


def text(html: str) -> str:
    """What a piece of HTML shows."""
    pieces: list[str] = []
    parser = HTMLParser()
    parser.handle_data = pieces.append
    parser.feed(html)
    return " ".join("".join(pieces).split())


def test_every_caption_says_what_the_paper_found_and_what_this_run_found(report: Report) -> None:
    for path, entry in report.entries.items():
        caption = text(entry["caption"])
        shown, rest = caption.split(" The paper. ")
        papers, own = rest.split(" This run. ")
        assert min(map(len, (shown, papers, own))) > 40, path
        assert re.search(r"\d", own), path
        assert "Python docs" in own or "paper_vs_ours" in path, path
        caption = re.sub(r"“\\[/\\nrt]?”", "", entry["caption"])  # characters of Figure 4
        assert not re.search(r"System Message|system-message|\{\{|\bnan\b|\\", caption), path


def test_captions_hold_the_numbers_of_this_run(report: Report) -> None:
    table = pd.read_csv(report.results / "tables" / "cross_entropy.csv")
    networks = table[table["size"].notna()]
    least = networks.groupby("corpus")["cross_entropy"].min()
    caption = text(report.entries["figures/figure1_left.png"]["caption"])
    front = text(report.value("workflow-desc"))
    for value in least:
        assert f"{value:.3f} ± " in caption
        assert f"{value:.3f} ± " in front
    assert "4.3 Long-range interactions" in front


def test_the_rules_and_their_runtimes_are_there(report: Report) -> None:
    nodes = next(d for d in report.value("rulegraph")["data"] if d["name"] == "node-data")
    runtimes = report.value("runtimes")["data"]["values"]
    rules = {node["rule"] for node in nodes["values"]}
    assert {"prepare_corpus", "train", "draw_figure6", "page"} <= rules
    assert {"train", "draw_figure6"} <= {job["rule"] for job in runtimes if job["runtime"] > 0}


class Loaded(HTMLParser):
    """Addresses that a browser would load to show a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.in_style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self.in_style = tag == "style"
        names = {"link": "href", "object": "data"}
        self.addresses += [v for k, v in attributes if k == names.get(tag, "src") and v]

    def handle_data(self, data: str) -> None:
        if self.in_style:
            self.addresses += re.findall(r"(?:url\(|@import)\s*['\"]?([^'\")\s]+)", data)


def test_nothing_is_loaded_from_elsewhere(report: Report) -> None:
    assert Loaded("<link href='http://a/b'><style>@import 'c';</style>").addresses == [
        "http://a/b",
        "c",
    ]
    pages = [content(e).decode() for p, e in report.entries.items() if p.endswith(".html")]
    captions = [entry["caption"] for entry in report.entries.values()]
    for html in [report.html, *pages, *captions]:
        assert [url for url in Loaded(html).addresses if not url.startswith("data:")] == []


WALK = """
const seen = {errors: [], results: {}, loaded: []};
window.addEventListener("error", (event) => seen.errors.push(String(event.message)));
const log = console.error;
console.error = (...words) => { seen.errors.push(words.join(" ")); log(...words); };
const pause = (time) => new Promise((done) => setTimeout(done, time));
async function walk() {
  await pause(500);
  seen.front = document.body.innerText;
  for (const [path, entry] of Object.entries(results)) {
    const kind = {"image/png": "img", "text/html": "html"}[entry.mime_type];
    if (!kind) continue;
    app.setView({navbarMode: "resultinfo", resultPath: path, content: kind,
                 contentPath: entry.data_uri});
    await pause(200);
    const shown = document.querySelector(kind == "img" ? "#app .p-3 img" : "iframe");
    const box = shown.getBoundingClientRect();
    seen.results[path] = {text: document.body.innerText, width: box.width, height: box.height,
                          pixels: shown.naturalWidth};
  }
  app.setView({content: "stats"});
  await pause(500);
  seen.charts = document.querySelectorAll("canvas, svg.marks").length;
  seen.loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = JSON.stringify(seen);
  document.body.replaceChildren(out);
}
window.addEventListener("load", walk);
"""


@needs_chromium
def test_it_opens_without_a_network(report: Report, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(report.html.replace("<head>", f"<head><script>{WALK}</script>", 1))
    done = run_browser(page, "--dump-dom")
    seen = json.loads(re.search(r'<pre id="seen">(.*?)</pre>', text_of_dom(done.stdout), re.S)[1])
    assert seen["errors"] == []
    assert not re.search(r"CONSOLE.*(Uncaught|ERR_|Refused)", done.stderr)
    assert [url for url in seen["loaded"] if not url.startswith("data:")] == []
    assert "This is the run tiny" in " ".join(seen["front"].split())
    assert seen["charts"] >= 2
    shown = {path for path in report.value("results") if not path.endswith(".pdf")}
    assert seen["results"].keys() == shown
    for path, view in seen["results"].items():
        caption = text(report.value("results")[path]["caption"])
        assert caption[:60] in " ".join(view["text"].split()), path
        assert min(view["width"], view["height"]) > 100, path
        assert view.get("pixels", 1000) > 500, path


def text_of_dom(dom: str) -> str:
    return dom.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
