"use strict";
// Models and texts, opened once each.

(() => {
  async function openModel(corpus, entry) {
    const name = `${corpus.name}/${entry.name}`, facts = await charlens.chunk(name);
    const packed = ["loss", "entropy", "likely", "probability", "errors"];
    const arrays = await Promise.all(packed.map((key) => charlens.unpack(facts[key])));
    const opened = { ...facts, ...entry, path: name };
    packed.forEach((key, i) => (opened[key] = arrays[i]));
    for (const concept of opened.concepts) {
      concept.of = new Map(concept.scores.map(([l, u, ...rest]) => [`${l}.${u}`, rest]));
    }
    return opened;
  }

  async function openCells(opened, count) {
    if (opened.cells) return;
    const layers = await Promise.all(
      opened.layers.map(({ layer }) => charlens.values(opened.path, layer, "value", count)),
    );
    opened.cells = opened.layers.flatMap(({ layer, units: numbers }, l) =>
      numbers.map((unit, i) => ({ layer, unit, index: i, values: layers[l].of(i), scale: layers[l].scales[i] })));
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

  Object.assign(charlens, { modelOf, openCells, textOf });
})();
