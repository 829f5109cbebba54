"""The updates of a fit, recorded one by one, and the page to step through them."""

import json
import pickle
import re
from itertools import combinations, pairwise

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_iris, make_classification
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier, trace_training, trace_update
from sklearn_mlp._reference import forward

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])


def weights_after(model, network):
    """Weights of one network of a fitted estimator, as a trace has them."""
    several = model.n_outputs_ > 1
    return [a[network] if several else a for a in (*model.coefs_, *model.intercepts_)]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"loss": "log_loss"},
        {"learning_rate": "constant", "fit_intercept": False, "shuffle": False},
        {"learning_rate": "adaptive", "tol": 0.1, "n_iter_no_change": 1},
        {"learning_rate": "invscaling", "alpha": 3.0},
        {"class_weight": "balanced"},
        {"class_weight": {0: 3.5, 1: 1.0}},
        {"early_stopping": True},
        {"hidden_layer_sizes": (3, 2)},
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_the_last_update_of_an_epoch_leaves_the_weights_of_the_kernel(parameters, several):
    X, y = load_iris(return_X_y=True)
    X, y = StandardScaler().fit_transform(X), (y if several else (y == 1).astype(int))
    parameters = {"hidden_layer_sizes": 3, "max_iter": 4, "random_state": 0, **parameters}
    network = 2 if several else 0
    weight = np.random.default_rng(0).uniform(0.5, 2.5, len(y))
    model = MLPLogisticClassifier(**parameters).fit(X, y, weight)
    n_visits, left = divmod(model.t_, model.n_iter_)
    assert left == 0
    # With early stopping, the weights at the end are those of the best epoch.
    last = n_visits * (model.best_iter_ if model.early_stopping else model.n_iter_)
    trace = trace_training(
        MLPLogisticClassifier(**parameters),
        X,
        y,
        updates=[1, n_visits, n_visits + 1, last],
        class_of_interest=2 if several else None,
        sample_weight=weight,
    )
    after = trace[-1].after
    for actual, expected in zip(
        (*after.coefs, *after.intercepts), weights_after(model, network), strict=True
    ):
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)
    assert trace.numbers.tolist() == sorted({1, n_visits, n_visits + 1, last})
    assert trace.epochs[0] == 1
    assert trace.epochs[1] == 1
    assert trace[-1].loss_name == model.loss


def test_consecutive_updates_go_on_from_each_other_and_visit_every_row():
    X, y = XOR
    trace = trace_training(MLPLogisticClassifier(2, random_state=0), X, y, updates=12)
    assert len(trace) == 12
    assert trace.numbers.tolist() == list(range(1, 13))
    for former, following in pairwise(trace):
        np.testing.assert_allclose(
            former.after.coefs[0], following.before.coefs[0], rtol=0, atol=1e-14
        )
    for epoch in range(1, 4):
        assert sorted(trace.rows[trace.epochs == epoch]) == [0, 1, 2, 3]
    for update, row in zip(trace, trace.rows, strict=True):
        np.testing.assert_array_equal(update.x, X[row])
        assert update.T == update.y == y[row]
    chosen = trace_training(MLPLogisticClassifier(2, random_state=0), X, y, updates=[3, 7])
    np.testing.assert_array_equal(chosen[1].after.coefs[0], trace[6].after.coefs[0])
    losses = [update.loss for update in trace]
    np.testing.assert_allclose(trace.mean_losses[-1], np.mean(losses))


def test_the_first_update_equals_a_partial_fit():
    X, y = XOR
    parameters = {"learning_rate": "constant", "learning_rate_init": 1.0, "random_state": 3}
    model = MLPLogisticClassifier(2, max_iter=1, **parameters)
    (update,) = trace_training(model, X, y, updates=1)
    begun = clone(model).partial_fit(X[:1], y[:1], classes=[0, 1], sample_weight=[1.0])
    begun.coefs_ = [coef.copy() for coef in update.before.coefs]
    begun.intercepts_ = [intercept.copy() for intercept in update.before.intercepts]
    expected = trace_update(begun, update.x, update.y)
    np.testing.assert_allclose(update.after.coefs[0], expected.after.coefs[0], rtol=1e-14)
    assert str(update) == str(expected)


def test_the_estimator_and_the_data_are_not_changed():
    X, y = XOR
    model = MLPLogisticClassifier(2, random_state=np.random.RandomState(0), max_iter=3)
    before, data = pickle.dumps(model), X.copy()
    first = trace_training(model, X, y, updates=3)
    assert pickle.dumps(model) == before
    np.testing.assert_array_equal(
        trace_training(model, X, y, updates=3)[-1].after.coefs[0], first[-1].after.coefs[0]
    )
    model.fit(X, y).set_params(warm_start=True)
    before = pickle.dumps(model)
    trace = trace_training(model, X, y, updates=2)
    np.testing.assert_array_equal(trace[0].before.coefs[0], model.coefs_[0])
    assert pickle.dumps(model) == before
    np.testing.assert_array_equal(X, data)


def test_a_pipeline_is_fitted_as_by_its_own_fit():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    pipeline = make_pipeline(StandardScaler(), MLPLogisticClassifier(3, max_iter=2, random_state=0))
    trace = trace_training(pipeline, X, y, updates=[2 * len(y)])
    assert trace[0].feature_names == list(X.columns)
    fitted = clone(pipeline).fit(X, y)
    np.testing.assert_allclose(trace[0].after.coefs[0], fitted[-1].coefs_[0], rtol=0, atol=1e-12)
    search = GridSearchCV(pipeline, {"mlplogisticclassifier__max_iter": [2]}, cv=2).fit(X, y)
    again = trace_training(search, X, y, updates=[2 * len(y)])
    np.testing.assert_array_equal(again[0].after.coefs[0], trace[0].after.coefs[0])


def test_sparse_float32_and_multilabel():
    X, y = load_iris(return_X_y=True)
    X = csr_array(StandardScaler().fit_transform(X).astype(np.float32))
    labels = np.stack([y > 0, y != 1], axis=1).astype(int)
    model = MLPLogisticClassifier(3, max_iter=2, random_state=0)
    trace = trace_training(model, X, labels, updates=[300], class_of_interest=1)
    fitted = clone(model).fit(X, labels)
    np.testing.assert_allclose(trace[0].after.coefs[0], fitted.coefs_[0][1], rtol=0, atol=1e-5)
    assert trace[0].network == "label 1"
    assert "labels" in str(trace[0])
    assert str(trace)


@pytest.mark.parametrize(
    ("updates", "message"),
    [
        (0, "updates must be at least 1"),
        ([0, 1], "counted from 1"),
        ([], "counted from 1"),
        ([1.5], "counted from 1"),
        ([9], "Training ends after update 8"),
    ],
)
def test_bad_numbers_of_updates(updates, message):
    with pytest.raises(ValueError, match=message):
        trace_training(MLPLogisticClassifier(2, max_iter=2), *XOR, updates=updates)


def test_a_number_of_updates_may_be_more_than_there_are():
    assert len(trace_training(MLPLogisticClassifier(2, max_iter=2), *XOR, updates=99)) == 8


def test_errors_are_those_of_fit():
    with pytest.raises(TypeError, match="trace_training takes an MLPLogisticClassifier"):
        trace_training(StandardScaler(), *XOR)
    with pytest.raises(TypeError, match="unexpected keyword argument 'weights'"):
        trace_training(MLPLogisticClassifier(), *XOR, weights=[1.0] * 4)
    with pytest.raises(ValueError, match="NaN"):
        trace_training(MLPLogisticClassifier(), [[np.nan], [1.0]], [0, 1])
    with pytest.raises(ValueError, match="greater than one; got 1 class"):
        trace_training(MLPLogisticClassifier(), XOR[0], [1, 1, 1, 1])


def test_it_prints_one_line_per_update():
    trace = trace_training(MLPLogisticClassifier(2, random_state=0), *XOR, updates=60)
    lines = str(trace).splitlines()
    assert lines[0] == "Updates 1 to 60 of a 2-2-1 network, with bias nodes: half the squared error"
    assert lines[3].split() == [
        "update", "epoch", "row", "class", "T", "S_postA,O", "FE", "S_ERROR", "LR", "loss", "so",
        "far",
    ]  # fmt: skip
    assert lines[4].split()[:5] == ["1", "1", str(trace.rows[0]), str(trace[0].y), str(trace[0].T)]
    assert lines[24] == "... 20 more"
    assert lines[-1].split()[0] == "60"
    frame = trace.to_pandas()
    assert frame.index.name == "update"
    np.testing.assert_array_equal(frame["S_ERROR"], [update.S_ERROR for update in trace])
    assert str(trace[3:4]).startswith("Update 4 of")
    assert str(trace[::2]).startswith("30 of the first 59 updates of")


def data_of(html):
    (data,) = re.findall("<script type='application/json'>(.*?)</script>", html, re.DOTALL)
    return json.loads(data)


def test_the_page_is_small_and_self_contained():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3))
    html = trace_training(MLPLogisticClassifier(4, random_state=0), X, X[:, 0] > 0).to_html()
    assert len(html.encode()) < 250_000
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|url\((?!#)|@import|<link|<img", html)
    data = data_of(html)
    assert len(data["updates"]) == 100
    assert data["surface"] is None


def test_the_page_has_the_numbers_of_the_trace():
    trace = trace_training(MLPLogisticClassifier(2, random_state=0), *XOR, updates=5)
    data = data_of(trace._repr_html_())
    for update, shown in zip(trace, data["updates"], strict=True):
        np.testing.assert_allclose(shown["S_postA"], np.concatenate(update.signals), rtol=1e-9)
        np.testing.assert_allclose(shown["error"], np.concatenate(update.error_signals), rtol=1e-9)
        frame = update.to_pandas()
        np.testing.assert_allclose(shown["weights"], frame["before"], rtol=1e-9)
        np.testing.assert_allclose(shown["after"], frame["after"], rtol=1e-9)
        products = [
            (1.0 if start == -1 else shown["S_postA"][start]) * shown["error"][end - 2]
            for start, end in data["edges"]
        ]
        np.testing.assert_allclose(products, frame["gradient"], rtol=1e-8)
        _, S_postA = forward(update.x, *update.after)
        np.testing.assert_allclose(shown["S_postA_after"], S_postA[-1][0])
        np.testing.assert_allclose(shown["loss_after"], 0.5 * (S_postA[-1][0] - update.T) ** 2)
    assert data["layers"] == ["I", "H", "O"]
    np.testing.assert_array_equal(data["surface"]["points"], XOR[0])
    np.testing.assert_array_equal(data["surface"]["targets"], XOR[1])
    assert len(data["surface"]["last"]) == 9
    assert data["surface"]["sizes"] == [2, 2, 1]


def test_every_line_of_the_page_is_easy_to_hit_and_every_node_can_be_described():
    trace = trace_training(MLPLogisticClassifier(2, random_state=0), *XOR, updates=1)
    html = trace.to_html()
    edges = re.findall(r"<line class='edge' data-edge='(\d+)'", html)
    assert len(edges) == 9
    assert re.findall(r"<path class='hit' data-edge='(\d+)'", html) == edges
    # Nodes and bias nodes layer by layer, the order in which the tab key visits them.
    kinds = re.findall(r"<g class='(node|bias)'", html)
    assert kinds == ["node", "node", "bias", "node", "node", "bias", "node"]


def test_labels_cannot_end_the_script_of_the_page():
    X, y = XOR
    labels = np.array(["</script><b>", "b"])[y]
    trace = trace_training(MLPLogisticClassifier(2, random_state=0), X, labels, updates=4)
    html = trace.to_html(terms="standard")
    assert "</script><b>" not in html
    assert data_of(html)["terms"] == "standard"
    assert {u["label"] for u in data_of(html)["updates"]} == {"</script><b>", "b"}
    with pytest.raises(ValueError, match="terms must be"):
        trace.to_html(terms="other")


def test_a_large_network_is_drawn_in_part():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    trace = trace_training(MLPLogisticClassifier(500, random_state=0), X, X[:, 0] > 0, updates=60)
    html = trace.to_html()
    assert len(html.encode()) < 500_000
    assert data_of(html)["surface"] is None
    assert "490 more" in html


@pytest.mark.parametrize(("n_inputs", "hidden"), [(2, 2), (3, 3), (3, 4), (2, (2, 2))])
def test_every_line_of_a_small_network_has_its_number(n_inputs, hidden):
    X, y = make_classification(40, n_inputs, n_informative=2, n_redundant=0, random_state=0)
    drawn = trace_training(MLPLogisticClassifier(hidden, random_state=0), X, y)._repr_html_()
    values = re.findall(
        r"<text class='value' data-edge='(\d+)' x='([\d.]+)' y='([\d.]+)'[^>]*>([^<]*)<", drawn
    )
    assert {edge for edge, *_ in values} == set(re.findall(r"<line [^>]*data-edge='(\d+)'", drawn))
    for (_, *a, _), (_, *b, _) in combinations(values, 2):
        dx, dy = abs(np.subtract(np.array(a, float), np.array(b, float)))
        assert dx >= 37.9 or dy >= 13.9
