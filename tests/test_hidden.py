"""The activations of hidden nodes as features."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_mlp import HiddenActivations, MLPLogisticClassifier, trace_update

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@parametrize_with_checks([HiddenActivations(MLPLogisticClassifier(3, max_iter=5, random_state=0))])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("labels", [[0, 1, 1], [0, 1, 2]])
@pytest.mark.parametrize("layer", [0, 1, -1, -2])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_the_activations_are_those_of_the_trace(labels, layer, container):
    X, y = load_iris(return_X_y=True)
    y = np.array(labels)[y]
    model = MLPLogisticClassifier((4, 3), random_state=0, max_iter=20).fit(X, y)
    found = HiddenActivations(model, layer=layer, prefit=True).transform(container(X[:5]))
    of_networks = model.classes_ if model.n_outputs_ > 1 else [1]
    for row in range(5):
        expected = [
            trace_update(model, X[row], y[row], class_of_interest=label).S_postA[:2][layer]
            for label in of_networks
        ]
        np.testing.assert_allclose(found[row], np.concatenate(expected), rtol=1e-12)


def test_in_pipelines_and_of_searches():
    X, y = load_iris(return_X_y=True, as_frame=True)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), MLPLogisticClassifier(2, random_state=0)),
        {"mlplogisticclassifier__max_iter": [20]},
        cv=2,
    ).fit(X, y)
    hidden = HiddenActivations(search, prefit=True).set_output(transform="pandas")
    frame = hidden.transform(X)
    assert list(frame.columns) == ["0_H0", "0_H1", "1_H0", "1_H1", "2_H0", "2_H1"]
    assert hidden.n_features_in_ == 4
    assert list(hidden.feature_names_in_) == list(X.columns)
    assert list(HiddenActivations(search.best_estimator_[-1], prefit=True).fit(X)
                .get_feature_names_out()) == list(frame.columns)  # fmt: skip
    # Fitted on its own, it gives the same.
    fitted = HiddenActivations(search.best_estimator_).fit(X, y)
    np.testing.assert_allclose(fitted.transform(X), frame, rtol=1e-9)
    frozen = make_pipeline(HiddenActivations(FrozenEstimator(search)), MLPLogisticClassifier())
    assert clone(frozen).fit(X, y)[0].transform(X).shape == frame.shape
    stack = make_pipeline(fitted, MLPLogisticClassifier(random_state=0))
    assert clone(stack).fit(X, y).score(X, y) > 0.95


def test_names_with_two_classes_and_several_layers():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier((2, 3), random_state=0, max_iter=2).fit(X, y == 1)
    names = HiddenActivations(model, prefit=True).get_feature_names_out()
    assert names.tolist() == ["H2_0", "H2_1", "H2_2"]
    assert HiddenActivations(model, layer=0, prefit=True).get_feature_names_out()[0] == "H1_0"


def test_what_is_refused():
    X, y = load_iris(return_X_y=True)
    with pytest.raises(NotFittedError):
        HiddenActivations(MLPLogisticClassifier(2)).transform(X)
    with pytest.raises(NotFittedError):
        HiddenActivations(MLPLogisticClassifier(2), prefit=True).transform(X)
    with pytest.raises(TypeError, match="HiddenActivations takes an MLPLogisticClassifier"):
        HiddenActivations(StandardScaler()).fit(X, y)
    model = MLPLogisticClassifier(2, max_iter=2, random_state=0).fit(X, y)
    for layer in (1, -2, "last"):
        with pytest.raises(ValueError, match="is not one of the 1 hidden layers"):
            HiddenActivations(model, layer=layer, prefit=True).transform(X)
