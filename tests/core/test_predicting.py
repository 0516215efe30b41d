"""A prediction is what would become of a decision: the statuses, or the refusal, and nothing of it is kept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.decisions import Act, Despatch, Shipment
from core.model import LogisticsStatus, ProcessStatus
from core.stages import Stage
from core.store import queries
from core.transition import TransitionRefused
from tests.orders import Desk, issue, key, terms


def test_nothing_of_a_prediction_is_kept(desk: Desk) -> None:
    order_id = desk.has()
    before = queries.load(desk.store, order_id, desk.now)
    done = desk.book.predict(order_id, desk.decision(Act.AGREE, "1", "2"))
    assert done.record.order.process_status is ProcessStatus.CONFIRMED
    assert queries.load(desk.store, order_id, desk.now) == before
    assert desk.book.preview(order_id) == []
    assert len(queries.timeline(desk.store, order_id)) == 1


def test_what_the_state_refuses_is_refused(desk: Desk) -> None:
    order_id = desk.has()
    with pytest.raises(TransitionRefused, match=r"line 1: .*nothing to withdraw"):
        desk.book.predict(order_id, desk.decision(Act.WITHDRAW, "1"))


def test_what_the_channels_format_can_not_carry_is_refused_by_line_and_field(desk: Desk) -> None:
    order_id = desk.receives(issue(key("PO-2", connection="city"))).order_id
    (planned,) = terms().delivery_schedule
    less = terms().but(delivery_schedule=(planned.but(quantity=Decimal(5)),))
    # The buyer of this order names no unit, which a quantity of ours needs in a T76.
    sentence = "order PO-2, line 1: peppol can't carry a quantity without unit"
    # Line 2 is open still: what can't be said of line 1 is told now, and not with the last line.
    with pytest.raises(TransitionRefused, match=f"^{sentence}$"):
        desk.book.predict(order_id, desk.decision(Act.PROPOSE, "1", to=less, reason="Overhaul"))


def test_goods_are_predicted_too(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    shipped = Despatch(id="look", at=desk.now, stage=Stage.SHIPPED, shipment=Shipment(carrier="DHL"))
    assert desk.book.predict(order_id, shipped).record.order.logistics_status is LogisticsStatus.SHIPPED
    with pytest.raises(TransitionRefused, match="white space"):
        desk.book.predict(order_id, shipped.but(shipment=Shipment(number="S 1")))
    assert [one.kind for one in desk.book.preview(order_id)] == ["order_response"]


def test_a_decision_that_was_taken_before_predicts_what_stands(desk: Desk) -> None:
    order_id = desk.has()
    decided = desk.decision(Act.AGREE, "1", "2")
    desk.book.change(order_id, decided, "alice")
    again = desk.book.predict(order_id, decided)
    assert (again.changes, again.record.order.process_status) == ((), ProcessStatus.CONFIRMED)
