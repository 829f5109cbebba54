"""What callers hand in: checked and converted, or an error."""

import contextlib
import re
from itertools import pairwise

import numpy as np
from scipy.sparse import issparse
from sklearn.exceptions import NotFittedError
from sklearn.utils import check_array
from sklearn.utils.multiclass import is_multilabel
from sklearn.utils.validation import validate_data

from ._sklearn import check_sample_weight
from ._sparse import checked

DTYPES = (np.float64, np.float32)  # others are converted to the first


def check_not_assigned(estimator):
    """Raise NotFittedError if weights or classes were assigned to one that is not fitted."""
    remedies = {
        "coefs_": "Pass initial weights to fit, as coefs_init",
        "intercepts_": "Pass initial weights to fit, as intercepts_init",
        "classes_": "Pass the classes to partial_fit, and initial weights to fit, as coefs_init",
    }
    for name, remedy in remedies.items():
        if name in vars(estimator):
            raise NotFittedError(
                f"{name} was assigned to this {type(estimator).__name__} instance, which is not "
                f"fitted yet. {remedy}, or assign {name} after a call of fit or partial_fit."
            )


def is_indicator(y):
    """Whether `y`, an array or a matrix, is one of multilabel targets."""
    return getattr(y, "ndim", 0) == 2 and is_multilabel(y)


def as_numpy_or_sparse(X, name):
    """X as scikit-learn's validation can take it; ValueError if a sparse matrix is corrupt.

    Arrays of other libraries that follow the array API are converted to NumPy's. Of a sparse
    matrix, the structure is copied and checked.
    """
    if issparse(X):
        return checked(X, name)
    if name == "X" and _has_dates(X):
        raise ValueError("Input X contains dates or time spans, which are not numbers.")
    is_foreign = hasattr(X, "__array_namespace__") and not isinstance(X, np.ndarray)
    return np.asarray(X) if is_foreign else X


def _has_dates(X):
    """Whether an array, a frame of pandas or polars, or the first of a list of rows has dates.

    scikit-learn would convert columns of dates to their number of nanoseconds, say, without a word.
    Dates that are Python objects are not looked for.
    """
    if type(X) is np.ndarray:
        return X.dtype.kind in "mM"
    if isinstance(X, list | tuple):
        first = X[0] if len(X) else ()
        row = first if isinstance(first, list | tuple) else [first]
        dtypes = [getattr(value, "dtype", None) for value in row]
    else:
        dtypes = getattr(X, "dtypes", None)
        if not np.iterable(dtypes):  # as of a Series
            dtypes = [getattr(X, "dtype", None)]
    return any(
        getattr(dtype, "kind", "") in ("m", "M") or getattr(dtype, "is_temporal", bool)()
        for dtype in dtypes
    )


def _validated(estimator, X, *y, **options):
    """What scikit-learn's `validate_data` gives; its OverflowError is a ValueError here."""
    # A value too large for float32 is an error, which need not be preceded by a warning.
    with np.errstate(over="ignore", invalid="ignore"):
        try:
            return validate_data(estimator, X, *y, accept_sparse="csr", order="C", **options)
        except OverflowError as error:  # of an int that is no float
            raise ValueError(f"Input X contains a value too large: {error}.") from error


def validate_samples(estimator, X, y, *, dtype, reset):
    r"""X as the kernel can read it and y as an array, checked; sets `n_features_in_` if `reset`.

    Parameters
    ----------
    estimator : MLPLogisticClassifier
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
    y : array-like of shape (n_samples,), or {array-like, sparse matrix} of shape \
            (n_samples, n_labels)
    dtype : dtype or tuple of dtypes
    reset : bool
    """
    X = as_numpy_or_sparse(X, "X")
    if hasattr(y, "__array__") and not hasattr(y, "ndim") and len(getattr(y, "shape", ())) == 2:
        y = np.asarray(y)  # a frame of another library than pandas
    y = as_numpy_or_sparse(y, "y")
    if isinstance(y, list | tuple):
        with contextlib.suppress(ValueError):  # of a ragged list, for validation to reject
            y = np.asarray(y)
    multi_output = is_indicator(y)
    if not multi_output and len(getattr(y, "shape", ())) == 2 and y.shape[1] > 1:
        # Only to name what is wrong, such as NaN in multilabel targets.
        check_array(y, accept_sparse=True, dtype=None, input_name="y")
    X, y = _validated(estimator, X, y, dtype=dtype, multi_output=multi_output, reset=reset)
    if issparse(y):
        y = y.toarray()
    if y.dtype.kind in "mM" and np.isnat(y).any():
        raise ValueError("Input y contains NaT.")
    if issparse(X) and not X.has_canonical_format:
        # Sorted columns without duplicates, so that the order of the additions is settled; in a
        # copy, for the matrix may be the caller's own.
        X = X.copy()
        X.sum_duplicates()
    return readable(X), y


def readable(X):
    """X as the kernel can read it: values contiguous and aligned.

    Usually this is X itself.
    """
    values = X.data if issparse(X) else X
    if values.flags.c_contiguous and values.flags.aligned:
        return X
    return X.copy() if issparse(X) else np.array(X, order="C")


def validate_sample_weight(sample_weight, X):
    if sample_weight is None:
        return None
    sample_weight = check_sample_weight(
        as_numpy_or_sparse(sample_weight, "sample_weight"),
        X,
        dtype=np.float64,
        ensure_non_negative=True,
    )
    if not sample_weight.any():  # scikit-learn checks this itself since 1.9
        raise ValueError("Sample weights must contain at least one non-zero number.")
    with np.errstate(over="ignore", invalid="ignore"):
        if not np.isfinite(sample_weight.sum()):
            raise ValueError("Sample weights are too large: their sum is not finite.")
    return sample_weight


def validate_inputs(estimator, X, *, dtype):
    """X of a prediction as the kernel can read it."""
    X = _validated(estimator, as_numpy_or_sparse(X, "X"), dtype=dtype, reset=False)
    return readable(X)


def validate_validation_set(estimator, X, y, sample_weight, *, dtype):
    """X_val, y_val and sample_weight_val as `validate_samples` makes them, or None without any.

    ValueError if only one of `X_val` and `y_val` is given, or if they are not used.
    """
    if X is None and y is None:
        if sample_weight is not None:
            raise ValueError("sample_weight_val is provided, but X_val was not provided.")
        return None
    if y is None:
        raise ValueError("X_val is provided, but y_val was not provided.")
    if X is None:
        raise ValueError("y_val is provided, but X_val was not provided.")
    if not estimator.early_stopping:
        raise ValueError(
            "X_val and y_val are passed to fit while at the same time early_stopping is "
            "False. When passing X_val and y_val to fit, early_stopping should be set to True."
        )
    with named_as_validation_set():
        X, y = validate_samples(estimator, X, y, dtype=dtype, reset=False)
        return X, y, validate_sample_weight(sample_weight, X)


@contextlib.contextmanager
def named_as_validation_set():
    """In errors of validation, call X, y and sample_weight by the names that they have in `fit`."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if type(error) not in (TypeError, ValueError):  # a subclass may need other arguments
            raise
        message = re.sub(r"\b(X|y|sample_weight)\b", r"\1_val", str(error))
        message = re.sub(r"\bSample weights\b", "The weights in sample_weight_val", message)
        if message == str(error):  # as of a string that is no number
            message = f"In X_val, y_val or sample_weight_val: {message}"
        raise type(error)(message) from error


def validate_hidden_sizes(hidden_layer_sizes):
    """A list of int, the number of nodes of each hidden layer."""
    if type(hidden_layer_sizes) is int and hidden_layer_sizes >= 1:
        return [hidden_layer_sizes]
    try:
        sizes = np.atleast_1d(np.asarray(hidden_layer_sizes))
    except ValueError:  # a ragged list
        sizes = np.array(hidden_layer_sizes, dtype=object)
    if not sizes.size:
        raise ValueError(
            "hidden_layer_sizes must have at least one hidden layer, got "
            f"{hidden_layer_sizes!r}. LogisticRegression is the model without one."
        )
    if sizes.dtype.kind not in "iu" or sizes.ndim != 1 or sizes.min() < 1:
        raise ValueError(
            f"hidden_layer_sizes must be > 0, got {hidden_layer_sizes!r}. Expected an "
            "int or a sequence of ints, one for each hidden layer."
        )
    return sizes.tolist()


def validate_initial_weights(sizes, n_networks, dtype, coefs, intercepts):
    """Initial weights that the caller gives (or None), checked against the shapes of the network.

    The output layer's weights may lack their last axis.
    """
    lead = () if n_networks == 1 else (n_networks,)
    if coefs is not None:
        shapes = [(*lead, *shape) for shape in pairwise(sizes)]
        coefs = _check_weights("coefs_init", coefs, shapes, dtype)
    if intercepts is not None:
        shapes = [(*lead, fan_out) for fan_out in sizes[1:]]
        intercepts = _check_weights("intercepts_init", intercepts, shapes, dtype)
    return coefs, intercepts


def _check_weights(name, given, shapes, dtype):
    try:
        given = list(given)
    except TypeError:
        raise TypeError(f"{name} must be a list of arrays, one per layer, got {given!r}.") from None
    if len(given) != len(shapes):
        raise ValueError(f"{name} must have {len(shapes)} arrays, one per layer, got {len(given)}.")
    arrays = []
    for layer, (array, shape) in enumerate(zip(given, shapes, strict=True)):
        array = check_array(
            array,
            dtype=dtype,
            ensure_2d=False,
            allow_nd=True,
            ensure_min_samples=0,
            input_name=f"{name}[{layer}]",
        )
        if layer == len(shapes) - 1 and name == "coefs_init" and array.shape == shape[:-1]:
            array = array[..., np.newaxis]
        if array.shape != shape:
            raise ValueError(f"{name}[{layer}] must have shape {shape}, got {array.shape}.")
        arrays.append(array)
    return arrays


@contextlib.contextmanager
def restored_on_error(random_state):
    """Give a RandomState of the caller back its former state if an error is raised."""
    if not isinstance(random_state, np.random.RandomState):
        yield
        return
    state = random_state.get_state()
    try:
        yield
    except Exception:
        random_state.set_state(state)
        raise
