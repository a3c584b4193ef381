from dataclasses import replace

import numpy as np
import pytest

from hiphinge.verdict import criteria_for, find_low_hands
from hiphinge.verdict.judge import grade_value
from hiphinge.verdict.load import compute_load_offset, compute_reach
from tests.synthetic import PERFECT, RATIOS, STANDING, analyse_clip, film, script, solve


def still(posture=PERFECT, arms="hug", visibility=None):
    clip = film(script(posture, time_s=np.zeros(1), depth=np.ones(1)), arms=arms, with_masks=False)
    if visibility is not None:
        clip = replace(clip, pose=replace(clip.pose, visibility=visibility(clip.pose.visibility.copy())))
    return clip.pose, analyse_clip(clip).segments


@pytest.mark.parametrize(
    ("place", "arms"),
    [
        ("upper_abdomen", "hug"),
        ("upper_back", "upper_back"),
        ("behind_knees", "behind_knees"),
        ("mid_foot", "mid_foot"),
    ],
)
def test_hands_in_place_are_at_zero(place, arms):
    pose, segments = still(arms=arms)
    assert compute_load_offset(place, pose, segments, row=0) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("posture", [STANDING, PERFECT, solve(knee=20, lean=75, lumbar=20)])
def test_arms_crossed_on_the_chest_hold_no_load_on_the_upper_back(posture):
    limits, half = criteria_for("upper_back").rule("13").limits, RATIOS.hand_ratio
    for arms, passes in (("upper_back", True), ("crossed", False), ("hug", False), ("hanging", False)):
        pose, segments = still(posture, arms=arms)
        offset = compute_load_offset("upper_back", pose, segments, row=0)
        grade = grade_value(offset, max(0.0, offset - half), offset + half, limits)
        assert (grade == "pass") is passes
    pose, segments = still(posture, arms="crossed")
    # 0.15 before the axis, where 0.02 are allowed.
    assert compute_load_offset("upper_back", pose, segments, row=0) == pytest.approx(0.13, abs=0.01)


def test_offset_is_a_distance_in_trunk_lengths():
    pose, segments = still(arms="hug")
    trunk = float(segments.trunk_px[0])
    u = (segments.shoulder[0] - segments.hip[0]) / trunk
    pose.keypoints_px[0, [15, 16]] = segments.hip[0] + 1.15 * trunk * u
    assert compute_load_offset("upper_abdomen", pose, segments, row=0) == pytest.approx(0.30, abs=1e-6)
    pose.keypoints_px[0, [15, 16], 0] = (segments.heel[0, 0] + segments.toe[0, 0]) / 2 - 0.4 * trunk
    assert compute_load_offset("mid_foot", pose, segments, row=0) == pytest.approx(0.4)
    pose.keypoints_px[0, [15, 16], 0] = segments.knee[0, 0] + 0.25 * trunk
    assert compute_load_offset("behind_knees", pose, segments, row=0) == pytest.approx(0.25)


def _hide_hands(visibility):
    visibility[:, 13:23] = 0.1
    return visibility


def _hide_far_hand(visibility):
    visibility[:, [15, 19]] = 0.1
    return visibility


def test_unseen_hands_give_nan():
    pose, segments = still(visibility=_hide_hands)
    assert np.isnan(compute_reach(pose, segments, row=0))
    assert not find_low_hands(pose, segments, row=0)


@pytest.mark.parametrize("place", ["upper_abdomen", "upper_back", "behind_knees", "mid_foot"])
def test_unseen_hands_are_never_in_place(place):
    pose, segments = still(visibility=_hide_hands)
    assert np.isnan(compute_load_offset(place, pose, segments, row=0))


def test_one_seen_hand_is_enough():
    pose, segments = still(visibility=_hide_far_hand)
    pose.keypoints_px[0, 15] += 500.0
    assert compute_load_offset("upper_abdomen", pose, segments, row=0) == pytest.approx(0.0, abs=0.01)


def test_reach_is_the_height_of_the_fingertips_above_the_soles():
    pose, segments = still(STANDING, arms="hanging")
    pose.keypoints_px[0, [19, 20], 1] = segments.heel[0, 1] - 123.0
    assert compute_reach(pose, segments, row=0) == pytest.approx(123.0)


def test_low_hands_are_below_the_knees():
    for arms, low in (("floor", True), ("hug", False), ("crossed", False)):
        pose, segments = still(arms=arms)
        assert find_low_hands(pose, segments, row=0) is low
