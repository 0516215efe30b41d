"""That the certificate expires, or can't be renewed, is told where people look: in the log once, and in the status."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from core.store import health
from sync.server import serving
from sync.server.validity import Validity, validity
from tests.server.certificates import DAY, HOUR, write_certificate
from tests.server.desk import SHOP_TABLE, Desk, until
from tests.server.test_tls import WITH_TLS, trusting
from tests.sync.partners import ubl

NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
CANT = "the certificate can't be renewed, the old one is used on"


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "CERTIFICATE_LOOK", 0.05)


def warning(desk: Desk) -> str:
    row = desk.health("shop")
    return (row.warning if row is not None else None) or ""


@pytest.mark.usefixtures("often")
def test_an_expired_certificate_is_told_until_a_good_one_is_there(desk: Desk) -> None:
    write_certificate(desk.folder, since=90 * DAY, left=-HOUR)
    desk.write(SHOP_TABLE, WITH_TLS)
    with desk.serving():
        until(lambda: warning(desk).startswith("the certificate expired on "), "it is in the status")
        assert len(desk.logged("the certificate must be renewed")) == 1
        write_certificate(desk.folder)
        until(lambda: not warning(desk), "it is over")
        assert desk.post(ubl("S1"), verify=trusting(desk.folder)).status_code == 200


@pytest.mark.usefixtures("often")
def test_a_renewal_that_fails_is_told_once_in_the_log_and_stays_in_the_status(desk: Desk) -> None:
    write_certificate(desk.folder)
    trusted = trusting(desk.folder)
    desk.write(SHOP_TABLE, WITH_TLS)
    with desk.serving():
        half = desk.folder / "half.pem"
        half.write_text("half of a cert")
        half.replace(desk.folder / "desk.pem")
        until(lambda: warning(desk).startswith(CANT), "it is in the status")
        assert desk.post(ubl("S1"), verify=trusted).status_code == 200
        until(lambda: (row := desk.health("shop")) is not None and row.last_success is not None, "it is noted")
        assert warning(desk).startswith(CANT)  # a document that came doesn't end it
        (desk.folder / "desk.key").unlink()
        until(lambda: len(desk.logged(CANT)) > 1, "another reason is told")
        assert [("used together" in each["error"]) for each in desk.logged(CANT)] == [True, False]
        write_certificate(desk.folder)
        until(lambda: not warning(desk), "it is over")


def test_what_was_told_of_another_certificate_is_over_with_the_next_start(desk: Desk) -> None:
    with desk.store() as store:
        health.warned(store, "shop", "in", "the certificate expired")
    write_certificate(desk.folder)
    desk.write(SHOP_TABLE, WITH_TLS)
    with desk.serving():
        until(lambda: not warning(desk), "it is over")


@pytest.mark.parametrize(
    ("life", "left", "doubt"),
    [
        (90 * DAY, 30 * DAY, None),
        (90 * DAY, 14 * DAY, None),
        (90 * DAY, 13 * DAY, "the certificate expires on 2026-12-13; renew it"),
        (90 * DAY, 0 * DAY, "the certificate expired on 2026-11-30: buyers' platforms can't post; renew it"),
        (90 * DAY, -9 * DAY, "the certificate expired on 2026-11-21: buyers' platforms can't post; renew it"),
        # Those that live for six days are renewed every other day or so.
        (6 * DAY, 5 * DAY, None),
        (6 * DAY, 1 * DAY, "the certificate expires on 2026-12-01; renew it"),
    ],
)
def test_a_certificate_is_to_be_looked_after_when_its_renewal_is_overdue(
    life: dt.timedelta, left: dt.timedelta, doubt: str | None
) -> None:
    assert Validity(NOW + left - life, NOW + left).doubt(NOW) == doubt


def test_the_dates_are_those_of_the_first_certificate(tmp_path: Path) -> None:
    own, _ = write_certificate(tmp_path, left=5 * DAY)
    above, _ = write_certificate(tmp_path, "above", left=DAY)
    found = validity(own.read_bytes() + above.read_bytes())
    assert found is not None
    assert found.ends - found.begins == 5 * DAY + HOUR


def test_what_only_others_read_has_no_dates() -> None:
    assert validity(b"-----BEGIN TRUSTED CERTIFICATE-----\n") is None
