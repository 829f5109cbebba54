"""Every private name of scikit-learn that this package uses, and what differs between versions.

`tests/test_sklearn.py` holds each of them to what is expected of it, on the oldest and the newest
supported version. Two more names with an underscore are attributes: `_init_callback_context`, which
scikit-learn's guide for developers declares public, and `_skl_callbacks`, by which its own
estimators see whether there are callbacks; `_training/callbacks.py` uses them. The two of
`DocumentationLink` are what scikit-learn's guide names for packages like this one.
"""

from sklearn.utils._param_validation import Interval, Options, StrOptions
from sklearn.utils.multiclass import (
    _check_partial_fit_first_call as check_partial_fit_first_call,
)
from sklearn.utils.validation import _check_sample_weight as check_sample_weight

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks

    N_FRAMES = 1  # frames that `with_callbacks` puts between a method and its caller
except ImportError:  # scikit-learn < 1.9
    N_FRAMES = 0

    class CallbackSupportMixin:
        """Nothing: this scikit-learn has no callbacks."""

    def with_callbacks(method):
        return method


def validate_parameters(estimator):
    """Raise `InvalidParameterError` if a parameter is not within the estimator's constraints."""
    estimator._validate_params()


def names_of_constraints(estimator):
    """Names of the parameters that `validate_parameters` looks at."""
    return estimator._parameter_constraints.keys()


class DocumentationLink:
    """Where the notebook's display of an estimator links to; it describes parameters only then."""

    _doc_link_module = "sklearn_mlp"
    _doc_link_template = (
        "https://sklearn-mlp.readthedocs.io/en/stable/generated/"
        "{estimator_module}.{estimator_name}.html"
    )


__all__ = [
    "N_FRAMES",
    "CallbackSupportMixin",
    "DocumentationLink",
    "Interval",
    "Options",
    "StrOptions",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "names_of_constraints",
    "validate_parameters",
    "with_callbacks",
]
