// The network of the settings: its nodes, edges and names as the drawing and the words take them, and
// its weights as a text and in the order of the edges.

export function sizes_of(settings, n_inputs) {
  return [n_inputs, settings.hidden, ...(settings.second ? [settings.second] : []), 1];
}

export function network_of(sizes, has_bias, layers, loss) {
  const name = (layer, n) => {
    if (layer === 0) return `x${n}`;
    return layer === sizes.length - 1 ? "O" : `${layers[layer]}[${n}]`;
  };
  const nodes = sizes.flatMap((size, layer) =>
    Array.from({ length: size }, (_, n) => [layer, name(layer, n)]));
  const in_layer = layer => [...nodes.keys()].filter(node => nodes[node][0] === layer);
  const edges = sizes.slice(1).flatMap((_, layer) =>
    [...in_layer(layer), ...(has_bias ? [-1] : [])].flatMap(from =>
      in_layer(layer + 1).map(to => [from, to])));
  return { nodes, edges, layers, has_bias, loss, is_small: true, of: "1" };
}

// Rows of weights in the order of the edges of the drawing: layer by layer, a bias node's last.
function rows_of({ coefs, intercepts }, has_bias) {
  return coefs.flatMap((rows, layer) => [...rows, ...(has_bias ? [intercepts[layer]] : [])]);
}
export function in_order(weights, has_bias) {
  return rows_of(weights, has_bias).flat();
}
// Change the weight of an edge, in place.
export function set_weight(weights, has_bias, edge, value) {
  let at = edge;
  for (const row of rows_of(weights, has_bias)) {
    if (at >= 0 && at < row.length) row[at] = value;
    at -= row.length;
  }
}

export function text_of_weights(weights, has_bias) {
  return in_order(weights, has_bias).join(",");
}
// The weights of a text, or null if it does not have as many numbers as the network has weights.
export function weights_of_text(text, sizes, has_bias) {
  const numbers = text.split(",").map(Number);
  const zeros = length => Array.from({ length }, () => 0);
  const coefs = sizes.slice(1).map((fan_out, layer) =>
    Array.from({ length: sizes[layer] }, () => zeros(fan_out)));
  const weights = { coefs, intercepts: sizes.slice(1).map(zeros) };
  const n_weights = in_order(weights, has_bias).length;
  if (text === "" || numbers.length !== n_weights || !numbers.every(Number.isFinite)) return null;
  for (const [edge, value] of numbers.entries()) set_weight(weights, has_bias, edge, value);
  return weights;
}
