"""Sparse matrices whose indices point outside: an error, and never a read or write out there."""

import numpy as np
import pytest
from scipy.sparse import bsr_array, coo_array, csc_array, csr_array, csr_matrix

from sklearn_mlp import MLPLogisticClassifier


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
