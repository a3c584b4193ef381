"""What is to be seen: one scene per drill, per variant that looks different, and per equipment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["SCENES", "Scene", "Way"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do a drill: the bottom's changes from standing, degrees (as in ``posture.Bend``).

    ``lead``: how much earlier the spine bends than the hips (a share of the way down; later if negative). ``solve``:
    what decides the hips: the wall that the seat must touch, or the load that the hands must reach.
    """

    hip: float
    lumbar: float
    thoracic: float
    knee: float
    neck: float
    lead: float = 0.0
    solve: Literal["", "wall", "lift"] = ""
    shift: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture: a drill's ``good`` way on the left, the ``other`` on the right.

    ``hold`` names where the hands go (``holds.HOLDS``), ``arms`` where the arms point for the balance (``ARMS``),
    ``wall``: heels to wall in shoe lengths, ``load_m``: top of the block under a load, ``load``: its mass ÷ body mass,
    ``above_m``: what lies lower need not be seen, ``person``: whom, if not the drill's own, ``marks``: green disc and amber ring, or two equal discs where neither way is a fault.
    """

    drill: str
    variant: str
    equipment: str
    good: Way
    other: Way
    what: str
    left: str
    right: str
    hold: str = "none"
    arms: str = "hanging"
    wall: float | None = None
    line: bool = True
    load_m: float = 0.0
    load: float = 0.0
    carried: Literal["hands", "back"] = "hands"
    adduction: float = 2.5
    toe_out: float = 4.0
    yaw: float = 4.0
    above_m: float = -1.0
    animated: bool = True
    person: str = ""
    marks: Literal["judged", "equal"] = "judged"

    @property
    def name(self) -> str:
        """Stem of the files."""
        return "-".join(part for part in (self.drill, self.variant, self.equipment) if part)


_HINGE = Way(79, 7, 2, 19, -1, -0.05)
_ROUND = Way(26, 46, 20, 5, 12, 0.25)
_SMALL = Way(42, 4, 1, 13, 5, -0.05)
_SMALL_ROUND = Way(10, 40, 20, 4, 10, 0.25)
_WIDE = {"adduction": -7.0, "toe_out": 18.0, "yaw": 38.0, "line": False}

_HIPS = "the hips go back past the dashed line, the back stays long, the knees are soft"
_BACK = "the lower back rounds and the hips go back less"
_TO_WALL = "the seat touches the wall, the back stays long, the knees are soft"
_FROM_WALL = "the lower back rounds and the seat stays short of the wall"
_LITTLE = "a smaller bend: the hips go back, the back stays long"

_TOE = Scene(
    "toe_touch", "", "", Way(82, 26, 14, 2, 10, -0.45), Way(36, 54, 30, 2, 18, 0.45),
    "Toe touch, seen from the side, arms hanging", "hips first: the seat goes back before the back bends",
    "back first: the back rounds from the start and the seat follows late", arms="hanging", marks="equal",
)  # fmt: skip
_TILT = Scene(
    "pelvic_tilt", "", "", Way(-17, 23, -6, 0, 0), Way(6, 2, -16, 26, 4),
    "Pelvic tilt, standing, arms crossed",
    "only the pelvis tucks under; thighs and ribs stay where they are",
    "the knees bend and the ribs lean back instead", hold="cross", arms="crossed", line=False, above_m=0.33,
)  # fmt: skip
_ROUNDING = Scene(
    "rounding", "", "", Way(16, 50, 30, 3, 28, 0.35), Way(66, 6, 2, 14, -4),
    "Comfortable rounding on purpose, arms hanging",
    "the back rounds slowly from the head down, as far as is comfortable",
    "the hips bend and the back stays long: not what this one asks for", line=False, marks="equal",
)  # fmt: skip
_WALL = Scene(
    "wall_hinge", "", "", replace(_HINGE, hip=82, solve="wall", shift=-0.15), _ROUND,
    "Wall hinge, heels one shoe-length from the wall, one hand on the ribs and one on the small of the back",
    _TO_WALL, _FROM_WALL, hold="ribs_and_back", arms="on_hips", wall=1.0, line=False,
)  # fmt: skip
_NEAR_WALL = replace(_WALL, hold="cross", arms="crossed", what="Wall hinge, arms crossed")
_FREE = Scene(
    "free_hinge", "", "", _HINGE, _ROUND,
    "Free hinge with a dashed doorway line at the seat, one hand on the ribs and one on the small of the back",
    _HIPS, _BACK, hold="ribs_and_back", arms="on_hips",
)  # fmt: skip
_FREE_CROSSED = replace(_FREE, hold="cross", arms="crossed", what="Free hinge, arms crossed")
_GOAT = Scene(
    "goat_bag", "", "kettlebell", replace(_HINGE, knee=22), _ROUND,
    "Goat-bag hinge, a kettlebell hugged into the top of the belly", _HIPS, _BACK,
    hold="hug_kettlebell", arms="goat_bag", load=0.14,
)  # fmt: skip
_UPPER = Scene(
    "upper_back", "", "kettlebell", Way(73, 6, 1, 18, 0, -0.05), replace(_ROUND, hip=20),
    "Hinge with a light kettlebell on the upper back, below the neck, both hands on its handle over one shoulder",
    _HIPS, _BACK, hold="bell_on_back", arms="bar_on_back", load=0.08, carried="back",
)  # fmt: skip
_PULL = Scene(
    "pull_through", "", "band", replace(_HINGE, hip=72, knee=22), replace(_ROUND, hip=30),
    "Pull-through, facing away from a low anchor, a band between the legs",
    "the hips go back and the hands travel back between the thighs, the back stays long",
    _BACK, hold="pull_band", arms="between_legs",
    adduction=-5.0, toe_out=10.0,
)  # fmt: skip
_LIFT_GOOD = "the hips go back, the back stays long, the arms are long, the weight is over the middle of the feet"
_LIFT_OTHER = "the lower back rounds and the knees hardly bend to reach the weight"
_BLOCK = Scene(
    "deadlift_block", "", "kettlebell", Way(80, 8, 2, 36, -2, solve="lift"), Way(60, 48, 20, 8, 14, 0.2, "lift"),
    "Deadlift of a kettlebell from a block of about 15 cm between the feet", _LIFT_GOOD, _LIFT_OTHER,
    hold="lift_kettlebell", arms="hands_together", load_m=0.15, load=0.10, adduction=-4.0, toe_out=10.0,
)  # fmt: skip
_FLOOR = replace(
    _BLOCK, drill="deadlift_floor", load_m=0.0, good=replace(_BLOCK.good, lumbar=16, thoracic=3, knee=60),
    what="Deadlift of a kettlebell from the floor between the feet",
)  # fmt: skip


def _lifted(scene: Scene, equipment: str, what: str) -> Scene:
    one = replace(scene, equipment=equipment, hold=f"lift_{equipment}", what=what, animated=False)
    return replace(one, yaw=32.0, line=False, adduction=2.0, arms="bar_in_hands") if equipment == "barbell" else one


SCENES: tuple[Scene, ...] = (
    _TOE,
    _TILT,
    _ROUNDING,
    _WALL,
    replace(_NEAR_WALL, variant="three_quarters", wall=0.75, person="pull_through", good=replace(_WALL.good, shift=-0.10), what="Wall hinge, heels 0.75 of a shoe-length away"),
    replace(_NEAR_WALL, variant="half", wall=0.5, person="pull_through", good=replace(_WALL.good, shift=0.0, neck=4), other=replace(_ROUND, hip=14, shift=0.14), what="Wall hinge, heels half a shoe-length away, arms crossed"),
    replace(_NEAR_WALL, variant="wider", what="Wall hinge with wider feet, toes a little out, turned to show them", **_WIDE),
    replace(
        _NEAR_WALL, variant="small_range", good=_SMALL, other=_SMALL_ROUND, what="Wall hinge, smaller range",
        left=_LITTLE + "; the wall can wait", right="the lower back rounds even in a small bend",
    ),
    _FREE,
    replace(_NEAR_WALL, drill="free_hinge", variant="wall", person="toe_touch", what="Hinge with the back at a wall, arms crossed"),
    replace(_FREE_CROSSED, variant="wider", what="Free hinge with wider feet, turned to show them",
            left="the hips go back, the back stays long, the knees are soft", **_WIDE),
    replace(
        _FREE_CROSSED, variant="small_range", good=_SMALL, other=_SMALL_ROUND, what="Free hinge, smaller range",
        left=_LITTLE, right="the lower back rounds even in a small bend",
    ),
    replace(
        _FREE, variant="dowel", hold="stick", arms="small_of_back", good=replace(_HINGE, hip=85, lumbar=0, thoracic=0, neck=-4), what="Hinge with a stick along the back",
        left="the stick touches head, upper back and tail all the way",
        right="the lower back rounds away from the stick and the head leaves it",
    ),
    _GOAT,
    replace(_GOAT, equipment="dumbbell", hold="stab_dumbbell", animated=False,
            what="Goat-bag hinge, a dumbbell held level, near end in the top of the belly, both palms on the far bell"),
    replace(_GOAT, equipment="backpack", hold="hug_pack", animated=False,
            what="Goat-bag hinge, a loaded backpack hugged in front"),
    replace(_GOAT, variant="wall", wall=1.0, line=False, good=replace(_GOAT.good, solve="wall", shift=-0.12),
            what="Goat-bag hinge with the back at a wall", left=_TO_WALL, right=_FROM_WALL),
    replace(_GOAT, variant="small_range", good=_SMALL, other=_SMALL_ROUND, what="Goat-bag hinge, smaller range",
            left=_LITTLE, right="the lower back rounds even in a small bend"),
    _UPPER,
    replace(_UPPER, equipment="backpack", hold="wear_pack", animated=False,
            what="Hinge with a loaded backpack worn high and tight, a hand on each strap"),
    replace(_UPPER, variant="small_range", good=replace(_SMALL, hip=36), other=_SMALL_ROUND, left=_LITTLE,
            what="Hinge with a light kettlebell on the upper back, smaller range",
            right="the lower back rounds even in a small bend"),
    _PULL,
    replace(_PULL, equipment="cable", hold="pull_rope", animated=False,
            what="Pull-through with a rope on the low pulley of a cable machine"),
    replace(_PULL, variant="small_range", good=replace(_SMALL, hip=46), other=_SMALL_ROUND, left=_LITTLE,
            what="Pull-through with a band, smaller range", right="the lower back rounds even in a small bend"),
    _BLOCK,
    _lifted(_BLOCK, "dumbbell", "Deadlift of a dumbbell that stands on its end on a block, both hands on the upper bell"),
    _lifted(_BLOCK, "barbell", "Deadlift of a barbell from blocks, turned a little towards the viewer"),
    replace(_BLOCK, variant="higher_block", load_m=0.25, good=replace(_BLOCK.good, lumbar=16, thoracic=3, knee=60),
            what="Deadlift of a kettlebell from a higher block"),
    _FLOOR,
    _lifted(_FLOOR, "dumbbell", "Deadlift of a dumbbell that stands on its end on the floor, both hands on the upper bell"),
    _lifted(_FLOOR, "barbell", "Deadlift of a barbell from the floor, turned a little towards the viewer"),
    replace(_BLOCK, drill="deadlift_floor", variant="block", what="Deadlift of a kettlebell, back on a block of 15 cm"),
)  # fmt: skip
