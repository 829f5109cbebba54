"""A `TrainingTrace` as rows, for the printed table and for pandas."""

import numpy as np

from .trace_text import loss_in_words, network_in_words, table

# Column of the rows, the standard term, the article's.
COLUMNS = [
    ("update", "", "update"),
    ("epoch", "", "epoch"),
    ("row", "", "row"),
    ("class", "", "class"),
    ("T", "target", "T"),
    ("S_postA", "output", "S_postA,O"),
    ("FE", "final error", "FE"),
    ("S_ERROR", "delta", "S_ERROR"),
    ("LR", "learning rate", "LR"),
    ("loss", "loss", "loss"),
    ("mean_loss", "mean loss", "so far"),
]
MOST_ROWS = 40


def columns(trace):
    """What `COLUMNS` names, of each update: arrays of the same length."""
    updates = trace.updates
    classes = np.empty(len(updates), dtype=object)
    classes[:] = [update.y for update in updates]
    return {
        "update": trace.numbers,
        "epoch": trace.epochs,
        "row": trace.rows,
        "class": classes,
        "T": np.array([update.T for update in updates]),
        "S_postA": np.array([update.S_postA[-1][0] for update in updates]),
        "FE": np.array([update.FE for update in updates]),
        "S_ERROR": np.array([update.S_ERROR for update in updates]),
        "LR": np.array([update.LR for update in updates]),
        "loss": np.array([update.loss for update in updates]),
        "mean_loss": trace.mean_losses,
    }


def describe(trace):
    """Which updates of what, in one line."""
    n, first, last = len(trace), trace.numbers[0], trace.numbers[-1]
    if n == 1:
        which = f"Update {first}"
    elif n == last - first + 1:
        which = f"Updates {first} to {last}"
    else:
        which = f"{n} of the first {last} updates"
    return f"{which} of {network_in_words(trace[0])}: {loss_in_words(trace[0])}"


def render(trace):
    """The trace as a table of text with one line per update."""
    if not len(trace):
        return "No updates"
    lines = [describe(trace), "", *table(COLUMNS, columns(trace), MOST_ROWS)]
    return "\n".join(line.rstrip() for line in lines)
