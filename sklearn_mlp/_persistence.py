"""State to and from a file: the version that wrote it, what older versions lack, damage."""

import math
import warnings

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

from ._validation import DTYPES
from ._version import __version__

VERSION_KEY = "_sklearn_mlp_version"


def state_to_file(state):
    """What is pickled: the attributes, without the packed weights, which the views repeat."""
    state = dict(state)
    state.pop("_packed", None)
    return state | {VERSION_KEY: __version__}


def state_from_file(state, estimator_name):
    """The attributes, with what files of older versions lack; warns if the version is another."""
    state = dict(state)
    version = state.pop(VERSION_KEY, "0.1.0.dev")  # which did not write it
    if version != __version__:
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=estimator_name,
                current_sklearn_version=__version__,
                original_sklearn_version=version,
            ),
            stacklevel=3,
        )
    if "coefs_" in state:
        state.setdefault("multilabel_", False)
        state.setdefault("_stream", None)
        for curve in ("learning_rate_curve_", "alpha_curve_"):
            state.setdefault(curve, [math.nan] * len(state["loss_curve_"]))
    return state


def check_attributes(estimator, weights):
    """Raise ValueError if a file's attributes do not belong together.

    `weights` are those of all networks, an array of shape (n_networks, n_values).
    """
    sizes = [np.shape(coef)[-2] for coef in estimator.coefs_]
    n_classes = len(estimator.classes_)
    n_networks = n_classes if estimator.multilabel_ or n_classes > 2 else 1
    if (
        weights.dtype not in DTYPES
        or estimator.n_features_in_ != sizes[0]
        or estimator.n_layers_ != len(sizes) + 1
        or estimator.n_outputs_ != n_networks
        or len(weights) != n_networks
        or (n_networks > 1) != (np.ndim(estimator.coefs_[0]) == 3)
    ):
        raise ValueError(
            f"The attributes of this {type(estimator).__name__} do not belong together: its file "
            "is damaged."
        )
