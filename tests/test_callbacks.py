"""Callbacks of scikit-learn 1.9: what they are told, what they can do, what they cannot break."""

import io
import warnings
from contextlib import redirect_stdout

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import brier_score_loss, log_loss, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier

try:
    from sklearn import callback
except ImportError:  # scikit-learn < 1.9
    callback = None

pytestmark = [
    pytest.mark.skipif(callback is None, reason="callbacks came with scikit-learn 1.9"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


class Recorder:
    """Keeps the name, task and number of every hook called; stops at the tasks it is told to."""

    def __init__(self, stop_at=(), fail_at=None):
        self.calls, self.stop_at, self.fail_at = [], stop_at, fail_at

    def note(self, hook, context):
        call = (hook, context.task_name, context.task_id)
        self.calls.append(call)
        if call == self.fail_at:
            raise ZeroDivisionError("of a callback")
        return call in self.stop_at

    def setup(self, estimator, context):
        self.note("setup", context)

    def on_fit_task_begin(self, estimator, context):
        self.note("begin", context)

    def on_fit_task_end(self, estimator, context):
        return self.note("end", context)

    def teardown(self, estimator, context):
        self.note("teardown", context)


class Keeper(Recorder):
    """Asks for everything, and keeps what each epoch ended with."""

    def __init__(self):
        super().__init__()
        self.kept, self.begun, self.estimators = [], [], set()

    def on_fit_task_begin(self, estimator, context, *, fitted_estimator):
        if fitted_estimator is not None:
            self.begun.append(fitted_estimator)

    def on_fit_task_end(self, estimator, context, *, X, y, metadata, fitted_estimator):
        self.estimators.add(estimator)
        self.kept.append((X, y, metadata, fitted_estimator))


def network(**parameters):
    parameters = {"learning_rate": "constant", "max_iter": 4, "random_state": 0, **parameters}
    return MLPLogisticClassifier(3, **parameters)


def test_every_epoch_is_one_task_for_all_classes(iris):
    recorder = Recorder()
    network().set_callbacks(recorder).fit(*iris)
    assert recorder.calls == [
        ("setup", "fit", 0),
        ("begin", "fit", 0),
        *[(hook, "epoch", n) for n in range(4) for hook in ("begin", "end")],
        ("end", "fit", 0),
        ("teardown", "fit", 0),
    ]


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_restarts_are_tasks_with_their_epochs(iris, n_jobs):
    recorder = Recorder()
    network(n_init=3, n_jobs=n_jobs).set_callbacks(recorder).fit(*iris)
    names = [(hook, name) for hook, name, _ in recorder.calls]
    assert names.count(("end", "restart")) == names.count(("begin", "restart")) == 3
    assert names.count(("end", "epoch")) == names.count(("begin", "epoch")) == 12
    assert {number for _, name, number in recorder.calls if name == "restart"} == {0, 1, 2}


def test_what_a_callback_gets_of_an_epoch_is_the_fit_up_to_it(iris, bits):
    X, y = iris
    weight = np.arange(len(y)) % 3
    keeper = Keeper()
    model = network().set_callbacks(keeper).fit(X, y, weight)
    assert keeper.estimators == {model}
    for n, (X_told, y_told, metadata, fitted) in enumerate(keeper.kept[:-1], 1):
        assert X_told is X
        assert y_told is y
        assert list(metadata) == ["sample_weight"]
        assert metadata["sample_weight"] is weight
        expected = network(max_iter=n).fit(X, y, weight)
        # Kept through all later epochs, it still has the weights of its own.
        assert bits(fitted) == bits(expected)
        np.testing.assert_array_equal(fitted.predict_proba(X), expected.predict_proba(X))
        assert fitted.loss_curve_ == expected.loss_curve_
        assert (fitted.n_iter_, fitted.t_) == (expected.n_iter_, expected.t_)
        # It goes on as the other does: it has the generator's state, not the generator.
        assert bits(fitted.partial_fit(X, y, sample_weight=weight)) == bits(
            expected.partial_fit(X, y, sample_weight=weight)
        )
    # An epoch begins with what the former ended with, and the fit ends with the last.
    assert bits(keeper.begun[-1]) == bits(network(max_iter=3).fit(X, y, weight))
    assert bits(keeper.kept[-1][-1]) == bits(model)


def test_what_callbacks_do_to_their_estimator_does_not_change_training(iris, bits):
    class Meddler(Recorder):
        def on_fit_task_end(self, estimator, context, *, X, y, fitted_estimator):
            fitted_estimator.partial_fit(X, y)
            fitted_estimator.loss_curve_.append(7.0)

    model = network().set_callbacks(Meddler()).fit(*iris)
    undisturbed = network().fit(*iris)
    assert bits(model) == bits(undisturbed)
    assert model.loss_curve_ == undisturbed.loss_curve_


def test_nothing_is_copied_unless_a_callback_asks(iris, replace):
    def copied(*args):
        raise AssertionError("copied in vain")

    replace("_snapshot", copied)
    recorder = Recorder()
    network().set_callbacks(recorder).fit(*iris)
    assert len(recorder.calls) == 12
    with pytest.raises(AssertionError, match="in vain"):
        network().set_callbacks(Keeper()).fit(*iris)


def test_a_callback_can_stop_training(iris, capsys, bits):
    model = network(verbose=True).set_callbacks(Recorder(stop_at=[("end", "epoch", 1)]))
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)  # of max_iter, which was not reached
        model.fit(*iris)
    assert model.n_iter_ == len(model.loss_curve_) == 2
    assert bits(model) == bits(network(max_iter=2).fit(*iris))
    assert capsys.readouterr().out.splitlines()[2] == "A callback asked to stop. Stopping."
    # Without callbacks, the next fit runs to its end.
    assert model.set_callbacks().fit(*iris).n_iter_ == 4


def test_a_stop_with_early_stopping_keeps_the_best_weights(iris, bits):
    stopping = network(early_stopping=True, max_iter=30, random_state=1)
    unstopped = clone(stopping).fit(*iris)
    later = unstopped.best_iter_ + 2
    assert later < unstopped.n_iter_
    stopping.set_callbacks(Recorder(stop_at=[("end", "epoch", later - 1)])).fit(*iris)
    assert stopping.n_iter_ == later
    assert bits(stopping) == bits(unstopped)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_callback_can_stop_a_restart_or_all_that_have_not_begun(iris, n_jobs):
    stop_epochs = Recorder(stop_at=[("end", "epoch", 0)])
    model = network(n_init=3, n_jobs=n_jobs).set_callbacks(stop_epochs).fit(*iris)
    assert model.n_iter_ == 1
    assert sum(call[:2] == ("end", "epoch") for call in stop_epochs.calls) == 3

    stop_restarts = Recorder(stop_at=[("end", "restart", 0), ("end", "restart", 1)])
    model = network(n_init=5, n_jobs=n_jobs).set_callbacks(stop_restarts).fit(*iris)
    n_begun = sum(call[:2] == ("begin", "restart") for call in stop_restarts.calls)
    assert n_begun == 1 if n_jobs is None else n_begun <= 3
    assert model.n_iter_ == 4


def test_a_stop_is_told_even_where_training_would_stop_by_itself(iris, capsys):
    model = network(max_iter=30, tol=9.0, n_iter_no_change=1, verbose=True).fit(*iris)
    last = ("end", "epoch", model.n_iter_ - 1)
    assert capsys.readouterr().out.splitlines()[-1].startswith("Training loss did not improve")
    model.set_callbacks(Recorder(stop_at=[last])).fit(*iris)
    assert capsys.readouterr().out.splitlines()[-1] == "A callback asked to stop. Stopping."


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_restarts_begin_and_end_with_networks_of_their_own(iris, n_jobs, bits):
    class RestartKeeper(Recorder):
        def on_fit_task_end(self, estimator, context, *, fitted_estimator):
            if context.task_name == "restart":
                self.calls.append((context.task_id, fitted_estimator))

    keeper = RestartKeeper()
    parameters = {"early_stopping": True, "random_state": 3}
    model = network(n_init=3, n_jobs=n_jobs, **parameters).set_callbacks(keeper).fit(*iris)
    ends = dict(call for call in keeper.calls if len(call) == 2)
    assert sorted(ends) == [0, 1, 2]
    assert bits(ends[0]) == bits(network(**parameters).fit(*iris))
    assert len({b"".join(bits(fitted)) for fitted in ends.values()}) == 3
    best = max(range(3), key=lambda number: ends[number].best_validation_score_)
    assert bits(model) == bits(ends[best])
    assert [len(fitted.validation_scores_) for fitted in ends.values()] == [4, 4, 4]


def test_a_warm_start_has_no_restarts(iris):
    recorder = Recorder()
    model = network(n_init=3, warm_start=True).fit(*iris)
    model.set_callbacks(recorder).fit(*iris)
    assert [call for call in recorder.calls if call[0] == "end"] == [
        *[("end", "epoch", n) for n in range(4)],
        ("end", "fit", 0),
    ]


class Raiser(Recorder):
    """Raises an error in the first epoch of a restart (or of the fit)."""

    def __init__(self, error, restart=None):
        super().__init__()
        self.error, self.restart, self.n_epochs = error, restart, 0

    def on_fit_task_end(self, estimator, context):
        self.n_epochs += 1
        if context.task_name == "epoch" and self.restart in (None, context.parent.task_id):
            raise self.error


@pytest.mark.parametrize("parameters", [{}, {"n_init": 2}, {"n_init": 2, "n_jobs": 2}])
@pytest.mark.parametrize("error", [StopIteration, KeyboardInterrupt, OSError])
def test_any_error_of_a_callback_is_raised_as_it_is(iris, parameters, error):
    with pytest.raises(error):
        network(**parameters).set_callbacks(Raiser(error("of a callback"))).fit(*iris)


def test_an_error_in_one_restart_ends_the_others(iris):
    raiser = Raiser(OSError("of a callback"), restart=1)
    X, y = iris
    model = network(n_init=2, n_jobs=2, max_iter=100_000, n_iter_no_change=np.inf)
    with pytest.raises(OSError, match="of a callback"):
        model.set_callbacks(raiser).fit(X, y)
    assert raiser.n_epochs < 100_000


@pytest.mark.parametrize(
    "spoil",
    [
        {"fail_at": ("end", "epoch", 2)},
        {"fail_at": ("begin", "fit", 0)},
        {"fail_at": ("end", "fit", 0)},
        {"bad_input": True},
    ],
)
def test_a_failed_fit_tears_down_and_leaves_the_former_state(iris, spoil, bits):
    X, y = iris
    model = network().fit(X, y)
    recorder = Recorder(fail_at=spoil.get("fail_at"))
    model.set_callbacks(recorder)
    before, weights = vars(model).copy(), bits(model)
    with pytest.raises((ZeroDivisionError, ValueError)):
        model.fit(np.full_like(X, np.nan) if "bad_input" in spoil else X, y)
    assert recorder.calls[-1] == ("teardown", "fit", 0)
    assert vars(model) == before
    assert bits(model) == weights


def test_an_interrupt_from_a_callback_leaves_the_weights_reached(iris, bits):
    class Interrupter(Recorder):
        def on_fit_task_end(self, estimator, context):
            if context.task_id == 1:
                raise KeyboardInterrupt

    model = network().set_callbacks(Interrupter())
    with pytest.raises(KeyboardInterrupt):
        model.fit(*iris)
    assert bits(model) == bits(network(max_iter=2).fit(*iris))


def test_callbacks_change_no_bit_and_go_with_clones(iris, bits):
    monitor = callback.ScoringMonitor(scoring="accuracy")
    model = clone(network(n_init=2).set_callbacks(monitor)).fit(*iris)
    assert bits(model) == bits(network(n_init=2).fit(*iris))
    assert len(monitor.get_logs().data) == 2 * 4 + 2 + 1


def test_partial_fit_calls_no_callback(iris):
    recorder = Recorder()
    network().set_callbacks(recorder).partial_fit(*iris, classes=[0, 1, 2])
    assert recorder.calls == []


def test_a_scoring_monitor_records_any_scorer_on_frames_with_weights():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X, y = (X - X.mean()) / X.std(), y.map({0: "malignant", 1: "benign"})
    weight = np.where(y == "benign", 1.0, 2.0)
    scorer = make_scorer(
        brier_score_loss,
        response_method="predict_proba",
        greater_is_better=False,
        pos_label="malignant",
    )
    monitor = callback.ScoringMonitor(scoring=scorer)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that X has no feature names
        network(learning_rate="linear").set_callbacks(monitor).fit(X, y, weight)
    rows = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert [row["task_id"] for row in rows] == [0, 1, 2, 3]
    scores = [-row["score"] for row in rows]
    probability = network(learning_rate="linear").fit(X, y, weight).predict_proba(X)[:, 1]
    expected = np.average((probability - (y == "malignant")) ** 2, weights=weight)
    np.testing.assert_allclose(scores[-1], expected, rtol=1e-12)
    assert scores[0] > scores[-1]


def test_a_progress_bar_in_a_pipeline_shows_the_epochs(iris, bits):
    pipeline = make_pipeline(StandardScaler(), network())
    pipeline.set_callbacks(callback.ProgressBar())
    out = io.StringIO()
    with redirect_stdout(out):
        pipeline.fit(*iris)
    assert "MLPLogisticClassifier - fit" in out.getvalue()
    assert "100%" in out.getvalue()
    assert bits(pipeline[-1]) == bits(make_pipeline(StandardScaler(), network()).fit(*iris)[-1])


def test_a_grid_search_with_a_progress_bar_outside_and_a_monitor_inside(iris):
    X, y = iris
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    grid = {
        "mlplogisticclassifier__learning_rate_init": [0.05, 0.5],
        "mlplogisticclassifier__hidden_layer_sizes": [2, 4],
    }
    model = make_pipeline(StandardScaler(), network().set_callbacks(monitor))
    search = GridSearchCV(model, grid, cv=3, n_jobs=2)
    search.set_callbacks(callback.ProgressBar(max_propagation_depth=None))
    out = io.StringIO()
    with redirect_stdout(out):
        search.fit(X, y)
    assert "GridSearchCV - fit" in out.getvalue()
    assert "MLPLogisticClassifier - fit" in out.getvalue()
    silent = GridSearchCV(make_pipeline(StandardScaler(), network()), grid, cv=3).fit(X, y)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], silent.cv_results_["mean_test_score"]
    )
    # 4 settings x 3 folds and the refit, 4 epochs each.
    epochs = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(epochs) == 13 * 4
    assert len({row["parent_task_id_path"] for row in epochs}) == 13
    # The last one of the refit is the score of the estimator that the search ends with.
    refit = [row for row in epochs if len(row["task_id_path"]) == 4]
    assert len(refit) == 4
    last = max(refit, key=lambda row: row["task_id"])
    np.testing.assert_allclose(-last["neg_log_loss"], log_loss(y, search.predict_proba(X)))
