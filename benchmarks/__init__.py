"""Benchmarks, run as ``python -m benchmarks.NAME`` in the root of the repository.

Measured, never asserted: the tests run them at toy size only, so that they cannot rot.
"""

import sys
from pathlib import Path

# `python -m` puts the root first on the path, where the package's source would hide the installed
# package; the benchmarks are of the latter.
_root = Path(__file__).resolve().parent.parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != _root] + [str(_root)]
