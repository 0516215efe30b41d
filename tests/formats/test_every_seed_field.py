"""Each field of the seed "Send order response", from the command to the bytes that a partner's HTTP server gets.

Every row quotes what the seed says of the field; the answers are given as an operator gives them, in a file, and sent by
`podesk sync --once`.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import pwd
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import simplejson

from sync.demo.servers.tradecloud import TradecloudServer
from tests.tui.desk_folder import DeskFolder, Tree, gross_price, line

US = pwd.getpwuid(os.getuid()).pw_name
DRAWING = b"%PDF-1.7 a drawing"
SETTINGS = """\
operator_hold = "0s"
timezone = "Asia/Tokyo"
{operators}
[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "340760"
company_id = "f56aa4b7-b0b3-4fb8-8c6e-2b0a1fc1e1ab"
[connection.outbound]
channel = "http"
url = "{url}"
auth = "tradecloud"
user = "erp"
password = {{ file = "secret" }}
format = "tradecloud-json"
"""

TERMS: Tree = {
    "position": "10",
    "act": "propose",
    "reason": "The rolling mill is overhauled",
    "description": "Cut to length\nand deburred",
    "sales_order_number": "SO-771",
    "sales_order_position": "0010",
    "delivery_schedule": [
        {"position": "1", "date": "2026-12-15", "quantity": "60.125"},
        {"date": None, "quantity": "?"},
    ],
    "prices": {
        "net_price": {"value": "82.2500", "currency": "CNY"},
        "net_price_in_base_currency": {"value": "10.75", "currency": "EUR"},
        "price_unit": "MTR",
        "price_unit_quantity": 100,
    },
    "charge_lines": [
        {
            "position": "1",
            "type_code": "FC",
            "description": "Freight",
            "quantity": "1",
            "price": {"value": "35.00", "currency": "EUR"},
            "price_in_base_currency": {"value": "270.10", "currency": "CNY"},
            "price_unit": "PCE",
            "price_unit_quantity": "1",
        }
    ],
    "item_details": {
        "country_of_origin": "NL",
        "combined_nomenclature_code": "7306 30 77",
        "net_weight": "1.20",
        "net_weight_unit": "KGM",
        "dangerous_goods_code": "1203",
        "serial_number": "S-0042",
        "batch_number": "B-2204",
    },
    "properties": [{"key": "Heat", "value": "H-1\nH-2"}],
    "notes": ["In two parts"],
    "documents": [{"file": "drawing.pdf", "code": "D-1", "revision": "B", "type": "Drawing", "description": "As made"}],
}
GROSS: Tree = {
    "position": "20",
    "act": "propose",
    "reason": "Price list 2027",
    "prices": {
        "gross_price": {"value": "15", "currency": "EUR"},
        "gross_price_in_base_currency": {"value": "116.20", "currency": "CNY"},
        "discount_percentage": "12.5",
    },
}
ANSWERS: dict[str, Tree] = {
    "terms": {
        "description": "Thank you for your order",
        "contact": {"email": "anna@supplier.example"},
        "properties": [{"key": "Incoterm place", "value": "Utrecht"}],
        "notes": ["First line\nsecond line", "another"],
        "documents": [{"url": "https://supplier.example/terms.pdf", "name": "Terms"}, {"object_id": "known-already"}],
        "lines": [
            TERMS,
            GROSS,
            {"position": "30", "act": "accept"},
            {"position": "40", "act": "reject", "reason": "No longer made"},
        ],
    },
    "yes": {"act": "accept", "contact": {"user_name": "anna.k"}},
    "no": {"act": "reject", "reason": "Sold out"},
}


@dataclass(frozen=True)
class Sent:
    messages: dict[str, Any]
    """What was got, by the order's number."""
    decided_at: dt.datetime
    """When the order "terms" was answered."""
    uploads: dict[str, tuple[str, bytes]]
    """Name and bytes by what the platform calls them."""


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sent]:
    folder = tmp_path_factory.mktemp("desk")
    desk = DeskFolder(folder)
    desk.write("secret", b"pass-word\n").chmod(0o600)
    (folder / "answers").mkdir()
    desk.write("answers/drawing.pdf", DRAWING)
    with TradecloudServer("erp", "pass-word") as partner:
        known = f'[operators."{US}"]\nemail = "desk@supplier.example"\n'
        desk.config.write_text(SETTINGS.format(url=partner.url, operators=known), encoding="utf-8")
        for number in (*ANSWERS, "unknown operator", "named operator"):
            desk.take_in(number, *(line("10"), line("20", prices=gross_price("14", "10")), line("30"), line("40")))
        for number, answer in ANSWERS.items():
            _answer(desk, number, answer)
        assert desk.run("sync", "--once").exit_code == 0
        for number, operators in (
            ("unknown operator", ""),
            ("named operator", f'[operators."{US}"]\nuser_name = "D1"'),
        ):
            desk.config.write_text(SETTINGS.format(url=partner.url, operators=operators), encoding="utf-8")
            _answer(desk, number, {"act": "accept"})
            assert desk.run("sync", "--once").exit_code == 0
        messages = [simplejson.loads(payload, use_decimal=True) for payload in partner.responses]
        assert desk.json("outbox") == []
        assert desk.json("verify") == []
        [decided] = [entry for entry in desk.json("timeline", "terms") if entry["kind"] == "decided"]
        yield Sent(
            {message["order"]["purchaseOrderNumber"]: message for message in messages},
            dt.datetime.fromisoformat(decided["at"]),
            {each.object_id: (each.name, each.payload) for each in partner.documents.documents.values()},
        )


def _answer(desk: DeskFolder, number: str, answer: Tree) -> None:
    file = desk.write(f"answers/{number}.json", json.dumps(answer).encode())
    done = desk.run("answer", number, "--file", str(file))
    assert done.exit_code == 0, done.output


def at(message: Any, path: str) -> Any:
    """What stands at a JSON path; None where nothing does."""
    for key, index in re.findall(r"(\w+)|\[(\d+)\]", path):
        steps = message if isinstance(message, dict) else dict(enumerate(message))
        message = steps.get(int(index) if index else key)
        if message is None:
            return None
    return message


DETAILS, PRICES, CHARGE = "lines[0].itemDetails", "lines[0].prices", "lines[0].chargeLines[0]"
NET, GROSS_PRICE, CHARGED = f"{PRICES}.netPrice", "lines[1].prices.grossPrice", f"{CHARGE}.price"


def eur(value: str) -> Tree:
    return {"value": Decimal(value), "currencyIso": "EUR"}


def cny(value: str) -> Tree:
    return {"value": Decimal(value), "currencyIso": "CNY"}


FIELDS = [
    # Order
    ("the optional Tradecloud company identifier", "terms", "order.companyId", "f56aa4b7-b0b3-4fb8-8c6e-2b0a1fc1e1ab"),
    ("the buyer account number as known in your ERP system", "terms", "order.buyerAccountNumber", "340760"),
    ("the purchase order number as sent by the buyer", "terms", "order.purchaseOrderNumber", "terms"),
    ("the supplier employee responsible for this order", "terms", "order.contact", {"email": "anna@supplier.example"}),
    ("You can either send his/her email or userName", "yes", "order.contact", {"userName": "anna.k"}),
    ("additional description of this order", "terms", "order.description", "Thank you for your order"),
    ("explicitly accept the order as is", "yes", "order.indicators", {"accepted": True}),
    ("explicitly reject the order", "no", "order.indicators", {"rejected": True}),
    ("not of the whole order", "terms", "order.indicators", None),
    ("key-value based custom fields", "terms", "order.properties", [{"key": "Incoterm place", "value": "Utrecht"}]),
    ("Use \\n for a new line", "terms", "order.notes", ["First line\nsecond line", "another"]),
    ("link of attached documents", "terms", "order.documents[0].url", "https://supplier.example/terms.pdf"),
    ("meta data of attached documents", "terms", "order.documents[0].name", "Terms"),
    ("a document that is there already", "terms", "order.documents[1].objectId", "known-already"),
    # Lines
    ("the line position as sent by the buyer", "terms", "lines[0].purchaseOrderLinePosition", "10"),
    ("our own order number", "terms", "lines[0].salesOrderNumber", "SO-771"),
    ("our own position", "terms", "lines[0].salesOrderLinePosition", "0010"),
    ("additional description of this line", "terms", "lines[0].description", "Cut to length\nand deburred"),
    ("explicitly accept the order line as is", "terms", "lines[2].indicators", {"accepted": True}),
    ("explicitly reject the order line", "terms", "lines[3].indicators", {"rejected": True}),
    ("no indicator beside other terms", "terms", "lines[0].indicators", None),
    ("in case the order line is rejected", "terms", "lines[3].reason", "No longer made"),
    ("NOT equal to the requested", "terms", "lines[0].reason", "The rolling mill is overhauled"),
    ("custom fields of a line", "terms", "lines[0].properties", [{"key": "Heat", "value": "H-1\nH-2"}]),
    ("notes of a line", "terms", "lines[0].notes", ["In two parts"]),
    # Documents of a line
    ("code", "terms", "lines[0].documents[0].code", "D-1"),
    ("revision", "terms", "lines[0].documents[0].revision", "B"),
    ("name", "terms", "lines[0].documents[0].name", "drawing.pdf"),
    ("type", "terms", "lines[0].documents[0].type", "Drawing"),
    ("description of a document", "terms", "lines[0].documents[0].description", "As made"),
    # Item details
    ("ISO 3166-1 alpha-2 country code", "terms", f"{DETAILS}.countryOfOriginCodeIso2", "NL"),
    ("A tool for classifying goods", "terms", f"{DETAILS}.combinedNomenclatureCode", "7306 30 77"),
    ("Net weight of one item", "terms", f"{DETAILS}.netWeight", Decimal("1.20")),
    ("according to ISO 80000-1", "terms", f"{DETAILS}.netWeightUnitOfMeasureIso", "KGM"),
    ("four-digit numbers that identify dangerous goods", "terms", f"{DETAILS}.dangerousGoodsCodeUnece", "1203"),
    ("to uniquely identify it", "terms", f"{DETAILS}.serialNumber", "S-0042"),
    ("lot of material from a single manufacturer", "terms", f"{DETAILS}.batchNumber", "B-2204"),
    # Responded planned delivery schedule
    ("optional position in the delivery schedule", "terms", "lines[0].deliverySchedule[0].position", "1"),
    ("a new one has none", "terms", "lines[0].deliverySchedule[1].position", None),
    ("ISO 8601 date yyyy-MM-dd", "terms", "lines[0].deliverySchedule[0].date", "2026-12-15"),
    ("any number of digits", "terms", "lines[0].deliverySchedule[0].quantity", Decimal("60.125")),
    ("leave this date empty; leave this quantity empty", "terms", "lines[0].deliverySchedule[1]", {}),
    ("what is not said stays as requested", "terms", "lines[1].deliverySchedule[0].date", "2026-12-01"),
    # Responded prices
    ("at least a price in the transaction currency", "terms", f"{NET}.priceInTransactionCurrency", cny("82.2500")),
    ("the 3-letter currency code", "terms", f"{NET}.priceInTransactionCurrency.currencyIso", "CNY"),
    ("optionally in your base currency", "terms", f"{NET}.priceInBaseCurrency", eur("10.75")),
    ("the price unit according to ISO 80000-1", "terms", f"{PRICES}.priceUnitOfMeasureIso", "MTR"),
    ("the item quantity at which the price applies", "terms", f"{PRICES}.priceUnitQuantity", 100),
    ("or alternatively grossPrice", "terms", f"{GROSS_PRICE}.priceInTransactionCurrency", eur("15")),
    ("gross in a base currency", "terms", f"{GROSS_PRICE}.priceInBaseCurrency", cny("116.20")),
    ("together with discountPercentage", "terms", "lines[1].prices.discountPercentage", Decimal("12.5")),
    ("only one of them", "terms", "lines[1].prices.netPrice", None),
    # Charge lines
    ("charge position", "terms", f"{CHARGE}.position", "1"),
    ("charge type", "terms", f"{CHARGE}.chargeTypeCode", "FC"),
    ("charge description", "terms", f"{CHARGE}.chargeDescription", "Freight"),
    ("charge quantity", "terms", f"{CHARGE}.quantity", 1),
    ("charge price", "terms", f"{CHARGED}.priceInTransactionCurrency", eur("35.00")),
    ("charge price in base currency", "terms", f"{CHARGED}.priceInBaseCurrency", cny("270.10")),
    ("charge price unit", "terms", f"{CHARGE}.priceUnitOfMeasureIso", "PCE"),
    ("charge price unit quantity", "terms", f"{CHARGE}.priceUnitQuantity", 1),
    # Order response meta data
    ("the user email", "terms", "erpRespondedBy", {"email": "desk@supplier.example"}),
    ("or user name as known in your ERP system", "named operator", "erpRespondedBy", {"userName": "D1"}),
    ("else who is logged in", "unknown operator", "erpRespondedBy", {"userName": US}),
]  # fmt: skip


@pytest.mark.parametrize(("says", "number", "path", "expected"), FIELDS, ids=[f"{row[1]} {row[2]}" for row in FIELDS])
def test_a_field_reaches_the_wire(sent: Sent, says: str, number: str, path: str, expected: object) -> None:
    assert at(sent.messages[number], path) == expected, says


def test_the_date_and_time_is_local_and_has_no_zone(sent: Sent) -> None:
    """ "DateTime has ISO 8601 local date/time format yyyy-MM-ddThh:mm:ss." """
    local = sent.decided_at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert sent.messages["terms"]["erpResponseDateTime"] == f"{local:%Y-%m-%dT%H:%M:%S}"


def test_a_file_is_up_before_the_answer_that_names_it(sent: Sent) -> None:
    assert sent.uploads == {at(sent.messages["terms"], "lines[0].documents[0].objectId"): ("drawing.pdf", DRAWING)}


def test_nothing_else_is_said(sent: Sent) -> None:
    """Every member of the fullest answer stands in the table above, or in one of the tests of its own."""
    told = {path for _, number, path, _ in FIELDS if number == "terms"}
    told |= {"erpResponseDateTime", "lines[0].documents[0].objectId"}
    untold = {
        path
        for path in _members(sent.messages["terms"])
        if not any(path == known or path.startswith((f"{known}.", f"{known}[")) for known in told)
        and not path.startswith(("lines[1]", "lines[2]", "lines[3]"))
    }
    assert untold == set()


def _members(tree: object, path: str = "") -> Iterator[str]:
    if isinstance(tree, dict) and tree:
        for key, value in tree.items():
            yield from _members(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from _members(value, f"{path}[{index}]")
    else:
        yield path
