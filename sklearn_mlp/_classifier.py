"""The estimator: its parameters, `fit` and `partial_fit`, and prediction."""

import warnings
from functools import partial

import numpy as np
from scipy.special import expit, log_expit, log_softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from ._kernel.packed import PackedWeights
from ._persistence import is_fitted, state_from_file, state_to_file
from ._quick import quick_logits, quick_partial_fit, remember_partial_fit, remember_prediction
from ._sklearn import (
    N_FRAMES,
    CallbackSupportMixin,
    DocumentationLink,
    with_callbacks,
)
from ._training.attributes import OF_DATA, OF_RUN
from ._training.callbacks import fit_task
from ._training.epochs import logits_of
from ._training.fit import (
    conclude_fit,
    draft_of,
    is_warm_start,
    make_trainer,
    prepare_fit,
    prepare_partial_fit,
    train_call,
)
from ._training.loop import best_of, report, train_restarts, train_run
from ._training.parameters import CONSTRAINTS, check_parameters
from ._training.run import resume
from ._training.targets import most_probable, normalized
from ._validation import check_not_assigned, restored_on_error, validate_inputs


class MLPLogisticClassifier(
    DocumentationLink, CallbackSupportMixin, ClassifierMixin, BaseEstimator
):
    """Multilayer perceptron of logistic nodes, trained one sample at a time.

    This is the network of the article "Understanding Training Formulas and Backpropagation for
    Multilayer Perceptrons" [1]_. It has one or more hidden layers and one output node, every node
    is logistic, and all weights change after every single sample by ``weight -= LR * gradient``.
    For more than two classes, one such network per class (one-vs-rest) is trained, and all of them
    visit the samples in the same order; for multilabel targets, one network per label.

    The default loss is the article's, half the squared error of the output. ``loss="log_loss"``
    is an option, with the same equations except for one factor. Both are proper scoring rules (the
    squared error of a probability is the Brier score), so the probabilities of
    :meth:`predict_proba` are meant to be calibrated.

    Parameters and fitted attributes that also exist in
    :class:`~sklearn.neural_network.MLPClassifier` have the same names and meanings as there.

    .. versionadded:: 0.1

    Parameters
    ----------
    hidden_layer_sizes : int or array-like of int, default=32
        Number of nodes of the hidden layer, or of each hidden layer from the input side. Sizes
        from 8 to 64 perform about equally on most data sets, and so does a second layer.

    learning_rate_init : float or "auto", default="auto"
        Learning rate, the article's LR: what the gradient is multiplied by when a weight changes.
        `learning_rate` decides how it changes from epoch to epoch. "auto" suits most data sets;
        in a search, add numbers from 0.25 to 5. A number is used as it is.

        With ``learning_rate="linear"``, "auto" is 4 (log loss: 0.8) times
        ``min(1, (e + 1/2) / (max_iter / 5))`` in epoch e, counted from 0: it rises over the first
        fifth of the epochs, because a high learning rate saturates the output node of a new
        network. With squared error, and without `class_weight`, the learning rate of the larger
        class of a network is multiplied by ``(n_small / n_large) ** max(0, 1 - 2 e / max_iter)``
        as well, where n_small and n_large are the sizes of its two classes (weights counted). So
        both classes have the same weight in epoch 0, and the factor is 1 from the middle of
        training on. Without it, the outputs for the smaller class can be pushed near 0, where
        ``f'(S_preA,O)`` leaves hardly any error signal, and the class is not learned any more.

        With "constant" and "adaptive", "auto" is 0.5 (log loss: 0.2); for "invscaling", see
        `learning_rate`. Under the same conditions, the learning rate of the larger class is
        multiplied by ``(n_small / n_large) ** max(0, 1 - e / 10)`` in epoch e.

        In `partial_fit`, "auto" is always 0.5 (log loss: 0.2).

    learning_rate : {"linear", "constant", "invscaling", "adaptive"}, default="linear"
        Schedule of the learning rate. "linear" suits most data sets, because training one sample
        at a time settles only if the learning rate falls. Choose "constant", and numbers for
        `learning_rate_init` and `alpha`, if a fit is to be resumed, or if `fit` for n epochs has to
        give the same weights as n calls of `partial_fit`.

        - "linear": epoch e (from 0) trains at ``learning_rate_init * (1 - e / max_iter)``.
        - "constant": all epochs train at `learning_rate_init`.
        - "invscaling": ``learning_rate_init / (t + 1) ** power_t`` after t visits to samples,
          updated before each epoch. With ``learning_rate_init="auto"``, `fit` trains at
          ``min(1, 3 / ((t + 1) / n) ** power_t)`` (log loss: 0.4 and 1.2 instead of 1 and 3),
          where n is the number of visits of an epoch: the learning rate then falls with the number
          of epochs, equally for few and for many samples.
        - "adaptive": `learning_rate_init`, divided by 5 each time that training would otherwise
          stop (see `n_iter_no_change`) until it is 1e-6 or less.

        `partial_fit` trains at `learning_rate_init`; with "invscaling" its t is `t_`.

    power_t : float, default=0.5
        Exponent of the schedule "invscaling".

    loss : {"squared_error", "log_loss"}, default="squared_error"
        What training minimizes for each sample. "log_loss" is better if a class is rare (less than
        about 3% of the samples), and on large data sets with hardly any noise.

        - "squared_error": half the squared error of the output, the article's. Its error signal is
          ``S_ERROR = FE * f'(S_preA,O)``.
        - "log_loss": minus the logarithm of the probability of the sample's class. Its error
          signal is ``S_ERROR = FE``, so that an output that is wrong and near 0 or 1 learns at
          full speed.

    alpha : float or "auto", default="auto"
        Strength of the L2 regularization, which keeps the weights small. "auto" suits most data
        sets; in a search, add 0.01, 0.1 and 1.

        The objective is the mean loss over the n samples (weights counted) plus
        ``alpha / (2 n)`` times the sum of the squared weights, without those of bias nodes, as in
        :class:`~sklearn.neural_network.MLPClassifier` with ``solver="lbfgs"``. In a visit, a weight
        is multiplied by the factor ``1 - learning_rate * alpha / n``, which is never below 0.

        In `partial_fit`, n is the number of samples of the call, so the same `alpha` acts more
        strongly than in `fit`. To regularize a stream of calls with b samples each as `fit` does
        with n samples, pass ``alpha * b / n``.

        In `fit`, "auto" is updated before each epoch e (from 0). It is
        ``0.03 * sqrt(d) * cbrt(n * loss ** 2) * min(1, 2 * e / max_iter)`` (log loss: 0.05 instead
        of 0.03), where loss is the mean loss of the previous epoch, and d is the mean squared
        length of the samples, at most n_features (which it is for inputs scaled to variance 1).
        The noisier the data, the higher the loss and the stronger the regularization. `alpha`
        rises from 0 because a new network has a high loss on any data. With schedules other than
        "linear", training may end at any time, and the last factor is ``min(1, e / 10)``.

        In `partial_fit`, "auto" is 0.

    max_iter : int, default=80
        Number of epochs, which are passes over the samples; the largest number of epochs if
        training can stop early (see `n_iter_no_change`). More than 80 epochs gain little on most
        data sets; 30 epochs cost some accuracy.

    tol : float, default=1e-4
        Smallest change that counts as an improvement: a decrease of the training loss or, with
        `early_stopping`, an increase of the validation score.

    n_iter_no_change : int, numpy.inf or "auto", default="auto"
        Number of epochs in a row without an improvement by `tol` that training tolerates; one more
        stops it. With `early_stopping` it counts epochs by the validation score, otherwise by the
        training loss. "auto" suits most data sets.

        With ``learning_rate="linear"``, the training loss never stops training, and with "auto" a
        validation set does not stop it either: the schedule runs to its end. A number stops
        training on the validation score even while the learning rate is high, which saves time but
        usually costs accuracy.

        With the other schedules, "auto" is 10 on the training loss, and 40 on a validation score,
        because the score of few samples is noisy. The training loss does not stop training while it
        is above 0.8 times that of the best constant output, because a network that has not learned
        yet can stay there for tens of epochs.

    fit_intercept : bool, default=True
        Whether the inputs and each hidden layer have a bias node, which is always 1.
        The article's own network has none.

    init_range : float or "auto", default="auto"
        Initial weights are drawn uniformly between -init_range and init_range. "auto" is
        ``sqrt(6 / fan_in)``, layer by layer [2]_.

    shuffle : bool, default=True
        Whether each epoch visits the samples in a new random order. That order depends on the
        samples and their weights, not on the order in which they are given. Choose False if the
        order of the samples has a meaning, and for the article's own program: then each epoch
        visits them as given.

    class_weight : dict, "balanced" or None, default=None
        Weights of the classes, ``{label: weight}``; 1 for a class that is not named. "balanced"
        finds more samples of a rare class, at the cost of probabilities that no longer match its
        frequency; it uses ``n_samples / (n_classes * n_samples_of_the_class)``, sample weights
        counted. If the weights of a dict have a mean under 1 over the samples, all are scaled up
        to mean 1. Samples of a class of weight c are visited ``ceil(c)`` times (at most 64 times),
        and each update is scaled by c divided by that number. Multilabel targets do not support
        class weights: use :class:`~sklearn.multiclass.OneVsRestClassifier` with this estimator.

    n_init : int, default=1
        Number of networks to train, each with initial weights and visiting orders of its own. The
        best one is kept: the one with the lowest `loss_`, or with early stopping the one with the
        highest `best_validation_score_`. A value above 1 helps networks of two or three hidden
        nodes, which can get stuck in a local minimum; it does not help with the default size. Warm
        starts and `partial_fit` ignore it.

    early_stopping : bool, default=False
        Whether to keep the weights of the epoch with the best score on a validation set, and to
        stop when that no longer improves, see `n_iter_no_change`. The validation set is `X_val` of
        `fit` or, without it, a part of each class (multilabel: of the samples) that is held out.
        Hardly any data set needs it: the default `alpha` prevents overfitting, and samples that are
        held out cannot be trained on. With ``learning_rate="linear"`` all epochs are trained, and
        the best of the last quarter of them is kept, where the learning rate has fallen (the best
        of all if `n_iter_no_change` is a number). `partial_fit` ignores it.

    validation_fraction : float, default=0.1
        Part of each class to hold out with `early_stopping`, between 0 and 1.

    scoring : str or callable, default="loss"
        Validation score of `early_stopping`. "loss" is minus the mean of the loss; it takes the
        probabilities into account, and changes with every epoch. "accuracy" is the accuracy
        (multilabel: the share of samples whose labels are all right). Any other name of a scorer
        of scikit-learn can be used, such as "roc_auc", or a callable with the signature
        ``scorer(estimator, X, y)``, which is also called with `sample_weight` if there are weights.
        Such scorers take some time in every epoch. Of epochs with equal scores, the one with the
        lowest loss on the validation set counts as the best.

    warm_start : bool, default=False
        Whether `fit` continues from the weights of the previous call instead of new ones.

    verbose : bool or int, default=False
        Whether to print a line for every epoch to the standard output: its loss and, with early
        stopping, the validation score. An int n prints a line for every n-th epoch and the last.

    n_jobs : int or None, default=None
        Number of threads that train the networks of `n_init` and of more than two classes, as in
        joblib: None means 1 unless in a :obj:`joblib.parallel_config` context, and -1 means as
        many as there are processors. The result does not depend on it.

    random_state : int, RandomState instance or None, default=None
        Source of the initial weights, the visiting orders and the validation set. An int gives
        the same result in every fit.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The class labels, sorted; for multilabel targets, the column numbers.
    multilabel_ : bool
        Whether the targets are multilabel: a matrix of 0 and 1 with one column per label.
    coefs_ : list of ndarrays of shape (fan_in, fan_out)
        Weights of each layer, of the dtype of `X` (float64 or float32). With more than two
        classes, or multilabel targets, the arrays have a leading axis: one network per class or
        label.
    intercepts_ : list of ndarrays of shape (fan_out,)
        Weights of the bias nodes; zeros if ``fit_intercept=False``. If there is a leading
        axis, it is that of `coefs_`.
    n_features_in_ : int
        Number of inputs seen in `fit`.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the inputs, if `X` had names that are all strings.
    alpha_, learning_rate_init_ : float
        The values of `alpha` and `learning_rate_init` in the last epoch; a number even where the
        parameter is "auto".
    n_iter_ : int
        Number of epochs of the last `fit`; 1 after `partial_fit`.
    t_ : int
        Number of visits to samples in all calls so far.
    loss_ : float
        Loss of the last epoch: the mean over its visits, weights counted, of half the squared
        error (or of the log loss), each measured before the visit changed the weights, without the
        regularization term. With more than two classes, the mean over the networks.
    best_loss_ : float or None
        Lowest loss of the last `fit`; None with early stopping.
    loss_curve_ : list of float
        Loss of each epoch of `fit`. A warm start extends it; `partial_fit` does not.
    learning_rate_curve_ : list of float
        Learning rate of each epoch, as the schedule sets it. Extended as `loss_curve_` is.
    alpha_curve_ : list of float
        `alpha` of each epoch. Extended as `loss_curve_` is.
    validation_scores_ : list of float or None
        Validation score (see `scoring`) after each epoch. Samples are weighted as in training,
        those of `X_val` by `sample_weight_val`. A warm start extends it. None without early
        stopping.
    validation_loss_curve_ : list of float or None
        Mean loss on the validation set after each epoch, whatever `scoring` is. Extended as
        `validation_scores_` is.
    best_validation_score_ : float or None
        Highest validation score of the last `fit`, among the epochs that `early_stopping` chooses
        from; None without early stopping.
    best_iter_ : int or None
        Epoch of the last `fit`, counted from 1. With early stopping, it is the one that reached
        `best_validation_score_` and whose weights are kept; otherwise the one that first reached
        `best_loss_`. None if only `partial_fit` was called.
    n_layers_ : int
        Number of layers, input and output included.
    n_outputs_ : int
        Number of networks: 1, or the number of classes if there are more than two, or of labels.
    hidden_activation_, out_activation_ : str
        Activation function of the hidden nodes and of the output node: "logistic".

    See Also
    --------
    sklearn.neural_network.MLPClassifier : Mini-batches, further activation functions.

    References
    ----------
    .. [1] Robert Keim, "Understanding Training Formulas and Backpropagation for Multilayer
       Perceptrons", All About Circuits, 27 December 2019.
    .. [2] He, K., Zhang, X., Ren, S., & Sun, J., "Delving deep into rectifiers: Surpassing
       human-level performance on imagenet classification", ICCV 2015.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import cross_val_score
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_mlp import MLPLogisticClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPLogisticClassifier(random_state=0))
    >>> bool(cross_val_score(model, X, y).mean() > 0.96)
    True
    """

    _parameter_constraints: dict = CONSTRAINTS

    def __init__(
        self,
        hidden_layer_sizes=32,
        *,
        learning_rate_init="auto",
        learning_rate="linear",
        power_t=0.5,
        loss="squared_error",
        alpha="auto",
        max_iter=80,
        tol=1e-4,
        n_iter_no_change="auto",
        fit_intercept=True,
        init_range="auto",
        shuffle=True,
        class_weight=None,
        n_init=1,
        early_stopping=False,
        validation_fraction=0.1,
        scoring="loss",
        warm_start=False,
        verbose=False,
        n_jobs=None,
        random_state=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.learning_rate_init = learning_rate_init
        self.learning_rate = learning_rate
        self.power_t = power_t
        self.loss = loss
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.fit_intercept = fit_intercept
        self.init_range = init_range
        self.shuffle = shuffle
        self.class_weight = class_weight
        self.n_init = n_init
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.warm_start = warm_start
        self.verbose = verbose
        self.n_jobs = n_jobs
        self.random_state = random_state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.classifier_tags.multi_label = self.class_weight is None
        return tags

    # ---------------------------------------------------------------- training

    @with_callbacks
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        coefs_init=None,
        intercepts_init=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
    ):
        """Train for `max_iter` epochs, or until training stops early.

        A call that raises an error, because of invalid input or weights that became non-finite,
        leaves the estimator as it was. `KeyboardInterrupt` is raised as well, but leaves the
        estimator fitted with the weights reached so far (with early stopping, the best ones) if
        they are finite.

        With scikit-learn 1.9 or newer, `set_callbacks` sets callbacks of :mod:`sklearn.callback`.
        Each epoch is one task, for all classes together; a callback that returns True at its end
        stops training. The `fitted_estimator` that a callback may ask for has the weights that
        the epoch ended with. With `n_init` > 1, each network is a task with epochs of its own, and
        may run in a thread. A callback that returns True at the end of an epoch stops the training
        of this network. If it returns True at the end of a network's task, networks whose training
        has not begun are not trained. The weights reached so far are visible in `fitted_estimator`,
        not in this estimator.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs. C-ordered float64 and float32 arrays, and the values of CSR matrices of these
            dtypes, are read without a copy; anything else is converted once. The indices of sparse
            matrices are copied and checked.

        y : array-like of shape (n_samples,), or {array-like, sparse matrix} of shape \
                (n_samples, n_labels)
            Class labels, at least two different ones; or multilabel targets, 0 or 1, at least two
            columns.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, not negative. A weight is a multiplicity: a sample of weight w
            is visited ``ceil(w)`` times per epoch, with its updates scaled by ``w / ceil(w)``;
            weight 0 leaves it out. If the positive weights have a mean under 1, all are scaled up
            to mean 1.

        coefs_init : list of arrays shaped like `coefs_`, default=None
            Initial weights; drawn at random by default. The array of the last layer may also have
            shape (fan_in,). Cannot be combined with `n_init` > 1.

        intercepts_init : list of arrays shaped like `intercepts_`, default=None
            Initial weights of the bias nodes; drawn at random by default. Cannot be combined with
            `n_init` > 1.

        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation set for `early_stopping`. If it is given, no rows of `X` are held out. In a
            pipeline, the previous steps transform it only with metadata routing and
            ``transform_input=["X_val"]``; the user guide has a recipe (Choose the parameters).

        y_val : array-like of shape (n_val,) or (n_val, n_labels), default=None
            Class labels of `X_val`, or its multilabel targets. All its classes must occur in `y`.

        sample_weight_val : array-like of shape (n_val,), default=None
            Weights of the samples of `X_val` in the validation score.

        Returns
        -------
        self : MLPLogisticClassifier

        Raises
        ------
        ValueError
            Invalid parameters or data, or weights that became non-finite.
        """
        check_parameters(self)
        draft = draft_of(self)
        if self.warm_start and not hasattr(self, "_packed"):
            check_not_assigned(self)
        n_runs = 1 if is_warm_start(self) else self.n_init
        task = fit_task(self, draft, X, y, sample_weight, n_runs=n_runs, n_epochs=self.max_iter)
        with restored_on_error(self.random_state):
            task.begin()
            prepared = prepare_fit(
                draft,
                X,
                y,
                sample_weight,
                coefs_init=coefs_init,
                intercepts_init=intercepts_init,
                X_val=X_val,
                y_val=y_val,
                sample_weight_val=sample_weight_val,
            )
            validation, plan, runs = prepared.validation, prepared.plan, prepared.runs
            try:
                if n_runs == 1:
                    with make_trainer(self, prepared, runs[0], self.n_jobs) as trainer:
                        reasons = [train_run(runs[0], trainer, plan, self, validation, task)]
                else:
                    trainer_of = partial(make_trainer, self, prepared)
                    reasons = train_restarts(runs, trainer_of, plan, self, validation, task)
                best = best_of(runs, self)
                task.end(runs[best])
                self._adopt(draft, runs[best])
            except BaseException as error:
                if not isinstance(error, Exception):  # interrupted
                    begun = [run for run in runs if run.records is not None]
                    for run in begun:
                        run.finish()
                    finite = [run for run in begun if run.is_finite()]
                    if finite:
                        self._adopt(draft, finite[best_of(finite, self)])
                raise
        for message in conclude_fit(draft, prepared, runs[best], reasons[best]):
            # The frames between are those of `with_callbacks`.
            warnings.warn(message, ConvergenceWarning, stacklevel=2 + N_FRAMES)
        return self

    def partial_fit(self, X, y, *, classes=None, sample_weight=None):
        """Train for one epoch on a part of the data, from the weights reached so far.

        The learning rate is `learning_rate_init`; with ``learning_rate="invscaling"``, it is
        divided by ``(t_ + 1) ** power_t``. In the formula of `alpha`, n is the number of samples of
        this call. The weights of classes (`class_weight`) are computed from all calls so far.
        `early_stopping`, `n_init` and `warm_start` are ignored.

        A call that raises an error leaves the estimator as it was. There is one exception: if the
        weights of a large network become non-finite in a call with few samples, interrupted or not,
        the estimator is no longer fitted. Its weights could only be restored from a copy, which
        would take longer than the call.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        y : array-like of shape (n_samples,), or {array-like, sparse matrix} of shape \
                (n_samples, n_labels)
            Class labels, of which some may be absent; or multilabel targets.

        classes : array-like of shape (n_classes,), default=None
            All class labels that can occur in any call (multilabel: the column numbers,
            ``range(n_labels)``). Required in the first call, optional in later ones.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the samples, as in `fit`, but never scaled up.

        Returns
        -------
        self : MLPLogisticClassifier

        Raises
        ------
        ValueError
            Invalid parameters or data, or weights that became non-finite.
        """
        is_bare = classes is None and sample_weight is None
        if is_bare and quick_partial_fit(self, X, y, MLPLogisticClassifier):
            return self
        check_parameters(self)
        is_first = not hasattr(self, "_packed")
        if is_first:
            check_not_assigned(self)
        # Only a first call changes more attributes than those of a run.
        draft = draft_of(self) if is_first else self
        messages = []
        with restored_on_error(self.random_state) if is_first else self._packed.lock:
            prepared = prepare_partial_fit(
                draft, X, y, classes=classes, sample_weight=sample_weight
            )
            plan, (run,) = prepared.plan, prepared.runs
            n_visits = len(prepared.training.visits)
            trainer = make_trainer(self, prepared, run, self.n_jobs)
            # The run of a first call has nothing to lose.
            saved = None if is_first else run.save(n_visits, trainer.chunk)
            run.n_iter_, run.learning_rate_init_ = 1, plan.learning_rate_init
            run.alpha_ = plan.alpha
            try:
                if n_visits:  # none if the classes' weights are zero
                    messages = train_call(run, trainer, plan, draft)
                self._adopt(draft, run)
            except BaseException as error:
                is_interrupt = not isinstance(error, Exception)
                if is_interrupt and run.is_finite():
                    self._adopt(draft, run)
                elif saved is not None and not run.restore(saved) and run.changes(vars(self)):
                    self._forget()
                    if is_interrupt:
                        raise
                    raise ValueError(
                        f"{error} The weights from before this call are lost, because large "
                        "networks are not copied: the estimator is not fitted any more."
                    ) from error
                raise
            remember_partial_fit(self, X, plan)
        if self.verbose and n_visits:
            report(f"Visit {self.t_}, loss {self.loss_:10.6f}")
        for message in messages:
            warnings.warn(message, ConvergenceWarning, stacklevel=2)
        return self

    def _adopt(self, draft, run):
        """Take the fitted attributes of a draft and of a run."""
        attributes = run.attributes()
        if draft is not self:
            attributes |= {name: vars(draft)[name] for name in OF_DATA if name in vars(draft)}
        # In one operation: other threads, and an interrupt, find the old attributes or the new.
        vars(self).update(attributes)
        if "feature_names_in_" not in vars(draft):
            vars(self).pop("feature_names_in_", None)

    def _forget(self):
        """Become an estimator that is not fitted."""
        for name in (*OF_DATA, *OF_RUN):
            vars(self).pop(name, None)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_packed")

    def __copy__(self):
        """A copy with weights and a generator of its own."""
        other = draft_of(self)
        if hasattr(self, "_packed"):
            vars(other).update(vars(resume(vars(self), in_place=False)))
        return other

    def __getstate__(self):
        return state_to_file(dict(super().__getstate__()))

    def __setstate__(self, state):
        state = state_from_file(state, type(self))
        if is_fitted(state):
            state.update(vars(resume(state, in_place=False)))
        super().__setstate__(state)

    # -------------------------------------------------------------- prediction

    def decision_function(self, X):
        """Preactivation of the output node, ``S_preA,O``: the logit of its probability.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        logits : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Logit of the second class; with more than two classes, of each class against the
            rest; for multilabel targets, of each label.
        """
        logits = quick_logits(self, X, MLPLogisticClassifier)
        if logits is None:
            logits = self._decision_function(X)
        return logits[:, 0] if logits.shape[1] == 1 else logits

    def _decision_function(self, X):
        """The full way of `decision_function`: logits of shape (n_samples, n_networks)."""
        if not hasattr(self, "_packed"):
            check_not_assigned(self)
            check_is_fitted(self)  # raises
        packed = self._packed
        is_packed = packed.holds(self.coefs_, self.intercepts_)
        if not is_packed:  # arrays that a user has put there
            packed = PackedWeights(self.coefs_, self.intercepts_)
        inputs = validate_inputs(self, X, dtype=packed.buffer.dtype)
        logits = logits_of(inputs, packed, (self.hidden_activation_, self.out_activation_))
        if is_packed:
            remember_prediction(self, X, packed)
        return logits

    def predict(self, X):
        """Predict the most probable class of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_labels)
            Class labels; for multilabel targets, 0 or 1.
        """
        fitted = draft_of(self)  # another thread may train this one meanwhile
        logits = fitted.decision_function(X)
        if fitted.multilabel_:
            return (logits > 0).astype(int)
        return np.asarray(fitted.classes_)[most_probable(logits.reshape(len(logits), -1))]

    def predict_proba(self, X):
        """Predict the probability of each class.

        With two classes, the probability of the second one is the postactivation of the output
        node, ``S_postA,O``, and that of the first is ``1 - S_postA,O``. With more classes, the
        postactivations of all networks are divided by their sum. For multilabel targets, the
        postactivations are the probabilities of the labels.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes) or (n_samples, n_labels)
            In the order of `classes_`.
        """
        fitted = draft_of(self)  # see `predict`
        logits = fitted.decision_function(X)
        if logits.ndim == 1:
            # 1 / (1 + exp(-logit)) in place: scipy's expit takes four times as long.
            proba = np.empty((len(logits), 2), dtype=logits.dtype)
            proba[:, 0] = logits
            proba[:, 1] = -logits
            with np.errstate(over="ignore", under="ignore"):
                np.exp(proba, out=proba)
                proba += 1.0
                return np.reciprocal(proba, out=proba)
        # What underflows to 0 may be divided by 0 before it is made from the logarithms.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            if fitted.multilabel_:
                return expit(logits)
            # A function that a user has put in the place of ours may keep what it returns.
            function = getattr(fitted.decision_function, "__func__", None)
            if function is not MLPLogisticClassifier.decision_function:
                logits = np.array(logits, dtype=np.result_type(logits, np.float32))
            return normalized(logits)

    def predict_log_proba(self, X):
        """Predict the logarithm of the probability of each class.

        It is finite even where the probability itself rounds to 0.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        fitted = draft_of(self)  # see `predict`
        logits = fitted.decision_function(X)
        with np.errstate(under="ignore"):
            if logits.ndim == 1:
                return np.stack([log_expit(-logits), log_expit(logits)], axis=1)
            if fitted.multilabel_:
                return log_expit(logits)
            return log_softmax(log_expit(logits), axis=1)
