"""The estimator in scikit-learn's company, on data that scikit-learn bundles."""

import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    brier_score_loss,
    make_scorer,
)
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def cancer():
    return load_breast_cancer(return_X_y=True)


@pytest.fixture(scope="module")
def scaled_cancer(cancer):
    return StandardScaler().fit_transform(cancer[0]), cancer[1]


def network(**parameters):
    return MLPLogisticClassifier(8, max_iter=15, random_state=0).set_params(**parameters)


def pipeline(**parameters):
    return make_pipeline(StandardScaler(), network(**parameters))


def test_pipeline(cancer):
    X, y = cancer
    assert pipeline().fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.95


def test_grid_search_over_learning_rate_and_hidden_size(cancer):
    X, y = cancer
    grid = {
        "mlplogisticclassifier__learning_rate_init": [0.0001, 0.2],
        "mlplogisticclassifier__hidden_layer_sizes": [1, 8, (6, 3)],
    }
    scores = {}
    for n_jobs in (1, 2):
        search = GridSearchCV(pipeline(), grid, cv=3, n_jobs=n_jobs).fit(X, y)
        scores[n_jobs] = search.cv_results_["mean_test_score"]
    assert len(scores[1]) == 6
    np.testing.assert_array_equal(scores[1], scores[2])
    assert search.best_score_ > 0.96
    assert search.best_params_["mlplogisticclassifier__learning_rate_init"] == 0.2


def test_halving_grid_search_over_epochs(scaled_cancer):
    X, y = scaled_cancer
    search = HalvingGridSearchCV(
        network(),
        {"learning_rate_init": [0.001, 0.01, 0.1, 0.5]},
        resource="max_iter",
        min_resources=2,
        max_resources=16,
        factor=2,
        cv=3,
        random_state=0,
    ).fit(X, y)
    assert search.best_score_ > 0.95
    assert search.n_resources_[0] == 2
    assert search.best_estimator_.max_iter == search.n_resources_[-1] > 2


def test_cross_validate(cancer):
    X, y = cancer
    result = cross_validate(pipeline(), X, y, scoring=["accuracy", "neg_brier_score", "roc_auc"])
    assert result["test_accuracy"].mean() > 0.95
    assert result["test_neg_brier_score"].mean() > -0.04
    assert result["test_roc_auc"].mean() > 0.98


def test_incremental_learning_curve(scaled_cancer):
    X, y = scaled_cancer
    sizes, _, scores = learning_curve(
        network(),
        X,
        y,
        train_sizes=[0.1, 0.5, 1.0],
        exploit_incremental_learning=True,
        cv=3,
        shuffle=True,
        random_state=0,
    )
    assert len(sizes) == 3
    assert scores.mean(axis=1)[-1] > 0.9


def test_calibrated_classifier(scaled_cancer):
    X, y = scaled_cancer
    constant = network(learning_rate_init=0.02, max_iter=2)  # far from calibrated
    calibrated = CalibratedClassifierCV(constant, method="sigmoid", cv=3).fit(X[::2], y[::2])
    before = brier_score_loss(y[1::2], constant.fit(X[::2], y[::2]).predict_proba(X[1::2])[:, 1])
    after = brier_score_loss(y[1::2], calibrated.predict_proba(X[1::2])[:, 1])
    assert after < before


def test_bagging_and_boosting(scaled_cancer):
    X, y = scaled_cancer
    bagging = BaggingClassifier(network(), n_estimators=5, random_state=0).fit(X[::2], y[::2])
    boosting = AdaBoostClassifier(network(), n_estimators=5, random_state=0).fit(X[::2], y[::2])
    assert bagging.score(X[1::2], y[1::2]) > 0.95
    assert boosting.score(X[1::2], y[1::2]) > 0.94


def test_bagging_of_three_classes():
    # Bootstraps reach the network as sample weights, zeros among them.
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    bagging = BaggingClassifier(network(), n_estimators=5, random_state=0).fit(X, y)
    assert bagging.score(X, y) > 0.95


@pytest.mark.parametrize("Ensemble", [VotingClassifier, StackingClassifier])
def test_voting_and_stacking(scaled_cancer, Ensemble):
    X, y = scaled_cancer
    members = [("network", network()), ("linear", LogisticRegression())]
    more = {"voting": "soft"} if Ensemble is VotingClassifier else {}
    ensemble = Ensemble(members, **more).fit(X[::2], y[::2])
    assert ensemble.score(X[1::2], y[1::2]) > 0.95


def test_one_vs_rest_of_scikit_learn():
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    outside = OneVsRestClassifier(network()).fit(X, y).predict_proba(X)
    inside = network().fit(X, y).predict_proba(X)
    assert outside.shape == inside.shape
    # The same model from other initial weights.
    assert (outside.argmax(axis=1) == inside.argmax(axis=1)).mean() > 0.95


def test_several_outputs():
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    Y = np.column_stack([y == 0, y == 2]).astype(int)
    for several in (
        MultiOutputClassifier(network(max_iter=60)),
        ClassifierChain(network(max_iter=60), random_state=0),
    ):
        assert several.fit(X, Y).score(X, Y) > 0.9


def test_multi_output_partial_fit():
    X, y = load_iris(return_X_y=True)
    Y = np.column_stack([y == 0, y == 2]).astype(int)
    several = MultiOutputClassifier(network())
    for _ in range(30):
        several.partial_fit(StandardScaler().fit_transform(X), Y, classes=[[0, 1], [0, 1]])
    assert several.estimators_[0].t_ == 30 * 150


def test_tuned_threshold(scaled_cancer):
    X, y = scaled_cancer
    tuned = TunedThresholdClassifierCV(
        network(class_weight={1: 30.0}, learning_rate_init=0.05, max_iter=2),
        scoring="balanced_accuracy",
        random_state=0,
    ).fit(X[::2], y[::2])
    plain = tuned.estimator_.predict(X[1::2])
    gain = balanced_accuracy_score(y[1::2], tuned.predict(X[1::2])) - balanced_accuracy_score(
        y[1::2], plain
    )
    assert gain > 0


def test_permutation_importance_and_partial_dependence():
    # Only the first input tells the classes apart.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 3))
    y = (X[:, 0] > 0).astype(int)
    model = network().fit(X, y)
    importance = permutation_importance(model, X, y, n_repeats=3, random_state=0)
    assert importance.importances_mean.argmax() == 0
    dependence = partial_dependence(model, X, [0], kind="average")["average"][0]
    assert np.all(np.diff(dependence) > 0)


def test_sample_weights_are_routed(cancer):
    X, y = cancer
    weight = np.random.default_rng(0).integers(0, 3, size=len(y)).astype(float)
    with sklearn.config_context(enable_metadata_routing=True):
        routed = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=False),
            network().set_fit_request(sample_weight=True),
        )
        by_hand = StandardScaler().fit(X)
        expected = (
            network().fit(by_hand.transform(X), y, weight).predict_proba(by_hand.transform(X))
        )
        got = routed.fit(X, y, sample_weight=weight).predict_proba(X)
        np.testing.assert_array_equal(got, expected)

        grid = {"mlplogisticclassifier__hidden_layer_sizes": [2, 8]}
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        search = GridSearchCV(routed, grid, cv=3, scoring=scorer).fit(X, y, sample_weight=weight)
        refitted = search.best_estimator_.predict_proba(X)
        routed.set_params(**search.best_params_).fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(refitted, routed.predict_proba(X))


def test_clone_and_pickle(scaled_cancer):
    X, y = scaled_cancer
    model = network(class_weight={0: 2}, early_stopping=True).fit(X, y)
    assert clone(model).get_params() == model.get_params()
    assert not hasattr(clone(model), "coefs_")
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.get_params() == model.get_params()


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(library):
    frames = pytest.importorskip(library)
    X, y = load_iris(return_X_y=True)
    names = ["sepal length", "sepal width", "petal length", "petal width"]
    frame = frames.DataFrame({name: X[:, i] for i, name in enumerate(names)})
    labels = np.array(["setosa", "versicolor", "virginica"])[y]
    model = network(max_iter=3).fit(frame, frames.Series(labels))
    assert list(model.feature_names_in_) == names
    np.testing.assert_array_equal(model.coefs_[0], network(max_iter=3).fit(X, labels).coefs_[0])
    np.testing.assert_array_equal(model.predict(frame), model.predict(frame[names]))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[names[::-1]])


@pytest.mark.parametrize(
    "labels",
    [
        np.array(["no", "yes"]),
        np.array(["no", "yes"], dtype=object),
        np.array([False, True]),
        np.array([-1.0, 1.0]),
        np.array([3, 7], dtype=np.uint8),
    ],
    ids=lambda a: f"{a.dtype}",
)
def test_labels_of_any_kind(scaled_cancer, labels):
    X, y = scaled_cancer
    model = network().fit(X, labels[y])
    np.testing.assert_array_equal(model.classes_, labels)
    assert model.score(X, labels[y]) > 0.95
    assert model.predict(X).dtype == labels.dtype
    model.partial_fit(X[:5], labels[y[:5]])
    cross = cross_val_predict(network(), X, labels[y], cv=2)
    assert set(cross) <= set(labels)
