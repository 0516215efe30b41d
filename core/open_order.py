"""An order as it stands in a batch: as it was read, as it is after the inputs so far, and what is to be written of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.model import OrderKey
from core.pending import Input, Record
from core.store.history import Snapshot
from core.store.log import Entry
from core.store.outbox import Queued
from core.taken_back import OnDrafts


@dataclass(slots=True)
class OpenOrder:
    """An order as it stands in the batch."""

    snapshot: Snapshot | None
    key: OrderKey
    revision: int
    before: Record | None
    record: Record | None
    last_document: int | None
    last_sha256: str | None
    entries: list[Entry] = field(default_factory=list)
    supersede: bool = False
    said: tuple[Input, str] | None = None
    """The last input, and its JSON: most often it is what is pending."""
    written: tuple[Record, str] | None = None
    """A record in which nothing is pending, and its JSON."""
    files: frozenset[str] = frozenset()
    """With `supersede`: those (sha256) that the answer in the old one's place waits for."""
    messages: list[Queued] = field(default_factory=list)
    overtaken: list[tuple[str, str]] = field(default_factory=list)
    on_drafts: OnDrafts = field(default_factory=OnDrafts)

    def copy(self) -> OpenOrder:
        return replace(
            self,
            entries=list(self.entries),
            messages=list(self.messages),
            overtaken=list(self.overtaken),
            on_drafts=self.on_drafts.copy(),
        )

    @property
    def body(self) -> str:
        """The record as JSON. The state under an answer that was laid over it is taken over as it stands written."""
        record = self.record
        assert record is not None
        if self.written is None or not _alike_but_pending(record, self.written[0]):
            return record.to_json()
        text = self.written[1]
        if record.pending is None or record.shown is None:
            return text
        pending = self.said[1] if self.said is not None and self.said[0] is record.pending else record.pending.to_json()
        return f'{text[:-1]},"pending":{pending},"shown":{record.shown.to_json()}}}'


def _alike_but_pending(one: Record, other: Record) -> bool:
    return one.platform is other.platform and one.in_flight is other.in_flight and one.doubts is other.doubts
