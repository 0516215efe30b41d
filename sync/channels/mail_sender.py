"""Whether a mail's sender is who they say, by the word of one mail server that the settings trust (RFC 8601).

Its `Authentication-Results` is the topmost header with its name: servers write theirs above what they got. What the mail
brought along further down, or under another name, is worth nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from email.utils import getaddresses
from typing import Final

_DOMAIN_OF: Final = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom", "smtp.helo")}
_RESULT: Final = re.compile(r"\s*([a-z0-9-]+)(?:/\d+)?\s*=\s*([a-z]+)", re.IGNORECASE)
_PROPERTY: Final = re.compile(r"((?<![a-z])[a-z]+\.[a-z0-9_-]+)\s*=\s*(\"[^\"]*\"|[^\s;]+)", re.IGNORECASE)
_LONGEST_FROM: Final = 2_000
"""Characters. One address and a name have fewer."""


def sender_is_authentic(mail: Message, trusted_authserv: str) -> bool:
    """DMARC passed; or, where nothing is said of DMARC, DKIM or SPF passed for the domain in `From`."""
    results = _results(mail, trusted_authserv)
    dmarc = [outcome for method, outcome, _ in results if method == "dmarc"]
    if any(outcome not in ("none", "pass") for outcome in dmarc):
        return False
    if "pass" in dmarc:
        return True
    domain = _from_domain(mail)
    return domain is not None and any(
        outcome == "pass" and method in _DOMAIN_OF and _speaks_for(method, properties, domain)
        for method, outcome, properties in results
    )


def _results(mail: Message, trusted_authserv: str) -> list[tuple[str, str, dict[str, str]]]:
    """Method, outcome and properties of each result in the topmost header of the trusted server."""
    for header in mail.get_all("Authentication-Results", []):
        server, *parts = _clauses(str(header))
        if server.split()[:1] != [] and server.split()[0].strip('"').lower() == trusted_authserv.strip().lower():
            return list(_read(parts))
    return []


def _read(parts: list[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
    for part in parts:
        result = _RESULT.match(part)
        if result is not None:
            properties = {name.lower(): value.strip('"').lower() for name, value in _PROPERTY.findall(part)}
            yield result[1].lower(), result[2].lower(), properties


def _clauses(header: str) -> list[str]:
    """The header cut at its semicolons, comments taken out. A semicolon in quotes or a comment cuts nothing."""
    clauses, depth, quoted, escaped = [""], 0, False, False
    for character in header:
        if escaped:
            escaped = False
        elif character == "\\" and (quoted or depth):
            escaped = True
            continue
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and not quoted and depth:
            depth -= 1
            continue
        elif character == ";" and not quoted and not depth:
            clauses.append("")
            continue
        if not depth:
            clauses[-1] += character
    return clauses


def _from_domain(mail: Message) -> str | None:
    """The one domain that the mail claims to come from; None when it claims none, or several."""
    headers = [str(header) for header in mail.get_all("From", [])]
    if len(headers) != 1 or len(headers[0]) > _LONGEST_FROM:
        return None
    try:
        addresses = getaddresses(headers)
    except RecursionError:  # comments within comments
        return None
    if len(addresses) != 1:
        return None
    domain = addresses[0][1].rpartition("@")[2].strip().lower()
    return domain or None


def _speaks_for(method: str, properties: dict[str, str], domain: str) -> bool:
    """Whether the domain that passed is the sender's, or one that it is part of, or part of it (relaxed alignment)."""
    passed = next((properties[name] for name in _DOMAIN_OF[method] if properties.get(name)), "")
    passed = passed.rpartition("@")[2]
    if "." not in passed or "." not in domain:
        return False
    return passed == domain or passed.endswith("." + domain) or domain.endswith("." + passed)
