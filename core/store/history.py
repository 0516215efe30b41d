"""One order whole, and all that happened to it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.store._sqlite import sqlite3
from core.store.opening import Store, StoreDamaged, damaged
from core.store.rows import Loaded, TimelineEntry

if TYPE_CHECKING:
    from core.pending import Record


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An order as it was read, to compute a change from."""

    id: int
    connection: str
    number: str
    revision: int
    last_document: int | None
    last_sha256: str | None
    """Of the document that was applied last."""
    body: str

    @property
    def record(self) -> Record:
        """Raises StoreDamaged."""
        from core.pending import Record  # a list needs no model

        with naming(self.id):
            return Record.from_json(self.body)


_SNAPSHOT = """SELECT o.id, o.connection, o.number, o.revision, o.last_document, d.sha256, o.body
    FROM orders o LEFT JOIN documents d ON d.id = o.last_document"""


@contextmanager
def naming(order: int | str) -> Iterator[None]:
    """What is met inside and can't be read is told as damage to this order (its id, or else its number)."""
    try:
        yield
    except (StoreDamaged, ValueError, KeyError, TypeError, AttributeError) as error:
        # Without the error's own words: they repeat what a partner wrote.
        raise damaged(f"order #{order}" if isinstance(order, int) else f"order {order}") from error


def snapshot(connection: sqlite3.Connection, order_id: int) -> Snapshot | None:
    """Raises StoreDamaged."""
    with naming(order_id):
        row = connection.execute(f"{_SNAPSHOT} WHERE o.id = ?", (order_id,)).fetchone()
    return Snapshot(*row) if row else None


def snapshots(connection: sqlite3.Connection, order_ids: Iterable[int]) -> dict[int, Snapshot]:
    """Those of the orders that are there, by id. Raises StoreDamaged, of which order it can't say."""
    rows = connection.execute(
        f"{_SNAPSHOT} WHERE o.id IN (SELECT value FROM json_each(?))",  # noqa: S608
        (json.dumps(list(order_ids)),),
    )
    return {row[0]: Snapshot(*row) for row in rows.fetchall()}


def snapshot_by_key(connection: sqlite3.Connection, name: str, buyer: str, number: str) -> Snapshot | None:
    """Raises StoreDamaged."""
    with naming(number):
        row = connection.execute(
            f"{_SNAPSHOT} WHERE o.connection = ? AND o.buyer = ? AND o.number = ?", (name, buyer, number)
        ).fetchone()
    return Snapshot(*row) if row else None


def buyers(connection: sqlite3.Connection, name: str, number: str) -> list[str]:
    """The buyers of the orders with this number on the connection called `name`."""
    rows = connection.execute("SELECT buyer FROM orders WHERE connection = ? AND number = ?", (name, number))
    return [row[0] for row in rows]


def called(connection: sqlite3.Connection, name: str, platform_id: str) -> list[tuple[str, str]]:
    """Buyer and number of the orders to which the platform of the connection called `name` gave this id."""
    return connection.execute(
        "SELECT buyer, number FROM orders WHERE connection = ? AND platform_id = ?", (name, platform_id)
    ).fetchall()


def referred_to(connection: sqlite3.Connection, name: str, reference: str) -> list[tuple[str, str]]:
    """The same of those of which this is the platform's own reference."""
    return connection.execute(
        "SELECT buyer, number FROM orders WHERE connection = ? AND reference = ?", (name, reference)
    ).fetchall()


def taken_before(connection: sqlite3.Connection, order_id: int, input_id: str) -> bool:
    """Whether the order has had the input with this id."""
    row = connection.execute("SELECT 1 FROM log WHERE order_id = ? AND input_id = ?", (order_id, input_id)).fetchone()
    return row is not None


def taken(connection: sqlite3.Connection, inputs: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Of inputs (order id, input id) those that the orders have had."""
    rows = connection.execute(
        """SELECT l.order_id, l.input_id FROM json_each(?) input
        CROSS JOIN log l ON l.order_id = input.value ->> 0 AND l.input_id = input.value ->> 1""",
        (json.dumps(list(inputs)),),
    )
    return set(rows.fetchall())


def load(store: Store, order_id: int, now: datetime) -> Loaded | None:
    """The order with its lines; None when there is none with this id. Raises StoreDamaged."""
    from core.store.queries import rows_by_id

    with store.reading() as connection:
        found = snapshot(connection, order_id)
        rows = rows_by_id(store, [order_id], now)
    if found is None or not rows:
        return None
    return Loaded(found.id, found.revision, found.record, rows[0])


def timeline(store: Store, order_id: int) -> list[TimelineEntry]:
    """All that happened to the order, the first first. Raises StoreDamaged."""
    with naming(order_id):
        return list(_entries(store.connection, order_id, 0))


def since(connection: sqlite3.Connection, order_id: int, revision: int) -> list[TimelineEntry]:
    """What happened to the order after `revision`. Raises StoreDamaged."""
    with naming(order_id):
        return list(_entries(connection, order_id, revision))


def deciders(connection: sqlite3.Connection, order_id: int) -> Iterator[tuple[str, list[dict[str, Any]] | None]]:
    """Who decided what of the order, the latest first: the lines of each decision as stored, None where erased."""
    rows = connection.execute(
        """SELECT l.actor, t.input FROM log l LEFT JOIN log_texts t ON t.seq = l.seq
        WHERE l.order_id = ? AND l.kind = 'decided' ORDER BY l.revision DESC""",
        (order_id,),
    )
    for actor, said in rows:
        yield actor, json.loads(said).get("lines", []) if said is not None else None


def departures(
    connection: sqlite3.Connection, order_id: int, *, naming: str
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """departed or returned, the message's id and, of what left with a change that has `naming` in its text, the changes.

    The first first; without those whose texts were erased.
    """
    rows = connection.execute(
        """SELECT l.kind, t.input ->> 'outbox', iif(l.kind = 'departed', t.changes, '[]')
        FROM log l JOIN log_texts t ON t.seq = l.seq
        WHERE l.order_id = ? AND (l.kind = 'returned' OR (l.kind = 'departed' AND instr(t.changes, ?)))
        ORDER BY l.revision""",
        (order_id, naming),
    )
    for kind, outbox_id, changes in rows:
        yield kind, outbox_id, json.loads(changes)


@dataclass(frozen=True, slots=True)
class Told:
    """An entry of the log with only what its kind makes worth reading; what is erased, or not read, is None."""

    revision: int
    at: str
    actor: str
    kind: str
    input: dict[str, Any] | None
    changes: list[dict[str, Any]] | None
    queued: list[list[str]]
    """Id and sha256 of the messages that it put into the outbox."""


_TOLD = """SELECT l.revision, l.at, l.actor, l.kind,
        iif(l.kind IN (SELECT value FROM json_each(:inputs)), t.input, NULL),
        iif(l.kind IN (SELECT value FROM json_each(:changes)), t.changes, NULL),
        iif(l.kind IN (SELECT value FROM json_each(:inputs) UNION SELECT value FROM json_each(:changes)), t.queued, NULL)
    FROM log l LEFT JOIN log_texts t ON t.seq = l.seq
    WHERE l.order_id = :order AND l.revision > :after ORDER BY l.revision"""
_TOLD_LATEST_FIRST = f"{_TOLD} DESC"


def told(
    connection: sqlite3.Connection,
    order_id: int,
    *,
    after: int = 0,
    inputs: Collection[str] = (),
    changes: Collection[str] = (),
    latest_first: bool = False,
) -> Iterator[Told]:
    """What the log says of the order after revision `after`, for those who need a part of it.

    `inputs`, `changes`: kinds of entries of which they are read. An order of 500 lines has entries of 500 kB each.
    """
    rows = connection.execute(
        _TOLD_LATEST_FIRST if latest_first else _TOLD,
        {
            "inputs": json.dumps(list(inputs)),
            "changes": json.dumps(list(changes)),
            "order": order_id,
            "after": after,
        },
    )
    from pydantic_core import from_json  # a list needs none of it

    with naming(order_id):
        for revision, at, actor, kind, said, changed, queued in rows:
            yield Told(
                revision,
                at,
                actor,
                kind,
                from_json(said) if said is not None else None,
                from_json(changed) if changed is not None else None,
                from_json(queued) if queued is not None else [],
            )


def _entries(connection: sqlite3.Connection, order_id: int, revision: int) -> Iterable[TimelineEntry]:
    from core.pending import changes_from_json

    rows = connection.execute(
        """SELECT l.seq, l.revision, l.at, l.actor, l.kind, l.document, t.changes, t.notes, t.input
        FROM log l LEFT JOIN log_texts t ON t.seq = l.seq
        WHERE l.order_id = ? AND l.revision > ? ORDER BY l.revision""",
        (order_id, revision),
    )
    for seq, at_revision, at, actor, kind, document, changes, notes, said in rows:
        spoken: dict[str, Any] | None = json.loads(said) if said is not None else None
        yield TimelineEntry(
            seq=seq,
            revision=at_revision,
            at=at,
            actor=actor,
            kind=kind,
            document=document,
            changes=list(changes_from_json(changes)) if changes is not None else None,
            notes=tuple(json.loads(notes)) if notes is not None else (),
            input=spoken,
            summary=summary(kind, spoken),
        )


def summary(kind: str, said: dict[str, Any] | None) -> str:
    """One line on what an entry says, made from the input as stored."""
    if said is None:
        return f"{kind}; what it said was erased"
    match kind:
        case "received":
            message = said.get("message", {})
            lines = _positions(message.get("lines", ()))
            return " ".join(part for part in ("received", message.get("event") or "", lines) if part)
        case "decided":
            acts: dict[tuple[str, str | None], list[str]] = {}
            for line in said.get("lines", ()):
                if line.keys() > {"act", "position"} or line["act"] != "details":  # else it only carries the rest
                    acts.setdefault((line["act"], line.get("rule")), []).append(line["position"])
            words = [
                f"{act} {_listed(positions)}{f' by rule “{rule}”' if rule else ''}"
                for (act, rule), positions in acts.items()
            ]
            besides = [name for name in _OF_THE_ORDER if said.get(name) is not None]
            return "; ".join([*words, *([f"{', '.join(besides)} of the order"] if besides else [])])
        case "despatched":
            lines = _positions(said.get("lines", ()))
            return f"{said['stage']} {lines}".strip()
        case "undone":
            return f"took back {_listed(said.get('positions', ()))}" if said.get("positions") else "took back"
        case "departed":
            return "the answer leaves"
        case "returned":
            detail = said.get("detail")
            return f"the answer did not arrive: {detail}" if detail else "the answer did not arrive"
        case "uploaded":
            return f"a file is with the platform, as {said['object_id']}"
        case "delivered":
            detail = said.get("detail")
            return f"{said['outcome']}: {detail}" if detail else str(said["outcome"])
        case _:
            return kind


_OF_THE_ORDER = ("description", "contact", "properties", "notes", "documents")
_MOST_POSITIONS = 6


def _positions(lines: Iterable[dict[str, Any]]) -> str:
    return _listed([line["position"] for line in lines])


def _listed(positions: Iterable[str]) -> str:
    named = list(positions)
    if not named:
        return ""
    more = f" and {len(named) - _MOST_POSITIONS} more" if len(named) > _MOST_POSITIONS else ""
    return f"line{'s' if len(named) > 1 else ''} {', '.join(named[:_MOST_POSITIONS])}{more}"
