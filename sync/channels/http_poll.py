"""Orders polled from a platform (Tradecloud, `POST /order-search/poll`): everything that changed since the last time.

How far we have come is the platform's own word, its `lastUpdatedAt`, kept whole and given back as it came; no clock of ours
is asked. It is written when every order of the poll, on all of its pages, has been archived, which is to say when our store
has it for good. A crash before that repeats the poll, and then the same bytes are known by their arrivals.

Pages come by `offset`, from a list that others may change meanwhile: an order that was on an earlier page changes, goes to
the end, and all behind it move up, so that one slips through between two pages. Therefore a poll is complete only when as
many different orders were seen as the platform counts, and it counted no less from page to page; else it is read again. A
list that stays short although nothing changes in it (a platform that ignores `offset`, or gives no more than so many) is
continued by time: from the last order but those that share its time, which is safe as the list is in the order of
`lastUpdatedAt` (manual, "Polling pattern").

The platform sorts so only when it is asked for changes after some time, so the first poll asks for those after a time
before all orders.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from core.connections import HttpPollInbound
from core.formats import MOST_BYTES
from sync.channels import Arrival, ChannelError, NotAdmitted, Received, Unreachable
from sync.channels.http_partner import NOT_NOW, Answer, Conversation, End, HttpPartner
from sync.channels.pace import Pacer
from sync.channels.poll_page import NoPage, PolledOrder, PollPage, read_page

PAGE: Final = 100
"""Orders a page: the most that Tradecloud gives."""
BEGINNING: Final = "1970-01-01T00:00:00.000Z"
"""Before all orders."""
MOST_READINGS: Final = 8
"""How often a list is read in one poll before the rest is left for the next."""


class Marks(Protocol):
    """Where it is kept, durably, up to where a platform's orders were polled; in the platform's own words."""

    def read(self) -> str | None: ...

    def write(self, mark: str) -> None: ...


class NoMarks:
    """Of a look that takes nothing in: it begins at the beginning and keeps nothing."""

    def read(self) -> str | None:
        return None

    def write(self, mark: str) -> None:
        """Kept nowhere."""


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
        self._since = settings.since or BEGINNING

    @property
    def since(self) -> str:
        """What the next poll asks for: what changed after this."""
        return self.marks.read() or self._since

    @contextmanager
    def session(self) -> Iterator[HttpPollSession]:
        with self.conversation() as conversation:
            conversation.log_in()
            yield HttpPollSession(self, conversation)

    def check(self) -> str:
        with self.conversation() as conversation:
            conversation.log_in(anew=True)
            since = self.since
            page = HttpPollSession(self, conversation).page(since, 0, 1)
        waiting = page.total if isinstance(page, PollPage) else "at least 1"
        admitted = f"let in as {self.table.user}" if self.table.user else "let in"
        changed = "" if since == BEGINNING else f", changed after {since}"
        return f"{self.name}: {admitted}; {'an unknown number' if waiting is None else waiting} waiting{changed}"


@dataclass(slots=True)
class _Reading:
    """The list, read once from its beginning to its end."""

    total: int | None = None
    mark: str | None = None
    times: dict[tuple[str, str], str | None] = field(default_factory=dict)
    """`lastUpdatedAt` of each order in the list's order, by locator and fingerprint."""
    shrank: bool = False
    """It counted less orders on a later page than on an earlier one."""
    news: bool = False
    """Something stood in it that had not stood in it before."""

    @property
    def trouble(self) -> str:
        """What the pages lack, so that nobody could say how far we have come."""
        if self.times and self.total is None:
            return "does not say how many orders changed (`total`)"
        if self.times and self.mark is None:
            return "does not say up to when its answer goes (`lastUpdatedAt`)"
        return ""

    def before_the_last(self) -> str | None:
        """The last time but that of the last order: who asks for what came after it gets all that was not in the list."""
        times = [each for each in self.times.values() if each is not None]
        if len(times) < len(self.times) or times != sorted(times):
            return None
        return next((each for each in reversed(times) if each != times[-1]), None)


class HttpPollSession:
    def __init__(self, channel: HttpPollChannel, conversation: Conversation) -> None:
        self._channel = channel
        self._conversation = conversation
        self._given: set[tuple[str, str]] = set()
        """Locator and fingerprint of all that this poll gave out."""
        self._waiting: set[tuple[str, str]] = set()
        """…and that was not archived yet."""
        self._mark: str | None = None
        """How far we have come when nothing waits any more."""
        self._ended = False

    def arrivals(self) -> Iterator[Arrival]:
        """Every order that changed, as the platform keeps it now. Raises ChannelError, after all that could be had."""
        since = self._channel.since
        seen: set[tuple[str, str]] = set()
        trouble = ""
        for _ in range(MOST_READINGS):
            reading = _Reading()
            yield from self._read(since, reading, seen)
            if trouble := reading.trouble:
                break
            orders = len({locator for locator, _ in seen})
            if orders >= (reading.total or 0) and not reading.shrank:
                self._mark = reading.mark if reading.times else self._mark
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
            since = self._mark = step
            seen = set()
        self._ended = True
        self._settle()
        if trouble:
            raise ChannelError(
                f"{self._channel.name} {trouble}; nothing is lost, since the next poll asks for the rest again; if this"
                " stays, ask the platform"
            )

    def archive(self, arrival: Arrival) -> bool:
        """Our store has it. False: an order stays where it is."""
        self._waiting.discard((arrival.locator, arrival.fingerprint))
        self._settle()
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

    def _settle(self) -> None:
        """Keep how far we have come, once the poll has ended and nothing of it waits."""
        if self._ended and not self._waiting and self._mark is not None:
            mark, self._mark = self._mark, None
            if mark != self._channel.marks.read():
                self._channel.marks.write(mark)

    def _read(self, since: str, reading: _Reading, seen: set[tuple[str, str]]) -> Iterator[Arrival]:
        """The list, page by page; what this poll had not given out yet is given out."""
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
                reading.shrank |= page.total is not None and reading.total is not None and page.total < reading.total
                reading.total = page.total
                reading.mark = page.mark if page.orders else reading.mark or page.mark
            before = len(reading.times)
            for arrival, at in found:
                key = (arrival.locator, arrival.fingerprint)
                reading.times.setdefault(key, at)
                reading.news |= key not in seen
                seen.add(key)
                if key not in self._given:
                    self._given.add(key)
                    self._waiting.add(key)
                    yield arrival
            offset += len(found)
            limit = min(PAGE, limit * 2)
            if len(reading.times) == before:  # it ends, or gives again what it gave: whatever it counts, no more comes
                return
            if reading.total is not None and offset >= reading.total:
                return
            if isinstance(page, PollPage) and reading.trouble:
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
