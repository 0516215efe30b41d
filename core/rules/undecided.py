"""What no rule may guess at."""

from __future__ import annotations


class Undecided(Exception):
    """Whether a rule fits can't be told, or what it would answer: the line is a person's. The text says why."""


class NotListed(Undecided):
    """The price list has no price of the item on that day."""
