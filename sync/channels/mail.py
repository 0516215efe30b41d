"""A mail as documents: its attachments, and where it has none that are data, what it says in its text.

Everything in a mail is the sender's: names are for people only, sizes and depth are capped, and a mail that can't be taken
apart becomes one document with the whole mail in it. No mail ever becomes nothing: what is left out are parts that are no
documents (pictures that its text shows, signatures, bounce reports) and readable copies beside the data that they copy.

`mail_parts` parses it, `mail_zip` unpacks what is packed in it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from pathlib import PurePosixPath
from typing import Final

from sync.channels import Received
from sync.channels.mail_parts import Limits, TooMuch, parsed
from sync.channels.mail_sender import sender_is_authentic
from sync.channels.mail_zip import Budget, is_zip, unpack

_LONGEST_NAME: Final = 255
_LONGEST_TEXT: Final = 320
_LONGEST_RAW: Final = 2_000
"""Characters of a header that are decoded: the standard library takes time by the square of the number of its words."""
_SLOW_CHARSETS: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape"})
"""No charsets of mails, though Python takes them for some; they take time by the square of the text."""
_DATA_NAMES: Final = frozenset({".xml", ".json", ".edi", ".edifact", ".csv", ".zip", ".x12", ".txml", ".cxml", ".ubl"})
_DATA_STARTS: Final = re.compile(rb"""<\?xml|<(?!!doctype|html|https?:|mailto:)[a-z_]|\{\s*"|\[\s*\{|una|unb\+|isa\*""")
"""XML, but no web page and no address; JSON, but no [EXTERNAL]; EDIFACT; X12."""
_LETTER_ONLY: Final = frozenset(
    {
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
        "application/pgp-signature",
        "text/rfc822-headers",
    }
)
_READABLE: Final = frozenset({".pdf", ".html", ".htm", ".png", ".jpg", ".jpeg", ".gif"})


def documents(source: bytes, trusted_authserv: str | None = None) -> tuple[Received, ...]:
    """What the mail with this source holds, at least one document.

    With `trusted_authserv` every document has a problem unless that server's word in the topmost of its headers is that the
    sender is who they say.
    """
    try:
        limits = Limits()
        mail = parsed(source, limits)
        sender = _text(mail.get("From"))
        found = _Walk(sender, limits).documents(mail)
        doubtful = trusted_authserv is not None and not sender_is_authentic(mail, trusted_authserv)
    except TooMuch as error:
        return (_whole(source, str(error)),)
    except (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        # The standard library still raises on some malformed mails; a person sees the mail then.
        return (_whole(source, f"the mail can't be taken apart ({type(error).__name__})"),)
    if not found:
        return (_whole(source, "the mail holds no attachment and no text", sender),)
    return tuple(_held(each) for each in found) if doubtful else tuple(found)


def _held(document: Received) -> Received:
    return Received(
        document.name,
        document.payload,
        document.sender,
        "sender could not be authenticated" + (f"; also: {document.problem}" if document.problem else ""),
        "ask the buyer whether they sent it; if so, retry it",
    )


def _whole(source: bytes, problem: str, sender: str = "") -> Received:
    return Received(
        "mail", source, sender, problem, "read the mail, and ask its sender to send the order as an attachment"
    )


class _Walk:
    """Through the parts of one mail. Recursion is as deep as the limits allow, no deeper."""

    def __init__(self, sender: str, limits: Limits) -> None:
        self._sender = sender
        self._limits = limits
        self._unpacking = Budget()

    def documents(self, mail: Message, depth: int = 0) -> list[Received]:
        """What this mail holds: its attachments, attached mails taken apart likewise, else its text."""
        self._limits.attached_mail(depth)
        attachments: list[Received] = []
        texts: list[tuple[str, Received]] = []
        subject = _text(mail.get("Subject"))[:100] or "mail"
        for part in _leaves(mail):
            name, kind = _name(part), part.get_content_type()
            if kind in ("message/rfc822", "message/global"):
                attachments += self._attached_mail(part, depth)
            elif _is_no_document(part, kind):
                continue
            elif kind in ("text/plain", "text/html") and not name and part.get_content_disposition() != "attachment":
                texts.append((kind, Received(f"{subject} (text)", _text_bytes(part), self._sender)))
            elif kind.startswith("text/") and not name:
                attachments.append(Received(subject, _text_bytes(part), self._sender))
            else:
                attachments += self._attachment(name or subject, kind, _payload(part), depth)
        return [*_without_copies(attachments), *_of_texts(texts, alone=not attachments)]

    def _attachment(self, name: str, kind: str, payload: bytes, depth: int) -> list[Received]:
        if is_zip(name, kind, payload):
            return unpack(name, payload, self._sender, self._unpacking)
        if name.lower().endswith(".eml"):
            return self._mail_from(payload, depth)
        return [Received(name, payload, self._sender)]

    def _attached_mail(self, part: Message, depth: int) -> list[Received]:
        held = part.get_payload()
        inner = held[0] if isinstance(held, list) and held else None
        if not isinstance(inner, Message):
            return self._mail_from(_payload(part), depth)
        return self.documents(inner, depth + 1)

    def _mail_from(self, source: bytes, depth: int) -> list[Received]:
        return self.documents(parsed(source, self._limits), depth + 1)


def _leaves(part: Message) -> Iterator[Message]:
    held = part.get_payload()
    if part.get_content_maintype() == "multipart" and isinstance(held, list):
        for each in held:
            assert isinstance(each, Message)
            yield from _leaves(each)
    else:
        yield part


def _is_no_document(part: Message, kind: str) -> bool:
    """Parts that belong to the letter, not to its business: signatures, pictures in its text, a bounce's report."""
    if kind in _LETTER_ONLY or kind.startswith("message/"):
        return True
    return kind.startswith("image/") and "Content-ID" in part and part.get_content_disposition() != "attachment"


def _of_texts(texts: list[tuple[str, Received]], *, alone: bool) -> list[Received]:
    """A text is a document when it is data, or when there is nothing else: then plain text before HTML."""
    data = [text for kind, text in texts if kind == "text/plain" and _reads_like_data(text.payload)]
    if data or not alone:
        return data
    written = [(kind, text) for kind, text in texts if text.payload]
    plain = [text for kind, text in written if kind == "text/plain"]
    return plain or [text for _, text in written]


def _without_copies(attachments: list[Received]) -> list[Received]:
    """Without the PDF or picture that stands beside data of the same name: the same order for people's eyes."""
    data = {_stem(each.name) for each in attachments if _is_data(each)}
    return [each for each in attachments if _suffix(each.name) not in _READABLE or _stem(each.name) not in data]


def _is_data(document: Received) -> bool:
    return _suffix(document.name) in _DATA_NAMES or _reads_like_data(document.payload)


def _reads_like_data(payload: bytes) -> bool:
    return _DATA_STARTS.match(payload[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()) is not None


def _file_name(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _suffix(name: str) -> str:
    return _file_name(name).suffix.lower()


def _stem(name: str) -> str:
    return _file_name(name).stem.lower()


def _name(part: Message) -> str:
    """The part's name as its sender wrote it, path and all: for people, never for a path of ours."""
    name = part.get_filename() or ""
    return _text(name)[:_LONGEST_NAME]


def _text(value: object) -> str:
    """A header's text on one line, encoded words decoded as far as they can be."""
    if value is None:
        return ""
    text = str(value)[:_LONGEST_RAW]
    with suppress(MessageError, LookupError, ValueError):
        text = str(make_header(decode_header(text)))
    return " ".join(text.encode("utf-8", "replace").decode().split())[:_LONGEST_TEXT]


def _payload(part: Message) -> bytes:
    held = part.get_payload(decode=True)
    if isinstance(held, bytes):
        return held
    return part.as_bytes()  # says that it has parts, and has none, or the other way round


def _text_bytes(part: Message) -> bytes:
    """The text in UTF-8, or in the encoding that it declares itself, where that is one of an XML."""
    held = _payload(part).strip()
    charset = str(part.get_content_charset("utf-8"))
    if charset in ("utf-8", "us-ascii", "ascii"):
        return held
    try:
        if codecs.lookup(charset).name in _SLOW_CHARSETS:
            return held
        text = held.decode(charset)
        declared = re.match(r"""<\?xml[^>]*?encoding=["']([\w.-]+)""", text)
        return text.encode(declared[1] if declared else "utf-8")
    except (LookupError, UnicodeError):
        return held
