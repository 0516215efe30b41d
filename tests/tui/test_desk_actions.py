"""The registry of actions: one list that keys, key bar, palette and help are made from."""

from __future__ import annotations

from collections import Counter

import pytest

from tui.actions import ACTIONS, Place, Situation, at, named
from tui.bulk import BulkScreen
from tui.compensating import CompensationScreen
from tui.desk_screen import DeskScreen
from tui.editors.details import DetailsEditor
from tui.editors.goods import GoodsForm
from tui.editors.terms import TermsEditor
from tui.inbox import InboxScreen
from tui.order_screen import OrderScreen
from tui.reading import ReadingScreen
from tui.three_sides import ThreeSidesScreen

SCREENS: list[type[DeskScreen]] = [
    InboxScreen, OrderScreen, ReadingScreen, ThreeSidesScreen, BulkScreen, CompensationScreen, TermsEditor, DetailsEditor,
    GoodsForm,
]  # fmt: skip


def test_ids_are_unique() -> None:
    assert max(Counter(action.id for action in ACTIONS).values()) == 1
    assert [named(action.id) for action in ACTIONS] == list(ACTIONS)


@pytest.mark.parametrize("place", list(Place), ids=lambda place: place.value)
def test_no_key_means_two_things_in_one_place(place: Place) -> None:
    keys = Counter(key for action in at(place) for key in action.keys)
    assert [key for key, times in keys.items() if times > 1] == []


def test_keys_that_terminals_and_multiplexers_take_are_left_alone() -> None:
    keys = {key for action in ACTIONS for key in action.keys}
    assert keys.isdisjoint({"ctrl+a", "ctrl+b", "ctrl+s", "ctrl+q", "ctrl+c"})


def test_the_fixed_keys_are_where_the_manual_says() -> None:
    fixed = {
        "j": "down", "down": "down", "k": "up", "up": "up", "g": "first", "G": "last", "enter": "open", "space": "mark",
        "*": "mark-all", "c": "confirm", "x": "reject", "w": "withdraw", "v": "preview", "t": "timeline", "u": "undo",
        "e": "edit", "i": "details", "p": "pack", "s": "ship", "/": "search",
        "tab": "next-view", "ctrl+p": "palette", "?": "help", "q": "back",
    }  # fmt: skip
    assert {key: action.id for action in at(Place.INBOX) for key in action.keys if key in fixed} == fixed


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_every_action_of_a_place_is_done_there(screen: type[DeskScreen]) -> None:
    for action in at(screen.PLACE):
        assert callable(getattr(screen, f"do_{action.id.replace('-', '_')}", None)), action.id


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.__name__)
def test_the_keys_of_a_screen_are_those_of_the_registry(screen: type[DeskScreen]) -> None:
    bound = {(binding.id, binding.key) for binding in screen.BINDINGS}  # type: ignore[union-attr]
    assert bound == {(action.id, ",".join(action.keys)) for action in at(screen.PLACE)}


GUARDED = [
    ("confirm", Situation(Place.INBOX), "there is no order here"),
    ("confirm", Situation(Place.INBOX, quarantine=True, rows=1), "could not be read"),
    ("confirm", Situation(Place.INBOX, number="PO1", process_status="Completed", rows=1), "PO1 is completed"),
    ("confirm", Situation(Place.INBOX, number="PO1", process_status="Issued", rows=1), None),
    ("confirm", Situation(Place.INBOX, number="PO1", process_status="Completed", rows=1, marked=2), None),
    (
        "reject",
        Situation(Place.ORDER, number="line 10", process_status="Confirmed", refusals=(("reject", "no"),)),
        "no",
    ),
    ("withdraw", Situation(Place.INBOX, number="PO1", process_status="Issued"), "waits for the buyer"),
    ("undo", Situation(Place.INBOX, number="PO1", sending="sent"), None),
    ("undo", Situation(Place.INBOX, number="PO1", sending="sending"), "on its way just now"),
    ("edit", Situation(Place.ORDER, number="line 10", process_status="Rejected"), "is rejected"),
    ("details", Situation(Place.ORDER, number="line 10", refusals=(("details", "no details"),)), "no details"),
    ("as-suggested", Situation(Place.ORDER, number="line 10"), "the rules suggest no answer"),
    ("as-suggested", Situation(Place.INBOX, number="PO1"), "enter opens the order"),
    ("as-suggested", Situation(Place.ORDER, number="line 10", suggested=True), None),
    ("add-delivery", Situation(Place.TERMS, number="PO1"), "takes no other number of deliveries"),
    ("send", Situation(Place.TERMS, number="PO1", busy=True), "it is being saved"),
    ("set-right", Situation(Place.SETTING_RIGHT, number="line 10"), "nothing is chosen"),
    ("choose", Situation(Place.SETTING_RIGHT, number="line 10", choosable=False), "nothing to send for it"),
    ("undo", Situation(Place.INBOX, number="PO1", process_status="Issued"), "nothing has been decided"),
    ("undo", Situation(Place.INBOX, number="PO1", process_status="Confirmed"), None),
    ("undo", Situation(Place.INBOX, number="PO1", sending="held"), None),
    ("undo", Situation(Place.SUMMARY), "nothing has been done yet"),
    ("undo", Situation(Place.SUMMARY, finished=True, undoable=3), None),
    ("go", Situation(Place.SUMMARY, busy=True), "it is running"),
    ("mark", Situation(Place.INBOX, quarantine=True, rows=2), "documents can't be marked"),
    ("open", Situation(Place.INBOX, quarantine=True, rows=2), None),
]


@pytest.mark.parametrize(("action", "now", "reason"), GUARDED)
def test_a_guard_says_why_not(action: str, now: Situation, reason: str | None) -> None:
    told = named(action).why_not(now)
    if reason is None:
        assert told is None
    else:
        assert told is not None
        assert reason in told
