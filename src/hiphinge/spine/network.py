"""The spine model: a small ensemble of networks that reads all joint angles of a frame together.

Each member sees the features of one frame (``features``), and with a still stand also their change from it, and gives
for every angle of ``OUTPUTS`` a value and a scale (the spread that it expects of its own error). Values are corrections
to what the bare points say, so that a frame of an unusual size or lean is read sensibly. The members' values are
averaged; their disagreement is added to the scale. An interval is the scale times a quantile that was measured on
people whom the model never saw, for each angle, reference and band of yaw (split-conformal). Input unlike the
training people's widens it further, up to "not told"; leans that no bend has are not told, nor is an angle whose
interval spans the whole range of a lumbar spine. Trained by ``tools/train_spine.py``; see
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
    "DIVIDING",
    "OUTPUTS",
    "Member",
    "Network",
    "NetworkEstimator",
    "Reading",
    "SpineModel",
    "load_network",
    "model_version",
    "parse_network",
    "read_angles",
    "tell_angles",
    "tell_narrow",
    "wrap_angles",
]

#: What the model tells, in order.
OUTPUTS = ("pelvis_tilt", "lumbar_flexion", "thoracic_flexion", "hip_flexion", "knee_flexion", "trunk_lean")
#: Those of them that say how the bend divides between hips and spine.
DIVIDING = frozenset({"pelvis_tilt", "lumbar_flexion", "thoracic_flexion", "hip_flexion"})
#: Standardised features are held within this many standard deviations.
CLIP_SD = 6.0
#: Distance from the training people (1: 99 of 100 of their pictures lie nearer) from which intervals widen with it ...
USUAL_STRANGENESS = 0.6
#: ... and beyond which nothing is told.
MAX_STRANGENESS = 1.5
#: How the bend divides (``DIVIDING``) is told where the interval is at most this much to either side, degrees: a wider
#: one spans the whole range that a lumbar spine has (at most about 60°, Esola 1996), and so says nothing of it. Knee
#: flexion and trunk lean are told however wide: the bare points, which stand in for them, are no surer in such a frame.
MAX_HALF_WIDTH_DEG = 30.0
#: Leans from vertical that a bend on two feet can have, degrees: (lowest, highest) of trunk and thigh.
TRUNK_LEANS_DEG, THIGH_LEANS_DEG = (-40.0, 150.0), (-115.0, 60.0)
#: Frames that are read at a time, so that an hour of video needs no more memory than a minute.
BLOCK_ROWS = 4096

_ALWAYS = GROUPS["back"]
_TRUNK = sum(list(GROUPS.values())[:4])
_SHANK = _TRUNK + GROUPS["trunk"]


@dataclass(frozen=True, slots=True)
class Member:
    """One network: ``(n_in, n_out)`` weights and ``(n_out,)`` offsets, layer by layer."""

    layers: tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]

    def read(
        self, x: NDArray[np.float32], *, each_alone: bool = False
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return values and scales, ``(n, len(OUTPUTS))`` each, in units of the standardised targets."""
        for weights, offset in self.layers[:-1]:
            x = _times(x, weights, each_alone=each_alone) + offset
            x = np.asarray(x / (np.float32(1) + np.exp(-np.maximum(x, np.float32(-80)))), dtype=np.float32)
        weights, offset = self.layers[-1]
        out = _times(x, weights, each_alone=each_alone) + offset
        k = len(OUTPUTS)
        scale = np.logaddexp(np.float32(0), out[:, k:]) + np.float32(0.02)
        return out[:, :k], np.asarray(scale, dtype=np.float32)


def _times(x: NDArray[np.float32], weights: NDArray[np.float32], *, each_alone: bool) -> NDArray[np.float32]:
    """Multiply rows by weights; ``each_alone``: row by row.

    One product of many rows is fastest for many, but some processors' kernels sum a row in another order by where it
    stands among the others; row by row the answer is the same to the last bit, and a single row takes a tenth.
    """
    product = (x[:, None, :] @ weights)[:, 0] if each_alone else x @ weights
    return np.asarray(product, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the ensemble says: ``value_deg`` and ``scale_deg`` ``(n, len(OUTPUTS))``, ``strangeness`` ``(n,)``.

    ``strangeness`` is the distance from the training people, 1 where 99 of 100 of their pictures lie nearer.
    """

    value_deg: Array
    scale_deg: Array
    strangeness: Array


@dataclass(frozen=True, slots=True)
class Network:
    """The ensemble for one reference (``still`` or ``none``) with its standardisation and measured quantiles.

    ``axes`` ``(n_in, k)`` are the directions in which the training people differ most, ``stretch`` ``(k,)`` how much;
    ``usual_distance`` is how far 99 of 100 of their pictures lie along them, and off them. ``zero_deg`` are the mean
    standing leans of trunk, thigh and knee, for clips without a still stand; ``quantile[angle]`` holds one number per
    band of yaw (upper edges ``yaw_bands_deg``).
    """

    mean: Array
    spread: Array
    target_mean: Array
    target_spread: Array
    zero_deg: Array
    axes: NDArray[np.float32]
    stretch: NDArray[np.float32]
    usual_distance: tuple[float, float]
    members: tuple[Member, ...]
    yaw_bands_deg: tuple[float, ...]
    quantile: Mapping[str, tuple[float, ...]]

    def read(self, features: Array, reference: Array | None, *, each_alone: bool = False) -> Reading:
        """Read frames.

        Parameters
        ----------
        features
            ``(n, N_FEATURES)`` from ``extract_features``.
        reference
            ``(N_FEATURES,)`` of the still stand, or ``(n, N_FEATURES)`` with one for each frame; None for a network
            without one.
        each_alone
            Read every frame the same to the last bit, whichever others are read with it: for few frames at a time.

        Returns
        -------
        Reading
            NaN rows where the back's outline or a lean of trunk or thigh is unseen.
        """
        if reference is not None and reference.ndim == 1:
            reference = np.broadcast_to(reference, (len(features), len(reference)))
        blocks = [
            self._read_block(features[rows], None if reference is None else reference[rows], each_alone)
            for a in range(0, max(len(features), 1), BLOCK_ROWS)
            for rows in (slice(a, a + BLOCK_ROWS),)
        ]
        return Reading(*(np.concatenate(parts) for parts in zip(*blocks, strict=True)))

    def _read_block(self, features: Array, reference: Array | None, each_alone: bool) -> tuple[Array, Array, Array]:
        x = join_reference(features, reference)
        z = np.nan_to_num((x - self.mean) / self.spread, nan=0.0)
        z32: NDArray[np.float32] = np.clip(z, -CLIP_SD, CLIP_SD).astype(np.float32)
        read = [member.read(z32, each_alone=each_alone) for member in self.members]
        values = np.stack([value for value, _ in read])
        scale = np.mean([scale for _, scale in read], axis=0) + values.std(axis=0)
        start = self.start_deg(features, reference)
        value_deg = values.mean(axis=0) * self.target_spread + self.target_mean + start
        distances = self.distances(z32, each_alone=each_alone)
        distance = np.maximum(*(d / usual for d, usual in zip(distances, self.usual_distance, strict=True)))
        lost = ~np.isfinite(start).all(axis=1) | ~np.isfinite(x[:, :_ALWAYS]).all(axis=1)
        value_deg[lost] = np.nan
        return value_deg, scale * self.target_spread, np.where(lost, np.nan, distance)

    def distances(self, z: NDArray[np.float32], *, each_alone: bool = False) -> tuple[Array, Array]:
        """How far standardised inputs lie from the training people, ``(n,)`` each: along ``axes``, and off them."""
        along = _times(z, self.axes, each_alone=each_alone)
        off = z - _times(along, self.axes.T, each_alone=each_alone)
        return (
            np.sqrt(np.mean((along / self.stretch) ** 2, axis=1), dtype=np.float64),
            np.sqrt(np.mean(off**2, axis=1), dtype=np.float64),
        )

    def band(self, yaw_deg: float) -> int:
        """Number of the band of yaw; the last, which is never the narrowest, where the yaw is unknown."""
        return int(self.bands(np.array([yaw_deg]))[0])

    def bands(self, yaw_deg: Array) -> NDArray[np.intp]:
        """Numbers of the bands of several yaws, ``(n,)``."""
        last = len(self.yaw_bands_deg) - 1
        return np.minimum(np.searchsorted(self.yaw_bands_deg, np.abs(yaw_deg)), last)  # NaN lies after the last

    def start_deg(self, features: Array, reference: Array | None) -> Array:
        """Return what the bare points say of each output, which the members correct, ``(n, len(OUTPUTS))``."""
        trunk, thigh, shank = features[:, _TRUNK], features[:, _TRUNK + 1], features[:, _SHANK]
        if reference is None:
            zero = self.zero_deg
        else:
            lean, leg = reference[..., _TRUNK], reference[..., _TRUNK + 1]
            zero = np.stack([lean, leg, reference[..., _SHANK] - leg])
        tilt, swing = trunk - zero[0], thigh - zero[1]
        none = np.zeros_like(tilt)
        knee = np.nan_to_num((shank - thigh) - zero[2], nan=0.0)
        return np.column_stack([tilt, none, none, tilt - swing, knee, trunk])

    def half_width_deg(self, reading: Reading, *, yaw_deg: float | Array) -> Array:
        """Half-widths of the 90 % intervals, ``(n, len(OUTPUTS))`` degrees; NaN where a frame is not read."""
        bands = self.bands(np.atleast_1d(yaw_deg))
        quantile = np.array([self.quantile[name] for name in OUTPUTS]).T[bands]
        gain = np.maximum(1.0, reading.strangeness / USUAL_STRANGENESS)
        return np.asarray(quantile * reading.scale_deg * gain[:, None])

    def is_told(self, reading: Reading, features: Array) -> NDArray[np.bool_]:
        """``(n,)`` false where the input is too strange, or a lean is none that a bend has."""
        told = reading.strangeness <= MAX_STRANGENESS
        for place, (low, high) in ((_TRUNK, TRUNK_LEANS_DEG), (_TRUNK + 1, THIGH_LEANS_DEG)):
            told &= (features[:, place] >= low) & (features[:, place] <= high)
        return np.asarray(told)


@dataclass(frozen=True, slots=True)
class SpineModel:
    """Both networks, name and checksum of the file they came from, and the seeds of the people it was made with."""

    name: str
    sha256: str
    seeds: frozenset[int]
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
    return SpineModel(
        meta["name"], hashlib.sha256(data).hexdigest(), frozenset(meta["seeds"]), networks["still"], networks["none"]
    )


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
        stretch=arrays[f"{kind}.stretch"].astype(np.float32),
        usual_distance=(float(own["usual_distance"][0]), float(own["usual_distance"][1])),
        members=tuple(members),
        yaw_bands_deg=tuple(own["yaw_bands_deg"]),
        quantile={name: tuple(widths) for name, widths in own["quantile"].items()},
    )


def tell_narrow(value_deg: Array, half_width_deg: Array) -> Array:
    """Blank the angles of ``DIVIDING`` whose interval is wider than ``MAX_HALF_WIDTH_DEG`` to either side.

    Both ``(n, len(OUTPUTS))``; returns values of that shape, NaN where not told.
    """
    limit = np.array([MAX_HALF_WIDTH_DEG if name in DIVIDING else np.inf for name in OUTPUTS])
    return np.where(half_width_deg <= limit, value_deg, np.nan)


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
        hidden = hidden_share(spine_input.profile)
        return read_angles(self._model, features, reference, hidden, yaw_deg=compute_view_yaw_deg(spine_input))


def read_angles(
    model: SpineModel, features: Array, reference: Array | None, hidden: Array, *, yaw_deg: float
) -> SpineAngles:
    """Read frames and leave untold what cannot be said.

    Parameters
    ----------
    model
        Both networks.
    features, reference
        As for ``Network.read``; without a reference the network for clips without a stand answers.
    hidden
        ``(n,)`` share of the low back that is hidden.
    yaw_deg
        The clip's yaw.
    """
    network = model.none if reference is None else model.still
    reading = network.read(features, reference)
    return wrap_angles(*tell_angles(network, reading, features, reference, hidden, yaw_deg=yaw_deg))


def tell_angles(
    network: Network,
    reading: Reading,
    features: Array,
    reference: Array | None,
    hidden: Array,
    *,
    yaw_deg: float | Array,
) -> tuple[Array, Array]:
    """Leave untold what cannot be said.

    Parameters
    ----------
    network, reading
        What was read, and by which network.
    features, reference, hidden, yaw_deg
        As for ``read_angles``; reference and yaw may also be one for each frame.

    Returns
    -------
    tuple
        Values, NaN where not told, and half-widths of their intervals, ``(n, len(OUTPUTS))`` each.
    """
    half = network.half_width_deg(reading, yaw_deg=yaw_deg)
    value = tell_narrow(reading.value_deg, half)
    value[(hidden > MAX_HIDDEN_SHARE) | ~network.is_told(reading, features)] = np.nan
    shank_hidden = ~np.isfinite(features[:, _SHANK])
    if reference is not None:
        shank_hidden |= ~np.isfinite(reference[..., _SHANK])  # the knee's own zero was not seen
    value[shank_hidden, OUTPUTS.index("knee_flexion")] = np.nan
    return value, half


def wrap_angles(value: Array, half: Array) -> SpineAngles:
    """Give values and half-widths ``(n, len(OUTPUTS))`` their names."""

    def track(name: str) -> AngleTrack:
        k = OUTPUTS.index(name)
        return AngleTrack(value[:, k], value[:, k] - half[:, k], value[:, k] + half[:, k])

    return SpineAngles(**{name: track(name) for name in OUTPUTS})
