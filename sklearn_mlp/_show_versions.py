"""What a problem report should say about the installation."""

import sys

from sklearn import show_versions as show_versions_of_sklearn

from ._kernel import compiler, instruction_sets
from ._kernel.packed import default_instruction_set
from ._version import __version__


def show_versions():
    """Print the versions of this package, its compiler, Python and the libraries it uses.

    The output also names the processor's instruction sets for which the package has kernels, and
    the one that is used.

    .. versionadded:: 0.1

    Raises
    ------
    ValueError
        If the environment variable ``SKLEARN_MLP_INSTRUCTION_SET`` names an instruction set that
        is not available.

    See Also
    --------
    sklearn.show_versions : The same for scikit-learn, which is called at the end.
    """
    sets = ", ".join(instruction_sets())
    sys.stdout.write(
        f"\nsklearn-mlp: {__version__}\n"
        f"   compiler: {compiler()}\n"
        f"instruction sets: {sets} ({default_instruction_set()} is used)\n"
    )
    show_versions_of_sklearn()
