from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.pose.region import (
    Region,
    apply_affine,
    canonical_to_image,
    compose_affine,
    region_from_points,
)

REGIONS = st.builds(
    Region,
    st.floats(-500, 4500),
    st.floats(-500, 2500),
    st.floats(20, 3000),
    st.floats(-math.pi, math.pi),
)


@pytest.mark.parametrize(
    ("edge", "turn_deg"),
    [((100.0, 40.0), 0.0), ((160.0, 100.0), 90.0), ((40.0, 100.0), -90.0), ((142.43, 57.57), 45.0)],
)
def test_region_from_points_turns_with_the_body(edge: tuple[float, float], turn_deg: float) -> None:
    region = region_from_points(np.array([100.0, 100.0]), np.array(edge))
    assert math.degrees(region.rotation_rad) == pytest.approx(turn_deg, abs=0.01)
    assert region.size_px == pytest.approx(2 * 1.25 * 60, rel=1e-3)
    assert (region.x_px, region.y_px) == (100.0, 100.0)


@given(REGIONS)
def test_crop_center_is_region_center(region: Region) -> None:
    center = apply_affine(region.crop_to_canonical(), np.array([[128.0, 128.0]]))[0]
    # Each number is rounded to 1/2048; two of them are multiplied by 128.
    assert center == pytest.approx([region.x_px, region.y_px], abs=0.13)


@given(REGIONS)
def test_crop_up_points_to_the_head(region: Region) -> None:
    affine = region.crop_to_canonical()
    up = affine[:, :2] @ [0.0, -256.0]
    head = [math.sin(region.rotation_rad), -math.cos(region.rotation_rad)]
    assert up / region.size_px == pytest.approx(head, abs=0.01)


@given(REGIONS, st.integers(16, 8192))
def test_mirrored_sampling_is_exact(region: Region, width_px: int) -> None:
    affine = region.sampling()
    mirrored = compose_affine(canonical_to_image(width_px, mirrored=True), affine)
    pixels = np.array([[0.5, 0.5], [255.5, 0.5], [17.5, 201.5]])
    plain = apply_affine(affine, pixels)
    np.testing.assert_array_equal(apply_affine(mirrored, pixels), plain * [-1, 1] + [width_px, 0])
    assert np.all(affine * 4096 == np.round(affine * 4096))


def test_sampling_puts_first_pixel_center_on_the_corner() -> None:
    region = Region(100.0, 100.0, 128.0, 0.0)
    corner = apply_affine(region.sampling(), np.array([[0.5, 0.5]]))[0]
    assert corner == pytest.approx([36.5, 36.5])


def test_compose_affine_applies_inner_first() -> None:
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])
    move = np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 0.0]])
    assert apply_affine(compose_affine(move, turn), np.array([[1.0, 0.0]]))[0] == pytest.approx([5.0, 1.0])
