"""The demo's buyer reads our answers off the wire and decides for itself."""

from __future__ import annotations

import datetime as dt

import simplejson

from sync.demo import catalogue
from sync.demo.buyer import Buyer
from sync.demo.tradecloud_orders import Tree, polled

AT = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)
ORDER = catalogue.metal_works(AT.date())[2]


def _buyer() -> Buyer:
    return Buyer([polled(ORDER, AT)])


def _answer(line: Tree) -> bytes:
    tree = {
        "order": {"purchaseOrderNumber": ORDER.number},
        "lines": [{"purchaseOrderLinePosition": ORDER.lines[0].position, **line}],
    }
    return simplejson.dumps(tree, use_decimal=True).encode()


def _status(event: Tree) -> Tree:
    status: Tree = event["orderEvent"]["lines"][0]["status"]
    return status


def test_an_accepted_line_is_confirmed() -> None:
    (event,) = _buyer().read(_answer({"indicators": {"accepted": True}}), AT)
    assert event["eventName"] == "OrderLinesAcceptedBySupplier"
    assert _status(event)["processStatus"] == "Confirmed"


def test_the_same_terms_as_asked_confirm_the_line_too() -> None:
    asked = polled(ORDER, AT)["lines"][0]
    said = [{"date": d["date"], "quantity": d["quantity"]} for d in asked["deliverySchedule"]]
    (event,) = _buyer().read(_answer({"deliverySchedule": said}), AT)
    assert _status(event)["processStatus"] == "Confirmed"


def test_a_first_proposal_is_approved_on_our_terms() -> None:
    buyer = _buyer()
    ours = [{"date": "2027-01-04", "quantity": 5}]
    (event,) = buyer.read(_answer({"deliverySchedule": ours, "reason": "later"}), AT)
    assert _status(event)["inProgressStatus"] == "OpenSupplierProposal"
    (event,) = buyer.decide(AT)
    assert event["eventName"] == "OrderChangesProposalApprovedByBuyer"
    agreed = event["orderEvent"]["lines"][0]["confirmedLine"]["deliverySchedule"]
    assert [(d["date"], d["quantity"]) for d in agreed] == [("2027-01-04", 5)]
    assert buyer.decide(AT) == []


def test_a_second_proposal_is_rejected_and_stays_in_progress() -> None:
    buyer = _buyer()
    for day in ("2027-01-04", "2027-01-05"):
        buyer.read(_answer({"deliverySchedule": [{"date": day, "quantity": 5}]}), AT)
        events = buyer.decide(AT)
    assert events[0]["eventName"] == "OrderChangesProposalRejectedByBuyer"
    assert _status(events[0]) == {
        "processStatus": "InProgress",
        "inProgressStatus": "RejectedSupplierProposal",
        "logisticsStatus": "Open",
    }


def test_a_revised_order_asks_for_a_week_later() -> None:
    buyer = _buyer()
    number = buyer.unanswered()
    assert number == ORDER.number
    event = buyer.revise(ORDER.number, AT, days=7)
    first = event["orderEvent"]["lines"][0]["deliverySchedule"][0]
    assert dt.date.fromisoformat(first["date"]) == ORDER.lines[0].deliveries[0].date + dt.timedelta(days=7)
