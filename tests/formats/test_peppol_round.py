"""From a buyer's order through the desk's own rules to the answer: what leaves passes Peppol's rules in each case."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from core.decisions import Act, Decision, LineDecision
from core.formats import peppol
from core.messages import Received
from core.model import Order, ScheduledDelivery, Terms
from core.profile import PEPPOL
from core.transition import receive, respond
from tests.formats.schematron import broken_rules, fatal
from tests.formats.ubl_documents import ANSWERED_AT, SOURCE, schema_error, texts

ORDERS = ("Order_Example", "Order_sc1", "UC1_Order", "UC2_Order", "UC3_Order")
LATER = (ScheduledDelivery(date=dt.date(2030, 5, 1), quantity=Decimal(1)),)
PARTS = (*LATER, ScheduledDelivery(date=dt.date(2030, 6, 1), quantity=Decimal("0.25")))


def received(corpus: Path, name: str) -> Order:
    (message,) = peppol.parse((corpus / "peppol" / f"{name}.xml").read_bytes(), SOURCE)
    return receive(None, Received(id=name, at=ANSWERED_AT, message=message), PEPPOL).order


def answered(order: Order, *lines: LineDecision) -> bytes:
    """What leaves when these lines are decided, on the order as the desk shows it then."""
    transition = respond(order, Decision(id="d", at=ANSWERED_AT, lines=lines), PEPPOL)
    (response,) = transition.outgoing
    return peppol.render(response.but(responded_at=ANSWERED_AT), transition.order, "answer-1").payload


def decisions(order: Order) -> dict[str, tuple[list[LineDecision], str]]:
    """Answers to the whole order, each with the code that it comes to."""
    positions = [line.position for line in order.lines]
    agreed = [LineDecision(position=position, act=Act.AGREE) for position in positions]
    rejected = [LineDecision(position=position, act=Act.REJECT, reason="closed") for position in positions]
    prices = order.lines[0].requested.prices
    later = LineDecision(position=positions[0], act=Act.PROPOSE, terms=Terms(delivery_schedule=LATER, prices=prices))
    parts = LineDecision(position=positions[0], act=Act.PROPOSE, terms=Terms(delivery_schedule=PARTS), reason="mill")
    several = len(positions) > 1
    return {
        "agreed": (agreed, "AP"),
        "rejected": (rejected, "RE"),
        "mixed": ([*agreed[:1], *rejected[1:]], "CA" if several else "AP"),
        "later": ([later, *agreed[1:]], "CA"),
        "parts": ([parts, *rejected[1:]], "CA"),
    }


@pytest.mark.parametrize("name", ORDERS)
def test_each_answer_to_an_order_of_the_corpus_leaves_as_peppol_wants_it(
    corpus: Path, tmp_path: Path, name: str
) -> None:
    order = received(corpus, name)
    written = []
    for title, (lines, code) in decisions(order).items():
        payload = answered(order, *lines)
        assert texts(payload, "/*/cbc:OrderResponseCode") == [code], title
        assert schema_error(corpus, payload) is None, title
        written.append(tmp_path / f"{title}.xml")
        written[-1].write_bytes(payload)

    assert fatal(broken_rules(corpus / "peppol" / "xslt" / "PEPPOLBIS-T76.xslt", written)) == {}


def test_a_changed_order_is_answered_with_what_it_is_now(corpus: Path) -> None:
    order = received(corpus, "Order_sc1")
    (change,) = peppol.parse((corpus / "peppol" / "OrderChange_Example.xml").read_bytes(), SOURCE)

    changed = receive(order, Received(id="change", at=ANSWERED_AT, message=change), PEPPOL).order

    assert changed.lines[0].requested.delivery_schedule[0].quantity == Decimal(5)
    assert changed.header.buyer == order.header.buyer
    payload = answered(changed, *(LineDecision(position=line.position, act=Act.AGREE) for line in changed.lines))
    assert texts(payload, "/*/cbc:OrderResponseCode") == ["AP"]


def test_a_cancelled_order_has_nothing_left_to_answer(corpus: Path) -> None:
    order = received(corpus, "Order_sc1")
    (cancellation,) = peppol.parse((corpus / "peppol" / "OrderCancellation_Example.xml").read_bytes(), SOURCE)

    cancelled = receive(order, Received(id="cancel", at=ANSWERED_AT, message=cancellation), PEPPOL)

    assert {line.process_status for line in cancelled.order.lines} == {"Cancelled"}
    assert cancelled.notes == ("the buyer writes: With reference to phone call",)
