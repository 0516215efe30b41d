"""What rules suggest is shown, and becomes a person's answer when a person takes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.decisions import Act
from core.orderbook import Conflict, NoSuchOrder
from core.store import queries
from core.suggestion import suggestion, take_suggestion
from core.transition import TransitionRefused
from tests.core.rules.desks import RULES, ruled_desk, rules_file
from tests.core.rules.test_ruling import SMALL, YES, by_rule, comes, decides, ordered, statuses, takes_back, told
from tests.orders import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ruled_desk(tmp_path, RULES, "suggest") as opened:
        yield opened


def test_what_the_rules_would_answer_is_computed_when_it_is_shown(desk: Desk) -> None:
    comes(desk, ordered(_10="10", _20="7"))
    found = suggestion(desk.book, 1)
    assert found is not None
    assert [(mine.position, mine.act, mine.rule) for mine in found.lines] == [
        ("10", Act.ACCEPT, "bolts as ordered"),
        ("20", Act.PROPOSE, "bolts put right"),
    ]
    assert (found.left, found.trouble, found.revision) == ((), None, 1)
    rules_file(desk.settings.folder, SMALL)
    now = suggestion(desk.book, 1)
    assert now is not None
    assert [mine.rule for mine in now.lines] == ["small ones", "small ones"]
    assert statuses(desk) == {"10": "Issued", "20": "Issued"}


def test_a_suggestion_that_is_taken_is_the_persons_answer_and_names_the_rule(desk: Desk) -> None:
    comes(desk, ordered(_10="10", _20="7"))
    changed = take_suggestion(desk.book, 1, "alice", 1)
    assert len(changed.outbox) == 1
    assert told(desk)[-1] == (
        "alice",
        "accept line 10 by rule “bolts as ordered”; propose line 20 by rule “bolts put right”",
    )
    assert by_rule(desk) == []
    assert suggestion(desk.book, 1) is None


def test_some_lines_of_a_suggestion_can_be_taken(desk: Desk) -> None:
    comes(desk, ordered(_10="10", _20="10"))
    take_suggestion(desk.book, 1, "alice", positions=["20"])
    assert statuses(desk) == {"10": "Issued", "20": "Confirmed"}


def test_why_rules_say_nothing_of_a_line_is_shown(desk: Desk) -> None:
    rules_file(desk.settings.folder, SMALL)
    comes(desk, ordered(_10="1000"))
    found = suggestion(desk.book, 1)
    assert found is not None
    assert (found.lines, found.left) == ((), (("10", "no rule fits it"),))
    with pytest.raises(TransitionRefused, match="the rules suggest no answer to it"):
        take_suggestion(desk.book, 1, "alice")
    with pytest.raises(TransitionRefused, match="line 30: the rules suggest no answer"):
        take_suggestion(desk.book, 1, "alice", positions=["30"])


def test_a_broken_file_is_shown_in_place_of_a_suggestion(desk: Desk) -> None:
    comes(desk, ordered())
    rules_file(desk.settings.folder, "nonsense = 1")
    found = suggestion(desk.book, 1)
    assert found is not None
    assert "rules.toml, line 1: nonsense: unknown key" in (found.trouble or "")
    with pytest.raises(TransitionRefused, match=r"can't be asked: .*line 1"):
        take_suggestion(desk.book, 1, "alice")


def test_nothing_is_suggested_where_nothing_awaits_us_or_the_connection_has_no_rules(tmp_path: Path) -> None:
    with ruled_desk(tmp_path, YES, "off") as off:
        comes(off, ordered())
        assert suggestion(off.book, 1) is None
        with pytest.raises(TransitionRefused):
            take_suggestion(off.book, 1, "alice")
        with pytest.raises(NoSuchOrder):
            suggestion(off.book, 2)


def test_what_changed_since_it_was_shown_is_a_conflict(desk: Desk) -> None:
    comes(desk, ordered(_10="10"))
    comes(desk, ordered(_10="15"))
    with pytest.raises(Conflict):
        take_suggestion(desk.book, 1, "alice", 1)
    assert statuses(desk) == {"10": "Issued"}


def test_another_suggestion_than_the_one_that_was_shown_is_not_taken(desk: Desk) -> None:
    comes(desk, ordered(_10="10"))
    found = suggestion(desk.book, 1)
    assert found is not None
    rules_file(desk.settings.folder, RULES.replace("bolts as ordered", "other bolts"))
    with pytest.raises(TransitionRefused, match="something else by now"):
        take_suggestion(desk.book, 1, "alice", 1, shown=found.digest)
    take_suggestion(desk.book, 1, "alice", 1, shown=suggestion(desk.book, 1).digest)  # type: ignore[union-attr]


def test_what_a_person_took_back_is_still_suggested_to_people(tmp_path: Path) -> None:
    with ruled_desk(tmp_path, YES) as desk:
        comes(desk, ordered())
        takes_back(desk)
        found = suggestion(desk.book, 1)
        assert found is not None
        assert [mine.rule for mine in found.lines] == ["yes to all"]


def test_a_changed_line_is_known_from_the_log(desk: Desk) -> None:
    rules_file(desk.settings.folder, YES + 'when = { order = "changed" }\n')
    comes(desk, ordered(_10="10", _20="10"))
    comes(desk, ordered(_10="10", _20="11", _30="10"))
    decides(desk, Act.REJECT, "10")
    found = suggestion(desk.book, 1)
    assert found is not None
    assert [mine.position for mine in found.lines] == ["20"]
    assert [position for position, _ in found.left] == ["30"]
    assert queries.counts(desk.store)
