"""A store that something damaged: told in a sentence that repeats nothing of it, and no hindrance to the other orders."""

from __future__ import annotations

import sqlite3

import pytest

from tests.tui.desk_folder import DeskFolder, line, order

NO_TEXT = "cast(x'7bff224845582d424f4c5422' as text)"
"""`{`, a byte that is no UTF-8, `"HEX-BOLT"`."""

DAMAGES = (
    f"UPDATE orders SET body = {NO_TEXT} WHERE id = 1",
    "UPDATE orders SET body = '{\"HEX-BOLT\": 1}' WHERE id = 1",
    f"UPDATE log_texts SET input = {NO_TEXT} WHERE seq = 1",
    "UPDATE log_texts SET changes = '[\"HEX-BOLT\"]' WHERE seq = 1",
    f"UPDATE orders SET reported = {NO_TEXT} WHERE id = 1",
    "UPDATE orders SET reported = 'HEX-BOLT' WHERE id = 1",
)


def damage(desk: DeskFolder, statement: str) -> None:
    with sqlite3.connect(desk.store) as connection:
        connection.execute("DROP TRIGGER log_texts_refuse_update")
        assert connection.execute(statement).rowcount == 1
    connection.close()


@pytest.fixture
def damaged(desk_folder: DeskFolder) -> DeskFolder:
    desk_folder.take_in("PO-1")
    desk_folder.take_in("PO-2")
    return desk_folder


@pytest.mark.parametrize("statement", DAMAGES)
def test_no_command_stops_at_a_damaged_row_without_saying_so(damaged: DeskFolder, statement: str) -> None:
    damage(damaged, statement)
    ended = set()
    for command in (["show", "#1"], ["timeline", "#1"], ["preview", "#1"], ["confirm", "#1"], ["orders"]):
        done = damaged.run(*command)
        assert "HEX-BOLT" not in done.output
        assert "Traceback" not in done.output
        if done.exit_code:
            assert done.exit_code in (1, 2), done.output
            assert "is damaged; `podesk verify` says more; restore the store from a backup" in done.stderr
        ended.add(done.exit_code)
    assert ended - {0}


@pytest.mark.parametrize("statement", DAMAGES)
def test_verify_finds_a_damaged_row_and_goes_on(damaged: DeskFolder, statement: str) -> None:
    damage(damaged, statement)
    with sqlite3.connect(damaged.store) as connection:
        connection.execute("UPDATE orders SET process_status = 'Completed' WHERE id = 2")
    connection.close()
    done = damaged.run("verify")
    assert done.exit_code == 1
    assert "(#1)" in done.output or "entry 1" in done.output
    assert "order PO-2 (#2): process_status" in done.output
    assert "HEX-BOLT" not in done.output


@pytest.mark.parametrize("statement", DAMAGES[:2])
def test_a_damaged_order_among_many_is_refused_and_the_others_are_done(damaged: DeskFolder, statement: str) -> None:
    damage(damaged, statement)
    done = damaged.run("confirm", "--view", "to-answer", "--all")
    assert done.exit_code == 1
    assert "#1 refused: order #1 is damaged" in done.stderr
    assert "PO-2 (#2): confirmed" in done.stdout
    told = {each["id"]: each["result"] for each in damaged.json("reject", "#1", "#2", "--reason", "x", status=1)}
    assert told == {1: "refused", 2: "done"}


def test_a_file_with_foreign_bytes_in_it_is_told_of(damaged: DeskFolder) -> None:
    with sqlite3.connect(damaged.store) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = damaged.store.read_bytes()
    damaged.store.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    for command in (["verify"], ["show", "PO-1"], ["timeline", "PO-1"], ["orders"], ["confirm", "PO-1"]):
        done = damaged.run(*command)
        assert done.exit_code in (1, 2), done.output
        assert "damaged" in done.output


def test_a_document_on_a_damaged_order_waits_and_others_are_applied(damaged: DeskFolder) -> None:
    damage(damaged, DAMAGES[0])
    later = line(deliveries=[("2026-12-24", "7")])
    files = [damaged.write(f"{number}-later.json", order(number, later)) for number in ("PO-1", "PO-2")]
    told = damaged.json("import", *map(str, files), "--connection", "metal-works", status=4)
    assert [each["state"] for each in told] == ["quarantined", "applied"]
    assert "order PO-1 is damaged" in told[0]["reason"]
