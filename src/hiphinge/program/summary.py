"""The one-page summary of a session: the article's review in four points, before and after, one next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hiphinge.errors import UsageError
from hiphinge.program.decision import Decision
from hiphinge.program.facts import (
    Estimate,
    counting,
    estimate,
    middle_lumbar,
    session_facts,
    usual_cue,
    worst_pain,
)
from hiphinge.program.history import ClipSeen, FeelLog, History, SetDone
from hiphinge.program.model import Program
from hiphinge.program.outcomes import classify_change
from hiphinge.program.review import ReviewPoint, review_session, whole_text
from hiphinge.program.trend import CAMERA_MDC
from hiphinge.program.words import name_choice, name_drill, name_step, name_variant, places_text
from hiphinge.verdict.headlines import NOTICE

__all__ = [
    "BeforeAfter",
    "Remark",
    "SessionSummary",
    "SetLine",
    "Side",
    "summarise_session",
]

#: From this difference of trunk lean on two bends are not of one depth [DESIGN].
DEEPER_DEG = 15.0


@dataclass(frozen=True, slots=True)
class SetLine:
    """One set: ``judged`` reps could be told, ``passed`` of them met the drill's own rules."""

    drill: str
    variant: str
    load_kg: float | None
    passed: int
    judged: int
    reps: int
    lumbar: Estimate | None
    felt: str
    pain: int | None


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a before and after."""

    label: str
    lumbar: Estimate | None
    hip_share: Estimate | None
    pain: int | None
    lean: Estimate | None = None


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """The usual bend and the coached hinge of one visit, and what the difference does and does not show."""

    usual: Side
    coached: Side
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A note between person and clinician, as a page shows it: by name, never with an address."""

    at: datetime
    author: str
    text: str


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """All that the page of a session shows. ``notes`` are put in by who keeps them; they are not in the log."""

    person: str
    session: str
    program: str
    began: datetime
    points: tuple[ReviewPoint, ...]
    work: tuple[SetLine, ...]
    before_after: BeforeAfter | None
    resting_pain: int | None
    worst_pain: int | None
    morning_pain: int | None
    cue: str
    step: str
    drill: str
    decision: Decision
    notice: str = NOTICE
    notes: tuple[Remark, ...] = ()


def summarise_session(
    history: History, session: str, program: Program, decision: Decision, *, person: str = ""
) -> SessionSummary:
    """Review one session.

    Parameters
    ----------
    history
        The person's log.
    session
        Which session.
    program
        Names of drills, variants and steps.
    decision
        What comes next.
    person
        The name that the page shows.

    Raises
    ------
    UsageError
        The log has no such session.
    """
    events = counting(history)
    sessions = session_facts(events)
    if session not in sessions:
        raise UsageError(
            f"There is no session {session!r} in this log.",
            expected=", ".join(list(sessions)[-3:]) or "a session that was started",
            next_step="hiphinge session start begins one.",
        )
    facts = sessions[session]
    return SessionSummary(
        person=person,
        session=session,
        program=program.title,
        began=facts.at or history.now,
        points=review_session(events, facts, program),
        work=tuple(_set_line(one, facts.feel_of(number), program) for number, one in enumerate(facts.sets)),
        before_after=_before_after(facts.clips),
        resting_pain=facts.opened.resting_pain if facts.opened else None,
        worst_pain=worst_pain(facts),
        morning_pain=facts.morning.pain if facts.morning else None,
        cue=usual_cue(facts.sets),
        step=name_step(program, decision.step),
        drill=name_choice(program, decision),
        decision=decision,
    )


def _set_line(one: SetDone, feel: FeelLog | None, program: Program) -> SetLine:
    grades = [rep.grade for rep in one.reps]
    return SetLine(
        drill=name_drill(program, one.drill),
        variant=name_variant(program, one.drill, one.variant) if one.variant else "",
        load_kg=one.load_kg,
        passed=grades.count("pass"),
        judged=len(grades) - grades.count("cannot_tell"),
        reps=len(grades),
        lumbar=middle_lumbar([one]) or estimate(one.measures, "lumbar_flexion", "°"),
        felt=places_text(feel.effort) if feel and feel.effort else "",
        pain=feel.pain if feel else None,
    )


def _before_after(clips: Sequence[ClipSeen]) -> BeforeAfter | None:
    by_label: Mapping[str, ClipSeen] = {one.label: one for one in clips if one.label in ("usual", "coached")}
    if len(by_label) < 2:
        return None
    usual, coached = (_side(by_label[label], label) for label in ("usual", "coached"))
    return BeforeAfter(usual, coached, tuple(_compare(usual, coached)))


def _side(clip: ClipSeen, label: str) -> Side:
    name = {"usual": "Usual bend", "coached": "Coached hinge"}[label]
    return Side(
        label=name,
        lumbar=estimate(clip.measures, "lumbar_flexion", "°"),
        hip_share=estimate(clip.measures, "hip_share", "%"),
        pain=clip.pain,
        lean=estimate(clip.measures, "trunk_lean", "°"),
    )


def _compare(usual: Side, coached: Side) -> list[str]:
    lines = []
    if usual.lumbar and coached.lumbar:
        by = coached.lumbar.value - usual.lumbar.value
        least = CAMERA_MDC["lumbar_flexion"][0]
        size = f"{whole_text(abs(by))}° {'less' if by < 0 else 'more'}"
        if abs(by) > least:
            lines.append(f"In the coached hinge the lower back bent {size}.{_depth(usual, coached)}")
        else:
            lines.append(f"The lower back bent about as much in both: a difference under {least:g}° is not clear.")
    else:
        lines.append("The lower back could not be told in both bends.")
    if usual.pain is None or coached.pain is None:
        return [*lines, "Pain was not asked for both bends."]
    return [*lines, *_compare_pain(usual.pain, coached.pain)]


def _depth(usual: Side, coached: Side) -> str:
    """Say where one bend was clearly deeper: that alone bends the back more."""
    if usual.lean is None or coached.lean is None or abs(usual.lean.value - coached.lean.value) < DEEPER_DEG:
        return ""
    deeper = max((usual, coached), key=lambda side: side.lean.value if side.lean else 0.0)
    by = whole_text(abs(usual.lean.value - coached.lean.value))
    return f" The {deeper.label.lower()} went {by}° deeper, and depth alone bends the back more; see the hip share too."


def _compare_pain(usual: int, coached: int) -> list[str]:
    change = classify_change("nprs", usual, coached)
    said = f"Pain {usual} of 10 in the usual bend, {coached} of 10 in the coached hinge"
    if change.verdict == "better":
        return [f"{said}: it eased with the other way of bending. That tells what helped today, not why it hurts."]
    if change.verdict == "other_way":
        return [f"{said}: it hurt more. Keep to what is comfortable, and tell your clinician."]
    if usual == coached == 0:
        return ["No pain in either bend."]
    return [f"{said}: no clear change."]
