"""Where the nodes of a network are drawn, for matplotlib and for HTML, and what they are called."""

from typing import NamedTuple

import numpy as np


class DrawnLayer(NamedTuple):
    """Heights are in nodes, from 0 at the middle of the layer upwards.

    nodes : array of int
        Numbers of the nodes that are drawn: all, or the first and the last of many.
    heights : array of float
        Of these nodes.
    gap : float or None
        Height of the dots that stand for the others.
    bias : float or None
        Height of the bias node, below the others.
    """

    nodes: np.ndarray
    heights: np.ndarray
    gap: float | None
    bias: float | None


def draw_layer(size, max_nodes, *, has_bias):
    """Places for a layer of `size` nodes, of which at most `max_nodes` are drawn."""
    n_first, n_last = size, 0
    if size > max_nodes:
        n_first, n_last = max_nodes - max_nodes // 2, max_nodes // 2
    nodes = np.concatenate([np.arange(n_first), np.arange(size - n_last, size)])
    has_gap = len(nodes) < size
    n_places = len(nodes) + has_gap + has_bias
    places = (n_places - 1) / 2 - np.arange(n_places)
    heights = np.delete(places[: n_places - has_bias], [n_first] if has_gap else [])
    return DrawnLayer(
        nodes,
        heights,
        places[n_first] if has_gap else None,
        places[-1] if has_bias else None,
    )


def draw_layers(coefs, max_nodes, *, has_bias):
    """`DrawnLayer` of each layer, inputs and output included."""
    sizes = [len(coefs[0]), *(np.shape(coef)[1] for coef in coefs)]
    return [
        draw_layer(size, max_nodes, has_bias=has_bias and layer < len(sizes) - 1)
        for layer, size in enumerate(sizes)
    ]


def layer_names(n_layers):
    """I, H and O; with several hidden layers I, H1, H2, ... and O."""
    n_hidden = n_layers - 2
    return ["I", *(["H"] if n_hidden == 1 else [f"H{n + 1}" for n in range(n_hidden)]), "O"]


def node_names(feature_names, sizes):
    """Names of the nodes of each layer, numbered from 0 like the rows of `coefs_`."""
    hidden = [
        [f"{name}[{number}]" for number in range(size)]
        for name, size in zip(layer_names(len(sizes))[1:-1], sizes[1:-1], strict=True)
    ]
    return [list(feature_names), *hidden, ["O"]]
