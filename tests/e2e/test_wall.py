"""Wall hinges, rendered with a real wall behind the person, through the whole pipeline."""

import json
from pathlib import Path

import pytest

import hiphinge
from hiphinge.errors import UsageError
from hiphinge.report import read_assessment

DATA = Path(__file__).parents[1] / "data"


def truth(name):
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def assess(name, **more):
    true = truth(name)
    place = {"wall": true["wall_px"] / true["width_px"]} | more
    return hiphinge.assess(DATA / f"{name}.mp4", drill="wall", **place), true


def told(found, name):
    return next(m for m in found.measures if m.name == name)


@pytest.mark.parametrize(("name", "grade"), [("wall_touch", "pass"), ("wall_short", "fail")])
def test_the_gap_and_the_heels_are_told_and_the_touch_is_judged(name, grade):
    found, true = assess(name)
    for measure, key in (("wall_gap", "gap"), ("heel_to_wall", "heel_to_wall")):
        one = told(found, measure)
        assert one.lo <= true[key] <= one.hi, measure
        assert one.hi - one.lo < 0.4
    assert next(f for f in found.findings if f.rule == "11").grade == grade
    assert found.facing == true["facing"]


def test_the_touch_has_its_moment_and_the_wall_is_stored(tmp_path):
    found, true = assess("wall_touch", out=str(tmp_path), video=False)
    touch = told(found, "wall_touch_time").value
    assert found.reps[0].start_s < touch <= true["bottom_s"] + 0.5
    kept = read_assessment(tmp_path / "wall_touch" / "assessment.json")
    assert kept.wall.place_ratio == pytest.approx(true["wall_px"] / true["width_px"])
    assert "from the wall, whose place was given" in (tmp_path / "wall_touch" / "report.html").read_text(
        encoding="utf-8"
    )


def test_no_wall_is_made_up():
    found, _ = assess("wall_touch", wall=None)
    assert found.wall is None
    assert told(found, "wall_gap").value is None
    assert next(f for f in found.findings if f.rule == "11").grade == "cannot_tell"
    assert any("--wall" in line for line in found.verdict.not_told)


def test_a_wall_outside_the_picture_is_refused_before_the_work():
    with pytest.raises(UsageError, match="640 pixels wide"):
        assess("wall_touch", wall=641)


def test_a_wall_before_the_person_is_not_taken():
    found, true = assess("wall_touch", wall=0.3)
    assert true["facing"] == "left"  # so a wall behind lies to the right
    assert "does not lie behind the heels" in told(found, "wall_gap").reason
