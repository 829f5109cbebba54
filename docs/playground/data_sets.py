"""The data sets of the playground: a program for each, which the page shows and which makes them.

The page has the samples of each program and each noise as numbers, so that what it trains on is
what the program makes.
"""

import numpy as np

NOISES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)

_TABLE = """\
import numpy as np

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = np.array({targets})
"""

_TABLE_WITH_NOISE = (
    _TABLE
    + """
# Ten samples around each corner.
noise = {noise}
X, y = np.tile(X, (10, 1)), np.tile(y, 10)
X = (X + np.random.RandomState(0).normal(scale=noise, size=X.shape)).round(3)
"""
)

_OCTANT = """\
import numpy as np

# The article's problem: class 1 is one of the eight octants.
noise = {noise}
random = np.random.RandomState(0)
X = random.randint(-10, 11, (100, 3)) / 2.0
y = ((X[:, 0] > 0) & (X[:, 1] > 0) & (X[:, 2] < 0)).astype(int)
X = (X + random.normal(scale=noise, size=X.shape)).round(3)
"""

_LINE = """\
import numpy as np

noise = {noise}
random = np.random.RandomState(0)
X = random.uniform(-1.0, 1.0, (80, 2))
y = (X[:, 0] + X[:, 1] > 0.2).astype(int)
X = (X + random.normal(scale=noise, size=X.shape)).round(3)
"""

_CIRCLES = """\
from sklearn.datasets import make_circles

X, y = make_circles(100, noise={noise}, factor=0.4, random_state=0)
X = X.round(3)
"""

_MOONS = """\
from sklearn.datasets import make_moons

X, y = make_moons(100, noise={noise}, random_state=0)
X = X.round(3)
"""

_SPIRALS = """\
import numpy as np

noise = {noise}
random = np.random.RandomState(0)
radius = np.linspace(0.3, 3.0, 60)
arm = radius[:, np.newaxis] * np.column_stack([np.cos(2.2 * radius), np.sin(2.2 * radius)])
X, y = np.concatenate([arm, -arm]), np.repeat([0, 1], 60)
order = random.permutation(120)
X, y = X[order], y[order]
X = (X + random.normal(scale=noise, size=X.shape)).round(3)
"""

# Name, what the page calls it, and the program without noise and with it.
DATA_SETS = {
    "and": ("AND", _TABLE, _TABLE_WITH_NOISE),
    "or": ("OR", _TABLE, _TABLE_WITH_NOISE),
    "xor": ("XOR", _TABLE, _TABLE_WITH_NOISE),
    "octant": ("octant (3 inputs)", _OCTANT, _OCTANT),
    "line": ("line", _LINE, _LINE),
    "circles": ("circles", _CIRCLES, _CIRCLES),
    "moons": ("moons", _MOONS, _MOONS),
    "spirals": ("two spirals", _SPIRALS, _SPIRALS),
}
_TARGETS = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0]}


def program(name, noise):
    """The text of a program that makes `X` and `y`."""
    _, without_noise, with_noise = DATA_SETS[name]
    text = with_noise if noise else without_noise
    return text.format(noise=noise, targets=_TARGETS.get(name))


def samples(name, noise):
    """What the program makes."""
    names = {}
    exec(program(name, noise), names)
    X, y = names["X"], names["y"]
    assert set(np.unique(y)) == {0, 1}
    return X, y
