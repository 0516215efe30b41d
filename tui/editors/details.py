"""Item details of a line, our own numbers for it, and a note: facts beside whatever is agreed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.decisions import Act, LineDecision
from tui.actions import Place
from tui.desk_screen import bindings
from tui.drafted import line_word
from tui.editors import details_form
from tui.editors.besides import besides_alone, word_alone
from tui.editors.form import Row
from tui.editors.line_editor import LineEditor


class DetailsEditor(LineEditor):
    """Of an unsent answer that has a word on the line it writes what stands besides, and leaves the word a draft."""

    PLACE = Place.DETAILS
    BINDINGS = bindings(Place.DETAILS)
    TITLE_WORDS = "Item details"
    ACTION = "details"
    PREFIX = "details."

    def is_mine(self, drafted: LineDecision) -> bool:
        return drafted.act is Act.DETAILS

    def wrote(self, drafted: LineDecision) -> bool:
        return self.is_mine(drafted) or drafted != details_form.unshown(drafted)

    def form_of(self, drafted: LineDecision | None) -> dict[str, str]:
        return details_form.form_of(self.line, drafted)

    def rows_of(self, form: Mapping[str, str]) -> Iterator[Row]:
        for name, label in details_form.FIELDS.items():
            yield Row(label, {name: form.get(name, "")})

    def decided(self, form: Mapping[str, str]) -> LineDecision:
        return details_form.decided(form, self.line, self.found.drafted)

    def unshown(self, drafted: LineDecision) -> LineDecision:
        return details_form.unshown(drafted)

    def leaves(self, decided: LineDecision) -> LineDecision:
        return besides_alone(decided)

    def stays(self, decided: LineDecision) -> LineDecision | None:
        return None if self.is_mine(decided) else word_alone(decided)

    def told(self, drafted: LineDecision) -> str | None:
        if self.is_mine(drafted):
            return None
        return f"Your unsent answer ({line_word(drafted)}) stays a draft; what you send here leaves without it."
