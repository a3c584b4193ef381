"""A scripted person with a fake clock: writes a log entry by entry, and says what was decided after each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hiphinge.program import Decision, load_program, next_step
from hiphinge.program.history import (
    ClipSeen,
    Event,
    FeelLog,
    History,
    Intake,
    NextMorning,
    Override,
    RedFlagAnswers,
    RepResult,
    SessionClosed,
    SessionOpened,
    SetDone,
    Withdrawn,
)

PROGRAM = load_program()
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
HIPS = ("hamstrings", "buttocks")
_GRADES = {"p": "pass", "m": "miss", "c": "cannot_tell"}


def reps(
    grades: str, rules: tuple[str, ...] = ("4",), lumbar: tuple[float, ...] | None = None
) -> tuple[RepResult, ...]:
    """Reps from letters: p passed, m missed ``rules``, c cannot be told."""
    return tuple(
        RepResult(
            number=k + 1,
            grade=_GRADES[grade],
            missed_rules=rules if grade == "m" else (),
            lumbar_deg=None if lumbar is None else lumbar[k],
            cue="Make your back a long table top." if grade == "m" else "",
        )
        for k, grade in enumerate(grades)
    )


class Person:
    """Writes a log; ``now`` moves two minutes with every entry."""

    def __init__(self, program=PROGRAM) -> None:
        self.program, self.now, self.session = program, START, ""
        self.events: list[Event] = []

    @property
    def history(self) -> History:
        return History(tuple(self.events), self.now)

    def decide(self) -> Decision:
        return next_step(self.history, self.program)

    def log(self, kind, **fields) -> Decision:
        self.now += timedelta(minutes=2)
        self.events.append(kind(key=f"e{len(self.events) + 1}", at=self.now, **fields))
        return self.decide()

    def later(self, **span: float) -> Person:
        self.now += timedelta(**span)
        return self

    def answer(self, **yes: bool | None) -> Decision:
        answers = {flag.id: False for flag in self.program.red_flags}
        return self.log(RedFlagAnswers, answers={**answers, **yes})

    def intake(self, pain: int | None = 2, places: tuple[str, ...] = ("low_back",)) -> Decision:
        return self.log(Intake, pain=pain, places=places)

    def open(self, resting: int | None = 1, new: bool | None = False) -> Decision:
        self.session = f"s{len(self.events) + 1}"
        return self.log(SessionOpened, session=self.session, resting_pain=resting, new_symptoms=new)

    def close(self) -> Decision:
        return self.log(SessionClosed, session=self.session)

    def clip(self, drill: str, outcome: str, pain: int | None = 1, label: str = "") -> Decision:
        return self.log(ClipSeen, session=self.session, drill=drill, outcome=outcome, pain=pain, label=label)

    def set(self, drill: str, grades: str, variant: str = "", rules=("4",), lumbar=None, **more) -> Decision:
        done = reps(grades, rules, lumbar)
        return self.log(SetDone, session=self.session, drill=drill, variant=variant, reps=done, **more)

    def feel(self, drill: str, effort=HIPS, pain: int | None = 1, **more) -> Decision:
        return self.log(FeelLog, session=self.session, drill=drill, effort=effort, pain=pain, **more)

    def morning(self, pain: int, session: str = "") -> Decision:
        self.later(hours=12)
        return self.log(NextMorning, session=session or self.session, pain=pain)

    def tell(self, pain: int) -> Decision:
        """The morning after the last session in which something was done, answered now."""
        done = [one.session for one in self.events if isinstance(one, SetDone | ClipSeen | FeelLog)]
        return self.log(NextMorning, session=done[-1], pain=pain)

    def override(self, step: str | None, reason: str = "I looked at it", **more) -> Decision:
        return self.log(Override, clinician="Dr Lee", reason=reason, step=step, **more)

    def withdraw(self, key: str) -> Decision:
        return self.log(Withdrawn, entry=key, reason="a slip")

    # Longer pieces of a life.

    def screened(self) -> Decision:
        """Answer the red flags, give the intake, open a session, film the three screens."""
        self.answer()
        self.intake()
        self.open(new=None)
        self.clip("toe_touch", "back_first")
        self.clip("pelvic_tilt", "pelvis_tilts")
        return self.clip("rounding", "reference_taken")

    def at_wall(self) -> Person:
        self.screened()
        return self

    def at_free(self) -> Person:
        """Pass the wall in the first session, and close it."""
        self.screened()
        for _ in range(2):
            self.set("wall_hinge", "ppppm")
            self.feel("wall_hinge")
        self.close()
        return self

    def day(self, drill: str, grades: str = "pppppppppm", morning: int | None = 1, resting: int = 1) -> Decision:
        """One whole session of one drill, a day after the last, and the morning after."""
        self.later(hours=24)
        if line(self.open(resting), "Safety questions").holds is None:
            self.answer()
        for _ in range(2):
            self.set(drill, grades)
            self.feel(drill)
        decided = self.close()
        return decided if morning is None else self.morning(morning)

    def at_load(self) -> Person:
        """Pass the free hinge on two days."""
        self.at_free()
        self.day("free_hinge")
        self.day("free_hinge")
        return self


def line(decision: Decision, rule: str):
    """The first line of a decision about ``rule``."""
    return next(one for one in decision.evidence if one.rule == rule)


def answers_all_no() -> dict[str, bool]:
    return {flag.id: False for flag in PROGRAM.red_flags}
