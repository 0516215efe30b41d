"""What every command has at hand: the settings, the store, the order book, who acts and when."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from core.config import Settings
    from core.orderbook import OrderBook
    from core.store import Store


def default_config() -> Path:
    """The settings where neither `--config` nor PODESK_CONFIG names any."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    folder = Path(home) if Path(home).is_absolute() else Path.home() / ".config"
    return folder / "podesk" / "podesk.toml"


class Desk:
    """Reads nothing before it is asked: a command that needs no store opens none."""

    def __init__(self, config: Path | None = None) -> None:
        self.config = config if config is not None else default_config()

    @cached_property
    def settings(self) -> Settings:
        """Raises SettingsError."""
        from core.config import load

        return load(self.config)

    def reading(self) -> Store:
        """The store, for looking only; made, or brought up to date, where that has to be. Raises StoreError."""
        from core.store import StoreError, open_store

        try:
            return open_store(self.settings.store_path, read_only=True)
        except StoreError:
            return open_store(self.settings.store_path)

    def writing(self) -> Store:
        """The store. Raises StoreError."""
        from core.store import open_store

        return open_store(self.settings.store_path)

    def book(self, store: Store) -> OrderBook:
        from core.orderbook import OrderBook

        return OrderBook(store, self.settings, clock=now, new_id=new_id)


pass_desk = click.make_pass_decorator(Desk)


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    from core.ids import uuid7

    return uuid7(now())


def actor() -> str:
    """Who acts: the login name of the user whose process this is, which no environment variable can change."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container that runs under a number
        return f"uid-{os.getuid()}"
