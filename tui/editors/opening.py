"""Opens an editor over the screen of an order, or over the inbox; loaded when the first one is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from core.formats import Carries
from core.store.queries import load
from core.store.rows import Loaded
from tui.acting import REFUSED, Answered
from tui.display import display
from tui.editors.details import DetailsEditor
from tui.editors.form import FormScreen
from tui.editors.goods import GoodsForm
from tui.editors.opened import opened
from tui.editors.terms import TermsEditor

if TYPE_CHECKING:
    from tui.app import Desk

Told = Callable[[Answered | None], None]
"""Hears what came of it when the editor has gone; None: it was left."""


async def edit_line(
    desk: Desk, action: str, loaded: Loaded, position: str, carries: Carries | None, then: Told
) -> None:
    """`action`: edit (other terms) or details, of a line of an order as it is shown."""
    found = await desk.read(desk.trying.ask(lambda book: opened(book, loaded, position, desk.actor)))
    if found is None:
        return
    if action == "edit":
        _push(desk, TermsEditor(found, desk.profile(loaded.row.connection), carries), then)
    else:
        _push(desk, DetailsEditor(found), then)


async def say_goods(desk: Desk, action: str, order_id: int, then: Told, positions: Collection[str] = ()) -> None:
    """`action`: pack or ship, of all that is agreed, or the lines at `positions`."""
    now = desk.clock()
    loaded = await desk.read(desk.reading.ask(lambda store: load(store, order_id, now)))
    if loaded is None:
        return
    screen = GoodsForm(loaded, action, positions)
    if screen.left:
        _push(desk, screen, then)
    else:
        desk.say(f"Not possible: {display(loaded.row.number, 60)}: nothing that is agreed is left to {action}")


def _push(desk: Desk, screen: FormScreen, then: Told) -> None:
    def over(_: None) -> None:
        if screen.keeping is None:
            then(screen.answered)
        else:
            desk.run_worker(kept(screen.keeping))

    async def kept(keeping: Awaitable[None]) -> None:
        with suppress(*REFUSED):  # told by the editor
            await keeping
        if not desk.is_ending:
            then(None)

    if not desk.is_ending:
        desk.push_screen(screen, over)
