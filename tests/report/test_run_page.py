"""The page of a run: its order, its captions, and how it looks at two widths."""

import math
import re
import shutil
import struct
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from browser import measure, needs_chromium
from charlens.errors import CharlensError
from charlens.replication.findings import NOT_TESTED
from charlens.report import run_page, summary
from charlens.report.captions import Caption
from charlens.report.contents import ANALYSES, FIGURES, PAGES
from charlens.report.run_page import write_run_page
from small_run import make_run, prose


class Page(HTMLParser):
    """What a page holds: links, pictures, and headings and figures in their order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html, self.order, self.links, self.loaded = html, [], [], []
        self.ids: set[str] = set()
        self.pictures: list[dict] = []
        self._heading = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        facts = dict(attributes)
        if "id" in facts:
            assert facts["id"] not in self.ids, "an anchor is there twice"
            self.ids.add(facts["id"])
        if tag == "a":
            self.links.append(facts["href"])
        elif tag == "img":
            self.pictures.append(facts)
        self.loaded += [v for k, v in attributes if k in ("src", "data", "srcset", "poster")]
        if tag in ("link", "script", "iframe"):
            self.loaded.append(f"<{tag}>")
        if tag in ("h2", "h3"):
            self._heading = tag
        if tag in ("img", "figcaption", "table"):
            self.order.append(tag)

    def handle_data(self, data: str) -> None:
        if self._heading and data.strip():
            self.order.append((self._heading, data.strip()))
            self._heading = ""

    @property
    def headings(self) -> list[str]:
        return [text for kind, text in (x for x in self.order if isinstance(x, tuple))]


@pytest.fixture(scope="module")
def results(finished: Path) -> Path:
    return finished / "results" / "tiny"


@pytest.fixture(scope="module")
def page(results: Path) -> Page:
    return Page((results / "report.html").read_text(encoding="utf-8"))


def test_it_has_the_sections_of_the_paper_in_their_order(page: Page) -> None:
    sections = list(dict.fromkeys(analysis.section for analysis in ANALYSES.values()))
    shown = [text for kind, text in (x for x in page.order if isinstance(x, tuple)) if kind == "h2"]
    assert shown == ["In brief", *sections, "Texts"]
    titles = [f.title for f in FIGURES.values()], [a.title for a in PAGES.values()]
    for expected in titles:
        assert [text for text in page.headings if text in expected] == expected
    below = page.headings[page.headings.index("4.3 Long-range interactions") :]
    assert below[1:3] == ["Table 2, drawn: length of context", "Length of context (Table 2)"]


def test_each_figure_has_its_caption_below_it_and_the_first_is_on_top(page: Page) -> None:
    order = [x for x in page.order if x in ("img", "figcaption")]
    assert order == ["img", "figcaption"] * (len(FIGURES) + 1)
    assert page.order.index("img") < page.order.index(("h2", "In brief"))
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", page.html, re.S)
    assert len(captions) == len(FIGURES)
    for caption in captions:
        parts = [caption.index(word) for word in ("This run.", "The paper.", "Files: ")]
        assert parts == sorted(parts)
        assert parts[0] > 60
        assert not re.search(r"system-message|\bnan\b|\{\{", caption)


def test_results_come_before_what_was_not_tested(page: Page) -> None:
    first = page.html.index(f"<strong>{NOT_TESTED}</strong>")
    assert page.html.rindex("reproduced</strong>") < first
    assert first > page.html.index('id="table-paper_vs_ours"')


def test_it_needs_nothing_else_and_its_links_lead_somewhere(page: Page, results: Path) -> None:
    assert [address[:22] for address in page.loaded] == ["data:image/png;base64,"] * len(
        page.pictures
    )
    assert "url(" not in page.html
    assert "@import" not in page.html
    assert not page.ids - {link[1:] for link in page.links} - {"brief"}
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.ids
        else:
            assert (results / unquote(link)).is_file(), link
    for name in (
        "explorer/index.html",
        "figures/figure4.pdf",
        "tables/paper_vs_ours.csv",
        "tables/findings.csv",
    ):
        assert name in page.links


def test_pictures_can_be_read_aloud(page: Page) -> None:
    for picture in page.pictures:
        assert picture["alt"].startswith(("Figure", "Table"))
        assert 60 < len(picture["alt"]) <= 302
    assert any("On Python docs the lowest is" in picture["alt"] for picture in page.pictures)


def test_its_numbers_are_those_of_the_tables(page: Page, results: Path) -> None:
    scores = summary.scores(results, seeds=True)
    assert {score.corpus for score in scores} == {"python_docs", "torch_headers"}
    brief = page.html[page.html.index('id="brief"') : page.html.index('id="section1"')]
    for row in summary.best(scores).values():
        for score in row.values():
            assert f"{score.nats:.3f}" in brief
    assert brief.count('class="best"') == 2


def test_the_same_results_give_the_same_page(results: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(results, tmp_path / "tiny")
    arguments = (list(FIGURES), list(PAGES), ["python_docs", "torch_headers"], "python_docs", True)
    write_run_page(copy, copy / "report.html", *arguments)
    assert (copy / "report.html").read_bytes() == (results / "report.html").read_bytes()


# --- other runs ---

PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 600, 300)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "<my> run"
    make_run(folder, prose())
    (folder / "figures").mkdir()
    (folder / "figures" / "figure1_left.png").write_bytes(PNG)
    (folder / "tables" / "cross_entropy.md").write_text("# T\n\n| `<s>` |\n|---|\n| 1<br>2 |\n")
    return folder


def test_a_run_with_one_figure_and_a_name_that_is_markup(small: Path) -> None:
    target = small / "report.html"
    write_run_page(small, target, ["figure1_left"], ["cross_entropy"], ["novel"], "novel")
    page = Page(target.read_text(encoding="utf-8"))
    assert page.headings == [
        "In brief",
        ANALYSES["cross_entropy"].section,
        FIGURES["figure1_left"].title,
        ANALYSES["cross_entropy"].title,
        "Texts",
    ]
    assert "<em>&lt;my&gt; run</em>" in page.html
    assert "<code>&lt;s&gt;</code>" in page.html
    assert "<td>1<br>2</td>" in page.html
    assert page.pictures[1]["width"] == "333"
    assert "figures/figure1_left.pdf" not in page.links  # there is none


def test_a_run_without_figures_or_tables_has_a_page_too(small: Path) -> None:
    write_run_page(small, small / "report.html", [], [], ["novel"], "novel")
    page = Page((small / "report.html").read_text(encoding="utf-8"))
    assert page.headings == ["In brief", "Texts"]
    assert page.pictures == []


@pytest.mark.parametrize("data", [b"", b"GIF89a" + b"x" * 30, PNG[:18]])
def test_a_damaged_picture_is_named(small: Path, data: bytes) -> None:
    path = small / "figures" / "figure1_left.png"
    try:
        path.write_bytes(data)
        with pytest.raises(CharlensError, match=r"figure1_left\.png: cannot be read .*; delete it"):
            write_run_page(small, small / "x.html", ["figure1_left"], [], ["novel"], "novel")
    finally:
        path.write_bytes(PNG)
    assert not (small / "x.html").exists()


def test_the_summary_of_a_run(small: Path, tmp_path: Path) -> None:
    lines = summary.summary(small, tmp_path / "no logs", seeds=False, explorer=True)
    assert lines[1].startswith("Best models: test cross-entropy, nats per character")
    table = [line.split() for line in lines if "novel" in line or "LSTM" in line]
    assert table[0][0] == "LSTM"
    assert table[1][0] == "novel"
    assert re.fullmatch(r"\d\.\d{3}\*?", table[1][1])
    assert [line.split()[0] for line in lines[lines.index("", 2) :] if line][-2:] == [
        "figures",
        "tables",
    ]
    nothing = tmp_path / "nothing"
    assert summary.summary(nothing, tmp_path / "no logs", seeds=False, explorer=True) == [""]


def test_an_explorer_that_the_study_no_longer_has_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "explorer").mkdir()
    (tmp_path / "explorer" / "index.html").touch()
    for explorer in (True, False):
        lines = summary.summary(tmp_path, tmp_path / "no logs", seeds=False, explorer=explorer)
        assert any(line.startswith("explorer") for line in lines) == explorer


@pytest.mark.parametrize(
    ("widths", "sentence"),
    [
        ({"mail": 1.02, "greek": 1.8, "notes": 1.001}, "Bytes of a character: greek 1.8; a loss"),
        ({"mail": 1.02, "notes": 1.0}, ""),
        ({"a": 1.04, "b": 1.06, "c": 1.0}, "Bytes of a character: b 1.1; a loss"),
        ({"korean": 2.5, "mail": math.nan}, "Bytes of a character: korean 2.5; a loss"),
    ],
)
def test_only_texts_whose_losses_differ_are_named(widths: dict, sentence: str) -> None:
    scores = [summary.Score(c, "lstm-1x8", 2.0, 4.0, width=w) for c, w in widths.items()]
    assert summary.unit(scores)[1].partition(" per")[0] == sentence


def test_the_summary_of_texts_of_several_bytes_a_character(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "cross_entropy.csv").write_text(
        "corpus,model,cross_entropy,characters,code_points\n"
        "plain,lstm-1x8,2.5,900,900\nkorean,lstm-1x8,1.5,900,360\n"
    )
    (tmp_path / "tables" / "table2.csv").write_text(
        "corpus,model,cross_entropy\nkorean,n-gram-5,1.25\n"
    )
    lines = summary.summary(tmp_path, tmp_path / "no logs", seeds=False, explorer=False)
    assert lines[1].startswith("Best models: test cross-entropy, nats per byte")
    wide = "Bytes of a character: korean 2.5; a loss per character is so many times higher."
    assert f"  ({wide})" in lines
    assert {
        score.width for score in summary.scores(tmp_path, seeds=False) if score.corpus == "korean"
    } == {2.5}
    best = run_page._best(tmp_path, seeds=False)
    assert (best["unit"], best["explanation"]) == ("nats per byte", wide)


def test_the_summary_of_n_grams_of_such_a_text_alone(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "table2.csv").write_text(
        "corpus,model,cross_entropy,characters,bytes_per_character\nkorean,n-gram-5,1.25,900,2.5\n"
    )
    assert summary.unit(summary.scores(tmp_path, seeds=False))[0] == "nats per byte"
    caption = Caption(ANALYSES["table2"], str(tmp_path), "", ["table2"])
    assert caption.unit == "nats per byte"


def test_the_summary_ranks_models_of_every_kind(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "cross_entropy.csv").write_text(
        "corpus,model,cross_entropy\nb,lstm-1x8,2.5\nb,lstm-2x8,2.25\na,mine,1.75\nb,gru-1x8,nan\n"
    )
    (tmp_path / "tables" / "table2.csv").write_text(
        "corpus,model,cross_entropy\nb,n-gram-5,1.5\nb,n-nn-2,inf\nb,lstm-2x8,9\nb,,1\n"
    )
    scores = summary.scores(tmp_path, seeds=False)
    assert summary.kinds_of(scores) == ["LSTM", "n-NN", "n-gram", "other models"]
    printed = summary.summary(tmp_path, tmp_path, seeds=False, explorer=False)
    lines = [line.split("  ") for line in printed]
    rows = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert ["b", "2.250 2x8", "∞† n = 2", "1.500* n = 5", "–"] in rows
    assert ["a", "–", "–", "–", "1.750 mine"] in rows


# --- in a browser ---

LOOK = """
const wide = document.documentElement;
const beyond = [...document.querySelectorAll("main *, header *, nav *")].filter((element) => {
  const inside = ".table, .picture, .hero > a";
  const held = element.closest(inside);  // scrolls, or is cut, inside
  if (held && held !== element) return false;
  return element.getBoundingClientRect().right > innerWidth + 1;
});
const style = getComputedStyle(document.body);
return {
  width: innerWidth, scroll: wide.scrollWidth,
  beyond: beyond.map((element) => element.outerHTML.slice(0, 80)),
  pictures: [...document.images].map((image) => image.complete && image.naturalWidth > 100),
  shown: [...document.images].map((image) => image.getBoundingClientRect().width),
  scrolling: [...document.querySelectorAll(".table")].filter(
    (table) => table.scrollWidth > table.clientWidth).length,
  captions: [...document.querySelectorAll("figure")].every((figure) =>
    figure.querySelector("figcaption").getBoundingClientRect().top >=
    figure.querySelector("img, a").parentElement.getBoundingClientRect().top),
  text: parseFloat(style.fontSize), ink: style.color, paper: style.backgroundColor,
  loaded: performance.getEntriesByType("resource").map((entry) => entry.name.slice(0, 5)),
};
"""


@needs_chromium
@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_scrolls_sideways_but_tables_and_pictures(
    page: Page, tmp_path: Path, width: int
) -> None:
    seen = measure(page.html, tmp_path, width, LOOK)
    assert seen["width"] == width
    assert seen["scroll"] <= width
    assert seen["beyond"] == []
    assert seen["pictures"] == [True] * (len(FIGURES) + 1)
    assert min(seen["shown"]) > 300
    assert (seen["scrolling"] > 3) == (width == 390)
    assert seen["captions"]
    assert seen["text"] >= 16
    assert sum(map(int, re.findall(r"\d+", seen["ink"])[:3])) < 150  # dark
    assert seen["paper"] == "rgb(255, 255, 255)"
    assert set(seen["loaded"]) <= {"data:"}


SCROLL = """
const scrolling = [...document.querySelectorAll(".table")].filter(
  (table) => table.scrollWidth > table.clientWidth + 40);
for (const table of scrolling) table.scrollLeft = 40;
return {
  tables: scrolling.map((table) => {
    const left = table.getBoundingClientRect().left;
    return [...table.querySelectorAll("tr > :first-child")].every((cell) =>
      Math.abs(cell.getBoundingClientRect().left - left) < 2 &&
      getComputedStyle(cell).backgroundColor === "rgb(255, 255, 255)");
  }),
};
"""


@needs_chromium
def test_names_of_rows_stay_in_sight_on_a_phone(page: Page, tmp_path: Path) -> None:
    seen = measure(page.html, tmp_path, 390, SCROLL)["tables"]
    assert seen == [True] * len(seen)
    assert len(seen) > 3


@needs_chromium
def test_the_best_models_of_nine_kinds_fit_a_wide_page(tmp_path: Path) -> None:
    """The lowest of a text, in bold, is not to be hidden at the end of a line that scrolls."""
    folder = tmp_path / "wide"
    make_run(folder, prose())
    kinds = ("lstm-3x512", "rnn-3x512", "gru-3x512", "lstm_adamw-2x512", "mingru-2x512",
             "gpt-2x512", "n-nn-4", "n-gram-20", "lstm-3x512+ngram")  # fmt: skip
    rows = [f"a_novel_by_position,{name},{9 - i}.125\n" for i, name in enumerate(kinds)]
    (folder / "tables").mkdir(exist_ok=True)
    head = "corpus,model,cross_entropy\n"
    (folder / "tables" / "cross_entropy.csv").write_text(head + "".join(rows), encoding="utf-8")
    write_run_page(folder, folder / "report.html", [], [], ["novel"], "novel")
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert '<span class="best">1.125</span>' in page
    assert measure(page, tmp_path, 1400, LOOK)["scrolling"] == 0
