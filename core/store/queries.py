"""The queries behind lists and screens. Nothing here loads the model, unless one order is asked for whole."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import datetime

from core.store.opening import Store
from core.store.rows import (
    DocumentRow,
    HealthRow,
    Loaded,
    OrderRow,
    OutboxRow,
    QuarantinedDocument,
    Sending,
    TimelineEntry,
    View,
)

__all__ = [
    "DocumentRow",
    "HealthRow",
    "Loaded",
    "OrderRow",
    "OutboxRow",
    "QuarantinedDocument",
    "Sending",
    "TimelineEntry",
    "View",
    "counts",
    "document",
    "find",
    "health",
    "list_orders",
    "load",
    "newest",
    "order_ids",
    "outbox",
    "quarantine",
    "quarantine_count",
    "rows_by_id",
    "timeline",
]


def list_orders(
    store: Store,
    *,
    now: datetime,
    view: View = View.ALL,
    search: str | None = None,
    limit: int | None = None,
    after: tuple[str, int] | None = None,
) -> list[OrderRow]:
    """Orders of a view, the soonest due first; those behind the row whose `place` is `after`."""
    raise NotImplementedError


def order_ids(store: Store, *, now: datetime, view: View = View.ALL, search: str | None = None) -> array[int]:
    """The ids of a whole view in the order of `list_orders`."""
    raise NotImplementedError


def rows_by_id(store: Store, ids: Sequence[int], now: datetime) -> list[OrderRow]:
    """The orders with these ids, in that order; an id that is not there is left out."""
    raise NotImplementedError


def counts(store: Store) -> dict[View, int]:
    raise NotImplementedError


def quarantine_count(store: Store) -> int:
    raise NotImplementedError


def find(store: Store, po: str, now: datetime) -> list[OrderRow]:
    """The order that an operator names: `#12` by id, else by number; several where buyers share a number."""
    raise NotImplementedError


def load(store: Store, order_id: int, now: datetime) -> Loaded | None:
    raise NotImplementedError


def timeline(store: Store, order_id: int) -> list[TimelineEntry]:
    raise NotImplementedError


def quarantine(store: Store) -> list[QuarantinedDocument]:
    raise NotImplementedError


def outbox(store: Store, *, everything: bool = False) -> list[OutboxRow]:
    """What waits, failed or is uncertain; with `everything`, what was sent and superseded too."""
    raise NotImplementedError


def health(store: Store) -> list[HealthRow]:
    raise NotImplementedError


def document(store: Store, document_id: int) -> DocumentRow | None:
    raise NotImplementedError


def newest(store: Store) -> int:
    """The number of the last thing that happened to any order: cheap to ask again and again."""
    raise NotImplementedError
