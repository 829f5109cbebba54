"""One network on the parts of a table, on a Dask cluster: local SGD.

In each round, every part trains a copy of the network for one epoch, and the weights of the copies
are averaged (McDonald, Hall and Mann, "Distributed training strategies for the structured
perceptron", 2010; Stich, "Local SGD converges fast and communicates little", 2019). Run as a
program, it compares parts of one table with one fit of it.

Usage: python -P docs/examples/local_sgd.py
"""

import math
from copy import deepcopy

import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import accuracy_score, log_loss
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier


def rate_and_alpha(number, n_rounds, n_rows, squared_length, loss):
    """Learning rate and alpha per row of a round, by the rules of `fit` for squared error.

    Rounds, numbered from 0, count as epochs. `n_rows` is the number of rows of all parts,
    `squared_length` is the mean of ``||x||**2``, and `loss` is the mean loss of the previous round.
    """
    rise = min(1.0, (number + 0.5) / (n_rounds / 5))
    rate = 4.0 * rise * (1.0 - number / n_rounds)
    alpha = 0.03 * math.sqrt(squared_length) * math.cbrt(n_rows * loss**2)
    return rate, alpha * min(1.0, 2.0 * number / n_rounds) / n_rows


def train_part(model, X, y, alpha_per_row):
    """A copy of the model after one epoch on a part."""
    model = deepcopy(model).set_params(alpha=alpha_per_row * len(y))
    return model.partial_fit(X, y)


def fit_on_parts(client, parts, model, classes, n_rounds):
    """Train `model` on parts (X, y), which the workers of the client keep."""
    X, y = parts[0]
    model = deepcopy(model).partial_fit(X[:1], y[:1], classes=classes)  # to have weights
    squared_length = min(float((X**2).sum(axis=1).mean()), X.shape[1])
    sizes = [len(y) for _, y in parts]
    parts = [client.scatter(list(part), hash=False) for part in parts]
    loss = 0.0
    for number in range(n_rounds):
        rate, alpha = rate_and_alpha(number, n_rounds, sum(sizes), squared_length, loss)
        model.set_params(learning_rate_init=rate)
        futures = [client.submit(train_part, model, X, y, alpha, pure=False) for X, y in parts]
        models = client.gather(futures)
        loss = float(np.average([model.loss_ for model in models], weights=sizes))
        model = models[0]  # with the state of its generator
        for name in ("coefs_", "intercepts_"):
            for layers in zip(*(getattr(model, name) for model in models), strict=True):
                layers[0][...] = np.average(layers, axis=0, weights=sizes)
    return model


def main():
    from dask.distributed import Client, LocalCluster  # what is above it needs no Dask

    X, y = make_classification(
        250_000, n_features=20, n_informative=8, n_clusters_per_class=4, flip_y=0.05, random_state=0
    )
    X = StandardScaler().fit_transform(X)
    train, test = slice(200_000), slice(200_000, None)
    print("parts   accuracy   log loss")
    model = MLPLogisticClassifier(max_iter=20, random_state=0).fit(X[train], y[train])
    print(f"one fit   {scores(model, X[test], y[test])}")
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        for n_parts in (1, 4, 16, 64):
            rows = np.array_split(np.arange(200_000), n_parts)
            parts = [(X[part], y[part]) for part in rows]
            model = MLPLogisticClassifier(random_state=0)
            model = fit_on_parts(client, parts, model, [0, 1], n_rounds=20)
            print(f"{n_parts:7}   {scores(model, X[test], y[test])}")


def scores(model, X, y):
    probability = model.predict_proba(X)
    accuracy = accuracy_score(y, probability.argmax(axis=1))
    return f"{accuracy:.4f}     {log_loss(y, probability):.4f}"


if __name__ == "__main__":
    main()
