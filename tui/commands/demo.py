"""`podesk demo`: a desk with buyers of its own, to watch or to walk through."""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sync.demo.world import World


@click.command()
@click.option("--headless", is_flag=True, help="Walk the whole way without a screen, print each step and end.")
@click.option("--json", "as_json", is_flag=True, help="With --headless: print what happened as one JSON object.")
def demo(headless: bool, as_json: bool) -> None:
    """Show podesk at work, with three invented buyers on this machine.

    Starts an SFTP server, a mail server and an HTTP receiver in the shape of Tradecloud's API, all on the loopback
    interface, lets three buyers send some forty orders (one of them broken), and opens the desk on them; a daemon
    fetches and sends, and a buyer approves, rejects and revises while you watch. Everything is gone when it ends.

    Where there is no terminal, or with --headless, it walks the whole way by itself: orders in, one confirmed, one
    rejected, one answered with other terms, the rest confirmed at once, the answers at the buyers', the buyer's
    approval back. It ends with 0 only when all of that really happened; else it names the step that did not.
    """
    try:
        from sync.demo.world import open_world
    except ImportError as error:
        raise click.UsageError(f"the demo needs more packages ({error.name}): pip install 'podesk[demo]'") from None
    today = dt.datetime.now(dt.UTC).date()
    with tempfile.TemporaryDirectory(prefix="podesk-demo-") as name:
        folder = Path(name)
        if headless or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            with open_world(folder, today, hold="0s") as world:
                status = _walk(world, as_json=as_json)
        else:
            click.echo("Starting three buyers and their servers …", err=True)
            with open_world(folder, today, hold="10s") as world:
                status = _watch(world)
    sys.exit(status)


def _walk(world: World, *, as_json: bool) -> int:
    from sync.demo.walk import StepFailed, walk
    from tui.display import display

    try:
        tally = walk(world, lambda sentence: click.echo(display(sentence), err=as_json))
    except StepFailed as failed:
        click.echo(f"The demo stopped at this step: {display(str(failed))}", err=True)
        return 1
    if as_json:
        click.echo(json.dumps(tally.as_json()))
    else:
        click.echo("All of it really happened.")
    return 0


def _watch(world: World) -> int:
    from core.config import load
    from sync.demo.live import living
    from tui.app import run

    with living(world):
        return run(load(world.settings_path))
