"""A desk that buyers' platforms post to, on a free port of this machine."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from core.config import Settings, load
from core.store import Store, open_store, queries
from core.store.rows import HealthRow
from sync import daemon
from sync.log import Log
from sync.server import alone
from sync.stop import Stop

MOST_SECONDS = 30
SHOP = ("buyer", "correct horse: battery")
TOKEN = "steel-token-1"
SECRET = "loom-secret"

WEBHOOK = '[webhook]\nlisten = "127.0.0.1:0"\n'
NOWHERE = """\
[connection.outbound]
channel = "sftp"
host = "127.0.0.1"
port = 1
user = "u"
password = "p"
format = "<format>"
"""
"""A way for answers that nobody answers at."""
SHOP_TABLE = """\
[[connection]]
name = "shop"
profile = "generic"
[connection.inbound]
channel = "webhook"
path = "/in/shop"
auth = "basic"
user = "buyer"
password = { file = "shop.secret" }
"""
STEEL_TABLE = """\
[[connection]]
name = "steel"
profile = "tradecloud"
our_account = "340760"
[connection.inbound]
channel = "webhook"
path = "/in/steel"
auth = "bearer"
token = { file = "steel.secret" }
"""
LOOM_TABLE = """\
[[connection]]
name = "loom"
profile = "procurement-connect"
[connection.inbound]
channel = "webhook"
path = "/in/loom"
auth = "hmac"
secret = { file = "loom.secret" }
"""
THREE = SHOP_TABLE + STEEL_TABLE + LOOM_TABLE


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not true():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.01)


@dataclass
class Desk:
    """The folder of a desk, and once it serves the address."""

    folder: Path
    log: io.StringIO = field(default_factory=io.StringIO)
    url: str = ""

    def write(self, connections: str = THREE, webhook: str = WEBHOOK, top: str = 'operator_hold = "0s"\n') -> None:
        self.path.write_text(f"{top}{webhook}{connections}", encoding="utf-8")
        self.path.chmod(0o600)
        for name, secret in (("shop", SHOP[1]), ("steel", TOKEN), ("loom", SECRET)):
            self.secret(name, secret)

    def secret(self, name: str, secret: str) -> None:
        file = self.folder / f"{name}.secret"
        file.touch(mode=0o600)
        file.write_text(f"{secret}\n", encoding="utf-8")

    @property
    def path(self) -> Path:
        return self.folder / "podesk.toml"

    @property
    def settings(self) -> Settings:
        return load(self.path)

    @property
    def port(self) -> int:
        return httpx.URL(self.url).port or 0

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = open_store(self.settings.store_path)
        try:
            yield store
        finally:
            store.close()

    # What is in the store

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        with self.store() as store:
            return store.connection.execute(sql, parameters).fetchall()

    @property
    def orders(self) -> list[tuple[str, str, int]]:
        """Connection, number and revision of every order."""
        return self.rows("SELECT connection, number, revision FROM orders ORDER BY connection, number")

    @property
    def documents(self) -> list[tuple[str, str, bytes]]:
        """Connection, state and bytes of every document, as they came."""
        return self.rows(
            "SELECT d.connection, d.state, p.bytes FROM documents d JOIN payloads p ON p.sha256 = d.sha256 ORDER BY d.id"
        )

    @property
    def states(self) -> list[str]:
        return [state for _, state, _ in self.documents]

    @property
    def outbox(self) -> list[tuple[str, str, int, str | None]]:
        """State, kind, doubt and receipt of every message."""
        return self.rows("SELECT state, kind, doubtful, receipt FROM outbox ORDER BY order_id, sequence")

    def health(self, connection: str) -> HealthRow | None:
        with self.store() as store:
            found = [each for each in queries.health(store) if (each.connection, each.direction) == (connection, "in")]
        return found[0] if found else None

    # The log

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.getvalue().splitlines() if line.endswith("}")]

    def logged(self, event: str, **facts: object) -> list[dict[str, Any]]:
        return [
            each for each in self.events if each["event"] == event and all(each.get(k) == v for k, v in facts.items())
        ]

    # Serving

    @contextmanager
    def serving(self, *, by: str = "serve", **options: Any) -> Iterator[Stop]:
        """`podesk serve`, or by the daemon, in a thread of this process."""
        stop = Stop()
        crashed: list[BaseException] = []

        def run() -> None:
            try:
                if by == "serve":
                    alone.run(self.settings, log=Log(self.log), stop=stop, **options)
                else:
                    daemon.run(self.settings, once=False, log=Log(self.log), stop=stop, **options)
            except BaseException as error:
                crashed.append(error)

        began = len(self.logged("listening"))
        thread = threading.Thread(target=run)
        thread.start()
        try:
            until(lambda: len(self.logged("listening")) > began or crashed, "it listens")
            if crashed:
                raise crashed[0]
            listening = self.logged("listening")[-1]
            scheme = "https" if listening["tls"] else "http"
            self.url = f"{scheme}://127.0.0.1:{listening['port']}"
            until(lambda: self._all_looked() >= len(self.settings.served), "every secret was looked for")
            yield stop
        finally:
            stop.request()
            thread.join(timeout=MOST_SECONDS)
            assert not thread.is_alive()
        if crashed:
            raise crashed[0]

    def _all_looked(self) -> int:
        began = max(at for at, each in enumerate(self.events) if each["event"] == "listening")
        looked = {each["connection"] for each in self.events[began:] if each["event"] in ("takes in", "trouble")}
        return len(looked)

    def post(self, body: bytes, path: str = "/in/shop", **options: Any) -> httpx.Response:
        options.setdefault("auth", SHOP if path == "/in/shop" else None)
        headers = httpx.Headers({"Authorization": f"Bearer {TOKEN}"} if path == "/in/steel" else {})
        headers.update(options.pop("headers", {}))
        return httpx.post(f"{self.url}{path}", content=body, timeout=MOST_SECONDS, headers=headers, **options)
