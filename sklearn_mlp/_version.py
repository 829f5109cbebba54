"""The version, which is written in meson.build and known to Python from the package's metadata."""

from importlib.metadata import version

__version__ = version("sklearn-mlp")
