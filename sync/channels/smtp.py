"""Answers by mail (smtplib): a short text, and the answer attached.

A mail is the same to the last byte however often it is sent: its `Message-ID` is made of the outbox row's id, which holds
the time too, so that whoever gets it twice can tell. What the mail server says (RFC 5321):

- 250 after the text: taken.
- 4xx at any step, or no connection: not now, and it was not taken.
- 5xx: never; to a log-in: we are not let in.
- nothing, after the text was begun: nobody knows.
"""

from __future__ import annotations

import smtplib
import ssl
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses
from pathlib import Path
from socket import socket
from typing import Any, Final
from urllib.parse import quote

from core.connections import SmtpOutbound
from core.secrets import SecretError, resolve
from sync.channels import ATTACHMENT, NotAdmitted, Parcel, Refused, Uncertain, Unreachable, tls
from sync.channels.line import Line
from sync.channels.words import IN_SENTENCE, one_line

TIMEOUT: Final = 30.0
"""Seconds for one step in which not much is carried."""
_SUBJECTS: Final = {"order_response": "Order response", "despatch_advice": "Despatch advice"}
_LONGEST_NUMBER: Final = 100


class SmtpOutboundChannel:
    def __init__(self, settings: SmtpOutbound, folder: Path, *, timeout: float = TIMEOUT) -> None:
        self.settings = settings
        self.name = f"{settings.host}:{settings.port}"
        self._folder = folder
        self._timeout = timeout

    @contextmanager
    def session(self) -> Iterator[SmtpOutboundSession]:
        line = Line(self._timeout)
        client = None
        try:
            # Greeting, EHLO, STARTTLS, EHLO again and the log-in.
            with self._setting_up(), line.step(steps=3):
                client = self._connected(line)
            yield SmtpOutboundSession(self, client, line)
        finally:
            if client is not None:
                with suppress(OSError, smtplib.SMTPException, TimeoutError), line.step():
                    client.quit()
                client.close()
            line.close()

    def check(self) -> str:
        with self.session():
            admitted = f"logged in as {self.settings.user}" if self.settings.user else "takes mail from us"
            return f"{self.name}: {admitted}; answers go to {self.settings.to}"

    def _connected(self, line: Line) -> smtplib.SMTP:
        settings = self.settings
        if settings.tls == "ssl":
            client: smtplib.SMTP = _Secured(line, settings.host, settings.port, self._timeout)
        else:
            client = _Plain(line, settings.host, settings.port, self._timeout)
        host = client.sock.getsockname()[0] if client.sock is not None else "127.0.0.1"
        client.local_hostname = f"[IPv6:{host}]" if ":" in host else f"[{host}]"  # RFC 5321, 4.1.3: we have no name
        if settings.tls == "starttls":
            client.starttls(context=tls.context())
        if settings.user is not None and settings.password is not None:
            try:
                password = resolve(settings.password, self._folder)
            except SecretError as error:
                raise NotAdmitted(f"{self.name}: {error}") from None
            client.login(settings.user, password)
        client.ehlo_or_helo_if_needed()
        return client

    @contextmanager
    def _setting_up(self) -> Iterator[None]:
        """What fails before there is a mail to send."""
        try:
            yield
        except smtplib.SMTPNotSupportedError as error:
            raise NotAdmitted(
                f"{self.name} does not offer what the settings want ({one_line(str(error))[:IN_SENTENCE]}); check tls and"
                " user of this connection"
            ) from None
        except smtplib.SMTPAuthenticationError as error:
            if 400 <= error.smtp_code < 500:
                raise Unreachable(f"{self.name}: not now, says the mail server ({_reply(error)})") from None
            raise NotAdmitted(
                f"{self.name} does not let {self.settings.user} in; check user and password of this connection"
            ) from None
        except smtplib.SMTPResponseException as error:
            if error.smtp_code >= 500:
                raise NotAdmitted(
                    f"{self.name} does not want to talk to us ({_reply(error)}); check host and port, or ask who runs it"
                ) from None
            raise Unreachable(f"{self.name}: not now, says the mail server ({_reply(error)})") from None
        except ssl.SSLCertVerificationError:
            raise NotAdmitted(
                f"{self.name} shows a certificate that this machine does not trust; check `host`, or install the"
                " authority that signed it (SSL_CERT_FILE)"
            ) from None
        except UnicodeError:
            # The error's own text may hold the password.
            raise NotAdmitted(f"{self.name}: user or password can't be told to a mail server; check them") from None
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"{self.name} can't be reached ({_why(error)})") from None


class SmtpOutboundSession:
    def __init__(self, channel: SmtpOutboundChannel, client: smtplib.SMTP, line: Line) -> None:
        self._channel = channel
        self._client = client
        self._line = line

    def send(self, parcel: Parcel) -> str:
        about = f"{self._channel.name}: order {one_line(parcel.order_number)[:_LONGEST_NUMBER]}"
        if parcel.kind == ATTACHMENT:
            raise Refused(
                f"{about}: no document can be uploaded by mail, since nothing says what an answer should call it; send it"
                " another way, and answer without it"
            )
        settings = self._channel.settings
        text = letter(parcel, settings.sender, settings.to).as_bytes()
        try:
            with self._line.step(steps=3):
                self._ask(about, "RSET", 250)
                for command in self._envelope():
                    self._ask(about, command, 250)
                self._ask(about, "DATA", 354)
        except (smtplib.SMTPException, OSError) as error:
            raise Unreachable(f"{about}: the mail server could not be told ({_why(error)}); nothing was sent") from None
        try:
            with self._line.step(len(text)):
                self._client.send(_stuffed(text))
                code, said = self._client.getreply()
        except (smtplib.SMTPException, OSError) as error:
            raise Uncertain(
                f"{about}: the connection was lost before the mail server answered ({_why(error)}); it may have the message"
            ) from None
        self._judge(about, code, said, 250)
        return f"{self._channel.name}: {code} {_words(said)}"

    def _envelope(self) -> Iterator[str]:
        settings = self._channel.settings
        [(_, sender)] = getaddresses([settings.sender])
        yield f"MAIL FROM:<{sender}>"
        for _, recipient in getaddresses([settings.to]):
            yield f"RCPT TO:<{recipient}>"

    def _ask(self, about: str, command: str, wanted: int) -> None:
        code, said = self._client.docmd(command)
        self._judge(about, code, said, wanted)

    def _judge(self, about: str, code: int, said: bytes, wanted: int) -> None:
        if code == wanted or (wanted == 250 and code == 251):
            return
        if 400 <= code < 500:
            raise Unreachable(f"{about}: not now, says the mail server ({code} {_words(said)})")
        if code == 530:
            raise NotAdmitted(
                f"{self._channel.name} wants us to log in first; set user and password of this connection"
            )
        if 500 <= code < 600:
            raise Refused(
                f"{about}: the mail server refuses the message ({code} {_words(said)}); mend what it names, or ask who runs"
                " it, then retry",
                code,
                _words(said),
            )
        raise Unreachable(f"{about}: the mail server says what no mail server says ({code} {_words(said)})")


def letter(parcel: Parcel, sender: str, to: str) -> EmailMessage:
    """The mail: the same bytes for the same parcel."""
    number = one_line(parcel.order_number)[:_LONGEST_NUMBER] or "without a number"
    what = _SUBJECTS.get(parcel.kind, "Message")
    [(_, address)] = getaddresses([sender])
    name = f"{quote(parcel.order_number, safe='', errors='replace')[:_LONGEST_NUMBER]}-{parcel.id}.{parcel.extension}"
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = to
    mail["Subject"] = f"{what} {_sayable(number)}"
    mail["Message-ID"] = f"<{parcel.id}@{address.rpartition('@')[2] or 'podesk'}>"
    mail["Date"] = format_datetime(_made(parcel.id))
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence note answers it
    mail.set_content(f"{what} to purchase order {_sayable(number)}: see the attachment.\n", cte="quoted-printable")
    maintype, _, subtype = parcel.content_type.partition(";")[0].strip().partition("/")
    if maintype not in ("application", "text") or not subtype:
        maintype, subtype = "application", "octet-stream"
    mail.add_attachment(parcel.payload, maintype, subtype, filename=name)
    mail.set_boundary(f"=podesk-{parcel.id}=")
    return mail


def _made(parcel_id: str) -> datetime:
    """When the outbox row was made: the time in its UUIDv7 (RFC 9562, 5.7)."""
    try:
        milliseconds = uuid.UUID(parcel_id).int >> 80
        return datetime.fromtimestamp(milliseconds // 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _sayable(text: str) -> str:
    """For a header: what looks like an encoded word (RFC 2047) would be decoded in it, line ends and all."""
    return text.encode("utf-8", "replace").decode().replace("=?", "= ?")


def _stuffed(text: bytes) -> bytes:
    """With the dots of RFC 5321, 4.5.2, and the end."""
    stuffed = text.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _words(said: bytes) -> str:
    return one_line(said.decode("utf-8", "replace"))[:IN_SENTENCE]


def _reply(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return f"{error.smtp_code} {_words(said if isinstance(said, bytes) else str(said).encode())}"


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "no answer in time"
    return one_line(str(error))[:IN_SENTENCE] or type(error).__name__


class _Plain(smtplib.SMTP):
    """On a line that can be cut, from the first byte on."""

    def __init__(self, line: Line, host: str, port: int, timeout: float) -> None:
        self._line = line
        super().__init__(host, port, local_hostname="[127.0.0.1]", timeout=timeout)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        return self._line.hold(super()._get_socket(host, port, timeout))  # type: ignore[misc]


class _Secured(smtplib.SMTP_SSL):
    def __init__(self, line: Line, host: str, port: int, timeout: float) -> None:
        self._line = line
        super().__init__(host, port, local_hostname="[127.0.0.1]", timeout=timeout, context=tls.context())

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        connected = smtplib.SMTP._get_socket(self, host, port, timeout)  # type: ignore[attr-defined]
        return self.context.wrap_socket(self._line.hold(connected), server_hostname=host)
