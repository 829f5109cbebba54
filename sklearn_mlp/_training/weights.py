"""Initial weights, drawn at random."""

import math
from itertools import pairwise

import numpy as np


def draw_weights(random_state, sizes, n_networks, init_range, fit_intercept, dtype):
    """Network by network: the weights layer by layer from the input side, then the biases.

    `init_range` may be "auto", for He's: of variance ``2 / fan_in``.
    """
    shapes = list(pairwise(sizes))
    ranges = [math.sqrt(6.0 / n) if init_range == "auto" else init_range for n, _ in shapes]
    networks = []
    for _ in range(n_networks):
        coefs = [
            random_state.uniform(-r, r, shape) for r, shape in zip(ranges, shapes, strict=True)
        ]
        intercepts = [
            random_state.uniform(-r, r, fan_out) if fit_intercept else np.zeros(fan_out)
            for r, (_, fan_out) in zip(ranges, shapes, strict=True)
        ]
        networks.append(coefs + intercepts)
    arrays = networks[0] if n_networks == 1 else [np.stack(a) for a in zip(*networks, strict=True)]
    arrays = [a.astype(dtype, copy=False) for a in arrays]
    return arrays[: len(shapes)], arrays[len(shapes) :]
