"""The display of a network, after scikit-learn's pattern.

Arrays and artists are kept, and `plot` draws again.
"""

from numbers import Integral

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .axes import axes_for, normalized
from .diagram import draw_layers, layer_names
from .pipelines import classifier_of, feature_names_of
from .trace import network_of, weights_of_network
from .trace_text import short_number

POSITIVE, NEGATIVE = "C0", "C1"
FONT_SIZE = 9.0  # points


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
        Weights of the bias nodes; None if there are none.

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
        The weights between each pair of neighbouring layers, those of the bias node last. Blue is
        positive, orange negative; the width is relative to the layer's largest weight.
    nodes_ : list of matplotlib PathCollection
        The nodes of each layer, inputs and output included.
    bias_nodes_ : list of matplotlib PathCollection
        The bias node of each layer except the last; empty if there are none.
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
            Largest number of nodes to draw per layer. Of a larger layer, the first and the last
            nodes are drawn.

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
        ax = axes_for(ax, "NetworkDisplay", height=height)
        from matplotlib.collections import Collection
        from matplotlib.text import Text

        node_kw = normalized(node_kw, Collection)
        if not node_kw.keys() & {"c", "color"}:
            node_kw = {"facecolor": "white", "edgecolor": "0.25", **node_kw}
        self.edges_, self.nodes_, self.bias_nodes_, self.texts_ = [], [], [], []
        radius = self._make_room(ax, layers)
        for layer in range(len(self.coefs)):
            self._draw_weights(ax, layer, layers, normalized(line_kw, Collection))
        self._draw_nodes(ax, layers, {"s": np.pi * radius**2, "zorder": 2, **node_kw})
        self._write(ax, layers, radius, normalized(text_kw, Text))
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
            style = {
                "horizontalalignment": ("right", "center", "left")[beside + 1],
                "verticalalignment": "center",
                "color": "0.1",
                "fontsize": fontsize,
                "path_effects": halo if beside or fontsize == FONT_SIZE - 1 else None,
            }
            place = {"xytext": (beside * (radius + 4), 0), "textcoords": "offset points"}
            # Without mathematics: a $ in a name is a $.
            text = ax.annotate(words, (layer, height), parse_math=False, **place, **style | text_kw)
            self.texts_.append(text)

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
            A fitted estimator, or a fitted pipeline or search that ends in one.

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
