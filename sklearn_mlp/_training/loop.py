"""The loop over the epochs of a run, when it stops, and restarts."""

import contextlib
import sys
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor, wait
from threading import Event

import numpy as np
from joblib import effective_n_jobs

from .losses import loss_of_constant_output
from .run import Epoch

# A loss above this fraction of the loss of a constant output is that of a network that has hardly
# learned, so that a plateau there is not the end of training.
HARDLY_LEARNED = 0.8


class Stopping:
    """Counts the epochs in a row that improved the best score so far by less than `tol`.

    The score is a validation score, or minus the training loss. Epochs are counted as in
    :class:`~sklearn.neural_network.MLPClassifier`.
    """

    def __init__(self, tol, n_iter_no_change):
        self.tol, self.n_iter_no_change = tol, n_iter_no_change
        self.best, self.n_no_change = -np.inf, 0

    def is_best(self, score):
        """Count an epoch of this score; True if it is the best so far."""
        self.n_no_change = self.n_no_change + 1 if score < self.best + self.tol else 0
        is_best = score > self.best
        self.best = max(self.best, score)
        return is_best

    def is_due(self):
        return self.n_no_change > self.n_iter_no_change


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
    name : str
        What an epoch is called in the lines that `verbose` prints.

    Returns
    -------
    why : str or None
        Why training stopped early; None if all epochs were trained.
    """
    run.begin_history(plan, with_scores=validation is not None)
    begun = time.perf_counter()
    stopping = Stopping(parameters.tol, parameters.n_iter_no_change)
    stops_on_loss = validation is None and plan.learning_rate != "linear"
    plateau = np.inf
    if stops_on_loss:
        constant_loss = loss_of_constant_output(trainer.training, run.n_outputs_, parameters.loss)
        plateau = HARDLY_LEARNED * constant_loss
    adaptive_rate = plan.learning_rate_init
    best = why = None
    try:
        while len(run.records) < plan.max_iter and why is None:
            epoch_task = task.subtask("epoch")
            epoch_task.begin(run)
            number = len(run.records)
            rate = plan.learning_rate_of(number, number * len(trainer.training.visits))
            if plan.learning_rate == "adaptive":
                rate = adaptive_rate
            alpha = plan.alpha_of(number, run.records[-1].loss if run.records else np.inf)
            loss = trainer.train_epoch(plan.learning_rates_of(number, rate), alpha)
            score = validation_loss = None
            if validation is not None:
                score, validation_loss = trainer.score(validation, parameters.scoring)
            if stopping.is_best(-loss if score is None else score):
                weights = None if score is None else run._packed.buffer.copy()
                best = (number + 1, stopping.best, weights)
            epoch = Epoch(loss, rate, alpha, score, validation_loss, *best)
            run.records.append(epoch)
            # A training loss hardly below that of a constant output is a plateau before learning
            # has begun, not the end of it.
            can_stop = validation is not None or (stops_on_loss and loss <= plateau)
            if can_stop and stopping.is_due():
                if plan.learning_rate == "adaptive" and adaptive_rate > 1e-6:
                    adaptive_rate /= 5.0
                    stopping.n_no_change = 0
                else:
                    what = "Training loss" if validation is None else "Validation score"
                    why = (
                        f"{what} did not improve more than tol={stopping.tol:f} for "
                        f"{stopping.n_iter_no_change} consecutive epochs. Stopping."
                    )
            if epoch_task.end(run):
                why = "A callback asked to stop. Stopping."
            n_epochs = len(run.records)
            is_last = why is not None or n_epochs == plan.max_iter
            if parameters.verbose and (is_last or n_epochs % int(parameters.verbose) == 0):
                seconds = time.perf_counter() - begun
                report_epoch(name, n_epochs, plan.max_iter, epoch, seconds)
    finally:
        run.end_history()
    trainer.check_finite()
    return why


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
        run, task = runs[number], tasks[number]
        task.begin(run)
        name = f"Restart {number + 1}/{n_runs}, epoch"
        why = train_run(run, trainers[number], plan, parameters, validation, task, name)
        if task.end(run):
            enough.set()
        return why

    with contextlib.ExitStack() as stack:
        for trainer in trainers:
            stack.enter_context(trainer)
        return in_threads(train, n_runs, n_threads, interrupted)


def best_of(runs, parameters):
    """Number of the run with the lowest loss or, with early stopping, the highest score."""

    def score(number):
        run = runs[number]
        run.end_history()
        if not parameters.early_stopping:
            return -run.loss_
        return -np.inf if run.best_validation_score_ is None else run.best_validation_score_

    return max(range(len(runs)), key=score)


def report(line):
    sys.stdout.write(line + "\n")


def report_epoch(name, number, max_iter, epoch, seconds):
    line = f"{name} {number:{len(str(max_iter))}}/{max_iter}, loss {epoch.loss:10.6f}"
    if epoch.score is not None:
        line += f", validation score {epoch.score:10.6f}"
    report(f"{line}, {seconds:6.1f} s")


def in_threads(function, n, n_threads, interrupted):
    """``[function(0), ..., function(n - 1)]``, computed in `n_threads` threads.

    The first error, or a signal, sets `interrupted`, which makes the other calls end with
    CancelledError. It is raised when they have ended.
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
