"""What the store gives to those who look: plain rows, without the weight of the model."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.pending import Record
    from core.transition import Change


class View(StrEnum):
    """The desk's lists, by the names that the command takes."""

    TO_ANSWER = "to-answer"
    WAITING = "waiting"
    BUYER_ASKS = "buyer-asks"
    TO_SHIP = "to-ship"
    NOT_DELIVERED = "not-delivered"
    ALL = "all"


class Sending(StrEnum):
    """What becomes of our answers to an order, the most urgent first."""

    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SENDING = "sending"
    HELD = "held"
    """…for the undo window."""
    QUEUED = "queued"
    DRAFT = "draft"
    """Decided in part, on a platform that takes only whole answers."""
    SENT = "sent"
    """It left, and the platform has not said yet what became of it."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in a list. Times are ISO 8601 in UTC, `due` an ISO date."""

    id: int
    connection: str
    number: str
    buyer: str
    buyer_name: str
    revision: int
    process_status: str
    logistics_status: str
    reported: dict[str, Any] | None
    """The platform's own last word: `process_status`, `logistics_status` and more, as it said it."""
    sending: str
    due: str | None
    """Earliest requested date of a line that is still open; None when no date is known."""
    line_count: int
    received_at: str
    changed_at: str

    @property
    def place(self) -> tuple[str, int]:
        """Where it stands in a list: what `list_orders` takes as `after`."""
        return (self.due or NO_DATE, self.id)


NO_DATE = "~"
"""Sorts behind every date."""


@dataclass(frozen=True, slots=True)
class LineRow:
    """How a line stands, without its terms."""

    order_id: int
    position: str
    process_status: str
    in_progress_status: str | None
    awaited: str | None
    """Whose word is awaited on it: the kind of its open task (`core.store.tasks`); None: nobody's."""


@dataclass(frozen=True, slots=True)
class Loaded:
    id: int
    revision: int
    record: Record
    row: OrderRow


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    seq: int
    revision: int
    at: str
    actor: str
    kind: str
    """received, decided, despatched, undone, departed, returned, delivered or uploaded."""
    document: int | None
    changes: list[Change] | None
    """None: the texts of the entry were erased."""
    notes: tuple[str, ...]
    input: dict[str, Any] | None
    """What was said, as stored; None when erased."""
    summary: str
    """One line of it, for people. Made of partners' text: sanitise before showing."""


@dataclass(frozen=True, slots=True)
class QuarantinedDocument:
    id: int
    connection: str
    name: str
    locator: str
    sender: str
    reason: str
    place: str
    remedy: str
    fetched_at: str
    size: int


@dataclass(frozen=True, slots=True)
class DocumentRow:
    id: int
    connection: str
    name: str
    locator: str
    sender: str
    sha256: str
    state: str
    """fetched, applied, duplicate or quarantined."""
    reason: str
    place: str
    remedy: str
    fetched_at: str
    payload: bytes
    charset: str
    """What the `Content-Type` named with which it was posted; else empty."""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Something that leaves or left, without its bytes."""

    id: str
    order_id: int
    number: str
    connection: str
    kind: str
    """order_response, despatch_advice or attachment."""
    state: str
    """queued, sending, sent, uncertain, failed or superseded."""
    attempts: int
    not_before: str
    next_attempt: str | None
    last_error: str | None
    receipt: str | None
    created_at: str
    name: str
    """Of a file; else empty."""


@dataclass(frozen=True, slots=True)
class OutgoingRow:
    """A claimed outbox row, with the frozen bytes that leave."""

    id: str
    order_id: int
    number: str
    connection: str
    kind: str
    payload: bytes
    content_type: str
    extension: str
    attempts: int
    """This one included."""
    doubtful: bool = False
    """An earlier attempt may have arrived: whatever comes now, it is never called failed for want of an answer."""
    name: str = ""
    """Of a file, as people know it; else empty."""


@dataclass(frozen=True, slots=True)
class HealthRow:
    connection: str
    direction: str
    """One of `Connection.ways`."""
    last_success: str | None
    last_error: str | None
    error_at: str | None
    parked: bool
    """Not tried again until a person acts."""
    warning: str | None = None
    """Nothing fails, but a person should look after it."""
