"use strict";
// Models and texts, opened once each.

(() => {
  async function openModel(corpus, entry) {
    const path = `${corpus.name}/${entry.name}`, facts = await charlens.chunk(path);
    const packed = ["loss", "entropy", "likely", "probability", "errors"];
    const arrays = await Promise.all(packed.map((key) => charlens.unpack(facts[key])));
    const opened = { ...facts, ...entry, path };
    packed.forEach((key, i) => (opened[key] = arrays[i]));
    for (const concept of opened.concepts) {
      concept.of = new Map(concept.scores.map(([l, u, ...rest]) => [`${l}.${u}`, rest]));
    }
    opened.cells = opened.layers.flatMap(({ layer, units }) =>
      units.map((unit, index) => ({ layer, unit, index, values: null, scale: 0 })));
    return opened;
  }

  // Give the cells of a layer their values.
  async function openLayer(model, layer, count) {
    const read = await charlens.values(model.path, layer, "value", count);
    for (const cell of model.cells) {
      if (cell.layer !== layer || cell.values) continue;
      cell.scale = read.scales[cell.index];
      cell.values = read.of(cell.index);
    }
  }

  // Give all cells their values, layer by layer, so that what is chosen meanwhile need not wait.
  async function openLayers(model, count) {
    for (const { layer } of model.layers) await openLayer(model, layer, count);
  }

  // Give a cell the values of its gates; those that the page lacks are said to be missing.
  async function openGates(model, cell, count) {
    if (cell.gates) return;
    const gates = {};
    await Promise.all(model.gates.map(async ({ letter }) => {
      const read = await charlens.values(model.path, cell.layer, letter, count).catch(() => null);
      if (!read) gates.missing = true;
      else gates[letter] = { values: read.of(cell.index), scale: read.scales[cell.index] };
    }));
    cell.gates = gates;
  }

  // The cell that an address names, else the one that follows a concept best, else the first.
  function cellOf(model, { layer, unit }) {
    const find = (l, u) => model.cells.find((cell) => cell.layer === l && cell.unit === u);
    const most = ({ measure, best }) => charlens.strength(measure, best[0][2]);
    const [first] = model.concepts.filter(({ best }) => best.length).sort((a, b) => most(b) - most(a));
    return find(layer, unit) ?? (first && find(...first.best[0])) ?? model.cells[0];
  }

  const models = new Map();
  const modelOf = (corpus, entry) => {
    const key = `${corpus.name}/${entry.name}`;
    if (!models.has(key)) models.set(key, openModel(corpus, entry));
    return models.get(key);
  };

  const texts = new Map();
  async function openCorpus(name) {
    const facts = await charlens.chunk(name), opened = await charlens.openText(facts);
    if (facts.baseline) {
      for (const key of ["loss", "top", "topProbability"]) {
        facts.baseline[key] = await charlens.unpack(facts.baseline[key]);
      }
    }
    return opened;
  }
  const textOf = (name) => {
    if (!texts.has(name)) texts.set(name, openCorpus(name));
    return texts.get(name);
  };

  Object.assign(charlens, { cellOf, modelOf, openGates, openLayer, openLayers, textOf });
})();
