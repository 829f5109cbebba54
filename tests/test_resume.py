"""Training in one call, in many, or across a file gives the same bits."""

import copy
import pickle

import joblib
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_iris

from sklearn_mlp import MLPLogisticClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(params=["binary", "three classes", "sparse", "weighted", "float32", "shrunk"])
def problem(request):
    """X, y, sample_weight, parameters."""
    X, y = load_iris(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    # With numbers for rate and alpha: what "auto" means in `fit`, a single call cannot know.
    weight, parameters = None, {"learning_rate_init": 0.5, "alpha": 0.0}
    if request.param == "binary":
        X, y = X[50:], y[50:]
    if request.param == "sparse":
        X = csr_array(np.where(np.abs(X) < 0.5, 0, X))
    if request.param == "weighted":
        weight = np.random.default_rng(0).choice([0.5, 1, 2.0], size=len(y))
        weight[y == 0] += 1
        parameters["class_weight"] = "balanced"
    if request.param == "shrunk":
        X = csr_array(X)
        parameters |= {"alpha": 2.0, "loss": "log_loss", "learning_rate_init": 0.2}
    if request.param == "float32":
        X = X.astype(np.float32)
    return X, y, weight, parameters


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("mmap_mode", [None, "r"])
def test_fit_is_partial_fits_is_a_resumed_fit(problem, shuffle, mmap_mode, tmp_path, bits):
    X, y, weight, parameters = problem
    model = MLPLogisticClassifier(
        6, learning_rate="constant", tol=0, random_state=3, shuffle=shuffle, **parameters
    ).set_params(n_iter_no_change=np.inf)
    at_once = bits(model.set_params(max_iter=20).fit(X, y, weight))
    losses = model.loss_curve_

    streamed = MLPLogisticClassifier(**model.get_params())
    for _ in range(20):
        streamed.partial_fit(X, y, classes=np.unique(y), sample_weight=weight)
    assert bits(streamed) == at_once
    assert streamed.loss_ == losses[-1]
    assert streamed.t_ == model.t_

    model.set_params(max_iter=8).fit(X, y, weight)
    joblib.dump(model, tmp_path / "model.joblib")
    loaded = joblib.load(tmp_path / "model.joblib", mmap_mode=mmap_mode)
    loaded.set_params(max_iter=12, warm_start=True).fit(X, y, weight)
    assert bits(loaded) == at_once
    assert loaded.loss_curve_ == losses
    assert loaded.n_iter_ == 12

    # partial_fit goes on from a file just as well, also where the arrays are read-only.
    loaded = joblib.load(tmp_path / "model.joblib", mmap_mode=mmap_mode)
    for _ in range(12):
        loaded.partial_fit(X, y, sample_weight=weight)
    assert bits(loaded) == at_once


def test_an_integer_seed_gives_every_epoch_its_own_order():
    # MLPClassifier's partial_fit repeats one permutation; two epochs would then be alike.
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0)
    model.partial_fit(X, y, classes=np.unique(y))
    states = [model._generator.bit_generator.state["state"]["state"]]
    model.partial_fit(X, y)
    states.append(model._generator.bit_generator.state["state"]["state"])
    assert states[0] != states[1]


def test_a_copy_trains_apart_from_its_original(bits):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    twin, pickled = copy.deepcopy(model), pickle.loads(pickle.dumps(model))
    before = bits(model)
    twin.partial_fit(X, y)
    assert bits(model) == before != bits(twin)
    assert bits(pickled.partial_fit(X, y)) == bits(twin)


def test_a_random_state_instance_is_used_up_from_fit_to_fit(bits):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, max_iter=2, random_state=np.random.RandomState(0))
    first, second = bits(model.fit(X, y)), bits(model.fit(X, y))
    assert first != second
    model.set_params(random_state=0)
    assert bits(model.fit(X, y)) == first == bits(model.fit(X, y))


def test_an_adopted_dtype_stays():
    # The weights' dtype is that of the first X; later data is converted to it.
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0).partial_fit(
        X.astype(np.float32), y, classes=np.unique(y)
    )
    model.partial_fit(X, y)
    assert all(a.dtype == np.float32 for a in (*model.coefs_, *model.intercepts_))
    assert model.predict_proba(X).dtype == np.float32


def test_balanced_weights_resume_whatever_the_weights(bits):
    # 20 times a sum that rounds is not the rounded sum of 20: the class totals are kept exactly.
    X, y = load_iris(return_X_y=True)
    X, y = X[:120], y[:120]
    weight = np.random.default_rng(0).uniform(1, 3, len(y))
    model = MLPLogisticClassifier(
        3, learning_rate="constant", tol=0, max_iter=20, class_weight="balanced", random_state=0
    ).set_params(n_iter_no_change=np.inf, learning_rate_init=0.5, alpha=0.0)
    streamed = MLPLogisticClassifier(**model.get_params())
    model.fit(X, y, weight)
    for _ in range(20):
        streamed.partial_fit(X, y, classes=np.unique(y), sample_weight=weight)
    assert bits(streamed) == bits(model)
    # And the next chunk, of other classes, is balanced alike.
    assert bits(streamed.partial_fit(X[:60], y[:60])) == bits(model.partial_fit(X[:60], y[:60]))


def test_weights_set_by_hand_are_used(bits):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    expected = model.predict_proba(X)
    by_hand = copy.deepcopy(model)
    by_hand.coefs_ = [np.asfortranarray(a) for a in model.coefs_]
    by_hand.intercepts_ = tuple(a.tolist() for a in model.intercepts_)
    np.testing.assert_array_equal(by_hand.predict_proba(X), expected)
    assert bits(by_hand.partial_fit(X, y)) == bits(model.partial_fit(X, y))
    # In place, they are the model's very memory.
    model.coefs_[-1][...] = 0
    model.intercepts_[-1][...] = 0
    np.testing.assert_allclose(model.predict_proba(X), 1 / 3)
    for coefs, intercepts in [
        (model.coefs_[:1], model.intercepts_[:1]),
        (model.coefs_, [model.intercepts_[0][:, :1], model.intercepts_[1]]),
        ([model.coefs_[0], np.ones((3, 3, 2))], [model.intercepts_[0], np.ones((3, 2))]),
        ([model.coefs_[0], np.ones((3, 4, 1))], model.intercepts_),
    ]:
        by_hand.coefs_, by_hand.intercepts_ = coefs, intercepts
        with pytest.raises(ValueError, match="do not make a network"):
            by_hand.predict(X)


def test_a_pickle_holds_the_weights_once():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(20, 400)), np.arange(20) % 2
    model = MLPLogisticClassifier(50, max_iter=1, random_state=0).fit(X, y)
    assert len(pickle.dumps(model)) < 1.1 * sum(a.nbytes for a in model.coefs_) + 5000
