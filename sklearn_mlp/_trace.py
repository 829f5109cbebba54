"""One update of the weights, with every quantity of the article; and a check of the gradients.

The quantities are computed by `_reference`, which is the text of the equations.
"""

from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from . import _reference
from ._classifier import MLPLogisticClassifier
from ._diagram import layer_names, node_names


class Weights(NamedTuple):
    """Of one network, or their gradients: per layer, as `coefs_` and `intercepts_` have them."""

    coefs: list
    intercepts: list


@dataclass(frozen=True, eq=False, repr=False)
class BackpropTrace:
    """Every quantity of one update of the weights; made by :func:`trace_update`.

    It prints as a table, shows itself as a diagram in a notebook, and has the article's names for
    its attributes. Lists have one entry per layer from the first hidden layer to the output.
    All arrays are of dtype float64.

    Attributes
    ----------
    x : ndarray of shape (n_features,)
        Inputs.
    y : object
        The sample's class label.
    T : int
        Target of the output node: 1 if `y` is `class_of_interest`, otherwise 0.
    S_preA, S_postA : list of ndarrays of shape (fan_out,)
        Preactivations and postactivations of the nodes, ``S_postA = f(S_preA)``.
    f_prime : list of ndarrays of shape (fan_out,)
        Derivatives ``f'(S_preA)`` of the activation function.
    FE : float
        Final error, ``S_postA,O - T``.
    S_ERROR : float
        Error signal of the output node, ``FE * f'(S_preA,O)``; with log loss, ``FE``.
    error_signals : list of ndarrays of shape (fan_out,)
        Derivatives of the loss by the preactivations of each layer's nodes (delta), the last one
        of which is `S_ERROR`.
    loss : float
        Half the squared error, or the log loss, before the update.
    gradients : Weights
        Derivatives of the loss by the weights: ``gradients.coefs`` and ``gradients.intercepts``.
    before, after : Weights
        ``coefs`` and ``intercepts`` before and after the update.
    LR : float
        Learning rate.
    step : float
        What the class weight scales `LR` by; 1 without class weights.
    n_visits : int
        How often `partial_fit` would make such an update for this sample: 1, or more often where
        its class weight is above 1.
    decay : float
        ``alpha / n``: with regularization, a weight (not of a bias node) changes by
        ``-LR * step * (gradient + decay * weight)``. 0 without.
    loss_name : str
        "squared_error" or "log_loss".
    class_of_interest : object
        The class whose probability the network's output is.
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
    class_of_interest: object
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

            - "weights": a weight (or a bias node's), with the `signal` that flows into it, the
              `error_signal` of the node it leads to, its `gradient`, which is the product of
              these two, and its value `before` and `after`.
            - "nodes": a node, with its `S_preA`, `S_postA`, `f_prime` and `error_signal`. An
              input is its own `S_postA`; the output has `T` and `FE` too.

        Returns
        -------
        frame : pandas.DataFrame
        """
        import pandas as pd

        if rows not in ("weights", "nodes"):
            raise ValueError(f"rows must be 'weights' or 'nodes', got {rows!r}.")
        if rows == "weights":
            return pd.DataFrame(self.weight_rows())
        columns = ["layer", "node", "S_preA", "S_postA", "f_prime", "error_signal", "T", "FE"]
        return pd.DataFrame(self.node_rows(), columns=columns)

    def node_rows(self):
        names = self.node_names
        rows = [
            {"layer": "I", "node": name, "S_postA": value}
            for name, value in zip(names[0], self.x.tolist(), strict=True)
        ]
        for layer, arrays in enumerate(
            zip(self.S_preA, self.S_postA, self.f_prime, self.error_signals, strict=True), 1
        ):
            for name, *values in zip(names[layer], *map(np.ndarray.tolist, arrays), strict=True):
                quantities = zip(
                    ("S_preA", "S_postA", "f_prime", "error_signal"), values, strict=True
                )
                rows.append({"layer": self.layer_names[layer], "node": name, **dict(quantities)})
        rows[-1].update(T=self.T, FE=self.FE)
        return rows

    def weight_rows(self):
        names, layers, signals = self.node_names, self.layer_names, self.signals
        rows = []
        for layer, errors in enumerate(self.error_signals):
            matrices = [w.coefs[layer] for w in (self.before, self.gradients, self.after)]
            sources, inputs = names[layer], signals[layer]
            if self.has_bias:
                biases = [w.intercepts[layer] for w in (self.before, self.gradients, self.after)]
                matrices = [np.vstack(pair) for pair in zip(matrices, biases, strict=True)]
                sources, inputs = [*sources, "bias"], np.append(inputs, 1.0)
            before, gradient, after = (matrix.tolist() for matrix in matrices)
            for i, source in enumerate(sources):
                for j, target in enumerate(names[layer + 1]):
                    rows.append(
                        {
                            "layer": f"{layers[layer]}to{layers[layer + 1]}",
                            "from": source,
                            "to": target,
                            "signal": float(inputs[i]),
                            "error_signal": float(errors[j]),
                            "gradient": gradient[i][j],
                            "before": before[i][j],
                            "after": after[i][j],
                        }
                    )
        return rows

    def equations(self):
        """Of the output node: standard term, article's term, value and formula."""
        with_f_prime = "FE" if self.loss_name == "log_loss" else "FE * f'(S_preA,O)"
        loss = "-log(1 - |FE|)" if self.loss_name == "log_loss" else "1/2 * FE**2"
        return [
            ("target", "T", str(self.T), f"1 for class {self.class_of_interest}, else 0"),
            ("final error", "FE", number(self.FE), "S_postA,O - T"),
            ("delta", "S_ERROR", number(self.S_ERROR), with_f_prime),
            ("loss", "", number(self.loss), loss),
        ]

    def describe(self):
        """What was updated and how, in sentences of one line each."""
        sizes = "-".join(str(len(signal)) for signal in self.signals)
        loss = "log loss" if self.loss_name == "log_loss" else "half the squared error"
        bias = "with bias nodes" if self.has_bias else "no bias nodes"
        lines = [
            f"One update of a {sizes} network, {bias}: a sample of class {self.y}, {loss}",
            f"learning rate LR = {self.LR:g}; weight -= LR * gradient",
        ]
        if self.step != 1.0:
            lines[1] = (
                f"learning rate LR = {self.LR:g}, step = {self.step:g} by the class weight; "
                "weight -= LR * step * gradient"
            )
        if self.n_visits != 1:
            lines.append(f"the class weight has partial_fit do this {self.n_visits} times")
        if self.decay:
            lines.append(
                f"regularization: each weight, not of a bias node, also shrinks by the factor "
                f"1 - {self.LR * self.step * self.decay:g}"
            )
        return lines

    def _repr_html_(self):
        from ._trace_html import render

        return render(self)

    def __repr__(self):
        lines = self.describe()
        lines += ["", *_table(NODE_COLUMNS, self.node_rows(), 24), ""]
        for standard, article, value, formula in self.equations():
            lines.append(f"{standard:12s}  {article:7s} = {value:>9s}  {formula}")
        lines += ["", *_table(WEIGHT_COLUMNS, self.weight_rows(), 40)]
        return "\n".join(line.rstrip() for line in lines)


# Column of the rows, the standard term, the article's.
NODE_COLUMNS = [
    ("layer", "", "layer"),
    ("node", "", "node"),
    ("S_preA", "preactivation", "S_preA"),
    ("S_postA", "postactivation", "S_postA"),
    ("f_prime", "derivative", "f'(S_preA)"),
    ("error_signal", "delta", "error signal"),
]
WEIGHT_COLUMNS = [
    ("layer", "", "weight"),
    ("from", "", "from"),
    ("to", "", "to"),
    ("signal", "input", "S_postA"),
    ("error_signal", "delta", "error signal"),
    ("gradient", "gradient", "gradient"),
    ("before", "weight", "before"),
    ("after", "weight", "after"),
]


def number(value):
    """Six decimals, or an exponent where they would say too little."""
    if value is None:
        return ""
    value += 0.0  # no minus before zero
    return f"{value:.6f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.4e}"


def _table(columns, rows, most):
    """Lines of a table with two lines of heads; of many rows the first and the last."""
    cells = [
        [
            row.get(key, "") if isinstance(row.get(key, ""), str) else number(row[key])
            for key, _, _ in columns
        ]
        for row in rows
    ]
    if len(cells) > most:
        dots = [f"... {len(cells) - most} more", *[""] * (len(columns) - 1)]
        cells = [*cells[: most // 2], dots, *cells[-most // 2 :]]
    heads = [[standard for _, standard, _ in columns], [article for _, _, article in columns]]
    # The dots may stretch over the columns beside theirs.
    widths = [
        max(len(line[i]) for line in [*heads, *cells] if not line[i].startswith("... "))
        for i in range(len(columns))
    ]
    n_names = sum(isinstance(rows[0][key], str) for key, _, _ in columns if key in rows[0])
    return [
        "  ".join(
            cell.ljust(width) if i < n_names else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        if not line[0].startswith("... ")
        else line[0]
        for line in [*heads, *cells]
    ]


def trace_update(estimator, x, y, *, class_of_interest=None):
    """Compute every quantity of one update of the weights, without making it.

    The update is the one that ``estimator.partial_fit([x], [y])`` would make, by its rate, loss,
    regularization and class weights. The estimator is not changed.

    Parameters
    ----------
    estimator : MLPLogisticClassifier
        Fitted. Not a pipeline: give its last step, and the sample as the steps before it
        transform it.

    x : array-like or sparse matrix of shape (n_features,) or (1, n_features)
        One sample. A row of a frame, or a frame of one row, is checked for its column names.

    y : class label
        Its class.

    class_of_interest : class label, default=None
        With more than two classes, the class whose network is traced; by default the sample's
        own, `y`. With two classes there is one network, that of ``classes_[1]``.

    Returns
    -------
    trace : BackpropTrace

    Raises
    ------
    ValueError
        If `x` is not one sample, or `y` or `class_of_interest` not a class of the estimator.

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
    ...     2, learning_rate_init=1.0, loss="squared_error", fit_intercept=False, random_state=0
    ... ).fit(X, y)
    >>> trace = trace_update(model, [1.0, 0.0], 1)
    >>> bool(trace.FE == trace.S_postA[-1][0] - 1)
    True
    >>> change = trace.after.coefs[0] - trace.before.coefs[0]
    >>> np.allclose(change, -1.0 * trace.gradients.coefs[0])
    True
    """
    model = copy_of(estimator, "trace_update")
    labels = np.asarray(y).reshape(-1)
    if len(labels) != 1:
        raise ValueError(f"y must be the class label of one sample, got {y!r}.")
    X, training, rate = model._chunk(_one_row(x), labels)
    y = model.classes_[training.y[0]]
    number, class_of_interest = network_of(model, y, class_of_interest)
    before = weights_of_network(model, number)
    x = (X.toarray() if issparse(X) else X)[0].astype(np.float64)
    T = int(y == class_of_interest)

    # Without bias nodes, as the reference knows them.
    intercepts = before.intercepts if model.fit_intercept else None
    log_loss = model.loss == "log_loss"
    S_preA, S_postA = _reference.forward(x, before.coefs, intercepts)
    grad_coefs, grad_intercepts, FE = _reference.gradients(
        x, T, before.coefs, intercepts, log_loss=log_loss
    )
    # The class may have no visits (weight 0), or several that share the regularization.
    n_visits = len(training.visits)
    step = 0.0 if n_visits == 0 else 1.0 if training.step is None else float(training.step[0])
    decay = training.alpha / training.total if n_visits else 0.0
    after = Weights(*([array.copy() for array in arrays] for arrays in before))
    if n_visits:
        _reference.epoch(
            x[np.newaxis],
            [T],
            after.coefs,
            after.intercepts if model.fit_intercept else None,
            LR=rate,
            step=[step],
            alpha=decay * step,  # `epoch` divides by the steps that it makes
            log_loss=log_loss,
        )
    return BackpropTrace(
        x=x,
        y=y,
        T=T,
        S_preA=S_preA,
        S_postA=S_postA,
        f_prime=[f * (1.0 - f) for f in S_postA],
        FE=float(FE),
        S_ERROR=float(grad_intercepts[-1][0]),
        error_signals=grad_intercepts,  # a bias node's input is 1
        loss=float(_loss(S_postA[-1][0], T, log_loss)),
        gradients=Weights(
            grad_coefs,
            grad_intercepts if model.fit_intercept else [np.zeros_like(g) for g in grad_intercepts],
        ),
        before=before,
        after=after,
        LR=rate,
        step=step,
        n_visits=n_visits,
        decay=decay,
        loss_name=model.loss,
        class_of_interest=class_of_interest,
        feature_names=feature_names_of(model),
        has_bias=model.fit_intercept,
    )


class GradientCheck(NamedTuple):
    """Where the gradients of training and finite differences disagree most.

    difference : float
        The largest absolute difference, in the units of the gradient: of the loss, for a weight.
    gradient, finite_difference : float
        The two values there.
    sample : int
        Number of the sample.
    weight : str
        Name of the weight there, such as ``"coefs_[0][2, 1]"``.
    largest_gradient : float
        The largest absolute gradient of all, for comparison.
    """

    difference: float
    gradient: float
    finite_difference: float
    sample: int
    weight: str
    largest_gradient: float


def gradient_check(estimator, X, y, *, step=1e-5):
    """Compare the gradients that training descends with finite differences of the loss.

    For each sample and weight, the gradient is taken from what an update by the compiled kernel
    changes, at a learning rate of 1; the finite difference is the central one of the sample's
    loss (without the term of `alpha`), by the reference's forward equations in float64. The
    estimator is not changed.

    Parameters
    ----------
    estimator : MLPLogisticClassifier
        Fitted.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples. The time grows with their number times the number of weights.

    y : array-like of shape (n_samples,)
        Their class labels.

    step : float, default=1e-5
        By how much a weight is moved up and down for the finite difference.

    Returns
    -------
    check : GradientCheck

    See Also
    --------
    trace_update : All quantities of one update.

    Notes
    -----
    The error of a central difference is about ``step ** 2`` plus 1e-16 / `step` for weights and
    losses around 1, here 1e-10. Weights of dtype float32 add about 1e-7 times the largest weight.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_mlp import MLPLogisticClassifier, gradient_check
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> model = MLPLogisticClassifier(4, random_state=0).fit(X, y)
    >>> gradient_check(model, X[:5], y[:5]).difference < 1e-8
    True
    """
    model = copy_of(estimator, "gradient_check")
    model.set_params(
        learning_rate="constant",
        learning_rate_init=1.0,
        alpha=0.0,
        class_weight=None,
        shuffle=False,  # the generator of the orders is the estimator's own
        verbose=False,
    )
    X, y = model._validate_samples(X, y, reset=False)
    numbers = model._encode_known_classes(y)
    vars(model).pop("feature_names_in_", None)  # checked; the rows of X now come without
    gradients = np.array(
        [_kernel_gradient(model, X[row : row + 1], y[row : row + 1]) for row in range(len(y))]
    )
    X = (X.toarray() if issparse(X) else X).astype(np.float64)
    names, differences = _finite_differences(model, X, numbers, step)
    error = np.abs(gradients - differences)
    row, column = np.unravel_index(np.argmax(error), error.shape)
    return GradientCheck(
        difference=float(error[row, column]),
        gradient=float(gradients[row, column]),
        finite_difference=float(differences[row, column]),
        sample=int(row),
        weight=names[column],
        largest_gradient=float(np.abs(gradients).max()),
    )


def _trained_arrays(model):
    return [*model.coefs_, *(model.intercepts_ if model.fit_intercept else [])]


def _kernel_gradient(model, X, y):
    """What one update at a learning rate of 1 takes from each weight; they are put back."""
    buffer = model._packed.buffer.copy()
    before = [np.array(array, dtype=np.float64) for array in _trained_arrays(model)]
    model.partial_fit(X, y)
    after = _trained_arrays(model)
    change = np.concatenate([(b - a).ravel() for b, a in zip(before, after, strict=True)])
    model._packed.buffer[...] = buffer
    return change


def _finite_differences(model, X, numbers, step):
    """Names of the weights, and the central difference for each sample and weight."""
    arrays = [np.array(array, dtype=np.float64) for array in _trained_arrays(model)]
    n_layers = len(model.coefs_)
    names, differences = [], []
    for position, array in enumerate(arrays):
        name = ("coefs_", "intercepts_")[position // n_layers] + f"[{position % n_layers}]"
        for index in np.ndindex(array.shape):
            # With several networks, the first index is the network's number.
            network = ... if model.n_outputs_ == 1 else index[0]
            T = numbers == (1 if model.n_outputs_ == 1 else index[0])
            losses = []
            kept = array[index]
            for moved in (kept + step, kept - step):
                array[index] = moved
                weights = [a[network] for a in arrays]
                _, S_postA = _reference.forward(X, weights[:n_layers], weights[n_layers:] or None)
                losses.append(_loss(S_postA[-1][:, 0], T, model.loss == "log_loss"))
            array[index] = kept
            names.append(f"{name}[{', '.join(map(str, index))}]")
            differences.append((losses[0] - losses[1]) / (2.0 * step))
    return names, np.transpose(differences)


def _loss(output, T, log_loss):
    FE = output - T
    return -np.log1p(-np.abs(FE)) if log_loss else 0.5 * FE**2


def copy_of(estimator, caller):
    """A copy of a fitted estimator, with weights of its own."""
    if not isinstance(estimator, MLPLogisticClassifier):
        raise TypeError(
            f"{caller} takes a fitted MLPLogisticClassifier, got {type(estimator).__name__}. Of a "
            "pipeline, pass the last step, pipeline[-1], and samples as the others transform "
            "them, pipeline[:-1].transform(X)."
        )
    check_is_fitted(estimator)
    return copy(estimator)


def _one_row(x):
    if hasattr(x, "to_frame") and hasattr(x, "index"):  # a row of a pandas frame keeps its names
        return x.to_frame().T
    if np.ndim(x) == 1 and not issparse(x):
        x = np.asarray(x)[np.newaxis]
    elif issparse(x) and x.ndim == 1:
        x = x.reshape(1, -1)
    if np.shape(x)[:1] != (1,):
        raise ValueError(f"x must be one sample, got an array of shape {np.shape(x)}.")
    return x


def network_of(model, y, class_of_interest):
    """Number of the network that is asked for, and the class whose probability it gives."""
    if model.n_outputs_ == 1:
        if class_of_interest is not None and class_of_interest != model.classes_[1]:
            raise ValueError(
                f"The one network of two classes gives the probability of {model.classes_[1]}; "
                f"class_of_interest={class_of_interest!r} has none of its own."
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


def feature_names_of(model):
    if hasattr(model, "feature_names_in_"):
        return model.feature_names_in_.tolist()
    return [f"x{number}" for number in range(model.n_features_in_)]
