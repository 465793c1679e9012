"use strict";
// Which characters somebody has selected.

(() => {
  // The character at one end of a selection; undefined outside the text.
  function characterAt(node, offset, end) {
    const inText = node.nodeType === Node.TEXT_NODE;
    const owner = inText ? node.parentNode : node.childNodes[offset] ?? node.lastChild;
    const k = owner?.k;
    return k === undefined ? undefined : k - (end && inText && offset === 0 ? 1 : 0);
  }

  // First and last character of a selection within the pane; null where there is none.
  charlens.selected = (pane, selection) => {
    if (selection.isCollapsed || !selection.rangeCount) return null;
    const range = selection.getRangeAt(0);
    if (!pane.contains(range.commonAncestorContainer)) return null;
    const from = characterAt(range.startContainer, range.startOffset, false);
    const to = characterAt(range.endContainer, range.endOffset, true);
    return from === undefined || to === undefined || to < from ? null : [from, to];
  };
})();
