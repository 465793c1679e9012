"use strict";
// The colours of characters, and what they mean.

(() => {
  const get = (id) => document.getElementById(id);
  const { element } = charlens;

  function surprise({ text, model, run }, k) {
    const [from, to] = text.predictedAt(k);
    let sum = 0;
    for (let i = from; i < to; i++) sum += model.loss[i];
    return sum / run.steps.bits;
  }

  // How a character is coloured: by the unit, the surprise, or the lead over another model.
  function colouring(shown) {
    const { state, text, model, rival, cell } = shown;
    if (state.view === "surprise") return (k) => charlens.colours.sequential(surprise(shown, k) / 8);
    if (state.view === "difference") return (k) => charlens.colours.diverging(charlens.leadOf(text, model, rival, k) / 6);
    const colours = charlens.colours.table(cell.scale), { values } = cell;
    return (k) => colours[values[text.last(k)] + 128];
  }

  // The colour of the kind of error at a character, if any.
  function errorOf({ text, model }, k) {
    const [from, to] = text.predictedAt(k);
    for (let i = from; i < to; i++) {
      if (model.errors[i]) return charlens.colours.family(charlens.familyOf(model.errors[i]));
    }
    return null;
  }

  // Whether a character is marked.
  function marking({ text, spans }) {
    if (!spans.length) return () => false;
    const marked = new Uint8Array(text.number);
    for (const [from, to] of spans) marked.fill(1, text.characterOf[from], text.characterOf[to - 1] + 1);
    return (k) => marked[k] === 1;
  }

  // What the colours show, in words.
  function showCaption({ state, model, rival, cell }) {
    const follows = charlens.units.tag(cell), title = get("caption");
    const strong = (words) => element("strong", "", words);
    title.replaceChildren();
    if (state.view === "cell") {
      title.append("Colours: ", strong(`layer ${cell.layer}, cell ${cell.unit}`), " after each character. ");
      if (follows) title.append("It follows ", strong(follows.title), ` (${sense(follows, cell)}).`);
      else title.append("It is none of the best for what was looked for.");
    } else if (state.view === "surprise") {
      title.append("The darker a character, the less ", strong(model.title), " expected it (bits).");
    } else {
      title.append("Blue where ", strong(model.title), " expected the character more than ", strong(rival.title), ", orange where less.");
    }
  }

  // Which way a cell goes with a concept.
  function sense({ measure, of }, cell) {
    const [score] = of.get(`${cell.layer}.${cell.unit}`);
    if (measure === "auc") return score > 0.5 ? "higher there" : "lower there";
    return score > 0 ? "rises with it" : "falls with it";
  }

  // What the colours mean, below the text.
  function showLegend({ state }) {
    const ends = { cell: ["−1", "1"], surprise: ["0", "8 bits"], difference: ["−6 bits", "+6 bits"] }[state.view];
    const bar = element("span", "bar"), stops = [];
    for (let i = 0; i <= 20; i++) {
      const colour = state.view === "surprise" ? charlens.colours.sequential(i / 20) : charlens.colours.diverging(i / 10 - 1);
      stops.push(colour || "var(--paper)");
    }
    bar.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
    get("legend").replaceChildren(element("span", "", ends[0]), bar, element("span", "", ends[1]));
    if (!state.errors) return;
    charlens.kinds.forEach((kind, i) => {
      const item = element("span", "family", kind.family);
      item.style.borderColor = charlens.colours.family(i);
      get("legend").append(item);
    });
  }

  Object.assign(charlens, { colouring, errorOf, marking, showCaption, showLegend });
})();
