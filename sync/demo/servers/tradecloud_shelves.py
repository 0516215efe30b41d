"""What Tradecloud keeps for its API: orders that can be polled, and documents that were uploaded or attached.

Orders are kept as the bytes that the platform wrote, so that a reader can be held to every one of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ShelvedOrder:
    last_updated_at: str
    payload: bytes


@dataclass
class OrderShelf:
    """Orders by their id, given out in the order of `lastUpdatedAt`."""

    orders: dict[str, ShelvedOrder] = field(default_factory=dict)
    most: int = 100
    """Orders a page, whatever is asked for."""
    polls: list[dict[str, object]] = field(default_factory=list)
    """The bodies of all polls, in order."""
    before_page: Callable[[int], object] = lambda _offset: None
    """Called before a page is made: others may change orders meanwhile."""

    def put(self, order_id: str, last_updated_at: str, payload: bytes) -> None:
        self.orders[order_id] = ShelvedOrder(last_updated_at, payload)

    def page(self, asked: bytes) -> bytes:
        """Raises ValueError, TypeError or KeyError for what is no poll."""
        wanted = json.loads(asked)
        filters, offset, limit = wanted["filters"], wanted["offset"], wanted["limit"]
        self.polls.append(wanted)
        self.before_page(offset)
        since = filters.get("lastUpdatedAfter", "")
        found = sorted(
            (each for each in self.orders.values() if each.last_updated_at > since),
            key=lambda each: each.last_updated_at,
        )
        given = found[offset : offset + min(limit, self.most)]
        mark = json.dumps(found[-1].last_updated_at).encode() if found else b"null"
        orders = b", ".join(each.payload for each in given)
        return b'{"data": [%s], "total": %d, "lastUpdatedAt": %s}' % (orders, len(found), mark)


@dataclass(frozen=True, slots=True)
class Uploaded:
    object_id: str
    name: str
    payload: bytes


@dataclass
class DocumentShelf:
    """Documents by their object id, which is made of their bytes: the same document is there once."""

    documents: dict[str, Uploaded] = field(default_factory=dict)
    downloads: list[str] = field(default_factory=list)
    """The object ids of all that was fetched, in order."""

    def put(self, name: str, payload: bytes) -> str:
        object_id = hashlib.sha256(payload).hexdigest()[:32]
        self.documents.setdefault(object_id, Uploaded(object_id, name, payload))
        return object_id
