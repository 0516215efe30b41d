"""`podesk details` and `podesk contact`: facts on the part and who is responsible, without a word on what is agreed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tui.desk_folder import DeskFolder, agreed, order
from tests.tui.orders import PAPER_MILL


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


def test_details_of_a_line_whose_rejection_has_not_left_go_along_with_it(desk_folder: DeskFolder) -> None:
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


# --- completed --------------------------------------------------------------------------------------------------------


def _completed(desk: DeskFolder, number: str, *statuses: str) -> None:
    """An order whose lines, both agreed, the buyer has completed or closed otherwise."""
    lines = [agreed(str(10 * nth)) for nth in range(1, len(statuses) + 1)]
    for one, status in zip(lines, statuses, strict=True):
        one["status"]["processStatus"] = status
    document = desk.folder / f"{number}.json"
    document.write_bytes(order(number, *lines))
    assert desk.run("import", str(document), "--connection", "metal-works").exit_code == 0


def test_details_of_a_completed_line_are_told_and_its_status_stays(desk_folder: DeskFolder) -> None:
    """A certificate and the country of origin follow after the delivery."""
    _completed(desk_folder, "PO-1", "Completed", "Completed")
    (told,) = desk_folder.json("details", "PO-1", "--line", "10", "--origin", "nl", "--note", "3.1 follows")
    assert (told["result"], told["process_status"], told["sending"]) == ("done", "Completed", "held")
    assert _message(desk_folder)["lines"] == [
        {"purchaseOrderLinePosition": "10", "itemDetails": {"countryOfOriginCodeIso2": "NL"}, "notes": ["3.1 follows"]}
    ]
    (previewed,) = desk_folder.json("preview", "PO-1")
    assert {line["process_status"] for line in previewed["lines"]} == {"Completed"}
    assert desk_folder.json("show", "PO-1")["tasks"] == []
    assert desk_folder.run("undo", "PO-1").exit_code == 0
    assert desk_folder.json("preview", "PO-1") == []
    assert desk_folder.run("verify").exit_code == 0


def test_a_certificate_of_a_completed_line_is_sent_by_an_answer_file_and_listed(desk_folder: DeskFolder) -> None:
    _completed(desk_folder, "PO-1", "Completed")
    certificate = {"code": "3.1", "url": "https://supplier.example/3.1.pdf"}
    answer = desk_folder.folder / "answer.json"
    answer.write_text(json.dumps({"lines": [{"position": "10", "act": "details", "documents": [certificate]}]}))
    assert desk_folder.run("answer", "PO-1", "--file", str(answer), "--check").exit_code == 0
    (told,) = desk_folder.json("answer", "PO-1", "--file", str(answer))
    assert (told["result"], told["process_status"]) == ("done", "Completed")
    assert _message(desk_folder)["lines"] == [{"purchaseOrderLinePosition": "10", "documents": [certificate]}]
    (listed,) = desk_folder.json("documents", "PO-1")
    assert (listed["by"], listed["line"], listed["code"], listed["state"]) == ("us", "10", "3.1", "unsent")


@pytest.mark.parametrize("act", ["accept", "reject", "agree", "disagree", "propose"])
def test_no_answer_file_answers_a_completed_line(desk_folder: DeskFolder, act: str) -> None:
    _completed(desk_folder, "PO-1", "Completed")
    said = {"position": "10", "act": act, "reason": "why"}
    if act == "propose":
        said["prices"] = {"net_price": {"value": "80", "currency": "EUR"}}  # type: ignore[assignment]
    answer = desk_folder.folder / "answer.json"
    answer.write_text(json.dumps({"lines": [said]}))
    done = desk_folder.run("answer", "PO-1", "--file", str(answer))
    assert done.exit_code == 1
    assert "it is Completed and takes no answer any more but item details, notes, documents and numbers" in done.stderr
    assert desk_folder.json("preview", "PO-1") == []


def test_a_completed_order_is_handed_over_and_one_that_is_rejected_or_cancelled_is_not(desk_folder: DeskFolder) -> None:
    _completed(desk_folder, "PO-1", "Completed", "Cancelled")
    _completed(desk_folder, "PO-2", "Rejected", "Cancelled")
    told = desk_folder.json("contact", "PO-1", "PO-2", "--email", "a@b.example", status=1)
    assert [each["result"] for each in told] == ["done", "refused"]
    assert _message(desk_folder)["lines"] == [{"purchaseOrderLinePosition": "10"}]
    assert "it is Rejected and takes no answer any more; only" in told[1]["reason"]
    assert desk_folder.json("preview", "PO-2") == []


@pytest.mark.parametrize("status", ["Rejected", "Cancelled"])
def test_details_of_a_line_that_is_rejected_or_cancelled_are_refused(desk_folder: DeskFolder, status: str) -> None:
    _completed(desk_folder, "PO-1", status)
    done = desk_folder.run("details", "PO-1", "--line", "10", "--batch", "B")
    assert done.exit_code == 1
    assert f"it is {status} and takes no answer any more" in done.stderr


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (
            ("details", "PO-1", "--line", "10", "--origin", "nl"),
            "line 10: procurement-connect-json can't carry item details",
        ),
        (
            ("contact", "PO-1", "--email", "anna@supplier.example"),
            "procurement-connect-json can't carry a contact of ours",
        ),
    ],
    ids=("details", "contact"),
)
def test_what_waits_for_the_word_on_its_line_is_refused_at_once_where_no_answer_could_carry_it(
    desk_folder: DeskFolder, command: tuple[str, ...], what: str
) -> None:
    text = desk_folder.config.read_text(encoding="utf-8")
    desk_folder.config.write_text(
        text + PAPER_MILL.replace("\n[connection.outbound]", '\nour_account = "340760"\n[connection.outbound]'),
        encoding="utf-8",
    )
    desk_folder.take_in("PO-1", connection="paper-mill")
    refused = desk_folder.run(*command)
    assert refused.exit_code == 1
    assert what in refused.stderr
    assert desk_folder.json("show", "PO-1")["sending"] == "nothing"
