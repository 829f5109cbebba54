"""One update of the weights, with every quantity of the article.

The quantities are computed by `_reference`, which is the text of the equations.
"""

from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from .. import _reference
from .._sparse import checked
from .._training.data import rows_of
from .._training.fit import prepare_partial_fit
from .._training.parameters import check_parameters
from . import trace_text
from .diagram import layer_names, node_names
from .pipelines import as_rows, classifier_of, feature_names_of


class Weights(NamedTuple):
    """The weights of one network, or their gradients, layer by layer like the fitted attributes."""

    coefs: list
    intercepts: list

    def copy(self):
        return Weights([a.copy() for a in self.coefs], [a.copy() for a in self.intercepts])


@dataclass(frozen=True, eq=False, repr=False)
class BackpropTrace:
    """Every quantity of one update of the weights; made by :func:`trace_update`.

    It prints as a table, is shown as a diagram in a notebook, and has the article's names for
    its attributes. Lists have one entry per layer, from the first hidden layer to the output.
    All arrays are of dtype float64.

    .. versionadded:: 0.1

    Attributes
    ----------
    x : ndarray of shape (n_features,)
        Inputs.
    y : object
        The sample's class label.
    T : int
        Target of the output node: 1 if `y` is (multilabel: has) `class_of_interest`, otherwise 0.
    S_preA, S_postA : list of ndarrays of shape (fan_out,)
        Preactivations and postactivations of the nodes, ``S_postA = f(S_preA)``.
    f_prime : list of ndarrays of shape (fan_out,)
        Derivatives ``f'(S_preA)`` of the activation function.
    FE : float
        Final error, ``S_postA,O - T``.
    S_ERROR : float
        Error signal of the output node, ``FE * f'(S_preA,O)``; with log loss, ``FE``.
    error_signals : list of ndarrays of shape (fan_out,)
        Derivatives of the loss with respect to the preactivations of each layer's nodes (delta).
        The last one is `S_ERROR`.
    loss : float
        Half the squared error, or the log loss, before the update.
    gradients : Weights
        Derivatives of the loss with respect to the weights: ``gradients.coefs`` and
        ``gradients.intercepts``.
    before, after : Weights
        ``coefs`` and ``intercepts`` before and after the update.
    LR : float
        Learning rate.
    step : float
        Factor by which the class weight scales `LR`; 1 without class weights.
    n_visits : int
        How often `partial_fit` would visit this sample; the trace is of the first visit. It is 1,
        or more if the class weight is above 1, or 0 if the class weight is 0.
    decay : float
        ``alpha / n``: with regularization, a weight (not of a bias node) changes by
        ``-LR * step * (gradient + decay * weight)``, where ``LR * step * decay`` is limited to 1.
        It is 0 without regularization.
    loss_name : str
        "squared_error" or "log_loss".
    activations : tuple of str
        Names of the activation functions of the hidden nodes and of the output node: "logistic".
    class_of_interest : object
        The class whose probability the network's output is.
    network : str
        With several networks, which one this is: "class 2 against the rest" or, for multilabel
        targets, "label 2". Empty with two classes.
    feature_names : list of str
    has_bias : bool
        Whether there are bias nodes.
    """

    x: np.ndarray
    y: object
    T: int
    S_preA: list
    S_postA: list
    f_prime: list
    FE: float
    S_ERROR: float
    error_signals: list
    loss: float
    gradients: Weights
    before: Weights
    after: Weights
    LR: float
    step: float
    n_visits: int
    decay: float
    loss_name: str
    activations: tuple
    class_of_interest: object
    network: str
    feature_names: list
    has_bias: bool

    @property
    def signals(self):
        """The inputs, and each layer's postactivations: what flows into the next layer."""
        return [self.x, *self.S_postA]

    @property
    def layer_names(self):
        """Names of the layers: I, H and O, or I, H1, H2 and so on, and O."""
        return layer_names(len(self.signals))

    @property
    def node_names(self):
        """Names of the nodes of each layer."""
        return node_names(self.feature_names, [len(signal) for signal in self.signals])

    def to_pandas(self, rows="weights"):
        """Convert to a pandas frame.

        Parameters
        ----------
        rows : {"weights", "nodes"}, default="weights"
            What each row is.

            - "weights": a weight (bias nodes included), with the `signal` that flows into it, the
              `error_signal` of the node it leads to, its `gradient`, which is the product of
              these two, and its value `before` and `after` the update.
            - "nodes": a node, with its `S_preA`, `S_postA`, `f_prime` and `error_signal`. For an
              input, `S_postA` is its value; the output has `T` and `FE` too.

        Returns
        -------
        frame : pandas.DataFrame
        """
        try:
            import pandas as pd
        except ImportError as error:
            raise ImportError("to_pandas needs pandas: pip install pandas.") from error
        if rows not in ("weights", "nodes"):
            raise ValueError(f"rows must be 'weights' or 'nodes', got {rows!r}.")
        if rows == "weights":
            return pd.DataFrame(trace_text.weight_columns(self))
        frame = pd.DataFrame(trace_text.node_columns(self))
        frame.loc[frame.index[-1], ["T", "FE"]] = self.T, self.FE
        return frame

    def _repr_html_(self):
        from . import trace_html

        return trace_html.render(self)

    def __repr__(self):
        return trace_text.render(self)


def trace_update(estimator, x, y, *, class_of_interest=None):
    """Compute every quantity of one update of the weights, without making it.

    The update is the one that ``estimator.partial_fit([x], [y])`` would make (the first one, if it
    would make several because the class weight is above 1), with its learning rate, loss,
    regularization and class weights. The estimator is not changed.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : MLPLogisticClassifier, pipeline or search
        The fitted estimator. If it is a pipeline or a search (of which `best_estimator_` is used),
        it must end in an `MLPLogisticClassifier`; the steps before the classifier transform `x`.

    x : array-like or sparse matrix of shape (n_features,) or (1, n_features)
        One sample. If it is a row of a data frame, or a frame with one row, its column names are
        checked.

    y : class label, or array-like of shape (n_labels,)
        Its class; for multilabel targets, 0 or 1 for each label.

    class_of_interest : class label, default=None
        With more than two classes, the class whose network is traced; by default the sample's
        own, `y`. With two classes there is one network, that of ``classes_[1]``. For multilabel
        targets, the number of a label, by default 0.

    Returns
    -------
    trace : BackpropTrace

    Raises
    ------
    ValueError
        If `x` is not one sample, or if `y` or `class_of_interest` is not a class of the estimator.

    See Also
    --------
    gradient_check : Compare the gradients with finite differences.

    Notes
    -----
    The equations are those of Robert Keim, "Understanding Training Formulas and Backpropagation
    for Multilayer Perceptrons", All About Circuits, 27 December 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_mlp import MLPLogisticClassifier, trace_update
    >>> X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
    >>> model = MLPLogisticClassifier(
    ...     2, learning_rate_init=1.0, fit_intercept=False, random_state=0
    ... ).fit(X, y)
    >>> trace = trace_update(model, [1.0, 0.0], 1)
    >>> bool(trace.FE == trace.S_postA[-1][0] - 1)
    True
    >>> change = trace.after.coefs[0] - trace.before.coefs[0]
    >>> np.allclose(change, -1.0 * trace.gradients.coefs[0])
    True
    """
    before, model = classifier_of(estimator, "trace_update")
    check_is_fitted(model)
    model = copy(model)  # with weights of its own
    x = as_rows(x)
    if np.shape(x)[:1] != (1,):
        raise ValueError(f"x must be one sample, got an array of shape {np.shape(x)}.")
    if before is not None:
        x = before.transform(x)
    labels = np.asarray(checked(y, "y").toarray() if issparse(y) else y).reshape(-1)
    labels = labels[np.newaxis] if model.multilabel_ else labels
    if len(labels) != 1:
        raise ValueError(f"y must be the class label of one sample, got {y!r}.")
    check_parameters(model)
    prepared = prepare_partial_fit(model, x, labels)
    training, plan, (run,) = prepared.training, prepared.plan, prepared.runs
    if model.multilabel_:
        y, own = labels[0], model.classes_[0]
    else:
        y = own = model.classes_[training.targets.numbers[0]]
    number, class_of_interest = network_of(model, own, class_of_interest)
    # The class may have no visits (weight 0), or several that share the regularization.
    n_visits = len(training.visits)
    step = 0.0 if n_visits == 0 else 1.0 if training.step is None else float(training.step[0])
    return make_trace(
        model,
        dense_rows(training.X, [0])[0],
        y,
        int(training.targets.matrix()[0, number]),
        weights_of_network(model, number),
        LR=plan.learning_rate_of(0, run.t_),
        step=step,
        n_visits=n_visits,
        decay=plan.alpha / training.total if n_visits else 0.0,
        class_of_interest=class_of_interest,
        feature_names=feature_names_of(model, before),
    )


def make_trace(
    model, x, y, T, before, *, LR, step, n_visits, decay, class_of_interest, feature_names
):
    """The trace of an update by sample x; the arguments are the fields of `BackpropTrace`."""
    activations = model.hidden_activation_, model.out_activation_
    S_preA, S_postA = _reference.forward(x, *before, activations=activations)
    grad_coefs, grad_intercepts, loss = _reference.gradients(
        x, T, *before, loss=model.loss, activations=activations
    )
    after = before.copy()
    if n_visits:
        update(after, model, x, T, LR=LR, step=step, decay=decay)
    return BackpropTrace(
        x=x,
        y=y,
        T=T,
        S_preA=S_preA,
        S_postA=S_postA,
        f_prime=_reference.derivatives(S_postA, activations=activations),
        FE=float(S_postA[-1][0] - T),
        S_ERROR=float(grad_intercepts[-1][0]),
        error_signals=[g.copy() for g in grad_intercepts],  # a bias node's input is 1
        loss=float(loss),
        gradients=Weights(grad_coefs, [g * model.fit_intercept for g in grad_intercepts]),
        before=before,
        after=after,
        LR=LR,
        step=step,
        n_visits=n_visits,
        decay=decay,
        loss_name=model.loss,
        activations=activations,
        class_of_interest=class_of_interest,
        network=name_of_network(model, class_of_interest),
        feature_names=feature_names,
        has_bias=model.fit_intercept,
    )


def update(weights, model, x, T, *, LR, step, decay):
    """Change the weights by an update by sample x; the arguments are those of `make_trace`."""
    _reference.epoch(
        x[np.newaxis],
        [T],
        weights.coefs,
        weights.intercepts if model.fit_intercept else None,
        LR=LR,
        step=[step],
        alpha=decay * step,  # `epoch` divides by the steps that it makes
        loss=model.loss,
        activations=(model.hidden_activation_, model.out_activation_),
    )


def dense_rows(X, rows):
    """Some rows of X as a dense array in float64."""
    X = rows_of(X, rows)
    return np.array(X.toarray() if issparse(X) else X, dtype=np.float64)


def name_of_network(model, class_of_interest):
    """Which one of several networks; empty if there is one only."""
    if len(model.classes_) == 2 and not model.multilabel_:
        return ""
    if model.multilabel_:
        return f"label {class_of_interest}"
    return f"class {class_of_interest} against the rest"


def network_of(model, y, class_of_interest):
    """Number of the network that is asked for, and the class whose probability it gives."""
    if model.n_outputs_ == 1:
        if class_of_interest is not None and class_of_interest != model.classes_[1]:
            raise ValueError(
                f"The one network of two classes gives the probability of {model.classes_[1]}; "
                f"there is no separate network for class_of_interest={class_of_interest!r}."
            )
        return 0, model.classes_[1]
    wanted = y if class_of_interest is None else class_of_interest
    numbers = np.flatnonzero(model.classes_ == wanted)
    if len(numbers) != 1:
        raise ValueError(
            f"class_of_interest={wanted!r} is not one of the estimator's classes, {model.classes_}."
        )
    return int(numbers[0]), model.classes_[numbers[0]]


def weights_of_network(model, number):
    """Copies in float64."""
    several = model.n_outputs_ > 1
    return Weights(
        *(
            [np.array(a[number] if several else a, dtype=np.float64) for a in arrays]
            for arrays in (model.coefs_, model.intercepts_)
        )
    )
