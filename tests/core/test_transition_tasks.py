"""Whose turn it is, since when, and until when."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decisions import Act
from core.messages import BuyerAct, Received
from core.model import UNKNOWN, OrderLine, ScheduledDelivery, Terms
from core.pending import Input, Record, step
from core.profile import PROCUREMENT_CONNECT, PROFILES, TRADECLOUD, Profile
from core.transition import TaskKind, TransitionRefused, receive, respond
from core.transition.tables import (
    BUYER_CANCELS,
    BUYER_REOPENS,
    CONFIRMED,
    ISSUED,
    OUR_PROPOSAL,
    REJECTED,
    STATES,
    WE_REOPEN,
    State,
)
from core.transition.tasks import TALKS, TURN, answers_differ, dated, due, task_of
from tests.core.test_transition_properties import FIRST, INPUTS
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    NOW,
    answer,
    issue,
    line_in,
    message,
    order_in,
    order_of,
    propose,
    said,
    terms,
    undo,
    word,
)

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
DAY = dt.timedelta(days=1)
EARLIER = NOW - 3 * DAY
MAY_FIRST = dt.datetime(2026, 4, 30, 22, 0, tzinfo=dt.UTC)
"""The morning of 1 May 2026 in Amsterdam: the first delivery that is asked everywhere here."""


def waiting(state: State, **fields: object) -> OrderLine:
    """A line in `state` since three days ago."""
    return line_in(state).but(since=EARLIER, **fields)


# --- since ------------------------------------------------------------------------------------------------------------


def test_a_line_waits_for_us_from_when_it_came() -> None:
    assert [line.since for line in receive(None, issue("10", "20"), TRADECLOUD).order.lines] == [NOW, NOW]


def test_what_is_asked_anew_is_to_be_answered_from_now() -> None:
    for state in (ISSUED, BUYER_REOPENS):
        reissued = receive(order_of(waiting(state)), message(said(BuyerAct.ISSUE, terms=LATER)), TRADECLOUD)
        assert reissued.order.lines[0].since == NOW


@pytest.mark.parametrize("state", [state for state in STATES if state in TURN])
def test_the_same_word_said_again_starts_no_new_time(state: State) -> None:
    line = waiting(state)
    again = message(
        said(
            reported=word(state),
            terms=line.requested,
            confirmed=line.confirmed,
            proposed=line.proposed,
            content=line.content.but(notes=("n",)),
        )
    )
    assert receive(order_of(line), again, TRADECLOUD).order.lines[0].since == EARLIER


def test_the_buyer_decides_from_when_we_proposed() -> None:
    line = respond(order_of(waiting(ISSUED)), propose(LATER), TRADECLOUD).order.lines[0]
    assert (task_of(line), line.since) == (TaskKind.WAIT, NOW)


def test_undo_brings_the_time_back_that_ran_before() -> None:
    record = Record(platform=order_of(waiting(ISSUED)))
    for entry in (answer(Act.ACCEPT), propose(LATER), undo()):
        record = step(record, entry, TRADECLOUD).record
    assert record.order.lines[0].since == EARLIER


def test_where_nobodys_word_is_awaited_no_time_runs() -> None:
    """So that ten thousand confirmations record nothing about it."""
    before = waiting(ISSUED)
    for said_so in (answer(Act.ACCEPT), answer(Act.REJECT, reason="no")):
        assert respond(order_of(before), said_so, TRADECLOUD).order.lines[0].since == EARLIER
    assert dated(None, line_in(CONFIRMED), NOW).since is None


def test_a_line_of_an_older_podesk_has_no_time_until_something_is_said() -> None:
    untouched = receive(order_in(ISSUED), message(said(content=line_in(ISSUED).content.but(row="1"))), TRADECLOUD)
    assert untouched.order.lines[0].since is None
    asked = receive(order_in(ISSUED), message(said(BuyerAct.ISSUE, terms=LATER)), TRADECLOUD)
    assert asked.order.lines[0].since == NOW


# --- until ------------------------------------------------------------------------------------------------------------


def test_our_answer_is_due_within_the_time_of_the_settings() -> None:
    for state in (ISSUED, BUYER_REOPENS, BUYER_CANCELS):
        assert due(waiting(state), 2 * DAY, AMSTERDAM) == EARLIER + 2 * DAY


def test_an_answer_is_due_before_the_day_on_which_goods_should_be_there() -> None:
    assert due(waiting(ISSUED), 90 * DAY, AMSTERDAM) == MAY_FIRST
    assert due(waiting(ISSUED), None, AMSTERDAM) == MAY_FIRST
    split = terms("1:2026-07-01=4", "2:2026-05-01=6")
    assert due(waiting(ISSUED, requested=split), None, AMSTERDAM) == MAY_FIRST


def test_the_buyers_decision_is_due_before_what_we_propose_and_not_by_our_settings() -> None:
    june = dt.datetime(2026, 5, 31, 22, 0, tzinfo=dt.UTC)
    for state in (OUR_PROPOSAL, WE_REOPEN):
        assert due(waiting(state), DAY, AMSTERDAM) == june
    assert due(waiting(WE_REOPEN, proposed=None), DAY, AMSTERDAM) == MAY_FIRST


@pytest.mark.parametrize("first", ["2025-01-01", "2026-02-27"])
def test_terms_that_are_past_when_they_come_are_to_be_answered_on_that_day(first: str) -> None:
    came = dt.datetime(2026, 2, 27, 16, 30, tzinfo=dt.UTC)
    order = order_in(ISSUED).lines[0].but(since=came, requested=terms(f"1:{first}=10"))
    midnight = dt.datetime(2026, 2, 27, 23, 0, tzinfo=dt.UTC)
    for within in (None, 2 * DAY):
        assert due(order, within, AMSTERDAM) == midnight
    assert due(order, dt.timedelta(hours=1), AMSTERDAM) == came + dt.timedelta(hours=1)
    # Late in the evening it is the next day already where the desk is.
    assert due(order.but(since=midnight), None, AMSTERDAM) == midnight + DAY


def test_on_the_last_day_of_the_calendar_there_is_no_later() -> None:
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    line = order_in(ISSUED).lines[0].but(since=last, requested=terms("1:2025-01-01=10"))
    for zone in (dt.UTC, AMSTERDAM):
        assert due(line, None, zone) == last


def test_without_settings_and_dates_nothing_says_when() -> None:
    unknown = Terms(delivery_schedule=(ScheduledDelivery(date=UNKNOWN, quantity=UNKNOWN),))
    for nothing in (unknown, Terms()):
        assert due(waiting(ISSUED, requested=nothing), None, AMSTERDAM) is None
        assert due(waiting(ISSUED, requested=nothing), DAY, AMSTERDAM) == EARLIER + DAY


def test_what_is_nobodys_to_say_has_no_due_date() -> None:
    for state in (CONFIRMED, REJECTED):
        assert due(waiting(state), DAY, AMSTERDAM) is None
    assert due(line_in(ISSUED), DAY, AMSTERDAM) is None


@pytest.mark.parametrize("zone", [None, AMSTERDAM, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("America/Los_Angeles")])
@pytest.mark.parametrize("day", [dt.date.min, dt.date.max])
def test_days_at_the_ends_of_the_calendar_are_due_dates_too(day: dt.date, zone: ZoneInfo | None) -> None:
    odd = Terms(delivery_schedule=(ScheduledDelivery(date=day, quantity=UNKNOWN),))
    until = due(waiting(ISSUED, requested=odd), None, zone)
    assert until is not None
    assert (until - EARLIER <= DAY) == (day is dt.date.min)
    assert until.utcoffset() == dt.timedelta(0)


# --- kinds ------------------------------------------------------------------------------------------------------------


def test_a_cancellation_to_decide_is_a_task_of_its_own_also_while_our_request_is_open() -> None:
    for state in (ISSUED, CONFIRMED, WE_REOPEN):
        asked = receive(order_in(state), message(said(BuyerAct.ASK_CANCELLATION)), PROCUREMENT_CONNECT)
        assert [(task.kind, task.position) for task in asked.opened] == [(TaskKind.CANCELLATION, "10")]
        withdrawn = receive(asked.order, message(said(BuyerAct.WITHDRAW)), PROCUREMENT_CONNECT)
        assert [task.kind for task in withdrawn.closed] == [TaskKind.CANCELLATION]


def test_a_no_to_the_buyer_is_the_buyers_turn_until_the_platform_has_spoken() -> None:
    refused = respond(order_in(BUYER_REOPENS), answer(Act.REFUSE, reason="no"), TRADECLOUD).order.lines[0]
    assert (task_of(refused), refused.proposed, refused.requested) == (TaskKind.WAIT, ASKED, DEARER)


@settings(max_examples=150, deadline=None)
@given(
    first=FIRST,
    inputs=st.lists(INPUTS, max_size=10),
    profile=st.sampled_from(list(PROFILES.values())),
    within=st.none() | st.timedeltas(dt.timedelta(0), 30 * DAY),
)
def test_whatever_is_said_who_waits_knows_since_when_and_no_due_date_is_before_that(
    first: Received, inputs: list[Input], profile: Profile, within: dt.timedelta | None
) -> None:
    record: Record | None = None
    for at, entry in enumerate((first, *inputs)):
        before = record
        timed = entry.but(at=NOW + at * DAY)
        with suppress(TransitionRefused):
            record = step(record, timed, profile).record
        if record is None:
            continue
        for line in record.platform.lines:
            old = before.platform.line(line.position) if before is not None else None
            if task_of(line) not in TALKS:
                continue
            assert line.since is not None
            until = due(line, within, AMSTERDAM)
            assert until is None or until >= line.since
            if old is not None and task_of(old) in TALKS and not answers_differ(old, line):
                assert (old.since == line.since) or task_of(old) is not task_of(line)
