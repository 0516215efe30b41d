"""The same negotiations through the real daemon: the platform is an HTTP server, and the wire is the network.

Polled: `podesk sync --once` again and again, in this process, with its steps cut short now and then. Posted: `podesk serve`
takes in what the platform pushes, while rounds of `podesk sync` send our answers.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from core.config import Settings, load
from core.connections import Connection, HttpOutbound, HttpPollInbound
from sync import daemon
from sync.channels import InboundChannel, OutboundChannel
from sync.channels.http import HttpOutboundChannel
from sync.channels.http_poll import HttpPollChannel
from sync.channels.pace import Pacer
from sync.channels.poll_progress import Marks
from sync.log import Log
from sync.server import alone
from sync.stop import Stop
from tests.negotiation.coming import Ways
from tests.negotiation.journal import Disagreement
from tests.negotiation.world import CONNECTION, World
from tests.platform.orders import Platform
from tests.platform.pushing import Push
from tests.platform.server import PlatformServer
from tests.platform.weather import Weather

USER, PASSWORD, TOKEN = "erp@supplier.example", "correct horse", "token-of-the-platform"
MOST_SECONDS = 30
_MOST_ROUNDS = 40
_QUIET_ROUNDS = 2

_COMMON = """
operator_hold = "10s"
timezone = "Europe/Amsterdam"

[operators.alice]
email = "alice@supplier.example"
"""
_CONNECTION = """
[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "340760"
<inbound>
[connection.outbound]
channel = "http"
url = "<url>"
auth = "tradecloud"
user = "erp@supplier.example"
password = { file = "platform.secret" }
format = "tradecloud-json"
timeout = "5s"
"""
_POLLED = """
[connection.inbound]
channel = "http-poll"
url = "<url>"
auth = "tradecloud"
user = "erp@supplier.example"
password = { file = "platform.secret" }
every = "1s"
"""
_POSTED = """
[connection.inbound]
channel = "webhook"
path = "/in/metal-works"
auth = "bearer"
token = { file = "token.secret" }
"""
_LISTENER = """
[webhook]
listen = "127.0.0.1:0"
apart = true
"""


class _Cut(Exception):
    """The daemon's step was cut short here."""


class HurriedChannels:
    """The channels of the daemon, which ask more than ten times a second, since this platform doesn't mind."""

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        self._now = now

    def inbound_channel(
        self, connection: Connection, settings: Settings, *, wait_to_settle: bool = False, marks: Marks | None = None
    ) -> InboundChannel:
        assert isinstance(connection.inbound, HttpPollInbound)
        assert connection.poll_path is not None
        return HttpPollChannel(
            connection.inbound, settings.folder, connection.poll_path, marks, pacer=Pacer(10_000), now=self._now
        )

    def outbound_channel(
        self, connection: Connection, settings: Settings, kind: str = "order_response"
    ) -> OutboundChannel:
        assert isinstance(connection.outbound, HttpOutbound)
        return HttpOutboundChannel(connection.outbound, settings.folder, pacer=Pacer(10_000))


class NetworkWorld(World):
    """Made by `network_world`."""

    def __init__(self, folder: Path, seed: int, ways: Ways, server: PlatformServer, settings: Path) -> None:
        super().__init__(folder, seed, ways, settings=settings.read_text(encoding="utf-8"))
        self.server = server
        self.push: Push | None = None
        self.log = io.StringIO()
        self._path = settings
        self._crashes = random.Random(seed)
        self._rough = True
        server.platform = self.platform

    def a_round(self) -> None:
        """`podesk sync --once`."""
        daemon.run(
            load(self._path),
            once=True,
            log=Log(self.log, quiet=True),
            clock=lambda: self.now,
            channels=HurriedChannels(lambda: self.now),
            random=self._crashes.random,
            faults=self._perhaps_cut,
        )
        self.journal.tell("a round")

    def _perhaps_cut(self, point: str) -> None:
        if self._rough and self._crashes.random() < 0.03:
            self.journal.tell(f"cut short: {point}")
            raise _Cut(point)

    def events_are_pushed(self) -> None:
        self._gather()
        if self.push is not None:
            taken = self.push.push(self.rng.randint(1, 4))
            self.journal.tell(f"{taken} events taken, {len(self.push.waiting)} wait")

    def _gather(self) -> None:
        if self.push is not None:
            self.push.queue(*self.coming.new_events())

    def buyer_acts(self) -> None:
        with self.server.lock:
            super().buyer_acts()

    def platform_works(self) -> None:
        with self.server.lock:
            self.platform.work()

    steps: ClassVar[dict[Callable[[Any], None], int]] = {
        buyer_acts: 22,
        World.operator_decides: 22,
        World.operator_undoes: 3,
        World.operator_despatches: 3,
        World.operator_retries: 2,
        World.time_passes: 8,
        platform_works: 8,
        a_round: 16,
        events_are_pushed: 10,
    }

    def settle(self) -> None:
        """Fair weather from here on; all that is under way arrives."""
        share, self._rough = self.server.weather.share, False
        self.server.weather.clear()
        self.journal.tell("settling")
        self._come_to_rest()
        if self._asked_again():
            self._come_to_rest()
        self.server.weather.share, self._rough = share, True
        self.journal.faults += [f"refused: {one}" for one in self.server.refusals]
        if self.push is not None:
            self.journal.faults += [f"lost: {one}" for one in self.push.lost]

    def _come_to_rest(self) -> None:
        quiet, before = 0, None
        for _ in range(_MOST_ROUNDS):
            self.now += dt.timedelta(hours=1)
            self._gather()
            if self.push is not None:
                self.push.push()
            self.leaving.all_are_retried()
            self.a_round()
            self.platform_works()
            after = self._standing()
            quiet = quiet + 1 if after == before else 0
            before = after
            if quiet >= _QUIET_ROUNDS:
                break
        else:
            self.journal.fault("it never comes to rest")

    def _standing(self) -> object:
        rows = self.store.connection.execute("SELECT id, state FROM outbox ORDER BY id").fetchall()
        documents = self.store.connection.execute("SELECT state, count(*) FROM documents GROUP BY state").fetchall()
        waiting = len(self.push.waiting) if self.push is not None else 0
        return [tuple(row) for row in (*rows, *documents)], len(self.platform.happenings), waiting

    def _report(self, found: list[str]) -> str:
        return f"{super()._report(found)}\n\n{self.log.getvalue()[-6000:]}"


@contextmanager
def network_world(folder: Path, seed: int, way: str, *, trouble: float = 0.3) -> Iterator[NetworkWorld]:
    """`way`: polled or posted. `trouble`: the share of requests to the platform that meet some."""
    with ExitStack() as stack:
        server = stack.enter_context(
            PlatformServer(
                Platform(lambda: dt.datetime.now(dt.UTC)),
                USER,
                PASSWORD,
                weather=Weather(random.Random(seed), trouble),
                rng=random.Random(seed),
            )
        )
        posted = way == "posted"
        world = NetworkWorld(folder, seed, Ways(), server, _settings(folder, server.url, posted=posted))
        stack.callback(world.close)
        if posted:
            url = stack.enter_context(_serving(world, folder / "podesk.toml"))
            world.push = Push(f"{url}/in/{CONNECTION}", TOKEN, random.Random(seed))
        yield world


def _settings(folder: Path, url: str, *, posted: bool) -> Path:
    for name, secret in (("platform", PASSWORD), ("token", TOKEN)):
        file = folder / f"{name}.secret"
        file.touch(mode=0o600)
        file.write_text(f"{secret}\n", encoding="utf-8")
    connection = _CONNECTION.replace("<inbound>", _POSTED if posted else _POLLED).replace("<url>", url)
    path = folder / "podesk.toml"
    path.write_text(f"{_COMMON}{_LISTENER if posted else ''}{connection}", encoding="utf-8")
    path.chmod(0o600)
    return path


@contextmanager
def _serving(world: NetworkWorld, path: Path) -> Iterator[str]:
    """`podesk serve` in a thread of this process; its address."""
    stop, log, failed = Stop(), io.StringIO(), list[BaseException]()

    def serve() -> None:
        try:
            alone.run(load(path), log=Log(log), clock=lambda: world.now, stop=stop)
        except BaseException as error:  # told below, in the thread of the test
            failed.append(error)

    thread = threading.Thread(target=serve, name="podesk serve")
    thread.start()
    try:
        yield f"http://127.0.0.1:{_port(log, failed)}"
    finally:
        stop.request()
        thread.join(MOST_SECONDS)
    if failed:
        raise failed[0]


def _port(log: io.StringIO, failed: list[BaseException]) -> int:
    end = time.monotonic() + MOST_SECONDS
    while not failed and time.monotonic() < end:
        for line in log.getvalue().splitlines():
            told = _told(line)
            if told.get("event") == "listening":
                return int(told["port"])
        time.sleep(0.01)
    raise failed[0] if failed else Disagreement(f"podesk serve never listened:\n{log.getvalue()}")


def _told(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}  # half written
    return found if isinstance(found, dict) else {}
