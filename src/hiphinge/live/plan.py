"""What the coach of one set is told before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from hiphinge.clip.options import AssessOptions
from hiphinge.errors import UsageError
from hiphinge.program.model import Drill
from hiphinge.verdict import Criteria, criteria_for

__all__ = ["SetPlan"]

#: From so many sets of a drill on only what stands out is told, and from so many on the summary only.
_FEWER_WORDS, _FEWEST_WORDS = 3, 12
#: The lean that a full meter stands for: this much beyond where the rule begins to pass, else this.
_BEYOND_PASS_DEG, _USUAL_AIM_DEG, _TILT_AIM_DEG = 10.0, 60.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPlan:
    """One set of one person. Plain data: it is stored with the set, and the set is made again from it.

    Parameters
    ----------
    drill
        The drill of the program as it was when the set began: its rules and limits judge.
    variant
        The form that is done, ``""`` for the drill itself.
    target_reps
        Reps after which the set is over.
    back_reps
        Only so many reps at the end show the back free of hands; None: all.
    wall
        Where the wall meets the floor: a share of the unmirrored picture's width.
    sets_done
        Sets of this drill that the person did before: words grow fewer with them.
    level
        0 something after every rep, 1 only what stands out, 2 counts only; None goes by ``sets_done``.
    cues_seen
        Rules whose cue the person has heard in full; they get the short form.
    tried
        Easier forms that were tried before.
    own_maximum_deg
        The person's own lumbar flexion (value, lo, hi) in deliberate rounding.
    foot_length_cm
        Length of the shoe.
    countdown_s
        How long the person is to stand still before the first rep, 1 to 2 s.
    facing
        Which way the person faces in the unmirrored picture, where somebody says it.
    """

    drill: Drill
    variant: str = ""
    target_reps: int = 8
    back_reps: int | None = None
    wall: float | None = None
    sets_done: int = 0
    level: int | None = None
    cues_seen: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    own_maximum_deg: tuple[float, float, float] | None = None
    foot_length_cm: float | None = None
    countdown_s: float = 2.0
    facing: Literal["auto", "left", "right"] = "auto"

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("target_reps", self.target_reps, 1, 100),
            ("wall", self.wall, 0.0, 1.0),
            ("countdown_s", self.countdown_s, 1.0, 2.0),
            ("back_reps", self.back_reps, 0, 100),
        ):
            if value is not None and not (isfinite(value) and low <= value <= high):
                raise UsageError(f"{name} of a live set is {value:g}.", expected=f"{low:g} to {high:g}")

    @property
    def words_level(self) -> int:
        """How much is said: 0 after every rep, 1 what stands out, 2 counts."""
        if self.level is not None:
            return self.level
        return (self.sets_done >= _FEWER_WORDS) + (self.sets_done >= _FEWEST_WORDS)

    def criteria(self) -> Criteria:
        """Rules and limits of the drill."""
        return criteria_for(self.drill.rules, self.drill.limits)

    def aim_deg(self) -> float:
        """The movement that a full meter stands for, degrees."""
        if self.drill.rules == "pelvic_tilt":
            return _TILT_AIM_DEG
        found = next((spec for spec in self.criteria().rules if spec.rule == "3"), None)
        if found is None or not isfinite(found.limits.pass_lo):
            return _USUAL_AIM_DEG
        return found.limits.pass_lo + _BEYOND_PASS_DEG

    def options(self, wall: float | None) -> AssessOptions:
        """How the set is judged as a clip, afterwards."""
        return AssessOptions(drill=self.drill.rules, wall=wall, foot_length_cm=self.foot_length_cm)  # type: ignore[arg-type]

    def told(self) -> Mapping[str, Any]:
        """What the coach's page is told of it."""
        criteria = self.criteria()
        back = next((spec for spec in criteria.rules if spec.rule == "4" and "4" in criteria.judged), None)
        return {
            "name": self.drill.name,
            "variant": self.variant,
            "reps": self.target_reps,
            "back_reps": self.back_reps,
            "hands": self.drill.hands,
            "aim_deg": self.aim_deg(),
            "level": self.words_level,
            "back": None if back is None else {"pass_hi": back.limits.pass_hi, "fail_hi": back.limits.fail_hi},
        }
