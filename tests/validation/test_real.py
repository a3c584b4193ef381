"""Hand-labelled clips: manifest, statistics, and the report; the real folder where it is there."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu

from hiphinge.errors import (
    ConfigError,
    HiphingeError,
    InputNotFound,
    ModelError,
    NotAVideo,
    UsageError,
    VideoUnreadable,
)
from hiphinge.model import Assessment
from hiphinge.sagittal import FacingDecision
from hiphinge.validation.real import (
    find_deepest,
    parse_pair,
    read_clip,
    read_manifest,
    to_json,
    to_markdown,
    to_text,
    validate_clips,
)
from hiphinge.validation.real_manifest import LabelledClip, find_pairs
from hiphinge.validation.separation import (
    SCORE,
    SCORE_AND_PERSONS,
    bootstrap_auc,
    compute_auc,
    compute_auc_interval,
    separate,
)
from tests.clip.clips import assess_clip, tracks_of
from tests.synthetic import PERFECT, ROUNDED, STANDING, film, script

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
REAL = Path(os.environ.get("HIPHINGE_REAL_CLIPS") or ROOT.parent / "shared" / "data" / "real")
#: 97.5th percentile of the normal distribution.
Z95 = 1.959964
SAMPLES = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=9)


# ---- statistics ---------------------------------------------------------------------------------------------------


def test_area_of_a_hand_worked_example():
    # 3 beats 1 and ties with 3; 5 beats all three: (1 + 0.5 + 3) of 6 pairs.
    assert compute_auc([3.0, 5.0], [1.0, 3.0, 4.0]) == pytest.approx(4.5 / 6)


@given(SAMPLES, SAMPLES)
def test_area_is_mann_whitney_u_over_the_pairs(high, low):
    expected = mannwhitneyu(high, low, method="asymptotic").statistic / (len(high) * len(low))
    assert compute_auc(high, low) == pytest.approx(expected)
    assert compute_auc(low, high) == pytest.approx(1 - expected)


@pytest.mark.parametrize(("high", "low"), [([], [1.0]), ([1.0], []), ([], [])])
def test_area_of_an_empty_group_is_not_a_number(high, low):
    assert np.isnan(compute_auc(high, low))
    assert np.isnan(compute_auc_interval(compute_auc(high, low), len(high), len(low))).all()


def test_interval_of_one_clip_each_is_wilsons_for_one_trial():
    """With one clip in each group the variance is p (1 - p): a lower end of 1 / (1 + z²) for an area of 1."""
    assert compute_auc_interval(1.0, 1, 1) == pytest.approx((1 / (1 + Z95**2), 1.0), abs=1e-5)
    assert compute_auc_interval(0.0, 1, 1) == pytest.approx((0.0, Z95**2 / (1 + Z95**2)), abs=1e-5)


@pytest.mark.parametrize("auc", [0.55, 0.8, 0.97])
def test_ends_lie_one_hanley_mcneil_error_times_z_away(auc):
    n = 12
    for end in compute_auc_interval(auc, n, n):
        q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
        variance = (end * (1 - end) + (n - 1) * (q1 - end**2) + (n - 1) * (q2 - end**2)) / n**2
        assert abs(auc - end) == pytest.approx(Z95 * np.sqrt(variance), abs=1e-5)


def test_interval_is_mirrored_with_the_area():
    lo, hi = compute_auc_interval(0.9, 5, 11)
    assert compute_auc_interval(0.1, 11, 5) == pytest.approx((1 - hi, 1 - lo))


def test_perfect_separation_of_few_clips_is_not_certain_and_more_clips_are_more_so():
    few, more = compute_auc_interval(1.0, 5, 11), compute_auc_interval(1.0, 50, 110)
    assert few[1] == more[1] == 1.0
    assert few[0] < 0.8
    assert more[0] > 0.95


@pytest.mark.parametrize("true", [0.80, 0.95])
def test_interval_holds_the_true_area_often_enough(true):
    rng = np.random.default_rng(5)
    shift = np.sqrt(2) * {0.80: 0.84162, 0.95: 1.64485}[true]
    hits = 0
    for _ in range(600):
        auc = compute_auc(rng.normal(shift, 1, 8), rng.normal(0, 1, 25))
        lo, hi = compute_auc_interval(auc, 8, 25)
        hits += lo <= true <= hi
    assert 0.93 <= hits / 600 <= 0.995


def test_bootstrap_draws_whole_persons():
    """A is in order, B is not: two draws of A give 1, two of B give 0, one each gives a half."""
    values = np.array([10.0, 0.0, 5.0, 20.0])
    rounded = np.array([True, False, True, False])
    assert bootstrap_auc(values, rounded, ["A", "A", "B", "B"]) == (0.0, 1.0)
    assert bootstrap_auc(values, rounded, ["A"] * 4) == (0.5, 0.5)
    assert np.isnan(bootstrap_auc(values, np.ones(4, dtype=bool), ["A"] * 4)).all()


def test_persons_seen_twice_widen_the_interval_but_never_narrow_it():
    values = np.array([10.0, 0.0, 5.0, 20.0])
    rounded = np.array([True, False, True, False])
    alone = separate("all", values, rounded, ["", "", "", ""])
    assert (alone.auc, alone.n_round, alone.n_flat, alone.method) == (0.5, 2, 2, SCORE)
    assert (alone.round_median_deg, alone.flat_median_deg, alone.gap_deg) == (7.5, 10.0, -15.0)
    shared = separate("all", values, rounded, ["A", "A", "B", "B"])
    assert (shared.lo, shared.hi, shared.method) == (0.0, 1.0, SCORE_AND_PERSONS)
    assert shared.lo < alone.lo < alone.hi < shared.hi
    certain = separate("all", np.array([9.0, 1.0, 8.0, 2.0]), rounded, ["A", "A", "B", "B"])
    assert (certain.lo, certain.hi) == pytest.approx(compute_auc_interval(1.0, 2, 2))


def test_a_set_without_rounded_clips_has_no_area():
    found = separate("empty", np.array([3.0]), np.array([False]), [""])
    assert np.isnan([found.auc, found.lo, found.hi, found.round_median_deg, found.gap_deg]).all()
    assert found.flat_median_deg == 3.0


# ---- manifest -----------------------------------------------------------------------------------------------------


def write(folder: Path, text: str, *clips: str, encoding: str = "utf-8") -> Path:
    for clip in clips:
        (folder / clip).write_bytes(b"")
    path = folder / "manifest.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_manifest_is_read_with_what_it_has(tmp_path):
    text = (
        "file,movement,view,facing,label_hinge,notes,person,pair,body_visible\n"
        'a.mp4,Kettlebell Deadlift,side,left,round,"a, b",P1,,full\n'
        "\n"
        "b.mp4,squat,Oblique (30 deg),none,unclear,,,,head cropped\n"
    )
    first, second = read_manifest(write(tmp_path, text, "a.mp4", "b.mp4"))
    assert first == LabelledClip(
        "a.mp4", tmp_path / "a.mp4", "kettlebell deadlift", "side", "left", "round", "full", "P1", ""
    )
    assert first.is_side
    assert first.is_deadlift
    assert (second.facing, second.label, second.body_visible) == (None, "unclear", "head cropped")
    assert not second.is_side
    assert not second.is_deadlift


@pytest.mark.parametrize(
    ("word", "label"), [("good", "flat"), ("Neutral", "flat"), ("rounded", "round"), ("", "unclear")]
)
def test_two_columns_are_enough_and_a_spreadsheet_may_have_written_them(tmp_path, word, label):
    path = write(tmp_path, f" file ;label_hinge\na.mp4;{word}\n", "a.mp4", encoding="utf-8-sig")
    (clip,) = read_manifest(path)
    assert (clip.label, clip.movement, clip.view, clip.facing) == (label, "", "", None)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("", ConfigError, "no column 'file', only an empty file"),
        ("file,view\na.mp4,side\n", ConfigError, "line 1: there is no column 'label_hinge', only file, view"),
        ("file,label_hinge\n", ConfigError, "names no clip"),
        ("file,label_hinge\na.mp4,good\n,round\n", ConfigError, "line 3: the column 'file' is empty"),
        ("file,label_hinge\na.mp4,good\nno.mp4,round\n", InputNotFound, "line 3: there is no file 'no.mp4'"),
        ("file,label_hinge\na.mp4,bad\n", ConfigError, "line 2: label_hinge is 'bad'"),
        ("file,label_hinge,facing\na.mp4,good,up\n", ConfigError, "line 2: facing is 'up'"),
        ("file,label_hinge\na.mp4,good\na.mp4,round\n", ConfigError, "line 3: the clip 'a.mp4' is named twice"),
    ],
)
def test_manifest_that_cannot_be_used_says_where(tmp_path, text, kind, said):
    with pytest.raises(kind) as caught:
        read_manifest(write(tmp_path, text, "a.mp4"))
    assert said in caught.value.what
    assert caught.value.expected


def test_known_labels_are_listed_where_one_is_not_known(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_manifest(write(tmp_path, "file,label_hinge\na.mp4,bad\n", "a.mp4"))
    assert "good" in caught.value.expected
    assert "round" in caught.value.expected


def test_no_manifest_a_folder_or_something_else(tmp_path):
    with pytest.raises(InputNotFound, match="no manifest"):
        read_manifest(tmp_path / "none.csv")
    with pytest.raises(NotAVideo, match="is a folder"):
        read_manifest(tmp_path)
    (tmp_path / "film.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_manifest(tmp_path / "film.csv")


# ---- pairs --------------------------------------------------------------------------------------------------------


def labelled(file: str, label: str, **changes) -> LabelledClip:
    clip = LabelledClip(file, Path(file), "deadlift", "side", "right", label)  # type: ignore[arg-type]
    return replace(clip, **changes)


def test_pair_of_the_command_line():
    assert parse_pair("round.mp4: flat.mp4") == ("round.mp4", "flat.mp4")


@pytest.mark.parametrize("text", ["", "round.mp4", "round.mp4:", ":flat.mp4", "a:b:c"])
def test_pair_that_is_none(text):
    with pytest.raises(UsageError, match="--pair is") as caught:
        parse_pair(text)
    assert "rounded one first" in caught.value.expected


def test_pairs_come_from_the_call_and_from_both_columns_once():
    clips = (
        labelled("r1", "round", person="P", pair="x"),
        labelled("f1", "flat", person="P", pair="x"),
        labelled("f2", "flat", person="P"),
        labelled("u", "unclear", person="P"),
        labelled("r3", "round"),
        labelled("f3", "flat"),
    )
    assert find_pairs(clips, [("r3", "f3")]) == (("r3", "f3"), ("r1", "f1"), ("r1", "f2"))


def test_pair_must_be_in_the_manifest_and_in_order():
    clips = (labelled("r", "round"), labelled("f", "flat"))
    with pytest.raises(UsageError, match="names 'g', which is not in the manifest"):
        find_pairs(clips, [("r", "g")])
    with pytest.raises(UsageError, match="calls 'f' the rounded one, but its label is 'flat'"):
        find_pairs(clips, [("f", "r")])


# ---- clips --------------------------------------------------------------------------------------------------------


@cache
def assessed() -> dict[str, Assessment]:
    """Scripted clips with the angles of the script: what each file of the manifest is taken for."""
    rounded, flat = (film(script(pose, n_reps=2, rate_hz=15.0)) for pose in (ROUNDED, PERFECT))
    standing = film(script(STANDING, n_reps=1, rate_hz=15.0))
    return {
        "round.mp4": assess_clip(rounded),
        "flat.mp4": assess_clip(flat),
        "stand.mp4": assess_clip(standing),
        "front.mp4": assess_clip(flat, tracks=tracks_of(flat, facing=FacingDecision(None, 0.2))),
    }


def look(path: Path) -> Assessment:
    if path.name not in assessed():
        raise VideoUnreadable(f"{path.name} holds no picture.")
    return assessed()[path.name]


MANIFEST = (
    labelled("round.mp4", "round", person="P"),
    labelled("flat.mp4", "flat", person="P", facing="left"),
    labelled("stand.mp4", "flat", movement="stand"),
    labelled("front.mp4", "unclear", view="oblique-front", facing=None, body_visible="feet cropped"),
    labelled("torn.mp4", "round"),
)


@pytest.fixture(scope="module")
def report():
    return validate_clips(MANIFEST, pairs=[("torn.mp4", "flat.mp4")], assess=look)


def test_deepest_third_counts_told_frames_only():
    lean = np.array([10.0, 60.0, 50.0, np.nan, 40.0, 30.0, 20.0])
    told = np.array([True, False, True, True, True, True, True])
    assert find_deepest(lean, told=told).tolist() == [2, 4]
    assert find_deepest(lean, told=np.zeros(7, dtype=bool)).tolist() == []
    assert find_deepest(np.array([5.0]), told=np.array([True])).tolist() == [0]


def test_angles_are_those_of_the_script(report):
    rounded, flat, stand, front, torn = report.clips
    # The deepest third holds the bottoms and part of the way there.
    assert rounded.lumbar_deg == pytest.approx(40.0, abs=2.0)
    assert (rounded.lumbar_hi_deg - rounded.lumbar_lo_deg) / 2 == pytest.approx(3.0, abs=0.01)
    assert flat.lumbar_deg == pytest.approx(0.0, abs=1.0)
    assert flat.hip_deg == pytest.approx(PERFECT.hip, abs=4.0)
    assert rounded.lean_deg > 50
    assert stand.lean_deg < 20
    assert (rounded.reference, rounded.n_reps) == ("still", 2)
    assert rounded.n_told == rounded.n_seen > 0
    assert [one.is_read for one in report.clips] == [True, True, True, False, False]
    assert np.isnan([front.lumbar_deg, torn.lumbar_deg]).all()


def test_outcomes_refusals_and_facing(report):
    rounded, flat, stand, front, torn = report.clips
    assert [one.outcome for one in report.clips] == ["spine", "hinge", "no_bend", "cannot_tell", "unreadable"]
    assert [one.is_facing_right for one in report.clips] == [True, False, True, None, None]
    assert "facing" in front.blocked_by
    assert any("side-on" in reason for reason in front.reasons)
    assert torn.reasons == ("torn.mp4 holds no picture.",)
    assert rounded.reasons == flat.reasons == stand.blocked_by == ()


def test_angles_count_where_the_outcome_is_left_open():
    result = assessed()["round.mp4"]
    unsure = replace(result, verdict=replace(result.verdict, outcome="cannot_tell"))
    reading = read_clip(MANIFEST[0], unsure)
    assert reading.is_refused
    assert reading.is_read
    assert reading.lumbar_deg == read_clip(MANIFEST[0], result).lumbar_deg


def test_an_assessment_without_evidence_is_not_read():
    reading = read_clip(MANIFEST[0], replace(assessed()["round.mp4"], evidence=None))
    assert not reading.is_read
    assert reading.outcome == "spine"


def test_separation_by_set(report):
    found = {one.name: (one.n_round, one.n_flat, one.auc) for one in report.separations}
    assert found == {
        "all clips": (1, 2, 1.0),
        "deadlifts": (1, 1, 1.0),
        "side views": (1, 2, 1.0),
        "side views, deadlifts": (1, 1, 1.0),
        "side views, trunk leans 20° or more": (1, 1, 1.0),
        "clips that got an answer": (1, 2, 1.0),
    }


def test_pairs_of_one_person(report):
    torn, own = report.pairs
    assert (torn.rounded, torn.flat, torn.in_order) == ("torn.mp4", "flat.mp4", None)
    assert (own.rounded, own.flat, own.in_order) == ("round.mp4", "flat.mp4", True)
    assert own.difference_deg == pytest.approx(40.0, abs=3.0)


def test_swapped_labels_are_out_of_order():
    swapped = (labelled("flat.mp4", "round"), labelled("round.mp4", "flat"))
    found = validate_clips(swapped, pairs=[("flat.mp4", "round.mp4")], assess=look)
    assert found.separations[0].auc == 0.0
    assert found.pairs[0].in_order is False
    assert json.loads(to_json(found))["out_of_order"][0][::2] == ["flat.mp4", "round.mp4"]


def test_gate_counts_what_was_answered(report):
    found = {one.name: one for one in report.gate}
    side = found["side view, labelled flat or round"]
    assert (side.n, side.n_refused, side.n_blocked) == (4, 1, 0)
    assert side.answered == ("round.mp4: spine", "flat.mp4: hinge", "stand.mp4: no_bend")
    for name in ("front view", "oblique view", "body cut off or hidden", "labelled unclear"):
        assert (found[name].n, found[name].n_refused, found[name].n_blocked, found[name].answered) == (1, 1, 1, ())


def test_report_as_text(report):
    text = to_text(report)
    assert "Hand-labelled clips: 5, 3 of them read (pose model full, spine model the script" in text
    line = next(line for line in text.splitlines() if line.startswith("front.mp4") and "unclear" in line)
    assert "not read" in line
    assert "right, label left" in text
    assert "torn.mp4 holds no picture." in text
    assert "Newcombe" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_report_as_markdown_has_whole_tables(report):
    lines = to_markdown(report).splitlines()
    assert lines[0].startswith("## Hand-labelled clips")
    tables = [k for k, line in enumerate(lines) if line.startswith("|---")]
    assert len(tables) == 6
    for start in tables:
        row = start
        while row < len(lines) and lines[row].startswith("|"):
            assert lines[row].count("|") == lines[start].count("|")
            row += 1


def test_report_as_json_has_no_paths_and_no_nan(report):
    text = to_json(report)
    document = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    assert document["clips"][3]["lumbar_deg"] is None
    assert document["clips"][0]["clip"] == {
        "file": "round.mp4", "movement": "deadlift", "view": "side", "facing": "right", "label": "round",
        "body_visible": "", "person": "P", "pair": "",
    }  # fmt: skip
    assert document["clips"][1]["is_facing_right"] is False
    assert document["pairs"][1]["difference_deg"] == pytest.approx(report.pairs[1].difference_deg, abs=1e-3)
    assert document["separations"][0]["auc"] == 1.0
    assert document["out_of_order"] == []


def test_progress_names_every_clip():
    seen: list[tuple[int, int, str]] = []
    validate_clips(MANIFEST[:2], assess=look, progress=lambda *state: seen.append(state))
    assert seen == [(0, 2, "round.mp4"), (1, 2, "flat.mp4")]


def test_a_model_that_fails_ends_the_run_and_an_unknown_one_never_starts():
    def fail(path: Path) -> Assessment:
        raise ModelError("pose_landmark_full.tflite is not there.")

    with pytest.raises(ModelError):
        validate_clips(MANIFEST, assess=fail)
    with pytest.raises(UsageError, match="no model called 'huge'"):
        validate_clips(MANIFEST, model="huge", assess=look)
    with pytest.raises(HiphingeError, match="not in the manifest"):
        validate_clips(MANIFEST, pairs=[("round.mp4", "else.mp4")], assess=look)


@pytest.mark.slow
def test_rendered_clips_through_the_whole_pipeline(tmp_path):
    for name in ("rounded_left.mp4", "frontal.mp4", "person_side.jpg"):
        shutil.copy(DATA / name, tmp_path)
    text = (
        "file;label_hinge;view;facing;pair\nrounded_left.mp4;round;side;left;1\n"
        "frontal.mp4;unclear;front;none;\nperson_side.jpg;good;side;;1\ntorn.mp4;round;side;left;\n"
    )
    path = write(tmp_path, text)
    (tmp_path / "torn.mp4").write_bytes((DATA / "rounded_left.mp4").read_bytes()[:200])
    found = validate_clips(path)
    rounded, front, photograph, torn = found.clips
    assert rounded.is_facing_right
    assert front.is_refused
    assert front.blocked_by
    assert photograph.is_read
    assert torn.outcome == "unreadable"
    assert found.pairs[0].in_order
    assert found.separations[0].auc == 1.0


# ---- the real folder ----------------------------------------------------------------------------------------------


LONG = ("vv_forward_fold.mp4", "pal_waiters_bow.mp4", "ul_kb_good_morning.mp4", "ul_kb_deadlift.mp4", "ff_squat.mp4")


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.skipif(not (REAL / "manifest.csv").is_file(), reason="the real clips are not on this machine")
def test_real_clips_are_told_apart_and_other_views_refused():
    """Without the films of more than 250 pictures, which take most of the time."""
    clips = [clip for clip in read_manifest(REAL / "manifest.csv") if clip.file not in LONG]
    pairs = [("bx_capt_round.mp4", "bx_capt_neutral.mp4"), ("jeff_bad.mp4", "jeff_good.mp4")]
    found = validate_clips(clips, pairs=pairs)
    areas = {one.name: one.auc for one in found.separations}
    assert areas["side views"] >= 0.95
    assert areas["all clips"] >= 0.95
    assert all(pair.in_order for pair in found.pairs)
    assert not [one.clip.file for one in found.clips if one.is_facing_right is False]
    gate = {one.name: one for one in found.gate}
    assert gate["front view"].answered == gate["oblique view"].answered == ()
