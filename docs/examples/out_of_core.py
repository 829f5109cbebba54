"""Data larger than memory: chunks from a file, checkpoints, and training that survives a kill.

Run as a program, it writes a data set three times (as a memory-mapped array, as sparse shards and
as Parquet), trains on each, interrupts one training, and resumes it bit-identically. `train` is the
recipe; only the readers before it differ from format to format. Parquet needs pyarrow.
"""

import os
import tempfile
from copy import copy
from pathlib import Path

import joblib
import numpy as np
from scipy.sparse import csr_array, load_npz, save_npz
from sklearn.base import clone
from sklearn.metrics import log_loss

from sklearn_mlp import MLPLogisticClassifier


def memory_mapped(X_path, y_path, size):
    """Chunks of `size` rows of two .npy files: their number, and how to read one of them."""
    X, y = np.load(X_path, mmap_mode="r"), np.load(y_path, mmap_mode="r")

    def read(number):
        rows = slice(number * size, (number + 1) * size)
        return X[rows], y[rows]  # read from the disk when they are trained on

    return -(-len(y) // size), read


def shards(folder):
    """Chunks that are files: CSR matrices X-*.npz and labels y-*.npy."""
    paths = sorted(Path(folder).glob("X-*.npz"))

    def read(number):
        name = paths[number].stem.replace("X-", "y-", 1)
        return load_npz(paths[number]), np.load(paths[number].with_name(f"{name}.npy"))

    return len(paths), read


def parquet(path, label):
    """Chunks that are the row groups of a Parquet file."""
    from pyarrow.parquet import ParquetFile

    file = ParquetFile(path)

    def read(number):
        frame = file.read_row_group(number).to_pandas()
        return frame.drop(columns=label), frame[label]

    return file.num_row_groups, read


def train(model, chunks, classes, validation, *, checkpoint, n_epochs=10, patience=3, seed=0):
    """Train by `partial_fit` on chunks in a new order each epoch; resume from a checkpoint.

    The checkpoint is written after every chunk. Whenever the process is killed, calling this again
    repeats the chunk that was interrupted and trains on all that follow. The result is
    bit-identical to that without the kill: the order of the chunks follows from the seed and the
    epoch, and that of the rows from the random number generator that the estimator keeps.

    Parameters
    ----------
    model : MLPLogisticClassifier
        Not fitted; an existing checkpoint is used instead. Its learning rate falls linearly to 0.
    chunks : int and callable
        Number of chunks, and what reads the X and y of one.
    classes : array-like
        All class labels.
    validation : tuple of X and y
        Held in memory. Training stops when its log loss has not fallen for `patience` epochs.
    checkpoint : path

    Returns
    -------
    best : MLPLogisticClassifier
        After the epoch with the lowest log loss.
    """
    n_chunks, read = chunks
    if n_chunks < 1 or patience < 1:
        raise ValueError(f"There must be chunks, and patience: got {n_chunks} and {patience}.")
    rate = model.learning_rate_init
    if rate == "auto":  # what it is in partial_fit
        rate = 0.5 if model.loss == "squared_error" else 0.2
    state = {"model": clone(model), "epoch": 0, "position": 0, "losses": [], "best": None}
    state["order"] = n_chunks, seed
    if os.path.exists(checkpoint):
        state = load(checkpoint)
        if state["order"] != (n_chunks, seed):
            raise ValueError(
                f"{checkpoint} is of {state['order'][0]} chunks and seed {state['order'][1]}, not "
                f"{n_chunks} and {seed}: its place in their order is another."
            )
    model = state["model"]
    while state["epoch"] < n_epochs and not has_converged(state["losses"], patience):
        model.set_params(learning_rate_init=rate * (1 - state["epoch"] / n_epochs))
        order = np.random.default_rng([seed, state["epoch"]]).permutation(n_chunks)
        for number in order[state["position"] :]:
            X, y = read(number)
            model.partial_fit(X, y, classes=classes)
            state["position"] += 1
            save(state, checkpoint)
        X, y = validation
        loss = log_loss(y, model.predict_proba(X), labels=model.classes_)
        if loss < min(state["losses"], default=np.inf):
            state["best"] = copy(model)
        state["losses"].append(loss)
        state["epoch"], state["position"] = state["epoch"] + 1, 0
        save(state, checkpoint)
    return state["best"]


def has_converged(losses, patience):
    return len(losses) > patience and min(losses[-patience:]) >= min(losses[:-patience])


def save(state, path):
    """Write a new file beside the former one and put it in its place at once.

    The new file has the number of this process in its name: where two processes have the same
    checkpoint by mistake, neither takes the file of the other.
    """
    new = f"{path}.{os.getpid()}.new"
    try:
        joblib.dump(state, new)
        os.replace(new, path)
    finally:
        Path(new).unlink(missing_ok=True)


def load(path):
    try:
        state = joblib.load(path)
        state["model"], state["order"]
        return state
    except Exception as error:  # what a file that was cut short raises depends on where
        raise ValueError(
            f"{path} is not a whole checkpoint ({type(error).__name__}: {error}). Put back a copy "
            "of it, or delete it to begin anew."
        ) from error


def main():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60_000, 20)).astype(np.float32)
    X[rng.random(X.shape) < 0.5] = 0.0
    y = (X[:, 0] * X[:, 1] + X[:, 2] > 0).astype(np.int8)
    train_rows, validation = slice(0, 50_000), (X[50_000:], y[50_000:])
    network = MLPLogisticClassifier(16, learning_rate_init=0.3, random_state=0)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        np.save(folder / "X.npy", X[train_rows])
        np.save(folder / "y.npy", y[train_rows])
        for number in range(10):
            rows = slice(5_000 * number, 5_000 * (number + 1))
            save_npz(folder / f"X-{number}.npz", csr_array(X[rows]))
            np.save(folder / f"y-{number}.npy", y[rows])
        sources = {
            "memory-mapped": memory_mapped(folder / "X.npy", folder / "y.npy", 5_000),
            "sparse shards": shards(folder),
        }
        try:
            import pandas as pd

            frame = pd.DataFrame(X[train_rows], columns=[f"x{i}" for i in range(20)])
            frame.assign(y=y[train_rows]).to_parquet(folder / "t.parquet", row_group_size=5_000)
            sources["Parquet"] = parquet(folder / "t.parquet", "y")
        except ImportError:
            print("Parquet is left out: it needs pandas and pyarrow")

        for name, chunks in sources.items():
            held = validation
            if name == "Parquet":
                held = pd.DataFrame(validation[0], columns=frame.columns), validation[1]
            path = folder / f"{name}.joblib"
            best = train(network, chunks, [0, 1], held, checkpoint=path)
            print(f"{name}: {best.score(*held):.3f} of the held-out rows right")

        # The same once more, killed in the third epoch, and taken up again.
        n_chunks, read = sources["memory-mapped"]
        n_read = 0

        def read_until_killed(number):
            nonlocal n_read
            n_read += 1
            if n_read == 25:
                raise KeyboardInterrupt
            return read(number)

        arguments = {"checkpoint": folder / "again.joblib"}
        try:
            train(network, (n_chunks, read_until_killed), [0, 1], validation, **arguments)
        except KeyboardInterrupt:
            print("killed after", load(arguments["checkpoint"])["model"].t_, "samples")
        again = train(network, (n_chunks, read), [0, 1], validation, **arguments)
        best = load(folder / "memory-mapped.joblib")["best"]
        print("the same bits:", np.array_equal(best.coefs_[0], again.coefs_[0]))


if __name__ == "__main__":
    main()
