"""What the daemon says of itself: one JSON object a line on stderr, for people with `jq` and for collectors.

Whatever partners wrote stands in these lines as escaped ASCII, cut to a length: no line feed, terminal control or
bidirectional character of theirs gets through. Secrets are not given to it; should one be all the same, under a name that
usually holds one, it is blanked.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

_LONGEST = 2000
"""Characters of one value: a partner's error page doesn't belong in a log as a whole."""

_SECRET_KEYS = frozenset({"password", "token", "secret", "authorization", "passphrase", "cookie", "private_key"})
_BLANK = "***"


class Log:
    """A log that many threads write to. `bound` gives one that adds facts to every line, such as the connection."""

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        quiet: bool = False,
    ) -> None:
        """`quiet` leaves out what is no more than information."""
        self._stream = stream
        self._clock = clock
        self._quiet = quiet
        self._facts: dict[str, object] = {}
        self._lock = threading.Lock()

    def bound(self, **facts: object) -> Log:
        """The same log, with `facts` on each of its lines."""
        log = Log(self._stream, clock=self._clock, quiet=self._quiet)
        log._facts = {**self._facts, **facts}
        log._lock = self._lock
        return log

    def info(self, event: str, **facts: object) -> None:
        if not self._quiet:
            self._write("info", event, facts)

    def warning(self, event: str, **facts: object) -> None:
        self._write("warning", event, facts)

    def error(self, event: str, **facts: object) -> None:
        self._write("error", event, facts)

    def exception(self, event: str, **facts: object) -> None:
        """An error of our own code, with the trace of the exception that is being dealt with."""
        self._write("error", event, {**facts, "trace": traceback.format_exc()})

    def _write(self, level: str, event: str, facts: dict[str, object]) -> None:
        line: dict[str, object] = {"at": self._clock().isoformat(timespec="milliseconds"), "level": level}
        line["event"] = event
        for key, value in {**self._facts, **facts}.items():
            line[key] = _BLANK if key.lower() in _SECRET_KEYS else self._plain(value)
        text = json.dumps(line, ensure_ascii=True)
        stream = self._stream if self._stream is not None else sys.stderr
        with self._lock:
            try:
                stream.write(text + "\n")
                stream.flush()
            except (OSError, ValueError):
                return  # nobody reads it any more; the orders go on

    def _plain(self, value: object) -> object:
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, dict):
            return {
                self._text(key): _BLANK if str(key).lower() in _SECRET_KEYS else self._plain(v)
                for key, v in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return [self._plain(part) for part in value]
        return self._text(value)

    @staticmethod
    def _text(value: object) -> str:
        text = str(value)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"
