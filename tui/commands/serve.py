"""`podesk serve`: only the listener, in a process of its own."""

from __future__ import annotations

import click

from tui.commands.desk import Desk, pass_desk


@click.command(short_help="Only take in what buyers post, apart from the daemon.")
@pass_desk
def serve(desk: Desk) -> int:
    """Listen as [webhook] says and take in the orders that buyers' platforms post; ends on SIGTERM or ctrl-c.

    `podesk sync` does this too, so this is for those who run it apart: set apart = true in [webhook], and the daemon leaves
    it to `podesk serve`. The two may run side by side and be started in any order; only one process of a store listens, and
    a second says so and ends with status 2. Answers leave by the daemon, but for those that go back at once in a response.

    The log goes to stderr, a JSON object a line.
    """
    from sync.log import Log
    from sync.server import alone

    alone.run(desk.settings, log=Log())
    return 0
