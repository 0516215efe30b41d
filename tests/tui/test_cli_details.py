"""`podesk details` and `podesk contact`: facts on the part and who is responsible, without a word on what is agreed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tui.desk_folder import DeskFolder


def _message(desk: DeskFolder, po: str = "PO-1") -> dict[str, Any]:
    """What would leave."""
    (message,) = desk.json("preview", po)
    found: dict[str, Any] = json.loads(message["payload"])
    return found


ALL = [
    *(
        "--origin",
        "nl",
        "--cn-code",
        "8536 50 11",
        "--net-weight",
        "1.20",
        "--weight-unit",
        "KGM",
        "--un-number",
        "1203",
    ),
    *("--serial", "S-1", "--batch", "B-1", "--sales-order", "SO-7", "--sales-order-position", "0010", "--note", "one"),
    *("--note", "two"),
]


def test_each_detail_is_said_and_nothing_of_the_terms(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    (told,) = desk_folder.json("details", "PO-1", "--line", "10", *ALL)
    assert (told["number"], told["result"], told["process_status"], told["sending"]) == (
        "PO-1",
        "done",
        "Issued",
        "held",
    )
    assert _message(desk_folder)["lines"] == [
        {
            "purchaseOrderLinePosition": "10",
            "salesOrderNumber": "SO-7",
            "salesOrderLinePosition": "0010",
            "itemDetails": {
                "countryOfOriginCodeIso2": "NL",
                "combinedNomenclatureCode": "8536 50 11",
                "netWeight": 1.2,
                "netWeightUnitOfMeasureIso": "KGM",
                "dangerousGoodsCodeUnece": "1203",
                "serialNumber": "S-1",
                "batchNumber": "B-1",
            },
            "notes": ["one", "two"],
        }
    ]


def test_several_lines_get_the_same_details(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.run("details", "PO-1", "--line", "20", "--line", "10", "--origin", "DE").exit_code == 0
    lines = _message(desk_folder)["lines"]
    assert [each["purchaseOrderLinePosition"] for each in lines] == ["10", "20"]
    assert {each["itemDetails"]["countryOfOriginCodeIso2"] for each in lines} == {"DE"}


@pytest.mark.parametrize("details_first", [True, False], ids=["details first", "answer first"])
def test_details_and_an_answer_leave_as_one_line(desk_folder: DeskFolder, details_first: bool) -> None:
    desk_folder.take_in("PO-1")
    commands = [["details", "PO-1", "--line", "10", "--batch", "B-1"], ["confirm", "PO-1", "--line", "10"]]
    for command in commands if details_first else reversed(commands):
        assert desk_folder.run(*command).exit_code == 0
    (line,) = _message(desk_folder)["lines"]
    assert line["indicators"] == {"accepted": True}
    assert line["itemDetails"] == {"batchNumber": "B-1"}
    assert line["deliverySchedule"]


def test_details_add_up_until_they_leave(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    for option in (["--origin", "NL"], ["--batch", "B-1"], ["--batch", "B-2"]):
        assert desk_folder.run("details", "PO-1", "--line", "10", *option).exit_code == 0
    (line,) = _message(desk_folder)["lines"]
    assert line["itemDetails"] == {"countryOfOriginCodeIso2": "NL", "batchNumber": "B-2"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ([], "say what there is to tell"),
        (["--origin", "NLD"], "two letters"),
        (["--origin", "N1"], "two letters"),
        (["--origin", " "], "--origin is empty"),
        (["--cn-code", "8536 50"], "eight digits"),
        (["--cn-code", "8536.50.11"], "eight digits"),
        (["--net-weight", "1,2", "--weight-unit", "KGM"], "point before decimals"),
        (["--net-weight", "-1", "--weight-unit", "KGM"], "is no net weight"),
        (["--net-weight", "0", "--weight-unit", "KGM"], "what one item weighs"),
        (["--net-weight", "1" * 400, "--weight-unit", "KGM"], "60 digits"),
        (["--net-weight", "1"], "needs its unit"),
        (["--weight-unit", "KGM"], "goes with --net-weight"),
        (["--un-number", "UN1203"], "four digits"),
        (["--un-number", "٠١٢٣"], "four digits"),
        (["--batch", ""], "--batch is empty"),
        (["--note", "one", "--note", ""], "--note is empty"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_what_no_part_can_have_is_wrong_usage_and_says_how_it_is_written(
    desk_folder: DeskFolder, options: list[str], words: str
) -> None:
    desk_folder.take_in("PO-1")
    done = desk_folder.run("details", "PO-1", "--line", "10", *options)
    assert done.exit_code == 2, done.output
    assert words in done.stderr
    assert desk_folder.json("preview", "PO-1") == []


def test_a_line_or_an_order_that_is_not_there_is_wrong_usage(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    for command in (["PO-1", "--line", "99"], ["PO-9", "--line", "10"], ["PO-1"]):
        assert desk_folder.run("details", *command, "--batch", "B").exit_code == 2
    assert desk_folder.json("preview", "PO-1") == []


def test_details_of_a_line_that_is_closed_are_refused(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("reject", "PO-1", "--line", "10", "--reason", "no")
    # What has not left is no rejection yet: both leave together.
    assert desk_folder.run("details", "PO-1", "--line", "10", "--batch", "B").exit_code == 0
    (line,) = _message(desk_folder)["lines"]
    assert (line["indicators"], line["itemDetails"]) == ({"rejected": True}, {"batchNumber": "B"})


def test_a_connection_whose_buyer_takes_no_answers_says_so(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", connection="by-hand")
    (told,) = desk_folder.json("details", "PO-1", "--line", "10", "--batch", "B")
    assert "no outbound channel" in told["notes"][0]


# --- contact ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "contact"),
    [
        (["--email", "anna@supplier.example"], {"email": "anna@supplier.example"}),
        (["--user-name", "anna.k"], {"userName": "anna.k"}),
    ],
    ids=["email", "user name"],
)
def test_an_order_is_handed_over_with_a_line_that_says_nothing_of_its_own(
    desk_folder: DeskFolder, option: list[str], contact: dict[str, str]
) -> None:
    desk_folder.take_in("PO-1")
    (told,) = desk_folder.json("contact", "PO-1", *option)
    assert (told["result"], told["process_status"]) == ("done", "Issued")
    message = _message(desk_folder)
    assert message["order"]["contact"] == contact
    assert [list(each) for each in message["lines"]] == [["purchaseOrderLinePosition"]]
    assert desk_folder.json("timeline", "PO-1")[-1]["summary"] == "contact of the order"


def test_many_orders_are_handed_over_at_once(desk_folder: DeskFolder) -> None:
    for number in ("PO-1", "PO-2"):
        desk_folder.take_in(number)
    assert [told["result"] for told in desk_folder.json("contact", "PO-1", "PO-2", "--email", "a@b.example")] == [
        "done",
        "done",
    ]


def test_an_order_that_is_handed_over_keeps_the_answer_that_waits(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("confirm", "PO-1")
    desk_folder.run("contact", "PO-1", "--email", "a@b.example")
    message = _message(desk_folder)
    assert message["order"]["contact"] == {"email": "a@b.example"}
    assert [each["indicators"] for each in message["lines"]] == [{"accepted": True}, {"accepted": True}]


@pytest.mark.parametrize(
    "options",
    [
        ["PO-1"],
        ["--email", "a@b.example"],
        ["PO-1", "--email", "a@b.example", "--user-name", "a"],
        ["PO-1", "--email", "anna"],
        ["PO-1", "--email", "anna @b.example"],
        ["PO-1", "--user-name", ""],
        ["PO-1", "--user-name", "a\nb"],
        ["PO-9", "--user-name", "a"],
    ],
    ids=" ".join,
)
def test_who_is_responsible_is_said_in_one_way(desk_folder: DeskFolder, options: list[str]) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.run("contact", *options).exit_code == 2
    assert desk_folder.json("preview", "PO-1") == []
