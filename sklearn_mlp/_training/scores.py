"""The scores of a run on a validation set."""

from .epochs import decide_all
from .targets import most_probable
from .visits import weighted_mean


def _accuracy(logits, targets, weights, mean_loss):
    if targets.sets is None:
        is_right = most_probable(logits) == targets.numbers
    else:  # a whole set of labels, as in scikit-learn's accuracy
        is_right = ((logits > 0) == targets.matrix()).all(axis=1)
    return float(weighted_mean(is_right, weights))


def _minus_loss(logits, targets, weights, mean_loss):
    return -mean_loss


# The values of `scoring` that need no scorer of scikit-learn.
SCORES = {"accuracy": _accuracy, "loss": _minus_loss}


def validation_score(validation, trainer, scoring):
    """Validation score and mean loss of a run, by a scorer of the set or one of `SCORES`.

    Parameters
    ----------
    validation : sklearn_mlp._training.data.ValidationSet
    trainer : sklearn_mlp._training.epochs.EpochTrainer
        Of the run.
    scoring : str or callable
        The parameter.
    """
    targets, weights = validation.targets, validation.weights
    logits = decide_all(validation.rows, trainer.networks, trainer.chunk, validation.subset)
    losses = trainer.loss.values(logits, targets.matrix())
    mean_loss = float(weighted_mean(losses.mean(axis=1), weights))
    if validation.scorer is not None:
        return validation.scorer(trainer.run), mean_loss
    return SCORES[scoring](logits, targets, weights, mean_loss), mean_loss
