"""What the store keeps of an order, and what one input makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from core.decisions import Decision, Delivered, Departed, Despatch, Returned, Undo, Uploaded
from core.messages import Received
from core.model import Frozen, Order, OrderLine
from core.outgoing import Outgoing
from core.transition import Change, Task

Input: TypeAlias = Received | Decision | Despatch | Undo | Departed | Returned | Delivered | Uploaded


class InFlight(Frozen):
    """What a message took along that is being sent, or may have arrived: all that is needed where it did not."""

    outbox: str
    platform: Order
    """As the platform knows it if the message doesn't arrive; what comes meanwhile is applied here too."""
    decision: Decision | None
    """What the message says, without the lines that the buyer changed meanwhile."""
    overtaken: tuple[str, ...] = ()
    """The positions of those lines."""
    taken_back: Decision | None = None
    """What the message says of them."""
    taken_from: tuple[OrderLine, ...] = ()
    """They themselves, as it answered them."""
    stale: bool = False
    """The order changed meanwhile in more than its status at the platform: the bytes would have to be made anew."""
    told: tuple[str, ...] = ()
    """The lines on which the platform has said since that they stand as before this answer."""


class Record(Frozen):
    """What the store keeps of an order (`to_json`, `from_json`)."""

    platform: Order
    """As the platform knows it: all that left, all that came."""
    pending: Decision | None = None
    """What has not left yet, merged: the last word per line."""
    shown: Order | None = None
    """`platform` with `pending` applied; None when nothing is pending."""
    in_flight: InFlight | None = None
    """While a message is being sent for the first time, or again after it certainly did not arrive."""
    doubts: tuple[InFlight, ...] = ()
    """Of messages that may have arrived and go again by themselves, where the platform reports back (`flights`)."""

    @property
    def order(self) -> Order:
        """The order as the desk shows it."""
        return self.platform if self.shown is None else self.shown


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a record by one input."""

    record: Record
    changes: tuple[Change, ...]
    """Complete: `fold(before, changes) == record`. Those of layers ORDER and SHOWN are what the timeline prints."""
    outgoing: tuple[Outgoing, ...] = ()
    supersedes: bool = False
    """Answers of this order that wait in the outbox unclaimed are replaced by `outgoing`."""
    opened: tuple[Task, ...] = ()
    closed: tuple[Task, ...] = ()
    notes: tuple[str, ...] = ()
    overtaken: tuple[str, ...] = ()
    """Lines that the buyer changed: an answer to them that may have arrived is not sent again by itself."""
    stranded: tuple[tuple[str, str], ...] = ()
    """Lines, and what they are now, of whose goods an advice that has not left is not sent by itself."""
    dropped: Decision | None = None
    """What we had decided and this input took back before it left; without the lines on which it holds anyhow."""
    dropped_from: tuple[OrderLine, ...] = ()
    """The lines of `dropped` as they were answered: as the platform knew them before."""
