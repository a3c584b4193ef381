"""Numbers measured on rendered people: coefficients, mean standing values, biases, widths of the intervals."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from hiphinge.model import Array

__all__ = ["Calibration", "LinearModel", "RatioWidths", "load_calibration", "parse_calibration"]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """``features @ weights + offset``; ``weights`` is ``(n_features, 3)`` for pelvis, T12 and C7."""

    weights: Array
    offset: Array

    def read(self, features: Array) -> Array:
        """Read rotations, ``(n, 3)`` degrees, NaN where a feature is."""
        rotations: Array = features @ self.weights + self.offset
        return rotations


@dataclass(frozen=True, slots=True)
class RatioWidths:
    """Half-widths of the 90 % intervals of measures that are not single angles.

    ``travel`` by what positions are counted from (``still``, ``upright``), in foot lengths; ``drop_gain`` is how much
    wider the hip's drop is than its travel back; ``…_usual`` is what planted feet read by themselves (median), which
    is taken off; the rest as named. Measured on rendered people but for three that
    are DESIGN: travel from ``upright`` moments (1.5 x that from a still stand), ``hand_ratio`` and ``time_s``.
    """

    travel: Mapping[str, float]
    lumbar_range_deg: float
    lumbar_quarter_deg: float
    knee_change_deg: float
    lean_repeat_deg: float
    foot_slide_ratio: float
    foot_pitch_deg: float
    hand_ratio: float
    time_s: float
    drop_gain: float = 0.5
    foot_slide_usual_ratio: float = 0.0
    foot_pitch_usual_deg: float = 0.0

    def travel_ratio(self, positions: str) -> float:
        """Half-width of hip travel, foot lengths."""
        return self.travel[positions]


@dataclass(frozen=True, slots=True)
class Calibration:
    """All measured numbers of one calibration run.

    ``bias_deg[reference][angle]`` is the pose model's usual error, which is taken off. ``models`` and
    ``half_width_deg`` are kept by reference (``still``, ``none``), and again with ``_hidden`` behind for frames in
    which shank or head is hidden. ``half_width_deg[reference][angle]`` holds one number per yaw band of
    ``yaw_bands_deg`` (upper edges), 90 %; ``hidden_gain_deg`` widens the spine's angles by so much when all of the
    low back's outline is hidden.
    """

    name: str
    sha256: str
    models: Mapping[str, LinearModel]
    standing_deg: Mapping[str, float]
    foot_length_gain: float
    bias_deg: Mapping[str, Mapping[str, float]]
    yaw_bands_deg: tuple[float, ...]
    half_width_deg: Mapping[str, Mapping[str, tuple[float, ...]]]
    hidden_gain_deg: float
    ratios: RatioWidths

    @property
    def version(self) -> str:
        """Name and the checksum's first digits."""
        return f"{self.name} ({self.sha256[:12]})"

    def half_width(self, angle: str, *, reference: str, yaw_deg: float) -> float:
        """Return the half-width of an angle's interval for a clip turned by ``yaw_deg``, degrees."""
        widths = self.half_width_deg[reference][angle]
        band = int(np.searchsorted(self.yaw_bands_deg, abs(yaw_deg))) if np.isfinite(yaw_deg) else len(widths)
        return widths[min(band, len(widths) - 1)]


@cache
def load_calibration() -> Calibration:
    """Read the calibration that ships with the package (made by ``tools/calibrate.py``)."""
    text = files("hiphinge.spine").joinpath("calibration.json").read_text(encoding="utf-8")
    return parse_calibration(json.loads(text), sha256=hashlib.sha256(text.encode()).hexdigest())


def parse_calibration(raw: Mapping[str, Any], *, sha256: str = "") -> Calibration:
    """Build a ``Calibration`` from its JSON form; ``sha256`` is that of its file."""
    return Calibration(
        name=raw["name"],
        sha256=sha256,
        models={
            kind: LinearModel(np.array(model["weights"]), np.array(model["offset"]))
            for kind, model in raw["models"].items()
        },
        standing_deg=raw["standing_deg"],
        foot_length_gain=raw["foot_length_gain"],
        bias_deg=raw["bias_deg"],
        yaw_bands_deg=tuple(raw["yaw_bands_deg"]),
        half_width_deg={
            kind: {angle: tuple(widths) for angle, widths in table.items()}
            for kind, table in raw["half_width_deg"].items()
        },
        hidden_gain_deg=raw["hidden_gain_deg"],
        ratios=RatioWidths(**raw["ratios"]),
    )
