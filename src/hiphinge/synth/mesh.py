"""Triangle meshes as plain arrays: layers to render, their normals, and cloth that hangs off a body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

__all__ = ["Cut", "Fabric", "Layer", "cut_region", "face_incidence", "merge_layers", "vertex_normals"]

Array = NDArray[np.float64]
Faces = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Layer:
    """Something to draw.

    ``points`` ``(n, 3)`` metres, ``faces`` ``(m, 3)``, ``colors`` ``(m, 3)`` uint8 per face,
    ``normals`` ``(n, 3)``, ``shine`` 0..1.
    """

    name: str
    points: Array
    faces: Faces
    colors: NDArray[np.uint8]
    normals: Array
    shine: float = 0.05

    def moved(self, *, turn_deg: float, shift_m: Sequence[float], name: str) -> Layer:
        """Return the layer turned about the vertical, then shifted, under another name."""
        c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
        turn = np.array(((c, -s, 0), (s, c, 0), (0, 0, 1)))
        return replace(
            self, name=name, points=self.points @ turn.T + np.asarray(shift_m), normals=self.normals @ turn.T
        )


def face_incidence(faces: Faces, n_points: int) -> sparse.csr_array:
    """Return the ``(n_points, n_faces)`` matrix that is 1 where a point belongs to a face."""
    columns = np.repeat(np.arange(len(faces)), 3)
    ones = np.ones(columns.shape[0])
    return sparse.csr_array((ones, (faces.ravel(), columns)), shape=(n_points, len(faces)))


def vertex_normals(points: Array, faces: Faces, incidence: sparse.csr_array) -> Array:
    """Compute area-weighted unit normals, ``(n, 3)``; zero where a point has no face."""
    corner = points[faces]
    face = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals = np.asarray(incidence @ face)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.asarray(normals / np.where(length > 0, length, 1.0))


def merge_layers(layers: Sequence[Layer]) -> Array:
    """Return all points of several layers, ``(n, 3)``."""
    return np.concatenate([layer.points for layer in layers])


@dataclass(frozen=True, slots=True)
class Cut:
    """A region cut out of a mesh along a line between its vertices.

    ``faces`` ``(m, 3)`` index the old vertices and, from ``n`` on, the new ones: new vertex ``k`` lies at
    ``weight[k]`` of the way from ``start[k]`` to ``end[k]``.
    """

    faces: Faces
    start: Faces
    end: Faces
    weight: Array

    def extend(self, values: Array) -> Array:
        """Append the new vertices' values to ``(n, …)`` values of the old ones."""
        weight = self.weight.reshape((-1,) + (1,) * (values.ndim - 1))
        return np.concatenate([values, (1 - weight) * values[self.start] + weight * values[self.end]])


def cut_region(faces: Faces, field: Array) -> Cut:
    """Cut out where a field is positive, splitting the faces that the zero line crosses.

    Parameters
    ----------
    faces
        ``(m, 3)``.
    field
        ``(n,)`` signed, any unit.

    Returns
    -------
    Cut
        The part of the mesh inside.
    """
    inside = field[faces] > 0
    count = inside.sum(axis=1)
    kept = [faces[count == 3]]
    start, end, n = [], [], len(field)
    made = 0
    for wanted in (1, 2):
        some = count == wanted
        # Turn each face so that the odd corner out comes first.
        odd = np.argmax(inside[some] if wanted == 1 else ~inside[some], axis=1)
        turned = np.take_along_axis(faces[some], (odd[:, None] + np.arange(3)) % 3, axis=1)
        a, b, c = turned.T
        first = n + made + np.arange(len(a))
        second = first + len(a)
        start += [a, a]
        end += [b, c]
        made += 2 * len(a)
        if wanted == 1:
            kept.append(np.stack((a, first, second), axis=1))
        else:
            kept += [np.stack((first, b, c), axis=1), np.stack((first, c, second), axis=1)]
    starts, ends = np.concatenate(start), np.concatenate(end)
    # Both faces at a cut edge must share one new vertex.
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    _, index, inverse = np.unique(low * n + high, return_index=True, return_inverse=True)
    low, high = low[index], high[index]
    weight = field[low] / np.where(field[low] == field[high], 1.0, field[low] - field[high])
    joined = np.concatenate(kept)
    new = joined >= n
    joined[new] = n + inverse.ravel()[joined[new] - n]
    return Cut(joined, low, high, np.clip(weight, 0.0, 1.0))


class Fabric:
    """A part of the body's skin, pushed outwards as cloth.

    The cloth is smoothed (so that it spans hollows as taut cloth does), kept off the skin, and given to gravity.

    Parameters
    ----------
    cut
        The part of the body that the cloth covers.
    offset_m
        ``(n_points,)`` of the body: how far the cloth stands off the skin.
    sag_m
        How far cloth that faces down hangs below that.
    smooth
        Rounds of smoothing.
    creases_m
        ``(n_points,)`` further displacement, or None.
    """

    def __init__(
        self,
        cut: Cut,
        *,
        offset_m: Array,
        sag_m: float = 0.0,
        smooth: int = 6,
        creases_m: Array | None = None,
    ) -> None:
        self._cut = cut
        offset = cut.extend(offset_m)
        self.used: Faces = np.unique(cut.faces)
        lookup = np.full(len(offset), -1)
        lookup[self.used] = np.arange(len(self.used))
        self.faces: Faces = lookup[cut.faces]
        n = len(self.used)
        self._incidence = face_incidence(self.faces, n)
        edges = np.concatenate([self.faces[:, [0, 1]], self.faces[:, [1, 2]], self.faces[:, [2, 0]]])
        link = sparse.csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
        both = ((link + link.T) > 0).astype(np.float64)
        degree = np.maximum(np.asarray(both.sum(axis=1)).ravel(), 1.0)
        self._mean = sparse.csr_array(sparse.diags_array(1.0 / degree) @ both)
        rim = np.unique(edges[np.asarray((link - link.T)[edges[:, 0], edges[:, 1]]).ravel() != 0])
        self._give = np.full((n, 1), 0.6)
        self._give[rim] = 0.0
        self._offset = offset[self.used][:, None]
        self._creases = np.zeros((n, 1)) if creases_m is None else cut.extend(creases_m)[self.used][:, None]
        self._sag_m = sag_m
        self._smooth = smooth

    def drape(self, vertices: Array) -> tuple[Array, Array]:
        """Lay the cloth over a posed body.

        Parameters
        ----------
        vertices
            ``(n_points, 3)`` of the body.

        Returns
        -------
        points, normals
            ``(k, 3)`` each.
        """
        skin = self._cut.extend(vertices)[self.used]
        out = vertex_normals(skin, self.faces, self._incidence)
        # Loose cloth lies down where it faces up and hangs where it faces down.
        lift = self._offset * (1.0 - 0.45 * np.clip(out[:, 2:], 0.0, 1.0))
        points = skin + lift * out
        for _ in range(self._smooth):
            points = points + self._give * (self._mean @ points - points)
        short = np.minimum(np.sum((points - skin) * out, axis=1, keepdims=True) - 0.35 * lift, 0.0)
        points = points - short * out + self._creases * out
        points[:, 2:] -= self._sag_m * np.clip(-out[:, 2:], 0.0, 1.0) * (self._give > 0)
        return points, vertex_normals(points, self.faces, self._incidence)
