"use strict";
// What a mouse or a finger does in the text: point at a character, choose it, mark characters.

(() => {
  // The character at one end of a selection; undefined outside the text.
  function characterAt(node, offset, end) {
    const inText = node.nodeType === Node.TEXT_NODE;
    const owner = inText ? node.parentNode : node.childNodes[offset] ?? node.lastChild;
    const k = owner?.k;
    return k === undefined ? undefined : k - (end && inText && offset === 0 ? 1 : 0);
  }

  // First and last character of a selection within the pane; null where there is none.
  function selected(pane, selection) {
    if (selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    if (!pane.contains(range.commonAncestorContainer)) return null;
    const from = characterAt(range.startContainer, range.startOffset, false);
    const to = characterAt(range.endContainer, range.endOffset, true);
    return from === undefined || to === undefined || to < from ? null : [from, to];
  }

  // acts: see main.js.
  charlens.listenToPointer = (pane, acts) => {
    const markSelected = () => {
      const found = selected(pane, getSelection());
      if (found) acts.markCharacters(...found);
      return found;
    };
    pane.addEventListener("mouseup", () => setTimeout(() => {
      if (markSelected()) getSelection().removeAllRanges();
    }));
    let settled = 0; // a finger moves the ends of its selection for a while
    document.addEventListener("selectionchange", () => {
      clearTimeout(settled);
      if (matchMedia("(pointer: coarse)").matches) settled = setTimeout(markSelected, 500);
    });
    pane.addEventListener("click", ({ target }) => {
      if (target.k !== undefined && getSelection().isCollapsed) acts.moveTo(target.k);
    });
    pane.addEventListener("mouseover", ({ target }) => target.k !== undefined && acts.pointAt(target.k));
    pane.addEventListener("mouseleave", () => acts.pointAt());
  };
})();
