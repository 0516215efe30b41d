"""What the supplier decides: answers to lines, and what has been produced, packed and shipped."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from pydantic import Field

from core.model import ChargeLine, Contact, Document, Frozen, ItemDetails, KeyValue, Number, Terms
from core.stages import Stage as Stage


class Act(StrEnum):
    """What a supplier can decide for a line."""

    AGREE = "agree"
    """Whichever of accept, approve and reconfirm the line's state calls for (the desk's `c`)."""
    DISAGREE = "disagree"
    """Whichever of reject and refuse the line's state calls for (the desk's `x`)."""
    ACCEPT = "accept"
    REJECT = "reject"
    PROPOSE = "propose"
    """Other terms. What they mean, a proposal or a confirmation, is the platform's to say: see `core.profile`."""
    WITHDRAW = "withdraw"
    """Take back our open proposal or reopen request."""
    APPROVE = "approve"
    """…what the buyer asks: other terms, or to cancel."""
    REFUSE = "refuse"
    """…what the buyer asks."""
    RECONFIRM = "reconfirm"
    DETAILS = "details"
    """Item details, notes or own numbers alone; the answer's terms stay what they are."""


class LineDecision(Frozen):
    position: str
    act: Act
    terms: Terms | None = None
    """With PROPOSE: the whole terms. With ACCEPT or RECONFIRM: none."""
    reason: str | None = None
    item_details: ItemDetails | None = None
    description: str | None = None
    sales_order_number: str | None = None
    sales_order_position: str | None = None
    charge_lines: tuple[ChargeLine, ...] | None = None
    properties: tuple[KeyValue, ...] | None = None
    notes: tuple[str, ...] | None = None
    documents: tuple[Document, ...] | None = None
    rule: str | None = None
    """The rule that decided it; None: a person did."""


class Decision(Frozen):
    """One answer of the supplier's to some lines of one order."""

    id: str
    at: dt.datetime
    lines: tuple[LineDecision, ...] = Field(min_length=1)
    act: Act | None = None
    """ACCEPT or REJECT: said of the order as a whole too, as far as each of its lines says the same."""
    description: str | None = None
    contact: Contact | None = None
    properties: tuple[KeyValue, ...] | None = None
    notes: tuple[str, ...] | None = None
    documents: tuple[Document, ...] | None = None


class LineProgress(Frozen):
    position: str
    quantity: Number | None = None
    """How much more has reached the stage; None: all that is left of the line."""


class Shipment(Frozen):
    number: str | None = None
    carrier: str | None = None
    tracking_number: str | None = None


class Despatch(Frozen):
    """Goods of one order reached a stage. Empty `lines`: every line that is agreed and not yet there."""

    id: str
    at: dt.datetime
    stage: Stage
    lines: tuple[LineProgress, ...] = ()
    shipment: Shipment | None = None


class Undo(Frozen):
    """Take back the decisions that have not left: all of them, or those on `positions`."""

    id: str
    at: dt.datetime
    positions: tuple[str, ...] = ()


class Departed(Frozen):
    """The daemon takes an outbox row for sending: from here its answer is no longer ours to change."""

    id: str
    at: dt.datetime
    outbox: str
    answers: bool = True
    """The row is an order response; False: a despatch advice, which takes no decision along."""


class Returned(Frozen):
    """A claimed outbox row certainly did not arrive: its answer is ours again, to change and to take back."""

    id: str
    at: dt.datetime
    outbox: str
    detail: str | None = None
    """Why it did not arrive."""
    next_attempt: dt.datetime | None = None
    """When it may be tried again, where it is not at once or never."""


class Outcome(StrEnum):
    SENT = "sent"
    UNCERTAIN = "uncertain"
    """Nobody knows whether it arrived, and the partner can't tell duplicates."""
    FAILED = "failed"
    RETRIED = "retried"
    """An operator puts it back into the queue."""
    DROPPED = "dropped"
    """An operator gives it up: it is not sent."""


class Delivered(Frozen):
    """What became of an outbox row. Changes no term and no status, but belongs on the timeline.

    SENT and UNCERTAIN end the time in which its answer could come back (`Returned`).
    """

    id: str
    at: dt.datetime
    outbox: str
    outcome: Outcome
    detail: str | None = None
    """Receipt of the partner, or why it failed."""
    again: bool = False
    """With UNCERTAIN: it goes again by itself, under the same key."""


class Uploaded(Frozen):
    """A file that our answer attaches is with the buyer's platform: the answer can name it now, and leave."""

    id: str
    at: dt.datetime
    attachment: str
    """sha256 of its bytes, hex."""
    object_id: str
    """What the platform calls it."""
