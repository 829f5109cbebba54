"""In onnxruntime, an estimator converted to ONNX predicts what it predicts here."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_multilabel_classification,
)
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from sklearn_mlp import MLPLogisticClassifier

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    onnxruntime = pytest.importorskip("onnxruntime")
    skl2onnx = pytest.importorskip("skl2onnx")

import sklearn_mlp.onnx  # noqa: E402, F401 - registers the converter


def run(model, X, inputs=None, **options):
    """Outputs of the converted model for float32 samples (or for `inputs` by name)."""
    kinds = {
        np.float32: skl2onnx.common.data_types.FloatTensorType,
        np.float64: skl2onnx.common.data_types.DoubleTensorType,
        np.str_: skl2onnx.common.data_types.StringTensorType,
        np.object_: skl2onnx.common.data_types.StringTensorType,
    }
    inputs = {"X": np.asarray(X, dtype=np.float32)} if inputs is None else inputs
    opset = options.pop("target_opset", None)
    types = [(name, kinds[a.dtype.type]([None, a.shape[1]])) for name, a in inputs.items()]
    graph = skl2onnx.convert_sklearn(
        model, initial_types=types, options={"zipmap": False, **options}, target_opset=opset
    )
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)


def assert_same(model, X, outputs):
    labels, probabilities = outputs
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(labels, model.predict(X))
    assert np.abs(probabilities - model.predict_proba(X)).max() < 1e-6


@pytest.mark.parametrize("load", [load_breast_cancer, load_digits, load_iris, load_wine])
@pytest.mark.parametrize("hidden", [4, 32, (16, 8), (3, 4, 2)])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("labels", [int, str])
def test_labels_are_equal_and_probabilities_within_a_millionth(load, hidden, scaled, labels):
    X, y = load(return_X_y=True)
    y = y if labels is int else np.array([f"class \u00e9 {label}" for label in y])
    model = MLPLogisticClassifier(hidden, random_state=0)
    if scaled:
        X, model = X.astype(np.float32).astype(float), make_pipeline(StandardScaler(), model)
    else:
        X = StandardScaler().fit_transform(X).astype(np.float32).astype(float)
    model.fit(X, y)
    assert_same(model, X, run(model, X))


def test_multilabel():
    X, Y = make_multilabel_classification(300, n_features=10, n_classes=4, random_state=0)
    model = make_pipeline(StandardScaler(), MLPLogisticClassifier(8, random_state=0)).fit(X, Y)
    assert_same(model, X, run(model, X))


def test_a_pipeline_on_mixed_columns():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.normal(size=300).astype(np.float32),
            "b": rng.normal(loc=50, size=300).astype(np.float32),
            "c": rng.choice(["x", "y", "z"], 300),
        }
    )
    y = (frame["a"] > 0) ^ (frame["c"] == "x")
    columns = make_column_transformer(
        (StandardScaler(), ["a", "b"]), (OneHotEncoder(sparse_output=False), ["c"])
    )
    model = make_pipeline(columns, MLPLogisticClassifier(8, random_state=0)).fit(frame, y)
    inputs = {name: frame[[name]].to_numpy() for name in frame}
    assert_same(model, frame, run(model, None, inputs))


def test_float32_networks_no_bias_nodes_and_boolean_labels():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X).astype(np.float32)
    model = MLPLogisticClassifier(8, fit_intercept=False, random_state=0).fit(X, y == 1)
    # The converted network computes in float64 from the same float32 weights.
    labels, probabilities = run(model, X)
    assert np.abs(probabilities - model.predict_proba(X)).max() < 1e-5
    np.testing.assert_array_equal(labels.astype(bool), model.predict(X))


def test_saturated_networks_and_ties():
    X, y = load_iris(return_X_y=True)
    for n_classes in (2, 3):
        model = MLPLogisticClassifier(4, random_state=0).fit(X[y < n_classes], y[y < n_classes])
        model.coefs_ = [*model.coefs_[:-1], np.full_like(model.coefs_[-1], -1e4)]
        assert_same(model, X, run(model, X))
        model.coefs_ = [1e4 * model.coefs_[0], *model.coefs_[1:]]
        assert_same(model, X, run(model, X))
        # A logit of 0 is the first class, as in predict.
        model.coefs_ = [np.zeros_like(coef) for coef in model.coefs_]
        model.intercepts_ = [np.zeros_like(intercept) for intercept in model.intercepts_]
        assert_same(model, X, run(model, X))
        assert set(run(model, X)[0]) == {0}


@pytest.mark.parametrize("n_classes", [2, 3])
def test_calibrated_networks_use_the_decision_function(n_classes):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes].astype(np.float32).astype(float), y[y < n_classes]
    network = MLPLogisticClassifier(4, max_iter=5, random_state=0)
    model = CalibratedClassifierCV(network, cv=3).fit(X, y)
    labels, probabilities = run(model, X)
    np.testing.assert_array_equal(labels, model.predict(X))
    assert np.abs(probabilities - model.predict_proba(X)).max() < 1e-6


@pytest.mark.parametrize("labels", [int, str])
def test_doubles_in_doubles_out(labels):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(4, random_state=0).fit(X, y.astype(labels))
    got, probabilities = run(model, None, {"X": X})
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(got, model.predict(X))


@pytest.mark.parametrize("target_opset", [13, 15, 18])
def test_older_opsets(target_opset):
    X, y = load_iris(return_X_y=True)
    for n_classes in (2, 3):
        model = MLPLogisticClassifier(4, random_state=0).fit(X[y < n_classes], y[y < n_classes])
        assert_same(model, X, run(model, X, target_opset=target_opset))


def test_numbers_instead_of_labels():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(4, random_state=0).fit(X, np.array(["a", "b", "c"])[y])
    labels = run(model, X, nocl=True)[0]
    np.testing.assert_array_equal(labels, np.searchsorted(["a", "b", "c"], model.predict(X)))


@pytest.mark.parametrize("n_rows", [0, 1])
def test_no_row_or_one(n_rows):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(4, random_state=0).fit(X, y)
    labels, probabilities = run(model, X[:n_rows])
    assert labels.shape == (n_rows,)
    assert probabilities.shape == (n_rows, 3)


def test_zipmap_gives_dictionaries_by_label():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(4, random_state=0).fit(X, y)
    dictionaries = run(model, X, zipmap=True)[1]
    assert set(dictionaries[0]) == {0, 1, 2}
    np.testing.assert_allclose(
        [[d[k] for k in range(3)] for d in dictionaries], model.predict_proba(X), atol=1e-6
    )


@pytest.mark.parametrize("zipmap", [True, False])
def test_an_estimator_that_is_not_fitted(zipmap):
    with pytest.raises(NotFittedError, match="This MLPLogisticClassifier instance is not fitted"):
        run(MLPLogisticClassifier(), np.zeros((1, 4)), zipmap=zipmap)


def test_without_skl2onnx_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    monkeypatch.delitem(sys.modules, "sklearn_mlp.onnx")
    with pytest.raises(ImportError, match=r'pip install "sklearn-mlp\[onnx\]"'):
        import sklearn_mlp.onnx  # noqa: F401


def test_an_old_opset_is_refused_by_what_is_needed():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match="needs opset 13 or newer of ONNX, got target_opset=12"):
        skl2onnx.to_onnx(model, X[:1].astype(np.float32), target_opset=12)


@pytest.mark.parametrize("labels", [[0, 1, 2], ["a", "b", "c"]])
def test_the_class_labels_can_be_an_output(labels):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0).fit(X, np.array(labels)[y])
    options = {"zipmap": False, "output_class_labels": True}
    graph = skl2onnx.to_onnx(model, X[:1].astype(np.float32), options=options)
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    _, _, classes = session.run(None, {"X": X[:2].astype(np.float32)})
    assert classes.tolist() == labels


def test_labels_that_onnx_does_not_have_are_refused():
    X, y = load_iris(return_X_y=True)
    labels = np.array([1, 2**63 - 1, 2**63 + 5], dtype=np.uint64)
    model = MLPLogisticClassifier(3, random_state=0).fit(X, labels[y])
    with pytest.raises(ValueError, match=f"no labels as large as {2**63 + 5}"):
        skl2onnx.to_onnx(model, X[:1].astype(np.float32), options={"zipmap": False})
    model.fit(X[:100], labels[y[:100]])
    graph = skl2onnx.to_onnx(model, X[:1].astype(np.float32), options={"zipmap": False})
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    (label, _) = session.run(None, {"X": X[:100:60].astype(np.float32)})
    assert label.tolist() == [1, 2**63 - 1]
