"""The browser's profile is Python's, to the last digits."""

import base64
import json
import zlib
from functools import cache

import numpy as np
import pytest

from hiphinge.model import Mask
from hiphinge.spine.profile import STATIONS, ProfileRow, back_curve_px, compute_profile
from tests.profile_vectors import PATH
from tests.web.js.node import run_js

STORED = json.loads(PATH.read_text(encoding="utf-8"))["vectors"]
RATIOS = {"dorsal": "dorsal_ratio", "ventral": "ventral_ratio", "thigh_back": "thigh_back_ratio",
          "thigh_front": "thigh_front_ratio"}  # fmt: skip
NUMBERS = ("edge_softness_px", "body_top_px", "body_bottom_px", "clipped")


def numbers(values):
    return np.array([float(v) for v in values])


def mask_bytes(vector):
    return zlib.decompress(base64.b64decode(vector["mask_zlib_base64"]))


def arguments(vector, keypoints=None):
    keypoints = np.array(vector["keypoints_px"]) if keypoints is None else keypoints
    flat = ["NaN" if np.isnan(v) else v for v in keypoints.ravel().tolist()]
    where = {
        "width": vector["width_px"],
        "height": vector["height_px"],
        "cropToImage": vector["crop_to_image"],
        "maskWidth": vector.get("mask_width_px", 256),
        "maskHeight": vector.get("mask_height_px", 256),
    }
    return [flat, {"bytes": base64.b64encode(mask_bytes(vector)).decode()}, where]


def python_row(vector, keypoints=None):
    size = vector.get("mask_height_px", 256), vector.get("mask_width_px", 256)
    mask = Mask(np.frombuffer(mask_bytes(vector), np.uint8).reshape(size), np.array(vector["crop_to_image"]))
    keypoints = np.array(vector["keypoints_px"]) if keypoints is None else keypoints
    return compute_profile(keypoints, mask, width_px=vector["width_px"], height_px=vector["height_px"])


@cache
def answers():
    calls = [("profile.js", "computeProfile", arguments(vector)) for vector in STORED]
    return [answer["value"] for answer in run_js(calls)]


def assert_same(row: ProfileRow, told):
    for theirs, ours in RATIOS.items():
        expected, found = getattr(row, ours), numbers(told[theirs])
        assert np.array_equal(np.isnan(found), np.isnan(expected)), theirs
        assert found == pytest.approx(expected, abs=1e-12, rel=0, nan_ok=True), theirs
    assert told["hidden"] == row.hidden.astype(int).tolist()
    assert numbers(told["seat"]) == pytest.approx(np.array(row.seat_px), abs=1e-9, rel=0, nan_ok=True)
    for name in NUMBERS:
        assert float(told[name]) == pytest.approx(getattr(row, name), abs=1e-9, rel=0, nan_ok=True), name


@pytest.mark.parametrize("number", range(len(STORED)), ids=lambda n: STORED[n]["name"])
def test_every_vector_is_read_alike(number):
    assert_same(python_row(STORED[number]), answers()[number])


def test_random_points_are_read_alike():
    rng = np.random.default_rng(5)
    vector = STORED[7]
    points = [np.array(vector["keypoints_px"]) + rng.normal(0, 25, (33, 2)) for _ in range(40)]
    told = run_js([("profile.js", "computeProfile", arguments(vector, p)) for p in points])
    for keypoints, answer in zip(points, told, strict=True):
        assert_same(python_row(vector, keypoints), answer["value"])


def test_nothing_seen_is_nothing_told():
    vector = STORED[0]
    lost = np.full((33, 2), np.nan)
    tiny = np.array(vector["keypoints_px"])
    tiny[[11, 12]] = tiny[[23, 24]] + 4.0
    flat, _, where = arguments(vector)
    told = run_js(
        [
            ("profile.js", "computeProfile", arguments(vector, lost)),
            ("profile.js", "computeProfile", arguments(vector, tiny)),
            ("profile.js", "computeProfile", [flat, None, where]),
            ("profile.js", "unseenProfile", []),
        ]
    )
    for answer in told:
        assert_same(python_row(vector, lost), answer["value"])


def test_the_back_is_drawn_where_python_draws_it():
    vector, told = STORED[2], answers()[2]
    flat = arguments(vector)[0]
    profile = {key: numbers(told[key]).tolist() for key in ("hidden",)}
    profile["dorsal"] = ["NaN" if v == "NaN" else v for v in told["dorsal"]]
    (drawn,) = run_js([("profile.js", "backCurve", [flat, profile])])
    row = python_row(vector)

    class Pose:
        keypoints_px = np.array(vector["keypoints_px"])[None]

    class Profile:
        station_ratio, dorsal_ratio, hidden = STATIONS, row.dorsal_ratio[None], row.hidden[None]

    expected = back_curve_px(Pose(), Profile(), 0)
    assert numbers(drawn["value"]).reshape(-1, 2) == pytest.approx(expected, abs=1e-3, nan_ok=True)
