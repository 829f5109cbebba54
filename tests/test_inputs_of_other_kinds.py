"""Inputs that are not plain NumPy: other libraries, byte orders, labels of every kind."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.utils.multiclass import check_classification_targets

from sklearn_mlp import MLPLogisticClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def network(**parameters):
    return MLPLogisticClassifier(3, max_iter=3, random_state=0, **parameters)


def frames(Y):
    """The same targets as frames and tables of other libraries."""
    polars = pytest.importorskip("polars")
    yield polars.DataFrame(Y, schema=["a", "b"])
    try:
        import pyarrow as pa
    except ImportError:
        return
    yield pa.table({"a": Y[:, 0], "b": Y[:, 1]})


def test_multilabel_targets_of_other_libraries(iris, bits):
    X, y = iris
    Y = np.stack([y == 0, y > 0], axis=1).astype(int)
    expected = bits(network().fit(X, Y))
    for frame in frames(Y):
        model = network().fit(X, frame)
        assert bits(model) == expected
        assert bits(model.partial_fit(X, frame)) == bits(network().fit(X, Y).partial_fit(X, Y))


def test_multilabel_targets_that_are_missing(iris):
    X, y = iris
    Y = np.stack([y == 0, y > 0], axis=1).astype(float)
    Y[3, 1] = np.nan
    with pytest.raises(ValueError, match="Input y contains NaN"):
        network().fit(X, Y)
    with pytest.raises(ValueError, match="Input y_val contains NaN"):
        network(early_stopping=True).fit(X, np.nan_to_num(Y), X_val=X, y_val=Y)


ARRAY_API = """
import contextlib, warnings
import numpy as np, sklearn
from sklearn_mlp import MLPLogisticClassifier

warnings.simplefilter("ignore")


class Foreign:  # an array that is not NumPy's
    def __init__(self, array):
        self.array, self.shape, self.ndim, self.dtype = array, array.shape, array.ndim, array.dtype

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.array, dtype)

    def __array_namespace__(self, api_version=None):
        raise RuntimeError("dispatched")

    def __len__(self):
        return len(self.array)


rng = np.random.default_rng(0)
X, y = rng.normal(size=(60, 3)), np.arange(60) % 3
expected = MLPLogisticClassifier(3, max_iter=3, random_state=0).fit(X, y, np.ones(60)).predict(X)
try:
    context = sklearn.config_context(array_api_dispatch=True)
    context.__enter__()
except (ImportError, RuntimeError):  # this scikit-learn cannot
    pass
model = MLPLogisticClassifier(3, max_iter=3, random_state=0)
model.fit(Foreign(X), Foreign(y), Foreign(np.ones(60)))
print((model.predict(Foreign(X)) == expected).all())
"""


def test_arrays_of_the_array_api():
    run = subprocess.run(
        [sys.executable, "-P", "-c", ARRAY_API],
        env={**os.environ, "SCIPY_ARRAY_API": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "True\n", run.stderr


@pytest.mark.parametrize("dtype", [">i4", ">i8"])
@pytest.mark.parametrize("part", ["indptr", "indices"])
def test_indices_of_the_other_byte_order(iris, dtype, part, bits):
    X, y = csr_array(iris[0]), iris[1]
    expected = network().fit(X, y)
    other = X.copy()
    setattr(other, part, getattr(X, part).astype(dtype))
    model = network().fit(other, y)
    assert bits(model) == bits(expected)
    np.testing.assert_array_equal(model.predict(other), expected.predict(X))
    assert getattr(other, part).dtype == np.dtype(dtype)


def test_integers_that_floats_cannot_tell_apart(iris, bits):
    X, y = iris
    labels = np.array([2**60, 2**60 + 1, 2**60 + 2])
    model = network().fit(X, labels[y])
    signed = bits(network().fit(X, labels[y]).partial_fit(X, labels[y]))
    assert bits(model.partial_fit(X, labels[y].astype(np.uint64))) == signed
    with pytest.raises(ValueError, match="classes not in"):
        model.partial_fit(X[:1], np.array([2**60 + 3], dtype=np.uint64))


@pytest.mark.parametrize("dtype", [object, str])
def test_strings_keep_their_dtype(iris, dtype):
    X, y = iris
    y = np.array(["a", "bb", "ccc"], dtype=dtype)[y]
    fitted = network().fit(X, y)
    streamed = network().partial_fit(X, y, classes=["a", "bb", "ccc"])
    assert fitted.classes_.dtype == streamed.classes_.dtype == y.dtype
    assert fitted.predict(X).dtype == streamed.predict(X).dtype == y.dtype


def test_labels_that_cannot_be_sorted(iris):
    X, y = iris
    mixed = np.array([1, "a", 2.5], dtype=object)
    with pytest.raises(ValueError, match="Unknown label type"):
        network().fit(X, mixed[y])
    with pytest.raises(ValueError, match="Mix of label input types in classes"):
        network().partial_fit(X, y, classes=mixed)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_extreme_parameters_are_errors_or_limits(iris, dtype):
    X, y = iris[0].astype(dtype), iris[1]
    with pytest.raises(ValueError, match=r"init_range=1e\+308 is too large"):
        network(init_range=1e308).fit(X, y)
    assert network(init_range=1.0).fit(X, y).n_iter_ == 3
    # The learning rate falls to nothing.
    falling = {"learning_rate": "invscaling", "power_t": 200.0}
    model = network(**falling, learning_rate_init=0.5).fit(X, y)
    assert model.learning_rate_curve_[1:] == [0.0, 0.0]
    assert network(**falling).fit(X, y).learning_rate_curve_[0] == 1.0


def test_a_rejected_fit_leaves_the_callers_random_state(iris):
    X, y = iris
    random_state = np.random.RandomState(0)
    before = random_state.get_state()[1].copy()
    for bad in (
        lambda model: model.fit(X, y, coefs_init=[X]),
        lambda model: model.set_params(init_range=1e308).fit(X, y),
        lambda model: model.set_params(learning_rate_init=1e308, loss="log_loss").fit(X, y),
        lambda model: model.set_params(fit_intercept=False).fit(
            X, y, intercepts_init=[np.ones((3, 3)), np.ones((3, 1))]
        ),
        lambda model: model.set_params(init_range=1e308).partial_fit(X, y, classes=[0, 1, 2]),
    ):
        model = network()
        model.random_state = random_state
        with pytest.raises(ValueError):
            bad(model)
        np.testing.assert_array_equal(random_state.get_state()[1], before)
        assert random_state.get_state()[2] == 624
        assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_number_as_the_schedule_gets_a_hint(iris, method):
    with pytest.raises(ValueError, match=r"Did you mean learning_rate_init=0\.1\?"):
        getattr(MLPLogisticClassifier(learning_rate=0.1), method)(*iris)


def test_floating_point_errors_that_raise_change_nothing(iris, bits):
    X, y = iris
    expected = network().fit(X, y)
    with np.errstate(all="raise"), warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        model = network().fit(X, y)
        for two in (X[:100], X):
            part = network(init_range=300.0).fit(two, y[: len(two)])
            for far in (two, 1e6 * two):
                assert np.isfinite(part.predict_proba(far)).all()
                assert not np.isnan(part.predict_log_proba(far)).any()
        network(early_stopping=True, scoring="loss", init_range=300.0).fit(X, y)
    assert bits(model) == bits(expected)


@pytest.mark.parametrize("coefs", [[], [np.zeros((4, 3))], [np.zeros(3), np.zeros(3)]])
def test_assigned_weights_that_are_no_network(iris, coefs):
    X, y = iris
    model = network().fit(X[:100], y[:100])
    model.coefs_ = coefs
    with pytest.raises(ValueError, match="do not make a network"):
        model.predict(X)


DATES = np.array(["2020-01-01", "2021-06-01", "2022-01-01", "2023-01-01"], dtype="datetime64[s]")


@pytest.mark.parametrize(
    "inputs",
    [
        lambda: DATES[:, np.newaxis],
        lambda: (DATES - DATES[0])[:, np.newaxis],
        lambda: [[date] for date in DATES],
        lambda: pytest.importorskip("pandas").DataFrame({"date": DATES}),
        lambda: pytest.importorskip("pandas").DataFrame({"a": range(4), "date": DATES}),
        lambda: pytest.importorskip("pandas").DataFrame(
            {"date": pytest.importorskip("pandas").to_datetime(DATES, utc=True)}
        ),
        lambda: pytest.importorskip("polars").DataFrame(
            {"a": range(4), "date": DATES.astype("datetime64[ms]")}
        ),
    ],
    ids=["array", "time spans", "list", "frame", "column of a frame", "time zone", "polars"],
)
def test_dates_are_no_numbers(inputs):
    X, y = inputs(), [0, 1, 0, 1]
    model = MLPLogisticClassifier(2, random_state=0)
    for method in ("fit", "partial_fit"):
        arguments = {} if method == "fit" else {"classes": [0, 1]}
        with pytest.raises(ValueError, match="X contains dates or time spans"):
            getattr(model, method)(X, y, **arguments)
    with pytest.raises(ValueError, match="X_val contains dates or time spans"):
        MLPLogisticClassifier(2, early_stopping=True).fit([[0.0]] * 4, y, X_val=X, y_val=y)


def test_an_int_that_is_no_float_is_refused():
    X, y = [[1, 2], [10**400, 3]], [0, 1]
    with pytest.raises(ValueError, match="Input X contains a value too large"):
        MLPLogisticClassifier(2).fit(X, y)
    model = MLPLogisticClassifier(2, max_iter=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit([[1, 2], [4, 3]], y)
    with pytest.raises(ValueError, match="Input X contains a value too large"):
        model.predict(X)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_a_series_is_no_table():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["a", "b"])
    model = network().fit(frame, np.arange(20) % 2)
    with pytest.raises(ValueError, match=r"Series|Expected 2D array"):
        model.predict(frame.iloc[0])


def test_names_of_inputs_are_forgotten_where_a_fit_has_none():
    pandas = pytest.importorskip("pandas")
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = (X[:, 0] > 0).astype(int)
    model = MLPLogisticClassifier(4, random_state=0).fit(pandas.DataFrame(X, columns=["a", "b"]), y)
    assert model.feature_names_in_.tolist() == ["a", "b"]
    model.fit(X, y)
    assert not hasattr(model, "feature_names_in_")
    model.predict(X)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.int16, np.uint64, float])
def test_integer_labels_of_all_kinds_are_encoded_alike(dtype):
    X = np.random.default_rng(0).normal(size=(40, 2))
    y = np.where(X[:, 0] > 0, 9, 3)
    expected = MLPLogisticClassifier(4, random_state=0).fit(X, y.astype(str))
    model = MLPLogisticClassifier(4, random_state=0).fit(X, y.astype(dtype))
    assert model.classes_.dtype == dtype
    assert model.classes_.tolist() == [3, 9]
    assert model.predict(X).astype(int).tolist() == expected.predict(X).astype(int).tolist()
    assert model.coefs_[0].tobytes() == expected.coefs_[0].tobytes()


def test_as_many_classes_as_samples_are_told_as_scikit_learn_does():
    X, y = np.random.default_rng(0).normal(size=(40, 2)), np.arange(40)
    told = []
    for function in (lambda: check_classification_targets(y), lambda: network().fit(X, y)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            function()
        told.append([str(w.message) for w in caught if w.category is UserWarning])
    assert told[0] == told[1]
