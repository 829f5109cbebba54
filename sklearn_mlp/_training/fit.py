"""What one call prepares, the epoch of `partial_fit`, and what is said at the end."""

import threading
from typing import NamedTuple

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets

from .._kernel import Rows, is_plain
from .._kernel.packed import dtype_of
from .._sklearn import check_partial_fit_first_call
from .._validation import (
    DTYPES,
    is_indicator,
    named_as_validation_set,
    validate_hidden_sizes,
    validate_initial_weights,
    validate_sample_weight,
    validate_samples,
    validate_validation_set,
)
from .data import (
    TrainingSet,
    ValidationSet,
    check_can_hold_out,
    make_training_set,
    rows_of,
    split,
)
from .diagnosis import describe_fit, describe_validation_scales
from .dual import Span, span_of
from .epochs import (
    EpochTrainer,
    check_finite,
    chunk_length,
    decide_all,
)
from .loop import report
from .messages import WARNINGS
from .plan import Plan, make_plan
from .run import begin, check_biases, check_same_sizes, resume
from .scores import SCORES
from .targets import (
    ONE_CLASS,
    check_label_numbers,
    check_same_classes,
    encode,
    encode_known,
    fits_int64,
)
from .visits import scale_up


class Prepared(NamedTuple):
    """What one call of `fit` or `partial_fit` trains on, by which plan, and what it changes.

    training : sklearn_mlp._training.data.TrainingSet
    validation : sklearn_mlp._training.data.ValidationSet or None
    plan : sklearn_mlp._training.plan.Plan
    runs : list of sklearn_mlp._training.run.Run
        Restarts, of which the best is taken, or the only run.
    span : sklearn_mlp._training.dual.Span or None
        To train in the dual.
    """

    training: TrainingSet
    validation: ValidationSet | None
    plan: Plan
    runs: list
    span: Span | None = None


def draft_of(estimator):
    """An estimator with the same attributes, to be changed before the other one is."""
    draft = object.__new__(type(estimator))
    vars(draft).update(vars(estimator))
    return draft


def is_warm_start(estimator):
    """Whether `fit` goes on from the weights of a former call."""
    return estimator.warm_start and hasattr(estimator, "_packed")


def prepare_fit(
    draft,
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
    """Prepare a call of `fit`; sets the attributes of `draft` that describe the data.

    Parameters
    ----------
    draft : MLPLogisticClassifier
        Has the parameters and, of a warm start, the fitted attributes.
    X, y, sample_weight, coefs_init, intercepts_init, X_val, y_val, sample_weight_val : see `fit`
    """
    is_warm = is_warm_start(draft)
    dtype = dtype_of(draft.coefs_) if is_warm else DTYPES
    if not is_warm and _are_plain(X, y):
        draft.n_features_in_ = X.shape[1]
        vars(draft).pop("feature_names_in_", None)
    else:
        X, y = validate_samples(draft, X, y, dtype=dtype, reset=not is_warm)
    sample_weight = validate_sample_weight(sample_weight, X)
    given = validate_validation_set(draft, X_val, y_val, sample_weight_val, dtype=X.dtype)
    classes, targets = encode(y)
    multilabel = targets.sets is not None
    if is_warm:
        check_same_classes(draft.classes_, draft.multilabel_, classes, multilabel)
    draft.classes_, draft.multilabel_ = classes, multilabel
    training = make_training_set(
        X,
        targets,
        scale_up(sample_weight),
        classes,
        class_weight=draft.class_weight,
        shuffle=draft.shuffle,
    )
    is_weighted = training.step is not None
    if is_weighted and not multilabel and len(np.unique(targets.numbers[training.visits])) < 2:
        raise ValueError(ONE_CLASS + " after removing samples of weight zero")
    if draft.early_stopping and given is None:
        check_can_hold_out(training, None if multilabel else classes)
    runs = _runs_of_fit(draft, targets.n_networks, X.dtype, coefs_init, intercepts_init)
    training, validation = _validation_set(draft, training, y, given, runs[0])
    plan = make_plan(draft, training, streamed=False)
    # A schedule without an end may be resumed by `partial_fit`, which gives the same bits.
    span = None
    if plan.schedule.has_end:
        span = span_of(training, _sizes(draft), runs[0].instruction_set)
    return Prepared(training, validation, plan, runs, span)


def _are_plain(X, y):
    """Whether validation would return X and y as they are, without a warning."""
    return (
        is_plain(X, *DTYPES) and type(y) is np.ndarray and y.shape == X.shape[:1] and fits_int64(y)
    )


def prepare_partial_fit(draft, X, y, *, classes=None, sample_weight=None):
    """Prepare a call of `partial_fit`: one run, and no validation set.

    Sets the attributes of `draft` that describe the data if it was not fitted; the run changes the
    weights of a fitted one in place.

    Parameters
    ----------
    draft : MLPLogisticClassifier
        Has the parameters and, but for a first call, the fitted attributes.
    X, y, classes, sample_weight : see `partial_fit`
    """
    try:
        is_first = check_partial_fit_first_call(draft, classes)
    except TypeError as error:  # of labels that cannot be sorted
        raise ValueError(f"Mix of label input types in classes: {classes}.") from error
    if len(draft.classes_) < 2:
        raise ValueError(ONE_CLASS)
    dtype = DTYPES if is_first else dtype_of(draft.coefs_)
    X, y = validate_samples(draft, X, y, dtype=dtype, reset=is_first)
    sample_weight = validate_sample_weight(sample_weight, X)
    if is_first:
        check_classification_targets(y)
        draft.multilabel_ = is_indicator(y)
        if y.dtype == object:  # as in `fit`, where the classes come from y
            draft.classes_ = draft.classes_.astype(object)
        if draft.multilabel_:
            check_label_numbers(draft.classes_, y.shape[1])
    targets = encode_known(y, draft.classes_, multilabel=draft.multilabel_)
    if is_first:
        (run,) = _begin_runs(draft, targets.n_networks, X.dtype, 1)
    else:
        run = _resume(draft, in_place=True)
        check_biases(run, fit_intercept=draft.fit_intercept)
    training = make_training_set(
        X,
        targets,
        sample_weight,
        draft.classes_,
        class_weight=draft.class_weight,
        shuffle=draft.shuffle,
        former_totals=run.class_totals,
    )
    return Prepared(training, None, make_plan(draft, training, streamed=True), [run])


def make_trainer(parameters, prepared, run, n_jobs, interrupted=None):
    """The trainer of a run, see `EpochTrainer`."""
    return EpochTrainer(
        prepared.training,
        run,
        train_biases=parameters.fit_intercept,
        shuffle=parameters.shuffle,
        loss=prepared.plan.loss,
        n_jobs=n_jobs,
        span=prepared.span,
        interrupted=interrupted,
    )


def train_call(run, trainer, plan, parameters):
    """Train for the one epoch of `partial_fit`; returns the warnings to be given."""
    rate = plan.learning_rate_of(0, run.t_)
    with trainer:
        loss = trainer.train_epoch(plan.learning_rates_of(0, rate), plan.alpha)
    check_finite(run, trainer.training, rate, touched_only=True)
    run.loss_ = loss
    return run.watch(plan, trainer.training, parameters)


def conclude_fit(draft, prepared, run, why):
    """Print how a fit has ended, if `verbose`; returns the warnings to be given.

    Parameters
    ----------
    draft : MLPLogisticClassifier
    prepared : Prepared
    run : sklearn_mlp._training.run.Run
        The best one.
    why : str or None
        Why its training stopped early.
    """
    training, validation, plan = prepared.training, prepared.validation, prepared.plan
    if draft.verbose and why is not None:
        report(why)
    if draft.verbose and run.best_validation_score_ is not None:
        report(f"The weights are those of epoch {run.best_iter_}.")
    messages = []
    if why is None and not plan.schedule.has_end:
        messages.append(WARNINGS["cut off"].text.format(max_iter=plan.max_iter))
    if validation is not None and validation.subset is None:
        messages.append(describe_validation_scales(training.X, validation.X))
    messages.append(
        describe_fit(
            run,
            plan,
            training,
            lambda rows: decide_all(
                training.rows, run.networks(), chunk_length(training.X, run.coefs_), rows
            ),
            parameters=draft,
            classes=None if draft.multilabel_ else draft.classes_,
        )
    )
    return [message for message in messages if message is not None]


def get_scorer_of(estimator):
    """The scorer of scikit-learn that `scoring` names or is."""
    from sklearn.metrics import check_scoring  # seldom needed, and slow to import

    return check_scoring(estimator, estimator.scoring)


def _validation_set(draft, training, y, given, run):
    """The training set and the validation set, given or split off the training set; None without.

    Checks `scoring`, also where there is no validation set.
    """
    validation = None
    if given is not None:
        X, y, sample_weight = given
        with named_as_validation_set():
            targets = encode_known(y, draft.classes_, multilabel=draft.multilabel_)
        validation = ValidationSet(X, Rows(X), targets, weights=sample_weight)
    elif draft.early_stopping:
        generator = run.split_generator()
        training, validation = split(training, draft.validation_fraction, generator)
    if draft.scoring not in SCORES:
        scorer = get_scorer_of(draft)
        if validation is not None:
            scorer = _scorer_of_runs(draft, scorer, validation, y)
            validation = validation._replace(scorer=scorer)
    return training, validation


def _scorer_of_runs(draft, scorer, validation, y):
    """A function that scores a run on the validation set by a scorer of scikit-learn."""
    # Copies, for a scorer may write into what it is given.
    if validation.subset is not None:
        X, y = rows_of(validation.X, validation.subset), y[validation.subset]
    else:
        X, y = validation.X.copy(), np.array(y)
    arguments = {}
    if validation.weights is not None:
        arguments["sample_weight"] = validation.weights.copy()

    def score(run):
        fitted = draft_of(draft)
        vars(fitted).update(run.attributes())
        vars(fitted).pop("feature_names_in_", None)  # X comes without
        value = float(scorer(fitted, X, y, **arguments))
        if not np.isfinite(value):
            raise ValueError(f"The validation score is {value}, by scoring={draft.scoring!r}.")
        return value

    return score


def _sizes(draft):
    """Number of nodes of each layer, inputs first."""
    return [draft.n_features_in_, *validate_hidden_sizes(draft.hidden_layer_sizes), 1]


def _runs_of_fit(draft, n_networks, dtype, coefs_init, intercepts_init):
    """Restarts, or the one run of a warm start."""
    is_warm = is_warm_start(draft)
    n_runs = 1 if is_warm else draft.n_init
    if n_runs > 1 and not (coefs_init is None and intercepts_init is None):
        raise ValueError(
            "coefs_init and intercepts_init give the weights of one network, but "
            f"n_init={draft.n_init} networks are to be trained: set n_init=1."
        )
    coefs_init, intercepts_init = validate_initial_weights(
        _sizes(draft), n_networks, dtype, coefs_init, intercepts_init
    )
    if is_warm:
        runs = [_resume(draft, in_place=False)]
    else:
        runs = _begin_runs(draft, n_networks, dtype, n_runs)
    if coefs_init or intercepts_init:
        (run,) = runs
        run.pack(coefs_init or run.coefs_, intercepts_init or run.intercepts_)
    for run in runs:
        check_biases(run, fit_intercept=draft.fit_intercept)
    return runs


_of_thread = threading.local()


def _random_state_of(parameter):
    """What scikit-learn's `check_random_state` returns, which takes 60 us for an int.

    A new RandomState is filled with random numbers of the system before it is seeded.
    """
    if type(parameter) is not int:
        return check_random_state(parameter)
    if not hasattr(_of_thread, "random_state"):
        _of_thread.random_state = np.random.RandomState(0)
    _of_thread.random_state.seed(parameter)
    return _of_thread.random_state


def _begin_runs(draft, n_networks, dtype, n_runs):
    random_state = _random_state_of(draft.random_state)
    return [
        begin(
            random_state,
            _sizes(draft),
            n_networks,
            dtype,
            init_range=draft.init_range,
            fit_intercept=draft.fit_intercept,
        )
        for _ in range(n_runs)
    ]


def _resume(draft, *, in_place):
    run = resume(vars(draft), in_place=in_place)
    check_same_sizes(run.coefs_, _sizes(draft))
    return run
