"use strict";
// Marked text: cells that tell it from the rest, what they do around it, and places like it.

(() => {
  const { box, button, canvas, element, table } = charlens;
  const panel = document.getElementById("marked");
  const LISTED = 8, PLACES = 20, WIDE = 130, HIGH = 22;
  const short = (shown) => (shown.length > 60 ? `${shown.slice(0, 58)}…` : shown).replaceAll("\r\n", "↵").replace(/[\r\n\t]/g, charlens.inList);

  // A cell's values around a marked stretch, which is shaded.
  function trace(cell, [from, to], [first, last]) {
    const around = Math.max(20, to - from), begin = Math.max(first, from - around), end = Math.min(last, to + around);
    const [made, context] = canvas("trace", WIDE, HIGH, `values of ${cell.layer}.${cell.unit} around the marked text`);
    const style = getComputedStyle(panel), step = WIDE / (end - begin), middle = HIGH / 2;
    context.fillStyle = style.getPropertyValue("--rule");
    context.fillRect((from - begin) * step, 0, Math.max(1, (to - from) * step), HIGH);
    for (let i = begin; i < end; i++) {
      const tall = (cell.values[i] * cell.scale * middle) / 127;
      context.fillStyle = style.getPropertyValue(tall > 0 ? "--high" : "--low");
      context.fillRect((i - begin) * step, middle - Math.max(tall, 0), Math.max(step, 0.5), Math.max(Math.abs(tall), 0.6));
    }
    return made;
  }

  function ranked(text, found, spans, choose) {
    const one = spans.length === 1, part = text.parts.find(([, end]) => spans[0][0] < end);
    const made = table("Cell", "Everywhere", "Nearby", one ? "Its values there" : "Follows");
    for (const { cell, everywhere, here } of found.slice(0, LISTED)) {
      const row = element("tr"), name = element("th");
      name.append(button("", () => choose(cell.layer, cell.unit), `${cell.layer}.${cell.unit}`));
      row.append(name, element("td", "", everywhere.toFixed(2)), element("td", "", here.toFixed(2)));
      const follows = element("td", "quiet", charlens.units.tag(cell)?.title);
      if (one) follows.prepend(trace(cell, spans[0], part));
      row.append(follows);
      made.tBodies[0].append(row);
    }
    return made;
  }

  // Results for stretches of text.
  charlens.showMarks = (text, model, spans, title, { choose, go, clear }) => {
    panel.hidden = !spans.length;
    if (!spans.length) return;
    const found = charlens.measures.rankCells(model.cells, spans, text.parts);
    const shown = spans.length > 1 ? `${spans.length} places with “${title}”` : `“${short(text.slice(...spans[0]))}”`;
    const heading = element("h2", "", "Marked ");
    heading.append(button("plain", clear, "unmark"));
    panel.replaceChildren(
      heading,
      element("p", "sample", shown),
      element("h3", "", "Cells that tell it from its surroundings"),
      ranked(text, found, spans, choose),
      element("p", "quiet", "How often the cell is higher at a marked character than at another one, everywhere and nearby (AUC): 1 or 0 tells them apart perfectly, 0.5 not at all."),
    );
    if (spans.length === 1) panel.append(similar(text, model, spans[0], go));
  };

  function similar(text, model, span, go) {
    return box("Similar places, by all cells together", () => {
      const places = charlens.measures.similarPlaces(model.cells, span, text.parts, PLACES);
      return places.map(({ from, to, likeness }) => {
        const line = element("span", "sample");
        line.dir = "auto";
        line.append(short(text.slice(Math.max(0, from - 5), from)), element("mark", "", short(text.slice(from, to))));
        line.append(short(text.slice(to, to + 10)));
        return button("place", () => go(from), element("span", "quiet", likeness.toFixed(2)), line);
      });
    });
  }
})();
