"""The tasks of a fit, and the callbacks that are told of them (scikit-learn 1.9 and newer)."""

from copy import copy, deepcopy
from functools import partial


class Task:
    """A fit, a restart or an epoch, of which the callbacks of `estimator` are told.

    Parameters
    ----------
    estimator : estimator
        The one whose `fit` was called: the callbacks know it from their `setup`.
    context : sklearn.callback.CallbackContext
    told : dict
        What all callbacks may ask for: X, y, metadata.
    """

    def __init__(self, estimator, context, told):
        self._estimator, self._context, self._told = estimator, context, told

    def begin(self, trained=None):
        """`trained` has the weights, if there are any yet."""
        self._context.call_on_fit_task_begin(estimator=self._estimator, **self._what(trained))

    def end(self, trained):
        """Whether a callback asks to stop what this task is a step of."""
        return self._context.call_on_fit_task_end(estimator=self._estimator, **self._what(trained))

    def subtask(self, name, **kwargs):
        context = self._context.subcontext(task_name=name, **kwargs)
        return Task(self._estimator, context, self._told)

    def _what(self, trained):
        # Called only if a callback wants an estimator: it costs a copy of the weights.
        state = None if trained is None else partial(_snapshot, trained)
        return {**self._told, "reconstruction_attributes": state}


class _NobodyToTell:
    """A `Task` of an estimator without callbacks."""

    def begin(self, trained=None):
        pass

    def end(self, trained):
        return False

    def subtask(self, name, **kwargs):
        return self


def fit_task(estimator, X, y, sample_weight, *, n_attempts, n_epochs):
    """The task of a whole fit. Its subtasks are epochs or, where there are several, restarts.

    To be called before anything of the estimator is put aside that an error would restore: the
    attributes that come with it are for `with_callbacks` to take away.
    """
    if not getattr(estimator, "_skl_callbacks", None):
        return _NobodyToTell()
    context = estimator._init_callback_context(
        max_subtasks=n_epochs if n_attempts == 1 else n_attempts,
        sequential_subtasks=n_attempts == 1,  # restarts may run in threads
    )
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return Task(estimator, context, {"X": X, "y": y, "metadata": metadata})


def _snapshot(trained):
    """Fitted attributes of a copy that shares nothing with what training goes on to change."""
    state = vars(copy(trained))  # which has weights of its own
    for name in ("loss_curve_", "validation_scores_", "_generator"):
        state[name] = deepcopy(state[name])
    return state
