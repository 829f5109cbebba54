"""What is decided before training begins: the loss, and the rules of learning rate and alpha.

Epochs are counted from 0. The rules of "auto" were chosen on public tables, see docs/results.md.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .data import target_shares
from .losses import Loss, loss_named
from .schedules import SCHEDULES, AutomaticRate, Schedule, schedule_named
from .visits import mean_squared_length

# Epochs of which the learning rates are computed, and which are trained, in one call.
EPOCHS_AT_ONCE = 100


class Plan(NamedTuple):
    """Loss, learning rate and alpha of the epochs of one call of `fit` or `partial_fit`.

    loss : sklearn_mlp._training.losses.Loss
    schedule : sklearn_mlp._training.schedules.Schedule
    power_t : float
    learning_rate_init : float
        The learning rate before the schedule; with `rises`, its highest value.
    highest : float
        What the learning rate is at most.
    t_unit : int
        Number of visits that count as one in the schedule.
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

    loss: Loss
    schedule: Schedule
    power_t: float
    learning_rate_init: float
    highest: float
    t_unit: int
    rises: bool
    alpha: float
    alpha_follows_loss: bool
    ratios: np.ndarray
    max_iter: int

    def learning_rate_init_of(self, epoch):
        """Learning rate before the schedule."""
        return self.learning_rate_init * (rise(epoch, self.max_iter) if self.rises else 1.0)

    def learning_rate_of(self, epoch, t, n_plateaus=0):
        """Learning rate of an epoch after t visits and `n_plateaus` plateaus."""
        rate = self.learning_rate_init_of(epoch)
        return min(self.schedule.rate_of(rate, self, epoch, t, n_plateaus), self.highest)

    def progress(self, epoch):
        """From 0 to 1 over the first half of the epochs, or over ten if it may end at any time."""
        return min(1.0, epoch / (0.5 * self.max_iter if self.schedule.has_end else 10.0))

    def alpha_of(self, epoch, loss):
        """alpha of an epoch; `loss` is the mean loss of the epoch before."""
        progress = self.progress(epoch) if self.alpha_follows_loss else 1.0
        return self.alpha * progress * self.of_loss(loss)

    def of_loss(self, loss):
        """What alpha's factor is multiplied by."""
        # The square of a larger loss would overflow.
        return math.cbrt(min(loss, 1e150) ** 2) if self.alpha_follows_loss else 1.0

    def learning_rates_of(self, epoch, learning_rate):
        """Learning rates of samples of target 0 and of target 1, shape (n_networks, 2).

        `learning_rate` is what `learning_rate_of` says of the epoch. Where the schedule has an end,
        it is known already.
        """
        if self.schedule.has_end:
            first = epoch - epoch % EPOCHS_AT_ONCE
            return self.foreseen(first)[1][epoch - first]
        progress = np.array([self.progress(epoch)])
        return _powers(self.ratios, progress)[0] * learning_rate

    def foreseen(self, first):
        """What is known of `EPOCHS_AT_ONCE` epochs, from number `first` on, if there is an end.

        Returns
        -------
        learning_rates : list of float
        both : array of shape (n_epochs, n_networks, 2)
            See `learning_rates_of`.
        alpha_factors : array of shape (n_epochs,)
            See `alpha_of`.
        """
        without_samples = self._replace(alpha=0.0, ratios=None)
        rates, progress = _of_epochs(without_samples, first)
        both = _both_of_epochs(without_samples, first, self.ratios.tobytes())
        factors = self.alpha * (progress if self.alpha_follows_loss else np.ones_like(progress))
        return rates, both, factors


# Remembered, for fits on other samples have the same, and each epoch of one fit asks again.
@lru_cache(maxsize=10)
def _of_epochs(plan, first):
    epochs = range(first, min(first + EPOCHS_AT_ONCE, plan.max_iter))
    rates = [plan.learning_rate_of(epoch, None) for epoch in epochs]
    return rates, np.array([plan.progress(epoch) for epoch in epochs])


@lru_cache(maxsize=10)
def _both_of_epochs(plan, first, ratios):
    rates, progress = _of_epochs(plan, first)
    powers = _powers(np.frombuffer(ratios).reshape(-1, 2), progress)
    both = np.array(rates)[:, np.newaxis, np.newaxis] * powers
    both.flags.writeable = False
    return both


def _powers(ratios, progress):
    """``ratios ** (1 - progress)`` for each value of `progress`."""
    exponents = 1.0 - progress[:, np.newaxis, np.newaxis]
    # The root by itself, as NumPy computes the power of an array and the number 0.5.
    return np.where(exponents == 0.5, np.sqrt(ratios), ratios**exponents)


def make_plan(parameters, training, *, streamed):
    """The plan of one call of `fit` or `partial_fit`, every "auto" resolved.

    Parameters
    ----------
    parameters : MLPLogisticClassifier
        Any object with the estimator's parameters as attributes.
    training : sklearn_mlp._training.data.TrainingSet
    streamed : bool
        Whether the plan is for `partial_fit`, which does not know the number of epochs.
    """
    loss, schedule = loss_named(parameters.loss), schedule_named(parameters.learning_rate)
    if streamed and schedule.has_end:  # without a number of epochs, the learning rate cannot fall
        schedule = SCHEDULES["constant"]
    rate, alpha = parameters.learning_rate_init, parameters.alpha
    automatic = AutomaticRate(rate)
    ratios = np.ones((training.targets.n_networks, 2))
    # A call of `partial_fit` knows neither the samples nor the epochs of the others.
    rises = rate == "auto" and schedule.has_end
    alpha_follows_loss = alpha == "auto" and not streamed
    if rate == "auto" and streamed:
        automatic = AutomaticRate(loss.learning_rate_without_end)
    elif rate == "auto":
        automatic = schedule.automatic(loss, len(training.visits))
        if loss.classes_begin_alike and parameters.class_weight is None:
            ratios = class_ratios(target_shares(training))
    if alpha == "auto":
        alpha = alpha_factor(loss.alpha, training) if alpha_follows_loss else 0.0
    return Plan(
        loss=loss,
        schedule=schedule,
        power_t=parameters.power_t,
        learning_rate_init=float(automatic.learning_rate_init),
        highest=automatic.highest,
        t_unit=automatic.t_unit,
        rises=rises,
        alpha=float(alpha),
        alpha_follows_loss=alpha_follows_loss,
        ratios=ratios,
        max_iter=parameters.max_iter,
    )


def rise(epoch, max_iter):
    """From nearly 0, if there are many epochs, to 1 over the first fifth of them.

    A high learning rate would saturate the output node in its first visits.
    """
    return min(1.0, (epoch + 0.5) / (max_iter / 5.0))


def alpha_factor(factor, training):
    """``factor * sqrt(d) * cbrt(n)``: alpha for a loss of 1.

    n is the number of samples, weights counted, and d the mean of ``||x||**2``, but at most the
    number of inputs, its value for inputs scaled to variance 1.
    """
    squared_length = mean_squared_length(training.X, training.step, training.visits)
    d = min(squared_length, training.X.shape[1])
    return factor * math.sqrt(d) * math.cbrt(training.total)


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
    others = 1.0 - shares
    small, large = np.minimum(others, shares), np.maximum(others, shares)
    ratio = np.where(small > 1e-12, small / large, 1.0)  # less is the rounding of sums of weights
    ratios = np.ones((len(shares), 2))
    ratios[others == large, 0] = ratio[others == large]
    ratios[shares == large, 1] = ratio[shares == large]
    return ratios
