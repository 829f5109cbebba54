"""What changes in training: weights, generator, counters and history."""

import math
from copy import deepcopy
from typing import NamedTuple

import numpy as np

from .._kernel import shuffled
from .._kernel.packed import PackedWeights
from .attributes import CURVES, LAST, OF_LAST_FIT, OF_RUN, VALIDATION_CURVES, initial_attributes
from .diagnosis import watch_stream
from .visits import WEIGHTS_AT_ONCE, add_totals

# Values that are drawn or copied in one call of NumPy: some milliseconds.
VALUES_AT_ONCE = 2**20

# Seeds of the visiting orders are less.
MOST_OF_SEEDS = np.iinfo(np.int32).max


class Epoch(NamedTuple):
    """The record of an epoch.

    best_iter, best_loss, best_score, best_weights : int, float, float, and array, or None
        The best epoch so far, this one included, see `Run.best_until_now`.
    loss, learning_rate, alpha : float
    score : float or None
        Validation score.
    validation_loss : float or None
        Mean loss on the validation set.
    """

    best_iter: int
    best_loss: float | None
    best_score: float | None
    best_weights: np.ndarray | None
    loss: float
    learning_rate: float
    alpha: float
    score: float | None
    validation_loss: float | None


class Run:
    """What training changes, and the shape of the network, under the names of fitted attributes.

    A restart is a run of its own. When training ends, the `attributes` of the best run become the
    estimator's. Beside the public attributes a run has

    _packed : sklearn_mlp._kernel.packed.PackedWeights
        The weights; `coefs_` and `intercepts_` are views of them.
    _generator : numpy.random.Generator
        Generator of the visiting orders.
    _seed : int
        What it was seeded with.
    _class_totals : list of int or None
        Totals of all epochs so far, see `sklearn_mlp._training.visits.class_totals`.
    _stream : sklearn_mlp._training.diagnosis.Stream or None

    During a fit, `records` has a record of each epoch. A record is appended in one operation, and
    `end_history` derives the other attributes of the fit from the records, so that they agree with
    each other whenever training is interrupted.
    """

    records = None
    _finish_by = staticmethod(lambda: None)

    def attributes(self):
        """The attributes that become those of the estimator."""
        return {name: value for name, value in vars(self).items() if name in OF_RUN}

    # -------------------------------------------------------------------------------- weights

    def set_weights(self, packed):
        self._packed = packed
        self.coefs_, self.intercepts_ = list(packed.coefs), list(packed.intercepts)

    def pack(self, coefs, intercepts):
        """Copy the weights into the kernel's layout; `coefs_` and `intercepts_` become views."""
        self.set_weights(PackedWeights(coefs, intercepts))

    @property
    def weights(self):
        """All weights as one array of shape (n_networks, n_values)."""
        return self._packed.buffer

    @property
    def instruction_set(self):
        """Name of the instruction set of the kernel's networks."""
        return self._packed.instruction_set

    def networks(self, **options):
        """The kernel's networks of these weights, see `PackedWeights.networks`."""
        activations = self.hidden_activation_, self.out_activation_
        return self._packed.networks(activations, **options)

    # ---------------------------------------------------------------------------------- visits

    def shuffled(self, visits):
        """The visits in the next random order."""
        return shuffled(visits, self._generator)

    def foreseen(self, visits):
        """The order that `shuffled` will give next."""
        return shuffled(visits, deepcopy(self._generator))

    def split_generator(self):
        """The generator that splits a validation set off.

        It is the same in every restart, and in every warm start on the same data: what was trained
        on is not validated on later.
        """
        return np.random.default_rng([self._seed, 1])

    @property
    def generator(self):
        """The generator of the visiting orders."""
        return self._generator

    @property
    def class_totals(self):
        """See `_class_totals` above."""
        return self._class_totals

    def count_visits(self, training):
        """Count the visits of an epoch, and the class totals of its samples."""
        self.counter(training)(1)

    def counter(self, training):
        """A function that counts the visits of all of n epochs from now, and class totals."""
        t, former = self.t_, self._class_totals

        def count(n_epochs):
            changed = {"t_": t + n_epochs * len(training.visits)}
            if training.class_totals is not None:
                totals = [n_epochs * total for total in training.class_totals]
                changed["_class_totals"] = add_totals(former, totals)
            vars(self).update(changed)

        return count

    def watch(self, plan, training, parameters):
        """Take note of a call of `partial_fit`; returns the warnings to be given."""
        self._stream, messages = watch_stream(self._stream, self, plan, training, parameters)
        return messages

    # --------------------------------------------------------------------------------- history

    def begin_history(self, plan, *, with_scores):
        """Begin a fit: its attributes anew, while the curves go on from those of the former one."""
        self._plan, self._n_derived = plan, 0
        self.learning_rate_init_ = plan.learning_rate_init_of(0)
        self.alpha_ = plan.alpha_of(0, self.loss_)
        for curve in VALIDATION_CURVES:
            if not with_scores:
                vars(self)[curve] = None
            elif vars(self).get(curve) is None:
                vars(self)[curve] = []
        vars(self).update(OF_LAST_FIT)
        former = {name: vars(self).get(name, []) for name in CURVES}  # a user may have deleted one
        self._former = {name: None if c is None else list(c) for name, c in former.items()}
        self.records = []

    def best_until_now(self, loss, score):
        """The first fields of the record of an epoch that is the best so far.

        Number of the epoch, counted from 1; its loss or, with early stopping, its score and a copy
        of its weights.
        """
        number = len(self.records) + 1
        if score is None:
            return number, loss, None, None
        return number, None, score, _copied(self.weights)

    def finish_by(self, function):
        """Have `finish` call this function first, which must not mind a second call."""
        self._finish_by = function

    def finish(self):
        """Make the attributes those of what was trained; a second call changes nothing.

        So what an interrupt has cut short is done by the next call.
        """
        self._finish_by()
        self.end_history()

    def end_history(self):
        """Derive attributes from `records`, and go back to the best weights with early stopping.

        A second call changes nothing.
        """
        if not self.records or self._n_derived == len(self.records):
            return
        vars(self).update(self._history())
        if self.records[-1].best_weights is not None:
            self.weights[...] = self.records[-1].best_weights
        self._n_derived = len(self.records)

    def _history(self):
        if not self.records:
            return {}
        n_epochs, last = len(self.records), self.records[-1]
        history = {name: getattr(last, field) for name, field in LAST.items()}
        history["n_iter_"] = n_epochs
        history["learning_rate_init_"] = self._plan.learning_rate_init_of(n_epochs - 1)
        columns = dict(zip(Epoch._fields, zip(*self.records, strict=True), strict=True))
        for curve, field in CURVES.items():
            if self._former[curve] is not None:
                history[curve] = [*self._former[curve], *columns[field]]
        return history

    def snapshot(self):
        """Copies of the attributes, which training does not change any more."""
        other = Run()
        vars(other).update({**self.attributes(), **self._history()})
        other.pack(self.coefs_, self.intercepts_)
        other._generator = deepcopy(self._generator)
        return vars(other)

    # ------------------------------------------------------------------------ a call that fails

    def save(self, n_visits, chunk):
        """What `restore` needs: the state of the generator, and a copy of the weights.

        Many weights (more than 2**16) are not copied where that would take longer than a tenth of
        `n_visits` visits, of which the kernel makes `chunk` in one call.
        """
        size = self.weights.size
        is_small = size <= 2**16 or 10 * size * chunk <= n_visits * WEIGHTS_AT_ONCE
        weights = self.weights.copy() if is_small else None
        return self._generator.bit_generator.state, weights

    def restore(self, saved):
        """Go back to what was saved; return whether the weights were."""
        self._generator.bit_generator.state, weights = saved
        if weights is not None:
            self.weights[...] = weights
        return weights is not None

    def is_finite(self):
        """Whether all weights are."""
        return bool(np.isfinite(self.weights).all())

    def changes(self, attributes):
        """Whether the weights are those of these attributes themselves, not a copy."""
        return self._packed is attributes.get("_packed")


def begin(random_state, sizes, n_networks, dtype, *, init_range, fit_intercept):
    """A run from weights drawn at random.

    The weights are drawn first. One more draw seeds the generator of the visiting orders, which
    stays with the attributes, so that `partial_fit` and warm starts continue its sequence.
    """
    run = Run()
    packed = PackedWeights.zeros(sizes, n_networks, dtype)
    draw_weights(random_state, packed, init_range, fit_intercept)
    run.set_weights(packed)
    run._seed = random_state.randint(MOST_OF_SEEDS)
    run._generator = np.random.default_rng(run._seed)
    run.n_layers_, run.n_outputs_ = len(sizes), n_networks
    vars(run).update(initial_attributes())
    return run


def draw_weights(random_state, packed, init_range, fit_intercept):
    """Fill `packed` with initial weights.

    They are drawn network by network: first the weights, layer by layer from the input side, then
    the biases, which stay 0 without bias nodes. With `init_range` "auto" they have He's variance,
    ``2 / fan_in``.
    """
    if init_range != "auto" and not np.isfinite(packed.buffer.dtype.type(2.0 * init_range)):
        raise ValueError(f"init_range={init_range} is too large for {packed.buffer.dtype}.")
    for number in range(len(packed.buffer)):
        network = ... if len(packed.buffer) == 1 else number
        ranges = [
            math.sqrt(6.0 / coef.shape[-2]) if init_range == "auto" else init_range
            for coef in packed.coefs
        ]
        for r, coef in zip(ranges, packed.coefs, strict=True):
            _draw(random_state, coef[network], r)
        if fit_intercept:
            for r, intercept in zip(ranges, packed.intercepts, strict=True):
                intercept[network] = random_state.uniform(-r, r, intercept.shape[-1])


def _draw(random_state, array, r):
    """Fill an array slice by slice: signals wait for the end of each call of NumPy."""
    n_rows = max(1, VALUES_AT_ONCE // array.shape[-1])
    for start in range(0, len(array), n_rows):
        rows = array[start : start + n_rows]
        rows[...] = random_state.uniform(-r, r, rows.shape)


def _copied(array):
    """A copy, made slice by slice, see `_draw`."""
    copy = np.empty_like(array)
    flat, flat_copy = array.reshape(-1), copy.reshape(-1)
    for start in range(0, array.size, VALUES_AT_ONCE):
        part = slice(start, start + VALUES_AT_ONCE)
        flat_copy[part] = flat[part]
    return copy


def resume(attributes, *, in_place):
    """A run from fitted attributes, to go on from or to be copied.

    Parameters
    ----------
    attributes : dict
        The estimator's. `coefs_` and `intercepts_` may be arrays that the user has assigned.
    in_place : bool
        Whether the run changes the estimator's own weights and generator, as in `partial_fit`; the
        weights only if they are still where the kernel has them.
    """
    run = Run()
    vars(run).update({name: attributes[name] for name in OF_RUN if name in attributes})
    packed = attributes.get("_packed")
    if not in_place:
        run._generator = deepcopy(run._generator)
    if not (in_place and packed is not None and packed.holds(run.coefs_, run.intercepts_)):
        run.pack(run.coefs_, run.intercepts_)
    return run


def check_same_sizes(coefs, sizes):
    """Raise ValueError if the weights are not those of layers of these sizes, inputs first."""
    former = [*(np.shape(coef)[-2] for coef in coefs), 1]
    if sizes != former:
        raise ValueError(
            "hidden_layer_sizes must stay the same in warm_start and partial_fit. Previously "
            f"got {former[1:-1]}, now {sizes[1:-1]}."
        )


def check_biases(run, *, fit_intercept):
    """Raise ValueError if a network without bias nodes has weights of bias nodes."""
    if not fit_intercept and any(biases.any() for biases in run.intercepts_):
        raise ValueError(
            "fit_intercept=False needs bias weights of zero, but intercepts_ (or "
            "intercepts_init) has others."
        )
