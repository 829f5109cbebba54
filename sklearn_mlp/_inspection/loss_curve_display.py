"""The display of loss and validation score, after scikit-learn's pattern.

Arrays and artists are kept, and `plot` draws again.
"""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .axes import axes_for, normalized
from .pipelines import last_step

TWIN = "<validation scores>"  # what the axes over those of the loss are known by


class LossCurveDisplay:
    """Training loss and validation score over the epochs.

    It is recommended to use :meth:`from_estimator`. All parameters are stored as attributes.

    .. versionadded:: 0.1

    Parameters
    ----------
    loss_curve : array-like of shape (n_epochs,)
        Training loss of each epoch.

    validation_scores : array-like of shape (n_scored_epochs,), default=None
        Validation score after each epoch, or after each of the last epochs.

    best_iter : int, default=None
        Best epoch, counted from 1 along the curve.

    name : str, default=None
        Name for the legend.

    score_name : str, default="score"
        What the validation score is, for the label of its axis: "accuracy", "minus loss".

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes of the training loss.
    validation_ax_ : matplotlib Axes or None
        Axes of the validation score; they share the axis of epochs with `ax_`.
    figure_ : matplotlib Figure
    line_, validation_line_, best_line_ : matplotlib Line2D or None
        Training loss, validation score (dashed), and the vertical line at the best epoch (dotted).

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_mlp import LossCurveDisplay, MLPLogisticClassifier
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> X = StandardScaler().fit_transform(X)
    >>> model = MLPLogisticClassifier(early_stopping=True, random_state=0).fit(X, y)
    >>> LossCurveDisplay.from_estimator(model)
    <...LossCurveDisplay object at ...>
    """

    def __init__(
        self,
        *,
        loss_curve,
        validation_scores=None,
        best_iter=None,
        name=None,
        score_name="score",
    ):
        self.loss_curve = loss_curve
        self.validation_scores = validation_scores
        self.best_iter = best_iter
        self.name = name
        self.score_name = score_name

    def plot(self, ax=None, *, name=None, line_kw=None, validation_line_kw=None):
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure if not given.

        name : str, default=None
            Name for the legend; that of the display if not given.

        line_kw, validation_line_kw : dict, default=None
            Passed to ``ax.plot`` for the loss and for the validation score.

        Returns
        -------
        display : LossCurveDisplay
        """
        ax = axes_for(ax, "LossCurveDisplay")
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        name = self.name if name is None else name
        of = "" if name is None else f" of {name}"
        loss_curve = np.asarray(self.loss_curve, dtype=float)
        # Two colours for each estimator that is drawn on these axes.
        n_lines = len(ax.get_lines()) + sum(len(twin.get_lines()) for twin in _twins(ax))
        colors = [f"C{(n_lines + number) % 10}" for number in range(2)]
        style = {"label": f"Training loss{of}", "color": colors[0]}
        style |= normalized(line_kw, Line2D)
        (self.line_,) = ax.plot(np.arange(1, len(loss_curve) + 1), loss_curve, **style)
        ax.set(xlabel="Epoch", ylabel="Training loss")
        if isinstance(ax.xaxis.get_major_locator(), MaxNLocator):
            ax.xaxis.get_major_locator().set_params(integer=True)
        self.validation_ax_ = self.validation_line_ = self.best_line_ = None
        if self.validation_scores is not None:
            label = f"Validation {self.score_name}{of}"
            style = {"label": label, "color": colors[1], "linestyle": "--"}
            style |= normalized(validation_line_kw, Line2D)
            self._draw_scores(ax, len(loss_curve), style)
        if self.best_iter is not None:
            self.best_line_ = ax.axvline(
                self.best_iter,
                color=(self.validation_line_ or self.line_).get_color(),
                linestyle=":",
                label=f"Best epoch{of}, {self.best_iter}",
            )
        _draw_legend(ax)
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _draw_scores(self, ax, n_epochs, style):
        scores = np.asarray(self.validation_scores, dtype=float)
        self.validation_ax_ = _twin(ax, f"Validation {self.score_name}")
        (self.validation_line_,) = self.validation_ax_.plot(
            np.arange(1, len(scores) + 1) + n_epochs - len(scores), scores, **style
        )

    @classmethod
    def from_estimator(
        cls, estimator, *, name=None, ax=None, line_kw=None, validation_line_kw=None
    ):
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : MLPLogisticClassifier
            A fitted estimator, or a fitted pipeline or search that ends in one. Any other estimator
            with `loss_curve_` works too, such as :class:`~sklearn.neural_network.MLPClassifier`.

        name : str, default=None
            Name for the legend.

        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure if not given.

        line_kw, validation_line_kw : dict, default=None
            Passed to ``ax.plot`` for the loss and for the validation score.

        Returns
        -------
        display : LossCurveDisplay
        """
        _, estimator = last_step(estimator)
        check_is_fitted(estimator)
        if not getattr(estimator, "loss_curve_", None):
            raise ValueError(
                f"This {type(estimator).__name__} has no loss_curve_ with at least one epoch. "
                "partial_fit does not extend it."
            )
        display = cls(
            loss_curve=list(estimator.loss_curve_),
            validation_scores=getattr(estimator, "validation_scores_", None),
            best_iter=_best_epoch(estimator),
            name=name,
            score_name=_score_name(getattr(estimator, "scoring", "accuracy")),
        )
        return display.plot(ax, line_kw=line_kw, validation_line_kw=validation_line_kw)


def _score_name(scoring):
    if scoring == "loss":
        return "minus loss"
    return scoring.replace("_", " ") if isinstance(scoring, str) else "score"


def _best_epoch(estimator):
    """`best_iter_` along the whole curve, which goes on over warm starts.

    None if later training by `partial_fit`, which sets `n_iter_` to 1, has made the best epoch a
    thing of the past.
    """
    best_iter, n_epochs = getattr(estimator, "best_iter_", None), len(estimator.loss_curve_)
    if best_iter is None or (estimator.n_iter_ == 1 and n_epochs > 1):
        return None
    return n_epochs - estimator.n_iter_ + best_iter


def _twins(ax):
    """The axes of validation scores over `ax`, if it has them already."""
    siblings = ax.get_shared_x_axes().get_siblings(ax)
    return [
        other
        for other in siblings
        if other.get_label() == TWIN and other.get_position().bounds == ax.get_position().bounds
    ]


def _draw_legend(ax):
    twins = _twins(ax)
    lines = [line for a in (ax, *twins) for line in a.get_lines()]
    ax.legend(
        handles=[line for line in lines if not str(line.get_label()).startswith("_")],
        # "best" does not see the lines of a twin. The loss ends low, the score high, and the middle
        # of the right side is free.
        loc="center right" if twins else "best",
    )


def _twin(ax, ylabel):
    for twin in _twins(ax):
        return twin
    twin = ax.twinx()
    twin.set(label=TWIN, ylabel=ylabel)
    return twin
