"""Films that can be read and are still no clean clip of one bend, made of the pictures of a rendered person."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from tests.corrupt_files import black_title_card_end, pattern, slideshow, write_video
from tests.e2e.helpers import DATA

__all__ = ["ODD", "person_pictures"]

Rgb = NDArray[np.uint8]
#: Pictures a second of what is made here.
RATE_HZ = 10
#: Rows of ``person_pictures`` in which the person stands, and is at the bottom.
STANDING, BENT = 10, 38


@cache
def person_pictures() -> tuple[Rgb, ...]:
    """Return the first bend of a rendered person, ten pictures a second."""
    with av.open(str(DATA / "rounded_left.mp4")) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return tuple(pictures[:112:2])


def _title_card(folder: Path) -> Path:
    return black_title_card_end(folder, person_pictures(), n_black=20)


def _two_poses(folder: Path) -> Path:
    return slideshow(folder, person_pictures()[STANDING], person_pictures()[BENT], n_each=20)


def _broken_middle(folder: Path) -> Path:
    path = write_video(
        folder / "broken_middle.mp4",
        person_pictures(),
        rate_hz=RATE_HZ,
        options={"preset": "ultrafast", "g": "5", "crf": "16"},
    )
    data = bytearray(path.read_bytes())
    start, length = int(len(data) * 0.45), int(len(data) * 0.05)
    data[start : start + length] = np.random.default_rng(3).integers(0, 256, length, dtype=np.uint8).tobytes()
    path.write_bytes(data)
    return path


def _one_a_second(folder: Path) -> Path:
    return write_video(folder / "one_fps.mp4", person_pictures()[::RATE_HZ], rate_hz=1)


def _single(folder: Path) -> Path:
    return write_video(folder / "single.mp4", person_pictures()[BENT : BENT + 1])


def _cut_short(folder: Path) -> Path:
    whole = write_video(folder / "whole.mp4", person_pictures(), rate_hz=RATE_HZ)
    path = folder / "cut_short.mp4"
    with av.open(str(whole)) as source, av.open(str(path), "w", container_options={"movflags": "+faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    whole.unlink()
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.6)])
    return path


def _half_outside(folder: Path) -> Path:
    return write_video(folder / "half_outside.mp4", [p[:280] for p in person_pictures()], rate_hz=RATE_HZ)


def _looking_glass(folder: Path) -> Path:
    both = [np.concatenate([p, p[:, ::-1]], axis=1) for p in person_pictures()]
    return write_video(folder / "looking_glass.mp4", both, rate_hz=RATE_HZ)


def _nobody(folder: Path) -> Path:
    return write_video(folder / "nobody.mp4", [pattern(step) for step in range(20)])


#: Name -> maker of a film that has to end in a result.
ODD: dict[str, Callable[[Path], Path]] = {
    "title_card": _title_card,
    "two_poses": _two_poses,
    "broken_middle": _broken_middle,
    "one_a_second": _one_a_second,
    "single": _single,
    "cut_short": _cut_short,
    "half_outside": _half_outside,
    "looking_glass": _looking_glass,
    "nobody": _nobody,
}
