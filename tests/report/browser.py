"""Pages in a headless Chromium, where one is installed."""

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--virtual-time-budget=60000"),
)

_FRAME = """<!doctype html><body><iframe src="{page}" style="width:{width}px;height:900px"></iframe>
<script>
addEventListener("message", (event) => {{
  const out = document.createElement("pre");
  out.id = "seen";
  out.textContent = event.data;
  document.body.replaceChildren(out);
}});
</script></body>"""


def run(page: Path, *flags: str) -> subprocess.CompletedProcess:
    """Chromium on a page, with a folder of its own beside the page."""
    profile = f"--user-data-dir={page.parent / 'chromium'}"
    command = [CHROMIUM, *FLAGS, *flags, profile, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def measure(html: str, folder: Path, width: int, script: str) -> dict:
    """What a script finds in a page of some width, after it is loaded.

    The page lies in a frame, since a window cannot be as narrow as a phone.

    Args:
        html: the page.
        folder: to write into.
        width: in pixels.
        script: the body of a function that returns an object.
    """
    send = f"parent.postMessage(JSON.stringify((() => {{{script}}})()), '*')"
    listener = f"<script>addEventListener('load', () => {send})</script>"
    page, frame = folder / "page.html", folder / "frame.html"
    page.write_text(html.replace("<head>", f"<head>{listener}", 1), encoding="utf-8")
    frame.write_text(_FRAME.format(page=page.as_uri(), width=width), encoding="utf-8")
    done = run(frame, "--dump-dom")
    assert not re.search(r"CONSOLE.*(Uncaught|ERR_|Refused)", done.stderr)
    return json.loads(unescape(re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.S)[1]))
