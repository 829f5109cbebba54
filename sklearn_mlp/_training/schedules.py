"""The schedules: how the learning rate goes on from epoch to epoch, and what ends training.

A schedule is a record, chosen by its name with `schedule_named`. Nothing else compares the names.
"""

import math
from collections.abc import Callable
from typing import NamedTuple


class AutomaticRate(NamedTuple):
    """A learning rate that is "auto", before the schedule.

    learning_rate_init : float
    highest : float
        What the learning rate is at most.
    t_unit : int
        Number of visits that count as one.
    """

    learning_rate_init: float
    highest: float = math.inf
    t_unit: int = 1


class Schedule(NamedTuple):
    """A schedule of the learning rate.

    name : str
    rate_of : callable
        The learning rate of an epoch, from the one before the schedule, the plan, the number of the
        epoch (from 0), the number of visits before it (in `partial_fit`, of all calls), and how
        often training has gone on from a plateau.
    automatic : callable
        What "auto" means in `fit`, from the loss and the number of visits in an epoch: an
        `AutomaticRate`.
    has_end : bool
        Whether the learning rate falls towards 0 over `max_iter` epochs. Then a plateau
        of the training loss does not stop training, "auto" can depend on the number of epochs, and
        a call that does not know it trains at a constant rate.
    goes_on : callable
        From the learning rate of an epoch after which training would stop because of a plateau,
        whether it goes on instead.
    """

    name: str
    rate_of: Callable
    automatic: Callable
    has_end: bool
    goes_on: Callable


def _constant(rate, plan, epoch, t, n_plateaus):
    return rate


def _linear(rate, plan, epoch, t, n_plateaus):
    return rate * (1.0 - epoch / plan.max_iter)


def _invscaling(rate, plan, epoch, t, n_plateaus):
    try:
        return rate / ((t + 1) / plan.t_unit) ** plan.power_t
    except OverflowError:  # of the power
        return 0.0
    except ZeroDivisionError:  # its inverse overflows
        return math.inf


def _adaptive(rate, plan, epoch, t, n_plateaus):
    for _ in range(n_plateaus):
        rate /= 5.0  # one division after the other: the last bits are those of MLPClassifier's
    return rate


def _stops(rate):
    return False


def _at_rest(loss, n_visits):
    return AutomaticRate(loss.learning_rate_without_end)


def _falling(loss, n_visits):
    return AutomaticRate(loss.learning_rate)


def _by_epochs(loss, n_visits):
    # By single visits it would fall too fast in a short fit, and too slowly in a long one.
    rate = loss.learning_rate_without_end
    return AutomaticRate(6.0 * rate, highest=2.0 * rate, t_unit=n_visits)


# The numbers were chosen on public tables, see docs/results.md.
SCHEDULES = {
    schedule.name: schedule
    for schedule in (
        Schedule("constant", _constant, _at_rest, has_end=False, goes_on=_stops),
        Schedule("linear", _linear, _falling, has_end=True, goes_on=_stops),
        Schedule("invscaling", _invscaling, _by_epochs, has_end=False, goes_on=_stops),
        Schedule("adaptive", _adaptive, _at_rest, has_end=False, goes_on=lambda rate: rate > 1e-6),
    )
}


def schedule_named(name):
    """The `Schedule` of that name; ValueError if there is none."""
    if name not in SCHEDULES:
        raise ValueError(f"There is no schedule {name!r}, only {sorted(SCHEDULES)}.")
    return SCHEDULES[name]


def check_schedule(learning_rate):
    """Raise ValueError if `learning_rate` is no name: in other libraries it is a number."""
    if not isinstance(learning_rate, str):
        names = ", ".join(map(repr, sorted(SCHEDULES)))
        raise ValueError(
            "The 'learning_rate' parameter of MLPLogisticClassifier must be a str among "
            f"{{{names}}}, the schedule. Got "
            f"{learning_rate!r} instead. Did you mean learning_rate_init={learning_rate!r}?"
        )
