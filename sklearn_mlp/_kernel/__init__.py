"""Compiled kernels: they compute, `sklearn_mlp._classifier` decides."""

from ._bindings import Network, Rows, decide, hash_rows, train

__all__ = ["Network", "Rows", "decide", "hash_rows", "train"]
