"""Whether the rules' file can be used, told in the log when that changes, and not each time an order comes."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from core.config import Settings
from core.rules import Rules, RulesError, rules_file
from sync.log import Log

EVERY: Final = timedelta(seconds=5)
"""Between two looks at the file; a changed one is also noticed by the next order."""


class RulesWatch:
    def __init__(self, settings: Settings, log: Log) -> None:
        self.wanted = any(connection.rules != "off" for connection in settings.connection)
        """Some connection has rules; otherwise there is nothing to look at."""
        self._path = settings.rules_path
        self._log = log
        self._told: Rules | str | None = None

    def look(self) -> None:
        """Read what changed. A broken file stops nothing but the rules, and is told once."""
        if not self.wanted:
            return
        try:
            found = rules_file(self._path).current()
        except RulesError as error:
            if self._told != str(error):
                self._told = str(error)
                self._log.error("rules stopped, orders stay with people", error=str(error))
            return
        if found is not self._told:
            self._told = found
            self._log.info("rules in use", file=self._path, rules=len(found.rules))
