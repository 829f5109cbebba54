"""Training descends the stated objective: loss and regularization."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.datasets import (
    load_breast_cancer,
)
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@ignore_convergence
@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_the_loss_is_half_the_brier_score_or_the_log_loss(loss):
    # With a vanishing learning rate all losses of the epoch are taken at the final weights.
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    weight = np.random.default_rng(0).integers(1, 4, size=len(y)) / 2
    model = MLPLogisticClassifier(4, learning_rate_init=1e-300, max_iter=1, random_state=0)
    model.set_params(loss=loss).fit(X, y, weight)
    probability = model.predict_proba(X)[:, 1]
    expected = log_loss(y, probability, sample_weight=weight)
    if loss == "squared_error":
        expected = brier_score_loss(y, probability, sample_weight=weight) / 2
    np.testing.assert_allclose(model.loss_, expected, rtol=1e-12)


@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("hidden", [3, (4, 3), 80])
@pytest.mark.parametrize(
    ("loss", "alpha"), [("squared_error", 0), ("squared_error", 7.0), ("log_loss", 2.0)]
)
def test_an_epoch_of_small_steps_descends_the_stated_objective(container, hidden, loss, alpha):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.integers(0, 2, 30)
    weight = rng.uniform(1, 3, size=30)
    n = weight.sum()
    model = MLPLogisticClassifier(
        hidden, loss=loss, alpha=alpha, learning_rate_init=1e-9, random_state=0
    )
    model.partial_fit(container(X), y, classes=[0, 1], sample_weight=weight)
    before = [a.copy() for a in (*model.coefs_, *model.intercepts_)]

    def objective():
        proba = model.predict_proba(container(X))
        if loss == "log_loss":
            losses = -np.log(proba[np.arange(30), y])
        else:
            losses = 0.5 * (proba[:, 1] - y) ** 2
        squares = sum((coef**2).sum() for coef in model.coefs_)
        return (weight * losses).sum() / n + alpha * squares / (2 * n)

    gradients = []
    for array in (*model.coefs_, *model.intercepts_):
        gradient = np.empty(array.shape)
        for index in np.ndindex(array.shape):
            value = array[index]
            array[index] = value + 1e-5
            above = objective()
            array[index] = value - 1e-5
            gradient[index] = (above - objective()) / 2e-5
            array[index] = value
        gradients.append(gradient)
    model.partial_fit(container(X), y, sample_weight=weight)
    after = (*model.coefs_, *model.intercepts_)
    for old, new, gradient in zip(before, after, gradients, strict=True):
        np.testing.assert_allclose((old - new) / (1e-9 * n), gradient, rtol=1e-4, atol=1e-6)


@ignore_convergence
def test_the_loss_is_the_log_loss(digits):
    X, y = digits
    model = MLPLogisticClassifier(4, loss="log_loss", learning_rate_init=1e-12, max_iter=1)
    model.fit(X, y)
    # The mean of the networks' own, each of its class against the rest.
    logits = model.decision_function(X).reshape(len(X), -1)
    targets = (y == 1)[:, None] if logits.shape[1] == 1 else y[:, None] == np.arange(3)
    expected = np.mean([log_loss(t, expit(z)) for t, z in zip(targets.T, logits.T, strict=True)])
    assert model.loss_ == pytest.approx(expected)


@ignore_convergence
def test_alpha_makes_the_weights_smaller(digits):
    X, y = digits
    sizes = []
    for alpha in (0.0, 0.1, 10.0):
        model = MLPLogisticClassifier(4, alpha=alpha, random_state=0).fit(X, y)
        sizes.append(sum((coef**2).sum() for coef in model.coefs_))
    assert sizes[0] > sizes[1] > 2 * sizes[2]
