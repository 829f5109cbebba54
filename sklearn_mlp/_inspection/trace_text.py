"""A `BackpropTrace` in words and rows, for the printed table, for HTML and for pandas."""

import numpy as np

from .._training.losses import loss_named

# Column of the rows, the standard term, the article's.
NODE_COLUMNS = [
    ("layer", "", "layer"),
    ("node", "", "node"),
    ("S_preA", "preactivation", "S_preA"),
    ("S_postA", "postactivation", "S_postA"),
    ("f_prime", "derivative", "f'(S_preA)"),
    ("error_signal", "delta", "error signal"),
]
WEIGHT_COLUMNS = [
    ("layer", "", "weight"),
    ("from", "", "from"),
    ("to", "", "to"),
    ("signal", "input", "S_postA"),
    ("error_signal", "delta", "error signal"),
    ("gradient", "gradient", "gradient"),
    ("before", "weight", "before"),
    ("after", "weight", "after"),
]


def number(value):
    """Six decimals, or an exponent where they would say too little."""
    value += 0.0  # no minus before zero
    return f"{value:.6f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.4e}"


def short_number(value):
    """At most six letters, for a node of a drawing: ``-0.014``, ``12.3``, ``3e-5``."""
    size = abs(value)
    if size == 0 or not np.isfinite(size):
        return f"{size:g}" if size == 0 else f"{value:g}"
    if not 5e-4 <= size < 999.5:
        digits, exponent = f"{value:.0e}".split("e")
        return f"{digits}e{int(exponent)}"
    decimals = 3 if size < 0.1 else 2 if size < 10 else 1 if size < 100 else 0
    return f"{value:.{decimals}f}"


def node_columns(trace):
    """What `NODE_COLUMNS` names, of each node, the inputs first: arrays of the same length."""
    nothing = np.full(len(trace.x), np.nan)
    names = trace.node_names
    return {
        "layer": np.repeat(trace.layer_names, list(map(len, names))).astype(object),
        "node": np.array([name for layer in names for name in layer], dtype=object),
        "S_preA": np.concatenate([nothing, *trace.S_preA]),
        "S_postA": np.concatenate(trace.signals),
        "f_prime": np.concatenate([nothing, *trace.f_prime]),
        "error_signal": np.concatenate([nothing, *trace.error_signals]),
    }


def weight_columns(trace):
    """What `WEIGHT_COLUMNS` names, of each weight, layer by layer: arrays of the same length."""
    layers = [_weights_of_layer(trace, layer) for layer in range(len(trace.S_postA))]
    return {key: np.concatenate([columns[key] for columns in layers]) for key in layers[0]}


def _weights_of_layer(trace, layer):
    sources, inputs = trace.node_names[layer], trace.signals[layer]
    targets, weights = trace.node_names[layer + 1], (trace.before, trace.gradients, trace.after)
    matrices = [w.coefs[layer] for w in weights]
    if trace.has_bias:
        sources, inputs = [*sources, "bias"], np.append(inputs, 1.0)
        biases = [w.intercepts[layer] for w in weights]
        matrices = [np.vstack(pair) for pair in zip(matrices, biases, strict=True)]
    before, gradient, after = map(np.ravel, matrices)
    name = f"{trace.layer_names[layer]}to{trace.layer_names[layer + 1]}"
    return {
        "layer": np.full(len(before), name, dtype=object),
        "from": np.repeat(np.array(sources, dtype=object), len(targets)),
        "to": np.tile(np.array(targets, dtype=object), len(sources)),
        "signal": np.repeat(inputs, len(targets)),
        "error_signal": np.tile(trace.error_signals[layer], len(sources)),
        "gradient": gradient,
        "before": before,
        "after": after,
    }


def equations(trace):
    """Of the output node: standard term, article's term, value and formula."""
    loss = loss_named(trace.loss_name)
    return [
        ("target", "T", str(trace.T), f"1 for class {trace.class_of_interest}, else 0"),
        ("final error", "FE", number(trace.FE), "S_postA,O - T"),
        ("delta", "S_ERROR", number(trace.S_ERROR), loss.error_signal),
        ("loss", "", number(trace.loss), loss.formula),
    ]


def network_in_words(trace):
    """Sizes of the layers, the network's class, and whether there are bias nodes."""
    sizes = "-".join(str(len(signal)) for signal in trace.signals)
    network = f"the {sizes} network of {trace.network}" if trace.network else f"a {sizes} network"
    return f"{network}, {'with' if trace.has_bias else 'no'} bias nodes"


def loss_in_words(trace):
    return loss_named(trace.loss_name).words


def describe(trace):
    """What was updated and how, in sentences of one line each."""
    sample = f"labels {trace.y}" if trace.network.startswith("label") else f"class {trace.y}"
    lines = [
        f"One update of {network_in_words(trace)}: a sample of {sample}, {loss_in_words(trace)}",
        f"learning rate LR = {trace.LR:g}; weight -= LR * gradient",
    ]
    if trace.step != 1.0:
        lines[1] = (
            f"learning rate LR = {trace.LR:g}, step = {trace.step:g} from the class weight; "
            "weight -= LR * step * gradient"
        )
    if trace.n_visits != 1:
        lines.append(f"with this class weight, partial_fit does this {trace.n_visits} times")
    shrink = trace.LR * trace.step * trace.decay
    if shrink:
        lines.append(
            "regularization: each weight (except those of bias nodes) also shrinks by the factor "
            + (f"1 - {shrink:g}" if shrink < 1.0 else "0")
        )
    return lines


def render(trace):
    """The trace as a table of text."""
    lines = describe(trace)
    lines += ["", *table(NODE_COLUMNS, node_columns(trace), 24), ""]
    for standard, article, value, formula in equations(trace):
        lines.append(f"{standard:12s}  {article:7s} = {value:>9s}  {formula}")
    lines += ["", *table(WEIGHT_COLUMNS, weight_columns(trace), 40)]
    return "\n".join(line.rstrip() for line in lines)


def cells(heads, columns, rows):
    """Texts of some rows in the order of `heads`: names on one line, and numbers."""
    chosen = zip(*(columns[key][rows].tolist() for key, _, _ in heads), strict=True)
    return [
        [
            " ".join(str(value).split())
            if not isinstance(value, float)
            # An input has no preactivation.
            else ("" if row[0] == "I" and value != value else number(value))
            for value in row
        ]
        for row in chosen
    ]


def table(heads, columns, most):
    """Lines of a table with two lines of heads; of many rows the first and the last."""
    n_rows = len(next(iter(columns.values())))
    rows = np.arange(n_rows)
    if n_rows > most:
        rows = np.delete(rows, slice(most // 2, n_rows - most // 2))
    lines = [[standard for _, standard, _ in heads], [article for _, _, article in heads]]
    lines += cells(heads, columns, rows)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    is_name = [columns[key].dtype == object for key, _, _ in heads]
    lines = [
        "  ".join(
            cell.ljust(width) if name else cell.rjust(width)
            for cell, width, name in zip(line, widths, is_name, strict=True)
        )
        for line in lines
    ]
    if n_rows > most:
        lines.insert(2 + most // 2, f"... {n_rows - most} more")
    return lines
