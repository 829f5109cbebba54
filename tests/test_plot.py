"""Displays: what is drawn, not how it looks."""

import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import same_color
from sklearn.datasets import load_breast_cancer
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

import sklearn_mlp
from sklearn_mlp import LossCurveDisplay, MLPLogisticClassifier, NetworkDisplay, trace_update
from sklearn_mlp._inspection.diagram import draw_layer
from sklearn_mlp._inspection.trace_text import short_number

mpl.use("agg")
import matplotlib.pyplot as plt

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def texts(display):
    return [text.get_text() for text in display.texts_]


def test_nothing_for_looking_is_imported_with_the_package():
    code = (
        "import sys, sklearn_mlp\n"
        "print(*sys.modules)\n"
        "assert 'trace_update' in dir(sklearn_mlp)\n"
        "sklearn_mlp.trace_update\n"
        "assert 'sklearn_mlp._inspection.trace' in sys.modules\n"
        "sklearn_mlp.NetworkDisplay\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    result = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = result.stdout.split()
    assert "sklearn_mlp._classifier" in loaded
    for name in ("matplotlib", "sklearn_mlp._inspection"):
        assert name not in loaded


def test_all_public_names_are_there():
    for name in sklearn_mlp.__all__:
        assert getattr(sklearn_mlp, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'MLPRegressor'"):
        _ = sklearn_mlp.MLPRegressor


def test_without_matplotlib_the_error_says_what_to_install(iris, monkeypatch):
    model = MLPLogisticClassifier(3, random_state=0).fit(*iris)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    for display in (LossCurveDisplay, NetworkDisplay):
        message = rf'{display.__name__} needs matplotlib: pip install "sklearn-mlp\[plot\]"'
        with pytest.raises(ImportError, match=message):
            display.from_estimator(model)


def test_the_loss_curve(iris):
    model = MLPLogisticClassifier(3, max_iter=12, random_state=0).fit(*iris)
    display = LossCurveDisplay.from_estimator(model, name="mine", line_kw={"color": "red"})
    np.testing.assert_array_equal(display.line_.get_xdata(), np.arange(1, 13))
    np.testing.assert_array_equal(display.line_.get_ydata(), model.loss_curve_)
    assert display.line_.get_color() == "red"
    assert display.line_.get_label() == "Training loss of mine"
    assert display.best_line_.get_xdata() == [model.best_iter_] * 2
    assert display.validation_line_ is display.validation_ax_ is None
    assert display.ax_.get_xlabel() == "Epoch"
    assert display.figure_ is display.ax_.figure
    # Drawn again, elsewhere.
    _, ax = plt.subplots()
    assert display.plot(ax).ax_ is ax


def test_the_validation_score_and_the_best_epoch_over_warm_starts(iris):
    model = MLPLogisticClassifier(
        3, max_iter=8, early_stopping=True, warm_start=True, random_state=0, scoring="loss"
    ).fit(*iris)
    model.set_params(max_iter=5).fit(*iris)
    _, ax = plt.subplots()
    display = LossCurveDisplay.from_estimator(model, ax=ax, validation_line_kw={"linewidth": 3})
    assert display.ax_ is ax
    assert len(display.line_.get_xdata()) == 13
    assert display.validation_line_.get_linewidth() == 3
    np.testing.assert_array_equal(display.validation_line_.get_ydata(), model.validation_scores_)
    best = display.best_line_.get_xdata()[0]
    assert best == 8 + model.best_iter_
    assert model.validation_scores_[best - 1] == model.best_validation_score_
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["Training loss", f"Best epoch, {best}", "Validation minus loss"]
    assert display.validation_ax_.get_ylabel() == "Validation minus loss"


def test_the_legend_leaves_the_title_and_the_curves_free(iris):
    for early_stopping in (False, True):
        model = MLPLogisticClassifier(3, early_stopping=early_stopping, random_state=0).fit(*iris)
        display = LossCurveDisplay.from_estimator(model)
        title = display.ax_.set_title("A title")
        display.figure_.canvas.draw()
        legend = display.ax_.get_legend().get_window_extent()
        assert not legend.overlaps(title.get_window_extent())
        for line in filter(None, (display.line_, display.validation_line_)):
            points = line.get_transform().transform(line.get_xydata())
            assert legend.count_contains(points) == 0


def test_validation_scores_of_the_last_epochs_only(iris):
    model = MLPLogisticClassifier(3, max_iter=20, warm_start=True, random_state=0).fit(*iris)
    model.set_params(early_stopping=True, max_iter=5).fit(*iris)
    display = LossCurveDisplay.from_estimator(model)
    assert display.line_.get_xdata()[-1] == 25
    np.testing.assert_array_equal(display.validation_line_.get_xdata(), np.arange(21, 26))
    assert display.best_line_.get_xdata()[0] == 20 + model.best_iter_


def test_after_more_training_there_is_no_best_epoch(iris):
    # Its weights are gone. The scores are accuracies, of which many are the same.
    model = MLPLogisticClassifier(3, max_iter=15, early_stopping=True, random_state=0).fit(*iris)
    assert LossCurveDisplay.from_estimator(model).best_line_.get_xdata()[0] == model.best_iter_
    model.partial_fit(*iris)
    assert LossCurveDisplay.from_estimator(model).best_line_ is None


def test_two_estimators_on_the_same_axes(iris):
    _, (other, ax) = plt.subplots(ncols=2, sharex=True)
    model = MLPLogisticClassifier(3, max_iter=6, early_stopping=True, random_state=0).fit(*iris)
    LossCurveDisplay.from_estimator(model, ax=other)
    first = LossCurveDisplay.from_estimator(model, ax=ax, name="a")
    second = LossCurveDisplay.from_estimator(model, ax=ax, name="b")
    assert first.validation_ax_ is second.validation_ax_
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == [
        *(f"{what}{end}" for name in "ab" for what, end in
          ((f"Training loss of {name}", ""), (f"Best epoch of {name}, ", model.best_iter_))),
        "Validation minus loss of a",
        "Validation minus loss of b",
    ]  # fmt: skip
    lines = [d.line_ for d in (first, second)] + [d.validation_line_ for d in (first, second)]
    assert len({line.get_color() for line in lines}) == 4


def test_axes_with_a_scale_or_ticks_of_their_own(iris):
    model = MLPLogisticClassifier(3, max_iter=6, random_state=0).fit(*iris)
    for prepare in ({"xscale": "log"}, {"xticks": [1, 5]}):
        _, ax = plt.subplots()
        ax.set(**prepare)
        assert LossCurveDisplay.from_estimator(model, ax=ax).ax_ is ax


def test_keywords_by_their_short_names(iris):
    model = MLPLogisticClassifier(3, max_iter=6, early_stopping=True, random_state=0).fit(*iris)
    display = LossCurveDisplay.from_estimator(
        model, line_kw={"c": "red"}, validation_line_kw={"c": "green", "ls": ":"}
    )
    assert display.line_.get_color() == "red"
    assert display.validation_line_.get_color() == "green"
    display = NetworkDisplay.from_estimator(
        model,
        line_kw={"lw": 2.0},
        node_kw={"facecolors": "red"},
        text_kw={"ha": "left", "size": 5},
    )
    assert {float(width) for width in display.edges_[0].get_linewidths()} == {2.0}
    assert same_color(display.nodes_[0].get_facecolor()[0], "red")
    assert {text.get_fontsize() for text in display.texts_} == {5.0}
    assert {text.get_ha() for text in display.texts_} == {"left"}
    display = NetworkDisplay.from_estimator(model, node_kw={"color": "blue"})
    assert same_color(display.nodes_[0].get_facecolor()[0], "blue")
    assert same_color(display.bias_nodes_[0].get_facecolor()[0], "blue")


def test_names_are_not_formulas(iris):
    X, y = iris
    names = ["a$x^$", "$$", "in $ and out $", "x_1"]
    labels = np.array(["$5^$", "_", "c"])[y]
    model = MLPLogisticClassifier(2, random_state=0).fit(pd.DataFrame(X, columns=names), labels)
    display = NetworkDisplay.from_estimator(model, class_of_interest="$5^$")
    display.figure_.canvas.draw()
    assert {*names, "class $5^$"} <= set(texts(display))
    assert not any(text.get_parse_math() for text in display.texts_)


def test_networks_given_as_lists_and_weights_that_are_no_numbers():
    nan = float("nan")
    display = NetworkDisplay(coefs=[[[1.0, nan], [-2.0, 0.5]], [[0.0], [0.0]]], intercepts=None)
    display.plot().figure_.canvas.draw()
    assert np.isfinite(display.edges_[0].get_linewidths()).all()
    assert np.argmax(display.edges_[0].get_linewidths()) == 2
    for max_nodes in (1, 5.5):
        with pytest.raises(ValueError, match="max_nodes must be an int of at least 2"):
            display.plot(max_nodes=max_nodes)


def test_the_loss_curve_of_a_neighbour(iris):
    model = MLPClassifier(3, max_iter=7, early_stopping=True, random_state=0).fit(*iris)
    display = LossCurveDisplay.from_estimator(model)
    np.testing.assert_array_equal(display.line_.get_ydata(), model.loss_curve_)
    np.testing.assert_array_equal(display.validation_line_.get_ydata(), model.validation_scores_)


def test_what_has_no_loss_curve(iris):
    with pytest.raises(NotFittedError):
        LossCurveDisplay.from_estimator(MLPLogisticClassifier())
    streamed = MLPLogisticClassifier().partial_fit(*iris, classes=[0, 1, 2])
    for model in (LogisticRegression().fit(*iris), streamed):
        with pytest.raises(ValueError, match="has no loss_curve_ with at least one epoch"):
            LossCurveDisplay.from_estimator(model)


@pytest.mark.parametrize("hidden", [(4,), (5, 3), (2, 3, 4)])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_every_weight_and_node_of_a_network(iris, hidden, fit_intercept):
    X, y = iris
    model = MLPLogisticClassifier(hidden, fit_intercept=fit_intercept, random_state=0)
    model.fit(X, y)
    display = NetworkDisplay.from_estimator(model, class_of_interest=2)
    sizes = [4, *hidden, 1]
    assert [len(nodes.get_offsets()) for nodes in display.nodes_] == sizes
    assert len(display.bias_nodes_) == (len(sizes) - 1 if fit_intercept else 0)
    for layer, edges in enumerate(display.edges_):
        weights = model.coefs_[layer][2]
        if fit_intercept:
            weights = np.vstack([weights, model.intercepts_[layer][2]])
        weights = weights.ravel()
        colours = ["C1" if weight < 0 else "C0" for weight in weights]
        assert all(map(same_color, edges.get_colors()[:, :3], colours))
        widths = np.array(edges.get_linewidths())
        np.testing.assert_array_equal(np.argsort(widths), np.argsort(np.abs(weights)))
        # From a node of this layer to one of the next.
        starts, ends = np.array(edges.get_segments()).transpose(1, 0, 2)
        nodes = [tuple(p) for p in display.nodes_[layer].get_offsets()]
        if fit_intercept:
            nodes.append(tuple(display.bias_nodes_[layer].get_offsets()[0]))
        targets = [tuple(p) for p in display.nodes_[layer + 1].get_offsets()]
        assert list(zip(map(tuple, starts), map(tuple, ends), strict=True)) == [
            (source, target) for source in nodes for target in targets
        ]
    assert {"x0", "x3", "class 2"} <= set(texts(display))


def test_the_signals_of_a_trace_are_on_the_nodes():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = ((X - X.mean()) / X.std()).iloc[:, :5]
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    trace = trace_update(model, X.iloc[3], y[3])
    display = NetworkDisplay.from_trace(trace, line_kw={"alpha": 0.5}, text_kw={"color": "red"})
    written = texts(display)
    for signal in (*X.iloc[3], *trace.S_postA[0], *trace.S_postA[1]):
        assert short_number(signal) in written
    assert set(X.columns) <= set(written)
    assert all(text.get_color() == "red" for text in display.texts_)
    np.testing.assert_array_equal(display.coefs[0], model.coefs_[0])
    assert display.edges_[0].get_alpha() == 0.5


def test_a_small_network_has_a_small_figure_and_every_bias_node_a_name():
    X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1, 0]
    model = MLPLogisticClassifier((2, 2), random_state=0).fit(X, y)
    display = NetworkDisplay.from_estimator(model)
    assert texts(display).count("bias") == len(display.bias_nodes_) == 3
    assert display.figure_.get_figheight() < 4.8
    low, high = display.ax_.get_ylim()
    heights = [text.xy[1] for text in display.texts_]
    assert high - max(heights) < 0.5  # of the distance of two nodes
    assert min(heights) - low < 1.0


def test_large_layers_are_abbreviated():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 40))
    model = MLPLogisticClassifier(100, random_state=0).fit(X, X[:, 0] > 0)
    display = NetworkDisplay.from_estimator(model, max_nodes=7)
    assert [len(nodes.get_offsets()) for nodes in display.nodes_] == [7, 7, 1]
    assert len(display.edges_[0].get_segments()) == 8 * 7
    written = texts(display)
    assert {"x0", "x3", "x37", "x39"} <= set(written)
    assert "x4" not in written
    assert "\u22ee 33 more" in written
    assert "\u22ee 93 more" in written
    with pytest.raises(TypeError, match="got LogisticRegression"):
        NetworkDisplay.from_estimator(LogisticRegression().fit(X, X[:, 0] > 0))


@pytest.mark.parametrize("size", range(1, 12))
@pytest.mark.parametrize("max_nodes", [2, 3, 6])
@pytest.mark.parametrize("has_bias", [True, False])
def test_places_are_one_apart_from_top_to_bottom(size, max_nodes, has_bias):
    drawn = draw_layer(size, max_nodes, has_bias=has_bias)
    assert len(drawn.nodes) == len(drawn.heights) == min(size, max_nodes)
    assert (drawn.gap is not None) == (size > max_nodes)
    assert (drawn.bias is not None) == has_bias
    places = [*drawn.heights, *(p for p in (drawn.gap, drawn.bias) if p is not None)]
    # All places once, around the middle, the bias node's the lowest.
    assert sorted(places) == [n - (len(places) - 1) / 2 for n in range(len(places))]
    assert drawn.bias in (None, min(places))
    assert drawn.nodes[0] == 0
    assert drawn.nodes[-1] == size - 1
    # Higher numbers are lower, the dots between those that are not next to each other.
    assert (np.diff(drawn.heights) < 0).all()
    assert all(
        (above - below == 1) == (after - before == 1)
        for above, below, before, after in zip(
            drawn.heights, drawn.heights[1:], drawn.nodes, drawn.nodes[1:], strict=False
        )
    )
