"use strict";
// The text pane: only the lines that are seen are in the page, each character in its colour.

(() => {
  const { element } = charlens;
  const pane = document.getElementById("text"), holder = document.getElementById("lines");
  const EXTRA = 6; // lines beyond the edges
  let text = null, lines = [], height = 24, drawn = new Map();
  let look = { colour: () => "", mark: () => false, error: () => null, cursor: -1 };

  function letterWidth() {
    const probe = element("span", "line probe", "0".repeat(50));
    holder.append(probe);
    const width = probe.getBoundingClientRect().width / 50;
    probe.remove();
    return width;
  }

  function layOut() {
    const keep = text ? firstSeen() : 0;
    const style = getComputedStyle(pane);
    height = parseFloat(style.getPropertyValue("--line"));
    const room = pane.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    lines = text.lines(Math.max(16, Math.min(100, Math.floor(room / letterWidth()) - 1)));
    holder.style.height = `${lines.length * height}px`;
    clear();
    reveal(keep, true);
    draw();
  }

  function clear() {
    for (const line of drawn.values()) line.remove();
    drawn = new Map();
  }

  // Changes only what differs, which is most of the time that a change of the cell takes.
  function paint(span) {
    const { k } = span, shade = look.colour(k), family = look.error(k) ?? "";
    if (span.shade !== shade) span.style.backgroundColor = span.shade = shade;
    if (span.family !== family) {
      span.family = family;
      span.style.boxShadow = family && `inset 0 -3px 0 ${family}`;
    }
    const classes = (look.mark(k) ? "mark " : "") + (k === look.cursor ? "cursor" : "");
    if (span.classes !== classes) span.className = span.classes = classes;
  }

  function drawLine(number) {
    const line = lines[number], box = element("div", "line");
    box.style.top = `${number * height}px`;
    if (line.heading !== undefined) {
      const place = (text.start + line.heading).toLocaleString("en");
      box.classList.add("heading");
      box.textContent = `stream ${Math.floor((text.start + line.heading) / text.streamLength)}, from position ${place}`;
    } else {
      box.dir = "auto";
      for (let k = line.from; k < line.to; k++) {
        const shown = text.at(k), span = element("span", "", text.shown(k));
        if (shown === "\n" || shown === "\t" || shown === "\r") span.style.color = "var(--faint)";
        Object.assign(span, { k, shade: "", family: "", classes: "" });
        paint(span);
        box.append(span);
      }
    }
    holder.append(box);
    return box;
  }

  function seen() {
    const first = Math.max(0, Math.floor(pane.scrollTop / height) - EXTRA);
    const last = Math.ceil((pane.scrollTop + pane.clientHeight) / height) + EXTRA;
    return [first, Math.min(lines.length, last)];
  }

  function draw() {
    const [first, last] = seen();
    for (const [number, line] of drawn) {
      if (number < first || number >= last) {
        line.remove();
        drawn.delete(number);
      }
    }
    for (let number = first; number < last; number++) {
      if (!drawn.has(number)) drawn.set(number, drawLine(number));
    }
    window.dispatchEvent(new Event("charlens:seen"));
  }

  function recolour(changes) {
    look = { ...look, ...changes };
    for (const line of drawn.values()) for (const span of line.children) paint(span);
  }

  const lineOf = (k) => {
    let low = 0, high = lines.length - 1;
    const begin = (n) => (lines[n].heading !== undefined ? text.characterOf[lines[n].heading] - 0.5 : lines[n].from);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (begin(middle) <= k) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  // First and last character in sight.
  const firstSeen = () => seenCharacters()[0];
  function seenCharacters() {
    const first = Math.max(0, Math.floor(pane.scrollTop / height));
    const last = Math.min(lines.length, Math.ceil((pane.scrollTop + pane.clientHeight) / height));
    const shown = lines.slice(first, last).filter((line) => line.heading === undefined);
    return shown.length ? [shown[0].from, shown.at(-1).to - 1] : [0, 0];
  }

  function reveal(k, top = false) {
    const y = lineOf(k) * height;
    const above = y < pane.scrollTop + height, below = y > pane.scrollTop + pane.clientHeight - 2 * height;
    if (top) pane.scrollTop = y <= 2 * height ? 0 : y;
    else if (above || below) pane.scrollTop = y - pane.clientHeight / 3;
  }

  pane.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
  let width = pane.clientWidth, waiting = 0;
  new ResizeObserver(() => {
    if (!text) return;
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      if (pane.clientWidth !== width) layOut();
      else draw();
      width = pane.clientWidth;
    });
  }).observe(pane);

  charlens.reader = {
    pane,
    open(opened) {
      text = opened;
      lines = [];
      pane.scrollTop = 0;
      layOut();
    },
    recolour,
    reveal,
    seen: seenCharacters,
    isRightToLeft(k) {
      const line = drawn.get(lineOf(k));
      return line !== undefined && getComputedStyle(line).direction === "rtl";
    },
  };
})();
