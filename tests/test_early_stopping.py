"""Early stopping on held-out samples, with the best weights kept."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import (
    make_classification,
)
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score

from sklearn_mlp import MLPLogisticClassifier

ignore_one_class = pytest.mark.filterwarnings("ignore:All training samples were predicted")
CONSTANT = {"learning_rate": "constant", "random_state": 0}


@pytest.mark.parametrize("learning_rate", ["constant", "linear"])
def test_early_stopping(digits, learning_rate):
    X, y = digits
    tol = 0.2
    model = MLPLogisticClassifier(
        tol=tol, max_iter=3000, early_stopping=True, random_state=0, learning_rate=learning_rate
    ).fit(X[:100], y[:100])
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) < 3000
    assert model.best_loss_ is None
    assert max(scores) == model.best_validation_score_
    assert scores.index(max(scores)) + 1 == model.best_iter_
    assert max(scores) + tol > max(scores[-2:])
    model.set_params(early_stopping=False, max_iter=5, learning_rate="linear").fit(X, y)
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert model.best_loss_ is not None


def test_the_best_weights_are_the_ones_kept():
    # Trained again for just best_iter_ epochs, the weights are the same.
    X, y = make_classification(200, flip_y=0.4, random_state=0)
    model = MLPLogisticClassifier(early_stopping=True, learning_rate_init=1.0, **CONSTANT)
    model.set_params(tol=0, n_iter_no_change=np.inf, max_iter=30)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    assert 1 <= model.best_iter_ < 30
    again = MLPLogisticClassifier(**model.get_params()).set_params(max_iter=model.best_iter_)
    with pytest.warns(ConvergenceWarning):
        again.fit(X, y)
    for a, b in zip(model.coefs_, again.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("labels", [[0, 1, 2], ["ape", "bee", "cat"]])
def test_the_validation_set_is_stratified_and_not_trained_on(
    iris, spied_early_stopping, shuffle, labels
):
    X, y = iris[0][:140], np.array(labels)[iris[1][:140]]
    model = MLPLogisticClassifier(early_stopping=True, random_state=0, shuffle=shuffle)
    trained, validated = spied_early_stopping(model, X, y)
    rows = sorted(set(validated))
    assert not set(trained) & set(rows)
    assert set(trained) | set(rows) == set(range(140))
    _, per_class = np.unique(y[rows], return_counts=True)
    assert per_class.tolist() == [5, 5, 4]
    # The score is the accuracy on just these rows.
    assert model.best_validation_score_ == accuracy_score(y[rows], model.predict(X[rows]))


def test_early_stopping_with_sample_weights(iris, spied_early_stopping):
    X, y = iris
    model = MLPLogisticClassifier(early_stopping=True, random_state=0)
    expected = model.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.fit(X, y, np.ones(150)).predict_proba(X), expected)
    # Visits are held out, and the score counts their weights.
    weight = np.random.default_rng(0).choice([0.5, 1.0, 4.5], size=150)
    trained, validated = spied_early_stopping(model, X, y, weight)
    n_visits = int(np.ceil(weight).sum())
    held_out = validated[: len(validated) // (3 * model.n_iter_)]  # three networks
    assert len(held_out) + len(trained) // (3 * model.n_iter_) == n_visits
    step = (weight / np.ceil(weight))[held_out]
    score = accuracy_score(y[held_out], model.predict(X[held_out]), sample_weight=step)
    assert model.best_validation_score_ == pytest.approx(score, rel=1e-12)


@ignore_one_class
def test_early_stopping_needs_two_samples_of_each_class():
    X, y = [[1, 2], [2, 3], [3, 4], [4, 5]], ["no", "no", "no", "yes"]
    message = "least populated class in y has only 1 member.*few members: yes"
    with pytest.raises(ValueError, match=message):
        MLPLogisticClassifier(early_stopping=True).fit(X, y)
    # Two visits of one row are two.
    MLPLogisticClassifier(early_stopping=True).fit(X, y, [1, 1, 1, 2])


def test_early_stopping_keeps_feature_names():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["one", "two"])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = MLPLogisticClassifier(early_stopping=True, random_state=0)
        model.fit(X, pd.Series([0, 1] * 10))
    assert list(model.feature_names_in_) == ["one", "two"]
