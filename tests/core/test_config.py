"""podesk.toml: everything that the settings promise is taken, everything else is an error with file, line and key."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from core.config import (
    HttpOutboundRoute,
    ImapInbound,
    Secret,
    Settings,
    SettingsError,
    SftpInbound,
    SftpOutboundRoute,
    load,
    parse,
)
from core.profile import TRADECLOUD

WHOLE = """\
store = "desk.sqlite"            # relative to this file
operator_hold = "10s"            # undo window before an answer leaves
timezone = "Europe/Amsterdam"    # default: the system's

[operators.alice]                # by login name (the OS user); without an entry the login name itself is sent
email = "alice@supplier.example"

[[connection]]
name = "metal-works"             # shown everywhere, [a-z0-9-]
profile = "tradecloud"           # tradecloud | procurement-connect | peppol | generic
our_account = "340760"           # the buyer's account number in our books, where the order doesn't say
company_id = "…"                 # optional: ours at Tradecloud, when one login serves several companies

[connection.inbound]
channel = "sftp"                 # sftp | imap | http-poll | webhook
host = "127.0.0.1"
port = 2222
user = "supplier"
password = { env = "METAL_SFTP_PASSWORD" }   # or { file = "…" } or { command = "…" } or private_key = "…"
known_hosts = "known_hosts"
path = "/order"
archive = "/archive/order"
pattern = "*.xml"
format = "auto"                  # or a format's name
every = "60s"
settle = "2s"                    # a file unchanged this long is complete

[connection.outbound]
channel = "http"                 # http | sftp | smtp
url = "http://127.0.0.1:8080/v2" # the base; `paths = { order_response = "…" }` overrides
auth = "tradecloud"              # tradecloud (login, then bearer, refreshed) | basic | bearer | none
user = "erp@supplier.example"
password = { file = "tradecloud.secret" }
format = "tradecloud-json"

[connection.outbound.despatch]   # where packed and shipped go, if elsewhere: the same keys
channel = "sftp"
host = "sftp.buyer.example"
user = "supplier"
private_key = "id_ed25519"
path = "/despatch_advice"
name = "{number}-{id}.xml"
format = "ubl"
"""

OTHERS = """\
[webhook]
listen = "127.0.0.1:8443"
certificate = "desk.pem"
key = "desk.key"

[[connection]]
name = "mail"
profile = "procurement-connect"
[connection.inbound]
channel = "imap"
host = "imap.supplier.example"
port = 993
user = "orders"
password = { command = "pass show imap" }
tls = "starttls"
folder = "INBOX"
archive = "Processed"
trusted_authserv = "mx.supplier.example"
[connection.outbound]
channel = "sftp"
host = "sftp.buyer.example"
user = "supplier"
password = { file = "sftp.secret" }
path = "/order_response"
format = "ubl"

[[connection]]
name = "polled"
profile = "tradecloud"
[connection.inbound]
channel = "http-poll"
url = "https://api.buyer.example/v2"
auth = "tradecloud"
user = "erp"
password = { env = "ERP" }
every = "5m"
[connection.outbound]
channel = "http"
url = "https://api.buyer.example/v2"
auth = "bearer"
token = { env = "TOKEN" }
paths = { order_response = "/responses" }
format = "tradecloud-json"

[[connection]]
name = "pushed"
profile = "peppol"
[connection.inbound]
channel = "webhook"
path = "/in/pushed"
auth = "hmac"
secret = { env = "HMAC" }
[connection.outbound]
channel = "smtp"
host = "smtp.supplier.example"
sender = "orders@supplier.example"
to = "orders@buyer.example"
format = "peppol"

[[connection]]
name = "by-hand"
profile = "generic"
"""

FILE = Path("podesk.toml")


def _one(inbound: str = "", outbound: str = "", top: str = "") -> str:
    tables = "".join(
        f"[connection.{table}]\n{keys}\n" for table, keys in (("inbound", inbound), ("outbound", outbound)) if keys
    )
    return f'{top}\n[[connection]]\nname = "metal-works"\nprofile = "tradecloud"\n{tables}'


SFTP_IN = 'channel = "sftp"\nhost = "h"\nuser = "u"\npassword = { env = "P" }'
IMAP_IN = 'channel = "imap"\nhost = "h"\nuser = "u"\npassword = { env = "P" }'
HTTP_OUT = 'channel = "http"\nurl = "https://h"\nformat = "tradecloud-json"'
SFTP_OUT = 'channel = "sftp"\nhost = "h"\nuser = "u"\npassword = { env = "P" }\nformat = "ubl"'


def _refused(text: str) -> str:
    with pytest.raises(SettingsError) as refused:
        parse(text, FILE)
    return str(refused.value)


def test_the_whole_of_the_settings_is_taken() -> None:
    settings = parse(WHOLE, FILE)
    (connection,) = settings.connection
    assert settings.operator_hold == timedelta(seconds=10)
    assert settings.operators["alice"].email == "alice@supplier.example"
    assert str(settings.zone) == "Europe/Amsterdam"
    assert connection.terms is TRADECLOUD
    assert (connection.our_account, connection.company_id) == ("340760", "…")
    inbound, outbound = connection.inbound, connection.outbound
    assert isinstance(inbound, SftpInbound)
    assert inbound.password == Secret(env="METAL_SFTP_PASSWORD")
    assert (inbound.port, inbound.pattern, inbound.format) == (2222, "*.xml", "auto")
    assert (inbound.every, inbound.settle) == (timedelta(minutes=1), timedelta(seconds=2))
    assert isinstance(outbound, HttpOutboundRoute)
    assert (outbound.url, outbound.auth, outbound.format) == (
        "http://127.0.0.1:8080/v2",
        "tradecloud",
        "tradecloud-json",
    )
    assert outbound.despatch is not None
    assert outbound.despatch.channel == "sftp"


def test_every_other_channel_is_taken() -> None:
    settings = parse(OTHERS, FILE)
    assert [connection.name for connection in settings.connection] == ["mail", "polled", "pushed", "by-hand"]
    assert settings.connection_named("by-hand") == settings.connection[3]
    assert settings.connection_named("nobody") is None
    by_hand = settings.connection[3]
    assert (by_hand.inbound, by_hand.outbound) == (None, None)


def test_what_is_left_out_has_the_promised_defaults() -> None:
    settings = parse(_one(SFTP_IN, SFTP_OUT), FILE)
    assert settings.store == Path("desk.sqlite")
    assert settings.operator_hold == timedelta(seconds=10)
    assert settings.zone is None
    inbound, outbound = settings.connection[0].inbound, settings.connection[0].outbound
    assert isinstance(inbound, SftpInbound)
    assert (inbound.pattern, inbound.every, inbound.port) == ("*", timedelta(seconds=60), 22)
    assert isinstance(outbound, SftpOutboundRoute)
    assert outbound.path == "/order_response"


@pytest.mark.parametrize(("tls", "port"), [("ssl", 993), ("starttls", 143)])
def test_imap_has_the_port_of_its_kind_of_encryption(tls: str, port: int) -> None:
    inbound = parse(_one(f'{IMAP_IN}\ntls = "{tls}"'), FILE).connection[0].inbound
    assert isinstance(inbound, ImapInbound)
    assert inbound.port == port


def test_an_empty_file_is_a_desk_without_connections() -> None:
    assert parse("", FILE).connection == ()


def test_the_store_is_beside_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "podesk.toml"
    file.write_text('store = "orders/desk.sqlite"', encoding="utf-8")
    assert load(file).store_path == tmp_path / "orders" / "desk.sqlite"


def test_a_store_elsewhere_stays_there(tmp_path: Path) -> None:
    assert parse(f'store = "{tmp_path}/desk.sqlite"', FILE).store_path == tmp_path / "desk.sqlite"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0s", timedelta()),
        ("500ms", timedelta(milliseconds=500)),
        ("1.5s", timedelta(seconds=1.5)),
        ("5m", timedelta(minutes=5)),
        ("2h", timedelta(hours=2)),
        ("1d", timedelta(days=1)),
    ],
)
def test_a_duration_is_a_number_and_a_unit(written: str, meant: timedelta) -> None:
    assert parse(f'operator_hold = "{written}"', FILE).operator_hold == meant


BAD = [
    ("an unknown key at the top", 'stroe = "x"', 1, "stroe", "unknown key"),
    ("a key that settings have inside only", 'folder = "x"', 1, "folder", "unknown key"),
    ("an unknown table", "\n[operator]", 2, "operator", "unknown key"),
    ("an unknown key of a connection", _one() + 'buyer = "x"', 5, "connection.buyer (of metal-works)", "unknown key"),
    ("an unknown key of a channel", _one(SFTP_IN + '\nhots = "x"'), 10, "connection.inbound.hots", "unknown key"),
    ("a key of another channel", _one(SFTP_IN + '\nfolder = "x"'), 10, "connection.inbound.folder", "unknown key"),
    (
        "an unknown key of a secret",
        _one(SFTP_IN.replace("env", "evn")),
        9,
        "connection.inbound.password.evn",
        "unknown",
    ),
    ("an unknown key of an operator", '[operators.alice]\nmail = "a"', 2, "operators.alice.mail", "unknown key"),
    (
        "an address that is none",
        '[operators.alice]\nemail = "nope"',
        2,
        "operators.alice.email",
        "is no e-mail address",
    ),
    ("an address of two lines", '[operators.a]\nemail = "a@b.c\\nd"', 2, "operators.a.email", "is no e-mail address"),
    ("a connection without a name", '[[connection]]\nprofile = "peppol"', 1, "connection.name", "is missing"),
    ("a connection without a profile", '[[connection]]\nname = "x"', 1, "connection.profile (of x)", "is missing"),
    ("an unknown profile", '[[connection]]\nname = "x"\nprofile = "ariba"', 3, "connection.profile", "tradecloud"),
    ("a name with blanks", '[[connection]]\nname = "Metal Works"\nprofile = "peppol"', 2, "connection.name", "a to z"),
    ("a name with a line end", '[[connection]]\nname = "x\\n"\nprofile = "peppol"', 2, "connection.name", "a to z"),
    ("two connections of one name", _one() + _one(), 7, "connection.name", "two connections are called 'metal-works'"),
    ("no channel", _one('host = "h"'), 5, "connection.inbound.channel", "is missing"),
    ("an unknown channel", _one('channel = "ftp"'), 6, "connection.inbound.channel", '"sftp", "imap", "http-poll"'),
    ("a channel for the other direction", _one('channel = "smtp"'), 6, "connection.inbound.channel", "unknown channel"),
    ("no host", _one(SFTP_IN.replace("host", "#")), 5, "connection.inbound.host", "is missing"),
    ("an empty host", _one(SFTP_IN.replace('"h"', '" "')), 7, "connection.inbound.host", "is empty"),
    ("a port in quotes", _one(SFTP_IN + '\nport = "22"'), 10, "connection.inbound.port", "without quotes"),
    ("a port that is none", _one(SFTP_IN + "\nport = 70000"), 10, "connection.inbound.port", "65535"),
    (
        "an account that is a number",
        '[[connection]]\nname = "x"\nour_account = 1',
        3,
        "connection.our_account",
        "quotes",
    ),
    ("a flag in quotes", _one(IMAP_IN + '\ninsecure = "no"'), 10, "connection.inbound.insecure", "true or false"),
    ("sftp without a key", _one(SFTP_IN.replace("password", "#")), 5, "connection.inbound", "needs a password"),
    ("an unknown format", _one(SFTP_IN + '\nformat = "edi"'), 10, "connection.inbound.format", "unknown format 'edi'"),
    (
        "auto for what leaves",
        _one("", HTTP_OUT.replace("tradecloud-json", "auto")),
        8,
        "connection.outbound.format",
        "auto",
    ),
    (
        "no format for what leaves",
        _one("", HTTP_OUT.replace("format", "#")),
        5,
        "connection.outbound.format",
        "is missing",
    ),
    ("a duration without a unit", 'operator_hold = "10"', 1, "operator_hold", '"60s"'),
    ("a duration that is a number", "operator_hold = 10", 1, "operator_hold", '"60s"'),
    ("a duration below nothing", 'operator_hold = "-1s"', 1, "operator_hold", '"60s"'),
    ("a duration without end", 'operator_hold = "999999999999d"', 1, "operator_hold", "366 days"),
    (
        "polling without a pause",
        _one(SFTP_IN + '\nevery = "0s"'),
        10,
        "connection.inbound.every",
        "longer than nothing",
    ),
    (
        "polling where nothing says where",
        _one('channel = "http-poll"\nurl = "https://h"').replace('"tradecloud"', '"peppol"'),
        5,
        "connection.inbound.paths",
        'nothing says where the orders of profile "peppol" are polled',
    ),
    (
        "a first poll from a time without a zone",
        _one('channel = "http-poll"\nurl = "https://h"\nsince = "2025-04-23"').replace('"peppol"', '"tradecloud"'),
        8,
        "connection.inbound.since",
        "a time with its zone",
    ),
    ("an unknown time zone", 'timezone = "Europe/Gouda"', 1, "timezone", "unknown time zone"),
    ("a folder of time zones", 'timezone = "Europe"', 1, "timezone", "unknown time zone"),
    ("a store without a name", 'store = ""', 1, "store", "is empty"),
    (
        "an address of another kind",
        _one("", HTTP_OUT.replace("https:", "ftp:")),
        7,
        "connection.outbound.url",
        "no http",
    ),
    (
        "an address with a query",
        _one("", HTTP_OUT.replace("//h", "//h/?a=b")),
        7,
        "connection.outbound.url",
        "before any",
    ),
    ("a broken address", _one("", HTTP_OUT.replace("//h", "//[h")), 7, "connection.outbound.url", "no http"),
    (
        "basic without a user",
        _one("", HTTP_OUT + '\nauth = "basic"'),
        9,
        "connection.outbound.auth",
        "user and password",
    ),
    (
        "an unknown path",
        _one("", HTTP_OUT + '\npaths = { oder_response = "/x" }'),
        9,
        "connection.outbound.paths.oder_response",
        "unknown path",
    ),
    ("an unknown login", _one("", HTTP_OUT + '\nauth = "ntlm"'), 9, "connection.outbound.auth", "'basic'"),
    ("a name with a folder", _one("", SFTP_OUT + '\nname = "../{id}"'), 11, "connection.outbound.name", "no /"),
    ("a name that digs", _one("", SFTP_OUT + '\nname = "{id.__class__}"'), 11, "connection.outbound.name", "{number}"),
    ("a name that is unbalanced", _one("", SFTP_OUT + '\nname = "{id"'), 11, "connection.outbound.name", "{number}"),
    (
        "a webhook that trusts anybody",
        _one('channel = "webhook"\npath = "/in"\nauth = "hmac"'),
        8,
        "connection.inbound.auth",
        "needs secret",
    ),
    ("a certificate without its key", '[webhook]\ncertificate = "x"', 2, "webhook.certificate", "come together"),
    ("listening without a port", '[webhook]\nlisten = "localhost"', 2, "webhook.listen", "127.0.0.1:8443"),
    ("listening in the clear", '[webhook]\nlisten = "0.0.0.0:80"', 2, "webhook.listen", "insecure = true"),
    (
        "a mistake in the elsewhere of despatch",
        _one("", HTTP_OUT + '\n[connection.outbound.despatch]\nchannel = "smtp"\nhost = "h"'),
        9,
        "connection.outbound.despatch.sender",
        "is missing",
    ),
]


@pytest.mark.parametrize(("text", "line", "key", "why"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_mistake_is_told_with_file_line_and_key(text: str, line: int, key: str, why: str) -> None:
    said = _refused(text)
    assert f"podesk.toml, line {line}: {key}" in said
    assert why in said


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    said = _refused('stroe = "x"\noperator_hold = "soon"\n')
    assert [sentence.split(":")[0] for sentence in said.splitlines()] == ["podesk.toml, line 2", "podesk.toml, line 1"]


def test_a_mistake_in_the_second_connection_is_found_there() -> None:
    second = _one(SFTP_IN.replace('"h"', "5")).replace("metal-works", "second")
    assert "line 16: connection.inbound.host (of second): text is wanted" in _refused(_one(SFTP_IN) + second)


def test_text_over_several_lines_that_looks_like_keys_misleads_no_line_number() -> None:
    text = 'timezone = """\nstroe = 1\n[operators]\n"""\nstroe = "x"\n'
    assert "line 5: stroe" in _refused(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [('store = "x"\nstore = "y"', 2), ("store = x", 1), ('\n\nstore = "x', 3), ("[connection\n", 1)],
)
def test_what_is_not_toml_is_told_with_its_line(text: str, line: int) -> None:
    assert f"podesk.toml, line {line}: not TOML" in _refused(text)


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000])
def test_toml_that_python_can_not_hold_is_refused_too(text: str) -> None:
    assert "not TOML" in _refused(text)


def test_a_file_that_is_not_there_points_to_init(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="podesk init"):
        load(tmp_path / "podesk.toml")


def test_a_folder_or_another_encoding_is_no_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="directory"):
        load(tmp_path)
    (tmp_path / "podesk.toml").write_bytes(b'store = "caf\xe9"')
    with pytest.raises(SettingsError, match="UTF-8"):
        load(tmp_path / "podesk.toml")


# Plain text over a network only when asked for.

IN_THE_CLEAR = [
    ("connection.outbound.url", "", HTTP_OUT.replace("https://h", "http://{host}")),
    ("connection.inbound.tls", IMAP_IN.replace('"h"', '"{host}"') + '\ntls = "none"', ""),
    (
        "connection.outbound.tls",
        "",
        'channel = "smtp"\nhost = "{host}"\ntls = "none"\nsender = "a"\nto = "b"\nformat = "ubl"',
    ),
]


@pytest.mark.parametrize(("key", "inbound", "outbound"), IN_THE_CLEAR)
@pytest.mark.parametrize("host", ["buyer.example", "10.0.0.1", "127.0.0.1.example", "localhost.example"])
def test_plain_text_to_another_machine_is_refused(key: str, inbound: str, outbound: str, host: str) -> None:
    text = _one(inbound.replace("{host}", host), outbound.replace("{host}", host))
    said = _refused(text)
    assert key in said
    assert "insecure = true" in said


@pytest.mark.parametrize(("key", "inbound", "outbound"), IN_THE_CLEAR)
@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost"])
def test_plain_text_on_this_machine_is_taken(key: str, inbound: str, outbound: str, host: str) -> None:
    assert parse(_one(inbound.replace("{host}", host), outbound.replace("{host}", host)), FILE).connection


@pytest.mark.parametrize(("key", "inbound", "outbound"), IN_THE_CLEAR)
def test_plain_text_is_taken_where_insecure_stands_beside_it(key: str, inbound: str, outbound: str) -> None:
    settings = parse(
        _one(
            inbound.replace("{host}", "buyer.example") + "\ninsecure = true" if inbound else "",
            outbound.replace("{host}", "buyer.example") + "\ninsecure = true" if outbound else "",
        ),
        FILE,
    )
    assert settings.connection


def test_the_sixth_version_of_this_machine_is_this_machine() -> None:
    (connection,) = parse(_one("", HTTP_OUT.replace("https://h", "http://[::1]:8080")), FILE).connection
    assert connection.outbound is not None


# Secrets never stand in an error, a repr or a dump.

LEAKS = [
    ("beside another", _one(SFTP_IN.replace('env = "P"', 'env = "P", plain = "hunter2"'))),
    ("as a number", _one(SFTP_IN.replace('{ env = "P" }', "2222222"))),
    ("as a list", _one(SFTP_IN.replace('{ env = "P" }', '["hunter2"]'))),
    ("under a mistyped key", _one(SFTP_IN.replace('password = { env = "P" }', 'pasword = "hunter2"'))),
    ("in an address", _one("", HTTP_OUT.replace("//h", "//erp:hunter2@h"))),
    ("in an address with a bad port", _one("", HTTP_OUT.replace("//h", "//erp:hunter2@h:x"))),
    ("in an address of another kind", _one("", HTTP_OUT.replace("https://h", "ftp://erp:hunter2@h"))),
    ("without quotes", _one(SFTP_IN.replace('{ env = "P" }', "hunter2"))),
    ("in a table of the wrong shape", _one(SFTP_IN.replace('{ env = "P" }', '{ value = "hunter2" }'))),
    ("as a duration", _one(SFTP_IN + '\nevery = "hunter2"')),
]


@pytest.mark.parametrize("text", [case[1] for case in LEAKS], ids=[case[0] for case in LEAKS])
def test_no_error_repeats_a_secret(text: str) -> None:
    said = _refused(text)
    assert "hunter2" not in said
    assert "2222222" not in said


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_secret_in_plain_text_is_refused_in_a_file_that_others_can_read(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "podesk.toml"
    file.write_text(_one(SFTP_IN.replace('{ env = "P" }', '"hunter2"')), encoding="utf-8")
    file.chmod(mode)
    with pytest.raises(SettingsError, match=r"line 9: connection.inbound.password .*chmod 600") as refused:
        load(file)
    assert "hunter2" not in str(refused.value)


def test_a_secret_in_plain_text_is_taken_from_a_file_of_its_owner_alone_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "podesk.toml"
    file.write_text(_one(SFTP_IN.replace('{ env = "P" }', '" hunter2 "')), encoding="utf-8")
    file.chmod(0o600)
    settings = load(file)
    inbound = settings.connection[0].inbound
    assert isinstance(inbound, SftpInbound)
    assert inbound.password is not None
    assert inbound.password.plain is not None
    assert inbound.password.plain.get_secret_value() == " hunter2 "
    assert "hunter2" not in repr(settings) + str(settings.model_dump()) + settings.model_dump_json()


def test_settings_without_a_plain_secret_may_be_read_by_everybody(tmp_path: Path) -> None:
    file = tmp_path / "podesk.toml"
    file.write_text(WHOLE, encoding="utf-8")
    file.chmod(0o644)
    assert isinstance(load(file), Settings)


PATHS = """\
store = {path!s}
[webhook]
certificate = {path!s}
key = {path!s}
[[connection]]
name = "a"
profile = "generic"
[connection.inbound]
channel = "sftp"
host = "h"
user = "u"
private_key = {path!s}
known_hosts = {path!s}
passphrase = {{ file = {path!s} }}
"""


def test_every_path_on_this_machine_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/desk")
    settings = parse(PATHS.format(path='"~/x"'), tmp_path / "podesk.toml")
    inbound = settings.connection[0].inbound
    assert settings.store_path == Path("/home/desk/x")
    assert settings.webhook is not None
    assert (settings.webhook.certificate, settings.webhook.key) == ("/home/desk/x", "/home/desk/x")
    assert isinstance(inbound, SftpInbound)
    assert (inbound.private_key, inbound.known_hosts) == ("/home/desk/x", "/home/desk/x")
    assert inbound.passphrase == Secret(file="/home/desk/x")


@pytest.mark.parametrize(
    ("path", "what"), [('"a\\u0000b"', "holds a NUL character"), ('"~nobody-here/x"', "begins with ~ and a user")]
)
def test_a_path_that_no_file_can_have_is_refused_at_each_key(path: str, what: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(PATHS.format(path=path), Path("podesk.toml"))
    told = str(refused.value).splitlines()
    assert len(told) == 6
    assert all(what in each for each in told)


@pytest.mark.parametrize("key", ["path", "archive", "pattern", "host", "user"])
def test_a_nul_stands_in_no_name_at_a_partner_either(key: str) -> None:
    text = PATHS.format(path='"x"').replace('host = "h"\nuser = "u"\n', "")
    lines = {"host": '"h"', "user": '"u"', key: '"a\\u0000b"'}
    text = text.replace('channel = "sftp"\n', 'channel = "sftp"\n' + "".join(f"{k} = {v}\n" for k, v in lines.items()))
    with pytest.raises(SettingsError, match=f"{key} .*: holds a NUL character"):
        parse(text, Path("podesk.toml"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[connection]\nname = "a"\n',
            "podesk.toml, line 1: connection: write [[connection]], in two pairs of brackets",
        ),
        ("store = 5\n", 'podesk.toml, line 1: store: text is wanted, in "quotes"'),
        ('operators = "alice"\n', "podesk.toml, line 1: operators: a table is wanted"),
    ],
)
def test_the_commonest_slips_are_told_as_what_to_write(text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(text, Path("podesk.toml"))
    assert str(refused.value).startswith(told)


def test_a_mark_before_the_first_letter_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "podesk.toml"
    file.write_bytes(b'\xef\xbb\xbfstore = "x.sqlite"\r\n')
    assert load(file).store_path == tmp_path.resolve() / "x.sqlite"


def test_settings_are_read_from_a_file_of_their_size_and_from_nothing_else(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path(os.devnull)):
        with pytest.raises(SettingsError, match="is no regular file"):
            load(path)
    huge = tmp_path / "huge.toml"
    with huge.open("wb") as stream:
        stream.truncate(1_000_001)
    with pytest.raises(SettingsError, match="longer than 1,000,000 characters"):
        load(huge)
