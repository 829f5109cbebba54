"""
The article's program, step by step
===================================

The network of Robert Keim's article is trained by the article's program in plain NumPy and by the
estimator: both give the same weights, except for rounding. Then one single update with every
quantity of the article, as a table and as a drawing, and a check of the gradients by finite
differences.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import roc_auc_score

from sklearn_mlp import MLPLogisticClassifier, NetworkDisplay, gradient_check, trace_update

# %%
# Data as in the article's series: three inputs between -5 and 5 in steps of 0.5, and the target 1
# when the first two are positive and the third is negative.
X = np.random.default_rng(7).integers(-10, 11, (500, 3)) / 2.0
y = ((X[:, 0] > 0) & (X[:, 1] > 0) & (X[:, 2] < 0)).astype(int)


# %%
# The program
# -----------
# Four hidden nodes, no bias nodes, learning rate 1, weights between -1 and 1, and one pass over the
# samples in file order.
def f(x):
    return 1.0 / (1.0 + np.exp(-x))


def f_prime(x):
    return f(x) * (1.0 - f(x))


LR, n_hidden = 1.0, 4
np.random.seed(1)
ItoH = np.random.uniform(-1, 1, (3, n_hidden))
HtoO = np.random.uniform(-1, 1, n_hidden)

for sample, T in zip(X, y, strict=True):
    S_preA_H = sample @ ItoH
    S_postA_H = f(S_preA_H)
    S_preA_O = S_postA_H @ HtoO
    FE = f(S_preA_O) - T
    S_ERROR = FE * f_prime(S_preA_O)
    gradient_HtoO = S_ERROR * S_postA_H
    gradient_ItoH = np.outer(sample, S_ERROR * HtoO * f_prime(S_preA_H))
    HtoO -= LR * gradient_HtoO
    ItoH -= LR * gradient_ItoH

# %%
# The same with the estimator; these are the article's settings, and the same initial weights. One
# call of `partial_fit` is one pass.
article = {
    "hidden_layer_sizes": 4,
    "learning_rate_init": 1.0,
    "learning_rate": "constant",
    "fit_intercept": False,
    "shuffle": False,
    "init_range": 1.0,
    "random_state": 1,
}
model = MLPLogisticClassifier(**article)
model.partial_fit(X, y, classes=[0, 1])
print("largest difference, ItoH:", np.abs(model.coefs_[0] - ItoH).max())
print("largest difference, HtoO:", np.abs(model.coefs_[1][:, 0] - HtoO).max())

# %%
# One update
# ----------
# What would one more sample change? ``trace_update`` computes every quantity without changing the
# estimator.
trace = trace_update(model, [1.5, 2.0, -0.5], 1)
print(trace)

# %%
# In a notebook, and here, the trace is shown as a drawing. Nodes and weights have tooltips.
trace

# %%
# As a pandas frame, it has one row for each weight. A gradient is the number that enters the
# weight's line, times the error signal of the node where the line ends.
trace.to_pandas()

# %%
# The same with matplotlib, as a figure for print:
NetworkDisplay.from_trace(trace)
plt.show()

# %%
# After the update itself, the estimator has the weights that the trace shows.
model.partial_fit([[1.5, 2.0, -0.5]], [1])
print("largest difference:", np.abs(model.coefs_[0] - trace.after.coefs[0]).max())

# %%
# Are the gradients right?
# ------------------------
# ``gradient_check`` moves each weight up and down a little and compares the change of the loss with
# the gradient that training uses.
print(gradient_check(model, X[:50], y[:50]))

# %%
# Learning
# --------
# One epoch is usually not enough. But with these initial weights the article's network does not
# learn in more epochs either: all its HtoO weights become negative. The preactivation of the output
# node is then negative for every sample, because postactivations are positive, and without a bias
# node the output stays below f(0) = 0.5. So the network predicts class 0 for every sample. With
# bias nodes it learns. (With other initial weights it can learn without them: see "See one network
# learn".)
with_bias = MLPLogisticClassifier(**{**article, "fit_intercept": True})
losses = {"no bias nodes": [], "with bias nodes": []}
for _ in range(20):
    for name, network in zip(losses, (model, with_bias), strict=True):
        network.partial_fit(X, y, classes=[0, 1])
        losses[name].append(network.loss_)

_, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
for name, curve in losses.items():
    ax.plot(range(1, 21), curve, label=name)
ax.set(xlabel="Epoch", ylabel="Half the squared error", ylim=(0, None), xticks=range(0, 21, 5))
ax.legend()
plt.show()
print(f"share of class 0: {1 - y.mean():.3f}")
print("HtoO without bias nodes:", model.coefs_[1][:, 0].round(1))
for name, network in zip(losses, (model, with_bias), strict=True):
    output = network.predict_proba(X)[:, 1]
    print(f"{name}: accuracy {network.score(X, y):.3f}, largest output {output.max():.4f}")

# %%
# The network without bias nodes orders the samples correctly all the same: the area under the ROC
# curve (AUC) is 1. Only the threshold of 0.5 is out of its reach.
print(f"AUC without bias nodes: {roc_auc_score(y, model.decision_function(X)):.3f}")
