"""What a TLS connection to a partner trusts: the system's certificates, and those that come with httpx."""

from __future__ import annotations

import ssl


def context() -> ssl.SSLContext:
    """Certificates and host names are verified, always. `SSL_CERT_FILE` adds a company's own authority."""
    trusted = ssl.create_default_context()
    try:
        import certifi
    except ImportError:
        return trusted
    # A bare Debian has no ca-certificates.
    trusted.load_verify_locations(certifi.where())
    return trusted
