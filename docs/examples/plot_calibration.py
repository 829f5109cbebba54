"""
Probabilities to trust: calibration
===================================

Both losses are proper scoring rules, so `predict_proba` is meant to give the frequency with which
the class occurs. Reliability curves of models trained on 2,000 samples, 15% of them with a label
drawn at random: on the diagonal, a predicted probability is the frequency with which it comes true.
The linear model cannot follow these classes. The default `alpha` follows the training loss, so the
network of this package regularizes itself on data as noisy as these. Its probabilities are better
than those of MLPClassifier, with either loss.
"""

import warnings

import matplotlib.pyplot as plt
import pandas as pd
from sklearn.calibration import CalibrationDisplay
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier

X, y = make_classification(
    12_000,
    n_features=20,
    n_informative=6,
    n_redundant=4,
    n_clusters_per_class=4,
    flip_y=0.15,
    class_sep=0.8,
    random_state=0,
)
X_train, X_test, y_train, y_test = train_test_split(X, y, train_size=2_000, random_state=0)

# MLPClassifier warns that it has not converged after 200 epochs, its default.
warnings.simplefilter("ignore", ConvergenceWarning)
models = {
    "MLPLogisticClassifier": MLPLogisticClassifier(random_state=0),
    "the same, log loss": MLPLogisticClassifier(loss="log_loss", random_state=0),
    "MLPClassifier": MLPClassifier(random_state=0),
    "LogisticRegression": LogisticRegression(),
}
_, ax = plt.subplots(figsize=(6, 5.5), layout="constrained")
scores = {}
for (name, model), marker in zip(models.items(), "o^sD", strict=True):
    fitted = make_pipeline(StandardScaler(), model).fit(X_train, y_train)
    display = CalibrationDisplay.from_estimator(
        fitted, X_test, y_test, n_bins=10, name=name, ax=ax, marker=marker
    )
    probability = display.y_prob
    scores[name] = {
        "accuracy": accuracy_score(y_test, fitted.predict(X_test)),
        "Brier score": brier_score_loss(y_test, probability),
        "log loss": log_loss(y_test, probability),
    }
ax.legend(loc="upper left")
plt.show()

# %%
# Lower is better for the two scores of probabilities:
pd.DataFrame(scores).T.round(4)
