"""
Exercises with answers
======================

Six exercises for a class or for yourself, each followed by its answer in code: an update by hand,
a learning rate that is too large, two hidden nodes that fail, what a hidden node has learned, a
network without bias nodes, and a page to hand out. The notebook at the end of this page has the
same cells.
"""

import tempfile
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning

from sklearn_mlp import MLPLogisticClassifier, NetworkDisplay, trace_training, trace_update

# Some of the networks below are meant to fail, and the package would warn.
warnings.simplefilter("ignore", ConvergenceWarning)


def f(x):
    return 1.0 / (1.0 + np.exp(-x))


# %%
# 1. One update by hand
# ---------------------
# A network with two inputs, two hidden nodes and no bias nodes has the weights below. The sample is
# (1, 2), its target T is 1, and the learning rate LR is 1. Compute with a pocket calculator:
#
# - the preactivations and postactivations of both hidden nodes and of the output node,
# - the final error FE and the error signal S_ERROR,
# - the six gradients, and the six weights after the update.
#
# Is the output for this sample closer to the target after the update?
ItoH = np.array([[0.5, -1.0], [0.25, 0.5]])  # one row per input, one column per hidden node
HtoO = np.array([[1.0], [-2.0]])

# %%
# **Answer.** ``trace_update`` prints every number of the update. It takes a fitted estimator, so
# the estimator is fitted first, and then given the weights of the exercise.
model = MLPLogisticClassifier(
    2, learning_rate_init=1.0, learning_rate="constant", alpha=0.0, fit_intercept=False
)
model.fit([[0.0, 0.0], [1.0, 2.0]], [0, 1])
model.coefs_ = [ItoH, HtoO]
trace = trace_update(model, [1.0, 2.0], 1)
print(trace)

# %%
# The update itself, and the output before and after:
before = model.predict_proba([[1.0, 2.0]])[0, 1]
model.partial_fit([[1.0, 2.0]], [1])
after = model.predict_proba([[1.0, 2.0]])[0, 1]
print(f"output before {before:.4f}, after {after:.4f}")

# %%
# 2. A learning rate that is too large
# ------------------------------------
# Train the article's problem with four hidden nodes, bias nodes and a constant learning rate. Start
# at 1 and double the learning rate until the network does not learn any more. What do you see in
# the outputs? Is it the same for another seed?
X = np.random.default_rng(7).integers(-10, 11, (500, 3)) / 2.0
y = ((X[:, 0] > 0) & (X[:, 1] > 0) & (X[:, 2] < 0)).astype(int)

# %%
# **Answer.** The accuracy falls to 0.896, the share of class 0, and the outputs of all samples
# become nearly the same. The nodes are saturated, f' is near 0, and so are all gradients. The limit
# depends on the seed: with a learning rate of 4, all five networks learn; with 8, 16 and 32, some
# fail; with 64, all fail.
for learning_rate in (1, 2, 4, 8, 16, 32, 64, 128):
    models = [
        MLPLogisticClassifier(
            4,
            learning_rate_init=learning_rate,
            learning_rate="constant",
            alpha=0.0,
            max_iter=50,
            n_iter_no_change=np.inf,
            random_state=seed,
        ).fit(X, y)
        for seed in range(5)
    ]
    scores = [f"{model.score(X, y):.3f}" for model in models]
    output = models[0].predict_proba(X)[:, 1]
    print(f"{learning_rate:4}: accuracy {' '.join(scores)}", end="; ")
    print(f"outputs with seed 0 from {output.min():.4f} to {output.max():.4f}")

# %%
# 3. Two hidden nodes that fail
# -----------------------------
# Train two hidden nodes on exclusive or with ``alpha=0`` and 2,000 epochs, once with
# ``random_state=1`` and once with ``random_state=11``. Print the outputs. For the network that
# fails, print the postactivations of the hidden nodes for the four rows. Why can the output node
# not do better? Change one setting so that the network learns.
X_xor = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y_xor = [0, 1, 1, 0]

# %%
# **Answer.** With seed 11, both hidden nodes give 0 for the rows (1, 0) and (1, 1). The output node
# gets the same numbers for both rows and can only give the same output. One row is of class 1 and
# the other of class 0, so 0.5 has the smallest loss. A third hidden node helps, or
# ``n_init=5``, which trains five networks and keeps the best.
for settings in (
    {"random_state": 1},
    {"random_state": 11},
    {"random_state": 11, "hidden_layer_sizes": 3},
    {"random_state": 11, "n_init": 5},
):
    model = MLPLogisticClassifier(**{"hidden_layer_sizes": 2, **settings}, alpha=0.0, max_iter=2000)
    model.fit(X_xor, y_xor)
    print(settings, "outputs", model.predict_proba(X_xor)[:, 1].round(2))
    if settings == {"random_state": 11}:
        print(f(X_xor @ model.coefs_[0] + model.intercepts_[0]).round(2))

# %%
# 4. What has a hidden node learned?
# ----------------------------------
# The network below has three hidden nodes and bias nodes, and classifies all samples of the
# article's problem correctly. Look at the weights into each hidden node. Which input does it look
# at, and where does its postactivation pass 0.5? Then look at the weights to the output. How does
# the output node combine the three?
model = MLPLogisticClassifier(3, alpha=0.0, random_state=3).fit(X, y)
NetworkDisplay.from_estimator(model)
plt.show()

# %%
# **Answer.** Each hidden node has one large weight and looks at one input. Its postactivation is
# 0.5 where the preactivation is 0, that is at -bias / weight:
for node, (weights, bias) in enumerate(zip(model.coefs_[0].T, model.intercepts_[0], strict=True)):
    i = np.abs(weights).argmax()
    sign = ">" if weights[i] > 0 else "<"
    print(f"H[{node}]: weights {weights.round(1)}, bias {bias:.1f}:", end=" ")
    print(f"above 0.5 if x{i} {sign} {-bias / weights[i]:.2f}")
print("HtoO:", model.coefs_[1][:, 0].round(1), "bias of the output:", model.intercepts_[1].round(1))

# %%
# These are the three conditions of class 1. (The data have steps of 0.5, so any limit between
# 0 and 0.5 will do.) The output node is an AND: its preactivation is above 0 only if all three
# hidden nodes give about 1. With two of them it stays below:
to_output, bias = model.coefs_[1][:, 0], model.intercepts_[1][0]
print(f"three hidden nodes give 1: S_preA,O = {bias + to_output.sum():.1f}")
print(f"two of them at most:       S_preA,O = {bias + np.sort(to_output)[1:].sum():.1f}")

# %%
# 5. Without bias nodes
# ---------------------
# What is the output of a network without bias nodes for the input (0, 0, 0)? Which weights does it
# depend on? Why can such a network never be above 0.5 if all its HtoO weights are negative?
#
# **Answer.** All preactivations of hidden nodes are 0, and their postactivations are f(0) = 0.5,
# whatever the ItoH weights are. The output is f(0.5 * sum(HtoO)). Postactivations are positive, so
# with negative HtoO weights the preactivation of the output node is negative for every input, and f
# of a negative number is below 0.5.
model = MLPLogisticClassifier(4, fit_intercept=False, random_state=0).fit(X, y)
print(model.predict_proba([[0.0, 0.0, 0.0]])[0, 1], f(0.5 * model.coefs_[1].sum()))

# %%
# 6. A page to hand out
# ---------------------
# Make a file which shows the first 20 updates of a network, and which opens in any browser without
# Python and without a network connection.
#
# **Answer.** ``trace_training`` records the updates, and ``to_html`` makes a page to step through,
# as a piece of HTML. Put your own folder in place of the temporary one. Open the file with a double
# click, or send it by e-mail.
training = trace_training(
    MLPLogisticClassifier(2, learning_rate_init=2.0, alpha=0.0, random_state=2),
    X_xor,
    y_xor,
    updates=20,
)
page = Path(tempfile.mkdtemp()) / "exclusive_or.html"
head = '<!doctype html><meta charset="utf-8"><title>Exclusive or</title>'
page.write_text(head + training.to_html(), encoding="utf-8")
print(f"{page.name}: {page.stat().st_size / 1000:.0f} kB")
