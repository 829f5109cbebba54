"""Training speed against other libraries, small fits and rows, growth and threads: in one run.

Usage: python -m benchmarks.speed [--quick | --calls] [--json FILE] [--plot FILE]

Every contender trains on the same tables of standard normal inputs. The contenders take turns; a
ratio is the median over the turns of the ratio within one turn, so that a processor that changes
its clock speed changes no ratio. Ours and scikit-learn's train through `fit`, validation and
shuffling included.

The bound of a shape is what the processor allows an exact update: its floating-point operations (4
per weight that the sample touches: 2 forward, 2 for the change) at the peak of a matrix product
that fits the caches, and a logistic function for each node, or the bytes that have to come from
memory (the sample, and for sparse rows the weights, twice) at the bandwidth of a copy, whichever
takes longer. Peak and the time of a logistic function, in predictions that hardly need anything
else, are measured before and after each shape, bandwidth once.

What `fit` takes for a row beside its visits (validation, canonical order) is a figure of its own:
the time of a fit of one epoch less an epoch's share of a longer one. The speeds include it.
"""

import argparse
import os
import platform
import statistics
import tracemalloc
import warnings
from itertools import pairwise

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is imported

import numpy as np
import sklearn
from scipy.sparse import csr_array
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_mlp
from benchmarks import calls
from benchmarks.peers import all_of_them
from benchmarks.report import add_outputs, report
from benchmarks.speed_tables import markdown, plot
from benchmarks.timing import (
    bandwidth,
    blas_kernels,
    peak_flops,
    pin_to_one_core,
    processor_name,
    ratio,
    take_turns,
)
from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._kernel import Rows, decide
from sklearn_mlp._kernel.packed import PackedWeights, default_instruction_set

# inputs, hidden layers, rows, epochs, and classes if there are more than two
DENSE = [
    (3, (4,), 20_000, 20),
    (30, (16,), 20_000, 20),
    (64, (64,), 20_000, 10),
    (100, (100,), 10_000, 10),
    (784, (100,), 5_000, 5),
    (30, (16, 8), 20_000, 20),
    (784, (128, 64), 5_000, 5),
]
# The default hidden layer.
DEFAULT = [
    *((n_inputs, (32,), 20_000, 20) for n_inputs in (4, 10, 30, 60, 100)),
    (30, (32,), 20_000, 10, 3),
    (30, (32,), 10_000, 5, 10),
]
SPARSE = (2**18, (16,), 20_000, 10)
NON_ZEROS = 75
# rows, inputs, hidden layers, classes, epochs: more inputs than rows, and many classes
AGAINST_MLP = [
    (200, 2_000, (32,), 2, 80),
    (200, 10_000, (32,), 2, 80),
    (100, 20_000, (32,), 2, 80),
    (200, 2_000, (32,), 10, 80),
    (200, 10_000, (32,), 10, 80),
    (1_000, 256, (256, 256), 2, 10),
    (2_000, 30, (32,), 10, 10),
    (2_000, 64, (32,), 26, 10),
    (1_000, 784, (32,), 10, 10),
    (500, 300, (1_000,), 10, 10),
    (2_000, 64, (32,), 100, 10),
]
# Rows of those that take 50 us and more for one, and of those that touch all weights for each.
SLOW = {"MLPClassifier, batch 1": 500, "PyTorch eager": 200, "Vowpal Wabbit --nn": 1_000}
VERY_SLOW = {"MLPClassifier, batch 1": 10, "MLPClassifier, default": 500}


def dense_table(n_rows, n_inputs, dtype=np.float64, n_classes=2):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, n_inputs)).astype(dtype)
    if n_classes > 2:
        return X, rng.permutation(n_rows) % n_classes
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


def bound(n_inputs, hidden, dtype, *, is_sparse, peak, bytes_per_second, logistic):
    """Weights, and updates a second that the processor allows, see the top of this module."""
    itemsize = np.dtype(dtype).itemsize
    touched = NON_ZEROS if is_sparse else n_inputs
    n_weights = sum((a + 1) * b for a, b in pairwise([touched, *hidden, 1]))
    n_bytes = n_inputs * itemsize
    if is_sparse:
        n_bytes = NON_ZEROS * (itemsize + 4 + 2 * hidden[0] * itemsize)
    work = 4 * n_weights / peak + (sum(hidden) + 1) * logistic
    return n_weights, 1 / max(work, n_bytes / bytes_per_second)


def seconds_per_logistic(dtype, peak):
    """Of a node of a network with one input, less the two multiply-adds of its two weights."""
    n_rows, n_nodes = 4_000, 16
    rows = Rows(np.random.default_rng(0).normal(size=(n_rows, 1)).astype(dtype))
    coefs = [np.ones((1, n_nodes), dtype), np.ones((n_nodes, 1), dtype)]
    packed = PackedWeights(coefs, [np.zeros(n_nodes, dtype), np.zeros(1, dtype)])
    logits = np.empty(n_rows, dtype)
    (network,) = packed.networks(("logistic", "logistic"))
    times = take_turns(
        {"decide": lambda: decide(rows, network, subset=None, first=0, logits=logits)}, 200
    )
    return max(min(times["decide"]) / (n_rows * n_nodes) - 4 / peak, 0.0)


def measure(table, hidden, n_epochs, peers, n_turns):
    """Samples a second of ours, and how many times that is of each peer's."""
    X, y = table
    is_sparse = not isinstance(X, np.ndarray)
    n_rows = X.shape[0]

    def ours():
        model = MLPLogisticClassifier(hidden, max_iter=n_epochs, random_state=0)
        model.set_params(loss="squared_error", alpha=0.0)  # the article's rule, and the loops'
        model.fit(X, y)

    n_classes = len(np.unique(y))
    n_networks = n_classes if n_classes > 2 else 1
    functions, samples = {"ours": ours}, {"ours": n_rows * n_epochs * n_networks}
    for name, prepare in peers.items():
        slow = VERY_SLOW if is_sparse and name in VERY_SLOW else SLOW
        n, epochs = (min(slow[name], n_rows), 1) if name in slow else (n_rows, n_epochs)
        learn = prepare(X[:n], y[:n], hidden, epochs)
        if learn is not None:
            functions[name], samples[name] = learn, n * epochs
    times = take_turns(functions, n_turns)
    speed = {name: samples[name] / statistics.median(times[name]) for name in functions}
    times_faster = {
        name: ratio(times, name, "ours", samples["ours"] / samples[name]) for name in functions
    }
    return speed, times_faster


def overhead_per_row(table, hidden, n_turns):
    """Nanoseconds of `fit` for a row beside its visits."""
    models = {
        n: MLPLogisticClassifier(hidden, max_iter=n, alpha=0.0, random_state=0) for n in (1, 5)
    }
    times = take_turns({n: lambda m=m: m.fit(*table) for n, m in models.items()}, n_turns)
    extra = [one - (five - one) / 4 for one, five in zip(times[1], times[5], strict=True)]
    return 1e9 * statistics.median(extra) / table[0].shape[0]


def training(shapes, sparse, peers, n_turns, others=()):
    """Speed of training, shape by shape; of the `others` without the peers."""
    bytes_per_second = bandwidth()
    rows, peaks, logistics = [], {np.float64: [], np.float32: []}, {np.float64: [], np.float32: []}

    def measure_processor(dtype):
        peaks[dtype].append(peak_flops(dtype))
        logistics[dtype].append(seconds_per_logistic(dtype, peaks[dtype][-1]))

    for shape in [*shapes, sparse, *others]:
        n_inputs, hidden, n_rows, n_epochs = shape[:4]
        n_classes = shape[4] if len(shape) > 4 else 2
        is_sparse = shape == sparse
        for dtype in (np.float64, np.float32):
            data = (
                sparse_table(n_rows, n_inputs, dtype)
                if is_sparse
                else dense_table(n_rows, n_inputs, dtype, n_classes)
            )
            with_peers = dtype == np.float64 and shape not in others
            # Before and after, for the clock changes from minute to minute.
            measure_processor(dtype)
            speed, times_faster = measure(
                data, hidden, n_epochs, peers if with_peers else {}, n_turns
            )
            measure_processor(dtype)
            n_weights, most = bound(
                n_inputs,
                hidden,
                dtype,
                is_sparse=is_sparse,
                peak=max(peaks[dtype][-2:]),
                bytes_per_second=bytes_per_second,
                logistic=min(logistics[dtype][-2:]),
            )
            rows.append(
                {
                    "shape": ("CSR " if is_sparse else "")
                    + " x ".join(map(str, [n_inputs, *hidden]))
                    + (f", {n_classes} classes" if n_classes > 2 else ""),
                    "weights": n_weights,
                    "dtype": np.dtype(dtype).name,
                    "samples_per_second": speed,
                    "times_faster": times_faster,
                    "fraction_of_bound": speed["ours"] / most,
                    "ns of fit beside the visits, per row": overhead_per_row(data, hidden, n_turns),
                }
            )
    return rows, {
        "peak_gflops": {np.dtype(dtype).name: max(p) / 1e9 for dtype, p in peaks.items()},
        "ns_per_logistic": {np.dtype(dtype).name: 1e9 * min(t) for dtype, t in logistics.items()},
        "gigabytes_per_second": bytes_per_second / 1e9,
    }


def against_mlp(shapes, n_turns):
    """Milliseconds of an epoch of `fit`, and of MLPClassifier's default as multiples."""
    rows = []
    for n_rows, n_inputs, hidden, n_classes, n_epochs in shapes:
        for dtype in (np.float64, np.float32):
            X, y = dense_table(n_rows, n_inputs, dtype, n_classes)
            ours = MLPLogisticClassifier(hidden, max_iter=n_epochs, random_state=0)
            other = MLPClassifier(
                hidden, max_iter=n_epochs, n_iter_no_change=n_epochs, random_state=0
            )
            times = take_turns(
                {
                    "ours": lambda X=X, y=y, model=ours: model.fit(X, y),
                    "MLPClassifier": lambda X=X, y=y, model=other: model.fit(X, y),
                },
                n_turns,
            )
            rows.append(
                {
                    "shape": f"{n_rows:,} x {n_inputs:,}",
                    "hidden": " x ".join(map(str, hidden)),
                    "classes": n_classes,
                    "dtype": np.dtype(dtype).name,
                    "ms per epoch": 1e3 * statistics.median(times["ours"]) / n_epochs,
                    "MLPClassifier, times ours": ratio(times, "MLPClassifier", "ours"),
                }
            )
    return rows


def growth_with_inputs(inputs, n_turns, n_rows=200, epochs=(20, 820)):
    """Milliseconds of an epoch and of the rest of a fit, 32 nodes, from fits of two lengths."""
    few, many = epochs
    rows = []
    for n_inputs in inputs:
        table = dense_table(n_rows, n_inputs)
        models = {n: MLPLogisticClassifier(max_iter=n, random_state=0) for n in epochs}
        fits = {n: lambda m=m, t=table: m.fit(*t) for n, m in models.items()}
        times = take_turns(fits, n_turns)
        # The shortest times: what varies from turn to turn may be longer than all these epochs.
        epoch = (min(times[many]) - min(times[few])) / (many - few)
        rows.append(
            {
                "inputs": n_inputs,
                "ms per epoch": 1e3 * epoch,
                "fixed cost, ms": 1e3 * (min(times[few]) - few * epoch),
            }
        )
    return rows


def predictions(shapes, n_turns):
    """Milliseconds of `predict_proba` of all rows, and of one, against MLPClassifier's."""
    rows = []
    for n_inputs, hidden, n_rows, _ in shapes:
        X, y = dense_table(n_rows, n_inputs)
        models = {
            "ours": MLPLogisticClassifier(hidden, max_iter=1),
            "MLPClassifier, relu": MLPClassifier(hidden, max_iter=1),
            "MLPClassifier, logistic": MLPClassifier(hidden, max_iter=1, activation="logistic"),
        }
        for model in models.values():
            model.fit(X[:500], y[:500])
        row = {"shape": " x ".join(map(str, [n_inputs, *hidden]))}
        for what, inputs, n_calls in (("all rows", X, 1), ("one row", X[:1], 50)):
            times = take_turns(
                {
                    name: lambda model=model, inputs=inputs: model.predict_proba(inputs)
                    for name, model in models.items()
                },
                n_turns,
                n_calls,
            )
            row[what] = {name: 1e3 * statistics.median(t) for name, t in times.items()}
        rows.append(row)
    return rows


def grid_search(sizes, rates):
    """Seconds of a grid search on breast cancer, and MLPClassifier's as multiples."""
    X, y = load_breast_cancer(return_X_y=True)

    def search(model, rates):
        name = type(model).__name__.lower()
        grid = {f"{name}__learning_rate_init": rates, f"{name}__hidden_layer_sizes": sizes}
        return lambda: GridSearchCV(make_pipeline(StandardScaler(), model), grid, cv=5).fit(X, y)

    times = take_turns(
        {
            "ours": search(MLPLogisticClassifier(random_state=0), rates),
            # rates as far around its default as ours around ours
            "MLPClassifier": search(MLPClassifier(random_state=0), [rate / 200 for rate in rates]),
        },
        1,
    )
    return {
        "candidates": len(sizes) * len(rates),
        "s": times["ours"][0],
        "MLPClassifier, times ours": ratio(times, "MLPClassifier", "ours"),
    }


def growth(n_rows, n_turns, n_epochs=20):
    """Nanoseconds per row and epoch, and bytes of memory per row beside X, 40 inputs, 16 nodes."""
    model = MLPLogisticClassifier(16, max_iter=n_epochs, random_state=0)
    tables = {n: dense_table(n, 40) for n in n_rows}
    times = take_turns(
        {n: lambda table=table: model.fit(*table) for n, table in tables.items()}, n_turns
    )
    rows = []
    for n, (X, y) in tables.items():
        tracemalloc.start()
        model.set_params(max_iter=1).fit(X, y)
        rows.append(
            {
                "rows": n,
                "ns per row and epoch": 1e9 * statistics.median(times[n]) / n / n_epochs,
                "bytes per row": tracemalloc.get_traced_memory()[1] / n,
                "allowed": 0.05 * X.itemsize * 40 + 64,
            }
        )
        tracemalloc.stop()
    return rows


def threads(n_rows, n_turns, n_epochs=10):
    """How many times faster two threads train ten classes, 64 inputs, 64 nodes."""
    X, _ = dense_table(n_rows, 64)
    y = np.random.default_rng(0).integers(0, 10, n_rows)

    def fit(n_jobs):
        return lambda: MLPLogisticClassifier(
            64, max_iter=n_epochs, n_jobs=n_jobs, random_state=0
        ).fit(X, y)

    return ratio(take_turns({"one": fit(1), "two": fit(2)}, n_turns), "one", "two")


def run(
    *,
    shapes=DENSE,
    default=DEFAULT,
    sparse=SPARSE,
    against=AGAINST_MLP,
    inputs=(100, 200, 400, 799, 800, 1_600, 3_200, 6_400, 12_800, 25_600),
    n_turns=5,
    n_rows=(10_000, 100_000, 1_000_000),
    calls_options=None,
    grid_sizes=(2, 4, 8, 12, 16, 24, 32, 48, 64, 100),
    grid_rates=(0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
):
    """Measure everything; a dict that `json` can write."""
    warnings.simplefilter("ignore")  # convergence is not what is measured
    peers = all_of_them()
    affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    two_threads = threads(n_rows[0], n_turns)
    pin_to_one_core()
    rows, bounds = training(
        shapes, sparse, {name: peer for name, peer in peers.items() if peer}, n_turns, default
    )
    result = {
        "machine": {
            "processor": processor_name(),
            "instruction_set": default_instruction_set(),
            "blas": blas_kernels(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "sklearn-mlp": sklearn_mlp.__version__,
            **bounds,
        },
        "absent": [name for name, peer in peers.items() if peer is None],
        "training": rows,
        "inputs": growth_with_inputs(inputs, min(n_turns, 3)),
        "against MLPClassifier": against_mlp(against, min(n_turns, 3)),
        "predictions": predictions(shapes, 3 * n_turns),
        "grid search": grid_search(list(grid_sizes), list(grid_rates)),
        "calls": calls.run(n_turns=n_turns, **(calls_options or {})),
        "growth": growth(n_rows, min(n_turns, 3)),
        "two threads, ten classes": two_threads,
    }
    if affinity:
        os.sched_setaffinity(0, affinity)
    return result


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="under two minutes")
    parser.add_argument("--calls", action="store_true", help="single rows, small fits and grids")
    add_outputs(parser)
    options = parser.parse_args(arguments)
    if options.calls:
        warnings.simplefilter("ignore")
        pin_to_one_core()
        report(calls.run(), options, lambda result: "\n".join(calls.markdown(result)))
        return
    quick = {
        "n_turns": 3,
        "against": AGAINST_MLP[1:2],
        "inputs": (799, 800, 6_400),
        "calls_options": {"data_sets": ("iris",), "n_candidates": 8},
        "n_rows": (10_000, 100_000),
        "grid_sizes": (4, 16, 64),
        "grid_rates": (0.1, 0.5),
    }
    report(run(**quick) if options.quick else run(), options, markdown, plot)


if __name__ == "__main__":
    main()
