"""Orders that can't be meant are refused with their place; those that hardly are come with a warning."""

from __future__ import annotations

import pytest

from core.formats import Source, Unreadable, read
from tests.formats.tradecloud_documents import encode, flat, flat_line
from tests.formats.ubl_documents import LINE, PRICE, order_xml

SOURCE = Source("metal-works", our_account="1")


def refused(document: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as error:
        read(document, SOURCE)
    return error.value


def warnings(document: bytes) -> tuple[str, ...]:
    [message] = read(document, SOURCE)
    return message.warnings


def ubl(line: str = LINE, header: str = "<cbc:ID>PO-1</cbc:ID>") -> bytes:
    return order_xml(header=header, lines=(line,)).encode()


def tradecloud(**members: object) -> bytes:
    return encode(flat(flat_line("1", **members)))


def price(value: int | str, per: int | str = 1) -> dict[str, object]:
    money = {"value": value, "currencyIso": "EUR"}
    return {"netPrice": {"priceInTransactionCurrency": money}, "priceUnitQuantity": per}


@pytest.mark.parametrize("per", [0, -100])
def test_a_price_for_nothing_is_refused(per: int) -> None:
    found = refused(tradecloud(prices=price(1, per)))
    assert (found.place, found.reason) == ("lines[0].prices.priceUnitQuantity", f"a price for {per} pieces is none")
    assert (
        refused(tradecloud(chargeLines=[{"priceUnitQuantity": per}])).place
        == "lines[0].chargeLines[0].priceUnitQuantity"
    )
    base = f"<cbc:BaseQuantity unitCode='EA'>{per}</cbc:BaseQuantity>"
    found = refused(ubl(LINE + PRICE.format("12.50", base)))
    assert found.reason == f"a price for {per} pieces is none"
    assert "BaseQuantity" in found.place


def test_two_deliveries_at_one_position_are_refused() -> None:
    twice = [
        {"position": "1", "date": "2026-05-04", "quantity": 3},
        {"position": "1", "date": "2026-06-04", "quantity": 4},
    ]
    found = refused(tradecloud(deliverySchedule=twice))
    assert found.place == "lines[0].deliverySchedule[1].position"
    assert found.remedy


def test_deliveries_without_a_position_are_no_two_of_the_same() -> None:
    nameless = [{"date": "2026-05-04", "quantity": 3}, {"date": "2026-06-04", "quantity": 4}]
    assert warnings(tradecloud(deliverySchedule=nameless)) == ()


@pytest.mark.parametrize("text", ["PO\n1", "PO\t1", "PO\u200b1", "PO\u202e1", "PO\x851"])
def test_a_number_that_can_not_be_printed_is_refused(text: str) -> None:
    assert "identifier" in refused(ubl(header=f"<cbc:ID>{text}</cbc:ID>")).reason
    assert "identifier" in refused(ubl(LINE.replace("10<", f"{text}<"))).reason


def test_a_number_with_blanks_around_it_is_taken_without_them() -> None:
    [message] = read(ubl(header="<cbc:ID>\n  PO-1\n</cbc:ID>"), SOURCE)
    assert message.key.number == "PO-1"


@pytest.mark.parametrize("quantity", ["0", "-5"])
def test_a_quantity_of_nothing_is_pointed_out(quantity: str) -> None:
    schedule = [{"position": "1", "date": "2026-05-04", "quantity": int(quantity)}]
    for document in (tradecloud(deliverySchedule=schedule), ubl(LINE.replace("100<", f"{quantity}<"))):
        [warning] = warnings(document)
        assert f"asks a quantity of {quantity}" in warning


def test_a_price_below_nothing_is_pointed_out() -> None:
    for document in (tradecloud(prices=price(-3)), ubl(LINE + PRICE.format("-3", ""))):
        [warning] = warnings(document)
        assert "has a net price of -3" in warning


@pytest.mark.parametrize("day", ["1900-01-01", "1970-01-01", "1989-12-31"])
def test_a_day_long_ago_is_pointed_out(day: str) -> None:
    delivery = f"<cac:Delivery><cbc:LatestDeliveryDate>{day}</cbc:LatestDeliveryDate></cac:Delivery>"
    schedule = [{"position": "1", "date": day, "quantity": 3}]
    for document in (tradecloud(deliverySchedule=schedule), ubl(LINE + delivery)):
        [warning] = warnings(document)
        assert f"asks for {day}, long ago" in warning


def test_what_is_meant_raises_no_doubt() -> None:
    assert warnings(tradecloud(prices=price(0, 100))) == ()
    assert warnings(ubl(LINE + PRICE.format("12.50", ""))) == ()
