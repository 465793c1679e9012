"use strict";
// Making parts of the page, and writing numbers.

(() => {
  const element = (name, className, content) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (content !== undefined) made.textContent = content;
    return made;
  };

  const button = (className, act, ...content) => {
    const made = element("button", className);
    made.type = "button";
    made.append(...content);
    made.addEventListener("click", act);
    return made;
  };

  // A box that is filled when it is first opened.
  const box = (title, fill, open = false) => {
    const made = element("details");
    made.append(element("summary", "", title));
    const filled = () => made.open && made.children.length === 1 && made.append(...fill());
    made.addEventListener("toggle", filled);
    made.open = open;
    filled();
    return made;
  };

  // A table with a head; rows are appended to its body.
  const table = (...titles) => {
    const made = element("table"), head = element("tr");
    for (const title of titles) head.append(element("th", "", title));
    made.append(element("thead"), element("tbody"));
    made.tHead.append(head);
    return made;
  };

  // A canvas so wide and high in pixels of the page, and what draws on it.
  const canvas = (className, wide, high, label) => {
    const made = element("canvas", className), ratio = devicePixelRatio || 1;
    made.width = wide * ratio;
    made.height = high * ratio;
    made.setAttribute("role", "img");
    made.setAttribute("aria-label", label);
    const context = made.getContext("2d");
    context.scale(ratio, ratio);
    return [made, context];
  };

  // What rounds to zero has no sign.
  const number = (value, digits = 2) => {
    if (value === null) return "–";
    const shown = value.toFixed(digits);
    return shown.replace("-", Number(shown) === 0 ? "" : "−");
  };
  const signed = (value) => (Number((value ?? 0).toFixed(2)) > 0 ? "+" : "") + number(value);
  const percent = (p) => {
    if (p === null) return "–";
    if (p >= 0.995) return "> 99 %";
    return p < 0.001 ? "< 0.1 %" : `${(100 * p).toFixed(p < 0.1 ? 1 : 0)} %`;
  };

  Object.assign(charlens, { box, button, canvas, element, number, percent, signed, table });
})();
