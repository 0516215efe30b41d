"""A page of polled orders, taken apart into the orders' own bytes.

`{"data":[order…],"total":n,"lastUpdatedAt":"…"}` (Tradecloud's manual, "Polling pattern"). What is kept of an order is what
the platform wrote of it, cut out of the page byte by byte: no number passes through a float, no key changes its place. The
page itself is not kept.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Final


class _Numeral(str):
    """A JSON number as it was written."""

    __slots__ = ()


_DECODER: Final = json.JSONDecoder(parse_float=_Numeral, parse_int=_Numeral, parse_constant=_Numeral, strict=False)
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_WHOLE: Final = re.compile(r"[0-9]{1,9}", re.ASCII)
_LONGEST_ID: Final = 200
_LONGEST_MARK: Final = 100


class NoPage(ValueError):
    """What came is no page of orders; says why."""


@dataclass(frozen=True, slots=True)
class PolledOrder:
    payload: bytes
    """As it stands in the page."""
    fingerprint: str
    """sha256 of the payload, hex."""
    id: str
    """The platform's own; `#` and the beginning of the fingerprint where it has none, or none that can be printed."""
    name: str
    """Its number, for people; the id where it has none."""
    last_updated_at: str | None
    """In the platform's words."""


@dataclass(frozen=True, slots=True)
class PollPage:
    orders: tuple[PolledOrder, ...]
    total: int | None
    """How many orders there are, on all pages; None where the platform doesn't say."""
    mark: str | None
    """The platform's own `lastUpdatedAt` of the answer; None where it doesn't say."""


def read_page(page: bytes) -> PollPage:
    """The page's orders. Raises NoPage for what is no JSON object with a `data` array."""
    # Every byte is a character here, so that places in the text are places in the page, whatever the encoding of what is
    # in quotes; JSON's own characters are ASCII.
    text = page.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    try:
        return _page(text)
    except (ValueError, IndexError, RecursionError) as error:
        if isinstance(error, NoPage):
            raise
        raise NoPage("the answer is no JSON") from None


def _page(text: str) -> PollPage:
    orders: tuple[PolledOrder, ...] | None = None
    told: dict[str, Any] = {}
    at = _skip(text, 0)
    if text[at] != "{":
        raise NoPage("the answer is no JSON object")
    at = _skip(text, at + 1)
    while text[at] != "}":
        _after(text, at, '"')
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _after(text, _skip(text, at), ":"))
        if key in told:
            raise NoPage(f"{key[:40]!r} stands twice in the answer")
        if key == "data" and text[at] == "[":
            orders, at = _orders(text, at)
            told[key] = None
        else:
            told[key], at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] != "}":
            at = _skip(text, _after(text, at, ","))
            if text[at] == "}":
                raise NoPage("the answer is no JSON")
    if _skip(text, at + 1) != len(text):
        raise NoPage("the answer is no JSON")
    if orders is None:
        raise NoPage("the answer holds no `data`, where the orders should be")
    return PollPage(orders, _total(told.get("total")), _mark(told.get("lastUpdatedAt")))


def _orders(text: str, at: int) -> tuple[tuple[PolledOrder, ...], int]:
    """The entries of the array that begins at `at`, and where it ends."""
    found: list[PolledOrder] = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        value, end = _DECODER.raw_decode(text, at)
        found.append(_order(text[at:end].encode("latin-1"), value))
        at = _skip(text, end)
        if text[at] != "]":
            at = _skip(text, _after(text, at, ","))
            if text[at] == "]":
                raise NoPage("the answer is no JSON")
    return tuple(found), at + 1


def _order(payload: bytes, value: Any) -> PolledOrder:
    fingerprint = hashlib.sha256(payload).hexdigest()
    members = _members(value)
    buyer_order = _members(members.get("buyerOrder"))
    number = _word(buyer_order.get("purchaseOrderNumber")) or _word(members.get("purchaseOrderNumber"))
    # Without an id of the platform's: what makes an order one, so that a change is seen to take the place of what was there.
    company = _word(buyer_order.get("companyId")) or ""
    account = _word(_members(members.get("supplierOrder")).get("buyerAccountNumber")) or ""
    unnamed = f"#{company}/{account}/{number}" if number else f"#{fingerprint[:16]}"
    platform_id = _word(members.get("id")) or unnamed
    return PolledOrder(payload, fingerprint, platform_id, number or platform_id, _mark(members.get("lastUpdatedAt")))


def _members(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str | None:
    """A text or number that names something, if it can stand on a line."""
    if not isinstance(value, str):
        return None
    word = value.encode("latin-1", "replace").decode("utf-8", "replace").strip()
    return word if word and len(word) <= _LONGEST_ID and word.isprintable() else None


def _total(value: Any) -> int | None:
    return int(value) if isinstance(value, _Numeral) and _WHOLE.fullmatch(value) else None


def _mark(value: Any) -> str | None:
    """A time in the platform's words, whole; it goes back as it came and is never taken for a time of ours."""
    if type(value) is not str or not 0 < len(value) <= _LONGEST_MARK:
        return None
    return value if value.isascii() and value.isprintable() and value.strip() else None


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space is not None else at


def _after(text: str, at: int, wanted: str) -> int:
    if text[at] != wanted:
        raise NoPage("the answer is no JSON")
    return at + 1
