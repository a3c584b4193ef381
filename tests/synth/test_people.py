import numpy as np
import pytest

from hiphinge.synth.people import FAMILIES, draw_arms, draw_bend, draw_person, draw_sway
from hiphinge.synth.posture import solve_bend, solve_stand, winter_skeleton


def test_person_follows_from_seed_and_family():
    assert draw_person("a", 5) == draw_person("a", 5)
    assert draw_person("a", 5) != draw_person("a", 6)


def test_shares_add_up_to_one():
    for family in FAMILIES:
        for seed in range(20):
            assert sum(draw_person("a", seed, family=family).curve.lumbar_share) == pytest.approx(1.0)


def test_families_lie_outside_the_base():
    base = [draw_person("a", seed) for seed in range(200)]
    assert max(max(p.curve.lumbar_share) for p in base) < 0.62
    assert max(p.clothes.shirt_cm for p in base) < 2.1
    assert max(abs(p.curve.lumbar_deg) for p in base) < 12
    for seed in range(30):
        assert draw_person("a", seed, family="loose").clothes.shirt_cm > 2.2
        assert abs(draw_person("a", seed, family="curve").curve.lumbar_deg) > 12
    low = np.mean([draw_person("a", s, family="lower_share").curve.lumbar_share for s in range(60)], axis=0)
    high = np.mean([draw_person("a", s, family="upper_share").curve.lumbar_share for s in range(60)], axis=0)
    np.testing.assert_allclose(low, (0.7, 0.2, 0.1), atol=0.05)
    np.testing.assert_allclose(high, (0.1, 0.3, 0.6), atol=0.05)


def test_both_sexes_are_drawn():
    sexes = [draw_person("a", seed).sex for seed in range(100)]
    assert 30 < sexes.count("female") < 70


def test_everyone_can_stand():
    skeleton = winter_skeleton()
    for family in FAMILIES:
        for seed in range(30):
            assert solve_stand(skeleton, draw_person("a", seed, family=family).curve).balanced


def test_hip_and_lumbar_are_drawn_apart():
    rng = np.random.default_rng(0)
    bends = [draw_bend(rng) for _ in range(3000)]
    hip = np.array([bend.hip_flexion_deg for bend in bends])
    lumbar = np.array([bend.lumbar_flexion_deg for bend in bends])
    assert abs(np.corrcoef(hip, lumbar)[0, 1]) < 0.06
    assert np.mean((lumbar > 10) & (lumbar < 35)) > 0.35
    assert lumbar.min() < -8
    assert lumbar.max() > 55


def test_most_bends_can_be_balanced():
    rng = np.random.default_rng(1)
    skeleton, curve = winter_skeleton(), draw_person("a", 1).curve
    assert np.mean([solve_bend(skeleton, curve, draw_bend(rng)).balanced for _ in range(200)]) > 0.8


def test_sway_is_small():
    rng = np.random.default_rng(2)
    sways = [draw_sway(rng) for _ in range(300)]
    assert np.std([sway.hip_flexion_deg for sway in sways]) == pytest.approx(1.0, abs=0.2)


def test_standing_arms_hang_or_rest():
    rng = np.random.default_rng(3)
    names = {draw_arms(rng, standing=True).name for _ in range(300)}
    assert names == {"hanging", "crossed", "on_hips", "small_of_back"}
