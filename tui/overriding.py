"""Whose unsent answer a decision takes the place of: two operators may answer the same line, and the last word counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tui.display import display

if TYPE_CHECKING:
    from core.pending import Input
    from core.store import Store
    from core.store.rows import Loaded

_WORDS: Final = {
    "agree": "confirmed",
    "accept": "confirmed",
    "disagree": "rejected",
    "reject": "rejected",
    "propose": "other terms",
    "withdraw": "withdrawn",
    "approve": "approved",
    "refuse": "refused",
    "reconfirm": "confirmed again",
    "details": "item details",
}
"""By the act, as it stands on the log."""


def overridden(store: Store, order: Loaded, entry: Input, actor: str, zone: ZoneInfo | None) -> list[str]:
    """A sentence for each line on which `entry` replaces what somebody else than `actor` decided and has not left."""
    from core.decisions import Act, Decision
    from core.store import queries
    from tui import words

    pending = order.record.pending
    if pending is None or not isinstance(entry, Decision):
        return []
    unsent = {line.position for line in pending.lines}
    replaced = [line.position for line in entry.lines if line.position in unsent and line.act is not Act.DETAILS]
    if not replaced:
        return []
    last: dict[str, tuple[str, str, str]] = {}
    for said in queries.timeline(store, order.id):
        if said.kind == "decided":
            for line in (said.input or {}).get("lines", ()):
                last[line["position"]] = (said.actor, line["act"], said.at)
    return [
        f"line {display(position, 40)}: this takes the place of {display(who, 40)}'s answer ({_WORDS.get(act, act)}) of "
        f"{words.moment(at, zone)}, which had not left"
        for position, (who, act, at) in ((one, last[one]) for one in replaced if one in last)
        if who != actor
    ]
