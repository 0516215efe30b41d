"""From settings to channels: the right one, only what is needed, and a clear word where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from core.config import Connection, Settings, SettingsError
from sync.channels.factory import inbound_channel, outbound_channel
from sync.channels.http import HttpOutboundChannel
from sync.channels.http_poll import HttpPollChannel
from sync.channels.imap import ImapInboundChannel
from sync.channels.sftp_inbound import SftpInboundChannel
from sync.channels.sftp_outbound import SftpOutboundChannel
from sync.channels.smtp import SmtpOutboundChannel

SFTP = {"channel": "sftp", "host": "sftp.buyer.example", "user": "u", "password": "p"}
IMAP = {"channel": "imap", "host": "mail.ours.example", "user": "u", "password": "p"}
HTTP = {"channel": "http", "url": "https://api.buyer.example", "format": "tradecloud-json"}
SMTP = {"channel": "smtp", "host": "mail.ours.example", "sender": "a@b.example", "to": "c@d.example", "format": "ubl"}
POLL = {"channel": "http-poll", "url": "https://api.buyer.example"}
WEBHOOK = {"channel": "webhook", "path": "/in/metal-works", "auth": "bearer", "token": "t"}
FOLDER = Settings(folder=Path("/nowhere"))


def connection(**tables: Any) -> Connection:
    return Connection.model_validate({"name": "metal-works", "profile": "generic"} | tables)


def test_each_channel_of_the_settings_is_made() -> None:
    assert isinstance(inbound_channel(connection(inbound=SFTP), FOLDER), SftpInboundChannel)
    assert isinstance(inbound_channel(connection(inbound=IMAP), FOLDER), ImapInboundChannel)
    assert isinstance(outbound_channel(connection(outbound={**SFTP, "format": "ubl"}), FOLDER), SftpOutboundChannel)
    assert isinstance(outbound_channel(connection(outbound=HTTP), FOLDER), HttpOutboundChannel)
    assert isinstance(outbound_channel(connection(outbound=SMTP), FOLDER), SmtpOutboundChannel)


def test_despatches_go_elsewhere_where_the_settings_say_so() -> None:
    both = connection(outbound={**HTTP, "despatch": {**SFTP, "path": "/despatch_advice", "format": "ubl"}})
    assert isinstance(outbound_channel(both, FOLDER), HttpOutboundChannel)
    despatch = outbound_channel(both, FOLDER, "despatch_advice")
    assert isinstance(despatch, SftpOutboundChannel)
    assert despatch.path == b"/despatch_advice"
    assert isinstance(outbound_channel(connection(outbound=HTTP), FOLDER, "despatch_advice"), HttpOutboundChannel)


def test_messages_are_posted_where_the_profile_or_the_settings_say() -> None:
    posted = {**HTTP, "format": "procurement-connect-json"}
    usual = outbound_channel(connection(profile="procurement-connect", outbound=posted), FOLDER)
    named = outbound_channel(
        connection(profile="procurement-connect", outbound={**posted, "paths": {"order_response": "/answers"}}), FOLDER
    )
    elsewhere = outbound_channel(connection(outbound=posted), FOLDER)
    assert [
        [channel.path_of(kind) for kind in ("order_response", "despatch_advice", "attachment")]
        for channel in (usual, named, elsewhere)
        if isinstance(channel, HttpOutboundChannel)
    ] == [["/order_response", "/despatch_advice", None], ["/answers", "/despatch_advice", None], ["", "", None]]


def test_orders_are_polled_where_the_profile_or_the_settings_say() -> None:
    tradecloud = inbound_channel(connection(profile="tradecloud", inbound=POLL), FOLDER)
    assert isinstance(tradecloud, HttpPollChannel)
    assert tradecloud.path == "/order-search/poll"
    named = inbound_channel(connection(inbound={**POLL, "paths": {"poll": "/changed"}}), FOLDER)
    assert isinstance(named, HttpPollChannel)
    assert named.path == "/changed"


def test_nothing_is_fetched_where_orders_are_posted() -> None:
    with pytest.raises(SettingsError, match="connection metal-works: its orders are posted to us"):
        inbound_channel(connection(inbound=WEBHOOK), FOLDER)


def test_a_connection_without_a_channel_says_so() -> None:
    with pytest.raises(SettingsError, match="connection metal-works has no inbound channel"):
        inbound_channel(connection(), FOLDER)
    with pytest.raises(SettingsError, match="connection metal-works has no outbound channel"):
        outbound_channel(connection(), FOLDER)


def test_making_a_channel_reads_no_secret_and_calls_nobody() -> None:
    secret = {"command": "podesk-test-no-such-command"}
    assert inbound_channel(connection(inbound={**SFTP, "password": secret}), FOLDER) is not None
    assert inbound_channel(connection(inbound={**IMAP, "password": secret}), FOLDER) is not None
    outbound = {**HTTP, "auth": "basic", "user": "u", "password": secret}
    assert outbound_channel(connection(outbound=outbound), FOLDER) is not None


def test_nothing_is_imported_that_is_not_used() -> None:
    code = "import sys, sync.channels.factory; print(*sorted({'paramiko', 'httpx', 'imapclient'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
