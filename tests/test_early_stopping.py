"""Early stopping on held-out samples, with the best weights kept."""

import contextlib
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, make_classification
from sklearn.ensemble import AdaBoostClassifier, BaggingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, get_scorer
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training.losses import LOSSES

TOLD = "Training was stopped before the learning rate had fallen. Try n_iter_no_change="
CONSTANT = {"learning_rate": "constant", "random_state": 0}


@pytest.mark.parametrize("learning_rate", ["constant", "linear"])
def test_early_stopping(digits, learning_rate):
    X, y = digits
    tol = 0.2
    model = MLPLogisticClassifier(
        tol=tol, max_iter=3000, early_stopping=True, random_state=0, learning_rate=learning_rate
    )
    model.set_params(n_iter_no_change=10, scoring="accuracy")
    told = pytest.warns(ConvergenceWarning, match=TOLD)
    with told if learning_rate == "linear" else contextlib.nullcontext():
        model.fit(X[:100], y[:100])
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) < 3000
    assert model.best_loss_ is None
    assert max(scores) == model.best_validation_score_
    tied = np.flatnonzero(np.array(scores) == max(scores))
    losses = np.array(model.validation_loss_curve_)
    assert model.best_iter_ == 1 + tied[losses[tied].argmin()]
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


def test_with_an_end_the_best_of_the_last_quarter_is_kept_and_nothing_is_cut(noisy_iris):
    X, y, X_val, y_val = noisy_iris
    model = MLPLogisticClassifier(
        8, early_stopping=True, tol=1e9, max_iter=20, learning_rate_init=4.0, random_state=0
    ).fit(X, y, X_val=X_val, y_val=y_val)
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) == 20
    assert model.best_iter_ == 16 + int(np.argmax(scores[15:]))
    assert model.best_validation_score_ == max(scores[15:]) < max(scores)  # while the rate is high
    # A number counts epochs, and can cut the schedule; then the best of all is kept.
    model.set_params(n_iter_no_change=3)
    with pytest.warns(ConvergenceWarning, match=TOLD):
        model.fit(X, y, X_val=X_val, y_val=y_val)
    assert model.n_iter_ == 5
    assert model.best_iter_ == 1 + int(np.argmax(model.validation_scores_))
    # Without an end, patience on a validation score is longer than on the training loss.
    model.set_params(n_iter_no_change="auto", learning_rate="constant", max_iter=300)
    assert model.fit(X, y, X_val=X_val, y_val=y_val).n_iter_ == 42
    # Of few epochs there is one to choose.
    model.set_params(max_iter=1, learning_rate="linear").fit(X, y, X_val=X_val, y_val=y_val)
    assert model.best_iter_ == 1


def test_ties_of_the_accuracy_are_decided_by_the_loss(iris):
    X, y = iris
    model = MLPLogisticClassifier(
        8, early_stopping=True, scoring="accuracy", n_iter_no_change=np.inf, random_state=0
    ).fit(X, y)
    scores, losses = np.array(model.validation_scores_), np.array(model.validation_loss_curve_)
    tied = np.flatnonzero(scores == scores.max())
    assert len(tied) > 1
    assert model.best_iter_ == 1 + tied[losses[tied].argmin()] != 1 + tied[0]


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("labels", [[0, 1, 2], ["ape", "bee", "cat"]])
def test_the_validation_set_is_stratified_and_not_trained_on(
    iris, spied_early_stopping, shuffle, labels
):
    X, y = iris[0][:140], np.array(labels)[iris[1][:140]]
    model = MLPLogisticClassifier(
        early_stopping=True, scoring="accuracy", random_state=0, shuffle=shuffle
    )
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
    model = MLPLogisticClassifier(early_stopping=True, scoring="accuracy", random_state=0)
    expected = model.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.fit(X, y, np.ones(150)).predict_proba(X), expected)
    # A row is held out with all its visits, and the score counts its weight.
    weight = np.random.default_rng(0).choice([0.0, 0.5, 1.0, 4.5], size=150)
    trained, validated = spied_early_stopping(model, X, y, weight)
    held_out = validated[: len(validated) // (3 * model.n_iter_)]  # three networks
    assert len(set(held_out)) == len(held_out)
    assert not set(trained) & set(held_out)
    assert set(trained) | set(held_out) == set(np.flatnonzero(weight))
    counts = np.bincount(y[held_out])
    assert counts.tolist() == [round(0.1 * np.sum((y == k) & (weight > 0))) for k in range(3)]
    score = accuracy_score(y[held_out], model.predict(X[held_out]), sample_weight=weight[held_out])
    assert model.best_validation_score_ == pytest.approx(score, rel=1e-12)


@pytest.mark.parametrize("how", ["sample weights", "class weights", "bagging", "boosting"])
def test_no_row_is_both_trained_and_validated_on(how, spy_on_kernel, no_diagnosis):
    # On noise, a validation score far above 0.5 would show rows that were trained on.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(600, 20)), rng.integers(0, 2, 600)
    model = MLPLogisticClassifier(
        32, early_stopping=True, validation_fraction=0.3, learning_rate_init=1.0, random_state=0
    ).set_params(alpha=0.0, learning_rate="constant", n_iter_no_change=20)
    trained, validated = set(), set()
    spy_on_kernel(
        train=lambda *, order, **_: trained.update(order.tolist()),
        decide=lambda *, subset, **_: validated.update([] if subset is None else subset.tolist()),
    )
    if how == "sample weights":
        models = [model.fit(X, y, 1 / rng.uniform(0.1, 0.9, 600))]
    elif how == "class weights":
        rare = rng.uniform(size=600) < 0.05
        models = [model.set_params(class_weight="balanced").fit(X, rare)]
    elif how == "bagging":
        models = BaggingClassifier(model, 1, random_state=0).fit(X, y).estimators_
    else:
        models = AdaBoostClassifier(model, n_estimators=1, random_state=0).fit(X, y).estimators_
    assert validated
    assert not trained & validated
    assert max(models[0].validation_scores_) < 0.67


def test_a_class_of_one_row_cannot_be_split_whatever_its_weight():
    X, y = [[1, 2], [2, 3], [3, 4], [4, 5]], ["no", "no", "no", "yes"]
    message = "least populated class in y has only 1 member.*few members: yes"
    with pytest.raises(ValueError, match=message):
        MLPLogisticClassifier(early_stopping=True).fit(X, y)
    with pytest.raises(ValueError, match="whatever its weight"):
        MLPLogisticClassifier(early_stopping=True).fit(X, y, [1, 1, 1, 20])


def test_early_stopping_keeps_feature_names():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["one", "two"])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)  # of noise
        model = MLPLogisticClassifier(early_stopping=True, random_state=0)
        model.fit(X, pd.Series([0, 1] * 10))
    assert list(model.feature_names_in_) == ["one", "two"]


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss", "balanced_accuracy"])
def test_any_scorer_of_scikit_learn_scores_the_validation_set(scoring):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = StandardScaler().set_output(transform="pandas").fit_transform(X)
    labels = np.array(["no", "yes"])[y]
    model = MLPLogisticClassifier(4, max_iter=6, early_stopping=True, random_state=0)
    given = {"X_val": X[:150], "y_val": labels[:150], "sample_weight_val": np.arange(150) % 3}
    model.set_params(scoring=scoring, n_iter_no_change=np.inf)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X[150:], labels[150:], **given)
    scorer = get_scorer(scoring)
    expected = scorer(model, X[:150], labels[:150], sample_weight=given["sample_weight_val"])
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.best_validation_score_ == pytest.approx(expected, rel=1e-12)
    # The loss is recorded beside it: the same as by scoring="loss".
    by_loss = clone(model).set_params(scoring="loss").fit(X[150:], labels[150:], **given)
    assert model.validation_loss_curve_ == by_loss.validation_loss_curve_
    assert by_loss.validation_scores_ == [-loss for loss in by_loss.validation_loss_curve_]


def test_a_user_supplied_scorer_gets_what_is_held_out():
    X, y = load_iris(return_X_y=True)
    seen = []

    def scorer(estimator, X_held_out, y_held_out):
        seen.append((X_held_out, y_held_out))
        return estimator.score(X_held_out, y_held_out)

    model = MLPLogisticClassifier(3, max_iter=4, early_stopping=True, random_state=0)
    plain = clone(model).set_params(scoring="accuracy").fit(X, y)
    model.set_params(scoring=scorer).fit(X, y)
    assert model.validation_scores_ == plain.validation_scores_
    assert len(seen) == model.n_iter_
    rows = {(*x, label) for x, label in zip(X.tolist(), y, strict=True)}
    assert {(*x, label) for x, label in zip(seen[0][0].tolist(), seen[0][1], strict=True)} <= rows
    assert np.bincount(seen[0][1]).tolist() == [5, 5, 5]
    # Restarts in threads score their own networks.
    several = clone(model).set_params(n_init=3, n_jobs=2).fit(X, y)
    assert several.best_validation_score_ == max(several.validation_scores_[3:])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_scorers_that_cannot_be(early_stopping):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, early_stopping=early_stopping, random_state=0)
    with pytest.raises(ValueError, match="scoring"):
        model.set_params(scoring="accurate").fit(X, y)
    assert not hasattr(model, "coefs_")
    if early_stopping:
        model.set_params(scoring=lambda *_: np.nan)
        with pytest.raises(ValueError, match="The validation score is nan"):
            model.fit(X, y)
        assert not hasattr(model, "coefs_")


@pytest.mark.parametrize("scoring", ["accuracy", "loss"])
@pytest.mark.parametrize("loss", LOSSES)
def test_weights_and_losses_near_overflow_are_scored(scoring, loss):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(
        3, max_iter=20, early_stopping=True, scoring=scoring, loss=loss, random_state=0
    )
    # Wrong labels, so that the losses are large.
    given = {"X_val": 9.0 * X[[0, 60, 120]], "y_val": [2, 0, 0], "sample_weight_val": [5e307] * 3}
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(X, y, **given)
    assert np.isfinite(model.validation_scores_).all()
    assert np.isfinite(model.validation_loss_curve_).all()
