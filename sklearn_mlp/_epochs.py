"""From the estimator to the kernel: epochs of training, and decisions."""

import contextlib
import math
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from threading import Event
from typing import NamedTuple

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import issparse
from scipy.special import entr, expit, log_expit

from ._kernel import Rows, decide, shuffled, train
from ._targets import Targets


class Epochs:
    """What stays the same from epoch to epoch of one call of `fit` or `partial_fit`.

    Parameters
    ----------
    training : TrainingSet
    networks : list of sklearn_mlp._kernel.Network
        Of class 1 against 0, or one for each class against the rest.
    generator : numpy.random.Generator, or None for visits in the given order
    chunk : int
        Visits per call of the kernel.
    log_loss : bool
    n_jobs : int or None, as in joblib
        Threads that train the networks, within the context of this object.
    interrupted : threading.Event or None
        Set by whoever is interrupted, for all that share it: an epoch under way ends at once with
        CancelledError.
    """

    def __init__(self, training, *, networks, generator, chunk, log_loss, n_jobs, interrupted=None):
        self.training = training
        self.networks, self.generator, self.chunk = networks, generator, chunk
        self.log_loss = log_loss
        self._n_threads, self._pool = 1, contextlib.nullcontext()
        self._interrupted = interrupted or Event()
        if len(networks) > 1:
            self._n_threads = min(effective_n_jobs(n_jobs), len(networks))
            if self._n_threads > 1:
                self._pool = ThreadPoolExecutor(self._n_threads)

    def __enter__(self):
        self._pool.__enter__()
        return self

    def __exit__(self, error, *details):
        if error is not None:
            self._interrupted.set()
        return self._pool.__exit__(error, *details)

    def run(self, learning_rates, alpha):
        """One epoch of every network, all in the same order of visits.

        Parameters
        ----------
        learning_rates : array of shape (n_networks, 2)
            Of samples whose target is 0, and of those whose target is 1.
        alpha : float
            Of the L2 term of the objective, see `sklearn_mlp._reference.epoch`.

        Returns
        -------
        loss : float
            Mean over visits, weighted by their step, and over networks.
        tallies : array of shape (n_networks, 3), see `sklearn_mlp._kernel.train`
            With values that are not finite if a weight is not.
        """
        order = self.training.visits
        if self.generator is not None:
            order = shuffled(order, self.generator)
        tallies = np.empty((len(self.networks), 3))
        tallies[...] = 0.0, np.inf, -np.inf

        def train_networks(first):
            for number in range(first, len(self.networks), self._n_threads):
                classes, positive = self.training.targets.of_network(number, len(self.networks))
                for start in range(0, len(order), self.chunk):
                    if self._interrupted.is_set():
                        return
                    train(
                        self.training.rows,
                        self.networks[number],
                        order=order[start : start + self.chunk],
                        classes=classes,
                        positive=positive,
                        step=self.training.step,
                        learning_rate=learning_rates[number],
                        alpha=alpha / self.training.total,
                        log_loss=self.log_loss,
                        tally=tallies[number],
                    )

        try:
            if self._n_threads == 1:
                train_networks(0)
            else:
                list(self._pool.map(train_networks, range(self._n_threads)))
        except BaseException:
            self._interrupted.set()  # or the other threads would go on
            raise
        if self._interrupted.is_set():
            raise CancelledError
        return float(tallies[:, 0].sum()) / (len(tallies) * self.training.total), tallies

    def score(self, validation, scoring):
        """Accuracy, or minus the mean loss, on a `ValidationSet`."""
        logits = decide_all(validation.rows, self.networks, self.chunk, validation.subset)
        if scoring == "accuracy" and validation.targets.sets is None:
            scores = winners(logits) == validation.targets.numbers
        elif scoring == "accuracy":  # of a whole set of labels, as scikit-learn's accuracy
            scores = ((logits > 0) == validation.targets.matrix(len(self.networks))).all(axis=1)
        else:
            targets = validation.targets.matrix(len(self.networks))
            margins = np.where(targets, logits, -logits).astype(np.float64)
            gains = log_expit(margins) if self.log_loss else -0.5 * expit(-margins) ** 2
            scores = gains.mean(axis=1)
        return float(np.average(scores, weights=validation.weights))


def run_all(function, n, n_threads, interrupted):
    """``[function(0), ..., function(n - 1)]``, in threads if there are to be several.

    The first error, or a signal, sets `interrupted`, by which the others end with CancelledError,
    and is raised when they have.
    """
    if n_threads == 1:  # in this thread: signals come to the main thread only
        return [function(number) for number in range(n)]

    def guarded(number):
        if interrupted.is_set():
            raise CancelledError
        try:
            return function(number)
        except BaseException:
            interrupted.set()
            raise

    with ThreadPoolExecutor(n_threads) as pool:
        futures = [pool.submit(guarded, number) for number in range(n)]
        try:
            # Not once and for all: a signal that comes just before a thread begins to wait does
            # not wake it.
            while wait(futures, timeout=0.05).not_done:
                pass
        except BaseException:
            interrupted.set()
            raise
    for future in futures:
        error = future.exception()
        if error is not None and not isinstance(error, CancelledError):
            raise error
    return [future.result() for future in futures]


class TrainingSet(NamedTuple):
    """What is visited in every epoch of one call of `fit` or `partial_fit`.

    rows : sklearn_mlp._kernel.Rows
    targets : sklearn_mlp._targets.Targets
    step : array of shape (n_rows,), dtype float64, or None for 1
    visits : array of shape (n_visits,), dtype intp
        Row numbers, before they are permuted.
    total : float
        Sum of the steps of all visits.
    class_totals : list of int or None, see `sklearn_mlp._visits.class_totals`
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


def chunk_length(X, coefs):
    """Visits per call of the kernel: tens of milliseconds at most, so that signals get through."""
    inputs = np.diff(X.indptr).max() if issparse(X) else X.shape[1]
    weights = inputs * coefs[0].shape[-1] + sum(math.prod(a.shape[-2:]) for a in coefs[1:])
    visits = max(2**25 // (int(weights) + 64), 1)
    # A multiple of the kernel's block length where there is the time for a block.
    return visits // 16 * 16 if visits >= 16 else visits


def decide_all(rows, networks, chunk, subset=None):
    """Logits of rows (all, or those of `subset`), shape (n, n_networks)."""
    n = rows.n_rows if subset is None else len(subset)
    logits = np.empty((n, len(networks)), dtype=rows.dtype)
    for number, network in enumerate(networks):
        for start in range(0, n, chunk):
            decide(
                rows,
                network,
                subset=None if subset is None else subset[start : start + chunk],
                first=start,
                logits=logits[start : start + chunk, number],
            )
    return logits


def winners(logits):
    """Number of the most probable class from logits of shape (n, n_networks)."""
    return (logits[:, 0] > 0).astype(np.intp) if logits.shape[1] == 1 else logits.argmax(axis=1)


def only_class(tallies):
    """The class that the tallies of an epoch show to have won every visit, or None.

    With two classes the output's preactivation kept its sign. With more, one network's lowest was
    above every other's highest: then there is no doubt, though there may be cases without.
    """
    lowest, highest = tallies[:, 1], tallies[:, 2]
    if len(tallies) == 1:
        return 0 if highest[0] <= 0 else 1 if lowest[0] > 0 else None
    winner = int(np.argmax(lowest))
    return winner if lowest[winner] > np.delete(highest, winner).max() else None


def target_shares(training, n_networks):
    """Share of the samples, weights counted, whose target is 1: of each network."""
    shares = []
    for network in range(n_networks):
        classes, positive = training.targets.of_network(network, n_networks)
        rows = training.visits[classes[training.visits] == positive]
        shares.append(len(rows) if training.step is None else training.step[rows].sum())
    return np.array(shares) / training.total


def loss_without_inputs(training, n_networks, loss):
    """Mean loss of networks that give each class the probability of its share of the visits."""
    share = target_shares(training, n_networks)
    losses = entr(share) + entr(1.0 - share)
    if loss == "squared_error":
        losses = 0.5 * share * (1.0 - share)
    return losses.mean()


def describe_scales(X):
    """What to do about inputs far from the scale of 1, or None if they are not.

    The scale of an input is the root of the mean square of its values that are not zero: 1 for
    inputs of variance 1, for flags, and about 1 for frequencies of words.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if issparse(X):
            count = np.bincount(X.indices, minlength=X.shape[1])
            squares = np.bincount(X.indices, X.data.astype(np.float64) ** 2, X.shape[1])
        else:
            count = np.count_nonzero(X, axis=0)
            squares = np.einsum("ij,ij->j", X, X, dtype=np.float64)
        scales = np.sqrt(squares / count)
    scales = scales[count > 0]
    if not len(scales) or (scales.max() <= 10 and scales.min() >= 0.01 * scales.max()):
        return None
    return (
        f"The inputs are on different scales, or on a large one (root mean squares from "
        f"{scales.min():.2g} to {scales.max():.2g}). Try to standardize them, for instance with "
        "StandardScaler (MaxAbsScaler if X is sparse)."
    )
