"""How much of an order is packed, or shipped and by whom. It can't be taken back: the form is the asking."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Final

from core.decisions import Decision, Despatch, Stage
from core.model import plain
from core.orderbook import Changed, OrderBook
from core.pending import Step
from core.store.rows import Loaded
from tui.acting import STAGES
from tui.actions import Place
from tui.desk_screen import bindings
from tui.display import display
from tui.editors.form import FormScreen, Row
from tui.editors.goods_form import MOST_LINES, SHIPMENT_FIELDS, all_of, left_of, moved, shipment
from tui.words import LOGISTICS, counted

_TITLES: Final = {"pack": "Packed, ready to ship", "ship": "Shipped"}

_MOST_NAMED: Final = 4


class GoodsForm(FormScreen):
    PLACE = Place.GOODS
    BINDINGS = bindings(Place.GOODS)
    ENTER = "tell"

    def __init__(self, loaded: Loaded, action: str, positions: Collection[str] = ()) -> None:
        """`action`: pack or ship; `positions`: the lines that are meant, else all that is agreed."""
        super().__init__(loaded)
        self.ACTION = action
        self.stage: Stage = STAGES[action]
        self.left = left_of(self.order, self.stage, positions)
        self.without = [position for position in positions if position not in {one.line.position for one in self.left}]
        self.each = len(self.left) <= MOST_LINES

    def heading(self) -> str:
        return f"{_TITLES[self.ACTION]}: order {display(self.order.key.number, 60)}"

    def notices(self) -> list[str]:
        lines = []
        if self.without:
            named = ", ".join(display(position, 20) for position in self.without[:10])
            lines.append(f"Of what is marked, nothing agreed is left of: {named}{', …' * (len(self.without) > 10)}")
        if not self.each:
            lines.append(f"All that is left of {counted(len(self.left), 'line')}; mark fewer to say how much of each.")
        return lines

    def first_rows(self) -> Iterator[Row]:
        if self.each:
            for nth, one in enumerate(self.left):
                item = one.line.content.item
                unit = display(item.unit or "", 12)
                name = display(item.name or item.number or "", 60)
                left = (
                    "agreed quantity not known" if one.quantity is None else f"of {plain(one.quantity)} {unit}".rstrip()
                )
                prefilled = "" if one.quantity is None else plain(one.quantity)
                label = f"line {display(one.line.position, 16)}"
                yield Row(label, {str(nth): prefilled}, short=True, beside=f"{left}  {name}")
        if self.stage is Stage.SHIPPED:
            for name, label in SHIPMENT_FIELDS.items():
                yield Row(label, {name: ""})

    def entry(self) -> Despatch:
        form = self.form()
        lines = moved(form, self.left) if self.each else all_of(self.left)
        return Despatch(
            id=self.desk.new_id(), at=self.desk.clock(), stage=self.stage, lines=lines, shipment=shipment(form)
        )

    def leads_to(self, step: Step) -> str:
        moved = [line for line in step.record.order.lines if self._is_moved(line.position)]
        each = [f"line {display(line.position, 16)} {LOGISTICS[line.logistics_status]}" for line in moved[:_MOST_NAMED]]
        more = ["…"] if len(moved) > _MOST_NAMED else []
        notes = "".join(f"; {display(note, 200)}" for note in step.notes)
        told = "" if step.notes else "; the buyer is told, and that can't be taken back"
        return f"Leads to: {', '.join(each + more)}{told}{notes}"

    def _is_moved(self, position: str) -> bool:
        typed = self.typed
        return any(
            one.line.position == position and (not self.each or typed.get(str(nth), "").strip())
            for nth, one in enumerate(self.left)
        )

    def saving(self, entry: Decision | Despatch, first: Callable[[OrderBook], None]) -> Callable[[OrderBook], Changed]:
        loaded, actor = self.loaded, self.desk.actor

        def change(book: OrderBook) -> Changed:
            first(book)
            return book.change(loaded.id, entry, actor, expected_revision=loaded.revision)

        return change

    def do_tell(self) -> None:
        self.do_send()
