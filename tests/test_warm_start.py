"""Warm starts."""

import numpy as np
import pytest

from sklearn_mlp import MLPLogisticClassifier

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CONSTANT = {"learning_rate": "constant", "random_state": 0}


@ignore_convergence
def test_a_warm_start_goes_on_for_all_its_epochs(iris):
    X, y = iris
    model = MLPLogisticClassifier(
        2, warm_start=True, max_iter=10, n_iter_no_change=np.inf, **CONSTANT
    )
    model.fit(X, y)
    assert model.n_iter_ == 10
    first = model.loss_curve_
    model.set_params(max_iter=20).fit(X, y)
    assert model.n_iter_ == 20
    assert len(model.loss_curve_) == 30
    assert model.loss_curve_[:10] == first
    assert model.t_ == 30 * 150
    model.set_params(warm_start=False).fit(X, y)
    assert len(model.loss_curve_) == 20
    assert model.t_ == 20 * 150


def test_a_warm_start_has_stopping_counters_of_its_own():
    X, y = [[3, 2], [1, 6]], [1, 0]
    model = MLPLogisticClassifier(
        tol=0.5, max_iter=3000, warm_start=True, loss="squared_error", **CONSTANT
    )
    assert model.fit(X, y).n_iter_ == 12
    # MLPClassifier would stop after one epoch here.
    assert model.fit(X, y).n_iter_ == 12


def test_a_warm_start_validates_on_what_was_never_trained_on(iris, spied_early_stopping):
    X, y = iris
    model = MLPLogisticClassifier(early_stopping=True, warm_start=True, random_state=0)
    trained, validated = [], []
    for _ in range(2):
        more_trained, more_validated = spied_early_stopping(model, X, y)
        trained += more_trained
        validated += more_validated
    assert not set(trained) & set(validated)


@ignore_convergence
def test_a_warm_start_with_early_stopping(iris):
    X, y = iris
    model = MLPLogisticClassifier(
        max_iter=10, warm_start=True, early_stopping=True, n_iter_no_change=5, **CONSTANT
    ).fit(X, y)
    first = list(model.validation_scores_)
    model.set_params(max_iter=20).fit(X, y)
    assert model.validation_scores_[: len(first)] == first
    assert len(model.validation_scores_) == len(first) + model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_[len(first) :])


def test_a_warm_start_needs_the_same_classes(iris):
    X, y = iris
    model = MLPLogisticClassifier(2, warm_start=True, random_state=0).fit(X, y)
    model.fit(X, np.repeat([0, 1, 2], [40, 40, 70]))
    for other in (
        np.repeat([0, 1], 75),
        np.repeat([0, 1, 3], 50),
        np.repeat([0, 1, 2, 3], 38)[:150],
    ):
        with pytest.raises(ValueError, match="warm_start can only be used where `y` has the same"):
            model.fit(X, other)


def test_a_warm_start_needs_the_same_network(iris):
    X, y = iris
    model = MLPLogisticClassifier(2, warm_start=True, random_state=0).fit(X, y)
    before = model.coefs_[0].copy()
    for fit in (model.fit, model.partial_fit):
        model.set_params(hidden_layer_sizes=3)
        with pytest.raises(ValueError, match=r"hidden_layer_sizes must stay.*got \[2\], now \[3\]"):
            fit(X, y)
        model.set_params(hidden_layer_sizes=2, fit_intercept=False)
        with pytest.raises(ValueError, match="fit_intercept=False needs bias weights of zero"):
            fit(X, y)
        model.set_params(fit_intercept=True)
    np.testing.assert_array_equal(model.coefs_[0], before)
