"""`podesk show` tells all that a buyer says of an order: nobody can answer what nobody shows."""

from __future__ import annotations

import json
from typing import Any

import pytest
import simplejson

from tests.tui.desk_folder import DeskFolder, agreed, line

Tree = dict[str, Any]

MONEY = {"priceInTransactionCurrency": {"value": 1.23, "currencyIso": "EUR"}}
CHARGE = {"chargeTypeCode": "FC", "chargeDescription": "Freight", "quantity": 2, "price": MONEY}
PARTY = {"id": "GLN-7", "names": ["Warehouse"], "addressLines": ["Dock 12"], "postalCode": "1234 AB", "city": "Delft"}
DETAILS = {"countryOfOriginCodeIso2": "NL", "combinedNomenclatureCode": "6406 10 10", "netWeight": 41.241}

OF_THE_ORDER: list[tuple[str, object, str]] = [
    ("destination", PARTY, "deliver to:    Warehouse, Dock 12, 1234 AB Delft (GLN-7)"),
    ("buyerAccountingParty", PARTY, "invoice to:    Warehouse, Dock 12, 1234 AB Delft (GLN-7)"),
    ("terms", {"incotermsCode": "CIF", "incoterms": "ECT Rotterdam"}, "delivery:      CIF ECT Rotterdam"),
    ("terms", {"paymentTermsCode": "30D", "paymentTerms": "30 days"}, "payment:       30D 30 days"),
    ("indicators", {"autoConfirm": True}, "other terms:   are confirmed at once, unseen by the buyer"),
    ("properties", [{"key": "colour", "value": "red\nor blue"}], "“colour”:      red␊or blue"),
    ("properties", [{"key": "a rather long name", "value": "x"}], "“a rather long name”: x"),
    ("labels", ["urgent", "new"], "labels:        urgent, new"),
    ("orderType", "Forecast", "kind:          Forecast"),
    ("description", "Spring", "description:   Spring"),
    ("notes", ["Ring first"], "note:          Ring first"),
]

OF_A_LINE: list[tuple[str, object, str]] = [
    ("reason", "The ship is late", "line 10 buyer says: The ship is late"),
    ("description", "Cut to length", "line 10 description: Cut to length"),
    ("itemDetails", DETAILS, "line 10 item details: origin NL, CN 6406 10 10, net weight 41.241"),
    ("chargeLines", [CHARGE, {"chargeTypeCode": "AA"}], "line 10 charges: FC Freight: 2 × 1.23 EUR; AA"),
    (
        "chargeLines",
        [{**CHARGE, "priceUnitOfMeasureIso": "PCE", "priceUnitQuantity": 100}],
        "line 10 charges: FC Freight: 2 × 1.23 EUR per 100 PCE",
    ),
    ("terms", {"contractNumber": "C-1", "contractPosition": "2"}, "line 10 contract: C-1 line 2"),
    ("projectNumber", "PR-1", "line 10 project: PR-1"),
    ("productionNumber", "PD-1", "line 10 production: PD-1"),
    ("salesOrderNumber", "SO-1", "line 10 our order: SO-1, as the buyer has it"),
    ("indicators", {"proposeWhenAccepted": True}, "line 10 when accepted: the buyer approves it first"),
    ("indicators", {"noDeliveryExpected": True}, "line 10 delivery: none is expected"),
    ("notes", ["one", "two"], "line 10 notes: one / two"),
    ("labels", ["urgent"], "line 10 labels: urgent"),
    ("properties", [{"key": "colour", "value": "red"}], "line 10 “colour”: red"),
]


def _taken_in(desk: DeskFolder, head: Tree, first: Tree) -> None:
    tree = {
        "buyerOrder": {"companyId": "buyer-1", "purchaseOrderNumber": "PO-1", **head},
        "supplierOrder": {"buyerAccountNumber": "340760"},
        "status": {"processStatus": "Issued", "logisticsStatus": "Open"},
        "lines": [first],
    }
    file = desk.write("order.json", simplejson.dumps(tree, use_decimal=True).encode())
    (told,) = desk.json("import", str(file), "--connection", "metal-works")
    assert told["state"] == "applied", told


@pytest.mark.parametrize(("name", "said", "told"), OF_THE_ORDER, ids=lambda value: str(value)[:20])
def test_what_a_buyer_says_of_an_order_is_shown(desk_folder: DeskFolder, name: str, said: object, told: str) -> None:
    _taken_in(desk_folder, {name: said}, line("10"))
    assert told in desk_folder.run("show", "PO-1").stdout.splitlines()


@pytest.mark.parametrize(("name", "said", "told"), OF_A_LINE, ids=lambda value: str(value)[:20])
def test_what_a_buyer_says_of_a_line_is_shown(desk_folder: DeskFolder, name: str, said: object, told: str) -> None:
    first = line("10")
    _taken_in(desk_folder, {}, {**first, "buyerLine": {**first["buyerLine"], name: said}})
    assert told in desk_folder.run("show", "PO-1").stdout.splitlines()


def test_what_a_charge_is_for_is_shown(desk_folder: DeskFolder) -> None:
    _taken_in(desk_folder, {}, {**line("10"), "lineType": "Charge", "chargeReasonCode": "FC"})
    assert "line 10 kind: Charge FC" in desk_folder.run("show", "PO-1").stdout.splitlines()


def test_of_goods_that_left_in_part_it_is_told_how_much(desk_folder: DeskFolder) -> None:
    """Procurement Connect: "partially_shipped = Open with what has left"."""
    _taken_in(desk_folder, {}, agreed("10"))
    assert "goods so far" not in desk_folder.run("show", "PO-1").stdout
    desk_folder.run("pack", "PO-1", "--line", "10=60.50")
    desk_folder.run("ship", "PO-1", "--line", "10=40")
    assert "line 10 goods so far: packed 60.50, shipped 40" in desk_folder.run("show", "PO-1").stdout.splitlines()
    (first,) = desk_folder.json("show", "PO-1")["lines"]
    assert first["logistics_status"] == "Open"
    assert first["goods"] == {"produced": "60.50", "packed": "60.50", "shipped": "40", "delivered": "0", "received": []}


def test_what_we_said_of_a_line_is_shown_beside_what_the_buyer_says(desk_folder: DeskFolder) -> None:
    _taken_in(desk_folder, {}, line("10"))
    desk_folder.run("reject", "PO-1", "--reason", "Not made any more")
    assert "line 10 our reason: Not made any more" in desk_folder.run("show", "PO-1").stdout.splitlines()
    assert desk_folder.json("show", "PO-1")["lines"][0]["answered"] == {
        "reason": "Not made any more",
        "sales_order_number": None,
        "sales_order_position": None,
        "item_details": None,
    }


def test_a_script_reads_all_that_the_buyer_says_of_order_and_line(desk_folder: DeskFolder) -> None:
    head = {name: said for name, said, _ in OF_THE_ORDER if name != "terms"}
    body = {name: said for name, said, _ in OF_A_LINE if name != "terms"}
    first = line("10")
    _taken_in(desk_folder, head, {**first, "buyerLine": {**first["buyerLine"], **body}})
    shown = desk_folder.json("show", "PO-1")
    assert shown["header"]["destination"]["address_lines"] == ["Dock 12"]
    assert shown["header"]["auto_confirm"] is True
    content = shown["lines"][0]["content"]
    assert (content["reason"], content["item_details"]["net_weight"]) == ("The ship is late", "41.241")
    assert content["charge_lines"] == [
        {
            "type_code": "FC",
            "description": "Freight",
            "quantity": "2",
            "price_unit": "PCE",
            "price_unit_quantity": "100",
            "price": {"value": "1.23", "currency": "EUR"},
            "price_in_base_currency": None,
        }
    ]


@pytest.mark.parametrize("changed", ["header", "content"])
def test_what_a_buyer_says_can_not_be_changed_in_an_answer(desk_folder: DeskFolder, changed: str) -> None:
    _taken_in(desk_folder, {"description": "Spring"}, line("10"))
    shown = desk_folder.json("show", "PO-1")
    shown["lines"][0]["act"] = "accept"
    same = desk_folder.write("same.json", json.dumps(shown).encode())
    assert desk_folder.run("answer", "PO-1", "--file", str(same), "--check").exit_code == 0
    (shown if changed == "header" else shown["lines"][0])[changed]["description"] = "Autumn"
    other = desk_folder.write("other.json", json.dumps(shown).encode())
    refused = desk_folder.run("answer", "PO-1", "--file", str(other))
    assert (refused.exit_code, f"{changed}: is not what the order says" in refused.stderr) == (2, True)


def test_why_we_proposed_in_the_platforms_portal_is_shown(desk_folder: DeskFolder) -> None:
    request = {
        "deliverySchedule": [{"date": "2026-12-24", "quantity": 100}],
        "reason": "Mill is late",
        "status": "Open",
    }
    status = {"processStatus": "InProgress", "inProgressStatus": "OpenSupplierProposal", "logisticsStatus": "Open"}
    _taken_in(desk_folder, {}, {**line("10"), "supplierLine": {"requests": {"proposal": request}}, "status": status})
    assert "line 10 our reason: Mill is late" in desk_folder.run("show", "PO-1").stdout.splitlines()


def test_who_issued_a_buyers_own_order_is_shown(desk_folder: DeskFolder) -> None:
    tree = {
        "order": {"companyId": "buyer-1", "purchaseOrderNumber": "PO-1"},
        "lines": [
            {"position": "10", "deliverySchedule": [{"date": "2026-12-01", "quantity": 1, "transportMode": "Sea"}]}
        ],
        "erpIssuedBy": {"email": "ines@buyer.example"},
        "erpLastChangedBy": {"userName": "BOB"},
    }
    file = desk_folder.write("order.json", json.dumps(tree).encode())
    desk_folder.json("import", str(file), "--connection", "metal-works")
    shown = desk_folder.run("show", "PO-1").stdout.splitlines()
    assert "“Issued by”:   ines@buyer.example" in shown
    assert "“Last changed by”: BOB" in shown
    (first,) = desk_folder.json("show", "PO-1")["lines"]
    assert first["requested"]["delivery_schedule"] == [
        {"position": None, "date": "2026-12-01", "quantity": "1", "transport_mode": "Sea"}
    ]
