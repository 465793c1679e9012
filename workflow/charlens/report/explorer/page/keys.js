"use strict";
// What keys do.

(() => {
  // acts: see main.js; ready: whether there is anything to act on.
  charlens.listenToKeys = (acts, ready) => {
    const forward = (by) => (acts.isRightToLeft() ? -by : by);
    const keys = {
      ArrowUp: () => acts.nextCell(-1),
      ArrowDown: () => acts.nextCell(1),
      ArrowLeft: ({ shiftKey }) => acts.step(forward(-1), shiftKey),
      ArrowRight: ({ shiftKey }) => acts.step(forward(1), shiftKey),
      Escape: () => acts.clear(),
      1: () => acts.setView("cell"),
      2: () => acts.setView("surprise"),
      3: () => acts.setView("difference"),
      e: () => acts.toggleErrors(),
    };
    addEventListener("keydown", (event) => {
      const { target, key } = event, radio = target.type === "radio";
      const busy = target.closest?.("input, select, textarea") && !radio;
      if (busy || !ready() || event.ctrlKey || event.metaKey || event.altKey || !keys[key]) return;
      if (radio && key.startsWith("Arrow")) return;
      event.preventDefault();
      keys[key](event);
    });
  };
})();
