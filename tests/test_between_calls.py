"""What users set on an estimator between calls: parameters, weights."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_mlp import MLPLogisticClassifier, trace_training, trace_update
from sklearn_mlp._training import parameters

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)
INVALID = {
    "learning_rate_init": -1.0,
    "alpha": np.nan,
    "alpha below 0": -5,
    "loss": "logloss",
    "learning_rate": "foo",
    "fit_intercept": "False",
    "n_jobs": 0,
    "power_t": -3,
    "class_weight": "balance",
    "hidden_layer_sizes": "many",
    "shuffle": 2,
    "verbose": -1,
    "random_state": "seed",
}


@pytest.mark.parametrize("how", ["partial_fit", "fit", "copy"])
@pytest.mark.parametrize("name", INVALID)
def test_a_parameter_set_between_calls_is_validated(name, how, bits):
    model = MLPLogisticClassifier(3, random_state=0)
    if how == "fit":
        model.fit(X, Y)
    else:
        model.partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X[:5], Y[:5])
    if how == "copy":
        model = model.__copy__()
    parameter = name.split()[0]
    model.set_params(**{parameter: INVALID[name]})
    before, weights = vars(model).copy(), bits(model)
    for _ in range(2):
        with pytest.raises(InvalidParameterError, match=f"'{parameter}' parameter of MLPLogistic"):
            model.partial_fit(X[:5], Y[:5])
    assert vars(model) == before
    assert bits(model) == weights
    model.set_params(**{parameter: clone(MLPLogisticClassifier(3)).get_params()[parameter]})
    model.partial_fit(X[:5], Y[:5])


def test_parameters_are_validated_only_when_one_is_another(monkeypatch):
    monkeypatch.setattr(parameters, "VALID", {})
    validated = []
    validate = parameters.validate_parameters
    monkeypatch.setattr(
        parameters,
        "validate_parameters",
        lambda *arguments, **names: (validated.append(1), validate(*arguments, **names)),
    )
    model = MLPLogisticClassifier(3, random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    for _ in range(5):
        model.partial_fit(X[:5], Y[:5])
    assert len(validated) == 1
    model.alpha = 0.5
    for _ in range(5):
        model.partial_fit(X[:5], Y[:5])
    assert len(validated) == 2
    # What was valid is remembered by value and kind, for fits of other estimators too.
    MLPLogisticClassifier(3, alpha=0.5, max_iter=1, random_state=0).partial_fit(
        X, Y, classes=[0, 1, 2]
    )
    assert len(validated) == 3
    MLPLogisticClassifier(3, alpha=0.5, max_iter=1, random_state=0).partial_fit(
        X, Y, classes=[0, 1, 2]
    )
    assert len(validated) == 3
    with pytest.raises(InvalidParameterError, match="max_iter"):
        MLPLogisticClassifier(3, alpha=0.5, max_iter=1.0, random_state=0).fit(X, Y)


def test_validation_can_be_switched_off_and_a_subclass_has_its_own():
    with sklearn.config_context(skip_parameter_validation=True):
        model = MLPLogisticClassifier(3, tol=-1.0, random_state=0)
        model.partial_fit(X, Y, classes=[0, 1, 2]).partial_fit(X, Y)
    with pytest.raises(InvalidParameterError, match="'tol' parameter"):
        model.partial_fit(X, Y)

    class Wider(MLPLogisticClassifier):
        _parameter_constraints = {
            **MLPLogisticClassifier._parameter_constraints,
            "tol": [None, float],
        }

    model = Wider(3, tol=None, random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(InvalidParameterError, match="'tol' parameter"):
        MLPLogisticClassifier(3, tol=None, random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    model.set_params(alpha=0.1).partial_fit(X, Y)
    with pytest.raises(InvalidParameterError, match="'tol' parameter of Wider"):
        model.set_params(tol="none").partial_fit(X, Y)


@pytest.mark.parametrize("name", ["max_iter", "alpha", "learning_rate_init", "tol", "power_t"])
def test_an_int_that_is_no_float_is_refused(name):
    model = MLPLogisticClassifier(3, **{name: 10**400})
    for call in (
        lambda: model.fit(X, Y),
        lambda: model.partial_fit(X, Y, classes=[0, 1, 2]),
        lambda: MLPLogisticClassifier(3).fit(X, Y).set_params(**{name: 10**400}).partial_fit(X, Y),
    ):
        with pytest.raises(ValueError, match=f"'{name}' parameter .* is too large"):
            call()


def assigned(names):
    fitted = MLPLogisticClassifier(3, random_state=0).fit(X, Y)
    model = MLPLogisticClassifier(3, warm_start=True)
    for name in names:
        setattr(model, name, getattr(fitted, name))
    return model


@pytest.mark.parametrize(
    "names", [["classes_"], ["coefs_", "intercepts_"], ["classes_", "coefs_", "intercepts_"]]
)
@pytest.mark.parametrize(
    "call",
    [
        lambda model: model.predict(X),
        lambda model: model.predict_proba(X),
        lambda model: model.decision_function(X),
        lambda model: model.score(X, Y),
        lambda model: model.partial_fit(X, Y),
        lambda model: model.partial_fit(X, Y, classes=[0, 1, 2]),
        lambda model: model.fit(X, Y),
    ],
)
def test_weights_assigned_before_the_first_fit_are_refused(names, call):
    model = assigned(names)
    before = vars(model).copy()
    with pytest.raises(
        NotFittedError, match=r"assigned to this .*initial weights to fit, as coefs_init"
    ):
        call(model)
    assert vars(model) == before
    # Without a warm start, a fit begins anew in any case.
    model.set_params(warm_start=False).fit(X, Y).predict(X)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_weights_may_be_assigned_as_lists(dtype, bits):
    fitted = MLPLogisticClassifier(3, random_state=0).fit(X.astype(dtype), Y)
    other = MLPLogisticClassifier(3, random_state=1, warm_start=True).fit(X.astype(dtype), Y)
    expected = MLPLogisticClassifier(3, random_state=1, warm_start=True).fit(X.astype(dtype), Y)
    other.coefs_ = [coef.tolist() for coef in fitted.coefs_]
    other.intercepts_ = [biases.tolist() for biases in fitted.intercepts_]
    expected.coefs_ = [np.array(coef, dtype=np.float64) for coef in fitted.coefs_]
    expected.intercepts_ = [np.array(biases, dtype=np.float64) for biases in fitted.intercepts_]
    np.testing.assert_array_equal(other.predict_proba(X), expected.predict_proba(X))
    for call in ("partial_fit", "fit"):
        assert bits(getattr(other, call)(X, Y)) == bits(getattr(expected, call)(X, Y))


@pytest.mark.parametrize(
    "coefs",
    [
        lambda coefs: [coefs[0].tolist(), "text"],
        lambda coefs: [[[1.0, 2.0], [3.0]], coefs[1]],
        lambda coefs: [coefs[0] + 1j, coefs[1]],
        lambda coefs: None,
        lambda coefs: coefs[:1],
    ],
)
def test_what_are_no_weights_is_a_clear_error(coefs):
    model = MLPLogisticClassifier(3, random_state=0).fit(X, Y)
    model.coefs_ = coefs(model.coefs_)
    before = vars(model).copy()
    for call in (lambda: model.predict(X), lambda: model.partial_fit(X, Y)):
        with pytest.raises(ValueError, match="coefs_"):
            call()
    assert vars(model) == before


@pytest.mark.parametrize("name", INVALID)
def test_traces_refuse_bad_parameters_as_fit_does(name):
    parameter = name.split()[0]
    if parameter in ("n_jobs", "verbose"):  # a trace has its own
        return
    model = MLPLogisticClassifier(3, random_state=0).fit(X, Y)
    model.set_params(**{parameter: INVALID[name]})
    for call in (lambda: trace_training(model, X, Y), lambda: trace_update(model, X[0], Y[0])):
        with pytest.raises(InvalidParameterError, match=f"'{parameter}' parameter"):
            call()


def test_a_network_without_a_hidden_layer_is_another_model():
    with pytest.raises(ValueError, match=r"at least one hidden layer.*LogisticRegression"):
        MLPLogisticClassifier(()).fit(X, Y)
    with pytest.raises(ValueError, match="must be > 0"):
        MLPLogisticClassifier([10**400]).fit(X, Y)
