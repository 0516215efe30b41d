"""What a transition gives: the new order and what differs, or a refusal that an operator can act on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple, TypeAlias

from core.model import Order
from core.outgoing import Outgoing

RULES_VERSION: Final = 6
"""Of the rules in this package; every entry of the log names the version that made it."""

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


class Written(str):
    """JSON that is written out: what is said of an order is written once, for everyone who keeps it."""

    __slots__ = ()


class TransitionRefused(Exception):
    """The state of an order, or a rule of its platform, forbids an input. The text is the operator's sentence.

    `number` is the buyer's purchase order number, `position` the line's, or None when the whole order is meant.
    """

    def __init__(self, number: str, position: str | None, sentence: str) -> None:
        super().__init__(f"order {number}, line {position}: {sentence}" if position else f"order {number}: {sentence}")
        self.number = number
        self.position = position
        self.sentence = str(self)


class Layer(StrEnum):
    """Which of an order's two states a change is about (see `core.pending`)."""

    ORDER = "order"
    """The order, while nothing of ours is pending: there is one state only."""
    SHOWN = "shown"
    """The order as the desk shows it, with what has not left applied."""
    PLATFORM = "platform"
    """The order as the platform knows it."""
    PENDING = "pending"
    """The decision that has not left."""
    IN_FLIGHT = "in flight"
    """What a message that is being sent took along, in case that it comes back."""


WHOLE: Final = "*"
"""The field of a change that brings a whole line, order or decision."""


class Change(NamedTuple):
    """One field that differs. Values are plain JSON: dates and decimals are strings, models objects or `Written`."""

    line: str | None
    """Position of the line; None: the order itself."""
    field: str
    """Name in `OrderLine` or `Order`, with a dot into header or content ("header.notes"), or `WHOLE`."""
    before: Json
    after: Json
    layer: Layer = Layer.ORDER


class TaskKind(StrEnum):
    """Whose turn it is on a line, and for what."""

    ANSWER = "answer"
    """Ours: the line has no answer, or the one it had was rejected or undone."""
    BUYER_ASKS = "buyer asks"
    """Ours: other terms or a reconfirmation of what is agreed."""
    CANCELLATION = "cancellation"
    """Ours: the buyer asks to cancel, and waits for our yes or no."""
    WAIT = "wait"
    """The buyer's: our proposal, request or refusal is before them."""
    SHIP = "ship"
    """Ours: what is agreed has not left in full."""


@dataclass(frozen=True, slots=True)
class Task:
    kind: TaskKind
    position: str


@dataclass(frozen=True, slots=True)
class Transition:
    """What became of an order by one input."""

    order: Order
    changes: tuple[Change, ...]
    outgoing: tuple[Outgoing, ...] = ()
    opened: tuple[Task, ...] = ()
    closed: tuple[Task, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences for the timeline: what had no effect, what was expected otherwise."""
    silent: tuple[str, ...] = ()
    """Positions of the lines on which the answer says nothing new: nothing leaves for them."""
