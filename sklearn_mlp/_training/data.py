"""What is given: the samples to train on, and those to validate on."""

from typing import NamedTuple

import numpy as np

from .._kernel import Rows
from .targets import Targets


class TrainingSet(NamedTuple):
    """What is visited in every epoch of one call of `fit` or `partial_fit`.

    rows : sklearn_mlp._kernel.Rows
    targets : sklearn_mlp._training.targets.Targets
    step : array of shape (n_rows,), dtype float64, or None for 1
    visits : array of shape (n_visits,), dtype intp
        Row numbers, before they are permuted.
    total : float
        Sum of the steps of all visits.
    class_totals : list of int or None, see `sklearn_mlp._training.visits.class_totals`
    """

    rows: Rows
    targets: Targets
    step: np.ndarray | None
    visits: np.ndarray
    total: float
    class_totals: list | None


class ValidationSet(NamedTuple):
    """Rows (all, or the numbers in `subset`), their targets, and their weights or None for 1."""

    rows: Rows
    targets: Targets
    subset: np.ndarray | None = None
    weights: np.ndarray | None = None


def target_shares(training, n_networks):
    """Share of the samples, weights counted, whose target is 1: of each network."""
    shares = []
    for network in range(n_networks):
        classes, positive = training.targets.of_network(network, n_networks)
        is_positive = classes[training.visits] == positive
        shares.append(
            np.count_nonzero(is_positive)
            if training.step is None
            else training.step[training.visits[is_positive]].sum()
        )
    return np.array(shares) / training.total


def training_set(rows, targets, step, visits, totals):
    total = len(visits) if step is None else step[visits].sum()
    return TrainingSet(rows, targets, step, visits, total, totals)
