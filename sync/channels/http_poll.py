"""Orders polled from a platform (Tradecloud, `POST /order-search/poll`): everything that changed since the last time.

How far we have come is the platform's own word, its `lastUpdatedAt`, kept whole and given back as it came, when our store
has all orders up to it for good (`poll_progress`). A crash before that repeats the poll, and then the same bytes are known
by their arrivals.

Pages come by `offset`, from a list that others may change meanwhile: an order that was on an earlier page changes, goes to
the end, and all behind it move up, so that one slips through between two pages. Therefore a poll is complete only when as
many different orders were seen as the platform counts, and it counted no less from page to page; else it is read again. A
list that stays short although nothing changes in it (a platform that ignores `offset`, or gives no more than so many) is
continued by time (`poll_reading`), and so is a long one, page by page: then what was taken in of it is noted as we go, also
where it grows as fast as we read, and a poll that has taken much leaves the rest to the next.

The platform sorts so only when it is asked for changes after some time, so the first poll asks for those after a time
before all orders.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from core.connections import HttpPollInbound
from core.formats import MOST_BYTES
from sync.channels import Arrival, ChannelError, NotAdmitted, Received, Unreachable
from sync.channels.http_partner import NOT_NOW, Answer, Conversation, End, HttpPartner
from sync.channels.pace import Pacer
from sync.channels.poll_page import NoPage, PolledOrder, PollPage, read_page
from sync.channels.poll_progress import BEGINNING, Key, Marks, NoMarks, Progress, place_to_begin
from sync.channels.poll_reading import Reading

PAGE: Final = 100
"""Orders a page: the most that Tradecloud gives."""
LONG: Final = 1000
"""A list of more orders is continued by time."""
MOST_READINGS: Final = 8
"""How often a list is read in one poll before the rest is left for the next."""
MOST_ORDERS: Final = 10_000
"""Taken in by one poll, as long as it comes further by that."""
ENDLESS: Final = 100_000
"""…and where it doesn't, since all have one time, or none that can be true: then something is wrong there."""


class HttpPollChannel(HttpPartner):
    """`path`: below the base address. `most_bytes`: of an answer, and so of an order."""

    def __init__(
        self,
        settings: HttpPollInbound,
        folder: Path,
        path: str,
        marks: Marks | None = None,
        *,
        most_bytes: int = MOST_BYTES,
        timeout: float | None = None,
        pacer: Pacer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(
            settings,
            folder,
            timeout=settings.timeout.total_seconds() if timeout is None else timeout,
            pacer=pacer,
            now=now,
            monotonic=monotonic,
        )
        self.path = path
        self.most_bytes = most_bytes
        self.marks = marks if marks is not None else NoMarks()
        self.first = settings.since or BEGINNING
        """What the very first poll asks for: what changed after this."""

    @contextmanager
    def session(self) -> Iterator[HttpPollSession]:
        with self.conversation() as conversation:
            conversation.log_in()
            yield HttpPollSession(self, conversation)

    def check(self) -> str:
        with self.conversation() as conversation:
            conversation.log_in(anew=True)
            since = place_to_begin(self.marks, self.first, self.now())
            page = HttpPollSession(self, conversation).page(since, 0, 1)
        waiting = page.total if isinstance(page, PollPage) else "at least 1"
        admitted = f"let in as {self.table.user}" if self.table.user else "let in"
        changed = "" if since == BEGINNING else f", changed after {since}"
        return f"{self.name}: {admitted}; {'an unknown number' if waiting is None else waiting} waiting{changed}"


class HttpPollSession:
    def __init__(self, channel: HttpPollChannel, conversation: Conversation) -> None:
        self._channel = channel
        self._conversation = conversation
        self._progress = Progress(channel.name, channel.marks, channel.first, channel.now)

    def arrivals(self) -> Iterator[Arrival]:
        """Every order that changed, as the platform keeps it now. Raises ChannelError, after all that could be had."""
        progress = self._progress
        since = progress.begin
        seen: set[Key] = set()
        readings, by_time, more, trouble = 0, False, False, ""
        while readings < MOST_READINGS:
            reading = Reading()
            yield from self._read(since, reading, seen, most=PAGE if by_time else LONG)
            if trouble := reading.trouble:
                break
            if reading.left and reading.step is not None:
                by_time, seen, since = True, set(), reading.step
                progress.reached(since, reading.times.values())
                if progress.count < (MOST_ORDERS if progress.further else ENDLESS):
                    continue
                more = True
                trouble = (
                    "" if progress.further else f"gave {progress.count:,} orders and has more, all of them to come"
                )
                break
            readings += 1
            orders = len({locator for locator, _ in seen})
            if orders >= (reading.total or 0) and not reading.shrank:
                if reading.times and reading.mark is not None:
                    progress.reached(reading.mark, reading.times.values())
                break
            trouble = f"counts {reading.total:,} changed orders and gave {orders:,} of them"
            if reading.shrank:  # what we saw may be gone from the list, and must not stand for what we missed
                seen = set()
                continue
            if reading.news:
                continue
            step = reading.before_the_last()
            if step is None or step == since:
                break
            since, seen = step, set()
            progress.reached(since, reading.times.values())
        progress.ended(more=more)
        if trouble:
            raise ChannelError(
                f"{self._channel.name} {trouble}; nothing is lost, since the next poll asks for the rest again; if this"
                " stays, ask the platform"
            )

    def archive(self, arrival: Arrival) -> bool:
        """Our store has it. False: an order stays where it is."""
        self._progress.stored((arrival.locator, arrival.fingerprint))
        return False

    def page(self, since: str, offset: int, limit: int) -> PollPage | bytes:
        """One page; its beginning when it is longer than an answer may be. Raises ChannelError."""
        answer = self._asked(since, offset, limit)
        if answer.end is End.CUT:
            return answer.body
        try:
            return read_page(answer.body)
        except NoPage as error:
            raise ChannelError(
                f"{self._channel.name}: {error} ({answer.words}); check `url` and paths.poll of this connection, or ask"
                " the platform; nothing is lost"
            ) from None

    def _read(self, since: str, reading: Reading, seen: set[Key], *, most: int) -> Iterator[Arrival]:
        """The list, page by page; what this poll had not given out yet is given out. One of more than `most` orders is left
        after the page that shows it, where one can go on by time."""
        offset, limit = 0, PAGE
        found: list[tuple[Arrival, str | None]]
        while True:
            page = self.page(since, offset, limit)
            if isinstance(page, bytes) and limit > 1:
                limit //= 2
                continue
            if isinstance(page, bytes):
                found = [(self._too_large(page), None)]
            else:
                found = [(self._arrival(order), order.last_updated_at) for order in page.orders]
                reading.add(page)
            before = len(reading.times)
            for arrival, at in found:
                key = (arrival.locator, arrival.fingerprint)
                reading.times.setdefault(key, at)
                reading.news |= key not in seen
                seen.add(key)
                if self._progress.gives(key):
                    yield arrival
            step = reading.before_the_last() if offset == 0 else None
            if step is not None and step > since:
                reading.step = step
            offset += len(found)
            limit = min(PAGE, limit * 2)
            if len(reading.times) == before:  # it ends, or gives again what it gave: whatever it counts, no more comes
                return
            if reading.total is not None and offset >= reading.total:
                return
            if isinstance(page, PollPage) and reading.trouble:
                return
            reading.left = reading.step is not None and max(reading.total or 0, offset) > most
            reading.endless = not reading.left and self._progress.count >= ENDLESS
            if reading.left or reading.endless:
                return

    def _arrival(self, order: PolledOrder) -> Arrival:
        document = Received(name=order.name, payload=order.payload)
        return Arrival(f"{self._channel.path.strip('/')}/{order.id}", order.fingerprint, (document,))

    def _too_large(self, beginning: bytes) -> Arrival:
        """The one order that alone is longer than an answer may be: its beginning, for people."""
        most = self._channel.most_bytes
        fingerprint = sha256(beginning).hexdigest()
        document = Received(
            name=f"#{fingerprint[:16]}",
            payload=beginning,
            problem=f"over {most:,} bytes, more than an order can have ({most:,})",
            remedy="look at the order on the platform, and ask the buyer to split it",
        )
        return Arrival(f"{self._channel.path.strip('/')}/#{fingerprint[:16]}", fingerprint, (document,))

    def _asked(self, since: str, offset: int, limit: int) -> Answer:
        """A whole 2xx answer, or one that is too long. Raises ChannelError."""
        # No filter on a status: it would hide approvals and cancellations.
        wanted = {"filters": {"lastUpdatedAfter": since}, "offset": offset, "limit": limit}
        answer = self._conversation.ask(
            "POST",
            self._channel.path,
            content=json.dumps(wanted).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            most=self._channel.most_bytes,
        )
        name = self._channel.name
        if answer.status in NOT_NOW or answer.status >= 500:
            raise Unreachable(
                f"{name}: not now, says the platform ({answer.words})", self._conversation.retry_after(answer)
            )
        if answer.status == 403:
            raise NotAdmitted(
                f"{name} does not let {self._channel.table.user or 'us'} poll orders ({answer.words}); have the right"
                " given to this user"
            )
        if 300 <= answer.status < 400:
            raise ChannelError(
                f"{name} sends us on to {answer.target} (HTTP {answer.status}), where we don't follow; if that is right,"
                " set `url` to it"
            )
        if not 200 <= answer.status < 300:
            raise ChannelError(
                f"{name} refuses the poll ({answer.words}); check `url` and paths.poll of this connection, or ask the"
                " platform; nothing is lost"
            )
        if answer.end is End.BROKEN:
            raise Unreachable(f"{name}: the answer broke off, or did not come in time")
        return answer
