"""From a channel into the store, so that every document has its effect exactly once, wherever we crash.

The order of steps, which is the whole point:

1. fetch; write the bytes to the spool, synced (`sync.spool`);
2. transaction A: document and arrival, state `fetched`: from here the document is ours (`core.intake.keep`);
3. move it out of the way at the partner's, which may be done twice;
4. transaction B: log entry, order, outbox rows and the document's state together (`core.intake.apply`).

A crash before 2 leaves the document at the partner's; one between 2 and 3 makes it arrive again, which `keep` knows by
connection, locator and fingerprint; one between 3 and 4 leaves it `fetched`, and the next round applies it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from core import intake
from core.intake import Applied, Incoming, IncomingDocument, Kept
from core.orderbook import OrderBook
from core.store import Store, StoreError
from sync import faults
from sync.channels import Arrival, ChannelError, InboundChannel, InboundSession
from sync.faults import Faults
from sync.log import Log
from sync.report import ConnectionReport
from sync.spool import Spool
from sync.stop import Stop

MOST_ARRIVALS: Final = 200
MOST_BYTES: Final = 4_000_000
MOST_SECONDS: Final = 2.0
"""How much is taken in at once: fewer syncs of the disk, and still on the screen soon after it came."""


@dataclass(kw_only=True)
class Keeping:
    """Steps 1 and 2 for one connection, whether its documents are fetched or posted to us. Lives in one thread."""

    connection: str
    store: Store
    spool: Spool
    log: Log
    clock: Callable[[], datetime]
    fault: Faults = faults.none

    def write_to_spool(self, batch: Sequence[Arrival]) -> list[Path]:
        spooled = [self.spool.put(document.payload) for arrival in batch for document in arrival.documents]
        self.spool.sync()
        self.fault(faults.SPOOLED)
        return spooled

    def keep(self, batch: Sequence[Arrival], report: ConnectionReport) -> list[Kept]:
        kept = intake.keep(self.store, [self.incoming(arrival) for arrival in batch], self.clock())
        for arrival, row in zip(batch, kept, strict=True):
            if row.new:
                report.fetched += 1
                self.log.info("fetched", locator=arrival.locator, documents=row.document_ids)
            else:
                self.log.info("seen before", locator=arrival.locator, documents=row.document_ids)
        self.fault(faults.STORED)
        return kept

    def incoming(self, arrival: Arrival) -> Incoming:
        """What the store keeps of an arrival. Locator and fingerprint both are its key: a name alone is none."""
        return Incoming(
            connection=self.connection,
            locator=arrival.locator,
            fingerprint=arrival.fingerprint,
            documents=tuple(
                IncomingDocument(each.name, each.payload, each.sender, each.problem, each.remedy, each.charset)
                for each in arrival.documents
            ),
        )

    def drop(self, spooled: Sequence[Path]) -> None:
        """The store has them."""
        self.spool.drop(spooled)
        self.fault(faults.UNSPOOLED)


@dataclass(kw_only=True)
class Inbound(Keeping):
    """One connection's way in. Lives in one thread, as its channel and its store do."""

    book: OrderBook
    channel: InboundChannel
    stop: Stop = field(default_factory=Stop)

    def round(self, report: ConnectionReport) -> None:
        """Take in all that waits, and say in `report` what came and what could not be moved away.

        Raises ChannelError when the partner fails us, NoRoom when the disk is nearly full; what came before that is taken
        in all the same.
        """
        self.apply(intake.unapplied(self.store, self.connection), report)
        self.spool.gate()
        with self.channel.session() as session:
            arrivals = session.arrivals()
            while not self.stop.requested:
                batch, end = self._batch(arrivals)
                if batch:
                    self.take_in(session, batch, report)
                if isinstance(end, ChannelError):
                    raise end
                if end is not None:
                    return
                self.spool.gate()

    def _batch(self, arrivals: Iterator[Arrival]) -> tuple[list[Arrival], ChannelError | bool | None]:
        """The next arrivals, and whether (and how) the channel came to its end with them."""
        batch: list[Arrival] = []
        size = 0
        began = time.monotonic()
        while len(batch) < MOST_ARRIVALS and size < MOST_BYTES and time.monotonic() - began < MOST_SECONDS:
            if self.stop.requested:
                return batch, True
            try:
                arrival = next(arrivals, None)
            except ChannelError as error:
                return batch, error
            if arrival is None:
                return batch, True
            batch.append(arrival)
            size += sum(len(document.payload) for document in arrival.documents)
        return batch, None

    def take_in(self, session: InboundSession, batch: Sequence[Arrival], report: ConnectionReport) -> None:
        """Steps 1 to 4 for arrivals that have been fetched."""
        spooled = self.write_to_spool(batch)
        kept = self.keep(batch, report)
        self.drop(spooled)
        self.archive(session, batch, kept, report)
        self.apply([document for row in kept if row.new for document in row.document_ids], report)
        self.fault(faults.APPLIED)

    def archive(
        self, session: InboundSession, batch: Sequence[Arrival], kept: Sequence[Kept], report: ConnectionReport
    ) -> None:
        """Move all of them away. One that can't be moved comes again next round, and does nothing then."""
        moved: list[int] = []
        for at, (arrival, row) in enumerate(zip(batch, kept, strict=True)):
            try:
                if session.archive(arrival):
                    moved.append(row.arrival_id)
            except ChannelError as error:
                self.log.warning("not archived", locator=arrival.locator, error=error)
                report.tell(str(error))
            if at == 0:
                self.fault(faults.ARCHIVED_SOME)
        self.fault(faults.ARCHIVED)
        if moved:
            intake.gone(self.store, moved, self.clock())
        self.fault(faults.NOTED)

    def apply(self, documents: Sequence[int], report: ConnectionReport) -> None:
        for at, applied in enumerate(apply_each(self.book, documents, report, self.log)):
            count(applied, report, self.log)
            if at == 0:
                self.fault(faults.APPLIED_SOME)


def apply_each(book: OrderBook, documents: Sequence[int], report: ConnectionReport, log: Log) -> Iterator[Applied]:
    """Apply documents; should one of them break our own code, the others still get their turn.

    Such a document stays `fetched` and is tried again when the daemon next starts, perhaps with better code.
    """
    done: set[int] = set()
    try:
        for applied in intake.apply(book, documents):
            done.add(applied.document_id)
            yield applied
        return
    except StoreError:
        raise  # a full disk or a locked store: nothing to do with one document
    except Exception:
        log.exception("applying together failed, each is tried by itself")
    for document in documents:
        if document in done:
            continue
        try:
            yield from intake.apply(book, [document])
        except StoreError:
            raise
        except Exception as error:
            report.tell(f"document {document} could not be applied: {type(error).__name__}: {error}")
            log.exception("document not applied", document=document)


def count(applied: Applied, report: ConnectionReport, log: Log) -> None:
    if applied.trouble:
        log.error("not answered by rule", document=applied.document_id, error=applied.trouble)
    match applied.state:
        case "applied":
            report.applied += 1
            about = {"reason": applied.reason} if applied.reason else {}
            log.info("applied", document=applied.document_id, **about)
            if applied.answered:
                log.info("answered by rule", document=applied.document_id, answers=applied.answered)
        case "duplicate":
            report.duplicates += 1
            log.info("duplicate", document=applied.document_id)
        case _:
            report.quarantined += 1
            log.warning("quarantined", document=applied.document_id, reason=applied.reason)


def recover(
    store: Store,
    book: OrderBook,
    spool: Spool,
    report_for: Callable[[int], ConnectionReport],
    log: Log,
    stop: Stop,
) -> None:
    """What a crash left, taken up when the daemon starts: spooled files, documents that were kept but not applied."""
    rest = spool.sweep(lambda sha256: _is_stored(store, sha256))
    if rest:
        log.warning("spooled but never taken in; the source is still at the partner's", files=[p.name for p in rest])
    for document in intake.unapplied(store):
        if stop.requested:
            return
        report = report_for(document)
        for applied in apply_each(book, [document], report, log):
            count(applied, report, log)


def _is_stored(store: Store, sha256: str) -> bool:
    found = store.connection.execute("SELECT 1 FROM payloads WHERE sha256 = ?", (sha256,)).fetchone()
    return found is not None
