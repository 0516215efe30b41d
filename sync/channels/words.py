"""A partner's words in our sentences."""

from __future__ import annotations

from typing import Final

IN_SENTENCE: Final = 200
"""Characters of them that a sentence holds."""


def one_line(text: str) -> str:
    """A partner's words, fit to stand in a sentence: one line, nothing that steers a screen or a log."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
