"""Another process at the same store: saves one order again and again until told to stop, and says how long each took."""

from __future__ import annotations

import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from core.ids import uuid7
from core.messages import Received
from core.orderbook import OrderBook
from core.store import open_store
from tests.orders import issue, key, settings, terms

_IDLE_SAVES = 200
_PAUSE = 0.005
"""A person, even a quick script, does something between two saves."""


def main(folder: Path, order_id: int) -> None:
    enough = threading.Event()
    with open_store(folder / "desk.sqlite") as store:
        book = OrderBook(store, settings(folder), clock=_now, new_id=lambda: uuid7(_now()))
        number = store.connection.execute("SELECT number FROM orders WHERE id = ?", (order_id,)).fetchone()[0]
        order = key(number)

        def save(nth: int) -> float:
            message = issue(order, lines=("1", "2", "3"), wanted=terms(quantity=str(nth + 1)))
            entry = Received(id=f"saver-{nth}", at=_now(), message=message)
            started = time.perf_counter()
            book.change(order, entry, "metal-works")
            took = time.perf_counter() - started
            time.sleep(_PAUSE)
            return took

        idle = [save(nth) for nth in range(_IDLE_SAVES)]
        print("idle measured", flush=True)

        def listen() -> None:
            sys.stdin.readline()
            enough.set()

        threading.Thread(target=listen, daemon=True).start()
        busy: list[float] = []
        while not enough.is_set():
            busy.append(save(len(idle) + len(busy)))
    print(*idle)
    print(*busy)


def _now() -> datetime:
    return datetime.now(UTC)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
