"""Answers and attachments as HTTP requests: one at a time, each under the id of its outbox row.

What an answer of the partner means:

- 2xx: taken, and the receipt says so.
- 401: the credentials don't hold (at Tradecloud after one refresh and one log-in).
- 408, 425, 429, 503, or no connection: not now, and it was not taken; `Retry-After` is heeded.
- every other 5xx, and no answer after we began to send: nobody knows; the same bytes go again under the same key.
- every other answer, redirects too: never.

At Tradecloud we log in before the first message is taken in hand.

An attachment goes as `multipart/form-data`, its bytes in the part `file` (Tradecloud's manual, "Attach a document to an
order", and the sample UploadDocument of its SDK), and the answer's `id` is the receipt: the objectId by which an order
response refers to it. A repeat makes at worst a second object that nobody refers to.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from core.connections import HttpOutbound
from sync.channels import ATTACHMENT, ChannelError, NotAdmitted, Parcel, Refused, Uncertain, Unreachable
from sync.channels.http_partner import NOT_NOW, WORDS, Answer, AnswerLost, Conversation, HttpPartner
from sync.channels.pace import Pacer

TRADECLOUD_PATHS: Final = {
    "order_response": "/api-connector/order-response",
    "despatch_advice": "/api-connector/shipment/despatch-advice",
    ATTACHMENT: "/object-storage/document",
}
_SETTING: Final = {ATTACHMENT: "document_upload"}
"""Where a kind of message has another name in `paths`."""
_LONGEST_ID: Final = 200
_MOST_OF_AN_UPLOAD: Final = 65_536
"""Bytes of the answer to an upload: the object's id may stand behind much that we don't know."""


class HttpOutboundChannel(HttpPartner):
    def __init__(
        self,
        settings: HttpOutbound,
        folder: Path,
        *,
        usual_paths: Mapping[str, str] = MappingProxyType({}),
        pacer: Pacer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`usual_paths`: by kind of message, where the settings name none (`Profile.post_paths`)."""
        super().__init__(settings, folder, timeout=settings.timeout.total_seconds(), pacer=pacer, now=now)
        self._usual_paths = TRADECLOUD_PATHS if settings.auth == "tradecloud" else usual_paths

    @contextmanager
    def session(self) -> Iterator[HttpOutboundSession]:
        with self.conversation() as conversation:
            conversation.log_in()
            yield HttpOutboundSession(self, conversation)

    def check(self) -> str:
        with self.conversation() as conversation:
            if self.table.auth == "tradecloud":
                conversation.log_in(anew=True)
                return f"{self.name}: logged in as {self.table.user}"
            answer = conversation.ask("GET", "")
            if answer.status == 403:
                raise NotAdmitted(f"{self.name} does not take our credentials (HTTP 403)")
            return f"{self.name} answers (HTTP {answer.status} to a plain look); nothing was sent"

    def path_of(self, kind: str) -> str | None:
        """Below the base address; None where this partner has no place for such a thing."""
        nowhere = None if kind == ATTACHMENT else ""
        return self.table.paths.get(_SETTING.get(kind, kind), self._usual_paths.get(kind, nowhere))


class HttpOutboundSession:
    def __init__(self, channel: HttpOutboundChannel, conversation: Conversation) -> None:
        self._channel = channel
        self._conversation = conversation

    def send(self, parcel: Parcel) -> str:
        about = f"{self._channel.name}: order {parcel.order_number}"
        path = self._channel.path_of(parcel.kind)
        if path is None:
            raise Refused(
                f"{about}: nothing says where documents are uploaded there; set paths.document_upload of this connection,"
                " or answer without the document"
            )
        content, content_type = _form(parcel) if parcel.kind == ATTACHMENT else (parcel.payload, parcel.content_type)
        headers = {"Content-Type": content_type, "Idempotency-Key": parcel.id}
        most = _MOST_OF_AN_UPLOAD if parcel.kind == ATTACHMENT else WORDS
        try:
            answer = self._conversation.ask("POST", path, content=content, headers=headers, most=most)
        except AnswerLost as error:
            raise Uncertain(
                f"{about}: the connection was lost before the partner answered ({error.reason}); it may have the message"
            ) from None
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, about)
        return _object_id(answer, about) if parcel.kind == ATTACHMENT else answer.words

    def _refusal(self, answer: Answer, about: str) -> ChannelError:
        if answer.status in NOT_NOW:
            return Unreachable(
                f"{about}: not now, says the partner ({answer.words})", self._conversation.retry_after(answer)
            )
        if answer.status >= 500:
            return Uncertain(
                f"{about}: something failed at the partner's ({answer.words}); it may have the message",
                self._conversation.retry_after(answer),
            )
        if 300 <= answer.status < 400:
            return Refused(
                f"{about}: the partner sends us on to {answer.target} (HTTP {answer.status}), where we don't follow; if"
                " that is right, set `url` to it",
                answer.status,
                answer.text,
            )
        return Refused(
            f"{about}: the partner refuses the message ({answer.words}); mend what it names, or ask the partner, then retry",
            answer.status,
            answer.text,
        )


def _form(parcel: Parcel) -> tuple[bytes, str]:
    """The multipart body (RFC 7578) and its type: the same bytes each time, the boundary being made of the parcel's id."""
    boundary = f"podesk-{parcel.id}"
    name = "".join(c if c.isprintable() else "_" for c in parcel.name) or f"document.{parcel.extension}"
    # As browsers escape it (HTML, "multipart form data"); some servers take a backslash for an escape.
    name = name.replace('"', "%22").replace("\\", "_")
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode("utf-8", "replace") + parcel.payload + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _object_id(answer: Answer, about: str) -> str:
    try:
        told = json.loads(answer.body)
        # The manual's text says `objectId`, its sample `id`.
        found = (told.get("objectId") or told.get("id")) if isinstance(told, dict) else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, str) or not found.strip() or len(found) > _LONGEST_ID or not found.isprintable():
        raise Uncertain(f"{about}: the document was uploaded, but the answer names no object ({answer.words})")
    return found.strip()
