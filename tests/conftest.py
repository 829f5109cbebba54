import sys
from pathlib import Path

# `python -m pytest` puts the current folder first on the path. Here that is the folder with the
# package's source, which has no compiled part: the tests are of the installed package. It goes to
# the end, for `benchmarks` is found there.
ROOT = Path(__file__).resolve().parent.parent
sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != ROOT] + [str(ROOT)]
