"""Sparse matrices whose indices point outside: an error, and never a read or write out there."""

import contextlib
import warnings
from collections import Counter

import numpy as np
import pytest
from scipy.sparse import (
    SparseEfficiencyWarning,
    bsr_array,
    coo_array,
    csc_array,
    csr_array,
    csr_matrix,
    dia_array,
    dok_array,
    lil_array,
)

from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._sparse import checked

# Some fits here are short.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def matrix(container=csr_array):
    dense = np.array([[1.0, 0, 2], [0, 3, 0], [4, 0, 0], [0, 5, 6]])
    return container(dense)


def column_too_large(X):
    X.indices[2] = 3


def column_far_too_large(X):
    X.indices[0] = 2**30


def column_negative(X):
    X.indices[1] = -1


def starts_too_few(X):
    X.indptr = X.indptr[:-1]


def starts_not_from_zero(X):
    X.indptr[0] = 1


def starts_that_fall(X):
    X.indptr[1:3] = X.indptr[1:3][::-1]
    X.indptr[1] += 1


def starts_negative(X):
    X.indptr[1] = -1


def starts_beyond_the_data(X):
    X.indptr[-1] = 100


def fewer_values_than_columns(X):
    X.data = X.data[:-1]


def more_rows_in_the_shape(X):
    X._shape = (9, 3) if X.format == "csr" else (4, 9)


def fewer_columns_in_the_shape(X):
    X._shape = (4, 2) if X.format == "csr" else (3, 3)


@pytest.mark.parametrize("container", [csr_array, csr_matrix, csc_array])
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
@pytest.mark.parametrize(
    "damage",
    [
        column_too_large,
        column_far_too_large,
        column_negative,
        starts_too_few,
        starts_not_from_zero,
        starts_that_fall,
        starts_negative,
        starts_beyond_the_data,
        fewer_values_than_columns,
        more_rows_in_the_shape,
        fewer_columns_in_the_shape,
    ],
    ids=lambda damage: damage.__name__,
)
def test_a_corrupt_matrix_is_refused_by_every_method(damage, dtype, container):
    y = [0, 1, 0, 1]
    model = MLPLogisticClassifier(3, random_state=0).fit(matrix(), y)
    stopping = MLPLogisticClassifier(3, early_stopping=True)
    before = vars(model).copy()
    X = matrix(container)
    X.indices, X.indptr = X.indices.astype(dtype), X.indptr.astype(dtype)
    if damage is column_too_large:  # of a CSC matrix, these are rows
        X.indices[2] = X.shape[0]
    else:
        damage(X)
    arrays = [array.copy() for array in (X.data, X.indices, X.indptr)]
    for call in (
        lambda: model.fit(X, y),
        lambda: model.partial_fit(X, y),
        lambda: model.predict(X),
        lambda: model.predict_proba(X),
    ):
        with pytest.raises(ValueError, match="sparse matrix X is corrupt"):
            call()
    with pytest.raises(ValueError, match="sparse matrix X_val is corrupt"):
        stopping.fit(matrix(), y, X_val=X, y_val=y)
    assert vars(model) == before
    for array, copy in zip((X.data, X.indices, X.indptr), arrays, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_other_formats_are_checked_too():
    y = [0, 1, 0, 1]
    X = coo_array(matrix())
    X.col[X.col == 2] = 3
    with pytest.raises(ValueError, match="sparse matrix X is corrupt"):
        MLPLogisticClassifier().fit(X, y)
    X = bsr_array(np.eye(4), blocksize=(2, 2))
    X.indices[1] = 7
    with pytest.raises(ValueError, match="sparse matrix X is corrupt"):
        MLPLogisticClassifier().fit(X, y)


def test_spare_room_behind_the_data_is_no_damage(bits):
    X, y = matrix(), [0, 1, 0, 1]
    expected = bits(MLPLogisticClassifier(3, max_iter=3, random_state=0).fit(X, y))
    roomy = matrix()
    roomy.data = np.append(roomy.data, [7.0, 8.0])
    roomy.indices = np.append(roomy.indices, [99, -1]).astype(roomy.indices.dtype)
    assert bits(MLPLogisticClassifier(3, max_iter=3, random_state=0).fit(roomy, y)) == expected
    assert len(roomy.data) == 8


FORMATS = {
    "csr": csr_array,
    "csc": csc_array,
    "coo": coo_array,
    "bsr": lambda dense: bsr_array(dense, blocksize=(2, 1)),
    "dia": dia_array,
    "lil": lil_array,
    "dok": dok_array,
}


def assigned(name, change):
    def damage(X):
        setattr(X, name, change(getattr(X, name)))

    return damage


def written(name, index, value):
    def damage(X):
        getattr(X, name)[index] = value

    return damage


def entry(key):
    def damage(X):
        dict.__setitem__(getattr(X, "_dict", X), key, 1.0)  # the matrix itself in SciPy < 1.13

    return damage


BLOCKS = np.zeros((4, 0, 1))
COMPRESSED = {
    "column too large": written("indices", 0, 10**8),
    "column negative": written("indices", 0, -1),
    "columns as a list": assigned("indices", list),
    "columns of floats": assigned("indices", lambda a: a.astype(float)),
    "columns beyond int64": assigned("indices", lambda a: a.astype(np.uint64) + 2**63),
    "columns in two dimensions": assigned("indices", lambda a: a[:, np.newaxis]),
    "starts as a list": assigned("indptr", list),
    "starts of floats": assigned("indptr", lambda a: a.astype(float)),
    "starts that fall": written("indptr", 1, 100),
    "starts too few": assigned("indptr", lambda a: a[:-1]),
    "no starts": assigned("indptr", lambda a: None),
    "values missing": assigned("data", lambda a: a[:-1]),
    "values of another shape": assigned("data", lambda a: a[np.newaxis]),
    "values as a list": assigned("data", list),
    "more rows": assigned("_shape", lambda s: (18, s[1])),
    "fewer rows": assigned("_shape", lambda s: (2, s[1])),
    "negative rows": assigned("_shape", lambda s: (-4, s[1])),
}
DAMAGES = {
    "csr": COMPRESSED,
    "csc": {
        **COMPRESSED,
        "more rows": assigned("_shape", lambda s: (s[0], 18)),
        "fewer columns": assigned("_shape", lambda s: (s[0], 2)),
    },
    "bsr": {
        **COMPRESSED,
        "no multiple of the blocks": assigned("_shape", lambda s: (5, s[1])),
        "no multiple, rounded down": assigned("_shape", lambda s: (s[0] + 1, s[1])),
        "blocks of size zero": assigned("data", lambda a: BLOCKS),
        "values in one dimension": assigned("data", np.ravel),
    },
    "coo": {
        "column too large": written("col", 0, 10**8),
        "row too large": written("row", 0, 4),
        "row negative": written("row", 0, -1),
        "columns missing": assigned("col", lambda a: a[:-1]),
        "values missing": assigned("data", lambda a: a[:-1]),
        "fewer columns": assigned("_shape", lambda s: (s[0], 2)),
    },
    "dia": {
        "fewer offsets than rows of data": assigned("offsets", lambda a: a[:-1]),
        "offsets of floats": assigned("offsets", lambda a: a.astype(float)),
        "offsets twice": written("offsets", 0, 0),
        "values in one dimension": assigned("data", np.ravel),
        "offsets as a list": assigned("offsets", list),
        "negative rows": assigned("_shape", lambda s: (-4, s[1])),
    },
    "lil": {
        "column far too large": written("rows", 3, [10**8, 1]),
        "column too large": written("rows", 3, [1, 3]),
        "column negative": written("rows", 3, [-1, 1]),
        "column beyond int64": written("rows", 3, [1, 10**400]),
        "columns of floats": written("rows", 3, [0.5, 1.0]),
        "columns nested": written("rows", 3, [[0], [1, 2]]),
        "a value missing": written("data", 3, [1.0]),
        "a value in another row": assigned("data", lambda a: a[[1, 0, 2, 3]]),
        "no list": written("rows", 3, None),
        "rows missing": assigned("rows", lambda a: a[:-1]),
        "text as values": written("data", 3, ["a", "b"]),
    },
    "dok": {
        "column too large": entry((0, 10**8)),
        "row negative": entry((-1, 0)),
        "three indices": entry((0, 1, 2)),
        "column of floats": entry((0, 0.5)),
        "no pair": entry(5),
    },
}
CASES = [(name, damage) for name, damages in DAMAGES.items() for damage in damages]


def damaged(name, damage, dense=None):
    X = FORMATS[name](matrix().toarray() if dense is None else dense)
    with contextlib.suppress(TypeError, ValueError):  # what SciPy itself refuses is no damage
        DAMAGES[name][damage](X)
    return X


@pytest.mark.parametrize(("name", "damage"), CASES, ids=map(": ".join, CASES))
def test_every_format_is_checked_everywhere(name, damage):
    y = np.array([0, 1, 0, 1])
    Y = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 1]])
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0).fit(matrix(), y)
    labels = MLPLogisticClassifier(3, max_iter=2, random_state=0)
    stopping = MLPLogisticClassifier(3, early_stopping=True)
    before = vars(model).copy()
    X = damaged(name, damage)
    for call in (
        lambda: model.fit(X, y),
        lambda: model.partial_fit(X, y),
        lambda: model.predict(X),
        lambda: model.decision_function(X),
    ):
        with pytest.raises(ValueError, match="sparse matrix X is corrupt"):
            call()
    with pytest.raises(ValueError, match="sparse matrix X_val is corrupt"):
        stopping.fit(matrix(), y, X_val=X, y_val=y)
    assert vars(model) == before
    Y = damaged(name, damage, Y)
    with pytest.raises(ValueError, match="sparse matrix y is corrupt"):
        labels.fit(matrix(), Y)
    with pytest.raises(ValueError, match="sparse matrix y is corrupt"):
        labels.partial_fit(matrix(), Y, classes=range(3))
    stopping.set_params(early_stopping=True)
    with pytest.raises(ValueError, match="sparse matrix y_val is corrupt"):
        stopping.fit(
            np.tile(matrix().toarray(), (3, 1)), np.tile(SOUND, (3, 1)), **val(matrix(), Y)
        )


SOUND = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 0], [0, 1, 1]])


def val(X, y):
    return {"X_val": X, "y_val": y}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, bool])
def test_every_format_means_what_scipy_says(name, dtype):
    rng = np.random.default_rng(0)
    dense = np.where(rng.uniform(size=(40, 6)) < 0.4, rng.integers(1, 5, (40, 6)), 0).astype(dtype)
    X, y = FORMATS[name](dense), np.arange(40) % 2
    if name == "dia":
        X.data[:, 0] = 1  # out of the matrix, for some diagonals
        dense = X.toarray()
    model = MLPLogisticClassifier(3, max_iter=3, random_state=0)
    expected = model.fit(csr_array(dense), y).predict_proba(csr_array(dense))
    # Zeros that are stored, as in blocks, come into the sums.
    np.testing.assert_allclose(model.fit(X, y).predict_proba(X), expected, rtol=1e-12)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("shape", [(4, 10), (10, 4), (2, 5), (6, 6)])
def test_the_values_are_those_of_scipy(name, shape):
    dense = np.random.default_rng(0).integers(0, 3, shape)
    X = FORMATS[name](dense)
    if name == "dia":  # with values that lie out of the matrix
        X = dia_array((np.ones((7, 8)), [-9, -6, -2, 0, 1, 4, 9]), shape=shape)
    np.testing.assert_array_equal(checked(X, "X").toarray(), X.toarray())


@pytest.mark.parametrize("name", FORMATS)
def test_an_empty_matrix_of_every_format_is_one_of_zeros(name, bits):
    X, y = np.zeros((4, 2)), [0, 1, 0, 1]
    model = MLPLogisticClassifier(3, max_iter=3, random_state=0)
    expected = bits(model.fit(csr_array(X), y))
    assert bits(model.fit(FORMATS[name](X), y)) == expected


@pytest.mark.parametrize("container", [coo_array, csr_array])
def test_one_dimension_is_refused(container):
    flat = container(np.array([1.0, 0.0, 2.0]))
    if flat.ndim == 2:
        pytest.skip("this SciPy has no sparse arrays of one dimension")
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0).fit(matrix(), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="sparse X of 2 dimensions, got 1"):
        model.predict(flat)
    with pytest.raises(ValueError, match="sparse y of 2 dimensions, got 1"):
        model.fit(matrix(), flat)


def test_what_a_caller_changes_during_a_fit_is_not_followed(bits):
    X, y = matrix(), [0, 1, 0, 1]
    X.data, X.indices, X.indptr = (np.array(a) for a in (X.data, X.indices, X.indptr))
    sound = X.copy()

    def scorer(model, X_val, y_val):
        X.indices[:] = 10**8
        X.indptr[1:] = 10**8
        return 0.5

    model = MLPLogisticClassifier(
        3, max_iter=20, early_stopping=True, scoring=scorer, random_state=0, n_iter_no_change=np.inf
    )
    got = bits(model.fit(X, y, X_val=sound, y_val=y))
    assert X.indices[0] == 10**8
    expected = bits(model.set_params(scoring=lambda *_: 0.5).fit(sound, y, X_val=sound, y_val=y))
    assert got == expected


@pytest.mark.parametrize("name", ["csr", "csc", "bsr", "coo", "dia", "lil", "dok"])
def test_an_attribute_that_changes_between_reads_is_read_once(name):
    container = type(FORMATS[name](matrix().toarray()))
    reads = Counter()

    class Changing(container):
        def __getattribute__(self, attribute):
            reads[attribute] += 1
            return super().__getattribute__(attribute)

    X = Changing(FORMATS[name](matrix().toarray()))
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0)
    reads.clear()
    model.fit(X, [0, 1, 0, 1])
    model.predict(X)
    of_structure = {"indices", "indptr", "row", "col", "offsets", "rows", "_dict"} & set(reads)
    if name != "dok":
        assert of_structure
    for attribute in of_structure:
        assert reads[attribute] == 2  # one for each call


@pytest.mark.parametrize("name", ["csr", "csc", "coo", "bsr", "dia"])
@pytest.mark.parametrize("n_rows", [20, 200])
@pytest.mark.parametrize("dtype", [">f8", ">f4", "f2", object, ">i4"])
def test_values_of_other_dtypes_are_converted(dtype, n_rows, name):
    dense = np.random.default_rng(0).integers(0, 3, (n_rows, 4)).astype(float)
    y = np.arange(n_rows) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SparseEfficiencyWarning)  # of many diagonals
        X = FORMATS[name](dense)
    X.data = X.data.astype(dtype)
    model = MLPLogisticClassifier(3, max_iter=3, random_state=0)
    expected = model.fit(dense, y).predict_proba(dense)
    np.testing.assert_allclose(model.fit(X, y).predict_proba(X), expected, rtol=1e-4)


def test_dates_in_a_sparse_matrix_are_no_numbers():
    X = matrix()
    X.data = X.data.astype("m8[s]")
    with pytest.raises(ValueError, match="no numbers"):
        MLPLogisticClassifier(3).fit(X, [0, 1, 0, 1])
