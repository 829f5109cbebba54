"""Quality of the defaults against the neighbours' defaults: accuracy, probabilities, time.

Usage: python -m benchmarks.quality [--data DIR] [--seeds N] [--json FILE] [--plot FILE]

Every model has its default settings, behind a StandardScaler, on tables that scikit-learn bundles
and on those in DIR: CSV files without a header, the class in the last column, such as sonar,
ionosphere, Pima Indians diabetes, banknote authentication and Haberman's survival from the UCI
Machine Learning Repository. Five stratified folds for each seed; the seed draws the folds and is
the models' random state. Scores are those of the held-out folds:

- accuracy;
- Brier score: mean over the samples of the squared differences of the probabilities to 1 for the
  true class and to 0 for the others, halved, so that for two classes it is the usual one;
- log loss;
- AUC: area under the ROC curve, for more than two classes the mean of each class against the rest;
- calibration error: expected calibration error of the winning class, 10 bins of equal width.

The rank of a model on a table is its place among the models by the mean score there.
"""

import argparse
import os
import statistics
import time
import warnings
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
from joblib import Parallel, delayed
from scipy.stats import gmean, rankdata
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, StandardScaler

from benchmarks.speed import add_outputs, pin_to_one_core, report, table
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
MODELS = {
    "MLPLogisticClassifier": MLPLogisticClassifier(),
    "MLPClassifier": MLPClassifier(),
    "LogisticRegression": LogisticRegression(),
    "SGDClassifier": SGDClassifier(loss="log_loss"),
    "HistGradientBoosting": HistGradientBoostingClassifier(),
    "RandomForest": RandomForestClassifier(),
}


def tables(folder=None):
    """Name, X and y of each table, y as numbers from 0."""
    result = {"breast cancer": load_breast_cancer(return_X_y=True)}
    for name, load in {"wine": load_wine, "iris": load_iris, "digits": load_digits}.items():
        result[name] = load(return_X_y=True)
    X, y = result["iris"]
    result["iris, 1 or 2"] = X[y > 0], y[y > 0]
    X, y = result["wine"]
    result["wine, 0 or not"] = X, y == 0
    X, y = result["digits"]
    result["digits, odd or even"] = X, y % 2
    for path in sorted(Path(folder).glob("*.csv")) if folder else []:
        cells = np.genfromtxt(path, delimiter=",", dtype=str)
        result[path.stem] = cells[:, :-1].astype(float), cells[:, -1]
    return {name: (X, LabelEncoder().fit_transform(y)) for name, (X, y) in result.items()}


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


def evaluate(model, X, y, seed):
    """Scores of five folds, pooled for the calibration error, and seconds per fit."""
    warnings.simplefilter("ignore")  # convergence is not what is measured
    proba, seconds, folds = np.empty((len(y), y.max() + 1)), [], []
    for train, test in StratifiedKFold(5, shuffle=True, random_state=seed).split(X, y):
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


def run(data, models, n_seeds, n_jobs=None):
    """Mean scores of each model on each table, and over the tables; a dict for `json`."""
    tasks = [(m, t, seed) for t in data for m in models for seed in range(n_seeds)]
    results = Parallel(n_jobs=n_jobs)(
        delayed(evaluate)(models[m], *data[t], seed) for m, t, seed in tasks
    )
    per_table = {t: {m: {} for m in models} for t in data}
    for t in data:
        for m in models:
            runs = [r for (a, b, _), r in zip(tasks, results, strict=True) if (a, b) == (m, t)]
            per_table[t][m] = {score: statistics.mean(r[score] for r in runs) for score in SCORES}
    summary = {m: {} for m in models}
    for score, more_is_better in SCORES.items():
        sign = -1 if more_is_better else 1
        values = np.array([[per_table[t][m][score] for m in models] for t in data])
        # Equal to rounding is equal.
        ranks = rankdata(np.round(sign * values, 10), axis=1).mean(axis=0)
        means = gmean(values, axis=0) if score == "fit time" else values.mean(axis=0)
        for m, mean, rank in zip(models, means.tolist(), ranks.tolist(), strict=True):
            summary[m][score] = {"mean": mean, "mean rank": rank}
    return {"tables": per_table, "summary": summary, "seeds": n_seeds}


def markdown(result):
    """The tables of a result as Markdown."""
    lines = [f"{len(result['tables'])} tables, {result['seeds']} seeds; mean (mean rank):"]
    lines += table(
        ["model", *SCORES],
        [
            [model]
            + [f"{row[score]['mean']:.4f} ({row[score]['mean rank']:.2f})" for score in SCORES]
            for model, row in result["summary"].items()
        ],
    )
    for score in SCORES:
        models = list(result["summary"])
        lines += table(
            [score, *models],
            [
                [name] + [f"{row[model][score]:.4f}" for model in models]
                for name, row in result["tables"].items()
            ],
        )
    return "\n".join(lines)


def plot(result, path):
    """Mean ranks, one panel for each score."""
    import matplotlib.pyplot as plt

    models = list(result["summary"])
    figure, axes = plt.subplots(1, len(SCORES), figsize=(14, 3), sharey=True)
    for ax, score in zip(axes, SCORES, strict=True):
        ranks = [result["summary"][model][score]["mean rank"] for model in models]
        ax.barh(models, ranks, color=["C1" if m == models[0] else "C0" for m in models])
        ax.set(title=score, xlabel="mean rank")
    axes[0].invert_yaxis()
    figure.savefig(path, bbox_inches="tight")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", metavar="DIR")
    parser.add_argument("--seeds", type=int, default=5)
    add_outputs(parser)
    options = parser.parse_args(arguments)
    pin_to_one_core()
    report(run(tables(options.data), MODELS, options.seeds), options, markdown, plot)


if __name__ == "__main__":
    main()
