"""What the header `Content-Type` says: of what kind a document is, and in which charset."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import Message
from typing import Final

_LONGEST: Final = 1_000
"""Of the header; taking one apart takes time by the square of it, and nobody has logged in yet."""
_LONGEST_NAME: Final = 40


@dataclass(frozen=True, slots=True)
class ContentType:
    media: str
    """In small letters, like `application/xml`; empty without the header."""
    parameters: dict[str, str] = field(default_factory=dict)
    """By their names in small letters."""

    @property
    def charset(self) -> str:
        """As it is named, in small letters; empty where it isn't. A stranger's text, of which a line can be shown."""
        named = self.parameters.get("charset", "").strip().lower()[:_LONGEST_NAME]
        return named if named.isprintable() else "?"


def content_type(header: str) -> ContentType:
    """Never raises: what can't be taken apart has no parameters."""
    media, _, rest = header[:_LONGEST].partition(";")
    message = Message()
    message["Content-Type"] = f"x/x;{rest}"
    given = message.get_params(failobj=[])
    return ContentType(
        media.strip().lower(), {name.lower(): value for name, value in given[1:] if isinstance(value, str)}
    )
