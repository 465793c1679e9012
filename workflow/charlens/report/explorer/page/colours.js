"use strict";
// Colours: vermilion for low and blue for high, as in Figure 2, told apart by the colour-blind.

(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const LIGHT = { paper: [255, 255, 255], low: [213, 94, 0], high: [0, 114, 178], much: [140, 70, 160] };
  const DARK = { paper: [21, 24, 28], low: [205, 92, 10], high: [30, 120, 200], much: [150, 80, 175] };
  const STRENGTH = 0.88; // of the strongest colour, so that the text stays readable
  // Okabe & Ito's colours, one for each family of errors.
  const FAMILIES = ["#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#8c8c8c", "#D55E00", "#0072B2"];

  const theme = () => (dark.matches ? DARK : LIGHT);

  function mixed(colour, share) {
    const paper = theme().paper;
    const [r, g, b] = paper.map((from, i) => Math.round(from + (colour[i] - from) * share));
    return `rgb(${r}, ${g}, ${b})`;
  }

  // The colour of a value from -1 to 1.
  const diverging = (value) => {
    const share = STRENGTH * Math.min(1, Math.abs(value));
    return share < 0.01 ? "" : mixed(value < 0 ? theme().low : theme().high, share);
  };

  // The colour of an amount from 0 to 1.
  const sequential = (amount) => {
    const share = STRENGTH * Math.min(1, Math.max(0, amount));
    return share < 0.01 ? "" : mixed(theme().much, share);
  };

  // Colours of the numbers -128 to 127 of a unit.
  const table = (scale) => {
    const colours = [];
    for (let number = -128; number < 128; number++) colours.push(diverging((number * scale) / 127));
    return colours;
  };

  charlens.colours = {
    diverging,
    sequential,
    table,
    family: (index) => FAMILIES[index % FAMILIES.length],
    onChange: (act) => dark.addEventListener("change", act),
  };
})();
