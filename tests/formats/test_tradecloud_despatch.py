"""Tradecloud's despatch advice, held against the SDK's samples and the reference page."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.decisions import Shipment, Stage
from core.formats import CannotCarry, format_named
from core.model import Item, LineContent, Order
from core.outgoing import DespatchAdvice
from core.profile import TRADECLOUD
from core.transition import despatch
from core.transition.tables import CONFIRMED
from tests.core.trade import goods, line_in, order_of, terms

LINE = line_in(CONFIRMED, "10", confirmed=terms("1:2026-05-01=4", "2:2026-06-01=6"))
ORDER = order_of(LINE, line_in(CONFIRMED, "20"), buyer_account_number="340760")


def advice(order: Order = ORDER, *lines: tuple[str, str | None], shipment: Shipment | None = None) -> DespatchAdvice:
    (said,) = despatch(order, goods(Stage.SHIPPED, *lines, shipment=shipment, id="0199-beef"), TRADECLOUD).outgoing
    assert isinstance(said, DespatchAdvice)
    return said


def written(said: DespatchAdvice, order: Order = ORDER) -> dict[str, Any]:
    payload = format_named("tradecloud-json").render(said, order, "id-1").payload
    tree: dict[str, Any] = json.loads(payload, parse_float=Decimal)
    return tree


def refused(said: DespatchAdvice, order: Order = ORDER) -> CannotCarry:
    with pytest.raises(CannotCarry) as error:
        written(said, order)
    return error.value


def test_an_advice_names_itself_the_order_and_what_left() -> None:
    assert written(advice(ORDER, ("10", "7"))) == {
        "header": {
            "buyerAccountNumber": "340760",
            "despatchAdviceNumber": "0199beef",
            "shipment": {"shipmentNumber": "0199beef"},
        },
        "lines": [
            {
                "despatchAdviceLinePosition": "1",
                "purchaseOrderNumber": "PO-7",
                "purchaseOrderLinePosition": "10",
                "deliverySchedulePosition": "1",
                "despatchQuantity": 4,
            },
            {
                "despatchAdviceLinePosition": "2",
                "purchaseOrderNumber": "PO-7",
                "purchaseOrderLinePosition": "10",
                "deliverySchedulePosition": "2",
                "despatchQuantity": 3,
                "backorderQuantity": 3,
            },
        ],
        "erpIssueDateTime": "2026-03-02T09:00:00",
    }


def test_the_tracking_number_stands_where_the_newer_sample_has_it() -> None:
    shipment = Shipment(number="SN123456789", carrier="DHL", tracking_number="1Z662F416878787827")
    assert written(advice(shipment=shipment))["header"]["shipment"] == {
        "shipmentNumber": "SN123456789",
        "identifiers": {"trackingNumber": "1Z662F416878787827"},
        "shipmentCompanyName": "DHL",
    }


def test_an_unnumbered_part_of_the_schedule_goes_without_position() -> None:
    order = order_of(line_in(CONFIRMED, "10", confirmed=terms("2026-05-01=4")), buyer_account_number="1")
    (line,) = written(advice(order), order)["lines"]
    assert "deliverySchedulePosition" not in line


def test_the_item_is_named_as_the_buyer_knows_it() -> None:
    item = Item(number="12345", revision="v2", name="Round tube", supplier_item_number="67890", unit="PCE")
    order = order_of(line_in(CONFIRMED, "10", content=LineContent(item=item)), buyer_account_number="1")
    assert written(advice(order), order)["lines"][0]["item"] == {
        "buyerItemNumber": "12345",
        "buyerItemRevision": "v2",
        "buyerItemName": "Round tube",
        "supplierItemNumber": "67890",
        "purchaseUnitOfMeasureIso": "PCE",
    }


def test_quantities_keep_every_digit() -> None:
    order = order_of(line_in(CONFIRMED, "10", confirmed=terms("1:2026-05-01=1234.560")), buyer_account_number="1")
    payload = format_named("tradecloud-json").render(advice(order), order, "id-1").payload
    assert b'"despatchQuantity": 1234.560' in payload


@pytest.mark.corpus
def test_every_member_has_its_name_from_the_samples(corpus: Path) -> None:
    full, least = (
        json.loads((corpus / "tradecloud" / f"{name}despatch-advice.json").read_text()) for name in ("", "minimal-")
    )
    shipment = Shipment(number="SN1", carrier="DHL", tracking_number="T1")
    ours = written(advice(ORDER, ("10", "7"), shipment=shipment))
    assert least.keys() <= ours.keys() <= full.keys()
    assert least["header"].keys() <= ours["header"].keys() <= full["header"].keys()
    # The manual has a name for the carrier; the sample ships without one.
    assert ours["header"]["shipment"].keys() - {"shipmentCompanyName"} <= full["header"]["shipment"].keys()
    for line in ours["lines"]:
        assert least["lines"][0].keys() <= line.keys() <= full["lines"][0].keys()


def test_the_buyers_account_is_needed() -> None:
    order = order_of(line_in(CONFIRMED, "10"))
    assert "account number is unknown" in refused(advice(order), order).what


def test_a_shipment_number_has_no_white_space() -> None:
    assert "white space in it ('SN 1')" in refused(advice(shipment=Shipment(number="SN 1"))).what


def test_more_lines_than_the_platform_takes_are_refused() -> None:
    said = advice()
    assert "501 lines" in refused(said.but(lines=said.lines[:1] * 501)).what


def test_goods_of_a_line_that_is_not_there_are_refused() -> None:
    said = advice()
    stray = said.but(lines=(said.lines[0].but(position="99"),))
    assert refused(stray).position == "99"


def test_an_advice_without_a_line_is_none() -> None:
    assert refused(advice().but(lines=())).what == "a despatch advice without a line"
