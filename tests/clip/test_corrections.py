"""Joints and walls that are put elsewhere: the frame itself, its neighbours, the outline, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from hiphinge.clip.analyse import ClipTracks
from hiphinge.clip.corrections import (
    TAPER_S,
    Corrections,
    JointPlace,
    correct_tracks,
    corrections_document,
    read_corrections,
)
from hiphinge.clip.options import AssessOptions
from hiphinge.clip.recording import reassess
from hiphinge.errors import UsageError
from hiphinge.sagittal.points import JOINTS
from hiphinge.spine.profile import back_curve_px
from tests.clip.clips import tracks_of
from tests.synthetic import PERFECT, film, script


@pytest.fixture(scope="module")
def tracks() -> ClipTracks:
    return tracks_of(film(script(PERFECT, n_reps=2, rate_hz=20.0)))


def place(tracks: ClipTracks, row: int, joint: str = "hip", by: tuple[float, float] = (20.0, -8.0)) -> JointPlace:
    x, y = tracks.pose.keypoints_px[row, JOINTS[joint][1]]
    return JointPlace(row, joint, float(x + by[0]), float(y + by[1]))


def shift(before: ClipTracks, after: ClipTracks, joint: str, side: int = 1) -> np.ndarray:
    point = JOINTS[joint][side]
    return after.pose.keypoints_px[:, point] - before.pose.keypoints_px[:, point]


def test_nothing_corrected_is_the_same_track(tracks: ClipTracks) -> None:
    assert correct_tracks(tracks, Corrections()) is tracks
    assert correct_tracks(tracks, Corrections(wall_ratio=0.2)) is tracks


@pytest.mark.parametrize("joint", JOINTS)
def test_a_joint_moves_whole_at_its_frame_and_less_and_less_beside_it(tracks: ClipTracks, joint: str) -> None:
    before = tracks.pose.keypoints_px.copy()
    after = correct_tracks(tracks, Corrections((place(tracks, 60, joint),)))
    moved = shift(tracks, after, joint)
    from_s = np.abs(tracks.pose.time_s - tracks.pose.time_s[60])
    expected = np.maximum(0.0, 1.0 - from_s / TAPER_S)[:, None] * np.array([20.0, -8.0])
    np.testing.assert_allclose(moved, expected, atol=1e-9)
    np.testing.assert_allclose(shift(tracks, after, joint, 0), expected, atol=1e-9)
    others = [k for k in range(33) if k not in JOINTS[joint]]
    np.testing.assert_array_equal(after.pose.keypoints_px[:, others], tracks.pose.keypoints_px[:, others])
    np.testing.assert_array_equal(tracks.pose.keypoints_px, before)


def test_two_corrections_both_hold_and_go_straight_from_one_to_the_other(tracks: ClipTracks) -> None:
    places = (place(tracks, 60, by=(20.0, 0.0)), place(tracks, 64, by=(-10.0, 4.0)))
    moved = shift(tracks, correct_tracks(tracks, Corrections(places)), "hip")
    np.testing.assert_allclose(moved[60], (20.0, 0.0), atol=1e-9)
    np.testing.assert_allclose(moved[64], (-10.0, 4.0), atol=1e-9)
    np.testing.assert_allclose(moved[62], (5.0, 2.0), atol=1e-9)
    assert correct_tracks(tracks, Corrections(places[::-1])).pose.keypoints_px.tolist() == (
        correct_tracks(tracks, Corrections(places)).pose.keypoints_px.tolist()
    )


def test_the_last_place_of_a_joint_in_a_frame_counts_and_back_again_is_nothing(tracks: ClipTracks) -> None:
    back = correct_tracks(tracks, Corrections((place(tracks, 60), place(tracks, 60, by=(0.0, 0.0)))))
    np.testing.assert_array_equal(back.pose.keypoints_px, tracks.pose.keypoints_px)
    np.testing.assert_array_equal(back.profile.dorsal_ratio, tracks.profile.dorsal_ratio)


@pytest.mark.parametrize("joint", ["hip", "shoulder", "knee"])
def test_the_back_stays_where_it_was_in_the_picture(tracks: ClipTracks, joint: str) -> None:
    after = correct_tracks(tracks, Corrections((place(tracks, 60, joint, (12.0, 6.0)),)))
    old = back_curve_px(tracks.pose, tracks.profile, 60)
    new = back_curve_px(after.pose, after.profile, 60)
    old, new = old[np.isfinite(old).all(axis=1)], new[np.isfinite(new).all(axis=1)]
    assert len(new) > 0.8 * len(old)
    inner = new[2:-2]
    near = np.hypot(*(inner[:, None, :] - old[None, :, :]).transpose(2, 0, 1)).min(axis=1)
    spacing = np.hypot(*np.diff(old, axis=0).T).max()
    assert near.max() < spacing
    far = correct_tracks(tracks, Corrections((place(tracks, 60, joint),))).profile.dorsal_ratio
    np.testing.assert_array_equal(far[:50], tracks.profile.dorsal_ratio[:50])


def test_a_hand_that_moves_leaves_the_outline_alone(tracks: ClipTracks) -> None:
    after = correct_tracks(tracks, Corrections((place(tracks, 60, "wrist"),)))
    assert after.profile is tracks.profile


def test_a_joint_that_was_put_counts_as_seen(tracks: ClipTracks) -> None:
    after = correct_tracks(tracks, Corrections((place(tracks, 60, "ankle"),)))
    near = JOINTS["ankle"][1]
    assert after.pose.visibility[60, near] == 1.0
    assert after.pose.visibility[0, near] == tracks.pose.visibility[0, near]


def test_a_correction_changes_what_is_measured_there_and_only_there(tracks: ClipTracks) -> None:
    options = AssessOptions(drill="hinge")
    before = reassess(tracks, options)
    row = before.reps[0].bottom_frame
    after = reassess(correct_tracks(tracks, Corrections((place(tracks, row, "knee", (30.0, 0.0)),))), options)
    assert before.evidence is not None
    assert after.evidence is not None
    knee = [one.evidence.motion.knee_flexion.value_deg for one in (before, after)]
    assert abs(knee[1][row] - knee[0][row]) > 3.0
    assert abs(knee[1][-1] - knee[0][-1]) < 0.01


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (JointPlace(0, "nose", 1.0, 1.0), "no joint 'nose'"),
        (JointPlace(100_000, "hip", 1.0, 1.0), "no frame 100000"),
        (JointPlace(-1, "hip", 1.0, 1.0), "no frame -1"),
        (JointPlace(0, "hip", 1e6, 1.0), "outside the picture"),
        (JointPlace(0, "hip", float("nan"), 1.0), "outside the picture"),
    ],
)
def test_what_cannot_be_is_refused(tracks: ClipTracks, bad: JointPlace, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        correct_tracks(tracks, Corrections((bad,)))


def test_a_frame_without_a_person_has_nothing_to_correct() -> None:
    tracks = tracks_of(film(script(PERFECT, n_reps=1, rate_hz=10.0)))
    tracks.pose.keypoints_px[5] = np.nan
    with pytest.raises(UsageError, match="Nobody was seen in frame 5"):
        correct_tracks(tracks, Corrections((JointPlace(5, "hip", 10.0, 10.0),)))
    after = correct_tracks(tracks, Corrections((place(tracks, 6),)))
    assert np.isnan(after.pose.keypoints_px[5]).all()


def test_corrections_come_back_from_their_document(tracks: ClipTracks) -> None:
    for one in (Corrections(), Corrections((place(tracks, 3), place(tracks, 9, "toe")), 0.25)):
        assert read_corrections(corrections_document(one)) == one
    assert not Corrections()
    assert Corrections(wall_ratio=0.0)


@pytest.mark.parametrize(
    ("document", "match"),
    [
        ({"joints": [{"row": 1}]}, "no corrections"),
        ({"joints": 3}, "no corrections"),
        ({"joints": [{"row": "x", "joint": "hip", "x_px": 1, "y_px": 1}]}, "no corrections"),
        ({"wall_ratio": 1.5}, "1.5 of the picture"),
        ({"joints": [{"row": 1, "joint": "hip", "x_px": 1, "y_px": 1}] * 501}, "501 corrections"),
    ],
)
def test_another_document_is_refused(document: dict, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        read_corrections(document)
