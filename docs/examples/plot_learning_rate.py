"""
The learning rate
=================

The learning rate is the factor by which the gradient is multiplied in each change of a weight. This
page trains the same network on the same samples with learning rates from 0.001 to 1,000, and shows
for each of them the loss of each epoch and the decision surface after 100 epochs.
"""

import textwrap
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import DecisionBoundaryDisplay

from sklearn_mlp import MLPLogisticClassifier

# %%
# The problem is noisy exclusive or, as in another example: 200 samples around four corners. The
# network has eight hidden nodes. The learning rate is constant and there is no regularization, so
# that nothing else changes the size of a step.
rng = np.random.default_rng(0)
corners = rng.integers(0, 2, (200, 2))
X = 2.0 * corners - 1.0 + rng.normal(scale=0.35, size=(200, 2))
y = corners[:, 0] ^ corners[:, 1]


def fit(learning_rate_init, max_iter=100, seed=0):
    model = MLPLogisticClassifier(
        8,
        learning_rate_init=learning_rate_init,
        learning_rate="constant",
        alpha=0.0,
        max_iter=max_iter,
        n_iter_no_change=np.inf,
        random_state=seed,
    )
    return model.fit(X, y)


warnings.simplefilter("ignore", ConvergenceWarning)
rates = [0.001, 0.01, 0.1, 1.0, 10.0, 100.0, 1000.0]
networks = {rate: fit(rate) for rate in rates}

# %%
# Loss curves
# -----------
# The best constant output is the share of class 1; the dashed line is the loss of this output. A
# network that stays at this line or above it has learned nothing.
share = y.mean()
constant = share * (1 - share) / 2
_, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
colors = plt.get_cmap("viridis")(np.linspace(0, 0.95, len(rates)))
epochs = np.arange(1, 101)
for (rate, model), color in zip(networks.items(), colors, strict=True):
    style = ":" if rate == 1000 else "-"  # the curve of 100 is under it
    ax.plot(epochs, model.loss_curve_, style, color=color, label=f"{rate:,g}", linewidth=2)
ax.axhline(constant, color="0.5", linestyle="--", label="constant output")
ax.set(xscale="log", xlabel="Epoch", ylabel="Loss of the epoch", ylim=(0, None))
ax.legend(title="Learning rate", loc="upper left", bbox_to_anchor=(1, 1))
plt.show()

# %%
# Decision surfaces
# -----------------
# Blue is class 1. The title has the learning rate and the accuracy on the samples shown.
_, axes = plt.subplots(2, 4, figsize=(12, 6.2), sharex=True, sharey=True, layout="constrained")
for ax, (rate, model) in zip(axes.flat, networks.items(), strict=False):
    DecisionBoundaryDisplay.from_estimator(
        model,
        X,
        response_method="predict_proba",
        class_of_interest=1,
        plot_method="pcolormesh",
        ax=ax,
        cmap="RdBu",
        vmin=0,
        vmax=1,
        alpha=0.7,
    )
    ax.scatter(*X.T, c=y, cmap="RdBu", edgecolor="w", linewidth=0.4, s=18)
    ax.set_title(f"{rate:,g}: {model.score(X, y):.1%}")
axes.flat[-1].set_axis_off()
plt.show()

# %%
# The same in numbers. "Saturated" is the share of outputs under 0.001 or over 0.999. One seed can
# mislead, so the last column counts how many of 20 seeds reach an accuracy of 95%.
rows = {}
for rate, model in networks.items():
    output = model.predict_proba(X)[:, 1]
    rows[f"{rate:,g}"] = {
        **{f"epoch {epoch}": round(model.loss_curve_[epoch - 1], 4) for epoch in (1, 10, 100)},
        "accuracy": model.score(X, y),
        "saturated": ((output < 0.001) | (output > 0.999)).mean(),
        "seeds": sum(fit(rate, seed=seed).score(X, y) >= 0.95 for seed in range(20)),
    }
pd.DataFrame(rows).T.rename_axis("learning rate").astype({"seeds": int})

# %%
# What one sees
# -------------
# - **0.001 and 0.01: too small.** The curves are smooth and still fall at the end. The surfaces are
#   pale: most outputs are near 0.5. The network learns the right thing, only slowly.
# - **0.1 and 1: useful.** The curves fall to almost 0, and with 1 about ten times as fast as with
#   0.1. The band between two lines is the solution. All 20 seeds find it.
# - **10: too large.** The loss stops falling after two epochs. Two thirds of the outputs are
#   saturated. One corner of the surface was learned and the other was lost: where an output or a
#   hidden node is saturated, f' is near 0, and so are the gradients that could correct it. Some
#   seeds succeed, most do not.
# - **100 and 1,000: training ends in the first epoch.** After a few updates the output is the same
#   for every sample, almost exactly 0, or with other seeds almost exactly 1. The loss is half the
#   share of the misclassified samples, and does not change any more. The two curves coincide.
#
# The loss does not grow beyond all bounds, as it would in linear regression. The output is between
# 0 and 1, so half the squared error is at most 0.5. Here divergence looks like a flat, high
# line.
#
# Smaller steps, more epochs
# --------------------------
# Small steps follow the same path. A tenth of the learning rate needs ten times as many epochs:
for rate, max_iter in ((0.1, 100), (0.01, 1_000), (0.001, 10_000)):
    model = fit(rate, max_iter)
    print(f"learning rate {rate}, {max_iter:,} epochs: loss {model.loss_:.4f}")

# %%
# What the package says
# ---------------------
# Training warns at both ends, and names the cause:
for rate in (0.001, 1000.0):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fit(rate)
    print(textwrap.fill(f"learning rate {rate:g}: {caught[-1].message}", 80), end="\n\n")

# %%
# What to do
# ----------
# Leave ``learning_rate_init="auto"``. With the default schedule it rises to 3.2, so that training
# advances quickly, and then falls to 0, so that training settles. To choose a number yourself,
# multiply and divide by 10 until you have seen both ends, and stay a factor of 3 below the largest
# that works.
defaults = [MLPLogisticClassifier(8, random_state=seed).fit(X, y) for seed in range(20)]
print(f"defaults: {sum(model.score(X, y) >= 0.95 for model in defaults)} seeds of 20 reach 95%")
print(f"largest learning rate: {max(defaults[0].learning_rate_curve_):.2f}")
