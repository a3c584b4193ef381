"""Dress a body: skin, hair and eyes by region, shirt, trousers and shoes as cloth over it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.body import Body, PosedBody
from hiphinge.synth.mesh import Fabric, Layer, cut_region, face_incidence, vertex_normals
from hiphinge.synth.people import SKIN_TONES
from hiphinge.synth.shoes import SOLE_M, make_shoes

__all__ = ["SOLE_M", "Wardrobe"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Wardrobe:
    """One person's look. Regions are found once, on the rest body.

    Parameters
    ----------
    body
        The person.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._clothes = body.spec.clothes
        self._n = len(body.rest_vertices)
        self._faces = body.faces
        self._incidence = face_incidence(self._faces, self._n)
        self._height = body.rest_vertices[:, 2] / body.stature_m
        rng = np.random.default_rng((body.spec.seed, 11))
        self._creases = self._make_creases(rng)
        shirt, trousers = self._shirt_field(), self._trouser_field()
        self._fabrics = {
            "trousers": self._trousers(trousers),
            "shirt": self._shirt(shirt),
            "hair": self._hair(self._hair_field()),
        }
        self._shoes = make_shoes(body)
        shoe = self._body.bone_of("foot", "toe") & (self._height < self._height.min() + 0.035)
        self._skin_faces, self._skin_colors = self._skin((shirt > 0) | (trousers > 0) | shoe)
        self._fabric_colors = self._color_fabrics()

    def dress(self, posed: PosedBody) -> tuple[Layer, ...]:
        """Return the layers to draw for one posture.

        Parameters
        ----------
        posed
            The posed body.

        Returns
        -------
        tuple of Layer
            Skin, cloth, shoes and hair.
        """
        normals = vertex_normals(posed.vertices, self._faces, self._incidence)
        layers = [Layer("skin", posed.vertices, self._skin_faces, self._skin_colors, normals, 0.12)]
        for name, fabric in self._fabrics.items():
            points, out = fabric.drape(posed.vertices)
            shine = 0.1 if name == "hair" else 0.02
            layers.append(Layer(name, points, fabric.faces, self._fabric_colors[name], out, shine))
        layers.append(self._shoes)
        tail = self._tail(posed)
        return (*layers, tail) if tail is not None else tuple(layers)

    def _covered(self, vertex_mask: Mask) -> Mask:
        """Return faces of which two or more corners are in a region."""
        return np.asarray(vertex_mask[self._faces].sum(axis=1) >= 2)

    def _along_arm(self) -> Array:
        """Return how far along the arm each vertex lies: 0 shoulder, 0.5 elbow, 1 wrist."""
        along = np.zeros(self._n)
        for side in ("L", "R"):
            shoulder, elbow, wrist = (
                self._body.rest_joints[f"{bone}.{side}"] for bone in ("upperarm01", "lowerarm01", "wrist")
            )
            own = np.sign(self._body.rest_vertices[:, 0]) == np.sign(shoulder[0])
            for start, end, base in ((shoulder, elbow, 0.0), (elbow, wrist, 0.5)):
                axis = end - start
                t = np.clip((self._body.rest_vertices - start) @ axis / (axis @ axis), 0, 1)
                along = np.where(own, np.where(t > 0, base + 0.5 * t, along), along)
        return along

    def _waist(self) -> float:
        """Return the height of the trousers' upper edge ÷ stature: just under the shirt's hem if that hangs out."""
        return float(min(0.058, self._clothes.shirt_hem + 0.014)) if self._clothes.shirt_hem < 0.02 else 0.058

    def _shirt_field(self) -> Array:
        """Return how far inside the shirt each vertex lies, metres."""
        body, stature = self._body, self._body.stature_m
        y, z = body.rest_vertices[:, 1], body.rest_vertices[:, 2]
        neck = body.rest_joints["neck01"]
        collar = neck[2] - 0.012 * stature + 0.55 * (y - neck[1]) - z
        hem = min(self._clothes.shirt_hem, 0.044)
        field = np.minimum(z - hem * stature, collar)
        arm = body.bone_of("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
        sleeve = (self._clothes.sleeve_ratio - self._along_arm()) * 0.32 * stature
        field = np.where(arm, sleeve, field)
        return np.where(body.bone_of("head", "eye", "upperleg02", "lowerleg"), np.minimum(field, -0.01), field)

    def _trouser_field(self) -> Array:
        """Return how far inside the trousers each vertex lies, metres."""
        inside = np.minimum(self._waist() - self._height, self._height - self._clothes.trouser_end)
        arm = self._body.bone_of("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
        return np.where(arm, -0.01, inside) * self._body.stature_m

    def _hair_field(self) -> Array:
        """Return how far inside the hair each vertex lies, metres."""
        body = self._body
        x, y, z = body.rest_vertices.T
        eye, ear = body.rest_joints["eye.L"], body.rest_vertices[body.bone_of("head")]
        ear = ear[np.argsort(ear[:, 0])[-8:]].mean(axis=0)
        scale = body.stature_m / 1.75
        front = np.clip((ear[1] + 0.012 * scale - y) / max(ear[1] - eye[1], 1e-3), 0.0, 1.3)
        line = ear[2] + 0.012 * scale + front * (eye[2] + 0.048 * scale - ear[2])
        back = np.clip((y - ear[1] - 0.010 * scale) / (0.02 * scale), 0.0, 1.0)
        line = line - back * 0.066 * scale
        near_ear = np.hypot(y - ear[1], z - ear[2]) - 0.030 * scale
        near_ear = np.where(np.abs(x) > 0.7 * ear[0], near_ear, 1.0)
        field = np.minimum(z - line, near_ear)
        return np.where(body.bone_of("head", "neck02", "neck03"), field, -0.01)

    def _make_creases(self, rng: np.random.Generator) -> Array:
        """Return a smooth random displacement over the body, about ±1."""
        waves = rng.normal(0, 14, (6, 3))
        phase = rng.uniform(0, 2 * np.pi, 6)
        return np.asarray(np.sin(self._body.rest_vertices @ waves.T + phase).mean(axis=1) * 1.6)

    def _shirt(self, field: Array) -> Fabric:
        clothes = self._clothes
        offset_cm = np.full(self._n, clothes.shirt_cm)
        beneath = self._height < 0.06
        if clothes.shirt_hem > 0.02:
            offset_cm[beneath] = 0.12
        else:
            offset_cm[beneath] = np.maximum(offset_cm[beneath], min(clothes.trouser_cm, 0.6) + 0.4)
        sleeves = self._body.bone_of("upperarm", "lowerarm")
        offset_cm[sleeves] = np.clip(offset_cm[sleeves], 0.25, 1.6)
        return Fabric(
            cut_region(self._faces, field),
            offset_m=offset_cm / 100,
            sag_m=clothes.shirt_sag / 100,
            smooth=int(4 + 9 * min(clothes.shirt_cm, 3.0)),
            creases_m=0.22 * clothes.shirt_cm / 100 * self._creases,
        )

    def _trousers(self, field: Array) -> Fabric:
        loose_cm = self._clothes.trouser_cm
        offset_cm = np.where(self._height > -0.06, np.minimum(loose_cm, 0.6), loose_cm)
        if self._clothes.shirt_hem > 0.02:
            offset_cm = np.where(self._height > 0.0, np.maximum(offset_cm, 0.3), offset_cm)
        # A hanging shirt must not show the waistband beneath it.
        if self._clothes.shirt_hem < 0.02:
            offset_cm = np.where(self._height > self._waist() - 0.016, 0.05, offset_cm)
        return Fabric(
            cut_region(self._faces, field),
            offset_m=offset_cm / 100,
            sag_m=0.3 * loose_cm / 100,
            smooth=int(4 + 6 * loose_cm),
            creases_m=0.2 * loose_cm / 100 * self._creases,
        )

    def _hair(self, field: Array) -> Fabric:
        return Fabric(
            cut_region(self._faces, field),
            offset_m=np.full(self._n, self._clothes.hair_cm / 100),
            smooth=3,
            creases_m=0.12 * self._clothes.hair_cm / 100 * self._creases,
        )

    def _skin(self, hidden: Mask) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Return the bare faces and their colours; skin well under cloth is left out."""
        face_hidden = self._covered(hidden)
        open_point = np.asarray(self._incidence @ (~face_hidden).astype(np.float64)) > 0
        keep = ~face_hidden | open_point[self._faces].any(axis=1)
        faces = self._faces[keep]
        tone = np.asarray(SKIN_TONES[self._body.spec.skin], dtype=np.float64)
        colors = np.tile(tone, (len(faces), 1))
        points = self._body.rest_vertices[faces].mean(axis=1)
        for side in ("L", "R"):
            eye = self._body.rest_joints[f"eye.{side}"]
            ball = self._body.bone_of(f"eye.{side}")[faces].all(axis=1)
            colors[ball] = (236, 232, 226)
            pupil = ball & (np.hypot(points[:, 0] - eye[0], points[:, 2] - eye[2]) < 0.0065)
            colors[pupil & (points[:, 1] < eye[1])] = (52, 36, 26)
            brow = np.abs(points[:, 2] - eye[2] - 0.022) < 0.0055
            brow &= (np.abs(points[:, 0] - eye[0]) < 0.024) & (points[:, 1] < eye[1] - 0.005)
            colors[brow & ~ball] = 0.6 * np.asarray(self._clothes.hair_color) + 0.1 * tone
        colors[self._lips(points)] = tone * (0.86, 0.62, 0.62)
        return faces, colors.astype(np.uint8)

    def _lips(self, points: Array) -> Mask:
        """Find the mouth: a small patch in front of and below the eyes."""
        eyes = 0.5 * (self._body.rest_joints["eye.L"] + self._body.rest_joints["eye.R"])
        spread = self._body.rest_joints["eye.L"][0] - eyes[0]
        low = (eyes[2] - points[:, 2]) / spread
        across = np.abs(points[:, 0]) / spread
        return np.asarray((np.abs(low - 2.15) < 0.2) & (across < 0.72) & (points[:, 1] < eyes[1]))

    def _color_fabrics(self) -> dict[str, NDArray[np.uint8]]:
        clothes = self._clothes
        plain = {
            "trousers": clothes.trouser_color,
            "shirt": clothes.shirt_color,
            "hair": clothes.hair_color,
        }
        return {
            name: np.tile(np.asarray(plain[name], dtype=np.uint8), (len(fabric.faces), 1))
            for name, fabric in self._fabrics.items()
        }

    def _tail(self, posed: PosedBody) -> Layer | None:
        """Return a bun or hanging hair at the back of the head, if the person wears any."""
        style = self._clothes.hair_style
        if style not in ("bun", "long"):
            return None
        scale = self._body.stature_m / 1.75
        turn = posed.rotations["head"] @ self._body.rest_rotations["head"].T
        up = turn @ np.array((0.0, 0.0, 1.0))
        back = turn @ np.array((0.0, 1.0, 0.0))
        ears = posed.ears.mean(axis=0)
        if style == "bun":
            center, axes = ears + scale * (0.105 * back + 0.055 * up), np.eye(3) * 0.042 * scale
        else:
            hang = np.array((0.0, 0.0, -1.0)) - 0.9 * up
            hang /= np.linalg.norm(hang)
            root = ears + scale * (0.082 * back + 0.02 * up)
            side = np.array((1.0, 0.0, 0.0))
            thick = np.cross(hang, side)
            center = root + 0.075 * scale * hang
            axes = scale * np.stack((0.055 * side, 0.026 * thick, 0.115 * hang))
        ball, faces = _sphere()
        points = center + ball @ axes
        out = ball @ np.linalg.inv(axes).T
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        color = np.tile(np.asarray(self._clothes.hair_color, dtype=np.uint8), (len(faces), 1))
        return Layer("tail", points, faces, color, out, 0.12)


def _sphere(rows: int = 12, columns: int = 20) -> tuple[Array, NDArray[np.int64]]:
    """Return the points and faces of a unit sphere."""
    polar, around = np.meshgrid(
        np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False), indexing="ij"
    )
    points = np.stack((np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)), axis=-1)
    grid = np.arange(rows * columns).reshape(rows, columns)
    right = np.roll(grid, -1, axis=1)
    a, b, c, d = grid[:-1], right[:-1], grid[1:], right[1:]
    faces = np.concatenate([np.stack((a, c, b), axis=-1), np.stack((b, c, d), axis=-1)]).reshape(-1, 3)
    return points.reshape(-1, 3), faces.astype(np.int64)
