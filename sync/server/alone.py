"""`podesk serve`: takes in what is posted, and nothing else, in a process of its own.

It may run beside `podesk sync`, whose lock it doesn't take: it never sends by a channel, and takes up only documents that
were posted. What it does send is answers in HTTP responses; those that a dead one left behind it takes back, and nothing
that the daemon may be sending. With `apart = true` in `[webhook]` the daemon leaves listening to it, so that either can be
started again, or be put under another user or limits, without the other.
"""

from __future__ import annotations

import asyncio
import random as chance
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.config import Settings, SettingsError
from sync import faults as points
from sync.channels import factory
from sync.faults import Faults
from sync.lanes import House
from sync.log import Log
from sync.report import RoundReport
from sync.rules_watch import EVERY, RulesWatch
from sync.schedule import Schedule
from sync.server import orders_server
from sync.spool import LEAST_FREE
from sync.stop import Stop, ending_on_signals

if TYPE_CHECKING:
    from sync.server.serving import OrdersServer


def run(
    settings: Settings,
    *,
    log: Log | None = None,
    faults: Faults | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    stop: Stop | None = None,
    least_free: int = LEAST_FREE,
) -> RoundReport:
    """Serve until asked to end. Raises AlreadyListening, SettingsError and StoreError."""
    if not settings.served:
        raise SettingsError('no connection has an inbound channel = "webhook": there is nothing to serve')
    house = House(
        settings=settings,
        channels=factory,
        schedule=Schedule(),
        log=log if log is not None else Log(),
        clock=clock,
        random=chance.random,
        fault=faults if faults is not None else points.none,
        stop=stop if stop is not None else Stop(),
        least_free=least_free,
    )
    house.open_book()[0].close()  # made and brought up to date by one, before all threads open it
    server = orders_server(house)
    server.listen()
    try:
        asyncio.run(_serve(house, server))
    finally:
        server.close()
    return RoundReport(tuple(server.reports))


async def _serve(house: House, server: OrdersServer) -> None:
    stopping, hurry = asyncio.Event(), asyncio.Event()
    with ending_on_signals(house.stop, stopping, hurry):
        house.log.info("started", store=house.settings.store_path)
        watching = asyncio.create_task(_watch_rules(house))
        serving = asyncio.create_task(server.serve(stopping))
        hurrying = asyncio.create_task(hurry.wait())
        await asyncio.wait([serving, hurrying], return_when=asyncio.FIRST_COMPLETED)
        hurrying.cancel()
        watching.cancel()
        if serving.done():
            serving.result()
        house.log.info("ended", hurried=not serving.done())


async def _watch_rules(house: House) -> None:
    rules = RulesWatch(house.settings, house.log)
    while rules.wanted:
        await asyncio.to_thread(rules.look)
        await asyncio.sleep(EVERY.total_seconds())
