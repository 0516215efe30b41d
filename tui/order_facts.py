"""What is said of an order and of its lines besides statuses and terms, as labels and texts: places, conditions, charges,
custom fields, item details, how far goods are. The texts are as partners wrote them: `display` is for whoever shows them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from core.model import ItemDetails, LineType, ScheduledDelivery, Unknown, plain
from tui.views import STAGES

if TYPE_CHECKING:
    from core.model import ChargeLine, KeyValue, LineContent, Order, OrderLine, Party, Price, TradeTerms

Facts = list[tuple[str, str]]

CONDITIONS: Final = ("kind", "delivery", "payment", "other terms", "labels")
"""What somebody who answers has to know first."""


def of_order(order: Order) -> Facts:
    """Besides description, notes and contacts, which stand above all orders."""
    head = order.header
    return _said(
        ("kind", head.order_type if head.order_type != "Purchase" else None),
        ("issued on", head.issued_on.isoformat() if head.issued_on is not None else None),
        ("our number", head.supplier_account_number),
        ("deliver to", _party(head.destination)),
        ("invoice to", _party(head.buyer_accounting)),
        *_terms(head.terms),
        ("labels", ", ".join(head.labels)),
        ("other terms", "are confirmed at once, unseen by the buyer" if head.auto_confirm else None),
        ("references", ", ".join(head.references)),
        *_properties(head.properties),
    )


def of_line(line: OrderLine) -> Facts:
    """What the buyer says of the line, then how far its goods are, then what we said of it."""
    content = line.content
    return _said(
        ("kind", _kind(content)),
        ("buyer says", content.reason),
        ("look", "; ".join(content.doubts)),
        ("description", content.description),
        *_item(content),
        ("charges", charges(content.charge_lines)),
        ("transport", _transport(line.requested.delivery_schedule)),
        ("contract", " line ".join(filter(None, (content.contract_number, content.contract_position)))),
        ("project", content.project_number),
        ("production", content.production_number),
        ("split from", content.original_position),
        ("when accepted", "the buyer approves it first" if content.propose_when_accepted else None),
        ("delivery", "none is expected" if content.no_delivery_expected else None),
        ("notes", " / ".join(content.notes)),
        ("labels", ", ".join(content.labels)),
        *_properties(content.properties),
        ("goods so far", goods_so_far(line)),
        ("received", ", ".join(map(_delivery, line.received))),
        ("our reason", line.reason),
        ("our order", _ours(line)),
        ("our details", _details(line.item_details)),
    )


def charges(of: Iterable[ChargeLine]) -> str:
    """`FC Freight: 2 × 1.23 EUR per PCE; …`"""
    return "; ".join(map(_charge, of))


def goods_so_far(line: OrderLine) -> str:
    """`packed 6, shipped 4`: what has come how far, each with what has come further. Empty where nothing has moved."""
    moved = [(stage, line.progress.reached(stage)) for stage in STAGES]
    further = {much: stage for stage, much in moved if much}  # of stages with one quantity the last one says it
    return ", ".join(f"{stage} {plain(much)}" for much, stage in further.items())


def _transport(schedule: Iterable[ScheduledDelivery]) -> str:
    named = ((delivery.position, delivery.transport_mode) for delivery in schedule if delivery.transport_mode)
    return ", ".join(": ".join(filter(None, mode)) for mode in named)


def _said(*facts: tuple[str, str | None]) -> Facts:
    return [(label, text) for label, text in facts if text]


def _party(party: Party | None) -> str:
    if party is None:
        return ""
    town = " ".join(filter(None, (party.postal_code, party.city)))
    parts = (*party.names, *party.address_lines, town, party.country_name or party.country_code)
    place = ", ".join(filter(None, parts))
    return " ".join(filter(None, (place, f"({party.id})" if party.id else None)))


def _terms(terms: TradeTerms | None) -> Iterator[tuple[str, str]]:
    if terms is not None:
        yield "delivery", " ".join(filter(None, (terms.incoterms_code, terms.incoterms)))
        yield "payment", " ".join(filter(None, (terms.payment_terms_code, terms.payment_terms)))


def _properties(properties: Iterable[KeyValue]) -> Iterator[tuple[str, str]]:
    return ((f"“{each.key}”", each.value) for each in properties)


def _kind(content: LineContent) -> str:
    if content.line_type is LineType.ITEM and content.charge_reason is None:
        return ""
    return " ".join(filter(None, (content.line_type.value, content.charge_reason)))


def _item(content: LineContent) -> Iterator[tuple[str, str | None]]:
    item = content.item
    yield "item", item.description if item.description != item.name else None
    yield "revision", item.revision
    yield "our item", item.supplier_item_number if item.number else None
    yield "unit", item.unit
    yield "item details", _details(content.item_details)
    yield "our order", f"{content.sales_order_number}, as the buyer has it" if content.sales_order_number else None


def _charge(charge: ChargeLine) -> str:
    what = " ".join(filter(None, (charge.type_code, charge.description))) or "a charge"
    times = f"{plain(charge.quantity)} × " if charge.quantity is not None else ""
    count = f"{plain(charge.price_unit_quantity)} " if charge.price_unit_quantity not in (None, 1) else ""
    unit = f" per {count}{charge.price_unit or ''}".rstrip() if charge.price_unit or count else ""
    price = _price(charge.price)
    return f"{what}: {times}{price}{unit}" if price else what


def _price(price: Price | None) -> str:
    stated = (price.transaction, price.base) if price is not None else ()
    return " = ".join(f"{plain(money.value)} {money.currency}" for money in stated if money is not None)


def _details(details: ItemDetails | None) -> str:
    if details is None:
        return ""
    weight = plain(details.net_weight) if details.net_weight is not None else None
    named = (
        ("origin", details.country_of_origin),
        ("CN", details.combined_nomenclature_code),
        ("net weight", " ".join(filter(None, (weight, details.net_weight_unit)))),
        ("UN", details.dangerous_goods_code),
        ("serial", details.serial_number),
        ("batch", details.batch_number),
    )
    return ", ".join(f"{name} {value}" for name, value in named if value)


def _delivery(delivery: ScheduledDelivery) -> str:
    on = delivery.date.isoformat() if isinstance(delivery.date, dt.date) else "?"
    return f"{on} {'?' if isinstance(delivery.quantity, Unknown) else plain(delivery.quantity)}"


def _ours(line: OrderLine) -> str:
    return " line ".join(filter(None, (line.sales_order_number, line.sales_order_position)))
