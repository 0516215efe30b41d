"""The command palette: the registry's actions by name, those that are not possible with the reason.

Enter takes what was typed before it: not what was found for its first letters, when several keys arrive together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import isawaitable

from textual import events, on
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input
from textual.worker import Worker

from tui.actions import Action, at, spelt
from tui.desk_screen import DeskScreen
from tui.display import display


class DeskCommands(Provider):
    async def discover(self) -> Hits:
        for action, name, told in self._offered():
            yield DiscoveryHit(Content(name), partial(self._do, action), text=name, help=told)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action, name, told in self._offered():
            score = matcher.match(f"{name} {action.help}")
            if score > 0:
                yield Hit(score, Content(name), partial(self._do, action), text=name, help=told)

    def _offered(self) -> list[tuple[Action, str, str]]:
        screen = self.screen
        if not isinstance(screen, DeskScreen):
            return []
        now = screen.situation()
        offered = []
        for action in at(screen.PLACE):
            reason = action.why_not(now)
            name = f"{action.label}  {spelt(action.keys[0])}"
            told = f"not now: {display(reason)}" if reason else action.help
            # The palette reads help as markup; a bracket that isn't one must not become one.
            offered.append((action, f"({name})" if reason else name, told.replace("[", "\\[")))
        return offered

    async def _do(self, action: Action) -> None:
        screen = self.screen
        if isinstance(screen, DeskScreen) and isawaitable(doing := screen.action_do(action.id)):
            await doing


class Palette(CommandPalette):
    def __init__(self, ready: Callable[[], None]) -> None:
        """`ready` is called when a key that had to wait may be done."""
        super().__init__(id="--command-palette")
        self._ready = ready
        self._looked_for = ""
        self._is_chosen = False

    def begins(self, event: events.Key | events.Paste) -> bool:
        """Whether that can be done by now: enter when all is found for what was typed, what is behind when it has gone."""
        key = event.key if isinstance(event, events.Key) else None
        if key == "escape":
            return True
        if self._is_chosen or (key == "enter" and self._is_looking):
            return False
        self._is_chosen = key == "enter" and self._is_offered
        return True

    @property
    def _is_looking(self) -> bool:
        group = CommandPalette._GATHER_COMMANDS_GROUP
        searches = [each for each in self.workers if each.node is self and each.group == group]
        return self.query_one(Input).value != self._looked_for or not all(each.is_finished for each in searches)

    @property
    def _is_offered(self) -> bool:
        """Whether enter leads to something."""
        found = self.query_one(CommandList)
        at = found.highlighted
        return self._list_visible and at is not None and not found.get_option_at_index(at).disabled

    @on(Input.Changed)
    def _look_for(self, event: Input.Changed) -> None:
        self._looked_for = event.value

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        if event.worker.is_finished:
            self._ready()

    def dismiss(self, result: None = None) -> AwaitComplete:
        left = super().dismiss(result)
        # What was chosen is done before the keys behind it.
        self.app.call_later(self._ready)
        return left
