from dataclasses import fields, replace

import numpy as np
import pytest

from hiphinge.errors import UsageError
from hiphinge.sagittal import compute_segments, find_standing
from tests.synthetic import PERFECT, SQUAT, STANDING_LEAN, View, film, script, solve


def segments_of(posture=PERFECT, *, view=None, unseen=None, **plan):
    clip = film(script(posture, **{"n_reps": 2, **plan}), view=view, unseen=unseen, with_masks=False)
    return clip, compute_segments(clip.pose)


def test_a_still_stand_is_found_where_it_is():
    clip, segments = segments_of(still_s=3.0)
    standing = find_standing(segments)
    reference = standing.reference
    assert (reference.angles, reference.positions) == ("still", "still")
    assert 0.0 <= reference.start_s < reference.end_s <= 3.3
    assert reference.end_s - reference.start_s == pytest.approx(2.0, abs=0.15)
    assert reference.foot_length_px == pytest.approx(clip.foot_px, abs=0.1)
    assert reference.trunk_length_px == pytest.approx(0.288 * 1.75 * 380, abs=1.0)
    assert np.median(segments.trunk_lean_deg[standing.rows]) == pytest.approx(STANDING_LEAN, abs=0.2)


def test_the_first_stand_counts_not_the_longest():
    _, segments = segments_of(still_s=1.5, between_s=4.0)
    assert find_standing(segments).reference.end_s < 1.8


def test_a_short_stand_is_no_still_stand_but_gives_positions():
    _, segments = segments_of(still_s=0.2, between_s=0.0)
    reference = find_standing(segments).reference
    assert (reference.angles, reference.positions) == ("none", "upright")
    assert reference.foot_length_px is not None


def test_a_clip_that_is_never_upright_has_no_reference():
    bent = solve(knee=20, lean=40)
    time_s = np.arange(0, 5, 1 / 30)
    depth = np.full(time_s.shape, 1.0)
    _, segments = segments_of(bent, time_s=time_s, depth=depth)
    standing = find_standing(segments)
    assert standing.reference.positions == "none"
    assert standing.reference.foot_length_px is None
    assert not standing.rows.any()
    assert np.isnan(standing.hip_from_feet_px).all()


def test_a_moving_upright_person_is_not_still():
    time_s = np.arange(0, 6, 1 / 30)
    depth = 0.1 * (1 + np.sin(2 * np.pi * 1.2 * time_s))
    _, segments = segments_of(PERFECT, time_s=time_s, depth=depth)
    assert find_standing(segments).reference.angles == "none"


def test_a_still_squat_is_not_a_stand():
    time_s = np.arange(0, 5, 1 / 30)
    low = replace(SQUAT, pelvis=0.0)
    _, segments = segments_of(low, time_s=time_s, depth=np.ones(time_s.shape))
    assert find_standing(segments).reference.angles == "none"


def test_one_noisy_frame_does_not_end_a_stand():
    clip, _ = segments_of(still_s=2.6)
    clip.pose.keypoints_px[40:42, :, 0] += 9.0
    assert find_standing(compute_segments(clip.pose)).reference.angles == "still"


def test_a_camera_that_pauses_in_the_stand_leaves_the_stand():
    _, segments = segments_of(still_s=6.0)
    # The pause spans the two seconds in the middle of the stand that would be counted from.
    kept = (segments.time_s < 0.8) | (segments.time_s > 5.2)
    standing = find_standing(replace(segments, **{f.name: getattr(segments, f.name)[kept] for f in fields(segments)}))
    assert standing.reference.angles == "still"
    assert standing.rows.sum() > 4


def test_noise_of_a_few_pixels_leaves_the_stand():
    _, segments = segments_of(still_s=3.0, view=View(noise_px=1.0))
    assert find_standing(segments).reference.angles == "still"


def test_a_given_stand_is_taken():
    _, segments = segments_of(still_s=3.0)
    standing = find_standing(segments, still_s=(0.5, 1.0))
    assert standing.reference.angles == "still"
    assert standing.reference.start_s == pytest.approx(0.5, abs=0.04)
    assert standing.reference.end_s == pytest.approx(1.0, abs=0.04)


def test_a_given_stand_without_anybody_is_refused():
    unseen = np.zeros(len(script(PERFECT, n_reps=2).time_s), dtype=bool)
    unseen[:40] = True
    _, segments = segments_of(unseen=unseen)
    with pytest.raises(UsageError, match=r"from 0 s to 1 s shows nobody") as caught:
        find_standing(segments, still_s=(0.0, 1.0))
    assert "--still" in str(caught.value)


def test_nobody_has_no_stand():
    unseen = np.ones(len(script(PERFECT, n_reps=2).time_s), dtype=bool)
    _, segments = segments_of(unseen=unseen)
    assert find_standing(segments).reference.positions == "none"


def test_a_single_upright_picture_gives_positions_but_no_angles():
    _, segments = segments_of(time_s=np.zeros(1), depth=np.zeros(1))
    reference = find_standing(segments).reference
    assert (reference.angles, reference.positions) == ("none", "upright")


@pytest.mark.parametrize("px_per_m", [100.0, 380.0, 900.0])
def test_standing_does_not_depend_on_scale(px_per_m):
    _, segments = segments_of(still_s=3.0, view=View(px_per_m=px_per_m))
    reference = find_standing(segments).reference
    assert reference.angles == "still"
    assert reference.end_s == pytest.approx(2.5, abs=0.2)


def test_two_upright_frames_are_no_place_to_count_from():
    time_s = np.arange(0, 3, 1 / 30)
    depth = np.clip(np.interp(time_s, [0, 0.5, 3], [0, 1, 1]), 0, 1)
    depth[2:] = np.maximum(depth[2:], 0.4)
    _, segments = segments_of(solve(knee=20, lean=70), time_s=time_s, depth=depth)
    assert find_standing(segments).reference.positions == "none"
