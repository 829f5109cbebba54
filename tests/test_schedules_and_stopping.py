"""Learning rates of the schedules, and when training stops on its loss."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from sklearn_mlp import MLPLogisticClassifier

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
CONSTANT = {"learning_rate": "constant", "random_state": 0}


@pytest.fixture
def rates(spy_on_kernel):
    """A list that gets the learning rate of each call of the kernel; both targets must have it."""
    rates = []

    def observe(*, learning_rate, **_):
        assert learning_rate[0] == learning_rate[1]
        rates.append(learning_rate[0])

    spy_on_kernel(train=observe)
    return rates


def test_rates_of_the_schedules(iris, rates):
    X, y = iris[0][:100], iris[1][:100]
    model = MLPLogisticClassifier(2, learning_rate_init=0.8, max_iter=4, random_state=0)
    model.set_params(warm_start=True).fit(X, y)
    assert rates == pytest.approx([0.8, 0.6, 0.4, 0.2])
    # A warm start runs its schedule anew, and partial_fit has none.
    model.set_params(max_iter=2).fit(X, y).partial_fit(X, y)
    assert rates[4:] == pytest.approx([0.8, 0.4, 0.8])
    rates.clear()
    model.set_params(learning_rate="constant", warm_start=False)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    assert rates == [0.8, 0.8]
    assert model.learning_rate_curve_ == [0.8, 0.8]


def test_rates_fall_with_the_visits(iris, rates):
    X, y = iris[0][:100], iris[1][:100]
    model = MLPLogisticClassifier(
        2, learning_rate_init=0.8, learning_rate="invscaling", power_t=0.3, max_iter=3, tol=0
    )
    weight = np.where(y == 1, 2.0, 1.0)  # 150 visits
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        model.fit(X, y, sample_weight=weight)
    assert rates == pytest.approx([0.8, 0.8 / 151**0.3, 0.8 / 301**0.3])
    # A stream goes on from all visits so far.
    model.partial_fit(X, y).partial_fit(X, y)
    assert rates[3:] == pytest.approx([0.8 / 451**0.3, 0.8 / 551**0.3])


def test_the_adaptive_rate_falls_where_training_would_stop(rates):
    X, y = [[3, 2], [1, 6]], [1, 0]
    trained = MLPLogisticClassifier(2, random_state=0).fit(X, y)
    assert trained.loss_ < 0.5 * 0.125
    rates.clear()
    model = MLPLogisticClassifier(
        2, learning_rate="adaptive", learning_rate_init=1e-3, tol=0.5, n_iter_no_change=2
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Maximum iterations")
        model.set_params(max_iter=1000, random_state=0).fit(
            X, y, coefs_init=trained.coefs_, intercepts_init=trained.intercepts_
        )
    # The first epoch is an improvement; then each rate has three epochs that are not, as long as
    # the one before was above 1e-6.
    expected = [1e-3, *np.repeat([1e-3 / 5**k for k in range(6)], 3)]
    assert rates == pytest.approx(expected)


def test_tolerance_stops_on_the_training_loss():
    X, y = [[3, 2], [1, 6]], [1, 0]
    model = MLPLogisticClassifier(tol=0.5, max_iter=3000, loss="squared_error", **CONSTANT)
    model.fit(X, y)
    # The first epoch always improves; then more than n_iter_no_change = 10 that do not.
    assert model.n_iter_ == 12


@pytest.mark.parametrize("n_iter_no_change", [2, 5, 10, 50, 100])
def test_n_iter_no_change(digits, n_iter_no_change):
    X, y = digits
    model = MLPLogisticClassifier(
        tol=0.01, max_iter=3000, n_iter_no_change=n_iter_no_change, **CONSTANT
    ).fit(X[:100], y[:100])
    assert model.n_iter_ < 3000
    # Exactly the last n_iter_no_change + 1 epochs gained less than tol on the best before them.
    curve = model.loss_curve_
    best_before = np.minimum.accumulate([np.inf, *curve[:-1]])
    improved = np.array(curve) <= best_before - 0.01
    assert not improved[-(n_iter_no_change + 1) :].any()
    assert improved[-(n_iter_no_change + 2)]


@ignore_convergence
def test_n_iter_no_change_may_be_infinite(digits):
    X, y = digits
    model = MLPLogisticClassifier(2, tol=1e9, max_iter=300, n_iter_no_change=np.inf, **CONSTANT)
    assert model.fit(X[:100], y[:100]).n_iter_ == 300


def test_a_linear_schedule_runs_to_its_end_on_a_plateau():
    X, y = [[3, 2], [1, 6]], [1, 0]
    model = MLPLogisticClassifier(tol=0.5, n_iter_no_change=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        assert model.set_params(learning_rate_init=2.0).fit(X, y).n_iter_ == 80


def test_a_constant_rate_that_does_not_converge_says_so(iris):
    X, y = iris
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached"):
        MLPLogisticClassifier(max_iter=3, **CONSTANT).fit(X, y)


@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
def test_a_plateau_before_learning_has_begun_does_not_end_it(schedule):
    # XOR: the loss stays at that of a constant answer, 1/8, for tens of epochs.
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
    plateaus = 0
    for seed in range(10):
        model = MLPLogisticClassifier(
            4, learning_rate=schedule, learning_rate_init=1.0, power_t=0.0, random_state=seed
        ).set_params(max_iter=5000, alpha=0.0)
        model.fit(X, y)
        assert model.score(X, y) == 1.0
        assert model.n_iter_ < 5000
        assert model.loss_ < 0.8 * 0.125
        best = np.minimum.accumulate([np.inf, *model.loss_curve_[:-1]])
        late = np.array(model.loss_curve_) > best - model.tol
        runs = np.convolve(late, np.ones(11), mode="valid") == 11
        plateaus += runs[:-20].any()
    assert plateaus >= 3  # of the seeds, which would have ended there
