"""Warnings that say what went wrong."""

import re
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.datasets import load_breast_cancer, load_iris, load_wine, make_classification
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from sklearn.utils import shuffle

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training import diagnosis
from sklearn_mlp._training.advice import describe_scales
from sklearn_mlp._training.data import TrainingSet, target_shares
from sklearn_mlp._training.diagnosis import area_under_roc
from sklearn_mlp._training.losses import LOSSES
from sklearn_mlp._training.messages import BEGINNINGS, CAUSES, WARNINGS
from sklearn_mlp._training.plan import make_plan
from sklearn_mlp._training.targets import Targets
from sklearn_mlp._training.visits import weights_to_visits

TABLES = BEGINNINGS, CAUSES, WARNINGS


def warnings_of(model, X, y, method="fit", **arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        getattr(model, method)(X, y, **arguments)
    return caught


def texts(caught):
    return [str(warning.message) for warning in caught]


def test_a_network_that_predicts_one_class_says_so():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 2)), np.arange(100) % 10 == 0
    message = (
        "not learned to tell the classes apart.*predicted to be of class False.*Try more epochs"
    )
    with pytest.warns(ConvergenceWarning, match=message):
        MLPLogisticClassifier(2, learning_rate_init=0.25, max_iter=2, random_state=0).fit(X, y)


FAILURES = {
    "a rate carried over": (
        {"learning_rate_init": 0.001},
        'learning_rate_init is too small.*default is 4. Try "auto", or numbers from 0.25 to 5',
    ),
    "a low constant rate": (
        {"learning_rate_init": 0.001, "learning_rate": "constant"},
        'learning_rate_init is too small.*default is 0.5. Try "auto"\\.',
    ),
    "a high rate": (
        {"learning_rate_init": 100.0},
        'init is too large: the default is 4.*Try "auto", or numbers from 0.25 to 5',
    ),
    "a default that counts epochs is no number to compare with": (
        {"learning_rate_init": 0.001, "learning_rate": "invscaling"},
        'learning_rate_init is too small for updates by single samples. Try "auto"\\.',
    ),
    "a rate, and a stop before it fell": (
        {"learning_rate_init": 0.001, "early_stopping": True, "n_iter_no_change": 1},
        "Training was stopped before.*learning_rate_init is too small",
    ),
    "a large alpha": ({"alpha": 50.0}, 'alpha is too large: "auto" would be at most'),
    "weights of one sign": (
        {"hidden_layer_sizes": 2, "fit_intercept": False, "max_iter": 1},
        "cannot pass f\\(0\\) = 0.5. Try fit_intercept=True",
    ),
    "few nodes": (
        {"hidden_layer_sizes": 2, "max_iter": 1},
        "Try more epochs \\(max_iter\\), more hidden nodes or several restarts \\(n_init\\)",
    ),
    "nothing at hand": ({"max_iter": 1}, "Try more epochs \\(max_iter\\) or another random_state"),
}


@pytest.mark.parametrize(("parameters", "message"), FAILURES.values(), ids=FAILURES)
def test_a_failure_names_its_cause_and_nothing_else(parameters, message):
    # Exclusive or: a constant answer is a plateau.
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]] * 25)
    y = X[:, 0] != X[:, 1]
    found = set()
    for seed in range(6):  # of which some fail
        model = MLPLogisticClassifier(4, random_state=seed).set_params(**parameters)
        found |= set(texts(warnings_of(model, X, y)))
    failures = [text for text in found if "Maximum iterations" not in text]
    assert any(re.search(message, text) for text in failures), found
    assert not any("scale" in text for text in found)
    if "fit_intercept" not in parameters:
        assert not any("fit_intercept" in text for text in found)


def test_a_rare_class_is_told_of_the_other_loss_only_where_it_is_one():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(400, 2)), np.arange(400) % 50 == 0
    for loss, is_told in (("squared_error", True), ("log_loss", False)):
        model = MLPLogisticClassifier(4, loss=loss, max_iter=1, random_state=0)
        (text,) = texts(warnings_of(model, X, y))
        assert ('loss="log_loss", because a class is rare' in text) == is_told


def test_a_label_that_no_sample_has_is_no_rare_class():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 2))
    Y = np.stack([np.arange(100) % 2, np.zeros(100)], axis=1).astype(int)
    model = MLPLogisticClassifier(4, max_iter=1, random_state=0)
    (text,) = texts(warnings_of(model, X, Y))
    assert "a class is rare" not in text


def test_a_rate_far_too_low_is_told_also_where_something_was_learned():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = MLPLogisticClassifier(learning_rate_init=0.001, random_state=0)
    (text,) = texts(warnings_of(model, X, y))
    assert text.startswith(
        "The network seems to have learned less than it could, or nothing (judged by about 570 "
        "training samples). learning_rate_init is too small for"
    )
    assert model.score(X, y) > 0.9
    for rate in (0.25, 1.0, 5.0, 7.0):
        assert not warnings_of(model.set_params(learning_rate_init=rate), X, y)


def test_three_classes_predicted_as_one_say_so():
    rng = np.random.default_rng(0)
    X, y = 1e-3 * rng.normal(size=(100, 2)), np.repeat([0, 1, 2], [70, 15, 15])
    model = MLPLogisticClassifier(2, max_iter=20, random_state=0)
    with pytest.warns(
        ConvergenceWarning,
        match="on a small scale .root mean squares up to about 0.001.*standardize",
    ):
        model.fit(X, y)
    assert set(model.predict(X)) == {0}


def test_a_rare_class_below_one_half_is_no_failure():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20_000, 5))
    y = rng.uniform(size=20_000) < expit(1.2 * X[:, 0] - 5.0)
    model = MLPLogisticClassifier(random_state=0)
    assert not warnings_of(model, X, y)
    assert model.predict(X).mean() < 0.001
    assert roc_auc_score(y, model.predict_proba(X)[:, 1]) > 0.7


@pytest.mark.parametrize("schedule", ["constant", "linear"])
def test_the_final_weights_decide(schedule):
    # The last epoch as a whole was good, but what its last visit left is no good.
    y = np.arange(100) % 2
    targets = Targets(y.astype(np.int32), 1)
    training = TrainingSet(np.ones((100, 2)), None, targets, None, np.arange(100), 100, None)
    coefs = [np.ones((2, 32)), np.ones((32, 1))]
    run = SimpleNamespace(loss_=0.01, best_loss_=0.01, n_iter_=20, n_outputs_=1, coefs_=coefs)
    model = MLPLogisticClassifier(learning_rate=schedule, max_iter=20)
    plan = make_plan(model, training, streamed=False)

    def describe(decide):
        return diagnosis.describe_fit(
            run, plan, training, decide, parameters=model, classes=np.array(["no", "yes"])
        )

    message = describe(lambda rows: np.full((len(rows), 1), 5.0))
    assert describe(lambda rows: np.where(y[rows] == 1, 5.0, -5.0)[:, np.newaxis]) is None
    if schedule == "linear":  # the learning rate fell to 0: the epoch is as its end
        assert message is None
    else:
        assert "not learned" in message
        assert "predicted to be of class yes" in message


UNSCALED = {
    "one column x 30": lambda Z: Z * np.r_[30.0, np.ones(Z.shape[1] - 1)],
    "an age": lambda Z: np.c_[Z[:, :-1], 40 + 12 * Z[:, -1]],
    "all + 10": lambda Z: Z + 10.0,
    "all x 0.01": lambda Z: Z * 0.01,
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("how", UNSCALED)
def test_scales_that_cost_accuracy_are_told(how, loss):
    X, y = make_classification(1000, 3, n_informative=3, n_redundant=0, random_state=3)
    X = StandardScaler().fit_transform(X)
    model = MLPLogisticClassifier(loss=loss, random_state=0)
    assert not warnings_of(model, X, y)
    scaled = model.score(X, y)
    (message,) = texts(warnings_of(model, UNSCALED[how](X), y))
    assert "Try to standardize them" in message
    assert model.score(UNSCALED[how](X), y) < scaled - 0.03


@pytest.mark.parametrize("n_rows", [1, 100])
def test_a_stream_that_does_not_learn_says_so_once(n_rows):
    X, y = shuffle(*load_breast_cancer(return_X_y=True), random_state=0)
    Z = StandardScaler().fit_transform(X)
    messages = {}
    for name, table in (("raw", X), ("scaled", Z)):
        model = MLPLogisticClassifier(random_state=0)
        messages[name] = []
        for _ in range(6):
            for start in range(0, len(y), n_rows):
                rows = slice(start, start + n_rows)
                caught = warnings_of(model, table[rows], y[rows], "partial_fit", classes=[0, 1])
                messages[name] += texts(caught)
                assert all(warning.filename == __file__ for warning in caught)
    assert not messages["scaled"]
    (message,) = messages["raw"]
    assert "has not learned to tell the classes apart: its mean loss on the last" in message
    assert "Try to standardize" in message


def test_a_stream_of_noise_is_no_failure():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5000, 5)), rng.integers(0, 2, 5000)
    model = MLPLogisticClassifier(random_state=0)
    for start in range(0, 5000, 100):
        rows = slice(start, start + 100)
        assert not warnings_of(model, X[rows], y[rows], "partial_fit", classes=[0, 1])


def test_an_alpha_that_takes_the_weights_away_is_told_once():
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    model = MLPLogisticClassifier(4, alpha=20.0, random_state=0)
    messages = []
    for row in range(20):
        rows = slice(row, row + 1)
        caught = warnings_of(model, X[rows], y[rows], "partial_fit", classes=[0, 1, 2])
        messages += texts(caught)
    # Nor is it told again in later windows of the stream.
    for _ in range(30):
        model.set_params(alpha=3000.0)
        messages += [
            text
            for text in texts(warnings_of(model, X[:100], y[:100], "partial_fit"))
            if "alpha" in text
        ]
    (message,) = messages
    assert "alpha is so large that a single update halves the weights" in message
    assert "multiply alpha by 1 / n" in message
    # The same alpha is no trouble for the whole table at once.
    model = MLPLogisticClassifier(4, alpha=20.0, random_state=0)
    assert not warnings_of(model, X, y, "partial_fit", classes=[0, 1, 2])
    (message,) = texts(warnings_of(model.set_params(alpha=1000.0), X, y))
    assert "alpha is too large" in message


@pytest.mark.parametrize(
    ("scale", "parameters", "figure"),
    [
        (1e200, {}, r"the largest is [1-9][\d.]*e\+20"),
        (1.0, {"learning_rate_init": 1e307}, r"learning rate is 1e\+307"),
    ],
    ids=["inputs", "learning rate"],
)
def test_the_reason_of_an_overflow_is_named(scale, parameters, figure):
    rng = np.random.default_rng(0)
    X, y = scale * rng.normal(size=(200, 3)), np.arange(200) % 2
    model = MLPLogisticClassifier(4, loss="log_loss", alpha=0.0, random_state=0)
    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights.*" + figure):
        model.set_params(**parameters).fit(X, y)


def test_a_column_of_labels_is_taken_with_a_warning(iris):
    X, y = iris
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        model = MLPLogisticClassifier(2, max_iter=2, random_state=0).fit(X, y[:, None])
    assert model.predict(X).shape == (150,)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_a_hint_to_standardize_when_training_suffers(load, container, loss):
    X, y = load(return_X_y=True)
    model = MLPLogisticClassifier(loss=loss, random_state=0)
    (warning,) = warnings_of(model, container(X), y)
    assert issubclass(warning.category, ConvergenceWarning)
    assert warning.filename == __file__
    assert "Try to standardize them, for instance with StandardScaler" in str(warning.message)
    scales = np.sqrt((X**2).sum(axis=0) / np.maximum((X != 0).sum(axis=0), 1))
    low, high = (10.0 ** np.round(np.log10(scale)) for scale in (scales.min(), scales.max()))
    assert f"from about {low:g} to about {high:g})" in str(warning.message)
    assert not warnings_of(model, container(StandardScaler().fit_transform(X)), y)


def test_no_hint_to_standardize_without_need():
    rng = np.random.default_rng(0)
    model = MLPLogisticClassifier(random_state=0)
    # It learns in spite of different scales.
    X = rng.normal(size=(500, 3)) * [1.0, 1.0, 500.0]
    X[rng.uniform(size=500) < 0.95, 2] = 0.0
    assert not warnings_of(model, X, X[:, 0] + X[:, 1] > 0)
    # It cannot learn, but not for their sake: nothing is there to be learned.
    X = rng.normal(size=(500, 3))
    flags = (rng.uniform(size=(500, 40)) < 0.01).astype(float)
    y = rng.integers(0, 2, 500)
    for table in (X, csr_array(flags), StandardScaler().fit_transform(flags)):
        caught = warnings_of(MLPLogisticClassifier(2, max_iter=5, random_state=0), table, y)
        assert not [w for w in caught if "tandardize" in str(w.message)]
    # A standardized flag that the rows examined first do not have.
    X = np.tile(X, (8, 1))
    X[:, 0] = StandardScaler().fit_transform(np.arange(len(X))[:, None] == 7)[:, 0]
    caught = warnings_of(MLPLogisticClassifier(2, max_iter=5, random_state=0), X, np.tile(y, 8))
    assert not [w for w in caught if "tandardize" in str(w.message)]


@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_scales_are_those_of_the_values_that_are_not_zero(container):
    X = np.zeros((1000, 3))
    X[:2, 0], X[:, 1], X[5, 2] = 1.0, 0.5, -4.0
    assert describe_scales(container(X)) is None
    assert describe_scales(container(X * [1, 1, 0])) is None
    large, different, small = (
        describe_scales(container(X * factors))
        for factors in ([1, 1, 2.5], [1, 1 / 63, 1 / 4], [0.01, 0.03, 0.01])
    )
    assert "on a large scale (root mean squares up to about 10)" in large
    assert "on different scales (root mean squares from about 0.01 to about 1)" in different
    assert "on a small scale (root mean squares up to about 0.1)" in small
    # Word frequencies in rows of length 1 are no small inputs.
    frequencies = np.full((4, 1000), 1000**-0.5)
    assert describe_scales(container(frequencies)) is None
    assert describe_scales(container(np.zeros((2, 2)))) is None


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_a_network_without_inputs(loss, n_classes):
    # What training on inputs that are all zero comes down to; weights count.
    y = np.repeat(np.arange(n_classes), [60, 30, 10][:n_classes])
    weight = np.where(y == 1, 2.5, 1.0)
    model = MLPLogisticClassifier(
        1, loss=loss, alpha=0, learning_rate_init=0.002, learning_rate="constant", max_iter=2000
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.set_params(tol=0, n_iter_no_change=np.inf, random_state=0)
        model.fit(np.zeros((len(y), 1)), y, weight)
    visits, step = weights_to_visits(y, weight)
    visits = np.repeat(np.arange(len(y)), visits)
    targets = Targets(y, model.n_outputs_)
    training = TrainingSet(None, None, targets, step, visits, step[visits].sum(), None)
    expected = LOSSES[loss].of_constant_output(target_shares(training))
    np.testing.assert_allclose(model.loss_, expected, rtol=0.01)


def test_the_area_under_the_roc_curve_counts_ties_by_half():
    rng = np.random.default_rng(0)
    for n in (5, 50, 500):
        targets = np.arange(n) % 2
        logits = np.round(rng.normal(size=n) + targets, 1)
        expected = roc_auc_score(targets, logits)
        assert area_under_roc(logits, targets) == pytest.approx(expected, abs=1e-12)


def test_the_list_of_messages_is_that_of_the_page():
    page = (Path(__file__).parents[1] / "docs" / "trouble.rst").read_text()
    listed = " ".join(page.split())
    entries = [m for table in TABLES for m in table.values()]
    for message in entries:
        text = re.sub(r"\{\w+\}", "[...]", message.text)
        assert f"- **{text}** {message.condition}" in listed
    assert listed.partition("It predicts one class only")[0].count("- **") == len(entries)


def test_nothing_is_said_that_is_not_in_a_table():
    # The words of a warning are those of the tables, with the places of numbers filled in.
    X, y = load_breast_cancer(return_X_y=True)
    told = set()
    for table, parameters in (
        (X, {}),
        (StandardScaler().fit_transform(X), {"learning_rate_init": 100.0}),
        (StandardScaler().fit_transform(X), {"alpha": 1e4, "learning_rate": "constant"}),
    ):
        for max_iter in (1, 10):
            model = MLPLogisticClassifier(4, max_iter=max_iter, random_state=0, **parameters)
            told |= set(texts(warnings_of(model, table, y)))
    assert len(told) >= 4
    place = re.compile(r"\\\{\w+\\\}")
    patterns = [place.sub(".*?", re.escape(m.text)) for table in TABLES for m in table.values()]
    for text in told:
        assert re.fullmatch(f"(({'|'.join(patterns)}) ?)+", text)


def test_a_grid_of_bad_rates_gives_one_text_for_each_cause():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    grid = {"learning_rate_init": [0.0001, 0.0003, 0.001, 40.0, 100.0, 300.0]}
    model = MLPLogisticClassifier(4, max_iter=20, random_state=0)
    told = texts(warnings_of(GridSearchCV(model, grid, refit=False), X, y))
    assert len(told) > 25
    assert len(set(told)) == 2


@pytest.mark.parametrize("n_rows", [1, 50])
def test_a_stream_that_fails_is_told_of_its_rate_and_of_nothing_that_is_fine(n_rows):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 4))
    y = (X[:, 0] + 2 * rng.normal(size=6000) > 2.0).astype(int)

    def told(**parameters):
        model = MLPLogisticClassifier(4, random_state=0, **parameters)
        messages = []
        for start in range(0, len(X), n_rows):
            rows = slice(start, start + n_rows)
            caught = warnings_of(model, X[rows], y[rows], "partial_fit", classes=[0, 1])
            messages += texts(caught)
        return messages

    assert not told()
    (message,) = told(learning_rate_init=100.0)
    assert "learning_rate_init is too large: the default is 0.5" in message
    assert "fit_intercept" not in message
    assert "tandardize" not in message


def test_what_often_costs_accuracy_is_told_where_nothing_has_failed():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    y = np.where(np.random.default_rng(0).uniform(size=len(y)) < 0.1, 1 - y, y)
    for parameters, beginning in (
        ({"learning_rate_init": 25.0}, "learning_rate_init is too large"),
        ({"learning_rate_init": 0.01}, "learning_rate_init is too small"),
        ({"alpha": 5.0}, "alpha is too large"),
        ({"early_stopping": True, "n_iter_no_change": 2}, "Training was stopped before"),
    ):
        model = MLPLogisticClassifier(8, random_state=2, **parameters)
        (text,) = texts(warnings_of(model, X, y))
        assert text.startswith("The network seems to have learned less than it could, or nothing")
        assert beginning in text
        assert model.score(X, y) > 0.8
    # Long enough, a low rate is no fault.
    model = MLPLogisticClassifier(8, learning_rate_init=0.01, max_iter=2000, random_state=2)
    assert not warnings_of(model, X, y)


def test_weak_columns_are_no_failure_after_ten_epochs():
    # Some hundred samples would not tell such a ranking from chance.
    rng = np.random.default_rng(0)
    y = np.arange(4000) % 2
    for _ in range(6):
        X = StandardScaler().fit_transform((rng.normal(size=4000) + 0.12 * y)[:, np.newaxis])
        assert not warnings_of(MLPLogisticClassifier(max_iter=10, random_state=0), X, y)
