"""Entries and documents to keep."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from hiphinge.program.decision import Decision, Line
from hiphinge.program.history import (
    ClipSeen,
    Corrected,
    FeelLog,
    Intake,
    NextMorning,
    OutcomeScore,
    Override,
    RedFlagAnswers,
    RepResult,
    SessionClosed,
    SessionOpened,
    SetDone,
    Ticks,
    Withdrawn,
)

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FILM = hashlib.sha256(b"film").hexdigest()
OTHER_FILM = hashlib.sha256(b"other film").hexdigest()


def opened(session="s1", *, key=None, at=AT, **more):
    return SessionOpened(key=key or f"{session}-open", at=at, session=session, resting_pain=more.pop("pain", 1), **more)


def closed(session="s1", *, key=None, at=AT):
    return SessionClosed(key=key or f"{session}-close", at=at, session=session)


def a_set(key="set", session="s1", *, at=AT, assessment=""):
    reps = (
        RepResult(number=1, grade="pass", lumbar_deg=8.25, lumbar_lo_deg=2.0, lumbar_hi_deg=14.5),
        RepResult(number=2, grade="miss", missed_rules=("3", "1b"), cue="Push the wall away behind you."),
        RepResult(number=3, grade="cannot_tell"),
    )
    return SetDone(
        key=key,
        at=at,
        session=session,
        drill="goat_bag",
        variant="lighter",
        reps=reps,
        load_kg=12.5,
        outcome="hinge",
        assessment=assessment,
        back_reps=3,
        measures={"lumbar_deg": (8.0, 2.0, 14.0), "hip_deg": (71.0, 66.5, 75.5)},
    )


def score(key="score", value=3.0, at=AT):
    return OutcomeScore(key=key, at=at, measure="nprs", value=value)


def every_kind():
    """One entry of every kind, in an order that fits."""
    later = AT + timedelta(minutes=20)
    return (
        RedFlagAnswers(key="flags", at=AT, answers={"saddle": False, "fever": None, "weight": True}),
        Intake(key="intake", at=AT, pain=None, places=("low_back",), since="März — 3 Wochen 🏋", goal="lift a child"),
        opened(equipment=("kettlebell", "wall"), minutes=25, space_m=2.5, new_symptoms=False),
        ClipSeen(key="clip", at=AT, session="s1", drill="toe_touch", outcome="spine", measures={"x": (1.0, 0.5, 1.5)}),
        a_set(),
        FeelLog(key="feel", at=AT, session="s1", drill="goat_bag", effort=("hamstrings",), pain=2, leg="back"),
        Ticks(key="ticks", at=AT, session="s1", drill="wall", ticks={"chin": True, "feet": False}, by="clinician"),
        closed(at=later),
        NextMorning(key="morning", at=later, session="s1", pain=0),
        score(at=later),
        Override(key="over", at=later, clinician="Dr. Öz", reason="seen in clinic", step="wall", clears_stop=True),
        Corrected(
            key="mend", at=later, entry="set", by="Dr. Öz", reason="the knee was seen in front", outcome="mixed",
            reps=(RepResult(number=1, grade="miss", missed_rules=("4",)),), measures={"x": (1.0, 0.5, 1.5)}, revision=1,
        ),
        Withdrawn(key="slip", at=later, entry="score", reason="typed the figure of another day"),
    )  # fmt: skip


def document(note="", *, text=""):
    """The JSON of an assessment, as far as the store looks into it."""
    made = {"model": "full", "calibration": "synthetic 2026-11 (0123456789ab)"}
    whole = {"schema_version": "1.0", "provenance": made, "criteria": {"1.pass_lo": 0.6}, "note": note, "text": text}
    return json.dumps(whole, indent=1).encode()


def decision(reason="two sessions are not yet done"):
    line = Line(rule="8 of 10", needed="8", seen="6 of 10", holds=False, events=("set",), source="clinical")
    return Decision(
        action="wait",
        step="free",
        drill=None,
        variant="",
        reason=reason,
        evidence=(line,),
        options=("a", "b"),
        not_before=AT + timedelta(days=1),
    )
