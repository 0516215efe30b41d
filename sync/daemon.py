"""`podesk sync`: one supervised task for each connection and direction, or with `once` one round of everything.

asyncio only keeps the time here; what blocks runs in threads, one for each lane (`sync.lanes`). A lane that fails backs off
by itself, one that crashes is started again, and neither is felt by the others. The daemon ends on SIGTERM or SIGINT: each
lane finishes the step in hand; one that is stuck with a silent partner is left behind after a few seconds, which is no
worse than a crash at that point, and a crash anywhere is safe.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import random as chance
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.config import Settings
from core.store import StoreError, queries
from sync import faults as points
from sync.faults import Faults
from sync.inbound import recover
from sync.lanes import LONGEST_BACKOFF, LOOK, Channels, Ended, House, InboundLane, Lane, OutboundLane, Round
from sync.lock import StoreLock
from sync.log import Log
from sync.report import ConnectionReport, RoundReport
from sync.schedule import Schedule
from sync.spool import LEAST_FREE, Spool
from sync.stop import Stop, ending_on_signals, until
from sync.thread import OwnThread

GRACE: Final = 5.0
"""Seconds that lanes get to finish the step in hand when the daemon is asked to end."""


def run(
    settings: Settings,
    *,
    once: bool,
    log: Log | None = None,
    faults: Faults | None = None,
    schedule: Schedule | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    random: Callable[[], float] = chance.random,
    channels: Channels | None = None,
    stop: Stop | None = None,
    least_free: int = LEAST_FREE,
) -> RoundReport:
    """Run the daemon until it is asked to end, or one round. Raises AlreadyRunning and StoreError.

    The report is the round's; a daemon's adds up what it did since it started.
    """
    house = House(
        settings=settings,
        channels=channels if channels is not None else _factory(),
        schedule=schedule if schedule is not None else Schedule(),
        log=log if log is not None else Log(),
        clock=clock,
        random=random,
        fault=faults if faults is not None else points.none,
        stop=stop if stop is not None else Stop(),
        least_free=least_free,
    )
    house.open_book()[0].close()  # made and brought up to date by one, before all lanes open it
    lock = StoreLock(settings.store_path)
    lock.acquire()
    daemon = _Daemon(house)
    try:
        return asyncio.run(daemon.once() if once else daemon.serve())
    finally:
        daemon.dismiss()
        # What a thread left behind may still write is ours to write: the lock then goes with the process.
        if not daemon.left_behind:
            lock.release()


def run_once(settings: Settings, *, log: Log | None = None) -> RoundReport:
    """One round of everything; nothing is logged unless there is a `log`. Raises AlreadyRunning and StoreError."""
    return run(settings, once=True, log=log if log is not None else Log(io.StringIO(), quiet=True))


def _factory() -> Channels:
    from sync.channels import factory  # not imported by a command that only wants to know whether a daemon runs

    channels: Channels = factory
    return channels


class _Daemon:
    def __init__(self, house: House) -> None:
        self.house = house
        self.log = house.log
        self.left_behind = False
        self._reports = {each.name: ConnectionReport(each.name) for each in house.settings.connection}
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._house_thread = OwnThread("house")

    async def once(self) -> RoundReport:
        """Inbound of all connections, then outbound of all."""
        with self._signals():
            await self._all([self._recovered()])
            inbound, outbound = self._inbound_lanes(), self._outbound_lanes()
            await self._all([self._one_round(lane) for lane in inbound])
            await self._all([self._one_round(lane) for lane in outbound])
            await self._all([self._dismissed(lane) for lane in (*inbound, *outbound)])
            return self._report()

    async def serve(self) -> RoundReport:
        with self._signals():
            self.log.info("started", connections=list(self._reports), store=self.house.settings.store_path)
            await self._all([self._recovered()])
            lanes: list[Lane] = [*self._inbound_lanes(), *self._outbound_lanes()]
            await self._all([*(self._keep_going(lane) for lane in lanes), self._told_to_end()])
            self.log.info("ended", left_behind=self.left_behind)
            return self._report()

    def dismiss(self) -> None:
        self._house_thread.end()

    # One lane

    async def _keep_going(self, lane: Lane) -> None:
        """Round after round, until the end. A crash costs this lane a pause, and nothing else anything."""
        crashes = 0
        while not self._stopping.is_set():
            try:
                done = await lane.thread.do(lane.round)
                self._tell(lane, done)
                crashes = 0
                if done.ended is Ended.PARKED:
                    await self._while_parked(lane, done.wait)
                else:
                    await self._pause(done.wait)
            except Exception as error:
                crashes += 1
                lane.log.exception("crashed, is started again", crashes=crashes)
                await self._after_crash(lane, error)
                await self._pause(min(self.house.schedule.delay(crashes, self.house.random), LONGEST_BACKOFF))
        await self._dismissed(lane)

    async def _one_round(self, lane: Lane) -> None:
        """The lane's round of `--once`. A crash becomes an error of its connection."""
        if self._stopping.is_set():
            return
        try:
            self._tell(lane, await lane.thread.do(lambda: lane.round(once=True)))
        except Exception as error:
            lane.log.exception("crashed")
            report = ConnectionReport(lane.connection.name, errors=[_sentence(error)])
            self._reports[lane.connection.name].add(report)
            await self._after_crash(lane, error)

    def _tell(self, lane: Lane, done: Round) -> None:
        self._reports[lane.connection.name].add(done.report)
        if not done.report.idle:
            facts = {key: value for key, value in asdict(done.report).items() if value and key != "connection"}
            lane.log.info("round", ended=done.ended.value, **facts)

    async def _after_crash(self, lane: Lane, error: Exception) -> None:
        """Show it, and let go of everything that the crash may have left half done."""
        with contextlib.suppress(Exception):
            await lane.thread.do(lambda: lane.note_failure(_sentence(error)))
        with contextlib.suppress(Exception):
            await lane.thread.do(lane.close)

    async def _dismissed(self, lane: Lane) -> None:
        with contextlib.suppress(Exception):
            await lane.thread.do(lane.close)
        lane.thread.end()

    async def _while_parked(self, lane: Lane, wait: timedelta) -> None:
        """Until a person lifts it (`podesk check` does), or the time of a probe has come."""
        clock = asyncio.get_running_loop().time
        probe = clock() + wait.total_seconds()
        while not self._stopping.is_set() and clock() < probe:
            await self._pause(4 * LOOK)
            if not await lane.thread.do(lane.parked):
                return

    # The house

    async def _recovered(self) -> None:
        await self._house_thread.do(self._recover)

    def _recover(self) -> None:
        """Take up what a crash left. The lanes have not begun."""
        store, book = self.house.open_book()
        try:
            if reclaimed := book.reclaim():
                self.log.warning("taken back: was being sent when the last daemon died", answers=reclaimed)

            def report_for(document: int) -> ConnectionReport:
                row = queries.document(store, document)
                connection = row.connection if row is not None else ""
                return self._reports.setdefault(connection, ConnectionReport(connection))

            recover(store, book, Spool(self.house.settings.store_path), report_for, self.log, self.house.stop)
        finally:
            store.close()

    def _report(self) -> RoundReport:
        store, _ = self.house.open_book()
        with contextlib.closing(store):
            undelivered = sum(row.state in ("failed", "uncertain") for row in queries.outbox(store))
            quarantined = queries.quarantine_count(store)
        return RoundReport(tuple(self._reports.values()), quarantined=quarantined, undelivered=undelivered)

    def _inbound_lanes(self) -> list[InboundLane]:
        # A webhook is not asked: its orders come by themselves, to `podesk serve`.
        return [
            InboundLane(self.house, each)
            for each in self.house.settings.connection
            if each.inbound is not None and each.inbound.channel != "webhook"
        ]

    def _outbound_lanes(self) -> list[OutboundLane]:
        return [OutboundLane(self.house, each) for each in self.house.settings.connection if each.outbound is not None]

    # Time and the end

    async def _all(self, work: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Run all of it to its end; when the daemon is to end, leave behind what takes longer than the grace."""
        tasks = [asyncio.create_task(each) for each in work]
        if running := await until(tasks, self._stopping):
            late = await until(running, self._hurry, GRACE)
            if late:
                self.left_behind = True
                self.log.warning("left behind, stuck with a partner", lanes=len(late))
            for task in late:
                task.cancel()
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def _told_to_end(self) -> None:
        """So that a daemon without connections waits too, instead of being started again and again."""
        await self._stopping.wait()

    async def _pause(self, wait: timedelta) -> None:
        """Not longer than until the daemon is to end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait.total_seconds())

    def _signals(self) -> contextlib.AbstractContextManager[None]:
        return ending_on_signals(self.house.stop, self._stopping, self._hurry)


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"
