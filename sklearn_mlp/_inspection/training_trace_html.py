"""A `TrainingTrace` as a page to step through: one SVG, a little script, nothing to load.

The drawing is that of the first update; `training_trace.js` and the scripts that it imports change
its texts and colours. Without scripts, as in a notebook that is not trusted, the drawing and the
printed table are shown. The site's playground (docs/playground) is made of the same parts.
"""

import json
import re
from html import escape
from importlib.resources import files
from itertools import pairwise

import numpy as np

from .._reference import LOGISTIC, forward, sample_loss
from .._training.losses import loss_named
from . import trace_html, training_trace_text
from .trace_html import drawing_of, svg

# In this order, each after those that it imports.
SCRIPTS = ("figures.js", "forward.js", "words.js", "step_through.js")

# With more numbers than this for the decision surface, it is left out: the page would be too large.
MOST_NUMBERS = 40_000
# Of a sample's numbers; the page shows six decimals.
DIGITS = 10

STYLE = (
    trace_html.STYLE
    + """
.sklearn-mlp-training .controls { display: flex; flex-wrap: wrap; gap: 0.4em 0.8em;
  align-items: center; margin: 0.5em 0; }
.sklearn-mlp-training .controls input[type=range] { flex: 1 1 12em; min-width: 8em; }
.sklearn-mlp-training :is(button, select) { font: inherit; color: inherit; cursor: pointer;
  background: transparent; border: 1px solid currentColor; border-radius: 0.3em;
  padding: 0.1em 0.6em; }
.sklearn-mlp-training select option { color: #222; background: #fff; }
.sklearn-mlp-training button[aria-pressed=true] { font-weight: bold; border-width: 2px; }
.sklearn-mlp-training :is(button, select, input, .node):focus-visible { outline: 2px solid #2f81e0;
  outline-offset: 2px; }
.sklearn-mlp-training .place { font-weight: bold; }
.sklearn-mlp-training .panes { display: flex; flex-wrap: wrap; gap: 0.5em 1.5em; }
.sklearn-mlp-training .main { flex: 3 1 26em; min-width: 0; max-width: 42em; }
.sklearn-mlp-training .side { flex: 1 1 13em; display: flex; flex-wrap: wrap; gap: 1em;
  align-content: flex-start; }
.sklearn-mlp-training .side figure { margin: 0; flex: 1 1 9.5em; max-width: 15em; }
.sklearn-mlp-training .side :is(canvas, svg) { display: block; width: 100%;
  border: 1px solid currentColor; box-sizing: border-box; }
.sklearn-mlp-training .map { image-rendering: pixelated; }
.sklearn-mlp-training figcaption { font-size: 0.85em; font-weight: normal; text-align: left;
  color: inherit; margin: 0; }
.sklearn-mlp-training .shown { font-size: 0.9em; }
.sklearn-mlp-training .words { min-height: 14em; border-left: 3px solid #2f81e0;
  padding-left: 0.8em; margin: 0.6em 0; }
.sklearn-mlp-training .words p { margin: 0.2em 0; overflow-wrap: anywhere; }
.sklearn-mlp-training text.value { font-size: 10.5px; pointer-events: all; }
.sklearn-mlp-training text.chosen { font-weight: bold; }
.sklearn-mlp-training .play { min-width: 4.6em; }
.sklearn-mlp-training .chosen :is(circle, rect) { stroke-width: 3; }
.sklearn-mlp-training line.chosen { stroke-opacity: 1; stroke-width: 6px; }
.sklearn-mlp-training line.edge { stroke-linecap: round; }
.sklearn-mlp-training dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1em;
  margin: 0.3em 0; }
.sklearn-mlp-training dd { margin: 0; }
.sklearn-mlp-training dt { font-weight: bold; }
.sklearn-mlp-training pre { overflow-x: auto; font-size: 0.85em; }
@media (pointer: coarse) {
  .sklearn-mlp-training :is(button, select, input) { min-height: 44px; min-width: 44px; }
  .sklearn-mlp-training summary { padding: 0.7em 0; margin: 0; }
}
@media (prefers-reduced-motion: no-preference) {
  .sklearn-mlp-training .flows line.edge { stroke-dasharray: 7 5;
    animation: sklearn-mlp-flow 0.9s linear infinite; }
  .sklearn-mlp-training .flows.backward line.edge { animation-direction: reverse; }
  @keyframes sklearn-mlp-flow { from { stroke-dashoffset: 12; } to { stroke-dashoffset: 0; } }
}
"""
)


def render(trace, *, terms="article"):
    """The page as a piece of HTML."""
    if terms not in ("article", "standard"):
        raise ValueError(f"terms must be 'article' or 'standard', got {terms!r}.")
    if not len(trace):
        return "<p>No updates</p>"
    table = escape(repr(trace))
    return (
        f"<div class='sklearn-mlp-trace sklearn-mlp-training'><style>{STYLE}</style>"
        f"<p>{escape(training_trace_text.describe(trace))}</p>"
        f"{panes(svg(trace[0], edge_values=True))}{tables()}"
        f"<details><summary>All updates as a table</summary><pre>{table}</pre></details>"
        f"{as_json(_data(trace, terms))}"
        f"{as_script([files(__package__).joinpath(n) for n in (*SCRIPTS, 'training_trace.js')])}"
        "</div>"
    )


def panes(drawing):
    """The drawing, and the elements beside it that `step_through.js` fills."""
    return (
        f"<div class='panes'><div class='main'><div class='drawing'>{drawing}</div>"
        "<div class='controls'></div><p class='shown'></p>"
        "<div class='words' aria-live='polite'></div></div><div class='side'></div></div>"
    )


def tables():
    """The elements below the drawing that `step_through.js` fills."""
    return (
        "<details class='legend'><summary>What the names mean</summary></details>"
        "<details class='nodes'><summary>Nodes: sums, outputs, slopes, error signals</summary>"
        "<div class='scroll'></div></details>"
        "<details class='weights'><summary>Weights: before, gradient, after</summary>"
        "<div class='scroll'></div></details>"
    )


def as_json(data):
    """An element with data for a script; numbers that JSON does not have are null."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=True)
    text = text.replace("<", "\\u003c")  # a class label may not end the element
    text = text.replace("NaN", "null").replace("-Infinity", "null").replace("Infinity", "null")
    return f"<script type='application/json'>{text}</script>"


def as_script(paths):
    """Modules of JavaScript as one script, which needs no file: without their imports and exports.

    Its names are its own: a notebook has a script for each trace.
    """
    modules = [path.read_text(encoding="utf-8") for path in paths]
    lines = re.sub(r"^import [^;]*;\n|^export ", "", "".join(modules), flags=re.MULTILINE)
    return f"<script>(() => {{\n{lines}}})();</script>"


def _data(trace, terms):
    """What `training_trace.js` reads: the drawn network, and the numbers of each update."""
    first = trace[0]
    if first.activations != LOGISTIC:
        raise ValueError(f"The page has no activations {first.activations}, only {LOGISTIC}.")
    drawing = drawing_of(first)
    nodes = [(layer, node) for layer, node, _ in drawing.nodes()]
    edges = [(layer, i, j) for layer, i, j, _ in drawing.edges()]
    number_of = {place: number for number, place in enumerate(nodes)}
    surface = _surface(trace)
    places = zip(trace, trace.numbers, trace.epochs, trace.rows, trace.mean_losses, strict=True)
    updates = [
        {
            "number": int(number),
            "epoch": int(epoch),
            "row": int(row),
            "mean": float(mean),
            **_numbers(update, nodes, edges),
            **({"all": _rounded(_flat(update.before))} if surface else {}),
        }
        for update, number, epoch, row, mean in places
    ]
    return {
        "terms": terms,
        "loss": words_of(first.loss_name),
        "of": str(first.class_of_interest),
        "has_bias": first.has_bias,
        "layers": first.layer_names,
        "is_small": all(drawn.gap is None for drawn in drawing.layers),
        "nodes": [[layer, first.node_names[layer][node]] for layer, node in nodes],
        # The numbers of both nodes; a bias node has none.
        "edges": [
            [number_of.get((layer, i), -1), number_of[layer + 1, j]] for layer, i, j in edges
        ],
        "surface": surface,
        "updates": updates,
    }


def words_of(loss_name):
    """What the scripts say about a loss."""
    loss = loss_named(loss_name)
    return {
        "meaning": loss.meaning,
        "error_signal": loss.error_signal,
        "error_signal_meaning": loss.error_signal_meaning,
    }


def _surface(trace):
    """The decision surface that the page draws, or None."""
    sizes = [len(signal) for signal in trace[0].signals]
    n_weights = sum((a + 1) * b for a, b in pairwise(sizes))
    if trace.points is None or n_weights * len(trace) > MOST_NUMBERS:
        return None
    return {
        "points": _rounded(trace.points),
        "targets": trace.point_targets.tolist(),
        "sizes": sizes,
        "last": _rounded(_flat(trace[-1].after)),
    }


def _numbers(update, nodes, edges):
    """The numbers of an update: those of the output, of each node and of each edge."""
    layers = [(layer - 1, node) for layer, node in nodes if layer]
    S_preA_after, S_postA_after = forward(update.x, *update.after)
    loss_after = sample_loss(S_preA_after[-1][0], update.T, loss=update.loss_name)
    return {
        "label": " ".join(str(update.y).split()),
        "T": update.T,
        "LR": update.LR,
        "step": update.step,
        "shrink": max(0.0, 1.0 - update.LR * update.step * update.decay),
        "loss": update.loss,
        "loss_after": float(loss_after),
        "S_postA_after": float(S_postA_after[-1][0]),
        "FE": update.FE,
        "S_ERROR": update.S_ERROR,
        "S_preA": _rounded([update.S_preA[layer][node] for layer, node in layers]),
        "S_postA": _rounded([update.signals[layer][node] for layer, node in nodes]),
        "error": _rounded([update.error_signals[layer][node] for layer, node in layers]),
        "weights": _rounded(_of_edges(update.before, edges)),
        "after": _rounded(_of_edges(update.after, edges)),
    }


def _of_edges(weights, edges):
    return [
        (weights.intercepts[layer] if i == -1 else weights.coefs[layer][i])[j]
        for layer, i, j in edges
    ]


def _flat(weights):
    """All weights, layer by layer, those of the bias node last."""
    pairs = zip(weights.coefs, weights.intercepts, strict=True)
    return np.concatenate([np.concatenate([c.ravel(), b]) for c, b in pairs])


def _rounded(values):
    """As nested lists of floats with `DIGITS` significant digits."""
    if np.ndim(values) > 1:
        return [_rounded(row) for row in values]
    return [float(f"{value:.{DIGITS}g}") for value in values]
