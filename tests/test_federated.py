"""Federated averaging as in the docs: what goes out of the clients, the mean, and back in."""

import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier

sys.path.append(str(Path(__file__).resolve().parent.parent / "docs" / "examples"))
import federated
from local_sgd import rate_and_alpha


def test_two_clients_together_know_what_neither_knows():
    accuracy = {name: scores[0] for name, scores in federated.compare(seed=0).items()}
    one_fit = accuracy.pop("one fit of 80 epochs")
    for name, value in accuracy.items():
        if "alone" in name:  # with 7 and 6 of the 10 digits
            assert value < 0.72
        else:
            assert value > one_fit - 0.03


def test_the_mean_counts_a_client_as_often_as_it_has_rows():
    one, two = [np.zeros((2, 3)), np.ones(3)], [np.full((2, 3), 4.0), np.full(3, -3.0)]
    coefs, intercepts = federated.mean([(one, 30, {}), (two, 10, {})])
    np.testing.assert_array_equal(coefs, np.full((2, 3), 1.0))
    np.testing.assert_array_equal(intercepts, np.zeros(3))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_parameters_out_and_in(digits, dtype, bits):
    X, y = digits[0].astype(dtype), digits[1]
    networks = [MLPLogisticClassifier(4, random_state=seed, shuffle=False) for seed in (0, 1)]
    one, other = (network.partial_fit(X, y, classes=np.unique(y)) for network in networks)
    assert bits(one) != bits(other)
    parameters = federated.get_parameters(one)
    saved = bits(one)
    federated.set_parameters(other, parameters)
    assert bits(other) == saved
    assert other.coefs_[0].dtype == dtype
    np.testing.assert_array_equal(other.decision_function(X), one.decision_function(X))
    # They train from there on, and what went out stays as it was.
    assert bits(one.partial_fit(X, y)) == bits(other.partial_fit(X, y)) != saved
    assert [weights.tobytes() for weights in parameters] == saved


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_round_is_some_epochs_from_the_weights_that_came_in(digits, bits):
    X, y = digits
    model = MLPLogisticClassifier(4, random_state=0, shuffle=False)
    model.partial_fit(X, y, classes=np.unique(y))
    rng = np.random.default_rng(0)
    received = [rng.uniform(-1, 1, weights.shape) for weights in federated.get_parameters(model)]
    sent, n_rows, metrics = federated.train(model, X, y, received, 0.5, 1e-3, n_epochs=3)
    # The same by `fit`, which can be given initial weights.
    fitted = MLPLogisticClassifier(
        4,
        learning_rate_init=0.5,
        learning_rate="constant",
        alpha=1e-3 * len(y),
        max_iter=3,
        shuffle=False,
    ).fit(X, y, coefs_init=received[:2], intercepts_init=received[2:])
    assert [weights.tobytes() for weights in sent] == bits(fitted)
    assert (n_rows, metrics) == (len(y), {"loss": fitted.loss_})


def test_all_clients_get_the_mean_of_the_round_before(digits, monkeypatch):
    X, y = digits
    parts = [(X[:50], y[:50]), (X[50:], y[50:])]
    clients, _ = federated.make_clients(parts, classes=np.unique(y))
    original, received, settings, returned = federated.train, [], [], []

    def train(model, X, y, parameters, *arguments):
        received.append([weights.copy() for weights in parameters])
        settings.append(arguments)
        returned.append(original(model, X, y, parameters, *arguments))
        return returned[-1]

    monkeypatch.setattr(federated, "train", train)
    last = federated.federate(clients, n_rounds=4, n_epochs=1)
    loss = 0.0
    for number in range(0, 8, 2):
        expected = (*rate_and_alpha(number // 2, 4, 200, X.shape[1], loss), 1)
        assert settings[number] == settings[number + 1] == pytest.approx(expected, rel=1e-12)
        for one, other in zip(received[number], received[number + 1], strict=True):
            np.testing.assert_array_equal(one, other)
        (one, n_one, mine), (other, n_other, others) = returned[number : number + 2]
        assert (n_one, n_other) == (50, 150)
        loss = 0.25 * mine["loss"] + 0.75 * others["loss"]
        after = received[number + 2] if number < 6 else last
        for a, b, weights in zip(one, other, after, strict=True):
            np.testing.assert_allclose(weights, 0.25 * a + 0.75 * b, rtol=1e-12, atol=1e-15)


def test_a_client_may_lack_a_class(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    # The first client has no virginica, the second no setosa; the names come in no order.
    is_first = np.where(y == 1, np.arange(len(y)) % 2 == 0, y == 0)
    parts = [(X[rows], names[y[rows]]) for rows in (is_first, ~is_first)]
    clients, scaler = federated.make_clients(parts, classes=names[[2, 0, 1]])
    model = clients[0][0]
    for client in clients:
        np.testing.assert_array_equal(client[0].classes_, names)
    federated.set_parameters(model, federated.federate(clients, n_rounds=40, n_epochs=1))
    assert model.score(scaler.transform(X), names[y]) > 0.9


def test_clients_scale_as_one_table_would_be(iris):
    X, y = iris
    parts = [(X[y == 0], y[y == 0]), (X[y > 0], y[y > 0])]  # the rows are sorted by class
    clients, _ = federated.make_clients(parts, classes=range(3))
    scaled = np.concatenate([X for _, X, _ in clients])
    np.testing.assert_allclose(scaled, StandardScaler().fit_transform(X), atol=1e-12)


def test_learning_rate_and_alpha_are_those_of_fit(iris):
    X, y = iris
    model = MLPLogisticClassifier(8, max_iter=30, random_state=0).fit(X, y)
    losses = [0.0, *model.loss_curve_]
    rules = [rate_and_alpha(epoch, 30, len(y), 4.0, losses[epoch]) for epoch in range(30)]
    rates, alphas = zip(*rules, strict=True)
    np.testing.assert_allclose(rates, model.learning_rate_curve_, rtol=1e-12)
    np.testing.assert_allclose(np.multiply(alphas, len(y)), model.alpha_curve_, rtol=1e-12)
