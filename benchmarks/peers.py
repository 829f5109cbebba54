"""Other libraries: functions ``prepare(X, y, hidden, n_epochs)`` that give a training to time.

What they give is called without arguments; None if they cannot train on such a table.
"""

import ctypes
import ctypes.util
import importlib.util
import math
from itertools import pairwise

import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier


def batch_1(X, y, hidden, n_epochs):
    """MLPClassifier with the same updates, but for its loss: one sample at a time, no momentum."""
    model = MLPClassifier(
        hidden,
        activation="logistic",
        solver="sgd",
        batch_size=1,
        learning_rate_init=0.2,
        momentum=0.0,
        max_iter=n_epochs,
        n_iter_no_change=n_epochs,
        random_state=0,
    )
    return lambda: model.fit(X, y)


def default_mlp(X, y, hidden, n_epochs):
    """MLPClassifier's defaults: relu nodes, adam, one update per 200 samples."""
    model = MLPClassifier(hidden, max_iter=n_epochs, n_iter_no_change=n_epochs, random_state=0)
    return lambda: model.fit(X, y)


def linear(X, y, hidden, n_epochs):
    """A linear model's stochastic gradient descent, one sample at a time."""
    model = SGDClassifier(loss="log_loss", max_iter=n_epochs, tol=None, random_state=0)
    return lambda: model.fit(X, y)


def numba_loops():
    """The algorithm as plain loops over one hidden layer, without validation."""
    if importlib.util.find_spec("numba") is None:
        return None
    import numba

    @numba.njit
    def epoch(X, y, order, W, b, v, c, rate, hidden):
        for t in range(order.size):
            x = X[order[t]]
            for j in range(b.size):
                total = b[j]
                for i in range(x.size):
                    total += x[i] * W[i, j]
                hidden[j] = 1.0 / (1.0 + math.exp(-total))
            total = c[0]
            for j in range(b.size):
                total += hidden[j] * v[j]
            output = 1.0 / (1.0 + math.exp(-total))
            error = rate * (output - y[order[t]]) * output * (1.0 - output)
            for j in range(b.size):
                back = error * v[j] * hidden[j] * (1.0 - hidden[j])
                v[j] -= error * hidden[j]
                b[j] -= back
                hidden[j] = back
            for i in range(x.size):
                for j in range(b.size):
                    W[i, j] -= x[i] * hidden[j]
            c[0] -= error

    @numba.njit
    def sparse_epoch(values, columns, starts, y, order, W, b, v, c, rate, hidden):
        for t in range(order.size):
            row = order[t]
            for j in range(b.size):
                hidden[j] = b[j]
            for p in range(starts[row], starts[row + 1]):
                for j in range(b.size):
                    hidden[j] += values[p] * W[columns[p], j]
            total = c[0]
            for j in range(b.size):
                hidden[j] = 1.0 / (1.0 + math.exp(-hidden[j]))
                total += hidden[j] * v[j]
            output = 1.0 / (1.0 + math.exp(-total))
            error = rate * (output - y[row]) * output * (1.0 - output)
            for j in range(b.size):
                back = error * v[j] * hidden[j] * (1.0 - hidden[j])
                v[j] -= error * hidden[j]
                b[j] -= back
                hidden[j] = back
            for p in range(starts[row], starts[row + 1]):
                for j in range(b.size):
                    W[columns[p], j] -= values[p] * hidden[j]
            c[0] -= error

    def prepare(X, y, hidden, n_epochs):
        if len(hidden) > 1:
            return None
        rng = np.random.default_rng(0)
        W = rng.uniform(-0.5, 0.5, (X.shape[1], hidden[0]))
        b, v, c = np.zeros(hidden[0]), rng.uniform(-0.5, 0.5, hidden[0]), np.zeros(1)
        scratch = np.empty(hidden[0])

        def learn(n_epochs=n_epochs):
            for _ in range(n_epochs):
                order = rng.permutation(X.shape[0])
                if isinstance(X, np.ndarray):
                    epoch(X, y, order, W, b, v, c, 0.2, scratch)
                else:
                    sparse_epoch(X.data, X.indices, X.indptr, y, order, W, b, v, c, 0.2, scratch)

        learn(1)  # compiles
        return learn

    return prepare


def torch_eager():
    """The same network in PyTorch, one sample at a time."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    torch.set_num_threads(1)

    def prepare(X, y, hidden, n_epochs):
        if not isinstance(X, np.ndarray):
            return None
        layers = []
        for fan_in, fan_out in pairwise([X.shape[1], *hidden, 1]):
            layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.Sigmoid()]
        model = torch.nn.Sequential(*layers).to(torch.float64)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
        inputs, targets = torch.from_numpy(X), torch.from_numpy(y.astype(float))

        def learn():
            for _ in range(n_epochs):
                for row in torch.randperm(len(X)).tolist():
                    optimizer.zero_grad()
                    loss = 0.5 * (model(inputs[row])[0] - targets[row]) ** 2
                    loss.backward()
                    optimizer.step()

        return learn

    return prepare


def fann():
    """FANN's incremental training through its C library in double precision (logistic nodes)."""
    name = ctypes.util.find_library("doublefann")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.fann_create_standard_array.restype = ctypes.c_void_p
    library.fann_create_train_from_callback.restype = ctypes.c_void_p
    incremental, sigmoid = 0, 3  # of its enums fann_train_enum and fann_activationfunc_enum
    pointer = ctypes.POINTER(ctypes.c_double)

    def prepare(X, y, hidden, n_epochs):
        if not isinstance(X, np.ndarray):
            return None

        @ctypes.CFUNCTYPE(None, *[ctypes.c_uint] * 3, pointer, pointer)
        def give_row(row, n_inputs, n_outputs, inputs, outputs):
            ctypes.memmove(inputs, X[row].ctypes.data, X[row].nbytes)
            outputs[0] = y[row]

        sizes = [X.shape[1], *hidden, 1]
        network = ctypes.c_void_p(
            library.fann_create_standard_array(len(sizes), (ctypes.c_uint * len(sizes))(*sizes))
        )
        data = ctypes.c_void_p(
            library.fann_create_train_from_callback(len(X), X.shape[1], 1, give_row)
        )
        library.fann_set_training_algorithm(network, incremental)
        library.fann_set_learning_rate(network, ctypes.c_float(0.2))
        library.fann_set_activation_function_hidden(network, sigmoid)
        library.fann_set_activation_function_output(network, sigmoid)

        def learn():
            for _ in range(n_epochs):
                library.fann_shuffle_train_data(data)
                library.fann_train_epoch(network, data)

        return learn

    return prepare


def vowpal_wabbit():
    """Vowpal Wabbit's ``--nn`` through its Python package, examples parsed beforehand."""
    if importlib.util.find_spec("vowpalwabbit") is None:
        return None
    import vowpalwabbit

    def prepare(X, y, hidden, n_epochs):
        if len(hidden) > 1 or not isinstance(X, np.ndarray) or X.size > 5e6:
            return None  # parsing its text would take minutes
        workspace = vowpalwabbit.Workspace(f"--nn {hidden[0]} --loss_function logistic --quiet")
        lines = [
            f"{2 * label - 1} | " + " ".join(f"{i}:{value}" for i, value in enumerate(row))
            for row, label in zip(X.tolist(), y.tolist(), strict=True)
        ]
        examples = [workspace.example(line) for line in lines]

        def learn():
            for _ in range(n_epochs):
                for example in examples:
                    workspace.learn(example)

        return learn

    return prepare


def all_of_them():
    """Name and function of each, None where it is not installed; those of scikit-learn first."""
    return {
        "MLPClassifier, batch 1": batch_1,
        "MLPClassifier, default": default_mlp,
        "SGDClassifier (linear)": linear,
        "Numba loops": numba_loops(),
        "FANN": fann(),
        "PyTorch eager": torch_eager(),
        "Vowpal Wabbit --nn": vowpal_wabbit(),
    }
