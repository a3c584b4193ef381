import base64
import json
import zlib

import numpy as np
import pytest

from hiphinge.model import Mask
from hiphinge.spine.profile import DEPTHS, STATIONS, THIGH_STATIONS, VENTRAL_STATIONS, compute_profile
from tests.profile_vectors import CAMERA_CASES, CASES, PATH

STORED = json.loads(PATH.read_text(encoding="utf-8"))


def numbers(values):
    return np.array([np.nan if v is None else v for v in values])


def test_the_specification_is_that_of_the_vectors():
    assert numbers(STORED["station_ratio"]) == pytest.approx(STATIONS, abs=1e-5)
    assert numbers(STORED["depth_ratio"]) == pytest.approx(DEPTHS, abs=1e-5)
    assert numbers(STORED["ventral_station_ratio"]) == pytest.approx(VENTRAL_STATIONS, abs=1e-5)
    assert numbers(STORED["thigh_station_ratio"]) == pytest.approx(THIGH_STATIONS, abs=1e-5)
    assert [v["name"] for v in STORED["vectors"]] == [*CASES, *CAMERA_CASES]


@pytest.mark.parametrize("vector", STORED["vectors"], ids=lambda v: v["name"])
def test_profile_of_each_vector(vector):
    values = np.frombuffer(zlib.decompress(base64.b64decode(vector["mask_zlib_base64"])), dtype=np.uint8)
    size = vector.get("mask_height_px", 256), vector.get("mask_width_px", 256)
    mask = Mask(values.reshape(size), np.array(vector["crop_to_image"]))
    row = compute_profile(
        np.array(vector["keypoints_px"]), mask, width_px=vector["width_px"], height_px=vector["height_px"]
    )
    expected = numbers(vector["dorsal_ratio"])
    assert np.array_equal(np.isnan(row.dorsal_ratio), np.isnan(expected))
    assert row.dorsal_ratio == pytest.approx(expected, abs=STORED["tolerance_ratio"], nan_ok=True)
    assert row.hidden.tolist() == vector["hidden"]
    for side in ("ventral_ratio", "thigh_back_ratio", "thigh_front_ratio"):
        assert getattr(row, side) == pytest.approx(numbers(vector[side]), abs=STORED["tolerance_ratio"], nan_ok=True)
    assert row.seat_px == pytest.approx(tuple(numbers(vector["seat_px"])), abs=0.5, nan_ok=True)
    for number in ("edge_softness_px", "body_top_px", "body_bottom_px", "clipped"):
        assert getattr(row, number) == pytest.approx(numbers([vector[number]])[0], abs=0.05, nan_ok=True)


def test_the_vectors_hold_the_hard_cases():
    by_name = {v["name"]: v for v in STORED["vectors"]}
    assert any(by_name["hand on the back"]["hidden"])
    assert any(by_name["seat beyond the picture's border"]["hidden"])
    assert any(by_name["crop too small"]["hidden"])
    assert not any(by_name["hinge"]["hidden"][10:50])
    assert not any(by_name["mask of the whole picture"]["hidden"][10:50])
    assert any(by_name["mask of the whole picture, seat at its border"]["hidden"][:30])
    assert by_name["mask of the whole picture, too near"]["clipped"] > 0.05
    assert by_name["mask of the whole picture"]["clipped"] == 0
