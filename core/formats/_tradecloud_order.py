"""What a buyer says of an order and of a line besides terms: the same fields in every shape that Tradecloud has."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from core.formats import Unreadable
from core.formats import _tradecloud_parts as parts
from core.formats._json import REMEDY, Node
from core.model import (
    EXACT,
    UNKNOWN,
    ChargeLine,
    ItemDetails,
    LineContent,
    LineType,
    OrderHeader,
    ScheduledDelivery,
    Terms,
    Unknown,
)

_Word = TypeVar("_Word", bound=StrEnum)

_NOTHING = Node({})


def header(
    order: Node, warnings: list[str], *, buyer_account_number: str | None, issued_on: dt.date | None
) -> OrderHeader:
    """The header in `order`: a buyer's own `order`, or the `buyerOrder` that the platform echoes."""
    order_type = order.text("orderType")
    if order_type not in (None, "Purchase"):
        warnings.append(f"{order.place('orderType')}: this is a {order_type!r}, not a purchase.")
    return OrderHeader(
        description=order.text("description"),
        order_type=order_type,
        issued_on=issued_on,
        company_id=order.identifier("companyId"),
        buyer_account_number=buyer_account_number,
        supplier_account_number=order.identifier("supplierAccountNumber"),
        buyer=parts.party(order.child("buyerParty")),
        buyer_accounting=parts.party(order.child("buyerAccountingParty")),
        supplier=parts.party(order.child("supplierParty")),
        destination=parts.party(order.child("destination")),
        contact=parts.contact(order.child("contact")),
        supplier_contact=parts.contact(order.child("supplierContact")),
        terms=parts.trade_terms(order.child("terms")),
        auto_confirm=indicator(order, "autoConfirm"),
        properties=parts.properties(order),
        notes=order.texts("notes"),
        labels=order.texts("labels"),
        documents=parts.documents(order),
    )


def content(
    line: Node,
    warnings: list[str],
    *,
    type_of: Node,
    doubts: tuple[str, ...] = (),
    charge_reason: str | None,
    original_position: str | None,
    item_details: ItemDetails | None,
    charge_lines: tuple[ChargeLine, ...],
) -> LineContent:
    """A line's content: of a buyer's own line, or of the `buyerLine` that the platform echoes.

    `type_of`: where the line's type stands. `doubts`: those that are known of the line already.
    """
    unknown: list[str] = []
    line_type = known(LineType, type_of, "lineType", warnings, unknown) or LineType.ITEM
    terms = line.child("terms") or _NOTHING
    return LineContent(
        row=line.text("row"),
        line_type=line_type,
        charge_reason=charge_reason,
        original_position=original_position,
        description=line.text("description"),
        item=parts.item(line.child("item")),
        item_details=item_details,
        charge_lines=charge_lines,
        contract_number=terms.text("contractNumber"),
        contract_position=terms.text("contractPosition"),
        project_number=line.text("projectNumber"),
        production_number=line.text("productionNumber"),
        sales_order_number=line.text("salesOrderNumber"),
        propose_when_accepted=indicator(line, "proposeWhenAccepted"),
        no_delivery_expected=indicator(line, "noDeliveryExpected"),
        properties=parts.properties(line),
        notes=line.texts("notes"),
        labels=line.texts("labels"),
        documents=parts.documents(line),
        reason=line.text("reason"),
        doubts=(*doubts, *unknown),
    )


def once(position: str, place: str, seen: set[str]) -> str:
    """`position`, which no line before it in the document may have."""
    if position in seen:
        raise Unreadable(f"position {position!r} stands twice in the order", place, REMEDY)
    seen.add(position)
    return position


def indicator(node: Node, name: str) -> bool:
    """Whether `indicators.<name>` is said to be true."""
    indicators = node.child("indicators")
    return indicators is not None and indicators.flag(name) is True


def known(
    words: type[_Word], node: Node | None, key: str, warnings: list[str], doubts: list[str] | None = None
) -> _Word | None:
    """A word of the platform's; one that it has learnt since is left out with a warning (manual, "compatibility"), and with
    a doubt where the word says what the line is or how it stands."""
    text = None if node is None else node.text(key)
    if node is None or text is None:
        return None
    try:
        return words(text)
    except ValueError:
        warnings.append(f"{node.place(key)}: {text[:40]!r} is not known here and was left out.")
        if doubts is not None:
            doubts.append(f"has a {key} {text[:40]!r}, which is not known here and was left out")
        return None


def stated_terms(node: Node | None, schedule: str = "deliverySchedule", prices: str = "prices") -> Terms | None:
    """The terms that `node` states: a schedule, or the one delivery of a single delivery order, and prices.

    Raises Unreadable for two deliveries at one position.
    """
    if node is None:
        return None
    planned = parts.delivery_schedule(node, schedule)
    single = node.child(schedule.replace("deliverySchedule", "scheduledDelivery"))
    if not planned and single is not None:
        planned = (parts.scheduled_delivery(single),)
    _refuse_a_position_twice(planned, node.place(schedule))
    terms = Terms(delivery_schedule=planned, prices=parts.prices(node.child(prices)))
    return None if terms == Terms() else terms


def _refuse_a_position_twice(planned: tuple[ScheduledDelivery, ...], place: str) -> None:
    """Answers name deliveries by their positions, so no two of a schedule may share one."""
    if len(planned) < 2:
        return
    seen: set[str] = set()
    for at, delivery in enumerate(planned):
        if delivery.position in seen:
            raise Unreadable(
                f"position {delivery.position!r} stands twice in the delivery schedule",
                f"{place}[{at}].position",
                REMEDY,
            )
        if delivery.position is not None:
            seen.add(delivery.position)


def filled(terms: Terms | None, gaps: Terms | None) -> Terms | None:
    """`terms`, with what they leave unsaid taken from `gaps`."""
    if terms is None or gaps is None:
        return terms or gaps
    return Terms(
        delivery_schedule=terms.delivery_schedule or gaps.delivery_schedule,
        prices=terms.prices or gaps.prices,
    )


def delivered(line: Node) -> tuple[ScheduledDelivery, ...]:
    """The whole history of goods received: as such, and what the schedule says beyond it is delivered.

    History and schedule meet by date and quantity, never by position (manual, "Receive goods"). A delivery of the schedule
    that came in parts meets none of them: the parts that came on its day are of it, and where all of the schedule is
    delivered, every other part too.
    """
    history = list(parts.delivery_schedule(line, "deliveryHistory"))
    actual = line.child("actualDelivery")
    if not history and actual is not None:
        history.append(parts.scheduled_delivery(actual))
    schedule = [
        each for each in (*line.children("deliverySchedule"), line.child("scheduledDelivery")) if each is not None
    ]
    there = [each for each in schedule if each.text("status") == "Delivered"]
    told = list(history)
    beyond = []
    for delivery in map(parts.scheduled_delivery, there):
        same = next((each for each in told if (each.date, each.quantity) == (delivery.date, delivery.quantity)), None)
        if same is not None:
            told.remove(same)
        elif UNKNOWN not in (delivery.date, delivery.quantity):
            beyond.append(delivery)
    if not history:
        return tuple(beyond)
    return (*history, *_not_in_parts(beyond, told, all_there=len(there) == len(schedule)))


def _not_in_parts(
    deliveries: Sequence[ScheduledDelivery], told: Sequence[ScheduledDelivery], *, all_there: bool
) -> Iterator[ScheduledDelivery]:
    """Of `deliveries`, what the parts that are `told` don't make up."""
    parts_of_a_day: dict[object, Decimal] = {}
    for each in told:
        if not isinstance(each.quantity, Unknown):
            day = None if all_there else each.date
            parts_of_a_day[day] = EXACT.add(parts_of_a_day.get(day, Decimal(0)), each.quantity)
    for delivery in deliveries:
        assert not isinstance(delivery.quantity, Unknown)
        day = None if all_there else delivery.date
        came = min(parts_of_a_day.get(day, Decimal(0)), delivery.quantity)
        if came:
            parts_of_a_day[day] = EXACT.subtract(parts_of_a_day[day], came)
        if came < delivery.quantity:
            yield delivery.but(quantity=EXACT.subtract(delivery.quantity, came)) if came else delivery
