"""What `asv` times at two commits: the defaults on tables of a few sizes, and single rows.

Usage: asv continuous -f 1.1 COMMIT COMMIT (each commit is built into an environment of its own)
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported

import warnings

import numpy as np

from sklearn_mlp import MLPLogisticClassifier


def table(n_rows, n_inputs, n_classes=2):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_inputs))
    if n_classes > 2:
        return X, rng.permutation(n_rows) % n_classes
    return X, (X[:, 0] * X[:, -1] > 0).astype(int)


class Suite:
    def setup(self, *parameters):
        warnings.simplefilter("ignore")  # convergence is not what is measured
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


class Fit(Suite):
    """`fit` of the default network, for ten epochs."""

    params = ([4, 10, 30, 60, 100], [2, 3, 10])
    param_names = ("inputs", "classes")

    def setup(self, n_inputs, n_classes):
        super().setup()
        self.table = table(5_000, n_inputs, n_classes)
        self.model = MLPLogisticClassifier(max_iter=10, random_state=0)

    def time_fit(self, n_inputs, n_classes):
        self.model.fit(*self.table)


class Rows(Suite):
    """One row, and all rows, of 30 inputs."""

    def setup(self):
        super().setup()
        self.X, self.y = table(10_000, 30)
        self.model = MLPLogisticClassifier(max_iter=2, random_state=0).fit(self.X, self.y)
        self.x, self.label = self.X[:1], self.y[:1]
        self.model.partial_fit(self.x, self.label)  # the first call takes the full way

    def time_partial_fit_of_one_row(self):
        self.model.partial_fit(self.x, self.label)

    def time_partial_fit_of_ten_rows(self):
        self.model.partial_fit(self.X[:10], self.y[:10])

    def time_partial_fit_of_one_row_in_the_full_way(self):
        self.model.partial_fit(self.x.tolist(), self.label)

    def time_predict_proba_of_one_row(self):
        self.model.predict_proba(self.x)

    def time_predict_of_one_row(self):
        self.model.predict(self.x)

    def time_predict_proba_of_all_rows(self):
        self.model.predict_proba(self.X)

    def time_small_fit(self):
        MLPLogisticClassifier(8, max_iter=50, random_state=0).fit(self.X[:100, :4], self.y[:100])
