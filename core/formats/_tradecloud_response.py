"""An order response read back from JSON: for whoever plays the buyer, and to hold against what was meant to be sent."""

from __future__ import annotations

import datetime as dt

from core.formats import Unreadable
from core.formats import _tradecloud_parts as parts
from core.formats._json import REMEDY, Node, read_json
from core.model import Contact
from core.outgoing import Indicator, Indicators, OrderResponse, ResponseLine


def parse_response(document: bytes) -> OrderResponse:
    """The response in `document`; rendered again it says the same, to the last digit. Raises Unreadable."""
    tree, _ = read_json(document)
    if not isinstance(tree, dict):
        raise Unreadable("is no order response", remedy=REMEDY)
    root = Node(tree)
    order = root.child("order") or Node({}, "order")
    indicator, indicators = _indicators(order)
    return OrderResponse(
        number=order.required("purchaseOrderNumber", "the purchase order number"),
        buyer_account_number=order.identifier("buyerAccountNumber"),
        company_id=order.identifier("companyId"),
        indicator=indicator,
        indicators=indicators,
        lines=tuple(_line(line) for line in root.children("lines")),
        description=order.text("description"),
        contact=parts.contact(order.child("contact")),
        properties=parts.properties(order) if order.has("properties") else None,
        notes=order.texts("notes") if order.has("notes") else None,
        documents=parts.documents(order) if order.has("documents") else None,
        responded_at=_local_time(root, "erpResponseDateTime"),
        responded_by=_person(root),
    )


def _line(line: Node) -> ResponseLine:
    indicator, indicators = _indicators(line)
    return ResponseLine(
        position=line.required("purchaseOrderLinePosition", "the line's position"),
        indicator=indicator,
        indicators=indicators,
        delivery_schedule=parts.delivery_schedule(line) if line.has("deliverySchedule") else None,
        prices=parts.prices(line.child("prices")),
        reason=line.text("reason"),
        description=line.text("description"),
        sales_order_number=line.identifier("salesOrderNumber"),
        sales_order_position=line.identifier("salesOrderLinePosition"),
        item_details=parts.item_details(line.child("itemDetails")),
        charge_lines=parts.charge_lines(line) if line.has("chargeLines") else None,
        properties=parts.properties(line) if line.has("properties") else None,
        notes=line.texts("notes") if line.has("notes") else None,
        documents=parts.documents(line) if line.has("documents") else None,
    )


def _indicators(node: Node) -> tuple[Indicator | None, Indicators | None]:
    """What the flags say in a word, and all of them where a word is not the whole of it."""
    flags = node.child("indicators")
    if flags is None:
        return None, None
    read = Indicators(
        accepted=flags.flag("accepted"),
        rejected=flags.flag("rejected"),
        shipped=flags.flag("shipped"),
        cancelled=flags.flag("cancelled"),
    )
    word = Indicator.REJECTED if read.rejected else Indicator.ACCEPTED if read.accepted else None
    in_a_word = Indicators(**{word.value: True}) if word is not None else Indicators()
    return word, None if read == in_a_word else read


def _local_time(node: Node, key: str) -> dt.datetime | None:
    text = node.text(key)
    if text is None:
        return None
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(
            f"{text[:40]!r} is no date and time; yyyy-MM-ddThh:mm:ss is wanted", node.place(key), REMEDY
        ) from None


def _person(root: Node) -> Contact | None:
    return parts.contact(root.child("erpRespondedBy"))
