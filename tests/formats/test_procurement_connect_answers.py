"""What leaves for Procurement Connect: confirmations, cancellations and statuses, the same tree in JSON and XML."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from core.decisions import Act, Decision, LineDecision, Shipment, Stage
from core.formats import CannotCarry, format_named
from core.messages import Received
from core.model import UNKNOWN, Order, Price, Prices, Terms
from core.outgoing import OrderResponse, Outgoing, ResponseLine
from core.profile import GENERIC, PROCUREMENT_CONNECT
from core.transition import Transition, despatch, receive, respond
from tests.core.trade import NOW, answer, answers, deliveries, goods, gross, net
from tests.formats.procurement_connect_documents import Tree, event, line, message, order

JSON, XML = "procurement-connect-json", "procurement-connect-xml"


def taken(tree: Tree) -> Order:
    return receive(None, Received(id="1", at=NOW, message=message(tree)), PROCUREMENT_CONNECT).order


TWO = taken(order("transferred", line("A"), line("B", amount=10, unit="pack", catalog_price="12.50")))


def leaves(before: Order, said: Decision | Any) -> tuple[Outgoing, Order]:
    done: Transition = (
        respond(before, said, PROCUREMENT_CONNECT)
        if isinstance(said, Decision)
        else despatch(before, said, PROCUREMENT_CONNECT)
    )
    (outgoing,) = done.outgoing
    return outgoing, done.order


def tree(before: Order, said: Decision | Any) -> Tree:
    outgoing, after = leaves(before, said)
    written: Tree = json.loads(format_named(JSON).render(outgoing, after, "id-1").payload, parse_float=Decimal)
    return written


def refusal(before: Order, said: Decision | Any, name: str = JSON) -> CannotCarry:
    outgoing, after = leaves(before, said)
    with pytest.raises(CannotCarry) as refused:
        format_named(name).render(outgoing, after, "id-1")
    return refused.value


def confirmed(before: Order = TWO) -> Order:
    return respond(before, answer(Act.AGREE, *(one.position for one in before.lines)), PROCUREMENT_CONNECT).order


def other(terms: Terms, position: str = "1", reason: str | None = "Rolling mill overhaul") -> Decision:
    rest = [LineDecision(position=one.position, act=Act.AGREE) for one in TWO.lines if one.position != position]
    return answers(LineDecision(position=position, act=Act.PROPOSE, terms=terms, reason=reason), *rest)


# --- confirmed --------------------------------------------------------------------------------------------------------


def test_a_confirmation_repeats_references_numbers_and_terms() -> None:
    assert tree(TWO, answer(Act.AGREE, "1", "2")) == {
        "references": ["CO/7H38HB", "pacnr:0102471714"],
        "order_number": "CO/7H38HB",
        "state": "confirmed",
        "order_line_items": [
            {
                "order_number": "A",
                "position": "1",
                "amount": 2,
                "confirmed_price": "466.44",
                "confirmed_delivery_at": "2026-12-01",
            },
            {
                "order_number": "B",
                "position": "2",
                "amount": 10,
                "confirmed_price": "12.50",
                "confirmed_delivery_at": "2026-12-01",
            },
        ],
    }


def test_prices_quantities_and_days_may_change_when_confirming_and_the_reason_goes_along() -> None:
    ours = Terms(delivery_schedule=deliveries("2026-12-09=1"), prices=net("470.00", unit=None, per=None))
    written = tree(TWO, other(ours))
    assert written["order_line_items"][0] == {
        "order_number": "A",
        "position": "1",
        "amount": 1,
        "confirmed_price": "470.00",
        "confirmed_delivery_at": "2026-12-09",
    }
    assert (written["state"], written["state_reason"]) == ("confirmed", "1: Rolling mill overhaul")


def test_as_soon_as_possible_is_confirmed_as_it_was_asked() -> None:
    before = taken(order(deliveries=[]))
    assert tree(before, answer(Act.AGREE, "1"))["order_line_items"][0]["confirmed_delivery_at"] is None


def test_a_line_in_parts_has_an_entry_for_each() -> None:
    parts = [
        {
            "desired_delivery_date": day,
            "delivery_line_items": [{"amount": 1, "order_line_item_id": "id-of-MAG-80/PL"}],
        }
        for day in ("2026-12-01", "2027-01-15")
    ]
    items = tree(taken(order(deliveries=parts)), answer(Act.AGREE, "1"))["order_line_items"]
    assert [(one["position"], one["amount"], one["confirmed_delivery_at"]) for one in items] == [
        ("1", 1, "2026-12-01"),
        ("1", 1, "2027-01-15"),
    ]


def test_a_price_that_nobody_stated_is_not_invented() -> None:
    before = taken(order("transferred", line(catalog_price=None)))
    assert "confirmed_price" not in tree(before, answer(Act.AGREE, "1"))["order_line_items"][0]


def test_a_gross_price_of_the_buyers_is_confirmed_as_what_comes_of_it() -> None:
    asked = TWO.lines[0].requested.but(prices=gross("80.00", "12.5", unit="pallet"))
    before = TWO.but(lines=(TWO.lines[0].but(requested=asked), TWO.lines[1]))
    assert Decimal(tree(before, answer(Act.AGREE, "1", "2"))["order_line_items"][0]["confirmed_price"]) == 70


# --- cancelled --------------------------------------------------------------------------------------------------------


def test_a_rejection_cancels_the_whole_order_with_its_reason() -> None:
    assert tree(TWO, answer(Act.REJECT, "1", "2", reason="We no longer make it")) == {
        "references": ["CO/7H38HB", "pacnr:0102471714"],
        "order_number": "CO/7H38HB",
        "state": "canceled_by_supplier",
        "state_reason": "We no longer make it",
    }


ASKED = taken(order("cancelation_requested", line("A"), line("B")))


def test_yes_to_a_cancellation_cancels() -> None:
    written = tree(ASKED, answer(Act.AGREE, "1", "2"))
    assert (written["state"], "order_line_items" in written) == ("canceled_by_supplier", False)


def test_no_to_a_cancellation_is_the_confirmation_again_with_the_reason() -> None:
    request = event(order("cancelation_requested", line("A"), line("B"), updated_at="2026-11-05T08:00:00Z"))
    asked = receive(confirmed(TWO), Received(id="2", at=NOW, message=message(request)), PROCUREMENT_CONNECT).order
    written = tree(asked, answer(Act.DISAGREE, "1", "2", reason="It is on the lorry"))
    assert (written["state"], written["state_reason"]) == ("confirmed", "It is on the lorry")
    assert written["order_line_items"] == tree(TWO, answer(Act.AGREE, "1", "2"))["order_line_items"]


# --- how far goods are ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "lines", "state"),
    [
        (Stage.PRODUCED, (), "producing"),
        (Stage.PRODUCED, (("1", "1"),), "producing"),
        (Stage.PACKED, (), "packed"),
        (Stage.SHIPPED, (), "shipped"),
        (Stage.SHIPPED, (("1", None),), "partially_shipped"),
        (Stage.SHIPPED, (("1", "1"), ("2", "10")), "partially_shipped"),
    ],
)
def test_the_state_of_the_goods(stage: Stage, lines: tuple[tuple[str, str | None], ...], state: str) -> None:
    assert tree(confirmed(), goods(stage, *lines))["state"] == state


def test_what_left_is_told_line_by_line_with_carrier_and_tracking_number() -> None:
    shipment = Shipment(carrier="DHL", tracking_number="1Z662F41")
    part = tree(confirmed(), goods(Stage.SHIPPED, ("2", "4"), shipment=shipment))
    assert part == {
        "references": ["CO/7H38HB", "pacnr:0102471714"],
        "order_number": "CO/7H38HB",
        "state": "partially_shipped",
        "order_line_items": [{"order_number": "B", "position": "2", "amount": 4}],
        "shipment": {"carrier": "DHL", "tracking_number": "1Z662F41"},
    }


def test_the_last_part_makes_the_order_shipped() -> None:
    first = despatch(confirmed(), goods(Stage.SHIPPED, ("1", None), ("2", "4")), PROCUREMENT_CONNECT).order
    last = tree(first, goods(Stage.SHIPPED))
    assert (last["state"], last["order_line_items"]) == (
        "shipped",
        [{"order_number": "B", "position": "2", "amount": 6}],
    )
    assert "shipment" not in last


# --- what it has no place for -----------------------------------------------------------------------------------------


def test_a_date_that_is_not_known_can_not_be_confirmed() -> None:
    refused = refusal(TWO, other(Terms(delivery_schedule=deliveries("?=2"))))
    assert (refused.position, refused.what) == ("1", "a delivery date that is not known yet")


@pytest.mark.parametrize(
    ("ours", "what"),
    [
        (Terms(delivery_schedule=deliveries("2026-12-01=?")), "a quantity that is not known yet"),
        (Terms(delivery_schedule=deliveries("2026-12-01=1.5")), "a quantity of 1.5: its amounts are whole numbers"),
        (Terms(prices=gross("500", "10", unit=None, per=None)), "a gross price or discount: state the net price"),
        (Terms(prices=net("470", "USD", unit=None, per=None)), "a price in USD: the order is in EUR"),
        (Terms(prices=net("470", unit=None, per="100")), "a price for 100: its prices are for one"),
        (Terms(prices=net("470", unit="KGM", per=None)), "a price per KGM: its prices are per pallet"),
    ],
)
@pytest.mark.parametrize("name", [JSON, XML])
def test_terms_without_a_place_are_refused_by_line_and_field(name: str, ours: Terms, what: str) -> None:
    refused = refusal(TWO, other(ours), name)
    assert (refused.format_name, refused.position, refused.what) == (name, "1", what)


def test_a_price_in_a_base_currency_is_refused() -> None:
    base = Prices(net=Price(transaction=net("470").net.transaction, base=net("500", "USD").net.transaction))  # type: ignore[union-attr]
    assert refusal(TWO, other(Terms(prices=base))).what == "a price in a base currency"


def rendered(said: OrderResponse, order: Order) -> Tree:
    written: Tree = json.loads(format_named(JSON).render(said, order, "id-1").payload)
    return written


def test_one_line_of_several_is_neither_rejected_nor_left_open() -> None:
    after = respond(TWO, answer(Act.ACCEPT, "1"), GENERIC)
    with pytest.raises(CannotCarry, match=r"line 2: .* an answer that leaves a line open"):
        rendered(after.outgoing[0], after.order)  # type: ignore[arg-type]
    mixed = answers(
        LineDecision(position="1", act=Act.ACCEPT), LineDecision(position="2", act=Act.REJECT, reason="sold out")
    )
    after = respond(TWO, mixed, GENERIC)
    with pytest.raises(CannotCarry, match=r"line 2: .* the rejection of one line"):
        rendered(after.outgoing[0], after.order)  # type: ignore[arg-type]


def test_a_proposal_would_confirm_and_is_refused() -> None:
    ours = other(Terms(delivery_schedule=deliveries("2026-12-09=2")))
    after = respond(TWO, ours, GENERIC)
    with pytest.raises(CannotCarry, match=r"line 1: .* a proposal: other terms confirm here"):
        rendered(after.outgoing[0], after.order)  # type: ignore[arg-type]


def test_an_answer_to_a_line_that_is_not_there_is_refused() -> None:
    said = OrderResponse(number="1", lines=(ResponseLine(position="99"),))
    with pytest.raises(CannotCarry, match=r"line 99: .* an answer to a line that the order doesn't have"):
        rendered(
            said.but(lines=(*(ResponseLine(position=one.position) for one in TWO.lines), *said.lines)), confirmed()
        )


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [(JSON, "half a \ud800", "half of a surrogate pair"), (XML, "a bell \u0007", r"the control character U\+0007")],
)
def test_what_no_document_can_write_is_refused(name: str, text: str, what: str) -> None:
    outgoing, after = leaves(TWO, answer(Act.REJECT, "1", "2", reason=text))
    with pytest.raises(CannotCarry, match=what):
        format_named(name).render(outgoing, after, "id-1")


# --- XML --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        answer(Act.AGREE, "1", "2"),
        answer(Act.REJECT, "1", "2", reason="<none> & no more"),
        other(Terms(delivery_schedule=deliveries("2026-12-09=1")), reason="Räder\nfehlen"),
    ],
)
def test_the_elements_are_the_same_tree(said: Decision) -> None:
    outgoing, after = leaves(TWO, said)
    document = format_named(XML).render(outgoing, after, "id-1")
    assert (document.content_type, document.extension) == ("application/xml", "xml")
    root = etree.fromstring(document.payload)
    assert root.tag == "order"
    assert _tree_of(root) == _as_text(tree(TWO, said))


def _tree_of(element: etree._Element) -> Any:
    if element.tag in ("references", "order_line_items"):
        return [_tree_of(child) for child in element]
    return {child.tag: _tree_of(child) for child in element} if len(element) else element.text


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_as_text(entry) for entry in value]
    return None if value is None else str(value)


def test_the_same_answer_twice_is_the_same_bytes() -> None:
    outgoing, after = leaves(TWO, answer(Act.AGREE, "1", "2"))
    for name in (JSON, XML):
        first, again = (format_named(name).render(outgoing, after, id_) for id_ in ("id-1", "id-1"))
        assert first == again


def test_an_unknown_amount_of_a_line_is_nothing_to_confirm() -> None:
    before = taken(order("transferred", line(amount=None)))
    assert before.lines[0].requested.delivery_schedule[0].quantity is UNKNOWN
    assert refusal(before, answer(Act.AGREE, "1")).what == "a quantity that is not known yet"
