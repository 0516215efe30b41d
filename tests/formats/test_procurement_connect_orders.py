"""Orders of Procurement Connect, bare and in events, in JSON and XML: what they say, and what is refused by its place."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from core.formats import AboutNoOrder, Source, Unreadable, read, recognise
from core.formats._procurement_connect_order import STATES
from core.messages import BuyerAct
from core.model import UNKNOWN, Contact, InProgressStatus, KeyValue, LogisticsStatus, Money, Price, ProcessStatus, Terms
from tests.formats.procurement_connect_documents import (
    SOURCE,
    Tree,
    encode,
    event,
    line,
    message,
    messages,
    newer,
    order,
)


def terms_of(tree: Tree) -> Terms:
    (only,) = message(tree).lines
    assert only.terms is not None
    return only.terms


def quantity_and_day(terms: Terms) -> list[tuple[object, object]]:
    return [(delivery.quantity, delivery.date) for delivery in terms.delivery_schedule]


def net(terms: Terms | None) -> Price | None:
    assert terms is not None
    assert terms.prices is not None
    return terms.prices.net


# --- the order --------------------------------------------------------------------------------------------------------


def test_an_order_is_read_with_its_terms() -> None:
    (read_line,) = message(order()).lines
    assert read_line.acts == (BuyerAct.ISSUE, BuyerAct.STANDS)
    assert read_line.terms is not None
    assert quantity_and_day(read_line.terms) == [(Decimal(2), dt.date(2026, 12, 1))]
    assert net(read_line.terms) == Price(transaction=Money(value=Decimal("466.44"), currency="EUR"))
    content = read_line.content
    assert content is not None
    assert (content.item.supplier_item_number, content.item.unit) == ("MAG-80/PL", "pallet")
    assert KeyValue(key="amount_in_base_unit", value="24000 sheet") in content.properties
    assert KeyValue(key="sku", value="MAG-80/PL|v1") in content.properties


def test_an_order_goes_by_its_number_or_by_the_platforms_own_reference() -> None:
    read_order = message(order())
    assert (read_order.key.number, read_order.key.buyer) == ("CO/7H38HB", "5e48383d/0001052231")
    assert read_order.header is not None
    assert read_order.header.references == ("CO/7H38HB", "pacnr:0102471714")
    assert message(order(order_number="4711")).key.number == "4711"


def test_people_and_places_are_read() -> None:
    header = message(order()).header
    assert header is not None
    assert header.buyer is not None
    assert (header.buyer.id, header.buyer.names, header.buyer_account_number) == (
        "5e48383d",
        ("Joey’s Print Ltd",),
        "0001052231",
    )
    assert header.contact == Contact(name="Hayet Özcan")
    assert header.supplier_contact == Contact(name="Ann Sales", email="ann@supplier.example", phone="+49 6131 1")
    place = header.destination
    assert place is not None
    assert (place.names, place.address_lines, place.postal_code, place.city, place.country_code) == (
        ("Joey’s Print Ltd", "Gate 2"),
        ("Emmerich-Josef-Straße 1A",),
        "55116",
        "Mainz",
        "DE",
    )
    assert KeyValue(key="delivery_mode", value="complete") in header.properties


def test_the_newer_shape_says_the_same() -> None:
    read_order = message(newer())
    assert (read_order.key.number, read_order.key.buyer) == ("CO/NA8F3D", "5e48383d")
    terms = terms_of(newer())
    assert quantity_and_day(terms) == [(Decimal(2), dt.date(2026, 12, 3))]
    assert net(terms) == Price(transaction=Money(value=Decimal("781.4"), currency="EUR"))
    assert read_order.lines[0].content is not None
    assert read_order.lines[0].content.item.unit == "pallet"


def test_a_price_that_the_platform_rounded_is_pointed_out() -> None:
    tree = newer()
    rounded = {"unit_net_price": "0.05", "total_net_price": "360.13"}
    tree["order_line_items"][0] |= {"amount": 7000, "pricing": rounded}
    assert "line 1: 7000 at 0.05 are not the total 360.13" in message(tree).warnings[0]
    content = message(tree).lines[0].content
    assert content is not None
    assert content.doubts[0].startswith("7000 at 0.05 are not the total 360.13")


@pytest.mark.parametrize("deliveries", [[], [{"desired_delivery_date": None}], None])
def test_no_desired_day_means_as_soon_as_possible(deliveries: object) -> None:
    assert quantity_and_day(terms_of(order(deliveries=deliveries))) == [(Decimal(2), UNKNOWN)]


def test_a_line_delivered_in_parts_has_a_day_for_each() -> None:
    parts = [
        {
            "desired_delivery_date": day,
            "delivery_line_items": [{"amount": 1, "order_line_item": {"id": "id-of-MAG-80/PL"}}],
        }
        for day in ("2026-12-01", "2027-01-15")
    ]
    assert quantity_and_day(terms_of(order(delivery_mode="splitted", deliveries=parts))) == [
        (Decimal(1), dt.date(2026, 12, 1)),
        (Decimal(1), dt.date(2027, 1, 15)),
    ]


def test_parts_that_are_not_the_whole_are_no_schedule() -> None:
    part = {"desired_delivery_date": "2026-12-01", "delivery_line_items": [{"amount": 1, "order_line_item_id": "x"}]}
    assert quantity_and_day(terms_of(order(deliveries=[part]))) == [(Decimal(2), dt.date(2026, 12, 1))]


def test_a_price_on_request_is_none() -> None:
    assert terms_of(order("transferred", line(catalog_price=None))).prices is None


def test_lines_are_numbered_in_the_order_in_which_they_were_made() -> None:
    first = line("A", created_at="2026-11-02T12:34:11.721Z")
    second = line("B", created_at="2026-11-02T12:34:11.726Z")
    for lines in ((first, second), (second, first)):
        named = {
            one.position: one.content.item.supplier_item_number
            for one in message(order("transferred", *lines)).lines
            if one.content is not None
        }
        assert named == {"1": "A", "2": "B"}


def test_positions_that_the_platform_gives_are_kept() -> None:
    lines = message(order("transferred", line("A", position="20"), line("B", position="10"))).lines
    assert [one.position for one in lines] == ["20", "10"]


def test_the_customer_number_of_the_settings_serves_where_the_order_names_no_buyer() -> None:
    tree = newer(delivery={"desired_delivery_date": "2026-12-03"})
    with pytest.raises(Unreadable, match="nothing says which buyer this is"):
        message(tree)
    assert message(tree, Source(connection="paper", our_account="77")).key.buyer == "77"


# --- secrets ----------------------------------------------------------------------------------------------------------


def test_of_the_credentials_in_a_contract_nothing_is_kept_but_that_they_came() -> None:
    read_order = message(order())
    assert read_order.header is not None
    assert KeyValue(key="contract password", value="•••") in read_order.header.properties
    assert KeyValue(key="contract username", value="•••") in read_order.header.properties
    for secret in ("hunter2", "joeys-print"):
        assert secret not in read_order.to_json()


def test_nested_credentials_are_masked_too() -> None:
    tree = order()
    tree["contract"] = {"customer_number": "7", "credentials": {"api_key": "k-123", "password": "p-456"}}
    kept = message(tree).to_json()
    assert "k-123" not in kept
    assert "p-456" not in kept
    assert "contract api_key" in kept


# --- states -----------------------------------------------------------------------------------------------------------

CONFIRMED, OPEN = ProcessStatus.CONFIRMED, LogisticsStatus.OPEN


@pytest.mark.parametrize(
    ("state", "acts", "process", "in_progress", "logistics"),
    [
        # Reference page, "Its states and ours".
        ("placed", (BuyerAct.ISSUE, BuyerAct.STANDS), None, None, None),
        ("transferred", (BuyerAct.ISSUE, BuyerAct.STANDS), None, None, None),
        ("transfer_failed", (BuyerAct.ISSUE,), None, None, None),
        ("confirmed", (), CONFIRMED, None, None),
        ("canceled_by_supplier", (), ProcessStatus.REJECTED, None, None),
        ("canceled_by_consumer", (BuyerAct.CANCEL,), ProcessStatus.CANCELLED, None, None),
        (
            "cancelation_requested",
            (BuyerAct.ASK_CANCELLATION,),
            ProcessStatus.IN_PROGRESS,
            InProgressStatus.CANCELLATION_REQUESTED,
            None,
        ),
        ("producing", (), CONFIRMED, None, LogisticsStatus.PRODUCED),
        ("packed", (), CONFIRMED, None, LogisticsStatus.READY_TO_SHIP),
        ("partially_shipped", (), CONFIRMED, None, OPEN),
        ("shipped", (), CONFIRMED, None, LogisticsStatus.SHIPPED),
        ("partially_shipped_remainder_canceled", (), CONFIRMED, None, LogisticsStatus.SHIPPED),
    ],
)
@pytest.mark.parametrize("shape", [order, newer])
def test_states_of_the_platform(
    shape: Any,
    state: str,
    acts: tuple[BuyerAct, ...],
    process: ProcessStatus | None,
    in_progress: InProgressStatus | None,
    logistics: LogisticsStatus | None,
) -> None:
    (read_line,) = message(shape(state)).lines
    assert read_line.acts == acts
    report = read_line.reported
    said = (report.process_status, report.in_progress_status, report.logistics_status) if report is not None else None
    assert said == ((process, in_progress, logistics) if process is not None else None)


def test_an_order_that_does_not_say_of_when_it_is_takes_back_no_request_to_cancel() -> None:
    (read_line,) = message(order("transferred", updated_at=None)).lines
    assert read_line.acts == (BuyerAct.ISSUE,)


def test_an_event_of_few_words_says_of_every_line_that_the_order_stands() -> None:
    few = message(event({"state": "transferred", "order_number": "4711"}))
    assert (few.lines, few.acts) == ((), (BuyerAct.ISSUE, BuyerAct.STANDS))


def test_what_is_confirmed_is_read_beside_what_was_asked() -> None:
    confirmed = line(confirmed_price="470.00", confirmed_delivery_at="2026-12-09", amount=1)
    (read_line,) = message(order("confirmed", confirmed)).lines
    assert read_line.terms is None
    assert read_line.confirmed is not None
    assert quantity_and_day(read_line.confirmed) == [(Decimal(1), dt.date(2026, 12, 9))]
    assert net(read_line.confirmed) == Price(transaction=Money(value=Decimal("470.00"), currency="EUR"))


@pytest.mark.parametrize(
    ("said", "schedule", "price"),
    [
        ({"confirmed_price": None, "confirmed_delivery_at": None}, [], None),
        ({"confirmed_price": "470.00", "confirmed_delivery_at": None}, [], Decimal("470.00")),
        ({"confirmed_delivery_at": "2026-12-09"}, [(Decimal(2), dt.date(2026, 12, 9))], None),
    ],
)
def test_what_is_null_of_an_agreement_is_not_made_up_from_catalogue_and_wishes(
    said: Any, schedule: list[object], price: Decimal | None
) -> None:
    (read_line,) = message(order("confirmed", line(**said))).lines
    assert read_line.confirmed is not None
    assert quantity_and_day(read_line.confirmed) == schedule
    prices = read_line.confirmed.prices
    assert (prices and net(read_line.confirmed)) == (price and Price(transaction=Money(value=price, currency="EUR")))
    assert read_line.ordered == message(order("transferred", line())).lines[0].terms


def test_a_moment_of_confirmed_delivery_is_its_day() -> None:
    (read_line,) = message(order("shipped", line(confirmed_delivery_at="2026-12-09T00:00:00+01:00"))).lines
    assert read_line.confirmed is not None
    assert quantity_and_day(read_line.confirmed) == [(Decimal(2), dt.date(2026, 12, 9))]


def test_what_we_cancelled_because_the_buyer_asked_is_cancelled_and_not_rejected() -> None:
    tree = order("canceled_by_supplier", cancelation_requested_at="2026-11-03T09:00:00Z")
    assert message(tree).lines[0].reported is not None
    assert message(tree).lines[0].reported.process_status is ProcessStatus.CANCELLED  # type: ignore[union-attr]


def test_a_draft_is_no_order() -> None:
    with pytest.raises(Unreadable, match="a draft is no order yet"):
        message(order("draft"))


def test_a_state_that_the_platform_learnt_since_changes_nothing() -> None:
    read_order = message(order("on_holiday"))
    assert (read_order.lines[0].acts, read_order.lines[0].reported, read_order.reported) == ((), None, None)
    assert "'on_holiday' is not known here" in read_order.warnings[0]


# --- events -----------------------------------------------------------------------------------------------------------


def test_an_event_is_the_order_in_its_payload() -> None:
    said = message(event(order()))
    assert (said.event, said.event_id) == ("procurement.order_transferred", "62abcc92-e17e-4db0-b78e-13369251474b")
    assert said.lines == message(order()).lines
    assert message(event({"order": order()})).lines == said.lines


def version(tree: Tree) -> int:
    report = message(tree).reported
    assert report is not None
    assert report.version is not None
    return report.version


def test_the_orders_last_change_is_its_version_and_not_that_of_the_events_format() -> None:
    versions = []
    for at in ("2026-11-02T12:36:39.802Z", "2026-11-02T13:36:39.803+01:00", "2026-11-02T12:36:40Z"):
        tree = event(order(updated_at=at), version="9.9")
        report = message(tree).reported
        assert report is not None
        assert report.last_updated_at == at
        versions.append(version(tree))
    first, second, third = versions
    assert first < second < third
    again = event(order(updated_at="2026-11-02T12:36:39.803Z"), version="1.0")
    assert version(again) == second


def test_of_two_events_with_one_last_change_the_later_one_is_newer() -> None:
    first = version(event(order(), timestamp="2026-11-02T12:36:40.100Z"))
    asked = version(event(order("cancelation_requested"), timestamp="2026-11-02T12:36:40.101Z"))
    days_later = version(event(order("cancelation_requested"), timestamp="2026-11-09T12:36:40Z"))
    assert version(order()) < first < asked < days_later
    # What was changed later is newer, whenever its event happened; an event from before the change is as old as that.
    assert version(order(updated_at="2026-11-02T12:36:39.803Z")) > days_later
    assert version(event(order(), timestamp="2001-01-01T00:00:00Z")) == version(order())
    assert version(event(order(), timestamp="2099-01-01T00:00:00Z")) < version(order(updated_at="2026-11-02T12:36:40Z"))


def test_an_event_that_happened_at_no_moment_can_t_be_read() -> None:
    with pytest.raises(Unreadable, match="is no date and time"):
        message(event(order(), timestamp="yesterday"))


def test_the_moment_of_the_event_serves_where_the_order_tells_none() -> None:
    tree = order()
    del tree["updated_at"]
    report = message(event(tree)).reported
    assert report is not None
    assert report.last_updated_at == "2026-11-02T12:36:40.100Z"
    assert report.version is not None


def test_an_event_of_few_words_is_about_all_lines() -> None:
    said = message(event({"order_id": "a29f3c77", "references": ["CO/7H38HB"], "state": "canceled_by_consumer"}))
    assert (said.key.number, said.key.buyer, said.change, said.lines) == ("CO/7H38HB", "", True, ())
    assert said.acts == (BuyerAct.CANCEL,)
    assert said.all_reported is not None
    assert said.all_reported.process_status is ProcessStatus.CANCELLED


def test_the_customer_number_of_the_settings_says_nothing_of_an_event_that_names_no_buyer() -> None:
    few = event({"id": "a29f3c77", "order_number": "P1", "state": "canceled_by_consumer"})
    assert message(few, Source(connection="paper", our_account="77")).key.buyer == ""


def test_a_page_of_the_api_holds_any_number_of_orders() -> None:
    assert [one.key.number for one in messages([order(), newer()])] == ["CO/7H38HB", "CO/NA8F3D"]


# --- recognising ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tree", [order(), newer(), event(order()), event({"state": "confirmed"}), [order()]])
def test_its_documents_are_told_by_their_content(tree: object) -> None:
    assert recognise(encode(tree)).name == "procurement-connect-json"


def test_the_tree_as_elements_is_told_and_read_alike() -> None:
    document = _as_xml(order())
    assert recognise(document).name == "procurement-connect-xml"
    (in_xml,) = read(document, SOURCE)
    assert in_xml == message(order())
    (hyphens,) = read(document.replace(b"order_line_item", b"order-line-item"), SOURCE)
    assert hyphens == in_xml


def _as_xml(tree: Tree) -> bytes:
    names = {
        "references": "reference",
        "order_line_items": "order_line_item",
        "deliveries": "delivery",
    }

    def written(key: str, value: object) -> str:
        if value is None:
            return f"<{key}/>"
        if isinstance(value, dict):
            inner = "".join(written(name, member) for name, member in value.items())
        elif isinstance(value, list):
            inner = "".join(written(names[key], entry) for entry in value)
        else:
            inner = str(value).replace("&", "&amp;")
        return f"<{key}>{inner}</{key}>"

    return ('<?xml version="1.0" encoding="UTF-8"?>' + written("order", tree)).encode()


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "place", "why"),
    [
        ({"references": [], "order_number": None}, "references", "neither number nor references"),
        ({"state": None}, "state", "without its state"),
        ({"references": "CO/1"}, "references", "an array is wanted"),
        ({"updated_at": "yesterday"}, "updated_at", "is no date and time"),
        ({"placed_at": "soon"}, "placed_at", "is no date"),
        ({"order_line_items": {"amount": 1}}, "order_line_items", "an array is wanted"),
        ({"contract": "C/1"}, "contract", "an object is wanted"),
        ({"currency": None}, "currency", "a price without its currency"),
    ],
    ids=lambda change: "-".join(change) if isinstance(change, dict) else "",
)
def test_an_order_that_says_nothing_usable_is_refused_by_its_place(change: Tree, place: str, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        message(order() | change)
    assert (refused.value.place, why in refused.value.reason) == (place, True)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"amount": "two"}, "order_line_items[0].amount"),
        ({"catalog_price": "1,50"}, "order_line_items[0].catalog_price"),
        ({"catalog_price": "1E+999999999"}, "order_line_items[0].catalog_price"),
        ({"catalog_price": True}, "order_line_items[0].catalog_price"),
        ({"desired_delivery_date": "2026-02-30"}, "order_line_items[0].desired_delivery_date"),
        ({"order_number": "A\u0007"}, "order_line_items[0].order_number"),
    ],
    ids=lambda change: str(change) if isinstance(change, dict) else "",
)
def test_a_line_that_says_nothing_usable_is_refused_by_its_place(change: Tree, place: str) -> None:
    with pytest.raises(Unreadable) as refused:
        message(order("transferred", line(**change)))
    assert refused.value.place == place


def test_two_lines_at_one_position_are_refused() -> None:
    with pytest.raises(Unreadable, match="stands twice in the order"):
        message(order("transferred", line(position="1"), line(position="1")))


@pytest.mark.parametrize("payload", [{}, {"contract_request": {"id": "1"}}])
def test_an_event_about_something_else_is_nobodys_concern(payload: Tree) -> None:
    with pytest.raises(AboutNoOrder, match=r"the event 'procurement\.contract_requested' carries no order"):
        message(event(payload, "procurement.contract_requested"))


@pytest.mark.parametrize(
    "payload",
    [
        {"id": "9", "name": "Frame", "state": "active"},
        {"id": "9", "state": "shipped"},
        {"id": "9", "references": ["C/GN9Z2W"], "state": "active"},
        {"id": "9", "contract": {"id": "1"}, "state": {}},
    ],
    ids=str,
)
def test_an_event_about_something_else_that_has_a_state_too_is_nobodys_concern(payload: Tree) -> None:
    with pytest.raises(AboutNoOrder, match=r"the event 'contract\.updated' carries no order"):
        message(event(payload, "contract.updated"))


@pytest.mark.parametrize("name", ["reorder_point.reached", "Reordered", "border.crossed"])
def test_an_event_of_which_the_name_only_ends_in_the_word_is_about_no_order(name: str) -> None:
    with pytest.raises(AboutNoOrder):
        message(event({"id": "9", "state": "shipped"}, name))


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({"references": ["CO/1"], "state": "canceled_by_consumer"}, "procurement.cancelation"),
        ({"id": "1", "state": "canceled_by_consumer"}, "procurement.order_canceled"),
        ({"order_id": "1", "state": "canceled_by_consumer"}, "OrderCanceled"),
        ({"id": "1", "state": "cancelation_requested"}, "procurement.cancelation"),
        ({"order_id": "1", "state": "canceled_by_consumer"}, "state_changed"),
        ({"id": "1", "state": "confirmed"}, "PurchaseOrderConfirmed"),
        ({"order_number": "1", "state": "learnt since"}, "procurement.cancelation"),
    ],
    ids=str,
)
def test_an_event_of_few_words_is_told_by_its_name_or_its_state(payload: Tree, name: str) -> None:
    said = message(event(payload, name))
    assert (said.key.number, said.change) in {("CO/1", True), ("1", True)}


def test_a_draft_among_orders_or_in_an_event_is_nobodys_concern() -> None:
    assert [one.key.number for one in messages([order("draft"), newer()])] == ["CO/NA8F3D"]
    with pytest.raises(AboutNoOrder, match="a draft is no order yet"):
        message(event(order("draft")))


@pytest.mark.parametrize("payload", [{"order": {"id": "1"}}, {"references": ["CO/1"]}, {"order_line_items": [line()]}])
def test_an_event_about_an_order_whose_state_is_missing_is_shown_to_somebody(payload: Tree) -> None:
    with pytest.raises(Unreadable) as refused:
        message(event(payload, "procurement.order_transferred"))
    assert not isinstance(refused.value, AboutNoOrder)


@pytest.mark.parametrize(
    "ours",
    [
        {"references": ["CO/1"], "order_number": "CO/1", "state": "confirmed", "order_line_items": [{"position": "1"}]},
        {"references": [], "order_number": "1", "state": "shipped", "order_line_items": [], "shipment": {}},
        {"references": [], "order_number": "1", "state": "canceled_by_supplier", "state_reason": "no"},
    ],
)
def test_our_own_answers_are_no_orders(ours: Tree) -> None:
    with pytest.raises(Unreadable, match="an answer, which suppliers send, is no order"):
        read(json.dumps(ours).encode(), SOURCE, "procurement-connect-json")


def test_an_element_that_stands_twice_is_refused_by_its_place() -> None:
    document = _as_xml(order()).replace(b"<currency>", b"<currency>USD</currency><currency>")
    with pytest.raises(Unreadable, match="'currency' stands twice") as refused:
        read(document, SOURCE)
    assert refused.value.place.startswith("/order/currency[2]")


@pytest.mark.parametrize("state", ["canceled_by_consumer", "cancelation_requested"])
def test_a_bare_word_of_the_platforms_is_no_answer_of_ours(state: str) -> None:
    """It has nothing but members that an answer has; of whom it is its state says."""
    tree = {"references": ["CO/7H38HB"], "state": state}
    for document in (json.dumps(tree).encode(), _as_xml(tree)):
        (said,) = read(document, SOURCE)
        assert (said.key.number, said.change, said.acts) == ("CO/7H38HB", True, STATES[state].acts)


def test_a_reference_that_stands_alone_in_its_element_is_read() -> None:
    document = _as_xml(order()).replace(b"<reference>pacnr:0102471714</reference>", b"")
    alone = document.replace(
        b"<references><reference>CO/7H38HB</reference></references>", b"<references>CO/7H38HB</references>"
    )
    assert alone != document
    (said,) = read(alone, SOURCE)
    assert said.header is not None
    assert said.header.references == ("CO/7H38HB",)
