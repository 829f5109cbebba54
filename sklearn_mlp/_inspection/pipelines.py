"""The classifier at the end of a pipeline or in a search, and samples as it gets them."""

import contextlib

import numpy as np
from scipy.sparse import issparse
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline, make_pipeline

from .._classifier import MLPLogisticClassifier


def last_step(estimator):
    """The steps before the last one, and the last one.

    Parameters
    ----------
    estimator : estimator
        Of a fitted search, `best_estimator_` is used, of a pipeline its last step, and so on if
        these are searches or pipelines too.

    Returns
    -------
    before : Pipeline or None
        The transformers; None if there are none.
    last : estimator
    """
    steps = []
    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        elif isinstance(estimator, Pipeline):
            steps += [step for _, step in estimator.steps[:-1]]
            estimator = estimator.steps[-1][1]
        else:
            break
    steps = [step for step in steps if step not in (None, "passthrough")]
    return (make_pipeline(*steps) if steps else None), estimator


def classifier_of(estimator, caller):
    """`last_step`, where the last one is an `MLPLogisticClassifier`; otherwise TypeError."""
    before, model = last_step(estimator)
    if not isinstance(model, MLPLogisticClassifier):
        found = type(model).__name__
        if model is not estimator:
            found = f"{type(estimator).__name__} that ends in {found}"
        elif hasattr(model, "refit"):
            found += " that has no best_estimator_ (it is not fitted, or refit=False)"
        raise TypeError(
            f"{caller} takes an MLPLogisticClassifier, or a pipeline or a search that ends in one, "
            f"got {found}."
        )
    return before, model


def as_rows(X):
    """Samples as rows: one sample of shape (n_features,) becomes a row; a pandas row is a frame."""
    if hasattr(X, "to_frame") and hasattr(X, "index"):
        return X.to_frame().T.infer_objects()
    if issparse(X):
        return X.reshape(1, -1) if X.ndim == 1 else X
    return np.asarray(X)[np.newaxis] if np.ndim(X) == 1 else X


def feature_names_of(model, before=None):
    """Names of the inputs of the network: those that the steps before it give, or x0, x1, ..."""
    if hasattr(model, "feature_names_in_"):
        return model.feature_names_in_.tolist()
    if before is not None:
        # Not every transformer has names, and those of scikit-learn may need some for their inputs.
        with contextlib.suppress(AttributeError, ValueError):
            names = before.get_feature_names_out().tolist()
            if len(names) == model.n_features_in_:
                return names
    return [f"x{number}" for number in range(model.n_features_in_)]
