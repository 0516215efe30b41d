"""Orders, messages and answers in as few words as a test needs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

from core.decisions import (
    Act,
    Decision,
    Delivered,
    Departed,
    Despatch,
    LineDecision,
    LineProgress,
    Outcome,
    Returned,
    Shipment,
    Stage,
    Undo,
)
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import (
    UNKNOWN,
    InProgressStatus,
    LineContent,
    LineReport,
    LogisticsStatus,
    Money,
    Order,
    OrderHeader,
    OrderKey,
    OrderLine,
    OrderReport,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
)
from core.transition.tables import BUYER_CANCELS, CONFIRMED, OUR_PROPOSAL, REOPENED, WE_REOPEN, State

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
KEY = OrderKey(connection="metal-works", buyer="acme", number="PO-7")


def deliveries(*rows: str) -> tuple[ScheduledDelivery, ...]:
    """Scheduled deliveries as an operator types them: "1:2026-05-01=10", "2026-05-01=10", "?=?"."""
    return tuple(_delivery(row) for row in rows)


def _delivery(row: str) -> ScheduledDelivery:
    position, _, rest = row.rpartition(":")
    date, _, quantity = rest.partition("=")
    return ScheduledDelivery(
        position=position or None,
        date=UNKNOWN if date == "?" else dt.date.fromisoformat(date),
        quantity=UNKNOWN if quantity == "?" else Decimal(quantity),
    )


def price(value: str, currency: str = "EUR") -> Price:
    return Price(transaction=Money(value=Decimal(value), currency=currency))


def net(value: str, currency: str = "EUR", *, unit: str | None = "PCE", per: str | None = "1") -> Prices:
    return Prices(
        net=price(value, currency), price_unit=unit, price_unit_quantity=Decimal(per) if per is not None else None
    )


def gross(value: str, discount: str | None = None, *, unit: str | None = "PCE", per: str | None = "1") -> Prices:
    return Prices(
        gross=price(value),
        discount_percentage=Decimal(discount) if discount is not None else None,
        price_unit=unit,
        price_unit_quantity=Decimal(per) if per is not None else None,
    )


def terms(*rows: str, prices: Prices | None = None) -> Terms:
    return Terms(delivery_schedule=deliveries(*(rows or ("1:2026-05-01=10",))), prices=prices or net("12.50"))


ASKED = terms()
"""What the buyer asks of every line here."""
LATER = terms("1:2026-06-01=10")
"""Ours: a month later."""
DEARER = terms(prices=net("14.00"))
THIRD = terms("1:2026-07-01=10")
"""What neither has said yet."""


def line_in(state: State, position: str = "10", **fields: object) -> OrderLine:
    """A line as it stands in `state`: the buyer asked ASKED, and what follows from the state."""
    in_progress = state if isinstance(state, InProgressStatus) else None
    facts: dict[str, object] = {
        "position": position,
        "requested": ASKED,
        "process_status": ProcessStatus.IN_PROGRESS if in_progress else state,
        "in_progress_status": in_progress,
    }
    if state is CONFIRMED or state in REOPENED:
        facts["confirmed"] = ASKED
    if state in (OUR_PROPOSAL, WE_REOPEN):
        facts["proposed"] = LATER
    if state is InProgressStatus.OPEN_BUYER_REOPEN_REQUEST:
        facts["requested"] = DEARER
    if state is BUYER_CANCELS:
        facts["resumes"] = ProcessStatus.ISSUED
    if state is ProcessStatus.CANCELLED:
        facts["logistics_status"] = LogisticsStatus.CANCELLED
    return OrderLine(**{**facts, **fields})  # type: ignore[arg-type]


def order_of(*lines: OrderLine, **header: object) -> Order:
    from core.transition.derive import derived

    return derived(Order(key=KEY, header=OrderHeader(**header), lines=lines))  # type: ignore[arg-type]


def order_in(state: State, **header: object) -> Order:
    """An order of one line, position 10, in `state`."""
    return order_of(line_in(state), **header)


def answer(
    act: Act, *positions: str, terms: Terms | None = None, reason: str | None = None, **fields: object
) -> Decision:
    """One answer of the same words to lines; without positions to line 10."""
    lines = [
        LineDecision(position=position, act=act, terms=terms, reason=reason, **fields)  # type: ignore[arg-type]
        for position in positions or ("10",)
    ]
    return answers(*lines)


def answers(*lines: LineDecision) -> Decision:
    return Decision(id="decision-1", at=NOW, lines=lines)


def propose(said: Terms, position: str = "10", reason: str | None = "busy") -> Decision:
    return answer(Act.PROPOSE, position, terms=said, reason=reason)


def undo(*positions: str) -> Undo:
    return Undo(id="undo-1", at=NOW, positions=positions)


def departed(*, answers: bool = True) -> Departed:
    return Departed(id="departed-1", at=NOW, outbox="row-1", answers=answers)


def returned(outbox: str = "row-1") -> Returned:
    return Returned(id="returned-1", at=NOW, outbox=outbox)


def ended(outcome: Outcome, outbox: str = "row-1") -> Delivered:
    return Delivered(id="ended-1", at=NOW, outbox=outbox, outcome=outcome)


def goods(
    stage: Stage,
    *lines: tuple[str, str | None],
    shipment: Shipment | None = None,
    id: str = "0199-beef",  # noqa: A002
) -> Despatch:
    """Goods that reached a stage, by position and quantity; without lines all of the order."""
    return Despatch(
        id=id,
        at=NOW,
        stage=stage,
        lines=tuple(
            LineProgress(position=position, quantity=Decimal(quantity) if quantity is not None else None)
            for position, quantity in lines
        ),
        shipment=shipment,
    )


def said(
    *acts: BuyerAct, position: str = "10", terms: Terms | None = None, confirmed: Terms | None = None, **fields: object
) -> LineMessage:
    """What a message says of one line."""
    return LineMessage(position=position, acts=acts, terms=terms, confirmed=confirmed, **fields)  # type: ignore[arg-type]


def message(*lines: LineMessage, **fields: object) -> Received:
    return Received(id="document:1:0", at=NOW, message=Message(key=KEY, lines=lines, **fields))  # type: ignore[arg-type]


def issue(*positions: str, terms: Terms = ASKED, **content: object) -> Received:
    """The buyer's order, with one line for each position."""
    return message(
        *(
            said(BuyerAct.ISSUE, position=position, terms=terms, content=LineContent(**content))  # type: ignore[arg-type]
            for position in positions or ("10",)
        ),
        header=OrderHeader(buyer_account_number="4711"),
    )


def word(state: State, logistics: LogisticsStatus | None = None) -> LineReport:
    """The platform's word that a line is in `state`."""
    in_progress = state if isinstance(state, InProgressStatus) else None
    return LineReport(
        process_status=ProcessStatus.IN_PROGRESS if in_progress else ProcessStatus(state.value),
        in_progress_status=in_progress,
        logistics_status=logistics,
    )


def version(number: int | None) -> OrderReport:
    return OrderReport(process_status=ProcessStatus.ISSUED, version=number)


def positions(lines: Iterable[OrderLine | LineMessage]) -> list[str]:
    return [line.position for line in lines]
