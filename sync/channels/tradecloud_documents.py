"""Documents that a buyer attached, fetched from Tradecloud's object storage.

`GET /object-storage/document/{id}/metadata` names a `downloadUrl` that is good for a minute (Tradecloud's manual, and the
sample DownloadDocumentS3 of its SDK). That address is signed, and belongs to somebody else: it is asked without our token,
and only over TLS, unless the platform itself is on this machine. A storage answers 403 when the minute is over, so that is
no word on us; a new address is asked for with each attempt.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

import httpx

from core.connections import is_loopback
from sync.channels import ChannelError, Refused, Unreachable
from sync.channels.http_partner import NOT_NOW, Answer, Conversation, End, HttpPartner
from sync.channels.words import one_line

METADATA: Final = "/object-storage/document/{id}/metadata"
MOST_BYTES: Final = 100_000_000
"""The most that the manual lets anybody upload."""
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Downloaded:
    name: str
    """As the platform shows it: for people only, never a path."""
    payload: bytes


def download(partner: HttpPartner, object_id: str, *, most_bytes: int = MOST_BYTES) -> Downloaded:
    """The document that is called `object_id`.

    Raises ChannelError: Refused when there is none, or none that we can have; NotAdmitted when the platform lets us in no
    more; everything else is worth another attempt.
    """
    about = f"{partner.name}: document {one_line(object_id)[:_LONGEST_NAME]}"
    path = partner.table.paths.get("document_metadata", METADATA).replace("{id}", quote(object_id, safe=""))
    with partner.conversation() as conversation:
        conversation.log_in()
        answer = conversation.ask("GET", path, headers={"Accept": "application/json"}, most=65_536)
        name, address = _metadata(_taken(conversation, answer, about), about)
        if not _may_be_asked(address, here=is_loopback(urlsplit(partner.table.url).hostname or "")):
            raise Refused(
                f"{about}: the platform names an address that is not https, or on this machine; ask the platform"
            )
        found = conversation.exchange("GET", address, most=most_bytes)
        if found.status == 403:
            raise Unreachable(f"{about}: the address for it has expired, or is not good yet ({found.words})")
        payload = _taken(conversation, found, about)
    if found.end is End.CUT:
        raise Refused(f"{about}: more than {most_bytes:,} bytes; fetch it from the platform's portal")
    return Downloaded(name, payload)


def _taken(conversation: Conversation, answer: Answer, about: str) -> bytes:
    if answer.status in NOT_NOW or answer.status >= 500:
        raise Unreachable(f"{about}: not now, says the platform ({answer.words})", conversation.retry_after(answer))
    if answer.status == 403:  # of this document alone: we are let in, and may have others
        raise Refused(f"{about}: we may not have it ({answer.words}); ask the buyer", answer.status, answer.text)
    if not 200 <= answer.status < 300:
        raise Refused(f"{about}: it can't be had ({answer.words}); ask the buyer for it", answer.status, answer.text)
    if answer.end is End.BROKEN:
        raise Unreachable(f"{about}: the answer broke off, or did not come in time; try again")
    return answer.body


def _may_be_asked(address: str, *, here: bool) -> bool:
    """`here`: the platform is on this machine. Any other may not have us ask what only this machine can reach."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
        httpx.URL(address)
        if not host or (is_loopback(host) and not here):
            return False
        return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    except (ValueError, httpx.InvalidURL):
        return False


def _metadata(body: bytes, about: str) -> tuple[str, str]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    address = told.get("downloadUrl") if isinstance(told, dict) else None
    if not isinstance(address, str) or not address.isprintable():
        raise ChannelError(
            f"{about}: the platform does not say where it can be fetched; try again, or ask the platform"
        )
    name = told.get("filename")
    shown = one_line(name)[:_LONGEST_NAME] if isinstance(name, str) else ""
    return shown or "document", address
