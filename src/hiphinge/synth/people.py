"""Who is drawn: one person per seed, out of families that can be held out whole. Pure numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from hiphinge.synth.posture import ARMS, ArmPose, Bend, StandingCurve, Touch

__all__ = [
    "FAMILIES",
    "SKIN_TONES",
    "Clothes",
    "Family",
    "PersonSpec",
    "draw_arms",
    "draw_bend",
    "draw_person",
    "draw_sway",
]

Color = tuple[int, int, int]
Family = Literal["base", "lower_share", "upper_share", "loose", "curve", "spline_rig"]

#: Families that a model may be calibrated on (``base``) and those kept for testing it.
FAMILIES: tuple[Family, ...] = ("base", "lower_share", "upper_share", "loose", "curve", "spline_rig")

#: Skin tones from light to dark, RGB.
SKIN_TONES: tuple[Color, ...] = (
    (240, 208, 186),
    (230, 190, 163),
    (217, 170, 138),
    (198, 146, 112),
    (172, 120, 86),
    (138, 93, 64),
    (104, 68, 46),
    (74, 50, 37),
)
_HAIR: tuple[Color, ...] = (
    (28, 22, 18),
    (58, 40, 28),
    (94, 66, 42),
    (150, 112, 66),
    (196, 168, 116),
    (120, 56, 30),
    (150, 148, 146),
    (205, 203, 200),
)

#: Share of people who are drawn heavier than the plain phenotype reaches (BMI to about 40).
OBESE_SHARE = 0.10

#: Body changes that are drawn beside the phenotype: name → half-width of a uniform draw.
LOCAL_CHANGES: Mapping[str, float] = {
    "buttocks-volume-incr": 0.8,
    "measure-hips-circ-incr": 0.4,
    "measure-lowerarm-length-incr": 0.3,
    "measure-lowerleg-height-incr": 0.5,
    "measure-napetowaist-dist-incr": 0.5,
    "measure-thigh-circ-incr": 0.3,
    "measure-upperarm-length-incr": 0.3,
    "measure-upperleg-height-incr": 0.5,
    "measure-waist-circ-incr": 0.3,
    "measure-waisttohip-dist-incr": 0.4,
    "stomach-tone-incr": 0.7,
    "torso-scale-depth-incr": 0.5,
    "torso-scale-horiz-incr": 0.4,
}


@dataclass(frozen=True, slots=True)
class Clothes:
    """What is worn.

    ``*_cm`` is how far the cloth stands off the skin; ``sag`` how much it gives to gravity;
    hems are heights ÷ stature from the hip centre; ``sleeve_ratio`` along the arm (0 none, 1 wrist).
    """

    shirt_cm: float
    shirt_sag: float
    shirt_hem: float
    sleeve_ratio: float
    shirt_color: Color
    trouser_cm: float
    trouser_end: float
    trouser_color: Color
    shoe_color: Color
    sole_color: Color
    hair_color: Color
    hair_cm: float
    hair_style: Literal["short", "bun", "long", "cropped"]


@dataclass(frozen=True, slots=True)
class PersonSpec:
    """One person: body, standing, clothes. Everything follows from ``seed`` and ``family``."""

    person: str
    seed: int
    family: Family
    phenotype: Mapping[str, float]
    local_changes: Mapping[str, float]
    curve: StandingCurve
    adduction_deg: float
    toe_out_deg: float
    skin: int
    clothes: Clothes

    @property
    def sex(self) -> Literal["female", "male"]:
        """Sex of the drawn body."""
        return "female" if self.phenotype["gender"] > 0.5 else "male"


def _draw_shares(rng: np.random.Generator, family: Family) -> tuple[float, float, float]:
    """Draw the lumbar shares (lower, middle, upper); the corners are kept for their own families."""
    if family == "lower_share":
        shares = rng.dirichlet(30 * np.array((0.70, 0.20, 0.10)))
    elif family == "upper_share":
        shares = rng.dirichlet(30 * np.array((0.10, 0.30, 0.60)))
    else:
        while True:
            shares = rng.dirichlet(7 * np.array((0.40, 0.35, 0.25)))
            if shares.max() < 0.62 and shares[2] < 0.50:
                break
    return (float(shares[0]), float(shares[1]), float(shares[2]))


def _draw_curve(rng: np.random.Generator, family: Family) -> StandingCurve:
    """Draw the standing curve: pelvis, lordosis (negative lumbar), kyphosis."""
    lumbar, thoracic = float(rng.normal(0, 6)), float(rng.normal(0, 5))
    if family == "curve":
        lumbar = float(rng.choice((-1.0, 1.0))) * float(rng.uniform(13, 21))
        thoracic = -0.5 * lumbar + float(rng.normal(0, 4))
    else:
        lumbar = float(np.clip(lumbar, -11.5, 11.5))
    thoracic = float(np.clip(thoracic - 0.25 * lumbar, -13, 14))
    # The pelvis tilts so that the shoulders come to stand over the hips.
    pelvis = -0.75 * lumbar - 0.35 * thoracic + float(rng.normal(1.5, 2.0))
    neck = -(pelvis + lumbar + thoracic) + float(rng.normal(1, 4))
    return StandingCurve(
        pelvis_deg=float(np.clip(pelvis, -16, 18)),
        lumbar_deg=lumbar,
        thoracic_deg=thoracic,
        neck_deg=neck,
        knee_deg=float(rng.uniform(-1, 7)),
        lumbar_share=_draw_shares(rng, family),
        balance_ratio=float(rng.uniform(0.33, 0.48)),
    )


def _draw_color(rng: np.random.Generator, *, dark: float) -> Color:
    """Draw a cloth colour: greys, muted and bright ones; ``dark`` is the chance of a dark one."""
    if rng.random() < dark:
        base = rng.uniform(18, 75) + rng.normal(0, 10, 3)
    elif rng.random() < 0.35:
        base = rng.uniform(90, 240) + rng.normal(0, 5, 3)
    else:
        base = rng.uniform(40, 235, 3)
    red, green, blue = (int(np.clip(value, 8, 245)) for value in base)
    return (red, green, blue)


def _draw_clothes(rng: np.random.Generator, family: Family, *, female: bool) -> Clothes:
    shirt_cm = float(rng.uniform(0.15, 0.8) if rng.random() < 0.55 else rng.uniform(0.8, 2.0))
    if family == "loose":
        shirt_cm = float(rng.uniform(2.3, 3.5))
    styles: tuple[Literal["short", "bun", "long", "cropped"], ...] = ("short", "bun", "long", "cropped")
    chances = (0.3, 0.4, 0.28, 0.02) if female else (0.68, 0.03, 0.04, 0.25)
    style = styles[int(rng.choice(4, p=chances))]
    return Clothes(
        shirt_cm=shirt_cm,
        shirt_sag=float(rng.uniform(0.3, 1.2)) * shirt_cm,
        shirt_hem=float(rng.uniform(-0.075, 0.035)),
        sleeve_ratio=float(rng.choice((0.06, 0.36, 0.5, 1.0), p=(0.2, 0.5, 0.15, 0.15))),
        shirt_color=_draw_color(rng, dark=0.35),
        trouser_cm=float(rng.uniform(0.15, 0.5) if rng.random() < 0.6 else rng.uniform(0.5, 1.8)),
        trouser_end=float(rng.choice((-0.13, -0.26, -0.455), p=(0.25, 0.2, 0.55))),
        trouser_color=_draw_color(rng, dark=0.65),
        shoe_color=_draw_color(rng, dark=0.4),
        sole_color=_draw_color(rng, dark=0.15),
        hair_color=_HAIR[int(rng.integers(len(_HAIR)))],
        hair_cm=float(rng.uniform(0.8, 2.2)) if style != "cropped" else 0.3,
        hair_style=style,
    )


def draw_person(person: str, seed: int, *, family: Family = "base") -> PersonSpec:
    """Draw one person.

    Parameters
    ----------
    person
        Name to store with every picture.
    seed
        Decides everything about the person.
    family
        ``base``, or a family outside what calibration people are drawn from: lumbar shares concentrated low
        or high, clothes 2.3–3.5 cm off the skin, a flat or deeply curved standing back, or a body whose trunk bends
        along a smooth curve instead of at the body model's own joints.

    Returns
    -------
    PersonSpec
        The person.
    """
    rng = np.random.default_rng((seed, 7))
    female = bool(rng.random() < 0.5)
    gender = float(np.clip((1.0 if female else 0.0) + rng.normal(0, 0.08), 0, 1))
    weight = float(rng.beta(1.5, 1.5) * 0.72 + 0.28)
    # A stream of its own, so that everyone else stays who they were.
    build = np.random.default_rng((seed, 8))
    obese = build.random() < OBESE_SHARE
    phenotype = {
        "gender": gender,
        "age": float(rng.uniform(0.62, 0.97)),
        "muscle": float(np.clip(rng.normal(0.68 - 0.35 * weight, 0.14), 0.1, 0.95)),
        "weight": weight,
        "height": float(np.clip(rng.normal(0.34 if female else 0.44, 0.08), 0.15, 0.7)),
        "proportions": float(rng.uniform(0.3, 1.0)),
    }
    changes = {name: float(rng.uniform(-half, half)) for name, half in LOCAL_CHANGES.items()}
    for name, gain in (
        ("measure-waist-circ-incr", 1.3),
        ("measure-hips-circ-incr", 0.9),
        ("measure-thigh-circ-incr", 0.9),
    ):
        changes[name] = float(np.clip(changes[name] + gain * (weight - 0.55), -0.6, 1.0))
    if obese:
        phenotype |= {"weight": float(build.uniform(0.85, 1.0)), "muscle": float(build.uniform(0.08, 0.35))}
        girth = float(build.uniform(0.7, 1.5))
        for name in ("measure-waist-circ-incr", "measure-hips-circ-incr", "measure-thigh-circ-incr"):
            changes[name] = girth
        changes["torso-scale-depth-incr"] = 0.5 * girth
    return PersonSpec(
        person=person,
        seed=seed,
        family=family,
        phenotype=phenotype,
        local_changes=changes,
        curve=_draw_curve(rng, family),
        adduction_deg=float(rng.uniform(1.0, 5.5)),
        toe_out_deg=float(rng.uniform(-2.0, 12.0)),
        skin=int(rng.integers(len(SKIN_TONES))),
        clothes=_draw_clothes(rng, family, female=female),
    )


def draw_arms(rng: np.random.Generator, *, standing: bool = False, among: Sequence[str] = ()) -> ArmPose:
    """Draw an arm position, with small differences in where the arms point.

    Parameters
    ----------
    rng
        Source of the draw.
    standing
        Whether the person stands still (mostly hanging arms).
    among
        Names of the positions that what is held allows; empty for the usual ones.

    Returns
    -------
    ArmPose
        One of ``ARMS``, slightly turned.
    """
    names = ("hanging", "reaching", "along_trunk", "crossed", "on_hips", "small_of_back", "on_thighs")
    chances = (0.30, 0.16, 0.12, 0.20, 0.07, 0.05, 0.10)
    if standing:
        chances = (0.66, 0.0, 0.0, 0.24, 0.06, 0.04, 0.0)
    if among:
        arm = ARMS[among[int(rng.integers(len(among)))]]
        if arm.name.startswith("bar_"):
            return arm  # both hands stay on one bar
        spread, least = 0.02, -1.0  # the hands meet on one thing
    else:
        arm = ARMS[names[int(rng.choice(len(names), p=chances))]]
        spread, least = (0.02 if arm.name == "crossed" else 0.05), 0.05
    upper = np.asarray(arm.upper) + rng.normal(0, spread, 3)
    fore = np.asarray(arm.fore) + rng.normal(0, spread, 3)
    upper[0] = max(upper[0], least)
    return ArmPose(
        arm.name,
        arm.frame,
        (float(upper[0]), float(upper[1]), float(upper[2])),
        (float(fore[0]), float(fore[1]), float(fore[2])),
        _nudge(arm.touch, rng),
    )


def _nudge(touch: Touch | None, rng: np.random.Generator) -> Touch | None:
    """Shift the place that a hand rests on by about a centimetre."""
    if touch is None:
        return None
    out, front, up = np.asarray(touch.place) + rng.normal(0, 0.006, 3) * (1.0, 0.5, 2.0)
    return replace(touch, place=(float(out), float(front), float(up)))


def _draw_spine(rng: np.random.Generator) -> tuple[float, float]:
    """Draw lumbar and thoracic flexion: mostly together, at times the one without the other, or over-arched."""
    kind = rng.random()
    if kind < 0.50:
        lumbar = float(rng.uniform(8, 36))
    elif kind < 0.70:
        lumbar = float(rng.uniform(-10, 10))
    elif kind < 0.76:
        lumbar = float(rng.uniform(-20, -8))
    else:
        lumbar = float(rng.uniform(35, 60))
    shape = rng.random()
    if shape < 0.12:
        return float(rng.uniform(-6, 8)), float(rng.uniform(12, 30))
    if shape < 0.24:
        return lumbar, float(rng.normal(0, 2))
    return lumbar, float(np.clip(rng.normal(0.25 * lumbar, 7), -14, 28))


def draw_bend(rng: np.random.Generator, *, among: Sequence[str] = ()) -> Bend:
    """Draw a bend: hip and lumbar flexion independently, with plenty of 10–35° lumbar.

    Parameters
    ----------
    rng
        Source of the draw.
    among
        Names of the arm positions that what is held allows; empty for the usual ones.

    Returns
    -------
    Bend
        Changes from standing, degrees. Not every draw can be balanced: check ``Posture.balanced``.
    """
    hip = float(rng.uniform(-2, 105))
    lumbar, thoracic = _draw_spine(rng)
    bent_knees = rng.random()
    if bent_knees < 0.68:
        knee = float(rng.uniform(-3, 32))
    elif bent_knees < 0.86:
        knee = float(rng.uniform(30, 60))
    else:
        knee = float(rng.uniform(55, 112))
        hip = max(hip, 0.7 * knee + float(rng.uniform(0, 30)))
    return Bend(
        hip_flexion_deg=min(hip, 118.0),
        lumbar_flexion_deg=lumbar,
        thoracic_flexion_deg=thoracic,
        knee_flexion_deg=knee,
        neck_flexion_deg=float(np.clip(rng.normal(-0.15 * hip, 14), -48, 28)),
        balance_shift_ratio=float(rng.normal(0, 0.05)),
        arms=draw_arms(rng, among=among),
    )


def draw_sway(rng: np.random.Generator, *, arms: ArmPose | None = None) -> Bend:
    """Draw a moment of a still stand: everything within a degree or two of zero.

    Parameters
    ----------
    rng
        Source of the draw.
    arms
        Where the arms point; drawn if None.

    Returns
    -------
    Bend
        Changes from standing, degrees.
    """
    return Bend(
        hip_flexion_deg=float(rng.normal(0, 1.0)),
        lumbar_flexion_deg=float(rng.normal(0, 0.8)),
        thoracic_flexion_deg=float(rng.normal(0, 0.8)),
        knee_flexion_deg=float(rng.normal(0, 0.8)),
        neck_flexion_deg=float(rng.normal(0, 2.5)),
        balance_shift_ratio=float(rng.normal(0, 0.02)),
        arms=arms or draw_arms(rng, standing=True),
    )
