"""What the networks are to say of each row: from labels to targets, and the classes' weights.

With two classes one network tells the second from the first, with more each network tells one
class from the rest. Multilabel targets, a matrix of 0 and 1, are one network per column. To all
that goes by class (the order of visits, class weights) a set of labels that occurs together is a
class then.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, is_multilabel

from ._visits import add_totals, balanced_weights, class_totals

ONE_CLASS = "The number of classes has to be greater than one; got 1 class"


class Targets(NamedTuple):
    """Of each row.

    numbers : array of shape (n_rows,), dtype int32
        Number of the row's class or, multilabel, of its set of labels.
    sets : array of shape (n_sets, n_labels), dtype int32, or None
        The sets, 1 for the labels that are in; None unless multilabel.
    """

    numbers: np.ndarray
    sets: np.ndarray | None = None

    def of_network(self, network, n_networks):
        """Classes of the rows, and which of them is the network's: its target is 1 there."""
        if self.sets is None:
            return self.numbers, 1 if n_networks == 1 else network
        return self.sets[self.numbers, network], 1

    def matrix(self, n_networks):
        """Targets as bool, shape (n_rows, n_networks)."""
        columns = []
        for network in range(n_networks):
            classes, positive = self.of_network(network, n_networks)
            columns.append(classes == positive)
        return np.stack(columns, axis=1)

    def take(self, rows):
        return self._replace(numbers=self.numbers[rows])


def is_indicator(y):
    """Whether `y` is a matrix of multilabel targets."""
    if not hasattr(y, "ndim"):
        try:
            y = np.asarray(y)
        except ValueError:  # a ragged list, for validation to reject
            return False
    return y.ndim == 2 and is_multilabel(y)


def encode(y):
    """The classes of `y`, sorted (multilabel: the numbers of its columns), and its `Targets`."""
    if is_indicator(y):
        return np.arange(y.shape[1]), _encode_sets(y)
    check_classification_targets(y)
    classes, numbers = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(ONE_CLASS)
    return classes, Targets(numbers.astype(np.int32))


def encode_known(y, classes, *, multilabel):
    """The `Targets` of `y`, which must have no other classes than these."""
    if multilabel:
        if np.ndim(y) != 2 or y.shape[1] != len(classes):
            raise ValueError(
                f"`y` must be a multilabel indicator matrix of {len(classes)} columns, got an "
                f"array of shape {np.shape(y)}."
            )
        return _encode_sets(y)
    try:
        numbers = np.searchsorted(classes, y).clip(max=len(classes) - 1)
        # As Python objects: NumPy would warn where it cannot compare, as "a" and 1.
        known = classes[numbers].tolist() == y.tolist()
    except TypeError:  # labels of different kinds, such as numbers and strings
        known = False
    if not known:
        raise ValueError(
            f"`y` has classes not in `self.classes_`. `self.classes_` has {classes}. 'y' has "
            f"{list(dict.fromkeys(y.tolist()))}."
        )
    return Targets(numbers.astype(np.int32))


def _encode_sets(y):
    y = y.toarray() if issparse(y) else np.asarray(y)
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"Multilabel targets must be 0 or 1, got {np.unique(y)}.")
    sets, numbers = np.unique(y.astype(np.int32), axis=0, return_inverse=True)
    return Targets(numbers.reshape(-1).astype(np.int32), sets)


def class_weights(class_weight, classes, targets, sample_weight, former_totals=None):
    """Weight of each class (or set of labels), None for 1, and the totals if "balanced".

    Multilabel, `class_weight` is a list with a dict of the weights of 0 and 1 for each label, or
    "balanced" for each label; a set of labels has the product of its labels' weights, as in
    scikit-learn's `compute_sample_weight`. `former_totals` are those of the earlier calls of
    `partial_fit`; of several labels, they are one after the other.
    """
    if class_weight is None:
        return None, None
    if targets.sets is None:
        problems = [(classes, targets.numbers)]
        given = [class_weight]
        if isinstance(class_weight, list):
            raise ValueError("class_weight must be a dict or 'balanced' unless y is multilabel.")
    else:
        problems = [([0, 1], column) for column in targets.matrix(len(classes)).T.astype(np.intp)]
        given = class_weight
        if class_weight != "balanced" and (
            not isinstance(class_weight, list) or len(class_weight) != len(classes)
        ):
            raise ValueError(
                "For multilabel y, class_weight should be a list of dicts, one per label, or the "
                "string 'balanced'."
            )
    totals = None
    if class_weight == "balanced":
        totals = [t for c, y in problems for t in class_totals(y, len(c), sample_weight)]
        all_totals = iter(add_totals(former_totals, totals))
        weights = [balanced_weights([next(all_totals) for _ in c]) for c, _ in problems]
    else:
        weights = [
            compute_class_weight(dictionary, classes=np.asarray(c), y=np.asarray(c)).astype(
                np.float64
            )
            for dictionary, (c, _) in zip(given, problems, strict=True)
        ]
    for weight in weights:
        if not np.isfinite(weight).all() or (weight < 0).any():
            raise ValueError(f"class_weight must be finite and not negative, got {class_weight}.")
    if targets.sets is None:
        return weights[0], totals
    of_sets = [w[column] for w, column in zip(weights, targets.sets.T, strict=True)]
    return np.prod(of_sets, axis=0), totals
