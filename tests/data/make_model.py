"""Write a file of this release, for later ones to load. Run with the oldest supported versions.

Usage: python tests/data/make_model.py      (with NumPy 1: a pickle of NumPy 2 does not load there)
"""

from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_iris, make_multilabel_classification

import sklearn_mlp
from sklearn_mlp import MLPLogisticClassifier

X, y = load_iris(return_X_y=True)
X_multilabel, Y = make_multilabel_classification(60, n_features=5, n_classes=3, random_state=0)
names = np.array(["setosa", "versicolor", "virginica"])
problems = {
    "binary, early stopping": (X[:100], names[y[:100]], {"early_stopping": True}),
    "three classes, balanced": (X, names[y], {"class_weight": "balanced", "n_init": 2}),
    "multilabel": (X_multilabel, Y, {"loss": "squared_error", "fit_intercept": False}),
    "stream": (X, y, {"learning_rate": "invscaling", "hidden_layer_sizes": (4, 3)}),
    "not fitted": (X, y, {"alpha": 0.5}),
}
saved = {}
for name, (inputs, targets, parameters) in problems.items():
    model = MLPLogisticClassifier(4, max_iter=5, random_state=0).set_params(**parameters)
    if name == "stream":
        model.partial_fit(inputs, targets, classes=[0, 1, 2])
    elif name != "not fitted":
        model.fit(inputs, targets)
    fitted = hasattr(model, "coefs_")
    saved[name] = {
        "model": model,
        "X": inputs[::10],
        "y": targets[::10],
        "predict_proba": model.predict_proba(inputs[::10]) if fitted else None,
    }
joblib.dump(saved, Path(__file__).parent / f"models-{sklearn_mlp.__version__}.joblib", compress=3)
