"""What the store keeps of an order, and what one input makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from core.decisions import Decision, Delivered, Departed, Despatch, Undo
from core.messages import Received
from core.model import Frozen, Order
from core.outgoing import Outgoing
from core.transition import Change, Task

Input: TypeAlias = Received | Decision | Despatch | Undo | Departed | Delivered


class Record(Frozen):
    """What the store keeps of an order (`to_json`, `from_json`)."""

    platform: Order
    """As the platform knows it: all that left, all that came."""
    pending: Decision | None = None
    """What has not left yet, merged: the last word per line."""
    shown: Order | None = None
    """`platform` with `pending` applied; None when nothing is pending."""

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
