"""Sets of rendered people: every sample follows from its seed, the split keeps families apart, runs can go on."""

import json
from dataclasses import replace

import numpy as np
import pytest

from hiphinge.errors import MissingDependency
from hiphinge.synth.dataset import (
    BASE_RATIO,
    LOAD_CHANCES,
    N_STILL,
    draw_family,
    draw_scene,
    person_name,
    render_clips,
    render_people,
)
from hiphinge.synth.extras import load_extra
from hiphinge.synth.posture import ARMS, Bend, solve_bend, winter_skeleton
from hiphinge.synth.posture import StandingCurve as Curve

try:
    load_extra("anny")
    load_extra("pyvista")
    WITHOUT_RENDERER = False
except MissingDependency:
    WITHOUT_RENDERER = True
needs_renderer = pytest.mark.skipif(WITHOUT_RENDERER, reason="hiphinge[synth] is not installed")


def test_calibration_people_are_all_of_one_family_and_half_the_test_people():
    assert {draw_family(seed, "calibration") for seed in range(300)} == {"base"}
    drawn = [draw_family(seed, "test") for seed in range(600)]
    assert drawn.count("base") / 600 == pytest.approx(BASE_RATIO, abs=0.06)
    assert len(set(drawn)) == 6


def test_a_scene_follows_from_its_seed():
    assert draw_scene(17) == draw_scene(17)
    assert draw_scene(17) != draw_scene(18)


def test_loads_are_drawn_as_often_as_stated():
    kinds = [draw_scene(seed).load.kind for seed in range(1500)]
    for kind, chance in LOAD_CHANCES.items():
        assert kinds.count(kind) / 1500 == pytest.approx(chance, abs=0.035), kind


def test_some_rooms_hold_a_mirror_somebody_else_or_an_obstacle():
    scenes = [draw_scene(seed) for seed in range(800)]
    for found in (
        [s.mirror is not None for s in scenes],
        [s.bystander for s in scenes],
        [s.occluder for s in scenes],
    ):
        assert 0.03 < np.mean(found) < 0.15


def test_a_load_in_the_hands_is_balanced_by_leaning_less_forward():
    free = Bend(hip_flexion_deg=50, arms=ARMS["hanging"])
    loaded = replace(free, load_ratio=0.5)
    skeleton, curve = winter_skeleton(), Curve()
    without, held = (solve_bend(skeleton, curve, bend) for bend in (free, loaded))
    assert held.balanced
    assert held.lean_deg["shank"] < without.lean_deg["shank"] - 2


def test_names_tell_split_and_kind():
    assert person_name(7, "calibration") == "c0007"
    assert person_name(7, "test", clip=True) == "tv0007"


@needs_renderer
def test_stills_are_reproducible_and_a_second_run_goes_on(tmp_path):
    options = {"seed": 903, "frames_per_person": N_STILL + 1, "split": "test", "size_px": (180, 240)}
    told = []
    render_people(tmp_path / "a", people=[4], progress=told.append, **options)
    render_people(tmp_path / "b", people=[4], **options)
    assert told == ["t0004"]
    truth = (tmp_path / "a" / "t0004.json").read_bytes()
    assert truth == (tmp_path / "b" / "t0004.json").read_bytes()
    rows = json.loads(truth)
    assert [row["kind"] for row in rows] == ["still"] * N_STILL + ["bent"]
    assert all((tmp_path / "a" / row["file"]).exists() for row in rows)
    assert {"load", "shirt_luma", "exposure", "jpeg_quality"} <= set(rows[0])
    render_people(tmp_path / "a", people=[4], progress=told.append, **options)
    assert told == ["t0004"]
    assert (tmp_path / "a" / "t0004.json").read_bytes() == truth


@needs_renderer
def test_a_clip_has_truth_for_every_frame(tmp_path):
    render_clips(tmp_path, seed=904, people=[1], rate_hz=4, split="calibration", size_px=(180, 240))
    truth = json.loads((tmp_path / "cv0001.json").read_text(encoding="utf-8"))
    assert (tmp_path / truth["file"]).stat().st_size > 1000
    assert len(truth["angles"]["lumbar_flexion"]) == len(truth["time_s"]) == len(truth["phase"])
    assert len(truth["reps"]) == 2
