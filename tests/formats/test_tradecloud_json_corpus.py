"""Real documents of Tradecloud's SDK, held against what they state; those that are no orders are refused by name."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from core.formats import Source, Unreadable, read, recognise
from core.formats import tradecloud_json as tradecloud
from core.messages import BuyerAct, Message
from core.model import (
    UNKNOWN,
    ChargeLine,
    Contact,
    Document,
    Item,
    ItemDetails,
    KeyValue,
    Money,
    Order,
    OrderKey,
    Party,
    Price,
    Prices,
    ScheduledDelivery,
    TradeTerms,
)
from tests.formats.tradecloud_documents import as_json, line

pytestmark = pytest.mark.corpus

SOURCE = Source(connection="metal-works", our_account="340760")


def _read(corpus: Path, name: str) -> Message:
    document = (corpus / "tradecloud" / name).read_bytes()
    assert recognise(document).name == "tradecloud-json"
    (message,) = read(document, SOURCE)
    assert message.key.connection == "metal-works"
    return message


def _euro(text: str) -> Price:
    return Price(transaction=Money(value=Decimal(text), currency="EUR"))


def test_the_smallest_order_reads_as_it_states(corpus: Path) -> None:
    message = _read(corpus, "minimal-order.json")
    assert message.key == OrderKey(connection="metal-works", buyer="340760", number="PO0123456789")
    assert message.header is not None
    assert message.header.supplier_account_number == "540830"
    assert message.header.buyer_account_number == "340760"
    assert message.header.destination == Party(
        id="001",
        names=("My Company Warehouse",),
        address_lines=("Street 123",),
        postal_code="1234 AB",
        city="Rotterdam",
        country_code="NL",
    )
    (only,) = message.lines
    assert (only.position, only.acts) == ("00010", (BuyerAct.ISSUE,))
    assert only.content is not None
    assert only.content.item == Item(number="12345", name="Round tube ø60x45", unit="PCE")
    assert only.terms is not None
    assert only.terms.delivery_schedule == (
        ScheduledDelivery(position="0001", date=dt.date(2025, 5, 1), quantity=Decimal("1234.56")),
    )
    assert only.terms.prices == Prices(net=_euro("78.90"), price_unit="M", price_unit_quantity=Decimal(100))
    assert str(
        only.terms.prices.net and only.terms.prices.net.transaction and only.terms.prices.net.transaction.value
    ) == ("78.90")
    assert message.warnings == ()


def test_the_full_order_reads_as_it_states(corpus: Path) -> None:
    message = _read(corpus, "order.json")
    header = message.header
    assert header is not None
    assert message.key.number == "PO0123456789"
    assert header.description == "Any buyer custom text about this order"
    assert header.buyer is not None
    assert (header.buyer.id, header.buyer.id_scheme, header.buyer.names) == ("buyer-gln", "GLN", ("Buyer B.V.",))
    assert header.buyer_accounting is not None
    assert header.buyer_accounting.names == ("Buyer Invoice Party B.V.", "VAT 123456789")
    assert header.supplier is not None
    assert header.supplier.id == "supplier-gln"
    assert header.destination is not None
    assert header.destination.location_type == "warehouse"
    assert header.terms == TradeTerms(
        incoterms_code="CIF", incoterms="ECT Rotterdam", payment_terms_code="30D", payment_terms="30 days"
    )
    assert header.properties == (
        KeyValue(key="color", value="red"),
        KeyValue(key="Issued by", value="frankjan@tradecloud1.com"),
        KeyValue(key="Last changed by", value="contact@yourcompany.com"),
    )
    assert header.documents == (
        Document(
            code="123456789",
            revision="B",
            name="Tradecloud API Manual",
            object_id="a4f73172-6ccc-4588-8a1d-550297156c9d",
            type="General",
            description="General document",
        ),
    )
    assert header.notes == ("one order note", "another order note")
    assert header.labels == ("one order label", "another order label", "third order label")
    assert header.contact == Contact(email="frankjan@tradecloud1.com")
    assert header.issued_on == dt.date(2019, 12, 31)
    assert header.auto_confirm is False
    assert message.cancel_missing is False
    assert message.at_platform == "2019-12-31T10:11:12"

    (only,) = message.lines
    content = only.content
    assert content is not None
    assert only.acts == (BuyerAct.ISSUE,)
    assert only.reason == "Issue reason/remark"
    assert (content.row, content.description) == ("1", "Any buyer text about this line")
    assert content.item == Item(
        number="12345",
        revision="v2",
        name="Round tube ø60x45",
        description="Very nice round tube ø60 x 45",
        unit="PCE",
        supplier_item_number="67890",
    )
    assert content.item_details == ItemDetails(
        country_of_origin="NL",
        combined_nomenclature_code="6406 10 10",
        net_weight=Decimal("41.241"),
        net_weight_unit="KG",
        dangerous_goods_code="0060",
        serial_number="0x0000000000028000",
        batch_number="#18001",
    )
    assert content.charge_lines == tuple(
        ChargeLine(
            position=position,
            type_code="FC",
            description=description,
            quantity=Decimal(1),
            price=_euro(value),
            price_unit="PCE",
        )
        for position, description, value in (("01", "Description 1", "1.23"), ("02", "Description 2", "4.56"))
    )
    assert (content.contract_number, content.contract_position) == ("123456789", "0001")
    assert (content.project_number, content.production_number) == ("PROJ12345", "PROD12345")
    assert content.sales_order_number == "SO123456789"
    assert content.propose_when_accepted is False
    assert only.terms is not None
    assert only.terms.delivery_schedule == tuple(
        ScheduledDelivery(
            position=f"000{n}",
            date=dt.date(2023, 11, n),
            quantity=Decimal(f"{1111 * n}.{11 * n}"),
            transport_mode=f"Ship 000{n}" if n < 3 else None,
        )
        for n in (1, 2, 3, 4)
    )
    assert only.terms.prices == Prices(
        gross=_euro("1234.56"),
        discount_percentage=Decimal(50),
        net=_euro("1234.56"),
        price_unit="PCE",
        price_unit_quantity=Decimal(100),
    )
    # The history, and the fourth delivery, which the schedule calls delivered.
    assert [(entry.date, entry.quantity) for entry in only.delivered] == [
        (dt.date(2023, 11, 1), Decimal("1111.11")),
        (dt.date(2023, 11, 2), Decimal("2222.22")),
        (dt.date(2023, 11, 4), Decimal("4444.44")),
    ]
    assert only.delivered_adds is False


def test_the_smallest_single_delivery_order_reads_as_it_states(corpus: Path) -> None:
    message = _read(corpus, "minimal-single-delivery-order.json")
    assert message.key.number == "PO123456789"
    only = line(message, "0001")
    assert only.acts == (BuyerAct.ISSUE,)
    assert only.terms is not None
    assert only.terms.delivery_schedule == (ScheduledDelivery(date=dt.date(2025, 12, 31), quantity=Decimal("1234.56")),)
    assert only.terms.prices == Prices(net=_euro("1234.56"), price_unit="PCE", price_unit_quantity=Decimal("1.0"))
    assert only.delivered == (ScheduledDelivery(date=dt.date(2026, 12, 31), quantity=Decimal("1234.56")),)


def test_the_full_single_delivery_order_names_the_line_that_a_split_came_from(corpus: Path) -> None:
    message = _read(corpus, "single-delivery-order.json")
    assert message.header is not None
    assert message.header.company_id == "00f03b98-2511-489f-9695-13791b3f66b6"
    assert message.header.order_type == "Purchase"
    assert message.header.supplier_contact == Contact(email="contact@yourcompany.com")
    assert message.header.documents[0].url == "https://my-company.com/storage/my_file.pdf"
    only = line(message, "0002")
    assert only.content is not None
    assert only.content.original_position == "0001"
    assert only.terms is not None
    assert only.terms.delivery_schedule == (
        ScheduledDelivery(date=dt.date(2019, 12, 31), quantity=Decimal("1234.56"), transport_mode="Road transport"),
    )
    assert only.terms.prices is not None
    assert only.terms.prices.net == Price(
        transaction=Money(value=Decimal("1234.56"), currency="EUR"),
        base=Money(value=Decimal("1234.56"), currency="EUR"),
    )
    assert only.reason == "Production schedule changed"


def test_indicators_that_are_all_false_do_nothing(corpus: Path) -> None:
    message = _read(corpus, "order-indicators.json")
    assert (message.header, message.acts, message.cancel_missing) == (None, (), False)
    only = line(message, "0001")
    assert (only.acts, only.content, only.terms, only.delivered) == ((), None, None, ())


def test_deliveries_add_to_what_came_before(corpus: Path) -> None:
    message = _read(corpus, "order-deliveries.json")
    assert message.header is None
    only = line(message, "0001")
    assert (only.acts, only.terms) == ((), None)
    assert only.delivered_adds is True
    assert only.delivered == (
        ScheduledDelivery(position="01", date=dt.date(2020, 12, 24), quantity=Decimal("41.5")),
        ScheduledDelivery(position="02", date=dt.date(2020, 12, 25), quantity=Decimal("41.5")),
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("order-response.json", "an order response, which suppliers send, is no order"),
        ("minimal-order-response.json", "an order response, which suppliers send, is no order"),
        ("despatch-advice.json", "a despatch advice, which suppliers send, is no order"),
        ("minimal-despatch-advice.json", "a despatch advice, which suppliers send, is no order"),
        ("delivery-schedule.json", "neither an order nor an event of Tradecloud's"),
        ("order-events-settings.json", "neither an order nor an event of Tradecloud's"),
    ],
)
def test_what_is_no_order_is_refused_by_name(corpus: Path, name: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        tradecloud.parse((corpus / "tradecloud" / name).read_bytes(), SOURCE)
    assert refused.value.reason == reason


def test_every_json_document_of_the_corpus_is_spoken_of_here(corpus: Path) -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [path.name for path in (corpus / "tradecloud").glob("*.json") if f'"{path.name}"' not in here] == []


@pytest.mark.parametrize("name", ["order-response.json", "minimal-order-response.json"])
def test_the_manuals_response_comes_back_value_for_value(corpus: Path, name: str) -> None:
    original = (corpus / "tradecloud" / name).read_bytes()
    answer = tradecloud.parse_response(original)
    order = Order(key=OrderKey(connection="metal-works", buyer="340760", number=answer.number))
    again = tradecloud.render(answer, order, "any").payload
    assert as_json(again) == as_json(original)
    # Dicts compare whatever their order; the manual's order of members is kept as well.
    assert _members(as_json(again)) == _members(as_json(original))
    assert tradecloud.parse_response(again) == answer


def _members(tree: object) -> list[str]:
    if isinstance(tree, dict):
        return [name for key, value in tree.items() for name in (key, *_members(value))]
    if isinstance(tree, list):
        return [name for entry in tree for name in _members(entry)]
    return []


def test_the_manuals_response_says_what_it_states(corpus: Path) -> None:
    answer = tradecloud.parse_response((corpus / "tradecloud" / "order-response.json").read_bytes())
    assert (answer.number, answer.buyer_account_number, answer.indicator) == ("PO0123456789", "340760", None)
    assert answer.responded_at == dt.datetime(2019, 12, 31, 10, 11, 12)  # noqa: DTZ001  (local, as on the wire)
    assert answer.responded_by == Contact(email="eric@tradecloud1.com")
    (only,) = answer.lines
    assert only.delivery_schedule is not None
    assert [delivery.position for delivery in only.delivery_schedule] == ["0001", "0002", "0003", None]
    assert UNKNOWN not in {delivery.date for delivery in only.delivery_schedule}
    assert only.prices is not None
    assert str(only.prices.net and only.prices.net.transaction and only.prices.net.transaction.value) == "78.90"
    assert only.charge_lines is not None
    assert [charge.description for charge in only.charge_lines] == ["Description A", "Description B", "Description C"]
