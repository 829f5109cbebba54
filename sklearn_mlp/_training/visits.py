"""From weights to visits, and from rows to the order in which they are visited.

A visit is one update of the weights by one row. An epoch is a list of visits: row numbers, each
repeated as often as the row's weight demands. A weight is a multiplicity, so a row of weight 3 is
visited three times, as if it were in the data three times. The step, a factor of the learning rate,
makes up for weights that are not whole numbers: a row of weight w gets ``ceil(w)`` visits of step
``w / ceil(w)``.
"""

import math
from fractions import Fraction
from itertools import chain

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.extmath import row_norms

from .._kernel import hash_rows

# A class weight c means ceil(c) visits of step c / ceil(c), but at most this number of visits; for
# larger weights only the step grows. With larger steps alone a rare class is learned badly.
MAX_CLASS_VISITS = 64

# In epochs of more visits than this, and of more than ten visits per row, the number of visits is
# reduced in proportion and the steps are increased.
MAX_VISITS = 1_000_000


# Rows that one call of NumPy takes, and weights that one call of the kernel visits: signals wait
# for the end of a call, so that it may take tens of milliseconds at most.
ROWS_AT_ONCE = 2**18
WEIGHTS_AT_ONCE = 2**25


def _visits_and_steps(weight, most=math.inf):
    """``ceil(weight)`` visits, at most `most`, and the step ``weight / visits``; 0 for weight 0."""
    # 1.0000000000000002, the rounding of a sum or a quotient, is one visit and not two.
    counts = np.minimum(np.ceil(weight * (1.0 - 1e-12)), most)
    return counts, np.divide(weight, counts, out=np.zeros_like(counts), where=counts > 0)


def scale_up(sample_weight):
    """Weights of mean 1 if they are smaller, as AdaBoost's 1 / n; rows of weight 0 do not count."""
    if sample_weight is None:
        return None
    mean = _exact_sum(sample_weight) / np.count_nonzero(sample_weight)
    return sample_weight / mean if mean < 1.0 else sample_weight


def _exact_sum(values):
    """The exact sum, rounded, so that the order of the values does not matter."""
    # Slice by slice: signals wait for the end of a call that runs no Python code.
    starts = range(0, len(values), ROWS_AT_ONCE)
    return math.fsum(chain.from_iterable(values[a : a + ROWS_AT_ONCE].tolist() for a in starts))


def weights_to_visits(y, sample_weight=None, class_weight=None):
    """Number of visits per epoch, and step, of each row.

    Parameters
    ----------
    y : array of shape (n_rows,), class numbers
    sample_weight : array of shape (n_rows,) or None for 1
        Finite and not negative.
    class_weight : array of shape (n_classes,) or None for 1

    Returns
    -------
    visit_counts : array of shape (n_rows,), dtype intp, or None for one visit each
        0 for rows of weight 0.
    step : array of shape (n_rows,), dtype float64, or None for 1
    """
    if sample_weight is None and class_weight is None:
        return None, None
    if sample_weight is None:
        counts, step = np.ones(len(y)), np.ones(len(y))
    else:
        counts, step = _visits_and_steps(sample_weight)
    if class_weight is not None:
        class_counts, class_step = _visits_and_steps(class_weight, MAX_CLASS_VISITS)
        counts *= class_counts[y]
        step *= class_step[y]

    n_visits = counts.sum()
    most = max(10 * np.count_nonzero(counts), MAX_VISITS)
    if n_visits > most:
        fewer = np.where(counts > 0, np.maximum(np.floor(counts * (most / n_visits)), 1), 0)
        step *= np.divide(counts, fewer, out=np.zeros_like(counts), where=counts > 0)
        counts = fewer
    return counts.astype(np.intp), step


def class_totals(y, n_classes, sample_weight=None):
    """Total weight of each class, as an integer in units of 2**-1074, the smallest float.

    Python's integers add up exactly, so that n calls of `partial_fit` on the same data give the
    same balanced weights as one, to the last bit.
    """
    if sample_weight is None:
        totals = np.bincount(y, minlength=n_classes).tolist()
    else:
        totals = [_exact_sum(sample_weight[y == number]) for number in range(n_classes)]
    ratios = [float(total).as_integer_ratio() for total in totals]
    return [numerator * (2**1074 // denominator) for numerator, denominator in ratios]


def add_totals(former, totals):
    """Sum of class totals; `former` may be None for none."""
    return [a + b for a, b in zip(former or [0] * len(totals), totals, strict=True)]


def balanced_weights(totals):
    """scikit-learn's "balanced" weight of each class that has a total; 1 for the others."""
    n_seen = sum(total > 0 for total in totals)
    return _as_floats([Fraction(sum(totals), n_seen * t) if t else 1 for t in totals])


def scaled_weights(weights, totals):
    """Class weights, scaled up to mean 1 over the samples if it is less.

    As in `scale_up`, samples of weight 0 do not count.
    """
    exact = [Fraction(weight) for weight in weights.tolist()]
    total = sum(t for weight, t in zip(exact, totals, strict=True) if weight)
    mean = sum(weight * t for weight, t in zip(exact, totals, strict=True))
    if not mean or mean >= total:
        return weights
    return _as_floats([weight * total / mean for weight in exact])


def _as_floats(fractions):
    try:
        return np.array([float(fraction) for fraction in fractions])
    except OverflowError:
        raise ValueError(
            "The weights of the classes are too different: a class weight is not finite."
        ) from None


def _hash_all(rows):
    """Hashes of all rows, computed slice by slice: signals wait for the end of a call."""
    size = max(2**22 * rows.n_rows // max(rows.n_values, 1), 1)
    numbers = np.arange(rows.n_rows)
    slices = [numbers[start : start + size] for start in range(0, rows.n_rows, size)]
    return np.concatenate([hash_rows(rows, subset=subset, float32=True) for subset in slices])


def _argsort(hashes):
    """`numpy.argsort` of 64-bit hashes, slice by slice."""
    if len(hashes) <= ROWS_AT_ONCE:
        return np.argsort(hashes)
    # First by the leading 16 bits, which NumPy sorts by radix in some nanoseconds a row. Then each
    # range of equal ones is sorted, or several small ranges together.
    leading = (hashes >> np.uint64(48)).astype(np.uint16)
    order = np.argsort(leading, kind="stable")
    ends = np.cumsum(np.bincount(leading, minlength=2**16))
    start = 0
    while start < len(order):
        end = ends[np.searchsorted(ends, start + ROWS_AT_ONCE, side="right") - 1]
        if end <= start:  # one range of more rows than that
            end = ends[np.searchsorted(ends, start, side="right")]
        part = order[start:end]
        order[start:end] = part[np.argsort(hashes[part])]
        start = end
    return order


def canonical_order(rows, y, step=None, visit_counts=None):
    """Row numbers in an order that depends on the contents of the rows alone.

    Rows are sorted by a 64-bit hash of their values rounded to float32, then class, then step, then
    a hash of the unrounded values, then number of visits. Rows that tie on all of these are equal
    (unless two pairs of 64-bit hashes collide), and their order changes nothing.

    Parameters
    ----------
    rows : sklearn_mlp._kernel.Rows
    y : array of shape (n_rows,), class numbers
    step, visit_counts : arrays of shape (n_rows,), or None for 1

    Returns
    -------
    order : array of shape (n_rows,), dtype intp
    """
    hashes = _hash_all(rows)
    order = _argsort(hashes)
    hashes = hashes[order]
    tied_with_next = hashes[:-1] == hashes[1:]
    if tied_with_next.any():
        tied = np.zeros(len(order), dtype=bool)
        tied[:-1] = tied_with_next
        tied[1:] |= tied_with_next
        subset = order[tied]
        keys = [y[subset], hashes[tied]]
        if step is not None:
            keys.insert(0, step[subset])
        keys.insert(0, hash_rows(rows, subset=subset, float32=False))
        if visit_counts is not None:
            keys.insert(0, visit_counts[subset])
        order[tied] = subset[np.lexsort(keys)]
    return order


def mean_squared_length(X, step, visits):
    """Mean of ``||x||**2`` over the visits, weighted by their steps."""
    with np.errstate(over="ignore"):
        squares = row_norms(X, squared=True) if issparse(X) else np.einsum("ij,ij->i", X, X)
        # A length that overflows may be replaced by any that is far too large.
        lengths = np.minimum(squares, 1e30)[visits]
    weights = None if step is None else step[visits]
    return float(weighted_mean(lengths.astype(np.float64, copy=False), weights))


def weighted_mean(values, weights=None):
    """`numpy.average` over axis 0, of values up to 1e100, that does not overflow."""
    if weights is not None and weights.max() > 1e200:
        weights = weights / weights.max()
    values = np.minimum(values, 1e100)
    return values.mean(axis=0) if weights is None else np.average(values, axis=0, weights=weights)


def expand(order, visit_counts=None):
    """The visits of an epoch: `order`, with each row repeated as often as it is visited."""
    return order if visit_counts is None else np.repeat(order, visit_counts[order])


def hold_out(rows, y, fraction, generator):
    """Numbers of the rows to validate on, in the order of `rows`.

    Of each class ``round(fraction * n)`` of its n rows are held out, at least one and at most all
    but one.

    Parameters
    ----------
    rows : array of row numbers, each once
    y : array of shape (n_rows,), class numbers
    fraction : float in (0, 1)
    generator : numpy.random.Generator
    """
    is_held_out = np.zeros(len(rows), dtype=bool)
    for number in np.unique(y[rows]):
        candidates = np.flatnonzero(y[rows] == number)
        n = min(max(round(fraction * len(candidates)), 1), len(candidates) - 1)
        is_held_out[generator.choice(candidates, n, replace=False)] = True
    return rows[is_held_out]
