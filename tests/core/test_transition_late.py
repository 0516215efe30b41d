"""Events that overtake each other: an event speaks of the lines that it touches, and is news where nothing newer spoke."""

from __future__ import annotations

import pytest

from core.messages import BuyerAct, Received
from core.model import LineReport, Order, OrderHeader, ProcessStatus, Spoken, Terms
from core.profile import PEPPOL, PROCUREMENT_CONNECT, TRADECLOUD
from core.transition import Transition, TransitionRefused, receive
from core.transition.tables import CANCELLED, COMPLETED, CONFIRMED, ISSUED, OUR_PROPOSAL, REJECTED, state_of
from tests.core.trade import ASKED, LATER, THIRD, line_in, message, order_of, said, version, word


def _event(number: int, process: ProcessStatus, *positions: str) -> Received:
    return message(
        *(said(reported=LineReport(process_status=process), position=one) for one in positions),
        reported=version(number),
    )


def _hears(order: Order | None, *entries: Received) -> Transition:
    for one in entries:
        transition = receive(order, one, TRADECLOUD)
        order = transition.order
    return transition


def _states(order: Order) -> dict[str, object]:
    return {line.position: state_of(line) for line in order.lines}


ORDER = _hears(None, _event(1, ISSUED, "10", "20")).order


def test_an_older_event_on_another_line_counts_there() -> None:
    heard = _hears(ORDER, _event(3, CONFIRMED, "10"), _event(2, CANCELLED, "20"))
    assert _states(heard.order) == {"10": CONFIRMED, "20": CANCELLED}
    assert heard.order.reported == version(3)
    assert heard.order.spoken == Spoken(whole=2, lines=(("10", 3),))
    assert heard.notes == (
        "late: version 2 of the order, and version 3 is known; of line 20 nothing newer has come, so it counts there.",
    )


def test_an_older_event_counts_only_on_the_lines_of_which_nothing_newer_came() -> None:
    heard = _hears(ORDER, _event(3, CONFIRMED, "10"), _event(2, CANCELLED, "10", "20"))
    assert _states(heard.order) == {"10": CONFIRMED, "20": CANCELLED}


def test_an_older_event_that_says_nothing_new_has_no_effect() -> None:
    order = _hears(ORDER, _event(3, CONFIRMED, "10", "20")).order
    again = _hears(order, _event(2, CANCELLED, "20"))
    assert again.order is order
    assert again.notes == ("stale: version 2 of the order, and version 3 is known; it has no effect.",)


def test_a_whole_order_makes_every_older_event_stale() -> None:
    order = _hears(ORDER, _event(3, CONFIRMED, "10"), _event(5, COMPLETED, "10", "20")).order
    assert order.spoken == Spoken(whole=5)
    assert _hears(order, _event(4, CANCELLED, "20")).order is order


def test_a_line_that_an_overtaken_event_issued_comes_with_it() -> None:
    first = _hears(None, _event(2, CONFIRMED, "10")).order
    heard = _hears(first, _event(1, ISSUED, "10", "20"))
    assert _states(heard.order) == {"10": CONFIRMED, "20": ISSUED}


def test_a_line_that_came_with_an_overtaken_event_is_as_old_as_that() -> None:
    first = _hears(None, _event(3, CONFIRMED, "10")).order
    heard = _hears(first, _event(1, ISSUED, "10", "20"), _event(2, CANCELLED, "20"))
    assert _states(heard.order) == {"10": CONFIRMED, "20": CANCELLED}


def test_two_events_of_one_version_count_both() -> None:
    heard = _hears(ORDER, _event(2, CONFIRMED, "10"), _event(3, CONFIRMED, "10"), _event(2, CANCELLED, "20"))
    assert _states(heard.order) == {"10": CONFIRMED, "20": CANCELLED}


def test_a_second_event_of_one_version_counts_when_a_newer_one_on_another_line_came_between() -> None:
    """No newer word was spoken on line 20, so the last one of that version stands there."""
    heard = _hears(ORDER, _event(2, CONFIRMED, "20"), _event(3, CONFIRMED, "10"), _event(2, CANCELLED, "20"))
    assert _states(heard.order) == {"10": CONFIRMED, "20": CANCELLED}


@pytest.mark.parametrize(
    "old",
    [
        {"acts": (BuyerAct.COMPLETE,)},
        {"cancel_missing": True},
        {"all_reported": word(REJECTED)},
        {"header": OrderHeader(description="as it was")},
    ],
    ids=["an act on every line", "lines that it leaves out are cancelled", "a word on every line", "the header"],
)
def test_what_a_late_event_says_of_the_order_itself_is_old(old: dict[str, object]) -> None:
    late = _event(2, CANCELLED, "20")
    late = late.but(message=late.message.but(**old))
    heard = _hears(ORDER, _event(3, CONFIRMED, "10"), late).order
    assert heard.header == ORDER.header
    assert _states(heard) == {"10": CONFIRMED, "20": CANCELLED}


@pytest.mark.parametrize(
    "whole",
    [
        message(acts=(BuyerAct.CANCEL,), reported=version(3)),
        message(all_reported=word(CANCELLED), reported=version(3)),
        message(said(BuyerAct.CANCEL, position="20"), cancel_missing=True, reported=version(3)),
    ],
    ids=["an act on every line", "a word on every line", "lines that it leaves out are cancelled"],
)
def test_a_message_about_every_line_makes_each_older_event_stale(whole: Received) -> None:
    """It need not name the lines: Procurement Connect's events of few words name none."""
    cancelled = _hears(ORDER, whole).order
    assert (_states(cancelled), cancelled.spoken) == ({"10": CANCELLED, "20": CANCELLED}, Spoken(whole=3))
    assert _hears(cancelled, _event(2, CONFIRMED, "10", "20")).order is cancelled


def test_an_order_from_before_versions_were_kept_by_line_takes_nothing_older() -> None:
    order = ORDER.but(reported=version(5), spoken=None)
    assert _hears(order, _event(4, CANCELLED, "20")).order is order
    after = _hears(order, _event(7, CONFIRMED, "10")).order
    assert after.spoken == Spoken(whole=5, lines=(("10", 7),))
    assert _hears(after, _event(8, CONFIRMED, "10", "20")).order.spoken == Spoken(whole=8)
    assert _states(_hears(after, _event(6, CANCELLED, "20")).order)["20"] is CANCELLED


# --- whom a word is about, and of when it is --------------------------------------------------------------------------


def test_a_word_on_every_line_is_about_those_that_the_message_does_not_name() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20"))
    few_words = message(all_reported=word(CONFIRMED))
    assert _states(receive(order, few_words, PROCUREMENT_CONNECT).order) == {"10": CONFIRMED, "20": CONFIRMED}
    named = message(said(reported=word(REJECTED), position="20"), all_reported=word(CONFIRMED))
    assert _states(receive(order, named, PROCUREMENT_CONNECT).order) == {"10": CONFIRMED, "20": REJECTED}


def test_a_word_without_a_version_is_one_on_our_answer() -> None:
    answered = order_of(line_in(OUR_PROPOSAL, predicted=True, predicted_at=5)).but(reported=version(5))
    assert _states(_hears(answered, message(said(reported=word(CANCELLED)))).order) == {"10": CANCELLED}


def test_a_word_without_a_version_says_nothing_of_how_new_the_versions_are_that_came() -> None:
    known = _hears(None, _event(2, ISSUED, "10", "20"), _event(3, CONFIRMED, "10")).order
    told = message(said(position="20", reported=word(CONFIRMED)))
    after = _hears(known, told).order
    assert (_states(after)["20"], after.spoken) == (CONFIRMED, known.spoken)
    assert known.spoken == Spoken(whole=2, lines=(("10", 3),))


def test_a_line_that_awaits_no_word_on_our_answer_hears_the_version_that_it_was_answered_at() -> None:
    """The platform's word on it has come by another event of that version."""
    settled = order_of(line_in(CONFIRMED, predicted=False, predicted_at=5)).but(reported=version(5))
    assert _states(_hears(settled, _event(5, CANCELLED, "10")).order) == {"10": CANCELLED}


def test_of_a_line_that_a_message_does_not_name_nothing_is_noted() -> None:
    answered = order_of(line_in(OUR_PROPOSAL, "10", predicted=True, predicted_at=5), line_in(ISSUED, "20")).but(
        reported=version(5)
    )
    heard = _hears(answered, _event(5, CONFIRMED, "20"))
    assert (heard.order.lines[0], heard.notes) == (answered.lines[0], ())


def test_of_two_reports_of_one_version_the_later_one_is_kept() -> None:
    order = order_of(line_in(ISSUED)).but(reported=version(5))
    later = version(5).but(last_updated_at="2026-03-02T10:00:00.000Z")
    assert _hears(order, message(said(terms=ASKED), reported=later)).order.reported == later


def test_a_versioned_message_without_lines_makes_no_order() -> None:
    with pytest.raises(TransitionRefused, match="not known here"):
        receive(None, message(reported=version(1)), TRADECLOUD)


# --- a buyer's own count of the changes of an order -------------------------------------------------------------------

FIRST = order_of(line_in(ISSUED), line_in(ISSUED, "20")).but(issued="2026-03-01T10:00:00")


def _change(
    number: int | None,
    terms: Terms = LATER,
    *positions: str,
    issued: str | None = None,
    acts: tuple[BuyerAct, ...] = (),
) -> Received:
    """An order change as UBL has it: "SequenceNumberID ... to ensure the proper sequencing of changes"."""
    lines = (said(BuyerAct.ISSUE, position=one, terms=terms) for one in positions or ("10",) if not acts)
    change = message(*lines, acts=acts)
    return change.but(message=change.message.but(sequence=number, issued=issued, change=True))


def _asked(*entries: Received, order: Order = FIRST) -> tuple[Order, tuple[str, ...]]:
    for one in entries:
        transition = receive(order, one, PEPPOL)
        order = transition.order
    return order, transition.notes


def test_an_older_change_that_comes_late_has_no_effect() -> None:
    order, notes = _asked(_change(2, THIRD), _change(1, LATER))
    assert order.lines[0].requested == THIRD
    assert order.spoken == Spoken(whole=0, lines=(("10", 2),))
    assert notes == ("stale: change 1 of the order, and change 2 is known; it has no effect.",)


def test_an_older_change_counts_on_the_lines_of_which_nothing_newer_came() -> None:
    order, notes = _asked(_change(2, THIRD), _change(1, LATER, "10", "20"))
    assert [line.requested for line in order.lines] == [THIRD, LATER]
    assert notes == (
        "late: change 1 of the order, and change 2 is known; of line 20 nothing newer has come, so it counts there.",
    )


def test_changes_in_their_order_count_one_after_the_other() -> None:
    order, notes = _asked(
        _change(1, LATER, issued="2026-03-01T11:00:00"), _change(2, THIRD, issued="2026-03-01T12:00:00")
    )
    assert (order.lines[0].requested, order.issued, notes) == (THIRD, "2026-03-01T12:00:00", ())


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        ("2026-03-01T12:00:00", "2026-03-01T11:00:00", False),
        ("2026-03-02", "2026-03-01", False),
        ("2026-03-02T12:00:00+01:00", "2026-03-02T11:30:00Z", True),
        ("2026-03-02T12:00:00+01:00", "2026-03-02T10:30:00Z", False),
        ("2026-03-02T12:00:00", "2026-03-02T11:30:00Z", True),  # whose clock that is nobody says
        ("2026-03-02T12:00:00", "2026-03-02", True),
        ("2026-03-01T11:00:00", "2026-03-01T12:00:00", True),
        ("2026-03-01", "2026-03-01", True),
        ("2026-03-01T12:00:00", "2026-03-01T12:00:00", True),
        ("2026-03-01", None, True),
    ],
)
def test_of_two_changes_with_one_number_the_later_one_counts(first: str, second: str | None, counts: bool) -> None:
    """A buyer's system that gives every change number 1 is heard."""
    order, notes = _asked(_change(2, THIRD, issued=first), _change(2, LATER, issued=second))
    assert order.lines[0].requested == (LATER if counts else THIRD)
    assert notes == (
        ("another change of this order was number 2 too; ask the buyer whether both are meant.",)
        if counts
        else ("stale: change 2 of the order, and change 2 is known; it has no effect.",)
    )


def test_of_two_changes_with_one_number_the_earlier_one_counts_on_other_lines() -> None:
    order, _ = _asked(
        _change(2, THIRD, issued="2026-03-01T12:00:00"), _change(2, LATER, "10", "20", issued="2026-03-01T11:00:00")
    )
    assert [line.requested for line in order.lines] == [THIRD, LATER]


def test_a_change_whose_number_and_day_contradict_each_other_is_refused() -> None:
    changed, _ = _asked(_change(2, THIRD, issued="2026-03-01T12:00:00"))
    with pytest.raises(TransitionRefused) as refused:
        receive(changed, _change(1, LATER, issued="2026-03-01T13:00:00"), PEPPOL)
    assert str(refused.value) == (
        "order PO-7: it is change 1 of the order, and change 2 is known, and yet it was issued later (2026-03-01T13:00:00, "
        "that one 2026-03-01T12:00:00); ask the buyer which of them holds."
    )


@pytest.mark.parametrize("number", [None, 3])
def test_what_was_issued_before_the_last_document_counts_with_a_warning(number: int | None) -> None:
    order, notes = _asked(_change(2, THIRD, issued="2026-03-02"), _change(number, LATER, issued="2026-03-01"))
    assert (order.lines[0].requested, order.issued) == (LATER, "2026-03-02")
    assert notes == (
        (
            "it was issued before the last document that is known (2026-03-01, that one 2026-03-02), and counts all the "
            "same; look whether it is still meant."
        ),
    )


def test_a_cancellation_and_a_whole_order_have_no_number_and_count_as_they_come() -> None:
    changed, _ = _asked(_change(2, THIRD))
    order, notes = _asked(_change(None, acts=(BuyerAct.CANCEL,)), order=changed)
    assert (_states(order), order.spoken, notes) == ({"10": CANCELLED, "20": CANCELLED}, Spoken(whole=2), ())


@pytest.mark.parametrize(("issued", "counts"), [("2026-03-04", True), (None, True), ("2026-03-01", False)])
def test_a_late_change_does_not_overwrite_what_a_document_without_a_number_said_since(
    issued: str | None, counts: bool
) -> None:
    """Unless that one is known to be older than a change before it."""
    order, notes = _asked(
        _change(2, THIRD, issued="2026-03-03"),
        _change(None, THIRD, "10", "20", issued=issued),
        _change(1, LATER, "20", issued="2026-03-02"),
    )
    assert order.lines[1].requested == (THIRD if counts else LATER)
    assert ("stale: change 1 of the order, and change 2 is known; it has no effect." in notes) is counts


def test_a_platforms_count_goes_before_the_buyers() -> None:
    """Both are numbers, and not of one another's kind."""
    order, notes = _asked(_change(1, THIRD), order=ORDER)
    assert (order.lines[0].requested, order.spoken, notes) == (THIRD, ORDER.spoken, ())
