"""Make the playground: one file of HTML that loads nothing and trains networks in the browser.

The drawing, the words and the tables are those of `trace_training`'s page; the parts of one drawing
by Python, and the places of the nodes of every network, are in the page.
"""

import re
from html import escape
from itertools import pairwise
from pathlib import Path

import numpy as np

from sklearn_mlp import MLPLogisticClassifier, trace_training
from sklearn_mlp._inspection import trace_html
from sklearn_mlp._inspection.diagram import layer_names
from sklearn_mlp._inspection.training_trace_html import (
    SCRIPTS,
    STYLE,
    as_json,
    as_script,
    panes,
    tables,
    words_of,
)
from sklearn_mlp._training.losses import LOSSES

from .data_sets import DATA_SETS, NOISES, program, samples

HERE = Path(__file__).resolve().parent
MOST_NODES = 8
# In this order, each after those that it imports.
OWN_SCRIPTS = (
    "equations.js",
    "random.js",
    "network.js",
    "settings.js",
    "training.js",
    "layout.js",
    "as_python.js",
    "playground.js",
)
LETTERS = "abcdefghijklmnopq"  # a place on an edge: its number in VALUE_PLACES
TEMPLATE_SIZES = (2, 1, 1, 1)  # has a node of every kind

# A title, the state that the address has, what to look at, and the example that explains it.
LESSONS = (
    (
        "Every number of an update",
        "data=octant&hidden=4&rate=1&bias=0&range=1&seed=2",
        "Press 1 Forward, 2 Backward and 3 Change, and check the numbers by hand.",
        "plot_see_it_learn",
    ),
    (
        "XOR: two nodes learn it",
        "data=xor&hidden=2&rate=2&seed=4&speed=epoch&update=2000",
        "Each hidden node separates one corner. Press Reset and Play to see how it learns.",
        "plot_why_xor_fails",
    ),
    (
        "XOR: with another seed they fail",
        "data=xor&hidden=2&rate=2&seed=11&speed=epoch&update=2000",
        "Open the table of all samples: which two rows have nearly the same numbers in both nodes?",
        "plot_why_xor_fails",
    ),
    (
        "A learning rate that is too large",
        "data=xor&hidden=2&rate=1000&seed=4&speed=epoch&update=41&phase=1",
        "FE is -1, but S_ERROR is nearly 0, because the output node is saturated.",
        "plot_learning_rate",
    ),
    (
        "What eight nodes have learned",
        "data=moons&noise=1&hidden=8&rate=2&seed=1&update=20000",
        "Each small map is one hidden node: it is above 0.5 on one side of a line.",
        "plot_exercises",
    ),
    (
        "Two spirals, two layers",
        "data=spirals&hidden=8&second=8&rate=0.3&loss=log_loss&seed=0&speed=epoch",
        "Press Play: the nodes of the second layer combine the lines of the first.",
        "plot_exercises",
    ),
)


def all_sizes():
    """Layer sizes, inputs and output included, of every network that can be chosen."""
    for n_inputs in (2, 3):
        for hidden in range(1, MOST_NODES + 1):
            yield n_inputs, hidden, 1
            for second in range(1, MOST_NODES + 1):
                yield n_inputs, hidden, second, 1


def layout(sizes, *, has_bias):
    """The places of a `Drawing`: those of nodes by columns, and a letter for each edge's value."""
    coefs = [np.zeros(shape) for shape in pairwise(sizes)]
    names = [f"x{number}" for number in range(sizes[0])]
    drawing = trace_html.Drawing(coefs, names, has_bias=has_bias)
    columns = [[] for _ in sizes]
    for layer, _, (_, y) in drawing.nodes():
        columns[layer].append(y)
    values = ["."] * len(list(drawing.edges()))
    for number_of_edge, part in drawing.values():
        values[number_of_edge] = LETTERS[trace_html.VALUE_PLACES.index(part)]
    return {
        "width": round(drawing.width),
        "height": drawing.height,
        "least": round(drawing.min_width),
        "xs": drawing.xs.tolist(),
        "ys": columns,
        "biases": [y for _, y in drawing.biases()],
        "values": "".join(values).rstrip("."),
    }


def layouts():
    """The layout of every network, by its sizes and whether it has bias nodes."""
    return {
        f"{'-'.join(map(str, sizes))}{'+' if has_bias else ''}": layout(sizes, has_bias=has_bias)
        for sizes in all_sizes()
        for has_bias in (False, True)
    }


def template():
    """One drawing by Python, from whose parts the page draws every network."""
    X, y = [[0.0, 0.0], [1.0, 1.0]], [0, 1]
    model = MLPLogisticClassifier(TEMPLATE_SIZES[1:-1], random_state=0)
    return trace_html.svg(trace_training(model, X, y, updates=1)[0], edge_values=True)


def data_sets():
    """By name: programs and samples for each noise."""
    made = {}
    for name in DATA_SETS:
        variants = []
        for noise in NOISES:
            X, y = samples(name, noise)
            variants.append({"program": program(name, noise), "X": X.tolist(), "y": y.tolist()})
        made[name] = variants
    return made


def scripts():
    """The files of the page's scripts, in their order."""
    shared = Path(trace_html.__file__).parent
    return [*(shared / name for name in SCRIPTS), *(HERE / name for name in OWN_SCRIPTS)]


def page():
    """The text of the page."""
    data = {
        "data_sets": data_sets(),
        "noises": NOISES,
        "layouts": layouts(),
        "template_layout": layout(TEMPLATE_SIZES, has_bias=True),
        "value_places": trace_html.VALUE_PLACES,
        "layers": {n: layer_names(n) for n in (3, 4)},
        "titles": {n: trace_html.titles_of(layer_names(n)) for n in (3, 4)},
        "losses": {name: words_of(name) for name in LOSSES},
    }
    options = "".join(
        f"<option value='{name}'>{escape(words)}</option>"
        for name, (words, *_) in DATA_SETS.items()
    )
    lessons = "".join(
        f"<li><a href='#{escape(state)}'>{escape(title)}</a><p class='note'>{escape(words)} "
        f"<a href='auto_examples/{example}.html'>More</a></p></li>"
        for title, state, words, example in LESSONS
    )
    text = (HERE / "page.html").read_text(encoding="utf-8")
    own_style = (HERE / "playground.css").read_text(encoding="utf-8")
    parts = {
        "style": f"<style>{STYLE}{own_style}</style>",
        "lessons": lessons,
        "panes": panes(""),
        "tables": tables(),
        "data_options": options,
        "last_noise": str(len(NOISES) - 1),
        "most_nodes": str(MOST_NODES),
        "template": template(),
        "data": as_json(data),
        "script": as_script(scripts()),
    }
    return re.sub(r"\{(\w+)\}", lambda name: parts[name[1]], text)


def write(folder):
    """Write the page to a folder, as playground.html."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "playground.html").write_text(page(), encoding="utf-8")
