"""The only code that changes a status: receive, respond, despatch.

Each takes an order, an input and the platform's profile and gives a `Transition`, or raises `TransitionRefused` and
nothing else. No I/O and no clock. Begin to read in `tables`.
"""

from __future__ import annotations

from core.transition.alongside import about_the_order
from core.transition.compensation import Compensation, compensation
from core.transition.despatch import despatch, still_to_move
from core.transition.receive import LINE_NOT_COME_YET, NOT_COME_YET, receive
from core.transition.respond import respond
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
    Written,
)
from core.transition.tasks import tasks, to_answer

__all__ = [
    "LINE_NOT_COME_YET",
    "NOT_COME_YET",
    "RULES_VERSION",
    "WHOLE",
    "Change",
    "Compensation",
    "Json",
    "Layer",
    "Task",
    "TaskKind",
    "Transition",
    "TransitionRefused",
    "Written",
    "about_the_order",
    "compensation",
    "despatch",
    "receive",
    "respond",
    "still_to_move",
    "tasks",
    "to_answer",
]
