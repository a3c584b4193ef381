"""The parts that need a body model and a renderer; skipped where ``hiphinge[synth]`` is not installed."""

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("anny")
pytest.importorskip("pyvista")

from hiphinge.model import ANGLES
from hiphinge.synth.actor import Actor
from hiphinge.synth.camera import place_camera
from hiphinge.synth.clips import clip_truth, film, write_clip
from hiphinge.synth.motion import STRATEGIES, plan_motion
from hiphinge.synth.people import draw_person
from hiphinge.synth.posture import ARMS, Bend, place_joints, solve_bend
from hiphinge.synth.room import PLAIN_ROOM
from hiphinge.synth.scene import Studio

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def actor():
    return Actor(draw_person("a", 3))


@pytest.mark.parametrize("arms", ["hanging", "crossed", "small_of_back"])
def test_truth_of_the_mesh_is_what_was_wished(actor, arms):
    angles = actor.measure(actor.take(Bend(62.0, 24.0, 6.0, 17.0, arms=ARMS[arms])))
    wished = {"hip_flexion": 62, "lumbar_flexion": 24, "thoracic_flexion": 6, "knee_flexion": 17}
    for name, value in wished.items():
        assert angles[name] == pytest.approx(value, abs=0.2)


def test_mesh_and_solver_agree_on_the_joints(actor):
    bend = Bend(70.0, 20.0, 5.0, 20.0)
    placed = place_joints(actor.body.skeleton, solve_bend(actor.body.skeleton, actor.spec.curve, bend).lean_deg)
    joints = actor.take(bend).body.joints
    for name, bone in (("knee", "lowerleg01.L"), ("hip", "upperleg01.R"), ("l1", "spine02"), ("c7", "neck01")):
        np.testing.assert_allclose((-joints[bone][1], joints[bone][2]), placed[name], atol=2e-3)


def test_feet_do_not_slide(actor):
    stand, bent = actor.take(Bend()).body, actor.take(Bend(80.0, 30.0, 5.0, 40.0)).body
    foot = actor.body.bone_of("foot", "toe")
    np.testing.assert_allclose(stand.vertices[foot], bent.vertices[foot], atol=0.012)
    np.testing.assert_allclose(stand.joints["foot.L"], bent.joints["foot.L"], atol=2e-3)


def test_clip_has_a_picture_and_a_truth_per_frame(actor, tmp_path: Path):
    plan = plan_motion((STRATEGIES["hinge"],), rate_hz=2.0, still_s=1.0)
    takes = [actor.take(bend) for bend in plan.bends]
    camera = place_camera(
        np.concatenate([take.points for take in takes]),
        yaw_deg=5.0,
        facing="left",
        lens_m=0.9,
        view_angle_deg=45.0,
        size_px=(120, 160),
        fill=0.9,
    )
    studio = Studio((120, 160))
    images = list(film(studio, takes, room=PLAIN_ROOM, camera=camera))
    studio.close()
    assert images[0].shape == (160, 120, 3)
    truth = clip_truth(actor, takes, plan, camera)
    assert write_clip(tmp_path / "a.mp4", images, rate_hz=2) == len(images) == len(truth["time_s"])
    assert set(truth["angles"]) == set(ANGLES)
    assert json.loads(json.dumps(truth)) == truth
    # The person is where the truth says: the picture differs from the wall around the hip.
    x, y = (int(v) for v in truth["hip_px"][0])
    assert np.abs(images[0][y, x].astype(int) - images[0][y, 4].astype(int)).max() > 25
