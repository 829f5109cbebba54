"""The benchmarks run, at toy size; nothing here depends on how long anything takes."""

import json

import numpy as np
import pytest

from benchmarks import speed


@pytest.mark.filterwarnings("ignore")
def test_speed_measures_every_contender_on_every_shape():
    result = speed.run(
        shapes=[(3, (4,), 60, 2), (5, (3, 2), 60, 2)],
        sparse=(200, (3,), 60, 2),
        repeats=1,
        slow_rows=30,
    )
    result = json.loads(json.dumps(result))
    assert [row["shape"] for row in result["rows"][::2]] == ["3 x 4", "5 x 3 x 2", "CSR 200 x 3"]
    for row in result["rows"]:
        speeds = row["samples_per_second"]
        assert all(np.isfinite(value) and value > 0 for value in speeds.values())
        assert ("MLPClassifier, batch 1" in speeds) == (row["dtype"] == "float64")
    assert result["rows"][0]["weights"] == 4 * 4 + 5
    lines = speed.markdown(result).splitlines()
    assert sum(line.startswith("| ") for line in lines) == 1 + 6
    for name in result["absent"]:
        assert f"Absent: {name}." in lines


def test_the_tables_are_those_that_the_names_say():
    X, y = speed.sparse_table(50, 1000)
    assert X.shape == (50, 1000)
    assert X.has_canonical_format
    assert np.diff(X.indptr).max() <= speed.NON_ZEROS
    assert set(y) == {0, 1}
    X, y = speed.dense_table(50, 3, np.float32)
    assert X.dtype == np.float32
    assert set(y) == {0, 1}
