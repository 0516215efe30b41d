"""Order responses as they leave: every field of the seed, exact numbers, and what the platform can't be told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.formats import CannotCarry, Unreadable
from core.formats import tradecloud_json as tradecloud
from core.model import (
    UNKNOWN,
    ChargeLine,
    Contact,
    Document,
    ItemDetails,
    KeyValue,
    LineContent,
    LineType,
    Money,
    Order,
    OrderHeader,
    OrderKey,
    OrderLine,
    Price,
    Prices,
    ScheduledDelivery,
)
from core.outgoing import Indicator, Indicators, OrderResponse, ResponseLine
from tests.formats.tradecloud_documents import as_json

ORDER = Order(
    key=OrderKey(connection="harbour", buyer="c-1/340760", number="4500017"),
    header=OrderHeader(buyer_account_number="340760"),
    lines=(
        OrderLine(position="10"),
        OrderLine(position="99", content=LineContent(line_type=LineType.CHARGE)),
    ),
)


def _answer(*lines: ResponseLine, **fields: Any) -> OrderResponse:
    fields.setdefault("buyer_account_number", "340760")
    return OrderResponse(number="4500017", lines=lines or (ResponseLine(position="10"),), **fields)


def _payload(answer: OrderResponse) -> bytes:
    return tradecloud.render(answer, ORDER, "a-document").payload


def _rendered(answer: OrderResponse) -> Any:
    return as_json(_payload(answer))


def _line(**fields: Any) -> Any:
    return _rendered(_answer(ResponseLine(position="10", **fields)))["lines"][0]


def _euro(text: str) -> Price:
    return Price(transaction=Money(value=Decimal(text), currency="EUR"))


FULL = _answer(
    ResponseLine(
        position="10",
        sales_order_number="SO-1",
        sales_order_position="0001",
        description="From the new mill",
        item_details=ItemDetails(
            country_of_origin="NL",
            combined_nomenclature_code="6406 10 10",
            net_weight=Decimal("41.2410"),
            net_weight_unit="KGM",
            dangerous_goods_code="0060",
            serial_number="SN",
            batch_number="B",
        ),
        delivery_schedule=(
            ScheduledDelivery(position="0001", date=dt.date(2026, 5, 4), quantity=Decimal("1234.560")),
            ScheduledDelivery(date=dt.date(2026, 5, 11), quantity=Decimal(1)),
        ),
        prices=Prices(
            gross=_euro("98.625"),
            discount_percentage=Decimal(20),
            net=Price(
                transaction=Money(value=Decimal("78.90"), currency="CNY"),
                base=Money(value=Decimal("10.0"), currency="EUR"),
            ),
            price_unit="M",
            price_unit_quantity=Decimal(100),
        ),
        charge_lines=(
            ChargeLine(
                position="01",
                type_code="FC",
                description="Freight",
                quantity=Decimal(2),
                price=_euro("1.23"),
                price_unit="PCE",
            ),
        ),
        indicator=Indicator.REJECTED,
        properties=(KeyValue(key="colour", value="red\nblue"),),
        documents=(
            Document(
                code="D",
                revision="B",
                name="Drawing",
                object_id="obj",
                url="https://supplier.example/d.pdf",
                type="General",
                description="As built",
            ),
        ),
        notes=("one note", "another note"),
        reason="The mill is late",
    ),
    company_id="5a5a",
    description="Our text",
    indicator=Indicator.ACCEPTED,
    properties=(KeyValue(key="ship", value="no"),),
    documents=(),
    notes=("note",),
    contact=Contact(email="alice@supplier.example"),
    responded_at=dt.datetime(2026, 4, 30, 23, 59, 58, 999_999, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    responded_by=Contact(user_name="alice"),
)


def _number(text: str) -> tuple[str, str]:
    return ("number", text)


def test_every_field_of_the_seed_has_its_place() -> None:
    assert _rendered(FULL) == {
        "order": {
            "companyId": "5a5a",
            "buyerAccountNumber": "340760",
            "purchaseOrderNumber": "4500017",
            "description": "Our text",
            "indicators": {"accepted": True},
            "properties": [{"key": "ship", "value": "no"}],
            "documents": [],
            "notes": ["note"],
            "contact": {"email": "alice@supplier.example"},
        },
        "lines": [
            {
                "purchaseOrderLinePosition": "10",
                "salesOrderNumber": "SO-1",
                "salesOrderLinePosition": "0001",
                "description": "From the new mill",
                "itemDetails": {
                    "countryOfOriginCodeIso2": "NL",
                    "combinedNomenclatureCode": "6406 10 10",
                    "netWeight": _number("41.2410"),
                    "netWeightUnitOfMeasureIso": "KGM",
                    "dangerousGoodsCodeUnece": "0060",
                    "serialNumber": "SN",
                    "batchNumber": "B",
                },
                "deliverySchedule": [
                    {"position": "0001", "date": "2026-05-04", "quantity": _number("1234.560")},
                    {"date": "2026-05-11", "quantity": _number("1")},
                ],
                "prices": {
                    "grossPrice": {"priceInTransactionCurrency": {"value": _number("98.625"), "currencyIso": "EUR"}},
                    "discountPercentage": _number("20"),
                    "netPrice": {
                        "priceInTransactionCurrency": {"value": _number("78.90"), "currencyIso": "CNY"},
                        "priceInBaseCurrency": {"value": _number("10.0"), "currencyIso": "EUR"},
                    },
                    "priceUnitOfMeasureIso": "M",
                    "priceUnitQuantity": _number("100"),
                },
                "chargeLines": [
                    {
                        "position": "01",
                        "chargeTypeCode": "FC",
                        "chargeDescription": "Freight",
                        "quantity": _number("2"),
                        "price": {"priceInTransactionCurrency": {"value": _number("1.23"), "currencyIso": "EUR"}},
                        "priceUnitOfMeasureIso": "PCE",
                    }
                ],
                "indicators": {"rejected": True},
                "properties": [{"key": "colour", "value": "red\nblue"}],
                "documents": [
                    {
                        "code": "D",
                        "revision": "B",
                        "name": "Drawing",
                        "objectId": "obj",
                        "url": "https://supplier.example/d.pdf",
                        "type": "General",
                        "description": "As built",
                    }
                ],
                "notes": ["one note", "another note"],
                "reason": "The mill is late",
            }
        ],
        "erpResponseDateTime": "2026-04-30T23:59:58",
        "erpRespondedBy": {"userName": "alice"},
    }


def test_a_full_answer_reads_back_as_it_was_meant() -> None:
    read = tradecloud.parse_response(_payload(FULL))
    local = dt.datetime(2026, 4, 30, 23, 59, 58)  # noqa: DTZ001  (on the wire without a zone)
    assert read == FULL.but(responded_at=local)


def test_the_same_answer_is_the_same_bytes() -> None:
    rendered = tradecloud.render(FULL, ORDER, "first")
    assert rendered == tradecloud.render(FULL, ORDER, "second")
    assert (rendered.content_type, rendered.extension) == ("application/json", "json")


def test_a_line_is_at_least_its_position() -> None:
    assert _rendered(_answer()) == {
        "order": {"buyerAccountNumber": "340760", "purchaseOrderNumber": "4500017"},
        "lines": [{"purchaseOrderLinePosition": "10"}],
    }


def test_the_account_number_is_the_orders_where_the_answer_has_none() -> None:
    assert _rendered(_answer(buyer_account_number=None))["order"]["buyerAccountNumber"] == "340760"


def test_unknown_dates_and_quantities_are_left_empty() -> None:
    """Seed: "If the delivery date is yet unknown, leave this date empty." The same of a quantity."""
    schedule = (
        ScheduledDelivery(position="1", date=UNKNOWN, quantity=Decimal(5)),
        ScheduledDelivery(position="2", date=dt.date(2026, 1, 2), quantity=UNKNOWN),
    )
    assert _line(delivery_schedule=schedule)["deliverySchedule"] == [
        {"position": "1", "quantity": _number("5")},
        {"position": "2", "date": "2026-01-02"},
    ]


def test_new_parts_of_a_split_stand_last_without_position() -> None:
    day, one = dt.date(2026, 1, 2), Decimal(1)
    schedule = tuple(
        ScheduledDelivery(position=position, date=day, quantity=one * n)
        for n, position in enumerate((None, "2", None, "1"), 1)
    )
    written = _line(delivery_schedule=schedule)["deliverySchedule"]
    assert [(entry.get("position"), entry["quantity"]) for entry in written] == [
        ("2", _number("2")),
        ("1", _number("4")),
        (None, _number("1")),
        (None, _number("3")),
    ]


@pytest.mark.parametrize(
    ("word", "flags", "written"),
    [
        (None, None, None),
        (Indicator.ACCEPTED, None, {"accepted": True}),
        (Indicator.REJECTED, None, {"rejected": True}),
        (None, Indicators(accepted=False, shipped=True), {"accepted": False, "shipped": True}),
        (Indicator.ACCEPTED, Indicators(accepted=False, rejected=False), {"accepted": True, "rejected": False}),
    ],
)
def test_indicators(word: Indicator | None, flags: Indicators | None, written: dict[str, bool] | None) -> None:
    assert _line(indicator=word, indicators=flags).get("indicators") == written


@pytest.mark.parametrize(
    ("contact", "written"),
    [
        (Contact(email="a@b.example", user_name="A", name="Alice"), {"email": "a@b.example"}),
        (Contact(user_name="A"), {"userName": "A"}),
        (Contact(name="Alice"), None),
    ],
)
def test_who_answered_goes_by_email_or_by_user_name(contact: Contact, written: dict[str, str] | None) -> None:
    assert _rendered(_answer(responded_by=contact)).get("erpRespondedBy") == written


@pytest.mark.parametrize(
    ("contact", "written"),
    [(Contact(email="a@b.example"), {"email": "a@b.example"}), (Contact(user_name="A"), {"userName": "A"})],
)
def test_a_contact_goes_by_email_or_by_user_name(contact: Contact, written: dict[str, str]) -> None:
    assert _rendered(_answer(contact=contact))["order"]["contact"] == written


@pytest.mark.parametrize(
    ("contact", "what"),
    [
        (Contact(email="a@b.example", user_name="A"), "e-mail address and by user name"),
        (Contact(email="a@b.example", name="Alice"), "a contact's name"),
        (Contact(user_name="A", phone="+31 20 1"), "a contact's phone number"),
        (Contact(), "without e-mail address or user name"),
    ],
)
def test_what_the_platform_has_no_place_for_in_a_contact_is_refused(contact: Contact, what: str) -> None:
    with pytest.raises(CannotCarry, match=what):
        _rendered(_answer(contact=contact))


@pytest.mark.parametrize(
    "text", ["78.90", "0.00", "100", "-1.5", "1E+3", "1E-20", "0E-8", "123456789012345678901234567890.10"]
)
def test_numbers_are_written_with_every_digit_and_without_exponent(text: str) -> None:
    value = Decimal(text)
    schedule = (ScheduledDelivery(date=UNKNOWN, quantity=value),)
    written = _line(delivery_schedule=schedule)["deliverySchedule"][0]["quantity"]
    assert written == ("number", format(value, "f"))


@given(
    st.decimals(allow_nan=False, allow_infinity=False, places=None, min_value=-(10**15), max_value=10**15).filter(
        lambda value: abs(int(value.as_tuple().exponent)) <= 20
    )
)
def test_any_number_comes_back_to_the_last_digit(value: Decimal) -> None:
    schedule = (ScheduledDelivery(date=UNKNOWN, quantity=value),)
    (line,) = tradecloud.parse_response(
        _payload(_answer(ResponseLine(position="10", delivery_schedule=schedule)))
    ).lines
    assert line.delivery_schedule is not None
    assert format(line.delivery_schedule[0].quantity, "f") == format(value, "f")


@given(st.text())
def test_any_text_is_written_as_it_is_or_refused(text: str) -> None:
    answer = _answer(ResponseLine(position="10", reason=text))
    try:
        payload = _payload(answer)
    except CannotCarry:
        assert any("\ud800" <= character <= "\udfff" for character in text)
    else:
        assert as_json(payload)["lines"][0]["reason"] == text


_DAY = ScheduledDelivery(date=dt.date(2026, 1, 2), quantity=Decimal(1))


@pytest.mark.parametrize(
    ("answer", "position", "what"),
    [
        (OrderResponse(number="1", buyer_account_number="2"), None, "without a line"),
        (_answer(*(ResponseLine(position=str(n)) for n in range(501))), None, "501 lines"),
        (_answer(ResponseLine(position="10", delivery_schedule=(_DAY,) * 101)), "10", "101 deliveries"),
        (_answer(ResponseLine(position="99", delivery_schedule=(_DAY, _DAY))), "99", "split of a charge line"),
        (_answer(ResponseLine(position="10", documents=(Document(code="D"),) * 101)), "10", "101 documents"),
        (_answer(documents=(Document(code="D"),) * 101), None, "101 documents"),
        *(
            (_answer(ResponseLine(position="10", item_details=details)), "10", what)
            for details, what in (
                (ItemDetails(country_of_origin="Netherlands"), "country of origin"),
                (ItemDetails(country_of_origin="nl"), "country of origin"),
                (ItemDetails(combined_nomenclature_code="6406 10"), "combined nomenclature code"),
                (ItemDetails(dangerous_goods_code="60"), "UN number"),
                (ItemDetails(net_weight=Decimal(1)), "net weight without its unit"),
            )
        ),
        (_answer(ResponseLine(position="10", reason="half \ud83d")), None, "surrogate"),
    ],
)
def test_what_the_platform_can_not_be_told_is_refused_by_name(
    answer: OrderResponse, position: str | None, what: str
) -> None:
    with pytest.raises(CannotCarry, match=what) as refused:
        _payload(answer)
    assert refused.value.position == position
    assert refused.value.format_name == "tradecloud-json"


def test_an_answer_to_a_buyer_without_account_number_names_the_setting_that_is_missing() -> None:
    order = ORDER.but(header=OrderHeader())
    with pytest.raises(CannotCarry, match="our_account"):
        tradecloud.render(_answer(buyer_account_number=None), order, "x")


@pytest.mark.parametrize(
    "document", [b"[]", b"{}", b'{"order": {"purchaseOrderNumber": 1.5}}', b'{"order": []}', b"\xff"]
)
def test_a_response_that_is_none_is_unreadable(document: bytes) -> None:
    with pytest.raises(Unreadable):
        tradecloud.parse_response(document)
