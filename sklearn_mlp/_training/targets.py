"""From class labels to the targets of the networks; class weights.

With two classes one network has target 1 for the second class. With more, each network has target
1 for one class. For multilabel targets, a matrix of 0 and 1, there is one network per column, and
each distinct row of the matrix, a set of labels, gets a number that stands for a class where
samples are put into order.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import log_expit, softmax
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d

from .._kernel import encode_integers, mark_integers, range_of_integers
from .._validation import is_indicator
from .visits import ROWS_AT_ONCE, add_totals, balanced_weights, class_totals, scaled_weights

# Integer labels that span fewer values than this are looked up in a table.
MOST_IN_TABLE = 2**16

VALUES_IN_CACHE = 2**15

ONE_CLASS = "The number of classes has to be greater than one; got 1 class"


class Targets(NamedTuple):
    """The targets of some rows: of all, or those of a validation set.

    numbers : array of shape (n_rows,), dtype int32
        Number of each row's class or, for multilabel targets, of its set of labels.
    n_networks : int
        1 with two classes, otherwise the number of classes or of labels.
    sets : array of shape (n_sets, n_labels), dtype int32, or None
        For multilabel targets, the sets: 1 for the labels in a set, otherwise 0.
    """

    numbers: np.ndarray
    n_networks: int
    sets: np.ndarray | None = None

    def of_network(self, network):
        """Class numbers of the rows, and the one for which the network's target is 1."""
        if self.sets is None:
            return self.numbers, 1 if self.n_networks == 1 else network
        return self.sets[self.numbers, network], 1

    def matrix(self):
        """Target of each row and network as bool, shape (n_rows, n_networks)."""
        columns = []
        for network in range(self.n_networks):
            classes, positive = self.of_network(network)
            columns.append(classes == positive)
        return np.stack(columns, axis=1)

    def take(self, rows):
        return self._replace(numbers=self.numbers[rows])


def most_probable(logits):
    """Number of the most probable class from logits of shape (n, n_networks)."""
    return (logits[:, 0] > 0).astype(np.intp) if logits.shape[1] == 1 else logits.argmax(axis=1)


def normalized(logits):
    """The probabilities of several networks, divided by their sum, in place of the logits.

    In slices, so that the steps find their values in the cache, and without copies.
    """
    # Where all logits are below this, the probabilities are made from their logarithms: they
    # themselves may underflow.
    lowest = -30.0 if logits.dtype == np.float32 else -300.0
    n_rows = max(VALUES_IN_CACHE // logits.shape[1], 1)
    for start in range(0, len(logits), n_rows):
        part = logits[start : start + n_rows]
        is_low = part.max(axis=1) < lowest
        low = part[is_low] if is_low.any() else None
        np.negative(part, out=part)
        np.exp(part, out=part)
        part += 1.0
        np.reciprocal(part, out=part)
        part /= part.sum(axis=1, keepdims=True)
        if low is not None:
            part[is_low] = softmax(log_expit(low), axis=1)
    return logits


def n_networks_for(n_classes, *, multilabel):
    return n_classes if multilabel or n_classes > 2 else 1


def encode(y):
    """The classes of `y`, sorted (multilabel: its column numbers), and its `Targets`."""
    if is_indicator(y):
        return np.arange(y.shape[1]), _encode_sets(y)
    encoded = _encode_integers(y)
    if encoded is not None:
        return encoded
    check_classification_targets(y)
    # Slice by slice: signals wait for the end of each call of NumPy.
    slices = [y[start : start + ROWS_AT_ONCE] for start in range(0, len(y), ROWS_AT_ONCE)]
    classes = np.unique(np.concatenate([np.unique(part) for part in slices]))
    numbers = np.concatenate([np.searchsorted(classes, part) for part in slices])
    if len(classes) < 2:
        raise ValueError(ONE_CLASS)
    n_networks = n_networks_for(len(classes), multilabel=False)
    return classes, Targets(numbers.astype(np.int32), n_networks)


def fits_int64(y):
    """Whether it is an array of integers of which none is beyond int64."""
    return y.dtype.kind == "i" or (y.dtype.kind == "u" and y.dtype.itemsize < 8)


def _encode_integers(y):
    """What `encode` returns, for integers that span few values; None where more is to be checked.

    With as many classes as half of the samples, scikit-learn warns.
    """
    if y.ndim != 1 or not fits_int64(y):
        return None
    labels = y.astype(np.int64, copy=not y.flags.aligned)
    low, high = range_of_integers(labels)
    if high - low >= min(MOST_IN_TABLE, len(y)):
        return None
    marks = np.zeros(high - low + 1, dtype=np.int8)
    mark_integers(labels, low, marks)
    classes = (np.flatnonzero(marks) + low).astype(y.dtype)
    if not 2 <= len(classes) <= len(y) // 2:
        return None
    numbers = encode_integers(labels, low, np.cumsum(marks, dtype=np.int32) - 1)
    return classes, Targets(numbers, n_networks_for(len(classes), multilabel=False))


def encode_known(y, classes, *, multilabel):
    """The `Targets` of `y`; ValueError if it has classes other than these."""
    if multilabel:
        if np.ndim(y) != 2 or y.shape[1] != len(classes):
            raise ValueError(
                f"`y` must be a multilabel indicator matrix of {len(classes)} columns, got an "
                f"array of shape {np.shape(y)}."
            )
        return _encode_sets(y)
    classes = np.asarray(classes)  # a user may have renamed them by a list
    if y.ndim != 1:
        column_or_1d(y)  # raises
    try:
        numbers = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
        # As Python objects: NumPy would warn where it cannot compare, as "a" and 1.
        known = classes[numbers].tolist() == y.tolist()
    except TypeError:  # labels of different kinds, such as numbers and strings
        known = False
    if not known:  # or integers of 64 bits, signed and not, which NumPy compares as floats
        of_label = {label: number for number, label in enumerate(classes.tolist())}
        numbers = np.array([of_label.get(label, -1) for label in y.tolist()])
        known = numbers.min() >= 0
    if not known:
        raise ValueError(
            f"`y` has classes not in `self.classes_`. `self.classes_` has {classes}. 'y' has "
            f"{list(dict.fromkeys(y.tolist()))}."
        )
    n_networks = n_networks_for(len(classes), multilabel=False)
    return Targets(numbers.astype(np.int32), n_networks)


class LabelTable:
    """The numbers of classes that are known to be sorted or renamed, label by label.

    Parameters
    ----------
    classes : array of shape (n_classes,)

    Attributes
    ----------
    is_plain : bool
        Whether each label is that of one class.
    """

    def __init__(self, classes):
        self._classes, self._labels = classes, np.asarray(classes).tolist()
        self._number_of = {label: number for number, label in enumerate(self._labels)}
        self.is_plain = isinstance(classes, np.ndarray) and len(self._number_of) == len(classes)
        self._table = None
        if self.is_plain and classes.dtype.kind in "iu":
            low, high = min(self._labels), max(self._labels)
            if high - low < MOST_IN_TABLE and low >= -(2**63) and high < 2**63:
                self._low, self._table = low, np.full(high - low + 1, -1, dtype=np.int32)
                self._table[[label - low for label in self._labels]] = range(len(classes))

    def are_those_of(self, classes):
        """Whether the classes are this very array, with the same labels."""
        return classes is self._classes and classes.tolist() == self._labels

    def numbers_of(self, y, n):
        """Class numbers of labels, dtype int32; None if `y` is not an array of n known labels."""
        if type(y) is not np.ndarray or y.shape != (n,):
            return None
        if self._table is not None and fits_int64(y):
            y = y.astype(np.int64, copy=not y.flags.aligned)
            return encode_integers(y, self._low, self._table)
        if y.dtype.kind not in "biufUO":
            return None
        try:
            numbers = [self._number_of[label] for label in y.tolist()]
        except (KeyError, TypeError):  # unknown, or not hashable
            return None
        return np.array(numbers, dtype=np.int32)


def check_same_classes(former_classes, former_multilabel, classes, multilabel):
    """Raise ValueError if a warm start has other classes than the fit that it goes on from."""
    if multilabel != former_multilabel:
        raise ValueError(
            "warm_start can only be used where `y` is of the same kind as in the previous call "
            f"to fit: it was {'' if former_multilabel else 'not '}multilabel."
        )
    if not np.array_equal(classes, former_classes):
        raise ValueError(
            "warm_start can only be used where `y` has the same classes as in the previous "
            f"call to fit. Previously got {former_classes}, `y` has {classes}"
        )


def check_label_numbers(classes, n_labels):
    """Raise ValueError if these are not the numbers of the columns of a multilabel `y`."""
    if classes.tolist() != list(range(n_labels)):
        raise ValueError(
            f"With multilabel y of {n_labels} columns, classes must be range({n_labels}), got "
            f"{classes}."
        )


def _encode_sets(y):
    y = np.asarray(y)
    if not np.isin(y, (0, 1)).all():
        raise ValueError(f"Multilabel targets must be 0 or 1, got {np.unique(y)}.")
    # Rows of bytes, eight labels each, are quicker to sort and have the same order.
    packed = np.packbits(y.astype(bool), axis=1)
    _, first, numbers = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    sets = y[first].astype(np.int32)
    return Targets(numbers.reshape(-1).astype(np.int32), y.shape[1], sets)


def class_weights(class_weight, classes, targets, sample_weight, former_totals=None):
    """Weight of each class and the class totals, both None if there are no class weights.

    A dict whose weights have a mean under 1 over the samples is scaled up to mean 1, so that the
    ratios of small weights matter and not their size. "balanced" weights have the mean 1.
    `former_totals` are the totals of earlier calls of `partial_fit`.
    """
    if class_weight is None:
        return None, None
    if targets.sets is not None:
        raise ValueError(
            "class_weight is not supported for multilabel y. Use OneVsRestClassifier with this "
            "estimator, which weights the two classes of each label separately."
        )
    classes = np.asarray(classes)
    totals = class_totals(targets.numbers, len(classes), sample_weight)
    all_totals = add_totals(former_totals, totals)
    if class_weight == "balanced":
        return balanced_weights(all_totals), totals
    return scaled_weights(_weights_of_dict(class_weight, classes), all_totals), totals


def _weights_of_dict(class_weight, classes):
    """Weight of each class; 1 for those that `class_weight` does not name."""
    # Labels as Python objects and as NumPy's, which differ for dates.
    numbers = {}
    for labels in (classes, classes.tolist()):
        numbers.update({label: number for number, label in enumerate(labels)})
    weights, unknown = np.ones(len(classes)), []
    named = np.zeros(len(classes), dtype=bool)
    for label, weight in class_weight.items():
        if label not in numbers:
            unknown.append(label)
            continue
        named[numbers[label]] = True
        try:
            weights[numbers[label]] = weight
        except OverflowError:
            weights[numbers[label]] = np.inf
    if unknown and not named.all():  # as scikit-learn: names of classes that are absent may stay
        raise ValueError(
            f"The classes, {classes[~named].tolist()}, are not in class_weight, but {unknown} are."
        )
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"class_weight must be finite and not negative, got {class_weight}.")
    return weights
