"""Searches on a cluster: two worker processes, and what happens when one of them is killed."""

import importlib.util
import itertools
import os
import signal
import sys
import threading
import time
import warnings
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, make_classification
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    StratifiedKFold,
    cross_validate,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import cluster
from sklearn_mlp import MLPLogisticClassifier

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:::distributed"),
]
GRID = {
    "mlplogisticclassifier__learning_rate_init": [0.02, 0.2, 0.5],
    "mlplogisticclassifier__hidden_layer_sizes": [2, (4, 3)],
}


def start_cluster():
    return distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    )


@pytest.fixture(scope="module")
def client():
    with start_cluster() as cluster, distributed.Client(cluster) as client:
        yield client


def model(**parameters):
    network = MLPLogisticClassifier(4, max_iter=10, random_state=0).set_params(**parameters)
    return make_pipeline(StandardScaler(), network)


def scores(search):
    return {
        key: values
        for key, values in search.cv_results_.items()
        if "score" in key and "time" not in key
    }


def test_no_client_at_all():  # the first test: the others' client stays
    X, y = load_breast_cancer(return_X_y=True)
    with (
        pytest.raises(ValueError, match="first create a Dask Client"),
        joblib.parallel_config(backend="dask"),
    ):
        GridSearchCV(model(), GRID).fit(X, y)


@pytest.mark.parametrize("search", [GridSearchCV, HalvingGridSearchCV])
@pytest.mark.parametrize("kind", ["plain", "early stopping", "balanced", "float32"])
def test_searches_give_the_same_scores_bit_for_bit(client, search, kind):
    X, y = load_breast_cancer(return_X_y=True)
    parameters = {
        "early stopping": {"early_stopping": True},
        "balanced": {"class_weight": "balanced", "n_init": 2},
    }.get(kind, {})
    if kind == "float32":
        X = X.astype(np.float32)
    extra = {} if search is GridSearchCV else {"random_state": 0, "factor": 2}
    here = search(model(**parameters), GRID, cv=3, n_jobs=1, **extra).fit(X, y)
    with joblib.parallel_config(backend="dask"):
        there = search(model(**parameters), GRID, cv=3, n_jobs=-1, **extra).fit(X, y)
    expected = scores(here)
    assert set(scores(there)) == set(expected)
    for key, values in expected.items():
        np.testing.assert_array_equal(scores(there)[key], values)
    assert there.best_params_ == here.best_params_
    np.testing.assert_array_equal(
        there.best_estimator_[-1].coefs_[0], here.best_estimator_[-1].coefs_[0]
    )


def test_cross_validate_gives_the_same_scores_bit_for_bit(client):
    X, y = load_breast_cancer(return_X_y=True)
    scoring = ["accuracy", "neg_log_loss"]
    here = cross_validate(model(), X, y, scoring=scoring, n_jobs=1)
    with joblib.parallel_config(backend="dask"):
        there = cross_validate(model(), X, y, scoring=scoring, n_jobs=-1)
    for name in scoring:
        np.testing.assert_array_equal(there[f"test_{name}"], here[f"test_{name}"])


def test_it_is_the_workers_that_train(client, tmp_path):
    X, y = load_breast_cancer(return_X_y=True)
    with joblib.parallel_config(backend="dask"):
        GridSearchCV(model(), GRID, scoring=telling(tmp_path), refit=False).fit(X, y)
    assert pids_in(tmp_path) <= set(client.run(os.getpid).values())
    assert os.getpid() not in pids_in(tmp_path)


def telling(folder):
    """A scorer that leaves a note of the process it ran in."""

    def score(estimator, X, y):
        with open(folder / str(os.getpid()), "a"):
            return accuracy_score(y, estimator.predict(X))

    return score


def pids_in(folder):
    return {int(path.name) for path in folder.iterdir()}


def kill_when(ready):
    """Kill the process that `ready` names, as soon as it names one."""

    def wait():
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            pid = ready()
            if pid:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
                return
            time.sleep(0.01)

    killed = []
    thread = threading.Thread(target=wait)
    thread.start()
    return thread, killed


@pytest.fixture
def slow_search(tmp_path):
    """A search of some seconds, its data and the splits that it is done over."""
    X, y = make_classification(20_000, 20, random_state=0)
    splits = list(StratifiedKFold(4).split(X, y))
    grid = {"mlplogisticclassifier__learning_rate_init": [0.05, 0.2, 0.5]}

    def search(n_jobs):
        return GridSearchCV(
            model(hidden_layer_sizes=32, max_iter=40),
            grid,
            cv=splits,
            scoring=telling(tmp_path),
            refit=False,
            n_jobs=n_jobs,
        )

    expected = search(1).fit(X, y).cv_results_["mean_test_score"]
    (tmp_path / str(os.getpid())).unlink()
    return search, X, y, splits, expected


def test_a_killed_worker_costs_nothing_where_the_data_is_on_both(slow_search, tmp_path):
    search, X, y, splits, expected = slow_search
    with start_cluster() as cluster, distributed.Client(cluster) as client:
        client.amm.stop()

        def ready():  # when both have finished a task
            pids = pids_in(tmp_path)
            return min(pids) if len(pids) == 2 else None

        thread, killed = kill_when(ready)
        with joblib.parallel_config(backend="dask", scatter=[X, y, *itertools.chain(*splits)]):
            got = search(-1).fit(X, y).cv_results_["mean_test_score"]
        thread.join()
        assert killed
        # Another process has taken its place.
        assert killed[0] not in client.run(os.getpid).values()
    np.testing.assert_array_equal(got, expected)


def test_a_worker_killed_with_the_only_copy_is_an_error(slow_search):
    search, X, y, _, _ = slow_search
    with start_cluster() as cluster, distributed.Client(cluster) as client:
        pids = client.run(os.getpid)

        def holder_of_what_others_wait_for(dask_scheduler):
            for task in dask_scheduler.tasks.values():
                if str(task.key).startswith("ndarray") and len(task.who_has) == 1 and task.waiters:
                    return next(iter(task.who_has)).address
            return None

        def ready():
            return pids.get(client.run_on_scheduler(holder_of_what_others_wait_for))

        thread, killed = kill_when(ready)
        with (
            pytest.raises(distributed.client.FutureCancelledError, match="batch_of__fit_and_score"),
            joblib.parallel_config(backend="dask"),
        ):
            search(-1).fit(X, y)
        thread.join()
        assert killed


def test_a_scheduler_that_is_not_there():
    with pytest.raises(OSError, match=r"Timed out .* connect to tcp://127\.0\.0\.1:9"):
        distributed.Client("tcp://127.0.0.1:9", timeout=0.5)


def test_incremental_of_dask_ml_is_partial_fit_chunk_by_chunk(client):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrappers = pytest.importorskip("dask_ml.wrappers")
        import dask.array as da

    X, y = make_classification(4_000, 10, random_state=0)
    network = MLPLogisticClassifier(8, random_state=0)
    incremental = wrappers.Incremental(network, scoring="accuracy", shuffle_blocks=False)
    chunks = da.from_array(X, chunks=(1_000, 10)), da.from_array(y, chunks=1_000)
    incremental.fit(*chunks, classes=[0, 1])
    for start in range(0, 4_000, 1_000):
        rows = slice(start, start + 1_000)
        network.partial_fit(X[rows], y[rows], classes=[0, 1])
    np.testing.assert_array_equal(incremental.estimator_.coefs_[0], network.coefs_[0])
    np.testing.assert_array_equal(incremental.predict(chunks[0]), network.predict(X))


def test_the_benchmark_runs_and_finds_the_same_scores():
    seconds, same = cluster.run(n_rows=300, n_turns=1)
    assert same
    assert {name: len(values) for name, values in seconds.items()} == {"default": 1, "dask": 1}


LOCAL_SGD = Path(__file__).parent.parent / "docs" / "examples" / "local_sgd.py"


@pytest.fixture
def local_sgd(monkeypatch):
    spec = importlib.util.spec_from_file_location("local_sgd", LOCAL_SGD)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "local_sgd", module)
    spec.loader.exec_module(module)
    return module


def table_in_parts(n_parts):
    X, y = make_classification(4000, n_features=8, n_informative=6, flip_y=0.0, random_state=0)
    X = StandardScaler().fit_transform(X)
    rows = np.array_split(np.arange(3000), n_parts)
    return [(X[part], y[part]) for part in rows], X[3000:], y[3000:]


def test_one_network_on_the_parts_of_a_table(client, local_sgd, bits):
    client.upload_file(str(LOCAL_SGD))
    parts, X, y = table_in_parts(3)
    network = MLPLogisticClassifier(16, random_state=0)
    model = local_sgd.fit_on_parts(client, parts, network, [0, 1], n_rounds=15)
    whole = MLPLogisticClassifier(16, max_iter=15, random_state=0)
    whole.fit(*(np.concatenate(a) for a in zip(*parts, strict=True)))
    assert model.score(X, y) > 0.9
    assert model.score(X, y) > whole.score(X, y) - 0.03
    again = local_sgd.fit_on_parts(client, parts, network, [0, 1], n_rounds=15)
    assert bits(model) == bits(again)


def test_a_worker_killed_in_a_round_changes_no_bit(local_sgd, bits):
    parts, _, _ = table_in_parts(3)
    network = MLPLogisticClassifier(16, random_state=0)
    fitted = []
    for is_killed in (False, True):
        with start_cluster() as cluster, distributed.Client(cluster) as client:
            client.upload_file(str(LOCAL_SGD))
            client.amm.stop()
            # What is on one worker only is lost with it; so both have the parts.
            scatter = client.scatter
            client.scatter = partial(scatter, broadcast=True)
            pid, rounds, gather = next(iter(client.run(os.getpid).values())), [], client.gather

            def gathered(futures, rounds=rounds, gather=gather, pid=pid, is_killed=is_killed):
                rounds.append(1)
                if is_killed and len(rounds) == 5:  # the parts were scattered long before
                    os.kill(pid, signal.SIGKILL)
                return gather(futures)

            client.gather = gathered
            fitted.append(local_sgd.fit_on_parts(client, parts, network, [0, 1], n_rounds=15))
            assert (pid in client.run(os.getpid).values()) is not is_killed
    assert bits(fitted[0]) == bits(fitted[1])
