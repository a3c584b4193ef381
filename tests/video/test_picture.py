import cv2
import numpy as np
import pytest

from hiphinge.video.picture import _WARP, Orientation, RgbPicture, YuvPicture, _cut_plane
from tests.corrupt_files import pattern

TURNS = [(0, False), (1, False), (2, False), (3, False), (0, True), (1, True), (2, True), (3, True)]


WEIGHTS = {"bt601": (0.299, 0.114), "bt709": (0.2126, 0.0722), "bt2020": (0.2627, 0.0593)}


def smooth_planes(width=200, height=120):
    y, x = np.mgrid[0:height, 0:width]
    luma = (120 + 60 * np.sin(x / 17.0) * np.cos(y / 13.0)).astype(np.uint8)
    y, x = np.mgrid[0 : (height + 1) // 2, 0 : (width + 1) // 2]
    blue = (128 + 40 * np.sin(x / 21.0)).astype(np.uint8)
    red = (128 + 40 * np.cos(y / 17.0)).astype(np.uint8)
    return luma, blue, red


def exact_rgb(picture):
    """The whole picture in floating point, colour planes widened linearly; upright."""
    luma, *chroma = [plane.astype(np.float32) for plane in picture.planes]
    chroma = [cv2.resize(plane, luma.shape[::-1], interpolation=cv2.INTER_LINEAR) - 128 for plane in chroma]
    red, blue = WEIGHTS[picture.colorspace]
    if not picture.full_range:
        luma, chroma = (luma - 16) * 255 / 219, [plane * 255 / 224 for plane in chroma]
    r, b = luma + 2 * (1 - red) * chroma[1], luma + 2 * (1 - blue) * chroma[0]
    g = (luma - red * r - blue * b) / (1 - red - blue)
    stored = np.clip(np.stack([r, g, b], axis=-1).round(), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(picture.orientation.apply(stored))


def affine(angle_deg=0.0, scale=1.0, shift=(0.0, 0.0), mirror=False):
    c, s = scale * np.cos(np.radians(angle_deg)), scale * np.sin(np.radians(angle_deg))
    linear = np.array([[c, -s], [s, c]]) @ np.diag([-1.0 if mirror else 1.0, 1.0])
    return np.column_stack([linear, shift])


WARPS = {
    "identity": affine(),
    "shift": affine(shift=(30.25, 12.5)),
    "turn": affine(23.0, 0.8, (70.0, 8.0)),
    "mirror": affine(0.0, 1.0, (150.0, 10.0), mirror=True),
    "mirror and turn": affine(-40.0, 1.3, (120.0, 90.0), mirror=True),
    "outside": affine(5.0, 2.0, (-60.0, -40.0)),
}


@pytest.mark.parametrize("name", WARPS)
@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize(("space", "full"), [("bt601", False), ("bt709", False), ("bt2020", True)])
def test_warp_equals_warping_the_rgb_picture(name, turns, space, full):
    orientation = Orientation(*turns)
    picture = YuvPicture(smooth_planes(), colorspace=space, full_range=full, orientation=orientation)
    whole = RgbPicture(exact_rgb(picture))
    got = picture.warp(WARPS[name], size_px=96).astype(int)
    expected = whole.warp(WARPS[name], size_px=96).astype(int)
    # At the picture's border the two blend with black in different planes: leave one pixel there.
    ones = RgbPicture(np.full((picture.height_px, picture.width_px, 3), 255, np.uint8))
    covered = ones.warp(WARPS[name], size_px=96)[..., 0]
    inside = cv2.erode(covered, np.ones((5, 5)), borderType=cv2.BORDER_CONSTANT, borderValue=0) == 255
    outside = cv2.dilate(covered, np.ones((5, 5))) == 0
    apart = np.abs(got - expected)[inside]
    assert inside.sum() > 250
    assert apart.max() <= 3  # chroma is rounded twice, and weighs up to 2.1 in a colour
    assert apart.mean() < 0.8
    assert got[outside].sum() == 0


@pytest.mark.parametrize("turns", TURNS)
def test_turning_in_the_affine_equals_turning_the_pixels(turns):
    rgb = pattern(5, width_px=61, height_px=43)
    orientation = Orientation(*turns)
    turned = RgbPicture(rgb, orientation)
    assert (turned.height_px, turned.width_px) == turned.rgb().shape[:2] == turned.luma().shape
    plain = RgbPicture(turned.rgb())
    np.testing.assert_array_equal(
        turned.warp(affine(), size_px=80)[:43, :43], plain.warp(affine(), size_px=80)[:43, :43]
    )
    np.testing.assert_array_equal(turned.warp(affine(), size_px=40), turned.rgb()[:40, :40])


def test_quarter_turn_is_clockwise():
    rgb = np.zeros((10, 20, 3), np.uint8)
    rgb[:5, :5] = 255  # top left
    turned = RgbPicture(rgb, Orientation(1)).rgb()
    assert turned.shape == (20, 10, 3)
    assert turned[:5, 5:].min() == 255  # top right
    assert turned[:, :5].max() == 0


def test_warp_uses_continuous_coordinates():
    rgb = np.zeros((40, 40, 3), np.uint8)
    rgb[10, 20] = 255
    # Twice as large: the centre of pixel (20, 10), (20.5, 10.5), comes to lie at (41, 21).
    crop = RgbPicture(rgb).warp(np.array([[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]]), size_px=80)[..., 0].astype(float)
    rows, columns = np.mgrid[0:80, 0:80] + 0.5
    assert (columns * crop).sum() / crop.sum() == pytest.approx(41.0, abs=0.02)
    assert (rows * crop).sum() / crop.sum() == pytest.approx(21.0, abs=0.02)


@pytest.mark.parametrize(("space", "weights"), WEIGHTS.items())
@pytest.mark.parametrize("full", [False, True])
def test_rgb_inverts_the_standard_conversion(space, weights, full):
    colour = np.array([180.0, 90.0, 40.0])
    red, blue = weights
    luma = red * colour[0] + (1 - red - blue) * colour[1] + blue * colour[2]
    chroma = (colour[2] - luma) / (2 * (1 - blue)), (colour[0] - luma) / (2 * (1 - red))
    scale = (1.0, 1.0, 0.0) if full else (219 / 255, 224 / 255, 16.0)
    values = [luma * scale[0] + scale[2], *(128 + part * scale[1] for part in chroma)]
    planes = [np.full(shape, round(v), np.uint8) for v, shape in zip(values, [(8, 8), (4, 4), (4, 4)], strict=True)]
    rgb = YuvPicture(tuple(planes), colorspace=space, full_range=full).rgb()
    assert np.abs(rgb.astype(float) - colour).max() <= 2


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("space", WEIGHTS)
def test_rgb_is_near_the_exact_picture(turns, space):
    # swscale repeats the colour planes instead of widening them: a few levels where colours change.
    picture = YuvPicture(smooth_planes(), colorspace=space, orientation=Orientation(*turns))
    apart = np.abs(picture.rgb().astype(int) - exact_rgb(picture).astype(int))
    assert apart.max() <= 8
    assert apart.mean() < 1.5


def test_odd_sizes_keep_their_size():
    luma, blue, red = smooth_planes(201, 121)
    picture = YuvPicture((luma, blue, red))
    assert picture.rgb().shape == (121, 201, 3)
    assert picture.resized_rgb(100, 60).shape == (60, 100, 3)


def test_resized_rgb_keeps_the_colours():
    picture = YuvPicture(smooth_planes(400, 240), orientation=Orientation(1))
    small = picture.resized_rgb(60, 100)
    assert small.shape == (100, 60, 3)
    expected = cv2.resize(picture.rgb(), (60, 100), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - expected.astype(int)).mean() < 3


def test_luma_is_a_view():
    planes = smooth_planes()
    assert np.shares_memory(YuvPicture(planes, orientation=Orientation(1)).luma(), planes[0])


@pytest.mark.parametrize("turns", TURNS)
def test_display_matrix_round_trip(turns):
    orientation = Orientation(*turns)
    linear = np.linalg.inv(orientation.upright_to_stored(100, 50))[:2, :2].round().astype(int) * 65536
    matrix = [linear[0, 0], linear[1, 0], 0, linear[0, 1], linear[1, 1], 0, 0, 0, 1 << 30]
    assert Orientation.from_display_matrix(np.array(matrix, dtype=np.int32).tobytes()) == orientation


def test_a_crop_of_a_plane_is_the_same_bit_by_bit_as_the_warp_of_all_of_it():
    """Regions lie on a grid of 1/2048 pixel (``pose.region``), on which 32-bit floats are exact."""
    rng = np.random.default_rng(1)
    for _ in range(400):
        height, width = rng.integers(16, 400, 2)
        plane = rng.integers(0, 255, (height, width), dtype=np.uint8)
        scale, turn = rng.uniform(0.05, 6) * rng.choice([-1, 1]), rng.uniform(-np.pi, np.pi)
        linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        affine = np.round(np.column_stack([linear, rng.uniform(-500, 700, 2)]) * 2048) / 2048
        affine[0] *= rng.choice([-1, 1])  # mirrored
        whole = cv2.warpAffine(plane, affine, (64, 64), flags=_WARP, borderValue=16)
        np.testing.assert_array_equal(_cut_plane(plane, affine, 64, 16), whole)
