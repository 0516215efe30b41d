"""Orders as the platform keeps them, polled and by webhook: each field, and where each side's terms are taken from."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import Any

import pytest

from core.formats import Unreadable
from core.formats import tradecloud_json as tradecloud
from core.formats._tradecloud_read import OTHER_EVENTS
from core.formats._tradecloud_reported import EVENT_ACTS
from core.messages import BuyerAct
from core.model import (
    UNKNOWN,
    ChargeLine,
    Contact,
    Document,
    InProgressStatus,
    Item,
    ItemDetails,
    KeyValue,
    LineContent,
    LineReport,
    LineType,
    LogisticsStatus,
    Money,
    OrderHeader,
    OrderKey,
    OrderReport,
    Party,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
    TradeTerms,
)
from tests.formats.tradecloud_documents import (
    BARE_SOURCE,
    SOURCE,
    Tree,
    encode,
    line,
    message,
    messages,
    polled,
    polled_line,
    sample,
    sample_tree,
)


def _terms(date: str, quantity: str, price: str | None = None, position: str | None = "0001") -> Terms:
    return Terms(
        delivery_schedule=(
            ScheduledDelivery(position=position, date=dt.date.fromisoformat(date), quantity=Decimal(quantity)),
        ),
        prices=None if price is None else Prices(net=Price(transaction=Money(value=Decimal(price), currency="EUR"))),
    )


def test_every_field_of_a_polled_order_has_its_place() -> None:
    read = message(sample("polled-order"))
    assert read.key == OrderKey(connection="harbour", buyer="0f1e2d3c-harbour-cranes/340760", number="4500017")
    assert read.platform_id == "0f1e2d3c-harbour-cranes-4500017"
    assert read.event is None
    assert read.at_platform == "2026-03-02T09:10:11.123Z"
    assert read.warnings == ()
    assert read.reported == OrderReport(
        process_status=ProcessStatus.IN_PROGRESS,
        logistics_status=LogisticsStatus.OPEN,
        version=12,
        last_updated_at="2026-03-02T09:10:11.123Z",
    )
    assert read.header == OrderHeader(
        description="Spares for the north quay",
        order_type="Purchase",
        company_id="0f1e2d3c-harbour-cranes",
        buyer_account_number="340760",
        supplier_account_number="V-7731",
        destination=Party(
            id="NQ-3",
            names=("Harbour Cranes", "North quay, gate 3"),
            address_lines=("Kade 3",),
            postal_code="3011 AA",
            city="Rotterdam",
            country_code="NL",
            country_name="the Netherlands",
            location_type="warehouse",
        ),
        contact=Contact(
            email="ines@harbour-cranes.example", user_name="INES", name="Inês Vaz", phone="+31 10 000 00 00"
        ),
        terms=TradeTerms(
            incoterms_code="DAP", incoterms="North quay", payment_terms_code="30D", payment_terms="30 days net"
        ),
        auto_confirm=True,
        properties=(KeyValue(key="crane", value="NQ-17"),),
        notes=("Ring before you come", "No deliveries on Friday"),
        labels=("urgent",),
        documents=(
            Document(
                code="D-1",
                revision="C",
                name="Quay map",
                object_id="obj-1",
                type="General",
                description="Where to unload",
            ),
        ),
    )


def test_every_field_of_a_polled_line_has_its_place() -> None:
    read = line(message(sample("polled-order")), "10")
    assert read.content == LineContent(
        row="1",
        line_type=LineType.ITEM,
        description="Painted grey",
        item=Item(number="HC-88", revision="r4", name="Sheave ø250", unit="PCE", supplier_item_number="S-250"),
        item_details=ItemDetails(
            country_of_origin="NL",
            combined_nomenclature_code="8425 31 00",
            net_weight=Decimal("4.20"),
            net_weight_unit="KGM",
            dangerous_goods_code="0060",
            serial_number="SN-1",
            batch_number="B-1",
        ),
        charge_lines=(
            ChargeLine(
                position="01",
                type_code="FC",
                description="Freight",
                quantity=Decimal(1),
                price=Price(transaction=Money(value=Decimal("45.00"), currency="USD")),
                price_unit="PCE",
            ),
        ),
        contract_number="FC-9",
        contract_position="3",
        project_number="P-1",
        production_number="M-2",
        sales_order_number="B-SO-3",
        propose_when_accepted=True,
        properties=(KeyValue(key="colour", value="RAL 7001"),),
        notes=("With certificate",),
        labels=("3.1 certificate",),
        documents=(Document(code="D-2", name="Drawing", url="https://harbour-cranes.example/d-2.pdf"),),
    )
    assert read.terms == Terms(
        delivery_schedule=(
            ScheduledDelivery(position="0001", date=dt.date(2026, 5, 4), quantity=Decimal("2.50")),
            ScheduledDelivery(position="0002", date=dt.date(2026, 6, 1), quantity=Decimal("7.5")),
        ),
        prices=Prices(
            gross=Price(transaction=Money(value=Decimal("1234.5600"), currency="USD")),
            discount_percentage=Decimal("12.5"),
            net=Price(
                transaction=Money(value=Decimal("1080.240000000000000000000000001"), currency="USD"),
                base=Money(value=Decimal("999.10"), currency="EUR"),
            ),
            price_unit="PCE",
            price_unit_quantity=Decimal(100),
        ),
    )
    assert read.reported == LineReport(process_status=ProcessStatus.ISSUED, logistics_status=LogisticsStatus.OPEN)
    assert (read.confirmed, read.proposed, read.acts, read.delivered) == (None, None, (), ())


def test_numbers_keep_every_digit_that_was_written() -> None:
    prices = (line(message(sample("polled-order")), "10").terms or Terms()).prices
    assert prices is not None
    assert prices.gross is not None
    assert prices.net is not None
    assert str(prices.gross.transaction and prices.gross.transaction.value) == "1234.5600"
    assert str(prices.net.transaction and prices.net.transaction.value) == "1080.240000000000000000000000001"
    assert str(prices.net.base and prices.net.base.value) == "999.10"


@pytest.mark.parametrize(
    ("position", "process", "in_progress", "asked", "proposed", "confirmed"),
    [
        # Our proposal is open: the schedule still shows what was issued.
        (
            "20",
            "InProgress",
            "OpenSupplierProposal",
            ("2026-05-11", "30", "3.10"),
            ("2026-05-20", "30", "3.10", None),
            None,
        ),
        # The buyer's reopen request asks another date; the price that it leaves unsaid is the confirmed one.
        (
            "30",
            "InProgress",
            "OpenBuyerReopenRequest",
            ("2026-07-01", "4", "12"),
            None,
            ("2026-06-15", "4", "12"),
        ),
        # Agreed: the schedule shows what is confirmed, which need not be what was asked.
        ("40", "Confirmed", None, None, None, ("2026-08-03", "1", "5.5")),
        # Our reopen request is open: the schedule still shows what is confirmed.
        (
            "50",
            "InProgress",
            "OpenSupplierReopenRequest",
            None,
            ("2026-09-09", "6", "8"),
            ("2026-09-01", "6", "8"),
        ),
    ],
)
def test_each_sides_terms_are_taken_from_where_the_status_puts_them(
    position: str,
    process: str,
    in_progress: str | None,
    asked: tuple[Any, ...] | None,
    proposed: tuple[Any, ...] | None,
    confirmed: tuple[Any, ...] | None,
) -> None:
    read = line(message(sample("polled-order")), position)
    assert read.reported is not None
    assert read.reported.process_status == process
    assert read.reported.in_progress_status == in_progress
    assert read.terms == (asked and _terms(*asked))
    assert read.proposed == (proposed and _terms(*proposed))
    assert read.confirmed == (confirmed and _terms(*confirmed))


def test_the_reason_of_an_open_reopen_request_is_the_buyers_reason() -> None:
    assert line(message(sample("polled-order")), "30").reason == "The quay is closed in June"


def test_a_scheduled_delivery_that_is_delivered_counts_as_goods_received() -> None:
    assert line(message(sample("polled-order")), "40").delivered == (
        ScheduledDelivery(position="0001", date=dt.date(2026, 8, 3), quantity=Decimal(1)),
    )


def test_a_blank_date_and_an_absent_quantity_are_unknown() -> None:
    read = line(message(sample("polled-order")), "60")
    assert read.terms is not None
    assert read.terms.delivery_schedule == (ScheduledDelivery(position="0001", date=UNKNOWN, quantity=UNKNOWN),)


@pytest.mark.parametrize("in_progress", [status.value for status in InProgressStatus])
def test_every_in_progress_status_is_reported_as_the_platform_says_it(in_progress: str) -> None:
    read = line(message(polled(polled_line("InProgress", in_progress))), "1")
    assert read.reported is not None
    assert read.reported.in_progress_status == in_progress


@pytest.mark.parametrize(
    ("process", "in_progress", "agreed"),
    [
        ("Issued", None, False),
        ("InProgress", "OpenSupplierProposal", False),
        ("InProgress", "RejectedSupplierProposal", False),
        ("InProgress", "ReissuedRejectedLine", False),
        ("InProgress", "OpenBuyerReopenRequest", True),
        ("InProgress", "OpenSupplierReopenRequest", True),
        ("InProgress", "OpenBuyerReconfirmationRequest", True),
        ("InProgress", "OpenSupplierShipmentRescheduleRequest", True),
        ("InProgress", "ApprovedDeliverySchedule", True),
        ("InProgress", "RejectedDeliverySchedule", True),
        ("Confirmed", None, True),
        ("Rejected", None, False),
        ("Completed", None, False),
        ("Cancelled", None, False),
    ],
)
def test_the_schedule_is_the_confirmed_one_only_where_the_line_was_agreed(
    process: str, in_progress: str | None, agreed: bool
) -> None:
    read = line(message(polled(polled_line(process, in_progress))), "1")
    assert read.confirmed == (_terms("2026-05-04", "3", "5") if agreed else None)


@pytest.mark.parametrize(
    ("process", "in_progress", "holds"),
    [
        ("Issued", None, False),
        ("InProgress", "ReissuedRejectedLine", False),
        ("InProgress", "RevertedCompletedLine", True),
        ("InProgress", "RevertedCancelledLine", True),
        ("Completed", None, True),
        ("Cancelled", None, True),
    ],
)
def test_a_confirmed_line_of_the_past_counts_only_where_it_still_holds(
    process: str, in_progress: str | None, holds: bool
) -> None:
    once = {"deliverySchedule": [{"position": "0001", "date": "2026-02-02", "quantity": 9}]}
    read = line(message(polled(polled_line(process, in_progress, confirmedLine=once))), "1")
    assert read.confirmed == (_terms("2026-02-02", "9") if holds else None)


@pytest.mark.parametrize("status", ["Approved", "Rejected", "Closed"])
def test_a_reopen_request_that_is_no_longer_open_asks_nothing(status: str) -> None:
    request = {"deliverySchedule": [{"date": "2027-01-01", "quantity": 1}], "status": status}
    buyer_line = {"position": "1", "requests": {"reopenRequest": request}}
    read = line(message(polled(polled_line("Confirmed", buyerLine=buyer_line))), "1")
    assert (read.terms, read.reason) == (None, None)
    assert read.confirmed == _terms("2026-05-04", "3", "5")


def test_the_buyers_own_schedule_beats_the_agreed_one_as_what_is_asked() -> None:
    buyer_line = {"position": "1", "deliverySchedule": [{"position": "0001", "date": "2026-04-01", "quantity": 3}]}
    read = line(message(polled(polled_line("Confirmed", buyerLine=buyer_line))), "1")
    assert read.terms == _terms("2026-04-01", "3", "5")
    assert read.confirmed == _terms("2026-05-04", "3", "5")


def test_a_proposal_without_its_request_is_read_from_the_terms_that_include_requests() -> None:
    twin: Tree = {
        "deliveryScheduleIncludingRequests": [{"position": "0001", "date": "2026-05-09", "quantity": 3}],
        "pricesIncludingRequests": {
            "netPrice": {"priceInTransactionCurrency": {"value": Decimal("5.10"), "currencyIso": "EUR"}}
        },
    }
    read = line(message(polled(polled_line("InProgress", "OpenSupplierProposal", **twin))), "1")
    assert read.proposed == _terms("2026-05-09", "3", "5.10")
    assert read.terms == _terms("2026-05-04", "3", "5")


def test_the_same_order_has_the_same_key_polled_and_by_webhook() -> None:
    assert message(sample("polled-order")).key == message(sample("order-event")).key


def test_an_event_says_what_the_buyer_did_and_what_the_platform_made_of_it() -> None:
    read = message(sample("order-event"))
    assert read.event == "OrderChangesProposalApprovedByBuyer"
    assert read.platform_id == "0f1e2d3c-harbour-cranes-4500017"
    assert read.reported is not None
    assert read.reported.version == 13
    approved = line(read, "20")
    assert approved.acts == (BuyerAct.APPROVE,)
    assert approved.confirmed == _terms("2026-05-20", "30", "3.10")
    assert approved.reported == LineReport(
        process_status=ProcessStatus.CONFIRMED, logistics_status=LogisticsStatus.OPEN
    )


def test_an_event_never_cancels_the_lines_that_it_does_not_touch() -> None:
    """The flag is the buyer's to the platform, and an event carries only the lines it touches (manual, "Webhook")."""
    assert message(sample("order-event")).cancel_missing is False
    assert message(sample("polled-order")).cancel_missing is False


@pytest.mark.parametrize(("event", "acts"), sorted(EVENT_ACTS.items()))
def test_events_of_the_buyer_are_acts_on_their_lines(event: str, acts: tuple[BuyerAct, ...]) -> None:
    read = message({"eventName": event, "orderEvent": polled(polled_line("Issued"))})
    assert line(read, "1").acts == acts
    assert acts != ()
    assert read.warnings == ()


@pytest.mark.parametrize("event", sorted(OTHER_EVENTS))
def test_other_events_only_bring_the_present_state(event: str) -> None:
    read = message({"eventName": event, "orderEvent": polled(polled_line("Rejected"))})
    assert line(read, "1").acts == ()
    assert line(read, "1").reported == LineReport(
        process_status=ProcessStatus.REJECTED, logistics_status=LogisticsStatus.OPEN
    )
    assert read.warnings == ()


def test_an_event_that_is_not_known_is_taken_for_the_state_that_it_brings() -> None:
    read = message({"eventName": "OrderLinesBlessedByBuyer", "orderEvent": polled(polled_line("Confirmed"))})
    assert read.event == "OrderLinesBlessedByBuyer"
    assert line(read, "1").acts == ()
    assert len(read.warnings) == 1
    assert "'OrderLinesBlessedByBuyer'" in read.warnings[0]
    sealed = message(sample_tree("documents-event") | {"eventName": "OrderDocumentsSealedByBuyer"})
    assert [one for one in sealed.warnings if "'OrderDocumentsSealedByBuyer'" in one] == list(sealed.warnings) != []


def _of(names: str, *who: str) -> list[str]:
    """`OrderLinesReopen{Requested,RequestApproved}By` spelt out for each of those who may do it."""
    return [name + each for name in names.split() for each in who]


EVENTS = [
    *_of("OrderIssuedBy OrderLinesIssuedBy OrderLinesReissuedBy OrderLinesUpdatedBy", "Buyer"),
    *_of("OrderLinesAcceptedBy OrderLinesRejectedBy OrderChangesProposedBy OrderLinesUpdatedBy", "Supplier"),
    *_of("OrderLinesConfirmedBy", "Buyer", "Supplier"),
    *_of("OrderChangesProposalApprovedBy OrderChangesProposalRejectedBy", "Buyer"),
    "OrderLinesItemDetailsChanged",
    *_of("OrderLinesReopenRequestedBy OrderLinesReopenRequestRevertedBy", "Buyer", "Supplier"),
    *_of("OrderLinesReopenRequestApprovedBy OrderLinesReopenRequestRejectedBy", "Buyer", "Supplier"),
    "OrderLinesReconfirmationRequestedByBuyer",
    "OrderLinesReconfirmedBySupplier",
    *_of("OrderLinesCancelledBy CancelledOrderLinesRevertedBy", "Buyer"),
    *_of("OrderLinesCompletedBy CompletedOrderLinesRevertedBy", "Buyer"),
    *_of("OrderLinesMarkedAsOpenBy OrderLinesMarkedAsDeliveredBy", "Buyer", "Supplier"),
    *_of("OrderLinesShippedBy OrderLinesDeliveryHistoryAppendedBy OrderLinesDeliveryHistorySetBy", "Buyer"),
    *_of("OrderLinesDeliveryScheduleLogisticsUpdatedBy OrderContactReassignedBy", "Buyer", "Supplier"),
    "OrderLinesShipmentRescheduleRequestedBySupplier",
    *_of("OrderLinesShipmentRescheduleApprovedBy OrderLinesShipmentRescheduleRejectedBy", "Buyer"),
    *_of("OrderResentBy OrderDocumentsAttachedBy", "Buyer", "Supplier"),
]
"""The platform's event names, as the facts about it list them."""


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_of_the_platforms_list_has_its_reading(event: str) -> None:
    assert (event in EVENT_ACTS) != (event in OTHER_EVENTS)
    assert message({"eventName": event, "orderEvent": polled(polled_line("Confirmed"))}).warnings == ()


@pytest.mark.parametrize(
    ("event", "adds"),
    [("OrderLinesDeliveryHistoryAppendedByBuyer", True), ("OrderLinesDeliveryHistorySetByBuyer", False), (None, False)],
)
def test_goods_received_are_the_whole_history_unless_the_event_says_that_they_are_more(
    event: str | None, adds: bool
) -> None:
    came = polled_line("Confirmed", deliveryHistory=[{"position": "1", "date": "2026-05-01", "quantity": 4}])
    read = line(message({"eventName": event, "orderEvent": polled(came)} if event else polled(came)), "1")
    assert (len(read.delivered), read.delivered_adds) == (1, adds)


@pytest.mark.parametrize("progress", ["RevertedCancelledLine", "RevertedCompletedLine", "OpenSupplierProposal", None])
@pytest.mark.parametrize("agreement_survives", [True, False])
def test_what_is_asked_stands_on_the_line_though_the_buyers_part_repeats_what_was_once_issued(
    progress: str | None, agreement_survives: bool
) -> None:
    """ "`deliverySchedule`/`prices` hold issued or confirmed values, never open requests": after an agreement that ended,
    those are the newer ones."""
    once = {"deliverySchedule": [{"position": "1", "date": "2026-05-01", "quantity": 10}]}
    since = [{"position": "1", "date": "2026-05-01", "quantity": 8}]
    tree = polled_line("InProgress" if progress else "Issued", progress)
    tree |= {"buyerLine": {**tree["buyerLine"], **once}, "deliverySchedule": since}
    if agreement_survives and progress is not None and progress.startswith("Reverted"):
        tree["confirmedLine"] = {"deliverySchedule": since}
    asked = line(message(polled(tree)), "1").terms
    assert asked is not None
    assert [delivery.quantity for delivery in asked.delivery_schedule] == [8]


@pytest.mark.parametrize(
    ("event", "history", "takes_back"),
    [
        ("OrderLinesDeliveryHistorySetByBuyer", {"deliveryHistory": []}, True),
        ("OrderLinesDeliveryHistorySetByBuyer", {}, False),
        ("OrderLinesDeliveryHistoryAppendedByBuyer", {"deliveryHistory": []}, False),
        (None, {"deliveryHistory": []}, False),
    ],
)
@pytest.mark.parametrize("buyers", [False, True], ids=["on the line", "in the buyer's part"])
def test_only_a_history_that_is_set_takes_back_what_was_received_by_being_empty(
    event: str | None, history: dict[str, object], takes_back: bool, buyers: bool
) -> None:
    came = polled_line("Confirmed")
    came |= {"buyerLine": {**came["buyerLine"], **history}} if buyers else history
    read = line(message({"eventName": event, "orderEvent": polled(came)} if event else polled(came)), "1")
    assert (read.delivered, read.delivered_whole) == ((), takes_back)


def test_whom_of_ours_an_order_was_reassigned_to_is_in_our_part_of_it() -> None:
    tree = polled(polled_line("Confirmed"))
    tree["supplierOrder"] = {**tree["supplierOrder"], "contact": {"email": "bob@supplier.example"}}
    tree["buyerOrder"] = {**tree["buyerOrder"], "contact": {"email": "carol@buyer.example"}}
    read = message({"eventName": "OrderContactReassignedBySupplier", "orderEvent": tree})
    assert read.header is not None
    assert read.header.supplier_contact == Contact(email="bob@supplier.example")
    assert read.header.contact == Contact(email="carol@buyer.example")


def test_single_deliveries_are_schedules_of_one() -> None:
    read = message(sample("single-delivery-event"))
    first = line(read, "10")
    assert first.content is not None
    assert first.content.original_position == "5"
    assert first.terms == _terms("2026-05-04", "12.0", "2", position=None)
    asked = line(read, "20")
    assert asked.terms == _terms("2026-06-08", "3", "7", position=None)
    assert asked.confirmed == _terms("2026-06-01", "3", "7", position=None)


def test_a_split_of_ours_that_the_buyer_has_not_numbered_is_left_out_with_a_warning() -> None:
    read = message(sample("single-delivery-event"))
    assert [line.position for line in read.lines] == ["10", "20"]
    assert len(read.warnings) == 1
    assert "lines[2]" in read.warnings[0]


@pytest.mark.parametrize(
    ("process", "in_progress", "asked", "proposed"),
    [("InProgress", "OpenSupplierProposal", False, True), ("InProgress", "OpenBuyerReopenRequest", True, False)],
)
def test_a_single_delivery_without_status_line_holds_the_open_request_itself(
    process: str, in_progress: str, asked: bool, proposed: bool
) -> None:
    tree = polled_line(process, in_progress, scheduledDelivery={"date": "2026-05-30", "quantity": 3})
    del tree["deliverySchedule"], tree["prices"]
    read = line(message(polled(tree)), "1")
    requested = _terms("2026-05-30", "3", position=None)
    assert read.terms == (requested if asked else None)
    assert read.proposed == (requested if proposed else None)
    assert read.confirmed is None


def test_a_documents_event_attaches_documents_and_changes_nothing_else() -> None:
    read = message(sample("documents-event"))
    assert read.key == message(sample("polled-order")).key
    assert read.attached == (Document(code="D-3", name="Packing rules", object_id="obj-3"),)
    assert (read.header, read.reported, read.acts) == (None, None, ())
    (only,) = read.lines
    assert only.attached == (Document(code="D-4", revision="5", name="Drawing"),)
    assert (only.position, only.acts, only.content, only.terms, only.reported) == ("10", (), None, None, None)


def test_each_order_of_a_poll_page_is_a_message() -> None:
    first, second = polled(polled_line("Issued")), polled(polled_line("Confirmed"), id="po-2")
    second["buyerOrder"]["purchaseOrderNumber"] = "PO-2"
    page = {"data": [first, second], "total": 2, "lastUpdatedAt": "2026-03-02T09:10:11.123Z"}
    assert [read.key.number for read in messages(page)] == ["PO-1", "PO-2"]
    assert tradecloud.parse(encode({"data": [], "total": 0}), SOURCE) == ()


def test_the_place_in_a_poll_page_names_the_order() -> None:
    page = {"data": [polled(), polled(polled_line("Issued", position=""))]}
    with pytest.raises(Unreadable) as refused:
        messages(page)
    assert refused.value.place == "data[1].lines[0].buyerLine.position"


def test_an_order_that_stands_under_its_name_is_read_as_polled() -> None:
    assert message({"order": polled(polled_line("Issued"))}).reported == message(polled(polled_line("Issued"))).reported


@pytest.mark.parametrize(
    ("company", "account", "source", "buyer"),
    [
        ("c-1", "17", SOURCE, "c-1/17"),
        ("c-1", None, SOURCE, "c-1/340760"),
        ("c-1", None, BARE_SOURCE, "c-1"),
        (None, "17", BARE_SOURCE, "17"),
    ],
)
def test_the_buyer_is_company_and_account(company: str | None, account: str | None, source: Any, buyer: str) -> None:
    tree = polled()
    tree["buyerOrder"]["companyId"] = company
    tree["supplierOrder"]["buyerAccountNumber"] = account
    assert message(tree, source).key.buyer == buyer


def test_an_order_that_names_no_buyer_is_refused_with_the_setting_that_would_name_one() -> None:
    tree = polled()
    del tree["buyerOrder"]["companyId"], tree["supplierOrder"]
    with pytest.raises(Unreadable) as refused:
        message(tree, BARE_SOURCE)
    assert refused.value.place == "buyerOrder.companyId"
    assert "our_account" in refused.value.remedy


@pytest.mark.parametrize(
    ("status", "kept", "place"),
    [
        ({"processStatus": "Blessed", "logisticsStatus": "Open"}, False, "status.processStatus"),
        ({"processStatus": "InProgress", "inProgressStatus": "OpenPrayer"}, True, "status.inProgressStatus"),
        ({"processStatus": "Confirmed", "logisticsStatus": "Beamed"}, True, "status.logisticsStatus"),
    ],
)
def test_a_status_that_the_platform_has_learnt_since_is_left_out_with_a_warning(
    status: dict[str, str], kept: bool, place: str
) -> None:
    read = message(polled(polled_line("Issued", status=status)))
    assert (line(read, "1").reported is not None) is kept
    assert len(read.warnings) == 1
    assert f"lines[0].{place}" in read.warnings[0]
    content = line(read, "1").content
    assert content is not None
    assert len(content.doubts) == ("logistics" not in place)  # how far goods are is no matter of terms


def test_an_unknown_status_of_the_order_leaves_the_order_without_report() -> None:
    read = message(polled(status={"processStatus": "Blessed"}))
    assert read.reported is None
    assert "status.processStatus" in read.warnings[0]


def test_an_unknown_line_type_is_an_item_with_a_warning() -> None:
    read = message(
        polled(polled_line("Issued", lineType="Blessing"), polled_line("Issued", "", "2", lineType="Charge"))
    )
    assert [entry.content and entry.content.line_type for entry in read.lines] == [LineType.ITEM, LineType.CHARGE]
    assert len(read.warnings) == 1
    assert [entry.content and entry.content.doubts for entry in read.lines] == [
        ("has a lineType 'Blessing', which is not known here and was left out",),
        (),
    ]


def test_a_forecast_is_pointed_out() -> None:
    tree = polled()
    tree["buyerOrder"]["orderType"] = "Forecast"
    assert "'Forecast'" in message(tree).warnings[0]


def test_neither_the_order_of_members_nor_unknown_ones_mean_anything() -> None:
    expected = message(sample("polled-order"))
    shuffled = _shuffled(sample_tree("polled-order"), random.Random(7))
    assert message(shuffled) == expected


def _shuffled(tree: Any, chance: random.Random) -> Any:
    """The same members in another order, with ones among them that nobody knows."""
    if isinstance(tree, dict):
        members = [(key, _shuffled(value, chance)) for key, value in tree.items()]
        members += [("zzUnknown", {"deep": [1, 2, {"x": None}]}), ("anotherOne", Decimal("1E+400"))]
        chance.shuffle(members)
        return dict(members)
    if isinstance(tree, list):
        return [_shuffled(entry, chance) for entry in tree]
    return tree


def test_a_number_with_white_space_in_it_is_taken_as_it_is_with_a_warning() -> None:
    read = message(polled(polled_line("Issued", position="10 A"), buyerOrder={"purchaseOrderNumber": "PO 1"}))
    assert (read.key.number, read.lines[0].position) == ("PO 1", "10 A")
    assert [warning.split(" has white space")[0] for warning in read.warnings] == [
        "The order number 'PO 1'",
        "The position '10 A'",
    ]
    plain = message(polled(polled_line("Issued"), buyerOrder={"purchaseOrderNumber": " PO-1 "}))
    assert (plain.key.number, plain.warnings) == ("PO-1", ())
