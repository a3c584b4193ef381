"""The facing read off the whole track: the same whichever way the person faces."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from hiphinge.clip.options import AssessOptions
from hiphinge.clip.track import check_facing
from hiphinge.sagittal import FacingDecision
from tests.synthetic import PERFECT, film, script


def tracks(*, mirrored: bool, flipped: bool, told: str | None):
    """A clip of somebody who faces right in the canonical picture, or left when ``flipped``."""
    pose = film(script(PERFECT)).pose
    keypoints = pose.keypoints_px.copy()
    if flipped:
        keypoints[..., 0] = pose.width_px - keypoints[..., 0]
    seen = np.isfinite(keypoints[:, 0, 0])
    fake = SimpleNamespace(keypoints_px=keypoints, visibility=pose.visibility, seen=seen, mirrored=mirrored)
    return SimpleNamespace(pose=fake, facing=FacingDecision(told, 0.5))


@pytest.mark.parametrize(
    ("mirrored", "flipped", "told", "expected"),
    [
        (False, False, None, "right"),  # the survey said nothing, the track says right
        (False, True, None, "left"),
        (False, False, "right", None),  # agreed: nothing to change
        (False, True, "right", "left"),  # the track overrules
        (True, False, "left", None),
        (True, True, "left", "right"),
    ],
)
def test_the_track_settles_what_the_survey_left_open(mirrored, flipped, told, expected):
    found = check_facing(tracks(mirrored=mirrored, flipped=flipped, told=told), AssessOptions())
    assert (found.facing if found else None) == expected


def test_a_given_facing_is_never_overruled():
    assert check_facing(tracks(mirrored=False, flipped=True, told="right"), AssessOptions(facing="right")) is None
