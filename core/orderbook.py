"""The one door through which orders change: load, step, render, commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from core.config import Settings
from core.decisions import Decision, Outcome
from core.model import OrderKey
from core.store import Store
from core.store.rows import OutgoingRow, TimelineEntry

if TYPE_CHECKING:
    from core.pending import Input, Step


class NoSuchOrder(Exception):
    """An order that the store doesn't have."""

    def __init__(self, order: int | OrderKey) -> None:
        name = f"#{order}" if isinstance(order, int) else order.number
        super().__init__(f"there is no order {name}")
        self.order = order


class NoSuchMessage(Exception):
    """An outbox row that isn't there, or isn't in a state for what was asked."""

    def __init__(self, outbox_id: str, sentence: str) -> None:
        super().__init__(sentence)
        self.outbox_id = outbox_id


class Conflict(Exception):
    """Somebody else changed what the operator was looking at; nothing was saved."""

    def __init__(self, order_id: int, number: str, expected: int, actual: int, since: list[TimelineEntry]) -> None:
        what = "; ".join(f"{entry.actor}: {entry.summary}" for entry in since)
        super().__init__(f"order {number} changed while you looked at it ({what}); look again, then decide")
        self.order_id = order_id
        self.number = number
        self.expected = expected
        self.actual = actual
        self.since = since


@dataclass(frozen=True, slots=True)
class Changed:
    order_id: int
    revision: int
    step: Step
    outbox: tuple[str, ...]
    """Ids of the messages that were queued."""
    repeated: bool = False
    """The same input was taken before: nothing happened now, and `step` is empty."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One order of many that could not be changed."""

    order_id: int
    number: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a line becomes once the message has left."""

    position: str
    process_status: str
    in_progress_status: str | None
    logistics_status: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A message that has not gone yet, as it would leave."""

    kind: str
    """order_response or despatch_advice."""
    connection: str
    state: str
    """draft, held, queued, sending, uncertain or failed."""
    payload: bytes | None
    """None: a draft of an answer that is not complete."""
    content_type: str
    not_before: datetime | None
    predicted: tuple[Predicted, ...]
    outbox_id: str | None


class OrderBook:
    """Changes orders: every change is one transaction that writes log, order, lines and outbox together."""

    def __init__(
        self, store: Store, settings: Settings, *, clock: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        """`clock` gives aware UTC; `new_id` unique text that sorts by time (`core.ids.uuid7`)."""
        self.store = store
        self.settings = settings
        self.clock = clock
        self.new_id = new_id

    def change(
        self,
        order: int | OrderKey,
        entry: Input,
        actor: str,
        *,
        expected_revision: int | None = None,
        document: int | None = None,
    ) -> Changed:
        """Take `entry` as an input to the order and save what follows from it.

        Raises TransitionRefused when the order's state or the outbound format forbids it, Conflict when something that
        is shown changed since `expected_revision`, NoSuchOrder, StoreBusy, StoreFull. Nothing is saved then.
        """
        raise NotImplementedError

    def change_many(self, entries: Iterable[tuple[int, Input, int | None]], actor: str) -> Iterator[Changed | Refusal]:
        """Many changes (order id, input, expected revision), each by itself, saved in groups of a few milliseconds.

        Gives one result an entry, in the order of the entries. What is not consumed is not done.
        """
        raise NotImplementedError

    def predict(self, order_id: int, entry: Decision) -> Step:
        """What `change` would do; nothing is saved. Raises TransitionRefused, NoSuchOrder."""
        raise NotImplementedError

    def preview(self, order_id: int) -> list[Preview]:
        """What of this order has not gone yet. Raises NoSuchOrder."""
        raise NotImplementedError

    def due(self, connection: str, *, now: datetime, whatever_the_schedule: bool = False) -> list[str]:
        """Outbox ids that may leave now: per order the first in line, behind its hold window and its next attempt."""
        raise NotImplementedError

    def depart(self, outbox_id: str) -> OutgoingRow | None:
        """Claim a message for sending: from here its answer is no longer ours to change.

        None when it was superseded or taken in the meantime.
        """
        raise NotImplementedError

    def delivered(
        self, outbox_id: str, outcome: Outcome, detail: str | None = None, *, next_attempt: datetime | None = None
    ) -> None:
        """What became of a claimed message; on the order's log."""
        raise NotImplementedError

    def postpone(self, outbox_id: str, next_attempt: datetime, error: str) -> None:
        """Passing trouble: back to the queue until `next_attempt`, with the error shown."""
        raise NotImplementedError

    def reclaim(self) -> int:
        """Messages that a dead daemon left `sending` go back to the queue. The number of them."""
        raise NotImplementedError

    def retry(self, outbox_id: str, actor: str) -> None:
        """An operator puts a failed or uncertain message back into the queue. Raises NoSuchMessage."""
        raise NotImplementedError
