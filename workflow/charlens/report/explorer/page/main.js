"use strict";
// What is shown, and what keys, clicks and the address change.

(() => {
  const get = (id) => document.getElementById(id);
  const { reader, units } = charlens;
  const state = { layer: 0, unit: 0, position: 0, view: "cell", rival: "", errors: false, find: "", mark: "" };
  let run, text, model, rival, cell, cursor = 0, anchor = null, spans = [], wanted = 0;

  const shown = () => ({ run, text, model, rival, cell, spans, state });
  const chosenCorpus = () => run.corpora.find((corpus) => corpus.name === state.corpus);

  function fill(select, entries, value) {
    select.replaceChildren(...entries.map(({ name, title }) => new Option(title, name, false, name === value)));
    select.closest("label").hidden = entries.length < 2;
  }

  // Bring the page to what an address says; what it does not say is what is most worth seeing.
  async function open(asked) {
    const turn = ++wanted;
    const corpus = run.corpora.find(({ name }) => name === asked.corpus) ?? run.corpora[0];
    const entry = corpus.models.find(({ name }) => name === asked.model) ?? corpus.models[0];
    const [newText, newModel] = await Promise.all([charlens.textOf(corpus.name), charlens.modelOf(corpus, entry)]);
    if (turn !== wanted) return;
    if (newText !== text) {
      text = newText;
      reader.open(text);
    }
    await charlens.openCells(newModel, text.count);
    if (turn !== wanted) return;
    const changed = model !== newModel;
    model = newModel;
    Object.assign(state, { corpus: corpus.name, model: entry.name });
    fill(get("corpus"), run.corpora, corpus.name);
    fill(get("model"), corpus.models, entry.name);
    const views = ["cell", "surprise", "difference"];
    state.view = views.includes(asked.view) ? asked.view : "cell";
    state.errors = Boolean(asked.errors) && Boolean(model.errors);
    get("errors").checked = state.errors;
    get("mark-errors").hidden = !model.errors;
    await openRival(asked.rival);
    if (turn !== wanted) return;
    if (changed) units.open(model, choose);
    cursor = text.characterOf[within(asked.position - text.start)];
    chooseCell(asked);
    setSpans(asked.find ? charlens.findText(text, asked.find) : spanOf(asked.mark), asked.find ?? "");
    get("query").value = state.find;
    reader.reveal(spans.length && !(asked.position >= 0) ? text.characterOf[spans[0][0]] : cursor, true);
    show();
    seen();
  }

  const within = (i) => Math.min(Math.max(0, Number.isFinite(i) ? i : 0), text.count - 1);
  const spanOf = (address) => {
    const [from, to] = String(address ?? "").split("-").map((at) => Number(at) - text.start);
    return from >= 0 && to > from && to <= text.count ? [[from, to]] : [];
  };

  function chooseCell(asked) {
    const named = model.cells.find(({ layer, unit }) => layer === asked.layer && unit === asked.unit);
    const most = ({ measure, best }) => charlens.strength(measure, best[0][2]);
    const followed = model.concepts.filter(({ best }) => best.length).sort((a, b) => most(b) - most(a));
    const [layer, unit] = followed[0]?.best[0] ?? [];
    setCell(named ?? model.cells.find((c) => c.layer === layer && c.unit === unit) ?? model.cells[0]);
  }

  function setCell(next) {
    cell = next;
    Object.assign(state, { layer: cell.layer, unit: cell.unit });
    units.select(cell);
    clearTimeout(setCell.later);
    setCell.later = setTimeout(loadGates, 150, cell); // not while somebody runs down the list
  }

  async function loadGates(asked) {
    if (asked.gates) return;
    asked.gates = {};
    const { path } = model;
    await Promise.all(model.gates.map(async ({ letter }) => {
      const layer = await charlens.values(path, asked.layer, letter, text.count).catch(() => null);
      if (!layer) asked.gates.missing = true;
      else asked.gates[letter] = { values: layer.of(asked.index), scale: layer.scales[asked.index] };
    }));
    if (cell === asked) character(cursor);
  }

  async function openRival(name) {
    const corpus = chosenCorpus(), others = corpus.models.filter((entry) => entry.name !== state.model);
    const entries = text.baseline ? [...others, text.baseline] : others;
    const entry = entries.find((other) => other.name === name) ?? entries[0];
    rival = !entry ? null : entry === text.baseline ? entry : await charlens.modelOf(corpus, entry);
    state.rival = rival && rival.name !== entries[0]?.name ? rival.name : "";
    if (!rival && state.view === "difference") state.view = "cell";
    const options = entries.map((other) => ({ name: other.name, title: other.title }));
    fill(get("rival"), options, rival?.name);
    get("rival").closest("label").hidden = !options.length;
    document.querySelector("input[value=difference]").disabled = !rival;
    for (const input of document.querySelectorAll("input[name=view]")) input.checked = input.value === state.view;
  }

  function setSpans(marked, find) {
    spans = marked;
    state.find = find && spans.length ? find : "";
    state.mark = spans.length === 1 && !find ? `${text.start + spans[0][0]}-${text.start + spans[0][1]}` : "";
  }

  // --- colours ---

  function recolour() {
    const error = state.errors ? (k) => charlens.errorOf(shown(), k) : () => null;
    reader.recolour({ colour: charlens.colouring(shown()), mark: charlens.marking(shown()), error, cursor });
  }

  function character(k) {
    charlens.showCharacter(text, model, state.view === "difference" || !text.baseline ? rival : text.baseline, cell, k);
  }

  // --- acts ---

  function save() {
    state.position = text.start + text.last(cursor);
    charlens.address.write(state);
  }

  function show() {
    recolour();
    charlens.showCaption(shown());
    charlens.showLegend(shown());
    save();
    setTimeout(() => { // colours first
      panels();
      document.body.dataset.ready = "yes";
    });
  }

  function panels() {
    character(cursor);
    charlens.showCell(text, model, cell, go);
    charlens.showMarks(text, model, spans, state.find, { choose, go, clear });
    charlens.showModels(text, model, rival, go);
  }

  function choose(layer, unit) {
    const next = model.cells.find((other) => other.layer === layer && other.unit === unit);
    if (!next) return;
    const before = performance.now();
    setCell(next);
    if (state.view !== "cell") setView("cell");
    recolour();
    charlens.unitChange = performance.now() - before;
    charlens.showCaption(shown());
    save();
    clearTimeout(choose.later);
    choose.later = setTimeout(() => {
      character(cursor);
      charlens.showCell(text, model, cell, go);
    }, 30);
  }

  function setView(view) {
    state.view = view;
    for (const input of document.querySelectorAll("input[name=view]")) input.checked = input.value === view;
    recolour();
    charlens.showCaption(shown());
    charlens.showLegend(shown());
    save();
  }

  function go(i) {
    moveTo(text.characterOf[i]);
    reader.pane.focus({ preventScroll: true });
    if (matchMedia("(max-width: 50rem)").matches) reader.pane.scrollIntoView({ block: "center" });
  }

  function moveTo(k) {
    cursor = Math.min(Math.max(0, k), text.number - 1);
    reader.reveal(cursor);
    reader.recolour({ cursor });
    character(cursor);
    save();
  }

  function mark(marked, find = "") {
    setSpans(marked, find);
    reader.recolour({ mark: charlens.marking(shown()) });
    charlens.showMarks(text, model, spans, state.find, { choose, go, clear });
    if (spans.length) get("status").textContent = `${spans.length} marked; the cells that tell it apart are listed`;
    save();
  }

  function clear() {
    anchor = null;
    get("query").value = "";
    mark([]);
  }

  const span = (a, b) => [text.starts[Math.min(a, b)], text.starts[Math.max(a, b) + 1]];

  function seen() {
    if (!model?.cells || !cell) return;
    const [first, last] = reader.seen();
    units.sparks(text.starts[first], text.starts[last + 1]);
  }

  // --- what people do ---

  function markSelection(selection) {
    const marked = text && charlens.selected(reader.pane, selection);
    if (!marked) return false;
    get("query").value = "";
    mark([span(...marked)]);
    return true;
  }

  function listen() {
    const { pane } = reader;
    pane.addEventListener("mouseup", () => setTimeout(() => {
      if (markSelection(getSelection())) getSelection().removeAllRanges();
    }));
    let touched = 0;
    document.addEventListener("selectionchange", () => {
      clearTimeout(touched);
      if (matchMedia("(pointer: coarse)").matches) touched = setTimeout(() => markSelection(getSelection()), 500);
    });
    pane.addEventListener("click", (event) => {
      if (event.target.k !== undefined && getSelection().isCollapsed) moveTo(event.target.k);
    });
    pane.addEventListener("mouseover", (event) => event.target.k !== undefined && character(event.target.k));
    pane.addEventListener("mouseleave", () => cell && character(cursor));
    addEventListener("charlens:seen", () => requestAnimationFrame(seen));
    get("corpus").addEventListener("change", (event) => open({ corpus: event.target.value }));
    get("model").addEventListener("change", (event) =>
      open({ ...state, mark: state.mark, model: event.target.value, layer: NaN }));
    get("rival").addEventListener("change", async (event) => {
      await openRival(event.target.value);
      setView("difference");
      panels();
    });
    get("view").addEventListener("change", (event) => setView(event.target.value));
    get("errors").addEventListener("change", (event) => {
      state.errors = event.target.checked;
      show();
    });
    get("search").addEventListener("submit", (event) => {
      event.preventDefault();
      const query = get("query").value, places = charlens.findText(text, query);
      mark(places, query);
      get("status").textContent = `${places.length} places`;
      get("query").setCustomValidity(places.length || !query ? "" : "not in this text");
      get("query").reportValidity();
      if (places.length) reader.reveal(text.characterOf[places[0][0]]);
    });
    get("query").addEventListener("input", (event) => event.target.setCustomValidity(""));
    get("link").addEventListener("click", async (event) => {
      save();
      const button = event.currentTarget;
      const done = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
      button.textContent = done ? "Copied" : "It is the page’s address";
      setTimeout(() => (button.textContent = "Copy link"), 1500);
    });
    addEventListener("keydown", onKey);
    addEventListener("hashchange", () => open(charlens.address.read()));
    charlens.colours.onChange(() => text && (show(), seen()));
  }

  const KEYS = {
    ArrowUp: () => chooseStep(-1),
    ArrowDown: () => chooseStep(1),
    ArrowLeft: (event) => step(reader.isRightToLeft(cursor) ? 1 : -1, event.shiftKey),
    ArrowRight: (event) => step(reader.isRightToLeft(cursor) ? -1 : 1, event.shiftKey),
    Escape: clear,
    1: () => setView("cell"),
    2: () => setView("surprise"),
    3: () => rival && setView("difference"),
    e: () => model.errors && get("errors").click(),
  };

  function onKey(event) {
    const busy = event.target.closest?.("input, select, textarea") && event.target.type !== "radio";
    if (busy || !cell || event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
    if (event.target.type === "radio" && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    KEYS[event.key](event);
  }

  function chooseStep(by) {
    const next = units.step(by);
    choose(next.layer, next.unit);
  }

  function step(by, marks) {
    if (marks) anchor = anchor ?? cursor;
    else anchor = null;
    moveTo(cursor + by);
    if (marks) mark([span(anchor, cursor)]);
    get("status").textContent = charlens.describeCharacter(text, model, cell, cursor);
  }

  async function start() {
    run = await charlens.chunk("run");
    Object.assign(charlens, { kinds: run.kinds, steps: run.steps });
    listen();
    await open(charlens.address.read());
  }

  start().catch((error) => {
    get("caption").textContent = `This page cannot be shown: ${error.message}`;
    console.error(error);
  });
})();
