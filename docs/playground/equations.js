// The equations of sklearn_mlp/_reference.py for one sample, with the article's names. A number of
// JavaScript is a float64.
import { forward } from "../../sklearn_mlp/_inspection/forward.js";

// S_ERROR, and the loss of a sample. The log loss is taken from S_preA, so that it is exact where
// the output rounds to 0 or 1.
const LOSSES = {
  squared_error: {
    error_signal: (FE, f_prime) => FE * f_prime,
    value: (FE) => 0.5 * FE * FE,
  },
  log_loss: {
    error_signal: FE => FE,
    value: (_, S_preA_O, T) => {
      const z = (1 - 2 * T) * S_preA_O;
      return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    },
  },
};

export function loss_of(FE, S_preA_O, T, loss) {
  return LOSSES[loss].value(FE, S_preA_O, T);
}

// Backpropagate one sample. Every gradient uses the weights from before the sample.
export function gradients(x, T, { coefs, intercepts }, loss) {
  const { S_preA, S_postA } = forward(x, coefs, intercepts);
  const f_prime = S_postA.map(layer => layer.map(f => f * (1 - f)));
  const FE = S_postA.at(-1)[0] - T;
  const S_ERROR = LOSSES[loss].error_signal(FE, f_prime.at(-1)[0]);

  const inputs = [x, ...S_postA.slice(0, -1)];  // what flows into each layer
  const error_signals = [], grad_coefs = [];
  let error_signal = [S_ERROR];
  for (let layer = coefs.length - 1; layer >= 0; layer--) {
    // gradient_HtoO = S_ERROR * S_postA,H
    // gradient_ItoH = S_ERROR * weight_HtoO * f'(S_preA,H) * input
    const errors = error_signal;
    error_signals[layer] = errors;  // also the gradients of a bias node, whose input is 1
    grad_coefs[layer] = inputs[layer].map(input => errors.map(error => input * error));
    if (layer > 0) error_signal = coefs[layer].map((weights, i) =>
      weights.reduce((sum, weight, j) => sum + weight * errors[j], 0) * f_prime[layer - 1][i]);
  }
  return {
    S_preA, S_postA, FE, S_ERROR, error_signals, grad_coefs,
    loss: loss_of(FE, S_preA.at(-1)[0], T, loss),
  };
}

// What the term of alpha multiplies each weight with in an update, those of bias nodes excepted.
export function shrink_of({ LR, alpha }, n_samples) {
  return Math.max(0, 1 - LR * alpha / n_samples);
}

// Change all weights, in place: weight -= LR * gradient.
export function change(weights, { grad_coefs, error_signals }, options, n_samples) {
  const { LR, has_bias } = options, shrink = shrink_of(options, n_samples);
  for (const [layer, coef] of weights.coefs.entries()) {
    for (const [i, row] of coef.entries())
      for (const j of row.keys()) row[j] = row[j] * shrink - LR * grad_coefs[layer][i][j];
    if (has_bias)
      for (const [j, error] of error_signals[layer].entries())
        weights.intercepts[layer][j] -= LR * error;
  }
}
