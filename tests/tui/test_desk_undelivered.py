"""What did not get through is sent again, or given up, where it is read that it did not."""

from __future__ import annotations

from core.decisions import Act, Decision, Despatch, LineDecision, Outcome, Stage
from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample

WIDE = (150, 30)


def left(orders: Sample, message: str, outcome: Outcome) -> None:
    assert orders.book.depart(message) is not None
    orders.book.delivered(message, outcome, "400: no such order")


def answered(orders: Sample, outcome: Outcome) -> str:
    order_id = orders.issue("PO1", ("10",))
    said = Decision(id="yes", at=orders.clock(), lines=(LineDecision(position="10", act=Act.AGREE),))
    (message,) = orders.book.change(order_id, said, "alice").outbox
    left(orders, message, outcome)
    return message


def states(orders: Sample) -> dict[str, str]:
    return {row.id: row.state for row in orders.waiting()}


async def opened(desk: Driver) -> None:
    await desk.press("shift+tab")
    await desk.sees("PO1")
    await desk.press("enter")
    await desk.sees("Order PO1")


async def test_ctrl_r_sends_again_what_did_not_get_through(orders: Sample) -> None:
    message = answered(orders, Outcome.FAILED)
    async with driven(orders, size=WIDE) as desk:
        await opened(desk)
        await desk.sees("u takes it back, ctrl+r sends it again (podesk outbox retry ")
        await desk.press("delete")
        await desk.sees("Not possible: no despatch advice of it failed; an answer is taken back with u, or given again")
        await desk.press("ctrl+r")
        await desk.sees(lambda text: f"{message} is in the queue again" in text and "did not get through" not in text)
        assert states(orders) == {message: "queued"}
        await desk.press("ctrl+r")
        await desk.sees("Not possible: every message of it got through, or is on its way")


async def test_old_words_are_sent_again_at_the_second_press_alone(orders: Sample) -> None:
    message = answered(orders, Outcome.UNCERTAIN)
    orders.issue("PO1", ("10",), price="7.89")
    async with driven(orders, size=WIDE) as desk:
        await opened(desk)
        await desk.press("ctrl+r")
        await desk.sees("ctrl+r once more sends it with its old words all the same")
        assert states(orders) == {message: "uncertain"}
        await desk.press("ctrl+r")
        await desk.sees(f"{message} is in the queue again")
    assert states(orders)[message] == "queued"


async def test_a_despatch_advice_is_given_up_at_the_second_press(orders: Sample) -> None:
    order_id = orders.issue("PO1", ("10",))
    orders.answer("PO1", "10")
    gone = Despatch(id="gone", at=orders.clock(), stage=Stage.SHIPPED, lines=())
    (message,) = orders.book.change(order_id, gone, "alice").outbox
    left(orders, message, Outcome.FAILED)
    async with driven(orders, size=WIDE) as desk:
        await opened(desk)
        await desk.sees("our despatch advice did not get through")
        await desk.press("delete")
        await desk.sees(f"Press delete once more to give up despatch advice {message}")
        assert states(orders) == {message: "failed"}
        await desk.press("delete")
        await desk.sees(f"Despatch advice {message} is given up; what was said of the goods stays")
    assert states(orders) == {}
