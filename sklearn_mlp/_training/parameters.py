"""What values the parameters can have, and the errors of others."""

from numbers import Integral, Real

import numpy as np
from sklearn import get_config

from .._sklearn import Interval, Options, StrOptions, names_of_constraints, validate_parameters
from .losses import LOSSES
from .schedules import SCHEDULES, check_schedule

# The largest float, as an int.
LARGEST = int(np.finfo(np.float64).max)

CONSTRAINTS = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "learning_rate_init": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
    # A number is refused too, by `check_schedule`, which says what may have been meant.
    "learning_rate": [StrOptions(set(SCHEDULES)), Real],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "loss": [StrOptions(set(LOSSES))],
    "alpha": [StrOptions({"auto"}), Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "tol": [Interval(Real, 0, None, closed="left")],
    "n_iter_no_change": [
        StrOptions({"auto"}),
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "fit_intercept": ["boolean"],
    "init_range": [StrOptions({"auto"}), Interval(Real, 0, None, closed="neither")],
    "shuffle": ["boolean"],
    "class_weight": [StrOptions({"balanced"}), dict, None],
    "n_init": [Interval(Integral, 1, None, closed="left")],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
    "scoring": [str, callable],  # `fit.get_scorer_of` checks the name
    "warm_start": ["boolean"],
    "verbose": ["verbose"],
    "n_jobs": [
        Interval(Integral, None, -1, closed="right"),
        Interval(Integral, 1, None, closed="left"),
        None,
    ],
    "random_state": ["random_state"],
}


# What cannot change in place.
IMMUTABLE = frozenset({int, float, bool, str, type(None), np.float64, np.int64})

# Keys of parameters that were valid, see `_key_of`; a dict, which keeps their order.
VALID, MOST_REMEMBERED = {}, 1000


def _key_of(estimator):
    """Kinds and values of the parameters, or None if one can change in place."""
    values = [getattr(estimator, name) for name in names_of_constraints(estimator)]
    kinds = list(map(type, values))
    for number, value in enumerate(values):
        if kinds[number] is tuple:
            kinds[number] = tuple(map(type, value))
            if not IMMUTABLE.issuperset(kinds[number]):
                return None
        elif kinds[number] is np.random.RandomState:  # whatever its state
            values[number] = None
        elif kinds[number] not in IMMUTABLE:
            return None
    return type(estimator), *kinds, *values


def are_remembered(estimator):
    """Whether the parameters were found valid before, and cannot have changed in place."""
    return _key_of(estimator) in VALID


def check_parameters(estimator):
    """Raise ValueError, mostly InvalidParameterError, if a parameter is not valid.

    scikit-learn's validation takes longer than many a fit of some hundred samples. So parameters
    that were valid are remembered by kind and value.
    """
    key = _key_of(estimator)
    if key in VALID:
        return
    skipped = get_config()["skip_parameter_validation"]
    if not skipped:
        validate_parameters(estimator)
    _check_beyond_constraints(estimator)
    if key is not None and not skipped:
        if len(VALID) >= MOST_REMEMBERED:
            VALID.clear()
        VALID[key] = None


def _check_beyond_constraints(estimator):
    """Raise ValueError for what scikit-learn's constraints let through.

    They have no upper limit, and an int can be too large for a float.
    """
    check_schedule(estimator.learning_rate)
    for name in CONSTRAINTS:
        value = getattr(estimator, name)
        if isinstance(value, int) and abs(value) > LARGEST:
            raise ValueError(
                f"The {name!r} parameter of {type(estimator).__name__} is too large: it is an int "
                f"of {value.bit_length()} bits."
            )
