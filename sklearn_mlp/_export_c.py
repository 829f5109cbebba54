"""A trained network as C source for microcontrollers.

All numbers are float. Nothing that comes from the data, the names of inputs and classes, gets into
the source as anything but letters in a comment.
"""

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.utils.validation import check_is_fitted

from ._classifier import MLPLogisticClassifier

SCALERS = (StandardScaler, MinMaxScaler)


def export_c(estimator, *, name="mlp", path=None, header_path=None):
    """Write a fitted network as one C99 source file that needs no library but ``expf``.

    ``int NAME_predict(const float *x)`` returns the position in `classes_` of the most probable
    class, and ``void NAME_predict_proba(const float *x, float *proba)`` computes the probabilities.
    (For multilabel targets, ``void NAME_predict(const float *x, int *labels)`` sets the labels.)
    The functions allocate no memory. A comment at the top of the source lists the shapes, names
    and classes, and the memory that is needed.

    .. versionadded:: 0.1

    Parameters
    ----------
    estimator : MLPLogisticClassifier or Pipeline
        A fitted estimator. Before the network, a pipeline may have one
        :class:`~sklearn.preprocessing.StandardScaler` or
        :class:`~sklearn.preprocessing.MinMaxScaler`, which becomes part of the functions.

    name : str, default="mlp"
        Prefix of all names in the source, a C identifier.

    path : str or path-like, default=None
        File to which the source is also written.

    header_path : str or path-like, default=None
        File to which a header is written, for the code that calls the functions. It has their
        declarations, and the numbers of inputs and outputs.

    Returns
    -------
    source : str

    Raises
    ------
    TypeError
        If the estimator, or a step of the pipeline, is none of these.
    ValueError
        If `name` is not a C identifier, a weight is not a finite float, or an activation function
        of the network is not the logistic one.

    Notes
    -----
    A float has 24 significant bits, so the probabilities of standardized inputs differ from those
    of `predict_proba` by about 1e-7 (more for larger inputs), and near a tie the predicted class
    may differ. Each mean of the scaler is stored as two floats, so that large means with small
    deviations lose no digits.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn_mlp import MLPLogisticClassifier, export_c
    >>> X, y = load_iris(return_X_y=True)
    >>> model = make_pipeline(StandardScaler(), MLPLogisticClassifier(4, random_state=0)).fit(X, y)
    >>> source = export_c(model, name="iris")
    >>> "int iris_predict(const float *x)" in source
    True
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError(f"name must be a C identifier, got {name!r}.")
    scaler, model = _steps(estimator)
    constants, n_bytes = _constants(scaler, model)
    body = "\n\n".join(
        [
            _comment(estimator, scaler, model, n_bytes),
            "#include <math.h>",
            _declarations(model),
            constants,
            *_clip(scaler),
            _LOGISTIC,
            _logit(scaler, model),
            _predictions(model),
        ]
    )
    source = _named(body, name)
    if path is not None:
        Path(path).write_text(source, encoding="ascii")
    if header_path is not None:
        header = _HEADER.replace("DECLARATIONS", _declarations(model))
        Path(header_path).write_text(_named(header, name), encoding="ascii")
    return source


def _named(text, name):
    # No name from the data has an @ left in it: see `_harmless`. Macros are in capitals.
    return (
        text.replace("@_N_", f"{name.upper()}_N_")
        .replace("@_H", f"{name.upper()}_H")
        .replace("@", name)
    )


def _declarations(model):
    return (
        f"#define @_N_INPUTS {model.n_features_in_}\n#define @_N_OUTPUTS {_n_outputs(model)}\n\n"
        f"{_signature(model)};\nvoid @_predict_proba(const float *x, float *proba);"
    )


_HEADER = """\
/* Written by sklearn_mlp.export_c; the source has the comments. */
#ifndef @_H
#define @_H

#ifdef __cplusplus
extern "C" {
#endif

DECLARATIONS

#ifdef __cplusplus
}
#endif

#endif
"""


def _steps(estimator):
    """The scaler, or None, and the network."""
    scaler, model = None, estimator
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in estimator.steps if step not in (None, "passthrough")]
        *before, model = steps or [None]
        others = [step for step in before if not isinstance(step, SCALERS)]
        if others or len(before) > 1:
            raise TypeError(
                "export_c takes a pipeline with at most a StandardScaler or MinMaxScaler before "
                f"the network, got {[type(step).__name__ for step in before]}. Export the last "
                "step alone, pipeline[-1], and compute the inputs as the other steps do."
            )
        scaler = before[0] if before else None
    if not isinstance(model, MLPLogisticClassifier):
        raise TypeError(
            "export_c takes a fitted MLPLogisticClassifier, or a pipeline that ends with one, got "
            f"{type(model).__name__}."
        )
    scaler_class = next((c for c in SCALERS if isinstance(scaler, c)), None)
    for step, base, methods in (
        (scaler, scaler_class, ["transform"]),
        (model, MLPLogisticClassifier, ["decision_function", "predict", "predict_proba"]),
    ):
        own = [m for m in methods if step and getattr(type(step), m) is not getattr(base, m)]
        if own:
            raise TypeError(
                f"export_c writes what {base.__name__} computes, but {type(step).__name__} has "
                f"{own[0]} of its own."
            )
    check_is_fitted(model)
    for activation in (model.hidden_activation_, model.out_activation_):
        if activation != "logistic":
            raise ValueError(f"export_c has no activation {activation!r}, only 'logistic'.")
    if scaler is not None:
        check_is_fitted(scaler)
    return scaler, model


def _scaling(scaler):
    """What a scaler subtracts, multiplies by, and clips to; each may be None."""
    if scaler is None:
        return None, None, None
    if isinstance(scaler, StandardScaler):
        factor = 1.0 / scaler.scale_ if scaler.with_std else None
        return scaler.mean_ if scaler.with_mean else None, factor, None
    # ``x * scale_ + min_``; the difference first, so that a large offset loses no digits.
    limits = scaler.feature_range if scaler.clip else None
    return -scaler.min_ / scaler.scale_, scaler.scale_, limits


def _n_outputs(model):
    return max(model.n_outputs_, len(model.classes_))


def _has_bias(model):
    return any(np.any(intercept) for intercept in model.intercepts_)


def _constants(scaler, model):
    """Declarations of all arrays, and their size in bytes."""
    arrays = {}
    offset, factor, _ = _scaling(scaler)
    if offset is not None:
        high = offset.astype(np.float32)
        arrays["offset"], arrays["offset_rest"] = high, offset - high.astype(np.float64)
    if factor is not None:
        arrays["factor"] = factor
    for layer, coef in enumerate(model.coefs_):
        arrays[f"weights_{layer}"] = coef
        if _has_bias(model):
            arrays[f"bias_{layer}"] = model.intercepts_[layer]
    declarations, n_bytes = [], 0
    for key, array in arrays.items():
        with np.errstate(over="ignore"):
            values = np.ravel(array).astype(np.float32)
        if not np.isfinite(values).all():
            raise ValueError(f"export_c needs finite floats, but {key} has {array}.")
        # Nine digits tell any two floats apart.
        numbers = [f"{value:.8e}f" for value in values.tolist()]
        lines = [", ".join(numbers[start : start + 6]) for start in range(0, len(numbers), 6)]
        declarations.append(
            f"static const float @_{key}[{len(values)}] = {{\n    " + ",\n    ".join(lines) + "\n};"
        )
        n_bytes += values.nbytes
    return "\n".join(declarations), n_bytes


def _clip(scaler):
    """The function that clips, if the scaler does: expf is to be the only one of a library."""
    _, _, limits = _scaling(scaler)
    if limits is None:
        return []
    low, high = (f"{np.float32(limit):.8e}f" for limit in limits)
    return [
        "static float @_clip(float x)\n{\n"
        f"    return x < {low} ? {low} : x > {high} ? {high} : x;\n}}"
    ]


_LOGISTIC = """\
static float @_logistic(float x)
{
    const float e = expf(x < 0.0f ? x : -x);
    return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}"""


def _logit(scaler, model):
    """The function from the inputs to the preactivation of one network's output node."""
    sizes = [model.n_features_in_, *(np.shape(coef)[-1] for coef in model.coefs_)]
    signal, (offset, factor, limits) = "x[i]", _scaling(scaler)
    if offset is not None:
        signal = "x[i] - @_offset[i] - @_offset_rest[i]"
    if factor is not None:
        signal = f"({signal}) * @_factor[i]"
    if limits is not None:
        signal = f"@_clip({signal})"
    lines = [
        f"static float @_logit(const float *x{'' if model.n_outputs_ == 1 else ', int network'})",
        "{",
        f"    float {', '.join(f'h{layer}[{size}]' for layer, size in enumerate(sizes[1:]))};",
        "    int i, j;",
    ]
    for layer, (n, m) in enumerate(pairwise(sizes)):
        # Where there are several networks, long: an int may have 16 bits.
        of_network = "" if model.n_outputs_ == 1 else f"{m}L * network + "
        bias = f"@_bias_{layer}[{of_network}j]" if _has_bias(model) else "0.0f"
        of_network = of_network.replace(f"{m}L", f"{n * m}L")
        weight = f"@_weights_{layer}[{of_network}{m} * i + j]"
        lines += [
            f"    for (j = 0; j < {m}; ++j)",
            f"        h{layer}[j] = {bias};",
            f"    for (i = 0; i < {n}; ++i) {{",
            f"        const float signal = {signal};",
            f"        for (j = 0; j < {m}; ++j)",
            f"            h{layer}[j] += signal * {weight};",
            "    }",
        ]
        signal = f"@_logistic(h{layer}[i])"
    lines += [f"    return h{len(sizes) - 2}[0];", "}"]
    return "\n".join(lines)


def _signature(model):
    if model.multilabel_:
        return "void @_predict(const float *x, int *labels)"
    return "int @_predict(const float *x)"


def _predictions(model):
    if model.multilabel_:
        return _MULTILABEL
    return _BINARY if model.n_outputs_ == 1 else _SEVERAL


_BINARY = """\
int @_predict(const float *x)
{
    return @_logit(x) > 0.0f;
}

void @_predict_proba(const float *x, float *proba)
{
    const float logit = @_logit(x);
    proba[0] = @_logistic(-logit);
    proba[1] = @_logistic(logit);
}
"""

# The networks' outputs divided by their sum, all multiplied by exp(-largest) so that they do not
# all underflow: f(z) = exp(min(z, 0)) / (1 + exp(-|z|)).
_SEVERAL = """\
int @_predict(const float *x)
{
    float largest = @_logit(x, 0);
    int k, best = 0;
    for (k = 1; k < @_N_OUTPUTS; ++k) {
        const float logit = @_logit(x, k);
        if (logit > largest) {
            largest = logit;
            best = k;
        }
    }
    return best;
}

void @_predict_proba(const float *x, float *proba)
{
    float largest = 0.0f, sum = 0.0f;
    int k;
    for (k = 0; k < @_N_OUTPUTS; ++k) {
        proba[k] = @_logit(x, k);
        if (k == 0 || proba[k] > largest)
            largest = proba[k];
    }
    if (largest > 0.0f)
        largest = 0.0f;
    for (k = 0; k < @_N_OUTPUTS; ++k) {
        const float z = proba[k], low = z < 0.0f ? z : 0.0f;
        proba[k] = expf(low - largest) / (1.0f + expf(z < 0.0f ? z : -z));
        sum += proba[k];
    }
    for (k = 0; k < @_N_OUTPUTS; ++k)
        proba[k] /= sum;
}
"""

_MULTILABEL = """\
void @_predict(const float *x, int *labels)
{
    int k;
    for (k = 0; k < @_N_OUTPUTS; ++k)
        labels[k] = @_logit(x, k) > 0.0f;
}

void @_predict_proba(const float *x, float *proba)
{
    int k;
    for (k = 0; k < @_N_OUTPUTS; ++k)
        proba[k] = @_logistic(@_logit(x, k));
}
"""


def _comment(estimator, scaler, model, n_bytes):
    sizes = [model.n_features_in_, *(np.shape(coef)[-1] for coef in model.coefs_)]
    named = [step for step in (estimator, scaler, model) if hasattr(step, "feature_names_in_")]
    names = named[0].feature_names_in_ if named else [f"x{i}" for i in range(sizes[0])]
    networks = f"{model.n_outputs_} networks of " if model.n_outputs_ > 1 else ""
    scaled = ", which the functions scale" if scaler is not None else ""
    kind, meaning = "classes", "returns the number of a class"
    if model.multilabel_:
        kind, meaning = "labels", "sets each label to 0 or 1"
    lines = [
        f"Multilayer perceptron, {networks}{'-'.join(map(str, sizes))} logistic nodes.",
        "Written by sklearn_mlp.export_c. C99; needs expf and no other function.",
        "",
        f"    {_signature(model)};",
        "    void @_predict_proba(const float *x, float *proba);",
        "",
        f"x: {sizes[0]} inputs{scaled}.",
        f"proba: {_n_outputs(model)} probabilities, in the order of the {kind}.",
        f"@_predict {meaning}.",
        f"Memory: {n_bytes} bytes of constants, {4 * sum(sizes[1:])} bytes of floats on the stack.",
        "",
        "Inputs:",
        *(f"    {i}: {_harmless(name)}" for i, name in enumerate(names)),
        f"{kind.capitalize()}:",
        *(
            f"    {k}: {_harmless(label)}"
            for k, label in enumerate(np.asarray(model.classes_).tolist())
        ),
    ]
    return "/*\n" + "\n".join(f" * {line}".rstrip() for line in lines) + "\n */"


def _harmless(name):
    """A name for a comment: letters, digits and a few signs, everything else as its number."""
    return re.sub(
        r"[^A-Za-z0-9 _.,:;()\[\]+=<>%'\"-]", lambda match: f"\\u{ord(match[0]):04x}", str(name)
    )
