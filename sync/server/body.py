"""A request's body as it comes in: never more of it in memory than is allowed, and never waited for without end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class TooLarge(Exception):
    """More bytes than a document may have."""


class Gone(Exception):
    """The caller went away before the body was there; nobody waits for an answer."""


async def read_body(
    receive: Receive,
    *,
    declared: int | None,
    most: int,
    take: Callable[[int], None],
    hear: Callable[[bytes], None],
) -> bytes:
    """All of it; each part is given to `hear` as it comes. Raises TooLarge, Gone, and what `take` raises when
    there is no room for so many bytes more.

    `declared` is the Content-Length. What counts as taken is what came: a number alone takes no room from others.
    """
    if declared is not None and declared > most:
        raise TooLarge
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        part: bytes = message.get("body", b"")
        if len(body) + len(part) > most:
            raise TooLarge
        take(len(part))
        hear(part)
        body += part
        if not message.get("more_body", False):
            return bytes(body)
