"""How a fetched document becomes part of an order: kept first, for good; then read; then applied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.orderbook import OrderBook
from core.store import Store


@dataclass(frozen=True, slots=True)
class IncomingDocument:
    """A document out of an arrival; `problem`: why it goes to quarantine unread."""

    name: str
    payload: bytes
    sender: str = ""
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing seen at a channel."""

    connection: str
    locator: str
    fingerprint: str
    """sha256 of the whole arrival, hex."""
    documents: tuple[IncomingDocument, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    arrival_id: int
    document_ids: tuple[int, ...]
    new: bool
    """False: it was kept before, and has not gone from the channel since."""


@dataclass(frozen=True, slots=True)
class Applied:
    document_id: int
    state: str
    """applied, duplicate or quarantined."""
    orders: tuple[int, ...] = ()
    """Ids of the orders that it changed."""
    reason: str = ""


def keep(store: Store, incoming: Sequence[Incoming], now: datetime) -> list[Kept]:
    """Transaction A: from its commit on the documents are ours, and the channel may archive them."""
    raise NotImplementedError


def gone(store: Store, arrival_id: int, now: datetime) -> None:
    """The channel moved the arrival out of the way: the same bytes at the same place are news from here on.

    Not to be called when the channel has to leave it where it was.
    """
    raise NotImplementedError


def apply(book: OrderBook, document_ids: Sequence[int]) -> Iterator[Applied]:
    """Transaction B for each of the documents that is still `fetched`: read, step, save. One result a document.

    A document that can't be read, or that the order's state refuses, goes to quarantine with the reason.
    """
    raise NotImplementedError


def unapplied(store: Store) -> list[int]:
    """Documents that are kept but not applied: work that a crash left."""
    raise NotImplementedError


def retry(book: OrderBook, document_id: int) -> Applied:
    """Read a quarantined document again. Raises NoSuchDocument."""
    raise NotImplementedError
