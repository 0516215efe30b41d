"""The public JSON of orders and lines: what scripts get from `--json`, whatever the store looks like inside.

Plain dicts of what JSON can hold; decimals are strings, an unknown date or quantity is null. Text is as partners wrote it.
Imports no model: lists are made without it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from core.attached import Attached
    from core.model import ChargeLine, Frozen, Order, OrderLine, Price, Prices, ScheduledDelivery, Terms
    from core.orderbook import Predicted, Preview
    from core.store.rows import OrderRow, TimelineEntry
    from core.transition import Change

Json = dict[str, Any]

STAGES: Final = ("produced", "packed", "shipped", "delivered")
"""How far goods have come, in the order in which they go."""
SHOWN_BESIDES: Final = ("suggestion", "three_sides", "drafts", "tasks", "attached")
"""What `podesk show --json` prints beside an order with its lines; `podesk answer` takes it back unread."""


def order(row: OrderRow) -> Json:
    """An order as lists have it. `process_status` is ours, predicted where the platform has not spoken."""
    return {
        "id": row.id,
        "connection": row.connection,
        "number": row.number,
        "buyer": row.buyer,
        "revision": row.revision,
        "process_status": row.process_status,
        "logistics_status": row.logistics_status,
        "reported": _reported(row.reported),
        "sending": row.sending,
    }


def order_with_lines(row: OrderRow, whole: Order, pending: Collection[str] = ()) -> Json:
    """`pending`: positions of the lines on which an answer of ours has not left."""
    return {
        **order(row),
        "header": stated(whole.header, "documents"),
        "lines": [line(each, pending=each.position in pending) for each in whole.lines],
    }


def line(each: OrderLine, *, pending: bool = False) -> Json:
    """`predicted`: our answer left, and the platform has not said yet what became of it."""
    return {
        "position": each.position,
        "item": item(each),
        "process_status": str(each.process_status),
        "in_progress_status": str(each.in_progress_status) if each.in_progress_status else None,
        "logistics_status": str(each.logistics_status),
        "requested": terms(each.requested),
        "proposed": terms(each.proposed),
        "confirmed": terms(each.confirmed),
        "pending": pending,
        "predicted": each.predicted,
        "content": {
            **stated(each.content, "documents", "charge_lines"),
            **(
                {"charge_lines": [_charge(one) for one in each.content.charge_lines]}
                if each.content.charge_lines
                else {}
            ),
        },
        "goods": {
            **{stage: _number(each.progress.reached(stage)) for stage in STAGES},
            "received": [_delivery(one) for one in each.received],
        },
        "answered": {
            "reason": each.reason,
            "sales_order_number": each.sales_order_number,
            "sales_order_position": each.sales_order_position,
            "item_details": stated(each.item_details) if each.item_details is not None else None,
        },
    }


def stated(of: Frozen, *without: str) -> Json:
    """What a partner says, as far as it is said: members that say nothing are left out."""
    read: Json = json.loads(of.to_json())
    return {key: value for key, value in read.items() if key not in without}


def _charge(of: ChargeLine) -> Json:
    """A surcharge in the words of `podesk answer`."""
    return {
        **stated(of, "price"),
        "price": _money(of.price, "transaction"),
        "price_in_base_currency": _money(of.price, "base"),
    }


def item(each: OrderLine) -> str | None:
    """The item by the first of its names: the buyer's number, ours, a standard's, what it is called."""
    of = each.content.item
    return of.number or of.supplier_item_number or of.standard_id or of.name or each.content.description


def terms(agreed: Terms | None) -> Json | None:
    if agreed is None:
        return None
    return {
        "delivery_schedule": [_delivery(planned) for planned in agreed.delivery_schedule],
        "prices": prices(agreed.prices),
    }


def prices(stated: Prices | None) -> Json | None:
    """Net, or gross and discount; each per `price_unit_quantity` of `price_unit`; in the currency of the transaction."""
    if stated is None:
        return None
    return {
        "net_price": _money(stated.net, "transaction"),
        "gross_price": _money(stated.gross, "transaction"),
        "discount_percentage": _number(stated.discount_percentage),
        "price_unit": stated.price_unit,
        "price_unit_quantity": _number(stated.price_unit_quantity),
        "net_price_in_base_currency": _money(stated.net, "base"),
        "gross_price_in_base_currency": _money(stated.gross, "base"),
    }


def timeline_entry(entry: TimelineEntry) -> Json:
    """`changes` and `input` are null where the texts of the entry were erased."""
    return {
        "seq": entry.seq,
        "revision": entry.revision,
        "at": entry.at,
        "actor": entry.actor,
        "kind": entry.kind,
        "document": entry.document,
        "summary": entry.summary,
        "changes": None if entry.changes is None else changes(entry.changes),
        "notes": list(entry.notes),
        "input": entry.input,
    }


def changes(made: Sequence[Change]) -> list[Json]:
    return [{"line": each.line, "field": each.field, "before": each.before, "after": each.after} for each in made]


def attached(each: Attached, number: int) -> Json:
    """A document of an order; `number` is its place in the list, from 1. Text is as partners wrote it."""
    one = each.document
    return {
        "number": number,
        "by": "us" if each.ours else "buyer",
        "line": each.line,
        "code": one.code,
        "revision": one.revision,
        "name": one.name,
        "type": one.type,
        "description": one.description,
        "object_id": one.object_id,
        "url": one.url,
        "file_name": each.file_name,
        "size": each.size,
        "sha256": each.sha256,
        "state": each.stands,
        "why": each.why,
        "next_attempt": each.next_attempt,
    }


def preview(of: Preview) -> Json:
    """`payload` is the text that would leave, null while the answer is not complete, and of a file; `lines` what it leads
    to. `waits_for`: the files that go up before it. `difference`: lines of a unified diff from `last_sent` to this."""
    return {
        "id": of.outbox_id,
        "kind": of.kind,
        "connection": of.connection,
        "state": of.state,
        "not_before": of.not_before.isoformat() if of.not_before is not None else None,
        "content_type": of.content_type,
        "payload": None if of.payload is None else of.payload.decode("utf-8", "replace"),
        "lines": [_predicted(each) for each in of.predicted],
        "name": of.name or None,
        "waits_for": list(of.waits_for),
        "last_sent": None if of.last_sent is None else of.last_sent.decode("utf-8", "replace"),
        "difference": list(of.difference),
    }


def _predicted(each: Predicted) -> Json:
    return asdict(each)


def _reported(word: Json | None) -> Json | None:
    """The platform's word, each part of it present, so that a script needs no test for what it left out."""
    if word is None:
        return None
    return {key: word.get(key) for key in ("process_status", "logistics_status", "version", "last_updated_at")}


def _delivery(planned: ScheduledDelivery) -> Json:
    return {
        "position": planned.position,
        "date": planned.date.isoformat() if isinstance(planned.date, dt.date) else None,
        "quantity": _number(planned.quantity),
        **({"transport_mode": planned.transport_mode} if planned.transport_mode is not None else {}),
    }


def _money(price: Price | None, currency: str) -> Json | None:
    money = getattr(price, currency, None)
    return {"value": _number(money.value), "currency": money.currency} if money is not None else None


def _number(value: object) -> str | None:
    """Its digits, to the last one; null for what is unknown or not stated."""
    return format(value, "f") if isinstance(value, Decimal) else None
