"""Weights of classes."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import f1_score

from sklearn_mlp import MLPLogisticClassifier

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@ignore_convergence
def test_class_weights_move_the_boundary():
    X = np.array([[-1.0, -1.0], [-1.0, 0], [-0.8, -1.0], [1.0, 1.0], [1.0, 0.0]])
    y = [1, 1, 1, -1, -1]
    model = MLPLogisticClassifier(2, random_state=0).fit(X, y)
    assert model.predict([[0.2, -1.0]])[0] == 1
    model.set_params(class_weight={1: 0.001}).fit(X, y)
    assert model.predict([[0.2, -1.0]])[0] == -1


def test_equal_class_weights_are_no_class_weights(iris):
    X, y = iris  # 50 rows of each class
    model = MLPLogisticClassifier(3, learning_rate_init=0.5, max_iter=3, random_state=0)
    expected = model.fit(X, y).coefs_[0]
    for class_weight in ("balanced", {0: 1, 1: 1, 2: 1}, {1: 1.0}, {}):
        got = model.set_params(class_weight=class_weight).fit(X, y).coefs_[0]
        np.testing.assert_array_equal(got, expected)


def test_class_and_sample_weights_multiply(iris):
    # Class weights in whole numbers are sample weights of the class's rows.
    X, y = iris
    model = MLPLogisticClassifier(3, alpha=0.1, learning_rate_init=0.5, max_iter=3, random_state=0)
    model.set_params(class_weight={0: 3, 2: 2})
    multiplied = model.fit(X, y, np.where(y == 1, 2, 1)).coefs_[0]
    model.set_params(class_weight=None)
    expected = model.fit(X, y, np.choose(y, [3, 2, 2])).coefs_[0]
    np.testing.assert_array_equal(multiplied, expected)


def test_balanced_weights_count_sample_weights(iris):
    X, y = iris
    weight = np.choose(y, [1, 2, 3])
    model = MLPLogisticClassifier(3, max_iter=3, random_state=0, class_weight="balanced")
    balanced = model.fit(X, y, weight).coefs_[0]
    by_hand = {k: 300 / (3 * 50 * (k + 1)) for k in range(3)}
    expected = model.set_params(class_weight=by_hand).fit(X, y, weight).coefs_[0]
    np.testing.assert_allclose(balanced, expected, rtol=1e-12)


@ignore_convergence
def test_balanced_weights_help_where_a_class_is_rare(iris):
    X, y = iris
    rare = np.concatenate([np.flatnonzero(y == 0)[:3], np.flatnonzero(y > 0)])
    X, y = X[rare] + np.random.default_rng(0).normal(scale=1.5, size=(len(rare), 4)), y[rare] == 0
    model = MLPLogisticClassifier(3, random_state=0, max_iter=20)
    plain = f1_score(y, model.fit(X, y).predict(X))
    balanced = f1_score(y, model.set_params(class_weight="balanced").fit(X, y).predict(X))
    assert balanced > plain


@pytest.mark.parametrize("scale", [1.0, 0.01, 1e-200])
def test_only_the_ratio_of_small_class_weights_matters(scale, bits):
    X, y = make_classification(300, weights=[0.95], random_state=0)
    model = MLPLogisticClassifier(4, max_iter=5, random_state=0)
    share = y.mean()
    weighted = model.set_params(class_weight={0: scale * share, 1: scale * (1 - share)}).fit(X, y)
    # Scaled to mean 1 over the samples, these are the balanced weights.
    expected = clone(model).set_params(class_weight="balanced").fit(X, y)
    np.testing.assert_allclose(weighted.coefs_[0], expected.coefs_[0], rtol=1e-6)
    # To the bit where the scale is a power of two.
    halves = clone(model).set_params(class_weight={0: 0.125, 1: 0.75}).fit(X, y)
    eighths = clone(model).set_params(class_weight={0: 0.125 / 8, 1: 0.75 / 8}).fit(X, y)
    assert bits(halves) == bits(eighths)
    # Weights of mean 1 or more are multiplicities.
    model.set_params(class_weight={0: 1, 1: 3}).fit(X, y)
    assert model.t_ == 5 * (len(y) + 2 * y.sum())


def test_scaled_class_weights_in_a_stream_are_those_of_all_calls(bits):
    X, y = make_classification(200, weights=[0.8], random_state=0)
    constant = {"class_weight": {0: 0.1, 1: 0.3}, "learning_rate": "constant", "random_state": 0}
    constant |= {"learning_rate_init": 0.5, "alpha": 0.0}
    with pytest.warns(ConvergenceWarning):
        whole = MLPLogisticClassifier(3, max_iter=3, **constant).fit(X, y)
    streamed = MLPLogisticClassifier(3, **constant)
    for _ in range(3):
        streamed.partial_fit(X, y, classes=[0, 1])
    assert bits(whole) == bits(streamed)


@pytest.mark.parametrize(
    ("y", "class_weight"),
    [
        (["0", "1", "1", "0"], {"0": 1, "1": 3}),
        ([10, 20, 20, 10], {10: 1, 20: 3}),
        ([False, True, True, False], {False: 1, True: 3}),
        (np.array(["2020", "2021", "2021", "2020"], "M8[D]"), {np.datetime64("2021", "D"): 3}),
        (["a", "b", "b", "a"], {"b": 3, "absent": 9, "a": 1}),
    ],
    ids=["digits as strings", "int", "bool", "dates", "names of absent classes"],
)
def test_class_weights_are_looked_up_by_label(y, class_weight, bits):
    model = MLPLogisticClassifier(2, max_iter=3, class_weight=class_weight, random_state=0)
    expected = clone(model).set_params(class_weight={0: 1, 1: 3}).fit(np.eye(4), [0, 1, 1, 0])
    assert bits(model.fit(np.eye(4), y)) == bits(expected)


@pytest.mark.parametrize(
    ("class_weight", "message"),
    [
        ({0: 2}, r"The classes, \['0', '1'\], are not in class_weight, but \[0\] are"),
        ({"0": 10**400}, "class_weight must be finite and not negative"),
        ({"0": float("nan")}, "class_weight must be finite and not negative"),
        ({"0": -1.0}, "class_weight must be finite and not negative"),
    ],
)
def test_bad_class_weights_are_named(class_weight, message):
    model = MLPLogisticClassifier(class_weight=class_weight)
    with pytest.raises(ValueError, match=message):
        model.fit(np.eye(4), ["0", "1", "1", "0"])
    assert not hasattr(model, "classes_")


def test_balanced_weights_that_overflow_are_an_error():
    model = MLPLogisticClassifier(class_weight="balanced")
    with pytest.raises(ValueError, match="weights of the classes are too different"):
        model.fit(np.eye(4), [0, 1, 1, 0], [1e300, 1e-300, 1e-300, 1e300])
