"use strict";
// Marked text: cells that tell it from the rest and places like it. And where two models differ most.

(() => {
  const { element } = charlens;
  const panel = document.getElementById("marked"), others = document.getElementById("models");
  const LISTED = 8, PLACES = 20, LEAST = 0.5; // bits, of a lead that is listed
  const short = (shown) => (shown.length > 60 ? `${shown.slice(0, 58)}…` : shown).replaceAll("\r\n", "↵").replace(/[\r\n\t]/g, charlens.inList);

  function button(className, act, ...content) {
    const made = element("button", className);
    made.type = "button";
    made.append(...content);
    made.addEventListener("click", act);
    return made;
  }

  function ranked(model, found, choose) {
    const table = element("table"), head = element("tr");
    for (const title of ["Cell", "Against the rest", "Around it", "Follows"]) head.append(element("th", "", title));
    table.append(element("thead"), element("tbody"));
    table.tHead.append(head);
    for (const { cell, everywhere, here } of found.slice(0, LISTED)) {
      const row = element("tr"), name = element("th");
      name.append(button("", () => choose(cell.layer, cell.unit), `${cell.layer}.${cell.unit}`));
      row.append(name, element("td", "", everywhere.toFixed(2)), element("td", "", here.toFixed(2)));
      row.append(element("td", "quiet", charlens.units.tag(cell)?.title));
      table.tBodies[0].append(row);
    }
    return table;
  }

  // Results for stretches of text; returns the cells, best first.
  charlens.showMarks = (text, model, spans, title, { choose, go, clear }) => {
    panel.hidden = !spans.length;
    if (!spans.length) return [];
    const found = charlens.measures.rankCells(model.cells, spans, text.parts);
    const shown = spans.length > 1 ? `${spans.length} places with “${title}”` : `“${short(text.slice(...spans[0]))}”`;
    const heading = element("h2", "", "Marked ");
    heading.append(button("plain", clear, "unmark"));
    panel.replaceChildren(
      heading,
      element("p", "sample", shown),
      element("h3", "", "Cells that tell it from its surroundings"),
      ranked(model, found, choose),
      element("p", "quiet", "AUC: the chance that the cell is higher there than at another character; 1 or 0 tells them apart perfectly, 0.5 not at all."),
    );
    if (spans.length === 1) panel.append(...similar(text, model, spans[0], go));
    return found;
  };

  function similar(text, model, span, go) {
    const box = element("details");
    box.append(element("summary", "", "Similar places, by all cells together"));
    box.addEventListener("toggle", () => {
      if (!box.open || box.children.length > 1) return;
      for (const { from, to, likeness } of charlens.measures.similarPlaces(model.cells, span, text.parts, PLACES)) {
        const line = element("span", "sample"), before = text.slice(Math.max(0, from - 5), from);
        line.dir = "auto";
        line.append(short(before), element("mark", "", short(text.slice(from, to))));
        line.append(short(text.slice(to, to + 10)));
        box.append(button("place", () => go(from), element("span", "quiet", likeness.toFixed(2)), line));
      }
    });
    return [box];
  }

  // The other model's loss less this one's at each position, in bits: above 0 this one did better.
  const lead = (model, rival, i) => (rival.loss[i] - model.loss[i]) / charlens.steps.bits;

  charlens.showModels = (text, model, rival, go) => {
    others.hidden = !rival;
    if (!rival) return;
    const list = element("p", "", "");
    list.append(`Bits per character, here: ${model.title} ${model.mean.toFixed(3)}, ${rival.title} ${rival.mean.toFixed(3)}.`);
    others.replaceChildren(element("h2", "", "Two models"), list);
    const leads = Float32Array.from(model.loss, (_, i) => lead(model, rival, i));
    const colour = (k) => charlens.colours.diverging(charlens.leadOf(text, model, rival, k) / 6);
    for (const [winner, sign] of [[model, 1], [rival, -1]]) {
      const box = element("details");
      box.append(element("summary", "", `Where ${winner.title} did better`));
      box.addEventListener("toggle", () => {
        if (!box.open || box.children.length > 1) return;
        const inSight = (i) => leads[i] * sign > LEAST && text.parts.every(([, end]) => i + 1 !== end);
        const places = charlens.measures.peaks(leads.map((value) => sign * value), 12, 30, inSight);
        for (const i of places) {
          const gain = element("span", "quiet", `${Math.abs(leads[i]).toFixed(1)} bits`);
          box.append(button("place", () => go(i + 1), gain, charlens.sample(text, colour, i + 1, 22, 12)));
        }
      });
      others.append(box);
    }
  };

  // The same of a character: over all of its bytes.
  charlens.leadOf = (text, model, rival, k) => {
    const [from, to] = text.predictedAt(k);
    let sum = 0;
    for (let i = from; i < to; i++) sum += lead(model, rival, i);
    return sum;
  };

  // Places of a string, as stretches of positions.
  charlens.findText = (text, query, most = 2000) => {
    const spans = [], wanted = query.toLowerCase();
    if (!wanted) return spans;
    const all = text.characters.toLowerCase();
    if (all.length !== text.characters.length) return spans;
    text.atOffset = text.atOffset ?? offsets(text);
    for (let at = all.indexOf(wanted); at >= 0 && spans.length < most; at = all.indexOf(wanted, at + wanted.length)) {
      const from = text.starts[text.atOffset[at]], to = text.starts[text.atOffset[at + wanted.length - 1] + 1];
      spans.push([from, to]);
    }
    return spans.filter(([from, to]) => text.parts.some(([first, last]) => first <= from && to <= last));
  };

  // The character of each UTF-16 unit.
  function offsets(text) {
    const found = new Int32Array(text.characters.length);
    for (let k = 0, at = 0; k < text.number; k++) {
      const end = at + text.at(k).length;
      found.fill(k, at, end);
      at = end;
    }
    return found;
  }
})();
