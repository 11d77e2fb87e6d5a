"""Datasets that ship with the package."""

from skmlp.datasets._mnist import load_mnist

__all__ = ["load_mnist"]
