"""How a message differs from the one that was sent before it, as lines of a unified diff.

Both are laid out the same way first, for the comparison only: a field that moved to another line is no difference.
"""

from __future__ import annotations

import difflib
from typing import Final

from core.formats import Unreadable

_CONTEXT: Final = 3
_MOST_COMPARED: Final = 60_000
"""Lines of both that differ, above which they are only counted: to match them takes longer than anybody waits."""
_MOST: Final = 5_000_000
"""Bytes above which nothing is laid out anew, since both are compared as they are."""


def difference(before: bytes | None, now: bytes | None) -> tuple[str, ...]:
    """Lines of a unified diff from `before` to `now`, without line breaks; none when one of them is not there."""
    if before is None or now is None:
        return ()
    then, today = _laid_out(before), _laid_out(now)
    first, last = _alike(then, today)
    differing = len(then) + len(today) - 2 * (first + last)
    if differing > _MOST_COMPARED:
        counted = (
            f"@@ lines {first + 1:,} to {len(then) - last:,} became lines {first + 1:,} to {len(today) - last:,} @@"
        )
        return ("--- sent last", "+++ now", counted)
    return tuple(difflib.unified_diff(then, today, "sent last", "now", lineterm="", n=_CONTEXT))


def _alike(then: list[str], today: list[str]) -> tuple[int, int]:
    """How many lines at the beginning, and how many others at the end, are the same."""
    shortest = min(len(then), len(today))
    first = next((at for at in range(shortest) if then[at] != today[at]), shortest)
    last = next((at for at in range(shortest - first) if then[-1 - at] != today[-1 - at]), shortest - first)
    return first, last


def _laid_out(payload: bytes) -> list[str]:
    """The lines of a JSON or XML document, one value a line; of anything else its own."""
    text = payload.decode("utf-8", "replace")
    if len(payload) <= _MOST:
        begin = text.lstrip("\ufeff \t\r\n")[:1]
        if begin in ("{", "["):
            text = _json(text)
        elif begin == "<":
            text = _xml(payload, text)
    return text.splitlines()


def _json(text: str) -> str:
    import simplejson  # what only looks at an order needs neither of the two

    try:
        tree = simplejson.loads(text, use_decimal=True)
        laid_out: str = simplejson.dumps(tree, use_decimal=True, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    return laid_out


def _xml(payload: bytes, text: str) -> str:
    from lxml import etree

    from core.formats._xml import read_root

    try:
        root, _ = read_root(payload)
    except Unreadable:
        return text
    etree.indent(root)
    return etree.tostring(root, encoding="unicode")
