"""A second trunk rig: the spine bends as one smooth curve, and the skin follows the curve's own frames.

The body model's rig turns five rigid bones and mixes them linearly. This one shares no weight and no fold with it:
curvature runs from L5/S1 to T12/L1 and from there to C7 and vanishes at each of the three, every trunk vertex is
carried by the frame of its own level, the front of the body spreads a bend over more height than the back does, and
tissue squeezed along the spine swells across it. It exists to test an estimator on bodies that bend in another way.

World axes as in ``body``: +x left, −y anterior, +z up, metres; leans turn about x, forward positive. Pure numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

__all__ = ["RestBody", "SpineField", "SpineRig", "Tissue", "draw_tissue", "lean_rotation"]

Array = NDArray[np.float64]

#: Heads of these bones lie on the spine, from L5/S1 to C7.
_SPINE = ("spine04", "spine03", "spine02", "spine01", "neck01")
#: Bones whose skin is carried by the spine's frames; all others turn as rigid bones.
_TRUNK = ("root", "pelvis", "spine", "clavicle", "shoulder", "breast")
#: Nodes of each of the two regions of the spine.
_N_NODES = 401
#: Share of a region over which its curvature rises, and again over which it falls.
_RAMP = 0.3
#: How low and how high in a region its bend may be centred.
_MIDDLE = (0.36, 0.64)
#: Distance over which *in front of the spine* sets in, metres.
_SOFT_M = 0.02
#: How far tissue swells or thins across, as a ratio.
_SWELL = (0.82, 1.15)


@dataclass(frozen=True, slots=True)
class RestBody:
    """A skinned body at rest.

    ``bones`` and ``parents`` (index, −1 for none) in order from the root; ``joints`` ``(n_bones, 3)`` heads and
    ``rotations`` ``(n_bones, 3, 3)``; ``vertices`` ``(n, 3)``; ``weights`` and ``indices`` ``(n, k)``.
    """

    bones: tuple[str, ...]
    parents: tuple[int, ...]
    joints: Array
    rotations: Array
    vertices: Array
    weights: Array
    indices: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tissue:
    """How one person's flesh goes along with the spine.

    ``spread`` is how much lower and higher the front of the body bends than the spine, metres per metre in front of
    it; ``give`` how much tissue thins across where it is stretched along (an exponent, 0 not at all).
    """

    spread: float = 0.68
    give: float = 0.25


def draw_tissue(seed: int) -> Tissue:
    """Draw one person's tissue.

    Parameters
    ----------
    seed
        The person's.

    Returns
    -------
    Tissue
        From firm to soft.
    """
    rng = np.random.default_rng((seed, 83))
    return Tissue(spread=float(rng.uniform(0.6, 0.85)), give=float(rng.uniform(0.05, 0.45)))


def lean_rotation(lean_rad: Array) -> Array:
    """Return ``(…, 3, 3)`` rotations about x for ``(…,)`` leans in radians."""
    c, s = np.cos(lean_rad), np.sin(lean_rad)
    turn = np.zeros((*np.shape(lean_rad), 3, 3))
    turn[..., 0, 0] = 1.0
    turn[..., 1, 1], turn[..., 1, 2], turn[..., 2, 1], turn[..., 2, 2] = c, -s, s, c
    return turn


def _lean_rad(rotation: Array) -> float:
    return float(np.arctan2(rotation[2, 1], rotation[2, 2]))


def _between_rad(low: float, high: float) -> float:
    return float((high - low + np.pi) % (2 * np.pi) - np.pi)


def _share_density(place: Array, middle: float) -> Array:
    """Return curvature over a region (``place`` 0..1): none at both ends, half of it on either side of ``middle``."""
    power = np.log(0.5) / np.log(np.clip(middle, *_MIDDLE))
    inside = np.clip(place, 1e-9, 1.0)
    warped = inside**power
    rise = np.clip(np.minimum(warped, 1 - warped) / _RAMP, 0.0, 1.0)
    plateau = 0.5 - 0.5 * np.cos(np.pi * rise)
    return np.asarray(np.where((place >= 0) & (place <= 1), plateau * inside ** (power - 1), 0.0))


def _running(values: Array, steps: Array) -> Array:
    """Return the trapezoid integral of node values from the first node on."""
    return np.concatenate(([0.0], np.cumsum(0.5 * (values[1:] + values[:-1]) * steps)))


@dataclass(frozen=True, slots=True)
class SpineField:
    """One bend of the spine, as a field that carries any point of the trunk.

    Node tables ``(k,)`` over the height at rest: ``rest_y``, ``lean_rad``, ``bend_per_m`` (radians per metre of
    height) and the posed spine ``(k, 3)``. ``levels`` are the heights of L5/S1, T12/L1 and C7.
    """

    height: Array
    rest_y: Array
    lean_rad: Array
    bend_per_m: Array
    posed: Array
    levels: tuple[float, float, float]
    tissue: Tissue

    def _level(self, ahead: Array, z: Array) -> tuple[Array, Array]:
        """Return the spine level that carries each point, as a height at rest, and its slope over z."""
        l5, t12, c7 = self.levels
        front = 0.5 * (ahead + np.hypot(ahead, _SOFT_M) - _SOFT_M)
        front = np.maximum(front, 0.0)
        low = l5 - self.tissue.spread * front
        high = np.minimum(t12 + self.tissue.spread * front, t12 + 0.6 * (c7 - t12))
        lumbar, thoracic = (t12 - l5) / (high - low), (c7 - t12) / (c7 - high)
        level = np.where(z < high, l5 + lumbar * (z - low), t12 + thoracic * (z - high))
        return np.clip(level, l5, c7), np.where(z < high, lumbar, thoracic)

    def move(self, points: Array) -> tuple[Array, Array]:
        """Carry points of the rest body.

        Parameters
        ----------
        points
            ``(n, 3)`` metres, at rest.

        Returns
        -------
        moved, lean_rad
            ``(n, 3)`` metres, and ``(n,)`` the lean of the frame that carries each point.
        """
        x, y, z = points.T
        ahead = np.interp(z, self.height, self.rest_y) - y
        level, slope = self._level(ahead, z)
        start_y = np.interp(level, self.height, self.rest_y)
        lean = np.interp(level, self.height, self.lean_rad)
        bend = np.interp(level, self.height, self.bend_per_m)
        # Fibres along the spine are 1 − curvature × distance as long as at rest.
        stretch = np.maximum(1.0 - slope * bend * ahead, 0.2)
        swell = np.clip(stretch**-self.tissue.give, *_SWELL)
        offset_y, offset_z = swell * (y - start_y), z - level
        c, s = np.cos(lean), np.sin(lean)
        posed_y = np.interp(level, self.height, self.posed[:, 1]) + c * offset_y - s * offset_z
        posed_z = np.interp(level, self.height, self.posed[:, 2]) + s * offset_y + c * offset_z
        return np.stack((x, posed_y, posed_z), axis=1), lean


class SpineRig:
    """Poses a body whose trunk bends along a curve; legs, arms, neck and head turn as the bones that they are.

    Parameters
    ----------
    rest
        The body at rest.
    lumbar_share
        The person's shares over the lower, middle and upper lumbar joints: they decide where the lumbar curvature is
        centred, so that the spine's upper end lies close to where a chain with these shares puts it.
    tissue
        How the flesh goes along.
    """

    def __init__(
        self, rest: RestBody, *, lumbar_share: tuple[float, float, float], tissue: Tissue | None = None
    ) -> None:
        self._rest = rest
        self._tissue = tissue or Tissue()
        self._index = {name: i for i, name in enumerate(rest.bones)}
        self._trunk = np.array([name.startswith(_TRUNK) for name in rest.bones])
        self._trunk_weight = np.sum(rest.weights * self._trunk[rest.indices], axis=1)
        heads = rest.joints[[self._index[name] for name in _SPINE]]
        low, top = float(heads[0, 2]), float(heads[-1, 2])
        self._levels = (low, float(heads[2, 2]), top)
        # T12/L1 is a node itself, so that its lean is the one asked for to the last digit.
        lower, upper = np.linspace(low, heads[2, 2], _N_NODES), np.linspace(heads[2, 2], top, _N_NODES)
        self._height: Array = np.concatenate((lower[:-1], upper))
        course = PchipInterpolator(heads[:, 2], heads[:, 1])
        self._curve_y: Array = np.asarray(course(self._height))
        steps = np.hypot(np.diff(self._height), np.diff(self._curve_y))
        self._length = np.concatenate(([0.0], np.cumsum(steps)))
        middle, waist = np.interp(heads[1:3, 2], self._height, self._length)
        self._lumbar = self._spread(0.0, float(waist), lumbar_share[1] * middle / waist + lumbar_share[2])
        joint = (np.interp(heads[3, 2], self._height, self._length) - waist) / (self._length[-1] - waist)
        self._thoracic = self._spread(float(waist), float(self._length[-1]), float(joint))

    def _spread(self, start: float, end: float, middle: float) -> Array:
        """Return how much of a region's bend lies below each node, 0..1."""
        density = _share_density((self._length - start) / (end - start), middle)
        total = _running(density, np.diff(self._length))
        return np.asarray(total / total[-1])

    def bend(self, rotations: Mapping[str, Array]) -> SpineField:
        """Bend the spine to the leans of pelvis (``root``), T12/L1 (``spine02``) and C7 (``spine01``).

        Parameters
        ----------
        rotations
            World rotations from rest.

        Returns
        -------
        SpineField
            The field that carries the trunk.
        """
        pelvis, waist, neck = (_lean_rad(rotations[name]) for name in ("root", "spine02", "spine01"))
        lumbar, thoracic = _between_rad(pelvis, waist), _between_rad(waist, neck)
        lean = pelvis + lumbar * self._lumbar + thoracic * self._thoracic
        root = self._rest.joints[self._index["root"]]
        rest = np.stack((np.zeros_like(self._height), self._curve_y, self._height), axis=1)
        # A fibre as long as it was at rest: every step of the curve turned by its own lean.
        middle = 0.5 * (lean[1:] + lean[:-1])
        steps = np.einsum("nij,nj->ni", lean_rotation(middle), np.diff(rest, axis=0))
        start = root + lean_rotation(np.asarray(pelvis)) @ (rest[0] - root)
        posed = np.vstack((start, start + np.cumsum(steps, axis=0)))
        bend = np.gradient(lean, self._height)
        return SpineField(self._height, self._curve_y, lean, bend, posed, self._levels, self._tissue)

    def move(self, rotations: Mapping[str, Array], point: Array) -> Array:
        """Return where a ``(3,)`` point on the trunk at rest comes to lie."""
        return np.asarray(self.bend(rotations).move(point[None])[0][0])

    def carries(self, bone: str) -> bool:
        """Return whether the skin around a bone is carried by the spine."""
        return bool(self._trunk[self._index[bone]])

    def _place_bones(self, field: SpineField, rotations: Mapping[str, Array]) -> tuple[Array, Array]:
        """Return the bones' heads ``(n_bones, 3)`` and world rotations from rest ``(n_bones, 3, 3)``."""
        rest = self._rest
        pelvis = rotations["root"]
        root = rest.joints[self._index["root"]]
        heads, leans = field.move(rest.joints)
        turned = lean_rotation(leans)
        for i, name in enumerate(rest.bones):
            parent = rest.parents[i]
            if name.startswith(("root", "pelvis", "spine05", "upperleg01")):
                heads[i] = root + pelvis @ (rest.joints[i] - root)
                turned[i] = pelvis
            elif not self._trunk[i] and not self._trunk[parent]:
                heads[i] = heads[parent] + turned[parent] @ (rest.joints[i] - rest.joints[parent])
            if not self._trunk[i]:
                turned[i] = rotations.get(name, turned[parent])
            elif name in ("spine02", "spine01"):
                turned[i] = rotations[name]
        return heads, turned

    def pose(self, rotations: Mapping[str, Array]) -> tuple[Array, Array, Array]:
        """Pose the body.

        Parameters
        ----------
        rotations
            World rotations from rest; of the trunk's bones only ``root``, ``spine02`` and ``spine01`` count. Bones
            not named follow their parent.

        Returns
        -------
        vertices, joints, orientations
            ``(n, 3)``, ``(n_bones, 3)`` metres and ``(n_bones, 3, 3)``, as the body model gives them.
        """
        rest = self._rest
        field = self.bend(rotations)
        heads, turned = self._place_bones(field, rotations)
        limb = np.where(self._trunk[rest.indices], 0.0, rest.weights)
        # Summing transforms first keeps this to one product per vertex.
        shift = heads - np.einsum("bij,bj->bi", turned, rest.joints)
        turn = np.einsum("nk,nkij->nij", limb, turned[rest.indices])
        vertices = np.einsum("nij,nj->ni", turn, rest.vertices)
        vertices += np.einsum("nk,nki->ni", limb, shift[rest.indices])
        vertices += self._trunk_weight[:, None] * field.move(rest.vertices)[0]
        return vertices, heads, turned @ rest.rotations
