"use strict";
// What is known of the chosen cell: scores, baselines, what setting it does, its values, excerpts.

(() => {
  const { element } = charlens;
  const panel = document.getElementById("cell");
  const number = (value, digits = 2) => (value === null ? "–" : value.toFixed(digits).replace("-", "−"));
  const signed = (value) => (value > 0 ? "+" : "") + number(value);
  const { strength } = charlens;
  const BASELINES = {
    untrained_95: "networks without training",
    shuffled_95: "networks of shuffled weights",
    bytes_3: "the last 3 bytes",
    latch_95: "arbitrary properties of the text",
    probe: "all cells together",
  };
  Object.assign(charlens, { number });

  function scores(model, cell) {
    const table = element("table"), body = element("tbody");
    const head = element("tr");
    for (const title of ["Follows", "Score", "Strength", "95 %"]) head.append(element("th", "", title));
    table.append(element("thead"), body);
    table.tHead.append(head);
    const rows = model.concepts
      .map((concept) => ({ concept, score: concept.of.get(`${cell.layer}.${cell.unit}`) }))
      .filter(({ score }) => score && score[0] !== null)
      .sort((a, b) => strength(b.concept.measure, b.score[0]) - strength(a.concept.measure, a.score[0]));
    for (const { concept, score: [held, low, high] } of rows) {
      const row = element("tr");
      row.append(element("th", "", concept.title), element("td", "", charlens.score(concept.measure, held)));
      row.append(element("td", "", number(strength(concept.measure, held))));
      row.append(element("td", "", low === null ? "–" : `${number(low)}–${number(high)}`));
      body.append(row);
    }
    return table;
  }

  function baselines(model, cell) {
    const found = [];
    for (const { title, baselines: known } of model.concepts) {
      if (!known || known.best_layer !== cell.layer || known.best_unit !== cell.unit) continue;
      const list = element("ul", "bars");
      const bar = (label, value, own) => {
        const item = element("li", own ? "own" : "");
        item.style.setProperty("--share", Math.min(1, value ?? 0));
        item.append(element("span", "", label), element("span", "", number(value)));
        list.append(item);
      };
      bar("this cell", known.strength, true);
      for (const [key, label] of Object.entries(BASELINES)) if (known[key] !== null) bar(label, known[key]);
      const verdict = known.interpretable ? "more than chance and than every baseline" : "not beyond every baseline";
      found.push(element("h4", "", `Strength for “${title}”: ${verdict}`), list);
    }
    return found;
  }

  function causes(model, cell) {
    const found = [];
    const percent = (value) => (value === null ? "–" : `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`);
    for (const cause of model.causes) {
      if (cause.layer !== cell.layer || cause.unit !== cell.unit) continue;
      const heading = element("h4", "", `Does it cause anything? ${cause.title}: `);
      heading.append(element("strong", "", cause.verdict));
      const list = element("ul");
      for (const target of cause.targets) {
        if (target.p === null) continue;
        list.append(element("li", "",
          `${target.class}: with the cell set ${target.mode}, the byte that comes has ${percent(target.p_clamped)}` +
          ` instead of ${percent(target.p)} (loss ${signed(target.delta_loss)} nats, 95 % ${signed(target.low)} to ${signed(target.high)})`));
      }
      list.append(element("li", "quiet", `rank ${cause.cell_rank} of ${cause.controls + 1} cells that were set`));
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
      box.append(element("p", "", `How likely ${clamp.symbols} is at each character, the cell …`));
      for (const [label, column] of [["left alone", 1], ["set low", 2], ["set high", 3]]) {
        const line = element("p", "sample");
        line.dir = "auto";
        for (const entry of clamp.characters) {
          const span = element("span", entry[4] ? "target" : "", charlens.inText(entry[0]));
          span.style.backgroundColor = charlens.colours.sequential(entry[column] ?? 0);
          span.title = `${((entry[column] ?? 0) * 100).toFixed(1)} %`;
          line.append(span);
        }
        box.append(element("span", "quiet", label), line);
      }
      found.push(box);
    }
    return found;
  }

  function histogramOf(cell) {
    const canvas = element("canvas", "histogram"), ratio = devicePixelRatio || 1;
    const wide = 300, high = 56, context = canvas.getContext("2d");
    canvas.width = wide * ratio;
    canvas.height = high * ratio;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Histogram of its values, from ${number(-cell.scale)} to ${number(cell.scale)}`);
    context.scale(ratio, ratio);
    const bars = new Float32Array(61);
    charlens.measures.histogramOf(cell).forEach((count, value) => (bars[Math.round((((value - 128) * cell.scale) / 127 + 1) * 30)] += count));
    const most = Math.max(...bars);
    bars.forEach((count, i) => {
      const tall = count && Math.max(1, (high - 4) * Math.sqrt(count / most));
      context.fillStyle = charlens.colours.diverging((i - 30) / 30 || 0.02) || getComputedStyle(panel).color;
      context.fillRect((i * wide) / 61, high - tall, wide / 61 - 0.5, tall);
    });
    return [element("h4", "", "Its values (from −1 to 1; heights are square roots of counts)"), canvas];
  }

  function sample(text, colour, at, before, after) {
    const line = element("span", "sample");
    line.dir = "auto";
    const part = text.parts.find(([, end]) => at < end);
    const first = text.characterOf[Math.max(part[0], at - before)];
    const last = text.characterOf[Math.min(part[1], at + after) - 1];
    for (let k = first; k <= last; k++) {
      const span = element("span", k === text.characterOf[at] ? "cursor" : "", text.shown(k));
      span.style.backgroundColor = colour(k);
      line.append(span);
    }
    return line;
  }
  charlens.sample = sample;

  function extremes(text, cell, go) {
    const colours = charlens.colours.table(cell.scale);
    const colour = (k) => colours[cell.values[text.last(k)] + 128];
    const found = [];
    for (const [title, sign] of [["Highest", 1], ["Lowest", -1]]) {
      const places = charlens.measures.peaks(cell.values.map((value) => sign * value), 10, 200);
      const box = element("details");
      box.open = true;
      box.append(element("summary", "", `${title} values`));
      places.forEach((at, i) => {
        const button = element("button", `place${i > 2 ? " more" : ""}`);
        button.type = "button";
        button.append(element("span", "quiet", number((cell.values[at] * cell.scale) / 127)), sample(text, colour, at, 24, 14));
        button.addEventListener("click", () => go(at));
        box.append(button);
      });
      const more = element("button", "plain", "show all ten");
      more.type = "button";
      more.addEventListener("click", () => box.classList.add("all"));
      box.append(more);
      found.push(box);
    }
    return found;
  }

  charlens.showCell = (text, model, cell, go) => {
    panel.replaceChildren(
      element("h2", "", `Layer ${cell.layer}, cell ${cell.unit}`),
      scores(model, cell),
      element("p", "quiet", "Scores are of the half of the test text that did not choose the cell; this page shows the beginning of it."),
      ...baselines(model, cell),
      ...causes(model, cell),
      ...histogramOf(cell),
      ...extremes(text, cell, go),
    );
  };
})();
