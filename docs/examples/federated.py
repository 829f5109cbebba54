"""Federated averaging: one network of several clients, whose rows stay where they are.

In each round, every client trains the network on its own rows, and a server averages the weights,
each client counted as often as it has rows (McMahan, Moore, Ramage, Hampson and Agüera y Arcas,
"Communication-efficient learning of deep networks from decentralized data", 2017). Weights travel
as lists of arrays, as in Flower's `NumPyClient`
(https://flower.ai/docs/framework/ref-api/flwr.client.NumPyClient.html). Flower is not needed here:
the clients and the server are functions of one process. Run as a program, it compares two clients
that do not have the same classes with one fit of all rows.

Usage: python docs/examples/federated.py
"""

import numpy as np
from local_sgd import rate_and_alpha
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier


def get_parameters(model):
    # Copies: the model goes on training in its own arrays.
    return [weights.copy() for weights in (*model.coefs_, *model.intercepts_)]


def set_parameters(model, parameters):
    for weights, received in zip((*model.coefs_, *model.intercepts_), parameters, strict=True):
        weights[...] = received


def train(model, X, y, parameters, rate, alpha_per_row, n_epochs):
    """A round on a client; what it returns leaves the client."""
    set_parameters(model, parameters)
    model.set_params(learning_rate_init=rate, alpha=alpha_per_row * len(y))
    for _ in range(n_epochs):
        model.partial_fit(X, y)
    return get_parameters(model), len(y), {"loss": model.loss_}


def mean(results):
    """The mean of the weights, weighted by each client's number of rows."""
    parameters, sizes, _ = zip(*results, strict=True)
    return [np.average(each, axis=0, weights=sizes) for each in zip(*parameters, strict=True)]


def federate(clients, n_rounds, n_epochs):
    """The weights after all rounds of clients (model, X, y)."""
    parameters = get_parameters(clients[0][0])
    n_inputs = clients[0][0].n_features_in_  # the mean of ||x||**2 of standardized inputs
    n_rows, loss = 1, 0.0  # with a loss of 0, alpha is 0 in the first round
    for number in range(n_rounds):
        rate, alpha = rate_and_alpha(number, n_rounds, n_rows, n_inputs, loss)
        results = [train(*client, parameters, rate, alpha, n_epochs) for client in clients]
        parameters = mean(results)
        n_rows = sum(size for _, size, _ in results)
        loss = sum(size * metrics["loss"] for _, size, metrics in results) / n_rows
    return parameters


def make_clients(parts, classes):
    """Clients (model, X, y) with all classes and one scale, and the scaler."""
    scaler = StandardScaler()
    for X, _ in parts:
        scaler.partial_fit(X)  # on one client after the other
    clients = []
    for X, y in parts:
        X = scaler.transform(X)
        # One row, to have weights. The rows of a client may lack a class; its network does not.
        model = MLPLogisticClassifier(random_state=0).partial_fit(X[:1], y[:1], classes=classes)
        clients.append((model, X, y))
    return clients, scaler


def compare(seed):
    """Accuracy and log loss on other rows, by what was trained."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=seed)
    # 0 to 3 are on the first client, 7 to 9 on the second, the other three on both.
    is_first = (y < 4) | ((y < 7) & (np.random.default_rng(seed).random(len(y)) < 0.5))
    parts = [(X[rows], y[rows]) for rows in (is_first, ~is_first)]
    clients, scaler = make_clients(parts, classes=range(10))
    X, X_test = scaler.transform(X), scaler.transform(X_test)

    def scores(model):
        probability = model.predict_proba(X_test)
        accuracy = accuracy_score(y_test, probability.argmax(axis=1))
        return accuracy, log_loss(y_test, probability)

    result = {"one fit of 80 epochs": scores(MLPLogisticClassifier(random_state=0).fit(X, y))}
    for number, client in enumerate(clients, 1):
        set_parameters(client[0], federate([client], 80, 1))
        result[f"client {number} alone, 80 epochs"] = scores(client[0])
    for n_rounds, n_epochs in ((80, 1), (20, 4), (5, 16)):
        clients, _ = make_clients(parts, classes=range(10))
        set_parameters(clients[0][0], federate(clients, n_rounds, n_epochs))
        result[f"both, {n_rounds} rounds of {n_epochs}"] = scores(clients[0][0])
    return result


def main():
    results = [compare(seed) for seed in range(10)]
    print("means of 10 splits           accuracy   log loss")
    for name in results[0]:
        accuracy, loss = np.mean([result[name] for result in results], axis=0)
        print(f"{name:28} {accuracy:.3f}      {loss:.3f}")


if __name__ == "__main__":
    main()
