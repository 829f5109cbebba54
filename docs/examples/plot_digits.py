"""
Digits: the weights of hidden nodes as pictures
===============================================

Handwritten digits of 8 by 8 pixels. With more than two classes there is one network per class, and
the weights from the inputs to one hidden node are a picture of what that node looks for: where ink
activates the node (blue) and where it holds the node back (red). The nodes that count as evidence
for the zero, for instance, look for an empty middle.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from sklearn_mlp import MLPLogisticClassifier

X, y = load_digits(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X / 16.0, y, stratify=y, random_state=0)
model = MLPLogisticClassifier(8, random_state=0).fit(X_train, y_train)
print(f"right on the test set: {model.score(X_test, y_test):.1%}")

# %%
# `coefs_[0]` has the shape (classes, inputs, hidden nodes). The nodes of each network are sorted by
# their weight to the output: those at the right are evidence for the digit, those at the left
# against it.
print(model.coefs_[0].shape)
digits = (0, 3, 7)
figure, axes = plt.subplots(len(digits), 8, figsize=(10, 4.4), layout="constrained")
for row, digit in zip(axes, digits, strict=True):
    to_output = model.coefs_[1][digit][:, 0]
    for ax, node in zip(row, np.argsort(to_output), strict=True):
        picture = model.coefs_[0][digit][:, node].reshape(8, 8)
        largest = np.abs(picture).max()
        ax.imshow(picture, cmap="RdBu", vmin=-largest, vmax=largest)
        ax.set_title(f"{to_output[node]:+.1f}", fontsize="small")
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(f"digit {digit}")
plt.show()

# %%
# What is mistaken for what:
_, ax = plt.subplots(figsize=(5.5, 5), layout="constrained")
ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, ax=ax, cmap="Blues", colorbar=False)
plt.show()

# %%
# Probabilities. For some samples, the highest one is at least 90%. How many of these does the
# network get right, and how many of the others?
probability = model.predict_proba(X_test)
sure = probability.max(axis=1) >= 0.9
correct = model.predict(X_test) == y_test
print(f"sure of {sure.mean():.0%} of the samples: {correct[sure].mean():.1%} right")
print(f"not so sure of {(~sure).mean():.0%}: {correct[~sure].mean():.1%} right")
