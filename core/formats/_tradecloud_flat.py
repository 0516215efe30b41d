"""A buyer's own words: `{"order": {…}, "lines": […]}` as the buyer sends them, without the platform in between.

One shape serves four messages (manual, "Issue a new order", "Indicators", "Receive goods"): the order and its changes,
with a delivery schedule or one delivery a line; indicators alone; deliveries that came; the history of all of them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Final

from core.formats import Source, Unreadable
from core.formats import _tradecloud_parts as parts
from core.formats._json import Node
from core.formats._tradecloud_order import (
    content,
    delivered,
    header,
    indicator,
    once,
    stated_terms,
)
from core.messages import BuyerAct, LineMessage, Message
from core.model import KeyValue, OrderKey

_ISSUES: Final = (
    "item",
    "itemDetails",
    "deliverySchedule",
    "scheduledDelivery",
    "prices",
    "chargeLines",
    "description",
)
"""A line that says one of these issues or reissues; one that says none only marks or counts."""

_ACTS: Final = {
    "confirmed": BuyerAct.CONFIRM,
    "requestReconfirmation": BuyerAct.ASK_RECONFIRMATION,
    "delivered": BuyerAct.DELIVERED,
    "completed": BuyerAct.COMPLETE,
    "cancelled": BuyerAct.CANCEL,
}
"""By indicator, in the order in which they are done."""

_ENDS: Final = (BuyerAct.COMPLETE, BuyerAct.CANCEL)
"""A line that is ended is not issued; completing beats cancelling in the same message (manual, "Indicators")."""

_NOTHING = Node({})


def buyers_own_order(document: Node, source: Source) -> Message:
    """The message in a buyer's flat order, its indicators or its deliveries."""
    warnings: list[str] = []
    order = document.child("order") or _NOTHING
    lines = document.children("lines")
    issues = any(line.has(*_ISSUES) for line in lines)
    seen: set[str] = set()
    issued_on = _issued_on(document, warnings)
    account = order.identifier("buyerAccountNumber") or source.our_account
    head = header(order, warnings, buyer_account_number=account, issued_on=issued_on) if issues else None
    return Message(
        key=_key(order, source),
        header=head.but(properties=(*head.properties, *_written_by(document))) if head is not None else None,
        lines=tuple(_line(line, order if issues else _NOTHING, seen, warnings) for line in lines),
        acts=() if issues else _acts_on_every_line(order, lines, warnings),
        cancel_missing=issues and indicator(order, "cancelLineWhenMissing"),
        at_platform=document.text("erpLastChangeDateTime") or document.text("erpIssueDateTime"),
        warnings=tuple(warnings),
    )


def _key(order: Node, source: Source) -> OrderKey:
    """Buyer: what is the same in all the messages that one buyer sends about one order.

    The account number in our settings stands for the one buyer of such a connection. Without it the company's id, then
    the buyer's party, then our number in the buyer's books tell buyers apart; indicators and deliveries may lack the
    latter two, so a connection without `our_account` may not find their order, but never takes another buyer's. With it
    the order is found too when it was polled and stands under company and account (`core.intake`).
    """
    number = order.required("purchaseOrderNumber", "the purchase order number")
    party = parts.party(order.child("buyerParty"))
    buyer = (
        source.our_account
        or order.identifier("companyId")
        or (party and (party.id or " ".join(party.names)))
        or order.identifier("supplierAccountNumber")
        or source.connection
    )
    return OrderKey(connection=source.connection, buyer=buyer, number=number)


def _line(line: Node, order: Node, seen: set[str], warnings: list[str]) -> LineMessage:
    position = once(line.required("position", "the line's position"), line.place("position"), seen)
    acts = _acts(line, order, warnings)
    came = parts.delivery_schedule(line, "deliveries")
    if not line.has(*_ISSUES):
        return LineMessage(
            position=position,
            acts=acts,
            delivered=came or delivered(line),
            delivered_adds=bool(came),
            reason=line.text("reason"),
        )
    ended = any(act in _ENDS for act in acts)
    return LineMessage(
        position=position,
        acts=acts if ended else (BuyerAct.ISSUE, *acts),
        content=content(
            line,
            warnings,
            type_of=line,
            charge_reason=line.text("chargeReasonCode"),
            original_position=line.identifier("originalPosition"),
            item_details=parts.item_details(line.child("itemDetails")),
            charge_lines=parts.charge_lines(line),
        ),
        terms=stated_terms(line),
        delivered=came or delivered(line),
        delivered_adds=bool(came),
        reason=line.text("reason"),
    )


def _acts(line: Node, order: Node, warnings: list[str]) -> tuple[BuyerAct, ...]:
    """What the indicators do to a line. The line's own overrule the order's, `false` included (manual, "Indicators")."""
    own = line.child("indicators") or _NOTHING
    whole = order.child("indicators") or _NOTHING

    def says(name: str) -> bool:
        flag = own.flag(name)
        return (whole.flag(name) if flag is None else flag) is True

    if says("shipped"):
        warnings.append(f"{line.path}: the buyer calls the line shipped; what has left is ours to say.")
    return _without_beaten(tuple(act for name, act in _ACTS.items() if says(name)))


def _acts_on_every_line(order: Node, lines: tuple[Node, ...], warnings: list[str]) -> tuple[BuyerAct, ...]:
    """What the indicators of a message without terms do to the whole order, to lines that it does not name too."""
    whole = order.child("indicators")
    if whole is None:
        return ()
    for line in lines:
        own = line.child("indicators") or _NOTHING
        for name in _ACTS:
            if whole.flag(name) and own.flag(name) is False:
                raise Unreadable(
                    f"the line is spared what {name!r} does to the rest of the order, and the rest is not named",
                    own.place(name),
                    "ask the buyer to name each line that is meant",
                )
    if whole.flag("shipped"):
        warnings.append("The buyer calls the order shipped; what has left is ours to say.")
    return _without_beaten(tuple(act for name, act in _ACTS.items() if whole.flag(name)))


def _without_beaten(acts: tuple[BuyerAct, ...]) -> tuple[BuyerAct, ...]:
    if BuyerAct.COMPLETE in acts:
        return tuple(act for act in acts if act is not BuyerAct.CANCEL)
    return acts


def _written_by(document: Node) -> Iterator[KeyValue]:
    """Whose work it is at the buyer's; `contact` is who answers for it."""
    for member, key in (("erpIssuedBy", "Issued by"), ("erpLastChangedBy", "Last changed by")):
        person = parts.contact(document.child(member))
        if person is not None:
            said = (person.name, person.email, person.user_name, person.phone)
            yield KeyValue(key=key, value=" ".join(filter(None, said)))


def _issued_on(document: Node, warnings: list[str]) -> dt.date | None:
    """The day in `erpIssueDateTime`, a local yyyy-MM-ddThh:mm:ss. It orders nothing, so a bad one is only pointed out."""
    text = document.text("erpIssueDateTime")
    if text is None:
        return None
    try:
        return dt.datetime.fromisoformat(text).date()
    except ValueError:
        warnings.append(f"{document.place('erpIssueDateTime')}: {text[:40]!r} is no date and time; left out.")
        return None
