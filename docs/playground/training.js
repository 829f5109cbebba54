// Training that can go back: the samples are visited in their order, epoch after epoch.
import { forward } from "../../sklearn_mlp/_inspection/forward.js";
import { change, gradients, loss_of, shrink_of } from "./equations.js";
import { in_order } from "./network.js";

const MOST_KEPT = 2000;  // copies of weights

export const copy_of = ({ coefs, intercepts }) => ({
  coefs: coefs.map(rows => rows.map(row => row.slice())),
  intercepts: intercepts.map(row => row.slice()),
});

// options: loss, LR, alpha, has_bias
export function begin_training(X, y, start, options) {
  const n = X.length;
  let made = 0;  // updates
  let weights = copy_of(start);
  let sum = 0;  // of the losses of this epoch
  const losses = [];  // the mean loss of each epoch that is complete
  // Weights at the beginning of every `every`-th epoch: to go back, updates are made again.
  let every = 1, kept = [];

  function advance() {
    const row = made % n, epoch = made / n;
    if (row === 0) {
      sum = 0;
      if (epoch % every === 0) kept[epoch / every] = copy_of(weights);
      if (kept.length > MOST_KEPT) {
        kept = kept.filter((_, number) => number % 2 === 0);
        every *= 2;
      }
    }
    const found = gradients(X[row], y[row], weights, options.loss);
    change(weights, found, options, n);
    sum += found.loss;
    made += 1;
    if (made % n === 0) losses.push(sum / n);
  }

  // To the weights after that number of updates.
  function go_to(number) {
    if (number < made) {
      const at = Math.floor(number / n / every);
      weights = copy_of(kept[at]);
      made = at * every * n;
      losses.length = at * every;
    }
    while (made < number) advance();
  }

  // The next update, as the pages that step through updates read it.
  function next() {
    const row = made % n, x = X[row], T = y[row];
    const found = gradients(x, T, weights, options.loss);
    const after = copy_of(weights);
    change(after, found, options, n);
    const { S_preA, S_postA } = forward(x, after.coefs, after.intercepts);
    const S_postA_after = S_postA.at(-1)[0];
    return {
      number: made + 1,
      epoch: Math.floor(made / n) + 1,
      row,
      label: String(T),
      T,
      LR: options.LR,
      step: 1,
      shrink: shrink_of(options, n),
      loss: found.loss,
      loss_after: loss_of(S_postA_after - T, S_preA.at(-1)[0], T, options.loss),
      S_postA_after,
      FE: found.FE,
      S_ERROR: found.S_ERROR,
      S_preA: found.S_preA.flat(),
      S_postA: [...x, ...found.S_postA.flat()],
      error: found.error_signals.flat(),
      weights: in_order(weights, options.has_bias),
      after: in_order(after, options.has_bias),
      weights_before: copy_of(weights),
      weights_after: after,
    };
  }
  return { go_to, next, losses, n, made: () => made };
}
