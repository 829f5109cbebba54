"""The losses: a record for each, with what depends on it outside of the kernel and the reference.

A record is chosen by its name with `loss_named`. Nothing but the reference, which has formulas of
its own, compares the names.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import entr, expit, log_expit


class Loss(NamedTuple):
    """What depends on the loss.

    name : str
        As the parameter, the kernel and the reference name it.
    values : callable
        Takes logits and targets, arrays of shape (n_samples, n_networks), and returns the losses,
        an array of that shape.
    of_constant_output : callable
        Takes the shares of the samples whose target is 1, an array of shape (n_networks,). The best
        constant output of a network is its share; returns the mean loss of these outputs.
    learning_rate, learning_rate_without_end : float
        The learning rate "auto" at its highest, before the schedule is applied: for schedules that
        have an end, and for those that have none.
    alpha : float
        The constant factor of an alpha that is "auto", see `plan.alpha_factor`.
    if_rare : str or None
        Name of another loss that is better where a class is rare.
    classes_begin_alike : bool
        Whether both classes of a network count alike in epoch 0, if the learning rate is "auto".
    words, meaning : str
        What the loss is called, and what it is for a sample.
    formula, error_signal : str
        The formulas of the loss of a sample and of ``S_ERROR``, in the article's names.
    error_signal_meaning : str
        Why the error signal is that.
    """

    name: str
    values: Callable
    of_constant_output: Callable
    learning_rate: float
    learning_rate_without_end: float
    alpha: float
    if_rare: str | None
    classes_begin_alike: bool
    words: str
    meaning: str
    formula: str
    error_signal: str
    error_signal_meaning: str


def _margins(logits, targets):
    """Logits of the probability that is given to the target."""
    return np.where(targets, logits, -logits).astype(np.float64)


# The numbers of "auto" were chosen on public tables, see docs/results.md.
LOSSES = {
    loss.name: loss
    for loss in (
        Loss(
            name="squared_error",
            values=lambda logits, targets: 0.5 * expit(-_margins(logits, targets)) ** 2,
            of_constant_output=lambda shares: float((0.5 * shares * (1.0 - shares)).mean()),
            learning_rate=4.0,
            learning_rate_without_end=0.5,
            alpha=0.03,
            if_rare="log_loss",
            classes_begin_alike=True,
            words="half the squared error",
            meaning="half the square of the final error",
            formula="1/2 * FE**2",
            error_signal="FE * f'(S_preA,O)",
            error_signal_meaning="by the chain rule, the final error times the slope of f",
        ),
        Loss(
            name="log_loss",
            values=lambda logits, targets: -log_expit(_margins(logits, targets)),
            of_constant_output=lambda shares: float((entr(shares) + entr(1.0 - shares)).mean()),
            learning_rate=0.8,
            learning_rate_without_end=0.2,
            alpha=0.05,
            if_rare=None,
            classes_begin_alike=False,
            words="log loss",
            meaning="minus the logarithm of the probability of the sample's class",
            formula="-log(1 - |FE|)",
            error_signal="FE",
            error_signal_meaning="with log loss, this is the final error itself",
        ),
    )
}


def loss_named(name):
    """The `Loss` of that name; ValueError if there is none."""
    if name not in LOSSES:
        raise ValueError(f"There is no loss {name!r}, only {sorted(LOSSES)}.")
    return LOSSES[name]
