"""The warnings after a fit: thresholds beside sentences."""

import numpy as np
from scipy.sparse import issparse
from scipy.special import entr

from .data import target_shares

NON_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed, for instance with StandardScaler; or learning_rate_init (or the "
    "sample or class weights) is too large."
)

# A network whose loss is above this fraction of the loss of a constant output has hardly learned.
HARDLY_LEARNED = 0.8


def describe_failure(loss, constant_loss, tallies, classes, X):
    """What went wrong in training and what to try, or None.

    Parameters
    ----------
    loss : float
        Of the last epoch.
    constant_loss : float
        That of `loss_of_constant_output`.
    tallies : array of shape (n_networks, 3)
        Of the last epoch, see `sklearn_mlp._kernel.train`.
    classes : array of shape (n_classes,), or None if multilabel
    X : array or CSR container of shape (n_rows, n_features)
    """
    advice = describe_scales(X) if loss > HARDLY_LEARNED * constant_loss else None
    only = None if classes is None else only_predicted_class(tallies)
    if only is not None:
        advice = advice or (
            "Try more epochs (max_iter), another learning_rate_init or random_state, inputs "
            'scaled to mean 0 and variance 1, fit_intercept=True, or class_weight="balanced".'
        )
        return (
            f"All training samples were predicted to be of class {classes[only]} in the last "
            f"epoch: the network has not learned to tell the classes apart. {advice}"
        )
    if advice is not None:
        return f"Training has hardly learned to tell the classes apart. {advice}"
    return None


def only_predicted_class(tallies):
    """The class that the tallies of an epoch show to have won every visit, or None.

    With two classes the output's preactivation kept its sign. With more, one network's lowest was
    above every other's highest: then there is no doubt, though there may be cases without.
    """
    lowest, highest = tallies[:, 1], tallies[:, 2]
    if len(tallies) == 1:
        return 0 if highest[0] <= 0 else 1 if lowest[0] > 0 else None
    winner = int(np.argmax(lowest))
    return winner if lowest[winner] > np.delete(highest, winner).max() else None


def loss_of_constant_output(training, n_networks, loss):
    """Mean loss of networks that give each class the probability of its share of the visits."""
    share = target_shares(training, n_networks)
    losses = entr(share) + entr(1.0 - share)
    if loss == "squared_error":
        losses = 0.5 * share * (1.0 - share)
    return losses.mean()


def describe_scales(X):
    """What to do about inputs far from the scale of 1, or None if they are not.

    The scale of an input is the root of the mean square of its values that are not zero: 1 for
    inputs of variance 1, for flags, and about 1 for frequencies of words.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if issparse(X):
            count = np.bincount(X.indices, minlength=X.shape[1])
            squares = np.bincount(X.indices, X.data.astype(np.float64) ** 2, X.shape[1])
        else:
            count = np.count_nonzero(X, axis=0)
            squares = np.einsum("ij,ij->j", X, X, dtype=np.float64)
        scales = np.sqrt(squares / count)
    scales = scales[count > 0]
    if not len(scales) or (scales.max() <= 10 and scales.min() >= 0.01 * scales.max()):
        return None
    return (
        f"The inputs are on different scales, or on a large one (root mean squares from "
        f"{scales.min():.2g} to {scales.max():.2g}). Try to standardize them, for instance with "
        "StandardScaler (MaxAbsScaler if X is sparse)."
    )
