"""Predictions, probabilities, shapes and dtypes of what is fitted."""

import math
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import log_expit, softmax
from sklearn.datasets import (
    load_breast_cancer,
    load_iris,
)
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training.targets import normalized

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def test_it_learns_digits_and_keeps_the_kind_of_the_labels(digits):
    X, y = digits
    model = MLPLogisticClassifier(random_state=0).fit(X[:150], y[:150])
    prediction = model.predict(X[150:])
    assert model.score(X[:150], y[:150]) > 0.95
    assert prediction.shape == (50,)
    assert prediction.dtype == y.dtype


def test_defaults_run_without_a_warning():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MLPLogisticClassifier(random_state=0).fit(X, y)
    assert model.n_iter_ == 80
    assert model.score(X, y) > 0.97


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 2e-15), (np.float32, 3e-7)])
def test_probabilities_of_several_classes_are_those_of_their_logarithms(dtype, tolerance):
    rng = np.random.default_rng(0)
    scales = 10.0 ** rng.uniform(-1, 3.5, size=(20_000, 1))
    shifts = rng.choice([0.0, -50.0, -400.0, -800.0, 60.0], size=(20_000, 1))
    logits = (rng.normal(size=(20_000, 7)) * scales + shifts).astype(dtype)
    expected = softmax(log_expit(logits.astype(float)), axis=1)
    with np.errstate(all="ignore"):
        got = normalized(logits.copy())
        alone = [normalized(row[None].copy())[0] for row in logits[:2000]]
    assert got.dtype == dtype
    np.testing.assert_allclose(got, expected, rtol=0, atol=tolerance)
    np.testing.assert_allclose(got.sum(axis=1), 1.0, rtol=4 * np.finfo(dtype).eps)
    # A row's probabilities do not depend on the other rows.
    np.testing.assert_array_equal(got[:2000], alone)


def test_probabilities_of_two_classes(digits):
    X, y = digits
    y = (y > 0).astype(int)
    model = MLPLogisticClassifier(5, random_state=1).fit(X, y)
    probability, logarithm = model.predict_proba(X), model.predict_log_proba(X)
    assert probability.shape == (len(X), 2)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(logarithm, np.log(probability), rtol=1e-12)
    logit = model.decision_function(X)
    assert logit.shape == (len(X),)
    np.testing.assert_allclose(probability[:, 1], 1 / (1 + np.exp(-logit)), rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), (logit > 0).astype(int))


def test_probabilities_of_many_classes(iris):
    X, y = iris
    model = MLPLogisticClassifier(5, random_state=1).fit(X, y)
    probability, logarithm = model.predict_proba(X), model.predict_log_proba(X)
    logits = model.decision_function(X)
    assert probability.shape == logits.shape == (150, 3)
    one_vs_rest = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(
        probability, one_vs_rest / one_vs_rest.sum(axis=1, keepdims=True), rtol=1e-12
    )
    np.testing.assert_allclose(logarithm, np.log(probability), rtol=1e-10)
    np.testing.assert_array_equal(model.predict(X), logits.argmax(axis=1))


@ignore_convergence
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("logit", [-1e4, -800.0, 40.0, 800.0, 1e4])
def test_a_saturated_network_has_finite_logarithms_and_no_zero_over_zero(n_classes, logit):
    X, y = np.arange(6.0)[:, None], np.arange(6) % n_classes
    model = MLPLogisticClassifier(2, max_iter=1, random_state=0).fit(X, y)
    for array in (*model.coefs_, *model.intercepts_):
        array[...] = 0.0
    model.intercepts_[-1][...] = logit
    with np.errstate(all="raise", under="ignore"):
        probability, logarithm = model.predict_proba(X), model.predict_log_proba(X)
    assert np.isfinite(logarithm).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, rtol=1e-12)
    if n_classes == 2:
        expected = min(logit, 0.0) - math.log1p(math.exp(-abs(logit)))
        np.testing.assert_allclose(logarithm[:, 1], expected, rtol=1e-12)
    else:
        np.testing.assert_allclose(probability, 1 / 3, rtol=1e-12)


@ignore_convergence
def test_one_vs_rest_networks_are_binary_fits():
    # Without shuffling, network k of three is the binary fit of class k against the rest from
    # the same initial weights.
    X, y = load_iris(return_X_y=True)
    parameters = {"shuffle": False, "alpha": 0.3, "random_state": 0}
    model = MLPLogisticClassifier(4, max_iter=3, **parameters).fit(X, y)
    drawn = MLPLogisticClassifier(4, max_iter=1, **parameters)
    initial = drawn.set_params(learning_rate_init=1e-300).fit(X, y)
    binary = MLPLogisticClassifier(4, max_iter=3, **parameters)
    losses = []
    for k in range(3):
        binary.fit(
            X,
            y == k,
            coefs_init=[a[k] for a in initial.coefs_],
            intercepts_init=[a[k] for a in initial.intercepts_],
        )
        losses.append(binary.loss_curve_)
        for several, one in zip(
            (*model.coefs_, *model.intercepts_), (*binary.coefs_, *binary.intercepts_), strict=True
        ):
            np.testing.assert_array_equal(several[k], one)
    np.testing.assert_allclose(model.loss_curve_, np.mean(losses, axis=0), rtol=1e-14)


def test_sparse_input_predicts_like_dense(digits):
    X, y = digits
    model = MLPLogisticClassifier(15, random_state=1).fit(X, y)
    sparse = MLPLogisticClassifier(15, random_state=1).fit(csr_array(X), y)
    np.testing.assert_array_equal(model.predict(X), sparse.predict(csr_array(X)))
    np.testing.assert_allclose(model.predict_proba(csr_array(X)), model.predict_proba(X))


def test_a_prediction_may_take_many_calls_of_the_kernel(iris, replace):
    X, y = iris
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    expected = model.decision_function(X)
    replace("chunk_length", lambda X, coefs, shrink=0.0, n_inputs=None: 16)
    replace("quick_logits", lambda *_: None)
    np.testing.assert_array_equal(model.decision_function(X), expected)
    for table in (X, csr_array(X)):
        chunked = MLPLogisticClassifier(3, random_state=0).fit(table, y)
        np.testing.assert_allclose(chunked.decision_function(X), expected, rtol=1e-9)


def test_the_weights_have_the_dtype_of_the_inputs(digits):
    X, y = digits
    predictions = {}
    for dtype in (np.float32, np.float64):
        model = MLPLogisticClassifier((5, 3), learning_rate_init=0.2, random_state=1)
        model.fit(X.astype(dtype), y)
        assert all(a.dtype == dtype for a in (*model.coefs_, *model.intercepts_))
        assert model.predict_proba(X.astype(dtype)).dtype == dtype
        predictions[dtype] = model.predict_proba(X.astype(dtype))
    np.testing.assert_allclose(predictions[np.float32], predictions[np.float64], rtol=1e-2)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_shapes_of_fitted_attributes(iris, n_classes):
    X, y = iris
    X, y = X[y < n_classes], y[y < n_classes]
    model = MLPLogisticClassifier((5, 3), random_state=0, max_iter=2).fit(X, y)
    lead = () if n_classes == 2 else (3,)
    assert [a.shape for a in model.coefs_] == [(*lead, 4, 5), (*lead, 5, 3), (*lead, 3, 1)]
    assert [a.shape for a in model.intercepts_] == [(*lead, 5), (*lead, 3), (*lead, 1)]
    assert model.n_layers_ == 4
    assert model.n_outputs_ == (1 if n_classes == 2 else 3)
    assert model.out_activation_ == "logistic"
    assert model.n_features_in_ == 4
    assert model.n_iter_ == 2
    assert model.t_ == 2 * len(X)
    assert len(model.loss_curve_) == 2
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.best_iter_ == 1 + int(np.argmin(model.loss_curve_))
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None


@pytest.mark.parametrize(
    "sizes", [3, np.int64(3), [3], (3,), np.array([3]), np.array(3)], ids=lambda s: repr(s)
)
def test_hidden_layer_sizes_of_any_integer_kind(iris, sizes):
    X, y = iris
    model = MLPLogisticClassifier(sizes, max_iter=1, random_state=0).fit(X, y)
    assert model.coefs_[0].shape == (3, 4, 3)


def test_shuffle_changes_the_result(iris):
    X, y = iris
    fits = [
        MLPLogisticClassifier(2, max_iter=1, random_state=0, shuffle=shuffle).fit(X, y).coefs_[0]
        for shuffle in (True, True, False, False)
    ]
    np.testing.assert_array_equal(fits[0], fits[1])
    np.testing.assert_array_equal(fits[2], fits[3])
    assert not np.array_equal(fits[0], fits[2])


def test_what_a_function_of_a_user_keeps_is_not_changed(iris):
    class Keeping(MLPLogisticClassifier):
        def decision_function(self, X):
            self.__dict__.setdefault("kept", super().decision_function(X))
            return self.kept

    X, y = iris[0].astype(np.float32), iris[1]
    model = Keeping(4, max_iter=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
        plain = MLPLogisticClassifier(4, max_iter=2, random_state=0).fit(X, y)
    model.kept = model.decision_function(X)
    before = model.kept.copy()
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert model.predict_proba(X).dtype == np.float32
    np.testing.assert_array_equal(model.kept, before)
    # The same for a function of one instance.
    plain.decision_function = lambda X: before
    plain.predict_proba(X)
    np.testing.assert_array_equal(model.kept, before)
