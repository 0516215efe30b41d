"""A buyer's own XML read by the paths of the settings: what they find, and what is wrong with path or document."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.config import SettingsError, parse
from core.formats import CannotCarry, Source, Unreadable, format_named, read
from core.messages import BuyerAct, Message
from core.model import UNKNOWN, Money, Order
from core.outgoing import OrderResponse
from core.xml_mapping import XmlMapping
from tests.core.trade import KEY
from tests.tui.desk_folder import DeskFolder

PATHS: dict[str, Any] = {
    "number": "/Bestellung/Kopf/@Nr",
    "buyer": "/Bestellung/Kopf/Kunde/@Nr",
    "buyer_name": "/Bestellung/Kopf/Kunde",
    "issued_on": "/Bestellung/Kopf/Datum",
    "currency": "/Bestellung/Kopf/Waehrung",
    "references": "/Bestellung/Kopf/Ref",
    "lines": "/Bestellung/Position",
    "position": "@Nr",
    "quantity": "Menge",
    "unit": "Menge/@Einheit",
    "date": "Liefertermin",
    "price": "Preis",
    "price_unit": "Preis/@je",
    "price_unit_quantity": "Preis/@Menge",
    "item_number": "Artikel/@Nr",
    "item_name": "Artikel",
    "cancelled": "/Bestellung/@Art = 'Storno'",
    "date_format": "%d.%m.%Y",
    "decimal_comma": True,
}

DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Bestellung>
  <Kopf Nr="B-4711">
    <Kunde Nr="K7">Stahlbau <b>Nord</b></Kunde>
    <Datum>02.11.2026</Datum><Waehrung>EUR</Waehrung><Ref>P/1</Ref><Ref>x:2</Ref>
  </Kopf>
  <Position Nr="10">
    <Artikel Nr="A-1">Blech</Artikel><Menge Einheit="KGM">1.234,50</Menge>
    <Liefertermin>01.12.2026</Liefertermin><Preis je="KGM" Menge="100">78,90</Preis>
  </Position>
  <Position Nr="20"><Artikel Nr="A-2">Rohr</Artikel><Menge Einheit="MTR">7</Menge><Liefertermin/></Position>
</Bestellung>
"""


def mapping(**changed: Any) -> XmlMapping:
    return XmlMapping.model_validate({key: value for key, value in (PATHS | changed).items() if value is not None})


def message(document: str = DOCUMENT, *, account: str | None = None, **changed: Any) -> Message:
    source = Source(connection="steel", our_account=account, mapping=mapping(**changed))
    (only,) = read(document.encode(), source, "xpath")
    return only


def refused(document: str = DOCUMENT, **changed: Any) -> Unreadable:
    with pytest.raises(Unreadable) as error:
        message(document, **changed)
    return error.value


def test_an_order_is_read_by_its_paths() -> None:
    order = message()
    assert (order.key.buyer, order.key.number) == ("K7", "B-4711")
    header = order.header
    assert header is not None
    assert header.buyer is not None
    assert (header.buyer.names, header.issued_on, header.references) == (
        ("Stahlbau Nord",),
        dt.date(2026, 11, 2),
        ("P/1", "x:2"),
    )
    first, second = order.lines
    assert (first.position, first.acts, second.position) == ("10", (BuyerAct.ISSUE,), "20")
    assert first.content is not None
    assert (first.content.item.number, first.content.item.name, first.content.item.unit) == ("A-1", "Blech", "KGM")
    assert first.terms is not None
    assert [(one.date, one.quantity) for one in first.terms.delivery_schedule] == [
        (dt.date(2026, 12, 1), Decimal("1234.50"))
    ]
    prices = first.terms.prices
    assert prices is not None
    assert prices.net is not None
    assert (prices.net.transaction, prices.price_unit, prices.price_unit_quantity) == (
        Money(value=Decimal("78.90"), currency="EUR"),
        "KGM",
        Decimal(100),
    )
    assert second.terms is not None
    assert (second.terms.delivery_schedule[0].date, second.terms.prices) == (UNKNOWN, None)


def test_lines_without_a_position_are_counted() -> None:
    assert [line.position for line in message(position=None).lines] == ["1", "2"]


def test_a_cancellation_is_told_by_its_condition() -> None:
    document = DOCUMENT.replace("<Bestellung>", '<Bestellung Art="Storno">')
    assert {line.acts for line in message(document).lines} == {(BuyerAct.CANCEL,)}


def test_what_an_order_never_says_can_stand_in_the_mapping() -> None:
    prices = message(currency="'SEK'").lines[0].terms.prices  # type: ignore[union-attr]
    assert prices is not None
    assert prices.net is not None
    assert prices.net.transaction == Money(value=Decimal("78.90"), currency="SEK")


def test_a_path_that_no_xpath_can_hold_is_told_with_its_key() -> None:
    with pytest.raises(Unreadable, match="is no XPath") as told:
        message(DOCUMENT, number="/Bestellung\0")
    assert told.value.place == "mapping.number"


def test_namespaces_go_by_the_prefixes_of_the_settings() -> None:
    document = DOCUMENT.replace("<Bestellung>", '<Bestellung xmlns="urn:b">')
    prefixed = {key: value for key, value in PATHS.items() if isinstance(value, str) and key != "date_format"}
    paths = {
        "number": "/b:Bestellung/b:Kopf/@Nr",
        "lines": "//b:Position",
        "quantity": "b:Menge",
        "namespaces": {"b": "urn:b"},
    }
    order = message(document, account="K7", **(dict.fromkeys(prefixed) | paths))
    assert (order.key.number, len(order.lines)) == ("B-4711", 2)


def test_the_buyer_is_that_of_the_settings_where_the_document_names_none() -> None:
    assert message(buyer=None, account="340760").key.buyer == "340760"
    assert refused(buyer=None).reason == "nothing says which buyer this is"


def test_numbers_in_the_american_way() -> None:
    document = DOCUMENT.replace("1.234,50", "1,234.50").replace("78,90", "78.90")
    terms = message(document, decimal_comma=False).lines[0].terms
    assert terms is not None
    assert terms.delivery_schedule[0].quantity == Decimal("1234.50")


@pytest.mark.parametrize(
    ("changed", "key", "why"),
    [
        ({"number": "/Bestellung/Nummer"}, "number", "finds nothing"),
        ({"number": "//Ref"}, "number", "finds 2 places"),
        ({"number": "///"}, "number", "is no XPath"),
        ({"number": "b:Kopf"}, "number", "is no XPath"),
        ({"number": "unknown-function()"}, "number", "is no XPath"),
        ({"number": "document('/etc/passwd')"}, "number", "is no XPath"),
        ({"number": "count(//Ref)"}, "number", "calculates a number"),
        ({"number": "1 = 1"}, "number", "is a condition"),
        ({"lines": "//Zeile"}, "lines", "finds no line"),
        ({"lines": "//Position/@Nr"}, "lines", "is no path to elements"),
        ({"lines": "count(//Position)"}, "lines", "is no path to elements"),
        ({"quantity": "Artikel"}, "quantity", "is not a decimal number"),
        ({"date": "Artikel"}, "date", "is no date as '%d.%m.%Y' writes it"),
        ({"currency": None}, "currency", "a price without its currency"),
    ],
)
def test_what_a_path_does_not_find_is_told_by_its_key(changed: dict[str, Any], key: str, why: str) -> None:
    error = refused(**changed)
    assert error.place.startswith(f"mapping.{key}")
    assert why in error.reason
    assert "podesk check --sample" in error.remedy


@pytest.mark.parametrize(
    ("found", "put", "key", "why"),
    [
        ('Menge="100"', 'Menge="0"', "price_unit_quantity", "a price for 0 pieces is none"),
        ('Menge="100"', 'Menge="-3"', "price_unit_quantity", "a price for -3 pieces is none"),
        ('Nr="B-4711"', 'Nr="B&#10;4711"', "number", "can't be printed"),
        ('Nr="K7"', 'Nr="K&#13;7"', "buyer", "can't be printed"),
        ('Nr="10"', 'Nr="1&#10;2"', "position", "can't be printed"),
        ('Nr="10"', f'Nr="{"1" * 201}"', "position", "finds 201 characters; an identifier has at most 200"),
        ('Nr="B-4711"', f'Nr="{"1" * 3000}"', "number", "finds 3,000 characters; an identifier has at most 200"),
    ],
)
def test_what_stands_in_the_document_and_can_not_be_meant_is_refused(found: str, put: str, key: str, why: str) -> None:
    error = refused(DOCUMENT.replace(found, put, 1))
    assert error.place.startswith(f"mapping.{key} at /Bestellung")
    assert why in error.reason


def test_two_lines_at_one_position_are_refused() -> None:
    assert "stands twice" in refused(DOCUMENT.replace('Nr="20"', 'Nr="10"')).reason


@pytest.mark.parametrize(
    "document",
    [
        '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><Bestellung><Kopf Nr="&e;"/></Bestellung>',
        "<Bestellung><Kopf",
        '{"json": true}',
        "<a>" * 100 + "</a>" * 100,
    ],
)
def test_hostile_and_broken_documents_are_refused(document: str) -> None:
    assert refused(document).reason


def test_more_lines_than_anybody_orders_are_refused() -> None:
    many = DOCUMENT.replace("<Position", "<Position/>" * 10_001 + "<Position", 1)
    assert "at most 10,000 are read" in refused(many).reason


def test_a_long_text_is_no_field() -> None:
    assert "at most 4,000 are read" in refused(DOCUMENT.replace("Blech", "B" * 4001)).reason


def test_other_xml_is_read_by_the_mapping_where_no_format_knows_it() -> None:
    source = Source(connection="steel", mapping=mapping())
    (order,) = read(DOCUMENT.encode(), source)
    assert order.key.number == "B-4711"
    with pytest.raises(Unreadable, match="no known order format"):
        read(DOCUMENT.encode(), Source(connection="steel"))
    with pytest.raises(Unreadable, match="no known order format"):
        read(b'{"a": 1}', source)


@pytest.mark.parametrize("format_name", ["auto", "xpath"])
def test_in_a_soap_envelope_the_element_is_taken_that_the_paths_mean(format_name: str) -> None:
    inner = DOCUMENT.partition("?>")[2]
    wrapped = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><send>'
        f"{inner}</send></e:Body></e:Envelope>"
    )
    (order,) = read(wrapped.encode(), Source(connection="steel", mapping=mapping()), format_name)
    assert order.key.number == "B-4711"


def test_it_only_reads() -> None:
    with pytest.raises(CannotCarry, match="it only reads"):
        format_named("xpath").render(OrderResponse(number="1"), Order(key=KEY), "id")


# --- settings ---------------------------------------------------------------------------------------------------------

SETTINGS = """
[[connection]]
name = "steel"
profile = "procurement-connect"
our_account = "7"
[connection.inbound]
channel = "sftp"
host = "127.0.0.1"
user = "u"
password = "p"
format = "{format}"
{mapping}
"""
MAPPING = """[connection.inbound.mapping]
number = "/Bestellung/Kopf/@Nr"
lines = "/Bestellung/Position"
quantity = "Menge"
{more}
"""


def settings(tmp_path: Path, format_: str, mapped: str = MAPPING, more: str = "") -> Any:
    text = SETTINGS.format(format=format_, mapping=mapped.format(more=more))
    file = tmp_path / "podesk.toml"
    file.write_text(text)
    file.chmod(0o600)
    return parse(text, file)


def test_a_mapping_stands_in_the_settings(tmp_path: Path) -> None:
    for format_ in ("auto", "xpath"):
        (connection,) = settings(tmp_path, format_, more='namespaces = { b = "urn:b" }').connection
        assert connection.source.mapping.namespaces == {"b": "urn:b"}
        assert (connection.source.connection, connection.source.our_account) == ("steel", "7")


@pytest.mark.parametrize(
    ("format_", "mapped", "more", "why"),
    [
        ("xpath", "", "", r'format = "xpath" needs \[connection\.inbound\.mapping\]'),
        ("ubl", MAPPING, "", 'it is for format "xpath" or "auto", not for "ubl"'),
        ("auto", MAPPING, 'colour = "//x"', "colour"),
        ("auto", MAPPING, 'date_format = "%H"', "names year, month and day"),
        ("auto", MAPPING, 'date_format = "%Y%Y-%m-%d"', "no date can be read by it"),
        ("auto", MAPPING, 'date_format = "%Y-%m-%d%"', "no date can be read by it"),
        ("auto", MAPPING, 'date = ""', "date"),
        ("auto", MAPPING, f'date = "{"a" * 501}"', "date"),
        ("auto", MAPPING, 'namespaces = { "" = "urn:b" }', "a namespace is written"),
    ],
)
def test_a_mapping_that_can_not_be_meant_is_told(
    tmp_path: Path, format_: str, mapped: str, more: str, why: str
) -> None:
    with pytest.raises(SettingsError, match=why):
        settings(tmp_path, format_, mapped, more)


def test_nothing_is_sent_in_a_format_that_only_reads(tmp_path: Path) -> None:
    text = SETTINGS.format(format="auto", mapping="").replace("inbound", "outbound").replace('"auto"', '"xpath"')
    with pytest.raises(SettingsError, match="unknown format 'xpath'"):
        parse(text, tmp_path / "podesk.toml")


# --- podesk check --sample --------------------------------------------------------------------------------------------


def _mapped_desk(desk: DeskFolder, **changed: Any) -> Path:
    table = "\n".join(f"{key} = {json.dumps(value)}" for key, value in (PATHS | changed).items())
    text = SETTINGS.format(format="auto", mapping=f"[connection.inbound.mapping]\n{table}")
    desk.config.write_text(text)
    desk.config.chmod(0o600)
    return desk.write("order.xml", DOCUMENT.encode())


def test_a_sample_is_read_by_the_mapping_that_fits_it(desk_folder: DeskFolder) -> None:
    sample = _mapped_desk(desk_folder)
    for words in ([], ["--connection", "steel"]):
        told = desk_folder.json("check", "--sample", str(sample), *words)
        assert told["orders"][0]["number"] == "B-4711"
        assert [line["position"] for line in told["orders"][0]["lines"]] == ["10", "20"]
    assert told["format"] == "xpath"


def test_a_path_that_finds_nothing_in_a_sample_is_told(desk_folder: DeskFolder) -> None:
    sample = _mapped_desk(desk_folder, quantity="Artikel")
    done = desk_folder.run("check", "--sample", str(sample), "--connection", "steel")
    assert done.exit_code == 4
    assert "mapping.quantity at /Bestellung/Position[1]" in done.output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["check", "--connection", "steel"], "--connection goes with --sample"),
        (["check", "--sample", "{}", "--connection", "iron"], "there is no connection iron"),
    ],
)
def test_wrong_words_about_a_sample(desk_folder: DeskFolder, words: list[str], why: str) -> None:
    sample = _mapped_desk(desk_folder)
    done = desk_folder.run(*(word.format(sample) for word in words))
    assert (done.exit_code, why in done.output) == (2, True)
