"""The editors of a line on the desk: checked as they are typed, sent, left, found again, and overtaken."""

from __future__ import annotations

import datetime as dt

from core.decisions import Act, Decision, LineDecision
from core.drafts import Draft
from core.model import OrderLine
from core.store.queries import load
from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample
from tests.tui.terminal import PODESK, Terminal

CLEAR = ("end", "ctrl+u")
"""Keys that empty a field."""


def line(orders: Sample, number: str = "PO1", position: str = "10") -> OrderLine:
    found = load(orders.store, orders.order(number).id, orders.clock())
    assert found is not None
    wanted = found.record.order.line(position)
    assert wanted is not None
    return wanted


def drafts(orders: Sample, number: str = "PO1") -> list[Draft]:
    return orders.book.drafts(orders.order(number).id)


async def editing(desk: Driver, key: str = "e", title: str = "Other terms: line 10 of") -> str:
    await desk.press("enter")
    await desk.sees("Order PO1")
    await desk.press(key)
    return await desk.sees(title)


# Other terms


async def test_another_date_is_checked_as_it_is_typed_and_enter_sends_it(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        text = await editing(desk)
        assert "requested 2026-04-01 120" in text
        await desk.sees("Nothing is changed yet.")
        await desk.press(*CLEAR, *"2026-05")
        await desk.sees("'2026-05' is no date; write it like 2026-12-01")
        await desk.press(*"-04")
        await desk.sees("Leads to: P In progress (our proposal waits for the buyer)")
        assert line(orders).proposed is None
        await desk.press("enter")
        await desk.sees("PO1 line 10 answered with other terms; leaves in 10 s")
    proposed = line(orders).proposed
    assert proposed is not None
    [planned] = proposed.delivery_schedule
    assert (planned.position, planned.date) == ("1", dt.date(2026, 5, 4))
    assert proposed.prices == line(orders).requested.prices
    assert drafts(orders) == []


async def test_a_delivery_is_split_and_the_split_taken_away_by_emptying_it(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press("down", *CLEAR, *"100", "ctrl+n")
        await desk.sees("delivery 2 (ours)")
        await desk.press(*"2026-05-04", "down", *"20", "ctrl+n")
        await desk.sees("delivery 3 (ours)")
        await desk.press(*"?")
        await desk.sees("delivery 3 has no quantity; write ? while it isn't known")
        await desk.press(*CLEAR, "enter")
        await desk.sees("answered with other terms")
    proposed = line(orders).proposed
    assert proposed is not None
    assert [(one.position, str(one.date), str(one.quantity)) for one in proposed.delivery_schedule] == [
        ("1", "2026-04-01", "100"),
        (None, "2026-05-04", "20"),
    ]


async def test_a_price_and_what_it_is_for_are_changed_with_a_reason(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press("down", "down", *CLEAR, *"81,5", "enter")
        await desk.sees("'81,5' is no price; write digits with a point before decimals")
        await desk.press(*CLEAR, *"81.50", "down", "down", "down", *CLEAR, *"50", "down", *"steel is dear", "enter")
        await desk.sees("answered with other terms")
    answered = line(orders)
    assert answered.proposed is not None
    assert answered.proposed.prices is not None
    net = answered.proposed.prices.net
    assert net is not None
    assert net.transaction is not None
    assert (str(net.transaction.value), net.transaction.currency) == ("81.50", "EUR")
    assert str(answered.proposed.prices.price_unit_quantity) == "50"
    assert answered.reason == "steel is dear"


async def test_the_same_terms_are_not_sent_by_an_idle_enter(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press("enter")
        await desk.sees("Other terms: line 10 of")
    assert orders.waiting() == []


async def test_what_the_format_can_t_carry_is_not_offered_or_said_with_the_field(orders: Sample) -> None:
    orders.issue("PO1", ("1",), connection="city-hospital", buyer="City Hospital")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("i")
        await desk.sees("Not possible: line 1: the answers to Peppol carry no item details")
        await desk.press("e")
        text = await desk.sees("Other terms")
        assert "gross" not in text
        await desk.press(*CLEAR, "?")
        await desk.sees("peppol can't carry")


async def test_closed_lines_have_no_terms_to_edit(orders: Sample) -> None:
    orders.issue("PO1")
    orders.cancel("PO1")
    async with driven(orders) as desk:
        await desk.press("shift+tab")
        await desk.sees("PO1")
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("e")
        await desk.sees("Not possible: line 10 is cancelled: it takes no answer")


async def test_from_the_inbox_e_opens_the_order(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("e")
        await desk.sees("Order PO1")


# Drafts


async def test_what_was_typed_is_there_again_and_goes_when_it_is_sent(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press(*CLEAR, *"2026-0", "escape")
        await desk.sees("Kept as your draft")
        [draft] = drafts(orders)
        assert (draft.actor, draft.decision, draft.lines[0].form["terms.1.date"]) == ("alice", None, "2026-0")
        await desk.sees("your unsent answer: half typed; e or i opens it")
        await desk.press("e")
        await desk.sees("This is what you typed before and have not sent")
        await desk.press("end", *"5-04")
        await desk.sees("Leads to: P In progress")
        await desk.press("enter")
        await desk.sees("answered with other terms")
        await desk.sees(lambda text: "your unsent answer" not in text)
    assert drafts(orders) == []


async def test_ctrl_r_starts_over_and_no_draft_is_left(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press(*CLEAR, *"2026-07-01", "escape")
        await desk.sees("Kept as your draft")
        await desk.press("e")
        await desk.sees("typed before")
        await desk.press("ctrl+r")
        await desk.sees("Nothing is changed yet.")
        await desk.press("escape")
        await desk.sees("No draft is kept")
    assert drafts(orders) == []


async def test_both_editors_of_a_line_keep_what_was_typed_in_them(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press(*CLEAR, *"2026-07-01", "escape")
        await desk.sees("Kept as your draft")
        await desk.press("i")
        await desk.sees("stays a draft")
        await desk.press(*"NL", "enter")
        await desk.sees("PO1 line 10 told more of")
        await desk.press("e")
        await desk.sees("2026-07-01")
    details = line(orders).item_details
    assert details is not None
    assert details.country_of_origin == "NL"


async def test_a_buyer_s_change_while_it_is_typed_stops_the_answer_and_keeps_it(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press(*CLEAR, *"2026-05-04")
        orders.issue("PO1", due=dt.date(2026, 3, 9))
        await desk.press("enter")
        await desk.sees("Order PO1 is another than you saw")
        await desk.press("q")
        await desk.sees("! 1 line changed after our answer")
        await desk.press("e")
        text = await desk.sees("line 10 changed since")
        assert "2026-03-09" in text
        assert "2026-05-04" in text
        await desk.press("enter")
        await desk.sees("enter once more sends it to the line as it is now")
        assert orders.waiting() == []
        await desk.press("enter")
        await desk.sees("answered with other terms")
    proposed = line(orders).proposed
    assert proposed is not None
    assert proposed.delivery_schedule[0].date == dt.date(2026, 5, 4)


async def test_half_typed_terms_of_a_line_that_changed_show_the_difference_too(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press(*CLEAR, *"2026-", "escape")
        await desk.sees("Kept as your draft")
        orders.issue("PO1", due=dt.date(2026, 3, 9))
        await desk.press("r")
        await desk.sees("2026-03-09")
        await desk.press("e")
        await desk.sees("line 10 changed since you typed this")


async def test_what_the_rules_refuse_stays_in_the_editor(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk)
        await desk.press("down", *CLEAR, "0")
        await desk.sees("Refused: order PO1, line 10: a delivery of 0 is none")
        await desk.press("enter")
        await desk.sees(lambda text: text.count("a delivery of 0 is none") == 2)
        assert "Other terms: line 10" in desk.text
    assert orders.waiting() == []


async def test_somebody_else_s_draft_is_left_alone(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    said = LineDecision(position="10", act=Act.REJECT, reason="no")
    decision = Decision(id=orders.new_id(), at=orders.clock(), lines=(said,))
    orders.book.save_draft(order_id, decision, "bob", orders.order("PO1").revision)
    async with driven(orders) as desk:
        text = await editing(desk)
        assert "unsent" not in text
        await desk.press(*CLEAR, *"2026-05-04", "enter")
        await desk.sees("answered with other terms")
    assert [draft.actor for draft in drafts(orders)] == ["bob"]


async def test_an_order_whose_draft_can_t_be_read_opens_all_the_same_and_says_so(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    said = LineDecision(position="10", act=Act.REJECT, reason="no")
    decision = Decision(id=orders.new_id(), at=orders.clock(), lines=(said,))
    orders.book.save_draft(order_id, decision, "alice", orders.order("PO1").revision)
    with orders.store.writing() as connection:
        connection.execute("UPDATE drafts SET body = '{}'")
    async with driven(orders) as desk:
        await desk.press("enter")
        text = await desk.sees("Order PO1")
        assert "the unsent answer of alice to order" in text
        assert "can't be read" in text
        await desk.press("e")
        await desk.sees("No draft can be kept")
        await desk.press(*CLEAR, *"2026-05-04", "enter")
        await desk.sees("answered with other terms")


async def test_somebody_else_s_draft_that_can_t_be_read_is_told_and_keeps_nobody_from_writing(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    said = LineDecision(position="10", act=Act.REJECT, reason="no")
    for operator in ("alice", "bob"):
        decision = Decision(id=orders.new_id(), at=orders.clock(), lines=(said,))
        orders.book.save_draft(order_id, decision, operator, orders.order("PO1").revision)
    orders.issue("PO1", due=dt.date(2026, 4, 8))
    with orders.store.writing() as connection:
        connection.execute("UPDATE drafts SET body = '{' WHERE operator = 'bob'")
    async with driven(orders, (200, 40)) as desk:
        await desk.press("enter")
        text = await desk.sees("Order PO1")
        assert "the unsent answer of bob to order #1 can't be read" in text
        assert "your unsent answer: reject (no)" in text
        await desk.press("d")
        await desk.sees("alice")
        await desk.press("q", "e")
        text = await desk.sees("Other terms: line 10")
        assert "No draft can be kept" not in text
        await desk.press(*CLEAR, *"2026-05-04", "escape")
        await desk.sees("Kept as your draft")


def test_a_link_that_drops_while_something_is_typed_loses_nothing(orders: Sample) -> None:
    orders.issue("PO1")
    with Terminal([*PODESK, "--config", str(orders.file)]) as terminal:
        terminal.wait_for("PO1")
        terminal.press("\r")
        terminal.wait_for("Order PO1")
        terminal.press("e")
        terminal.wait_for("Nothing is changed yet.")
        terminal.press("7")
        terminal.wait_for("2026-04-017")
        terminal.hang_up()
        terminal.ended()
    [draft] = drafts(orders)
    assert draft.lines[0].form["terms.1.date"] == "2026-04-017"


async def test_hostile_text_in_an_editor_is_text(orders: Sample) -> None:
    orders.issue("PO1", ("[b]\x1b[2J\u202e",), item="[@click=app.quit]x[/]\x9b1m")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("e")
        await desk.sees("Other terms: line [b]␛[2J� of PO1")
        await desk.sees("[@click=app.quit]x[/]")
        await desk.press(*CLEAR, *"2026-05-04")
        await desk.sees("Leads to")


# Item details


async def test_item_details_our_numbers_and_a_note_are_sent(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk, "i", "Item details: line 10 of PO1")
        await desk.press(*"nld")
        await desk.sees("is no country; write its two letters")
        await desk.press("backspace", "down", *"8536 50 11", "down", *"1.2")
        await desk.sees("a net weight needs its unit")
        await desk.press("down", *"KGM", "down", *"1203", "down", *"S-1", "down", *"B-1", "down", *"SO7", "down", *"1")
        await desk.press("down", *"as agreed")
        await desk.sees("Leads to: I Issued")
        await desk.press("enter")
        await desk.sees("PO1 line 10 told more of; leaves in 10 s")
    told = line(orders)
    assert told.item_details is not None
    assert {name: str(value) for name, value in told.item_details if value is not None} == {
        "country_of_origin": "NL",
        "combined_nomenclature_code": "8536 50 11",
        "net_weight": "1.2",
        "net_weight_unit": "KGM",
        "dangerous_goods_code": "1203",
        "serial_number": "S-1",
        "batch_number": "B-1",
    }
    assert (told.sales_order_number, told.sales_order_position) == ("SO7", "1")
    assert told.process_status == "Issued"
    [message] = orders.book.preview(orders.order("PO1").id)
    assert message.payload is not None
    assert b"as agreed" in message.payload


async def test_details_that_say_nothing_new_are_not_sent(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await editing(desk, "i", "Item details: line 10 of PO1")
        await desk.press("enter")
        await desk.sees("Nothing is changed yet.")
        await desk.press("space", "enter")
        await desk.sees("nothing is said yet that the buyer doesn't know")
    assert orders.waiting() == []
