"""The tasks of a fit, and the callbacks that are told of them (scikit-learn 1.9 and newer)."""

from copy import copy
from functools import partial


class Task:
    """A fit, a restart or an epoch, of which the callbacks of `estimator` are told.

    Parameters
    ----------
    estimator : estimator
        The one whose `fit` was called: the callbacks know it from their `setup`.
    context : sklearn.callback.CallbackContext
    shared : dict
        What all callbacks may ask for: X, y, metadata.
    """

    def __init__(self, estimator, context, shared):
        self._estimator, self._context, self._shared = estimator, context, shared

    def begin(self, run=None):
        """`run` has the weights, if there are any yet."""
        self._context.call_on_fit_task_begin(estimator=self._estimator, **self._arguments(run))

    def end(self, run):
        """Whether a callback asks to stop what this task is a part of."""
        return self._context.call_on_fit_task_end(estimator=self._estimator, **self._arguments(run))

    def subtask(self, name, **kwargs):
        context = self._context.subcontext(task_name=name, **kwargs)
        return Task(self._estimator, context, self._shared)

    def _arguments(self, run):
        # Called only if a callback wants an estimator: it costs a copy of the weights.
        state = None if run is None else partial(_snapshot, self._estimator, run)
        return {**self._shared, "reconstruction_attributes": state}


class NoTask:
    """A `Task` of an estimator without callbacks."""

    def begin(self, run=None):
        pass

    def end(self, run):
        return False

    def subtask(self, name, **kwargs):
        return self


def fit_task(estimator, X, y, sample_weight, *, n_runs, n_epochs):
    """The task of a whole fit. Its subtasks are epochs or, where there are several, restarts.

    To be called before anything of the estimator is put aside that an error would restore: the
    attributes that come with it are for `with_callbacks` to take away.
    """
    if not getattr(estimator, "_skl_callbacks", None):
        return NoTask()
    context = estimator._init_callback_context(
        max_subtasks=n_epochs if n_runs == 1 else n_runs,
        sequential_subtasks=n_runs == 1,  # restarts may run in threads
    )
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return Task(estimator, context, {"X": X, "y": y, "metadata": metadata})


def _snapshot(estimator, run):
    """Attributes of `run`, merged over those of the estimator; both are copies."""
    return {**vars(copy(estimator)), **run.snapshot()}
