"""The multilayer perceptron of online backpropagation as a scikit-learn estimator."""

from importlib import import_module as _import_module
from importlib.metadata import version as _version

from ._classifier import MLPLogisticClassifier

# What is needed to look at a network is imported when it is first used.
_LAZY = {
    "BackpropTrace": "._trace",
    "GradientCheck": "._gradient_check",
    "LossCurveDisplay": "._plot",
    "NetworkDisplay": "._plot",
    "gradient_check": "._gradient_check",
    "trace_update": "._trace",
}
__all__ = ["MLPLogisticClassifier", *_LAZY]
__version__ = _version("sklearn-mlp")


def __getattr__(name):
    if name in _LAZY:
        return getattr(_import_module(_LAZY[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_LAZY})
