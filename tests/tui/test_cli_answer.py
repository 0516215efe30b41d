"""`podesk answer`: a whole answer from a file, read strictly, tried without being saved, with files of ours."""

from __future__ import annotations

import json
import os
from typing import Any

import jsonschema
import pytest

from tests.tui.desk_folder import SETTINGS, DeskFolder, agreed
from tests.tui.desk_folder import line as order_line

TAKES_FILES = SETTINGS.replace(
    'url = "http://127.0.0.1:1/v2"\nformat = "tradecloud-json"\n\n[[connection]]\nname = "city',
    'url = "http://127.0.0.1:1/v2"\nauth = "tradecloud"\nuser = "erp"\npassword = { env = "NO_SUCH" }\n'
    'format = "tradecloud-json"\n\n[[connection]]\nname = "city',
)
YES = {"lines": [{"position": "10", "act": "accept"}]}


@pytest.fixture
def desk(desk_folder: DeskFolder) -> DeskFolder:
    desk_folder.config.write_text(TAKES_FILES, encoding="utf-8")
    desk_folder.take_in("PO-1")
    return desk_folder


def _file(desk: DeskFolder, answer: object) -> str:
    text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return str(desk.write("answer.json", text))


def _message(desk: DeskFolder, po: str = "PO-1") -> Any:
    (message,) = [each for each in desk.json("preview", po) if each["kind"] == "order_response"]
    return json.loads(message["payload"])


def _wrong(desk: DeskFolder, answer: object) -> list[str]:
    """What is wrong with the answer, a sentence a line, without the file's name."""
    done = desk.run("answer", "PO-1", "--file", _file(desk, answer))
    assert done.exit_code == 2, done.output
    told = [line.removeprefix("Error: ") for line in done.stderr.splitlines() if not line.startswith("Try ")]
    assert all(line.startswith(f"{desk.folder}/answer.json: ") for line in told), told
    assert desk.json("preview", "PO-1") == []
    return [line.removeprefix(f"{desk.folder}/answer.json: ") for line in told]


# --- show, edit, answer -----------------------------------------------------------------------------------------------


def test_what_show_prints_is_edited_and_given_back(desk: DeskFolder) -> None:
    shown = desk.json("show", "PO-1")
    line = shown["lines"][0]
    line["act"], line["reason"] = "propose", "later"
    line["delivery_schedule"] = [dict(each, date="2027-01-15") for each in line["requested"]["delivery_schedule"]]
    shown["lines"][1]["act"] = "accept"
    shown["notes"] = ["Thank you"]
    (told,) = desk.json("answer", "PO-1", "--file", _file(desk, shown))
    assert (told["result"], told["process_status"]) == ("done", "InProgress")
    message = _message(desk)
    assert message["order"]["notes"] == ["Thank you"]
    assert message["lines"][0]["deliverySchedule"] == [{"position": "1", "date": "2027-01-15", "quantity": 100}]
    assert message["lines"][0]["prices"]["netPrice"]["priceInTransactionCurrency"]["value"] == 78.90
    assert message["lines"][1]["indicators"] == {"accepted": True}
    assert [each["process_status"] for each in desk.json("show", "PO-1")["lines"]] == ["InProgress", "Confirmed"]


def test_a_schedule_that_show_prints_with_its_transport_modes_is_edited_and_given_back(desk: DeskFolder) -> None:
    by_sea = order_line()
    by_sea["deliverySchedule"][0]["transportMode"] = "Sea"
    desk.take_in("PO-2", by_sea)
    (shown,) = desk.json("show", "PO-2")["lines"]
    [delivery] = shown["requested"]["delivery_schedule"]
    assert delivery["transport_mode"] == "Sea"
    later = _line(act="propose", reason="later", delivery_schedule=[delivery | {"date": "2027-01-15"}])
    schema = json.loads(desk.run("answer", "--schema").stdout)
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(later)) == []
    done = desk.run("answer", "PO-2", "--file", _file(desk, later))
    assert done.exit_code == 0, done.output
    assert _message(desk, "PO-2")["lines"][0]["deliverySchedule"][0]["date"] == "2027-01-15"

    later["lines"][0]["delivery_schedule"][0]["transport_mode"] = "Air"
    done = desk.run("answer", "PO-2", "--file", _file(desk, later))
    assert done.exit_code == 2
    assert "lines[0].delivery_schedule[0].transport_mode: is not what the order says" in done.stderr


def test_what_show_prints_answers_nothing_by_itself(desk: DeskFolder) -> None:
    assert _wrong(desk, desk.json("show", "PO-1")) == ['answers nothing; give a line an "act", like "act": "accept"']


def test_who_edits_what_is_only_shown_is_told(desk: DeskFolder) -> None:
    shown = desk.json("show", "PO-1")
    shown["lines"][1]["act"] = "accept"
    shown["lines"][0]["requested"]["delivery_schedule"][0]["quantity"] = "90"
    shown["lines"][0]["process_status"] = "Confirmed"
    wrong = _wrong(desk, shown)
    assert sorted(each.partition(":")[0] for each in wrong) == ["lines[0].process_status", "lines[0].requested"]
    assert all("no part of the answer" in each for each in wrong)


def test_an_answer_to_an_order_that_changed_since_is_refused(desk: DeskFolder) -> None:
    shown = desk.json("show", "PO-1")
    desk.run("reject", "PO-1", "--line", "20", "--reason", "no")
    shown["lines"][0]["act"] = "accept"
    (told,) = desk.json("answer", "PO-1", "--file", _file(desk, shown), status=1)
    assert told["result"] == "refused"
    assert "changed while you looked at it" in told["reason"]
    assert [each["purchaseOrderLinePosition"] for each in _message(desk)["lines"]] == ["20"]


@pytest.mark.parametrize("name", ["id", "number", "connection", "buyer"])
def test_an_answer_to_another_order_is_refused(desk: DeskFolder, name: str) -> None:
    desk.take_in("PO-2", buyer="buyer-2")
    (wrong,) = _wrong(desk, {**YES, name: 77 if name == "id" else "other"})
    assert wrong.startswith(f"{name}: the answer is to another order")


def test_an_answer_comes_from_stdin_too(desk: DeskFolder) -> None:
    done = desk.from_a_shell(f"""echo '{json.dumps(YES)}' | "$0" answer PO-1 --file -""")
    assert done.returncode == 0, done.stderr
    assert _message(desk)["lines"][0]["indicators"] == {"accepted": True}
    done = desk.from_a_shell("""echo '{"lines": 1}' | "$0" answer PO-1 --file -""")
    assert done.returncode == 2
    assert b"stdin: lines: an array is wanted" in done.stderr


# --- acts -------------------------------------------------------------------------------------------------------------


def test_an_act_of_the_whole_order_is_said_to_each_line_that_has_none_of_its_own(desk: DeskFolder) -> None:
    answer = {"act": "reject", "reason": "sold out", "lines": [{"position": "20", "act": "accept"}]}
    assert desk.run("answer", "PO-1", "--file", _file(desk, answer)).exit_code == 0
    message = _message(desk)
    assert "indicators" not in message["order"]
    assert {each["purchaseOrderLinePosition"]: each["indicators"] for each in message["lines"]} == {
        "10": {"rejected": True},
        "20": {"accepted": True},
    }


def test_the_order_says_what_each_of_its_lines_says_until_one_says_otherwise(desk: DeskFolder) -> None:
    assert desk.run("answer", "PO-1", "--file", _file(desk, {"act": "accept"})).exit_code == 0
    assert _message(desk)["order"]["indicators"] == {"accepted": True}
    desk.run("reject", "PO-1", "--line", "20", "--reason", "sold out")
    assert "indicators" not in _message(desk)["order"]


def test_an_act_of_an_order_that_does_not_wait_for_our_word_is_no_message(desk: DeskFolder) -> None:
    desk.take_in("PO-2", agreed("10"), agreed("20"))
    (told,) = desk.json("answer", "PO-2", "--file", _file(desk, {"act": "accept"}))
    assert told["result"] == "unchanged"
    done = desk.run("answer", "PO-2", "--file", _file(desk, {"act": "reject", "reason": "sold out"}))
    assert done.exit_code == 1
    assert "it is confirmed and can't be rejected any more" in done.stderr
    assert desk.json("preview", "PO-2") == []


def test_an_act_that_the_state_forbids_is_refused_with_the_line(desk: DeskFolder) -> None:
    answer = {"lines": [{"position": "10", "act": "withdraw"}, {"position": "20", "act": "accept"}]}
    done = desk.run("answer", "PO-1", "--file", _file(desk, answer))
    assert done.exit_code == 1
    assert "line 10: no request of ours is open on it" in done.stderr
    assert desk.json("preview", "PO-1") == []


def test_a_field_that_the_format_can_not_carry_is_refused(desk_folder: DeskFolder) -> None:
    desk_folder.config.write_text(SETTINGS.replace('format = "tradecloud-json"', 'format = "ubl"'), encoding="utf-8")
    desk_folder.take_in("PO-1")
    answer = {"act": "accept", "properties": [{"key": "Heat", "value": "H-1"}]}
    done = desk_folder.run("answer", "PO-1", "--file", _file(desk_folder, answer))
    assert done.exit_code == 1
    assert "can't carry" in done.stderr


def test_a_net_price_takes_the_place_of_a_gross_one_and_keeps_unit_and_unit_quantity(desk: DeskFolder) -> None:
    answer = {
        "lines": [{"position": "10", "act": "propose", "prices": {"net_price": {"value": 80.1, "currency": "EUR"}}}]
    }
    assert desk.run("answer", "PO-1", "--file", _file(desk, answer)).exit_code == 0
    assert _message(desk)["lines"][0]["prices"] == {
        "netPrice": {"priceInTransactionCurrency": {"value": 80.1, "currencyIso": "EUR"}},
        "priceUnitOfMeasureIso": "MTR",
        "priceUnitQuantity": 100,
    }


def test_a_number_keeps_each_digit_whether_it_stands_in_quotes_or_not(desk: DeskFolder) -> None:
    text = b"""{"lines": [{"position": "10", "act": "propose", "delivery_schedule": [
        {"position": "1", "date": "2026-12-01", "quantity": 0.10000000000000000000000000000000010},
        {"date": "?", "quantity": "12345678901234567890.10"}]}]}"""
    assert desk.run("answer", "PO-1", "--file", _file(desk, text)).exit_code == 0
    (message,) = desk.json("preview", "PO-1")
    assert '"quantity": 0.10000000000000000000000000000000010\n' in message["payload"]
    assert '"quantity": 12345678901234567890.10\n' in message["payload"]


# --- what is wrong ----------------------------------------------------------------------------------------------------


def _line(**fields: object) -> dict[str, Any]:
    return {"lines": [{"position": "10", **fields}]}


def _terms(**fields: object) -> dict[str, Any]:
    return _line(act="propose", **fields)


MONEY = {"value": "1", "currency": "EUR"}
WRONG: list[tuple[object, str]] = [
    (b"", "line 1, column 1: is no JSON"),
    (b"{", "line 1, column 2: is no JSON"),
    (b'{"lines": [], "lines": []}', "the key 'lines' stands twice"),
    (b'{"notes": ["caf\xe9"]}', "is not UTF-8 text"),
    (b'{"notes": ["\\ud800"]}', "notes[0]: holds half of a surrogate pair"),
    (b"[" * 100, "nested deeper"),
    (b'{"revision": 1e999}', "revision: a number has at most"),
    ([], "is no answer; an object is wanted"),
    ({}, "answers nothing"),
    ({"lines": None}, "answers nothing"),
    (_line(), "answers nothing"),
    ({"foo": 1, **YES}, "foo: unknown key; known here are revision, act, reason, description"),
    ({"act": "propose"}, 'act: is none of "accept" or "reject"'),
    ({"act": "reject"}, "reason: is missing; say why"),
    ({"reason": "because", **YES}, 'reason: belongs to an "act" of the whole order'),
    ({"revision": "1", **YES}, "revision: a whole number is wanted"),
    ({"revision": 1.5, **YES}, "revision: a whole number is wanted"),
    # Of another store, or of this one before a backup was put back: no log tells what lies between.
    ({"revision": 99, **YES}, 'revision: the order has come to 1 and not to "99"'),
    ({"description": 1, **YES}, "description: a text is wanted"),
    ({"description": " ", **YES}, "description: is empty"),
    ({"notes": "one", **YES}, "notes: an array is wanted"),
    ({"notes": ["one", ""], **YES}, "notes[1]: is empty"),
    ({"notes": ["a\0b"], **YES}, "notes[0]: holds a NUL"),
    ({"properties": [{"key": "k", "value": "\0"}], **YES}, "properties[0].value: holds a NUL"),
    ({"properties": [{"key": "k"}], **YES}, "properties[0].value: is missing"),
    ({"contact": "anna", **YES}, "contact: an object is wanted"),
    ({"contact": {}, **YES}, "contact: is named by an email or a user_name"),
    ({"contact": {"email": "a@b", "user_name": "a"}, **YES}, "contact: is named by an email or a user_name"),
    ({"contact": {"email": "anna"}, **YES}, "contact.email: is no e-mail address"),
    ({"lines": {}}, "lines: an array is wanted"),
    ({"lines": [1]}, "lines[0]: an object is wanted"),
    ({"lines": [{"act": "accept"}]}, "lines[0].position: is missing"),
    ({"lines": [{"position": 10, "act": "accept"}]}, "lines[0].position: a text is wanted"),
    ({"lines": [{"position": "11", "act": "accept"}]}, 'lines[0].position: the order has no line "11"; its lines'),
    ({"lines": [*YES["lines"], *YES["lines"]]}, 'lines[1].position: line "10" is answered twice'),
    (_line(act="maybe"), 'lines[0].act: is none of "agree", "disagree", "accept"'),
    (_line(reason="because"), "lines[0].act: is missing; say what the answer to the line is"),
    (_line(act="details"), 'lines[0].act: "details" needs some'),
    (_line(act="propose"), 'lines[0].act: "propose" needs a delivery_schedule or prices'),
    (_line(act="accept", prices={"net_price": MONEY}), 'lines[0].prices: "accept" takes the terms as they stand'),
    (_terms(delivery_schedule=[]), "lines[0].delivery_schedule: is empty"),
    (_terms(delivery_schedule=[{"date": "2026-12-01"}]), "lines[0].delivery_schedule[0].quantity: is missing"),
    (_terms(delivery_schedule=[{"date": "1.12.2026", "quantity": 1}]), "lines[0].delivery_schedule[0].date: is no date"),
    (_terms(delivery_schedule=[{"date": "20261201", "quantity": 1}]), "lines[0].delivery_schedule[0].date: is no date"),
    (_terms(delivery_schedule=[{"date": 2026, "quantity": 1}]), "lines[0].delivery_schedule[0].date: is no date"),
    (_terms(delivery_schedule=[{"date": "?", "quantity": 0}]), "lines[0].delivery_schedule[0].quantity: must be more"),
    (_terms(delivery_schedule=[{"date": "?", "quantity": True}]), "lines[0].delivery_schedule[0].quantity: a number is"),
    (_terms(delivery_schedule=[{"date": "?", "quantity": "1,5"}]), "lines[0].delivery_schedule[0].quantity: '1,5' is no"),
    (_terms(prices={}), "lines[0].prices: says no price"),
    (_terms(prices={"net_price": 12}), "lines[0].prices.net_price: an object is wanted"),
    (_terms(prices={"net_price": {"value": "1"}}), "lines[0].prices.net_price.currency: is missing"),
    (_terms(prices={"net_price": {"value": "NaN", "currency": "EUR"}}), "lines[0].prices.net_price.value: 'NaN' is"),
    (_terms(prices={"net_price": {"value": "1", "currency": "€"}}), "lines[0].prices.net_price.currency: is no currency"),
    (_terms(prices={"net_price_in_base_currency": MONEY}), "lines[0].prices.net_price: is missing"),
    (_terms(prices={"gross_price": MONEY, "discount_percentage": 101}), "lines[0].prices.discount_percentage: is no perc"),
    (_terms(prices={"net_price": {"value": -1, "currency": "EUR"}}), "lines[0].prices.net_price.value: is below zero"),
    (_terms(prices={"net_price": MONEY, "discount_percentage": 5}), "lines[0].prices.discount_percentage: is taken from"),
    ({"notes": ["\ud800"], **YES}, "notes[0]: holds half of a surrogate pair"),
    ({"properties": [{"key": "k", "value": "\ud800"}], **YES}, "properties[0].value: holds half of a surrogate pair"),
    ({"contact": {"email": "a\udc00@b.c"}}, "contact.email: holds half of a surrogate pair"),
    ({"contact": {"user_name": "a\udc00"}}, "contact.user_name: holds half of a surrogate pair"),
    ({"contact": {"email": "a\0@b.c"}}, "contact.email: is no e-mail address"),
    ({"contact": {"user_name": "a\0"}}, "contact.user_name: is no number or code"),
    (_line(act="details", item_details={"\ud800": 1}), 'lines[0].item_details["\\ud800"]: holds half'),
    (_terms(prices={"price_unit_quantity": "0"}), "lines[0].prices.price_unit_quantity: must be more than zero"),
    (_line(act="details", item_details={}), "lines[0].item_details: says nothing"),
    (_line(act="details", item_details={"country_of_origin": "NLD"}), "lines[0].item_details: “NLD” is no country"),
    (_line(act="details", item_details={"net_weight": 1}), "lines[0].item_details: a net weight needs its unit"),
    (_line(act="details", item_details={"net_weight_unit": "KGM"}), "lines[0].item_details.net_weight: is missing"),
    (_line(act="details", item_details={"dangerous_goods_code": "12"}), "lines[0].item_details: “12” is no UN number"),
    (_line(act="details", sales_order_number="a b\n"), "lines[0].sales_order_number: is no number or code"),
    (_line(act="details", charge_lines=[{}]), "lines[0].charge_lines[0]: says nothing"),
    (_line(act="details", documents=[{"code": "D"}]), "lines[0].documents[0]: says not where the document is"),
    (_line(act="details", documents=[{"file": "f", "url": "u"}]), "lines[0].documents[0]: is a file of ours and somewhere"),
    (_line(act="details", documents=[{"file": "nowhere.pdf"}]), "lines[0].documents[0].file: "),
    (_line(act="details", item_details={"\u202e": 1}), 'lines[0].item_details["'),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "sentence"), WRONG, ids=[row[1][:60] for row in WRONG])
def test_what_is_not_understood_is_named_with_its_place(desk: DeskFolder, answer: object, sentence: str) -> None:
    wrong = _wrong(desk, answer)
    assert len(wrong) == 1, wrong
    assert wrong[0].startswith(sentence), wrong


def test_a_discount_needs_a_price_that_it_is_taken_from(desk: DeskFolder) -> None:
    done = desk.run("answer", "PO-1", "--file", _file(desk, _terms(reason="r", prices={"discount_percentage": 5})))
    assert done.exit_code == 1
    assert "line 10: there is no gross price that a discount could be taken from" in done.output


def test_everything_that_is_wrong_is_told_at_once_up_to_a_point(desk: DeskFolder) -> None:
    answer = {"lines": [{"position": str(n), "act": "no"} for n in range(30)]}
    wrong = _wrong(desk, answer)
    assert len(wrong) == 11
    assert wrong[-1] == f"and {30 + 28 - 10} more"  # no such act, and no such line but for 10 and 20


@pytest.mark.parametrize(
    "command",
    [
        ["PO-1"],
        ["--file", "x.json"],
        ["PO-1", "--file", "nowhere.json"],
        ["PO-1", "--file", "."],
        ["PO-1", "--file", ""],
        ["PO-9", "--file", "answer.json"],
        ["PO-1", "--schema"],
        ["--schema", "--check"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_two(desk: DeskFolder, command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    _file(desk, YES)
    done = desk.run("answer", *command)
    assert done.exit_code == 2, done.output
    assert done.stderr


# --- trying -----------------------------------------------------------------------------------------------------------


def test_check_shows_what_would_leave_and_saves_nothing(desk: DeskFolder) -> None:
    desk.write("drawing.pdf", b"%PDF")
    answer = {**YES, "documents": [{"file": "drawing.pdf"}]}
    before = desk.json("timeline", "PO-1")
    file, response = desk.json("answer", "PO-1", "--file", _file(desk, answer), "--check")
    assert (file["kind"], file["name"], file["payload"]) == ("attachment", "drawing.pdf", None)
    assert response["waits_for"] == ["drawing.pdf"]
    assert json.loads(response["payload"])["order"]["documents"] == [{"name": "drawing.pdf"}]
    assert [each["process_status"] for each in response["lines"]] == ["Confirmed", "Issued"]
    done = desk.run("answer", "PO-1", "--file", _file(desk, answer), "--check")
    assert done.exit_code == 0
    assert json.loads(done.stdout)["lines"][0]["indicators"] == {"accepted": True}
    assert "Nothing was saved." in done.stderr
    assert (desk.json("timeline", "PO-1"), desk.json("preview", "PO-1")) == (before, [])
    from core.store import open_store

    with open_store(desk.store) as store:
        assert store.connection.execute("SELECT count(*) FROM payloads").fetchone() == (1,)  # the order itself


def test_check_refuses_what_would_be_refused(desk: DeskFolder) -> None:
    done = desk.run("answer", "PO-1", "--check", "--file", _file(desk, _line(act="reject")))
    assert done.exit_code == 1
    assert "wants a reason" in done.stderr


# --- documents --------------------------------------------------------------------------------------------------------


def test_a_file_is_found_from_where_the_answer_is(desk: DeskFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    (desk.folder / "deep").mkdir()
    desk.write("deep/drawing.pdf", b"%PDF")
    file = desk.write("deep/answer.json", json.dumps({**YES, "documents": [{"file": "drawing.pdf"}]}).encode())
    monkeypatch.chdir("/")
    assert desk.run("answer", "PO-1", "--file", str(file)).exit_code == 0
    upload, response = desk.json("preview", "PO-1")
    assert (upload["name"], response["waits_for"]) == ("drawing.pdf", ["drawing.pdf"])
    told = desk.run("preview", "PO-1")
    assert "file drawing.pdf to metal-works, held" in told.stderr
    assert "waits for drawing.pdf" in told.stderr
    assert "drawing.pdf" in desk.run("outbox").stdout
    assert [row["name"] for row in desk.json("outbox")] == ["drawing.pdf", ""]
    assert desk.run("undo", "PO-1").exit_code == 0
    assert desk.json("outbox") == []


def test_each_file_that_is_attached_is_named_by_where_it_really_is(desk: DeskFolder) -> None:
    outside = desk.folder / "elsewhere"
    outside.mkdir()
    secret = outside / "secret\n.txt"
    secret.write_bytes(b"x" * 1234)
    (desk.folder / "drawing.pdf").symlink_to(secret)
    documents = [{"name": "drawing", "file": "drawing.pdf"}, {"name": "other", "file": "elsewhere/../drawing.pdf"}]
    answer = _file(desk, {**YES, "documents": documents})
    for check in (["--check"], []):
        done = desk.run("answer", "PO-1", "--file", answer, *check)
        assert done.exit_code == 0, done.output
        named = [each for each in done.stderr.splitlines() if "attaches" in each]
        real = f"{outside.resolve()}/secret␊.txt"
        assert named == [f"documents[{nth}].file: attaches {real}, 1,234 bytes" for nth in (0, 1)]


def test_a_file_that_is_refused_is_not_kept(desk: DeskFolder) -> None:
    desk.write("drawing.pdf", b"%PDF")
    answer = _line(act="reject", documents=[{"file": "drawing.pdf"}])
    assert desk.run("answer", "PO-1", "--file", _file(desk, answer)).exit_code == 1
    from core.store import open_store

    with open_store(desk.store) as store:
        assert store.connection.execute("SELECT count(*) FROM payloads").fetchone() == (1,)


def test_a_connection_that_takes_no_files_says_so(desk: DeskFolder) -> None:
    desk.take_in("PO-2", connection="city-hospital")
    desk.write("drawing.pdf", b"%PDF")
    answer = {"act": "accept", "documents": [{"file": "drawing.pdf"}]}
    done = desk.run("answer", "PO-2", "--file", _file(desk, answer))
    assert done.exit_code == 1
    assert "no way to send drawing.pdf along" in done.stderr


def test_a_file_that_is_a_pipe_or_a_folder_is_refused(desk: DeskFolder) -> None:
    os.mkfifo(desk.folder / "pipe")
    for name in ("pipe", "."):
        (wrong,) = _wrong(desk, {**YES, "documents": [{"file": name}]})
        assert wrong.startswith("documents[0].file: ")


def test_a_hundred_documents_are_taken_and_no_more(desk: DeskFolder) -> None:
    documents = [{"url": f"https://supplier.example/{n}"} for n in range(101)]
    done = desk.run("answer", "PO-1", "--file", _file(desk, {**YES, "documents": documents}))
    assert done.exit_code == 1
    assert "at most 100" in done.stderr
    assert desk.run("answer", "PO-1", "--file", _file(desk, {**YES, "documents": documents[:100]})).exit_code == 0


def test_a_name_on_a_terminal_is_shown_and_not_obeyed(desk: DeskFolder) -> None:
    name = "\x1b[2Jevil\u202efdp.exe"
    desk.write(name, b"%PDF")
    assert desk.run("answer", "PO-1", "--file", _file(desk, {**YES, "documents": [{"file": name}]})).exit_code == 0
    for command in (["preview", "PO-1"], ["outbox"], ["timeline", "PO-1"]):
        done = desk.run(*command)
        assert not {"\x1b", "\u202e"} & set(done.stderr), command
        if command != ["preview", "PO-1"]:  # the exact bytes
            assert not {"\x1b", "\u202e"} & set(done.stdout), command


# --- the schema -------------------------------------------------------------------------------------------------------


def test_the_schema_takes_what_the_command_takes(desk: DeskFolder) -> None:
    schema = json.loads(desk.run("answer", "--schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    shown = desk.json("show", "PO-1")
    shown["lines"][0]["act"] = "accept"
    from tests.formats.test_every_seed_field import ANSWERS

    for answer in (YES, shown, *ANSWERS.values()):
        assert list(validator.iter_errors(answer)) == []


@pytest.mark.parametrize(
    "answer",
    [
        {"foo": 1},
        {"lines": 1},
        {"act": "propose"},
        _line(act="maybe"),
        _line(act="propose", delivery_schedule=[{"date": "2026-12-01"}]),
        _line(act="propose", prices={"net_price": {"value": "1,5", "currency": "EUR"}}),
        _line(act="propose", prices={"net_price": {"value": "1", "currency": "Euro"}}),
        _line(act="details", item_details={"colour": "red"}),
        {"contact": {"email": "anna"}},
    ],
    ids=json.dumps,
)
def test_the_schema_refuses_what_has_no_place_in_an_answer(desk: DeskFolder, answer: object) -> None:
    schema = json.loads(desk.run("answer", "--schema").stdout)
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(answer))


def test_each_field_of_the_schema_is_explained_or_speaks_for_itself(desk: DeskFolder) -> None:
    schema = json.loads(desk.run("answer", "--schema").stdout)
    assert "description" in schema["$defs"]["Line"]["properties"]["act"]
    assert schema["properties"]["process_status"]["description"].startswith("As `podesk show --json` prints it")
