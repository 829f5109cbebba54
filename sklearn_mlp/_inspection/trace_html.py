"""A `BackpropTrace` as HTML: one SVG and two tables, nothing to load, no script.

Text and outlines have the colour of the page's text and nodes are not filled, so that it is
readable on any background, light or dark; blue and orange have a contrast of 3 on both.
"""

import textwrap
import zlib
from collections import Counter
from html import escape
from itertools import pairwise

import numpy as np

from .diagram import draw_layers
from .trace_text import (
    NODE_COLUMNS,
    WEIGHT_COLUMNS,
    cells,
    describe,
    equations,
    node_columns,
    number,
    short_number,
    weight_columns,
)

BLUE, ORANGE = "#2f81e0", "#cf6a17"
MOST_NODES = 10
MOST_ROWS = 400
MOST_VALUES = 30  # of edges between two layers
MOST_LETTERS = 13  # in a line of the name of an input
# In pixels: radius of a node, distance of two nodes one below the other; half the width and height
# of a bias node, and of a value on an edge.
RADIUS, LINE = 21, 54
BIAS_SIDE, VALUE_SIZE = 16, (19, 7)
# Where on an edge its value may stand, from one end to the other: the middle first.
VALUE_PLACES = sorted(np.linspace(0.26, 0.74, 17).tolist(), key=lambda t: abs(t - 0.5))

STYLE = """
.sklearn-mlp-trace { max-width: 56em; font: 14px/1.45 system-ui, sans-serif; }
.sklearn-mlp-trace svg { display: block; width: 100%; max-width: 42em; height: auto; }
.sklearn-mlp-trace .drawing svg { min-width: var(--least); }
.sklearn-mlp-trace .drawing { overflow-x: auto; }
.sklearn-mlp-trace text { fill: currentColor; font: 13px system-ui, sans-serif; }
.sklearn-mlp-trace text.small { font-size: 11px; }
.sklearn-mlp-trace .outline { fill: none; stroke: currentColor; stroke-width: 1.2;
  pointer-events: all; }
.sklearn-mlp-trace .hit { fill: none; stroke: transparent; stroke-width: 13; }
.sklearn-mlp-trace .scroll { max-height: 24em; overflow: auto; }
.sklearn-mlp-trace table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.sklearn-mlp-trace :is(th, td) { padding: 0.1em 0.7em; text-align: right; white-space: nowrap; }
.sklearn-mlp-trace :is(th, td).name { text-align: left; }
.sklearn-mlp-trace td.name { max-width: 8.5em; overflow: hidden; text-overflow: ellipsis; }
.sklearn-mlp-trace thead { border-bottom: 1px solid currentColor; }
.sklearn-mlp-trace small { font-size: 0.85em; }
.sklearn-mlp-trace th small { display: block; font-weight: normal; opacity: 0.8; }
.sklearn-mlp-trace summary { cursor: pointer; margin: 0.4em 0; }
.sklearn-mlp-trace p { margin: 0.3em 0; }
/* For fingers: numbers of 12 px, for the drawing is at least 0.86 times its own size. */
@media (pointer: coarse) {
  .sklearn-mlp-trace .drawing svg { min-width: max(var(--least), 0.86 * var(--width)); }
  .sklearn-mlp-trace .drawing :is(text.small, text.value) { font-size: 14px; }
}
"""


def render(trace):
    """The trace as a piece of HTML."""
    sentences = "".join(f"<p>{escape(line)}</p>" for line in describe(trace))
    values = "; ".join(
        f"{standard}{f' <b>{article}</b>' if article else ''} = {escape(value)} "
        f"<small>({escape(formula)})</small>"
        for standard, article, value, formula in equations(trace)
    )
    tables = "".join(
        f"<details><summary>{title}</summary><div class='scroll'>{_table(heads, columns)}</div>"
        "</details>"
        for title, heads, columns in (
            ("Nodes: signals and error signals", NODE_COLUMNS, node_columns(trace)),
            ("Weights: before, gradient, after", WEIGHT_COLUMNS, weight_columns(trace)),
        )
    )
    return (
        f"<div class='sklearn-mlp-trace'><style>{STYLE}</style>{sentences}"
        f"<div class='drawing'>{svg(trace)}</div>"
        f"<p>{values}</p>{tables}</div>"
    )


def _table(heads, columns):
    kinds = [" class='name'" if columns[key].dtype == object else "" for key, _, _ in heads]
    head = "".join(
        f"<th{kind}>{escape(article)}<small>{escape(standard)}</small></th>"
        for kind, (_, standard, article) in zip(kinds, heads, strict=True)
    )
    n_rows = len(columns["layer"])
    rows = cells(heads, columns, slice(0, MOST_ROWS))
    lines = [
        "".join(
            f"<td{kind} title='{escape(text, quote=True)}'>{escape(text)}</td>"
            if kind
            else f"<td>{escape(text)}</td>"
            for kind, text in zip(kinds, row, strict=True)
        )
        for row in rows
    ]
    if n_rows > MOST_ROWS:
        more = f"{n_rows - MOST_ROWS} more: see to_pandas()"
        lines.append(f"<td class='name' colspan='{len(heads)}'>{more}</td>")
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def svg(trace, *, edge_values=False):
    """The network: inputs at the left, the output at the right; nodes and weights have tooltips.

    What the scripts change has classes and numbers: "edge", "node" and "value", numbered in the
    order of `Drawing.edges` and `Drawing.nodes`. Over each edge there is a wide line that cannot be
    seen, "hit", so that it is easy to point at.

    Parameters
    ----------
    trace : BackpropTrace
    edge_values : bool, default=False
        Whether weights are written on their edges, where there is room.
    """
    drawing = drawing_of(trace)
    values = list(drawing.values()) if edge_values else []
    mask, mask_name = _mask(drawing, values)
    edges = "".join(_edges(trace, drawing))
    parts = [mask, f"<g mask='url(#{mask_name})'>{edges}</g>", *_nodes(trace, drawing)]
    parts += _edge_values(trace, drawing, values)
    for x, title in zip(drawing.xs, titles_of(trace.layer_names), strict=True):
        parts.append(_text(x, 14, title, "title"))
    parts.append("<g class='key'>")
    x = 8
    for colour, words in ((BLUE, "positive"), (ORANGE, "negative; wider is larger")):
        parts.append(
            f"<rect x='{x}' y='{drawing.height - 13}' width='18' height='4' fill='{colour}'/>"
        )
        parts.append(_text(x + 24, drawing.height - 7, words, "small", "start"))
        x += 96
    parts.append("</g>")
    label = escape(describe(trace)[0], quote=True)
    return (
        f"<svg viewBox='0 0 {drawing.width:.0f} {drawing.height}' role='img' aria-label='{label}' "
        f"style='--width:{drawing.width:.0f}px;--least:{drawing.min_width:.0f}px' "
        f"xmlns='http://www.w3.org/2000/svg'>"
        f"{''.join(parts)}</svg>"
    )


def titles_of(layer_names):
    """What stands above each layer."""
    several = len(layer_names) > 3
    hidden = [f"hidden {name}" if several else "hidden" for name in layer_names[1:-1]]
    return ["inputs", *hidden, "output"]


def drawing_of(trace):
    """The `Drawing` of the network of a trace."""
    return Drawing(trace.before.coefs, trace.feature_names, has_bias=trace.has_bias)


class Drawing:
    """Places of nodes and edges, in pixels.

    Parameters
    ----------
    coefs : list of arrays
        Only their shapes count.
    feature_names : list of str
    has_bias : bool

    Attributes
    ----------
    layers : list of sklearn_mlp._inspection.diagram.DrawnLayer
    xs : array of shape (n_layers,)
    width, height, min_width : float
    names : list of list of str
        Lines of the name of each input that is drawn.
    """

    def __init__(self, coefs, feature_names, *, has_bias):
        self.layers = draw_layers(coefs, MOST_NODES, has_bias=has_bias)
        self.names = [_lines_of(feature_names[node]) for node in self.layers[0].nodes]
        longest = max(len(line) for lines in [*self.names, ["bias"]] for line in lines)
        left, right = RADIUS + 12 + max(6.6 * longest, 30.0), RADIUS + 24
        gap = 165.0
        self.width = left + gap * (len(self.layers) - 1) + right
        self.min_width = 0.0 if len(self.layers) <= 3 else 0.75 * self.width
        self.xs = left + gap * np.arange(len(self.layers))
        self.n_places = max(
            len(drawn.nodes) + (drawn.gap is not None) + (drawn.bias is not None)
            for drawn in self.layers
        )
        self.height = self.n_places * LINE + 44

    def y(self, place):
        return 26 + (self.n_places / 2 - place) * LINE

    def nodes(self):
        """Layer, number and place (x, y) of each node that is drawn, layer by layer."""
        for layer, drawn in enumerate(self.layers):
            for node, place in zip(drawn.nodes.tolist(), drawn.heights.tolist(), strict=True):
                yield layer, node, (self.xs[layer], self.y(place))

    def biases(self):
        """Place of each bias node."""
        for x, drawn in zip(self.xs, self.layers, strict=True):
            if drawn.bias is not None:
                yield x, self.y(drawn.bias)

    def values(self):
        """Number of an edge and part of its length, for each value that has room on its edge.

        It must overlap no node and no other value.
        """
        half_width, half_height = VALUE_SIZE
        taken = [(x, y, RADIUS, RADIUS) for _, _, (x, y) in self.nodes()]
        taken += [(x, y, BIAS_SIDE, BIAS_SIDE) for x, y in self.biases()]
        edges = list(self.edges())
        n_edges = Counter(layer for layer, *_ in edges)
        for number_of_edge, (layer, _, _, ends) in enumerate(edges):
            if n_edges[layer] > MOST_VALUES:
                continue
            for part in VALUE_PLACES:
                x, y = place_on(ends, part)
                if all(
                    abs(x - u) >= half_width + w or abs(y - v) >= half_height + h
                    for u, v, w, h in taken
                ):
                    taken.append((x, y, half_width, half_height))
                    yield number_of_edge, part
                    break

    def edges(self):
        """Layer, row and column of the weight, and both ends, of each edge that is drawn.

        The row of a bias node's weights is the last one.
        """
        for layer, (source, target) in enumerate(pairwise(self.layers)):
            starts = list(zip(source.nodes.tolist(), source.heights.tolist(), strict=True))
            if source.bias is not None:
                starts.append((-1, source.bias))
            for i, start in starts:
                for j, end in zip(target.nodes.tolist(), target.heights.tolist(), strict=True):
                    ends = (self.xs[layer], self.y(start)), (self.xs[layer + 1], self.y(end))
                    yield layer, i, j, ends


def place_on(ends, part):
    """The place (x, y) at a part of the way from one end to the other."""
    (x0, y0), (x1, y1) = ends
    return x0 + part * (x1 - x0), y0 + part * (y1 - y0)


def _lines_of(name):
    """A name in at most two short lines."""
    lines = textwrap.wrap(str(name), MOST_LETTERS) or [""]
    if len(lines) > 2:
        lines = [lines[0], lines[1][: MOST_LETTERS - 1] + "\u2026"]
    return lines


def _with_biases(weights, layer):
    return np.vstack([weights.coefs[layer], weights.intercepts[layer]])


def _edges(trace, drawing):
    before, gradients, after = (
        [_with_biases(weights, layer) for layer in range(len(trace.S_postA))]
        for weights in (trace.before, trace.gradients, trace.after)
    )
    drawn = list(drawing.edges())
    # Relative to the largest of the layer. Weights that are not numbers are drawn thin.
    largest = np.zeros(len(before))
    for layer, i, j, _ in drawn:
        largest[layer] = max(largest[layer], np.nan_to_num(abs(before[layer][i, j]), posinf=0.0))
    for number_of_edge, (layer, i, j, ((x0, y0), (x1, y1))) in enumerate(drawn):
        weight = before[layer][i, j]
        size = min(np.nan_to_num(abs(weight)) / (largest[layer] or 1.0), 1.0)
        source = "bias" if i == -1 else trace.node_names[layer][i]
        tip = (
            f"{source} to {trace.node_names[layer + 1][j]}: weight {number(weight)}, "
            f"gradient {number(gradients[layer][i, j])}, after {number(after[layer][i, j])}"
        )
        # From centre to centre: the mask cuts it off under the nodes.
        yield (
            f"<line class='edge' data-edge='{number_of_edge}' x1='{x0:.1f}' y1='{y0:.1f}' "
            f"x2='{x1:.1f}' y2='{y1:.1f}' stroke='{ORANGE if weight < 0 else BLUE}' "
            f"stroke-width='{0.5 + 3.5 * size:.2f}' stroke-opacity='{0.45 + 0.55 * size:.2f}'/>"
            f"<path class='hit' data-edge='{number_of_edge}' d='M{x0:.1f},{y0:.1f}L{x1:.1f},"
            f"{y1:.1f}'><title>{escape(tip)}</title></path>"
        )


def _mask(drawing, values):
    """What cuts the edges off under nodes and values, on any background, and its name."""
    holes = [
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='{RADIUS}'/>" for _, _, (x, y) in drawing.nodes()
    ]
    holes += [_box(*place, BIAS_SIDE, BIAS_SIDE, "under-bias") for place in drawing.biases()]
    edges = list(drawing.edges())
    holes += [_box(*place_on(edges[n][-1], part), *VALUE_SIZE, "under-value") for n, part in values]
    size = f"width='{drawing.width:.0f}' height='{drawing.height}'"
    holes = f"<rect {size} fill='white'/><g fill='black'>{''.join(holes)}</g>"
    # The same name for the same content: a page may have many drawings.
    name = f"sklearn-mlp-{zlib.crc32(holes.encode()):08x}"
    return f"<mask id='{name}' maskUnits='userSpaceOnUse' x='0' y='0' {size}>{holes}</mask>", name


def _box(x, y, half_width, half_height, kind):
    return (
        f"<rect class='{kind}' x='{x - half_width:.1f}' y='{y - half_height:.1f}' "
        f"width='{2 * half_width}' height='{2 * half_height}'/>"
    )


def _edge_values(trace, drawing, values):
    """Each weight on its edge, at the places `values`."""
    edges = list(drawing.edges())
    for number_of_edge, part in values:
        layer, i, j, ends = edges[number_of_edge]
        x, y = place_on(ends, part)
        weight = _with_biases(trace.before, layer)[i, j]
        kind = f"value' data-edge='{number_of_edge}"
        yield _text(x, y + 4, short_number(weight), kind)


def _nodes(trace, drawing):
    """Nodes layer by layer, in the order in which the tab key visits them."""
    places = list(drawing.nodes())
    number_of_node = 0
    for layer, drawn in enumerate(drawing.layers):
        for row, node in enumerate(drawn.nodes.tolist()):
            _, _, (x, y) = places[number_of_node]
            yield _node(trace, layer, node, number_of_node, x, y)
            number_of_node += 1
            if layer == 0:
                lines = drawing.names[row]
                for line, words in enumerate(lines):
                    at = y + 4 + 13 * (line - (len(lines) - 1) / 2)
                    yield _text(x - RADIUS - 6, at, words, "small name-of-input", "end")
            elif layer == len(trace.S_postA):
                # Above and below it, where there is no other node.
                yield _text(x, y - RADIUS - 7, f"T = {trace.T}", "small target")
                yield _text(x, y + RADIUS + 15, f"FE = {short_number(trace.FE)}", "small error")
        x = drawing.xs[layer]
        if drawn.gap is not None:
            n_more = len(trace.node_names[layer]) - len(drawn.nodes)
            yield _text(x, drawing.y(drawn.gap) + 4, f"\u22ee {n_more} more", "small")
        if drawn.bias is not None:
            y = drawing.y(drawn.bias)
            box = _box(x, y, BIAS_SIDE, BIAS_SIDE, "outline")
            one = _text(x, y + 4, "1", "small")
            word = _text(x - RADIUS - 2, y + 4, "bias", "small", "end")
            yield f"<g class='bias'><title>bias node: constant 1</title>{box}{one}{word}</g>"


def _node(trace, layer, node, number_of_node, x, y):
    signal, name = trace.signals[layer][node], trace.node_names[layer][node]
    tip = f"{name}: input {number(signal)}"
    if layer > 0:
        tip = (
            f"{name}: preactivation S_preA {number(trace.S_preA[layer - 1][node])}, "
            f"postactivation S_postA {number(signal)}, derivative f'(S_preA) "
            f"{number(trace.f_prime[layer - 1][node])}, error signal "
            f"{number(trace.error_signals[layer - 1][node])}"
        )
    return (
        f"<g class='node' data-node='{number_of_node}'><title>{escape(tip)}</title>"
        f"<circle class='outline' cx='{x:.1f}' cy='{y:.1f}' r='{RADIUS}'/>"
        f"{_text(x, y + 4, short_number(signal), 'small')}</g>"
    )


def _text(x, y, words, kind="", anchor="middle"):
    kind = f" class='{kind}'" if kind else ""
    return f"<text{kind} x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'>{escape(words)}</text>"
