"""A `BackpropTrace` in words and rows, for the printed table, for HTML and for pandas."""

import numpy as np

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
    if value is None:
        return ""
    value += 0.0  # no minus before zero
    return f"{value:.6f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.4e}"


def node_rows(trace):
    names = trace.node_names
    rows = [
        {"layer": "I", "node": name, "S_postA": value}
        for name, value in zip(names[0], trace.x.tolist(), strict=True)
    ]
    for layer, arrays in enumerate(
        zip(trace.S_preA, trace.S_postA, trace.f_prime, trace.error_signals, strict=True), 1
    ):
        for name, *values in zip(names[layer], *map(np.ndarray.tolist, arrays), strict=True):
            quantities = zip(("S_preA", "S_postA", "f_prime", "error_signal"), values, strict=True)
            rows.append({"layer": trace.layer_names[layer], "node": name, **dict(quantities)})
    rows[-1].update(T=trace.T, FE=trace.FE)
    return rows


def weight_rows(trace):
    names, layers, signals = trace.node_names, trace.layer_names, trace.signals
    rows = []
    for layer, errors in enumerate(trace.error_signals):
        matrices = [w.coefs[layer] for w in (trace.before, trace.gradients, trace.after)]
        sources, inputs = names[layer], signals[layer]
        if trace.has_bias:
            biases = [w.intercepts[layer] for w in (trace.before, trace.gradients, trace.after)]
            matrices = [np.vstack(pair) for pair in zip(matrices, biases, strict=True)]
            sources, inputs = [*sources, "bias"], np.append(inputs, 1.0)
        before, gradient, after = (matrix.tolist() for matrix in matrices)
        for i, source in enumerate(sources):
            for j, target in enumerate(names[layer + 1]):
                rows.append(
                    {
                        "layer": f"{layers[layer]}to{layers[layer + 1]}",
                        "from": source,
                        "to": target,
                        "signal": float(inputs[i]),
                        "error_signal": float(errors[j]),
                        "gradient": gradient[i][j],
                        "before": before[i][j],
                        "after": after[i][j],
                    }
                )
    return rows


def equations(trace):
    """Of the output node: standard term, article's term, value and formula."""
    with_f_prime = "FE" if trace.loss_name == "log_loss" else "FE * f'(S_preA,O)"
    loss = "-log(1 - |FE|)" if trace.loss_name == "log_loss" else "1/2 * FE**2"
    return [
        ("target", "T", str(trace.T), f"1 for class {trace.class_of_interest}, else 0"),
        ("final error", "FE", number(trace.FE), "S_postA,O - T"),
        ("delta", "S_ERROR", number(trace.S_ERROR), with_f_prime),
        ("loss", "", number(trace.loss), loss),
    ]


def describe(trace):
    """What was updated and how, in sentences of one line each."""
    sizes = "-".join(str(len(signal)) for signal in trace.signals)
    loss = "log loss" if trace.loss_name == "log_loss" else "half the squared error"
    bias = "with bias nodes" if trace.has_bias else "no bias nodes"
    lines = [
        f"One update of a {sizes} network, {bias}: a sample of class {trace.y}, {loss}",
        f"learning rate LR = {trace.LR:g}; weight -= LR * gradient",
    ]
    if trace.step != 1.0:
        lines[1] = (
            f"learning rate LR = {trace.LR:g}, step = {trace.step:g} by the class weight; "
            "weight -= LR * step * gradient"
        )
    if trace.n_visits != 1:
        lines.append(f"the class weight has partial_fit do this {trace.n_visits} times")
    if trace.decay:
        lines.append(
            f"regularization: each weight, not of a bias node, also shrinks by the factor "
            f"1 - {trace.LR * trace.step * trace.decay:g}"
        )
    return lines


def render(trace):
    """The trace as a table of text."""
    lines = describe(trace)
    lines += ["", *_table(NODE_COLUMNS, node_rows(trace), 24), ""]
    for standard, article, value, formula in equations(trace):
        lines.append(f"{standard:12s}  {article:7s} = {value:>9s}  {formula}")
    lines += ["", *_table(WEIGHT_COLUMNS, weight_rows(trace), 40)]
    return "\n".join(line.rstrip() for line in lines)


def _table(columns, rows, most):
    """Lines of a table with two lines of heads; of many rows the first and the last."""
    cells = [
        [
            row.get(key, "") if isinstance(row.get(key, ""), str) else number(row[key])
            for key, _, _ in columns
        ]
        for row in rows
    ]
    if len(cells) > most:
        dots = [f"... {len(cells) - most} more", *[""] * (len(columns) - 1)]
        cells = [*cells[: most // 2], dots, *cells[-most // 2 :]]
    heads = [[standard for _, standard, _ in columns], [article for _, _, article in columns]]
    # The dots may stretch over the columns beside theirs.
    widths = [
        max(len(line[i]) for line in [*heads, *cells] if not line[i].startswith("... "))
        for i in range(len(columns))
    ]
    n_names = sum(isinstance(rows[0][key], str) for key, _, _ in columns if key in rows[0])
    return [
        "  ".join(
            cell.ljust(width) if i < n_names else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        if not line[0].startswith("... ")
        else line[0]
        for line in [*heads, *cells]
    ]
