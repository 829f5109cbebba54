"""A grid search on two Dask workers against two processes of joblib's default backend.

Usage: python -m benchmarks.cluster [--rows N] [--turns N]

The same search in turns, on a table of standard normal inputs that takes it about a minute; the
ratio is the median over the turns of the ratio within one turn. The workers are started before.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import joblib
import numpy as np
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier


def run(n_rows, n_turns):
    """Seconds of each turn by backend, and whether all scores were the same."""
    from distributed import Client, LocalCluster

    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 30))
    y = X[:, 0] * X[:, 1] + X[:, 2] > rng.normal(size=n_rows)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), MLPLogisticClassifier(random_state=0)),
        {
            "mlplogisticclassifier__learning_rate_init": [0.5, 2.0, "auto"],
            "mlplogisticclassifier__hidden_layer_sizes": [16, 32],
        },
        n_jobs=2,
        refit=False,
    )
    seconds, scores = {"default": [], "dask": []}, []
    workers = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**workers) as cluster, Client(cluster):
        for _ in range(n_turns):
            for name, backend in (("default", "loky"), ("dask", "dask")):
                start = time.perf_counter()
                with joblib.parallel_config(backend=backend):
                    search.fit(X, y)
                seconds[name].append(time.perf_counter() - start)
                scores.append(search.cv_results_["mean_test_score"])
    return seconds, all(np.array_equal(scores[0], other) for other in scores)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=700_000)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    seconds, same = run(arguments.rows, arguments.turns)
    ratios = [b / a for a, b in zip(seconds["default"], seconds["dask"], strict=True)]
    for name, values in seconds.items():
        print(f"{name:8s} {statistics.median(values):6.1f} s")
    print(f"dask / default {statistics.median(ratios):.2f}; the same scores: {same}")


if __name__ == "__main__":
    main()
