"""Documents that buyers attached, fetched from their platform into the store: no order and no answer waits for them.

What is wanted stands in the store (`core.store.downloads`), so a crash anywhere fetches a document once more at worst. What
a failure means:

- `Refused`: it is not there, may not be had or is too large: failed for good, with the platform's words. A person can have
  it tried again.
- `NotAdmitted`: we are not let in: nothing is tried, and no attempt is spent, until a person acts.
- everything else: tried again on the schedule of the house; when the attempts are spent, failed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from core.config import Connection
from core.store import Store, downloads
from core.store.downloads import Wanted
from sync import faults
from sync.channels import ChannelError, NotAdmitted, Refused, Unreachable
from sync.faults import Faults
from sync.lanes import LOOK, Direction, House, Lane
from sync.log import Log
from sync.outbound import MOST_FAILURES
from sync.report import ConnectionReport
from sync.schedule import Schedule
from sync.spool import Spool
from sync.stop import Stop

if TYPE_CHECKING:
    from sync.channels.http_partner import HttpPartner

MOST_BYTES: Final = 20_000_000
"""Of one document: a drawing has a few; what is larger is fetched from the platform's portal by whoever needs it."""
MOST_AT_ONCE: Final = 50
"""Documents that one look into the store gives."""


@dataclass
class Downloads:
    """One connection's documents. Lives in one thread, as its store does."""

    connection: str
    store: Store
    partner: Callable[[], HttpPartner]
    spool: Spool
    schedule: Schedule
    log: Log
    clock: Callable[[], datetime]
    random: Callable[[], float]
    fault: Faults = faults.none
    stop: Stop = field(default_factory=Stop)

    def round(self, report: ConnectionReport, *, once: bool = False) -> bool:
        """Fetch what is due, each document tried once; with `once` whatever its next attempt says. Whether anything was.

        Raises NotAdmitted, NoRoom, and ChannelError when the platform seems to be down: what was not tried is still due.
        """
        tried: set[str] = set()
        failures = 0
        while wanted := self._due(tried, once=once):
            for each in wanted:
                if self.stop.requested:
                    return True
                tried.add(each.object_id)
                trouble = self.fetch(each, report)
                failures = 0 if trouble is None else failures + 1
                if trouble is not None and failures >= MOST_FAILURES:
                    raise trouble
        return bool(tried)

    def _due(self, tried: set[str], *, once: bool) -> list[Wanted]:
        # With those that were tried and are wanted still, there are as many others among so many as are asked for.
        found = downloads.due(
            self.store, self.connection, self.clock(), most=MOST_AT_ONCE + len(tried), whatever_the_schedule=once
        )
        return [each for each in found if each.object_id not in tried]

    def fetch(self, wanted: Wanted, report: ConnectionReport) -> ChannelError | None:
        """Fetch one and record what became of it. Gives the passing trouble, raises NotAdmitted and NoRoom."""
        from sync.channels.tradecloud_documents import download

        self.spool.gate(MOST_BYTES)
        try:
            got = download(self.partner(), wanted.object_id, most_bytes=MOST_BYTES)
        except NotAdmitted:
            raise
        except Refused as error:
            self._failed(wanted, str(error), report)
            return None
        except ChannelError as error:
            return self._try_again(wanted, error, report)
        except Exception as error:
            self.log.exception("stumbled", order=wanted.number, object_id=wanted.object_id)
            stumbled = ChannelError(f"podesk stumbled over it ({type(error).__name__}: {error})")
            return self._try_again(wanted, stumbled, report)
        self.fault(faults.DOWNLOADED)
        downloads.keep(self.store, self.connection, wanted.object_id, got.name, got.payload, self.clock())
        self.fault(faults.DOWNLOAD_KEPT)
        report.documents += 1
        self.log.info("document kept", order=wanted.number, object_id=wanted.object_id, size=len(got.payload))
        return None

    def _try_again(self, wanted: Wanted, error: ChannelError, report: ConnectionReport) -> ChannelError:
        attempts = wanted.attempts + 1
        if self.schedule.spent(attempts):
            self._failed(wanted, f"{error} (after {attempts} attempts)", report)
            return error
        asked = error.retry_after if isinstance(error, Unreachable) else None
        next_attempt = self.schedule.next_attempt(attempts, self.clock(), self.random, asked)
        downloads.postpone(self.store, self.connection, wanted.object_id, str(error), next_attempt)
        report.tell(f"order {wanted.number}: {error}")
        self.log.warning(
            "document postponed",
            order=wanted.number,
            object_id=wanted.object_id,
            attempt=attempts,
            next_attempt=next_attempt,
            error=error,
        )
        return error

    def _failed(self, wanted: Wanted, sentence: str, report: ConnectionReport) -> None:
        downloads.postpone(self.store, self.connection, wanted.object_id, sentence, None)
        report.documents_failed += 1
        self.log.error("document can't be had", order=wanted.number, object_id=wanted.object_id, error=sentence)


class DownloadLane(Lane):
    """Of a connection whose platform keeps documents."""

    direction = Direction.DOCUMENTS

    def __init__(self, house: House, connection: Connection) -> None:
        super().__init__(house, connection)
        self._partner: HttpPartner | None = None

    @property
    def every(self) -> timedelta:
        return 4 * LOOK

    def _work(self, report: ConnectionReport, *, once: bool) -> bool:
        house = self.house
        fetching = Downloads(
            connection=self.connection.name,
            store=self.store,
            partner=self._platform,
            spool=Spool(house.settings.store_path, least_free=house.least_free),
            schedule=house.schedule,
            log=self.log,
            clock=house.clock,
            random=house.random,
            fault=house.fault,
            stop=house.stop,
        )
        return fetching.round(report, once=once)

    def _platform(self) -> HttpPartner:
        """The same for all rounds, so that not each logs in again."""
        if self._partner is None:
            from sync.channels.factory import documents_partner

            self._partner = documents_partner(self.connection, self.house.settings)
        return self._partner

    def _put_off(self, sentence: str, until: datetime | None) -> None:
        downloads.put_off(self.store, self.connection.name, sentence, until, self.house.clock())

    def _drop_channel(self) -> None:
        self._partner = None
