"""An order as Procurement Connect keeps it, bare or in the envelope of an event, as a message.

The platform's states are about the whole order. Each of them says what the buyer does to the lines, or what the platform
knows of them (reference page "Procurement Connect", "Its states and ours"). Shapes: the platform's public client
libraries, in both versions of its API: prices of a line stand in `catalog_price` and `confirmed_price` or in `pricing`,
the desired day in `delivery`, in `deliveries` or on the line.

Events may overtake each other, so an order's `updated_at` (else the event's `timestamp`) is its version; of two events
with one `updated_at` the later one is the newer. An event's own `version` is that of its format.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.formats import AboutNoOrder, Source, Unreadable
from core.formats._json import REMEDY, Node
from core.formats._procurement_connect_parties import buyer, contact, destination, masked_credentials
from core.messages import BuyerAct, LineMessage, Message
from core.model import (
    EXACT,
    UNKNOWN,
    DateOrUnknown,
    InProgressStatus,
    Item,
    KeyValue,
    LineContent,
    LineReport,
    LogisticsStatus,
    Money,
    OrderHeader,
    OrderKey,
    OrderReport,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
    number,
    plain,
    total_quantity,
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one of the platform's states says of every line of the order."""

    process: ProcessStatus
    acts: tuple[BuyerAct, ...] = ()
    in_progress: InProgressStatus | None = None
    logistics: LogisticsStatus | None = None
    reports: bool = True
    """It is the platform's word on where the line stands; else only what the buyer asks."""

    @property
    def line_report(self) -> LineReport | None:
        if not self.reports:
            return None
        return LineReport(
            process_status=self.process, in_progress_status=self.in_progress, logistics_status=self.logistics
        )


_CONFIRMED: Final = ProcessStatus.CONFIRMED
_ISSUED: Final = Meaning(ProcessStatus.ISSUED, (BuyerAct.ISSUE,), reports=False)
_TRANSFERRED: Final = Meaning(ProcessStatus.ISSUED, (BuyerAct.ISSUE, BuyerAct.STANDS), reports=False)
"""…and where its cancellation was asked before, it is so no more."""

STATES: Final[dict[str, Meaning]] = {
    # "Our store of the document is what makes an order transferred": what comes before that is no other order.
    "placed": _TRANSFERRED,
    "transfer_failed": _ISSUED,
    "transferred": _TRANSFERRED,
    "confirmed": Meaning(_CONFIRMED),
    "cancelation_requested": Meaning(
        ProcessStatus.IN_PROGRESS, (BuyerAct.ASK_CANCELLATION,), InProgressStatus.CANCELLATION_REQUESTED
    ),
    "canceled_by_consumer": Meaning(ProcessStatus.CANCELLED, (BuyerAct.CANCEL,)),
    "canceled_by_supplier": Meaning(ProcessStatus.REJECTED),
    "producing": Meaning(_CONFIRMED, logistics=LogisticsStatus.PRODUCED),
    "packed": Meaning(_CONFIRMED, logistics=LogisticsStatus.READY_TO_SHIP),
    "partially_shipped": Meaning(_CONFIRMED, logistics=LogisticsStatus.OPEN),
    "partially_shipped_remainder_canceled": Meaning(_CONFIRMED, logistics=LogisticsStatus.SHIPPED),
    "shipped": Meaning(_CONFIRMED, logistics=LogisticsStatus.SHIPPED),
}
"""The reference page, "Its states and ours"; a `draft` is no order yet."""

_GRANTED: Final = Meaning(ProcessStatus.CANCELLED, (BuyerAct.CANCEL,))
"""Cancelled by us because the buyer asked for it: nobody rejected anything."""

_NOTHING: Final = Node({})
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND: Final = dt.timedelta(milliseconds=1)
_LATER: Final = 10**9
"""In one version, room for the milliseconds (of eleven days) by which an event is later than the order's last change."""
_FEES: Final = ("net_shipping_fee", "net_handling_fee", "taxes_on_fees", "taxes")


def order_message(order: Node, source: Source, event: Node | None = None) -> Message:
    """The message in `order`, which came in the envelope `event` or bare. Raises Unreadable.

    An event of few words, which names no lines, says of all of them what its state says.
    """
    state = order.required("state", "the order's state")
    if state == "draft":
        raise AboutNoOrder("a draft is no order yet", order.place("state"), "nothing: it comes again when it is placed")
    warnings: list[str] = []
    meaning = STATES.get(state)
    if meaning is None:
        warnings.append(f"The state {state[:40]!r} is not known here; nothing was taken from it.")
    elif state == "canceled_by_supplier" and order.has("cancelation_requested_at"):
        meaning = _GRANTED
    whole = order.has("order_line_items")
    references = order.texts("references")
    id_ = order.identifier("id") or order.identifier("order_id")
    number_ = order.identifier("order_number") or (references[0].strip() if references else None)
    if number_ is None and not whole:
        number_ = id_
    if number_ is None:
        raise Unreadable("the order has neither number nor references", order.place("references"), REMEDY)
    acts = meaning.acts if meaning is not None else ()
    report = meaning.line_report if meaning is not None else None
    reported = _order_report(order, event, meaning)
    if reported is not None and reported.version is None:
        # Nothing says that it is no older than a request to cancel.
        acts = tuple(act for act in acts if act is not BuyerAct.STANDS)
    return Message(
        key=OrderKey(connection=source.connection, buyer=_buyer_key(order, source, whole=whole), number=number_),
        header=_header(order, references, source) if whole else None,
        lines=_lines(order, state, acts, report, warnings) if whole else (),
        acts=() if whole else acts,
        all_reported=None if whole else report,
        change=not whole,
        reported=reported,
        platform_id=id_,
        event=event.text("name") if event is not None else state,
        event_id=event.identifier("id") if event is not None else None,
        at_platform=order.text("updated_at") or (event.text("timestamp") if event is not None else None),
        warnings=tuple(warnings),
    )


def _buyer_key(order: Node, source: Source, *, whole: bool) -> str:
    """Company and customer number, as far as they are said; an event of few words may leave both out ("").

    The customer number of the settings stands in for one that an order lacks, and tells nothing of what an event leaves out.
    """
    company, account = buyer(order)
    account = account or (source.our_account if whole else None)
    key = "/".join(filter(None, (company.id if company is not None else None, account)))
    if not key and whole:
        raise Unreadable(
            "nothing says which buyer this is",
            order.place("contract.customer_number"),
            "set our_account in the connection's settings, or ask the sender for a corrected document",
        )
    return key


def _order_report(order: Node, event: Node | None, meaning: Meaning | None) -> OrderReport | None:
    if meaning is None:
        return None
    changed = order.text("updated_at")
    happened = event.text("timestamp") if event is not None else None
    return OrderReport(
        process_status=meaning.process,
        logistics_status=meaning.logistics,
        version=_version(changed, happened),
        last_updated_at=changed or happened,
    )


def _version(changed: str | None, happened: str | None) -> int | None:
    """A number that orders by the order's last change, and where that is the same by when the event happened."""
    if changed is None:
        return _moment(happened, "timestamp") * _LATER if happened is not None else None
    at = _moment(changed, "updated_at")
    later = _moment(happened, "timestamp") - at if happened is not None else 0
    return at * _LATER + min(max(later, 0), _LATER - 1)


def _moment(text: str, place: str) -> int:
    """Milliseconds since 1970: what makes one word of the platform's older than another."""
    try:
        at = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise Unreadable(f"{text[:40]!r} is no date and time", place, REMEDY) from None
    aware = at if at.tzinfo is not None else at.replace(tzinfo=dt.UTC)
    return (aware - _EPOCH) // _MILLISECOND


def _header(order: Node, references: tuple[str, ...], source: Source) -> OrderHeader:
    company, account = buyer(order)
    contract = order.child("contract") or _NOTHING
    placed = order.text("placed_at")
    said = [
        *((key, order.text(key)) for key in ("delivery_mode", "state_reason")),
        *((key, _plain(_decimal(order, key))) for key in _FEES),
        ("contract", ", ".join(contract.texts("references")) or None),
        ("cancelation_policy", contract.text("cancelation_policy")),
    ]
    return OrderHeader(
        issued_on=_day_of(placed, order.place("placed_at")) if placed is not None else None,
        currency=order.identifier("currency"),
        company_id=company.id if company is not None else None,
        buyer_account_number=account or source.our_account,
        buyer=company,
        destination=destination(order),
        contact=contact(order.child("person")),
        supplier_contact=contact(contract.child("account_manager")),
        properties=(
            *(KeyValue(key=key, value=value) for key, value in said if value is not None),
            *masked_credentials(contract),
        ),
        references=references,
    )


# --- lines ------------------------------------------------------------------------------------------------------------


def _lines(
    order: Node, state: str, acts: tuple[BuyerAct, ...], report: LineReport | None, warnings: list[str]
) -> tuple[LineMessage, ...]:
    agreed = report is not None and report.process_status is _CONFIRMED
    agreed = agreed or (state == "cancelation_requested" and _was_confirmed(order))
    seen: set[str] = set()
    doubts = () if state in STATES else (f"is part of an order whose state {state[:40]!r} is not known here",)
    return tuple(
        LineMessage(
            position=position,
            acts=acts,
            content=_content(line, position, doubts, warnings),
            terms=None if agreed else _requested(order, line),
            confirmed=_confirmed(order, line) if agreed else None,
            ordered=_requested(order, line) if agreed else None,
            reported=report,
        )
        for position, line in _numbered(order, seen)
    )


def _was_confirmed(order: Node) -> bool:
    return order.has("confirmed_at") or any(
        line.has("confirmed_price", "confirmed_delivery_at") for line in order.children("order_line_items")
    )


def _numbered(order: Node, seen: set[str]) -> Iterator[tuple[str, Node]]:
    """The lines with their positions. The platform numbers none: they count in the order in which they were made."""
    lines = order.children("order_line_items")
    made = [line.text("created_at") for line in lines]
    if len(set(made)) == len(made) and None not in made and not any(line.has("position") for line in lines):
        lines = tuple(sorted(lines, key=lambda line: line.text("created_at") or ""))
    for nth, line in enumerate(lines, start=1):
        position = line.identifier("position") or str(nth)
        if position in seen:
            raise Unreadable(f"position {position!r} stands twice in the order", line.place("position"), REMEDY)
        seen.add(position)
        yield position, line


def _content(line: Node, position: str, doubts: tuple[str, ...], warnings: list[str]) -> LineContent:
    """`doubts`: those on every line of the order."""
    rounded = _rounded(line)
    warnings.extend(f"line {position}: {doubt}" for doubt in rounded)
    sku = line.child("sku") or _NOTHING
    own = line.identifier("order_number")
    said = [
        ("sku", sku.identifier("order_number") if sku.identifier("order_number") != own else None),
        ("amount_in_base_unit", _amount_in_base_unit(line)),
        ("certification", sku.text("environmental_certification")),
        ("references", ", ".join(line.texts("references")) or None),
    ]
    return LineContent(
        item=Item(
            name=line.text("description"),
            unit=line.text("unit") or sku.text("unit"),
            # "`order_number` is the line's own, not the SKU's": our answer repeats it.
            supplier_item_number=own or sku.identifier("order_number"),
        ),
        properties=tuple(KeyValue(key=key, value=value) for key, value in said if value is not None),
        doubts=(*doubts, *rounded),
    )


def _amount_in_base_unit(line: Node) -> str | None:
    amount = _decimal(line, "amount_in_base_unit")
    return None if amount is None else f"{plain(amount)} {line.text('base_unit') or ''}".strip()


def _requested(order: Node, line: Node) -> Terms:
    price = _decimal(line, "catalog_price")
    if price is None:
        price = _decimal(line.child("pricing") or _NOTHING, "unit_net_price")
    return Terms(delivery_schedule=_desired(order, line), prices=_prices(order, line, price))


def _confirmed(order: Node, line: Node) -> Terms:
    """As far as the platform says it: what is null was agreed as we know it, which may be other than what was asked."""
    price = _decimal(line, "confirmed_price")
    if price is None:
        price = _decimal(line.child("pricing") or _NOTHING, "unit_net_price")
    day = _day(line, "confirmed_delivery_at")
    schedule = () if day is None else (_delivery(day, _decimal(line, "amount")),)
    return Terms(delivery_schedule=schedule, prices=_prices(order, line, price))


def _rounded(line: Node) -> tuple[str, ...]:
    """The doubt on a price that doesn't come to its total. The newer shape rounds the price of one: 7,000 sheets at "0.05"
    come to 360.13."""
    pricing = line.child("pricing") or _NOTHING
    price = _decimal(pricing, "unit_net_price") if _decimal(line, "catalog_price") is None else None
    amount, total = _decimal(line, "amount"), _decimal(pricing, "total_net_price")
    if price is None or amount is None or total is None or EXACT.multiply(price, amount) == total:
        return ()
    sentence = f"{plain(amount)} at {plain(price)} are not the total {plain(total)}"
    return (f"{sentence}: the price is rounded; look at the contract before you confirm it",)


def _prices(order: Node, line: Node, price: Decimal | None) -> Prices | None:
    """Per one of the `unit` in which the amount counts."""
    if price is None:
        return None
    currency = line.identifier("currency") or order.identifier("currency")
    if currency is None:
        raise Unreadable("a price without its currency", order.place("currency"), REMEDY)
    return Prices(net=Price(transaction=Money(value=price, currency=currency)))


def _desired(order: Node, line: Node) -> tuple[ScheduledDelivery, ...]:
    """When the line is wanted; nothing said, or null, "means as soon as possible"."""
    amount = _decimal(line, "amount")
    own = _day(line, "desired_delivery_date")
    if own is not None:
        return (_delivery(own, amount),)
    planned = tuple(_planned(order, line))
    if planned and total_quantity(planned) == amount:
        return planned
    shipments = order.children("deliveries")
    delivery = order.child("delivery") or (shipments[0] if len(shipments) == 1 else _NOTHING)
    return (_delivery(_day(delivery, "desired_delivery_date"), amount),)


def _planned(order: Node, line: Node) -> Iterator[ScheduledDelivery]:
    """The parts of the line in the order's deliveries, where it is delivered in parts."""
    own = line.identifier("id")
    for delivery in order.children("deliveries"):
        for part in delivery.children("delivery_line_items"):
            named = part.identifier("order_line_item_id") or (part.child("order_line_item") or _NOTHING).identifier(
                "id"
            )
            amount = _decimal(part, "amount")
            if own is not None and named == own and amount is not None:
                yield _delivery(_day(delivery, "desired_delivery_date"), amount)


def _delivery(day: dt.date | None, amount: Decimal | None) -> ScheduledDelivery:
    date: DateOrUnknown = UNKNOWN if day is None else day
    return ScheduledDelivery(date=date, quantity=UNKNOWN if amount is None else amount)


# --- values -----------------------------------------------------------------------------------------------------------


def _decimal(node: Node, key: str) -> Decimal | None:
    """ "Money is a decimal string"; an amount is a number."""
    value = node.members.get(key)
    if not isinstance(value, str):
        return node.number(key)
    if not value.strip():
        return None
    try:
        return number(value)
    except ValueError as error:
        raise Unreadable(str(error), node.place(key), REMEDY) from None


def _plain(value: Decimal | None) -> str | None:
    return None if value is None or not value else plain(value)


def _day(node: Node, key: str) -> dt.date | None:
    """A day; the platform's `…_at` may hold a time as well, in whose own zone the day is meant."""
    text = node.text(key)
    return None if text is None else _day_of(text, node.place(key))


def _day_of(text: str, place: str) -> dt.date:
    try:
        return dt.datetime.fromisoformat(text.strip()).date()
    except ValueError:
        raise Unreadable(f"{text[:40]!r} is no date; yyyy-MM-dd is wanted", place, REMEDY) from None
