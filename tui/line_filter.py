"""The last look at a line before it is painted: what a terminal would obey doesn't get out, whoever let it in.

`tui.display` is where text is made fit to be shown; this is for what was forgotten there, and for a widget's own doing.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from tui.display import is_safe, without_unsafe


class NothingToObey(LineFilter):
    """Drops control, bidirectional and invisible characters from painted text."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        if all(is_safe(segment.text) for segment in segments):
            return segments
        return [
            segment
            if segment.control or is_safe(segment.text)
            else Segment(without_unsafe(segment.text), segment.style)
            for segment in segments
        ]
