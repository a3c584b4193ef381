"""Where a person stands, folded from the log one entry at a time. Pure: every state is a new value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from hiphinge.program.clock import Back, Moment
from hiphinge.program.decision import Line
from hiphinge.program.gates import Credit, Reading, Tally
from hiphinge.program.history import FeelLog, Intake, Override, SetDone
from hiphinge.program.model import Program, Stage

__all__ = [
    "MORNING",
    "UNTOLD",
    "Acute",
    "Log",
    "Open",
    "Screened",
    "Sleep",
    "State",
    "Stop",
    "first_step",
    "is_screen",
    "step_index",
]

#: An answer sooner than this after a session ended is not the next morning's.
MORNING = timedelta(hours=6)
#: Outcomes of a screen that say nothing; it is filmed once more.
UNTOLD = ("cannot_tell", "no_bend", "")

#: What the last set, or the last morning, calls for; the earlier in this list, the more it weighs.
AcuteKind = Literal["pain_end", "pain_stop", "exhausted", "missed", "felt_back", "fatigue", "less", "sore"]


@dataclass(frozen=True, slots=True)
class Log:
    """What does not change while a log is read: the program, and where the clock went back."""

    program: Program
    backs: tuple[Back, ...] = ()


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

    ``resting`` is None until it is answered, ``stops`` counts sets stopped for pain (``stopped_at`` is the last),
    ``worst`` is the worst pain in the back, ``tried`` are easier forms that did not help today.
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


@dataclass(frozen=True, slots=True)
class Sleep:
    """A session as the morning after sees it; ``older`` is the one before. ``ended`` is None while it goes on."""

    session: str
    resting: int
    ended: Moment | None
    older: Sleep | None = field(repr=False, compare=False)


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
    """What the last entries call for at once, and the entry that does."""

    kind: AcuteKind
    key: str
    seen: str = ""


_EMPTY: Mapping[str, Any] = MappingProxyType({})


class State(NamedTuple):
    """Everything a decision needs.

    ``stage`` counts from 0. ``moved`` says that the last entry changed it, ``moved_lines`` why. ``answers`` are those
    given since they were last due. ``drill`` is the one picked among equals. ``credits`` are by drill. ``last``,
    ``reading`` and ``feel`` are the last set of the session; ``sore`` are the sessions whose next morning has already
    stepped back.

    A named tuple, since a new one is made for every entry: that is several times quicker than a dataclass.
    """

    stage: int = 0
    moved: Literal["", "up", "down", "override"] = ""
    moved_lines: tuple[Line, ...] = ()
    answers: Mapping[str, bool | None] = _EMPTY
    answer_keys: tuple[str, ...] = ()
    answers_fresh: bool = False
    asked_again: str = ""
    stops: tuple[Stop, ...] = ()
    intake: Intake | None = None
    screened: Mapping[str, Screened] = _EMPTY
    session: Open | None = None
    sleep: Sleep | None = None
    tallies: Mapping[str, Tally] = _EMPTY
    credits: Mapping[str, tuple[Credit, ...]] = _EMPTY
    drill: str | None = None
    variant: str = ""
    acute: Acute | None = None
    last: SetDone | None = None
    reading: Reading | None = None
    feel: FeelLog | None = None
    sore: tuple[str, ...] = ()
    override: Override | None = None
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
