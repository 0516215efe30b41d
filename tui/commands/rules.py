"""`podesk rules`: what the rules say, what they would have answered, and taking what they suggest."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import click

from tui.commands.choosing import its_lines, line_option, po_arguments, the_orders
from tui.commands.completion import connection_names
from tui.commands.desk import Desk, now
from tui.commands.orders import view_option
from tui.commands.outcome import carry_out
from tui.commands.printing import json_option, print_json
from tui.display import display
from tui.ending import complain

if TYPE_CHECKING:
    from core.decisions import Decision
    from core.model import Order
    from core.orderbook import OrderBook
    from core.replay import Replayed
    from core.rules import Rules


@click.group(invoke_without_command=True, short_help="Answers without a person: what they say, and trying them.")
@click.pass_context
def rules(ctx: click.Context) -> None:
    """The rules of rules.toml, beside the settings: answers given without a person.

    A connection says what they may do: rules = "off" (unless told otherwise), "suggest" or "answer". Without a command
    this prints what the rules say, like `podesk rules check`.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(check, as_json=False)


@rules.command(short_help="Read the rules, and print what they say.")
@json_option
@click.pass_context
def check(ctx: click.Context, as_json: bool) -> int:
    """Read the rules and their price lists, and print in words what they say.

    Exit status 2 when a file can't be used; the sentence names file, line and key, of a price list the column.

    JSON: {"file", "rules": [{"name", "answer", "when": [sentence]}], "price_lists": [{"name", "items"}], "connections":
    [{"connection", "rules"}]}.
    """
    desk = ctx.ensure_object(Desk)
    found = _load(desk)
    if as_json:
        print_json(_public(desk, found))
        return 0
    _say(desk, found)
    return 0


@rules.command(short_help="What the rules would have answered, beside what people did.")
@click.option(
    "--connection", "name", metavar="NAME", shell_complete=connection_names, help="Only orders of this connection."
)
@click.option(
    "--since",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    metavar="DATE",
    help="Only what happened from this day on.",
)
@json_option
@click.pass_context
def test(ctx: click.Context, name: str | None, since: dt.datetime | None, as_json: bool) -> int:
    """Replay the stored orders: to each line that a person answered, what would the rules have said on that day?

    Printed are the lines where they would have answered otherwise, and those that wait now and that they would answer;
    then how many they would have answered the same, otherwise, or left to a person. Nothing is changed, whatever the
    connections allow the rules. Exit status 2 when a file of the rules can't be used.

    JSON: {"lines": [{"order_id", "number", "connection", "position", "outcome", "rules", "why", "person", "actor",
    "at"}], "counts": {outcome: count}}; outcome is same, other, left, would answer, waits or unreadable; rules and person
    are {"act", "terms", "reason", "rule"} or null. Lines with the outcomes same, left and waits are counted only.
    """
    from core.replay import replay

    desk = ctx.ensure_object(Desk)
    settings = desk.settings
    if name is not None and settings.connection_named(name) is None:
        known = ", ".join(each.name for each in settings.connection) or "none"
        raise click.UsageError(f"no connection is called {display(name)!r}; {desk.config} has {known}")
    found = _load(desk)
    day = since.date() if since is not None else None
    with desk.reading() as store:
        replayed = replay(store, settings, found, now=now(), connection=name, since=day)
        counts = _print_json(replayed) if as_json else _print(desk, replayed)
    if not as_json:
        _sum_up(counts)
    return 0


@rules.command(short_help="Answer as the rules suggest.")
@po_arguments
@line_option
@view_option
@click.option("--all", "everything", is_flag=True, help="With --view: every order of the view.")
@json_option
@click.pass_context
def take(
    ctx: click.Context, pos: tuple[str, ...], lines: tuple[str, ...], view: str | None, everything: bool, as_json: bool
) -> int:
    """Answer the orders PO… as the rules suggest, all lines that they have a word on or those named by --line.

    `podesk show` has the suggestion, `podesk rules test` all of them. The answer is yours, and names the rules. What was
    refused is told with the reason; the others are done. Of a view, what the rules leave to a person stays as it is.

    \b
    Examples:
      podesk rules take 4500012345
      podesk rules take --view to-answer --all

    JSON: as of `podesk confirm`.
    """
    desk = ctx.ensure_object(Desk)
    if everything != (view is not None):
        raise click.UsageError("--view and --all go together: they mean every order of the view")
    if view is not None and (pos or lines):
        raise click.UsageError("either PO…, or --view and --all for every order of a view; not both")
    if view is None and not pos:
        raise click.UsageError("name an order: PO")
    _load(desk)
    with desk.writing() as store:
        book = desk.book(store)
        order_ids = [row.id for row in the_orders(store, pos)] if view is None else _suggested_in(book, view)
        done = "answered as the rules suggest"
        return carry_out(desk, store, order_ids, _taking(book, lines), done, as_json=as_json, fits=not lines)


def _suggested_in(book: OrderBook, view: str) -> list[int]:
    """The orders of a view that the rules suggest an answer to; how many others wait for one is told."""
    from core.store import StoreDamaged, queries
    from core.store.rows import View
    from core.suggestion import suggestion
    from tui import words

    order_ids = list(queries.order_ids(book.store, view=View(view), now=now()))
    waiting = {
        order_id
        for one in (View.TO_ANSWER, View.BUYER_ASKS)
        for order_id in queries.order_ids(book.store, view=one, now=now())
    }
    suggested = []
    for order_id in order_ids:
        try:
            found = suggestion(book, order_id)
        except StoreDamaged:
            suggested.append(order_id)  # refused with the reason, among the others' results
            continue
        if found is not None and found.lines:
            suggested.append(order_id)
    left = len(waiting.intersection(order_ids).difference(suggested))
    if not order_ids:
        complain(f"There is nothing in {view}.")
    elif left:
        complain(f"{words.counted(left, 'order')} of {view} left to a person: the rules suggest nothing.")
    elif not suggested:
        complain(f"Nothing in {view} waits for an answer.")
    return suggested


def _taking(book: OrderBook, lines: tuple[str, ...]) -> Callable[[Order], Decision]:
    def taking(order: Order) -> Decision:
        from core.suggestion import as_suggested

        return as_suggested(book, order.key, positions=its_lines(order, lines))[0]

    return taking


def _load(desk: Desk) -> Rules:
    """Raises RulesError."""
    from core.rules import load

    return load(desk.settings.rules_path)


def _public(desk: Desk, found: Rules) -> dict[str, Any]:
    from core.rules.words import conditions_in_words

    return {
        "file": str(found.path),
        "rules": [
            {"name": rule.name, "answer": rule.answer, "when": list(conditions_in_words(rule))} for rule in found.rules
        ],
        "price_lists": [{"name": each.name, "items": len(each.rows)} for each in found.known.lists.values()],
        "connections": [{"connection": each.name, "rules": each.rules} for each in desk.settings.connection],
    }


def _say(desk: Desk, found: Rules) -> None:
    from core.rules.words import answer_in_words, conditions_in_words
    from tui import words

    click.echo(display(str(found.path), 300))
    for prices in found.known.lists.values():
        click.echo(f"price list {display(prices.name, 60)}: {words.counted(len(prices.rows), 'item')}")
    for nth, rule in enumerate(found.rules, 1):
        click.echo(f"{nth}. {display(rule.name, 100)}")
        click.echo("   a line that " + "; ".join(display(one, 300) for one in conditions_in_words(rule)))
        click.echo(f"   → {display(answer_in_words(rule), 300)}")
    click.echo(f"{len(found.rules) + 1}. every other line → leave it to a person")
    for each in desk.settings.connection:
        click.echo(f"connection {each.name}: rules {each.rules}")
    names = [each.name for each in desk.settings.connection]
    for rule in found.rules:
        if rule.when.connection is not None and not any(rule.when.connection.match((name,)) for name in names):
            complain(f"rule “{rule.name}” fits no connection of {desk.config}: {rule.when.connection}")


_TOLD = ("other", "would answer", "unreadable")


def _print_json(replayed: Iterable[Replayed]) -> Counter[str]:
    """As it comes: the object's text is never in memory whole. Nothing is printed where it can't even begin."""
    from tui.commands.printing import json_line

    counts: Counter[str] = Counter()
    rest = iter(replayed)
    begun = list(islice(rest, 1))
    click.echo('{"lines": [', nl=False)
    first = True
    for one in chain(begun, rest):
        counts[one.outcome.value] += 1
        if one.outcome.value in _TOLD:
            click.echo(("\n  " if first else ",\n  ") + json_line(_replayed(one)), nl=False)
            first = False
    click.echo("" if first else "\n", nl=False)
    click.echo(f'], "counts": {json.dumps(_counted(counts))}}}')
    return counts


def _counted(counts: Counter[str]) -> dict[str, int]:
    from core.replay import Replay

    return {outcome.value: counts[outcome.value] for outcome in Replay}


def _replayed(one: Replayed) -> dict[str, Any]:
    from tui.rule_words import answer_json

    return {
        "order_id": one.order_id,
        "number": one.number,
        "connection": one.connection,
        "position": one.position,
        "outcome": one.outcome.value,
        "rules": answer_json(one.ours),
        "why": one.why,
        "person": answer_json(one.theirs),
        "actor": one.actor,
        "at": one.at.isoformat() if one.at is not None else None,
    }


def _print(desk: Desk, replayed: Iterable[Replayed]) -> Counter[str]:
    from tui import rule_words, words

    counts: Counter[str] = Counter()
    for one in replayed:
        counts[one.outcome.value] += 1
        if one.outcome.value not in _TOLD:
            continue
        place = f"{display(one.number, 60)} (#{one.order_id})"
        if one.position is not None:
            place += f" line {display(one.position, 40)}"
        if one.ours is None:
            click.echo(f"{place}: what the log said of it is erased or damaged")
            continue
        said = f"rules {rule_words.suggested(one.ours)}"
        if one.theirs is not None:
            when = words.moment(one.at.isoformat(), desk.settings.zone) if one.at is not None else ""
            said += f"; {display(one.actor or '', 40)} on {when}: {rule_words.answer(one.theirs)}"
        else:
            said += "; nobody has answered yet"
        click.echo(f"{place}: {said}")
    return counts


def _sum_up(counts: Counter[str]) -> None:
    complain(
        f"Answered by people: the rules say the same of {counts['same']:,} lines, otherwise of {counts['other']:,}, and "
        f"leave {counts['left']:,} to a person."
    )
    complain(
        f"Waiting now: the rules would answer {counts['would answer']:,} lines, and leave {counts['waits']:,} to a person."
    )
    if counts["unreadable"]:
        complain(f"Of {counts['unreadable']:,} orders the log is erased or damaged; they are not counted.")
