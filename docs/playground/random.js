// The numbers of NumPy's RandomState(seed): the Mersenne Twister MT19937, M. Matsumoto and
// T. Nishimura, 1998. With them, `seed` is the `random_state` of the estimator.
const LENGTH = 624, SHIFT = 397;

function random_state(seed) {
  const key = new Uint32Array(LENGTH);
  let at = LENGTH;
  key[0] = seed;
  for (let i = 1; i < LENGTH; i++)
    key[i] = Math.imul(1812433253, key[i - 1] ^ (key[i - 1] >>> 30)) + i;
  function next_32_bits() {
    if (at === LENGTH) {
      for (let i = 0; i < LENGTH; i++) {
        const bits = (key[i] & 0x80000000) | (key[(i + 1) % LENGTH] & 0x7fffffff);
        key[i] = key[(i + SHIFT) % LENGTH] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
      }
      at = 0;
    }
    let bits = key[at];
    at += 1;
    bits ^= bits >>> 11;
    bits ^= (bits << 7) & 0x9d2c5680;
    bits ^= (bits << 15) & 0xefc60000;
    return (bits ^ (bits >>> 18)) >>> 0;
  }
  // Uniform in [0, 1), with 53 bits.
  return () => ((next_32_bits() >>> 5) * 67108864 + (next_32_bits() >>> 6)) / 9007199254740992;
}

// The estimator's initial weights: uniform between -r and r, where r is `init_range` or, for
// "auto", sqrt(6 / fan_in). The weights are drawn layer by layer, then those of the bias nodes.
export function initial_weights(seed, sizes, init_range, has_bias) {
  const random = random_state(seed);
  const range_of = layer => (init_range === "auto" ? Math.sqrt(6 / sizes[layer]) : init_range);
  const uniform = layer => -range_of(layer) + 2 * range_of(layer) * random();
  const fan_outs = sizes.slice(1);
  const coefs = fan_outs.map((fan_out, layer) =>
    Array.from({ length: sizes[layer] }, () =>
      Array.from({ length: fan_out }, () => uniform(layer))));
  const intercepts = fan_outs.map((fan_out, layer) =>
    Array.from({ length: fan_out }, () => (has_bias ? uniform(layer) : 0)));
  return { coefs, intercepts };
}
