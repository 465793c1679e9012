"use strict";
// Two models: which did better at each character, and where most.

(() => {
  const { box, button, element } = charlens;
  const panel = document.getElementById("models");
  const LEAST = 0.5, RANGE = 6; // bits: of a lead that is listed, and of the strongest colours
  const LISTED = 12, GAP = 30;

  // The other model's loss less this one's at each position, in bits: above 0 this one did better.
  const lead = (model, rival, i) => (rival.loss[i] - model.loss[i]) / charlens.steps.bits;

  // Places where a model did better than another, the largest leads first.
  function places(text, [winner, loser], colour, go) {
    const leads = Float32Array.from(winner.loss, (_, i) => lead(winner, loser, i));
    const inSight = (i) => leads[i] > LEAST && text.parts.every(([, end]) => i + 1 !== end);
    return charlens.measures.peaks(leads, LISTED, GAP, inSight).map((i) => {
      const gain = element("span", "quiet", `${leads[i].toFixed(1)} bits`);
      return button("place", () => go(i + 1), gain, charlens.sample(text, colour, i + 1, 22, 12));
    });
  }

  // What is said of two models; the places are listed at once where their difference is looked at.
  charlens.showModels = ({ text, model, rival, state }, go) => {
    panel.hidden = !rival;
    if (!rival) return;
    const means = [model, rival].map(({ title, mean }) => `${title} ${mean.toFixed(3)}`);
    const colour = (k) => charlens.colours.diverging(charlens.leadOf(text, model, rival, k) / RANGE);
    panel.replaceChildren(
      element("h2", "", "Two models"),
      element("p", "", `Bits per ${text.number < text.count ? "byte" : "character"}, here: ${means.join(", ")}.`),
      ...[[model, rival], [rival, model]].map((pair) =>
        box(`Where ${pair[0].title} did better`, () => places(text, pair, colour, go), state.view === "difference")),
    );
  };

  // The same of a character: over all of its bytes.
  charlens.leadOf = (text, model, rival, k) => {
    const [from, to] = text.predictedAt(k);
    let sum = 0;
    for (let i = from; i < to; i++) sum += lead(model, rival, i);
    return sum;
  };
})();
