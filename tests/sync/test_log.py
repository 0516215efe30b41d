"""The daemon's log: lines that nobody outside can forge, and no secret in any of them."""

from __future__ import annotations

import io
import json

import pytest

from sync.log import Log


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    "hostile",
    [
        'one\n{"event": "forged"}',
        "carriage\rreturn",
        "\x1b[2J\x1b]0;title\x07",
        "\u202egnp.exe",
        "\u2028line separator",
        "\x85next line",
        "\x7fdelete",
        "\ud800 lone surrogate",
    ],
)
def test_what_a_partner_wrote_stays_within_its_line_and_is_printable_ascii(stream: io.StringIO, hostile: str) -> None:
    Log(stream).warning("quarantined", reason=hostile)
    assert stream.getvalue().count("\n") == 1
    assert all(" " <= char <= "~" for char in stream.getvalue().rstrip("\n"))
    assert lines(stream)[0]["reason"] == hostile


def test_hostile_keys_of_a_partner_are_escaped_too(stream: io.StringIO) -> None:
    Log(stream).info("told", answer={"a\nb": "c"})
    assert lines(stream)[0]["answer"] == {"a\nb": "c"}
    assert stream.getvalue().count("\n") == 1


def test_a_long_text_is_cut_but_keeps_its_end(stream: io.StringIO) -> None:
    Log(stream).error("crashed", trace="x" * 100_000 + "ValueError: the end")
    assert len(stream.getvalue()) < 3_000
    assert str(lines(stream)[0]["trace"]).endswith("ValueError: the end")


@pytest.mark.parametrize("key", ["password", "token", "secret", "Authorization"])
def test_a_value_under_a_secret_s_name_is_blank(stream: io.StringIO, key: str) -> None:
    Log(stream).info("told", **{key: "hunter2"}, nested={key: "hunter2"})
    assert "hunter2" not in stream.getvalue()


def test_a_bound_log_adds_its_facts_to_each_line(stream: io.StringIO) -> None:
    log = Log(stream).bound(connection="steel").bound(direction="in")
    log.info("fetched", locator="/order/1.xml")
    assert {"connection": "steel", "direction": "in", "locator": "/order/1.xml"}.items() <= lines(stream)[0].items()


def test_an_exception_is_logged_with_its_trace(stream: io.StringIO) -> None:
    try:
        int("gone")
    except ValueError:
        Log(stream).exception("crashed")
    assert "ValueError: invalid literal" in str(lines(stream)[0]["trace"])


def test_a_quiet_log_leaves_out_information_and_nothing_else(stream: io.StringIO) -> None:
    log = Log(stream, quiet=True)
    log.info("fetched")
    log.warning("quarantined")
    assert [line["event"] for line in lines(stream)] == ["quarantined"]


def test_a_closed_stream_does_not_stop_the_daemon(stream: io.StringIO) -> None:
    stream.close()
    Log(stream).info("fetched")
    assert stream.closed
