"use strict";
// The text of a corpus: bytes with positions, and the characters that people read in them.

(() => {
  const sums = (sizes, count) => {
    const starts = new Int32Array(count + 1);
    for (let i = 0; i < count; i++) starts[i + 1] = starts[i] + (sizes ? sizes[i] : 1);
    return starts;
  };

  // Columns that a character takes: East Asian ones and pictures take two, a tab four.
  const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\ud83c-\ud83e]/u;
  const columns = (shown) => (shown === "\t" ? 4 : shown > "\u10ff" && wide.test(shown) ? 2 : 1);

  charlens.openText = async (facts) => {
    const [bytes, sizes, widths] = await Promise.all(
      [facts.bytes, facts.sizes, facts.widths].map((packed) => charlens.unpack(packed)),
    );
    const units = facts.characters;
    const number = sizes ? sizes.length : facts.count;
    const starts = sums(sizes, number), offsets = widths ? sums(widths, number) : null;
    const at = (k) => (offsets ? units.slice(offsets[k], offsets[k + 1]) : units[k]);
    const characterOf = new Int32Array(facts.count);
    for (let k = 0; k < number; k++) characterOf.fill(k, starts[k], starts[k + 1]);
    const parts = facts.parts.map(([first, last]) => [first, last]);

    const text = {
      ...facts,
      bytes,
      number,
      starts,
      at,
      characterOf,
      parts,
      shown: (k) => (at(k) === "\r" && at(k + 1) === "\n" ? " " : charlens.inText(at(k))),
      // The byte after which a character has been read whole: its colour is that of this one.
      last: (k) => starts[k + 1] - 1,
      // Positions at which its bytes were predicted; none for the first of a stream.
      predictedAt: (k) => {
        const [first] = parts.find(([, end]) => starts[k] < end);
        return [Math.max(starts[k], first + 1) - 1, starts[k + 1] - 1];
      },
      slice: (from, to) => {
        const a = characterOf[Math.max(0, from)], b = characterOf[Math.min(facts.count, to) - 1] + 1;
        return offsets ? units.slice(offsets[a], offsets[b]) : units.slice(a, b);
      },
      // The byte that came after a position.
      next: (i) => {
        const part = facts.parts.find(([, end]) => i < end);
        return i + 1 < part[1] ? bytes[i + 1] : part[2];
      },
    };
    text.lines = (width) => lines(text, width);
    return text;
  };

  // First characters of the lines of a text, broken at spaces, and a heading for each stream.
  function lines(text, width) {
    const found = [];
    for (const [first, last] of text.parts) {
      found.push({ heading: first });
      let from = text.characterOf[first], space = -1, used = 0;
      const end = text.characterOf[last - 1] + 1;
      for (let k = from; k < end; k++) {
        const shown = text.at(k);
        used += columns(shown);
        if (used > width && k > from) {
          const cut = space > from ? space + 1 : k;
          found.push({ from, to: cut });
          from = cut;
          k = cut - 1;
          used = 0;
          space = -1;
          continue;
        }
        if (shown === " ") space = k;
        if (shown === "\n" || (shown === "\r" && text.at(k + 1) !== "\n")) {
          found.push({ from, to: k + 1 });
          from = k + 1;
          used = 0;
          space = -1;
        }
      }
      if (from < end) found.push({ from, to: end });
    }
    return found;
  }

  // How a character is shown in the text, and in a list.
  const SIGNS = { "\n": "↵", "\r": "←", "\t": "⇥   ", " ": " " };
  charlens.inText = (shown) => SIGNS[shown] ?? (shown < " " || shown === "\x7f" ? "·" : shown);
  // A mark without its letter would be drawn on what comes before it: on a dotted circle, as in the figures.
  charlens.inList = (shown) => {
    if (/^\p{M}/u.test(shown)) return `◌${shown}`;
    return shown === " " ? "␣" : shown === "\t" ? "⇥" : charlens.inText(shown);
  };
  charlens.byteName = (text, byte) => (byte === 32 ? "␣" : byte === 10 ? "↵" : text.glyphs[byte]);
})();
