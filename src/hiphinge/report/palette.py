"""Colours of the drawings on video: readable over any picture and told apart by colour-blind people."""

from __future__ import annotations

import numpy as np

__all__ = [
    "AMBER",
    "HIP",
    "INK",
    "MAGENTA",
    "PANEL",
    "SHADOW",
    "SOFT",
    "TEAL",
    "TRACK",
    "TRUNK",
    "VIOLET",
    "Colour",
    "flexion_colour",
]

#: Red, green, blue, 0..255.
Colour = tuple[int, int, int]

INK: Colour = (244, 246, 248)
SOFT: Colour = (178, 188, 196)
SHADOW: Colour = (16, 20, 24)
PANEL: Colour = (18, 24, 30)
TRACK: Colour = (66, 76, 86)
#: The hip's blue, as in the charts' dark scheme.
HIP: Colour = (86, 180, 233)
TRUNK: Colour = (205, 212, 218)
#: Lumbar flexion: little, some, much. They differ in brightness too.
TEAL: Colour = (46, 196, 176)
AMBER: Colour = (250, 190, 64)
MAGENTA: Colour = (226, 58, 160)
#: Lumbar extension beyond standing: the arch.
VIOLET: Colour = (150, 130, 255)
#: Where the arch begins to be coloured and is fully so, degrees of lumbar flexion.
ARCH_DEG = (-8.0, -16.0)


def flexion_colour(lumbar_deg: float, *, pass_deg: float = 20.0, fail_deg: float = 35.0) -> Colour:
    """Return the colour of a lumbar flexion.

    Teal while flat, amber between the limits, magenta beyond them, violet where the back arches.

    Parameters
    ----------
    lumbar_deg
        Lumbar flexion, degrees; NaN gives the soft grey of what cannot be told.
    pass_deg, fail_deg
        Limits of the rule "back flat"; the colour runs smoothly, so that a tenth of a degree never jumps.
    """
    if not np.isfinite(lumbar_deg):
        return SOFT
    middle = (pass_deg + fail_deg) / 2.0
    stops = [ARCH_DEG[1], ARCH_DEG[0], 0.6 * pass_deg, middle, fail_deg + 0.5 * (fail_deg - middle)]
    channels = zip(VIOLET, TEAL, TEAL, AMBER, MAGENTA, strict=True)
    red, green, blue = (round(float(np.interp(lumbar_deg, stops, channel))) for channel in channels)
    return red, green, blue
