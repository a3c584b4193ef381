"""A whole set: what the coach says, and what it is a function of."""

import json

import msgspec
import numpy as np
import pytest

from hiphinge.clip.recording import reassess
from hiphinge.errors import UsageError
from hiphinge.live import Coach, SetPlan, step_together
from hiphinge.live.wire import FLAG_RESTARTED, FLAG_SEEN, decode_frames, encode_frames
from hiphinge.live.words import ADVICE
from tests.live.rows import flipped, play, rows_of_clip
from tests.live.sets import (
    PROGRAM,
    RATE_HZ,
    STILL_S,
    between,
    clip_for,
    facing_left,
    kinds,
    phases,
    plan,
    rows_for,
    told,
)
from tests.synthetic import PERFECT, ROUNDED, film, script
from tests.verdict.judging import wall_behind


class TestSets:
    def test_a_clean_hinge_is_praised_and_not_corrected(self):
        coach, said = told("hinge")
        assert phases(said) == ["view", "facing", "stand", "ready", "moving", "done"]
        assert [one["grade"] for one in kinds(said, "rep")] == ["pass"] * 3
        assert not kinds(said, "cue")
        assert [one["say"] for one in kinds(said, "praise")] == ["One. Good.", "Two. Lovely.", ""]
        assert said[-1]["say"] == "That is three. Well done."
        assert [one.grade for one in coach.results] == ["pass"] * 3

    def test_a_rounded_one_gets_the_cue_of_the_back_after_the_rep(self):
        _, said = told("rounded")
        (rep, cue) = kinds(said, "rep", "cue")[:2]
        assert (rep["grade"], rep["missed"], rep["say"]) == ("miss", ["4"], "")
        assert (cue["rule"], cue["at"]) == ("4", rep["at"])
        assert cue["say"] == "One. Make your back a long table top; stop where it starts to curl."
        assert rep["lumbar"]["lo"] < 40 < rep["lumbar"]["hi"]

    def test_a_squat_is_told_back_not_down(self):
        cue = kinds(told("squat")[1], "cue")[0]
        assert cue["rule"] == "2"
        assert "Slide back" in cue["say"]

    def test_two_missed_in_a_row_make_a_pause_with_one_cue_and_an_easier_form(self):
        _, said = told("rounded")
        second = kinds(said, "rep")[1]
        (pause,) = [one for one in kinds(said, "phase") if one["at"] == second["at"]]
        assert pause["phase"] == "ready"
        assert pause["say"].startswith("Pause.")
        assert "easier form: feet wider" in pause["show"]
        assert [one["at"] for one in kinds(said, "cue")].count(second["at"]) == 0

    def test_two_more_end_the_set_kindly(self):
        coach = Coach(plan(target_reps=8))
        said = play(coach, rows_for("rounded", 5))
        assert len(kinds(said, "rep")) == 4
        assert said[-1]["phase"] == coach.phase == "done"
        assert "enough for this set" in said[-1]["show"]
        assert "Next set" in said[-1]["show"]

    def test_what_comes_after_the_end_changes_nothing(self):
        coach = Coach(plan(target_reps=1))
        said = play(coach, rows_for("hinge"))
        assert len(kinds(said, "rep")) == 1
        assert said[-1]["phase"] == "done"
        assert coach.tracks().pose.n_frames < len(rows_for("hinge"))

    def test_a_screen_is_counted_and_not_commented(self):
        _, said = told("rounded", drill="toe_touch")
        assert not kinds(said, "cue", "praise")
        assert [one["say"] for one in kinds(said, "rep")] == ["One.", "Two.", ""]  # then the end speaks
        assert [one["show"] for one in kinds(said, "rep")] == ["One of three.", "Two of three.", "Three of three."]

    def test_before_the_reps_that_show_the_back_arms_are_asked_off_it(self):
        _, said = told("hinge", back_reps=2)
        cue = next(one for one in kinds(said, "cue") if one["rule"] == "hands")
        assert cue["at"] == kinds(said, "rep")[0]["at"]
        assert "last 2 reps" in cue["show"]


class TestMeter:
    def test_it_follows_depth_and_back_at_most_fifteen_times_a_second(self):
        _, said = told("hinge")
        meters = kinds(said, "meter")
        assert np.diff([one["t_s"] for one in meters]).min() >= 1 / 15 - 1e-3
        deepest = max(meters, key=lambda one: one["depth"])
        assert deepest["depth"] == pytest.approx(1.0, abs=0.1)
        assert deepest["lean_deg"] == pytest.approx(60.0, abs=3.0)
        assert deepest["hip_back"] > 0.5
        assert {one["back"] for one in meters[5:]} == {"flat"}
        assert meters[-1]["reps"] == 2  # the third is counted with the end
        assert all(one["at"] <= one["seq"] < one["at"] + 4 for one in meters)
        assert min(one["depth"] for one in meters) == pytest.approx(0.0, abs=0.03)

    def test_a_rounded_back_is_near_or_past_its_line(self):
        meters = kinds(told("rounded")[1], "meter")
        deep = [one for one in meters if one["depth"] > 0.8]
        assert {one["back"] for one in deep} <= {"near", "past"}

    def test_nothing_is_said_of_the_back_where_the_drill_does_not_judge_it(self):
        meters = kinds(told("rounded", drill="toe_touch")[1], "meter")
        assert {one["back"] for one in meters[5:]} == {"unjudged"}


class TestFacing:
    def test_both_facings_give_the_same_words(self):
        rows = rows_for("rounded", 1)
        right, left = Coach(plan(target_reps=1)), Coach(plan(target_reps=1))
        first, second = play(right, rows, chunk=1), play(left, facing_left(rows), chunk=1)
        assert left.mirror
        assert not right.mirror
        plain = [[{k: v for k, v in one.items() if k != "mirror"} for one in said if one["type"] != "mirror"]
                 for said in (first, second)]  # fmt: skip
        assert plain[0] == plain[1]
        assert [one["on"] for one in kinds(second, "mirror")] == [True]
        assert [one["on"] for one in kinds(first, "mirror")] == [True, False]

    def test_a_facing_that_cannot_be_told_is_said_and_never_guessed(self):
        rows = rows_for("hinge", 1).copy()
        rows["keypoints"][:, 31:33] = rows["keypoints"][:, 29:31]  # feet point nowhere
        rows["keypoints"][:, 0] = rows["keypoints"][:, 7]  # nor does the face
        coach = Coach(plan())
        said = play(coach, rows[between(rows, 0.0, STILL_S)])
        assert ADVICE["facing"].show in [line for one in kinds(said, "phase") for line in one["advice"]]
        assert "stand" not in phases(said)
        assert coach.tracks().facing.facing is None
        assert reassess(coach.tracks(), coach.options()).verdict.outcome == "cannot_tell"

    def test_somebody_may_say_it(self):
        said = play(coach := Coach(plan(facing="right")), rows_for("hinge", 1)[:30])
        assert coach.phase == "stand"
        assert not kinds(said, "mirror")

    def test_whoever_turns_round_is_asked_again(self):
        rows = rows_for("hinge", 1)[: int(STILL_S * RATE_HZ)]
        turned = flipped(rows)
        turned["flags"], turned["time_s"] = rows["flags"], rows["time_s"] + STILL_S
        coach = Coach(plan())
        play(coach, rows)
        assert coach.phase == "ready"
        said = coach.step(turned)
        assert ADVICE["turned_round"].show in [one["show"] for one in kinds(said, "phase")]

    def test_frames_still_on_their_way_from_before_the_mirror_are_passed_over(self):
        rows, coach = rows_for("hinge", 1), Coach(plan())
        k = 0
        while not coach.mirror:
            coach.step(rows[k : k + 1])
            k += 1
        said = [one for at in range(k, k + 45) for one in coach.step(rows[at : at + 1])]
        assert coach.phase == "facing"
        assert kinds(said, "mirror")  # it asks once more


class TestView:
    def test_nobody_is_told_what_to_do(self):
        rows = rows_for("hinge", 1)[:30].copy()
        rows["flags"] &= ~np.uint8(FLAG_SEEN)
        coach = Coach(plan())
        said = play(coach, rows)
        assert kinds(said, "phase")[-1]["show"] == ADVICE["nobody"].show
        assert phases(said) == ["view"]
        assert reassess(coach.tracks(), coach.options()).verdict.outcome == "cannot_tell"

    @pytest.mark.parametrize(("key", "shift"), [("feet", (0, 120)), ("head", (0, -250)), ("side", (-420, 0))])
    def test_what_is_not_in_the_picture_is_named(self, key, shift):
        rows = rows_for("hinge", 1)[:30].copy()
        rows["keypoints"] += np.array(shift, dtype=np.float32)
        assert kinds(play(Coach(plan()), rows), "phase")[-1]["show"] == ADVICE[key].show

    def test_a_dark_room_and_a_small_person_are_named(self):
        rows = rows_for("hinge", 1)[:30].copy()
        rows["luma"] = 0.02
        assert kinds(play(Coach(plan()), rows), "phase")[-1]["show"] == ADVICE["dark"].show
        small = rows_for("hinge", 1)[:30].copy()
        small["keypoints"] = small["keypoints"] * 0.15 + 200
        assert kinds(play(Coach(plan()), small), "phase")[-1]["show"] == ADVICE["small"].show

    def test_somebody_turned_out_of_the_side_view_is_told_before_the_stand(self):
        rows = rows_for("hinge", 1)[: int(STILL_S * RATE_HZ)].copy()
        rows["world"][:, 23, 0], rows["world"][:, 23, 2] = 0.09, 0.04
        rows["world"][:, 24, 0], rows["world"][:, 24, 2] = -0.09, -0.04
        coach = Coach(plan(facing="right"))
        said = play(coach, rows)
        assert kinds(said, "phase")[-1]["show"] == ADVICE["turned"].show
        assert coach.phase == "stand"

    def test_the_same_words_are_not_said_at_every_frame(self):
        rows = rows_for("hinge", 1)[:45].copy()
        rows["flags"] &= ~np.uint8(FLAG_SEEN)
        said = kinds(play(Coach(plan()), rows), "phase")
        assert len(said) == 2


class TestStand:
    SWAYING = script(PERFECT, time_s=np.arange(260) / 10, depth=0.12 + 0.1 * np.sin(np.arange(260) / 10 * 5.0))

    def test_it_counts_down_and_starts_by_itself(self):
        _, said = told("hinge")
        counts = [one["countdown_s"] for one in kinds(said, "phase") if one["countdown_s"] is not None]
        assert counts == [2, 1]
        stand = [one for one in kinds(said, "phase") if one["countdown_s"] is not None]
        assert [one["say"] for one in stand] == ["2", "1"]

    def test_without_a_still_stand_it_says_so_and_goes_on_only_when_asked(self):
        rows = rows_of_clip(film(self.SWAYING))
        coach = Coach(plan(facing="right"))
        said = play(coach, rows)
        assert coach.phase == "stand"
        assert said[-1]["show"] == ADVICE["no_stand"].show
        assert said[-1]["offer"] == "start"
        (ready,) = coach.command("start")
        assert ready["phase"] == coach.phase == "ready"
        reps = rows_for("hinge", 1)[int((STILL_S - 1) * RATE_HZ) :].copy()
        reps["time_s"] += 26.0 - reps["time_s"][0]
        after = play(coach, reps)
        (rep,) = kinds(after, "rep")
        assert rep["lumbar"]["hi"] - rep["lumbar"]["lo"] > 1.0
        assert {one["hip_back"] for one in kinds(after, "meter")} == {None}

    def test_a_start_before_the_stand_is_no_wish_to_go_without(self):
        coach = Coach(plan())
        assert coach.command("start") == []
        assert coach.phase == "view"

    def test_a_back_that_is_hidden_in_the_stand_is_told(self):
        rows = rows_for("hinge", 1)[: int(STILL_S * RATE_HZ)].copy()
        rows["dorsal"] = np.nan
        coach = Coach(plan(facing="right"))
        said = play(coach, rows)
        assert ADVICE["hand"].show in [one["show"] for one in kinds(said, "phase")]
        assert coach.phase == "stand"

    def test_a_new_stand_can_be_asked_for(self):
        coach = Coach(plan())
        play(coach, rows_for("hinge", 1)[: int(STILL_S * RATE_HZ)])
        assert coach.phase == "ready"
        (said,) = coach.command("calibrate")
        assert said["phase"] == coach.phase == "stand"


class TestTrouble:
    def test_whoever_leaves_is_waited_for_and_goes_on(self):
        rows = rows_for("hinge", 3).copy()
        gone = between(rows, STILL_S + 5.3, STILL_S + 10.8)
        rows["flags"][gone] &= ~np.uint8(FLAG_SEEN)
        said = play(Coach(plan()), rows)
        assert phases(said) == ["view", "facing", "stand", "ready", "moving", "view", "ready", "moving"]
        back = next(one for one in kinds(said, "phase") if one["show"].startswith("You are back"))
        assert "One is done" in back["show"]
        assert len(kinds(said, "rep")) == 2

    def test_a_camera_started_again_needs_a_new_look_and_reps_count_on(self):
        rows = rows_for("hinge", 2)
        again = rows.copy()
        again["time_s"] += rows["time_s"][-1] + 0.5
        again["flags"][0] |= FLAG_RESTARTED
        coach = Coach(plan(target_reps=9))
        said = play(coach, np.concatenate([rows, again]))
        assert phases(said) == [*["view", "facing", "stand", "ready", "moving"] * 2]
        assert [one["number"] for one in kinds(said, "rep")] == [1, 2, 3, 4]
        assert reassess(coach.tracks(), coach.options()).verdict.outcome == "hinge"

    def test_a_picture_of_another_size_is_another_camera(self):
        rows = rows_for("hinge", 1)
        coach = Coach(plan())
        play(coach, rows[: int(STILL_S * RATE_HZ)])
        wide = rows[:3].copy()
        wide["width_px"], wide["time_s"] = 1200, wide["time_s"] + 60.0
        assert coach.step(wide)[0]["show"] == ADVICE["camera"].show
        assert coach.tracks().pose.width_px == 900

    def test_frames_that_come_twice_or_late_change_nothing(self):
        rows = rows_for("rounded", 1)
        order = [k for at in range(len(rows)) for k in (at, max(at - 3, 0), at)]
        clean, messy = Coach(plan(target_reps=1)), Coach(plan(target_reps=1))
        seq = ("seq", "at")
        wanted = [{k: v for k, v in one.items() if k not in seq} for one in play(clean, rows, chunk=1)]
        got = [{k: v for k, v in one.items() if k not in seq} for one in play(messy, rows[order], chunk=1)]
        assert got == wanted

    def test_lost_frames_lose_no_rep(self):
        rows = rows_for("hinge", 3)
        kept = np.delete(rows, np.arange(0, len(rows), 3))
        kept = kept[~between(kept, STILL_S + 7.0, STILL_S + 7.3)]
        assert len(kinds(play(Coach(plan()), kept), "rep")) == 3

    def test_a_long_time_without_frames_ends_the_bend_and_not_the_set(self):
        rows = rows_for("hinge", 2).copy()
        rows["time_s"][rows["time_s"] > STILL_S + 2.0] += 30.0
        said = play(Coach(plan()), rows)
        assert any(one["show"].startswith("You are back") for one in kinds(said, "phase"))
        assert kinds(said, "rep")[-1]["grade"] == "pass"

    def test_no_frames_are_no_news(self):
        assert Coach(plan()).step(rows_for("hinge", 1)[:0]) == []


class TestCommands:
    def test_stop_counts_the_bend_from_which_the_person_was_coming_up(self):
        rows = rows_for("hinge", 1)
        coach = Coach(plan())
        said = play(coach, rows[rows["time_s"] < STILL_S + 4.7])
        assert not kinds(said, "rep")
        ended = coach.command("stop")
        assert [one["type"] for one in ended][-1] == "phase"
        assert len(kinds(ended, "rep")) == 1
        assert coach.phase == "done"
        assert coach.command("stop") == []
        assert coach.command("calibrate") == []

    def test_stop_before_anything_was_seen_is_an_end_too(self):
        coach = Coach(plan())
        assert coach.command("stop")[0]["phase"] == coach.phase == "done"
        assert coach.step(rows_for("hinge", 1)[:5]) == []
        assert coach.tracks().pose.n_frames == 0

    def test_the_latest_words_are_said_again(self):
        coach = Coach(plan())
        assert coach.command("again") == []
        (first, *_) = coach.step(rows_for("hinge", 1)[:1])
        assert coach.command("again") == [first]

    @pytest.mark.parametrize(("name", "value"), [("dance", None), ("wall", 1.5), ("wall", "left"), ("wall", True)])
    def test_what_cannot_be_obeyed_is_refused(self, name, value):
        with pytest.raises(UsageError):
            Coach(plan()).command(name, value)

    def test_the_wall_can_be_placed_and_taken_away(self):
        coach = Coach(plan("wall_hinge"))
        assert coach.command("wall", 0.2) == coach.command("feel_skip", {"a": 1}) == []
        assert coach.options().wall == 0.2
        coach.command("wall", None)
        assert coach.options().wall is None


class TestWall:
    @pytest.mark.parametrize(("gap_fl", "grade"), [(0.02, "pass"), (0.7, "miss")])
    def test_the_seat_at_the_wall_is_judged_where_the_wall_was_placed(self, gap_fl, grade):
        clip = clip_for("hinge")
        _, said = told("hinge", drill="wall_hinge", wall=wall_behind(clip, gap_fl) / clip.view.width_px)
        assert kinds(said, "rep")[0]["grade"] == grade
        assert (kinds(said, "rep")[0]["missed"] == ["11"]) == (grade == "miss")

    def test_without_a_wall_the_person_is_asked_at_the_end_and_not_bothered_now(self):
        _, said = told("hinge", drill="wall_hinge")
        assert [one["untold"] for one in kinds(said, "rep")] == [["11"]] * 3
        assert not kinds(said, "cue")
        assert kinds(said, "praise")


class TestPureFunction:
    """Frames and commands in order, however they are cut, give the same messages and the same state."""

    @staticmethod
    def record():
        coach, sent, said = Coach(plan(target_reps=2)), [], []
        rows = rows_for("rounded", 3)
        other = flipped(rows)
        for k in range(len(rows)):
            if k == 100:
                sent.append(("wall", 0.1))
                said += coach.command("wall", 0.1)
            part = (other if coach.mirror else rows)[k : k + 1]
            sent.append(part)
            said += coach.step(part)
        return sent, said, coach

    def again(self, sent, size):
        coach, said, waiting = Coach(msgspec.convert(msgspec.to_builtins(plan(target_reps=2)), SetPlan)), [], []

        def flush():
            nonlocal said
            for k in range(0, len(waiting), size):
                data = encode_frames(k, np.concatenate(waiting[k : k + size]))
                said += coach.step(decode_frames(data)[1])
            waiting.clear()

        for one in sent:
            if isinstance(one, tuple):
                flush()
                said += coach.command(*one)
            else:
                waiting.append(one)
        flush()
        return said, coach

    def test_a_set_read_again_from_what_was_stored_says_the_same(self):
        sent, said, coach = self.record()
        assert said[-1]["phase"] == "done"
        for size in (1, 7, 64):
            again, other = self.again(sent, size)
            assert json.dumps(again) == json.dumps(said)
            assert other.results == coach.results
            assert other.state() == coach.state()
            assert other.tracks().video == coach.tracks().video

    def test_several_sets_together_say_what_each_says_alone(self):
        names = ("hinge", "rounded", "squat")
        coaches = [Coach(plan()) for _ in names]
        said = [[] for _ in names]
        rows = [rows_for(name) for name in names]
        for k in range(0, max(map(len, rows)), 2):
            jobs = [
                (c, (flipped(r[k : k + 2]) if c.mirror else r[k : k + 2])) for c, r in zip(coaches, rows, strict=True)
            ]
            for own, new in zip(said, step_together(jobs), strict=True):
                own += new
        for name, own in zip(names, said, strict=True):
            alone = play(Coach(plan()), rows_for(name), chunk=2)
            assert own == [{k: v for k, v in one.items() if k != "at"} for one in alone]

    def test_one_coach_takes_its_frames_in_one_piece(self):
        coach = Coach(plan())
        with pytest.raises(ValueError, match="one piece"):
            step_together([(coach, rows_for("hinge")[:1]), (coach, rows_for("hinge")[1:2])])
        assert step_together([]) == []


@pytest.mark.parametrize(("name", "outcome"), [("hinge", "hinge"), ("rounded", "spine"), ("squat", "squat")])
def test_the_stored_stream_is_judged_offline_as_the_coach_judged_it(name, outcome):
    coach, _ = told(name)
    final = reassess(coach.tracks(), coach.options(), limits=PROGRAM.drill("free_hinge").limits)
    assert final.verdict.outcome == outcome
    assert len(final.reps) == len(coach.results) == 3
    offline = [m.value for m in final.measures if m.name == "lumbar_flexion"]
    assert offline == pytest.approx([one.lumbar_deg for one in coach.results], abs=1.5)


def test_partial_reps_and_a_pause_at_the_bottom_count_once_each():
    partial = script([PERFECT, ROUNDED], rate_hz=RATE_HZ, still_s=STILL_S, hold_s=3.0)
    small = np.where(partial.time_s < STILL_S + 7.7, 0.55, 1.0) * partial.depth
    clip = film(script(PERFECT, time_s=partial.time_s, depth=small))
    said = play(Coach(plan(target_reps=9)), rows_of_clip(clip))
    reps = kinds(said, "rep")
    assert [one["number"] for one in reps] == [1, 2]
    assert reps[0]["depth_deg"] < 40 < reps[1]["depth_deg"]


def test_what_a_page_is_told_when_it_connects():
    coach, _ = told("hinge")
    state = coach.state()
    assert (state["phase"], state["mirror"], state["drill"]) == ("done", False, "free_hinge")
    assert state["plan"]["reps"] == 3
    assert json.dumps(state)
