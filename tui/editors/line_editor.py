"""An editor of what we say to one line. What was typed is never lost.

While it is typed it is kept as the operator's draft of the line, so that a dropped link, or leaving, loses nothing; the next
time the editor opens with it. Sending is a decision like any other, against the revision that the operator has before them.

A line has one draft, and two editors: what the one has no field for stays in the draft as it is, and a word on the line
leaves only by the editor that shows it.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from textual.timer import Timer
from textual.widgets import Input

from core.decisions import Act, Decision, Despatch, LineDecision
from core.drafting import NoSuchDraft
from core.orderbook import Changed, OrderBook
from core.pending import Step
from core.store import StoreDamaged
from core.store.rows import Loaded
from tui.acting import REFUSED
from tui.desk_screen import leave
from tui.display import display
from tui.editors.besides import in_words, says_besides
from tui.editors.form import FormScreen, Row
from tui.editors.form_fields import FieldNotUnderstood, as_shown, untyped
from tui.editors.opened import Opened
from tui.words import IN_PROGRESS, PROCESS

_KEEP_DELAY: Final = 1.0

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Written:
    """What the operator's draft keeps of the line."""

    answer: LineDecision | None
    """None: half typed, or nothing."""
    typed: Form
    """Raw fields of what is half typed."""
    anew: bool = False
    """Nothing of the answer from before is kept."""


class LineEditor(FormScreen):
    LEAVING = "It is kept as your draft: leave (esc), read the order again (r), and open this again."
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
        """The whole answer to the line, with what the draft says that no field shows. Raises FieldNotUnderstood."""

    @abstractmethod
    def is_mine(self, drafted: LineDecision) -> bool:
        """Whether the word of an answer is one that this editor writes."""

    @abstractmethod
    def wrote(self, drafted: LineDecision) -> bool:
        """Whether the fields show something of an answer."""

    @abstractmethod
    def unshown(self, drafted: LineDecision) -> LineDecision:
        """What an answer says that no field shows; details, where that is no word."""

    @abstractmethod
    def leaves(self, decided: LineDecision) -> LineDecision:
        """What of a whole answer this editor sends."""

    @abstractmethod
    def stays(self, decided: LineDecision) -> LineDecision | None:
        """What of it is a draft afterwards."""

    @abstractmethod
    def told(self, drafted: LineDecision) -> str | None:
        """What becomes of a drafted answer whose word is another editor's, fit to be shown."""

    def take_over(self, found: Loaded) -> None:
        super().take_over(found)
        line = self.order.line(self.line.position)
        assert line is not None  # else it were another order to the eye
        self.line = line
        self.found = replace(self.found, loaded=found, line=line)

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
        # A field that isn't offered here says nothing.
        self._kept = self.form()
        self._stands = {name: as_shown(text) for name, text in self._stands.items() if name in self._kept}

    def notices(self) -> list[str]:
        found, lines = self.found, []
        if self._has_draft:
            lines.append("This is what you typed before and have not sent; ctrl+r puts the fields as the line stands.")
        if found.drafted is not None and (told := self.told(found.drafted)) is not None:
            lines.append(told)
        if more := self._more():
            lines.append(f"Your unsent answer also has {more}; that stays as it is and leaves with what you send here.")
        if found.difference is not None:
            lines.append(display(found.difference, 400))
        if found.trouble is not None:
            lines.append(f"No draft can be kept: {display(found.trouble, 300)}")
        return lines

    def _more(self) -> str:
        """What leaves with an answer from here, and no field shows."""
        drafted = self.found.drafted
        if drafted is None:
            return ""
        return in_words(self.unshown(drafted), self.found.of_the_order if self.stays(drafted) is None else {})

    def untouched(self) -> str | None:
        drafted = self.found.drafted
        if self.form() != self._stands or (drafted is not None and self._says_so(drafted)):
            return None
        return "Nothing is changed yet."

    def _says_so(self, drafted: LineDecision) -> bool:
        """Whether the fields say no more than the line's, and are a drafted answer's all the same."""
        return self.is_mine(drafted) and all(
            untyped(self._stands, name, text) for name, text in self.form_of(drafted).items()
        )

    def entry(self) -> Decision:
        return self._entry(self.decided(self.form()))

    def _entry(self, whole: LineDecision) -> Decision:
        of_the_order = self.found.of_the_order if self.stays(whole) is None else {}
        lines = (self.leaves(whole),)
        return Decision(id=self.desk.new_id(), at=self.desk.clock(), lines=lines, **of_the_order)

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
        written, had = self._written(form), self._has_draft
        self._kept, self._has_draft = form, form != self._stands
        if not self._has_draft and not had:
            return None
        return self.desk.writing.ask(self._saving_draft(written))

    def _written(self, form: Form) -> _Written:
        others = self._others()
        if form == self._stands:
            rest = self.unshown(self.found.drafted) if self.found.drafted is not None else None
            bare = rest is None or (rest.act is Act.DETAILS and not says_besides(rest) and not self.found.of_the_order)
            return _Written(None if bare else rest, others, anew=bare)
        try:
            return _Written(self.decided(form), others)
        except FieldNotUnderstood:
            return _Written(None, others | {f"{self.PREFIX}{name}": text for name, text in form.items()})

    def _others(self) -> dict[str, str]:
        """The raw fields of what is half typed in the line's other editor."""
        return {name: text for name, text in self.found.typed.items() if not name.startswith(self.PREFIX)}

    def _saving_draft(self, written: _Written) -> Callable[[OrderBook], None]:
        actor, loaded, position, answer = self.desk.actor, self.loaded, self.line.position, written.answer
        new_id, at = self.desk.new_id(), self.desk.clock()
        decision = Decision(id=new_id, at=at, lines=(answer,)) if answer is not None else None
        # A word that nobody looked at here stays bound to the line as it was looked at.
        drafted = self.found.drafted
        unseen = (answer is not None and not self.is_mine(answer)) or (drafted is not None and self.stays(drafted))

        def save(book: OrderBook) -> None:
            if written.anew:
                with suppress(NoSuchDraft):  # thrown away elsewhere meanwhile
                    book.discard_draft(loaded.id, actor, (position,))
            if decision is not None or written.typed:
                bound = (position,) if unseen else ()
                form = {position: written.typed}
                book.save_draft(loaded.id, decision, actor, loaded.revision, form=form, as_bound=bound)

        return save

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

    def saving(self, entry: Decision | Despatch, first: Callable[[OrderBook], None]) -> Callable[[OrderBook], Changed]:
        assert isinstance(entry, Decision)
        actor, loaded = self.desk.actor, self.loaded
        whole = self.decided(self.typed)
        left = self.stays(whole)
        keep = self._saving_draft(_Written(whole, self._others()))
        after = self._saving_draft(_Written(left, self._others(), anew=left is None))
        self._kept, self._has_draft = dict(self.typed), True

        def change(book: OrderBook) -> Changed:
            with suppress(StoreDamaged):
                keep(book)  # before all, so that an answer that is refused is not typed for nothing
            first(book)
            changed = book.change(loaded.id, entry, actor, expected_revision=loaded.revision)
            with suppress(StoreDamaged):
                after(book)
            return changed

        return change

    def do_reset(self) -> None:
        """The fields as the line stands; what was kept of them goes when the operator leaves."""
        for one in self.query(Input):
            one.value = self._stands.get(one.name or "", "")

    def do_keep(self) -> None:
        """Leave; what was typed is the operator's draft."""
        keeping, has_draft = self._kept_now(), self._has_draft or self._written(self.typed).answer is not None
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
