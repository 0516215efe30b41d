"""An editor of what we say to one line. What was typed is never lost.

While it is typed it is kept as the operator's draft of the line, so that a dropped link, or leaving, loses nothing; the next
time the editor opens with it. Sending is a decision like any other, against the revision that the operator has before them.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from textual.timer import Timer
from textual.widgets import Input

from core.decisions import Decision, Despatch, LineDecision
from core.drafting import NoSuchDraft
from core.drafts import DraftLine
from core.model import OrderLine
from core.orderbook import Changed, OrderBook
from core.pending import Step
from core.store import StoreDamaged
from core.store.rows import Loaded
from tui.acting import REFUSED
from tui.desk_screen import leave
from tui.display import display
from tui.drafted import line_word
from tui.editors.form import FormScreen, Row
from tui.editors.form_fields import FieldNotUnderstood
from tui.words import IN_PROGRESS, PROCESS

_KEEP_DELAY: Final = 1.0

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Opened:
    """A line to be edited: the order as it is, and what the operator has typed or said of it before."""

    loaded: Loaded
    line: OrderLine
    draft: DraftLine | None = None
    drafted: LineDecision | None = None
    difference: str | None = None
    """Why the draft no longer fits the line."""
    trouble: str | None = None
    """Why drafts of the order can't be read."""
    typed: Form = field(default_factory=dict)
    """Raw fields of the draft, of whichever editor."""


def opened(book: OrderBook, loaded: Loaded, position: str, actor: str) -> Opened | None:
    """None where the order has no such line (any more). Raises NoSuchOrder, StoreError."""
    line = loaded.record.order.line(position)
    if line is None:
        return None
    try:
        draft = next((each for each in book.drafts(loaded.id) if each.actor == actor), None)
        bound = draft.line(position) if draft is not None else None
        if draft is None or bound is None:
            return Opened(loaded, line)
        returned = book.recheck(draft, (position,)).returned
    except StoreDamaged as error:
        return Opened(loaded, line, trouble=str(error))
    difference = returned[0].sentence if returned else bound.why
    if difference is None and bound.revision != loaded.revision and draft.decided(position) is None:
        difference = _since(bound, line)
    return Opened(loaded, line, bound, draft.decided(position), difference, typed=bound.form)


def _since(bound: DraftLine, line: OrderLine) -> str | None:
    """What the buyer changed under a half-typed answer, which `recheck` says nothing of."""
    from core.difference import line_differences
    from core.transition.tasks import answers_differ

    if bound.seen is None or not answers_differ(bound.seen, line):
        return None
    what = "; ".join(line_differences(bound.seen, line)) or "in how it is written"
    return f"line {line.position} changed since you typed this: {what}."


class LineEditor(FormScreen):
    PREFIX: str
    """Before the names of the fields in a draft: a line has one draft, and two editors."""
    TITLE_WORDS: str

    def __init__(self, found: Opened) -> None:
        super().__init__(found.loaded)
        self.found = found
        self.line = found.line
        self._stands: Form = {}
        self._kept: Form = {}
        self._has_draft = False
        self._keeping: Timer | None = None
        self._asked_again = False

    # What those say who derive from this

    @abstractmethod
    def form_of(self, drafted: LineDecision | None) -> dict[str, str]:
        """The fields as the line stands, or as a draft decided it."""

    @abstractmethod
    def rows_of(self, form: Form) -> Iterator[Row]: ...

    @abstractmethod
    def decided(self, form: Form) -> LineDecision:
        """Raises FieldNotUnderstood."""

    @abstractmethod
    def wrote(self, drafted: LineDecision) -> bool:
        """Whether a drafted answer is one that this editor writes."""

    # The form

    def heading(self) -> str:
        item = self.line.content.item
        name = " ".join(display(part, 60) for part in (item.number, item.name) if part)
        number, position = display(self.order.key.number, 60), display(self.line.position, 20)
        return f"{self.TITLE_WORDS}: line {position} of {number}  {name}"

    def first_rows(self) -> Iterator[Row]:
        self._stands = self.form_of(None)
        typed = self._typed_before()
        self._has_draft = typed is not None
        self._kept = typed or self._stands
        yield from self.rows_of(self._kept)

    def _typed_before(self) -> dict[str, str] | None:
        """The fields of the operator's draft, where there is one of this editor."""
        typed, length = self.found.typed, len(self.PREFIX)
        if form := {name[length:]: text for name, text in typed.items() if name.startswith(self.PREFIX)}:
            return {**self._stands, **form}
        drafted = self.found.drafted
        return self.form_of(drafted) if drafted is not None and self.wrote(drafted) else None

    def on_mount(self) -> None:
        # What the screen makes of the values (display text) is what later ones are held against.
        self._stands = {name: display(text, 500) for name, text in self._stands.items()}
        self._kept = self.form()

    def notices(self) -> list[str]:
        found, lines = self.found, []
        if self._has_draft:
            lines.append("This is what you typed before and have not sent; ctrl+r puts the fields as the line stands.")
        elif found.drafted is not None:
            lines.append(f"Your unsent answer ({line_word(found.drafted)}) gives way to what you type here.")
        if found.difference is not None:
            lines.append(display(found.difference, 400))
        if found.trouble is not None:
            lines.append(f"No draft can be kept: {display(found.trouble, 300)}")
        return lines

    def untouched(self) -> str | None:
        return "Nothing is changed yet." if self.form() == self._stands else None

    def entry(self) -> Decision:
        return Decision(id=self.desk.new_id(), at=self.desk.clock(), lines=(self.decided(self.form()),))

    def leads_to(self, step: Step) -> str:
        after = step.record.order.line(self.line.position)
        notes = "".join(f"; {display(note, 200)}" for note in step.notes)
        if after is None:
            return notes
        why = f" ({IN_PROGRESS[after.in_progress_status]})" if after.in_progress_status else ""
        changes = "" if step.changes else "; nothing changes by it"
        return f"Leads to: {PROCESS[after.process_status]}{why}{changes}{notes}"

    # Keeping

    def on_input_changed(self, event: Input.Changed) -> None:
        super().on_input_changed(event)
        self._asked_again = False
        if self._keeping is not None:
            self._keeping.stop()
        self._keeping = self.set_timer(_KEEP_DELAY, self._keep)

    async def _keep(self) -> None:
        keeping = self._kept_now()
        if keeping is not None:
            with suppress(*REFUSED):  # told when the operator leaves, or sends
                await keeping

    def _kept_now(self) -> asyncio.Future[None] | None:
        """Keep what stands in the fields, in the writing thread; None where it is kept already."""
        form = dict(self.typed)
        if not form or form == self._kept:
            return None
        desk, loaded, position, had = self.desk, self.loaded, self.line.position, self._has_draft
        as_it_stands = form == self._stands
        others, kept = self._others(), self._fields_kept(form)
        decision = self._decision_or_none(form)
        self._kept, self._has_draft = form, not as_it_stands

        def keep(book: OrderBook) -> None:
            if not as_it_stands:
                book.save_draft(loaded.id, decision, desk.actor, loaded.revision, form={position: kept})
            elif had:
                _give_up(book, loaded, desk.actor, position, others)

        return desk.writing.ask(keep)

    def _decision_or_none(self, form: Form) -> Decision | None:
        """None: half typed."""
        try:
            decided = self.decided(form)
        except FieldNotUnderstood:
            return None
        return Decision(id=self.desk.new_id(), at=self.desk.clock(), lines=(decided,))

    def _others(self) -> dict[str, str]:
        """The raw fields that the draft has of the line's other editor."""
        return {name: text for name, text in self.found.typed.items() if not name.startswith(self.PREFIX)}

    def _fields_kept(self, form: Form) -> dict[str, str]:
        return self._others() | {f"{self.PREFIX}{name}": text for name, text in form.items()}

    def on_unmount(self) -> None:
        # The desk ends with this editor open: its terminal went, say.
        self._kept_now()

    # The end

    def do_send(self) -> None:
        if self.found.difference is not None and not self._asked_again and self.form() == self._kept:
            self._asked_again = True
            self.say("The line changed since you typed this; enter once more sends it to the line as it is now")
            return
        super().do_send()

    def saving(self, entry: Decision | Despatch) -> Callable[[OrderBook], Changed]:
        assert isinstance(entry, Decision)
        actor, loaded, position = self.desk.actor, self.loaded, self.line.position
        others, kept = self._others(), self._fields_kept(self.typed)
        self._kept, self._has_draft = dict(self.typed), True

        def change(book: OrderBook) -> Changed:
            with suppress(StoreDamaged):
                # Kept first, so that an answer that is refused is not typed for nothing.
                book.save_draft(loaded.id, entry, actor, loaded.revision, form={position: kept})
            changed = book.change(loaded.id, entry, actor, expected_revision=loaded.revision)
            with suppress(StoreDamaged):
                _give_up(book, loaded, actor, position, others)
            return changed

        return change

    def do_reset(self) -> None:
        """The fields as the line stands; what was kept of them goes when the operator leaves."""
        for one in self.query(Input):
            one.value = self._stands.get(one.name or "", "")

    def do_keep(self) -> None:
        """Leave; what was typed is the operator's draft."""
        keeping, has_draft = self._kept_now(), self._has_draft
        desk = self.desk

        async def told() -> None:
            try:
                if keeping is not None:
                    await keeping
            except REFUSED as error:
                desk.say(f"Not kept: {error}")
            else:
                desk.say("Kept as your draft; the editor opens with it again" if has_draft else "No draft is kept")

        if keeping is not None or has_draft:
            self.app.run_worker(told())
        self.keeping = keeping
        leave(self)


def _give_up(book: OrderBook, loaded: Loaded, actor: str, position: str, others: Mapping[str, str]) -> None:
    """What the editor kept of the line goes; what the line's other editor kept stays."""
    with suppress(NoSuchDraft):  # thrown away elsewhere meanwhile
        book.discard_draft(loaded.id, actor, (position,))
    if others:
        book.save_draft(loaded.id, None, actor, loaded.revision, form={position: others})
