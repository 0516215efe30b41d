"""From bytes to an order: kept first, applied whole or not at all, quarantined with a reason, heard when it is news."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from core import intake
from core.decisions import Act
from core.intake import Applied, Incoming, IncomingDocument, NoSuchDocument, apply, keep, unapplied
from core.model import Contact
from core.store import queries
from core.store.queries import View
from core.verify import verify
from tests.bench.ubl import order as ubl_order
from tests.orders import Desk, key


def tradecloud(number: str, quantity: str = "10", *, lines: int = 1) -> bytes:
    """A buyer's order in the flat shape of Tradecloud's JSON."""
    return json.dumps(
        {
            "order": {"companyId": "B1", "supplierAccountNumber": "S1", "purchaseOrderNumber": number},
            "lines": [
                {
                    "position": str(position),
                    "item": {"number": f"HB-{position}", "name": "Hex bolt", "purchaseUnitOfMeasureIso": "PCE"},
                    "deliverySchedule": [{"position": "1", "date": "2025-04-01", "quantity": float(quantity)}],
                }
                for position in range(1, lines + 1)
            ],
            "erpIssueDateTime": "2025-03-03T09:00:00",
        }
    ).encode()


def arrives(desk: Desk, payload: bytes, locator: str, connection: str = "metal-works", problem: str = "") -> int:
    fingerprint = hashlib.sha256(payload).hexdigest()
    document = IncomingDocument(Path(locator).name, payload, problem=problem)
    [kept] = keep(desk.store, [Incoming(connection, locator, fingerprint, (document,))], desk.now)
    return kept.document_ids[0]


def taken(desk: Desk, payload: bytes, locator: str = "/order/1", connection: str = "metal-works") -> Applied:
    [applied] = apply(desk.book, [arrives(desk, payload, locator, connection)])
    assert verify(desk.store) == []
    return applied


def quantity(desk: Desk, order_id: int = 1) -> str:
    loaded = queries.load(desk.store, order_id, desk.now)
    assert loaded is not None
    return str(loaded.record.order.lines[0].requested.delivery_schedule[0].quantity)


def test_a_document_becomes_an_order_that_names_it(desk: Desk) -> None:
    applied = taken(desk, tradecloud("PO-1"))
    assert (applied.state, applied.orders) == ("applied", (1,))
    [row] = queries.list_orders(desk.store, now=desk.now)
    assert (row.number, row.connection, row.process_status, row.line_count) == ("PO-1", "metal-works", "Issued", 1)
    assert queries.timeline(desk.store, 1)[0].document == applied.document_id
    document = queries.document(desk.store, applied.document_id)
    assert document is not None
    assert (document.state, document.payload) == ("applied", tradecloud("PO-1"))
    assert unapplied(desk.store) == []


def test_documents_of_several_formats_are_told_apart_by_content(desk: Desk) -> None:
    ids = [
        arrives(desk, ubl_order("UBL-1", 3), "/in/order.json", "city"),
        arrives(desk, tradecloud("TC-1"), "/in/order.xml"),
    ]
    assert [one.state for one in apply(desk.book, ids)] == ["applied", "applied"]
    assert {row.number for row in queries.list_orders(desk.store, now=desk.now)} == {"UBL-1", "TC-1"}


def test_the_last_document_again_is_a_duplicate_and_changes_nothing(desk: Desk) -> None:
    taken(desk, tradecloud("PO-1"), "/order/1")
    again = taken(desk, tradecloud("PO-1"), "/order/2")
    assert (again.state, again.orders) == ("duplicate", (1,))
    assert len(queries.timeline(desk.store, 1)) == 1


def test_a_buyer_who_goes_from_a_to_b_and_back_to_a_by_the_same_bytes_is_heard(desk: Desk) -> None:
    a, b = tradecloud("PO-1", "10"), tradecloud("PO-1", "12")
    seen = []
    for locator, payload in enumerate((a, b, a, a)):
        state = taken(desk, payload, f"/order/{locator}").state
        seen.append((state, quantity(desk)))
    assert seen == [("applied", "10.0"), ("applied", "12.0"), ("applied", "10.0"), ("duplicate", "10.0")]


def test_a_crash_after_keeping_leaves_work_that_is_done_once(desk: Desk) -> None:
    arrives(desk, tradecloud("PO-1"), "/order/1")
    arrives(desk, tradecloud("PO-2"), "/order/2")
    waiting = unapplied(desk.store)
    assert len(waiting) == 2
    assert [one.state for one in apply(desk.book, waiting)] == ["applied", "applied"]
    # Whoever still has the ids from before the crash does nothing by applying them.
    assert list(apply(desk.book, waiting)) == []
    assert unapplied(desk.store) == []
    assert queries.counts(desk.store)[View.ALL] == 2


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "empty"),
        (b"Dear supplier, please send ten bolts", "no known order format"),
        (b'{"order": {"purchaseOrderNumber": ', "JSON"),
        (b"<Order xmlns='urn:oasis:names:specification:ubl:schema:xsd:Order-2'><", ""),
    ],
)
def test_what_can_not_be_read_is_quarantined_with_the_reason_and_stops_nothing(
    desk: Desk, payload: bytes, reason: str
) -> None:
    ids = [
        arrives(desk, tradecloud("PO-1"), "/1"),
        arrives(desk, payload, "/2"),
        arrives(desk, tradecloud("PO-3"), "/3"),
    ]
    assert [one.state for one in apply(desk.book, ids)] == ["applied", "quarantined", "applied"]
    [row] = queries.quarantine(desk.store)
    assert reason in row.reason
    assert (row.id, row.locator) == (ids[1], "/2")
    kept = queries.document(desk.store, ids[1])
    assert kept is not None
    assert kept.payload == payload


def test_an_event_about_something_else_than_orders_is_kept_and_nobody_has_to_look_at_it(desk: Desk) -> None:
    applied = taken(desk, b'{"eventName": "ShipmentCreated", "shipmentEvent": {"id": "1"}}')
    assert (applied.state, applied.orders, applied.answered) == ("applied", (), ())
    assert applied.reason == "the event 'ShipmentCreated' carries no order"
    assert unapplied(desk.store) == []


def test_a_document_is_applied_whole_or_not_at_all(desk: Desk) -> None:
    """It brings an order and an event of an order that is not known here: the rules refuse the second."""
    event = {
        "eventName": "OrderLinesReconfirmationRequestedByBuyer",
        "orderEvent": {
            "buyerOrder": {"companyId": "B1", "purchaseOrderNumber": "PO-2"},
            "supplierOrder": {},
            "lines": [{"buyerLine": {"position": "1", "item": {"number": "HB-1"}}}],
        },
    }
    page = json.dumps([json.loads(tradecloud("PO-1")), event]).encode()
    ids = [arrives(desk, page, "/page"), arrives(desk, tradecloud("PO-3"), "/3")]
    refused, other = apply(desk.book, ids)
    assert (refused.state, other.state) == ("quarantined", "applied")
    assert "PO-2, line 1" in refused.reason
    assert [row.number for row in queries.list_orders(desk.store, now=desk.now)] == ["PO-3"]
    assert verify(desk.store) == []


def test_a_document_of_a_connection_that_the_settings_lost_waits_in_quarantine(desk: Desk) -> None:
    document_id = arrives(desk, tradecloud("PO-1"), "/1", connection="gone")
    [applied] = apply(desk.book, [document_id])
    assert applied.state == "quarantined"
    assert "gone is not in podesk.toml" in applied.reason


def test_a_quarantined_document_is_read_again_when_asked(desk: Desk) -> None:
    document_id = arrives(desk, tradecloud("PO-1"), "/1", problem="from an untrusted sender")
    assert queries.quarantine_count(desk.store) == 1
    applied = intake.retry(desk.book, document_id)
    assert (applied.state, applied.orders) == ("applied", (1,))
    assert queries.quarantine_count(desk.store) == 0
    with pytest.raises(NoSuchDocument, match="is applied, not in quarantine"):
        intake.retry(desk.book, document_id)
    with pytest.raises(NoSuchDocument, match="no document 99"):
        intake.retry(desk.book, 99)


def test_a_quarantined_document_that_still_can_not_be_read_stays_with_its_reason(desk: Desk) -> None:
    document_id = arrives(desk, b"nonsense", "/1")
    list(apply(desk.book, [document_id]))
    assert intake.retry(desk.book, document_id).state == "quarantined"
    assert "no known order format" in queries.quarantine(desk.store)[0].reason


def ubl_change(number: str, kind: str = "OrderChange") -> bytes:
    """A change of the first line of the order, or its cancellation."""
    text = ubl_order(number, 1).decode().replace("<Order ", f"<{kind} ").replace("</Order>", f"</{kind}>")
    text = text.replace(":Order-2", f":{kind}-2").replace('"EA">3<', '"EA">7<')
    return text.replace(
        f"<cbc:ID>{number}</cbc:ID>",
        f"<cbc:ID>C-1</cbc:ID><cac:OrderReference><cbc:ID>{number}</cbc:ID></cac:OrderReference>",
    ).encode()


@pytest.mark.parametrize("kind", ["OrderChange", "OrderCancellation"])
def test_a_change_of_an_order_that_has_not_come_is_held_and_taken_in_after_it(desk: Desk, kind: str) -> None:
    change = taken(desk, ubl_change("UBL-1", kind), "/1", "city")
    assert (change.state, queries.counts(desk.store)[View.ALL]) == ("quarantined", 0)
    [held] = queries.quarantine(desk.store)
    assert held.reason == "order UBL-1: this is a change of it, and the order itself has not come."
    assert "taken in when the order comes" in held.remedy
    assert taken(desk, ubl_order("UBL-2", 1), "/2", "city").state == "applied"
    assert queries.quarantine_count(desk.store) == 1
    order = taken(desk, ubl_order("UBL-1", 2), "/3", "city")
    assert queries.quarantine_count(desk.store) == 0
    assert [entry.document for entry in queries.timeline(desk.store, order.orders[0])] == [
        order.document_id,
        change.document_id,
    ]
    assert quantity(desk, order.orders[0]) == ("7" if kind == "OrderChange" else "3")
    assert verify(desk.store) == []


def test_a_change_that_overtakes_its_order_in_one_go_is_taken_in(desk: Desk) -> None:
    ids = [
        arrives(desk, ubl_change("UBL-1"), "/1", "city"),
        arrives(desk, ubl_order("UBL-1", 2), "/2", "city"),
    ]
    assert [one.state for one in apply(desk.book, ids)] == ["applied", "applied"]
    assert quantity(desk) == "7"


def numbered(number: str, nth: int, time: str, quantity: str) -> bytes:
    """The buyer's `nth` change of an order."""
    change = ubl_change(number).decode().replace('"EA">7<', f'"EA">{quantity}<')
    said = f"<cbc:ID>C-{nth}</cbc:ID><cbc:SequenceNumberID>{nth}</cbc:SequenceNumberID>"
    return change.replace("<cbc:ID>C-1</cbc:ID>", said).replace(">12:30:00<", f">{time}<").encode()


def test_a_change_that_a_newer_one_overtook_is_stale(desk: Desk) -> None:
    """[UBL 2.1] SequenceNumberID: "to ensure the proper sequencing of changes"; files and mails come in any order."""
    taken(desk, ubl_order("UBL-1", 1), "/1", "city")
    taken(desk, numbered("UBL-1", 2, "12:00:00", "20"), "/2", "city")
    older = taken(desk, numbered("UBL-1", 1, "11:00:00", "15"), "/3", "city")
    assert (older.state, quantity(desk)) == ("applied", "20")
    assert queries.timeline(desk.store, 1)[-1].notes[-1] == (
        "stale: change 1 of the order, and change 2 is known; it has no effect."
    )


def test_changes_that_overtake_their_order_and_each_other_are_taken_in_after_it(desk: Desk) -> None:
    taken(desk, numbered("UBL-1", 2, "12:00:00", "20"), "/2", "city")
    taken(desk, numbered("UBL-1", 1, "11:00:00", "15"), "/3", "city")
    taken(desk, ubl_order("UBL-1", 1), "/1", "city")
    assert (queries.quarantine_count(desk.store), quantity(desk)) == (0, "20")


def _drawing(number: str, position: str) -> bytes:
    """An event: the buyer attached a drawing to a line."""
    return json.dumps(
        {
            "eventName": "OrderDocumentsAttachedByBuyer",
            "orderDocumentsEvent": {
                "buyerOrder": {"companyId": "B1", "purchaseOrderNumber": number},
                "lines": [{"buyerLine": {"position": position, "documents": [{"code": "D-1", "name": "Drawing"}]}}],
            },
        }
    ).encode()


def test_documents_that_overtake_their_order_or_their_line_are_taken_in_after_it(desk: Desk) -> None:
    """Events come in any order; no drawing is lost by that."""
    early = taken(desk, _drawing("PO-1", "2"), "/1")
    assert early.reason == "order PO-1: this is a change of it, and the order itself has not come."
    taken(desk, tradecloud("PO-1", lines=1), "/2")
    [held] = queries.quarantine(desk.store)
    assert "line 2: the order has no such line" in held.reason
    taken(desk, tradecloud("PO-1", lines=2), "/3")
    assert queries.quarantine_count(desk.store) == 0
    loaded = queries.load(desk.store, 1, desk.now)
    assert loaded is not None
    assert [[one.name for one in line.content.documents] for line in loaded.record.order.lines] == [[], ["Drawing"]]


def test_an_order_of_which_a_line_was_cancelled_before_it_came_is_taken_in(desk: Desk) -> None:
    order = json.loads(tradecloud("PO-1", lines=2))
    order["lines"][1]["indicators"] = {"cancelled": True}
    assert taken(desk, json.dumps(order).encode()).state == "applied"
    loaded = queries.load(desk.store, 1, desk.now)
    assert loaded is not None
    assert [str(line.process_status) for line in loaded.record.order.lines] == ["Issued", "Cancelled"]


def test_a_status_that_is_not_known_yet_holds_up_neither_its_order_nor_others_of_the_page(desk: Desk) -> None:
    """Tradecloud: "unknown fields, values and events must be ignored"."""
    first, second = json.loads(polled("PO-1")), json.loads(polled("PO-2"))
    second["lines"][0]["status"]["processStatus"] = "Parked"
    assert taken(desk, json.dumps({"data": [first, second], "total": 2}).encode()).state == "applied"
    assert [row.number for row in queries.list_orders(desk.store, now=desk.now)] == ["PO-1", "PO-2"]
    (entry,) = queries.timeline(desk.store, 2)
    assert "'Parked' is not known here and was left out" in entry.notes[0]


def test_an_event_without_lines_that_overtakes_its_order_is_taken_in_after_it(desk: Desk) -> None:
    buyer = {"companyId": "B1", "purchaseOrderNumber": "PO-1", "contact": {"email": "ines@buyer.example"}}
    event = {"eventName": "OrderContactReassignedByBuyer", "orderEvent": {"buyerOrder": buyer, "lines": []}}
    assert taken(desk, json.dumps(event).encode(), "/1").state == "quarantined"
    taken(desk, tradecloud("PO-1"), "/2")
    assert queries.quarantine_count(desk.store) == 0
    loaded = queries.load(desk.store, 1, desk.now)
    assert loaded is not None
    assert loaded.record.order.header.contact == Contact(email="ines@buyer.example")


def test_a_change_that_comes_while_an_answer_waits_is_computed_against_what_is_there(desk: Desk) -> None:
    taken(desk, tradecloud("PO-1", "10"), "/1")
    desk.book.change(1, desk.decision(Act.AGREE, "1"), "alice")
    applied = taken(desk, tradecloud("PO-1", "12"), "/2")
    assert applied.state == "applied"
    [row] = queries.list_orders(desk.store, now=desk.now)
    assert (row.process_status, row.sending) == ("Issued", "nothing")


def test_many_documents_of_one_order_in_one_go_are_applied_in_their_order(desk: Desk) -> None:
    ids = [arrives(desk, tradecloud("PO-1", str(number)), f"/{number}") for number in range(1, 40)]
    assert {one.state for one in apply(desk.book, ids)} == {"applied"}
    assert quantity(desk) == "39.0"
    assert [entry.revision for entry in queries.timeline(desk.store, 1)] == list(range(1, 40))
    assert verify(desk.store) == []


def polled(number: str, quantity: str = "10", *, company: str = "B1") -> bytes:
    """An order as Tradecloud's poll gives it."""
    line = {
        "buyerLine": {"position": "1", "item": {"number": "HB-1"}},
        "deliverySchedule": [{"position": "1", "date": "2025-04-01", "quantity": float(quantity)}],
        "status": {"processStatus": "Issued", "logisticsStatus": "Open"},
    }
    return json.dumps(
        {
            "buyerOrder": {"companyId": company, "purchaseOrderNumber": number},
            "supplierOrder": {"buyerAccountNumber": "340760"},
            "lines": [line],
        }
    ).encode()


def of_no_company(document: bytes) -> bytes:
    tree = json.loads(document)
    del tree["order"]["companyId"]
    return json.dumps(tree).encode()


@pytest.mark.parametrize("flat", [tradecloud("PO-1", "12"), of_no_company(tradecloud("PO-1", "12"))])
@pytest.mark.parametrize("flat_first", [True, False])
@pytest.mark.parametrize("together", [True, False])
def test_an_order_that_comes_in_two_shapes_is_one(desk: Desk, flat: bytes, flat_first: bool, together: bool) -> None:
    shapes = [flat, polled("PO-1", "8")] if flat_first else [polled("PO-1", "8"), flat]
    if together:
        ids = [arrives(desk, shape, f"/{nth}") for nth, shape in enumerate(shapes)]
        assert [one.orders for one in apply(desk.book, ids)] == [(1,), (1,)]
    else:
        assert [taken(desk, shape, f"/{nth}").orders for nth, shape in enumerate(shapes)] == [(1,), (1,)]
    assert quantity(desk) == ("8.0" if flat_first else "12.0")
    assert verify(desk.store) == []


def test_orders_of_two_companies_with_one_number_stay_two(desk: Desk) -> None:
    assert taken(desk, tradecloud("PO-1"), "/1").orders == (1,)
    assert taken(desk, polled("PO-1", company="B2"), "/2").orders == (2,)
    assert taken(desk, polled("PO-2", company="B1"), "/3").orders == (3,)
    assert taken(desk, polled("PO-2", company="B2"), "/4").orders == (4,)
    # It could be about either, and is about an order of its own.
    assert taken(desk, of_no_company(tradecloud("PO-2")), "/5").orders == (5,)


def with_account(document: bytes, account: str | None) -> bytes:
    """A polled order as it is when the buyer's account with us is that one, or nobody has written it there."""
    tree = json.loads(document)
    tree["supplierOrder"] = {} if account is None else {"buyerAccountNumber": account}
    return json.dumps(tree).encode()


@pytest.mark.parametrize("accounts", [(None, "7"), ("7", None), (None, "7", None)])
def test_an_order_is_the_same_one_when_its_buyer_gets_an_account_with_us(
    desk: Desk, accounts: tuple[str | None, ...]
) -> None:
    for nth, account in enumerate(accounts):
        assert taken(desk, with_account(polled("PO-1", str(8 + nth)), account), f"/{nth}", "city").orders == (1,)
    found = queries.load(desk.store, 1, desk.now)
    assert found is not None
    assert found.record.platform.header.buyer_account_number == "7"


def with_id(document: bytes, order_id: str) -> bytes:
    return json.dumps({**json.loads(document), "id": order_id}).encode()


def test_an_order_that_the_platform_itself_calls_the_same_is_the_same_whatever_account_it_has(desk: Desk) -> None:
    """Without one it was taken for that of our settings, or somebody wrote a wrong one there first."""
    for nth, account in enumerate((None, "7", "8")):
        document = with_id(with_account(polled("PO-1", str(8 + nth)), account), "O-1")
        assert taken(desk, document, f"/{nth}").orders == (1,)
    found = queries.load(desk.store, 1, desk.now)
    assert found is not None
    assert found.record.platform.header.buyer_account_number == "8"
    of_another = with_id(with_account(polled("PO-1"), "9"), "O-2")
    assert taken(desk, of_another, "/another").orders == (2,)


def test_orders_of_two_accounts_of_one_company_stay_two(desk: Desk) -> None:
    of = [with_account(polled("PO-1", str(8 + nth)), account) for nth, account in enumerate((None, "7", "8", "7"))]
    assert [taken(desk, each, f"/{nth}", "city").orders for nth, each in enumerate(of)] == [(1,), (1,), (2,), (1,)]


def test_an_order_is_known_by_its_key_whatever_document_brings_it(desk: Desk) -> None:
    taken(desk, tradecloud("PO-1"), "/1")
    found = queries.load(desk.store, 1, desk.now)
    assert found is not None
    assert found.record.platform.key == key("PO-1", buyer=found.row.buyer)
