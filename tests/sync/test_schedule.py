"""When an answer that did not get through is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from sync.schedule import Schedule

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SCHEDULE = Schedule(first=timedelta(seconds=5), most=timedelta(hours=4), attempts=20)


def test_the_delay_doubles_up_to_its_limit() -> None:
    delays = [SCHEDULE.delay(attempt, lambda: 0.0).total_seconds() for attempt in range(1, 15)]
    assert delays[:5] == [5, 10, 20, 40, 80]
    assert delays[-2:] == [4 * 3600, 4 * 3600]


@given(attempts=st.integers(1, 10_000), seed=st.integers())
def test_chance_only_ever_shortens_a_delay_and_by_a_quarter_at_most(attempts: int, seed: int) -> None:
    full = SCHEDULE.delay(attempts, lambda: 0.0)
    assert 0.75 * full <= SCHEDULE.delay(attempts, Random(seed).random) <= full


def test_two_answers_that_failed_together_are_not_tried_again_together() -> None:
    random = Random(7).random
    assert SCHEDULE.delay(6, random) != SCHEDULE.delay(6, random)


def test_the_partner_is_not_asked_before_it_said() -> None:
    assert SCHEDULE.next_attempt(1, NOW, lambda: 0.9, retry_after=120) == NOW + timedelta(seconds=120)


def test_a_short_retry_after_does_not_shorten_our_own_delay() -> None:
    assert SCHEDULE.delay(8, lambda: 0.0, retry_after=1) == timedelta(seconds=640)


def test_a_partner_can_not_put_an_answer_off_for_ever() -> None:
    for asked in (1e18, float("inf")):
        assert SCHEDULE.delay(1, lambda: 0.0, retry_after=asked) == timedelta(hours=24)
    for asked in (-5.0, float("nan"), 0.0):
        assert SCHEDULE.delay(1, lambda: 0.0, retry_after=asked) == timedelta(seconds=5)


def test_attempts_are_spent_at_the_last_one() -> None:
    assert not SCHEDULE.spent(19)
    assert SCHEDULE.spent(20)
