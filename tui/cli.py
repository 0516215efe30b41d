"""The command `podesk`: every subcommand by name, loaded when it is called, so that each imports only what it needs."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from tui.commands.desk import Desk
from tui.ending import ReaderGone, complain, exit_status


@dataclass(frozen=True, slots=True)
class Entry:
    """A subcommand as the manual page names it, without loading it."""

    name: str
    place: str
    """`module:attribute` of the command, below `tui.commands`."""
    short: str


SECTIONS: dict[str, tuple[Entry, ...]] = {
    "Looking": (
        Entry("orders", "orders:orders", "List orders, by view or search."),
        Entry("show", "show:show", "One order with its lines: requested, proposed, agreed."),
        Entry("timeline", "timeline:timeline", "All that happened to an order."),
        Entry("promises", "promises:promises", "What was promised and has not left, by day."),
        Entry("documents", "documents:documents", "What is attached to an order, and the bytes of it."),
        Entry("preview", "preview:preview", "The exact bytes that would leave, and what they lead to."),
    ),
    "Answering": (
        Entry("confirm", "answering:confirm", "Agree: accept, approve what the buyer asks, reconfirm."),
        Entry("reject", "answering:reject", "Reject, or refuse what the buyer asks."),
        Entry("propose", "propose:propose", "Answer a line with other dates, quantities or prices."),
        Entry("details", "details:details", "Item details of a line: origin, CN code, weight, serial and batch."),
        Entry("answer", "answer:answer", "A whole answer from a file, every field of it."),
        Entry("contact", "contact:contact", "Hand orders to somebody else of us."),
        Entry("withdraw", "answering:withdraw", "Take back our open request."),
        Entry("produce", "despatching:produce", "Goods are made."),
        Entry("pack", "despatching:pack", "Goods are packed, ready to ship."),
        Entry("ship", "despatching:ship", "Goods are shipped, in full or in part."),
        Entry("undo", "undo:undo", "Take back what has not left yet."),
        Entry("drafts", "drafts:drafts", "Answers that were not sent: written, or given back."),
        Entry("rules", "rules:rules", "Answers without a person: what they say, and trying them."),
    ),
    "Exchanging": (
        Entry("sync", "sync:sync", "The daemon: fetch orders, send answers."),
        Entry("serve", "serve:serve", "Only take in what buyers post, apart from the daemon."),
        Entry("status", "status:status", "How the daemon and the connections fare."),
        Entry("import", "import_:import_", "Take in a document by hand."),
        Entry("outbox", "outbox:outbox", "What waits to leave, failed or is uncertain."),
        Entry("quarantine", "quarantine:quarantine", "Documents that could not be read."),
    ),
    "Keeping house": (
        Entry("init", "init:init", "Write a first podesk.toml."),
        Entry("check", "check:check", "Test settings, secrets, store and every connection."),
        Entry("verify", "verify:verify", "Whether the store still says what happened."),
        Entry("backup", "backup:backup", "Copy the store while it is in use."),
        Entry("demo", "demo:demo", "A desk with buyers of its own."),
    ),
}

_ENTRIES = {entry.name: entry for entries in SECTIONS.values() for entry in entries}

HELP = """\
The purchase-order desk of a supplier, in a terminal.

Buyers' platforms send orders, by SFTP, mail or HTTP; `podesk sync` takes them in and sends the answers back. Operators
look at them and confirm, reject or answer with other terms. Without a command the full-screen desk opens; every action
of the desk is a command too.

PO is an order's number, or # and its id, which a shell wants in quotes: '#12'. A number that two buyers share is refused
with the ids to choose from, and so is '#12' where a buyer's number is written like that; '##12' is the id and nothing else.

\b
Examples:
  podesk orders --view to-answer
  podesk show 4500012345
  podesk confirm 4500012345 --line 10 --line 20
  podesk confirm --view to-answer --all
  podesk propose 4500012345 --line 30 --delivery 2026-12-01=100 --reason "Rolling mill overhaul"
  podesk orders --json | jq '.[] | select(.sending == "failed").number'
"""

EPILOG = """\
\b
Exit status:
  0    done
  1    refused by the state or the rules of an order; verify: something is wrong
  2    wrong usage or settings, an order that is not there; nothing was done
  3    a connection failed
  4    something is quarantined, dead or uncertain (sync --once, import, check,
       status, quarantine, outbox), a buyer's document can't be had (documents)
  70   a fault of podesk's own: the traceback is in the file that it names
  75   the store is held by another process or the disk is full: try again
  130  interrupted
  141  whoever read the output went away

\b
Environment:
  PODESK_CONFIG    the settings, where --config is not given
  XDG_CONFIG_HOME  else they are in its podesk/podesk.toml (default ~/.config)
  XDG_STATE_HOME   where tracebacks go (default ~/.local/state)
  TERM             a terminal without a screen gets no desk, but every command

\b
Completion of commands, order numbers and names:
  bash   eval "$(_PODESK_COMPLETE=bash_source podesk)"
  zsh    eval "$(_PODESK_COMPLETE=zsh_source podesk)"
  fish   _PODESK_COMPLETE=fish_source podesk | source

Commands that list take --json: UTF-8 on stdout, decimals as strings. Messages for people go to stderr. What partners
wrote is shown with its control characters made visible; --json has it as it came.
"""


class _Podesk(click.Group):
    """Loads a subcommand when it is called, and ends every command with the status that the manual page names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = _ENTRIES.get(cmd_name)
        if entry is None:
            return None
        module, _, attribute = entry.place.partition(":")
        command: click.Command = getattr(import_module(f"tui.commands.{module}"), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(entry.name, entry.short) for entry in entries])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [
            CompletionItem(entry.name, help=entry.short)
            for entry in _ENTRIES.values()
            if entry.name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        try:
            return super().make_context(info_name, args, parent, **extra)  # prints `--help`
        except BrokenPipeError:
            raise ReaderGone from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderGone from None

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        def run() -> Any:
            _refuse_what_is_no_text(sys.argv[1:] if args is None else args)
            return super(_Podesk, self).main(args, prog_name, complete_var, standalone_mode=False, **extra)

        if not standalone_mode:
            return run()
        sys.exit(exit_status(run))


@click.group(
    cls=_Podesk,
    invoke_without_command=True,
    help=HELP,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="PODESK_CONFIG",
    metavar="FILE",
    help="The settings; default: PODESK_CONFIG, else podesk/podesk.toml in the user's config folder.",
)
@click.version_option(package_name="podesk", prog_name="podesk")
@click.pass_context
def podesk(ctx: click.Context, config: Path | None) -> int:
    ctx.obj = Desk(config)
    return 0 if ctx.invoked_subcommand else _full_screen(ctx.obj)


def _full_screen(desk: Desk) -> int:
    from tui.ending import Exit
    from tui.session import unfit

    # Refused before Textual is imported: on such a terminal it hangs, or sends escapes to whoever reads.
    why_not = unfit()
    if why_not is not None:
        complain(why_not)
        return Exit.USAGE
    settings = desk.settings
    from tui.app import run

    return run(settings)


def _refuse_what_is_no_text(arguments: Sequence[str]) -> None:
    """No order, file or reason of ours is in bytes that are no UTF-8. Raises click.UsageError."""
    for at, argument in enumerate(arguments):
        try:
            argument.encode()
        except UnicodeEncodeError:
            before = arguments[at - 1] if at else ""
            option = argument.partition("=")[0] if argument.startswith("--") else before
            named = option if option.startswith("--") and option.isascii() else f"argument {at + 1}"
            raise click.UsageError(f"{named} is not UTF-8") from None


def main() -> None:
    """The console script."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Closed by the caller: nothing that is opened later, least of all the store, may take its place.
            setattr(sys, name, open(os.devnull, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A name in another script must not stop a command in a terminal that can't show it.
            reconfigure(errors="backslashreplace")
    podesk(prog_name="podesk")


if __name__ == "__main__":
    main()
