"""A mail's source as a tree of parts (the standard library's), within limits that no honest mail meets.

Asking a header for its parameters takes time by the square of its length, and the parser itself asks while it reads. So
lengths, parts and lines are counted while they come in, raw, before anything is asked of them.

The standard library's older interface (`compat32`) takes mails apart: the newer one raises on headers that real mails have.
"""

from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import Policy, compat32
from typing import Any, Final

MOST_PARTS: Final = 300
"""Of one mail, those of attached mails counted."""
MOST_DEPTH: Final = 12
"""Of mails within mails, and of parts within parts of each."""
MOST_LINES: Final = 1_000_000
"""Each line of a mail costs more memory than its bytes. 64 MB in base64 have fewer."""
MOST_HEADER: Final = 16 * 1024
"""Characters of one header, its name counted."""
MOST_HEADERS: Final = 64 * 1024
"""Characters of all headers of one part."""
MOST_HEADERS_TOGETHER: Final = 512 * 1024
"""Of all parts of one mail."""


class TooMuch(Exception):
    """The mail is not one with an order: a phrase for the operator."""


_TOO_MANY: Final = "the mail has more parts, or deeper ones, than a mail with an order has"


class Limits:
    """What one mail may still bring, with the mails that are attached to it."""

    def __init__(self) -> None:
        self._parts = MOST_PARTS
        self._headers = MOST_HEADERS_TOGETHER

    def one_more_part(self, depth: int) -> None:
        self._parts -= 1
        if self._parts < 0 or depth > 2 * MOST_DEPTH:
            raise TooMuch(_TOO_MANY)

    def one_more_header(self, size: int, of_this_part: int) -> None:
        self._headers -= size
        if size > MOST_HEADER:
            raise TooMuch(
                f"the mail has a header of {size:,} characters, more than an honest one has ({MOST_HEADER:,})"
            )
        if of_this_part > MOST_HEADERS or self._headers < 0:
            raise TooMuch("the mail has longer headers than an honest one has")

    def attached_mail(self, depth: int) -> None:
        if depth > MOST_DEPTH:
            raise TooMuch(_TOO_MANY)


class Part(Message):
    """A part of a mail. An attached mail that is encoded as a whole (forbidden, and done) has to be decoded to be parsed."""

    def __init__(self, limits: Limits, policy: Policy[Any] = compat32) -> None:
        super().__init__(policy)
        self._limits = limits
        self._depth = 0
        self._size_of_headers = 0

    def set_raw(self, name: str, value: Any) -> None:
        size = len(name) + len(value) + len(": \r\n")
        self._size_of_headers += size
        self._limits.one_more_header(size, self._size_of_headers)
        super().set_raw(name, value)

    def attach(self, payload: Any) -> None:
        if isinstance(payload, Part):
            payload._depth = self._depth + 1
            self._limits.one_more_part(payload._depth)
        super().attach(payload)

    def get_content_maintype(self) -> str:
        kind = super().get_content_maintype()
        encoding = str(self.get("Content-Transfer-Encoding", "")).strip().lower()
        return "application" if kind == "message" and encoding in ("base64", "quoted-printable") else kind


def parsed(source: bytes, limits: Limits) -> Message:
    """The mail as a tree. Raises TooMuch, and on some malformed mails what the standard library raises."""
    if source.count(b"\n") + source.count(b"\r") - source.count(b"\r\n") > MOST_LINES:
        raise TooMuch(f"the mail has more than {MOST_LINES:,} lines")
    limits.one_more_part(0)

    def part(policy: Policy[Any] = compat32) -> Part:
        return Part(limits, policy)

    return BytesParser(part, policy=compat32).parsebytes(source)
