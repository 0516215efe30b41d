"""Everything that a person can do at the desk, written down once.

The keys, the key bar, the palette and the help screen are all made from this list, and a guard says why an action is not
possible just now, so that a key never does nothing in silence. Imports no screen library: the manual is made from it too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Place(Enum):
    """Where a person is."""

    INBOX = "inbox"
    ORDER = "order"
    TEXT = "text"
    """Something to read: timeline, preview, help, results."""
    DIFFERENCES = "differences"
    """Lines on which a buyer's change met an answer of ours."""
    SUMMARY = "summary"
    """Before many are answered at once."""
    SETTING_RIGHT = "setting right"
    """What would set right an answer that has left."""
    TERMS = "terms"
    """Fields of other terms for a line; letters are typed there."""
    DETAILS = "details"
    """Fields of a line's item details, our numbers and a note."""
    GOODS = "goods"
    """Fields of how much is packed, or shipped."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What a guard may look at: where the cursor is and what is marked."""

    place: Place
    number: str | None = None
    """The order that the cursor is on, fit to be shown."""
    process_status: str = ""
    sending: str = "nothing"
    marked: int = 0
    rows: int = 0
    quarantine: bool = False
    """The list holds documents that could not be read, not orders."""
    busy: bool = False
    """A job is running."""
    finished: bool = False
    """…and this one is done."""
    undoable: int = 0
    """Orders that the job before this answered, and that can be taken back together; lines, among the differences."""
    differing: int = 0
    """Lines on which a buyer's change met an answer of ours."""
    drafted: bool = False
    """The operator has an unsent answer to the line that the cursor is on."""
    undelivered: int = 0
    """Messages of the order that did not get through, or may not have."""
    unsent_goods: int = 0
    """…those that tell of goods."""
    suggested: bool = False
    """The rules suggest an answer, and it is shown."""
    ruled: bool = True
    """The rules may suggest answers to the orders of some buyer."""
    choosable: bool = True
    """Something can be sent for the line that the cursor is on."""
    splits: bool = False
    """A line can have another number of deliveries than the buyer asks."""
    refusals: tuple[tuple[str, str], ...] = ()
    """By action id: why the order's rules refuse it, where somebody has tried."""


Guard = Callable[[Situation], str | None]
"""Why an action is not possible, as a sentence for the operator; None when it is."""

_CLOSED: Final = {"Rejected": "rejected", "Completed": "completed", "Cancelled": "cancelled"}


def _always(_: Situation) -> str | None:
    return None


def _on_an_order(now: Situation) -> str | None:
    if now.quarantine:
        return "a document that could not be read is no order yet"
    return None if now.number else "there is no order here"


def _on_anything(now: Situation) -> str | None:
    return None if now.rows or now.place is Place.ORDER else "there is nothing here"


def _markable(now: Situation) -> str | None:
    return "documents can't be marked" if now.quarantine else _on_anything(now)


def _refused(action: str) -> Guard:
    def guard(now: Situation) -> str | None:
        return dict(now.refusals).get(action)

    return guard


def _all_of(*guards: Guard) -> Guard:
    def guard(now: Situation) -> str | None:
        return next((reason for reason in (each(now) for each in guards) if reason is not None), None)

    return guard


def _unless_marked(guard: Guard) -> Guard:
    """Marked orders are judged one by one when they are answered; only the one under the cursor is judged before."""
    return lambda now: None if now.marked and not now.quarantine else guard(now)


def _open(now: Situation) -> str | None:
    state = _CLOSED.get(now.process_status)
    besides = " but item details" if now.process_status == "Completed" else ""
    return f"{now.number} is {state}: it takes no answer{besides}" if state else None


def _in_progress(now: Situation) -> str | None:
    if now.process_status != "InProgress":
        return f"{now.number}: no proposal or request of ours waits for the buyer"
    return None


def _differing(now: Situation) -> str | None:
    return None if now.differing else "no answer of ours was met by a change of the buyer's"


def _drafted(now: Situation) -> str | None:
    return None if now.drafted else f"you have no unsent answer to {now.number}"


def _undelivered(now: Situation) -> str | None:
    return None if now.undelivered else "every message of it got through, or is on its way"


def _unsent_goods(now: Situation) -> str | None:
    return (
        None if now.unsent_goods else "no despatch advice of it failed; an answer is taken back with u, or given again"
    )


def _suggested(now: Situation) -> str | None:
    if now.suggested:
        return None
    if now.place is Place.INBOX and not now.ruled:
        return 'the rules may suggest nothing: no connection in podesk.toml has rules = "suggest"'
    if now.place is Place.INBOX and now.marked and not now.quarantine:
        return None  # they are asked of each before it is answered
    if now.place is Place.INBOX:
        return (
            f"no rule's answer to {now.number} is shown here; enter opens the order"
            if now.number
            else _on_an_order(now)
        )
    return "the rules suggest no answer to it"


def _not_busy(now: Situation) -> str | None:
    return "it is running; q stops it" if now.busy else None


def _not_sending(now: Situation) -> str | None:
    return "it is being saved" if now.busy else None


def _chosen(now: Situation) -> str | None:
    return _not_sending(now) or (None if now.marked else "nothing is chosen that could be sent")


def _choosable(now: Situation) -> str | None:
    return None if now.choosable else f"{now.number}: there is nothing to send for it"


def _splits(now: Situation) -> str | None:
    return None if now.splits else "the buyer's platform takes no other number of deliveries"


def _together(now: Situation) -> str | None:
    """Whether `u` has something to take back after a job."""
    if now.busy or not now.finished:
        return "nothing has been done yet"
    return None if now.undoable else "nothing was done that could be taken back"


def _undoable(now: Situation) -> str | None:
    if now.place is Place.SUMMARY:
        return _together(now)
    if now.place is Place.DIFFERENCES:
        return None if now.undoable else "nothing was answered here that could be taken back"
    return None if now.marked and not now.quarantine else (_on_an_order(now) or _not_left(now))


def _not_left(now: Situation) -> str | None:
    # Any other state may be an answer of ours that the platform has taken up: what sets that right is looked up.
    if now.sending == "nothing" and now.process_status in ("Issued", "Cancelled"):
        return f"{now.number}: nothing has been decided that could be taken back"
    return f"{now.number}: the answer is on its way just now" if now.sending == "sending" else None


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do. `keys` are as Textual names them; the first is the one shown."""

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    places: frozenset[Place]
    guard: Guard = _always
    bulk: bool = False
    """Acts on all that is marked, seen or not."""
    dangerous: bool = False
    """Can't be taken back, so it is asked for once more."""
    shown: bool = True
    """In the key bar, as far as there is room."""

    def why_not(self, now: Situation) -> str | None:
        return self.guard(now)


_LISTS = frozenset({Place.INBOX, Place.ORDER})
_ALL = frozenset(Place)
_ORDER = frozenset({Place.ORDER})
_DIFFERENCES = frozenset({Place.DIFFERENCES})
_INBOX = frozenset({Place.INBOX})
_SUMMARY = frozenset({Place.SUMMARY})
_READING = frozenset({Place.INBOX, Place.ORDER, Place.TEXT, Place.DIFFERENCES, Place.SETTING_RIGHT})
_SETTING_RIGHT = frozenset({Place.SETTING_RIGHT})
_TERMS = frozenset({Place.TERMS})
_GOODS = frozenset({Place.GOODS})
_EDITORS = _TERMS | {Place.DETAILS}
_FORMS = _EDITORS | _GOODS
_KEYS = _ALL - _FORMS
"""Where a letter is a key; in a form it is typed."""

ACTIONS: Final = (
    Action(
        "open",
        ("enter",),
        "open",
        "Open the order, or what there is to read; on an order: read all that is known of the line.",
        _LISTS,
        _on_anything,
    ),
    Action("go", ("enter",), "go", "Answer all of them; afterwards: open the order.", _SUMMARY, _not_busy),
    Action(
        "confirm",
        ("c",),
        "confirm",
        "Agree: accept as requested, approve what the buyer asks, reconfirm.",
        _LISTS | _DIFFERENCES,
        _unless_marked(_all_of(_on_an_order, _open, _refused("confirm"))),
        bulk=True,
    ),
    Action(
        "reject",
        ("x",),
        "reject",
        "Reject with a reason, or refuse what the buyer asks.",
        _LISTS | _DIFFERENCES,
        _unless_marked(_all_of(_on_an_order, _open, _refused("reject"))),
        bulk=True,
    ),
    Action(
        "withdraw",
        ("w",),
        "withdraw",
        "Take back our proposal or request that waits for the buyer.",
        _LISTS,
        _unless_marked(_all_of(_on_an_order, _in_progress, _refused("withdraw"))),
        bulk=True,
    ),
    Action(
        "undo",
        ("u",),
        "undo",
        "Take back what has not left yet; of what has, see what sets it right.",
        _LISTS | _SUMMARY | _DIFFERENCES,
        _undoable,
        bulk=True,
    ),
    Action(
        "edit",
        ("e",),
        "terms",
        "Other terms for the line: deliveries, quantities, price. From the inbox: open the order.",
        _LISTS,
        _all_of(_on_an_order, _open, _refused("edit")),
    ),
    Action(
        "details",
        ("i",),
        "details",
        "Item details of the line, our own numbers and notes. From the inbox: open the order.",
        _LISTS,
        _all_of(_on_an_order, _refused("details")),
    ),
    Action(
        "pack",
        ("p",),
        "pack",
        "Goods are packed and ready to ship: all that is agreed, or what is marked.",
        _LISTS,
        _unless_marked(_all_of(_on_an_order, _refused("pack"))),
        bulk=True,
        dangerous=True,
    ),
    Action(
        "ship",
        ("s",),
        "ship",
        "Goods have left, in full or in part: all that is agreed, or what is marked.",
        _LISTS,
        _unless_marked(_all_of(_on_an_order, _refused("ship"))),
        bulk=True,
        dangerous=True,
    ),
    Action(
        "set-right", ("enter",), "send", "Send what sets it right, for all that is chosen.", _SETTING_RIGHT, _chosen
    ),
    Action("choose", ("space",), "choose", "Choose the line or leave it out.", _SETTING_RIGHT, _choosable),
    Action(
        "send", ("enter",), "send", "Send it; it is held for a while, and undo takes it back.", _EDITORS, _not_sending
    ),
    Action("tell", ("enter",), "go", "Say so to the buyer; that can't be taken back.", _GOODS, _not_sending),
    Action("add-delivery", ("ctrl+n",), "split", "One more delivery; an empty one is none.", _TERMS, _splits),
    Action("reset", ("ctrl+r",), "start over", "Put the fields as the line stands.", _EDITORS),
    Action(
        "send-ours",
        ("o",),
        "send ours",
        "Send our unsent answer as it was written, to the line as it is now.",
        _DIFFERENCES,
        _all_of(_on_an_order, _drafted),
    ),
    Action(
        "discard-ours",
        ("delete",),
        "discard ours",
        "Throw our unsent answer to the line away; asked for once more.",
        _DIFFERENCES,
        _all_of(_on_an_order, _drafted),
        dangerous=True,
    ),
    Action(
        "as-suggested",
        ("a",),
        "as suggested",
        "Answer as the rules suggest; it is your decision then, and names the rule.",
        _LISTS,
        _all_of(_unless_marked(_on_an_order), _suggested),
        bulk=True,
    ),
    Action("mark", ("space",), "mark", "Mark or unmark, and go to the next.", _LISTS, _markable),
    Action("mark-all", ("*",), "all", "Mark all in the view, seen or not; again: unmark them.", _LISTS, _markable),
    Action(
        "preview", ("v",), "preview", "The exact bytes that will leave, and what they lead to.", _LISTS, _on_an_order
    ),
    Action("timeline", ("t",), "timeline", "All that happened to the order.", _LISTS | _DIFFERENCES, _on_an_order),
    Action(
        "differences",
        ("d",),
        "differences",
        "What the buyer changed after our answer: before, now and ours.",
        _ORDER,
        _differing,
    ),
    Action(
        "send-again",
        ("ctrl+r",),
        "send again",
        "Send again what did not get through; asked for once more where its words are old.",
        _ORDER,
        _undelivered,
        shown=False,
    ),
    Action(
        "give-up",
        ("delete",),
        "give up",
        "Give up a despatch advice that did not get through; asked for once more.",
        _ORDER,
        _unsent_goods,
        dangerous=True,
        shown=False,
    ),
    Action("search", ("/",), "search", "Find by order number, buyer or item; escape ends it.", _INBOX),
    Action("next-view", ("tab",), "view", "The next view.", _INBOX),
    Action("previous-view", ("shift+tab",), "view before", "The view before.", _INBOX, shown=False),
    Action(
        "refresh",
        ("r",),
        "refresh",
        "Read the list again: new orders come in, answered ones leave.",
        _LISTS | _DIFFERENCES | _SETTING_RIGHT,
    ),
    Action("down", ("j", "down"), "down", "Down one.", _KEYS, shown=False),
    Action("up", ("k", "up"), "up", "Up one.", _KEYS, shown=False),
    Action("next-field", ("down",), "next", "The next field; tab goes there too.", _FORMS),
    Action("field-before", ("up",), "before", "The field before.", _FORMS, shown=False),
    Action("page-down", ("pagedown", "ctrl+f"), "page down", "Down a page.", _KEYS, shown=False),
    Action("page-up", ("pageup",), "page up", "Up a page.", _KEYS, shown=False),
    Action("first", ("g", "home"), "first", "To the first.", _KEYS, shown=False),
    Action("last", ("G", "end"), "last", "To the last.", _KEYS, shown=False),
    Action("palette", ("ctrl+p",), "palette", "Find an action by its name.", _READING, shown=False),
    Action("help", ("?",), "help", "What the keys do.", _READING),
    Action("suspend", ("ctrl+z",), "suspend", "To the shell; `fg` comes back.", _ALL, shown=False),
    Action("cancel", ("escape",), "cancel", "Back; in the inbox: end the search.", _KEYS, shown=False),
    Action("leave", ("escape",), "leave", "Leave; nothing is said to the buyer.", _GOODS, _not_sending),
    Action("keep", ("escape",), "leave", "Leave; what was typed is kept as your draft.", _EDITORS, _not_sending),
    Action("back", ("q",), "back", "Back; from the inbox: end.", _KEYS),
)
"""In the order in which the key bar shows them."""


def at(place: Place) -> tuple[Action, ...]:
    """The actions that exist at `place`."""
    return tuple(action for action in ACTIONS if place in action.places)


def named(action_id: str) -> Action:
    """The action with that id. Raises KeyError."""
    for action in ACTIONS:
        if action.id == action_id:
            return action
    raise KeyError(action_id)


_SPELT: Final = {"space": "space", "question_mark": "?", "pagedown": "pgdn", "pageup": "pgup", "escape": "esc"}


def spelt(key: str) -> str:
    """A key as people write it."""
    return _SPELT.get(key, key)
