"""Whether the store still says what happened: the log's chain, and the orders that follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from core.store import Store


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the store that isn't as it was written."""

    sentence: str
    order_id: int | None = None
    seq: int | None = None


def verify(store: Store) -> list[Finding]:
    """Everything that is wrong with the store; empty when all is well."""
    raise NotImplementedError
