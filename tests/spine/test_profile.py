from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge.model import Mask
from hiphinge.spine import ProfileBuilder, back_curve_px, compute_profile, compute_profiles
from hiphinge.spine.profile import STATIONS, ProfileRow
from tests.synthetic import (
    HALF_DEPTH,
    PERFECT,
    ROUNDED,
    SEAT_FL,
    STANDING,
    View,
    body_polygons,
    build,
    crop_of,
    draw_mask,
    film,
    keypoints_of,
    script,
)
from tests.synthetic import _to_px as to_px

TRUNK = (STATIONS > 0.15) & (STATIONS < 0.9)


def picture_of(posture=PERFECT, *, depth=1.0, arms="crossed", view=None, with_arms=True):
    view = view or View()
    time_s = np.zeros(1)
    figure = build(script(posture, time_s=time_s, depth=np.array([depth])), arms=arms)
    keypoints = keypoints_of(figure, view, time_s)[0][0]
    polygons = [to_px(p[None], view, time_s)[0] for p in body_polygons(figure, 0, with_arms=with_arms)]
    mask = draw_mask(polygons, crop_of(keypoints, view), width_px=view.width_px, height_px=view.height_px)
    return keypoints, mask, view


def row_of(*args, **kwargs):
    keypoints, mask, view = picture_of(*args, **kwargs)
    return compute_profile(keypoints, mask, width_px=view.width_px, height_px=view.height_px)


def figure_keypoints(hip, shoulder):
    keypoints = np.full((33, 2), -500.0)
    keypoints[[23, 24]], keypoints[[11, 12]] = hip, shoulder
    return keypoints


def test_distances_to_the_thigh_are_exact_on_both_sides():
    keypoints = figure_keypoints((200.0, 300.0), (200.0, 100.0))
    keypoints[[25, 26]] = (200.0, 420.0)
    box = np.array([[170, 20], [250, 20], [250, 480], [170, 480]], dtype=float)
    mask = draw_mask([box], np.array([[2.0, 0, 0], [0, 2.0, 0]]), width_px=512, height_px=512)
    row = compute_profile(keypoints, mask, width_px=512, height_px=512)
    assert row.thigh_back_ratio == pytest.approx(np.full(13, 30 / 200), abs=0.003)
    assert row.thigh_front_ratio == pytest.approx(np.full(13, 50 / 200), abs=0.003)


def test_distances_to_a_straight_back_are_exact():
    keypoints = figure_keypoints((200.0, 300.0), (200.0, 100.0))
    box = np.array([[150, 20], [260, 20], [260, 400], [150, 400]], dtype=float)
    mask = draw_mask([box], np.array([[2.0, 0, 0], [0, 2.0, 0]]), width_px=512, height_px=512)
    row = compute_profile(keypoints, mask, width_px=512, height_px=512)
    assert row.dorsal_ratio == pytest.approx(np.full(61, 0.25), abs=0.003)
    assert row.ventral_ratio == pytest.approx(np.full(31, 0.30), abs=0.003)
    assert row.seat_px[0] == pytest.approx(150.0, abs=1.0)
    assert not row.hidden.any()
    assert row.body_top_px == pytest.approx(20, abs=8)
    assert row.body_bottom_px == pytest.approx(400, abs=8)
    assert row.clipped == 0.0


def test_a_slanted_back_gives_its_slope():
    keypoints = figure_keypoints((200.0, 300.0), (200.0, 100.0))
    # The back goes backwards on the way up by 0.1 of every unit of height.
    wedge = np.array([[100, 20 - 0], [300, 20], [300, 420], [140, 420]], dtype=float)
    mask = draw_mask([wedge], np.array([[2.0, 0, 0], [0, 2.0, 0]]), width_px=512, height_px=512)
    row = compute_profile(keypoints, mask, width_px=512, height_px=512)
    slope = np.polyfit(STATIONS, row.dorsal_ratio, 1)[0]
    assert slope == pytest.approx(0.1, abs=0.003)


@pytest.mark.parametrize("depth", [0.0, 0.5, 1.0])
def test_the_figures_back_is_its_half_depth_when_nothing_rounds(depth):
    row = row_of(PERFECT, depth=depth)
    assert row.dorsal_ratio[TRUNK] == pytest.approx(np.full(TRUNK.sum(), HALF_DEPTH), abs=0.02)


def test_a_rounded_back_stands_off_further_in_the_middle():
    flat, rounded = row_of(PERFECT), row_of(ROUNDED)
    middle = (STATIONS > 0.3) & (STATIONS < 0.6)
    assert (rounded.dorsal_ratio[middle] > flat.dorsal_ratio[middle] + 0.05).all()


def test_the_seats_edge_is_where_the_figure_has_it():
    keypoints, mask, view = picture_of(STANDING, depth=0.0)
    row = compute_profile(keypoints, mask, width_px=view.width_px, height_px=view.height_px)
    hip_x = keypoints[[23, 24], 0].mean()
    assert hip_x - row.seat_px[0] == pytest.approx(SEAT_FL * 0.152 * 1.75 * view.px_per_m, abs=2.5)


def test_no_mask_no_person_and_a_tiny_person_are_unseen():
    keypoints, mask, view = picture_of()
    size = {"width_px": view.width_px, "height_px": view.height_px}
    for row in (
        compute_profile(keypoints, None, **size),
        compute_profile(np.full((33, 2), np.nan), mask, **size),
        compute_profile(keypoints * 0.02, mask, **size),
    ):
        assert np.isnan(row.dorsal_ratio).all()
        assert np.isnan(row.ventral_ratio).all()
        assert np.isnan(row.thigh_back_ratio).all()
        assert np.isnan(row.thigh_front_ratio).all()
        assert np.isnan(row.seat_px).all()
        assert not row.hidden.any()


def test_an_empty_mask_gives_no_outline():
    keypoints, mask, view = picture_of()
    empty = Mask(np.zeros((256, 256), dtype=np.uint8), mask.crop_to_image)
    row = compute_profile(keypoints, empty, width_px=view.width_px, height_px=view.height_px)
    assert np.isnan(row.dorsal_ratio).all()
    assert np.isnan(row.seat_px).all()
    assert np.isnan(row.body_top_px)
    assert np.isnan(row.edge_softness_px)


def test_a_hand_on_the_back_hides_what_lies_below_it():
    free, held = row_of(arms="crossed"), row_of(arms="on_back")
    near = np.abs(STATIONS - 0.30) < 0.08
    assert held.hidden[near].all()
    assert not free.hidden[near].any()
    assert not held.hidden[STATIONS < -0.1].any()


def test_an_edge_on_the_pictures_border_is_hidden():
    row = row_of(view=View(origin_px=(110.0, 740.0)))
    seat = (STATIONS > -0.2) & (STATIONS < 0.1)
    assert row.hidden[seat].any()
    assert row.clipped > 0.02
    assert not row_of().hidden[seat].any()


def test_an_edge_on_the_crops_border_is_hidden():
    # The crop's left border cuts through the back, 60 pixels behind the axis at x = 200.
    keypoints = figure_keypoints((200.0, 300.0), (200.0, 100.0))
    box = np.array([[100, 20], [260, 20], [260, 400], [100, 400]], dtype=float)
    crop = np.array([[2.0, 0, 140.0], [0, 2.0, 0]])
    mask = draw_mask([box], crop, width_px=800, height_px=512)
    row = compute_profile(keypoints, mask, width_px=800, height_px=512)
    assert (row.hidden | np.isnan(row.dorsal_ratio)).all()


@settings(deadline=None, max_examples=25)
@given(
    turn_deg=st.floats(-180, 180),
    scale=st.floats(1.05, 1.9),
    depth=st.floats(0, 1),
    posture=st.sampled_from([PERFECT, ROUNDED]),
)
def test_the_outline_does_not_depend_on_how_the_crop_lies(turn_deg, scale, depth, posture):
    plain = row_of(posture, depth=depth, view=View(crop_scale=1.1))
    turned = row_of(posture, depth=depth, view=View(crop_turn_deg=turn_deg, crop_scale=scale))
    assert turned.dorsal_ratio[TRUNK] == pytest.approx(plain.dorsal_ratio[TRUNK], abs=0.015)
    assert turned.seat_px[0] == pytest.approx(plain.seat_px[0], abs=4.0)
    # A rounded seat is as far back at two neighbouring heights; which of the two wins may change.
    assert turned.seat_px[1] == pytest.approx(plain.seat_px[1], abs=10.0)


@settings(deadline=None, max_examples=20)
@given(px_per_m=st.floats(150, 700), x=st.floats(300, 500))
def test_the_outline_does_not_depend_on_size_or_place(px_per_m, x):
    plain = row_of(ROUNDED)
    moved = row_of(ROUNDED, view=View(width_px=1600, height_px=1600, px_per_m=px_per_m, origin_px=(x + 300, 1400)))
    assert moved.dorsal_ratio[TRUNK] == pytest.approx(plain.dorsal_ratio[TRUNK], abs=0.015)


def test_softness_is_the_width_of_the_masks_edge():
    keypoints = figure_keypoints((200.0, 300.0), (200.0, 100.0))
    crop = np.array([[2.0, 0, 0], [0, 2.0, 0]])
    ramp = np.clip((np.arange(256) - 70.0) / 10.0, 0, 1)
    soft = Mask(np.tile((255 * ramp).astype(np.uint8), (256, 1)), crop)
    row = compute_profile(keypoints, soft, width_px=512, height_px=512)
    assert row.edge_softness_px == pytest.approx(20.0, rel=0.15)
    assert row.dorsal_ratio == pytest.approx(np.full(61, (200 - 2 * 75.5) / 200), abs=0.005)


def test_builder_stacks_rows_and_an_empty_clip_has_no_rows():
    empty = ProfileBuilder().finish()
    assert empty.dorsal_ratio.shape == (0, 61)
    assert empty.seat_px.shape == (0, 2)
    builder = ProfileBuilder()
    builder.add(row_of())
    builder.add(row_of(ROUNDED))
    track = builder.finish()
    assert track.dorsal_ratio.shape == track.hidden.shape == (2, 61)
    assert track.body_height_px == pytest.approx(track.body_bottom_px - track.body_top_px)


def test_the_back_curve_lies_on_the_figures_back_and_has_gaps_where_hidden():
    clip = film(script(PERFECT, time_s=np.zeros(1), depth=np.ones(1)), arms="on_back")
    curve = back_curve_px(clip.pose, clip.profile, 0)
    hidden = clip.profile.hidden[0]
    assert hidden.any()
    assert np.isnan(curve[hidden]).all()
    spine = to_px(clip.figure.spine, clip.view, np.zeros(1))[0]
    for k in np.flatnonzero(TRUNK & ~hidden):
        distance = np.hypot(*(spine - curve[k]).T).min()
        assert distance == pytest.approx(HALF_DEPTH * 0.288 * 1.75 * 380, abs=8)


def test_frames_read_together_are_the_same_as_alone_to_the_last_bit():
    small = Mask(np.zeros((64, 64), dtype=np.uint8), np.array([[8.0, 0, 0], [0, 8.0, 0]]))
    views = [picture_of(depth=depth, arms=arms) for depth in (0.0, 0.4, 1.0) for arms in ("crossed", "hanging")]
    keypoints = [one[0] for one in views] + [views[0][0], np.full((33, 2), np.nan), views[1][0], views[2][0]]
    masks = [one[1] for one in views] + [None, views[0][1], small, views[2][1]]
    size = {"width_px": views[0][2].width_px, "height_px": views[0][2].height_px}
    together = compute_profiles(np.stack(keypoints), masks, **size)
    for row, points, mask in zip(together, keypoints, masks, strict=True):
        alone = compute_profile(points, mask, **size)
        for field in fields(ProfileRow):
            np.testing.assert_array_equal(getattr(row, field.name), getattr(alone, field.name), err_msg=field.name)
    assert np.isfinite(together[0].dorsal_ratio).any()
    assert np.isnan(together[-4].dorsal_ratio).all()


def test_an_edge_far_from_the_axis_is_read_as_one_nearby():
    """Rays are read in two parts, near the axis first: an edge in either, and between the two, is found."""
    keypoints = figure_keypoints((300.0, 400.0), (300.0, 200.0))
    for reach in np.linspace(0.05, 0.78, 60):
        box = np.array([[300 - 200 * reach, 20], [320, 20], [320, 480], [300 - 200 * reach, 480]])
        mask = draw_mask([box], np.array([[2.0, 0, 0], [0, 2.0, 0]]), width_px=512, height_px=512)
        row = compute_profile(keypoints, mask, width_px=512, height_px=512)
        assert row.dorsal_ratio[TRUNK] == pytest.approx(np.full(TRUNK.sum(), reach), abs=0.006)
