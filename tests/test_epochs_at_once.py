"""Many epochs in one call of compiled code change nothing: compared with epochs one by one."""

import contextlib
import pickle
import signal

import numpy as np
import pytest
from scipy.sparse import csr_array

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training.epochs import EpochTrainer

rng = np.random.default_rng(0)
X = rng.normal(size=(90, 3))
Y = (X[:, 0] > 0.5).astype(int)
CASES = {
    "defaults": ({}, X, Y, None),
    "three classes": ({}, X, Y + (X[:, 1] > 0), None),
    "ten classes": ({}, X, rng.permutation(90) % 10, None),
    "250 epochs": ({"max_iter": 250}, X, Y, None),
    "100 epochs": ({"max_iter": 100}, X, Y, None),
    "one epoch": ({"max_iter": 1}, X, Y, None),
    "log loss": ({"loss": "log_loss"}, X, Y, None),
    "numbers": ({"learning_rate_init": 2.0, "alpha": 0.1}, X, Y, None),
    "float32": ({}, X.astype(np.float32), Y, None),
    "no shuffle": ({"shuffle": False, "fit_intercept": False}, X, Y, None),
    "layers": ({"hidden_layer_sizes": (8, 4)}, X, Y, None),
    "weights": ({}, X, Y, rng.integers(1, 4, 90) / 2),
    "balanced": ({"class_weight": "balanced"}, X, Y, None),
    "restarts": ({"n_init": 3, "n_jobs": 2}, X, Y, None),
    "csr": ({}, csr_array(X), Y, None),
    "constant": ({"learning_rate": "constant"}, X, Y, None),
    "multilabel": ({}, X, np.stack([Y, 1 - Y, X[:, 1] > 0], axis=1).astype(int), None),
    "sparse weights of rows": ({}, X, Y, (X[:, 1] > 0).astype(float)),
}


def state(model):
    return {k: repr(v) for k, v in vars(model).items() if k not in ("_packed", "_generator")}


@pytest.fixture
def numbers_of_epochs(monkeypatch):
    """Numbers of epochs that were trained in one call, and one by one."""
    counts = {"at once": 0, "one by one": 0}
    at_once, one_by_one = EpochTrainer.train_epochs, EpochTrainer.train_epoch

    def counted_at_once(self, rates, *arguments):
        counts["at once"] += len(rates)
        return at_once(self, rates, *arguments)

    def counted(self, *arguments):
        counts["one by one"] += 1
        return one_by_one(self, *arguments)

    monkeypatch.setattr(EpochTrainer, "train_epochs", counted_at_once)
    monkeypatch.setattr(EpochTrainer, "train_epoch", counted)
    return counts


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", CASES)
def test_epochs_at_once_are_epochs_one_by_one(name, numbers_of_epochs, monkeypatch, bits):
    parameters, X, y, weight = CASES[name]
    models = []
    for is_simple in (True, False):
        if not is_simple:
            monkeypatch.setattr(EpochTrainer, "is_simple", False)
        model = MLPLogisticClassifier(4, random_state=0, warm_start=True).set_params(**parameters)
        model.fit(X, y, weight)
        models.append(pickle.loads(pickle.dumps(model.fit(X, y, weight))))
        if name not in ("constant", "csr", "multilabel"):
            n_epochs = 2 * model.max_iter if model.n_init == 1 else 4 * model.max_iter
            assert numbers_of_epochs["at once"] == n_epochs
        else:
            assert numbers_of_epochs["at once"] == 0
    assert state(models[0]) == state(models[1])
    assert bits(models[0]) == bits(models[1])
    generators = [model._generator.bit_generator.state for model in models]
    assert generators[0] == generators[1]


def test_an_epoch_that_is_not_finite_ends_training(numbers_of_epochs, monkeypatch):
    huge = np.full((20, 3), 1e308)
    messages = []
    for is_simple in (True, False):
        if not is_simple:
            monkeypatch.setattr(EpochTrainer, "is_simple", False)
        model = MLPLogisticClassifier(4, learning_rate_init=1.0, loss="log_loss", random_state=0)
        with pytest.raises(ValueError, match="non-finite parameter weights") as error:
            model.fit(huge, Y[:20] | (np.arange(20) % 2))
        messages.append(str(error.value))
    assert messages[0] == messages[1]
    assert numbers_of_epochs == {"at once": 80, "one by one": 1}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupt_ends_training_of_all_restarts(n_jobs, numbers_of_epochs, interrupting_alarm):
    model = MLPLogisticClassifier(4, max_iter=100_000, n_init=2, n_jobs=n_jobs, random_state=0)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert 0 < model.n_iter_ == len(model.loss_curve_) == model.t_ / 90 < 100_000
    assert numbers_of_epochs["one by one"] == 0
    assert numbers_of_epochs["at once"] < 2 * 100_000


@pytest.mark.parametrize("n_inputs", [3, 600])
def test_an_interrupt_at_any_moment_leaves_what_agrees(n_inputs, interrupting_alarm):
    # In a fit as short as this one, many signals come at its end; with 600 inputs, in the dual.
    rng = np.random.default_rng(1)
    X = rng.normal(size=(60, n_inputs)) / np.sqrt(n_inputs)
    y = (X[:, :3].sum(axis=1) > 0).astype(int)
    n_fitted = 0
    for _ in range(300):
        model = MLPLogisticClassifier(4, random_state=0)
        with contextlib.suppress(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-4, 1.5e-3))
            model.fit(X, y)
            signal.setitimer(signal.ITIMER_REAL, 0)
        if hasattr(model, "classes_"):
            n_fitted += 1
            assert model.t_ == 60 * model.n_iter_
            assert len(model.loss_curve_) == model.n_iter_
            if model.n_iter_ > 60:  # the weights are not those of the beginning
                assert model.score(X, y) > 0.9
    assert n_fitted > 30
