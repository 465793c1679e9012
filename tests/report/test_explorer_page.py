"""The explorer in a browser, from files and without network: colours, marks, addresses."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from browser import needs_chromium, run
from charlens.inside.cells.concepts import labels
from charlens.inside.cells.figure import score_text
from charlens.report.explorer import build, reading, site
from charlens.report.explorer.build import Shown, chunks
from explorers import MODEL, SHOWN, settings
from languages import EMOJI, HEBREW
from small_run import make_run, prose

PLANTED = (2, 3)
"""Layer and unit whose values are made to follow quotations."""

NODE = shutil.which("node")


def plant(monkeypatch: pytest.MonkeyPatch, text: np.ndarray) -> None:
    """Give one unit 0.8 within quotations and −0.4 outside, and the others noise."""
    real, inside = reading.read, labels(text, "prose")["inside_quotes"]
    draw = np.random.default_rng(0)

    def planted(*arguments):
        values_read = real(*arguments)
        for values in values_read.values.values():
            values[:] = draw.uniform(-1, 1, values.shape)
        values_read.values[PLANTED[0]][:, PLANTED[1]] = np.where(inside, 0.8, -0.4)
        return values_read

    monkeypatch.setattr(build.reading, "read", planted)


@pytest.fixture(scope="module")
def explorer(tmp_path_factory) -> Path:
    """An explorer with a planted unit, of two models that are the same."""
    home = tmp_path_factory.mktemp("page") / "mine"
    make_run(home, prose())
    for name in ("models/{}.safetensors", "tables/cells/{}.parquet", "probabilities/{}.parquet"):
        shutil.copy(home / "novel" / name.format(MODEL), home / "novel" / name.format("lstm-2x9"))
    shown = Shown("novel", [MODEL, "lstm-2x9"], baseline=SHOWN.baseline, n_grams=SHOWN.n_grams)
    plain = dict(chunks(home, [shown], settings()))
    text = json.loads(plain["novel"])["characters"].encode()
    with pytest.MonkeyPatch.context() as patch:
        plant(patch, np.frombuffer(text, np.uint8))
        site.write_site(home / "explorer", "mine", chunks(home, [shown], settings()))
    return home / "explorer"


@pytest.fixture(scope="module")
def text(explorer: Path) -> dict:
    script = (explorer / "data" / "novel.js").read_text("utf-8")
    return json.loads(script.split(",\n", 1)[1].rsplit("\n);", 1)[0])


AFTERWARDS = """<script>
"use strict";
(async () => {{
  const get = (id) => document.getElementById(id);
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const press = (key, more) => document.dispatchEvent(
    new KeyboardEvent("keydown", {{ key, bubbles: true, cancelable: true, ...more }}));
  const spans = () => [...document.querySelectorAll("#lines span")];
  const at = (k) => spans().find((span) => span.k === k);
  while (!document.body.dataset.ready) await pause(20);
  await pause(100);
  const seen = await (async () => {{ {script} }})();
  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = JSON.stringify(seen);
  document.body.replaceChildren(out);
}})();
</script></body>"""

OFFLINE = "--host-resolver-rules=MAP * ~NOTFOUND"


def look(explorer: Path, script: str, hash_: str = "", name: str = site.FOLDER, *flags: str):
    """What a script finds in the page, opened from its file at an address."""
    html = (explorer / name).read_text("utf-8")
    opened = f"<head><script>location.hash = {json.dumps(hash_)};</script>" if hash_ else "<head>"
    html = html.replace("<head>", opened, 1).replace("</body>", AFTERWARDS.format(script=script))
    page = explorer / f"test-{name}"
    page.write_text(html, encoding="utf-8")
    done = run(page, "--dump-dom", OFFLINE, "--allow-file-access-from-files=false", *flags)
    assert not re.search(r"CONSOLE", done.stderr), done.stderr
    return json.loads(unescape(re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.S)[1]))


def colour(value: float) -> str:
    """The colour of a value in the light theme: from white to vermilion or blue."""
    end = (0, 114, 178) if value > 0 else (213, 94, 0)
    share = 0.88 * abs(value)
    return "rgb({}, {}, {})".format(*(int(np.floor(255 + (c - 255) * share + 0.5)) for c in end))


def address(text: dict, cell=PLANTED, at: int = 0, more: str = "") -> str:
    return f"#novel/{MODEL}/{cell[0]}.{cell[1]}/{text['start'] + at}{more}"


def quotations(text: dict) -> list[tuple[int, int]]:
    """Places of whole quotations within one stream."""
    spans = [match.span() for match in re.finditer('"[a-z ]+"', text["characters"])]
    parts = [(first, last) for first, last, _ in text["parts"]]
    return [(a, b - 1) for a, b in spans if any(p <= a and b <= q for p, q in parts)]


@needs_chromium
def test_scores_are_said_as_in_figure_2_and_the_number_on_a_button_is_explained(
    explorer: Path,
) -> None:
    scores = [("auc", 0.19), ("auc", 0.9), ("auc", 0.5), ("correlation", -0.832),
              ("correlation", -0.001), ("auc", None)]  # fmt: skip
    script = f"""
    const button = document.querySelector("#concepts button");
    return {{
      said: {json.dumps(scores)}.map((score) => charlens.score(...score)),
      about: document.getElementById("about").textContent,
      number: button.querySelector(".quiet").textContent, title: button.title,
    }};
    """
    seen = look(explorer, script)
    assert seen["said"] == [
        "AUC 0.81, low for yes", "AUC 0.90", "AUC 0.50", "r −0.83", "r 0.00", "–",
    ]  # fmt: skip
    assert score_text("auc", 0.19).replace("= ", "") == seen["said"][0]
    assert "The number on a button is its strength" in seen["about"]
    assert "in the order of their strength on the other half" in seen["about"]
    kind, value = re.search(r": (AUC|r) (−?[\d.]+)", seen["title"]).groups()
    size = abs(float(value.replace("−", "-")))
    shown = 2 * size - 1 if kind == "AUC" else size
    assert float(seen["number"]) == pytest.approx(shown, abs=0.02)
    assert "strength" in seen["title"]


@needs_chromium
@pytest.mark.parametrize("name", [site.FOLDER, site.ONE_FILE])
def test_a_known_unit_has_its_colour_at_known_positions(
    explorer: Path, text: dict, name: str
) -> None:
    first, last = quotations(text)[0]
    script = f"""return [{first - 1}, {first}, {last - 1}, {last}].map((k) =>
      [at(k).textContent, getComputedStyle(at(k)).backgroundColor])"""
    seen = look(explorer, script, address(text), name)
    letters = [text["characters"][i].replace("\n", "↵") for i in (first - 1, first, last - 1, last)]
    assert [letter for letter, _ in seen] == letters
    # Values are kept in 8 bits, so a colour may be a step off.
    expected = [colour(v) for v in (-0.4, 0.8, 0.8, -0.4)]
    for (_, shade), colour_expected in zip(seen, expected, strict=True):
        parts = (np.array(re.findall(r"\d+", rgb), int) for rgb in (shade, colour_expected))
        assert np.abs(np.subtract(*parts)).max() <= 1, (shade, colour_expected)


@needs_chromium
def test_marking_a_quotation_finds_the_cell_that_follows_quotations(
    explorer: Path, text: dict
) -> None:
    first, last = quotations(text)[1]
    # As a person does: a selection from one character to another.
    script = f"""
      const range = document.createRange();
      range.setStart(at({first}).firstChild, 0);
      range.setEnd(at({last - 1}).firstChild, 1);
      getSelection().addRange(range);
      get("text").dispatchEvent(new MouseEvent("mouseup", {{ bubbles: true }}));
      await pause(50);
      const rows = [...document.querySelectorAll("#marked tbody tr")];
      const found = rows.map((row) => [...row.children].map((cell) => cell.textContent));
      rows[0].querySelector("button").click();
      return {{ found, sample: document.querySelector("#marked .sample").textContent,
        marked: spans().filter((span) => span.className.includes("mark")).map((span) => span.k),
        hash: location.hash, caption: get("caption").textContent }}"""
    seen = look(explorer, script, address(text, (1, 0)))
    assert seen["found"][0][0] == "{}.{}".format(*PLANTED)
    assert float(seen["found"][0][2]) > 0.9
    assert all(float(row[2]) < 0.9 for row in seen["found"][1:])
    assert seen["sample"] == f"“{text['characters'][first:last]}”"
    assert seen["marked"] == list(range(first, last))
    start = text["start"]
    assert seen["hash"].endswith(f"/mark={start + first}-{start + last}")
    assert "layer 2, cell 3" in seen["caption"]


@needs_chromium
def test_an_address_restores_what_was_seen(explorer: Path, text: dict) -> None:
    first, last = quotations(text)[0]
    start = text["start"]
    more = f"/view=difference/rival=n-gram-5/errors/mark={start + first}-{start + last}"
    script = """return { hash: location.hash, model: get("model").value, rival: get("rival").value,
      view: document.querySelector("input[name=view]:checked").value, errors: get("errors").checked,
      cursor: spans().filter((span) => span.className.includes("cursor")).map((span) => span.k),
      position: document.querySelector("#character h2 .quiet").textContent,
      cell: document.querySelector("#cell h2").textContent,
      underlined: spans().filter((span) => span.style.boxShadow).length,
      marked: spans().filter((span) => span.className.includes("mark")).length }"""
    restored = address(text, PLANTED, 40, more)
    seen = look(explorer, script, restored)
    assert seen.pop("underlined") > 5
    assert seen == {
        "hash": restored,
        "model": MODEL,
        "rival": "n-gram-5",
        "view": "difference",
        "errors": True,
        "cursor": [40],
        "position": f"position {start + 40:,}",
        "cell": "Layer 2, cell 3",
        "marked": last - first,
    }


@needs_chromium
def test_a_network_alone_is_compared_with_nothing(explorer: Path, tmp_path: Path) -> None:
    alone = Shown("novel", [MODEL])
    site.write_site(tmp_path, "mine", chunks(explorer.parent, [alone], settings()))
    script = """press("3");
      return { view: document.body.dataset.view, models: get("models").hidden,
        hidden: ["corpus", "model", "rival"].map((id) => get(id).closest("label").hidden),
        errors: get("mark-errors").hidden, concepts: get("concepts").children.length > 0 }"""
    assert look(tmp_path, script, f"#novel/{MODEL}/1.1/0/view=difference/errors") == {
        "view": "cell",
        "models": True,
        "hidden": [True, True, True],
        "errors": True,
        "concepts": True,
    }


@needs_chromium
def test_keys_choose_cells_and_move_the_cursor(explorer: Path, text: dict) -> None:
    script = """const seen = [];
      const note = () => seen.push(location.hash.split("/").slice(2).join("/"));
      press("ArrowDown"); note();
      press("ArrowUp"); press("ArrowUp"); note();
      press("ArrowRight"); note();
      press("ArrowRight", { shiftKey: true }); press("ArrowRight", { shiftKey: true }); note();
      press("Escape"); note();
      press("2"); note();
      await pause(100);
      return { seen, marked: get("marked").hidden, told: get("status").textContent,
        selected: document.querySelector("#units [aria-selected=true]").textContent }"""
    seen = look(explorer, script, address(text, (1, 0), 5))
    start = text["start"]
    width = seen["seen"][1].split("/")[0]  # the last cell of the last layer
    assert seen["seen"] == [
        f"1.1/{start + 5}",
        f"{width}/{start + 5}",
        f"{width}/{start + 6}",
        f"{width}/{start + 8}/mark={start + 6}-{start + 9}",
        f"{width}/{start + 8}",
        f"{width}/{start + 8}/view=surprise",
    ]
    assert width.startswith("2.")
    assert seen["marked"] is True
    assert seen["selected"].startswith(width)
    assert seen["told"].startswith(text["characters"][8].replace(" ", "␣"))


@needs_chromium
def test_the_panel_tells_what_was_expected_and_what_came(explorer: Path, text: dict) -> None:
    script = """
      at(10).dispatchEvent(new MouseEvent("click", { bubbles: true }));
      await pause(500);
      const own = document.querySelectorAll("#character .expected li.own");
      return { shares: [...document.querySelectorAll("#character .expected li")].map((item) =>
          Number(item.style.getPropertyValue("--share"))), own: own.length,
        facts: [...document.querySelectorAll("#character dt")].map((item) => item.textContent),
        came: document.querySelector("#character dd").textContent,
        gates: document.querySelector(".gates").textContent }"""
    seen = look(explorer, script, address(text))
    assert len(seen["shares"]) == 5
    assert seen["shares"] == sorted(seen["shares"], reverse=True)
    assert 0 < sum(seen["shares"]) < 1.05
    assert seen["own"] <= 1
    assert seen["facts"] == ["came", "uncertainty", "5-gram", "error"]
    next_ = text["characters"][11].replace(" ", "␣").replace("\n", "↵")
    assert seen["came"].startswith(f"“{next_}”, surprise ")
    for gate in ("input (i)", "forget (f)", "output (o)", "candidate (g)"):
        assert gate in seen["gates"]


@needs_chromium
def test_text_is_found_and_places_are_compared(explorer: Path, text: dict) -> None:
    count = text["characters"].count("cat")
    script = """
      get("query").value = "CAT";
      get("search").requestSubmit();
      await pause(50);
      const found = document.querySelector("#marked .sample").textContent;
      get("rival").value = "n-gram-5";
      get("rival").dispatchEvent(new Event("change"));
      await pause(100);
      const first = document.querySelector("#models details"), open = first.open;
      const gains = [...first.querySelectorAll(".place .quiet")];
      return { found, open, hash: location.hash,
        gains: gains.map((gain) => parseFloat(gain.textContent)),
        view: document.querySelector("input[name=view]:checked").value }"""
    seen = look(explorer, script, address(text))
    assert seen["found"].startswith(f"{count} places")
    assert seen["hash"].endswith("/view=difference/rival=n-gram-5/find=CAT")
    assert seen["view"] == "difference"
    assert seen["open"]
    assert seen["gains"] == sorted(seen["gains"], reverse=True)
    assert seen["gains"][-1] >= 0.5
    assert len(seen["gains"]) >= 3


@needs_chromium
def test_peaks_are_the_largest_values_a_gap_apart(explorer: Path) -> None:
    values = np.random.default_rng(3).integers(-9, 10, 300)  # with many that are equal
    order, expected = sorted(range(300), key=lambda i: (-values[i], i)), []
    for at in order:
        if at % 7 and all(abs(at - other) >= 12 for other in expected):
            expected.append(at)
    script = f"""const scores = Int8Array.from({values.tolist()});
      return [charlens.measures.peaks(scores, 1000, 12, (i) => i % 7 > 0),
        charlens.measures.peaks(scores, 3, 12)[0]]"""
    assert look(explorer, script) == [expected, int(values.argmax())]


@needs_chromium
def test_a_layer_that_is_still_read_can_be_chosen(explorer: Path, text: dict) -> None:
    script = """const before = charlens.values;
      charlens.values = (...of) => pause(300).then(() => before(...of));
      get("model").value = "lstm-2x9";
      get("model").dispatchEvent(new Event("change"));
      await pause(450); // one layer is there, the other is not
      const seen = [get("caption").textContent];
      document.getElementById(`unit-${seen[0].includes("layer 1") ? "2.3" : "1.3"}`).click();
      seen.push(get("caption").textContent);
      await pause(500);
      return [...seen, get("caption").textContent].map((words) => words.match(/layer \\d/)[0])"""
    first, still, then = look(explorer, script, address(text))
    assert first == still != then


@needs_chromium
@pytest.mark.parametrize("width", [390, 1400])
def test_nothing_is_wider_than_the_page(explorer: Path, text: dict, width: int) -> None:
    frame = explorer / "frame.html"
    inner = explorer / "framed.html"
    html = (explorer / site.FOLDER).read_text("utf-8")
    script = """press("ArrowRight", { shiftKey: true });
      await pause(50);
      const box = get("text").getBoundingClientRect();
      const traces = [...document.querySelectorAll("#marked canvas")];
      parent.postMessage(JSON.stringify({ page: document.documentElement.scrollWidth,
        lines: Math.max(...spans().map((span) => span.getBoundingClientRect().right)) - box.right,
        wide: Math.max(...traces.map((trace) => trace.getBoundingClientRect().right)),
        toMarked: getComputedStyle(get("to-marked")).display,
        small: [...document.querySelectorAll("header button, header select")]
          .filter(({ offsetHeight }) => offsetHeight > 0 && offsetHeight < 30)
          .map(({ id }) => id) }), "*");
      return 0;"""
    inner.write_text(html.replace("</body>", AFTERWARDS.format(script=script)), encoding="utf-8")
    frame.write_text(
        f'<!doctype html><body><iframe src="framed.html" style="width:{width}px;height:900px">'
        "</iframe><script>addEventListener('message', (event) => { const out = "
        "document.createElement('pre'); out.id = 'seen'; out.textContent = event.data; "
        "document.body.replaceChildren(out); });</script></body>",
        encoding="utf-8",
    )
    done = run(frame, "--dump-dom", OFFLINE)
    seen = json.loads(unescape(re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.S)[1]))
    assert seen["page"] <= width
    assert seen["lines"] <= 0
    assert 0 < seen["wide"] <= width
    assert seen["toMarked"] == ("block" if width == 390 else "none")
    assert width > 390 or seen["small"] == []


@needs_chromium
def test_text_reads_as_people_read_it(tmp_path: Path) -> None:
    home = tmp_path / "mine"
    make_run(home, ("".join([HEBREW, EMOJI]) * 30).encode())
    site.write_site(home / "explorer", "mine", chunks(home, [SHOWN], settings(600)))
    script = """
      const lines = [...document.querySelectorAll("#lines .line[dir]")];
      const hebrew = lines.find((line) => line.textContent.includes("הילד"));
      const kid = spans().find((span) => span.textContent === "👧🏽");
      const [first] = hebrew.children, place = (span) => span.getBoundingClientRect().left;
      first.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      press("ArrowLeft");
      await pause(50);
      const came = document.querySelector("#character dd").textContent;
      get("rival").selectedIndex = get("rival").options.length - 1;
      get("rival").dispatchEvent(new Event("change"));
      await pause(50);
      const perByte = document.body.textContent.includes("Bits per byte, here: ");
      return { came, perByte, third: hebrew.children[2].textContent,
        rtl: getComputedStyle(hebrew).direction, whole: kid !== undefined,
        inOrder: place(first) > place(hebrew.children[1]),
        point: charlens.inList("\u05b4"), letter: charlens.inList("\u05d9"),
        moved: spans().find((span) => span.className === "cursor").k - first.k }"""
    seen = look(home / "explorer", script)
    assert seen.pop("came").startswith(f"“{seen.pop('third')}” (its byte D7), surprise ")
    # A vowel point alone is drawn on a circle, not on the quotation mark before it.
    assert (seen.pop("point"), seen.pop("letter")) == ("◌\u05b4", "\u05d9")
    assert seen == {"rtl": "rtl", "whole": True, "inOrder": True, "moved": 1, "perByte": True}


@pytest.mark.skipif(NODE is None, reason="no Node is installed")
def test_scripts_are_sound_and_strict() -> None:
    for name in site.SCRIPTS:
        path = site.PAGE / name
        done = subprocess.run([NODE, "--check", str(path)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        source = path.read_text("utf-8")
        assert source.startswith('"use strict";\n')
        assert not re.search(r"\beval\(|innerHTML|\bfetch\(|\bvar ", source), name
        assert source.count("\n") < 300, name
