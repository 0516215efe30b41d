"""Secrets in partners' documents: masked by the names of their fields, and nothing else is."""

from __future__ import annotations

import pytest

from core.formats.secrecy import is_secret, without_secrets


@pytest.mark.parametrize(
    "text",
    [
        '{"contract": {"password": "hunter2"}}',
        '{"contract": {"password" :\n "hunter2"}}',
        r'{"password": "a\"hunter2"}',
        '{"username": "hunter2", "customer_number": "7"}',
        '{"customerPassword": "hunter2"}',
        '{"shared_secret": "hunter2"}',
        '{"api_key": "hunter2"}',
        '{"password": "hunter2',  # cut off
        "<contract><password>hunter2</password></contract>",
        "<c:Password xmlns:c='x' a='b'>hunter2</c:Password>",
        "<SharedSecret>hunter2</SharedSecret>",
        '<login password="hunter2"/>',
        "<user password='hunter2' />",
        '{"PASSWORD": "hunter2"}',
        '{"pwd": "hunter2"}',
        '{"token": "hunter2"}',
        "<password><![CDATA[hunter2]]></password>",
        "<password><!-- new --><![CDATA[]]]><!-- -->hunter2</password>",
        "<user password='hunter\"hunter2' />",
        r'{"pass\u0077ord": "hunter2"}',
        '{"password": ["a", "hunter2"]}',
        '{"password": {"value": "}hunter2", "of": [{"x": "hunter2"}]}, "after": 1}',
        '{"password": ["hunter2',  # cut off
        '{"key": "password", "value": "hunter2"}',
        '{"name" : "api_key",\n "value" : "hunter2"}',
        '{"value": "hunter2", "key": "password"}',
    ],
)
def test_the_value_of_a_secret_field_is_masked(text: str) -> None:
    shown = without_secrets(text)
    assert "hunter2" not in shown
    assert "•••" in shown


@pytest.mark.parametrize(
    "text",
    [
        '{"order_number": "password", "description": "a secret of steel"}',
        '{"compass": "north", "tokens": 3, "passenger": "B"}',
        "<Name>password</Name><Note>username: see below</Note>",
        '{"erpRespondedBy": {"userName": "alice"}}',
        '{"key": "colour", "value": "password"}',
        '{"value": "red", "key": "colour"}',
        r'{"pass\u0020word": ["north", {"a": 1}]}',
    ],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert without_secrets(text) == text


def test_what_follows_a_secret_in_brackets_stays() -> None:
    assert without_secrets('{"password": {"a": [1, "]"]}, "amount": 12}') == '{"password": "•••", "amount": 12}'


def test_a_secret_in_digits_is_masked_too() -> None:
    assert "4711" not in without_secrets('{"password": 4711, "amount": 12}')
    assert '"amount": 12' in without_secrets('{"password": 4711, "amount": 12}')


def test_names_of_secrets() -> None:
    assert [name for name in ("password", "username", "name", "pass", "client_secret", "login") if is_secret(name)] == [
        "password",
        "username",
        "client_secret",
        "login",
    ]


def test_a_long_document_takes_no_time() -> None:
    hostile = '"' + "a" * 200_000 + "<" + "b" * 200_000 + '{"password": "' + "\\" * 100_001
    assert "password" in without_secrets(hostile)


@pytest.mark.parametrize("start", ['"', "<", "<x ", '{"', " "])
def test_names_made_to_be_tried_over_and_over_take_no_time(start: str) -> None:
    hostile = start + "password" * 200_000
    assert without_secrets(hostile) == hostile


@pytest.mark.parametrize(
    "begun",
    [
        "<password><![CDATA[",
        "<password><!--",
        '{"password": "',
        "<x login  =",
        '{"password": [',
        '{"amount": [',
        '"\\\\a',
        '"key": "password", "value": "',
        '"value": "a", "key": "',
    ],
)
def test_what_is_begun_over_and_over_takes_no_time(begun: str) -> None:
    assert without_secrets(begun * 40_000)
