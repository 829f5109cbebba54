"""The tasks of a fit, as scikit-learn's callbacks see them (scikit-learn 1.9 and newer)."""

from functools import partial


class Task:
    """A fit, a restart or an epoch: calls the estimator's callbacks when it begins and ends.

    `is_watched` is whether anything happens at the beginning and the end of an epoch.

    Parameters
    ----------
    estimator : estimator
        The estimator whose `fit` was called; the callbacks know it from their `setup`.
    draft : estimator
        Has the fitted attributes that do not come from a run.
    context : sklearn.callback.CallbackContext
    shared : dict
        Arguments that any callback may ask for: X, y, metadata.
    """

    is_watched = True

    def __init__(self, estimator, draft, context, shared):
        self._estimator, self._draft = estimator, draft
        self._context, self._shared = context, shared

    def begin(self, run=None):
        """Call the callbacks; `run` is None before there are weights."""
        self._context.call_on_fit_task_begin(estimator=self._estimator, **self._arguments(run))

    def end(self, run):
        """Call the callbacks; True if one of them asks to stop the task that contains this one."""
        return self._context.call_on_fit_task_end(estimator=self._estimator, **self._arguments(run))

    def subtask(self, name, **kwargs):
        context = self._context.subcontext(task_name=name, **kwargs)
        return Task(self._estimator, self._draft, context, self._shared)

    def _arguments(self, run):
        # scikit-learn calls this only if a callback asks for an estimator: it copies the weights.
        state = None if run is None else partial(_snapshot, self._draft, run)
        return {**self._shared, "reconstruction_attributes": state}


class NoTask:
    """The `Task` of an estimator without callbacks: does nothing."""

    is_watched = False

    def begin(self, run=None):
        pass

    def end(self, run):
        return False

    def subtask(self, name, **kwargs):
        return self


def fit_task(estimator, draft, X, y, sample_weight, *, n_runs, n_epochs):
    """The task of a whole fit. Its subtasks are epochs or, with several runs, restarts."""
    if not getattr(estimator, "_skl_callbacks", None):
        return NoTask()
    context = estimator._init_callback_context(
        max_subtasks=n_epochs if n_runs == 1 else n_runs,
        sequential_subtasks=n_runs == 1,  # restarts may run in threads
    )
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    return Task(estimator, draft, context, {"X": X, "y": y, "metadata": metadata})


def _snapshot(draft, run):
    """The attributes of `draft`, with copies of those of `run` in place of the fitted ones."""
    return {**vars(draft), **run.snapshot()}
