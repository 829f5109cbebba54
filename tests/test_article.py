"""The estimator computes the article's equations, to rounding."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn.datasets import load_iris

from sklearn_mlp import MLPLogisticClassifier, _reference

RULE = {"loss": "squared_error", "alpha": 0.0}
ARTICLE = {
    "learning_rate": "constant",
    "fit_intercept": False,
    "shuffle": False,
    "init_range": 1.0,
    **RULE,
}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def article_program(X, y, n_hidden, LR, n_epochs, *, seed=None, weights=None):
    """The article's program: one node, one weight at a time, nothing shared with the package."""
    n_inputs = X.shape[1]
    if weights is None:
        np.random.seed(seed)  # noqa: NPY002 - the article's own generator is the point
        ItoH = np.random.uniform(-1, 1, (n_inputs, n_hidden))  # noqa: NPY002
        HtoO = np.random.uniform(-1, 1, n_hidden)  # noqa: NPY002
    else:
        ItoH, HtoO = (np.array(w, dtype=float) for w in weights)

    def f(x):
        return 1.0 / (1.0 + np.exp(-x))

    def f_prime(x):
        return f(x) * (1.0 - f(x))

    for _ in range(n_epochs):
        for sample, T in zip(X, y, strict=True):
            S_preA_H = [np.dot(sample, ItoH[:, node]) for node in range(n_hidden)]
            S_postA_H = [f(preactivation) for preactivation in S_preA_H]
            S_preA_O = np.dot(S_postA_H, HtoO)
            FE = f(S_preA_O) - T
            S_ERROR = FE * f_prime(S_preA_O)
            for node in range(n_hidden):
                gradient_HtoO = S_ERROR * S_postA_H[node]
                for i in range(n_inputs):
                    gradient_ItoH = S_ERROR * HtoO[node] * f_prime(S_preA_H[node]) * sample[i]
                    ItoH[i, node] -= LR * gradient_ItoH
                HtoO[node] -= LR * gradient_HtoO
    return ItoH, HtoO


def assert_same_weights(actual, expected, tolerance):
    """Largest difference of each layer, relative to the largest weight of all."""
    expected = [np.asarray(b, dtype=float) for b in expected]
    largest = max(np.abs(b).max() for b in expected)
    assert len(actual) == len(expected)
    for a, b in zip(actual, expected, strict=True):
        assert a.shape == b.shape
        assert np.abs(a - b).max() <= tolerance * largest


def train_by_reference(X, y, model, *, n_epochs, LR, step=None, order=None):
    """Initial weights as documented for `random_state`, then `_reference.epoch`."""
    rng = np.random.RandomState(model.random_state)
    sizes = [X.shape[1], *np.atleast_1d(model.hidden_layer_sizes), 1]
    shapes = list(pairwise(sizes))
    classes = np.unique(y)
    networks = []
    for positive in classes[1:] if len(classes) == 2 else classes:
        coefs = [rng.uniform(-model.init_range, model.init_range, shape) for shape in shapes]
        intercepts = None
        if model.fit_intercept:
            intercepts = [rng.uniform(-model.init_range, model.init_range, s[1]) for s in shapes]
        networks.append((coefs, intercepts, (np.asarray(y) == positive).astype(float)))
    losses = []
    for epoch in range(n_epochs):
        rate = LR * (1 - epoch / n_epochs) if model.learning_rate == "linear" else LR
        losses.append(
            np.mean(
                [
                    _reference.epoch(X, T, coefs, intercepts, LR=rate, step=step, order=order)
                    for coefs, intercepts, T in networks
                ]
            )
        )
    coefs = [np.array(layer) for layer in zip(*(n[0] for n in networks), strict=True)]
    zeros = [np.zeros(s[1]) for s in shapes]
    intercepts = [np.array(layer) for layer in zip(*(n[1] or zeros for n in networks), strict=True)]
    if len(networks) == 1:
        coefs, intercepts = [a[0] for a in coefs], [a[0] for a in intercepts]
    return coefs, intercepts, losses


def test_the_articles_own_setting():
    # Three inputs in -5..5 by halves, target 1 when x > 0, y > 0 and z < 0; one pass at LR 1.
    X = np.random.default_rng(7).integers(-10, 11, (500, 3)) / 2.0
    y = ((X[:, 0] > 0) & (X[:, 1] > 0) & (X[:, 2] < 0)).astype(int)
    model = MLPLogisticClassifier(
        4, learning_rate_init=1.0, max_iter=1, random_state=1, **ARTICLE
    ).fit(X, y)
    ItoH, HtoO = article_program(X, y, 4, 1.0, 1, seed=1)
    assert_same_weights(model.coefs_, [ItoH, HtoO[:, None]], 1e-12)
    # Without bias nodes their weights stay zero.
    assert not any(b.any() for b in model.intercepts_)


@pytest.mark.parametrize("target", [[0, 1, 1, 0], [0, 0, 0, 1]], ids=["XOR", "AND"])
def test_given_initial_weights(target):
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float), np.array(target)
    weights = [[0.1, 0.5], [-0.7, 0.3]], [0.2, 0.4]
    model = MLPLogisticClassifier(2, learning_rate_init=0.25, max_iter=1000, tol=0, **ARTICLE)
    model.set_params(n_iter_no_change=np.inf).fit(X, y, coefs_init=weights)
    ItoH, HtoO = article_program(X, y, 2, 0.25, 1000, weights=weights)
    assert model.n_iter_ == 1000
    assert_same_weights(model.coefs_, [ItoH, HtoO[:, None]], 1e-12)


def test_several_epochs_of_scaled_inputs():
    rng = np.random.default_rng(3)
    X = rng.uniform(size=(120, 9))
    y = (X[:, :3].sum(axis=1) > 1.5).astype(int)
    model = MLPLogisticClassifier(
        4, learning_rate_init=0.1, max_iter=5, random_state=2, **ARTICLE
    ).fit(X, y)
    ItoH, HtoO = article_program(X, y, 4, 0.1, 5, seed=2)
    assert_same_weights(model.coefs_, [ItoH, HtoO[:, None]], 1e-12)


def test_the_global_seed_draws_the_same_weights():
    # random_state=None draws from NumPy's global generator, the article's.
    X, y = np.array([[0.0, 1.0], [1.0, 0.5], [0.3, -1.0]]), [0, 1, 1]
    np.random.seed(5)  # noqa: NPY002
    model = MLPLogisticClassifier(3, learning_rate_init=1.0, max_iter=1, **ARTICLE).fit(X, y)
    ItoH, HtoO = article_program(X, y, 3, 1.0, 1, seed=5)
    assert_same_weights(model.coefs_, [ItoH, HtoO[:, None]], 1e-12)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("hidden", [5, (6, 4), (3, 2, 4)])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("learning_rate", ["constant", "linear"])
def test_every_kind_of_network_follows_the_reference(
    dtype, container, hidden, fit_intercept, n_classes, learning_rate
):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes][::2], y[y < n_classes][::2]
    X = ((X - X.mean(axis=0)) / X.std(axis=0)).round(1).astype(dtype)
    model = MLPLogisticClassifier(
        hidden,
        learning_rate_init=0.5,
        learning_rate=learning_rate,
        fit_intercept=fit_intercept,
        shuffle=False,
        max_iter=4,
        random_state=3,
        init_range=0.5,
        **RULE,
    ).fit(container(X), y)
    coefs, intercepts, losses = train_by_reference(X.astype(float), y, model, n_epochs=4, LR=0.5)
    tolerance = 1e-12 if dtype == np.float64 else 1e-4
    assert_same_weights(model.coefs_, coefs, tolerance)
    assert_same_weights(model.intercepts_, intercepts, tolerance)
    np.testing.assert_allclose(model.loss_curve_, losses, rtol=tolerance)
    assert all(a.dtype == dtype for a in (*model.coefs_, *model.intercepts_))


def test_sample_and_class_weights_are_visits_of_scaled_steps():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = (X[:, 0] > 0).astype(int)
    sample_weight = rng.choice([0, 0.5, 1, 2.5, 3], size=40)
    class_weight = {0: 1.5, 1: 80.0}
    model = MLPLogisticClassifier(
        4, learning_rate_init=0.2, learning_rate="constant", shuffle=False, max_iter=2
    ).set_params(random_state=0, init_range=0.5)
    model.set_params(class_weight=class_weight, **RULE)
    model.fit(X, y, sample_weight)

    # A weight w is ceil(w) visits of step w / ceil(w); a class weight likewise, at most 64.
    visits = np.ceil(sample_weight) * np.where(y == 1, 64, 2)
    weight = sample_weight * np.where(y == 1, 80.0, 1.5)
    step = np.divide(weight, visits, out=np.zeros(40), where=visits > 0)
    order = np.repeat(np.arange(40), visits.astype(int))
    coefs, intercepts, losses = train_by_reference(
        X, y, model, n_epochs=2, LR=0.2, step=step, order=order
    )
    assert_same_weights(model.coefs_, coefs, 1e-12)
    assert_same_weights(model.intercepts_, intercepts, 1e-12)
    np.testing.assert_allclose(model.loss_curve_, losses, rtol=1e-12)
    assert model.t_ == 2 * len(order)


def test_intercepts_can_be_given_and_what_is_not_given_is_drawn_as_usual():
    X, y = np.array([[0.0, 1.0], [1.0, 0.5], [0.3, -1.0]]), [0, 1, 1]
    model = MLPLogisticClassifier(3, shuffle=False, max_iter=1, learning_rate_init=1e-300)
    model.set_params(random_state=4)
    drawn = model.fit(X, y)
    coefs, intercepts = drawn.coefs_, drawn.intercepts_
    given_intercepts = [np.full(3, 2.0), np.full(1, -1.0)]
    model.fit(X, y, intercepts_init=given_intercepts)
    assert_same_weights(model.coefs_, coefs, 0)
    assert_same_weights(model.intercepts_, given_intercepts, 0)
    given_coefs = [np.ones((2, 3)), np.ones((3, 1))]
    model.fit(X, y, coefs_init=given_coefs)
    assert_same_weights(model.coefs_, given_coefs, 0)
    assert_same_weights(model.intercepts_, intercepts, 0)


def test_a_shuffled_epoch_visits_every_row_its_number_of_times(spy_on_kernel):
    orders = []
    spy_on_kernel(train=lambda *, order, **_: orders.append(order.copy()))
    rng = np.random.default_rng(1)
    X = rng.normal(size=(30, 2))
    y = (X[:, 0] > 0).astype(int)
    sample_weight = rng.integers(0, 4, size=30)
    MLPLogisticClassifier(2, max_iter=3, random_state=0).fit(X, y, sample_weight)
    assert len(orders) == 3
    for order in orders:
        np.testing.assert_array_equal(np.bincount(order, minlength=30), sample_weight)
    # Each epoch has an order of its own.
    assert len({order.tobytes() for order in orders}) == 3


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    n_rows=st.integers(2, 60),
    n_inputs=st.integers(1, 12),
    hidden=st.lists(st.integers(1, 12), min_size=1, max_size=3),
    fit_intercept=st.booleans(),
    dtype=st.sampled_from([np.float64, np.float32]),
    sparse=st.booleans(),
    weighted=st.booleans(),
    LR=st.floats(0.01, 4.0),
)
def test_random_networks_follow_the_reference(
    seed, n_rows, n_inputs, hidden, fit_intercept, dtype, sparse, weighted, LR
):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_rows, n_inputs)) * rng.integers(0, 2, size=(n_rows, n_inputs))
    X = X.astype(dtype)
    # "Rounding and chaos": at most 2,000 visits with LR * mean(||x||^2) <= 10.
    LR = min(LR, 10 / max((X.astype(float) ** 2).sum(axis=1).mean(), 1.0))
    y = np.arange(n_rows) % 2
    step = rng.integers(1, 5, size=n_rows) / 4.0 if weighted else None
    model = MLPLogisticClassifier(
        hidden, learning_rate_init=LR, shuffle=False, fit_intercept=fit_intercept, random_state=0
    ).set_params(init_range=0.5, **RULE)
    model.partial_fit(csr_array(X) if sparse else X, y, classes=[0, 1], sample_weight=step)
    model.partial_fit(csr_array(X) if sparse else X, y, sample_weight=step)
    model.set_params(learning_rate="constant")
    coefs, intercepts, losses = train_by_reference(
        X.astype(float), y, model, n_epochs=2, LR=LR, step=step
    )
    tolerance = 1e-12 if dtype == np.float64 else 1e-4
    assert_same_weights([*model.coefs_, *model.intercepts_], [*coefs, *intercepts], tolerance)
    np.testing.assert_allclose(model.loss_, losses[-1], rtol=tolerance)


@pytest.mark.parametrize("hidden", [(4,), (3, 5), (2, 3, 2)])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("T", [0.0, 1.0])
def test_gradients_are_those_of_half_the_squared_error(hidden, bias, T):
    rng = np.random.default_rng(11)
    sizes = [3, *hidden, 1]
    shapes = list(pairwise(sizes))
    coefs = [rng.uniform(-1, 1, s) for s in shapes]
    intercepts = [rng.uniform(-1, 1, s[1]) for s in shapes] if bias else None
    x = rng.normal(size=3)

    def half_squared_error():
        _, S_postA = _reference.forward(x, coefs, intercepts)
        return 0.5 * (S_postA[-1][0] - T) ** 2

    grad_coefs, grad_intercepts, _ = _reference.gradients(x, T, coefs, intercepts)
    pairs = list(zip(coefs, grad_coefs, strict=True))
    if bias:
        pairs += list(zip(intercepts, grad_intercepts, strict=True))
    for weights, gradient in pairs:
        for index in np.ndindex(weights.shape):
            kept, h = weights[index], 1e-5
            weights[index] = kept + h
            above = half_squared_error()
            weights[index] = kept - h
            below = half_squared_error()
            weights[index] = kept
            assert gradient[index] == pytest.approx((above - below) / (2 * h), rel=1e-6, abs=1e-10)
