"""What is asked of a person, in which order, and what an answer leads to; the same at a keyboard and in a browser."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from hiphinge.errors import RecordConflict, UsageError
from hiphinge.program.decision import Decision
from hiphinge.program.history import ClipSeen, Event, FeelLog, SessionOpened, SetDone
from hiphinge.program.model import Drill, Program, RedFlag
from hiphinge.program.state import MORNING
from hiphinge.program.words import STOPS
from hiphinge.service.commandline import command_line, day_text

__all__ = [
    "NUMB_NOW", "STALE", "STOPS", "Feel", "asks_leg", "check_morning", "check_room", "ends_asking", "explain_early",
    "is_stale", "morning_from", "order_flags", "refuse_stopped", "say_urgent",
]  # fmt: skip

#: Said with every stop for numbness: what would be an emergency.
NUMB_NOW = "Numb between the legs, new bladder or bowel trouble, or both legs: get emergency help now."
#: A session that was not touched for so long is over: what is entered later is of another day (DESIGN).
STALE = timedelta(hours=12)
#: Places from which leg pain is asked after.
_LEG_PLACES = frozenset({"buttock", "leg_above_knee", "leg_below_knee"})
#: What the program calls the entry that stops for numbness.
_NUMB_RULE = "New numbness or weakness"
_LEAST_MINUTES, _MOST_MINUTES = 1, 999
_LEAST_M, _MOST_M = 0.1, 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feel:
    """How a set or a clip felt; None: not asked."""

    pain: int | None = None
    places: tuple[str, ...] = ()
    leg: Literal["same", "further", "back"] | None = None
    new_numbness: bool | None = None
    effort: tuple[str, ...] | None = None


def asks_leg(places: Collection[str]) -> bool:
    """Say whether pain at these places asks how it moved in the leg."""
    return bool(_LEG_PLACES & set(places))


def order_flags(flags: Sequence[RedFlag]) -> tuple[RedFlag, ...]:
    """Put the emergencies first, each kind in the program's order."""
    return tuple(sorted(flags, key=lambda one: one.urgency != "emergency"))


def ends_asking(flag: RedFlag, answer: bool | None) -> bool:
    """Say whether nothing further is asked after this answer: yes to an emergency."""
    return bool(answer) and flag.urgency == "emergency"


def say_urgent(decision: Decision) -> str:
    """Return what to add to a stop for numbness; ``""`` for everything else."""
    numb = any(line.rule == _NUMB_RULE and line.holds is False for line in decision.evidence)
    return NUMB_NOW if decision.action == "stop_see" and numb else ""


def refuse_stopped(decision: Decision, person: str) -> None:
    """Refuse to go on under a stop.

    Raises
    ------
    RecordConflict
        One is in force.
    """
    if decision.action in STOPS:
        raise RecordConflict(
            decision.reason,
            expected="a clinician's decision before anything further is done",
            next_step="For the clinician: " + command_line("override", person, "--clears-stop"),
        )


def check_room(minutes: float | None, space_m: float | None) -> None:
    """Refuse minutes and metres that nobody has.

    Raises
    ------
    UsageError
        Naming which.
    """
    for value, name, low, high in (
        (minutes, "time, minutes", _LEAST_MINUTES, _MOST_MINUTES), (space_m, "space, metres", _LEAST_M, _MOST_M)
    ):  # fmt: skip
        if value is not None and not low <= value <= high:
            raise UsageError(
                f"The {name}, is {value:g}.", expected=f"{low:g} to {high:g}", next_step="Give another number."
            )


def is_stale(events: Sequence[Event], opened: SessionOpened, now: datetime) -> bool:
    """Say whether an open session has not been touched for too long to be gone on with."""
    times = [one.at for one in events if getattr(one, "session", None) == opened.session]
    return now - max(times, default=opened.at) > STALE


def morning_from(events: Sequence[Event], session: str, now: datetime) -> datetime | None:
    """Return from when on the morning after a session can be answered; None where it can be already."""
    work = [e.at for e in events if isinstance(e, SetDone | FeelLog | ClipSeen) and e.session == session]
    return max(work) + MORNING if work and now - max(work) < MORNING else None


def check_morning(events: Sequence[Event], session: str, now: datetime, person: str) -> None:
    """Refuse an answer that comes before a morning has: it would not say how the night went.

    Raises
    ------
    RecordConflict
        Saying from when on it is asked.
    """
    first = morning_from(events, session, now)
    if first is not None:
        raise RecordConflict(
            "That is too soon to say how the morning after was, so nothing is kept.",
            expected=f"an answer from {day_text(first, clock=True)} on",
            next_step=f"Then: {command_line('session', 'morning', person)}",
        )


def explain_early(program: Program, drill: Drill, decision: Decision, names: Mapping[str, str]) -> str:
    """Say that a set is kept and counts nothing, since another drill is due; ``""`` where it counts or is a screen.

    ``decision`` is the one before the set; ``names``: drill → its name.
    """
    due = next((stage for stage in program.stages if stage.id == decision.step), None)
    if due is None or drill.id in due.drills or drill.kind == "screen":
        return ""
    wanted = (decision.drill,) if decision.drill else decision.options or due.drills
    return f"Kept, but it counts nothing yet: the {' or '.join(names[one].lower() for one in wanted)} is due."
