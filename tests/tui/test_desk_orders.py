"""One order at a time: looking, answering, taking back, and meeting somebody else's change."""

from __future__ import annotations

import datetime as dt

import pytest

from core.model import ProcessStatus
from core.orderbook import Conflict
from core.store import health
from core.store.queries import last_order
from sync.lock import StoreLock
from tests.tui.driving import driven
from tests.tui.orders import Sample
from tui.acting import decided, entry_for
from tui.app import Desk
from tui.watch import Watch


async def test_c_confirms_at_once_and_u_takes_it_back(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.sees("PO1")
        await desk.press("c")
        await desk.sees("PO1 confirmed; leaves in 10 s, u takes it back")
        assert orders.order("PO1").process_status == "Confirmed"
        assert [row.number for row in orders.waiting()] == ["PO1"]
        await desk.sees("C Confirmed")
        await desk.press("u")
        await desk.sees("PO1 taken back")
        await desk.sees("I Issued")
    assert orders.waiting() == []


async def test_x_asks_why_and_rejects(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("Reject PO1: why?")
        await desk.press(*"gone", "enter")
        await desk.sees("PO1 rejected; leaves in 10 s")
    assert orders.order("PO1").process_status == "Rejected"


async def test_what_is_not_possible_is_said_and_stands_in_brackets(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.sees("(u undo)")
        await desk.press("u")
        await desk.sees("Not possible: PO1: nothing has been decided that could be taken back")
        await desk.press("question_mark")
        await desk.sees("not now: PO1: nothing has been decided")


async def test_an_order_is_opened_and_one_line_of_it_confirmed(orders: Sample) -> None:
    orders.issue("PO1", lines=("10", "20", "30"))
    async with driven(orders) as desk:
        await desk.press("enter")
        text = await desk.sees("Order PO1")
        assert "2026-04-01" in text
        assert "78.90 EUR" in text
        await desk.press("j", "c")
        await desk.sees("PO1 line 20 confirmed; leaves in 10 s")
        await desk.sees(lambda text: text.count("C Confirmed") == 2)  # in the list, and in the line below it
        await desk.press("t")
        await desk.sees("alice")
        await desk.press("q", "v")
        await desk.sees("line 20 becomes C Confirmed")
        await desk.press("q", "u")
        await desk.sees("taken back")
    assert orders.order("PO1").process_status == "Issued"


async def test_marked_lines_go_by_the_summary(orders: Sample) -> None:
    orders.issue("PO1", lines=("10", "20", "30"))
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("space", "space", "c")
        await desk.sees("2 lines of order PO1: 10, 20")
        await desk.press("enter")
        await desk.sees("1 confirmed, 0 refused")
        await desk.press("q")
        await desk.sees(lambda text: text.count("C Confirmed") >= 2)
    assert orders.order("PO1").process_status == "InProgress"


async def test_w_withdraws_our_open_request(orders: Sample) -> None:
    orders.issue("PO1")
    orders.answer("PO1", "10")
    orders.answer("PO1", "10", dt.date(2026, 5, 4))
    async with driven(orders) as desk:
        await desk.sees("Waiting for buyer 1")
        await desk.press("tab", "enter")
        text = await desk.sees("≠ 2026-05-04")
        assert "our request for other terms waits for the buyer" in text
        await desk.press("w")
        await desk.sees("PO1 line 10 withdrawn; leaves in 10 s")
    assert [row.number for row in orders.waiting()] == ["PO1"]


async def test_what_the_rules_refuse_is_known_before_the_key_is_pressed(orders: Sample) -> None:
    orders.issue("PO1")
    orders.answer("PO1", "10", dt.date(2026, 5, 4))
    async with driven(orders) as desk:
        await desk.press("tab", "enter")
        text = await desk.sees("our proposal waits for the buyer")
        assert "(w withdraw)" in text
        await desk.press("w")
        await desk.sees("Not possible: order PO1, line 10: a proposal can't be taken back")


async def test_on_a_platform_of_whole_answers_the_first_line_is_kept_as_a_draft(orders: Sample) -> None:
    orders.issue("H1", ("1", "2"), connection="city-hospital")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order H1")
        await desk.press("c")
        await desk.sees("H1 line 1 confirmed; kept until the other lines are answered")
        await desk.sees("answer: draft")
        await desk.press("v")
        await desk.sees("this platform takes whole answers only")
    assert orders.waiting() == []


async def test_the_far_end_of_a_long_list_is_a_key_away(orders: Sample) -> None:
    for number in range(400):
        orders.issue(f"PO{number:03d}", ("10",))
    async with driven(orders) as desk:
        await desk.sees("To answer 400")
        await desk.press("G")
        text = await desk.sees("PO399")
        assert "PO200" not in text
        await desk.press("k", "c")
        await desk.sees("PO398 confirmed")
        await desk.press("g")
        await desk.sees("PO000")


async def test_what_a_connection_suffers_stands_in_the_status_line(orders: Sample) -> None:
    health.failed(orders.store, "metal-works", "out", orders.clock(), "refused by \x1b[2Jhost", parked=True)
    health.succeeded(orders.store, "city-hospital", "out", orders.clock())
    async with driven(orders, size=(150, 24), daemon=False) as desk:
        text = await desk.sees("metal-works out parked: refused by ␛[2Jhost")
        assert "daemon is down: nothing comes or leaves; start `podesk sync`" in text
        assert "last round" in text
        with StoreLock(orders.settings.store_path):
            await desk.sees("daemon runs")


async def test_what_somebody_should_look_after_at_a_connection_stands_there_too(orders: Sample) -> None:
    health.succeeded(orders.store, "metal-works", "out", orders.clock(), "says that it is \x1b[2J2099")
    async with driven(orders, size=(150, 24)) as desk:
        await desk.sees("metal-works out, look: says that it is ␛[2J2099")


async def test_a_change_that_the_operator_did_not_see_stops_the_decision(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        orders.issue("PO1", due=dt.date(2026, 3, 9))  # the buyer wants it sooner
        await desk.press("c")
        text = await desk.sees("Order PO1 is another than you saw")
        assert "2026-03-09" in text
        await desk.press("q")
        await desk.sees(lambda text: "Order PO1" in text and "2026-03-09" in text)
        assert orders.waiting() == []
        await desk.press("c")
        await desk.sees("PO1 line 10 confirmed")


async def test_rows_keep_their_places_when_orders_arrive_and_r_brings_them(orders: Sample) -> None:
    orders.issue("LATER", due=dt.date(2026, 6, 1))
    async with driven(orders) as desk:
        await desk.sees("LATER")
        orders.issue("SOONER", due=dt.date(2026, 3, 3))
        text = await desk.sees("1 new, press r")
        assert "SOONER" not in text
        await desk.press("r")
        text = await desk.sees("SOONER")
        rows = [line for line in text.splitlines() if "ER " in line and "I Issued" in line]
        assert [row.split()[2] for row in rows] == ["SOONER", "LATER"]
        assert desk.desk.screen.row().number == "LATER"  # type: ignore[attr-defined]


async def test_what_could_not_be_read_is_listed_with_its_reason(orders: Sample) -> None:
    orders.unreadable("bad.xml", b"<not an order \x1b]0;owned\x07")
    async with driven(orders) as desk:
        await desk.sees("Quarantine 1")
        await desk.press("shift+tab", "shift+tab")
        await desk.sees("bad.xml")
        await desk.press("c")
        await desk.sees("Not possible: a document that could not be read is no order yet")
        await desk.press("enter")
        await desk.sees("<not an order ␛]0;owned␇")


async def test_the_palette_does_what_a_key_does(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.sees("PO1")
        await desk.press("ctrl+p")
        await desk.press(*"confirm")
        await desk.sees("confirm  c")
        await desk.press("enter")
        await desk.sees("PO1 confirmed")


async def test_a_wide_terminal_shows_the_order_beside_the_list(orders: Sample) -> None:
    orders.issue("PO1", item="Hexagon bolt M12")
    async with driven(orders, size=(140, 30)) as desk:
        await desk.sees("Hexagon bolt M12")


async def test_hostile_text_is_shown_as_text(orders: Sample) -> None:
    number = "PO\x1b[2J[@click=app.quit]x[/]\u202e1"
    orders.issue(number, item="[/foo] \x1b]52;c;aGk=\x07 \x9b2J", buyer="Evil [b]Co\u200b\x00")
    async with driven(orders, size=(140, 30)) as desk:
        await desk.sees("PO␛[2J[@click=app")
        await desk.sees("Evil [b]Co�␀")
        await desk.sees("[/foo] ␛]52;c;aGk=␇ �2J")
        await desk.press("c")
        await desk.sees("PO␛[2J[@click=app.quit]x[/]�1 confirmed")
        await desk.press("enter")
        await desk.sees("Order PO␛[2J[@click=app.quit]x[/]�1")
        await desk.press("t")
        await desk.sees("Timeline of order PO␛[2J")
        await desk.press("q", "v")
        await desk.sees("What will be sent for order PO␛[2J")
        await desk.press("q", "ctrl+p")
        await desk.sees("Search for commands")


async def test_an_empty_list_takes_in_what_arrives_by_itself(orders: Sample) -> None:
    async with driven(orders) as desk:
        await desk.sees("To answer 0")
        orders.issue("FIRST")
        await desk.sees("FIRST")


def test_what_came_between_the_reading_of_a_list_and_the_next_look_is_new(orders: Sample) -> None:
    watch = Watch(orders.settings.store_path, orders.settings.ways, None, orders.clock, "alice")
    orders.issue("PO1")
    assert watch.look(orders.store)[0].arrived == 0  # no list has been read yet
    watch.look_again(last_order(orders.store))
    orders.issue("PO2")
    assert watch.look(orders.store)[0].arrived == 1
    watch.look_again(last_order(orders.store))
    assert watch.look(orders.store)[0].arrived == 0


def test_an_operator_s_next_word_stands_on_the_one_before_though_the_order_was_not_read_again(orders: Sample) -> None:
    desk = Desk(orders.settings, clock=orders.clock, actor="alice")
    order_id = orders.issue("PO1")

    def next_word(action: str) -> ProcessStatus:
        made = entry_for(orders.book, order_id, action)
        return decided(desk, orders.book, order_id, made, seen=1).step.record.order.process_status

    assert [next_word(action) for action in ("confirm", "undo", "confirm")] == ["Confirmed", "Issued", "Confirmed"]
    orders.issue("PO1", due=dt.date(2026, 3, 9))
    with pytest.raises(Conflict):
        next_word("undo")
