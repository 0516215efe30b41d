"""A row of the tables, done to a line."""

from __future__ import annotations

from core.model import InProgressStatus, OrderLine, ProcessStatus, Terms
from core.terms import filled
from core.transition.derive import kept, line_logistics
from core.transition.tables import (
    BUYER_CANCELS,
    CONFIRMED,
    ISSUED,
    RESUMED,
    SAME,
    Effect,
    Side,
    State,
    state_of,
)


def applied(line: OrderLine, effect: Effect, said: Terms | None = None) -> OrderLine:
    """`line` after `effect`. `said` are the terms of the answer or message that has it."""
    state = _next_state(line, effect)
    return settled(
        line,
        state,
        requested=line.requested if effect.requested is None else terms_of(line, effect.requested, said),
        proposed=line.proposed if effect.proposed is None else terms_of(line, effect.proposed, said),
        confirmed=line.confirmed if effect.confirmed is None else terms_of(line, effect.confirmed, said),
    )


def settled(line: OrderLine, state: State, **fields: object) -> OrderLine:
    """`line` in `state`, with `fields` replaced and what follows from them put right."""
    in_progress = state if isinstance(state, InProgressStatus) else None
    process = ProcessStatus.IN_PROGRESS if in_progress is not None else state
    resumes = _interrupted(line) if state is BUYER_CANCELS else None
    after = kept(line, process_status=process, in_progress_status=in_progress, resumes=resumes, **fields)
    return kept(after, logistics_status=line_logistics(after))


def _interrupted(line: OrderLine) -> State | None:
    """What a cancellation request finds; one that is said again finds what the first one did."""
    state = state_of(line)
    return line.resumes if state is BUYER_CANCELS else state


def terms_of(line: OrderLine, side: Side, said: Terms | None = None) -> Terms | None:
    """The terms that stand on `side`. Where it has none, the next best: what is agreed, and at last what is asked."""
    if side is Side.NOBODY:
        return None
    if side is Side.PROPOSED and line.proposed is not None:
        return line.proposed
    if side in (Side.SAID, Side.PROPOSED) and said is not None:
        return said
    if side is not Side.REQUESTED and side is not Side.SAID and line.confirmed is not None:
        return line.confirmed
    return line.requested


def completed(said: Terms | None, standing: Terms) -> Terms:
    """What a buyer's terms come to; a whole part that is left out, schedule or prices, stays as it stood. Prices without a
    price in them, of a unit alone for example, are what stood with that unit."""
    if said is None:
        return standing
    prices = said.prices
    if prices is None or (prices.net is None and prices.gross is None):
        prices = filled(Terms(prices=prices), Terms(prices=standing.prices)).prices
    return standing.but(delivery_schedule=said.delivery_schedule or standing.delivery_schedule, prices=prices)


def _next_state(line: OrderLine, effect: Effect) -> State:
    if effect.state is SAME:
        return state_of(line)
    if effect.state is RESUMED:
        if line.resumes in (None, ISSUED):  # an agreement that the request to cancel was the first to tell of stands
            return CONFIRMED if line.confirmed is not None else ISSUED
        return line.resumes
    return effect.state
