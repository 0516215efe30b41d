"""While all is under way: no line is shown with a stale or a guessed truth as a fact.

A line that is no prediction stands as the newest word said that podesk has heard on it, whatever came after that word and
is older. And from the moment that an answer leaves until the platform says something newer of the line, it is a prediction.
No more was received than the platform ever said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import simplejson

from core.pending import Record
from core.store.rows import OutgoingRow

Tree = dict[str, Any]
_Key = tuple[str, str]
"""Order number and position."""


@dataclass(frozen=True, slots=True)
class _Word:
    version: int
    status: tuple[str, str | None] | None
    """Process and in-progress status; None: the platform left them out."""


class Facts:
    def __init__(self) -> None:
        self._heard: dict[_Key, _Word] = {}
        """The newest word on each line."""
        self._known: dict[str, int] = {}
        """The newest version that was heard of, by order."""
        self._answered: dict[_Key, tuple[int, str]] = {}
        """Of lines whose answers left: the version that was known then, and the message."""
        self._most: dict[_Key, Decimal] = {}
        """How much was received of each line, at most, by what was said."""
        self.checked = 0
        """Lines that were found to be as they were said."""

    def told(self, tree: Tree) -> None:
        """A document of the platform's was taken in."""
        body = tree.get("orderEvent") or tree
        version = body.get("version")
        if version is None:
            return  # Documents that the buyer attached.
        number = body["buyerOrder"]["purchaseOrderNumber"]
        self._known[number] = max(version, self._known.get(number, 0))
        for line in body["lines"]:
            key = number, line["buyerLine"]["position"]
            self._most[key] = max(_came(line), self._most.get(key, Decimal(0)))
            known = self._heard.get(key)
            if known is None or version >= known.version:
                status = line.get("status")
                said = (status["processStatus"], status.get("inProgressStatus")) if status is not None else None
                self._heard[key] = _Word(version, said)
            if key in self._answered and version > self._answered[key][0]:
                del self._answered[key]

    def left(self, row: OutgoingRow, after: Record) -> None:
        """An answer was claimed; `after` is its order from then on. What repeats what stands already predicts nothing."""
        if row.kind != "order_response":
            return
        for answer in simplejson.loads(row.payload)["lines"]:
            line = after.platform.line(answer["purchaseOrderLinePosition"])
            if line is not None and line.predicted:
                self._answered[row.number, line.position] = self._known.get(row.number, 0), row.id

    def came_back(self, outbox_id: str) -> None:
        """It certainly didn't arrive, or nobody waits for it any more."""
        self._answered = {key: left for key, left in self._answered.items() if left[1] != outbox_id}

    def wrong(self, record: Record) -> Iterator[str]:
        """What an order shows as a fact, and is none; and what it shows as said, of which nothing was said yet."""
        number = record.platform.key.number
        for line in record.platform.lines:
            key = number, line.position
            if line.progress.delivered > (most := self._most.get(key, Decimal(0))):
                yield f"line {line.position}: {line.progress.delivered} were received here and {most} there, at most"
            word = self._heard.get(key)
            if word is None or word.status is None:
                continue
            here = line.process_status, line.in_progress_status
            if not line.predicted and key in self._answered:
                yield f"line {line.position} is {_status(*here)} as a fact, though nothing was said of our answer yet"
            elif not line.predicted and here != word.status:
                yield f"line {line.position} is {_status(*here)} as a fact, and {_status(*word.status)} was said last"
            else:
                self.checked += not line.predicted


def _came(line: Tree) -> Decimal:
    """What a line on the wire says of goods that are here: its history, and deliveries of its schedule that aren't in it."""
    history = Counter((one.get("date"), one.get("quantity")) for one in line.get("deliveryHistory", ()))
    schedule = line["deliverySchedule"]
    here = Counter((one.get("date"), one.get("quantity")) for one in schedule if one["status"] == "Delivered")
    return sum((quantity or Decimal(0) for _, quantity in (history | here).elements()), Decimal(0))


def _status(process: str, in_progress: str | None) -> str:
    return process if in_progress is None else f"{process}/{in_progress}"
