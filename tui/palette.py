"""The command palette: the registry's actions by name, those that are not possible with the reason."""

from __future__ import annotations

from functools import partial

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

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

    def _do(self, action: Action) -> None:
        screen = self.screen
        if isinstance(screen, DeskScreen):
            screen.action_do(action.id)
