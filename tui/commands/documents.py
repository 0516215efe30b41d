"""`podesk documents`: what is attached to an order and its lines, and the bytes of it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui.commands.choosing import loaded, po_argument, the_order
from tui.commands.desk import Desk, pass_desk
from tui.commands.printing import json_option, print_json, print_table
from tui.display import display
from tui.ending import Exit, complain
from tui.saving import save

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.attached import Attached
    from core.store import Store
    from core.store.rows import OrderRow


@click.command(short_help="What is attached to an order, and the bytes of it.")
@po_argument
@click.argument("nth", metavar="[N]", required=False, type=click.IntRange(min=1))
@click.option("--out", metavar="FILE", help="Write the bytes of document N there; - is stdout.")
@click.option("--force", is_flag=True, help="With --out: even where there is such a file.")
@click.option("--retry", is_flag=True, help="Have those that can't be had tried again, or only document N.")
@json_option
@pass_desk
def documents(desk: Desk, po: str, nth: int | None, out: str | None, force: bool, retry: bool, as_json: bool) -> int:
    """List the documents of the order PO and its lines: the buyer's, then those that we attached.

    The daemon fetches what buyers attached at their platform; a document of which the order has only a link is not fetched,
    since a stranger wrote it. With N, only the Nth; with --out its bytes are written to a file of your choice, never under
    the name that the buyer gave it.

    Exit status 4 when one can't be had; of --out, 1 when the bytes are not here.

    JSON: an array of {"number", "by", "line", "code", "revision", "name", "type", "description", "object_id", "url",
    "file_name", "size", "sha256", "state", "why", "next_attempt"}; by is buyer or us, line null for the order itself; state
    is kept, waiting, failed, link or named of the buyer's, and unsent, sending, sent or uncertain of ours.
    """
    if out is not None and (nth is None or retry or as_json):
        raise click.UsageError("--out writes one document: name it, as `podesk documents PO N --out FILE`")
    if force and out is None:
        raise click.UsageError("--force goes with --out")
    from core.attached import attached

    with desk.writing() if retry else desk.reading() as store:
        row = the_order(store, po)
        found = list(enumerate(attached(store, row.id, loaded(store, row.id).record), 1))
        if nth is not None:
            if nth > len(found):
                has = f"{len(found)} documents" if found else "no documents"
                raise click.UsageError(f"order {display(row.number, 60)} has {has}, not {nth}")
            found = found[nth - 1 : nth]
        if out is not None:
            return _write(_payload(store, found[0][1]), found[0][1], row, out, force=force)
        if retry:
            return _retry(store, row, [each for _, each in found])
    if as_json:
        from tui import views

        print_json([views.attached(each, number) for number, each in found])
    elif found:
        _print(desk, found)
        _explain(desk, row, [each for _, each in found])
    else:
        complain(f"Nothing is attached to {display(row.number, 60)}.")
    return Exit.ATTENTION if any(each.stands == "failed" for _, each in found) else Exit.DONE


def _print(desk: Desk, found: Sequence[tuple[int, Attached]]) -> None:
    from tui.document_words import stands

    print_table(
        ("no", "line", "code", "rev", "name", "type", "description", "bytes", "state"),
        [
            (
                number,
                each.line if each.line is not None else "",
                each.document.code or "",
                each.document.revision or "",
                each.document.name or each.file_name or "",
                each.document.type or "",
                each.document.description or "",
                f"{each.size:,}" if each.size is not None else "",
                stands(each, desk.settings.zone),
            )
            for number, each in found
        ],
        right=("no", "bytes"),
    )


def _explain(desk: Desk, row: OrderRow, found: Sequence[Attached]) -> None:
    connection = desk.settings.connection_named(row.connection)
    if any(each.stands == "waiting" for each in found) and (connection is None or connection.documents_from is None):
        complain(
            f"Nothing of connection {row.connection} can fetch documents: that takes a channel over HTTP to a platform that"
            " keeps them."
        )


def _retry(store: Store, row: OrderRow, found: Sequence[Attached]) -> int:
    from core.store import downloads

    failed = [each.document.object_id for each in found if each.stands == "failed" and each.document.object_id]
    count = downloads.want_again(store, row.connection, failed)
    if not count:
        complain("None of them is one that failed and could be had.")
        return Exit.REFUSED
    complain(f"{count} to be fetched again; the daemon tries in its next round.")
    return Exit.DONE


def _payload(store: Store, each: Attached) -> bytes | None:
    from core.store import downloads

    return downloads.payload(store.connection, each.sha256) if each.sha256 is not None else None


def _write(payload: bytes | None, each: Attached, row: OrderRow, out: str, *, force: bool) -> int:
    if payload is None:
        from tui.document_words import stands

        complain(f"order {display(row.number, 60)}: the bytes of this document are not here ({stands(each, None)})")
        return Exit.REFUSED
    if out == "-":
        if sys.stdout.isatty():
            raise click.UsageError("a stranger's bytes are nothing for a terminal; name a file, or pipe them somewhere")
        click.echo(payload, nl=False)
        return Exit.DONE
    save(out, payload, force=force)
    complain(f"{len(payload):,} bytes written to {out}")
    return Exit.DONE
