"""Many orders answered at once: what it will be, one key to go, a result for each.

What will be refused is found by doing: an order's state is its own, and somebody may change it between the summary and the
key. So each order is tried with the revision that the operator marked, those that refuse stay marked, and everything that
was done can be taken back together while it has not left.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core.batch import unseen
from core.decisions import Decision, Despatch, Shipment, Undo
from core.orderbook import NoSuchOrder, OrderBook, Refusal
from core.pending import Step
from core.store import Store, StoreBusy, StoreDamaged, StoreError, StoreFull
from core.store.queries import rows_by_id
from core.store.rows import OrderRow
from core.store.tasks import tasks_of
from core.transition import Layer, TransitionRefused
from tui.acting import LABELS, STAGES, entry_for
from tui.actions import Place, Situation
from tui.agreeing import agreed as agreed_to
from tui.agreeing import in_lines
from tui.answers import NoLines
from tui.desk_screen import DeskScreen, bindings, leave
from tui.display import display
from tui.row_list import RowList, TextList, fitted
from tui.words import DONE, PROCESS, became, buyer, counted, in_words, leaves

if TYPE_CHECKING:
    from tui.app import Desk

_PAGE = 128
_MOST_NAMED = 1000
_MOST_POSITIONS = 20
_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Job:
    """One word on many orders, or on some lines of one."""

    action: str
    orders: tuple[tuple[int, int], ...]
    """Order ids with the revision that the operator saw; 0: marked unseen, so the summary's counts."""
    positions: tuple[str, ...] = ()
    """Of the one order that there is then; else its lines that can be meant."""
    reason: str | None = None
    shipment: Shipment | None = None
    """With `ship`: who brings the goods, said of all."""
    lines_by_order: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """In place of `positions`, where they differ from order to order."""

    def positions_of(self, order_id: int) -> tuple[str, ...]:
        return self.lines_by_order.get(order_id, self.positions)


@dataclass(frozen=True, slots=True)
class Summary:
    """What a job is about, counted from the store when it was asked for."""

    job: Job
    """With the revision of every order filled in."""
    orders: int
    lines: int
    by_connection: tuple[tuple[str, int], ...]
    changed: int
    """Orders that are others than when they were marked: they will be refused."""
    missing: int
    to_cancel: int
    """Orders with a line among those meant that the buyer asks to cancel: to confirm it is to cancel it."""
    agreed: tuple[tuple[int, str], ...]
    """With `confirm`: of how many lines it is what."""
    named: tuple[str, ...]
    """The first of the orders, a line each, fit to be shown."""


@dataclass(frozen=True, slots=True)
class Result:
    order_id: int
    number: str
    refused: str | None = None
    revision: int = 0
    """The order's, once the job had come to it."""
    changed: bool = False
    """Whether anything is shown otherwise than before; else the order was so already."""
    lines: tuple[str, ...] = ()
    """Positions of those that changed and can be taken back."""
    word: str = ""
    """What became of it: `confirmed`, `cancelled as asked`."""


def summarise(store: Store, job: Job, now: datetime) -> Summary:
    filled: list[tuple[int, int]] = []
    connections: Counter[str] = Counter()
    named: list[str] = []
    lines = changed = to_cancel = 0
    for start in range(0, len(job.orders), _PAGE):
        page = dict(job.orders[start : start + _PAGE])
        to_cancel += sum(
            any(task.kind == "cancellation" and task.position in (job.positions or (task.position,)) for task in tasks)
            for tasks in tasks_of(store, page).values()
        )
        for row in rows_by_id(store, list(page), now):
            seen = page[row.id]
            changed += has_changed(store, row, seen)
            filled.append((row.id, seen or row.revision))
            connections[row.connection] += 1
            lines += row.line_count
            if len(named) < _MOST_NAMED:
                status = PROCESS.get(row.process_status, row.process_status)
                named.append(
                    f"{fitted(status, 13)} {fitted(display(row.number, 60), 20)} {fitted(buyer(row), 32)} "
                    f"{counted(row.line_count, 'line')}"
                )
    return Summary(
        job=replace(job, orders=tuple(filled)),
        orders=len(filled),
        lines=len(job.positions) or lines,
        by_connection=tuple(sorted(connections.items())),
        changed=changed,
        missing=len(job.orders) - len(filled),
        to_cancel=to_cancel,
        agreed=_agreed(store, job) if job.action == "confirm" else (),
        named=tuple(named),
    )


def has_changed(store: Store, row: OrderRow, seen: int) -> bool:
    """Whether the order is another than at the revision `seen`: what is decided on that is refused. 0: it was not seen."""
    try:
        return seen not in (0, row.revision) and bool(unseen(store.connection, row.id, seen))
    except StoreDamaged:
        return True


def _agreed(store: Store, job: Job) -> tuple[tuple[int, str], ...]:
    order_ids = [order_id for order_id, _ in job.orders]
    return tuple(in_lines(agreed for _, agreed in agreed_to(store, order_ids, job.positions_of)))


def entry_of(book: OrderBook, job: Job, order_id: int) -> Decision | Despatch | Undo:
    """What the job says to one of its orders. Raises NoSuchOrder, NoLines, TransitionRefused, StoreError."""
    return entry_for(book, order_id, job.action, job.positions_of(order_id), job.reason, job.shipment)


def run(
    book: OrderBook,
    job: Job,
    actor: str,
    progress: Callable[[Result], None],
    stop: Callable[[], bool] = lambda: False,
    entry: Callable[[OrderBook, Job, int], Decision | Despatch | Undo] = entry_of,
) -> None:
    """Take the job order by order; `progress` hears of each. Ends early when `stop` says so: the rest is not done."""
    left_out: list[Result] = []

    def entries() -> Iterator[tuple[int, Decision | Despatch | Undo, int | None]]:
        for order_id, revision in job.orders:
            if stop():
                return
            try:
                made = entry(book, job, order_id)
            except (StoreBusy, StoreFull):
                raise  # so will it be for all that follow
            except TransitionRefused as refused:
                left_out.append(Result(order_id, refused.number, str(refused)))
                continue
            except (NoSuchOrder, NoLines, StoreError) as refused:
                left_out.append(Result(order_id, f"#{order_id}", str(refused)))
                continue
            yield order_id, made, revision or None

    for outcome in book.change_many(entries(), actor):
        if isinstance(outcome, Refusal):
            progress(Result(outcome.order_id, outcome.number, outcome.sentence))
        else:
            number = outcome.step.record.order.key.number
            changed = _changed(outcome.step)
            pending = outcome.step.record.pending
            unsent = {line.position for line in pending.lines} if pending is not None else set()
            lines = tuple(position for position in changed if position in unsent)
            word = in_words(became(job.action, outcome))
            progress(Result(outcome.order_id, number, None, outcome.revision, bool(changed), lines, word))
    for result in left_out:
        progress(result)


def _changed(done: Step) -> tuple[str, ...]:
    """Positions of the lines that the desk shows otherwise now, each once."""
    shown = (change.line for change in done.changes if change.layer in (Layer.ORDER, Layer.SHOWN))
    return tuple(dict.fromkeys(line for line in shown if line is not None))


class BulkScreen(DeskScreen):
    """Asks, goes, tells."""

    PLACE = Place.SUMMARY
    BINDINGS = bindings(Place.SUMMARY)

    def __init__(self, job: Job, subject: str | None = None) -> None:
        """`subject`: what the lines belong to, where it is lines that are marked."""
        super().__init__()
        self._asked = job
        self._list = TextList(["…"], hang=4)
        self._subject = subject
        self._summary: Summary | None = None
        self._job: Job | None = None
        self._results: list[Result] = []
        self._shown: list[Result] = []
        self._halt = threading.Event()
        self._finished = False
        self.told = ""
        """What came of it, for those who come back from here."""
        self.taken = False

    def compose(self) -> ComposeResult:
        yield Static(Text(self._title(), style="reverse", no_wrap=True), classes="heading")
        yield self._list
        yield self.message_line
        yield self.key_bar

    def _title(self) -> str:
        return f"{LABELS[self._asked.action]} all that is marked"

    def rows(self) -> RowList:
        return self._list

    def situation(self) -> Situation:
        return Situation(
            self.PLACE,
            rows=len(self._shown),
            busy=self._job is not None and not self._finished,
            finished=self._finished,
            undoable=sum(1 for result in self._results if result.lines) if self._can_undo() else 0,
        )

    def _can_undo(self) -> bool:
        return self._finished and self._job is not None and self._job.action not in ("undo", *STAGES)

    def on_mount(self) -> None:
        self.set_focus(self._list)
        self.show_keys()
        self.run_worker(self._summarise())

    async def _summarise(self) -> None:
        now, job = self.desk.clock(), self._asked
        self._summary = await self.desk.read(self.desk.reading.ask(lambda store: summarise(store, job, now)))
        if self._summary is not None:
            self._list.show_lines(self._summary_lines(self._summary))

    async def look(self) -> None:
        """Count again, so that nobody agrees to what the summary doesn't tell. What changed since it was first counted will
        be refused."""
        before = self._summary
        if before is None or self._job is not None:
            return
        now = self.desk.clock()
        found = await self.desk.read(self.desk.reading.ask(lambda store: summarise(store, before.job, now)))
        if found is None or found == before or self._summary is not before or self._job is not None:
            return
        self._summary = found
        self._list.show_lines(self._summary_lines(found))
        self.say("Something changed meanwhile; this is counted again")

    def _summary_lines(self, summary: Summary) -> list[str]:
        job = summary.job
        if self._subject is not None:
            what = f"{counted(len(job.positions), 'line')} of {display(self._subject)}: "
            what += ", ".join(display(position, 20) for position in job.positions[:_MOST_POSITIONS])
            if len(job.positions) > _MOST_POSITIONS:
                what += f", … and {len(job.positions) - _MOST_POSITIONS:,} more"
        else:
            what = f"{counted(summary.orders, 'order')}, {counted(summary.lines, 'line')}"
        lines = [f"{LABELS[job.action]}: {what}", ""]
        if self._subject is None:
            lines += [f"  {count:>7,}  {connection}" for connection, count in summary.by_connection]
            lines.append("")
        if job.action == "confirm":
            told = [f"  {count:>7,}  {'line' if count == 1 else 'lines'} {word}" for count, word in summary.agreed]
            lines += [*(told or ["  No line of it waits for a yes."]), ""]
        if summary.to_cancel and job.action == "confirm":
            asked = f"{counted(summary.to_cancel, 'order')} of them" if self._subject is None else "a line of it"
            lines += [f"The buyer asks to cancel {asked}; to confirm that is to CANCEL as asked.", ""]
        if job.reason is not None:
            lines += [f"The reason given: {display(job.reason, 400)}", ""]
        if summary.changed:
            lines += [f"{summary.changed:,} changed since you marked them; those will be refused.", ""]
        if summary.missing:
            lines += [f"{summary.missing:,} are not there any more.", ""]
        if job.shipment is not None:
            said = (job.shipment.carrier, job.shipment.tracking_number)
            lines += [f"Shipment: {', '.join(display(one, 200) for one in said if one)}", ""]
        if job.action in STAGES:
            lines.append("All that is agreed and left of each. The buyers are told, and that can't be taken back.")
        elif job.action != "undo":
            lines.append(self.how_they_leave())
        lines.append("Press enter to go, q to leave it. What an order's rules refuse stays marked.")
        lines += ["", *summary.named]
        if summary.orders > len(summary.named):
            lines.append(f"… and {counted(summary.orders - len(summary.named), 'more order')}")
        return lines

    def how_they_leave(self) -> str:
        if not self.desk.daemon_runs:
            return "The daemon is down: the answers wait until it runs again, and can be taken back so long."
        return f"Each answer {leaves(self.desk.settings.operator_hold)}; until then it can be taken back."

    def do_go(self) -> None:
        if self._finished:
            self._open_order()
        elif self._summary is not None:
            self._go(self._summary.job)
        else:
            self.say("It is being counted yet")

    def _go(self, job: Job) -> None:
        self._job, self._finished = job, False
        self._results.clear()
        self._shown.clear()
        self._halt.clear()
        self.show_keys()
        self._list.show_lines(["…"])
        self.run_worker(self._run(job))

    async def _run(self, job: Job) -> None:
        # A thread of its own, so that a single answer or a look at the list never waits for thousands.
        thread = self.desk.new_writer("desk-bulk")
        counting = self.set_interval(0.1, self._tell_progress)
        results, stop = self._results, self._halt
        trouble = None
        try:
            await thread.ask(lambda book: run(book, job, self.desk.actor, results.append, stop.is_set, self.entry))
        except StoreError as error:
            trouble = str(error)
        finally:
            counting.stop()
            thread.stop()
        self._finish(job, trouble)

    def _tell_progress(self) -> None:
        if self._job is not None:
            self.say(f"{len(self._results):,} of {len(self._job.orders):,} …")

    def _finish(self, job: Job, trouble: str | None) -> None:
        self._finished = True
        refused = [result for result in self._results if result.refused is not None]
        taken = [result for result in self._results if result.changed]
        as_before = [result for result in self._results if result.refused is None and not result.changed]
        # Refused ones first: they are what there is to look at.
        self._shown = refused + taken + as_before
        self.desk.answered({result.order_id for result in taken + as_before}, keep_marks=job.action == "undo")
        self._list.show_lines(
            [f"refused  {display(result.number, 40)}: {display(result.refused or '', 400)}" for result in refused]
            + [f"{result.word}  {display(result.number, 40)}{self.beside(result)}" for result in taken]
            + [f"unchanged  {display(result.number, 40)}" for result in as_before]
            or ["Nothing was done."]
        )
        not_done = len(job.orders) - len(self._results)
        words = Counter(result.word for result in taken) or Counter({DONE[job.action]: 0})
        sentence = "".join(f"{orders:,} {word}, " for word, orders in words.most_common(_MOST_WORDS))
        if len(words) > _MOST_WORDS:
            sentence += f"{len(taken) - sum(orders for _, orders in words.most_common(_MOST_WORDS)):,} otherwise, "
        sentence = f"{sentence.removesuffix(', ')}{self.in_all(taken)}, "
        if as_before:
            sentence += f"{len(as_before):,} unchanged, "
        self.told = sentence = f"{sentence}{len(refused):,} refused"
        if not_done:
            sentence += f", {not_done:,} not begun"
        if self._can_undo() and taken:
            sentence += "; u takes all of it back while it has not left"
        self.taken = bool(taken or as_before)
        self.say(f"{trouble}; {sentence}" if trouble else sentence)
        self.show_keys()

    # What those say otherwise who derive from this

    def entry(self, book: OrderBook, job: Job, order_id: int) -> Decision | Despatch | Undo:
        """In the thread of the job."""
        return entry_of(book, job, order_id)

    def beside(self, result: Result) -> str:
        """What stands behind the number of an order that was done."""
        return ""

    def in_all(self, taken: Sequence[Result]) -> str:
        """What stands behind how many were done."""
        return ""

    def do_undo(self) -> None:
        """Take back what this job did, and nothing that was decided before it or after it."""
        taken = [result for result in self._results if result.lines]
        self._go(
            Job(
                "undo",
                tuple((result.order_id, result.revision) for result in taken),
                lines_by_order={result.order_id: result.lines for result in taken},
            )
        )

    def _open_order(self) -> None:
        line = self._list.line
        if line < len(self._shown):
            self.desk.open_order(self._shown[line].order_id)

    def do_back(self) -> None:
        if self._job is not None and not self._finished:
            self._halt.set()
            self.say("Stopping; what is done stays done and is shown …")
        else:
            leave(self)


def ask_for_bulk(desk: Desk, action: str, reason: str | None, shipment: Shipment | None = None) -> BulkScreen:
    """The summary of `action` on all marked orders."""
    return BulkScreen(Job(action, tuple(desk.marks.items()), reason=reason, shipment=shipment))


def lines_of(
    order_id: int, revision: int, number: str, action: str, positions: Sequence[str], reason: str | None
) -> BulkScreen:
    """The summary of `action` on marked lines of one order."""
    return BulkScreen(Job(action, ((order_id, revision),), tuple(positions), reason), f"order {number}")
