"""State to and from a file: the version that wrote it, what older versions lack, damage."""

import inspect
import warnings

from sklearn.exceptions import InconsistentVersionWarning

from ._training import attributes
from ._version import __version__

VERSION_KEY = "_sklearn_mlp_version"


def state_to_file(state):
    """What is pickled, and copied by `copy.deepcopy`.

    Raises ValueError if the file would be refused.
    """
    state = attributes.to_file(state)
    if is_fitted(state):
        fault = attributes.fault_in(attributes.from_file(state, has_version=True))
        if fault is not None:
            raise ValueError(f"This estimator cannot be saved or copied: {fault}.")
    return state | {VERSION_KEY: __version__}


def state_from_file(state, estimator_class):
    """Parameters and attributes; what files of older versions lack has its default.

    Warns if the version is another. Raises ValueError if an attribute of a fitted estimator is
    missing that its version had, or does not fit the others.
    """
    state = dict(state)
    has_version = VERSION_KEY in state
    version = state.pop(VERSION_KEY, "0.1.0.dev")  # which did not write it
    if version != __version__:
        warnings.warn(
            InconsistentVersionWarning(
                estimator_name=estimator_class.__name__,
                current_sklearn_version=__version__,
                original_sklearn_version=version,
            ),
            stacklevel=3,
        )
    for name, parameter in inspect.signature(estimator_class).parameters.items():
        if parameter.default is not parameter.empty:
            state.setdefault(name, parameter.default)
    if not is_fitted(state):
        return state
    state = attributes.from_file(state, has_version=has_version)
    fault = attributes.fault_in(state)
    if fault is not None:
        raise ValueError(f"The file of this {estimator_class.__name__} is damaged: {fault}.")
    return state


def is_fitted(state):
    """Whether a state has any of the fitted attributes."""
    return not state.keys().isdisjoint(attribute.name for attribute in attributes.ATTRIBUTES)
