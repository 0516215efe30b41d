"""Tradecloud documents for the tests: the samples beside this file, and small ones made on the spot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import simplejson

from core.formats import Source, read
from core.messages import LineMessage, Message

SAMPLES = Path(__file__).parent / "samples"
SOURCE = Source(connection="harbour", our_account="340760")
BARE_SOURCE = Source(connection="harbour")

Tree = dict[str, Any]


def sample(name: str) -> bytes:
    return (SAMPLES / f"tradecloud-{name}.json").read_bytes()


def sample_tree(name: str) -> Tree:
    """The sample, for a test to change before it is read."""
    tree: Tree = simplejson.loads(sample(name), use_decimal=True)
    return tree


def encode(tree: object) -> bytes:
    return simplejson.dumps(tree, use_decimal=True).encode()


def messages(tree: object, source: Source = SOURCE) -> tuple[Message, ...]:
    document = tree if isinstance(tree, bytes) else encode(tree)
    return read(document, source, "tradecloud-json")


def message(tree: object, source: Source = SOURCE) -> Message:
    (only,) = messages(tree, source)
    return only


def line(of: Message, position: str) -> LineMessage:
    (found,) = [line for line in of.lines if line.position == position]
    return found


def flat(*lines: Tree, **order: object) -> Tree:
    """A buyer's own order with what a test is about, and the number that every order has."""
    return {"order": {"purchaseOrderNumber": "WH-77", **order}, "lines": list(lines)}


def flat_line(position: str = "1", **members: object) -> Tree:
    """A line that issues terms."""
    return {
        "position": position,
        "deliverySchedule": [{"position": "0001", "date": "2026-05-04", "quantity": 3}],
        **members,
    }


def polled(*lines: Tree, **members: object) -> Tree:
    return {
        "id": "po-1",
        "buyerOrder": {"companyId": "buyer-1", "purchaseOrderNumber": "PO-1"},
        "supplierOrder": {"buyerAccountNumber": "340760"},
        "lines": list(lines),
        **members,
    }


def polled_line(process: str, in_progress: str | None = None, position: str = "1", **members: object) -> Tree:
    """A line in a status; it states the terms 2026-05-04, 3 pieces, 5 EUR."""
    return {
        "buyerLine": {"position": position},
        "deliverySchedule": [{"position": "0001", "date": "2026-05-04", "quantity": 3}],
        "prices": {"netPrice": {"priceInTransactionCurrency": {"value": 5, "currencyIso": "EUR"}}},
        "status": {"processStatus": process, "inProgressStatus": in_progress, "logisticsStatus": "Open"},
        **members,
    }


def as_json(payload: bytes) -> Any:
    """What a receiver reads, numbers as the text that was written: 78.90 is not 78.9 here."""
    return json.loads(payload, parse_float=lambda text: ("number", text), parse_int=lambda text: ("number", text))
