import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris
from sklearn.preprocessing import MinMaxScaler, StandardScaler

# `python -m pytest` puts the current folder first on the path. Here that is the folder with the
# package's source, which has no compiled part: the tests are of the installed package. It goes to
# the end, for `benchmarks` is found there.
ROOT = Path(__file__).resolve().parent.parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT] + [str(ROOT)]


@pytest.fixture(params=[2, 3])
def digits(request):
    X, y = load_digits(n_class=request.param, return_X_y=True)
    return MinMaxScaler().fit_transform(X[:200]), y[:200]


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


@pytest.fixture(params=[2, 3])
def noisy_iris(request):
    """Training and validation set of two or three classes."""
    X, y = load_iris(return_X_y=True)
    X, y = X[y < request.param], y[y < request.param]
    rng = np.random.default_rng(0)
    X = StandardScaler().fit_transform(X) + rng.normal(size=X.shape)  # some of it cannot be learnt
    order = rng.permutation(len(y))
    return X[order[:60]], y[order[:60]], X[order[60:]], y[order[60:]]


@pytest.fixture
def spied_early_stopping(monkeypatch):
    """A function that fits: it returns the visits trained on and validated on, of all epochs."""
    # Imported here: the path has to be settled first.
    from sklearn_mlp._training import epochs

    train, decide = epochs.train, epochs.decide

    def fit(model, *data):
        trained, validated = [], []

        def train_spy(rows, network, *, order, **others):
            trained.extend(order.tolist())
            return train(rows, network, order=order, **others)

        def decide_spy(rows, network, *, subset, **others):
            validated.extend(subset.tolist())
            return decide(rows, network, subset=subset, **others)

        monkeypatch.setattr(epochs, "train", train_spy)
        monkeypatch.setattr(epochs, "decide", decide_spy)
        model.fit(*data)
        monkeypatch.undo()
        return trained, validated

    return fit
