"""Draws the pictures of the manual from the running desk: `python screenshots/make.py`.

The desk runs on a store that holds the demo's invented orders, taken in as the documents that their buyers would send. Date
and time stand still, so that the pictures change only when the desk does.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from textual.pilot import Pilot  # noqa: E402  (the checkout comes first)
from textual.widgets import Input  # noqa: E402

from core.config import Settings, parse  # noqa: E402
from core.intake import Incoming, IncomingDocument, apply, keep  # noqa: E402
from core.orderbook import OrderBook  # noqa: E402
from core.store import open_store  # noqa: E402
from sync.demo import catalogue  # noqa: E402
from sync.demo.tradecloud_orders import OUR_ACCOUNT, encode, event  # noqa: E402
from sync.demo.ubl_orders import Company, ubl_order  # noqa: E402
from sync.lock import StoreLock  # noqa: E402
from tui.app import Desk  # noqa: E402

TODAY = dt.date(2026, 3, 2)
MORNING = dt.datetime(2026, 3, 2, 8, 30, tzinfo=dt.UTC)
SIZE = (132, 34)
_WEB_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""A picture fetches nothing: any monospace font of the reader's does."""

PODESK_TOML = f"""\
store = "desk.sqlite"
timezone = "Europe/Amsterdam"

[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "{OUR_ACCOUNT}"
[connection.outbound]
channel = "http"
url = "http://127.0.0.1:9/v2"
format = "tradecloud-json"

[[connection]]
name = "city-hospital"
profile = "peppol"
[connection.outbound]
channel = "sftp"
host = "127.0.0.1"
user = "supplier"
password = {{ env = "NONE" }}
format = "peppol"

[[connection]]
name = "campus-supplies"
profile = "procurement-connect"
[connection.outbound]
channel = "sftp"
host = "127.0.0.1"
user = "supplier"
password = {{ env = "NONE" }}
format = "ubl"
"""


def documents() -> Iterator[tuple[str, str, bytes]]:
    """Connection, file name and bytes of every order of the demo's three buyers, and of one that was cut off."""
    us = Company("Demo Supplies B.V.", "8712345000004", "Utrecht")
    hospital = Company("City Hospital", "8798765000001", "Amersfoort")
    campus = Company("Campus Supplies, State University", "8755555000008", "Leiden")
    for order in catalogue.metal_works(TODAY):
        yield "metal-works", f"{order.number}.json", encode(event(order, MORNING))
    for order in catalogue.city_hospital(TODAY):
        yield "city-hospital", f"{order.number}.xml", ubl_order(order, hospital, us, TODAY, peppol=True)
    for order in catalogue.campus_supplies(TODAY):
        yield "campus-supplies", f"{order.number}.xml", ubl_order(order, campus, us, TODAY, peppol=False)
    yield "city-hospital", "H-26-cut-off.xml", b'<?xml version="1.0"?>\n<Order xmlns="urn:oasis:names:specifi'


def change_of_mind() -> tuple[str, str, bytes]:
    """Metal Works wants the last line of its first order a week later, in two parts, and pays less."""
    order = next(iter(catalogue.metal_works(TODAY)))
    *before, last = order.lines
    week = dt.timedelta(days=7)
    parts = tuple(replace(part, date=part.date + week) for part in last.deliveries[:2])
    changed = replace(last, deliveries=parts, price=last.price - 1)
    tree = event(replace(order, lines=(*before, changed)), MORNING + dt.timedelta(minutes=5))
    tree["orderEvent"]["version"] = 2
    return "metal-works", f"{order.number}-2.json", encode(tree)


def fill(
    settings: Settings,
    clock: Callable[[], dt.datetime],
    new_id: Callable[[], str],
    found: Iterable[tuple[str, str, bytes]],
) -> None:
    """Take documents in, as the daemon does."""
    with open_store(settings.store_path) as store:
        book = OrderBook(store, settings, clock=clock, new_id=new_id)
        arrivals = [
            Incoming(
                connection, f"/order/{name}", hashlib.sha256(payload).hexdigest(), (IncomingDocument(name, payload),)
            )
            for connection, name, payload in found
        ]
        for kept in keep(store, arrivals, clock()):
            list(apply(book, kept.document_ids))


async def settled(pilot: Pilot[None], seen: str) -> None:
    """Wait until the screen shows `seen`."""
    for _ in range(2000):
        strips = pilot.app.screen._compositor.render_strips()
        if seen in "\n".join(strip.text for strip in strips):
            return
        await pilot.pause(0.01)
    raise SystemExit(f"the desk never showed {seen!r}")


async def shoot(settings: Settings, clock: Callable[[], dt.datetime], new_id: Callable[[], str]) -> None:
    desk = Desk(settings, clock=clock, new_id=new_id, actor="alice")

    def save(name: str) -> None:
        picture = _WEB_FONTS.sub("", desk.export_screenshot(title="podesk"))
        (HERE / f"{name}.svg").write_text(picture, encoding="utf-8")

    # On a desk at work a daemon runs; who holds its lock is one in the desk's eyes.
    with StoreLock(settings.store_path):
        async with desk.run_test(size=SIZE) as pilot:
            await settled(pilot, "To answer 39")
            await settled(pilot, "received")
            await pilot.press("j", "c")
            await settled(pilot, "u takes it back")
            await pilot.press("j", "j", "space", "space", "j", "space")
            await settled(pilot, "3 marked")
            await settled(pilot, "leaves soon")
            await settled(pilot, "│ CS/2026/4117")
            save("inbox")
            await pilot.press("*", "c")
            await settled(pilot, "Press enter to go")
            save("bulk")
            await pilot.press("q", "g", "enter")
            await settled(pilot, "Line 00010")
            await pilot.press("j", "space")
            await settled(pilot, "1 line marked")
            save("order")
            await pilot.press("j", "e")
            await settled(pilot, "Nothing is changed yet")
            await pilot.press("down", "down", "ctrl+u", *"2026-03-20", "down", "down", "ctrl+u", *"2026-03-27")
            await settled(pilot, "Leads to: P In progress")
            desk.screen.query_one("Input:focus", Input).cursor_blink = False  # the picture has it, whatever the moment
            save("terms")
            await pilot.press("escape")
            await settled(pilot, "your unsent answer")
            fill(settings, clock, new_id, [change_of_mind()])
            await pilot.press("r", "d")
            await settled(pilot, "what the buyer changed after our answer")
            save("three-sides")


def main() -> None:
    ids = count(1)
    with tempfile.TemporaryDirectory() as name:
        settings = parse(PODESK_TOML, Path(name) / "podesk.toml")

        def new_id() -> str:
            return f"01950000-0000-7000-8000-{next(ids):012d}"

        fill(settings, lambda: MORNING, new_id, documents())
        asyncio.run(shoot(settings, lambda: MORNING, new_id))
    for path in sorted(HERE.glob("*.svg")):
        print(path.relative_to(HERE.parent))


if __name__ == "__main__":
    main()
