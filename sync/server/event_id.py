"""The sender's own id of a posted event, so that it is known again although another came in between.

Procurement Connect's webhooks are `{id, name, subject, timestamp, version, payload, …}`. Whatever stands there is a
stranger's text: only what a line of a list could show is taken for an id.
"""

from __future__ import annotations

import json
from typing import Final

MOST_CHARACTERS: Final = 200
_EVENT: Final = {"id", "name", "payload"}


def event_id(body: bytes) -> str | None:
    """The id in a webhook event's JSON; None for anything else. Never raises."""
    if body[:1] != b"{" or b'"payload"' not in body:
        return None
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return usable(event["id"]) if isinstance(event, dict) and event.keys() >= _EVENT else None


def usable(found: object) -> str | None:
    """`found` as an id, when it can be one."""
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    return text if 0 < len(text) <= MOST_CHARACTERS and text.isprintable() else None
