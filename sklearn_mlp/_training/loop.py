"""The loop over the epochs of a run, when it stops, and restarts."""

import contextlib
import sys
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from itertools import repeat
from threading import Event

import numpy as np
from joblib import effective_n_jobs

from .data import target_shares
from .epochs import check_finite
from .plan import EPOCHS_AT_ONCE
from .run import Epoch
from .scores import validation_score

# A loss above this fraction of the loss of a constant output is that of a network that has hardly
# learned, so that a plateau there is not the end of training.
HARDLY_LEARNED = 0.8

# `n_iter_no_change` "auto" on the training loss, and on a validation score, which is noisier.
PATIENCE, VALIDATION_PATIENCE = 10, 40


class Stopping:
    """Counts the epochs in a row that improved the best score so far by less than `tol`.

    The score is a validation score, or minus the training loss. Epochs are counted as in
    :class:`~sklearn.neural_network.MLPClassifier`. With a schedule that has an end, a validation
    set chooses among the last quarter of the epochs, when the learning rate has fallen, and stops
    nothing, unless `n_iter_no_change` is a number.

    Parameters
    ----------
    parameters, plan, validation : see `train_run`
    training : sklearn_mlp._training.data.TrainingSet

    Attributes
    ----------
    best : float
        The best score so far.
    n_plateaus : int
        How often training went on from a plateau, because the schedule wants it so.
    """

    def __init__(self, parameters, plan, training, validation):
        self.tol, self.n_iter_no_change = parameters.tol, parameters.n_iter_no_change
        self.best, self.n_no_change, self.n_plateaus = -np.inf, 0, 0
        self._best_loss, self._n_epochs, self._first_choice = np.inf, 0, 0
        self._schedule, self._what = plan.schedule, "Validation score"
        self._highest_loss = np.inf  # at which training can stop
        if self.n_iter_no_change == "auto":
            self.n_iter_no_change = PATIENCE if validation is None else VALIDATION_PATIENCE
            if validation is not None and plan.schedule.has_end:
                self._highest_loss, self._first_choice = -np.inf, plan.max_iter * 3 // 4
        if validation is None:
            self._what = "Training loss"
            if plan.schedule.has_end:
                self._highest_loss = -np.inf
            else:
                # A loss hardly below that of a constant output is a plateau before learning has
                # begun, not the end of it.
                constant_loss = plan.loss.of_constant_output(target_shares(training))
                self._highest_loss = HARDLY_LEARNED * constant_loss

    def is_best(self, score, loss):
        """Count an epoch of this score; True if it is the best so far, with ties by the loss."""
        if self._n_epochs == self._first_choice:
            self.best = -np.inf
        self._n_epochs += 1
        self.n_no_change = self.n_no_change + 1 if score < self.best + self.tol else 0
        is_best = score > self.best or (score == self.best and loss < self._best_loss)
        if is_best:
            self.best, self._best_loss = score, loss
        return is_best

    def reason(self, epoch):
        """Why training stops after the epoch of this record, which `is_best` has counted; or None.

        Where the schedule goes on from a plateau, counts the plateau.
        """
        if self.n_no_change <= self.n_iter_no_change or epoch.loss > self._highest_loss:
            return None
        if self._schedule.goes_on(epoch.learning_rate):
            self.n_plateaus += 1
            self.n_no_change = 0
            return None
        return (
            f"{self._what} did not improve more than tol={self.tol:f} for "
            f"{self.n_iter_no_change} consecutive epochs. Stopping."
        )


def train_run(run, trainer, plan, parameters, validation, task, name="Epoch"):
    """Train a run for all its epochs, or until it stops early.

    Parameters
    ----------
    run : sklearn_mlp._training.run.Run
    trainer : sklearn_mlp._training.epochs.EpochTrainer
        Trains this run.
    plan : sklearn_mlp._training.plan.Plan
    parameters : MLPLogisticClassifier
        Any object with the estimator's parameters as attributes.
    validation : sklearn_mlp._training.data.ValidationSet or None
    task : sklearn_mlp._training.callbacks.Task
        Or any object with its methods.
    name : str
        What an epoch is called in the lines that `verbose` prints.

    Returns
    -------
    why : str or None
        Why training stopped; None if it ran out of epochs.
    """
    run.begin_history(plan, with_scores=validation is not None)
    is_watched = validation is not None or task.is_watched or bool(parameters.verbose)
    if plan.schedule.has_end and trainer.is_simple and not is_watched:
        _train_unwatched(run, trainer, plan)
        return None
    stopping = Stopping(parameters, plan, trainer.training, validation)
    printer = Printer(name, plan.max_iter, int(parameters.verbose))
    n_visits, loss = len(trainer.training.visits), np.inf
    score = validation_loss = best = why = None
    run.finish_by(trainer.settle)
    try:
        for number in range(plan.max_iter):
            epoch_task = task.subtask("epoch")
            epoch_task.begin(run)
            rate = plan.learning_rate_of(number, number * n_visits, stopping.n_plateaus)
            alpha = plan.alpha_of(number, loss)
            loss = trainer.train_epoch(plan.learning_rates_of(number, rate), alpha)
            if is_watched:
                trainer.settle()
            if validation is not None:
                score, validation_loss = validation_score(validation, trainer, parameters.scoring)
            if validation is None:
                is_best = stopping.is_best(-loss, loss)
            else:
                is_best = stopping.is_best(score, validation_loss)
            if is_best:
                best = run.best_until_now(loss, score)
            epoch = Epoch(
                *best,
                loss=loss,
                learning_rate=rate,
                alpha=alpha,
                score=score,
                validation_loss=validation_loss,
            )
            run.records.append(epoch)
            why = stopping.reason(epoch)
            if epoch_task.end(run):
                why = "A callback asked to stop. Stopping."
            printer.print(number + 1, epoch, is_last=why is not None)
            if why is not None:
                break
    finally:
        run.finish()
    check_finite(run, trainer.training, rate)
    return why


def _train_unwatched(run, trainer, plan):
    """Train for all epochs of a schedule with an end, as `train_run` does, many in one call."""
    done, rates, loss = [], [], np.inf
    count = run.counter(trainer.training)

    def note():
        """Make records of what is done; a second call, after an interrupt, does the same."""
        run.records[:] = _records_of(done, rates)
        count(len(done))
        trainer.settle()

    run.finish_by(note)
    try:
        for first in range(0, plan.max_iter, EPOCHS_AT_ONCE):
            of_block, both, alpha_factors = plan.foreseen(first)
            rates += of_block
            trainer.train_epochs(both, alpha_factors, plan.of_loss, loss, done)
            loss, _ = done[-1]
    finally:
        run.finish()
    check_finite(run, trainer.training, rates[-1])


def _records_of(done, rates):
    """A record of each epoch, from pairs of loss and alpha, and from learning rates."""
    if not done:
        return []
    best_iters, best_losses, best_iter, best_loss = [], [], None, np.inf
    for number, (loss, _) in enumerate(done, 1):
        if loss < best_loss:
            best_iter, best_loss = number, loss
        best_iters.append(best_iter)
        best_losses.append(best_loss)
    (losses, alphas), none = zip(*done, strict=True), repeat(None)
    columns = best_iters, best_losses, none, none, losses, rates, alphas, none, none
    return list(map(Epoch._make, zip(*columns, strict=False)))


def train_restarts(runs, make_trainer, plan, parameters, validation, task):
    """Train several runs by `train_run`, in `n_jobs` threads.

    Parameters
    ----------
    runs : list of sklearn_mlp._training.run.Run
    make_trainer : callable
        Makes the `EpochTrainer` of a run from the run, a number of threads, and the event that
        interrupts all runs.
    plan, parameters, validation, task : see `train_run`

    Returns
    -------
    reasons : list of str or None
        What `train_run` returned for each run; None for a run that was not begun because a callback
        asked to stop.
    """
    n_runs = len(runs)
    n_jobs = effective_n_jobs(parameters.n_jobs)
    n_threads = min(n_jobs, n_runs)
    tasks = [
        task.subtask("restart", task_id=number, max_subtasks=plan.max_iter)
        for number in range(n_runs)
    ]
    interrupted, enough = Event(), Event()
    trainers = [make_trainer(run, n_jobs // n_threads, interrupted) for run in runs]

    def train(number):
        if enough.is_set():
            return None
        run, own_task = runs[number], tasks[number]
        own_task.begin(run)
        name = f"Restart {number + 1}/{n_runs}, epoch"
        why = train_run(run, trainers[number], plan, parameters, validation, own_task, name)
        if own_task.end(run):
            enough.set()
        return why

    with contextlib.ExitStack() as stack:
        for trainer in trainers:
            stack.enter_context(trainer)
        return in_threads(train, n_runs, n_threads, interrupted)


def best_of(runs, parameters):
    """Number of the run with the lowest loss or, with early stopping, the highest score.

    Finishes every run.
    """

    def score(number):
        run = runs[number]
        run.finish()
        if not parameters.early_stopping:
            return -run.loss_
        return -np.inf if run.best_validation_score_ is None else run.best_validation_score_

    return max(range(len(runs)), key=score)


def report(line):
    sys.stdout.write(line + "\n")


class Printer:
    """Prints a line for every n-th epoch and the last, if n is not 0; see `train_run`."""

    def __init__(self, name, max_iter, n):
        self._name, self._max_iter, self._n, self._begun = name, max_iter, n, time.perf_counter()

    def print(self, number, epoch, *, is_last):
        if self._n == 0 or not (is_last or number == self._max_iter or number % self._n == 0):
            return
        width = len(str(self._max_iter))
        line = f"{self._name} {number:{width}}/{self._max_iter}, loss {epoch.loss:10.6f}"
        if epoch.score is not None:
            line += f", validation score {epoch.score:10.6f}"
        report(f"{line}, {time.perf_counter() - self._begun:6.1f} s")


def in_threads(function, n, n_threads, interrupted):
    """``[function(0), ..., function(n - 1)]``, computed in `n_threads` threads.

    In several threads, an error or a signal sets `interrupted`, which makes the other calls end
    with CancelledError. The signal, or the error of the first call that has one, is raised when all
    have ended.
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
            # With a timeout, because a signal that arrives just before the wait begins does not end
            # it.
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
