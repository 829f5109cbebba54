"""Displays, after scikit-learn's pattern: arrays are kept, artists are kept, `plot` draws again.

matplotlib is imported when something is drawn.
"""

from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .diagram import draw_layers, layer_names
from .pipelines import classifier_of, feature_names_of, last_step
from .trace import network_of, weights_of_network
from .trace_text import short_number

POSITIVE, NEGATIVE = "C0", "C1"
FONT_SIZE = 9.0  # points
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
        Validation score after each epoch, or each of the last ones.

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
        Axes of the validation score, which share the epochs with `ax_`.
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
        ax = _axes(ax, "LossCurveDisplay")
        from matplotlib.lines import Line2D
        from matplotlib.ticker import MaxNLocator

        name = self.name if name is None else name
        of = "" if name is None else f" of {name}"
        loss_curve = np.asarray(self.loss_curve, dtype=float)
        # Two colours for each estimator that is drawn on these axes.
        n_lines = len(ax.get_lines()) + sum(len(twin.get_lines()) for twin in _twins(ax))
        colors = [f"C{(n_lines + number) % 10}" for number in range(2)]
        (self.line_,) = ax.plot(
            np.arange(1, len(loss_curve) + 1),
            loss_curve,
            **{
                "label": f"Training loss{of}",
                "color": colors[0],
                **_normalized(line_kw, Line2D),
            },
        )
        ax.set(xlabel="Epoch", ylabel="Training loss")
        if isinstance(ax.xaxis.get_major_locator(), MaxNLocator):
            ax.xaxis.get_major_locator().set_params(integer=True)
        self.validation_ax_ = self.validation_line_ = self.best_line_ = None
        if self.validation_scores is not None:
            scores = np.asarray(self.validation_scores, dtype=float)
            self.validation_ax_ = _twin(ax, f"Validation {self.score_name}")
            (self.validation_line_,) = self.validation_ax_.plot(
                np.arange(1, len(scores) + 1) + len(loss_curve) - len(scores),
                scores,
                **{
                    "label": f"Validation {self.score_name}{of}",
                    "color": colors[1],
                    "linestyle": "--",
                    **_normalized(validation_line_kw, Line2D),
                },
            )
        if self.best_iter is not None:
            self.best_line_ = ax.axvline(
                self.best_iter,
                color=(self.validation_line_ or self.line_).get_color(),
                linestyle=":",
                label=f"Best epoch{of}, {self.best_iter}",
            )
        lines = [line for a in (ax, *_twins(ax)) for line in a.get_lines()]
        ax.legend(  # above the curves
            handles=[line for line in lines if not str(line.get_label()).startswith("_")],
            loc="lower center",
            bbox_to_anchor=(0.5, 1.0),
            ncols=3,
            frameon=False,
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    @classmethod
    def from_estimator(
        cls, estimator, *, name=None, ax=None, line_kw=None, validation_line_kw=None
    ):
        """Draw the curves of a fitted estimator.

        Parameters
        ----------
        estimator : MLPLogisticClassifier
            Fitted; or a fitted pipeline or search that ends in one. Any other estimator with
            `loss_curve_` will do, such as :class:`~sklearn.neural_network.MLPClassifier`.

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


def _twin(ax, ylabel):
    for twin in _twins(ax):
        return twin
    twin = ax.twinx()
    twin.set(label=TWIN, ylabel=ylabel)
    return twin


class NetworkDisplay:
    """The network as a drawing: nodes, bias nodes, and weights by sign and size.

    It is recommended to use :meth:`from_estimator` or :meth:`from_trace`. All parameters are
    stored as attributes.

    .. versionadded:: 0.1

    Parameters
    ----------
    coefs : list of arrays of shape (fan_in, fan_out)
        Weights of each layer of one network.

    intercepts : list of arrays of shape (fan_out,), default=None
        Weights of the bias nodes; None without.

    signals : list of arrays, default=None
        What to write on the nodes: the inputs, and the outputs of each layer's nodes.

    feature_names : list of str, default=None
        Names of the inputs; x0, x1 and so on if not given.

    output_name : str, default="output"
        What the output node is called.

    Attributes
    ----------
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure
    edges_ : list of matplotlib LineCollection
        The weights between each two layers, those of the bias node last. Blue is positive, orange
        negative; the width is in proportion to the layer's largest weight.
    nodes_ : list of matplotlib PathCollection
        The nodes of each layer, inputs and output included.
    bias_nodes_ : list of matplotlib PathCollection
        The bias node of each layer but the last; empty without.
    texts_ : list of matplotlib Text
        Names of inputs, signals, dots for nodes that are not drawn, and names of the layers.
    legend_ : matplotlib Legend

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_mlp import MLPLogisticClassifier, NetworkDisplay, trace_update
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    >>> NetworkDisplay.from_estimator(model, class_of_interest=2)
    <...NetworkDisplay object at ...>
    >>> NetworkDisplay.from_trace(trace_update(model, X.iloc[0], y[0]))
    <...NetworkDisplay object at ...>
    """

    def __init__(
        self, *, coefs, intercepts=None, signals=None, feature_names=None, output_name="output"
    ):
        self.coefs = coefs
        self.intercepts = intercepts
        self.signals = signals
        self.feature_names = feature_names
        self.output_name = output_name

    def plot(self, ax=None, *, max_nodes=12, line_kw=None, node_kw=None, text_kw=None):
        """Draw the network.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure if not given.

        max_nodes : int, default=12
            Largest number of nodes to draw of a layer: of a larger one the first and the last.

        line_kw, node_kw, text_kw : dict, default=None
            Passed to :class:`~matplotlib.collections.LineCollection`, ``ax.scatter`` and
            ``ax.annotate``.

        Returns
        -------
        display : NetworkDisplay
        """
        if not isinstance(max_nodes, Integral) or max_nodes < 2:
            raise ValueError(f"max_nodes must be an int of at least 2, got {max_nodes!r}.")
        layers = draw_layers(self.coefs, max_nodes, has_bias=self.intercepts is not None)
        # A layer of many nodes gets a higher figure, if it is made here.
        n_places = 1 + max(np.ptp([*d.heights, d.bias or 0.0]) for d in layers)
        # A node in a small network has 0.75 inches, in a large one 0.45.
        height = min(0.75 * (n_places + 2), max(4.8, 0.45 * (n_places + 2)))
        ax = _axes(ax, "NetworkDisplay", height=height)
        from matplotlib.collections import Collection
        from matplotlib.text import Text

        node_kw = _normalized(node_kw, Collection)
        if not node_kw.keys() & {"c", "color"}:
            node_kw = {"facecolor": "white", "edgecolor": "0.25", **node_kw}
        self.edges_, self.nodes_, self.bias_nodes_, self.texts_ = [], [], [], []
        radius = self._make_room(ax, layers)
        for layer in range(len(self.coefs)):
            self._draw_weights(ax, layer, layers, _normalized(line_kw, Collection))
        self._draw_nodes(ax, layers, {"s": np.pi * radius**2, "zorder": 2, **node_kw})
        self._write(ax, layers, radius, _normalized(text_kw, Text))
        self.legend_ = ax.legend(
            handles=[
                ax.plot([], [], color=color, linewidth=2.5, label=f"{sign} weight")[0]
                for color, sign in ((POSITIVE, "positive"), (NEGATIVE, "negative"))
            ],
            loc="upper center",
            bbox_to_anchor=(0.5, 0.0),
            ncols=2,
            frameon=False,
        )
        self.ax_, self.figure_ = ax, ax.figure
        return self

    def _make_room(self, ax, layers):
        """Set the limits, with room for names at both sides; the radius of a node in points."""
        bottom = min(np.append(drawn.heights, drawn.bias or 0.0).min() for drawn in layers) - 0.6
        top = max(drawn.heights[0] for drawn in layers) + 1.1
        box = ax.get_window_extent()
        width, height = (72 / ax.figure.dpi * side for side in (box.width, box.height))
        radius = float(np.clip(0.38 * height / (top - bottom), 3.0, 17.0))
        # Letters are about half as wide as they are high.
        shown = [self._name(0, node) for node in layers[0].nodes]
        left, right = (
            radius + 8.0 + 0.5 * FONT_SIZE * max(map(len, names))
            for names in ([*shown, "inputs"], [self.output_name])
        )
        unit = max(width - left - right, 0.55 * width) / (len(layers) - 1)
        ax.set(xlim=(-left / unit, len(layers) - 1 + right / unit), ylim=(bottom, top))
        ax.set_axis_off()
        return radius

    def _name(self, layer, node):
        if layer == 0:
            return f"x{node}" if self.feature_names is None else str(self.feature_names[node])
        return self.output_name

    def _draw_weights(self, ax, layer, layers, line_kw):
        from matplotlib.collections import LineCollection

        source, target = layers[layer], layers[layer + 1]
        weights = np.asarray(self.coefs[layer])[np.ix_(source.nodes, target.nodes)]
        heights = source.heights
        if source.bias is not None:
            weights = np.vstack([weights, np.asarray(self.intercepts[layer])[target.nodes]])
            heights = np.append(heights, source.bias)
        segments = [
            [(layer, start), (layer + 1, end)] for start in heights for end in target.heights
        ]
        weights = weights.ravel()
        size = np.nan_to_num(np.abs(weights), posinf=0.0)  # what is no number is drawn thin
        size /= size.max() or 1.0
        edges = LineCollection(
            segments,
            **{
                "color": np.where(weights < 0, NEGATIVE, POSITIVE),
                "linewidth": 0.2 + 3.0 * size,
                "alpha": 0.3 + 0.6 * size,
                "zorder": 1,
                **line_kw,
            },
        )
        self.edges_.append(ax.add_collection(edges))

    def _draw_nodes(self, ax, layers, node_kw):
        for layer, drawn in enumerate(layers):
            x = np.full(len(drawn.nodes), layer)
            self.nodes_.append(ax.scatter(x, drawn.heights, **node_kw))
            if drawn.bias is not None:
                style = {**node_kw, "marker": "s"}
                self.bias_nodes_.append(ax.scatter([layer], [drawn.bias], **style))

    def _write(self, ax, layers, radius, text_kw):
        from matplotlib.patheffects import withStroke

        sizes = [len(self.coefs[0]), *(np.shape(coef)[1] for coef in self.coefs)]
        hidden = layer_names(len(sizes))[1:-1]
        titles = ["inputs", *(hidden if len(hidden) > 1 else ["hidden"]), "output"]
        on_nodes = min(FONT_SIZE, 0.62 * radius)
        # Text that may lie on edges hides what is behind it.
        halo = [withStroke(linewidth=3.0, foreground=ax.figure.get_facecolor())]

        def write(layer, height, words, *, fontsize=FONT_SIZE, beside=0):
            self.texts_.append(
                ax.annotate(
                    words,
                    (layer, height),
                    xytext=(beside * (radius + 4), 0),
                    textcoords="offset points",
                    parse_math=False,  # a $ in a name is a $
                    **{
                        "horizontalalignment": ("right", "center", "left")[beside + 1],
                        "verticalalignment": "center",
                        "color": "0.1",
                        "fontsize": fontsize,
                        "path_effects": halo if beside or fontsize == FONT_SIZE - 1 else None,
                        **text_kw,
                    },
                )
            )

        top = max(drawn.heights[0] for drawn in layers) + 0.8
        for layer, drawn in enumerate(layers):
            write(layer, top, titles[layer])
            for node, height in zip(drawn.nodes, drawn.heights, strict=True):
                if self.signals is not None:
                    write(layer, height, short_number(self.signals[layer][node]), fontsize=on_nodes)
                if layer in (0, len(layers) - 1):
                    write(layer, height, self._name(layer, node), beside=1 if layer else -1)
            if drawn.gap is not None:
                n_more = sizes[layer] - len(drawn.nodes)
                write(layer, drawn.gap, f"\u22ee {n_more} more", fontsize=FONT_SIZE - 1)
            if drawn.bias is not None:
                write(layer, drawn.bias, "1", fontsize=on_nodes)
                write(layer, drawn.bias, "bias", beside=-1)

    @classmethod
    def from_estimator(cls, estimator, *, class_of_interest=None, ax=None, **plot_kw):
        """Draw the network of a fitted estimator.

        Parameters
        ----------
        estimator : MLPLogisticClassifier
            Fitted; or a fitted pipeline or search that ends in one.

        class_of_interest : class label, default=None
            With more than two classes, the class whose network is drawn; the first one if not
            given. With two classes there is one network, that of ``classes_[1]``.

        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure if not given.

        **plot_kw : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : NetworkDisplay
        """
        before, model = classifier_of(estimator, "NetworkDisplay.from_estimator")
        check_is_fitted(model)
        number, class_of_interest = network_of(model, model.classes_[0], class_of_interest)
        coefs, intercepts = weights_of_network(model, number)
        display = cls(
            coefs=coefs,
            intercepts=intercepts if model.fit_intercept else None,
            feature_names=feature_names_of(model, before),
            output_name=f"class {class_of_interest}",
        )
        return display.plot(ax, **plot_kw)

    @classmethod
    def from_trace(cls, trace, *, ax=None, **plot_kw):
        """Draw the network of a trace as it was before the update, with the signals on the nodes.

        Parameters
        ----------
        trace : BackpropTrace

        ax : matplotlib Axes, default=None
            Axes to draw on; a new figure if not given.

        **plot_kw : dict
            Passed to :meth:`plot`.

        Returns
        -------
        display : NetworkDisplay
        """
        display = cls(
            coefs=trace.before.coefs,
            intercepts=trace.before.intercepts if trace.has_bias else None,
            signals=trace.signals,
            feature_names=trace.feature_names,
            output_name=f"class {trace.class_of_interest}",
        )
        return display.plot(ax, **plot_kw)


def _axes(ax, caller, height=4.8):
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f'{caller} needs matplotlib: pip install "sklearn-mlp[plot]", or matplotlib.'
        ) from error
    return plt.subplots(figsize=(6.4, height))[1] if ax is None else ax


def _normalized(kw, artist):
    """Keyword arguments of an artist by their full names, to stand behind defaults."""
    from matplotlib.cbook import normalize_kwargs

    return normalize_kwargs(kw, artist)
