"""The rules' answer to an order, sent back in the HTTP response that took the order in.

It is claimed like anything that leaves, and settled when the response has been written: sent, or, when the caller went away
meanwhile, doubtful, and then it goes by the outbound channel under the same id; when the caller was gone before a word was
said, it is ours again. Until when it will be settled is told the store: only after that is it taken for left behind, by the
daemon's outbound lane or by whoever takes in for the connection (`podesk serve` too, which may be all that runs).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from core.config import Connection
from core.decisions import Outcome as Delivery
from core.formats import Unreadable, read
from core.intake import Applied
from core.orderbook import NoSuchMessage, OrderBook
from core.ruling import ACTOR
from core.store import Store, outbox
from core.store.rows import OutgoingRow
from core.transition import TransitionRefused
from sync import faults
from sync.lanes import House
from sync.log import Log
from sync.report import ConnectionReport
from sync.server.outcome import Outcome
from sync.server.voice import Answer
from sync.server.went import Went

LEASE: Final = timedelta(seconds=60)
"""More than a response may take to be written (`wire.WRITE_SECONDS`) and noted."""
GONE: Final = "the buyer's platform went away before it had the answer in the HTTP response"


@dataclass(frozen=True, slots=True)
class Immediate:
    house: House
    connection: Connection
    store: Store
    book: OrderBook
    report: ConnectionReport
    log: Log

    def added(self, outcome: Outcome, body: bytes, charset: str, sha256: str, applied: Applied | None) -> Outcome:
        """`outcome` with the answer that goes back with it: claimed now, or the one that went back before.

        `applied`: what the document did now; None when it had been posted before. Where it speaks of several orders nobody
        could tell to which an answer belongs: each goes by the outbound channel.
        """
        if applied is not None and applied.state == "applied":
            waiting = list(applied.answered) if len(applied.orders) == 1 else []
            sent = None
        else:
            orders = self._orders(body, charset)
            db = self.store.connection
            if len(orders) != 1:
                return outcome
            found = outbox.waiting_answer(db, orders[0], self.connection.name, ACTOR)
            waiting = [found] if found is not None else []
            sent = outbox.with_receipt(db, orders[0], receipt(sha256))
        if sent is not None:  # the caller missed our response and asks again
            return replace(outcome, answer=Answer(sent.payload, sent.content_type))
        row = self._claimed(waiting[0]) if len(waiting) == 1 else None
        if row is None:
            return outcome
        return replace(outcome, answer=Answer(row.payload, row.content_type), claimed=row)

    def settle(self, row: OutgoingRow, sha256: str, went: Went) -> None:
        """After the response was written, or could not be."""
        sent = went is Went.WHOLE
        self.house.fault(faults.SENT)
        try:
            if sent:
                self.book.delivered(row.id, Delivery.SENT, receipt(sha256))
            else:
                self.book.postpone(row.id, self.house.clock(), GONE, doubtful=went is Went.DOUBTFUL)
        except NoSuchMessage as error:
            self.log.warning("settled by others", order=row.number, outbox=row.id, error=error)
            return
        self.house.fault(faults.MARKED)
        if sent:
            self.report.sent += 1
            self.log.info("answered at once", order=row.number, outbox=row.id)
        else:
            self.report.postponed += 1
            doubtful = went is Went.DOUBTFUL
            self.log.warning("postponed", order=row.number, outbox=row.id, doubtful=doubtful, error=GONE)

    def _claimed(self, outbox_id: str) -> OutgoingRow | None:
        """None when somebody else has it by now, or the order can't take that it leaves."""
        try:
            row = self.book.depart(outbox_id, until=self.house.clock() + LEASE)
        except TransitionRefused as error:
            self.log.warning("not claimed", outbox=outbox_id, error=error)
            return None
        self.house.fault(faults.CLAIMED)
        return row

    def _orders(self, body: bytes, charset: str) -> tuple[int, ...]:
        """The orders that a document is about which had been taken in before."""
        inbound = self.connection.inbound
        try:
            wanted = inbound.format if inbound is not None else "auto"
            messages = read(body, self.connection.source, wanted, charset)
        except Unreadable:
            return ()
        numbers = sorted({message.key.number for message in messages})
        found = self.store.connection.execute(
            f"SELECT id FROM orders WHERE connection = ? AND number IN ({','.join('?' * len(numbers))})",  # noqa: S608
            (self.connection.name, *numbers),
        )
        return tuple(row[0] for row in found)


def receipt(sha256: str) -> str:
    """What an answer's row says when it went back in a response: by it the answer is found when the caller asks again."""
    return f"in the HTTP response to the document {sha256[:16]}"
