"""The compiled kernel by itself, on every instruction set that the processor has."""

from decimal import Decimal, localcontext
from itertools import permutations

import numpy as np
import pytest
from scipy.sparse import csr_array

from sklearn_mlp import _reference
from sklearn_mlp._kernel import (
    Dual,
    Network,
    Rows,
    decide,
    gram_block,
    hash_rows,
    instruction_sets,
    losses,
    shuffled,
    train,
    train_epochs,
)
from sklearn_mlp._kernel.packed import INSTRUCTION_SET, PackedWeights

BASELINE = {
    "activations": _reference.LOGISTIC,
    "instruction_set": "baseline",
    "train_biases": True,
}

# Two classes, squared error, nothing else.
PLAIN = {"positive": 1, "alpha": 0.0, "loss": "squared_error"}


@pytest.fixture(params=instruction_sets())
def instruction_set(request, monkeypatch):
    monkeypatch.setenv(INSTRUCTION_SET, request.param)
    return request.param


def identity_network(dtype, weight=1.0):
    """One input, one hidden node: the logit is logistic(weight * x)."""
    coefs = [np.full((1, 1), weight, dtype), np.ones((1, 1), dtype)]
    packed = PackedWeights(coefs, [np.zeros(1, dtype)] * 2)
    return packed.networks(_reference.LOGISTIC, train_biases=False)[0]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_logistic_function_is_accurate_everywhere(dtype, instruction_set):
    # At +-1000 exp itself overflows. Below `lowest` the result, a subnormal number, may be 0.
    lowest = {np.float64: -708.39, np.float32: -87.33}[dtype]
    x = np.concatenate(
        [
            np.linspace(-1000, 1000, 2001),
            np.linspace(-40, 40, 1601),
            [-745.2, -720.0, -103.9, -95.0, lowest, -1e-30, 0.0, 1e-30],
        ]
    ).astype(dtype)
    logits = np.empty(len(x), dtype)
    decide(Rows(x[:, None]), identity_network(dtype), subset=None, first=0, logits=logits)
    with localcontext() as context:
        context.prec = 60
        exact = [1 / (1 + (-Decimal(float(v))).exp()) for v in x]
        ulp = Decimal(float(np.finfo(dtype).eps))
        worst = max(
            abs(Decimal(float(got)) - want) / (want * ulp)
            for got, want, v in zip(logits, exact, x, strict=True)
            if v >= dtype(lowest)
        )
    assert worst <= 4
    assert (np.abs(logits[x < lowest]) < np.finfo(dtype).tiny).all()


def test_infinite_and_missing_preactivations(instruction_set):
    # An input may be large, but not infinite: the estimator lets none through.
    x = np.array([[10.0], [-10.0], [np.nan]])
    logits = np.empty(3)
    decide(Rows(x), identity_network(np.float64, 1e308), subset=None, first=0, logits=logits)
    np.testing.assert_array_equal(logits, [1.0, 0.0, np.nan])


def test_an_interrupted_epoch_is_not_done():
    network, done, asked = identity_network(np.float64), [], []

    def is_interrupted():
        asked.append(1)
        return len(asked) > 5

    def call(**changes):
        arguments = {
            "visits": np.arange(4),
            "generator": None,
            "chunk": 2,
            "targets": [(np.array([0, 1, 0, 1], np.int32), 1)],
            "step": None,
            "learning_rates": np.full((9, 1, 2), 0.1),
            "alpha_factors": np.zeros(9),
            "of_loss": float,
            "last_loss": 1.0,
            "total": 4.0,
            "loss": "squared_error",
            "is_interrupted": is_interrupted,
            "done": done,
        }
        return train_epochs(Rows(np.ones((4, 1))), [network], **arguments | changes)

    assert call()
    assert len(done) == 2  # of four chunks; the sixth one is the last of the third epoch
    assert len(asked) == 6
    for wrong in (
        {"learning_rates": np.ones((9, 2, 2))},
        {"alpha_factors": np.zeros(8)},
        {"targets": []},
        {"targets": [(np.zeros(3, np.int32), 1)]},
        {"chunk": 0},
        {"step": np.ones(3)},
    ):
        with pytest.raises(TypeError, match="kernel"):
            call(**wrong)
    with pytest.raises(ValueError, match="no loss 'other'"):
        call(loss="other")


def test_the_tally_is_taken_before_each_update_and_is_added_to(instruction_set):
    X, classes = np.array([[1.0], [-1.0]]), np.array([1, 0], dtype=np.int32)
    network = identity_network(np.float64)
    tally = np.array([10.0, np.inf, -np.inf])
    before = np.empty(1)
    decide(Rows(X[:1]), network, subset=None, first=0, logits=before)
    arguments = {"classes": classes, "learning_rate": (0.5, 0.5), **PLAIN}
    first = np.array([0], dtype=np.intp)
    train(Rows(X), network, order=first, step=np.array([3.0, 1.0]), tally=tally, **arguments)
    FE = 1 / (1 + np.exp(-before[0])) - 1
    np.testing.assert_allclose(tally, [10 + 3 * 0.5 * FE**2, before[0], before[0]], rtol=1e-14)


def largest_difference(
    X,
    y,
    step,
    order,
    coefs,
    intercepts,
    LR,
    *,
    bias,
    container=np.asarray,
    alpha=0.0,
    loss="squared_error",
    in_dual=False,
):
    """Between an epoch of the kernel and one of the reference, relative to the largest weight."""
    total = step[order].sum()
    packed = PackedWeights(coefs, intercepts)
    tally = np.array([0.0, np.inf, -np.inf])
    rows, (network,) = (
        Rows(container(X)),
        packed.networks(_reference.LOGISTIC, train_biases=bias),
    )
    dual = None
    if in_dual:  # rows in another order, in two blocks
        places = np.arange(len(X))[::-1].copy()
        blocks = [(0, Rows(X[::-1][:5].copy()))]
        if len(X) > 5:
            blocks.append((5, Rows(X[::-1][5:].copy())))
        gram = np.full((len(X), len(X)), np.nan, X.dtype)
        for t, block in blocks:
            for s, other in blocks[: 1 + (t > 0)]:
                gram_block(block, other, gram, t, s, packed.instruction_set)
        dual = Dual(network, gram, places)
        for first, block in blocks:
            dual.begin(block, first)
    for part in np.array_split(order, 2):  # the scale of the weights is settled between calls
        train(
            rows,
            network,
            order=part,
            classes=y,
            positive=1,
            step=step,
            learning_rate=(LR, LR),
            alpha=alpha / total,
            loss=loss,
            tally=tally,
            dual=dual,
        )
    if in_dual:
        for first, block in blocks:
            dual.end(block, first)
    coefs, intercepts = ([a.astype(float) for a in layers] for layers in (coefs, intercepts))
    X = X.astype(float)
    more = {"LR": LR, "order": order, "step": step, "alpha": alpha, "loss": loss}
    mean_loss = _reference.epoch(X, y, coefs, intercepts if bias else None, **more)
    np.testing.assert_allclose(tally[0] / total, mean_loss, rtol=1e-4)
    largest = max(np.abs(a).max() for a in (*coefs, *intercepts))
    pairs = zip((*packed.coefs, *packed.intercepts), (*coefs, *intercepts), strict=True)
    return max(np.abs(got - want).max() for got, want in pairs) / largest


TOLERANCE = {np.float64: 1e-10, np.float32: 1e-4}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_every_hidden_size_follows_the_reference(instruction_set, dtype, container, random_problem):
    # 1 to 40 and some beyond: every way in which a layer fills its vectors, fused and blocked.
    rng = np.random.default_rng(0)
    for n_hidden in [*range(1, 41), 47, 64, 65, 100]:
        problem = random_problem(rng, int(rng.integers(1, 30)), [n_hidden], 21, dtype)
        difference = largest_difference(*problem, bias=True, container=container)
        assert difference < TOLERANCE[dtype], n_hidden


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("hidden", [[3], [10], [20], [30], [60], [30, 3]])
def test_wide_tables_follow_the_reference(instruction_set, dtype, hidden, random_problem):
    # With so many inputs the blocked pass takes layers that the fused one takes otherwise.
    problem = random_problem(np.random.default_rng(3), 5000, hidden, 17, dtype)
    assert largest_difference(*problem, bias=True, alpha=0.1) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bias", [True, False])
def test_the_dual_follows_the_reference(instruction_set, dtype, bias, random_problem):
    rng = np.random.default_rng(6)
    for number in range(60):
        hidden = rng.integers(1, 80, size=rng.integers(1, 4)).tolist()
        n_inputs, n_rows = int(rng.choice([1, 3, 70, 600])), int(rng.integers(1, 30))
        problem = random_problem(rng, n_inputs, hidden, n_rows, dtype, bias=bias)
        options = {
            "alpha": 0.0 if number % 2 else 10 ** rng.uniform(-3, 3),
            "loss": losses()[number % len(losses())],
        }
        difference = largest_difference(*problem, bias=bias, in_dual=True, **options)
        assert difference < TOLERANCE[dtype], (n_inputs, hidden, n_rows, options)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("n_rows", [1, 2, 7, 8, 9, 33])
def test_the_gram_matrix_has_all_products(instruction_set, dtype, n_rows):
    X = np.random.default_rng(n_rows).normal(size=(n_rows, 1100)).astype(dtype)
    gram = np.full((n_rows, n_rows), np.nan, dtype)
    gram_block(Rows(X), Rows(X), gram, 0, 0, instruction_set)
    tolerance = {np.float64: 1e-11, np.float32: 1e-3}[dtype]
    np.testing.assert_allclose(gram, X.astype(float) @ X.T.astype(float), atol=tolerance)
    np.testing.assert_array_equal(gram, gram.T)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("hidden", [[9, 40, 3], [17, 66], [5, 23, 100, 4]])
def test_later_layers_of_all_widths_follow_the_reference(
    instruction_set, dtype, hidden, random_problem
):
    problem = random_problem(np.random.default_rng(5), 6, hidden, 20, dtype)
    assert largest_difference(*problem, bias=True, alpha=0.1) < TOLERANCE[dtype]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("bias", [True, False])
def test_random_networks_follow_the_reference(instruction_set, dtype, bias, random_problem):
    rng = np.random.default_rng(1)
    for number in range(160):
        hidden = rng.integers(1, 40, size=rng.integers(1, 4)).tolist()
        n_inputs, n_rows = int(rng.integers(1, 80)), int(rng.integers(1, 30))
        problem = random_problem(rng, n_inputs, hidden, n_rows, dtype, bias=bias)
        options = {
            "container": csr_array if number % 3 == 0 else np.asarray,
            "alpha": 0.0 if number % 2 else 10 ** rng.uniform(-3, 1),
            "loss": losses()[number % 5 % len(losses())],
        }
        difference = largest_difference(*problem, bias=bias, **options)
        assert difference < TOLERANCE[dtype], (n_inputs, hidden, n_rows, options)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("hidden", [[3], [6, 5], [90], [90, 7]])
@pytest.mark.parametrize("shrinkage", [0.01, 0.3, 0.9, 1.0, 1.5])
def test_a_strong_alpha_follows_the_reference(
    instruction_set, dtype, container, hidden, shrinkage, random_problem
):
    # A visit takes up to this part of every weight away; 1 leaves nothing, 1.5 turns the sign.
    rng = np.random.default_rng(4)
    X, y, step, order, coefs, intercepts, LR = random_problem(rng, 9, hidden, 30, dtype)
    alpha = shrinkage / LR * step[order].sum()
    difference = largest_difference(
        X, y, step, order, coefs, intercepts, LR, bias=True, container=container, alpha=alpha
    )
    assert difference < TOLERANCE[dtype]


def test_float32_weights_feel_an_alpha_far_below_their_precision(instruction_set):
    # One visit takes 1e-9 of a weight, which float32 would round away; 1e6 visits take 1e-3.
    X, y = np.zeros((1, 1), np.float32), np.zeros(1, np.int32)
    order = np.zeros(1_000_000, dtype=np.intp)
    for n_hidden in (1, 90):
        coefs = [np.ones((1, n_hidden), np.float32), np.zeros((n_hidden, 1), np.float32)]
        packed = PackedWeights(coefs, [np.zeros(n_hidden, np.float32), np.zeros(1, np.float32)])
        more = {"classes": y, "positive": 1, "step": None, "loss": "squared_error"}
        network = packed.networks(_reference.LOGISTIC, train_biases=False)[0]
        tally = np.array([0.0, np.inf, -np.inf])
        train(
            Rows(X),
            network,
            order=order,
            learning_rate=(1e-6, 1e-6),
            alpha=1e-3,
            tally=tally,
            **more,
        )
        np.testing.assert_allclose(packed.coefs[0], np.exp(-1e-3), rtol=1e-6)


def test_padding_stays_zero(instruction_set, random_problem):
    rng = np.random.default_rng(2)
    for hidden in ([3], [5, 3], [37], [37, 3, 7]):
        X, y, step, order, coefs, intercepts, LR = random_problem(rng, 6, hidden, 40, np.float64)
        packed = PackedWeights(coefs, intercepts)
        n_weights = sum(a.size for a in (*coefs, *intercepts))
        tally = np.array([0.0, np.inf, -np.inf])
        more = {"classes": y, "step": step, "learning_rate": (LR, LR), "tally": tally, **PLAIN}
        train(
            Rows(X), packed.networks(_reference.LOGISTIC, train_biases=True)[0], order=order, **more
        )
        assert np.count_nonzero(packed.buffer) == n_weights


@pytest.mark.parametrize("hidden", [[4], [40], [6, 5]])
def test_visits_in_several_calls_are_visits_in_one(instruction_set, hidden, random_problem):
    # Bit for bit where the calls end at whole blocks, as chunks of an epoch do.
    rng = np.random.default_rng(3)
    X, y, step, order, coefs, intercepts, LR = random_problem(rng, 7, hidden, 50, np.float64)
    results = []
    for ends in ([100], [16, 48, 100], [5, 10, 100]):
        packed = PackedWeights(coefs, intercepts)
        tally = np.array([0.0, np.inf, -np.inf])
        more = {"classes": y, "step": step, "learning_rate": (LR, LR), "tally": tally, **PLAIN}
        for start, end in zip([0, *ends], ends):  # noqa: B905
            train(
                Rows(X),
                packed.networks(_reference.LOGISTIC, train_biases=True)[0],
                order=order[start:end],
                **more,
            )
        results.append(packed.buffer)
    np.testing.assert_allclose(results[1], results[0], rtol=1e-12)
    np.testing.assert_allclose(results[2], results[0], rtol=1e-12)


def test_the_instruction_set_can_be_chosen(monkeypatch):
    monkeypatch.setenv(INSTRUCTION_SET, "baseline")
    assert PackedWeights([np.ones((1, 1))] * 2, [np.ones(1)] * 2).instruction_set == "baseline"
    monkeypatch.setenv(INSTRUCTION_SET, "abacus")
    with pytest.raises(ValueError, match="INSTRUCTION_SET='abacus' is not available here"):
        PackedWeights([np.ones((1, 1))] * 2, [np.ones(1)] * 2)


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


@pytest.mark.parametrize(
    ("weights", "offsets"),
    [
        (np.ones(16), [0, 8, 12, 16]),
        (np.ones(15), [0, 8, 12, 16, 20]),
        (np.ones(40)[::2], [0, 8, 12, 16, 20]),
    ],
    ids=["too few offsets", "too few weights", "strided"],
)
def test_weights_of_another_layout_are_refused(weights, offsets):
    with pytest.raises(TypeError, match="kernel: "):
        Network(weights, [2, 3, 1], offsets, **BASELINE)


def test_scratch_memory_is_shared_by_networks_of_a_kind_only():
    weights, offsets = np.zeros(20), [0, 8, 12, 16, 20]
    first = Network(weights, [2, 3, 1], offsets, **BASELINE)
    Network(np.zeros(20), [2, 3, 1], offsets, sharing=first, **BASELINE)
    for dtype, sizes, others in (
        (np.float64, [40, 3, 1], [0, 160, 164, 168, 172]),
        (np.float32, [2, 3, 1], offsets),
    ):
        with pytest.raises(TypeError, match="another kind of network"):
            Network(np.zeros(others[-1], dtype), sizes, others, sharing=first, **BASELINE)


def test_arguments_that_do_not_go_together_are_refused():
    # Each of these would read or write beyond an array.
    rows, network = Rows(np.ones((3, 1))), identity_network(np.float64)
    good = {
        "order": np.arange(3),
        "classes": np.zeros(3, dtype=np.int32),
        "positive": 1,
        "step": None,
        "learning_rate": (1.0, 1.0),
        "alpha": 0.0,
        "loss": "squared_error",
        "tally": np.zeros(3),
    }
    train(rows, network, **good)
    for bad in (
        {"classes": np.zeros(2, dtype=np.int32)},
        {"step": np.ones(2)},
        {"step": np.ones(3, dtype=np.float32)},
        {"order": np.arange(3, dtype=np.int32)},
        {"tally": np.zeros(2)},
    ):
        with pytest.raises(TypeError, match="kernel: "):
            train(rows, network, **{**good, **bad})
    for other in (Rows(np.ones((3, 2))), Rows(np.ones((3, 1), dtype=np.float32))):
        with pytest.raises(TypeError, match="kernel: "):
            train(other, network, **good)
        with pytest.raises(TypeError, match="kernel: "):
            decide(other, network, subset=None, first=0, logits=np.empty(3))
    frozen = np.empty(3)
    frozen.flags.writeable = False
    for first, logits in ((1, np.empty(3)), (-1, np.empty(3)), (0, frozen)):
        with pytest.raises(TypeError, match="kernel: "):
            decide(rows, network, subset=None, first=first, logits=logits)
    with pytest.raises(TypeError, match="as many logits"):
        decide(rows, network, subset=np.arange(2), first=0, logits=np.empty(3))


def test_a_shuffle_is_a_permutation_and_every_one_is_as_likely():
    generator = np.random.default_rng(0)
    visits = np.array([5, 5, 7, 9], dtype=np.intp)
    counts = {}
    for _ in range(12_000):
        order = tuple(shuffled(visits, generator).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert set(counts) == set(permutations([5, 5, 7, 9]))
    # 12 arrangements, each 1000 times but for chance (standard deviation 30)
    assert max(abs(count - 1000) for count in counts.values()) < 150
    np.testing.assert_array_equal(visits, [5, 5, 7, 9])
    assert len(shuffled(visits[:0], generator)) == 0
