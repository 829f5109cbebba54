"""The trace of one update, and the check of the gradients."""

import copy
import math
import pickle
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import (
    MLPLogisticClassifier,
    _reference,
    gradient_check,
    trace_update,
)
from sklearn_mlp._inspection import gradient_check as gradient_check_module
from sklearn_mlp._inspection.trace_text import number, short_number
from sklearn_mlp._training.losses import LOSSES

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def by_hand():
    """The article's 3-4-1 network with weights that make every signal a simple number."""
    model = MLPLogisticClassifier(
        4,
        learning_rate_init=1.0,
        learning_rate="constant",
        loss="squared_error",
        alpha=0.0,
        fit_intercept=False,
        max_iter=1,
        random_state=0,
    ).fit([[1.0, 2.0, -1.0], [0.0, 1.0, 0.0]], [1, 0])
    ln3 = math.log(3.0)  # f(ln 3) = 3/4, f(-ln 3) = 1/4
    model.coefs_ = [
        np.array([[1.0, ln3, 0.0, 2.0], [0.0, 1.0, 0.0, -1.0], [1.0, 2.0, ln3, 0.0]]),
        np.array([[1.0], [-1.0], [1.0], [0.0]]),
    ]
    return model


def test_the_quantities_of_the_articles_network_by_hand(by_hand):
    trace = trace_update(by_hand, [1.0, 2.0, -1.0], 1)

    def close(actual, expected):
        np.testing.assert_allclose(actual, expected, rtol=1e-14, atol=1e-15)

    # 1*1 + 2*0 - 1*1 = 0; ln 3 + 2*1 - 1*2 = ln 3; -ln 3; 2 - 2*1 = 0.
    close(trace.S_preA[0], [0.0, math.log(3.0), -math.log(3.0), 0.0])
    close(trace.S_postA[0], [1 / 2, 3 / 4, 1 / 4, 1 / 2])
    # f' = f * (1 - f)
    close(trace.f_prime[0], [1 / 4, 3 / 16, 3 / 16, 1 / 4])
    # 1/2 - 3/4 + 1/4 + 0 = 0, so the output is 1/2.
    close(trace.S_preA[1], [0.0])
    close(trace.S_postA[1], [1 / 2])
    assert trace.T == 1
    close(trace.FE, 1 / 2 - 1)
    close(trace.S_ERROR, -1 / 2 * 1 / 4)
    close(trace.loss, 1 / 8)
    # gradient_HtoO = S_ERROR * S_postA,H
    close(trace.gradients.coefs[1][:, 0], [-1 / 16, -3 / 32, -1 / 32, -1 / 16])
    close(trace.after.coefs[1][:, 0], [1 + 1 / 16, -1 + 3 / 32, 1 + 1 / 32, 1 / 16])
    # S_ERROR * weight_HtoO * f'(S_preA,H), with the old weights; times the inputs 1, 2 and -1.
    signals = np.array([-1 / 32, 3 / 128, -3 / 128, 0.0])
    close(trace.error_signals[0], signals)
    close(trace.gradients.coefs[0], [signals, 2 * signals, -signals])
    close(trace.after.coefs[0][0], [1 + 1 / 32, math.log(3.0) - 3 / 128, 3 / 128, 2.0])


def test_it_prints_as_a_table_of_both_vocabularies(by_hand):
    assert str(trace_update(by_hand, [1.0, 2.0, -1.0], 1)) == TEXT


TEXT = """\
One update of a 3-4-1 network, no bias nodes: a sample of class 1, half the squared error
learning rate LR = 1; weight -= LR * gradient

             preactivation  postactivation  derivative         delta
layer  node         S_preA         S_postA  f'(S_preA)  error signal
I      x0                         1.000000
I      x1                         2.000000
I      x2                        -1.000000
H      H[0]       0.000000        0.500000    0.250000     -0.031250
H      H[1]       1.098612        0.750000    0.187500      0.023438
H      H[2]      -1.098612        0.250000    0.187500     -0.023438
H      H[3]       0.000000        0.500000    0.250000      0.000000
O      O          0.000000        0.500000    0.250000     -0.125000

target        T       =         1  1 for class 1, else 0
final error   FE      = -0.500000  S_postA,O - T
delta         S_ERROR = -0.125000  FE * f'(S_preA,O)
loss                  =  0.125000  1/2 * FE**2

                        input         delta   gradient     weight     weight
weight  from  to      S_postA  error signal   gradient     before      after
ItoH    x0    H[0]   1.000000     -0.031250  -0.031250   1.000000   1.031250
ItoH    x0    H[1]   1.000000      0.023438   0.023438   1.098612   1.075175
ItoH    x0    H[2]   1.000000     -0.023438  -0.023438   0.000000   0.023438
ItoH    x0    H[3]   1.000000      0.000000   0.000000   2.000000   2.000000
ItoH    x1    H[0]   2.000000     -0.031250  -0.062500   0.000000   0.062500
ItoH    x1    H[1]   2.000000      0.023438   0.046875   1.000000   0.953125
ItoH    x1    H[2]   2.000000     -0.023438  -0.046875   0.000000   0.046875
ItoH    x1    H[3]   2.000000      0.000000   0.000000  -1.000000  -1.000000
ItoH    x2    H[0]  -1.000000     -0.031250   0.031250   1.000000   0.968750
ItoH    x2    H[1]  -1.000000      0.023438  -0.023438   2.000000   2.023438
ItoH    x2    H[2]  -1.000000     -0.023438   0.023438   1.098612   1.075175
ItoH    x2    H[3]  -1.000000      0.000000   0.000000   0.000000   0.000000
HtoO    H[0]  O      0.500000     -0.125000  -0.062500   1.000000   1.062500
HtoO    H[1]  O      0.750000     -0.125000  -0.093750  -1.000000  -0.906250
HtoO    H[2]  O      0.250000     -0.125000  -0.031250   1.000000   1.031250
HtoO    H[3]  O      0.500000     -0.125000  -0.062500   0.000000   0.062500"""


def weights_of(model, number):
    several = model.n_outputs_ > 1
    return [np.array(a[number] if several else a) for a in (*model.coefs_, *model.intercepts_)]


def assert_after_is_what_partial_fit_does(model, x, y, tolerance=1e-12):
    before = pickle.dumps(model)
    for network, label in enumerate(model.classes_ if model.n_outputs_ > 1 else [None]):
        trace = trace_update(model, x[0], y, class_of_interest=label)
        assert trace.n_visits == 1
        trained = copy.deepcopy(model).partial_fit(x, [y])
        for actual, expected, former in zip(
            [*trace.after.coefs, *trace.after.intercepts],
            weights_of(trained, network),
            weights_of(model, network),
            strict=True,
        ):
            np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance)
            # It did something: an unchanged weight would pass for a small rate.
            assert former.size < 4 or not model.fit_intercept or (former != expected).any()
    assert pickle.dumps(model) == before


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("hidden", [4, (5, 3), (3, 4, 2)])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize(
    "parameters",
    [
        {"loss": "squared_error", "learning_rate_init": 1.0},
        {},
        {"alpha": 0.3},
        {"loss": "squared_error", "alpha": 5.0, "class_weight": {0: 0.5}},
        {"learning_rate": "invscaling", "learning_rate_init": 4.0},
        {"class_weight": {0: 0.25, 1: 0.75, 2: 0.1}},
    ],
)
def test_after_is_what_partial_fit_does(iris, n_classes, hidden, fit_intercept, parameters):
    X, y = iris
    X, y = X[y < n_classes], y[y < n_classes]
    parameters = dict(parameters)
    if isinstance(parameters.get("class_weight"), dict):
        parameters["class_weight"] = {
            c: w for c, w in parameters["class_weight"].items() if c < n_classes
        }
    model = MLPLogisticClassifier(
        hidden, fit_intercept=fit_intercept, max_iter=3, random_state=0, **parameters
    ).fit(X, y)
    # A class weight above 1 makes several visits, of which the trace shows the first.
    rows = [row for row in (0, 60) if trace_update(model, X[row], y[row]).n_visits == 1]
    assert rows
    for row in rows:
        assert_after_is_what_partial_fit_does(model, X[row : row + 1], y[row])


def test_after_is_what_partial_fit_does_after_a_balanced_stream(iris):
    X, y = iris
    model = MLPLogisticClassifier(3, class_weight="balanced", random_state=0)
    model.partial_fit(X[:30], y[:30], classes=[0, 1, 2])
    model.partial_fit(X[40:60], y[40:60])
    # With this sample, 41 of 51 seen are of class 0, the others of class 1.
    trace = trace_update(model, X[0], 0)
    assert trace.step == pytest.approx(51 / 2 / 41)
    assert_after_is_what_partial_fit_does(model, X[:1], 0)


@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_float32_and_sparse_samples(iris, container):
    X, y = iris
    model = MLPLogisticClassifier(4, random_state=0).fit(container(X.astype(np.float32)), y)
    trace = trace_update(model, X[70].astype(np.float32), y[70])
    assert trace.before.coefs[0].dtype == np.float64
    x = container(X[70:71].astype(np.float32))
    trained = copy.deepcopy(model).partial_fit(x, [y[70]])
    np.testing.assert_allclose(trace.after.coefs[0], trained.coefs_[0][1], rtol=1e-6, atol=1e-6)
    sparse = trace_update(model, csr_array(X[70:71].astype(np.float32)), y[70])
    np.testing.assert_array_equal(sparse.after.coefs[0], trace.after.coefs[0])


def test_a_class_of_several_visits_takes_as_many_traces(iris):
    X, y = iris
    model = MLPLogisticClassifier(
        3, class_weight={0: 2.5}, alpha=0.2, learning_rate="constant", random_state=0
    ).fit(X[:100], y[:100])
    trained = copy.deepcopy(model).partial_fit(X[:1], y[:1])
    trace = trace_update(model, X[0], 0)
    assert trace.n_visits == 3
    assert trace.step == pytest.approx(2.5 / 3)
    assert "with this class weight, partial_fit does this 3 times" in str(trace)
    for _ in range(3):
        trace = trace_update(model, X[0], 0)
        model.coefs_, model.intercepts_ = trace.after
    for layer in range(2):
        np.testing.assert_allclose(model.coefs_[layer], trained.coefs_[layer], rtol=1e-12)
        np.testing.assert_allclose(model.intercepts_[layer], trained.intercepts_[layer], rtol=1e-12)
    model.set_params(class_weight={0: 0.0})
    trace = trace_update(model, X[0], 0)
    assert trace.n_visits == 0
    assert trace.step == 0
    np.testing.assert_array_equal(trace.after.coefs[0], trace.before.coefs[0])


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("factor", [1.0, 60.0])
def test_the_loss_is_exact_also_where_the_output_is_saturated(iris, loss, factor):
    X, y = iris[0][:100], iris[1][:100]
    model = MLPLogisticClassifier(4, loss=loss, random_state=0).fit(X, y)
    model.coefs_ = [factor * coef for coef in model.coefs_]
    row = int(np.argmax(model.decision_function(X)))
    for label in (0, 1):
        trace = trace_update(model, X[row], label)
        FE = model.predict_proba(X[row : row + 1])[0, 1] - label
        log_proba = model.predict_log_proba(X[row : row + 1])[0, label]
        expected = -log_proba if loss == "log_loss" else 0.5 * FE**2
        np.testing.assert_allclose(trace.loss, expected, rtol=1e-10)
        assert ("-log(1 - |FE|)" in str(trace)) == (loss == "log_loss")
    if factor > 1:
        assert model.decision_function(X).max() > 50
    check = gradient_check(model, X[row : row + 1], [0])
    assert check.difference < 1e-8 * factor**2


def test_the_class_of_interest(iris):
    X, y = iris
    names = np.array(["setosa", "versicolor", "virginica"])
    model = MLPLogisticClassifier(3, random_state=0).fit(X, names[y])
    trace = trace_update(model, X[0], "setosa")
    assert (trace.class_of_interest, trace.T) == ("setosa", 1)
    other = trace_update(model, X[0], "setosa", class_of_interest="virginica")
    assert (other.class_of_interest, other.T) == ("virginica", 0)
    np.testing.assert_array_equal(other.before.coefs[0], model.coefs_[0][2])
    with pytest.raises(ValueError, match="class_of_interest='rose' is not one of"):
        trace_update(model, X[0], "setosa", class_of_interest="rose")
    binary = MLPLogisticClassifier(3, random_state=0).fit(X[:100], names[y[:100]])
    assert trace_update(binary, X[0], "setosa").T == 0
    assert trace_update(binary, X[0], "setosa").class_of_interest == "versicolor"
    with pytest.raises(ValueError, match="The one network of two classes"):
        trace_update(binary, X[0], "setosa", class_of_interest="setosa")


def test_a_trace_shares_nothing_with_the_estimator(iris):
    X, y = iris
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    trace = trace_update(model, X[0], y[0])
    kept = trace.before.coefs[0].copy()
    model.partial_fit(X, y)
    np.testing.assert_array_equal(trace.before.coefs[0], kept)
    trace.before.coefs[0][...] = 0.0
    assert model.coefs_[0].any()
    trace.error_signals[0][...] = 7.0
    assert (trace.gradients.intercepts[0] != 7.0).all()


@pytest.mark.filterwarnings("error")
def test_samples_of_frames_keep_their_names():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = (X - X.mean()) / X.std()
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    trace = trace_update(model, X.iloc[7], y[7])
    assert trace.feature_names == list(X.columns)
    np.testing.assert_array_equal(trace.x, X.iloc[7])
    np.testing.assert_array_equal(trace_update(model, X.iloc[7:8], y[7:8]).x, X.iloc[7])
    with pytest.raises(ValueError, match="feature names should match"):
        trace_update(model, X.iloc[7, ::-1], y[7])


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1.0, 2.0, 3.0], 0, "expecting 4 features"),
        ([[1.0, 2.0, 3.0, 4.0]] * 2, 0, "x must be one sample, got an array of shape"),
        (1.0, 0, "x must be one sample"),
        ([1.0, np.nan, 3.0, 4.0], 0, "NaN"),
        ([1.0, 2.0, 3.0, 4.0], 7, "has classes not in"),
        ([1.0, 2.0, 3.0, 4.0], [0, 1], "y must be the class label of one sample"),
    ],
)
def test_bad_samples(iris, x, y, message):
    model = MLPLogisticClassifier(3, random_state=0).fit(*iris)
    before = pickle.dumps(model)
    with pytest.raises(ValueError, match=message):
        trace_update(model, x, y)
    assert pickle.dumps(model) == before


def test_bad_estimators(iris):
    X, y = iris
    with pytest.raises(TypeError, match="got Pipeline that ends in LogisticRegression"):
        trace_update(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y), X[0], y[0])
    search = GridSearchCV(MLPLogisticClassifier(3), {}, refit=False).fit(X, y)
    with pytest.raises(TypeError, match="got GridSearchCV that has no best_estimator_"):
        gradient_check(search, X, y)
    for unfitted in (MLPLogisticClassifier(), make_pipeline(MLPLogisticClassifier())):
        with pytest.raises(NotFittedError):
            trace_update(unfitted, X[0], y[0])
        with pytest.raises(NotFittedError):
            gradient_check(unfitted, X, y)


@pytest.mark.filterwarnings("error")
def test_pipelines_and_searches_stand_for_the_classifier_they_end_in():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    pipeline = make_pipeline(
        StandardScaler(), "passthrough", MLPLogisticClassifier(3, random_state=0)
    )
    search = GridSearchCV(pipeline, {"mlplogisticclassifier__max_iter": [5, 40]}, cv=2).fit(X, y)
    fitted = search.best_estimator_
    expected = trace_update(fitted[-1], fitted[:-1].transform(X[:1]), y[0])
    nested = make_pipeline(StandardScaler(), GridSearchCV(fitted[-1], {}, cv=2)).fit(X, y)
    for estimator in (search, fitted, nested):
        trace = trace_update(estimator, X.iloc[0], y[0])
        assert trace.feature_names == list(X.columns)
        np.testing.assert_array_equal(trace.x, expected.x)
        assert gradient_check(estimator, X[:3], y[:3]).agrees
    assert (
        str(trace_update(search, X.iloc[0], y[0])).splitlines()[1]
        == (str(expected).splitlines()[1])
    )


def test_one_sample_need_not_be_a_row_of_a_matrix(iris):
    X, y = iris
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    assert gradient_check(model, X[0], y[0]) == gradient_check(model, X[:1], y[:1])
    labels = np.eye(3, dtype=int)[y]
    model.fit(X, labels)
    assert gradient_check(model, X[0], labels[0]) == gradient_check(model, X[:1], labels[:1])


def test_the_verdict_of_the_gradient_check(iris, monkeypatch):
    X, y = iris
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    check = gradient_check(model, X[:5], y[:5])
    assert check.agrees
    assert check.relative_difference == check.difference / check.largest_gradient < 1e-6
    assert str(check).startswith("The gradients of training and finite differences agree:")
    # A formula with the slope of the output node left out.
    loss = _reference.sample_loss
    monkeypatch.setattr(
        _reference, "sample_loss", lambda S_preA_O, T, **_: loss(S_preA_O, T, loss="log_loss")
    )
    check = gradient_check(model, X[:5], y[:5])
    assert not check.agrees
    assert "do NOT agree" in str(check)
    assert check.weight in str(check)


def test_frames_have_every_weight_and_node(by_hand, iris):
    trace = trace_update(by_hand, [1.0, 2.0, -1.0], 1)
    frame = trace.to_pandas()
    assert list(frame.columns) == [
        "layer", "from", "to", "signal", "error_signal", "gradient", "before", "after",
    ]  # fmt: skip
    ItoH = frame[frame["layer"] == "ItoH"].pivot(index="from", columns="to", values="after")
    np.testing.assert_array_equal(ItoH, trace.after.coefs[0])
    np.testing.assert_allclose(frame["gradient"], frame["signal"] * frame["error_signal"])
    np.testing.assert_allclose(frame["after"], frame["before"] - 1.0 * frame["gradient"])
    nodes = trace.to_pandas("nodes")
    assert list(nodes["node"]) == ["x0", "x1", "x2", "H[0]", "H[1]", "H[2]", "H[3]", "O"]
    np.testing.assert_array_equal(nodes["S_postA"][3:7], trace.S_postA[0])
    assert (nodes["T"].iloc[-1], nodes["FE"].iloc[-1]) == (1, trace.FE)
    assert nodes["T"].isna().sum() == nodes["S_preA"].isna().sum() + 4 == 7
    with pytest.raises(ValueError, match="rows must be 'weights' or 'nodes', got 'all'"):
        trace.to_pandas("all")

    X, y = iris
    deep = trace_update(MLPLogisticClassifier((3, 2), random_state=0).fit(X, y), X[0], y[0])
    frame = deep.to_pandas()
    assert len(frame) == 5 * 3 + 4 * 2 + 3
    assert frame["layer"].unique().tolist() == ["ItoH1", "H1toH2", "H2toO"]
    bias = frame[(frame["layer"] == "H1toH2") & (frame["from"] == "bias")]
    np.testing.assert_array_equal(bias["after"], deep.after.intercepts[1])
    assert (bias["signal"] == 1).all()


def test_the_text_of_a_large_network_is_short():
    X, y = load_breast_cancer(return_X_y=True)
    model = MLPLogisticClassifier(50, alpha=1.0, max_iter=1, random_state=0).fit(X, y)
    lines = str(trace_update(model, X[0], y[0])).splitlines()
    assert len(lines) < 90
    # 30 + 50 + 1 nodes, 24 of them shown; 31 * 50 + 51 weights, 40 of them.
    assert "... 57 more" in lines
    assert f"... {31 * 50 + 51 - 40} more" in lines
    assert any(line.startswith("regularization: each weight (except those") for line in lines)


def test_a_network_of_many_weights_or_of_none_that_are_numbers(iris):
    X, y = iris
    model = MLPLogisticClassifier(200, max_iter=1, random_state=0).fit(X, y)
    html = trace_update(model, X[0], y[0])._repr_html_()
    assert f"{5 * 200 + 201 - 400} more: see to_pandas()" in html
    model.coefs_ = [np.full_like(coef, np.nan) for coef in model.coefs_]
    trace = trace_update(model, X[0], y[0])
    assert "nan" in str(trace)
    assert not re.search("(width|opacity|[xy][12])='nan'", trace._repr_html_())


def test_a_name_of_two_lines_stays_on_one(iris):
    X, y = iris
    frame = pd.DataFrame(X, columns=["a\nb", "c", "d", "e"])
    trace = trace_update(
        MLPLogisticClassifier(2, random_state=0).fit(frame, y), frame.iloc[0], y[0]
    )
    assert sum(line.startswith("I      a b ") for line in str(trace).splitlines()) == 1


def test_html_is_self_contained_and_well_formed(iris):
    X, y = iris
    frame = pd.DataFrame(X, columns=["<b>bold</b>", "a & b", 'quo"te', "x" * 40])
    labels = np.array(["<script>alert(1)</script>", "b", "c"])[y]
    model = MLPLogisticClassifier((12, 3), random_state=0).fit(frame, labels)
    trace = trace_update(model, frame.iloc[0], labels[0])
    html = trace._repr_html_()
    assert "<script" not in html
    assert "<b>bold" not in html
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|url\((?!#)|@import|<link|<img", html)
    root = ET.fromstring(html)
    svg = "{http://www.w3.org/2000/svg}"
    titles = [title.text for title in root.iter(f"{svg}title")]
    # 4 inputs, 10 of 12 and 3 hidden nodes, the output, 3 bias nodes; and the weights between.
    circles = [c for c in root.iter(f"{svg}circle") if c.get("class") == "outline"]
    assert len(circles) == 4 + 10 + 3 + 1
    lines = list(root.iter(f"{svg}line"))
    assert len(lines) == 5 * 10 + 11 * 3 + 4
    before, gradient, after = (
        number(weights.coefs[1][11, 2]) for weights in (trace.before, trace.gradients, trace.after)
    )
    assert len({before, gradient, after}) == 3
    assert f"H1[11] to H2[2]: weight {before}, gradient {gradient}, after {after}" in titles
    (node,) = (title for title in titles if title.startswith("H2[2]: "))
    assert node == (
        f"H2[2]: preactivation S_preA {number(trace.S_preA[1][2])}, postactivation S_postA "
        f"{number(trace.S_postA[1][2])}, derivative f'(S_preA) {number(trace.f_prime[1][2])}, "
        f"error signal {number(trace.error_signals[1][2])}"
    )
    # A line is orange for a negative weight, and the widest has the largest.
    last = [(line.get("stroke"), float(line.get("stroke-width"))) for line in lines[-4:]]
    weights = np.append(trace.before.coefs[2], trace.before.intercepts[2])
    assert [colour == "#cf6a17" for colour, _ in last] == (weights < 0).tolist()
    assert np.argmax([width for _, width in last]) == np.argmax(np.abs(weights))
    rows = list(root.iter("tr"))
    assert len(rows) == 2 + (4 + 12 + 3 + 1) + (5 * 12 + 13 * 3 + 4)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "0"), (-0.0141, "-0.014"), (0.5, "0.50"), (-9.994, "-9.99"), (12.34, "12.3"),
        (-999.4, "-999"), (1234.0, "1e3"), (2.62e-5, "3e-5"), (-4.2e-12, "-4e-12"), (np.nan, "nan"),
        (-np.inf, "-inf"),
    ],
)  # fmt: skip
def test_short_numbers_fit_into_a_node(value, expected):
    assert short_number(value) == expected


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("hidden", [4, (3, 3)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_gradients_are_those_of_the_loss(iris, loss, n_classes, hidden, fit_intercept):
    X, y = iris
    X, y = X[y < n_classes], y[y < n_classes]
    model = MLPLogisticClassifier(
        hidden,
        loss=loss,
        fit_intercept=fit_intercept,
        max_iter=5,
        random_state=0,
        class_weight="balanced",
    ).fit(X, y)
    before = pickle.dumps(model)
    check = gradient_check(model, X[::9], y[::9])
    assert check.difference < 1e-9
    assert check.largest_gradient > 1e-3
    assert abs(check.gradient - check.finite_difference) == check.difference
    assert pickle.dumps(model) == before
    sparse = gradient_check(model, csr_array(X[::9]), y[::9])
    assert sparse.difference < 1e-9


@pytest.mark.filterwarnings("error::UserWarning")
def test_only_the_gradient_of_the_loss_is_checked(iris):
    # Not what alpha, a schedule, class weights or column names have to do with an update.
    X, y = iris
    X = pd.DataFrame(X, columns=list("abcd"))
    model = MLPLogisticClassifier(
        3, alpha=50.0, learning_rate="invscaling", class_weight={0: 9.0}, random_state=0
    ).fit(X, y)
    assert gradient_check(model, X[::20], y[::20]).difference < 1e-9
    # A larger epsilon has an error of its square.
    assert 1e-9 < gradient_check(model, X[::20], y[::20], epsilon=1e-3).difference < 1e-6
    with pytest.raises(ValueError, match="epsilon must be > 0, got 0"):
        gradient_check(model, X, y, epsilon=0)


def test_a_wrong_gradient_is_found_and_named(iris, replace):
    X, y = iris
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    original = gradient_check_module._kernel_gradient

    def wrong(model, X, y):
        gradient = original(model, X, y)
        # coefs_[0] has shape (3, 4, 3): the weight [2, 1, 0] of the sample of class 2.
        if y[0] == 2:
            gradient[2 * 12 + 1 * 3] += 0.01
        return gradient

    replace("_kernel_gradient", wrong)
    check = gradient_check(model, X[[0, 60, 120]], y[[0, 60, 120]])
    assert check.difference == pytest.approx(0.01)
    assert check.weight == "coefs_[0][2, 1, 0]"
    assert check.sample == 2


def test_the_reference_descends_the_loss_that_is_checked(iris):
    # The factor of the square: the gradient of FE**2 would be twice that of 1/2 * FE**2.
    X, y = iris
    model = MLPLogisticClassifier(3, loss="squared_error", random_state=0).fit(X[:100], y[:100])
    trace = trace_update(model, X[0], y[0])
    coefs = [c.copy() for c in trace.before.coefs]
    coefs[1][0, 0] += 1e-6
    _, S_postA = _reference.forward(X[0], coefs, trace.before.intercepts)
    slope = (0.5 * (S_postA[-1][0] - trace.T) ** 2 - trace.loss) / 1e-6
    assert slope == pytest.approx(trace.gradients.coefs[1][0, 0], rel=1e-4)


def test_a_trace_of_several_networks_says_whose_it_is(iris):
    X, y = iris
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    trace = trace_update(model, X[0], 0, class_of_interest=2)
    assert str(trace).startswith(
        "One update of the 4-3-1 network of class 2 against the rest, with bias nodes: a sample of "
        "class 0, "
    )
    assert "of class 2 against the rest" in trace._repr_html_()
    Y = np.stack([y == 0, y > 0], axis=1).astype(int)
    trace = trace_update(MLPLogisticClassifier(3, random_state=0).fit(X, Y), X[0], Y[0])
    assert str(trace).startswith("One update of the 4-3-1 network of label 0, with bias nodes")
    two = MLPLogisticClassifier(3, random_state=0).fit(X[:100], y[:100])
    assert str(trace_update(two, X[0], 0)).startswith("One update of a 4-3-1 network, with bias")
