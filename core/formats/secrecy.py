"""Secrets that partners put into their documents, told by the names of their fields, and masked wherever people look.

Procurement Connect's contracts may hold a user name and a password: "secrets, never shown whole, never logged". The
document itself is kept as it came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

MASK: Final = "•••"

_SECRET = re.compile(
    r"[\w.-]*?(?:pass(?:word|phrase|wort|wd)|pwd|secret|api[_-]?key|(?:access|auth|refresh)[_-]?token)[\w.-]*"
    r"|(?-i:user_?name|USER_?NAME)|login|token",
    re.IGNORECASE,
)
# Nothing in these is looked at twice: what a stranger writes must not make them slow.
_STRING: Final = r'"(?:[^"\\]|\\.)++'
_IN_JSON = re.compile(rf"""("((?:[^"\\]|\\.){{1,100}})"\s*+:\s*+)({_STRING}|-?[0-9][0-9.eE+-]*+|[\[{{])""", re.DOTALL)
_IN_PAIR = re.compile(
    rf"""("(?:key|name)"\s*+:\s*+"([^"\\]{{1,100}})"\s*+,\s*+"value"\s*+:\s*+)({_STRING}|-?[0-9][0-9.eE+-]*+)""",
    re.DOTALL | re.IGNORECASE,
)
_IN_TURNED_PAIR = re.compile(
    rf"""("value"\s*+:\s*+)({_STRING}"|-?[0-9][0-9.eE+-]*+)(\s*+,\s*+"(?:key|name)"\s*+:\s*+"([^"\\]{{1,100}})")""",
    re.DOTALL | re.IGNORECASE,
)
_IN_BRACKETS = re.compile(rf"""{_STRING}"?|[\[\]{{}}]""", re.DOTALL)
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
    text = _IN_TURNED_PAIR.sub(_masking_first, "".join(_json_masked(text)))
    for pattern in (_IN_PAIR, _IN_XML, _IN_ATTRIBUTE):
        text = pattern.sub(_masking, text)
    return text


def _json_masked(text: str) -> Iterator[str]:
    """`text` in pieces; what a secret's brackets hold is masked as a whole."""
    at = 0
    while (found := _IN_JSON.search(text, at)) is not None:
        yield text[at : found.start()]
        at = found.end()
        if found[3] not in ("[", "{"):
            yield _masking(found)
        elif is_secret(_plain(found[2])):
            yield f'{found[1]}"{MASK}"'
            at = _end_of_brackets(text, found.start(3))
        else:
            yield found[0]
    yield text[at:]


def _end_of_brackets(text: str, start: int) -> int:
    """Behind the bracket that closes the one at `start`; the end of a text that is cut off."""
    depth = 0
    for token in _IN_BRACKETS.finditer(text, start):
        if token[0] in ("[", "{"):
            depth += 1
        elif token[0] in ("]", "}"):
            depth -= 1
            if depth == 0:
                return token.end()
    return len(text)


def _plain(name: str) -> str:
    """A name in JSON without its escapes."""
    if "\\" not in name:
        return name
    try:
        return str(json.loads(f'"{name}"', strict=False))
    except ValueError:
        return name


def _masking_first(found: re.Match[str]) -> str:
    return f'{found[1]}"{MASK}"{found[3]}' if is_secret(found[4]) and found[2] != '""' else found[0]


def _masking(found: re.Match[str]) -> str:
    if not is_secret(_plain(found[2])) or not found[3].strip("\"' \t\r\n"):
        return found[0]
    quote = found[3][0] if found[3][0] in "\"'" and not found[1].startswith("<") else ""
    return found[1] + quote + MASK
