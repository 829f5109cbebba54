"""
Exclusive or: the decision boundary over the epochs
===================================================

What a network without hidden nodes cannot learn: the class is 1 where exactly one of two inputs is
high. The probability of class 1 is drawn after 1, 10, 30, 100 and 300 epochs. At first it
is nearly the same everywhere. Then a band forms between two lines, which are two of the hidden
nodes, and the edges of the band grow steeper. The textbook table with its four rows takes more
epochs, because an epoch has only four updates.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.inspection import DecisionBoundaryDisplay

from sklearn_mlp import LossCurveDisplay, MLPLogisticClassifier, NetworkDisplay

# %%
# Two hundred noisy samples around the four corners.
rng = np.random.default_rng(0)
corners = rng.integers(0, 2, (200, 2))
X = 2.0 * corners - 1.0 + rng.normal(scale=0.35, size=(200, 2))
y = corners[:, 0] ^ corners[:, 1]

# %%
# Training goes on from panel to panel with `partial_fit`, one epoch a call, at a constant learning
# rate.
model = MLPLogisticClassifier(4, learning_rate_init=0.1, random_state=1)
stops, losses = (1, 10, 30, 100, 300), []
figure, axes = plt.subplots(ncols=5, figsize=(13, 3.2), sharey=True, layout="constrained")
for ax, stop in zip(axes, stops, strict=True):
    while len(losses) < stop:
        model.partial_fit(X, y, classes=[0, 1])
        losses.append(model.loss_)
    DecisionBoundaryDisplay.from_estimator(
        model,
        X,
        response_method="predict_proba",
        ax=ax,
        cmap="RdBu",
        vmin=0,
        vmax=1,
        alpha=0.7,
        class_of_interest=1,
    )
    ax.scatter(*X.T, c=y, cmap="RdBu", edgecolor="w", linewidth=0.4, s=22)
    ax.set_title(f"{stop} epochs: {model.score(X, y):.0%}", fontsize="medium")
plt.show()

# %%
# The loss of each epoch falls quickly while the band forms, and slowly while it grows steeper.
_, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
LossCurveDisplay(loss_curve=losses, name="exclusive or").plot(ax)
plt.show()

# %%
# The trained network. A hidden node is a line across the plane, and the output adds them up.
NetworkDisplay.from_estimator(model)
plt.show()

# %%
# The textbook table of four rows, with four hidden nodes and twenty seeds. What happens with two
# hidden nodes is shown in "Why two hidden nodes fail on exclusive or".
table, target = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), [0, 1, 1, 0]
solved = [
    MLPLogisticClassifier(4, max_iter=2000, random_state=seed)
    .fit(table, target)
    .score(table, target)
    == 1
    for seed in range(20)
]
print(f"solved with {sum(solved)} seeds of 20")
