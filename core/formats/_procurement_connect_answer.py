"""What we send to Procurement Connect, as one tree for JSON and XML: a confirmation, a cancellation, or how far goods are.

The platform publishes no schema; the tree is that of the reference page ("What we send"). An order is confirmed or
cancelled as a whole: our no to a cancellation that the buyer asks for is the confirmation, said again with our reason. A
line that comes in several deliveries has an entry each, with the line's number and position.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final, NoReturn

from core.decisions import Shipment
from core.formats import CannotCarry
from core.formats._carried import refuse, refuse_transport_modes
from core.model import (
    EXACT,
    Order,
    OrderLine,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Unknown,
    plain,
)
from core.outgoing import DespatchAdvice, Indicator, OrderResponse, Outgoing, ResponseLine
from core.stages import Stage

Tree = dict[str, object]
"""Members in the order of the page; text, whole numbers, None, trees and lists of them."""

_AS_A_WHOLE: Final = "it confirms or cancels an order as a whole"
_CLOSED: Final = frozenset({ProcessStatus.REJECTED, ProcessStatus.CANCELLED, ProcessStatus.COMPLETED})


def tree_of(outgoing: Outgoing, order: Order, format_name: str) -> Tree:
    """The members of what leaves. Raises CannotCarry, naming the line and the field."""
    if isinstance(outgoing, DespatchAdvice):
        return _status(outgoing, order, format_name)
    refuse(
        format_name,
        None,
        (
            (outgoing.description, "a description of the order"),
            (outgoing.contact, "a contact of ours"),
            (outgoing.properties, "properties of the order"),
            (outgoing.notes, "notes on the order: give a reason"),
            (outgoing.documents, "documents"),
            (outgoing.indicators, "indicators of another platform"),
        ),
    )
    answers = _answers(outgoing, order, format_name)
    rejected = [line for line, said in answers if (said.indicator or outgoing.indicator) is Indicator.REJECTED]
    if rejected and len(rejected) < len(answers):
        raise CannotCarry(format_name, f"the rejection of one line: {_AS_A_WHOLE}", rejected[0].position)
    head = _head(outgoing, order, "canceled_by_supplier" if rejected else "confirmed")
    reason = _reason(answers)
    if reason is not None:
        head["state_reason"] = reason
    if not rejected:
        head["order_line_items"] = [
            entry for line, said in answers for entry in _confirmed(line, said, order, format_name)
        ]
    return head


def _head(outgoing: Outgoing, order: Order, state: str) -> Tree:
    return {"references": list(order.header.references), "order_number": outgoing.number, "state": state}


# --- confirmed, or cancelled by us ------------------------------------------------------------------------------------


def _answers(response: OrderResponse, order: Order, format_name: str) -> list[tuple[OrderLine, ResponseLine]]:
    said = {line.position: line for line in response.lines}
    answers = []
    for line in order.lines:
        answer = said.pop(line.position, None)
        if answer is None:
            if line.process_status not in _CLOSED and response.indicator is None:
                raise CannotCarry(format_name, f"an answer that leaves a line open: {_AS_A_WHOLE}", line.position)
            answer = ResponseLine(position=line.position)
            if line.process_status in _CLOSED:
                continue
        _check_fields(answer, format_name)
        if line.process_status is ProcessStatus.COMPLETED:
            raise CannotCarry(format_name, f"a word on a completed line: {_AS_A_WHOLE}", line.position)
        answers.append((line, answer))
    if said:
        raise CannotCarry(format_name, "an answer to a line that the order doesn't have", min(said))
    if not answers:
        raise CannotCarry(format_name, "an answer without a line")
    return answers


def _check_fields(said: ResponseLine, format_name: str) -> None:
    refuse(
        format_name,
        said.position,
        (
            (said.description, "a description of the line"),
            (said.sales_order_number, "an order number of ours"),
            (said.sales_order_position, "a line number of ours"),
            (said.item_details, "item details"),
            (said.charge_lines, "charges"),
            (said.properties, "properties"),
            (said.notes, "notes: give a reason"),
            (said.documents, "documents"),
            (said.indicators, "indicators of another platform"),
        ),
    )


def _reason(answers: list[tuple[OrderLine, ResponseLine]]) -> str | None:
    """There is one text for the whole order: the lines' reason if it is the same for all, else each with its line."""
    reasons = [(line.position, (said.reason or "").strip()) for line, said in answers]
    if len({reason for _, reason in reasons}) == 1:
        return reasons[0][1] or None
    return "\n".join(f"{position}: {reason}" for position, reason in reasons if reason)


def _confirmed(line: OrderLine, said: ResponseLine, order: Order, format_name: str) -> list[Tree]:
    """The entries of a confirmed line: one a delivery."""
    if line.process_status is not ProcessStatus.CONFIRMED:
        what = (
            "a proposal: other terms confirm here"
            if line.proposed is not None
            else f"a line that stays open: {_AS_A_WHOLE}"
        )
        raise CannotCarry(format_name, what, line.position)
    stands = line.confirmed or line.requested
    schedule = said.delivery_schedule or stands.delivery_schedule
    if not schedule:
        raise CannotCarry(format_name, "a confirmation without an amount", line.position)
    refuse_transport_modes(format_name, line.position, schedule, line.requested)
    price = _price(said.prices if said.prices is not None else stands.prices, line, order, format_name)
    return [_entry(line, delivery, price, format_name) for delivery in schedule]


def _entry(line: OrderLine, delivery: ScheduledDelivery, price: Decimal | None, format_name: str) -> Tree:
    entry = _line_head(line)
    entry["amount"] = _amount(delivery.quantity, line, format_name)
    if price is not None:
        entry["confirmed_price"] = plain(price)
    entry["confirmed_delivery_at"] = _day(delivery, line, format_name)
    return entry


def _line_head(line: OrderLine) -> Tree:
    item = line.content.item
    return {"order_number": item.supplier_item_number or item.number, "position": line.position}


def _amount(quantity: Decimal | Unknown, line: OrderLine, format_name: str) -> int:
    if isinstance(quantity, Unknown):
        raise CannotCarry(format_name, "a quantity that is not known yet", line.position)
    if quantity != quantity.to_integral_value():
        what = f"a quantity of {plain(quantity)}: its amounts are whole numbers"
        raise CannotCarry(format_name, what, line.position)
    return int(quantity)


def _day(delivery: ScheduledDelivery, line: OrderLine, format_name: str) -> str | None:
    """None is what the buyer wrote for "as soon as possible"; of another day it can't be said that it is unknown."""
    if isinstance(delivery.date, dt.date):
        return delivery.date.isoformat()
    if all(isinstance(asked.date, Unknown) for asked in line.requested.delivery_schedule):
        return None
    raise CannotCarry(format_name, "a delivery date that is not known yet", line.position)


def _price(prices: Prices | None, line: OrderLine, order: Order, format_name: str) -> Decimal | None:
    """What one `unit` costs, net, in the order's currency: `confirmed_price` is a number alone."""
    if prices is None:
        return None

    def cannot(what: str) -> NoReturn:
        raise CannotCarry(format_name, what, line.position)

    asked = line.requested.prices or Prices()
    for mine, theirs in ((prices.gross, asked.gross), (prices.discount_percentage, asked.discount_percentage)):
        if mine is not None and mine != theirs:
            cannot("a gross price or discount: state the net price")
    for price, theirs_price in ((prices.net, asked.net), (prices.gross, asked.gross)):
        if price is not None and price.base is not None and price.base != (theirs_price or Price()).base:
            cannot("a price in a base currency")
    if prices.price_unit_quantity not in (None, Decimal(1)):
        cannot(f"a price for {plain(prices.price_unit_quantity or Decimal(1))}: its prices are for one")
    unit = line.content.item.unit
    if prices.price_unit not in (None, unit):
        cannot(f"a price per {prices.price_unit}: its prices are per {unit or 'unit of the amount'}")
    stated = prices.net or prices.gross
    if stated is None or stated.transaction is None:
        return None
    currency = _currency(order, asked)
    if currency is not None and stated.transaction.currency != currency:
        cannot(f"a price in {stated.transaction.currency}: the order is in {currency}")
    if prices.net is None and prices.discount_percentage is not None:
        share = EXACT.subtract(Decimal(100), prices.discount_percentage)
        return EXACT.multiply(stated.transaction.value, share).scaleb(-2, EXACT)
    return stated.transaction.value


def _currency(order: Order, asked: Prices) -> str | None:
    if order.header.currency is not None:
        return order.header.currency
    price = asked.net or asked.gross
    return price.transaction.currency if price is not None and price.transaction is not None else None


# --- how far goods are ------------------------------------------------------------------------------------------------


def _status(advice: DespatchAdvice, order: Order, format_name: str) -> Tree:
    """The state that the goods have reached, and what of each line has reached it now."""
    status = _head(advice, order, _state(advice))
    amounts: dict[str, Decimal] = {}
    for moved in advice.lines:
        amounts[moved.position] = EXACT.add(amounts.get(moved.position, Decimal(0)), moved.quantity)
    status["order_line_items"] = [
        _line_head(line) | {"amount": _amount(amounts.pop(line.position), line, format_name)}
        for line in order.lines
        if line.position in amounts
    ]
    if amounts:
        raise CannotCarry(format_name, "goods of a line that the order doesn't have", min(amounts))
    shipment = _shipment(advice.shipment, format_name)
    if shipment:
        status["shipment"] = shipment
    return status


def _state(advice: DespatchAdvice) -> str:
    match advice.stage:
        case Stage.PRODUCED:
            return "producing"
        case Stage.PACKED:
            return "packed"
        case Stage.SHIPPED:
            return "shipped" if advice.complete else "partially_shipped"


def _shipment(shipment: Shipment | None, format_name: str) -> Tree | None:
    if shipment is None:
        return None
    refuse(format_name, None, ((shipment.number, "a shipment's number: give its tracking number"),))
    said: Tree = {"carrier": shipment.carrier, "tracking_number": shipment.tracking_number}
    return {name: value for name, value in said.items() if value is not None}
