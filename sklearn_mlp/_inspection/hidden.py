"""The activations of hidden nodes as features."""

from numbers import Integral

import numpy as np
from scipy.special import expit
from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, TransformerMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from .._kernel.packed import dtype_of
from .._sklearn import DocumentationLink
from .._validation import validate_inputs
from .pipelines import classifier_of

ACTIVATIONS = {"logistic": expit}


class HiddenActivations(DocumentationLink, MetaEstimatorMixin, TransformerMixin, BaseEstimator):
    """Transform samples to the activations of a network's hidden nodes.

    The activations are the article's postactivations ``S_postA,H``: a learned representation of
    the inputs, for another model, for a plot, or for a look at what the nodes have learned.

    It is a class of its own because a pipeline would treat a classifier with a method `transform`
    as a transformer. It also has what a transformer needs: names of the columns, a `fit` in a
    pipeline, and `set_output`.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : MLPLogisticClassifier, pipeline or search
        The classifier, or a pipeline or a search that ends in one. The steps before it transform
        the samples.

    layer : int, default=-1
        Hidden layer: 0 is the first one, -1 the last one.

    prefit : bool, default=False
        Whether `estimator` is fitted and is used as it is. Then `transform` can be called without
        `fit`. Otherwise `fit` fits a clone of it. Cross-validation clones the estimator; in this
        case, wrap a fitted estimator in :class:`~sklearn.frozen.FrozenEstimator` instead.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator. With `prefit`, it is `estimator` itself.

    n_features_in_ : int
        Number of inputs.

    feature_names_in_ : ndarray of str
        Names of the inputs, if `X` had column names.

    See Also
    --------
    trace_update : Every quantity of one sample, activations included.

    Notes
    -----
    scikit-learn's MLPClassifier has no such method; see scikit-learn's issues 8291 and 9468.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_mlp import HiddenActivations, MLPLogisticClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPLogisticClassifier(2, random_state=0)).fit(X, y)
    >>> hidden = HiddenActivations(model, prefit=True)
    >>> hidden.get_feature_names_out()
    array(['0_H0', '0_H1', '1_H0', '1_H1', '2_H0', '2_H1'], dtype=object)
    >>> hidden.transform(X[:2]).round(2)  # doctest: +SKIP
    """

    def __init__(self, estimator, *, layer=-1, prefit=False):
        self.estimator = estimator
        self.layer = layer
        self.prefit = prefit

    def fit(self, X, y=None, **fit_params):
        """Fit a clone of the estimator; with `prefit`, only check that it is fitted.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        y : array-like of shape (n_samples,) or (n_samples, n_labels), default=None
            Class labels, or multilabel targets; not needed with `prefit`.

        **fit_params : dict
            Passed to the estimator's `fit`; with metadata routing, those that it requests.

        Returns
        -------
        self : HiddenActivations
        """
        if not self.prefit:
            if get_config()["enable_metadata_routing"]:
                fit_params = process_routing(self, "fit", **fit_params).estimator.fit
            self.estimator_ = clone(self.estimator).fit(X, y, **fit_params)
        self._network()
        return self

    def transform(self, X):
        """Compute the activations of the hidden nodes.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Inputs.

        Returns
        -------
        activations : ndarray of shape (n_samples, n_nodes)
            Numbers between 0 and 1, of the dtype of the weights. If there are several networks (for
            more than two classes or several labels), the columns are the nodes of all networks, one
            network after the other.
        """
        before, model, layer = self._network()
        X = X if before is None else before.transform(X)
        signals = validate_inputs(model, X, dtype=dtype_of(model.coefs_))
        signals = [signals] * model.n_outputs_
        activation = ACTIVATIONS[model.hidden_activation_]
        for coefs, intercepts in zip(
            model.coefs_[: layer + 1], model.intercepts_[: layer + 1], strict=True
        ):
            if model.n_outputs_ == 1:
                coefs, intercepts = coefs[np.newaxis], intercepts[np.newaxis]
            signals = [
                activation(safe_sparse_dot(signal, coef, dense_output=True) + intercept)
                for signal, coef, intercept in zip(signals, coefs, intercepts, strict=True)
            ]
        return np.hstack(signals)

    def get_feature_names_out(self, input_features=None):
        """Names of the columns: ``H0`` for the node ``H[0]``, and so on.

        With several hidden layers, the layer is named too: ``H2_0``. With several networks, the
        class or the label comes first: ``setosa_H0``.

        Parameters
        ----------
        input_features : None
            Ignored.

        Returns
        -------
        names : ndarray of str objects
        """
        _, model, layer = self._network()
        n_hidden = len(model.coefs_) - 1
        prefix = "H" if n_hidden == 1 else f"H{layer + 1}_"
        names = [f"{prefix}{node}" for node in range(model.coefs_[layer].shape[-1])]
        if model.n_outputs_ > 1:
            names = [f"{label}_{name}" for label in model.classes_ for name in names]
        return np.array(names, dtype=object)

    def _network(self):
        """The fitted steps before the classifier, the classifier, and the number of the layer."""
        if not self.prefit:
            check_is_fitted(self, "estimator_")
        before, model = classifier_of(
            self.estimator if self.prefit else self.estimator_, "HiddenActivations"
        )
        check_is_fitted(model)
        if model.hidden_activation_ not in ACTIVATIONS:
            raise ValueError(
                f"HiddenActivations has no activation {model.hidden_activation_!r}, only "
                f"{sorted(ACTIVATIONS)}."
            )
        n_hidden = len(model.coefs_) - 1
        if not isinstance(self.layer, Integral) or not -n_hidden <= self.layer < n_hidden:
            raise ValueError(
                f"layer={self.layer!r} is not one of the {n_hidden} hidden layers, numbered from 0."
            )
        return before, model, self.layer % n_hidden

    @property
    def n_features_in_(self):
        return self._fitted().n_features_in_

    @property
    def feature_names_in_(self):
        return self._fitted().feature_names_in_

    def _fitted(self):
        estimator = self.estimator if self.prefit else vars(self).get("estimator_")
        if estimator is None:
            raise AttributeError("This HiddenActivations instance is not fitted yet.")
        return estimator

    def __sklearn_is_fitted__(self):
        return self.prefit or "estimator_" in vars(self)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.target_tags.required = not self.prefit
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.input_tags.string = inner.input_tags.string
        return tags

    def get_metadata_routing(self):
        """Metadata routing: `fit` passes on what the estimator requests.

        Returns
        -------
        routing : sklearn.utils.metadata_routing.MetadataRouter
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=type(self).__name__).add(
            estimator=self.estimator, method_mapping=mapping
        )
