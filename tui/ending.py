"""How a command ends: its exit status, and the sentence for what went wrong.

Scripts rely on the statuses 0 to 4; the others follow the customs of the system (`sysexits.h`, 128 and a signal's number).
What partners wrote may stand in an error, so a sentence is made fit to be shown, and a traceback goes to a file.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from enum import IntEnum
from io import StringIO
from pathlib import Path

import click

from tui.display import display

_LONGEST = 1000
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NOT_OURS = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


class Exit(IntEnum):
    """What the exit status of `podesk` says."""

    DONE = 0
    REFUSED = 1
    """The state or the rules of an order forbid it (or `verify` found something)."""
    USAGE = 2
    """Wrong usage or settings; nothing was done."""
    CONNECTION = 3
    """A connection failed."""
    ATTENTION = 4
    """Something is quarantined, dead or uncertain."""
    UNFORESEEN = 70
    """A fault of podesk's own; the traceback is in the log."""
    TRY_AGAIN = 75
    """The store is held by another process, or a disk is full; the sentence says what came of it."""
    INTERRUPTED = 130
    READER_GONE = 141
    """Whoever read our output went away first (`podesk orders | head`)."""


class ReaderGone(Exception):
    """A BrokenPipeError by another name: click would take that one for itself, and end with 1."""


def exit_status(run: Callable[[], object]) -> int:
    """Run a command; the status to end with. Whatever goes wrong has been told on stderr by then."""
    try:
        result = run()
        sys.stdout.flush()
    except click.exceptions.Abort:  # ctrl-c
        return Exit.INTERRUPTED
    except click.UsageError as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            complain_in_lines(error.format_message())
            return Exit.USAGE
        complain_in_lines(f"Error: {error.format_message()}")
        if error.ctx is not None:
            complain(f"Try '{error.ctx.command_path} --help' for what it takes.")
        return Exit.USAGE
    except click.ClickException as error:
        told = StringIO()
        error.show(told)
        complain_in_lines(told.getvalue().rstrip("\n"))
        return Exit.USAGE
    except (BrokenPipeError, ReaderGone):
        forget_stdout()
        return Exit.READER_GONE
    except Exception as error:  # the last line of defence
        return _told(error)
    return result if isinstance(result, int) else Exit.DONE


def forget_stdout() -> None:
    """Nobody reads stdout any more: what is still written to it, at the interpreter's end too, goes nowhere."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def complain(sentence: str) -> None:
    """A sentence for people, on stderr, as one line fit to be shown: a line end that a partner wrote begins no other."""
    with suppress(OSError):  # nowhere is left where one could tell that nobody can be told
        click.echo(display(sentence, _LONGEST), err=True)


def complain_in_lines(sentences: str) -> None:
    """…of our own making, a line each: what partners wrote has been through `display` before it came into them."""
    for line in sentences.split("\n"):
        complain(line)


def out_of_reach(error: OSError) -> str:
    """What an operator should read when the output itself can't be written."""
    return f"the output can't be written: {error.strerror or 'it failed'}; what was done stays done"


def _told(error: Exception) -> int:
    if isinstance(error, OSError) and (status := _of_the_system(error)) is not None:
        return status
    status = _known(error)
    if status is not None:
        tell = complain_in_lines if _in_lines(error) else complain
        tell(str(error))
        return status
    complain(record(error))
    return Exit.UNFORESEEN


def _of_the_system(error: OSError) -> Exit | None:
    """The status of an error that the system gave, once it was told; None where it is no everyday one."""
    if error.filename is None and error.errno in {*_NO_ROOM, errno.EIO}:  # files have a name; our output has none
        forget_stdout()
        complain(out_of_reach(error))
        return Exit.TRY_AGAIN
    if error.errno not in _NO_ROOM | _NOT_OURS:
        return None
    complain(f"{error.filename or 'a file'}: {error.strerror}")
    return Exit.TRY_AGAIN if error.errno in _NO_ROOM else Exit.USAGE


def _known(error: Exception) -> Exit | None:
    """The status of an error that has a sentence for the operator. Nothing heavy is imported to find out."""
    from core.config import SettingsError
    from core.drafting import NoSuchDraft
    from core.intake import NoSuchDocument
    from core.orderbook import Conflict, NoSuchMessage, NoSuchOrder
    from core.secrets import SecretError
    from core.store import StoreBusy, StoreError, StoreFull
    from core.transition import TransitionRefused
    from sync.channels import ChannelError
    from sync.lock import AlreadyRunning
    from tui.answers import NoLines

    if isinstance(error, TransitionRefused | Conflict | NoLines):
        return Exit.REFUSED
    if isinstance(error, StoreBusy | StoreFull):
        return Exit.TRY_AGAIN
    if isinstance(error, ChannelError):
        return Exit.CONNECTION
    not_there = NoSuchOrder | NoSuchMessage | NoSuchDocument | NoSuchDraft
    usage = SettingsError | SecretError | StoreError | AlreadyRunning | not_there
    return Exit.USAGE if isinstance(error, usage) else None


def _in_lines(error: Exception) -> bool:
    """Whether the lines of its sentence are ours: a line for each mistake in a file, or for each thing that can be done."""
    from core.config import SettingsError
    from tui.answers import NoLines

    return isinstance(error, SettingsError | NoLines)


def log_file() -> Path:
    """Where tracebacks go: the user's folder for the state of programs."""
    home = os.environ.get("XDG_STATE_HOME", "")
    state = Path(home) if Path(home).is_absolute() else Path.home() / ".local" / "state"
    return state / "podesk" / "podesk.log"


def record(error: Exception) -> str:
    """Write the traceback of `error` to the log file, for its owner alone; a sentence for the screen.

    A line of the log is JSON in ASCII: whatever partners wrote stays inside it.
    """
    entry = {
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "level": "error",
        "event": "a command stopped",
        "traceback": traceback.format_exception(error),
    }
    try:
        path = log_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w", encoding="ascii") as stream:
            stream.write(json.dumps(entry, ensure_ascii=True) + "\n")
        where = f"the traceback is in {path}"
    except (OSError, RuntimeError):
        where = "the traceback could not be written to a file"
    return f"podesk stopped: {display(f'{type(error).__name__}: {error}')}; {where}"
