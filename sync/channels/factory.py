"""From the settings of a connection to its channels. Only what is used is imported: a desk without mail needs no IMAP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.config import Connection, Settings, SettingsError
from core.connections import HttpOutbound, HttpPollInbound, ImapInbound, SftpInbound, SftpOutbound, SmtpOutbound
from sync.channels import InboundChannel, OutboundChannel

if TYPE_CHECKING:
    from sync.channels.http_partner import HttpPartner
    from sync.channels.poll_progress import Marks


def inbound_channel(
    connection: Connection, settings: Settings, *, wait_to_settle: bool = False, marks: Marks | None = None
) -> InboundChannel:
    """The channel by which the connection's orders come. Raises SettingsError when it has none that can be used.

    `wait_to_settle`: see SftpInboundChannel; the others have nothing to wait for. `marks`: see HttpPollChannel; the others
    move away what they took.
    """
    match connection.inbound:
        case SftpInbound() as inbound:
            from sync.channels.sftp_inbound import SftpInboundChannel

            return SftpInboundChannel(inbound, settings.folder, wait_to_settle=wait_to_settle)
        case ImapInbound() as inbound:
            from sync.channels.imap import ImapInboundChannel

            return ImapInboundChannel(inbound, settings.folder)
        case HttpPollInbound() as inbound if connection.poll_path is not None:
            from sync.channels.http_poll import HttpPollChannel

            return HttpPollChannel(inbound, settings.folder, connection.poll_path, marks)
        case None:
            raise SettingsError(f"connection {connection.name} has no inbound channel")
    raise SettingsError(f"connection {connection.name}: its orders are posted to us, and nothing is fetched")


def documents_partner(connection: Connection, settings: Settings) -> HttpPartner:
    """The platform from which documents that the buyer attached are fetched. Raises SettingsError when there is none."""
    table = connection.documents_from
    if table is None:
        raise SettingsError(
            f"connection {connection.name}: documents that the buyer attached can be fetched over HTTP from a platform that"
            ' keeps them; add such a channel, or set paths = { document_metadata = "…" } of the one that it has'
        )
    from sync.channels.http_partner import HttpPartner

    return HttpPartner(table, settings.folder, timeout=table.timeout.total_seconds())


def outbound_channel(connection: Connection, settings: Settings, kind: str = "order_response") -> OutboundChannel:
    """The channel by which messages of this kind leave. Raises SettingsError when there is none that can be used."""
    outbound: SftpOutbound | HttpOutbound | SmtpOutbound | None = connection.outbound
    if kind == "despatch_advice" and connection.outbound is not None and connection.outbound.despatch is not None:
        outbound = connection.outbound.despatch
    match outbound:
        case SftpOutbound():
            from sync.channels.sftp_outbound import SftpOutboundChannel

            return SftpOutboundChannel(outbound, settings.folder)
        case HttpOutbound():
            from sync.channels.http import HttpOutboundChannel

            return HttpOutboundChannel(outbound, settings.folder, usual_paths=dict(connection.terms.post_paths))
        case SmtpOutbound():
            from sync.channels.smtp import SmtpOutboundChannel

            return SmtpOutboundChannel(outbound, settings.folder)
        case None:
            raise SettingsError(f"connection {connection.name} has no outbound channel")
