"""The fitted attributes: a row for each, and what follows from the rows for runs and for files."""

import contextlib
import math
from collections.abc import Callable
from copy import copy
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


def _n_networks(state):
    return n_networks_for(len(state["classes_"]), multilabel=state["multilabel_"])


def _shapes(state):
    """Shapes of `coefs_` and of `intercepts_`."""
    lead = (_n_networks(state),) if _n_networks(state) > 1 else ()
    n_inputs = np.shape(state["coefs_"][0])[-2]
    sizes = [n_inputs, *(np.shape(b)[-1] for b in state["intercepts_"])]
    return [(*lead, *shape) for shape in pairwise(sizes)], [(*lead, n) for n in sizes[1:]]


def _is_number(value, kind=Real):
    return isinstance(value, kind) and not isinstance(value, bool)


def _is_count(value, state):
    return _is_number(value, Integral) and value >= 0


def _is_float(value, state):
    return _is_number(value)


def _is_float_or_none(value, state):
    return value is None or _is_number(value)


def _are_classes(classes, state):
    return (
        isinstance(classes, np.ndarray)
        and classes.ndim == 1
        and len(classes) >= 2
        and np.array_equal(classes, np.unique(classes))
    )


def _is_multilabel(multilabel, state):
    if not isinstance(multilabel, bool):
        return False
    if multilabel and not np.array_equal(state["classes_"], np.arange(len(state["classes_"]))):
        return False
    # If only one of the other two does not fit, it is that one which is damaged.
    has_several = [state.get("n_outputs_") != 1]
    with contextlib.suppress(Exception):
        has_several.append(np.ndim(state["intercepts_"][0]) == 2)
    return (_n_networks(state) > 1) in has_several


def _is_number_of_inputs(n, state):
    return _is_number(n, Integral) and n >= 1 and n == np.shape(state["coefs_"][0])[-2]


def _are_names(names, state):
    return isinstance(names, np.ndarray) and names.shape == (state["n_features_in_"],)


def _are_finite(arrays):
    return all(np.asarray(a).dtype.kind in "fiu" and np.isfinite(a).all() for a in arrays)


def _are_intercepts(intercepts, state):
    shapes = _shapes(state)[1]
    return (
        len(shapes) > 1
        and [np.shape(b) for b in intercepts] == shapes
        and shapes[-1][-1] == 1
        and min(shape[-1] for shape in shapes) >= 1
        and _are_finite(intercepts)
    )


def _are_coefs(coefs, state):
    return [np.shape(coef) for coef in coefs] == _shapes(state)[0] and _are_finite(coefs)


def _are_numbers(values):
    return isinstance(values, list) and all(map(_is_number, values))


def _is_curve(curve, state):
    return _are_numbers(curve) and len(curve) == len(state["loss_curve_"])


def _is_validation_curve(curve, state):
    others = [state[attribute.name] for attribute in ATTRIBUTES if attribute.is_validation_curve]
    if curve is None:
        return all(other is None for other in others)
    return _are_numbers(curve) and all(len(other) == len(curve) for other in others)


def _are_totals(totals, state):
    return totals is None or (
        isinstance(totals, list)
        and len(totals) == len(state["classes_"])
        and all(_is_number(total, Integral) for total in totals)
    )


def _is_stream(stream, state):
    return stream is None or (
        isinstance(stream, Stream) and len(stream.positive) == _n_networks(state)
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


def _stream_from_file(stream):
    if isinstance(stream, dict):  # version 0.1.0
        stream = [{"alpha": False, **stream}[field] for field in Stream._fields]
    return Stream(*stream) if isinstance(stream, list) else stream


ATTRIBUTES = (
    Attribute("classes_", _are_classes, of_data=True),
    Attribute(
        "multilabel_",
        _is_multilabel,
        of_data=True,
        if_missing=lambda state: False,
        is_in_versioned_files=True,
    ),
    # `coefs_` and `intercepts_` are views of the packed weights, so that files have these.
    Attribute("_packed", lambda packed, state: True, in_file=False),
    # The very objects that were the parameters in the last call of `partial_fit`.
    Attribute(
        "_validated_params",
        lambda parameters, state: True,
        of_data=True,
        in_file=False,
        optional=True,
    ),
    Attribute("intercepts_", _are_intercepts),
    Attribute("coefs_", _are_coefs),
    Attribute("n_features_in_", _is_number_of_inputs, of_data=True),
    Attribute("feature_names_in_", _are_names, of_data=True, optional=True),
    Attribute("n_layers_", lambda n, state: n == len(state["coefs_"]) + 1),
    Attribute("n_outputs_", lambda n, state: n == _n_networks(state)),
    Attribute(
        "hidden_activation_",
        _is_logistic,
        initial="logistic",
        if_missing=lambda state: "logistic",
    ),
    Attribute("out_activation_", _is_logistic, initial="logistic"),
    Attribute("_seed", lambda seed, state: _is_number(seed, Integral)),
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
    Attribute("loss_curve_", _is_curve, initial=[], curve="loss"),
    Attribute(
        "learning_rate_curve_",
        _is_curve,
        initial=[],
        curve="learning_rate",
        if_missing=_unknown("loss_curve_"),
    ),
    Attribute(
        "alpha_curve_",
        _is_curve,
        initial=[],
        curve="alpha",
        if_missing=_unknown("loss_curve_"),
    ),
    Attribute(
        "validation_scores_",
        _is_validation_curve,
        initial=None,
        curve="score",
        is_validation_curve=True,
    ),
    Attribute(
        "validation_loss_curve_",
        _is_validation_curve,
        initial=None,
        curve="validation_loss",
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
    return {name: copy(value) for name, value in INITIAL.items()}


def to_file(state):
    """The attributes as files have them."""
    state = dict(state)
    for attribute in ATTRIBUTES:
        if not attribute.in_file:
            state.pop(attribute.name, None)
        elif attribute.to_file is not None and attribute.name in state:
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
            is_valid = attribute.name not in state or attribute.is_valid(
                state[attribute.name], state
            )
        except Exception:  # whatever it is that a damaged file has in place of an attribute
            is_valid = False
        if not is_valid:
            return f"the attribute {attribute.name} is not valid, or does not fit the others"
    return None
