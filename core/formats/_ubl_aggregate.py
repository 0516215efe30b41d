"""One UBL aggregate: its children by name, found in one walk, and their values with the place where one is wrong.

UBL keeps basic values (`cbc:`) and aggregates (`cac:`) in two namespaces whose names don't overlap, so children are
known by local name alone; those of any other namespace (extensions) are left out.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Self

from lxml import etree

from core.formats import Unreadable
from core.formats._xml import place_of
from core.model import number

UBL: Final = "urn:oasis:names:specification:ubl:schema:xsd:"
"""What the namespace of every UBL document begins with; its name and major version follow."""
CBC: Final = f"{UBL}CommonBasicComponents-2"
CAC: Final = f"{UBL}CommonAggregateComponents-2"

LONGEST_IDENTIFIER: Final = 200
"""Characters in a number by which an order, line or party is known; a longer one is an attack or a mistake."""

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:Z|[+-]\d{2}:\d{2})?")


class _LocalNames(dict[str, str]):
    """The local name of each tag of UBL's, "" for any other: looked up rather than cut out, since time goes here."""

    def __missing__(self, tag: str) -> str:
        namespace, _, name = tag.removeprefix("{").rpartition("}")
        local = name if namespace in (CBC, CAC) else ""
        if len(self) < _MOST_NAMES:  # UBL 2.4 has fewer; senders can make up any number
            self[tag] = local
        return local


_LOCAL_NAMES: Final = _LocalNames()
_MOST_NAMES: Final = 5_000


class Aggregate:
    """An aggregate element read once. `text` and the like give None for what is absent or blank."""

    __slots__ = ("_by_name", "element")

    def __init__(self, element: etree._Element) -> None:
        by_name: dict[str, list[etree._Element]] = {}
        for child in element:
            name = _LOCAL_NAMES[child.tag]
            if name in by_name:
                by_name[name].append(child)
            else:
                by_name[name] = [child]
        self.element = element
        self._by_name = by_name

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    def has_any(self, names: frozenset[str]) -> bool:
        return not names.isdisjoint(self._by_name)

    def each(self, name: str) -> Sequence[Self]:
        found = self._by_name.get(name)
        return [type(self)(element) for element in found] if found else ()

    def first(self, *path: str) -> Self | None:
        """The aggregate at the end of `path`, through the first element of each name."""
        aggregate: Self | None = self
        for name in path:
            found = aggregate._by_name.get(name) if aggregate is not None else None
            aggregate = type(self)(found[0]) if found else None
        return aggregate

    def text(self, name: str, *path: str) -> str | None:
        """The text at the end of `path`, without the space around it."""
        found = self._by_name.get(name)
        element = found[0] if found is not None else None
        for step in path:
            element = _child(element, step) if element is not None else None
        return _text(element) if element is not None else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Of each element called `name` that is not blank."""
        found = self._by_name.get(name)
        return tuple([text for element in found if (text := _text(element))]) if found else ()

    def attribute(self, name: str, attribute: str) -> str | None:
        found = self._by_name.get(name)
        return (found[0].get(attribute, "").strip() or None) if found else None

    def identifier(self, name: str) -> str | None:
        """A text short enough to be known by, on one line and without control characters in it. Raises Unreadable."""
        text = self.text(name)
        if text is not None and len(text) > LONGEST_IDENTIFIER:
            raise self.unreadable(f"an identifier of {len(text):,} characters; at most {LONGEST_IDENTIFIER}", name)
        if text is not None and not text.isprintable():
            raise self.unreadable("an identifier with a line break or another character that can't be printed", name)
        return text

    def decimal(self, name: str) -> Decimal | None:
        """Raises Unreadable for what is no number."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return number(text)
        except ValueError as wrong:
            raise self.unreadable(str(wrong), name) from None

    def date(self, name: str) -> dt.date | None:
        """A time zone behind the day is dropped: the day that the buyer wrote is the day that is meant.

        Raises Unreadable for what is no day.
        """
        text = self.text(name)
        if text is None:
            return None
        match = _DATE.fullmatch(text)
        try:
            return dt.date.fromisoformat(match[1] if match else "")
        except ValueError:
            raise self.unreadable(f"{text[:40]!r} is not a date (YYYY-MM-DD)", name) from None

    def unreadable(self, reason: str, name: str = "", remedy: str = "") -> Unreadable:
        """What to raise about the child called `name`, there or missing, or about the aggregate itself."""
        found = self._by_name.get(name)
        place = place_of(found[0]) if found else place_of(self.element, name)
        return Unreadable(reason, place, remedy)


def _child(element: etree._Element, name: str) -> etree._Element | None:
    """The first child of that name, of an element that nothing else is asked of."""
    for child in element:
        if _LOCAL_NAMES[child.tag] == name:
            return child
    return None


def _text(element: etree._Element) -> str | None:
    if len(element):
        raise Unreadable("elements stand where a value is expected", place_of(element))
    return (element.text or "").strip() or None
