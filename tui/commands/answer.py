"""`podesk answer`: a whole answer from a file, with all that the buyer's platform can take."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.choosing import loaded, the_order
from tui.commands.completion import order_numbers
from tui.commands.desk import Desk, actor, new_id, now, pass_desk
from tui.commands.outcome import carry_out
from tui.commands.printing import json_option, print_json
from tui.display import display
from tui.ending import complain

if TYPE_CHECKING:
    from core.answers import Answer
    from core.attachments import AttachedFile
    from core.decisions import Decision
    from core.model import Order
    from core.orderbook import OrderBook
    from core.store.rows import OrderRow

_LONGEST_PATH = 800


@click.command(short_help="A whole answer from a file, every field of it.")
@click.argument("po", metavar="PO", required=False, shell_complete=order_numbers)
@click.option("--file", "file", metavar="F", help="The answer, as JSON; - is stdin.")
@click.option("--check", "only_check", is_flag=True, help="Show what would leave and what it leads to; save nothing.")
@click.option("--schema", "as_schema", is_flag=True, help="Print the JSON Schema of an answer, and end.")
@json_option
@pass_desk
def answer(desk: Desk, po: str | None, file: str | None, only_check: bool, as_schema: bool, as_json: bool) -> int:
    """Answer the order PO with all that the file F says: an act a line, terms, reasons, item details, charges, own order
    numbers, notes, properties, documents and who is responsible.

    The words are those of `podesk show --json`: what it prints may be edited and given back. A line gets an "act": agree,
    disagree, accept, reject, propose, withdraw, approve, refuse, reconfirm or details; one without is not answered.
    With the "revision" of what was shown, the answer is refused when the order changed since. An "act" (accept, reject) of
    the whole order is said to each line that waits for our word and has none of its own.

    A document is a "file" (its path from where F is), which goes up before the answer, or a "url" or "object_id". Each file
    is named with its whole path and size, so that nothing is attached unseen.

    \b
    Examples:
      podesk show 4500012345 --json > answer.json    # then edit
      podesk answer 4500012345 --file answer.json --check
      podesk answer 4500012345 --file answer.json
      echo '{"lines": [{"position": "10", "act": "accept"}]}' | podesk answer 4500012345 --file -
      podesk answer --schema > answer.schema.json

    JSON: as `podesk confirm --json`; with --check, as `podesk preview --json`.
    """
    if as_schema:
        if po is not None or file is not None or only_check:
            raise click.UsageError("--schema stands alone: it is the same for every order")
        print_json(_schema())
        return 0
    if po is None or file is None:
        raise click.UsageError("name an order and a file: PO --file F")
    from core import answers
    from core.orderbook import Conflict
    from core.store import uploads
    from core.transition import TransitionRefused

    document = _read(file)
    with desk.writing() as store:
        row = the_order(store, po)
        order = loaded(store, row.id).record.order
        try:
            said = answers.read(document, _shown(row, order))
        except answers.AnswerError as error:
            raise _wrong(file, str(error)) from None
        attached = _attached(said, file)

        def deciding(order: Order) -> Decision:
            return answers.decision(said, order, id=new_id(), at=now(), attached=attached)

        book = desk.book(store)
        if only_check:
            return _check(book, row.id, deciding(order), said.revision, desk, as_json=as_json)
        try:
            book.try_out(row.id, deciding(order), actor(), expected_revision=said.revision)
        except (TransitionRefused, Conflict):
            pass  # told below; no file is kept for it
        else:
            uploads.keep(store, [one.payload for one in attached.values()])
        return carry_out(desk, store, [row.id], deciding, "answered", as_json=as_json, revision=said.revision)


def _check(book: OrderBook, order_id: int, entry: Decision, revision: int | None, desk: Desk, *, as_json: bool) -> int:
    from tui import views
    from tui.commands.preview import explain

    done, messages = book.try_out(order_id, entry, actor(), expected_revision=revision)
    if as_json:
        print_json([views.preview(message) for message in messages])
    for note in done.notes:
        complain(note)
    for message in () if as_json else messages:
        explain(message, desk.settings.zone)
    if not messages:
        kept = done.record.pending is not None
        complain("It would be kept until the other lines are answered." if kept else "Nothing would be sent.")
    complain("Nothing was saved.")
    return 0


def _read(file: str) -> bytes:
    from core.answers import MOST_BYTES

    try:
        if file == "-":
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with open(file, "rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{file}: {getattr(error, 'strerror', None) or 'is no name of a file'}") from None


def _attached(said: Answer, file: str) -> dict[str, AttachedFile]:
    """The files that the answer attaches, by their paths as they are written there. Raises click.UsageError."""
    from core import answers, attachments

    folder = Path() if file == "-" else Path(file).parent
    attached: dict[str, AttachedFile] = {}
    for place, path in answers.files(said):
        if path in attached:
            continue
        try:
            read = attached[path] = attachments.read(folder / path)
        except attachments.NotAttachable as error:
            raise _wrong(file, f"{place}: {error}") from None
        # Somebody else may have written the answer: links and `..` are followed, so that it is seen what goes out.
        real = display(os.path.realpath(folder / path), _LONGEST_PATH)
        complain(f"{display(place, 60)}: attaches {real}, {len(read.payload):,} bytes")
        if sum(len(one.payload) for one in attached.values()) > attachments.MOST_TOGETHER:
            raise _wrong(file, f"{place}: the files of one answer come to at most {attachments.MOST_TOGETHER:,} bytes")
    return attached


def _wrong(file: str, sentences: str) -> click.UsageError:
    name = "stdin" if file == "-" else file
    return click.UsageError("\n".join(f"{name}: {sentence}" for sentence in sentences.split("\n")))


def _shown(row: OrderRow, order: Order) -> dict[str, Any]:
    """The order as `podesk show --json` prints it; what stands besides is only named."""
    from tui import views

    return {**views.order_with_lines(row, order), **dict.fromkeys(views.SHOWN_BESIDES)}


def _schema() -> dict[str, Any]:
    """What `podesk show --json` prints may stand in an answer: it is asked for an order that says nothing."""
    from core import answers
    from core.model import Order, OrderKey, OrderLine
    from core.store.rows import OrderRow

    row = OrderRow(0, "", "", "", "", 0, "", "", None, "", None, 0, "", "")
    shown = _shown(row, Order(key=OrderKey(connection="", buyer="", number=""), lines=(OrderLine(position=""),)))
    return answers.schema(shown, shown["lines"][0])
