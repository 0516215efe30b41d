"""What a round did, per connection: for `podesk sync --once`, the log and the tests."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Final

MOST_ERRORS: Final = 50


@dataclass(slots=True)
class ConnectionReport:
    connection: str
    fetched: int = 0
    """Arrivals that were new to the store."""
    applied: int = 0
    """Documents that changed an order, or were recorded on one."""
    duplicates: int = 0
    quarantined: int = 0
    sent: int = 0
    postponed: int = 0
    """Answers that did not get through and are tried again later."""
    failed: int = 0
    """Answers that the partner refused for good, or whose attempts are spent."""
    uncertain: int = 0
    """Answers of which nobody knows whether they arrived."""
    documents: int = 0
    """Documents that buyers attached, fetched."""
    documents_failed: int = 0
    """…that can't be had, or whose attempts are spent."""
    parked: bool = False
    """Not admitted by the partner: nothing is tried until a person acts."""
    errors: list[str] = field(default_factory=list)
    """Sentences for the operator: what failed at the connection."""
    warnings: list[str] = field(default_factory=list)
    """…and what did no harm, but somebody should look after."""

    def add(self, other: ConnectionReport) -> None:
        self.fetched += other.fetched
        self.applied += other.applied
        self.duplicates += other.duplicates
        self.quarantined += other.quarantined
        self.sent += other.sent
        self.postponed += other.postponed
        self.failed += other.failed
        self.uncertain += other.uncertain
        self.documents += other.documents
        self.documents_failed += other.documents_failed
        self.parked = self.parked or other.parked
        self.tell(*other.errors)
        self.warn(*other.warnings)

    def tell(self, *errors: str) -> None:
        """Add sentences for the operator; of very many the last ones stay."""
        self.errors = [*self.errors, *errors][-MOST_ERRORS:]

    def warn(self, *warnings: str) -> None:
        """Likewise; the same ones once."""
        self.warnings = list(dict.fromkeys([*self.warnings, *warnings]))[-MOST_ERRORS:]

    @property
    def idle(self) -> bool:
        """Nothing came, nothing went, nothing failed."""
        return self == ConnectionReport(self.connection, warnings=self.warnings)


@dataclass(frozen=True, slots=True)
class RoundReport:
    connections: tuple[ConnectionReport, ...]
    quarantined: int = 0
    """Documents that stand in quarantine when the round ends, whenever they came."""
    undelivered: int = 0
    """Answers that are dead letters or uncertain when the round ends."""

    @property
    def errors(self) -> tuple[str, ...]:
        return tuple(f"{each.connection}: {error}" for each in self.connections for error in each.errors)

    @property
    def connection_failed(self) -> bool:
        return any(each.errors for each in self.connections)

    @property
    def needs_a_person(self) -> bool:
        look = any(each.documents_failed or each.warnings for each in self.connections)
        return bool(self.quarantined or self.undelivered or look)

    @property
    def exit_code(self) -> int:
        """3 a connection failed; 4 something is quarantined, dead or uncertain, a document can't be had, or a connection
        is warned of; 0 all is well."""
        if self.connection_failed:
            return 3
        return 4 if self.needs_a_person else 0

    def to_json(self) -> dict[str, object]:
        return {
            "connections": [asdict(each) for each in self.connections],
            "quarantined": self.quarantined,
            "undelivered": self.undelivered,
        }
