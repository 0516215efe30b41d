"""An answer that attaches a file: the file goes up first, whatever happens on the way, and the answer calls it by its id."""

from __future__ import annotations

import json
import signal
from hashlib import sha256

import pytest

from core.decisions import Act, Decision, LineDecision
from core.ids import uuid7
from core.model import Document
from core.orderbook import Changed, OrderBook
from core.store import queries, uploads
from sync import faults
from sync.demo.servers.tradecloud import Fault
from tests.sync.ending import run
from tests.sync.partners import DECIDED, World, tradecloud

DRAWING = b"%PDF-1.7 a drawing \xff"


def answer(yard: World) -> None:
    """The order Y1 comes, and is agreed to with a drawing attached."""
    yard.http.shelf.put("Y1", "2024-03-01T07:00:00.000Z", tradecloud("Y1"))
    yard.round()
    with yard.store() as store:
        [row] = queries.list_orders(store, now=DECIDED)
        uploads.keep(store, [DRAWING])
        drawing = Document(attachment=sha256(DRAWING).hexdigest(), name="drawing.pdf")
        line = LineDecision(position="00010", act=Act.AGREE, documents=(drawing,))
        book = OrderBook(store, yard.settings, clock=lambda: DECIDED, new_id=lambda: uuid7(DECIDED))
        assert isinstance(book.change(row.id, Decision(id="d", at=DECIDED, lines=(line,)), "alice"), Changed)


def referred_to(yard: World) -> list[str]:
    """What our answers call the documents that they attach."""
    return [
        document["objectId"]
        for response in yard.http.responses
        for line in json.loads(response)["lines"]
        for document in line.get("documents", [])
    ]


def uploaded(yard: World) -> list[tuple[str, str, bytes]]:
    return [(each.object_id, each.name, each.payload) for each in yard.http.documents.documents.values()]


def test_the_file_goes_up_and_the_answer_refers_to_it(yard: World) -> None:
    answer(yard)
    yard.round()
    [(object_id, name, payload)] = uploaded(yard)
    assert (name, payload) == ("drawing.pdf", DRAWING)
    assert referred_to(yard) == [object_id]


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(lose_answer=True), Fault(status=200, body=b"{}")])
def test_a_file_that_may_not_be_up_holds_the_answer_back_until_it_is(yard: World, fault: Fault) -> None:
    answer(yard)
    yard.http.plan([fault])
    yard.round()
    assert yard.http.responses == []
    yard.round()
    assert referred_to(yard) == [object_id for object_id, _, _ in uploaded(yard)]
    assert len(referred_to(yard)) == 1


def test_a_file_that_is_refused_holds_the_answer_back_and_a_person_is_told(yard: World) -> None:
    answer(yard)
    yard.http.plan([Fault(status=413, body=b"too large")])
    report = yard.round()
    assert report.undelivered == 1
    yard.round()
    assert yard.http.responses == []
    with yard.store() as store:
        assert any("too large" in (row.last_error or "") for row in queries.outbox(store))


@pytest.mark.parametrize("point", [faults.CLAIMED, faults.SENT, faults.MARKED])
def test_a_daemon_killed_while_a_file_goes_up_sends_one_answer_that_refers_to_it(yard: World, point: str) -> None:
    answer(yard)
    assert run(yard, "once", point) == -signal.SIGKILL
    yard.round()
    [(object_id, _, _)] = uploaded(yard)
    assert referred_to(yard) == [object_id]
    assert len(yard.http.responses) == 1
