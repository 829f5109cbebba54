"""How the public interface is used, for mypy in strict mode; run by tests/test_typing.py."""

from typing import assert_type

import numpy as np
from numpy.typing import NDArray

from sklearn_mlp import (
    BackpropTrace,
    GradientCheck,
    HiddenActivations,
    LossCurveDisplay,
    MLPLogisticClassifier,
    NetworkDisplay,
    TrainingTrace,
    __version__,
    export_c,
    gradient_check,
    trace_training,
    trace_update,
)

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = ["no", "yes", "yes", "no"]
Floats = NDArray[np.float64] | NDArray[np.float32]

model = MLPLogisticClassifier(
    (4, 2), learning_rate_init=0.5, class_weight={"no": 2.0}, random_state=0
)
assert_type(model.fit(X, y, sample_weight=[1, 1, 2, 2]), MLPLogisticClassifier)
assert_type(model.set_params(max_iter=3).partial_fit(X, y), MLPLogisticClassifier)
assert_type(model.predict_proba(X), Floats)
assert_type(model.loss_curve_, list[float])
assert_type(model.coefs_[0], Floats)
assert_type(model.best_iter_, int | None)
assert_type(model.score(X, y), float)
labels: list[str] = model.predict(X).tolist()

trace = trace_update(model, X[0], "no")
assert_type(trace, BackpropTrace)
assert_type(trace.FE, float)
assert_type(trace.after.coefs[0], NDArray[np.float64])
check = gradient_check(model, X, y)
assert_type(check, GradientCheck)
assert_type(check.difference, float)
assert_type(check.agrees, bool)
training = trace_training(model, X, y, updates=range(1, 9, 4), sample_weight=[1, 1, 2, 2])
assert_type(training, TrainingTrace)
assert_type(training[0], BackpropTrace)
assert_type(training[::2], TrainingTrace)
assert_type([update.FE for update in training], list[float])
assert_type(HiddenActivations(model, prefit=True).transform(X), Floats)
assert_type(export_c(model, name="xor"), str)
assert_type(LossCurveDisplay.from_estimator(model), LossCurveDisplay)
assert_type(NetworkDisplay.from_trace(trace, max_nodes=4).plot(), NetworkDisplay)
assert_type(__version__, str)
