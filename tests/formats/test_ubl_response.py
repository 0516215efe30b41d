"""Order responses in plain UBL: what each answer becomes, that the schema takes it, and what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from core.decisions import Stage
from core.formats import CannotCarry, ubl
from core.model import (
    UNKNOWN,
    ChargeLine,
    Contact,
    Document,
    ItemDetails,
    KeyValue,
    Money,
    Order,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
)
from core.outgoing import DespatchAdvice, Indicator, OrderResponse, ResponseLine
from tests.formats.ubl_documents import (
    accepted,
    an_order,
    answer,
    deliveries,
    net_price,
    order_of,
    read,
    rejected,
    schema_error,
    texts,
)

CODE = "/*/cbc:OrderResponseCode"
STATUS = "//cac:LineItem/cbc:LineStatusCode"


def rendered(response: OrderResponse, order: Order | None = None) -> bytes:
    return ubl.render(response, order or an_order(), "answer-1").payload


def gross(value: str, discount: str, currency: str = "EUR") -> Prices:
    price = Price(transaction=Money(value=Decimal(value), currency=currency))
    return Prices(gross=price, discount_percentage=Decimal(discount))


WHOLE = {
    "accepted": (answer(indicator=Indicator.ACCEPTED), "AP"),
    "rejected": (answer(indicator=Indicator.REJECTED), "RE"),
    "every line accepted": (answer(accepted("10"), accepted("20")), "AP"),
    "every line rejected": (answer(rejected("10"), rejected("20")), "RE"),
    "a line of two accepted": (answer(accepted("10")), "CA"),
    "both": (answer(accepted("10"), rejected("20")), "CA"),
    "lines beside the order's word": (answer(accepted("10"), rejected("20"), indicator=Indicator.ACCEPTED), "CA"),
    "other terms": (answer(ResponseLine(position="10", prices=net_price("3"))), "CA"),
}


@pytest.mark.parametrize(("response", "code"), WHOLE.values(), ids=WHOLE.keys())
def test_the_code_of_the_whole_answer(response: OrderResponse, code: str) -> None:
    assert texts(rendered(response, an_order("10", "20")), CODE) == [code]


def test_a_line_confirmed_before_counts_for_the_whole() -> None:
    order = an_order("10", "20")
    before = order.lines[0].but(process_status=ProcessStatus.CONFIRMED, confirmed=order.lines[0].requested)

    payload = rendered(answer(accepted("20")), order.but(lines=(before, order.lines[1])))

    assert texts(payload, CODE) == ["AP"]
    assert texts(payload, "//cac:OrderLine//cbc:LineID") == ["20"]


LINES = {
    "accepted": (accepted("10"), "5"),
    "rejected": (rejected("10"), "7"),
    "accepted beats other terms": (accepted("10").but(prices=net_price("9")), "5"),
    "the buyer's terms": (ResponseLine(position="10", delivery_schedule=deliveries(("2026-03-20", "100.0"))), "5"),
    "another date": (ResponseLine(position="10", delivery_schedule=deliveries(("2026-03-21", "100"))), "3"),
    "another quantity": (ResponseLine(position="10", delivery_schedule=deliveries(("2026-03-20", "99"))), "3"),
    "another price": (ResponseLine(position="10", prices=net_price("2.51")), "3"),
    "no terms": (ResponseLine(position="10", sales_order_number="SO-1"), "4"),
}


@pytest.mark.parametrize(("line", "status"), LINES.values(), ids=LINES.keys())
def test_the_status_of_a_line(line: ResponseLine, status: str) -> None:
    assert texts(rendered(answer(line)), STATUS) == [status]


def test_a_delivery_in_parts_is_several_deliveries_of_one_line() -> None:
    parts = deliveries(("2026-03-20", "60"), ("2026-04-20", "30.5"))

    payload = rendered(answer(ResponseLine(position="10", delivery_schedule=parts)))

    assert texts(payload, "//cac:LineItem/cbc:Quantity") == ["90.5"]
    assert texts(payload, "//cac:Delivery/cbc:Quantity[@unitCode='EA']") == ["60", "30.5"]
    assert texts(payload, "//cac:PromisedDeliveryPeriod/cbc:EndDate") == ["2026-03-20", "2026-04-20"]


def test_a_delivery_without_a_day_has_a_quantity_only() -> None:
    parts = (
        *deliveries(("2026-03-20", "60")),
        ScheduledDelivery(date=UNKNOWN, quantity=Decimal(40)),
    )

    payload = rendered(answer(ResponseLine(position="10", delivery_schedule=parts)))

    assert texts(payload, "//cac:Delivery/cbc:Quantity") == ["60", "40"]
    assert texts(payload, "//cac:Delivery[2]/*") == ["40"]


def test_a_price_is_written_to_the_last_digit_with_unit_and_unit_quantity() -> None:
    line = ResponseLine(position="10", prices=net_price("0.000012300", "EUR", "MTR", "1E2"))

    payload = rendered(answer(line))

    assert texts(payload, "//cbc:PriceAmount[@currencyID='EUR']") == ["0.000012300"]
    assert texts(payload, "//cbc:BaseQuantity[@unitCode='MTR']") == ["100"]


GROSS = {
    "gross and discount": (gross("80", "12.5"), "70"),
    "many digits": (gross("1.23456789012345678901", "33.333333333333333333"), None),
    "gross and net": (net_price("70").but(gross=gross("80", "0").gross), "70"),
}


@pytest.mark.parametrize(("prices", "net"), GROSS.values(), ids=GROSS.keys())
def test_a_gross_price_is_what_an_allowance_takes_the_net_one_from_to_the_last_digit(
    prices: Prices, net: str | None
) -> None:
    payload = rendered(answer(ResponseLine(position="10", prices=prices)))

    written, off, base = (
        Fraction(texts(payload, f"//cac:Price{path}")[0])
        for path in ("/cbc:PriceAmount", "//cbc:Amount", "//cbc:BaseAmount")
    )
    assert prices.gross is not None
    assert prices.gross.transaction is not None
    assert base == Fraction(prices.gross.transaction.value)
    assert written == base - off
    assert written == (Fraction(net) if net else base * (1 - Fraction(prices.discount_percentage or 0) / 100))
    factors = [Fraction(text) for text in texts(payload, "//cbc:MultiplierFactorNumeric")]
    assert factors == ([] if prices.discount_percentage is None else [Fraction(prices.discount_percentage) / 100])


FULL = answer(
    ResponseLine(
        position="10",
        delivery_schedule=deliveries(("2026-03-21", "60"), ("2026-04-20", "40")),
        prices=gross("80", "12.5").but(price_unit="KGM", price_unit_quantity=Decimal(100)),
        reason="the mill is slow",
        description="M8 × 40",
        sales_order_number="SO-77",
        sales_order_position="1",
        item_details=ItemDetails(
            country_of_origin="NL",
            combined_nomenclature_code="7318 15 95",
            net_weight=Decimal("1.20"),
            net_weight_unit="KGM",
            dangerous_goods_code="3480",
            serial_number="S1",
            batch_number="L1",
        ),
        properties=(KeyValue(key="Colour", value="zinc"),),
        notes=("first\nsecond", "third"),
        documents=(Document(code="D-1", url="https://bolts.example/d1.pdf", type="Drawing", revision="B"),),
    ),
    rejected("20"),
    accepted("30"),
    description="our answer",
    notes=("more",),
    contact=Contact(email="ann@bolts.example", name="Ann", phone="1", user_name="ann"),
    buyer_account_number="340760",
    documents=(Document(name="terms.pdf", url="https://bolts.example/terms.pdf", description="our terms"),),
)
ANSWERS = {
    **{f"whole order {name}": response for name, (response, _) in WHOLE.items()},
    **{f"line {name}": answer(line) for name, (line, _) in LINES.items()},
    **{name: answer(ResponseLine(position="10", prices=prices)) for name, (prices, _) in GROSS.items()},
    "everything at once": FULL,
}


@pytest.mark.parametrize("response", ANSWERS.values(), ids=ANSWERS.keys())
def test_the_schema_of_ubl_2_1_takes_the_answer(corpus: Path, response: OrderResponse) -> None:
    assert schema_error(corpus, rendered(response, an_order("10", "20", "30"))) is None


@pytest.mark.parametrize(
    "name", ["ubl/UBL-Order-2.1-Example.xml", "ubl/order-test-good.xml", "peppol/Order_Example.xml"]
)
def test_answers_to_the_orders_of_the_corpus_pass_the_schema(corpus: Path, name: str) -> None:
    order = order_of(read((corpus / name).read_bytes()))
    later = answer(
        *(
            ResponseLine(position=line.position, delivery_schedule=deliveries(("2030-01-01", "7")), reason="late")
            for line in order.lines
        ),
        number=order.key.number,
    )
    for response in (later, answer(indicator=Indicator.ACCEPTED, number=order.key.number)):
        assert schema_error(corpus, rendered(response, order)) is None


def test_everything_that_an_answer_says_is_in_it() -> None:
    payload = rendered(FULL, an_order("10", "20", "30"))

    said = {
        "/*/cbc:ID": ["answer-1"],
        "/*/cbc:SalesOrderID": ["SO-77"],
        "/*/cbc:IssueDate": ["2026-03-02"],
        "/*/cbc:IssueTime": ["09:30:05"],
        "/*/cbc:Note": ["our answer", "more"],
        "/*/cbc:DocumentCurrencyCode": ["EUR"],
        "/*/cac:OrderReference/cbc:ID": ["PO-1"],
        "//cac:SellerContact/*": ["ann", "Ann", "1", "ann@bolts.example"],
        "//cac:BuyerCustomerParty/cbc:SupplierAssignedAccountID": ["340760"],
        "//cac:BuyerCustomerParty//cbc:EndpointID[@schemeID='0088']": ["7300010000001"],
        "//cac:LineItem[cbc:ID='10']/cbc:Note": ["the mill is slow", "M8 × 40", "first\nsecond", "third"],
        "//cac:LineItem[cbc:ID='20']/cbc:Note": ["no longer made"],
        "//cac:OrderLineReference/cbc:SalesOrderLineID": ["1"],
        "//cac:OriginCountry/cbc:IdentificationCode": ["NL"],
        "//cbc:ItemClassificationCode[@listID='HS']": ["7318 15 95"],
        "//cbc:UNDGCode": ["3480"],
        "//cac:ItemInstance//cbc:*": ["S1", "L1"],
        "//cac:Dimension/cbc:*": ["AAA", "1.20"],
        "//cac:AdditionalItemProperty/cbc:*": ["Colour", "zinc"],
        "//cac:ItemSpecificationDocumentReference//cbc:*": ["D-1", "Drawing", "B", "https://bolts.example/d1.pdf"],
        "//cac:AdditionalDocumentReference//cbc:*": ["terms.pdf", "our terms", "https://bolts.example/terms.pdf"],
        "(//cac:Item)[1]/*/cbc:ID": ["B-1", "4711", "D-1"],
    }
    assert {path: texts(payload, path) for path in said} == said


def test_the_buyers_own_reference_and_identifier_of_the_order_come_back() -> None:
    order = an_order()
    header = order.header.but(
        references=("6E09886B-DC6E-439F-82D1-7CCAC7F4E3B1",),
        properties=(KeyValue(key="Customer reference", value="ABC-1"),),
    )

    payload = rendered(answer(accepted("10")), order.but(header=header))

    assert texts(payload, "/*/cbc:CustomerReference") == ["ABC-1"]
    assert texts(payload, "/*/cac:OrderReference/cbc:UUID") == ["6E09886B-DC6E-439F-82D1-7CCAC7F4E3B1"]


def test_whoever_answered_is_the_contact_where_none_is_named() -> None:
    payload = rendered(answer(accepted("10"), responded_by=Contact(user_name="bob")))

    assert texts(payload, "//cac:SellerContact/*") == ["bob"]


def test_the_same_answer_rendered_again_is_the_same_bytes() -> None:
    again = OrderResponse.from_json(FULL.to_json())

    assert rendered(again, an_order("10", "20", "30")) == rendered(FULL, an_order("10", "20", "30"))


def test_what_a_partner_wrote_is_text_in_the_answer_and_nothing_else() -> None:
    order = an_order()
    item = order.lines[0].content.item.but(name="</cac:Item>&amp;<x/>")
    hostile = order.but(lines=(order.lines[0].but(content=order.lines[0].content.but(item=item)),))

    assert texts(rendered(answer(accepted("10")), hostile), "//cac:Item/cbc:Name") == ["</cac:Item>&amp;<x/>"]


def one(**fields: object) -> OrderResponse:
    return answer(ResponseLine(position="10").but(**fields))


BASE_CURRENCY = Prices(net=Price(base=Money(value=Decimal(1), currency="USD")))
REFUSED = {
    "a quantity that is not known yet": one(
        delivery_schedule=(ScheduledDelivery(date=dt.date(2026, 4, 1), quantity=UNKNOWN),)
    ),
    "charges": one(charge_lines=(ChargeLine(description="freight"),)),
    "a gross price without a discount, or a discount without a price": one(prices=gross("80", "1").but(gross=None)),
    "a price in a base currency": one(prices=BASE_CURRENCY),
    "net and gross prices in two currencies": one(prices=net_price("1").but(gross=gross("2", "1", "USD").gross)),
    "a document kept at another platform: refer to it by a url": one(documents=(Document(object_id="o"),)),
    "the control character U+0007 in 'bell\\x07'": one(reason="bell\x07"),
    "an answer to a line that the order doesn't have": answer(accepted("99")),
    "properties of the order": answer(accepted("10"), properties=(KeyValue(key="a", value="b"),)),
    "an answer without the time at which it was given": answer(accepted("10"), responded_at=None),
}


@pytest.mark.parametrize(("what", "response"), REFUSED.items(), ids=REFUSED.keys())
def test_what_ubl_has_no_place_for_is_refused_by_name(what: str, response: OrderResponse) -> None:
    with pytest.raises(CannotCarry) as refusal:
        rendered(response)

    assert refusal.value.what == what
    assert refusal.value.format_name == "ubl"
    of_a_line = "properties" not in what and "time" not in what
    assert refusal.value.position == (response.lines[0].position if of_a_line else None)


def test_a_despatch_advice_is_refused() -> None:
    advice = DespatchAdvice(
        number="PO-1", advice_number="D", stage=Stage.SHIPPED, complete=True, lines=(), at=dt.datetime.now(dt.UTC)
    )

    with pytest.raises(CannotCarry, match="ubl can't carry a despatch advice"):
        ubl.render(advice, an_order(), "d")
    assert not ubl.carries.despatch
