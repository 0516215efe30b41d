"""`[webhook]` and the connections that orders are posted to: what is taken, and what is an error with its line and key."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from core.config import SettingsError, Webhook, WebhookInbound, is_loopback, parse

PATH = Path("/nowhere/podesk.toml")
SHOP = """\
[[connection]]
name = "shop"
profile = "generic"
[connection.inbound]
channel = "webhook"
path = "/in/shop"
auth = "basic"
user = "u"
password = { env = "SHOP" }
"""


def test_every_key_of_the_listener_is_taken() -> None:
    settings = parse(
        """\
[webhook]
listen = "[::1]:8443"
certificate = "desk.pem"
key = "desk.key"
public_url = "https://orders.supplier.example:444/desk/"
behind_proxy = true
apart = true
most_bytes = 1000
most_per_minute = 10
most_failures_per_minute = 7
most_at_once = 5
body_within = "5s"
"""
        + SHOP,
        PATH,
    )

    assert settings.webhook == Webhook(
        listen="[::1]:8443",
        certificate="desk.pem",
        key="desk.key",
        public_url="https://orders.supplier.example:444/desk",
        behind_proxy=True,
        apart=True,
        most_bytes=1000,
        most_per_minute=10,
        most_failures_per_minute=7,
        most_at_once=5,
        body_within=timedelta(seconds=5),
    )
    assert settings.listener.address == ("::1", "8443")
    assert [connection.name for connection in settings.served] == ["shop"]


def test_without_a_table_the_listener_is_for_this_machine() -> None:
    settings = parse(SHOP, PATH)

    assert settings.webhook is None
    assert (settings.listener.listen, settings.listener.apart) == ("127.0.0.1:8443", False)


WRONG = {
    "an unknown key": ("[webhook]\nport = 1", "line 2: webhook.port: unknown key"),
    "a port out of range": ('[webhook]\nlisten = "127.0.0.1:65536"', "line 2: webhook.listen: an address and a port"),
    "a key alone": ('[webhook]\nkey = "x"', "webhook.certificate: certificate and key come together"),
    "no bytes": ("[webhook]\nmost_bytes = 0", "line 2: webhook.most_bytes"),
    "more bytes than are read": ("[webhook]\nmost_bytes = 20000001", "line 2: webhook.most_bytes"),
    "a number in quotes": ('[webhook]\nmost_per_minute = "10"', "webhook.most_per_minute: a whole number is wanted"),
    "nobody may be wrong": ("[webhook]\nmost_failures_per_minute = 0", "line 2: webhook.most_failures_per_minute"),
    "nobody at once": ("[webhook]\nmost_at_once = 0", "line 2: webhook.most_at_once"),
    "no time": ('[webhook]\nbody_within = "0s"', "webhook.body_within: must be longer than nothing"),
    "an address of no kind": ('[webhook]\npublic_url = "orders.example"', "webhook.public_url: an address is wanted"),
    "an address with a login": ('[webhook]\npublic_url = "https://u:p@x.example"', "webhook.public_url: an address"),
    "an address with a question": ('[webhook]\npublic_url = "https://x.example/?a"', "ends before any"),
    "an address that breaks": ('[webhook]\npublic_url = "https://x.example:port"', "this is no http"),
    "an address with a line in it": ('[webhook]\npublic_url = "https://x.example/\\na"', "webhook.public_url"),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_with_the_listener_is_told_with_line_and_key(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse(text, PATH)
    assert sentence in str(refused.value)
    assert "u:p" not in str(refused.value)


@pytest.mark.parametrize("path", ["/in", "/in/shop/", "/a.b/c_d/~e-f", "/1"])
def test_a_plain_path_is_taken(path: str) -> None:
    inbound = parse(SHOP.replace("/in/shop", path), PATH).connection[0].inbound
    assert isinstance(inbound, WebhookInbound)
    assert inbound.path == path


@pytest.mark.parametrize(
    "path",
    ["", "/", "in", "//in", "/in//x", "/in/../x", "/.", "/in?x", "/in#x", "/in x", "/ïn", "/in\\n", "/%2e", "/{x}"],
)
def test_any_other_path_is_an_error(path: str) -> None:
    with pytest.raises(SettingsError, match=r"connection\.inbound\.path \(of shop\): a path of letters"):
        parse(SHOP.replace("/in/shop", path), PATH)


def test_two_connections_with_one_path_are_an_error_at_the_second() -> None:
    text = SHOP + SHOP.replace('"shop"', '"steel"')

    with pytest.raises(SettingsError, match=r"line 15: connection\.inbound\.path \(of steel\): the path of shop too"):
        parse(text, PATH)


def test_a_user_with_a_colon_could_never_log_in() -> None:
    with pytest.raises(SettingsError, match=r"inbound\.user \(of shop\): no colon"):
        parse(SHOP.replace('user = "u"', 'user = "a:b"'), PATH)


def test_an_immediate_answer_needs_a_way_for_later_ones() -> None:
    text = SHOP + "immediate_answer = true\n"

    with pytest.raises(SettingsError, match=r"line 10: connection\.inbound\.immediate_answer \(of shop\): needs \["):
        parse(text, PATH)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("::1", True),
        ("[::ffff:127.0.0.1]", True),
        ("::ffff:127.9.9.9", True),
        ("::ffff:10.0.0.1", False),
        ("2001:db8::1", False),
    ],
)
def test_this_machine_is_known_by_its_addresses_of_the_newer_family(host: str, here: bool) -> None:
    """`::ffff:…` is how a socket for both families tells of an address of the older."""
    assert is_loopback(host) is here
