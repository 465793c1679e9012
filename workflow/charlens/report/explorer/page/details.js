"use strict";
// What is known of the chosen cell: scores, baselines, its values, excerpts.

(() => {
  const { box, button, canvas, element, number, table } = charlens;
  const panel = document.getElementById("cell");
  const { strength } = charlens;
  const BASELINES = {
    untrained_95: "networks without training",
    shuffled_95: "networks of shuffled weights",
    bytes_3: "the last 3 bytes",
    latch_95: "arbitrary properties of the text",
    probe: "all cells together",
  };

  function scores(model, cell) {
    const made = table("Follows", "Score", "Strength", "95 %");
    const rows = model.concepts
      .map((concept) => ({ concept, score: concept.of.get(`${cell.layer}.${cell.unit}`) }))
      .filter(({ score }) => score && score[0] !== null)
      .sort((a, b) => strength(b.concept.measure, b.score[0]) - strength(a.concept.measure, a.score[0]));
    for (const { concept, score: [held, low, high] } of rows) {
      const row = element("tr");
      row.append(element("th", "", concept.title), element("td", "", charlens.score(concept.measure, held)));
      row.append(element("td", "", number(strength(concept.measure, held))));
      row.append(element("td", "", low === null ? "–" : `${number(low)}–${number(high)}`));
      made.tBodies[0].append(row);
    }
    return made;
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

  function histogram(cell) {
    const wide = 300, high = 56, range = `${number(-cell.scale)} to ${number(cell.scale)}`;
    const [made, context] = canvas("histogram", wide, high, `Histogram of its values, from ${range}`);
    const bars = new Float32Array(61);
    charlens.measures.histogramOf(cell).forEach((count, value) => {
      bars[Math.round((((value - 128) * cell.scale) / 127 + 1) * 30)] += count;
    });
    const most = Math.max(...bars);
    bars.forEach((count, i) => {
      const tall = count && Math.max(1, (high - 4) * Math.sqrt(count / most));
      context.fillStyle = charlens.colours.diverging((i - 30) / 30 || 0.02) || getComputedStyle(panel).color;
      context.fillRect((i * wide) / 61, high - tall, wide / 61 - 0.5, tall);
    });
    return [element("h4", "", "Its values (from −1 to 1; heights are square roots of counts)"), made];
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

  // The places where a cell is highest and lowest.
  function extremes(text, cell, go) {
    const colours = charlens.colours.table(cell.scale);
    const colour = (k) => colours[cell.values[text.last(k)] + 128];
    const listed = (sign) => {
      const places = charlens.measures.peaks(cell.values.map((value) => sign * value), 10, 200);
      const buttons = places.map((at, i) => {
        const value = element("span", "quiet", number((cell.values[at] * cell.scale) / 127));
        return button(`place${i > 2 ? " more" : ""}`, () => go(at), value, sample(text, colour, at, 24, 14));
      });
      const all = button("plain", ({ target }) => target.parentNode.classList.add("all"), "show all ten");
      return places.length > 3 ? [...buttons, all] : buttons;
    };
    return [["Highest values", 1], ["Lowest values", -1]].map(([title, sign]) => box(title, () => listed(sign), true));
  }

  charlens.showCell = (text, model, cell, go) => {
    panel.replaceChildren(
      element("h2", "", `Layer ${cell.layer}, cell ${cell.unit}`),
      scores(model, cell),
      element("p", "quiet", "Scores are of the half of the test text that did not choose the cell; this page shows the beginning of it."),
      ...baselines(model, cell),
      ...charlens.causes(model, cell),
      ...histogram(cell),
      ...extremes(text, cell, go),
    );
  };
})();
