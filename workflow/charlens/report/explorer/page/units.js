"use strict";
// The lists of cells: by what they follow, and all of them with what they do in the text in sight.

(() => {
  const { element } = charlens;
  const list = document.getElementById("units"), order = document.getElementById("order");
  const COLUMNS = 130, HIGH = 18;
  let rows = [], model = null, chosen = null, choose = () => {};

  const name = (cell) => `${cell.layer}.${cell.unit}`;

  // The concept that a cell follows best on held-out text, if it follows any.
  function tag(cell) {
    const found = model.concepts
      .filter((concept) => rank(concept, cell) >= 0)
      .sort((a, b) => rank(a, cell) - rank(b, cell));
    return found[0] ?? null;
  }
  const rank = (concept, cell) => concept.best.findIndex(([l, u]) => l === cell.layer && u === cell.unit);

  function drawConcepts() {
    const holder = document.getElementById("concepts");
    holder.replaceChildren();
    for (const concept of model.concepts) {
      const group = element("div", "concept"), title = element("span", "", concept.title);
      group.append(title);
      const best = concept.best.slice(0, 3);
      for (const [layer, unit, score] of best) {
        const button = element("button", "", `${layer}.${unit} `);
        button.type = "button";
        button.append(element("span", "quiet", charlens.strength(concept.measure, score).toFixed(2)));
        button.title = `layer ${layer}, cell ${unit}: ${charlens.score(concept.measure, score)}; its strength is the number here, on this half of the text`;
        button.dataset.cell = `${layer}.${unit}`;
        button.addEventListener("click", () => choose(layer, unit));
        group.append(button);
      }
      if (!best.length) group.append(element("span", "quiet none", "no cell follows it"));
      holder.append(group);
    }
  }

  function drawRows() {
    list.replaceChildren();
    rows = model.cells.map((cell) => {
      const row = element("div", "unit"), canvas = element("canvas");
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", false);
      row.id = `unit-${name(cell)}`;
      row.append(element("span", "name", name(cell)), canvas, element("span", "quiet tag", tag(cell)?.title));
      canvas.setAttribute("aria-hidden", "true");
      row.addEventListener("click", () => choose(cell.layer, cell.unit));
      return { cell, row, canvas };
    });
    list.append(...rows.map(({ row }) => row));
    mark();
  }

  // Show which cell is chosen: read the layout first, then change what differs.
  function mark() {
    const now = rows.find(({ cell }) => cell === chosen)?.row;
    const before = list.querySelector("[aria-selected=true]");
    const top = now?.offsetTop ?? 0, { scrollTop, clientHeight } = list;
    before?.setAttribute("aria-selected", false);
    now?.setAttribute("aria-selected", true);
    if (now) list.setAttribute("aria-activedescendant", now.id);
    if (now && (top < scrollTop || top > scrollTop + clientHeight - 30)) list.scrollTop = top - 60;
    for (const button of document.querySelectorAll("#concepts button")) {
      button.setAttribute("aria-pressed", chosen !== null && button.dataset.cell === name(chosen));
    }
  }

  function spark({ cell, canvas }, from, to) {
    const ratio = devicePixelRatio || 1, context = canvas.getContext("2d");
    canvas.width = COLUMNS * ratio;
    canvas.height = HIGH * ratio;
    context.scale(ratio, ratio);
    if (!cell.values) return;
    const step = (to - from) / COLUMNS, middle = HIGH / 2;
    const style = getComputedStyle(list);
    for (const [sign, colour] of [[1, style.getPropertyValue("--high")], [-1, style.getPropertyValue("--low")]]) {
      context.fillStyle = colour;
      for (let x = 0; x < COLUMNS; x++) {
        const i = from + Math.floor(x * step), end = Math.max(i + 1, from + Math.floor((x + 1) * step));
        let sum = 0;
        for (let at = i; at < end; at++) sum += cell.values[at];
        const tall = ((sum / (end - i)) * cell.scale * middle) / 127;
        if (tall * sign > 0) context.fillRect(x, middle - Math.max(tall, 0), 1, Math.max(Math.abs(tall), 0.6));
      }
    }
  }

  let range = [0, 1];
  function drawSparks(from, to) {
    if (from !== undefined) range = [from, Math.max(to, from + 1)];
    const top = list.scrollTop, bottom = top + list.clientHeight;
    for (const row of rows) {
      const y = row.row.offsetTop;
      if (y > top - 40 && y < bottom + 20) spark(row, ...range);
    }
  }
  new ResizeObserver(() => drawSparks()).observe(list);
  list.addEventListener("scroll", () => requestAnimationFrame(() => drawSparks()), { passive: true });
  order.addEventListener("change", () => sort());

  function sort() {
    const spread = ({ values, scale }) => {
      if (!values) return 0;
      let least = 127, most = -127;
      for (let i = range[0]; i < range[1]; i++) {
        least = Math.min(least, values[i]);
        most = Math.max(most, values[i]);
      }
      return (most - least) * scale;
    };
    const key = new Map(model.cells.map((cell, i) => [cell, order.value === "here" ? -spread(cell) : i]));
    rows.sort((a, b) => key.get(a.cell) - key.get(b.cell));
    list.append(...rows.map(({ row }) => row));
    mark();
    drawSparks();
  }

  charlens.strength = (measure, score) => (measure === "auc" ? Math.abs(2 * score - 1) : Math.abs(score));
  // As in Figure 2: an AUC below ½ is turned, for a cell that is low where the answer is yes.
  charlens.score = (measure, score) => {
    if (score === null) return "–";
    if (measure !== "auc") return `r ${score.toFixed(2).replace("-0.00", "0.00").replace("-", "−")}`;
    return score >= 0.5 ? `AUC ${score.toFixed(2)}` : `AUC ${(1 - score).toFixed(2)}, low for yes`;
  };

  charlens.units = {
    open(opened, act) {
      [model, choose] = [opened, act];
      drawConcepts();
      drawRows();
      if (order.value === "here") sort();
    },
    select(cell) {
      chosen = cell;
      mark();
    },
    sparks: drawSparks,
    // Values that were not there before have come.
    refresh: () => (order.value === "here" ? sort() : drawSparks()),
    // The cell so many places further down the list.
    step: (by) => {
      const at = rows.findIndex(({ cell }) => cell === chosen);
      return rows[(at + by + rows.length) % rows.length].cell;
    },
    tag,
  };
})();
