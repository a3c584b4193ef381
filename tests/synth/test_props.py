"""Loads sit where the body holds them, upright and the same in every posture."""

import numpy as np
import pytest

from hiphinge.synth.body import PosedBody
from hiphinge.synth.posture import ARMS
from hiphinge.synth.props import LOAD_ARMS, Load, draw_load, draw_occluder, load_fits, make_load
from hiphinge.synth.shoes import SOLE_M

KINDS = sorted(LOAD_ARMS)


def stick_body(*, lean_deg=0.0, hands=(0.24, -0.2, 0.8), radius=0.12):
    """Return a round trunk that leans forwards about the hip, with hands where they are told to be."""
    angle, height = np.meshgrid(np.linspace(0, 2 * np.pi, 48, endpoint=False), np.linspace(0.0, 0.62, 63))
    trunk = np.stack((radius * np.cos(angle), radius * np.sin(angle), height), axis=-1).reshape(-1, 3)
    c, s = np.cos(np.radians(lean_deg)), np.sin(np.radians(lean_deg))
    turn = np.array(((1, 0, 0), (0, c, -s), (0, s, c)))

    def place(up):
        return turn @ np.array((0, 0, up)) + (0, 0, 0.95)

    joints = {"spine02": place(0.25), "spine01": place(0.38), "neck01": place(0.6)}
    for side, sign in (("L", 1.0), ("R", -1.0)):
        hand = np.array(hands) * (sign, 1, 1)
        away = {"wrist": (0, 0, 0.08), "finger2-1": (0, -0.035, 0), "finger5-1": (0, 0.035, 0)}
        away |= {f"finger3-{k}": (0, 0, 0.03 - 0.025 * k) for k in (1, 2, 3)}
        joints |= {f"{name}.{side}": np.add(hand, offset) for name, offset in away.items()}
    ears = np.tile(place(0.75), (2, 1))
    return PosedBody(trunk @ turn.T + (0, 0, 0.95), joints, {}, ears)


def volume(layer):
    a, b, c = (layer.points[layer.faces[:, k]] for k in range(3))
    return float(np.einsum("ij,ij->", np.cross(a, b), c)) / 6


def only(layers, name):
    (found,) = [layer for layer in layers if layer.name == name]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_layers_keep_names_faces_and_colors_in_every_posture(kind):
    load = draw_load(np.random.default_rng(3), kind)
    upright = make_load(load, stick_body(), 1.75)
    bent = make_load(load, stick_body(lean_deg=65, hands=(0.2, -0.5, 0.6)), 1.75)
    assert [layer.name for layer in upright] == [layer.name for layer in bent]
    for a, b in zip(upright, bent, strict=True):
        np.testing.assert_array_equal(a.faces, b.faces)
        np.testing.assert_array_equal(a.colors, b.colors)
        assert a.points.shape == b.points.shape == a.normals.shape
        assert a.faces.max() < len(a.points)
        assert np.isfinite(b.points).all()
        assert not np.allclose(a.points, b.points) or a.name == "load post"


@pytest.mark.parametrize("kind", ["kettlebell", "dumbbells", "barbell_hands", "barbell_back", "goat_bag"])
def test_faces_are_wound_outwards_with_unit_normals(kind):
    for layer in make_load(Load(kind), stick_body(), 1.75):
        assert volume(layer) > 1e-5
        np.testing.assert_allclose(np.linalg.norm(layer.normals, axis=1), 1.0, atol=1e-9)
        a, b, c = (layer.points[layer.faces[:, k]] for k in range(3))
        face = np.cross(b - a, c - a)
        toward = np.einsum("ij,ij->i", face, layer.normals[layer.faces].mean(axis=1))
        assert (toward >= -1e-12).all()


def test_plates_stand_upright_at_both_ends_of_a_bar_through_the_hands():
    load = Load("barbell_hands", plate_radius_m=0.2, plate_width_m=0.08)
    layers = make_load(load, stick_body(hands=(0.24, -0.2, 0.8)), 1.75)
    plates, bar = only(layers, "load plates").points, only(layers, "load bar").points
    assert np.abs(plates[:, 0]).min() == pytest.approx(0.655, abs=1e-6)
    assert np.abs(plates[:, 0]).max() == pytest.approx(0.735, abs=1e-6)
    reach = np.hypot(plates[:, 1] + 0.2, plates[:, 2] - 0.785)
    assert reach.max() == pytest.approx(0.2, abs=0.01)
    assert np.ptp(bar[:, 0]) == pytest.approx(2.2, abs=1e-6)


def test_a_bar_in_the_hands_is_moved_out_of_the_thighs_by_6_cm_at_most():
    hands = (0.24, -0.10, 1.0)
    small = make_load(Load("barbell_hands"), stick_body(hands=hands, radius=0.12), 1.75)
    large = make_load(Load("barbell_hands"), stick_body(hands=hands, radius=0.155), 1.75)
    assert only(small, "load bar").points[:, 1].mean() == pytest.approx(-0.12 - 0.0145 - 0.004, abs=0.003)
    assert only(large, "load bar").points[:, 1].mean() == pytest.approx(-0.16, abs=0.003)


@pytest.mark.parametrize("lean_deg", [0.0, 45.0, 80.0])
def test_a_bar_on_the_back_touches_the_skin_below_the_neck(lean_deg):
    body = stick_body(lean_deg=lean_deg)
    bar = only(make_load(Load("barbell_back"), body, 1.75), "load bar").points
    middle = bar.mean(axis=0)
    gap = np.linalg.norm((body.vertices - middle)[:, 1:], axis=1).min()
    assert gap == pytest.approx(0.0145 + 0.004, abs=0.004)
    up = body.joints["neck01"] - body.joints["spine01"]
    below = (body.joints["neck01"] - middle) @ up / np.linalg.norm(up)
    assert below == pytest.approx(0.022 * 1.75, abs=1e-6)
    assert (middle - body.joints["neck01"])[1] > 0 or lean_deg > 60


def test_a_kettlebell_hangs_below_the_hands():
    load = Load("kettlebell", bell_radius_m=0.1)
    bell = only(make_load(load, stick_body(hands=(0.03, -0.3, 0.7)), 1.75), "load bell").points
    assert bell[:, 2].max() < 0.72
    assert bell[:, 2].min() == pytest.approx(0.685 - 0.055 - 0.1 - 0.1, abs=0.02)
    assert bell[:, 1].mean() == pytest.approx(-0.3, abs=0.01)


def test_a_goat_bag_lies_against_the_belly_and_turns_with_it():
    load = Load("goat_bag", bell_radius_m=0.09)
    upright = stick_body(hands=(0.07, -0.15, 1.25))
    bell = only(make_load(load, upright, 1.75), "load bell").points
    assert bell[:, 1].max() == pytest.approx(-0.12 + 0.08 * 0.09, abs=0.01)
    bent = stick_body(lean_deg=90, hands=(0.07, -0.3, 0.8))
    turned = only(make_load(load, bent, 1.75), "load bell").points
    assert np.ptp(turned[:, 1]) == pytest.approx(np.ptp(bell[:, 2]), abs=1e-9)


def test_the_rope_runs_from_the_hands_to_a_post_behind():
    layers = make_load(Load("rope", rope_height_m=0.25), stick_body(hands=(0.05, 0.1, 0.7)), 1.75)
    rope, post = only(layers, "load rope").points, only(layers, "load post").points
    assert rope[:, 1].max() == pytest.approx(1.2, abs=0.02)
    assert rope[np.argmax(rope[:, 1]), 2] == pytest.approx(0.25 - SOLE_M, abs=0.01)
    assert post[:, 1].min() == pytest.approx(1.2)
    assert post[:, 2].min() == pytest.approx(-SOLE_M)


def test_a_load_that_would_reach_into_the_floor_does_not_fit():
    load = Load("barbell_hands", plate_radius_m=0.225)
    assert load_fits(load, stick_body(hands=(0.2, -0.5, 0.3)), 1.75)
    assert not load_fits(load, stick_body(hands=(0.2, -0.5, 0.1)), 1.75)
    assert load_fits(Load("none"), stick_body(), 1.75)


@pytest.mark.parametrize("kind", KINDS)
def test_draws_repeat_and_stay_in_range(kind):
    loads = [draw_load(np.random.default_rng(k), kind) for k in range(40)]
    assert loads == [draw_load(np.random.default_rng(k), kind) for k in range(40)]
    assert all(0.11 <= load.plate_radius_m <= 0.225 for load in loads)
    assert len({load.plate_color for load in loads}) > 20
    dark = [sum(load.plate_color) < 240 for load in loads]
    assert 0.5 < np.mean(dark) < 1.0


def test_every_load_names_arms_that_exist():
    assert all(name in ARMS for names in LOAD_ARMS.values() for name in names)
    assert all(LOAD_ARMS[kind] for kind in KINDS if kind != "none")


def test_occluders_stand_before_the_feet_and_stay_low():
    things = [draw_occluder(np.random.default_rng(k)) for k in range(60)]
    assert all(thing is not None for thing in things)
    for thing in things:
        x0, x1, y0, y1, z0, z1 = thing.bounds
        assert x0 < x1
        assert y0 < y1 <= -0.36
        assert z0 == 0.0
        assert 0.2 <= z1 <= 0.45
    assert {thing.round for thing in things} == {True, False}
    assert draw_occluder(np.random.default_rng(0), chance=0.0) is None
