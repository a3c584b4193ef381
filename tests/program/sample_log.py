"""A log of three weeks, from a first toe touch to the goat bag, for the tests of pages and sums."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hiphinge.program import load_program
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    History,
    Intake,
    NextMorning,
    OutcomeScore,
    RedFlagAnswers,
    RepResult,
    SessionClosed,
    SessionOpened,
    SetDone,
)

PROGRAM = load_program()
BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
CUE = "Make your back a long table top; stop where it starts to curl."
#: session, days after the first, drill, lumbar flexion, hip share, reps that miss.
SESSIONS = (
    ("s1", 0, "wall_hinge", 34.0, 50.0, (0, 1, 2)),
    ("s2", 3, "wall_hinge", 24.0, 60.0, (1,)),
    ("s3", 6, "free_hinge", 20.0, 64.0, (0,)),
    ("s4", 9, "free_hinge", 16.0, 70.0, ()),
    ("s5", 14, "goat_bag", 14.0, 71.0, ()),
    ("s6", 19, "goat_bag", 12.0, 74.0, (3,)),
)
#: Lumbar flexion of the eight reps of a set, from the set's own.
SPREAD = (-2, 0, 1, -1, 2, 0, 3, -3)


def reps(lumbar: float, miss: tuple[int, ...] = (), rules: tuple[str, ...] = ("4",)) -> tuple[RepResult, ...]:
    return tuple(
        RepResult(
            number=k + 1,
            grade="miss" if k in miss else "pass",
            missed_rules=rules if k in miss else (),
            lumbar_deg=lumbar + by,
            lumbar_lo_deg=lumbar + by - 6,
            lumbar_hi_deg=lumbar + by + 6,
            cue=CUE if k in miss else "",
        )
        for k, by in enumerate(SPREAD)
    )


def measures(lumbar: float, share: float) -> dict[str, tuple[float, float, float]]:
    return {
        "lumbar_flexion": (lumbar, lumbar - 6, lumbar + 6),
        "hip_share": (share, share - 9, share + 9),
        "hip_back": (0.7, 0.62, 0.78),
        "drop_per_back": (0.15, 0.10, 0.21),
        "knee_flexion": (20.0, 16.0, 24.0),
    }


def _session(session: str, day: int, drill: str, lumbar: float, share: float, miss: tuple[int, ...]) -> list[Event]:
    at = BEGAN + timedelta(days=day)
    rest = 3 if session == "s1" else max(0, 2 - day // 5)
    events: list[Event] = [
        SessionOpened(key=f"{session}-open", at=at, session=session, resting_pain=rest, new_symptoms=False)
    ]
    if session == "s1":
        events += [
            ClipSeen(
                key="usual", at=at, session=session, drill="toe_touch", outcome="back_first",
                measures={**measures(38, 45), "reach": (0.5, 0.35, 0.65)}, pain=4, label="usual",
            ),
            ClipSeen(key="tilt", at=at, session=session, drill="pelvic_tilt", outcome="pelvis_tilts", pain=1),
            ClipSeen(key="round", at=at, session=session, drill="rounding", outcome="reference", pain=1),
            ClipSeen(
                key="coached", at=at, session=session, drill="free_hinge", outcome="hinge",
                measures=measures(14, 72), pain=2, label="coached",
            ),
        ]  # fmt: skip
    for k in range(2):
        then = at + timedelta(minutes=5 + 5 * k)
        events.append(
            SetDone(
                key=f"{session}-set{k}", at=then, session=session, drill=drill, reps=reps(lumbar, miss),
                measures=measures(lumbar + k, share - k), load_kg=8.0 if drill == "goat_bag" else None,
            )
        )  # fmt: skip
        effort = ("low_back",) if session == "s1" else ("hamstrings", "buttocks") if k else ("hamstrings",)
        pain = 3 if session == "s1" else max(0, 2 - day // 5)
        events.append(
            FeelLog(key=f"{session}-feel{k}", at=then, session=session, drill=drill, effort=effort, pain=pain)
        )
    events.append(SessionClosed(key=f"{session}-close", at=at + timedelta(minutes=30), session=session))
    events.append(NextMorning(key=f"{session}-am", at=at + timedelta(days=1), session=session, pain=rest))
    return events


def sample_events() -> tuple[Event, ...]:
    events: list[Event] = [
        RedFlagAnswers(key="flags", at=BEGAN, answers={flag.id: False for flag in PROGRAM.red_flags}),
        Intake(key="intake", at=BEGAN, pain=4, places=("low_back",), since="a year"),
    ]
    events += _scores(0, nprs=6, rmdq=11, psfs=4.3, ftf_cm=18)
    for one in SESSIONS:
        events += _session(*one)
    events += _scores(20, nprs=3, rmdq=7, psfs=6.7, ftf_cm=15)
    return tuple(events)


def _scores(day: int, **scores: float) -> list[Event]:
    at = BEGAN + timedelta(days=day)
    return [OutcomeScore(key=f"{name}-{day}", at=at, measure=name, value=value) for name, value in scores.items()]


def sample_history() -> History:
    return History(sample_events(), BEGAN + timedelta(days=21))
