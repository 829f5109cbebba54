"""Conversion to ONNX: importing this module registers the converter with skl2onnx.

The graph takes what skl2onnx gives it (float32 as a rule), computes in float64, as the estimator
does, and gives probabilities of the type of the inputs. It needs opset 13 or newer. All networks of
an estimator are one stack of matrices. With the option ``float32`` the graph computes in float32:
it is faster and can be quantized, but tiny probabilities lose their digits.
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
from scipy.linalg import block_diag

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

# Networks side by side are one matrix with zeros between them. With more zeros than this, many rows
# take longer than with a stack of matrices.
MAX_ZEROS = 2**15


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
    # What calibrates a classifier asks for its `decision_function`: `raw_scores`.
    options = container.get_options(model, {"float32": False, "nocl": False, "raw_scores": False})
    graph = _Graph(scope, container, np.float32 if options["float32"] else np.float64)
    logits = _logits(graph, model, operator.inputs[0].full_name)
    kind = _raw_scores if options["raw_scores"] else _probabilities
    scores = kind(graph, model, logits)
    double = isinstance(operator.outputs[1].type, DoubleTensorType)
    scores_type = TensorProto.DOUBLE if double else TensorProto.FLOAT
    if graph.dtype == np.float32 and not double:
        # onnxruntime removes an Identity, but not a Cast at the end of a graph.
        graph.node("Identity", scores, output=operator.outputs[1].full_name)
    else:
        graph.node("Cast", scores, to=scores_type, output=operator.outputs[1].full_name)

    _add_labels(graph, model, logits, options["nocl"], operator.outputs[0].full_name)


def _add_labels(graph, model, logits, nocl, output):
    """Add the nodes that compute `predict`, or with `nocl` the numbers of the classes."""
    if model.multilabel_:
        positive = graph.node("Greater", logits, graph.constant(0.0))
        graph.node("Cast", positive, to=TensorProto.INT64, output=output)
        return
    if _in_one_column(graph, model):
        # Not the larger of the two probabilities: at a logit of 0 they are equal.
        positive = graph.node("Greater", logits, graph.constant(0.0))
        most_probable = graph.node("Cast", positive, to=TensorProto.INT64)
        most_probable = graph.node("Reshape", most_probable, graph.constant(np.array([-1])))
    else:
        most_probable = graph.node("ArgMax", logits, axis=1, keepdims=0)
    # Strings, or whole numbers: skl2onnx has made sure of that.
    classes = np.asarray(model.classes_)
    classes = np.arange(len(classes)) if nocl else classes
    if classes.dtype.kind == "u" and classes.max() >= 2**63:
        raise ValueError(f"ONNX has no labels as large as {classes.max()}: labels are int64.")
    if classes.dtype.kind in "biuf":
        classes = classes.astype(np.int64)
    graph.node("Gather", graph.constant(classes), most_probable, output=output)


def _in_one_column(graph, model):
    """Whether the logits of two classes are those of the second class only."""
    return model.n_outputs_ == 1 and graph.dtype == np.float64


def _raw_scores(graph, model, logits):
    if _in_one_column(graph, model):
        return graph.node("Concat", graph.node("Neg", logits), logits, axis=1)
    return logits


def _logits(graph, model, inputs):
    """Preactivations of the output nodes, shape (n, n_outputs); in float32 one column per class."""
    layers = _layers(model, graph.dtype)
    n_zeros = max((model.n_outputs_ - 1) * coef.size for coef, _ in layers[1:])
    side_by_side = graph.dtype == np.float32 and n_zeros <= MAX_ZEROS
    signal = graph.node("Cast", inputs, to=graph.float_type)
    for layer, (coef, bias) in enumerate(layers):
        if layer > 0:
            signal = _logistic(graph, signal)
        if side_by_side:
            coef = np.hstack(coef) if layer == 0 else block_diag(*coef)
            bias = bias.ravel()
        signal = graph.node("MatMul", signal, graph.constant(coef))
        signal = graph.node("Add", signal, graph.constant(bias))
    if side_by_side:
        return signal
    signal = graph.node("Squeeze", signal, graph.constant(np.array([2])))  # (n_outputs, n, 1)
    return graph.node("Transpose", signal, perm=[1, 0])


def _layers(model, dtype):
    """Weights and bias weights of each layer, stacked by network."""
    layers = []
    for coef, intercept in zip(model.coefs_, model.intercepts_, strict=True):
        coef = np.reshape(coef, (model.n_outputs_, *np.shape(coef)[-2:])).astype(np.float64)
        bias = np.reshape(intercept, (model.n_outputs_, 1, -1)).astype(np.float64)
        layers.append((coef, bias))
    if dtype == np.float64:
        return layers
    if model.n_outputs_ == 1:
        # One product gives the logits of both classes, in less time than nodes for the first one.
        layers[-1] = tuple(np.concatenate([-array, array], axis=2) for array in layers[-1])
    for coef, bias in layers:
        with np.errstate(over="ignore"):
            largest = (np.abs(coef).sum(axis=1) + np.abs(bias[:, 0])).max()
        # Infinities of both signs would add up to NaN.
        if largest > np.finfo(np.float32).max:
            raise ValueError(
                f"The weights of a node add up to {largest:.1e}, too much for float32: convert "
                "without the option float32."
            )
    return [(coef.astype(np.float32), bias.astype(np.float32)) for coef, bias in layers]


def _log_logistic(graph, signal):
    """``log f(x)``, which is finite where ``f(x)`` itself underflows to 0."""
    if graph.dtype == np.float32:
        # ``log f(x) = min(x, 0) + log f(abs(x))``
        logarithm = graph.node("Log", _logistic(graph, graph.node("Abs", signal)))
        return graph.node("Add", graph.node("Min", signal, graph.constant(0.0)), logarithm)
    # ``log f(x) = min(x, 0) - log(1 + exp(-abs(x)))``: onnxruntime's Sigmoid overflows.
    exponential = graph.node("Exp", graph.node("Neg", graph.node("Abs", signal)))
    logarithm = graph.node("Log", graph.node("Add", exponential, graph.constant(1.0)))
    return graph.node("Sub", graph.node("Min", signal, graph.constant(0.0)), logarithm)


def _logistic(graph, signal):
    if graph.dtype == np.float32:
        return graph.node("Sigmoid", signal)
    return graph.node("Exp", _log_logistic(graph, signal))


def _probabilities(graph, model, logits):
    if model.n_outputs_ > 1 and not model.multilabel_:
        # From the logarithms, for the outputs themselves may all underflow to 0.
        return graph.node("Softmax", _log_logistic(graph, logits), axis=1)
    if graph.dtype == np.float32:
        # onnxruntime's Sigmoid of some numbers is 1 + 1.2e-7.
        return graph.node("Min", _logistic(graph, logits), graph.constant(1.0))
    if model.multilabel_:
        return _logistic(graph, logits)
    negative = _logistic(graph, graph.node("Neg", logits))
    return graph.node("Concat", negative, _logistic(graph, logits), axis=1)


class _Graph:
    """Adds nodes and constants under names of their own, which it returns.

    `dtype` is that of all floats in the graph.
    """

    def __init__(self, scope, container, dtype):
        self.scope, self.container, self.dtype = scope, container, dtype
        self.float_type = TensorProto.FLOAT if dtype == np.float32 else TensorProto.DOUBLE

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
        types = {"f": self.float_type, "i": TensorProto.INT64}
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
        "float32": [True, False],
        "nocl": [True, False],
        "output_class_labels": [True, False],
        "raw_scores": [True, False],
        "zipmap": [True, False, "columns"],
    },
)
