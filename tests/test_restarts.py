"""Restarts (`n_init`), of which the best is kept."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
XOR = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])


def weights_of(model):
    return [*model.coefs_, *model.intercepts_]


def assert_same_fit(model, other):
    for a, b in zip(weights_of(model), weights_of(other), strict=True):
        np.testing.assert_array_equal(a, b)
    assert model.loss_curve_ == other.loss_curve_
    assert model.validation_scores_ == other.validation_scores_
    assert (model.n_iter_, model.best_iter_, model.t_) == (
        other.n_iter_,
        other.best_iter_,
        other.t_,
    )


def xor_model(**parameters):
    return MLPLogisticClassifier(
        2,
        loss="squared_error",
        alpha=0.0,
        learning_rate="constant",
        learning_rate_init=2.0,
        init_range=1.0,
        max_iter=1000,
        n_iter_no_change=np.inf,  # a plateau is not the end
        **parameters,
    )


def test_restarts_get_out_of_local_minima():
    once = [xor_model(random_state=seed).fit(*XOR).loss_ for seed in range(12)]
    best = [xor_model(random_state=seed, n_init=8).fit(*XOR).loss_ for seed in range(12)]
    assert max(once) > 0.05  # stuck
    assert max(best) < 0.01
    assert all(b <= o for b, o in zip(best, once, strict=True))
    assert len(set(best) - set(once)) > 3  # networks that n_init=1 has not drawn


def test_the_first_restart_is_the_fit_without_restarts():
    once = [xor_model(random_state=seed).fit(*XOR) for seed in range(12)]
    kept = 0
    for seed, first in enumerate(once):
        model = xor_model(random_state=seed, n_init=2).fit(*XOR)
        if model.loss_ == first.loss_:
            kept += 1
            assert_same_fit(model, first)
            first.partial_fit(*XOR), model.partial_fit(*XOR)  # the generator is its own too
            assert_same_fit(model, first)
        else:
            assert model.loss_ < first.loss_
    assert 0 < kept < 12


@pytest.mark.parametrize("early_stopping", [False, True])
def test_restarts_in_any_number_of_threads(noisy_iris, early_stopping):
    X, y, *_ = noisy_iris
    model = MLPLogisticClassifier(
        5, n_init=5, max_iter=15, random_state=0, early_stopping=early_stopping, scoring="loss"
    )
    model.fit(X, y)
    for n_jobs in (2, 4, 12):
        other = MLPLogisticClassifier(**{**model.get_params(), "n_jobs": n_jobs}).fit(X, y)
        assert_same_fit(model, other)


@pytest.mark.parametrize("scoring", ["accuracy", "loss"])
def test_with_early_stopping_the_best_validation_score_wins(noisy_iris, scoring):
    X, y, *validation = noisy_iris
    reached = []
    for n_init in range(1, 7):
        model = MLPLogisticClassifier(
            1,
            n_init=n_init,
            max_iter=2,
            learning_rate_init=0.05,
            random_state=0,
            early_stopping=True,
            scoring=scoring,
        ).fit(X, y, X_val=validation[0], y_val=validation[1])
        assert model.best_validation_score_ == max(model.validation_scores_)
        reached.append(model.best_validation_score_)
    assert reached == sorted(reached)
    assert reached[-1] > reached[0]


def test_all_restarts_hold_out_the_same_samples(noisy_iris, spy_on_kernel, no_diagnosis):
    X, y, *_ = noisy_iris
    held_out = []
    spy_on_kernel(decide=lambda *, subset, **_: held_out.append(sorted(subset)))
    MLPLogisticClassifier(2, n_init=3, max_iter=2, early_stopping=True).fit(X, y)
    n_networks = 1 if y.max() == 1 else 3
    assert len(held_out) == 6 * n_networks
    assert all(rows == held_out[0] for rows in held_out)


def test_going_on_does_not_restart(noisy_iris):
    X, y, *_ = noisy_iris
    models = [
        MLPLogisticClassifier(4, max_iter=3, warm_start=True, random_state=0).fit(X, y)
        for _ in range(2)
    ]
    models[1].set_params(n_init=4)
    for model in models:
        model.fit(X, y).partial_fit(X, y)
    assert_same_fit(*models)
    fresh = [
        MLPLogisticClassifier(4, n_init=n_init, random_state=0).partial_fit(
            X, y, classes=np.unique(y)
        )
        for n_init in (1, 4)
    ]
    assert_same_fit(*fresh)


def test_restarts_refuse_initial_weights(noisy_iris):
    X, y, *_ = noisy_iris
    model = MLPLogisticClassifier(4, random_state=np.random.RandomState(0), max_iter=2).fit(X, y)
    before, state = vars(model).copy(), model.random_state.get_state()[1].copy()
    for given in ("coefs_init", "intercepts_init"):
        model.set_params(n_init=2)
        with pytest.raises(ValueError, match="n_init"):
            model.fit(X, y, **{given: getattr(model, given.replace("init", ""))})
        model.set_params(n_init=1)
        assert vars(model) == before
    np.testing.assert_array_equal(model.random_state.get_state()[1], state)


def test_a_restart_that_diverges_is_an_error(noisy_iris):
    X, y, *_ = noisy_iris
    model = MLPLogisticClassifier(
        4, n_init=3, learning_rate_init=1e300, loss="log_loss", random_state=0
    )
    with pytest.raises(ValueError, match="non-finite"):
        model.fit(X * 1e200, y)
    assert not hasattr(model, "coefs_")


def test_restarts_on_data_of_another_shape_than_the_former_fit(noisy_iris):
    X, y, *_ = noisy_iris
    model = MLPLogisticClassifier(3, n_init=2, max_iter=2, random_state=0)
    labels = np.arange(len(y)) % 4  # more classes, and fewer inputs and nodes
    model.fit(X, y).set_params(hidden_layer_sizes=(2, 2)).fit(X[:, :1], labels)
    fresh = clone(model).fit(X[:, :1], labels)
    np.testing.assert_array_equal(model.coefs_[0], fresh.coefs_[0])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupted_restart(n_jobs, spy_on_kernel):
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = MLPLogisticClassifier(
        3, n_init=4, max_iter=50, learning_rate="constant", random_state=0, n_jobs=n_jobs
    ).set_params(n_iter_no_change=np.inf)
    calls, lock = [], threading.Lock()
    in_step = threading.Barrier(n_jobs, timeout=60)

    def interrupt(**_):
        with lock:
            calls.append(None)
            number = len(calls)
            if number == 130:
                os.kill(os.getpid(), signal.SIGINT)
        if number <= 100:  # the first run ends before the signal, however busy the machine is
            in_step.wait()
        if len(calls) >= 130:
            time.sleep(0.5)  # in a thread, give the main one the time to notice

    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    spy_on_kernel(train=interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
    finally:
        signal.signal(signal.SIGINT, former)
    assert 130 <= len(calls) < 140
    spy_on_kernel(train=lambda **_: None)
    # The best of those that were begun, one of them finished.
    assert model.loss_ == model.loss_curve_[-1] < 0.1
    model.set_params(n_init=1)
    assert model.loss_ <= model.fit(X, y).loss_
