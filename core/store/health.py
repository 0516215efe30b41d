"""How each connection fares, and the platforms' own poll marks."""

from __future__ import annotations

from datetime import datetime

from core.store.opening import Store


def succeeded(store: Store, connection: str, direction: str, at: datetime) -> None:
    """A round with `connection` went well: its error is over, and it is parked no longer."""
    raise NotImplementedError


def failed(store: Store, connection: str, direction: str, at: datetime, error: str, *, parked: bool = False) -> None:
    """A round failed; `parked` until a person acts (wrong credentials, changed host key)."""
    raise NotImplementedError


def cursor(store: Store, connection: str) -> str | None:
    """The platform's own mark up to which orders were polled."""
    raise NotImplementedError


def set_cursor(store: Store, connection: str, mark: str) -> None:
    raise NotImplementedError
