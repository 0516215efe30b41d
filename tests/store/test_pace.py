"""Groups are as large as their rows allow, and the store is free as long as it was held."""

from __future__ import annotations

import pytest

from core.store.pace import Pace


class Watch:
    """A clock that the test moves, and a sleep that moves it too."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def save(pace: Pace, watch: Watch, *, rows: float, commit: float, compute: float = 0.0) -> int:
    """A group of the size that the pace wants, whose rows take `rows` seconds each; that size."""
    count = pace.size
    watch.now += compute
    pace.rest()
    pace.begins()
    watch.now += rows * count
    pace.wrote(count)
    watch.now += commit
    pace.ended()
    return count


def test_groups_grow_until_their_rows_take_the_time_that_a_write_may_take() -> None:
    watch = Watch()
    pace = Pace(watch.monotonic, watch.sleep)
    sizes = [save(pace, watch, rows=0.0001, commit=0.0, compute=1.0) for _ in range(6)]
    assert sizes == [8, 16, 32, 50, 50, 50]


@pytest.mark.parametrize("commit", [0.001, 0.5])
def test_a_slow_disk_makes_no_smaller_groups_since_those_would_only_commit_more_often(commit: float) -> None:
    watch = Watch()
    pace = Pace(watch.monotonic, watch.sleep)
    for _ in range(6):
        save(pace, watch, rows=0.0001, commit=commit)
    assert pace.size == 50


def test_a_single_slow_write_doesnt_throw_the_size_away() -> None:
    watch = Watch()
    pace = Pace(watch.monotonic, watch.sleep)
    for _ in range(6):
        save(pace, watch, rows=0.0001, commit=0.0)
    save(pace, watch, rows=0.0005, commit=0.0)
    assert pace.size > 20


def test_rows_that_take_long_are_saved_one_by_one() -> None:
    watch = Watch()
    pace = Pace(watch.monotonic, watch.sleep)
    save(pace, watch, rows=0.02, commit=0.0)
    assert pace.size == 1


def test_the_pause_is_what_computing_left_of_the_time_that_the_store_was_held() -> None:
    watch = Watch()
    pace = Pace(watch.monotonic, watch.sleep)
    save(pace, watch, rows=0.0, commit=0.01)
    save(pace, watch, rows=0.0, commit=0.01, compute=0.004)
    save(pace, watch, rows=0.0, commit=0.01, compute=0.02)
    assert watch.slept == [0.006]


def test_a_store_that_is_very_slow_is_not_waited_for_without_end() -> None:
    watch = Watch()
    pace = Pace(watch.monotonic, watch.sleep)
    save(pace, watch, rows=0.0, commit=10.0)
    save(pace, watch, rows=0.0, commit=10.0)
    assert watch.slept == [0.05]
