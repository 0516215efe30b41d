"""`podesk drafts`: answers that were not sent: being written, or given back because the buyer was faster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from tui.commands.choosing import its_lines, line_option, loaded, po_argument, the_order
from tui.commands.desk import Desk, actor, pass_desk
from tui.commands.printing import Results, json_option, print_json, print_table
from tui.display import display
from tui.ending import Exit, complain

if TYPE_CHECKING:
    from core.drafting import DraftReturned
    from core.drafts import Draft, Rechecked
    from core.orderbook import Changed
    from core.store import Store
    from core.store.rows import OrderRow


class _Drafts(click.Group):
    """`podesk drafts PO` lists those of an order, whose number is no subcommand's name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands:
            return "drafts", _of_order, args
        return super().resolve_command(ctx, args)


@click.group(cls=_Drafts, invoke_without_command=True, short_help="Answers that were not sent: written, or given back.")
@json_option
@click.pass_context
def drafts(ctx: click.Context, as_json: bool) -> int:
    """List the operators' unsent answers, of all orders or, with PO, of one.

    A draft is an answer that is being written at the desk; or one that was given back: the buyer changed the line before
    our answer left, so the answer was taken back and is kept for whoever decided it. It is sent again only after a look.

    \b
    Examples:
      podesk drafts
      podesk drafts 4500012345
      podesk drafts send 4500012345 --line 10
      podesk drafts send 4500012345 --seen 7
      podesk drafts discard 4500012345

    JSON: an array of {"order_id", "number", "connection", "buyer", "order_revision", "operator", "revision", "saved_at",
    "returned", "lines"}; lines are {"position", "act", "terms", "reason", "form", "fits", "difference", "why"}. "revision"
    is that of the order to which the draft is bound; "fits" is false where the line changed since, and null where it is
    half typed; "why" says why it was given back.
    """
    if ctx.invoked_subcommand:
        return Exit.DONE
    return _list(ctx.ensure_object(Desk), None, as_json=as_json)


@click.command(name="drafts")
@po_argument
@json_option
@click.pass_context
def _of_order(ctx: click.Context, po: str, as_json: bool) -> int:
    """List the operators' unsent answers to the order PO; `podesk drafts --help` says more."""
    asked_before = ctx.parent is not None and bool(ctx.parent.params.get("as_json"))
    return _list(ctx.ensure_object(Desk), po, as_json=as_json or asked_before)


@drafts.command(short_help="Send what fits; what no longer does is shown.")
@po_argument
@line_option
@click.option(
    "--seen",
    metavar="REVISION",
    type=click.IntRange(1),
    help="I have looked at the order as it is at this revision (`podesk show`): send it all the same.",
)
@json_option
@pass_desk
def send(desk: Desk, po: str, lines: tuple[str, ...], seen: int | None, as_json: bool) -> int:
    """Send our unsent answer to the order PO: all of it, or what it says of --line P….

    Nothing is sent when a line changed since it was drafted: then the differences are shown. Look at the order, then send
    it with --seen and the revision that `podesk show` names, or answer it otherwise, or discard the draft.

    JSON: the object of `podesk orders --json` with "result" (done, refused), "reason", "notes" and "returned", an array of
    {"position", "difference", "before", "now"}.
    """
    from core.orderbook import Conflict
    from core.transition import TransitionRefused

    with desk.writing() as store:
        row = the_order(store, po)
        positions = its_lines(loaded(store, row.id).record.order, lines)
        book = desk.book(store)
        try:
            if seen is not None:
                if seen > row.revision:
                    raise click.UsageError(
                        f"order {display(row.number, 60)} has no revision {seen} yet; it is at {row.revision}"
                    )
                book.rebase_draft(row.id, actor(), seen, positions)
            result: Changed | Exception = book.send_draft(row.id, actor(), positions=positions)
        except (Conflict, TransitionRefused) as error:
            result = error
        if as_json:
            print_json(_result(the_order(store, f"##{row.id}"), result))
    if isinstance(result, Exception):
        if not as_json:
            _refused(result, row)
        return Exit.REFUSED
    if not as_json:
        _sent(desk, row, result)
    return Exit.DONE


@drafts.command(short_help="Throw our unsent answer away.")
@po_argument
@line_option
@pass_desk
def discard(desk: Desk, po: str, lines: tuple[str, ...]) -> int:
    """Throw our unsent answer to the order PO away: all of it, or what it says of --line P…. It can't be taken back."""
    from core.store import StoreDamaged
    from tui import drafted

    with desk.writing() as store:
        row = the_order(store, po)
        positions = its_lines(loaded(store, row.id).record.order, lines)
        book = desk.book(store)
        mine = None
        with suppress(StoreDamaged):
            mine = book.draft_of(row.id, actor())
        book.discard_draft(row.id, actor(), positions)
    for line in mine.lines if mine is not None else ():
        if not positions or line.position in positions:
            word = drafted.line_word(mine.decided(line.position)) if mine is not None else ""
            complain(f"{display(row.number, 60)} line {display(line.position, 40)}: thrown away: {word}")
    return Exit.DONE


def _list(desk: Desk, po: str | None, *, as_json: bool) -> int:
    from core.store import drafts as rows

    with desk.reading() as store:
        written = rows.found(store.connection, the_order(store, po).id if po is not None else None)
        found = list(_checked(store, written.drafts))
    if as_json:
        print_json([_json(row, draft, rechecked) for row, draft, rechecked in found])
    elif found:
        _table(desk, found)
    elif not written.torn:
        complain("No unsent answers here.")
    for sentence in written.torn:
        complain(sentence)
    return Exit.DONE


def _checked(store: Store, written: Iterable[Draft]) -> Iterator[tuple[OrderRow, Draft, Rechecked]]:
    from core.drafts import recheck

    for draft in written:
        order = loaded(store, draft.order_id)
        yield order.row, draft, recheck(draft, order.record.order)


def _table(desk: Desk, found: list[tuple[OrderRow, Draft, Rechecked]]) -> None:
    from tui import drafted, words

    zone = desk.settings.zone
    cells = []
    for row, draft, rechecked in found:
        back = {one.position: "; ".join(one.differences) for one in rechecked.returned}
        for line in draft.lines:
            said = draft.decided(line.position)
            fits = "yes" if said is not None else "not finished"
            if line.position in back:
                fits = f"no: {back[line.position]}"
            cells.append(
                (
                    f"#{row.id}",
                    row.number,
                    draft.actor,
                    words.moment(draft.saved_at.isoformat(), zone),
                    line.position,
                    drafted.line_word(said),
                    "given back" if line.why is not None else "",
                    fits,
                )
            )
    print_table(("id", "number", "operator", "saved", "line", "answer", "", "still fits"), cells, right=("id",))


def _json(row: OrderRow, draft: Draft, rechecked: Rechecked) -> dict[str, Any]:
    from tui import drafted

    return {
        "order_id": row.id,
        "number": row.number,
        "connection": row.connection,
        "buyer": row.buyer,
        "order_revision": row.revision,
        **drafted.draft_json(draft, rechecked),
    }


def _result(row: OrderRow, result: Changed | Exception) -> dict[str, Any]:
    from core.drafting import DraftReturned
    from tui import views

    returned = result.rechecked.returned if isinstance(result, DraftReturned) else ()
    refused = isinstance(result, Exception)
    return {
        **views.order(row),
        "result": "refused" if refused else "done",
        "reason": str(result) if refused else None,
        "notes": [] if isinstance(result, Exception) else list(result.step.notes),
        "returned": [
            {
                "position": one.position,
                "difference": one.sentence,
                "before": views.line(one.before),
                "now": views.line(one.now),
            }
            for one in returned
        ],
    }


def _refused(error: Exception, row: OrderRow) -> None:
    from core.drafting import DraftReturned

    complain(f"#{row.id} refused: {error}")
    if isinstance(error, DraftReturned):
        _differences(error, row)


def _differences(error: DraftReturned, row: OrderRow) -> None:
    from tui import drafted, words

    for one in error.rechecked.returned:
        complain(f"  {display(one.sentence, 500)}")
        for label, terms in (("before", one.before.requested), ("now", one.now.requested)):
            complain(f"    {label:<7}{words.terms(terms)}")
        complain(f"    {'ours':<7}{drafted.line_word(one.ours)}")
    if error.rechecked.returned:
        complain(f"To send it all the same after a look: --seen {row.revision}")


def _sent(desk: Desk, row: OrderRow, result: Changed) -> None:
    from tui import words

    what = result.step.record.order.process_status
    if result.outbox:
        then = words.leaves(desk.settings.operator_hold)
    else:
        then = "kept until the other lines are answered" if result.step.record.pending else "nothing new to send"
    Results().say(f"{display(row.number, 60)} (#{row.id}): answered; {what}; {then}")
    for note in result.step.notes:
        complain(f"  {note}")
