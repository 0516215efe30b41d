"""What would leave, seen from a shell: its bytes, what it leads to, and how it differs from what was sent last."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.config import load
from core.decisions import Outcome
from core.ids import uuid7
from core.orderbook import OrderBook
from core.payload_difference import difference
from core.store import open_store
from tests.tui.desk_folder import DeskFolder, line

NEXT = "--delivery"


def _send(desk: DeskFolder) -> None:
    """What is due leaves and arrives, the hold windows over."""
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
    with open_store(desk.store) as store:
        book = OrderBook(store, load(desk.config), clock=lambda: later, new_id=lambda: uuid7(later))
        for outbox_id in book.due("metal-works", now=later):
            assert book.depart(outbox_id) is not None
            book.delivered(outbox_id, Outcome.SENT, "taken")


def _preview(desk: DeskFolder, po: str) -> dict[str, Any]:
    (message,) = desk.json("preview", po)
    found: dict[str, Any] = message
    return found


def test_a_first_message_has_nothing_to_differ_from(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.json("confirm", "PO-1")
    shown = _preview(desk_folder, "PO-1")
    assert (shown["last_sent"], shown["difference"]) == (None, [])


def test_the_difference_to_what_was_sent_last_is_shown(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("10"))
    desk_folder.json("propose", "PO-1", "--line", "10", NEXT, "2026-12-08=100", "--reason", "Overhaul")
    first = _preview(desk_folder, "PO-1")["payload"]
    _send(desk_folder)
    desk_folder.json("propose", "PO-1", "--line", "10", NEXT, "2026-12-15=100", "--reason", "Overhaul")
    shown = _preview(desk_folder, "PO-1")
    assert shown["last_sent"] == first
    changed = [each.strip() for each in shown["difference"] if each[:1] in "+-" and "DateTime" not in each]
    assert changed == [
        "--- sent last",
        "+++ now",
        '-          "date": "2026-12-08",',
        '+          "date": "2026-12-15",',
    ]
    told = desk_folder.run("preview", "PO-1")
    assert "since what was sent last:" in told.stderr
    assert '+          "date": "2026-12-15",' in told.stderr
    assert told.stdout == shown["payload"]


def test_an_advice_is_held_against_the_last_advice_and_not_against_an_answer(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("10"))
    desk_folder.json("confirm", "PO-1")
    _send(desk_folder)
    desk_folder.json("ship", "PO-1", "--line", "10=40")
    assert _preview(desk_folder, "PO-1")["last_sent"] is None
    _send(desk_folder)
    desk_folder.json("ship", "PO-1")
    assert '-      "despatchQuantity": 40,' in _preview(desk_folder, "PO-1")["difference"]


def test_what_a_superseded_or_failed_message_said_was_never_sent(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("10"))
    desk_folder.json("propose", "PO-1", "--line", "10", NEXT, "2026-12-08=100", "--reason", "Overhaul")
    desk_folder.json("confirm", "PO-1")
    assert _preview(desk_folder, "PO-1")["last_sent"] is None


@pytest.mark.parametrize(
    ("before", "now", "lines"),
    [
        (None, b"{}", ()),
        (b"{}", None, ()),
        (b'{"a": 1.50}', b'{\n  "a": 1.50\n}', ()),
        (b"<a><b>1</b></a>", b"<?xml version='1.0'?>\n<a>\n  <b>1</b>\n</a>\n", ()),
        (
            b'{"a": 1.50}',
            b'{"a": 1.5}',
            ("--- sent last", "+++ now", "@@ -1,3 +1,3 @@", " {", '-  "a": 1.50', '+  "a": 1.5', " }"),
        ),
        (
            b"<a><b>1</b></a>",
            b"<a><b>2</b></a>",
            ("--- sent last", "+++ now", "@@ -1,3 +1,3 @@", " <a>", "-  <b>1</b>", "+  <b>2</b>", " </a>"),
        ),
        (b"{broken", b"{other", ("--- sent last", "+++ now", "@@ -1 +1 @@", "-{broken", "+{other")),
        (b"<a", b"<b", ("--- sent last", "+++ now", "@@ -1 +1 @@", "-<a", "+<b")),
        (b"one\ntwo", b"one\nthree", ("--- sent last", "+++ now", "@@ -1,2 +1,2 @@", " one", "-two", "+three")),
    ],
)
def test_layout_is_no_difference(before: bytes | None, now: bytes | None, lines: tuple[str, ...]) -> None:
    assert difference(before, now) == lines


def test_of_very_long_messages_that_differ_everywhere_it_is_only_told_where() -> None:
    """To match a hundred thousand lines of each with the other takes minutes, with the desk waiting."""
    before, now = ("\n".join(["same", *(f"{n} {word}" for n in range(50_000)), "end"]) for word in ("then", "now"))
    assert difference(before.encode(), now.encode()) == (
        "--- sent last",
        "+++ now",
        "@@ lines 2 to 50,001 became lines 2 to 50,001 @@",
    )


def test_of_very_long_messages_that_differ_in_a_line_that_line_is_shown() -> None:
    before = [str(n) for n in range(100_000)]
    now = [*before[:70_000], "new", *before[70_000:]]
    lines = difference("\n".join(before).encode(), "\n".join(now).encode())
    assert [line for line in lines[2:] if line[0] in "+-"] == ["+new"]
    assert difference("\n".join(before).encode(), "\n".join(before).encode()) == ()
