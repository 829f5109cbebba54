"""What is decided before training begins: learning rate and regularization of every epoch.

Epochs are counted from 0. The rules of "auto" were chosen on public tables, see docs/results.md.
"""

import math
from typing import NamedTuple

import numpy as np

from .data import target_shares
from .visits import mean_squared_length

# "auto" with the schedule "linear": the highest learning rate, and the factor of alpha.
LEARNING_RATE = {"squared_error": 4.0, "log_loss": 0.8}
ALPHA = {"squared_error": 0.03, "log_loss": 0.05}
# "auto" with the other schedules and in `partial_fit`, which do not know the number of epochs.
CONSTANT_LEARNING_RATE = {"squared_error": 0.5, "log_loss": 0.2}


class Plan(NamedTuple):
    """Learning rate and alpha of the epochs of one call of `fit` or `partial_fit`.

    learning_rate : {"linear", "constant", "invscaling", "adaptive"}
        The schedule.
    power_t : float
    learning_rate_init : float
        The learning rate before the schedule; with `rises`, its highest value.
    rises : bool
        Whether `learning_rate_init` is reached only after a fifth of the epochs.
    alpha : float
        alpha of all epochs; with `alpha_follows_loss`, the factor of it that stays the same, see
        `alpha_factor`.
    alpha_follows_loss : bool
        Whether alpha is set anew before each epoch.
    ratios : array of shape (n_networks, 2)
        Factors of the learning rate of samples of target 0 and of target 1 in epoch 0:
        ``n_small / n_large`` for the larger class and 1 for the smaller one. 1 for both where
        both classes have the same learning rate in all epochs.
    max_iter : int
    """

    learning_rate: str
    power_t: float
    learning_rate_init: float
    rises: bool
    alpha: float
    alpha_follows_loss: bool
    ratios: np.ndarray
    max_iter: int

    def learning_rate_init_of(self, epoch):
        """Learning rate before the schedule."""
        return self.learning_rate_init * (rise(epoch, self.max_iter) if self.rises else 1.0)

    def learning_rate_of(self, epoch, t):
        """Learning rate that the schedule sets after t visits; for "adaptive" see `train_run`."""
        rate = self.learning_rate_init_of(epoch)
        if self.learning_rate == "linear":
            rate *= 1.0 - epoch / self.max_iter
        elif self.learning_rate == "invscaling":
            try:
                rate /= (t + 1) ** self.power_t
            except OverflowError:  # of the power
                rate = 0.0
        return rate

    def alpha_of(self, epoch, loss):
        """alpha of an epoch; `loss` is the mean loss of the epoch before."""
        if not self.alpha_follows_loss:
            return self.alpha
        half = first_half(epoch, self.max_iter)
        # The square of a larger loss would overflow.
        return self.alpha * half * math.cbrt(min(loss, 1e150) ** 2) if half else 0.0

    def learning_rates_of(self, epoch, learning_rate):
        """Learning rates of samples of target 0 and of target 1, shape (n_networks, 2)."""
        progress = first_half(epoch, self.max_iter)
        return learning_rate * (self.ratios if progress == 0 else self.ratios ** (1.0 - progress))


def check_schedule(learning_rate):
    """Raise ValueError if `learning_rate` is a number, as in other libraries."""
    if not isinstance(learning_rate, str):
        raise ValueError(
            "The 'learning_rate' parameter of MLPLogisticClassifier must be a str among "
            "{'adaptive', 'constant', 'invscaling', 'linear'}, the schedule. Got "
            f"{learning_rate!r} instead. Did you mean learning_rate_init={learning_rate!r}?"
        )


def make_plan(parameters, training, X, n_networks, *, streamed):
    """The plan of one call of `fit` or `partial_fit`, every "auto" resolved.

    Parameters
    ----------
    parameters : MLPLogisticClassifier
        Any object with the estimator's parameters as attributes.
    training : sklearn_mlp._training.data.TrainingSet
    X : array or CSR container of shape (n_rows, n_features)
    n_networks : int
    streamed : bool
        Whether the plan is for `partial_fit`, which does not know the number of epochs.
    """
    loss = parameters.loss
    rate, alpha = parameters.learning_rate_init, parameters.alpha
    ratios = np.ones((n_networks, 2))
    # The rules need the number of epochs. With the other schedules, `fit` for n epochs must equal n
    # calls of `partial_fit`.
    has_end = parameters.learning_rate == "linear" and not streamed
    rises, alpha_follows_loss = rate == "auto" and has_end, alpha == "auto" and has_end
    if rate == "auto":
        rate = (LEARNING_RATE if has_end else CONSTANT_LEARNING_RATE)[loss]
    if rises and loss == "squared_error" and parameters.class_weight is None:
        ratios = class_ratios(target_shares(training, n_networks))
    if alpha_follows_loss:
        squared_length = mean_squared_length(X, training.step, training.visits)
        alpha = alpha_factor(loss, training.total, squared_length, X.shape[1])
    elif alpha == "auto":
        alpha = 0.0
    # Without a number of epochs, "linear" cannot fall.
    schedule = (
        "constant"
        if streamed and parameters.learning_rate == "linear"
        else parameters.learning_rate
    )
    return Plan(
        learning_rate=schedule,
        power_t=parameters.power_t,
        learning_rate_init=float(rate),
        rises=rises,
        alpha=float(alpha),
        alpha_follows_loss=alpha_follows_loss,
        ratios=ratios,
        max_iter=parameters.max_iter,
    )


def rise(epoch, max_iter):
    """From nearly 0 to 1 over the first fifth of the epochs.

    A high learning rate would saturate the output node in its first visits.
    """
    return min(1.0, (epoch + 0.5) / (max_iter / 5.0))


def first_half(epoch, max_iter):
    """From 0 to 1 over the first half of the epochs."""
    return min(1.0, 2.0 * epoch / max_iter)


def alpha_factor(loss, n, squared_length, n_features):
    """``c * sqrt(d) * cbrt(n)``: alpha for a loss of 1.

    Parameters
    ----------
    loss : {"squared_error", "log_loss"}
    n : float
        Number of samples, weights counted.
    squared_length : float
        Mean of ``||x||**2``; d is this, but at most `n_features`, its value for inputs scaled to
        variance 1.
    n_features : int
    """
    return ALPHA[loss] * math.sqrt(min(squared_length, n_features)) * math.cbrt(n)


def class_ratios(shares):
    """Factors of the learning rate that give both classes of a network the same total weight.

    Parameters
    ----------
    shares : array of shape (n_networks,)
        Share of the samples whose target is 1.

    Returns
    -------
    ratios : array of shape (n_networks, 2), see `Plan`
        1 for both targets of a network with one class only.
    """
    shares = np.stack([1.0 - shares, shares], axis=1)
    small, large = shares.min(axis=1, keepdims=True), shares.max(axis=1, keepdims=True)
    ratio = np.where(small > 1e-12, small / large, 1.0)  # less is the rounding of sums of weights
    return np.where(shares == large, ratio, 1.0)
