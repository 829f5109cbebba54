"""The quick way of calls with few rows does what the full way does, to the last bit.

`Full` overrides something, so that no call of it is plain. `SKLEARN_MLP_LARGE=1` makes 10,000
comparisons in place of 1,500.
"""

import contextlib
import copy
import os
import pickle
import signal
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.exceptions import NotFittedError

from sklearn_mlp import MLPLogisticClassifier, _classifier, _quick

N_SEQUENCES = 500 if os.environ.get("SKLEARN_MLP_LARGE") else 75
PER_TEST, PER_SEQUENCE = 25, 20
LABELS = {
    "two": [0, 1],
    "three": [-3, 5, 70],
    "far": [0, 2**40],
    "strings": ["no", "yes"],
    "bools": [False, True],
    "floats": [0.0, 1.0, 2.0],
}


class Full(MLPLogisticClassifier):
    _parameter_constraints = MLPLogisticClassifier._parameter_constraints


@pytest.fixture
def quick_calls(monkeypatch):
    """Numbers of calls that were plain, and that were not."""
    counts = {"plain": 0, "not plain": 0}

    def counted(function):
        def counting(*arguments):
            result = function(*arguments)
            counts["not plain" if result is None or result is False else "plain"] += 1
            return result

        return counting

    for name in ("quick_logits", "quick_partial_fit"):
        monkeypatch.setattr(_classifier, name, counted(getattr(_classifier, name)))
    return counts


def some(rng, *values):
    return values[rng.integers(len(values))]


def as_frame(X, names):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(X, columns=names)


def inputs(rng, n_columns, dtype, names):
    """X of some kind; more than half of them are plain."""
    X = rng.normal(size=(some(rng, 1, 1, 1, 2, 10, 40), n_columns)).astype(dtype)
    kind = rng.integers(26)
    if names is not None and kind < 18:
        frame = as_frame(X, names)
        if kind < 12:
            return frame
        return [
            lambda: as_frame({name: X[:, k] for k, name in enumerate(names)}, names),
            lambda: frame[frame.columns[::-1]],
            lambda: frame.rename(columns={names[0]: "other"}),
            lambda: frame.astype({names[0]: "int64"}),
            lambda: frame.astype({names[0]: "str"}),
            lambda: frame.iloc[::2],
        ][kind - 12]()
    if kind < 14:
        return X
    bad = X.copy()
    bad[rng.integers(len(X)), rng.integers(n_columns)] = some(rng, np.nan, np.inf, -np.inf)
    unaligned = np.frombuffer(b"." + X.tobytes(), dtype=np.uint8)[1:].view(X.dtype)
    return [
        lambda: np.asfortranarray(X),
        lambda: np.repeat(X, 2, axis=0)[::2],
        lambda: X.astype(np.float64 if dtype == np.float32 else np.float32),
        lambda: X.astype(X.dtype.newbyteorder()),
        lambda: X.astype(some(rng, np.int64, np.float16, object)),
        lambda: unaligned.reshape(X.shape),
        lambda: X[:, 1:],
        lambda: some(rng, X[0], X[:0], X[None]),
        lambda: bad,
        lambda: np.full_like(X, np.finfo(dtype).max),
        lambda: X.tolist(),
        lambda: some(rng, X.view(np.matrix), np.ma.masked_array(X), csr_array(X)),
    ][kind - 14]()


def labels(rng, known, n, names):
    y = np.array(known)[rng.integers(0, len(known), n)]
    kind = rng.integers(24)
    if names is not None and kind < 8:
        return pytest.importorskip("pandas").Series(y)
    if kind < 12:
        return y
    return [
        lambda: y.astype(object),
        lambda: y.tolist(),
        lambda: y[:, None],
        lambda: np.repeat(y, 2)[::2],
        lambda: y.astype(some(rng, np.int32, np.uint8, np.int64)) if y.dtype.kind in "ib" else y,
        lambda: y.astype(some(rng, np.uint64, np.float32)) if y.dtype.kind in "ib" else y,
        lambda: y.astype(float) if y.dtype.kind in "ib" else y,
        lambda: np.array([9] * n) if y.dtype.kind != "U" else np.array(["maybe"] * n),
        lambda: np.array([[1]] * n, dtype=object),
        lambda: np.append(y, y[:1]),
        lambda: y.astype(y.dtype.newbyteorder()),
        lambda: np.array([np.nan] * n),
    ][kind - 12]()


def change(rng, model, names):
    """Something that users do between calls; the same for the same state of `rng`."""
    kind = rng.integers(14)
    if kind < 4:
        name, value = some(
            rng,
            ("learning_rate_init", 0.25),
            ("learning_rate_init", some(rng, True, 1, 1.0)),
            ("learning_rate_init", -1.0),
            ("alpha", some(rng, 0.5, 1e6, "auto", np.float64(0.5))),
            ("loss", some(rng, "log_loss", "squared_error", "other")),
            ("learning_rate", some(rng, "invscaling", "constant", "linear", "adaptive")),
            ("shuffle", some(rng, True, False, 1)),
            ("fit_intercept", some(rng, True, False)),
            ("hidden_layer_sizes", some(rng, 5, (5,), [5], 6)),
            ("class_weight", some(rng, None, "balanced", {0: 2.0})),
            ("verbose", some(rng, False, 0)),
            ("n_jobs", some(rng, None, 2, 0)),
            ("random_state", some(rng, 3, np.random.RandomState(3))),
        )
        model.set_params(**{name: value})
    elif kind == 4:
        model.coefs_[0][0, ..., 0] *= 0.5
    elif kind == 5:
        model.coefs_[0] = model.coefs_[0] * 0.5
    elif kind == 6:
        model.classes_ = model.classes_.copy()
    elif kind == 7 and model.classes_.dtype.kind == "i":
        model.classes_[-1] += 1
    elif 8 <= kind < 11:
        copied = [copy.deepcopy, copy.copy, lambda model: pickle.loads(pickle.dumps(model))]
        with contextlib.suppress(ValueError):  # what was changed before cannot be copied
            return copied[kind - 8](model)
    elif kind == 11 and names is not None:
        model.feature_names_in_ = np.array([f"new {name}" for name in names], dtype=object)
    elif kind == 12:
        model.intercepts_[0][..., 0] += 0.25
    elif kind == 13:
        model.n_features_in_ = some(rng, model.n_features_in_, 99)
    return model


def as_plain_class(message):
    return message.replace(Full.__name__, MLPLogisticClassifier.__name__)


def outcome(function, *arguments, **keywords):
    """What a call returns, or its error; and its warnings."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            result = function(*arguments, **keywords)
        except (ValueError, TypeError, AttributeError, NotFittedError) as error:
            result = as_plain_class(f"{type(error).__name__}: {error}")
    if isinstance(result, np.ndarray):
        result = (
            result.dtype,
            result.shape,
            result.tolist() if result.ndim == 1 else result.tobytes(),
        )
    elif isinstance(result, MLPLogisticClassifier):
        result = "self"
    return result, [(w.category, as_plain_class(str(w.message))) for w in told]


def state(model):
    """All attributes, to be compared by their representation to the last digit."""
    state = {k: v for k, v in vars(model).items() if k not in ("_packed", "_generator")}
    if isinstance(model.random_state, np.random.RandomState):
        state["random_state"] = str(model.random_state.get_state())
    for name in ("coefs_", "intercepts_"):
        state[name] = [np.asarray(a).tobytes() for a in state[name]]
    state["generator"] = model._generator.bit_generator.state
    return repr(sorted(state.items()))


@pytest.mark.parametrize("first", range(0, N_SEQUENCES, PER_TEST))
def test_the_quick_way_is_the_full_one(first, quick_calls):
    for seed in range(first, first + PER_TEST):
        compare(seed)
    n_calls = sum(quick_calls.values())
    assert quick_calls["plain"] > 0.1 * n_calls  # of one of two models, and not only plain calls


def compare(seed):
    rng = np.random.default_rng(seed)
    n_columns, dtype = some(rng, 1, 3, 30), some(rng, np.float64, np.float64, np.float32)
    names = [f"input {k}" for k in range(n_columns)] if seed % 3 == 0 else None
    known = LABELS[some(rng, *LABELS)]
    X = rng.normal(size=(60, n_columns)).astype(dtype)
    y = np.array(known)[np.argsort(np.argsort(X[:, 0])) * len(known) // 60]
    models = []
    for kind in (MLPLogisticClassifier, Full):
        model = kind(some(np.random.default_rng(seed), 5, (5,), (4, 3)), random_state=seed)
        model.set_params(max_iter=20, fit_intercept=seed % 5 != 0, shuffle=seed % 4 != 0)
        models.append(model.fit(X if names is None else as_frame(X, names), y))
    for _ in range(PER_SEQUENCE):
        if rng.uniform() < 0.15:
            at = rng.integers(2**32)
            models = [change(np.random.default_rng(at), model, names) for model in models]
        given = inputs(rng, n_columns, dtype, names)
        method = some(rng, "partial_fit", "partial_fit", "predict", "predict_proba")
        method = some(rng, method, method, "decision_function", "predict_log_proba")
        arguments, keywords = [given], {}
        if method == "partial_fit":
            arguments.append(labels(rng, known, np.shape(given)[0] if np.ndim(given) else 1, names))
            if rng.uniform() < 0.1:
                keywords["sample_weight"] = np.full(len(arguments[1]), 0.3)
            if rng.uniform() < 0.1:
                keywords["classes"] = known
        got, expected = (outcome(getattr(m, method), *arguments, **keywords) for m in models)
        assert got == expected, seed
        assert state(models[0]) == state(models[1]), seed


def test_most_plain_calls_are_taken(quick_calls):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    model = MLPLogisticClassifier(5, random_state=0).fit(X, y)
    for row in range(60):
        model.partial_fit(X[row : row + 1], y[row : row + 1])
        model.predict_proba(X[row : row + 1])
        model.predict(X)
    assert quick_calls == {"plain": 179, "not plain": 1}  # the first has shown what is plain


@pytest.mark.parametrize("kind", ["rows", "classes", "frames"])
def test_the_window_of_a_stream_is_judged_in_the_full_way(kind, quick_calls):
    # What the quick way counts decides when the stream is judged.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1100, 3)) * [1.0, 1.0, 1e6]  # a scale at which a stream does not learn
    y = rng.integers(0, 3 if kind == "classes" else 2, 1100)
    X = as_frame(X, ["a", "b", "c"]) if kind == "frames" else X
    rows = [X.iloc[i : i + 1] if kind == "frames" else X[i : i + 1] for i in range(1100)]
    models = MLPLogisticClassifier(4, random_state=0), Full(4, random_state=0)
    told = []
    for model in models:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for i in range(1100):
                classes = np.unique(y) if i == 0 else None
                model.partial_fit(rows[i], y[i : i + 1], classes=classes)
        told.append([str(w.message) for w in caught])
    assert told[0] == told[1]
    assert len(told[0]) == 1
    assert state(models[0]) == state(models[1])
    assert quick_calls["plain"] == 1098


def set_in_place(array, value):
    array[...] = value


# What is done to an estimator that takes the quick way, and labels for calls of one row after it.
CHANGES = {
    "alpha, too large for one row": (lambda model: model.set_params(alpha=10.0), [1, 1]),
    "alpha": (lambda model: model.set_params(alpha=0.3), [1, 0]),
    "bias weights": (lambda model: set_in_place(model.intercepts_[0], 1.0), [1]),
    "a label in place": (lambda model: set_in_place(model.classes_[1:], 7), [1, 7, 0]),
    "labels": (lambda model: setattr(model, "classes_", np.array([5, 7])), [1, 7]),
    "class weights": (lambda model: model.set_params(class_weight={0: 2.0}), [0, 1, 0]),
    "balanced": (lambda model: model.set_params(class_weight="balanced"), [0, 1, 0]),
    "1 for True": (lambda model: model.set_params(shuffle=1), [0]),
    "a float for an int": (lambda model: model.set_params(max_iter=float(model.max_iter)), [0]),
    "a list": (lambda model: model.set_params(hidden_layer_sizes=[5]), [0, 0]),
    "nothing, but an unknown label": (lambda model: None, [np.uint64(2**64 - 1), np.int64(2**40)]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_changed_counts_in_the_next_calls(name, quick_calls):
    change, given = CHANGES[name]
    X = np.random.default_rng(0).normal(size=(100, 3))
    y = (X[:, 0] > 0).astype(int)
    models = [
        kind(5, fit_intercept=False, random_state=0).fit(X, y - ("unknown" in name))
        for kind in (MLPLogisticClassifier, Full)
    ]
    outcomes = []
    for model in models:
        model.partial_fit(X, y - ("unknown" in name))
        change(model)
        told = [] if name in ("a label in place", "labels") else [outcome(model.partial_fit, X, y)]
        for row, label in enumerate(given):
            told.append(outcome(model.partial_fit, X[row : row + 1], np.array([label])))
            told.append(outcome(model.predict, X[row : row + 4]))
            told.append(outcome(model.partial_fit, X[:9], np.full(9, label)))
        outcomes.append(told)
    assert outcomes[0] == outcomes[1]
    assert state(models[0]) == state(models[1])


def test_parameters_that_were_not_validated_are_not_plain():
    X = np.random.default_rng(0).normal(size=(20, 3))
    y = (X[:, 0] > 0).astype(int)
    with sklearn.config_context(skip_parameter_validation=True):
        model = MLPLogisticClassifier(3, tol=-1.0, random_state=0).partial_fit(X, y, classes=[0, 1])
        model.partial_fit(X, y)
    with pytest.raises(ValueError, match="'tol' parameter"):
        model.partial_fit(X[:1], y[:1])
    sizes = [3]
    model = MLPLogisticClassifier(sizes, random_state=0).partial_fit(X, y, classes=[0, 1])
    sizes[0] = 4
    with pytest.raises(ValueError, match="hidden_layer_sizes must stay the same"):
        model.partial_fit(X[:1], y[:1])


@pytest.mark.parametrize("n_inputs", [3000, 60_000])
def test_a_call_that_the_full_way_splits_has_the_same_bits(n_inputs, bits):
    # The scale of the weights is settled at the end of each call of the kernel.
    n_rows, n_nodes = (345, 32) if n_inputs == 3000 else (135, 4)
    X = np.random.default_rng(0).normal(size=(n_rows, n_inputs)) / 50.0
    y = (X[:, 0] > 0).astype(int)
    models = MLPLogisticClassifier(n_nodes, random_state=0), Full(n_nodes, random_state=0)
    for model in models:
        model.set_params(alpha=1.0).partial_fit(X, y, classes=[0, 1])
        model.partial_fit(X, y).partial_fit(X[:5], y[:5])
    assert bits(models[0]) == bits(models[1])


def test_labels_beyond_64_bits_with_a_sign_are_told(quick_calls):
    X = np.random.default_rng(0).normal(size=(20, 3))
    y = (X[:, 0] > 0).astype(np.uint64) + np.uint64(2**63)
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y).partial_fit(X, y)
    with pytest.raises(ValueError, match="classes not in"):
        model.partial_fit(X, np.arange(20))
    model.partial_fit(X, y)
    assert quick_calls["plain"] == 1


def test_a_network_that_was_replaced_meanwhile_sets_no_attribute():
    X = np.random.default_rng(0).normal(size=(1, 3))
    model = MLPLogisticClassifier(3, random_state=0).partial_fit(X, [1], classes=[0, 1])
    packed, before = model._packed, state(model)
    attributes = dict(vars(model))
    networks = packed.networks(("logistic", "logistic"), train_biases=True)
    arguments = X, np.ones(1, np.int32), None, networks, None, 0.0, 0.0, "squared_error"
    assert packed.shown.plain.train(*arguments, attributes, object(), {"n_iter_": 7})
    assert attributes == vars(model)
    assert packed.shown.plain.train(*arguments, attributes, packed, {"n_iter_": 7})
    assert attributes["n_iter_"] == 7
    assert attributes["t_"] == model.t_ + 1
    assert state(model) == before


class Derived(MLPLogisticClassifier):
    """A subclass that adds something, and overrides nothing but the constructor."""

    def __init__(self, threshold=0.5, random_state=None):
        super().__init__(5, random_state=random_state)
        self.threshold = threshold

    def predict_with_threshold(self, X):
        return self.predict_proba(X)[:, 1] > self.threshold


class WithAProperty(MLPLogisticClassifier):
    @property
    def t_(self):
        return vars(self)["t_"]

    @t_.setter
    def t_(self, value):
        vars(self)["t_"] = value


class Mixin:
    def __getattr__(self, name):
        raise AttributeError(name)


class WithAMixin(Mixin, MLPLogisticClassifier):
    pass


@pytest.mark.parametrize(
    ("kind", "is_plain"), [(Derived, True), (WithAProperty, False), (WithAMixin, False)]
)
def test_a_class_that_overrides_something_is_not_plain(kind, is_plain):
    assert _quick.overrides_nothing(kind, MLPLogisticClassifier) is is_plain


def test_a_call_that_fails_changes_nothing_and_says_why(bits, quick_calls):
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = (X[:, 0] > 0).astype(int)
    model = MLPLogisticClassifier(5, learning_rate_init=1.0, random_state=0).fit(X, y)
    model.partial_fit(X[:1], y[:1])
    before = state(model)
    with pytest.raises(ValueError, match="non-finite"):
        model.partial_fit(np.full((3, 3), 1e308) * [1, -1, 1e-300], y[:3])
    assert quick_calls["plain"] == 0
    assert state(model) == before
    model.partial_fit(X[:1], y[:1])
    assert quick_calls["plain"] == 1


@pytest.mark.parametrize("n_rows", [1, 400])
def test_threads_that_train_the_same_network_wait_for_each_other(n_rows):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(n_rows, 30)), rng.permutation(n_rows) % 2
    model = MLPLogisticClassifier(32, max_iter=1, random_state=0).partial_fit(X, y, classes=[0, 1])
    n_calls = 40 if n_rows > 1 else 400

    def train(_):
        for _ in range(n_calls):
            model.partial_fit(X, y)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(train, range(8)))
    one = MLPLogisticClassifier(32, max_iter=1, random_state=0).partial_fit(X, y, classes=[0, 1])
    for _ in range(8 * n_calls):
        one.partial_fit(X, y)
    assert state(model) == state(one)


def test_threads_that_predict_have_scratch_memory_of_their_own():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(3000, 30))
    y = (X[:, 0] > 0) + (X[:, 1] > 0)
    model = MLPLogisticClassifier((32, 8), max_iter=2, random_state=0).fit(X, y)
    expected = [model.predict_proba(X[start:]).tobytes() for start in range(8)]

    def predict(start):
        return all(model.predict_proba(X[start:]).tobytes() == expected[start] for _ in range(20))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(predict, range(8)))


def test_a_signal_leaves_whole_calls(interrupting_alarm):
    # The number of visits says which rows were trained on: not one more, not one less.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(500, 3)), rng.permutation(500) % 2
    for trial in range(60):
        model = MLPLogisticClassifier(5, random_state=0)
        model.partial_fit(X, y, classes=[0, 1])
        window = model._stream._replace(window=10**9)  # not to be judged, in the full way
        model._stream = window
        signal.setitimer(signal.ITIMER_REAL, rng.uniform(1e-4, 4e-3))
        with contextlib.suppress(KeyboardInterrupt):
            while True:
                row = model.t_ % 500
                model.partial_fit(X[row : row + 1], y[row : row + 1])
        other = MLPLogisticClassifier(5, random_state=0).partial_fit(X, y, classes=[0, 1])
        other._stream = window
        for t in range(500, model.t_):
            other.partial_fit(X[t % 500 : t % 500 + 1], y[t % 500 : t % 500 + 1])
        assert state(model) == state(other), trial
