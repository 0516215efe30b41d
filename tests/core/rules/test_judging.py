"""The word of the rules on whole orders: which rule decides, what it answers, and what each platform lets it say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decisions import Act, Decision
from core.model import (
    UNKNOWN,
    InProgressStatus,
    Money,
    Order,
    OrderLine,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
)
from core.profile import GENERIC, PEPPOL, PROCUREMENT_CONNECT, PROFILES, TRADECLOUD, AnswerContains, Profile
from core.rules import judge, load
from core.rules.calendar import Calendar
from core.terms import same_terms
from core.transition import respond
from core.transition.tasks import to_answer
from tests.core.rules.desks import AT, MONDAY, RULES, line, order, ruled, rules_file, terms

ACCEPT = '[[rule]]\nname = "yes"\nanswer = "accept"\n'
REJECT = '[[rule]]\nname = "no"\nanswer = "reject"\nreason = "We are closed"\n'


def propose(change: str, *, before: str = "", more: str = "") -> str:
    facts = '[[item]]\nlead_time = "5 working days"\npack = 25\n'
    prices = '[price_list.bolts]\nfile = "bolts.csv"\nnumbers = "buyers"\n'
    return f'{before}{facts}{prices}[[rule]]\nname = "right"\nanswer = "propose"\nchange = {change}\n{more}'


def deliveries(*rows: tuple[str, str]) -> tuple[ScheduledDelivery, ...]:
    return tuple(
        ScheduledDelivery(position=str(nth), date=dt.date.fromisoformat(date), quantity=Decimal(quantity))
        for nth, (date, quantity) in enumerate(rows, 1)
    )


def test_a_price_below_nothing_is_never_agreed_to(tmp_path: Path) -> None:
    """Neither by a rule that looks at no price nor by one that takes whatever is below the list's."""
    lists = '[price_list.bolts]\nfile = "bolts.csv"\nnumbers = "buyers"\n'
    for text in (ACCEPT, lists + ACCEPT + 'when = { price = { below = "any" } }\n'):
        verdict = ruled(tmp_path, text, order(line("10", terms(price="-0.01")), line("20", terms(price="0.01"))))
        assert [mine.position for mine in verdict.lines] == ["20"]
        assert verdict.left == (("10", "its price is below nothing"),)


def test_without_rules_everything_is_a_persons(tmp_path: Path) -> None:
    verdict = ruled(tmp_path, "", order(line("10"), line("20")))
    assert verdict.lines == ()
    assert verdict.left == (("10", "no rule fits it"), ("20", "no rule fits it"))


def test_the_first_rule_that_fits_a_line_decides(tmp_path: Path) -> None:
    text = ACCEPT + 'when = { item = "HB-*" }\n' + REJECT
    verdict = ruled(tmp_path, text, order(line("10"), line("20", item="PL-1")))
    assert [(mine.position, mine.act, mine.rule, mine.reason) for mine in verdict.lines] == [
        ("10", Act.ACCEPT, "yes", None),
        ("20", Act.REJECT, "no", "We are closed"),
    ]


def test_a_rule_can_leave_a_line_to_a_person_before_others_get_their_turn(tmp_path: Path) -> None:
    person = '[[rule]]\nname = "new"\nanswer = "person"\nreason = "a new customer"\nwhen = { buyer = "B1" }\n'
    assert ruled(tmp_path, person + ACCEPT, order()).left == (("10", "rule “new”: a new customer"),)
    assert ruled(tmp_path, person + ACCEPT, order(buyer="B2", company_id=None)).lines


@pytest.mark.parametrize("status", [ProcessStatus.CONFIRMED, ProcessStatus.REJECTED, ProcessStatus.CANCELLED])
def test_lines_that_await_nothing_of_us_are_left_alone(tmp_path: Path, status: ProcessStatus) -> None:
    done = line("20", process_status=status, confirmed=terms() if status is ProcessStatus.CONFIRMED else None)
    verdict = ruled(tmp_path, ACCEPT, order(line("10"), done))
    assert [mine.position for mine in verdict.lines] == ["10"]
    assert verdict.left == ()


def test_lines_that_a_person_has_in_hand_are_left_with_the_reason(tmp_path: Path) -> None:
    verdict = ruled(tmp_path, ACCEPT, order(line("10"), line("20")), theirs={"10": "alice took it in hand"})
    assert [mine.position for mine in verdict.lines] == ["20"]
    assert verdict.left == (("10", "alice took it in hand"),)


@pytest.mark.parametrize("quantity", ["0", "-5"])
def test_a_quantity_that_is_none_is_never_agreed_to(tmp_path: Path, quantity: str) -> None:
    assert ruled(tmp_path, ACCEPT, order(line(asked=terms(quantity)))).left == (
        ("10", f"a delivery of {quantity} is none"),
    )


# --- what a proposal says ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "proposed"),
    [
        # Monday the 3rd and five working days: Monday the 10th at the earliest.
        ([("2025-03-05", "10")], [("2025-03-10", "10")]),
        ([("2025-03-15", "10")], [("2025-03-17", "10")]),
        ([("2025-03-05", "10"), ("2025-03-20", "5")], [("2025-03-10", "10"), ("2025-03-20", "5")]),
        ([("2024-01-01", "10"), ("2025-03-16", "5")], [("2025-03-10", "10"), ("2025-03-17", "5")]),
    ],
)
def test_dates_move_to_the_earliest_working_day_that_the_lead_time_allows(
    tmp_path: Path, asked: list[tuple[str, str]], proposed: list[tuple[str, str]]
) -> None:
    of = order(line(asked=terms().but(delivery_schedule=deliveries(*asked))))
    [mine] = ruled(tmp_path, propose('"date"'), of).lines
    assert mine.terms is not None
    assert mine.terms.delivery_schedule == deliveries(*proposed)
    assert mine.terms.prices == terms().prices
    assert mine.reason == "The earliest working day that our lead time allows"


@pytest.mark.parametrize(
    ("asked", "proposed"),
    [("1", "25"), ("25.01", "50"), ("26", "50"), ("9999999999999999999999999999", "10000000000000000000000000000")],
)
def test_quantities_are_rounded_up_to_whole_packs_exactly(tmp_path: Path, asked: str, proposed: str) -> None:
    [mine] = ruled(tmp_path, propose('"quantity"'), order(line(asked=terms(asked)))).lines
    assert mine.terms is not None
    assert mine.terms.delivery_schedule[0].quantity == Decimal(proposed)
    assert mine.reason == "We deliver in packs of 25"


def priced(value: str, currency: str = "EUR", per: str | None = "1", unit: str | None = "PCE") -> Prices:
    return Prices(
        net=Price(transaction=Money(value=Decimal(value), currency=currency)),
        price_unit=unit,
        price_unit_quantity=None if per is None else Decimal(per),
    )


@pytest.mark.parametrize(
    ("item", "asked", "proposed"),
    [
        ("HB-1", priced("1.20"), priced("1.25")),
        ("HB-1", priced("120", per="100"), priced("125.00", per="100")),
        ("HB-1", priced("1", per=None), priced("1.25")),
        ("HB-1", None, priced("1.25", unit=None)),
        (
            "HB-1",
            Prices(
                gross=priced("3").net, discount_percentage=Decimal(10), price_unit="PCE", price_unit_quantity=Decimal(1)
            ),
            priced("1.25"),
        ),
        ("HB-3", priced("1.00"), priced("0.10")),
        # A third of the list's price can't be written: it is said for as many as the list says it.
        ("HB-3", priced("1.00", per="3"), priced("0.30", per="3")),
        ("HB-7", priced("1.00"), priced("10.00", per="3")),
    ],
)
def test_the_lists_price_is_put_for_as_many_as_the_order_says_where_that_can_be_written(
    tmp_path: Path, item: str, asked: Prices | None, proposed: Prices
) -> None:
    path = rules_file(
        tmp_path,
        propose('"price"'),
        "item,price,currency,per\nHB-1,1.25,EUR,1\nHB-3,10.00,EUR,100\nHB-7,10.00,EUR,3\n",
    )
    of = order(line(item=item, asked=terms().but(prices=asked)))
    [mine] = judge(of, load(path), TRADECLOUD, at=AT, today=MONDAY).lines
    assert mine.terms is not None
    assert mine.terms.prices == proposed
    assert mine.reason == "Our list price"


def test_a_price_follows_the_quantity_that_is_proposed_with_it(tmp_path: Path) -> None:
    of = order(line(item="HB-3", asked=terms("499", price="10.00", price_unit_quantity=Decimal(100))))
    [mine] = ruled(tmp_path, propose('["price", "quantity"]'), of).lines
    assert mine.terms is not None
    assert mine.terms.delivery_schedule[0].quantity == 500
    assert mine.terms.prices == priced("9.00", per="100")
    assert mine.reason == "We deliver in packs of 25; our list price"


def test_the_rules_own_reason_goes_to_the_buyer(tmp_path: Path) -> None:
    [mine] = ruled(tmp_path, propose('"quantity"', more='reason = "Verpackungseinheit"\n'), order()).lines
    assert mine.reason == "Verpackungseinheit"


def test_a_proposal_where_nothing_is_to_be_put_right_is_none_and_the_next_rule_decides(tmp_path: Path) -> None:
    text = propose('["date", "quantity", "price"]') + ACCEPT
    verdict = ruled(tmp_path, text, order(line("10", terms("25")), line("20", terms("26"))))
    assert [(mine.position, mine.rule) for mine in verdict.lines] == [("10", "yes"), ("20", "right")]


@pytest.mark.parametrize(
    ("change", "asked", "item", "why"),
    [
        ('"date"', Terms(), "HB-1", "the order doesn't say when it is wanted"),
        (
            '"date"',
            Terms(delivery_schedule=(ScheduledDelivery(date=UNKNOWN, quantity=Decimal(1)),)),
            "HB-1",
            "when it is wanted",
        ),
        (
            '"quantity"',
            Terms(delivery_schedule=(ScheduledDelivery(date=MONDAY, quantity=UNKNOWN),)),
            "HB-1",
            "how much is wanted",
        ),
        ('"price"', terms(), "HB-9", "item HB-9 is not in price list bolts"),
        ('"price"', terms(price_unit="KGM"), "HB-1", "per PCE, not per KGM"),
        ('"date"', terms(date="9999-12-31"), "HB-1", "the date lies beyond the calendar"),
    ],
)
def test_what_is_right_must_be_known_to_propose_it(
    tmp_path: Path, change: str, asked: Terms, item: str, why: str
) -> None:
    text = propose(change, before='[calendar]\nweekend = ["friday", "saturday", "sunday"]\n')
    [(_, left)] = ruled(tmp_path, text, order(line(item=item, asked=asked))).left
    assert why in left


schedules = st.lists(
    st.builds(
        ScheduledDelivery,
        date=st.dates(dt.date(2025, 1, 1), dt.date(2026, 1, 1)),
        quantity=st.decimals("0.001", 10_000, places=3),
    ),
    min_size=1,
    max_size=5,
)
RIGHT = """\
[calendar]
holidays = [2025-04-18, 2025-04-21, 2025-12-25]
[[item]]
lead_time = "7 working days"
pack = 2.5
[[rule]]
name = "right"
answer = "propose"
change = ["date", "quantity"]
[[rule]]
name = "yes"
answer = "accept"
"""


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rules_file(tmp_path_factory.mktemp("right"), RIGHT)


@settings(deadline=None)
@given(schedules, st.dates(dt.date(2025, 1, 1), dt.date(2025, 12, 31)))
def test_what_is_proposed_is_right_and_not_a_day_or_piece_more_than_it_must_be(
    right: Path, schedule: list[ScheduledDelivery], today: dt.date
) -> None:
    rules = load(right)
    calendar = rules.known.calendar
    asked = terms().but(delivery_schedule=tuple(schedule))
    [mine] = judge(order(line(asked=asked)), rules, GENERIC, at=AT, today=today).lines
    ours = mine.terms.delivery_schedule if mine.terms is not None else asked.delivery_schedule
    earliest = calendar.earliest(calendar.next_working(today), rules.known.items[0].lead_time)  # type: ignore[arg-type]
    for before, after in zip(schedule, ours, strict=True):
        assert isinstance(after.date, dt.date)
        assert isinstance(before.date, dt.date)
        assert after.date >= max(before.date, earliest)
        assert calendar.works(after.date)
        assert not any(
            calendar.works(max(before.date, earliest) + dt.timedelta(days=n))
            for n in range((after.date - max(before.date, earliest)).days)
        )
        assert isinstance(after.quantity, Decimal)
        assert isinstance(before.quantity, Decimal)
        assert after.quantity % Decimal("2.5") == 0
        assert 0 <= after.quantity - before.quantity < Decimal("2.5")
    # Judged again, what it proposes needs nothing put right.
    [again] = judge(order(line(asked=asked.but(delivery_schedule=ours))), rules, GENERIC, at=AT, today=today).lines
    assert again.rule == "yes"


# --- what a platform lets the rules say -------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_an_order_whose_every_line_is_answered_is_answered_on_every_platform(tmp_path: Path, profile: Profile) -> None:
    of = order(line("10"), line("20", terms("12", "2025-03-05", "1.30")))
    verdict = ruled(tmp_path, RULES, of, profile)
    assert [(mine.position, mine.rule) for mine in verdict.lines] == [
        ("10", "bolts as ordered"),
        ("20", "bolts put right"),
    ]
    assert respond(of, Decision(id="1", at=AT, lines=verdict.lines), profile).outgoing


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_platform_that_takes_only_whole_answers_gets_none_where_a_line_is_left(
    tmp_path: Path, profile: Profile
) -> None:
    verdict = ruled(tmp_path, RULES, order(line("10"), line("20", item="X")), profile)
    if profile.answer_contains is AnswerContains.ALL_LINES:
        assert verdict.lines == ()
        why = f"{profile.title} takes only whole answers, and line 20 is left to a person"
        assert verdict.left == (
            ("10", f"rule “bolts as ordered” would accept it, but {why}"),
            ("20", "no rule fits it"),
        )
    else:
        assert [mine.position for mine in verdict.lines] == ["10"]
        assert verdict.left == (("20", "no rule fits it"),)


def test_where_an_order_ends_as_a_whole_one_line_is_not_rejected(tmp_path: Path) -> None:
    of = order(line("10"), line("20", item="PL-1"))
    verdict = ruled(tmp_path, RULES, of, PROCUREMENT_CONNECT)
    assert verdict.lines == ()
    assert "takes or cancels an order as a whole" in dict(verdict.left)["10"]
    assert [mine.act for mine in ruled(tmp_path, RULES, of, PEPPOL).lines] == [Act.ACCEPT, Act.REJECT]
    both = ruled(tmp_path, RULES, order(line("10", item="PL-1"), line("20", item="PL-2")), PROCUREMENT_CONNECT)
    assert [mine.act for mine in both.lines] == [Act.REJECT, Act.REJECT]


def asks(status: InProgressStatus) -> Order:
    confirmed = None if status is InProgressStatus.CANCELLATION_REQUESTED else terms()
    return order(
        line(
            process_status=ProcessStatus.IN_PROGRESS,
            in_progress_status=status,
            confirmed=confirmed,
            requested=terms("20"),
            resumes=ProcessStatus.ISSUED if confirmed is None else None,
        )
    )


@pytest.mark.parametrize(
    ("task", "status", "profile", "yes", "no"),
    [
        ("other-terms", InProgressStatus.OPEN_BUYER_REOPEN_REQUEST, TRADECLOUD, Act.APPROVE, Act.REFUSE),
        ("reconfirmation", InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST, TRADECLOUD, Act.RECONFIRM, None),
        ("cancellation", InProgressStatus.CANCELLATION_REQUESTED, PROCUREMENT_CONNECT, Act.APPROVE, Act.REFUSE),
    ],
)
def test_a_yes_and_a_no_are_said_in_the_word_that_the_task_calls_for(
    tmp_path: Path, task: str, status: InProgressStatus, profile: Profile, yes: Act, no: Act | None
) -> None:
    when = f'when = {{ task = ["{task}", "issued"] }}\n'
    assert [mine.act for mine in ruled(tmp_path, ACCEPT + when, asks(status), profile).lines] == [yes]
    refused = ruled(tmp_path, REJECT + when, asks(status), profile)
    assert [mine.act for mine in refused.lines] == ([no] if no else [])
    assert no is not None or "a reconfirmation can't be refused" in refused.left[0][1]


def test_what_was_confirmed_for_good_is_not_proposed_otherwise(tmp_path: Path) -> None:
    text = propose('"quantity"', more='when = { task = "other-terms" }\n')
    of = asks(InProgressStatus.OPEN_BUYER_REOPEN_REQUEST)
    assert ruled(tmp_path, text, of, TRADECLOUD).lines
    [(_, why)] = ruled(tmp_path, text, of, PROCUREMENT_CONNECT).left
    assert why.startswith(
        "rule “right”: its terms are agreed, and Procurement Connect lets our side change them no more"
    )


lines_of = st.lists(
    st.tuples(
        st.sampled_from(["HB-1", "HB-3", "PL-1", "X", None]),
        st.sampled_from(["10", "7", "500"]),
        st.sampled_from(["2025-03-05", "2025-04-01", "2025-03-16"]),
        st.sampled_from(["1.25", "9", None]),
    ),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module")
def bolts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return rules_file(tmp_path_factory.mktemp("bolts"), RULES)


@settings(deadline=None)
@given(lines_of, st.sampled_from([*PROFILES.values()]))
def test_whatever_is_ordered_each_line_has_an_answer_or_a_reason_and_the_platform_takes_the_answers(
    bolts: Path, asked: list[tuple[str | None, str, str, str | None]], profile: Profile
) -> None:
    lines: list[OrderLine] = [
        line(str(nth), terms(quantity, date, price), item) for nth, (item, quantity, date, price) in enumerate(asked)
    ]
    of = order(*lines)
    verdict = judge(of, load(bolts), profile, at=AT, today=MONDAY)
    positions = [mine.position for mine in verdict.lines] + [position for position, _ in verdict.left]
    assert sorted(positions) == sorted(to_answer(of))
    assert all(why for _, why in verdict.left)
    if verdict.lines:
        after = respond(of, Decision(id="1", at=AT, lines=verdict.lines), profile)
        assert after.outgoing
    for mine in verdict.lines:
        if mine.act is Act.PROPOSE:
            found = of.line(mine.position)
            assert found is not None
            assert mine.terms is not None
            assert not same_terms(mine.terms, found.requested)


def test_the_cut_off_goes_by_the_desks_clock(tmp_path: Path) -> None:
    text = propose('"date"', before="[calendar]\ncutoff = 14:00:00\n")
    of = order(line(asked=terms(date="2025-03-05")))
    rules = load(rules_file(tmp_path, text))
    for hour, day in ((13, 10), (14, 11)):
        at = dt.datetime(2025, 3, 3, hour, tzinfo=dt.timezone(dt.timedelta(hours=1)))
        [mine] = judge(of, rules, TRADECLOUD, at=at, today=MONDAY).lines
        assert mine.terms is not None
        assert mine.terms.delivery_schedule[0].date == dt.date(2025, 3, day)


def test_a_calendar_without_a_weekend_is_one() -> None:
    assert Calendar(weekend=frozenset()).works(dt.date(2025, 3, 8))
