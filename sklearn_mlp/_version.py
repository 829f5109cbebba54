"""The version, which is written in pyproject.toml and read from the package's metadata."""

from importlib.metadata import version

__version__ = version("sklearn-mlp")
