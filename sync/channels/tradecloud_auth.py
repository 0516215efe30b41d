"""Logging in at Tradecloud: a pair of tokens from user and password, and a new pair from the refresh token.

Reference: authentication of Tradecloud's API v2. `GET /authentication/login` with Basic answers the headers
`Set-Authorization` (the access token, good for an hour) and `Set-Refresh-Token` (a day). `GET /authentication/refresh` takes
the header `Refresh-Token` and nothing else; making a new refresh token kills the old one.

Tokens live in memory only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

import httpx

from sync.channels import NotAdmitted

LOGIN: Final = "/authentication/login"
REFRESH: Final = "/authentication/refresh"


class Answered(Protocol):
    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


class Get(Protocol):
    """A GET of a path below the base address. Raises Unreachable, for 429 and 5xx too."""

    def __call__(self, path: str, headers: dict[str, str], auth: httpx.BasicAuth | None = None) -> Answered: ...


class TradecloudTokens:
    """Keep one for the life of a channel, so that not each round logs in again. `name` is how sentences call the server."""

    def __init__(self, name: str, user: str, paths: dict[str, str]) -> None:
        self._name = name
        self._user = user
        self._login_path = paths.get("login", LOGIN)
        self._refresh_path = paths.get("refresh", REFRESH)
        self._access: str | None = None
        self._refresh: str | None = None

    def present(self) -> str | None:
        """The value of the Authorization header, as far as there is one."""
        return self._access

    def refresh(self, get: Get) -> str | None:
        """The header by the refresh token; None when that is missing or dead, and a log-in is due. Raises Unreachable."""
        if self._refresh is None:
            return None
        # Whatever comes back, even nothing: the old pair can't be relied on any more.
        token, self._access, self._refresh = self._refresh, None, None
        answer = get(self._refresh_path, {"Refresh-Token": token})
        return self._take(answer) if _well(answer) else None

    def log_in(self, get: Get, password: Callable[[], str]) -> str:
        """The header by user and password. Raises NotAdmitted, Unreachable."""
        self._access = self._refresh = None
        answer = get(self._login_path, {}, httpx.BasicAuth(self._user, password()))
        if answer.status in (401, 403):
            raise NotAdmitted(f"{self._name} does not let {self._user} in; check user and password of this connection")
        token = self._take(answer) if _well(answer) else None
        if token is None:
            raise NotAdmitted(
                f"{self._name}: logging in gave HTTP {answer.status} and no token; check `url` of this connection"
            )
        return token

    def _take(self, answer: Answered) -> str | None:
        token = answer.headers.get("Set-Authorization", "").strip()
        if token:
            self._access = token if token.lower().startswith("bearer ") else f"Bearer {token}"
            self._refresh = answer.headers.get("Set-Refresh-Token", "").strip() or None
        return self._access


def _well(answer: Answered) -> bool:
    return 200 <= answer.status < 300
