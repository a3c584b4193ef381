"""What happened to one person, as frozen events in order of time: the only input of every decision.

A history is a log. Nothing in it is changed or removed; a correction is a further event. Every decision can therefore
be computed again from any prefix of the log. Times are aware, in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

__all__ = [
    "EFFORT_PLACES",
    "PAIN_PLACES",
    "ClipSeen",
    "Corrected",
    "Event",
    "FeelLog",
    "History",
    "Intake",
    "NextMorning",
    "OutcomeScore",
    "Override",
    "PainPlace",
    "RedFlagAnswers",
    "RepResult",
    "SessionClosed",
    "SessionOpened",
    "SetDone",
    "Ticks",
    "Withdrawn",
]

#: Where effort can be felt; ``nothing`` is an answer of its own.
EFFORT_PLACES = ("hamstrings", "buttocks", "low_back", "thighs_front", "upper_back", "neck", "other", "nothing")
#: Where pain can be.
PAIN_PLACES = ("low_back", "buttock", "leg_above_knee", "leg_below_knee", "hip", "knee", "neck", "other")
PainPlace = Literal["low_back", "buttock", "leg_above_knee", "leg_below_knee", "hip", "knee", "neck", "other"]
#: A rep of a set: it met its drill's own rules, it did not, or the camera cannot tell.
RepGrade = Literal["pass", "miss", "cannot_tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. ``key`` is unique in the person's log, ``at`` when it was entered."""

    key: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlagAnswers(Event):
    """Answers to the red-flag questions, question id → yes (True), no (False), not answered (None)."""

    answers: Mapping[str, bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake(Event):
    """Pain now (0-10, None: not answered), where, since when, and what the person wants to do again."""

    pain: int | None
    places: tuple[str, ...] = ()
    since: str = ""
    goal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened(Event):
    """A session began; ``resting_pain`` (0-10) is what later pain of the session is compared with.

    ``new_symptoms``: whether anything is new or worse since the session before; yes asks the red flags again.
    """

    session: str
    resting_pain: int | None
    new_symptoms: bool | None = None
    equipment: tuple[str, ...] = ()
    minutes: int | None = None
    space_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RepResult:
    """One rep as the drill's own rules judged it. Angles in degrees, None where not told.

    ``untold_rules`` are those that a rep must have an answer for and that had none; empty where none was looked for.
    """

    number: int
    grade: RepGrade
    missed_rules: tuple[str, ...] = ()
    untold_rules: tuple[str, ...] = ()
    lumbar_deg: float | None = None
    lumbar_lo_deg: float | None = None
    lumbar_hi_deg: float | None = None
    cue: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSeen(Event):
    """A clip that is no set: a screen, or one side of a before and after (``label`` ``usual`` or ``coached``).

    ``outcome`` is the verdict's; ``measures`` name → (value, lo, hi), the median rep's; ``assessment`` the store's
    number for the whole document; ``pain`` 0-10 while doing it.
    """

    session: str
    drill: str
    outcome: str
    measures: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    pain: int | None = None
    assessment: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDone(Event):
    """A set of a drill in one of its variants (``""``: as the drill stands).

    ``back_reps``: only so many reps at the end were filmed with the back free of hands; None: all of them.
    ``measures``: name → (value, lo, hi), the median rep's.
    """

    session: str
    drill: str
    variant: str = ""
    reps: tuple[RepResult, ...] = ()
    load_kg: float | None = None
    outcome: str = ""
    assessment: str = ""
    back_reps: int | None = None
    measures: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeelLog(Event):
    """How a set felt: effort and pain asked apart.

    ``effort`` is None where it was not asked; ``pain`` 0-10 is the worst, ``pain_place`` where; ``leg`` how leg pain
    moved (``further`` down the leg, ``back`` towards the spine, ``same``); ``new_numbness`` new numbness or weakness.
    """

    session: str
    drill: str
    effort: tuple[str, ...] | None
    pain: int | None
    pain_places: tuple[str, ...] = ()
    leg: Literal["same", "further", "back"] | None = None
    new_numbness: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks(Event):
    """What only the person (or the therapist) can tell: tick id → yes or no."""

    session: str
    drill: str
    ticks: Mapping[str, bool]
    by: Literal["person", "clinician"] = "person"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextMorning(Event):
    """Pain on the morning after ``session`` (0-10)."""

    session: str
    pain: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClosed(Event):
    """A session ended."""

    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeScore(Event):
    """A questionnaire or reach score: ``nprs``, ``psfs``, ``rmdq`` or ``ftf_cm``."""

    measure: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Override(Event):
    """A clinician's decision, which wins: go on at ``step`` (None: the program decides again), and why.

    ``drill`` and ``variant`` narrow the step; ``clears_stop`` alone lets a person go on after a stop.
    """

    clinician: str
    reason: str
    step: str | None
    drill: str | None = None
    variant: str = ""
    clears_stop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn(Event):
    """An earlier entry was a slip of the hand: the event ``entry`` no longer counts, and why."""

    entry: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected(Event):
    """A clinician corrected what the camera saw in the clip of ``entry`` (a set or a clip), and it was read anew.

    ``by`` is who, ``reason`` why; ``outcome``, ``reps`` and ``measures`` take the place of the entry's own from then on
    (a clip that is no set has no ``reps``). ``revision`` is the assessment's. The last one of an entry counts; undoing
    one is a further one.
    """

    entry: str
    by: str
    reason: str
    outcome: str
    reps: tuple[RepResult, ...] = ()
    measures: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    revision: int = 0


@dataclass(frozen=True, slots=True)
class History:
    """All events of one person, oldest first, and the moment at which they are looked at."""

    events: tuple[Event, ...]
    now: datetime
