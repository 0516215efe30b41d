"""`podesk import`: a document taken in by hand, and treated as if it had come by the connection."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.completion import connection_names
from tui.commands.desk import Desk, new_id, now, pass_desk
from tui.commands.printing import json_option, print_json
from tui.display import display
from tui.ending import Exit, complain

if TYPE_CHECKING:
    from core.intake import Applied, Incoming
    from core.store import Store


@click.command("import", short_help="Take in a document by hand.")
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--connection",
    "name",
    metavar="NAME",
    required=True,
    shell_complete=connection_names,
    help="Whose documents they are.",
)
@json_option
@pass_desk
def import_(desk: Desk, files: tuple[Path, ...], name: str, as_json: bool) -> int:
    """Take in the documents FILE… as if the connection NAME had fetched them, in the order in which they are named.

    Equal bytes a second time change nothing. A document that can't be read is kept in quarantine: exit status 4.

    JSON: an array of {"file", "document", "state", "orders", "reason", "place", "remedy"}; state is applied, duplicate or
    quarantined; orders are {"id", "number"}.
    """
    connection = desk.settings.connection_named(name)
    if connection is None:
        known = ", ".join(each.name for each in desk.settings.connection) or "none"
        raise click.UsageError(f"no connection is called {display(name)!r}; {desk.config} has {known}")
    from core import intake

    incoming = [_incoming(name, file) for file in files]
    with desk.writing() as store:
        kept = intake.keep(store, incoming, now())
        ids = [document for each in kept for document in each.document_ids]
        applied = {each.document_id: each for each in intake.apply(desk.book(store), ids)}
        told = [_told(store, file, document, applied.get(document)) for file, document in zip(files, ids, strict=True)]
    if as_json:
        print_json(told)
    else:
        for result in told:
            _say(result)
    return Exit.ATTENTION if any(result["state"] == "quarantined" for result in told) else Exit.DONE


def _incoming(connection: str, file: Path) -> Incoming:
    """A file as an arrival. Each import is one of its own: who imports a document again means it.

    Raises click.UsageError for what is no file, or larger than any order that is read: nothing of it is kept.
    """
    from core.intake import Incoming, IncomingDocument

    payload = _whole(file)
    return Incoming(
        connection=connection,
        locator=f"import:{file.name}:{new_id()}",
        fingerprint=hashlib.sha256(payload).hexdigest(),
        documents=(IncomingDocument(name=file.name, payload=payload),),
    )


def _whole(file: Path) -> bytes:
    from core.formats import MOST_BYTES

    try:
        # Not blocking: a named pipe, which is no file, is not waited for.
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise click.UsageError(f"{display(str(file))} is no regular file")
            payload = stream.read(MOST_BYTES + 1) if found.st_size <= MOST_BYTES else None
    except OSError as error:
        raise click.UsageError(f"{display(str(file))}: {error.strerror}") from None
    if payload is None or len(payload) > MOST_BYTES:
        raise click.UsageError(f"{display(str(file))} has {found.st_size:,} bytes; at most {MOST_BYTES:,} are taken in")
    return payload


def _told(store: Store, file: Path, document_id: int, applied: Applied | None) -> dict[str, Any]:
    """What became of a file; of a document that a daemon was quicker to apply, what the store says."""
    from core.store import queries

    document = queries.document(store, document_id)
    rows = queries.rows_by_id(store, applied.orders if applied else (), now())
    return {
        "file": str(file),
        "document": document_id,
        "state": applied.state if applied else document.state if document else "fetched",
        "orders": [{"id": row.id, "number": row.number} for row in rows],
        "reason": (document.reason or None) if document else None,
        "place": (document.place or None) if document else None,
        "remedy": (document.remedy or None) if document else None,
    }


def _say(result: dict[str, Any]) -> None:
    orders: Sequence[dict[str, Any]] = result["orders"]
    named = ", ".join(f"{display(order['number'], 60)} (#{order['id']})" for order in orders)
    if result["state"] == "quarantined":
        place = f"{result['place']}: " if result["place"] else ""
        complain(f"{result['file']}: in quarantine as {result['document']}: {place}{result['reason']}")
        if result["remedy"]:
            complain(f"  {result['remedy']}")
    elif result["state"] == "duplicate":
        complain(f"{result['file']}: equal to the last one taken in; nothing changed")
    else:
        complain(f"{result['file']}: {named or 'taken in; no order changed'}")
