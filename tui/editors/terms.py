"""Other terms for a line: when how much comes, at what price, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace

from textual.widgets import Input

from core.decisions import Act, LineDecision
from core.formats import Carries
from core.model import Prices, ScheduledDelivery, plain
from core.pending import Step
from core.profile import LineFields, Profile
from core.store.rows import Loaded
from tui.actions import Place, Situation
from tui.desk_screen import bindings
from tui.display import display
from tui.drafted import line_word
from tui.editors import terms_form
from tui.editors.besides import besides_alone
from tui.editors.form import Row
from tui.editors.line_editor import LineEditor
from tui.editors.opened import Opened
from tui.words import day, price, price_unit, quantity


class TermsEditor(LineEditor):
    PLACE = Place.TERMS
    BINDINGS = bindings(Place.TERMS)
    TITLE_WORDS = "Other terms"
    ACTION = "propose"
    PREFIX = "terms."

    def __init__(self, found: Opened, profile: Profile | None, carries: Carries | None) -> None:
        """`profile` and `carries`: only what platform and format take is offered."""
        super().__init__(found)
        may = profile.may_change if profile is not None else frozenset(LineFields)
        self.splits = LineFields.SPLIT in may and (carries is None or carries.splits)
        self.prices = LineFields.PRICE in may and (carries is None or carries.prices)
        self.gross = self.prices and (carries is None or carries.gross_prices)
        self.reasons = carries is None or carries.reasons

    def is_mine(self, drafted: LineDecision) -> bool:
        return drafted.act is Act.PROPOSE and drafted.terms is not None

    wrote = is_mine

    def form_of(self, drafted: LineDecision | None) -> dict[str, str]:
        if drafted is not None and self.is_mine(drafted):
            return terms_form.form_of(self._basis().terms, drafted.reason)
        ours = self.line.proposed
        return terms_form.form_of(ours or terms_form.standing(self.line).terms, self.line.reason if ours else None)

    def _basis(self) -> terms_form.Standing:
        return terms_form.basis(self.line, self.found.drafted)

    def rows_of(self, form: Mapping[str, str]) -> Iterator[Row]:
        for nth in range(1, terms_form.deliveries_in(form) + 1):
            yield self._delivery(nth, form)
        if self.prices:
            prices = terms_form.standing(self.line).terms.prices or Prices()
            net = price(prices.net) if prices.net is not None else ""
            yield Row("net price", {"net": form.get("net", "")}, short=True, beside=_stands(net))
            if self.gross:
                gross = price(prices.gross) if prices.gross is not None else ""
                if gross and prices.discount_percentage is not None:
                    gross += f" less {plain(prices.discount_percentage)} %"
                fields = {"gross": form.get("gross", ""), "discount": form.get("discount", "")}
                yield Row("or gross, discount %", fields, short=True, beside=_stands(gross))
            per = price_unit(prices).removeprefix("per ") if net or prices.gross is not None else ""
            yield Row("price holds for", {"per": form.get("per", "")}, short=True, beside=_stands(per))
        if self.reasons:
            yield Row("reason, for the buyer", {"reason": form.get("reason", "")})

    def _delivery(self, nth: int, form: Mapping[str, str]) -> Row:
        planned = self._planned(nth)
        fields = {f"{nth}.{part}": form.get(f"{nth}.{part}", "") for part in ("date", "quantity")}
        if planned is None:
            return Row(f"delivery {nth} (ours)", fields, short=True, beside="empty: taken away again")
        position = f" [{display(planned.position, 10)}]" if planned.position else ""
        return Row(f"delivery {nth}{position}", fields, short=True, beside=self._as_planned(planned))

    def _planned(self, nth: int) -> ScheduledDelivery | None:
        return terms_form.planned(terms_form.standing(self.line), self._basis(), nth)

    def _as_planned(self, planned: ScheduledDelivery) -> str:
        return f"{self._whose()} {day(planned.date)} {quantity(planned.quantity)}"

    def _whose(self) -> str:
        """On whose word the terms stand that an answer changes."""
        line = self.line
        if not terms_form.standing(line).agreed:
            return "requested"
        there = self.loaded.record.platform.line(line.position)
        if there is None or not terms_form.standing(there).agreed or there.confirmed != line.confirmed:
            return "ours, not left:"
        return "agreed, our prediction:" if line.predicted else "agreed"

    def take_over(self, found: Loaded) -> None:
        super().take_over(found)
        rows = {name: row for row in self.query(Row) for name in row.names}
        for nth in range(1, terms_form.deliveries_in(self.form()) + 1):
            if (planned := self._planned(nth)) is not None:
                rows[f"{nth}.date"].say_beside(self._as_planned(planned))

    def situation(self) -> Situation:
        return replace(super().situation(), splits=self.splits)

    def decided(self, form: Mapping[str, str]) -> LineDecision:
        return terms_form.decided(form, self.order, self.line, self.found.drafted)

    def unshown(self, drafted: LineDecision) -> LineDecision:
        return besides_alone(drafted)

    def leaves(self, decided: LineDecision) -> LineDecision:
        return decided

    def stays(self, decided: LineDecision) -> LineDecision | None:
        return None

    def told(self, drafted: LineDecision) -> str | None:
        if self.is_mine(drafted) or drafted.act is Act.DETAILS:
            return None
        return f"Your unsent answer ({line_word(drafted)}) gives way to what you type here."

    def leads_to(self, step: Step) -> str:
        return super().leads_to(step) + self._past(self.decided(self.typed))

    def _past(self, said: LineDecision) -> str:
        """A slip that every platform takes: a day that is over."""
        today = self.desk.clock().astimezone(self.desk.zone).date()
        schedule = said.terms.delivery_schedule if said.terms is not None else ()
        stand = {planned.date for planned in terms_form.standing(self.line).terms.delivery_schedule}
        past = [one.date for one in schedule if isinstance(one.date, dt.date) and one.date < today]
        past = [date for date in past if date not in stand]
        return f"; look: {', '.join(day(date) for date in past)} is past" if past else ""

    async def do_add_delivery(self) -> None:
        form = self.form()
        nth = terms_form.deliveries_in(form) + 1
        row = self._delivery(nth, {})
        before = self.query(Row)
        await self.fields.mount(row, after=before[nth - 2] if nth > 1 else None, before=before[0] if nth == 1 else None)
        self.set_focus(row.query(Input).first())  # the next key is typed there


def _stands(value: str) -> str:
    """`value` is fit to be shown."""
    return f"stands at {value}" if value else ""
