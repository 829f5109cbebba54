"""How often the warnings after training are right.

Usage: python -m benchmarks.diagnosis [--data DIR] [--tables N] [--json FILE]

On the tables of `benchmarks.quality`, standardized, each setting is compared with the same one
whose changes are left out ("as given", with the table as it is; "times 100", standardized and
multiplied by it). A change is harmful where the loss of the final network on the training samples
is a fifth above that of the other and above a twentieth of that of constant probabilities. Counted
are the tables on which a warning was given, those of them on which the change was not harmful
("needless"), those on which it was harmful, and those of them without a warning ("missed"). A
change without a warning may be no mistake: a smaller network is meant to be smaller.

Streams are fed in calls of 100 rows, until there were 6,000, and are compared with a stream at the
defaults.

A second table has what was said on the first N tables (default 10) at odd learning rates.
"""

import argparse
import os
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
from joblib import Parallel, delayed
from sklearn.preprocessing import StandardScaler

from benchmarks.quality import scores, tables
from benchmarks.report import add_outputs, report, table
from benchmarks.timing import pin_to_one_core
from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training.messages import BEGINNINGS, CAUSES, WARNINGS

HARMFUL, NEARLY_LEARNED = 1.2, 0.05
ODD_RATES = (0.0001, 0.001, 0.01, 30.0, 100.0)
RATES = (0.0001, 0.001, 0.01, 0.1, 0.25, 1.0, 5.0, 8.0, 16.0, 30.0, 100.0)
LOG_LOSS_RATES = (0.0001, 0.001, 0.01, 0.05, 0.25, 1.0, 1.6, 5.0, 30.0)
# Name, parameters, how the table is given.
SETTINGS = [
    ("defaults", {}, "fit"),
    ("log loss", {"loss": "log_loss"}, "fit"),
    ("as given", {}, "as given"),
    ("times 100", {}, "times 100"),
    ("times 1,000", {}, "times 1000"),
    ("8 nodes", {"hidden_layer_sizes": 8}, "fit"),
    ("2 nodes", {"hidden_layer_sizes": 2}, "fit"),
    ("(16, 8)", {"hidden_layer_sizes": (16, 8)}, "fit"),
    ("balanced", {"class_weight": "balanced"}, "fit"),
    ("no bias nodes", {"fit_intercept": False}, "fit"),
    ("10 epochs", {"max_iter": 10}, "fit"),
    ("constant", {"learning_rate": "constant"}, "fit"),
    ("adaptive", {"learning_rate": "adaptive"}, "fit"),
    ("invscaling", {"learning_rate": "invscaling"}, "fit"),
    ("early stopping", {"early_stopping": True}, "fit"),
    ("the same, patience 10", {"early_stopping": True, "n_iter_no_change": 10}, "fit"),
    *((f"alpha {a:g}", {"alpha": a}, "fit") for a in (1.0, 10.0, 100.0)),
    *((f"rate {r:g}", {"learning_rate_init": r}, "fit") for r in RATES),
    *(
        (f"log loss, rate {r:g}", {"loss": "log_loss", "learning_rate_init": r}, "fit")
        for r in LOG_LOSS_RATES
    ),
    ("stream", {}, "stream"),
    ("stream, log loss", {"loss": "log_loss"}, "stream"),
    ("stream, rate 30", {"learning_rate_init": 30.0}, "stream"),
]


def train(model, X, y, how):
    """Train as a setting says."""
    if how != "stream":
        return model.fit(X, y)
    generator, classes = np.random.default_rng(0), np.unique(y)
    for _ in range(max(1, 6000 // len(y))):
        rows = generator.permutation(len(y))
        for start in range(0, len(y), 100):
            part = rows[start : start + 100]
            model.partial_fit(X[part], y[part], classes=classes)
    return model


def evaluate(X, y, parameters, how):
    """Names of what was said; mean loss of the network and of constant probabilities."""
    if how != "as given":
        X = StandardScaler().fit_transform(X)
    if how.startswith("times"):
        X = X * float(how.split()[1])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = train(MLPLogisticClassifier(random_state=0, **parameters), X, y, how)
    score = "log loss" if model.loss == "log_loss" else "Brier score"
    share = np.tile(np.bincount(y) / len(y), (len(y), 1))
    said = [names_in(str(warning.message)) for warning in caught]
    # Whether a schedule without an end has converged is not what is counted.
    said = [names for names in said if names != ["cut off"]]
    losses = [float(scores(y, proba)[score]) for proba in (model.predict_proba(X), share)]
    return said, *losses


def names_in(text):
    """Names of the messages whose first words a text has."""
    found = []
    for name, message in {**BEGINNINGS, **CAUSES, **WARNINGS}.items():
        words = message.text.partition("{")[0].strip()
        if name != "none" and words in text:
            found.append(name)
    return found


def reference(parameters, how):
    """The setting that one is compared with."""
    kept = {name: value for name, value in parameters.items() if name == "loss"}
    return kept, "stream" if how == "stream" else "fit"


def run(data, settings, n_said, n_jobs=None):
    """Counts of the settings, and what was said at odd rates; a dict for `json`."""
    pairs = [pair for _, *pair in settings] + [reference(*pair) for _, *pair in settings]
    pairs += [({"learning_rate_init": rate}, "fit") for rate in ODD_RATES]
    tasks = {(repr(pair[0]), pair[1], t): (*data[t], *pair) for pair in pairs for t in data}
    values = Parallel(n_jobs=n_jobs)(delayed(evaluate)(*task) for task in tasks.values())
    results = dict(zip(tasks, values, strict=True))
    counts = {}
    for name, parameters, how in settings:
        count = dict.fromkeys(("told", "needless", "harmful", "missed"), 0)
        base, base_how = reference(parameters, how)
        for t in data:
            said, loss, constant = results[repr(parameters), how, t]
            _, other, _ = results[repr(base), base_how, t]
            is_harmful = loss > HARMFUL * other and loss > NEARLY_LEARNED * constant
            count["told"] += bool(said)
            count["needless"] += bool(said) and not is_harmful
            count["harmful"] += is_harmful
            count["missed"] += is_harmful and not said
        counts[name] = count
    said = {
        t: {
            f"{rate:g}": results[repr({"learning_rate_init": rate}), "fit", t][0]
            for rate in ODD_RATES
        }
        for t in list(data)[:n_said]
    }
    return {"tables": list(data), "counts": counts, "said": said}


def markdown(result):
    """The result of `run` as two Markdown tables."""
    columns = ("told", "needless", "harmful", "missed")
    rows = [
        [name, *(str(count[column]) for column in columns)]
        for name, count in result["counts"].items()
    ]
    lines = [f"{len(result['tables'])} tables.", *table(["setting", *columns], rows)]
    rows = [
        [
            t,
            *(
                "; ".join(", ".join(names) for names in said) or "nothing"
                for said in rates.values()
            ),
        ]
        for t, rates in result["said"].items()
    ]
    lines += table(["table", *(f"{rate:g}" for rate in ODD_RATES)], rows)
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", metavar="DIR")
    parser.add_argument("--tables", metavar="N", type=int, default=10)
    add_outputs(parser)
    options = parser.parse_args(arguments)
    pin_to_one_core()
    return report(run(tables(options.data), SETTINGS, options.tables), options, markdown)


if __name__ == "__main__":
    main()
