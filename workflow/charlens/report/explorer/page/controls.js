"use strict";
// What is chosen above the text: text, network, colours, comparison, search, link.

(() => {
  const get = (id) => document.getElementById(id);

  function fill(id, entries, value, least = 2) {
    const options = entries.map(({ name, title }) => new Option(title, name, false, name === value));
    get(id).replaceChildren(...options);
    get(id).closest("label").hidden = entries.length < least;
  }

  // Bring the controls to what is shown; rivals are the models that it can be compared with.
  function showControls({ run, corpus, model, rival, state }, rivals) {
    fill("corpus", run.corpora, corpus.name);
    fill("model", corpus.models, model.name);
    fill("rival", rivals, rival?.name, 1);
    document.querySelector("input[value=difference]").disabled = !rival;
    for (const input of document.querySelectorAll("input[name=view]")) input.checked = input.value === state.view;
    document.body.dataset.view = state.view;
    get("errors").checked = state.errors;
    get("mark-errors").hidden = !model.errors;
    get("query").value = state.find;
  }

  async function copyLink({ currentTarget: button }) {
    const done = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    button.textContent = done ? "Copied" : "It is the page’s address";
    setTimeout(() => (button.textContent = "Copy link"), 1500);
  }

  // acts: see main.js.
  function listenToControls(acts) {
    const chosen = (id, act) => get(id).addEventListener("change", ({ target }) => act(target.value));
    chosen("corpus", acts.openCorpus);
    chosen("model", acts.openModel);
    chosen("rival", acts.compare);
    chosen("view", () => acts.setView(document.querySelector("input[name=view]:checked").value));
    get("errors").addEventListener("change", acts.toggleErrors);
    get("previous").addEventListener("click", () => acts.nextCell(-1));
    get("next").addEventListener("click", () => acts.nextCell(1));
    get("to-marked").addEventListener("click", () => {
      getSelection().removeAllRanges(); // which hides colours
      get("marked").scrollIntoView();
    });
    get("search").addEventListener("submit", (event) => {
      event.preventDefault();
      const query = get("query"), places = acts.find(query.value);
      query.setCustomValidity(places || !query.value ? "" : "not in this text");
      query.reportValidity();
    });
    get("query").addEventListener("input", ({ target }) => target.setCustomValidity(""));
    get("link").addEventListener("click", copyLink);
  }

  Object.assign(charlens, { listenToControls, showControls });
})();
