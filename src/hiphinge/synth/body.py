"""A parametric person (``anny``): made once per person, posed once per frame.

World axes are the body model's: +x the person's left, −y anterior, +z up, metres, floor at z = 0, the mid-point of
the ankles at x = y = 0 and held there in every posture, so feet never slide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.extras import load_extra
from hiphinge.synth.people import LOCAL_CHANGES, PersonSpec
from hiphinge.synth.posture import Posture, Skeleton, Touch, solve_stand
from hiphinge.synth.rig import RestBody, SpineRig, draw_tissue

__all__ = ["SPLINE_RIG", "Body", "PosedBody", "load_model"]

Array = NDArray[np.float64]

#: The family whose trunks bend along a curve (``rig``) and not with the body model's own bones.
SPLINE_RIG = "spline_rig"

#: Joints of the posture solver ↔ heads of the model's bones.
_JOINT_BONES = {
    "ankle": ("foot.L", "foot.R"),
    "knee": ("lowerleg01.L", "lowerleg01.R"),
    "hip": ("upperleg01.L", "upperleg01.R"),
    "l5": ("spine04",),
    "l3": ("spine03",),
    "l1": ("spine02",),
    "t8": ("spine01",),
    "c7": ("neck01",),
    "shoulder": ("upperarm01.L", "upperarm01.R"),
    "skull": ("head",),
}
#: Segments of the solver ↔ bones whose skin makes up their mass.
_MASS_BONES = {
    "shank": ("lowerleg",),
    "thigh": ("upperleg",),
    "pelvis": ("root", "pelvis", "spine05"),
    "abdomen": ("spine04", "spine03"),
    "lower_thorax": ("spine02",),
    "upper_thorax": ("spine01", "clavicle", "shoulder01", "breast"),
    "head": ("head", "neck03", "eye", "jaw"),
}
_SIDES = (("L", 1.0), ("R", -1.0))
_ARM = ("upperarm01", "lowerarm01", "wrist")
_SPINE_LEANS = {"spine04": "l5", "spine03": "l3", "spine02": "l1", "spine01": "t8"}


@dataclass(frozen=True, slots=True)
class PosedBody:
    """One posed body.

    ``vertices`` ``(n, 3)`` and ``joints`` (bone → ``(3,)`` head) in metres; ``rotations`` bone →
    ``(3, 3)`` orientation; ``ears`` ``(2, 3)``, left first.
    """

    vertices: Array
    joints: Mapping[str, Array]
    rotations: Mapping[str, Array]
    ears: Array


@cache
def load_model() -> Any:
    """Load the body model (a minute the first time, then seconds).

    Returns
    -------
    anny.Anny
        The model, with the local changes that people are drawn from.

    Raises
    ------
    MissingDependency
        If ``hiphinge[synth]`` is not installed.
    """
    anny = load_extra("anny")
    return anny.Anny(local_changes=sorted(LOCAL_CHANGES))


def _rotation(axis: int, angle_deg: float) -> Array:
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    i, j = ((1, 2), (2, 0), (0, 1))[axis]
    turn = np.eye(3)
    turn[i, i], turn[i, j], turn[j, i], turn[j, j] = c, -s, s, c
    return turn


def _rotation_between(start: Array, end: Array) -> Array:
    """Return the smallest rotation that takes the direction ``start`` to ``end``."""
    a, b = start / np.linalg.norm(start), end / np.linalg.norm(end)
    v, c = np.cross(a, b), float(a @ b)
    if c < -0.9999:
        return _rotation(0, 180.0)
    cross = np.array(((0, -v[2], v[1]), (v[2], 0, -v[0]), (-v[1], v[0], 0)))
    return np.asarray(np.eye(3) + cross + cross @ cross / (1 + c))


def _reach(shoulder: Array, goal: Array, elbow_hint: Array, lengths: tuple[float, float]) -> tuple[Array, Array]:
    """Return elbow and wrist of an arm that reaches for a goal; the elbow points as hinted."""
    upper, fore = lengths
    line = goal - shoulder
    distance = float(np.clip(np.linalg.norm(line), abs(upper - fore) + 1e-3, 0.995 * (upper + fore)))
    line = line / np.linalg.norm(line)
    side = elbow_hint - (elbow_hint @ line) * line
    side = side / np.linalg.norm(side)
    cosine = (upper**2 + distance**2 - fore**2) / (2 * upper * distance)
    elbow = shoulder + upper * (cosine * line + np.sqrt(max(0.0, 1 - cosine**2)) * side)
    return elbow, shoulder + distance * line


class Body:
    """One person's body: rest shape, sagittal skeleton, and posing.

    Parameters
    ----------
    spec
        Who.
    """

    def __init__(self, spec: PersonSpec) -> None:
        self._torch = load_extra("torch")
        self._model = load_model()
        self.spec = spec
        self.bones: tuple[str, ...] = tuple(self._model.bone_labels)
        self._parents: tuple[int, ...] = tuple(int(p) for p in self._model.bone_parents)
        self._index = {name: i for i, name in enumerate(self.bones)}
        self.faces: NDArray[np.int64] = self._model.faces.numpy()
        weights = self._model.vertex_bone_weights.numpy()
        indices = self._model.vertex_bone_indices.numpy()
        best = np.argmax(weights, axis=1)
        #: ``(n,)`` index into ``bones`` of the bone that moves each vertex most.
        self.vertex_bone: NDArray[np.int64] = indices[np.arange(len(best)), best]
        with self._torch.no_grad():
            # The rest shape costs most of a pose: made once.
            self._rest = self._model(
                phenotype_kwargs=dict(spec.phenotype), local_changes_kwargs=dict(spec.local_changes)
            )
        self._rig: SpineRig | None = None
        vertices, heads, turned = self._forward({})
        self.rest_rotations = dict(zip(self.bones, turned, strict=True))
        #: ``(n, 3)`` vertices in the rest skeleton (arms out), hip centre at the origin.
        self.rest_vertices = vertices
        self.rest_joints = dict(zip(self.bones, heads, strict=True))
        self.stature_m = float(np.ptp(vertices[:, 2]))
        self._ears = self._find_ears()
        legs, leg_heads, _ = self._forward(self._leg_rotations(0.0, 0.0))
        self.skeleton = self._make_skeleton(legs, dict(zip(self.bones, leg_heads, strict=True)))
        self._ankle_height_m = float(self.skeleton.joints["ankle"][1])
        if spec.family == SPLINE_RIG:
            rest = RestBody(self.bones, self._parents, heads, turned, vertices, weights, indices)
            self._rig = SpineRig(rest, lumbar_share=spec.curve.lumbar_share, tissue=draw_tissue(spec.seed))
        stand = solve_stand(self.skeleton, spec.curve)
        #: The neutral stand that every change is counted from.
        self.standing = self.pose(stand)
        #: ``left_heel``, ``left_toe``, … ``(3,)`` metres: ends of the bare feet, the same in every posture.
        self.foot_points = self._find_foot_points()

    @property
    def standing_vertices(self) -> Array:
        """``(n, 3)`` vertices of the neutral stand, world axes."""
        return self.standing.vertices

    @property
    def bmi(self) -> float:
        """Body mass index of the rest shape (volume × 980 kg/m³ ÷ stature²)."""
        a, b, c = (self.rest_vertices[self.faces[:, k]] for k in range(3))
        volume = abs(float(np.einsum("ij,ij->", np.cross(a, b), c))) / 6.0
        return 980.0 * volume / self.stature_m**2

    def bone_of(self, *prefixes: str) -> NDArray[np.bool_]:
        """Return ``(n,)`` true where a vertex is moved most by a bone whose name starts with one of ``prefixes``."""
        wanted = np.array([name.startswith(prefixes) for name in self.bones])
        return np.asarray(wanted[self.vertex_bone])

    def _forward(self, rotations: Mapping[str, Array]) -> tuple[Array, Array, Array]:
        """Pose the body; ``rotations`` are world rotations from rest, bones not named follow their parent."""
        if self._rig is not None:
            return self._rig.pose(rotations)
        world = np.empty((len(self.bones), 3, 3))
        local = np.tile(np.eye(4), (1, len(self.bones), 1, 1))
        for i, name in enumerate(self.bones):
            parent = world[self._parents[i]] if self._parents[i] >= 0 else np.eye(3)
            world[i] = rotations.get(name, parent)
            local[0, i, :3, :3] = parent.T @ world[i]
        with self._torch.no_grad():
            moves = self._torch.as_tensor(local, dtype=self._model.dtype)
            transforms, bone_poses = self._model.get_bone_transforms(moves, self._rest["rest_bone_poses"])
            skin = self._model.get_skinned_vertices(
                bone_transforms=transforms, rest_vertices=self._rest["rest_vertices"]
            )
        poses = bone_poses[0].numpy().astype(np.float64)
        return skin[0].numpy().astype(np.float64), poses[:, :3, 3], poses[:, :3, :3]

    def _find_ears(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Find the outermost vertices of the head, left and right."""
        head = np.flatnonzero(self.bone_of("head"))
        x = self.rest_vertices[head, 0]
        order = np.argsort(x)
        return head[order[-8:]], head[order[:8]]

    def _find_foot_points(self) -> dict[str, Array]:
        points = {}
        for side, sign in (("left", 1.0), ("right", -1.0)):
            foot = self.bone_of("foot", "toe") & (sign * self.standing.vertices[:, 0] > 0)
            part = self.standing.vertices[foot]
            points[f"{side}_heel"] = part[np.argmax(part[:, 1])]
            points[f"{side}_toe"] = part[np.argmin(part[:, 1])]
        return points

    def _make_skeleton(self, vertices: Array, heads: Mapping[str, Array]) -> Skeleton:
        sole_m = float(vertices[:, 2].min())
        ankle_y = float(np.mean([heads[name][1] for name in _JOINT_BONES["ankle"]]))

        def sagittal(point: Array) -> Array:
            return np.array((ankle_y - point[1], point[2] - sole_m))

        joints = {name: sagittal(np.mean([heads[b] for b in bones], axis=0)) for name, bones in _JOINT_BONES.items()}
        corners = vertices[self.faces]
        area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        middle = corners.mean(axis=1)
        centers = {}
        for segment, bones in _MASS_BONES.items():
            weight = area * self.bone_of(*bones)[self.faces].mean(axis=1)
            centers[segment] = sagittal(weight @ middle / weight.sum())
        foot = vertices[self.bone_of("foot", "toe")]
        upper = float(np.linalg.norm(heads["lowerarm01.L"] - heads["upperarm01.L"]))
        fore = float(np.linalg.norm(heads["wrist.L"] - heads["lowerarm01.L"]))
        heel_x, toe_x = ankle_y - float(foot[:, 1].max()), ankle_y - float(foot[:, 1].min())
        return Skeleton(joints, centers, heel_x, toe_x, upper, 1.25 * fore)

    def _leg_rotations(self, shank_deg: float, thigh_deg: float) -> dict[str, Array]:
        """Return world rotations of the legs: leaning about x after drawing the legs together."""
        rotations = {}
        for side, sign in _SIDES:
            together = _rotation(1, sign * self.spec.adduction_deg)
            rotations[f"upperleg01.{side}"] = _rotation(0, thigh_deg) @ together
            rotations[f"lowerleg01.{side}"] = _rotation(0, shank_deg) @ together
            rotations[f"foot.{side}"] = _rotation(2, sign * self.spec.toe_out_deg)
        return rotations

    def _arm_rotations(self, posture: Posture, thorax: Array) -> dict[str, Array]:
        """Return world rotations of the arms that point somewhere."""
        frame = thorax if posture.arms.frame == "thorax" else np.eye(3)
        rotations: dict[str, Array] = {}
        for side, sign in _SIDES:
            rest = self._rest_arm(side)
            for k, aim in enumerate((posture.arms.upper, posture.arms.fore, posture.arms.fore)):
                target = frame @ np.array((sign * aim[0], -aim[1], aim[2]))
                if k == 2:
                    # The hand goes on as the forearm does.
                    rotations[f"wrist.{side}"] = rotations[f"lowerarm01.{side}"]
                    continue
                turn = _rotation_between(thorax @ rest[k], target)
                rotations[f"{_ARM[k]}.{side}"] = turn @ thorax
        return rotations

    def _rest_arm(self, side: str) -> tuple[Array, Array, Array]:
        """Return the rest directions of upper arm, forearm and hand, metres."""
        joints = [self.rest_joints[f"{name}.{side}"] for name in (*_ARM, "finger3-1")]
        return joints[1] - joints[0], joints[2] - joints[1], joints[3] - joints[2]

    def _touch_rotations(
        self, touch: Touch, posed: Mapping[str, Array], joints: Mapping[str, Array], turned: Mapping[str, Array]
    ) -> dict[str, Array]:
        """Return world rotations of the arms that bring the hands to what they touch."""
        rotations = {}
        thorax = posed["spine01"]
        for side, sign in _SIDES:
            bone = touch.bone.format(side=side)
            out, front, up = touch.place
            offset = self.stature_m * np.array((sign * out, -front, up))
            if self._rig is not None and self._rig.carries(bone):
                # The skin that the hand rests on goes where its own level goes, not where the bone does.
                goal = self._rig.move(posed, self.rest_joints[bone] + offset)
            else:
                goal = joints[bone] + turned[bone] @ self.rest_rotations[bone].T @ offset
            rest = self._rest_arm(side)
            shoulder = joints[f"upperarm01.{side}"]
            elbow_hint = thorax @ np.array((sign * touch.elbow[0], -touch.elbow[1], touch.elbow[2]))
            lengths = float(np.linalg.norm(rest[0])), float(np.linalg.norm(rest[1]))
            elbow, wrist = _reach(shoulder, goal, elbow_hint, lengths)
            fingers = thorax @ np.array((sign * touch.fingers[0], -touch.fingers[1], touch.fingers[2]))
            for name, start, aim in zip(_ARM, rest, (elbow - shoulder, wrist - elbow, fingers), strict=True):
                rotations[f"{name}.{side}"] = _rotation_between(thorax @ start, aim) @ thorax
        return rotations

    def pose(self, posture: Posture, *, head_turn_deg: float = 0.0) -> PosedBody:
        """Put the body into a posture, feet on the floor where they always are.

        Parameters
        ----------
        posture
            Solved for ``self.skeleton``.
        head_turn_deg
            Turn of the head about its own axis, to the left positive.

        Returns
        -------
        PosedBody
            Vertices, joints and orientations in world axes.
        """
        leans = posture.lean_deg
        rotations = {"root": _rotation(0, leans["pelvis"])}
        rotations |= self._leg_rotations(leans["shank"], leans["thigh"])
        for bone, segment in _SPINE_LEANS.items():
            rotations[bone] = _rotation(0, leans[segment])
        rotations["neck01"] = _rotation(0, leans["neck"])
        rotations["head"] = _rotation(0, leans["head"]) @ _rotation(2, head_turn_deg)
        rotations |= self._arm_rotations(posture, rotations["spine01"])
        vertices, heads, turned = self._forward(rotations)
        if posture.arms.touch is not None:
            joints = dict(zip(self.bones, heads, strict=True))
            orientations = dict(zip(self.bones, turned, strict=True))
            rotations |= self._touch_rotations(posture.arms.touch, rotations, joints, orientations)
            vertices, heads, turned = self._forward(rotations)
        ankles = 0.5 * (heads[self._index["foot.L"]] + heads[self._index["foot.R"]])
        shift = np.array((0.0, 0.0, self._ankle_height_m)) - ankles
        vertices, heads = vertices + shift, heads + shift
        ears = np.array([vertices[group].mean(axis=0) for group in self._ears])
        return PosedBody(
            vertices,
            dict(zip(self.bones, heads, strict=True)),
            dict(zip(self.bones, turned, strict=True)),
            ears,
        )
