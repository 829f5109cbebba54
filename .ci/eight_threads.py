"""Eight threads fit and predict: the results of one thread, and how much faster on two cores."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sklearn_mlp import MLPLogisticClassifier

rng = np.random.default_rng(0)
X = rng.normal(size=(5_000, 30))
y = (X[:, 0] * X[:, 1] > 0).astype(int)


def fit_and_predict(seed):
    model = MLPLogisticClassifier(max_iter=20, random_state=seed).fit(X, y)
    return model.predict_proba(X)


def seconds(n_threads):
    with ThreadPoolExecutor(n_threads) as pool:
        start = time.perf_counter()
        results = list(pool.map(fit_and_predict, range(16)))
        return time.perf_counter() - start, results


one, expected = seconds(1)
eight, results = seconds(8)
for got, wanted in zip(results, expected, strict=True):
    np.testing.assert_array_equal(got, wanted)
gil = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"
sys.stdout.write(
    f"16 fits, GIL {gil}: {one:.2f} s in one thread, {eight:.2f} s in eight, same bits\n"
)
