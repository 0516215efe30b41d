"""Keys in the order in which they were typed, each for the screen that it was typed for.

Over a slow line one read brings several. One is done before the next begins, and what is typed while a screen opens waits
for that screen: it never acts on what stands behind.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from textual import events
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input

from tui.palette import Palette
from tui.sending import SendingScreen

_TOGETHER: Final = 0.05
"""Seconds within which a key comes behind another in one read, or nobody has seen what the one before led to."""


class KeysInOrder(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key | events.Paste] = deque()
        """What has not been done yet."""
        self._opening: object | None = None
        """Stands for the screen that is being read for; None: none is."""
        self._waits_for: Screen[object] | None = None
        self._last = 0.0
        """When the last key came, in seconds of Textual's clock."""
        self._forgotten: float | None = None
        """When the last one came that is forgotten, while those that come together with it are too."""

    def opening(self, screen: Callable[[], Awaitable[None]], *, or_none: bool = False) -> None:
        """Only the last screen asked for opens: a key typed twice opens one. What is typed meanwhile is typed there.

        Where none opens after all it is typed nowhere; `or_none`: it is typed here, since none may have been to open.
        """
        self._opening = mine = object()
        behind = self.screen

        async def opened() -> None:
            try:
                await screen()
            finally:
                if self._opening is mine:
                    self._opening = None
                    if self.screen is behind and not or_none:
                        self.forget_typed()
                    self.call_later(self._next_key)

        work: Callable[[], Awaitable[None]] = opened
        self.run_worker(work, group="opening", exclusive=True)

    def action_command_palette(self) -> None:
        def ready() -> None:
            self.call_later(self._next_key)

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(ready))

    def forget_typed(self) -> None:
        """What was typed for a screen that doesn't open, as far as it came together with the key that should open it."""
        self._typed.clear()
        self._forgotten = self._last

    async def on_event(self, event: events.Event) -> None:
        """A key is done before the next one begins.

        Textual lets what a key is bound to run only when the key has gone from the focused widget up to the app; of keys
        that arrive together the later ones have reached their widget by then: `5`, backspace, `7` left a `5`, and the
        letters of a search decided on the order under the cursor.
        """
        if isinstance(event, events.Key | events.Paste) and event.is_forwarded:
            return  # done already; the screen may be another by now, where the same key decides
        if isinstance(event, events.Key | events.Paste) and not self._exit:
            # Whoever types has the focus, whatever the terminal told last; else the letters of a field would be keys.
            self.app_focus = True
            if self._forgotten is not None and event.time - self._forgotten < _TOGETHER:
                self._forgotten = event.time
                return
            self._forgotten, self._last = None, event.time
            self._typed.append(event)
            await self._next_key()
        else:
            await super().on_event(event)

    async def _next_key(self) -> None:
        """Do the first of what was typed, unless its screen is still to come."""
        # What a screen gave that has just been left counts before the keys behind it.
        await self._flush_next_callbacks()
        if not self._typed or self._opening is not None or self._exit:
            return
        if not self.screen.is_mounted:
            self._wait_for(self.screen)
            return
        self._waits_for = None
        if isinstance(self.screen, Palette) and not self.screen.begins(self._typed[0]):
            return
        await self._do(self._typed.popleft())
        if self._typed:
            self.call_later(self._next_key)

    def _wait_for(self, screen: Screen[object]) -> None:
        """A screen does what it is asked when it stands, and has its focus."""
        if self._waits_for is not screen:
            self._waits_for = screen
            screen.call_later(lambda: self.call_later(self._next_key))

    async def _do(self, event: events.Key | events.Paste) -> None:
        if isinstance(event, events.Key) and await self._check_bindings(event.key, priority=True):
            return
        field = self.focused
        if isinstance(field, Input) and (isinstance(event, events.Paste) or event.is_printable):
            if isinstance(self.screen, SendingScreen) and self.screen.is_sending:
                return
            if isinstance(event, events.Paste):
                field._on_paste(event)
            else:
                await field._on_key(event)
            return
        if isinstance(event, events.Key) and await self._check_bindings(event.key):
            return
        await super().on_event(event)
