"""The multilayer perceptron of online backpropagation as a scikit-learn estimator."""

from importlib import import_module as _import_module

from ._classifier import MLPLogisticClassifier
from ._version import __version__ as __version__

# What is needed to look at a network is imported when it is first used.
_LAZY = {
    "BackpropTrace": "._inspection.trace",
    "GradientCheck": "._inspection.gradient_check",
    "HiddenActivations": "._inspection.hidden",
    "LossCurveDisplay": "._inspection.loss_curve_display",
    "NetworkDisplay": "._inspection.network_display",
    "TrainingTrace": "._inspection.training_trace",
    "export_c": "._export_c",
    "gradient_check": "._inspection.gradient_check",
    "show_versions": "._show_versions",
    "trace_training": "._inspection.training_trace",
    "trace_update": "._inspection.trace",
}
__all__ = ["MLPLogisticClassifier", *_LAZY]


def __getattr__(name):
    if name in _LAZY:
        return getattr(_import_module(_LAZY[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_LAZY})
