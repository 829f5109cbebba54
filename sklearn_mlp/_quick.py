"""The quick way into prediction and `partial_fit`, for calls with few rows.

It proves that a call is plain, or steps aside: then the full way takes the call, whose checks,
conversions, errors and warnings are the definition. A call is plain if

- X is a NumPy array of the weights' dtype that the kernel can read where it is, with as many
  columns as there are inputs, or a DataFrame of pandas whose columns have the names of the inputs
  in their order; its sum is finite;
- y is an array, or a Series of pandas, of known classes, and there are no weights;
- the weights are where the kernel has them, and what else decides about the result is what it was
  in a call that went the full way;
- no line is to be printed, and no warning can be due;
- the estimator's class overrides nothing.

What a call that went the full way has shown is kept with the weights: after another `fit` there is
nothing yet.
"""

import sys
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from joblib import effective_n_jobs

from ._kernel import Plain, Rows, are_unchanged
from ._training.attributes import OF_DATA, OF_RUN
from ._training.epochs import chunk_length
from ._training.parameters import CONSTRAINTS, are_remembered
from ._training.plan import Plan
from ._training.targets import LabelTable
from ._training.visits import canonical_order

# Of larger networks, one visit takes longer than the full way in.
MOST_WEIGHTS = 2**18

# Visits times weights from which on threads are worth their start.
WORTH_THREADS = 2**20

PARAMETERS = tuple(CONSTRAINTS)
DESCRIPTION = ("n_features_in_", "hidden_activation_", "out_activation_", "multilabel_")

# What each class gets from scikit-learn.
HARMLESS = {f"set_{method}_request" for method in ("fit", "partial_fit", "score")}
# What is not harmless of the names with two underscores, of which Python gives some to each class.
SPECIAL = {"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__new__", "__copy__"}
SPECIAL |= {"__getstate__", "__setstate__", "__sklearn_tags__", "__sklearn_is_fitted__"}


class Shown(NamedTuple):
    """What a prediction has shown.

    plain : sklearn_mlp._kernel.Plain
    description : tuple
        Values of the attributes named in `DESCRIPTION`.
    columns, names : pandas.Index and list of str, or None
        Columns that have the names of the inputs, and these.
    """

    plain: Plain
    description: tuple
    columns: object = None
    names: list | None = None


class Learning(NamedTuple):
    """What a call of `partial_fit` has shown.

    parameters : tuple
        Values of the parameters, valid.
    plan : sklearn_mlp._training.plan.Plan
    generator : numpy.random.Generator
        Of a PCG64 that has no half of a number left over.
    labels : sklearn_mlp._training.targets.LabelTable
    networks : list of sklearn_mlp._kernel.Network
        For the thread that has the lock of the weights.
    constants : dict
        Attributes that each call sets to the same values.
    """

    parameters: tuple
    plan: Plan
    generator: np.random.Generator
    labels: LabelTable
    networks: list
    constants: dict


@lru_cache(maxsize=1000)
def overrides_nothing(kind, base):
    """Whether the class `kind` defines nothing that `base`, or one of its instances, has."""
    taken = {name for name in dir(base) if not name.startswith("__")} | SPECIAL
    taken |= {*PARAMETERS, *OF_DATA, *OF_RUN}
    own = [set(vars(c)) for c in kind.__mro__ if c not in base.__mro__]
    return not any(names & taken - HARMLESS for names in own)


def quick_logits(estimator, X, base):
    """Logits of all rows, shape (n, n_networks), or None if the call is not plain."""
    attributes = vars(estimator)
    packed = attributes.get("_packed")
    if packed is None or packed.shown is None or not overrides_nothing(type(estimator), base):
        return None
    values = _values(X, attributes, packed)
    return None if values is None else packed.shown.plain.decide(values)


def quick_partial_fit(estimator, X, y, base):
    """Whether the call was plain: then it is done, otherwise nothing has changed."""
    attributes = vars(estimator)
    packed = attributes.get("_packed")
    if packed is None or packed.learning is None or not overrides_nothing(type(estimator), base):
        return False
    with packed.lock:
        learning = packed.learning  # another thread may have changed it
        return learning is not None and _train(attributes, packed, *learning, X, y)


def _train(attributes, packed, parameters, plan, generator, labels, networks, constants, X, y):
    X = _values(X, attributes, packed)
    plain, stream = packed.shown.plain, attributes.get("_stream")
    if not (
        X is not None
        and stream is not None
        and are_unchanged(attributes, PARAMETERS, parameters)
        and attributes.get("_generator") is generator
        and labels.are_those_of(attributes.get("classes_"))
        and plain.accepts(X)
    ):
        return False
    n = len(X)
    numbers = labels.numbers_of(_array_of(y), n)
    rate = plan.learning_rate_of(0, attributes["t_"])
    if (
        numbers is None
        # A warning may be due.
        or (not stream.silent and stream.total + n >= stream.window)
        or (not stream.alpha and rate * plan.alpha / n >= 0.5)
        or (not attributes["fit_intercept"] and any(b.any() for b in packed.intercepts))
    ):
        return False
    is_long = len(networks) > 1 and n * packed.buffer.size > WORTH_THREADS
    if is_long and effective_n_jobs(attributes["n_jobs"]) > 1:
        return False
    if not attributes["shuffle"]:
        visits, generator = np.arange(n), None
    else:
        visits = canonical_order(Rows(X), numbers) if n > 1 else None
    return plain.train(
        X,
        numbers,
        visits,
        networks,
        generator,
        rate,
        plan.alpha / n,
        plan.loss.name,
        attributes,
        packed,
        constants,
    )


def _values(X, attributes, packed):
    """X as an array, or None if X, or what describes the network, is not what it was."""
    shown = packed.shown
    if not are_unchanged(attributes, DESCRIPTION, shown.description):
        return None
    if not packed.holds(attributes.get("coefs_"), attributes.get("intercepts_")):
        return None
    names = attributes.get("feature_names_in_")
    if type(X) is np.ndarray:
        return X if names is None else None
    pandas = sys.modules.get("pandas")
    if pandas is None or type(X) is not pandas.DataFrame or type(names) is not np.ndarray:
        return None
    if shown.columns is None or names.tolist() != shown.names:
        return None
    columns = X.columns
    if columns is not shown.columns and not columns.equals(shown.columns):
        return None
    values = X.to_numpy()
    # Twice the same memory: all columns are in one array of NumPy's.
    if not np.may_share_memory(values, X.to_numpy()) and not all(
        isinstance(dtype, np.dtype) and dtype.kind in "fiu" for dtype in X.dtypes
    ):
        return None
    return np.ascontiguousarray(values)


def _array_of(y):
    pandas = sys.modules.get("pandas")
    return y.to_numpy() if pandas is not None and type(y) is pandas.Series else y


def remember_prediction(estimator, X, packed):
    """Keep what a prediction has shown that went the full way."""
    attributes = vars(estimator)
    if packed.buffer.size > MOST_WEIGHTS:
        return
    description = tuple(attributes[name] for name in DESCRIPTION)
    shown = packed.shown
    if shown is None or not are_unchanged(attributes, DESCRIPTION, shown.description):
        make = packed.maker_of_networks((estimator.hidden_activation_, estimator.out_activation_))
        # As many rows as the full way gives to the kernel in one call.
        n_rows = chunk_length(None, packed.coefs, n_inputs=description[0])
        shown = Shown(Plain(packed.buffer, description[0], n_rows, make), description)
    names, columns = attributes.get("feature_names_in_"), getattr(X, "columns", None)
    if type(names) is np.ndarray and columns is not shown.columns:
        names = names.tolist()
        if columns is not None and names == list(columns):
            shown = shown._replace(columns=columns, names=names)
    packed.shown = shown


def remember_partial_fit(estimator, X, plan):
    """Keep what a call of `partial_fit` has shown that went the full way."""
    attributes = vars(estimator)
    packed = attributes["_packed"]
    remember_prediction(estimator, X, packed)
    learning, generator = packed.learning, attributes["_generator"]
    if learning is not None and (
        are_unchanged(attributes, PARAMETERS, learning.parameters)
        and generator is learning.generator
        and learning.labels.are_those_of(attributes["classes_"])
    ):
        return
    packed.learning = None
    labels, bits = LabelTable(attributes["classes_"]), generator.bit_generator
    if (
        packed.shown is None
        or estimator.multilabel_
        or estimator.class_weight is not None
        or estimator.verbose
        or not are_remembered(estimator)
        or not labels.is_plain
        or type(bits) is not np.random.PCG64
        or bits.state["has_uint32"]
    ):
        return
    packed.learning = Learning(
        parameters=tuple(attributes[name] for name in PARAMETERS),
        plan=plan,
        generator=generator,
        labels=labels,
        networks=packed.networks(
            (estimator.hidden_activation_, estimator.out_activation_),
            train_biases=estimator.fit_intercept,
        ),
        constants={
            "n_iter_": 1,
            "learning_rate_init_": plan.learning_rate_init,
            "alpha_": plan.alpha,
        },
    )
