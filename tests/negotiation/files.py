"""Files that operators attach: whether the platform holds the right bytes under what each answer calls them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import simplejson

from core.model import Document
from core.store import Store, uploads
from tests.platform.orders import Order, Platform


class Files:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._bytes: dict[str, bytes] = {}
        """By name, of which no two are the same."""

    def attach(self, name: str, payload: bytes) -> Document:
        """A document as an operator's answer names it."""
        uploads.keep(self._store, [payload])
        self._bytes[name] = payload
        return Document(code=name, name=name, attachment=hashlib.sha256(payload).hexdigest())

    def differences(self, platform: Platform) -> Iterator[str]:
        """Of the answers that arrived: what they attached, against what the platform has of it."""
        rows = self._store.connection.execute(
            "SELECT o.number, m.payload FROM outbox m JOIN orders o ON o.id = m.order_id"
            " WHERE m.kind = 'order_response' AND m.state = 'sent' ORDER BY m.id"
        )
        for number, payload in rows:
            tree = simplejson.loads(payload, use_decimal=True)
            order = platform.orders[tree["order"]["buyerAccountNumber"], number]
            for answer in tree["lines"]:
                position = answer["purchaseOrderLinePosition"]
                for document in answer.get("documents", ()):
                    wrong = self._wrong(order, position, document, platform)
                    yield from (f"order {number}: line {position}: {document['name']} {one}" for one in wrong)

    def _wrong(self, order: Order, position: str, document: dict[str, Any], platform: Platform) -> Iterator[str]:
        there = order.lines[position].supplier.get("documents")
        if not isinstance(there, list) or document not in there:
            yield "is not with the line there"
        payload = platform.documents.get(document["objectId"])
        if payload is None:
            yield "was never uploaded"
        elif payload != self._bytes[document["name"]]:
            yield "is another file there"
