"""The warnings after training: when they are given, and what they say.

The thresholds were chosen on 75 public tables, as they are and with columns shifted and scaled.
"""

import numpy as np
from scipy.sparse import issparse

from .._validation import rows_of
from .data import target_totals
from .losses import constant_loss_of, loss_of_constant_output, losses_of
from .visits import weighted_mean

# After a loss below this fraction, and a learning rate that fell to 0, nothing is examined.
SUSPICIOUS = 0.25

# Stored values of the rows whose scales are examined: copies of them take little memory.
MOST_VALUES = 2**22


def describe_non_finite(X, learning_rate, max_step):
    """What to say of weights that became non-finite: the sizes of all that can be the reason."""
    values = X.data if issparse(X) else X
    largest = float(np.abs(values).max()) if values.size else 0.0
    return (
        "Solver produced non-finite parameter weights. What may be too large: the inputs (the "
        f"largest is {largest:.3g}; preprocess them, for instance with StandardScaler), "
        f"learning_rate_init (the learning rate is {learning_rate:.3g}), or the sample or class "
        f"weights (they scale an update by up to {max_step:.3g})."
    )


def describe_alpha(plan, training, max_step, *, streamed):
    """What to say of an alpha that takes the weights away, or None."""
    if plan.alpha_follows_loss:
        return None
    shrink = plan.learning_rate_init * max_step * plan.alpha / training.total
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


def describe_fit(run, training, X, decide, *, loss_name, classes, schedule, max_iter):
    """What went wrong in a fit and what to try, or None.

    Parameters
    ----------
    run : object
        Has the attributes of a fitted run: the estimator itself.
    training : sklearn_mlp._training.data.TrainingSet
    X : array or CSR container of shape (n_rows, n_features)
    decide : callable
        Logits of the final weights, of the rows of given numbers.
    loss_name : {"squared_error", "log_loss"}
    classes : array of shape (n_classes,), or None if the targets are multilabel
    schedule : {"linear", "constant", "invscaling", "adaptive"}
    max_iter : int
    """
    # If the learning rate fell to about 0, the loss of the last epoch is that of the final weights.
    ended = schedule == "linear" and run.n_iter_ == max_iter and run.best_loss_ is not None
    constant_loss = loss_of_constant_output(training, run.n_outputs_, loss_name)
    is_suspicious = run.loss_ > SUSPICIOUS * constant_loss
    if ended and not is_suspicious:
        return None
    # A pass forward over these visits takes less than a hundredth of the time of the fit.
    n_visits = len(training.visits)
    n_sample = max(300, n_visits * run.n_iter_ // 100)
    sample = training.visits[:: -(-n_visits // n_sample)].copy()
    failure = _describe_not_learned(
        decide(sample),
        training.targets.take(sample).matrix(run.n_outputs_),
        None if training.step is None else training.step[sample],
        loss_name,
        classes,
    )
    if failure is None and not is_suspicious:
        return None
    n_sample = max(16, MOST_VALUES * X.shape[0] // max(X.nnz if issparse(X) else X.size, 1))
    rows = np.unique(sample)[:: -(-len(sample) // n_sample)]
    # A rare flag, standardized, looks small where the sample has none of it.
    scales = describe_scales(rows_of(X, rows)) and describe_scales(X)
    if failure is not None:
        advice = GENERAL_ADVICE
        if schedule == "linear" and run.n_iter_ < max_iter:
            advice = (
                f"Training was stopped in epoch {run.n_iter_} of {max_iter}, before the learning "
                "rate fell. Try a larger n_iter_no_change, or early_stopping=False."
            )
        return f"{failure} {scales or advice}"
    if scales is not None:
        return f"The network may learn less than it could. {scales}"
    return None


GENERAL_ADVICE = (
    "Try more epochs (max_iter), another learning_rate_init or random_state, inputs scaled to mean "
    '0 and variance 1, fit_intercept=True or, if a class is rare, loss="log_loss".'
)


def _describe_not_learned(logits, targets, weights, loss_name, classes):
    """A sentence if the logits are no better than constants or than chance, otherwise None.

    Parameters
    ----------
    logits, targets : arrays of shape (n_samples, n_networks)
    weights : array of shape (n_samples,), or None for 1
    loss_name, classes : see `describe_fit`
    """
    both = targets.any(axis=0) & ~targets.all(axis=0)
    if not both.any():
        return None
    shares = weighted_mean(targets[:, both], weights)
    constant_loss = constant_loss_of(shares, loss_name)
    losses = losses_of(logits[:, both], targets[:, both], loss_name)
    loss = float(weighted_mean(losses.mean(axis=1), weights))
    if loss < 0.9 * constant_loss:
        return None
    ranks = _ranks_better_than_chance(logits[:, both], targets[:, both])
    if ranks and loss < 1.02 * constant_loss:
        return None
    sentence = (
        "The probabilities of the network are worse than constant ones"
        if ranks
        else "The network has not learned to tell the classes apart"
    )
    sentence += (
        f": its mean loss on training samples is {loss:.3g}, that of constant probabilities "
        f"{constant_loss:.3g}."
    )
    if classes is not None:
        n_networks = logits.shape[1]
        predicted = (logits[:, 0] > 0).astype(int) if n_networks == 1 else logits.argmax(axis=1)
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
    """The Mann-Whitney statistic, as scikit-learn's `roc_auc_score`.

    That function takes a millisecond for some hundred samples, longer than many a fit of them.
    """
    ones, zeros = logits[targets == 1], np.sort(logits[targets == 0])
    below = sum(np.searchsorted(zeros, ones, side).sum() for side in ("left", "right"))
    return 0.5 * below / (len(ones) * len(zeros))


def describe_scales(X):
    """Advice if the inputs are on very different scales, or all on a large or small one, or None.

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


# Samples after which a stream is judged first. Each later window is twice as long.
STREAM_WINDOW = 1000


def watch_stream(state, training, X, loss, *, loss_name, n_networks):
    """Compare the losses of calls of `partial_fit` with those of constant probabilities.

    The losses of a window of calls are judged together. The network may be new in the first
    window, which is therefore judged only where the inputs of the last call are on odd scales.

    Parameters
    ----------
    state : dict or None
        What this function returned in the call before.
    training, X, loss_name : see `describe_fit`
    loss : float
        Of this call.
    n_networks : int

    Returns
    -------
    state : dict
    message : str or None
        A message is returned once.
    """
    if state is None:
        state = {"window": STREAM_WINDOW, "judged": False, "silent": False, "alpha": False}
        state |= {"total": 0.0, "loss": 0.0, "positive": [0.0] * n_networks}
    if state["silent"]:
        return state, None
    new = target_totals(training, n_networks)
    total = state["total"] + float(training.total)
    loss = state["loss"] + float(loss * training.total)
    positive = [a + b for a, b in zip(state["positive"], new, strict=True)]
    if total < state["window"]:
        return {**state, "total": total, "loss": loss, "positive": positive}, None
    constant_loss = constant_loss_of(np.array(positive) / total, loss_name)
    # A stream of nothing but noise has a loss somewhat above that of constant probabilities.
    scales = describe_scales(X) if loss / total > 1.05 * constant_loss else None
    failed = constant_loss > 0.0 and (
        scales is not None or (state["judged"] and loss / total > 1.2 * constant_loss)
    )
    state = {**state, "window": 2 * state["window"], "judged": True, "silent": bool(failed)}
    state |= {"total": 0.0, "loss": 0.0, "positive": [0.0] * n_networks}
    if not failed:
        return state, None
    return state, (
        f"The network has not learned to tell the classes apart: its mean loss on the last "
        f"{total:.0f} samples is {loss / total:.3g}, that of constant probabilities "
        f"{constant_loss:.3g}. {scales or STREAM_ADVICE}"
    )


STREAM_ADVICE = (
    "Try another learning_rate_init or random_state, inputs scaled to mean 0 and variance 1 "
    "(StandardScaler.partial_fit), or fit_intercept=True."
)
