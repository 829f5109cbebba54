"""The warnings after a fit: when they are given, and what they say."""

import numpy as np
from scipy.sparse import issparse
from scipy.special import entr

from .data import target_shares

NON_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and "
    "need to be preprocessed, for instance with StandardScaler; or learning_rate_init (or the "
    "sample or class weights) is too large."
)

# A network whose loss is above this fraction of the loss of a constant output counts as one that
# has hardly learned.
HARDLY_LEARNED = 0.8


def describe_failure(loss, constant_loss, tallies, classes, X):
    """What went wrong in training and what to try, or None.

    Parameters
    ----------
    loss : float
        Loss of the last epoch.
    constant_loss : float
        See `loss_of_constant_output`.
    tallies : array of shape (n_networks, 3)
        Tallies of the last epoch, see `sklearn_mlp._kernel.train`.
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
    """Number of the class that was predicted in every visit of an epoch; None if there is none.

    With two classes, the output's preactivation never changed its sign. With more, the lowest
    preactivation of one network was above the highest of every other one. This is sufficient, not
    necessary: a class can be predicted in every visit although the ranges overlap.
    """
    lowest, highest = tallies[:, 1], tallies[:, 2]
    if len(tallies) == 1:
        return 0 if highest[0] <= 0 else 1 if lowest[0] > 0 else None
    likeliest = int(np.argmax(lowest))
    return likeliest if lowest[likeliest] > np.delete(highest, likeliest).max() else None


def loss_of_constant_output(training, n_networks, loss):
    """Mean loss of networks whose output is constant: the share of the samples with target 1."""
    share = target_shares(training, n_networks)
    losses = entr(share) + entr(1.0 - share)
    if loss == "squared_error":
        losses = 0.5 * share * (1.0 - share)
    return losses.mean()


def describe_scales(X):
    """Advice if the inputs are on very different scales or on a large one; otherwise None.

    The scale of an input is the root mean square of its nonzero values. It is 1 for standardized
    inputs and for flags, and about 1 for word frequencies.
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
