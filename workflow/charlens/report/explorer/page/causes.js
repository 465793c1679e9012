"use strict";
// What setting the chosen cell to its low and high values does.

(() => {
  const { element, percent, signed } = charlens;

  function causes(model, cell) {
    const found = [];
    for (const cause of model.causes) {
      if (cause.layer !== cell.layer || cause.unit !== cell.unit) continue;
      const heading = element("h4", "", `Does it cause anything? ${cause.title}: `);
      heading.append(element("strong", "", cause.verdict));
      const list = element("ul");
      for (const target of cause.targets) {
        if (target.p === null) continue;
        list.append(element("li", "",
          `${target.class}: what came gets ${percent(target.p_clamped)} instead of ${percent(target.p)} with the cell set ${target.mode}` +
          ` (loss ${signed(target.delta_loss)} nats, 95 % ${signed(target.low)} to ${signed(target.high)})`));
      }
      list.append(element("li", "quiet", `rank ${cause.cell_rank} by its effect, of ${cause.controls + 1} cells that were set`));
      found.push(heading, list);
    }
    return found.concat(clamps(model, cell));
  }

  // The text read with the cell left alone and set: how likely the symbol is after each character.
  function clamps(model, cell) {
    const found = [];
    for (const clamp of model.clamps) {
      if (clamp.layer !== cell.layer || clamp.unit !== cell.unit) continue;
      const box = element("div", "clamp");
      box.append(element("p", "", `How likely ${clamp.symbols} is at each character (darker: likelier), with the cell …`));
      for (const [label, column] of [["left alone", 1], ["set low", 2], ["set high", 3]]) {
        const line = element("p", "sample");
        line.dir = "auto";
        clamp.characters.forEach((entry, i) => {
          const shown = entry[0] === "\r" && clamp.characters[i + 1]?.[0] === "\n" ? " " : charlens.inText(entry[0]);
          const span = element("span", entry[4] ? "target" : "", shown);
          span.style.backgroundColor = charlens.colours.sequential(entry[column] ?? 0);
          span.title = `${((entry[column] ?? 0) * 100).toFixed(1)} %`;
          line.append(span);
        });
        box.append(element("span", "quiet", label), line);
      }
      found.push(box);
    }
    return found;
  }

  charlens.causes = causes;
})();
