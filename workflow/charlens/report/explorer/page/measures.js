"use strict";
// Which cells tell a phrase from the rest, which places are like it, where a cell is extreme.

(() => {
  // How often each number from -128 to 127 occurs from one position to before another.
  function histogram(values, from = 0, to = values.length, counts = new Int32Array(256)) {
    for (let i = from; i < to; i++) counts[values[i] + 128]++;
    return counts;
  }

  // The chance that a value of the first exceeds one of the second; ties count half.
  function auc(first, second) {
    let below = 0, wins = 0, n = 0, m = 0;
    for (let value = 0; value < 256; value++) {
      wins += first[value] * (below + second[value] / 2);
      below += second[value];
      n += first[value];
      m += second[value];
    }
    return n && m ? wins / (n * m) : 0.5;
  }

  // Counts of all numbers less those of a part.
  const rest = (all, part) => all.map((count, value) => count - part[value]);

  // How well a cell tells marked stretches from all other text and from what is around them.
  function separation(values, all, spans, borders, around) {
    const marked = new Int32Array(256), near = new Int32Array(256);
    spans.forEach(([from, to], i) => {
      const [first, last] = borders[i];
      histogram(values, from, to, marked);
      histogram(values, Math.max(first, from - around), from, near);
      histogram(values, to, Math.min(last, to + around), near);
    });
    const everywhere = auc(marked, rest(all, marked)), here = auc(marked, near);
    return { everywhere, here, strength: Math.abs(everywhere + here - 1) };
  }

  // How often a cell has each value; counted once.
  function histogramOf(cell) {
    cell.all = cell.all ?? histogram(cell.values);
    return cell.all;
  }

  // Cells by how well they tell stretches of text apart, best first.
  function rankCells(cells, spans, parts) {
    const longest = Math.max(...spans.map(([from, to]) => to - from));
    const around = Math.max(100, 2 * longest);
    const borders = spans.map(([from]) => parts.find(([, end]) => from < end));
    const ranked = cells.filter(({ values }) => values).map((cell) => ({
      cell,
      ...separation(cell.values, histogramOf(cell), spans, borders, around),
    }));
    return ranked.sort((a, b) => b.strength - a.strength);
  }

  function moments(all) {
    let n = 0, sum = 0, squares = 0;
    for (let value = 0; value < 256; value++) {
      n += all[value];
      sum += all[value] * (value - 128);
      squares += all[value] * (value - 128) ** 2;
    }
    const mean = sum / n;
    return { mean, sd: Math.sqrt(Math.max(squares / n - mean * mean, 1e-6)) };
  }

  // Stretches as long as a marked one in which the cells are most alike, by the cosine of means.
  function similarPlaces(cells, [from, to], parts, most) {
    const read = cells.filter(({ values }) => values), count = read[0].values.length, size = to - from;
    const dot = new Float32Array(count), norm = new Float32Array(count);
    let own = 0;
    for (const cell of read) {
      const { values } = cell;
      cell.moments = cell.moments ?? moments(histogramOf(cell));
      const { mean, sd } = cell.moments;
      let target = 0, sum = 0;
      for (let i = from; i < to; i++) target += values[i];
      target = (target / size - mean) / sd;
      own += target * target;
      for (let i = 0; i < count; i++) {
        sum += values[i] - (i >= size ? values[i - size] : 0);
        if (i < size - 1) continue;
        const z = (sum / size - mean) / sd;
        dot[i - size + 1] += z * target;
        norm[i - size + 1] += z * z;
      }
    }
    const likeness = dot.map((product, i) => product / (Math.sqrt(norm[i] * own) || 1));
    const whole = (i) => parts.some(([first, last]) => first <= i && i + size <= last);
    return peaks(likeness, most, Math.max(size, 40), (i) => whole(i) && (i + size <= from || i >= to))
      .map((at) => ({ from: at, to: at + size, likeness: likeness[at] }));
  }

  // Places of the largest scores, at least a gap apart, the first of equal ones.
  function peaks(scores, most, gap, allowed = () => true) {
    const free = new Uint8Array(scores.length), chosen = [];
    for (let i = 0; i < free.length; i++) free[i] = allowed(i) ? 1 : 0;
    while (chosen.length < most) {
      let best = -1;
      for (let i = 0; i < free.length; i++) if (free[i] && (best < 0 || scores[i] > scores[best])) best = i;
      if (best < 0) break;
      chosen.push(best);
      free.fill(0, Math.max(0, best - gap + 1), best + gap);
    }
    return chosen;
  }

  charlens.measures = { histogramOf, auc, rankCells, similarPlaces, peaks };
})();
