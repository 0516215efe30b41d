"""What a shell offers when tab is pressed, out of the store: quickly, and without ever failing.

A shell takes what it is offered as it stands: a completed `$(…)` would run. So of what partners wrote only harmless words
are offered; an order whose number is none can be named by its id.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tui.commands.desk import Desk, now

if TYPE_CHECKING:
    from core.store import Store

_MOST = 50
_HARMLESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,79}")
_SECONDS = 0.2
"""How long a busy store is waited for: a person has pressed tab."""

Offers = Callable[[click.Context, str], Iterable[str]]
Completion = Callable[[click.Context, click.Parameter, str], list[str]]


def _never_failing(offers: Offers) -> Completion:
    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
        try:
            words = [word for word in offers(ctx, incomplete) if _HARMLESS.fullmatch(word)]
        except Exception:  # no settings, no store, a damaged one: there is nothing to offer
            return []
        return [word for word in dict.fromkeys(words) if word.startswith(incomplete)][:_MOST]

    return complete


def _desk(ctx: click.Context) -> Desk:
    # While completing, the group that makes the desk is not run; its options are parsed.
    config = ctx.find_root().params.get("config") or os.environ.get("PODESK_CONFIG")
    return Desk(Path(config) if config else None)


@contextmanager
def _store(ctx: click.Context) -> Iterator[Store]:
    from core.store import open_store

    with open_store(_desk(ctx).settings.store_path, read_only=True, busy_seconds=_SECONDS) as store:
        yield store


@_never_failing
def order_numbers(ctx: click.Context, incomplete: str) -> list[str]:
    from core.store import queries

    with _store(ctx) as store:
        rows = queries.list_orders(store, now=now(), search=incomplete or None, limit=_MOST)
    taken = {str(po) for po in ctx.params.get("pos") or ()}
    return [row.number for row in rows if row.number not in taken]


@_never_failing
def connection_names(ctx: click.Context, incomplete: str) -> list[str]:
    return [connection.name for connection in _desk(ctx).settings.connection]


@_never_failing
def outbox_ids(ctx: click.Context, incomplete: str) -> list[str]:
    from core.store import queries

    with _store(ctx) as store:
        return [row.id for row in queries.outbox(store) if row.state in ("failed", "uncertain")]


@_never_failing
def quarantine_ids(ctx: click.Context, incomplete: str) -> list[str]:
    from core.store import queries

    with _store(ctx) as store:
        return [str(row.id) for row in queries.quarantine(store)]
