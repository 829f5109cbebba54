"""The fitted attributes: a row for each, and what follows from the rows for runs and for files."""

import contextlib
import math
from collections.abc import Callable
from itertools import pairwise
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np

from .diagnosis import Stream
from .targets import n_networks_for


class Attribute(NamedTuple):
    """A fitted attribute.

    name : str
    is_valid : callable
        Whether its value in a file fits the others, from the value and the state: the dict of all
        attributes and parameters. An error means that it does not.
    of_data : bool
        Whether it describes the data; the others are those of a run.
    initial : object
        Its value when a run begins, copied. Without one, whoever prepares the data, the run or the
        fit sets it.
    of_last_fit : bool
        Whether it has the initial value, which is not copied, again when a fit begins.
    last, curve : str or None
        The field of an epoch's record whose last value it is, or whose values it lists. The curves
        go on over warm starts.
    is_validation_curve : bool
        Whether it is None if there is no validation set.
    in_file, optional : bool
        Whether files have it, and whether they may lack it.
    if_missing : callable or None
        What it is where a file lacks it, because an older version did not have it, from the state.
    is_in_versioned_files : bool
        Whether a file may lack it only if it is so old that it has no version either.
    to_file, from_file : callable or None
        Between its value and what a file has.
    """

    name: str
    is_valid: Callable
    of_data: bool = False
    initial: Any = ...
    of_last_fit: bool = False
    last: str | None = None
    curve: str | None = None
    is_validation_curve: bool = False
    in_file: bool = True
    optional: bool = False
    if_missing: Callable | None = None
    is_in_versioned_files: bool = False
    to_file: Callable | None = None
    from_file: Callable | None = None


# ------------------------------------------------------------------------- what makes one valid


def _is_number(value, kind=Real):
    return isinstance(value, kind) and not isinstance(value, bool)


def _is_count(value, state):
    return _is_number(value, Integral) and value >= 0


def _is_float(value, state):
    return _is_number(value)


def _is_float_or_none(value, state):
    return value is None or _is_number(value)


def _is_number_of_networks(n, state):
    """It is checked before what depends on it: the weights or the classes must agree with it."""
    return _is_number(n, Integral) and (
        n == _lead(state["coefs_"]) or n in _possible_numbers(state["classes_"])
    )


def _lead(coefs):
    """Number of networks by the shape of the weights, or None."""
    first = coefs[0] if isinstance(coefs, list) and coefs else None
    if not isinstance(first, np.ndarray) or first.ndim not in (2, 3):
        return None
    return 1 if first.ndim == 2 else len(first)


def _possible_numbers(classes):
    n_classes = len(classes) if isinstance(classes, np.ndarray) else 0
    return {n_networks_for(n_classes, multilabel=multilabel) for multilabel in (False, True)}


def _are_classes(classes, state):
    """They may have been renamed, so that they are in any order."""
    return (
        isinstance(classes, np.ndarray)
        and classes.ndim == 1
        and len(classes) >= 2
        and state["n_outputs_"] in _possible_numbers(classes)
        and not (classes.dtype.kind in "fmM" and not np.isfinite(classes).all())
        and not (state["multilabel_"] is True and classes.tolist() != list(range(len(classes))))
    )


def _is_multilabel(multilabel, state):
    n = n_networks_for(len(state["classes_"]), multilabel=multilabel)
    return isinstance(multilabel, bool) and state["n_outputs_"] == n


def _is_number_of_inputs(n, state):
    return _is_number(n, Integral) and n >= 1 and n == np.shape(state["coefs_"][0])[-2]


def _are_names(names, state):
    return len(names) == state["n_features_in_"] and all(isinstance(name, str) for name in names)


def _are_weights(arrays, state):
    """Whether they are arrays of float64 or float32, finite in the dtype of the network."""
    are_float32 = all(a.dtype == np.float32 for a in state["coefs_"])
    dtype = np.float32 if are_float32 else np.float64
    with np.errstate(over="ignore"):
        return (
            isinstance(arrays, list)
            and all(a.dtype in (np.float64, np.float32) for a in arrays)
            and all(np.isfinite(a.astype(dtype, copy=False)).all() for a in arrays)
        )


def _are_coefs(coefs, state):
    n = state["n_outputs_"]
    return (
        _are_weights(coefs, state)
        and len(coefs) > 1
        and all(coef.shape[:-2] == (() if n == 1 else (n,)) for coef in coefs)
        and all(a.shape[-1] == b.shape[-2] >= 1 for a, b in pairwise(coefs))
        and coefs[-1].shape[-1] == 1
    )


def _are_intercepts(intercepts, state):
    shapes = [(*coef.shape[:-2], coef.shape[-1]) for coef in state["coefs_"]]
    return [b.shape for b in intercepts] == shapes and _are_weights(intercepts, state)


def _are_numbers(values):
    return isinstance(values, list) and all(map(_is_number, values))


def _is_curve(curve, state):
    return _are_numbers(curve)


def _is_validation_curve(curve, state):
    return curve is None or _are_numbers(curve)


def _are_totals(totals, state):
    return totals is None or (
        isinstance(totals, list)
        and len(totals) == len(state["classes_"])
        and all(_is_count(total, state) for total in totals)
    )


def _is_stream(stream, state):
    if stream is None:
        return True
    flags = stream.judged, stream.silent, stream.alpha
    return (
        isinstance(stream, Stream)
        and _is_count(stream.window, state)
        and all(isinstance(flag, bool) for flag in flags)
        and all(math.isfinite(sum_) for sum_ in (stream.total, stream.loss, *stream.positive))
        and len(stream.positive) == state["n_outputs_"]
    )


def _is_logistic(activation, state):
    return activation == "logistic"


# ------------------------------------------------------------------------------------- the rows


def _unknown(curve):
    """A function: what a curve is that was not recorded, NaN for each value of another curve."""

    def values(state):
        others = state.get(curve)
        return None if others is None else [math.nan] * len(others)

    return values


def _as_list(curve):
    is_array = isinstance(curve, np.ndarray) and curve.ndim == 1
    return curve.tolist() if is_array else curve


def _weights_to_file(arrays):
    """Arrays of float64 or float32 of what a user may have assigned."""
    return [
        a if isinstance(a, np.ndarray) and a.dtype in (np.float64, np.float32) else _as_float64(a)
        for a in arrays
    ]


def _as_float64(array):
    return np.asarray(array, dtype=np.float64) if np.asarray(array).dtype.kind in "fiu" else array


def _stream_from_file(stream):
    if isinstance(stream, dict):  # version 0.1.0
        stream = [{"alpha": False, **stream}[field] for field in Stream._fields]
    return Stream(*stream) if isinstance(stream, list) else stream


ATTRIBUTES = (
    Attribute("n_outputs_", _is_number_of_networks),
    Attribute("classes_", _are_classes, of_data=True, to_file=np.asarray),
    Attribute(
        "multilabel_",
        _is_multilabel,
        of_data=True,
        if_missing=lambda state: False,
        is_in_versioned_files=True,
    ),
    # `coefs_` and `intercepts_` are views of the packed weights, so that files have these.
    Attribute("_packed", lambda packed, state: True, in_file=False),
    Attribute("coefs_", _are_coefs, to_file=_weights_to_file),
    Attribute("intercepts_", _are_intercepts, to_file=_weights_to_file),
    Attribute("n_features_in_", _is_number_of_inputs, of_data=True),
    Attribute("feature_names_in_", _are_names, of_data=True, optional=True),
    Attribute("n_layers_", lambda n, state: _is_count(n, state) and n == len(state["coefs_"]) + 1),
    Attribute(
        "hidden_activation_",
        _is_logistic,
        initial="logistic",
        if_missing=lambda state: "logistic",
    ),
    Attribute("out_activation_", _is_logistic, initial="logistic"),
    Attribute("_seed", _is_count),
    Attribute("_generator", lambda g, state: isinstance(g, np.random.Generator)),
    Attribute("t_", _is_count, initial=0),
    Attribute("n_iter_", _is_count, initial=0, of_last_fit=True),
    Attribute("loss_", _is_float, initial=math.inf, last="loss"),
    Attribute("alpha_", _is_float, last="alpha"),
    Attribute("learning_rate_init_", _is_float),
    Attribute("best_iter_", _is_float_or_none, initial=None, of_last_fit=True, last="best_iter"),
    Attribute("best_loss_", _is_float_or_none, initial=None, of_last_fit=True, last="best_loss"),
    Attribute(
        "best_validation_score_",
        _is_float_or_none,
        initial=None,
        of_last_fit=True,
        last="best_score",
    ),
    Attribute(
        "loss_curve_",
        _is_curve,
        initial=[],
        curve="loss",
        if_missing=lambda state: [],
        to_file=_as_list,
        from_file=_as_list,
    ),
    Attribute(
        "learning_rate_curve_",
        _is_curve,
        initial=[],
        curve="learning_rate",
        to_file=_as_list,
        from_file=_as_list,
        if_missing=_unknown("loss_curve_"),
    ),
    Attribute(
        "alpha_curve_",
        _is_curve,
        initial=[],
        curve="alpha",
        to_file=_as_list,
        from_file=_as_list,
        if_missing=_unknown("loss_curve_"),
    ),
    Attribute(
        "validation_scores_",
        _is_validation_curve,
        initial=None,
        curve="score",
        to_file=_as_list,
        from_file=_as_list,
        if_missing=lambda state: None,
        is_validation_curve=True,
    ),
    Attribute(
        "validation_loss_curve_",
        _is_validation_curve,
        initial=None,
        curve="validation_loss",
        to_file=_as_list,
        from_file=_as_list,
        is_validation_curve=True,
        if_missing=_unknown("validation_scores_"),
    ),
    Attribute("_class_totals", _are_totals, initial=None),
    Attribute(
        "_stream",
        _is_stream,
        initial=None,
        if_missing=lambda state: None,
        # As a list, so that a file names no class but the estimator's: new fields go last.
        to_file=lambda stream: None if stream is None else list(stream),
        from_file=_stream_from_file,
    ),
)

# Dicts in place of sets, so that the order is always the same.
OF_DATA = {attribute.name: attribute for attribute in ATTRIBUTES if attribute.of_data}
OF_RUN = {attribute.name: attribute for attribute in ATTRIBUTES if not attribute.of_data}
INITIAL = {
    attribute.name: attribute.initial for attribute in ATTRIBUTES if attribute.initial is not ...
}
OF_LAST_FIT = {
    attribute.name: attribute.initial for attribute in ATTRIBUTES if attribute.of_last_fit
}
LAST = {attribute.name: attribute.last for attribute in ATTRIBUTES if attribute.last}
CURVES = {attribute.name: attribute.curve for attribute in ATTRIBUTES if attribute.curve}
VALIDATION_CURVES = tuple(
    attribute.name for attribute in ATTRIBUTES if attribute.is_validation_curve
)


# ------------------------------------------------------------------------------- what follows


def initial_attributes():
    """The attributes that a run begins with, but for those that depend on its network."""
    return {name: [*v] if isinstance(v, list) else v for name, v in INITIAL.items()}


def to_file(state):
    """The attributes as files have them."""
    state = dict(state)
    for attribute in ATTRIBUTES:
        if not attribute.in_file:
            state.pop(attribute.name, None)
        elif attribute.to_file is not None and attribute.name in state:
            with contextlib.suppress(Exception):  # of what `fault_in` finds
                state[attribute.name] = attribute.to_file(state[attribute.name])
    return state


def from_file(state, *, has_version):
    """The attributes from a file, with what those of older versions lack.

    Where an attribute is damaged it stays as it is, and `fault_in` finds it.
    """
    state = dict(state)
    for name, attribute in (OF_DATA | OF_RUN).items():
        with contextlib.suppress(Exception):
            if name in state:
                if attribute.from_file is not None:
                    state[name] = attribute.from_file(state[name])
            elif attribute.if_missing and not (has_version and attribute.is_in_versioned_files):
                state[name] = attribute.if_missing(state)
    return state


def fault_in(state):
    """The first attribute that is missing, or does not fit the others, and which of it; or None."""
    rows = [attribute for attribute in ATTRIBUTES if attribute.in_file]
    for attribute in rows:
        if attribute.name not in state and not attribute.optional:
            return f"the attribute {attribute.name} is missing"
    for attribute in rows:
        try:
            is_valid = attribute.name not in state or bool(
                attribute.is_valid(state[attribute.name], state)
            )
        except Exception:  # whatever it is that a damaged file has in place of an attribute
            is_valid = False
        if not is_valid:
            return f"the attribute {attribute.name} is not valid, or does not fit the others"
    return None
