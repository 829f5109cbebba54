"""
Why two hidden nodes fail on exclusive or
=========================================

Two hidden nodes are enough for exclusive or, and yet training often fails to find the weights. This
page trains networks with two hidden nodes from 20 seeds, shows the two ways in which they fail, and
measures what helps: less regularization, restarts, more hidden nodes, more epochs.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import DecisionBoundaryDisplay

from sklearn_mlp import MLPLogisticClassifier

# The package warns when a network has learned nothing. Here this is the subject.
warnings.simplefilter("ignore", ConvergenceWarning)

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array([0, 1, 1, 0])
seeds = range(20)


def fit(seed, n_hidden=2, **settings):
    settings = {"max_iter": 2000, "random_state": seed, **settings}
    return MLPLogisticClassifier(n_hidden, **settings).fit(X, y)


# %%
# Twenty seeds
# ------------
# Each network trains for 2,000 epochs of four updates with the default learning rate: once with the
# default ``alpha="auto"``, once without regularization, ``alpha=0``. A network has solved the
# problem if all four outputs are on the right side of 0.5. The others are counted by the kind of
# failure:
#
# - **all rows at 0.5**: all four outputs are within 0.05 of 0.5;
# - **two rows at 0.5**: two outputs are right, and the other two are within 0.05 of 0.5;
# - **other**: neither of these.
kinds = ["solved", "all rows at 0.5", "two rows at 0.5", "other"]


def kind_of(model):
    output = model.predict_proba(X)[:, 1]
    if ((output > 0.5) == y).all():
        return "solved"
    near_half = (np.abs(output - 0.5) < 0.05).sum()
    return {4: kinds[1], 2: kinds[2]}.get(near_half, "other")


def count(networks):
    found = [kind_of(model) for model in networks]
    return {kind: found.count(kind) for kind in kinds}


networks = {alpha: [fit(seed, alpha=alpha) for seed in seeds] for alpha in ("auto", 0.0)}
pd.DataFrame({f"alpha={alpha!r}": count(models) for alpha, models in networks.items()}).T

# %%
# Both kinds of failure can be seen in the loss of each epoch. A constant output of 0.5 has the loss
# 0.125. Two rows at 0.5 and two right ones have half of that, 0.0625. The curves end at these
# values. Until then they are higher, because the learning rate is high, and the output follows the
# last sample.
_, axes = plt.subplots(ncols=2, figsize=(10, 3.8), sharey=True, layout="constrained")
colors = dict(zip(kinds, ("C0", "C3", "C1", "0.5"), strict=True))
for ax, (alpha, models) in zip(axes, networks.items(), strict=True):
    drawn = {}
    for model in models:
        kind = kind_of(model)
        (drawn[kind],) = ax.plot(model.loss_curve_, color=colors[kind], linewidth=0.9)
    ax.legend(drawn.values(), drawn)
    ax.set(title=f"alpha={alpha!r}", xlabel="Epoch")
axes[0].set(ylabel="Loss of the epoch", ylim=(0, 0.2))
plt.show()

# %%
# Three networks
# --------------
# The output of one network of each kind, for all pairs of inputs. A dashed line is where a hidden
# node gives 0.5. The numbers are the outputs for the four rows.
shown = {
    "solved (alpha=0, seed 1)": networks[0.0][1],
    "all rows at 0.5 (alpha='auto', seed 0)": networks["auto"][0],
    "two rows at 0.5 (alpha=0, seed 13)": networks[0.0][13],
}
grid = np.array([[-0.5, -0.5], [1.5, 1.5]])
_, axes = plt.subplots(ncols=3, figsize=(11, 3.8), sharey=True, layout="constrained")
for ax, (title, model) in zip(axes, shown.items(), strict=True):
    DecisionBoundaryDisplay.from_estimator(
        model,
        grid,
        eps=0,
        response_method="predict_proba",
        class_of_interest=1,
        ax=ax,
        cmap="RdBu",
        vmin=0,
        vmax=1,
        alpha=0.7,
    )
    x0 = np.array([-0.5, 1.5])
    for weights, bias in zip(model.coefs_[0].T, model.intercepts_[0], strict=True):
        if np.abs(weights).max() > 0.1:
            ax.plot(x0, -(bias + weights[0] * x0) / weights[1], "k--", linewidth=1)
    ax.scatter(*X.T, c=y, cmap="RdBu", edgecolor="k", s=60, zorder=3)
    for point, output in zip(X, model.predict_proba(X)[:, 1], strict=True):
        ax.annotate(
            f"{output:.2f}",
            point,
            (0, 9),
            textcoords="offset points",
            ha="center",
            bbox={"boxstyle": "round", "facecolor": "w", "edgecolor": "none", "pad": 0.15},
        )
    ax.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xticks=[0, 1], yticks=[0, 1])
    ax.set_title(title, fontsize="medium")
plt.show()

# %%
# The solved network uses its two lines for the two sides of a band. In the failure with two rows at
# 0.5, the numbers of the hidden nodes say more:
for title, model in shown.items():
    hidden = 1.0 / (1.0 + np.exp(-(X @ model.coefs_[0] + model.intercepts_[0])))
    frame = pd.DataFrame(hidden.round(2), columns=["H[0]", "H[1]"])
    frame.insert(0, "row", [str(row.astype(int)) for row in X])
    print(title, frame.assign(T=y).to_string(index=False), sep="\n", end="\n\n")

# %%
# **Two rows at 0.5.** Both hidden nodes give 1 for the row [0 1] and 1 for the row [1 1]. The
# output node cannot tell these two rows apart, and one is of class 1 and the other of class 0. The
# best that it can do is 0.5 for both. To separate them, a hidden node would have to move its line
# between them. But both nodes are saturated there: the slope of f is near 0, and so are the
# gradients. The gradients that are left pull in opposite directions, and training stays where it
# is. Ten times as many epochs change nothing for these networks:
for seed, model in zip(seeds, networks[0.0], strict=True):
    if kind_of(model) != "solved":
        longer = fit(seed, alpha=0.0, max_iter=20_000)
        outputs = [m.predict_proba(X)[:, 1].round(2) for m in (model, longer)]
        print(f"seed {seed}: 2,000 epochs {outputs[0]}, 20,000 epochs {outputs[1]}")

# %%
# Seed 0 is the other case. It was not stuck, only slow: with 20,000 epochs it solves the problem.
#
# **All rows at 0.5.** Here the regularization is stronger than the error. It shrinks all weights,
# and with all weights at 0 the output is the same for all rows. ``alpha="auto"`` follows the loss:
# while the loss is 0.125, the regularization is strong enough to keep the network there. A network
# that gets below this loss in time has a smaller alpha, and keeps its solution. So both outcomes
# are stable:
for seed in (0, 1):
    model = networks["auto"][seed]
    largest = max(np.abs(coefs).max() for coefs in model.coefs_)
    print(
        f"seed {seed}: {kind_of(model)}; loss {model.loss_:.4f}, alpha {model.alpha_:.4f}", end=""
    )
    print(f", largest weight {largest:.4f}")

# %%
# The rule for ``alpha="auto"`` was chosen on tables with hundreds of rows and noise. Four rows
# without noise are far from that. Set ``alpha=0`` for such exercises.
#
# What helps
# ----------
# How many of the 20 seeds end in each of these kinds, after 2,000 epochs unless stated otherwise.
# ``n_init=5`` trains five networks and keeps the one with the smallest loss.
settings = {
    "alpha='auto'": {},
    "alpha='auto', n_init=2": {"n_init": 2},
    "alpha='auto', n_init=5": {"n_init": 5},
    "alpha='auto', 3 hidden nodes": {"n_hidden": 3},
    "alpha='auto', 4 hidden nodes": {"n_hidden": 4},
    "alpha='auto', 80 epochs": {"max_iter": 80},
    "alpha=0.01": {"alpha": 0.01},
    "alpha=0.005": {"alpha": 0.005},
    "alpha=0": {"alpha": 0.0},
    "alpha=0, n_init=2": {"alpha": 0.0, "n_init": 2},
    "alpha=0, n_init=5": {"alpha": 0.0, "n_init": 5},
    "alpha=0, 3 hidden nodes": {"alpha": 0.0, "n_hidden": 3},
    "alpha=0, 4 hidden nodes": {"alpha": 0.0, "n_hidden": 4},
    "alpha=0, 80 epochs": {"alpha": 0.0, "max_iter": 80},
}
counts = pd.DataFrame({name: count(fit(s, **kw) for s in seeds) for name, kw in settings.items()}).T
counts

# %%
# The same as a picture:
_, ax = plt.subplots(figsize=(8, 4.8), layout="constrained")
left = np.zeros(len(counts))
for kind in kinds:
    ax.barh(counts.index, counts[kind], left=left, color=colors[kind], label=kind)
    left += counts[kind].to_numpy()
ax.invert_yaxis()
ax.set(xlabel="Seeds", xlim=(0, 20), xticks=range(0, 21, 5))
ax.legend(ncols=4, loc="lower center", bbox_to_anchor=(0.4, 1.0), frameon=False)
plt.show()
