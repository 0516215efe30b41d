"""Goods that reach a stage, and what follows from the lines for the order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.decisions import Shipment, Stage
from core.messages import BuyerAct
from core.model import LineContent, LineType, LogisticsStatus, Order, OrderLine, ProcessStatus, Progress
from core.outgoing import DespatchAdvice
from core.profile import GENERIC, PEPPOL, PROCUREMENT_CONNECT, TRADECLOUD, Profile
from core.transition import Task, TaskKind, TransitionRefused, despatch, receive
from core.transition.derive import logistics_status, process_status
from core.transition.tables import (
    BUYER_REOPENS,
    CANCELLED,
    COMPLETED,
    COMPLETION_REVERTED,
    CONFIRMED,
    ISSUED,
    NOT_RESCHEDULED,
    OUR_PROPOSAL,
    REJECTED,
    RESCHEDULED,
    STATES,
    WE_REOPEN,
    WE_RESCHEDULE,
    State,
)
from tests.core.trade import ASKED, deliveries, goods, line_in, message, order_in, order_of, said, terms

OPEN, PRODUCED, READY, SHIPPED, DELIVERED = (
    LogisticsStatus.OPEN,
    LogisticsStatus.PRODUCED,
    LogisticsStatus.READY_TO_SHIP,
    LogisticsStatus.SHIPPED,
    LogisticsStatus.DELIVERED,
)


def advice_of(order: Order, *lines: tuple[str, str | None], stage: Stage = Stage.SHIPPED) -> DespatchAdvice:
    (outgoing,) = despatch(order, goods(stage, *lines), TRADECLOUD).outgoing
    assert isinstance(outgoing, DespatchAdvice)
    return outgoing


def parts(advice: DespatchAdvice) -> list[tuple[str | None, Decimal, Decimal | None]]:
    """Delivery, quantity and what the line still lacks, row by row."""
    return [(line.delivery_position, line.quantity, line.backorder_quantity) for line in advice.lines]


@pytest.mark.parametrize(
    ("stage", "status", "progress"),
    [
        (Stage.PRODUCED, PRODUCED, Progress(produced=Decimal(10))),
        (Stage.PACKED, READY, Progress(produced=Decimal(10), packed=Decimal(10))),
        (Stage.SHIPPED, SHIPPED, Progress(produced=Decimal(10), packed=Decimal(10), shipped=Decimal(10))),
    ],
)
def test_what_reaches_a_stage_has_passed_those_before(
    stage: Stage, status: LogisticsStatus, progress: Progress
) -> None:
    transition = despatch(order_in(CONFIRMED), goods(stage), TRADECLOUD)
    line = transition.order.lines[0]
    assert (line.logistics_status, transition.order.logistics_status, line.progress) == (status, status, progress)


def test_what_has_been_packed_is_shipped_without_being_packed_again() -> None:
    packed = despatch(order_in(CONFIRMED), goods(Stage.PACKED, ("10", "8")), TRADECLOUD).order
    shipped = despatch(packed, goods(Stage.SHIPPED, ("10", "3")), TRADECLOUD).order
    assert shipped.lines[0].progress == Progress(produced=Decimal(8), packed=Decimal(8), shipped=Decimal(3))


def test_a_level_has_a_status_when_its_full_quantity_has_it() -> None:
    order = order_of(line_in(CONFIRMED, "10"), line_in(CONFIRMED, "20"))
    half = despatch(order, goods(Stage.SHIPPED, ("10", "4")), TRADECLOUD).order
    assert (half.lines[0].logistics_status, half.logistics_status) == (OPEN, OPEN)
    line = despatch(half, goods(Stage.SHIPPED, ("10", "6")), TRADECLOUD).order
    assert (line.lines[0].logistics_status, line.logistics_status) == (SHIPPED, OPEN)
    all_of_it = despatch(line, goods(Stage.SHIPPED), TRADECLOUD).order
    assert all_of_it.logistics_status is SHIPPED


def test_the_task_to_ship_is_closed_by_the_full_quantity() -> None:
    part = despatch(order_in(CONFIRMED), goods(Stage.SHIPPED, ("10", "9")), TRADECLOUD)
    assert part.closed == ()
    assert despatch(part.order, goods(Stage.SHIPPED), TRADECLOUD).closed == (Task(TaskKind.SHIP, "10"),)


def test_the_advice_says_what_reached_the_stage_now() -> None:
    part = despatch(order_in(CONFIRMED), goods(Stage.SHIPPED, ("10", "4")), TRADECLOUD).order
    advice = advice_of(part, ("10", "5"))
    assert [(line.position, line.quantity, line.backorder_quantity) for line in advice.lines] == [
        ("10", Decimal(5), Decimal(1))
    ]
    assert not advice.complete
    assert advice_of(part, ("10", None)).complete


def test_the_advice_carries_its_number_and_shipment() -> None:
    order = order_in(CONFIRMED, buyer_account_number="4711")
    shipment = Shipment(carrier="DHL", tracking_number="T1")
    input_ = goods(Stage.SHIPPED, shipment=shipment, id="0199f3c2-1b2c-7def-8000-00000000abcd")
    (advice,) = despatch(order, input_, TRADECLOUD).outgoing
    assert isinstance(advice, DespatchAdvice)
    assert (advice.number, advice.advice_number, advice.buyer_account_number, advice.shipment, advice.at) == (
        "PO-7",
        "0199f3c21b2c7def800000000000abcd",
        "4711",
        shipment,
        input_.at,
    )
    (nameless,) = despatch(order, goods(Stage.SHIPPED, id="-"), TRADECLOUD).outgoing
    assert isinstance(nameless, DespatchAdvice)
    assert nameless.advice_number == "PO-7"


def test_a_quantity_that_fills_several_deliveries_is_told_apart() -> None:
    order = order_of(line_in(CONFIRMED, confirmed=terms("1:2026-05-01=4", "2:2026-06-01=6", "2026-07-01=5")))
    assert parts(advice_of(order, ("10", "7"))) == [("1", Decimal(4), None), ("2", Decimal(3), Decimal(8))]
    shipped = despatch(order, goods(Stage.SHIPPED, ("10", "7")), TRADECLOUD).order
    assert parts(advice_of(shipped)) == [("2", Decimal(3), None), (None, Decimal(5), None)]


def test_a_schedule_with_a_quantity_that_is_none_is_not_told_apart() -> None:
    odd = order_of(line_in(CONFIRMED, confirmed=terms("1:2026-05-01=10", "2:2026-05-02=-8", "3:2026-05-03=5")))
    (line,) = advice_of(odd, ("10", "6")).lines
    assert (line.delivery_position, line.quantity) == (None, Decimal(6))


def test_a_delivery_that_the_buyer_set_to_nothing_is_no_part_of_what_is_told() -> None:
    """…and keeps none of the others from being told by itself."""
    order = order_of(line_in(CONFIRMED, confirmed=terms("1:2026-05-01=6", "2:2026-05-02=0", "3:2026-05-03=4")))
    assert parts(advice_of(order)) == [("1", Decimal(6), None), ("3", Decimal(4), None)]


def test_a_delivery_that_has_left_is_not_told_again() -> None:
    order = order_of(line_in(CONFIRMED, confirmed=terms("1:2026-05-01=6", "2:2026-06-01=1", "3:2026-07-01=3")))
    first = despatch(order, goods(Stage.SHIPPED, ("10", "6")), TRADECLOUD).order
    assert parts(advice_of(order, ("10", "6"))) == [("1", Decimal(6), Decimal(4))]
    assert parts(advice_of(first)) == [("2", Decimal(1), None), ("3", Decimal(3), None)]


@pytest.mark.parametrize(
    ("schedule", "position"), [(("1:2026-05-01=?",), "1"), (("1:2026-05-01=4", "2:?=?"), None)], ids=["one", "several"]
)
def test_where_nobody_knows_the_quantity_what_is_stated_goes(schedule: tuple[str, ...], position: str | None) -> None:
    order = order_of(line_in(CONFIRMED, confirmed=terms(*schedule)))
    (line,) = advice_of(order, ("10", "3")).lines
    assert (line.delivery_position, line.quantity, line.backorder_quantity) == (position, Decimal(3), None)
    after = despatch(order, goods(Stage.SHIPPED, ("10", "3")), TRADECLOUD).order.lines[0]
    assert (after.progress.shipped, after.logistics_status) == (Decimal(3), OPEN)
    with pytest.raises(TransitionRefused, match="its agreed quantity is not known; say how much"):
        despatch(order, goods(Stage.SHIPPED, ("10", None)), TRADECLOUD)
    with pytest.raises(TransitionRefused, match="no line is confirmed with a known quantity"):
        despatch(order, goods(Stage.SHIPPED), TRADECLOUD)


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", STATES)
def test_goods_leave_only_for_what_is_confirmed(state: State) -> None:
    shippable = (CONFIRMED, WE_RESCHEDULE, RESCHEDULED, NOT_RESCHEDULED)
    if state in shippable:
        assert despatch(order_in(state), goods(Stage.SHIPPED), TRADECLOUD).outgoing
        return
    with pytest.raises(TransitionRefused, match=r"line 10: it is .*; goods leave for what is confirmed, so confirm it"):
        despatch(order_in(state), goods(Stage.SHIPPED, ("10", "1")), TRADECLOUD)
    with pytest.raises(
        TransitionRefused, match="order PO-7: no line is confirmed with a known quantity that is not yet"
    ):
        despatch(order_in(state), goods(Stage.SHIPPED), TRADECLOUD)


@pytest.mark.parametrize("state", [WE_REOPEN, BUYER_REOPENS])
@pytest.mark.parametrize("shipped", [1, 4])
def test_the_rest_of_a_part_shipment_may_leave_while_other_terms_are_asked(state: State, shipped: int) -> None:
    under_way = line_in(state, progress=part_shipped(shipped))
    assert advice_of(order_of(under_way)).lines[0].quantity == 10 - shipped


@pytest.mark.parametrize(
    "line",
    [
        line_in(COMPLETED, confirmed=ASKED),
        line_in(CANCELLED, confirmed=ASKED),
        line_in(COMPLETION_REVERTED),
        line_in(OUR_PROPOSAL),
    ],
    ids=["completed", "cancelled", "reverted, and the agreement is gone", "nothing was agreed"],
)
def test_the_rest_of_a_part_shipment_stays_where_the_agreement_is_over(line: OrderLine) -> None:
    with pytest.raises(TransitionRefused, match="goods leave for what is confirmed, so confirm it first"):
        despatch(order_of(line.but(progress=part_shipped(4))), goods(Stage.SHIPPED, ("10", "1")), TRADECLOUD)


@pytest.mark.parametrize("state", [WE_REOPEN, BUYER_REOPENS])
def test_goods_that_are_made_or_packed_stay_while_other_terms_are_asked(state: State) -> None:
    packed = line_in(state, progress=Progress(produced=Decimal(4), packed=Decimal(4)))
    with pytest.raises(TransitionRefused, match="goods leave for what is confirmed, so confirm it first"):
        despatch(order_of(packed), goods(Stage.SHIPPED, ("10", "1")), TRADECLOUD)


def part_shipped(quantity: int) -> Progress:
    return Progress(produced=Decimal(quantity), packed=Decimal(quantity), shipped=Decimal(quantity))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([("99", "1")], "line 99: the order has no such line; its lines are 10."),
        ([("10", "0")], "line 10: a quantity of 0 is none; give one above zero."),
        ([("10", "-1")], "line 10: a quantity of -1 is none; give one above zero."),
        ([("10", "11")], "line 10: 11 is more than the 10 that are not yet shipped; propose a larger quantity first."),
        ([("10", "1"), ("10", "2")], "line 10: it is named twice in one despatch; name it once with the sum."),
    ],
)
def test_what_can_not_be_shipped_is_refused(lines: list[tuple[str, str]], sentence: str) -> None:
    with pytest.raises(TransitionRefused) as refused:
        despatch(order_in(CONFIRMED), goods(Stage.SHIPPED, *lines), TRADECLOUD)
    assert str(refused.value) == f"order PO-7, {sentence}"


def test_what_is_there_already_is_not_shipped_again() -> None:
    shipped = despatch(order_in(CONFIRMED), goods(Stage.SHIPPED), TRADECLOUD).order
    with pytest.raises(TransitionRefused, match="line 10: all of it is shipped already"):
        despatch(shipped, goods(Stage.SHIPPED, ("10", None)), TRADECLOUD)
    with pytest.raises(TransitionRefused, match="1 is more than the 0 that are not yet shipped"):
        despatch(shipped, goods(Stage.SHIPPED, ("10", "1")), TRADECLOUD)
    with pytest.raises(TransitionRefused, match="no line is confirmed with a known quantity that is not yet packed"):
        despatch(shipped, goods(Stage.PACKED), TRADECLOUD)


def test_more_lines_than_a_platform_takes_are_refused() -> None:
    many = order_of(*(line_in(CONFIRMED, str(position)) for position in range(1, TRADECLOUD.most_lines + 2)))
    with pytest.raises(TransitionRefused, match="501 lines; Tradecloud takes at most 500 in one advice"):
        despatch(many, goods(Stage.SHIPPED), TRADECLOUD)
    most = order_of(*many.lines[: TRADECLOUD.most_lines])
    assert len(advice_of(most).lines) == TRADECLOUD.most_lines


def test_of_many_lines_the_first_twenty_are_named_to_whoever_errs() -> None:
    many = order_of(*(line_in(CONFIRMED, str(position)) for position in range(1, 22)))
    with pytest.raises(TransitionRefused, match=r"its lines are 1, 2, .*, 19, 20\.$"):
        despatch(many, goods(Stage.SHIPPED, ("99", "1")), TRADECLOUD)


def test_the_last_piece_is_shipped_without_a_number() -> None:
    nine = despatch(order_in(CONFIRMED), goods(Stage.SHIPPED, ("10", "9")), TRADECLOUD).order
    assert parts(advice_of(nine, ("10", None))) == [("1", Decimal(1), None)]


def test_quantities_that_can_not_be_counted_are_refused() -> None:
    order = order_of(line_in(CONFIRMED, confirmed=terms("1:?=?")))
    huge = despatch(order, goods(Stage.SHIPPED, ("10", "1E+40")), TRADECLOUD).order
    with pytest.raises(TransitionRefused, match="its quantities have more digits than can be counted"):
        despatch(huge, goods(Stage.SHIPPED, ("10", "1E-40")), TRADECLOUD)
    uncountable = order_of(line_in(CONFIRMED, confirmed=terms("1:2026-05-01=1E+40", "2:2026-05-02=1E-40")))
    with pytest.raises(TransitionRefused, match="its agreed quantity is not known; say how much"):
        despatch(uncountable, goods(Stage.SHIPPED, ("10", None)), TRADECLOUD)


@pytest.mark.parametrize(
    "content",
    [LineContent(line_type=LineType.CHARGE), LineContent(no_delivery_expected=True)],
    ids=["a charge", "no delivery expected"],
)
def test_a_line_without_goods_is_not_shipped_by_name_either(content: LineContent) -> None:
    order = order_of(line_in(CONFIRMED, "10"), line_in(CONFIRMED, "20", content=content))
    transition = despatch(order, goods(Stage.SHIPPED), TRADECLOUD)
    assert [line.position for line in advice_of(order).lines] == ["10"]
    assert transition.order.logistics_status is SHIPPED
    for stage, quantity in ((Stage.SHIPPED, None), (Stage.PACKED, "1")):
        with pytest.raises(
            TransitionRefused, match="line 20: no goods are expected for it, so none can leave; leave the"
        ):
            despatch(order, goods(stage, ("10", "1"), ("20", quantity)), TRADECLOUD)


def test_an_agreement_on_less_makes_what_left_the_full_quantity() -> None:
    part = despatch(order_in(CONFIRMED), goods(Stage.SHIPPED, ("10", "8")), GENERIC).order
    less = message(said(BuyerAct.CONFIRM, terms=terms("1:2026-05-01=8")))
    assert receive(part, less, GENERIC).order.logistics_status is SHIPPED
    more = message(said(BuyerAct.CONFIRM, terms=terms("1:2026-05-01=80")))
    shipped = receive(part, less, GENERIC).order
    assert receive(shipped, more, GENERIC).order.logistics_status is OPEN


# --- the order's own statuses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([], ISSUED),
        ([ISSUED, ISSUED], ISSUED),
        ([CONFIRMED, CONFIRMED], CONFIRMED),
        ([ISSUED, CONFIRMED], ProcessStatus.IN_PROGRESS),
        ([OUR_PROPOSAL, CONFIRMED], ProcessStatus.IN_PROGRESS),
        ([OUR_PROPOSAL], ProcessStatus.IN_PROGRESS),
        ([CANCELLED, CANCELLED], CANCELLED),
        ([CANCELLED, CONFIRMED], CONFIRMED),
        ([CANCELLED, REJECTED], REJECTED),
        ([REJECTED, REJECTED], REJECTED),
        ([REJECTED, CONFIRMED], CONFIRMED),
        ([REJECTED, ISSUED, CANCELLED], ISSUED),
        ([COMPLETED, COMPLETED], COMPLETED),
        ([COMPLETED, CANCELLED, REJECTED], COMPLETED),
        ([COMPLETED, CONFIRMED], CONFIRMED),
        ([COMPLETED, ISSUED], ISSUED),
        ([COMPLETED, CONFIRMED, ISSUED], ProcessStatus.IN_PROGRESS),
    ],
)
def test_cancelled_lines_do_not_count_unless_all_are_then_rejected_then_completed(
    lines: list[State], status: ProcessStatus
) -> None:
    assert process_status([line_in(state, str(place)) for place, state in enumerate(lines)]) is status


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([], OPEN),
        ([(CONFIRMED, SHIPPED), (CONFIRMED, READY)], READY),
        ([(CONFIRMED, SHIPPED), (CANCELLED, LogisticsStatus.CANCELLED)], SHIPPED),
        ([(CANCELLED, LogisticsStatus.CANCELLED)] * 2, LogisticsStatus.CANCELLED),
        ([(CONFIRMED, SHIPPED), (REJECTED, OPEN)], SHIPPED),
        ([(CONFIRMED, SHIPPED), (COMPLETED, OPEN)], SHIPPED),
        ([(COMPLETED, DELIVERED), (COMPLETED, OPEN)], OPEN),
        ([(REJECTED, OPEN), (CANCELLED, LogisticsStatus.CANCELLED)], OPEN),
        ([(CONFIRMED, DELIVERED), (ISSUED, OPEN)], OPEN),
    ],
)
def test_an_order_is_as_far_as_the_last_of_its_lines_that_count(
    lines: list[tuple[State, LogisticsStatus]], status: LogisticsStatus
) -> None:
    assert logistics_status([line_in(state, logistics_status=goods_are) for state, goods_are in lines]) is status


def test_an_order_of_charges_alone_is_as_far_as_they_are() -> None:
    charge = line_in(CONFIRMED, content=LineContent(line_type=LineType.CHARGE))
    delivered = receive(order_of(charge), message(said(BuyerAct.DELIVERED)), TRADECLOUD).order
    assert delivered.logistics_status is LogisticsStatus.DELIVERED


@pytest.mark.parametrize("schedule", [("1:2026-05-01=0",), ("1:2026-05-01=-5",), ("1:2026-05-01=?",), ()])
def test_a_quantity_that_is_none_is_never_reached_by_itself(schedule: tuple[str, ...]) -> None:
    line = line_in(CONFIRMED, confirmed=terms().but(delivery_schedule=deliveries(*schedule)))
    asked_again = receive(order_of(line), message(said(BuyerAct.ASK_RECONFIRMATION)), GENERIC).order
    assert asked_again.logistics_status is OPEN


# --- who is told ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", [Stage.PRODUCED, Stage.PACKED])
def test_two_advices_for_one_quantity_would_count_twice_at_tradecloud_so_only_what_is_shipped_is_told(
    stage: Stage,
) -> None:
    packed = despatch(order_in(CONFIRMED), goods(stage), TRADECLOUD)
    assert packed.outgoing == ()
    assert packed.notes == ("recorded here; nothing is sent before it is shipped: then Tradecloud is told.",)
    assert len(despatch(packed.order, goods(Stage.SHIPPED), TRADECLOUD).outgoing) == 1


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("profile", [GENERIC, PEPPOL], ids=lambda profile: profile.name)
def test_where_nothing_tells_of_goods_what_reaches_a_stage_is_recorded(stage: Stage, profile: Profile) -> None:
    done = despatch(order_in(CONFIRMED), goods(stage), profile)
    assert (done.outgoing, getattr(done.order.lines[0].progress, stage.value)) == ((), Decimal(10))
    assert done.notes == (f"recorded here; nothing is sent: {profile.title} is told nothing of goods.",)


def test_a_delivery_of_which_nothing_leaves_is_not_in_the_advice() -> None:
    order = order_of(line_in(CONFIRMED, "10", confirmed=terms("1:2026-05-01=4", "2:2026-06-01=6")))
    (first,) = despatch(order, goods(Stage.SHIPPED, ("10", "4")), TRADECLOUD).outgoing
    assert isinstance(first, DespatchAdvice)
    assert [(line.delivery_position, line.quantity) for line in first.lines] == [("1", Decimal(4))]


def test_what_is_told_as_a_whole_names_all_that_nobody_was_told_of_and_nothing_else() -> None:
    order = order_of(
        line_in(CONFIRMED, "10", confirmed=terms("1:2026-05-01=4", "2:2026-06-01=6")),
        line_in(CONFIRMED, "20", confirmed=terms("1:2026-05-01=1")),
        line_in(COMPLETED, "30", progress=Progress(produced=Decimal(10), packed=Decimal(10))),
        line_in(CONFIRMED, "40", content=LineContent(line_type=LineType.CHARGE)),
    )
    for part in ([("10", "4")], [("10", "5"), ("20", "1")]):
        order = despatch(order, goods(Stage.PACKED, *part), PROCUREMENT_CONNECT).order
    (advice,) = despatch(order, goods(Stage.PACKED, ("10", "1")), PROCUREMENT_CONNECT).outgoing
    assert isinstance(advice, DespatchAdvice)
    assert [(line.position, line.delivery_position, line.quantity) for line in advice.lines] == [
        ("10", "1", Decimal(4)),
        ("10", "2", Decimal(6)),
        ("20", "1", Decimal(1)),
    ]
    assert [line.backorder_quantity for line in advice.lines] == [None] * 3


def test_procurement_connect_has_a_word_for_a_part_that_is_shipped_and_none_for_one_that_is_packed() -> None:
    order = order_of(line_in(CONFIRMED, "10"), line_in(CONFIRMED, "20"))
    packed = despatch(order, goods(Stage.PACKED, ("10", None)), PROCUREMENT_CONNECT)
    assert packed.outgoing == ()
    assert "when the whole order is packed" in packed.notes[0]
    (whole,) = despatch(packed.order, goods(Stage.PACKED), PROCUREMENT_CONNECT).outgoing
    assert isinstance(whole, DespatchAdvice)
    assert (whole.stage, whole.complete) == (Stage.PACKED, True)
    assert [(line.position, line.quantity) for line in whole.lines] == [("10", Decimal(10)), ("20", Decimal(10))]
    (part,) = despatch(order, goods(Stage.SHIPPED, ("10", "4")), PROCUREMENT_CONNECT).outgoing
    assert isinstance(part, DespatchAdvice)
    assert (part.stage, part.complete) == (Stage.SHIPPED, False)
    (begun,) = despatch(order, goods(Stage.PRODUCED, ("10", "4")), PROCUREMENT_CONNECT).outgoing
    assert isinstance(begun, DespatchAdvice)
