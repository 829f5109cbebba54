"""The warnings after training, and the error of non-finite weights: when they are given.

The thresholds were chosen on 75 public tables, as they are and with columns shifted and scaled.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from .advice import (
    LEAST_ROWS,
    causes_in_stream,
    causes_of_failure,
    causes_of_less,
    describe_scales,
    takes_half,
    tries_in_stream,
    tries_of_fit,
)
from .data import rows_of, target_shares, target_totals
from .messages import BEGINNINGS, WARNINGS, rounded
from .targets import most_probable
from .visits import weighted_mean

# After a loss below this fraction, and a learning rate that fell to 0, nothing is examined.
SUSPICIOUS = 0.25

# A network has nearly learned at a loss below this fraction.
NEARLY_LEARNED = 0.05

# Visits that are judged at least, if there are as many.
LEAST_JUDGED = 4000

# Stored values and number of the rows whose scales are examined: copies take little memory.
MOST_VALUES, MOST_ROWS = 2**22, 1000


def describe_non_finite(training, learning_rate):
    """What to say of weights that became non-finite: the sizes of what is most often the reason."""
    values = training.X.data if issparse(training.X) else training.X
    largest = float(np.abs(values).max()) if values.size else 0.0
    return (
        "Solver produced non-finite parameter weights. One of these may be too large: the inputs "
        f"(the largest is {largest:.3g}; preprocess them, for instance with StandardScaler), "
        f"learning_rate_init (the learning rate is {learning_rate:.3g}), or the sample or class "
        f"weights (they scale an update by up to {training.max_step:.3g})."
    )


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
    causes = causes_of_less(run, plan, training, parameters, constant_loss)
    if ended and not is_suspicious and not causes:
        return None
    # A pass forward over these visits, if they are many, takes less than a hundredth of the time of
    # the fit.
    n_visits = len(training.visits)
    n_sample = max(LEAST_JUDGED, n_visits * run.n_iter_ // 100)
    sample = training.visits[:: max(1, n_visits // n_sample)].copy()
    verdict = _judge(
        decide(sample),
        training.targets.take(sample).matrix(),
        None if training.step is None else training.step[sample],
        plan.loss,
    )
    if verdict.failure is not None:
        causes = causes_of_failure(run, plan, training, parameters, constant_loss)
    elif verdict.loss <= NEARLY_LEARNED * verdict.constant_loss:
        causes = []
    rows = np.sort(sample) if training.step is None else np.unique(sample)
    if verdict.failure is not None or is_suspicious:
        scales = _scales_of(training.X, rows)
        causes = causes if scales is None else [scales, *causes]
    n_judged = rounded(len(rows), 1 if len(rows) < 100 else 2)
    if causes:
        return " ".join([BEGINNINGS["less"].text.format(n_judged=n_judged), *causes])
    if verdict.failure is None:
        return None
    sentences = [BEGINNINGS[verdict.failure].text.format(n_judged=n_judged)]
    if classes is not None and verdict.predicted is not None:
        sentences.append(BEGINNINGS["one class"].text.format(name=classes[verdict.predicted]))
    return " ".join([*sentences, tries_of_fit(run, plan, training, parameters)])


def _scales_of(X, rows):
    """What to say of the scales of the inputs, as seen in some of these rows, or None."""
    n_rows = MOST_VALUES * X.shape[0] // max(X.nnz if issparse(X) else X.size, 1)
    n_rows = min(max(LEAST_ROWS, n_rows), MOST_ROWS)
    rows = rows[:: -(-len(rows) // n_rows)]
    # A rare flag, standardized, looks small where the sample has none of it.
    return describe_scales(rows_of(X, rows)) and describe_scales(X)


class Verdict(NamedTuple):
    """How a network does on some samples.

    failure : str or None
        Which of `BEGINNINGS` says what has failed.
    loss, constant_loss : float
        Mean loss of the network, and that of the best constant output.
    predicted : int or None
        Number of the class that is predicted for all samples.
    """

    failure: str | None
    loss: float
    constant_loss: float
    predicted: int | None


def _judge(logits, targets, weights, loss):
    """The `Verdict` on a network.

    Parameters
    ----------
    logits, targets : arrays of shape (n_samples, n_networks)
    weights : array of shape (n_samples,), or None for 1
    loss : sklearn_mlp._training.losses.Loss
    """
    both = targets.any(axis=0) & ~targets.all(axis=0)
    if not both.any():
        return Verdict(None, 0.0, 0.0, None)
    predicted = most_probable(logits)
    logits, targets = logits[:, both], targets[:, both]
    constant_loss = loss.of_constant_output(weighted_mean(targets, weights))
    losses = loss.values(logits, targets)
    mean_loss = float(weighted_mean(losses.mean(axis=1), weights))
    failure = None
    if mean_loss >= 0.9 * constant_loss:
        if not _ranks_better_than_chance(logits, targets):
            failure = "not learned"
        elif mean_loss >= 1.02 * constant_loss:
            failure = "worse than constant"
    only = predicted[0] if (predicted == predicted[0]).all() else None
    return Verdict(failure, mean_loss, constant_loss, only)


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
    return WARNINGS["validation scales"].text


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


def watch_stream(stream, run, plan, training, parameters):
    """The warnings of a call of `partial_fit`, each of which a stream gets once.

    A large alpha is told at once. The mean loss of a window of calls is compared with that of
    constant probabilities. The network may be new in the first window, which is therefore judged
    only where the inputs of the last call are on odd scales.

    Parameters
    ----------
    stream : Stream or None
        What this function returned in the call before.
    run : sklearn_mlp._training.run.Run
        Its loss is that of this call.
    plan, training, parameters : see `describe_fit`

    Returns
    -------
    stream : Stream
    messages : list of str
    """
    n_networks = training.targets.n_networks
    if stream is None:
        stream = Stream(STREAM_WINDOW, False, False, False, 0.0, 0.0, [0.0] * n_networks)
    messages = []
    rate = plan.learning_rate_of(0, run.t_)
    if not stream.alpha and takes_half(plan, training, rate):
        stream = stream._replace(alpha=True)
        messages.append(WARNINGS["alpha"].text.format(n_samples=f"{training.total:g}"))
    if stream.silent:
        return stream, messages
    total = stream.total + float(training.total)
    sum_of_losses = stream.loss + float(run.loss_ * training.total)
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
        causes = [] if scales is None else [scales]
        causes += causes_in_stream(run, plan, parameters)
        beginning = BEGINNINGS["stream"].text.format(
            n_judged=f"{total:.0f}", loss=f"{mean_loss:.3g}", constant_loss=f"{constant_loss:.3g}"
        )
        advice = " ".join(causes) if causes else tries_in_stream(training, parameters)
        messages.append(f"{beginning} {advice}")
    begun = Stream(
        2 * stream.window, True, bool(failed), stream.alpha, 0.0, 0.0, [0.0] * n_networks
    )
    return begun, messages
