"""Text that others wrote, made fit to be shown: the one function between the store and a screen or a terminal.

An order can hold any character, and a terminal obeys some of them: an escape sequence moves the cursor, sets the window's
title or writes to the clipboard; a bidirectional override shows `gpj.exe` as `exe.jpg`. What is shown has none of them;
the store keeps the original. Imports nothing of the project and no screen library, since the commands use it too.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

CAP: Final = 200
"""Characters shown of a text unless told otherwise: a name, a number, a sentence."""
MOST_MARKS: Final = 4
"""Combining marks kept on one letter. Vietnamese and Thai stack two or three; a hundred climb over the lines above."""
REPLACEMENT: Final = "\ufffd"

_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u17b4\u17b5\u034f\u180b\u180c\u180d\u180f")
"""Letters and marks by category that take no room on a screen, or pretend to be a blank."""
_UNSAFE_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Cn", "Zl", "Zp"))
_MARKS = frozenset(("Mn", "Me", "Mc"))

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
"""What a terminal may obey, and what nobody sees: for the last look at what is painted (`tui.line_filter`)."""


def display(text: str, cap: int = CAP) -> str:
    """`text` as one line that is safe to show.

    Control characters become their pictures (␛ for escape, ␊ for a line end), C1, bidirectional, zero-width and
    unassigned characters �; marks on one letter and the length are capped, a cut ends in `…`. What is plain comes back
    as it is. The result is text, not markup: widgets get it as `Text` or `Content`.
    """
    cut = len(text) > cap
    if cut:
        # Marks that are dropped below make it shorter still, so `cap` characters are all that can be needed.
        text = text[: max(cap - 1, 0)]
    if not (text.isascii() and text.isprintable()):
        text = "".join(_shown(text))
    return text + "…" if cut else text


def display_lines(text: str, cap: int = CAP, most: int = 10_000) -> list[str]:
    """`text` as safe lines, one for each of its own; at most `most`, and the last says how many were left out."""
    lines = text.replace("\r\n", "\n").split("\n")
    shown = [display(line, cap) for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"… {len(lines) - most:,} more lines")
    return shown


def is_safe(text: str) -> bool:
    """Whether a terminal could be given `text` as it is: nothing in it to obey, nothing hidden."""
    return _UNSAFE.search(text) is None


def without_unsafe(text: str) -> str:
    """`text` without the characters that `is_safe` looks for. They take no cell, so a painted line keeps its width."""
    return _UNSAFE.sub("", text)


def _shown(text: str) -> list[str]:
    shown: list[str] = []
    marks = MOST_MARKS  # a mark with no letter before it would land on what stands before the text
    for character in text:
        replaced = _replaced(character)
        if replaced is None:
            marks += 1
            if marks <= MOST_MARKS:
                shown.append(character)
            elif not shown:
                shown.append(REPLACEMENT)
        else:
            marks = 0
            shown.append(replaced)
    return shown


@lru_cache(maxsize=4096)
def _replaced(character: str) -> str | None:
    """What stands for `character`: itself, its picture or �; None for a combining mark, which counts."""
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if character in _INVISIBLE_LETTERS or 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF:
        return REPLACEMENT
    category = unicodedata.category(character)
    if category in _UNSAFE_CATEGORIES:
        return REPLACEMENT
    return None if category in _MARKS else character
