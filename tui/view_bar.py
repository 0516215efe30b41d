"""The views of the inbox in one line, with their counts: the one that is shown is always to be seen, whatever the width."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.cells import cell_len
from rich.text import Text

CUT: Final = "…"


def view_bar(views: Sequence[tuple[str, str, str]], at: int, width: int) -> Text:
    """`views`: title, a shorter one for narrow screens, and count. Where even those are too wide, `…` stands for some."""
    for titles in ([long for long, _, _ in views], [short for _, short, _ in views]):
        labels = [f"{title} {count}".rstrip() for title, (_, _, count) in zip(titles, views, strict=True)]
        for blanks in (" ", ""):
            text = _laid_out(labels, at, 0, len(labels), blanks)
            if text.cell_len <= width:
                return text
    first, last = at, at + 1
    # Neighbours in turn, as many as there is room for.
    while True:
        for begin, end in ((first, last + 1), (first - 1, last)):
            if begin >= 0 and end <= len(labels) and cell_len(_laid_out(labels, at, begin, end).plain) <= width:
                first, last = begin, end
                break
        else:
            return _laid_out(labels, at, first, last)


def _laid_out(labels: Sequence[str], at: int, first: int, last: int, blanks: str = "") -> Text:
    """Between two labels stands one cell: a blank, or a bracket of the one that is shown; and `blanks`."""
    text = Text(no_wrap=True, overflow="crop")
    if first:
        text.append(CUT)
    for number in range(first, last):
        text.append("[" if number == at else "" if number == at + 1 and number > first else " ")
        text.append(labels[number])
        text.append("]" if number == at else "")
        if number + 1 < last:
            text.append(blanks)
    if at in range(first, last):
        begin = text.plain.index("[")
        text.stylize("reverse", begin, text.plain.index("]", begin) + 1)
    if last < len(labels):
        text.append(f" {CUT}" if last - 1 != at else CUT)
    return text
