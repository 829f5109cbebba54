"""
See one network learn
=====================

How does a network learn? It looks at one sample, notices how wrong it is, and changes each of its
weights a little. Then it looks at the next sample. This page shows each of these steps with its
numbers. You need no knowledge of backpropagation, and you can check every number by hand.
"""

# sphinx_gallery_thumbnail_path = "images/playground.png"
import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import roc_auc_score

from sklearn_mlp import LossCurveDisplay, MLPLogisticClassifier, trace_training

# All networks of this page train for a fixed number of epochs.
warnings.simplefilter("ignore", ConvergenceWarning)

# %%
# The article's network
# ---------------------
# The problem is that of Robert Keim's article: a sample is a point in space with three
# coordinates between -5 and 5. Its class is 1 if the first two are positive and the third is
# negative. All other samples are of class 0. The network has three inputs, four hidden nodes and
# one output, and no bias nodes.
X = np.random.default_rng(7).integers(-10, 11, (500, 3)) / 2.0
y = ((X[:, 0] > 0) & (X[:, 1] > 0) & (X[:, 2] < 0)).astype(int)
article = {
    "hidden_layer_sizes": 4,
    "learning_rate_init": 1.0,
    "learning_rate": "constant",
    "alpha": 0.0,
    "fit_intercept": False,
    "shuffle": False,
    "init_range": 1.0,
    "max_iter": 100,
    "n_iter_no_change": np.inf,
}

# %%
# The page below shows 58 updates: the first twenty, and then, in each of the epochs 2 to 20, one by
# a sample of class 1 and one by a sample of class 0. These are always the same two samples, so that
# you can see how the output for them changes: it rises for the first and falls for the second.
chosen = [*range(1, 21)]
for epoch in range(1, 20):
    chosen += [500 * epoch + 13, 500 * epoch + 14]
network = MLPLogisticClassifier(**article, random_state=0)
training = trace_training(network, X, y, updates=chosen)
training

# %%
# Press *Play*, or move the slider. Every update has three steps:
#
# 1. **Forward.** The sample enters at the left. A node adds up what comes in, each number times
#    the weight of its line. The sum is its preactivation, ``S_preA``. The logistic function f
#    turns it into a number between 0 and 1, the postactivation ``S_postA``, which the node passes
#    on. The last node's number is the output of the network.
# 2. **Backward.** The final error ``FE`` is the output minus the target T. The error signal
#    ``S_ERROR`` of the output node is FE times the slope of f at its preactivation. It says how
#    much the loss would grow if this preactivation grew a little. The error signal of a hidden node
#    is ``S_ERROR`` times the weight from this node to the output, times the slope of f at the
#    hidden node's own preactivation. The gradient of a weight is the number that entered its line,
#    times the error signal of the node where the line ends.
# 3. **Change.** Each weight changes by ``-LR * gradient``, where LR is the learning rate.
#
# Point at a node or at a line, and the page shows how its number is computed. With the keyboard,
# the arrow keys move the slider, and the tab key goes from node to node. The menu switches from
# the article's names to the standard ones.

# %%
# The first update by hand
# ------------------------
# The same numbers with a few lines of NumPy. First forward:
first = training[0]
ItoH, HtoO = first.before.coefs


def f(x):
    return 1.0 / (1.0 + np.exp(-x))


S_preA_H = first.x @ ItoH
S_postA_H = f(S_preA_H)
S_postA_O = f(S_postA_H @ HtoO)
print("sample:", first.x, "of class", first.y)
print("S_preA of the hidden nodes: ", S_preA_H.round(6))
print("S_postA of the hidden nodes:", S_postA_H.round(6))
print("output:", S_postA_O.round(6))

# %%
# Backward. The slope of the logistic function is ``f * (1 - f)``:
FE = S_postA_O - first.T
S_ERROR = FE * S_postA_O * (1.0 - S_postA_O)
error_signals = HtoO[:, 0] * S_ERROR * S_postA_H * (1.0 - S_postA_H)
print("FE:", FE.round(6), " S_ERROR:", S_ERROR.round(6))
print("error signals of the hidden nodes:", error_signals.round(6))

# %%
# Change. The new weights, compared with those in the estimator's trace:
HtoO_after = HtoO - 1.0 * np.outer(S_postA_H, S_ERROR)
ItoH_after = ItoH - 1.0 * np.outer(first.x, error_signals)
print("largest difference:", abs(ItoH_after - first.after.coefs[0]).max())
print(HtoO_after[:, 0].round(6), "are the new weights of the output node")

# %%
# A network that does not learn
# -----------------------------
# The network above learns: after 100 epochs, all samples are classified correctly. A second network
# differs from it only in its initial weights, and its accuracy stays at the share of class 0.
failing = MLPLogisticClassifier(**article, random_state=1)
_, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
for name, model in {"random_state=0": network, "random_state=1": failing}.items():
    model.fit(X, y)
    LossCurveDisplay(loss_curve=model.loss_curve_, name=name).plot(ax)
    output = model.predict_proba(X)[:, 1]
    print(f"{name}: accuracy {model.score(X, y):.3f}, largest output {output.max():.3f}")
    print("    HtoO:", model.coefs_[1][:, 0].round(1))
ax.set(title="Loss of each epoch", ylim=(0, None))
plt.show()
print(f"share of class 0: {1 - y.mean():.3f}")

# %%
# The reason is in the signs. All four HtoO weights of the second network are negative, and a
# postactivation is always positive. The preactivation of the output node is therefore a sum of
# negative numbers, and f of a negative number is less than f(0) = 0.5. Without a bias node, this
# network can never give an output above 0.5, whatever the sample.
#
# The weights became negative because nine samples of ten are of class 0: each of their updates
# makes every HtoO weight smaller. They do not become positive again, because the hidden nodes give
# almost 0 for the samples of class 1, and the gradient of an HtoO weight is S_ERROR times the
# postactivation of its hidden node:
S_postA_H = f(X[y == 1] @ failing.coefs_[0])
print("mean S_postA of the hidden nodes, class 1:", S_postA_H.mean(axis=0).round(3))

# %%
# The network has still learned something: it gives every sample of class 1 a larger output than any
# sample of class 0. The area under the ROC curve (AUC), which depends on this order only, is 1.
print(f"AUC: {roc_auc_score(y, failing.decision_function(X)):.3f}")

# %%
# How often does this happen? Of 20 networks without bias nodes, 11 learn, and exactly the other 9
# have four negative HtoO weights. With bias nodes all 20 learn, including those in which all four
# are negative, because the weight from the bias node to the output can be positive.
for fit_intercept in (False, True):
    learned, all_negative = [], []
    for seed in range(20):
        settings = {**article, "fit_intercept": fit_intercept, "random_state": seed}
        model = MLPLogisticClassifier(**settings).fit(X, y)
        learned.append(model.score(X, y) > 0.99)
        all_negative.append((model.coefs_[1] < 0.0).all())
    print(f"bias nodes: {fit_intercept}; {sum(learned)} learn")
    print("    all HtoO negative:", sum(all_negative), end="; ")
    print("of these learn:", sum(np.logical_and(learned, all_negative)))

# %%
# Exclusive or
# ------------
# The class is 1 if exactly one of the two inputs is 1. No straight line separates these classes,
# so a network without hidden nodes cannot learn this. The network below has two hidden nodes
# and bias nodes. It makes four updates in an epoch, one for each row of the table.
#
# Of the 1,600 updates the page shows 99: the first twenty, and then every twentieth. The
# square shows the output for every pair of inputs: blue where it is above 0.5, orange where it is
# below. At first it is about the same everywhere. Then the boundary bends around the corner (0, 0),
# hardly moves for a while, and bends around the corner (1, 1).
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = [0, 1, 1, 0]
network = MLPLogisticClassifier(
    2,
    learning_rate_init=2.0,
    learning_rate="constant",
    alpha=0.0,
    max_iter=400,
    n_iter_no_change=np.inf,
    random_state=2,
)
chosen = [*range(1, 21), *range(40, 1601, 20)]
exclusive_or = trace_training(network, X, y, updates=chosen)
exclusive_or

# %%
# The loss of each epoch shows the same stages. It stays near 0.14 for 50 epochs, falls to 0.10 when
# the boundary bends around the first corner, hardly changes from epoch 125 to epoch 200, and falls
# to 0.004 when the boundary bends around the second corner.
network.fit(X, y)
_, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
LossCurveDisplay(loss_curve=network.loss_curve_, name="exclusive or").plot(ax)
ax.set(title="Loss of each epoch", ylim=(0, None))
plt.show()
for epoch in (10, 50, 100, 150, 200, 250, 300, 400):
    print(f"epoch {epoch}: {network.loss_curve_[epoch - 1]:.3f}")

# %%
# One line per update, for those who prefer a table:
print(exclusive_or)

# %%
# Other networks with two hidden nodes do not learn exclusive or: see "Why two hidden nodes fail on
# exclusive or". ``trace_training`` makes such a page for your own estimator and data, even if the
# estimator is the last step of a pipeline, and ``trace_update`` shows one update of a fitted
# estimator. The equations with their code are on the page "The algorithm".
