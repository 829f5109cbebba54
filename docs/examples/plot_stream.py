"""
Learning from a stream
======================

Samples arrive in chunks, are predicted first and learned afterwards (prequential evaluation), and
their rule changes twice. `partial_fit` makes one pass over each chunk at a constant rate, so
the network never stops learning: its accuracy falls at each change and recovers within a few
thousand samples. A linear model learned in the same way cannot follow the curved rule at all.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import SGDClassifier

from sklearn_mlp import MLPLogisticClassifier

# %%
# Two inputs. The class is 1 inside a ring, whose centre jumps after each third of the stream.
rng = np.random.default_rng(0)
chunk, n_chunks = 100, 300
centres = [(-0.5, 0.0), (0.6, 0.5), (0.0, -0.7)]


def stream():
    for number in range(n_chunks):
        X = rng.uniform(-1.5, 1.5, (chunk, 2))
        distance = np.hypot(*(X - centres[number * 3 // n_chunks]).T)
        yield X, (distance < 0.8).astype(int)


# %%
# ``shuffle=False`` takes the samples in the order in which they come. The classes are named in the
# first call, because a chunk need not contain all of them.
models = {
    "MLPLogisticClassifier": MLPLogisticClassifier(
        16, learning_rate_init=0.3, shuffle=False, random_state=0
    ),
    "SGDClassifier": SGDClassifier(loss="log_loss", random_state=0),
}
right = {name: [] for name in models}
for number, (X, y) in enumerate(stream()):
    for name, model in models.items():
        if number > 0:
            right[name].append(model.score(X, y))
        model.partial_fit(X, y, classes=[0, 1])

# %%
# Accuracy on what has not been seen yet, a mean over ten chunks.
_, ax = plt.subplots(figsize=(8, 4), layout="constrained")
window = np.ones(10) / 10
for name, scores in right.items():
    smooth = np.convolve(scores, window, mode="valid")
    ax.plot(chunk * (np.arange(len(smooth)) + 10), smooth, label=name)
for jump in (1, 2):
    ax.axvline(jump * chunk * n_chunks / 3, color="0.5", linestyle=":")
ax.set(xlabel="Samples", ylabel="Accuracy before learning them", ylim=(0.4, 1.0))
ax.legend(loc="lower left")
plt.show()

# %%
# The estimator counts what it has seen. It can be pickled at any time; after loading, it
# continues with bit-identical results.
model = models["MLPLogisticClassifier"]
print(f"{model.t_:,} samples, the last {sum(right['MLPLogisticClassifier'][-20:]) / 20:.1%} right")
