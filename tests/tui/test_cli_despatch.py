"""Packing and shipping from a shell: what is recorded, what the buyer is told, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tui.desk_folder import SETTINGS, DeskFolder, line, net_price


def _advices(desk: DeskFolder, po: str) -> list[dict[str, Any]]:
    return [json.loads(each["payload"]) for each in desk.json("preview", po) if each["kind"] == "despatch_advice"]


def _goods(desk: DeskFolder, po: str) -> dict[str, str]:
    return {each["position"]: each["logistics_status"] for each in desk.json("show", po)["lines"]}


def _confirmed(desk: DeskFolder, po: str, **where: str) -> None:
    desk.take_in(po, line("10"), line("20", deliveries=(("2026-12-01", "40"), ("2027-01-15", "60"))), **where)
    assert desk.run("confirm", po).exit_code == 0


def test_what_is_shipped_is_told_with_carrier_and_tracking_number(desk_folder: DeskFolder) -> None:
    _confirmed(desk_folder, "PO-1")
    (told,) = desk_folder.json("ship", "PO-1", "--carrier", "DHL", "--tracking", "1Z662F41")
    assert (told["number"], told["result"], told["reason"], told["notes"]) == ("PO-1", "done", None, [])
    assert told["logistics_status"] == "Shipped"
    (advice,) = _advices(desk_folder, "PO-1")
    shipment = advice["header"]["shipment"]
    assert (shipment["identifiers"], shipment["shipmentCompanyName"]) == ({"trackingNumber": "1Z662F41"}, "DHL")
    assert [
        (each["purchaseOrderLinePosition"], each["deliverySchedulePosition"], each["despatchQuantity"])
        for each in advice["lines"]
    ] == [("10", "1", 100), ("20", "1", 40), ("20", "2", 60)]


def test_a_part_leaves_with_what_still_has_to_come(desk_folder: DeskFolder) -> None:
    _confirmed(desk_folder, "PO-1")
    desk_folder.json("ship", "PO-1", "--line", "10=60")
    assert _goods(desk_folder, "PO-1") == {"10": "Open", "20": "Open"}
    desk_folder.json("ship", "PO-1", "--line", "10")
    first, second = _advices(desk_folder, "PO-1")
    assert [(each["despatchQuantity"], each.get("backorderQuantity")) for each in first["lines"]] == [(60, 40)]
    assert [(each["despatchQuantity"], each.get("backorderQuantity")) for each in second["lines"]] == [(40, None)]
    assert first["header"]["despatchAdviceNumber"] != second["header"]["despatchAdviceNumber"]
    assert _goods(desk_folder, "PO-1") == {"10": "Shipped", "20": "Open"}


def test_what_is_made_is_recorded_and_procurement_connect_is_told_that_it_is_producing(desk_folder: DeskFolder) -> None:
    """ "producing = logistics Produced", a state that the page has us send."""
    _confirmed(desk_folder, "PO-1")
    (told,) = desk_folder.json("produce", "PO-1", "--line", "10=30")
    assert told["notes"] == ["recorded here; nothing is sent before it is shipped: then Tradecloud is told."]
    desk_folder.json("produce", "PO-1")
    assert _goods(desk_folder, "PO-1") == {"10": "Produced", "20": "Produced"}
    settings = SETTINGS.replace('profile = "generic"', 'profile = "procurement-connect"', 1)
    desk_folder.config.write_text(settings.replace('"tradecloud-json"', '"procurement-connect-json"'))
    net = {"netPrice": net_price("78.90")["netPrice"]}
    desk_folder.take_in("PO-2", line("10", prices=net), connection="city-hospital")
    assert desk_folder.run("confirm", "PO-2").exit_code == 0
    assert desk_folder.run("produce", "PO-2", "--line", "10=30").stdout.startswith(
        "PO-2 (#2): produced; Confirmed; leaves"
    )
    (status,) = _advices(desk_folder, "PO-2")
    assert (status["state"], [each["amount"] for each in status["order_line_items"]]) == ("producing", [30])


def test_what_is_packed_is_recorded_and_tradecloud_is_told_when_it_is_shipped(desk_folder: DeskFolder) -> None:
    _confirmed(desk_folder, "PO-1")
    (told,) = desk_folder.json("pack", "PO-1", "--line", "10=30")
    assert told["result"] == "done"
    assert told["notes"] == ["recorded here; nothing is sent before it is shipped: then Tradecloud is told."]
    assert _advices(desk_folder, "PO-1") == []
    desk_folder.json("pack", "PO-1")
    assert _goods(desk_folder, "PO-1") == {"10": "ReadyToShip", "20": "ReadyToShip"}


def test_an_operator_reads_what_becomes_of_a_despatch(desk_folder: DeskFolder) -> None:
    _confirmed(desk_folder, "PO-1")
    packed = desk_folder.run("pack", "PO-1")
    assert "packed; Confirmed\n" in packed.output
    assert "nothing is sent before it is shipped" in packed.output
    assert "shipped; Confirmed; leaves after our answer" in desk_folder.run("ship", "PO-1").output


def test_several_orders_are_shipped_and_a_refusal_stops_none(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    _confirmed(desk_folder, "PO-2")
    done = desk_folder.json("ship", "PO-1", "PO-2", status=1)
    assert [(each["number"], each["result"]) for each in done] == [("PO-1", "refused"), ("PO-2", "done")]
    assert "confirm first" in done[0]["reason"]
    assert _goods(desk_folder, "PO-2") == {"10": "Shipped", "20": "Shipped"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["ship", "PO-1", "--line", "10=101"], "101 is more than the 100 that are not yet shipped"),
        (["ship", "PO-1", "--line", "10=0"], "a quantity of 0 is none"),
        (["ship", "PO-1", "--line", "10", "--line", "10=5"], "it is named twice"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_what_the_order_forbids_is_refused(desk_folder: DeskFolder, words: list[str], why: str) -> None:
    _confirmed(desk_folder, "PO-1")
    done = desk_folder.run(*words)
    assert (done.exit_code, why in done.output) == (1, True), done.output
    assert _goods(desk_folder, "PO-1") == {"10": "Open", "20": "Open"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["ship"], "name an order"),
        (["ship", "PO-1", "--line", "30"], "has no line 30"),
        (["ship", "PO-1", "--line", "30=5"], "has no line 30"),
        (["ship", "PO-1", "--line", "10=five"], "'five' is no quantity"),
        (["ship", "PO-1", "--line", "10="], "is no quantity"),
        (["ship", "PO-1", "--line", "10=-5"], "is no quantity"),
        (["ship", "PO-1", "--carrier", " "], "--carrier is empty"),
        (["ship", "PO-1", "--tracking", ""], "--tracking is empty"),
        (["ship", "PO-9"], "there is no order PO-9"),
        (["pack"], "Missing argument"),
        (["pack", "PO-1", "PO-2"], "unexpected extra argument"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)
def test_wrong_words_do_nothing(desk_folder: DeskFolder, words: list[str], why: str) -> None:
    _confirmed(desk_folder, "PO-1")
    done = desk_folder.run(*words)
    assert (done.exit_code, why in done.output) == (2, True), done.output
    assert _goods(desk_folder, "PO-1") == {"10": "Open", "20": "Open"}


def test_a_position_may_have_an_equals_sign_in_it(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("A=1"), line("A"))
    desk_folder.run("confirm", "PO-1")
    desk_folder.json("ship", "PO-1", "--line", "A=1")
    assert _goods(desk_folder, "PO-1") == {"A=1": "Shipped", "A": "Open"}
    desk_folder.json("ship", "PO-1", "--line", "A=2")
    (_, advice) = _advices(desk_folder, "PO-1")
    assert [(each["purchaseOrderLinePosition"], each["despatchQuantity"]) for each in advice["lines"]] == [("A", 2)]


def test_where_nothing_goes_out_goods_are_recorded_and_a_note_says_so(desk_folder: DeskFolder) -> None:
    _confirmed(desk_folder, "PO-1", connection="by-hand")
    (told,) = desk_folder.json("ship", "PO-1")
    assert (told["result"], told["logistics_status"]) == ("done", "Shipped")
    assert "nothing is sent" in told["notes"][0]


def test_a_format_without_words_for_goods_is_not_tried(desk_folder: DeskFolder) -> None:
    settings = SETTINGS.replace('format = "tradecloud-json"', 'format = "ubl"', 1)
    desk_folder.config.write_text(settings)
    _confirmed(desk_folder, "PO-1")
    (told,) = desk_folder.json("ship", "PO-1")
    assert (told["result"], told["logistics_status"]) == ("done", "Shipped")
    assert told["notes"] == ["recorded here; nothing is sent: ubl says nothing of goods that are on their way."]
    assert _advices(desk_folder, "PO-1") == []


def test_despatches_go_their_own_way_where_the_settings_name_one(desk_folder: DeskFolder) -> None:
    own_way = (
        'format = "ubl"\n[connection.outbound.despatch]\nchannel = "http"\nurl = "http://127.0.0.1:1/d"\n'
        'format = "tradecloud-json"\n'
    )
    desk_folder.config.write_text(SETTINGS.replace('format = "tradecloud-json"\n', own_way, 1))
    _confirmed(desk_folder, "PO-1")
    desk_folder.json("ship", "PO-1", "--line", "10")
    answer, advice = desk_folder.json("preview", "PO-1")
    assert (answer["content_type"], advice["content_type"]) == ("application/xml", "application/json")
