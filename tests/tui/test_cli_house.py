"""Keeping house from a shell: first settings, checks, documents by hand, what waits for a person, a copy of the store."""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import stat
import tomllib
from pathlib import Path

import pytest

from core.config import load, parse
from core.formats import MOST_BYTES
from core.store import health, open_store, queries
from sync.lock import StoreLock
from tests.tui.desk_folder import SETTINGS, DeskFolder, line, order
from tui.commands.init import FIRST

CUT_OFF = b'<?xml version="1.0"?>\n<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">\n  <ID>H-26'


# init


def test_init_writes_settings_that_load_and_overwrites_none(tmp_path: Path) -> None:
    desk = DeskFolder(tmp_path / "new" / "folder")
    assert desk.run("init").exit_code == 0
    assert load(desk.config).connection == ()
    desk.config.write_text("# mine", encoding="utf-8")
    assert desk.run("init").exit_code == 2
    assert desk.config.read_text(encoding="utf-8") == "# mine"


def test_what_init_writes_as_comments_is_right_when_the_comment_signs_are_taken_away() -> None:
    text = "\n".join(_uncommented(each) for each in FIRST.splitlines())
    settings = parse(text, Path("podesk.toml"))
    assert [connection.name for connection in settings.connection] == ["metal-works", "campus-supplies", "pump-makers"]
    assert settings.operators["alice"].email == "alice@supplier.example"
    assert [connection.rules for connection in settings.connection] == ["suggest", "off", "off"]
    assert settings.webhook is not None


def _uncommented(text: str) -> str:
    inside = text.removeprefix("#").strip()
    try:
        tomllib.loads(inside)
    except tomllib.TOMLDecodeError:
        return text
    return inside if text.startswith("#") else text


def test_settings_are_looked_for_in_the_users_config_folder(tmp_path: Path) -> None:
    desk = DeskFolder(tmp_path)
    done = desk.spawn_with({"PODESK_CONFIG": "", "XDG_CONFIG_HOME": ""}, "init")
    assert done.returncode == 0
    assert (tmp_path / ".config" / "podesk" / "podesk.toml").is_file()
    done = desk.spawn_with({"PODESK_CONFIG": "", "XDG_CONFIG_HOME": str(tmp_path / "xdg")}, "init")
    assert done.returncode == 0
    assert (tmp_path / "xdg" / "podesk" / "podesk.toml").is_file()


def test_the_option_wins_over_the_environment(desk_folder: DeskFolder, tmp_path: Path) -> None:
    desk_folder.take_in("PO-1")
    other = tmp_path / "other" / "podesk.toml"
    other.parent.mkdir()
    other.write_text(SETTINGS, encoding="utf-8")
    done = desk_folder.run("--config", str(other), "orders", "--json")
    assert json.loads(done.stdout) == []


# import


def test_import_takes_several_documents_in_their_order(desk_folder: DeskFolder) -> None:
    files = [desk_folder.write(f"{n}.json", order(f"PO-{n}")) for n in range(3)]
    told = desk_folder.json("import", *map(str, files), "--connection", "metal-works")
    assert [each["state"] for each in told] == ["applied"] * 3
    assert [each["orders"][0]["number"] for each in told] == ["PO-0", "PO-1", "PO-2"]
    assert [each["file"] for each in told] == [str(file) for file in files]


def test_equal_bytes_a_second_time_change_nothing(desk_folder: DeskFolder) -> None:
    file = desk_folder.write("1.json", order("PO-1"))
    desk_folder.json("import", str(file), "--connection", "metal-works")
    (again,) = desk_folder.json("import", str(file), "--connection", "metal-works")
    assert again["state"] == "duplicate"
    assert len(desk_folder.json("timeline", "PO-1")) == 1


def test_a_buyer_who_goes_to_other_terms_and_back_is_heard(desk_folder: DeskFolder) -> None:
    first = desk_folder.write("a.json", order("PO-1", line(deliveries=[("2026-12-01", "1")])))
    other = desk_folder.write("b.json", order("PO-1", line(deliveries=[("2026-12-24", "1")])))
    told = desk_folder.json("import", str(first), str(other), str(first), "--connection", "by-hand")
    assert [each["state"] for each in told] == ["applied"] * 3
    (shown,) = desk_folder.json("show", "PO-1")["lines"]
    assert shown["requested"]["delivery_schedule"][0]["date"] == "2026-12-01"


def test_a_document_that_can_not_be_read_is_kept_with_reason_and_place(desk_folder: DeskFolder) -> None:
    broken = desk_folder.write("cut.xml", CUT_OFF)
    good = desk_folder.write("1.json", order("PO-1"))
    done = desk_folder.run("import", str(broken), str(good), "--connection", "metal-works")
    assert done.exit_code == 4
    assert "cut.xml" in done.stderr
    assert "quarantine" in done.stderr
    assert [row["number"] for row in desk_folder.json("orders")] == ["PO-1"]
    (kept,) = desk_folder.json("quarantine", status=4)
    assert kept["reason"] in done.stderr
    assert kept["place"] in done.stderr
    assert (kept["name"], kept["size"]) == ("cut.xml", len(CUT_OFF))


@pytest.mark.parametrize(
    "words", [["x.json"], ["x.json", "--connection", "nobody"], ["gone.json", "--connection", "by-hand"]]
)
def test_import_wants_a_file_and_a_connection_that_are_there(desk_folder: DeskFolder, words: list[str]) -> None:
    desk_folder.write("x.json", order("PO-1"))
    paths = [str(desk_folder.folder / word) if word.endswith(".json") else word for word in words]
    assert desk_folder.run("import", *paths).exit_code == 2
    assert not desk_folder.store.exists()


def test_a_file_larger_than_any_order_is_refused_and_nothing_of_it_is_kept(desk_folder: DeskFolder) -> None:
    file = desk_folder.write("huge.json", order("PO-1"))
    with file.open("r+b") as stream:
        stream.truncate(MOST_BYTES + 1)
    done = desk_folder.run("import", str(file), "--connection", "by-hand")
    assert done.exit_code == 2
    assert "huge.json has 20,000,001 bytes; at most 20,000,000 are taken in" in done.stderr
    assert not desk_folder.store.exists()


def test_what_is_no_file_is_not_imported(desk_folder: DeskFolder) -> None:
    pipe = desk_folder.folder / "pipe.json"
    os.mkfifo(pipe)
    for path in (pipe, desk_folder.folder, Path(os.devnull)):
        done = desk_folder.run("import", str(path), "--connection", "by-hand")
        assert done.exit_code == 2, path
        assert str(path) in done.stderr
    assert not desk_folder.store.exists()


# quarantine, outbox, status


def test_an_empty_quarantine_and_outbox_are_done(desk_folder: DeskFolder) -> None:
    assert desk_folder.json("quarantine") == []
    assert desk_folder.json("outbox") == []


def test_a_document_is_read_again_and_stays_when_it_still_can_not_be(desk_folder: DeskFolder) -> None:
    desk_folder.run("import", str(desk_folder.write("cut.xml", CUT_OFF)), "--connection", "metal-works")
    (kept,) = desk_folder.json("quarantine", status=4)
    done = desk_folder.run("quarantine", "retry", str(kept["id"]))
    assert done.exit_code == 4
    assert kept["reason"] in done.stderr


def test_a_document_whose_settings_were_mended_leaves_the_quarantine(desk_folder: DeskFolder) -> None:
    desk_folder.run("import", str(desk_folder.write("1.json", order("PO-1"))), "--connection", "by-hand")
    text = desk_folder.config.read_text(encoding="utf-8")
    with open_store(desk_folder.store) as store:
        assert len(queries.list_orders(store, now=_now())) == 1
    file = desk_folder.write("2.json", order("PO-2"))
    desk_folder.config.write_text(
        text + '[connection.inbound]\nchannel="imap"\nhost="127.0.0.1"\nuser="u"\npassword={env="P"}\nformat="ubl"\n',
        encoding="utf-8",
    )
    assert desk_folder.run("import", str(file), "--connection", "by-hand").exit_code == 4
    (kept,) = desk_folder.json("quarantine", status=4)
    desk_folder.config.write_text(text, encoding="utf-8")
    assert desk_folder.run("quarantine", "retry", str(kept["id"])).exit_code == 0
    assert [row["number"] for row in desk_folder.json("orders")] == ["PO-1", "PO-2"]
    assert desk_folder.json("quarantine") == []


@pytest.mark.parametrize(
    "words",
    [["quarantine", "retry", "7"], ["quarantine", "retry", "x"], ["outbox", "retry", "x"], ["outbox", "drop", "x"]],
)
def test_what_is_not_there_can_not_be_tried_again(desk_folder: DeskFolder, words: list[str]) -> None:
    assert desk_folder.run(*words).exit_code == 2


def test_what_waits_to_leave_is_listed_and_is_no_trouble(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("confirm", "PO-1")
    (row,) = desk_folder.json("outbox")
    assert (row["number"], row["kind"], row["state"]) == ("PO-1", "order_response", "queued")
    assert row["attempts"] == 0
    assert "PO-1" in desk_folder.run("outbox").stdout


def test_status_counts_what_waits_for_whom(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.take_in("PO-2")
    desk_folder.run("confirm", "PO-1")
    told = desk_folder.json("status")
    assert told["daemon"] == {"running": False, "pid": None}
    assert (told["orders"]["all"], told["orders"]["to-answer"]) == (2, 1)
    assert told["outbox"] == {"queued": 1, "sending": 0, "uncertain": 0, "failed": 0}
    assert told["quarantined"] == 0


def test_status_is_four_when_something_is_quarantined(desk_folder: DeskFolder) -> None:
    desk_folder.run("import", str(desk_folder.write("cut.xml", CUT_OFF)), "--connection", "metal-works")
    assert desk_folder.json("status", status=4)["quarantined"] == 1


def test_status_is_four_where_a_connection_is_warned_of_and_says_why(desk_folder: DeskFolder) -> None:
    _leads_nowhere(desk_folder, "metal-works")
    desk_folder.take_in("PO-1")
    with open_store(desk_folder.store) as store:
        health.succeeded(store, "metal-works", "in", dt.datetime(2026, 3, 2, tzinfo=dt.UTC), "it is 2099 \x1b[2J there")
    (row,) = desk_folder.json("status", status=4)["connections"]
    assert (row["last_error"], row["warning"]) == (None, "it is 2099 \x1b[2J there")
    done = desk_folder.run("status")
    assert done.exit_code == 4
    assert "metal-works in: it is 2099 ␛[2J there" in done.stdout


def test_status_sees_a_daemon_that_holds_the_store(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    with StoreLock(desk_folder.store):
        assert desk_folder.json("status")["daemon"]["running"] is True
        second = desk_folder.spawn("sync", "--once")
        assert second.returncode == 2
        assert b"already runs" in second.stderr
    assert desk_folder.json("status")["daemon"]["running"] is False


def test_a_connection_that_fails_is_three_and_named(desk_folder: DeskFolder) -> None:
    _leads_nowhere(desk_folder)
    told = desk_folder.json("sync", "--once", status=3)
    assert told["connections"][0]["connection"] == "nowhere"
    assert told["connections"][0]["errors"]
    (health,) = [row for row in desk_folder.json("status", status=3)["connections"] if row["connection"] == "nowhere"]
    assert health["last_error"]


def test_json_of_the_daemon_itself_is_wrong_usage(desk_folder: DeskFolder) -> None:
    assert desk_folder.run("sync", "--json").exit_code == 2


# check


def test_check_names_sqlite_the_store_and_every_connection(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.config.write_text('[[connection]]\nname = "by-hand"\nprofile = "generic"\n', encoding="utf-8")
    told = {each["what"]: each for each in desk_folder.json("check")}
    assert list(told) == ["settings", "SQLite", "store", "by-hand"]
    assert all(each["ok"] for each in told.values())
    assert told["SQLite"]["detail"].startswith("3.")


def test_check_tells_wrong_settings(desk_folder: DeskFolder) -> None:
    desk_folder.config.write_text("stroe = 1", encoding="utf-8")
    (told,) = desk_folder.json("check", status=2)
    assert "line 1: stroe" in told["detail"]


def test_check_tells_a_secret_that_can_not_be_had_and_a_connection_that_fails(desk_folder: DeskFolder) -> None:
    _leads_nowhere(desk_folder)
    told = {each["what"]: each for each in desk_folder.json("check", status=3)}
    assert told["nowhere: inbound.password"]["ok"] is True
    assert told["nowhere: inbound sftp"]["ok"] is False
    (desk_folder.folder / "pass").chmod(0o644)
    told = {each["what"]: each for each in desk_folder.json("check", status=2)}
    assert told["nowhere: inbound.password"]["ok"] is False
    assert "hunter2" not in json.dumps(told)


def test_check_is_four_when_something_waits_for_a_person(desk_folder: DeskFolder) -> None:
    desk_folder.run("import", str(desk_folder.write("cut.xml", CUT_OFF)), "--connection", "metal-works")
    desk_folder.config.write_text("", encoding="utf-8")
    assert "quarantine" in [each["what"] for each in desk_folder.json("check", status=4)]


def test_check_tells_a_damaged_store(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    with desk_folder.store.open("r+b") as file:
        file.seek(0)
        file.write(b"no database at all" * 10)
    assert desk_folder.run("check").exit_code == 2


def test_a_sample_is_read_and_changes_nothing(desk_folder: DeskFolder) -> None:
    told = desk_folder.json("check", "--sample", str(desk_folder.write("1.json", order("PO-1", line()))))
    assert (told["format"], told["reason"]) == ("tradecloud-json", None)
    (read,) = told["orders"]
    assert read["number"] == "PO-1"
    assert read["lines"][0]["requested"]["delivery_schedule"][0]["quantity"] == "100"
    assert not desk_folder.store.exists()


def test_a_sample_that_can_not_be_read_is_four(desk_folder: DeskFolder) -> None:
    told = desk_folder.json("check", "--sample", str(desk_folder.write("cut.xml", CUT_OFF)), status=4)
    assert told["reason"]
    assert told["place"]


# verify, backup


def test_verify_finds_nothing_in_a_store_that_is_whole(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("confirm", "PO-1")
    desk_folder.run("undo", "PO-1")
    assert desk_folder.json("verify") == []


def test_verify_finds_what_was_changed_behind_its_back(desk_folder: DeskFolder) -> None:
    order_id = desk_folder.take_in("PO-1")
    with open_store(desk_folder.store) as store, store.writing() as connection:
        connection.execute("UPDATE orders SET process_status = 'Confirmed' WHERE id = ?", (order_id,))
    findings = desk_folder.json("verify", status=1)
    assert findings[0]["order_id"] == order_id


def test_a_backup_is_a_whole_store_for_its_owner_alone(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    copy = desk_folder.folder / "copy.sqlite"
    assert desk_folder.run("backup", str(copy)).exit_code == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with open_store(copy, read_only=True) as store:
        assert [row.number for row in queries.list_orders(store, now=_now())] == ["PO-1"]
    assert desk_folder.run("backup", str(copy)).exit_code == 2
    assert list(desk_folder.folder.glob(".copy*")) == []


def _leads_nowhere(desk: DeskFolder, name: str = "nowhere") -> None:
    """A connection to a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    secret = desk.write("pass", b"hunter2\n")
    secret.chmod(0o600)
    (desk.folder / "known_hosts").touch()
    desk.config.write_text(
        f'[[connection]]\nname = "{name}"\nprofile = "generic"\n[connection.inbound]\nchannel = "sftp"\n'
        f'host = "127.0.0.1"\nport = {port}\nuser = "u"\npassword = {{ file = "pass" }}\npath = "/order"\n',
        encoding="utf-8",
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
