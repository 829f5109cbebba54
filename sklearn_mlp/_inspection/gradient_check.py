"""The gradients that the kernel descends against finite differences of the loss."""

from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import check_is_fitted

from .. import _reference
from .._kernel.packed import dtype_of
from .._training.targets import encode_known
from .._validation import validate_samples
from .pipelines import as_rows, classifier_of

# The largest difference relative to the largest gradient at which the two count as equal. A wrong
# formula is off by a hundredth or more.
TOLERANCE = 1e-4


@dataclass(frozen=True, repr=False)
class GradientCheck:
    """Where the gradients of training and finite differences disagree most.

    It is made by :func:`gradient_check`, and prints as a verdict.

    .. versionadded:: 0.1

    Attributes
    ----------
    difference : float
        The largest absolute difference, in the units of the gradient: loss per unit of a weight.
    gradient, finite_difference : float
        The two values there.
    sample : int
        Number of the sample.
    weight : str
        Name of the weight there, such as ``"coefs_[0][2, 1]"``.
    largest_gradient : float
        The largest absolute gradient of all, for comparison.
    rounding : float
        About how large the difference may be from rounding and the finite `epsilon` alone; see the
        notes of :func:`gradient_check`.
    """

    difference: float
    gradient: float
    finite_difference: float
    sample: int
    weight: str
    largest_gradient: float
    rounding: float

    @property
    def relative_difference(self):
        """`difference` divided by `largest_gradient`."""
        if self.largest_gradient == 0.0:
            return 0.0 if self.difference == 0.0 else float("inf")
        return self.difference / self.largest_gradient

    @property
    def agrees(self):
        """Whether the gradients are right: `relative_difference` below 1e-4, or rounding."""
        return bool(self.difference <= max(TOLERANCE * self.largest_gradient, self.rounding))

    def __repr__(self):
        verdict = "agree" if self.agrees else "do NOT agree"
        return (
            f"The gradients of training and finite differences {verdict}:\n"
            f"the largest difference is {self.difference:.1e}, "
            f"{self.relative_difference:.1e} of the largest gradient,\n"
            f"at {self.weight} and sample {self.sample}: gradient {self.gradient:.9g}, "
            f"finite difference {self.finite_difference:.9g}."
        )


def gradient_check(estimator, X, y, *, epsilon=1e-5):
    """Compare the gradients that training descends with finite differences of the loss.

    For each sample and weight, the gradient follows from the change that an update by the compiled
    kernel makes at a learning rate of 1. The finite difference is the central difference of the
    sample's loss (without the regularization term), computed by the reference's forward equations
    in float64. The estimator is not changed.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : MLPLogisticClassifier, pipeline or search
        The fitted estimator. If it is a pipeline or a search (of which `best_estimator_` is used),
        it must end in an `MLPLogisticClassifier`; the steps before the classifier transform `X`.

    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Samples; one sample may also be of shape (n_features,). Each weight costs two forward passes
        of all samples.

    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Their class labels, or multilabel targets; for one sample, its label or its targets.

    epsilon : float, default=1e-5
        Change of a weight, up and down, for the finite difference.

    Returns
    -------
    check : GradientCheck

    See Also
    --------
    trace_update : All quantities of one update.

    Notes
    -----
    The error of a central difference is about ``epsilon ** 2`` plus ``1e-16 / epsilon`` for weights
    and losses around 1: 1e-10 by default. Weights of dtype float32 add about 1e-7 times the largest
    weight.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_mlp import MLPLogisticClassifier, gradient_check
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> model = MLPLogisticClassifier(4, random_state=0).fit(X, y)
    >>> check = gradient_check(model, X[:5], y[:5])
    >>> check.agrees
    True
    >>> print(check)
    The gradients of training and finite differences agree:
    the largest difference is ...
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon must be > 0, got {epsilon!r}.")
    before, model = classifier_of(estimator, "gradient_check")
    check_is_fitted(model)
    is_one_row = np.ndim(X) == 1
    X = as_rows(X)
    y = np.asarray(y)[np.newaxis] if is_one_row and np.ndim(y) == model.multilabel_ else y
    if before is not None:
        X = before.transform(X)
    model = copy(model).set_params(
        learning_rate="constant",
        learning_rate_init=1.0,
        alpha=0.0,
        class_weight=None,
        shuffle=False,  # one sample has no order
        verbose=False,
    )
    X, y = validate_samples(model, X, y, dtype=dtype_of(model.coefs_), reset=False)
    targets = encode_known(y, model.classes_, multilabel=model.multilabel_)
    vars(model).pop("feature_names_in_", None)  # checked; the rows of X now come without
    gradients = np.array(
        [_kernel_gradient(model, X[row : row + 1], y[row : row + 1]) for row in range(len(y))]
    )
    X = (X.toarray() if issparse(X) else X).astype(np.float64)
    names, differences = _finite_differences(model, X, targets, epsilon)
    precision = float(np.finfo(model.coefs_[0].dtype).eps)
    largest_weight = max(float(np.abs(array).max()) for array in _trained_arrays(model))
    error = np.abs(gradients - differences)
    row, column = np.unravel_index(np.argmax(error), error.shape)
    return GradientCheck(
        difference=float(error[row, column]),
        gradient=float(gradients[row, column]),
        finite_difference=float(differences[row, column]),
        sample=int(row),
        weight=names[column],
        largest_gradient=float(np.abs(gradients).max()),
        rounding=10.0 * (epsilon**2 + 1e-16 / epsilon + precision * largest_weight),
    )


def _trained_arrays(model):
    return [*model.coefs_, *(model.intercepts_ if model.fit_intercept else [])]


def _kernel_gradient(model, X, y):
    """The change of each weight by one update at a learning rate of 1; the weights are restored."""
    before = [np.array(array, dtype=np.float64) for array in _trained_arrays(model)]
    model.partial_fit(X, y)
    after = _trained_arrays(model)
    changes = [(b - a).ravel() for b, a in zip(before, after, strict=True)]
    for array, kept in zip(after, before, strict=True):
        array[...] = kept
    return np.concatenate(changes)


def _finite_differences(model, X, targets, epsilon):
    """Names of the weights, and the central difference for each sample and weight."""
    targets = targets.matrix()
    arrays = [np.array(array, dtype=np.float64) for array in _trained_arrays(model)]
    n_layers = len(model.coefs_)
    activations = model.hidden_activation_, model.out_activation_
    names, differences = [], []
    for position, array in enumerate(arrays):
        name = ("coefs_", "intercepts_")[position // n_layers] + f"[{position % n_layers}]"
        for index in np.ndindex(array.shape):
            # With several networks, the first index is the network's number.
            network = ... if model.n_outputs_ == 1 else index[0]
            T = targets[:, 0 if model.n_outputs_ == 1 else index[0]]
            losses = []
            kept = array[index]
            for moved in (kept + epsilon, kept - epsilon):
                array[index] = moved
                weights = [a[network] for a in arrays]
                S_preA, _ = _reference.forward(
                    X, weights[:n_layers], weights[n_layers:] or None, activations=activations
                )
                losses.append(_reference.sample_loss(S_preA[-1][:, 0], T, loss=model.loss))
            array[index] = kept
            names.append(f"{name}[{', '.join(map(str, index))}]")
            differences.append((losses[0] - losses[1]) / (2.0 * epsilon))
    return names, np.transpose(differences)
