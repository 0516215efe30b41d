"""`podesk verify`: whether the store still says what happened."""

from __future__ import annotations

from dataclasses import asdict

import click

from tui.commands.desk import Desk, pass_desk
from tui.commands.printing import json_option, print_json
from tui.ending import Exit, complain


@click.command(short_help="Whether the store still says what happened.")
@json_option
@pass_desk
def verify(desk: Desk, as_json: bool) -> int:
    """Check the log's chain, and that every order and line is what its log says. Exit status 1 when something is wrong.

    JSON: an array of {"sentence", "order_id", "seq"}; empty when all is well.
    """
    from core import verify as verifying

    with desk.reading() as store:
        findings = verifying.verify(store)
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            complain(finding.sentence)
        if not findings:
            complain("The log's chain is whole, and every order is what its log says.")
    return Exit.REFUSED if findings else Exit.DONE
