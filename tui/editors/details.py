"""Item details of a line, our own numbers for it, and a note: facts beside whatever is agreed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from core.decisions import Act, LineDecision
from tui.actions import Place
from tui.desk_screen import bindings
from tui.editors import details_form
from tui.editors.form import Row
from tui.editors.line_editor import LineEditor


class DetailsEditor(LineEditor):
    PLACE = Place.DETAILS
    BINDINGS = bindings(Place.DETAILS)
    TITLE_WORDS = "Item details"
    ACTION = "details"
    PREFIX = "details."

    def wrote(self, drafted: LineDecision) -> bool:
        return drafted.act is Act.DETAILS

    def form_of(self, drafted: LineDecision | None) -> dict[str, str]:
        if drafted is None:
            return details_form.form_of(self.line)
        ours = self.line.but(
            item_details=drafted.item_details or self.line.item_details,
            sales_order_number=drafted.sales_order_number or self.line.sales_order_number,
            sales_order_position=drafted.sales_order_position or self.line.sales_order_position,
        )
        return {**details_form.form_of(ours), "note": "\n".join(drafted.notes or ())}

    def rows_of(self, form: Mapping[str, str]) -> Iterator[Row]:
        for name, label in details_form.FIELDS.items():
            yield Row(label, {name: form.get(name, "")})

    def decided(self, form: Mapping[str, str]) -> LineDecision:
        return details_form.decided(form, self.line)
