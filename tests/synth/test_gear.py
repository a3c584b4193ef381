"""Gear for the pictures: closed, of the size that is said, standing on the floor."""

import numpy as np
import pytest

from hiphinge.synth import gear
from hiphinge.synth.shoes import SOLE_M

UP = np.array((0.0, 0.0, 1.0))


def test_a_kettlebell_hangs_below_its_handle():
    handle = np.array((0.1, -0.3, 0.9))
    points = gear.kettlebell(handle, UP).points
    assert points[:, 2].max() == pytest.approx(0.9 + gear.HANDLE_RADIUS_M, abs=0.002)
    assert points[:, 2].min() == pytest.approx(0.9 - gear.KETTLEBELL_HEIGHT_M, abs=0.003)
    assert np.ptp(points[:, 1]) == pytest.approx(2 * gear.BELL_RADIUS_M, rel=0.02)


def test_a_kettlebell_turns_with_its_up():
    forward = np.array((0.0, -1.0, 0.0))
    points = gear.kettlebell(np.zeros(3), forward).points
    assert points[:, 1].max() == pytest.approx(gear.KETTLEBELL_HEIGHT_M, abs=0.003)


@pytest.mark.parametrize("length_m", [gear.SMALL_DUMBBELL_M, gear.DUMBBELL_LENGTH_M])
def test_a_dumbbell_is_as_long_as_said(length_m):
    points = gear.dumbbell(np.zeros(3), UP, length_m=length_m).points
    assert np.ptp(points[:, 2]) == pytest.approx(length_m)
    assert np.abs(points[:, 0]).max() == pytest.approx(0.225 * length_m, rel=0.02)


def test_a_barbell_has_a_plate_on_either_side_clear_of_the_legs():
    bar, plates = gear.barbell(np.array((0.0, 0.0, 0.225)), plate_m=0.225)
    assert plates.points[:, 2].min() == pytest.approx(0.0, abs=0.001)
    assert np.abs(plates.points[:, 0]).min() > 0.55
    assert np.abs(bar.points[:, 0]).max() == pytest.approx(0.83)


def test_a_pack_is_as_large_as_said_but_for_pocket_and_loop():
    points = gear.pack(np.zeros(3), UP, size_m=(0.3, 0.16, 0.4)).points
    assert np.ptp(points[:, 0]) == pytest.approx(0.3, abs=0.02)
    assert np.ptp(points[:, 2]) == pytest.approx(0.43, abs=0.04)
    pocket = gear.pack(np.zeros(3), UP, size_m=(0.3, 0.16, 0.4)).points[:, 1]
    other = gear.pack(np.zeros(3), UP, size_m=(0.3, -0.16, 0.4)).points[:, 1]
    assert pocket.max() > -pocket.min() + 0.01
    assert -other.min() > other.max() + 0.01


def test_block_and_wall_stand_on_the_floor():
    top = gear.block(0.15, y=-0.05, width_m=0.2, depth_m=0.3).points
    assert (top[:, 2].min(), top[:, 2].max()) == pytest.approx((-SOLE_M, 0.15 - SOLE_M))
    face = gear.wall(0.4).points
    assert face[:, 1].min() == pytest.approx(0.4, abs=0.007)
    assert face[:, 2].min() == pytest.approx(-SOLE_M)


def test_a_stick_reaches_from_end_to_end():
    low, high = np.array((0.0, 0.1, 0.8)), np.array((0.0, -0.4, 1.6))
    points = gear.stick(low, high).points
    along = (high - low) / np.linalg.norm(high - low)
    assert np.ptp(points @ along) == pytest.approx(float(np.linalg.norm(high - low)))


def test_dashes_stand_at_one_place():
    points = gear.dashes(0.2, top_m=1.2).points
    assert np.ptp(points[:, 1]) == pytest.approx(0.012)
    assert 1.1 < points[:, 2].max() < 1.25


@pytest.mark.parametrize("machine", [True, False])
def test_an_anchor_stands_behind_where_the_cord_leaves(machine):
    layer = gear.pulley(np.array((0.0, 0.9, 0.2)), machine=machine)
    assert layer.points[:, 2].min() == pytest.approx(-SOLE_M)
    assert layer.points[:, 1].max() > 0.95


@pytest.mark.parametrize(
    "layer",
    [
        gear.kettlebell(np.zeros(3), UP),
        gear.dumbbell(np.zeros(3), UP),
        *gear.barbell(np.zeros(3)),
        gear.pack(np.zeros(3), UP, size_m=(0.3, 0.16, 0.4)),
        gear.straps([np.linspace((0, 0, 0), (0, 0.1, 0.3), 9)]),
        gear.cord([np.linspace((0, 0, 0), (0, 1, 0), 9)], radius_m=0.01, color=(9, 9, 9)),
    ],
    ids=lambda layer: layer.name,
)
def test_gear_can_be_drawn(layer):
    assert layer.name.startswith("load ")
    assert layer.faces.max() < len(layer.points)
    assert np.isfinite(layer.points).all()
    assert len(layer.colors) == len(layer.faces)
    assert np.linalg.norm(layer.normals, axis=1) == pytest.approx(np.ones(len(layer.points)), abs=0.05)
