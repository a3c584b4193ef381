"""A person who can be filmed: body and clothes together, with the truth about every frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.body import Body, PosedBody
from hiphinge.synth.camera import Camera
from hiphinge.synth.clothes import Wardrobe
from hiphinge.synth.mesh import Layer, merge_layers
from hiphinge.synth.people import PersonSpec
from hiphinge.synth.posture import Bend, solve_bend
from hiphinge.synth.truth import foot_length, hip_center, key_points, measure_angles

__all__ = ["Actor", "Take"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Take:
    """One posture of an actor: the posed body, what to draw, and whether the posture could be balanced."""

    bend: Bend
    body: PosedBody
    layers: tuple[Layer, ...]
    balanced: bool

    @property
    def points(self) -> Array:
        """``(n, 3)`` all points to draw, for framing."""
        return merge_layers(self.layers)


class Actor:
    """One person, dressed.

    Parameters
    ----------
    spec
        Who.

    Raises
    ------
    MissingDependency
        If ``hiphinge[synth]`` is not installed.
    """

    def __init__(self, spec: PersonSpec) -> None:
        self.spec = spec
        self.body = Body(spec)
        self._wardrobe = Wardrobe(self.body)
        self.foot_length_m = foot_length(self.body.foot_points)

    def take(self, bend: Bend, *, head_turn_deg: float = 0.0) -> Take:
        """Pose and dress the actor.

        Parameters
        ----------
        bend
            Changes from standing.
        head_turn_deg
            Turn of the head, to the left positive.

        Returns
        -------
        Take
            The posture, ready to draw.
        """
        posture = solve_bend(self.body.skeleton, self.spec.curve, bend)
        posed = self.body.pose(posture, head_turn_deg=head_turn_deg)
        return Take(bend, posed, self._wardrobe.dress(posed), posture.balanced)

    def describe(self) -> dict[str, Any]:
        """Return what is the same in every frame: body, standing, clothes."""
        curve, clothes = self.spec.curve, self.spec.clothes
        return {
            "person": self.spec.person,
            "family": self.spec.family,
            "seed": self.spec.seed,
            "sex": self.spec.sex,
            "age": round(self.spec.phenotype["age"], 3),
            "stature_m": round(self.body.stature_m, 4),
            "bmi": round(self.body.bmi, 2),
            "skin": self.spec.skin,
            "garment_cm": round(clothes.shirt_cm, 2),
            "garment_sag_cm": round(clothes.shirt_sag, 2),
            "trouser_cm": round(clothes.trouser_cm, 2),
            "hair": clothes.hair_style,
            "foot_length_m": round(self.foot_length_m, 4),
            "lumbar_share": [round(share, 3) for share in curve.lumbar_share],
            "standing": {
                "pelvis_deg": round(curve.pelvis_deg, 2),
                "lumbar_deg": round(curve.lumbar_deg, 2),
                "thoracic_deg": round(curve.thoracic_deg, 2),
                "knee_deg": round(curve.knee_deg, 2),
            },
        }

    def measure(self, take: Take) -> dict[str, float]:
        """Return the truth angles of a take, and the hip's displacement ÷ foot length."""
        values = measure_angles(take.body, self.body.standing)
        travel = hip_center(take.body) - hip_center(self.body.standing)
        values["hip_back_ratio"] = float(travel[1]) / self.foot_length_m
        values["hip_drop_ratio"] = -float(travel[2]) / self.foot_length_m
        return values

    def points_px(self, take: Take, camera: Camera) -> dict[str, list[float]]:
        """Return where the skeleton's named points, heels and toes lie in the picture, pixels."""
        points: Mapping[str, Array] = key_points(take.body) | self.body.foot_points
        pixels = camera.project(np.stack(list(points.values())))
        return {name: [round(float(x), 1), round(float(y), 1)] for name, (x, y) in zip(points, pixels, strict=True)}
