"""Events that overtake each other: an event speaks of the lines that it touches, and is news where nothing newer spoke."""

from __future__ import annotations

from core.messages import BuyerAct, Received
from core.model import LineReport, Order, OrderHeader, ProcessStatus, Spoken
from core.profile import TRADECLOUD
from core.transition import Transition, receive
from core.transition.tables import CANCELLED, COMPLETED, CONFIRMED, ISSUED, state_of
from tests.core.trade import message, said, version


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


def test_what_a_late_event_says_of_the_order_itself_is_old() -> None:
    late = _event(2, CANCELLED, "20")
    old = OrderHeader(description="as it was")
    late = late.but(message=late.message.but(header=old, acts=(BuyerAct.COMPLETE,)))
    heard = _hears(ORDER, _event(3, CONFIRMED, "10"), late).order
    assert heard.header.description != "as it was"
    assert _states(heard) == {"10": CONFIRMED, "20": CANCELLED}


def test_an_order_from_before_versions_were_kept_by_line_takes_nothing_older() -> None:
    order = ORDER.but(reported=version(5), spoken=None)
    assert _hears(order, _event(4, CANCELLED, "20")).order is order
    after = _hears(order, _event(7, CONFIRMED, "10")).order
    assert after.spoken == Spoken(whole=5, lines=(("10", 7),))
    assert _hears(after, _event(8, CONFIRMED, "10", "20")).order.spoken == Spoken(whole=8)
    assert _states(_hears(after, _event(6, CANCELLED, "20")).order)["20"] is CANCELLED
