"use strict";
// What happens at one character: what the network expected next, and what its gates did.

(() => {
  const { element, percent } = charlens;
  const panel = document.getElementById("character");
  const share = (root) => (root / 255) ** 2;
  const bits = (loss) => `${(loss / charlens.steps.bits).toFixed(loss < 16 ? 2 : 1)} bits`;

  function expected(text, model, i) {
    const list = element("ol", "bars expected"), came = text.next(i), count = text.count;
    for (let rank = 0; rank * count < model.likely.length; rank++) {
      const byte = model.likely[rank * count + i], p = share(model.probability[rank * count + i]);
      const item = element("li", byte === came ? "own" : "");
      item.style.setProperty("--share", p);
      item.append(element("span", "glyph", charlens.byteName(text, byte)), element("span", "", percent(p)));
      list.append(item);
    }
    return list;
  }

  const errorName = (category) => {
    for (const kind of charlens.kinds) {
      if (category <= kind.slices.length) {
        const slice = kind.slices[category - 1];
        return slice === kind.family ? slice : `${kind.family} (${slice})`;
      }
      category -= kind.slices.length;
    }
    return "";
  };
  charlens.familyOf = (category) => {
    for (const [index, kind] of charlens.kinds.entries()) {
      if (category <= kind.slices.length) return index;
      category -= kind.slices.length;
    }
    return -1;
  };

  // What came after a position: a character, and which of its bytes where it has several.
  function cameAt(text, i) {
    const byte = charlens.byteName(text, text.next(i)), k = text.characterOf[i + 1];
    const within = k !== undefined && text.parts.every(([, end]) => i + 1 !== end);
    if (!within || text.starts[k + 1] - text.starts[k] === 1) return `“${byte}”`;
    return `“${charlens.inList(text.at(k))}” (its byte ${byte})`;
  }

  function facts(text, model, rival, i) {
    const list = element("dl");
    const fact = (name, value) => list.append(element("dt", "", name), element("dd", "", value));
    fact("came", `${cameAt(text, i)}, surprise ${bits(model.loss[i])}`);
    fact("uncertainty", `${bits(model.entropy[i])} (entropy)`);
    const baseline = text.baseline;
    if (baseline) {
      const p = 2 ** (-baseline.loss[i] / charlens.steps.bits), top = charlens.byteName(text, baseline.top[i]);
      fact(baseline.title, `gave it ${percent(p)}; expected “${top}” with ${percent(share(baseline.topProbability[i]))}`);
    }
    if (rival && rival !== baseline) fact(rival.title, `surprise ${bits(rival.loss[i])}`);
    if (model.errors) fact("error", model.errors[i] ? errorName(model.errors[i]) : "none");
    return list;
  }

  function gates(model, cell, i) {
    const list = element("ul", "bars gates");
    const bar = (name, value) => {
      const item = element("li", value < 0 ? "low" : "high");
      item.style.setProperty("--share", Math.min(1, Math.abs(value)));
      item.append(element("span", "", name), element("span", "", charlens.number(value)));
      list.append(item);
    };
    bar(`cell ${cell.layer}.${cell.unit}`, (cell.values[i] * cell.scale) / 127);
    for (const { title, letter } of model.gates) {
      const gate = cell.gates?.[letter];
      if (gate) bar(`${title} (${letter})`, (gate.values[i] * gate.scale) / 127);
    }
    if (cell.gates?.missing) list.append(element("li", "quiet", "this page lacks its other gates"));
    return list;
  }

  charlens.showCharacter = (text, model, rival, cell, k) => {
    const i = text.last(k), place = (text.start + i).toLocaleString("en");
    const title = element("h2", "", `After “${charlens.inList(text.at(k))}” `);
    title.append(element("span", "quiet", `position ${place}`));
    const columns = element("div", "two"), left = element("div"), right = element("div");
    left.append(element("h3", "", "expected next"), expected(text, model, i));
    left.append(element("p", "quiet", "blue: what came"));
    right.append(element("h3", "", "the cell"), gates(model, cell, i));
    columns.append(left, right);
    panel.replaceChildren(title, columns, facts(text, model, rival, i));
  };
  charlens.describeCharacter = (text, model, cell, k) => {
    const i = text.last(k), next = charlens.byteName(text, model.likely[i]);
    return `${charlens.inList(text.at(k))}: cell ${charlens.number((cell.values[i] * cell.scale) / 127)}, expects ${next}`;
  };
})();
