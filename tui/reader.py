"""What the inbox reads: the ids of a whole view at once, and the orders around the cursor a page at a time.

A million ids are 8 MB and come in a third of a second; a page of 128 orders by id comes in a third of a millisecond,
wherever in the list it is, which `OFFSET` would not. Ids once read keep their places: what happens meanwhile changes what
stands in a row, never where the row is.
"""

from __future__ import annotations

import asyncio
from array import array
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from core.store import Store, StoreError
from core.store.queries import last_order, order_ids, rows_by_id
from core.store.rows import OrderRow, View
from core.store.tasks import first_due
from tui.store_thread import StoreThread
from tui.task_words import due_word

PAGE: Final = 128
_MOST_PAGES: Final = 32


class _Page(NamedTuple):
    rows: dict[int, OrderRow]
    due: dict[int, str]
    """By order: when our answer is due, where it is."""


def _page(store: Store, ids: Sequence[int], now: datetime) -> _Page:
    return _Page({row.id: row for row in rows_by_id(store, ids, now)}, first_due(store, ids))


class OrderReader:
    def __init__(
        self,
        store: StoreThread[Store],
        clock: Callable[[], datetime],
        arrived: Callable[[], None],
        unread: Callable[[BaseException], None],
    ) -> None:
        """In the screen's loop `arrived` is called when rows that were asked for have come, `unread` when they can't."""
        self._store = store
        self._clock = clock
        self._arrived = arrived
        self._unread = unread
        self.ids: array[int] = array("q")
        self.last = 0
        """The id of the order that had come last when the view was read."""
        self._pages: OrderedDict[int, _Page] = OrderedDict()
        self._stale: set[int] = set()
        self._asked: set[int] = set()
        self._snapshot = 0

    def begin_with(self, rows: Sequence[OrderRow]) -> None:
        """Show `rows` until the first snapshot has come: the first page, read before anything is painted."""
        self.ids = array("q", (row.id for row in rows))
        self._pages[0] = _Page({row.id: row for row in rows[:PAGE]}, {})

    async def show(self, view: View, search: str | None, keep: int | None = None) -> int | None:
        """Take a snapshot of a view, and read the page that the order `keep` is on (else the first) along with it.

        Gives the row where the cursor belongs; None when another snapshot was asked for in the meantime. Raises
        StoreError; what was shown before is shown on.
        """
        self._snapshot += 1
        mine = self._snapshot
        now = self._clock()

        def snapshot(store: Store) -> tuple[int, array[int], int, _Page]:
            last = last_order(store)  # before the view: what comes in between is told twice rather than never
            ids = order_ids(store, view=view, search=search, now=now)
            at = ids.index(keep) if keep is not None and keep in ids else 0
            start = at - at % PAGE
            return last, ids, at, _page(store, ids[start : start + PAGE], now)

        try:
            last, ids, at, page = await self._store.ask(snapshot)
        except StoreError:
            self._asked.clear()  # their answers count as those of another snapshot, so they are asked again
            raise
        if mine != self._snapshot:
            return None
        self.ids, self.last = ids, last
        self._pages.clear()
        self._stale.clear()
        self._asked.clear()
        self._pages[at // PAGE] = page
        return at

    def forget(self) -> None:
        """Show nothing."""
        self._snapshot += 1
        self.ids = array("q")
        self._pages.clear()
        self._stale.clear()
        self._asked.clear()

    def row(self, index: int) -> OrderRow | None:
        """The order in row `index`; None while it is being read. `arrived` tells when to look again."""
        number = index // PAGE
        page = self._pages.get(number)
        if page is None or number in self._stale:
            self._ask_for(number)
        if page is None:
            return None
        self._pages.move_to_end(number)
        return page.rows.get(self.ids[index])

    def due(self, index: int) -> str:
        """`due` or `overdue` where our answer to the order in row `index` is, as far as it has been read."""
        page = self._pages.get(index // PAGE)
        return due_word(page.due.get(self.ids[index]), self._clock()) if page is not None else ""

    def reread(self) -> None:
        """What is shown may have changed: read it again. Until then the old is shown."""
        self._stale.update(self._pages)

    def shows(self, sending: str) -> bool:
        """Whether an answer of an order read so far is `sending`, such as `held`, which time alone changes."""
        return any(row.sending == sending for page in self._pages.values() for row in page.rows.values())

    def _ask_for(self, number: int) -> None:
        if number in self._asked:
            return
        self._asked.add(number)
        self._stale.discard(number)
        mine = self._snapshot
        ids = self.ids[number * PAGE : (number + 1) * PAGE]
        now = self._clock()
        future = self._store.ask(lambda store: _page(store, ids, now))

        def come(done: asyncio.Future[_Page]) -> None:
            if mine != self._snapshot or done.cancelled():
                return
            self._asked.discard(number)
            error = done.exception()
            if error is not None:
                self._unread(error)
                return  # asked again when the row is painted next
            self._pages[number] = done.result()
            self._pages.move_to_end(number)
            while len(self._pages) > _MOST_PAGES:
                self._pages.popitem(last=False)
            self._arrived()

        future.add_done_callback(come)
