"""Answers and advices as they come over the wire, and what the platform then tells of its orders."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import simplejson

from tests.platform import wire
from tests.platform.line import Habits
from tests.platform.made import ASKED, OURS, Tree, accept, advice, another, answer, lines, platform, response
from tests.platform.reading import Refused
from tests.platform.terms import Terms

LINES = lines()
ACCEPT = {"purchaseOrderLinePosition": "10", "indicators": {"accepted": True}}
LATE = {
    "purchaseOrderLinePosition": "10",
    "deliverySchedule": [{"position": "0001", "date": "2026-05-11", "quantity": 10}],
    "reason": "the mill is late",
}


def test_the_samples_of_the_manual_are_taken(corpus: Path) -> None:
    for name in ("order-response.json", "minimal-order-response.json"):
        tree: Tree = simplejson.loads((corpus / "tradecloud" / name).read_bytes(), use_decimal=True)
        made, order = platform()
        made.orders = {("340760", tree["order"]["purchaseOrderNumber"]): order}
        position = tree["lines"][0]["purchaseOrderLinePosition"]
        order.lines = {position: replace(LINES["Issued"], position=position)}
        assert made.respond(wire.encoded(tree)), name
        made.work()
        assert order.lines[position].in_progress == "OpenSupplierProposal"


def test_the_advices_of_the_manual_are_taken(corpus: Path) -> None:
    for name in ("despatch-advice.json", "minimal-despatch-advice.json"):
        made, order = platform()
        made.orders = {("340760", "PO123456789"): order}
        order.lines = {"0001": replace(LINES["Confirmed"], position="0001")}
        assert made.advise((corpus / "tradecloud" / name).read_bytes()), name


WRONG: list[tuple[Tree, str]] = [
    ({"lines": []}, "at least one"),
    ({"lines": [{"purchaseOrderLinePosition": "99"}]}, "there is no line 99"),
    ({"lines": [ACCEPT, ACCEPT]}, "line 10 stands twice"),
    ({"lines": [{"purchaseOrderLinePosition": 10}]}, "purchaseOrderLinePosition is not text"),
    ({"lines": [{**ACCEPT, "indicators": {"accepted": "yes"}}]}, "neither true nor false"),
    ({"lines": [{**ACCEPT, "indicators": {"accepted": True, "rejected": True}}]}, "accepts and rejects"),
    ({"lines": [{**LATE, "deliverySchedule": []}]}, "at least one"),
    ({"lines": [{**LATE, "deliverySchedule": [{"date": "4 May"}]}]}, "is not a date"),
    ({"lines": [{**LATE, "deliverySchedule": [{"quantity": "10"}]}]}, "is not a number"),
    ({"lines": [{**LATE, "deliverySchedule": [{"quantity": -1}]}]}, "is less than 0"),
    ({"lines": [{**LATE, "deliverySchedule": [{"quantity": 1}, {"position": "0001"}]}]}, "new ones stand last"),
    ({"lines": [{**LATE, "deliverySchedule": [{"position": "1"}, {"position": "1"}]}]}, "names a position twice"),
    ({"lines": [{**LATE, "deliverySchedule": [{"quantity": 1}] * 101}]}, "more than 100"),
    ({"lines": [{**LATE, "prices": {}}]}, "neither a net nor a gross price"),
    ({"lines": [{**LATE, "prices": {"netPrice": {"value": 3}}}]}, "no price in transaction currency"),
    ({"lines": [{**ACCEPT, "itemDetails": {"netWeight": 1.2}}]}, "a weight without its unit"),
    ({"lines": [{**ACCEPT, "itemDetails": {"dangerousGoodsCodeUnece": "60"}}]}, "UN number of four digits"),
    ({"lines": [{**ACCEPT, "itemDetails": {"countryOfOriginCodeIso2": "nl"}}]}, "ISO 3166-1"),
    ({"lines": [{**ACCEPT, "documents": [{"code": "1", "objectId": "nobody-sent-it"}]}]}, "no document nobody-sent-it"),
    ({"lines": [{**ACCEPT, "documents": [{"code": "1", "url": "https://x.example/1"}] * 101}]}, "more than 100"),
    ({"lines": [{**ACCEPT, "colour": "red"}]}, "colour is not in the manual"),
    ({"lines": [ACCEPT], "erpResponseDateTime": "2026-03-02T08:00:00Z"}, "is not a local time"),
    ({"lines": [ACCEPT], "erpRespondedBy": {}}, "names nobody"),
]


@pytest.mark.parametrize(("members", "reason"), WRONG, ids=[reason for _, reason in WRONG])
def test_an_answer_that_is_not_as_the_manual_has_it_is_refused_with_the_reason(members: Tree, reason: str) -> None:
    made, order = platform()
    tree = {"order": {"buyerAccountNumber": "340760", "purchaseOrderNumber": "PO-1"}, **members}
    with pytest.raises(Refused, match=reason):
        made.respond(wire.encoded(tree))
    made.work()
    assert order.version == 1


@pytest.mark.parametrize("payload", [b"", b"<xml/>", b"[]", b"\xff", b'{"order": NaN}'])
def test_what_is_no_document_is_refused(payload: bytes) -> None:
    with pytest.raises(Refused):
        platform()[0].respond(payload)


def test_an_answer_to_an_order_that_is_not_there_is_refused() -> None:
    with pytest.raises(Refused, match="account 340760 has no order PO-2"):
        platform()[0].respond(response(ACCEPT, purchaseOrderNumber="PO-2"))


def test_a_charge_can_not_be_split() -> None:
    made, _ = platform(replace(LINES["Issued"], position="20", charge=True))
    split = [{"position": "0001", "quantity": 4}, {"quantity": 6}]
    with pytest.raises(Refused, match="line 20 is a charge"):
        made.respond(response({"purchaseOrderLinePosition": "20", "deliverySchedule": split}))


def test_an_answer_has_its_effect_once_however_often_its_bytes_come() -> None:
    made, order = platform()
    assert made.respond(response(LATE))
    assert order.lines["10"].process == "Issued", "it is queued"
    made.work()
    assert order.lines["10"].in_progress == "OpenSupplierProposal"
    made.changed(order, "OrderChangesProposalRejectedByBuyer", [LINES["RejectedSupplierProposal"]])
    assert not made.respond(response(LATE))
    made.work()
    assert order.lines["10"].in_progress == "RejectedSupplierProposal"
    assert order.version == 3


def test_a_lines_indicator_beats_the_orders_which_goes_for_every_line() -> None:
    made, order = platform(another(LINES["Issued"], "20"), another(LINES["Issued"], "30"))
    made.respond(
        response(
            {"purchaseOrderLinePosition": "10", "indicators": {"rejected": True}},
            {"purchaseOrderLinePosition": "20"},
            indicators={"accepted": True},
        )
    )
    made.work()
    assert [line.process for line in order.lines.values()] == ["Rejected", "Confirmed", "Confirmed"]


@pytest.mark.parametrize(("shared", "versions"), [(False, [1, 2, 3]), (True, [1, 2, 2])])
def test_each_kind_of_effect_is_an_event_with_its_own_lines(shared: bool, versions: list[int]) -> None:
    made, _ = platform(another(LINES["Issued"], "20"), habits=Habits(one_version_an_answer=shared))
    made.respond(response(ACCEPT, {**LATE, "purchaseOrderLinePosition": "20"}))
    made.work()
    told = [
        (one.event, [line["buyerLine"]["position"] for line in one.tree["orderEvent"]["lines"]])
        for one in made.happenings
    ]
    assert told == [
        ("OrderIssuedByBuyer", ["10", "20"]),
        ("OrderLinesAcceptedBySupplier", ["10"]),
        ("OrderChangesProposedBySupplier", ["20"]),
    ]
    assert [one.version for one in made.happenings] == versions


def test_an_advice_has_its_effect_once_and_its_number_stands_for_one_content() -> None:
    made, order = platform()
    made.answer(order, [accept()])
    assert made.advise(advice())
    assert order.lines["10"].logistics == "ReadyToShip"
    assert not made.advise(advice())
    with pytest.raises(Refused, match="DA-1 came before with another content"):
        made.advise(advice(quantity=9))
    assert made.complaints == []


def test_goods_for_a_line_that_is_not_agreed_are_complained_about() -> None:
    made, order = platform()
    made.advise(advice())
    assert made.complaints == ["DA-1: line 10 of PO-1 is Issued"]
    assert order.lines["10"].logistics == "Open"


@pytest.mark.parametrize(
    ("number", "member", "reason"),
    [
        ("DA 1", {}, "white space"),
        ("DA-1", {"purchaseOrderLinePosition": "99"}, "has no line 99"),
        ("DA-1", {"despatchQuantity": None}, "despatchQuantity is missing"),
        ("DA-1", {"despatchQuantity": "10"}, "is not a number"),
        ("DA-1", {"weight": 3}, "weight is not in the manual"),
    ],
)
def test_an_advice_that_is_not_as_the_manual_has_it_is_refused(number: str, member: Tree, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        platform()[0].advise(advice(number, **member))


# What it tells


def _polled(**habits: Any) -> Tree:
    made, order = platform(habits=Habits(**habits))
    made.answer(order, [answer(OURS)])
    tree: Tree = made.poll(None, 0, 100)
    return tree


def test_while_our_proposal_is_open_a_polled_line_shows_the_old_terms_and_only_its_twins_the_new() -> None:
    (order,) = _polled()["data"]
    (line,) = order["lines"]
    assert line["status"] == {
        "processStatus": "InProgress",
        "inProgressStatus": "OpenSupplierProposal",
        "logisticsStatus": "Open",
    }
    assert [one["date"] for one in line["deliverySchedule"]] == ["2026-05-04"]
    assert [one["date"] for one in line["deliveryScheduleIncludingRequests"]] == ["2026-05-11"]
    assert line["supplierLine"]["requests"]["proposal"]["status"] == "Open"
    assert line["supplierLine"]["requests"]["proposal"]["reason"] == "the mill is late"


def test_a_poll_names_what_changed_after_a_stamp_page_by_page() -> None:
    made, first = platform()
    for number in ("PO-2", "PO-3"):
        made.add(replace(first, number=number, lines={"10": LINES["Issued"]}, version=0))
    both = made.poll(None, 0, 2)
    assert ([one["purchaseOrderNumber"] for one in both["data"]], both["total"]) == (["PO-1", "PO-2"], 3)
    rest = made.poll(None, 2, 2)
    assert [one["purchaseOrderNumber"] for one in rest["data"]] == ["PO-3"]
    nothing = made.poll(rest["lastUpdatedAt"], 0, 100)
    assert nothing == {"data": [], "total": 0}
    made.answer(first, [accept()])
    assert [one["version"] for one in made.poll(rest["lastUpdatedAt"], 0, 100)["data"]] == [2]


def test_numbers_keep_every_digit() -> None:
    price = Decimal("1080.240000000000000000000000001")
    made, order = platform()
    line = order.lines["10"]
    assert line.requested.prices is not None
    assert line.requested.prices.net is not None
    prices = replace(line.requested.prices, net=replace(line.requested.prices.net, value=price))
    made.changed(order, "OrderLinesReissuedByBuyer", [replace(line, requested=Terms(ASKED.schedule, prices))])
    assert b'"value": 1080.240000000000000000000000001' in wire.encoded(made.poll(None, 0, 1))


def test_strange_members_hide_nothing() -> None:
    tree = _polled()
    strange = wire.strange(tree, random.Random(1))
    assert strange != tree
    assert _without_news(strange) == tree


def _without_news(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _without_news(value) for name, value in tree.items() if not name.startswith("new")}
    return [_without_news(one) for one in tree] if isinstance(tree, list) else tree


def test_documents_that_the_buyer_attaches_are_an_event_of_their_own_and_replace_by_code() -> None:
    made, order = platform()
    drawing = {"code": "D-1", "name": "Drawing", "revision": "A"}
    made.attach(order, [drawing], {"10": [drawing]})
    made.attach(order, [{**drawing, "revision": "B"}], {})
    tree = made.happenings[-1].tree["orderDocumentsEvent"]
    assert [one["revision"] for one in tree["buyerOrder"]["documents"]] == ["B"]
    assert order.lines["10"].buyer["documents"] == [drawing]
