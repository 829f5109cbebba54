"""Types of the public interface. Without stubs of scikit-learn, its base classes are Any."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Literal, NamedTuple, Self, TypeAlias, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin  # type: ignore[import-untyped]

__all__ = [
    "BackpropTrace",
    "GradientCheck",
    "HiddenActivations",
    "LossCurveDisplay",
    "MLPLogisticClassifier",
    "NetworkDisplay",
    "TrainingTrace",
    "export_c",
    "gradient_check",
    "show_versions",
    "trace_training",
    "trace_update",
]

__version__: str

# Anything that scikit-learn takes for a table: arrays, sparse matrices, frames.
_Matrix: TypeAlias = Any
# An MLPLogisticClassifier, or a pipeline or a search that ends in one.
_Estimator: TypeAlias = Any
_Floats: TypeAlias = NDArray[np.float64] | NDArray[np.float32]

class MLPLogisticClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    hidden_layer_sizes: int | ArrayLike
    learning_rate_init: float | Literal["auto"]
    learning_rate: Literal["linear", "constant", "invscaling", "adaptive"]
    power_t: float
    loss: Literal["squared_error", "log_loss"]
    alpha: float | Literal["auto"]
    max_iter: int
    tol: float
    n_iter_no_change: float | Literal["auto"]
    fit_intercept: bool
    init_range: float | Literal["auto"]
    shuffle: bool
    class_weight: dict[Any, float] | Literal["balanced"] | None
    n_init: int
    early_stopping: bool
    validation_fraction: float
    scoring: str | Callable[..., float]
    warm_start: bool
    verbose: bool | int
    n_jobs: int | None
    random_state: int | np.random.RandomState | None

    classes_: NDArray[Any]
    multilabel_: bool
    coefs_: list[_Floats]
    intercepts_: list[_Floats]
    n_features_in_: int
    feature_names_in_: NDArray[np.object_]
    alpha_: float
    learning_rate_init_: float
    n_iter_: int
    t_: int
    loss_: float
    best_loss_: float | None
    loss_curve_: list[float]
    learning_rate_curve_: list[float]
    alpha_curve_: list[float]
    validation_scores_: list[float] | None
    validation_loss_curve_: list[float] | None
    best_validation_score_: float | None
    best_iter_: int | None
    n_layers_: int
    n_outputs_: int
    hidden_activation_: str
    out_activation_: str

    def __init__(
        self,
        hidden_layer_sizes: int | ArrayLike = 32,
        *,
        learning_rate_init: float | Literal["auto"] = "auto",
        learning_rate: Literal["linear", "constant", "invscaling", "adaptive"] = "linear",
        power_t: float = 0.5,
        loss: Literal["squared_error", "log_loss"] = "squared_error",
        alpha: float | Literal["auto"] = "auto",
        max_iter: int = 80,
        tol: float = 1e-4,
        n_iter_no_change: float | Literal["auto"] = "auto",
        fit_intercept: bool = True,
        init_range: float | Literal["auto"] = "auto",
        shuffle: bool = True,
        class_weight: dict[Any, float] | Literal["balanced"] | None = None,
        n_init: int = 1,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        scoring: str | Callable[..., float] = "loss",
        warm_start: bool = False,
        verbose: bool | int = False,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None: ...
    def fit(
        self,
        X: _Matrix,
        y: _Matrix,
        sample_weight: ArrayLike | None = None,
        *,
        coefs_init: Sequence[ArrayLike] | None = None,
        intercepts_init: Sequence[ArrayLike] | None = None,
        X_val: _Matrix | None = None,
        y_val: _Matrix | None = None,
        sample_weight_val: ArrayLike | None = None,
    ) -> Self: ...
    def partial_fit(
        self,
        X: _Matrix,
        y: _Matrix,
        *,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self: ...
    def decision_function(self, X: _Matrix) -> _Floats: ...
    def predict(self, X: _Matrix) -> NDArray[Any]: ...
    def predict_proba(self, X: _Matrix) -> _Floats: ...
    def predict_log_proba(self, X: _Matrix) -> _Floats: ...
    def __copy__(self) -> Self: ...
    def __sklearn_is_fitted__(self) -> bool: ...
    def __sklearn_tags__(self) -> Any: ...
    # What it has of scikit-learn's base classes.
    def score(self, X: _Matrix, y: _Matrix, sample_weight: ArrayLike | None = None) -> float: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def set_callbacks(self, *callbacks: Any) -> Self: ...
    def get_metadata_routing(self) -> Any: ...
    def set_fit_request(
        self,
        *,
        sample_weight: bool | str | None = ...,
        coefs_init: bool | str | None = ...,
        intercepts_init: bool | str | None = ...,
        X_val: bool | str | None = ...,
        y_val: bool | str | None = ...,
        sample_weight_val: bool | str | None = ...,
    ) -> Self: ...
    def set_partial_fit_request(
        self, *, classes: bool | str | None = ..., sample_weight: bool | str | None = ...
    ) -> Self: ...
    def set_score_request(self, *, sample_weight: bool | str | None = ...) -> Self: ...

class _Weights(NamedTuple):
    coefs: list[NDArray[np.float64]]
    intercepts: list[NDArray[np.float64]]

@dataclass(frozen=True, eq=False, repr=False)
class BackpropTrace:
    x: NDArray[np.float64]
    y: Any
    T: int
    S_preA: list[NDArray[np.float64]]
    S_postA: list[NDArray[np.float64]]
    f_prime: list[NDArray[np.float64]]
    FE: float
    S_ERROR: float
    error_signals: list[NDArray[np.float64]]
    loss: float
    gradients: _Weights
    before: _Weights
    after: _Weights
    LR: float
    step: float
    n_visits: int
    decay: float
    loss_name: Literal["log_loss", "squared_error"]
    activations: tuple[str, str]
    class_of_interest: Any
    network: str
    feature_names: list[str]
    has_bias: bool
    @property
    def signals(self) -> list[NDArray[np.float64]]: ...
    @property
    def layer_names(self) -> list[str]: ...
    @property
    def node_names(self) -> list[list[str]]: ...
    def to_pandas(self, rows: Literal["weights", "nodes"] = "weights") -> Any: ...

def trace_update(
    estimator: _Estimator, x: _Matrix, y: Any, *, class_of_interest: Any = None
) -> BackpropTrace: ...

@dataclass(frozen=True, eq=False, repr=False)
class TrainingTrace(Sequence[BackpropTrace]):
    updates: list[BackpropTrace]
    numbers: NDArray[np.intp]
    epochs: NDArray[np.intp]
    rows: NDArray[np.intp]
    points: NDArray[np.float64] | None
    point_targets: NDArray[np.intp] | None
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: int) -> BackpropTrace: ...
    @overload
    def __getitem__(self, index: slice) -> TrainingTrace: ...
    @property
    def mean_losses(self) -> NDArray[np.float64]: ...
    def to_pandas(self) -> Any: ...
    def to_html(self, *, terms: Literal["article", "standard"] = "article") -> str: ...

def trace_training(
    estimator: _Estimator,
    X: _Matrix,
    y: _Matrix,
    *,
    updates: int | Sequence[int] = 100,
    class_of_interest: Any = None,
    **fit_params: Any,
) -> TrainingTrace: ...

class HiddenActivations(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    estimator: _Estimator
    layer: int
    prefit: bool
    estimator_: Any
    def __init__(self, estimator: _Estimator, *, layer: int = -1, prefit: bool = False) -> None: ...
    def fit(self, X: _Matrix, y: _Matrix | None = None, **fit_params: Any) -> Self: ...
    def transform(self, X: _Matrix) -> _Floats: ...
    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]: ...
    @property
    def n_features_in_(self) -> int: ...
    @property
    def feature_names_in_(self) -> NDArray[np.object_]: ...
    def __sklearn_is_fitted__(self) -> bool: ...
    def __sklearn_tags__(self) -> Any: ...
    def get_params(self, deep: bool = True) -> dict[str, Any]: ...
    def set_params(self, **params: Any) -> Self: ...
    def set_output(self, *, transform: str | None = None) -> Self: ...
    def get_metadata_routing(self) -> Any: ...

@dataclass(frozen=True, repr=False)
class GradientCheck:
    difference: float
    gradient: float
    finite_difference: float
    sample: int
    weight: str
    largest_gradient: float
    rounding: float
    @property
    def relative_difference(self) -> float: ...
    @property
    def agrees(self) -> bool: ...

def gradient_check(
    estimator: _Estimator, X: _Matrix, y: _Matrix, *, epsilon: float = 1e-5
) -> GradientCheck: ...
def export_c(
    estimator: Any,
    *,
    name: str = "mlp",
    path: str | PathLike[str] | None = None,
    header_path: str | PathLike[str] | None = None,
) -> str: ...

class LossCurveDisplay:
    loss_curve: ArrayLike
    validation_scores: ArrayLike | None
    best_iter: int | None
    name: str | None
    score_name: str
    ax_: Any
    validation_ax_: Any
    figure_: Any
    line_: Any
    validation_line_: Any
    best_line_: Any
    def __init__(
        self,
        *,
        loss_curve: ArrayLike,
        validation_scores: ArrayLike | None = None,
        best_iter: int | None = None,
        name: str | None = None,
        score_name: str = "score",
    ) -> None: ...
    def plot(
        self,
        ax: Any = None,
        *,
        name: str | None = None,
        line_kw: Mapping[str, Any] | None = None,
        validation_line_kw: Mapping[str, Any] | None = None,
    ) -> Self: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        name: str | None = None,
        ax: Any = None,
        line_kw: Mapping[str, Any] | None = None,
        validation_line_kw: Mapping[str, Any] | None = None,
    ) -> Self: ...

class NetworkDisplay:
    coefs: Sequence[ArrayLike]
    intercepts: Sequence[ArrayLike] | None
    signals: Sequence[ArrayLike] | None
    feature_names: Sequence[str] | None
    output_name: str
    ax_: Any
    figure_: Any
    edges_: list[Any]
    nodes_: list[Any]
    bias_nodes_: list[Any]
    texts_: list[Any]
    legend_: Any
    def __init__(
        self,
        *,
        coefs: Sequence[ArrayLike],
        intercepts: Sequence[ArrayLike] | None = None,
        signals: Sequence[ArrayLike] | None = None,
        feature_names: Sequence[str] | None = None,
        output_name: str = "output",
    ) -> None: ...
    def plot(
        self,
        ax: Any = None,
        *,
        max_nodes: int = 12,
        line_kw: Mapping[str, Any] | None = None,
        node_kw: Mapping[str, Any] | None = None,
        text_kw: Mapping[str, Any] | None = None,
    ) -> Self: ...
    @classmethod
    def from_estimator(
        cls,
        estimator: _Estimator,
        *,
        class_of_interest: Any = None,
        ax: Any = None,
        **plot_kw: Any,
    ) -> Self: ...
    @classmethod
    def from_trace(cls, trace: BackpropTrace, *, ax: Any = None, **plot_kw: Any) -> Self: ...

def show_versions() -> None: ...
