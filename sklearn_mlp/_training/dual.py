"""Wide tables in the dual, see `_kernel/dual.hpp`: which fits take it, and its rows."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse

from .._kernel import Dual, Rows, gram_block, hash_rows

# The dual is for tables with so many inputs for each distinct row, and so many in all.
WIDE, LEAST_WIDE = 4, 500

# Rows, inputs and nodes multiplied: to make the weights anew takes some tenths of a second then, in
# which a signal waits.
MOST_IN_DUAL = 2**31

# Rows that are copied side by side at a time.
BLOCK = 64


class Span(NamedTuple):
    """The distinct rows that a fit visits.

    They are in an order that depends on their contents only, so that the order of the rows of X
    changes no bit, and rows may be repeated or weighted.

    X : array
    rows : array of shape (n,), dtype intp
        Number in X of each distinct row.
    places : array of dtype intp
        For each row of X, its number in `rows`; 0 for those that are not visited.
    gram : array of shape (n, n)
        Their Gram matrix.
    """

    X: np.ndarray
    rows: np.ndarray
    places: np.ndarray
    gram: np.ndarray

    def blocks(self):
        """Number of the first row, and `Rows`, of each block."""
        for first in range(0, len(self.rows), BLOCK):
            yield first, Rows(self.X[self.rows[first : first + BLOCK]])

    def dual_of(self, network):
        """The `Dual` of a network."""
        dual = Dual(network, self.gram, self.places)
        for first, block in self.blocks():
            dual.begin(block, first)
        return dual

    def end(self, dual):
        """Make the weights of the dual's network anew."""
        for first, block in self.blocks():
            dual.end(block, first)


def span_of(training, sizes, instruction_set):
    """The `Span` of a training set, or None if it is not to be trained in the dual.

    Parameters
    ----------
    training : sklearn_mlp._training.data.TrainingSet
    sizes : list of int
        Number of nodes of each layer, inputs first.
    instruction_set : str
    """
    X, n_inputs = training.X, sizes[0]
    if n_inputs < LEAST_WIDE or issparse(X):
        return None
    visited = np.unique(training.visits)
    # Most tables that are not wide have too many distinct rows among the first ones already.
    for n_rows in sorted({min(len(visited), n_inputs // 2), len(visited)}):
        hashes = hash_rows(training.rows, subset=visited[:n_rows], float32=False)
        _, first, numbers = np.unique(hashes, return_index=True, return_inverse=True)
        if not is_wide(len(first), sizes):
            return None
    places = np.zeros(len(X), dtype=np.intp)
    places[visited] = numbers.reshape(-1)
    gram = np.empty((len(first), len(first)), dtype=X.dtype)
    span = Span(X, visited[first], places, gram)
    for t, block in span.blocks():
        for s, other in span.blocks():
            if s <= t:
                gram_block(block, other, gram, t, s, instruction_set)
    return span


def is_wide(n_rows, sizes):
    """Whether the dual is for so many distinct rows and these numbers of nodes, inputs first."""
    n_inputs, n_nodes = sizes[:2]
    return (
        n_inputs >= max(WIDE * n_rows, LEAST_WIDE) and n_rows * n_inputs * n_nodes <= MOST_IN_DUAL
    )
