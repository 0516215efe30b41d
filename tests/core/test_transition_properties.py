"""What holds whatever anybody says in whatever order: random inputs, friendly and hostile, on every profile."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.decisions import (
    Act,
    Decision,
    Delivered,
    Departed,
    Despatch,
    LineDecision,
    LineProgress,
    Outcome,
    Returned,
    Shipment,
    Stage,
    Undo,
)
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import (
    UNKNOWN,
    Document,
    InProgressStatus,
    ItemDetails,
    LineContent,
    LineReport,
    LineType,
    LogisticsStatus,
    Money,
    Order,
    OrderHeader,
    OrderLine,
    OrderReport,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
)
from core.pending import Input, Record, Step, changes_from_json, changes_to_json, fold, step
from core.profile import PROFILES, Profile
from core.terms import filled, same_terms
from core.transition import TransitionRefused, respond, tasks
from tests.core.trade import ASKED, DEARER, KEY, LATER, NOW

POSITIONS = st.sampled_from(["10", "20", "30"])
ANY_POSITION = st.one_of(POSITIONS, POSITIONS, POSITIONS, st.sampled_from(["", " ", "99", "1\n0", "💶"]))
QUANTITIES = st.one_of(
    st.sampled_from([Decimal(1), Decimal(4), Decimal("6.0"), Decimal(10), Decimal(0), Decimal(-3)]),
    st.sampled_from([Decimal("1E+40"), Decimal("1E-40"), Decimal("9" * 60)]),
)
DATES = st.sampled_from([dt.date(2026, 5, 1), dt.date(2026, 6, 1), dt.date(1, 1, 1), dt.date(9999, 12, 31)])
DELIVERIES = st.builds(
    ScheduledDelivery,
    position=st.sampled_from([None, "1", "2"]),
    date=st.one_of(DATES, st.just(UNKNOWN)),
    quantity=st.one_of(QUANTITIES, st.just(UNKNOWN)),
)
MONEY = st.builds(Money, value=QUANTITIES, currency=st.sampled_from(["EUR", "USD"]))
PRICE = st.builds(Price, transaction=st.none() | MONEY, base=st.none() | MONEY)
PRICES = st.builds(
    Prices,
    net=st.none() | PRICE,
    gross=st.none() | PRICE,
    discount_percentage=st.none() | QUANTITIES,
    price_unit=st.sampled_from([None, "PCE"]),
    price_unit_quantity=st.none() | QUANTITIES,
)
TERMS = st.one_of(
    st.sampled_from([ASKED, ASKED, LATER, DEARER]),
    st.builds(Terms, delivery_schedule=st.lists(DELIVERIES, max_size=3).map(tuple), prices=st.none() | PRICES),
)
REPORTS = st.builds(
    LineReport,
    process_status=st.sampled_from(ProcessStatus),
    in_progress_status=st.none() | st.sampled_from(InProgressStatus),
    logistics_status=st.none() | st.sampled_from(LogisticsStatus),
)
CONTENT = st.builds(
    LineContent,
    line_type=st.sampled_from(LineType),
    propose_when_accepted=st.booleans(),
    no_delivery_expected=st.booleans(),
    notes=st.sampled_from([(), ("n",)]),
)
LINE_MESSAGES = st.builds(
    LineMessage,
    position=ANY_POSITION,
    acts=st.lists(st.sampled_from(BuyerAct), max_size=2).map(tuple),
    content=st.none() | CONTENT,
    terms=st.none() | TERMS,
    confirmed=st.none() | TERMS,
    proposed=st.none() | TERMS,
    reported=st.none() | REPORTS,
    delivered=st.lists(DELIVERIES, max_size=2).map(tuple),
    delivered_adds=st.booleans(),
    attached=st.sampled_from([(), (Document(code="D"),)]),
    reason=st.sampled_from([None, "late"]),
)
ISSUES = st.builds(
    LineMessage, position=POSITIONS, acts=st.just((BuyerAct.ISSUE,)), content=st.none() | CONTENT, terms=TERMS
)
RECEIVED = st.builds(
    lambda **fields: Received(id="r", at=NOW, message=Message(key=KEY, **fields)),
    header=st.none() | st.builds(OrderHeader, auto_confirm=st.booleans(), description=st.sampled_from([None, "d"])),
    lines=st.one_of(st.lists(LINE_MESSAGES, max_size=3), st.lists(ISSUES, min_size=1, max_size=3)).map(tuple),
    acts=st.one_of(st.just(()), st.just(()), st.sampled_from(BuyerAct).map(lambda act: (act,))),
    cancel_missing=st.sampled_from([False, False, True]),
    reported=st.none()
    | st.builds(
        OrderReport,
        process_status=st.sampled_from(ProcessStatus),
        version=st.none() | st.integers(min_value=1, max_value=4),
    ),
)
LINE_DECISIONS = st.one_of(
    st.builds(LineDecision, position=POSITIONS, act=st.sampled_from(Act), reason=st.just("why")),
    st.builds(LineDecision, position=POSITIONS, act=st.just(Act.PROPOSE), terms=TERMS, reason=st.just("why")),
    st.builds(
        LineDecision,
        position=ANY_POSITION,
        act=st.sampled_from(Act),
        terms=st.none() | TERMS,
        reason=st.sampled_from([None, "", "why"]),
        item_details=st.none()
        | st.builds(
            ItemDetails,
            country_of_origin=st.sampled_from([None, "NL", "Holland"]),
            net_weight=st.none() | QUANTITIES,
            net_weight_unit=st.sampled_from([None, "KGM"]),
        ),
        notes=st.sampled_from([None, ("n",)]),
    ),
)
DECISIONS = st.builds(
    Decision, id=st.just("d"), at=st.just(NOW), lines=st.lists(LINE_DECISIONS, min_size=1, max_size=3).map(tuple)
)
DESPATCHES = st.builds(
    Despatch,
    id=st.just("0199-beef"),
    at=st.just(NOW),
    stage=st.sampled_from(Stage),
    lines=st.lists(st.builds(LineProgress, position=ANY_POSITION, quantity=st.none() | QUANTITIES), max_size=2).map(
        tuple
    ),
    shipment=st.none() | st.just(Shipment(carrier="C")),
)
UNDOS = st.builds(Undo, id=st.just("u"), at=st.just(NOW), positions=st.lists(ANY_POSITION, max_size=1).map(tuple))
DEPARTURES = st.builds(Departed, id=st.just("o"), at=st.just(NOW), outbox=st.just("x"), answers=st.booleans())
RETURNS = st.builds(Returned, id=st.just("b"), at=st.just(NOW), outbox=st.just("x"))
ENDINGS = st.one_of(
    st.builds(Delivered, id=st.just("e"), at=st.just(NOW), outbox=st.just("x"), outcome=st.sampled_from(Outcome)),
    st.just(Delivered(id="e", at=NOW, outbox="x", outcome=Outcome.UNCERTAIN, again=True)),
)
INPUTS = st.one_of(
    RECEIVED, RECEIVED, DECISIONS, DECISIONS, DECISIONS, DESPATCHES, UNDOS, DEPARTURES, DEPARTURES, RETURNS, ENDINGS
)
FIRST = st.builds(
    lambda lines: Received(id="r0", at=NOW, message=Message(key=KEY, header=OrderHeader(), lines=lines)),
    st.lists(ISSUES, min_size=1, max_size=3, unique_by=lambda line: line.position).map(tuple),
)

CLOSED_FOR_GOOD = (ProcessStatus.COMPLETED, ProcessStatus.CANCELLED)
REVERSALS = {BuyerAct.REVERT_CANCELLATION, BuyerAct.REVERT_COMPLETION}


@settings(max_examples=200, deadline=None)
@given(first=FIRST, inputs=st.lists(INPUTS, max_size=12), profile=st.sampled_from(sorted(PROFILES)))
def test_whatever_is_said_in_whatever_order(first: Received, inputs: list[Input], profile: str) -> None:
    record: Record | None = None
    sentences: list[str] = []
    for entry in (first, *inputs):
        try:
            done = step(record, entry, PROFILES[profile])
        except TransitionRefused as refused:
            sentences.append(str(refused))
            continue
        holds_for_the_record(done.record, PROFILES[profile])
        holds_for_the_step(record, entry, done)
        record = done.record
    assert all(sentence.startswith("order ") and sentence.endswith(".") for sentence in sentences)


@settings(max_examples=60, deadline=None)
@given(inputs=st.lists(INPUTS, max_size=4), profile=st.sampled_from(sorted(PROFILES)))
def test_an_order_that_never_came_stays_unknown_until_it_comes(inputs: list[Input], profile: str) -> None:
    for entry in inputs:
        try:
            done = step(None, entry, PROFILES[profile])
        except TransitionRefused:
            continue
        assert isinstance(entry, Received)
        holds_for_the_record(done.record, PROFILES[profile])


@given(ours=TERMS, theirs=TERMS)
def test_terms_filled_from_others_mean_the_same_exactly_when_they_did_before(ours: Terms, theirs: Terms) -> None:
    assert same_terms(theirs, theirs)
    completed = filled(ours, theirs)
    assert (completed is theirs) == same_terms(ours, theirs)


@settings(max_examples=150, deadline=None)
@given(
    first=FIRST,
    inputs=st.lists(INPUTS, max_size=6),
    answer=DECISIONS,
    heard=st.lists(RECEIVED, max_size=3),
    profile=st.sampled_from(sorted(PROFILES)),
)
def test_an_answer_that_comes_back_leaves_the_order_as_if_it_had_never_been_claimed(
    first: Received, inputs: list[Input], answer: Decision, heard: list[Received], profile: str
) -> None:
    """The platform's state at least, whatever was heard meanwhile; and the answer too, where nothing was."""
    record: Record | None = None
    for entry in (first, *inputs, answer):
        with suppress(TransitionRefused):
            record = step(record, entry, PROFILES[profile]).record
    if record is None or record.pending is None:
        return
    there = step(record, Departed(id="o", at=NOW, outbox="y"), PROFILES[profile]).record
    here = record
    for entry in heard:
        try:
            after = step(there, entry, PROFILES[profile]).record
            here = step(here, entry, PROFILES[profile]).record
        except TransitionRefused:
            return
        there = after
    back = step(there, Returned(id="b", at=NOW, outbox="y"), PROFILES[profile])
    holds_for_the_step(there, Returned(id="b", at=NOW, outbox="y"), back)
    holds_for_the_record(back.record, PROFILES[profile])
    assert back.record.platform == here.platform
    if not heard:
        assert (back.record, back.supersedes) == (record.but(in_flight=None), False)


def holds_for_the_record(record: Record, profile: Profile) -> None:
    assert Record.from_json(record.to_json()) == record
    assert (record.pending is None) == (record.shown is None)
    if record.pending is not None:
        assert respond(record.platform, record.pending, profile).order == record.shown
    orders = [record.platform, record.order]
    orders += [flight.platform for flight in (record.in_flight, *record.doubts) if flight is not None]
    assert profile.reports_status or not record.doubts
    assert all(doubt.decision is not None for doubt in record.doubts)
    for order in {id(order): order for order in orders}.values():
        holds_for_the_order(order)


def holds_for_the_order(order: Order) -> None:
    assert len({line.position for line in order.lines}) == len(order.lines) > 0
    for line in order.lines:
        holds_for_the_line(line)
    counted = list(order.lines)
    for ended in (ProcessStatus.CANCELLED, ProcessStatus.REJECTED, ProcessStatus.COMPLETED):
        if {line.process_status for line in counted} == {ended}:
            assert order.process_status is ended
            return
        counted = [line for line in counted if line.process_status is not ended]
    statuses = {line.process_status for line in counted}
    alike = statuses in ({ProcessStatus.ISSUED}, {ProcessStatus.CONFIRMED})
    assert order.process_status is (statuses.pop() if alike else ProcessStatus.IN_PROGRESS)


def holds_for_the_line(line: OrderLine) -> None:
    in_progress = line.process_status is ProcessStatus.IN_PROGRESS
    assert line.process_status is not ProcessStatus.CONFIRMED or line.confirmed is not None
    assert line.in_progress_status is None or in_progress
    assert line.proposed is None or in_progress
    cancels = line.in_progress_status is InProgressStatus.CANCELLATION_REQUESTED
    assert line.resumes is None or cancels
    progress = line.progress
    assert progress.produced >= progress.packed >= progress.shipped
    reached = [progress.reached(stage) for stage in ("produced", "packed", "shipped", "delivered")]
    assert reached == sorted(reached, reverse=True)
    cancelled = line.process_status is ProcessStatus.CANCELLED
    assert (line.logistics_status is LogisticsStatus.CANCELLED) == cancelled


def holds_for_the_step(before: Record | None, entry: Input, done: Step) -> None:
    after = done.record
    assert fold(before, changes_from_json(changes_to_json(done.changes))) == after
    had = tasks(before.order) if before is not None else frozenset()
    assert (had - set(done.closed)) | set(done.opened) == tasks(after.order)
    assert not set(done.opened) & had
    assert set(done.closed) <= had
    if isinstance(entry, (Departed, Delivered)):
        assert not done.outgoing
    if isinstance(entry, Delivered) and before is not None:
        settled = {"in_flight": None, "doubts": ()}
        unheard = any(flight is not None and flight.told for flight in (before.in_flight, *before.doubts))
        assert unheard or after.but(**settled) == before.but(**settled)
    if isinstance(entry, (Returned, Delivered)) and entry.outbox == "x" and after.in_flight is not None:
        assert isinstance(entry, Delivered)
    if before is None:
        return
    kept = [line.position for line in before.platform.lines]
    assert [line.position for line in after.platform.lines][: len(kept)] == kept
    if isinstance(entry, (Decision, Undo)):
        assert after.platform is before.platform
    for old, new in zip(before.platform.lines, after.platform.lines, strict=False):
        reopened = old.process_status in CLOSED_FOR_GOOD and new.process_status is not old.process_status
        assert not reopened or isinstance(entry, (Returned, Delivered)) or by_the_buyer_or_platform(old, entry)


def by_the_buyer_or_platform(line: OrderLine, entry: Input) -> bool:
    """Whether a message reverses the end of a line, or the platform itself reports another status."""
    assert isinstance(entry, Received)
    acts = set(entry.message.acts)
    words = [said for said in entry.message.lines if said.position == line.position]
    return bool((acts | {act for said in words for act in said.acts}) & REVERSALS) or any(
        said.reported is not None for said in words
    )
