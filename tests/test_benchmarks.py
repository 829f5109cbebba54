"""The benchmarks run, at toy size; nothing here depends on how long anything takes."""

import json
import re

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss

from benchmarks import diagnosis, published, quality, speed, timing
from sklearn_mlp import MLPLogisticClassifier

DUMMY = "DummyClassifier", {"strategy": "uniform"}


@pytest.mark.filterwarnings("ignore")
def test_speed_measures_every_contender_on_every_shape():
    result = speed.run(
        shapes=[(3, (4,), 60, 2), (5, (3, 2), 60, 2)],
        sparse=(200, (3,), 60, 2),
        default=[(4, (32,), 60, 2, 3)],
        inputs=(3, 600),
        against=[(20, 600, (3,), 2, 2), (20, 5, (3, 2), 3, 1)],
        n_turns=1,
        n_rows=(100, 200),
        calls_options={"sizes": (1, 3), "data_sets": ("iris",), "n_candidates": 4},
        grid_sizes=(2,),
        grid_rates=(0.2,),
    )
    result = json.loads(json.dumps(result))
    rows = result["training"]
    shapes = ["3 x 4", "5 x 3 x 2", "CSR 200 x 3", "4 x 32, 3 classes"]
    assert [row["shape"] for row in rows[::2]] == shapes
    for row in rows:
        assert all(np.isfinite(value) and value > 0 for value in row["times_faster"].values())
        has_peers = row["dtype"] == "float64" and row["shape"] != shapes[-1]
        assert ("MLPClassifier, batch 1" in row["times_faster"]) == has_peers
        assert row["times_faster"]["ours"] == 1
        assert row["fraction_of_bound"] > 0
    assert rows[0]["weights"] == 4 * 4 + 5
    assert [row["rows"] for row in result["growth"]] == [100, 200]
    lines = speed.markdown(result).splitlines()
    assert n_tables(lines) == 11
    assert result["grid search"]["candidates"] == 1
    assert [row["inputs"] for row in result["inputs"]] == [3, 600]
    against = result["against MLPClassifier"]
    assert [(row["shape"], row["hidden"], row["classes"]) for row in against[::2]] == [
        ("20 x 600", "3", 2),
        ("20 x 5", "3 x 2", 3),
    ]
    assert all(row["MLPClassifier, times ours"] > 0 for row in against)
    for row in result["calls"]["calls"]:
        others = {*row["us"]} - {"sklearn-mlp"}
        assert others == {*row["times ours"]}
        assert "SGDClassifier" in others or "LogisticRegression" in others
    assert {*result["calls"]["not plain"]} == {"partial_fit", "predict"}
    (grid,) = result["calls"]["grids"]
    assert grid["MLPClassifier, times ours"] > 0
    assert "|---|---:|---:|---:|---:|---:|---:|" in lines  # numbers are aligned at the right
    assert sum(line.startswith("| CSR 200 x 3") for line in lines) == 2
    for name in result["absent"]:
        assert f"Absent: {name}." in lines


def n_tables(lines):
    """Number of tables, by the lines under their heads."""
    return sum(bool(re.fullmatch(r"\|(-{3}:?\|)+", line)) for line in lines)


def test_a_ratio_is_that_within_a_turn():
    # The second turn on a processor of half the speed.
    times = {"a": [2.0, 4.0, 2.0], "b": [1.0, 2.0, 1.0]}
    assert timing.ratio(times, "a", "b") == 2
    assert timing.ratio(times, "a", "b", 3) == 6


def test_the_bound_is_the_slower_of_arithmetic_and_memory():
    def bound(**limits):
        return speed.bound(10, (4,), np.float64, is_sparse=False, **{"logistic": 0.0, **limits})

    n_weights = 11 * 4 + 5
    assert bound(peak=4.0 * n_weights, bytes_per_second=1e9) == (n_weights, 1)
    assert bound(peak=1e9, bytes_per_second=80.0) == (n_weights, 1)
    # Five nodes have a logistic function.
    assert bound(peak=8.0 * n_weights, bytes_per_second=1e9, logistic=0.1) == (n_weights, 1)


def test_the_tables_are_those_that_the_names_say():
    X, y = speed.sparse_table(50, 1000)
    assert X.shape == (50, 1000)
    assert X.has_canonical_format
    assert np.diff(X.indptr).max() <= speed.NON_ZEROS
    assert set(y) == {0, 1}
    X, y = speed.dense_table(50, 3, np.float32)
    assert X.dtype == np.float32
    assert set(y) == {0, 1}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    rows = [f"{a},{b},{'yes' if a > 0 else 'no'}" for a, b in X]
    (tmp_path / "small.csv").write_text("\n".join(rows))
    (tmp_path / "more").mkdir()
    three = np.eye(3)[np.arange(30) % 3] + rng.normal(scale=1e-3, size=(30, 3))
    np.savez(tmp_path / "more" / "three.npz", X=three, y=np.arange(30) % 3)
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_quality_ranks_every_model_on_every_table(folder):
    data = quality.tables(folder)
    assert list(data) == ["small", "three"]
    peers = {"bad": DummyClassifier(), "as bad": DummyClassifier()}
    ours = {"good": LogisticRegression(), "poor": LogisticRegression(C=1e-9)}
    result = json.loads(json.dumps(quality.run(data, ours, peers, 2)))
    for score in ("accuracy", "Brier score", "log loss", "AUC"):
        assert result["ranks"]["all"]["good"][score] == {"good": 1, "bad": 2.5, "as bad": 2.5}
        assert result["wins"]["good"]["as bad"][score] == 2
    assert result["wins"]["good"]["poor"]["log loss"] == 2
    assert result["wins"]["poor"]["good"]["log loss"] == 0
    assert result["means"]["accuracy"]["good"] > 0.9
    assert result["means"]["AUC"]["bad"] == 0.5
    assert result["kinds"] == {
        "all": ["small", "three"],
        "small": ["small", "three"],
        "several classes": ["three"],
    }
    lines = quality.markdown(result).splitlines()
    assert n_tables(lines) == 8
    assert "| several classes | 1 | 1.00 (2.50) " in "\n".join(lines)
    with pytest.raises(FileNotFoundError, match="no CSV or npz file"):
        quality.tables(folder / "empty")


def test_the_kinds_of_tables():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [2000, 100])
    flags = np.column_stack([rng.integers(0, 2, (2100, 2)), rng.normal(size=2100)])
    assert quality.kinds(flags, y, 0.05) == ["rare class", "large", "one-hot"]
    assert quality.kinds(flags[:, 1:], y, 0.15) == ["rare class", "noisy", "large"]
    y = np.arange(600) % 3
    assert quality.kinds(rng.normal(size=(600, 2)), y, 0.5) == ["several classes"]
    assert quality.kinds(rng.normal(size=(499, 2)), y[:499], 0.6) == [
        "noisy",
        "small",
        "several classes",
    ]


def test_habits_are_compared_with_the_defaults(folder):
    data = quality.tables(folder)
    changes = {"max_iter=1": {"max_iter": 1}, "nothing": {"verbose": False}}
    result = json.loads(json.dumps(quality.run_habits(data, changes, 1)))
    means = result["means"]
    assert means["nothing"]["Brier score"] == means["defaults"]["Brier score"]
    lines = quality.habits_markdown(result).splitlines()
    assert lines[0] == "2 tables, 1 seeds."
    assert lines[-1] == "| `nothing` | 0.00 | 1.000 | 1.000 |"
    lost = 100 * (means["defaults"]["accuracy"] - means["max_iter=1"]["accuracy"])
    ratio = means["max_iter=1"]["Brier score"] / means["defaults"]["Brier score"]
    assert lines[-2].startswith(f"| `max_iter=1` | {lost:.2f} | {ratio:.3f} |")


def test_the_changes_tried_are_of_one_parameter():
    defaults = MLPLogisticClassifier().get_params()
    assert len(quality.TRIED) > 25
    for change in quality.TRIED.values():
        ((name, value),) = change.items()
        assert defaults[name] != value


def test_a_peer_that_is_not_installed_is_named(monkeypatch, capsys):
    peers = {"Peer": ("no_such_library", "Model", {}), "Dummy": ("sklearn.dummy", *DUMMY)}
    monkeypatch.setattr(quality, "OPTIONAL_PEERS", peers)
    found = quality.optional_peers()
    assert list(found) == ["Dummy"]
    assert found["Dummy"].strategy == "uniform"
    assert capsys.readouterr().out == "Absent: Peer.\n"


def test_warnings_are_counted(folder):
    data = quality.tables(folder)
    settings = [
        ("defaults", {}, "fit"),
        ("rate 100", {"learning_rate_init": 100.0}, "fit"),
        ("rate 100, constant", {"learning_rate_init": 100.0, "learning_rate": "constant"}, "fit"),
        ("times 100", {}, "times 100"),
        ("stream, rate 30", {"learning_rate_init": 30.0}, "stream"),
    ]
    result = json.loads(json.dumps(diagnosis.run(data, settings, 1)))
    counts = result["counts"]
    assert counts["defaults"] == {"told": 0, "needless": 0, "harmful": 0, "missed": 0}
    for count in counts.values():
        assert count["told"] - count["needless"] == count["harmful"] - count["missed"]
    assert counts["rate 100"]["told"] >= 1
    (said,) = result["said"].values()
    assert said["100"] == [["less", "large rate"]]
    lines = diagnosis.markdown(result).splitlines()
    assert lines[0] == "2 tables."
    assert n_tables(lines) == 2
    assert any("less, large rate" in line for line in lines)


def test_the_critical_difference_is_that_of_the_published_tables():
    # Demsar's table 5 (a): q is 2.343, 2.728 and 3.102 for 3, 5 and 9 models.
    for n_models, q in ((3, 2.343), (5, 2.728), (9, 3.102)):
        expected = q * np.sqrt(n_models * (n_models + 1) / (6 * 41))
        assert quality.critical_difference(n_models, 41) == pytest.approx(expected, rel=1e-3)


def test_the_scores_of_quality():
    y = np.array([0, 1, 1, 0])
    proba = np.array([[0.9, 0.1], [0.2, 0.8], [0.65, 0.35], [0.75, 0.25]])
    scores = quality.scores(y, proba)
    assert scores["accuracy"] == 0.75
    assert scores["Brier score"] == pytest.approx(brier_score_loss(y, proba[:, 1]))
    assert scores["AUC"] == 1
    # Each confidence in a bin of its own: .1, .2 and .25 too low, .65 too high.
    assert scores["calibration error"] == pytest.approx((0.1 + 0.2 + 0.25 + 0.65) / 4)
    # Two in one bin, one of them right: no error there.
    assert quality.calibration_error(y[:2], np.array([[0.5, 0.5], [0.5, 0.5]])) == 0


def test_published_results_at_toy_size():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 4)), rng.integers(0, 2, 60)
    result = {
        "sonar": published.sonar(X, y, sizes=(2,), n_starts=1),
        "ionosphere": [50.0, 60.0],
        "text": {"some": {"defaults": [90.0], "LogisticRegression": [91.0]}},
        "curved": {"some": {"defaults": [90.0], "MLPClassifier": [80.0]}},
    }
    assert 20 < result["sonar"][2]["mean"] < 80  # there is nothing to learn
    lines = published.markdown(json.loads(json.dumps(result), object_hook=numbers)).splitlines()
    assert n_tables(lines) == 4
    assert "| ionosphere | 2 | 55.0 | 50.0 |" in lines
    X, y = published.documents(50, 3, 0.5, 0.1, n_words=1000)
    assert X.shape == (50, 1000)
    np.testing.assert_allclose(np.asarray(X.power(2).sum(axis=1)), 1.0)
    assert set(y) == {0, 1, 2}
    assert published.xor(2) == [100.0, 100.0]
    X, y, X_test, _ = published.article(0, n_rows=500)
    assert X.shape == X_test.shape == (500, 3)
    assert 0.05 < y.mean() < 0.2


def numbers(item):
    """Keys that are numbers, which JSON makes strings, as numbers again."""
    return {int(key) if key.isdigit() else key: value for key, value in item.items()}
