"""Conversion to ONNX: importing this module registers the converter with skl2onnx.

The graph takes what skl2onnx gives it (float32 as a rule), computes in float64, as the estimator
does, and gives probabilities of the type of the inputs. It needs opset 13. All networks of an
estimator are one stack of matrices.
The module needs skl2onnx: ``pip install "sklearn-mlp[onnx]"``.

Examples
--------
>>> import numpy as np
>>> from skl2onnx import to_onnx
>>> from sklearn.datasets import load_iris
>>> import sklearn_mlp.onnx
>>> X, y = load_iris(return_X_y=True)
>>> model = sklearn_mlp.MLPLogisticClassifier(4, random_state=0).fit(X, y)
>>> graph = to_onnx(model, X[:1].astype(np.float32), options={"zipmap": False})
>>> [output.name for output in graph.graph.output]
['label', 'probabilities']
"""

import numpy as np

try:
    from onnx import TensorProto
    from skl2onnx import update_registered_converter
    from skl2onnx._parse import _parse_sklearn_classifier
    from skl2onnx.common.data_types import DoubleTensorType
    from skl2onnx.common.shape_calculator import calculate_linear_classifier_output_shapes
except ImportError as error:
    raise ImportError(
        'sklearn_mlp.onnx needs skl2onnx: pip install "sklearn-mlp[onnx]", or skl2onnx.'
    ) from error

from sklearn.utils.validation import check_is_fitted

from ._classifier import MLPLogisticClassifier

__all__ = []

MIN_OPSET = 13


def _convert(scope, operator, container):
    """Add the nodes that compute `predict` and `predict_proba`."""
    model = operator.raw_operator
    if container.target_opset < MIN_OPSET:
        raise ValueError(
            f"MLPLogisticClassifier needs opset {MIN_OPSET} or newer of ONNX, got target_opset="
            f"{container.target_opset}."
        )
    for activation in (model.hidden_activation_, model.out_activation_):
        if activation != "logistic":
            raise ValueError(f"The graph has no activation {activation!r}, only 'logistic'.")
    graph = _Graph(scope, container)
    logits = _logits(graph, model, operator.inputs[0].full_name)
    # What calibrates a classifier asks for its `decision_function`.
    options = container.get_options(model, {"nocl": False, "raw_scores": False})
    kind = _raw_scores if options["raw_scores"] else _probabilities
    scores = kind(graph, model, logits)
    double = isinstance(operator.outputs[1].type, DoubleTensorType)
    scores_type = TensorProto.DOUBLE if double else TensorProto.FLOAT
    graph.node("Cast", scores, to=scores_type, output=operator.outputs[1].full_name)

    label = operator.outputs[0].full_name
    if model.multilabel_:
        positive = graph.node("Greater", logits, graph.constant(0.0))
        graph.node("Cast", positive, to=TensorProto.INT64, output=label)
        return
    if model.n_outputs_ == 1:
        # Not the larger of the two probabilities: at a logit of 0 they are equal.
        positive = graph.node("Greater", logits, graph.constant(0.0))
        most_probable = graph.node("Cast", positive, to=TensorProto.INT64)
        most_probable = graph.node("Reshape", most_probable, graph.constant(np.array([-1])))
    else:
        most_probable = graph.node("ArgMax", logits, axis=1, keepdims=0)
    # Strings, or whole numbers: skl2onnx has made sure of that.
    classes = np.asarray(model.classes_)
    classes = np.arange(len(classes)) if options["nocl"] else classes
    if classes.dtype.kind == "u" and classes.max() >= 2**63:
        raise ValueError(f"ONNX has no labels as large as {classes.max()}: they are of int64.")
    if classes.dtype.kind in "biuf":
        classes = classes.astype(np.int64)
    graph.node("Gather", graph.constant(classes), most_probable, output=label)


def _raw_scores(graph, model, logits):
    if model.n_outputs_ > 1:
        return logits
    return graph.node("Concat", graph.node("Neg", logits), logits, axis=1)


def _logits(graph, model, inputs):
    """Preactivations of the output nodes, shape (n, n_outputs); matrices are stacked by network."""
    signal = graph.node("Cast", inputs, to=TensorProto.DOUBLE)
    for layer, (coef, intercept) in enumerate(zip(model.coefs_, model.intercepts_, strict=True)):
        if layer > 0:
            signal = _logistic(graph, signal)
        coef = np.reshape(coef, (model.n_outputs_, *np.shape(coef)[-2:])).astype(np.float64)
        bias = np.reshape(intercept, (model.n_outputs_, 1, -1)).astype(np.float64)
        signal = graph.node("MatMul", signal, graph.constant(coef))
        signal = graph.node("Add", signal, graph.constant(bias))
    signal = graph.node("Squeeze", signal, graph.constant(np.array([2])))  # (n_outputs, n, 1)
    return graph.node("Transpose", signal, perm=[1, 0])


def _log_logistic(graph, signal):
    """``log f(x) = min(x, 0) - log(1 + exp(-abs(x)))``: onnxruntime's Sigmoid overflows."""
    exponential = graph.node("Exp", graph.node("Neg", graph.node("Abs", signal)))
    logarithm = graph.node("Log", graph.node("Add", exponential, graph.constant(1.0)))
    return graph.node("Sub", graph.node("Min", signal, graph.constant(0.0)), logarithm)


def _logistic(graph, signal):
    return graph.node("Exp", _log_logistic(graph, signal))


def _probabilities(graph, model, logits):
    if model.multilabel_:
        return _logistic(graph, logits)
    if model.n_outputs_ == 1:
        negative = _logistic(graph, graph.node("Neg", logits))
        return graph.node("Concat", negative, _logistic(graph, logits), axis=1)
    # From the logarithms, for the outputs themselves may all underflow to 0.
    return graph.node("Softmax", _log_logistic(graph, logits), axis=1)


class _Graph:
    """Adds nodes and constants under names of their own, which it returns."""

    def __init__(self, scope, container):
        self.scope, self.container = scope, container

    def node(self, kind, *inputs, output=None, **attributes):
        output = output or self.scope.get_unique_variable_name(kind.lower())
        version = {"Cast": 13, "Gather": 13, "Greater": 13, "Softmax": 13, "Squeeze": 13}.get(kind)
        if version is not None:
            attributes["op_version"] = version
        name = self.scope.get_unique_operator_name(kind)
        self.container.add_node(kind, list(inputs), output, name=name, **attributes)
        return output

    def constant(self, value):
        value = np.asarray(value)
        types = {"f": TensorProto.DOUBLE, "i": TensorProto.INT64}
        name = self.scope.get_unique_variable_name("constant")
        kind = types.get(value.dtype.kind, TensorProto.STRING)
        values = value.ravel().tolist()
        if kind == TensorProto.STRING:
            values = [text.encode() for text in values]
        self.container.add_initializer(name, kind, value.shape, values)
        return name


def _parse(scope, model, inputs, custom_parsers=None):
    check_is_fitted(model)  # skl2onnx would miss its classes, and say so in other words
    return _parse_sklearn_classifier(scope, model, inputs, custom_parsers)


update_registered_converter(
    MLPLogisticClassifier,
    "SklearnMlpMLPLogisticClassifier",
    calculate_linear_classifier_output_shapes,
    _convert,
    parser=_parse,
    options={
        "nocl": [True, False],
        "output_class_labels": [True, False],
        "raw_scores": [True, False],
        "zipmap": [True, False, "columns"],
    },
)
