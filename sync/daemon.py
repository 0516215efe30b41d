"""`podesk sync`: one supervised task for each connection and direction, or with `once` one round of everything.

asyncio only keeps the time here; what blocks runs in threads, one for each lane (`sync.lanes`). A lane that fails backs off
by itself, one that crashes is started again, and neither is felt by the others. The daemon ends on SIGTERM or SIGINT: each
lane finishes the step in hand; one that is stuck with a silent partner is left behind after a few seconds, which is no
worse than a crash at that point, and a crash anywhere is safe. One round doesn't wait for ever either: answers leave
although a partner's orders are slow to come, and a lane that is stuck with such a partner is left behind likewise.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import random as chance
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from core.config import Settings
from core.store import StoreError, queries, tasks
from sync import faults as points
from sync.downloads import DownloadLane
from sync.faults import Faults
from sync.inbound import recover
from sync.lanes import (
    LONGEST_BACKOFF,
    LOOK,
    Channels,
    DespatchLane,
    Direction,
    Ended,
    House,
    InboundLane,
    Lane,
    OutboundLane,
    Round,
)
from sync.lock import StoreLock
from sync.log import Log
from sync.report import ConnectionReport, RoundReport
from sync.rules_watch import EVERY, RulesWatch
from sync.schedule import Schedule
from sync.server import orders_server
from sync.spool import LEAST_FREE, Spool
from sync.stop import Stop, ending_on_signals, until
from sync.thread import OwnThread

if TYPE_CHECKING:
    from sync.server.serving import OrdersServer

GRACE: Final = 5.0
"""Seconds that lanes get to finish the step in hand when the daemon is asked to end."""
_DOING: Final = {
    Direction.IN: "fetching orders",
    Direction.OUT: "sending answers",
    Direction.DESPATCH: "sending despatch advices",
    Direction.DOCUMENTS: "fetching documents",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """What one round has for those who send us orders; seconds."""

    before_answers: float = 60.0
    """Answers wait so long for the orders to be in; then they leave meanwhile."""
    in_all: float = 900.0
    """Then no more is asked for; what still waits at the partner's is for the next round."""


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
    patience: Patience | None = None,
) -> RoundReport:
    """Run the daemon until it is asked to end, or one round. Raises AlreadyRunning and StoreError.

    What buyers post is taken in too, unless that is another process's; raises SettingsError when we can't listen for it.
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
    server = None
    if not once and settings.served and not settings.listener.apart:
        try:
            server = orders_server(house)
            server.listen()
        except BaseException:
            lock.release()
            raise
    daemon = _Daemon(house, server)
    try:
        return asyncio.run(daemon.once(patience or Patience()) if once else daemon.serve())
    finally:
        daemon.dismiss()
        if server is not None:
            server.close()
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
    def __init__(self, house: House, server: OrdersServer | None = None) -> None:
        self.house = house
        self.server = server
        self.log = house.log
        self.left_behind = False
        self._left_behind: list[Lane] = []
        self._reports = {each.name: ConnectionReport(each.name) for each in house.settings.connection}
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()
        self._house_thread = OwnThread("house")
        self._rules = RulesWatch(house.settings, house.log)

    async def once(self, patience: Patience) -> RoundReport:
        """Inbound of all connections, then outbound of all; both at once where a partner's orders are slow to come.

        What buyers attached to the orders comes last, so that no order and no answer waits for it.
        """
        with self._signals():
            await self._all({self._recovered(): None})
            enough = Stop()
            self.house.stop.on_request(enough.request)
            inbound = self._inbound_lanes(replace(self.house, stop=enough))
            outbound = self._outbound_lanes()
            reading = asyncio.create_task(
                self._all({self._one_round(lane): lane for lane in inbound}, patience.in_all, enough)
            )
            await until([reading], self._stopping, patience.before_answers)
            await self._send(outbound)
            await reading
            documents = self._download_lanes(replace(self.house, stop=enough))
            await self._all({self._one_round(lane): lane for lane in documents}, patience.in_all, enough)
            lanes = [lane for lane in (*inbound, *outbound, *documents) if lane not in self._left_behind]
            await self._all({self._dismissed(lane): lane for lane in lanes})
            return self._report()

    async def serve(self) -> RoundReport:
        with self._signals():
            self.log.info("started", connections=list(self._reports), store=self.house.settings.store_path)
            await self._all({self._recovered(): None})
            lanes: list[Lane] = [
                *self._inbound_lanes(self.house),
                *self._outbound_lanes(),
                *self._download_lanes(self.house),
            ]
            house = {self._served(): None, self._watched_rules(): None}
            await self._all({**{self._keep_going(lane): lane for lane in lanes}, **house})
            self.log.info("ended", left_behind=self.left_behind, stuck=[lane.name for lane in self._left_behind])
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

    async def _send(self, lanes: list[OutboundLane]) -> None:
        """A round of each; and again while something leaves, where it may be what waited for the other way out."""
        await self._all({self._one_round(lane): lane for lane in lanes})
        sent = 0
        while (now := sum(self._reports[lane.connection.name].sent for lane in lanes if lane.parted)) > sent:
            sent = now
            again = [lane for lane in lanes if lane.parted and not lane.failing and lane not in self._left_behind]
            await self._all({self._one_round(lane, whatever_the_schedule=False): lane for lane in again})

    async def _one_round(self, lane: Lane, *, whatever_the_schedule: bool = True) -> None:
        """The lane's round of `--once`. A crash becomes an error of its connection."""
        if self._stopping.is_set():
            return
        try:
            self._tell(lane, await lane.thread.do(lambda: lane.round(once=whatever_the_schedule)))
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
        self._rules.look()
        store, book = self.house.open_book()
        try:
            for each in self.house.settings.connection:
                tasks.settle_due(store, each.name, each.answer_within, self.house.settings.zone)
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

    def _inbound_lanes(self, house: House) -> list[InboundLane]:
        # A webhook is not asked: its orders come by themselves (`sync.server`).
        return [
            InboundLane(house, each)
            for each in self.house.settings.connection
            if each.inbound is not None and each.inbound.channel != "webhook"
        ]

    def _outbound_lanes(self) -> list[OutboundLane]:
        kinds = {"out": OutboundLane, "despatch": DespatchLane}
        there = self.house.settings.connection
        return [kinds[way](self.house, each) for each in there for way in each.ways if way in kinds]

    def _download_lanes(self, house: House) -> list[DownloadLane]:
        return [DownloadLane(house, each) for each in house.settings.connection if each.documents_from is not None]

    # Time and the end

    async def _all(
        self,
        work: Mapping[Coroutine[Any, Any, None], Lane | None],
        seconds: float | None = None,
        enough: Stop | None = None,
    ) -> None:
        """Run all of it, each for its lane, to its end.

        When the daemon is to end, or after so many `seconds`, all are told that it is `enough`; what then takes longer than
        the grace is left behind.
        """
        tasks = {asyncio.create_task(each): lane for each, lane in work.items()}
        if running := await until(tasks, self._stopping, seconds):
            if enough is not None:
                enough.request()
                if not self._stopping.is_set():
                    still = [lane.name for task in running if (lane := tasks[task])]
                    self.log.info("fetched for long enough", lanes=still)
            for task in await until(running, self._hurry, GRACE):
                self._leave_behind(tasks[task])
                task.cancel()
        for task in tasks:
            if task.done() and not task.cancelled():
                task.result()

    def _leave_behind(self, lane: Lane | None) -> None:
        self.left_behind = True
        if lane is None:
            self.log.warning("left behind, stuck")
            return
        self._left_behind.append(lane)
        lane.thread.end()  # should it ever come back
        lane.log.warning("left behind, stuck with a partner")
        self._reports[lane.connection.name].tell(
            f"{_DOING[lane.direction]} was still stuck with the partner at the end and was left behind; what it did not get"
            " done is done in the next round; see `podesk check`, and ask the partner"
        )

    async def _served(self) -> None:
        """What is posted to us; without that, a daemon without connections waits too, in place of being started again."""
        if self.server is None:
            await self._stopping.wait()
            return
        await self.server.serve(self._stopping)
        for report in self.server.reports:
            self._reports[report.connection].add(report)

    async def _watched_rules(self) -> None:
        while self._rules.wanted and not self._stopping.is_set():
            await self._house_thread.do(self._rules.look)
            await self._pause(EVERY)

    async def _pause(self, wait: timedelta) -> None:
        """Not longer than until the daemon is to end."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), wait.total_seconds())

    def _signals(self) -> contextlib.AbstractContextManager[None]:
        return ending_on_signals(self.house.stop, self._stopping, self._hurry)


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"
