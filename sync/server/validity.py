"""Until when a certificate is good, and what is said of it before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509

SOON: Final = timedelta(days=14)
"""What is renewed by itself is so a month before its end; by then somebody must look."""
_LAST_PART: Final = 3
"""…or when so large a part of its life is left, where it lives for days."""


@dataclass(frozen=True, slots=True)
class Validity:
    begins: datetime
    ends: datetime

    def over(self, now: datetime) -> bool:
        return now >= self.ends

    def doubt(self, now: datetime) -> str | None:
        """What a person should look after; None while all is well."""
        if self.over(now):
            return f"the certificate expired on {self.day}: buyers' platforms can't post; renew it"
        if self.ends - now < min(SOON, (self.ends - self.begins) / _LAST_PART):
            return f"the certificate expires on {self.day}; renew it"
        return None

    @property
    def day(self) -> str:
        return f"{self.ends:%Y-%m-%d}"


def validity(pem: bytes) -> Validity | None:
    """Of the first certificate, which is the listener's own; None for one that only OpenSSL reads."""
    try:
        own = x509.load_pem_x509_certificates(pem)[0]
        return Validity(own.not_valid_before_utc, own.not_valid_after_utc)
    except ValueError:
        return None
