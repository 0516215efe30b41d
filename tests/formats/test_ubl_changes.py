"""Order changes and cancellations of plain UBL and Peppol: which order, which lines, what the buyer does to them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from core.formats import Source, Unreadable, recognise
from core.formats import read as read_any
from core.messages import BuyerAct, Message
from core.model import UNKNOWN, Document, OrderHeader, Party, ScheduledDelivery, Terms
from tests.formats.ubl_documents import LINE, PRICE, SOURCE, deliveries, net_price, order_xml, read

REFERENCE = "<cac:OrderReference><cbc:ID>PO-1</cbc:ID></cac:OrderReference>"


def change(*lines: str, reference: str = REFERENCE) -> str:
    return order_xml(kind="OrderChange", header=f"<cbc:ID>C-1</cbc:ID>{reference}", lines=lines or (LINE,))


def with_status(position: str, status: str) -> str:
    return LINE.replace(">10</cbc:ID>", f">{position}</cbc:ID><cbc:LineStatusCode>{status}</cbc:LineStatusCode>")


def message_of(corpus: Path, name: str) -> Message:
    (message,) = read_any((corpus / name).read_bytes(), SOURCE)
    return message


def test_peppols_order_change_issues_its_lines_on_other_terms(corpus: Path) -> None:
    order = message_of(corpus, "peppol/Order_sc1.xml")
    changed = message_of(corpus, "peppol/OrderChange_Example.xml")

    assert changed.key == order.key
    assert changed.event == "OrderChange"
    assert changed.header is not None
    assert changed.header.destination is not None
    assert changed.header.destination.address_lines == ("Lower street 5", "Reception", "Right")
    assert [line.acts for line in changed.lines] == [(BuyerAct.ISSUE,), (BuyerAct.ISSUE,)]
    assert changed.lines[0].terms is not None
    assert changed.lines[0].terms.delivery_schedule == deliveries(("2013-07-16", "5"))
    assert changed.lines[0].terms.prices == net_price("40")
    assert changed.warnings == ("the buyer writes: Changes according to Order reponse",)


def test_plain_ubls_order_change_issues_the_line_that_it_names(corpus: Path) -> None:
    order = message_of(corpus, "ubl/UBL-Order-2.1-Example.xml")
    changed = message_of(corpus, "ubl/UBL-OrderChange-2.1-Example.xml")

    assert changed.key == order.key
    (line,) = changed.lines
    assert (line.position, line.acts) == ("1", (BuyerAct.ISSUE,))
    assert line.terms is not None
    assert line.terms.delivery_schedule == deliveries(("2010-02-25", "240"))
    assert line.terms.prices == net_price("50", "SEK", "LTR", "1")


@pytest.mark.parametrize("kind", ["ubl", "peppol"])
def test_a_cancellation_cancels_the_whole_order_and_shows_what_the_buyer_writes(corpus: Path, kind: str) -> None:
    name = {"ubl": "ubl/UBL-OrderCancellation-2.1-Example.xml", "peppol": "peppol/OrderCancellation_Example.xml"}[kind]
    order = {"ubl": "ubl/UBL-Order-2.1-Example.xml", "peppol": "peppol/Order_sc1.xml"}[kind]

    cancelled = message_of(corpus, name)

    assert recognise((corpus / name).read_bytes()).name == kind
    assert cancelled.key == message_of(corpus, order).key
    assert cancelled.acts == (BuyerAct.CANCEL,)
    assert cancelled.lines == ()
    assert cancelled.warnings == ("the buyer writes: With reference to phone call",)


STATUSES = {
    "1": (BuyerAct.ISSUE,),
    "3": (BuyerAct.ISSUE,),
    "Revised": (BuyerAct.ISSUE,),
    "Added": (BuyerAct.ISSUE,),
    "": (BuyerAct.ISSUE,),
    "2": (BuyerAct.CANCEL,),
    "Cancelled": (BuyerAct.CANCEL,),
}


@pytest.mark.parametrize(("status", "acts"), STATUSES.items())
def test_a_lines_status_says_what_the_buyer_does_to_it(status: str, acts: tuple[BuyerAct, ...]) -> None:
    (line,) = read(change(with_status("10", status))).lines

    assert line.acts == acts
    assert (line.terms is None) == (acts == (BuyerAct.CANCEL,))


@pytest.mark.parametrize("status", ["4", "NoStatus"])
def test_a_line_that_stays_as_it_is_is_not_issued_again(status: str) -> None:
    message = read(change(with_status("10", status), with_status("20", "3")))

    assert [line.position for line in message.lines] == ["20"]


def changed_line(line: str) -> Message:
    return read(change(f"<cbc:ID>10</cbc:ID><cbc:LineStatusCode>3</cbc:LineStatusCode>{line}"))


def test_a_change_of_the_price_alone_leaves_the_schedule_as_it_was() -> None:
    message = changed_line(PRICE.format("9", ""))

    assert message.lines[0].terms == Terms(prices=net_price("9"))
    assert message.warnings == ()


def test_allowances_on_a_whole_change_are_pointed_out_on_each_line_that_it_changes() -> None:
    taken_off = "<cac:AllowanceCharge><cbc:Amount currencyID='EUR'>900</cbc:Amount></cac:AllowanceCharge>"
    ended = "<cbc:ID>20</cbc:ID><cbc:LineStatusCode>2</cbc:LineStatusCode>"
    message = read(change("<cbc:ID>10</cbc:ID><cbc:Quantity>7</cbc:Quantity>", ended, reference=REFERENCE + taken_off))

    unshown = "has allowances or charges on the whole order, which are not shown: look at the document itself"
    assert message.warnings[-1] == f"the change {unshown}"
    assert message.lines[0].content is not None
    assert message.lines[0].content.doubts[-1] == f"is part of a change that {unshown}"
    assert message.lines[1].content is None


def test_a_change_of_the_quantity_alone_says_that_the_day_is_open() -> None:
    message = changed_line("<cbc:Quantity>7</cbc:Quantity>")

    assert message.lines[0].terms is not None
    assert message.lines[0].terms.delivery_schedule == (ScheduledDelivery(date=UNKNOWN, quantity=Decimal(7)),)
    assert message.warnings == ("line 10 changes the quantity and says no day: ask the buyer whether it stays",)


def test_a_change_brings_documents_and_a_destination_but_never_takes_what_identifies_the_order() -> None:
    document = "<cac:AdditionalDocumentReference><cbc:ID>D-2</cbc:ID></cac:AdditionalDocumentReference>"
    there = "<cac:Delivery><cac:DeliveryAddress><cbc:CityName>Oslo</cbc:CityName></cac:DeliveryAddress></cac:Delivery>"

    message = read(change(reference=REFERENCE + document + there), Source(connection="c", our_account="77"))

    assert message.attached == (Document(code="D-2"),)
    assert message.header == OrderHeader(destination=Party(city="Oslo"))


def test_the_status_of_a_line_means_nothing_in_an_order() -> None:
    (line,) = read(order_xml(lines=(with_status("10", "2"),))).lines

    assert line.acts == (BuyerAct.ISSUE,)


def test_a_change_that_does_not_say_of_which_order_is_refused() -> None:
    with pytest.raises(Unreadable) as refusal:
        read(change(reference=""))

    assert refusal.value.reason == "it does not say which order it is about"
    assert refusal.value.place == "/OrderChange/OrderReference, line 3"


def test_a_change_of_two_orders_at_once_is_refused() -> None:
    with pytest.raises(Unreadable, match="several orders"):
        read(change(reference=REFERENCE * 2))


@pytest.mark.parametrize(
    ("said", "sequence", "issued", "warned"),
    [
        ("<cbc:SequenceNumberID>2</cbc:SequenceNumberID>", 2, None, False),
        ("<cbc:SequenceNumberID> 002 </cbc:SequenceNumberID>", 2, None, False),
        ("<cbc:SequenceNumberID>A-2</cbc:SequenceNumberID>", None, None, True),
        ("<cbc:SequenceNumberID>-1</cbc:SequenceNumberID>", None, None, True),
        ("<cbc:IssueDate>2026-11-01</cbc:IssueDate>", None, "2026-11-01", False),
        ("<cbc:IssueDate>2026-11-01Z</cbc:IssueDate><cbc:IssueTime>noon</cbc:IssueTime>", None, "2026-11-01", False),
        (
            "<cbc:IssueDate>2026-11-01</cbc:IssueDate><cbc:IssueTime>12:00:00</cbc:IssueTime>",
            None,
            "2026-11-01T12:00:00",
            False,
        ),
        (
            "<cbc:IssueDate>2026-11-01</cbc:IssueDate><cbc:IssueTime>12:00:00Z</cbc:IssueTime>",
            None,
            "2026-11-01T12:00:00+00:00",
            False,
        ),
        ("<cbc:IssueDate>soon</cbc:IssueDate><cbc:IssueTime>12:00:00</cbc:IssueTime>", None, None, True),
    ],
)
def test_a_change_says_which_one_it_is_and_when_it_was_issued(
    said: str, sequence: int | None, issued: str | None, warned: bool
) -> None:
    changed = read(change(reference=said + REFERENCE))
    assert (changed.sequence, changed.issued) == (sequence, issued)
    assert any("counts as it comes" in one or "left out" in one for one in changed.warnings) is warned
