"""An interrupt at any line, and threads that share an estimator."""

import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

import sklearn_mlp
from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training.attributes import ATTRIBUTES

PACKAGE = str(Path(sklearn_mlp.__file__).parent)
CURVES = [row.name for row in ATTRIBUTES if row.curve and not row.is_validation_curve]
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def run_interrupted(function, at):
    """Call a function, with KeyboardInterrupt at the line of the package of that number.

    Returns whether there were so many lines.
    """
    count = 0

    def trace(frame, event, argument):
        nonlocal count
        if not frame.f_code.co_filename.startswith(PACKAGE):
            return None
        if event == "line":
            count += 1
            if count == at:
                raise KeyboardInterrupt
        return trace

    former = sys.gettrace()
    sys.settrace(trace)
    try:
        function()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(former)
    return False


def assert_whole(model, with_scores):
    n_epochs = len(model.loss_curve_)
    assert all(len(getattr(model, name)) == n_epochs for name in CURVES)
    assert model.loss_ == (model.loss_curve_[-1] if n_epochs else np.inf)
    for name in ("alpha_", "learning_rate_init_", "t_", "n_layers_", "best_loss_"):
        assert hasattr(model, name)
    if with_scores and n_epochs:
        assert len(model.validation_scores_) == n_epochs == model.n_iter_
        assert model.best_validation_score_ == max(model.validation_scores_)
        best = model.validation_scores_.index(model.best_validation_score_)
        assert model.best_iter_ == best + 1
    assert np.isfinite(model.predict_proba(np.zeros((1, model.n_features_in_)))).all()


@pytest.mark.parametrize("early_stopping", [False, True])
def test_fit_interrupted_at_any_line(early_stopping, bits):
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    former = MLPLogisticClassifier(3, max_iter=2, random_state=1).fit(X[:, :2], y)
    parameters = {"early_stopping": early_stopping, "n_iter_no_change": np.inf, "random_state": 0}
    whole = MLPLogisticClassifier(2, max_iter=3, **parameters).fit(X, y)
    at, outcomes = 1, set()
    while True:
        model = MLPLogisticClassifier(**former.get_params()).fit(X[:, :2], y)
        before = bits(model)
        model.set_params(hidden_layer_sizes=2, max_iter=3, **parameters)
        if not run_interrupted(lambda model=model: model.fit(X, y), at):
            break
        if model.n_features_in_ == 2:  # the former fit, untouched
            assert bits(model) == before
            assert_whole(model, with_scores=False)
            outcomes.add("former")
        else:
            assert_whole(model, with_scores=early_stopping)
            n_epochs = len(model.loss_curve_)
            assert model.loss_curve_ == whole.loss_curve_[:n_epochs]
            outcomes.add(n_epochs)
        at += 1
    assert bits(model) == bits(whole)
    assert outcomes == {"former", 0, 1, 2, 3}


@pytest.mark.parametrize("first", [False, True])
def test_partial_fit_interrupted_at_any_line(first, bits):
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    start = MLPLogisticClassifier(2, random_state=0)
    if not first:
        start.partial_fit(X, y, classes=[0, 1, 2])
    at, outcomes = 1, set()
    while True:
        model = MLPLogisticClassifier(2, random_state=0)
        if not first:
            model.partial_fit(X, y, classes=[0, 1, 2])
        if not run_interrupted(lambda model=model: model.partial_fit(X, y, classes=[0, 1, 2]), at):
            break
        if hasattr(model, "coefs_"):
            assert np.isfinite(model.predict_proba(X)).all()
            outcomes.add(model.t_)
        else:
            assert first
            assert not [name for name in vars(model) if name.endswith("_")]
        # It goes on from there.
        assert model.partial_fit(X, y, classes=[0, 1, 2]).t_ >= 150
        at += 1
    assert outcomes == ({0, 150} if first else {150, 300})


def test_predictions_while_another_thread_trains():
    # Every answer is that of a whole estimator, of before or of after a fit.
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = MLPLogisticClassifier(3, max_iter=3, random_state=0).fit(X, y)
    two = MLPLogisticClassifier(3, max_iter=3, random_state=0).fit(X[:100], y[:100])
    shapes = {(150, 3), (150, 2)}
    assert two.predict_proba(X).shape == (150, 2)
    stop, seen, errors = threading.Event(), set(), []

    def read():
        while not stop.is_set():
            try:
                proba, labels = model.predict_proba(X), model.predict(X)
                seen.add(proba.shape)
                assert np.isfinite(proba).all()
                assert set(labels) <= {0, 1, 2}
                assert model.__sklearn_is_fitted__()
            except BaseException as error:
                errors.append(error)
                return

    readers = [threading.Thread(target=read) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for reader in readers:
            reader.start()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for turn in range(60):
                n = 150 if turn % 2 else 100
                model.fit(X[:n], y[:n])
                with pytest.raises(ValueError, match="NaN"):
                    model.fit(X * np.nan, y)
                with pytest.raises(ValueError, match="classes not in"):
                    model.partial_fit(X, y + 7)
                model.partial_fit(X[:n], y[:n])
    finally:
        stop.set()
        for reader in readers:
            reader.join()
        sys.setswitchinterval(interval)
    assert not errors, errors[0]
    assert seen == shapes


def test_rejected_calls_of_two_threads_lose_nothing(bits):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0).fit(X, y)
    before, attributes = bits(model), set(vars(model))

    def reject():
        for _ in range(200):
            with pytest.raises(ValueError):
                model.partial_fit(X * np.nan, y)

    threads = [threading.Thread(target=reject) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(interval)
    assert bits(model) == before
    assert set(vars(model)) == attributes


def test_eight_threads_fit_and_predict_as_one_does(bits):
    # Each trains estimators of its own, and all of them predict by one.
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    shared = MLPLogisticClassifier(8, max_iter=5, random_state=0).fit(X, y)

    def work(seed):
        model = MLPLogisticClassifier(8, max_iter=5, random_state=seed).fit(X, y)
        for start in range(0, 150, 30):
            model.partial_fit(X[start : start + 30], y[start : start + 30])
        return bits(model), shared.predict_proba(X).tobytes()

    expected = [work(seed) for seed in range(24)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(24))) == expected
