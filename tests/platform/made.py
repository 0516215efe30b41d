"""Small lines and answers for the tests of the platform itself."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

from tests.platform import wire
from tests.platform.line import (
    Answer,
    Habits,
    Line,
    answered,
    approved,
    asked_to_reconfirm,
    cancelled,
    completed_by_buyer,
    issued_again,
    refused,
    revived,
)
from tests.platform.orders import Order, Platform
from tests.platform.terms import Delivery, Money, Prices, Said, Terms

Tree = dict[str, Any]

START = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)


def terms(date: str = "2026-05-04", quantity: str = "10", price: str = "5.50") -> Terms:
    return Terms(
        (Delivery("0001", date, Decimal(quantity)),),
        Prices(net=Money(Decimal(price), "EUR"), unit="PCE", per=Decimal(1)),
    )


ASKED = terms()
OURS = terms(date="2026-05-11")
BUYERS_NEXT = terms(quantity="12")


def said(value: Terms) -> Said:
    return Said(value.schedule, value.prices)


def accept(position: str = "10") -> Answer:
    return Answer(position, "accepted")


def reject(position: str = "10") -> Answer:
    return Answer(position, "rejected", reason="not made any more")


def answer(value: Terms, position: str = "10") -> Answer:
    return Answer(position, said=said(value), reason="the mill is late")


def told(line: Line, what: Answer, *, auto_confirm: bool = False, habits: Habits | None = None) -> Line:
    return answered(line, what, auto_confirm=auto_confirm, habits=habits or Habits())


def lines() -> dict[str, Line]:
    """One line in each state that the tables name, by a name for it."""
    issued = Line("10", ASKED)
    proposed = told(issued, answer(OURS))
    confirmed = told(issued, accept())
    rejected = told(issued, reject())
    return {
        "Issued": issued,
        "OpenSupplierProposal": proposed,
        "RejectedSupplierProposal": refused(proposed),
        "ReissuedRejectedLine": issued_again(rejected, BUYERS_NEXT),
        "Confirmed": confirmed,
        "OpenSupplierReopenRequest": told(confirmed, answer(OURS)),
        "OpenBuyerReopenRequest": issued_again(confirmed, BUYERS_NEXT),
        "OpenBuyerReconfirmationRequest": asked_to_reconfirm(confirmed),
        "Rejected": rejected,
        "Cancelled": cancelled(confirmed),
        "Completed": completed_by_buyer(confirmed),
        "RevertedCancelledLine": revived(cancelled(confirmed), Habits()),
        "RevertedCompletedLine": revived(completed_by_buyer(issued), Habits()),
        "ApprovedProposal": approved(proposed),
    }


class Clock:
    """A minute later each time it is asked."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(minutes=1)
        return self.now


def platform(*more: Line, habits: Habits | None = None, **order: Any) -> tuple[Platform, Order]:
    """A platform with one order, of line 10 and `more`."""
    made = Platform(Clock(), habits)
    wanted = Order("buyer-1", "340760", "PO-1", **order)
    wanted.lines = {line.position: line for line in (Line("10", ASKED), *more)}
    made.add(wanted)
    return made, wanted


def another(line: Line, position: str) -> Line:
    return replace(line, position=position)


def response(*lines: Tree, **order: Any) -> bytes:
    """An order response on the wire."""
    head = {"buyerAccountNumber": "340760", "purchaseOrderNumber": "PO-1", **order}
    return wire.encoded({"order": head, "lines": list(lines)})


def advice(number: str = "DA-1", quantity: Any = 10, position: str = "10", **line: Any) -> bytes:
    return wire.encoded(
        {
            "header": {
                "buyerAccountNumber": "340760",
                "despatchAdviceNumber": number,
                "shipment": {"shipmentNumber": f"SN-{number}"},
            },
            "lines": [
                {
                    "despatchAdviceLinePosition": "1",
                    "purchaseOrderNumber": "PO-1",
                    "purchaseOrderLinePosition": position,
                    "despatchQuantity": quantity,
                    **line,
                }
            ],
        }
    )
