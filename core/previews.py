"""What of an order has not gone yet, as it would leave: the bytes, what they lead to, how they differ from the last ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.model import Order
from core.payload_difference import difference
from core.store import history, outbox
from core.store._sqlite import sqlite3
from core.store.outbox import Message, Queued
from core.store.rows import Sending
from core.store.times import moment, stamp


@dataclass(frozen=True, slots=True)
class Predicted:
    """What a line becomes once the message has left."""

    position: str
    process_status: str
    in_progress_status: str | None
    logistics_status: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A message that has not gone yet, as it would leave."""

    kind: str
    """order_response, despatch_advice or attachment."""
    connection: str
    state: str
    """draft, held, queued, sending, uncertain or failed."""
    payload: bytes | None
    """None: a draft of an answer that is not complete, or a file."""
    content_type: str
    not_before: datetime | None
    predicted: tuple[Predicted, ...]
    outbox_id: str | None
    name: str = ""
    """Of a file."""
    size: int | None = None
    """…in bytes."""
    waits_for: tuple[str, ...] = ()
    """Names of the files that go up before it. What the platform calls them is not in `payload` yet."""
    last_sent: bytes | None = None
    """The message of the same kind that the order sent last."""
    difference: tuple[str, ...] = ()
    """Lines of a unified diff from that one to this, both laid out alike; none where either is not there."""


def previews(connection: sqlite3.Connection, order_id: int, now: datetime) -> list[Preview] | None:
    """In the order in which they would leave; None when there is no such order. Inside a read transaction."""
    snapshot = history.snapshot(connection, order_id)
    if snapshot is None:
        return None
    record = snapshot.record
    messages = outbox.unsettled(connection, order_id)
    names = {one.attachment: one.name for one in messages}
    predicted = _predicted(record.order)
    found = []
    for message in messages:
        is_file = message.kind == outbox.ATTACHMENT
        before = None if is_file else outbox.last_sent(connection, order_id, message.kind)
        found.append(
            Preview(
                kind=message.kind,
                connection=message.connection,
                state=_state(message, now),
                payload=None if is_file else message.payload,
                content_type=message.content_type,
                not_before=moment(message.not_before),
                predicted=() if is_file else predicted,
                outbox_id=message.id,
                name=message.name,
                size=len(message.payload) if is_file else None,
                waits_for=tuple(names.get(file, file[:12]) for file in json.loads(message.waits_for)),
                last_sent=before,
                difference=difference(before, None if is_file else message.payload),
            )
        )
    answered = any(one.ours and one.state in ("queued", "failed") for one in messages)
    if record.pending is not None and not answered:
        before = outbox.last_sent(connection, order_id, outbox.RESPONSE)
        found.append(
            Preview(
                outbox.RESPONSE, snapshot.connection, Sending.DRAFT, None, "", None, predicted, None, last_sent=before
            )
        )
    return found


def unsaved(
    connection: sqlite3.Connection, order_id: int, name: str, order: Order, messages: Sequence[Queued]
) -> list[Preview]:
    """Messages on `order` that were only computed, as they would wait to leave to the connection called `name`."""
    names = {one.attachment: one.name for one in messages}
    found = []
    for message in messages:
        is_file = message.kind == outbox.ATTACHMENT
        payload = None if is_file else message.payload
        before = None if is_file else outbox.last_sent(connection, order_id, message.kind)
        found.append(
            Preview(
                kind=message.kind,
                connection=name,
                state=Sending.HELD,
                payload=payload,
                content_type=message.content_type,
                not_before=moment(message.not_before),
                predicted=() if is_file else _predicted(order),
                outbox_id=None,
                name=message.name,
                waits_for=tuple(names.get(file, file[:12]) for file in message.waits_for),
                last_sent=before,
                difference=difference(before, payload),
            )
        )
    return found


def _state(message: Message, now: datetime) -> str:
    return Sending.HELD if message.state == "queued" and message.not_before > stamp(now) else message.state


def _predicted(order: Order) -> tuple[Predicted, ...]:
    return tuple(
        Predicted(line.position, line.process_status, line.in_progress_status, line.logistics_status)
        for line in order.lines
    )
