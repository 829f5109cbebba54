"""Bad input gets a clear error and changes nothing."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix, issparse
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from sklearn_mlp import MLPLogisticClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def state(model):
    """Everything that a fitted estimator consists of, in comparable form."""
    return {
        name: [a.tobytes() for a in value]
        if name in ("coefs_", "intercepts_")
        else value.bit_generator.state
        if name == "_generator"
        else value.tolist()
        if isinstance(value, np.ndarray)
        else list(value)
        if isinstance(value, list)
        else value
        for name, value in vars(model).items()
        if name != "_packed"  # coefs_ and intercepts_ are views of it
    }


@pytest.fixture
def data():
    X, y = load_iris(return_X_y=True)
    return X[50:], y[50:]


@pytest.fixture(params=["new", "fitted", "warm"])
def model(request, data):
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0, warm_start=request.param == "warm")
    return model if request.param == "new" else model.fit(*data)


def with_value(X, value):
    X = np.array(X, dtype=type(value) if isinstance(value, complex) else float)
    X[3, 1] = value
    return X


def assert_rejected(model, error, message, call):
    """`call` raises this error, and the estimator is what it was."""
    before = state(model)
    with pytest.raises(error, match=message):
        call()
    assert state(model) == before
    if hasattr(model, "coefs_"):
        model.predict(np.zeros((2, 4)))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda X, y: (with_value(X, np.nan), y), "Input X contains NaN"),
        (lambda X, y: (with_value(X, np.inf), y), "Input X contains infinity"),
        (lambda X, y: (csr_array(with_value(X, np.nan)), y), "Input X contains NaN"),
        (lambda X, y: (with_value(X, 1j), y), "Complex data not supported"),
        (lambda X, y: (X[:, 0], y), "Expected 2D array, got 1D array instead"),
        (lambda X, y: (X[:0], y[:0]), r"Found array with 0 sample\(s\)"),
        (lambda X, y: (X, y[:-1]), "inconsistent numbers of samples"),
        (lambda X, y: (X, y.reshape(-1, 2)), "y should be a 1d array|inconsistent numbers"),
        (lambda X, y: (X, np.where(y == 1, np.nan, y)), "Input y contains NaN"),
        (lambda X, y: (X, None), "requires y to be passed, but the target y is None"),
        (lambda X, y: (X[:, :3], y + 0.5), "continuous|X has 3 features|classes not in"),
    ],
)
def test_bad_tables(model, data, method, change, message):
    X, y = change(*data)
    extra = {"classes": [1, 2]} if method == "partial_fit" and not hasattr(model, "t_") else {}
    assert_rejected(model, ValueError, message, lambda: getattr(model, method)(X, y, **extra))


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("sample_weight", "message"),
    [
        (np.zeros(100), "Sample weights must contain at least one non-zero number"),
        (np.r_[-1.0, np.ones(99)], "Negative values in data passed to `sample_weight`"),
        (np.ones(99), r"sample_weight.shape == \(99,\), expected \(100,\)!"),
        (np.ones((100, 2)), "Sample weights must be 1D array or scalar"),
        (np.r_[np.nan, np.ones(99)], "Input sample_weight contains NaN"),
        (np.r_[np.inf, np.ones(99)], "Input sample_weight contains infinity"),
        (["a"] * 100, "could not convert string to float"),
        (np.full(100, 1e308), "Sample weights are too large: their sum is not finite"),
    ],
)
def test_bad_sample_weights(model, data, method, sample_weight, message):
    X, y = data
    extra = {"classes": [1, 2]} if method == "partial_fit" and not hasattr(model, "t_") else {}
    call = getattr(model, method)
    assert_rejected(
        model, ValueError, message, lambda: call(X, y, sample_weight=sample_weight, **extra)
    )


def test_one_class(model, data):
    X, y = data
    message = "The number of classes has to be greater than one; got 1 class"
    assert_rejected(model, ValueError, message, lambda: model.fit(X, np.ones(100)))
    assert_rejected(
        model,
        ValueError,
        message + " after removing samples of weight zero",
        lambda: model.fit(X, y, (y == 1).astype(float)),
    )
    model.set_params(class_weight={1: 0})
    assert_rejected(model, ValueError, message, lambda: model.fit(X, y))


def test_continuous_labels(model, data):
    X, _ = data
    message = "Unknown label type: continuous"
    assert_rejected(model, ValueError, message, lambda: model.fit(X, np.linspace(0, 1, 100)))
    fresh = MLPLogisticClassifier()
    assert_rejected(
        fresh, ValueError, message, lambda: fresh.partial_fit(X, X[:, 0] + 0.05, classes=[1, 2])
    )


def test_classes_of_partial_fit(data):
    X, y = data
    model = MLPLogisticClassifier(3, random_state=0)
    message = "classes must be passed on the first call to partial_fit"
    assert_rejected(model, ValueError, message, lambda: model.partial_fit(X, y))
    message = "greater than one; got 1 class"
    assert_rejected(model, ValueError, message, lambda: model.partial_fit(X, y, classes=[1]))
    message = "`y` has classes not in `self.classes_`"
    assert_rejected(model, ValueError, message, lambda: model.partial_fit(X, y, classes=[1, 3]))

    model.partial_fit(X, y, classes=[1, 2])
    for unknown in ([0], [3], [1.5], ["a"]):
        assert_rejected(
            model, ValueError, message, lambda unknown=unknown: model.partial_fit(X[:1], unknown)
        )
    assert_rejected(
        model,
        ValueError,
        "is not the same as on last call to partial_fit",
        lambda: model.partial_fit(X, y, classes=[1, 2, 3]),
    )
    named = MLPLogisticClassifier(3).partial_fit(
        X, np.array(["b", "c"], dtype=object)[y - 1], classes=["b", "c"]
    )
    for unknown in (["a"], [1], [None, "b"], [1, "b"]):
        with pytest.raises(ValueError, match="classes not in"):
            named.partial_fit(X[: len(unknown)], np.array(unknown, dtype=object))


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function"])
def test_bad_tables_in_prediction(data, method):
    X, y = data
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0).fit(X, y)
    call = getattr(model, method)
    for bad, message in [
        (X[:, :3], "X has 3 features, but MLPLogisticClassifier is expecting 4 features"),
        (with_value(X, np.nan), "Input X contains NaN"),
        (X[0], "Expected 2D array, got 1D array instead"),
    ]:
        assert_rejected(model, ValueError, message, lambda bad=bad: call(bad))


def test_wrong_number_of_inputs_in_partial_fit_and_warm_start(data):
    X, y = data
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0, warm_start=True).fit(X, y)
    message = "X has 3 features, but MLPLogisticClassifier is expecting 4 features"
    for call in (model.fit, model.partial_fit):
        assert_rejected(model, ValueError, message, lambda call=call: call(X[:, :3], y))


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("hidden_layer_sizes", 0),
        ("hidden_layer_sizes", -3),
        ("hidden_layer_sizes", ()),
        ("hidden_layer_sizes", (3, 0)),
        ("hidden_layer_sizes", (3, 2.5)),
        ("hidden_layer_sizes", ((3, 2), (1, 1))),
        ("hidden_layer_sizes", 2.5),
        ("hidden_layer_sizes", [(3,), 2]),
        ("hidden_layer_sizes", None),
        ("hidden_layer_sizes", "32"),
        ("learning_rate_init", 0),
        ("learning_rate_init", -0.1),
        ("learning_rate_init", np.nan),
        ("learning_rate_init", np.inf),
        ("learning_rate_init", "0.1"),
        ("learning_rate", "fast"),
        ("learning_rate", None),
        ("power_t", -0.5),
        ("power_t", "0.5"),
        ("loss", "hinge"),
        ("alpha", -0.1),
        ("alpha", np.nan),
        ("alpha", np.inf),
        ("alpha", None),
        ("n_jobs", 1.5),
        ("n_jobs", "all"),
        ("n_jobs", 0),
        ("max_iter", 0),
        ("max_iter", 1.5),
        ("tol", -1e-4),
        ("tol", None),
        ("n_iter_no_change", 0),
        ("n_iter_no_change", 2.5),
        ("fit_intercept", "yes"),
        ("init_range", 0),
        ("init_range", -1),
        ("shuffle", "no"),
        ("class_weight", "unbalanced"),
        ("class_weight", [1, 2]),
        ("class_weight", {1: -1.0}),
        ("class_weight", {1: np.nan}),
        ("class_weight", {7: 2.0}),
        ("early_stopping", "yes"),
        ("validation_fraction", 0),
        ("validation_fraction", 1.0),
        ("warm_start", None),
        ("verbose", "loud"),
        ("verbose", -1),
        ("random_state", "seed"),
        ("random_state", -1),
    ],
)
def test_parameters(model, data, parameter, value):
    # Never in set_params, always in fit, and by name.
    model.set_params(**{parameter: value})
    name = "in class_weight" if value == {7: 2.0} else parameter
    assert_rejected(model, ValueError, name, lambda: model.fit(*data))


def test_invalid_parameters_are_rejected_by_the_first_partial_fit(data):
    model = MLPLogisticClassifier(3, learning_rate_init=-1)
    assert_rejected(
        model,
        ValueError,
        "The 'learning_rate_init' parameter of MLPLogisticClassifier must be a str among {'auto'} "
        "or a float in the range",
        lambda: model.partial_fit(*data, classes=[1, 2]),
    )


COEFS, INTERCEPTS = [np.zeros((4, 3)), np.zeros((3, 1))], [np.zeros(3), np.zeros(1)]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"coefs_init": COEFS[:1]}, "coefs_init must have 2 arrays, one per layer, got 1"),
        ({"coefs_init": [COEFS[0].T, COEFS[1]]}, r"coefs_init\[0\] must have shape \(4, 3\)"),
        ({"coefs_init": [COEFS[0], np.zeros(4)]}, r"coefs_init\[1\] must have shape \(3, 1\)"),
        ({"coefs_init": [COEFS[0], COEFS[1] + np.nan]}, r"Input coefs_init\[1\] contains NaN"),
        ({"intercepts_init": INTERCEPTS[:1]}, "intercepts_init must have 2 arrays"),
        ({"intercepts_init": COEFS}, r"intercepts_init\[0\] must have shape \(3,\)"),
        ({"intercepts_init": [np.zeros(3), np.zeros(())]}, r"intercepts_init\[1\] must have shape"),
    ],
)
def test_initial_weights(model, data, given, message):
    assert_rejected(model, ValueError, message, lambda: model.fit(*data, **given))


def test_initial_weights_of_a_wrong_type(model, data):
    message = "coefs_init must be a list of arrays, one per layer"
    assert_rejected(model, TypeError, message, lambda: model.fit(*data, coefs_init=5))


def test_a_rejected_fit_uses_up_no_random_numbers(data):
    X, y = data
    for bad in ({"coefs_init": COEFS[:1]}, {"y": np.r_[y[:-1], 3]}):
        random_state = np.random.RandomState(0)
        model = MLPLogisticClassifier(3, early_stopping=True, random_state=random_state)
        with pytest.raises(ValueError):
            model.fit(**{"X": X, "y": y, **bad})
        assert random_state.randint(1000) == np.random.RandomState(0).randint(1000)


def test_a_warm_start_that_fails_leaves_the_former_state(data, diverging):
    X, y = data
    model = MLPLogisticClassifier(
        3, max_iter=2, random_state=0, warm_start=True, fit_intercept=False
    ).fit(X, y)
    model.set_params(early_stopping=True)
    single = np.where(np.arange(100) == 7, 1, 2)
    assert_rejected(model, ValueError, "only 1 member", lambda: model.fit(X, single))
    model.set_params(early_stopping=False, learning_rate_init=1e308, shuffle=False)
    large, _, coefs_init = diverging
    call = lambda: model.fit(large, y, coefs_init=coefs_init)  # noqa: E731
    assert_rejected(model, ValueError, NON_FINITE, call)


def test_a_warning_made_an_error_does_not_undo_the_fit(data):
    model = MLPLogisticClassifier(3, max_iter=2, learning_rate="constant", random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConvergenceWarning):
            model.fit(*data)
    assert model.n_iter_ == 2


def test_a_chunk_of_a_class_that_counts_for_nothing(data):
    X, y = data
    model = MLPLogisticClassifier(3, class_weight={1: 0}, random_state=0)
    model.partial_fit(X, y, classes=[1, 2])
    before = [a.copy() for a in model.coefs_]
    model.partial_fit(X[:3], y[:3])
    for a, b in zip(model.coefs_, before, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_memory_that_the_kernel_cannot_read_in_place_is_copied(data, kind):
    X, y = data
    expected = MLPLogisticClassifier(3, max_iter=2, random_state=0)
    if kind == "dense":  # not aligned, as behind a header of odd length
        table = np.frombuffer(bytearray(X.nbytes + 1), offset=1).reshape(X.shape)
        table[...] = X
        assert not table.flags.aligned
        expected.fit(X, y)
    else:  # every other element of larger arrays
        table, plain = csr_array(X), csr_array(X)
        table.data = np.repeat(plain.data, 2)[::2]
        table.indices = np.repeat(plain.indices, 2)[::2]
        expected.fit(plain, y)
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0).fit(table, y)
    np.testing.assert_array_equal(model.coefs_[0], expected.coefs_[0])
    same = X if kind == "dense" else csr_array(X)
    np.testing.assert_array_equal(model.predict_proba(table), expected.predict_proba(same))


def test_initial_bias_weights_without_bias_nodes(data):
    model = MLPLogisticClassifier(3, fit_intercept=False)
    model.fit(*data, coefs_init=COEFS, intercepts_init=INTERCEPTS)
    given = [np.ones(3), np.ones(1)]
    message = "fit_intercept=False needs bias weights of zero"
    assert_rejected(model, ValueError, message, lambda: model.fit(*data, intercepts_init=given))


def test_initial_weights_of_three_classes_are_checked_and_copied():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, max_iter=1, random_state=0)
    given = [np.zeros((3, 4, 3)), np.zeros((3, 3))]
    model.fit(X, y, coefs_init=given)
    assert not any(a.any() for a in given)
    assert all(a.any() for a in model.coefs_)
    with pytest.raises(ValueError, match=r"coefs_init\[0\] must have shape \(3, 4, 3\)"):
        model.fit(X, y, coefs_init=COEFS)


@pytest.fixture
def diverging(data):
    """Large inputs, hidden nodes that they do not saturate, and a rate that overflows."""
    X, y = 1e3 * (data[0] - data[0].mean(axis=0)), data[1]
    return X, y, [np.full((4, 3), 1e-4), np.ones((3, 1))]


NON_FINITE = "Solver produced non-finite parameter weights.*StandardScaler.*learning_rate_init"


@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_fit_that_diverges_leaves_the_former_state(diverging, early_stopping):
    X, y, coefs_init = diverging
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0, fit_intercept=False).fit(X, y)
    model.set_params(learning_rate_init=1e308, shuffle=False, early_stopping=early_stopping)
    call = lambda: model.fit(X, y, coefs_init=coefs_init)  # noqa: E731
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert_rejected(model, ValueError, NON_FINITE, call)
    fresh = MLPLogisticClassifier(**model.get_params())
    with pytest.raises(ValueError, match=NON_FINITE):
        fresh.fit(X, y, coefs_init=coefs_init)
    assert not hasattr(fresh, "coefs_")


def test_weights_that_overflow_in_the_very_last_visit_are_noticed(diverging):
    # No later visit shows it in the tallies.
    large, _, coefs_init = diverging
    model = MLPLogisticClassifier(3, max_iter=1, learning_rate_init=1e308, shuffle=False)
    X = np.stack([np.zeros(4), large[0]])
    model.set_params(fit_intercept=False, class_weight={1: 1e-315})
    assert_rejected(
        model, ValueError, NON_FINITE, lambda: model.fit(X, [1, 2], coefs_init=coefs_init)
    )


def test_partial_fit_that_diverges_says_so(diverging):
    X, y, coefs_init = diverging
    model = MLPLogisticClassifier(
        3, max_iter=1, learning_rate_init=1e-300, fit_intercept=False, shuffle=False
    ).fit(X, y, coefs_init=coefs_init)
    model.set_params(learning_rate_init=1e308)
    with pytest.raises(ValueError, match=NON_FINITE):
        model.partial_fit(X, y)


@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_partial_fit_notices_what_its_last_visit_did(container):
    # No later visit shows it, and weights that are infinite saturate the nodes.
    coefs_init = [np.full((4, 3), 1e-4), np.ones((3, 1))]
    model = MLPLogisticClassifier(3, max_iter=1, learning_rate_init=1e-300, fit_intercept=False)
    model.fit(np.ones((2, 4)), [1, 2], coefs_init=coefs_init)
    model.set_params(learning_rate_init=1e308)
    with pytest.raises(ValueError, match=NON_FINITE):
        model.partial_fit(container(np.full((1, 4), 1e3)), [1])


def test_the_callers_data_is_never_written_to():
    X, y = load_iris(return_X_y=True)
    X = np.where(np.abs(X) < 1.0, 0.0, X)
    weight = np.linspace(0.1, 0.9, 150)
    canonical = csr_array(X)
    messy = csr_matrix(  # unsorted, with duplicates
        (
            np.repeat(canonical.data[::-1] / 2, 2),
            np.repeat(canonical.indices[::-1], 2),
            2 * (canonical.nnz - canonical.indptr[::-1]),
        ),
        shape=X.shape,
    )
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0, class_weight="balanced")
    for table in (X, np.asfortranarray(X), X.astype(np.float32), canonical, messy):
        arrays = [weight, y]
        arrays += [table.data, table.indices, table.indptr] if issparse(table) else [table]
        before = [a.tobytes() for a in arrays]
        for array in arrays:
            array.flags.writeable = False
        model.fit(table, y, weight, coefs_init=None).predict_proba(table)
        model.set_params(early_stopping=True).fit(table, y, weight)
        model.set_params(early_stopping=False).partial_fit(table, y, sample_weight=weight)
        model.score(table, y, weight)
        assert [a.tobytes() for a in arrays] == before
        for array in arrays:
            array.flags.writeable = True
