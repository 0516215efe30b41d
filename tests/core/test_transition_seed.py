"""Every sentence of the two manuals that says something of a status, quoted, beside what becomes of a line here.

"Send order response" is Tradecloud's page for suppliers, "Ordering" is Procurement Connect's. Where the folder of the
manuals stands beside the project, the quotations are compared with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from core.decisions import Act, Decision, Stage
from core.model import LogisticsStatus, OrderLine, ProcessStatus, Terms
from core.outgoing import DespatchAdvice, OrderResponse
from core.profile import PROCUREMENT_CONNECT, TRADECLOUD
from core.transition import TaskKind, TransitionRefused, despatch, receive, respond, tasks
from core.transition.tables import (
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    IN_PROGRESS,
    ISSUED,
    NEGOTIATED,
    OUR_PROPOSAL,
    REJECTED,
    REOPENED,
    WE_REOPEN,
    State,
    state_of,
)
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    THIRD,
    answer,
    goods,
    issue,
    line_in,
    order_in,
    order_of,
    propose,
    terms,
)

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"


@dataclass(frozen=True)
class Sentence:
    quote: str
    now: State
    says: Decision
    becomes: State


REASON = "no capacity"
EQUAL = propose(terms("2026-05-01=10.00"))
OTHER = propose(THIRD)
ACCEPTED, DECLINED = answer(Act.ACCEPT), answer(Act.REJECT, reason=REASON)


def after(case: Sentence) -> OrderLine:
    return respond(order_in(case.now), case.says, TRADECLOUD).order.lines[0]


ISSUED_SENTENCES = [
    Sentence("When indicators.accepted is set the process status will become Confirmed", ISSUED, ACCEPTED, CONFIRMED),
    Sentence("When indicators.rejected is set the process status will become Rejected", ISSUED, DECLINED, REJECTED),
    Sentence(
        "When the by supplier responded delivery schedule and prices are equal to the by buyer requested delivery "
        "schedule and prices the process status will become Confirmed",
        ISSUED,
        EQUAL,
        CONFIRMED,
    ),
    Sentence(
        "When the responded delivery schedule and prices are NOT equal to the requested delivery schedule and prices the "
        "process status will become InProgress and a proposal task for the buyer will be created.",
        ISSUED,
        OTHER,
        OUR_PROPOSAL,
    ),
]


@pytest.mark.parametrize("case", ISSUED_SENTENCES, ids=lambda case: case.quote[:60])
def test_an_answer_to_an_issued_line(case: Sentence) -> None:
    assert state_of(after(case)) is case.becomes


IN_PROGRESS_SENTENCES = [
    Sentence(
        "When indicators.accepted is set the process status will become Confirmed", IN_PROGRESS, ACCEPTED, CONFIRMED
    ),
    Sentence(
        "When indicators.rejected is set the process status will become Rejected", IN_PROGRESS, DECLINED, REJECTED
    ),
    Sentence(
        "When the by supplier responded delivery schedule and prices are equal to the by buyer requested delivery "
        "schedule and prices the process status will become Confirmed",
        IN_PROGRESS,
        EQUAL,
        CONFIRMED,
    ),
    Sentence(
        "When the responded delivery schedule and prices are NOT equal to the requested delivery schedule and prices the "
        "process status will stay InProgress.",
        IN_PROGRESS,
        OTHER,
        IN_PROGRESS,
    ),
]


@pytest.mark.parametrize("state", [*NEGOTIATED, *REOPENED])
@pytest.mark.parametrize("case", IN_PROGRESS_SENTENCES, ids=lambda case: case.quote[:60])
def test_an_answer_to_a_line_in_progress_for_whatever_reason(state: State, case: Sentence) -> None:
    line = respond(order_of(line_in(state, requested=ASKED)), case.says, TRADECLOUD).order.lines[0]
    assert line.process_status is case.becomes
    if case.becomes is CONFIRMED:
        assert line.confirmed == ASKED


CONFIRMED_SENTENCES = [
    Sentence(
        "When the by supplier responded delivery schedule and prices are NOT equal to the confirmed delivery schedule and "
        "prices the process status will become InProgress and a reopen request task for the buyer will be created.",
        CONFIRMED,
        OTHER,
        WE_REOPEN,
    ),
    Sentence(
        "When the responded delivery schedule and prices are equal to the confirmed delivery schedule and prices the "
        "process status will stay Confirmed",
        CONFIRMED,
        EQUAL,
        CONFIRMED,
    ),
]


@pytest.mark.parametrize("case", CONFIRMED_SENTENCES, ids=lambda case: case.quote[:60])
def test_an_answer_to_a_confirmed_line(case: Sentence) -> None:
    assert state_of(after(case)) is case.becomes


@pytest.mark.parametrize("case", [*ISSUED_SENTENCES, *CONFIRMED_SENTENCES], ids=lambda case: case.quote[:60])
def test_other_terms_make_a_task_for_the_buyer_and_nothing_else_does(case: Sentence) -> None:
    order = respond(order_in(case.now), case.says, TRADECLOUD).order
    waits = TaskKind.WAIT in {task.kind for task in tasks(order)}
    assert waits == ("task for the buyer will be created" in case.quote)


CLOSED_SENTENCES = {
    REJECTED: "When the order line already has process status Rejectedthe process status will NOT change.",
    COMPLETED: "When the order line already has process status Completed the process status will NOT change.",
    CANCELLED: "When the order line already has process status Cancelled the process status will NOT change.",
}


@pytest.mark.parametrize("state", CLOSED_SENTENCES)
@pytest.mark.parametrize("says", [ACCEPTED, DECLINED, EQUAL, OTHER], ids=["accepted", "rejected", "equal", "other"])
def test_an_answer_to_a_closed_line_is_refused_and_nothing_is_sent(state: State, says: Decision) -> None:
    with pytest.raises(TransitionRefused, match=f"line 10: it is {state.value} and takes no answer any more"):
        respond(order_in(state), says, TRADECLOUD)


def test_only_lines_that_are_new_or_changed_are_sent() -> None:
    """ "The order response should only contain order lines that are new or changed. Sending an unchanged order line could
    trigger an unexpected line status change in Tradecloud." """
    order = order_of(line_in(CONFIRMED, "10"), line_in(ISSUED, "20"), line_in(ISSUED, "30"))
    (response,) = respond(order, answer(Act.ACCEPT, "10", "20"), TRADECLOUD).outgoing
    assert isinstance(response, OrderResponse)
    assert [line.position for line in response.lines] == ["20"]
    assert respond(order, answer(Act.ACCEPT, "10"), TRADECLOUD).outgoing == ()


def test_a_line_accepted_as_is_takes_the_buyers_terms() -> None:
    """ "explicitly accept the order line as is, the responded delivery schedule and prices will be ignored." """
    (response,) = respond(order_in(ISSUED), ACCEPTED, TRADECLOUD).outgoing
    assert isinstance(response, OrderResponse)
    (line,) = response.lines
    assert (line.indicator, line.delivery_schedule, line.prices) == ("accepted", ASKED.delivery_schedule, ASKED.prices)
    with pytest.raises(TransitionRefused, match="propose them to send terms of your own"):
        respond(order_in(ISSUED), answer(Act.ACCEPT, terms=LATER), TRADECLOUD)


# --- Procurement Connect, "Ordering" ----------------------------------------------------------------------------------


def test_a_transferred_order_has_no_outcome_yet() -> None:
    """ "The customer can see that the order has been transferred to the supplier but they don't know the outcome yet." """
    assert receive(None, issue("10", "20"), PROCUREMENT_CONNECT).order.process_status is ISSUED


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(DEARER, id="the prices"),
        pytest.param(terms("1:2026-05-01=8"), id="quantities"),
        pytest.param(LATER, id="or delivery date"),
    ],
)
def test_other_terms_confirm(said: Terms) -> None:
    """ "At this stage, it is possible to change the prices, quantities or delivery date of the order." """
    line = respond(order_in(ISSUED), propose(said), PROCUREMENT_CONNECT).order.lines[0]
    assert (state_of(line), line.requested, line.proposed, line.confirmed) == (CONFIRMED, ASKED, None, said)


@pytest.mark.parametrize("said", [DEARER, LATER, terms("1:2026-05-01=8")], ids=["prices", "date", "quantity"])
def test_what_is_confirmed_is_frozen(said: Terms) -> None:
    """ "After it has been confirmed, we notify the customer via email and prevent further updates to these
    attributes." """
    with pytest.raises(TransitionRefused, match="Procurement Connect lets prices, quantities and dates of a confirmed"):
        respond(order_in(CONFIRMED), propose(said), PROCUREMENT_CONNECT)


def test_the_decision_may_come_at_once_or_days_later_for_the_order_as_a_whole() -> None:
    """ "Confirmation (or other failure states) where you inform us what to do with the order, this can happen immediately
    or several days later as needed." """
    order = order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20"))
    half = respond(order, answer(Act.ACCEPT, "10"), PROCUREMENT_CONNECT)
    assert (half.order.process_status, half.outgoing) == (ProcessStatus.IN_PROGRESS, ())
    whole = respond(order, answer(Act.ACCEPT, "10", "20"), PROCUREMENT_CONNECT)
    assert whole.order.process_status is CONFIRMED
    (response,) = whole.outgoing
    assert isinstance(response, OrderResponse)
    assert response.indicator == "accepted"


@pytest.mark.parametrize(
    ("stage", "status"), [(Stage.PACKED, LogisticsStatus.READY_TO_SHIP), (Stage.SHIPPED, LogisticsStatus.SHIPPED)]
)
def test_packed_and_shipped_are_told(stage: Stage, status: LogisticsStatus) -> None:
    """ "when the order has been packed, or shipped, we can update the status in Procurement as well." """
    transition = despatch(order_in(CONFIRMED), goods(stage), PROCUREMENT_CONNECT)
    assert transition.order.logistics_status is status
    (advice,) = transition.outgoing
    assert isinstance(advice, DespatchAdvice)
    assert (advice.stage, advice.complete) == (stage, True)


# --- the quotations ---------------------------------------------------------------------------------------------------


def test_the_quotations_are_the_manuals_own_words() -> None:
    if not SEEDS.is_dir():
        pytest.skip("the folder of the manuals is not beside the project")
    manuals = squeezed("".join(path.read_text() for path in sorted(SEEDS.iterdir())))
    quotes = [case.quote for case in (*ISSUED_SENTENCES, *IN_PROGRESS_SENTENCES, *CONFIRMED_SENTENCES)]
    quotes += CLOSED_SENTENCES.values()
    quotes += [quotation(test) for test in globals().values() if is_quoting(test)]
    assert len(quotes) == 10 + 3 + 7
    assert [quote for quote in quotes if squeezed(quote) not in manuals] == []


def is_quoting(test: object) -> bool:
    return callable(test) and (getattr(test, "__doc__", None) or "").startswith(' "')


def quotation(test: object) -> str:
    return (test.__doc__ or "").strip(' "\n')


def squeezed(text: str) -> str:
    """Without white space: the manual's page was saved with some of its blanks lost."""
    return "".join(text.split())
