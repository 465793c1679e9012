"use strict";
// Places of a string in the text.

(() => {
  // Stretches of positions, small and capital letters alike.
  charlens.findText = (text, query, most = 2000) => {
    const spans = [], wanted = query.toLowerCase();
    if (!wanted) return spans;
    const all = text.characters.toLowerCase();
    if (all.length !== text.characters.length) return spans;
    text.atOffset = text.atOffset ?? offsets(text);
    for (let at = all.indexOf(wanted); at >= 0 && spans.length < most; at = all.indexOf(wanted, at + wanted.length)) {
      const from = text.starts[text.atOffset[at]], to = text.starts[text.atOffset[at + wanted.length - 1] + 1];
      spans.push([from, to]);
    }
    return spans.filter(([from, to]) => text.parts.some(([first, last]) => first <= from && to <= last));
  };

  // The character of each UTF-16 unit.
  function offsets(text) {
    const found = new Int32Array(text.characters.length);
    for (let k = 0, at = 0; k < text.number; k++) {
      const end = at + text.at(k).length;
      found.fill(k, at, end);
      at = end;
    }
    return found;
  }
})();
