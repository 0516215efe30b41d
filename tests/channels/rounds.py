"""Rounds over an inbound channel, as the daemon makes them, and what came out of them."""

from __future__ import annotations

from sync.channels import Arrival, InboundChannel
from sync.channels.http_poll import HttpPollChannel


def fetch(channel: InboundChannel) -> list[Arrival]:
    """A round that breaks off before anything is archived."""
    with channel.session() as session:
        return list(session.arrivals())


def take_in(channel: InboundChannel) -> list[Arrival]:
    """A whole round."""
    arrivals = []
    with channel.session() as session:
        for arrival in session.arrivals():
            assert session.archive(arrival) or isinstance(channel, HttpPollChannel)  # which may only look
            arrivals.append(arrival)
    return arrivals


def payloads(arrivals: list[Arrival]) -> list[bytes]:
    return [document.payload for arrival in arrivals for document in arrival.documents]


def keys(arrivals: list[Arrival]) -> list[tuple[str, str]]:
    return [(arrival.locator, arrival.fingerprint) for arrival in arrivals]
