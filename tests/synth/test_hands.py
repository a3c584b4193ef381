"""Hands that hold; skipped where ``hiphinge[synth]`` is not installed."""

import numpy as np
import pytest

from hiphinge.synth.hands import Grasp, Performer, turn_about
from hiphinge.synth.people import draw_person
from hiphinge.synth.posture import Bend


def test_turns_are_rotations():
    turn = turn_about(np.array((0.0, 0.0, 2.0)), 90.0)
    assert turn @ np.array((1.0, 0.0, 0.0)) == pytest.approx((0.0, 1.0, 0.0))
    assert turn @ turn.T == pytest.approx(np.eye(3))


@pytest.fixture(scope="module")
def performer():
    pytest.importorskip("anny")
    return Performer(draw_person("a", 4))


def _bar(place, **changes):
    """Both hands on a bar along x, palms back."""
    down, back = np.array((0.0, -0.2, -1.0)), np.array((0.0, 1.0, 0.0))

    def hold(posed):
        return {
            side: Grasp(
                place + np.array((0.06 * sign, 0.0, 0.0)),
                down,
                back,
                np.array((sign, 0.3, 0.0)),
                0.015,
                0.85,
                **changes,
            )
            for side, sign in (("L", 1.0), ("R", -1.0))
        }

    return hold


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_hands_reach_what_is_near_and_say_how_far_the_rest_is(performer):
    near, balanced, gap_m = performer.body.grasp(Bend(), _bar(np.array((0.0, -0.25, 0.98))))
    assert balanced
    assert gap_m < 0.002
    _, _, far_m = performer.body.grasp(Bend(), _bar(np.array((0.0, -0.25, 0.30))))
    assert far_m > 0.3
    for side in ("L", "R"):
        assert near.joints[f"finger3-1.{side}"][2] < near.joints[f"wrist.{side}"][2]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_fingers_close_round_the_bar(performer):
    place = np.array((0.0, -0.25, 0.98))
    posed, _, _ = performer.body.grasp(Bend(), _bar(place))
    for side in ("L", "R"):
        tip = posed.joints[f"finger3-3.{side}"]
        # The last joint lies behind and no lower than the knuckle's side of the bar: the finger has come round.
        assert np.hypot(tip[1] - place[1], tip[2] - place[2]) < 0.04
        assert tip[1] > posed.joints[f"finger3-1.{side}"][1]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_hands_do_not_move_the_feet_or_the_back(performer):
    bend = Bend(60.0, 10.0, 2.0, 18.0)
    free, _ = performer.take(bend, lambda posed: {})
    held, _ = performer.take(bend, _bar(np.array((0.0, -0.5, 0.75))))
    for joint in ("foot.L", "foot.R", "root", "spine01", "neck01"):
        assert held.body.joints[joint] == pytest.approx(free.body.joints[joint], abs=1e-6)
