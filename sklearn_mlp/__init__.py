"""The multilayer perceptron of online backpropagation as a scikit-learn estimator."""

from importlib.metadata import version as _version

from ._classifier import MLPLogisticClassifier

__all__ = ["MLPLogisticClassifier"]
__version__ = _version("sklearn-mlp")
