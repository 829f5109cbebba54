# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: freethreading_compatible=True
"""What `sklearn_mlp._quick` needs of calls with few rows: proofs, and one call of the kernel.

A call of few rows takes the kernel some microseconds, in which NumPy and Python get little done. So
the proofs are loops here, the networks are kept, and after training no line of Python runs
until the estimator has its attributes, so that a signal cannot come between.
"""

cimport numpy as cnp
from libc.math cimport isfinite
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int32_t
from libc.string cimport memcpy
from cpython.pycapsule cimport PyCapsule_GetPointer
from numpy.random cimport bitgen_t
from ._bindings cimport CLoss, CNetwork, CRows, CTally, CVisits, Network

from collections import deque

import numpy as np

from ._bindings import losses, shuffled

cnp.import_array()

ctypedef fused real:
    float
    double

# Weights visited from which on the GIL is released. With two threads, calls that visit 60,000 and
# more in training, and 200,000 in predictions, are then faster, by up to 2; smaller ones are slower.
cdef ptrdiff_t RELEASED_TRAINING = 2**16, RELEASED_DECIDING = 2**18

_losses = {name: number for number, name in enumerate(losses())}


cdef bint _has_finite_sum(const real *x, ptrdiff_t n) noexcept nogil:
    """False if a value is not finite; also if the sum of finite values is too large."""
    cdef double sums[8]
    cdef double total = 0.0
    cdef ptrdiff_t i, k
    for k in range(8):
        sums[k] = 0.0
    for i in range(0, n - 7, 8):
        for k in range(8):
            sums[k] += x[i + k]
    for i in range(n - n % 8, n):
        total += x[i]
    for k in range(8):
        total += sums[k]
    return isfinite(total)


cdef bint _is_finite(cnp.ndarray a) noexcept:
    if cnp.PyArray_TYPE(a) == cnp.NPY_DOUBLE:
        return _has_finite_sum(<const double *>cnp.PyArray_DATA(a), cnp.PyArray_SIZE(a))
    return _has_finite_sum(<const float *>cnp.PyArray_DATA(a), cnp.PyArray_SIZE(a))


def is_plain(X, *dtypes):
    """Whether X is a NumPy array that the kernel can read, of one of these dtypes, and finite."""
    if not (cnp.PyArray_CheckExact(X) and cnp.PyArray_ISCARRAY_RO(X) and X.ndim == 2):
        return False
    return X.dtype in dtypes and min(X.shape) > 0 and _is_finite(X)


def same_objects(given, list kept):
    """Whether `given` is a list of the same objects."""
    cdef Py_ssize_t i
    if not isinstance(given, list) or len(given) != len(kept):
        return False
    for i in range(len(kept)):
        if given[i] is not kept[i]:
            return False
    return True


def are_unchanged(dict attributes, tuple names, tuple values):
    """Whether attributes are these very values, or equal numbers, strings and bools."""
    cdef Py_ssize_t i
    for i in range(len(names)):
        value, former = attributes.get(names[i], names), values[i]  # `names` is none of the values
        if value is former:
            continue
        if type(value) is not type(former) or type(value) not in (float, int, str, bool):
            return False
        if value != former:
            return False
    return True


cdef class Plain:
    """Packed weights, as calls of few rows need them.

    Parameters
    ----------
    weights : ndarray of shape (n_networks, n_values)
    n_inputs : int
    most_rows : int
        Rows that one call takes at most: signals wait for the end of it.
    make_networks : callable
        Makes the list of the kernel's networks of these weights, with scratch memory of its own.
    """

    cdef cnp.ndarray weights, former
    cdef ptrdiff_t n_inputs, most_rows
    cdef object make_networks, idle  # idle: lists of networks that no thread uses now

    def __cinit__(self, weights, n_inputs, most_rows, make_networks):
        self.weights, self.n_inputs, self.most_rows = weights, n_inputs, most_rows
        self.make_networks = make_networks
        self.idle = deque()

    cdef bint _accepts(self, X):
        return (
            cnp.PyArray_CheckExact(X)
            and cnp.PyArray_NDIM(X) == 2
            and cnp.PyArray_ISCARRAY_RO(X)
            and cnp.PyArray_TYPE(X) == cnp.PyArray_TYPE(self.weights)
            and cnp.PyArray_DIM(X, 1) == self.n_inputs
            and 0 < cnp.PyArray_DIM(X, 0)
            and cnp.PyArray_DIM(X, 0) <= self.most_rows
            and _is_finite(X)
        )

    def accepts(self, X):
        """Whether X is what the kernel can read, small enough for one call, and finite."""
        return self._accepts(X)

    cdef CRows _rows(self, X):
        cdef CRows rows
        rows.values = cnp.PyArray_DATA(X)
        rows.columns = NULL
        rows.starts = NULL
        rows.n_columns, rows.wide_columns = self.n_inputs, False
        rows.is_float = cnp.PyArray_TYPE(X) == cnp.NPY_FLOAT
        return rows

    def decide(self, X):
        """Logits of all rows, of shape (n, n_networks), or None if X is not plain."""
        if not self._accepts(X):
            return None
        try:
            networks = self.idle.pop()  # no other thread gets these
        except IndexError:
            networks = self.make_networks()
        cdef CRows rows = self._rows(X)
        cdef ptrdiff_t n = cnp.PyArray_DIM(X, 0), n_networks = len(networks), k
        cdef cnp.npy_intp[2] shape
        shape[0], shape[1] = n, n_networks
        logits = cnp.PyArray_EMPTY(2, shape, cnp.PyArray_TYPE(X), 0)
        cdef char *out = <char *>cnp.PyArray_DATA(logits)
        cdef ptrdiff_t itemsize = cnp.PyArray_ITEMSIZE(logits)
        cdef bint is_long = n * cnp.PyArray_DIM(self.weights, 1) >= RELEASED_DECIDING
        cdef Network network
        for k in range(n_networks):
            network = networks[k]
            if is_long:
                with nogil:
                    network.isa.decide(
                        rows, network.view, NULL, 0, n, out + k * itemsize, n_networks)
            else:
                network.isa.decide(rows, network.view, NULL, 0, n, out + k * itemsize, n_networks)
        self.idle.append(networks)
        return logits

    def train(
        self, X, cnp.ndarray numbers, visits, list networks, generator, double learning_rate,
        double alpha, str loss, dict attributes, packed, dict constants,
    ):
        """Train for one epoch and set the attributes; False, and nothing changed, if it failed.

        Parameters
        ----------
        X : ndarray of shape (n, n_inputs), IN
            `accepts` has found it plain.
        numbers : ndarray of shape (n,), dtype int32, IN
            Class numbers.
        visits : ndarray of shape (n,), dtype intp, or None for one row, IN
        networks : list of Network
            No other thread may use them.
        generator : numpy.random.Generator, or None for no shuffling, IN/OUT
            Of a PCG64.
        learning_rate, alpha, loss : see `sklearn_mlp._kernel.train`
        attributes : dict, IN/OUT
            The estimator's. `t_`, `loss_` and `_stream`, whose last three fields are sums over
            samples, are set.
        packed : object
            `_packed` of now. If another thread has put another there meanwhile, no attribute is set.
        constants : dict, IN
            Attributes to set beside.
        """
        stream, t = attributes["_stream"], attributes["t_"]
        cdef CRows rows = self._rows(X)
        cdef CVisits call
        cdef ptrdiff_t n = cnp.PyArray_DIM(X, 0), zero = 0, k, n_networks = len(networks)
        cdef const int32_t *classes = <const int32_t *>cnp.PyArray_DATA(numbers)
        cdef bitgen_t *bits
        cdef Network network
        cdef size_t n_bytes = cnp.PyArray_NBYTES(self.weights)
        call.loss = <CLoss><int>_losses[loss]
        if self.former is None:
            self.former = np.empty_like(self.weights)
        memcpy(cnp.PyArray_DATA(self.former), cnp.PyArray_DATA(self.weights), n_bytes)
        order = visits
        if generator is not None and n > 1:
            order = shuffled(visits, generator)
        elif generator is not None:
            bits = <bitgen_t *>PyCapsule_GetPointer(generator.bit_generator.capsule, "BitGenerator")
            bits.next_double(bits.state)  # as the shuffle of one row
        call.order = &zero
        if order is not None:
            call.order = <const ptrdiff_t *>cnp.PyArray_DATA(order)
        call.n, call.classes = n, classes
        call.step = NULL
        call.learning_rate[0] = call.learning_rate[1] = learning_rate
        call.alpha = alpha
        cdef cnp.npy_intp[2] shape
        shape[0], shape[1] = n_networks, 3
        tallies = cnp.PyArray_EMPTY(2, shape, cnp.NPY_DOUBLE, 0)
        cdef CTally *tally = <CTally *>cnp.PyArray_DATA(tallies)
        cdef bint is_long = n * cnp.PyArray_DIM(self.weights, 1) >= RELEASED_TRAINING, is_finite = True
        for k in range(n_networks):
            tally[k].loss, tally[k].lowest, tally[k].highest = 0.0, float("inf"), -float("inf")
            call.positive = 1 if n_networks == 1 else k
            network = networks[k]
            if is_long:
                with nogil:
                    network.isa.train(rows, network.view, call, tally[k])
            else:
                network.isa.train(rows, network.view, call, tally[k])
            is_finite = is_finite and (
                isfinite(tally[k].loss) and isfinite(tally[k].lowest) and isfinite(tally[k].highest)
            )
        if not (is_finite and _is_finite(self.weights)):
            memcpy(cnp.PyArray_DATA(self.weights), cnp.PyArray_DATA(self.former), n_bytes)
            if generator is not None:
                generator.bit_generator.advance(-n)
            return False
        sum_of_losses = tally[0].loss if n_networks == 1 else float(np.add.reduce(tallies[:, 0]))
        cdef double mean_loss = sum_of_losses / (n_networks * <double>n)
        stream = _counted(stream, mean_loss, numbers, n_networks)
        if attributes.get("_packed") is packed:
            attributes.update(constants, loss_=mean_loss, t_=t + n, _stream=stream)
        return True


cdef _counted(stream, double loss, cnp.ndarray numbers, ptrdiff_t n_networks):
    """The stream with these samples counted."""
    cdef const int32_t *classes = <const int32_t *>cnp.PyArray_DATA(numbers)
    cdef ptrdiff_t i, n = cnp.PyArray_DIM(numbers, 0)
    if stream.silent:
        return stream
    counts = [0] * n_networks
    for i in range(n):
        if n_networks > 1 or classes[i] == 1:
            counts[0 if n_networks == 1 else classes[i]] += 1
    *first, total, sum_of_losses, positive = stream
    positive = [a + b for a, b in zip(positive, counts)]
    counted = (*first, total + <double>n, sum_of_losses + loss * <double>n, positive)
    return tuple.__new__(type(stream), counted)
