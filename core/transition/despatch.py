"""Goods of an order reach a stage in our house: produced, packed (ready to ship), shipped; in full or in part.

What left the house is known, so nothing here is a prediction. Each stage is a running total that includes the next:
what is shipped was packed, and what is packed was produced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.decisions import Despatch, LineProgress, Stage
from core.model import EXACT, LogisticsStatus, Order, OrderLine, Progress, Unknown, plain
from core.outgoing import DespatchAdvice, DespatchedLine
from core.profile import Profile
from core.transition.changes import order_changes
from core.transition.checks import refuse
from core.transition.derive import agreed, derived, full_quantity, has_goods, kept, line_logistics, reaches
from core.transition.result import Transition
from core.transition.tables import CLOSED, SHIPPABLE, state_of
from core.transition.tasks import task_changes

_STAGES: Final = (Stage.PRODUCED, Stage.PACKED, Stage.SHIPPED)
_STATUS: Final[Mapping[Stage, LogisticsStatus]] = {
    Stage.PRODUCED: LogisticsStatus.PRODUCED,
    Stage.PACKED: LogisticsStatus.READY_TO_SHIP,
    Stage.SHIPPED: LogisticsStatus.SHIPPED,
}
_NOT_A_CODE: Final = re.compile(r"[^0-9A-Za-z]")


def despatch(order: Order, progress: Despatch, profile: Profile) -> Transition:
    """What goods that reached a stage make of `order`, and the advice that tells the buyer. Raises TransitionRefused.

    Where the platform has no word for the stage, it is recorded with a note, and nothing leaves.
    """
    named = _named(order, progress)
    if len(named) > profile.most_lines:
        refuse(order, None, f"{len(named)} lines; {profile.title} takes at most {profile.most_lines} in one advice.")
    lines: list[OrderLine] = []
    moved: list[DespatchedLine] = []
    for line in order.lines:
        quantity = named.get(line.position)
        if quantity is None:
            lines.append(line)
            continue
        try:
            lines.append(_moved(line, progress.stage, quantity))
            moved.extend(_despatched(line, progress.stage, quantity))
        except ValueError:
            refuse(order, line.position, "its quantities have more digits than can be counted; correct them.")
    after = derived(kept(order, lines=tuple(lines)))
    opened, closed = task_changes(order, after)
    complete = reaches(after.logistics_status, _STATUS[progress.stage])
    untold = _untold(progress.stage, profile, complete=complete)
    if untold is not None:
        return Transition(after, order_changes(order, after), (), opened, closed, notes=(untold,))
    if progress.stage in profile.told_as_a_whole:
        moved = [part for line in lines for part in _whole(line, progress.stage)]
    advice = DespatchAdvice(
        number=order.key.number,
        advice_number=_NOT_A_CODE.sub("", progress.id) or order.key.number,
        buyer_account_number=order.header.buyer_account_number,
        stage=progress.stage,
        complete=complete,
        lines=tuple(moved),
        shipment=progress.shipment,
        at=progress.at,
    )
    return Transition(after, order_changes(order, after), (advice,), opened, closed)


def _untold(stage: Stage, profile: Profile, *, complete: bool) -> str | None:
    """Why nobody is told that goods reached `stage`; None where the buyer is."""
    if stage not in profile.despatch_stages:
        if not profile.despatch_stages:
            return f"recorded here; nothing is sent: {profile.title} is told nothing of goods."
        told = " or ".join(one.value for one in _STAGES if one in profile.despatch_stages)
        return f"recorded here; nothing is sent before it is {told}: then {profile.title} is told."
    if stage in profile.told_as_a_whole and not complete:
        return f"recorded here; nothing is sent: {profile.title} is told when the whole order is {stage.value}."
    return None


def _named(order: Order, progress: Despatch) -> dict[str, Decimal]:
    """How much of which lines reaches the stage now."""
    if progress.lines:
        wanted: dict[str, Decimal] = {}
        for mine in progress.lines:
            if mine.position in wanted:
                refuse(order, mine.position, "it is named twice in one despatch; name it once with the sum.")
            wanted[mine.position] = _quantity(order, mine, progress.stage)
        return wanted
    everything = {
        line.position: left
        for line in order.lines
        if (left := still_to_move(line, progress.stage)) is not None and left > 0
    }
    if not everything:
        refuse(
            order,
            None,
            f"no line is confirmed with a known quantity that is not yet {progress.stage.value}; confirm first, or name "
            "the lines with their quantities.",
        )
    return everything


def _quantity(order: Order, mine: LineProgress, stage: Stage) -> Decimal:
    line = order.line(mine.position)
    if line is None:
        there = ", ".join(line.position for line in order.lines[:20])
        refuse(order, mine.position, f"the order has no such line; its lines are {there}.")
    if not has_goods(line):
        refuse(order, line.position, "no goods are expected for it, so none can leave; leave the line out.")
    if not may_move(line):
        status = line.in_progress_status or line.process_status
        refuse(order, line.position, f"it is {status.value}; goods leave for what is confirmed, so confirm it first.")
    left = _left(line, stage)
    if mine.quantity is None:
        if left is None:
            refuse(order, line.position, "its agreed quantity is not known; say how much.")
        if left <= 0:
            refuse(order, line.position, f"all of it is {stage.value} already.")
        return left
    if mine.quantity <= 0:
        refuse(order, line.position, f"a quantity of {plain(mine.quantity)} is none; give one above zero.")
    if left is not None and mine.quantity > left:
        refuse(
            order,
            line.position,
            f"{plain(mine.quantity)} is more than the {plain(max(left, Decimal(0)))} that are not yet {stage.value}; "
            "propose a larger quantity first.",
        )
    return mine.quantity


def may_move(line: OrderLine) -> bool:
    """Whether goods of `line` may leave: it is agreed, or on its way already while one of the two asks for other terms of
    the rest."""
    under_way = _reached(line, Stage.SHIPPED) > 0 and line.confirmed is not None and line.in_progress_status is not None
    return state_of(line) in SHIPPABLE or under_way


def still_to_move(line: OrderLine, stage: Stage) -> Decimal | None:
    """How much of the line's goods has not reached `stage` and may; None where the agreed quantity is not known."""
    return _left(line, stage) if may_move(line) and has_goods(line) else Decimal(0)


def _reached(line: OrderLine, stage: Stage) -> Decimal:
    return line.progress.reached(stage.value)


def _left(line: OrderLine, stage: Stage) -> Decimal | None:
    """How much has not reached `stage`; None where the agreed quantity is not known."""
    full = full_quantity(line)
    return None if full is None else EXACT.subtract(full, _reached(line, stage))


def _moved(line: OrderLine, stage: Stage, quantity: Decimal) -> OrderLine:
    total = EXACT.add(_reached(line, stage), quantity)
    passed = _STAGES[: _STAGES.index(stage) + 1]
    totals = {earlier.value: max(getattr(line.progress, earlier.value), total) for earlier in passed}
    after = line.but(progress=Progress(**{**dict(line.progress), **totals}))
    return kept(after, logistics_status=line_logistics(after))


def _despatched(line: OrderLine, stage: Stage, quantity: Decimal) -> list[DespatchedLine]:
    """The advice's lines for `quantity`, one for each scheduled delivery that it falls on, in the schedule's order.

    A platform sets a scheduled delivery ready when the despatched quantity equals it, so a quantity that fills several
    is told apart. What the line still lacks stands beside the last one.
    """
    full, reached = full_quantity(line), _reached(line, stage)
    schedule = agreed(line).delivery_schedule
    planned = [
        (delivery.position, delivery.quantity)
        for delivery in schedule
        if not isinstance(delivery.quantity, Unknown) and delivery.quantity >= 0
    ]
    if full is None or len(planned) < len(schedule):
        only = schedule[0].position if len(schedule) == 1 else None
        return [DespatchedLine(position=line.position, quantity=quantity, delivery_position=only)]
    parts = [
        DespatchedLine(position=line.position, quantity=part, delivery_position=position)
        for position, part in _parts(planned, reached, quantity)
    ]
    left = EXACT.subtract(full, EXACT.add(reached, quantity))
    if left > 0:
        parts[-1] = parts[-1].but(backorder_quantity=left)
    return parts


def _whole(line: OrderLine, stage: Stage) -> list[DespatchedLine]:
    """All of `line` that has reached `stage`, of which nobody was told before."""
    reached = _reached(line, stage)
    counts = reached > 0 and line.process_status not in CLOSED
    return _despatched(line.but(progress=Progress()), stage, reached) if counts else []


def _parts(
    planned: list[tuple[str | None, Decimal]], reached: Decimal, quantity: Decimal
) -> list[tuple[str | None, Decimal]]:
    """On which deliveries the next `quantity` after `reached` falls, and how much of it on each."""
    parts = []
    begin = Decimal(0)
    end = EXACT.add(reached, quantity)
    for position, amount in planned:
        finish = EXACT.add(begin, amount)
        part = EXACT.subtract(min(finish, end), max(begin, reached))
        if part > 0:
            parts.append((position, part))
        begin = finish
    return parts
