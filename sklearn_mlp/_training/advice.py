"""The causes that a warning names: from the parameters, the plan, the inputs and the run.

The thresholds were chosen on 75 public tables, scaled.
"""

import math

import numpy as np
from scipy.sparse import issparse

from .data import target_shares
from .messages import CAUSES, order_of, rounded
from .plan import alpha_factor

# Factors of the automatic learning rate below and above which a number is the likely cause of a
# failure. Rates of 1/16 to 2 times the automatic one learn on nearly all tables.
LOW, HIGH = 1 / 16, 2.0
# Where nothing has failed: on 75 tables, the training loss was a fifth above that of "auto" in nine
# cases of ten
# - at a rate above this factor,
FAR_TOO_HIGH = 6.0
# - at one below LOW, if the sum of the rates of all visits is less than that of so many visits at
#   the automatic rate, and the loss fell by a hundredth in the last half of the epochs,
FEW_VISITS, STILL_FALLING = 1000, 1.01
# - or if it is less than that of so many visits: the loss may not have begun to fall.
VERY_FEW_VISITS = 30
# Multiples of what "auto" would be for a network that has not learned: above the first, alpha is
# the likely cause of a failure; above the second, of a loss that is not low, too.
LARGE_ALPHA, FAR_TOO_LARGE_ALPHA = 3.0, 10.0
# A network of at most this number of nodes in a layer can get stuck.
FEW_NODES = 3
# The share of a rare class.
RARE = 0.03
# Scales other than large ones are seen in so many rows.
LEAST_ROWS = 16


def causes_of_failure(run, plan, training, parameters, constant_loss):
    """Sentences on the likely causes, other than the scales of the inputs.

    Parameters
    ----------
    run, plan, training, parameters : see `diagnosis.describe_fit`
    constant_loss : float
        Mean loss of the best constant output.
    """
    automatic = plan.schedule.automatic(plan.loss, len(training.visits))
    causes = [
        CAUSES["stopped"].text if _was_stopped(run, plan, parameters) else None,
        _rate(plan, parameters, automatic),
        _alpha(plan, training, constant_loss, LARGE_ALPHA),
        _bias_nodes(run, parameters),
    ]
    return [cause for cause in causes if cause is not None]


def causes_of_less(run, plan, training, parameters, constant_loss):
    """Sentences on what often costs accuracy where nothing has failed, other than the scales."""
    causes = []
    if _was_stopped(run, plan, parameters) and 2 * run.n_iter_ <= plan.max_iter:
        causes.append(CAUSES["stopped"].text)
    automatic = plan.schedule.automatic(plan.loss, len(training.visits))
    rate, default = parameters.learning_rate_init, automatic.learning_rate_init
    if rate != "auto":
        n_visits = len(training.visits) * run.n_iter_ * rate / default  # at the default rate
        is_small = rate < LOW * default and (
            n_visits < VERY_FEW_VISITS
            or (n_visits < FEW_VISITS and _still_fell(run.loss_curve_[-run.n_iter_ :]))
        )
        if is_small or rate > FAR_TOO_HIGH * max(default, plan.loss.learning_rate):
            causes.append(_rate(plan, parameters, automatic))
    causes.append(_alpha(plan, training, constant_loss, FAR_TOO_LARGE_ALPHA))
    return [cause for cause in causes if cause is not None]


def causes_in_stream(run, plan, parameters):
    """Sentences on the likely causes of a stream that fails, other than the scales."""
    default = plan.loss.learning_rate_without_end
    causes = [_rate_off(plan, parameters, default, HIGH * default), _bias_nodes(run, parameters)]
    return [cause for cause in causes if cause is not None]


def _was_stopped(run, plan, parameters):
    return parameters.early_stopping and plan.schedule.has_end and run.n_iter_ < plan.max_iter


def _still_fell(curve):
    return curve[len(curve) // 2] > STILL_FALLING * curve[-1]


def _rate(plan, parameters, automatic):
    default = automatic.learning_rate_init
    highest = HIGH * max(default, plan.loss.learning_rate)
    # A default by epochs is no number to compare with one by visits.
    of_default = automatic.t_unit == 1
    return _rate_off(plan, parameters, default, highest, of_default=of_default)


def _rate_off(plan, parameters, default, highest, *, of_default=True):
    rate = parameters.learning_rate_init
    if rate == "auto" or LOW * default <= rate < highest:
        return None
    name = "small rate" if rate < default else "large rate"
    numbers = ""
    if plan.schedule.has_end:
        numbers = f", or numbers from {LOW * default:g} to {1.25 * default:g}"
    return CAUSES[name].text.format(
        of_default=f": the default is {default:g}" if of_default else "", numbers=numbers
    )


def takes_half(plan, training, learning_rate):
    """Whether the decay by alpha takes half of the weights away in one update, or more."""
    if plan.alpha_follows_loss:
        return False
    return learning_rate * training.max_step * plan.alpha / training.total >= 0.5


def _alpha(plan, training, constant_loss, multiple):
    if plan.alpha_follows_loss or plan.alpha == 0.0:
        return None
    largest = alpha_factor(plan.loss.alpha, training) * math.cbrt(constant_loss**2)
    if plan.alpha > multiple * largest:
        return CAUSES["large alpha"].text.format(largest=rounded(largest, 1))
    if takes_half(plan, training, plan.learning_rate_init):
        return CAUSES["large decay"].text
    return None


def _bias_nodes(run, parameters):
    """Without bias nodes, weights of one sign keep an output on one side of f(0)."""
    if parameters.fit_intercept:
        return None
    last = np.reshape(run.coefs_[-1], (run.n_outputs_, -1))
    if not ((last < 0.0).all(axis=1) | (last > 0.0).all(axis=1)).any():
        return None
    return CAUSES["no bias nodes"].text


def describe_scales(X):
    """What to say of the scales of the inputs, or None.

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
    mean_length = np.sqrt(squares.sum() / X.shape[0])
    scales = scales[count > 0]
    if not len(scales):
        return None
    smallest, largest = scales.min(), scales.max()
    # The values of few rows are no scales, but very large ones show.
    has_scales = X.shape[0] >= LEAST_ROWS
    if has_scales and smallest < 0.01 * largest:
        name = "different scales"
    elif largest > 8.0:
        name = "large scale"
    elif has_scales and largest < 0.05 and mean_length < 0.5:
        name = "small scale"
    else:
        return None
    return CAUSES[name].text.format(smallest=order_of(smallest), largest=order_of(largest))


def tries_of_fit(run, plan, training, parameters):
    """What to try if no cause is at hand."""
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
    return _none(tries)


def tries_in_stream(training, parameters):
    """What to try in a stream if no cause is at hand."""
    tries = ["another learning_rate_init", "another random_state"]
    if training.X.shape[0] < LEAST_ROWS:
        tries.append("inputs scaled to mean 0 and variance 1 (StandardScaler.partial_fit)")
    if not parameters.fit_intercept:
        tries.append("bias nodes (fit_intercept=True)")
    return _none(tries)


def _none(tries):
    return CAUSES["none"].text.format(tries=f"{', '.join(tries[:-1])} or {tries[-1]}")
