"use strict";
// What is shown, as the fragment of the address:
// #corpus/model/layer.unit/position and, where they differ from what is usual,
// /view=surprise /rival=gru-1x64 /errors /mark=120-150 /find=word

(() => {
  const read = () => {
    const [corpus, model, cell, position, ...more] = location.hash.slice(1).split("/").map(decode);
    const options = Object.fromEntries(more.map((part) => {
      const at = part.indexOf("=");
      return at < 0 ? [part, true] : [part.slice(0, at), part.slice(at + 1)];
    }));
    const [layer, unit] = (cell ?? "").split(".").map(Number);
    return { corpus, model, layer, unit, position: position ? Number(position) : NaN, ...options };
  };

  function decode(part) {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  }

  const write = ({ corpus, text, model, cell, cursor, spans, state }) => {
    const { start } = text, parts = [corpus.name, model.name, `${cell.layer}.${cell.unit}`, start + text.last(cursor)];
    if (state.view !== "cell") parts.push(`view=${state.view}`);
    if (state.rival) parts.push(`rival=${state.rival}`);
    if (state.errors) parts.push("errors");
    if (state.find) parts.push(`find=${state.find}`);
    else if (spans.length) parts.push(`mark=${start + spans[0][0]}-${start + spans[0][1]}`);
    const keep = (part) => encodeURIComponent(part).replaceAll("%3D", "=");
    const hash = `#${parts.map(keep).join("/")}`;
    if (hash === location.hash) return;
    try {
      history.replaceState(null, "", hash);
    } catch { // some browsers refuse pages from a file
      location.hash = hash;
    }
  };

  charlens.address = { read, write };
})();
