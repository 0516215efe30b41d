"""What was posted for one connection, on its way into the store: a thread, a store and a spool of its own.

The steps are those of `sync.inbound`, with the caller in the place of the folder that would be asked again: spool, synced;
transaction A; then the caller may hear 2xx; transaction B. Those who wait together are kept together, in one sync of the
disk, and keeping comes before applying, so that a caller hears within a second however much there is to apply.

Equal bytes again, under the same id of the caller's or without any, are the same arrival: no effect, and the same answer.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Final

from core import intake
from core.config import Connection
from core.connections import WebhookInbound
from core.intake import Applied
from core.orderbook import OrderBook
from core.secrets import SecretError, resolve
from core.store import Store, StoreError
from core.store.rows import OutgoingRow
from sync import faults
from sync.channels import Arrival, Received
from sync.inbound import MOST_ARRIVALS, MOST_BYTES, Keeping, apply_each, count
from sync.lanes import PROBE, House
from sync.report import ConnectionReport
from sync.server.admission import Admission, admission
from sync.server.condition import Condition
from sync.server.event_id import event_id
from sync.server.immediate import Immediate
from sync.server.outcome import Outcome, outcome_of
from sync.server.voice import Voice
from sync.server.went import Went
from sync.spool import NoRoom, Spool

TICK: Final = 1.0
"""Seconds between looks at what is not posted: work left by trouble, a secret that can be had again, health to note."""
AT_ONCE: Final = 20
"""Documents applied before those who wait to be kept get their turn."""

_WHAT_STUMBLES = (StoreError, NoRoom, OSError)


class Unavailable(Exception):
    """It could not be kept, by no fault of the caller's: nothing of it is ours. The sentence is for our log."""


@dataclass(slots=True)
class Posted:
    """One document that a caller waits for; `kept` and `done` end with it."""

    body: bytes
    sha256: str
    key: str | None
    """The caller's own id of it, where the headers have one."""
    sender: str
    spoken: Voice
    """The language of the headers, where the body doesn't tell."""
    charset: str = ""
    """What the `Content-Type` names."""
    kept: Future[int] = field(default_factory=Future)
    """The document's id, when it is on the disk; or Unavailable."""
    done: Future[Outcome] = field(default_factory=Future)
    """What became of it. Cancelled by a caller who waits no longer: no answer is claimed then."""
    document: int = 0
    new: bool = True
    """False: it was kept before, and this is the same again."""


class Reception:
    def __init__(self, house: House, connection: Connection) -> None:
        assert isinstance(connection.inbound, WebhookInbound)
        self.house = house
        self.connection = connection
        self.inbound = connection.inbound
        self.log = house.log.bound(connection=connection.name, direction="in")
        self.report = ConnectionReport(connection.name)
        self.admission: Admission | None = None
        """Who is let in; None as long as the secret can't be had, and then nobody is."""
        self._waiting: queue.SimpleQueue[Posted | Callable[[], None] | None] = queue.SimpleQueue()
        self._to_apply: deque[Posted] = deque()
        self._left = True
        """Documents may be kept and not applied: at the start, and after trouble with the store."""
        self._probe_at: float | None = None
        """When the secret is looked for again, on the monotonic clock; None before the first time."""
        self._look_back_at = 0.0
        """When answers that were never settled are looked for again, on the monotonic clock."""
        self._condition = Condition(connection.name)
        self._store: Store | None = None
        self._book: OrderBook | None = None
        self._spool: Spool | None = None
        self._thread = threading.Thread(target=self._run, name=f"{connection.name} posted", daemon=True)

    @property
    def answers_at_once(self) -> bool:
        return self.inbound.immediate_answer and self.connection.rules == "answer"

    def start(self) -> None:
        self._thread.start()

    def take(self, posted: Posted) -> None:
        self._waiting.put(posted)

    def settle(self, row: OutgoingRow, sha256: str, went: Went) -> None:
        """What became of an answer that was to go back in a response."""
        self._waiting.put(lambda: self._immediate().settle(row, sha256, went))

    def look_after(self, warning: str | None) -> None:
        """What keeps callers away, or soon will, and only a person can mend; None when that is over."""
        self._condition.warning = warning

    def end(self) -> None:
        """No more is posted: the thread ends when what it has is done. Doesn't wait."""
        self._waiting.put(None)

    def ended(self, seconds: float) -> bool:
        """Wait so long for the thread's end; whether it came."""
        if self._thread.ident is not None:
            self._thread.join(seconds)
        return not self._thread.is_alive()

    # The thread

    def _run(self) -> None:
        ending = False
        while not (ending and not self._to_apply):
            posts, jobs, last = self._next()
            ending = ending or last
            try:
                self._round(posts, jobs)
            except Exception as error:
                self._crashed(error, posts)
        with suppress(Exception):
            self._condition.note(self._opened()[0], quiet=True)
        self._close()

    def _next(self) -> tuple[list[Posted], list[Callable[[], None]], bool]:
        """What has come since the last round, as much as is kept at once; and whether no more comes."""
        posts: list[Posted] = []
        jobs: list[Callable[[], None]] = []
        size = 0
        wait: float | None = 0.0 if self._to_apply or self._probe_at is None else TICK
        while len(posts) < MOST_ARRIVALS and size < MOST_BYTES:
            try:
                item = self._waiting.get(timeout=wait) if wait else self._waiting.get_nowait()
            except queue.Empty:
                break
            wait = None
            if item is None:
                return posts, jobs, True
            if isinstance(item, Posted):
                posts.append(item)
                size += len(item.body)
            else:
                jobs.append(item)
        return posts, jobs, False

    def _round(self, posts: Sequence[Posted], jobs: Sequence[Callable[[], None]]) -> None:
        self._look_for_the_secret()
        if posts:
            self._keep(posts)
        for job in jobs:
            self._do(job)
        if self._left:
            self._take_up()  # first: what came before is applied before
        self._take_back()
        if self._to_apply:
            self._apply([self._to_apply.popleft() for _ in range(min(AT_ONCE, len(self._to_apply)))])
        if not self._left:
            self._condition.note(self._opened()[0], quiet=not posts and not self._to_apply)

    def _keep(self, posts: Sequence[Posted]) -> None:
        """Transaction A for all of them; should that fail by one of them, for each by itself."""
        try:
            self._keep_together(posts)
        except _WHAT_STUMBLES as error:
            self._trouble(str(error))
            self._refuse(posts, str(error))
        except Exception as error:
            if len(posts) == 1:
                self.log.exception("could not be kept")
                self._trouble(_sentence(error))
                self._refuse(posts, _sentence(error))
                return
            for one in posts:
                if not one.kept.done():
                    self._keep([one])

    def _keep_together(self, posts: Sequence[Posted]) -> None:
        store, _ = self._opened()
        if self._spool is None:
            self._spool = server_spool(self.house)
        self._spool.gate(sum(len(one.body) for one in posts))
        keeping = Keeping(
            connection=self.connection.name,
            store=store,
            spool=self._spool,
            log=self.log,
            clock=self.house.clock,
            fault=self.house.fault,
        )
        arrivals = [self._arrival(one) for one in posts]
        spooled = keeping.write_to_spool(arrivals)
        kept = keeping.keep(arrivals, self.report)
        self._condition.heard(self.house.clock())
        for one, row in zip(posts, kept, strict=True):
            one.document, one.new = row.document_ids[0], row.new
            self._to_apply.append(one)
            one.kept.set_result(one.document)
        keeping.drop(spooled)

    def _arrival(self, one: Posted) -> Arrival:
        key = one.key or event_id(one.body)
        locator = f"{self.inbound.path}#{key}" if key is not None else self.inbound.path
        name = self.inbound.path.rpartition("/")[2]
        return Arrival(locator, _fingerprint(one), (Received(name, one.body, one.sender, charset=one.charset),))

    def _apply(self, posts: Sequence[Posted]) -> None:
        """Transaction B, in the order in which they were kept, and what each caller is told then."""
        done: dict[int, Applied] = {}
        documents = [] if self._left else list(dict.fromkeys(one.document for one in posts))
        try:
            for applied in apply_each(self._opened()[1], documents, self.report, self.log):
                count(applied, self.report, self.log)
                done[applied.document_id] = applied
                self.house.fault(faults.APPLIED_SOME)
        except _WHAT_STUMBLES as error:
            self._left = True
            self._trouble(str(error))
        self.house.fault(faults.APPLIED)
        for one in posts:
            # Of equal documents in one go, the first has the effect.
            self._tell(one, done.pop(one.document, None))

    def _tell(self, one: Posted, applied: Applied | None) -> None:
        if not one.done.set_running_or_notify_cancel():
            return
        try:
            outcome = outcome_of(
                self._opened()[0], self.connection, one.document, one.body, one.spoken, one.charset, new=one.new
            )
            if self.answers_at_once and outcome.word in ("applied", "duplicate"):
                outcome = self._immediate().added(outcome, one.body, one.charset, one.sha256, applied)
        except Exception as error:
            # It is kept, and that is what the caller has to know.
            self.log.exception("what became of it can't be told", document=one.document)
            self._trouble(_sentence(error))
            outcome = Outcome(one.document, "kept", one.spoken)  # without a look at the body, which may be to blame
        one.done.set_result(outcome)

    def _take_up(self) -> None:
        """What is kept and not applied: a crash left it, or a full disk."""
        try:
            store, book = self._opened()
            for applied in apply_each(book, intake.unapplied(store, self.connection.name), self.report, self.log):
                count(applied, self.report, self.log)
        except _WHAT_STUMBLES as error:
            self._trouble(str(error))
            return
        self._left = False

    def _take_back(self) -> None:
        """Answers whose response nobody noted in time: whoever wrote it died. They leave when the caller asks again, or by
        the outbound channel."""
        now = monotonic()
        if now < self._look_back_at:
            return
        self._look_back_at = now + TICK
        try:
            if left := self._opened()[1].reclaim(self.connection.name, leased=True):
                self.log.warning("taken back: was being answered at once when we failed", answers=left)
        except _WHAT_STUMBLES as error:
            self._trouble(str(error))

    def _do(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:
            self.log.exception("what became of an answer could not be noted")
            self._trouble(_sentence(error))
            self._left = True

    def _look_for_the_secret(self) -> None:
        """Once, and while it can't be had now and then; at once when a person lifts the connection (`podesk check`)."""
        if self.admission is not None:
            return
        if self._probe_at is not None and monotonic() < self._probe_at and self._condition.parked(self._opened()[0]):
            return
        self._probe_at = monotonic() + PROBE.total_seconds()
        try:
            self.admission = admission(self.inbound, lambda secret: resolve(secret, self.house.settings.folder))
        except SecretError as error:
            self._trouble(f"nobody is let in: {error}", parked=True)
            return
        self.log.info("takes in", path=self.inbound.path, auth=self.inbound.auth)
        if self._condition.failing:
            self._condition.heard(self.house.clock())

    def _trouble(self, sentence: str, *, parked: bool = False) -> None:
        self.report.tell(sentence)
        self.report.parked = self.report.parked or parked
        self.log.error("trouble", error=sentence, parked=parked)
        with suppress(Exception):  # the store itself may be what is in trouble
            self._condition.failed(self._opened()[0], self.house.clock(), sentence, parked=parked)

    def _refuse(self, posts: Sequence[Posted], sentence: str) -> None:
        for one in posts:
            if not one.kept.done():
                one.kept.set_exception(Unavailable(sentence))
                one.done.cancel()

    def _crashed(self, error: Exception, posts: Sequence[Posted]) -> None:
        """Our own code failed: let go of everything half done, and go on."""
        self.log.exception("crashed, goes on")
        self._refuse(posts, _sentence(error))
        self._left = True
        self._close()
        self._trouble(_sentence(error))

    # What the thread owns

    def _opened(self) -> tuple[Store, OrderBook]:
        if self._store is None or self._book is None:
            self._store, self._book = self.house.open_book()
        return self._store, self._book

    def _immediate(self) -> Immediate:
        store, book = self._opened()
        return Immediate(self.house, self.connection, store, book, self.report, self.log)

    def _close(self) -> None:
        store, self._store, self._book = self._store, None, None
        if store is not None:
            with suppress(Exception):
                store.close()


def server_spool(house: House) -> Spool:
    """Beside the daemon's: `podesk serve` may run beside `podesk sync`, and each clears its own."""
    path = house.settings.store_path
    return Spool(path.with_name(f"{path.name}.posted"), least_free=house.least_free)


def _fingerprint(one: Posted) -> str:
    """Equal bytes in another charset are another document: the caller may have mended the header alone."""
    if one.charset in ("", "utf-8", "us-ascii"):
        return one.sha256
    return sha256(f"{one.sha256} {one.charset}".encode()).hexdigest()


def _sentence(error: Exception) -> str:
    return str(error) if isinstance(error, _WHAT_STUMBLES) else f"{type(error).__name__}: {error}"
