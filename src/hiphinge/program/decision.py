"""A decision, and the lines that explain it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

__all__ = ["Action", "Decision", "Line"]

#: ``ask``: something must be answered first. ``stop_now``, ``stop_see``: red flags (help now; see a clinician).
#: ``screen``: film a screen. ``do``: work at the step. ``up``, ``down``: the step has just changed. ``choose``: equals,
#: the person picks. ``easier``: same step, easier variant. ``end_set``, ``end_session``. ``wait``: nothing before
#: ``not_before``. ``done``: every step is passed.
Action = Literal[
    "ask",
    "stop_now",
    "stop_see",
    "screen",
    "do",
    "up",
    "down",
    "choose",
    "easier",
    "end_set",
    "end_session",
    "wait",
    "done",
]


@dataclass(frozen=True, slots=True)
class Line:
    """One condition: what was asked for, what was seen, whether it holds (None: not known).

    ``events`` are the keys of the entries it rests on, ``source`` where the rule comes from.
    """

    rule: str
    needed: str
    seen: str
    holds: bool | None
    events: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What comes next, in one sentence, and why, line by line.

    ``step`` is the stage, ``drill`` the drill (None where the person chooses from ``options``), ``variant`` its variant
    (``""``: as it stands).
    """

    action: Action
    step: str | None
    drill: str | None
    variant: str
    reason: str
    evidence: tuple[Line, ...]
    options: tuple[str, ...] = ()
    not_before: datetime | None = None
