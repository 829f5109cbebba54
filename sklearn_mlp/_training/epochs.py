"""The calls of the kernel: one epoch of training, and the logits of given rows."""

import contextlib
import math
from concurrent.futures import CancelledError, ThreadPoolExecutor
from threading import Event

import numpy as np
from joblib import effective_n_jobs
from scipy.sparse import issparse

from .._kernel import Rows, decide, train, train_epochs
from .diagnosis import describe_non_finite
from .visits import WEIGHTS_AT_ONCE

# Values of X that fit the second-level cache, or nearly.
CACHED_VALUES = 2**16


class EpochTrainer:
    """Trains a run epoch by epoch; holds what all its epochs have in common.

    Parameters
    ----------
    training : sklearn_mlp._training.data.TrainingSet
    run : sklearn_mlp._training.run.Run
        The run that the epochs change.
    train_biases : bool
        Whether the networks have bias nodes.
    shuffle : bool
        Whether the run's generator permutes the visits in each epoch.
    loss : sklearn_mlp._training.losses.Loss
    n_jobs : int or None, as in joblib
        Number of threads that train the networks; they live within the context of this object.
    span : sklearn_mlp._training.dual.Span or None
        To train in the dual.
    interrupted : threading.Event or None
        Once it is set, every trainer that shares it ends its current epoch with CancelledError.
    """

    def __init__(
        self, training, run, *, train_biases, shuffle, loss, n_jobs, span=None, interrupted=None
    ):
        self.training, self.run, self.shuffle, self.loss = training, run, shuffle, loss
        self.chunk = chunk_length(training.X, run.coefs_)
        self._n_threads, self._pool = 1, contextlib.nullcontext()
        self._interrupted = interrupted or Event()
        if run.n_outputs_ > 1:
            self._n_threads = min(effective_n_jobs(n_jobs), run.n_outputs_)
            if self._n_threads > 1:
                self._pool = ThreadPoolExecutor(self._n_threads)
        # One of class 1 against 0, one of each class against the rest, or one of each label.
        self.networks = run.networks(train_biases=train_biases, n_threads=self._n_threads)
        self._span, self._duals, self._visits_at_once = span, None, self.chunk
        self._is_settled = True
        if span is not None:
            self._duals = [span.dual_of(network) for network in self.networks]
            self._visits_at_once = chunk_length(training.X, run.coefs_, n_inputs=len(span.rows))

    def __enter__(self):
        self._pool.__enter__()
        return self

    def __exit__(self, error, *details):
        if error is not None:
            self._interrupted.set()
        return self._pool.__exit__(error, *details)

    def train_epoch(self, learning_rates, alpha):
        """Train every network for one epoch, all in the same order of visits.

        Counts its visits and the class totals of the run, too. Raises ValueError if a logit or a
        loss is not finite, and CancelledError if another thread has set the event.

        Parameters
        ----------
        learning_rates : array of shape (n_networks, 2)
            Learning rates of samples of target 0 and of target 1.
        alpha : float

        Returns
        -------
        loss : float
            Mean over the visits, weighted by their steps, and over the networks.
        """
        training, chunk = self.training, self._visits_at_once
        self._is_settled = False
        order = self.run.shuffled(training.visits) if self.shuffle else training.visits
        alpha_per_visit = alpha / training.total
        if alpha and issparse(training.X):
            shrink = float(learning_rates.max()) * training.max_step * alpha_per_visit
            chunk = chunk_length(training.X, self.run.coefs_, shrink)
        tallies = np.array([[0.0, np.inf, -np.inf]] * len(self.networks))
        arguments = order, chunk, learning_rates, alpha_per_visit, tallies
        try:
            if self._n_threads == 1:
                self._train_networks(0, *arguments)
            else:
                firsts = range(self._n_threads)
                list(self._pool.map(lambda first: self._train_networks(first, *arguments), firsts))
        except BaseException:
            self._interrupted.set()  # otherwise the other threads would go on
            raise
        if self._interrupted.is_set():
            raise CancelledError
        if not all(map(math.isfinite, tallies.ravel().tolist())):
            raise ValueError(describe_non_finite(training, learning_rates.max()))
        self.run.count_visits(training)
        return float(tallies[:, 0].sum()) / (len(tallies) * training.total)

    @property
    def is_simple(self):
        """Whether `train_epochs` can train: a chunk is the same in all epochs, in one thread."""
        training = self.training
        return not (
            issparse(training.X) or self._n_threads > 1 or training.targets.sets is not None
        )

    def train_epochs(self, learning_rates, alpha_factors, of_loss, loss, done):
        """Train as `train_epoch` does, for several epochs in one call of the kernel's module.

        Raises the errors of `train_epoch`, and does not count the visits.

        Parameters
        ----------
        learning_rates : array of shape (n_epochs, n_networks, 2)
        alpha_factors : array of shape (n_epochs,)
        of_loss : callable
            See `sklearn_mlp._training.plan.Plan.alpha_of`.
        loss : float
            That of the epoch before.
        done : list
            Gets the loss and the alpha of each epoch as soon as it has ended.
        """
        training, run = self.training, self.run
        self._is_settled = False
        is_finite = train_epochs(
            training.rows,
            self.networks,
            visits=training.visits,
            generator=run.generator if self.shuffle else None,
            chunk=self._visits_at_once,
            targets=[training.targets.of_network(k) for k in range(len(self.networks))],
            step=training.step,
            learning_rates=learning_rates,
            alpha_factors=alpha_factors,
            of_loss=of_loss,
            last_loss=loss,
            total=training.total,
            loss=self.loss.name,
            is_interrupted=self._interrupted.is_set,
            done=done,
            duals=self._duals,
        )
        if self._interrupted.is_set():
            raise CancelledError
        if not is_finite:
            raise ValueError(describe_non_finite(training, learning_rates[len(done)].max()))

    def _train_networks(self, first, order, chunk, learning_rates, alpha_per_visit, tallies):
        """Train the networks of one thread: the one numbered `first`, and each n-th from there."""
        training = self.training
        for number in range(first, len(self.networks), self._n_threads):
            classes, positive = training.targets.of_network(number)
            for start in range(0, len(order), chunk):
                if self._interrupted.is_set():
                    return
                train(
                    training.rows,
                    self.networks[number],
                    order=order[start : start + chunk],
                    classes=classes,
                    positive=positive,
                    step=training.step,
                    learning_rate=learning_rates[number],
                    alpha=alpha_per_visit,
                    loss=self.loss.name,
                    tally=tallies[number],
                    dual=None if self._duals is None else self._duals[number],
                )

    def settle(self):
        """Make the weights what they are by now; without a dual, they are always."""
        if self._is_settled:
            return
        for dual in self._duals or ():
            self._span.end(dual)
        self._is_settled = True


def check_finite(run, training, learning_rate, *, touched_only=False):
    """Raise ValueError if a weight is not finite.

    The tallies of an epoch do not show what its last visit did to the weights. With
    `touched_only`, of a sparse X only those weights are examined that it uses. The error states
    `learning_rate`.
    """
    weights = [run.weights]
    if touched_only and issparse(training.X):
        touched = run.coefs_[0][..., np.unique(training.X.indices), :]
        weights = [touched, *run.coefs_[1:], *run.intercepts_]
    with np.errstate(over="ignore", invalid="ignore"):
        for array in weights:
            # The sum is faster to compute, and is not finite if one of the weights is not.
            if not math.isfinite(array.sum()) and not np.isfinite(array).all():
                raise ValueError(describe_non_finite(training, learning_rate))


def chunk_length(X, coefs, shrink=0.0, n_inputs=None):
    """Number of visits in one call of the kernel, each of which reads `n_inputs` inputs of X.

    In a visit, alpha shrinks the weights by the factor ``1 - shrink``. After every halving the
    kernel multiplies all of them, also those that a sparse row does not touch.
    """
    if n_inputs is None:
        n_inputs = int(np.diff(X.indptr).max()) if issparse(X) else X.shape[1]
    weights = n_inputs * coefs[0].shape[-1] + sum(math.prod(a.shape[-2:]) for a in coefs[1:])
    if shrink > 0.0:
        halvings = 1.0 if shrink >= 0.5 else -math.log1p(-shrink) / math.log(2.0)
        weights += int(halvings * math.prod(coefs[0].shape[-2:]))
    visits = max(WEIGHTS_AT_ONCE // (weights + 64), 1)
    # A multiple of the kernel's block length where there is the time for a block.
    return visits // 16 * 16 if visits >= 16 else visits


def decide_all(rows, networks, chunk, subset=None):
    """Logits of rows (all, or those of `subset`), shape (n, n_networks)."""
    n = rows.n_rows if subset is None else len(subset)
    logits = np.empty((n, len(networks)), dtype=rows.dtype)
    if len(networks) > 1:  # all of them read the rows while these are in the cache
        chunk = min(chunk, max(CACHED_VALUES * rows.n_rows // max(rows.n_values, 1), 16))
    for start in range(0, n, chunk):
        for number, network in enumerate(networks):
            decide(
                rows,
                network,
                subset=None if subset is None else subset[start : start + chunk],
                first=start,
                logits=logits[start : start + chunk, number],
            )
    return logits


def logits_of(X, packed, activations):
    """Logits of all rows of X, shape (n, n_networks)."""
    return decide_all(Rows(X), packed.networks(activations), chunk_length(X, packed.coefs))
