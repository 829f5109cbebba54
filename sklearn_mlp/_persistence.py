"""State to and from a file: the version that wrote it, what older versions lack, damage."""

import math
import warnings
from itertools import pairwise
from numbers import Integral, Real

import numpy as np
from sklearn.exceptions import InconsistentVersionWarning

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
    if is_fitted(state):
        state.setdefault("multilabel_", False)
        state.setdefault("_stream", None)
        for curve in ("learning_rate_curve_", "alpha_curve_"):
            state.setdefault(curve, [math.nan] * len(state.get("loss_curve_") or []))
        scores = state.get("validation_scores_")
        unknown = [math.nan] * len(scores) if isinstance(scores, list) else None
        state.setdefault("validation_loss_curve_", unknown)
    return state


def is_fitted(state):
    """Whether a file has any of the fitted attributes."""
    return not state.keys().isdisjoint(("classes_", "coefs_", "intercepts_", "n_features_in_"))


def check_state(state, estimator_name):
    """Raise ValueError if the attributes of a fitted estimator do not belong together."""
    try:
        is_whole = _is_whole(state)
    except Exception:  # whatever it is that a damaged file has in place of an attribute
        is_whole = False
    if not is_whole:
        raise ValueError(
            f"The attributes of this {estimator_name} do not belong together: its file is damaged."
        )


def _is_whole(state):
    classes, n_classes = state["classes_"], len(state["classes_"])
    is_multilabel = state["multilabel_"]
    n_networks = n_classes if is_multilabel or n_classes > 2 else 1
    lead = (n_networks,) if n_networks > 1 else ()
    coefs, intercepts = state["coefs_"], state["intercepts_"]
    sizes = [state["n_features_in_"], *(np.shape(b)[-1] for b in intercepts)]
    shapes = [(*lead, *shape) for shape in pairwise(sizes)]
    curves = [state[f"{name}_curve_"] for name in ("loss", "learning_rate", "alpha")]
    scores, losses = state["validation_scores_"], state["validation_loss_curve_"]
    totals, stream = state["_class_totals"], state["_stream"]
    names = state.get("feature_names_in_")
    return (
        isinstance(classes, np.ndarray)
        and classes.ndim == 1
        and n_classes >= 2
        and np.array_equal(classes, np.unique(classes))
        and isinstance(is_multilabel, bool)
        and (not is_multilabel or np.array_equal(classes, np.arange(n_classes)))
        and len(sizes) > 2
        and min(sizes) >= 1
        and sizes[-1] == 1
        and [np.shape(coef) for coef in coefs] == shapes
        and [np.shape(b) for b in intercepts] == [(*lead, n) for n in sizes[1:]]
        and all(np.asarray(a).dtype.kind in "fiu" for a in (*coefs, *intercepts))
        and all(np.isfinite(a).all() for a in (*coefs, *intercepts))
        and state["n_layers_"] == len(sizes)
        and state["n_outputs_"] == n_networks
        and state["out_activation_"] == "logistic"
        and all(_is_number(state[name], Integral) for name in ("t_", "n_iter_", "_seed"))
        and min(state["t_"], state["n_iter_"]) >= 0
        and all(_is_number(state[name]) for name in ("loss_", "alpha_", "learning_rate_init_"))
        and all(
            state[name] is None or _is_number(state[name])
            for name in ("best_iter_", "best_loss_", "best_validation_score_")
        )
        and all(isinstance(curve, list) and len(curve) == len(curves[0]) for curve in curves)
        and (scores is None) == (losses is None)
        and (scores is None or (isinstance(scores, list) and isinstance(losses, list)))
        and len(scores or []) == len(losses or [])
        and all(
            _is_number(value)
            for values in (*curves, scores or [], losses or [])
            for value in values
        )
        and isinstance(state["_generator"], np.random.Generator)
        and (totals is None or (isinstance(totals, list) and len(totals) == n_classes))
        and (totals is None or all(_is_number(total, Integral) for total in totals))
        and (stream is None or len(stream["positive"]) == n_networks)
        and (names is None or (isinstance(names, np.ndarray) and names.shape == (sizes[0],)))
    )


def _is_number(value, kind=Real):
    return isinstance(value, kind) and not isinstance(value, bool)
