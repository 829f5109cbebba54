"""Files of estimators: of this release, of earlier ones, and from people one does not trust."""

import contextlib
import copy
import io
import json
import pickle
import warnings
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import sklearn_mlp
from sklearn_mlp import MLPLogisticClassifier
from sklearn_mlp._training.attributes import ATTRIBUTES

FILES = sorted((Path(__file__).parent / "data").glob("models-*.joblib"))
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture
def model(iris):
    return MLPLogisticClassifier(4, max_iter=3, early_stopping=True, random_state=0).fit(*iris)


def test_there_is_a_file_of_a_release():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_of_releases_load_predict_and_learn(path):
    version = path.stem.removeprefix("models-")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        saved = joblib.load(path)
    ours = [str(w.message) for w in caught if "MLPLogisticClassifier" in str(w.message)]
    assert len(ours) == (0 if version == sklearn_mlp.__version__ else len(saved))
    for name, case in saved.items():
        model, X, y = case["model"], case["X"], case["y"]
        if name == "not fitted":
            assert model.alpha == 0.5
            model.fit(X, y)
            continue
        # Written on another machine perhaps: the last digits are a matter of its instructions.
        np.testing.assert_allclose(model.predict_proba(X), case["predict_proba"], rtol=1e-9)
        before = model.t_
        assert model.partial_fit(X, y).t_ > before
        assert np.isfinite(model.predict_proba(X)).all()
        clone(model).fit(X, y)


@pytest.mark.parametrize("dump", [pickle.dumps, lambda model: pickle.dumps(model, protocol=2)])
def test_a_file_of_another_version_warns_and_loads(model, iris, dump, bits):
    ours = sklearn_mlp.__version__
    other = "9" * len(ours)  # as long, so that the file stays whole
    written = dump(model)
    assert written.count(ours.encode()) == 1
    written = written.replace(ours.encode(), other.encode())
    with pytest.warns(InconsistentVersionWarning) as record:
        loaded = pickle.loads(written)
    (warning,) = record
    assert warning.message.estimator_name == "MLPLogisticClassifier"
    assert warning.message.original_sklearn_version == other
    assert warning.message.current_sklearn_version == ours
    assert bits(loaded) == bits(model)
    # Written anew, it is a file of this version.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bits(pickle.loads(pickle.dumps(loaded))) == bits(model)


@pytest.mark.filterwarnings("error::sklearn.exceptions.InconsistentVersionWarning")
def test_copies_and_files_of_this_version_do_not_warn(model, iris, bits):
    for duplicate in (pickle.loads(pickle.dumps(model)), copy.copy(model), copy.deepcopy(model)):
        assert bits(duplicate) == bits(model)
        assert "_sklearn_mlp_version" not in vars(duplicate)
    assert not hasattr(clone(model), "coefs_")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_of_releases_go_on_in_a_warm_start(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        saved = joblib.load(path)
    for name, case in saved.items():
        model, X, y = case["model"], case["X"], case["y"]
        if name == "not fitted":
            continue
        before, n_epochs = model.t_, len(model.loss_curve_)
        model.set_params(warm_start=True, early_stopping=False).fit(X, y)
        assert model.t_ > before
        assert len(model.loss_curve_) == n_epochs + model.n_iter_ == len(model.alpha_curve_)
        assert np.isfinite(model.predict_proba(X)).all()


FITTED = {
    "early stopping": lambda X, y: MLPLogisticClassifier(
        4, max_iter=3, early_stopping=True, random_state=0
    ).fit(X, y),
    "binary, balanced": lambda X, y: MLPLogisticClassifier(
        4, max_iter=3, class_weight="balanced", random_state=0
    ).fit(X, y == 1),
    "multilabel": lambda X, y: MLPLogisticClassifier(4, max_iter=3, random_state=0).fit(
        X, np.eye(3, dtype=int)[y]
    ),
    "stream": lambda X, y: MLPLogisticClassifier(4, random_state=0).partial_fit(
        X, y, classes=[0, 1, 2]
    ),
}


@pytest.mark.parametrize("kind", FITTED)
@pytest.mark.parametrize("attribute", ATTRIBUTES, ids=lambda attribute: attribute.name)
def test_a_file_without_an_attribute_is_refused_or_has_its_former_value(iris, kind, attribute):
    X, y = iris
    model = FITTED[kind](X, y)
    state = model.__getstate__()
    if attribute.name not in state:
        assert not attribute.in_file or attribute.optional
        return
    del state[attribute.name]
    loaded = MLPLogisticClassifier.__new__(MLPLogisticClassifier)
    if attribute.if_missing is None or attribute.is_in_versioned_files:
        with pytest.raises(ValueError, match=f"the attribute {attribute.name} is missing"):
            loaded.__setstate__(state)
        return
    loaded.__setstate__(state)
    assert hasattr(loaded, attribute.name)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    targets = np.eye(3, dtype=int)[y] if kind == "multilabel" else y == 1
    loaded.partial_fit(X, y if len(loaded.classes_) == 3 and kind != "multilabel" else targets)


@pytest.mark.parametrize("name", MLPLogisticClassifier().get_params())
def test_a_file_without_a_parameter_has_its_default(model, name, bits):
    state = model.__getstate__()
    del state[name]
    loaded = MLPLogisticClassifier.__new__(MLPLogisticClassifier)
    loaded.__setstate__(state)
    assert bits(loaded) == bits(model)
    expected = model.get_params() | {name: MLPLogisticClassifier().get_params()[name]}
    assert loaded.get_params() == expected


def test_files_from_before_versions_were_written_load(model, bits):
    state = model.__getstate__()
    del state["_sklearn_mlp_version"], state["multilabel_"]
    loaded = MLPLogisticClassifier.__new__(MLPLogisticClassifier)
    with pytest.warns(InconsistentVersionWarning, match=r"from version 0\.1\.0\.dev"):
        loaded.__setstate__(state)
    assert not loaded.multilabel_
    assert bits(loaded) == bits(model)
    assert "multilabel_" not in state


# ------------------------------------------------------------------------------------- skops


@pytest.fixture
def skops():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("skops.io")


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_skops_round_trips_are_exact_and_trust_our_class_only(skops, iris, dtype, bits):
    X, y = iris[0].astype(dtype), iris[1]
    network = MLPLogisticClassifier(4, max_iter=3, class_weight="balanced", random_state=0)
    for estimator in (network, make_pipeline(StandardScaler(), clone(network)), clone(network)):
        estimator.fit(X, y)
        written = skops.dumps(estimator)
        ours = ["sklearn_mlp._classifier.MLPLogisticClassifier"]
        assert skops.get_untrusted_types(data=written) == ours
        loaded = skops.loads(written, trusted=ours)
        np.testing.assert_array_equal(loaded.predict_proba(X), estimator.predict_proba(X))
        last = loaded[-1] if hasattr(loaded, "steps") else loaded
        original = estimator[-1] if hasattr(estimator, "steps") else estimator
        # It goes on with the same bits: the generator's state is in the file.
        assert bits(last.partial_fit(X, y)) == bits(original.partial_fit(X, y))


def tampered(written, change):
    """A skops file with its schema changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(written)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "schema.json":
                schema = json.loads(data)
                change(schema)
                data = json.dumps(schema).encode()
            new.writestr(name, data)
    return out.getvalue()


def test_tampered_files_are_refused(skops, model):
    ours = ["sklearn_mlp._classifier.MLPLogisticClassifier"]
    written = skops.dumps(model)

    def other_class(schema):
        schema["content"]["content"]["loss_"].update(
            {"__class__": "system", "__module__": "os", "__loader__": "FunctionNode",
             "content": {"module_path": "os", "function": "system"}}
        )  # fmt: skip

    with pytest.raises(skops.exceptions.UntrustedTypesFoundException, match="system"):
        skops.loads(tampered(written, other_class), trusted=ours)

    def lost_layer(schema):
        schema["content"]["content"]["coefs_"]["content"].pop()

    with pytest.raises(ValueError, match="file of this MLPLogisticClassifier is damaged"):
        skops.loads(tampered(written, lost_layer), trusted=ours)
    words = [coef.astype(str) for coef in model.coefs_]
    damages = {"n_features_in_": 9, "multilabel_": True, "n_outputs_": 1, "coefs_": words}
    for name, value in damages.items():
        state = model.__getstate__() | {name: value}
        if name == "multilabel_":  # of a network for two classes
            state = MLPLogisticClassifier(2).fit([[0.0], [1.0]], [0, 1]).__getstate__() | {
                name: value
            }
        with pytest.raises(ValueError, match=f"is damaged: the attribute {name} is not valid"):
            MLPLogisticClassifier.__new__(MLPLogisticClassifier).__setstate__(state)
    with pytest.raises(zipfile.BadZipFile):
        skops.loads(written[: len(written) // 2], trusted=ours)
    with pytest.raises(skops.exceptions.UntrustedTypesFoundException, match="MLPLogistic"):
        skops.loads(written)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_shallow_copy_shares_nothing_that_training_changes(iris, n_classes, bits):
    X, y = iris
    X, y = X[y < n_classes], y[y < n_classes]
    model = MLPLogisticClassifier(4, max_iter=3, random_state=0).fit(X, y)
    undisturbed = pickle.loads(pickle.dumps(model))
    duplicate = copy.copy(model)
    duplicate.partial_fit(X, y).partial_fit(X, y)
    assert bits(model) == bits(undisturbed)
    assert bits(model.partial_fit(X, y)) == bits(undisturbed.partial_fit(X, y))


def swapped(array):
    return array[::-1]


DAMAGE = {
    "no classes": {"classes_": lambda _: np.array([])},
    "one class": {"classes_": lambda _: np.array([0])},
    "a list of classes": {"classes_": lambda _: [0, 1, 2]},
    "classes in two dimensions": {"classes_": lambda classes: classes[np.newaxis]},
    "no hidden node": {
        "coefs_": lambda _: [np.zeros((3, 4, 0)), np.zeros((3, 0, 1))],
        "intercepts_": lambda _: [np.zeros((3, 0)), np.zeros((3, 1))],
    },
    "no layers": {"coefs_": lambda _: [], "intercepts_": lambda _: []},
    "no coefs": {"coefs_": None},
    "coefs that are none": {"coefs_": lambda _: None},
    "coefs of text": {"coefs_": lambda _: "ab"},
    "coefs of objects": {"coefs_": lambda coefs: [c.astype(object) for c in coefs]},
    "coefs that are not finite": {"coefs_": lambda coefs: [c * np.nan for c in coefs]},
    "coefs in another order": {"coefs_": swapped},
    "no intercepts": {"intercepts_": None},
    "intercepts of one network": {"intercepts_": lambda intercepts: [b[0] for b in intercepts]},
    "no generator": {"_generator": None},
    "a generator of another type": {"_generator": lambda _: np.random.RandomState(0)},
    "no seed": {"_seed": None},
    "no t": {"t_": None},
    "a negative t": {"t_": lambda _: -1},
    "t as text": {"t_": lambda _: "1"},
    "no n_iter": {"n_iter_": None},
    "no n_layers": {"n_layers_": None},
    "other n_layers": {"n_layers_": lambda _: 9},
    "other n_outputs": {"n_outputs_": lambda _: 1},
    "other n_features": {"n_features_in_": lambda _: 7},
    "no n_features": {"n_features_in_": None},
    "feature names that are numbers": {"feature_names_in_": lambda _: np.arange(4)},
    "a stream without a window": {
        "_stream": lambda _: [None, True, True, True, 1.0, 1.0, [1.0] * 3]
    },
    "a stream of text": {"_stream": lambda _: [1000, True, True, True, "a", 1.0, [1.0] * 3]},
    "totals below 0": {"_class_totals": lambda _: [1, -1, 2]},
    "a negative seed": {"_seed": lambda _: -5},
    "too few feature names": {"feature_names_in_": lambda _: np.array(["a"], dtype=object)},
    "no loss": {"loss_": None},
    "a curve that is none": {"loss_curve_": lambda _: None},
    "a curve of text": {"loss_curve_": lambda curve: ["x"] * len(curve)},
    "scores of text": {"validation_scores_": lambda _: "scores"},
    "totals of another number of classes": {"_class_totals": lambda _: [1]},
    "a stream of another kind": {"_stream": lambda _: "x"},
    "multilabel as text": {"multilabel_": lambda _: "no"},
    "another activation": {"out_activation_": lambda _: "softmax"},
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_refused_with_one_error(model, damage):
    state = model.__getstate__()
    for name, change in damage.items():
        if change is None:
            del state[name]
        else:
            state[name] = change(state.get(name))
    other = MLPLogisticClassifier()
    before = vars(other).copy()
    with pytest.raises(ValueError, match="file of this MLPLogisticClassifier is damaged"):
        other.__setstate__(state)
    assert vars(other) == before


CHANGES = {
    "deleted": None,
    "none": lambda value: None,
    "of another type": lambda value: "text" if not isinstance(value, str) else 5,
    "a number": lambda value: 5,
    "of another shape": lambda value: each(value, lambda a: np.asarray(a)[np.newaxis]),
    "shorter": lambda value: each(value, lambda a: np.asarray(a)[:-1]),
    "of another dtype": lambda value: each(value, lambda a: np.asarray(a).astype("f2")),
    "of long doubles": lambda value: each(value, lambda a: np.asarray(a).astype(np.longdouble)),
    "finite before a cast": lambda value: each(
        value, lambda a: np.asarray(a).astype(np.longdouble) * np.longdouble("1e4000")
    ),
    "nan": lambda value: each(value, lambda a: np.asarray(a, dtype=float) * np.nan),
    "infinite": lambda value: each(value, lambda a: np.asarray(a, dtype=float) + np.inf),
    "huge": lambda value: each(value, lambda a: np.asarray(a, dtype=float) * 0 + 1e308),
    "negative": lambda value: each(value, lambda a: -1 - np.asarray(a)),
    "a huge int": lambda value: 10**400,
    "a dict": lambda value: {"positive": [1]},
    "an array": lambda value: np.array([1.0, 2.0]),
}


def each(value, change):
    """A list of arrays changed in each of them, an array or a number as such."""
    if isinstance(value, list) and value and isinstance(value[0], np.ndarray):
        return [change(a) for a in value]
    changed = change(value)
    return changed.tolist() if isinstance(value, list) else changed


def changes_entry(state, name, change):
    """Change or delete an entry of a state; whether the change makes sense for it."""
    if change is None:
        del state[name]
        return True
    try:
        state[name] = change(state[name])
    except (TypeError, ValueError, IndexError, OverflowError):
        return False
    return True


def behaviour(model, X, y):
    """What a model predicts, how it goes on and what it prints, or the errors of these."""

    def attempt(action):
        # Another model for each: an action must not profit from the one before.
        other = copy.copy(model)
        try:
            return action(other)
        except (
            ValueError,
            TypeError,
            AttributeError,
            KeyError,
            IndexError,
            OverflowError,
        ) as error:
            return type(error)

    def predict(other):
        return other.predict(X[:5]).tolist(), other.predict_proba(X[:5]).tobytes()

    def go_on(other):
        other.partial_fit(X[:30], y[:30])
        return [coef.tobytes() for coef in other.coefs_], other.loss_

    def fit_on(other):
        other.set_params(max_iter=2, warm_start=True).fit(X, y)
        return [coef.tobytes() for coef in other.coefs_], len(other.loss_curve_)

    return [attempt(action) for action in (predict, go_on, fit_on, repr)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FITTED)
@pytest.mark.parametrize("attribute", [a.name for a in ATTRIBUTES if a.in_file])
def test_a_changed_attribute_is_refused_or_does_no_harm(iris, kind, attribute):
    X, y = iris
    model = FITTED[kind](X, y)
    target = {"multilabel": np.eye(3, dtype=int)[y], "binary, balanced": y == 1}.get(kind, y)
    for change in CHANGES.values():
        state = model.__getstate__()
        if attribute not in state:
            continue
        if not changes_entry(state, attribute, change):
            continue
        # In a file: refused by its name, or all goes on without a crash.
        loaded = MLPLogisticClassifier.__new__(MLPLogisticClassifier)
        try:
            loaded.__setstate__(state)
        except ValueError as error:
            assert f"the attribute {attribute} is" in str(error)  # noqa: PT017 - or no error
        else:
            predicted, *_ = behaviour(loaded, X, target)
            assert not isinstance(predicted, type)
            assert np.isfinite(loaded.predict_proba(X)).all()
        # In a process: what can be saved is loaded as what it was.
        changed = copy.copy(model)
        if change is None:
            delattr(changed, attribute)
        else:
            setattr(changed, attribute, state[attribute])
        try:
            written = pickle.dumps(changed)
        except ValueError as error:
            assert f"cannot be saved or copied: the attribute {attribute}" in str(error)  # noqa: PT017
            continue
        for got, expected in zip(
            behaviour(pickle.loads(written), X, target), behaviour(changed, X, target), strict=True
        ):
            assert isinstance(expected, type) or got == expected


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FITTED)
@pytest.mark.parametrize("name", MLPLogisticClassifier().get_params())
def test_a_changed_parameter_is_refused_by_fit_or_does_no_harm(iris, kind, name):
    X, y = iris
    model = FITTED[kind](X, y)
    target = {"multilabel": np.eye(3, dtype=int)[y], "binary, balanced": y == 1}.get(kind, y)
    for change in CHANGES.values():
        state = model.__getstate__()
        if not changes_entry(state, name, change):
            continue
        loaded = MLPLogisticClassifier.__new__(MLPLogisticClassifier)
        loaded.__setstate__(state)
        np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
        repr(loaded)
        for call in (
            lambda other: other.partial_fit(X[:30], target[:30]),
            lambda other: other.set_params(warm_start=True).fit(X, target),
        ):
            with contextlib.suppress(ValueError, TypeError):  # of a parameter
                call(copy.copy(loaded))


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_what_can_be_renamed_is_saved(iris, bits):
    X, y = iris
    names = ["setosa", "versicolor", "virginica"][::-1]
    for renamed in (names, np.array(names)):
        model = MLPLogisticClassifier(4, max_iter=3, random_state=0).fit(X, y)
        model.classes_ = renamed
        model.feature_names_in_ = ["a", "b", "c", "d"]
        model.loss_curve_ = np.array(model.loss_curve_)
        del model.alpha_curve_
        loaded = pickle.loads(pickle.dumps(model))
        assert loaded.predict(X).tolist() == model.predict(X).tolist()
        labels = np.array(names)[y]
        assert bits(loaded.partial_fit(X, labels)) == bits(model.partial_fit(X, labels))
        if renamed is not names:  # in their order, a fit can go on
            model.classes_ = np.unique(names)
            loaded.classes_ = np.unique(names)
            for other in (loaded, model):
                other.set_params(warm_start=True).fit(X, np.unique(names)[y])
            assert bits(loaded) == bits(model)
            assert model.loss_curve_ == loaded.loss_curve_
            assert len(model.loss_curve_) == 6
        assert copy.deepcopy(model).feature_names_in_ == ["a", "b", "c", "d"]


def test_what_a_file_would_be_refused_for_is_not_saved(model):
    model.coefs_[0][...] = np.nan
    for save in (pickle.dumps, copy.deepcopy):
        with pytest.raises(ValueError, match="cannot be saved or copied: the attribute coefs_"):
            save(model)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_a_missing_date_is_a_missing_label(iris, method):
    X, _ = iris
    y = np.array(["2020-01-01", "2021-01-01", "NaT"], dtype="datetime64[D]").repeat(50)
    arguments = {} if method == "fit" else {"classes": np.unique(y)}
    model = MLPLogisticClassifier(3)
    with pytest.raises(ValueError, match="contains NaT"):
        getattr(model, method)(X, y, **arguments)
    assert not hasattr(model, "classes_")
    model.fit(X[:100], y[:100])
    assert pickle.loads(pickle.dumps(model)).predict(X[:2]).dtype == y.dtype
