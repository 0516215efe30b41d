"""Every status that one input can lead to: states × words × profiles × flags. What a survivor leaves alone here, it doesn't
change anywhere: transitions have no memory but the order.

So of what comes out, all is looked at that a later status depends on: statuses, terms, goods, flags and versions; and what
leaves for the buyer, who computes statuses of their own from it. Sentences, times, tasks and texts are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from itertools import combinations_with_replacement, product
from typing import Any, Final, TypeAlias

from core.decisions import Act, LineDecision, Stage
from core.messages import BuyerAct, Received
from core.model import (
    ItemDetails,
    LineContent,
    LineType,
    LogisticsStatus,
    Order,
    OrderHeader,
    OrderLine,
    ProcessStatus,
    Progress,
    Spoken,
    Terms,
)
from core.outgoing import DespatchAdvice, Outgoing
from core.profile import PROFILES
from core.transition import Transition, TransitionRefused, about_the_order, compensation, despatch, receive, respond
from core.transition.tables import (
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLED,
    CLOSED,
    COMPLETED,
    CONFIRMED,
    ISSUED,
    NEGOTIATED,
    OURS_OPEN,
    REOPENED,
    STATES,
    State,
)
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    THIRD,
    answer,
    answers,
    deliveries,
    goods,
    issue,
    line_in,
    message,
    net,
    order_of,
    said,
    terms,
    version,
    word,
)

Case: TypeAlias = "partial[Any]"
"""What is tried: a function of the transitions and what it is given."""

_TRADECLOUD, _CONNECT, _PEPPOL, _GENERIC = PROFILES.values()

# --- orders -----------------------------------------------------------------------------------------------------------

_SPLIT: Final = terms("1:2026-05-01=6", "2:2026-06-01=4")
_PARTS: Final = (
    Progress(produced=Decimal(4)),
    Progress(produced=Decimal(10), packed=Decimal(6), shipped=Decimal(4)),
    Progress(produced=Decimal(10), packed=Decimal(10), shipped=Decimal(10)),
    Progress(produced=Decimal(10), packed=Decimal(10), shipped=Decimal(10), delivered=Decimal(10)),
)


def _lines(state: State) -> Iterator[OrderLine]:
    """A line as it can stand in `state`: asked, agreed, refused, foretold, reported."""
    line = line_in(state)
    yield line
    if state in (CONFIRMED, COMPLETED, CANCELLED, BUYER_CANCELS, *REOPENED):
        yield line.but(confirmed=LATER)
    if state in REOPENED:
        yield line.but(confirmed=None)
    if state not in (ISSUED, *CLOSED):
        yield line.but(requested=THIRD)
    if state in (BUYER_REOPENS, BUYER_CANCELS, *OURS_OPEN):
        yield line.but(proposed=THIRD)
        yield line.but(proposed=THIRD, predicted=True, predicted_at=2)
        yield line.but(proposed=None)
    yield line.but(predicted=True, predicted_at=2, reported=word(ISSUED))
    yield line.but(predicted=True)
    yield line.but(reported=word(state, LogisticsStatus.SHIPPED))
    if state is BUYER_CANCELS:
        for before in (None, CONFIRMED, *NEGOTIATED, *REOPENED):
            yield line.but(resumes=before, confirmed=ASKED if before in (CONFIRMED, *REOPENED) else None)


def _on_their_way(state: State) -> Iterator[OrderLine]:
    line = line_in(state)
    for progress in _PARTS:
        logistics = LogisticsStatus.SHIPPED if progress.shipped == 10 else LogisticsStatus.OPEN
        yield line.but(progress=progress, logistics_status=logistics)
    for other in (_SPLIT, terms("1:?=?")):
        agreed = other if line.confirmed is not None else None
        yield line.but(requested=other, confirmed=agreed, progress=_PARTS[1])
        yield line.but(requested=other, confirmed=agreed, logistics_status=LogisticsStatus.SHIPPED)
    yield line.but(received=deliveries("1:2026-05-01=4", "?=?"), progress=_PARTS[1].but(delivered=Decimal(4)))
    yield line.but(content=LineContent(line_type=LineType.CHARGE))
    yield line.but(content=LineContent(no_delivery_expected=True), reported=word(state, LogisticsStatus.DELIVERED))


def _orders() -> Iterator[Order]:
    other = line_in(ISSUED, "20")
    for state in STATES:
        for line in _lines(state):
            yield order_of(line, other)
    yield from _orders_on_their_way()


def _orders_with_flags() -> Iterator[Order]:
    """The buyer's flags are about answers."""
    other = line_in(ISSUED, "20")
    for state in STATES:
        flagged = line_in(state, content=LineContent(propose_when_accepted=True))
        yield order_of(flagged, other)
        yield order_of(flagged, other, auto_confirm=True)
        yield order_of(line_in(state), other, auto_confirm=True)


def _orders_on_their_way() -> Iterator[Order]:
    other = line_in(ISSUED, "20")
    for state in (ISSUED, CONFIRMED, BUYER_REOPENS, CANCELLED):
        for line in _on_their_way(state):
            yield order_of(line, other)
            yield order_of(line)


# --- what is said -----------------------------------------------------------------------------------------------------

_ASKS: Final[tuple[Terms | None, ...]] = (None, ASKED, LATER, DEARER, THIRD)
_OURS: Final[tuple[Terms | None, ...]] = (
    *_ASKS,
    _SPLIT,
    terms("1:?=?"),
    terms("2026-06-01=10"),
    terms("1:2026-06-01=0"),
    terms("9:2026-06-01=10"),
    terms("1:2026-05-01=5", "1:2026-06-01=5"),
    Terms(prices=net("14.00")),
    Terms(delivery_schedule=LATER.delivery_schedule),
    Terms(),
)


def _acts() -> Iterator[Received]:
    """What buyers do, with and without terms, on a line or on the order."""
    for act, asked in product(BuyerAct, _ASKS):
        yield message(said(act, terms=asked))
        if asked is not None:
            yield message(said(act, confirmed=asked))
    for act in BuyerAct:
        yield message(acts=(act,))
        yield message(said(act), acts=(act,), change=True)
    yield message(said(position="20"), cancel_missing=True)
    yield message(said(position="30", terms=THIRD))
    yield message(said(position=" "))
    yield message(said(), said())
    yield issue("10", "20", "30", terms=THIRD)
    yield issue(propose_when_accepted=True, line_type=LineType.CHARGE)
    yield message(said(BuyerAct.ISSUE, terms=Terms(prices=net("14.00"))), header=OrderHeader(auto_confirm=True))
    yield message(said(BuyerAct.ISSUE, terms=Terms(delivery_schedule=LATER.delivery_schedule)))


def _two_acts() -> Iterator[Received]:
    for act, other in product(BuyerAct, BuyerAct):
        yield message(said(act, other))
        yield message(said(act, terms=THIRD), acts=(other,))


def _received_goods() -> Iterator[Received]:
    rows = (("1:2026-05-01=10",), ("1:2026-05-01=4",), ("2:2026-05-01=4", "2:2026-05-02=1", "?=?"))
    for each, adds, acts in product(rows, (False, True), ((), (BuyerAct.DELIVERED,), (BuyerAct.MARK_OPEN,))):
        yield message(said(*acts, delivered=deliveries(*each), delivered_adds=adds))
    yield message(said(delivered=deliveries("2026-05-01=1E+40", "2026-05-01=1E-40")))


def _reports() -> Iterator[Received]:
    """The platform's own words, with and without the terms that it holds."""
    for state in STATES:
        told = word(state)
        yield message(said(reported=told))
        for agreed in (None, ASKED, LATER):
            yield message(said(reported=told, confirmed=agreed), reported=version(3))
            yield message(said(reported=told, terms=THIRD, confirmed=agreed, proposed=LATER), reported=version(3))
        yield message(said(reported=told, terms=THIRD))
        yield message(said(reported=told, proposed=THIRD))
        for act in (BuyerAct.ISSUE, BuyerAct.APPROVE, BuyerAct.CONFIRM, BuyerAct.CANCEL):
            yield message(said(act, reported=told, terms=THIRD), reported=version(3))
        yield message(said(position="20"), all_reported=told, reported=version(2))


def _reported_goods() -> Iterator[Received]:
    for state, logistics in product(STATES, LogisticsStatus):
        yield message(said(reported=word(state, logistics)))


def _versions() -> Iterator[tuple[Order, Received]]:
    """Events that overtake each other, on lines that were and weren't named since."""
    known = (None, Spoken(whole=3), Spoken(whole=1, lines=(("10", 3),)), Spoken(whole=1, lines=(("10", 3), ("20", 2))))
    for spoken, last, number in product(known, (None, 3), (None, 1, 2, 3, 4)):
        order = order_of(line_in(ISSUED), line_in(CONFIRMED, "20")).but(
            spoken=spoken, reported=version(last) if last is not None else None
        )
        for named in (("10",), ("20",), ("10", "20"), ("10", "20", "30"), ()):
            lines = [said(position=position, reported=word(COMPLETED), terms=LATER) for position in named]
            yield order, message(*lines, reported=version(number))
            yield (
                order,
                message(
                    *lines,
                    reported=version(number),
                    acts=(BuyerAct.CANCEL,),
                    cancel_missing=True,
                    header=OrderHeader(auto_confirm=True),
                ),
            )


# --- what comes of it -------------------------------------------------------------------------------------------------


def cases() -> Iterator[Case]:
    """All that is tried."""
    yield from _responses()
    yield from _despatches()
    yield from _messages()
    yield from _late()
    yield from _orders_of_many()
    yield from _compensations()


def _responses() -> Iterator[Case]:
    besides: tuple[dict[str, Any], ...] = (
        {"item_details": ItemDetails(country_of_origin="NL")},
        {"item_details": ItemDetails(country_of_origin="Holland")},
        {"notes": ("by lorry",)},
    )
    decisions = [
        *(answer(act, reason=reason) for act, reason in product(Act, (None, " ", "busy"))),
        *(answer(Act.PROPOSE, terms=ours, reason="busy") for ours in _OURS),
        *(answer(act, terms=LATER) for act in Act),
        *(answer(act, **more) for act, more in product((Act.AGREE, Act.DETAILS), besides)),
        answer(Act.AGREE, "30"),
        answer(Act.AGREE, "10", "10"),
    ]
    for order in (*_orders(), *_orders_with_flags()):
        for decision, profile in product(decisions, PROFILES.values()):
            yield partial(respond, order, decision, profile)
        yield partial(respond, order, answers(*about_the_order(order)), _TRADECLOUD)
    yield from _answers_to_two_lines()


def _answers_to_two_lines() -> Iterator[Case]:
    """Where an answer holds every line, or an order ends as a whole, what becomes of one line hangs on the others."""
    first, second = (
        [
            LineDecision(position=at, act=act, terms=LATER if act is Act.PROPOSE else None, reason="busy")
            for act in (Act.AGREE, Act.DISAGREE, Act.PROPOSE, Act.DETAILS)
        ]
        for at in ("10", "20")
    )
    decided = [*((one,) for one in first), *product(first, second)]
    for one, other in product(STATES, STATES):
        order = order_of(line_in(one), line_in(other, "20"))
        for lines in decided:
            for act in (None, Act.ACCEPT, Act.REJECT):
                yield partial(respond, order, answers(*lines).but(act=act), _TRADECLOUD)
            yield partial(respond, order, answers(*lines), _CONNECT)
            yield partial(respond, order, answers(*lines), _PEPPOL)


def _despatches() -> Iterator[Case]:
    quantities = (None, "4", "6", "10", "11", "0")
    for order, profile, stage in product(_orders(), PROFILES.values(), Stage):
        yield partial(despatch, order, goods(stage), profile)
        for quantity in quantities:
            yield partial(despatch, order, goods(stage, ("10", quantity)), profile)
        yield partial(despatch, order, goods(stage, ("10", "4"), ("20", "4")), profile)
        yield partial(despatch, order, goods(stage, ("10", "4"), ("10", "4")), profile)
        yield partial(despatch, order, goods(stage, ("30", "4")), profile)


def _messages() -> Iterator[Case]:
    acts, received_goods, reports = tuple(_acts()), tuple(_received_goods()), tuple(_reports())
    decides_on_the_profile = {BuyerAct.ISSUE, BuyerAct.ASK_CANCELLATION}
    for order in _orders():
        for one in (*acts, *received_goods, *reports):
            yield partial(receive, order, one, _TRADECLOUD)
        for one in acts:
            if decides_on_the_profile & {act for line in one.message.lines for act in line.acts}:
                yield partial(receive, order, one, _CONNECT)
                yield partial(receive, order, one, _GENERIC)
    for state in STATES:
        for one in (*_two_acts(), *_reported_goods()):
            yield partial(receive, order_of(line_in(state)), one, _TRADECLOUD)
    for order, one in product(_orders_on_their_way(), _reported_goods()):
        yield partial(receive, order, one, _TRADECLOUD)
    for one, profile in product((*acts, *received_goods, *reports), (_TRADECLOUD, _CONNECT)):
        yield partial(receive, None, one, profile)


def _late() -> Iterator[Case]:
    """What was said before our answer came, and events that overtake each other."""
    for order, state in product(_orders(), STATES):
        one = message(said(reported=word(state), terms=THIRD, confirmed=LATER), reported=version(3))
        yield partial(receive, order, one, _TRADECLOUD, ("10",))
    for order, one in product(_orders(), _received_goods()):
        yield partial(receive, order, one, _TRADECLOUD, ("10",))
    for order, one in _versions():
        yield partial(receive, order, one, _TRADECLOUD)


def _orders_of_many() -> Iterator[Case]:
    """The order's own statuses."""
    lines = [
        line_in(state, logistics_status=logistics, content=LineContent(no_delivery_expected=expected))
        for state, logistics, expected in product(ProcessStatus, LogisticsStatus, (False, True))
        if (state is CANCELLED) == (logistics is LogisticsStatus.CANCELLED)
    ]
    for pair in combinations_with_replacement(lines, 2):
        yield partial(order_of, *pair)
    for states in product(ProcessStatus, repeat=3):
        yield partial(order_of, *(line_in(state) for state in states))


def _compensations() -> Iterator[Case]:
    for before, after in product(STATES, STATES):
        then = order_of(line_in(before))
        for line, profile, known in product(_lines(after), PROFILES.values(), (then, None)):
            yield partial(compensation, order_of(line), ("10",), profile, known)


def outcome(case: Case) -> object:
    """What comes of it, a refusal too. A slip may break anything; that is another outcome."""
    try:
        return case()
    except Exception as error:
        return error


def fingerprint(come: object) -> int:
    """Of all in an outcome that a later status depends on, in this process and those that are forked from it."""
    if isinstance(come, TransitionRefused):
        return hash(("refused", come.position))
    if isinstance(come, Exception):
        return hash(type(come).__name__)
    if isinstance(come, Order):
        return _of_order(come)
    if isinstance(come, Transition):
        return hash((_of_order(come.order), come.silent, tuple(_of_outgoing(one) for one in come.outgoing)))
    assert isinstance(come, tuple)
    return hash(tuple((one.act, one.terms) for one in come))


def _of_order(order: Order) -> int:
    return hash(
        (
            order.process_status,
            order.logistics_status,
            order.header.auto_confirm,
            order.reported,
            order.spoken,
            order.issued,
            *(_of_line(line) for line in order.lines),
        )
    )


def _of_line(line: OrderLine) -> tuple[object, ...]:
    content = line.content
    return (
        line.position,
        line.process_status,
        line.in_progress_status,
        line.logistics_status,
        line.requested,
        line.proposed,
        line.confirmed,
        line.progress,
        line.received,
        line.resumes,
        line.reported,
        line.predicted,
        line.predicted_at if line.predicted else None,
        content.propose_when_accepted,
        content.line_type,
        content.no_delivery_expected,
    )


def _of_outgoing(one: Outgoing) -> tuple[object, ...]:
    if isinstance(one, DespatchAdvice):
        return one.stage, one.complete, one.lines
    return one.indicator, *((line.position, line.indicator, line.delivery_schedule, line.prices) for line in one.lines)
