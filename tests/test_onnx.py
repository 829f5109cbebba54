"""In onnxruntime, an estimator converted to ONNX predicts what it predicts here."""

import re
import sys
import textwrap
import warnings
from collections import Counter
from pathlib import Path

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

from onnx import TensorProto, load_model, save_model  # noqa: E402
from onnxruntime.quantization import quantize_dynamic  # noqa: E402

import sklearn_mlp.onnx  # noqa: E402 - registers the converter

# Largest difference of a probability in float32. A sum is rounded by 6e-8 of it, and onnxruntime's
# Sigmoid is off by up to 1.7e-7; some hundred of these, of either sign, are less than 1e-6 in a
# probability of the tables here. Other processors train other weights: hence four times that.
FLOAT32_DIFFERENCE = 4e-6
# With 8 bits for each weight and each activation, the largest one here is 0.11.
QUANTIZED_DIFFERENCE = 0.2

both_types = pytest.mark.parametrize("float32", [False, True])


def convert(model, inputs, *, float32=False, target_opset=None, **options):
    """The converted model for inputs by name."""
    kinds = {
        np.float32: skl2onnx.common.data_types.FloatTensorType,
        np.float64: skl2onnx.common.data_types.DoubleTensorType,
        np.str_: skl2onnx.common.data_types.StringTensorType,
        np.object_: skl2onnx.common.data_types.StringTensorType,
    }
    types = [(name, kinds[a.dtype.type]([None, a.shape[1]])) for name, a in inputs.items()]
    by_model = {id(model): {"zipmap": False, **options}}
    if float32:
        by_model[MLPLogisticClassifier] = {"float32": float32}
    return skl2onnx.convert_sklearn(
        model, initial_types=types, options=by_model, target_opset=target_opset
    )


def outputs_of(graph, inputs):
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, inputs)


def quantized(graph, folder):
    save_model(graph, folder / "float32.onnx")
    quantize_dynamic(folder / "float32.onnx", folder / "quantized.onnx")
    return load_model(folder / "quantized.onnx")


def run(model, X, inputs=None, **options):
    """Outputs of the converted model for float32 samples (or for `inputs` by name)."""
    inputs = {"X": np.asarray(X, dtype=np.float32)} if inputs is None else inputs
    return outputs_of(convert(model, inputs, **options), inputs)


def assert_same(model, X, outputs):
    labels, probabilities = outputs
    assert probabilities.dtype == np.float32
    np.testing.assert_array_equal(labels, model.predict(X))
    assert np.abs(probabilities - model.predict_proba(X)).max() < 1e-6


def assert_close(model, X, outputs, allowed=FLOAT32_DIFFERENCE):
    """Probabilities differ by less than `allowed`, labels only where that may change them."""
    labels, probabilities = outputs
    expected = model.predict_proba(X)
    assert np.abs(probabilities - expected).max() < allowed
    assert probabilities.min() >= 0
    assert probabilities.max() <= 1
    if labels.ndim == 2:
        certain = np.abs(expected - 0.5) > allowed
    else:
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
        second, first = np.sort(expected, axis=1)[:, -2:].T
        certain = first - second > 2 * allowed
    np.testing.assert_array_equal(labels[certain], model.predict(X)[certain])
    assert certain.any()
    assert np.mean(labels == model.predict(X)) > 0.98


def check(float32):
    return assert_close if float32 else assert_same


def kinds_of(graph):
    """How many nodes a graph has of each kind."""
    return Counter(node.op_type for node in graph.graph.node)


def types_of(graph):
    """Types of a graph's constants, and those that it casts to."""
    casts = {a.i for node in graph.graph.node for a in node.attribute if a.name == "to"}
    return {constant.data_type for constant in graph.graph.initializer} | casts


def iris(n_classes, hidden=4, **parameters):
    """A model of the first classes of iris, and its inputs, which float32 has."""
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes].astype(np.float32).astype(float), y[y < n_classes]
    return MLPLogisticClassifier(hidden, random_state=0, **parameters).fit(X, y), X


@pytest.mark.parametrize("load", [load_breast_cancer, load_digits, load_iris, load_wine])
@pytest.mark.parametrize("hidden", [4, 32, (16, 8), (3, 4, 2)])
@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("labels", [int, str])
@both_types
def test_labels_are_equal_and_probabilities_within_a_millionth(
    load, hidden, scaled, labels, float32
):
    X, y = load(return_X_y=True)
    y = y if labels is int else np.array([f"class \u00e9 {label}" for label in y])
    model = MLPLogisticClassifier(hidden, random_state=0)
    if scaled:
        X, model = X.astype(np.float32).astype(float), make_pipeline(StandardScaler(), model)
    else:
        X = StandardScaler().fit_transform(X).astype(np.float32).astype(float)
    model.fit(X, y)
    check(float32)(model, X, run(model, X, float32=float32))


@both_types
def test_multilabel(float32):
    X, Y = make_multilabel_classification(300, n_features=10, n_classes=4, random_state=0)
    model = make_pipeline(StandardScaler(), MLPLogisticClassifier(8, random_state=0)).fit(X, Y)
    check(float32)(model, X, run(model, X, float32=float32))


@both_types
def test_a_pipeline_on_mixed_columns(float32):
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
    check(float32)(model, frame, run(model, None, inputs, float32=float32))


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
@both_types
def test_calibrated_networks_use_the_decision_function(n_classes, float32):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes].astype(np.float32).astype(float), y[y < n_classes]
    network = MLPLogisticClassifier(4, max_iter=5, random_state=0)
    model = CalibratedClassifierCV(network, cv=3).fit(X, y)
    check(float32)(model, X, run(model, X, float32=float32))


@pytest.mark.parametrize("labels", [int, str])
def test_doubles_in_doubles_out(labels):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(4, random_state=0).fit(X, y.astype(labels))
    got, probabilities = run(model, None, {"X": X})
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities, model.predict_proba(X), rtol=1e-12)
    np.testing.assert_array_equal(got, model.predict(X))


@pytest.mark.parametrize("target_opset", [13, 15, 18])
@both_types
def test_older_opsets(target_opset, float32):
    X, y = load_iris(return_X_y=True)
    for n_classes in (2, 3):
        model = MLPLogisticClassifier(4, random_state=0).fit(X[y < n_classes], y[y < n_classes])
        outputs = run(model, X, target_opset=target_opset, float32=float32)
        check(float32)(model, X, outputs)


@both_types
def test_numbers_instead_of_labels(float32):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(4, random_state=0).fit(X, np.array(["a", "b", "c"])[y])
    labels = run(model, X, nocl=True, float32=float32)[0]
    np.testing.assert_array_equal(labels, np.searchsorted(["a", "b", "c"], model.predict(X)))


@pytest.mark.parametrize("n_rows", [0, 1])
@both_types
def test_no_row_or_one(n_rows, float32):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(4, random_state=0).fit(X, y)
    labels, probabilities = run(model, X[:n_rows], float32=float32)
    assert labels.shape == (n_rows,)
    assert probabilities.shape == (n_rows, 3)


@both_types
def test_zipmap_gives_dictionaries_by_label(float32):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(4, random_state=0).fit(X, y)
    dictionaries = run(model, X, zipmap=True, float32=float32)[1]
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


@pytest.mark.parametrize("n_classes", [2, 3])
def test_the_default_computes_in_float64(n_classes):
    model, X = iris(n_classes)
    graph = convert(model, {"X": X.astype(np.float32)})
    assert kinds_of(graph)["MatMul"] == 2
    assert "Sigmoid" not in kinds_of(graph)
    # Nothing but the probabilities is of float32, and they are not if the inputs are not.
    assert types_of(graph) == {TensorProto.DOUBLE, TensorProto.INT64, TensorProto.FLOAT}
    assert types_of(convert(model, {"X": X})) == {TensorProto.DOUBLE, TensorProto.INT64}


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("hidden", [4, (3, 2)])
def test_float32_has_one_product_per_layer_and_no_float64(n_classes, hidden):
    model, X = iris(n_classes, hidden)
    graph = convert(model, {"X": X.astype(np.float32)}, float32=True)
    assert types_of(graph) == {TensorProto.FLOAT, TensorProto.INT64}
    assert kinds_of(graph)["MatMul"] == kinds_of(graph)["Sigmoid"] == model.n_layers_ - 1
    # Nothing moves numbers about.
    assert not {"Concat", "Reshape", "Squeeze", "Transpose"} & set(kinds_of(graph))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_float32_takes_doubles_and_gives_doubles(n_classes):
    model, X = iris(n_classes)
    graph = convert(model, {"X": X}, float32=True)
    assert TensorProto.DOUBLE not in {constant.data_type for constant in graph.graph.initializer}
    outputs = outputs_of(graph, {"X": X})
    assert outputs[1].dtype == np.float64
    assert_close(model, X, outputs)


@pytest.mark.parametrize("hidden", [8, (5, 3)])
def test_networks_of_float32_that_are_too_many_are_stacked(monkeypatch, hidden):
    X, Y = make_multilabel_classification(300, n_features=10, n_classes=4, random_state=0)
    inputs = {"X": X.astype(np.float32)}
    model = make_pipeline(StandardScaler(), MLPLogisticClassifier(hidden, random_state=0)).fit(X, Y)
    side_by_side = convert(model, inputs, float32=True)
    monkeypatch.setattr(sklearn_mlp.onnx, "MAX_ZEROS", 0)
    stacked = convert(model, inputs, float32=True)
    # Without the zeros, it has fewer numbers.
    assert stacked.ByteSize() < side_by_side.ByteSize()
    assert_close(model, X, outputs_of(stacked, inputs))


def test_float32_has_no_nan_where_all_outputs_underflow():
    model, X = iris(3)
    model.coefs_ = [*model.coefs_[:-1], np.full_like(model.coefs_[-1], -200)]
    assert model.decision_function(X).max() < -150
    # float32 has logits of -800 in steps of 6e-5.
    assert_close(model, X, run(model, X, float32=True), allowed=2e-4)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_ties_in_float32_are_the_first_class(n_classes):
    model, X = iris(n_classes, max_iter=1)
    model.coefs_ = [np.zeros_like(coef) for coef in model.coefs_]
    model.intercepts_ = [np.zeros_like(intercept) for intercept in model.intercepts_]
    labels, probabilities = run(model, X, float32=True)
    assert set(labels) == {0}
    np.testing.assert_allclose(probabilities, 1 / n_classes, rtol=1e-6)


def test_probabilities_in_float32_do_not_exceed_1():
    # Some numbers between 17.84 and 17.9 have a Sigmoid above 1 in onnxruntime.
    model, _ = iris(2, hidden=1)
    model.coefs_ = [np.array([[1.0], [0.0], [0.0], [0.0]]), np.array([[0.06]])]
    model.intercepts_ = [np.zeros(1), np.array([17.84])]
    X = np.zeros((100_000, 4), dtype=np.float32)
    X[:, 0] = np.linspace(-5, 5, len(X))
    assert_close(model, X.astype(float), run(model, X, float32=True))


@pytest.mark.parametrize("weight", [1e39, 1.5e38])
def test_weights_too_large_for_float32_are_refused(weight):
    model, X = iris(2)
    # In float32 each of the second ones is finite, and their sum is not.
    model.coefs_ = [model.coefs_[0], np.full_like(model.coefs_[1], weight)]
    with pytest.raises(ValueError, match=f"up to {4 * weight:.1e}".replace("+", r"\+")):
        run(model, X, float32=True)
    assert_same(model, X, run(model, X))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"float32": "yes"}, ValueError, "'yes'.* for option 'float32' .*must be in .True, False"),
        ({"float16": True}, NameError, "Option 'float16' not in .'float32', "),
    ],
)
def test_options_that_do_not_exist(options, error, message):
    model, X = iris(2)
    with pytest.raises(error, match=message):
        run(model, X, **options)


@pytest.mark.parametrize("load", [load_breast_cancer, load_digits, load_iris, load_wine])
@pytest.mark.parametrize("hidden", [32, (16, 8)])
def test_float32_can_be_quantized(tmp_path, load, hidden):
    X, y = load(return_X_y=True)
    X = X.astype(np.float32).astype(float)
    inputs = {"X": X.astype(np.float32)}
    model = make_pipeline(StandardScaler(), MLPLogisticClassifier(hidden, random_state=0)).fit(X, y)
    graph = quantized(convert(model, inputs, float32=True), tmp_path)
    assert kinds_of(graph)["MatMulInteger"] == model[-1].n_layers_ - 1
    assert "MatMul" not in kinds_of(graph)
    outputs = outputs_of(graph, inputs)
    assert_close(model, X, outputs, allowed=QUANTIZED_DIFFERENCE)
    assert np.abs(outputs[1] - model.predict_proba(X)).mean() < 0.01


@pytest.mark.parametrize("max_zeros", [0, 2**15])
def test_multilabel_networks_can_be_quantized(tmp_path, monkeypatch, max_zeros):
    monkeypatch.setattr(sklearn_mlp.onnx, "MAX_ZEROS", max_zeros)
    X, Y = make_multilabel_classification(300, n_features=10, n_classes=4, random_state=0)
    inputs = {"X": X.astype(np.float32)}
    model = make_pipeline(StandardScaler(), MLPLogisticClassifier(8, random_state=0)).fit(X, Y)
    graph = quantized(convert(model, inputs, float32=True), tmp_path)
    assert kinds_of(graph)["MatMulInteger"] == 2
    assert_close(model, X, outputs_of(graph, inputs), allowed=QUANTIZED_DIFFERENCE)


def test_the_code_of_the_page_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).parent.parent / "docs" / "export.rst"
    section = page.read_text().partition("C for microcontrollers")[0]
    blocks = re.findall(r"code-block:: python\n\n((?:   .*\n|\n)+)", section)
    assert len(blocks) == 2
    model, X = iris(3)
    names = {"model": model, "X": X}
    for block in blocks:
        exec(textwrap.dedent(block), names)
        assert np.mean(names.pop("labels") == model.predict(X)) > 0.98
