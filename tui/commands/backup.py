"""`podesk backup`: a copy of the store while it is in use."""

from __future__ import annotations

from pathlib import Path

import click

from tui.commands.desk import Desk, pass_desk


@click.command(short_help="Copy the store while it is in use.")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@pass_desk
def backup(desk: Desk, file: Path) -> int:
    """Copy the store to FILE as it is at this moment, and check the copy; the daemon and the desks may go on.

    FILE must not be there yet. To go back: end the daemon, put the copy in the store's place, delete its `-wal` and `-shm`.
    """
    from core.store.backup import backup as copy

    with desk.reading() as store:
        copy(store, file)
    click.echo(f"{file} holds a whole copy of {desk.settings.store_path}.", err=True)
    return 0
