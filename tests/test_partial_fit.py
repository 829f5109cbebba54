"""Streams: `partial_fit`."""

import pickle
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning, NotFittedError

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


@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("warmed_up", [False, True])
def test_an_overflow_leaves_the_estimator_as_it_was(iris, container, warmed_up, bits):
    X, y = iris
    model = MLPLogisticClassifier(3, loss="log_loss", random_state=0)
    if warmed_up:
        model.partial_fit(container(X), y, classes=[0, 1, 2])
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match="non-finite"):
        model.set_params(learning_rate_init=1e308).partial_fit(container(X), y, classes=[0, 1, 2])
    model.set_params(learning_rate_init="auto")
    assert pickle.dumps(model) == before
    again = pickle.loads(before)
    for other in (model, again):
        other.partial_fit(container(X), y, classes=[0, 1, 2])  # its generator was restored too
    assert bits(model) == bits(again)
    assert np.isfinite(model.predict_proba(container(X))).all()


def test_a_large_network_that_overflows_in_one_row_is_not_fitted_any_more():
    # A copy of 2**17 weights per call would take longer than a call of one row.
    X = csr_array(([1.0, 1.0], ([0, 1], [3, 9000])), shape=(2, 2**14))
    model = MLPLogisticClassifier(8, loss="log_loss", random_state=0)
    model.partial_fit(X, [0, 1], classes=[0, 1])
    copies = model.coefs_
    with pytest.raises(ValueError, match=r"non-finite.*the estimator is not fitted any more"):
        model.set_params(learning_rate_init=1e308).partial_fit(X[[0, 1] * 5], [1, 0] * 5)
    with pytest.raises(NotFittedError):
        model.predict(X)
    assert not [name for name in vars(model) if name.endswith("_")]
    # Invalid data are no overflow: they change nothing.
    model.set_params(learning_rate_init=0.5).partial_fit(X, [0, 1], classes=[0, 1])
    with pytest.raises(ValueError, match="NaN"):
        model.partial_fit(X * np.nan, [0, 1])
    assert model.predict(X).shape == (2,)
    assert copies[0].shape == model.coefs_[0].shape


def test_weights_cannot_be_taken_for_classes(iris):
    X, y = iris
    model = MLPLogisticClassifier(3, random_state=0)
    for third in (np.ones(len(y)), [0, 1, 2]):
        with pytest.raises(TypeError, match="positional argument"):
            model.partial_fit(X, y, third)
    assert not hasattr(model, "classes_")


@pytest.mark.parametrize("alpha", [20.0, 1000.0])
def test_a_large_alpha_shrinks_the_weights_to_zero_at_most(iris, alpha):
    X, y = iris
    model = MLPLogisticClassifier(3, alpha=alpha, random_state=0)
    with pytest.warns(ConvergenceWarning, match="alpha"):
        model.partial_fit(X[:1], y[:1], classes=[0, 1, 2])
    for row in range(1, 150):
        model.partial_fit(X[row : row + 1], y[row : row + 1])
    assert max(np.abs(coef).max() for coef in model.coefs_) < 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y)
    assert max(np.abs(coef).max() for coef in model.coefs_) < 1
