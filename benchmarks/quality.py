"""Quality of the defaults against other libraries' defaults: accuracy, probabilities, time.

Usage: python -m benchmarks.quality [--habits | --tried | [--mean-of-four] [--peers]]
    [--data DIR] [--seeds N] [--json FILE] [--plot FILE]

Every model has its default settings, behind a StandardScaler, on the tables that scikit-learn
bundles or, in their place, on those in DIR and its subfolders:

- CSV files without a header, the class in the last column;
- NumPy files (npz) of two arrays: X, and y, the class numbers.

Five stratified folds for each seed; the seed draws the folds and is the models' random state.
Scores are those of the held-out folds:

- accuracy;
- Brier score: mean over the samples of the squared differences of the probabilities to 1 for the
  true class and to 0 for the others, halved, so that for two classes it is the usual one;
- log loss;
- AUC: area under the ROC curve, for more than two classes the mean of each class against the rest;
- calibration error: expected calibration error of the winning class, 10 bins of equal width.

The rank of a model on a table is its place by the mean score there, among itself and the other
libraries' models: each of this package's models is ranked without the others of this package.

The kinds of tables: "rare class" has two classes, one of them less than 10% of the samples; "noisy"
are those on which no model's log loss is below half the entropy of the class shares; "large" are
2,000 rows or more, "small" less than 500; "one-hot" has mostly columns of two values.

With ``--mean-of-four``, the mean of four fits of ours is compared, too; with ``--peers``, LightGBM,
CatBoost and RealMLP-TD (of pytabkit), those that are installed. With ``--habits``, the
defaults are compared with changes of one or two parameters that people often make first, on three
folds for each seed: the difference of the mean accuracy over the tables in points, and the ratio of
the mean Brier score and of the mean log loss. With ``--tried``, they are compared in the same way
with other values of each parameter.
"""

import argparse
import importlib
import importlib.util
import os
import statistics
import time
import warnings
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import entropy, gmean, rankdata, studentized_range
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import (
    BaggingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

from benchmarks.report import add_outputs, report, table
from benchmarks.timing import pin_to_one_core
from sklearn_mlp import MLPLogisticClassifier

# Whether more is better.
SCORES = {
    "accuracy": True,
    "Brier score": False,
    "log loss": False,
    "AUC": True,
    "calibration error": False,
    "fit time": False,
}
OURS = {
    "MLPLogisticClassifier": MLPLogisticClassifier(),
    "MLPLogisticClassifier, log loss": MLPLogisticClassifier(loss="log_loss"),
}
# The recipe of docs/choose.rst for four times the time.
MEAN_OF_FOUR = {
    "mean of four": BaggingClassifier(MLPLogisticClassifier(), n_estimators=4, bootstrap=False)
}
HABITS = {
    "early_stopping=True": {"early_stopping": True},
    'learning_rate="constant"': {"learning_rate": "constant"},
    'learning_rate="adaptive"': {"learning_rate": "adaptive"},
    'learning_rate="invscaling"': {"learning_rate": "invscaling"},
    'early_stopping=True, learning_rate="constant"': {
        "early_stopping": True,
        "learning_rate": "constant",
    },
    'early_stopping=True, scoring="accuracy"': {"early_stopping": True, "scoring": "accuracy"},
    "early_stopping=True, n_iter_no_change=10": {"early_stopping": True, "n_iter_no_change": 10},
}
TRIED = {
    f"{name}={value!r}": {name: value}
    for name, values in {
        "learning_rate_init": (0.5, 1.0, 2.0, 3.0, 5.0, 6.0),
        "alpha": (0.0, 0.01, 0.1, 0.3, 1.0),
        "hidden_layer_sizes": (4, 8, 16, 64, 128, (16, 8), (32, 32)),
        "max_iter": (20, 40, 160, 320),
        "init_range": (0.1, 0.3, 1.0),
        "n_init": (4,),
        "fit_intercept": (False,),
        "loss": ("log_loss",),
        "class_weight": ("balanced",),
    }.items()
    for value in values
}
PEERS = {
    "MLPClassifier": MLPClassifier(),
    "HistGradientBoosting": HistGradientBoostingClassifier(),
    "LogisticRegression": LogisticRegression(),
    "RandomForest": RandomForestClassifier(),
}

# Imported only with --peers: the keyword arguments keep them quiet.
OPTIONAL_PEERS = {
    "LightGBM": ("lightgbm", "LGBMClassifier", {"verbose": -1}),
    "CatBoost": (
        "catboost",
        "CatBoostClassifier",
        {"verbose": 0, "allow_writing_files": False, "random_state": 0, "thread_count": 1},
    ),
    "RealMLP-TD": ("pytabkit", "RealMLP_TD_Classifier", {"n_threads": 1, "device": "cpu"}),
}


def optional_peers():
    """Those of the optional models whose library is installed."""
    found = {}
    for name, (module, model, arguments) in OPTIONAL_PEERS.items():
        if importlib.util.find_spec(module) is None:
            print(f"Absent: {name}.")
            continue
        found[name] = getattr(importlib.import_module(module), model)(**arguments)
    return found


def bundled():
    """Name, X and y of the tables that come with scikit-learn."""
    result = {"breast cancer": load_breast_cancer(return_X_y=True)}
    for name, load in {"wine": load_wine, "iris": load_iris, "digits": load_digits}.items():
        result[name] = load(return_X_y=True)
    X, y = result["iris"]
    result["iris, 1 or 2"] = X[y > 0], y[y > 0]
    X, y = result["wine"]
    result["wine, 0 or not"] = X, y == 0
    X, y = result["digits"]
    result["digits, odd or even"] = X, y % 2
    return result


def read(folder):
    """Name, X and y of the tables in a folder."""
    result = {}
    for path in sorted(Path(folder).rglob("*.csv")):
        cells = np.genfromtxt(path, delimiter=",", dtype=str)
        result[path.stem] = cells[:, :-1].astype(float), cells[:, -1]
    for path in sorted(Path(folder).rglob("*.npz")):
        with np.load(path) as file:
            result[path.stem] = file["X"], file["y"]
    if not result:
        raise FileNotFoundError(f"There is no CSV or npz file in {folder}.")
    return result


def tables(folder=None):
    """Name, X and y of each table, y as numbers from 0."""
    raw = read(folder) if folder else bundled()
    return {name: (X, LabelEncoder().fit_transform(y)) for name, (X, y) in raw.items()}


def kinds(X, y, best_log_loss):
    """The kinds of a table, see the top of this module."""
    share = np.bincount(y) / len(y)
    two_values = [len(np.unique(column)) <= 2 for column in X.T]
    found = {
        "rare class": len(share) == 2 and share.min() < 0.1,
        "noisy": best_log_loss > 0.5 * entropy(share),
        "large": len(y) >= 2000,
        "small": len(y) < 500,
        "several classes": len(share) > 2,
        "one-hot": np.mean(two_values) > 0.5,
    }
    return [kind for kind, holds in found.items() if holds]


def calibration_error(y, proba, n_bins=10):
    """Mean over the samples of the difference, in their bin, of confidence to accuracy."""
    confidence, correct = proba.max(axis=1), proba.argmax(axis=1) == y
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    gaps = [abs(confidence[bins == b].sum() - correct[bins == b].sum()) for b in np.unique(bins)]
    return sum(gaps) / len(y)


def scores(y, proba):
    """All scores but the time."""
    classes = np.arange(proba.shape[1])
    one_hot = y[:, np.newaxis] == classes
    return {
        "accuracy": accuracy_score(y, proba.argmax(axis=1)),
        "Brier score": ((proba - one_hot) ** 2).sum(axis=1).mean() / 2,
        "log loss": log_loss(y, proba, labels=classes),
        "AUC": roc_auc_score(one_hot, proba, average="macro"),
        "calibration error": calibration_error(y, proba),
    }


def evaluate(model, X, y, seed, n_folds=5):
    """Scores of the folds, pooled for the calibration error, and seconds per fit."""
    warnings.simplefilter("ignore")  # convergence is not what is measured
    proba, seconds, folds = np.empty((len(y), y.max() + 1)), [], []
    for train, test in StratifiedKFold(n_folds, shuffle=True, random_state=seed).split(X, y):
        fold = clone(model)
        if "random_state" in fold.get_params():
            fold.set_params(random_state=seed)
        fold = make_pipeline(StandardScaler(), fold)
        start = time.perf_counter()
        fold.fit(X[train], y[train])
        seconds.append(time.perf_counter() - start)
        proba[test] = fold.predict_proba(X[test])
        folds.append(scores(y[test], proba[test]))
    result = {name: statistics.mean(fold[name] for fold in folds) for name in folds[0]}
    result["calibration error"] = calibration_error(y, proba)
    result["fit time"] = statistics.mean(seconds)
    return result


def run(data, ours, peers, n_seeds, n_jobs=None):
    """Mean scores of each model on each table, and what they come to; a dict for `json`."""
    models = {**ours, **peers}
    tasks = [(m, t, seed) for t in data for m in models for seed in range(n_seeds)]
    results = Parallel(n_jobs=n_jobs)(
        delayed(evaluate)(models[m], *data[t], seed) for m, t, seed in tasks
    )
    means = {t: {m: {} for m in models} for t in data}
    for t in data:
        for m in models:
            runs = [r for (a, b, _), r in zip(tasks, results, strict=True) if (a, b) == (m, t)]
            means[t][m] = {score: statistics.mean(r[score] for r in runs) for score in SCORES}
    of_kind = {"all": list(data)}
    for t, (X, y) in data.items():
        for kind in kinds(X, y, min(means[t][m]["log loss"] for m in models)):
            of_kind.setdefault(kind, []).append(t)
    return {
        "seeds": n_seeds,
        "tables": means,
        "kinds": of_kind,
        "means": {score: mean_scores(means, list(models), score) for score in SCORES},
        "ranks": {
            kind: {
                m: {score: mean_ranks(means, names, [m, *peers], score) for score in SCORES}
                for m in ours
            }
            for kind, names in of_kind.items()
        },
        "wins": {
            m: {
                peer: {score: wins(means, m, peer, score) for score in SCORES}
                for peer in (*peers, *(other for other in ours if other != m))
            }
            for m in ours
        },
    }


def run_habits(data, changes, n_seeds, n_jobs=None):
    """Mean scores of the defaults and of each change of them; a dict for `json`."""
    models = {"defaults": {}, **changes}
    tasks = [(m, t, seed) for m in models for t in data for seed in range(n_seeds)]
    results = Parallel(n_jobs=n_jobs)(
        delayed(evaluate)(MLPLogisticClassifier(**models[m]), *data[t], seed, n_folds=3)
        for m, t, seed in tasks
    )
    means = {}
    for m in models:
        runs = [r for (name, _, _), r in zip(tasks, results, strict=True) if name == m]
        means[m] = {score: statistics.mean(r[score] for r in runs) for score in SCORES}
    return {"tables": list(data), "seeds": n_seeds, "means": means}


def habits_markdown(result):
    """The result of `run_habits` as a Markdown table."""
    defaults, *changes = result["means"]
    base, rows = result["means"][defaults], []
    for change in changes:
        mean = result["means"][change]
        points = 100.0 * (base["accuracy"] - mean["accuracy"])
        ratios = [mean[score] / base[score] for score in ("Brier score", "log loss")]
        rows.append([f"`{change}`", f"{points:.2f}", *(f"{ratio:.3f}" for ratio in ratios)])
    head = ["change of the defaults", "points of accuracy lost", "Brier score", "log loss"]
    lines = [f"{len(result['tables'])} tables, {result['seeds']} seeds."]
    return "\n".join([*lines, *table(head, rows)])


def signed(means, names, models, score):
    """Values of shape (tables, models), less is better; equal to rounding is equal."""
    sign = -1 if SCORES[score] else 1
    return np.round([[sign * means[t][m][score] for m in models] for t in names], 10)


def mean_scores(means, models, score):
    values = np.array([[means[t][m][score] for m in models] for t in means])
    average = gmean(values, axis=0) if score == "fit time" else values.mean(axis=0)
    return dict(zip(models, average.tolist(), strict=True))


def mean_ranks(means, names, models, score):
    ranks = rankdata(signed(means, names, models, score), axis=1).mean(axis=0)
    return dict(zip(models, ranks.tolist(), strict=True))


def critical_difference(n_models, n_tables):
    """Differences of mean ranks above it are more than chance, by Nemenyi's test at 5%.

    Janez Demsar, "Statistical comparisons of classifiers over multiple data sets", Journal of
    Machine Learning Research 7 (2006), section 3.2.2.
    """
    q = studentized_range.ppf(0.95, n_models, np.inf) / np.sqrt(2.0)
    return float(q * np.sqrt(n_models * (n_models + 1) / (6.0 * n_tables)))


def wins(means, model, peer, score):
    """Tables on which a model is better than a peer; a tie is half."""
    a, b = signed(means, list(means), [model, peer], score).T
    return float((a < b).sum() + 0.5 * (a == b).sum())


def markdown(result):
    """The tables of a result as Markdown."""
    n_tables, models = len(result["tables"]), list(result["means"]["accuracy"])
    ours = list(result["wins"])
    lines = [f"{n_tables} tables, {result['seeds']} seeds."]
    lines += table(
        ["mean over the tables", *SCORES],
        [[m] + [f"{result['means'][score][m]:.4f}" for score in SCORES] for m in models],
    )
    for m in ours:
        ranked = list(result["ranks"]["all"][m]["accuracy"])
        lines += table(
            [f"mean rank, {len(ranked)} models", *SCORES],
            [
                [name] + [f"{result['ranks']['all'][m][score][name]:.2f}" for score in SCORES]
                for name in ranked
            ],
        )
        difference = critical_difference(len(ranked), n_tables)
        lines += ["", f"Differences of mean ranks above {difference:.2f} are more than chance."]
        lines += table(
            [f"{m}, tables won of {n_tables} against", *SCORES],
            [
                [peer] + [f"{row[score]:g}" for score in SCORES]
                for peer, row in result["wins"][m].items()
            ],
        )
        # Ours, then the best of the others.
        lines += table(
            [f"mean rank of {m} (best other model)", "tables", *SCORES],
            [
                [kind, str(len(result["kinds"][kind]))]
                + [
                    f"{row[m][score][m]:.2f} "
                    f"({min(v for k, v in row[m][score].items() if k != m):.2f})"
                    for score in SCORES
                ]
                for kind, row in result["ranks"].items()
            ],
        )
    lines += table(
        ["accuracy / log loss", *models],
        [
            [name] + [f"{row[m]['accuracy']:.3f} / {row[m]['log loss']:.3f}" for m in models]
            for name, row in result["tables"].items()
        ],
    )
    return "\n".join(lines)


def plot(result, path):
    """Mean ranks, one panel for each score."""
    import matplotlib.pyplot as plt

    ranks = next(iter(result["ranks"]["all"].values()))
    models = list(ranks["accuracy"])
    figure, axes = plt.subplots(1, len(SCORES), figsize=(14, 3), sharey=True)
    for ax, score in zip(axes, SCORES, strict=True):
        color = ["C1" if m == models[0] else "C0" for m in models]
        ax.barh(models, [ranks[score][model] for model in models], color=color)
        ax.set(title=score, xlabel="mean rank")
    axes[0].invert_yaxis()
    figure.savefig(path, bbox_inches="tight")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", metavar="DIR")
    parser.add_argument("--seeds", type=int, default=2)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--habits", action="store_true")
    what.add_argument("--tried", action="store_true")
    what.add_argument("--peers", action="store_true")
    parser.add_argument("--mean-of-four", action="store_true")
    add_outputs(parser)
    options = parser.parse_args(arguments)
    pin_to_one_core()
    if options.habits or options.tried:
        changes = HABITS if options.habits else TRIED
        result = run_habits(tables(options.data), changes, options.seeds)
        return report(result, options, habits_markdown)
    ours = {**OURS, **(MEAN_OF_FOUR if options.mean_of_four else {})}
    peers = {**PEERS, **(optional_peers() if options.peers else {})}
    return report(run(tables(options.data), ours, peers, options.seeds), options, markdown, plot)


if __name__ == "__main__":
    main()
