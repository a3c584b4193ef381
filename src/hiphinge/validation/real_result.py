"""What comes of a folder of hand-labelled clips: plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hiphinge.model import Facing, Outcome
from hiphinge.validation.real_manifest import LabelledClip
from hiphinge.validation.separation import Separation

__all__ = ["ClipReading", "GateGroup", "PairReading", "RealReport"]

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class ClipReading:
    """What one clip gave.

    Angles are medians over the third of the told frames with most trunk lean, degrees, NaN where none was told;
    ``lumbar_lo_deg`` and ``lumbar_hi_deg`` are the medians of the 90 % interval's ends there, ``yaw_deg`` is that of
    the whole clip. ``blocked_by`` names the checks that refused the view as a whole, ``doubted`` those that refused
    part of the measures; ``reasons`` say why nothing could be told, or why the file could not be read.
    """

    clip: LabelledClip
    outcome: Outcome | Literal["unreadable"]
    reasons: tuple[str, ...] = ()
    blocked_by: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    facing: Facing | None = None
    reference: Literal["still", "none"] = "none"
    n_reps: int = 0
    n_seen: int = 0
    n_told: int = 0
    lumbar_deg: float = _NAN
    lumbar_lo_deg: float = _NAN
    lumbar_hi_deg: float = _NAN
    hip_deg: float = _NAN
    lean_deg: float = _NAN
    yaw_deg: float = _NAN

    @property
    def is_read(self) -> bool:
        """Whether any lumbar angle was told."""
        return self.n_told > 0

    @property
    def is_refused(self) -> bool:
        """Whether no answer was given."""
        return self.outcome in ("cannot_tell", "unreadable")

    @property
    def is_facing_right(self) -> bool | None:
        """Whether the facing agrees with the label; None where either is open."""
        if self.facing is None or self.clip.facing is None:
            return None
        return self.facing == self.clip.facing


@dataclass(frozen=True, slots=True)
class PairReading:
    """Two clips of one person; ``in_order`` is None where one of them was not read."""

    rounded: str
    flat: str
    rounded_deg: float
    flat_deg: float
    in_order: bool | None

    @property
    def difference_deg(self) -> float:
        """Lumbar flexion of the rounded clip minus that of the flat one; NaN where one was not read."""
        return self.rounded_deg - self.flat_deg


@dataclass(frozen=True, slots=True)
class GateGroup:
    """How often clips of one kind got no answer, and how often the view as a whole was refused.

    ``answered`` names the clips that got an answer, with it.
    """

    name: str
    n: int
    n_refused: int
    n_blocked: int
    answered: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RealReport:
    """All clips of a manifest, what they were read as, and what follows. ``estimator`` names the spine model."""

    hiphinge_version: str
    model: str
    estimator: str
    clips: tuple[ClipReading, ...]
    separations: tuple[Separation, ...]
    pairs: tuple[PairReading, ...]
    gate: tuple[GateGroup, ...]
