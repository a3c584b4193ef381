"""Read BVH motion capture and compute its skeleton's poses.

A file is read once, line by line; nothing but its numbers is kept. Pure numpy.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import NoReturn, TypeVar

import numpy as np
from numpy.typing import NDArray

from hiphinge.errors import InputError, InputNotFound, UsageError

__all__ = ["BvhJoint", "BvhMotion", "read_bvh"]

Array = NDArray[np.float64]
_Number = TypeVar("_Number", int, float)

_CHANNELS = tuple(f"{axis}{kind}" for kind in ("position", "rotation") for axis in "XYZ")
#: More joints than any suit has; a file beyond is not a motion-capture file.
_MAX_JOINTS = 2000


@dataclass(frozen=True, slots=True)
class BvhJoint:
    """One joint: its parent's index (−1: none), ``offset`` ``(3,)`` from it, its channels in the file's order.

    ``first`` is the column of its first channel. An ``End Site`` is a joint without channels named ``<parent>_end``.
    """

    name: str
    parent: int
    offset: tuple[float, float, float]
    channels: tuple[str, ...]
    first: int


@dataclass(frozen=True, slots=True)
class BvhMotion:
    """A skeleton and how it moves.

    ``values`` ``(n_frames, n_channels)`` as in the file: degrees and the file's own length unit.
    """

    joints: tuple[BvhJoint, ...]
    frame_s: float
    values: Array

    @property
    def time_s(self) -> Array:
        """``(n_frames,)`` seconds from the first frame."""
        return np.asarray(np.arange(len(self.values)) * self.frame_s, dtype=np.float64)

    def index(self, name: str) -> int:
        """Return the index of a joint.

        Raises
        ------
        UsageError
            If there is no joint of that name.
        """
        names = [joint.name for joint in self.joints]
        if name not in names:
            raise UsageError(
                f"The motion has no joint {name!r}.",
                expected=f"one of {', '.join(names[:60])}",
                next_step="Name the joints of this file by the keyword `names`.",
            )
        return names.index(name)

    def pose(self) -> tuple[Array, Array]:
        """Compute every joint's place and orientation.

        Returns
        -------
        positions, rotations
            ``(n_frames, n_joints, 3)`` in the file's length unit and ``(n_frames, n_joints, 3, 3)``, in the file's
            world axes. A joint's position channels replace its offset.
        """
        n = len(self.values)
        positions = np.empty((n, len(self.joints), 3))
        rotations = np.empty((n, len(self.joints), 3, 3))
        for k, joint in enumerate(self.joints):
            turn = np.broadcast_to(np.eye(3), (n, 3, 3))
            place = np.tile(np.asarray(joint.offset), (n, 1))
            for column, channel in enumerate(joint.channels, start=joint.first):
                axis = "XYZ".index(channel[0])
                if channel.endswith("position"):
                    place[:, axis] = self.values[:, column]
                else:
                    turn = turn @ _axis_rotation(axis, self.values[:, column])
            if joint.parent < 0:
                positions[:, k], rotations[:, k] = place, turn
            else:
                base = rotations[:, joint.parent]
                positions[:, k] = positions[:, joint.parent] + np.einsum("nij,nj->ni", base, place)
                rotations[:, k] = base @ turn
        return positions, rotations


def _axis_rotation(axis: int, angle_deg: Array) -> Array:
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    i, j = ((1, 2), (2, 0), (0, 1))[axis]
    turn = np.tile(np.eye(3), (len(angle_deg), 1, 1))
    turn[:, i, i], turn[:, i, j], turn[:, j, i], turn[:, j, j] = c, -s, s, c
    return turn


class _Reader:
    """Reads one file, token by token in its hierarchy and line by line in its motion."""

    def __init__(self, lines: Iterable[str], name: str) -> None:
        self._lines = enumerate(lines, start=1)
        self._name = name
        self._line = 0
        self._tokens: list[str] = []
        self._joints: list[BvhJoint] = []
        self._n_channels = 0

    def fail(self, seen: str, expected: str) -> NoReturn:
        """Raise the error of a file that is not as the format wants it."""
        raise InputError(
            f"{self._name}, line {self._line}: {seen}.",
            expected=expected,
            next_step="Export the motion again as BVH (HIERARCHY and MOTION as text).",
        )

    def _next_line(self) -> str | None:
        for number, line in self._lines:
            self._line = number
            if line.strip():
                return line
        return None

    def _token(self, expected: str) -> str:
        while not self._tokens:
            line = self._next_line()
            if line is None:
                self.fail("the file ends here", expected)
            self._tokens = line.replace("{", " { ").replace("}", " } ").split()[::-1]
        return self._tokens.pop()

    def _expect(self, word: str) -> None:
        token = self._token(word)
        if token.upper() != word.upper():
            self.fail(f"{token[:40]!r}", word)

    def _number(self, token: str, kind: type[_Number], expected: str) -> _Number:
        try:
            value = kind(token)
            usable = isfinite(value)
        except (OverflowError, ValueError):
            usable = False
        if not usable:
            self.fail(f"{token[:40]!r}", expected)
        return value

    def read(self) -> BvhMotion:
        """Read the whole file."""
        self._expect("HIERARCHY")
        self._expect("ROOT")
        self._hierarchy()
        frame_s, n_frames = self._motion_head()
        return BvhMotion(tuple(self._joints), frame_s, self._frames(n_frames))

    def _name_joint(self) -> str:
        words = []
        while (token := self._token("a joint's name and {")) != "{":
            words.append(token)
        name = " ".join(words)
        if not name:
            self.fail("a joint without a name", "a name before {")
        return name

    def _hierarchy(self) -> None:
        """Read joints from the root's name to its closing brace; no recursion, so no depth is too deep."""
        open_joints = [self._joint(self._name_joint(), -1)]
        while open_joints:
            token = self._token("JOINT, End Site or }").upper()
            if token == "}":
                open_joints.pop()
            elif token == "JOINT":
                open_joints.append(self._joint(self._name_joint(), open_joints[-1]))
            elif token == "END":
                self._expect("Site")
                self._expect("{")
                parent = open_joints[-1]
                self._add(BvhJoint(f"{self._joints[parent].name}_end", parent, self._offset(), (), self._n_channels))
                self._expect("}")
            else:
                self.fail(f"{token[:40]!r}", "JOINT, End Site or }")

    def _offset(self) -> tuple[float, float, float]:
        self._expect("OFFSET")
        x, y, z = (self._number(self._token("a length"), float, "a length") for _ in range(3))
        return (x, y, z)

    def _joint(self, name: str, parent: int) -> int:
        offset = self._offset()
        self._expect("CHANNELS")
        count = self._number(self._token("a number of channels"), int, "a number of channels")
        if not 0 <= count <= len(_CHANNELS):
            self.fail(f"{count} channels", "0 to 6 channels")
        known = {channel.lower(): channel for channel in _CHANNELS}
        channels = []
        for _ in range(count):
            token = self._token("a channel")
            channel = known.get(token.lower())
            if channel is None or channel in channels:
                self.fail(f"the channel {token[:40]!r}", f"each of {', '.join(_CHANNELS)} at most once")
            channels.append(channel)
        index = self._add(BvhJoint(name, parent, offset, tuple(channels), self._n_channels))
        self._n_channels += count
        return index

    def _add(self, joint: BvhJoint) -> int:
        # Only a joint that moves is looked up by name.
        if joint.channels and any(other.name == joint.name for other in self._joints):
            self.fail(f"a second joint {joint.name!r}", "names that differ")
        if len(self._joints) >= _MAX_JOINTS:
            self.fail(f"more than {_MAX_JOINTS} joints", "one person's skeleton")
        self._joints.append(joint)
        return len(self._joints) - 1

    def _motion_head(self) -> tuple[float, int]:
        self._expect("MOTION")
        self._expect("Frames:")
        n_frames = self._number(self._token("a number of frames"), int, "a number of frames")
        if n_frames < 1:
            self.fail(f"{n_frames} frames", "at least one frame")
        self._expect("Frame")
        self._expect("Time:")
        frame_s = self._number(self._token("seconds per frame"), float, "seconds per frame")
        if not 0 < frame_s <= 10:
            self.fail(f"a frame time of {frame_s} s", "more than 0 s, at most 10 s")
        if self._tokens:
            self.fail(f"{self._tokens[-1][:40]!r}", "a new line after the frame time")
        return frame_s, n_frames

    def _frames(self, n_frames: int) -> Array:
        values = array("d")
        count = 0
        # The number of frames is a claim: room is made for what is there.
        while (line := self._next_line()) is not None:
            row = line.split()
            if len(row) != self._n_channels:
                self.fail(f"{len(row)} values in a frame", f"{self._n_channels} values, one per channel")
            if count == n_frames:
                self.fail(f"a frame more than the {n_frames} announced", f"{n_frames} frames")
            values.extend(self._number(token, float, "a number") for token in row)
            count += 1
        if count < n_frames:
            self.fail(f"the file ends after {count} of {n_frames} frames", f"{n_frames} frames")
        return np.frombuffer(values, dtype=np.float64).reshape(n_frames, self._n_channels)


def read_bvh(path: Path | str) -> BvhMotion:
    """Read a BVH file.

    Parameters
    ----------
    path
        A text file with one skeleton (``HIERARCHY``) and its frames (``MOTION``), channels in any order.

    Returns
    -------
    BvhMotion
        Skeleton and motion, in the file's own axes and units.

    Raises
    ------
    InputNotFound
        If there is no such file.
    InputError
        If it is not BVH, with the line where it stops being so.
    """
    path = Path(path)
    if not path.is_file():
        raise InputNotFound(f"There is no file {path}.", expected="a BVH file", next_step="Check the path.")
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        return _Reader(lines, path.name).read()
