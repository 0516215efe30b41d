"""What the buyer says of the goods: received, received in part, or not there after all."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from core.messages import BuyerAct, LineMessage, Message
from core.model import EXACT, LogisticsStatus, OrderLine, Progress, ScheduledDelivery, Unknown, number
from core.transition.derive import full_quantity, kept, line_logistics
from core.transition.result import TransitionRefused


def goods_received(line: OrderLine, said: LineMessage, acts: set[BuyerAct], message: Message) -> OrderLine:
    """`line` after the buyer's word on its goods. Raises TransitionRefused for quantities that nobody can add up."""
    after = line
    if BuyerAct.MARK_OPEN in acts or _open_again(line, said):
        report = after.reported.but(logistics_status=None) if after.reported is not None else None
        after = kept(after, progress=Progress(), received=(), logistics_status=LogisticsStatus.OPEN, reported=report)
    if said.delivered or said.delivered_whole:
        history = _history(after.received, said)
        after = kept(after, received=history, progress=after.progress.but(delivered=_sum(history, said, message)))
    if BuyerAct.DELIVERED in acts:
        full = full_quantity(after)
        came = after.progress.delivered if full is None else max(full, after.progress.delivered)
        report = after.reported.but(logistics_status=LogisticsStatus.DELIVERED) if after.reported is not None else None
        progress = after.progress.but(delivered=came)
        after = kept(after, progress=progress, logistics_status=LogisticsStatus.DELIVERED, reported=report)
    return kept(after, logistics_status=line_logistics(after))


def _open_again(line: OrderLine, said: LineMessage) -> bool:
    """Whether a platform says Open of goods that are delivered here. What it names as received counts anew then.

    Received is the buyer's word and never ours. So a supplier who polls, and is told of no act, hears that the buyer marked
    the goods open again, or asked for others.
    """
    if said.reported is None or said.reported.logistics_status is not LogisticsStatus.OPEN:
        return False
    full = full_quantity(line)
    all_of_it = full is not None and line.progress.delivered >= full  # A cancellation in between hides that it was.
    return all_of_it or line.logistics_status is LogisticsStatus.DELIVERED


def _history(known: tuple[ScheduledDelivery, ...], said: LineMessage) -> tuple[ScheduledDelivery, ...]:
    """The deliveries received so far.

    "History is matched by date and quantity, not position": an addition that is known already, from the platform's whole
    history for example, is the same delivery and not another one.
    """
    if not said.delivered_adds:
        return said.delivered
    there = Counter((delivery.date, delivery.quantity) for delivery in known)
    more = []
    for delivery in said.delivered:
        match = (delivery.date, delivery.quantity)
        if there[match]:
            there[match] -= 1
        else:
            more.append(delivery)
    return (*known, *more)


def _sum(history: tuple[ScheduledDelivery, ...], said: LineMessage, message: Message) -> Decimal:
    total = Decimal(0)
    for delivery in history:
        if not isinstance(delivery.quantity, Unknown):
            total = EXACT.add(total, delivery.quantity)
    try:
        return number(str(total))
    except ValueError:
        raise TransitionRefused(
            message.key.number,
            said.position,
            "its received quantities can't be added up; ask the buyer for the right ones.",
        ) from None
