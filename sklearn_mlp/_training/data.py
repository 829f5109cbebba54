"""What is given: the samples to train on, and those to validate on."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, issparse

from .._kernel import Rows
from .targets import Targets, class_weights
from .visits import canonical_order, expand, hold_out, weights_to_visits


class TrainingSet(NamedTuple):
    """The samples of one call of `fit` or `partial_fit`, and how often each is visited.

    X : array or CSR container of shape (n_rows, n_features)
    rows : sklearn_mlp._kernel.Rows
        Those of `X`.
    targets : sklearn_mlp._training.targets.Targets
    step : array of shape (n_rows,), dtype float64, or None for 1
        Factor of the learning rate in each visit of a row.
    visits : array of shape (n_visits,), dtype intp
        The row number of each visit of an epoch, before they are permuted.
    total : float
        Sum of the steps of all visits: the number of samples, weights counted.
    class_totals : list of int or None
        See `sklearn_mlp._training.visits.class_totals`; None without class weights.
    """

    X: np.ndarray | csr_array
    rows: Rows
    targets: Targets
    step: np.ndarray | None
    visits: np.ndarray
    total: float
    class_totals: list | None

    @property
    def max_step(self):
        """The largest factor of the learning rate in a visit, held-out rows included."""
        return 1.0 if self.step is None else float(self.step.max())


class ValidationSet(NamedTuple):
    """The samples of a validation set.

    X : array or CSR container
        Of all rows.
    rows : sklearn_mlp._kernel.Rows
    targets : sklearn_mlp._training.targets.Targets
        Those of the samples that are validated on.
    subset : array of shape (n_samples,), dtype intp, or None
        Numbers of the rows that are validated on; None for all.
    weights : array of shape (n_samples,), or None for 1
    scorer : callable or None
        Validation score of a run, by a scorer of scikit-learn; None for the accuracy or the loss.
    """

    X: np.ndarray | csr_array
    rows: Rows
    targets: Targets
    subset: np.ndarray | None = None
    weights: np.ndarray | None = None
    scorer: Callable | None = None


def rows_of(X, rows):
    """Some rows of X. Old versions of SciPy cannot take them if the indices have two dtypes."""
    if issparse(X) and X.indices.dtype != X.indptr.dtype:
        X = csr_array((X.data, X.indices, X.indptr), shape=X.shape)
    return X[rows]


def target_totals(training):
    """For each network, the number of samples (weights counted) whose target is 1, as floats."""
    targets, visits = training.targets, training.visits
    n_networks = targets.n_networks
    if len(visits) == 1 and training.step is None and targets.sets is None:  # a stream of rows
        number = int(targets.numbers[visits[0]])
        return (
            [float(number)] if n_networks == 1 else [float(number == k) for k in range(n_networks)]
        )
    totals = []
    for network in range(n_networks):
        classes, positive = targets.of_network(network)
        is_positive = classes[visits] == positive
        totals.append(
            float(np.count_nonzero(is_positive))
            if training.step is None
            else float(training.step[visits[is_positive]].sum())
        )
    return totals


def target_shares(training):
    """For each network, the share of the samples (weights counted) whose target is 1."""
    return np.array(target_totals(training)) / training.total


def make_training_set(
    X, targets, sample_weight, classes, *, class_weight, shuffle, former_totals=None
):
    """The training set of one call of `fit` or `partial_fit`.

    Parameters
    ----------
    X : array or CSR container of shape (n_rows, n_features)
    targets : sklearn_mlp._training.targets.Targets
    sample_weight : array of shape (n_rows,), or None for 1
    classes : array of shape (n_classes,)
    class_weight : dict, "balanced" or None
    shuffle : bool
        Whether the visits are in the canonical order of the samples; otherwise in that of the rows.
    former_totals : list of int or None
        Totals of the classes in earlier calls of `partial_fit`.
    """
    weights, totals = class_weights(class_weight, classes, targets, sample_weight, former_totals)
    visit_counts, step = weights_to_visits(targets.numbers, sample_weight, weights)
    rows = Rows(X)
    if shuffle and rows.n_rows > 1:
        order = canonical_order(rows, targets.numbers, step, visit_counts)
    else:
        order = np.arange(rows.n_rows)
    visits = expand(order, visit_counts)
    return TrainingSet(X, rows, targets, step, visits, _total(step, visits), totals)


def _total(step, visits):
    return float(len(visits) if step is None else step[visits].sum())


def _strata(targets):
    """Group of each row; a part of each group is held out. Multilabel, all rows are one group."""
    return targets.numbers if targets.sets is None else np.zeros_like(targets.numbers)


def _rows_visited(visits):
    """Number of each row that is visited, once; all visits of a row are side by side."""
    is_first = np.ones(len(visits), dtype=bool)
    np.not_equal(visits[1:], visits[:-1], out=is_first[1:])
    return visits[is_first]


def check_can_hold_out(training, classes):
    """Raise ValueError if a class (multilabel: y) has a single row, too few to be split.

    `classes` are the class labels, or None if the targets are multilabel.
    """
    rows = _rows_visited(training.visits)
    if classes is None and len(rows) == 1:
        raise ValueError(
            "y has only 1 member, which is too few: early stopping needs one to train on and one "
            "to validate on."
        )
    n_members = np.bincount(_strata(training.targets)[rows])
    if (n_members == 1).any():
        raise ValueError(
            "The least populated class in y has only 1 member, which is too few, whatever its "
            "weight: early stopping needs one to train on and one to validate on. Class with too "
            f"few members: {classes[np.argmax(n_members == 1)]}."
        )


def split(training, fraction, generator):
    """A `TrainingSet` and a `ValidationSet`: a part of the rows of each class is held out.

    A row is held out with all its visits. Its weight in the validation score is that in training.
    """
    rows, targets, step, visits = training.rows, training.targets, training.step, training.visits
    held_out = hold_out(_rows_visited(visits), _strata(targets), fraction, generator)
    is_held_out = np.zeros(rows.n_rows, dtype=bool)
    is_held_out[held_out] = True
    weights = None
    if step is not None:
        weights = np.bincount(visits, minlength=rows.n_rows)[held_out] * step[held_out]
    visits = visits[~is_held_out[visits]]
    return (
        training._replace(visits=visits, total=_total(step, visits)),
        ValidationSet(training.X, rows, targets.take(held_out), held_out, weights),
    )
