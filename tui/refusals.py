"""Why the rules refuse an action on lines of an order: found by trying, so that there is no second rule."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from core.decisions import Act, Decision, LineDecision, Stage
from core.formats import Carries
from core.model import Order, OrderLine
from core.pending import Record, step
from core.profile import Profile
from core.transition import TransitionRefused, still_to_move
from tui.acting import ACTS, STAGES
from tui.answers import decision
from tui.display import display


def refusals(record: Record, profile: Profile, positions: Sequence[str], seed: str) -> list[tuple[str, str]]:
    """By action, why it is refused for `positions`. `seed` makes the ids of decisions that are only tried."""
    at = dt.datetime.fromisoformat(seed)
    found = []
    for action, act in ACTS.items():
        tried = decision(record.order, act, id=f"tried:{seed}:{action}", at=at, positions=positions, reason="-")
        if (why := _why(record, tried, profile)) is not None:
            found.append((action, why))
    return found


def of_line(
    record: Record, profile: Profile, line: OrderLine, seed: str, carries: Carries | None
) -> tuple[tuple[str, str], ...]:
    """By action on one line, editors included. `carries`: what the outbound format does; None: there is none."""
    found = refusals(record, profile, (line.position,), seed)
    where = f"line {display(line.position, 20)}"
    if (why := _no_other_terms(record, profile, line, seed)) is not None:
        found.append(("edit", why))
    if carries is not None and not carries.item_details:
        found.append(("details", f"{where}: the answers to {profile.title} carry no item details"))
    elif (why := _no_details(record, profile, line, seed)) is not None:
        found.append(("details", why))
    return tuple(found)


def of_goods(order: Order) -> tuple[tuple[str, str], ...]:
    """By action on the goods of the whole order."""
    number = display(order.key.number, 40)
    return tuple(
        (action, f"{number}: nothing that is agreed is left to {action}")
        for action, stage in STAGES.items()
        if not any(_is_left(line, stage) for line in order.lines)
    )


def _is_left(line: OrderLine, stage: Stage) -> bool:
    left = still_to_move(line, stage)
    return left is None or left > 0


def _no_other_terms(record: Record, profile: Profile, line: OrderLine, seed: str) -> str | None:
    """Tried with a date that nobody has named yet."""
    asked = line.confirmed or line.requested
    named = {planned.date for planned in asked.delivery_schedule + line.requested.delivery_schedule}
    date = next((day for day in (dt.date(9999, 1, nth) for nth in range(1, 32)) if day not in named), None)
    if not asked.delivery_schedule or date is None:
        return None
    schedule = (asked.delivery_schedule[0].but(date=date), *asked.delivery_schedule[1:])
    said = LineDecision(
        position=line.position, act=Act.PROPOSE, terms=asked.but(delivery_schedule=schedule), reason="-"
    )
    tried = Decision(id=f"tried:{seed}:edit", at=dt.datetime.fromisoformat(seed), lines=(said,))
    return _why(record, tried, profile)


def _no_details(record: Record, profile: Profile, line: OrderLine, seed: str) -> str | None:
    said = LineDecision(position=line.position, act=Act.DETAILS, notes=("-",))
    tried = Decision(id=f"tried:{seed}:details", at=dt.datetime.fromisoformat(seed), lines=(said,))
    return _why(record, tried, profile)


def _why(record: Record, tried: Decision, profile: Profile) -> str | None:
    try:
        step(record, tried, profile)
    except TransitionRefused as refused:
        return display(str(refused), 300)
    return None
