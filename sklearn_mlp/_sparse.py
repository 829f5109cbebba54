"""Sparse matrices of callers, made safe for SciPy's conversions and for the kernel.

Both follow indices without a look at them, and any of them can be wrong: files are not checked when
they are loaded, attributes can be assigned, and another thread can write into an array during a
call. So each attribute is read once, the structure is copied, the copy is checked, and only the
copy is used. The values are not copied: what they are harms no memory.
"""

import operator
from copy import copy
from itertools import chain

import numpy as np
from scipy.sparse import bsr_array, coo_array, csc_array, csr_array


class _CorruptError(Exception):
    """The structure does not fit the shape or the data."""


def checked(X, name):
    """A sparse container of SciPy's with the values of X and a structure of its own, checked.

    Parameters
    ----------
    X : sparse matrix or sparse array of any format
    name : str
        What messages call it.

    Returns
    -------
    csr_array, csc_array, bsr_array or coo_array
        The structure has int32 or int64 indices; a CSR container has no spare room.

    Raises
    ------
    ValueError
        X is corrupt, or has not two dimensions.
    """
    if X.ndim != 2:
        raise ValueError(f"Expected a sparse {name} of 2 dimensions, got {X.ndim}.")
    kind = X.format
    if kind not in FORMATS:
        raise ValueError(f"There is no sparse format {kind!r}, only {sorted(FORMATS)}.")
    try:
        shape = tuple(map(operator.index, X.shape))
        _check(len(shape) == 2 and min(shape) >= 0)
        return FORMATS[kind](X, shape)
    except (_CorruptError, AttributeError, IndexError, TypeError, OverflowError) as error:
        raise ValueError(
            f"The sparse matrix {name} is corrupt: its indices do not fit its shape or its data."
        ) from error


def _check(holds):
    if not holds:
        raise _CorruptError


def _check_within(indices, n):
    _check(indices.size == 0 or (indices.min() >= 0 and indices.max() < n))


def _values(data, n_dims):
    """Values in a dtype that SciPy's containers have, usually those given."""
    _check(isinstance(data, np.ndarray) and data.ndim == n_dims)
    if data.dtype.kind in "mM":
        raise ValueError("A sparse matrix of dates or time spans has no numbers.")
    if data.dtype == object:
        return data.astype(np.float64)
    if data.dtype == np.float16:
        return data.astype(np.float32)
    return data if data.dtype.isnative else data.astype(data.dtype.newbyteorder("="))


def _copies(*arrays):
    """Copies of arrays of indices, all of one dtype."""
    for array in arrays:
        _check(isinstance(array, np.ndarray) and array.ndim == 1 and array.dtype.kind in "iu")
    small = all(a.dtype == np.int32 or np.can_cast(a.dtype, np.int32) for a in arrays)
    return [np.array(array, dtype=np.int32 if small else np.int64) for array in arrays]


def _compressed(X, data, n_major, n_minor):
    """Data, indices and index pointers of a compressed format, without spare room."""
    indices, starts = _copies(X.indices, X.indptr)
    _check(len(starts) == n_major + 1 and starts[0] == 0)
    _check(bool((starts[1:] >= starts[:-1]).all()))
    n_stored = int(starts[-1])
    _check(n_stored <= len(indices) == len(data))
    _check_within(indices[:n_stored], n_minor)
    return data[:n_stored], indices[:n_stored], starts


# Copied and resized, it is a container of few rows in a fifth of the time of a constructor, which
# counts where streams come row by row.
EMPTY = csr_array((1, 1))


def _assembled(container, shape, data, indices, starts):
    """A compressed container, without the checks of the constructor that takes these arrays."""
    if container is csr_array and shape[0] < 100:
        result = copy(EMPTY)
        result.resize(shape)
    else:
        result = container(shape, dtype=data.dtype)
    result.data, result.indices, result.indptr = data, indices, starts
    return result


def _csr(X, shape):
    return _assembled(csr_array, shape, *_compressed(X, _values(X.data, 1), *shape))


def _csc(X, shape):
    return _assembled(csc_array, shape, *_compressed(X, _values(X.data, 1), *shape[::-1]))


def _bsr(X, shape):
    data = _values(X.data, 3)
    _, *blocks = data.shape
    _check(min(blocks) > 0 and shape[0] % blocks[0] == shape[1] % blocks[1] == 0)
    data, *structure = _compressed(X, data, shape[0] // blocks[0], shape[1] // blocks[1])
    return bsr_array((np.ascontiguousarray(data), *structure), shape=shape)


def _from_triples(data, rows, columns, shape):
    data = _values(data, 1)
    rows, columns = _copies(rows, columns)
    _check(len(rows) == len(columns) == len(data))
    _check_within(rows, shape[0])
    _check_within(columns, shape[1])
    return coo_array((data, (rows, columns)), shape=shape)


def _coo(X, shape):
    return _from_triples(X.data, X.row, X.col, shape)


def _dia(X, shape):
    data, (offsets,) = _values(X.data, 2), _copies(X.offsets)
    _check(len(offsets) == len(data))
    _check(len(np.unique(offsets)) == len(offsets))
    columns = np.arange(min(data.shape[1], shape[1]))
    rows = columns - offsets[:, np.newaxis].astype(np.int64)
    values = data[:, : len(columns)]
    is_stored = (rows >= 0) & (rows < shape[0]) & (values != 0)
    columns = np.broadcast_to(columns, rows.shape)
    return _from_triples(values[is_stored], rows[is_stored], columns[is_stored], shape)


def _lil(X, shape):
    indices, values = X.rows, X.data
    _check(np.shape(indices) == np.shape(values) == shape[:1])
    indices, values = [list(row) for row in indices], [list(row) for row in values]
    lengths = [len(row) for row in indices]
    _check(lengths == [len(row) for row in values])
    rows = np.repeat(np.arange(shape[0]), lengths)
    values = _array(chain.from_iterable(values), X.dtype)
    return _from_triples(values, rows, _array(chain.from_iterable(indices)), shape)


def _array(elements, dtype=None):
    """Elements as an array; without a dtype, indices, whose dtype is for `_copies` to check."""
    elements = list(elements)
    try:
        return np.array(elements, dtype) if elements else np.empty(0, dtype or np.int64)
    except ValueError as error:  # such as that of nested lists
        raise _CorruptError from error


def _dok(X, shape):
    items = list(X.items())
    keys = _array(chain.from_iterable(key for key, _ in items))
    _check(len(keys) == 2 * len(items))
    values = _array((value for _, value in items), X.dtype)
    return _from_triples(values, keys[::2], keys[1::2], shape)


FORMATS = {
    "bsr": _bsr,
    "coo": _coo,
    "csc": _csc,
    "csr": _csr,
    "dia": _dia,
    "dok": _dok,
    "lil": _lil,
}
