"""
See one network learn
=====================

How does a network learn? It looks at one sample, notices how wrong it is, and changes each of its
weights a little. Then it looks at the next sample. This page shows each of these steps with its
numbers. You need no knowledge of backpropagation, and you can check every number by hand.
"""

import numpy as np

from sklearn_mlp import MLPLogisticClassifier, trace_training

# %%
# The article's network
# ---------------------
# The problem is that of Robert Keim's article: a sample is a point in space with three
# coordinates between -5 and 5. Its class is 1 if the first two are positive and the third is
# negative. All other samples are of class 0. The network has three inputs, four hidden nodes and
# one output, and no bias nodes.
X = np.random.default_rng(7).integers(-10, 11, (500, 3)) / 2.0
y = ((X[:, 0] > 0) & (X[:, 1] > 0) & (X[:, 2] < 0)).astype(int)
article = MLPLogisticClassifier(
    4,
    learning_rate_init=1.0,
    learning_rate="constant",
    fit_intercept=False,
    shuffle=False,
    init_range=1.0,
    random_state=1,
)
training = trace_training(article, X, y, updates=60)
training

# %%
# Press *Play*, or move the slider. Every update has three steps:
#
# 1. **Forward.** The sample enters at the left. A node adds up what comes in, each number times
#    the weight of its line. The sum is its preactivation, ``S_preA``. The logistic function f
#    turns it into a number between 0 and 1, the postactivation ``S_postA``, which the node passes
#    on. The last node's number is the answer of the network.
# 2. **Backward.** The answer minus the right one, the target T, is the final error ``FE``. Times
#    the slope of f at the output node it is the error signal ``S_ERROR``. It says how much the
#    loss would grow if the sum in the output node grew a little. It flows back along the lines,
#    times their weights, and each hidden node multiplies it by the slope of f at its own sum. The
#    gradient of a weight is what went in through its line, times the error signal at the end of
#    the line.
# 3. **Change.** Every weight moves against its gradient, by the learning rate ``LR`` times as
#    much.
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
print("hidden sums: ", S_preA_H.round(6))
print("hidden nodes:", S_postA_H.round(6))
print("output:      ", S_postA_O.round(6))

# %%
# Backward. The slope of the logistic function is ``f * (1 - f)``:
FE = S_postA_O - first.T
S_ERROR = FE * S_postA_O * (1.0 - S_postA_O)
error_signals = HtoO[:, 0] * S_ERROR * S_postA_H * (1.0 - S_postA_H)
print("FE:", FE.round(6), " S_ERROR:", S_ERROR.round(6))
print("error signals of the hidden nodes:", error_signals.round(6))

# %%
# The change, and the weights that the estimator's trace has after it:
HtoO_after = HtoO - 1.0 * np.outer(S_postA_H, S_ERROR)
ItoH_after = ItoH - 1.0 * np.outer(first.x, error_signals)
print("largest difference:", abs(ItoH_after - first.after.coefs[0]).max())
print(HtoO_after[:, 0].round(6), "are the new weights of the output node")

# %%
# Exclusive or
# ------------
# The class is 1 if exactly one of the two inputs is 1. No straight line separates these classes,
# so that a network without hidden nodes cannot learn this. The network below has two hidden nodes
# and bias nodes. It makes four updates in an epoch, one for each row of the table.
#
# Of the first 1,600 updates the page shows 99: the first twenty, and then every twentieth. The
# square shows the output for every pair of inputs: blue where it is above 0.5, orange where it is
# below. At first it is about the same everywhere. Then the boundary bends around one corner, and
# the mean loss falls; then it stays there for a while, before it bends around the other one.
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = [0, 1, 1, 0]
network = MLPLogisticClassifier(
    2,
    learning_rate_init=2.0,
    learning_rate="constant",
    max_iter=400,
    n_iter_no_change=np.inf,
    random_state=2,
)
chosen = [*range(1, 21), *range(40, 1601, 20)]
exclusive_or = trace_training(network, X, y, updates=chosen)
exclusive_or

# %%
# One line per update, for those who prefer a table:
print(exclusive_or)

# %%
# :func:`~sklearn_mlp.trace_training` does this for your own estimator and data, also at the end
# of a pipeline, and :func:`~sklearn_mlp.trace_update` for one sample and a fitted estimator. The
# equations with their code are in :doc:`/algorithm`.
