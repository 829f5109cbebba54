"""The first updates of a fit, or chosen ones, each as a `BackpropTrace`."""

from bisect import bisect
from collections.abc import Sequence
from copy import copy, deepcopy
from dataclasses import dataclass
from inspect import signature
from numbers import Integral

import numpy as np
from sklearn.base import clone

from .._training.fit import make_trainer, prepare_fit
from .._training.loop import train_run
from .._training.parameters import check_parameters
from . import training_trace_text
from .pipelines import classifier_of, feature_names_of
from .trace import dense_rows, make_trace, network_of, update, weights_of_network

MOST_POINTS = 500


@dataclass(frozen=True, eq=False, repr=False)
class TrainingTrace(Sequence):
    """A sequence of updates of the weights; made by :func:`trace_training`.

    Its items are of type :class:`BackpropTrace`. It prints as a table with one line per update,
    and in a notebook it is shown as a page to step through.

    .. versionadded:: 0.1

    Attributes
    ----------
    updates : list of BackpropTrace
        The updates, in the order in which training makes them.
    numbers : ndarray of shape (n_updates,)
        Number of each update in training, counted from 1.
    epochs : ndarray of shape (n_updates,)
        Epoch of each update, counted from 1.
    rows : ndarray of shape (n_updates,)
        Row of each update's sample in `X`, counted from 0.
    points : ndarray of shape (n_points, 2) or None
        With two inputs, the training samples (at most about 500) as the network gets them, to be
        drawn over the decision surface.
    point_targets : ndarray of shape (n_points,) or None
        Their targets `T`, 0 or 1.
    """

    updates: list
    numbers: np.ndarray
    epochs: np.ndarray
    rows: np.ndarray
    points: np.ndarray | None
    point_targets: np.ndarray | None

    def __len__(self):
        return len(self.updates)

    def __getitem__(self, index):
        if not isinstance(index, slice):
            return self.updates[index]
        chosen = (self.updates, self.numbers, self.epochs, self.rows)
        return TrainingTrace(*(values[index] for values in chosen), self.points, self.point_targets)

    @property
    def mean_losses(self):
        """For each update, the mean loss of all up to and including it, shape (n_updates,)."""
        losses = np.array([update.loss for update in self.updates])
        return np.cumsum(losses) / np.arange(1, len(losses) + 1)

    def to_pandas(self):
        """Convert to a pandas frame with one row per update.

        Returns
        -------
        frame : pandas.DataFrame
            Its index is the `update`; its columns are `epoch`, `row`, `class`, `T`, `S_postA`,
            `FE`, `S_ERROR`, `LR`, `loss` and `mean_loss`. `S_postA` is that of the output node.
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install pandas.") from error
        return pd.DataFrame(training_trace_text.columns(self)).set_index("update")

    def to_html(self, *, terms="article"):
        """The page to step through as a piece of HTML that loads nothing.

        Parameters
        ----------
        terms : {"article", "standard"}, default="article"
            Which names the page shows for the quantities at first; it has a switch.

        Returns
        -------
        html : str
        """
        from . import training_trace_html

        return training_trace_html.render(self, terms=terms)

    def _repr_html_(self):
        return self.to_html()

    def __repr__(self):
        return training_trace_text.render(self)


def trace_training(estimator, X, y, *, updates=100, class_of_interest=None, **fit_params):
    """Record updates of the weights that ``estimator.fit(X, y)`` would make.

    The updates are computed by the reference equations in float64, from the weights that the
    compiled kernel has at the beginning of the epoch. The estimator is not changed.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : MLPLogisticClassifier, pipeline or search
        The estimator; it need not be fitted. If it is a pipeline, copies of the steps before the
        classifier are fitted to `X` and transform it, as in its own `fit`. If it is a fitted
        search, its `best_estimator_` is used. With ``random_state=None``, every call draws
        different initial weights. With `n_init` > 1, the first network is traced; with
        `warm_start`, training continues from the fitted weights.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Inputs.

    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Class labels, or multilabel targets.

    updates : int or sequence of int, default=100
        Which updates to record: an int n for the first n updates, or the numbers of the updates to
        record, counted from 1. All updates before the last of these are computed too.

    class_of_interest : class label, default=None
        With more than two classes, the class whose network is traced; the first one if not
        given. With two classes there is one network, that of ``classes_[1]``. For multilabel
        targets, the number of a label.

    **fit_params : dict
        Further arguments of :meth:`MLPLogisticClassifier.fit`, such as `sample_weight` and
        `coefs_init`.

    Returns
    -------
    trace : TrainingTrace

    Raises
    ------
    ValueError
        If training ends before the last update to record, or if `fit` would raise an error.

    See Also
    --------
    trace_update : One update of a fitted estimator.

    Examples
    --------
    >>> from sklearn_mlp import MLPLogisticClassifier, trace_training
    >>> X, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
    >>> model = MLPLogisticClassifier(2, learning_rate_init=1.0, random_state=0)
    >>> trace = trace_training(model, X, y, updates=[1, 2, 3, 320])
    >>> len(trace)
    4
    >>> trace.epochs.tolist()
    [1, 1, 1, 80]
    >>> first = trace[0]
    >>> bool(first.FE == first.S_postA[-1][0] - first.T)
    True
    >>> print(trace)
    4 of the first 320 updates of a 2-2-1 network, with bias nodes: half the squared error
    ...
    """
    wanted = _numbers_of(updates)
    before, model = classifier_of(estimator, "trace_training")
    model = copy(model).set_params(n_init=1, verbose=False, n_jobs=None)
    model.random_state = deepcopy(model.random_state)  # a generator is not advanced
    if before is not None:
        before = clone(before)
        X = before.fit_transform(X, y)
    signature(model.fit).bind(X, y, **fit_params)  # or TypeError
    if before is not None and fit_params.get("X_val") is not None:
        fit_params["X_val"] = before.transform(fit_params["X_val"])
    check_parameters(model)
    prepared = prepare_fit(model, X, y, **fit_params)
    training, plan, (run,) = prepared.training, prepared.plan, prepared.runs
    X = training.X
    vars(model).update(run.attributes())
    number, class_of_interest = network_of(model, model.classes_[0], class_of_interest)
    recorder = _Recorder(wanted, model, training, plan, number)
    with make_trainer(model, prepared, run, None) as trainer:
        train_run(run, trainer, plan, model, prepared.validation, recorder)
    if recorder.n_made < wanted[-1] and not isinstance(updates, Integral):
        raise ValueError(f"Training ends after update {recorder.n_made}, got updates={updates!r}.")
    names = feature_names_of(model, before)
    points = targets = None
    if X.shape[1] == 2:
        rows = np.unique(training.visits)
        rows = rows[:: -(-len(rows) // MOST_POINTS)]
        points, targets = dense_rows(X, rows), recorder.targets[rows]
    return TrainingTrace(
        [
            make_trace(model, class_of_interest=class_of_interest, feature_names=names, **update)
            for update in recorder.updates
        ],
        *np.array(recorder.places).T,
        points,
        targets,
    )


def _numbers_of(updates):
    """Numbers of the updates in ascending order."""
    if isinstance(updates, Integral):
        if updates < 1:
            raise ValueError(f"updates must be at least 1, got {updates}.")
        return range(1, updates + 1)
    numbers = np.unique(np.asarray(updates))
    if numbers.ndim != 1 or not len(numbers) or numbers.dtype.kind not in "iu" or numbers[0] < 1:
        raise ValueError(f"updates must be numbers of updates, counted from 1, got {updates!r}.")
    return numbers.tolist()


class _Recorder:
    """Takes the place of the tasks of a fit and of its epochs, see `train_run`; records updates.

    The weights at the beginning of an epoch are the kernel's. From there, the reference makes the
    updates of the epoch again, in the same order.
    """

    is_watched = True

    def __init__(self, wanted, model, training, plan, network):
        self.wanted, self.model, self.training, self.plan = wanted, model, training, plan
        self.network, self.n_made = network, 0
        classes, positive = training.targets.of_network(network)
        self.targets = (classes == positive).astype(int)
        # The arguments of `make_trace`, and number, epoch and row, of each recorded update.
        self.updates, self.places = [], []

    def subtask(self, name):
        return self

    def begin(self, run):
        """Keep what an epoch begins with."""
        self.weights = weights_of_network(self.model, self.network)
        visits = self.training.visits
        self.order = run.foreseen(visits) if self.model.shuffle else visits

    def end(self, run):
        """Make the updates of an epoch again; True if no more of them are wanted."""
        former, self.n_made = self.n_made, self.n_made + len(self.order)
        chosen = self.wanted[bisect(self.wanted, former) : bisect(self.wanted, self.n_made)]
        if len(chosen):
            order = self.order[: chosen[-1] - former].tolist()
            self._replay(order, former, set(chosen), run.records)
        return self.n_made >= self.wanted[-1]

    def _replay(self, order, former, chosen, records):
        rates = self.plan.learning_rates_of(len(records) - 1, records[-1].learning_rate)
        decay = records[-1].alpha / self.training.total
        for number, row in enumerate(order, former + 1):
            x, T = dense_rows(self.training.X, [row])[0], int(self.targets[row])
            step = 1.0 if self.training.step is None else float(self.training.step[row])
            rate = float(rates[self.network, T])
            if number in chosen:
                self.updates.append(
                    {
                        "x": x,
                        "y": self._label(row),
                        "T": T,
                        "before": self.weights.copy(),
                        "LR": rate,
                        "step": step,
                        "n_visits": 1,
                        "decay": decay,
                    }
                )
                self.places.append((number, len(records), row))
            update(self.weights, self.model, x, T, LR=rate, step=step, decay=decay)

    def _label(self, row):
        targets = self.training.targets
        number = targets.numbers[row]
        return self.model.classes_[number] if targets.sets is None else targets.sets[number]
