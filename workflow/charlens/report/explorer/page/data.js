"use strict";
// Chunks of data: inside the page, or in scripts beside it that call charlens.take.
// A page from a file may load scripts, but may not fetch anything.

const charlens = {};

(() => {
  const inside = new Map(), promises = new Map(), takers = new Map();
  for (const element of document.querySelectorAll("script[data-chunk]")) {
    inside.set(element.dataset.chunk, element);
  }
  const beside = new Set(JSON.parse(document.getElementById("beside").textContent));

  charlens.take = (name, value) => takers.get(name)?.(value);

  function fromScript(name) {
    return new Promise((resolve, reject) => {
      takers.set(name, resolve);
      const script = document.createElement("script");
      script.src = `data/${encodeURIComponent(name.replaceAll("/", "."))}.js`;
      script.onerror = () => reject(new Error(`${script.src} cannot be loaded`));
      document.head.append(script);
    });
  }

  // The chunk of a name; null where this page does not have it.
  charlens.chunk = (name) => {
    if (!promises.has(name)) {
      const element = inside.get(name);
      if (element) promises.set(name, Promise.resolve(JSON.parse(element.textContent)));
      else promises.set(name, beside.has(name) ? fromScript(name) : Promise.resolve(null));
    }
    return promises.get(name);
  };

  function decoded(text) {
    const characters = atob(text), bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  }

  // Packed bytes; of rows of a length, each is a first number and differences.
  charlens.unpack = async (text, row = 0) => {
    if (text === null) return null;
    const stream = new Blob([decoded(text)]).stream();
    const inflated = stream.pipeThrough(new DecompressionStream("deflate"));
    const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
    for (let start = 0; row && start < bytes.length; start += row) {
      for (let i = start + 1; i < start + row; i++) bytes[i] += bytes[i - 1];
    }
    return bytes;
  };

  // Values of one letter of a layer: numbers from -127 to 127 of each unit, and its scale.
  async function opened(name, count) {
    const chunk = await charlens.chunk(name);
    if (!chunk) return null;
    const bytes = await charlens.unpack(chunk.numbers, count);
    promises.set(name, null); // the packed text is not needed again
    return {
      scales: chunk.scales,
      of: (unit) => new Int8Array(bytes.buffer, unit * count, count),
    };
  }

  const layers = new Map();
  charlens.values = (model, layer, letter, count) => {
    const name = `${model}/${layer}/${letter}`;
    if (!layers.has(name)) layers.set(name, opened(name, count));
    return layers.get(name);
  };
})();
