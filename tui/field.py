"""A field to type in. What has no room in it is told, and what is pasted comes as one line without what a terminal obeys."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from textual import events
from textual.message import Message
from textual.widgets import Input

from tui.display import without_unsafe


@runtime_checkable
class TakesEnter(Protocol):
    """A screen with fields."""

    def entered(self, field: Field) -> None: ...


class Field(Input):
    class Full(Message):
        """Something had no room in the field; `sentence` says so."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def __init__(self, value: str = "", *, longest: int, name: str | None = None, placeholder: str = "") -> None:
        """`longest`: characters. `value` and `placeholder` are fit to be shown."""
        super().__init__(
            value, name=name, placeholder=placeholder, max_length=longest, select_on_focus=False, compact=True
        )
        self.longest = longest

    async def action_submit(self) -> None:
        """At once, so that what is typed after enter is no part of what is said."""
        screen = self.screen
        if isinstance(screen, TakesEnter):
            screen.entered(self)
        else:
            await super().action_submit()

    def _on_paste(self, event: events.Paste) -> None:
        # Textual's own would keep the first line alone, and none of it where it is too long.
        event.stop()
        event.prevent_default()
        text = as_one_line(event.text)
        room = self.longest - len(self.value) + len(self.selected_text)
        if len(text) > room:
            self.post_message(self.Full(f"Only the first {room:,} of {len(text):,} pasted characters have room here"))
        self.replace(text[:room], *sorted(self.selection))

    def restricted(self) -> None:
        self.post_message(self.Full(f"There is room for {self.longest:,} characters here, and no more"))


def as_one_line(text: str) -> str:
    """What was pasted: line ends and tabs become blanks."""
    return without_unsafe(" ".join(text.split()))
