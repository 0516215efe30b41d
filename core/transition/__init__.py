"""The only code that changes a status: receive, respond, despatch."""

from __future__ import annotations

from core.decisions import Decision, Despatch
from core.messages import Received
from core.model import Order
from core.profile import Profile
from core.transition.result import (
    RULES_VERSION,
    WHOLE,
    Change,
    Json,
    Layer,
    Task,
    TaskKind,
    Transition,
    TransitionRefused,
)

__all__ = [
    "RULES_VERSION",
    "WHOLE",
    "Change",
    "Json",
    "Layer",
    "Task",
    "TaskKind",
    "Transition",
    "TransitionRefused",
    "despatch",
    "receive",
    "respond",
    "tasks",
    "to_answer",
]


def receive(order: Order | None, received: Received, profile: Profile) -> Transition:
    raise NotImplementedError


def respond(order: Order, decision: Decision, profile: Profile) -> Transition:
    raise NotImplementedError


def despatch(order: Order, progress: Despatch, profile: Profile) -> Transition:
    raise NotImplementedError


def tasks(order: Order) -> frozenset[Task]:
    raise NotImplementedError


def to_answer(order: Order) -> tuple[str, ...]:
    """Positions of the lines whose answer is ours to give."""
    raise NotImplementedError
