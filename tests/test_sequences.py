"""Calls in any order, with any parameters and inputs, bad ones among them.

Whatever is called, it succeeds or raises ValueError or TypeError. After an error the estimator is
as it was, its attributes agree with each other, its probabilities are finite unless products of
inputs and weights are not, and no input is changed.
`SKLEARN_MLP_SEQUENCES` is the number of sequences (by default some seconds' worth), or the first
and the last seed, as in 1000:2000. A sequence has five calls and a half on average.
"""

import copy
import os
import pickle
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array, issparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, InconsistentVersionWarning

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training.attributes import ATTRIBUTES
from sklearn_mlp._training.losses import LOSSES
from sklearn_mlp._training.schedules import SCHEDULES

PER_TEST = 50
*FIRST, LAST = map(int, os.environ.get("SKLEARN_MLP_SEQUENCES", "1000").split(":"))
FORMATS = ("csr", "csr", "csr", "csc", "coo", "bsr", "dia", "lil", "dok")
CURVES = [row.name for row in ATTRIBUTES if row.curve and not row.is_validation_curve]


def some(rng, *values):
    return values[rng.integers(len(values))]


def parameters(rng):
    drawn = {
        "hidden_layer_sizes": some(rng, 1, 3, (2, 3), 40, [5]),
        "learning_rate_init": some(rng, "auto", "auto", 0.5, 30.0, 1e-300, 1e300),
        "learning_rate": some(rng, *SCHEDULES),
        "power_t": some(rng, 0.5, 0.0, 300.0),
        "loss": some(rng, *LOSSES),
        "alpha": some(rng, "auto", 0.0, 1.0, 1e6, 1e300),
        "max_iter": some(rng, 1, 2, 5),
        "tol": some(rng, 1e-4, 0.0, 1.0),
        "n_iter_no_change": some(rng, 1, 10, np.inf),
        "fit_intercept": some(rng, True, False),
        "init_range": some(rng, "auto", 1.0, 1e-300, 300.0, 1e308),
        "shuffle": some(rng, True, False),
        "class_weight": some(rng, None, None, "balanced", {0: 0.1}, {0: 3.0, 1: 0.5}, {9: 1}),
        "n_init": some(rng, 1, 1, 3),
        "early_stopping": some(rng, False, False, True),
        "validation_fraction": some(rng, 0.1, 0.5, 0.99),
        "scoring": some(rng, "accuracy", "loss"),
        "warm_start": some(rng, False, True),
        "n_jobs": some(rng, None, None, 2),
        "random_state": some(rng, None, 0, 1),
    }
    names = list(drawn)
    return {name: drawn[name] for name in rng.choice(names, rng.integers(0, 6), replace=False)}


def table(rng):
    """X, y and weights; about one in five has something wrong with it."""
    n_rows, n_columns = some(rng, 1, 2, 5, 20, 40), some(rng, 1, 3, 3, 3, 20)
    X = rng.normal(size=(n_rows, n_columns)) * some(rng, 1.0, 1.0, 1e-200, 1e150, 1e307)
    X = X * (rng.uniform(size=X.shape) < some(rng, 0.2, 1.0))
    X = X.astype(some(rng, np.float64, np.float64, np.float32)) if np.abs(X).max() < 1e30 else X
    n_classes = some(rng, 2, 2, 3, 3, 4)
    y = rng.integers(0, n_classes, n_rows)
    if rng.uniform() < 0.15:
        y = rng.integers(0, 2, (n_rows, some(rng, 2, 3)))
    weight = some(rng, None, None, rng.exponential(size=n_rows), rng.integers(0, 3, n_rows))
    if weight is not None and rng.uniform() < 0.05:
        weight = weight * some(rng, 1e-300, 1e300, 0.0, -1.0, np.nan)
    if rng.uniform() < 0.1:
        X[rng.integers(n_rows), 0] = some(rng, np.nan, np.inf)
    if rng.uniform() < 0.4:
        X = csr_array(X).asformat(some(rng, *FORMATS))
        if X.format == "csr":
            X.indices, X.indptr = (
                a.astype(some(rng, np.int32, np.int64)) for a in (X.indices, X.indptr)
            )
            if X.nnz and rng.uniform() < 0.3:
                damage(rng, X)
        elif X.format == "lil" and rng.uniform() < 0.3:
            X.rows[rng.integers(n_rows)] = some(rng, [10**8], [-1], [], [0, 0, 0], None)
    return X, y, weight


def damage(rng, X):
    where = rng.integers(X.nnz)
    kind = rng.integers(6)
    if kind == 0:
        X.indices[where] = X.shape[1] + rng.integers(3)
    elif kind == 1:
        X.indices[where] = -1 - rng.integers(1000)
    elif kind == 2:
        X.indptr[rng.integers(len(X.indptr))] += some(rng, -1, 1, 10**6)
    elif kind == 3:
        X.data = X.data[:where]
    elif kind == 4:
        X.indptr = X.indptr[: rng.integers(1, len(X.indptr))]
    else:
        X._shape = (X.shape[0] + some(rng, -1, 1), X.shape[1])


def call(rng, model):
    """One call, as a function, and the inputs that it must not change."""
    X, y, weight = table(rng)
    inputs = [X, y, weight]
    kind = rng.integers(10)
    if kind < 3:
        more = {}
        if rng.uniform() < 0.2:
            more["X_val"], more["y_val"], more["sample_weight_val"] = table(rng)
            inputs += more.values()
        return lambda: model.fit(X, y, weight, **more), inputs
    if kind < 7:
        classes = some(rng, None, None, [0, 1], [0, 1, 2, 3], [0])
        return lambda: model.partial_fit(X, y, classes=classes, sample_weight=weight), inputs
    method = some(rng, "predict", "predict_proba", "predict_log_proba", "decision_function")
    return lambda: getattr(model, method)(X), inputs


def bytes_of(value):
    if value is None:
        return None
    if issparse(value):
        return pickle.dumps(vars(value))
    return np.asarray(value).tobytes()


def fingerprint(model):
    """All that a rejected call must leave as it was."""
    state = dict(vars(model))
    state.pop("_packed", None)
    generator = state.pop("_generator", None)
    return pickle.dumps(state), generator and str(generator.bit_generator.state)


def check_whole(model):
    if not hasattr(model, "coefs_"):
        assert not [name for name in vars(model) if name.endswith("_")]
        return
    n_networks = 1 if len(model.classes_) == 2 and not model.multilabel_ else len(model.classes_)
    assert model.n_outputs_ == n_networks == len(model._packed.buffer)
    assert np.isfinite(model._packed.buffer).all()
    assert len({len(getattr(model, name)) for name in CURVES}) == 1
    assert model.n_features_in_ == model.coefs_[0].shape[-2]
    assert pickle.dumps(pickle.loads(pickle.dumps(model))) == pickle.dumps(model)


def may_overflow(model, X):
    """Whether products of inputs and weights are not finite.

    Two of them, of opposite signs, have no sum. With fused multiply-add only the first one counts,
    so that it depends on the processor whether a preactivation is infinite or NaN.
    """
    values = X.tocsr().data if issparse(X) else X
    largest = max(np.abs(coef).max() for coef in model.coefs_)
    with np.errstate(over="ignore", invalid="ignore"):
        largest_input = np.abs(values).max(initial=1.0).astype(model.coefs_[0].dtype)
        return not np.isfinite(largest_input * largest * max(X.shape[1], 40))


def run_sequence(seed):
    rng = np.random.default_rng(seed)
    model = MLPLogisticClassifier(**parameters(rng))
    for _ in range(rng.integers(2, 9)):
        if rng.uniform() < 0.3:
            model.set_params(**parameters(rng))
        change = rng.integers(20)
        if change == 0:
            model = copy.copy(model)
        elif change == 1:
            model = pickle.loads(pickle.dumps(model))
        elif change == 2:
            model = copy.deepcopy(model)
        elif change == 3:
            model = clone(model)
        function, inputs = call(rng, model)
        before, given = fingerprint(model), [bytes_of(value) for value in inputs]
        try:
            result = function()
        except (ValueError, TypeError) as error:
            is_lost = "not fitted any more" in str(error)
            assert is_lost or fingerprint(model) == before
        else:
            if result is not model:
                assert fingerprint(model) == before
                assert may_overflow(model, inputs[0]) or not np.isnan(result.astype(float)).any()
        assert [bytes_of(value) for value in inputs] == given
        check_whole(model)


@pytest.mark.parametrize("first", range(*(FIRST or [0]), LAST, PER_TEST))
def test_any_sequence_of_calls(first, monkeypatch):
    # Huge weights have a million visits in each epoch, which takes two sequences half a minute.
    monkeypatch.setattr("sklearn_mlp._training.visits.MAX_VISITS", 10_000)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # above all RuntimeWarning
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", InconsistentVersionWarning)
        for seed in range(first, first + PER_TEST):
            try:
                run_sequence(seed)
            except BaseException as error:
                error.add_note(f"in the sequence of seed {seed}")
                raise
