"""Reasons that were typed and not taken: the next question for one begins with it, and the operator's draft has it.

A no that a buyer's change has overtaken, or whose terminal went while it was typed, is an answer that has not left like any
other: it is kept on its lines, as they were seen, where these have no draft yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.batch import unseen
from core.decisions import Act, Decision, LineDecision
from core.drafting import NoSuchDraft
from core.orderbook import OrderBook
from core.store import Store, StoreDamaged
from core.store.queries import load
from tui.acting import REFUSED, Answered
from tui.answers import meant
from tui.reason import ReasonScreen

if TYPE_CHECKING:
    from core.drafts import Draft
    from tui.app import Desk

NO: Final = frozenset({Act.DISAGREE, Act.REJECT, Act.REFUSE})
"""What a draft says of a line that x opens again."""


@dataclass(frozen=True, slots=True)
class About:
    """What a reason is for."""

    order_id: int = 0
    """0: all that is marked."""
    positions: tuple[str, ...] = ()
    """Empty: those that are meant."""
    revision: int = 0
    """Of the order as it was seen."""
    kept: bool = True
    """As a draft too: it is a plain no."""

    @property
    def key(self) -> tuple[int, tuple[str, ...], bool]:
        return self.order_id, self.positions, self.kept


class Reasons:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._last: dict[tuple[int, tuple[str, ...], bool], str] = {}

    def ask(self, what: str, about: About, then: Callable[[str], None], draft: Draft | None = None) -> None:
        """`then` hears the reason, unless the operator thinks better of it. `draft`: the operator's, of that order."""
        before = self._last.get(about.key) or _drafted(draft, about) or self._last.get(About(about.order_id).key, "")
        screen = ReasonScreen(what, before, lambda: self._has_changed(about))

        def asked(reason: str | None) -> None:
            self._last[about.key] = screen.typed
            if reason is not None:
                then(reason)

        def cut_off(typed: str) -> None:
            self._keep(about, typed)

        screen.when_cut_off = cut_off
        self._desk.push_screen(screen, asked)

    async def answered(self, about: About, answered: Answered) -> None:
        """What came of a no with the reason asked for last; done when the draft is as it is then."""
        saved = None
        if answered.taken:
            saved = self.done(about)
        elif answered.conflict is not None and (typed := self._last.get(about.key)):
            saved = self._keep(about, typed)
        if saved is not None:
            await saved

    def done(self, about: About) -> asyncio.Future[None] | None:
        """It was taken."""
        for one in (about, About(about.order_id)):
            self._last.pop(one.key, None)
        if not about.order_id or not about.kept:
            return None
        return self._desk.writing.ask(lambda book: _discard(book, self._desk.actor, about))

    async def _has_changed(self, about: About) -> bool:
        def look(store: Store) -> bool:
            try:
                return bool(unseen(store.connection, about.order_id, about.revision))
            except StoreDamaged:
                return True

        return bool(about.order_id and await self._desk.read(self._desk.reading.ask(look)))

    def _keep(self, about: About, typed: str) -> asyncio.Future[None] | None:
        reason = typed.strip()
        if not about.order_id or not about.kept or not reason:
            return None
        return self._desk.writing.ask(lambda book: _save(book, self._desk.actor, about, reason))


def _drafted(draft: Draft | None, about: About) -> str:
    """The reason of a no that is kept of all those lines."""
    said = [draft.decided(position) for position in about.positions] if draft is not None else []
    reasons = {one.reason if one is not None and one.act in NO else None for one in said}
    return (reasons.pop() or "") if len(reasons) == 1 else ""


def _save(book: OrderBook, actor: str, about: About, reason: str) -> None:
    with suppress(*REFUSED):  # what stands in the memory of the desk is there still
        loaded = load(book.store, about.order_id, book.clock())
        if loaded is None:
            return
        order, draft = loaded.record.order, book.draft_of(about.order_id, actor)
        taken = {
            line.position
            for line in (draft.lines if draft is not None else ())
            if draft is not None and ((said := draft.decided(line.position)) is None or said.act not in NO)
        }
        lines = tuple(
            LineDecision(position=position, act=Act.DISAGREE, reason=reason)
            for position in about.positions or meant(order, Act.DISAGREE)
            if position not in taken and order.line(position) is not None
        )
        if lines:
            decision = Decision(id=book.new_id(), at=book.clock(), lines=lines)
            book.save_draft(about.order_id, decision, actor, about.revision)


def _discard(book: OrderBook, actor: str, about: About) -> None:
    with suppress(*REFUSED):
        draft = book.draft_of(about.order_id, actor)
        if draft is None:
            return
        said = {position: draft.decided(position) for position in about.positions or draft.positions}
        gone = tuple(position for position, one in said.items() if one is not None and one.act in NO)
        if gone:
            with suppress(NoSuchDraft):
                book.discard_draft(about.order_id, actor, gone)
