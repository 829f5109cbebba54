"""The weights in the memory layout of the kernels."""

import os
from functools import partial
from itertools import pairwise
from threading import RLock

import numpy as np

from . import Network, instruction_sets, lanes, same_objects

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


def dtype_of(coefs):
    """float32 if all weights are float32, else float64."""
    are_float32 = all(a.dtype == np.float32 for a in _as_arrays(coefs, "coefs_"))
    return np.dtype(np.float32 if are_float32 else np.float64)


def _as_arrays(weights, name):
    """A list of arrays, of what a user may have assigned; ValueError if it is none."""
    try:
        arrays = [np.asarray(a) for a in weights]
    except (TypeError, ValueError):  # no list, or a ragged one
        arrays = [np.array(None)]
    if not all(a.dtype.kind in "fiu" for a in arrays):
        raise ValueError(f"{name} must be a list of arrays of real numbers, one for each layer.")
    return arrays


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
    lock : threading.RLock
        For a thread that changes the weights in place.
    shown, learning : see `sklearn_mlp._quick`, which keeps them here; None at first
    """

    shown = learning = None

    def __init__(self, coefs, intercepts):
        coefs = _as_arrays(coefs, "coefs_")
        intercepts = _as_arrays(intercepts, "intercepts_")
        _check_chain(coefs, intercepts)
        sizes = [*(coef.shape[-2] for coef in coefs), 1]
        n_networks = len(coefs[0]) if coefs[0].ndim == 3 else None
        self._allocate(sizes, n_networks, dtype_of(coefs))
        for view, array in zip(self.coefs, coefs, strict=True):
            view[...] = array
        for view, array in zip(self.intercepts, intercepts, strict=True):
            view[...] = array

    @classmethod
    def zeros(cls, sizes, n_networks, dtype):
        """Weights of zero for `n_networks` networks of layers of these sizes, inputs first."""
        packed = cls.__new__(cls)
        packed._allocate(sizes, n_networks if n_networks > 1 else None, np.dtype(dtype))
        return packed

    def _allocate(self, sizes, n_networks, dtype):
        self._sizes = sizes
        self.instruction_set = instruction_set_for(sizes[1:-1], dtype)
        self._offsets = _offsets(sizes, lanes(self.instruction_set, dtype))
        self.buffer = _aligned_zeros((n_networks or 1, self._offsets[-1]), dtype)
        self.lock = RLock()
        self.coefs, self.intercepts = [], []
        for number, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            w, b, end = self._offsets[2 * number : 2 * number + 3]
            weights, biases = self.buffer[:, w:b], self.buffer[:, b:end][:, :fan_out]
            if number == len(sizes) - 2:
                weights = weights[:, :fan_in, np.newaxis]
            else:
                weights = weights.reshape(len(self.buffer), fan_in, -1)[:, :, :fan_out]
            self.coefs.append(weights[0] if n_networks is None else weights)
            self.intercepts.append(biases[0] if n_networks is None else biases)

    def holds(self, coefs, intercepts):
        """Whether these very arrays are views of the buffer."""
        return same_objects(coefs, self.coefs) and same_objects(intercepts, self.intercepts)

    def networks(self, activations, *, train_biases=False, n_threads=1):
        """Make the kernel's networks, one per class if there are more than two.

        `activations` are the names of that of the hidden nodes and that of the output node.
        Network k is for thread ``k % n_threads``. The networks of a thread share scratch memory.
        """
        return self.maker_of_networks(activations)(train_biases, n_threads)

    def maker_of_networks(self, activations):
        """A function that makes `networks`; it does not keep this object alive."""
        structure = self._sizes, self._offsets, self.instruction_set
        return partial(_networks, self.buffer, *structure, activations)


def _networks(
    buffer, sizes, offsets, instruction_set, activations, train_biases=False, n_threads=1
):
    networks = []
    for number, weights in enumerate(buffer):
        networks.append(
            Network(
                weights,
                sizes,
                offsets,
                activations=activations,
                instruction_set=instruction_set,
                train_biases=train_biases,
                sharing=networks[number - n_threads] if number >= n_threads else None,
            )
        )
    return networks


def _offsets(sizes, n_lanes):
    """Where each layer's weights and then its biases begin, layer by layer, and where all end.

    Every row of weights is padded to whole vectors; the output layer's weights are a single row.
    """

    def padded(n):
        return -(-n // n_lanes) * n_lanes

    offsets = [0]
    for fan_in, fan_out in pairwise(sizes[:-1]):
        offsets.append(offsets[-1] + fan_in * padded(fan_out))
        offsets.append(offsets[-1] + padded(fan_out))
    offsets.append(offsets[-1] + padded(sizes[-2]))
    offsets.append(offsets[-1] + padded(1))
    return offsets


def _check_chain(coefs, intercepts):
    """Raise ValueError unless the arrays make networks with one output node each."""
    lead = coefs[0].shape[:-2] if coefs else ()
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
    """Zeros that start at a cache line, so that no vector of a row lies on two cache lines."""
    itemsize = np.dtype(dtype).itemsize
    size = int(np.prod(shape))
    memory = np.zeros(size + alignment // itemsize, dtype=dtype)
    start = -memory.__array_interface__["data"][0] % alignment // itemsize
    return memory[start : start + size].reshape(shape)
