"""One connection in one direction: what its thread owns, and one round of its work with every way in which it can end.

A lane's methods block and run in the lane's own thread, apart from the constructor. Whatever goes wrong at a partner ends in
the lane's report and health row; only errors of our own code get out.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from core.config import Connection, Settings, SettingsError
from core.ids import uuid7
from core.orderbook import OrderBook
from core.secrets import SecretError
from core.store import Store, health, open_store, queries
from core.store.outbox import ADVICE, ATTACHMENT, KINDS, RESPONSE
from sync.channels import ChannelError, InboundChannel, NotAdmitted, OutboundChannel, Unreachable
from sync.faults import Faults
from sync.inbound import Inbound
from sync.log import Log
from sync.marks import StoreMarks
from sync.outbound import Outbound
from sync.report import ConnectionReport
from sync.schedule import Schedule
from sync.spool import NoRoom, Spool
from sync.stop import Stop
from sync.thread import OwnThread

LOOK: Final = timedelta(seconds=0.5)
"""Between two looks into the outbox: an answer leaves within a second of being due."""
PROBE: Final = timedelta(minutes=15)
"""How often a parked connection is tried again although nobody said so: not more often, or a login gets locked."""
LONGEST_BACKOFF: Final = timedelta(minutes=5)
"""The longest that a connection is left alone after failures; an answer's own schedule is in the store."""
LONGEST_SETTLE: Final = timedelta(seconds=10)
"""The longest that a round of the daemon waits for new files to be complete, in place of leaving them to the next one:
while it waits, it can't be stopped."""


class Channels(Protocol):
    """Where lanes get their channels: `sync.channels.factory`, unless a test brings its own."""

    def inbound_channel(
        self,
        connection: Connection,
        settings: Settings,
        *,
        wait_to_settle: bool = False,
        marks: StoreMarks | None = None,
    ) -> InboundChannel: ...

    def outbound_channel(
        self, connection: Connection, settings: Settings, kind: str = "order_response"
    ) -> OutboundChannel: ...


@dataclass(frozen=True, slots=True)
class House:
    """What all lanes share, and what is passed in from outside: time, chance, channels, faults."""

    settings: Settings
    channels: Channels
    schedule: Schedule
    log: Log
    clock: Callable[[], datetime]
    random: Callable[[], float]
    fault: Faults
    stop: Stop
    least_free: int
    """Bytes that must stay free on the store's disk."""

    def open_book(self) -> tuple[Store, OrderBook]:
        store = open_store(self.settings.store_path)
        return store, OrderBook(store, self.settings, clock=self.clock, new_id=lambda: uuid7(self.clock()))


class Direction(StrEnum):
    IN = "in"
    OUT = "out"
    DESPATCH = "despatch"
    """Out, too: packed and shipped, where they go another way than answers."""
    DOCUMENTS = "documents"
    """In, too: what buyers attached, which orders and answers don't wait for."""


class Ended(StrEnum):
    """How a round ended."""

    WELL = "well"
    IDLE = "idle"
    """There was nothing to do, and the partner was not asked."""
    TROUBLED = "troubled"
    """The partner was reached, but not everything got through."""
    FAILED = "failed"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Round:
    ended: Ended
    report: ConnectionReport
    wait: timedelta
    """Until the next one."""


class Lane(ABC):
    """Work of one connection in one direction; a round at a time, in `thread`."""

    direction: Direction

    def __init__(self, house: House, connection: Connection) -> None:
        self.house = house
        self.connection = connection
        self.log = house.log.bound(connection=connection.name, direction=self.direction.value)
        self.thread = OwnThread(self.name)
        self._failures = 0
        """Rounds that failed since the last one that didn't."""
        self._store: Store | None = None
        self._book: OrderBook | None = None

    @property
    def name(self) -> str:
        return f"{self.connection.name} {self.direction.value}"

    def round(self, *, once: bool = False) -> Round:
        """One round. Raises only what our own code gets wrong, and StoreError."""
        report = ConnectionReport(self.connection.name)
        try:
            tried = self._work(report, once=once)
        except (NotAdmitted, SecretError, SettingsError) as error:
            return self._failed(report, error, Ended.PARKED)
        except (ChannelError, NoRoom) as error:
            return self._failed(report, error, Ended.FAILED)
        self._failures = 0
        if report.errors:
            self.note_failure(report.errors[-1])
            return Round(Ended.TROUBLED, report, self.every)
        if not tried:
            return Round(Ended.IDLE, report, self.every)
        warning = report.warnings[-1] if report.warnings else None
        health.succeeded(self.store, self.connection.name, self.direction, self.house.clock(), warning)
        return Round(Ended.WELL, report, self.every)

    def _failed(self, report: ConnectionReport, error: Exception, ended: Ended) -> Round:
        self._failures += 1
        sentence = str(error)
        report.parked = ended is Ended.PARKED
        self.log.error("round failed", error=sentence, parked=report.parked)
        if not any(sentence in told for told in report.errors):
            report.tell(sentence)
        self.note_failure(sentence, parked=report.parked)
        wait = PROBE if report.parked else self._patience(error)
        self._put_off(sentence, None if report.parked else self.house.clock() + wait)
        return Round(ended, report, wait)

    def _patience(self, error: Exception) -> timedelta:
        """How long to leave a partner alone that fails."""
        asked = (error.retry_after or 0.0) if isinstance(error, Unreachable) else 0.0
        delay = min(self.house.schedule.delay(self._failures, self.house.random), LONGEST_BACKOFF)
        return max(delay, timedelta(seconds=min(asked, self.house.schedule.longest_asked.total_seconds())))

    def note_failure(self, sentence: str, *, parked: bool = False) -> None:
        """Show it: in `podesk status` and on the desk."""
        health.failed(self.store, self.connection.name, self.direction, self.house.clock(), sentence, parked=parked)

    def parked(self) -> bool:
        """Whether the health row still says so: a person may have lifted it with `podesk check`."""
        for row in queries.health(self.store):
            if row.connection == self.connection.name and row.direction == self.direction:
                return row.parked
        return False

    @property
    def failing(self) -> bool:
        """Whether its last round found no way to the partner."""
        return self._failures > 0

    @property
    def store(self) -> Store:
        if self._store is None:
            self._store, self._book = self.house.open_book()
        return self._store

    @property
    def book(self) -> OrderBook:
        if self._book is None:
            self._store, self._book = self.house.open_book()
        return self._book

    def close(self) -> None:
        """Let go of store and channel: at the end, and after a crash before the next try."""
        self._drop_channel()
        store, self._store, self._book = self._store, None, None
        if store is not None:
            store.close()

    @property
    @abstractmethod
    def every(self) -> timedelta:
        """Between two rounds when all goes well."""

    @abstractmethod
    def _work(self, report: ConnectionReport, *, once: bool) -> bool:
        """Do it; whether the partner was asked at all."""

    def _put_off(self, sentence: str, until: datetime | None) -> None:  # noqa: B027  (inbound, nothing waits)
        """The partner can't be had: show it on what waits for it."""

    @abstractmethod
    def _drop_channel(self) -> None:
        """Let go of the channel; the next round makes a new one."""


class InboundLane(Lane):
    direction = Direction.IN

    def __init__(self, house: House, connection: Connection) -> None:
        super().__init__(house, connection)
        self._channel: InboundChannel | None = None
        self._marks = StoreMarks(lambda: self.store, connection.name, house.fault)
        self._doubt = ""
        """What was last told of the platform's clock."""

    @property
    def every(self) -> timedelta:
        if self.connection.inbound is None or self._marks.more:
            return LOOK
        return max(self.connection.inbound.every, LOOK)

    def _patience(self, error: Exception) -> timedelta:
        """One file that can't be read is no reason to look for others less often."""
        return self.every if type(error) is ChannelError else super()._patience(error)

    def _work(self, report: ConnectionReport, *, once: bool) -> bool:
        house = self.house
        if self._channel is None:
            wait = once or getattr(self.connection.inbound, "settle", LONGEST_SETTLE) <= LONGEST_SETTLE
            self._channel = house.channels.inbound_channel(
                self.connection, house.settings, wait_to_settle=wait, marks=self._marks
            )
        inbound = Inbound(
            connection=self.connection.name,
            store=self.store,
            book=self.book,
            channel=self._channel,
            spool=Spool(house.settings.store_path, least_free=house.least_free),
            log=self.log,
            clock=house.clock,
            fault=house.fault,
            stop=house.stop,
        )
        self._marks.ended(doubt="", more=False)
        try:
            inbound.round(report)
        finally:
            self._tell_of_the_poll(report)
        return True

    def _tell_of_the_poll(self, report: ConnectionReport) -> None:
        if self._marks.more:
            self.log.info("more waits than one poll takes, the next begins at once")
        if self._marks.doubt:
            report.warn(self._marks.doubt)
        if self._marks.doubt not in ("", self._doubt):
            self.log.warning("the platform's time can't be right", warning=self._marks.doubt)
        self._doubt = self._marks.doubt

    def _drop_channel(self) -> None:
        self._channel = None


class OutboundLane(Lane):
    """All that leaves, but for despatch advices that go elsewhere: trouble there is none of the answers'."""

    direction = Direction.OUT

    def __init__(self, house: House, connection: Connection) -> None:
        super().__init__(house, connection)
        self._channel: OutboundChannel | None = None
        self._quiet = False
        """Nothing waits to leave, and the health row has no error of what waited once."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Of messages that leave by it."""
        outbound = self.connection.outbound
        elsewhere = outbound is not None and outbound.despatch is not None
        return (RESPONSE, ATTACHMENT) if elsewhere else KINDS

    @property
    def parted(self) -> bool:
        """Whether it sends only some of what leaves; another lane of the connection has the rest."""
        return self.kinds != KINDS

    @property
    def every(self) -> timedelta:
        return LOOK

    def _work(self, report: ConnectionReport, *, once: bool) -> bool:
        house = self.house
        # Nobody else sends these for this connection, so what is still being sent was left by a crash of ours.
        if left := self.book.reclaim(self.connection.name, kinds=self.kinds):
            self.log.warning("taken back: was being sent when we failed", answers=left)
        if not self._due(once=once):
            # While it is parked, its error stays for whoever lifts it, and is over only then.
            if not self._quiet and not self.parked() and not self.book.waits(self.connection.name, self.kinds):
                health.over(self.store, self.connection.name, self.direction)
                self._quiet = True
            return False
        self._quiet = False
        outbound = Outbound(
            connection=self.connection.name,
            kinds=self.kinds,
            book=self.book,
            channel=self._way_out,
            schedule=house.schedule,
            log=self.log,
            clock=house.clock,
            random=house.random,
            fault=house.fault,
            stop=house.stop,
        )
        outbound.round(report, once=once)
        return True

    def _due(self, *, once: bool = False) -> list[str]:
        now = self.house.clock()
        return self.book.due(self.connection.name, now=now, whatever_the_schedule=once, kinds=self.kinds)

    def _put_off(self, sentence: str, until: datetime | None) -> None:
        if due := self._due():
            self.book.put_off(due, sentence, until)

    def _way_out(self) -> OutboundChannel:
        """The same for all rounds, so that not each logs in again."""
        if self._channel is None:
            kind = self.kinds[0]
            self._channel = self.house.channels.outbound_channel(self.connection, self.house.settings, kind)
        return self._channel

    def _drop_channel(self) -> None:
        self._channel = None


class DespatchLane(OutboundLane):
    """Despatch advices, of a connection where they go another way than answers."""

    direction = Direction.DESPATCH

    @property
    def kinds(self) -> tuple[str, ...]:
        return (ADVICE,)
