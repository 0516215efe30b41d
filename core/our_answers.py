"""What became of our answers to some lines of an order, as its log tells it: what left, what was taken back, what was met.

Only what is needed is read: nothing from before our last answers, and of an answer only what it says.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from core.decisions import Act
from core.model import ProcessStatus
from core.store import history
from core.store._sqlite import sqlite3
from core.store.history import Told
from core.transition import Json, Layer

OursIs: TypeAlias = Literal["draft", "held", "queued", "sent", "agreed"]
"""Where an answer of ours was when a buyer's change met it."""

_OF_THE_PLATFORM: Final = frozenset({None, Layer.ORDER.value, Layer.PLATFORM.value})
_SETTLED: Final = frozenset(
    {ProcessStatus.CONFIRMED, ProcessStatus.REJECTED, ProcessStatus.COMPLETED, ProcessStatus.CANCELLED}
)


@dataclass(slots=True)
class Ours:
    """One answer of ours to a line."""

    said: dict[str, Any]
    """A `LineDecision`, as the log has it: only the last one of many is read."""
    actor: str
    met: int | None = None
    """The revision of the buyer's first change of the terms since."""
    before: Json = None
    """What the buyer asked before that: `Terms`, as the log has them."""
    was: OursIs = "sent"
    """Where it was when a change met it."""

    def meets(self, revision: int, before: Json) -> None:
        if self.met is None:
            self.met, self.before = revision, before


@dataclass(slots=True)
class Story:
    """What we said of a line: what left last, and what has not left."""

    sent: Ours | None = None
    unsent: Ours | None = None
    """It leaves, or will."""
    taken_back: Ours | None = None
    """A change came before it left, and nothing of ours has left since."""

    @property
    def met(self) -> Ours | None:
        """Our last word, where it is no answer to what the buyer asks now."""
        return None if self.unsent is not None else self.taken_back or self.sent

    def settled(self) -> None:
        """The buyer closed or agreed: what comes from here meets that."""
        self.taken_back = None
        if self.sent is not None:
            self.sent.met = self.sent.before = None


@dataclass(slots=True)
class _Telling:
    """The log's entries, one by one, as far as they are about our answers to some lines."""

    connection: sqlite3.Connection
    stories: dict[str, Story] = field(default_factory=dict)
    waiting: str | None = None
    """The answer that waits in the outbox."""
    flights: dict[str, dict[str, tuple[Ours, Ours | None]]] = field(default_factory=dict)
    """By message: what it says of each line, and what had been sent of that before."""

    def hear(self, entry: Told) -> None:
        said = entry.input or {}
        match entry.kind:
            case "decided":
                for line in said.get("lines", ()):
                    if line["act"] != Act.DETAILS and line["position"] in self.stories:
                        self.stories[line["position"]].unsent = Ours(line, entry.actor)
            case "undone":
                for position in said.get("positions") or self.stories:
                    if position in self.stories:
                        self.stories[position].unsent = None
            case "departed":
                self._departed(said)
            case "returned":
                self._returned(said.get("outbox", ""))
            case "received":
                self._received(entry)
        if entry.kind in ("decided", "undone", "received", "returned") and entry.queued:
            self.waiting = entry.queued[-1][0]

    def _departed(self, said: dict[str, Any]) -> None:
        if not said.get("answers", True):
            return
        took: dict[str, tuple[Ours, Ours | None]] = {}
        for position, story in self.stories.items():
            if story.unsent is not None:
                took[position] = (story.unsent, story.sent)
                story.sent, story.unsent, story.taken_back = story.unsent, None, None
        self.flights[said.get("outbox", "")] = took
        self.waiting = None

    def _returned(self, outbox_id: str) -> None:
        for position, (ours, earlier) in self.flights.pop(outbox_id, {}).items():
            story = self.stories[position]
            story.sent = earlier
            if ours.met is not None:
                ours.was, story.taken_back = "queued", ours
                if earlier is not None:
                    earlier.meets(ours.met, ours.before)
            elif story.unsent is None:
                story.unsent = ours
        self.waiting = outbox_id

    def _received(self, entry: Told) -> None:
        left: set[str] | None = None
        for change in entry.changes or ():
            layer, story = change.get("layer"), self.stories.get(change.get("line") or "")
            if layer == Layer.PENDING.value:
                left = {line["position"] for line in (change.get("after") or {}).get("lines", ())}
            elif story is not None and layer in _OF_THE_PLATFORM:
                if change["field"] == "process_status" and change["after"] in _SETTLED:
                    story.settled()
                elif change["field"] == "requested":
                    for ours in (story.sent, story.unsent):
                        if ours is not None:
                            ours.meets(entry.revision, change.get("before"))
        if left is None:
            return
        was = self._where(entry.at)
        for position, story in self.stories.items():
            if story.unsent is not None and position not in left:
                story.unsent.was = was
                story.taken_back, story.unsent = story.unsent, None
        self.waiting = None

    def _where(self, at: str) -> OursIs:
        """Where our answer was at that time."""
        if self.waiting is None:
            return "draft"
        row = self.connection.execute("SELECT not_before FROM outbox WHERE id = ?", (self.waiting,)).fetchone()
        return "held" if row is not None and row[0] > at else "queued"


def stories(connection: sqlite3.Connection, order_id: int, positions: Collection[str]) -> dict[str, Story]:
    """By position, what we said of each of the lines. Raises StoreDamaged, and KeyError, TypeError, ValueError for a log
    that says something else than logs do."""
    telling = _Telling(connection, {position: Story() for position in positions})
    start = _start(connection, order_id, positions)
    if start is not None:
        kinds = ("decided", "undone", "departed", "returned")
        for entry in history.told(connection, order_id, after=start - 1, inputs=kinds, changes=("received",)):
            telling.hear(entry)
    return telling.stories


def _start(connection: sqlite3.Connection, order_id: int, positions: Collection[str]) -> int | None:
    """The revision from which the log must be heard: of the last answer to each line or, with an undo, of the first."""
    missing, undone, start = set(positions), False, None
    for entry in history.told(connection, order_id, inputs=("decided",), latest_first=True):
        undone = undone or entry.kind == "undone"
        if entry.kind != "decided" or entry.input is None:
            continue
        named = {line["position"] for line in entry.input.get("lines", ()) if line["act"] != Act.DETAILS}
        if undone or named & missing:
            start = entry.revision
        missing -= named
        if not missing and not undone:
            break
    return start
