"""Importing the module registers the converter. It has nothing to be called."""

__all__: list[str]
