"""What podesk itself tells an operator to look at before confirming, no rule confirms: whoever asks the rules, and when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.model import InProgressStatus, ProcessStatus
from core.profile import PROCUREMENT_CONNECT
from core.replay import Replay, replay
from core.rules import load
from core.suggestion import suggestion, take_suggestion
from core.transition import TransitionRefused
from tests.core.rules.desks import line as line_of
from tests.core.rules.desks import order as order_with
from tests.core.rules.desks import ruled, ruled_desk
from tests.core.rules.test_ruling import YES, by_rule, comes, ordered, shown, statuses
from tests.formats.procurement_connect_documents import order as loom_order
from tests.formats.ubl_documents import PRICE, order_xml, part
from tests.orders import Desk

FIFTY_AND_THIRTY = part("50", "2025-04-01") + part("30", "2025-05-01")
FIFTY_AND_FIFTY = part("50", "2025-04-01") + part("50", "2025-05-01")


def ubl(deliveries: str, more: str = "", price: str = "1.25") -> bytes:
    line = (
        f"<cbc:ID>10</cbc:ID><cbc:Quantity unitCode='PCE'>100</cbc:Quantity>{deliveries}{PRICE.format(price, '')}{more}"
    )
    return order_xml(lines=(line,)).encode()


def tradecloud(**line: Any) -> bytes:
    tree = json.loads(ordered())
    tree["lines"][0] |= line
    return json.dumps(tree).encode()


def loom(state: str = "transferred", total: str = "8.00") -> bytes:
    tree = loom_order(state)
    for each in tree["order_line_items"]:
        each.pop("catalog_price", None)
        each |= {"amount": 2, "pricing": {"unit_net_price": "4.00", "total_net_price": total}}
    return json.dumps(tree).encode()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ruled_desk(tmp_path, YES) as opened:
        yield opened


def left(desk: Desk) -> str:
    """Why the one line is a person's, by what is shown, by a replay, and to whoever would take what is suggested."""
    found = suggestion(desk.book, 1)
    assert found is not None
    [(position, why)] = found.left
    [one] = replay(desk.store, desk.settings, load(desk.settings.folder / "rules.toml"), now=desk.now)
    assert (found.lines, one.outcome, one.position, one.why) == ((), Replay.WAITS, position, why)
    with pytest.raises(TransitionRefused, match="the rules suggest no answer"):
        take_suggestion(desk.book, 1, "alice")
    return why


@pytest.mark.parametrize(
    ("document", "connection", "why"),
    [
        (ubl(FIFTY_AND_THIRTY), "plain", "asks 100 and deliveries of 80 together: ask the buyer which it is"),
        (
            ubl(part("50", "2025-04-01") + "<cac:Delivery/>"),
            "plain",
            "asks several deliveries without saying how much comes with each",
        ),
        (
            ubl("", "<cac:SubLineItem/>"),
            "plain",
            "has sub-lines, which are not shown: look at the document itself",
        ),
        (
            tradecloud(lineType="Banana"),
            "metal-works",
            "has a lineType 'Banana', which is not known here and was left out",
        ),
        (
            loom(total="8.04"),
            "loom",
            "2 at 4.00 are not the total 8.04: the price is rounded; look at the contract before you confirm it",
        ),
        (loom("on_holiday"), "loom", "is part of an order whose state 'on_holiday' is not known here"),
        (ordered(date="1970-01-01"), "metal-works", "a delivery on 1970-01-01 can hardly be meant"),
    ],
    ids=["schedule", "parts", "sub-lines", "line type", "rounded price", "state", "day"],
)
def test_a_line_whose_terms_may_not_be_what_they_seem_is_a_persons(
    desk: Desk, document: bytes, connection: str, why: str
) -> None:
    comes(desk, document, connection)
    assert by_rule(desk) == []
    assert left(desk) == why


@pytest.mark.parametrize(
    ("document", "connection"),
    [(ubl(FIFTY_AND_FIFTY), "plain"), (tradecloud(lineType="Item"), "metal-works"), (loom(), "loom")],
    ids=["ubl", "tradecloud", "loom"],
)
def test_the_same_orders_without_a_doubt_are_answered(desk: Desk, document: bytes, connection: str) -> None:
    comes(desk, document, connection)
    assert by_rule(desk)


def test_what_is_said_of_every_document_of_a_connection_stops_no_rule(desk: Desk) -> None:
    """An encoding that is guessed, and a Peppol order that doesn't call itself one: nothing on terms."""
    comes(desk, tradecloud(description="Schraube für Räder").decode("unicode_escape").encode("cp1252"))
    comes(desk, ubl(FIFTY_AND_FIFTY), "city")
    assert {order: shown(desk, order).process_status.value for order in (1, 2)} == {1: "Confirmed", 2: "Confirmed"}


def test_only_the_line_that_is_meant_is_left(desk: Desk) -> None:
    tree = json.loads(ordered(_10="10", _20="10"))
    tree["lines"][0]["lineType"] = "Banana"
    comes(desk, json.dumps(tree).encode())
    assert statuses(desk) == {"10": "Issued", "20": "Confirmed"}


def test_what_the_buyer_puts_right_is_answered(desk: Desk) -> None:
    comes(desk, ubl(FIFTY_AND_THIRTY), "plain")
    comes(desk, ubl(FIFTY_AND_FIFTY), "plain")
    assert by_rule(desk) == ["accept line 10 by rule “yes to all”"]


def test_what_only_loses_its_doubt_is_news_to_the_rules(desk: Desk) -> None:
    comes(desk, ubl(FIFTY_AND_FIFTY, "<cac:SubLineItem/>"), "plain")
    assert by_rule(desk) == []
    comes(desk, ubl(FIFTY_AND_FIFTY), "plain")
    assert by_rule(desk) == ["accept line 10 by rule “yes to all”"]


def test_a_change_of_the_price_alone_takes_no_doubt_on_the_quantity_away(desk: Desk) -> None:
    comes(desk, ubl(FIFTY_AND_THIRTY), "plain")
    line = f"<cbc:ID>10</cbc:ID><cbc:LineStatusCode>3</cbc:LineStatusCode>{PRICE.format('1.20', '')}"
    reference = "<cac:OrderReference><cbc:ID>PO-1</cbc:ID></cac:OrderReference>"
    comes(desk, order_xml(header=reference, lines=(line,), kind="OrderChange").encode(), "plain")
    assert left(desk).startswith("asks 100 and deliveries of 80 together")


def test_a_cancellation_is_granted_whatever_the_terms_are(tmp_path: Path) -> None:
    asked = line_of(
        process_status=ProcessStatus.IN_PROGRESS,
        in_progress_status=InProgressStatus.CANCELLATION_REQUESTED,
        resumes=ProcessStatus.ISSUED,
    )
    doubtful = asked.but(content=asked.content.but(doubts=("asks 2 and 3",)))
    granted = ruled(tmp_path, f'{YES}when = {{ task = "cancellation" }}\n', order_with(doubtful), PROCUREMENT_CONNECT)
    assert [mine.position for mine in granted.lines] == ["10"]
