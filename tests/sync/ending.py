"""How a world stands in the end, without what may differ between two runs: ids of rows, our clock, numbers of attempts.

Two runs that had the same effect give equal ends, however often one of them crashed.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from core.pending import Record
from core.verify import verify
from tests.sync.partners import DECIDED, World

ROOT = Path(__file__).resolve().parent.parent.parent


def child(world: World, mode: str, point: str = "", nth: int = 1, variant: str = "") -> subprocess.Popen[str]:
    """The daemon in a process of its own: see `tests.sync.child`."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sync.child", str(world.settings_path), mode, point, str(nth), variant],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(world: World, mode: str = "once", point: str = "", nth: int = 1, variant: str = "") -> int:
    """Run it to its end; what it ended with, negative for a signal."""
    with child(world, mode, point, nth, variant) as process:
        _, told = process.communicate(timeout=120)
    assert process.returncode in (0, -9), told
    return process.returncode


def ending(world: World) -> dict[str, Any]:
    with world.store() as store:
        db = store.connection
        orders = {
            f"{connection}/{number}": (
                status,
                sending,
                _without_times(Record.from_json(body).but(pending=None).to_json()),
            )
            for connection, number, status, sending, body in db.execute(
                "SELECT connection, number, process_status, sending, body FROM orders"
            )
        }
        said = {
            number: _without_repeats([(kind, actor) for _, kind, actor in entries])
            for number, entries in _grouped(
                db.execute(
                    "SELECT o.number, l.kind, l.actor FROM log l JOIN orders o ON o.id = l.order_id ORDER BY l.seq"
                )
            ).items()
        }
        return {
            "verify": [str(finding) for finding in verify(store)],
            "orders": orders,
            "log": said,
            "documents": sorted(db.execute("SELECT connection, name, state, sha256 FROM documents").fetchall()),
            "arrivals": sorted(
                (connection, re.sub(r"UIDVALIDITY=\d+", "UIDVALIDITY", locator), fingerprint)
                for connection, locator, fingerprint in db.execute(
                    "SELECT connection, locator, fingerprint FROM arrivals"
                )
            ),
            "marks": sorted(db.execute("SELECT connection, mark FROM cursors").fetchall()),
            "outbox": sorted(
                (number, kind, state, _sum(payload))
                for number, kind, state, payload in db.execute(
                    "SELECT o.number, m.kind, m.state, m.payload FROM outbox m JOIN orders o ON o.id = m.order_id"
                )
            ),
            "spool": sorted(path.name for path in world.settings.store_path.with_name("desk.sqlite.spool").iterdir()),
            "folders": world.folders(),
            "mailbox": world.mailbox(),
            "answer files": {name: _sum(payload) for name, payload in world.answer_files().items()},
            "posted": sorted((message.path, message.key, _sum(message.payload)) for message in world.http.messages),
        }


def _without_times(body: str) -> str:
    """Since when a line has its status is our clock's to say."""
    return re.sub(r',"since":"[^"]*"', "", body)


def _grouped(rows: Any) -> dict[str, list[tuple[str, ...]]]:
    groups: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        groups.setdefault(row[0], []).append(row)
    return groups


def _without_repeats(entries: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A claim made again after a crash is history, and no difference in effect."""
    return [entry for at, entry in enumerate(entries) if at == 0 or entry != entries[at - 1]]


def _sum(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()[:12]


__all__ = ["DECIDED", "child", "ending", "run"]
