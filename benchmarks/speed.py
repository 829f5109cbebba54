"""Training speed against the neighbours: epochs over the same table, one core, medians in one run.

Usage: python -m benchmarks.speed [--quick] [--json FILE] [--plot FILE]

Every contender trains through its own `fit`, validation and shuffling included, on the same table
of standard normal inputs; what is given is samples per second, epochs counted. What is not the same
work: MLPClassifier minimises log loss and its default makes one update per 200 samples;
SGDClassifier is a linear model; the loops in Numba are this package's algorithm without its
shuffling and validation. A peer that is not installed is named as absent.

The bound is the time that the floating-point operations of an exact update take at the peak of the
processor, measured in the same run by multiplying matrices that fit the caches: 4 per weight and
sample (2 forward, 2 for the change).
"""

import argparse
import importlib.util
import json
import math
import os
import platform
import statistics
import time
import warnings
from itertools import pairwise

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
import sklearn
from scipy.sparse import csr_array
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier

import sklearn_mlp
from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._weights import default_instruction_set

# inputs, hidden layers, rows, epochs
DENSE = [
    (3, (4,), 20_000, 20),
    (30, (16,), 20_000, 20),
    (64, (64,), 20_000, 10),
    (784, (100,), 5_000, 5),
    (30, (16, 8), 20_000, 20),
    (784, (128, 64), 5_000, 5),
]
SPARSE = (2**18, (16,), 20_000, 10)
NON_ZEROS = 75


def pin_to_one_core():
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def dense_table(n_rows, n_inputs, dtype=np.float64):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_inputs)).astype(dtype)
    return X, (X[:, 0] * X[:, -1] > 0).astype(int)


def sparse_table(n_rows, n_inputs, dtype=np.float64):
    rng = np.random.default_rng(0)
    # 32-bit indices, the only ones that SGDClassifier takes
    columns = np.sort(rng.integers(0, n_inputs, (n_rows, NON_ZEROS), dtype=np.int32), axis=1)
    starts = np.arange(n_rows + 1, dtype=np.int32) * NON_ZEROS
    values = rng.uniform(size=n_rows * NON_ZEROS).astype(dtype)
    X = csr_array((values, columns.ravel(), starts), shape=(n_rows, n_inputs))
    X.sum_duplicates()
    return X, rng.integers(0, 2, size=n_rows)


def seconds(function, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def numba_loops():
    """The algorithm as plain loops over one hidden layer, compiled by Numba; None if absent."""
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

    def fit(X, y, hidden, n_epochs):
        rng = np.random.default_rng(0)
        W = rng.uniform(-0.5, 0.5, (X.shape[1], hidden))
        b, v, c = np.zeros(hidden), rng.uniform(-0.5, 0.5, hidden), np.zeros(1)
        for _ in range(n_epochs):
            epoch(X, y, rng.permutation(len(X)), W, b, v, c, 0.2, np.empty(hidden))

    fit(np.zeros((2, 3)), np.zeros(2, dtype=int), 4, 1)  # compile
    return fit


def torch_eager():
    """The same network in PyTorch, one sample at a time; None if absent."""
    if importlib.util.find_spec("torch") is None:
        return None
    import torch

    torch.set_num_threads(1)

    def fit(X, y, hidden, n_epochs):
        sizes = [X.shape[1], *hidden, 1]
        layers = []
        for fan_in, fan_out in pairwise(sizes):
            layers += [torch.nn.Linear(fan_in, fan_out), torch.nn.Sigmoid()]
        model = torch.nn.Sequential(*layers).to(torch.float64)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.2)
        inputs, targets = torch.from_numpy(X), torch.from_numpy(y.astype(float))
        for _ in range(n_epochs):
            for row in torch.randperm(len(X)).tolist():
                optimizer.zero_grad()
                loss = 0.5 * (model(inputs[row])[0] - targets[row]) ** 2
                loss.backward()
                optimizer.step()

    return fit


def batch_1(hidden, n_epochs):
    return MLPClassifier(
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


def default_mlp(hidden, n_epochs):
    return MLPClassifier(hidden, max_iter=n_epochs, n_iter_no_change=n_epochs, random_state=0)


def peak_flops(dtype=np.float64):
    """Floating-point operations a second in a matrix product that fits the caches."""
    a = np.ones((192, 192), dtype=dtype)
    return max(2 * 192**3 / seconds(lambda: a @ a, 20) for _ in range(5))


def measure(table, hidden, n_epochs, dtype, peers, *, repeats, slow_rows):
    """Samples per second of every contender on one table."""
    X, y = table
    n = len(y)

    def ours():
        MLPLogisticClassifier(hidden, max_iter=n_epochs, random_state=0).fit(X, y)

    speed = {"ours": n * n_epochs / seconds(ours, repeats)}
    if dtype == np.float32:
        return speed
    # One sample at a time the speed is the same for few rows; MLPClassifier's updates touch all
    # weights, also where X is sparse.
    dense = isinstance(X, np.ndarray)
    few = min(slow_rows if dense else max(slow_rows // 50, 2), n)
    speed["MLPClassifier, batch 1"] = few / seconds(
        lambda: batch_1(hidden, 1).fit(X[:few], y[:few]), 1
    )
    some = n if dense else min(slow_rows, n)
    speed["MLPClassifier, default"] = (
        2 * some / seconds(lambda: default_mlp(hidden, 2).fit(X[:some], y[:some]), repeats)
    )
    sgd = SGDClassifier(loss="log_loss", max_iter=n_epochs, tol=None, random_state=0)
    speed["SGDClassifier (linear)"] = n * n_epochs / seconds(lambda: sgd.fit(X, y), repeats)
    if peers["Numba loops"] and len(hidden) == 1 and dense:
        loops = peers["Numba loops"]
        speed["Numba loops"] = (
            n * n_epochs / seconds(lambda: loops(X, y, hidden[0], n_epochs), repeats)
        )
    if peers["PyTorch eager"] and dense:
        eager, size = peers["PyTorch eager"], min(slow_rows, n)
        speed["PyTorch eager"] = size / seconds(lambda: eager(X[:size], y[:size], hidden, 1), 1)
    return speed


def run(*, shapes=None, sparse=SPARSE, repeats=5, slow_rows=2_000):
    """Measure all shapes; a dict that `json` can write."""
    warnings.simplefilter("ignore")  # convergence is not what is measured
    peers = {"Numba loops": numba_loops(), "PyTorch eager": torch_eager()}
    peaks = {np.float64: peak_flops(np.float64), np.float32: peak_flops(np.float32)}
    rows = []
    for n_inputs, hidden, n_rows, n_epochs in [*(shapes or DENSE), sparse]:
        is_sparse = (n_inputs, hidden, n_rows, n_epochs) == sparse
        make = sparse_table if is_sparse else dense_table
        touched = NON_ZEROS if is_sparse else n_inputs
        units = (n_inputs, *hidden)
        n_weights = sum((a + 1) * b for a, b in pairwise([touched, *hidden, 1]))
        for dtype in (np.float64, np.float32):
            speed = measure(
                make(n_rows, n_inputs, dtype),
                hidden,
                n_epochs,
                dtype,
                peers,
                repeats=repeats,
                slow_rows=slow_rows,
            )
            rows.append(
                {
                    "shape": ("CSR " if is_sparse else "") + " x ".join(map(str, units)),
                    "weights": n_weights,
                    "dtype": np.dtype(dtype).name,
                    "samples_per_second": speed,
                    "fraction_of_peak": 4 * n_weights * speed["ours"] / peaks[dtype],
                }
            )
    return {
        "machine": {
            "processor": processor_name(),
            "instruction_set": default_instruction_set(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "sklearn-mlp": sklearn_mlp.__version__,
            "peak_gflops": {np.dtype(t).name: peak / 1e9 for t, peak in peaks.items()},
        },
        "absent": [name for name, peer in peers.items() if peer is None],
        "rows": rows,
    }


def processor_name():
    try:
        with open("/proc/cpuinfo") as info:
            return next(
                line.split(":")[1].strip() for line in info if line.startswith("model name")
            )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def markdown(result):
    """The tables of a result as Markdown."""
    machine = result["machine"]
    lines = [
        f"Processor: {machine['processor']}, instruction set {machine['instruction_set']}, one "
        f"core, float64 peak {machine['peak_gflops']['float64']:.1f} GFLOP/s; "
        f"Python {machine['python']}, NumPy {machine['numpy']}, "
        f"scikit-learn {machine['scikit-learn']}.",
        "",
    ]
    names = list(result["rows"][0]["samples_per_second"])[1:]
    for absent in result["absent"]:
        lines.append(f"Absent: {absent}.")
    lines += [
        "| inputs x hidden | dtype | samples/s | of peak |"
        + "".join(f" times {name} |" for name in names),
        "|---|---|---|---|" + "---|" * len(names),
    ]
    for row in result["rows"]:
        speed = row["samples_per_second"]
        times = [f"{speed['ours'] / speed[name]:,.1f}" if name in speed else "" for name in names]
        lines.append(
            f"| {row['shape']} | {row['dtype']} | {speed['ours']:,.0f} | "
            f"{row['fraction_of_peak']:.0%} |" + "".join(f" {value} |" for value in times)
        )
    return "\n".join(lines)


def plot(result, path):
    """Updates per second against the size of the network."""
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=(7, 5))
    names = list(result["rows"][0]["samples_per_second"])
    for name in names:
        points = sorted(
            (row["weights"], row["samples_per_second"][name])
            for row in result["rows"]
            if name in row["samples_per_second"] and row["dtype"] == "float64"
        )
        ax.loglog(*zip(*points, strict=True), marker="o", label=name)
    ax.set(xlabel="weights that a sample touches", ylabel="samples per second")
    ax.legend()
    figure.savefig(path, bbox_inches="tight")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="under two minutes")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args(arguments)
    pin_to_one_core()
    result = run(repeats=3, slow_rows=500) if options.quick else run()
    print(markdown(result))
    if options.json:
        with open(options.json, "w") as file:
            json.dump(result, file, indent=2)
    if options.plot:
        plot(result, options.plot)


if __name__ == "__main__":
    main()
