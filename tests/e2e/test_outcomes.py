"""Each fixture clip gets the verdict that it was rendered for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hiphinge
from hiphinge.model import Assessment
from tests.e2e.conftest import Assess
from tests.e2e.helpers import DATA, truth_of

#: The model's hip point lies about 3 % of the body's height (430 pixels here) from the joint; anybody else, 20 %.
NEAR_PX = 22.0


def _at_bottom(result: Assessment, name: str) -> list[tuple[float, float, float]]:
    found = [m for m in result.measures if m.name == name and m.rep is not None]
    return [(m.value or np.nan, m.lo or np.nan, m.hi or np.nan) for m in found]


def _checks(result: Assessment) -> dict[str, str]:
    return {check.name: check.grade for check in result.quality}


@pytest.mark.parametrize(
    ("clip", "outcome", "facing", "n_reps"),
    [
        ("rounded_left.mp4", "spine", "left", 2),
        ("squat.mp4", "squat", "right", 2),
        ("two_people.mp4", "hinge", "right", 1),
        ("leave_return.mp4", "hinge", "right", 1),
    ],
)
def test_verdict_is_what_was_rendered(clip: str, outcome: str, facing: str, n_reps: int, assess: Assess) -> None:
    result = assess(clip)
    assert (result.verdict.outcome, result.facing, len(result.reps)) == (outcome, facing, n_reps)
    assert result.reference.angles == "still"
    truth = truth_of(DATA / clip)
    for rep, rendered in zip(result.reps, truth["reps"], strict=True):
        assert rendered["bottom_s"] - 0.3 <= rep.bottom_s <= rendered["leave_s"] + 0.3
    for angle in ("hip_flexion", "lumbar_flexion"):
        told = _at_bottom(result, angle)
        assert len(told) == n_reps
        for rep, (_, lo, hi) in zip(result.reps, told, strict=True):
            true_deg = float(np.interp(rep.bottom_s, truth["time_s"], truth["angles"][angle]))
            # A 90 % interval leaves one truth in ten outside; one half as wide again leaves about one in a hundred.
            slack = 0.25 * (hi - lo)
            assert lo - slack <= true_deg <= hi + slack, (
                f"{angle} of rep {rep.number}: {true_deg:.1f}, {lo:.1f} to {hi:.1f}"
            )


def test_nine_of_ten_intervals_hold_the_truth(assess: Assess) -> None:
    held = []
    for clip in ("rounded_left.mp4", "squat.mp4", "two_people.mp4", "leave_return.mp4"):
        result, truth = assess(clip), truth_of(DATA / clip)
        for angle in ("hip_flexion", "lumbar_flexion", "knee_flexion"):
            for rep, (_, lo, hi) in zip(result.reps, _at_bottom(result, angle), strict=True):
                held.append(lo <= float(np.interp(rep.bottom_s, truth["time_s"], truth["angles"][angle])) <= hi)
    assert len(held) == 18
    assert sum(held) >= 15


def test_only_the_rounded_back_is_asked_to_flatten(assess: Assess) -> None:
    rounded, hinged = assess("rounded_left.mp4"), assess("two_people.mp4")
    assert min(value for value, _, _ in _at_bottom(rounded, "lumbar_flexion")) > 35.0
    assert max(value for value, _, _ in _at_bottom(hinged, "lumbar_flexion")) < 25.0
    assert rounded.verdict.cue
    assert not rounded.verdict.praise


def test_frontal_view_is_not_judged_and_says_why(assess: Assess) -> None:
    result = assess("frontal.mp4")
    assert result.verdict.outcome == "cannot_tell"
    assert _checks(result)["side_on"] == "cannot_tell"
    assert any("Turn fully side-on" in reason for reason in result.verdict.reasons)
    assert all(m.value is None for m in result.measures if m.name in ("hip_flexion", "lumbar_flexion", "hip_share"))
    assert {finding.grade for finding in result.findings} <= {"cannot_tell", "reported"}


def test_toe_touch_has_its_own_outcomes(assess: Assess) -> None:
    result = assess("toe_touch.mp4", drill="toe_touch")
    assert result.verdict.outcome in ("hips_first", "typical", "back_first", "cannot_tell")
    assert result.reps
    share = next(m for m in result.measures if m.name == "hip_share_60" and m.rep is not None)
    if result.verdict.outcome == "cannot_tell":
        assert result.verdict.reasons
        assert share.reason or (share.lo is not None and share.hi is not None)
    assert share.value is not None, share.reason
    truth = truth_of(DATA / "toe_touch.mp4")
    lean, hip, lumbar = (np.array(truth["angles"][name]) for name in ("trunk_lean", "hip_flexion", "lumbar_flexion"))
    down = np.array(truth["phase"]) == "descent"
    at = np.flatnonzero(down & (lean >= 60.0))[0]
    true_percent = 100.0 * hip[at] / (hip[at] + lumbar[at])
    assert share.lo is not None
    assert share.hi is not None
    assert share.lo <= true_percent <= share.hi


def test_mover_is_followed_among_two_people(assess: Assess) -> None:
    result = assess("two_people.mp4")
    assert len(result.people) == 2
    chosen = next(person for person in result.people if person.chosen)
    other = next(person for person in result.people if not person.chosen)
    assert chosen.motion_ratio > 2 * other.motion_ratio
    crowd = next(check for check in result.quality if check.name == "one_person")
    assert crowd.value == 1.0, "one other person"
    assert crowd.grade == "usable"
    assert result.evidence is not None
    hip_px = result.evidence.pose.keypoints_px[:, [23, 24]].mean(axis=1)
    distance_px = np.hypot(*(hip_px - np.array(truth_of(DATA / "two_people.mp4")["hip_px"])).T)
    assert np.median(distance_px) < NEAR_PX


def test_person_can_be_named(assess: Assess) -> None:
    chosen = next(person.number for person in assess("two_people.mp4").people if person.chosen)
    other = assess("two_people.mp4", person=1 - chosen)
    assert next(person.number for person in other.people if person.chosen) == 1 - chosen
    assert other.verdict.outcome == "cannot_tell", "the one who watches stands turned to the camera and does not bend"
    assert not other.reps
    with pytest.raises(hiphinge.HiphingeError, match=r"\b5\b"):
        hiphinge.assess(DATA / "two_people.mp4", video=False, person=5)


def test_person_who_leaves_is_unseen_and_found_again(assess: Assess) -> None:
    result = assess("leave_return.mp4")
    truth = truth_of(DATA / "leave_return.mp4")
    present = np.array(truth["present"], dtype=bool)
    assert result.evidence is not None
    pose, motion = result.evidence.pose, result.evidence.motion
    assert pose.n_frames == present.size
    gone = np.flatnonzero(~present)
    # While stepping out of the picture half a person is left: the middle of the absence is what must be empty.
    middle = gone[len(gone) // 5 : -len(gone) // 5]
    assert middle.size >= 10
    assert not pose.seen[middle].any()
    assert np.isnan(motion.hip_flexion.value_deg[middle]).all()
    assert np.isnan(motion.hip_back_ratio[middle]).all()
    returning = np.arange(gone[-1] + 10, present.size)
    assert pose.seen[returning].mean() > 0.95
    back = np.array([row for row in returning if truth["hip_px"][row] is not None])
    assert back.size > 80
    hip_px = pose.keypoints_px[back][:, [23, 24]].mean(axis=1)
    true_px = np.array([truth["hip_px"][row] for row in back], dtype=float)
    assert np.nanmedian(np.hypot(*(hip_px - true_px).T)) < NEAR_PX


def test_photograph_gives_a_result_without_a_video(tmp_path: Path) -> None:
    result = hiphinge.assess(DATA / "person_side.jpg", out=str(tmp_path))
    assert result.video.is_photograph
    assert result.reference.angles == "none"
    names = {path.name for path in (tmp_path / "person_side").iterdir()}
    assert names == {"assessment.json", "frames.csv", "frames.parquet", "reps.csv", "report.html"}
    truth = truth_of(DATA / "person_side.jpg")
    assert result.evidence is not None
    for angle in ("hip_flexion", "lumbar_flexion"):
        track = result.evidence.motion.angle(angle)
        assert track.lo_deg[0] <= truth[angle] <= track.hi_deg[0]
