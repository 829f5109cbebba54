import gc
import signal
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

# After an edit of the kernel, an editable install compiles it when it is first imported: here,
# before pytest-xdist starts processes that would all compile in one folder.
import sklearn_mlp  # noqa: E402, F401


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


@pytest.fixture(scope="session")
def bits():
    """A function of a model: its weights, to be compared to the last bit."""
    return lambda model: [a.tobytes() for a in (*model.coefs_, *model.intercepts_)]


@pytest.fixture(scope="session")
def random_problem():
    """A function: X, y, step, order, coefs, intercepts and LR, small enough to be compared.

    At higher rates or with more visits, training is chaotic: rounding grows without limit.
    """

    def problem(rng, n_inputs, hidden, n_rows, dtype, *, bias=True, zeros=0.3):
        X = rng.normal(size=(n_rows, n_inputs)) * (rng.uniform(size=(n_rows, n_inputs)) > zeros)
        X = X.astype(dtype)
        y = rng.integers(0, 2, size=n_rows).astype(np.int32)
        step = rng.integers(1, 5, size=n_rows) / 4
        order = rng.integers(0, n_rows, size=2 * n_rows)
        sizes = [n_inputs, *hidden, 1]
        coefs = [rng.uniform(-1, 1, s).astype(dtype) for s in zip(sizes, sizes[1:])]  # noqa: B905, RUF007
        intercepts = [rng.uniform(-1, 1, n).astype(dtype) * bias for n in sizes[1:]]
        LR = min(0.5, 10 / max((X.astype(float) ** 2).sum(axis=1).mean(), 1e-9))
        return X, y, step, order, coefs, intercepts, LR

    return problem


@pytest.fixture
def replace(monkeypatch):
    """Replace a name in every module of the package that has it: code may move between modules."""

    def replace(name, value):
        modules = [sys.modules[key] for key in sys.modules if key.split(".")[0] == "sklearn_mlp"]
        having = [module for module in modules if name in vars(module)]
        assert having, name
        for module in having:
            monkeypatch.setattr(module, name, value)

    return replace


@pytest.fixture
def spy_on_kernel(replace, monkeypatch):
    """Observe the calls of the kernel.

    ``spy_on_kernel(train=observe)`` calls ``observe(**keywords)`` with the keyword arguments of
    each call of `train` before it is made; an error that it raises is the kernel's. The same for
    `decide`. Calls go the full way, and epochs are trained one by one, which changes no bit.
    """
    # Imported here: the path has to be settled first.
    from sklearn_mlp import _kernel
    from sklearn_mlp._training.epochs import EpochTrainer

    originals = {"train": _kernel.train, "decide": _kernel.decide}

    def spy(**observers):
        monkeypatch.setattr(EpochTrainer, "is_simple", False)
        replace("quick_logits", lambda *_: None)
        replace("quick_partial_fit", lambda *_: False)
        for name, observe in observers.items():

            def observed(*arguments, observe=observe, original=originals[name], **keywords):
                observe(**keywords)
                return original(*arguments, **keywords)

            replace(name, observed)

    return spy


@pytest.fixture
def interrupting_alarm():
    """SIGALRM raises KeyboardInterrupt, and the garbage collector does not run.

    What a signal raises in a callback of the collector, of which Hypothesis has one, is lost.
    """
    if not hasattr(signal, "setitimer"):
        pytest.skip("needs signals of POSIX")

    def interrupt(*_):
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGALRM, interrupt)
    gc.disable()
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    gc.enable()
    signal.signal(signal.SIGALRM, former)


@pytest.fixture
def no_diagnosis(replace):
    """Without the pass over the training rows that decides on warnings after a fit."""
    replace("describe_fit", lambda *arguments, **keywords: None)


@pytest.fixture
def spied_early_stopping(spy_on_kernel, replace, monkeypatch):
    """A function that fits: it returns the visits trained on and validated on, of all epochs."""

    def fit(model, *data):
        trained, validated = [], []
        replace("describe_fit", lambda *arguments, **keywords: None)
        spy_on_kernel(
            train=lambda *, order, **_: trained.extend(order.tolist()),
            decide=lambda *, subset, **_: validated.extend(subset.tolist()),
        )
        model.fit(*data)
        monkeypatch.undo()
        return trained, validated

    return fit
