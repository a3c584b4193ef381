import numpy as np
import pytest

from hiphinge.synth.rig import RestBody, SpineRig, Tissue, draw_tissue, lean_rotation

BONES = (
    "root",
    "spine05",
    "spine04",
    "spine03",
    "spine02",
    "spine01",
    "neck01",
    "head",
    "upperarm01.L",
    "upperleg01.L",
)
PARENTS = (-1, 0, 1, 2, 3, 4, 5, 6, 5, 0)
JOINTS = np.array(
    (
        (0, 0, 0),
        (0, 0, 0),
        (0, 0.035, 0.09),
        (0, 0.031, 0.166),
        (0, 0.047, 0.246),
        (0, 0.072, 0.382),
        (0, 0.038, 0.616),
        (0, 0.009, 0.709),
        (0.19, 0.021, 0.514),
        (0.126, 0.006, -0.015),
    ),
    dtype=float,
)
SHARES = (0.4, 0.35, 0.25)


def trunk_points(n=60):
    """Rings of skin around the spine, 9 cm behind it to 13 cm before it."""
    z = np.linspace(-0.05, 0.6, n)
    return np.array([(x, 0.04 + y, height) for height in z for x, y in ((0, 0.09), (0, -0.13), (0.12, 0), (-0.12, 0))])


def make_rig(shares=SHARES, tissue=None):
    points = np.vstack((trunk_points(), JOINTS[6:]))
    owner = np.full(len(points), BONES.index("spine03"))
    owner[-4:] = (6, 7, 8, 9)
    rest = RestBody(
        BONES, PARENTS, JOINTS, np.tile(np.eye(3), (10, 1, 1)), points, np.ones((len(points), 1)), owner[:, None]
    )
    return SpineRig(rest, lumbar_share=shares, tissue=tissue)


def turns(pelvis, lumbar, thoracic, **others):
    leans = {"root": pelvis, "spine02": pelvis + lumbar, "spine01": pelvis + lumbar + thoracic} | others
    return {bone: lean_rotation(np.radians(lean)) for bone, lean in leans.items()}


def lean_deg(rotation):
    return np.degrees(np.arctan2(rotation[2, 1], rotation[2, 2]))


def test_no_bend_moves_nothing():
    vertices, joints, turned = make_rig().pose(turns(0, 0, 0))
    np.testing.assert_allclose(vertices[:-4], trunk_points(), atol=1e-9)
    np.testing.assert_allclose(joints, JOINTS, atol=1e-9)
    np.testing.assert_allclose(turned, np.tile(np.eye(3), (10, 1, 1)), atol=1e-12)


def test_pelvis_alone_turns_everything_rigidly():
    vertices, joints, _ = make_rig().pose(turns(50, 0, 0))
    np.testing.assert_allclose(vertices[:-4], trunk_points() @ lean_rotation(np.radians(50.0)).T, atol=1e-9)
    np.testing.assert_allclose(joints, JOINTS @ lean_rotation(np.radians(50.0)).T, atol=1e-9)


@pytest.mark.parametrize("shares", [SHARES, (0.7, 0.2, 0.1), (0.1, 0.3, 0.6)])
@pytest.mark.parametrize("bend", [(40, 60, 20), (-5, -12, 6), (150, 30, 20)])
def test_pelvis_t12_and_c7_turn_as_asked(bend, shares):
    _, _, turned = make_rig(shares).pose(turns(*bend))
    asked = np.cumsum(bend)
    seen = [lean_deg(turned[BONES.index(bone)]) for bone in ("root", "spine02", "spine01")]
    np.testing.assert_allclose((np.array(seen) - asked + 180) % 360 - 180, 0.0, atol=1e-9)


def test_field_turns_the_skin_as_the_bones_say():
    field = make_rig().bend(turns(30, 50, 12))
    levels = np.array([JOINTS[BONES.index(bone)] for bone in ("spine04", "spine02", "neck01")])
    _, lean = field.move(levels)
    np.testing.assert_allclose(np.degrees(lean), (30, 80, 92), atol=1e-6)


def test_joints_lie_where_the_field_carries_them():
    rig = make_rig()
    rotations = turns(20, 45, 10)
    _, joints, _ = rig.pose(rotations)
    for bone in ("spine03", "spine02", "spine01", "neck01", "upperarm01.L"):
        k = BONES.index(bone)
        np.testing.assert_allclose(joints[k], rig.move(rotations, JOINTS[k]), atol=1e-9)


def test_spine_keeps_its_length():
    field = make_rig().bend(turns(10, 60, 25))
    rest = np.sum(np.hypot(np.diff(field.height), np.diff(field.rest_y)))
    posed = np.sum(np.linalg.norm(np.diff(field.posed, axis=0), axis=1))
    assert posed == pytest.approx(rest, rel=1e-9)


def test_curvature_is_continuous_and_vanishes_at_t12_and_both_ends():
    field = make_rig().bend(turns(0, 60, 20))
    l5, t12, c7 = (np.interp(level, field.height, field.bend_per_m) for level in field.levels)
    # 60° over 0.156 m is 6.7 rad/m on average.
    assert max(abs(l5), abs(t12), abs(c7)) < 0.1
    assert np.abs(np.diff(field.bend_per_m)).max() < 0.05 * field.bend_per_m.max()
    assert field.bend_per_m.max() < 13
    assert (np.diff(field.lean_rad) > -1e-12).all()


def test_lumbar_shares_set_where_the_curve_is_centred():
    def half_height(shares):
        field = make_rig(shares).bend(turns(0, 40, 0))
        return np.interp(np.radians(20), field.lean_rad, field.height)

    assert half_height((0.7, 0.2, 0.1)) < half_height(SHARES) < half_height((0.1, 0.3, 0.6))


@pytest.mark.parametrize("lumbar_deg", [-15, 30, 60])
def test_skin_neither_folds_over_nor_tears(lumbar_deg):
    vertices = make_rig().pose(turns(40, lumbar_deg, 15))[0][:-4].reshape(60, 4, 3)
    spacing = np.linalg.norm(np.diff(vertices, axis=0), axis=2) / (0.65 / 59)
    assert spacing.max() < 2.2
    front = np.diff(vertices[:, 1], axis=0)
    # Every step up the belly still goes up the belly: the steps' leans turn gradually.
    lean = np.unwrap(np.arctan2(-front[:, 1], front[:, 2]))
    assert np.abs(np.diff(lean)).max() < np.radians(60)


def test_front_spreads_the_bend_over_more_height_than_the_back():
    field = make_rig().bend(turns(0, 40, 0))
    height = np.linspace(-0.1, 0.5, 400)

    def extent(y):
        lean = field.move(np.stack((np.zeros(400), np.full(400, y), height), axis=1))[1]
        return np.interp(np.radians(38), lean, height) - np.interp(np.radians(2), lean, height)

    assert extent(-0.12) > 1.5 * extent(0.12)


def test_back_thins_and_belly_swells_with_give():
    # The middle of the lumbar spine, 9 cm behind it and 10 cm before it.
    points = np.array(((0, 0.129, 0.168), (0, -0.061, 0.168)))

    def depth(give):
        field = make_rig(tissue=Tissue(give=give)).bend(turns(0, 45, 0))
        moved, _ = field.move(points)
        return np.linalg.norm(moved[:, None] - field.posed, axis=2).min(axis=1)

    back, front = depth(0.4) / depth(0.0)
    assert 0.8 < back < 0.95
    assert 1.02 < front < 1.2


def test_tissue_is_drawn_from_the_seed():
    assert draw_tissue(5) == draw_tissue(5)
    assert len({draw_tissue(seed).give for seed in range(20)}) == 20


def test_limbs_are_rigid_and_keep_their_rotation():
    rig = make_rig()
    arm, head = lean_rotation(np.radians(-30.0)), lean_rotation(np.radians(70.0))
    vertices, joints, turned = rig.pose(
        turns(20, 30, 10) | {"upperarm01.L": arm, "head": head, "neck01": lean_rotation(np.radians(65.0))}
    )
    np.testing.assert_allclose(turned[BONES.index("upperarm01.L")], arm)
    np.testing.assert_allclose(turned[BONES.index("head")], head)
    neck = joints[BONES.index("head")] - joints[BONES.index("neck01")]
    np.testing.assert_allclose(neck, lean_rotation(np.radians(65.0)) @ (JOINTS[7] - JOINTS[6]), atol=1e-12)
    # These vertices lie at the heads of their own bones.
    np.testing.assert_allclose(vertices[-4:], joints[6:], atol=1e-12)


def test_hips_stay_with_the_pelvis():
    _, joints, turned = make_rig().pose(turns(35, 60, 20))
    leg = BONES.index("upperleg01.L")
    np.testing.assert_allclose(joints[leg], lean_rotation(np.radians(35.0)) @ JOINTS[leg], atol=1e-12)
    assert lean_deg(turned[leg]) == pytest.approx(35)


def test_carries_tells_trunk_from_limbs():
    rig = make_rig()
    assert rig.carries("spine03")
    assert rig.carries("root")
    assert not rig.carries("upperleg01.L")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
class TestOnTheBodyModel:
    @pytest.fixture(scope="class")
    def bodies(self):
        pytest.importorskip("anny")
        from dataclasses import replace

        from hiphinge.synth.body import Body
        from hiphinge.synth.people import draw_person

        spec = draw_person("a", 3)
        return Body(spec), Body(replace(spec, family="spline_rig"))

    @pytest.mark.parametrize("arms", ["hanging", "crossed", "on_hips", "small_of_back", "on_thighs", "along_trunk"])
    def test_truth_is_what_was_wished_and_hands_arrive(self, bodies, arms):
        from hiphinge.synth.posture import ARMS, Bend, solve_bend
        from hiphinge.synth.truth import measure_angles

        _, body = bodies
        posed = body.pose(solve_bend(body.skeleton, body.spec.curve, Bend(50.0, 28.0, 6.0, 17.0, arms=ARMS[arms])))
        angles = measure_angles(posed, body.standing)
        wished = {"hip_flexion": 50, "lumbar_flexion": 28, "thoracic_flexion": 6, "knee_flexion": 17}
        for name, value in wished.items():
            assert angles[name] == pytest.approx(value, abs=0.2)
        if ARMS[arms].touch is not None:
            gap = np.linalg.norm(
                posed.vertices[body.bone_of("spine", "root", "pelvis", "upperleg", "breast")] - posed.joints["wrist.L"],
                axis=1,
            )
            assert gap.min() < 0.09

    def test_differs_from_the_models_own_rig_on_the_trunk_alone(self, bodies):
        from hiphinge.synth.posture import Bend, solve_bend

        own, body = bodies
        posture = solve_bend(body.skeleton, body.spec.curve, Bend(50.0, 45.0, 10.0, 10.0))
        a, b = own.pose(posture), body.pose(posture)
        apart = np.linalg.norm(a.vertices - b.vertices, axis=1)
        assert apart.max() > 0.03
        assert apart[body.bone_of("lowerleg", "foot", "toe")].max() < 1e-3

    def test_bones_alone_give_the_models_own_skin(self, bodies):
        # An arm, a leg and the head bent, the spine straight: both rigs are then the same but for what blending from
        # the body model's own rest, and not from the rest skeleton, makes of a shoulder.
        own, body = bodies
        rotations = turns(0, 0, 0, head=20.0) | {
            f"{bone}.L": lean_rotation(np.radians(-35.0)) for bone in ("upperleg01", "upperarm01")
        }
        np.testing.assert_allclose(own._forward(rotations)[0], body._forward(rotations)[0], atol=4e-3)
