"""From the outbox to a channel: at least once, with a key by which the partner can tell a repeat.

A row is claimed (`OrderBook.depart`: state `sending`, one attempt more, the answer no longer ours to change), its frozen
bytes go out under its id, and then it is marked. A crash between sending and marking sends the same bytes under the same
key again. What a failure means:

- `Unreachable`: tried again on the schedule kept in the store; when the attempts are spent, a dead letter that a person
  can retry.
- `Uncertain`: it may have arrived. Tried again under the same key; when the attempts are spent, `uncertain`, never failed.
- `Refused`: the partner will never take it: a dead letter at once, with the partner's words.
- `NotAdmitted`: the row goes back without having used an attempt, and the channel is parked.

After all but `Uncertain` the answer is ours again, unless an earlier attempt left a doubt.

No order's trouble stops another's answer.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from core.decisions import Outcome
from core.orderbook import OrderBook
from core.store import StoreDamaged
from core.store.rows import OutgoingRow
from core.transition import TransitionRefused
from sync import faults
from sync.channels import (
    ChannelError,
    NotAdmitted,
    OutboundChannel,
    OutboundSession,
    Parcel,
    Refused,
    Uncertain,
    Unreachable,
)
from sync.faults import Faults
from sync.log import Log
from sync.report import ConnectionReport
from sync.schedule import Schedule
from sync.stop import Stop

MOST_FAILURES: Final = 8
"""Failures in a row after which a round of the daemon leaves the rest for later: the partner is down, not one order bad."""

_MOST_WORDS: Final = 500


@dataclass
class Outbound:
    """One connection's way out. Lives in one thread, as its channel and its store do."""

    connection: str
    kinds: tuple[str, ...]
    """Of messages that leave by it: despatch advices may go elsewhere."""
    book: OrderBook
    channel: Callable[[], OutboundChannel]
    schedule: Schedule
    log: Log
    clock: Callable[[], datetime]
    random: Callable[[], float]
    fault: Faults = faults.none
    stop: Stop = field(default_factory=Stop)

    def round(self, report: ConnectionReport, *, once: bool = False) -> None:
        """Try each due row; with `once` whatever its next attempt says, the hold window apart.

        Raises NotAdmitted, and Unreachable or Uncertain when no session can be had or the partner seems to be down: the
        rows that were not tried for that reason are still due.
        """
        tried: set[str] = set()
        failures = 0
        with _Session(self.channel) as partner:
            while due := [row for row in self.due(once=once) if row not in tried]:
                for outbox_id in due:
                    if self.stop.requested:
                        return
                    tried.add(outbox_id)
                    session = partner.current()  # before the claim: as long as nothing leaves, it is still ours
                    row = self.claim(outbox_id, report)
                    if row is None:
                        continue
                    trouble = self.deliver(session, row, report)
                    if trouble is None:
                        failures = 0
                        continue
                    failures += 1
                    partner.doubt()
                    if failures >= MOST_FAILURES and not once:
                        raise trouble

    def due(self, *, once: bool = False) -> list[str]:
        now = self.clock()
        return self.book.due(self.connection, now=now, whatever_the_schedule=once, kinds=self.kinds)

    def claim(self, outbox_id: str, report: ConnectionReport) -> OutgoingRow | None:
        """None when it is no longer there to be sent, or when its order can't take that it leaves, or can't be read."""
        try:
            row = self.book.depart(outbox_id)
        except (TransitionRefused, StoreDamaged) as error:
            self.log.warning("not claimed", outbox=outbox_id, error=error)
            report.tell(str(error))
            self.book.put_off([outbox_id], str(error), self.clock() + self.schedule.most)
            return None
        self.fault(faults.CLAIMED)
        return row

    def deliver(self, session: OutboundSession, row: OutgoingRow, report: ConnectionReport) -> ChannelError | None:
        """Send a claimed row and record what became of it. Gives the passing trouble, raises NotAdmitted."""
        try:
            receipt = self.send(session, row)
        except NotAdmitted as error:
            self.book.release(row.id, str(error))
            raise
        except Refused as error:
            self._dead(row, Outcome.FAILED, _words(error), report)
            return None
        except Unreachable as error:
            return self._try_again(row, error, report, retry_after=error.retry_after, doubtful=row.doubtful)
        except Uncertain as error:
            return self._try_again(row, error, report, retry_after=error.retry_after, doubtful=True)
        except ChannelError as error:
            # What a channel can't classify: it may have arrived.
            return self._try_again(row, error, report, doubtful=True)
        except Exception as error:
            self.log.exception("stumbled", order=row.number, outbox=row.id)
            stumbled = ChannelError(f"podesk stumbled over it ({type(error).__name__}: {error})")
            return self._try_again(row, stumbled, report, doubtful=True)
        self.fault(faults.SENT)
        self.mark(row, receipt)
        self.fault(faults.MARKED)
        report.sent += 1
        self.log.info("sent", order=row.number, outbox=row.id, kind=row.kind, attempt=row.attempts, receipt=receipt)
        return None

    def send(self, session: OutboundSession, row: OutgoingRow) -> str:
        return session.send(
            Parcel(
                id=row.id,
                payload=row.payload,
                content_type=row.content_type,
                extension=row.extension,
                order_number=row.number,
                kind=row.kind,
                name=row.name,
            )
        )

    def mark(self, row: OutgoingRow, receipt: str) -> None:
        self.book.delivered(row.id, Outcome.SENT, receipt)

    def _try_again(
        self,
        row: OutgoingRow,
        error: ChannelError,
        report: ConnectionReport,
        *,
        retry_after: float | None = None,
        doubtful: bool,
    ) -> ChannelError:
        """`doubtful`: this attempt or an earlier one may have arrived, so it is not failed when the attempts are spent."""
        if self.schedule.spent(row.attempts):
            outcome = Outcome.UNCERTAIN if doubtful else Outcome.FAILED
            self._dead(row, outcome, f"{error} (after {row.attempts} attempts)", report)
            return error
        next_attempt = self.schedule.next_attempt(row.attempts, self.clock(), self.random, retry_after)
        self.book.postpone(row.id, next_attempt, str(error), doubtful=doubtful)
        report.postponed += 1
        report.tell(f"order {row.number}: {error}")
        self.log.warning(
            "postponed", order=row.number, outbox=row.id, attempt=row.attempts, next_attempt=next_attempt, error=error
        )
        return error

    def _dead(self, row: OutgoingRow, outcome: Outcome, detail: str, report: ConnectionReport) -> None:
        self.book.delivered(row.id, outcome, detail)
        if outcome is Outcome.UNCERTAIN:
            report.uncertain += 1
        else:
            report.failed += 1
        self.log.error("not delivered", order=row.number, outbox=row.id, outcome=outcome.value, error=detail)


class _Session:
    """A session with the partner, opened when a row needs one, and opened anew when the last sending left a doubt."""

    def __init__(self, channel: Callable[[], OutboundChannel]) -> None:
        self._channel = channel
        self._stack = ExitStack()
        self._open: OutboundSession | None = None

    def current(self) -> OutboundSession:
        """Raises ChannelError."""
        if self._open is None:
            self._open = self._stack.enter_context(self._channel().session())
        return self._open

    def doubt(self) -> None:
        """The last sending failed; a broken connection must not fail the next order's answer too."""
        self._open = None
        with suppress(ChannelError):  # it is over anyway
            self._stack.close()

    def __enter__(self) -> _Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.doubt()


def _words(error: Refused) -> str:
    """The refusal for the operator: our sentence and, where the sentence doesn't hold it, what the partner wrote."""
    body = " ".join(error.body.split())[:_MOST_WORDS]
    sentence = str(error)
    return sentence if not body or body in sentence else f"{sentence}: {body}"
