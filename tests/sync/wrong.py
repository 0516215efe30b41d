"""Ways of doing the steps wrong that look right until something fails: the crash tests must notice each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from core.ids import uuid7
from core.intake import Incoming
from core.store import Store, outbox
from core.store.rows import OutgoingRow
from sync import faults
from sync.channels import Arrival, InboundSession, OutboundSession
from sync.channels.http_poll import HttpPollSession
from sync.faults import Faults
from sync.inbound import Inbound, Keeping
from sync.outbound import Outbound
from sync.report import ConnectionReport

ARCHIVE_BEFORE_COMMIT: Final = "archive before commit"
MARK_BEFORE_POST: Final = "mark before post"
NEW_KEY_PER_ATTEMPT: Final = "a new key per attempt"
OUTBOX_IN_A_SECOND_TRANSACTION: Final = "outbox in a second transaction"
KEY_BY_NAME_ONLY: Final = "key by name only"
POLL_NOTED_BEFORE_COMMIT: Final = "poll noted before commit"


QUEUEING: Final = "decision: in the transaction, not queued"
QUEUED: Final = "decision: queued, not committed"
SAVED: Final = "decision: saved, not queued"
"""Only where the outbox is written in a second transaction."""


def watch_queueing(fault: Faults) -> None:
    """Nothing wrong: fault points around the writing of outbox rows."""
    enqueue = outbox.enqueue

    def enqueues(connection: Any, messages: Sequence[Any], supersede: Mapping[int, Iterable[str]]) -> None:
        fault(QUEUEING)
        enqueue(connection, messages, supersede)
        fault(QUEUED)

    outbox.enqueue = enqueues


def install(variant: str, fault: Faults) -> None:
    """From now on the steps are done in this wrong way, in this process."""
    _VARIANTS[variant](fault)


def _archive_before_commit(_fault: Faults) -> None:
    def take_in(self: Inbound, session: InboundSession, batch: Sequence[Arrival], report: ConnectionReport) -> None:
        spooled = self.write_to_spool(batch)
        for arrival in batch:
            session.archive(arrival)
        self.fault(faults.ARCHIVED)
        kept = self.keep(batch, report)
        self.spool.drop(spooled)
        self.apply([document for row in kept for document in row.document_ids], report)

    Inbound.take_in = take_in  # type: ignore[method-assign]


def _mark_before_post(_fault: Faults) -> None:
    def deliver(self: Outbound, session: OutboundSession, row: OutgoingRow, report: ConnectionReport) -> None:
        self.mark(row, "sent")
        self.fault(faults.SENT)
        self.send(session, row)
        report.sent += 1

    Outbound.deliver = deliver  # type: ignore[method-assign]


def _new_key_per_attempt(_fault: Faults) -> None:
    send = Outbound.send

    def sends(self: Outbound, session: OutboundSession, row: OutgoingRow) -> str:
        return send(self, session, replace(row, id=uuid7(datetime.now(UTC))))

    Outbound.send = sends  # type: ignore[method-assign]


def _outbox_in_a_second_transaction(fault: Faults) -> None:
    enqueue, writing = outbox.enqueue, Store.writing
    later: list[tuple[Sequence[Any], Mapping[int, Iterable[str]]]] = []

    def enqueues(connection: Any, messages: Sequence[Any], supersede: Mapping[int, Iterable[str]]) -> None:
        later.append((messages, supersede))

    @contextmanager
    def writes(self: Store) -> Iterator[Any]:
        with writing(self) as connection:
            yield connection
        fault(SAVED)
        with writing(self) as connection:
            while later:
                messages, supersede = later.pop()
                enqueue(connection, messages, supersede)
                outbox.settle(connection, {order_id for order_id, _, _ in messages})

    outbox.enqueue = enqueues
    Store.writing = writes  # type: ignore[method-assign]


def _key_by_name_only(_fault: Faults) -> None:
    incoming = Keeping.incoming

    def nameless(self: Keeping, arrival: Arrival) -> Incoming:
        return replace(incoming(self, arrival), fingerprint="")

    Keeping.incoming = nameless  # type: ignore[method-assign]


def _poll_noted_before_commit(_fault: Faults) -> None:
    arrivals = HttpPollSession.arrivals

    def notes_first(self: HttpPollSession) -> Iterator[Arrival]:
        found = list(arrivals(self))
        for arrival in found:
            self.archive(arrival)
        yield from found

    HttpPollSession.arrivals = notes_first  # type: ignore[method-assign]


_VARIANTS: dict[str, Callable[[Faults], None]] = {
    ARCHIVE_BEFORE_COMMIT: _archive_before_commit,
    MARK_BEFORE_POST: _mark_before_post,
    NEW_KEY_PER_ATTEMPT: _new_key_per_attempt,
    OUTBOX_IN_A_SECOND_TRANSACTION: _outbox_in_a_second_transaction,
    KEY_BY_NAME_ONLY: _key_by_name_only,
    POLL_NOTED_BEFORE_COMMIT: _poll_noted_before_commit,
}
