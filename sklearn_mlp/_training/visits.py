"""From weights to visits, and from rows to the order in which they are visited.

An epoch is a list of visits: row numbers, each repeated as often as the row's weight demands. A
weight is a multiplicity, so a row of weight 3 is visited three times, just as if it stood there
three times. What a weight is not a whole number of is made up by the step: a row of weight w gets
``ceil(w)`` visits whose steps are scaled by ``w / ceil(w)``.
"""

import math
from fractions import Fraction

import numpy as np
from sklearn.utils.extmath import row_norms

from .._kernel import hash_rows

# A class weight c means ceil(c) visits of step c / ceil(c), but not more visits than this: past it
# only the step grows. Scaling the step alone learns a rare class badly.
MAX_CLASS_VISITS = 64

# Epochs longer than this many visits, and longer than ten visits a row, are cut short: the visits
# shrink in proportion and the steps grow.
MAX_VISITS = 1_000_000


def _visits_and_steps(weight, most=math.inf):
    """``ceil(weight)`` visits, at most `most`, of step ``weight / visits``; zero for zero."""
    # 1.0000000000000002, the rounding of a sum or a quotient, is one visit and not two.
    visits = np.minimum(np.ceil(weight * (1.0 - 1e-12)), most)
    return visits, np.divide(weight, visits, out=np.zeros_like(visits), where=visits > 0)


def weights_to_visits(y, sample_weight=None, class_weight=None):
    """Visits per epoch and step scale of each row.

    Parameters
    ----------
    y : array of shape (n_rows,), class numbers
    sample_weight : array of shape (n_rows,) or None for 1
        Finite and not negative.
    class_weight : array of shape (n_classes,) or None for 1

    Returns
    -------
    visits : array of shape (n_rows,), dtype intp, or None for one visit each
        0 for rows of weight 0.
    step : array of shape (n_rows,), dtype float64, or None for 1
    """
    if sample_weight is None and class_weight is None:
        return None, None
    if sample_weight is None:
        visits, step = np.ones(len(y)), np.ones(len(y))
    else:
        visits, step = _visits_and_steps(sample_weight)
    if class_weight is not None:
        class_visits, class_step = _visits_and_steps(class_weight, MAX_CLASS_VISITS)
        visits *= class_visits[y]
        step *= class_step[y]

    n_visits = visits.sum()  # of whole numbers
    most = max(10 * np.count_nonzero(visits), MAX_VISITS)
    if n_visits > most:
        fewer = np.where(visits > 0, np.maximum(np.floor(visits * (most / n_visits)), 1), 0)
        step *= np.divide(visits, fewer, out=np.zeros_like(visits), where=visits > 0)
        visits = fewer
    return visits.astype(np.intp), step


def class_totals(y, n_classes, sample_weight=None):
    """The weight of each class, as whole numbers in units of 2**-1074, the smallest float.

    Whole numbers of any size add up exactly: n times the same totals give the same balanced
    weights as once, to the last bit, in one `fit` or in n calls of `partial_fit`.
    """
    if sample_weight is None:
        totals = np.bincount(y, minlength=n_classes).tolist()
    else:
        # fsum is exactly rounded, so the order of the rows cannot matter.
        totals = [math.fsum(sample_weight[y == number]) for number in range(n_classes)]
    ratios = [float(total).as_integer_ratio() for total in totals]
    return [numerator * (2**1074 // denominator) for numerator, denominator in ratios]


def add_totals(former, totals):
    """Sum of class totals; `former` may be None for none."""
    return [a + b for a, b in zip(former or [0] * len(totals), totals, strict=True)]


def balanced_weights(totals):
    """scikit-learn's "balanced" weight of each class that has a total; 1 for the others."""
    n_seen = sum(total > 0 for total in totals)
    return np.array([float(Fraction(sum(totals), n_seen * t)) if t else 1.0 for t in totals])


def _hash_all(rows):
    """Hashes of all rows, a slice at a time, so that signals get through."""
    size = max(2**22 * rows.n_rows // max(rows.n_values, 1), 1)
    numbers = np.arange(rows.n_rows)
    slices = [numbers[start : start + size] for start in range(0, rows.n_rows, size)]
    return np.concatenate([hash_rows(rows, subset=subset, float32=True) for subset in slices])


def canonical_order(rows, y, step=None):
    """Row numbers in an order that depends on the rows' contents alone.

    Sorted by a 64-bit hash of the float32-rounded values, then class, then step, then a second
    hash of the full values. Rows that tie on all of these are alike (but for a collision of two
    64-bit hashes), and which of them comes first changes nothing. The step of one visit stands
    for the weight: rows of weight 2 and 1 have visits alike.

    Parameters
    ----------
    rows : sklearn_mlp._kernel.Rows
    y : array of shape (n_rows,), class numbers
    step : array of shape (n_rows,) or None for 1

    Returns
    -------
    order : array of shape (n_rows,), dtype intp
    """
    hashes = _hash_all(rows)
    order = np.argsort(hashes)
    hashes = hashes[order]
    tied_with_next = hashes[:-1] == hashes[1:]
    if tied_with_next.any():
        tied = np.zeros(len(order), dtype=bool)
        tied[:-1] = tied_with_next
        tied[1:] |= tied_with_next
        subset = order[tied]
        keys = [hash_rows(rows, subset=subset, float32=False)]
        if step is not None:
            keys.append(step[subset])
        keys += [y[subset], hashes[tied]]
        order[tied] = subset[np.lexsort(keys)]
    return order


def mean_squared_length(X, step, visits):
    """Mean of ``||x||**2`` over visits, weighted by their step."""
    with np.errstate(over="ignore"):
        # Lengths that overflow are as good as any that is far too large.
        lengths = np.minimum(row_norms(X, squared=True), 1e30)[visits]
    weights = None if step is None else step[visits]
    return float(np.average(lengths.astype(np.float64, copy=False), weights=weights))


def expand(order, visits=None):
    """The visits of an epoch: `order`, with each row repeated as often as it is visited."""
    return order if visits is None else np.repeat(order, visits[order])


def hold_out(visits, y, fraction, generator):
    """Split the visits of an epoch into those to train on and those to validate on.

    Of each class ``round(fraction * visits)`` are held out, at least one and at most all but one.

    Parameters
    ----------
    visits : array of shape (n_visits,), row numbers
    y : array of shape (n_rows,), class numbers
    fraction : float in (0, 1)
    generator : numpy.random.Generator

    Returns
    -------
    training, validation : arrays of row numbers, both in the order of `visits`
    """
    held_out = np.zeros(len(visits), dtype=bool)
    class_of_visit = y[visits]
    for number in np.unique(class_of_visit):
        candidates = np.flatnonzero(class_of_visit == number)
        n = min(max(round(fraction * len(candidates)), 1), len(candidates) - 1)
        held_out[generator.choice(candidates, n, replace=False)] = True
    return visits[~held_out], visits[held_out]
