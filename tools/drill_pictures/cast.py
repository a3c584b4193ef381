"""Who is seen in which drill: rendered people, one per drill, in close-fitting clothes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hiphinge.synth.people import PersonSpec, draw_person
from hiphinge.synth.posture import StandingCurve

__all__ = ["CAST", "cast"]

Color = tuple[int, int, int]
_SHORTS, _CROPPED, _LONG = -0.15, -0.30, -0.455

#: Drill → seed of the body, skin tone, colours of shirt and trousers, end of the trousers, hair and its style.
CAST: Mapping[str, tuple[int, int, Color, Color, float, Color, str]] = {
    "toe_touch": (21, 6, (206, 98, 62), (62, 66, 84), _LONG, (28, 22, 18), "short"),
    "pelvic_tilt": (19, 3, (92, 128, 178), (56, 58, 66), _SHORTS, (58, 40, 28), "bun"),
    "rounding": (12, 1, (126, 148, 196), (70, 62, 72), _LONG, (178, 178, 176), "bun"),
    "wall_hinge": (8, 4, (48, 138, 134), (58, 56, 74), _LONG, (42, 30, 24), "bun"),
    "free_hinge": (4, 2, (150, 74, 84), (64, 72, 82), _SHORTS, (94, 66, 42), "short"),
    "goat_bag": (33, 5, (214, 170, 78), (60, 64, 78), _CROPPED, (34, 26, 22), "bun"),
    "upper_back": (3, 7, (120, 150, 112), (58, 64, 72), _LONG, (24, 20, 18), "cropped"),
    "pull_through": (24, 3, (140, 104, 158), (56, 58, 68), _CROPPED, (40, 30, 26), "bun"),
    "deadlift_block": (11, 1, (84, 112, 148), (96, 92, 84), _SHORTS, (196, 194, 190), "short"),
    "deadlift_floor": (10, 4, (176, 92, 70), (58, 66, 76), _SHORTS, (52, 36, 26), "short"),
}


def cast(drill: str, *, adduction_deg: float = 2.5, toe_out_deg: float = 4.0) -> PersonSpec:
    """Return who is seen in a drill.

    Parameters
    ----------
    drill
        Name of the drill.
    adduction_deg, toe_out_deg
        How far the legs are drawn together (less: wider feet), and the toes turned out.

    Returns
    -------
    PersonSpec
        The person, standing in a middling way.
    """
    seed, skin, shirt, trousers, end, hair, style = CAST[drill]
    spec = draw_person(drill, seed)
    clothes = replace(
        spec.clothes,
        shirt_cm=0.6,
        shirt_sag=0.2,
        shirt_hem=-0.022,
        sleeve_ratio=0.3,
        shirt_color=shirt,
        trouser_cm=0.9,
        trouser_end=end,
        trouser_color=trousers,
        shoe_color=(226, 226, 222),
        sole_color=(112, 114, 120),
        hair_color=hair,
        hair_cm=min(max(spec.clothes.hair_cm, 1.1), 1.5) if style != "cropped" else 0.55,
        hair_style=style,
    )
    curve = StandingCurve(pelvis_deg=1, lumbar_deg=-1, thoracic_deg=1, neck_deg=-1, knee_deg=2.5, balance_ratio=0.42)
    return replace(spec, clothes=clothes, curve=curve, skin=skin, adduction_deg=adduction_deg, toe_out_deg=toe_out_deg)
