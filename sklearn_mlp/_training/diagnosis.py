"""The warnings after training, and the error of non-finite weights: when, and what they say.

The thresholds were chosen on 75 public tables, as they are and with columns shifted and scaled.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from .advice import advice_after_failure, describe_low_rate
from .data import rows_of, target_shares, target_totals
from .targets import most_probable
from .visits import weighted_mean

# After a loss below this fraction, and a learning rate that fell to 0, nothing is examined.
SUSPICIOUS = 0.25

# Stored values of the rows whose scales are examined: copies of them take little memory.
MOST_VALUES = 2**22


def describe_non_finite(training, learning_rate):
    """What to say of weights that became non-finite: the sizes of what is most often the reason."""
    values = training.X.data if issparse(training.X) else training.X
    largest = float(np.abs(values).max()) if values.size else 0.0
    return (
        "Solver produced non-finite parameter weights. What may be too large: the inputs (the "
        f"largest is {largest:.3g}; preprocess them, for instance with StandardScaler), "
        f"learning_rate_init (the learning rate is {learning_rate:.3g}), or the sample or class "
        f"weights (they scale an update by up to {training.max_step:.3g})."
    )


def describe_alpha(plan, training, *, streamed):
    """What to say of an alpha that takes half of the weights away in one update, or None."""
    if plan.alpha_follows_loss:
        return None
    shrink = plan.learning_rate_init * training.max_step * plan.alpha / training.total
    if shrink < 0.5:
        return None
    message = (
        f"alpha={plan.alpha:g} is so large that a single update multiplies the weights by "
        f"{max(0.0, 1.0 - shrink):.2g}. "
    )
    if streamed:
        return message + (
            "In partial_fit, alpha is divided by the number of samples of the call. To regularize "
            f"as fit on n samples does, multiply it by {training.total:g} / n."
        )
    return message + "Try a smaller alpha or learning_rate_init."


def describe_fit(run, plan, training, decide, *, parameters, classes):
    """What went wrong in a fit and what to try, or None.

    Parameters
    ----------
    run : object
        Has the attributes of a `Run` that has ended.
    plan : sklearn_mlp._training.plan.Plan
    training : sklearn_mlp._training.data.TrainingSet
    decide : callable
        Logits of the final weights, of the rows of given numbers.
    parameters : MLPLogisticClassifier
        Any object with the estimator's parameters as attributes.
    classes : array of shape (n_classes,), or None if the targets are multilabel
    """
    # If the learning rate fell to about 0, the loss of the last epoch is that of the final weights.
    ended = plan.schedule.has_end and run.n_iter_ == plan.max_iter and run.best_loss_ is not None
    constant_loss = plan.loss.of_constant_output(target_shares(training))
    is_suspicious = run.loss_ > SUSPICIOUS * constant_loss
    low_rate = describe_low_rate(run, plan, training, parameters, constant_loss)
    if ended and not is_suspicious:
        return low_rate
    # A pass forward over these visits, if they are many, takes less than a hundredth of the time of
    # the fit.
    n_visits = len(training.visits)
    n_sample = max(300, n_visits * run.n_iter_ // 100)
    sample = training.visits[:: -(-n_visits // n_sample)].copy()
    failure = _describe_not_learned(
        decide(sample),
        training.targets.take(sample).matrix(),
        None if training.step is None else training.step[sample],
        plan.loss,
        classes,
    )
    if failure is None and not is_suspicious:
        return low_rate
    X = training.X
    n_sample = max(16, MOST_VALUES * X.shape[0] // max(X.nnz if issparse(X) else X.size, 1))
    rows = np.unique(sample)[:: -(-len(sample) // n_sample)]
    # A rare flag, standardized, looks small where the sample has none of it.
    scales = describe_scales(rows_of(X, rows)) and describe_scales(X)
    if failure is not None:
        advice = advice_after_failure(
            run, plan, training, parameters, scales=scales, constant_loss=constant_loss
        )
        return f"{failure} {advice}"
    if scales is not None:
        return f"The network may learn less than it could. {scales}"
    return low_rate


def _describe_not_learned(logits, targets, weights, loss, classes):
    """What to say if the logits are no better than constants or than chance, otherwise None.

    Parameters
    ----------
    logits, targets : arrays of shape (n_samples, n_networks)
    weights : array of shape (n_samples,), or None for 1
    loss : sklearn_mlp._training.losses.Loss
    classes : see `describe_fit`
    """
    both = targets.any(axis=0) & ~targets.all(axis=0)
    if not both.any():
        return None
    shares = weighted_mean(targets[:, both], weights)
    constant_loss = loss.of_constant_output(shares)
    losses = loss.values(logits[:, both], targets[:, both])
    mean_loss = float(weighted_mean(losses.mean(axis=1), weights))
    if mean_loss < 0.9 * constant_loss:
        return None
    ranks = _ranks_better_than_chance(logits[:, both], targets[:, both])
    if ranks and mean_loss < 1.02 * constant_loss:
        return None
    sentence = (
        "The probabilities of the network are worse than constant ones"
        if ranks
        else "The network has not learned to tell the classes apart"
    )
    sentence += (
        f": its mean loss on training samples is {mean_loss:.3g}, that of constant probabilities "
        f"{constant_loss:.3g}."
    )
    if classes is not None:
        predicted = most_probable(logits)
        if (predicted == predicted[0]).all():
            sentence += f" All of them are predicted to be of class {classes[predicted[0]]}."
    return sentence


def _ranks_better_than_chance(logits, targets):
    """Whether the area under the ROC curve is two standard deviations above that of chance."""
    areas = [area_under_roc(z, t) for z, t in zip(logits.T, targets.T, strict=True)]
    n_1 = targets.sum(axis=0)
    n_0 = len(targets) - n_1
    deviation = np.sqrt((n_1 + n_0 + 1) / (12.0 * n_1 * n_0))  # of ranks drawn at random
    return np.mean(areas) > 0.5 + 2.0 * deviation.mean()


def area_under_roc(logits, targets):
    """The Mann-Whitney statistic as a share of all pairs, as scikit-learn's `roc_auc_score`.

    That function takes a millisecond for some hundred samples, longer than many a fit of them.
    """
    ones, zeros = logits[targets == 1], np.sort(logits[targets == 0])
    below = sum(np.searchsorted(zeros, ones, side).sum() for side in ("left", "right"))
    return 0.5 * below / (len(ones) * len(zeros))


def describe_scales(X):
    """Advice if the inputs are on very different scales, one on a large or all on a small one.

    Otherwise None.

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
    is_large, is_small = largest > 8.0, largest < 0.05 and mean_length < 0.5
    if not (is_large or is_small or smallest < 0.01 * largest):
        return None
    return (
        "The inputs are on different scales, on a large one or on a small one (root mean squares "
        f"from {smallest:.2g} to {largest:.2g}). Try to standardize them, for instance with "
        "StandardScaler (MaxAbsScaler if X is sparse)."
    )


# Rows of a validation set whose means and deviations are compared.
LEAST_VALIDATION_ROWS = 20


def describe_validation_scales(X, X_val):
    """What to say if a validation set is on another scale than the training set, or None.

    It is if in more than a third of the columns the mean is more than three standard deviations
    off, or the standard deviation ten times as large or a tenth. Of the random splits of 75 public
    tables with at least 20 rows to validate on, none had more than 27% of such columns.
    """
    if X_val.shape[0] < LEAST_VALIDATION_ROWS:
        return None
    (mean, deviation), (mean_val, deviation_val) = map(_means_and_deviations, (X, X_val))
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        is_off = np.abs(mean_val - mean) > 3.0 * deviation
        ratio = deviation_val / deviation
    # A rare flag may be 0 in all rows of a small set.
    is_compared = (deviation > 0.0) & (is_off | (deviation_val > 0.0))
    is_apart = is_compared & (is_off | (ratio > 10.0) | (ratio < 0.1))
    n_apart, n_compared = np.count_nonzero(is_apart), np.count_nonzero(is_compared)
    if n_apart <= n_compared / 3.0:
        return None
    return (
        f"X_val is on another scale than X: in {n_apart} of {n_compared} columns, the mean or the "
        "standard deviation is far from that of X. The steps of a pipeline transform X, but X_val "
        'only with Pipeline(..., transform_input=["X_val"]) and metadata routing.'
    )


def _means_and_deviations(X):
    with np.errstate(over="ignore", invalid="ignore"):
        if issparse(X):
            mean, variance = mean_variance_axis(X, axis=0)
            return mean, np.sqrt(variance)
        return X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)


# Samples after which a stream is judged first. Each later window is twice as long.
STREAM_WINDOW = 1000


class Stream(NamedTuple):
    """What is known of the calls of `partial_fit` so far; only `watch_stream` changes it.

    window : int
        Number of samples, weights counted, that are judged together.
    judged : bool
        Whether a window was judged before.
    silent : bool
        Whether the stream was told that it does not learn.
    alpha : bool
        Whether the stream was told that alpha is too large.
    total, loss : float
        Sums of the weights of the samples of this window and of their losses.
    positive : list of float
        For each network, the part of `total` whose target is 1.
    """

    window: int
    judged: bool
    silent: bool
    alpha: bool
    total: float
    loss: float
    positive: list


def watch_stream(stream, training, plan, mean_loss):
    """The warnings of a call of `partial_fit`, each of which a stream gets once.

    A large alpha is told at once. The mean loss of a window of calls is compared with that of
    constant probabilities. The network may be new in the first window, which is therefore judged
    only where the inputs of the last call are on odd scales.

    Parameters
    ----------
    stream : Stream or None
        What this function returned in the call before.
    training, plan : see `describe_fit`
    mean_loss : float
        Of this call.

    Returns
    -------
    stream : Stream
    messages : list of str
    """
    n_networks = training.targets.n_networks
    if stream is None:
        stream = Stream(STREAM_WINDOW, False, False, False, 0.0, 0.0, [0.0] * n_networks)
    messages = []
    if not stream.alpha:
        of_alpha = describe_alpha(plan, training, streamed=True)
        if of_alpha is not None:
            stream = stream._replace(alpha=True)
            messages.append(of_alpha)
    if stream.silent:
        return stream, messages
    total = stream.total + float(training.total)
    sum_of_losses = stream.loss + float(mean_loss * training.total)
    new = target_totals(training)
    positive = [a + b for a, b in zip(stream.positive, new, strict=True)]
    if total < stream.window:
        return Stream(*stream[:4], total, sum_of_losses, positive), messages
    constant_loss = plan.loss.of_constant_output(np.array(positive) / total)
    mean_loss = sum_of_losses / total
    # A stream of nothing but noise has a loss somewhat above that of constant probabilities.
    scales = describe_scales(training.X) if mean_loss > 1.05 * constant_loss else None
    failed = constant_loss > 0.0 and (
        scales is not None or (stream.judged and mean_loss > 1.2 * constant_loss)
    )
    if failed:
        messages.append(
            f"The network has not learned to tell the classes apart: its mean loss on the last "
            f"{total:.0f} samples is {mean_loss:.3g}, that of constant probabilities "
            f"{constant_loss:.3g}. {scales or STREAM_ADVICE}"
        )
    begun = Stream(
        2 * stream.window, True, bool(failed), stream.alpha, 0.0, 0.0, [0.0] * n_networks
    )
    return begun, messages


STREAM_ADVICE = (
    "Try another learning_rate_init or random_state, inputs scaled to mean 0 and variance 1 "
    "(StandardScaler.partial_fit), or fit_intercept=True."
)
