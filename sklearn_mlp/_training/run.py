"""What changes in training: weights, generator, counters and history."""

import math
from copy import deepcopy
from itertools import pairwise

import numpy as np

from .._kernel.packed import PackedWeights


class Run:
    """What training changes, under the names of the estimator's fitted attributes.

    A restart is a run of its own. When training ends, the attributes of the best run become the
    estimator's. Beside the public attributes a run has

    _packed : sklearn_mlp._kernel.packed.PackedWeights
        The weights; `coefs_` and `intercepts_` are views of them.
    _generator : numpy.random.Generator
        Generator of the visiting orders, seeded with `_seed`.
    _class_totals : list of int or None
        Totals of all calls so far, see `sklearn_mlp._training.visits.class_totals`.
    """

    def pack(self, coefs, intercepts):
        """Copy the weights into the kernel's layout; `coefs_` and `intercepts_` become views."""
        self._packed = PackedWeights(coefs, intercepts)
        self.coefs_, self.intercepts_ = list(self._packed.coefs), list(self._packed.intercepts)

    def begin_history(self, *, with_scores):
        """Forget the best epoch, and go on with copies of the curves."""
        self.n_iter_ = 0
        self.loss_curve_ = [*self.loss_curve_]
        self.learning_rate_curve_ = [*self.learning_rate_curve_]
        self.alpha_curve_ = [*self.alpha_curve_]
        self.best_loss_ = self.best_iter_ = self.best_validation_score_ = None
        self.validation_scores_ = [*(self.validation_scores_ or [])] if with_scores else None

    def snapshot(self):
        """Copies of the attributes, which training does not change any more."""
        other = Run()
        vars(other).update(vars(self))
        other.pack(self.coefs_, self.intercepts_)
        for name in (
            "loss_curve_",
            "learning_rate_curve_",
            "alpha_curve_",
            "validation_scores_",
            "_generator",
        ):
            setattr(other, name, deepcopy(getattr(self, name)))
        return vars(other)


ATTRIBUTES = (
    "_class_totals",
    "_generator",
    "_packed",
    "_seed",
    "alpha_",
    "alpha_curve_",
    "best_iter_",
    "best_loss_",
    "best_validation_score_",
    "coefs_",
    "intercepts_",
    "learning_rate_curve_",
    "learning_rate_init_",
    "loss_",
    "loss_curve_",
    "n_iter_",
    "n_layers_",
    "n_outputs_",
    "out_activation_",
    "t_",
    "validation_scores_",
)


def begin(random_state, sizes, n_networks, dtype, *, init_range, fit_intercept):
    """A run from weights drawn at random.

    The weights are drawn first. One more draw seeds the generator of the visiting orders, which
    stays with the attributes, so that `partial_fit` and warm starts continue its sequence.
    """
    run = Run()
    run.pack(*draw_weights(random_state, sizes, n_networks, init_range, fit_intercept, dtype))
    run._seed = random_state.randint(np.iinfo(np.int32).max)
    run._generator = np.random.default_rng(run._seed)
    run.n_layers_, run.n_outputs_, run.out_activation_ = len(sizes), n_networks, "logistic"
    run.t_ = run.n_iter_ = 0
    run.loss_ = np.inf
    run.best_loss_ = run.best_iter_ = run.best_validation_score_ = None
    run.loss_curve_, run.learning_rate_curve_, run.alpha_curve_ = [], [], []
    run.validation_scores_ = run._class_totals = None
    return run


def draw_weights(random_state, sizes, n_networks, init_range, fit_intercept, dtype):
    """Initial weights of all networks: `coefs` and `intercepts`, shaped like the estimator's.

    They are drawn network by network: first the weights, layer by layer from the input side, then
    the biases. With `init_range` "auto" they have He's variance, ``2 / fan_in``.
    """
    shapes = list(pairwise(sizes))
    ranges = [math.sqrt(6.0 / n) if init_range == "auto" else init_range for n, _ in shapes]
    networks = []
    for _ in range(n_networks):
        coefs = [
            random_state.uniform(-r, r, shape) for r, shape in zip(ranges, shapes, strict=True)
        ]
        intercepts = [
            random_state.uniform(-r, r, fan_out) if fit_intercept else np.zeros(fan_out)
            for r, (_, fan_out) in zip(ranges, shapes, strict=True)
        ]
        networks.append(coefs + intercepts)
    arrays = networks[0] if n_networks == 1 else [np.stack(a) for a in zip(*networks, strict=True)]
    arrays = [a.astype(dtype, copy=False) for a in arrays]
    return arrays[: len(shapes)], arrays[len(shapes) :]


def resume(attributes, *, in_place):
    """A run that goes on from fitted attributes.

    Parameters
    ----------
    attributes : dict
        The estimator's. `coefs_` and `intercepts_` may be arrays that the user has assigned.
    in_place : bool
        Whether the run changes the estimator's own weights and generator, as in `partial_fit`.
    """
    run = Run()
    vars(run).update((name, attributes[name]) for name in ATTRIBUTES if name in attributes)
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
