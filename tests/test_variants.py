"""A loss, a schedule, an activation: values of one table each, and an unknown one is refused."""

import copy
import math
import pickle
import re
import warnings
from dataclasses import replace as with_fields
from inspect import getdoc
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

import sklearn_mlp
from sklearn_mlp import (
    HiddenActivations,
    MLPLogisticClassifier,
    _reference,
    export_c,
    gradient_check,
    trace_training,
    trace_update,
)
from sklearn_mlp._kernel import Rows, losses, train
from sklearn_mlp._kernel.packed import PackedWeights
from sklearn_mlp._sklearn import StrOptions
from sklearn_mlp._training.attributes import ATTRIBUTES
from sklearn_mlp._training.losses import LOSSES
from sklearn_mlp._training.schedules import SCHEDULES

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X, y = load_iris(return_X_y=True)
X, y = StandardScaler().fit_transform(X[:100]), y[:100]


@pytest.fixture
def model():
    return MLPLogisticClassifier(3, max_iter=2, random_state=0).fit(X, y)


def warm_fit(model):
    return model.set_params(warm_start=True).fit(X, y)


def to_onnx(model):
    pytest.importorskip("skl2onnx")
    from skl2onnx import to_onnx

    import sklearn_mlp.onnx  # noqa: F401

    return to_onnx(model, X[:1].astype(np.float32))


# Public entries, called with a fitted estimator.
TRAINING = {
    "fit": lambda model: model.fit(X, y),
    "a warm start": warm_fit,
    "partial_fit": lambda model: model.partial_fit(X, y),
    "a first partial_fit": lambda model: MLPLogisticClassifier(**model.get_params()).partial_fit(
        X, y, classes=[0, 1]
    ),
    "early stopping": lambda model: model.set_params(early_stopping=True).fit(X, y),
    "restarts": lambda model: model.set_params(n_init=2, n_jobs=2).fit(X, y),
    "trace_update": lambda model: trace_update(model, X[0], y[0]),
    "trace_training": lambda model: trace_training(model, X, y, updates=2),
}
OF_LOSS = {**TRAINING, "gradient_check": lambda model: gradient_check(model, X[:2], y[:2])}
OF_WEIGHTS = {
    "a warm start": warm_fit,
    "partial_fit": lambda model: model.partial_fit(X, y),
    "decision_function": lambda model: model.decision_function(X),
    "predict": lambda model: model.predict(X),
    "predict_proba": lambda model: model.predict_proba(X),
    "predict_log_proba": lambda model: model.predict_log_proba(X),
    "score": lambda model: model.score(X, y),
    "trace_update": lambda model: trace_update(model, X[0], y[0]),
    "trace_training": lambda model: trace_training(
        model.set_params(warm_start=True), X, y, updates=2
    ),
    "gradient_check": lambda model: gradient_check(model, X[:2], y[:2]),
    "export_c": export_c,
    "to_onnx": to_onnx,
    "loading a file": lambda model: pickle.loads(pickle.dumps(model)),
}
OF_HIDDEN = {
    **OF_WEIGHTS,
    "HiddenActivations": lambda model: HiddenActivations(model, prefit=True).transform(X),
}


@pytest.fixture
def accepted(monkeypatch):
    """A function that adds a name to those that a parameter accepts, and to nothing else."""

    def accept(parameter, name):
        (options, *others) = MLPLogisticClassifier._parameter_constraints[parameter]
        constraints = [StrOptions({*options.options, name}), *others]
        monkeypatch.setitem(MLPLogisticClassifier._parameter_constraints, parameter, constraints)

    return accept


@pytest.mark.parametrize("entry", OF_LOSS)
@pytest.mark.parametrize("has_record", [False, True])
def test_a_loss_that_a_part_does_not_know_is_refused(
    entry, has_record, model, accepted, monkeypatch
):
    accepted("loss", "made_up")
    if has_record:  # the kernel and the reference still do not know it
        made_up = LOSSES["squared_error"]._replace(name="made_up")
        monkeypatch.setitem(LOSSES, "made_up", made_up)
    model.set_params(loss="made_up")
    with pytest.raises(ValueError, match="no loss 'made_up'"):
        OF_LOSS[entry](model)


@pytest.mark.parametrize("entry", TRAINING)
def test_a_schedule_without_a_record_is_refused(entry, model, accepted):
    accepted("learning_rate", "made_up")
    model.set_params(learning_rate="made_up")
    with pytest.raises(ValueError, match="no schedule 'made_up'"):
        TRAINING[entry](model)


@pytest.mark.parametrize(
    ("attribute", "entry"),
    [("hidden_activation_", entry) for entry in OF_HIDDEN]
    + [("out_activation_", entry) for entry in OF_WEIGHTS],
)
def test_an_activation_that_a_part_does_not_know_is_refused(attribute, entry, model):
    setattr(model, attribute, "made_up")
    named = f"{attribute} is not valid" if entry == "loading a file" else "activations? .*'made_up'"
    with pytest.raises(ValueError, match=named):
        OF_HIDDEN[entry](model)


def test_the_page_to_step_through_refuses_another_activation(model):
    trace = trace_training(model, X, y, updates=2)
    others = [with_fields(update, activations=("made_up", "logistic")) for update in trace]
    with pytest.raises(ValueError, match=r"activations .*'made_up'"):
        with_fields(trace, updates=others).to_html()


def test_the_kernel_and_the_reference_refuse_by_themselves():
    weights = [np.ones((1, 2)), np.ones((2, 1))], [np.zeros(2), np.zeros(1)]
    packed = PackedWeights(*weights)
    for activations in (("made_up", "logistic"), ("logistic", "made_up")):
        with pytest.raises(ValueError, match="no activation 'made_up'"):
            packed.networks(activations)
        with pytest.raises(ValueError, match="no activations"):
            _reference.forward(np.ones(1), *weights, activations=activations)
        with pytest.raises(ValueError, match="no activations"):
            _reference.derivatives([np.ones(1)], activations=activations)
    (network,) = packed.networks(_reference.LOGISTIC)
    with pytest.raises(ValueError, match="kernel: no loss 'made_up'"):
        train(
            Rows(np.ones((1, 1))),
            network,
            order=np.zeros(1, np.intp),
            classes=np.zeros(1, np.int32),
            positive=1,
            step=None,
            learning_rate=(1.0, 1.0),
            alpha=0.0,
            loss="made_up",
            tally=np.zeros(3),
        )
    with pytest.raises(ValueError, match="no loss 'made_up'"):
        _reference.sample_loss(0.0, 1, loss="made_up")
    with pytest.raises(ValueError, match="no loss 'made_up'"):
        _reference.output_error_signal(0.1, 0.2, loss="made_up")


def test_the_public_types_and_docstrings_name_every_variant():
    types = (Path(sklearn_mlp.__file__).parent / "__init__.pyi").read_text()
    assert set(losses()) == set(LOSSES)  # of the kernel
    (literal,) = re.findall(r"\bloss_name: Literal\[(.*?)\]", types)
    assert set(re.findall(r'"(\w+)"', literal)) == set(LOSSES)
    for parameter, table in (("loss", LOSSES), ("learning_rate", SCHEDULES)):
        literals = re.findall(rf"\b{parameter}: Literal\[(.*?)\]", types)
        assert len(literals) == 2  # of the attribute and of the constructor
        for literal in literals:
            assert set(re.findall(r'"(\w+)"', literal)) == set(table)
        (described,) = re.findall(rf"\n{parameter} : \{{(.*?)\}}", getdoc(MLPLogisticClassifier))
        assert set(re.findall(r'"(\w+)"', described)) == set(table)


def test_the_public_types_and_the_docstring_name_every_fitted_attribute():
    types = (Path(sklearn_mlp.__file__).parent / "__init__.pyi").read_text()
    names = {row.name for row in ATTRIBUTES if not row.name.startswith("_")}
    of_class = types.split("class MLPLogisticClassifier")[1].split("def __init__")[0]
    assert set(re.findall(r"^    (\w+_):", of_class, re.MULTILINE)) == names
    described = getdoc(MLPLogisticClassifier).split("Attributes\n")[1].split("See Also")[0]
    heads = re.findall(r"^(\w+_(?:, \w+_)*) :", described, re.MULTILINE)
    assert {name for head in heads for name in head.split(", ")} == names


@pytest.mark.parametrize("loss", LOSSES.values(), ids=lambda loss: loss.name)
def test_the_record_of_a_loss_agrees_with_the_reference(loss):
    rng = np.random.default_rng(0)
    logits, targets = rng.normal(scale=4, size=(50, 2)), rng.uniform(size=(50, 2)) < 0.4
    expected = _reference.sample_loss(logits, targets.astype(float), loss=loss.name)
    np.testing.assert_allclose(loss.values(logits, targets), expected, rtol=1e-12)
    # The best constant output is the share: a little more or less has a higher mean loss.
    share = targets.mean(axis=0)
    around = [
        loss.values(np.full(targets.shape, np.log(s / (1 - s))), targets).mean()
        for s in (share, share + 1e-3, share - 1e-3)
    ]
    assert loss.of_constant_output(share) == pytest.approx(around[0])
    assert around[0] < min(around[1:])


def test_adaptive_divides_again_and_again():
    rate, divided = 0.7, [0.7]
    for _ in range(12):
        rate /= 5.0
        divided.append(rate)
    adaptive = SCHEDULES["adaptive"]
    assert [adaptive.rate_of(0.7, None, 3, 99, n) for n in range(13)] == divided
    assert divided != [0.7 / 5.0**n for n in range(13)]


def test_a_schedule_of_the_table_needs_nothing_else(monkeypatch, accepted):
    # With an end: "auto" knows it, a plateau does not stop training, and nothing is said.
    def cosine(rate, plan, epoch, t, n_plateaus):
        return rate * 0.5 * (1.0 + math.cos(math.pi * epoch / plan.max_iter))

    linear = SCHEDULES["linear"]
    monkeypatch.setitem(SCHEDULES, "made_up", linear._replace(name="made_up", rate_of=cosine))
    accepted("learning_rate", "made_up")
    model = MLPLogisticClassifier(
        4, learning_rate="made_up", tol=1e9, n_iter_no_change=1, max_iter=20, random_state=0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.fit(X, y)
    assert model.n_iter_ == 20
    assert max(model.learning_rate_curve_) > 3.0
    assert model.alpha_ > 0.0
    expected = [
        4.0 * min(1.0, (e + 0.5) / 4.0) * 0.5 * (1.0 + math.cos(math.pi * e / 20))
        for e in range(20)
    ]
    np.testing.assert_allclose(model.learning_rate_curve_, expected, rtol=1e-14)
    streamed = copy.copy(model).partial_fit(X, y)
    assert streamed.learning_rate_init_ == 0.5
    assert trace_update(model, X[0], y[0]).LR == 0.5
