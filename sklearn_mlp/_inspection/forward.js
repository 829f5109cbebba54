// The forward pass, as `forward` in _reference.py: S_preA and S_postA of each layer from the first
// hidden one to the output. coefs[layer][i][j] is the weight from node i to node j,
// intercepts[layer][j] that of the bias node.
export const f = x => 1 / (1 + Math.exp(-x));

export function forward(x, coefs, intercepts) {
  const S_preA = [], S_postA = [];
  let signal = x;
  for (const [layer, weight] of coefs.entries()) {
    const sums = intercepts[layer].slice();
    for (const [i, row] of weight.entries())
      for (const [j, w] of row.entries()) sums[j] += signal[i] * w;
    signal = sums.map(f);
    S_preA.push(sums);
    S_postA.push(signal);
  }
  return { S_preA, S_postA };
}
