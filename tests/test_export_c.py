"""The C source compiles without a warning and computes what the estimator does."""

import ctypes
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_multilabel_classification,
)
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_mlp import MLPLogisticClassifier, export_c

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc"),
]
STRICT = ["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic"]
STRICTER = ["-Wmissing-prototypes", "-Wconversion", "-Wshadow", "-Wdouble-promotion"]


class Compiled:
    """The functions of an exported network, called through ctypes."""

    def __init__(self, folder, estimator, *flags, name="mlp"):
        # A library of the same path would be taken for the one that is loaded already.
        source = folder / "network.c"
        self.path = library = folder / f"network{len(list(folder.iterdir()))}.so"
        self.source = export_c(estimator, name=name, path=source)
        assert source.read_text() == self.source
        command = [*STRICT, *flags, "-shared", "-fPIC", source, "-o", library, "-lm"]
        subprocess.run(command, check=True, capture_output=True)
        self.library, self.name = ctypes.CDLL(str(library)), name
        macro = re.search(rf"^#define {name.upper()}_N_OUTPUTS (\d+)$", self.source, re.M)
        self.n_outputs = int(macro[1])

    def _call(self, function, x, out=None):
        x = np.ascontiguousarray(x, dtype=np.float32)
        pointers = [ctypes.c_void_p(a.ctypes.data) for a in (x, out) if a is not None]
        return getattr(self.library, f"{self.name}_{function}")(*pointers)

    def predict_proba(self, X):
        proba = np.full((len(X), self.n_outputs), np.nan, dtype=np.float32)
        for x, row in zip(X, proba, strict=True):
            self._call("predict_proba", x, row)
        return proba

    def predict(self, X):
        return np.array([self._call("predict", x) for x in X])

    def predict_labels(self, X):
        labels = np.full((len(X), self.n_outputs), -1, dtype=np.int32)
        for x, row in zip(X, labels, strict=True):
            self._call("predict", x, row)
        return labels


@pytest.mark.parametrize("load", [load_breast_cancer, load_digits, load_iris, load_wine])
@pytest.mark.parametrize("hidden", [4, 32, (16, 8)])
@pytest.mark.parametrize("flags", [("-Os", *STRICTER), ("-O2", "-fsingle-precision-constant")])
def test_labels_are_equal_and_probabilities_within_a_millionth(tmp_path, load, hidden, flags):
    X, y = load(return_X_y=True)
    X = X.astype(np.float32).astype(float)  # what the device gets
    model = make_pipeline(StandardScaler(), MLPLogisticClassifier(hidden, random_state=0))
    model.fit(X, y)
    compiled = Compiled(tmp_path, model, *flags)
    assert np.abs(compiled.predict_proba(X) - model.predict_proba(X)).max() < 1e-6
    np.testing.assert_array_equal(compiled.predict(X), model.predict(X))


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize(("with_mean", "with_std"), [(True, False), (False, True), (False, False)])
def test_every_kind_of_scaler_and_no_bias_nodes(tmp_path, fit_intercept, with_mean, with_std):
    X, y = load_iris(return_X_y=True)
    X = X.astype(np.float32).astype(float)
    scaler = StandardScaler(with_mean=with_mean, with_std=with_std)
    network = MLPLogisticClassifier(5, fit_intercept=fit_intercept, random_state=0)
    model = make_pipeline(scaler, network).fit(X, y)
    compiled = Compiled(tmp_path, model)
    assert np.abs(compiled.predict_proba(X) - model.predict_proba(X)).max() < 1e-6
    assert ("bias_0" in compiled.source) == fit_intercept


def test_large_means_with_small_deviations_lose_nothing(tmp_path):
    # Adding 1 to a float of 2**24 changes nothing; the means are not floats.
    rng = np.random.default_rng(0)
    X = (1e5 + rng.normal(size=(200, 3))).astype(np.float32).astype(float)
    y = X[:, 0] > X[:, 1]
    model = make_pipeline(StandardScaler(), MLPLogisticClassifier(4, random_state=0)).fit(X, y)
    compiled = Compiled(tmp_path, model)
    assert np.abs(compiled.predict_proba(X) - model.predict_proba(X)).max() < 1e-6


@pytest.mark.parametrize("clip", [False, True])
def test_scaling_to_a_range(tmp_path, clip):
    X, y = load_breast_cancer(return_X_y=True)
    X = X.astype(np.float32).astype(float)
    scaler = MinMaxScaler((-1.0, 2.0), clip=clip)
    model = make_pipeline(scaler, MLPLogisticClassifier(4, random_state=0)).fit(X[:300], y[:300])
    compiled = Compiled(tmp_path, model, *STRICTER)
    # The other rows go beyond the range.
    assert (scaler.transform(X).max() > 2.0) != clip
    assert np.abs(compiled.predict_proba(X) - model.predict_proba(X)).max() < 2e-6
    assert ("mlp_clip" in compiled.source) == clip


def test_the_header_declares_what_the_source_defines(tmp_path):
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    export_c(model, name="iris", path=tmp_path / "iris.c", header_path=tmp_path / "iris.h")
    (tmp_path / "main.c").write_text(
        '#include "iris.h"\n#include "iris.h"\n'
        "int main(void)\n{\n    const float x[IRIS_N_INPUTS] = {5.1f, 3.5f, 1.4f, 0.2f};\n"
        "    float proba[IRIS_N_OUTPUTS];\n    iris_predict_proba(x, proba);\n"
        "    return iris_predict(x) != 0 || !(proba[0] > 0.9f);\n}\n"
    )
    sources = [tmp_path / "main.c", tmp_path / "iris.c"]
    subprocess.run([*STRICT, *sources, "-o", tmp_path / "main", "-lm"], check=True)
    subprocess.run([tmp_path / "main"], check=True)
    if shutil.which("g++"):
        (tmp_path / "main.cpp").write_text((tmp_path / "main.c").read_text())
        objects = [tmp_path / "iris.o", tmp_path / "main.cpp"]
        subprocess.run([*STRICT, "-c", sources[1], "-o", objects[0]], check=True)
        subprocess.run(["g++", *objects, "-o", tmp_path / "main", "-lm"], check=True)


def test_multilabel(tmp_path):
    X, Y = make_multilabel_classification(200, n_features=10, n_classes=4, random_state=0)
    X = X.astype(np.float32).astype(float)
    model = make_pipeline(StandardScaler(), MLPLogisticClassifier(6, random_state=0)).fit(X, Y)
    compiled = Compiled(tmp_path, model, name="labels_4")
    assert np.abs(compiled.predict_proba(X) - model.predict_proba(X)).max() < 1e-6
    np.testing.assert_array_equal(compiled.predict_labels(X), model.predict(X))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_saturated_networks_divide_nothing_by_zero(tmp_path, n_classes):
    X, y = load_iris(return_X_y=True)
    X, y = X[y < n_classes].astype(np.float32).astype(float), y[y < n_classes]
    model = MLPLogisticClassifier(4, random_state=0).fit(X, y)
    for scale in (300.0, -300.0):
        model.coefs_ = [*model.coefs_[:-1], np.full_like(model.coefs_[-1], scale)]
        compiled = Compiled(tmp_path, model)
        proba = compiled.predict_proba(X)
        np.testing.assert_allclose(proba.sum(axis=1), 1.0, rtol=1e-6)
        assert np.abs(proba - model.predict_proba(X)).max() < 1e-4


def test_names_and_labels_cannot_inject_code(tmp_path):
    X, y = load_iris(return_X_y=True)
    evil = ["*/ int evil; /*", "a\nint evil;", "??/\n", "\\\n@_predict \u202e"]
    frame = pd.DataFrame(X, columns=evil)
    labels = np.array(['*/\n#error "evil"\n/*', "%s@", "// /*"])[y]
    model = MLPLogisticClassifier(3, random_state=0).fit(frame, labels)
    source = Compiled(tmp_path, model).source
    assert source.isascii()
    comment, code = source.split("*/", 1)
    assert "evil" in comment
    assert "evil" not in code
    assert not re.search(r"//|/\*", comment[2:] + code)
    # Nothing in the comment is the name of a function but what we wrote.
    assert comment.count("mlp_predict") == 3
    assert "@" not in source


def test_the_source_says_what_it_needs(tmp_path):
    X = np.random.default_rng(7).integers(-10, 11, (500, 3)) / 2.0
    y = (X[:, 0] > 0) & (X[:, 1] > 0) & (X[:, 2] < 0)
    article = MLPLogisticClassifier(4, fit_intercept=False, random_state=0).fit(X, y)
    compiled = Compiled(tmp_path, article)
    assert "* Multilayer perceptron, 3-4-1 logistic nodes." in compiled.source
    # 3 * 4 + 4 weights; 4 hidden nodes and the output.
    assert "* Memory: 64 bytes of constants, 20 bytes of floats on the stack." in compiled.source
    assert "*     0: x0\n" in compiled.source
    assert "* Classes:\n *     0: False\n *     1: True\n" in compiled.source
    nm = ["nm", "--undefined-only", compiled.path]
    called = subprocess.run(nm, capture_output=True, text=True, check=True).stdout.split()
    # Of the mathematical library, expf; the rest is what the system's linker adds.
    called = [name.split("@")[0] for name in called if not name.startswith(("_", "w", "U"))]
    assert called == ["expf"]
    # The size that the docs state, with some room for other compilers: 569 bytes by GCC 12.
    subprocess.run(
        [*STRICT, "-Os", "-c", tmp_path / "network.c", "-o", tmp_path / "network.o"], check=True
    )
    size = ["size", tmp_path / "network.o"]
    text = subprocess.run(size, capture_output=True, text=True, check=True).stdout.splitlines()[1]
    assert 64 < int(text.split()[0]) < 800


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda X, y: MLPLogisticClassifier(), NotFittedError, "is not fitted yet"),
        (
            lambda X, y: make_pipeline(StandardScaler(), MLPLogisticClassifier()),
            NotFittedError,
            "is not fitted yet",
        ),
        (
            lambda X, y: make_pipeline(StandardScaler(), MLPLogisticClassifier(2).fit(X, y)),
            NotFittedError,
            "This StandardScaler instance is not fitted yet",
        ),
        (lambda X, y: make_pipeline("passthrough"), TypeError, "got NoneType"),
        (
            lambda X, y: make_pipeline(StandardScaler(), PCA(2), MLPLogisticClassifier(2)).fit(
                X, y
            ),
            TypeError,
            r"a StandardScaler or MinMaxScaler .* got \['StandardScaler', 'PCA'\]. Export the last",
        ),
        (
            lambda X, y: make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y),
            TypeError,
            "got LogisticRegression",
        ),
    ],
)
def test_what_cannot_be_exported(tmp_path, make, error, message):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(error, match=message):
        export_c(make(X, y), path=tmp_path / "network.c")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", "2a", "a b", "a;", "\u00e9", "a\n"])
def test_names_that_are_no_identifiers(name):
    X, y = load_iris(return_X_y=True)
    with pytest.raises(ValueError, match="name must be a C identifier"):
        export_c(MLPLogisticClassifier(2).fit(X, y), name=name)


def test_weights_that_are_no_floats():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(2).fit(X, y)
    model.coefs_ = [np.full_like(coef, 1e39) for coef in model.coefs_]
    with pytest.raises(ValueError, match="export_c needs finite floats, but weights_0 has"):
        export_c(model)


def test_what_computes_otherwise_is_refused():
    class Shifted(StandardScaler):
        def transform(self, X, copy=None):
            return super().transform(X) + 1.0

    class Contrary(MLPLogisticClassifier):
        def predict(self, X):
            return super().predict(X)[::-1]

    class Named(MLPLogisticClassifier):
        """Computes the same."""

    X, y = load_iris(return_X_y=True)
    for model in (
        make_pipeline(Shifted(), MLPLogisticClassifier(3, random_state=0)),
        Contrary(3, random_state=0),
    ):
        with pytest.raises(TypeError, match="of its own"):
            export_c(model.fit(X, y))
    same = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    assert export_c(Named(3, random_state=0).fit(X, y)) == export_c(same)
