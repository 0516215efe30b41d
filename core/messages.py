"""What arrives: a buyer's or a platform's word on one order, as `core.formats` reads it out of a document.

A message says which *acts* the buyer performs on lines; what an act does to a line depends on the line's state, and that
is `core.transition`'s to say. A platform that keeps the state itself (Tradecloud) also sends its own statuses: they stand
in `reported`, beside the terms, and win over what we would compute.
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from core.model import (
    Document,
    Frozen,
    LineContent,
    LineReport,
    OrderHeader,
    OrderKey,
    OrderReport,
    ScheduledDelivery,
    Terms,
)


class BuyerAct(StrEnum):
    """What a buyer can do to a line. `ISSUE` covers issue, reissue and reopen request: the line's state decides."""

    ISSUE = "issue"
    APPROVE = "approve"
    """…our open proposal or reopen request."""
    REJECT = "reject"
    """…our open proposal or reopen request."""
    ASK_RECONFIRMATION = "ask reconfirmation"
    ASK_CANCELLATION = "ask cancellation"
    """Procurement Connect's `cancelation_requested`: ours to grant or refuse."""
    WITHDRAW = "withdraw"
    """The buyer takes back an open request of their own."""
    STANDS = "stands"
    """…a request to cancel, and nothing else: Procurement Connect's `transferred` after `cancelation_requested`."""
    CANCEL = "cancel"
    REVERT_CANCELLATION = "revert cancellation"
    COMPLETE = "complete"
    REVERT_COMPLETION = "revert completion"
    DELIVERED = "delivered"
    """Goods received, the whole line."""
    MARK_OPEN = "mark open"
    """The goods are not where we or they said: logistics starts again."""
    CONFIRM = "confirm"
    """The buyer confirms the line in the supplier's stead, on the terms named or else requested."""


class LineMessage(Frozen):
    position: str
    acts: tuple[BuyerAct, ...] = ()
    content: LineContent | None = None
    terms: Terms | None = None
    """What the buyer asks: issued terms, or those of a reopen request."""
    confirmed: Terms | None = None
    """What the platform says is agreed; a part that it leaves out, schedule or prices, is agreed as it is known here."""
    ordered: Terms | None = None
    """What the buyer once asked, where the message is past that: for a line that is not here yet."""
    proposed: Terms | None = None
    """Ours, as the platform holds them while our proposal or reopen request is open: answers given in its portal too."""
    our_reason: str | None = None
    """Why we ask that, in the platform's keeping."""
    reported: LineReport | None = None
    delivered: tuple[ScheduledDelivery, ...] = ()
    """Goods-received history, matched by date and quantity, never by position."""
    delivered_adds: bool = False
    """`delivered` comes on top of what was told before; otherwise it is the whole history."""
    delivered_whole: bool = False
    """…and it is that also where nothing is in it: the buyer took back what was told before."""
    attached: tuple[Document, ...] = ()
    """Documents that come on top of those of the line; one with the code of another replaces it."""
    reason: str | None = None


class Message(Frozen):
    key: OrderKey
    header: OrderHeader | None = None
    lines: tuple[LineMessage, ...] = ()
    acts: tuple[BuyerAct, ...] = ()
    """On every line of the order, named here or not."""
    cancel_missing: bool = False
    """Lines of the order that the message does not name are cancelled (Tradecloud `cancelLineWhenMissing`)."""
    change: bool = False
    """It only makes sense beside the order that it changes, and can't stand for it."""
    reported: OrderReport | None = None
    platform_id: str | None = None
    attached: tuple[Document, ...] = ()
    """Documents that come on top of those of the order; one with the code of another replaces it."""
    all_reported: LineReport | None = None
    """The platform's word on every line of the order that is not named here."""
    event: str | None = None
    """The platform's own name for what happened."""
    event_id: str | None = None
    """The platform's own id of the event: what comes a second time under it changes nothing."""
    at_platform: str | None = None
    """When, in the platform's words: shown, never compared with our clock."""
    sequence: int | None = None
    """The buyer's own count of the changes of an order (UBL `SequenceNumberID`): a lower one is older."""
    issued: str | None = None
    """When the buyer issued the document, ISO 8601: a day, or a moment. Compared with other documents of the order only."""
    warnings: tuple[str, ...] = ()
    """What the reader had to guess or leave out; shown on the timeline."""


class Received(Frozen):
    """A message as an input to an order: with its identity and our time."""

    id: str
    at: dt.datetime
    message: Message
    document: int | None = None
    """Row of the raw document it was read from."""
