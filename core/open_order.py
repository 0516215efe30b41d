"""An order as it stands in a batch: as it was read, as it is after the inputs so far, and what is to be written of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from core.model import OrderKey
from core.pending import Input, Record
from core.store.history import Snapshot
from core.store.log import Entry
from core.store.outbox import Queued
from core.taken_back import OnDrafts

_PLATFORM: Final = '{"platform":'


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
        """The record as JSON. Where only an answer was laid over it, the platform's state is taken over as it was stored."""
        record, before, snapshot = self.record, self.before, self.snapshot
        assert record is not None
        if (
            snapshot is None
            or before is None
            or before.pending is not None
            or record.platform is not before.platform
            or record.in_flight is not before.in_flight
            or record.doubts is not before.doubts
            or record.pending is None
            or record.shown is None
            or not snapshot.body.startswith(_PLATFORM)
        ):
            return record.to_json()
        pending = self.said[1] if self.said is not None and self.said[0] is record.pending else record.pending.to_json()
        return f'{snapshot.body[:-1]},"pending":{pending},"shown":{record.shown.to_json()}}}'
