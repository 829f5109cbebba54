"""Weights: initial ones, and all of them in the memory layout of the kernels."""

import math
import operator
import os
from itertools import pairwise

import numpy as np
from sklearn.utils import check_array

from ._kernel import Network, instruction_sets, lanes

# Chooses the instruction set of the kernels: "plain", "baseline", "v3" (AVX2) or "v4" (AVX-512).
# Results differ between them in the last bits, so a cluster of mixed machines sets it.
INSTRUCTION_SET = "SKLEARN_MLP_INSTRUCTION_SET"


def default_instruction_set():
    """The widest that the processor has, or the one that the environment variable names."""
    available = instruction_sets()
    name = os.environ.get(INSTRUCTION_SET) or available[-1]
    if name not in available:
        raise ValueError(
            f"{INSTRUCTION_SET}={name!r} is not available here; available are {available}."
        )
    return name


def instruction_set_for(hidden_sizes, dtype):
    """`default_instruction_set`, or AVX2 instead of AVX-512 where its vectors hold every layer.

    Wider ones would hold padding: 3 inputs and 4 nodes took 72 ns a sample instead of 65 (Zen 4).
    """
    name = default_instruction_set()
    if (
        name == "v4"
        and not os.environ.get(INSTRUCTION_SET)
        and max(hidden_sizes) <= lanes("v3", dtype)
    ):
        return "v3"
    return name


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


def given_weights(sizes, n_networks, dtype, coefs, intercepts):
    """Initial weights that the caller gives (or None), checked against the shapes of the network.

    The output layer's weights may lack their last axis.
    """
    lead = () if n_networks == 1 else (n_networks,)
    if coefs is not None:
        shapes = [(*lead, *shape) for shape in pairwise(sizes)]
        coefs = _check_weights("coefs_init", coefs, shapes, dtype)
    if intercepts is not None:
        shapes = [(*lead, fan_out) for fan_out in sizes[1:]]
        intercepts = _check_weights("intercepts_init", intercepts, shapes, dtype)
    return coefs, intercepts


def _check_weights(name, given, shapes, dtype):
    try:
        given = list(given)
    except TypeError:
        raise TypeError(f"{name} must be a list of arrays, one per layer, got {given!r}.") from None
    if len(given) != len(shapes):
        raise ValueError(f"{name} must have {len(shapes)} arrays, one per layer, got {len(given)}.")
    arrays = []
    for layer, (array, shape) in enumerate(zip(given, shapes, strict=True)):
        array = check_array(
            array,
            dtype=dtype,
            ensure_2d=False,
            allow_nd=True,
            ensure_min_samples=0,
            input_name=f"{name}[{layer}]",
        )
        if layer == len(shapes) - 1 and name == "coefs_init" and array.shape == shape[:-1]:
            array = array[..., np.newaxis]
        if array.shape != shape:
            raise ValueError(f"{name}[{layer}] must have shape {shape}, got {array.shape}.")
        arrays.append(array)
    return arrays


def dtype_of(coefs):
    """float32 if all weights are float32, else float64."""
    return np.result_type(np.float32, *coefs)


class PackedWeights:
    """Copies of weights, side by side in one buffer, each layer's rows padded to whole vectors.

    Parameters
    ----------
    coefs, intercepts : lists of arrays, shaped like the estimator's `coefs_` and `intercepts_`

    Attributes
    ----------
    buffer : array of shape (n_networks, n_values)
    coefs, intercepts : lists of arrays
        Views of the buffer, shaped like those given.
    """

    def __init__(self, coefs, intercepts):
        coefs, intercepts = [np.asarray(a) for a in coefs], [np.asarray(a) for a in intercepts]
        _check_chain(coefs, intercepts)
        dtype = dtype_of(coefs)
        self.instruction_set = instruction_set_for([a.shape[-1] for a in coefs[:-1]], dtype)
        n_lanes = lanes(self.instruction_set, dtype)
        several = coefs[0].ndim == 3
        n_networks = len(coefs[0]) if several else 1

        def padded(n):
            return -(-n // n_lanes) * n_lanes

        # Per layer its weights, then its biases; the output layer's weights are a row.
        sizes = []
        for coef in coefs:
            fan_in, fan_out = coef.shape[-2:]
            sizes += [
                padded(fan_in) if fan_out == 1 and coef is coefs[-1] else fan_in * padded(fan_out)
            ]
            sizes += [padded(fan_out)]
        offsets = np.concatenate([[0], np.cumsum(sizes)])
        self.buffer = _aligned_zeros((n_networks, int(offsets[-1])), dtype)

        self.coefs, self.intercepts = [], []
        for number, (coef, intercept) in enumerate(zip(coefs, intercepts, strict=True)):
            fan_in, fan_out = coef.shape[-2:]
            w, b, end = offsets[2 * number : 2 * number + 3]
            weights = self.buffer[:, w:b]
            if coef is coefs[-1]:
                weights = weights[:, :fan_in, np.newaxis]
            else:
                weights = weights.reshape(n_networks, fan_in, -1)[:, :, :fan_out]
            biases = self.buffer[:, b:end][:, :fan_out]
            self.coefs.append(weights if several else weights[0])
            self.intercepts.append(biases if several else biases[0])
            self.coefs[-1][...] = coef
            self.intercepts[-1][...] = intercept

        # The same network by network, made once: predictions of a single row are a matter of us.
        stacks = [a if several else a[np.newaxis] for a in (*self.coefs, *self.intercepts)]
        networks = zip(*stacks, strict=True)
        self._networks = [(views[: len(coefs)], views[len(coefs) :]) for views in networks]

    def holds(self, coefs, intercepts):
        """Whether these very arrays are views of the buffer."""
        mine = (*self.coefs, *self.intercepts)
        given = (*coefs, *intercepts)
        return len(mine) == len(given) and all(map(operator.is_, mine, given))

    def networks(self, *, train_biases=False):
        """The kernel's networks, one per class if there are more than two."""
        return [
            Network(
                coefs,
                intercepts,
                instruction_set=self.instruction_set,
                train_biases=train_biases,
            )
            for coefs, intercepts in self._networks
        ]


def _check_chain(coefs, intercepts):
    """Raise ValueError unless the arrays make networks with one output node each."""
    lead = coefs[0].shape[:-2]
    fits = len(coefs) == len(intercepts) > 1 and all(a.ndim == len(lead) + 2 for a in coefs)
    fits = (
        fits
        and len(lead) <= 1
        and all(a.shape[:-2] == lead for a in coefs)
        and all(b.shape == (*lead, a.shape[-1]) for a, b in zip(coefs, intercepts, strict=True))
        and all(a.shape[-1] == b.shape[-2] for a, b in pairwise(coefs))
        and coefs[-1].shape[-1] == 1
    )
    if not fits:
        raise ValueError(
            "coefs_ and intercepts_ do not make a network: their shapes are "
            f"{[a.shape for a in coefs]} and {[b.shape for b in intercepts]}."
        )


def _aligned_zeros(shape, dtype, alignment=64):
    """Zeros that start at a cache line; rows of whole vectors then never straddle one in vain."""
    itemsize = np.dtype(dtype).itemsize
    size = int(np.prod(shape))
    memory = np.zeros(size + alignment // itemsize, dtype=dtype)
    start = -memory.ctypes.data % alignment // itemsize
    return memory[start : start + size].reshape(shape)
