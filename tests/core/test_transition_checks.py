"""What no answer may say, whatever the state: each refusal with the sentence that the operator reads."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from core.decisions import Act, Decision, LineDecision
from core.model import ItemDetails, LineContent, LineType, Prices, Terms
from core.profile import PROCUREMENT_CONNECT, TRADECLOUD, LineFields, Profile
from core.transition import TransitionRefused, respond
from core.transition.tables import ISSUED
from tests.core.trade import (
    DEARER,
    LATER,
    answer,
    answers,
    deliveries,
    gross,
    line_in,
    net,
    order_in,
    order_of,
    propose,
    terms,
)


def refusal(decision: Decision, profile: Profile = TRADECLOUD, **line: object) -> str:
    order = order_of(line_in(ISSUED, "10", **line), line_in(ISSUED, "20"))
    with pytest.raises(TransitionRefused) as refused:
        respond(order, decision, profile)
    assert refused.value.number == "PO-7"
    return str(refused.value).removeprefix("order PO-7, ").removeprefix("order PO-7: ")


def test_a_line_that_is_not_there() -> None:
    assert refusal(answer(Act.ACCEPT, "10", "99")) == "line 99: the order has no such line; its lines are 10, 20."


def test_a_line_answered_twice() -> None:
    assert refusal(answer(Act.ACCEPT, "10", "10")) == "line 10: it is answered twice in one answer; answer it once."


def test_more_lines_than_a_platform_takes() -> None:
    few = replace(TRADECLOUD, most_lines=1)
    told = refusal(answer(Act.ACCEPT, "10", "20"), few)
    assert told.startswith("2 lines; Tradecloud takes at most 1 in one answer. Answer that many at a time")


def test_other_terms_that_are_not_said() -> None:
    assert refusal(answer(Act.PROPOSE)) == "line 10: other terms need a delivery schedule or prices; say which."


@pytest.mark.parametrize("auto_confirm", [False, True])
def test_a_discount_alone_needs_a_gross_price_that_it_is_taken_from(auto_confirm: bool) -> None:
    """Where other terms are confirmed at once no buyer would notice."""
    five_percent = propose(Terms(prices=Prices(discount_percentage=Decimal(5))), reason="r")
    for prices in (net("12.50"), None):
        order = order_of(
            line_in(ISSUED, "10", requested=terms("1:2026-05-01=10", prices=prices)), auto_confirm=auto_confirm
        )
        with pytest.raises(TransitionRefused, match="line 10: there is no gross price that a discount could be taken"):
            respond(order, five_percent, TRADECLOUD)
    order = order_of(line_in(ISSUED, "10", requested=terms("1:2026-05-01=10", prices=gross("12.50"))))
    [line] = respond(order, five_percent, TRADECLOUD).order.lines
    assert line.proposed is not None
    assert line.proposed.prices == gross("12.50", "5")


@pytest.mark.parametrize("act", [act for act in Act if act is not Act.PROPOSE])
def test_terms_beside_an_act_that_takes_them_as_they_stand(act: Act) -> None:
    assert refusal(answer(act, terms=LATER, reason="r")) == (
        f"line 10: “{act.value}” takes the terms as they stand; propose them to send terms of your own."
    )


@pytest.mark.parametrize(
    ("schedule", "sentence"),
    [
        (("1:2026-05-01=5", "1:2026-06-01=5"), "delivery 1 is named twice; name each one once."),
        (
            ("1:2026-05-01=5", "9:2026-06-01=5"),
            "the buyer's schedule has no delivery 9; leave a new delivery's position out.",
        ),
        (("1:2026-05-01=0",), "a delivery of 0 is none; give a quantity above zero, or none if it is unknown."),
        (("1:2026-05-01=-2.50",), "a delivery of -2.50 is none; give a quantity above zero, or none if it is unknown."),
    ],
)
def test_a_schedule_that_can_not_be(schedule: tuple[str, ...], sentence: str) -> None:
    assert refusal(propose(Terms(delivery_schedule=deliveries(*schedule)))) == f"line 10: {sentence}"


def test_more_deliveries_than_a_platform_takes() -> None:
    many = terms(*(f"2026-05-{day:02}=1" for day in range(1, 4)))
    few = replace(TRADECLOUD, most_deliveries=2)
    assert refusal(propose(many), few) == "line 10: 3 deliveries; Tradecloud takes at most 2 a line."


def test_a_charge_is_not_split() -> None:
    charge = LineContent(line_type=LineType.CHARGE)
    split = propose(terms("2026-05-01=5", "2026-06-01=5"))
    assert (
        refusal(split, content=charge) == "line 10: it is a charge, and a charge can't be split; give it one delivery."
    )
    assert respond(order_of(line_in(ISSUED, content=charge)), propose(LATER), TRADECLOUD).outgoing


@pytest.mark.parametrize(
    ("fixed", "said", "field"),
    [
        (LineFields.DATE, LATER, "delivery date"),
        (LineFields.QUANTITY, terms("1:2026-05-01=9"), "quantity"),
        (LineFields.PRICE, DEARER, "price"),
        (LineFields.SPLIT, terms("1:2026-05-01=5", "2026-05-01=5"), "number of deliveries"),
    ],
)
def test_what_a_platform_holds_fixed(fixed: LineFields, said: Terms, field: str) -> None:
    profile = replace(TRADECLOUD, may_change=frozenset(LineFields) - {fixed})
    assert refusal(propose(said), profile) == (
        f"line 10: Tradecloud doesn't let an answer change the {field}; leave it as is."
    )
    assert respond(order_in(ISSUED), propose(said), TRADECLOUD).outgoing


def test_procurement_connect_splits_no_line() -> None:
    split = propose(terms("1:2026-05-01=5", "2026-06-01=5"))
    assert "number of deliveries" in refusal(split, PROCUREMENT_CONNECT)


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        (ItemDetails(country_of_origin="NLD"), "“NLD” is no country; write its two letters, as in NL."),
        (ItemDetails(country_of_origin="1L"), "“1L” is no country; write its two letters, as in NL."),
        (ItemDetails(country_of_origin="ÅÄ"), "“ÅÄ” is no country; write its two letters, as in NL."),
        (
            ItemDetails(combined_nomenclature_code="853650"),
            "“853650” is no CN code; write its eight digits, as in 8536 50 11.",
        ),
        (
            ItemDetails(combined_nomenclature_code="8536-5011"),
            "“8536-5011” is no CN code; write its eight digits, as in 8536 50 11.",
        ),
        (
            ItemDetails(combined_nomenclature_code="٨٥٣٦٥٠١١"),
            "“٨٥٣٦٥٠١١” is no CN code; write its eight digits, as in 8536 50 11.",
        ),
        (ItemDetails(net_weight=Decimal("1.2")), "a net weight needs its unit, as in KGM; give both."),
        (
            ItemDetails(net_weight=Decimal(0), net_weight_unit="KGM"),
            "a net weight of 0 is none; write what one item weighs.",
        ),
        (ItemDetails(dangerous_goods_code="UN1203"), "“UN1203” is no UN number; write its four digits, as in 1203."),
    ],
)
@pytest.mark.parametrize("act", [Act.ACCEPT, Act.DETAILS])
def test_item_details_that_break_the_manuals_rules(act: Act, details: ItemDetails, sentence: str) -> None:
    assert refusal(answer(act, item_details=details)) == f"line 10: {sentence}"


def test_item_details_that_keep_them() -> None:
    details = ItemDetails(
        country_of_origin="NL",
        combined_nomenclature_code="8536 50 11",
        net_weight=Decimal("0.001"),
        net_weight_unit="KGM",
        dangerous_goods_code="1203",
        serial_number="S 1",
        batch_number="B 1",
    )
    line = respond(order_in(ISSUED), answer(Act.ACCEPT, item_details=details), TRADECLOUD).order.lines[0]
    assert line.item_details == details


def test_one_refused_line_refuses_the_answer() -> None:
    both = answers(LineDecision(position="10", act=Act.ACCEPT), LineDecision(position="20", act=Act.WITHDRAW))
    assert refusal(both) == "line 20: no request of ours is open on it, so there is nothing to withdraw."
