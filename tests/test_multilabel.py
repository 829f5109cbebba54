"""Multilabel targets: one network per label."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import accuracy_score, brier_score_loss
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier, NetworkDisplay, gradient_check, trace_update
from sklearn_mlp._training.data import TrainingSet, target_shares
from sklearn_mlp._training.losses import LOSSES
from sklearn_mlp._training.targets import encode

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def data():
    X, Y = make_multilabel_classification(200, n_features=10, n_classes=4, random_state=0)
    return StandardScaler().fit_transform(X), Y


def network(**parameters):
    return MLPLogisticClassifier(5, **{"random_state": 0, "max_iter": 10, **parameters})


def test_each_label_has_a_network_of_its_own(data):
    X, Y = data
    unshuffled = {"shuffle": False, "alpha": 0.1, "learning_rate_init": 0.2}
    model = network(**unshuffled).fit(X, Y)
    start = network(**{**unshuffled, "learning_rate_init": 1e-300, "alpha": 0.0}).fit(X, Y)
    for label in range(4):
        single = network(**unshuffled).fit(
            X,
            Y[:, label],
            coefs_init=[coef[label] for coef in start.coefs_],
            intercepts_init=[intercept[label] for intercept in start.intercepts_],
        )
        np.testing.assert_array_equal(model.coefs_[0][label], single.coefs_[0])
        np.testing.assert_array_equal(model.intercepts_[1][label], single.intercepts_[1])
        np.testing.assert_allclose(
            model.predict_proba(X)[:, label], single.predict_proba(X)[:, 1], rtol=1e-14
        )


def test_shapes_and_attributes_are_those_of_mlpclassifier(data):
    X, Y = data
    ours, theirs = network().fit(X, Y), MLPClassifier(5, max_iter=10, random_state=0).fit(X, Y)
    for name in ("classes_", "n_outputs_", "n_layers_", "out_activation_"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    assert ours.multilabel_
    for method in ("predict", "predict_proba", "predict_log_proba"):
        mine, other = getattr(ours, method)(X), getattr(theirs, method)(X)
        assert mine.shape == other.shape
        assert mine.dtype.kind == other.dtype.kind
    logits = ours.decision_function(X)
    np.testing.assert_array_equal(ours.predict(X), logits > 0)
    np.testing.assert_allclose(ours.predict_proba(X), 1 / (1 + np.exp(-logits)))
    np.testing.assert_allclose(np.exp(ours.predict_log_proba(X)), ours.predict_proba(X))
    assert ours.score(X, Y) == accuracy_score(Y, ours.predict(X))
    assert ours.score(X, Y) > 0.4  # one of 16 sets of labels


def test_any_kind_of_indicator_matrix_gives_the_same_bits(data, bits):
    X, Y = data
    expected = bits(network().fit(X, Y))
    for y in (
        Y.tolist(),
        csr_matrix(Y),
        csr_array(Y),
        Y.astype(bool),
        Y.astype(float),
        pd.DataFrame(Y),
    ):
        model = network().fit(X, y)
        assert bits(model) == expected
        assert model.classes_.tolist() == [0, 1, 2, 3]


def test_the_order_of_rows_does_not_matter_and_weights_are_multiplicities(data, bits):
    X, Y = data
    weight = np.random.default_rng(0).integers(0, 4, len(Y))
    rows = np.random.default_rng(1).permutation(np.repeat(np.arange(len(Y)), weight))
    assert bits(network().fit(X, Y, weight)) == bits(network().fit(X[rows], Y[rows]))
    stopping = network(early_stopping=True)
    order = np.random.default_rng(2).permutation(len(Y))
    expected = bits(stopping.fit(X, Y, weight))
    assert bits(stopping.fit(X[order], Y[order], weight[order])) == expected


def test_class_weights_are_for_onevsrest(data):
    X, Y = data
    for class_weight in ("balanced", {0: 1, 1: 2}):
        with pytest.raises(ValueError, match="not supported for multilabel y"):
            network(class_weight=class_weight).fit(X, Y)
        # And it says so beforehand.
        assert not network(class_weight=class_weight).__sklearn_tags__().classifier_tags.multi_label
    assert network().__sklearn_tags__().classifier_tags.multi_label
    wrapped = OneVsRestClassifier(network(class_weight="balanced")).fit(X, Y)
    single = network(class_weight="balanced").fit(X, Y[:, 2])
    np.testing.assert_array_equal(wrapped.predict_proba(X)[:, 2], single.predict_proba(X)[:, 1])


@pytest.mark.parametrize("loss", LOSSES)
def test_sets_of_labels_that_are_not_trained_on(data, loss, bits):
    # The last of all sets occurs once, in a row of weight 0 or one that is held out.
    X, Y = data
    Y = Y.copy()
    Y[Y.all(axis=1)] = 0
    Y[-1] = 1
    weight = np.ones(len(Y))
    weight[-1] = 0
    expected = network(loss=loss).fit(X[:-1], Y[:-1])
    assert bits(network(loss=loss).fit(X, Y, weight)) == bits(expected)
    for seed in range(20):
        network(early_stopping=True, max_iter=2, random_state=seed, loss=loss).fit(X, Y)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_of_a_constant_output_is_that_of_constant_networks(data, loss):
    Y = data[1]
    step = np.random.default_rng(0).uniform(size=len(Y))
    _, targets = encode(Y)
    training = TrainingSet(None, None, targets, step, np.arange(len(Y)), step.sum(), None)
    share = np.average(Y, axis=0, weights=step)
    losses = -share * np.log(share) - (1 - share) * np.log(1 - share)
    if loss == "squared_error":
        losses = 0.5 * share * (1 - share)
    constant_loss = LOSSES[loss].of_constant_output(target_shares(training))
    assert constant_loss == pytest.approx(losses.mean())


def test_early_stopping_holds_out_rows_and_not_a_part_of_each_set(data):
    X, Y = data
    # Nearly every row has a set of its own; a tenth of all rows is held out.
    Y = np.unpackbits(np.arange(len(Y), dtype=np.uint8)[:, np.newaxis], axis=1)
    model = network(early_stopping=True, max_iter=1).fit(X, Y)
    assert model.t_ == 180
    with pytest.raises(ValueError, match="y has only 1 member, which is too few: early stopping"):
        network(early_stopping=True).fit(X[:1], Y[:1])


def test_constant_labels(data):
    X, Y = data
    Y = Y.copy()
    Y[:, 1], Y[:, 2] = 0, 1
    predicted = network(max_iter=30).fit(X, Y).predict(X)
    assert not predicted[:, 1].any()
    assert predicted[:, 2].all()


@pytest.mark.parametrize("n_labels", [3, 8, 9, 70])
def test_sets_are_found_and_sorted_for_any_number_of_labels(n_labels):
    Y = np.random.default_rng(0).integers(0, 2, (50, n_labels))
    Y = Y[np.random.default_rng(1).integers(0, 50, 200)]
    classes, targets = encode(Y)
    np.testing.assert_array_equal(targets.sets[targets.numbers], Y)
    np.testing.assert_array_equal(targets.sets, np.unique(Y, axis=0))
    assert classes.tolist() == list(range(n_labels))


@pytest.mark.parametrize("scoring", ["accuracy", "loss"])
def test_early_stopping_scores_whole_sets_of_labels(data, scoring):
    X, Y = data
    model = network(early_stopping=True, scoring=scoring, max_iter=5, n_iter_no_change=9)
    model.fit(X[:150], Y[:150], X_val=X[150:], y_val=Y[150:])
    expected = accuracy_score(Y[150:], model.predict(X[150:]))
    if scoring == "loss":
        proba = model.predict_proba(X[150:])
        expected = -np.mean([brier_score_loss(Y[150:, k], proba[:, k]) / 2 for k in range(4)])
    np.testing.assert_allclose(model.best_validation_score_, expected, rtol=1e-12)
    held_out = network(early_stopping=True, scoring=scoring).fit(X, Y)
    assert len(held_out.validation_scores_) == held_out.n_iter_


def test_streams_pickles_and_warm_starts_give_the_same_bits(data, bits):
    X, Y = data
    constant = {"learning_rate": "constant", "max_iter": 4}
    constant |= {"learning_rate_init": 0.5, "alpha": 0.0}
    whole = network(**constant).fit(X, Y)
    streamed = network(**constant)
    for _ in range(4):
        streamed = pickle.loads(pickle.dumps(streamed.partial_fit(X, Y, classes=range(4))))
    assert bits(streamed) == bits(whole)
    warm = network(**constant, warm_start=True).set_params(max_iter=2).fit(X, Y).fit(X, Y)
    assert bits(warm) == bits(whole)


def test_a_grid_search_and_threads(data, bits):
    X, Y = data
    search = GridSearchCV(network(), {"learning_rate_init": [1e-4, 0.3]}, cv=3).fit(X, Y)
    assert search.best_params_ == {"learning_rate_init": 0.3}
    assert bits(network(n_jobs=2).fit(X, Y)) == bits(network(n_jobs=1).fit(X, Y))


def test_trace_gradients_and_drawing(data):
    X, Y = data
    model = network().fit(X, Y)
    for label in range(4):
        trace = trace_update(model, X[3], Y[3], class_of_interest=label)
        assert Y[3, label] == trace.T
        trained = pickle.loads(pickle.dumps(model)).partial_fit(X[3:4], Y[3:4])
        np.testing.assert_allclose(trace.after.coefs[0], trained.coefs_[0][label], rtol=1e-12)
    assert trace_update(model, X[3], Y[3]).class_of_interest == 0
    assert Y[3, 1] == trace_update(model, X[3], csr_matrix(Y[3:4]), class_of_interest=1).T
    assert gradient_check(model, X[:5], Y[:5]).difference < 1e-9
    display = NetworkDisplay.from_estimator(model, class_of_interest=2)
    np.testing.assert_array_equal(display.coefs[0], model.coefs_[0][2])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (lambda Y: Y + 1, "Multilabel targets must be 0 or 1"),
        (lambda Y: Y * [1, 2, 3, 4], "y should be a 1d array"),
        (lambda Y: Y[:, :3], "indicator matrix of 4 columns, got an array of shape"),
        (lambda Y: Y[:, 0], "indicator matrix of 4 columns, got an array of shape"),
    ],
)
def test_targets_of_another_kind_are_rejected(data, y, message, bits):
    X, Y = data
    model = network().fit(X, Y)
    before, state = bits(model), vars(model).copy()
    with pytest.raises(ValueError, match=message):
        model.partial_fit(X, y(Y))
    assert bits(model) == before
    assert vars(model) == state


def test_other_targets_in_a_model_of_two_classes_are_rejected(data):
    X, Y = data
    model = network().fit(X, Y[:, 0])
    message = "y should be a 1d array, got an array of shape"
    for call in (model.partial_fit, lambda X, Y: gradient_check(model, X, Y)):
        with pytest.raises(ValueError, match=message):
            call(X, Y[:, :2])
    with pytest.raises(ValueError, match=message.replace("y", "y_val", 1)):
        network(early_stopping=True).fit(X, Y[:, 0], X_val=X, y_val=Y[:, :2])


@pytest.mark.parametrize("classes", [["sport", "art", "music", "news"], [0, 1], [1, 2, 3, 4]])
def test_the_classes_of_partial_fit_are_the_numbers_of_the_labels(data, classes):
    model = network()
    with pytest.raises(ValueError, match=r"classes must be range\(4\), got"):
        model.partial_fit(*data, classes=classes)
    assert not hasattr(model, "classes_")


def test_a_warm_start_keeps_the_kind_of_targets(data):
    X, Y = data
    model = network(warm_start=True).fit(X, Y)
    classes = np.arange(len(Y)) % 4
    with pytest.raises(ValueError, match=r"is of the same kind .* it was multilabel"):
        model.fit(X, classes)
    assert model.multilabel_
