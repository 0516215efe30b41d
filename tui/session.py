"""The life of a desk's session: how it ends when its terminal goes, when it is told to, and when it breaks.

Each guard answers a case measured over SSH: a closed terminal leaves the screen spinning at full load, a stalled link
stops its loop so that no handler in the loop is ever reached, an unhandled error ends with status 0, and a traceback
would print what partners wrote. So signals are taken by a plain handler, which starts a thread that asks the loop to end
and, when that takes too long, ends the process itself. Drafts are in the store; there is nothing else to lose.

Imports no screen library: the command line asks `unfit` before it loads one.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import termios
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

from tui.display import display

GRACE: Final = 2.0
"""Seconds that the screen has to end by itself."""
_POLL_MILLISECONDS: Final = 500


def unfit(environ: Mapping[str, str] = os.environ) -> str | None:
    """Why there is no desk here, as a sentence that names the way without one; None on a usable terminal."""
    term = environ.get("TERM", "")
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        why = "this is not a terminal"
    elif term in ("", "dumb"):
        why = f"the terminal says it is {term!r}" if term else "TERM is not set"
    else:
        return None
    return (
        f"The desk needs a screen, and {why}; use the commands instead, such as `podesk orders` (see `podesk --help`)."
    )


@contextmanager
def guarded(ask_to_end: Callable[[int], None]) -> Iterator[None]:
    """While the desk runs: SIGHUP, SIGTERM and a terminal that hangs up end it, in bounded time.

    `ask_to_end` is called in another thread with the exit status that is wanted; it must not block.
    """
    ended = threading.Event()
    begun = threading.Event()
    attributes = _terminal_attributes()

    def end(number: int) -> None:
        if begun.is_set():
            return
        begun.set()
        with suppress(Exception):
            ask_to_end(128 + number)
        if not ended.wait(GRACE):
            _restore(attributes)
            os._exit(128 + number)

    def on_signal(number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=end, args=(number,), name="desk-end", daemon=True).start()

    def watch() -> None:
        # Nothing is asked for: a hang-up is told regardless, and what is typed is left to the screen.
        poll = select.poll()
        poll.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, 0)
        while not ended.is_set():
            if poll.poll(_POLL_MILLISECONDS):
                end(signal.SIGHUP)
                return

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGHUP, signal.SIGTERM)}
    threading.Thread(target=watch, name="desk-hang-up", daemon=True).start()
    try:
        yield
    finally:
        ended.set()
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminal_attributes() -> list[object] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def _restore(attributes: list[object] | None) -> None:
    """Give the shell its line mode back; what needs writing to a stalled terminal can't be had."""
    if attributes is not None:
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, attributes)  # type: ignore[arg-type]


def record_crash(error: BaseException, log: Path, now: datetime | None = None) -> str:
    """Write `error` with its traceback to the end of `log`; gives the one line that goes to the screen.

    The log's lines are JSON in ASCII: what partners wrote, inside an exception's sentence too, stays one line.
    """
    line = {
        "at": (now or datetime.now(UTC)).isoformat(timespec="milliseconds"),
        "level": "error",
        "event": "the desk stopped",
        "error": f"{type(error).__name__}: {error}",
        "traceback": traceback.format_exception(error),
    }
    where = f"the traceback is in {log}"
    try:
        file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(json.dumps(line, ensure_ascii=True) + "\n")
    except OSError as problem:
        where = f"and {log} can't be written ({problem.strerror})"
    return display(f"The desk stopped: {type(error).__name__}: {error}", 200) + "; " + display(where)
