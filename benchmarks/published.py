"""Published results, and problems with a known answer, repeated with this package.

Usage: python -m benchmarks.published --data DIR [--json FILE]

DIR holds sonar.csv and ionosphere.csv of the UCI Machine Learning Repository, without a header, the
class in the last column.

- Sonar: R. P. Gorman and T. J. Sejnowski, "Analysis of hidden units in a layered network trained
  to classify sonar targets", Neural Networks 1, 1988, the series without regard to the angle: 13
  times 16 samples are held out in turn, for each ten networks begin from other weights in +-0.3,
  and learn 300 times through the rest at rate 2. Theirs had two output nodes and took an error
  under 0.2 for none; this package has one output node, and every error counts.
- Ionosphere: V. G. Sigillito, S. P. Wing, L. V. Hutton and K. B. Baker, "Classification of radar
  returns from the ionosphere using neural networks", Johns Hopkins APL Technical Digest 10, 1989:
  trained on the first 200 rows, tested on the 151 others; about 96% with hidden nodes. Defaults.
- Exclusive or, four rows, 4 hidden nodes: every default but nodes, rate (1) and epochs (5,000).
- The article's kind of problem: three inputs from -5 to 5 by halves, class 1 where x > 0, y > 0 and
  z < 0; 3,000 rows, as many to test on, standardised; defaults.
- Text: generated documents of two or four classes over 24,000 words of Zipf's frequencies, a
  twentieth or a tenth of them more or less frequent in a class, as TF-IDF rows of length 1; five
  folds; defaults, against LogisticRegression's.
- Small curved problems, 2,000 rows to test on, standardised; defaults, and two layers of 16 and
  8 nodes, against MLPClassifier's defaults.
"""

import argparse
import os
import warnings
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
from joblib import Parallel, delayed
from scipy.sparse import csr_array
from sklearn.datasets import make_circles, make_moons
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import LabelEncoder, StandardScaler

from benchmarks.quality import read
from benchmarks.report import report, table
from sklearn_mlp import MLPLogisticClassifier

# Hidden nodes and Gorman and Sejnowski's accuracy on the held-out samples, in percent.
SONAR = {2: 81.9, 3: 82.0, 6: 83.5, 12: 84.7, 24: 84.5}


def accuracy(model, X, y, X_test, y_test):
    """Percent of the test samples that are right after training."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence is not what is measured
        return 100.0 * model.fit(X, y).score(X_test, y_test)


def standardised(X, y, n_train):
    """Training and test set."""
    X = StandardScaler().fit(X[:n_train]).transform(X)
    return X[:n_train], y[:n_train], X[n_train:], y[n_train:]


def parallel(calls):
    return Parallel(n_jobs=-1)(calls)


def sonar(X, y, sizes=tuple(SONAR), n_starts=10):
    """Percent right for each number of hidden nodes: mean and standard deviation over splits."""
    result = {}
    splits = list(StratifiedKFold(13, shuffle=True, random_state=0).split(X, y))
    for n_hidden in sizes:
        calls = [
            delayed(accuracy)(
                MLPLogisticClassifier(
                    n_hidden,
                    alpha=0.0,
                    learning_rate="constant",
                    learning_rate_init=2.0,
                    init_range=0.3,
                    max_iter=300,
                    n_iter_no_change=np.inf,
                    random_state=start,
                ),
                X[train],
                y[train],
                X[test],
                y[test],
            )
            for train, test in splits
            for start in range(n_starts)
        ]
        percent = np.array(parallel(calls)).reshape(len(splits), n_starts).mean(axis=1)
        result[n_hidden] = {"mean": percent.mean(), "std": percent.std()}
    return result


def ionosphere(X, y, n_seeds=20):
    return parallel(
        delayed(accuracy)(
            MLPLogisticClassifier(random_state=seed), *standardised(X, y, n_train=200)
        )
        for seed in range(n_seeds)
    )


def xor(n_seeds=20):
    X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    return parallel(
        delayed(accuracy)(
            MLPLogisticClassifier(4, learning_rate_init=1.0, max_iter=5000, random_state=seed),
            *(X, y, X, y),
        )
        for seed in range(n_seeds)
    )


def article(seed, n_rows=3000):
    X = np.random.default_rng(seed).integers(-10, 11, (2 * n_rows, 3)) / 2.0
    y = (X[:, 0] > 0) & (X[:, 1] > 0) & (X[:, 2] < 0)
    return standardised(X, y, n_rows)


def noisy_xor(n_rows, seed):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (n_rows, 2))
    return X + rng.normal(scale=0.1, size=X.shape), (X.prod(axis=1) > 0).astype(int)


CURVED = {
    "moons": lambda n, seed: make_moons(n, noise=0.2, random_state=seed),
    "circles": lambda n, seed: make_circles(n, noise=0.1, factor=0.5, random_state=seed),
    "noisy exclusive or": noisy_xor,
}


def curved(n_seeds=20):
    """Percent right of three models on each problem, a list over seeds each."""
    models = {
        "defaults": lambda seed: MLPLogisticClassifier(random_state=seed),
        "two layers": lambda seed: MLPLogisticClassifier((16, 8), random_state=seed),
        "MLPClassifier": lambda seed: MLPClassifier(random_state=seed),
    }
    return {
        f"{name}, {n_rows} rows": {
            model: parallel(
                delayed(accuracy)(make(seed), *standardised(*draw(n_rows + 2000, seed), n_rows))
                for seed in range(n_seeds)
            )
            for model, make in models.items()
        }
        for name, draw in CURVED.items()
        for n_rows in (200, 300, 500)
    }


def documents(n_rows, n_classes, strength, share, n_words=24_000, seed=0):
    """TF-IDF rows of length 1, CSR, and their classes."""
    rng = np.random.default_rng(seed)
    frequency = rng.permutation(1.0 / (np.arange(n_words) + 10.0))
    special = rng.uniform(size=(n_classes, n_words)) < share
    logs = np.log(frequency) + special * rng.normal(scale=2 * strength, size=special.shape)
    cumulated = np.cumsum(np.exp(logs), axis=1)
    y = rng.integers(0, n_classes, n_rows)
    lengths = np.maximum(rng.lognormal(np.log(100), 0.6, n_rows).astype(int), 10)
    words = [
        np.searchsorted(cumulated[k], rng.uniform(high=cumulated[k, -1], size=length))
        for k, length in zip(y, lengths, strict=True)
    ]
    counts = csr_array(
        (np.ones(lengths.sum()), np.concatenate(words), np.concatenate([[0], lengths.cumsum()])),
        shape=(n_rows, n_words),
    )
    counts.sum_duplicates()
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts), y


TEXTS = {
    "2,000 documents": (2000, 2, 0.4, 0.10),
    "4,000 documents": (4000, 2, 0.5, 0.05),
    "3,000 documents, four classes": (3000, 4, 0.6, 0.10),
}


def text(n_seeds):
    """Percent right of two models on each kind of text, a list over seeds each."""
    models = {"defaults": MLPLogisticClassifier(random_state=0)}
    models["LogisticRegression"] = LogisticRegression()
    result = {name: {model: [] for model in models} for name in TEXTS}
    for name, how in TEXTS.items():
        for seed in range(n_seeds):
            X, y = documents(*how, seed=seed)
            for model, estimator in models.items():
                folds = StratifiedKFold(5, shuffle=True, random_state=seed)
                scores = cross_val_score(estimator, X, y, cv=folds, n_jobs=-1)
                result[name][model].append(100.0 * scores.mean())
    return result


def run(folder, n_seeds=20):
    data = {name: (X, LabelEncoder().fit_transform(y)) for name, (X, y) in read(folder).items()}
    return {
        "sonar": sonar(*data["sonar"]),
        "ionosphere": ionosphere(*data["ionosphere"], n_seeds),
        "exclusive or": xor(n_seeds),
        "article": parallel(
            delayed(accuracy)(MLPLogisticClassifier(random_state=seed), *article(seed))
            for seed in range(50)
        ),
        "text": text(min(n_seeds, 5)),
        "curved": curved(n_seeds),
    }


def markdown(result):
    """The tables of a result as Markdown."""
    lines = table(
        ["sonar, hidden nodes", "Gorman and Sejnowski, % right", "here", "over the 13 splits"],
        [
            [str(n), f"{SONAR[n]:.1f}", f"{row['mean']:.1f}", f"+- {row['std']:.1f}"]
            for n, row in result["sonar"].items()
        ],
    )
    lines += table(
        ["problem", "fits", "mean, % right", "lowest"],
        [
            [name, str(len(values)), f"{np.mean(values):.1f}", f"{min(values):.1f}"]
            for name, values in result.items()
            if isinstance(values, list)
        ],
    )
    for kind in ("text", "curved"):
        models = next(iter(result[kind].values()))
        lines += table(
            [f"{kind}, mean (lowest), % right", *models],
            [
                [name] + [f"{np.mean(row[m]):.1f} ({min(row[m]):.1f})" for m in models]
                for name, row in result[kind].items()
            ],
        )
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", metavar="DIR", required=True, type=Path)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args(arguments)
    report(run(options.data, options.seeds), options, markdown)


if __name__ == "__main__":
    main()
