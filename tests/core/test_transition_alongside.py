"""An answer about the order alone: which line goes along, and that no status changes by it."""

from __future__ import annotations

import json

import pytest

from core.decisions import Act, Decision
from core.formats import tradecloud_json
from core.model import Contact
from core.outgoing import Indicator, OrderResponse
from core.pending import Record, step
from core.profile import PEPPOL, PROFILES, TRADECLOUD, Profile
from core.transition import TransitionRefused, about_the_order, respond
from core.transition.tables import (
    BUYER_REOPENS,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    ISSUED,
    OUR_PROPOSAL,
    REJECTED,
    STATES,
    WE_REOPEN,
    State,
    state_of,
)
from tests.core.trade import NOW, answer, line_in, order_in, order_of

REASSIGNED = Contact(email="bob@supplier.example")


def reassigned(order_lines: tuple[State, ...]) -> Decision:
    order = order_of(*(line_in(state, str(at)) for at, state in enumerate(order_lines, 1)))
    return Decision(id="d", at=NOW, lines=about_the_order(order), contact=REASSIGNED)


@pytest.mark.parametrize(
    ("states", "goes_along"),
    [
        ((ISSUED, CONFIRMED, CONFIRMED), "2"),
        ((BUYER_REOPENS, WE_REOPEN, ISSUED), "2"),
        ((BUYER_REOPENS, OUR_PROPOSAL), "2"),
        ((REJECTED, ISSUED, BUYER_REOPENS), "2"),
        # [R] "already has process status Completed the process status will NOT change", whatever is said of it.
        ((COMPLETED, CONFIRMED), "2"),
        ((ISSUED, OUR_PROPOSAL, COMPLETED), "3"),
        ((REJECTED, CANCELLED, COMPLETED), "3"),
    ],
)
def test_the_line_on_which_the_least_can_go_wrong_goes_along(states: tuple[State, ...], goes_along: str) -> None:
    (line,) = reassigned(states).lines
    assert (line.position, line.act) == (goes_along, Act.DETAILS)


def test_an_order_whose_lines_are_all_rejected_or_cancelled_takes_no_word_any_more() -> None:
    order = order_of(line_in(REJECTED, "1"), line_in(CANCELLED, "2"))
    with pytest.raises(TransitionRefused, match="line 1: it is Rejected and takes no answer any more"):
        respond(order, reassigned((REJECTED, CANCELLED)), TRADECLOUD)


def test_what_is_said_of_an_order_goes_along_with_the_unsent_answer_that_closes_it() -> None:
    rejected = step(Record(platform=order_in(ISSUED)), answer(Act.REJECT, reason="no"), TRADECLOUD).record
    said = Decision(id="d", at=NOW, lines=about_the_order(rejected.order), contact=REASSIGNED)
    (response,) = step(rejected, said, TRADECLOUD).outgoing
    assert isinstance(response, OrderResponse)
    assert ([line.indicator for line in response.lines], response.contact) == ([Indicator.REJECTED], REASSIGNED)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("state", [state for state in STATES if state not in (REJECTED, CANCELLED)])
def test_no_status_and_no_terms_change_by_it(state: State, profile: Profile) -> None:
    order = order_in(state)
    done = respond(order, reassigned((state,)).but(lines=about_the_order(order)), profile)
    assert done.order == order
    assert state_of(done.order.lines[0]) is state


def test_on_the_wire_the_line_is_its_position_and_nothing_else() -> None:
    order = order_of(line_in(CONFIRMED, "00010"), buyer_account_number="340760")
    decision = Decision(id="d", at=NOW, lines=about_the_order(order), contact=REASSIGNED, notes=("new contact",))
    (response,) = respond(order, decision, TRADECLOUD).outgoing
    said = json.loads(tradecloud_json.render(response, order, "d").payload)
    assert said["lines"] == [{"purchaseOrderLinePosition": "00010"}]
    assert said["order"] == {
        "buyerAccountNumber": "340760",
        "purchaseOrderNumber": "PO-7",
        "notes": ["new contact"],
        "contact": {"email": "bob@supplier.example"},
    }


def test_where_an_answer_holds_every_line_it_leaves_with_them() -> None:
    waits = respond(order_in(ISSUED), reassigned((ISSUED,)).but(lines=about_the_order(order_in(ISSUED))), PEPPOL)
    assert waits.outgoing == ()
    answered = order_in(CONFIRMED)
    (response,) = respond(answered, reassigned((CONFIRMED,)).but(lines=about_the_order(answered)), PEPPOL).outgoing
    assert isinstance(response, OrderResponse)
    assert (len(response.lines), response.contact) == (1, REASSIGNED)
