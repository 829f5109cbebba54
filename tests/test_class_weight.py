"""Weights of classes."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from sklearn_mlp import MLPLogisticClassifier

ignore_one_class = pytest.mark.filterwarnings("ignore:All training samples were predicted")


@ignore_one_class
def test_class_weights_move_the_boundary():
    X = np.array([[-1.0, -1.0], [-1.0, 0], [-0.8, -1.0], [1.0, 1.0], [1.0, 0.0]])
    y = [1, 1, 1, -1, -1]
    model = MLPLogisticClassifier(2, random_state=0).fit(X, y)
    assert model.predict([[0.2, -1.0]])[0] == 1
    model.set_params(class_weight={1: 0.001}).fit(X, y)
    assert model.predict([[0.2, -1.0]])[0] == -1


def test_equal_class_weights_are_no_class_weights(iris):
    X, y = iris  # 50 rows of each class
    model = MLPLogisticClassifier(3, learning_rate_init=0.2, max_iter=3, random_state=0)
    expected = model.fit(X, y).coefs_[0]
    for class_weight in ("balanced", {0: 1, 1: 1, 2: 1}, {1: 1.0}, {}):
        got = model.set_params(class_weight=class_weight).fit(X, y).coefs_[0]
        np.testing.assert_array_equal(got, expected)


def test_class_and_sample_weights_multiply(iris):
    # Class weights in whole numbers are sample weights of the class's rows.
    X, y = iris
    model = MLPLogisticClassifier(3, alpha=0.1, learning_rate_init=0.2, max_iter=3, random_state=0)
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


@ignore_one_class
def test_balanced_weights_help_where_a_class_is_rare(iris):
    X, y = iris
    rare = np.concatenate([np.flatnonzero(y == 0)[:3], np.flatnonzero(y > 0)])
    X, y = X[rare] + np.random.default_rng(0).normal(scale=1.5, size=(len(rare), 4)), y[rare] == 0
    model = MLPLogisticClassifier(3, random_state=0, max_iter=20)
    plain = f1_score(y, model.fit(X, y).predict(X))
    balanced = f1_score(y, model.set_params(class_weight="balanced").fit(X, y).predict(X))
    assert balanced > plain
