"use strict";
// What is shown, and what changes it: an address, or what people do.

(() => {
  const get = (id) => document.getElementById(id);
  const { reader, units } = charlens;
  // state: what an address says beside corpus, model, cell and position; spans: marked stretches.
  const shown = { cursor: 0, spans: [], state: { view: "cell", rival: "", errors: false, find: "" } };
  const { state } = shown;
  const tell = (words) => (get("status").textContent = words);
  let anchor = null, wanted = 0;

  // Bring the page to what an address says; what it does not say is what is most worth seeing.
  async function open(asked) {
    const turn = ++wanted, { run } = shown;
    const named = (entries, name) => entries.find((entry) => entry.name === name) ?? entries[0];
    const corpus = named(run.corpora, asked.corpus), entry = named(corpus.models, asked.model);
    const [text, model] = await Promise.all([charlens.textOf(corpus.name), charlens.modelOf(corpus, entry)]);
    const cell = charlens.cellOf(model, asked), rivals = rivalsOf(corpus, text, model);
    const [rival] = await Promise.all([
      openRival(corpus, text, rivals, asked.rival),
      charlens.openLayer(model, cell.layer, text.count),
    ]);
    if (turn !== wanted) return;
    const changed = model !== shown.model, reopened = text !== shown.text;
    Object.assign(shown, { corpus, text, model, rival });
    const views = rival ? ["surprise", "difference"] : ["surprise"];
    state.view = views.includes(asked.view) ? asked.view : "cell";
    state.errors = Boolean(asked.errors) && Boolean(model.errors);
    state.rival = rival && rival.name !== rivals[0].name ? rival.name : "";
    shown.cursor = text.characterOf[within(asked.position - text.start)];
    setSpans(asked.find ? charlens.findText(text, asked.find) : spanOf(asked.mark), asked.find);
    if (reopened) reader.open(text);
    if (changed) units.open(model, choose);
    charlens.showControls(shown, rivals);
    setCell(cell);
    const { spans, cursor } = shown;
    reader.reveal(spans.length && !(asked.position >= 0) ? text.characterOf[spans[0][0]] : cursor, true);
    show();
    await charlens.openLayers(model, text.count);
    if (turn !== wanted) return;
    units.refresh();
    panels();
    document.body.dataset.ready = "yes";
  }

  // Models that one can be compared with: the others of its corpus, and the n-gram model.
  function rivalsOf(corpus, text, model) {
    const others = corpus.models.filter(({ name }) => name !== model.name);
    return text.baseline ? [...others, text.baseline] : others;
  }

  async function openRival(corpus, text, rivals, name) {
    const entry = rivals.find((other) => other.name === name) ?? rivals[0];
    return !entry || entry === text.baseline ? entry : charlens.modelOf(corpus, entry);
  }

  const within = (i) => Math.min(Math.max(0, Number.isFinite(i) ? i : 0), shown.text.count - 1);
  const spanOf = (address) => {
    const { start: first, count } = shown.text;
    const [from, to] = String(address ?? "").split("-").map((at) => Number(at) - first);
    return from >= 0 && to > from && to <= count ? [[from, to]] : [];
  };
  const span = (a, b) => {
    const { starts } = shown.text;
    return [starts[Math.min(a, b)], starts[Math.max(a, b) + 1]];
  };

  function setCell(cell) {
    shown.cell = cell;
    units.select(cell);
    clearTimeout(setCell.later);
    setCell.later = setTimeout(async () => { // not while somebody runs down the list
      await charlens.openGates(shown.model, cell, shown.text.count);
      if (shown.cell === cell) pointAt();
    }, 150);
  }

  function setSpans(spans, query = "") {
    shown.spans = spans;
    state.find = spans.length ? query : "";
    get("to-marked").hidden = !spans.length;
  }

  // --- showing ---

  function recolour() {
    const error = state.errors ? (k) => charlens.errorOf(shown, k) : () => null;
    reader.recolour({ colour: charlens.colouring(shown), mark: charlens.marking(shown), error, cursor: shown.cursor });
  }

  function pointAt(k = shown.cursor) {
    const { text, model, rival, cell } = shown;
    if (!cell) return;
    const beside = state.view === "difference" ? rival : text.baseline ?? rival;
    charlens.showCharacter(text, model, beside, cell, k);
  }

  const save = () => charlens.address.write(shown);

  // Colours first; the panels are filled when they are seen.
  function show() {
    recolour();
    performance.mark("coloured");
    charlens.showCaption(shown);
    charlens.showLegend(shown);
    save();
    clearTimeout(show.later);
    show.later = setTimeout(panels);
  }

  function panels() {
    pointAt();
    charlens.showCell(shown.text, shown.model, shown.cell, go);
    showMarks();
    charlens.showModels(shown, go);
  }

  function showMarks() {
    const { text, model, spans } = shown;
    charlens.showMarks(text, model, spans, state.find, { choose, go, clear });
    if (spans.length) tell(`${spans.length} marked; the cells that tell it apart are listed`);
  }

  // Sparklines are of the text in sight.
  function seen() {
    const { text, cell } = shown;
    if (!cell) return;
    const [first, last] = reader.seen();
    units.sparks(text.starts[first], text.starts[last + 1]);
  }

  // --- acts ---

  function choose(layer, unit) {
    const { model, text } = shown;
    const cell = model.cells.find((other) => other.layer === layer && other.unit === unit);
    if (!cell) return;
    if (!cell.values) { // a layer that is still being read
      charlens.openLayer(model, layer, text.count).then(() => model === shown.model && choose(layer, unit));
      return;
    }
    setCell(cell);
    if (state.view !== "cell") setView("cell");
    recolour();
    charlens.showCaption(shown);
    save();
    clearTimeout(choose.later);
    choose.later = setTimeout(() => {
      pointAt();
      charlens.showCell(text, shown.model, shown.cell, go);
    }, 60);
  }

  function nextCell(by) {
    const { layer, unit } = units.step(by);
    choose(layer, unit);
  }

  function setView(view) {
    if (view === "difference" && !shown.rival) return;
    state.view = view;
    charlens.showControls(shown, rivalsOf(shown.corpus, shown.text, shown.model));
    show();
  }

  async function compare(name) {
    const { corpus, text, model } = shown, rivals = rivalsOf(corpus, text, model);
    shown.rival = await openRival(corpus, text, rivals, name);
    state.rival = shown.rival.name !== rivals[0].name ? shown.rival.name : "";
    setView("difference");
  }

  function toggleErrors() {
    if (!shown.model.errors) return;
    state.errors = !state.errors;
    get("errors").checked = state.errors;
    show();
  }

  function go(i) {
    moveTo(shown.text.characterOf[i]);
    reader.pane.focus({ preventScroll: true });
  }

  function moveTo(k) {
    shown.cursor = Math.min(Math.max(0, k), shown.text.number - 1);
    reader.reveal(shown.cursor);
    reader.recolour({ cursor: shown.cursor });
    pointAt();
    save();
  }

  function step(by, marks) {
    anchor = marks ? anchor ?? shown.cursor : null;
    moveTo(shown.cursor + by);
    if (marks) mark([span(anchor, shown.cursor)]);
    tell(charlens.describeCharacter(shown.text, shown.model, shown.cell, shown.cursor));
  }

  function mark(spans, query) {
    setSpans(spans, query);
    get("query").value = state.find;
    reader.recolour({ mark: charlens.marking(shown) });
    showMarks();
    save();
  }

  function find(query) {
    const places = charlens.findText(shown.text, query);
    mark(places, query);
    get("query").value = query;
    tell(`${places.length} places`);
    if (places.length) reader.reveal(shown.text.characterOf[places[0][0]]);
    return places.length;
  }

  function clear() {
    anchor = null;
    mark([]);
  }

  const acts = {
    choose, nextCell, moveTo, step, clear, find, setView, compare, toggleErrors,
    pointAt: (k) => pointAt(k),
    markCharacters: (from, to) => mark([span(from, to)]),
    isRightToLeft: () => reader.isRightToLeft(shown.cursor),
    openCorpus: (corpus) => open({ corpus }),
    openModel: (model) => open({ ...charlens.address.read(), model, layer: NaN }),
  };

  async function start() {
    shown.run = await charlens.chunk("run");
    Object.assign(charlens, { kinds: shown.run.kinds, steps: shown.run.steps });
    charlens.listenToControls(acts);
    charlens.listenToKeys(acts, () => shown.cell);
    charlens.listenToPointer(reader.pane, acts);
    addEventListener("charlens:seen", () => requestAnimationFrame(seen));
    addEventListener("hashchange", () => open(charlens.address.read()));
    charlens.colours.onChange(() => shown.cell && (show(), seen()));
    await open(charlens.address.read());
  }

  start().catch((error) => {
    get("caption").textContent = `This page cannot be shown: ${error.message}`;
    console.error(error);
  });
})();
