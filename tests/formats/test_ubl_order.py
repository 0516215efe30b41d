"""How an order's terms are read where UBL leaves several ways to say them, and what is refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.formats import Source, Unreadable, ubl
from core.formats import read as read_any
from core.messages import BuyerAct, Message
from core.model import UNKNOWN, ItemDetails, Money, Price, Prices, ScheduledDelivery
from tests.formats.ubl_documents import (
    BASE_AMOUNT,
    LINE,
    PRICE,
    SOURCE,
    allowance,
    deliveries,
    net_price,
    order_xml,
    part,
    period,
    read,
    read_line,
)


def asked_date(line: str = "", delivery: str = "") -> object:
    terms = read_line(f"<cbc:Quantity>5</cbc:Quantity>{line}", delivery).terms
    assert terms is not None
    (asked,) = terms.delivery_schedule
    return asked.date


def prices(price: str) -> Prices | None:
    terms = read_line(price).terms
    assert terms is not None
    return terms.prices


def doubts(message: Message) -> list[tuple[str, ...]]:
    return [line.content.doubts for line in message.lines if line.content is not None]


def refusal(document: str) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        read(document)
    return refused.value


LATEST = "<cac:Delivery><cbc:LatestDeliveryDate>2026-05-09</cbc:LatestDeliveryDate></cac:Delivery>"
DATES = {
    "the end of the line's period": (period("2026-05-01", "2026-05-04"), "", dt.date(2026, 5, 4)),
    "its start, without an end": (period("2026-05-01"), "", dt.date(2026, 5, 1)),
    "the line's latest date": (LATEST, "", dt.date(2026, 5, 9)),
    "its period before its latest date": (
        LATEST.replace("</cac:Delivery>", period(end="2026-05-04").removeprefix("<cac:Delivery>")),
        "",
        dt.date(2026, 5, 4),
    ),
    "the line before the order": (period(end="2026-05-04"), period(end="2026-06-01"), dt.date(2026, 5, 4)),
    "the order's, where the line has none": ("", period("2026-05-30", "2026-06-01"), dt.date(2026, 6, 1)),
    "the order's, where the line's is blank": (period(), period(end="2026-06-01"), dt.date(2026, 6, 1)),
    "nobody's": ("", "", UNKNOWN),
    "blank everywhere": (period(" ", " "), period(), UNKNOWN),
    "with a zone": (period(end="2026-05-04Z"), "", dt.date(2026, 5, 4)),
    "with a zone far away": (period(end="2026-05-04+13:00"), "", dt.date(2026, 5, 4)),
}


@pytest.mark.parametrize(("line", "order", "asked"), DATES.values(), ids=DATES.keys())
def test_the_date_asked_for_is(line: str, order: str, asked: object) -> None:
    assert asked_date(line, order) == asked


@pytest.mark.parametrize("wrong", ["2026-13-01", "soon", "01-05-2026", "20260501", "2026-05-01T", "2026-W10-1"])
def test_a_date_that_is_none_is_refused_with_its_place(wrong: str) -> None:
    refused = refusal(order_xml(lines=(LINE + period(end=wrong),)))

    assert wrong in refused.reason
    assert refused.place == (
        "/Order/cac:OrderLine/cac:LineItem/cac:Delivery/cac:RequestedDeliveryPeriod/cbc:EndDate, line 14"
    )


def test_a_wrong_date_of_issue_is_left_out_with_a_warning() -> None:
    message = read(order_xml(header="<cbc:ID>1</cbc:ID><cbc:IssueDate>yesterday</cbc:IssueDate>"))

    assert message.header is not None
    assert message.header.issued_on is None
    assert message.warnings == ("the date of issue was left out: 'yesterday' is not a date (YYYY-MM-DD)",)


def test_two_dates_of_the_order_are_read_as_the_first_with_a_warning() -> None:
    message = read(order_xml(delivery=period(end="2026-06-01") + period(end="2026-07-01")))

    assert message.lines[0].terms is not None
    assert message.lines[0].terms.delivery_schedule == deliveries(("2026-06-01", "100"))
    assert len(message.warnings) == 1
    assert doubts(message) == [("names no day of its own, and the order names several: ask the buyer which is meant",)]


@pytest.mark.parametrize(
    ("line", "doubtful"),
    [
        (period(end="2026-08-01"), False),
        ("<cac:Delivery/>", True),
        (part("60", "2026-05-01") + part("40", "2026-06-01"), False),
        (part("60", "2026-05-01") + part("40", ""), True),
    ],
)
def test_of_several_dates_of_the_order_a_line_with_days_of_its_own_takes_none(line: str, doubtful: bool) -> None:
    several = period(end="2026-06-01") + period(end="2026-07-01")
    message = read(order_xml(delivery=several, lines=(f"{LINE}{line}",)))
    assert [bool(each) for each in doubts(message)] == [doubtful]


def test_an_allowance_without_an_amount_is_told_all_the_same() -> None:
    percent = "<cac:AllowanceCharge><cbc:ChargeIndicator>{}</cbc:ChargeIndicator></cac:AllowanceCharge>"
    content = read_line(percent.format("false") + percent.format("true")).content
    assert content is not None
    assert [(each.key, each.value) for each in content.properties] == [
        ("Allowance", "of an amount that isn't said"),
        ("Charge", "of an amount that isn't said"),
    ]


def test_several_deliveries_with_quantities_are_a_schedule() -> None:
    line = f"<cbc:Quantity unitCode='EA'>100</cbc:Quantity>{part('60', '2026-05-01')}{part('40', '2026-06-01')}"

    message = read(order_xml(lines=(f"<cbc:ID>1</cbc:ID>{line}",)))

    assert message.lines[0].terms is not None
    assert message.lines[0].terms.delivery_schedule == deliveries(("2026-05-01", "60"), ("2026-06-01", "40"))
    assert message.warnings == ()


def test_deliveries_that_do_not_add_up_are_read_with_a_warning() -> None:
    line = f"<cbc:Quantity>90</cbc:Quantity>{part('60', '2026-05-01')}{part('40', '2026-06-01')}"

    assert read(order_xml(lines=(f"<cbc:ID>1</cbc:ID>{line}",))).warnings == (
        "line 1 asks 90 and deliveries of 100 together: ask the buyer which it is",
    )


def test_several_deliveries_without_quantities_have_unknown_ones() -> None:
    line = f"<cbc:ID>1</cbc:ID><cbc:Quantity>90</cbc:Quantity>{period(end='2026-05-01')}{part('40', '2026-06-01')}"
    message = read(order_xml(lines=(line,)))

    assert message.lines[0].terms is not None
    assert message.lines[0].terms.delivery_schedule == (
        ScheduledDelivery(date=dt.date(2026, 5, 1), quantity=UNKNOWN),
        ScheduledDelivery(date=dt.date(2026, 6, 1), quantity=Decimal(40)),
    )
    assert message.warnings == ("line 1 asks several deliveries without saying how much comes with each",)
    assert doubts(message) == [("asks several deliveries without saying how much comes with each",)]


@pytest.mark.parametrize("line", ["", "<cbc:Quantity unitCode='EA'/>", "<cbc:Quantity> </cbc:Quantity>"])
def test_a_line_without_a_quantity_asks_an_unknown_one(line: str) -> None:
    terms = read_line(line).terms

    assert terms is not None
    assert terms.delivery_schedule == (ScheduledDelivery(date=UNKNOWN, quantity=UNKNOWN),)


def test_a_quantity_only_in_the_delivery_is_the_lines() -> None:
    terms = read_line(part("7", "2026-05-01")).terms

    assert terms is not None
    assert terms.delivery_schedule == deliveries(("2026-05-01", "7"))


@pytest.mark.parametrize("written", ["100", "100.000", "0.00000000000000000001", "12345678901234567890.5", "-3", "1E2"])
def test_quantities_and_prices_keep_every_digit(written: str) -> None:
    line = read_line(f"<cbc:Quantity unitCode='MTK'>{written}</cbc:Quantity>{PRICE.format(written, '')}")

    assert line.content is not None
    assert line.content.item.unit == "MTK"
    assert line.terms is not None
    assert line.terms.delivery_schedule[0].quantity == Decimal(written)
    assert line.terms.prices == net_price(written)


@pytest.mark.parametrize("wrong", ["1,5", "many", "NaN", "Infinity", "1" * 61, "--1", "1 000"])
def test_a_quantity_that_is_no_number_is_refused_with_its_place(wrong: str) -> None:
    refused = refusal(order_xml(lines=(LINE, LINE.replace("10<", "20<").replace(">100<", f">{wrong}<"))))

    assert refused.place == "/Order/cac:OrderLine[2]/cac:LineItem/cbc:Quantity, line 15"


def test_price_unit_and_unit_quantity_travel_with_the_price() -> None:
    base = "<cbc:BaseQuantity unitCode='MTR'>100</cbc:BaseQuantity>"

    assert prices(PRICE.format("78.90", base)) == net_price("78.90", "EUR", "MTR", "100")


def test_a_price_without_a_base_quantity_states_none() -> None:
    assert prices(PRICE.format("78.90", "")) == net_price("78.90")


def test_a_line_without_a_price_has_none() -> None:
    assert prices("") is None
    assert prices(PRICE.format("", "")) is None


def test_a_price_without_a_currency_is_in_the_orders() -> None:
    price = "<cac:Price><cbc:PriceAmount>3</cbc:PriceAmount></cac:Price>"
    currency = "<cbc:ID>1</cbc:ID><cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>"
    message = read(order_xml(header=currency, lines=(LINE + price,)))

    assert message.lines[0].terms is not None
    assert message.lines[0].terms.prices == net_price("3", "SEK")
    assert refusal(order_xml(lines=(LINE + price,))).reason == "a price without a currency"


def test_a_gross_price_is_read_where_an_allowance_states_it() -> None:
    read_prices = prices(PRICE.format("50", allowance("false", BASE_AMOUNT)))

    assert read_prices is not None
    assert read_prices.gross == Price(transaction=Money(value=Decimal(60), currency="EUR"))
    assert read_prices.discount_percentage is None


@pytest.mark.parametrize(
    "unclear",
    [allowance("false", ""), allowance("true", BASE_AMOUNT), allowance("false", BASE_AMOUNT) * 2],
    ids=["without a base", "a charge", "two of them"],
)
def test_no_gross_price_is_made_of_what_does_not_state_one(unclear: str) -> None:
    assert prices(PRICE.format("50", unclear)) == net_price("50")


def test_item_details_are_read_where_they_stand() -> None:
    item = (
        "<cac:Item><cbc:Name>Cell</cbc:Name><cac:OriginCountry><cbc:IdentificationCode>NL</cbc:IdentificationCode>"
        "</cac:OriginCountry><cac:CommodityClassification><cbc:ItemClassificationCode listID='HS'>8507 60 00"
        "</cbc:ItemClassificationCode></cac:CommodityClassification><cac:HazardousItem><cbc:UNDGCode>3480"
        "</cbc:UNDGCode></cac:HazardousItem><cac:ItemInstance><cbc:SerialID>S1</cbc:SerialID><cac:LotIdentification>"
        "<cbc:LotNumberID>L1</cbc:LotNumberID></cac:LotIdentification></cac:ItemInstance><cac:Dimension>"
        "<cbc:AttributeID>AAA</cbc:AttributeID><cbc:Measure unitCode='KGM'>1.20</cbc:Measure></cac:Dimension></cac:Item>"
    )
    content = read_line(item).content

    assert content is not None
    assert content.properties == ()
    assert content.item_details == ItemDetails(
        country_of_origin="NL",
        combined_nomenclature_code="8507 60 00",
        net_weight=Decimal("1.20"),
        net_weight_unit="KGM",
        dangerous_goods_code="3480",
        serial_number="S1",
        batch_number="L1",
    )


def party(inside: str, account: str = "") -> str:
    return f"<cac:BuyerCustomerParty>{account}<cac:Party>{inside}</cac:Party></cac:BuyerCustomerParty>"


ENDPOINT = "<cbc:EndpointID schemeID='0088'>7300010000001</cbc:EndpointID>"
NUMBER = "<cac:PartyIdentification><cbc:ID schemeID='0007'>5541277710</cbc:ID></cac:PartyIdentification>"
NAME = "<cac:PartyName><cbc:Name>Metal Works</cbc:Name></cac:PartyName>"
ACCOUNT = "<cbc:SupplierAssignedAccountID>340760</cbc:SupplierAssignedAccountID>"
BUYERS = {
    "electronic address": (party(ENDPOINT + NUMBER + NAME, ACCOUNT), "0088:7300010000001"),
    "address without scheme": (party("<cbc:EndpointID>x@y.example</cbc:EndpointID>"), "x@y.example"),
    "number": (party(NUMBER + NAME, ACCOUNT), "0007:5541277710"),
    "name": (party(NAME, ACCOUNT), "Metal Works"),
    "account": (party("<cbc:EndpointID/>", ACCOUNT), "340760"),
}


@pytest.mark.parametrize(("buyer", "key"), BUYERS.values(), ids=BUYERS.keys())
def test_a_buyer_is_known_by_the_first_of_these_that_is_there(buyer: str, key: str) -> None:
    assert read(order_xml(buyer=buyer)).key.buyer == key


def test_a_buyer_who_says_nothing_is_known_by_the_account_in_the_settings_or_refused() -> None:
    silent = order_xml(buyer="<cac:BuyerCustomerParty/>")

    assert read(silent, Source(connection="c", our_account="77")).key.buyer == "77"
    assert refusal(silent).reason == "it does not say who the buyer is"


def test_the_account_in_the_settings_stands_where_the_order_names_none() -> None:
    source = Source(connection="c", our_account="77")
    silent, speaking = read(order_xml(), source).header, read(order_xml(buyer=party(NAME, ACCOUNT)), source).header

    assert silent is not None
    assert speaking is not None
    assert silent.buyer_account_number == "77"
    assert speaking.buyer_account_number == "340760"


REFUSED = {
    "no number": (order_xml(header=""), "the order has no number", "/Order/ID, line 3"),
    "a blank number": (order_xml(header="<cbc:ID> </cbc:ID>"), "the order has no number", "/Order/cbc:ID, line 4"),
    "no lines": (order_xml(lines=()), "there are no order lines", "/Order/OrderLine, line 3"),
    "a line without a number": (
        order_xml(lines=(LINE, LINE.replace("<cbc:ID>10</cbc:ID>", ""))),
        "an order line without a number",
        "/Order/cac:OrderLine[2]/cac:LineItem/ID, line 15",
    ),
    "two lines of one number": (
        order_xml(lines=(LINE, LINE)),
        "a second line with the number '10'",
        "/Order/cac:OrderLine[2], line 15",
    ),
    "a line without a line item": (
        order_xml().replace("LineItem>", "Item>"),
        "an order line without a line item",
        "/Order/cac:OrderLine/LineItem, line 14",
    ),
}


@pytest.mark.parametrize(("document", "reason", "place"), REFUSED.values(), ids=REFUSED.keys())
def test_an_order_is_refused_for(document: str, reason: str, place: str) -> None:
    refused = refusal(document)

    assert (refused.reason, refused.place) == (reason, place)


OTHERS = {
    "another document": (order_xml(kind="Invoice"), "the document is a UBL Invoice; podesk reads a UBL 2 Order"),
    "another version": (order_xml().replace("Order-2", "Order-3"), "the document is a UBL Order of version 3;"),
    "a name in another's namespace": (
        order_xml().replace("<Order ", "<Quote ").replace("</Order>", "</Quote>"),
        "the document is a UBL Quote;",
    ),
}


@pytest.mark.parametrize(("document", "reason"), OTHERS.values(), ids=OTHERS.keys())
def test_what_is_ubl_but_no_order_is_refused_by_name(document: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read_any(document.encode(), SOURCE)

    assert refused.value.reason.startswith(reason)
    assert refused.value.place.endswith(", line 3")


def test_what_is_no_ubl_is_not_taken_for_it() -> None:
    order = b"<ORDER xmlns='http://www.opentrans.org/XMLSchema/2.1'/>"

    assert not ubl.recognises(order)
    with pytest.raises(Unreadable, match="no UBL: it begins with 'ORDER'"):
        ubl.parse(order, SOURCE)


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2", "2.3", "2.4", "2.0-prd2", ""])
def test_every_version_of_ubl_2_is_read(version: str) -> None:
    header = f"<cbc:UBLVersionID>{version}</cbc:UBLVersionID><cbc:ID>PO-1</cbc:ID>"

    assert read(order_xml(header=header)).lines == read(order_xml()).lines


def test_every_line_of_an_order_is_issued() -> None:
    assert [line.acts for line in read(order_xml(lines=(LINE, LINE.replace("10<", "20<")))).lines] == [
        (BuyerAct.ISSUE,),
        (BuyerAct.ISSUE,),
    ]


def test_a_copy_and_sub_lines_are_read_with_a_warning() -> None:
    header = "<cbc:ID>PO-1</cbc:ID><cbc:CopyIndicator>true</cbc:CopyIndicator>"

    message = read(order_xml(header=header, lines=(f"{LINE}<cac:SubLineItem/>",)))

    assert message.warnings == (
        "the buyer calls this document a copy",
        "line 10 has sub-lines, which are not shown: look at the document itself",
    )
