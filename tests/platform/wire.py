"""How the platform tells an order: whole, as polled, or an event with only the lines that it touches.

The shapes are those of the page and of its samples. While our proposal or reopen request is open, `deliverySchedule` and
`prices` still show what was asked or agreed before: the `…IncludingRequests` twins show the request. The buyer's part of a
line shows what the buyer issued, also when the line is long agreed on other terms.
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import simplejson

from tests.platform.line import BUYERS_REOPEN, OUR_PROPOSAL, OUR_REOPEN, Line, Request
from tests.platform.terms import Delivery, Money, Prices, Terms

if TYPE_CHECKING:
    from tests.platform.orders import Order

Tree = dict[str, Any]


def polled(order: Order) -> Tree:
    return {
        "id": order.id,
        "supplierAccountNumber": "V-7731",
        "purchaseOrderNumber": order.number,
        **_head(order),
        "lines": [_line(line) for line in order.lines.values()],
    }


def event(name: str, order: Order, positions: list[str]) -> Tree:
    lines = [_line(order.lines[position]) for position in positions]
    return {"eventName": name, "orderEvent": {"orderId": order.id, **_head(order), "lines": lines}}


def documents_event(name: str, order: Order, positions: list[str]) -> Tree:
    return {
        "eventName": name,
        "orderDocumentsEvent": {
            "orderId": order.id,
            "buyerOrder": {
                "companyId": order.company,
                "purchaseOrderNumber": order.number,
                "documents": order.buyer.get("documents", []),
            },
            "supplierOrder": {"buyerAccountNumber": order.account},
            "lines": [
                {"buyerLine": {"position": one, "documents": order.lines[one].buyer.get("documents", [])}}
                for one in positions
            ],
        },
    }


_ACTS = frozenset(
    f"{what}ByBuyer"
    for what in (
        "OrderIssued",
        "OrderLinesIssued",
        "OrderLinesReissued",
        "OrderLinesConfirmed",
        "OrderChangesProposalApproved",
        "OrderChangesProposalRejected",
        "OrderLinesReopenRequested",
        "OrderLinesReopenRequestReverted",
        "OrderLinesReopenRequestApproved",
        "OrderLinesReopenRequestRejected",
        "OrderLinesReconfirmationRequested",
        "OrderLinesCancelled",
        "CancelledOrderLinesReverted",
        "OrderLinesCompleted",
        "CompletedOrderLinesReverted",
        "OrderLinesMarkedAsDelivered",
        "OrderLinesMarkedAsOpen",
    )
)
"""Events whose names alone say what the buyer did to their lines."""


def in_few_words(tree: Tree) -> Tree:
    """`tree`, an event, without how its lines stand, where its name says what became of them: who hears it computes that."""
    if tree["eventName"] not in _ACTS:
        return tree
    body = tree["orderEvent"]
    lines = [{name: value for name, value in line.items() if name != "status"} for line in body["lines"]]
    return {**tree, "orderEvent": {**body, "lines": lines}}


def encoded(tree: object) -> bytes:
    """Numbers keep every digit."""
    return simplejson.dumps(tree, use_decimal=True, ensure_ascii=False).encode()


def strange(tree: Any, rng: random.Random) -> Any:
    """The same with members that nobody has heard of, in another order: receivers must not mind."""
    if isinstance(tree, list):
        return [strange(one, rng) for one in tree]
    if not isinstance(tree, dict):
        return tree
    members = [(name, strange(value, rng)) for name, value in tree.items()]
    if rng.random() < 0.1:
        members.append(
            (f"new{rng.randrange(100)}", rng.choice([None, True, "x", 1.5, [], {"since": 2027}, [{"a": []}]]))
        )
    rng.shuffle(members)
    return dict(members)


def _head(order: Order) -> Tree:
    return {
        "version": order.version,
        "buyerOrder": {
            "companyId": order.company,
            "supplierAccountNumber": "V-7731",
            "purchaseOrderNumber": order.number,
            "orderType": "Purchase",
            **order.buyer,
            "indicators": {"autoConfirm": order.auto_confirm, "cancelLineWhenMissing": order.cancel_missing},
        },
        "supplierOrder": {"companyId": "our-company", "buyerAccountNumber": order.account, **order.supplier},
        "indicators": {"deliveryOverdue": False},
        "status": {"processStatus": order.process, "logisticsStatus": order.logistics},
        "eventDates": {},
        "meta": {},
        "lastUpdatedAt": order.updated_at,
    }


def _line(line: Line) -> Tree:
    asked = _including_requests(line)
    tree: Tree = {
        "id": f"line-{line.position}",
        "lineType": "Charge" if line.charge else "Item",
        "buyerLine": {
            "position": line.position,
            **_terms(line.issued or line.requested),
            **line.buyer,
            "indicators": {
                "noDeliveryExpected": line.no_delivery_expected,
                "delivered": line.logistics == "Delivered",
                "proposeWhenAccepted": line.propose_when_accepted,
            },
            "requests": _requests(reopenRequest=line.buyers_reopen),
        },
        "supplierLine": {**line.supplier, "requests": _requests(proposal=line.proposal, reopenRequest=line.reopen)},
        "deliverySchedule": [
            {**_delivery(one), "status": line.goods_of(one), "eta": one.date} for one in line.standing.schedule
        ],
        "deliveryScheduleIncludingRequests": [_delivery(one) for one in asked.schedule],
        "indicators": {"deliveryOverdue": False},
        "status": {"processStatus": line.process, "logisticsStatus": line.logistics},
        "eventDates": {},
        "mergedItemDetails": dict(line.item_details),
        "lastUpdatedAt": line.updated_at,
    }
    if line.in_progress is not None:
        tree["status"]["inProgressStatus"] = line.in_progress
    if line.standing.prices is not None:
        tree["prices"] = _prices(line.standing.prices)
    if asked.prices is not None:
        tree["pricesIncludingRequests"] = _prices(asked.prices)
    if line.confirmed is not None:
        tree["confirmedLine"] = _terms(line.confirmed)
    if line.received:
        tree["deliveryHistory"] = [_delivery(one) for one in line.received]
    return tree


def _including_requests(line: Line) -> Terms:
    open_request = {OUR_PROPOSAL: line.proposal, OUR_REOPEN: line.reopen, BUYERS_REOPEN: line.buyers_reopen}.get(
        line.in_progress or ""
    )
    return line.standing if open_request is None else open_request.terms


def _requests(**requests: Request | None) -> Tree:
    tree: Tree = {}
    for name, request in requests.items():
        if request is not None:
            tree[name] = {**_terms(request.terms), "status": request.status}
            if request.reason is not None:
                tree[name]["reason"] = request.reason
    return tree


def _terms(terms: Terms) -> Tree:
    tree: Tree = {"deliverySchedule": [_delivery(one) for one in terms.schedule]}
    if terms.prices is not None:
        tree["prices"] = _prices(terms.prices)
    return tree


def _delivery(delivery: Delivery) -> Tree:
    members = {"position": delivery.position, "date": delivery.date, "quantity": delivery.quantity}
    return {name: value for name, value in members.items() if value is not None}


def _prices(prices: Prices) -> Tree:
    members = {
        "grossPrice": _price(prices.gross, prices.gross_base),
        "discountPercentage": prices.discount,
        "netPrice": _price(prices.net, prices.net_base),
        "priceUnitOfMeasureIso": prices.unit,
        "priceUnitQuantity": prices.per,
    }
    return {name: value for name, value in members.items() if value is not None}


def _price(transaction: Money | None, base: Money | None) -> Tree | None:
    if transaction is None:
        return None
    tree = {"priceInTransactionCurrency": _money(transaction)}
    return tree if base is None else {**tree, "priceInBaseCurrency": _money(base)}


def _money(money: Money) -> dict[str, Decimal | str]:
    return {"value": money.value, "currencyIso": money.currency}
