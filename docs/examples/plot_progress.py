"""
Watching training: loss curves, scores per epoch, progress bars
===============================================================

The loss curve with validation scores and the best epoch; any scorer recorded after every epoch by
scikit-learn's ScoringMonitor; a user-defined callback that stops training; and a progress bar over
a whole grid search. Callbacks need scikit-learn 1.9 or newer.
"""

import time

import matplotlib.pyplot as plt
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from sklearn_mlp import LossCurveDisplay, MLPLogisticClassifier

X, y = load_digits(return_X_y=True)

# %%
# Loss and validation score
# -------------------------
# With early stopping a tenth of each class is held out, and the weights of the best epoch are kept.
# The display works with MLPClassifier too.
scaled = X / 16.0
ours = MLPLogisticClassifier(16, early_stopping=True, random_state=0).fit(scaled, y)
theirs = MLPClassifier(16, early_stopping=True, max_iter=1000, random_state=0).fit(scaled, y)
_, axes = plt.subplots(ncols=2, figsize=(11, 4), layout="constrained")
for ax, model in zip(axes, (ours, theirs), strict=True):
    LossCurveDisplay.from_estimator(model, ax=ax)
    ax.set_title(type(model).__name__)
plt.show()

# %%
# Any scorer, after every epoch
# -----------------------------
# The monitor scores a copy of the network on the training samples after each epoch; one epoch is
# one task, for all ten classes.
monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
MLPLogisticClassifier(16, max_iter=20, random_state=0).set_callbacks(monitor).fit(scaled, y)
log = monitor.get_logs().data_as_pandas
epochs = log[log["task_name"] == "epoch"]
epochs[["task_id", "accuracy", "neg_log_loss"]].tail()


# %%
# A user-defined callback
# -----------------------
# A callback that returns True at the end of an epoch stops training there. This one gives training
# a tenth of a second.
class TimeLimit:
    def __init__(self, seconds):
        self.seconds = seconds

    def setup(self, estimator, context):
        self.start = time.monotonic()

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        return time.monotonic() - self.start > self.seconds

    def teardown(self, estimator, context):
        pass


model = MLPLogisticClassifier(64, max_iter=1000, random_state=0).set_callbacks(TimeLimit(0.1))
model.fit(scaled, y)
print(f"stopped before epoch 1,000: {model.n_iter_ < 1000}; right: {model.score(scaled, y) > 0.9}")

# %%
# A progress bar over a grid search
# ---------------------------------
# The bar is set on the outermost estimator and follows the search into pipelines and processes.
# Here it shows the search's own level only.
search = GridSearchCV(
    make_pipeline(MinMaxScaler(), MLPLogisticClassifier(max_iter=20, random_state=0)),
    {"mlplogisticclassifier__hidden_layer_sizes": [4, 16]},
    cv=3,
    n_jobs=2,
)
search.set_callbacks(ProgressBar(max_propagation_depth=0)).fit(X, y)
print(search.best_params_)
