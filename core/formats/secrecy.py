"""Secrets that partners put into their documents, told by the names of their fields, and masked wherever people look.

Procurement Connect's contracts may hold a user name and a password: "secrets, never shown whole, never logged". The
document itself is kept as it came.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "•••"

_WORDS: Final = "[Pp]ass(?:word|phrase|wd)|[Ss]ecret|[Aa]pi[_-]?[Kk]ey|[Aa]ccess[_-]?[Tt]oken"
_NAMES: Final = rf"[\w.-]*(?:{_WORDS})[\w.-]*|user_?name|login"
_SECRET = re.compile(_NAMES)
_IN_JSON = re.compile(rf'("(?:{_NAMES})"\s*:\s*")((?:[^"\\]|\\.)*+)')
_IN_XML = re.compile(rf"(<(?:[\w.-]+:)?(?:{_NAMES})(?:\s[^<>]*)?>)([^<]++)")
_IN_ATTRIBUTE = re.compile(rf"""(\s(?:{_NAMES})\s*=\s*["'])([^"'<>]++)""")


def is_secret(name: str) -> bool:
    """Whether a field of this name holds what must not be shown."""
    return _SECRET.fullmatch(name) is not None


def masked(value: str) -> str:
    """That there is something, and nothing of it."""
    return MASK if value else value


def without_secrets(text: str) -> str:
    """The text of a document, JSON or XML, with the values of fields that hold secrets masked; for screens."""
    for pattern in (_IN_JSON, _IN_XML, _IN_ATTRIBUTE):
        text = pattern.sub(lambda found: found[1] + MASK, text)
    return text
