"""An order as the store keeps it: the platform's state plus a pending overlay.

Until an answer leaves it is still ours (last word per line, undo); so what has not left is kept apart from the order as
the platform knows it, and what the desk shows is the one applied to the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from core.decisions import Decision, Delivered, Departed, Despatch, Undo
from core.messages import Received
from core.model import Frozen, Order
from core.outgoing import Outgoing
from core.profile import Profile
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
        return self.shown or self.platform


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


def step(record: Record | None, entry: Input, profile: Profile) -> Step:
    """What `entry` makes of `record` (None: an order never seen). Raises TransitionRefused, and nothing else."""
    raise NotImplementedError


def fold(record: Record | None, changes: Sequence[Change]) -> Record:
    """`record` with recorded changes applied again. Raises ValueError where they don't fit."""
    raise NotImplementedError


def changes_to_json(changes: Sequence[Change]) -> str:
    """Recorded changes as compact JSON; `changes_from_json` reads them back."""
    raise NotImplementedError


def changes_from_json(text: str | bytes) -> tuple[Change, ...]:
    """The changes that `changes_to_json` wrote."""
    raise NotImplementedError
