"""Many orders answered at once, from the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.decisions import Act, Decision, LineDecision, Outcome
from core.store.queries import load
from tests.tui.driving import driven
from tests.tui.orders import PAPER_MILL, Sample


def held(orders: Sample) -> set[str]:
    return {row.number for row in orders.waiting() if row.kind == "order_response"}


async def test_star_c_enter_confirms_all_that_is_in_the_view(orders: Sample) -> None:
    for number in range(300):
        orders.issue(f"PO{number:03d}")
    async with driven(orders) as desk:
        await desk.sees("To answer 300")
        await desk.press("*")
        await desk.sees("300 marked")
        await desk.press("c")
        summary = await desk.sees("300 orders, 600 lines")
        assert "300  metal-works" in summary
        assert orders.waiting() == [], "nothing is done before enter"
        await desk.press("enter")
        await desk.sees("300 confirmed, 0 refused")
        assert held(orders) == {f"PO{number:03d}" for number in range(300)}
        await desk.press("q")
        await desk.sees("To answer 0")
        assert desk.desk.marks == {}
    assert {orders.order(f"PO{number:03d}").process_status for number in (0, 150, 299)} == {"Confirmed"}


async def test_some_are_marked_with_space_and_the_others_are_left(orders: Sample) -> None:
    for number in ("A1", "A2", "A3", "A4"):
        orders.issue(number)
    async with driven(orders) as desk:
        await desk.press("space", "j", "space")
        await desk.sees("2 marked")
        await desk.press("c")
        await desk.sees("2 orders, 4 lines")
        await desk.press("enter")
        await desk.sees("2 confirmed, 0 refused")
    assert held(orders) == {"A1", "A3"}


async def test_what_is_refused_stays_marked_and_its_reason_is_shown(orders: Sample) -> None:
    orders.issue("GOOD1")
    orders.issue("GONE")
    orders.issue("GOOD2")
    async with driven(orders) as desk:
        await desk.press("*", "c")
        await desk.sees("3 orders")
        gone = orders.order("GONE").id
        orders.cancel("GONE")  # between the summary and the key
        await desk.press("enter")
        result = await desk.sees("2 confirmed, 1 refused")
        line = next(line for line in result.splitlines() if line.startswith("refused"))
        assert "GONE" in line
        assert len(line) > len("refused  GONE: ")
        assert set(desk.desk.marks) == {gone}
        await desk.press("q")
        await desk.sees(lambda text: "* " in text and "GONE" in text)
    assert held(orders) == {"GOOD1", "GOOD2"}


async def test_an_order_that_changed_after_it_was_marked_is_refused(orders: Sample) -> None:
    orders.issue("PO1")
    orders.issue("PO2")
    async with driven(orders) as desk:
        await desk.press("space", "space")
        await desk.sees("2 marked")
        orders.issue("PO1", price="7.89")
        await desk.press("c")
        await desk.sees("1 changed since you marked them")
        await desk.press("enter")
        result = await desk.sees("1 confirmed, 1 refused")
        assert "refused  PO1: order PO1 changed while you looked at it" in result
    assert held(orders) == {"PO2"}


async def test_marks_survive_a_search_and_another_view(orders: Sample) -> None:
    for number in ("RED-1", "RED-2", "BLUE-1"):
        orders.issue(number)
    async with driven(orders) as desk:
        await desk.press("space")
        await desk.sees("1 marked")
        await desk.press("slash", *"BLUE", "enter")
        await desk.sees(lambda text: "BLUE-1" in text and "RED-1" not in text)
        await desk.press("space")
        await desk.sees("2 marked")
        await desk.press("tab", "tab", "shift+tab", "shift+tab", "escape")
        await desk.sees(lambda text: text.count("\n* ") == 2)
        await desk.press("c")
        await desk.sees("2 orders, 4 lines")
        await desk.press("enter")
        await desk.sees("2 confirmed")
    assert held(orders) == {"RED-1", "BLUE-1"}


async def test_u_takes_all_of_it_back_while_it_has_not_left(orders: Sample) -> None:
    for number in ("A1", "A2", "A3"):
        orders.issue(number)
    async with driven(orders) as desk:
        await desk.press("*", "c")
        await desk.sees("3 orders")
        await desk.press("enter")
        await desk.sees("3 confirmed, 0 refused; u takes all of it back")
        await desk.press("u")
        await desk.sees("3 taken back, 0 refused")
    assert orders.waiting() == []
    assert orders.order("A2").process_status == "Issued"


async def test_a_reason_goes_with_many_rejections(orders: Sample) -> None:
    for number in ("A1", "A2"):
        orders.issue(number)
    async with driven(orders) as desk:
        await desk.press("*", "x")
        await desk.sees("why?")
        await desk.press("enter")
        await desk.sees("A reason is needed")
        await desk.press(*"sold", "enter")
        await desk.sees("The reason given: sold")
        await desk.press("enter")
        await desk.sees("2 rejected, 0 refused")
    assert orders.order("A1").process_status == "Rejected"
    assert all(b"sold" in payload.payload for payload in orders.book.preview(orders.order("A2").id) if payload.payload)


async def test_leaving_the_summary_does_nothing(orders: Sample) -> None:
    orders.issue("A1")
    async with driven(orders) as desk:
        await desk.press("*", "c")
        await desk.sees("1 order, 2 lines")
        await desk.press("q")
        await desk.sees("1 marked")
    assert orders.waiting() == []


async def test_what_was_so_already_is_counted_apart_and_stays_when_the_rest_is_taken_back(orders: Sample) -> None:
    for number in ("A1", "A2", "A3", "SENT"):
        orders.issue(number)
    orders.answer("SENT", "10")
    orders.answer("SENT", "20")
    async with driven(orders) as desk:
        await desk.press("tab", "shift+tab")
        await desk.press("c")
        await desk.sees("A1 confirmed")
        await desk.press("shift+tab", "*")
        await desk.sees("4 marked")
        await desk.press("c")
        await desk.sees("4 orders")
        await desk.press("enter")
        await desk.sees("2 confirmed, 2 unchanged, 0 refused; u takes all of it back")
        assert desk.desk.marks == {}
        await desk.press("u")
        await desk.sees("2 taken back, 0 refused")
    assert held(orders) == {"A1"}
    assert {number: orders.order(number).process_status for number in ("A1", "A2", "A3", "SENT")} == {
        "A1": "Confirmed",
        "A2": "Issued",
        "A3": "Issued",
        "SENT": "Confirmed",
    }


async def test_taking_a_bulk_back_leaves_what_was_decided_before_on_other_lines(orders: Sample) -> None:
    orders.issue("PO1", ("10", "20", "30"))
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("c")
        await desk.sees("PO1 line 10 confirmed")
        await desk.press("q")
        await desk.sees("To answer 1")
        await desk.press("*", "c")
        await desk.sees("1 order, 3 lines")
        await desk.press("enter")
        await desk.sees("1 confirmed, 0 refused")
        await desk.press("u")
        await desk.sees("1 taken back, 0 refused")
    loaded = load(orders.store, orders.order("PO1").id, orders.clock())
    assert loaded is not None
    assert [line.process_status for line in loaded.record.order.lines] == ["Confirmed", "Issued", "Issued"]


async def test_taking_a_bulk_back_stops_at_an_order_that_somebody_changed_since(orders: Sample) -> None:
    for number in ("A1", "A2"):
        orders.issue(number)
    async with driven(orders) as desk:
        await desk.press("*", "c")
        await desk.sees("2 orders")
        await desk.press("enter")
        await desk.sees("2 confirmed")
        orders.issue("A1", price="1.23")
        await desk.press("u")
        text = await desk.sees("1 taken back, 1 refused")
        assert "refused  A1: order A1 changed while you looked at it" in text


async def test_the_summary_of_many_lines_names_the_first_of_them(orders: Sample) -> None:
    orders.issue("PO1", [str(position) for position in range(1, 1201)])
    async with driven(orders, size=(150, 30)) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("*", "c")
        text = await desk.sees("1,200 lines of order PO1: 1, 2, 3")
        assert "19, 20, … and 1,180 more" in text
        assert "21," not in text


@pytest.fixture
def asked_to_cancel(tmp_path: Path) -> Iterator[Sample]:
    """A1 as it was issued, and two orders that their buyer asks to cancel."""
    orders = Sample(tmp_path, besides=PAPER_MILL)
    for number in ("A1", "A2", "A3"):
        orders.issue(number, connection="paper-mill", per=1)
    orders.ask_to_cancel("A2", "paper-mill")
    orders.ask_to_cancel("A3", "paper-mill")
    yield orders
    orders.store.close()


async def test_it_is_told_before_and_after_how_many_are_cancelled_by_a_yes(asked_to_cancel: Sample) -> None:
    async with driven(asked_to_cancel) as desk:
        await desk.sees("A1")
        await desk.press("shift+tab", "*")
        await desk.sees("3 marked")
        await desk.press("c")
        await desk.sees("The buyer asks to cancel 2 orders of them; to confirm that is to CANCEL as asked.")
        await desk.press("enter")
        results = await desk.sees("2 cancelled as asked, 1 confirmed, 0 refused")
        assert "cancelled as asked  A2" in results
        assert "confirmed  A1" in results


async def test_what_changes_under_a_summary_is_counted_again_and_refused(asked_to_cancel: Sample) -> None:
    async with driven(asked_to_cancel) as desk:
        await desk.sees("A1")
        await desk.press("shift+tab", "*")
        await desk.sees("3 marked")
        await desk.press("c")
        await desk.sees("The buyer asks to cancel 2 orders of them")
        asked_to_cancel.ask_to_cancel("A1", "paper-mill")
        text = await desk.sees("The buyer asks to cancel 3 orders of them")
        assert "1 changed since you marked them; those will be refused." in text
        assert "Something changed meanwhile; this is counted again" in text
        await desk.press("enter")
        await desk.sees("2 cancelled as asked, 1 refused")
    assert asked_to_cancel.order("A1").process_status == "InProgress"


async def test_what_only_left_meanwhile_is_no_change_to_a_summary(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    said = Decision(id="yes", at=orders.clock(), lines=(LineDecision(position="10", act=Act.AGREE),))
    (message,) = orders.book.change(order_id, said, "alice").outbox
    async with driven(orders) as desk:
        await desk.press("space", "c")
        await desk.sees("1 order, 2 lines")
        assert orders.book.depart(message) is not None
        orders.book.delivered(message, Outcome.SENT)
        await desk.until(lambda: desk.desk._standing is not None and not desk.desk._standing.unsent)
        assert "refused." not in desk.text
        await desk.press("enter")
        await desk.sees("1 confirmed, 0 refused")


async def test_one_that_is_cancelled_as_asked_is_told_as_that(asked_to_cancel: Sample) -> None:
    async with driven(asked_to_cancel) as desk:
        await desk.sees("A1")
        await desk.press("shift+tab", "j")
        await desk.sees("A2")
        await desk.press("c")
        await desk.sees("A2 cancelled as asked; leaves in 10 s, u takes it back")


async def test_a_no_to_what_a_buyer_asks_is_no_rejection(orders: Sample) -> None:
    orders.issue("A1")
    orders.issue("A2")
    orders.answer("A2", "20")
    orders.issue("A2", price="7.89")
    async with driven(orders) as desk:
        await desk.sees("A1")
        await desk.press("shift+tab", "*")
        await desk.sees("2 marked")
        await desk.press("x")
        await desk.sees("why?")
        await desk.press(*"gone", "enter")
        summary = await desk.sees("The reason given: gone")
        assert "asks to cancel" not in summary
        await desk.press("enter")
        await desk.sees("1 rejected, 1 line 10 rejected, line 20 request refused, 0 refused")
