"""The spine model: a small ensemble of networks that reads all joint angles of a frame together.

Each member sees the features of one frame (``features``), and with a still stand also their change from it, and gives
for every angle of ``OUTPUTS`` a value and a scale (the spread that it expects of its own error). Values are corrections
to what the bare points say, so that a frame of an unusual size or lean is read sensibly. The members' values are
averaged; their disagreement is added to the scale. An interval is the scale times a quantile that was measured on
people whom the model never saw, for each angle, reference and band of yaw (split-conformal). Input unlike the
training people's widens it further, up to "not told". Trained by ``tools/train_spine.py``; see
``docs/model-card-spine.md``.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hiphinge.model import AngleTrack, Array
from hiphinge.spine.estimator import SpineAngles, SpineInput
from hiphinge.spine.features import (
    GROUPS,
    compute_view_yaw_deg,
    extract_features,
    join_reference,
    reference_row,
)
from hiphinge.spine.outline import MAX_HIDDEN_SHARE, hidden_share

__all__ = [
    "OUTPUTS",
    "Member",
    "Network",
    "NetworkEstimator",
    "Reading",
    "SpineModel",
    "load_network",
    "model_version",
    "parse_network",
]

#: What the model tells, in order.
OUTPUTS = ("pelvis_tilt", "lumbar_flexion", "thoracic_flexion", "hip_flexion", "knee_flexion", "trunk_lean")
#: Standardised features are held within this many standard deviations.
CLIP_SD = 6.0
#: A frame this many times as far from the training people as 99 of 100 of them are is not told.
MAX_STRANGENESS = 2.5
#: Frames that are read at a time, so that an hour of video needs no more memory than a minute.
BLOCK_ROWS = 4096

_ALWAYS = GROUPS["back"]
_TRUNK = sum(list(GROUPS.values())[:4])
_SHANK = _TRUNK + GROUPS["trunk"]


@dataclass(frozen=True, slots=True)
class Member:
    """One network: ``(n_in, n_out)`` weights and ``(n_out,)`` offsets, layer by layer."""

    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]

    def read(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return values and scales, ``(n, len(OUTPUTS))`` each, in units of the standardised targets."""
        for weights, offset in self.layers[:-1]:
            x = x @ weights + offset
            x = np.asarray(x / (np.float32(1) + np.exp(-np.maximum(x, np.float32(-80)))), dtype=np.float32)
        weights, offset = self.layers[-1]
        out = x @ weights + offset
        k = len(OUTPUTS)
        scale = np.logaddexp(np.float32(0), out[:, k:]) + np.float32(0.02)
        return out[:, :k], np.asarray(scale, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the ensemble says: ``value_deg`` and ``scale_deg`` ``(n, len(OUTPUTS))``, ``strangeness`` ``(n,)``.

    ``strangeness`` is the distance from the training people, 1 where 99 of 100 of them lie nearer.
    """

    value_deg: Array
    scale_deg: Array
    strangeness: Array


@dataclass(frozen=True, slots=True)
class Network:
    """The ensemble for one reference (``still`` or ``none``) with its standardisation and measured quantiles.

    ``zero_deg`` are the mean standing leans of trunk, thigh and knee, for clips without a still stand;
    ``quantile[angle]`` holds one number per band of yaw (upper edges ``yaw_bands_deg``).
    """

    mean: Array
    spread: Array
    target_mean: Array
    target_spread: Array
    zero_deg: Array
    axes: NDArray[np.float32]
    usual_distance: float
    members: tuple[Member, ...]
    yaw_bands_deg: tuple[float, ...]
    quantile: Mapping[str, tuple[float, ...]]

    def read(self, features: Array, reference: Array | None) -> Reading:
        """Read frames.

        Parameters
        ----------
        features
            ``(n, N_FEATURES)`` from ``extract_features``.
        reference
            ``(N_FEATURES,)`` of the still stand; None for a network without one.

        Returns
        -------
        Reading
            NaN rows where the back's outline or a lean of trunk or thigh is unseen.
        """
        blocks = [
            self._read_block(features[a : a + BLOCK_ROWS], reference)
            for a in range(0, max(len(features), 1), BLOCK_ROWS)
        ]
        return Reading(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))

    def _read_block(self, features: Array, reference: Array | None) -> tuple[Array, Array, Array]:
        x = join_reference(features, reference)
        z = np.nan_to_num((x - self.mean) / self.spread, nan=0.0)
        z32: NDArray[np.float32] = np.clip(z, -CLIP_SD, CLIP_SD).astype(np.float32)
        read = [member.read(z32) for member in self.members]
        values = np.stack([value for value, _ in read])
        scale = np.mean([scale for _, scale in read], axis=0) + values.std(axis=0)
        start = self._start(features, reference)
        value_deg = values.mean(axis=0) * self.target_spread + self.target_mean + start
        distance = np.sqrt(np.mean((z32 @ self.axes) ** 2, axis=1)) / self.usual_distance
        lost = ~np.isfinite(start).all(axis=1) | ~np.isfinite(x[:, :_ALWAYS]).all(axis=1)
        value_deg[lost] = np.nan
        return value_deg, scale * self.target_spread, np.where(lost, np.nan, distance)

    def _start(self, features: Array, reference: Array | None) -> Array:
        """Return what the bare points say of each output, which the members correct, ``(n, len(OUTPUTS))``."""
        trunk, thigh, shank = features[:, _TRUNK], features[:, _TRUNK + 1], features[:, _SHANK]
        if reference is None:
            zero = self.zero_deg
        else:
            zero = np.array([reference[_TRUNK], reference[_TRUNK + 1], reference[_SHANK] - reference[_TRUNK + 1]])
        tilt, swing = trunk - zero[0], thigh - zero[1]
        none = np.zeros_like(tilt)
        knee = np.nan_to_num((shank - thigh) - zero[2], nan=0.0)
        return np.column_stack([tilt, none, none, tilt - swing, knee, trunk])

    def half_width_deg(self, reading: Reading, *, yaw_deg: float) -> Array:
        """Half-widths of the 90 % intervals, ``(n, len(OUTPUTS))`` degrees; infinite where nothing can be told."""
        bands = self.yaw_bands_deg
        band = int(np.searchsorted(bands, abs(yaw_deg))) if np.isfinite(yaw_deg) else len(bands) - 1
        band = min(band, len(bands) - 1)
        quantile = np.array([self.quantile[name][band] for name in OUTPUTS])
        gain = np.maximum(1.0, np.nan_to_num(reading.strangeness, nan=1.0))
        return np.asarray(quantile * reading.scale_deg * gain[:, None])


@dataclass(frozen=True, slots=True)
class SpineModel:
    """Both networks, and name and checksum of the file they came from."""

    name: str
    sha256: str
    still: Network
    none: Network

    @property
    def version(self) -> str:
        """Name and the checksum's first digits."""
        return f"{self.name} ({self.sha256[:12]})"


def parse_network(data: bytes) -> SpineModel:
    """Build the model from the bytes of its file (an uncompressed or compressed ``.npz``, no pickles)."""
    with np.load(io.BytesIO(data), allow_pickle=False) as held:
        arrays = {name: held[name] for name in held.files}
    meta: dict[str, Any] = json.loads(arrays["meta"].tobytes().decode("utf-8"))
    if meta["features"] != [list(item) for item in GROUPS.items()]:
        raise ValueError("The spine model was trained on other features than this version extracts.")
    networks = {kind: _parse_kind(arrays, meta, kind) for kind in ("still", "none")}
    return SpineModel(meta["name"], hashlib.sha256(data).hexdigest(), networks["still"], networks["none"])


def _parse_kind(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], kind: str) -> Network:
    def get(name: str) -> Array:
        return arrays[f"{kind}.{name}"].astype(np.float64)

    members = []
    for number in range(meta["members"]):
        layers = tuple(
            (arrays[f"{kind}.{number}.w{k}"].astype(np.float32), arrays[f"{kind}.{number}.b{k}"].astype(np.float32))
            for k in range(meta["layers"])
        )
        members.append(Member(layers))
    own = meta[kind]
    return Network(
        mean=get("mean"),
        spread=get("spread"),
        target_mean=get("target_mean"),
        target_spread=get("target_spread"),
        zero_deg=get("zero_deg"),
        axes=arrays[f"{kind}.axes"].astype(np.float32),
        usual_distance=float(own["usual_distance"]),
        members=tuple(members),
        yaw_bands_deg=tuple(own["yaw_bands_deg"]),
        quantile={name: tuple(widths) for name, widths in own["quantile"].items()},
    )


@cache
def load_network() -> SpineModel:
    """Load the model that ships with the package."""
    return parse_network(files("hiphinge.spine").joinpath("spine_model.npz").read_bytes())


def model_version() -> str:
    """Name and checksum of the shipped spine model, as stored with every result."""
    return load_network().version


class NetworkEstimator:
    """Tells hips and lumbar spine apart with the spine model.

    Parameters
    ----------
    model
        Both networks; None takes the shipped ones.
    """

    def __init__(self, model: SpineModel | None = None) -> None:
        self._model = model or load_network()

    @property
    def name(self) -> str:
        """Name and checksum of the model."""
        return self._model.version

    def estimate(self, spine_input: SpineInput) -> SpineAngles:
        """Estimate the angles; see ``SpineEstimator``."""
        features = extract_features(spine_input)
        reference = None
        if spine_input.standing.reference.angles == "still":
            reference = reference_row(features, spine_input.standing.rows)
        network = self._model.none if reference is None else self._model.still
        reading = network.read(features, reference)
        half = network.half_width_deg(reading, yaw_deg=compute_view_yaw_deg(spine_input))
        value = reading.value_deg
        untold = (hidden_share(spine_input) > MAX_HIDDEN_SHARE) | (reading.strangeness > MAX_STRANGENESS)
        value[untold] = np.nan
        shank_hidden = ~np.isfinite(spine_input.segments.shank_lean_deg)
        value[shank_hidden, OUTPUTS.index("knee_flexion")] = np.nan

        def track(name: str) -> AngleTrack:
            k = OUTPUTS.index(name)
            return AngleTrack(value[:, k], value[:, k] - half[:, k], value[:, k] + half[:, k])

        return SpineAngles(**{name: track(name) for name in OUTPUTS})
