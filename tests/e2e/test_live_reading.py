"""The causal form on a decoded fixture clip: the stand counts when it is over, and the bottom is read alike."""

from __future__ import annotations

import numpy as np

from hiphinge.validation.films import LIVE_ANGLES, read_live, stand_of, take_frames
from tests.e2e.conftest import Assess

LUMBAR = LIVE_ANGLES.index("lumbar_flexion")


def test_only_the_frames_of_the_stand_are_given(assess: Assess) -> None:
    result = assess("rounded_left.mp4")
    stand = stand_of(result)
    assert stand is not None
    assert result.reference.start_s <= stand.segments.time_s[0]
    assert stand.segments.time_s[-1] <= result.reference.end_s
    assert len(stand.yaw_deg) == len(stand.segments.time_s) == len(stand.profile.dorsal_ratio)


def test_the_stand_narrows_what_comes_after_it_and_the_bottom_is_read_as_offline(assess: Assess) -> None:
    result = assess("rounded_left.mp4")
    evidence = result.evidence
    assert evidence is not None
    live = read_live(result)
    assert live.shape == (len(LIVE_ANGLES), 3, evidence.pose.n_frames)
    width = live[LUMBAR, 2] - live[LUMBAR, 1]
    over = evidence.pose.time_s > result.reference.end_s
    assert np.nanmedian(width[~over]) > np.nanmedian(width[over & (evidence.motion.trunk_lean.value_deg < 10)])
    for rep in result.reps:
        rows = slice(rep.bottom_frame - 2, rep.bottom_frame + 3)
        told = np.nanmedian(evidence.motion.lumbar_flexion.value_deg[rows])
        assert abs(np.nanmedian(live[LUMBAR, 0, rows]) - told) < 4.0


def test_a_track_is_cut_in_every_array_but_its_stations(assess: Assess) -> None:
    evidence = assess("rounded_left.mp4").evidence
    assert evidence is not None
    pose, profile = take_frames(evidence.pose, slice(3, 5)), take_frames(evidence.profile, slice(3, 5))
    assert pose.n_frames == 2
    assert pose.keypoints_px.shape == (2, 33, 2)
    assert profile.dorsal_ratio.shape == (2, len(profile.station_ratio))
    assert profile.seat_px.tolist() == evidence.profile.seat_px[3:5].tolist()
