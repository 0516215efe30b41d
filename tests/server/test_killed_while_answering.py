"""Killed while a posted order comes in or its answer goes back, at any byte, and started again: each order is answered once.

The platform does what platforms do: what it heard no whole answer to it posts again, and the answer that it gets then is the
one that it might have had before.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import h11
import pytest

from core.verify import verify
from sync.demo.servers.tradecloud import TradecloudServer
from sync.server.immediate import LEASE
from tests.conftest import ROOT
from tests.server.answering import ruled, shop
from tests.server.desk import MOST_SECONDS, NOWHERE, Desk, until
from tests.server.raw import LOGIN
from tests.server.test_crash import child
from tests.sync.partners import tradecloud, ubl

NEVER = "at no point"


class Platform:
    """Says a request byte by byte and hears the answer byte by byte; at one of them the desk is killed."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), MOST_SECONDS)

    def says(self, words: bytes) -> None:
        self.socket.sendall(words)

    def hears(self, most: int | None = None) -> bytes:
        """So many bytes of the answer, or all that comes."""
        heard = b""
        with suppress(ConnectionError):
            while most is None or len(heard) < most:
                part = self.socket.recv(1 if most is not None else 65536)
                if not part:
                    break
                heard += part
        return heard


def request(body: bytes) -> bytes:
    lines = ("POST /in/shop HTTP/1.1", "Host: desk", "Connection: close", LOGIN, f"Content-Length: {len(body)}")
    return "\r\n".join((*lines, "", "")).encode() + body


def answered(heard: bytes) -> bytes | None:
    """The body of a whole 200; None for anything else, and for an answer that broke off."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "desk"), ("Content-Length", "0")]))
    client.send(h11.EndOfMessage())
    client.receive_data(heard)
    client.receive_data(b"")
    body, status = b"", 0
    with suppress(h11.RemoteProtocolError):
        while True:
            event = client.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return body if status == 200 else None
            elif event in (h11.NEED_DATA, h11.PAUSED):
                return None
    return None


def killed(desk: Desk, process: subprocess.Popen[str], body: bytes, chance: random.Random) -> bytes | None:
    """Post, with the desk killed on the way; the answer, where it came whole before."""
    whole = request(body)
    platform = Platform(desk.port)
    match chance.choice(("request", "request is there", "answer", "answer is there")):
        case "request":
            platform.says(whole[: chance.randrange(len(whole))])
            process.kill()
            heard = platform.hears()
        case "request is there":
            platform.says(whole)
            process.kill()
            heard = platform.hears()
        case "answer":
            platform.says(whole)
            heard = platform.hears(chance.randrange(1, 400))
            process.kill()
            heard += platform.hears()
        case _:
            platform.says(whole)
            heard = platform.hears()
            process.kill()
    platform.socket.close()
    process.wait(MOST_SECONDS)
    return answered(heard)


@pytest.mark.parametrize("seed", range(3))
def test_each_order_has_one_answer_and_who_asks_again_gets_that(desk: Desk, seed: int) -> None:
    chance = random.Random(seed)
    ruled(desk, hold="1h")
    orders = {f"S{n}": ubl(f"S{n}") for n in range(4)}
    got: dict[str, set[bytes]] = {number: set() for number in orders}
    for number, body in orders.items():
        with child(desk, NEVER) as process:
            answer = killed(desk, process, body, chance)
        if answer is not None:
            got[number].add(answer)
    with desk.serving(clock=lambda: datetime.now(UTC) + LEASE):
        until(lambda: "sending" not in [state for state, *_ in desk.outbox], "what was on its way is taken back")
        for number, body in orders.items():
            answer = answered(desk_hears(desk, body))
            assert answer is not None, number
            got[number].add(answer)
        until(lambda: [state for state, *_ in desk.outbox] == ["sent"] * len(orders), "all is marked")
    assert {number: len(answers) for number, answers in got.items()} == dict.fromkeys(orders, 1)
    assert [number for _, number, _ in desk.orders] == list(orders)
    assert desk.states.count("applied") == len(orders)
    assert set(desk.states) <= {"applied", "duplicate"}
    with desk.store() as store:
        assert verify(store) == []


def desk_hears(desk: Desk, body: bytes) -> bytes:
    platform = Platform(desk.port)
    platform.says(request(body))
    heard = platform.hears()
    platform.socket.close()
    return heard


# By the daemon, which has another way out


@contextmanager
def daemon(desk: Desk) -> Iterator[subprocess.Popen[str]]:
    """`podesk sync`, which listens and sends, in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sync.child", str(desk.path), "serve"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            desk.log.write(line)
            if '"listening"' in line:
                desk.url = f"http://127.0.0.1:{desk.logged('listening')[-1]['port']}"
            if '"takes in"' in line:
                break
        yield process
    finally:
        process.kill()
        process.stderr.close()
        process.wait()


@pytest.mark.parametrize("seed", range(3))
def test_an_answer_of_which_nobody_knows_leaves_by_the_other_channel_once_and_under_its_own_key(
    desk: Desk, seed: int
) -> None:
    chance = random.Random(seed)
    with TradecloudServer("supplier", "pass-word") as partner:
        way = (
            f'[connection.outbound]\nchannel = "http"\nurl = "{partner.url}"\nauth = "tradecloud"\nuser = "supplier"\n'
        )
        tables = shop("tradecloud-json", "tradecloud").replace(
            NOWHERE.replace("<format>", "tradecloud-json"), f'{way}password = "pass-word"\nformat = "tradecloud-json"\n'
        )
        ruled(desk, tables, hold="0s")
        orders = {f"T{n}": tradecloud(f"T{n}") for n in range(3)}
        got: dict[str, bytes | None] = {}
        for number, body in orders.items():
            with daemon(desk) as process:
                got[number] = killed(desk, process, body, chance)
        with desk.serving(by="sync", clock=lambda: datetime.now(UTC) + LEASE + timedelta(seconds=1)):
            for body in orders.values():
                desk_hears(desk, body)
            until(lambda: [state for state, *_ in desk.outbox] == ["sent"] * len(orders), "all is marked")
        payloads = dict(desk.rows("SELECT id, payload FROM outbox"))
        keys = [message.key for message in partner.messages]
        assert len(keys) == len(set(keys))
        assert {message.key: message.payload for message in partner.messages}.items() <= payloads.items()
        assert {each for each in got.values() if each is not None} <= set(payloads.values())
    assert [number for _, number, _ in desk.orders] == list(orders)
    with desk.store() as store:
        assert verify(store) == []
