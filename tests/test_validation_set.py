"""Early stopping on a user-supplied validation set (`X_val`)."""

import warnings

import numpy as np
import pytest
import sklearn
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training.losses import LOSSES

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def weights_of(model):
    return [*model.coefs_, *model.intercepts_]


def validated(noisy_iris, **parameters):
    X, y, X_val, y_val = noisy_iris
    parameters = {"learning_rate": "constant", "max_iter": 12, "random_state": 0, **parameters}
    parameters = {"learning_rate_init": 0.5, "alpha": 0.0, **parameters}
    model = MLPLogisticClassifier(5, early_stopping=True, n_iter_no_change=np.inf, **parameters)
    return model.fit(X, y, X_val=X_val, y_val=y_val)


def by_epoch(noisy_iris, **parameters):
    """The same network after each epoch."""
    X, y, *_ = noisy_iris
    parameters = {"learning_rate_init": 0.5, "alpha": 0.0, **parameters}
    model = MLPLogisticClassifier(5, learning_rate="constant", random_state=0, **parameters)
    for _ in range(12):
        yield model.partial_fit(X, y, classes=np.unique(y))


def test_scores_are_those_of_the_given_samples_and_the_best_weights_are_kept(noisy_iris):
    model = validated(noisy_iris, scoring="accuracy", learning_rate_init=4.0)
    epochs = list(by_epoch(noisy_iris, learning_rate_init=4.0))
    assert len(epochs) == model.n_iter_ == 12
    scores = []
    for number, epoch in enumerate(by_epoch(noisy_iris, learning_rate_init=4.0), start=1):
        scores.append(accuracy_score(noisy_iris[3], epoch.predict(noisy_iris[2])))
        if number == model.best_iter_:
            for a, b in zip(weights_of(model), weights_of(epoch), strict=True):
                np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(model.validation_scores_, scores, rtol=1e-12)
    tied = np.flatnonzero(np.array(scores) == max(scores))
    losses = np.array(model.validation_loss_curve_)
    assert model.best_iter_ == 1 + tied[losses[tied].argmin()] < 12
    assert model.best_validation_score_ == model.validation_scores_[model.best_iter_ - 1]


@pytest.mark.parametrize("loss", LOSSES)
def test_validation_by_the_loss(noisy_iris, loss):
    model = validated(noisy_iris, loss=loss, scoring="loss", learning_rate_init=1.0)
    assert len(set(model.validation_scores_)) == 12
    y_val, losses = noisy_iris[3], []
    for epoch in by_epoch(noisy_iris, loss=loss, learning_rate_init=1.0):
        logits = epoch.decision_function(noisy_iris[2])
        probabilities = 1 / (1 + np.exp(-logits.reshape(len(y_val), -1)))
        positive = [1] if probabilities.shape[1] == 1 else [0, 1, 2]
        losses.append(
            np.mean(
                [
                    brier_score_loss(y_val == k, p) / 2
                    if loss == "squared_error"
                    else log_loss(y_val == k, p)
                    for k, p in zip(positive, probabilities.T, strict=True)
                ]
            )
        )
    np.testing.assert_allclose(model.validation_scores_, -np.array(losses), rtol=1e-10)
    assert model.best_iter_ == 1 + int(np.argmin(losses))


def test_all_samples_are_trained_on(noisy_iris):
    X, y, *_ = noisy_iris
    model = validated(noisy_iris)
    plain = MLPLogisticClassifier(
        5, learning_rate="constant", max_iter=12, random_state=0, n_iter_no_change=np.inf
    ).set_params(learning_rate_init=0.5, alpha=0.0)
    plain.fit(X, y)
    assert model.loss_curve_ == plain.loss_curve_


@pytest.mark.parametrize("scoring", ["accuracy", "loss"])
def test_weighted_validation_samples(noisy_iris, scoring):
    X, y, X_val, y_val = noisy_iris
    weight = np.random.default_rng(0).integers(0, 3, len(y_val))
    model = MLPLogisticClassifier(5, early_stopping=True, scoring=scoring, random_state=0)
    weighted = model.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weight)
    scores = weighted.validation_scores_
    repeated = model.fit(
        X, y, X_val=np.repeat(X_val, weight, axis=0), y_val=np.repeat(y_val, weight)
    )
    np.testing.assert_allclose(scores, repeated.validation_scores_, rtol=1e-12)
    assert scores != model.fit(X, y, X_val=X_val, y_val=y_val).validation_scores_


def test_other_kinds_of_validation_samples(noisy_iris):
    X, y, X_val, y_val = noisy_iris
    X = X.astype(np.float32)
    model = MLPLogisticClassifier(5, early_stopping=True, scoring="loss", random_state=0)
    labels = np.array(["a", "b", "c"], dtype=object)
    scores = model.fit(X, labels[y], X_val=X_val, y_val=labels[y_val]).validation_scores_
    assert model.coefs_[0].dtype == np.float32
    for other in (np.asfortranarray(X_val), X_val.tolist(), X_val.astype(np.float32)):
        assert model.fit(X, y, X_val=other, y_val=y_val).validation_scores_ == scores
    sparse = model.fit(csr_array(X), y, X_val=csr_array(X_val), y_val=y_val).validation_scores_
    np.testing.assert_allclose(sparse, scores, rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_val": None}, "X_val is provided, but y_val was not provided"),
        ({"X_val": None}, "y_val is provided, but X_val was not provided"),
        ({"X_val": None, "y_val": None, "sample_weight_val": [1.0]}, "X_val was not provided"),
        ({"early_stopping": False}, "early_stopping is False"),
        ({"X_val": [[1.0, 2.0]], "y_val": [0]}, "X_val has 2 features"),
        ({"X_val": [[1.0, 2.0, 3.0, np.nan]], "y_val": [0]}, "contains NaN"),
        ({"X_val": [[1.0, 2.0, 3.0, 4.0]]}, "inconsistent numbers of samples"),
        ({"y_val": "another"}, "classes not in"),
        (
            {"sample_weight_val": "negative"},
            "Negative values in data passed to `sample_weight_val`",
        ),
        ({"sample_weight_val": "zero"}, "must contain at least one non-zero number"),
    ],
)
def test_bad_validation_sets(noisy_iris, change, message):
    X, y, X_val, y_val = noisy_iris
    model = MLPLogisticClassifier(
        3, max_iter=2, early_stopping=True, random_state=np.random.RandomState(0)
    ).fit(X, y)
    change = dict(change)
    model.early_stopping = change.pop("early_stopping", True)
    before, state = vars(model).copy(), model.random_state.get_state()[1].copy()
    weights = {"negative": -np.ones(len(y_val)), "zero": np.zeros(len(y_val))}
    arguments = {"X_val": X_val, "y_val": y_val, **change}
    if isinstance(arguments["y_val"], str):
        arguments["y_val"] = y_val + 1
    if isinstance(arguments.get("sample_weight_val"), str):
        arguments["sample_weight_val"] = weights[arguments["sample_weight_val"]]
    with pytest.raises(ValueError, match=message):
        model.fit(X, y, **arguments)
    assert vars(model) == before
    np.testing.assert_array_equal(model.random_state.get_state()[1], state)


def test_a_pipeline_transforms_the_validation_set(noisy_iris):
    X, y, X_val, y_val = noisy_iris
    X, X_val = 50 + 9 * X, 50 + 9 * X_val
    scaler = StandardScaler().fit(X)
    model = MLPLogisticClassifier(5, early_stopping=True, scoring="loss", random_state=0)
    expected = model.fit(
        scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val
    ).validation_scores_
    with sklearn.config_context(enable_metadata_routing=True):
        last = MLPLogisticClassifier(**model.get_params())
        last.set_fit_request(X_val=True, y_val=True)
        pipeline = Pipeline(
            [("scale", StandardScaler()), ("classify", last)], transform_input=["X_val"]
        )
        pipeline.fit(X, y, X_val=X_val, y_val=y_val)
    assert last.validation_scores_ == expected


def test_a_class_of_one_sample_may_be_validated_elsewhere():
    X, y = np.arange(8.0).reshape(-1, 1), [0, 1, 1, 1, 1, 1, 1, 1]
    model = MLPLogisticClassifier(
        2, learning_rate_init=0.1, early_stopping=True, max_iter=2, random_state=0
    )
    with pytest.raises(ValueError, match="least populated class"):
        model.fit(X, y)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y, X_val=X, y_val=y)


@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_a_validation_set_on_another_scale_is_told(container):
    X, y = load_breast_cancer(return_X_y=True)
    X, X_val, y, y_val = train_test_split(X, y, random_state=0)
    network = MLPLogisticClassifier(4, max_iter=5, early_stopping=True, random_state=0)
    scaler = StandardScaler().fit(X)
    X = container(scaler.transform(X))
    with pytest.warns(ConvergenceWarning, match="X_val is on a different scale from X"):
        network.fit(X, y, X_val=container(X_val), y_val=y_val)

    def told(X_val, y_val):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            network.fit(X, y, X_val=X_val, y_val=y_val)
        return [w for w in caught if "another scale" in str(w.message)]

    assert not told(container(scaler.transform(X_val)), y_val)
    assert not told(container(scaler.transform(X_val[:20])), y_val[:20])
    assert not told(container(X_val[:19]), y_val[:19])  # too few to say


def test_a_pipeline_transforms_the_validation_set_where_it_is_told_to():
    X, y = load_breast_cancer(return_X_y=True)
    X, X_val, y, y_val = train_test_split(X, y, random_state=0)
    with sklearn.config_context(enable_metadata_routing=True):
        network = MLPLogisticClassifier(4, early_stopping=True, random_state=0)
        network.set_fit_request(X_val=True, y_val=True)
        steps = [("scaler", StandardScaler()), ("network", network)]
        validated = Pipeline(steps, transform_input=["X_val"])
        grid = {"network__hidden_layer_sizes": [2, 4]}
        search = GridSearchCV(validated, grid, cv=3)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            validated.fit(X, y, X_val=X_val, y_val=y_val)
            search.fit(X, y, X_val=X_val, y_val=y_val)
    scaler = StandardScaler().fit(X)
    by_hand = clone(network).fit(scaler.transform(X), y, X_val=scaler.transform(X_val), y_val=y_val)
    assert validated["network"].validation_scores_ == by_hand.validation_scores_
    assert len(search.best_estimator_["network"].validation_scores_) == 80


def test_errors_that_arise_from_the_validation_set_name_it(noisy_iris):
    X, y, X_val, y_val = noisy_iris
    model = MLPLogisticClassifier(2, early_stopping=True)
    words = np.full(X_val.shape, "No", dtype=object)
    for X_wrong, y_wrong in ((words, y_val), (X_val[:, :2], y_val), (X_val, y_val[:3])):
        with pytest.raises(ValueError, match=r"X_val|y_val"):
            model.fit(X, y, X_val=X_wrong, y_val=y_wrong)


@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_a_scorer_that_writes_into_its_arguments_changes_nothing_of_the_caller(container):
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    X_val, y_val, weights = container(X[:100].copy()), y[:100].copy(), np.ones(100)
    before = X_val.copy(), y_val.copy(), weights.copy()

    def scorer(model, A, b, sample_weight):
        (A if container is np.asarray else A.data)[...] = 7.0
        b[...] = 1
        sample_weight[...] = 2.0
        return 0.5

    model = MLPLogisticClassifier(4, max_iter=3, early_stopping=True, scoring=scorer)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y, X_val=X_val, y_val=y_val, sample_weight_val=weights)
    for array, former in zip((X_val, y_val, weights), before, strict=True):
        assert abs(array - former).sum() == 0
