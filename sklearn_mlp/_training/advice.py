"""What to try where a fit has not learned: from the parameters, the plan and the run.

The thresholds were chosen on 75 public tables, scaled.
"""

import math

import numpy as np

from .data import target_shares
from .plan import alpha_factor

# Factors of the automatic learning rate below and above which a number is the likely cause of a
# failure. Rates of 1/16 to 2 times the automatic one learn on nearly all tables.
LOW, HIGH = 1 / 16, 2.0
# Below this one a network has learned less than it could, even if it has not failed, unless its
# loss is below that part of the best constant output's. At a rate of 0.001, the training loss of 64
# of 75 tables was a fifth above that of "auto", or more, and of 58 at 0.01.
FAR_TOO_LOW, NEARLY_LEARNED = 1 / 400, 0.05
# An alpha above this multiple of what "auto" would be for a network that has not learned.
LARGE_ALPHA = 3.0
# A network of at most this number of nodes in a layer can get stuck.
FEW_NODES = 3
# The share of a rare class.
RARE = 0.03


def advice_after_failure(run, plan, training, parameters, *, scales, constant_loss):
    """Sentences on the likely causes, or on what to try if none is at hand.

    Parameters
    ----------
    run, plan, training, parameters : see `diagnosis.describe_fit`
    scales : str or None
        What is to be said of the scales of the inputs.
    constant_loss : float
        Mean loss of the best constant output.
    """
    causes = [
        scales,
        _early_stop(run, plan, parameters),
        _rate(plan, training, parameters),
        _alpha(plan, training, parameters, constant_loss),
        _bias_nodes(run, parameters),
    ]
    found = [cause for cause in causes if cause is not None]
    return " ".join(found) if found else _general(run, plan, training, parameters)


def describe_low_rate(run, plan, training, parameters, constant_loss):
    """What to say of a learning rate at which a network learns less than it could, or None."""
    rate = parameters.learning_rate_init
    if rate == "auto" or run.loss_ <= NEARLY_LEARNED * constant_loss:
        return None
    if rate >= FAR_TOO_LOW * _automatic(plan, training).learning_rate_init:
        return None
    return f"The network has learned less than it could. {_rate(plan, training, parameters)}"


def _automatic(plan, training):
    return plan.schedule.automatic(plan.loss, len(training.visits))


def _early_stop(run, plan, parameters):
    was_cut = plan.schedule.has_end and run.n_iter_ < plan.max_iter
    if not (was_cut and parameters.early_stopping):
        return None
    return (
        f"Training was stopped in epoch {run.n_iter_} of {plan.max_iter}, before the learning rate "
        "fell. Try a larger n_iter_no_change, or early_stopping=False."
    )


def _rate(plan, training, parameters):
    rate, automatic = parameters.learning_rate_init, _automatic(plan, training)
    default = automatic.learning_rate_init
    if rate == "auto" or LOW * default <= rate <= HIGH * max(default, plan.loss.learning_rate):
        return None
    what = "small for updates by single samples" if rate < default else "large"
    # A default by epochs is no number to compare with one by visits.
    of_default = f": the default is {default:g}" if automatic.t_unit == 1 else ""
    numbers = ""
    if plan.schedule.has_end:
        numbers = f", or numbers from {LOW * default:g} to {1.25 * default:g}"
    return f'learning_rate_init={rate:g} is too {what}{of_default}. Try "auto"{numbers}.'


def _alpha(plan, training, parameters, constant_loss):
    if parameters.alpha == "auto":
        return None
    largest = alpha_factor(plan.loss.alpha, training) * math.cbrt(constant_loss**2)
    if parameters.alpha <= LARGE_ALPHA * largest:
        return None
    return (
        f'alpha={parameters.alpha:g} is too large: "auto" would be at most {largest:.2g} here. Try '
        "a smaller one."
    )


def _bias_nodes(run, parameters):
    """Without bias nodes, weights of one sign keep an output on one side of f(0)."""
    if parameters.fit_intercept:
        return None
    last = np.reshape(run.coefs_[-1], (run.n_outputs_, -1))
    if not ((last < 0.0).all(axis=1) | (last > 0.0).all(axis=1)).any():
        return None
    return (
        "Without bias nodes, an output whose weights all have one sign cannot pass f(0) = 0.5. Try "
        "fit_intercept=True, or another random_state."
    )


def _general(run, plan, training, parameters):
    tries = ["more epochs (max_iter)"]
    if min(np.shape(coef)[-1] for coef in run.coefs_[:-1]) <= FEW_NODES:
        tries += ["more hidden nodes", "several restarts (n_init)"]
    else:
        tries.append("another random_state")
    if not parameters.fit_intercept:
        tries.append("bias nodes (fit_intercept=True)")
    shares = target_shares(training)
    smaller = np.minimum(shares, 1.0 - shares)
    if plan.loss.if_rare and ((smaller > 0.0) & (smaller < RARE)).any():
        tries.append(f'loss="{plan.loss.if_rare}", because a class is rare')
    return f"Try {', '.join(tries[:-1])} or {tries[-1]}."
