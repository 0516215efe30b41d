"""What an answer says and a format has no place for is refused by name: nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable

from core.formats import CannotCarry
from core.model import ScheduledDelivery, Terms


def refuse(format_name: str, position: str | None, said: Iterable[tuple[object, str]]) -> None:
    """Raises CannotCarry, on the line at `position`, naming the first of `said` (value, name) that says something."""
    for value, what in said:
        if value:
            raise CannotCarry(format_name, what, position)


def refuse_transport_modes(
    format_name: str, position: str, ours: Iterable[ScheduledDelivery], requested: Terms
) -> None:
    """Raises CannotCarry for a transport mode of ours; those of the buyer's schedule go without saying."""
    asked = {delivery.transport_mode for delivery in requested.delivery_schedule}
    for delivery in ours:
        if delivery.transport_mode is not None and delivery.transport_mode not in asked:
            raise CannotCarry(format_name, f"a transport mode ({delivery.transport_mode[:40]!r})", position)
