"""The two tables of the reference and the sentences of the seed, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.platform.line import (
    Answer,
    Habits,
    Line,
    answered,
    approved,
    asked_to_reconfirm,
    cancelled,
    completed_by_buyer,
    confirmed_by_buyer,
    despatched,
    issued_again,
    order_logistics,
    order_process,
    reached,
    received,
    refused,
    reschedule_decided,
    revived,
)
from tests.platform.made import ASKED, BUYERS_NEXT, OURS, accept, answer, lines, reject, told
from tests.platform.terms import Delivery, Said, Terms

LINES = lines()


def _status(line: Line) -> str:
    return line.process if line.in_progress is None else f"{line.process}/{line.in_progress}"


ANSWERS: list[tuple[str, Answer, str, str]] = [
    # now, our answer, becomes, where it says so
    ("Issued", accept(), "Confirmed", "seed: accepted is set the process status will become Confirmed"),
    ("Issued", reject(), "Rejected", "seed: rejected is set the process status will become Rejected"),
    ("Issued", answer(ASKED), "Confirmed", "seed: equal to the requested … will become Confirmed"),
    ("Issued", answer(OURS), "InProgress/OpenSupplierProposal", "seed: NOT equal … InProgress and a proposal task"),
    ("OpenSupplierProposal", accept(), "Confirmed", "seed: InProgress, accepted"),
    ("OpenSupplierProposal", reject(), "Rejected", "seed: InProgress, rejected"),
    ("OpenSupplierProposal", answer(ASKED), "Confirmed", "seed: InProgress, equal to requested"),
    ("OpenSupplierProposal", answer(BUYERS_NEXT), "InProgress/OpenSupplierProposal", "seed: will stay InProgress"),
    ("RejectedSupplierProposal", accept(), "Confirmed", "seed: InProgress, accepted"),
    ("RejectedSupplierProposal", answer(OURS), "InProgress/OpenSupplierProposal", "seed: will stay InProgress"),
    ("ReissuedRejectedLine", answer(BUYERS_NEXT), "Confirmed", "seed: InProgress, equal to requested"),
    ("ReissuedRejectedLine", reject(), "Rejected", "seed: InProgress, rejected"),
    ("ReissuedRejectedLine", answer(OURS), "InProgress/OpenSupplierProposal", "seed: will stay InProgress"),
    ("Confirmed", answer(OURS), "InProgress/OpenSupplierReopenRequest", "seed: NOT equal to the confirmed …"),
    ("Confirmed", answer(ASKED), "Confirmed", "seed: equal to the confirmed … will stay Confirmed"),
    ("Confirmed", accept(), "Confirmed", "seed names no indicator for a Confirmed line"),
    ("Confirmed", reject(), "Confirmed", "seed names no indicator for a Confirmed line"),
    ("OpenSupplierReopenRequest", answer(ASKED), "Confirmed", "page: Confirmed (request withdrawn)"),
    ("OpenSupplierReopenRequest", answer(BUYERS_NEXT), "InProgress/OpenSupplierReopenRequest", "stays InProgress"),
    ("OpenSupplierReopenRequest", reject(), "Rejected", "seed: InProgress, rejected"),
    ("OpenBuyerReopenRequest", accept(), "Confirmed", "seed: InProgress, accepted"),
    ("OpenBuyerReopenRequest", answer(BUYERS_NEXT), "Confirmed", "seed: InProgress, equal to requested"),
    ("OpenBuyerReopenRequest", reject(), "Rejected", "page: `rejected` would reject the line"),
    ("OpenBuyerReopenRequest", answer(OURS), "InProgress/OpenSupplierReopenRequest", "stays InProgress"),
    ("OpenBuyerReconfirmationRequest", answer(ASKED), "Confirmed", "page: equal answer → Confirmed"),
    ("OpenBuyerReconfirmationRequest", answer(OURS), "InProgress/OpenSupplierReopenRequest", "page: other terms → …"),
    ("RevertedCancelledLine", accept(), "Confirmed", "seed: InProgress, accepted"),
    ("RevertedCompletedLine", answer(OURS), "InProgress/OpenSupplierProposal", "stays InProgress, never agreed"),
    *(
        (over, what, over, f"seed: already has process status {over} … will NOT change")
        for over in ("Rejected", "Completed", "Cancelled")
        for what in (accept(), reject(), answer(ASKED), answer(OURS))
    ),
]


@pytest.mark.parametrize(("now", "what", "becomes", "source"), ANSWERS)
def test_what_our_answer_makes_of_a_line(now: str, what: Answer, becomes: str, source: str) -> None:
    assert _status(told(LINES[now], what)) == becomes, source


BUYER: list[tuple[str, str, Callable[[Line], Line], str]] = [
    ("Issued", "issues it again", lambda line: issued_again(line, BUYERS_NEXT), "Issued"),
    ("OpenSupplierProposal", "issues it again", lambda line: issued_again(line, BUYERS_NEXT), "OpenSupplierProposal"),
    ("Rejected", "issues it again", lambda line: issued_again(line, BUYERS_NEXT), "ReissuedRejectedLine"),
    ("Confirmed", "asks other terms", lambda line: issued_again(line, BUYERS_NEXT), "OpenBuyerReopenRequest"),
    ("Confirmed", "asks the same terms", lambda line: issued_again(line, ASKED), "Confirmed"),
    ("OpenBuyerReopenRequest", "asks the confirmed terms again", lambda line: issued_again(line, ASKED), "Confirmed"),
    ("OpenBuyerReopenRequest", "asks others", lambda line: issued_again(line, OURS), "OpenBuyerReopenRequest"),
    ("Completed", "issues it again", lambda line: issued_again(line, BUYERS_NEXT), "Completed"),
    ("Cancelled", "issues it again", lambda line: issued_again(line, BUYERS_NEXT), "Cancelled"),
    ("Confirmed", "asks to reconfirm", asked_to_reconfirm, "OpenBuyerReconfirmationRequest"),
    ("Issued", "asks to reconfirm", asked_to_reconfirm, "Issued"),
    ("OpenSupplierProposal", "approves", approved, "Confirmed"),
    ("OpenSupplierReopenRequest", "approves", approved, "Confirmed"),
    ("OpenSupplierProposal", "rejects", refused, "RejectedSupplierProposal"),
    ("OpenSupplierReopenRequest", "rejects", refused, "Confirmed"),
    ("Confirmed", "approves nothing", approved, "Confirmed"),
    ("Issued", "confirms in our stead", confirmed_by_buyer, "Confirmed"),
    *((now, "cancels", cancelled, "Cancelled") for now in ("Issued", "OpenSupplierProposal", "Rejected", "Confirmed")),
    ("Completed", "cancels", cancelled, "Completed"),
    ("Cancelled", "cancels", cancelled, "Cancelled"),
    *(
        (now, "completes", completed_by_buyer, "Completed")
        for now in ("Issued", "OpenBuyerReopenRequest", "Rejected", "Confirmed")
    ),
    ("Cancelled", "completes", completed_by_buyer, "Cancelled"),
    ("Cancelled", "reverts it", lambda line: revived(line, Habits()), "RevertedCancelledLine"),
    ("Completed", "reverts it", lambda line: revived(line, Habits()), "RevertedCompletedLine"),
    ("Rejected", "reverts nothing", lambda line: revived(line, Habits()), "Rejected"),
]


@pytest.mark.parametrize(("now", "does", "act", "becomes"), BUYER)
def test_what_the_buyer_makes_of_a_line(now: str, does: str, act: Callable[[Line], Line], becomes: str) -> None:
    after = act(LINES[now])
    assert becomes in (after.process, after.in_progress), does
    assert (after.in_progress is not None) == (after.process == "InProgress")


def test_an_approval_agrees_on_our_terms_and_a_rejection_leaves_the_old_ones() -> None:
    assert approved(LINES["OpenSupplierProposal"]).confirmed == OURS
    assert approved(LINES["OpenSupplierReopenRequest"]).confirmed == OURS
    assert refused(LINES["OpenSupplierReopenRequest"]).confirmed == ASKED
    assert told(LINES["OpenBuyerReopenRequest"], accept()).confirmed == BUYERS_NEXT


def test_a_line_that_wants_every_acceptance_proposed_gets_a_proposal() -> None:
    line = replace(LINES["Issued"], propose_when_accepted=True)
    for what in (accept(), answer(ASKED)):
        assert _status(told(line, what)) == "InProgress/OpenSupplierProposal"
    assert _status(told(told(line, accept()), accept())) == "Confirmed", "it is so on an Issued line only"


@pytest.mark.parametrize("now", ["Issued", "Confirmed"])
def test_an_order_that_confirms_by_itself_takes_our_terms(now: str) -> None:
    after = told(LINES[now], answer(OURS), auto_confirm=True)
    assert (_status(after), after.confirmed) == ("Confirmed", OURS)


def test_other_terms_in_progress_stay_in_progress_even_on_an_order_that_confirms_by_itself() -> None:
    after = told(LINES["RejectedSupplierProposal"], answer(OURS), auto_confirm=True)
    assert _status(after) == "InProgress/OpenSupplierProposal"


@pytest.mark.parametrize(("reverts", "becomes"), [(True, "Confirmed"), (False, "InProgress/OpenBuyerReopenRequest")])
def test_the_confirmed_terms_answered_to_a_reopen_request_end_it_or_wait(reverts: bool, becomes: str) -> None:
    after = told(LINES["OpenBuyerReopenRequest"], answer(ASKED), habits=Habits(refusal_reverts=reverts))
    assert (_status(after), after.confirmed) == (becomes, ASKED)


def test_what_the_buyer_asked_still_confirms_a_line_that_we_asked_to_reopen_otherwise() -> None:
    ours = told(LINES["OpenBuyerReopenRequest"], answer(OURS))
    assert ours.in_progress == "OpenSupplierReopenRequest"
    assert told(ours, answer(BUYERS_NEXT)).confirmed == BUYERS_NEXT
    assert told(ours, accept()).confirmed == BUYERS_NEXT
    assert told(ours, answer(ASKED)).confirmed == ASKED, "withdrawn"


def test_an_indicator_beats_the_terms_beside_it() -> None:
    both = replace(answer(OURS), indicator="accepted")
    assert told(LINES["Issued"], both).confirmed == ASKED


def test_texts_alone_change_no_status() -> None:
    for line in LINES.values():
        after = told(line, Answer("10", supplier={"notes": ["packed by Mo"]}))
        assert _status(after) == _status(line)
        assert after.supplier["notes"] == ["packed by Mo"]


def test_what_an_answer_leaves_out_is_the_buyers() -> None:
    only_schedule = Answer("10", said=Said(ASKED.schedule))
    unnumbered = Answer("10", said=Said(tuple(replace(one, position=None) for one in ASKED.schedule)))
    assert told(LINES["Issued"], only_schedule).process == "Confirmed"
    assert told(LINES["Issued"], unnumbered).process == "Confirmed"


def test_a_new_split_gets_a_number_once_it_is_agreed() -> None:
    split = Terms(
        (Delivery("0001", "2026-05-04", Decimal(4)), Delivery(None, "2026-05-18", Decimal("6.0"))), ASKED.prices
    )
    agreed = approved(told(LINES["Issued"], answer(split)))
    assert agreed.confirmed is not None
    assert [one.position for one in agreed.confirmed.schedule] == ["0001", "0002"]


# Goods

TWO = Terms((Delivery("0001", "2026-05-04", Decimal(4)), Delivery("0002", "2026-05-18", Decimal(6))), ASKED.prices)
AGREED = answered(Line("10", TWO), accept(), auto_confirm=False, habits=Habits())


def test_a_despatched_quantity_equal_to_a_delivery_makes_it_ready_to_ship_and_the_line_when_all_are() -> None:
    one = despatched(AGREED, Decimal("6.00"), None)
    assert (one.logistics, one.goods) == ("Open", {"0002": "ReadyToShip"})
    assert despatched(one, Decimal(4), "0001").logistics == "ReadyToShip"


@pytest.mark.parametrize(("quantity", "position"), [("3", None), ("10", None), ("6", "0001")])
def test_another_quantity_asks_the_buyer_to_reschedule(quantity: str, position: str | None) -> None:
    asked = despatched(AGREED, Decimal(quantity), position)
    assert _status(asked) == "InProgress/OpenSupplierShipmentRescheduleRequest"
    assert _status(reschedule_decided(asked, True, Habits())) == "Confirmed"
    named = Habits(reschedule_confirms=False)
    assert _status(reschedule_decided(asked, True, named)) == "InProgress/ApprovedDeliverySchedule"
    assert _status(reschedule_decided(asked, False, named)) == "InProgress/RejectedDeliverySchedule"


def test_a_history_is_matched_by_date_and_quantity_and_the_line_is_delivered_when_all_is_there() -> None:
    first = Delivery("7", "2026-05-18", Decimal("6.0"))
    part = received(AGREED, (first,))
    assert (part.logistics, part.goods) == ("Open", {"0002": "Delivered"})
    assert received(part, (first, Delivery("9", "2026-06-01", Decimal(4)))).logistics == "Delivered"


def test_delivered_goods_can_be_open_again() -> None:
    assert reached(reached(AGREED, "Delivered"), "Open").logistics == "Open"


# The order

ORDERS = [
    (["Issued", "Issued"], "Issued"),
    (["Confirmed", "Confirmed"], "Confirmed"),
    (["Issued", "Confirmed"], "InProgress"),
    (["Issued", "OpenSupplierProposal"], "InProgress"),
    (["Cancelled", "Cancelled"], "Cancelled"),
    (["Cancelled", "Confirmed"], "Confirmed"),
    (["Cancelled", "Rejected"], "Rejected"),
    (["Rejected", "Issued"], "Issued"),
    (["Completed", "Completed", "Rejected", "Cancelled"], "Completed"),
    (["Completed", "Confirmed"], "Confirmed"),
]


@pytest.mark.parametrize(("names", "status"), ORDERS)
def test_an_orders_process_status_is_that_of_the_lines_that_count(names: list[str], status: str) -> None:
    assert order_process([LINES[name] for name in names]) == status


def test_an_orders_goods_are_as_far_as_the_last_of_its_lines_that_count() -> None:
    shipped, delivered = reached(AGREED, "Shipped"), reached(AGREED, "Delivered")
    assert order_logistics([shipped, delivered]) == "Shipped"
    assert order_logistics([delivered, LINES["Cancelled"]]) == "Delivered"
    assert order_logistics([LINES["Cancelled"]]) == "Cancelled"
    assert order_logistics([delivered, LINES["Rejected"]]) == "Delivered"
