"""Looking at orders from a shell: lists, one order, its timeline, what would leave; and which order is meant."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from core.config import load
from core.ids import uuid7
from core.model import LineContent, Order, OrderHeader, OrderLine
from core.orderbook import OrderBook
from core.store import open_store
from core.store.rows import TimelineEntry
from core.transition import Change, Json
from tests.tui.desk_folder import DeskFolder, gross_price, line, net_price, order
from tui import words
from tui.display import display
from tui.field_words import FIELDS, UNTOLD

ORDER_KEYS = [
    "id",
    "connection",
    "number",
    "buyer",
    "revision",
    "process_status",
    "logistics_status",
    "reported",
    "sending",
]
LINE_KEYS = [
    "position",
    "item",
    "process_status",
    "in_progress_status",
    "logistics_status",
    "requested",
    "proposed",
    "confirmed",
    "pending",
    "predicted",
    "content",
    "goods",
    "answered",
]
NASTY = "PO\x1b[2J\x9b1m\u202e中\u200b\nB"


def _numbers(desk: DeskFolder, *options: str) -> list[str]:
    return [row["number"] for row in desk.json("orders", *options)]


def test_orders_have_the_promised_keys_and_no_others(desk_folder: DeskFolder) -> None:
    order_id = desk_folder.take_in("PO-1")
    (row,) = desk_folder.json("orders")
    assert list(row) == ORDER_KEYS
    assert (row["id"], row["connection"], row["number"]) == (order_id, "metal-works", "PO-1")
    assert (row["process_status"], row["logistics_status"], row["sending"]) == ("Issued", "Open", "nothing")
    assert row["reported"]["process_status"] == "Issued"


def test_a_desk_without_orders_lists_none(desk_folder: DeskFolder) -> None:
    assert desk_folder.json("orders") == []
    assert desk_folder.run("orders").stdout == ""


def test_the_soonest_due_stands_first_and_limit_cuts(desk_folder: DeskFolder) -> None:
    for number, date in (("PO-3", "2027-03-01"), ("PO-1", "2026-01-01"), ("PO-2", "2026-02-01")):
        desk_folder.take_in(number, line(deliveries=[(date, "1")]))
    assert _numbers(desk_folder) == ["PO-1", "PO-2", "PO-3"]
    assert _numbers(desk_folder, "--limit", "2") == ["PO-1", "PO-2"]


def test_a_search_finds_number_buyer_and_item_and_is_no_query_language(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line(item="BOLT-8", name="Hexagon bolt"))
    desk_folder.take_in("PO-2", line(item="NUT-8", name="Hexagon nut"))
    assert _numbers(desk_folder, "--search", "PO-2") == ["PO-2"]
    assert _numbers(desk_folder, "--search", "bolt") == ["PO-1"]
    assert _numbers(desk_folder, "--search", "NUT-8") == ["PO-2"]
    for search in ('"', "bolt OR nut NOT", "bolt*)", "number:x", "'; DROP TABLE orders; --", "NEAR("):
        assert desk_folder.run("orders", "--search", search).exit_code == 0


def test_whose_word_is_awaited_until_when_is_told(desk_folder: DeskFolder) -> None:
    settings = desk_folder.config.read_text()
    desk_folder.config.write_text(
        settings.replace('profile = "tradecloud"', 'profile = "tradecloud"\nanswer_within = "2h"', 1)
    )
    desk_folder.take_in("PO-1", line("10", [("2999-12-01", "60")]), line("20", [("2999-12-01", "4")]))
    (first, second) = desk_folder.json("show", "PO-1")["tasks"]
    opened = dt.datetime.fromisoformat(first["opened_at"])
    assert dt.datetime.fromisoformat(first["due_at"]) == opened + dt.timedelta(hours=2)
    assert (first["position"], first["kind"], second["position"]) == ("10", "answer", "20")
    by = f"{(opened + dt.timedelta(hours=2)).astimezone(load(desk_folder.config).zone):%Y-%m-%d %H:%M}"
    assert f"to do:         answer by {by}: line 10, 20\n" in desk_folder.run("show", "PO-1").stdout
    assert by in desk_folder.run("orders").stdout
    desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "3000-01-01=60", "--reason", "later")
    desk_folder.run("confirm", "PO-1", "--line", "20")
    (waits,) = desk_folder.json("show", "PO-1")["tasks"]
    assert (waits["position"], waits["kind"]) == ("10", "wait")
    assert "waiting:       the buyer decides by 3000-01-01 00:00: line 10\n" in desk_folder.run("show", "PO-1").stdout
    assert by not in desk_folder.run("orders").stdout


def test_an_answer_that_is_overdue_is_marked(desk_folder: DeskFolder) -> None:
    settings = desk_folder.config.read_text(encoding="utf-8")
    desk_folder.config.write_text(settings.replace("profile =", 'answer_within = "1ms"\nprofile ='), encoding="utf-8")
    desk_folder.take_in("PO-1", line("10", [("2020-01-01", "60")]))
    assert " 2020-01-01  ! 20" in desk_folder.run("orders").stdout
    (overdue,) = [one for one in desk_folder.run("show", "PO-1").stdout.splitlines() if one.startswith("to do:")]
    assert overdue.endswith(" (overdue): line 10")


def test_an_order_for_days_that_are_past_is_due_on_the_day_it_came_and_not_late_at_once(
    desk_folder: DeskFolder,
) -> None:
    desk_folder.take_in("PO-1", line("10", [("2020-01-01", "60")]))
    (due,) = [one for one in desk_folder.run("show", "PO-1").stdout.splitlines() if one.startswith("to do:")]
    assert due.endswith(" 00:00: line 10")


def test_show_says_who_is_responsible_at_the_buyers_and_with_us(desk_folder: DeskFolder) -> None:
    tree = json.loads(order("PO-1"))
    tree["buyerOrder"]["contact"] = {"email": "ines@buyer.example", "userName": "INES", "phoneNumber": "+31 10 1"}
    tree["supplierOrder"]["contact"] = {"userName": "BOB\u202e"}
    file = desk_folder.write("contacts.json", json.dumps(tree).encode())
    desk_folder.json("import", str(file), "--connection", "metal-works")
    shown = desk_folder.run("show", "PO-1").stdout.splitlines()
    assert "contact:       ines@buyer.example INES +31 10 1" in shown
    assert "our contact:   " + display("BOB\u202e") in shown


def test_a_view_holds_the_orders_whose_turn_it_is(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.take_in("PO-2")
    assert desk_folder.run("confirm", "PO-1").exit_code == 0
    desk_folder.run("propose", "PO-2", "--line", "10", "--delivery", "?=100", "--reason", "later")
    desk_folder.run("confirm", "PO-2", "--line", "20")
    assert _numbers(desk_folder, "--view", "to-answer") == []
    assert _numbers(desk_folder, "--view", "waiting") == ["PO-2"]
    assert _numbers(desk_folder, "--view", "all") == ["PO-1", "PO-2"]


def test_show_has_the_lines_with_the_three_kinds_of_terms(desk_folder: DeskFolder) -> None:
    desk_folder.take_in(
        "PO-1",
        line("10", [("2026-12-01", "60"), ("2027-01-15", "40.50")], net_price("78.90", per=100)),
        line("20", prices=gross_price("15.00", "12.5")),
    )
    desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "?=?", "--reason", "not planned")
    desk_folder.run("confirm", "PO-1", "--line", "20")
    shown = desk_folder.json("show", "PO-1")
    assert list(shown) == [*ORDER_KEYS, "header", "lines", "suggestion", "three_sides", "drafts", "tasks", "attached"]
    assert shown["suggestion"] is None  # the connection has no rules
    first, second = shown["lines"]
    assert list(first) == LINE_KEYS
    assert (first["item"], first["process_status"]) == ("PLATE-10", "InProgress")
    assert first["in_progress_status"] == "OpenSupplierProposal"
    assert first["requested"]["delivery_schedule"] == [
        {"position": "1", "date": "2026-12-01", "quantity": "60"},
        {"position": "2", "date": "2027-01-15", "quantity": "40.50"},
    ]
    assert first["proposed"]["delivery_schedule"] == [{"position": "1", "date": None, "quantity": None}]
    assert first["confirmed"] is None
    assert first["requested"]["prices"] == {
        "net_price": {"value": "78.90", "currency": "EUR"},
        "gross_price": None,
        "discount_percentage": None,
        "price_unit": "MTR",
        "price_unit_quantity": "100",
        "net_price_in_base_currency": None,
        "gross_price_in_base_currency": None,
    }
    assert second["process_status"] == "Confirmed"
    assert second["confirmed"]["prices"]["gross_price"] == {"value": "15.00", "currency": "EUR"}
    assert second["confirmed"]["prices"]["discount_percentage"] == "12.5"


def _money(value: str, currency: str) -> dict[str, object]:
    return {"value": int(value), "currencyIso": currency}


def _net(currency: str, unit: str, *, base: str | None = None, per: int = 1) -> dict[str, object]:
    stated = {"priceInTransactionCurrency": _money("5", currency)}
    if base is not None:
        stated["priceInBaseCurrency"] = _money(base, "USD")
    return {"netPrice": stated, "priceUnitOfMeasureIso": unit, "priceUnitQuantity": per}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (_net("EUR", "PCE"), _net("USD", "PCE"), "requested: 2026-12-01 100 @ 5 EUR → 2026-12-01 100 @ 5 USD"),
        (_net("EUR", "KGM"), _net("EUR", "PCE"), "requested: 2026-12-01 100 @ 5/KGM EUR → 2026-12-01 100 @ 5/PCE EUR"),
        (
            _net("EUR", "KGM", per=100),
            _net("EUR", "KGM"),
            "requested: 2026-12-01 100 @ 5/100 EUR → 2026-12-01 100 @ 5 EUR",
        ),
        (
            _net("EUR", "PCE", base="6"),
            _net("EUR", "PCE", base="7"),
            "requested net price 5 EUR = 6 USD → 5 EUR = 7 USD",
        ),
    ],
    ids=["currency", "unit", "for how many", "base currency"],
)
def test_a_price_that_is_another_is_never_shown_as_the_same(
    desk_folder: DeskFolder, before: dict[str, object], after: dict[str, object], told: str
) -> None:
    desk_folder.take_in("PO-1", line(prices=before))
    tree = json.loads(order("PO-1", line(prices=after)))
    file = desk_folder.write("again.json", json.dumps({**tree, "version": 2}).encode())
    desk_folder.json("import", str(file), "--connection", "metal-works")
    assert f"    line 10 {told}" in desk_folder.run("timeline", "PO-1").stdout.splitlines()


def test_a_change_inside_a_long_schedule_is_told(desk_folder: DeskFolder) -> None:
    """In a line the schedule is only how many deliveries of how much until when."""
    desk_folder.take_in("PO-1", line("10", [("2026-12-01", "60"), ("2027-01-15", "40")], _net("EUR", "MTR")))
    tree = json.loads(order("PO-1", line("10", [("2026-12-08", "60"), ("2027-01-15", "40")], _net("EUR", "MTR"))))
    file = desk_folder.write("again.json", json.dumps({**tree, "version": 2}).encode())
    desk_folder.json("import", str(file), "--connection", "metal-works")
    assert "line 10 requested date of delivery 1 2026-12-01 → 2026-12-08" in desk_folder.run("timeline", "PO-1").stdout


def test_show_tells_the_unit_of_a_price_where_it_is_not_the_lines(desk_folder: DeskFolder) -> None:
    prices = (_net("EUR", "PCE"), _net("EUR", "KGM"), _net("EUR", "KGM", per=100))
    desk_folder.take_in("PO-1", *(line(str(nth), prices=each) for nth, each in enumerate(prices)))
    shown = desk_folder.run("show", "PO-1").stdout
    assert [price in shown for price in ("@ 5 EUR ", "@ 5/KGM EUR ", "@ 5/100 KGM EUR ", "PCE EUR")] == [True] * 3 + [
        False
    ]


def test_show_tells_the_whole_price_where_there_is_more_to_it(desk_folder: DeskFolder) -> None:
    desk_folder.take_in(
        "PO-1",
        line("10", prices=gross_price("15.00", "12.5")),
        line("20", prices=_net("EUR", "KGM", base="6", per=100)),
        line("30", prices=_net("EUR", "KGM")),
    )
    shown = [one for one in desk_folder.run("show", "PO-1").stdout.splitlines() if " price: " in one]
    assert shown == [
        "line 10 requested price: gross 15.00 EUR less 12.5 % per 1 PCE",
        "line 20 requested price: net 5 EUR = 6 USD per 100 KGM",
    ]


def test_show_writes_deliveries_as_propose_takes_them(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("10", [("2026-12-01", "60"), ("2027-01-15", "40.50")]))
    assert "line 10 requested: 1:2026-12-01=60  2:2027-01-15=40.50" in desk_folder.run("show", "PO-1").stdout


def test_an_order_is_named_by_number_or_by_id(desk_folder: DeskFolder) -> None:
    order_id = desk_folder.take_in("PO-1")
    assert desk_folder.json("show", f"#{order_id}")["number"] == "PO-1"
    assert desk_folder.json("show", "PO-1")["id"] == order_id


@pytest.mark.parametrize("po", ["PO-9", "#99", "#x", "#", "", "po-1 "])
def test_an_order_that_is_not_there_is_wrong_usage(desk_folder: DeskFolder, po: str) -> None:
    desk_folder.take_in("PO-1")
    done = desk_folder.run("show", po)
    assert done.exit_code == 2
    assert "no order" in done.stderr


@pytest.mark.parametrize("command", [["show"], ["timeline"], ["preview"], ["confirm"], ["undo"]], ids=" ".join)
def test_a_number_that_two_buyers_share_is_refused_with_the_ids(desk_folder: DeskFolder, command: list[str]) -> None:
    first = desk_folder.take_in("PO-1")
    second = desk_folder.take_in("PO-1", connection="city-hospital", buyer="buyer-2")
    done = desk_folder.run(*command, "PO-1")
    assert done.exit_code == 2
    assert f"#{first} (metal-works" in done.stderr
    assert f"#{second} (city-hospital" in done.stderr
    assert desk_folder.json("show", f"#{second}")["connection"] == "city-hospital"


def test_the_timeline_tells_who_did_what_and_which_field_became_what(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line())
    desk_folder.run("confirm", "PO-1")
    received, decided = desk_folder.json("timeline", "PO-1")
    assert list(received) == [
        "seq",
        "revision",
        "at",
        "actor",
        "kind",
        "document",
        "summary",
        "changes",
        "notes",
        "input",
    ]
    assert (received["kind"], decided["kind"]) == ("received", "decided")
    assert isinstance(received["document"], int)
    became = [change for change in decided["changes"] if change["field"] == "process_status" and change["line"] == "10"]
    assert ("Issued", "Confirmed") in [(change["before"], change["after"]) for change in became]
    assert all(list(change) == ["line", "field", "before", "after"] for change in decided["changes"])


def test_the_timeline_speaks_the_trades_words_and_leaves_out_the_books(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line())
    desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "2026-12-08=100", "--reason", "later")
    told = desk_folder.run("timeline", "PO-1").stdout
    assert "line 10 status: I Issued → P In progress" in told
    assert "line 10 why: – → our proposal waits for the buyer" in told
    assert "line 10 our reason: – → later" in told
    assert "proposed: – → 2026-12-08 100 @ 78.90/100 EUR" in told
    assert "_" not in told


@pytest.mark.parametrize(
    ("field", "before", "after", "told"),
    [
        ("header.terms", None, {"incoterms_code": "DAP"}, "terms of delivery and payment: – → incoterms code DAP"),
        ("header.notes", ["a"], ["b"], "notes: a → b"),
        ("header.buyer_account_number", "1", "2", "the buyer's number in our books: 1 → 2"),
        ("content.item", None, {"supplier_item_number": "S1"}, "item: – → supplier item number S1"),
    ],
)
def test_a_field_is_called_what_the_trade_calls_it(field: str, before: Json, after: Json, told: str) -> None:
    assert words.change(Change(None, field, before, after)) == told


@pytest.mark.parametrize(
    "field", ["predicted", "header.customization", "header.references", "in_flight", "platform_id"]
)
def test_what_says_nothing_to_an_operator_is_not_on_the_timeline(field: str) -> None:
    changes = [Change("10", field, "a", "b"), Change("10", "reason", "a", "b")]
    event = TimelineEntry(1, 1, "2026-01-01T00:00:00.000000Z", "alice", "decided", None, changes, (), None, "said")
    assert [text.strip() for text in words.entry(event, None)[1:]] == ["line 10 our reason: a → b"]


def test_every_field_that_has_a_word_is_one_of_an_order() -> None:
    nested = {
        f"{owner}.{name}"
        for owner, of in (("header", OrderHeader), ("content", LineContent))
        for name in of.model_fields
    }
    known = {*Order.model_fields, *OrderLine.model_fields, *nested, "in_flight"}
    assert {*FIELDS, *UNTOLD} <= known


def test_show_tells_of_each_line_whether_our_answer_left_and_the_platform_spoke(desk_folder: DeskFolder) -> None:
    order_id = desk_folder.take_in("PO-1")
    desk_folder.run("confirm", "PO-1", "--line", "10")

    def told() -> list[tuple[bool, bool]]:
        return [(each["pending"], each["predicted"]) for each in desk_folder.json("show", "PO-1")["lines"]]

    assert told() == [(True, False), (False, False)]
    with open_store(desk_folder.store) as store:
        at = dt.datetime.now(dt.UTC)
        book = OrderBook(store, load(desk_folder.config), clock=lambda: at, new_id=lambda: uuid7(at))
        (message,) = [one.outbox_id for one in book.preview(order_id)]
        assert message is not None
        assert book.depart(message) is not None
    assert told() == [(False, True), (False, False)]


def test_preview_prints_the_exact_bytes_and_nothing_else_on_stdout(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line())
    desk_folder.run("confirm", "PO-1")
    done = desk_folder.spawn("preview", "PO-1")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer["order"]["purchaseOrderNumber"] == "PO-1"
    (told,) = desk_folder.json("preview", "PO-1")
    assert told["payload"].encode() == done.stdout
    assert told["state"] == "held"
    assert told["lines"][0]["process_status"] == "Confirmed"
    assert b"Confirmed" in done.stderr


def test_preview_of_nothing_says_so(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.json("preview", "PO-1") == []
    done = desk_folder.run("preview", "PO-1")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Nothing" in done.stderr


def test_on_a_terminal_a_preview_is_shown_and_not_obeyed(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line(deliveries=[("2026-12-01", "1")]))
    desk_folder.run("reject", "PO-1", "--reason", NASTY)
    status, shown = desk_folder.on_a_terminal("preview", "PO-1")
    assert status == 0
    assert "purchaseOrderNumber" in shown
    assert [each for each in shown if each not in "\r\n" and not each.isprintable()] == []
    assert NASTY in json.loads(desk_folder.json("preview", "PO-1")[0]["payload"])["lines"][0]["reason"]


@pytest.mark.parametrize(
    "command",
    [
        ["orders"],
        ["show", "#1"],
        ["timeline", "#1"],
        ["confirm", "#1"],
        ["confirm", "#1", "--line", "9"],
        ["undo", "#1"],
        ["propose", "#1", "--line", NASTY, "--delivery", "9:?=1", "--reason", "x"],
        ["show", NASTY + "9"],
    ],
    ids=" ".join,
)
def test_what_partners_wrote_is_shown_and_not_obeyed(desk_folder: DeskFolder, command: list[str]) -> None:
    desk_folder.take_in_hostile(NASTY)
    done = desk_folder.run(*command)
    text = done.stdout + done.stderr
    assert [character for character in text if character != "\n" and not character.isprintable()] == []
    assert "PO␛[2J" in text


def test_a_line_end_in_what_partners_wrote_starts_no_line(desk_folder: DeskFolder) -> None:
    desk_folder.take_in_hostile(NASTY)
    for command in ("orders", "show", "timeline"):
        shown = desk_folder.run(command, *(["#1"] if command != "orders" else [])).stdout
        assert "␊B" in shown
        assert [text for text in shown.splitlines() if text.startswith("B")] == []


def test_json_has_partners_text_as_it_came(desk_folder: DeskFolder) -> None:
    desk_folder.take_in_hostile(NASTY)
    assert _numbers(desk_folder) == [NASTY]
    assert desk_folder.json("show", "#1")["lines"][0]["item"] == NASTY


def test_data_goes_to_stdout_and_messages_to_stderr(desk_folder: DeskFolder) -> None:
    order_id = desk_folder.take_in("PO-1")
    done = desk_folder.run("orders")
    assert f"#{order_id}" in done.stdout
    assert done.stderr == ""


def test_the_installed_command_lists_in_any_locale(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-é中")
    for locale in ("C", "C.UTF-8", "POSIX"):
        done = desk_folder.spawn_with({"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "orders")
        assert done.returncode == 0, done.stderr
        listed: Any = json.loads(
            desk_folder.spawn_with(
                {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "orders", "--json"
            ).stdout
        )
        assert listed[0]["number"] == "PO-é中"


def test_a_number_written_like_an_id_is_refused_with_the_ids_to_choose_from(desk_folder: DeskFolder) -> None:
    for number in ("PO-1", "#1"):
        desk_folder.take_in(number)
    refused = desk_folder.run("confirm", "#1")
    assert refused.exit_code == 2
    assert "#1 names 2 orders: ##1 (" in refused.stderr
    assert "##2 (" in refused.stderr
    assert "name one by its id, in quotes: '##1'" in refused.stderr
    assert [desk_folder.json("show", po)["number"] for po in ("##1", "##2", "#2")] == ["PO-1", "#1", "#1"]
    assert "##12" in desk_folder.run("--help").stdout
