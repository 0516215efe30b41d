"""What the buyer or the platform says: acts on lines, the terms beside them, and a platform's own statuses."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NoReturn

from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import Order, OrderLine, OrderReport, Terms, unchecked
from core.profile import Profile
from core.terms import same_schedule, same_stated_prices
from core.transition.changes import order_changes
from core.transition.content import line_content, order_header
from core.transition.derive import derived, kept, line_logistics
from core.transition.effects import applied, completed
from core.transition.goods import goods_received
from core.transition.report import reported, word_kept
from core.transition.result import Transition, TransitionRefused
from core.transition.tables import ACT_ORDER, ACTS, ASKS, Asked, state_of
from core.transition.tasks import dated, task_changes
from core.transition.versions import issued_after, issued_before, latest, news, numbers, spoken, version_of

NOT_COME_YET: Final = "this is a change of it, and the order itself has not come."
"""Why a change is refused that overtook its order."""
LINE_NOT_COME_YET: Final = "the order has no such line, and the message doesn't issue it; ask for the order."
"""The same of a line."""
_line: Final = unchecked(OrderLine)
_REVERSALS = frozenset({BuyerAct.REVERT_CANCELLATION, BuyerAct.REVERT_COMPLETION})
_ENDS = frozenset({BuyerAct.CANCEL, BuyerAct.COMPLETE})


def receive(order: Order | None, received: Received, profile: Profile, unheard: Collection[str] = ()) -> Transition:
    """What a message makes of `order`, or the order that it brings (None: never seen). Raises TransitionRefused.

    A platform's message that is older than what we know has no effect. Lines that a message doesn't name stay as they
    are, unless it acts on the whole order or says that missing lines are cancelled. `unheard`: of these lines it reports
    what stood there before our answer came, so it is no word on that.
    """
    message = received.message
    if order is None:
        if message.change:
            _refuse(message, None, NOT_COME_YET)
        order = Order(key=message.key)
        before = None
    else:
        before = order
    if message.key != order.key:
        _refuse(message, None, "the message is about another order than the one it came to; look at the document.")
    fresh = news(order, message)
    if fresh is None:
        return _stale(order, message)
    notes = [*message.warnings, *_doubts(order, message)]
    if fresh is not message:
        late = ", ".join(line.position for line in fresh.lines)
        notes.append(f"late: {_versions(order, message)}; of line {late} nothing newer has come, so it counts there.")
        message = fresh
    after = derived(
        kept(
            order,
            header=order_header(order.header, message.header, message.attached),
            lines=_dated(order, _lines(order, message, profile, unheard, notes), received),
            reported=_order_report(order.reported, message.reported),
            platform_id=message.platform_id or order.platform_id,
            issued=latest(order, message),
        )
    )
    if not after.lines:
        _refuse(
            message, None, "it is not known here, and the message brings no lines; ask the buyer to send the order."
        )
    after = kept(after, spoken=spoken(before, after, message))
    opened, closed = task_changes(before, after)
    return Transition(after, order_changes(before, after), (), opened, closed, tuple(notes))


def _refuse(message: Message, position: str | None, sentence: str) -> NoReturn:
    raise TransitionRefused(message.key.number, position, sentence)


# --- versions ---------------------------------------------------------------------------------------------------------


def _versions(order: Order, message: Message) -> str:
    version, known = numbers(order, message)
    if message.reported is None:
        return f"change {version} of the order, and change {known} is known"
    return f"version {version} of the order, and version {known} is known"


def _stale(order: Order, message: Message) -> Transition:
    """What says nothing new has no effect. Numbers of the buyer's that the days contradict are for people to look at."""
    if message.reported is None and issued_after(message, order):
        _refuse(
            message,
            None,
            f"it is {_versions(order, message)}, and yet it was issued later ({message.issued}, that one {order.issued}); "
            "ask the buyer which of them holds.",
        )
    stale = f"stale: {_versions(order, message)}; it has no effect."
    return Transition(order, (), notes=(*message.warnings, stale))


def _doubts(order: Order, message: Message) -> Iterator[str]:
    """What speaks against taking a message for news, and isn't enough to leave it out."""
    version, known = numbers(order, message)
    if message.reported is None and version is not None and version == known:
        yield f"another change of this order was number {version} too; ask the buyer whether both are meant."
    if issued_before(message, order):
        yield (
            f"it was issued before the last document that is known ({message.issued}, that one {order.issued}), and counts "
            "all the same; look whether it is still meant."
        )


def _order_report(before: OrderReport | None, said: OrderReport | None) -> OrderReport | None:
    if said is None or before is None:
        return said or before
    if said.version is None:
        return said.but(version=before.version)
    return before if before.version is not None and said.version < before.version else said


# --- lines ------------------------------------------------------------------------------------------------------------


def predates(message: Message, line: OrderLine) -> bool:
    """Whether the platform wrote `message` of a version of the order that we knew when we answered the line."""
    version = version_of(message)
    return line.predicted and version is not None and line.predicted_at is not None and version <= line.predicted_at


def _lines(
    order: Order, message: Message, profile: Profile, unheard: Collection[str], notes: list[str]
) -> tuple[OrderLine, ...]:
    """The lines that were there, in their order, and after them those that the message brings."""
    named = _by_position(message)
    lines = []
    for line in order.lines:
        said = named.pop(line.position, None)
        acts = {*message.acts, *(said.acts if said is not None else ())}
        if said is None:
            if message.cancel_missing:
                acts.add(BuyerAct.CANCEL)
            if acts or message.all_reported is not None:
                said = LineMessage(position=line.position, reported=message.all_reported)
        if said is None:
            lines.append(line)
        elif predates(message, line):
            notes.append(f"line {line.position}: {profile.title} had not come to our answer yet when it wrote this.")
            lines.append(line)
        elif line.position in unheard:
            notes.append(
                f"line {line.position}: at {profile.title} it stands as before our answer, which may not have arrived yet."
            )
            lines.append(_unheard(line, said, message))
        else:
            lines.append(_heard(line, said, acts, message, profile, notes))
    lines.extend(_new(said, message, profile, notes) for said in named.values())
    return tuple(lines)


def _dated(order: Order, lines: tuple[OrderLine, ...], received: Received) -> tuple[OrderLine, ...]:
    before = {line.position: line for line in order.lines}
    return tuple(dated(before.get(line.position), line, received.at) for line in lines)


def _unheard(line: OrderLine, said: LineMessage, message: Message) -> OrderLine:
    """`line` with all that the message says of it, besides what it says of the line's status and terms."""
    version = version_of(message)
    after = goods_received(kept(line, content=line_content(line.content, said)), said, set(), message)
    after = kept(after, reported=word_kept(line, said, said.reported, line), predicted_at=version or line.predicted_at)
    return kept(after, logistics_status=line_logistics(after))


def _by_position(message: Message) -> dict[str, LineMessage]:
    named: dict[str, LineMessage] = {}
    for said in message.lines:
        if not said.position.strip():
            _refuse(message, None, "one of its lines has no position; ask the buyer for a corrected order.")
        if said.position in named:
            _refuse(message, said.position, "the message names it twice; ask the buyer for a corrected order.")
        named[said.position] = said
    return named


def _new(said: LineMessage, message: Message, profile: Profile, notes: list[str]) -> OrderLine:
    acts = {*message.acts, *said.acts}
    if BuyerAct.ISSUE not in acts and said.reported is None and not _described(said, acts, message):
        _refuse(message, said.position, LINE_NOT_COME_YET)
    line = _line(position=said.position, requested=said.terms or said.ordered or said.confirmed or Terms())
    return _heard(line, said, acts, message, profile, notes)


def _described(said: LineMessage, acts: set[BuyerAct], message: Message) -> bool:
    """Whether a whole order describes the line without issuing it, so that it comes with the others: one that its buyer
    ended before we saw it, or whose status is a word that we don't know yet."""
    return acts <= _ENDS and said.content is not None and not message.change


def _heard(
    line: OrderLine, said: LineMessage, acts: set[BuyerAct], message: Message, profile: Profile, notes: list[str]
) -> OrderLine:
    """`line` after all that a message says of it: acts first, then the goods, and the platform's own word at last."""
    if BuyerAct.ASK_CANCELLATION in acts and not profile.cancellation_is_asked:
        _refuse(
            message,
            line.position,
            f"a request to cancel that waits for our word is nothing that {profile.title} sends; ask the buyer.",
        )
    if said.confirmed is not None:
        said = said.but(confirmed=completed(said.confirmed, line.confirmed or line.requested))
    if acts & _REVERSALS and said.terms is not None:
        acts = acts | {BuyerAct.ISSUE}
    after = kept(line, content=line_content(line.content, said))
    for act in ACT_ORDER:
        if act in acts:
            after = _acted(after, act, said, profile, notes)
    after = goods_received(after, said, acts, message)
    if said.reported is not None:
        after = reported(after, said, said.reported, line, profile, notes)
    return after


def _acted(line: OrderLine, act: BuyerAct, said: LineMessage, profile: Profile, notes: list[str]) -> OrderLine:
    state = state_of(line)
    terms = said.confirmed or said.terms
    effect = ACTS[act].get(state) if act is not BuyerAct.ISSUE else None
    if act is BuyerAct.ISSUE:
        terms = completed(said.terms, line.requested)
        asked = _asked(line, terms)
        if asked is Asked.OTHER_TERMS and not profile.reports_status:
            asked = _answered(line, terms)
        effect = ASKS[asked].get(state)
    if effect is None:
        if said.reported is None and act is not BuyerAct.STANDS:  # which is no news wherever nobody asked to cancel
            notes.append(f"line {line.position} is {state.value}: “{act.value}” has no effect on it.")
        return line
    after = applied(line, effect, terms)
    return after if after is line else kept(after, predicted=False)


def _asked(line: OrderLine, terms: Terms) -> Asked:
    if line.confirmed is not None and _repeats(line, terms, line.confirmed):
        return Asked.AGREED_TERMS
    return Asked.NOTHING_NEW if _repeats(line, terms, line.requested) else Asked.OTHER_TERMS


def _repeats(line: OrderLine, asked: Terms, standing: Terms) -> bool:
    """Whether the buyer's terms are those that stand. Prices that are stated at all are stated whole."""
    if not same_schedule(asked.delivery_schedule, standing.delivery_schedule):
        return False
    return asked.prices is None or same_stated_prices(asked.prices, standing.prices, line.content.item.unit)


def _answered(line: OrderLine, asked: Terms) -> Asked:
    """What other terms are to a line on which our own request is open. The buyer numbers a split; ours has no number."""
    if state_of(line) not in ASKS[Asked.COUNTER]:
        return Asked.OTHER_TERMS
    ours = line.proposed
    approved = (
        ours is not None
        and same_schedule(ours.delivery_schedule, asked.delivery_schedule)
        and same_stated_prices(ours.prices, asked.prices, line.content.item.unit)
    )
    return Asked.OUR_TERMS if approved else Asked.COUNTER
