"""Secrets that partners put into their documents, told by the names of their fields, and masked wherever people look.

Procurement Connect's contracts may hold a user name and a password: "secrets, never shown whole, never logged". The
document itself is kept as it came.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "•••"

_SECRET = re.compile(
    r"[\w.-]*?(?:pass(?:word|phrase|wort|wd)|pwd|secret|api[_-]?key|(?:access|auth|refresh)[_-]?token)[\w.-]*"
    r"|(?-i:user_?name|USER_?NAME)|login|token",
    re.IGNORECASE,
)
# Nothing in these is looked at twice: what a stranger writes must not make them slow.
_IN_JSON = re.compile(r"""("([^"\\]{1,100})"\s*+:\s*+)("(?:[^"\\]|\\.)++|-?[0-9][0-9.eE+-]*+)""", re.DOTALL)
_CDATA: Final = r"<!\[CDATA\[(?:[^\]]|\](?!\]>))*+(?:\]\]>|\Z)"
_COMMENT: Final = r"<!--(?:[^-]|-(?!->))*+(?:-->|\Z)"
_IN_XML = re.compile(rf"(<(?:[\w.-]++:)?+([\w.-]++)(?:\s[^<>]*+)?+>)((?:[^<]|{_CDATA}|{_COMMENT})++)")
_IN_ATTRIBUTE = re.compile(r"""(\s(?:[\w.-]++:)?+([\w.-]++)\s*+=\s*+)("[^"<]++|\'[^\'<]++)""")
_LONGEST_NAME: Final = 100


def is_secret(name: str) -> bool:
    """Whether a field of this name holds what must not be shown."""
    return len(name) <= _LONGEST_NAME and _SECRET.fullmatch(name) is not None


def masked(value: str) -> str:
    """That there is something, and nothing of it."""
    return MASK if value else value


def without_secrets(text: str) -> str:
    """The text of a document, JSON or XML, with the values of fields that hold secrets masked; for screens."""
    for pattern in (_IN_JSON, _IN_XML, _IN_ATTRIBUTE):
        text = pattern.sub(_masking, text)
    return text


def _masking(found: re.Match[str]) -> str:
    if not is_secret(found[2]) or not found[3].strip("\"' \t\r\n"):
        return found[0]
    quote = found[3][0] if found[3][0] in "\"'" and not found[1].startswith("<") else ""
    return found[1] + quote + MASK
