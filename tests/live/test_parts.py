"""Plan, words, meter and watches by themselves."""

import json

import msgspec
import numpy as np
import pytest

from hiphinge.errors import UsageError
from hiphinge.live import SetPlan, words
from hiphinge.live.glance import Glance
from hiphinge.live.meter import Meter
from hiphinge.live.voice import Voice
from hiphinge.live.watch import BackWatch, TurnWatch
from hiphinge.live.words import ADVICE, SHORT_CUES, Words, count_word, words_of
from hiphinge.spine.network import OUTPUTS
from hiphinge.verdict import criteria_for
from hiphinge.verdict.criteria import RULES
from tests.live.sets import PROGRAM, plan

FORBIDDEN = ("wrong", "damage", "unstable", "prevents", "cure", "danger", "bad")


class TestPlan:
    @pytest.mark.parametrize("drill", [one.id for one in PROGRAM.drills])
    def test_it_is_plain_data_that_can_be_stored(self, drill):
        own = plan(drill, own_maximum_deg=(40.0, 30.0, 50.0), cues_seen=("4",), wall=0.2)
        text = json.dumps(msgspec.to_builtins(own))
        assert msgspec.convert(json.loads(text), SetPlan) == own
        assert json.dumps(own.told())

    @pytest.mark.parametrize(
        "change", [{"target_reps": 0}, {"wall": 1.2}, {"wall": float("nan")}, {"countdown_s": 9.0}, {"back_reps": -1}]
    )
    def test_numbers_that_cannot_be_are_refused(self, change):
        with pytest.raises(UsageError):
            plan(**change)

    @pytest.mark.parametrize(("drill", "aim"), [("free_hinge", 60), ("upper_back", 50), ("pelvic_tilt", 10)])
    def test_a_full_meter_is_what_the_drill_aims_at(self, drill, aim):
        assert plan(drill).aim_deg() == aim

    def test_it_is_judged_as_a_clip_of_its_drill(self):
        options = plan("deadlift_block", foot_length_cm=28.0).options(0.3)
        assert (options.drill, options.wall, options.foot_length_cm) == ("deadlift", 0.3, 28.0)


class TestWords:
    def every(self):
        filled = {"number": 1, "count": 3, "Count": "Three", "reps": 3, "seconds": 2, "done": "", "cue": "Long back.",
                  "easier": "", "label": "back flat", "advice": ""}  # fmt: skip
        return [*ADVICE.values(), *(words_of(name, **filled) for name in (*words._TEXTS, "praise"))]

    def test_they_are_calm_and_short_for_the_ear(self):
        for one in self.every():
            for text in (one.say, one.show):
                assert not any(word in text.lower() for word in FORBIDDEN), text
                assert "{" not in text
            assert len(one.say.split()) <= 18, one.say

    def test_every_rule_that_gives_a_cue_has_a_short_form(self):
        silent = {spec.rule for spec in RULES if spec.explains} | {"14", "14r"}
        assert set(SHORT_CUES) == {spec.rule for spec in RULES} - silent

    def test_reps_are_counted_in_words_as_long_as_they_are_short(self):
        assert [count_word(k) for k in (1, 12, 13)] == ["One", "Twelve", "13"]


class TestVoice:
    def test_the_same_is_not_sent_twice_and_is_said_again_after_a_while(self):
        voice = Voice()
        for k in range(100):
            voice.phase("view", Words("Come.", "Come in."), mirror=False, time_s=k / 10, advice=("Come in.",))
        said = voice.take()
        assert [one["say"] for one in said] == ["Come.", "Come."]
        assert voice.take() == []

    def test_words_that_were_just_said_are_only_shown(self):
        voice = Voice()
        for k, phase in enumerate(("view", "stand", "view")):
            voice.phase(phase, Words("Come.", "Come in."), mirror=False, time_s=float(k))
        assert [one["say"] for one in voice.take()] == ["Come.", "", ""]


class TestBack:
    def told(self, values, half=3.0, drill="hinge"):
        watch = BackWatch(criteria_for(drill))
        return [watch.add(v, half) for v in values]

    def test_states_follow_rule_four(self):
        assert self.told([10.0] * 3)[-1] == "flat"
        assert self.told([28.0] * 3)[-1] == "near"
        assert self.told([45.0] * 3)[-1] == "past"
        assert self.told([float("nan")] * 3)[-1] == "unknown"
        assert self.told([45.0] * 3, drill="toe_touch")[-1] == "unjudged"
        assert self.told([float("nan")] * 3, drill="toe_touch")[-1] == "unknown"

    def test_an_interval_that_reaches_both_ways_is_near(self):
        assert self.told([27.0] * 3, half=12.0)[-1] == "near"

    def test_noise_at_the_line_does_not_flicker(self):
        values = [10.0] * 3 + list(20.0 + 3.0 * np.sin(np.arange(60)))
        assert set(self.told(values)[2:]) == {"flat"}

    def test_one_frame_decides_nothing(self):
        assert self.told([10.0] * 5 + [50.0] + [10.0] * 3)[2:] == ["flat"] * 7


class TestMeter:
    def test_what_is_not_known_is_not_shown(self):
        meter = Meter(plan(), baseline_deg=5.0, hip_x_px=float("nan"), foot_px=float("nan"))
        nothing = np.full(len(OUTPUTS), np.nan)
        told = meter.add(3, 1.0, nothing, nothing, float("nan"), float("nan"))
        assert told == {"type": "meter", "seq": 3, "t_s": 1.0, "depth": None, "lean_deg": None, "lumbar": None,
                        "back": "unknown", "hip_back": None}  # fmt: skip
        assert meter.add(4, 1.03, nothing, nothing, 5.0, float("nan")) == {}
        assert meter.add(5, 1.07, nothing, nothing, 65.0, float("nan"))["depth"] == pytest.approx(60 / 55, abs=1e-3)

    def test_depth_stays_between_nothing_and_a_little_more_than_full(self):
        meter = Meter(plan(), baseline_deg=0.0, hip_x_px=0.0, foot_px=1.0)
        value = np.zeros(len(OUTPUTS))
        depths = [meter.add(k, float(k), value, value, deg, 0.0)["depth"] for k, deg in enumerate((-9.0, 500.0))]
        assert depths == [0.0, 1.25]


def glance(time_s, evidence):
    return Glance(time_s, True, False, False, 640, 480, 0.5, "", 400.0, 0.0, 300.0, evidence, 0.0, 0.0)


class TestTurn:
    def test_a_moment_is_no_turn_and_two_seconds_are(self):
        watch = TurnWatch()
        assert not any(watch.add(glance(k / 10, 2.0)) for k in range(60))
        assert not any(watch.add(glance(6 + k / 10, -2.0)) for k in range(8))
        assert any(watch.add(glance(7 + k / 10, -2.0)) for k in range(20))

    def test_little_evidence_is_none(self):
        watch = TurnWatch()
        assert not any(watch.add(glance(k / 10, -0.1)) for k in range(60))
