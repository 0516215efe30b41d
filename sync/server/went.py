"""How an answer left us, as far as one can tell on this side of the wire."""

from __future__ import annotations

from enum import Enum


class Went(Enum):
    WHOLE = "whole"
    """The caller may still not have read it."""
    DOUBTFUL = "the caller went away while it was said"
    NOT = "the caller went away before it was said"
