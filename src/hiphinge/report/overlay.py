"""The video with the measurement drawn into it: back curve, doorway line, hip path, angles, phase and cue."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hiphinge.model import ANGLES, Array, Assessment, Evidence, Frame, Picture, Rep
from hiphinge.report.draw import Bytes, draw_dot, draw_line, draw_text, measure_text, smooth_run
from hiphinge.report.layout import Layout, choose_layout
from hiphinge.report.palette import HIP, INK, SHADOW, SOFT, TRUNK, Colour, flexion_colour
from hiphinge.report.panel import Banner, Panel, Reading
from hiphinge.report.places import BACK_STATIONS, LUMBAR_STATIONS, find_door, find_wall
from hiphinge.spine.profile import back_curve_px
from hiphinge.timing import Stage
from hiphinge.verdict.wall import TOUCH_RATIO
from hiphinge.video import VideoSink, YuvPicture

__all__ = ["MAX_SIDE_PX", "OverlayPainter", "write_overlay"]

#: Longest side of the written video; larger pictures are scaled down.
MAX_SIDE_PX = 1280
#: The near side's leg, trunk and head, BlazePose numbers (canonical: right is near).
_NEAR_CHAIN = (28, 26, 24, 12, 8)
_NEAR_FOOT = (30, 32)
_HIPS = [23, 24]
_BODY = [0, 8, 12, 14, 16, 24, 26, 28, 30, 32]
#: How near to the bottom of a rep counts as "bottom", seconds.
BOTTOM_S = 0.2
#: Lean beyond which a person outside a rep is not called standing, degrees.
STANDING_LEAN_DEG = 20.0
#: How long the cue stays after the first rep, and at least at the end, seconds.
CUE_S = 4.0
LAST_CUE_S = 2.5
#: Seat travel below which no number is put to it, foot lengths.
MIN_SEAT_BACK = 0.08


@dataclass(frozen=True, slots=True)
class _Stage:
    """What depends on the size of the picture alone."""

    layout: Layout
    scale: Array
    panel: Panel
    banner: Banner | None


class OverlayPainter:
    """Draws one assessment into its pictures.

    Parameters
    ----------
    assessment
        With its ``evidence``.

    Raises
    ------
    ValueError
        Without evidence.

    Notes
    -----
    What is not told on a frame is not drawn on it: no value is held over from the frame before.
    """

    def __init__(self, assessment: Assessment) -> None:
        if assessment.evidence is None:
            raise ValueError("The assessment has no evidence; assess the video again to draw it.")
        self._assessment = assessment
        self._evidence: Evidence = assessment.evidence
        self._limits_deg = (
            float(assessment.criteria.get("4.pass_hi", 20.0)),
            float(assessment.criteria.get("4.fail_hi", 35.0)),
        )
        motion = self._evidence.motion
        self._tracks = {name: motion.angle(name) for name in ANGLES}
        self._hip_px = self._evidence.pose.keypoints_px[:, _HIPS].mean(axis=1)
        self._door_x_px = find_door(assessment, self._evidence)
        self._wall_x_px = find_wall(assessment, self._evidence)
        self._cue_rows = _find_cue_rows(assessment, self._evidence)
        self._stages: dict[tuple[int, int], _Stage] = {}

    def paint(self, rgb: Bytes, row: int | None) -> Bytes:
        """Draw one row of the evidence into its picture.

        Parameters
        ----------
        rgb
            ``(height, width, 3)`` uint8, the upright picture at any size; drawn on.
        row
            Row of the evidence; None for a picture without one (only the empty panel is drawn).

        Returns
        -------
        numpy.ndarray
            ``rgb`` itself, or a taller picture (see ``painted_size_px``) where a card would hide the person and
            the numbers stand below instead.
        """
        stage = self._stage(rgb.shape[1], rgb.shape[0])
        lumbar_deg = float("nan") if row is None else float(self._tracks["lumbar_flexion"].value_deg[row])
        colour = flexion_colour(lumbar_deg, pass_deg=self._limits_deg[0], fail_deg=self._limits_deg[1])
        if row is not None:
            self._draw_door(rgb, stage, row)
            self._draw_wall(rgb, stage, row)
            self._draw_figure(rgb, stage, row)
            self._draw_back(rgb, stage, row, colour)
            self._draw_path(rgb, stage, row)
        if stage.layout.strip_px:
            taller = np.empty((rgb.shape[0] + stage.layout.strip_px, *rgb.shape[1:]), dtype=np.uint8)
            taller[: rgb.shape[0]] = rgb
            rgb = taller
        stage.panel.draw(rgb, Reading(self._header(row), self._tracks, row, colour))
        if stage.banner is not None and row is not None and self._cue_rows[row]:
            stage.banner.draw(rgb)
        return rgb

    def painted_size_px(self, width_px: int, height_px: int) -> tuple[int, int]:
        """Return width and height of what ``paint`` makes of a picture of this size."""
        return width_px, height_px + self._stage(width_px, height_px).layout.strip_px

    def _stage(self, width_px: int, height_px: int) -> _Stage:
        key = (width_px, height_px)
        if key not in self._stages:
            pose = self._evidence.pose
            scale = np.array([width_px / pose.width_px, height_px / pose.height_px])
            body = pose.keypoints_px[:: max(1, pose.n_frames // 300), _BODY].reshape(-1, 2)
            layout = choose_layout(width_px, height_px, self._to_picture(body, scale))
            panel = Panel(layout, self._limits_deg)
            self._stages[key] = _Stage(layout, scale, panel, self._banner(layout))
        return self._stages[key]

    def _banner(self, layout: Layout) -> Banner | None:
        verdict = self._assessment.verdict
        text = verdict.cue or verdict.praise or verdict.headline
        return Banner(text, layout) if text and self._cue_rows.any() else None

    def _to_picture(self, points_px: Array, scale: Array) -> Array:
        """Return canonical points as points of the picture to be drawn on."""
        points = np.array(points_px, dtype=np.float64)
        if self._evidence.pose.mirrored:
            points[..., 0] = self._evidence.pose.width_px - points[..., 0]
        return points * scale

    def _header(self, row: int | None) -> str:
        if row is None or not np.isfinite(self._hip_px[row, 0]):
            return "Cannot tell: nobody seen" if row is not None else ""
        rep = self._rep(row)
        if rep is None:
            lean = float(self._tracks["trunk_lean"].value_deg[row])
            return "Standing" if lean < STANDING_LEAN_DEG else "–"
        number = self._assessment.reps.index(rep) + 1
        return f"Rep {number} of {len(self._assessment.reps)} · {self._phase(rep, row)}"

    def _phase(self, rep: Rep, row: int) -> str:
        time_s = float(self._evidence.pose.time_s[row])
        if abs(time_s - rep.bottom_s) <= BOTTOM_S:
            return "bottom"
        return "going down" if row < rep.bottom_frame else "coming up"

    def _rep(self, row: int) -> Rep | None:
        return next((rep for rep in self._assessment.reps if rep.start_frame <= row < rep.end_frame), None)

    def _draw_door(self, rgb: Bytes, stage: _Stage, row: int) -> None:
        """Draw the doorway line, and how far the seat is behind it."""
        if self._door_x_px is None:
            return
        unit, profile = stage.layout.unit, self._evidence.profile
        tops, bottoms = profile.body_top_px, profile.body_bottom_px
        ends = np.array([[self._door_x_px, np.nanmin(tops)], [self._door_x_px, np.nanmax(bottoms)]])
        (x, top), (_, bottom) = self._to_picture(ends, stage.scale)
        dash = max(4, round(12 * unit))
        half = max(1, round(1.2 * unit))
        left = round(x) - half
        for y in range(max(0, round(top)), min(rgb.shape[0], round(bottom)), 2 * dash):
            if left >= 0:
                rgb[y : y + dash, left : left + 2 * half] = INK
        self._draw_seat(rgb, stage, row)

    def _draw_wall(self, rgb: Bytes, stage: _Stage, row: int) -> None:
        """Draw the place given for the wall, and say where the seat is at it."""
        if self._wall_x_px is None:
            return
        unit, profile = stage.layout.unit, self._evidence.profile
        ends = np.array(
            [[self._wall_x_px, np.nanmin(profile.body_top_px)], [self._wall_x_px, np.nanmax(profile.body_bottom_px)]]
        )
        line = self._to_picture(ends, stage.scale)
        draw_line(rgb, line, HIP, 3 * unit)
        foot = self._assessment.reference.foot_length_px
        seat = profile.seat_px[row]
        if foot is not None and abs(seat[0] - self._wall_x_px) <= TOUCH_RATIO * foot:
            self._write_beside(
                rgb,
                "at the wall",
                self._to_picture(seat[None], stage.scale)[0] - (0, 24 * unit),
                19 * unit,
                to_left=False,
            )
        self._write_beside(rgb, "wall as given", line[0] + (0, 24 * unit), 15 * unit, to_left=False)

    def _draw_seat(self, rgb: Bytes, stage: _Stage, row: int) -> None:
        seat = self._evidence.profile.seat_px[row]
        back = float(self._evidence.motion.seat_back_ratio[row])
        if self._door_x_px is None or not np.isfinite(seat).all() or not np.isfinite(back):
            return
        ends = self._to_picture(np.array([[self._door_x_px, seat[1]], seat]), stage.scale)
        unit = stage.layout.unit
        draw_line(rgb, ends, INK, 2.5 * unit)
        draw_dot(rgb, ends[1], INK, 5 * unit)
        if back >= MIN_SEAT_BACK:
            behind = ends[1, 0] < ends[0, 0]
            self._write_beside(rgb, f"{back:.2f} foot lengths back", ends[1], 19 * unit, to_left=behind)

    def _write_beside(self, rgb: Bytes, text: str, point: Array, size_px: float, *, to_left: bool) -> None:
        """Write next to a point, inside the picture, with a dark rim."""
        width = measure_text(text, size_px, bold=True)
        left = point[0] - 0.6 * size_px - width if to_left else point[0] + 0.6 * size_px
        inside = min(max(left, 0.3 * size_px), rgb.shape[1] - width - 0.3 * size_px)
        # Where the room beside the point is too small, the text goes below the line.
        base = point[1] + (0.36 if inside == left else 1.5) * size_px
        rim = max(1.0, 0.06 * size_px)
        for dx, dy in ((-rim, 0), (rim, 0), (0, -rim), (0, rim)):
            draw_text(rgb, text, (inside + dx, base + dy), size_px, colour=SHADOW, bold=True)
        draw_text(rgb, text, (inside, base), size_px, bold=True)

    def _draw_path(self, rgb: Bytes, stage: _Stage, row: int) -> None:
        rep = self._rep(row)
        if rep is None:
            return
        path = self._to_picture(self._hip_px[rep.start_frame : row + 1], stage.scale)
        draw_line(rgb, path, HIP, 3.5 * stage.layout.unit)
        draw_dot(rgb, path[-1], HIP, 6 * stage.layout.unit)

    def _draw_figure(self, rgb: Bytes, stage: _Stage, row: int) -> None:
        points = self._evidence.pose.keypoints_px[row]
        chain = self._to_picture(points[list(_NEAR_CHAIN)], stage.scale)
        draw_line(rgb, chain, TRUNK, 2.2 * stage.layout.unit)
        draw_line(rgb, self._to_picture(points[list(_NEAR_FOOT)], stage.scale), TRUNK, 2.2 * stage.layout.unit)
        for point in chain[:4]:
            draw_dot(rgb, point, TRUNK, 3.6 * stage.layout.unit)

    def _draw_back(self, rgb: Bytes, stage: _Stage, row: int, colour: Colour) -> None:
        profile = self._evidence.profile
        stations = profile.station_ratio
        points = self._to_picture(back_curve_px(self._evidence.pose, profile, row), stage.scale)
        points[(stations < BACK_STATIONS[0]) | (stations > BACK_STATIONS[1])] = np.nan
        curve = smooth_run(points)
        lumbar = (stations >= LUMBAR_STATIONS[0]) & (stations <= LUMBAR_STATIONS[1])
        draw_line(rgb, curve, colour, 4.5 * stage.layout.unit)
        if colour != SOFT:
            draw_line(rgb, np.where(lumbar[:, None], curve, np.nan), colour, 9 * stage.layout.unit)


def write_overlay(
    assessment: Assessment,
    frames: Iterable[Frame],
    path: str | Path,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write the drawn video: H.264, original timing, at most 1280 pixels on its longer side.

    Parameters
    ----------
    assessment
        With its ``evidence``.
    frames
        The same part of the video that was assessed, read again.
    path
        The video to write; it appears when it is complete.
    progress
        Called with the number of frames written so far.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    painter = OverlayPainter(assessment)
    evidence = assessment.evidence
    assert evidence is not None
    rows = {int(index): row for row, index in enumerate(evidence.pose.frame_index)}
    width, height = _output_size(evidence.pose.width_px, evidence.pose.height_px)
    start_s: float | None = None
    with VideoSink(path, *painter.painted_size_px(width, height)) as sink:
        for done, frame in enumerate(frames, 1):
            start_s = frame.time_s if start_s is None else start_s
            with Stage("overlay: picture"):
                rgb = _scaled_rgb(frame.picture, width, height)
            with Stage("overlay: drawing"):
                rgb = painter.paint(rgb, rows.get(frame.index))
            with Stage("overlay: encoding"):
                sink.write(rgb, frame.time_s - start_s)
            if progress is not None:
                progress(done)


def _output_size(width_px: int, height_px: int) -> tuple[int, int]:
    """Return an even size of the same shape, at most ``MAX_SIDE_PX`` long."""
    shrink = min(1.0, MAX_SIDE_PX / max(width_px, height_px))
    return max(2, round(width_px * shrink / 2) * 2), max(2, round(height_px * shrink / 2) * 2)


def _scaled_rgb(picture: Picture, width_px: int, height_px: int) -> Bytes:
    import cv2

    if isinstance(picture, YuvPicture):
        return picture.resized_rgb(width_px, height_px)
    rgb = picture.rgb()
    if rgb.shape[:2] != (height_px, width_px):
        return np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return rgb if rgb.flags.writeable and rgb.flags.owndata else rgb.copy()


def _find_cue_rows(assessment: Assessment, evidence: Evidence) -> np.ndarray:
    """Return ``(n_frames,)`` true where the cue is shown: after the first rep, and at the end."""
    time_s = evidence.pose.time_s
    shown = np.zeros(time_s.shape, dtype=bool)
    if not len(time_s):
        return shown
    if not assessment.reps:
        shown[:] = assessment.verdict.outcome == "cannot_tell"
        return shown
    first, last = assessment.reps[0], assessment.reps[-1]
    shown |= (time_s >= first.end_s) & (time_s < first.end_s + CUE_S)
    shown |= time_s >= min(last.end_s, max(time_s[-1] - LAST_CUE_S, last.bottom_s))
    return shown
