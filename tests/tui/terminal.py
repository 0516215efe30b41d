"""A real terminal for tests: a process on a pty, its screen as pyte sees it, and every byte that it wrote."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

ROOT = Path(__file__).resolve().parent.parent.parent
PODESK = (sys.executable, "-c", "from tui.cli import main; main()")
"""The command as its console script starts it."""
PATIENCE = 90.0
"""Seconds after which a test gives up waiting; a crowded machine needs some of them."""


def _own_terminal() -> None:
    """In the child: the pty becomes its controlling terminal, so that it hears when that goes."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """`with Terminal([...]) as terminal:`; the process is gone when the block ends."""

    def __init__(
        self,
        command: Sequence[str],
        env: Mapping[str, str] = {},
        *,
        columns: int = 120,
        lines: int = 40,
        owned: bool = True,
    ) -> None:
        """`owned`: the pty is the controlling terminal, whose end is told by SIGHUP; else the process only has it open."""
        self.screen = pyte.Screen(columns, lines)
        self.written = b""
        self._stream = pyte.ByteStream(self.screen)
        self._changed = threading.Condition()
        self._command = list(command)
        # Without a size in words, which would count more than the terminal's own.
        outside = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        self._env = {**outside, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **env}
        self._size = (lines, columns)
        self._owned = owned
        self._stalled = threading.Event()

    def __enter__(self) -> Self:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *self._size, 0, 0))
        self.attributes_before = termios.tcgetattr(theirs)
        self.process = subprocess.Popen(
            self._command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=self._env,
            start_new_session=True,
            preexec_fn=_own_terminal if self._owned else None,  # noqa: PLW1509  (our one other thread starts later)
        )
        self._theirs = theirs
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()
        if self._theirs >= 0:
            os.close(self._theirs)

    def _read(self) -> None:
        while not self._stalled.is_set():
            try:
                if not select.select([self._ours], [], [], 0.05)[0]:
                    continue
                chunk = os.read(self._ours, 65536)
            except (OSError, ValueError):  # closed, by them or by us
                return
            if not chunk:
                return
            with self._changed:
                self.written += chunk
                self._stream.feed(chunk)
                self._changed.notify_all()

    @property
    def text(self) -> str:
        return "\n".join(self.screen.display)

    def wait_for(self, seen: str | Callable[[str], bool]) -> str:
        """Wait until the screen shows `seen`, or fulfils it; the screen's text then."""
        fulfilled = (lambda text: seen in text) if isinstance(seen, str) else seen
        with self._changed:
            if not self._changed.wait_for(lambda: fulfilled(self.text), PATIENCE):
                raise AssertionError(f"not seen within {PATIENCE:g} s: {seen!r}; the screen shows\n{self.text}")
            return self.text

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stall(self) -> None:
        """The link is there, but nobody reads what comes any more."""
        self._stalled.set()
        self._reader.join()

    def hang_up(self) -> None:
        """The link drops: our side of the pty is closed."""
        if self._theirs >= 0 and self.process.poll() is None:
            os.close(self._theirs)
            self._theirs = -1
        if self._ours >= 0:
            os.close(self._ours)
            self._ours = -1

    def ended(self) -> int:
        """Wait for the process to end; its exit status."""
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"not ended within {PATIENCE:g} s; the screen shows\n{self.text}") from None
        deadline = time.monotonic() + PATIENCE
        while self._ours >= 0 and not self._drained() and time.monotonic() < deadline:
            time.sleep(0.01)
        return status

    def _drained(self) -> bool:
        with self._changed:
            before = len(self.written)
        time.sleep(0.05)
        with self._changed:
            return len(self.written) == before

    def attributes(self) -> object:
        """The line settings of the terminal now."""
        return termios.tcgetattr(self._theirs)
