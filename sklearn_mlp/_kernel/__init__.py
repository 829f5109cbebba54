"""Compiled kernels: they compute what the estimator and `sklearn_mlp._training` decide."""

try:
    from ._bindings import (
        Dual,
        Network,
        Rows,
        compiler,
        decide,
        encode_integers,
        gram_block,
        hash_rows,
        instruction_sets,
        lanes,
        losses,
        mark_integers,
        range_of_integers,
        shuffled,
        train,
        train_epochs,
    )
    from ._quick import Plain, are_unchanged, is_plain, same_objects
except ModuleNotFoundError as error:
    raise ImportError(
        "The compiled part of sklearn_mlp is missing. This happens when Python runs in the source "
        "folder, which then hides the installed package: run it from another folder, or install "
        "with `pip install --no-build-isolation -e .`"
    ) from error

__all__ = [
    "Dual",
    "Network",
    "Plain",
    "Rows",
    "are_unchanged",
    "compiler",
    "decide",
    "encode_integers",
    "gram_block",
    "hash_rows",
    "instruction_sets",
    "is_plain",
    "lanes",
    "losses",
    "mark_integers",
    "range_of_integers",
    "same_objects",
    "shuffled",
    "train",
    "train_epochs",
]
