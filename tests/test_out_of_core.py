"""The recipe for data larger than memory: two gigabytes, half a gigabyte, and kill -9.

The two gigabytes are written where SKLEARN_MLP_LARGE is set, as in .ci/run; else it is 128 MB.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import joblib
import numpy as np
import pytest
from scipy.sparse import csr_array, save_npz

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "docs" / "examples"))
import out_of_core  # noqa: E402

from sklearn_mlp import MLPLogisticClassifier  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
N_INPUTS = 32
SIZE = 2**31 if os.environ.get("SKLEARN_MLP_LARGE") else 2**27  # bytes
N_CHUNKS = 32
CHUNK = SIZE // (4 * N_INPUTS * N_CHUNKS)

# A process of its own: trains on the files in its folder, and says which chunks it read and how
# much memory it took beyond what it had before. RssAnon is without the pages of files.
PROGRAM = f"""
import sys, threading, time
sys.path.append({str(ROOT / "docs" / "examples")!r})
import numpy as np
import out_of_core
from sklearn_mlp import MLPLogisticClassifier

def anonymous():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024

def watch():
    global peak
    while True:
        peak = max(peak, anonymous())
        time.sleep(0.005)

n_chunks, read = out_of_core.memory_mapped("X.npy", "y.npy", {CHUNK})
validation = tuple(np.array(part) for part in read(n_chunks - 1))
start = peak = anonymous()
threading.Thread(target=watch, daemon=True).start()

def read_and_tell(number):
    print("chunk", number, flush=True)
    return read(number)

model = MLPLogisticClassifier(4, learning_rate_init=0.2, random_state=0)
out_of_core.train(
    model, (n_chunks - 1, read_and_tell), [0, 1], validation, checkpoint=sys.argv[1], n_epochs=1
)
print("peak", peak - start, flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """So many bytes of rows, the same ones again and again but for a drift: quickly written."""
    folder = tmp_path_factory.mktemp("large")
    n_rows = CHUNK * N_CHUNKS
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(CHUNK // 4, N_INPUTS)).astype(np.float32)
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (n_rows, N_INPUTS))
    y = np.empty(n_rows, dtype=np.int8)
    for start in range(0, n_rows, len(rows)):
        rows += np.float32(0.01)
        X[start : start + len(rows)] = rows
        y[start : start + len(rows)] = rows[:, 0] > rows[:, 1]
    X.flush()
    np.save(folder / "y.npy", y)
    assert (folder / "X.npy").stat().st_size > SIZE
    yield folder
    for path in folder.iterdir():
        path.unlink()


def start(folder, checkpoint):
    command = [sys.executable, "-P", "-c", PROGRAM, checkpoint]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)


def test_a_large_file_in_half_a_gigabyte_and_a_kill_between_checkpoints(folder):
    whole, _ = start(folder, "whole").communicate()
    chunks = re.findall(r"^chunk (\d+)$", whole, re.M)
    assert len(set(chunks)) == len(chunks) == N_CHUNKS - 1
    peak = float(re.search(r"^peak (.*)$", whole, re.M)[1])
    assert 0 < peak < 512

    process = start(folder, "killed")
    for _ in range(7):
        process.stdout.readline()
    time.sleep(0.02)  # in the middle of the seventh chunk, or of writing its checkpoint
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    done = joblib.load(folder / "killed")["position"]
    assert 6 <= done < len(chunks)

    rest, _ = start(folder, "killed").communicate()
    # It goes on with the chunk that was in hand, and reads none of those before again.
    assert re.findall(r"^chunk (\d+)$", rest, re.M) == chunks[done:]
    models = [joblib.load(folder / name)["best"] for name in ("whole", "killed")]
    for a, b in zip(models[0].coefs_, models[1].coefs_, strict=True):
        np.testing.assert_array_equal(a, b)
    assert models[0].t_ == models[1].t_ == len(chunks) * CHUNK


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 5)).astype(np.float32)
    X[rng.random(X.shape) < 0.4] = 0.0
    return X, (X[:, 0] > X[:, 1]).astype(np.int8)


def train(chunks, validation, checkpoint, **parameters):
    model = MLPLogisticClassifier(4, learning_rate_init=0.3, random_state=0)
    return out_of_core.train(
        model, chunks, [0, 1], validation, checkpoint=checkpoint, n_epochs=6, **parameters
    )


def test_every_format_gives_the_chunks_that_were_written(tmp_path, table):
    X, y = table
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    for number in range(6):
        rows = slice(100 * number, 100 * (number + 1))
        save_npz(tmp_path / f"X-{number}.npz", csr_array(X[rows]))
        np.save(tmp_path / f"y-{number}.npy", y[rows])
    mapped = out_of_core.memory_mapped(tmp_path / "X.npy", tmp_path / "y.npy", 100)
    sparse = out_of_core.shards(tmp_path)
    a = train(mapped, table, tmp_path / "a")
    b = train(sparse, table, tmp_path / "b")
    # The sums of sparse rows run in another order.
    np.testing.assert_allclose(a.coefs_[0], b.coefs_[0], atol=1e-4)
    assert a.score(X, y) > 0.9
    assert mapped[0] == sparse[0] == 6


def test_parquet(tmp_path, table):
    pytest.importorskip("pyarrow")
    import pandas as pd

    X, y = table
    frame = pd.DataFrame(X, columns=list("abcde"))
    frame.assign(label=y).to_parquet(tmp_path / "t.parquet", row_group_size=100)
    np.save(tmp_path / "X.npy", X)
    np.save(tmp_path / "y.npy", y)
    chunks = out_of_core.parquet(tmp_path / "t.parquet", "label")
    a = train(chunks, (frame, y), tmp_path / "a")
    mapped = out_of_core.memory_mapped(tmp_path / "X.npy", tmp_path / "y.npy", 100)
    b = train(mapped, table, tmp_path / "b")
    np.testing.assert_array_equal(a.coefs_[0], b.coefs_[0])
    assert a.feature_names_in_.tolist() == list("abcde")


def test_training_stops_when_the_held_out_loss_no_longer_falls(tmp_path, table):
    X, y = table
    chunks = 2, lambda number: (X[300 * number :][:300], y[300 * number :][:300])
    # Of labels that have nothing to do with the inputs, the loss is lowest early.
    held_out = X, np.random.default_rng(1).integers(0, 2, len(y))
    best = train(chunks, held_out, tmp_path / "checkpoint", patience=2)
    state = joblib.load(tmp_path / "checkpoint")
    losses = state["losses"]
    assert len(losses) < 6
    assert min(losses[-2:]) >= min(losses[:-2])
    epochs = int(np.argmin(losses)) + 1
    assert best.t_ == epochs * len(y)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_around_any_checkpoint(tmp_path, table, when, monkeypatch):
    X, y = table
    chunks = 2, lambda number: (X[300 * number :][:300], y[300 * number :][:300])
    expected = train(chunks, table, tmp_path / "whole")
    save = out_of_core.save
    n_saves = 6 * 3  # two chunks and the end of the epoch
    for killed_at in range(n_saves):
        path, count = tmp_path / str(killed_at), iter(range(n_saves))

        def save_or_die(state, path, killed_at=killed_at, count=count):
            number = next(count)
            if number == killed_at and when == "before":
                raise KeyboardInterrupt
            save(state, path)
            if number == killed_at:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(out_of_core, "save", save_or_die)
            with pytest.raises(KeyboardInterrupt):
                train(chunks, table, path)
        resumed = train(chunks, table, path)
        np.testing.assert_array_equal(resumed.coefs_[0], expected.coefs_[0])
        assert resumed.t_ == expected.t_


def test_a_checkpoint_of_other_chunks(tmp_path, table):
    X, y = table
    train((1, lambda number: (X, y)), table, tmp_path / "checkpoint")
    with pytest.raises(ValueError, match="is of 1 chunks and seed 0, not 2 and 0"):
        train((2, lambda number: (X, y)), table, tmp_path / "checkpoint")
    with pytest.raises(ValueError, match="There must be chunks"):
        train(out_of_core.shards(tmp_path), table, tmp_path / "other")


def test_a_checkpoint_that_was_cut_short(tmp_path, table):
    X, y = table
    chunks, path = (1, lambda number: (X, y)), tmp_path / "checkpoint"
    train(chunks, table, path)
    path.write_bytes(path.read_bytes()[:200])
    message = r"not a whole checkpoint .* delete it to begin anew"
    with pytest.raises(ValueError, match=message):
        train(chunks, table, path)
    joblib.dump([1, 2], path)
    with pytest.raises(ValueError, match=message):
        train(chunks, table, path)


def test_two_processes_with_one_checkpoint_do_not_disturb_each_other(tmp_path):
    # Each writes whole files; which of them is last does not matter.
    program = f"""
import sys
sys.path.append({str(ROOT / "docs" / "examples")!r})
import out_of_core
for number in range(300):
    out_of_core.save({{"number": number}}, "checkpoint.joblib")
"""
    processes = [
        subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors.decode()
    assert joblib.load(tmp_path / "checkpoint.joblib") == {"number": 299}
    assert len(list(tmp_path.iterdir())) == 1  # nothing is left beside it
