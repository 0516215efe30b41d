"""From an answer file to the decision that the order book takes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from core.answers.form import Answer, Delivery, Line, Money, Prices
from core.answers.form import ChargeLine as ChargeForm
from core.answers.form import Document as DocumentForm
from core.answers.form import Property as PropertyForm
from core.attachments import AttachedFile
from core.decisions import Act, Decision, LineDecision
from core.model import (
    ChargeLine,
    Contact,
    Document,
    ItemDetails,
    KeyValue,
    Order,
    OrderLine,
    Price,
    ScheduledDelivery,
    Terms,
)
from core.model import Money as MoneyInTrade
from core.model import Prices as PricesInTrade
from core.transition import about_the_order, to_answer


def files(answer: Answer) -> Iterator[tuple[str, str]]:
    """Each file that the answer attaches: where in the answer it stands, and its path as it is written there."""
    for place, documents in (
        ("documents", answer.documents),
        *((f"lines[{at}].documents", line.documents) for at, line in enumerate(answer.lines)),
    ):
        for nth, document in enumerate(documents or ()):
            if document.file is not None:
                yield f"{place}[{nth}].file", document.file


def decision(
    answer: Answer,
    order: Order,
    *,
    id: str,  # noqa: A002
    at: dt.datetime,
    attached: Mapping[str, AttachedFile],
) -> Decision:
    """What `answer` decides on `order`. `attached`: its files, by their path as it is written there.

    An `act` of the order as a whole is said to each line that waits for our word and has none of its own.
    """
    lines = [_line(line, order, attached) for line in answer.lines if line.act is not None]
    whole = None if answer.act is None else Act(answer.act)
    if whole is not None:
        named = {line.position for line in lines}
        # Where nothing waits for our word, it is said to every line: the refusal tells why, or nothing changes by it.
        waiting = to_answer(order) or (() if named else tuple(line.position for line in order.lines))
        lines += [
            LineDecision(position=position, act=whole, reason=answer.reason)
            for position in waiting
            if position not in named
        ]
    contact = answer.contact
    if not lines:
        lines = [*about_the_order(order)]
    return Decision(
        id=id,
        at=at,
        act=whole,
        lines=tuple(lines),
        description=answer.description,
        contact=None if contact is None else Contact(email=contact.email, user_name=contact.user_name),
        properties=_properties(answer.properties),
        notes=answer.notes,
        documents=_documents(answer.documents, attached),
    )


def _line(said: Line, order: Order, attached: Mapping[str, AttachedFile]) -> LineDecision:
    assert said.act is not None
    details = said.item_details
    return LineDecision(
        position=said.position,
        act=said.act,
        terms=_terms(said, order.line(said.position)) if said.act is Act.PROPOSE else None,
        reason=said.reason,
        description=said.description,
        sales_order_number=said.sales_order_number,
        sales_order_position=said.sales_order_position,
        item_details=None if details is None else ItemDetails(**dict(details)),
        charge_lines=None if said.charge_lines is None else tuple(map(_charge_line, said.charge_lines)),
        properties=_properties(said.properties),
        notes=said.notes,
        documents=_documents(said.documents, attached),
    )


def _terms(said: Line, line: OrderLine | None) -> Terms:
    planned = line.requested.delivery_schedule if line is not None else ()
    modes = {delivery.position: delivery.transport_mode for delivery in planned if delivery.position is not None}
    return Terms(
        delivery_schedule=tuple(_delivery(delivery, modes) for delivery in said.delivery_schedule or ()),
        prices=None if said.prices is None else _prices(said.prices),
    )


def _delivery(said: Delivery, modes: Mapping[str, str | None]) -> ScheduledDelivery:
    mode = modes.get(said.position) if said.position is not None else None
    return ScheduledDelivery(position=said.position, date=said.date, quantity=said.quantity, transport_mode=mode)


def _prices(said: Prices) -> PricesInTrade:
    return PricesInTrade(
        net=_price(said.net_price, said.net_price_in_base_currency),
        gross=_price(said.gross_price, said.gross_price_in_base_currency),
        discount_percentage=said.discount_percentage,
        price_unit=said.price_unit,
        price_unit_quantity=said.price_unit_quantity,
    )


def _price(said: Money | None, base: Money | None) -> Price | None:
    if said is None and base is None:
        return None
    return Price(transaction=_money(said), base=_money(base))


def _money(said: Money | None) -> MoneyInTrade | None:
    return None if said is None else MoneyInTrade(value=said.value, currency=said.currency)


def _charge_line(said: ChargeForm) -> ChargeLine:
    return ChargeLine(
        position=said.position,
        type_code=said.type_code,
        description=said.description,
        quantity=said.quantity,
        price=_price(said.price, said.price_in_base_currency),
        price_unit=said.price_unit,
        price_unit_quantity=said.price_unit_quantity,
    )


def _properties(said: Iterable[PropertyForm] | None) -> tuple[KeyValue, ...] | None:
    return None if said is None else tuple(KeyValue(key=each.key, value=each.value) for each in said)


def _documents(
    said: Iterable[DocumentForm] | None, attached: Mapping[str, AttachedFile]
) -> tuple[Document, ...] | None:
    return None if said is None else tuple(_document(each, attached) for each in said)


def _document(said: DocumentForm, attached: Mapping[str, AttachedFile]) -> Document:
    file = None if said.file is None else attached[said.file]
    return Document(
        code=said.code,
        revision=said.revision,
        name=said.name or (file.name if file is not None else None),
        object_id=said.object_id,
        url=said.url,
        type=said.type,
        description=said.description,
        attachment=None if file is None else file.sha256,
    )
