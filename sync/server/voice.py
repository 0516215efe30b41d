"""What a caller is told, in the language in which they came: JSON, XML, or SOAP 1.1 or 1.2.

Success is 2xx once the document is on our disk. 200: it was applied, or had been before. 202: it is kept, and is applied or
answered later. 400: it can't be read; it is kept all the same, and shown to an operator. 503: trouble of ours, try again.
Nothing is ever 500, which Tradecloud would not try again; so SOAP faults of ours are 503 too. A SOAP success is always
200, since clients take what stands in a 202 for a fault.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final
from xml.sax.saxutils import escape

from core.formats import soap
from core.formats._xml import peek
from sync.server import wsdl
from sync.server.content_type import ContentType

WORDS: Final = {
    400: "the document can't be read",
    401: "not let in",
    404: "nothing is taken in here",
    405: "orders are posted here",
    408: "the document took too long to come in",
    413: "the document is too large",
    415: "the document must come without Content-Encoding",
    429: "too many documents in a minute",
    503: "not now; try again later",
}
"""For strangers too: nothing of ours stands in them."""

_NO_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BEFORE_JSON: Final = b"\xef\xbb\xbf\xfe\xff\0 \t\r\n"
"""Byte-order marks, the halves of characters in UTF-16, and space."""
_DECLARATION: Final = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml\s[^>]*\?>)?\s*")


class Voice(Enum):
    JSON = "application/json"
    XML = "application/xml"
    SOAP_11 = "text/xml; charset=utf-8"
    SOAP_12 = "application/soap+xml; charset=utf-8"

    @property
    def soap(self) -> str | None:
        """The version of SOAP."""
        return {Voice.SOAP_11: "1.1", Voice.SOAP_12: "1.2"}.get(self)


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    content: bytes = b""
    content_type: str = Voice.JSON.value
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back for an order in the same response."""

    payload: bytes
    content_type: str

    @property
    def is_xml(self) -> bool:
        return "xml" in self.content_type


def of_headers(kind: ContentType, soap_action: str | None) -> Voice:
    """What can be told before the body is there: SOAP 1.1 has its own header, 1.2 its own media type.

    Of a message with attachments the parameters say what its first part is (MTOM: start-info; RFC 2387: type).
    """
    media = kind.media
    if parts := media == "multipart/related":
        first = kind.parameters.get("start-info") or kind.parameters.get("type", "")
        media = first.partition(";")[0].strip().lower()
    if media == "application/soap+xml":
        return Voice.SOAP_12
    if soap_action is not None and (parts or media == "text/xml"):
        return Voice.SOAP_11
    return Voice.XML if media.endswith(("/xml", "+xml")) else Voice.JSON


def of_body(body: bytes, spoken: Voice, *, whole: bool = True) -> tuple[Voice, str]:
    """…and when it is; with the name of the SOAP operation, where it is one and the `whole` body is to be read for it.

    What is too broken to tell, or has a DOCTYPE in front, is in the language that the headers said: `spoken`.
    """
    envelope = soap.envelope(body, whole=whole)
    if envelope is not None:
        unknown = spoken if spoken.soap is not None else Voice.SOAP_11
        return {"1.1": Voice.SOAP_11, "1.2": Voice.SOAP_12}.get(envelope.version or "", unknown), envelope.operation
    if peek(body) is not None:
        return (spoken if spoken.soap is not None else Voice.XML), ""
    return (Voice.JSON if body.lstrip(_BEFORE_JSON)[:1] in (b"{", b"[") else spoken), ""


def problem(voice: Voice, status: int, why: str = "", headers: Mapping[str, str] | None = None) -> Reply:
    """A refusal, or trouble of ours: `why` may repeat the caller's own words."""
    told = why or WORDS[status]
    if voice.soap is not None:
        content = _enveloped(voice, _fault(voice, told, ours=status >= 500))
    elif voice is Voice.XML:
        content = _document(f"<result><error>{_text(told)}</error></result>")
    else:
        content = _json({"error": told})
    return Reply(status, content, voice.value, headers or {})


def taken(voice: Voice, status: int, word: str, document: int) -> Reply:
    """The document is ours: `word` says what became of it."""
    if voice.soap is not None:
        return Reply(200, _enveloped(voice, _response(word, document)), voice.value)
    if voice is Voice.XML:
        result = f"<result><status>{word}</status><document>{document}</document></result>"
        return Reply(status, _document(result), voice.value)
    return Reply(status, _json({"status": word, "document": document}), voice.value)


def answered(voice: Voice, operation: str, document: int, answer: Answer) -> Reply:
    """The answer to the order, its exact bytes; in SOAP inside the Body, in the operation's element where that was ours.

    Who put the order bare into the Body finds the answer bare in it too.
    """
    if voice.soap is None:
        return Reply(200, answer.payload, answer.content_type)
    if not answer.is_xml:
        text = f"<o:answerText>{_text(answer.payload.decode('utf-8', 'replace'))}</o:answerText>".encode()
        return Reply(200, _enveloped(voice, _response("answered", document, text)), voice.value)
    bare = _DECLARATION.sub(b"", answer.payload, count=1)
    if operation == f"{{{wsdl.NAMESPACE}}}{wsdl.OPERATION}":
        bare = _response("answered", document, b"<o:answer>" + bare + b"</o:answer>")
    return Reply(200, _enveloped(voice, bare), voice.value)


def _response(word: str, document: int, more: bytes = b"") -> bytes:
    # Under a prefix: an answer without a namespace must not fall into ours.
    said = f"<o:status>{word}</o:status><o:document>{document}</o:document>".encode()
    start = f'<o:{wsdl.RESPONSE} xmlns:o="{wsdl.NAMESPACE}">'.encode()
    return start + said + more + f"</o:{wsdl.RESPONSE}>".encode()


def _fault(voice: Voice, told: str, *, ours: bool) -> bytes:
    if voice is Voice.SOAP_11:
        code = "Server" if ours else "Client"
        return (
            f"<soap:Fault><faultcode>soap:{code}</faultcode><faultstring>{_text(told)}</faultstring></soap:Fault>"
        ).encode()
    code = "Receiver" if ours else "Sender"
    return (
        f"<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code>"
        f'<soap:Reason><soap:Text xml:lang="en">{_text(told)}</soap:Text></soap:Reason></soap:Fault>'
    ).encode()


def _enveloped(voice: Voice, body: bytes) -> bytes:
    namespace = soap.NAMESPACES[voice.soap or "1.1"]
    start = f'<?xml version="1.0" encoding="UTF-8"?>\n<soap:Envelope xmlns:soap="{namespace}"><soap:Body>'
    return start.encode() + body + b"</soap:Body></soap:Envelope>"


def _document(root: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{root}\n'.encode()


def _json(told: dict[str, object]) -> bytes:
    return json.dumps(told).encode()


def _text(told: str) -> str:
    return escape(_NO_XML.sub("\ufffd", told))
