"""Answers given without a person: a rules file, and its word on an order. Pure: day and time are passed in.

    rules.toml ──┐
                 ├→ load → Rules ─┐
    price lists ─┘                ├→ judge → Verdict: an answer for each line that the rules can answer, and why the
    an order that awaits our word ┘                   others are left to a person

The first rule that fits a line decides; a line that none fits is a person's. What isn't known is never guessed: a rule whose
conditions hold as far as they can be told, and one can't, leaves the line to a person and says what is missing.
"""

from __future__ import annotations

from core.rules.file import RulesError, RulesFile, load, rules_file
from core.rules.judging import Rules, Verdict, judge

__all__ = ["Rules", "RulesError", "RulesFile", "Verdict", "judge", "load", "rules_file"]
