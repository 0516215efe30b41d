"""Names for the places between two steps where the daemon may die; whoever runs it can be called at each.

`sync` promises that a crash at any of these leaves nothing lost and nothing done twice. Tests kill the process there; in
service nobody listens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

Faults = Callable[[str], None]

SPOOLED: Final = "inbound: spooled, not stored"
STORED: Final = "inbound: stored, spool file still there"
UNSPOOLED: Final = "inbound: stored, not archived"
ARCHIVED_SOME: Final = "inbound: archived one, others not"
ARCHIVED: Final = "inbound: archived, not noted"
NOTED: Final = "inbound: archived and noted, not applied"
APPLIED_SOME: Final = "inbound: applied one, others not"
APPLIED: Final = "inbound: applied"
POLLED: Final = "inbound: all of a poll stored, not noted how far it went"
POLL_NOTED: Final = "inbound: noted how far a poll went, not applied"
CLAIMED: Final = "outbound: claimed, not sent"
SENT: Final = "outbound: sent, not marked"
MARKED: Final = "outbound: marked"
DOWNLOADED: Final = "documents: fetched, not kept"
DOWNLOAD_KEPT: Final = "documents: kept"

POINTS: Final = (
    SPOOLED,
    STORED,
    UNSPOOLED,
    ARCHIVED_SOME,
    ARCHIVED,
    NOTED,
    APPLIED_SOME,
    APPLIED,
    POLLED,
    POLL_NOTED,
    CLAIMED,
    SENT,
    MARKED,
    DOWNLOADED,
    DOWNLOAD_KEPT,
)


def none(_point: str) -> None:
    """Nobody listens."""
