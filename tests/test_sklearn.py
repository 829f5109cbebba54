"""The private names of scikit-learn do what this package expects of them."""

from numbers import Integral, Real

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from sklearn_mlp import HiddenActivations, MLPLogisticClassifier, _sklearn


class Estimator(BaseEstimator):
    _parameter_constraints = {
        "number": [_sklearn.Interval(Integral, 1, None, closed="left")],
        "name": [_sklearn.StrOptions({"auto"}), _sklearn.Options(Real, {np.inf})],
    }

    def __init__(self, number=1, name="auto"):
        self.number = number
        self.name = name

    def fit(self, X, y):
        _sklearn.validate_parameters(self)
        return self


@pytest.mark.parametrize("parameters", [{}, {"number": 7}, {"name": np.inf}])
def test_valid_parameters_pass(parameters):
    assert isinstance(Estimator(**parameters).fit(None, None), Estimator)


def test_the_names_of_the_constraints_are_those_of_the_class():
    assert list(_sklearn.names_of_constraints(Estimator())) == ["number", "name"]


@pytest.mark.parametrize("parameters", [{"number": 0}, {"number": 1.5}, {"name": "other"}])
def test_invalid_parameters_are_named(parameters):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"The {name!r} parameter of Estimator must be"):
        Estimator(**parameters).fit(None, None)


def test_the_classes_of_a_stream_are_set_once():
    model = Estimator()
    assert _sklearn.check_partial_fit_first_call(model, [1, 0])
    assert model.classes_.tolist() == [0, 1]
    assert not _sklearn.check_partial_fit_first_call(model, None)
    with pytest.raises(ValueError, match="is not the same as on last call"):
        _sklearn.check_partial_fit_first_call(model, [0, 2])
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        _sklearn.check_partial_fit_first_call(Estimator(), None)


def test_sample_weights_are_checked_and_converted():
    X = np.zeros((3, 1))
    weight = _sklearn.check_sample_weight([1, 2, 3], X, dtype=np.float64, ensure_non_negative=True)
    assert weight.dtype == np.float64
    for wrong in ([1, 2], [1, 2, -1], [1, 2, np.nan]):
        with pytest.raises(ValueError):
            _sklearn.check_sample_weight(wrong, X, dtype=np.float64, ensure_non_negative=True)


def test_callbacks_exist_since_1_9():
    def method(self):
        return self

    if _sklearn.N_FRAMES:
        assert hasattr(_sklearn.CallbackSupportMixin, "set_callbacks")
    else:
        assert _sklearn.with_callbacks(method) is method
        assert not hasattr(_sklearn.CallbackSupportMixin, "set_callbacks")


@pytest.mark.parametrize(
    "estimator", [MLPLogisticClassifier(), HiddenActivations(MLPLogisticClassifier())]
)
def test_the_display_of_an_estimator_links_to_its_page(estimator):
    name = type(estimator).__name__
    page = f"https://sklearn-mlp.readthedocs.io/en/stable/generated/sklearn_mlp.{name}.html"
    assert page in estimator._repr_html_()


def test_the_display_of_an_estimator_describes_its_parameters():
    if _sklearn.N_FRAMES == 0:
        pytest.skip("scikit-learn describes parameters since 1.9")
    assert "Number of nodes of the hidden layer" in MLPLogisticClassifier()._repr_html_()
