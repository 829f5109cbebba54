"""What users of MLPClassifier and SGDClassifier rely on: history, stopping, classes, warnings."""

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.special import expit
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
)
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning
from sklearn.metrics import accuracy_score, brier_score_loss, f1_score, log_loss
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from sklearn_mlp import MLPLogisticClassifier, _classifier, _reference
from sklearn_mlp._training import diagnosis
from sklearn_mlp._training import epochs as _epochs
from sklearn_mlp._training.data import TrainingSet
from sklearn_mlp._training.targets import Targets
from sklearn_mlp._training.visits import weights_to_visits

ignore_convergence = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
ignore_one_class = pytest.mark.filterwarnings("ignore:All training samples were predicted")
CONSTANT = {"learning_rate": "constant", "random_state": 0}


@pytest.fixture(params=[2, 3])
def digits(request):
    X, y = load_digits(n_class=request.param, return_X_y=True)
    return MinMaxScaler().fit_transform(X[:200]), y[:200]


@pytest.fixture
def iris():
    X, y = load_iris(return_X_y=True)
    return StandardScaler().fit_transform(X), y


# ------------------------------------------------------------------- learning and prediction


def test_it_learns_digits_and_keeps_the_kind_of_the_labels(digits):
    X, y = digits
    model = MLPLogisticClassifier(random_state=0).fit(X[:150], y[:150])
    prediction = model.predict(X[150:])
    assert model.score(X[:150], y[:150]) > 0.95
    assert prediction.shape == (50,)
    assert prediction.dtype == y.dtype


def test_defaults_run_without_a_warning():
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = MLPLogisticClassifier(random_state=0).fit(X, y)
    assert model.n_iter_ == 80
    assert model.score(X, y) > 0.97


def test_probabilities_of_two_classes(digits):
    X, y = digits
    y = (y > 0).astype(int)
    model = MLPLogisticClassifier(5, random_state=1).fit(X, y)
    probability, logarithm = model.predict_proba(X), model.predict_log_proba(X)
    assert probability.shape == (len(X), 2)
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, rtol=1e-15)
    np.testing.assert_allclose(logarithm, np.log(probability), rtol=1e-12)
    logit = model.decision_function(X)
    assert logit.shape == (len(X),)
    np.testing.assert_allclose(probability[:, 1], 1 / (1 + np.exp(-logit)), rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), (logit > 0).astype(int))


def test_probabilities_of_many_classes(iris):
    X, y = iris
    model = MLPLogisticClassifier(5, random_state=1).fit(X, y)
    probability, logarithm = model.predict_proba(X), model.predict_log_proba(X)
    logits = model.decision_function(X)
    assert probability.shape == logits.shape == (150, 3)
    one_vs_rest = 1 / (1 + np.exp(-logits))
    np.testing.assert_allclose(
        probability, one_vs_rest / one_vs_rest.sum(axis=1, keepdims=True), rtol=1e-12
    )
    np.testing.assert_allclose(logarithm, np.log(probability), rtol=1e-10)
    np.testing.assert_array_equal(model.predict(X), logits.argmax(axis=1))


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("logit", [-1e4, -800.0, 40.0, 800.0, 1e4])
def test_a_saturated_network_has_finite_logarithms_and_no_zero_over_zero(n_classes, logit):
    X, y = np.arange(6.0)[:, None], np.arange(6) % n_classes
    model = MLPLogisticClassifier(2, max_iter=1, random_state=0).fit(X, y)
    for array in (*model.coefs_, *model.intercepts_):
        array[...] = 0.0
    model.intercepts_[-1][...] = logit
    with np.errstate(all="raise", under="ignore"):
        probability, logarithm = model.predict_proba(X), model.predict_log_proba(X)
    assert np.isfinite(logarithm).all()
    np.testing.assert_allclose(probability.sum(axis=1), 1.0, rtol=1e-12)
    if n_classes == 2:
        assert logarithm[:, 1].tolist() == [min(logit, 0.0)] * 6 or logit == 40.0
    else:
        np.testing.assert_allclose(probability, 1 / 3, rtol=1e-12)


@ignore_one_class
def test_one_vs_rest_networks_are_binary_fits():
    # Without shuffling, network k of three is the binary fit of class k against the rest from
    # the same initial weights.
    X, y = load_iris(return_X_y=True)
    parameters = {"shuffle": False, "alpha": 0.3, "random_state": 0}
    model = MLPLogisticClassifier(4, max_iter=3, **parameters).fit(X, y)
    drawn = MLPLogisticClassifier(4, max_iter=1, **parameters)
    initial = drawn.set_params(learning_rate_init=1e-300).fit(X, y)
    binary = MLPLogisticClassifier(4, max_iter=3, **parameters)
    losses = []
    for k in range(3):
        binary.fit(
            X,
            y == k,
            coefs_init=[a[k] for a in initial.coefs_],
            intercepts_init=[a[k] for a in initial.intercepts_],
        )
        losses.append(binary.loss_curve_)
        for several, one in zip(
            (*model.coefs_, *model.intercepts_), (*binary.coefs_, *binary.intercepts_), strict=True
        ):
            np.testing.assert_array_equal(several[k], one)
    np.testing.assert_allclose(model.loss_curve_, np.mean(losses, axis=0), rtol=1e-14)


def test_sparse_input_predicts_like_dense(digits):
    X, y = digits
    model = MLPLogisticClassifier(15, random_state=1).fit(X, y)
    sparse = MLPLogisticClassifier(15, random_state=1).fit(csr_array(X), y)
    np.testing.assert_array_equal(model.predict(X), sparse.predict(csr_array(X)))
    np.testing.assert_allclose(model.predict_proba(csr_array(X)), model.predict_proba(X))


def test_a_prediction_may_take_many_calls_of_the_kernel(iris, monkeypatch):
    X, y = iris
    model = MLPLogisticClassifier(3, random_state=0).fit(X, y)
    expected = model.decision_function(X)
    monkeypatch.setattr(_classifier, "chunk_length", lambda X, coefs: 16)
    np.testing.assert_array_equal(model.decision_function(X), expected)
    for table in (X, csr_array(X)):
        chunked = MLPLogisticClassifier(3, random_state=0).fit(table, y)
        np.testing.assert_allclose(chunked.decision_function(X), expected, rtol=1e-9)


@ignore_one_class
@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_the_loss_is_half_the_brier_score_or_the_log_loss(loss):
    # With a vanishing learning rate all losses of the epoch are taken at the final weights.
    X, y = load_breast_cancer(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    weight = np.random.default_rng(0).integers(1, 4, size=len(y)) / 2
    model = MLPLogisticClassifier(4, learning_rate_init=1e-300, max_iter=1, random_state=0)
    model.set_params(loss=loss).fit(X, y, weight)
    probability = model.predict_proba(X)[:, 1]
    expected = log_loss(y, probability, sample_weight=weight)
    if loss == "squared_error":
        expected = brier_score_loss(y, probability, sample_weight=weight) / 2
    np.testing.assert_allclose(model.loss_, expected, rtol=1e-12)


def test_the_weights_have_the_dtype_of_the_inputs(digits):
    X, y = digits
    predictions = {}
    for dtype in (np.float32, np.float64):
        model = MLPLogisticClassifier((5, 3), learning_rate_init=0.2, random_state=1)
        model.fit(X.astype(dtype), y)
        assert all(a.dtype == dtype for a in (*model.coefs_, *model.intercepts_))
        assert model.predict_proba(X.astype(dtype)).dtype == dtype
        predictions[dtype] = model.predict_proba(X.astype(dtype))
    np.testing.assert_allclose(predictions[np.float32], predictions[np.float64], rtol=1e-2)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_shapes_of_fitted_attributes(iris, n_classes):
    X, y = iris
    X, y = X[y < n_classes], y[y < n_classes]
    model = MLPLogisticClassifier((5, 3), random_state=0, max_iter=2).fit(X, y)
    lead = () if n_classes == 2 else (3,)
    assert [a.shape for a in model.coefs_] == [(*lead, 4, 5), (*lead, 5, 3), (*lead, 3, 1)]
    assert [a.shape for a in model.intercepts_] == [(*lead, 5), (*lead, 3), (*lead, 1)]
    assert model.n_layers_ == 4
    assert model.n_outputs_ == (1 if n_classes == 2 else 3)
    assert model.out_activation_ == "logistic"
    assert model.n_features_in_ == 4
    assert model.n_iter_ == 2
    assert model.t_ == 2 * len(X)
    assert len(model.loss_curve_) == 2
    assert model.best_loss_ == min(model.loss_curve_)
    assert model.best_iter_ == 1 + int(np.argmin(model.loss_curve_))
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None


@pytest.mark.parametrize(
    "sizes", [3, np.int64(3), [3], (3,), np.array([3]), np.array(3)], ids=lambda s: repr(s)
)
def test_hidden_layer_sizes_of_any_integer_kind(iris, sizes):
    X, y = iris
    model = MLPLogisticClassifier(sizes, max_iter=1, random_state=0).fit(X, y)
    assert model.coefs_[0].shape == (3, 4, 3)


def test_shuffle_changes_the_result(iris):
    X, y = iris
    fits = [
        MLPLogisticClassifier(2, max_iter=1, random_state=0, shuffle=shuffle).fit(X, y).coefs_[0]
        for shuffle in (True, True, False, False)
    ]
    np.testing.assert_array_equal(fits[0], fits[1])
    np.testing.assert_array_equal(fits[2], fits[3])
    assert not np.array_equal(fits[0], fits[2])


# ------------------------------------------------------------------------------- partial_fit


def test_partial_fit_learns_as_fit_does(digits):
    X, y = digits
    model = MLPLogisticClassifier(10, random_state=1)
    for _ in range(50):
        model.partial_fit(X, y, classes=np.unique(y))
    assert model.score(X, y) > 0.95
    assert model.n_iter_ == 1
    assert model.t_ == 50 * len(X)
    assert model.loss_curve_ == []


def test_partial_fit_with_classes_that_come_later():
    model = MLPLogisticClassifier(random_state=0)
    model.partial_fit([[1], [2], [3]], ["a", "b", "c"], classes=["a", "b", "c", "d"])
    assert model.predict_proba([[4]])[0, 3] < 0.25
    for _ in range(20):
        model.partial_fit([[4]], ["d"])
    assert model.predict_proba([[4]])[0, 3] > 0.5
    np.testing.assert_array_equal(model.classes_, ["a", "b", "c", "d"])


def test_partial_fit_after_fit_ignores_early_stopping(iris):
    X, y = iris
    model = MLPLogisticClassifier(early_stopping=True, random_state=0).fit(X, y)
    before, curve = model.coefs_[0].copy(), list(model.loss_curve_)
    model.partial_fit(X[:1], y[:1])
    assert not np.array_equal(model.coefs_[0], before)
    assert model.loss_curve_ == curve
    # Also from the beginning, and on a class with a single sample.
    model = MLPLogisticClassifier(early_stopping=True, class_weight="balanced", random_state=0)
    model.partial_fit(X[:1], y[:1], classes=[0, 1, 2])
    assert model.t_ == 1


def test_partial_fit_balances_over_all_calls(monkeypatch):
    steps = []
    train = _epochs.train

    def spy(rows, network, *, order, step, **others):
        steps.append(float(step[order].sum()))
        return train(rows, network, order=order, step=step, **others)

    monkeypatch.setattr(_epochs, "train", spy)
    model = MLPLogisticClassifier(2, class_weight="balanced", random_state=0)
    X = np.arange(4.0)[:, None]
    model.partial_fit(X, [0, 0, 0, 1], classes=[0, 1])
    model.partial_fit(X[:2], [1, 1], sample_weight=[1.0, 2.0])
    # First 4 / (2 * 3) and 4 / (2 * 1): weight 2 in either class. Then 3 of 7 are of class 0
    # and 4 of class 1, three of them now.
    np.testing.assert_allclose(steps, [3 * 4 / 6 + 4 / 2, 3 * 7 / (2 * 4)])


# ------------------------------------------------------------------------ history and stopping


def rates_used(monkeypatch):
    """A list that gets the learning rate of each epoch from now on; both targets must have it."""
    rates = []
    train = _epochs.train

    def spy(rows, network, *, learning_rate, **others):
        assert learning_rate[0] == learning_rate[1]
        rates.append(learning_rate[0])
        return train(rows, network, learning_rate=learning_rate, **others)

    monkeypatch.setattr(_epochs, "train", spy)
    return rates


def test_rates_of_the_schedules(iris, monkeypatch):
    rates = rates_used(monkeypatch)
    X, y = iris[0][:100], iris[1][:100]
    model = MLPLogisticClassifier(2, learning_rate_init=0.8, max_iter=4, random_state=0)
    model.set_params(warm_start=True).fit(X, y)
    assert rates == pytest.approx([0.8, 0.6, 0.4, 0.2])
    # A warm start runs its schedule anew, and partial_fit has none.
    model.set_params(max_iter=2).fit(X, y).partial_fit(X, y)
    assert rates[4:] == pytest.approx([0.8, 0.4, 0.8])
    rates.clear()
    model.set_params(learning_rate="constant", warm_start=False)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    assert rates == [0.8, 0.8]
    assert model.learning_rate_curve_ == [0.8, 0.8]


def test_rates_fall_with_the_visits(iris, monkeypatch):
    X, y = iris[0][:100], iris[1][:100]
    rates = rates_used(monkeypatch)
    model = MLPLogisticClassifier(
        2, learning_rate_init=0.8, learning_rate="invscaling", power_t=0.3, max_iter=3, tol=0
    )
    weight = np.where(y == 1, 2.0, 1.0)  # 150 visits
    with pytest.warns(ConvergenceWarning, match="Maximum iterations"):
        model.fit(X, y, sample_weight=weight)
    assert rates == pytest.approx([0.8, 0.8 / 151**0.3, 0.8 / 301**0.3])
    # A stream goes on from all visits so far.
    model.partial_fit(X, y).partial_fit(X, y)
    assert rates[3:] == pytest.approx([0.8 / 451**0.3, 0.8 / 551**0.3])


def test_the_adaptive_rate_falls_where_training_would_stop(monkeypatch):
    X, y = [[3, 2], [1, 6]], [1, 0]
    trained = MLPLogisticClassifier(2, random_state=0).fit(X, y)
    assert trained.loss_ < 0.5 * 0.125
    rates = rates_used(monkeypatch)
    model = MLPLogisticClassifier(
        2, learning_rate="adaptive", learning_rate_init=1e-3, tol=0.5, n_iter_no_change=2
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="Maximum iterations")
        model.set_params(max_iter=1000, random_state=0).fit(
            X, y, coefs_init=trained.coefs_, intercepts_init=trained.intercepts_
        )
    # The first epoch is an improvement; then each rate has three epochs that are not, as long as
    # the one before was above 1e-6.
    expected = [1e-3, *np.repeat([1e-3 / 5**k for k in range(6)], 3)]
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("hidden", [3, (4, 3), 80])
@pytest.mark.parametrize(
    ("loss", "alpha"), [("squared_error", 0), ("squared_error", 7.0), ("log_loss", 2.0)]
)
def test_an_epoch_of_small_steps_descends_the_stated_objective(container, hidden, loss, alpha):
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 4)), rng.integers(0, 2, 30)
    weight = rng.uniform(1, 3, size=30)
    n = weight.sum()
    model = MLPLogisticClassifier(
        hidden, loss=loss, alpha=alpha, learning_rate_init=1e-9, random_state=0
    )
    model.partial_fit(container(X), y, [0, 1], sample_weight=weight)
    before = [a.copy() for a in (*model.coefs_, *model.intercepts_)]

    def objective():
        proba = model.predict_proba(container(X))
        if loss == "log_loss":
            losses = -np.log(proba[np.arange(30), y])
        else:
            losses = 0.5 * (proba[:, 1] - y) ** 2
        squares = sum((coef**2).sum() for coef in model.coefs_)
        return (weight * losses).sum() / n + alpha * squares / (2 * n)

    gradients = []
    for array in (*model.coefs_, *model.intercepts_):
        gradient = np.empty(array.shape)
        for index in np.ndindex(array.shape):
            value = array[index]
            array[index] = value + 1e-5
            above = objective()
            array[index] = value - 1e-5
            gradient[index] = (above - objective()) / 2e-5
            array[index] = value
        gradients.append(gradient)
    model.partial_fit(container(X), y, sample_weight=weight)
    after = (*model.coefs_, *model.intercepts_)
    for old, new, gradient in zip(before, after, gradients, strict=True):
        np.testing.assert_allclose((old - new) / (1e-9 * n), gradient, rtol=1e-4, atol=1e-6)


@ignore_one_class
def test_the_loss_is_the_log_loss(digits):
    X, y = digits
    model = MLPLogisticClassifier(4, loss="log_loss", learning_rate_init=1e-12, max_iter=1)
    model.fit(X, y)
    # The mean of the networks' own, each of its class against the rest.
    logits = model.decision_function(X).reshape(len(X), -1)
    targets = (y == 1)[:, None] if logits.shape[1] == 1 else y[:, None] == np.arange(3)
    expected = np.mean([log_loss(t, expit(z)) for t, z in zip(targets.T, logits.T, strict=True)])
    assert model.loss_ == pytest.approx(expected)


@ignore_one_class
def test_alpha_makes_the_weights_smaller(digits):
    X, y = digits
    sizes = []
    for alpha in (0.0, 0.1, 10.0):
        model = MLPLogisticClassifier(4, alpha=alpha, random_state=0).fit(X, y)
        sizes.append(sum((coef**2).sum() for coef in model.coefs_))
    assert sizes[0] > sizes[1] > 2 * sizes[2]


def test_tolerance_stops_on_the_training_loss():
    X, y = [[3, 2], [1, 6]], [1, 0]
    model = MLPLogisticClassifier(tol=0.5, max_iter=3000, loss="squared_error", **CONSTANT)
    model.fit(X, y)
    # The first epoch always improves; then more than n_iter_no_change = 10 that do not.
    assert model.n_iter_ == 12


@pytest.mark.parametrize("n_iter_no_change", [2, 5, 10, 50, 100])
def test_n_iter_no_change(digits, n_iter_no_change):
    X, y = digits
    model = MLPLogisticClassifier(
        tol=0.01, max_iter=3000, n_iter_no_change=n_iter_no_change, **CONSTANT
    ).fit(X[:100], y[:100])
    assert model.n_iter_ < 3000
    # Exactly the last n_iter_no_change + 1 epochs gained less than tol on the best before them.
    curve = model.loss_curve_
    best_before = np.minimum.accumulate([np.inf, *curve[:-1]])
    improved = np.array(curve) <= best_before - 0.01
    assert not improved[-(n_iter_no_change + 1) :].any()
    assert improved[-(n_iter_no_change + 2)]


@ignore_convergence
def test_n_iter_no_change_may_be_infinite(digits):
    X, y = digits
    model = MLPLogisticClassifier(2, tol=1e9, max_iter=300, n_iter_no_change=np.inf, **CONSTANT)
    assert model.fit(X[:100], y[:100]).n_iter_ == 300


def test_a_linear_schedule_runs_to_its_end_on_a_plateau():
    X, y = [[3, 2], [1, 6]], [1, 0]
    model = MLPLogisticClassifier(tol=0.5, n_iter_no_change=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        assert model.set_params(learning_rate_init=2.0).fit(X, y).n_iter_ == 80


def test_a_constant_rate_that_does_not_converge_says_so(iris):
    X, y = iris
    with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(3\) reached"):
        MLPLogisticClassifier(max_iter=3, **CONSTANT).fit(X, y)


@ignore_one_class
def test_verbose_prints_an_aligned_line_for_every_epoch(capsys):
    X, y = [[3, 2], [1, 6], [2, 1], [0, 7]], [1, 0, 1, 0]
    model = MLPLogisticClassifier(2, max_iter=12, verbose=True, random_state=0).fit(X, y)
    model.partial_fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:12] == [
        f"Epoch {i:2d}/12, loss {loss:10.6f}" for i, loss in enumerate(model.loss_curve_, 1)
    ]
    assert len({len(line) for line in lines[:12]}) == 1
    assert lines[12:] == [f"Visit 52, loss {model.loss_:10.6f}"]
    model.set_params(early_stopping=True, n_iter_no_change=1, max_iter=9, tol=0.5).fit(X, y)
    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == model.n_iter_ < 9
    assert lines[1].endswith(f", validation score {model.validation_scores_[1]:10.6f}")
    assert last.startswith("Validation score did not improve more than tol=0.500000 for 1 consec")
    model.set_params(verbose=False).fit(X, y)
    assert capsys.readouterr().out == ""


@ignore_one_class
def test_verbose_can_print_every_nth_epoch_and_the_last(capsys):
    X, y = [[3, 2], [1, 6], [2, 1], [0, 7]], [1, 0, 1, 0]
    model = MLPLogisticClassifier(2, max_iter=11, verbose=4, n_init=2, random_state=0).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    starts = [line.split(",")[0] + "," + line.split(",")[1] for line in lines]
    assert starts == [f"Restart {r}/2, epoch {e:2d}/11" for r in (1, 2) for e in (4, 8, 11)]
    # A stop before the last epoch prints the line of the epoch that it came after.
    model.set_params(n_init=1, early_stopping=True, tol=2.0, n_iter_no_change=1, verbose=100)
    model.fit(X, y)
    assert model.n_iter_ < 11
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines[:-1]] == [f"Epoch {model.n_iter_:2d}/11"]


@pytest.mark.parametrize("learning_rate", ["constant", "linear"])
def test_early_stopping(digits, learning_rate):
    X, y = digits
    tol = 0.2
    model = MLPLogisticClassifier(
        tol=tol, max_iter=3000, early_stopping=True, random_state=0, learning_rate=learning_rate
    ).fit(X[:100], y[:100])
    scores = model.validation_scores_
    assert model.n_iter_ == len(scores) < 3000
    assert model.best_loss_ is None
    assert max(scores) == model.best_validation_score_
    assert scores.index(max(scores)) + 1 == model.best_iter_
    assert max(scores) + tol > max(scores[-2:])
    model.set_params(early_stopping=False, max_iter=5, learning_rate="linear").fit(X, y)
    assert model.validation_scores_ is None
    assert model.best_validation_score_ is None
    assert model.best_loss_ is not None


def test_the_best_weights_are_the_ones_kept():
    # Trained again for just best_iter_ epochs, the weights are the same.
    X, y = make_classification(200, flip_y=0.4, random_state=0)
    model = MLPLogisticClassifier(early_stopping=True, learning_rate_init=1.0, **CONSTANT)
    model.set_params(tol=0, n_iter_no_change=np.inf, max_iter=30)
    with pytest.warns(ConvergenceWarning):
        model.fit(X, y)
    assert 1 <= model.best_iter_ < 30
    again = MLPLogisticClassifier(**model.get_params()).set_params(max_iter=model.best_iter_)
    with pytest.warns(ConvergenceWarning):
        again.fit(X, y)
    for a, b in zip(model.coefs_, again.coefs_, strict=True):
        np.testing.assert_array_equal(a, b)


def spied_early_stopping(monkeypatch, model, *data):
    """Fit, and return the visits trained on and those validated on, of all epochs."""
    trained, validated = [], []
    train, decide = _epochs.train, _epochs.decide

    def train_spy(rows, network, *, order, **others):
        trained.extend(order.tolist())
        return train(rows, network, order=order, **others)

    def decide_spy(rows, network, *, subset, **others):
        validated.extend(subset.tolist())
        return decide(rows, network, subset=subset, **others)

    monkeypatch.setattr(_epochs, "train", train_spy)
    monkeypatch.setattr(_epochs, "decide", decide_spy)
    model.fit(*data)
    monkeypatch.undo()
    return trained, validated


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("labels", [[0, 1, 2], ["ape", "bee", "cat"]])
def test_the_validation_set_is_stratified_and_not_trained_on(iris, monkeypatch, shuffle, labels):
    X, y = iris[0][:140], np.array(labels)[iris[1][:140]]
    model = MLPLogisticClassifier(early_stopping=True, random_state=0, shuffle=shuffle)
    trained, validated = spied_early_stopping(monkeypatch, model, X, y)
    rows = sorted(set(validated))
    assert not set(trained) & set(rows)
    assert set(trained) | set(rows) == set(range(140))
    _, per_class = np.unique(y[rows], return_counts=True)
    assert per_class.tolist() == [5, 5, 4]
    # The score is the accuracy on just these rows.
    assert model.best_validation_score_ == accuracy_score(y[rows], model.predict(X[rows]))


def test_early_stopping_with_sample_weights(iris, monkeypatch):
    X, y = iris
    model = MLPLogisticClassifier(early_stopping=True, random_state=0)
    expected = model.fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(model.fit(X, y, np.ones(150)).predict_proba(X), expected)
    # Visits are held out, and the score counts their weights.
    weight = np.random.default_rng(0).choice([0.5, 1.0, 4.5], size=150)
    trained, validated = spied_early_stopping(monkeypatch, model, X, y, weight)
    n_visits = int(np.ceil(weight).sum())
    held_out = validated[: len(validated) // (3 * model.n_iter_)]  # three networks
    assert len(held_out) + len(trained) // (3 * model.n_iter_) == n_visits
    step = (weight / np.ceil(weight))[held_out]
    score = accuracy_score(y[held_out], model.predict(X[held_out]), sample_weight=step)
    assert model.best_validation_score_ == pytest.approx(score, rel=1e-12)


@ignore_one_class
def test_early_stopping_needs_two_samples_of_each_class():
    X, y = [[1, 2], [2, 3], [3, 4], [4, 5]], ["no", "no", "no", "yes"]
    message = "least populated class in y has only 1 member.*few members: yes"
    with pytest.raises(ValueError, match=message):
        MLPLogisticClassifier(early_stopping=True).fit(X, y)
    # Two visits of one row are two.
    MLPLogisticClassifier(early_stopping=True).fit(X, y, [1, 1, 1, 2])


def test_early_stopping_keeps_feature_names():
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(20, 2)), columns=["one", "two"])
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = MLPLogisticClassifier(early_stopping=True, random_state=0)
        model.fit(X, pd.Series([0, 1] * 10))
    assert list(model.feature_names_in_) == ["one", "two"]


# -------------------------------------------------------------------------------- warm starts


@ignore_convergence
def test_a_warm_start_goes_on_for_all_its_epochs(iris):
    X, y = iris
    model = MLPLogisticClassifier(
        2, warm_start=True, max_iter=10, n_iter_no_change=np.inf, **CONSTANT
    )
    model.fit(X, y)
    assert model.n_iter_ == 10
    first = model.loss_curve_
    model.set_params(max_iter=20).fit(X, y)
    assert model.n_iter_ == 20
    assert len(model.loss_curve_) == 30
    assert model.loss_curve_[:10] == first
    assert model.t_ == 30 * 150
    model.set_params(warm_start=False).fit(X, y)
    assert len(model.loss_curve_) == 20
    assert model.t_ == 20 * 150


def test_a_warm_start_has_stopping_counters_of_its_own():
    X, y = [[3, 2], [1, 6]], [1, 0]
    model = MLPLogisticClassifier(
        tol=0.5, max_iter=3000, warm_start=True, loss="squared_error", **CONSTANT
    )
    assert model.fit(X, y).n_iter_ == 12
    # MLPClassifier would stop after one epoch here.
    assert model.fit(X, y).n_iter_ == 12


def test_a_warm_start_validates_on_what_was_never_trained_on(iris, monkeypatch):
    X, y = iris
    model = MLPLogisticClassifier(early_stopping=True, warm_start=True, random_state=0)
    trained, validated = [], []
    for _ in range(2):
        more_trained, more_validated = spied_early_stopping(monkeypatch, model, X, y)
        trained += more_trained
        validated += more_validated
    assert not set(trained) & set(validated)


@ignore_convergence
def test_a_warm_start_with_early_stopping(iris):
    X, y = iris
    model = MLPLogisticClassifier(
        max_iter=10, warm_start=True, early_stopping=True, n_iter_no_change=5, **CONSTANT
    ).fit(X, y)
    first = list(model.validation_scores_)
    model.set_params(max_iter=20).fit(X, y)
    assert model.validation_scores_[: len(first)] == first
    assert len(model.validation_scores_) == len(first) + model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_[len(first) :])


def test_a_warm_start_needs_the_same_classes(iris):
    X, y = iris
    model = MLPLogisticClassifier(2, warm_start=True, random_state=0).fit(X, y)
    model.fit(X, np.repeat([0, 1, 2], [40, 40, 70]))
    for other in (
        np.repeat([0, 1], 75),
        np.repeat([0, 1, 3], 50),
        np.repeat([0, 1, 2, 3], 38)[:150],
    ):
        with pytest.raises(ValueError, match="warm_start can only be used where `y` has the same"):
            model.fit(X, other)


def test_a_warm_start_needs_the_same_network(iris):
    X, y = iris
    model = MLPLogisticClassifier(2, warm_start=True, random_state=0).fit(X, y)
    before = model.coefs_[0].copy()
    for fit in (model.fit, model.partial_fit):
        model.set_params(hidden_layer_sizes=3)
        with pytest.raises(ValueError, match=r"hidden_layer_sizes must stay.*got \[2\], now \[3\]"):
            fit(X, y)
        model.set_params(hidden_layer_sizes=2, fit_intercept=False)
        with pytest.raises(ValueError, match="fit_intercept=False needs bias weights of zero"):
            fit(X, y)
        model.set_params(fit_intercept=True)
    np.testing.assert_array_equal(model.coefs_[0], before)


# ------------------------------------------------------------------------------ class weights


@ignore_one_class
def test_class_weights_move_the_boundary():
    X = np.array([[-1.0, -1.0], [-1.0, 0], [-0.8, -1.0], [1.0, 1.0], [1.0, 0.0]])
    y = [1, 1, 1, -1, -1]
    model = MLPLogisticClassifier(2, random_state=0).fit(X, y)
    assert model.predict([[0.2, -1.0]])[0] == 1
    model.set_params(class_weight={1: 0.001}).fit(X, y)
    assert model.predict([[0.2, -1.0]])[0] == -1


def test_equal_class_weights_are_no_class_weights(iris):
    X, y = iris  # 50 rows of each class
    model = MLPLogisticClassifier(3, learning_rate_init=0.2, max_iter=3, random_state=0)
    expected = model.fit(X, y).coefs_[0]
    for class_weight in ("balanced", {0: 1, 1: 1, 2: 1}, {1: 1.0}, {}):
        got = model.set_params(class_weight=class_weight).fit(X, y).coefs_[0]
        np.testing.assert_array_equal(got, expected)


def test_class_and_sample_weights_multiply(iris):
    # Class weights in whole numbers are sample weights of the class's rows.
    X, y = iris
    model = MLPLogisticClassifier(3, alpha=0.1, learning_rate_init=0.2, max_iter=3, random_state=0)
    model.set_params(class_weight={0: 3, 2: 2})
    multiplied = model.fit(X, y, np.where(y == 1, 2, 1)).coefs_[0]
    model.set_params(class_weight=None)
    expected = model.fit(X, y, np.choose(y, [3, 2, 2])).coefs_[0]
    np.testing.assert_array_equal(multiplied, expected)


def test_balanced_weights_count_sample_weights(iris):
    X, y = iris
    weight = np.choose(y, [1, 2, 3])
    model = MLPLogisticClassifier(3, max_iter=3, random_state=0, class_weight="balanced")
    balanced = model.fit(X, y, weight).coefs_[0]
    by_hand = {k: 300 / (3 * 50 * (k + 1)) for k in range(3)}
    expected = model.set_params(class_weight=by_hand).fit(X, y, weight).coefs_[0]
    np.testing.assert_allclose(balanced, expected, rtol=1e-12)


@ignore_one_class
def test_balanced_weights_help_where_a_class_is_rare(iris):
    X, y = iris
    rare = np.concatenate([np.flatnonzero(y == 0)[:3], np.flatnonzero(y > 0)])
    X, y = X[rare] + np.random.default_rng(0).normal(scale=1.5, size=(len(rare), 4)), y[rare] == 0
    model = MLPLogisticClassifier(3, random_state=0, max_iter=20)
    plain = f1_score(y, model.fit(X, y).predict(X))
    balanced = f1_score(y, model.set_params(class_weight="balanced").fit(X, y).predict(X))
    assert balanced > plain


# ---------------------------------------------------------------------------- honest warnings


def test_a_network_that_predicts_one_class_says_so():
    # The article's setting on its kind of data ends at the base rate for some seeds.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(100, 2)), np.arange(100) % 10 == 0
    with pytest.warns(ConvergenceWarning, match="predicted to be of class False.*Try more epochs"):
        MLPLogisticClassifier(2, learning_rate_init=0.2, max_iter=2, random_state=0).fit(X, y)


def test_three_classes_predicted_as_one_say_so():
    rng = np.random.default_rng(0)
    X, y = 1e-3 * rng.normal(size=(100, 2)), np.repeat([0, 1, 2], [70, 15, 15])
    model = MLPLogisticClassifier(2, max_iter=20, random_state=0)
    with pytest.warns(ConvergenceWarning, match="predicted to be of class 0"):
        model.fit(X, y)
    assert set(model.predict(X)) == {0}


def test_a_column_of_labels_is_taken_with_a_warning(iris):
    X, y = iris
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        model = MLPLogisticClassifier(2, max_iter=2, random_state=0).fit(X, y[:, None])
    assert model.predict(X).shape == (150,)


def warnings_of(model, X, y):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y)
    return caught


@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize("load", [load_breast_cancer, load_wine])
def test_a_hint_to_standardize_when_training_suffers(load, container, loss):
    X, y = load(return_X_y=True)
    model = MLPLogisticClassifier(loss=loss, random_state=0)
    (warning,) = warnings_of(model, container(X), y)
    assert issubclass(warning.category, ConvergenceWarning)
    assert warning.filename == __file__
    assert "Try to standardize them, for instance with StandardScaler" in str(warning.message)
    scales = np.sqrt((X**2).sum(axis=0) / np.maximum((X != 0).sum(axis=0), 1))
    assert f"from {scales.min():.2g} to {scales.max():.2g})" in str(warning.message)
    assert not warnings_of(model, container(StandardScaler().fit_transform(X)), y)


def test_no_hint_to_standardize_without_need():
    rng = np.random.default_rng(0)
    model = MLPLogisticClassifier(random_state=0)
    # It learns in spite of different scales.
    X = rng.normal(size=(500, 3)) * [1.0, 1.0, 500.0]
    X[rng.uniform(size=500) < 0.95, 2] = 0.0
    assert not warnings_of(model, X, X[:, 0] + X[:, 1] > 0)
    # It cannot learn, but not for their sake: nothing is there to be learned.
    X = rng.normal(size=(500, 3))
    flags = (rng.uniform(size=(500, 40)) < 0.01).astype(float)
    y = rng.integers(0, 2, 500)
    for table in (X, csr_array(flags), StandardScaler().fit_transform(flags)):
        caught = warnings_of(MLPLogisticClassifier(2, max_iter=5, random_state=0), table, y)
        assert not [w for w in caught if "tandardize" in str(w.message)]


@pytest.mark.parametrize("container", [np.asarray, csr_array])
def test_scales_are_those_of_the_values_that_are_not_zero(container):
    X = np.zeros((1000, 3))
    X[:2, 0], X[:, 1], X[5, 2] = 1.0, 0.5, -8.0
    assert diagnosis.describe_scales(container(X)) is None
    assert diagnosis.describe_scales(container(X * [1, 1, 0])) is None
    assert "from 0.5 to 12)" in diagnosis.describe_scales(container(X * 1.5 / [1.5, 1.5, 1]))
    assert "from 0.0079 to 1)" in diagnosis.describe_scales(container(X / [1, 63, 8]))
    assert diagnosis.describe_scales(container(np.zeros((2, 2)))) is None


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("loss", ["log_loss", "squared_error"])
def test_the_loss_of_a_network_without_inputs(loss, n_classes):
    # What training on inputs that are all zero comes down to; weights count.
    y = np.repeat(np.arange(n_classes), [60, 30, 10][:n_classes])
    weight = np.where(y == 1, 2.5, 1.0)
    model = MLPLogisticClassifier(
        1, loss=loss, alpha=0, learning_rate_init=0.002, learning_rate="constant", max_iter=2000
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.set_params(tol=0, n_iter_no_change=np.inf, random_state=0)
        model.fit(np.zeros((len(y), 1)), y, weight)
    visits, step = weights_to_visits(y, weight)
    visits = np.repeat(np.arange(len(y)), visits)
    training = TrainingSet(None, Targets(y), step, visits, step[visits].sum(), None)
    expected = diagnosis.loss_without_inputs(training, model.n_outputs_, loss)
    np.testing.assert_allclose(model.loss_, expected, rtol=0.01)


# ---------------------------------------------------------------------------- automatic settings


def test_the_automatic_initial_range_is_that_of_each_layers_inputs():
    X, y = load_iris(return_X_y=True)
    model = MLPLogisticClassifier(
        (50, 40), learning_rate_init=1e-300, alpha=0, max_iter=1, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, y)
    for coef, intercept in zip(model.coefs_, model.intercepts_, strict=True):
        largest = np.sqrt(6.0 / coef.shape[-2])
        assert 0.9 * largest < np.abs(coef).max() < largest
        assert 0.2 * largest < np.abs(intercept).max() < largest
    rng = np.random.RandomState(0)
    first = rng.uniform(-np.sqrt(6 / 4), np.sqrt(6 / 4), (4, 50))
    np.testing.assert_allclose(model.coefs_[0][0], first, rtol=1e-12)


def learning_rates(monkeypatch):
    """A list that gets the learning rates of each call of the kernel from now on."""
    pairs = []
    train = _epochs.train

    def spy(rows, network, *, learning_rate, **others):
        pairs.append(tuple(learning_rate))
        return train(rows, network, learning_rate=learning_rate, **others)

    monkeypatch.setattr(_epochs, "train", spy)
    return pairs


@ignore_convergence
@pytest.mark.parametrize(("loss", "rate"), [("squared_error", 4.0), ("log_loss", 0.8)])
def test_the_automatic_learning_rate_rises_and_falls(loss, rate, monkeypatch):
    X, y = make_classification(100, random_state=0)
    pairs = learning_rates(monkeypatch)
    model = MLPLogisticClassifier(2, loss=loss, max_iter=20, random_state=0).fit(X, y)
    # Up to the fourth epoch, a fifth of all, the rule rises: 1/8, 3/8, 5/8 and 7/8.
    rise = np.minimum(1.0, [0.125, 0.375, 0.625, 0.875] + [1.0] * 16)
    expected = rate * rise * (1.0 - np.arange(20) / 20)
    np.testing.assert_allclose(model.learning_rate_curve_, expected, rtol=1e-14)
    np.testing.assert_allclose(pairs, np.stack([expected, expected], axis=1), rtol=1e-14)
    assert model.learning_rate_init_ == rate
    # It tells the last epoch's: here half of it is reached, the schedule left aside.
    model.set_params(early_stopping=True, tol=2.0, n_iter_no_change=1).fit(X, y)
    assert model.n_iter_ == 3
    assert model.learning_rate_init_ == 0.625 * rate
    # A number is used as it is.
    model.set_params(early_stopping=False, learning_rate_init=rate).fit(X, y)
    np.testing.assert_allclose(model.learning_rate_curve_, rate * (1.0 - np.arange(20) / 20))


@ignore_convergence
def test_the_classes_of_a_network_begin_alike(monkeypatch):
    # 10, 30 and 60 of 100, weights counted.
    X = np.random.default_rng(0).normal(size=(80, 3))
    y = np.repeat([0, 1, 2], [10, 30, 40])
    weight = np.where(y == 2, 1.5, 1.0)
    model = MLPLogisticClassifier(2, max_iter=4, random_state=0)
    pairs = learning_rates(monkeypatch)
    model.fit(X, y, weight)
    rates = np.repeat(model.learning_rate_curve_, 3)
    for epoch, exponent in enumerate([1.0, 0.5, 0.0, 0.0]):
        expected = [
            ((1 / 9) ** exponent, 1.0),
            ((3 / 7) ** exponent, 1.0),
            (1.0, (4 / 6) ** exponent),
        ]
        got = np.array(pairs[3 * epoch : 3 * epoch + 3]) / rates[3 * epoch]
        np.testing.assert_allclose(got, expected, rtol=1e-12)
    # Not with log loss, nor where a number or class weights are given, nor in a stream.
    pairs.clear()
    model.set_params(loss="log_loss").fit(X, y, weight)
    model.set_params(loss="squared_error", learning_rate_init=1.0).fit(X, y, weight)
    model.set_params(learning_rate_init="auto").partial_fit(X, y, sample_weight=weight)
    model.set_params(learning_rate="constant").fit(X, y, weight)
    model.set_params(learning_rate="linear", class_weight={2: 3}).fit(X, y)
    assert all(rate_0 == rate_1 for rate_0, rate_1 in pairs)
    # A label that all samples have, or none has, has no two classes.
    pairs.clear()
    Y = np.stack([y == 0, y >= 0, y < 0], axis=1).astype(int)
    model.set_params(class_weight=None).fit(X, Y, weight / 3)
    assert pairs[0][0] != pairs[0][1]
    assert pairs[1][0] == pairs[1][1] == pairs[2][0] == pairs[2][1]


@ignore_one_class
def test_the_defaults_follow_the_reference():
    # With its rate, alpha and class factors of each epoch.
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 3)), (np.arange(60) % 5 == 0).astype(int)
    X[y == 1] += 3.0
    model = MLPLogisticClassifier(4, shuffle=False, max_iter=4, random_state=0).fit(X, y)
    start = MLPLogisticClassifier(4, max_iter=1, random_state=0, learning_rate_init=1e-300)
    start.fit(X, y)
    coefs, intercepts = start.coefs_, start.intercepts_
    losses = []
    for rate, alpha, exponent in zip(
        model.learning_rate_curve_, model.alpha_curve_, [1.0, 0.5, 0.0, 0.0], strict=True
    ):
        step = np.where(y == 1, 1.0, 0.25**exponent)
        # The reference divides alpha by the sum of the steps, training by that of the weights.
        alpha *= step.sum() / 60
        loss = _reference.epoch(X, y, coefs, intercepts, LR=rate, step=step, alpha=alpha)
        losses.append(loss)
    np.testing.assert_allclose(model.loss_curve_[2:], losses[2:], rtol=1e-12)
    assert abs(model.loss_curve_[0] - losses[0]) > 1e-3  # the mean over samples, not over steps
    for got, expected in zip(
        (*model.coefs_, *model.intercepts_), (*coefs, *intercepts), strict=True
    ):
        np.testing.assert_allclose(got, expected, rtol=1e-10)


@ignore_convergence
@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
@pytest.mark.parametrize(("loss", "rate"), [("squared_error", 0.5), ("log_loss", 0.2)])
def test_what_does_not_know_its_end_is_not_regularized_and_has_a_fixed_rate(
    iris, schedule, loss, rate
):
    X, y = iris
    model = MLPLogisticClassifier(2, learning_rate=schedule, loss=loss, max_iter=3).fit(X, y)
    assert (model.learning_rate_init_, model.alpha_) == (rate, 0.0)
    assert model.alpha_curve_ == [0.0] * 3
    model = MLPLogisticClassifier(2, loss=loss, max_iter=3).fit(X, y)
    assert model.alpha_ > 0
    assert model.learning_rate_init_ != rate
    curves = model.learning_rate_curve_, model.alpha_curve_
    model.partial_fit(X, y)
    assert (model.learning_rate_init_, model.alpha_) == (rate, 0.0)
    assert (model.learning_rate_curve_, model.alpha_curve_) == curves
    model.set_params(alpha=0.3, learning_rate_init=0.1).partial_fit(X, y)
    assert (model.learning_rate_init_, model.alpha_) == (0.1, 0.3)


@ignore_convergence
@pytest.mark.parametrize("container", [np.asarray, csr_array])
@pytest.mark.parametrize(("loss", "factor"), [("squared_error", 0.03), ("log_loss", 0.05)])
def test_the_automatic_alpha_follows_the_loss(container, loss, factor):
    rng = np.random.default_rng(0)
    X = StandardScaler().fit_transform(rng.normal(size=(300, 16)))
    y = rng.integers(0, 3, 300)
    model = MLPLogisticClassifier(2, loss=loss, max_iter=5, random_state=0)

    def assert_follows(model, n, d):
        losses = np.array([0.0, *model.loss_curve_[:-1]])
        progress = np.array([0.0, 0.4, 0.8, 1.0, 1.0])
        expected = factor * np.sqrt(d) * np.cbrt(n * losses**2) * progress
        np.testing.assert_allclose(model.alpha_curve_, expected, rtol=1e-12)
        assert model.alpha_ == model.alpha_curve_[-1]

    assert_follows(model.fit(container(X), y), 300, 16)  # 16 inputs of variance 1
    assert_follows(model.fit(container(100 * X), y > 1), 300, 16)
    assert_follows(model.fit(container(X / 2), y), 300, 4)
    assert_follows(model.fit(container(1e6 * X), y > 1), 300, 16)
    weight = rng.uniform(1, 3, 300)
    lengths = np.average((X**2).sum(axis=1), weights=weight) / 9
    assert_follows(model.fit(container(X / 3), y, weight), weight.sum(), lengths)


@ignore_convergence
@pytest.mark.parametrize("loss", ["squared_error", "log_loss"])
def test_automatic_rules_hold_weights_for_multiplicities(loss):
    rng = np.random.default_rng(0)
    X, y, weight = rng.normal(size=(90, 3)), rng.integers(0, 3, 90), rng.integers(1, 4, 90)
    model = MLPLogisticClassifier(2, loss=loss, max_iter=6, random_state=0)
    expected = model.fit(X, y, weight).coefs_[0]
    rows = rng.permutation(np.repeat(np.arange(90), weight))
    np.testing.assert_array_equal(model.fit(X[rows], y[rows]).coefs_[0], expected)


@pytest.mark.parametrize("schedule", ["constant", "invscaling", "adaptive"])
def test_a_plateau_before_learning_has_begun_does_not_end_it(schedule):
    # XOR: the loss stays at that of a constant answer, 1/8, for tens of epochs.
    X, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
    plateaus = 0
    for seed in range(10):
        model = MLPLogisticClassifier(
            4, learning_rate=schedule, learning_rate_init=1.0, power_t=0.0, random_state=seed
        ).set_params(max_iter=5000)
        model.fit(X, y)
        assert model.score(X, y) == 1.0
        assert model.n_iter_ < 5000
        assert model.loss_ < 0.8 * 0.125
        best = np.minimum.accumulate([np.inf, *model.loss_curve_[:-1]])
        late = np.array(model.loss_curve_) > best - model.tol
        runs = np.convolve(late, np.ones(11), mode="valid") == 11
        plateaus += runs[:-20].any()
    assert plateaus >= 3  # of the seeds, which would have ended there
