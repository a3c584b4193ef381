"""Where a person stands, folded from the log one entry at a time. Pure: every state is a new value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from hiphinge.program.clock import Back, Moment, find_gap
from hiphinge.program.decision import Line
from hiphinge.program.gates import Credit, Reading, Tally
from hiphinge.program.history import FeelLog, Intake, Override, SetDone
from hiphinge.program.model import Program, Stage

__all__ = [
    "DAY",
    "MORNING",
    "MORNING_LAST",
    "NIGHT",
    "UNTOLD",
    "Acute",
    "Hold",
    "Log",
    "Open",
    "Refusal",
    "Screened",
    "Sleep",
    "State",
    "Stop",
    "first_step",
    "is_screen",
    "step_index",
]

#: An answer sooner or later than this after a session's last entry is not the next morning's (DESIGN).
MORNING, MORNING_LAST = timedelta(hours=10), timedelta(days=7)
#: After what ends a session, no sets before so much later; soreness lasts a day at least (DESIGN).
NIGHT, DAY = timedelta(hours=18), timedelta(hours=24)
#: Outcomes of a screen that say nothing; it is filmed once more.
UNTOLD = ("cannot_tell", "no_bend", "")

#: What the last set, or the last morning, calls for; the earlier in this list, the more it weighs.
AcuteKind = Literal["pain_stop", "missed", "felt_back", "fatigue", "less", "sore"]


@dataclass(frozen=True, slots=True)
class Log:
    """What does not change while a log is read: the program, where the clock went back, which entry ran far ahead."""

    program: Program
    backs: tuple[Back, ...] = ()
    ahead: str = ""

    def gap(self, earlier: Moment, later: Moment) -> timedelta:
        """Measure the time between two entries, cautiously."""
        return find_gap(earlier, later, self.backs)


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop that only a clinician lifts, or withdrawing the entry it rests on."""

    emergency: bool
    rule: str
    seen: str
    key: str
    source: str


@dataclass(frozen=True, slots=True)
class Open:
    """The session that is going on.

    ``resting`` is None until it is answered; an answer after the first set (``late``) ends the asking and is compared
    with nothing. ``waits`` is the worst pain of a look at the bend that came before that answer, to be compared with
    it. ``stops`` counts sets stopped for pain (``stopped_at`` is the last), ``worst`` is the worst pain in
    the back, at rest or after, ``tried`` are easier forms that did not help today.
    """

    session: str
    key: str
    resting: int | None
    opened: Moment
    sets: int = 0
    stops: int = 0
    tried: tuple[str, ...] = ()
    worst: int | None = None
    stopped_at: str = ""
    late: bool = False
    waits: FeelLog | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """A session as the morning after sees it.

    ``opened`` is when it began, ``last`` its last entry about a set or clip (None: nothing was done); ``morning`` is
    the answer that counts, ``sore`` says that one stepped back.
    """

    session: str
    resting: int
    key: str = ""
    opened: Moment | None = None
    last: Moment | None = None
    morning: int | None = None
    morning_key: str = ""
    sore: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """Why there is nothing to be done, or nothing to be gained, for a while.

    ``why`` is the sentence, ``session`` where it began ("" outside any), ``since`` when; ``resting`` is what a sore
    morning was compared with.
    """

    why: str
    session: str
    since: Moment
    lines: tuple[Line, ...]
    resting: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a clinician's decision could not be followed."""

    why: str
    line: Line


@dataclass(frozen=True, slots=True)
class Screened:
    """How a screen went: its outcome, the clips that were filmed, the worst pain (None: not asked)."""

    outcome: str
    keys: tuple[str, ...]
    pain: int | None = None

    @property
    def settled(self) -> bool:
        """Whether it need not be filmed again: it was told, left out, or filmed twice."""
        return self.outcome not in UNTOLD or len(self.keys) > 1


@dataclass(frozen=True, slots=True)
class Acute:
    """What the last entries call for at once, and the entry that does; ``feel`` is the answer about pain."""

    kind: AcuteKind
    key: str
    seen: str = ""
    feel: FeelLog | None = None


_EMPTY: Mapping[str, Any] = MappingProxyType({})


class State(NamedTuple):
    """Everything a decision needs.

    ``stage`` counts from 0. ``moved`` says that the last entry changed it, ``moved_lines`` why. ``answers`` are those
    given since they were last due; ``worse``: a sore morning has them asked again. ``drill`` is the one picked among
    equals. ``credits`` are by drill. ``last``, ``reading``, ``last_at`` and ``feel`` are the last set of the session;
    ``due``: it counts for the gate once it is answered. ``early`` are screens of before the red-flag questions were
    ever answered: they join ``screened`` once every answer is no.

    Two things say *not now*, and every way up looks at both: ``ended`` (no sets before a night has passed) and ``sore``
    (no way up and no full dose before a calm morning).

    A named tuple, since a new one is made for every entry: that is several times quicker than a dataclass.
    """

    stage: int = 0
    moved: Literal["", "up", "down", "override", "refused"] = ""
    moved_lines: tuple[Line, ...] = ()
    answers: Mapping[str, bool | None] = _EMPTY
    answer_keys: tuple[str, ...] = ()
    answers_fresh: bool = False
    asked_again: str = ""
    worse: bool = False
    stops: tuple[Stop, ...] = ()
    lifted: Override | None = None
    intake: Intake | None = None
    screened: Mapping[str, Screened] = _EMPTY
    early: Mapping[str, Screened] = _EMPTY
    session: Open | None = None
    nights: tuple[Sleep, ...] = ()
    ended: Hold | None = None
    sore: Hold | None = None
    tallies: Mapping[str, Tally] = _EMPTY
    credits: Mapping[str, tuple[Credit, ...]] = _EMPTY
    drill: str | None = None
    variant: str = ""
    acute: Acute | None = None
    last: SetDone | None = None
    reading: Reading | None = None
    last_at: Moment | None = None
    due: bool = False
    feel: FeelLog | None = None
    override: Override | None = None
    refusal: Refusal | None = None
    done: bool = False

    def resting(self) -> int:
        """Pain at rest in this session; not answered counts as none, the strictest."""
        return (self.session.resting or 0) if self.session else 0

    def unanswered(self, program: Program) -> tuple[str, ...]:
        """Return the red-flag questions without an answer."""
        return tuple(flag.id for flag in program.red_flags if self.answers.get(flag.id) is None)

    def may_go_on(self, program: Program) -> bool:
        """Whether no stop is in force and no red-flag question is open."""
        return not self.stops and not self.unanswered(program)


def is_screen(stage: Stage, program: Program) -> bool:
    """Say whether a step only asks questions: none of its drills has a gate."""
    return all(program.drill(name).gate is None for name in stage.drills)


def first_step(program: Program) -> int:
    """Return the first step that has a gate: nobody steps back beyond it."""
    return next((k for k, stage in enumerate(program.stages) if not is_screen(stage, program)), 0)


def step_index(program: Program, step: str) -> int | None:
    """Return the place of a step, None where the program has no such step."""
    return next((k for k, stage in enumerate(program.stages) if stage.id == step), None)
