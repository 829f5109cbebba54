"""Streams: `partial_fit`."""

import numpy as np

from sklearn_mlp import MLPLogisticClassifier


def test_partial_fit_learns_as_fit_does(digits):
    X, y = digits
    model = MLPLogisticClassifier(10, random_state=1)
    for _ in range(50):
        model.partial_fit(X, y, classes=np.unique(y))
    assert model.score(X, y) > 0.95
    assert model.n_iter_ == 1
    assert model.t_ == 50 * len(X)
    assert model.loss_curve_ == []


def test_partial_fit_with_classes_that_come_later():
    model = MLPLogisticClassifier(random_state=0)
    model.partial_fit([[1], [2], [3]], ["a", "b", "c"], classes=["a", "b", "c", "d"])
    assert model.predict_proba([[4]])[0, 3] < 0.25
    for _ in range(20):
        model.partial_fit([[4]], ["d"])
    assert model.predict_proba([[4]])[0, 3] > 0.5
    np.testing.assert_array_equal(model.classes_, ["a", "b", "c", "d"])


def test_partial_fit_after_fit_ignores_early_stopping(iris):
    X, y = iris
    model = MLPLogisticClassifier(early_stopping=True, random_state=0).fit(X, y)
    before, curve = model.coefs_[0].copy(), list(model.loss_curve_)
    model.partial_fit(X[:1], y[:1])
    assert not np.array_equal(model.coefs_[0], before)
    assert model.loss_curve_ == curve
    # Also from the beginning, and on a class with a single sample.
    model = MLPLogisticClassifier(early_stopping=True, class_weight="balanced", random_state=0)
    model.partial_fit(X[:1], y[:1], classes=[0, 1, 2])
    assert model.t_ == 1


def test_partial_fit_balances_over_all_calls(spy_on_kernel):
    steps = []
    spy_on_kernel(train=lambda *, order, step, **_: steps.append(float(step[order].sum())))
    model = MLPLogisticClassifier(2, class_weight="balanced", random_state=0)
    X = np.arange(4.0)[:, None]
    model.partial_fit(X, [0, 0, 0, 1], classes=[0, 1])
    model.partial_fit(X[:2], [1, 1], sample_weight=[1.0, 2.0])
    # First 4 / (2 * 3) and 4 / (2 * 1): weight 2 in either class. Then 3 of 7 are of class 0
    # and 4 of class 1, three of them now.
    np.testing.assert_allclose(steps, [3 * 4 / 6 + 4 / 2, 3 * 7 / (2 * 4)])
