"""The documents of an order and its lines, the buyer's and ours, and where each of them stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from core.decisions import Decision
from core.model import Document, Order
from core.pending import Record
from core.store import Store, downloads, history, outbox, uploads
from core.store._sqlite import sqlite3
from core.store.downloads import Download
from core.transition import Layer
from core.transition.changes import compact

Stands: TypeAlias = Literal["kept", "waiting", "failed", "link", "named", "unsent", "sending", "sent", "uncertain"]
"""A buyer's: its bytes are kept here, are waited for, can't be had; or the order has only a link (which is never opened:
a stranger wrote it), or only a name. Ours: what became of the answer that it is attached to."""

_OF_OURS: dict[str, Stands] = {"sent": "sent", "sending": "sending", "queued": "sending"}


@dataclass(frozen=True, slots=True)
class Attached:
    document: Document
    line: str | None
    """Its position; None: the order's."""
    ours: bool
    stands: Stands
    size: int | None = None
    """Bytes, as far as we have them."""
    sha256: str | None = None
    """Of the bytes, where we have them."""
    file_name: str | None = None
    """At the buyer's platform. A stranger's words, never a path."""
    why: str | None = None
    """What went wrong with it last."""
    next_attempt: str | None = None


def attached(store: Store, order_id: int, record: Record) -> tuple[Attached, ...]:
    """The buyer's first, the order's before its lines'; then ours. Raises StoreDamaged."""
    with store.reading() as connection:
        return (*_theirs(connection, record.order), *_ours(connection, order_id, record))


def _theirs(connection: sqlite3.Connection, order: Order) -> Iterator[Attached]:
    documents = [(None, one) for one in order.header.documents]
    by_line = [(line.position, one) for line in order.lines for one in line.content.documents]
    everything: list[tuple[str | None, Document]] = [*documents, *by_line]
    names = [one.object_id for _, one in everything if one.object_id is not None]
    known = downloads.found(connection, order.key.connection, names) if names else {}
    for position, one in everything:
        yield _their(one, position, known)


def _their(one: Document, position: str | None, known: Mapping[str, Download]) -> Attached:
    if one.object_id is None:
        return Attached(one, position, ours=False, stands="link" if one.url is not None else "named")
    found = known.get(one.object_id)
    if found is None:
        why = "no platform has such a name for a document; ask the buyer for it"
        return Attached(one, position, ours=False, stands="failed", why=why)
    stands: dict[str, Stands] = {"kept": "kept", "wanted": "waiting"}
    return Attached(
        one,
        position,
        ours=False,
        stands=stands.get(found.state, "failed"),
        size=found.size,
        sha256=found.sha256,
        file_name=found.name or None,
        why=found.last_error,
        next_attempt=found.next_attempt,
    )


def _ours(connection: sqlite3.Connection, order_id: int, record: Record) -> Iterator[Attached]:
    """What left and did not come back; then what has not left. Of two with one code on a line the later one stands."""
    last: dict[tuple[str | None, str], tuple[str | None, Document, Stands]] = {}
    states = outbox.states(connection, order_id)
    for outbox_id, decision in _left(connection, order_id).items():
        stands = _OF_OURS.get(states.get(outbox_id, ""), "uncertain")
        last |= {_key(position, one): (position, one, stands) for position, one in _documents(decision)}
    if record.pending is not None:
        last |= {_key(position, one): (position, one, "unsent") for position, one in _documents(record.pending)}
    files = {one.attachment for _, one, _ in last.values() if one.attachment is not None}
    sizes = uploads.sizes(connection, files) if files else {}
    for position, one, stands in last.values():
        size = sizes.get(one.attachment or "")
        sha256 = one.attachment if size is not None else None
        yield Attached(one, position, ours=True, stands=stands, size=size, sha256=sha256)


def _left(connection: sqlite3.Connection, order_id: int) -> dict[str, Decision]:
    """By message, what left with documents and did not come back; as far as the log's texts were not erased."""
    left: dict[str, Decision] = {}
    with history.naming(order_id):
        for kind, outbox_id, changes in history.departures(connection, order_id, naming='"documents":'):
            if kind == "returned":
                left.pop(outbox_id, None)
            elif (took := _taken_along(changes)) is not None:  # it may go again, and takes nothing more along then
                left[outbox_id] = Decision.from_json(took)
    return left


def _taken_along(changes: list[dict[str, Any]]) -> str | None:
    """What was pending before a message took it along, as JSON."""
    for change in changes:
        if change.get("layer") == Layer.PENDING and change.get("before") is not None:
            return compact(change["before"])
    return None


def _documents(decision: Decision) -> Iterator[tuple[str | None, Document]]:
    for one in decision.documents or ():
        yield None, one
    for line in decision.lines:
        for one in line.documents or ():
            yield line.position, one


def _key(position: str | None, one: Document) -> tuple[str | None, str]:
    """As platforms hold them apart: by code, else by all that is said."""
    return position, one.code if one.code is not None else one.but(object_id=None).to_json()
