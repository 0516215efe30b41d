"""A despatch advice stays behind the answer that it rests on, when that was refused too: nobody hears of goods on an order
that nobody has confirmed.

An answer that certainly did not arrive is ours again. It can be retried, given again or overtaken by the buyer, and each of
these frees the advice or leaves it to a person.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.decisions import Act, Decision, Despatch, LineDecision, LineProgress, Outcome, Undo
from core.messages import BuyerAct, LineMessage, Message
from core.model import ProcessStatus
from core.orderbook import NoSuchMessage
from core.stages import Stage
from core.store import queries
from core.transition import TransitionRefused
from core.verify import verify
from tests.orders import Desk, issue, key, open_desk, report, terms

SETTINGS = """
operator_hold = "0s"
timezone = "Europe/Amsterdam"

[[connection]]
name = "metal-works"
profile = "{profile}"
our_account = "340760"

[connection.outbound]
channel = "http"
url = "http://127.0.0.1:8080/v2"
format = "{format}"
"""
TRADECLOUD = SETTINGS.format(profile="tradecloud", format="tradecloud-json")
CONNECT = SETTINGS.format(profile="procurement-connect", format="procurement-connect-json")
WHY = "waits for our answer, which did not get through: 422 no such order"


@pytest.fixture(params=[TRADECLOUD, CONNECT], ids=["tradecloud", "procurement-connect"])
def either(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    yield from opened(tmp_path, request.param)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from opened(tmp_path, TRADECLOUD)


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Desk]:
    yield from opened(tmp_path, CONNECT)


def opened(folder: Path, settings: str) -> Iterator[Desk]:
    desk = open_desk(folder, settings)
    yield desk
    assert verify(desk.store) == []
    desk.store.close()


def ships(desk: Desk, order_id: int, position: str = "1", quantity: str = "4") -> str:
    lines = (LineProgress(position=position, quantity=Decimal(quantity)),)
    entry = Despatch(id=desk.id("despatch"), at=desk.now, stage=Stage.SHIPPED, lines=lines)
    [advice] = desk.book.change(order_id, entry, "alice").outbox
    return advice


def refused(desk: Desk, answer: str) -> None:
    assert desk.book.depart(answer) is not None
    desk.book.delivered(answer, Outcome.FAILED, "422 no such order")


def resting(desk: Desk) -> tuple[int, str, str]:
    """An order whose answer was refused; the ids of the answer, and of an advice that rests on it."""
    order_id = desk.has()
    [answer] = desk.agrees(order_id).outbox
    advice = ships(desk, order_id)
    refused(desk, answer)
    return order_id, answer, advice


def due(desk: Desk) -> list[str]:
    desk.later(hours=1)
    return desk.book.due("metal-works", now=desk.now)


def leaving(desk: Desk) -> list[str]:
    """All that leaves and arrives from here on, in its order."""
    left = []
    while waiting := due(desk):
        assert desk.book.depart(waiting[0]) is not None
        desk.book.delivered(waiting[0], Outcome.SENT, "taken")
        left.append(waiting[0])
    return left


def row(desk: Desk, outbox_id: str) -> tuple[str, str | None]:
    [found] = [one for one in queries.outbox(desk.store, everything=True) if one.id == outbox_id]
    return found.state, found.last_error


def test_an_advice_waits_for_the_answer_that_was_refused_and_says_so(either: Desk) -> None:
    _, _, advice = resting(either)
    assert due(either) == []
    assert either.book.depart(advice) is None
    assert row(either, advice) == ("queued", WHY)


def test_goods_that_leave_after_the_refusal_wait_and_say_so_too(either: Desk) -> None:
    order_id, answer, first = resting(either)
    second = ships(either, order_id)
    assert row(either, second) == ("queued", WHY)
    either.book.retry(answer, "bob")
    assert [row(either, one) for one in (first, second)] == [("queued", None)] * 2
    assert leaving(either) == [answer, first, second]


def test_it_waits_for_every_refusal_anew(either: Desk) -> None:
    _, answer, advice = resting(either)
    either.book.retry(answer, "bob")
    refused(either, answer)
    assert (due(either), row(either, advice)) == ([], ("queued", WHY))


def test_another_answer_in_the_place_of_the_refused_one_goes_before_it(either: Desk) -> None:
    order_id, _, advice = resting(either)
    line = LineDecision(position="1", act=Act.DETAILS, reason="as agreed by telephone")
    [answer] = either.book.change(
        order_id, Decision(id=either.id("decision"), at=either.now, lines=(line,)), "alice"
    ).outbox
    assert row(either, advice) == ("queued", None)
    assert leaving(either) == [answer, advice]


def test_what_is_taken_back_of_another_line_leaves_the_rest_to_go_before_it(desk: Desk) -> None:
    order_id, _, advice = resting(desk)
    with pytest.raises(TransitionRefused, match="line 1: goods of it are on their way on the answer"):
        desk.book.change(order_id, Undo(id=desk.id("undo"), at=desk.now), "alice")
    [answer] = desk.book.change(order_id, Undo(id=desk.id("undo"), at=desk.now, positions=("2",)), "alice").outbox
    assert leaving(desk) == [answer, advice]


def test_it_waits_for_a_person_when_the_buyer_takes_its_ground_away(desk: Desk) -> None:
    _, _, advice = resting(desk)
    desk.receives(issue(key("PO-1"), lines=("1",), wanted=terms("77")))
    assert row(desk, advice)[0] == "failed"


def test_it_goes_when_the_platform_says_that_the_line_is_confirmed_all_the_same(desk: Desk) -> None:
    """…by somebody in its portal, say."""
    _, _, advice = resting(desk)
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1", "2"))
    assert row(desk, advice) == ("queued", None)
    assert leaving(desk) == [advice]


def test_goods_of_other_lines_do_not_wait_for_it(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    leaving(desk)
    [answer] = desk.agrees(order_id, "2").outbox
    refused(desk, answer)
    advice = ships(desk, order_id, "1")
    assert row(desk, advice) == ("queued", None)
    assert leaving(desk) == [advice]


def test_nor_for_the_advice_that_waits_for_it(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    leaving(desk)
    [answer] = desk.agrees(order_id, "2").outbox
    refused(desk, answer)
    waiting = ships(desk, order_id, "2")
    advice, more = ships(desk, order_id, "1"), ships(desk, order_id, "1", "2")
    assert leaving(desk) == [advice, more]
    desk.book.retry(answer, "bob")
    assert leaving(desk) == [answer, waiting]


def test_what_may_have_arrived_holds_nothing_up(desk: Desk) -> None:
    order_id = desk.has()
    [answer] = desk.agrees(order_id).outbox
    advice = ships(desk, order_id)
    assert desk.book.depart(answer) is not None
    desk.book.delivered(answer, Outcome.UNCERTAIN, "no answer")
    assert leaving(desk) == [advice]


def test_who_gives_the_advice_up_has_it_out_of_the_way(either: Desk) -> None:
    order_id, answer, advice = resting(either)
    either.book.drop(advice, "bob")
    assert row(either, advice)[0] == "superseded"
    second = ships(either, order_id)
    either.book.retry(answer, "bob")
    with pytest.raises(NoSuchMessage, match="is queued; only what failed or is uncertain can be given up"):
        either.book.drop(second, "bob")
    assert leaving(either) == [answer, second]


def test_one_that_a_person_puts_back_goes_behind_the_answer_that_it_waits_for(connect: Desk) -> None:
    """A line that the buyer adds makes the answer wait for the word on that, and the advice for a look."""
    order_id = connect.has()
    connect.agrees(order_id)
    advice = ships(connect, order_id)
    connect.receives(issue(key("PO-1"), lines=("3",)))
    assert row(connect, advice) == (
        "failed",
        "line 1 waits for an answer to the other lines now, after goods of it were advised; look whether they have left",
    )
    [answer] = connect.agrees(order_id, "3").outbox
    connect.book.retry(advice, "bob", anyway=True)
    refused(connect, answer)
    assert (due(connect), row(connect, advice)) == ([], ("queued", WHY))
    connect.book.retry(answer, "bob")
    assert leaving(connect) == [answer, advice]


# --- retried twice ----------------------------------------------------------------------------------------------------


def test_a_message_is_retried_as_often_as_a_person_says_so(desk: Desk) -> None:
    """…without an attempt in between too: the buyer changes the line while it waits for its turn."""
    order_id = desk.has()
    [answer] = desk.agrees(order_id).outbox
    assert desk.book.depart(answer) is not None
    desk.book.delivered(answer, Outcome.UNCERTAIN, "no answer")
    desk.book.retry(answer, "alice")
    desk.receives(
        Message(key=key("PO-1"), lines=(LineMessage(position="1", acts=(BuyerAct.ISSUE,), terms=terms("7")),))
    )
    assert row(desk, answer)[0] == "uncertain"
    desk.book.retry(answer, "bob", anyway=True)
    assert row(desk, answer) == ("queued", None)
    [shown] = queries.rows_by_id(desk.store, [order_id], desk.now)
    assert shown.sending == "queued"
    said = [(entry.actor, entry.summary) for entry in queries.timeline(desk.store, order_id)]
    assert [actor for actor, summary in said if "retried" in summary] == ["alice", "bob"]
