"""`podesk serve`, and what `check`, `status` and `sync` say of the listener, as an operator meets them."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.config import SettingsError
from sync import server
from sync.server.lock import AlreadyListening
from tests.conftest import ROOT
from tests.server.certificates import DAY, HOUR, write_certificate
from tests.server.desk import SHOP_TABLE, WEBHOOK, Desk, until
from tests.sync.partners import ubl
from tui.ending import Exit

MOST_SECONDS = 60


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def podesk(desk: Desk, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _words(desk, *command), cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=MOST_SECONDS
    )


def _words(desk: Desk, *command: str) -> list[str]:
    return [sys.executable, "-m", "tui", "--config", str(desk.path), *command]


@contextmanager
def running(desk: Desk, command: str, *, waits_for: str = "takes in") -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(_words(desk, command), cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            told = json.loads(line)
            if told["event"] == "listening":
                desk.url = f"http://127.0.0.1:{told['port']}"
            if told["event"] == waits_for:
                break
        yield process
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


@pytest.fixture
def shop(desk: Desk) -> Desk:
    desk.write(SHOP_TABLE)
    return desk


@pytest.mark.parametrize("command", ["serve", "sync"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_takes_in_what_is_posted_and_ends_well_on_a_signal(shop: Desk, command: str, number: signal.Signals) -> None:
    with running(shop, command) as process:
        assert shop.post(ubl("S1")).status_code == 200
        process.send_signal(number)
        _, told = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == Exit.DONE
    assert json.loads(told.splitlines()[-1])["event"] == "ended"
    assert shop.orders == [("shop", "S1", 1)]


@pytest.mark.parametrize(("first", "second"), [("serve", "serve"), ("serve", "sync"), ("sync", "serve")])
def test_the_second_that_would_listen_says_so_and_ends(shop: Desk, first: str, second: str) -> None:
    with running(shop, first) as process:
        done = podesk(shop, second)

        assert done.returncode == Exit.USAGE
        assert f"process {process.pid} already takes in posted orders" in done.stderr
        assert shop.post(ubl("S1")).status_code == 200


def test_apart_the_two_run_side_by_side(shop: Desk) -> None:
    shop.write(SHOP_TABLE, WEBHOOK + "apart = true\n")
    with running(shop, "sync", waits_for="started"), running(shop, "serve"):
        assert shop.post(ubl("S1")).status_code == 200
        told = json.loads(podesk(shop, "status", "--json").stdout)
    assert told["daemon"]["running"]
    assert told["listener"]["running"]
    assert told["daemon"]["pid"] != told["listener"]["pid"]


def test_a_port_that_another_program_has_is_told(shop: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        shop.write(SHOP_TABLE, WEBHOOK.replace(":0", f":{other.getsockname()[1]}"))
        for command in ("serve", "sync"):
            done = podesk(shop, command)
            assert done.returncode == Exit.USAGE
            assert "another program listens there" in done.stderr


def test_without_a_connection_there_is_nothing_to_serve(desk: Desk) -> None:
    desk.write("")
    done = podesk(desk, "serve")

    assert done.returncode == Exit.USAGE
    assert "nothing to serve" in done.stderr


def test_without_the_packages_the_sentence_says_how_to_get_them(shop: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "find_spec", lambda name: None)
    for by in ("serve", "sync"):
        with pytest.raises(SettingsError, match=r"pip install 'podesk\[server\]'"), shop.serving(by=by):
            pass


def test_who_finds_the_listener_taken_gives_back_what_it_took(shop: Desk) -> None:
    with shop.serving(by="serve"):
        for _ in range(2):
            with pytest.raises(AlreadyListening), shop.serving(by="sync"):
                pass
    with shop.serving(by="sync"):
        assert shop.post(ubl("S1")).status_code == 200


def findings(desk: Desk) -> dict[str, dict[str, object]]:
    return {each["what"]: each for each in json.loads(podesk(desk, "check", "--json").stdout)}


def test_check_says_that_it_could_listen_and_who_is_let_in(shop: Desk) -> None:
    found = findings(shop)

    assert found["webhook"]["ok"]
    assert "is free for `podesk sync`, plain HTTP" in str(found["webhook"]["detail"])
    assert found["shop: inbound webhook"] == {
        "what": "shop: inbound webhook",
        "ok": True,
        "detail": "orders are posted to /in/shop, let in by basic",
    }


def test_check_says_who_listens_already(shop: Desk) -> None:
    with running(shop, "serve") as process:
        assert f"process {process.pid} listens" in str(findings(shop)["webhook"]["detail"])


def test_check_tries_the_certificate_and_the_port(shop: Desk) -> None:
    write_certificate(shop.folder)
    tls = 'certificate = "desk.pem"\nkey = "desk.key"\n'
    shop.write(SHOP_TABLE, WEBHOOK + tls)
    assert "TLS" in str(findings(shop)["webhook"]["detail"])
    (shop.folder / "desk.key").write_text("x")
    assert not findings(shop)["webhook"]["ok"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        shop.write(SHOP_TABLE, WEBHOOK.replace(":0", f":{other.getsockname()[1]}"))
        done = podesk(shop, "check")
    assert done.returncode == Exit.USAGE
    assert "another program listens there" in done.stdout


@pytest.mark.parametrize(
    ("left", "mark", "said", "code"),
    [
        (90 * DAY, "ok  ", "good until ", Exit.DONE),
        (13 * DAY, "look", "the certificate expires on ", Exit.ATTENTION),
        (-HOUR, "FAIL", "the certificate expired on ", Exit.CONNECTION),
    ],
)
def test_check_says_until_when_the_certificate_is_good(
    shop: Desk, left: dt.timedelta, mark: str, said: str, code: Exit
) -> None:
    write_certificate(shop.folder, since=90 * DAY, left=left)
    shop.write(SHOP_TABLE, WEBHOOK + 'certificate = "desk.pem"\nkey = "desk.key"\n')

    done = podesk(shop, "check")

    day = dt.datetime.now(dt.UTC) + left
    assert done.returncode == code
    assert f"{mark}  certificate desk.pem: {said}{day:%Y-%m-%d}" in done.stdout


def test_check_says_that_nobody_is_let_in_without_the_secret_and_lifts_the_connection_when_it_is_there(
    shop: Desk,
) -> None:
    (shop.folder / "shop.secret").unlink()
    with shop.serving():
        done = podesk(shop, "check")
        assert done.returncode == Exit.USAGE
        assert "nobody is let in at /in/shop" in done.stdout
        assert shop.post(ubl("S1")).status_code == 503
        shop.secret("shop", "correct horse: battery")
        assert podesk(shop, "check").returncode in (Exit.DONE, Exit.ATTENTION)
        until(lambda: shop.post(ubl("S1")).status_code == 200, "it lets in again")


def test_status_says_whether_it_listens(shop: Desk) -> None:
    podesk(shop, "orders")
    assert "listener does not listen" in podesk(shop, "status").stdout
    with running(shop, "serve") as process:
        shop.post(ubl("S1"))
        assert f"listener on 127.0.0.1:0, process {process.pid}" in podesk(shop, "status").stdout


def test_a_desk_to_which_nobody_posts_says_nothing_of_a_listener(desk: Desk) -> None:
    desk.write("")
    podesk(desk, "orders")
    assert "listener" not in podesk(desk, "status").stdout
    assert json.loads(podesk(desk, "status", "--json").stdout)["listener"] is None
