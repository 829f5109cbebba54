"""A tour of MLPLogisticClassifier on real data: cross-validation, grid search, speed.

It takes under a minute and needs no network: scikit-learn bundles the data (handwritten digits,
1,797 samples, 64 inputs, 10 classes).
"""

import time
import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_mlp import MLPLogisticClassifier

SCORING = ["accuracy", "neg_log_loss"]
X, y = load_digits(return_X_y=True)
cv = StratifiedKFold(3, shuffle=True, random_state=0)
n_samples, n_inputs = X.shape
start = time.perf_counter()


def say(text):
    print(f"[{time.perf_counter() - start:4.0f} s] {text}", flush=True)


say(f"Data: handwritten digits, {n_samples:,} samples, {n_inputs} inputs, {len(set(y))} classes.")
model = make_pipeline(StandardScaler(), MLPLogisticClassifier(random_state=0))
scores = cross_validate(model, X, y, cv=cv, scoring=SCORING)
say(
    f"Default settings, 3 folds: accuracy {scores['test_accuracy'].mean():.3f}, log loss "
    f"{-scores['test_neg_log_loss'].mean():.3f}."
)

grid = {
    "mlplogisticclassifier__learning_rate_init": [0.02, 0.5, "auto"],
    "mlplogisticclassifier__hidden_layer_sizes": [2, 8, 32],
}
say("Grid search: 3 learning rates times 3 hidden sizes, 3 folds each ...")
search = GridSearchCV(model, grid, cv=cv, scoring=SCORING, refit="neg_log_loss").fit(X, y)
results = search.cv_results_
losses = -np.array([results[f"split{fold}_test_neg_log_loss"] for fold in range(3)])
best = losses.mean(axis=0).argmin()
# Of the differences from the best one in the same folds.
differences = losses - losses[:, [best]]
errors = differences.std(axis=0, ddof=1) / np.sqrt(len(losses))
say("done. A star: not worse than the best by more than two standard errors.\n")
print("  learning_rate_init  hidden_layer_sizes  accuracy  log loss")
for number, parameters in enumerate(results["params"]):
    rate, hidden = (
        parameters[f"mlplogisticclassifier__{name}"]
        for name in ("learning_rate_init", "hidden_layer_sizes")
    )
    star = "  *" if differences[:, number].mean() <= 2 * errors[number] else ""
    print(
        f"  {rate!s:>18}  {hidden:18}  {results['mean_test_accuracy'][number]:8.3f}  "
        f"{losses[:, number].mean():8.3f}{star}"
    )

# The same network in scikit-learn, trained one sample at a time for a twentieth of the epochs.
one_by_one = MLPClassifier(
    hidden_layer_sizes=32,
    activation="logistic",
    solver="sgd",
    batch_size=1,
    learning_rate_init=0.05,
    momentum=0.0,
    max_iter=4,
    random_state=0,
)
contenders = {
    "MLPLogisticClassifier()": MLPLogisticClassifier(random_state=0),
    "MLPClassifier()": MLPClassifier(random_state=0),
    'MLPClassifier(solver="sgd", batch_size=1), 4 epochs': one_by_one,
}
print()
say("Other networks, 3 folds ...\n")
print(f"  {'':51} accuracy  log loss  fit time")
times = []
for name, contender in contenders.items():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # MLPClassifier's, at its max_iter
        result = cross_validate(
            make_pipeline(StandardScaler(), contender), X, y, cv=cv, scoring=SCORING
        )
    times.append(result["fit_time"].mean())
    print(
        f"  {name:51} {result['test_accuracy'].mean():8.3f}  "
        f"{-result['test_neg_log_loss'].mean():8.3f}  {times[-1]:6.2f} s",
        flush=True,
    )
print(
    f"\nAn epoch of updates by single samples takes MLPClassifier "
    f"{(times[2] / 4) / (times[0] / 80):.0f} times as long, for one\nnetwork where "
    "MLPLogisticClassifier trains ten."
)
