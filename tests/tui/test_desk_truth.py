"""What the desk says is so while it is read: nothing that has passed, and nothing that has not come yet."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

from core.decisions import Act, Decision, LineDecision, Outcome
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import LineReport, OrderKey, OrderReport, ProcessStatus
from core.orderbook import Changed
from core.store import StoreBusy
from core.store.queries import load
from tests.tui.driving import driven
from tests.tui.orders import PAPER_MILL, Sample, sample
from tui.acting import Begun

CONFIRMED = ProcessStatus.CONFIRMED


async def test_without_a_daemon_nothing_is_said_to_leave(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders, daemon=False) as desk:
        await desk.sees("daemon is down")
        await desk.press("c")
        await desk.sees("PO1 confirmed; it waits, since the daemon is down, u takes it back")


async def test_when_the_window_has_passed_nobody_is_told_any_more_that_the_answer_leaves_in_so_many_seconds(
    tmp_path: Path,
) -> None:
    with sample(tmp_path, hold="1s") as orders:
        orders.issue("PO1")
        async with driven(orders) as desk:
            await desk.press("c")
            await desk.sees("PO1 confirmed; leaves in 1 s, u takes it back")
            await desk.sees(lambda text: "\nPO1 confirmed\n" in text and "leaves" not in text)
            await desk.press("enter")
            await desk.sees("answer: to be sent")


async def test_a_message_is_gone_for_those_who_come_back_from_another_screen(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("w")
        await desk.sees("Not possible: PO1: no proposal")
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("q")
        await desk.sees(lambda text: "[To answer 1]" in text and "Not possible" not in text)
        await desk.press("w")
        await desk.sees("Not possible: PO1: no proposal")
        await desk.press("tab")
        await desk.sees(lambda text: "[Waiting for buyer 0]" in text and "Not possible" not in text)


async def test_until_our_proposal_has_left_nobody_is_told_that_the_buyer_has_it(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    loaded = load(orders.store, order_id, orders.clock())
    assert loaded is not None
    line = loaded.record.order.lines[0]
    terms = line.requested.but(
        delivery_schedule=tuple(one.but(date=dt.date(2026, 5, 1)) for one in line.requested.delivery_schedule)
    )
    said = LineDecision(position="10", act=Act.PROPOSE, terms=terms, reason="later")
    changed = orders.book.change(order_id, Decision(id="later", at=orders.clock(), lines=(said,)), "alice")
    async with driven(orders) as desk:
        await desk.press("enter")
        text = await desk.sees("P In progress, goods o open once our answer is there; it has not left")
        assert "\n~ 10 " in text
        assert "waiting: our answer has not left: line 10" in text
        assert "our proposal waits for the buyer" not in text
        for message in changed.outbox:
            assert orders.book.depart(message) is not None
            orders.book.delivered(message, Outcome.SENT)
        text = await desk.sees("our proposal waits for the buyer (our prediction, not the platform's word yet)")
        assert "waiting: the buyer decides by" in text
        assert "\n~ 10 " in text
        assert "Something happened" not in text, "nothing that the operator decides by is another"


async def test_an_order_that_changed_under_a_dialogue_is_told_when_that_is_left(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("x")
        await desk.sees("why?")
        orders.issue("PO1", price="7.89")
        await desk.press("escape")
        await desk.sees("! it has changed since; r reads it again")
        await desk.press("r")
        await desk.sees(lambda text: "7.89" in text and "changed since" not in text)


async def test_what_the_rules_said_of_an_order_goes_when_it_is_answered(tmp_path: Path) -> None:
    orders = Sample(tmp_path, besides=PAPER_MILL.replace('profile = "p', 'rules = "suggest"\nprofile = "p', 1))
    (tmp_path / "rules.toml").write_text(
        '[[rule]]\nname = "small"\nanswer = "accept"\n[rule.when]\nquantity = { max = 1 }\n'
    )
    try:
        orders.issue("A1", ("10",), connection="paper-mill", per=1)
        async with driven(orders) as desk:
            await desk.press("enter")
            await desk.sees("rules leave it to you: no rule fits it")
            await desk.press("c")
            await desk.sees(lambda text: "A1 line 10 confirmed" in text and "rules" not in text)
    finally:
        orders.store.close()


async def test_u_says_what_sets_right_an_answer_that_the_platform_has_taken_up(orders: Sample) -> None:
    """The answer is no longer called sent then, but it was given."""
    orders.issue("PO1", ("10",))
    orders.answer("PO1", "10", dt.date(2026, 5, 1))
    approved = Message(
        key=OrderKey(connection="metal-works", buyer="buyer of metal-works", number="PO1"),
        lines=(LineMessage(position="10", acts=(BuyerAct.APPROVE,), reported=LineReport(process_status=CONFIRMED)),),
        reported=OrderReport(process_status=CONFIRMED, version=3),
    )
    orders.book.change(approved.key, Received(id="approved", at=orders.clock(), message=approved), "metal-works")
    assert orders.order("PO1").sending == "nothing"
    async with driven(orders) as desk:
        await desk.press("shift+tab")
        await desk.sees("C Confirmed")
        await desk.press("u")
        await desk.sees("line 10: it is confirmed, which can't be unsaid")


async def test_what_a_held_store_has_not_let_through_names_the_order(orders: Sample) -> None:
    """It is told seconds later, when the operator may be elsewhere."""
    asked: asyncio.Future[Changed] = asyncio.get_running_loop().create_future()
    asked.set_exception(StoreBusy(orders.settings.store_path))
    answered = await Begun(asked, "confirm", "PO1", (), dt.timedelta(seconds=10)).answered()
    assert not answered.taken
    assert answered.sentence.startswith("Not done: Confirm PO1: ")


async def test_an_answer_that_did_not_get_through_says_why_and_what_to_do(orders: Sample) -> None:
    order_id = orders.issue("PO1", ("10",))
    said = Decision(id="yes", at=orders.clock(), lines=(LineDecision(position="10", act=Act.AGREE),))
    (message,) = orders.book.change(order_id, said, "alice").outbox
    assert orders.book.depart(message) is not None
    orders.book.delivered(message, Outcome.FAILED, "400: \x1b[31mno such order")
    async with driven(orders, size=(150, 30)) as desk:
        await desk.press("shift+tab")
        await desk.sees("! failed")
        await desk.press("enter")
        await desk.sees(
            "! our answer did not get through (400: ␛[31mno such order); u takes it back, ctrl+r sends it again (podesk "
        )
        await desk.sees("C Confirmed, goods o open once our answer is there; it did not get through")
        await desk.press("v")
        text = await desk.sees("order response to metal-works, failed")
        assert "at the earliest" not in text
        await desk.press("q")
        await desk.sees("Order PO1")
        await desk.press("u")
        await desk.sees(lambda text: "PO1 line 10 taken back" in text and "did not get through" not in text)


async def test_of_an_answer_that_may_have_arrived_nobody_is_told_that_it_has(orders: Sample) -> None:
    order_id = orders.issue("PO1", ("10",))
    said = Decision(id="yes", at=orders.clock(), lines=(LineDecision(position="10", act=Act.AGREE),))
    (message,) = orders.book.change(order_id, said, "alice").outbox
    assert orders.book.depart(message) is not None
    orders.book.delivered(message, Outcome.UNCERTAIN, "no answer in time")
    async with driven(orders, size=(150, 30)) as desk:
        await desk.press("shift+tab")
        await desk.sees("! uncertain")
        await desk.press("enter")
        await desk.sees("! nobody knows whether our answer arrived (no answer in time); ctrl+r sends it again (podesk ")
        await desk.press("u")
        await desk.sees("Order PO1: the answer may have arrived; what would set it right")


async def test_without_a_daemon_many_answers_are_not_said_to_leave_either(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders, daemon=False) as desk:
        await desk.sees("daemon is down")
        await desk.press("*", "c")
        await desk.sees("The daemon is down: the answers wait until it runs again, and can be taken back so long.")


async def test_who_is_asked_for_a_reason_is_told_what_the_no_is(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    orders.answer("PO1", "10")
    orders.issue("PO1", ("10",), price="7.89")
    async with driven(orders) as desk:
        await desk.press("shift+tab", "x")
        await desk.sees("Reject, or refuse what the buyer asks of, PO1: why?")
        await desk.press("escape")
        await desk.sees(lambda text: "why?" not in text)
        await desk.press("enter")
        await desk.sees("the buyer asks for other terms")
        await desk.press("x")
        await desk.sees("Refuse what the buyer asks on line 10 of PO1: why?")
