"""A `BackpropTrace` as HTML: one SVG and two tables, nothing to load, no script.

Text and outlines have the colour of the page's text and nodes are not filled, so that it is
readable on any background, light or dark; blue and orange have a contrast of 3 on both.
"""

from html import escape

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
    weight_columns,
)

BLUE, ORANGE = "#2f81e0", "#cf6a17"
MOST_NODES = 10
MOST_ROWS = 400

_STYLE = """
.sklearn-mlp-trace { max-width: 56em; font: 14px/1.45 system-ui, sans-serif; }
.sklearn-mlp-trace svg { display: block; width: 100%; min-width: 36em; height: auto; }
.sklearn-mlp-trace .drawing { overflow-x: auto; }
.sklearn-mlp-trace text { fill: currentColor; font: 13px system-ui, sans-serif; }
.sklearn-mlp-trace text.small { font-size: 11px; }
.sklearn-mlp-trace .node { fill: none; stroke: currentColor; stroke-width: 1.2; }
.sklearn-mlp-trace .scroll { max-height: 24em; overflow: auto; }
.sklearn-mlp-trace table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.sklearn-mlp-trace :is(th, td) { padding: 0.1em 0.7em; text-align: right; white-space: nowrap; }
.sklearn-mlp-trace :is(th, td).name { text-align: left; }
.sklearn-mlp-trace thead { border-bottom: 1px solid currentColor; }
.sklearn-mlp-trace small { font-size: 0.85em; }
.sklearn-mlp-trace th small { display: block; font-weight: normal; opacity: 0.8; }
.sklearn-mlp-trace summary { cursor: pointer; margin: 0.4em 0; }
.sklearn-mlp-trace p { margin: 0.3em 0; }
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
        f"<div class='sklearn-mlp-trace'><style>{_STYLE}</style>{sentences}"
        f"<div class='drawing'>{_svg(trace)}</div>"
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
        "".join(f"<td{kind}>{escape(text)}</td>" for kind, text in zip(kinds, row, strict=True))
        for row in rows
    ]
    if n_rows > MOST_ROWS:
        more = f"{n_rows - MOST_ROWS} more: see to_pandas()"
        lines.append(f"<td class='name' colspan='{len(heads)}'>{more}</td>")
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _svg(trace):
    """Inputs at the left, the output at the right; every node and weight has a tooltip."""
    layers = draw_layers(trace.before.coefs, MOST_NODES, has_bias=trace.has_bias)
    n_places = max(
        len(drawn.nodes) + (drawn.gap is not None) + (drawn.bias is not None) for drawn in layers
    )
    width, left, right, radius, line = 760, 165, 125, 21, 52
    height = n_places * line + 40
    xs = np.linspace(left, width - right, len(layers))

    def y(place):
        return 26 + (n_places / 2 - place) * line

    parts = []
    for layer in range(len(layers) - 1):
        parts += _edges(trace, layer, layers, xs, y, radius)
    for layer, drawn in enumerate(layers):
        parts += _nodes(trace, layer, drawn, xs[layer], y, radius)
    names = trace.layer_names
    titles = ["inputs", *("hidden " + name for name in names[1:-1]), "output"]
    for x, title in zip(xs, titles, strict=True):
        parts.append(_text(x, 14, title))
    x = 8
    for colour, words in ((BLUE, "positive weight"), (ORANGE, "negative weight; wider is larger")):
        parts.append(f"<rect x='{x}' y='{height - 12}' width='22' height='4' fill='{colour}'/>")
        parts.append(_text(x + 28, height - 6, words, "small", "start"))
        x += 130
    label = escape(describe(trace)[0], quote=True)
    return (
        f"<svg viewBox='0 0 {width} {height}' role='img' aria-label='{label}' "
        f"xmlns='http://www.w3.org/2000/svg'>{''.join(parts)}</svg>"
    )


def _edges(trace, layer, layers, xs, y, radius):
    source, target = layers[layer], layers[layer + 1]
    before, gradients, after = (
        np.vstack([w.coefs[layer], w.intercepts[layer]])
        for w in (trace.before, trace.gradients, trace.after)
    )
    starts = list(zip(source.nodes.tolist(), source.heights.tolist(), strict=True))
    if source.bias is not None:
        starts.append((len(before) - 1, source.bias))
    drawn = np.abs(before[np.ix_([i for i, _ in starts], target.nodes)])
    # Weights that are not numbers are drawn thin.
    largest = np.nan_to_num(drawn, posinf=0.0).max() or 1.0
    names = [*trace.node_names[layer], "bias"]
    edges = []
    for i, start in starts:
        for j, end in zip(target.nodes.tolist(), target.heights.tolist(), strict=True):
            x0, y0, x1, y1 = xs[layer], y(start), xs[layer + 1], y(end)
            length = np.hypot(x1 - x0, y1 - y0)
            dx, dy = radius * (x1 - x0) / length, radius * (y1 - y0) / length
            size = min(np.nan_to_num(abs(before[i, j])) / largest, 1.0)
            tip = (
                f"{names[i]} to {trace.node_names[layer + 1][j]}: weight {number(before[i, j])}, "
                f"gradient {number(gradients[i, j])}, after {number(after[i, j])}"
            )
            edges.append(
                f"<line x1='{x0 + dx:.1f}' y1='{y0 + dy:.1f}' x2='{x1 - dx:.1f}' "
                f"y2='{y1 - dy:.1f}' stroke='{ORANGE if before[i, j] < 0 else BLUE}' "
                f"stroke-width='{0.5 + 3.5 * size:.2f}' stroke-opacity='{0.45 + 0.55 * size:.2f}'>"
                f"<title>{escape(tip)}</title></line>"
            )
    return edges


def _nodes(trace, layer, drawn, x, y, radius):
    parts, names = [], trace.node_names[layer]
    for node, place in zip(drawn.nodes.tolist(), drawn.heights.tolist(), strict=True):
        signal, name = trace.signals[layer][node], names[node]
        tip = f"{name}: input {number(signal)}"
        if layer > 0:
            tip = (
                f"{name}: preactivation S_preA {number(trace.S_preA[layer - 1][node])}, "
                f"postactivation S_postA {number(signal)}, derivative f'(S_preA) "
                f"{number(trace.f_prime[layer - 1][node])}, error signal "
                f"{number(trace.error_signals[layer - 1][node])}"
            )
        parts.append(
            f"<g><title>{escape(tip)}</title>"
            f"<circle class='node' cx='{x:.1f}' cy='{y(place):.1f}' r='{radius}'/>"
            f"{_text(x, y(place) + 4, f'{signal:.3g}', 'small')}</g>"
        )
        if layer == 0:
            short = name if len(name) <= 17 else name[:16] + "\u2026"
            parts.append(_text(x - radius - 6, y(place) + 4, short, anchor="end"))
        elif layer == len(trace.S_postA):
            for number_of_line, words in enumerate((f"T = {trace.T}", f"FE = {trace.FE:.3g}")):
                at = y(place) - 4 + 17 * number_of_line
                parts.append(_text(x + radius + 6, at, words, anchor="start"))
    if drawn.gap is not None:
        n_more = len(names) - len(drawn.nodes)
        parts.append(_text(x, y(drawn.gap) + 4, f"\u22ee {n_more} more", "small"))
    if drawn.bias is not None:
        parts.append(
            f"<g><title>bias node: constant 1</title><rect class='node' x='{x - radius + 4:.1f}' "
            f"y='{y(drawn.bias) - radius + 4:.1f}' width='{2 * radius - 8}' "
            f"height='{2 * radius - 8}'/>{_text(x, y(drawn.bias) + 4, '1', 'small')}</g>"
        )
        if layer == 0:
            parts.append(_text(x - radius - 6, y(drawn.bias) + 4, "bias", anchor="end"))
    return parts


def _text(x, y, words, kind="", anchor="middle"):
    kind = f" class='{kind}'" if kind else ""
    return f"<text{kind} x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'>{escape(words)}</text>"
