"""Where a buyer's change met an answer of ours, the desk shows before, now and ours, and what to do about it."""

from __future__ import annotations

import datetime as dt

from core.decisions import Act, Decision, LineDecision
from core.store.queries import load
from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample

JUNE, MAY = dt.date(2026, 6, 1), dt.date(2026, 5, 1)


def propose(orders: Sample, *positions: str, due: dt.date = JUNE, by: str = "alice") -> None:
    """An answer with another date on PO1, which has not left."""
    found = load(orders.store, orders.order("PO1").id, orders.clock())
    assert found is not None
    lines = []
    for position in positions:
        line = found.record.order.line(position)
        assert line is not None
        planned = line.requested.delivery_schedule[0].but(date=due)
        terms = line.requested.but(delivery_schedule=(planned,))
        lines.append(LineDecision(position=position, act=Act.PROPOSE, terms=terms, reason="mill is busy"))
    orders.book.change(found.id, Decision(id=orders.new_id(), at=orders.clock(), lines=tuple(lines)), by)


def overtaken(orders: Sample, *positions: str, by: str = "alice") -> int:
    """PO1, of which the buyer asks other dates while our answers are held; its id."""
    order_id = orders.issue("PO1", ("10", "20", "30"))
    propose(orders, *positions, by=by)
    orders.issue("PO1", positions, due=MAY)
    return order_id


async def opened(desk: Driver) -> str:
    await desk.press("enter")
    await desk.sees("Order PO1")
    await desk.press("d")
    return await desk.sees("what the buyer changed after our answer")


async def test_an_order_says_that_lines_changed_after_our_answer_and_marks_them(orders: Sample) -> None:
    overtaken(orders, "20")
    async with driven(orders) as desk:
        await desk.press("enter")
        text = await desk.sees("! 1 line changed after our answer: d shows before, now and ours")
        rows = [row[:4] for row in text.splitlines() if "I Issued" in row and row[2:4] in ("10", "20", "30")]
        assert rows == ["  10", "! 20", "  30"]


async def test_d_is_not_possible_where_no_answer_was_met(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("d")
        await desk.sees("Not possible: no answer of ours was met by a change of the buyer's")


async def test_three_sides_stand_beside_each_other_with_what_differs_marked(orders: Sample) -> None:
    overtaken(orders, "20")
    async with driven(orders) as desk:
        text = await opened(desk)
        assert "Order PO1: what the buyer changed after our answer" in text
        assert "changed by the buyer at revision 3; alice's answer (other terms) was held" in text
        [row] = [row for row in text.splitlines() if row.startswith("delivery 1")]
        assert row.split() == ["delivery", "1", "2026-04-01", "120", "≠", "2026-05-01", "120", "≠", "2026-06-01", "120"]
        [price] = [row for row in text.splitlines() if row.startswith("net price")]
        assert "≠" not in price
        assert "≠ requested date 2026-04-01 → 2026-05-01" in text
        assert "your unsent answer: other terms 2026-06-01 120 @ 78.90/100 EUR (mill is busy); given back" in text


async def test_o_sends_our_answer_again_as_it_was(orders: Sample) -> None:
    overtaken(orders, "20")
    async with driven(orders) as desk:
        await opened(desk)
        await desk.press("o")
        await desk.sees("PO1 line 20 answered; leaves in 10 s, u takes it back")
        await desk.sees("Nothing of this order is open in that way any more.")
        await desk.press("q")
        await desk.sees(lambda text: "our answer has not left: line 20" in text and "! 1 line" not in text)
    found = load(orders.store, orders.order("PO1").id, orders.clock())
    assert found is not None
    line = found.record.order.line("20")
    assert line is not None
    assert line.proposed is not None
    assert (line.requested.delivery_schedule[0].date, line.proposed.delivery_schedule[0].date) == (MAY, JUNE)
    assert orders.book.drafts(found.id) == []


async def test_c_agrees_to_what_the_buyer_asks_now(orders: Sample) -> None:
    order_id = overtaken(orders, "10", "20")
    async with driven(orders) as desk:
        await opened(desk)
        await desk.press("j", "c")
        await desk.sees("PO1 line 20 confirmed; leaves in 10 s")
        await desk.sees(lambda text: not [row for row in text.splitlines() if row.startswith("20 ")])
    [draft] = orders.book.drafts(order_id)
    assert draft.positions == ("10",)


async def test_u_takes_back_what_was_answered_here_and_the_three_sides_are_there_again(orders: Sample) -> None:
    overtaken(orders, "20")
    async with driven(orders) as desk:
        await opened(desk)
        await desk.press("u")
        await desk.sees("Not possible: nothing was answered here that could be taken back")
        await desk.press("c")
        await desk.sees("Nothing of this order is open in that way any more.")
        await desk.press("u")
        await desk.sees("PO1 line 20 taken back")
        await desk.sees("alice's answer (other terms) was held")


async def test_the_inbox_names_the_orders_of_which_answers_were_given_back_to_the_operator(orders: Sample) -> None:
    overtaken(orders, "20")
    async with driven(orders) as desk:
        await desk.sees("given back to you: PO1")
        await opened(desk)
        await desk.press("delete", "delete")
        await desk.sees("thrown away")
        await desk.press("q", "q")
        await desk.sees(lambda text: "unsent" in text and "given back" not in text)


async def test_x_asks_why_and_rejects_the_line(orders: Sample) -> None:
    overtaken(orders, "20")
    async with driven(orders) as desk:
        await opened(desk)
        await desk.press("x")
        await desk.sees("Reject line 20 of PO1: why?")
        await desk.press(*"no", "enter")
        await desk.sees("PO1 line 20 rejected; leaves in 10 s")


async def test_delete_throws_our_answer_away_at_the_second_press(orders: Sample) -> None:
    order_id = overtaken(orders, "10", "20")
    async with driven(orders) as desk:
        await opened(desk)
        await desk.press("delete")
        await desk.sees("Press delete once more to throw your answer to line 10 away")
        await desk.press("j", "delete")
        await desk.sees("once more to throw your answer to line 20 away")
        assert orders.book.drafts(order_id)[0].positions == ("10", "20")
        await desk.press("delete")
        await desk.sees("Your answer to line 20 is thrown away")
        await desk.press("o")
        await desk.sees("Not possible: you have no unsent answer to line 20")
    assert orders.book.drafts(order_id)[0].positions == ("10",)


async def test_an_answer_of_somebody_elses_is_shown_and_not_ours_to_send(orders: Sample) -> None:
    overtaken(orders, "20", by="bob")
    async with driven(orders) as desk:
        text = await opened(desk)
        assert "bob's answer (other terms) was held" in text
        assert "your unsent answer" not in text
        await desk.press("o")
        await desk.sees("Not possible: you have no unsent answer to line 20")


async def test_what_the_buyer_changes_while_it_is_looked_at_is_not_answered_unseen(orders: Sample) -> None:
    order_id = overtaken(orders, "20")
    async with driven(orders) as desk:
        await opened(desk)
        orders.issue("PO1", ("20",), due=dt.date(2026, 5, 20))
        await desk.press("o")
        await desk.sees(lambda text: "it changed" in text or "is another than you saw" in text)
    assert orders.waiting() == []
    assert orders.book.drafts(order_id)[0].positions == ("20",)


async def test_an_agreement_that_the_buyer_wants_to_change_stands_against_what_is_asked(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    orders.answer("PO1", "10")
    orders.issue("PO1", ("10",), due=MAY)
    async with driven(orders) as desk:
        await desk.press("tab", "tab")
        await desk.sees("PO1")
        text = await opened(desk)
        assert "the buyer asks for other terms than agreed" in text
        [row] = [row for row in text.splitlines() if row.startswith("delivery 1")]
        assert row.split() == ["delivery", "1", "2026-04-01", "120", "≠", "2026-05-01", "120", "≠", "2026-04-01", "120"]


async def test_hostile_words_are_shown_as_text_on_the_three_sides(orders: Sample) -> None:
    position = "[b]\x1b[2J\u202e"
    order_id = orders.issue("PO1", (position,))
    lines = (LineDecision(position=position, act=Act.REJECT, reason="\x9b1m[@click=app.quit]x[/]"),)
    orders.book.change(order_id, Decision(id=orders.new_id(), at=orders.clock(), lines=lines), "alice")
    orders.issue("PO1", (position,), due=MAY)
    async with driven(orders) as desk:
        text = await opened(desk)
        assert "[b]␛[2J�" in text
        assert "[@click=app.quit]x[/]" in text
