"""
Class imbalance, and weights of samples
=======================================

Three samples in a hundred are of the class that matters. Left alone, the network gives the best
probabilities and, at the threshold of one half, finds a bit more than half of these.
``class_weight="balanced"`` visits the rare class more often: it finds more, at the price of false
alarms and of probabilities that no longer are frequencies. Sample weights are multiplicities:
a sample of weight 3 counts exactly like the same sample three times, bit for bit.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.metrics import (
    PrecisionRecallDisplay,
    average_precision_score,
    brier_score_loss,
    precision_score,
    recall_score,
)
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier

X, y = make_classification(
    20_000,
    n_features=10,
    n_informative=5,
    weights=[0.975],
    n_clusters_per_class=2,
    flip_y=0.01,
    class_sep=0.8,
    random_state=3,
)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
print(f"{y.mean():.1%} of the samples are of class 1")

# %%
# Three settings: no class weights, balanced ones, and a weight in between.
_, ax = plt.subplots(figsize=(6, 5), layout="constrained")
scores = {}
for name, class_weight in {"none": None, "1 to 5": {1: 5}, "balanced": "balanced"}.items():
    model = make_pipeline(
        StandardScaler(), MLPLogisticClassifier(class_weight=class_weight, random_state=0)
    ).fit(X_train, y_train)
    probability = model.predict_proba(X_test)[:, 1]
    predicted = model.predict(X_test)
    scores[name] = {
        "found (recall)": recall_score(y_test, predicted),
        "right alarms (precision)": precision_score(y_test, predicted),
        "average precision": average_precision_score(y_test, probability),
        "Brier score": brier_score_loss(y_test, probability),
    }
    PrecisionRecallDisplay.from_predictions(y_test, probability, name=name, ax=ax)
ax.legend(title="class_weight", loc="lower left")
plt.show()

# %%
pd.DataFrame(scores).T.round(3)

# %%
# A weight is a number of visits
# ------------------------------
# A sample of weight 3 counts like the same sample three times, bit for bit; weight 0 leaves it out.
rng = np.random.default_rng(0)
weight = rng.integers(0, 4, len(y_train))
weighted = MLPLogisticClassifier(random_state=0).fit(X_train, y_train, sample_weight=weight)
rows = np.repeat(np.arange(len(y_train)), weight)
repeated = MLPLogisticClassifier(random_state=0).fit(X_train[rows], y_train[rows])
print("the same weights:", np.array_equal(weighted.coefs_[0], repeated.coefs_[0]))
