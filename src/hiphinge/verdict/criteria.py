"""The rule set as data: limits, tolerance, source and cue of every rule, and which rules each drill uses.

Numbers and their tags (V read in the source, V2 read in a secondary source, MODEL computed with a balance model,
DESIGN proposed by us, not validated) come from the clinical rule set, see ``docs/rules.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isnan

__all__ = ["DRILL_RULES", "RULES", "Criteria", "DrillRules", "Limits", "RuleSpec", "check_limits", "criteria_for"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a value passes and where it fails; between the two lies *caution*. Open sides are infinite."""

    pass_lo: float = -inf
    pass_hi: float = inf
    fail_lo: float = -inf
    fail_hi: float = inf

    def describe(self, unit: str) -> str:
        """Say the limits in words, for example ``pass ≤ 20°, fail > 35°``."""
        space = "" if unit in ("°", "%", "") else " "
        parts = []
        if self.pass_lo > -inf and self.pass_hi < inf:
            parts.append(f"pass {self.pass_lo:g} to {self.pass_hi:g}{space}{unit}")
        elif self.pass_lo > -inf:
            parts.append(f"pass ≥ {self.pass_lo:g}{space}{unit}")
        elif self.pass_hi < inf:
            parts.append(f"pass ≤ {self.pass_hi:g}{space}{unit}")
        if self.fail_lo > -inf:
            parts.append(f"not met < {self.fail_lo:g}{space}{unit}")
        if self.fail_hi < inf:
            parts.append(f"not met > {self.fail_hi:g}{space}{unit}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """One rule: which measure it reads, its limits, its tolerance (hysteresis), its source and its cue.

    ``precedence`` orders the cues: the lowest number that is not met speaks. ``explains`` rules never gate and never
    give the cue of their own. ``cue_high`` speaks instead of ``cue`` where a value with two limits lies above the
    upper one.
    """

    rule: str
    label: str
    measure: str
    limits: Limits
    tolerance: float
    source: str
    cue: str
    precedence: int
    explains: bool = False
    cue_high: str = ""


_BACK = "Make your back a long table top; stop where it starts to curl."
_DOWN = "Slide back along a shelf; don't sit down on a chair."

#: Every rule a side view can see, in the order of the rule set.
RULES: tuple[RuleSpec, ...] = (
    RuleSpec(
        "1", "hips travel back", "hip_back", Limits(pass_lo=0.60, fail_lo=0.35), 0.08,
        "MODEL: 0.66-0.90 foot lengths at 45-75° of lean",
        "Touch the wall behind you with your back pockets.", 5,
    ),
    RuleSpec(
        "1b", "seat past the doorway", "seat_back", Limits(pass_lo=0.50, fail_lo=0.25), 0.08,
        "SFMA video criterion (hips behind heels) and MODEL",
        "A door frame stands at your seat: close the door with it.", 6,
    ),
    RuleSpec(
        "2", "back, not down", "drop_per_back", Limits(pass_hi=0.30, fail_hi=0.60), 0.08,
        "MODEL; Stoop-Squat-Index, Schmid 2022", _DOWN, 3,
    ),
    RuleSpec(
        "2b", "stoop-squat index", "stoop_squat_index", Limits(pass_lo=75, fail_lo=50), 5,
        "Schmid 2022: < 30 squat, > 90 stoop (our reconstruction of the index)", _DOWN, 3, True,
    ),
    RuleSpec(
        "3", "enough bend", "trunk_lean", Limits(pass_lo=50, pass_hi=80, fail_lo=40), 5,
        "Luomajoki 2007, Monnier 2012: 50° bow",
        "Bow a little further, as long as your back shape stays.", 7,
        cue_high="Come up a little: stop where your back can still stay long.",
    ),
    RuleSpec(
        "4", "back flat", "lumbar_flexion", Limits(pass_hi=20, fail_hi=35), 5,
        "DESIGN: neutral zone 17-22°, trained lifters 25-27°, an ordinary bend 34°", _BACK, 1,
    ),
    RuleSpec(
        "4b", "share of own maximum", "lumbar_of_own_maximum", Limits(pass_hi=40, fail_hi=60), 8,
        "DESIGN; Lehman's sensor trials 50-70 %", _BACK, 1, True,
    ),
    RuleSpec(
        "4c", "lumbar share", "lumbar_share", Limits(pass_hi=30, fail_hi=45), 8,
        "DESIGN; an ordinary bend 47 % (from Esola 1996)", "Let the crease of your hips do the folding.", 2, True,
    ),
    RuleSpec(
        "4d", "no extra arch", "over_arch", Limits(pass_hi=10, fail_hi=15), 5,
        "DESIGN; waiter's bow: no round, no over-arch",
        "Soften your ribs down a touch; no extra arch.", 2,
    ),
    RuleSpec(
        "6", "chin tucked", "neck_extension", Limits(pass_hi=10, fail_hi=20), 6,
        "Craniovertebral angle norms, Lau 2009; effect on the hinge unproven",
        "Grow tall through the back of your head; let your gaze come down with you.", 10,
    ),
    RuleSpec(
        "7", "knees soft", "knee_flexion", Limits(pass_lo=5, pass_hi=30, fail_hi=40), 6,
        "Good morning 17-25°, Romanian deadlift 34 ± 13° (secondary sources)",
        "Unlock your knees, then leave them there.", 8,
        cue_high="A touch less knee: keep them soft and let the hips travel.",
    ),
    RuleSpec(
        "7b", "knees quiet", "knee_change", Limits(pass_hi=15, fail_hi=25), 6,
        "DESIGN", "Knees still, hips travel.", 8,
    ),
    RuleSpec(
        "8", "shins upright", "shank_lean", Limits(pass_lo=-12, pass_hi=8, fail_hi=15), 5,
        "MODEL; Romanian deadlift: shank about vertical", "Shins like posts.", 9,
    ),
    RuleSpec(
        "9", "hinge, not squat", "hip_per_knee", Limits(pass_lo=2.5, fail_lo=1.5), 0.4,
        "MODEL: a squat has 0.9-1.4", _DOWN, 4,
    ),
    RuleSpec(
        "10", "feet still", "foot_slide", Limits(pass_hi=0.05, fail_hi=0.10), 0.04,
        "Heel and toe points wander by themselves (secondary sources)",
        "Heel, big toe, little toe: press all three.", 11,
    ),
    RuleSpec(
        "10p", "soles flat", "foot_pitch", Limits(pass_hi=15, fail_hi=20), 6,
        "Heel points read 10-13° of 'heel rise' with the heels down (secondary sources)",
        "Heel, big toe, little toe: press all three.", 11,
    ),
    # The rule set's 0.12 is what can be told apart, and is the line itself: as a hysteresis it would keep a touch from
    # counting after a rep that fell short.
    RuleSpec(
        "11", "seat at the wall", "wall_gap", Limits(pass_hi=0.12, fail_hi=0.24), 0.03,
        "The article's target; DESIGN: 0.12 foot lengths is about what a mask can tell",
        "Shuffle a little closer.", 4,
    ),
    RuleSpec(
        "13", "load in place", "load_offset", Limits(pass_hi=0.15, fail_hi=0.35), 0.05,
        "DESIGN; the wrists stand for the load", "Hug the bell into the top of your belly.", 4,
    ),
    RuleSpec(
        "14", "slow descent", "descent_time", Limits(pass_lo=1.3, pass_hi=2.6), 0.3,
        "Speed changes the hip-spine share (Laird and others); 2-4 s for the whole way, 65 % of it here",
        "Slow bow, one breath down.", 12,
        cue_high="A little quicker on the way down, in one smooth bow.",
    ),
    RuleSpec(
        "14r", "even reps", "lean_spread", Limits(pass_hi=5.0), 1.0,
        "DESIGN", "Slow bow, one breath down.", 12,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DrillRules:
    """Which rules a drill judges, with its own limits; the rest is reported or off.

    ``judged`` names rules that count, ``reported`` rules whose measure is shown but not judged. ``load`` says where
    the hands belong in this drill (None: nowhere in particular).
    """

    judged: tuple[str, ...]
    reported: tuple[str, ...]
    limits: Mapping[str, Limits]
    load: str | None = None
    cue: Mapping[str, str] | None = None


_TRAVEL = ("1", "1b")
_SHAPE = ("4", "4d")
_EXPLAIN = ("4b", "4c", "2b")
_LEGS = ("7", "7b", "8")
_FEET = ("10", "10p")
_TEMPO = ("14", "14r")

#: The drill x rule table of the clinical rule set (section 5.5).
DRILL_RULES: Mapping[str, DrillRules] = {
    "hinge": DrillRules((*_TRAVEL, "2", "9", "3", *_SHAPE, "6", *_LEGS, *_FEET), (*_EXPLAIN, *_TEMPO), {}),
    "wall": DrillRules(("2", "9", *_SHAPE, "6", *_LEGS, *_FEET, "11"), (*_TRAVEL, "3", *_EXPLAIN, *_TEMPO), {}),
    "goat_bag": DrillRules(
        (*_TRAVEL, "2", "9", "3", *_SHAPE, "6", *_LEGS, *_FEET, "13"),
        (*_EXPLAIN, *_TEMPO),
        {"7": Limits(pass_lo=5, pass_hi=45, fail_hi=55), "9": Limits(pass_lo=1.6, fail_lo=1.2)},
        load="upper_abdomen",
    ),
    "upper_back": DrillRules(
        (*_TRAVEL, "2", "9", "3", *_SHAPE, "6", *_LEGS, *_FEET, "13"),
        (*_EXPLAIN, *_TEMPO),
        {
            "1": Limits(pass_lo=0.50, fail_lo=0.25),
            "1b": Limits(pass_lo=0.40, fail_lo=0.15),
            "3": Limits(pass_lo=40, pass_hi=80, fail_lo=30),
            "13": Limits(pass_hi=0.08, fail_hi=0.25),
        },
        load="upper_back",
        cue={"13": "Hold the load on the upper back, below the neck."},
    ),
    "pull_through": DrillRules(
        (*_TRAVEL, "2", "9", "3", *_SHAPE, "6", *_LEGS, *_FEET, "13"),
        (*_EXPLAIN, *_TEMPO),
        {},
        load="behind_knees",
        cue={"13": "Long arms: let your hands travel back between your thighs."},
    ),
    "deadlift": DrillRules(
        (*_TRAVEL, "2", "9", *_SHAPE, "6", *_LEGS, *_FEET, "13"),
        ("3", *_EXPLAIN, *_TEMPO),
        {
            # The height of the load is not seen: limits run from a block of 15 cm to a bar at 22.5 cm (MODEL:
            # knee 39-69°, drop ÷ back 0.26-0.71), with the usual caution band beyond.
            "2": Limits(pass_hi=0.75, fail_hi=1.05),
            "9": Limits(pass_lo=1.4, fail_lo=1.1),
            "7": Limits(pass_lo=5, pass_hi=70, fail_hi=85),
            "7b": Limits(pass_hi=65, fail_hi=80),
            "8": Limits(pass_lo=-12, pass_hi=20, fail_hi=30),
        },
        load="mid_foot",
        cue={"13": "Keep the load close: let it travel over the middle of your feet."},
    ),
    "toe_touch": DrillRules(
        _FEET,
        (*_TRAVEL, "2", "9", *_SHAPE, *_EXPLAIN, "6", "7", *_TEMPO),
        {"7": Limits(pass_hi=15, fail_hi=25)},
    ),
    "pelvic_tilt": DrillRules(_FEET, ("4",), {}),
    # Rounding on purpose: nothing about the back is asked for, so nothing about it is judged.
    "rounding": DrillRules(_FEET, ("4", "7", *_TEMPO), {}),
}


@dataclass(frozen=True, slots=True)
class Criteria:
    """The rules of one drill with their limits, as stored with every result."""

    drill: str
    rules: tuple[RuleSpec, ...]
    judged: tuple[str, ...]
    load: str | None
    #: Outcome definitions of the rule set.
    hinge_hip_share_min: float = 60.0
    spine_hip_share_max: float = 50.0
    spine_lumbar_min_deg: float = 25.0
    squat_knee_min_deg: float = 60.0
    no_bend_lean_max_deg: float = 20.0
    hips_first_share_min: float = 65.0
    back_first_share_max: float = 45.0

    def rule(self, rule: str) -> RuleSpec:
        """Return the rule called ``rule``."""
        return next(spec for spec in self.rules if spec.rule == rule)

    def as_mapping(self) -> dict[str, float | str]:
        """Flatten to the numbers that were used, for storing with a result."""
        flat: dict[str, float | str] = {"drill": self.drill}
        for spec in self.rules:
            for side in ("pass_lo", "pass_hi", "fail_lo", "fail_hi"):
                value = getattr(spec.limits, side)
                if abs(value) < inf:
                    flat[f"{spec.rule}.{side}"] = value
            flat[f"{spec.rule}.tolerance"] = spec.tolerance
        for name in _OUTCOME_FIELDS:
            flat[name] = getattr(self, name)
        return flat


_OUTCOME_FIELDS = (
    "hinge_hip_share_min",
    "spine_hip_share_max",
    "spine_lumbar_min_deg",
    "squat_knee_min_deg",
    "no_bend_lean_max_deg",
    "hips_first_share_min",
    "back_first_share_max",
)


def criteria_for(drill: str, overrides: Mapping[str, float] | None = None) -> Criteria:
    """Return the criteria of a drill.

    Parameters
    ----------
    drill
        One of ``DRILL_RULES``.
    overrides
        Numbers that replace built-in ones, by the names of ``Criteria.as_mapping``, for example
        ``{"4.pass_hi": 25}``.

    Raises
    ------
    KeyError
        For a drill or a name that does not exist; the message is the name.
    """
    table = DRILL_RULES[drill]
    by_rule = {spec.rule: spec for spec in RULES}
    chosen = []
    for name in (*table.judged, *table.reported):
        spec = by_rule[name]
        spec = replace(spec, limits=table.limits.get(name, spec.limits))
        if table.cue and name in table.cue:
            spec = replace(spec, cue=table.cue[name])
        chosen.append(spec)
    order = {spec.rule: position for position, spec in enumerate(RULES)}
    chosen.sort(key=lambda spec: order[spec.rule])
    criteria = Criteria(drill=drill, rules=tuple(chosen), judged=table.judged, load=table.load)
    for name, value in (overrides or {}).items():
        criteria = _override(criteria, name, float(value))
    return criteria


def check_limits(criteria: Criteria) -> tuple[str, str] | None:
    """Look for numbers that contradict each other, as overrides can make them.

    Parameters
    ----------
    criteria
        What ``criteria_for`` returned.

    Returns
    -------
    tuple of str or None
        The name of the first number that does not fit, such as ``4.pass_hi``, and what contradicts it, in words;
        None where all agree.
    """
    for spec in criteria.rules:
        found = _contradiction(spec)
        if found is not None:
            side, what = found
            return f"{spec.rule}.{side}", f"rule {spec.rule} ({spec.label}) {what}"
    for name in _OUTCOME_FIELDS:
        if isnan(getattr(criteria, name)):
            return name, f"{name} is not a number"
    for low, high in (("back_first_share_max", "hips_first_share_min"), ("spine_hip_share_max", "hinge_hip_share_min")):
        if getattr(criteria, low) > getattr(criteria, high):
            return low, f"{low} {getattr(criteria, low):g} lies above {high} {getattr(criteria, high):g}"
    return None


def _contradiction(spec: RuleSpec) -> tuple[str, str] | None:
    """Return the side of a rule's limits that does not fit the others, and why."""
    limits = spec.limits
    for side in ("pass_lo", "pass_hi", "fail_lo", "fail_hi"):
        if isnan(getattr(limits, side)):
            return side, f"has a {side} that is not a number"
    if not spec.tolerance >= 0:
        return "tolerance", f"has the tolerance {spec.tolerance:g}, which is not 0 or more"
    if limits.pass_lo > limits.pass_hi:
        return "pass_lo", f"passes from {limits.pass_lo:g} on, but only up to {limits.pass_hi:g}"
    if limits.pass_hi > limits.fail_hi:
        upper = f"up to {limits.pass_hi:g}" if limits.pass_hi < inf else "without an upper limit"
        return "fail_hi", f"passes {upper}, but is not met above {limits.fail_hi:g}"
    if limits.fail_lo > limits.pass_lo:
        lower = f"from {limits.pass_lo:g} on" if limits.pass_lo > -inf else "without a lower limit"
        return "fail_lo", f"passes {lower}, but is not met below {limits.fail_lo:g}"
    return None


def _override(criteria: Criteria, name: str, value: float) -> Criteria:
    if name in _OUTCOME_FIELDS:
        changed: Criteria = replace(criteria, **{name: value})  # type: ignore[arg-type]
        return changed
    rule, _, side = name.rpartition(".")
    known = {spec.rule for spec in criteria.rules}
    if rule not in known or side not in ("pass_lo", "pass_hi", "fail_lo", "fail_hi", "tolerance"):
        raise KeyError(name)
    rules = []
    for spec in criteria.rules:
        if spec.rule == rule:
            if side == "tolerance":
                spec = replace(spec, tolerance=value)
            else:
                spec = replace(spec, limits=replace(spec.limits, **{side: value}))
        rules.append(spec)
    return replace(criteria, rules=tuple(rules))
