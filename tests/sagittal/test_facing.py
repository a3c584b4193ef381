from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.sagittal import FacingDecision, compute_facing_evidence, decide_facing
from tests.synthetic import PERFECT, Clip, film, pose_frames, script


def _clip(**changes) -> Clip:
    return film(script(PERFECT, n_reps=1, rate_hz=6.0, **changes), with_masks=False)


CLIP = _clip()
#: Left and right swapped, as the pose model names them in a mirrored picture.
SWAP = np.array(
    [0, 4, 5, 6, 1, 2, 3, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21, 24, 23, 26, 25, 28, 27, 30, 29,
     32, 31]
)  # fmt: skip


def mirror(keypoints, width_px):
    flipped = keypoints[:, SWAP].copy()
    flipped[..., 0] = width_px - flipped[..., 0]
    return flipped


def test_every_frame_speaks_for_the_way_the_figure_faces():
    evidence = compute_facing_evidence(CLIP.pose.keypoints_px, CLIP.pose.visibility)
    assert (evidence > 1.0).all()


def test_a_bend_speaks_louder_than_standing():
    evidence = compute_facing_evidence(CLIP.pose.keypoints_px, CLIP.pose.visibility)
    depth = CLIP.script.depth
    assert evidence[depth > 0.9].mean() > evidence[depth < 0.05].mean() + 1.0


@settings(deadline=None, max_examples=30)
@given(noise_px=st.floats(0, 40), width_px=st.integers(300, 4000), seed=st.integers(0, 50))
def test_evidence_of_a_mirrored_picture_is_the_opposite(noise_px, width_px, seed):
    rng = np.random.default_rng(seed)
    keypoints = CLIP.pose.keypoints_px + rng.normal(0, noise_px, CLIP.pose.keypoints_px.shape)
    visibility = rng.uniform(0, 1, CLIP.pose.visibility.shape)
    plain = compute_facing_evidence(keypoints, visibility)
    flipped = compute_facing_evidence(mirror(keypoints, width_px), visibility[:, SWAP])
    assert flipped == pytest.approx(-plain, abs=1e-9)


@settings(deadline=None, max_examples=20)
@given(scale=st.floats(0.2, 5), shift=st.floats(-500, 500))
def test_evidence_does_not_depend_on_scale_or_place(scale, shift):
    plain = compute_facing_evidence(CLIP.pose.keypoints_px, CLIP.pose.visibility)
    moved = compute_facing_evidence(scale * CLIP.pose.keypoints_px + shift, CLIP.pose.visibility)
    assert moved == pytest.approx(plain, abs=1e-6)


def test_unseen_frames_say_nothing():
    assert compute_facing_evidence(np.full((3, 33, 2), np.nan), np.zeros((3, 33))).tolist() == [0.0, 0.0, 0.0]


def _mirrored_frames(poses, width_px):
    return tuple(
        replace(p, keypoints_px=mirror(p.keypoints_px[None], width_px)[0], visibility=p.visibility[SWAP]) for p in poses
    )


def test_decision_is_right_and_opposite_for_the_mirrored_clip():
    plain = pose_frames(CLIP)[::8]
    flipped = _mirrored_frames(plain, CLIP.view.width_px)
    right, left = decide_facing(plain, flipped), decide_facing(flipped, plain)
    assert right.facing == "right"
    assert left.facing == "left"
    assert right.confidence == pytest.approx(left.confidence)
    assert right.confidence > 0.9


def test_a_model_that_says_the_same_of_both_pictures_gives_no_facing():
    plain = pose_frames(CLIP)[::8]
    decision = decide_facing(plain, plain)
    assert decision.facing is None
    assert decision.confidence == pytest.approx(0.0)


def test_nobody_gives_no_facing():
    nobody = film(CLIP.script, with_masks=False, unseen=np.ones(len(CLIP.script.time_s), dtype=bool))
    assert decide_facing(pose_frames(nobody), ()) == FacingDecision(None, 0.0)
    assert decide_facing((), ()) == FacingDecision(None, 0.0)
