"""What a buyer sends of their own: the flat order, indicators, deliveries. The acts that follow, row by row."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from core.formats import Source, Unreadable
from core.messages import BuyerAct
from core.model import ScheduledDelivery
from tests.formats.tradecloud_documents import (
    BARE_SOURCE,
    SOURCE,
    Tree,
    flat,
    flat_line,
    line,
    message,
    sample,
)

ISSUE, CANCEL, COMPLETE = BuyerAct.ISSUE, BuyerAct.CANCEL, BuyerAct.COMPLETE
DELIVERED, CONFIRM, ASK = BuyerAct.DELIVERED, BuyerAct.CONFIRM, BuyerAct.ASK_RECONFIRMATION


@pytest.mark.parametrize(
    ("order", "own", "acts"),
    [
        ({}, {}, (ISSUE,)),
        ({}, {"cancelled": False, "completed": False, "delivered": False, "shipped": False}, (ISSUE,)),
        ({}, {"cancelled": None}, (ISSUE,)),
        ({}, {"delivered": True}, (ISSUE, DELIVERED)),
        ({}, {"confirmed": True}, (ISSUE, CONFIRM)),
        ({}, {"requestReconfirmation": True}, (ISSUE, ASK)),
        ({}, {"cancelled": True}, (CANCEL,)),
        ({}, {"completed": True}, (COMPLETE,)),
        ({}, {"completed": True, "delivered": True}, (DELIVERED, COMPLETE)),
        # "Completing has precedence over cancelling at the same time." (manual, "Indicators")
        ({}, {"cancelled": True, "completed": True}, (COMPLETE,)),
        ({"completed": True}, {"cancelled": True}, (COMPLETE,)),
        # "Line indicators have precedence over (overrule) order indicators."
        ({"cancelled": True}, {}, (CANCEL,)),
        ({"cancelled": True}, {"cancelled": False}, (ISSUE,)),
        ({"delivered": True}, {"delivered": False}, (ISSUE,)),
        ({"unheardOf": True}, {"unheardOf": True}, (ISSUE,)),
    ],
)
def test_a_line_with_terms_is_issued_unless_its_indicators_end_it(
    order: dict[str, Any], own: dict[str, Any], acts: tuple[BuyerAct, ...]
) -> None:
    read = message(flat(flat_line(indicators=own), indicators=order))
    assert line(read, "1").acts == acts
    # In an order message the order's indicators are for the lines provided, and for no others.
    assert read.acts == ()


@pytest.mark.parametrize(
    ("order", "own", "every", "acts"),
    [
        ({}, {"cancelled": True}, (), (CANCEL,)),
        ({}, {"delivered": True}, (), (DELIVERED,)),
        ({}, {"completed": True, "cancelled": True}, (), (COMPLETE,)),
        ({"cancelled": True}, {}, (CANCEL,), ()),
        ({"completed": True, "cancelled": True}, {}, (COMPLETE,), ()),
        ({"delivered": True}, {"cancelled": True}, (DELIVERED,), (CANCEL,)),
        ({"delivered": False}, {"delivered": False}, (), ()),
    ],
)
def test_indicators_alone_issue_nothing_and_those_of_the_order_are_for_every_line(
    order: dict[str, Any], own: dict[str, Any], every: tuple[BuyerAct, ...], acts: tuple[BuyerAct, ...]
) -> None:
    read = message(flat({"position": "1", "indicators": own}, indicators=order))
    assert (read.acts, line(read, "1").acts) == (every, acts)
    assert (read.header, line(read, "1").content, line(read, "1").terms) == (None, None, None)


def test_an_order_can_be_cancelled_without_naming_a_line() -> None:
    read = message({"order": {"purchaseOrderNumber": "WH-77", "indicators": {"cancelled": True}}})
    assert (read.acts, read.lines) == ((CANCEL,), ())


def test_a_line_spared_from_what_happens_to_lines_that_nobody_names_is_refused() -> None:
    with pytest.raises(Unreadable) as refused:
        message(flat({"position": "1", "indicators": {"cancelled": False}}, indicators={"cancelled": True}))
    assert refused.value.place == "lines[0].indicators.cancelled"


def test_the_sample_of_indicators() -> None:
    read = message(sample("indicators"))
    assert read.acts == (DELIVERED,)
    assert [entry.acts for entry in read.lines] == [(CANCEL,), (COMPLETE,)]


@pytest.mark.parametrize("level", ["order", "line"])
def test_goods_that_the_buyer_calls_shipped_are_only_pointed_out(level: str) -> None:
    marked: Tree = {"indicators": {"shipped": True}}
    tree = flat(flat_line(), **marked) if level == "order" else flat(flat_line(**marked))
    read = message(tree)
    assert line(read, "1").acts == (ISSUE,)
    assert len(read.warnings) == 1
    alone = message(
        flat({"position": "1", **(marked if level == "line" else {})}, **(marked if level == "order" else {}))
    )
    assert (alone.acts, line(alone, "1").acts, len(alone.warnings)) == ((), (), 1)


def test_flags_of_order_and_line_are_kept() -> None:
    read = message(
        flat(
            flat_line(indicators={"proposeWhenAccepted": True, "noDeliveryExpected": True}),
            indicators={"autoConfirm": True, "cancelLineWhenMissing": True},
        )
    )
    assert read.cancel_missing is True
    assert read.header is not None
    assert read.header.auto_confirm is True
    content = line(read, "1").content
    assert content is not None
    assert (content.propose_when_accepted, content.no_delivery_expected) == (True, True)


def test_indicators_alone_never_cancel_the_lines_that_they_leave_out() -> None:
    read = message(flat({"position": "1", "indicators": {}}, indicators={"cancelLineWhenMissing": True}))
    assert read.cancel_missing is False


def test_a_delivery_history_is_the_whole_history_and_issues_nothing() -> None:
    only = line(message(sample("delivery-history")), "1")
    assert only.delivered == (ScheduledDelivery(position="9", date=dt.date(2026, 2, 3), quantity=Decimal("0.750")),)
    assert (only.delivered_adds, only.acts, only.terms) == (False, (), None)


def test_deliveries_add_to_what_came_before() -> None:
    came = [{"position": "1", "date": "2026-02-04", "quantity": 2}]
    alone = line(message(flat({"position": "1", "deliveries": came})), "1")
    beside_terms = line(message(flat(flat_line(deliveries=came))), "1")
    for only in (alone, beside_terms):
        assert only.delivered_adds is True
        assert [entry.quantity for entry in only.delivered] == [Decimal(2)]
    assert (alone.acts, beside_terms.acts) == ((), (ISSUE,))


def test_a_delivery_that_history_and_schedule_both_tell_counts_once() -> None:
    schedule = [
        {"position": "a", "date": "2026-05-04", "quantity": 3, "status": "Delivered"},
        {"position": "b", "date": "2026-05-11", "quantity": 4, "status": "Delivered"},
        {"position": "c", "date": "2026-05-18", "quantity": 5, "status": "Shipped"},
    ]
    history = [{"position": "x", "date": "2026-05-04", "quantity": Decimal("3.0")}]
    only = line(message(flat(flat_line(deliverySchedule=schedule, deliveryHistory=history))), "1")
    assert [entry.position for entry in only.delivered] == ["x", "b"]


def _delivered(day: str, quantity: int, status: str = "Delivered") -> dict[str, Any]:
    return {"position": day, "date": f"2026-05-{day}", "quantity": quantity, "status": status}


@pytest.mark.parametrize(
    ("schedule", "history", "counted"),
    [
        # Ten came as four and six on their day, or later: ten, and not twenty.
        ([_delivered("04", 10)], [("04", 4), ("04", 6)], 10),
        ([_delivered("04", 10)], [("05", 4), ("06", 6)], 10),
        # The buyer says that all came, and of the history that four did.
        ([_delivered("04", 10)], [("04", 4)], 10),
        ([_delivered("04", 10), _delivered("11", 5)], [("04", 4), ("04", 6)], 15),
        # A part of the first came; the second is said to be there by its status alone.
        ([_delivered("04", 10, "Open"), _delivered("11", 5)], [("04", 4)], 9),
        ([_delivered("04", 10), _delivered("11", 5, "Open")], [("04", 4), ("04", 6), ("11", 1)], 11),
        # Two alike are two.
        ([_delivered("04", 3), _delivered("04", 3) | {"position": "b"}], [("04", 3)], 6),
        # More than was ordered came.
        ([_delivered("04", 10)], [("04", 12)], 12),
    ],
)
def test_a_delivery_that_came_in_parts_counts_once(
    schedule: list[dict[str, Any]], history: list[tuple[str, int]], counted: int
) -> None:
    came = [{"position": str(n), "date": f"2026-05-{day}", "quantity": of} for n, (day, of) in enumerate(history)]
    only = line(message(flat(flat_line(deliverySchedule=schedule, deliveryHistory=came))), "1")
    assert sum(entry.quantity for entry in only.delivered if isinstance(entry.quantity, Decimal)) == counted


@pytest.mark.parametrize(
    ("order", "source", "buyer"),
    [
        ({"companyId": "c-1"}, SOURCE, "340760"),
        ({"companyId": "c-1", "buyerParty": {"id": "gln"}}, BARE_SOURCE, "c-1"),
        ({"buyerParty": {"id": "gln", "names": ["Walter"]}}, BARE_SOURCE, "gln"),
        ({"buyerParty": {"names": ["Walter", "Hall 2"]}}, BARE_SOURCE, "Walter Hall 2"),
        ({"supplierAccountNumber": "540830"}, BARE_SOURCE, "540830"),
        ({}, BARE_SOURCE, "harbour"),
    ],
)
def test_the_buyer_of_a_flat_order(order: dict[str, Any], source: Source, buyer: str) -> None:
    assert message(flat(flat_line(), **order), source).key.buyer == buyer


def test_with_an_account_number_all_messages_of_a_buyer_have_one_key() -> None:
    full = message(flat(flat_line(), companyId="c-1", buyerParty={"id": "gln"}, supplierAccountNumber="540830"))
    assert message(sample("indicators")).key == full.key
    assert message(sample("delivery-history")).key == full.key


def test_our_account_is_the_account_number_that_our_answer_will_echo() -> None:
    read = message(flat(flat_line()))
    assert read.header is not None
    assert read.header.buyer_account_number == "340760"


def test_a_bad_time_of_issue_is_left_out_with_a_warning() -> None:
    read = message({**flat(flat_line()), "erpIssueDateTime": "last Tuesday"})
    assert read.header is not None
    assert read.header.issued_on is None
    assert "'last Tuesday'" in read.warnings[0]


def test_a_change_gives_the_time_of_the_change() -> None:
    tree = {
        **flat(flat_line()),
        "erpIssueDateTime": "2026-01-02T03:04:05",
        "erpLastChangeDateTime": "2026-02-03T04:05:06",
    }
    read = message(tree)
    assert read.at_platform == "2026-02-03T04:05:06"
    assert read.header is not None
    assert read.header.issued_on == dt.date(2026, 1, 2)
