"""Calls of few rows, small fits, and grids of small fits: what is around the kernel.

A part of `benchmarks.speed`; alone by ``python -m benchmarks.speed --calls``.
"""

import importlib.util
import statistics

import numpy as np
from scipy.special import expit
from sklearn.datasets import load_breast_cancer, load_iris, load_wine
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import validate_data

from benchmarks.report import table
from benchmarks.timing import ratio, take_turns
from sklearn_mlp import MLPLogisticClassifier

N_INPUTS, N_NODES = 30, 32
DATA_SETS = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer}
OURS = "sklearn-mlp"


class NumpyLoop:
    """The article's update with one hidden layer, without validation."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.ItoH, self.HtoO = rng.normal(size=(N_INPUTS, N_NODES)), rng.normal(size=N_NODES)

    def partial_fit(self, X, y):
        for x, T in zip(X, y, strict=True):
            S_postA = expit(x @ self.ItoH)
            output = expit(S_postA @ self.HtoO)
            S_ERROR = (output - T) * output * (1.0 - output)
            gradient_ItoH = np.outer(x, S_ERROR * self.HtoO * S_postA * (1.0 - S_postA))
            self.HtoO -= 0.5 * S_ERROR * S_postA
            self.ItoH -= 0.5 * gradient_ItoH

    def predict_proba(self, X):
        return expit(expit(X @ self.ItoH) @ self.HtoO)


class River:
    """River's logistic regression, which takes rows as dicts."""

    def __init__(self, linear_model):
        self.model = linear_model.LogisticRegression()

    def partial_fit(self, rows, y):
        for row, label in zip(rows, y, strict=True):
            self.model.learn_one(row, label)

    def predict_proba(self, rows):
        return [self.model.predict_proba_one(row) for row in rows]


def _inputs(kind, n_rows=1000):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, N_INPUTS))
    y = (X[:, 0] * X[:, -1] > 0).astype(int)
    if kind == "ten classes":
        y = rng.permutation(n_rows) % 10
    if kind == "DataFrame":
        pandas = importlib.import_module("pandas")
        X = pandas.DataFrame(X, columns=[f"input {k}" for k in range(N_INPUTS)])
        y = pandas.Series(y)
    return X, y


def _slice(data, n):
    return data.iloc[:n] if hasattr(data, "iloc") else data[:n]


def calls(kind, sizes, n_turns):
    """Microseconds of one call for each number of rows, and times ours: a list of dicts."""
    X, y = _inputs(kind)
    models = {
        OURS: MLPLogisticClassifier(N_NODES, random_state=0),
        "SGDClassifier": SGDClassifier(loss="log_loss", random_state=0),
        "MLPClassifier": MLPClassifier(N_NODES, max_iter=5, random_state=0),
        "LogisticRegression": LogisticRegression(),
    }
    for model in models.values():
        model.fit(X, y)
        if hasattr(model, "partial_fit"):
            for _ in range(33):  # the windows in which a stream is judged are long then
                model.partial_fit(X, y)
    if kind == "array":
        models["NumPy loop"] = NumpyLoop()
    rows = []
    for n in sizes:
        inputs, labels = _slice(X, n), _slice(y, n)
        n_calls = max(10, 300 // n)
        for method in ("partial_fit", "predict_proba"):
            functions = {}
            for name, model in models.items():
                if hasattr(model, method):
                    arguments = (inputs, labels) if method == "partial_fit" else (inputs,)
                    functions[name] = lambda m=model, a=arguments, f=method: getattr(m, f)(*a)
            if kind == "array" and n == 1:
                river = _river_call(inputs, labels, method)
                if river is not None:
                    functions["River, logistic regression"] = river
                if method == "partial_fit":
                    model = models[OURS]
                    functions["validate_data(X, y)"] = lambda m=model, a=inputs, b=labels: (
                        validate_data(m, a, b, reset=False)
                    )
            for function in functions.values():
                function()  # the first call may take the full way
            times = take_turns(functions, n_turns, n_calls)
            rows.append(
                {
                    "what": f"{method}, {kind}",
                    "rows": n,
                    "us": {name: 1e6 * statistics.median(t) for name, t in times.items()},
                    "times ours": {
                        name: ratio(times, name, OURS) for name in times if name != OURS
                    },
                }
            )
    return rows


def _river_call(inputs, labels, method):
    if importlib.util.find_spec("river") is None:
        return None
    river = River(importlib.import_module("river.linear_model"))
    rows, labels = [dict(enumerate(row)) for row in inputs.tolist()], labels.astype(bool).tolist()
    if method == "partial_fit":
        return lambda: river.partial_fit(rows, labels)
    return lambda: river.predict_proba(rows)


def not_plain(n_turns):
    """Microseconds that a call which is not plain takes in the quick way before it goes on."""
    from sklearn_mlp import _quick

    X, y = _inputs("array")
    model = MLPLogisticClassifier(N_NODES, random_state=0).fit(X, y).partial_fit(X, y)
    x, label, base = X[:1].tolist(), y[:1], MLPLogisticClassifier
    times = take_turns(
        {
            "partial_fit": lambda: _quick.quick_partial_fit(model, x, label, base),
            "predict": lambda: _quick.quick_logits(model, x, base),
        },
        n_turns,
        300,
    )
    return {name: 1e6 * statistics.median(t) for name, t in times.items()}


def small_fits(n_turns):
    """Milliseconds of fits of 100 x 4, and times LogisticRegression's."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(100, 4))
    y = (X[:, 0] * X[:, -1] > 0).astype(int)
    times = take_turns(
        {
            "8 nodes, 50 epochs": lambda: MLPLogisticClassifier(8, max_iter=50, random_state=0).fit(
                X, y
            ),
            "defaults": lambda: MLPLogisticClassifier(random_state=0).fit(X, y),
            "LogisticRegression": lambda: LogisticRegression().fit(X, y),
            "MLPClassifier": lambda: MLPClassifier(random_state=0).fit(X, y),
        },
        n_turns,
        10,
    )
    return [
        {
            "what": name,
            "ms": 1e3 * statistics.median(t),
            "times LogisticRegression": ratio(times, name, "LogisticRegression"),
        }
        for name, t in times.items()
    ]


def grids(n_turns, names, n_candidates=24):
    """Seconds of a grid search, five folds, and times LogisticRegression's."""
    sizes = (4, 8, 16, 32)
    rates = np.geomspace(0.25, 5.0, n_candidates // len(sizes))
    rows = []
    for data_set in names:
        X, y = DATA_SETS[data_set](return_X_y=True)

        def search(model, X=X, y=y, **grid):
            prefix = type(model).__name__.lower()
            grid = {f"{prefix}__{name}": list(values) for name, values in grid.items()}
            pipeline = make_pipeline(StandardScaler(), model)
            return lambda: GridSearchCV(pipeline, grid, cv=5).fit(X, y)

        ours = search(
            MLPLogisticClassifier(random_state=0),
            learning_rate_init=rates,
            hidden_layer_sizes=sizes,
        )
        times = take_turns(
            {
                OURS: ours,
                "LogisticRegression": search(
                    LogisticRegression(), C=np.geomspace(1e-2, 1e2, len(rates) * len(sizes))
                ),
            },
            n_turns,
        )
        slow = search(  # once: it takes tens of times as long
            MLPClassifier(random_state=0), learning_rate_init=rates / 200, hidden_layer_sizes=sizes
        )
        times_slow = take_turns({OURS: ours, "MLPClassifier": slow}, 1)
        rows.append(
            {
                "data set": data_set,
                "s": statistics.median(times[OURS]),
                "times LogisticRegression": ratio(times, OURS, "LogisticRegression"),
                "MLPClassifier, times ours": ratio(times_slow, "MLPClassifier", OURS),
            }
        )
    return rows


def run(*, sizes=(1, 10, 100, 1000), data_sets=tuple(DATA_SETS), n_candidates=24, n_turns=5):
    """Measure all; a dict that `json` can write."""
    kinds = ["array", "ten classes"]
    if importlib.util.find_spec("pandas") is not None:
        kinds.insert(1, "DataFrame")
    return {
        "calls": [row for kind in kinds for row in calls(kind, sizes, n_turns)],
        "not plain": not_plain(n_turns),
        "small fits": small_fits(n_turns),
        "grids": grids(n_turns, data_sets, n_candidates),
    }


def markdown(result):
    """The tables as lines of Markdown."""
    names = list(dict.fromkeys(name for row in result["calls"] for name in row["us"]))
    lines = ["", "Microseconds of one call, 30 inputs, 32 nodes:"]
    lines += table(
        ["call", "rows", *names],
        [
            [row["what"], f"{row['rows']:,}"]
            + [f"{row['us'][name]:,.1f}" if name in row["us"] else "" for name in names]
            for row in result["calls"]
        ],
    )
    others = [name for name in names if name != OURS]
    lines += ["", "The same, as multiples of ours (median of the turns):"]
    lines += table(
        ["call", "rows", *others],
        [
            [row["what"], f"{row['rows']:,}"]
            + [
                f"{row['times ours'][name]:,.2f}" if name in row["times ours"] else ""
                for name in others
            ]
            for row in result["calls"]
        ],
    )
    seconds = ", ".join(f"{name} {us:.2f}" for name, us in result["not plain"].items())
    lines += ["", f"What the quick way costs a call that is not plain, in microseconds: {seconds}."]
    lines += ["", "Fits of 100 samples with 4 inputs:"]
    lines += table(
        ["fit", "ms", "times LogisticRegression"],
        [
            [row["what"], f"{row['ms']:.2f}", f"{row['times LogisticRegression']:.2f}"]
            for row in result["small fits"]
        ],
    )
    lines += ["", "Grids of 24 candidates, five folds, the scaler in the pipeline:"]
    lines += table(
        ["data set", "seconds", "times LogisticRegression", "MLPClassifier, times ours"],
        [
            [
                row["data set"],
                f"{row['s']:.2f}",
                f"{row['times LogisticRegression']:.2f}",
                f"{row['MLPClassifier, times ours']:.1f}",
            ]
            for row in result["grids"]
        ],
    )
    return lines
