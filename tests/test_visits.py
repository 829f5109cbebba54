"""A weight is a multiplicity, and the order of the rows does not matter."""

import time

import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix
from sklearn.datasets import make_classification, make_moons
from sklearn.ensemble import AdaBoostClassifier
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import train_test_split

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._kernel import Rows
from sklearn_mlp._training.visits import canonical_order, hold_out, weights_to_visits

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def table():
    """80 rows of four inputs with zeros and repeated rows in them, three classes, weights."""
    rng = np.random.default_rng(42)
    X = rng.normal(size=(80, 4)) * rng.integers(0, 2, size=(80, 4))
    X[40:60] = X[20:40]
    X[60:70, :] = rng.integers(-2, 3, size=(10, 4)) / 2
    y = rng.integers(0, 3, size=80)
    weight = rng.choice([0.0, 0.3, 1.0, 2.0, 2.5, 7.0], size=80)
    return X, y, weight


SETTINGS = [
    {},
    {"class_weight": "balanced"},
    {"class_weight": {0: 1.5, 1: 3.0, 2: 0.2}},
    {"early_stopping": True, "validation_fraction": 0.3},
    {"early_stopping": True, "class_weight": "balanced", "learning_rate": "constant"},
    {"alpha": 3.0, "loss": "log_loss"},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_shuffled_rows_give_the_same_bits(table, settings, weighted, container, bits):
    X, y, weight = table
    model = MLPLogisticClassifier(5, max_iter=4, random_state=0, **settings)
    expected = bits(model.fit(container(X), y, weight if weighted else None))
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(X))
        model.fit(container(X[order]), y[order], weight[order] if weighted else None)
        assert bits(model) == expected
    if weighted:
        # Weights that are scaled up to mean 1, by a sum that rounds.
        weight = np.random.default_rng(0).exponential(0.1, size=len(X))
        expected = bits(model.fit(container(X), y, weight))
        for seed in range(3):
            order = np.random.default_rng(seed).permutation(len(X))
            assert bits(model.fit(container(X[order]), y[order], weight[order])) == expected
    # The order of visits does depend on the seed.
    assert bits(model.set_params(random_state=1).fit(container(X), y)) != expected


@pytest.mark.parametrize("settings", [s for s in SETTINGS if "early_stopping" not in s])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_repeated_rows_are_integer_weights(table, settings, n_classes, bits):
    X, y, _ = table
    X, y = X[y < n_classes], y[y < n_classes]
    weight = np.random.default_rng(0).integers(0, 5, size=len(X))
    model = MLPLogisticClassifier(5, max_iter=4, random_state=0, **settings)
    expected = bits(model.fit(X, y, weight))
    shuffled = np.random.default_rng(1).permutation(np.repeat(np.arange(len(X)), weight))
    assert bits(model.fit(X[shuffled], y[shuffled])) == expected


def test_rows_that_differ_beyond_float32_are_repeated_alike(bits):
    # Two rows that hash alike in float32; weights 2 and 1 or three rows must be the same visits.
    X = np.array([[1.0], [1.0 + 1e-12], [-1.0]])
    y = np.array([1, 1, 0])
    model = MLPLogisticClassifier(2, max_iter=3, random_state=0)
    for weight in ([2, 1, 1], [1, 2, 1]):
        expected = bits(model.fit(X, y, weight))
        rows = np.repeat(np.arange(3), weight)[::-1]
        assert bits(model.fit(X[rows], y[rows])) == expected


def test_unit_weights_change_nothing(table, bits):
    X, y, _ = table
    model = MLPLogisticClassifier(5, max_iter=4, random_state=0)
    expected = bits(model.fit(X, y))
    assert bits(model.fit(X, y, np.ones(len(X)))) == expected
    # The rounding of a quotient is still one visit, and weights of mean 1/n are scaled up.
    nearly = np.full(len(X), 1.0000000000000002)
    assert model.fit(X, y, nearly).t_ == 4 * len(X)
    assert model.fit(X, y, np.full(len(X), 1 / len(X))).t_ == 4 * len(X)
    np.testing.assert_allclose(model.coefs_[0].ravel(), np.frombuffer(expected[0]), rtol=1e-9)


def test_how_the_same_numbers_are_stored_changes_nothing(table, bits):
    X, y, _ = table
    model = MLPLogisticClassifier(5, max_iter=4, random_state=0)
    expected = bits(model.fit(X, y))
    for same in (
        np.where(X == 0, -0.0, X),
        np.asfortranarray(X),
        np.repeat(X, 2, axis=1)[:, ::2],
        X[::-1][::-1],
        X.astype(object),
    ):
        assert bits(model.fit(same, y)) == expected

    canonical = csr_array(X)
    expected = bits(model.fit(canonical, y))
    explicit_zeros = csr_array(np.where(X == 0, 5.0, X))
    explicit_zeros.data[explicit_zeros.data == 5.0] = 0.0
    unsorted = canonical.copy()
    for row in range(len(X)):
        here = slice(unsorted.indptr[row], unsorted.indptr[row + 1])
        unsorted.indices[here] = unsorted.indices[here][::-1].copy()
        unsorted.data[here] = unsorted.data[here][::-1].copy()
    unsorted.has_sorted_indices = False
    duplicates = csr_matrix(
        (
            np.repeat(canonical.data / 2, 2),
            np.repeat(canonical.indices, 2),
            2 * canonical.indptr,
        ),
        shape=X.shape,
    )
    wide = canonical.copy()
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    for same in (explicit_zeros, unsorted, duplicates, wide, csc_array(X), coo_array(X)):
        assert bits(model.fit(same, y)) == expected


@pytest.mark.parametrize("hidden", [5, (4, 3)])
def test_sparse_and_dense_agree(table, hidden):
    X, y, weight = table
    model = MLPLogisticClassifier(hidden, max_iter=1, random_state=0)
    dense = model.fit(X, y, weight).coefs_
    sparse = model.fit(csr_array(X), y, weight).coefs_
    for a, b in zip(dense, sparse, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("n_rows", [200, 2000])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_float32_copy_is_visited_in_the_same_order(n_rows, seed):
    # In another order the probabilities would differ by some percent. Epochs are few, and the rate
    # is low, because training amplifies a difference of rounding.
    X, y = make_classification(
        n_samples=n_rows, n_features=20, n_informative=6, flip_y=0.1, random_state=seed
    )
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    model = MLPLogisticClassifier(learning_rate_init=0.5, max_iter=10, random_state=0)
    expected = model.fit(X, y).predict_proba(X)
    X32 = X.astype(np.float32)
    assert np.abs(model.fit(X32, y).predict_proba(X32) - expected).max() < 1e-4


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_adaboost_beats_the_single_network(seed):
    # Its weights are 1/n at first: taken as fractions of a step, nothing would be learned.
    X, y = make_moons(2000, noise=0.2, random_state=seed)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, random_state=seed)
    single = MLPLogisticClassifier(2, max_iter=5, random_state=0)
    boosted = AdaBoostClassifier(single, n_estimators=20, random_state=0).fit(X_train, y_train)
    gain = boosted.score(X_test, y_test) - single.fit(X_train, y_train).score(X_test, y_test)
    assert gain > 0.03


def test_a_huge_weight_neither_hangs_nor_exhausts_memory():
    X, y = make_moons(100, noise=0.2, random_state=0)
    weight = np.ones(100)
    weight[3] = 1e9
    start = time.process_time()
    model = MLPLogisticClassifier(2, max_iter=2, random_state=0).fit(X, y, weight)
    assert model.t_ <= 2 * 1_000_100
    assert model.predict(X[3:4])[0] == y[3]
    assert time.process_time() - start < 60  # "does not hang", not a measure of speed
    visits, step = weights_to_visits(y, weight)
    np.testing.assert_allclose(visits * step, weight, rtol=1e-12)
    assert visits.sum() <= 1_000_100


def test_visits_and_steps_make_up_the_weights():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, size=1000)
    weight = rng.exponential(2.0, size=1000)
    visits, step = weights_to_visits(y, weight, np.array([0.3, 100.0]))
    np.testing.assert_allclose(visits * step, weight * np.where(y == 1, 100.0, 0.3), rtol=1e-12)
    np.testing.assert_array_equal(visits, np.ceil(weight) * np.where(y == 1, 64, 1))
    assert weights_to_visits(y) == (None, None)


def test_balanced_weights_learn_a_rare_class():
    rng = np.random.default_rng(0)
    y = (rng.uniform(size=20_000) < 0.005).astype(int)
    X = rng.normal(size=(20_000, 5))
    X[y == 1, :2] += rng.choice([-1.5, 1.5], size=(y.sum(), 1))
    train, test = slice(0, 10_000), slice(10_000, None)
    scores = {}
    for class_weight in (None, "balanced"):
        model = MLPLogisticClassifier(
            8, learning_rate_init=0.2, max_iter=5, random_state=0, class_weight=class_weight
        )
        probability = model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
        scores[class_weight] = np.array(
            [
                average_precision_score(y[test], probability),
                roc_auc_score(y[test], probability),
            ]
        )
    assert (scores["balanced"] > scores[None]).all()


def test_canonical_order_is_a_permutation_that_sorts_ties_by_class_step_and_visits():
    X = np.array([[1.0], [2.0], [1.0], [1.0], [2.0], [1.0], [1.0]])
    y = np.array([1, 0, 0, 1, 0, 1, 1], dtype=np.int32)
    step = np.array([0.9, 1.0, 1.0, 0.5, 1.0, 0.7, 0.7])
    order = canonical_order(Rows(X), y, step, np.array([1, 1, 1, 1, 1, 2, 1]))
    assert sorted(order) == list(range(7))
    ones = [row for row in order if X[row, 0] == 1.0]
    assert ones == [2, 3, 6, 5, 0]


def test_a_part_of_each_class_is_held_out_and_the_rest_is_trained_on():
    y = np.repeat([0, 1, 2], [80, 30, 4]).astype(np.int32)
    rows = np.random.default_rng(1).permutation(114)
    held_out = hold_out(rows, y, 0.1, np.random.default_rng(0))
    # round(0.1 * 80), round(0.1 * 30), and at least one of four.
    np.testing.assert_array_equal(np.bincount(y[held_out]), [8, 3, 1])
    assert [row for row in rows if row in set(held_out)] == held_out.tolist()
    # Most is held out at a fraction near 1, but one row of each class stays to train on.
    held_out = hold_out(rows, y, 0.999, np.random.default_rng(0))
    np.testing.assert_array_equal(np.bincount(y[held_out]), [79, 29, 3])
