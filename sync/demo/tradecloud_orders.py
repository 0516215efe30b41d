"""A wanted order as Tradecloud sends it: polled, as an event, or with one delivery a line."""

from __future__ import annotations

import datetime as dt
from typing import Any

import simplejson

from sync.demo.catalogue import WantedDelivery, WantedLine, WantedOrder

COMPANY_ID = "mw-01"
OUR_ACCOUNT = "340760"
SUPPLIER_ACCOUNT = "540830"

Tree = dict[str, Any]


def encode(tree: object) -> bytes:
    """JSON with decimals as exact numbers."""
    return simplejson.dumps(tree, use_decimal=True, ensure_ascii=False, indent=2).encode()


def polled(order: WantedOrder, at: dt.datetime) -> Tree:
    """The order as `order-search/poll` gives it, just issued."""
    return {
        "id": f"{COMPANY_ID}-{order.number}",
        "version": 1,
        "buyerOrder": {
            "companyId": COMPANY_ID,
            "supplierAccountNumber": SUPPLIER_ACCOUNT,
            "purchaseOrderNumber": order.number,
            "contact": {"email": "purchasing@metal-works.example"},
            "destination": {
                "code": "001",
                "names": ["Metal Works, hall 2"],
                "city": "Rotterdam",
                "countryCodeIso2": "NL",
            },
            "notes": [order.note] if order.note else [],
        },
        "supplierOrder": {"buyerAccountNumber": OUR_ACCOUNT},
        "status": {"processStatus": "Issued", "logisticsStatus": "Open"},
        "lines": [_line(line, order.currency) for line in order.lines],
        "lastUpdatedAt": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
    }


def event(order: WantedOrder, at: dt.datetime) -> Tree:
    """The same as a webhook's body."""
    tree = polled(order, at)
    tree["orderId"] = tree.pop("id")
    return {"eventName": "OrderIssuedByBuyer", "orderEvent": tree}


def _line(line: WantedLine, currency: str) -> Tree:
    return {
        "id": f"{line.item}-{line.position}",
        "buyerLine": {
            "position": line.position,
            "item": {"number": line.item, "name": line.name, "purchaseUnitOfMeasureIso": line.unit},
        },
        "supplierLine": {},
        "deliverySchedule": [_delivery(f"{n:04d}", delivery) for n, delivery in enumerate(line.deliveries, 1)],
        "prices": {
            "netPrice": {"priceInTransactionCurrency": {"value": line.price, "currencyIso": currency}},
            "priceUnitOfMeasureIso": line.unit,
            "priceUnitQuantity": line.per,
        },
        "status": {"processStatus": "Issued", "logisticsStatus": "Open"},
    }


def _delivery(position: str, delivery: WantedDelivery) -> Tree:
    return {
        "position": position,
        "date": delivery.date.isoformat(),
        "quantity": delivery.quantity,
        "status": "Open",
    }
