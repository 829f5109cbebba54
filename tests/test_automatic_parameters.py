"""The rules of "auto"."""

import tracemalloc
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import (
    load_iris,
    make_classification,
)
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier, _reference

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_the_automatic_initial_range_is_that_of_each_layers_inputs():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(
        (50, 40), learning_rate_init=1e-300, alpha=0, max_iter=1, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    for coef, intercept in zip(model.coefs_, model.intercepts_, strict=True):
        largest = np.sqrt(6.0 / coef.shape[-2])
        assert 0.9 * largest < np.abs(coef).max() < largest
        assert 0.2 * largest < np.abs(intercept).max() < largest
    rng = np.random.RandomState(0)
    first = rng.uniform(-np.sqrt(6 / 4), np.sqrt(6 / 4), (4, 50))
    np.testing.assert_allclose(model.coefs_[0][0], first, rtol=1e-12)


@pytest.fixture
def pairs(spy_on_kernel):
    """A list that gets the learning rates of both targets in each call of the kernel."""
    pairs = []
    spy_on_kernel(train=lambda *, learning_rate, **_: pairs.append(tuple(learning_rate)))
    return pairs


@ignore_convergence
@pytest.mark.parametrize(("loss", "rate"), [("squared_error", 4.0), ("log_loss", 0.8)])
def test_the_automatic_learning_rate_rises_and_falls(loss, rate, pairs):
    X, y = make_classification(100, random_state=0)
    model = MLPLogisticClassifier(2, loss=loss, max_iter=20, random_state=0).fit(X, y)
    # Up to the fourth epoch, a fifth of all, the rule rises: 1/8, 3/8, 5/8 and 7/8.
    rise = np.minimum(1.0, [0.125, 0.375, 0.625, 0.875] + [1.0] * 16)
    expected = rate * rise * (1.0 - np.arange(20) / 20)
    np.testing.assert_allclose(model.learning_rate_curve_, expected, rtol=1e-14)
    np.testing.assert_allclose(pairs, np.stack([expected, expected], axis=1), rtol=1e-14)
    assert model.learning_rate_init_ == rate
    # It tells the last epoch's: here half of it is reached, the schedule left aside.
    model.set_params(early_stopping=True, tol=2.0, n_iter_no_change=1).fit(X, y)
    assert model.n_iter_ == 3
    assert model.learning_rate_init_ == 0.625 * rate
    # A number is used as it is.
    model.set_params(early_stopping=False, learning_rate_init=rate).fit(X, y)
    np.testing.assert_allclose(model.learning_rate_curve_, rate * (1.0 - np.arange(20) / 20))


@ignore_convergence
def test_the_classes_of_a_network_begin_alike(pairs):
    # 10, 30 and 60 of 100, weights counted.
    X = np.random.default_rng(0).normal(size=(80, 3))
    y = np.repeat([0, 1, 2], [10, 30, 40])
    weight = np.where(y == 2, 1.5, 1.0)
    model = MLPLogisticClassifier(2, max_iter=4, random_state=0)
    model.fit(X, y, weight)
    rates = np.repeat(model.learning_rate_curve_, 3)
    for epoch, exponent in enumerate([1.0, 0.5, 0.0, 0.0]):
        expected = [
            ((1 / 9) ** exponent, 1.0),
            ((3 / 7) ** exponent, 1.0),
            (1.0, (4 / 6) ** exponent),
        ]
        got = np.array(pairs[3 * epoch : 3 * epoch + 3]) / rates[3 * epoch]
        np.testing.assert_allclose(got, expected, rtol=1e-12)
    # Not with log loss, nor where a number or class weights are given, nor in a stream.
    pairs.clear()
    model.set_params(loss="log_loss").fit(X, y, weight)
    model.set_params(loss="squared_error", learning_rate_init=1.0).fit(X, y, weight)
    model.set_params(learning_rate_init="auto").partial_fit(X, y, sample_weight=weight)
    model.set_params(class_weight={2: 3}).fit(X, y)
    assert all(rate_0 == rate_1 for rate_0, rate_1 in pairs)
    # A label that all samples have, or none has, has no two classes.
    pairs.clear()
    Y = np.stack([y == 0, y >= 0, y < 0], axis=1).astype(int)
    model.set_params(class_weight=None).fit(X, Y, weight / 3)
    assert pairs[0][0] != pairs[0][1]
    assert pairs[1][0] == pairs[1][1] == pairs[2][0] == pairs[2][1]


@ignore_convergence
def test_the_defaults_follow_the_reference():
    # With its rate, alpha and class factors of each epoch.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), (np.arange(60) % 5 == 0).astype(int)
    X[y == 1] += 3.0
    model = MLPLogisticClassifier(4, shuffle=False, max_iter=4, random_state=0).fit(X, y)
    start = MLPLogisticClassifier(4, max_iter=1, random_state=0, learning_rate_init=1e-300)
    start.fit(X, y)
    coefs, intercepts = start.coefs_, start.intercepts_
    losses = []
    for rate, alpha, exponent in zip(
        model.learning_rate_curve_, model.alpha_curve_, [1.0, 0.5, 0.0, 0.0], strict=True
    ):
        step = np.where(y == 1, 1.0, 0.25**exponent)
        # The reference divides alpha by the sum of the steps, training by that of the weights.
        alpha *= step.sum() / 60
        loss = _reference.epoch(X, y, coefs, intercepts, LR=rate, step=step, alpha=alpha)
        losses.append(loss)
    np.testing.assert_allclose(model.loss_curve_[2:], losses[2:], rtol=1e-12)
    assert abs(model.loss_curve_[0] - losses[0]) > 1e-3  # the mean over samples, not over steps
    for got, expected in zip(
        (*model.coefs_, *model.intercepts_), (*coefs, *intercepts), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-10)


@ignore_convergence
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize(("loss", "rate"), [("squared_error", 0.5), ("log_loss", 0.2)])
def test_without_an_end_alpha_and_classes_take_ten_epochs(iris, schedule, loss, rate, pairs):
    X, y = iris[0][:140], iris[1][:140]
    model = MLPLogisticClassifier(2, learning_rate=schedule, loss=loss, random_state=0)
    model.set_params(n_iter_no_change=np.inf, max_iter=14).fit(X, y)
    # alpha rises with the epochs, and follows the loss.
    progress = np.minimum(1.0, np.arange(14) / 10)
    factor = {"squared_error": 0.03, "log_loss": 0.05}[loss]
    d = min(np.mean((X**2).sum(axis=1)), 4)
    losses = np.array([0.0, *model.loss_curve_[:-1]])
    expected = factor * np.sqrt(d) * np.cbrt(140 * losses**2) * progress
    np.testing.assert_allclose(model.alpha_curve_, expected, rtol=1e-12)
    # So does the factor of the larger class, here in the network of the third class: 40 of 140.
    share = np.array(pairs)[2::3] / np.array(model.learning_rate_curve_)[:, np.newaxis]
    ratio = (40 / 100) ** (1 - progress) if loss == "squared_error" else np.ones(14)
    np.testing.assert_allclose(share[:, 0], ratio, rtol=1e-12)
    np.testing.assert_allclose(share[:, 1], 1.0, rtol=1e-12)
    if schedule == "invscaling":  # by epochs, not by visits, and at most a third of what it is at 1
        epochs = (140 * np.arange(14) + 1) / 140
        expected = np.minimum(2 * rate, 6 * rate / np.sqrt(epochs))
        np.testing.assert_allclose(model.learning_rate_curve_, expected, rtol=1e-12)
    else:
        assert model.learning_rate_init_ == rate


@ignore_convergence
@pytest.mark.parametrize("schedule", ["linear", "constant", "invscaling", "adaptive"])
@pytest.mark.parametrize(("loss", "rate"), [("squared_error", 0.5), ("log_loss", 0.2)])
def test_a_stream_is_not_regularized_and_has_a_rate_of_its_own(iris, schedule, loss, rate):
    X, y = iris
    model = MLPLogisticClassifier(2, loss=loss, learning_rate=schedule, max_iter=3).fit(X, y)
    assert model.alpha_ > 0
    curves = model.learning_rate_curve_, model.alpha_curve_
    model.partial_fit(X, y)
    assert (model.learning_rate_init_, model.alpha_) == (rate, 0.0)
    assert (model.learning_rate_curve_, model.alpha_curve_) == curves
    model.set_params(alpha=0.3, learning_rate_init=0.1).partial_fit(X, y)
    assert (model.learning_rate_init_, model.alpha_) == (0.1, 0.3)


@ignore_convergence
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize(("loss", "factor"), [("squared_error", 0.03), ("log_loss", 0.05)])
def test_the_automatic_alpha_follows_the_loss(container, loss, factor):
    rng = np.random.default_rng(0)
    X = StandardScaler().fit_transform(rng.normal(size=(300, 16)))
    y = rng.integers(0, 3, 300)
    model = MLPLogisticClassifier(2, loss=loss, max_iter=5, random_state=0)

    def assert_follows(model, n, d):
        losses = np.array([0.0, *model.loss_curve_[:-1]])
        progress = np.array([0.0, 0.4, 0.8, 1.0, 1.0])
        expected = factor * np.sqrt(d) * np.cbrt(n * losses**2) * progress
        np.testing.assert_allclose(model.alpha_curve_, expected, rtol=1e-12)
        assert model.alpha_ == model.alpha_curve_[-1]

    assert_follows(model.fit(container(X), y), 300, 16)  # 16 inputs of variance 1
    assert_follows(model.fit(container(100 * X), y > 1), 300, 16)
    assert_follows(model.fit(container(X / 2), y), 300, 4)
    assert_follows(model.fit(container(1e6 * X), y > 1), 300, 16)
    weight = rng.uniform(1, 3, 300)
    lengths = np.average((X**2).sum(axis=1), weights=weight) / 9
    assert_follows(model.fit(container(X / 3), y, weight), weight.sum(), lengths)


@ignore_convergence
@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_automatic_rules_hold_weights_for_multiplicities(loss):
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(90, 3)), rng.integers(0, 3, 90), rng.integers(1, 4, 90)
    model = MLPLogisticClassifier(2, loss=loss, max_iter=6, random_state=0)
    expected = model.fit(X, y, weight).coefs_[0]
    rows = rng.permutation(np.repeat(np.arange(90), weight))
    np.testing.assert_array_equal(model.fit(X[rows], y[rows]).coefs_[0], expected)


def test_initial_weights_are_drawn_where_they_stay():
    # In memory of their own for each network, converted and stacked, they took five times as much.
    X = np.zeros((60, 4000), dtype=np.float32)
    y = np.arange(60) % 30
    model = MLPLogisticClassifier(16, random_state=0)
    model.partial_fit(X, y, classes=np.arange(30))
    n_bytes = model._packed.buffer.nbytes
    assert n_bytes > 7e6
    tracemalloc.start()
    model = MLPLogisticClassifier(16, random_state=0)
    model.partial_fit(X, y, classes=np.arange(30))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * n_bytes
