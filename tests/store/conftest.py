"""A desk with a store of its own."""

from tests.core.conftest import desk

__all__ = ["desk"]
