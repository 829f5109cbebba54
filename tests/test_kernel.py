"""The compiled kernel by itself."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy.sparse import csr_array

from sklearn_mlp._kernel import Network, Rows, decide, hash_rows, train


def identity_network(dtype, value=0.0):
    """One input, one hidden node, all weights 1: the logit is logistic(x)."""
    coefs = [np.ones((1, 1), dtype), np.ones((1, 1), dtype)]
    return Network(coefs, [np.zeros(1, dtype)] * 2, train_biases=False, writable=True)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_logistic_function_is_accurate_everywhere(dtype):
    # -720 and -95 give subnormal results; at +-1000 exp itself overflows.
    x = np.concatenate(
        [
            np.linspace(-1000, 1000, 2001),
            np.linspace(-40, 40, 1601),
            [-745.2, -720.0, -103.9, -95.0, -1e-30, 0.0, 1e-30],
        ]
    ).astype(dtype)
    logits = np.empty(len(x), dtype)
    decide(Rows(x[:, None]), identity_network(dtype), subset=None, first=0, logits=logits)
    with localcontext() as context:
        context.prec = 60
        exact = [1 / (1 + (-Decimal(float(v))).exp()) for v in x]
        tiny = Decimal(float(np.finfo(dtype).smallest_subnormal))
        ulp = Decimal(float(np.finfo(dtype).eps))
        worst = max(
            abs(Decimal(float(got)) - want) / max(want * ulp, tiny)
            for got, want in zip(logits, exact, strict=True)
        )
    # In units of the last place (of the smallest number, where the result is subnormal).
    assert worst <= 4


def test_infinite_and_missing_preactivations():
    x = np.array([[np.inf], [-np.inf], [np.nan]])
    logits = np.empty(3)
    decide(Rows(x), identity_network(np.float64), subset=None, first=0, logits=logits)
    np.testing.assert_array_equal(logits, [1.0, 0.0, np.nan])


def test_the_tally_is_taken_before_each_update_and_is_added_to():
    X, classes = np.array([[1.0], [-1.0]]), np.array([1, 0], dtype=np.int32)
    network = identity_network(np.float64)
    tally = np.array([10.0, np.inf, -np.inf])
    before = np.empty(1)
    decide(Rows(X[:1]), network, subset=None, first=0, logits=before)
    arguments = {"classes": classes, "positive": 1, "learning_rate": 0.5}
    first = np.array([0], dtype=np.intp)
    train(Rows(X), network, order=first, step=np.array([3.0, 1.0]), tally=tally, **arguments)
    FE = 1 / (1 + np.exp(-before[0])) - 1
    np.testing.assert_allclose(tally, [10 + 3 * 0.5 * FE**2, before[0], before[0]], rtol=1e-14)


def test_rows_hash_by_their_values_alone():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(50, 8)) * rng.integers(0, 2, size=(50, 8))
    sparse = csr_array(dense)
    wide = csr_array(dense)
    wide.indices, wide.indptr = wide.indices.astype(np.int64), wide.indptr.astype(np.int64)
    expected = hash_rows(Rows(dense), subset=None, float32=True)
    assert len(np.unique(expected)) == len(np.unique(dense, axis=0))
    for rows in (Rows(sparse), Rows(wide), Rows(dense.astype(np.float32))):
        np.testing.assert_array_equal(hash_rows(rows, subset=None, float32=True), expected)
    # -0.0 is 0.0, and a subset hashes like the whole.
    negative_zero = np.where(dense == 0, -0.0, dense)
    subset = np.array([7, 3, 3], dtype=np.intp)
    np.testing.assert_array_equal(
        hash_rows(Rows(negative_zero), subset=subset, float32=True), expected[subset]
    )
    # The second hash sees what float32 rounds away.
    nudged = dense * (1 + 1e-12)
    np.testing.assert_array_equal(hash_rows(Rows(nudged), subset=None, float32=True), expected)
    full = hash_rows(Rows(dense), subset=None, float32=False)
    assert (hash_rows(Rows(nudged), subset=None, float32=False) != full)[dense.any(axis=1)].all()
    # The same value in another column is another row.
    swapped = np.ascontiguousarray(dense[:, ::-1])
    assert (hash_rows(Rows(swapped), subset=None, float32=True) != expected)[
        (swapped != dense).any(axis=1)
    ].all()


@pytest.mark.parametrize(
    "X",
    [
        np.ones((3, 2), order="F"),
        np.ones((3, 2), dtype=int),
        np.ones((3, 4))[:, ::2],
        np.ones((3, 2)).astype(">f8"),
    ],
    ids=["Fortran", "int", "strided", "big-endian"],
)
def test_what_the_kernel_cannot_read_in_place_is_refused(X):
    with pytest.raises(TypeError, match="expected a C-contiguous 2-D array"):
        Rows(X)


def test_read_only_weights_can_decide_but_not_train():
    coefs, intercepts = [np.ones((1, 1))] * 2, [np.zeros(1)] * 2
    for array in (*coefs, *intercepts):
        array.flags.writeable = False
    with pytest.raises(TypeError, match="writable"):
        Network(coefs, intercepts, train_biases=True, writable=True)
    network = Network(coefs, intercepts, train_biases=False, writable=False)
    X, order = Rows(np.ones((1, 1))), np.zeros(1, dtype=np.intp)
    classes, tally = np.zeros(1, dtype=np.int32), np.zeros(3)
    with pytest.raises(TypeError, match="writable"):
        train(
            X,
            network,
            order=order,
            classes=classes,
            positive=1,
            step=None,
            learning_rate=1.0,
            tally=tally,
        )
