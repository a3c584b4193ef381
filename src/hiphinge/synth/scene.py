"""Draw people in a room with ``pyvista``, off screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.synth.camera import Camera
from hiphinge.synth.extras import load_extra
from hiphinge.synth.mesh import Layer, merge_layers
from hiphinge.synth.room import Room, Thing, develop, paint

__all__ = ["Studio", "room_axes"]

Array = NDArray[np.float64]


def room_axes(room: Room, camera: Camera) -> Array:
    """Return ``(3, 3)`` rows: the room's right, away and up in world axes."""
    forward = camera.axes[2]
    turn = np.arctan2(forward[1], forward[0]) + np.radians(room.wall_turn_deg)
    away = np.array((np.cos(turn), np.sin(turn), 0.0))
    right = np.array((away[1], -away[0], 0.0))
    return np.stack((right, away, np.array((0.0, 0.0, 1.0))))


class Studio:
    """A renderer for one picture size; reuse it for many scenes, and close it.

    Parameters
    ----------
    size_px
        Width and height of the pictures.
    supersample
        How many times finer the picture is drawn before it is reduced.

    Raises
    ------
    MissingDependency
        If ``hiphinge[synth]`` is not installed.
    """

    def __init__(self, size_px: tuple[int, int], *, supersample: float = 2.0) -> None:
        self._pv = load_extra("pyvista")
        self._cv2 = load_extra("cv2")
        self._size_px = size_px
        fine = (round(size_px[0] * supersample), round(size_px[1] * supersample))
        self._plotter: Any = self._pv.Plotter(off_screen=True, window_size=list(fine), lighting="none")
        self._plotter.disable_anti_aliasing()
        self._meshes: dict[str, Any] = {}
        self._room: Room | None = None
        self._grain = np.random.default_rng(0)
        self._floor_z = 0.0

    def close(self) -> None:
        """Give the renderer's memory back."""
        self._plotter.close()

    def stage(
        self, layers: Sequence[Layer], *, room: Room, camera: Camera, floor_z: float = 0.0, seed: int = 0
    ) -> None:
        """Set up a scene: room, light, camera and the people in it.

        Parameters
        ----------
        layers
            What to draw; names must differ.
        room
            Wall, floor, things, light.
        camera
            Where the picture is taken from.
        floor_z
            Height of the floor, metres.
        seed
            Decides the grain.
        """
        plotter = self._plotter
        plotter.clear()
        plotter.remove_all_lights()
        self._meshes = {}
        self._room, self._floor_z = room, floor_z
        self._grain = np.random.default_rng((seed, 41))
        self._add_room(room, camera)
        self._add_lights(room, camera)
        for layer in layers:
            self._add_layer(layer, room)
        self._add_shadow(layers)
        self._aim(camera)

    def update(self, layers: Sequence[Layer]) -> None:
        """Move the staged people; the layers' names, faces and colours stay as they were staged."""
        for layer in layers:
            mesh = self._meshes[layer.name]
            mesh.points = layer.points.astype(np.float32)
            mesh.point_data.active_normals = layer.normals.astype(np.float32)
        self._add_shadow(layers)

    def shoot(self) -> NDArray[np.uint8]:
        """Take the picture, ``(height, width, 3)`` RGB."""
        plotter = self._plotter
        plotter.render()
        fine = plotter.screenshot(return_img=True)
        image = self._cv2.resize(fine, self._size_px, interpolation=self._cv2.INTER_AREA)
        assert self._room is not None
        if self._room.blur_px > 0.3:
            image = self._cv2.GaussianBlur(image, (0, 0), self._room.blur_px)
        return develop(self._smear(image), self._room, self._grain)

    def _smear(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Blur along the way that the picture moves while the shutter is open."""
        assert self._room is not None
        reach = np.asarray(self._room.shake_px)
        length = float(np.hypot(*reach))
        if length < 1.0:
            return image
        size = 2 * int(np.ceil(length / 2)) + 1
        kernel = np.zeros((size, size), dtype=np.float32)
        for step in np.linspace(-0.5, 0.5, 4 * size):
            x, y = np.round(step * reach + size // 2).astype(int)
            kernel[np.clip(y, 0, size - 1), np.clip(x, 0, size - 1)] += 1.0
        return np.asarray(self._cv2.filter2D(image, -1, kernel / kernel.sum()))

    def _add_layer(self, layer: Layer, room: Room) -> None:
        mesh = self._pv.PolyData.from_regular_faces(layer.points.astype(np.float32), layer.faces)
        mesh.cell_data["rgb"] = layer.colors
        mesh.point_data.active_normals = layer.normals.astype(np.float32)
        actor = self._plotter.add_mesh(
            mesh,
            scalars="rgb",
            rgb=True,
            ambient=room.ambient,
            diffuse=1.0,
            specular=layer.shine,
            specular_power=12,
            reset_camera=False,
            render=False,
            copy_mesh=False,
        )
        actor.prop.interpolation = "Phong"
        self._meshes[layer.name] = mesh

    def _add_lights(self, room: Room, camera: Camera) -> None:
        right, _, forward = camera.axes
        level = np.array((forward[0], forward[1], 0.0))
        level /= np.linalg.norm(level)
        key = 2.5 * room.light_side * right - 3.0 * level
        key[2] = room.light_height
        other = -2.5 * room.light_side * right - 2.0 * level
        other[2] = 1.2
        for place, strength in ((key, room.key), (other, room.fill), (np.array((0.0, 0.0, 5.0)), 0.22)):
            light = self._pv.Light(position=tuple(place), focal_point=(0, 0, 0.8), intensity=strength)
            light.positional = False
            self._plotter.add_light(light)

    def _aim(self, camera: Camera) -> None:
        view = self._plotter.camera
        view.position, view.focal_point = camera.position, camera.target
        view.up = tuple(camera.axes[1])
        view.view_angle = camera.view_angle_deg
        view.clipping_range = (0.3, 40.0)

    def _add_room(self, room: Room, camera: Camera) -> None:
        axes = room_axes(room, camera)
        origin = np.array((camera.target[0], camera.target[1], self._floor_z))
        floor = paint(room.floor, room.floor_color, seed=room.seed)
        wall = paint(room.wall, room.wall_color, seed=room.seed + 1)
        self._add_quad(origin + (-9, -9, 0) @ axes, 18 * axes[0], 18 * axes[1], floor, room)
        start = origin + (-9, room.wall_m, 0) @ axes
        self._add_quad(start, 18 * axes[0], 6 * axes[2], wall, room)
        things = list(room.things)
        if room.skirting:
            dark = 0.7 if sum(room.wall_color) > 380 else 1.4
            red, green, blue = (int(min(255, dark * value)) for value in room.wall_color)
            things.append(Thing((-9, 9, room.wall_m - 0.015, room.wall_m, 0, 0.10), (red, green, blue)))
        for thing in things:
            self._add_thing(thing, origin, axes, room)

    def _add_quad(self, start: Array, u: Array, v: Array, texture: NDArray[np.uint8], room: Room) -> None:
        points = np.stack((start, start + u, start + u + v, start + v)).astype(np.float32)
        mesh = self._pv.PolyData(points, faces=np.array((4, 0, 1, 2, 3)))
        # One texture repeat per 1.1 m.
        reach = np.array((np.linalg.norm(u), np.linalg.norm(v))) / 1.1
        mesh.active_texture_coordinates = (np.array(((0, 0), (1, 0), (1, 1), (0, 1)), dtype=np.float32) * reach).astype(
            np.float32
        )
        paper = self._pv.Texture(texture)
        paper.repeat, paper.mipmap, paper.interpolate = True, True, True
        self._plotter.add_mesh(
            mesh,
            texture=paper,
            ambient=0.45,
            diffuse=0.75 * (1 - 0.3 * room.ambient),
            reset_camera=False,
            render=False,
        )

    def _add_thing(self, thing: Thing, origin: Array, axes: Array, room: Room) -> None:
        low, high = np.array(thing.bounds[::2]), np.array(thing.bounds[1::2])
        ball = {"radius": 0.5, "theta_resolution": 24, "phi_resolution": 24}
        mesh = self._pv.Sphere(**ball) if thing.round else self._pv.Cube()
        local = np.asarray(mesh.points) * (high - low) + 0.5 * (low + high)
        mesh.points = (origin + local @ axes).astype(np.float32)
        mesh = mesh.compute_normals(split_vertices=not thing.round, auto_orient_normals=True)
        self._plotter.add_mesh(
            mesh,
            color=[value / 255 for value in thing.color],
            ambient=0.3,
            diffuse=0.8,
            smooth_shading=thing.round,
            reset_camera=False,
            render=False,
        )

    def _add_shadow(self, layers: Sequence[Layer]) -> None:
        """Lay soft dark patches on the floor below everyone: one wide, one close to the feet."""
        assert self._room is not None
        groups: dict[str, list[Layer]] = {}
        # A bar's or a reflection's reach would smear the shadow over the room.
        for layer in (one for one in layers if not one.name.startswith(("load", "mirror"))):
            groups.setdefault(layer.name.partition(":")[0] if ":" in layer.name else "", []).append(layer)
        for name, group in groups.items():
            points = merge_layers(group)
            near = points[points[:, 2] < self._floor_z + 0.13]
            for label, part, strength in (("wide", points, 0.34), ("feet", near, 0.5)):
                self._add_patch(f"shadow {label} {name}", part, strength)

    def _add_patch(self, name: str, points: Array, strength: float) -> None:
        center = points[:, :2].mean(axis=0)
        reach = 1.25 * np.abs(points[:, :2] - center).max(axis=0) + 0.05
        lift = 0.002 if "wide" in name else 0.004
        corner = np.array((center[0] - reach[0], center[1] - reach[1], self._floor_z + lift))
        u, v = np.array((2 * reach[0], 0, 0)), np.array((0, 2 * reach[1], 0))
        quad = np.stack((corner, corner + u, corner + u + v, corner + v)).astype(np.float32)
        if name in self._meshes:
            self._meshes[name].points = quad
            return
        mesh = self._pv.PolyData(quad, faces=np.array((4, 0, 1, 2, 3)))
        mesh.active_texture_coordinates = np.array(((0, 0), (1, 0), (1, 1), (0, 1)), dtype=np.float32)
        across = np.linspace(-1, 1, 64)
        radius = np.hypot(across[:, None], across[None, :])
        alpha = 255 * strength * np.clip(1 - radius, 0, 1) ** 1.3
        texture = np.zeros((64, 64, 4), dtype=np.uint8)
        texture[..., 3] = alpha.astype(np.uint8)
        self._plotter.add_mesh(
            mesh, texture=self._pv.Texture(texture), lighting=False, reset_camera=False, render=False, copy_mesh=False
        )
        self._meshes[name] = mesh
