"""A person's way so far: each measure over the sessions, the ladder with its dates, the present step and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from hiphinge.program.about import describe_intake, describe_ticks
from hiphinge.program.decision import Decision
from hiphinge.program.facts import SessionFacts, counting, session_facts, worst_pain
from hiphinge.program.history import ClipSeen, Event, History, OutcomeScore, Override, SetDone, Ticks
from hiphinge.program.model import Program
from hiphinge.program.next_step import Move, next_step, read_moves
from hiphinge.program.outcomes import OUTCOMES, Better, classify_change, find_outcome
from hiphinge.program.review import ReviewPoint, review_session
from hiphinge.program.screen import explain_screen
from hiphinge.program.summary import Remark
from hiphinge.program.trend import SCORES, Point, Trend, find_mdc, trend
from hiphinge.program.words import name_choice, name_drill, name_step
from hiphinge.verdict.headlines import NOTICE

__all__ = ["Progress", "Rung", "RungState", "Week", "summarise_progress"]

#: ``passed``: by its gate. ``done``: a step that only looks (filmed, or left out). ``placed``: a clinician placed the
#: person ahead of it.
RungState = Literal["passed", "done", "placed", "present", "ahead"]

#: Camera measures that are followed: name, label, unit, which way is better.
_FOLLOWED: tuple[tuple[str, str, str, Better], ...] = (
    ("lumbar_flexion", "Lumbar flexion", "°", "lower"),
    ("hip_share", "Hip share of the bend", "%", "higher"),
    ("hip_back", "Hips travel back", "FL", "higher"),
    ("drop_per_back", "Drop ÷ back", "", "lower"),
    ("knee_flexion", "Knee flexion", "°", None),
)
_USUAL: tuple[tuple[str, str, str, Better], ...] = (
    ("lumbar_flexion", "Lumbar flexion", "°", "lower"),
    ("hip_share", "Hip share of the bend", "%", "higher"),
    ("reach", "Fingertips to floor, from the video", "FL", None),
)
#: Sets are compared within a group: the deadlift asks for more knee and more drop than the drills before it.
_GROUPS = {"unloaded": "Hinge drills", "loaded": "Hinge drills", "deadlift": "Deadlift"}
_USUAL_GROUP = "Usual bend"
#: A clip by these rules shows the usual bend, with or without a label.
_USUAL_RULES = "toe_touch"
_WEEKS = 12


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder; ``state`` is where it stands now.

    ``reached`` is when it was reached first, ``passed`` when it was passed or done, ``placed`` when the clinician
    ``by`` placed the person ahead of it.
    """

    step: str
    name: str
    state: RungState
    reached: datetime | None
    passed: datetime | None
    sessions: int
    placed: datetime | None = None
    by: str = ""


@dataclass(frozen=True, slots=True)
class Week:
    """Sessions in the week that began on ``monday``."""

    monday: date
    sessions: int


@dataclass(frozen=True, slots=True)
class Progress:
    """All that the page of a person shows.

    ``points`` are the four of the last session in which something was done, which began at ``points_at``;
    ``per_week`` what the dose of the present drill asks for. ``about`` is what the person wants to do again, where and
    since when it hurts, ``ticks`` what was ticked last; ``screen`` puts the screens side by side, to read with a
    clinician, until the first load. ``in_session``: a session is open. ``notes`` are put in by who keeps them.
    """

    person: str
    program: str
    now: datetime
    sessions: int
    first: datetime | None
    points: tuple[ReviewPoint, ...]
    points_at: datetime | None
    rungs: tuple[Rung, ...]
    step: str
    drill: str
    decision: Decision
    trends: tuple[Trend, ...]
    weeks: tuple[Week, ...]
    per_week: tuple[int, int] | None
    notice: str = NOTICE
    notes: tuple[Remark, ...] = ()
    about: str = ""
    ticks: tuple[str, ...] = ()
    screen: tuple[str, ...] = ()
    in_session: bool = False


def summarise_progress(history: History, program: Program, *, person: str = "") -> Progress:
    """Sum a person's log up.

    Parameters
    ----------
    history
        The log.
    program
        Its drills and steps.
    person
        The name that the page shows.
    """
    decision = next_step(history, program)
    events = counting(history)
    known = tuple(session_facts(events).values())
    sessions = [one for one in known if one.worked]
    last = sessions[-1] if sessions else None
    return Progress(
        person=person,
        program=program.title,
        now=history.now,
        sessions=len(sessions),
        first=sessions[0].at if sessions else None,
        points=review_session(events, last, program) if last else (),
        points_at=last.at if last else None,
        rungs=_rungs(history, decision, program, sessions),
        step=name_step(program, decision.step),
        drill=name_choice(program, decision),
        decision=decision,
        trends=_trends(events, sessions, program),
        weeks=_weeks(sessions, history.now),
        per_week=_per_week(program, decision),
        about=describe_intake(events),
        ticks=_last_ticks(events, program),
        screen=() if _has_loaded(events, program) else explain_screen(history),
        in_session=bool(known) and known[-1].opened is not None and known[-1].closed is None,
    )


def _last_ticks(events: Sequence[Event], program: Program) -> tuple[str, ...]:
    last = next((one.session for one in reversed(events) if isinstance(one, Ticks)), None)
    return describe_ticks(events, program, last) if last is not None else ()


def _has_loaded(events: Iterable[Event], program: Program) -> bool:
    """Say whether a drill with a load was done."""
    loaded = {one.id for one in program.drills if one.kind in ("loaded", "deadlift")}
    return any(isinstance(one, SetDone) and one.drill in loaded for one in events)


def _rungs(
    history: History, decision: Decision, program: Program, sessions: Sequence[SessionFacts]
) -> tuple[Rung, ...]:
    """Return the ladder. A step that was fallen back to since is none that was left."""
    place = {stage.id: number for number, stage in enumerate(program.stages)}
    reached: dict[int, datetime] = {}
    left: dict[int, Move] = {}
    here = 0
    for move in read_moves(history, program):
        before, here = here, place[move.step]
        reached.setdefault(here, move.at)
        left.update(dict.fromkeys(range(before, here), move))
        for number in range(here, len(place)):
            left.pop(number, None)
        if move.how == "done":
            left[here] = move
    here = len(place) if decision.action == "done" else here
    stage_of = {drill: stage.id for stage in program.stages for drill in stage.drills}
    counts = _count_sessions(sessions, stage_of)
    names = {one.key: one.clinician for one in history.events if isinstance(one, Override)}
    rungs = []
    for number, stage in enumerate(program.stages):
        ahead: RungState = "present" if number == here else "ahead"
        rung = Rung(stage.id, name_step(program, stage.id), ahead, reached.get(number), None, counts.get(stage.id, 0))
        rungs.append(_leave(rung, left.get(number), program, names) if number < here else rung)
    return tuple(rungs)


def _leave(rung: Rung, move: Move | None, program: Program, names: Mapping[str, str]) -> Rung:
    """Say how a step was left upwards: only its gate passes it."""
    if move is not None and move.how == "override":
        return replace(rung, state="placed", placed=move.at, by=names.get(move.key, ""))
    drills = next(stage.drills for stage in program.stages if stage.id == rung.step)
    gated = any(program.drill(name).gate is not None for name in drills)
    return replace(rung, state="passed" if gated else "done", passed=move.at if move is not None else None)


def _count_sessions(sessions: Iterable[SessionFacts], stage_of: dict[str, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for one in sessions:
        # A coached bend on the first day is no practice of the drill that it was filmed with.
        drills = [each.drill for each in one.sets] + [each.drill for each in one.clips if each.label != "coached"]
        for step in {stage_of.get(drill, "") for drill in drills}:
            counts[step] = counts.get(step, 0) + 1
    return counts


def _trends(events: Sequence[Event], sessions: Sequence[SessionFacts], program: Program) -> tuple[Trend, ...]:
    """Return the trends: of the present kind of drill, then pain and scores, the usual bend, the rest."""
    kinds = {one.id: one.kind for one in program.drills}
    sets = [(_GROUPS.get(kinds.get(one.drill, ""), ""), one) for each in sessions for one in each.sets]
    groups = list(dict.fromkeys(group for group, _ in reversed(sets) if group))
    by_group = [_camera([one for name, one in sets if name == group], _FOLLOWED, group, program) for group in groups]
    touches = {one.id for one in program.drills if one.rules == _USUAL_RULES}
    usual = [
        one
        for each in sessions
        for one in each.clips
        if one.label == "usual" or (one.drill in touches and not one.label)
    ]
    present, rest = by_group[:1], by_group[1:]
    parts = [*present, _pain(sessions), _scores(events), _camera(usual, _USUAL, _USUAL_GROUP, program), *rest]
    return tuple(one for part in parts for one in part)


def _camera(
    done: Sequence[SetDone | ClipSeen],
    followed: Sequence[tuple[str, str, str, Better]],
    group: str,
    program: Program,
) -> list[Trend]:
    found = []
    for name, label, unit, better in followed:
        points = []
        for one in done:
            value = one.measures.get(name)
            if value is not None:
                drill = name_drill(program, one.drill)
                points.append(Point(value[0], one.at, value[1], value[2], one.session, drill))
        if points:
            mdc, source = find_mdc(name, points)
            found.append(
                trend(points, mdc, name=name, label=label, unit=unit, better=better, source=source, group=group)
            )
    return found


def _pain(sessions: Sequence[SessionFacts]) -> list[Trend]:
    at_rest, worst = [], []
    for one in sessions:
        if one.at is None:
            continue
        if one.resting is not None:
            at_rest.append(Point(one.resting, one.at, session=one.session))
        told = worst_pain(one)
        if told is not None:
            worst.append(Point(told, one.at, session=one.session))
    named = (("resting_pain", "Pain before the session", at_rest), ("worst_pain", "Worst pain in the session", worst))
    return [_score_trend("nprs", points, name=name, label=label) for name, label, points in named if points]


def _scores(events: Sequence[Event]) -> list[Trend]:
    found = []
    for one in OUTCOMES:
        points = [
            Point(event.value, event.at)
            for event in events
            if isinstance(event, OutcomeScore) and event.measure == one.id
        ]
        if points:
            found.append(_score_trend(one.id, points, name=one.id, label=one.name))
    return found


def _score_trend(measure: str, points: Sequence[Point], *, name: str, label: str) -> Trend:
    """Return the trend of a score: its own least change, in points, decides."""
    one = find_outcome(measure)
    source = f"{one.rule}; {one.source}"
    found = trend(
        points, one.least, name=name, label=label, unit=one.unit, better=one.better, source=source, group=SCORES
    )
    if found.baseline is None or found.latest is None or len(found.points) < 2:
        return found
    change = classify_change(measure, found.baseline, found.latest)
    return replace(found, verdict=change.verdict, words=change.words)


def _weeks(sessions: Sequence[SessionFacts], now: datetime) -> tuple[Week, ...]:
    """Count the sessions of each of the last weeks, from the first one on, up to the present week."""
    mondays = [_monday(one.at) for one in sessions if one.at is not None]
    if not mondays:
        return ()
    end = _monday(now)
    start = max(min(mondays), end - timedelta(weeks=_WEEKS - 1))
    counts = {start + timedelta(weeks=k): 0 for k in range((end - start).days // 7 + 1)}
    for monday in mondays:
        if monday in counts:
            counts[monday] += 1
    return tuple(Week(monday, count) for monday, count in counts.items())


def _monday(at: datetime) -> date:
    return at.date() - timedelta(days=at.weekday())


def _per_week(program: Program, decision: Decision) -> tuple[int, int] | None:
    names = (decision.drill,) if decision.drill else decision.options
    found = [one.dose.per_week for one in program.drills if one.id in names]
    return found[0] if found else None
