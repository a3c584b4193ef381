from dataclasses import replace

import numpy as np
import pytest

from hiphinge.synth.motion import STRATEGIES, Tempo, blend_arms, plan_motion, vary
from hiphinge.synth.posture import ARMS

TEMPO = Tempo(2.0, 0.5, 1.5, 0.5)


def plan(*names, rate_hz=30.0, **changes):
    return plan_motion(tuple(STRATEGIES[n] for n in names), rate_hz=rate_hz, tempo=TEMPO, seed=3, **changes)


def course(motion, name):
    return np.array([getattr(bend, name) for bend in motion.bends])


def test_plan_lasts_as_long_as_its_parts():
    motion = plan("hinge", "rounded", still_s=2.5)
    assert len(motion.bends) == len(motion.phases) == len(motion.time_s) == round((2.5 + 2 * 4.5) * 30)
    assert [rep.start_s for rep in motion.reps] == pytest.approx([2.5, 7.0])


def test_still_stand_is_still():
    motion = plan("hinge")
    still = np.array(motion.phases) == "still"
    assert motion.time_s[still][-1] == pytest.approx(2.5, abs=0.05)
    for name in ("hip_flexion_deg", "lumbar_flexion_deg", "knee_flexion_deg"):
        assert np.abs(course(motion, name)[still]).max() < 1.5


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_bottom_reaches_the_peaks(name):
    motion, strategy = plan(name), STRATEGIES[name]
    bottom = np.array(motion.phases) == "bottom"
    assert course(motion, "hip_flexion_deg")[bottom].max() == pytest.approx(strategy.hip_deg, abs=1.5)
    assert course(motion, "lumbar_flexion_deg")[bottom].max() == pytest.approx(strategy.lumbar_deg, abs=1.5)
    assert course(motion, "knee_flexion_deg")[bottom].max() == pytest.approx(strategy.knee_deg, abs=1.5)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_motion_has_no_jumps(name):
    motion = plan(name)
    for joint in ("hip_flexion_deg", "lumbar_flexion_deg", "thoracic_flexion_deg", "knee_flexion_deg"):
        # A minimum-jerk course peaks at 1.875 × amplitude ÷ time.
        fastest = 1.875 * 110 / min(TEMPO.descent_s, TEMPO.ascent_s) / 30
        assert np.abs(np.diff(course(motion, joint))).max() < fastest + 0.3
    arms = np.array([(*bend.arms.upper, *bend.arms.fore) for bend in motion.bends])
    assert np.abs(np.diff(arms, axis=0)).max() < 0.1


def test_spine_lag_moves_the_spine_later():
    early = replace(STRATEGIES["mixed"], spine_lag_s=-0.3)
    late = replace(STRATEGIES["mixed"], spine_lag_s=0.3)

    def half_time(strategy):
        motion = plan_motion((strategy,), rate_hz=50.0, tempo=TEMPO, seed=1)
        lumbar = course(motion, "lumbar_flexion_deg")
        return motion.time_s[np.argmax(lumbar > 0.5 * strategy.lumbar_deg)]

    assert half_time(late) - half_time(early) == pytest.approx(0.6, abs=0.1)


def test_phases_follow_each_other():
    motion = plan("hinge", "squat")
    seen = [motion.phases[0]]
    for phase in motion.phases:
        if phase != seen[-1]:
            seen.append(phase)
    assert seen == ["still", *["descent", "bottom", "ascent", "stand"] * 2]


def test_no_strategy_is_a_still_stand():
    motion = plan_motion((), rate_hz=10.0, still_s=2.0)
    assert set(motion.phases) == {"still"}
    assert len(motion.bends) == 20


def test_plan_repeats_with_its_seed():
    assert plan("hinge").bends == plan("hinge").bends


def test_blend_arms_between_frames_keeps_the_first():
    assert blend_arms(ARMS["crossed"], ARMS["reaching"], 0.7) is ARMS["crossed"]
    middle = blend_arms(ARMS["hanging"], ARMS["reaching"], 0.5)
    assert middle.upper[1] == pytest.approx(0.5 * (ARMS["hanging"].upper[1] + ARMS["reaching"].upper[1]))


def test_vary_stays_within_what_people_can_do():
    rng = np.random.default_rng(0)
    for _ in range(200):
        strategy = vary(STRATEGIES["rounded"], rng)
        assert 20 <= strategy.hip_deg <= 112
        assert -10 <= strategy.lumbar_deg <= 60
