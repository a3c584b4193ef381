"""The one-page summary of a session: the article's review in four points, before and after, one next step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from hiphinge.errors import UsageError
from hiphinge.program.about import SafetyAnswers, describe_intake, describe_ticks, find_safety
from hiphinge.program.decision import Decision
from hiphinge.program.facts import (
    Estimate,
    SessionFacts,
    counting,
    estimate,
    middle_lumbar,
    session_facts,
    usual_cue,
    worst_pain,
)
from hiphinge.program.history import ClipSeen, Event, FeelLog, History, SetDone
from hiphinge.program.model import Program
from hiphinge.program.outcomes import classify_change
from hiphinge.program.review import ReviewPoint, estimate_text, review_session, whole_text
from hiphinge.program.screen import explain_screen
from hiphinge.program.trend import CAMERA_MDC
from hiphinge.program.words import mask_addresses, name_choice, name_drill, name_step, name_variant, places_text
from hiphinge.verdict.headlines import NOTICE, SHORT_ALONE

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
#: A coached clip with one of these outcomes shows no hinge, so that its pain tells nothing of the hinge.
_NO_HINGE = ("", "squat", "spine", "no_bend", "cannot_tell", "left_out")


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
    """One side of a before and after; ``outcome`` is the verdict's."""

    label: str
    lumbar: Estimate | None
    hip_share: Estimate | None
    pain: int | None
    lean: Estimate | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """The usual bend and the coached hinge of one visit, and what the difference does and does not show."""

    usual: Side
    coached: Side
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Remark:
    """A note between person and clinician, as a page shows it: by name, never with an e-mail address."""

    at: datetime
    author: str
    text: str

    def __post_init__(self) -> None:
        """Leave e-mail addresses out, whatever was stored."""
        object.__setattr__(self, "author", mask_addresses(self.author))
        object.__setattr__(self, "text", mask_addresses(self.text))


@dataclass(frozen=True, slots=True)
class SessionSummary:
    """All that the page of a session shows.

    ``about`` is what the person wants to do again, where and since when it hurts, ``ticks`` what was ticked in the
    session; ``screen`` puts its screens side by side, to read with a clinician (empty without screens). ``closed``: the
    session is over. ``safety``: what the safety questions were answered with. ``notes`` are put in by who keeps
    them; they are not in the log.
    """

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
    about: str = ""
    ticks: tuple[str, ...] = ()
    screen: tuple[str, ...] = ()
    closed: bool = False
    safety: SafetyAnswers | None = None


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
    facts, over = _find_session(events, session)
    return SessionSummary(
        person=person,
        session=session,
        program=program.title,
        began=facts.at or history.now,
        points=review_session(events, facts, program),
        work=tuple(_set_line(one, facts.feel_of(number), program) for number, one in enumerate(facts.sets)),
        before_after=_before_after(facts.clips),
        resting_pain=facts.resting,
        worst_pain=worst_pain(facts),
        morning_pain=facts.morning.pain if facts.morning else None,
        cue=usual_cue(facts.sets),
        step=name_step(program, decision.step),
        drill=name_choice(program, decision),
        decision=decision,
        about=describe_intake(events),
        ticks=describe_ticks(events, program, session),
        screen=_screen(events, facts, history, program),
        closed=over,
        safety=find_safety(events, program, session),
    )


def _find_session(events: Sequence[Event], session: str) -> tuple[SessionFacts, bool]:
    """Return a session, and whether it is over: closed, or followed by another one."""
    sessions = session_facts(events)
    if session not in sessions:
        raise UsageError(
            f"There is no session {session!r} in this log.",
            expected=", ".join(list(sessions)[-3:]) or "a session that was started",
            next_step="hiphinge session start begins one.",
        )
    return sessions[session], sessions[session].closed is not None or session != next(reversed(sessions))


def _screen(events: Sequence[Event], facts: SessionFacts, history: History, program: Program) -> tuple[str, ...]:
    """Explain the screens of the session as they stood at its end; nothing where it has none."""
    screens = {one.id for one in program.drills if one.kind == "screen"}
    if not any(one.drill in screens for one in facts.clips):
        return ()
    last = max(number for number, event in enumerate(events) if getattr(event, "session", None) == facts.session)
    return explain_screen(History(tuple(events[: last + 1]), history.now))


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
        outcome=clip.outcome,
    )


def _compare(usual: Side, coached: Side) -> list[str]:
    lines = [_compare_backs(usual, coached), *_compare_shares(usual, coached)]
    if usual.pain is None or coached.pain is None:
        return [*lines, "Pain was not asked for both bends."]
    return [*lines, _compare_pain(usual.pain, coached.pain, coached.outcome)]


def _compare_backs(usual: Side, coached: Side) -> str:
    if usual.lumbar is None or coached.lumbar is None:
        return "The lower back could not be told in both bends."
    by = coached.lumbar.value - usual.lumbar.value
    least = CAMERA_MDC["lumbar_flexion"][0]
    if abs(by) <= least:
        return f"The lower back bent about as much in both: a difference under {least:g}° is not clear."
    # Of the rounded values, so that what is read adds up.
    shown = abs(round(coached.lumbar.value) - round(usual.lumbar.value))
    size = f"{shown}° {'less' if by < 0 else 'more'} ({_difference_range(usual.lumbar, coached.lumbar)})"
    both = f"{estimate_text(coached.lumbar)} after {estimate_text(usual.lumbar)}"
    return f"In the coached hinge the lower back bent {size}: {both}.{_depth(usual, coached)}"


def _difference_range(usual: Estimate, coached: Estimate) -> str:
    """Return the 90 % interval of how far two estimates lie apart, as if nothing of their errors were shared.

    Errors of one person on one day are shared in part, so that this is rather too wide than too narrow.
    """
    low, high = (usual, coached) if usual.value < coached.value else (coached, usual)
    by = high.value - low.value
    down = math.hypot(high.value - high.lo, low.hi - low.value)
    up = math.hypot(high.hi - high.value, low.value - low.lo)
    return f"{whole_text(by - down)} to {whole_text(by + up)}"


def _compare_shares(usual: Side, coached: Side) -> list[str]:
    """Say whether the hips' share of the bend differs: not where the two intervals overlap."""
    before, after = usual.hip_share, coached.hip_share
    if before is None or after is None:
        return []
    if before.lo <= after.hi and after.lo <= before.hi:
        return ["Hip share: no clear difference, since the two intervals overlap."]
    size = "larger" if after.value > before.value else "smaller"
    return [f"The hips did a {size} share: {estimate_text(after)} after {estimate_text(before)}."]


def _depth(usual: Side, coached: Side) -> str:
    """Say where one bend was clearly deeper: that alone bends the back more."""
    if usual.lean is None or coached.lean is None or abs(usual.lean.value - coached.lean.value) < DEEPER_DEG:
        return ""
    deeper = max((usual, coached), key=lambda side: side.lean.value if side.lean else 0.0)
    by = whole_text(abs(usual.lean.value - coached.lean.value))
    return f" The {deeper.label.lower()} went {by}° deeper, and depth alone bends the back more; see the hip share too."


def _compare_pain(usual: int, coached: int, outcome: str) -> str:
    change = classify_change("nprs", usual, coached)
    said = f"Pain {usual} of 10 in the usual bend, {coached} of 10 in the coached hinge"
    if change.verdict == "other_way":
        return f"{said}: it hurt more. Keep to what is comfortable, and tell your clinician."
    if usual == coached == 0:
        return "No pain in either bend."
    if change.verdict == "better" and outcome in _NO_HINGE:
        seen = SHORT_ALONE.get(outcome, "cannot tell")
        return f"{said}: less. The second clip shows no hinge ({seen}), so that this says nothing about hinging."
    if change.verdict == "better":
        return f"{said}: it eased with the other way of bending. That tells what helped today, not why it hurts."
    share = f" ({100 * (usual - coached) / usual:.0f} % less, below 2 points)" if usual > coached else ""
    return f"{said}: no clear change{share}."
