"""Signals and threads."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning, NotFittedError

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training import run, visits

# Fits of one epoch, and fits cut short, have not learned.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def interruptible():
    """Python's own handler, which a process started in the background does not get."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.fixture
def interrupted_fit(spy_on_kernel):
    """A function: a fit that is interrupted some seconds after its first call of the kernel.

    No call of the kernel is longer than 2**25 multiplications, some tens of milliseconds, and after
    the main thread has got the signal, hardly one begins.
    """

    def fit(model, X, y, *, after):
        got, calls = [], []
        started = threading.Event()

        def observe(*, order, **_):
            calls.append((time.perf_counter(), len(order)))
            started.set()

        def interrupt():
            started.wait(60)
            time.sleep(after)
            os.kill(os.getpid(), signal.SIGINT)

        def handle(number, frame):
            got.append(time.perf_counter())
            signal.default_int_handler(number, frame)

        signal.signal(signal.SIGINT, handle)
        spy_on_kernel(train=observe)
        sender = threading.Thread(target=interrupt)
        sender.start()
        with pytest.raises(KeyboardInterrupt):
            model.fit(X, y)
        sender.join()
        n_weights = sum(coef.size for coef in model.coefs_) // model.n_outputs_
        assert max(n_visits for _, n_visits in calls) * n_weights <= 2**25
        # The main thread may have to wait for its turn once more before it stops the other ones; an
        # epoch has hundreds of calls.
        n_more = 0 if model.n_jobs is None else 20
        assert sum(begun > got[0] for begun, _ in calls) <= n_more

    return fit


def interrupted_at(number):
    """An observer of calls that interrupts the one of that number, counted from 1."""
    calls = []

    def observe(**_):
        calls.append(None)
        if len(calls) == number:
            raise KeyboardInterrupt

    return observe


@pytest.mark.parametrize(
    ("n_rows", "hidden", "early_stopping"), [(400_000, 64, False), (3_000, (200, 200), True)]
)
def test_an_interrupt_is_raised_and_leaves_a_fitted_estimator(
    n_rows, hidden, early_stopping, interrupted_fit
):
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


def test_an_interrupt_before_training_leaves_the_former_state(replace):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0).fit(X, y)
    before = vars(model).copy()

    def interrupted(*args):
        raise KeyboardInterrupt

    replace("canonical_order", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X[:, :2], y)
    assert vars(model) == before


def test_an_interrupt_in_the_first_partial_fit_leaves_no_half_made_estimator():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0)

    class Interrupted:
        def __array__(self, dtype=None, copy=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X, y, classes=[0, 1, 2], sample_weight=Interrupted())
    assert not hasattr(model, "classes_")
    model.partial_fit(X, y, classes=[0, 1, 2]).predict(X)


def test_the_best_weights_are_kept_on_an_interrupt(spy_on_kernel, bits):
    X, y = load_iris(return_X_y=True)
    X, y = X[50:], y[50:]  # one network: one validation after each epoch
    model = MLPLogisticClassifier(
        3, learning_rate="constant", learning_rate_init=4.0, early_stopping=True, random_state=2
    ).set_params(max_iter=30, n_iter_no_change=np.inf, alpha=0.0)
    whole = clone(model).fit(X, y)
    spy_on_kernel(decide=interrupted_at(20))
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert model.validation_scores_ == whole.validation_scores_[:19]
    best = int(np.argmax(model.validation_scores_))
    assert 0 < best < 18
    assert model.best_iter_ == best + 1
    assert model.best_validation_score_ == model.validation_scores_[best]
    spy_on_kernel(decide=lambda **_: None)
    assert bits(model) == bits(clone(model).set_params(max_iter=best + 1).fit(X, y))


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
def test_the_number_of_threads_changes_nothing(early_stopping, replace):
    X, y = load_iris(return_X_y=True)
    n_threads = []

    def pool(n):
        n_threads.append(n)
        return ThreadPoolExecutor(n)

    replace("ThreadPoolExecutor", pool)
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
        MLPLogisticClassifier(3, max_iter=1, random_state=0).fit(X, y)
    assert n_threads[4:] == [2]


def test_two_classes_need_no_threads(replace):
    pools = []
    replace("ThreadPoolExecutor", pools.append)
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, max_iter=20, n_jobs=2, random_state=0)
    model.fit(X[:100], y[:100])
    assert pools == []


def test_an_interrupt_stops_all_threads(interrupted_fit):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(200_000, 100)), rng.integers(0, 4, size=200_000)
    model = MLPLogisticClassifier(200, max_iter=1000, random_state=0, n_jobs=2)
    others = set(threading.enumerate())
    interrupted_fit(model, X, y, after=0.4)
    before = [coef.copy() for coef in model.coefs_]
    assert set(threading.enumerate()) <= others
    for got, want in zip(model.coefs_, before, strict=True):
        np.testing.assert_array_equal(got, want)


def test_an_error_in_a_thread_is_raised(spy_on_kernel):
    def fail(*, positive, **_):
        if positive == 1:
            raise MemoryError

    spy_on_kernel(train=fail)
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, n_jobs=2, random_state=0)
    with pytest.raises(MemoryError):
        model.fit(X, y)
    assert not hasattr(model, "coefs_")


def test_calls_of_the_kernel_are_short_where_alpha_shrinks_many_weights(spy_on_kernel):
    # The kernel multiplies all 2**22 weights after every halving, here in every visit.
    X = csr_array(
        (np.ones(200), np.arange(200), np.arange(201)), shape=(200, 2**18), dtype=np.float64
    )
    y = np.arange(200) % 2
    lengths = []
    spy_on_kernel(train=lambda *, order, **_: lengths.append(len(order)))
    model = MLPLogisticClassifier(16, max_iter=1, random_state=0, alpha=0.1)
    with pytest.warns(ConvergenceWarning, match="worse than constant ones"):
        model.fit(X, y)
    assert lengths == [200]
    lengths.clear()
    model.set_params(alpha=1e5)
    with pytest.warns(ConvergenceWarning, match="alpha is too large"):
        model.fit(X, y)
    assert sum(lengths) == 200
    assert max(lengths) * 2**22 <= 2**25


def test_rows_are_sorted_in_short_calls(monkeypatch):
    # Three rows in four have one hash, so that a range of equal leading bits is long.
    hashes = np.random.default_rng(0).integers(0, 2**64, 10_000, dtype=np.uint64)
    hashes[np.random.default_rng(1).uniform(size=10_000) < 0.75] = 2**63 + 5
    monkeypatch.setattr(visits, "ROWS_AT_ONCE", 300)
    np.testing.assert_array_equal(hashes[visits._argsort(hashes)], np.sort(hashes))
    assert sorted(visits._argsort(hashes)) == list(range(10_000))


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("is_fitted", [False, True])
def test_an_interrupt_of_a_fit_that_diverges_leaves_the_former_state(
    early_stopping, is_fitted, spy_on_kernel
):
    # The weights of the first network are no numbers any more when the second one is interrupted.
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(
        3, learning_rate="constant", learning_rate_init=1.0, early_stopping=early_stopping
    ).set_params(alpha=0.0, loss="log_loss", max_iter=2, random_state=0)
    if is_fitted:
        model.fit(X, y)
    before = vars(model).copy()
    spy_on_kernel(train=interrupted_at(2))
    with pytest.raises(KeyboardInterrupt):
        model.fit(1e300 * X, y)
    assert vars(model) == before


@pytest.mark.parametrize("n_hidden", [3, 10_000])
def test_an_interrupt_of_a_call_that_diverges_leaves_finite_weights(n_hidden, spy_on_kernel, bits):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(n_hidden, loss="log_loss", random_state=0)
    model.partial_fit(X, y, classes=[0, 1, 2])
    before, rows = bits(model), slice(0, 150 if n_hidden == 3 else 1)

    def diverge(**_):
        model.coefs_[0][...] = np.nan  # the call changes these very weights
        raise KeyboardInterrupt

    spy_on_kernel(train=diverge)
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(X[rows], y[rows])
    if n_hidden == 3:
        assert bits(model) == before
        model.predict(X)
    else:  # too large for a copy in a call of one row
        with pytest.raises(NotFittedError):
            model.predict(X)


def test_an_interrupt_of_a_first_call_that_diverges_leaves_no_estimator(spy_on_kernel):
    X, y = load_iris(return_X_y=True)
    spy_on_kernel(train=interrupted_at(2))
    model = MLPLogisticClassifier(3, loss="log_loss", random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.partial_fit(1e300 * X, y, classes=[0, 1, 2])
    with pytest.raises(NotFittedError):
        model.predict(X)


@pytest.mark.parametrize("hidden", [300, (300, 70)])
def test_weights_are_drawn_slice_by_slice_with_the_same_numbers(hidden, monkeypatch, bits):
    X, y = np.random.default_rng(0).normal(size=(30, 50)), np.arange(30) % 3
    model = MLPLogisticClassifier(hidden, max_iter=1, random_state=0, early_stopping=True)
    expected = bits(model.fit(X, y))
    monkeypatch.setattr(run, "VALUES_AT_ONCE", 1000)
    sizes = []

    class Random(np.random.RandomState):
        def uniform(self, low, high, size):
            sizes.append(int(np.prod(size)))
            return super().uniform(low, high, size)

    assert bits(model.set_params(random_state=Random(0)).fit(X, y)) == expected
    assert max(sizes) <= 1000
    assert sum(sizes) > 3 * 50 * 300


def test_an_interrupt_of_restarts_adopts_none_that_has_not_begun(spy_on_kernel):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(
        3, n_init=2, loss="log_loss", learning_rate="constant", learning_rate_init=1.0, alpha=0.0
    ).set_params(random_state=0)
    # The first run has diverged by then, the second has not begun.
    spy_on_kernel(train=interrupted_at(2))
    with pytest.raises(KeyboardInterrupt):
        model.fit(1e300 * X, y)
    with pytest.raises(NotFittedError):
        model.predict(X)
