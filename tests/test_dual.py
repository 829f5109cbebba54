"""Wide tables are trained in the dual: the same update, another order of additions."""

import contextlib
import io
import signal

import numpy as np
import pytest
from scipy.sparse import csr_array

from sklearn_mlp import MLPLogisticClassifier, trace_training
from sklearn_mlp._training.dual import Span, is_wide, span_of

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
X = rng.normal(size=(30, 600)) / 25.0
Y = (X[:, :5].sum(axis=1) > 0).astype(int)
THREE = Y + (X[:, 5] > 0)
WEIGHT = rng.integers(0, 4, 30) / 2
CASES = {
    "two classes": ({}, X, Y, None),
    "three classes": ({}, X, THREE, None),
    "float32": ({}, X.astype(np.float32), Y, None),
    "two layers": ({"hidden_layer_sizes": (9, 5)}, X, Y, None),
    "no bias nodes": ({"fit_intercept": False, "shuffle": False}, X, THREE, None),
    "weights": ({}, X, Y, WEIGHT),
    "class weights": ({"class_weight": "balanced"}, X, THREE, WEIGHT),
    "a strong alpha": ({"alpha": 30.0}, X, Y, None),
    "log loss": ({"loss": "log_loss", "alpha": 0.1}, X, THREE, None),
    "multilabel": ({}, X, np.stack([Y, X[:, 5] > 0, X[:, 6] > 0], axis=1).astype(int), None),
    "early stopping": ({"early_stopping": True}, X, Y, None),
    "restarts": ({"n_init": 2}, X, THREE, None),
}


def fitted(name, **changes):
    parameters, X, y, weight = CASES[name]
    model = MLPLogisticClassifier(7, learning_rate_init=0.5, max_iter=12, random_state=0)
    return model.set_params(**parameters | changes).fit(X, y, weight)


@pytest.fixture
def duals(replace):
    """The answers to the question whether to train in the dual."""
    answers = []

    def noted(*arguments):
        span = span_of(*arguments)
        answers.append(span is not None)
        return span

    replace("span_of", noted)
    return answers


@pytest.mark.parametrize("name", CASES)
def test_a_fit_in_the_dual_has_the_same_weights(name, duals, replace):
    model = fitted(name)
    assert duals == [True]
    replace("span_of", lambda *_: None)
    other = fitted(name)
    tolerance = 1e-4 if name == "float32" else 1e-10
    for got, expected in zip(
        (*model.coefs_, *model.intercepts_), (*other.coefs_, *other.intercepts_), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance * np.abs(expected).max())
    np.testing.assert_allclose(model.loss_curve_, other.loss_curve_, rtol=10 * tolerance)
    assert model.t_ == other.t_
    assert model._generator.bit_generator.state == other._generator.bit_generator.state


@pytest.mark.parametrize("name", ["two classes", "three classes", "restarts", "two layers"])
def test_who_looks_changes_no_bit(name, bits, duals):
    plain = fitted(name)
    with contextlib.redirect_stdout(io.StringIO()):
        watched = fitted(name, verbose=True)
    assert bits(plain) == bits(watched)
    assert bits(plain) == bits(fitted(name, n_jobs=2))
    assert plain.loss_curve_ == watched.loss_curve_
    assert all(duals)


def test_the_weights_that_a_validation_set_chose_are_kept(duals):
    model = MLPLogisticClassifier(7, early_stopping=True, max_iter=40, random_state=0)
    model.set_params(n_iter_no_change=50, scoring="loss", learning_rate_init=2.0)
    validation = X[20:], Y[20:]
    model.fit(X[:20], Y[:20], X_val=validation[0], y_val=validation[1])
    assert duals == [True]
    p = model.predict_proba(validation[0])[np.arange(10), validation[1]]
    assert -0.5 * np.mean((1 - p) ** 2) == pytest.approx(model.best_validation_score_, rel=1e-9)


def test_it_is_taken_for_wide_dense_tables_in_fit_only(duals, bits):
    assert is_wide(30, [600, 7, 1])
    assert not is_wide(30, [499, 7, 1])
    assert is_wide(200, [800, 7, 1])
    assert not is_wide(200, [799, 7, 1])
    assert not is_wide(2000, [50_000, 100, 1])
    model = MLPLogisticClassifier(7, max_iter=1, random_state=0)
    model.fit(csr_array(X), Y)
    model.fit(np.repeat(X, 40, axis=0), np.repeat(Y, 40))  # 1,200 rows, of which 30 are distinct
    model.fit(np.random.default_rng(1).normal(size=(200, 600)), np.arange(200) % 2)
    assert duals == [False, True, False]
    duals.clear()
    # Epochs of a constant rate are those of `partial_fit`, bit for bit.
    numbers = {"learning_rate": "constant", "learning_rate_init": 0.5, "alpha": 0.1}
    model = MLPLogisticClassifier(7, max_iter=3, random_state=0, **numbers).fit(X, Y)
    stream = MLPLogisticClassifier(7, random_state=0, **numbers)
    for _ in range(3):
        stream.partial_fit(X, Y, classes=[0, 1])
    assert bits(model) == bits(stream)
    assert duals == []


@pytest.mark.parametrize("shuffle", [True, False])
def test_order_and_repetition_of_the_rows_change_no_bit(shuffle, bits, duals):
    # As everywhere, with weights that are multiplicities.
    weight = np.arange(30) % 3
    model = MLPLogisticClassifier(7, max_iter=9, shuffle=shuffle, random_state=0)
    expected = bits(model.fit(X, THREE, weight))
    repeated = np.repeat(np.arange(30), weight)
    assert bits(model.fit(X[repeated], THREE[repeated])) == expected
    order = np.random.default_rng(1).permutation(30)
    if shuffle:
        assert bits(model.fit(X[order], THREE[order], weight[order])) == expected
        order = np.random.default_rng(2).permutation(repeated)
        assert bits(model.fit(X[order], THREE[order])) == expected
    assert all(duals)


def test_a_warm_start_goes_on_from_the_weights(duals):
    model = fitted("three classes", warm_start=True)
    before = [a.copy() for a in model.coefs_]
    model.set_params(learning_rate_init=1e-300, alpha=0.0).fit(X, THREE)
    assert duals == [True, True]
    for got, expected in zip(model.coefs_, before, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


def test_the_trace_of_a_fit_in_the_dual_ends_with_its_weights(duals):
    parameters = {"learning_rate_init": 0.5, "max_iter": 3, "random_state": 0}
    model = MLPLogisticClassifier(3, **parameters).fit(X, Y)
    trace = trace_training(MLPLogisticClassifier(3, **parameters), X, Y, updates=[90])
    assert all(duals)
    np.testing.assert_allclose(trace[0].after.coefs[0], model.coefs_[0], atol=1e-12)


def test_weights_that_become_infinite_are_told(bits, duals):
    model = fitted("two classes")
    before = bits(model)
    with pytest.raises(ValueError, match="non-finite parameter weights"):
        model.set_params(warm_start=True).fit(X * 1e160, Y)
    assert bits(model) == before
    assert all(duals)


def test_an_interrupt_leaves_the_weights_reached(interrupting_alarm, duals):
    model = MLPLogisticClassifier(7, learning_rate_init=2.0, max_iter=10**6, random_state=0)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, Y)
    assert duals == [True]
    assert 0 < model.n_iter_ < 10**6
    assert model.score(X, Y) == 1.0  # the first weights know nothing of Y


def test_an_interrupt_within_an_epoch_leaves_the_weights_reached(spy_on_kernel, replace):
    models = []
    for in_dual in (True, False):
        calls = []

        def observe(calls=calls, **_):
            calls.append(1)
            if len(calls) == 8:  # the second of three networks, in the third epoch
                raise KeyboardInterrupt

        spy_on_kernel(train=observe)
        if not in_dual:
            replace("span_of", lambda *_: None)
        models.append(MLPLogisticClassifier(7, learning_rate_init=0.5, random_state=0))
        with pytest.raises(KeyboardInterrupt):
            models[-1].fit(X, THREE)
    for got, expected in zip(models[0].coefs_, models[1].coefs_, strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-11)


def test_the_weights_are_made_once_where_nobody_looks(monkeypatch):
    made = []
    end = Span.end
    monkeypatch.setattr(Span, "end", lambda self, dual: (made.append(1), end(self, dual)))
    fitted("three classes")
    assert len(made) == 3
    fitted("three classes", n_jobs=2)
    assert len(made) == 6
    fitted("multilabel")
    assert len(made) == 9
