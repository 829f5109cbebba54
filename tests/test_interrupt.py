"""Signals and threads."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_iris

from sklearn_mlp import MLPLogisticClassifier, _validation
from sklearn_mlp._training import data
from sklearn_mlp._training import epochs as _epochs


@pytest.fixture(autouse=True)
def interruptible():
    """Python's own handler, which a process started in the background does not get."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def interrupted_fit(model, X, y, *, after):
    """A fit that is interrupted some seconds after its first call of the kernel.

    No call of the kernel is longer than 2**25 multiplications, some tens of milliseconds, and after
    the signal none begins but one in each of two threads.
    """
    sent, calls = [], []
    started = threading.Event()
    train = _epochs.train

    def spy(*args, order, **kwargs):
        calls.append((time.perf_counter(), len(order)))
        started.set()
        train(*args, order=order, **kwargs)

    def interrupt():
        started.wait(60)
        time.sleep(after)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    sender = threading.Thread(target=interrupt)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_epochs, "train", spy)
        sender.start()
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
        sender.join()
    n_weights = sum(coef.size for coef in model.coefs_) // model.n_outputs_
    assert max(n_visits for _, n_visits in calls) * n_weights <= 2**25
    assert sum(begun > sent[0] for begun, _ in calls) <= 2


@pytest.mark.parametrize(
    ("n_rows", "hidden", "early_stopping"), [(400_000, 64, False), (3_000, (200, 200), True)]
)
def test_an_interrupt_is_raised_and_leaves_a_fitted_estimator(n_rows, hidden, early_stopping):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 100))
    y = (X[:, 0] > 0).astype(int)
    model = MLPLogisticClassifier(
        hidden,
        max_iter=100_000,
        n_iter_no_change=np.inf,
        random_state=0,
        early_stopping=early_stopping,
    )
    interrupted_fit(model, X, y, after=1.0 if early_stopping else 0.1)
    assert model.n_iter_ == len(model.loss_curve_) < 100_000
    assert model.predict(X[:10]).shape == (10,)
    if early_stopping:
        assert model.n_iter_ == 0 or model.best_iter_ <= model.n_iter_
    # And it can go on from there.
    model.partial_fit(X[:100], y[:100])


def test_an_interrupt_before_training_leaves_the_former_state(monkeypatch):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0).fit(X, y)
    before = vars(model).copy()

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(data, "canonical_order", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:, :2], y)
    assert vars(model) == before


def test_an_interrupt_in_the_first_partial_fit_leaves_no_half_made_estimator(monkeypatch):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0)

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_validation, "validate_data", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.partial_fit(X, y, classes=[0, 1, 2])
    assert not hasattr(model, "classes_")
    model.partial_fit(X, y, classes=[0, 1, 2]).predict(X)


def test_the_best_weights_are_kept_on_an_interrupt(monkeypatch):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0, early_stopping=True, max_iter=30)
    scores = iter([0.5, 0.9, 0.8, 0.7])
    kept = []

    def score(epochs, validation, scoring):
        kept.append([a.copy() for a in epochs.run.coefs_])
        try:
            return next(scores)
        except StopIteration:
            raise KeyboardInterrupt from None

    monkeypatch.setattr(_epochs.Epochs, "score", score)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert model.best_validation_score_ == 0.9
    assert model.best_iter_ == 2
    for got, best in zip(model.coefs_, kept[1], strict=True):
        np.testing.assert_array_equal(got, best)


def test_threads_do_not_disturb_each_other():
    X, y = load_iris(return_X_y=True)
    X = np.repeat(X, 10, axis=0)
    y = np.repeat(y, 10)

    def fit(seed):
        model = MLPLogisticClassifier((8, 4), max_iter=10, random_state=seed).fit(X, y)
        return [a.tobytes() for a in (*model.coefs_, *model.intercepts_)], model.predict_proba(X)

    alone = [fit(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(fit, range(8)))
    for (bits, probability), (other_bits, other_probability) in zip(alone, together, strict=True):
        assert bits == other_bits
        np.testing.assert_array_equal(probability, other_probability)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_the_number_of_threads_changes_nothing(early_stopping, monkeypatch):
    X, y = load_iris(return_X_y=True)
    n_threads = []

    def pool(n):
        n_threads.append(n)
        return ThreadPoolExecutor(n)

    monkeypatch.setattr(_epochs, "ThreadPoolExecutor", pool)
    models = []
    for n_jobs in (None, 1, 2, 8):
        model = MLPLogisticClassifier(
            (8, 4), max_iter=5, random_state=0, n_jobs=n_jobs, early_stopping=early_stopping
        ).fit(X, y)
        models.append(model.partial_fit(X, y))
    assert n_threads == [2, 2, 3, 3]  # never more than there are networks
    for model in models:
        assert model.loss_curve_ == models[0].loss_curve_
        assert model.validation_scores_ == models[0].validation_scores_
        for got, want in zip(model.coefs_, models[0].coefs_, strict=True):
            np.testing.assert_array_equal(got, want)
    with joblib.parallel_config("threading", n_jobs=2):
        MLPLogisticClassifier(3, max_iter=1).fit(X, y)
    assert n_threads[4:] == [2]


def test_two_classes_need_no_threads(monkeypatch):
    pools = []
    monkeypatch.setattr(_epochs, "ThreadPoolExecutor", pools.append)
    X, y = load_iris(return_X_y=True)
    MLPLogisticClassifier(3, max_iter=1, n_jobs=2).fit(X[:100], y[:100])
    assert pools == []


def test_an_interrupt_stops_all_threads():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200_000, 100)), rng.integers(0, 4, size=200_000)
    model = MLPLogisticClassifier(200, max_iter=1000, random_state=0, n_jobs=2)
    others = set(threading.enumerate())
    interrupted_fit(model, X, y, after=0.4)
    before = [coef.copy() for coef in model.coefs_]
    assert set(threading.enumerate()) <= others
    for got, want in zip(model.coefs_, before, strict=True):
        np.testing.assert_array_equal(got, want)


def test_an_error_in_a_thread_is_raised(monkeypatch):
    train = _epochs.train

    def train_or_fail(*args, positive, **kwargs):
        if positive == 1:
            raise MemoryError
        train(*args, positive=positive, **kwargs)

    monkeypatch.setattr(_epochs, "train", train_or_fail)
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, n_jobs=2)
    with pytest.raises(MemoryError):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")
