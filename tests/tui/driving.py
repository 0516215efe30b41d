"""A desk under a pilot: keys in, the screen as text out, and waiting for what must come instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import datetime

from textual.pilot import Pilot

from sync.lock import StoreLock
from tests.tui.orders import Sample, now
from tui.app import Desk
from tui.display import is_safe

PATIENCE = 90.0


class Driver:
    def __init__(self, desk: Desk, pilot: Pilot[None]) -> None:
        self.desk = desk
        self.pilot = pilot

    @property
    def text(self) -> str:
        """The screen as a person sees it, line by line."""
        strips = self.desk.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    async def press(self, *keys: str) -> None:
        """As somebody who looks does: in another view or search no key before its rows are there."""
        for key in keys:
            await self.pilot.press(key)
            await self.until(lambda: not getattr(self.desk.screen, "_awaits_rows", False), "the rows of the view")

    async def sees(self, seen: str | Callable[[str], bool]) -> str:
        """Wait until the screen shows `seen`, or fulfils it; its text then."""
        fulfilled = (lambda text: seen in text) if isinstance(seen, str) else seen
        await self.until(lambda: fulfilled(self.text), str(seen))
        assert is_safe(self.text.replace("\n", ""))
        return self.text

    async def until(self, true: Callable[[], bool], what: str = "") -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {PATIENCE:g} s: {what}; the screen shows\n{self.text}")
            await self.pilot.pause()
            await asyncio.sleep(0.01)


@asynccontextmanager
async def driven(
    orders: Sample, size: tuple[int, int] = (110, 30), clock: Callable[[], datetime] = now, *, daemon: bool = True
) -> AsyncIterator[Driver]:
    """The desk on that store, with its first counts on the screen. `daemon`: one runs, as far as the desk can see."""
    desk = Desk(orders.settings, clock=clock, actor="alice")
    # Who holds the lock of the store is its daemon to others.
    with StoreLock(orders.settings.store_path) if daemon else nullcontext():
        async with desk.run_test(size=size) as pilot:
            driver = Driver(desk, pilot)
            await driver.sees("unsent")
            yield driver
